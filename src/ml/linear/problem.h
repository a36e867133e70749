/* problem.h - a loss of linear predictors over a design, penalised: value, gradient, Hessian in one pass.
 *
 * Coefficients theta are [n_outputs][stride]: a row per output holds the features' coefficients and
 * then, where there is an intercept, that. One output stands for two classes or a number; k outputs for k
 * classes (symmetric softmax, so rows sum to zero at the optimum).
 *
 *   f(theta) = sum_i w_i loss_i / sum_i w_i + l2 / 2 * |coefficients|^2       (smooth)
 *   F(theta) = f(theta) + l1 * |coefficients|_1
 */
#ifndef HN_ML_LINEAR_PROBLEM_H
#define HN_ML_LINEAR_PROBLEM_H

#include "ml/linear/design.h"

/* A loss of one linear predictor per row, for a block of HN_DESIGN_ROWS rows: in place of eta goes w times
 * the loss's derivative by eta, and curvature gets w times its second one (or what Newton's method should
 * take for it, not below 0). Returns the sum of w * loss; INFINITY where eta is out of its domain. Rows of weight
 * 0 must leave zeros. */
typedef double hn_row_loss(const void *arg, const double *y, const double *w, double *eta,
                           double *curvature);

typedef struct hn_problem {
    const hn_design *design;
    hn_row_loss *loss; /* NULL: log loss of classes */
    const void *arg;
    int64_t n_outputs; /* 1: two classes */
    bool intercept;
    int64_t stride; /* n_features + intercept */
    int64_t dim;    /* n_outputs * stride */
    double l1, l2;
    double *slots; /* partial sums of the groups, see hn_problem_make */
    int64_t slot;  /* doubles in one */
} hn_problem;

/* Memory of slots from ctx->scratch, once for all passes: enough for Hessians where newton. */
hone_status hn_problem_make(hone_ctx *ctx, const hn_design *design, int64_t n_outputs,
                            bool intercept, double l1, double l2, bool newton,
                            hn_problem *ret_problem) HONE_MUST_CHECK;

/* f at theta [dim], its gradient [dim] and, unless NULL, its Hessian [dim, dim]. */
hone_status hn_problem_pass(hone_ctx *ctx, const hn_problem *problem, const double *theta,
                            double *ret_value, double *ret_gradient,
                            double *ret_hessian) HONE_MUST_CHECK;
/* Whether every row of weight > 0 has its own class strictly ahead. */
hone_status hn_problem_separates(hone_ctx *ctx, const hn_problem *problem, const double *theta,
                                 bool *ret_separates) HONE_MUST_CHECK;

/* Standard errors [dim] of theta from the inverse of the Hessian (by Fisher's information: for a dispersion of
 * 1), NaN where it has none. For several classes those of coefficients that sum to 0 over classes. */
hone_status hn_problem_errors(hone_ctx *ctx, const hn_problem *problem, const double *theta,
                              double *ret_errors) HONE_MUST_CHECK;

/* Is coordinate i penalised (not an intercept)? */
static inline bool hn_problem_penalised(const hn_problem *problem, int64_t i) {
    return i % problem->stride < problem->design->n_features;
}
/* l1 * sum of |coefficients|. */
double hn_problem_l1(const hn_problem *problem, const double *theta);
/* Largest component of the subgradient of F of least size. */
double hn_problem_residual(const hn_problem *problem, const double *theta, const double *gradient);

/* What a minimiser says of its end. */
typedef struct hn_problem_end {
    int64_t iterations;
    bool converged;
    double residual; /* hn_problem_residual */
    double value;    /* F */
} hn_problem_end;

/* Moving all outputs of an unpenalised coordinate alike changes nothing: the Hessian is singular that
 * way. The gradient has no part along it, so stiffening it leaves Newton's step as it was. */
void hn_problem_stiffen(const hn_problem *problem, double *hessian);
/* Newton's method with Cholesky or, for l1, with coordinate descent on the quadratic model; dim is
 * small. theta is start and result. */
hone_status hn_problem_newton(hone_ctx *ctx, const hn_problem *problem, double tolerance,
                              int64_t max_iter, double *theta,
                              hn_problem_end *ret_end) HONE_MUST_CHECK;
/* The same, from the optimum of a sixteenth of the rows and with its Hessian for the first steps, where there
 * are so many rows that it lies close. */
hone_status hn_problem_newton_thin(hone_ctx *ctx, const hn_problem *problem, double tolerance,
                                   int64_t max_iter, double *theta,
                                   hn_problem_end *ret_end) HONE_MUST_CHECK;
/* L-BFGS, or OWL-QN where there is l1. theta is start and result. */
hone_status hn_problem_lbfgs(hone_ctx *ctx, const hn_problem *problem, double tolerance,
                             int64_t max_iter, double *theta,
                             hn_problem_end *ret_end) HONE_MUST_CHECK;
/* d [dim] minimising gradient . d + d'hessian d / 2 + l1 * |theta + d|_1 (coordinates penalised only). */
hone_status hn_problem_l1_step(hone_ctx *ctx, const hn_problem *problem, const double *theta,
                               const double *gradient, const double *hessian,
                               double *ret_d) HONE_MUST_CHECK;

#endif
