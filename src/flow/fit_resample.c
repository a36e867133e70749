/* fit_resample.c - the rows that a sampler by itself would have learned from; see hone.h. */
#include "flow/fit.h"

static hone_status fit_and_resample(hone_ctx *ctx, const hn_recipe_part *part,
                                    const hone_data *data, hn_arena *arena, void *state,
                                    hn_resampled *ret_made, hn_table *ret_table) {
    const hone_estimator *kind = part->kind;
    HN_TRY(kind->fit(ctx, part->params, data, arena, state));
    if (kind->prepare != NULL) HN_TRY(kind->prepare(ctx, arena, state, data->x));
    HN_TRY(kind->resample(ctx, part->params, data, arena, state, ret_made));
    return hn_resampled_columns(ctx, kind, state, data->x, ret_made, arena, ret_table);
}

static hone_status resample(hone_ctx *ctx, const hn_recipe_part *part, const hone_data *data,
                            hn_arena *arena, hn_table *ret_table, int64_t *ret_n,
                            int64_t **ret_rows, const double **ret_weight) {
    hn_resampled made = {0};
    int64_t *rows;
    double *weight;
    void *state = hn_arena_alloc(ctx, arena, 1, part->kind->state_size);
    if (state == NULL) return HONE_ERROR_MEMORY;
    HN_TRY(hn_estimator_check(ctx, part->kind, part->params, data));
    hone_status status = fit_and_resample(ctx, part, data, arena, state, &made, ret_table);
    if (part->kind->done != NULL) part->kind->done(state);
    HN_TRY(status);
    HN_TRY(HN_NEW(ctx, arena, rows, 2 * made.n + 1));
    for (int64_t i = 0; i < made.n; i++) {
        rows[2 * i] = made.source != NULL ? made.source[i] : i;
        rows[2 * i + 1] = made.partner != NULL ? made.partner[i] : -1;
    }
    HN_TRY(HN_NEW(ctx, arena, weight, made.n + 1));
    for (int64_t i = 0; i < made.n; i++)
        weight[i] = made.weight != NULL    ? made.weight[i]
                    : data->weight != NULL ? data->weight[rows[2 * i]]
                                           : 1;
    *ret_n = made.n;
    *ret_rows = rows;
    *ret_weight = weight;
    return HONE_OK;
}

hone_status hone_resample(hone_ctx *ctx, const char *kind, const char *params,
                          const hone_examples *examples, hone_table **ret_table,
                          hone_array *ret_rows, hone_array *ret_weights) {
    HN_SCRATCH(ctx);
    hn_recipe recipe;
    hone_data data;
    hone_table *table;
    hn_table coded;
    int64_t n, *rows;
    const double *weight;
    hone_array of_rows, of_weights;
    HN_TRY(hn_fit_recipe(ctx, ctx->scratch, kind, params, &recipe));
    if (recipe.model.kind->resample == NULL)
        return hn_fail(ctx, HONE_ERROR_UNSUPPORTED,
                       "%s does not change which rows are learned from; 'hone kinds' lists those "
                       "that do under sampling",
                       recipe.model.kind->name);
    HN_TRY(hn_fit_examples(ctx, examples, &data));
    HN_TRY(hn_table_require_dense(ctx, data.x));
    HN_TRY(hn_fit_categories(ctx, ctx->scratch, recipe.model.kind, data.x, &coded));
    data.x = &coded;
    HN_TRY(hn_table_new(ctx, "resampled", &table));
    hone_status status =
        resample(ctx, &recipe.model, &data, &table->arena, &table->view, &n, &rows, &weight);
    if (status == HONE_OK)
        status = hn_array_give(ctx,
                               &(hone_array){.name = "rows",
                                             .type = hn_dtype_name(HN_DTYPE_I64),
                                             .values = rows,
                                             .bytes = (size_t)n * 2 * sizeof *rows,
                                             .ndim = 2,
                                             .shape = {n, 2}},
                               &of_rows);
    if (status != HONE_OK) {
        hone_table_free(ctx, table);
        return status;
    }
    status = hn_array_give(ctx,
                           &(hone_array){.name = "weights",
                                         .type = hn_dtype_name(HN_DTYPE_F64),
                                         .values = weight,
                                         .bytes = (size_t)n * sizeof *weight,
                                         .ndim = 1,
                                         .shape = {n}},
                           &of_weights);
    if (status != HONE_OK) {
        hone_array_free(ctx, &of_rows);
        hone_table_free(ctx, table);
        return status;
    }
    *ret_table = table;
    *ret_rows = of_rows;
    *ret_weights = of_weights;
    return HONE_OK;
}
