/* lasso_path.c - see lasso_path.h. */
#include "ml/linear/lasso_path.h"
#include "num/blas.h"
#include "num/math.h"
#include "num/sort.h"
#include "table/split.h"
#include <string.h>

hone_status hn_lasso_path_make(hone_ctx *ctx, const hone_data *data, const hn_lasso_how *how,
                               hn_lasso_path *ret_path) {
    ret_path->l1_ratio = how->l1_ratio;
    HN_TRY(hn_columns_make(ctx, ctx->scratch, data, how->intercept, &ret_path->columns));
    return hn_lasso_make(ctx, &ret_path->columns, how->positive, how->tolerance, how->max_iter,
                         &ret_path->solver);
}

hone_status hn_lasso_path_at(hone_ctx *ctx, hn_lasso_path *path, double alpha, double *ret_coef,
                             double *ret_intercept, hn_lasso_end *ret_end) {
    double strength = alpha * path->columns.total;
    HN_TRY(hn_lasso_solve(ctx, &path->solver, strength * path->l1_ratio,
                          strength * (1 - path->l1_ratio), ret_coef, ret_end));
    *ret_intercept = hn_columns_intercept(&path->columns, ret_coef);
    return HONE_OK;
}

hone_status hn_lasso_alphas(hone_ctx *ctx, hn_arena *arena, hn_lasso_path *path,
                            const hn_reals *given, int64_t n_alphas, double eps,
                            double **ret_alphas, int64_t *ret_n) {
    double *alphas, most;
    int64_t n = given->n > 0 ? given->n : n_alphas;
    HN_TRY(HN_NEW(ctx, arena, alphas, n));
    *ret_alphas = alphas;
    *ret_n = n;
    if (given->n > 0) {
        HN_SCRATCH(ctx);
        double *rising;
        HN_TRY(HN_SCRATCH_NEW(ctx, rising, n));
        memcpy(rising, given->items, (size_t)n * sizeof *rising);
        HN_TRY(hn_sort_f64(ctx, rising, n));
        for (int64_t i = 0; i < n; i++) alphas[i] = rising[n - 1 - i];
        return HONE_OK;
    }
    HN_TRY(hn_lasso_most(ctx, &path->solver, &most));
    most /= path->columns.total * path->l1_ratio;
    if (!(most > 0)) most = 1; /* the target is constant: any will do */
    for (int64_t i = 0; i < n; i++)
        alphas[i] = most * (n > 1 ? hn_pow(eps, (double)i / (double)(n - 1)) : 1.0);
    return HONE_OK;
}

/* ---- folds ---------------------------------------------------------------------------------- */

typedef struct choice {
    const hone_data *data;
    const hn_lasso_how *how;
    const double *alphas;
    int64_t n_alphas, n_folds;
    hn_rows *folds;
    double *errors; /* [n_alphas, n_folds] */
} choice;

/* Squared error on data, per unit of weight, of the model in coef and intercept. */
static hone_status test(hone_ctx *ctx, const hone_data *data, const double *matrix,
                        const double *coef, double intercept, double *ret_error) {
    HN_SCRATCH(ctx);
    int64_t n = data->x->n_rows, p = data->x->n_columns;
    double *fit, total = hn_data_total_weight(data);
    HN_TRY(HN_SCRATCH_NEW(ctx, fit, n));
    if (matrix)
        HN_TRY(hn_gemv(ctx, matrix, n, p, coef, 0, fit));
    else
        for (int64_t i = 0; i < n; i++) fit[i] = hn_csr_dot(data->x->csr, i, coef);
    for (int64_t i = 0; i < n; i++) {
        double error = data->y[i] - fit[i] - intercept;
        fit[i] = (data->weight ? data->weight[i] : 1.0) * (error * error);
    }
    *ret_error = total > 0 ? hn_sum(fit, n) / total : 0;
    return HONE_OK;
}

/* The whole path on the rows outside a fold, tested on those inside. */
static hone_status try_fold(hone_ctx *ctx, const choice *c, int64_t fold) {
    HN_SCRATCH(ctx);
    hn_rows rest;
    hone_data train, tests;
    hn_lasso_path path;
    double *coef, *matrix = NULL, intercept;
    hone_data timeless = *c->data;
    timeless.time = NULL;
    HN_TRY(hn_data_except(ctx, ctx->scratch, &timeless, c->folds[fold], &rest));
    HN_TRY(hn_data_take(ctx, ctx->scratch, c->data, rest.rows, rest.n, &train));
    HN_TRY(hn_data_take(ctx, ctx->scratch, c->data, c->folds[fold].rows, c->folds[fold].n, &tests));
    if (!(hn_data_total_weight(&train) > 0))
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "folds"),
                          "without fold %lld no row has a weight; take fewer 'folds'",
                          (long long)fold);
    HN_TRY(hn_lasso_path_make(ctx, &train, c->how, &path));
    HN_TRY(HN_SCRATCH_NEW(ctx, coef, path.columns.p));
    if (!tests.x->csr) HN_TRY(hn_table_matrix(ctx, ctx->scratch, tests.x, &matrix));
    for (int64_t i = 0; i < c->n_alphas; i++) {
        hn_lasso_end end;
        HN_TRY(hn_lasso_path_at(ctx, &path, c->alphas[i], coef, &intercept, &end));
        HN_TRY(test(ctx, &tests, matrix, coef, intercept, &c->errors[i * c->n_folds + fold]));
    }
    return HONE_OK;
}

static hone_status try_folds(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    for (int64_t fold = chunk.begin; fold < chunk.end; fold++) HN_TRY(try_fold(ctx, arg, fold));
    return HONE_OK;
}

static hone_status make_folds(hone_ctx *ctx, choice *c, bool shuffle) {
    HN_TRY(HN_SCRATCH_NEW(ctx, c->folds, c->n_folds));
    int64_t n = c->data->x->n_rows;
    if (shuffle || c->data->group || c->data->parents) {
        hn_split_keys keys = {.group = c->data->group};
        return hn_data_folds(ctx, ctx->scratch, c->data, &keys, (int)c->n_folds, ctx->seed,
                             c->folds);
    }
    for (int64_t f = 0, row = 0; f < c->n_folds; f++) {
        c->folds[f].n = n / c->n_folds + (f < n % c->n_folds);
        HN_TRY(HN_SCRATCH_NEW(ctx, c->folds[f].rows, c->folds[f].n + 1));
        for (int64_t i = 0; i < c->folds[f].n; i++) c->folds[f].rows[i] = row++;
    }
    return HONE_OK;
}

hone_status hn_lasso_choose(hone_ctx *ctx, const hone_data *data, const hn_lasso_how *how,
                            const double *alphas, int64_t n_alphas, int64_t folds, bool shuffle,
                            double *ret_errors, double *ret_alpha) {
    HN_SCRATCH(ctx);
    choice c = {.data = data,
                .how = how,
                .alphas = alphas,
                .n_alphas = n_alphas,
                .n_folds = folds,
                .errors = ret_errors};
    HN_TRY(make_folds(ctx, &c, shuffle));
    HN_TRY(hn_parallel(ctx, folds, 1, try_folds, &c));
    double least = INFINITY;
    for (int64_t i = 0; i < n_alphas; i++) {
        double error = 0;
        for (int64_t f = 0; f < folds; f++) error += ret_errors[i * folds + f];
        if (i > 0 && !(error < least)) continue;
        least = error;
        *ret_alpha = alphas[i];
    }
    return HONE_OK;
}
