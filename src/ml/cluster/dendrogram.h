/* dendrogram.h - trees of merges, and the minimum spanning trees that some come from. */
#ifndef HN_ML_CLUSTER_DENDROGRAM_H
#define HN_ML_CLUSTER_DENDROGRAM_H

#include "num/neighbors.h"

/* Rows (or clusters by one of their rows) a and b at a distance. */
typedef struct hn_edge {
    int32_t a, b;
    double weight;
} hn_edge;

/* Merge i puts children[2 i] and children[2 i + 1] together at height[i] to cluster n + i; numbers below n
 * are rows. Heights ascend. */
typedef struct hn_dendrogram {
    int64_t n;
    int64_t *children; /* [n - 1, 2], the lower number first */
    double *height;    /* [n - 1] */
    int64_t *size;     /* [n - 1] rows in it */
} hn_dendrogram;

/* The tree that n - 1 edges make when taken by ascending weight (equal ones in their order), in arena. */
hone_status hn_dendrogram_make(hone_ctx *ctx, hn_arena *arena, const hn_edge *edges, int64_t n,
                               hn_dendrogram *ret_tree) HONE_MUST_CHECK;
/* Labels [n] after the first `merges` merges, numbered by the first row of each. */
hone_status hn_dendrogram_cut(hone_ctx *ctx, const hn_dendrogram *tree, int64_t merges,
                              int32_t *ret_label, int64_t *ret_clusters) HONE_MUST_CHECK;

/* A minimum spanning tree over the rows of index (Prim 1957), in n^2 distances and no more memory than
 * the rows take: n - 1 edges in the order found. core [n] or NULL: an edge weighs at least as much as
 * either end's (mutual reachability). Ties go to the lowest row. */
hone_status hn_spanning_tree(hone_ctx *ctx, const hn_neighbors *index, const double *core,
                             hn_edge *ret_edges) HONE_MUST_CHECK;

#endif
