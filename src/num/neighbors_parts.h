/* neighbors_parts.h - between neighbors.c and the neighbors_*.c of the methods. */
#ifndef HN_NUM_NEIGHBORS_PARTS_H
#define HN_NUM_NEIGHBORS_PARTS_H

#include "num/neighbors.h"
#include "num/simd.h"
#include <math.h>
#include <string.h>

/* The k best (reduced distance, row) pairs so far: a heap with the worst on top. */
typedef struct hn_best {
    double *distance;
    int32_t *row;
    int64_t k, n;
    int32_t skip; /* a row that doesn't count; -1: none */
} hn_best;

HN_INLINE bool hn_pair_less(double a, int32_t row_a, double b, int32_t row_b) {
    return a < b || (a == b && row_a < row_b);
}

/* What a distance must not exceed to be of use. */
HN_INLINE double hn_best_reach(const hn_best *b) { return b->n < b->k ? INFINITY : b->distance[0]; }

void hn_best_add(hn_best *b, double distance, int32_t row);
/* Nearest first, distances no longer reduced, empty places filled. */
void hn_best_finish(hn_best *b, hn_distance measure, int64_t w);

/* The 8 distances of the tile at place, whose rows are order[place..] (NULL: place..). */
HN_INLINE void hn_best_add_tile(hn_best *b, const double *reduced, int64_t place, int64_t n,
                                const int32_t *order) {
    double reach = hn_best_reach(b);
    bool any = false;
    for (int c = 0; c < HN_LANES; c++) any |= reduced[c] <= reach;
    if (!any) return;
    for (int c = 0; c < HN_LANES && place + c < n; c++) {
        if (!(reduced[c] <= hn_best_reach(b))) continue;
        hn_best_add(b, reduced[c], order ? order[place + c] : (int32_t)(place + c));
    }
}

/* Prepared row i [w] of doubles or floats; buffer [w] is made use of where it must be made. */
HN_INLINE const double *hn_row_of(const hn_neighbors *index, int64_t i, double *buffer) {
    if (index->form != HN_NEIGHBORS_FLOATS) return index->rows + i * index->w;
    const float *row = index->floats + i * index->w;
    for (int64_t j = 0; j < index->w; j++) buffer[j] = row[j];
    return buffer;
}

/* A chunk of queries: prepared rows, and the results' places. */
typedef struct hn_ask {
    const hn_neighbors *index;
    const double *q;      /* [m, w] prepared */
    hn_csr sparse;        /* the same of a sparse index */
    const int32_t *query; /* [m] the number of each in the caller's order; NULL: 0.. */
    int64_t k;
    bool self; /* queries are rows of the index, which don't find themselves */
    int32_t *row;
    double *distance; /* [.., k] */
} hn_ask;

HN_INLINE int64_t hn_ask_query(const hn_ask *ask, int64_t i) {
    return ask->query ? ask->query[i] : i;
}

HN_INLINE hn_best hn_ask_best(const hn_ask *ask, int64_t i) {
    int64_t query = hn_ask_query(ask, i);
    return (hn_best){ask->distance + query * ask->k, ask->row + query * ask->k, ask->k, 0,
                     ask->self ? (int32_t)query : -1};
}

/* Rows within a radius of one query. */
typedef struct hn_found {
    int32_t *row;
    double *distance;
    int64_t n, room;
} hn_found;
hone_status hn_found_add(hone_ctx *ctx, hn_found *f, int32_t row, double distance);

/* Queries begin..end-1 of ask. */
hone_status hn_brute_ask(hone_ctx *ctx, const hn_ask *ask, int64_t begin, int64_t end);
hone_status hn_tree_ask(hone_ctx *ctx, const hn_ask *ask, int64_t begin, int64_t end);
hone_status hn_hnsw_ask(hone_ctx *ctx, const hn_ask *ask, int64_t begin, int64_t end);
/* All m queries by products in single precision, where that pays; *ret_done tells whether it did. */
hone_status hn_filter_ask(hone_ctx *ctx, const hn_ask *ask, int64_t m, bool *ret_done);

hone_status hn_sparse_ask(hone_ctx *ctx, const hn_ask *ask, int64_t begin, int64_t end);

/* found [m]: of m queries q [m, w]. */
hone_status hn_brute_within(hone_ctx *ctx, const hn_neighbors *index, const double *q, int64_t m,
                            double reduced, hn_found *found);
/* Of query i of q. */
hone_status hn_sparse_within(hone_ctx *ctx, const hn_neighbors *index, const hn_csr *q, int64_t i,
                             double reduced, hn_found *found);
hone_status hn_tree_within(hone_ctx *ctx, const hn_neighbors *index, const double *q,
                           double reduced, hn_found *found);

/* The leaf of the last level where q would begin to look. */
int64_t hn_tree_leaf_near(const hn_neighbors *index, const double *q);
/* Tiles that the same would measure. */
int64_t hn_tree_within_cost(const hn_neighbors *index, const double *q, double reduced);

hone_status hn_tree_build(hone_ctx *ctx, hn_arena *arena, hn_neighbors *index, int64_t leaf_size);
hone_status hn_sparse_build(hone_ctx *ctx, hn_arena *arena, const hn_csr *x, hn_neighbors *index);
hn_csr hn_sparse_rows(const hn_neighbors *index);
/* Rows as the distance wants them: x itself where they are alike, else in arena. */
hone_status hn_sparse_prepared(hone_ctx *ctx, hn_arena *arena, hn_distance measure, const hn_csr *x,
                               hn_csr *ret_csr);
hone_status hn_sparse_prepare(hone_ctx *ctx, hn_arena *arena, hn_neighbors *index);
bool hn_sparse_sound(const hn_neighbors *index);
hone_status hn_tree_prepare(hone_ctx *ctx, hn_arena *arena, hn_neighbors *index);
hone_status hn_hnsw_build(hone_ctx *ctx, hn_arena *arena, hn_neighbors *index,
                          const hn_neighbors_options *options);
hone_status hn_hnsw_prepare(hone_ctx *ctx, hn_arena *arena, hn_neighbors *index);
bool hn_hnsw_sound(const hn_neighbors *index);

#endif
