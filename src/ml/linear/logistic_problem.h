/* logistic_problem.h - penalised log loss over a design: value, gradient, Hessian in one pass.
 *
 * Coefficients theta are [n_outputs][stride]: a row per output holds the features' coefficients and
 * then, where there is an intercept, that. One output stands for two classes; k outputs for k classes
 * (symmetric softmax, so rows sum to zero at the optimum).
 *
 *   f(theta) = sum_i w_i loss_i / sum_i w_i + l2 / 2 * |coefficients|^2       (smooth)
 *   F(theta) = f(theta) + l1 * |coefficients|_1
 */
#ifndef HN_ML_LINEAR_LOGISTIC_PROBLEM_H
#define HN_ML_LINEAR_LOGISTIC_PROBLEM_H

#include "ml/linear/design.h"

typedef struct hn_logistic_problem {
    const hn_design *design;
    int64_t n_outputs; /* 1: two classes */
    bool intercept;
    int64_t stride; /* n_features + intercept */
    int64_t dim;    /* n_outputs * stride */
    double l1, l2;
    double *slots; /* partial sums of the groups, see hn_logistic_make */
    int64_t slot;  /* doubles in one */
} hn_logistic_problem;

/* Memory of slots from ctx->scratch, once for all passes: enough for Hessians where newton. */
hone_status hn_logistic_make(hone_ctx *ctx, const hn_design *design, int64_t n_outputs,
                             bool intercept, double l1, double l2, bool newton,
                             hn_logistic_problem *ret_problem) HONE_MUST_CHECK;

/* f at theta [dim], its gradient [dim] and, unless NULL, its Hessian [dim, dim]. */
hone_status hn_logistic_pass(hone_ctx *ctx, const hn_logistic_problem *problem, const double *theta,
                             double *ret_value, double *ret_gradient,
                             double *ret_hessian) HONE_MUST_CHECK;
/* Whether every row of weight > 0 has its own class strictly ahead. */
hone_status hn_logistic_separates(hone_ctx *ctx, const hn_logistic_problem *problem,
                                  const double *theta, bool *ret_separates) HONE_MUST_CHECK;

/* Is coordinate i penalised (not an intercept)? */
static inline bool hn_logistic_penalised(const hn_logistic_problem *problem, int64_t i) {
    return i % problem->stride < problem->design->n_features;
}
/* l1 * sum of |coefficients|. */
double hn_logistic_l1(const hn_logistic_problem *problem, const double *theta);
/* Largest component of the subgradient of F of least size. */
double hn_logistic_residual(const hn_logistic_problem *problem, const double *theta,
                            const double *gradient);

/* What a minimiser says of its end. */
typedef struct hn_logistic_end {
    int64_t iterations;
    bool converged;
    double residual; /* hn_logistic_residual */
    double value;    /* F */
} hn_logistic_end;

/* Newton's method with Cholesky or, for l1, with coordinate descent on the quadratic model; dim is
 * small. theta is start and result. */
hone_status hn_logistic_newton(hone_ctx *ctx, const hn_logistic_problem *problem, double tolerance,
                               int64_t max_iter, double *theta,
                               hn_logistic_end *ret_end) HONE_MUST_CHECK;
/* d [dim] minimising gradient . d + d'hessian d / 2 + l1 * |theta + d|_1 (coordinates penalised only). */
hone_status hn_logistic_l1_step(hone_ctx *ctx, const hn_logistic_problem *problem,
                                const double *theta, const double *gradient, const double *hessian,
                                double *ret_d) HONE_MUST_CHECK;

#endif
