/* pipeline_fit.c - a recipe's steps and its model fitted, each on what those before it leave. */
#include "base/os.h"
#include "flow/changes.h"
#include "flow/pipeline.h"
#include <assert.h>
#include <string.h>

static hone_status no_feature(hone_ctx *ctx) {
    return hn_fail(ctx, HONE_ERROR_DATA,
                   "no column is left to learn from: every one is the target, an id, ignored, or "
                   "dropped by a step; check 'roles' and 'steps'");
}

/* The rows to decide by as the stage takes them, in scratch; none where it does not look at them. */
static hone_status take_validation(hone_ctx *ctx, const hn_stage *stage, hone_data *view) {
    const hone_data *given = view->validation;
    hone_data *taken;
    hn_table *x;
    view->validation = NULL;
    if (given == NULL || (stage->kind->can & HN_CAN_VALIDATE) == 0) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(ctx, taken, 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, x, 1));
    HN_TRY(hn_stage_inputs(ctx, stage, given->x, ctx->scratch, x));
    *taken = *given;
    taken->x = x;
    taken->validation = NULL;
    taken->objective = view->objective;
    HN_TRY(hn_fail_in(ctx, "rows to validate by",
                      hn_estimator_check(ctx, stage->kind, stage->params, taken)));
    view->validation = taken;
    return HONE_OK;
}

static hone_status fit_stage(hone_ctx *ctx, const hn_recipe_part *part, const hone_data *data,
                             hn_arena *arena, hn_stage *stage) {
    stage->kind = part->kind;
    stage->params = part->params;
    HN_TRY(hn_recipe_select(ctx, arena, part, data->x, &stage->inputs, &stage->n_inputs));
    hn_table inputs;
    HN_TRY(hn_table_select(ctx, arena, data->x, stage->inputs, stage->n_inputs, &inputs));
    /* Dictionaries and all: the table that is learned from may be gone when the model is used. */
    HN_TRY(hn_table_schema(ctx, arena, &inputs, &stage->schema));
    stage->state = hn_arena_alloc(ctx, arena, 1, part->kind->state_size);
    if (stage->state == NULL) return HONE_ERROR_MEMORY;
    if (stage->n_inputs == 0) return HONE_OK;
    hone_data view = *data;
    view.x = &inputs;
    HN_TRY(hn_estimator_check(ctx, part->kind, part->params, &view));
    HN_SCRATCH(ctx);
    HN_TRY(take_validation(ctx, stage, &view));
    HN_TRY(part->kind->fit(ctx, part->params, &view, arena, stage->state));
    return part->kind->prepare != NULL
               ? part->kind->prepare(ctx, arena, stage->state, &stage->schema)
               : HONE_OK;
}

/* ---- rows that are learned from ------------------------------------------------------------- */

hone_status hn_resampled_columns(hone_ctx *ctx, const hone_estimator *kind, const void *state,
                                 const hn_table *inputs, const hn_resampled *rows, hn_arena *arena,
                                 hn_table *ret_out) {
    hn_table taken = *inputs;
    if (rows->x != NULL) {
        assert(rows->x->n_rows == rows->n);
        *ret_out = *rows->x;
        return HONE_OK;
    }
    if (rows->source != NULL)
        HN_TRY(hn_table_take(ctx, arena, inputs, rows->source, rows->n, &taken));
    return kind->transform(ctx, state, &taken, arena, ret_out);
}

/* What each new row was made from, among the rows of training. */
static hone_status resampled_parents(hone_ctx *ctx, const hone_data *data, const hn_resampled *rows,
                                     hn_arena *arena, const int64_t **ret_parents) {
    bool any = data->parents != NULL;
    for (int64_t i = 0; !any && rows->partner != NULL && i < rows->n; i++)
        any = rows->partner[i] >= 0;
    /* Rows left out are numbered all the same where others are made later. */
    if (!any) return HONE_OK;
    int64_t *parents;
    const int64_t *old = data->parents;
    HN_TRY(HN_NEW(ctx, arena, parents, 2 * rows->n + 1));
    for (int64_t i = 0; i < rows->n; i++) {
        int64_t from = rows->source != NULL ? rows->source[i] : i;
        int64_t with = rows->partner != NULL ? rows->partner[i] : -1;
        parents[2 * i] = old != NULL ? old[2 * from] : from;
        if (with >= 0)
            parents[2 * i + 1] = old != NULL ? old[2 * with] : with;
        else
            parents[2 * i + 1] = old != NULL ? old[2 * from + 1] : -1;
    }
    *ret_parents = parents;
    return HONE_OK;
}

/* The rows that the stages after this one learn from: table and all that stands beside it. */
static hone_status resample_stage(hone_ctx *ctx, const hn_stage *stage, hone_data *data,
                                  hn_table *table, hn_arena *arena, hn_resampled *ret_rows) {
    hn_table inputs, out, others = *table;
    hn_resampled rows = {0};
    hone_data view = *data, taken;
    HN_TRY(hn_table_select(ctx, arena, table, stage->inputs, stage->n_inputs, &inputs));
    view.x = &inputs;
    HN_TRY(stage->kind->resample(ctx, stage->params, &view, arena, stage->state, &rows));
    if (rows.n < 1)
        return hn_fail(ctx, HONE_ERROR_DATA,
                       "%s: it leaves no row to learn from; leave the step out", stage->kind->name);
    HN_TRY(hn_resampled_columns(ctx, stage->kind, stage->state, &inputs, &rows, arena, &out));
    taken = *data;
    if (rows.source != NULL) {
        HN_TRY(hn_data_take(ctx, arena, data, rows.source, rows.n, &taken));
        others = *taken.x;
        taken.objective = data->objective;
    }
    taken.parents = NULL;
    HN_TRY(resampled_parents(ctx, data, &rows, arena, &taken.parents));
    if (rows.weight != NULL) taken.weight = rows.weight;
    HN_TRY(hn_stage_replace(ctx, arena, &others, stage, &out, table));
    taken.x = table;
    *data = taken;
    *ret_rows = rows;
    return HONE_OK;
}

static hone_status count_learned(hone_ctx *ctx, hn_arena *arena, const hone_data *data,
                                 hn_pipeline *pipeline) {
    pipeline->n_learned = data->x->n_rows;
    if (data->n_classes == 0 || data->y == NULL) return HONE_OK;
    HN_TRY(HN_NEW(ctx, arena, pipeline->learned, data->n_classes));
    for (int64_t i = 0; i < data->x->n_rows; i++) /* what is no class is refused by who learns it */
        if (data->y[i] >= 0 && data->y[i] < data->n_classes)
            pipeline->learned[(int32_t)data->y[i]]++;
    return HONE_OK;
}

/* Columns that no estimator takes must have been turned into others by now. */
static hone_status refuse_leftovers(hone_ctx *ctx, const hn_table *features) {
    if (features->n_columns == 0) return no_feature(ctx);
    for (int32_t j = 0; j < features->n_columns; j++) {
        const hn_column *column = &features->columns[j];
        if (column->type != HN_STRING && column->type != HN_TIME) continue;
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = column->name),
                          "column '%s' holds %s values, which no model takes; derive features from "
                          "it, drop it with drop_columns, or name it under roles.ignore",
                          column->name, hn_type_name(column->type));
    }
    return HONE_OK;
}

/* A kind that learns one target learns several as multi_output's estimator. */
static hone_status for_targets(hone_ctx *ctx, hn_arena *arena, const hone_data *data,
                               const hn_recipe_part *model, hn_recipe_part *ret_model) {
    *ret_model = *model;
    if (data->n_targets < 2 || (model->kind->can & HN_CAN_TARGETS) != 0 ||
        model->kind->tasks == HN_TASK_NONE)
        return HONE_OK;
    HN_SCRATCH(ctx);
    hn_json_doc *doc;
    hn_json_mut *params, *all, *estimator;
    hn_json *frozen;
    HN_TRY(hn_catalog_require(ctx, "multi_output", &ret_model->kind));
    const hn_params *declared = &ret_model->kind->params;
    ret_model->params = hn_arena_alloc(ctx, arena, 1, declared->size);
    if (ret_model->params == NULL) return HONE_ERROR_MEMORY;
    HN_TRY(hn_params_defaults(ctx, arena, declared, ret_model->params));
    HN_TRY(hn_json_new(ctx, ctx->scratch, &doc));
    HN_TRY(hn_params_to_json(ctx, &model->kind->params, model->params, false, doc, &params));
    all = yyjson_mut_obj(doc);
    estimator = yyjson_mut_obj_add_obj(doc, all, "estimator");
    if (!yyjson_mut_obj_add_val(doc, estimator, model->kind->name, params))
        return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory putting a model into multi_output");
    HN_TRY(hn_json_freeze(ctx, ctx->scratch, all, &frozen));
    return hn_params_set_json(ctx, arena, declared, ret_model->params, model->kind->name, frozen,
                              "", NULL);
}

/* ---- what a step leaves behind --------------------------------------------------------------- */

static bool is_within(const void *place, const void *begin, const void *end) {
    return (uintptr_t)place >= (uintptr_t)begin && (uintptr_t)place < (uintptr_t)end;
}

static bool table_has(const hn_table *table, const void *begin, const void *end) {
    bool any = is_within(table->columns, begin, end);
    for (int32_t j = 0; !any && j < table->n_columns; j++) {
        const hn_column *column = &table->columns[j];
        any = is_within(column->name, begin, end) || is_within(column->values, begin, end) ||
              is_within(column->offsets, begin, end) || is_within(column->valid, begin, end);
        for (const hn_dictionary *d = column->dictionary; !any && d != NULL; d = d->known)
            any = is_within(d, begin, end) || is_within(d->offsets, begin, end) ||
                  is_within(d->bytes, begin, end);
    }
    return any;
}

typedef struct used_by {
    const hn_table *features, *held;
} used_by;

static bool is_used(const void *begin, const void *end, void *arg) {
    const used_by *by = arg;
    return table_has(by->features, begin, end) ||
           (by->held != NULL && table_has(by->held, begin, end));
}

/* The first n steps; *features (data->x) become what they leave, in features_arena, and data what is learned from.
 * Unless the arenas are one, what no step after it needs does not stay. */
static hone_status fit_steps(hone_ctx *ctx, const hn_recipe *recipe, int32_t n, hone_data *data,
                             hn_table *features, hn_table *held, hn_arena *arena,
                             hn_arena *features_arena, hn_pipeline *pipeline, hn_fit_told *told) {
    bool all_stays = arena == features_arena;
    for (int32_t i = 0; i < n; i++) {
        hn_stage *stage = &pipeline->stages[pipeline->n_stages++];
        hn_table before = *features;
        hn_resampled rows = {0};
        HN_TRY(fit_stage(ctx, &recipe->steps[i], data, arena, stage));
        bool resamples = stage->kind->resample != NULL && stage->n_inputs > 0;
        all_stays |= resamples; /* truth and weights are there then, too */
        if (resamples)
            HN_TRY(resample_stage(ctx, stage, data, features, features_arena, &rows));
        else
            HN_TRY(hn_stage_apply(ctx, stage, features, features_arena, features));
        if (held != NULL) HN_TRY(hn_stage_apply(ctx, stage, held, features_arena, held));
        if (told != NULL && told->changes != NULL)
            HN_TRY(hn_changes_add(ctx, told->changes, &recipe->steps[i], &before, features,
                                  rows.source, rows.partner));
        used_by by = {features, held};
        if (!all_stays) hn_arena_sweep(features_arena, is_used, &by);
    }
    return HONE_OK;
}

hone_status hn_pipeline_fit_steps(hone_ctx *ctx, const hn_recipe *recipe, int32_t n,
                                  const hone_data *data, hn_arena *arena, hn_table *ret_table) {
    HN_SCRATCH(ctx);
    hn_pipeline pipeline = {0};
    hn_table features = *data->x;
    hone_data view = *data;
    view.x = &features;
    view.validation = NULL;
    HN_TRY(HN_NEW(ctx, arena, pipeline.stages, n + 1));
    hone_status status =
        fit_steps(ctx, recipe, n, &view, &features, NULL, arena, arena, &pipeline, NULL);
    hn_pipeline_done(&pipeline);
    if (status == HONE_OK) *ret_table = features;
    return status;
}

static hone_status fit_stages(hone_ctx *ctx, const hn_recipe *recipe, const hone_data *data,
                              hn_arena *arena, hn_pipeline *pipeline, hn_fit_told *told) {
    HN_SCRATCH(ctx);
    hn_arena features_arena __attribute__((cleanup(hn_arena_done)));
    hn_arena_init(&features_arena, ctx->allocator);
    double start = hn_seconds();
    hn_table features = *data->x;
    hone_data view = *data, held = {0};
    hn_table held_features = {0};
    if (data->validation != NULL) {
        held = *data->validation;
        held_features = *held.x;
        held.x = &held_features;
    }
    view.x = &features;
    view.validation = NULL;
    HN_TRY(fit_steps(ctx, recipe, recipe->n_steps, &view, &features,
                     held.x != NULL ? &held_features : NULL, arena, &features_arena, pipeline,
                     told));
    if (recipe->model.kind->tasks != HN_TASK_NONE && !hn_takes_any_type(recipe->model.kind))
        HN_TRY(refuse_leftovers(ctx, &features));
    double prepared = hn_seconds();
    hn_recipe_part model;
    HN_TRY(count_learned(ctx, arena, &view, pipeline));
    HN_TRY(for_targets(ctx, arena, data, &recipe->model, &model));
    view.validation = data->validation != NULL ? &held : NULL;
    HN_TRY(fit_stage(ctx, &model, &view, arena, &pipeline->stages[pipeline->n_stages++]));
    if (told != NULL) {
        told->seconds[0] += prepared - start;
        told->seconds[1] += hn_seconds() - prepared;
    }
    return HONE_OK;
}

hone_status hn_pipeline_fit(hone_ctx *ctx, const hn_recipe *recipe, const hone_data *data,
                            hn_arena *arena, hn_pipeline *ret_pipeline, hn_fit_told *told) {
    assert(recipe->model.kind != NULL);
    bool answers = recipe->model.kind->tasks != HN_TASK_NONE; /* else it is a step alone */
    int32_t width = answers ? hn_data_outputs(data) : 1;
    hn_pipeline pipeline = {.task = answers ? data->task : HN_TASK_NONE,
                            .n_classes = answers ? data->n_classes : 0,
                            .width = width,
                            .n_outputs = width};
    HN_TRY(HN_NEW(ctx, arena, pipeline.stages, recipe->n_steps + 1));
    hone_status status = fit_stages(ctx, recipe, data, arena, &pipeline, told);
    if (status != HONE_OK) {
        hn_pipeline_done(&pipeline);
        return status;
    }
    *ret_pipeline = pipeline;
    return HONE_OK;
}
