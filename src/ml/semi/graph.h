/* graph.h - how near rows are to each other: the graph along which labels spread, and to it for new rows. */
#ifndef HN_ML_SEMI_GRAPH_H
#define HN_ML_SEMI_GRAPH_H

#include "spec/estimator.h"
#include "spec/visit_neighbors.h"

typedef enum hn_kernel { HN_KERNEL_RBF, HN_KERNEL_KNN, HN_KERNELS } hn_kernel;

/* The rows fitted on, and what makes two of them near. */
typedef struct hn_graph {
    int64_t n, n_features;
    int64_t kernel;     /* hn_kernel */
    double gamma;       /* rbf: exp(-gamma * squared distance) */
    int64_t k;          /* knn: 1 for the k nearest (itself is one), else 0 */
    double *x;          /* rbf: [n, n_features] */
    hn_neighbors index; /* knn */
    double *tiles;      /* rbf, made by prepare: x as distance.h has it */
} hn_graph;

/* Rows of x in arena. HONE_ERROR_DATA where there are too many for rbf, or too few for k. */
hone_status hn_graph_make(hone_ctx *ctx, hn_arena *arena, const char *owner, const hn_table *x,
                          hn_kernel kernel, double gamma, int64_t k,
                          hn_graph *ret_graph) HONE_MUST_CHECK;
hone_status hn_graph_visit(hn_visitor *v, hn_graph *graph) HONE_MUST_CHECK;
hone_status hn_graph_prepare(hone_ctx *ctx, hn_arena *arena, hn_graph *graph) HONE_MUST_CHECK;

/* Its own rows' edges: dense [n, n], or sparse rows of k (row, weight). Scratch is the caller's. normalised
 * (spreading): edge / sqrt(degree of both), none from a row to itself; degrees are sums of columns. */
typedef struct hn_edges {
    int64_t n, k;
    double *dense;  /* [n, n]; NULL where sparse */
    int32_t *row;   /* [n, k] */
    double *weight; /* [n, k] */
} hn_edges;
hone_status hn_graph_edges(hone_ctx *ctx, const hn_graph *graph, bool normalised,
                           hn_edges *ret_edges) HONE_MUST_CHECK;
/* ret [n, m] = edges times values [n, m]. */
hone_status hn_edges_times(hone_ctx *ctx, const hn_edges *edges, const double *values, int64_t m,
                           double *ret) HONE_MUST_CHECK;
/* For each row of x the sum of values [n, m] weighed by how near their rows are: up to a factor of each row's
 * own, so that it does not vanish far away. ret [x->n_rows, m]. */
hone_status hn_graph_answer(hone_ctx *ctx, const hn_graph *graph, const hn_table *x,
                            const double *values, int64_t m, double *ret) HONE_MUST_CHECK;

#endif
