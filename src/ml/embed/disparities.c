/* disparities.c - see disparities.h. */
#include "ml/embed/disparities.h"
#include "base/parallel.h"
#include "num/sort.h"
#include <math.h>
#include <string.h>

hone_status hn_disparities_make(hone_ctx *ctx, hn_arena *arena, int64_t n, const double *wanted,
                                hn_disparities *ret_disparities) {
    hn_disparities d = {.n = n};
    int64_t most = n * (n - 1) / 2;
    HN_TRY(HN_NEW(ctx, arena, d.order, most + 1));
    HN_TRY(HN_NEW(ctx, arena, d.ends, most + 1));
    HN_TRY(HN_NEW(ctx, arena, d.level, most + 1));
    HN_TRY(HN_NEW(ctx, arena, d.value, most + 1));
    HN_TRY(HN_NEW(ctx, arena, d.pools, most + 1));
    HN_SCRATCH(ctx);
    double *known;
    int64_t *pair, *sorted;
    HN_TRY(HN_SCRATCH_NEW(ctx, known, most + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, pair, most + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, sorted, most + 1));
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = i + 1; j < n; j++) {
            if (!(wanted[i * n + j] > 0)) continue;
            pair[d.pairs] = i * n + j;
            known[d.pairs++] = wanted[i * n + j];
        }
    HN_TRY(hn_argsort_f64(ctx, known, d.pairs, sorted));
    for (int64_t t = 0; t < d.pairs; t++) {
        double here = known[sorted[t]];
        d.order[t] = pair[sorted[t]];
        if (d.levels == 0 || here != d.level[d.levels - 1]) d.level[d.levels++] = here;
        d.ends[d.levels - 1] = t + 1;
    }
    *ret_disparities = d;
    return HONE_OK;
}

/* Values of the levels: the monotone regression of the distances' means. */
static void regress(hn_disparities *d, const double *distance) {
    for (int64_t l = 0, t = 0; l < d->levels; l++) {
        int64_t count = d->ends[l] - t;
        double sum = 0;
        for (; t < d->ends[l]; t++) sum += distance[d->order[t]];
        d->pools[l] = (hn_pool){.y = sum / (double)count, .weight = (double)count};
    }
    int64_t runs = hn_pool_adjacent(d->levels, d->pools, d->pools);
    for (int64_t r = 0, l = 0; r < runs; r++)
        for (; l < d->pools[r].end; l++) d->value[l] = d->pools[r].y;
}

typedef struct scatter_job {
    const hn_disparities *d;
    double *ret;
} scatter_job;

static hone_status scatter(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const scatter_job *job = arg;
    const hn_disparities *d = job->d;
    int64_t t = chunk.begin > 0 ? d->ends[chunk.begin - 1] : 0;
    for (int64_t l = chunk.begin; l < chunk.end; l++)
        for (; t < d->ends[l]; t++) {
            int64_t i = d->order[t] / d->n, j = d->order[t] % d->n;
            job->ret[i * d->n + j] = job->ret[j * d->n + i] = d->value[l];
        }
    return HONE_OK;
}

hone_status hn_disparities_fit(hone_ctx *ctx, hn_disparities *d, const double *distance,
                               double *ret) {
    if (distance != NULL)
        regress(d, distance);
    else
        memcpy(d->value, d->level, (size_t)d->levels * sizeof *d->value);
    double squares = 0, all = (double)d->n * (double)(d->n - 1) / 2;
    for (int64_t l = 0, t = 0; l < d->levels; t = d->ends[l++])
        squares += (double)(d->ends[l] - t) * d->value[l] * d->value[l];
    double scale = squares > 0 ? sqrt(all / squares) : 0;
    for (int64_t l = 0; l < d->levels; l++) d->value[l] *= scale;
    scatter_job job = {d, ret};
    memset(ret, 0, (size_t)(d->n * d->n) * sizeof *ret);
    return hn_parallel(ctx, d->levels, 16384, scatter, &job);
}

hone_status hn_disparities_function(hone_ctx *ctx, hn_arena *arena, const hn_disparities *d,
                                    hn_monotone *ret_function) {
    enum { POINTS = 4096 };
    HN_SCRATCH(ctx);
    double x[1] = {0}, y[1] = {0}, *at, *value;
    if (d->levels == 0) return hn_monotone_fit(ctx, arena, 1, x, y, NULL, true, 0, 0, ret_function);
    int64_t n = d->levels < POINTS ? d->levels : POINTS;
    HN_TRY(HN_SCRATCH_NEW(ctx, at, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, value, n));
    for (int64_t i = 0; i < n; i++) {
        int64_t l = n > 1 ? i * (d->levels - 1) / (n - 1) : 0;
        at[i] = d->level[l];
        value[i] = d->value[l];
    }
    return hn_monotone_fit(ctx, arena, n, at, value, NULL, true, 0, INFINITY, ret_function);
}
