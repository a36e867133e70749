/* fit.c - one kind by itself, as a model of one stage, and its going on with more rows; see hone.h. */
#include "flow/fit.h"
#include "flow/update.h"
#include "table/dictionary.h"
#include <string.h>

/* Classes by the names given (NULL: by their index); they are numbers if every name is one. */
static hone_status name_classes(hone_ctx *ctx, hn_arena *arena, const char *const *names, int32_t n,
                                hn_type *ret_type, const hn_dictionary **ret_classes) {
    enum { DIGITS = 24 };
    hn_dictionary *dictionary;
    int64_t *offsets;
    char *bytes;
    size_t room = (size_t)n * DIGITS;
    for (int32_t c = 0; names != NULL && c < n; c++) room += strlen(names[c]);
    HN_TRY(HN_NEW(ctx, arena, dictionary, 1));
    HN_TRY(HN_NEW(ctx, arena, offsets, (int64_t)n + 1));
    HN_TRY(HN_NEW(ctx, arena, bytes, room + 1));
    *ret_type = HN_I64;
    for (int32_t c = 0; c < n; c++) {
        char digits[DIGITS];
        const char *name = digits;
        size_t length;
        int64_t number;
        if (names == NULL) {
            length = hn_format_int(c, digits);
        } else {
            name = names[c];
            length = strlen(name);
            if (!hn_parse_int((hn_slice){name, length}, &number)) *ret_type = HN_CATEGORY;
        }
        memcpy(bytes + offsets[c], name, length);
        offsets[c + 1] = offsets[c] + (int64_t)length;
    }
    *dictionary = (hn_dictionary){.n = n, .offsets = offsets, .bytes = bytes};
    *ret_classes = dictionary;
    return HONE_OK;
}

static hone_status name_targets(hone_ctx *ctx, hn_arena *arena, const hone_examples *given,
                                const hone_data *data, hone_model *model) {
    const char *const *names = given->classes;
    HN_TRY(HN_NEW(ctx, arena, model->targets, data->n_targets));
    for (int32_t t = 0; t < data->n_targets; t++) {
        hn_model_target *one = &model->targets[t];
        *one = (hn_model_target){
            .type = HN_F64, .task = data->targets[t].task, .n_classes = data->targets[t].n_classes};
        one->name = given->target_names != NULL
                        ? hn_arena_strdup(ctx, arena, given->target_names[t])
                        : hn_arena_printf(ctx, arena, "y%d", (int)t);
        if (one->name == NULL) return HONE_ERROR_MEMORY;
        if (one->n_classes > 0)
            HN_TRY(name_classes(ctx, arena, names, one->n_classes, &one->type, &one->classes));
        if (names != NULL) names += one->n_classes;
    }
    model->n_targets = data->n_targets;
    model->target = model->targets[0].name;
    model->target_type = model->targets[0].type;
    model->classes = model->targets[0].classes;
    return HONE_OK;
}

hone_status hn_fit_facts(hone_ctx *ctx, const hn_recipe *recipe, hone_model *model, int64_t rows) {
    hn_arena *arena = &model->arena;
    hn_json_doc *doc;
    hn_json_mut *json;
    HN_TRY(hn_json_new(ctx, ctx->scratch, &doc));
    HN_TRY(hn_recipe_to_json(ctx, recipe, true, doc, &json));
    HN_TRY(hn_json_freeze(ctx, arena, json, &model->recipe));
    hn_json_mut *facts = yyjson_mut_obj(doc);
    hn_json_mut *count = yyjson_mut_obj_add_obj(doc, facts, "rows");
    hn_json_mut *lineage = yyjson_mut_obj_add_obj(doc, facts, "lineage");
    if (!yyjson_mut_obj_add_int(doc, count, "train", rows) ||
        !yyjson_mut_obj_add_int(doc, lineage, "seed", recipe->top.seed) ||
        !yyjson_mut_obj_add_str(doc, lineage, "hone", HONE_VERSION))
        return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory writing the model's facts");
    return hn_json_freeze(ctx, arena, facts, &model->facts);
}

static hone_status fit(hone_ctx *ctx, const char *kind, const char *params,
                       const hone_examples *examples, hone_model *model) {
    hn_arena *arena = &model->arena;
    HN_SCRATCH(ctx);
    hn_recipe recipe;
    hone_data data;
    hn_table coded;
    HN_TRY(hn_fit_recipe(ctx, arena, kind, params, &recipe));
    HN_TRY(hn_fit_examples(ctx, examples, &data));
    if (data.x->n_columns < 1)
        return hn_fail(ctx, HONE_ERROR_DATA, "%s: there are no columns to learn from; give it some",
                       recipe.model.kind->name);
    HN_TRY(hn_fit_categories(ctx, ctx->scratch, recipe.model.kind, data.x, &coded));
    data.x = &coded;
    bool answers = recipe.model.kind->tasks != HN_TASK_NONE;
    model->task = answers ? data.task : HN_TASK_NONE;
    model->n_classes = answers ? data.n_classes : 0;
    model->target_type = HN_F64;
    if (answers && (data.task & HN_TASK_SUPERVISED) != 0) model->target = "y";
    HN_TRY(hn_table_schema(ctx, arena, data.x, &model->schema));
    if (!answers)
        ; /* a step names no target, and no classes */
    else if (data.n_targets > 1)
        HN_TRY(name_targets(ctx, arena, examples, &data, model));
    else if (data.n_classes > 0)
        HN_TRY(name_classes(ctx, arena, examples->classes, data.n_classes, &model->target_type,
                            &model->classes));
    hone_data held;
    hn_table held_x;
    if (examples->validation != NULL) {
        HN_TRY(hn_fit_validation(ctx, examples, &model->schema, &data, &held, &held_x));
        data.validation = &held;
    }
    HN_TRY(hn_pipeline_fit(ctx, &recipe, &data, arena, &model->pipeline, NULL));
    return hn_fit_facts(ctx, &recipe, model, data.x->n_rows);
}

hone_status hone_fit(hone_ctx *ctx, const char *kind, const char *params,
                     const hone_examples *examples, hone_model **ret_model) {
    HN_SCRATCH(ctx);
    hone_model *model;
    HN_TRY(hn_model_new(ctx, &model));
    hone_status status = fit(ctx, kind, params, examples, model);
    if (status != HONE_OK) {
        hn_model_free(model);
        return status;
    }
    *ret_model = model;
    return HONE_OK;
}

/* ---- going on ------------------------------------------------------------------------------- */

hone_status hone_update(hone_ctx *ctx, hone_model *model, const hone_examples *examples) {
    HN_SCRATCH(ctx);
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    hone_data data;
    HN_TRY(hn_model_may_learn(ctx, model));
    if (model->pipeline.n_stages > 1)
        return hn_fail(ctx, HONE_ERROR_USAGE,
                       "the model has steps before %s; give it tables, with hone_model_update",
                       stage->kind->name);
    HN_TRY(hn_fit_examples(ctx, examples, &data));
    hn_table x;
    HN_TRY(hn_columns_match(ctx, ctx->scratch, &model->schema, data.x, false, &x));
    data.x = &x;
    data.n_classes = model->n_classes;
    if (data.task != model->task)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "task"),
                          "the model's task is %s, not %s", hn_task_name(model->task),
                          hn_task_name(data.task));
    return hn_model_learn(ctx, model, &data);
}

/* ---- what it can --------------------------------------------------------------------------- */

hone_status hone_capabilities(hone_ctx *ctx, const char *kind, const char *params,
                              char **ret_json) {
    HN_SCRATCH(ctx);
    hn_recipe recipe;
    hn_str str;
    const char *names[HN_NAMES];
    HN_TRY(hn_fit_recipe(ctx, ctx->scratch, kind, params, &recipe));
    hn_capability_names(hn_estimator_can(recipe.model.kind, recipe.model.params), names);
    hn_str_init(&str, ctx, ctx->scratch);
    for (int i = 0; names[i] != NULL; i++)
        hn_str_printf(&str, i > 0 ? ",\"%s\"" : "[\"%s\"", names[i]);
    hn_str_put(&str, names[0] != NULL ? "]" : "[]");
    HN_TRY(hn_str_status(&str));
    char *text = hn_alloc(ctx, str.length + 1, 1);
    if (text == NULL) return HONE_ERROR_MEMORY;
    memcpy(text, str.text, str.length);
    *ret_json = text;
    return HONE_OK;
}
