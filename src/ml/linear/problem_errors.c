/* problem_errors.c - standard errors from the curvature at the optimum; see problem.h. */
#include "ml/linear/problem.h"
#include "num/blas.h"
#include <math.h>
#include <string.h>

/* Variance of what is left of output a's coordinate j once the mean over outputs is taken off. */
static double contrast(const hn_problem *p, const double *inverse, int64_t a, int64_t j) {
    double all = 0, own = 0, k = (double)p->n_outputs;
    for (int64_t b = 0; b < p->n_outputs; b++) {
        const double *row = inverse + (b * p->stride + j) * p->dim + j;
        for (int64_t c = 0; c < p->n_outputs; c++) all += row[c * p->stride];
        own += row[a * p->stride];
    }
    int64_t i = a * p->stride + j;
    return p->n_outputs == 1 ? inverse[i * p->dim + i]
                             : inverse[i * p->dim + i] - 2 * own / k + all / (k * k);
}

hone_status hn_problem_errors(hone_ctx *ctx, const hn_problem *problem, const double *theta,
                              double *ret_errors) {
    HN_SCRATCH(ctx);
    hn_problem p;
    HN_TRY(hn_problem_make(ctx, problem->design, problem->n_outputs, problem->intercept, 0, 0, true,
                           &p));
    p.loss = problem->loss;
    p.arg = problem->arg;
    double value, rcond, *gradient, *hessian, *inverse;
    HN_TRY(HN_SCRATCH_NEW(ctx, gradient, p.dim));
    HN_TRY(HN_SCRATCH_NEW(ctx, hessian, p.dim * p.dim));
    HN_TRY(HN_SCRATCH_NEW(ctx, inverse, p.dim * p.dim));
    HN_TRY(hn_problem_pass(ctx, &p, theta, &value, gradient, hessian));
    hn_problem_stiffen(&p, hessian);
    for (int64_t i = 0; i < p.dim; i++) inverse[i * p.dim + i] = 1;
    hone_status status = hn_solve_spd(ctx, p.dim, hessian, p.dim, inverse, &rcond);
    if (status != HONE_OK && status != HONE_ERROR_DATA) return status;
    bool found = status == HONE_OK && rcond > 1e-15;
    for (int64_t a = 0; a < p.n_outputs; a++)
        for (int64_t j = 0; j < p.stride; j++)
            ret_errors[a * p.stride + j] =
                found ? sqrt(contrast(&p, inverse, a, j) / p.design->total) : NAN;
    return HONE_OK;
}
