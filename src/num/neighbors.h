/* neighbors.h - nearest neighbours among the rows of a matrix: exact by all distances, kd-tree or ball
 * tree; approximate by HNSW.
 *
 * Exact methods give the same neighbours and the same bits of distance, whichever is taken: distances are
 * measured by differences in a written order (distance.h), ties go to the lower row number. Bounds that
 * spare measuring (boxes, balls, products in single precision) only ever rule out what cannot be among
 * the answers. A query's answer doesn't depend on the other queries, nor on the number of threads.
 *
 * Life: hn_neighbors_build fills a struct from rows; hn_visit_neighbors (spec/visit_neighbors.h) names
 * what is stored and checks it after loading; hn_neighbors_prepare makes what is not stored, after building
 * and after loading. Queries then don't change it: any number of threads may ask.
 *
 * Rows are kept once, in the form that the method reads: as they come (doubles, floats or sparse) where all
 * are measured, in tiles in the tree's order where a tree leads to them.
 *
 * Costs, n rows of d numbers, m queries of k: brute n m d, of which for large batches of euclidean and
 * cosine queries BLAS does most; trees build in n log n and answer in about log n for few columns (d < 15),
 * and in n where there are many; HNSW builds in n log n (with a large factor) and answers in log n. Sparse
 * rows are never put into trees; a query looks only at the rows that share a column with it, and at each
 * row's own length.
 *
 * Trees are implicit: rows, put in the tree's order, are cut into tiles of HN_LANES; node i of level l
 * holds tiles i T / 2^l up to (i + 1) T / 2^l. So no stored number but the order can lead astray.
 */
#ifndef HN_NUM_NEIGHBORS_H
#define HN_NUM_NEIGHBORS_H

#include "base/parallel.h"
#include "num/distance.h"
#include "num/sparse.h"

typedef enum hn_neighbors_method {
    HN_NEIGHBORS_AUTO, /* kd-tree for few columns and many rows, else brute */
    HN_NEIGHBORS_BRUTE,
    HN_NEIGHBORS_KD_TREE,
    HN_NEIGHBORS_BALL_TREE,
    HN_NEIGHBORS_HNSW,
    HN_NEIGHBORS_METHODS
} hn_neighbors_method;
/* For a parameter's choices. */
#define HN_NEIGHBORS_METHOD_NAMES "auto", "brute", "kd_tree", "ball_tree", "hnsw"

typedef struct hn_neighbors_options {
    hn_distance_kind distance;
    double p; /* minkowski's; else not looked at */
    hn_neighbors_method method;
    int64_t leaf_size;       /* rows of a tree's leaf, about; 0: 32 */
    int64_t links;           /* HNSW: neighbours kept per row; 0: 16 */
    int64_t ef_construction; /* HNSW: candidates looked at when a row is put in; 0: 200 */
    int64_t ef; /* HNSW: candidates looked at when asked; 0: 100. At least k are taken. */
    /* What every row will be asked for: all within it. Of many columns auto then takes a tree if that spares
     * most of the measuring, which some of the rows tell. 0: not known, and hn_neighbors_build borrows. */
    double radius;
    /* Precomputed distances: the column that is each row [n]; NULL: row i is column i. */
    const int32_t *column;
} hn_neighbors_options;

/* HNSW (Malkov, Yashunin 2018): links to near rows on levels, of which each holds a share of the one
 * below. -1 ends a list early. */
typedef struct hn_hnsw {
    int64_t links;   /* per row on upper levels; twice as many on the lowest */
    int64_t ef;      /* see options */
    int64_t entry;   /* row at which a search begins */
    int64_t n_upper; /* sum of level */
    int32_t *level;  /* [n] highest level of each row, from 0 */
    int32_t *lowest; /* [n, 2 * links] */
    int32_t *upper;  /* [n_upper, links]: row i's level l stands at first[i] + l - 1 */
    /* Made: */
    int64_t *first; /* [n] */
    float *x;       /* [n, w] prepared rows less center */
    double *center; /* [w] */
} hn_hnsw;

/* How prepared rows (distance.h) are kept. */
typedef enum hn_neighbors_form {
    HN_NEIGHBORS_DOUBLES,
    HN_NEIGHBORS_FLOATS,
    HN_NEIGHBORS_TILES,
    HN_NEIGHBORS_SPARSE,
    HN_NEIGHBORS_FORMS
} hn_neighbors_form;

typedef struct hn_neighbors {
    int64_t n, d;
    int64_t distance, method; /* hn_distance_kind, hn_neighbors_method (never auto) */
    int64_t form;             /* hn_neighbors_form */
    double p;
    int64_t levels; /* of a tree: nodes of the last are leaves; 0 without one */
    double *rows;   /* [n, w] doubles; of trees while the caller's rows are there */
    float *floats;  /* [n, w] */
    double *tiles;  /* [hn_lanes_tiles(n)][w][HN_LANES], in order */
    int64_t n_entries;
    int64_t *start;  /* sparse (sparse.h): [n + 1] */
    int32_t *column; /* [n_entries] < w */
    double *value;   /* [n_entries] */
    int32_t *order;  /* trees: [n] row at each place */
    double *low; /* kd-tree: [nodes, w] boxes; nodes = 2^levels - 1, root first, level by level */
    double *high;
    double *center; /* ball tree: [nodes, w] */
    double *radius; /* [nodes] */
    hn_hnsw hnsw;
    /* Made: */
    hn_distance measure;
    bool ready;
    int64_t w;      /* width of prepared rows */
    int32_t *least; /* trees: [nodes] the lowest row number in it */
    hn_csr columns; /* sparse: the transpose, by which a query finds rows */
    double *own;    /* sparse: [n] reduced distance to a row of zeros */
    double most;    /* the largest of those */
    int64_t widest; /* the most entries of a row */
} hn_neighbors;

/* x [n, d]; 1 <= n <= INT32_MAX, values finite. ctx->seed decides HNSW's levels. HONE_ERROR_DATA where there
 * are too many rows. The index is prepared. x is borrowed: it lives as long as the index, but where
 * hn_neighbors_borrows says no; index->rows is then for the caller to forget. */
hone_status hn_neighbors_build(hone_ctx *ctx, hn_arena *arena, double *x, int64_t n, int64_t d,
                               const hn_neighbors_options *options,
                               hn_neighbors *ret_index) HONE_MUST_CHECK;
bool hn_neighbors_borrows(const hn_neighbors_options *options, int64_t n, int64_t d);
/* The same from rows of floats, which must be borrowed. */
hone_status hn_neighbors_build_floats(hone_ctx *ctx, hn_arena *arena, float *x, int64_t n,
                                      int64_t d, const hn_neighbors_options *options,
                                      hn_neighbors *ret_index) HONE_MUST_CHECK;
/* The same from sparse rows, copied to arena; methods other than brute are not looked at. Answers have the
 * bits of those for the same rows written out. */
hone_status hn_neighbors_build_sparse(hone_ctx *ctx, hn_arena *arena, const hn_csr *x,
                                      const hn_neighbors_options *options,
                                      hn_neighbors *ret_index) HONE_MUST_CHECK;
/* After loading: what is made and not stored, in arena. */
hone_status hn_neighbors_prepare(hone_ctx *ctx, hn_arena *arena,
                                 hn_neighbors *index) HONE_MUST_CHECK;

/* The k nearest rows of each of m queries q [m, d], nearest first: ret_row [m, k] and ret_distance [m, k]
 * (not reduced). Where there are fewer than k rows: row -1 at distance INFINITY. */
hone_status hn_neighbors_nearest(hone_ctx *ctx, const hn_neighbors *index, const double *q,
                                 int64_t m, int64_t k, int32_t *ret_row,
                                 double *ret_distance) HONE_MUST_CHECK;
/* Of a sparse index only sparse queries are asked, and only by this. */
hone_status hn_neighbors_nearest_sparse(hone_ctx *ctx, const hn_neighbors *index, const hn_csr *q,
                                        int64_t k, int32_t *ret_row,
                                        double *ret_distance) HONE_MUST_CHECK;
/* The same for every row of the index, itself left out: ret_row [n, k], ret_distance [n, k]. */
hone_status hn_neighbors_nearest_self(hone_ctx *ctx, const hn_neighbors *index, int64_t k,
                                      int32_t *ret_row, double *ret_distance) HONE_MUST_CHECK;

/* Called for each query with the rows within a radius, in ascending order of row number unless said; rows
 * and distances are good for the call only. Comes from any thread, in any order: write only to places that
 * belong to the query. */
typedef hone_status hn_neighbors_each(hone_ctx *ctx, void *arg, int64_t query, int64_t count,
                                      const int32_t *row, const double *distance);
/* Rows at no more than radius from each of q [m, d]; q NULL: of the index's own rows (m = n), which are
 * their own neighbours. Never approximate: HNSW measures all. */
hone_status hn_neighbors_within(hone_ctx *ctx, const hn_neighbors *index, const double *q,
                                int64_t m, double radius, hn_neighbors_each *each,
                                void *arg) HONE_MUST_CHECK;
hone_status hn_neighbors_within_sparse(hone_ctx *ctx, const hn_neighbors *index, const hn_csr *q,
                                       double radius, hn_neighbors_each *each,
                                       void *arg) HONE_MUST_CHECK;

/* The same, cheaper: rows in any order, which depends on nothing but the index, and distance NULL. */
hone_status hn_neighbors_rows_within(hone_ctx *ctx, const hn_neighbors *index, const double *q,
                                     int64_t m, double radius, hn_neighbors_each *each,
                                     void *arg) HONE_MUST_CHECK;

/* The same gathered: query i has rows row[start[i]] .. row[start[i + 1] - 1]. */
typedef struct hn_neighbor_lists {
    int64_t *start;   /* [m + 1] */
    int32_t *row;     /* [start[m]] */
    double *distance; /* [start[m]] */
} hn_neighbor_lists;
hone_status hn_neighbors_lists(hone_ctx *ctx, hn_arena *arena, const hn_neighbors *index,
                               const double *q, int64_t m, double radius,
                               hn_neighbor_lists *ret_lists) HONE_MUST_CHECK;

/* Whether arrays read from a file can be used: order and links within range. */
bool hn_neighbors_sound(const hn_neighbors *index);
/* Nodes of a tree of so many levels. */
static inline int64_t hn_neighbors_nodes(int64_t levels) {
    return levels > 0 ? ((int64_t)1 << levels) - 1 : 0;
}

#endif
