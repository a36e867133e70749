/* lasso_solve.h - least squares with an l1 and an l2 penalty, for one strength after another.
 *
 *   |y - X b|^2 / 2 + l1 * |b|_1 + l2 / 2 * |b|^2        on the rows and columns of an hn_columns
 *
 * A working set of columns is kept: on it the problem is solved through its Gram matrix, all columns are
 * then compared with the residuals, and those that break their optimality condition join (Johnson,
 * Guestrin 2015; Massias, Gramfort, Salmon 2018). Columns that can be shown to be of no use are passed
 * over from then on (gap-safe rule: Ndiaye, Fercoq, Gramfort, Salmon 2017). The end is a duality gap of at
 * most tolerance * |y|^2, as in scikit-learn. */
#ifndef HN_ML_LINEAR_LASSO_SOLVE_H
#define HN_ML_LINEAR_LASSO_SOLVE_H

#include "ml/linear/columns.h"

typedef struct hn_lasso_solver {
    hn_columns *columns;
    bool positive;
    double tolerance;
    int64_t max_iter; /* passes of coordinate descent over the working set, for one strength */

    double y_squares;
    int64_t n_working; /* columns at places 0..n_working-1 */
    double *b;         /* [p] by place: where the last solution ended */
    hn_arena *arena;   /* of what grows */
    double *gram;      /* [capacity, capacity]: products of the first n_gram places */
    int64_t n_gram, capacity;
    double *r;     /* [n] residuals at b */
    double *slope; /* [p] by place: X'r - l2 b */
    bool *dead;    /* [p] by column: constant, or screened */
    double *l1s;   /* [p]: l1 */
} hn_lasso_solver;

typedef struct hn_lasso_end {
    double gap; /* over total weight: of the objective as scikit-learn writes it */
    int64_t iterations;
    bool converged;
} hn_lasso_end;

/* All memory from ctx->scratch. */
hone_status hn_lasso_make(hone_ctx *ctx, hn_columns *columns, bool positive, double tolerance,
                          int64_t max_iter, hn_lasso_solver *ret_solver) HONE_MUST_CHECK;
/* From where the last strength ended. ret_coef [p], by column. */
hone_status hn_lasso_solve(hone_ctx *ctx, hn_lasso_solver *s, double l1, double l2,
                           double *ret_coef, hn_lasso_end *ret_end) HONE_MUST_CHECK;
/* The least l1 at which all coefficients are 0. */
hone_status hn_lasso_most(hone_ctx *ctx, hn_lasso_solver *s, double *ret_l1) HONE_MUST_CHECK;

#endif
