/* gram.c - rows of the kernel matrix, made in blocks and kept while there is room; see kernel.h. */
#include "ml/svm/kernel.h"
#include "num/blas.h"
#include "num/blas_load.h"
#include <assert.h>
#include <string.h>

hone_status hn_krows_init(hone_ctx *ctx, hn_arena *arena, const hn_kernel *kernel,
                          const hn_points *x, int64_t cache_bytes, int64_t least,
                          hn_krows *ret_gram) {
    int64_t n = x->n, fit = cache_bytes / (n * (int64_t)sizeof(float));
    hn_krows g = {.kernel = *kernel, .x = *x, .n = n};
    g.capacity = fit < least ? least : fit;
    if (g.capacity > n) g.capacity = n;
    HN_TRY(hn_points_index(ctx, arena, &g.x));
    HN_TRY(HN_NEW(ctx, arena, g.rows, g.capacity * n));
    HN_TRY(HN_NEW(ctx, arena, g.held, g.capacity));
    HN_TRY(HN_NEW(ctx, arena, g.used, g.capacity));
    HN_TRY(HN_NEW(ctx, arena, g.slot, n));
    for (int64_t i = 0; i < n; i++) g.slot[i] = -1;
    for (int64_t s = 0; s < g.capacity; s++) g.held[s] = -1;
    *ret_gram = g;
    return HONE_OK;
}

/* ---- making rows ---------------------------------------------------------------------------- */

typedef struct block_job {
    const hn_krows *gram;
    const hn_blas *blas;
    const double *points; /* [m, p] */
    const int32_t *which; /* [m] their rows */
    int64_t m;
} block_job;

enum { TILE = 256, BLOCK = 128 };

/* Products of a row [m] with others become its kernel values. */
static void keep_values(const hn_krows *g, int32_t row, int64_t first, int64_t m, double *values) {
    hn_kernel_map(&g->kernel, g->x.squared[row], g->x.squared + first, m, values);
    float *to = g->rows + g->slot[row] * g->n + first;
    for (int64_t i = 0; i < m; i++) to[i] = (float)values[i];
}

static hone_status block_tile(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const block_job *job = arg;
    const hn_krows *g = job->gram;
    int64_t p = g->x.p;
    double *products;
    HN_TRY(HN_SCRATCH_NEW(ctx, products, job->m * TILE));
    for (int64_t first = chunk.begin; first < chunk.end; first += TILE) {
        int64_t tile = chunk.end - first < TILE ? chunk.end - first : TILE;
        {
            HN_BLAS_SCOPE;
            job->blas->cblas_dgemm(HN_COL_MAJOR, HN_TRANS, HN_NO_TRANS, (int)tile, (int)job->m,
                                   (int)p, 1, g->x.dense + first * p, (int)p, job->points, (int)p,
                                   0, products, TILE);
        }
        for (int64_t r = 0; r < job->m; r++)
            keep_values(g, job->which[r], first, tile, products + r * TILE);
    }
    return HONE_OK;
}

static hone_status sparse_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const block_job *job = arg;
    const hn_krows *g = job->gram;
    double *products;
    HN_TRY(HN_SCRATCH_NEW(ctx, products, g->n));
    for (int64_t r = chunk.begin; r < chunk.end; r++) {
        hn_points_products(&g->x, &g->x, job->which[r], products);
        keep_values(g, job->which[r], 0, g->n, products);
    }
    return HONE_OK;
}

/* A block of rows that have their slots. */
static hone_status make_block(hone_ctx *ctx, hn_krows *g, const int32_t *which, int64_t m) {
    enum { WORTH = 1 << 19 }; /* products that pay for another thread */
    HN_SCRATCH(ctx);
    block_job job = {.gram = g, .which = which, .m = m};
    double *points;
    int64_t p = g->x.p;
    g->made += m;
    if (g->x.sparse) return hn_parallel(ctx, m, WORTH / (32 * (g->n + 1)) + 1, sparse_rows, &job);
    HN_TRY(hn_blas_fits(ctx, p));
    HN_TRY(hn_blas_get(ctx, &job.blas));
    HN_TRY(HN_SCRATCH_NEW(ctx, points, m * p));
    for (int64_t r = 0; r < m; r++)
        memcpy(points + r * p, g->x.dense + which[r] * p, (size_t)p * sizeof *points);
    job.points = points;
    int64_t tiles = WORTH / (m * (p + 32) * TILE) + 1;
    return hn_parallel(ctx, g->n, tiles * TILE, block_tile, &job);
}

/* ---- the cache ------------------------------------------------------------------------------ */

/* Slots by age, the oldest first, of those not used at this tick. */
static void oldest_slots(const hn_krows *g, int64_t m, int32_t *ret) {
    int64_t n = 0;
    for (int32_t s = 0; s < g->capacity && n < m; s++) /* empty ones first */
        if (g->held[s] < 0) ret[n++] = s;
    int64_t last = -1;
    while (n < m) { /* one pass for each age: those of one tick go together */
        int64_t next = INT64_MAX;
        for (int32_t s = 0; s < g->capacity; s++)
            if (g->held[s] >= 0 && g->used[s] > last && g->used[s] < next) next = g->used[s];
        assert(next < g->clock);
        for (int32_t s = 0; s < g->capacity && n < m; s++)
            if (g->held[s] >= 0 && g->used[s] == next) ret[n++] = s;
        last = next;
    }
}

hone_status hn_krows_get(hone_ctx *ctx, hn_krows *g, const int32_t *want, int64_t m,
                         const float **ret_rows) {
    assert(m <= g->capacity);
    HN_SCRATCH(ctx);
    int32_t *missing, *slots;
    int64_t n = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, missing, m + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, slots, m + 1));
    g->clock++;
    for (int64_t i = 0; i < m; i++) {
        if (g->slot[want[i]] >= 0)
            g->used[g->slot[want[i]]] = g->clock;
        else
            missing[n++] = want[i];
    }
    oldest_slots(g, n, slots);
    for (int64_t i = 0; i < n; i++) {
        if (g->held[slots[i]] >= 0) g->slot[g->held[slots[i]]] = -1;
        g->held[slots[i]] = missing[i];
        g->slot[missing[i]] = slots[i];
        g->used[slots[i]] = g->clock;
    }
    for (int64_t i = 0; i < n; i += BLOCK)
        HN_TRY(make_block(ctx, g, missing + i, n - i < BLOCK ? n - i : BLOCK));
    for (int64_t i = 0; i < m; i++) ret_rows[i] = g->rows + g->slot[want[i]] * g->n;
    return HONE_OK;
}
