/* columns.h - a regression's features by column, centred and weighted: for methods that go from feature
 * to feature.
 *
 * Column j stands for sqrt(w) * (x_j - mean_j). A dense table is copied so, column by column; of a sparse
 * one the entries are kept, times sqrt(w), and the mean is taken off in every sum. Columns of a dense
 * table may change places, so that those in use stand side by side (see hn_columns_to_front). */
#ifndef HN_ML_LINEAR_COLUMNS_H
#define HN_ML_LINEAR_COLUMNS_H

#include "spec/data.h"

typedef struct hn_columns {
    int64_t n, p;
    bool intercept;
    double total;         /* sum of weights */
    double *y;            /* [n]: sqrt(w) * (y - y_mean) */
    double *root;         /* [n]: sqrt(w) */
    double *mean;         /* [p]; zeros without intercept */
    double *sd;           /* [p] around the true mean */
    double *squares;      /* [p] sums of squares of the columns as they stand here */
    double y_mean;        /* 0 without intercept */
    double *dense;        /* [p, n], column `at` place order[at]; NULL: sparse */
    const hn_csr *sparse; /* transposed: rows are columns, times sqrt(w) */
    int64_t *order;       /* [p] column at each place */
    int64_t *place;       /* [p] place of each column */
} hn_columns;

/* Memory from arena, usually ctx->scratch. Weights of 0 are rows of zeros. */
hone_status hn_columns_make(hone_ctx *ctx, hn_arena *arena, const hone_data *data, bool intercept,
                            hn_columns *ret_columns) HONE_MUST_CHECK;

/* Column j to place at (dense: its numbers too), that one's column to j's place. */
void hn_columns_move(hn_columns *c, int64_t j, int64_t at);
/* ret[at] = column at place at times r [n], made of y and columns; 0 for columns to skip (by column). */
hone_status hn_columns_correlate(hone_ctx *ctx, const hn_columns *c, const double *r,
                                 const bool *skip, double *ret) HONE_MUST_CHECK;
/* r [n] = y - sum over places 0..count-1 of b [count] times their columns. */
hone_status hn_columns_residuals(hone_ctx *ctx, const hn_columns *c, const double *b, int64_t count,
                                 double *ret_r) HONE_MUST_CHECK;
/* Products of the columns at places begin..end-1 with those at 0..end-1, into gram (rows of length ld) on
 * both sides of the diagonal; what was there of 0..begin-1 stays. */
hone_status hn_columns_gram(hone_ctx *ctx, const hn_columns *c, int64_t begin, int64_t end,
                            double *gram, int64_t ld) HONE_MUST_CHECK;
/* One column, and a vector that is r + shift * root (shift stays 0 where the table is dense): their
 * product, for vectors made of y and columns; and by times the column added. */
double hn_columns_dot(const hn_columns *c, int64_t at, const double *r, double shift);
void hn_columns_add(const hn_columns *c, int64_t at, double by, double *r, double *shift);
/* The intercept that belongs to coefficients b [p], by column. */
double hn_columns_intercept(const hn_columns *c, const double *b);

#endif
