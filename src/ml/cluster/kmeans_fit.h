/* kmeans_fit.h - k-means on a row-major matrix: starts, Lloyd's iterations, the result.
 *
 * All sums run over chunks of rows that depend on the shapes alone, and chunks are added in order: same
 * bits for any thread count. */
#ifndef HN_ML_CLUSTER_KMEANS_FIT_H
#define HN_ML_CLUSTER_KMEANS_FIT_H

#include "base/parallel.h"
#include "base/rng.h"
#include "ml/cluster/kmeans_quick.h"
#include "num/sparse.h"

typedef struct hn_kmeans_job {
    const double *x;       /* [n, d], centred; NULL where csr is there */
    const hn_csr *csr;     /* sparse rows, as they are */
    const double *squares; /* [n] their squared lengths */
    const double *weight;  /* [n]; NULL: ones */
    int64_t n, d, k;
    bool bounds; /* keep bounds that spare distances (same result) */
    int64_t max_iter;
    double tolerance; /* stop where the centroids' squared moves sum up to no more */
} hn_kmeans_job;

typedef struct hn_kmeans_result {
    double *centroids; /* [k, d], the caller's */
    int32_t *label;    /* [n], the caller's */
    double inertia;
    int64_t iterations;
    bool converged;
} hn_kmeans_result;

enum { HN_KMEANS_PLUS_PLUS, HN_KMEANS_RANDOM, HN_KMEANS_FIRST };

/* Rows in a chunk: so many that the chunks' sums [k, d] stay within bounds. */
int64_t hn_kmeans_grain(int64_t n, int64_t k, int64_t d);

/* Starting centroids [k, d]. k-means++ is the greedy one: of 2 + log k draws the best is taken (Arthur,
 * Vassilvitskii 2007). */
hone_status hn_kmeans_start(hone_ctx *ctx, const hn_kmeans_job *job, int how, uint64_t seed,
                            uint64_t run, double *ret_centroids) HONE_MUST_CHECK;
/* Lloyd's iterations from ret_result->centroids. */
hone_status hn_kmeans_run(hone_ctx *ctx, const hn_kmeans_job *job,
                          hn_kmeans_result *ret_result) HONE_MUST_CHECK;

/* ---- assignment (kmeans_assign.c) ----------------------------------------------------------- */

/* What is known of each row between iterations. Yinyang k-means (Ding et al. 2015): a bound from above
 * on the distance to the own centroid, and bounds from below to each tile's other centroids. */
typedef struct hn_kmeans_bounds {
    double *half; /* [n]: half the rows' squared norms */
    float *upper; /* [n] */
    float *lower; /* [n, tiles] */
    float *moved; /* [k]: how far each centroid went last, rounded up */
    float *most;  /* [tiles]: the farthest of a tile */
    bool useful;  /* few rows still change: look at bounds first, not at all distances */
} hn_kmeans_bounds;

typedef struct hn_kmeans_assign {
    const hn_kmeans_job *job;
    const double *centroids; /* [k, d] */
    double *tiles, *norms;   /* see kmeans_distance.h */
    int32_t *label;          /* [n] */
    hn_kmeans_bounds bounds;
    hn_kmeans_quick quick; /* without bounds */
    double *
        sums; /* [chunks][k][d + 2]: weighted sum of rows, weight, rows that have some; kept up to date by
                         rows that change sides */
    double *total;    /* [k][d + 2]: of all chunks */
    int64_t *changed; /* [chunks] */
} hn_kmeans_assign;

/* Labels of the rows of a chunk, and the chunk's sums. */
hone_status hn_kmeans_assign_chunk(hone_ctx *ctx, void *assign, hn_chunk chunk);

#endif
