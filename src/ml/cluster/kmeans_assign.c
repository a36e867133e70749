/* kmeans_assign.c - to which centroid each row belongs; see kmeans_fit.h.
 *
 * Bounds are kept as floats and compared with a margin above all rounding, so that a distance is only
 * spared where it could not have won: labels come out as without bounds. */
#include "ml/cluster/kmeans_distance.h"
#include "ml/cluster/kmeans_fit.h"
#include "num/simd.h"
#include <math.h>
#include <string.h>

enum { ROWS = 64 }; /* that pass through the tiles together */
static const float ABOVE = 1.0f + 1e-6f, BELOW = 1.0f - 1e-6f; /* a float's rounding, with room */

HN_INLINE double distance(double half, double score) {
    double squared = 2 * (half + score);
    return sqrt(squared > 0 ? squared : 0);
}

HN_INLINE float below(double x) { return (float)x * BELOW; }
HN_INLINE float above(double x) { return (float)x * ABOVE; }

/* ---- one tile's scores ---------------------------------------------------------------------- */

HN_INLINE double least_of(const double *scores) {
    double m[4];
    for (int c = 0; c < 4; c++) m[c] = scores[c] < scores[c + 4] ? scores[c] : scores[c + 4];
    m[0] = m[0] < m[2] ? m[0] : m[2];
    m[1] = m[1] < m[3] ? m[1] : m[3];
    return m[0] < m[1] ? m[0] : m[1];
}

/* The least but that at place. */
HN_INLINE double least_but(const double *scores, int place) {
    double least = INFINITY;
    for (int c = 0; c < HN_TILE; c++)
        if (c != place && scores[c] < least) least = scores[c];
    return least;
}

HN_INLINE int place_of(const double *scores, double score) {
    int place = 0;
    while (scores[place] != score) place++;
    return place;
}

/* ---- all distances -------------------------------------------------------------------------- */

/* Nearest centroids of n <= ROWS rows from begin on; ties go to the lowest number. */
HN_CLONES static void full_rows_plain(const hn_kmeans_assign *a, int64_t begin, int64_t n, double *scores) {
    int64_t d = a->job->d;
    double best[ROWS];
    int32_t label[ROWS] = {0};
    for (int64_t i = 0; i < n; i++) best[i] = INFINITY;
    for (int64_t t = 0; t < hn_tiles(a->job->k); t++) {
        hn_tile_scores(a->job->x + begin * d, n, d, a->tiles + t * d * HN_TILE,
                       a->norms + t * HN_TILE, scores);
        for (int64_t i = 0; i < n; i++) {
            for (int c = 0; c < HN_TILE; c++) {
                bool nearer = scores[i * HN_TILE + c] < best[i];
                best[i] = nearer ? scores[i * HN_TILE + c] : best[i];
                label[i] = nearer ? (int32_t)(t * HN_TILE + c) : label[i];
            }
        }
    }
    memcpy(a->label + begin, label, (size_t)n * sizeof(int32_t));
}

/* The same, and the bounds that follow from all distances seen. */
HN_CLONES static void full_rows_bounds(const hn_kmeans_assign *a, int64_t begin, int64_t n,
                                       double *scores) {
    int64_t d = a->job->d, tiles = hn_tiles(a->job->k);
    const hn_kmeans_bounds *b = &a->bounds;
    const double *half = b->half + begin;
    double best[ROWS], next[ROWS] = {0}, least[ROWS]; /* next: least but the best, in its tile */
    float lower[ROWS];
    int32_t label[ROWS] = {0};
    for (int64_t i = 0; i < n; i++) best[i] = INFINITY;
    for (int64_t t = 0; t < tiles; t++) {
        hn_tile_scores(a->job->x + begin * d, n, d, a->tiles + t * d * HN_TILE,
                       a->norms + t * HN_TILE, scores);
        for (int64_t i = 0; i < n; i++) {
            least[i] = least_of(scores + i * HN_TILE);
            if (!(least[i] < best[i])) continue;
            int place = place_of(scores + i * HN_TILE, least[i]);
            best[i] = least[i];
            next[i] = least_but(scores + i * HN_TILE, place);
            label[i] = (int32_t)(t * HN_TILE + place);
        }
        HN_SIMD for (int64_t i = 0; i < n; i++) lower[i] = below(distance(half[i], least[i]));
        for (int64_t i = 0; i < n; i++) b->lower[(begin + i) * tiles + t] = lower[i];
    }
    for (int64_t i = 0; i < n; i++) {
        b->upper[begin + i] = above(distance(half[i], best[i]));
        b->lower[(begin + i) * tiles + label[i] / HN_TILE] = below(distance(half[i], next[i]));
    }
    memcpy(a->label + begin, label, (size_t)n * sizeof(int32_t));
}

/* ---- with bounds ---------------------------------------------------------------------------- */

/* One row whose bounds have met: its own tile is looked into, then those that may hold a nearer
 * centroid. Where the label changes, the bound of its new tile comes out too low, and that of its old
 * tile counts the old centroid: bounds that are too low do no harm. */
HN_CLONES static void look(const hn_kmeans_assign *a, int64_t row, float *lower) {
    int64_t d = a->job->d, tiles = hn_tiles(a->job->k), size = d * HN_TILE;
    const double *x = a->job->x + row * d;
    int32_t own = a->label[row], label = own;
    int64_t home = own / HN_TILE;
    double half = a->bounds.half[row];
    _Alignas(64) double scores[HN_TILE];
    hn_tile_scores(x, 1, d, a->tiles + home * size, a->norms + home * HN_TILE, scores);
    double own_score = scores[own % HN_TILE], best = least_of(scores);
    label = (int32_t)(home * HN_TILE + place_of(scores, best));
    lower[home] = below(distance(half, least_but(scores, own % HN_TILE)));
    float reach = above(distance(half, best));
    for (int64_t t = 0; t < tiles; t++) {
        if (t == home || lower[t] > reach) continue;
        hn_tile_scores(x, 1, d, a->tiles + t * size, a->norms + t * HN_TILE, scores);
        double least = least_of(scores);
        lower[t] = below(distance(half, least));
        int32_t place = (int32_t)(t * HN_TILE + place_of(scores, least));
        if (!(least < best || (least == best && place < label))) continue;
        best = least;
        label = place;
        reach = above(distance(half, best));
    }
    a->bounds.upper[row] = reach;
    a->label[row] = label;
    float old = below(distance(half, own_score));
    if (label != own && old < lower[home]) lower[home] = old;
}

/* Lower bounds after the centroids have moved; returns the least. */
HN_INLINE float shift(float *lower, const float *most, int64_t tiles) {
    float least = INFINITY;
    for (int64_t t = 0; t < tiles; t++) {
        float bound = (lower[t] - most[t]) * BELOW;
        lower[t] = bound > 0 ? bound : 0;
        least = lower[t] < least ? lower[t] : least;
    }
    return least;
}

HN_CLONES static int64_t bounded_rows(const hn_kmeans_assign *a, int64_t begin, int64_t end) {
    const hn_kmeans_bounds *b = &a->bounds;
    int64_t tiles = hn_tiles(a->job->k), changed = 0;
    for (int64_t i = begin; i < end; i++) {
        float *lower = b->lower + i * tiles;
        int32_t own = a->label[i];
        b->upper[i] = (b->upper[i] + b->moved[own]) * ABOVE;
        if (b->upper[i] < shift(lower, b->most, tiles)) continue;
        look(a, i, lower);
        changed += a->label[i] != own;
    }
    return changed;
}

/* ---- a chunk -------------------------------------------------------------------------------- */

static void add_sums(const hn_kmeans_assign *a, hn_chunk chunk) {
    int64_t d = a->job->d, k = a->job->k;
    double *sums = a->sums + chunk.index * k * (d + 1);
    memset(sums, 0, (size_t)(k * (d + 1)) * sizeof(double));
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        double w = a->job->weight ? a->job->weight[i] : 1.0;
        double *to = sums + a->label[i] * (d + 1);
        const double *row = a->job->x + i * d;
        for (int64_t j = 0; j < d; j++) to[j] += w * row[j];
        to[d] += w;
    }
}

hone_status hn_kmeans_assign_chunk(hone_ctx *ctx, void *assign, hn_chunk chunk) {
    (void)ctx;
    hn_kmeans_assign *a = assign;
    if (a->job->bounds && a->bounds.useful) {
        a->changed[chunk.index] = bounded_rows(a, chunk.begin, chunk.end);
        add_sums(a, chunk);
        return HONE_OK;
    }
    _Alignas(64) double scores[ROWS * HN_TILE];
    int32_t before[ROWS];
    int64_t changed = 0;
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += ROWS) {
        int64_t n = chunk.end - begin < ROWS ? chunk.end - begin : ROWS;
        memcpy(before, a->label + begin, (size_t)n * sizeof(int32_t));
        if (a->job->bounds) full_rows_bounds(a, begin, n, scores);
        else full_rows_plain(a, begin, n, scores);
        for (int64_t i = 0; i < n; i++) changed += a->label[begin + i] != before[i];
    }
    a->changed[chunk.index] = changed;
    add_sums(a, chunk);
    return HONE_OK;
}
