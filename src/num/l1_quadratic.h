/* l1_quadratic.h - a quadratic plus an l1 penalty, minimised exactly.
 *
 *   minimise over b [n]:   b'Ab / 2 - c'b + sum_i l1[i] * |b[i]|     (positive: b[i] >= 0 where l1[i] > 0)
 *
 * Coordinate descent (Friedman, Hastie, Tibshirani 2010) finds which coordinates are zero; then the
 * others are solved for at once, and the answer stands if signs and optimality conditions do. So the
 * end is reached in finitely many steps even where columns are nearly dependent. */
#ifndef HN_NUM_L1_QUADRATIC_H
#define HN_NUM_L1_QUADRATIC_H

#include "base/ctx.h"

typedef struct hn_l1_quadratic {
    int64_t n;
    const double *a; /* n rows of length ld: symmetric, positive semidefinite */
    int64_t ld;
    const double *l1; /* [n] >= 0 */
    bool positive;
    double tolerance;   /* stop when no optimality condition is off by more */
    int64_t max_sweeps; /* over all coordinates */
} hn_l1_quadratic;

/* b [n] is start and result; slope [n] is A b - c at b, before and after. *ret_sweeps (may be NULL): how
 * many it took; max_sweeps if that was not enough. */
hone_status hn_l1_quadratic_solve(hone_ctx *ctx, const hn_l1_quadratic *q, double *b, double *slope,
                                  int64_t *ret_sweeps) HONE_MUST_CHECK;

/* x moved towards 0 by by, at most to 0. */
static inline double hn_shrink(double x, double by) {
    return x > by ? x - by : x < -by ? x + by : 0;
}

#endif
