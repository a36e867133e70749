/* moments.h - means and standard deviations of columns in one pass. */
#ifndef HN_ML_LINEAR_MOMENTS_H
#define HN_ML_LINEAR_MOMENTS_H

#include "table/table.h"

/* Weight, mean and sum of squared deviations of some rows. */
typedef struct hn_moment {
    double weight, mean, squares;
} hn_moment;

/* Of a block, x and w [HN_DESIGN_ROWS]. Around the first value: a constant column has a deviation of exactly 0. */
hn_moment hn_moment_of(const double *x, const double *w);
/* Those of the rows of both (Chan, Golub, LeVeque 1983). */
void hn_moment_merge(hn_moment *to, hn_moment from);

/* Weighted mean and standard deviation (by the sum of weights) of every column. weight NULL: ones. ret_mean,
 * ret_sd [n_columns]. */
hone_status hn_linear_moments(hone_ctx *ctx, const hn_table *x, const double *weight,
                              double *ret_mean, double *ret_sd) HONE_MUST_CHECK;

#endif
