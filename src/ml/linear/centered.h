/* centered.h - a regression's rows made ready: means taken away, weights' roots multiplied in.
 *
 * Taking the means away first keeps the intercept out of the system to solve, unpenalised, and costs
 * no digits where features are large beside their spread. Of a dense table the rows are made so; a sparse
 * one stays as it is, and the means are taken off in every sum. Where sums of products are all that is wanted of a
 * dense table, they are made of it as it lies, and nothing is copied. */
#ifndef HN_ML_LINEAR_CENTERED_H
#define HN_ML_LINEAR_CENTERED_H

#include "spec/data.h"

typedef struct hn_centered {
    int64_t n, p;
    int64_t n_weighted; /* rows of weight > 0 */
    bool intercept;
    double total;         /* sum of weights */
    double *x;            /* [n, p]: sqrt(w) * (x - mean); NULL: sparse, or sums alone */
    const hn_csr *sparse; /* x as it came */
    hn_csr turned;        /* and its transpose */
    double *y;            /* [n]: sqrt(w) * (y - y_mean); NULL: sums alone */
    double *root;         /* [n]: sqrt(w); NULL: ones, or sums alone */
    double *mean;         /* [p]; zeros without intercept */
    double *sd;           /* [p] around the true mean */
    double y_mean;        /* 0 without intercept */
    /* Sums alone; else NULL. */
    const hone_data *data;
    double *gram;   /* [p, p]: x' x */
    double *cross;  /* [p]: x' y */
    double squares; /* y' y */
} hn_centered;

/* Memory from arena, usually ctx->scratch. */
hone_status hn_centered_make(hone_ctx *ctx, hn_arena *arena, const hone_data *data, bool intercept,
                             hn_centered *ret_centered) HONE_MUST_CHECK;
/* Sums alone, of a dense table, which must outlive them: one pass. Of the functions below only those of the
 * intercept, the Gram matrix of columns and hn_centered_look take it. */
hone_status hn_centered_sums(hone_ctx *ctx, hn_arena *arena, const hone_data *data, bool intercept,
                             hn_centered *ret_centered) HONE_MUST_CHECK;
/* With r = y - x b: ret_back [p] = x' r and the sum of squares of r, in one pass over the table. Sums alone. */
hone_status hn_centered_look(hone_ctx *ctx, const hn_centered *c, const double *b, double *ret_back,
                             double *ret_rss) HONE_MUST_CHECK;
/* The intercept that belongs to coefficients b [p]. */
double hn_centered_intercept(const hn_centered *c, const double *b);

/* ret [n] = x b. */
hone_status hn_centered_times(hone_ctx *ctx, const hn_centered *c, const double *b,
                              double *ret) HONE_MUST_CHECK;
/* ret [p] = x' r. */
hone_status hn_centered_back(hone_ctx *ctx, const hn_centered *c, const double *r,
                             double *ret) HONE_MUST_CHECK;
/* ret = x' x [p, p], or with by_rows x x' [n, n]. */
hone_status hn_centered_gram(hone_ctx *ctx, const hn_centered *c, bool by_rows,
                             double *ret) HONE_MUST_CHECK;
/* r [n] = y - x b, in the weighted rows; returns its sum of squares in *ret_rss. */
hone_status hn_centered_residuals(hone_ctx *ctx, const hn_centered *c, const double *b, double *r,
                                  double *ret_rss) HONE_MUST_CHECK;
/* Sum of squares of v [n]; scratch from ctx. */
hone_status hn_sum_squares(hone_ctx *ctx, const double *v, int64_t n,
                           double *ret_sum) HONE_MUST_CHECK;

typedef struct hn_centered_end {
    int64_t iterations;
    bool converged;
} hn_centered_end;
/* b [p] minimising |y - x b|^2 + alpha |b|^2 by conjugate gradients: nothing of the size p * p or n * n. Stops
 * when the gradient is no longer than tolerance times its length at 0. With alpha 0 it is the shortest of the b
 * that fit equally well. */
hone_status hn_centered_conjugate(hone_ctx *ctx, const hn_centered *c, double alpha,
                                  double tolerance, int64_t max_iter, double *ret_b,
                                  hn_centered_end *ret_end) HONE_MUST_CHECK;

#endif
