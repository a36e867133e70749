/* graph.h - weighted graphs between rows and their nearest neighbours, as symmetric sparse matrices. */
#ifndef HN_ML_EMBED_GRAPH_H
#define HN_ML_EMBED_GRAPH_H

#include "num/neighbors.h"
#include "num/sparse.h"

/* t-SNE's: each row's affinities to its near nearest others have the perplexity; p_ij + p_ji, summing to
 * 1 over all pairs. In arena. */
hone_status hn_graph_perplexity(hone_ctx *ctx, hn_arena *arena, const hn_neighbors *index,
                                int64_t near, double perplexity, hn_csr *ret_graph) HONE_MUST_CHECK;

/* UMAP's fuzzy simplicial set: each row's memberships fall off beyond the distance of its
 * connectivity-th neighbour so that they sum to log2(near + 1); mix between union (1) and intersection
 * (0) of both directions. In arena. *ret_mean_distance is what hn_fuzzy_weights wants. */
typedef struct hn_fuzzy {
    double connectivity, mix;
} hn_fuzzy;
hone_status hn_graph_fuzzy(hone_ctx *ctx, hn_arena *arena, const hn_neighbors *index, int64_t near,
                           const hn_fuzzy *fuzzy, hn_csr *ret_graph,
                           double *ret_mean_distance) HONE_MUST_CHECK;
/* The memberships of one row to its near nearest others, ascending by distance; the scale is no less than
 * a thousandth of mean_distance where there is no other measure. */
void hn_fuzzy_weights(const double *distance, int64_t near, double connectivity,
                      double mean_distance, double *ret_weights);

/* Leading k eigenvectors of the normalised adjacency of graph, the first (constant) left out: ret
 * [n, k]. *ret_parts: how many connected parts it has; where more than one, nothing is written. */
hone_status hn_graph_spectral(hone_ctx *ctx, const hn_csr *graph, int64_t k, double *ret_vectors,
                              int64_t *ret_parts) HONE_MUST_CHECK;

#endif
