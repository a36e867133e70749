/* logistic_l1.c - the step of proximal Newton: a quadratic plus l1 * |x|, minimised exactly.
 *
 * Coordinate descent finds which coordinates are zero; then the others are solved for at once, and the
 * answer stands if signs and optimality conditions do (as in active-set methods; Friedman, Hastie,
 * Tibshirani 2010 for the descent). */
#include "ml/linear/logistic_problem.h"
#include "num/blas.h"
#include <math.h>
#include <string.h>

typedef struct model {
    const hn_logistic_problem *p;
    const double *theta, *gradient, *hessian;
    double *d;         /* [dim] step so far */
    double *slope;     /* [dim] gradient + hessian d */
    int64_t *support;  /* [dim] */
    double *a, *right; /* [dim, dim], [dim] */
} model;

static double weight_of(const model *m, int64_t i) {
    return hn_logistic_penalised(m->p, i) ? m->p->l1 : 0;
}

static double shrink(double x, double by) { return x > by ? x - by : x < -by ? x + by : 0; }

/* One pass over all coordinates; returns the largest change times its curvature. */
static double sweep(model *m) {
    int64_t dim = m->p->dim;
    double largest = 0;
    for (int64_t i = 0; i < dim; i++) {
        double curvature = m->hessian[i * dim + i];
        if (!(curvature > 0)) continue;
        double at = m->theta[i] + m->d[i];
        double to = shrink(at - m->slope[i] / curvature, weight_of(m, i) / curvature);
        double move = to - at;
        if (move == 0) continue;
        m->d[i] += move;
        if (to == 0) m->d[i] = -m->theta[i];
        for (int64_t k = 0; k < dim; k++) m->slope[k] += move * m->hessian[i * dim + k];
        largest = fmax(largest, fabs(move) * curvature);
    }
    return largest;
}

static void find_slope(model *m) {
    int64_t dim = m->p->dim;
    for (int64_t i = 0; i < dim; i++)
        m->slope[i] = m->gradient[i] + hn_dot(m->hessian + i * dim, m->d, dim);
}

static double sign_of(double x) { return (x > 0) - (x < 0); }

/* Solve for the coordinates that are not zero, signs held. *ret_optimal: m->d is the minimum. */
static hone_status solve_support(hone_ctx *ctx, model *m, double tolerance, bool *ret_optimal) {
    int64_t dim = m->p->dim, n = 0;
    for (int64_t i = 0; i < dim; i++)
        if (weight_of(m, i) == 0 || m->theta[i] + m->d[i] != 0) m->support[n++] = i;
    *ret_optimal = false;
    for (int64_t i = 0; i < n; i++) {
        int64_t row = m->support[i];
        m->right[i] = -m->slope[row] - weight_of(m, row) * sign_of(m->theta[row] + m->d[row]);
        for (int64_t j = 0; j < n; j++) m->a[i * n + j] = m->hessian[row * dim + m->support[j]];
    }
    if (n > 0) {
        hone_status status = hn_solve_spd(ctx, n, m->a, 1, m->right, NULL);
        if (status == HONE_ERROR_DATA) return HONE_OK;
        HN_TRY(status);
    }
    for (int64_t i = 0; i < n; i++) {
        int64_t row = m->support[i];
        double at = m->theta[row] + m->d[row];
        if (weight_of(m, row) > 0 && sign_of(at + m->right[i]) != sign_of(at)) return HONE_OK;
    }
    for (int64_t i = 0; i < n; i++) m->d[m->support[i]] += m->right[i];
    find_slope(m);
    for (int64_t i = 0; i < dim; i++) {
        bool zero = weight_of(m, i) > 0 && m->theta[i] + m->d[i] == 0;
        if (zero && fabs(m->slope[i]) > weight_of(m, i) + tolerance) return HONE_OK;
    }
    *ret_optimal = true;
    return HONE_OK;
}

hone_status hn_logistic_l1_step(hone_ctx *ctx, const hn_logistic_problem *problem,
                                const double *theta, const double *gradient, const double *hessian,
                                double *ret_d) {
    enum { ROUNDS = 200, SWEEPS = 10 };
    HN_SCRATCH(ctx);
    model m = {problem, theta, gradient, hessian, ret_d, NULL, NULL, NULL, NULL};
    HN_TRY(HN_SCRATCH_NEW(ctx, m.slope, problem->dim));
    HN_TRY(HN_SCRATCH_NEW(ctx, m.support, problem->dim));
    HN_TRY(HN_SCRATCH_NEW(ctx, m.right, problem->dim));
    HN_TRY(HN_SCRATCH_NEW(ctx, m.a, problem->dim * problem->dim));
    memset(ret_d, 0, (size_t)problem->dim * sizeof(double));
    memcpy(m.slope, gradient, (size_t)problem->dim * sizeof(double));
    double tolerance = 1e-13 * (1 + problem->l1);
    for (int round = 0; round < ROUNDS; round++) {
        double change = 0;
        bool optimal;
        HN_TRY(hn_check_cancel(ctx));
        for (int i = 0; i < SWEEPS; i++) change = sweep(&m);
        if (change < tolerance) break;
        HN_TRY(solve_support(ctx, &m, tolerance, &optimal));
        if (optimal) break;
    }
    return HONE_OK;
}
