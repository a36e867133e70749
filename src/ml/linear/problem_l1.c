/* problem_l1.c - the step of proximal Newton: a quadratic plus l1 * |x|, minimised exactly. */
#include "ml/linear/problem.h"
#include "num/l1_quadratic.h"
#include <string.h>

hone_status hn_problem_l1_step(hone_ctx *ctx, const hn_problem *problem, const double *theta,
                               const double *gradient, const double *hessian, double *ret_d) {
    HN_SCRATCH(ctx);
    int64_t dim = problem->dim;
    double *l1, *slope;
    HN_TRY(HN_SCRATCH_NEW(ctx, l1, dim));
    HN_TRY(HN_SCRATCH_NEW(ctx, slope, dim));
    for (int64_t i = 0; i < dim; i++) l1[i] = hn_problem_penalised(problem, i) ? problem->l1 : 0;
    hn_l1_quadratic model = {.n = dim,
                             .a = hessian,
                             .ld = dim,
                             .l1 = l1,
                             .tolerance = 1e-13 * (1 + problem->l1),
                             .max_sweeps = 2000};
    /* The model's argument is theta + d, at which it starts with d = 0. */
    memcpy(ret_d, theta, (size_t)dim * sizeof *ret_d);
    memcpy(slope, gradient, (size_t)dim * sizeof *slope);
    HN_TRY(hn_l1_quadratic_solve(ctx, &model, ret_d, slope, NULL));
    for (int64_t i = 0; i < dim; i++) ret_d[i] -= theta[i];
    return HONE_OK;
}
