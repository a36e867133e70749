/* monotone.h - the function of one number that never falls (or never rises) and is nearest to given points. */
#ifndef HN_ML_ENSEMBLE_MONOTONE_H
#define HN_ML_ENSEMBLE_MONOTONE_H

#include "spec/visit.h"

/* Straight lines between thresholds (x[i], y[i]), x strictly ascending; constant beyond the first and last. */
typedef struct hn_monotone {
    int64_t n;
    double *x, *y; /* [n] */
} hn_monotone;

/* Weighted least squares by pool-adjacent-violators (Best, Chakravarti 1990), exact: points of equal x become
 * their mean, rows without weight count for nothing (weight NULL: ones), y is kept in [low, high]. The
 * thresholds are in arena. n >= 1, some weight above 0. */
hone_status hn_monotone_fit(hone_ctx *ctx, hn_arena *arena, int64_t n, const double *x,
                            const double *y, const double *weight, bool increasing, double low,
                            double high, hn_monotone *ret_function) HONE_MUST_CHECK;
/* Its value; NaN for NaN. */
double hn_monotone_at(const hn_monotone *function, double x);
/* As NAME's "n", "X_thresholds" and "y_thresholds" under prefix. */
hone_status hn_monotone_visit(hn_visitor *v, const char *prefix,
                              hn_monotone *function) HONE_MUST_CHECK;

#endif
