/* ridge_solve.h - min |y - x b|^2 + alpha |b|^2 on centred rows, several ways. */
#ifndef HN_ML_LINEAR_RIDGE_SOLVE_H
#define HN_ML_LINEAR_RIDGE_SOLVE_H

#include "ml/linear/centered.h"
#include "ml/linear/linear_model.h"

enum { HN_RIDGE_AUTO, HN_RIDGE_CHOLESKY, HN_RIDGE_EIGEN, HN_RIDGE_CONJUGATE };

typedef struct hn_ridge_how {
    int solver;       /* HN_RIDGE_... */
    double tolerance; /* conjugate gradients */
    int64_t max_iter; /* conjugate gradients */
} hn_ridge_how;

/* ret_b [p]. With more features than rows the system of rows is solved instead. *ret_iterations: 1 where it is
 * solved at once. */
hone_status hn_ridge_solve(hone_ctx *ctx, const hn_centered *c, double alpha,
                           const hn_ridge_how *how, double *ret_b,
                           int64_t *ret_iterations) HONE_MUST_CHECK;
/* The same with no coefficient below 0, for any alpha >= 0, by the products of all pairs of features. owner is for
 * messages. */
hone_status hn_ridge_positive(hone_ctx *ctx, const char *owner, const hn_centered *c, double alpha,
                              int64_t max_iter, double *ret_b,
                              int64_t *ret_iterations) HONE_MUST_CHECK;
/* Weighted mean of squared leave-one-out errors for each alpha > 0, exact, from one eigenvalue
 * decomposition. ret_errors [n_alphas]. */
hone_status hn_ridge_loo(hone_ctx *ctx, const hn_centered *c, const double *alphas,
                         int64_t n_alphas, double *ret_errors) HONE_MUST_CHECK;

#endif
