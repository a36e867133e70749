/* optimize.h - minimisers of smooth functions. */
#ifndef HN_NUM_OPTIMIZE_H
#define HN_NUM_OPTIMIZE_H

#include "base/ctx.h"

/* Value and gradient [n] at x [n]. */
typedef hone_status hn_objective(hone_ctx *ctx, void *arg, const double *x, double *ret_value,
                                 double *ret_gradient);

typedef struct hn_minimum {
    double value;
    double gradient_norm; /* largest absolute component of the (projected) gradient */
    int64_t iterations;
    bool converged;
} hn_minimum;

/* L-BFGS with ten pairs and a strong-Wolfe line search (Nocedal, Wright 2006, alg. 7.5, 3.5); with
 * l1 > 0 OWL-QN (Andrew, Gao 2007): l1[i] * |x[i]| is added to the objective (l1 NULL: none).
 * Stops at gradient_norm <= tolerance * max(1, |value|)-free scale: max |g_i| <= tolerance. x is
 * start and result. Not converging is not an error: it is said in ret_minimum. */
hone_status hn_lbfgs(hone_ctx *ctx, int64_t n, double *x, hn_objective *objective, void *arg,
                     const double *l1, double tolerance, int64_t max_iterations,
                     hn_minimum *ret_minimum) HONE_MUST_CHECK;

/* BFGS with a full matrix, for few unknowns (some hundred at most) with low[i] <= x[i] <= high[i]. An objective may
 * be INFINITY where there is none. Converged: no free part of the gradient is above tolerance, or a
 * step lowered the value by less than decrease * max(1, |value|). */
hone_status hn_bfgs_box(hone_ctx *ctx, int64_t n, double *x, const double *low, const double *high,
                        hn_objective *objective, void *arg, double tolerance, double decrease,
                        int64_t max_iterations, hn_minimum *ret_minimum) HONE_MUST_CHECK;

#endif
