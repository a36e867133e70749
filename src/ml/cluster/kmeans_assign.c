/* kmeans_assign.c - to which centroid each row belongs; see kmeans_fit.h.
 *
 * Bounds are kept as floats and compared with a margin above all rounding, so that a distance is only
 * spared where it could not have won: labels come out as without bounds. */
#include "ml/cluster/kmeans_distance.h"
#include "ml/cluster/kmeans_fit.h"
#include "ml/cluster/kmeans_rows.h"
#include "num/simd.h"
#include <math.h>
#include <string.h>

enum { ROWS = 256 }; /* that pass through the tiles together */
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
HN_CLONES static void full_rows_plain(const hn_kmeans_assign *a, int64_t begin, int64_t n,
                                      double *scores) {
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

/* Rows of a block whose bounds have met, and the nearest centroid found for each so far. */
typedef struct looker {
    int64_t row;
    int32_t own, label;
    double own_score, best;
    float reach; /* no centroid farther than this can win */
} looker;

typedef struct block {
    int n;
    looker rows[ROWS];
    /* Those that look into one tile: */
    int n_in;
    int in[ROWS];
    const double *x[ROWS + 4];
    _Alignas(64) double scores[(ROWS + 4) * HN_TILE];
} block;

/* Scores of the rows that are in, against the centroids of tile t. */
static void score_tile(const hn_kmeans_assign *a, block *b, int64_t t) {
    int64_t d = a->job->d;
    for (int i = 0; i < b->n_in; i++) b->x[i] = a->job->x + b->rows[b->in[i]].row * d;
    hn_tile_scores_at(b->x, b->n_in, d, a->tiles + t * d * HN_TILE, a->norms + t * HN_TILE,
                      b->scores);
}

/* Every row into the tile of its own centroid. */
HN_CLONES static void look_home(const hn_kmeans_assign *a, block *b, int64_t t) {
    int64_t tiles = hn_tiles(a->job->k);
    b->n_in = 0;
    for (int i = 0; i < b->n; i++)
        if (b->rows[i].own / HN_TILE == t) b->in[b->n_in++] = i;
    score_tile(a, b, t);
    for (int i = 0; i < b->n_in; i++) {
        looker *r = &b->rows[b->in[i]];
        const double *scores = b->scores + i * HN_TILE;
        double half = a->bounds.half[r->row];
        int own = r->own % HN_TILE;
        r->own_score = scores[own];
        r->best = least_of(scores);
        r->label = (int32_t)(t * HN_TILE + place_of(scores, r->best));
        r->reach = above(distance(half, r->best));
        a->bounds.lower[r->row * tiles + t] = below(distance(half, least_but(scores, own)));
    }
}

/* Into another tile those rows that may find a nearer centroid there; ties go to the lowest number. */
HN_CLONES static void look_away(const hn_kmeans_assign *a, block *b, int64_t t) {
    int64_t tiles = hn_tiles(a->job->k);
    b->n_in = 0;
    for (int i = 0; i < b->n; i++) {
        const looker *r = &b->rows[i];
        bool within = a->bounds.lower[r->row * tiles + t] <= r->reach;
        b->in[b->n_in] = i;
        b->n_in += within && r->own / HN_TILE != t;
    }
    score_tile(a, b, t);
    for (int i = 0; i < b->n_in; i++) {
        looker *r = &b->rows[b->in[i]];
        const double *scores = b->scores + i * HN_TILE;
        double half = a->bounds.half[r->row], least = least_of(scores);
        a->bounds.lower[r->row * tiles + t] = below(distance(half, least));
        if (!(least <= r->best)) continue;
        int32_t label = (int32_t)(t * HN_TILE + place_of(scores, least));
        if (least == r->best && label > r->label) continue;
        r->best = least;
        r->label = label;
        r->reach = above(distance(half, least));
    }
}

/* Where the label changes, the bound of the new tile comes out too low, and that of the old tile must
 * count the old centroid from now on: bounds that are too low do no harm. */
static void settle(const hn_kmeans_assign *a, const block *b) {
    int64_t tiles = hn_tiles(a->job->k);
    for (int i = 0; i < b->n; i++) {
        const looker *r = &b->rows[i];
        a->bounds.upper[r->row] = r->reach;
        a->label[r->row] = r->label;
        if (r->label == r->own) continue;
        float *home = &a->bounds.lower[r->row * tiles + r->own / HN_TILE];
        float old = below(distance(a->bounds.half[r->row], r->own_score));
        if (old < *home) *home = old;
    }
}

/* Of rows begin..end-1, at most ROWS, those whose bounds have met after the centroids' moves. */
HN_CLONES static void gather(const hn_kmeans_assign *a, int64_t begin, int64_t end, block *b) {
    const hn_kmeans_bounds *bounds = &a->bounds;
    int64_t tiles = hn_tiles(a->job->k);
    b->n = 0;
    for (int64_t i = begin; i < end; i++) {
        int32_t own = a->label[i];
        float least = shift(bounds->lower + i * tiles, bounds->most, tiles);
        bounds->upper[i] = (bounds->upper[i] + bounds->moved[own]) * ABOVE;
        b->rows[b->n].row = i;
        b->rows[b->n].own = own;
        b->n += !(bounds->upper[i] < least);
    }
}

static void bounded_rows(const hn_kmeans_assign *a, int64_t begin, int64_t end) {
    int64_t tiles = hn_tiles(a->job->k);
    block b;
    for (; begin < end; begin += ROWS) {
        gather(a, begin, begin + ROWS < end ? begin + ROWS : end, &b);
        for (int64_t t = 0; b.n > 0 && t < tiles; t++) look_home(a, &b, t);
        for (int64_t t = 0; b.n > 0 && t < tiles; t++) look_away(a, &b, t);
        settle(a, &b);
    }
}

/* ---- sparse rows ---------------------------------------------------------------------------- */

static void sparse_rows(const hn_kmeans_assign *a, int64_t begin, int64_t n) {
    const hn_kmeans_job *job = a->job;
    double products[HN_TILE];
    for (int64_t i = begin; i < begin + n; i++) {
        double best = INFINITY;
        for (int64_t t = 0; t < hn_tiles(job->k); t++) {
            hn_sparse_products(job->csr, i, a->tiles + t * job->d * HN_TILE, products);
            for (int c = 0; c < HN_TILE; c++) {
                double score = a->norms[t * HN_TILE + c] - products[c];
                if (!(score < best)) continue;
                best = score;
                a->label[i] = (int32_t)(t * HN_TILE + c);
            }
        }
    }
}

/* ---- a chunk -------------------------------------------------------------------------------- */

/* What is certain in single precision; the rest as everywhere. */
static void quick_rows(const hn_kmeans_assign *a, int64_t begin, int64_t n, double *scores) {
    int32_t place[HN_QUICK_ROWS];
    int open;
    if (!a->quick.usable) {
        full_rows_plain(a, begin, n, scores);
        return;
    }
    hn_kmeans_quick_label(&a->quick, begin, n, a->label + begin, place, &open);
    if (open > n / 4) {
        full_rows_plain(a, begin, n, scores);
        return;
    }
    for (int i = 0; i < open; i++) full_rows_plain(a, begin + place[i], 1, scores);
}

/* The sums after rows have changed sides: as exact as when made anew, but for a few roundings. */
static int64_t update_sums(const hn_kmeans_assign *a, int64_t begin, int64_t n,
                           const int32_t *before, double *sums) {
    int64_t d = a->job->d, changed = 0;
    for (int64_t i = 0; i < n; i++) {
        int32_t label = a->label[begin + i], old = before[i];
        if (label == old) continue;
        changed++;
        double w = hn_kmeans_weight(a->job, begin + i);
        double *to = sums + label * (d + 2), *from = sums + (old < 0 ? label : old) * (d + 2);
        if (old >= 0) {
            hn_kmeans_add(a->job, begin + i, -w, from);
            from[d] -= w;
            from[d + 1] -= w > 0;
        }
        hn_kmeans_add(a->job, begin + i, w, to);
        to[d] += w;
        to[d + 1] += w > 0;
    }
    return changed;
}

hone_status hn_kmeans_assign_chunk(hone_ctx *ctx, void *assign, hn_chunk chunk) {
    (void)ctx;
    hn_kmeans_assign *a = assign;
    _Alignas(64) double scores[ROWS * HN_TILE];
    int32_t before[ROWS];
    int64_t size = a->job->k * (a->job->d + 2);
    double *sums = a->sums + chunk.index * size;
    a->changed[chunk.index] = 0;
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += ROWS) {
        int64_t n = chunk.end - begin < ROWS ? chunk.end - begin : ROWS;
        memcpy(before, a->label + begin, (size_t)n * sizeof(int32_t));
        if (a->job->csr)
            sparse_rows(a, begin, n);
        else if (!a->job->bounds)
            quick_rows(a, begin, n, scores);
        else if (a->bounds.useful)
            bounded_rows(a, begin, begin + n);
        else
            full_rows_bounds(a, begin, n, scores);
        a->changed[chunk.index] += update_sums(a, begin, n, before, sums);
    }
    return HONE_OK;
}
