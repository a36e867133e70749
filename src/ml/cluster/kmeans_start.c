/* kmeans_start.c - where the centroids begin; see kmeans_fit.h. */
#include "ml/cluster/kmeans_distance.h"
#include "ml/cluster/kmeans_fit.h"
#include "ml/cluster/kmeans_rows.h"
#include "num/simd.h"
#include <math.h>
#include <string.h>

/* Squared distances to the nearest centroid so far, and what they would become with each of up to
 * HN_TILE candidates. */
typedef struct spread {
    const hn_kmeans_job *job;
    double *nearest;         /* [n] */
    double *tile;            /* [d][HN_TILE] candidates */
    double squares[HN_TILE]; /* their squared lengths */
    double *row;             /* [d] */
    int64_t candidates;
    double *sums;   /* [chunks][HN_TILE] weighted sums of squared distances */
    int64_t chosen; /* whose distances become the nearest */
    /* What floats can rule out is not measured: */
    hn_kmeans_quick quick;
    double *tried; /* [candidates, d] */
    uint8_t *may;  /* [n] bit c: candidate c may be nearer than the nearest */
} spread;

static hone_status try_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const spread *s = arg;
    _Alignas(64) double squared[HN_TILE];
    double *sums = s->sums + chunk.index * HN_TILE;
    memset(sums, 0, HN_TILE * sizeof(double));
    for (int64_t i = chunk.begin; s->quick.usable && i < chunk.end; i += HN_QUICK_ROWS) {
        int64_t n = chunk.end - i < HN_QUICK_ROWS ? chunk.end - i : HN_QUICK_ROWS;
        hn_kmeans_quick_nearer(&s->quick, i, n, s->nearest + i, s->may + i);
    }
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        double w = hn_kmeans_weight(s->job, i), nearest = s->nearest[i];
        if (!s->may[i]) {
            double same = w * nearest;
            for (int c = 0; c < HN_TILE; c++) sums[c] += same;
            continue;
        }
        hn_kmeans_squared(s->job, i, s->tile, s->squares, squared);
        for (int c = 0; c < HN_TILE; c++)
            sums[c] += w * (squared[c] < nearest ? squared[c] : nearest);
    }
    return HONE_OK;
}

HN_INLINE void come_nearer(const spread *s, int64_t row, double squared) {
    if (squared < s->nearest[row]) s->nearest[row] = squared;
}

/* Distances to the chosen of the rows that it may be nearest to. */
static void take_rows(const spread *s, int64_t begin, int64_t end) {
    const hn_kmeans_job *job = s->job;
    const double *chosen = s->tried + s->chosen * job->d, *x[4];
    double squared[4];
    int64_t row[4];
    int n = 0;
    for (int64_t i = begin; i < end; i++) {
        if (!(s->may[i] >> s->chosen & 1)) continue;
        row[n] = i;
        x[n++] = job->x + i * job->d;
        if (n < 4) continue;
        hn_squared_distance_four(x, chosen, job->d, squared);
        for (int c = 0; c < 4; c++) come_nearer(s, row[c], squared[c]);
        n = 0;
    }
    for (int c = 0; c < n; c++) come_nearer(s, row[c], hn_squared_distance(x[c], chosen, job->d));
}

static hone_status take_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const spread *s = arg;
    const hn_kmeans_job *job = s->job;
    _Alignas(64) double squared[HN_TILE];
    double sum = 0;
    if (!job->csr) take_rows(s, chunk.begin, chunk.end);
    for (int64_t i = chunk.begin; job->csr && i < chunk.end; i++) {
        hn_kmeans_squared(job, i, s->tile, s->squares, squared);
        come_nearer(s, i, squared[s->chosen]);
    }
    for (int64_t i = chunk.begin; i < chunk.end; i++)
        sum += hn_kmeans_weight(job, i) * s->nearest[i];
    s->sums[chunk.index * HN_TILE] = sum;
    return HONE_OK;
}

/* The row at which the running sum of weight times nearest passes draw (0..1) of the total. */
static int64_t draw_row(const spread *s, int64_t grain, double total, double draw) {
    const hn_kmeans_job *job = s->job;
    double target = draw * total, sum = 0;
    int64_t chunk = 0, chunks = hn_chunks(job->n, grain), last = 0;
    for (; chunk < chunks - 1; chunk++) {
        double next = sum + s->sums[chunk * HN_TILE];
        if (next > target) break;
        sum = next;
    }
    int64_t begin = chunk * grain, end = begin + grain < job->n ? begin + grain : job->n;
    for (int64_t i = begin; i < end; i++) {
        double share = hn_kmeans_weight(job, i) * s->nearest[i];
        if (share > 0) last = i;
        sum += share;
        if (sum > target) return i;
    }
    return last;
}

static void set_candidate(spread *s, int64_t place, int64_t row) {
    hn_kmeans_write(s->job, row, s->row);
    for (int64_t j = 0; j < s->job->d; j++) s->tile[j * HN_TILE + place] = s->row[j];
    memcpy(s->tried + place * s->job->d, s->row, (size_t)s->job->d * sizeof(double));
}

/* Before any is nearest: whatever comes is nearer. */
static hone_status allocate(hone_ctx *ctx, int64_t grain, spread *s) {
    const hn_kmeans_job *job = s->job;
    HN_TRY(HN_SCRATCH_NEW(ctx, s->nearest, job->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->may, job->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->tile, job->d * HN_TILE));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->tried, job->d * HN_TILE));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->row, job->d));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->sums, hn_chunks(job->n, grain) * HN_TILE));
    for (int64_t i = 0; i < job->n; i++) s->nearest[i] = INFINITY;
    memset(s->may, 0xff, (size_t)job->n);
    if (job->csr) return HONE_OK;
    return hn_kmeans_quick_make(ctx, job->x, job->n, job->d, s->candidates, &s->quick);
}

/* A row drawn by weight alone. */
static int64_t any_row(const hn_kmeans_job *job, double total, hn_rng *rng) {
    double target = hn_rng_uniform(rng) * total, sum = 0;
    int64_t last = 0;
    for (int64_t i = 0; i < job->n; i++) {
        double w = hn_kmeans_weight(job, i);
        if (w > 0) last = i;
        sum += w;
        if (sum > target) return i;
    }
    return last;
}

/* Makes candidate place a centroid: nearest shrinks; returns their new weighted sum. */
static hone_status take(hone_ctx *ctx, spread *s, int64_t grain, int64_t place, double *centroid,
                        double *ret_total) {
    s->chosen = place;
    for (int64_t j = 0; j < s->job->d; j++) centroid[j] = s->tile[j * HN_TILE + place];
    if (s->job->csr) hn_tile_squares(s->tile, s->job->d, s->squares);
    HN_TRY(hn_parallel(ctx, s->job->n, grain, take_chunk, s));
    *ret_total = 0;
    for (int64_t c = 0; c < hn_chunks(s->job->n, grain); c++) *ret_total += s->sums[c * HN_TILE];
    return HONE_OK;
}

/* The candidate that would leave the least sum. */
static hone_status best_candidate(hone_ctx *ctx, spread *s, int64_t grain, int64_t *ret_place) {
    double left[HN_TILE] = {0};
    if (s->job->csr) hn_tile_squares(s->tile, s->job->d, s->squares);
    if (s->quick.usable) hn_kmeans_quick_set(&s->quick, s->tried);
    HN_TRY(hn_parallel(ctx, s->job->n, grain, try_chunk, s));
    for (int64_t c = 0; c < hn_chunks(s->job->n, grain); c++)
        for (int64_t p = 0; p < s->candidates; p++) left[p] += s->sums[c * HN_TILE + p];
    int64_t best = 0;
    for (int64_t p = 1; p < s->candidates; p++)
        if (left[p] < left[best]) best = p;
    *ret_place = best;
    return HONE_OK;
}

static hone_status plus_plus(hone_ctx *ctx, const hn_kmeans_job *job, hn_rng *rng, double total,
                             double *centroids) {
    HN_SCRATCH(ctx);
    int64_t grain = hn_kmeans_grain(job->n, job->k, job->d), place;
    spread s = {.job = job, .candidates = 2 + (int64_t)log((double)job->k)};
    if (s.candidates > HN_TILE) s.candidates = HN_TILE;
    HN_TRY(allocate(ctx, grain, &s));
    set_candidate(&s, 0, any_row(job, total, rng));
    double left;
    HN_TRY(take(ctx, &s, grain, 0, centroids, &left));
    for (int64_t c = 1; c < job->k; c++) {
        for (int64_t p = 0; p < s.candidates; p++)
            set_candidate(&s, p, draw_row(&s, grain, left, hn_rng_uniform(rng)));
        HN_TRY(best_candidate(ctx, &s, grain, &place));
        HN_TRY(take(ctx, &s, grain, place, centroids + c * job->d, &left));
        hn_progress(ctx, "kmeans start", c + 1, job->k, "centroids");
    }
    return HONE_OK;
}

hone_status hn_kmeans_start(hone_ctx *ctx, const hn_kmeans_job *job, int how, uint64_t seed,
                            uint64_t run, double *ret_centroids) {
    hn_rng rng = hn_rng_make(seed, hn_stream("kmeans.start", run));
    double total = job->weight ? hn_sum(job->weight, job->n) : (double)job->n;
    if (how == HN_KMEANS_PLUS_PLUS) return plus_plus(ctx, job, &rng, total, ret_centroids);
    HN_SCRATCH(ctx);
    int64_t *rows;
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, job->k));
    if (how == HN_KMEANS_RANDOM)
        hn_rng_choose(&rng, job->n, job->k, rows);
    else
        for (int64_t c = 0; c < job->k; c++) rows[c] = c;
    for (int64_t c = 0; c < job->k; c++) hn_kmeans_write(job, rows[c], ret_centroids + c * job->d);
    return HONE_OK;
}
