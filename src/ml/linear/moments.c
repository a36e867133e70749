/* moments.c - see moments.h. */
#include "ml/linear/moments.h"
#include "ml/linear/design.h"
#include "table/rows.h"
#include <math.h>
#include <string.h>

enum { R = HN_DESIGN_ROWS };

hn_moment hn_moment_of(const double *x, const double *w) {
    _Alignas(64) double d[R];
    hn_moment m = {hn_block_sum(w), 0, 0};
    if (m.weight == 0) return m;
    for (int i = 0; i < R; i++) d[i] = w[i] * (x[i] - x[0]);
    double by = hn_block_sum(d) / m.weight;
    for (int i = 0; i < R; i++) d[i] = w[i] * ((x[i] - x[0] - by) * (x[i] - x[0] - by));
    m.mean = x[0] + by;
    m.squares = hn_block_sum(d);
    return m;
}

void hn_moment_merge(hn_moment *to, hn_moment from) {
    if (from.weight == 0) return;
    double total = to->weight + from.weight, delta = from.mean - to->mean;
    if (to->weight == 0) delta = 0, to->mean = from.mean;
    to->squares += from.squares + delta * delta * (to->weight * from.weight / total);
    to->mean += delta * (from.weight / total);
    to->weight = total;
}

typedef struct moments_job {
    const hn_table *x;
    const double *weight;
    double total;
    double *mean, *sd;
    hn_moment *slots; /* [chunks, n_columns] */
} moments_job;

static hone_status moments_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const moments_job *job = arg;
    int64_t p = job->x->n_columns;
    hn_moment *slot = job->slots + chunk.index * p;
    double *block;
    _Alignas(64) double w[R];
    HN_TRY(HN_SCRATCH_NEW(ctx, block, p * R));
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += R) {
        int64_t end = begin + R < chunk.end ? begin + R : chunk.end;
        hn_table_columns(job->x, begin, end, block, R);
        for (int64_t i = 0; i < R; i++)
            w[i] = begin + i >= end ? 0 : job->weight ? job->weight[begin + i] : 1;
        for (int64_t j = 0; j < p; j++) hn_moment_merge(&slot[j], hn_moment_of(block + j * R, w));
    }
    return HONE_OK;
}

static hone_status dense_moments(hone_ctx *ctx, moments_job *job) {
    HN_SCRATCH(ctx);
    int64_t n = job->x->n_rows, p = job->x->n_columns;
    int64_t grain = hn_chunks(hn_chunks(n, R), HN_DESIGN_GROUPS) * R;
    if (grain < 16 * R) grain = 16 * R;
    int64_t chunks = hn_chunks(n, grain);
    HN_TRY(HN_SCRATCH_NEW(ctx, job->slots, chunks * p));
    HN_TRY(hn_parallel(ctx, n, grain, moments_chunk, job));
    for (int64_t j = 0; j < p; j++) {
        hn_moment *all = &job->slots[j];
        for (int64_t c = 1; c < chunks; c++) hn_moment_merge(all, job->slots[c * p + j]);
        job->mean[j] = all->mean;
        job->sd[j] = sqrt(all->squares / all->weight);
    }
    return HONE_OK;
}

/* The same of a sparse matrix: what is not stored is 0. */
static hone_status sparse_moments(hone_ctx *ctx, const moments_job *job) {
    const hn_csr *m = job->x->csr;
    double *stored; /* [cols] weight of the rows where the column is stored */
    HN_SCRATCH(ctx);
    HN_TRY(HN_SCRATCH_NEW(ctx, stored, m->cols));
    memset(job->mean, 0, (size_t)m->cols * sizeof *job->mean);
    memset(job->sd, 0, (size_t)m->cols * sizeof *job->sd);
    for (int64_t i = 0; i < m->rows; i++) {
        double w = job->weight ? job->weight[i] : 1.0;
        for (int64_t k = m->start[i]; k < m->start[i + 1]; k++) {
            stored[m->column[k]] += w;
            job->mean[m->column[k]] += w * m->value[k];
        }
    }
    for (int64_t j = 0; j < m->cols; j++) job->mean[j] /= job->total;
    for (int64_t i = 0; i < m->rows; i++) {
        double w = job->weight ? job->weight[i] : 1.0;
        for (int64_t k = m->start[i]; k < m->start[i + 1]; k++) {
            double d = m->value[k] - job->mean[m->column[k]];
            job->sd[m->column[k]] += w * d * d;
        }
    }
    for (int64_t j = 0; j < m->cols; j++) {
        double rest = fmax(job->total - stored[j], 0); /* not below by rounding */
        job->sd[j] = sqrt((job->sd[j] + rest * job->mean[j] * job->mean[j]) / job->total);
    }
    return HONE_OK;
}

hone_status hn_linear_moments(hone_ctx *ctx, const hn_table *x, const double *weight,
                              double *ret_mean, double *ret_sd) {
    double total = weight ? hn_sum(weight, x->n_rows) : (double)x->n_rows;
    moments_job job = {.x = x, .weight = weight, .total = total, .mean = ret_mean, .sd = ret_sd};
    return x->csr ? sparse_moments(ctx, &job) : dense_moments(ctx, &job);
}
