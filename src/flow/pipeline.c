/* pipeline.c - stages in a row: each replaces its columns, the last one answers. */
#include "flow/pipeline.h"
#include "base/parallel.h"
#include "num/simd.h"
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

bool hn_pipeline_reads_text(const hn_pipeline *pipeline) {
    for (int32_t i = 0; i < pipeline->n_stages; i++)
        if ((pipeline->stages[i].kind->can & HN_READS_TEXT) != 0) return true;
    return false;
}

/* ---- back ----------------------------------------------------------------------------------- */

hone_status hn_pipeline_back(hone_ctx *ctx, const hn_pipeline *pipeline, const hn_table *schema,
                             const hn_table *rows, hn_arena *arena, hn_table *ret_rows) {
    HN_SCRATCH(ctx);
    int32_t n = pipeline->n_stages;
    hn_table *before, table = *rows;
    HN_TRY(HN_SCRATCH_NEW(ctx, before, n));
    before[0] = *schema;
    for (int32_t i = 0; i + 1 < n; i++)
        HN_TRY(hn_stage_apply(ctx, &pipeline->stages[i], &before[i], ctx->scratch, &before[i + 1]));
    bool whole = rows->n_columns == before[n - 1].n_columns;
    for (int32_t i = n - 2; whole && i >= 0; i--) {
        const hn_stage *stage = &pipeline->stages[i];
        if (stage->n_inputs == 0) continue;
        if (stage->kind->inverse == NULL) break;
        HN_TRY(hn_stage_back(ctx, stage, &before[i], &table, arena, &table));
    }
    *ret_rows = table;
    return HONE_OK;
}

/* ---- use ------------------------------------------------------------------------------------- */

hone_status hn_pipeline_inputs(hone_ctx *ctx, const hn_pipeline *pipeline, const hn_table *x,
                               hn_arena *arena, hn_table *ret_inputs) {
    hn_table features = *x;
    for (int32_t i = 0; i + 1 < pipeline->n_stages; i++)
        HN_TRY(hn_stage_apply(ctx, &pipeline->stages[i], &features, arena, &features));
    return hn_stage_inputs(ctx, hn_pipeline_model(pipeline), &features, arena, ret_inputs);
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
            HN_TRY(hn_stage_apply(ctx, stage, &features, arena, &features));
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
