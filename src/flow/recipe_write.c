/* recipe_write.c - a recipe as JSON, and the JSON Schema of recipes. */
#include "flow/recipe.h"
#include "spec/emit.h"
#include <string.h>

static hone_status no_memory(hone_ctx *ctx) {
    return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory writing the recipe");
}

/* An empty section is left out. */
static hone_status add_section(hone_ctx *ctx, const hn_params *params, const void *values,
                               bool whole, const char *name, hn_json_doc *doc, hn_json_mut *root) {
    hn_json_mut *section;
    HN_TRY(hn_params_to_json(ctx, params, values, !whole, doc, &section));
    if (yyjson_mut_obj_size(section) == 0) return HONE_OK;
    return yyjson_mut_obj_add_val(doc, root, name, section) ? HONE_OK : no_memory(ctx);
}

static hn_json_mut *texts_json(hn_json_doc *doc, const hn_texts *texts) {
    hn_json_mut *list = yyjson_mut_arr(doc);
    for (int64_t i = 0; list != NULL && i < texts->n; i++)
        if (!yyjson_mut_arr_add_strcpy(doc, list, texts->items[i])) return NULL;
    return list;
}

static hone_status part_json(hone_ctx *ctx, const hn_recipe_part *part, bool whole,
                             hn_json_doc *doc, hn_json_mut **ret_value) {
    hn_json_mut *settings, *columns = texts_json(doc, &part->columns), *value = yyjson_mut_obj(doc);
    HN_TRY(hn_params_to_json(ctx, &part->kind->params, part->params, !whole, doc, &settings));
    bool ok = columns != NULL && value != NULL;
    if (ok && part->name != NULL) ok = yyjson_mut_obj_add_strcpy(doc, settings, "name", part->name);
    if (ok && part->columns.n > 0) ok = yyjson_mut_obj_add_val(doc, settings, "columns", columns);
    if (!ok || !yyjson_mut_obj_add_val(doc, value, part->kind->name, settings))
        return no_memory(ctx);
    *ret_value = value;
    return HONE_OK;
}

static hone_status add_steps(hone_ctx *ctx, const hn_recipe *recipe, bool whole, hn_json_doc *doc,
                             hn_json_mut *root) {
    hn_json_mut *steps = yyjson_mut_arr(doc);
    if (steps == NULL) return no_memory(ctx);
    for (int32_t i = 0; i <= recipe->n_steps; i++) {
        hn_json_mut *step;
        if (i == recipe->infer_at && !yyjson_mut_arr_add_str(doc, steps, HN_STEPS_INFERRED))
            return no_memory(ctx);
        if (i == recipe->n_steps) break;
        HN_TRY(part_json(ctx, &recipe->steps[i], whole, doc, &step));
        if (!yyjson_mut_arr_append(steps, step)) return no_memory(ctx);
    }
    return yyjson_mut_obj_add_val(doc, root, "steps", steps) ? HONE_OK : no_memory(ctx);
}

hone_status hn_recipe_to_json(hone_ctx *ctx, const hn_recipe *recipe, bool whole, hn_json_doc *doc,
                              hn_json_mut **ret_value) {
    hn_json_mut *root;
    HN_TRY(hn_params_to_json(ctx, &hn_recipe_top_params, &recipe->top, false, doc, &root));
    HN_TRY(add_section(ctx, &hn_recipe_data_params, &recipe->data, false, "data", doc, root));
    HN_TRY(add_section(ctx, &hn_recipe_roles_params, &recipe->roles, false, "roles", doc, root));
    HN_TRY(add_section(ctx, &hn_splitting_params, &recipe->split, whole, "split", doc, root));
    bool all_inferred = recipe->infer_at == 0 && recipe->n_steps == 0;
    if (!all_inferred) HN_TRY(add_steps(ctx, recipe, whole, doc, root));
    if (recipe->model.kind != NULL) {
        hn_json_mut *model;
        HN_TRY(part_json(ctx, &recipe->model, whole, doc, &model));
        if (!yyjson_mut_obj_add_val(doc, root, "model", model)) return no_memory(ctx);
    }
    HN_TRY(add_section(ctx, &hn_recipe_decision_params, &recipe->decision, false, "decision", doc,
                       root));
    *ret_value = root;
    return HONE_OK;
}

hone_status hn_recipe_copy(hone_ctx *ctx, hn_arena *arena, const hn_recipe *recipe,
                           hn_recipe *ret_copy) {
    HN_SCRATCH(ctx);
    hn_json_doc *doc;
    hn_json_mut *value;
    char *text;
    size_t length;
    HN_TRY(hn_json_new(ctx, ctx->scratch, &doc));
    HN_TRY(hn_recipe_to_json(ctx, recipe, true, doc, &value));
    HN_TRY(hn_json_write(ctx, ctx->scratch, value, false, &text, &length));
    return hn_recipe_read(ctx, arena, text, length, "recipe", ret_copy);
}

/* ---- schema ---------------------------------------------------------------------------------- */

/* Which columns a part takes: a name, a type or a pattern, or a list of those. */
static bool add_columns_schema(hn_json_doc *doc, hn_json_mut *schema) {
    hn_json_mut *columns =
        yyjson_mut_obj_add_obj(doc, yyjson_mut_obj_get(schema, "properties"), "columns");
    hn_json_mut *either = yyjson_mut_obj_add_arr(doc, columns, "anyOf");
    hn_json_mut *one = yyjson_mut_arr_add_obj(doc, either),
                *list = yyjson_mut_arr_add_obj(doc, either);
    hn_json_mut *items = yyjson_mut_obj_add_obj(doc, list, "items");
    hn_json_mut *name =
        yyjson_mut_obj_add_obj(doc, yyjson_mut_obj_get(schema, "properties"), "name");
    return yyjson_mut_obj_add_str(doc, name, "type", "string") &&
           yyjson_mut_obj_add_str(
               doc, name, "description",
               "What the part is addressed by, as in NAME__PARAMETER; its kind if "
               "not given.") &&
           yyjson_mut_obj_add_str(
               doc, columns, "description",
               "Columns to take: names, patterns, or numeric, category, text, time, all; ! "
               "before what is not meant.") &&
           yyjson_mut_obj_add_str(doc, one, "type", "string") &&
           yyjson_mut_obj_add_str(doc, list, "type", "array") &&
           yyjson_mut_obj_add_str(doc, items, "type", "string");
}

/* One kind with its parameters, {NAME: {...}}, for steps or for the model; or the bare name. */
static hone_status kinds_schema(hone_ctx *ctx, bool steps, hn_json_doc *doc,
                                hn_json_mut **ret_schema) {
    int64_t n;
    const hone_estimator *const *kinds = hn_catalog(&n);
    hn_json_mut *schema = yyjson_mut_obj(doc),
                *either = yyjson_mut_obj_add_arr(doc, schema, "oneOf");
    hn_json_mut *by_name = yyjson_mut_arr_add_obj(doc, either),
                *bare = yyjson_mut_arr_add_obj(doc, either);
    hn_json_mut *names = yyjson_mut_obj_add_arr(doc, bare, "enum");
    bool ok = yyjson_mut_obj_add_str(doc, by_name, "type", "object") &&
              yyjson_mut_obj_add_int(doc, by_name, "minProperties", 1) &&
              yyjson_mut_obj_add_int(doc, by_name, "maxProperties", 1) &&
              yyjson_mut_obj_add_bool(doc, by_name, "additionalProperties", false);
    hn_json_mut *properties = yyjson_mut_obj_add_obj(doc, by_name, "properties");
    for (int64_t i = 0; i < n; i++) {
        if (steps ? kinds[i]->transform == NULL : kinds[i]->tasks == HN_TASK_NONE) continue;
        hn_json_mut *one;
        HN_TRY(hn_emit_schema(ctx, &kinds[i]->params, doc, &one));
        ok = ok && add_columns_schema(doc, one) &&
             yyjson_mut_obj_add_val(doc, properties, kinds[i]->name, one) &&
             yyjson_mut_arr_add_str(doc, names, kinds[i]->name);
    }
    if (steps) ok = ok && yyjson_mut_arr_add_str(doc, names, HN_STEPS_INFERRED);
    if (!ok) return no_memory(ctx);
    *ret_schema = schema;
    return HONE_OK;
}

static hone_status add_schema(hone_ctx *ctx, const hn_params *params, const char *name,
                              hn_json_doc *doc, hn_json_mut *properties) {
    hn_json_mut *schema;
    HN_TRY(hn_emit_schema(ctx, params, doc, &schema));
    return yyjson_mut_obj_add_val(doc, properties, name, schema) ? HONE_OK : no_memory(ctx);
}

hone_status hn_recipe_schema(hone_ctx *ctx, hn_json_doc *doc, hn_json_mut **ret_schema) {
    hn_json_mut *root, *step, *model;
    HN_TRY(hn_emit_schema(ctx, &hn_recipe_top_params, doc, &root));
    hn_json_mut *properties = yyjson_mut_obj_get(root, "properties");
    HN_TRY(add_schema(ctx, &hn_recipe_data_params, "data", doc, properties));
    HN_TRY(add_schema(ctx, &hn_recipe_roles_params, "roles", doc, properties));
    HN_TRY(add_schema(ctx, &hn_splitting_params, "split", doc, properties));
    HN_TRY(add_schema(ctx, &hn_recipe_decision_params, "decision", doc, properties));
    HN_TRY(kinds_schema(ctx, true, doc, &step));
    HN_TRY(kinds_schema(ctx, false, doc, &model));
    hn_json_mut *steps = yyjson_mut_obj_add_obj(doc, properties, "steps");
    bool ok = steps != NULL && yyjson_mut_obj_add_str(doc, steps, "type", "array") &&
              yyjson_mut_obj_add_val(doc, steps, "items", step) &&
              yyjson_mut_obj_add_val(doc, properties, "model", model);
    if (!ok) return no_memory(ctx);
    *ret_schema = root;
    return HONE_OK;
}
