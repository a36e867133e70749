/* exact.h - cuts at the values themselves, for single trees: each feature's rows are sorted once, and
 * the sorted lists are parted with the nodes (Mehta, Agrawal, Rissanen 1996). */
#ifndef HN_ML_TREE_EXACT_H
#define HN_ML_TREE_EXACT_H

#include "base/parallel.h"
#include "base/rng.h"
#include "ml/tree/bins.h"

typedef enum hn_criterion {
    HN_CRITERION_AUTO,
    HN_CRITERION_GINI,
    HN_CRITERION_ENTROPY,
    HN_CRITERION_SQUARED,
    HN_CRITERION_ABSOLUTE,
} hn_criterion;

/* Rows by feature. values [n_features][n]: numbers, or bins of categories in the order of their mean
 * target; NaN where missing. order [n_features][n]: rows by ascending value, missing last. A node is the
 * same range begin .. begin + n - 1 of every list. */
typedef struct hn_exact {
    const hn_bins *bins; /* what categories' values are bins of */
    int64_t n;
    int32_t n_features;
    int32_t n_classes; /* 0: numbers */
    hn_criterion criterion;
    int64_t min_samples_leaf;
    double min_weight;      /* of a leaf */
    const int8_t *monotone; /* [n_features]: -1, 0, 1; NULL: none */
    const double *y;        /* class, or value; about 0 on average, for precision */
    const double *weight;   /* NULL: ones */
    int64_t n_used;         /* rows in the lists */
    double *values;
    uint32_t *order;
    uint32_t *rows;     /* in their own order */
    uint32_t *by_y;     /* order by y; only for absolute */
    uint32_t *rank;     /* [n] by row, among its node's; only for absolute */
    uint8_t *goes_left; /* [n] by row, of the node being parted */
} hn_exact;

typedef struct hn_exact_cut {
    double
        score; /* of the cut: higher is better; minus the sum of weighted impurity, but for a constant */
    double threshold;
    double middle;   /* between the children's values */
    int32_t feature; /* -1: none */
    bool missing_left;
    bool missing_seen;
} hn_exact_cut;

/* A node's sums. */
typedef struct hn_exact_node {
    int64_t begin, n;
    double weight;
    double impurity;  /* sum over rows of weight times impurity */
    double score;     /* as in a cut, of leaving the node whole */
    double value;     /* mean or median; classes: share of the second */
    double low, high; /* what monotone neighbours leave for it; the caller's */
    bool pure;
} hn_exact_node;

/* Fill ret_exact's lists; memory from ctx->scratch. Its fields up to weight are the caller's. */
hone_status hn_exact_prepare(hone_ctx *ctx, const hn_table *x, hn_exact *exact) HONE_MUST_CHECK;
/* Sums of the node at begin, n. ret_classes [n_classes]: weights. */
hone_status hn_exact_measure(hone_ctx *ctx, const hn_exact *exact, int64_t begin, int64_t n,
                             double *ret_classes, hn_exact_node *ret_node) HONE_MUST_CHECK;
/* The best cut among features [n_features] (of equals, the first). */
hone_status hn_exact_search(hone_ctx *ctx, const hn_exact *exact, const hn_exact_node *node,
                            const double *classes, const int32_t *features, int32_t n_features,
                            hn_exact_cut *ret_cut) HONE_MUST_CHECK;
/* Part every list; ret_left rows come first. */
hone_status hn_exact_part(hone_ctx *ctx, hn_exact *exact, const hn_exact_node *node,
                          const hn_exact_cut *cut, int64_t *ret_left) HONE_MUST_CHECK;

/* ---- absolute error (exact_absolute.c) ---- */

/* Sums of weight and weighted y by rank of y, in a binary indexed tree (Fenwick 1994): one more row, and
 * the least sum of absolute deviations, cost a logarithm each. */
typedef struct hn_deviations {
    int64_t n;
    double *weight, *sum; /* [n + 1] */
    double all_weight, all_sum;
} hn_deviations;

void hn_deviations_clear(hn_deviations *d, int64_t n);
void hn_deviations_add(hn_deviations *d, int64_t rank, double weight, double y);
/* Least sum of weight |y - m| over m. y_of_rank [n]: ascending. ret_median may be NULL. */
double hn_deviations_least(const hn_deviations *d, const double *y_of_rank, double *ret_median);

/* Least deviations of every head seq[0 .. i] of rows. rank: by row, among the node's. */
void hn_deviations_heads(hn_deviations *d, const hn_exact *exact, const uint32_t *seq, int64_t n,
                         const uint32_t *rank, const double *y_of_rank, double *ret_least);

#endif
