/* fit_answers.c - what a model of one kind says of matrices and tables: answers, columns, neighbours; see hone.h. */
#include "flow/fit.h"
#include "table/dictionary.h"
#include "table/rows.h"
#include <math.h>

/* Rows that may go straight to the first stage: by place, and holding nothing that it can't take. */
static hone_status take_rows(hone_ctx *ctx, const hone_model *model, const hn_table *x,
                             hn_arena *arena, hn_table *ret_rows) {
    HN_TRY(hn_columns_match(ctx, arena, &model->schema, x, hn_pipeline_reads_text(&model->pipeline),
                            ret_rows));
    if (model->pipeline.n_stages > 1) return hn_table_require_dense(ctx, x);
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    return hn_estimator_check_features(ctx, stage->kind, stage->params, ret_rows);
}

int32_t hone_model_inputs(const hone_model *model) { return model->schema.n_columns; }

bool hone_model_gives_probabilities(const hone_model *model) {
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    return model->n_classes > 0 && hn_gives_probabilities(stage->kind, stage->state);
}

int32_t hone_model_outputs(const hone_model *model) {
    return hn_pipeline_outputs(&model->pipeline);
}

hone_status hone_model_answers(hone_ctx *ctx, const hone_model *model, const hone_table *x,
                               double *ret_answers) {
    HN_SCRATCH(ctx);
    hn_table rows;
    HN_TRY(take_rows(ctx, model, &x->view, ctx->scratch, &rows));
    return hn_pipeline_predict(ctx, &model->pipeline, &rows, ret_answers);
}

/* Infinity is refused wherever it comes in, so none goes out; and no gaps from a kind that takes none. */
static hone_status check_numbers(hone_ctx *ctx, const hone_estimator *kind, const hn_table *made) {
    enum { BLOCK = 512 };
    bool gaps = (kind->can & HN_CAN_MISSING) != 0;
    bool good;
    hn_domain domain = HN_ALL_FINITE;
    domain.missing = gaps;
    if ((kind->can & HN_ANY_TYPE) != 0 || made->csr != NULL) return HONE_OK;
    HN_TRY(hn_table_all_in(ctx, made, &domain, &good));
    if (good) return HONE_OK;
    for (int32_t j = 0; j < made->n_columns; j++) {
        const hn_column *column = &made->columns[j];
        double values[BLOCK];
        for (int64_t begin = 0; begin < column->n; begin += BLOCK) {
            if (column->type != HN_F64 && column->type != HN_F32) break;
            int64_t end = begin + BLOCK < column->n ? begin + BLOCK : column->n;
            hn_column_doubles(column, begin, end, values, 1);
            for (int64_t i = begin; i < end; i++)
                if (isinf(values[i - begin]) || (!gaps && isnan(values[i - begin])))
                    return hn_fail_at(
                        ctx, HONE_ERROR_DATA, (hn_where){.column = column->name, .row = i},
                        "%s makes no finite number of row %lld: a number of that row, or of those "
                        "that it learned from, is too large to compute with; look for values far "
                        "out of the usual, or scale the columns",
                        kind->name, (long long)i);
        }
    }
    return HONE_OK;
}

hone_status hone_model_transform(hone_ctx *ctx, const hone_model *model, const hone_table *x,
                                 hone_table **ret_table) {
    HN_SCRATCH(ctx);
    hone_table *table;
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    if (stage->kind->transform == NULL)
        return hn_fail(ctx, HONE_ERROR_UNSUPPORTED,
                       "%s is no step: it predicts, it transforms nothing", stage->kind->name);
    hn_table rows, inputs;
    HN_TRY(hn_table_new(ctx, "transformed", &table));
    hone_status status = take_rows(ctx, model, &x->view, &table->arena, &rows);
    if (status == HONE_OK)
        status = hn_pipeline_inputs(ctx, &model->pipeline, &rows, &table->arena, &inputs);
    if (status == HONE_OK)
        status = stage->kind->transform(ctx, stage->state, &inputs, &table->arena, &table->view);
    for (int32_t j = 0; status == HONE_OK && j < table->view.n_columns; j++)
        status = hn_column_settle(ctx, &table->arena, &table->view.columns[j]);
    if (status == HONE_OK) status = check_numbers(ctx, stage->kind, &table->view);
    if (status != HONE_OK) {
        hone_table_free(ctx, table);
        return status;
    }
    *ret_table = table;
    return HONE_OK;
}

/* What transform would give for no rows says which columns there must be. */
static hone_status check_transformed(hone_ctx *ctx, const hn_stage *stage, const hn_table *z,
                                     hn_table *ret_z) {
    hn_table wanted;
    HN_TRY(stage->kind->transform(ctx, stage->state, &stage->schema, ctx->scratch, &wanted));
    HN_TRY(hn_table_require_dense(ctx, z));
    HN_TRY(hn_columns_match(ctx, ctx->scratch, &wanted, z, false, ret_z));
    return hn_columns_precision(ctx, ctx->scratch, &wanted, ret_z, ret_z);
}

hone_status hone_model_inverse(hone_ctx *ctx, const hone_model *model, const hone_table *z,
                               hone_table **ret_table) {
    HN_SCRATCH(ctx);
    hone_table *table;
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    if (stage->kind->inverse == NULL || model->pipeline.n_stages > 1)
        return hn_fail(ctx, HONE_ERROR_UNSUPPORTED,
                       "%s has no way back to the columns it was given", stage->kind->name);
    hn_table matched;
    HN_TRY(check_transformed(ctx, stage, &z->view, &matched));
    HN_TRY(hn_table_new(ctx, "inverse", &table));
    /* Names outlive the model in a table of their own. */
    hn_table schema;
    hone_status status = hn_table_schema(ctx, &table->arena, &stage->schema, &schema);
    if (status == HONE_OK)
        status =
            stage->kind->inverse(ctx, stage->state, &matched, &schema, &table->arena, &table->view);
    if (status != HONE_OK) {
        hone_table_free(ctx, table);
        return status;
    }
    *ret_table = table;
    return HONE_OK;
}

hone_status hone_model_neighbors(hone_ctx *ctx, const hone_model *model, const hone_table *x,
                                 int64_t k, int64_t *ret_rows, double *ret_distances) {
    HN_SCRATCH(ctx);
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    if (stage->kind->neighbors == NULL)
        return hn_fail(ctx, HONE_ERROR_UNSUPPORTED,
                       "%s keeps no rows, so it has no neighbours to name", stage->kind->name);
    if (k < 1)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "n_neighbors"),
                          "%lld neighbours are asked for; ask for one at least", (long long)k);
    if (x == NULL)
        return stage->kind->neighbors(ctx, stage->state, NULL, k, ret_rows, ret_distances);
    hn_table rows, inputs;
    HN_TRY(take_rows(ctx, model, &x->view, ctx->scratch, &rows));
    HN_TRY(hn_pipeline_inputs(ctx, &model->pipeline, &rows, ctx->scratch, &inputs));
    return stage->kind->neighbors(ctx, stage->state, &inputs, k, ret_rows, ret_distances);
}

hone_status hone_model_importances(hone_ctx *ctx, const hone_model *model,
                                   double *ret_importances) {
    HN_SCRATCH(ctx);
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    if ((hn_estimator_can(stage->kind, stage->params) & HN_CAN_IMPORTANCES) == 0)
        return hn_fail(ctx, HONE_ERROR_UNSUPPORTED, "%s has no importances", stage->kind->name);
    return stage->kind->importances(ctx, stage->state, ret_importances);
}
