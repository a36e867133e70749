/* scatter.h - means of all columns and sums of products about them, in one pass over the table as it lies. */
#ifndef HN_SPEC_SCATTER_H
#define HN_SPEC_SCATTER_H

#include "base/parallel.h"
#include "table/table.h"

/* Of the columns of a dense table without missing values and, unless it is NULL, y [n] as one more behind them, q
 * in all: weighted means ret_mean [q] and ret_scatter [q, q] = sum over rows of w (x - mean) (x - mean)'. weight
 * [n]; NULL: ones. Rows are taken in blocks, each about its own mean, so that nothing is lost where means are large
 * beside what is about them. */
hone_status hn_scatter(hone_ctx *ctx, const hn_table *x, const double *y, const double *weight,
                       double *ret_mean, double *ret_scatter) HONE_MUST_CHECK;
/* The same of x alone where single precision will do for floats: their products are taken in it within a block, about
 * the block's mean, and added up in double. Of a table that is not of floats throughout it is the same. */
hone_status hn_scatter_single(hone_ctx *ctx, const hn_table *x, double *ret_mean,
                              double *ret_scatter) HONE_MUST_CHECK;

#endif
