/* kmeans_distance.h - rows against centroids, eight centroids at a time.
 *
 * Centroids are kept in tiles of HN_TILE: tiles[t][j][c] is coordinate j of centroid t * HN_TILE + c.
 * Every sum runs over coordinates in order and each row by itself, so a row's bits depend neither on
 * the rows beside it nor on the machine's vector width. */
#ifndef HN_ML_CLUSTER_KMEANS_DISTANCE_H
#define HN_ML_CLUSTER_KMEANS_DISTANCE_H

#include "base/ctx.h"

enum { HN_TILE = 8 };

static inline int64_t hn_tiles(int64_t k) { return (k + HN_TILE - 1) / HN_TILE; }
/* centroids [k, d] into tiles [hn_tiles(k)][d][HN_TILE]; places past the last centroid are zero. */
void hn_tile_centroids(const double *centroids, int64_t k, int64_t d, double *tiles);
/* norms [hn_tiles(k) * HN_TILE]: half the squared norm of each centroid, INFINITY past the last. */
void hn_tile_norms(const double *centroids, int64_t k, int64_t d, double *norms);

/* out [n, HN_TILE]: norm - x . c for each of n rows (stride d) and the centroids of one tile: half the
 * squared distance less half the row's own squared norm, so the least is the nearest. */
void hn_tile_scores(const double *x, int64_t n, int64_t d, const double *tile, const double *norms,
                    double *out);
/* The same bits for rows that stand anywhere. rows and out have room for n + 3, which is made use of. */
void hn_tile_scores_at(const double **rows, int64_t n, int64_t d, const double *tile,
                       const double *norms, double *out);
/* out [HN_TILE]: squared distances of one row to the centroids of a tile, by differences: exact zeros,
 * no cancellation. */
void hn_tile_squared(const double *row, int64_t d, const double *tile, double *out);
/* The same for one centroid. */
double hn_squared_distance(const double *a, const double *b, int64_t d);
/* The same bits for four rows. */
void hn_squared_distance_four(const double *const rows[4], const double *b, int64_t d,
                              double ret[4]);

#endif
