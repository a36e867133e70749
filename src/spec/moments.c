/* moments.c - see moments.h. */
#include "spec/moments.h"
#include "table/rows.h"
#include <string.h>

int64_t hn_slot_grain(int64_t n, int64_t slot) {
    enum { MOST = 64, LEAST_ROWS = 512, DOUBLES = 1 << 24 };
    int64_t chunks = DOUBLES / (slot + 1);
    chunks = chunks < 1 ? 1 : chunks > MOST ? MOST : chunks;
    int64_t grain = n / chunks + 1;
    return grain < LEAST_ROWS ? LEAST_ROWS : grain;
}

void hn_slot_reduce(double *slots, int64_t chunks, int64_t slot) {
    for (int64_t c = 1; c < chunks; c++)
        for (int64_t i = 0; i < slot; i++) slots[i] += slots[c * slot + i];
}

typedef struct moment_job {
    const hn_table *x;
    const double *y, *weight;
    int64_t k;
    const double *mean; /* [k, p]; NULL in the first pass */
    double *slots;      /* [chunks][k + k * p] */
} moment_job;

static hone_status sum_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    enum { ROWS = 32 };
    const moment_job *job = arg;
    int64_t p = job->x->n_columns, k = job->k;
    double *count = job->slots + chunk.index * (k + k * p), *sums = count + k, *rows;
    memset(count, 0, (size_t)(k + k * p) * sizeof *count);
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, ROWS * p));
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += ROWS) {
        int64_t end = begin + ROWS < chunk.end ? begin + ROWS : chunk.end;
        hn_table_rows(job->x, begin, end, rows);
        for (int64_t i = begin; i < end; i++) {
            int64_t c = job->y ? (int64_t)job->y[i] : 0;
            double w = job->weight ? job->weight[i] : 1, *sum = sums + c * p;
            const double *row = rows + (i - begin) * p;
            const double *mean = job->mean ? job->mean + c * p : NULL;
            if (w == 0) continue;
            count[c] += w;
            if (!mean)
                for (int64_t j = 0; j < p; j++) sum[j] += w * row[j];
            else
                for (int64_t j = 0; j < p; j++) {
                    double d = row[j] - mean[j];
                    sum[j] += w * (d * d);
                }
        }
    }
    return HONE_OK;
}

hone_status hn_moments(hone_ctx *ctx, const hn_table *x, const double *y, const double *weight,
                       int64_t k, double *ret_count, double *ret_mean, double *ret_spread) {
    HN_SCRATCH(ctx);
    int64_t n = x->n_rows, p = x->n_columns, slot = k + k * p, grain = hn_slot_grain(n, slot);
    int64_t chunks = hn_chunks(n, grain);
    moment_job job = {.x = x, .y = y, .weight = weight, .k = k};
    HN_TRY(HN_SCRATCH_NEW(ctx, job.slots, chunks * slot));
    HN_TRY(hn_parallel(ctx, n, grain, sum_chunk, &job));
    hn_slot_reduce(job.slots, chunks, slot);
    memcpy(ret_count, job.slots, (size_t)k * sizeof(double));
    for (int64_t c = 0; c < k; c++)
        for (int64_t j = 0; j < p; j++)
            ret_mean[c * p + j] = ret_count[c] > 0 ? job.slots[k + c * p + j] / ret_count[c] : 0;
    if (!ret_spread) return HONE_OK;
    job.mean = ret_mean;
    HN_TRY(hn_parallel(ctx, n, grain, sum_chunk, &job));
    hn_slot_reduce(job.slots, chunks, slot);
    memcpy(ret_spread, job.slots + k, (size_t)(k * p) * sizeof(double));
    return HONE_OK;
}
