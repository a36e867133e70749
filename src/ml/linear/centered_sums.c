/* centered_sums.c - sums of products of a table as it lies; see centered.h. */
#include "ml/linear/centered.h"
#include "num/blas.h"
#include "num/simd.h"
#include "spec/scatter.h"
#include "table/rows.h"
#include <math.h>
#include <string.h>

static void count_weights(const hone_data *data, hn_centered *c) {
    c->total = hn_data_total_weight(data);
    c->n_weighted = c->n;
    for (int64_t i = 0; data->weight && i < c->n; i++) c->n_weighted -= !(data->weight[i] > 0);
}

hone_status hn_centered_sums(hone_ctx *ctx, hn_arena *arena, const hone_data *data, bool intercept,
                             hn_centered *ret_centered) {
    hn_centered c = {.n = data->x->n_rows, .p = data->x->n_columns, .intercept = intercept};
    int64_t p = c.p, q = p + 1;
    double *scatter, *mean;
    c.data = data;
    count_weights(data, &c);
    HN_TRY(HN_NEW(ctx, arena, c.mean, p));
    HN_TRY(HN_NEW(ctx, arena, c.sd, p));
    HN_TRY(HN_NEW(ctx, arena, c.gram, p * p));
    HN_TRY(HN_NEW(ctx, arena, c.cross, p));
    HN_SCRATCH(ctx);
    HN_TRY(HN_SCRATCH_NEW(ctx, scatter, q * q));
    HN_TRY(HN_SCRATCH_NEW(ctx, mean, q));
    HN_TRY(hn_scatter(ctx, data->x, data->y, data->weight, mean, scatter));
    for (int64_t j = 0; j < p; j++) c.sd[j] = sqrt(scatter[j * q + j] / c.total);
    for (int64_t i = 0; i < q && !intercept; i++)
        for (int64_t j = 0; j < q; j++) scatter[i * q + j] += c.total * (mean[i] * mean[j]);
    for (int64_t i = 0; i < p; i++) {
        memcpy(c.gram + i * p, scatter + i * q, (size_t)p * sizeof *scatter);
        c.cross[i] = scatter[i * q + p];
        if (intercept) c.mean[i] = mean[i];
    }
    c.squares = scatter[p * q + p];
    if (intercept) c.y_mean = mean[p];
    *ret_centered = c;
    return HONE_OK;
}

/* ---- residuals ------------------------------------------------------------------------------ */

typedef struct look_job {
    const hn_centered *c;
    const double *b;
    int64_t block;
    double *slots; /* [chunks][p + 1]: x' r, and r' r */
} look_job;

HN_CLONES static void take_mean(double *restrict to, const double *restrict from, int64_t stride,
                                int64_t n, int64_t p, const double *restrict mean) {
    for (int64_t i = 0; i < n; i++) {
        HN_SIMD
        for (int64_t j = 0; j < p; j++) to[i * p + j] = from[i * stride + j] - mean[j];
    }
}

static hone_status look_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const look_job *job = arg;
    const hn_centered *c = job->c;
    const hone_data *data = c->data;
    int64_t p = c->p, stride;
    double *slot = job->slots + chunk.index * (p + 1), *rows, *r;
    const double *direct = hn_table_as_rows(data->x, &stride);
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, job->block * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, r, job->block));
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += job->block) {
        int64_t n = chunk.end - begin < job->block ? chunk.end - begin : job->block;
        HN_TRY(hn_check_cancel(ctx));
        if (!direct) hn_table_rows(data->x, begin, begin + n, rows);
        take_mean(rows, direct ? direct + begin * stride : rows, direct ? stride : p, n, p,
                  c->mean);
        hn_dots(rows, n, p, job->b, 0, r);
        double sum = 0;
        for (int64_t i = 0; i < n; i++) {
            double w = data->weight ? data->weight[begin + i] : 1;
            double rest = data->y[begin + i] - c->y_mean - r[i];
            r[i] = w * rest;
            sum += r[i] * rest;
        }
        hn_dots_back(rows, n, p, r, slot);
        slot[p] += sum;
    }
    return HONE_OK;
}

hone_status hn_centered_look(hone_ctx *ctx, const hn_centered *c, const double *b, double *ret_back,
                             double *ret_rss) {
    /* Blocks stay in the second cache. */
    enum { CHUNKS = 64, LEAST = 2048, NEAR = 16384, BLOCK = 64, LONGEST = 1024 };
    HN_SCRATCH(ctx);
    int64_t p = c->p, grain = (c->n + CHUNKS - 1) / CHUNKS;
    look_job job = {.c = c, .b = b, .block = NEAR / (p + 1)};
    job.block = job.block < BLOCK ? BLOCK : job.block > LONGEST ? LONGEST : job.block;
    grain = grain < LEAST ? LEAST : grain;
    int64_t chunks = hn_chunks(c->n, grain);
    HN_TRY(HN_SCRATCH_NEW(ctx, job.slots, (chunks + 1) * (p + 1)));
    HN_TRY(hn_parallel(ctx, c->n, grain, look_chunk, &job));
    for (int64_t s = 1; s < chunks; s++)
        for (int64_t j = 0; j <= p; j++) job.slots[j] += job.slots[s * (p + 1) + j];
    memcpy(ret_back, job.slots, (size_t)p * sizeof *ret_back);
    *ret_rss = job.slots[p];
    return HONE_OK;
}
