/* distance.h - distances between rows of numbers, many points at a time.
 *
 * Each distance has a reduced form that orders pairs alike and is cheaper: the squared one for euclidean,
 * the sum of powers for minkowski, the count for hamming. It is summed over coordinates in order, each
 * pair by itself: its bits depend neither on the points beside it nor on the machine's vector width. All
 * are made of differences, so that nothing cancels.
 *
 * Cosine is half the squared euclidean distance of rows of length 1: hn_distance_prepare_row makes those
 * (and gives a row of zeros a direction of its own, so that it is at distance 1 from all others).
 *
 * A precomputed distance is read, not measured: of a, at the place that b's last number names. Prepared rows of an
 * index have their own number there (hn_neighbors_build), others 0.
 *
 * Points are kept in tiles of HN_LANES: tiles[t][j][c] is coordinate j of point t * HN_LANES + c. */
#ifndef HN_NUM_DISTANCE_H
#define HN_NUM_DISTANCE_H

#include "base/ctx.h"

typedef enum hn_distance_kind {
    HN_DISTANCE_EUCLIDEAN,
    HN_DISTANCE_MANHATTAN,
    HN_DISTANCE_CHEBYSHEV,
    HN_DISTANCE_MINKOWSKI,
    HN_DISTANCE_COSINE,
    HN_DISTANCE_HAMMING,
    HN_DISTANCE_CANBERRA,
    HN_DISTANCE_BRAYCURTIS,
    HN_DISTANCE_HAVERSINE,   /* of latitude and longitude in radians, on a sphere of radius 1 */
    HN_DISTANCE_PRECOMPUTED, /* columns are rows, and hold how far away they are */
    HN_DISTANCE_COUNT
} hn_distance_kind;
/* For a parameter's choices, in the order of the kinds. */
#define HN_DISTANCE_NAMES                                                                          \
    "euclidean", "manhattan", "chebyshev", "minkowski", "cosine", "hamming", "canberra",           \
        "braycurtis", "haversine"
#define HN_DISTANCE_ALL_NAMES HN_DISTANCE_NAMES, "precomputed"

typedef struct hn_distance {
    hn_distance_kind kind;
    double p; /* minkowski's, >= 1; not 1, 2 or infinite, which have kinds of their own */
} hn_distance;

enum { HN_LANES = 8 };

/* minkowski of 1, 2 and infinity become the kinds they are. */
hn_distance hn_distance_make(hn_distance_kind kind, double p);
/* Not a sum over columns: neither boxes nor balls bound it, and all rows are measured. */
static inline bool hn_distance_is_whole(hn_distance_kind kind) {
    return kind >= HN_DISTANCE_CANBERRA;
}
/* Prepared rows are not rows as they come, but longer by one number. */
static inline bool hn_distance_prepares(hn_distance_kind kind) {
    return kind == HN_DISTANCE_COSINE || kind == HN_DISTANCE_PRECOMPUTED;
}
/* How many numbers a prepared row has: d, or d + 1. */
static inline int64_t hn_distance_width(hn_distance distance, int64_t d) {
    return d + hn_distance_prepares(distance.kind);
}
/* row [d] to ret [width]; ret may be row where the width is d. */
void hn_distance_prepare_row(hn_distance distance, const double *row, int64_t d, double *ret);

/* To and from the reduced form; w is the width. */
double hn_distance_of_reduced(hn_distance distance, double reduced, int64_t w);
double hn_distance_to_reduced(hn_distance distance, double value, int64_t w);

/* Between prepared rows a and b [w], reduced. */
double hn_distance_reduced(hn_distance distance, const double *a, const double *b, int64_t w);
/* The same of rows as they come, not reduced; cosine of rows [d] as they are. */
double hn_distance_pair(hn_distance distance, const double *a, const double *b, int64_t d);
/* From q to the box low .. high [w]: no more, in bits, than to any point in it. */
double hn_distance_to_box(hn_distance distance, const double *q, const double *low,
                          const double *high, int64_t w);

static inline int64_t hn_lanes_tiles(int64_t n) { return (n + HN_LANES - 1) / HN_LANES; }
/* Rows order[0..n-1] (NULL: 0..n-1) of x [, w] into tiles [hn_lanes_tiles(n)][w][HN_LANES]; places past
 * the last are zero. */
void hn_lanes_fill(const double *x, const int32_t *order, int64_t n, int64_t w, double *tiles);
/* The same of floats. */
void hn_lanes_fill_floats(const float *x, int64_t n, int64_t w, double *tiles);

/* ret [n_tiles * HN_LANES]: reduced distances of q [w] to the points of n_tiles tiles. */
void hn_lanes_reduced(hn_distance distance, const double *q, int64_t w, const double *tiles,
                      int64_t n_tiles, double *ret);
/* The same bits for four rows q[0..3] at once and one tile: ret [4][HN_LANES]. */
void hn_lanes_reduced_four(hn_distance distance, const double *const *q, int64_t w,
                           const double *tile, double *ret);

#endif
