/* lasso_path.h - the lasso for many strengths, and the choice among them by folds. alpha, l1_ratio and
 * the objective are scikit-learn's: per unit of weight,
 *
 *   |y - X b|^2 / 2 + alpha * (l1_ratio * |b|_1 + (1 - l1_ratio) / 2 * |b|^2) */
#ifndef HN_ML_LINEAR_LASSO_PATH_H
#define HN_ML_LINEAR_LASSO_PATH_H

#include "ml/linear/lasso_solve.h"
#include "spec/param.h"

typedef struct hn_lasso_how {
    double l1_ratio;
    bool intercept, positive;
    double tolerance;
    int64_t max_iter;
} hn_lasso_how;

/* Must not move: the solver points to its columns. */
typedef struct hn_lasso_path {
    hn_columns columns;
    hn_lasso_solver solver;
    double l1_ratio;
} hn_lasso_path;

/* Memory from ctx->scratch. */
hone_status hn_lasso_path_make(hone_ctx *ctx, const hone_data *data, const hn_lasso_how *how,
                               hn_lasso_path *ret_path) HONE_MUST_CHECK;
/* The model at alpha, starting from the last one asked for. */
hone_status hn_lasso_path_at(hone_ctx *ctx, hn_lasso_path *path, double alpha, double *ret_coef,
                             double *ret_intercept, hn_lasso_end *ret_end) HONE_MUST_CHECK;
/* The alphas to try, falling, in arena: those given, or n_alphas on a log scale from the least that leaves no
 * coefficient to eps times that. l1_ratio > 0. */
hone_status hn_lasso_alphas(hone_ctx *ctx, hn_arena *arena, hn_lasso_path *path,
                            const hn_reals *given, int64_t n_alphas, double eps,
                            double **ret_alphas, int64_t *ret_n) HONE_MUST_CHECK;
/* The alpha of least error over the folds; ret_errors [n_alphas, folds] mean squared errors. */
hone_status hn_lasso_choose(hone_ctx *ctx, const hone_data *data, const hn_lasso_how *how,
                            const double *alphas, int64_t n_alphas, int64_t folds, bool shuffle,
                            double *ret_errors, double *ret_alpha) HONE_MUST_CHECK;

#endif
