/* near.h - what the methods that look at neighbours share: parameters of the index, and its making. */
#ifndef HN_ML_NEIGHBORS_NEAR_H
#define HN_ML_NEIGHBORS_NEAR_H

#include "spec/estimator.h"
#include "spec/visit_neighbors.h"

/* Fields of a params struct, and the rows of its table. */
#define HN_NEAR_FIELDS                                                                             \
    int algorithm;                                                                                 \
    int metric;                                                                                    \
    double p;                                                                                      \
    int64_t leaf_size

#define HN_NEAR_PARAMS(type)                                                                       \
    HN_PARAM(type, algorithm, .def = "auto", .choices = HN_CHOICES(HN_NEIGHBORS_METHOD_NAMES),     \
             .level = HN_ADVANCED,                                                                 \
             .doc = "How neighbours are found; all are exact but hnsw, which is fast and nearly "  \
                    "so."),                                                                        \
        HN_PARAM(type, metric, .def = "minkowski", .choices = HN_CHOICES(HN_DISTANCE_ALL_NAMES),   \
                 .search = "{euclidean, manhattan, chebyshev, cosine}",                            \
                 .doc = "How far two rows are apart; precomputed: columns are the rows, and hold " \
                        "how far they are."),                                                      \
        HN_PARAM(type, p, .def = "2", .range = "[1, inf)", .level = HN_ADVANCED,                   \
                 .doc = "Minkowski's power: 1 is manhattan, 2 is euclidean."),                     \
        HN_PARAM(type, leaf_size, .def = "32", .range = "[1, inf)", .level = HN_EXPERT,            \
                 .unit = "rows", .doc = "Rows in a tree's leaf; changes no answer.")

static inline hn_neighbors_options hn_near_options(int algorithm, int metric, double p,
                                                   int64_t leaf_size) {
    return (hn_neighbors_options){.distance = (hn_distance_kind)metric,
                                  .p = p,
                                  .method = (hn_neighbors_method)algorithm,
                                  .leaf_size = leaf_size < 1 << 20 ? leaf_size : 1 << 20};
}

/* An index over the rows of x, in arena: doubles, floats where all columns are, or sparse as x is. */
hone_status hn_near_build(hone_ctx *ctx, hn_arena *arena, const hn_table *x,
                          const hn_neighbors_options *options,
                          hn_neighbors *ret_index) HONE_MUST_CHECK;
/* HONE_ERROR_DATA that names n_neighbors unless there are at least k rows. */
hone_status hn_near_enough(hone_ctx *ctx, const char *kind, int64_t k,
                           const hone_data *data) HONE_MUST_CHECK;

/* The k nearest of rows begin..begin + m - 1 of x, sparse or not: ret_row, ret_distance [m, k]. */
hone_status hn_near_ask(hone_ctx *ctx, const hn_neighbors *index, const hn_table *x, int64_t begin,
                        int64_t m, int64_t k, int32_t *ret_row,
                        double *ret_distance) HONE_MUST_CHECK;
/* The same of all rows of x: what an estimator's hook neighbors gives. */
hone_status hn_near_neighbors(hone_ctx *ctx, const hn_neighbors *index, const hn_table *x,
                              int64_t k, int64_t *ret_row, double *ret_distance) HONE_MUST_CHECK;
/* hn_neighbors_within for all rows of x. */
hone_status hn_near_within(hone_ctx *ctx, const hn_neighbors *index, const hn_table *x,
                           double radius, hn_neighbors_each *each, void *arg) HONE_MUST_CHECK;

/* Rows begin..begin + m - 1 of a table: their k nearest, nearest first. */
typedef struct hn_near_block {
    int64_t begin, m, k;
    const int32_t *row;     /* [m, k] */
    const double *distance; /* [m, k] */
} hn_near_block;
typedef void hn_near_answer(const void *state, const hn_near_block *block, int64_t i,
                            double *ret_out);
/* answer for each row of x, with ret_out at its [outputs]; block by block, in parallel. */
hone_status hn_near_each(hone_ctx *ctx, const hn_neighbors *index, const hn_table *x, int64_t k,
                         hn_near_answer *answer, const void *state, int64_t outputs,
                         double *ret_out) HONE_MUST_CHECK;

/* What was learned of each row: y [n], and the means that stand for rows without neighbours. */
typedef struct hn_near_target {
    int64_t n, n_classes; /* 0: numbers */
    double *y;            /* [n] */
    double *prior;        /* [n_classes] shares; or [1] the mean */
} hn_near_target;
hone_status hn_near_learn(hone_ctx *ctx, hn_arena *arena, const hone_data *data,
                          hn_near_target *ret_target) HONE_MUST_CHECK;
hone_status hn_near_visit_target(hn_visitor *v, hn_near_target *target) HONE_MUST_CHECK;
static inline int64_t hn_near_outputs(const hn_near_target *target) {
    return target->n_classes > 0 ? target->n_classes : 1;
}

enum { HN_NEAR_UNIFORM, HN_NEAR_BY_DISTANCE };
/* The vote (shares of classes, or a mean) of rows; by distance, rows at distance 0 are alone to count. */
void hn_near_vote(const hn_near_target *target, int weights, int64_t k, const int32_t *row,
                  const double *distance, double *ret_out);

#endif
