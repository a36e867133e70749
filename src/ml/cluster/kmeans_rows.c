/* kmeans_rows.c - see kmeans_rows.h. */
#include "ml/cluster/kmeans_rows.h"
#include "ml/cluster/kmeans_distance.h"
#include "ml/cluster/kmeans_model.h"
#include "num/blas.h"
#include "num/simd.h"
#include <string.h>

/* ---- a job ---------------------------------------------------------------------------------- */

hone_status hn_kmeans_squares(hone_ctx *ctx, const hn_csr *m, double **ret_squares) {
    double *squares;
    HN_TRY(HN_SCRATCH_NEW(ctx, squares, m->rows + 1));
    for (int64_t i = 0; i < m->rows; i++)
        for (int64_t e = m->start[i]; e < m->start[i + 1]; e++)
            squares[i] += m->value[e] * m->value[e];
    *ret_squares = squares;
    return HONE_OK;
}

/* The mean variance of a sparse matrix's columns. */
static hone_status sparse_variance(hone_ctx *ctx, const hn_kmeans_job *job, double *ret_variance) {
    HN_SCRATCH(ctx);
    const hn_csr *m = job->csr;
    double *mean, *squares, total = job->weight ? hn_sum(job->weight, job->n) : (double)job->n;
    HN_TRY(HN_SCRATCH_NEW(ctx, mean, job->d));
    HN_TRY(HN_SCRATCH_NEW(ctx, squares, job->d));
    for (int64_t i = 0; i < m->rows; i++) {
        double w = hn_kmeans_weight(job, i) / total;
        for (int64_t e = m->start[i]; e < m->start[i + 1]; e++) {
            mean[m->column[e]] += w * m->value[e];
            squares[m->column[e]] += w * m->value[e] * m->value[e];
        }
    }
    *ret_variance = 0;
    for (int64_t j = 0; j < job->d; j++) {
        double variance = squares[j] - mean[j] * mean[j];
        *ret_variance += variance > 0 ? variance / (double)job->d : 0;
    }
    return HONE_OK;
}

hone_status hn_kmeans_rows(hone_ctx *ctx, const hn_table *x, const double *weight, bool center,
                           hn_kmeans_job *job, double **ret_mean, double *ret_variance) {
    double *rows, *squares;
    job->weight = weight;
    job->n = x->n_rows;
    job->d = x->n_columns;
    *ret_variance = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, *ret_mean, job->d + 1));
    if (x->csr) {
        job->csr = x->csr;
        HN_TRY(hn_kmeans_squares(ctx, x->csr, &squares));
        job->squares = squares;
        return center ? sparse_variance(ctx, job, ret_variance) : HONE_OK;
    }
    HN_TRY(hn_table_matrix(ctx, ctx->scratch, x, &rows));
    job->x = rows;
    if (!center) return HONE_OK;
    return hn_kmeans_center(ctx, rows, weight, job->n, job->d, *ret_mean, ret_variance);
}

hone_status hn_kmeans_take(hone_ctx *ctx, const hn_kmeans_job *job, const int64_t *rows, int64_t n,
                           hn_kmeans_job *ret_job) {
    double *x, *weight;
    *ret_job = *job;
    ret_job->n = n;
    if (job->weight) {
        HN_TRY(HN_SCRATCH_NEW(ctx, weight, n + 1));
        for (int64_t i = 0; i < n; i++) weight[i] = job->weight[rows[i]];
        ret_job->weight = weight;
    }
    if (job->csr) {
        hn_csr *taken;
        HN_TRY(HN_SCRATCH_NEW(ctx, taken, 1));
        HN_TRY(hn_csr_take(ctx, ctx->scratch, job->csr, rows, n, taken));
        ret_job->csr = taken;
        HN_TRY(hn_kmeans_squares(ctx, taken, &x));
        ret_job->squares = x;
        return HONE_OK;
    }
    HN_TRY(HN_SCRATCH_NEW(ctx, x, n * job->d + 1));
    for (int64_t i = 0; i < n; i++)
        memcpy(x + i * job->d, job->x + rows[i] * job->d, (size_t)job->d * sizeof *x);
    ret_job->x = x;
    return HONE_OK;
}

/* ---- a row ---------------------------------------------------------------------------------- */

void hn_tile_squares(const double *tile, int64_t d, double *squares) {
    for (int c = 0; c < HN_TILE; c++) squares[c] = 0;
    for (int64_t j = 0; j < d; j++)
        for (int c = 0; c < HN_TILE; c++)
            squares[c] += tile[j * HN_TILE + c] * tile[j * HN_TILE + c];
}

HN_CLONES void hn_sparse_products(const hn_csr *m, int64_t i, const double *tile, double *out) {
    double sum[HN_TILE] = {0};
    for (int64_t e = m->start[i]; e < m->start[i + 1]; e++) {
        const double *at = tile + (int64_t)m->column[e] * HN_TILE;
        double v = m->value[e];
        for (int c = 0; c < HN_TILE; c++) sum[c] += v * at[c];
    }
    memcpy(out, sum, sizeof sum);
}

void hn_kmeans_squared(const hn_kmeans_job *job, int64_t i, const double *tile,
                       const double *squares, double *out) {
    if (!job->csr) {
        hn_tile_squared(job->x + i * job->d, job->d, tile, out);
        return;
    }
    hn_sparse_products(job->csr, i, tile, out);
    for (int c = 0; c < HN_TILE; c++) {
        double squared = job->squares[i] - 2 * out[c] + squares[c];
        out[c] = squared > 0 ? squared : 0;
    }
}

double hn_kmeans_squared_one(const hn_kmeans_job *job, int64_t i, const double *centroid,
                             double square) {
    if (!job->csr) return hn_squared_distance(job->x + i * job->d, centroid, job->d);
    double squared = job->squares[i] - 2 * hn_csr_dot(job->csr, i, centroid) + square;
    return squared > 0 ? squared : 0;
}

void hn_kmeans_add(const hn_kmeans_job *job, int64_t i, double w, double *to) {
    const hn_csr *m = job->csr;
    if (m) {
        for (int64_t e = m->start[i]; e < m->start[i + 1]; e++) to[m->column[e]] += w * m->value[e];
        return;
    }
    const double *row = job->x + i * job->d;
    for (int64_t j = 0; j < job->d; j++) to[j] += w * row[j];
}

void hn_kmeans_write(const hn_kmeans_job *job, int64_t i, double *to) {
    if (job->csr)
        hn_csr_row(job->csr, i, to);
    else
        memcpy(to, job->x + i * job->d, (size_t)job->d * sizeof *to);
}
