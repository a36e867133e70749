/* points.h - rows of a matrix, dense or sparse, and their products with one another. A view. */
#ifndef HN_ML_SVM_POINTS_H
#define HN_ML_SVM_POINTS_H

#include "spec/estimator.h"

typedef struct hn_points {
    int64_t n, p;
    bool sparse;
    const double *dense; /* [n, p]; NULL where sparse */
    hn_csr csr;
    /* Made by hn_points_index: */
    double *squared;   /* [n] |row|^2 */
    hn_csr by_feature; /* [p, n] csr turned */
} hn_points;

/* Rows rows[0..n-1], copied to arena. */
hone_status hn_points_take(hone_ctx *ctx, hn_arena *arena, const hn_points *points,
                           const int64_t *rows, int64_t n, hn_points *ret_points) HONE_MUST_CHECK;
/* The same of a table. */
hone_status hn_points_of(hone_ctx *ctx, hn_arena *arena, const hn_table *x, const int64_t *rows,
                         int64_t n, hn_points *ret_points) HONE_MUST_CHECK;
/* What products need, in arena. */
hone_status hn_points_index(hone_ctx *ctx, hn_arena *arena, hn_points *points) HONE_MUST_CHECK;
/* ret [n]: row `at` of other times every row of points. Both sparse, or both dense. */
void hn_points_products(const hn_points *points, const hn_points *other, int64_t at, double *ret);
/* The same for entries e in [0, n) of one sparse row: points is sparse. */
void hn_points_sparse_products(const hn_points *points, const int32_t *column, const double *value,
                               int64_t n, double *ret);

#endif
