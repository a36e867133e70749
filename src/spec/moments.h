/* moments.h - weight, mean and spread of every column, by class. */
#ifndef HN_SPEC_MOMENTS_H
#define HN_SPEC_MOMENTS_H

#include "base/parallel.h"
#include "spec/data.h"

/* Of rows x [n, p] in classes y [n] (NULL: all of one) with weights (NULL: ones): by class the sum of
 * weights ret_count [k], means ret_mean [k, p] (0 for a class of no weight) and, unless NULL, sums of
 * weighted squared deviations from them, ret_spread [k, p]. Two passes. */
hone_status hn_moments(hone_ctx *ctx, const hn_table *x, const double *y, const double *weight,
                       int64_t k, double *ret_count, double *ret_mean,
                       double *ret_spread) HONE_MUST_CHECK;

/* Rows in a piece of work of n rows that keeps a slot of so many doubles: no more than 64 slots, and no
 * more memory in them than is reasonable. */
int64_t hn_slot_grain(int64_t n, int64_t slot);
/* slots [chunks][slot] added in order; the sum is left in the first. */
void hn_slot_reduce(double *slots, int64_t chunks, int64_t slot);

#endif
