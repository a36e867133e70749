/* sort.h - sorting and order statistics. All sorts are stable; NaN sorts last. */
#ifndef HN_NUM_SORT_H
#define HN_NUM_SORT_H

#include "base/ctx.h"

/* Ascending, in place, -0 before +0; O(n) by radix, with n words of scratch from ctx. */
hone_status hn_sort_f64(hone_ctx *ctx, double *values, int64_t n) HONE_MUST_CHECK;
/* ret_order[i] = index of the i-th smallest value; equal values, -0 and +0 among them, keep their order. */
hone_status hn_argsort_f64(hone_ctx *ctx, const double *values, int64_t n,
                           int64_t *ret_order) HONE_MUST_CHECK;
/* values ascending, as by hn_argsort_f64, and others the same way: what goes with a value is at its place. */
hone_status hn_sort_both_f64(hone_ctx *ctx, double *values, double *others,
                             int64_t n) HONE_MUST_CHECK;
hone_status hn_sort_i64(hone_ctx *ctx, int64_t *values, int64_t n) HONE_MUST_CHECK;

/* The q-quantile (0..1) of n >= 1 ascending values by linear interpolation (Hyndman-Fan type 7, as
 * numpy and R have it). */
double hn_quantile_sorted(const double *sorted, int64_t n, double q);
/* Smallest value whose cumulated weight reaches q of the total; values ascending, weights >= 0. */
double hn_weighted_quantile_sorted(const double *sorted, const double *weights, int64_t n,
                                   double q);

#endif
