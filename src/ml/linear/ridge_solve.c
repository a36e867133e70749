/* ridge_solve.c - see ridge_solve.h.
 *
 * With a = x'x (features) or a = x x' (rows), whichever is smaller:
 *   features: b = (a + alpha)^-1 x'y;   rows: b = x' (a + alpha)^-1 y. */
#include "ml/linear/ridge_solve.h"
#include "num/blas.h"
#include "num/l1_quadratic.h"
#include <float.h>
#include <math.h>
#include <string.h>

static bool by_rows(const hn_centered *c) { return c->p > c->n; }

/* The smaller Gram matrix [m, m] and its right side [m]; memory from ctx->scratch. */
static hone_status normal_equations(hone_ctx *ctx, const hn_centered *c, int64_t *ret_m,
                                    double **ret_a, double **ret_right) {
    int64_t m = by_rows(c) ? c->n : c->p;
    HN_TRY(HN_SCRATCH_NEW(ctx, *ret_a, m * m));
    HN_TRY(HN_SCRATCH_NEW(ctx, *ret_right, m));
    *ret_m = m;
    HN_TRY(hn_centered_gram(ctx, c, by_rows(c), *ret_a));
    if (!by_rows(c) && !c->cross) return hn_centered_back(ctx, c, c->y, *ret_right);
    memcpy(*ret_right, c->cross ? c->cross : c->y, (size_t)m * sizeof(double));
    return HONE_OK;
}

/* The solution of the smaller system to coefficients. */
static hone_status to_coefficients(hone_ctx *ctx, const hn_centered *c, const double *solution,
                                   double *ret_b) {
    if (by_rows(c)) return hn_centered_back(ctx, c, solution, ret_b);
    memcpy(ret_b, solution, (size_t)c->p * sizeof(double));
    return HONE_OK;
}

/* HONE_ERROR_DATA where the matrix is singular to working precision. */
static hone_status by_cholesky(hone_ctx *ctx, const hn_centered *c, double alpha, double *ret_b) {
    HN_SCRATCH(ctx);
    double *a, *right, rcond;
    int64_t m;
    HN_TRY(normal_equations(ctx, c, &m, &a, &right));
    for (int64_t j = 0; j < m; j++) a[j * m + j] += alpha;
    HN_TRY(hn_solve_spd(ctx, m, a, 1, right, &rcond));
    if (!(rcond > 16 * DBL_EPSILON))
        return hn_fail(ctx, HONE_ERROR_DATA,
                       "ridge: the features are collinear; give 'alpha' a larger value");
    return to_coefficients(ctx, c, right, ret_b);
}

/* Directions whose eigenvalue is rounding error are left out where alpha does not cover them. */
static hone_status by_eigen(hone_ctx *ctx, const hn_centered *c, double alpha, double *ret_b) {
    HN_SCRATCH(ctx);
    double *a, *right, *values, *vectors, *solution;
    int64_t m;
    HN_TRY(normal_equations(ctx, c, &m, &a, &right));
    HN_TRY(HN_SCRATCH_NEW(ctx, values, m));
    HN_TRY(HN_SCRATCH_NEW(ctx, vectors, m * m));
    HN_TRY(HN_SCRATCH_NEW(ctx, solution, m));
    HN_TRY(hn_eigen_symmetric(ctx, m, a, values, vectors));
    double least = DBL_EPSILON * (double)m * fmax(values[m - 1], 0);
    for (int64_t k = 0; k < m; k++) {
        const double *v = vectors + k * m;
        double value = fmax(values[k], 0) + alpha;
        if (!(value > least)) continue;
        double share = hn_dot(v, right, m) / value;
        for (int64_t j = 0; j < m; j++) solution[j] += share * v[j];
    }
    return to_coefficients(ctx, c, solution, ret_b);
}

static hone_status by_conjugate(hone_ctx *ctx, const hn_centered *c, double alpha,
                                const hn_ridge_how *how, double *ret_b, int64_t *ret_iterations) {
    hn_centered_end end;
    HN_TRY(hn_centered_conjugate(ctx, c, alpha, how->tolerance, how->max_iter, ret_b, &end));
    if (!end.converged)
        hn_say(ctx, HONE_LOG_WARN,
               "ridge: not converged after %lld iterations; scale the features or raise 'max_iter'",
               (long long)end.iterations);
    *ret_iterations = end.iterations > 0 ? end.iterations : 1;
    return HONE_OK;
}

hone_status hn_ridge_solve(hone_ctx *ctx, const hn_centered *c, double alpha,
                           const hn_ridge_how *how, double *ret_b, int64_t *ret_iterations) {
    enum {
        MOST = 1000
    }; /* of a sparse matrix' smaller side: then a pass costs less than its square */
    int64_t side = by_rows(c) ? c->n : c->p;
    bool large = how->solver == HN_RIDGE_AUTO && c->sparse && side > MOST;
    if (large || how->solver == HN_RIDGE_CONJUGATE)
        return by_conjugate(ctx, c, alpha, how, ret_b, ret_iterations);
    *ret_iterations = 1;
    if (how->solver == HN_RIDGE_EIGEN) return by_eigen(ctx, c, alpha, ret_b);
    hone_status status = by_cholesky(ctx, c, alpha, ret_b);
    if (status != HONE_ERROR_DATA || how->solver == HN_RIDGE_CHOLESKY) return status;
    return by_eigen(ctx, c, alpha, ret_b);
}

/* ---- nothing below 0 ------------------------------------------------------------------------- */

hone_status hn_ridge_positive(hone_ctx *ctx, const char *owner, const hn_centered *c, double alpha,
                              int64_t max_iter, double *ret_b, int64_t *ret_iterations) {
    enum { MOST = 10000 }; /* features: their products are 800 MB */
    static const double NEARLY_NONE =
        1e-290; /* a penalty is what keeps coefficients from below 0 */
    int64_t p = c->p;
    if (p > MOST)
        return hn_fail_at(ctx, HONE_ERROR_UNSUPPORTED, HN_AT(.param = "positive"),
                          "%s: 'positive' takes at most %d features, and there are %lld; take "
                          "lasso with it",
                          owner, MOST, (long long)p);
    HN_SCRATCH(ctx);
    double *a, *slope, *l1, steepest = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, a, p * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, slope, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, l1, p));
    HN_TRY(hn_centered_gram(ctx, c, false, a));
    if (c->cross)
        memcpy(slope, c->cross, (size_t)p * sizeof(double));
    else
        HN_TRY(hn_centered_back(ctx, c, c->y, slope));
    for (int64_t j = 0; j < p; j++) {
        a[j * p + j] += alpha;
        steepest = fmax(steepest, fabs(slope[j]));
        slope[j] = -slope[j];
        l1[j] = NEARLY_NONE;
        ret_b[j] = 0;
    }
    hn_l1_quadratic q = {.n = p,
                         .a = a,
                         .ld = p,
                         .l1 = l1,
                         .positive = true,
                         .tolerance = 1e-12 * steepest,
                         .max_sweeps = max_iter};
    HN_TRY(hn_l1_quadratic_solve(ctx, &q, ret_b, slope, ret_iterations));
    if (*ret_iterations >= max_iter)
        hn_say(ctx, HONE_LOG_WARN,
               "%s: not converged after %lld iterations; scale the features or raise 'max_iter'",
               owner, (long long)max_iter);
    if (*ret_iterations < 1) *ret_iterations = 1;
    return HONE_OK;
}

/* ---- leave one out -------------------------------------------------------------------------- */

/* With a = v' diag(l) v and z = x v' (features) or z = v's rows themselves (rows), the fit at row i is
 * sum_k z_ik q_k and its leverage sum_k z_ik^2 f_k; the error without the row is the residual over
 * 1 - leverage (Allen's PRESS). */
typedef struct loo {
    int64_t m;
    double *values; /* [m] */
    double *z;      /* [n, m] */
    double *share;  /* [m]: z'y */
} loo;

static hone_status decompose(hone_ctx *ctx, const hn_centered *c, loo *ret) {
    loo l = {0};
    double *a, *right, *vectors;
    HN_TRY(normal_equations(ctx, c, &l.m, &a, &right));
    HN_TRY(HN_SCRATCH_NEW(ctx, l.values, l.m));
    HN_TRY(HN_SCRATCH_NEW(ctx, vectors, l.m * l.m));
    HN_TRY(HN_SCRATCH_NEW(ctx, l.share, l.m));
    HN_TRY(HN_SCRATCH_NEW(ctx, l.z, c->n * l.m));
    HN_TRY(hn_eigen_symmetric(ctx, l.m, a, l.values, vectors));
    if (by_rows(c)) {
        for (int64_t i = 0; i < c->n; i++)
            for (int64_t k = 0; k < l.m; k++) l.z[i * l.m + k] = vectors[k * l.m + i];
    } else if (c->sparse) {
        double *column;
        HN_TRY(HN_SCRATCH_NEW(ctx, column, c->n));
        for (int64_t k = 0; k < l.m; k++) {
            HN_TRY(hn_centered_times(ctx, c, vectors + k * l.m, column));
            for (int64_t i = 0; i < c->n; i++) l.z[i * l.m + k] = column[i];
        }
    } else {
        HN_TRY(
            hn_gemm(ctx, false, true, c->n, l.m, c->p, 1, c->x, c->p, vectors, c->p, 0, l.z, l.m));
    }
    HN_TRY(hn_gemv_t(ctx, l.z, c->n, l.m, c->y, l.share));
    *ret = l;
    return HONE_OK;
}

static double row_error(const hn_centered *c, const loo *l, const double *factor, int64_t i) {
    double weight = c->root ? c->root[i] * c->root[i] : 1.0;
    if (weight == 0) return 0; /* left out already */
    double fit = 0, leverage = c->intercept ? weight / c->total : 0;
    for (int64_t k = 0; k < l->m; k++) {
        double z = l->z[i * l->m + k];
        fit += z * factor[k] * l->share[k];
        leverage += z * z * factor[k];
    }
    double error = (c->y[i] - fit) / fmax(1 - leverage, DBL_EPSILON);
    return error * error;
}

hone_status hn_ridge_loo(hone_ctx *ctx, const hn_centered *c, const double *alphas,
                         int64_t n_alphas, double *ret_errors) {
    HN_SCRATCH(ctx);
    loo l;
    double *factor, *errors;
    HN_TRY(decompose(ctx, c, &l));
    HN_TRY(HN_SCRATCH_NEW(ctx, factor, l.m));
    HN_TRY(HN_SCRATCH_NEW(ctx, errors, c->n));
    for (int64_t a = 0; a < n_alphas; a++) {
        HN_TRY(hn_check_cancel(ctx));
        for (int64_t k = 0; k < l.m; k++) {
            double value = fmax(l.values[k], 0);
            factor[k] = by_rows(c) ? value / (value + alphas[a]) : 1 / (value + alphas[a]);
        }
        for (int64_t i = 0; i < c->n; i++) errors[i] = row_error(c, &l, factor, i);
        ret_errors[a] = hn_sum(errors, c->n) / c->total;
        hn_progress(ctx, "leave-one-out", a + 1, n_alphas, "alphas");
    }
    return HONE_OK;
}
