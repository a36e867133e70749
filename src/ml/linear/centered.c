/* centered.c - means out, weights in, and sums; see centered.h. */
#include "ml/linear/centered.h"
#include "base/parallel.h"
#include "ml/linear/linear_model.h"
#include "num/blas.h"
#include <assert.h>
#include <math.h>
#include <string.h>

enum { GRAIN = 4096 };

static hone_status center_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const hn_centered *c = arg;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        double w = c->root ? c->root[i] : 1.0;
        c->y[i] = w * (c->y[i] - c->y_mean);
        if (c->sparse) continue;
        double *row = c->x + i * c->p;
        for (int64_t j = 0; j < c->p; j++) row[j] = w * (row[j] - c->mean[j]);
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
    HN_TRY(HN_NEW(ctx, arena, c.y, c.n));
    memcpy(c.y, data->y, (size_t)c.n * sizeof(double));
    c.sparse = data->x->csr;
    if (c.sparse)
        HN_TRY(hn_csr_transpose(ctx, arena, c.sparse, &c.turned));
    else
        HN_TRY(hn_table_matrix(ctx, arena, data->x, &c.x));
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

/* ---- sums of a sparse one ------------------------------------------------------------------- */

typedef struct sparse_job {
    const hn_centered *c;
    const double *v; /* what is multiplied */
    double shift;    /* mean times v, or the sum of v */
    double *ret;     /* one number or one row of the result per item */
} sparse_job;

static hone_status times_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const sparse_job *job = arg;
    const hn_centered *c = job->c;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        double sum = hn_csr_dot(c->sparse, i, job->v) - job->shift;
        job->ret[i] = c->root ? c->root[i] * sum : sum;
    }
    return HONE_OK;
}

static hone_status back_columns(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const sparse_job *job = arg;
    const hn_centered *c = job->c;
    for (int64_t j = chunk.begin; j < chunk.end; j++)
        job->ret[j] = hn_csr_dot(&c->turned, j, job->v) - c->mean[j] * job->shift;
    return HONE_OK;
}

/* Row j of x'x from the diagonal on: of each row with an entry in column j the entries to its right. */
static hone_status gram_columns(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const sparse_job *job = arg;
    const hn_centered *c = job->c;
    const hn_csr *m = c->sparse, *t = &c->turned;
    for (int64_t j = chunk.begin; j < chunk.end; j++) {
        double *row = job->ret + j * c->p;
        for (int64_t k = j; k < c->p; k++) row[k] = 0;
        for (int64_t at = t->start[j]; at < t->start[j + 1]; at++) {
            int64_t i = t->column[at];
            double v = t->value[at] * (c->root ? c->root[i] * c->root[i] : 1.0);
            for (int64_t k = m->start[i + 1] - 1; k >= m->start[i] && m->column[k] >= j; k--)
                row[m->column[k]] += v * m->value[k];
        }
        for (int64_t k = j; k < c->p; k++) row[k] -= c->total * c->mean[j] * c->mean[k];
        row[j] = fmax(row[j], 0);
    }
    return HONE_OK;
}

/* Row i of x x' up to the diagonal; v holds each row times the mean, shift the mean's square. */
static hone_status gram_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const sparse_job *job = arg;
    const hn_centered *c = job->c;
    HN_SCRATCH(ctx);
    double *full;
    HN_TRY(HN_SCRATCH_NEW(ctx, full, c->p));
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        hn_csr_row(c->sparse, i, full);
        for (int64_t k = 0; k <= i; k++) {
            double sum = hn_csr_dot(c->sparse, k, full) - job->v[i] - job->v[k] + job->shift;
            job->ret[i * c->n + k] = c->root ? c->root[i] * c->root[k] * sum : sum;
        }
    }
    return HONE_OK;
}

static hone_status sparse_gram(hone_ctx *ctx, const hn_centered *c, bool by_rows, double *ret) {
    HN_SCRATCH(ctx);
    sparse_job job = {.c = c, .ret = ret};
    int64_t m = by_rows ? c->n : c->p;
    double *means;
    HN_TRY(HN_SCRATCH_NEW(ctx, means, c->n));
    for (int64_t i = 0; by_rows && i < c->n; i++) means[i] = hn_csr_dot(c->sparse, i, c->mean);
    job.v = means;
    job.shift = hn_dot(c->mean, c->mean, c->p);
    HN_TRY(hn_parallel(ctx, m, 16, by_rows ? gram_rows : gram_columns, &job));
    for (int64_t i = 0; i < m; i++)
        for (int64_t k = 0; k < i; k++) {
            double *below = ret + i * m + k, *above = ret + k * m + i;
            *(by_rows ? above : below) = *(by_rows ? below : above);
        }
    return HONE_OK;
}

/* ---- sums ----------------------------------------------------------------------------------- */

hone_status hn_centered_times(hone_ctx *ctx, const hn_centered *c, const double *b, double *ret) {
    if (c->x) return hn_gemv(ctx, c->x, c->n, c->p, b, 0, ret);
    sparse_job job = {c, b, hn_dot(c->mean, b, c->p), ret};
    return hn_parallel(ctx, c->n, GRAIN, times_rows, &job);
}

hone_status hn_centered_back(hone_ctx *ctx, const hn_centered *c, const double *r, double *ret) {
    if (c->x) return hn_gemv_t(ctx, c->x, c->n, c->p, r, ret);
    HN_SCRATCH(ctx);
    double *weighted = NULL;
    if (c->root) HN_TRY(HN_SCRATCH_NEW(ctx, weighted, c->n));
    for (int64_t i = 0; c->root && i < c->n; i++) weighted[i] = c->root[i] * r[i];
    const double *v = c->root ? weighted : r;
    sparse_job job = {c, v, hn_sum(v, c->n), ret};
    return hn_parallel(ctx, c->p, 1 + GRAIN * c->p / (hn_csr_entries(c->sparse) + 1), back_columns,
                       &job);
}

hone_status hn_centered_gram(hone_ctx *ctx, const hn_centered *c, bool by_rows, double *ret) {
    if (c->sparse) return sparse_gram(ctx, c, by_rows, ret);
    if (c->gram) {
        assert(!by_rows);
        memcpy(ret, c->gram, (size_t)(c->p * c->p) * sizeof *ret);
        return HONE_OK;
    }
    if (!by_rows) return hn_gram(ctx, c->x, c->n, c->p, NULL, ret);
    return hn_gemm(ctx, false, true, c->n, c->n, c->p, 1, c->x, c->p, c->x, c->p, 0, ret, c->n);
}

hone_status hn_centered_residuals(hone_ctx *ctx, const hn_centered *c, const double *b, double *r,
                                  double *ret_rss) {
    HN_TRY(hn_centered_times(ctx, c, b, r));
    for (int64_t i = 0; i < c->n; i++) r[i] = c->y[i] - r[i];
    return hn_sum_squares(ctx, r, c->n, ret_rss);
}
