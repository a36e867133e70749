/* monotone.h - the function of one number that never falls (or never rises) and is nearest to given points. */
#ifndef HN_NUM_MONOTONE_H
#define HN_NUM_MONOTONE_H

#include "base/ctx.h"

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

/* A run of points that have one value. */
typedef struct hn_pool {
    double y, weight;
    int64_t end; /* one past its last point */
} hn_pool;
/* The values that never fall and are nearest to those of n points of weight above 0, as runs: neighbours that
 * fall become one, until none do. Returns how many; pools [n] may be points. */
int64_t hn_pool_adjacent(int64_t n, const hn_pool *points, hn_pool *ret_pools);

#endif
