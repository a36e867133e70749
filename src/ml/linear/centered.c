/* centered.c - means out, weights in; see centered.h. */
#include "ml/linear/centered.h"
#include "base/parallel.h"
#include "ml/linear/linear_model.h"
#include "num/blas.h"
#include <math.h>
#include <string.h>

enum { GRAIN = 4096 };

static hone_status center_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const hn_centered *c = arg;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        double *row = c->x + i * c->p, w = c->root ? c->root[i] : 1.0;
        for (int64_t j = 0; j < c->p; j++) row[j] = w * (row[j] - c->mean[j]);
        c->y[i] = w * (c->y[i] - c->y_mean);
    }
    return HONE_OK;
}

static hone_status take_weights(hone_ctx *ctx, hn_arena *arena, const double *weight,
                                hn_centered *c) {
    c->total = (double)c->n;
    c->n_weighted = c->n;
    if (!weight) return HONE_OK;
    c->total = hn_sum(weight, c->n);
    c->n_weighted = 0;
    HN_TRY(HN_NEW(ctx, arena, c->root, c->n));
    for (int64_t i = 0; i < c->n; i++) {
        c->root[i] = sqrt(weight[i]);
        c->n_weighted += weight[i] > 0;
    }
    return HONE_OK;
}

static hone_status target_mean(hone_ctx *ctx, const hone_data *data, double *ret_mean) {
    HN_SCRATCH(ctx);
    hn_column column = hn_column_of_f64("target", data->y, data->x->n_rows);
    hn_table table = {.n_rows = data->x->n_rows, .n_columns = 1, .columns = &column};
    double sd;
    return hn_linear_moments(ctx, &table, data->weight, ret_mean, &sd);
}

hone_status hn_centered_make(hone_ctx *ctx, hn_arena *arena, const hone_data *data, bool intercept,
                             hn_centered *ret_centered) {
    hn_centered c = {.n = data->x->n_rows, .p = data->x->n_columns, .intercept = intercept};
    HN_TRY(take_weights(ctx, arena, data->weight, &c));
    HN_TRY(HN_NEW(ctx, arena, c.mean, c.p));
    HN_TRY(HN_NEW(ctx, arena, c.sd, c.p));
    HN_TRY(hn_linear_moments(ctx, data->x, data->weight, c.mean, c.sd));
    if (intercept)
        HN_TRY(target_mean(ctx, data, &c.y_mean));
    else
        memset(c.mean, 0, (size_t)c.p * sizeof(double));
    HN_TRY(hn_table_matrix(ctx, arena, data->x, &c.x));
    HN_TRY(HN_NEW(ctx, arena, c.y, c.n));
    memcpy(c.y, data->y, (size_t)c.n * sizeof(double));
    HN_TRY(hn_parallel(ctx, c.n, GRAIN, center_chunk, &c));
    *ret_centered = c;
    return HONE_OK;
}

double hn_centered_intercept(const hn_centered *c, const double *b) {
    return c->intercept ? c->y_mean - hn_dot(c->mean, b, c->p) : 0;
}

hone_status hn_sum_squares(hone_ctx *ctx, const double *v, int64_t n, double *ret_sum) {
    HN_SCRATCH(ctx);
    double *squares;
    HN_TRY(HN_SCRATCH_NEW(ctx, squares, n));
    for (int64_t i = 0; i < n; i++) squares[i] = v[i] * v[i];
    *ret_sum = hn_sum(squares, n);
    return HONE_OK;
}

hone_status hn_centered_residuals(hone_ctx *ctx, const hn_centered *c, const double *b, double *r,
                                  double *ret_rss) {
    HN_TRY(hn_gemv(ctx, c->x, c->n, c->p, b, 0, r));
    for (int64_t i = 0; i < c->n; i++) r[i] = c->y[i] - r[i];
    return hn_sum_squares(ctx, r, c->n, ret_rss);
}
