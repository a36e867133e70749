/* describe.c - everything worth showing about a model, as one JSON object. */
#include "flow/model.h"
#include <stdlib.h>
#include <string.h>

static hone_status no_memory(hone_ctx *ctx) {
    return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory describing the model");
}

/* ---- importances ----------------------------------------------------------------------------- */

/* The input column that a feature came from: itself, "Contract" of "Contract=One year", "age" of
 * "age_missing"; -1 if it was derived from several. */
static int32_t origin_of(const hn_table *schema, const char *feature) {
    static const char missing[] = "_missing";
    char name[512];
    snprintf(name, sizeof name, "%s", feature);
    int32_t found = hn_table_find(schema, name);
    size_t length = strlen(name);
    if (found < 0 && length > sizeof missing &&
        strcmp(name + length - (sizeof missing - 1), missing) == 0) {
        name[length - (sizeof missing - 1)] = 0;
        found = hn_table_find(schema, name);
    }
    for (char *equals = strrchr(name, '='); found < 0 && equals != NULL;
         equals = strrchr(name, '=')) {
        *equals = 0;
        found = hn_table_find(schema, name);
    }
    return found;
}

typedef struct share {
    const char *name;
    double value;
    int32_t order;
} share;

static int by_value(const void *a, const void *b) {
    const share *x = a, *y = b;
    if (x->value != y->value) return x->value > y->value ? -1 : 1;
    return x->order - y->order;
}

hone_status hn_model_importances(hone_ctx *ctx, const hone_model *model, hn_arena *arena,
                                 hn_pairs *ret_importances) {
    HN_SCRATCH(ctx);
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    *ret_importances = (hn_pairs){0};
    if ((hn_estimator_can(stage->kind, stage->params) & HN_CAN_IMPORTANCES) == 0) return HONE_OK;
    const hn_table *features = &stage->schema;
    int32_t n_inputs = model->schema.n_columns, n = 0;
    double *values;
    share *shares;
    HN_TRY(HN_SCRATCH_NEW(ctx, values, features->n_columns + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, shares, n_inputs + features->n_columns + 1));
    HN_TRY(stage->kind->importances(ctx, stage->state, values));
    for (int32_t j = 0; j < n_inputs; j++)
        shares[j] = (share){model->schema.columns[j].name, 0, -1};
    for (int32_t j = 0; j < features->n_columns; j++) {
        int32_t origin = origin_of(&model->schema, features->columns[j].name);
        share *one = &shares[origin >= 0 ? origin : n_inputs + j];
        if (origin < 0) one->name = features->columns[j].name;
        one->value += values[j];
        one->order = 0;
    }
    for (int32_t j = 0; j < n_inputs + features->n_columns; j++) {
        if (shares[j].name == NULL || shares[j].order < 0) continue;
        shares[n] = shares[j];
        shares[n].order = n;
        n++;
    }
    qsort(shares, (size_t)n, sizeof *shares, by_value);
    hn_pairs result = {.n = n};
    HN_TRY(HN_NEW(ctx, arena, result.names, n + 1));
    HN_TRY(HN_NEW(ctx, arena, result.values, n + 1));
    for (int32_t j = 0; j < n; j++) {
        result.names[j] = shares[j].name;
        result.values[j] = shares[j].value;
    }
    *ret_importances = result;
    return HONE_OK;
}

/* ---- parts ----------------------------------------------------------------------------------- */

static bool add_schema(hn_json_doc *doc, hn_json_mut *root, const hone_model *model) {
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, root, "schema");
    bool ok = list != NULL;
    for (int32_t j = 0; ok && j < model->schema.n_columns; j++) {
        const hn_column *column = &model->schema.columns[j];
        hn_json_mut *entry = yyjson_mut_arr_add_obj(doc, list);
        ok = entry != NULL && yyjson_mut_obj_add_str(doc, entry, "name", column->name) &&
             yyjson_mut_obj_add_str(doc, entry, "type", hn_type_name(column->type));
        if (!ok || column->dictionary == NULL) continue;
        hn_json_mut *categories = yyjson_mut_obj_add_arr(doc, entry, "categories");
        for (int32_t c = 0; ok && c < column->dictionary->n; c++) {
            hn_slice text = hn_dictionary_text(column->dictionary, c);
            ok = yyjson_mut_arr_add_strncpy(doc, categories, text.text, text.length);
        }
    }
    return ok;
}

static hn_json_mut *list_classes(hn_json_doc *doc, const hone_model *model) {
    hn_json_mut *classes = yyjson_mut_arr(doc);
    bool ok = classes != NULL;
    for (int32_t c = 0; ok && c < model->n_classes; c++) {
        hn_slice text = hn_dictionary_text(model->classes, c);
        ok = yyjson_mut_arr_add_strncpy(doc, classes, text.text, text.length);
    }
    return ok ? classes : NULL;
}

/* Of several targets "target" is a list and "classes" an object by target. */
static bool add_target(hn_json_doc *doc, hn_json_mut *root, const hone_model *model) {
    bool ok = yyjson_mut_obj_add_str(doc, root, "task", hn_task_name(hn_model_task(model)));
    if (model->target == NULL) return ok;
    if (model->n_targets < 2) {
        ok = ok && yyjson_mut_obj_add_str(doc, root, "target", model->target);
        if (!ok || model->n_classes == 0) return ok;
        return yyjson_mut_obj_add_val(doc, root, "classes", list_classes(doc, model));
    }
    hn_json_mut *names = yyjson_mut_obj_add_arr(doc, root, "target");
    hn_json_mut *classes =
        model->n_classes > 0 ? yyjson_mut_obj_add_obj(doc, root, "classes") : NULL;
    for (int32_t t = 0; ok && t < model->n_targets; t++) {
        hone_model view = hn_model_of_target(model, t);
        ok = yyjson_mut_arr_add_str(doc, names, view.target) &&
             (model->n_classes == 0 ||
              yyjson_mut_obj_add_val(doc, classes, view.target, list_classes(doc, &view)));
    }
    return ok;
}

static hone_status add_stage(hone_ctx *ctx, const hn_stage *stage, hn_json_doc *doc,
                             hn_json_mut *entry) {
    hn_json_mut *params;
    HN_TRY(hn_params_to_json(ctx, &stage->kind->params, stage->params, false, doc, &params));
    hn_json_mut *columns = yyjson_mut_arr(doc);
    bool ok = columns != NULL && yyjson_mut_obj_add_str(doc, entry, "kind", stage->kind->name) &&
              yyjson_mut_obj_add_str(doc, entry, "title", stage->kind->title) &&
              yyjson_mut_obj_add_val(doc, entry, "columns", columns) &&
              yyjson_mut_obj_add_val(doc, entry, "params", params);
    for (int32_t j = 0; ok && j < stage->schema.n_columns; j++)
        ok = yyjson_mut_arr_add_str(doc, columns, stage->schema.columns[j].name);
    if (!ok) return no_memory(ctx);
    if (stage->kind->report == NULL || stage->n_inputs == 0) return HONE_OK;
    hn_json_mut *report = yyjson_mut_obj_add_obj(doc, entry, "fitted");
    return stage->kind->report(ctx, stage->state, &stage->schema, doc, report);
}

static hone_status add_stages(hone_ctx *ctx, const hone_model *model, hn_json_doc *doc,
                              hn_json_mut *root) {
    hn_json_mut *steps = yyjson_mut_obj_add_arr(doc, root, "steps");
    int32_t last = model->pipeline.n_stages - 1;
    for (int32_t i = 0; i <= last; i++) {
        hn_json_mut *entry = i < last ? yyjson_mut_arr_add_obj(doc, steps)
                                      : yyjson_mut_obj_add_obj(doc, root, "model");
        if (entry == NULL) return no_memory(ctx);
        HN_TRY(add_stage(ctx, &model->pipeline.stages[i], doc, entry));
    }
    return HONE_OK;
}

static hone_status add_importances(hone_ctx *ctx, hn_arena *arena, const hone_model *model,
                                   hn_json_doc *doc, hn_json_mut *root) {
    hn_pairs importances;
    HN_TRY(hn_model_importances(ctx, model, arena, &importances));
    if (importances.n == 0) return HONE_OK;
    hn_json_mut *object = yyjson_mut_obj_add_obj(doc, root, "importances");
    for (int64_t j = 0; j < importances.n; j++)
        if (!yyjson_mut_obj_add_real(doc, object, importances.names[j], importances.values[j]))
            return no_memory(ctx);
    return HONE_OK;
}

hone_status hn_model_describe(hone_ctx *ctx, const hone_model *model, hn_arena *arena,
                              hn_json_doc *doc, hn_json_mut **ret_object) {
    hn_json_mut *root = yyjson_mut_obj(doc);
    if (root == NULL || !yyjson_mut_obj_add_str(doc, root, "hone", HONE_VERSION) ||
        !add_target(doc, root, model) || !add_schema(doc, root, model))
        return no_memory(ctx);
    HN_TRY(add_stages(ctx, model, doc, root));
    HN_TRY(add_importances(ctx, arena, model, doc, root));
    yyjson_obj_iter iter = yyjson_obj_iter_with(model->facts);
    for (hn_json *key; (key = yyjson_obj_iter_next(&iter)) != NULL;) {
        hn_json_mut *value = yyjson_val_mut_copy(doc, yyjson_obj_iter_get_val(key));
        if (!yyjson_mut_obj_add_val(doc, root, yyjson_get_str(key), value)) return no_memory(ctx);
    }
    hn_json_mut *recipe = yyjson_val_mut_copy(doc, model->recipe);
    if (!yyjson_mut_obj_add_val(doc, root, "recipe", recipe)) return no_memory(ctx);
    *ret_object = root;
    return HONE_OK;
}

/* ---- in words and as a picture --------------------------------------------------------------- */

static hone_status show(hone_ctx *ctx, const hone_model *model, hn_show_fn *how, const char *what,
                        int64_t part, hn_str *str) {
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    if (how == NULL || stage->n_inputs == 0)
        return hn_fail(ctx, HONE_ERROR_UNSUPPORTED, "%s has no %s; a decision_tree has",
                       stage->kind->name, what);
    hn_shown shown = {
        .schema = &stage->schema, .classes = model->classes, .target = model->target, .part = part};
    HN_TRY(how(ctx, stage->state, &shown, str));
    return hn_str_status(str);
}

hone_status hn_model_rules(hone_ctx *ctx, const hone_model *model, int64_t part, hn_str *str) {
    return show(ctx, model, hn_pipeline_model(&model->pipeline)->kind->rules, "rules", part, str);
}

hone_status hn_model_drawing(hone_ctx *ctx, const hone_model *model, int64_t part, hn_str *str) {
    return show(ctx, model, hn_pipeline_model(&model->pipeline)->kind->drawing, "drawing", part,
                str);
}
