/* linear.h - linear support vector machines by coordinate descent: rows, problems, solvers. */
#ifndef HN_ML_SVM_LINEAR_H
#define HN_ML_SVM_LINEAR_H

#include "base/parallel.h"
#include "base/rng.h"
#include "num/sparse.h"
#include "spec/estimator.h"

/* Rows of either sort, each with one more feature of the same value for all: the intercept's. */
typedef struct hn_svm_rows {
    int64_t n, p;
    const double *dense; /* [n, p], or NULL */
    const hn_csr *csr;
    double bias; /* 0: no intercept */
} hn_svm_rows;

/* w [p + 1] minimising |w|^2 / 2 + sum of losses of row i, C_i times (dual coordinate descent). In the
 * dual there is a number b_i in [lower, upper] for each row, w = sum of b_i x_i, and what is minimised is
 * |w|^2 / 2 + sum of ridge_i b_i^2 / 2 - y_i b_i + epsilon |b_i|. */
typedef struct hn_svm_dual {
    const hn_svm_rows *rows;
    const double *y, *lower, *upper, *ridge; /* [n] */
    double epsilon;
    double tolerance;
    int64_t max_iter;
    uint64_t stream;
    double *w; /* [p + 1] out */
    int64_t iterations;
    bool converged;
} hn_svm_dual;
hone_status hn_svm_dual_solve(hone_ctx *ctx, hn_svm_dual *d) HONE_MUST_CHECK;

/* w [p + 1] minimising |w|_1 + sum of c_i max(0, 1 - y_i w . x_i)^2, y_i -1 or 1 (primal coordinate descent).
 * columns is the transpose of the rows without the intercept's feature: rows and columns of it change
 * places. */
typedef struct hn_svm_primal {
    const hn_svm_rows *columns; /* n = features, p = rows */
    const double *y, *c;        /* [rows] */
    double bias;
    double tolerance;
    int64_t max_iter;
    uint64_t stream;
    double *w;
    int64_t iterations;
    bool converged;
} hn_svm_primal;
hone_status hn_svm_primal_solve(hone_ctx *ctx, hn_svm_primal *q) HONE_MUST_CHECK;

/* w [m] minimising |w|^2 / 2 + sum of c_i error_i^2 over few dense features x [n, m], the intercept's among
 * them: classes (y -1 and 1): error = max(0, 1 - y f); numbers: max(0, |y - f| - epsilon). */
typedef struct hn_svm_newton {
    const double *x, *y, *c;
    int64_t n, m;
    bool classes;
    double epsilon, tolerance;
    int64_t max_iter;
    double *w;
    int64_t iterations;
    bool converged;
} hn_svm_newton;
hone_status hn_svm_newton_solve(hone_ctx *ctx, hn_svm_newton *q) HONE_MUST_CHECK;

#endif
