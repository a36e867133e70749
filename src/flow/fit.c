/* fit.c - one kind by itself, as a model of one stage; see hone.h. */
#include "flow/score.h"
#include <string.h>

static hone_status take_model(hone_ctx *ctx, hn_arena *arena, const char *kind, const char *params,
                              hn_recipe *recipe) {
    hn_recipe_part *part = &recipe->model;
    HN_TRY(hn_recipe_init(ctx, arena, recipe));
    HN_TRY(hn_catalog_require(ctx, kind, &part->kind));
    part->params = hn_arena_alloc(ctx, arena, 1, part->kind->params.size);
    if (part->params == NULL) return HONE_ERROR_MEMORY;
    HN_TRY(hn_params_defaults(ctx, arena, &part->kind->params, part->params));
    recipe->top.seed = (int64_t)(ctx->seed & INT64_MAX);
    if (params == NULL) return HONE_OK;
    hn_json *object;
    HN_TRY(hn_json_read(ctx, arena, params, strlen(params), "params", &object));
    return hn_params_set_json(ctx, arena, &part->kind->params, part->params, kind, object, "",
                              NULL);
}

/* Targets and groups are there where the task needs them, and fit it. */
static hone_status take_examples(hone_ctx *ctx, const hone_examples *given, hone_data *ret_data) {
    hone_data data = {.x = &given->x->view,
                      .y = given->y,
                      .weight = given->weight,
                      .group = given->group,
                      .n_classes = given->n_classes};
    if (given->task == NULL || !hn_task_parse(given->task, &data.task))
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "task"),
                          "there is no task '%s'; take binary, multiclass, regression, cluster, "
                          "anomaly, rank, or none for a step",
                          given->task != NULL ? given->task : "");
    bool classify = (data.task & HN_TASK_CLASSIFY) != 0;
    if ((data.task & HN_TASK_SUPERVISED) != 0 && data.y == NULL)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "y"),
                          "the task %s needs a target; pass y", given->task);
    if (!classify) data.n_classes = 0;
    *ret_data = data;
    return HONE_OK;
}

/* Classes are called by their index. */
static hone_status name_classes(hone_ctx *ctx, hn_arena *arena, int32_t n,
                                const hn_dictionary **ret_dictionary) {
    hn_dictionary *dictionary;
    int64_t *offsets;
    char *bytes;
    HN_TRY(HN_NEW(ctx, arena, dictionary, 1));
    HN_TRY(HN_NEW(ctx, arena, offsets, n + 1));
    HN_TRY(HN_NEW(ctx, arena, bytes, 24 * (int64_t)n));
    for (int32_t c = 0; c < n; c++)
        offsets[c + 1] = offsets[c] + (int64_t)hn_format_int(c, bytes + offsets[c]);
    *dictionary = (hn_dictionary){.n = n, .offsets = offsets, .bytes = bytes};
    *ret_dictionary = dictionary;
    return HONE_OK;
}

/* What train would have written: how it came about. */
static hone_status keep_facts(hone_ctx *ctx, hn_arena *arena, const hn_recipe *recipe,
                              hone_model *model, int64_t rows) {
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
    hn_recipe recipe;
    hone_data data;
    HN_TRY(take_model(ctx, arena, kind, params, &recipe));
    HN_TRY(take_examples(ctx, examples, &data));
    model->task = data.task;
    model->n_classes = data.n_classes;
    model->target_type = data.n_classes > 0 ? HN_I64 : HN_F64;
    if (data.task != HN_TASK_NONE && (data.task & HN_TASK_SUPERVISED) != 0) model->target = "y";
    HN_TRY(hn_table_schema(ctx, arena, data.x, &model->schema));
    if (data.n_classes > 0) HN_TRY(name_classes(ctx, arena, data.n_classes, &model->classes));
    HN_TRY(hn_pipeline_fit(ctx, &recipe, &data, arena, &model->pipeline, NULL));
    return keep_facts(ctx, arena, &recipe, model, data.x->n_rows);
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

/* A loaded state lies in the mapped file; update writes to it. */
static hone_status own_tensor(hn_visitor *v, const char *name, hn_dtype dtype, void **values,
                              int ndim, const int64_t *shape) {
    (void)name;
    size_t length = hn_dtype_size(dtype);
    if (ndim == 0) return HONE_OK;
    for (int d = 0; d < ndim; d++) length *= (size_t)shape[d];
    if (length == 0) return HONE_OK;
    void *copy = hn_arena_alloc(v->ctx, v->arena, 1, length);
    if (copy == NULL) return HONE_ERROR_MEMORY;
    *values = memcpy(copy, *values, length);
    return HONE_OK;
}

hone_status hone_update(hone_ctx *ctx, hone_model *model, const hone_examples *examples) {
    HN_SCRATCH(ctx);
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    hone_data data;
    if (stage->kind->update == NULL || model->pipeline.n_stages > 1)
        return hn_fail(ctx, HONE_ERROR_UNSUPPORTED,
                       "%s cannot go on learning; fit it anew on all rows", stage->kind->name);
    HN_TRY(take_examples(ctx, examples, &data));
    HN_TRY(hn_columns_match(ctx, &model->schema, data.x));
    data.n_classes = model->n_classes;
    if (data.task != model->task)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "task"),
                          "the model's task is %s, not %s", hn_task_name(model->task),
                          hn_task_name(data.task));
    HN_TRY(hn_estimator_check(ctx, stage->kind, stage->params, &data));
    if (model->file.bytes != NULL) {
        hn_visitor visitor = {.ctx = ctx, .arena = &model->arena, .tensor = own_tensor};
        HN_TRY(stage->kind->visit(&visitor, stage->state));
    }
    HN_TRY(stage->kind->update(ctx, stage->params, &data, &model->arena, stage->state));
    return stage->kind->prepare != NULL
               ? stage->kind->prepare(ctx, &model->arena, stage->state, &stage->schema)
               : HONE_OK;
}

/* ---- answers -------------------------------------------------------------------------------- */

/* Rows that may go straight to the first stage: by place, and holding nothing that it can't take. */
static hone_status check_rows(hone_ctx *ctx, const hone_model *model, const hn_table *x) {
    HN_TRY(hn_columns_match(ctx, &model->schema, x));
    if (model->pipeline.n_stages > 1) return hn_table_require_dense(ctx, x);
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    return hn_estimator_check_features(ctx, stage->kind, stage->params, x);
}

int32_t hone_model_outputs(const hone_model *model) {
    return hn_pipeline_outputs(&model->pipeline);
}

hone_status hone_model_answers(hone_ctx *ctx, const hone_model *model, const hone_table *x,
                               double *ret_answers) {
    HN_SCRATCH(ctx);
    HN_TRY(check_rows(ctx, model, &x->view));
    return hn_pipeline_predict(ctx, &model->pipeline, &x->view, ret_answers);
}

hone_status hone_model_transform(hone_ctx *ctx, const hone_model *model, const hone_table *x,
                                 hone_table **ret_table) {
    HN_SCRATCH(ctx);
    hone_table *table;
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    if (stage->kind->transform == NULL)
        return hn_fail(ctx, HONE_ERROR_UNSUPPORTED,
                       "%s is no step: it predicts, it transforms nothing", stage->kind->name);
    HN_TRY(check_rows(ctx, model, &x->view));
    HN_TRY(hn_table_new(ctx, "transformed", &table));
    hn_table features;
    hone_status status =
        hn_pipeline_transform(ctx, &model->pipeline, &x->view, &table->arena, &features);
    if (status == HONE_OK)
        status = stage->kind->transform(ctx, stage->state, &features, &table->arena, &table->view);
    if (status != HONE_OK) {
        hone_table_free(ctx, table);
        return status;
    }
    *ret_table = table;
    return HONE_OK;
}

/* What transform would give for no rows says which columns there must be. */
static hone_status check_transformed(hone_ctx *ctx, const hn_stage *stage, const hn_table *z) {
    hn_table wanted;
    HN_TRY(stage->kind->transform(ctx, stage->state, &stage->schema, ctx->scratch, &wanted));
    HN_TRY(hn_table_require_dense(ctx, z));
    return hn_columns_match(ctx, &wanted, z);
}

hone_status hone_model_inverse(hone_ctx *ctx, const hone_model *model, const hone_table *z,
                               hone_table **ret_table) {
    HN_SCRATCH(ctx);
    hone_table *table;
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    if (stage->kind->inverse == NULL || model->pipeline.n_stages > 1)
        return hn_fail(ctx, HONE_ERROR_UNSUPPORTED,
                       "%s has no way back to the columns it was given", stage->kind->name);
    HN_TRY(check_transformed(ctx, stage, &z->view));
    HN_TRY(hn_table_new(ctx, "inverse", &table));
    /* Names outlive the model in a table of their own. */
    hn_table schema;
    hone_status status = hn_table_schema(ctx, &table->arena, &stage->schema, &schema);
    if (status == HONE_OK)
        status =
            stage->kind->inverse(ctx, stage->state, &z->view, &schema, &table->arena, &table->view);
    if (status != HONE_OK) {
        hone_table_free(ctx, table);
        return status;
    }
    *ret_table = table;
    return HONE_OK;
}

hone_status hone_model_importances(hone_ctx *ctx, const hone_model *model,
                                   double *ret_importances) {
    HN_SCRATCH(ctx);
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    if ((hn_estimator_can(stage->kind, stage->params) & HN_CAN_IMPORTANCES) == 0)
        return hn_fail(ctx, HONE_ERROR_UNSUPPORTED, "%s has no importances", stage->kind->name);
    return stage->kind->importances(ctx, stage->state, ret_importances);
}

/* ---- arrays --------------------------------------------------------------------------------- */

typedef struct finder {
    int32_t wanted, seen;
    hone_array found; /* borrowed; name NULL if not found */
} finder;

static hone_status find_tensor(hn_visitor *v, const char *name, hn_dtype dtype, void **values,
                               int ndim, const int64_t *shape) {
    finder *f = v->user;
    if (f->seen++ != f->wanted) return HONE_OK;
    f->found = (hone_array){.name = hn_arena_strdup(v->ctx, v->arena, name),
                            .type = hn_dtype_name(dtype),
                            .values = *values,
                            .ndim = ndim,
                            .bytes = hn_dtype_size(dtype)};
    for (int d = 0; d < ndim; d++) {
        f->found.shape[d] = shape[d];
        f->found.bytes *= (size_t)shape[d];
    }
    return f->found.name != NULL ? HONE_OK : HONE_ERROR_MEMORY;
}

/* One block for values and name. */
static hone_status give_array(hone_ctx *ctx, const hone_array *array, hone_array *ret_array) {
    size_t length = strlen(array->name) + 1;
    char *block = hn_alloc(ctx, array->bytes + length, 1);
    if (block == NULL) return HONE_ERROR_MEMORY;
    if (array->bytes > 0) memcpy(block, array->values, array->bytes);
    memcpy(block + array->bytes, array->name, length);
    *ret_array = *array;
    ret_array->values = block;
    ret_array->name = block + array->bytes;
    return HONE_OK;
}

hone_status hone_model_array(hone_ctx *ctx, const hone_model *model, int32_t index,
                             hone_array *ret_array) {
    HN_SCRATCH(ctx);
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    finder f = {.wanted = index};
    hn_visitor visitor = {.ctx = ctx, .arena = ctx->scratch, .user = &f, .tensor = find_tensor};
    HN_TRY(stage->kind->visit(&visitor, stage->state));
    if (f.found.name == NULL)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "index"),
                          "the model has %d arrays, so there is none with index %d", (int)f.seen,
                          (int)index);
    return give_array(ctx, &f.found, ret_array);
}

void hone_array_free(hone_ctx *ctx, hone_array *array) {
    if (array == NULL) return;
    hn_free(ctx, (void *)(uintptr_t)array->values);
    *array = (hone_array){0};
}
