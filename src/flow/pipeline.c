/* pipeline.c - stages in a row: each replaces its columns, the last one answers. */
#include "flow/pipeline.h"
#include "flow/changes.h"
#include "base/os.h"
#include "base/parallel.h"
#include "num/simd.h"
#include "table/dictionary.h"
#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

/* Rows that go through the stages at a time, at most: bounds memory, and is what workers share out. Of more than
 * that many as many blocks of one size as are a multiple of SHARES, so that workers end together. */
enum { BLOCK = 8192, SHARES = 8 };

/* table without rows: names, types, dictionaries. */
static hone_status schema_of(hone_ctx *ctx, hn_arena *arena, const hn_table *table,
                             hn_table *ret_schema) {
    hn_table schema;
    HN_TRY(hn_table_slice(ctx, arena, table, 0, 0, &schema));
    for (int32_t j = 0; j < schema.n_columns; j++) {
        hn_column *column = &schema.columns[j];
        hn_column bare = {.name = hn_arena_strdup(ctx, arena, column->name),
                          .type = column->type,
                          .values = "",
                          .stride = column->stride,
                          .dictionary = column->dictionary};
        static const int64_t no_offsets[1];
        if (column->type == HN_STRING) bare.offsets = no_offsets;
        if (bare.name == NULL) return HONE_ERROR_MEMORY;
        *column = bare;
    }
    *ret_schema = schema;
    return HONE_OK;
}

/* out stands where inputs stood: at the place of the first of them. */
static hone_status replace_columns(hone_ctx *ctx, hn_arena *arena, const hn_table *table,
                                   const hn_stage *stage, const hn_table *out,
                                   hn_table *ret_table) {
    hn_table result = {.n_rows = table->n_rows};
    HN_TRY(HN_NEW(ctx, arena, result.columns, table->n_columns + out->n_columns + 1));
    int32_t next = 0;
    for (int32_t j = 0; j < table->n_columns; j++) {
        bool is_input = next < stage->n_inputs && stage->inputs[next] == j;
        if (is_input && next == 0) {
            memcpy(result.columns + result.n_columns, out->columns,
                   (size_t)out->n_columns * sizeof *out->columns);
            result.n_columns += out->n_columns;
        }
        if (is_input)
            next++;
        else
            result.columns[result.n_columns++] = table->columns[j];
    }
    *ret_table = result;
    return HONE_OK;
}

bool hn_pipeline_reads_text(const hn_pipeline *pipeline) {
    for (int32_t i = 0; i < pipeline->n_stages; i++)
        if ((pipeline->stages[i].kind->can & HN_READS_TEXT) != 0) return true;
    return false;
}

/* The stage's columns of table. A step gets numbers in single precision where they were so when it was fitted, and
 * nowhere else: what comes out does not depend on how a row came in. */
static hone_status take_inputs(hone_ctx *ctx, const hn_stage *stage, const hn_table *table,
                               hn_arena *arena, hn_table *ret_inputs) {
    hn_table inputs;
    HN_TRY(hn_table_select(ctx, arena, table, stage->inputs, stage->n_inputs, &inputs));
    for (int32_t j = 0; (stage->kind->can & HN_READS_TEXT) == 0 && j < inputs.n_columns; j++)
        HN_TRY(hn_column_close(ctx, arena, &inputs.columns[j]));
    if (stage->kind->tasks == HN_TASK_NONE)
        return hn_columns_precision(ctx, arena, &stage->schema, &inputs, ret_inputs);
    *ret_inputs = inputs;
    return HONE_OK;
}

static hone_status apply_stage(hone_ctx *ctx, const hn_stage *stage, const hn_table *table,
                               hn_arena *arena, hn_table *ret_table) {
    if (stage->n_inputs == 0) {
        *ret_table = *table;
        return HONE_OK;
    }
    hn_table inputs, out;
    HN_TRY(take_inputs(ctx, stage, table, arena, &inputs));
    HN_TRY(stage->kind->transform(ctx, stage->state, &inputs, arena, &out));
    return replace_columns(ctx, arena, table, stage, &out, ret_table);
}

/* ---- back ----------------------------------------------------------------------------------- */

/* What the step took, in place of what it gave: table as after it, before (0 rows) as it got it. */
static hone_status take_back(hone_ctx *ctx, const hn_stage *stage, const hn_table *before,
                             const hn_table *table, hn_arena *arena, hn_table *ret_table) {
    int32_t given = table->n_columns - (before->n_columns - stage->n_inputs), next = 0, at = 0;
    int32_t first = stage->inputs[0], *places;
    hn_table own, schema, back, result = {.n_rows = table->n_rows};
    HN_TRY(HN_NEW(ctx, arena, places, given + 1));
    HN_TRY(HN_NEW(ctx, arena, result.columns, before->n_columns + 1));
    for (int32_t j = 0; j < given; j++) places[j] = first + j;
    HN_TRY(hn_table_select(ctx, arena, table, places, given, &own));
    HN_TRY(hn_table_schema(ctx, arena, &stage->schema, &schema));
    HN_TRY(stage->kind->inverse(ctx, stage->state, &own, &schema, arena, &back));
    for (int32_t j = 0; j < before->n_columns; j++) {
        bool is_input = next < stage->n_inputs && stage->inputs[next] == j;
        if (at == first) at += given;
        result.columns[result.n_columns++] = is_input ? back.columns[next++] : table->columns[at++];
    }
    *ret_table = result;
    return HONE_OK;
}

hone_status hn_pipeline_back(hone_ctx *ctx, const hn_pipeline *pipeline, const hn_table *schema,
                             const hn_table *rows, hn_arena *arena, hn_table *ret_rows) {
    HN_SCRATCH(ctx);
    int32_t n = pipeline->n_stages;
    hn_table *before, table = *rows;
    HN_TRY(HN_SCRATCH_NEW(ctx, before, n));
    before[0] = *schema;
    for (int32_t i = 0; i + 1 < n; i++)
        HN_TRY(apply_stage(ctx, &pipeline->stages[i], &before[i], ctx->scratch, &before[i + 1]));
    bool whole = rows->n_columns == before[n - 1].n_columns;
    for (int32_t i = n - 2; whole && i >= 0; i--) {
        const hn_stage *stage = &pipeline->stages[i];
        if (stage->n_inputs == 0) continue;
        if (stage->kind->inverse == NULL) break;
        HN_TRY(take_back(ctx, stage, &before[i], &table, arena, &table));
    }
    *ret_rows = table;
    return HONE_OK;
}

/* ---- fit ------------------------------------------------------------------------------------- */

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
    HN_TRY(take_inputs(ctx, stage, given->x, ctx->scratch, x));
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
    HN_TRY(replace_columns(ctx, arena, &others, stage, &out, table));
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

/* The first n steps; *features (data->x) become what they leave, in features_arena, and data what is learned from. */
static hone_status fit_steps(hone_ctx *ctx, const hn_recipe *recipe, int32_t n, hone_data *data,
                             hn_table *features, hn_table *held, hn_arena *arena,
                             hn_arena *features_arena, hn_pipeline *pipeline, hn_fit_told *told) {
    for (int32_t i = 0; i < n; i++) {
        hn_stage *stage = &pipeline->stages[pipeline->n_stages++];
        hn_table before = *features;
        hn_resampled rows = {0};
        HN_TRY(fit_stage(ctx, &recipe->steps[i], data, arena, stage));
        if (stage->kind->resample != NULL && stage->n_inputs > 0)
            HN_TRY(resample_stage(ctx, stage, data, features, features_arena, &rows));
        else
            HN_TRY(apply_stage(ctx, stage, features, features_arena, features));
        if (held != NULL) HN_TRY(apply_stage(ctx, stage, held, features_arena, held));
        if (told != NULL && told->changes != NULL)
            HN_TRY(hn_changes_add(ctx, told->changes, &recipe->steps[i], &before, features,
                                  rows.source, rows.partner));
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

/* ---- use ------------------------------------------------------------------------------------- */

hone_status hn_pipeline_inputs(hone_ctx *ctx, const hn_pipeline *pipeline, const hn_table *x,
                               hn_arena *arena, hn_table *ret_inputs) {
    hn_table features = *x;
    for (int32_t i = 0; i + 1 < pipeline->n_stages; i++)
        HN_TRY(apply_stage(ctx, &pipeline->stages[i], &features, arena, &features));
    return take_inputs(ctx, hn_pipeline_model(pipeline), &features, arena, ret_inputs);
}

typedef struct predict_job {
    const hn_pipeline *pipeline;
    const hn_table *x;
    double *out;
} predict_job;

/* Whether all are finite, or NaN where that is an answer too. */
HN_CLONES static bool are_answers(const double *out, int64_t n, bool declines) {
    int64_t bad = 0;
    if (declines)
        HN_SIMD for (int64_t i = 0; i < n; i++) bad |= fabs(out[i]) > DBL_MAX;
    else
        HN_SIMD for (int64_t i = 0; i < n; i++) bad |= !(fabs(out[i]) <= DBL_MAX);
    return bad == 0;
}

/* Numbers near the largest there are overflow in squares and exponentials. What then comes out is no answer. */
static hone_status check_answers(hone_ctx *ctx, const hone_estimator *kind, const double *out,
                                 int64_t n, int32_t outputs, int64_t first_row) {
    bool declines = (kind->can & HN_CAN_DECLINE) != 0;
    if (are_answers(out, n * outputs, declines)) return HONE_OK;
    int64_t i = 0;
    while (are_answers(out + i, 1, declines)) i++;
    return hn_fail_at(
        ctx, HONE_ERROR_DATA, (hn_where){.row = first_row + i / outputs},
        "%s has no finite answer for row %lld: a number of that row, or of those that it "
        "learned from, is too large to compute with; look for values far out of the usual, "
        "or scale the columns",
        kind->name, (long long)(first_row + i / outputs));
}

static hone_status predict_block(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    predict_job *job = arg;
    HN_SCRATCH(ctx);
    const hn_stage *model = hn_pipeline_model(job->pipeline);
    hn_table block, inputs;
    HN_TRY(hn_table_slice(ctx, ctx->scratch, job->x, chunk.begin, chunk.end, &block));
    HN_TRY(hn_pipeline_inputs(ctx, job->pipeline, &block, ctx->scratch, &inputs));
    int32_t width = job->pipeline->width, k = job->pipeline->n_outputs;
    double *all, *out = job->out + chunk.begin * k;
    if (k == width) {
        HN_TRY(model->kind->predict(ctx, model->state, &inputs, out));
    } else {
        HN_TRY(HN_SCRATCH_NEW(ctx, all, inputs.n_rows * width + 1));
        HN_TRY(model->kind->predict(ctx, model->state, &inputs, all));
        for (int64_t i = 0; i < inputs.n_rows; i++)
            memcpy(out + i * k, all + i * width + job->pipeline->first, (size_t)k * sizeof *out);
    }
    return check_answers(ctx, model->kind, out, block.n_rows, k, chunk.begin);
}

hone_status hn_pipeline_predict(hone_ctx *ctx, const hn_pipeline *pipeline, const hn_table *x,
                                double *ret_out) {
    if (pipeline->task == HN_TASK_NONE)
        return hn_fail(ctx, HONE_ERROR_UNSUPPORTED,
                       "%s is a step: it transforms, it predicts nothing",
                       hn_pipeline_model(pipeline)->kind->name);
    predict_job job = {.pipeline = pipeline, .x = x, .out = ret_out};
    int64_t n = x->n_rows, blocks = n > BLOCK ? SHARES * hn_chunks(n, SHARES * BLOCK) : 1;
    return hn_parallel(ctx, n, n / blocks + 1, predict_block, &job);
}

/* The schema goes through the stages as a table without rows: each sees what it was fitted on. */
hone_status hn_pipeline_prepare(hone_ctx *ctx, hn_pipeline *pipeline, const hn_table *schema,
                                hn_arena *arena) {
    hn_table features = *schema;
    for (int32_t i = 0; i < pipeline->n_stages; i++) {
        hn_stage *stage = &pipeline->stages[i];
        for (int32_t j = 0; j < stage->n_inputs; j++)
            if (stage->inputs[j] < 0 || stage->inputs[j] >= features.n_columns ||
                (j > 0 && stage->inputs[j] <= stage->inputs[j - 1]))
                return hn_fail(ctx, HONE_ERROR_FORMAT,
                               "stage %d (%s) takes a column that is not there", i,
                               stage->kind->name);
        hn_table inputs;
        HN_TRY(hn_table_select(ctx, arena, &features, stage->inputs, stage->n_inputs, &inputs));
        HN_TRY(schema_of(ctx, arena, &inputs, &stage->schema));
        if (stage->kind->prepare != NULL && stage->n_inputs > 0)
            HN_TRY(stage->kind->prepare(ctx, arena, stage->state, &stage->schema));
        if (i + 1 < pipeline->n_stages)
            HN_TRY(apply_stage(ctx, stage, &features, arena, &features));
    }
    return HONE_OK;
}

void hn_pipeline_done(hn_pipeline *pipeline) {
    for (int32_t i = 0; i < pipeline->n_stages; i++) {
        hn_stage *stage = &pipeline->stages[i];
        if (stage->kind != NULL && stage->kind->done != NULL && stage->state != NULL)
            stage->kind->done(stage->state);
    }
    pipeline->n_stages = 0;
}
