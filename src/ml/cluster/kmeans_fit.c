/* kmeans_fit.c - Lloyd's iterations; see kmeans_fit.h. */
#include "ml/cluster/kmeans_fit.h"
#include "ml/cluster/kmeans_distance.h"
#include "ml/cluster/kmeans_rows.h"
#include <math.h>
#include <string.h>

int64_t hn_kmeans_grain(int64_t n, int64_t k, int64_t d) {
    enum { MOST_CHUNKS = 128, LEAST_ROWS = 256 };
    static const int64_t MOST_DOUBLES = 2 << 20; /* of all chunks' sums */
    int64_t chunks = MOST_DOUBLES / (k * (d + 2));
    chunks = chunks < 8 ? 8 : chunks > MOST_CHUNKS ? MOST_CHUNKS : chunks;
    int64_t grain = (n + chunks - 1) / chunks;
    grain = (grain + 7) / 8 * 8; /* whole groups of rows: kmeans_quick.h */
    return grain < LEAST_ROWS ? LEAST_ROWS : grain;
}

/* ---- memory --------------------------------------------------------------------------------- */

static hone_status allocate_bounds(hone_ctx *ctx, const hn_kmeans_job *job, hn_kmeans_bounds *b) {
    int64_t tiles = hn_tiles(job->k);
    HN_TRY(HN_SCRATCH_NEW(ctx, b->half, job->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, b->upper, job->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, b->lower, job->n * tiles));
    HN_TRY(HN_SCRATCH_NEW(ctx, b->moved, job->k));
    HN_TRY(HN_SCRATCH_NEW(ctx, b->most, tiles));
    for (int64_t i = 0; i < job->n; i++) {
        const double *row = job->x + i * job->d;
        double sum = 0;
        for (int64_t j = 0; j < job->d; j++) sum += row[j] * row[j];
        b->half[i] = sum / 2;
    }
    return HONE_OK;
}

static hone_status allocate(hone_ctx *ctx, hn_kmeans_assign *a) {
    const hn_kmeans_job *job = a->job;
    int64_t tiles = hn_tiles(job->k);
    int64_t chunks = hn_chunks(job->n, hn_kmeans_grain(job->n, job->k, job->d));
    HN_TRY(HN_SCRATCH_NEW(ctx, a->tiles, tiles * job->d * HN_TILE));
    HN_TRY(HN_SCRATCH_NEW(ctx, a->norms, tiles * HN_TILE));
    HN_TRY(HN_SCRATCH_NEW(ctx, a->sums, chunks * job->k * (job->d + 2)));
    HN_TRY(HN_SCRATCH_NEW(ctx, a->changed, chunks));
    HN_TRY(HN_SCRATCH_NEW(ctx, a->total, job->k * (job->d + 2)));
    if (job->bounds) return allocate_bounds(ctx, job, &a->bounds);
    if (job->csr) return HONE_OK;
    return hn_kmeans_quick_make(ctx, job->x, job->n, job->d, job->k, &a->quick);
}

/* ---- one iteration -------------------------------------------------------------------------- */

/* Labels and sums at a->centroids. */
static hone_status assign_all(hone_ctx *ctx, hn_kmeans_assign *a, int64_t *ret_changed) {
    const hn_kmeans_job *job = a->job;
    int64_t grain = hn_kmeans_grain(job->n, job->k, job->d), changed = 0;
    hn_tile_centroids(a->centroids, job->k, job->d, a->tiles);
    hn_tile_norms(a->centroids, job->k, job->d, a->norms);
    if (!job->bounds && !job->csr) hn_kmeans_quick_set(&a->quick, a->centroids);
    HN_TRY(hn_parallel(ctx, job->n, grain, hn_kmeans_assign_chunk, a));
    int64_t size = job->k * (job->d + 2);
    memset(a->total, 0, (size_t)size * sizeof(double));
    for (int64_t c = 0; c < hn_chunks(job->n, grain); c++) {
        changed += a->changed[c];
        for (int64_t i = 0; i < size; i++) a->total[i] += a->sums[c * size + i];
    }
    /* Weights that come and go don't cancel to the bit: a cluster without rows weighs nothing. */
    for (int64_t c = 0; c < job->k; c++)
        if (a->total[c * (job->d + 2) + job->d + 1] == 0) a->total[c * (job->d + 2) + job->d] = 0;
    a->bounds.useful = changed < job->n / 4;
    *ret_changed = changed;
    return HONE_OK;
}

/* The row farthest from its centroid among those of weight, that no empty cluster has taken yet. */
static int64_t farthest(const hn_kmeans_assign *a, const bool *taken) {
    const hn_kmeans_job *job = a->job;
    double most = -1;
    int64_t row = -1;
    for (int64_t i = 0; i < job->n; i++) {
        if (taken[i] || (job->weight && job->weight[i] == 0)) continue;
        double far = hn_kmeans_squared_one(job, i, a->centroids + a->label[i] * job->d,
                                           2 * a->norms[a->label[i]]);
        if (far > most) {
            most = far;
            row = i;
        }
    }
    return row;
}

/* Clusters without weight begin anew at the rows that are worst served, which leave their own. */
static hone_status reseed(hone_ctx *ctx, hn_kmeans_assign *a) {
    const hn_kmeans_job *job = a->job;
    int64_t d = job->d, empty = 0;
    for (int64_t c = 0; c < job->k; c++) empty += !(a->total[c * (d + 2) + d] > 0);
    if (empty == 0) return HONE_OK;
    HN_SCRATCH(ctx);
    bool *taken;
    double *x;
    HN_TRY(HN_SCRATCH_NEW(ctx, taken, job->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, x, d));
    for (int64_t c = 0; c < job->k; c++) {
        double *to = a->total + c * (d + 2);
        if (to[d] > 0) continue;
        int64_t row = farthest(a, taken);
        if (row < 0) break;
        taken[row] = true;
        double w = job->weight ? job->weight[row] : 1.0;
        double *from = a->total + a->label[row] * (d + 2);
        if (!(from[d] > w)) continue; /* its only row: moving it would empty that one */
        hn_kmeans_write(job, row, x);
        for (int64_t j = 0; j < d; j++) {
            to[j] = w * x[j];
            from[j] -= to[j];
        }
        to[d] = w;
        from[d] -= w;
    }
    return HONE_OK;
}

/* Centroids to the means of their rows; returns the sum of squared moves. */
static double move(hn_kmeans_assign *a, double *centroids) {
    const hn_kmeans_job *job = a->job;
    int64_t d = job->d;
    double total = 0;
    if (job->bounds) memset(a->bounds.most, 0, (size_t)hn_tiles(job->k) * sizeof(float));
    for (int64_t c = 0; c < job->k; c++) {
        const double *sum = a->total + c * (d + 2);
        double squared = 0;
        for (int64_t j = 0; sum[d] > 0 && j < d; j++) {
            double to = sum[j] / sum[d], by = to - centroids[c * d + j];
            squared += by * by;
            centroids[c * d + j] = to;
        }
        total += squared;
        if (!job->bounds) continue;
        a->bounds.moved[c] = (float)sqrt(squared) * (1.0f + 1e-6f);
        a->bounds.most[c / HN_TILE] = fmaxf(a->bounds.most[c / HN_TILE], a->bounds.moved[c]);
    }
    return total;
}

/* ---- the run -------------------------------------------------------------------------------- */

typedef struct inertia_job {
    const hn_kmeans_job *job;
    const hn_kmeans_result *result;
    double *squares; /* [k] of the centroids */
    double *sums;    /* [chunks] */
} inertia_job;

static hone_status inertia_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const inertia_job *i = arg;
    const hn_kmeans_job *job = i->job;
    double sum = 0;
    for (int64_t row = chunk.begin; row < chunk.end; row++) {
        int32_t label = i->result->label[row];
        sum += hn_kmeans_weight(job, row) *
               hn_kmeans_squared_one(job, row, i->result->centroids + label * job->d,
                                     i->squares[label]);
    }
    i->sums[chunk.index] = sum;
    return HONE_OK;
}

static hone_status find_inertia(hone_ctx *ctx, const hn_kmeans_job *job, hn_kmeans_result *result) {
    HN_SCRATCH(ctx);
    int64_t grain = hn_kmeans_grain(job->n, job->k, job->d), chunks = hn_chunks(job->n, grain);
    inertia_job i = {job, result, NULL, NULL};
    HN_TRY(HN_SCRATCH_NEW(ctx, i.squares, hn_tiles(job->k) * HN_TILE));
    hn_tile_norms(result->centroids, job->k, job->d, i.squares);
    for (int64_t c = 0; c < job->k; c++) i.squares[c] *= 2;
    HN_TRY(HN_SCRATCH_NEW(ctx, i.sums, chunks));
    HN_TRY(hn_parallel(ctx, job->n, grain, inertia_chunk, &i));
    result->inertia = hn_sum(i.sums, chunks);
    return HONE_OK;
}

hone_status hn_kmeans_run(hone_ctx *ctx, const hn_kmeans_job *job, hn_kmeans_result *ret_result) {
    hn_kmeans_result *r = ret_result;
    HN_SCRATCH(ctx);
    hn_kmeans_assign a = {.job = job, .centroids = r->centroids, .label = r->label};
    HN_TRY(allocate(ctx, &a));
    for (int64_t i = 0; i < job->n; i++) r->label[i] = -1;
    int64_t changed;
    r->converged = false;
    bool current = false; /* labels belong to the centroids */
    for (r->iterations = 0; r->iterations < job->max_iter && !r->converged;) {
        HN_TRY(assign_all(ctx, &a, &changed));
        r->iterations++;
        current = changed == 0;
        r->converged = current;
        if (current) break;
        HN_TRY(reseed(ctx, &a));
        r->converged = move(&a, r->centroids) <= job->tolerance;
        hn_progress(ctx, "kmeans", r->iterations, job->max_iter, "iterations");
    }
    if (!current) HN_TRY(assign_all(ctx, &a, &changed));
    return find_inertia(ctx, job, r);
}
