/* problem_newton.c - Newton's method for few coefficients; see problem.h.
 *
 * Smooth penalties: the step solves the Newton system by Cholesky. With l1 it minimises the quadratic
 * model plus the l1 term (proximal Newton: Lee, Sun, Saunders 2014). Steps are shortened until the
 * objective falls enough (Armijo). */
#include "ml/linear/problem.h"
#include "num/blas.h"
#include <math.h>
#include <string.h>

typedef struct newton {
    const hn_problem *p;
    double *hessian, *work;                           /* [dim, dim] */
    double *gradient, *step, *trial, *trial_gradient; /* [dim] */
    double value;                                     /* F */
    bool have_hessian;
} newton;

static hone_status allocate(hone_ctx *ctx, newton *s) {
    int64_t d = s->p->dim;
    HN_TRY(HN_SCRATCH_NEW(ctx, s->hessian, d * d));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->work, d * d));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->gradient, d));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->step, d));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->trial, d));
    return HN_SCRATCH_NEW(ctx, s->trial_gradient, d);
}

/* Value, gradient and, if wanted, Hessian at theta. */
static hone_status evaluate(hone_ctx *ctx, newton *s, const double *theta, bool hessian) {
    HN_TRY(hn_problem_pass(ctx, s->p, theta, &s->value, s->gradient, hessian ? s->hessian : NULL));
    s->value += hn_problem_l1(s->p, theta);
    s->have_hessian = hessian;
    return HONE_OK;
}

void hn_problem_stiffen(const hn_problem *p, double *h) {
    if (p->n_outputs == 1) return;
    for (int64_t j = 0; j < p->stride; j++) {
        if (hn_problem_penalised(p, j) && (p->l2 > 0 || p->l1 > 0)) continue;
        double size = 0;
        for (int64_t k = 0; k < p->n_outputs; k++) {
            int64_t i = k * p->stride + j;
            size = fmax(size, h[i * p->dim + i]);
        }
        for (int64_t a = 0; a < p->n_outputs; a++)
            for (int64_t b = 0; b < p->n_outputs; b++)
                h[(a * p->stride + j) * p->dim + b * p->stride + j] += size;
    }
}

/* The step in s->step. A Hessian that is not positive definite (collinear features, no penalty) is
 * lifted a little, then more. */
static hone_status newton_step(hone_ctx *ctx, newton *s) {
    int64_t d = s->p->dim;
    hn_problem_stiffen(s->p, s->hessian);
    if (s->p->l1 > 0)
        return hn_problem_l1_step(ctx, s->p, s->trial, s->gradient, s->hessian, s->step);
    double largest = 0;
    for (int64_t i = 0; i < d; i++) largest = fmax(largest, s->hessian[i * d + i]);
    for (double lift = 0; lift < 1e6; lift = lift == 0 ? 1e-12 : lift * 100) {
        double rcond;
        memcpy(s->work, s->hessian, (size_t)(d * d) * sizeof(double));
        for (int64_t i = 0; i < d; i++) {
            s->work[i * d + i] += lift * largest;
            s->step[i] = -s->gradient[i];
        }
        hone_status status = hn_solve_spd(ctx, d, s->work, 1, s->step, &rcond);
        if (status == HONE_OK && rcond > 1e-14) return HONE_OK;
        if (status != HONE_OK && status != HONE_ERROR_DATA) return status;
    }
    for (int64_t i = 0; i < d; i++) s->step[i] = -s->gradient[i];
    return HONE_OK;
}

/* What the linear model promises along the step: g . d + the change of the l1 term. */
static double promise(const newton *s, const double *theta) {
    double sum = -hn_problem_l1(s->p, theta);
    for (int64_t i = 0; i < s->p->dim; i++) {
        s->trial[i] = theta[i] + s->step[i];
        sum += s->gradient[i] * s->step[i];
    }
    return sum + hn_problem_l1(s->p, s->trial);
}

/* Moves theta along the step, with the gradient there and, if wanted, the Hessian. *ret_moved false:
 * no step, however short, gains anything. */
static hone_status line_search(hone_ctx *ctx, newton *s, double *theta, bool hessian,
                               bool *ret_moved) {
    int64_t d = s->p->dim;
    double promised = promise(s, theta);
    *ret_moved = false;
    if (!(promised < 0)) return HONE_OK;
    double slack = 1e-14 * fmax(fabs(s->value), 1e-3); /* rounding error of the sums */
    for (double t = 1; t > 1e-10; t /= 2) {
        double value;
        for (int64_t i = 0; i < d; i++) s->trial[i] = theta[i] + t * s->step[i];
        HN_TRY(hn_problem_pass(ctx, s->p, s->trial, &value, s->trial_gradient,
                               hessian ? s->hessian : NULL));
        s->have_hessian = hessian;
        value += hn_problem_l1(s->p, s->trial);
        if (!(value <= s->value + 1e-4 * t * promised + slack)) continue;
        memcpy(theta, s->trial, (size_t)d * sizeof(double));
        memcpy(s->gradient, s->trial_gradient, (size_t)d * sizeof(double));
        s->value = value;
        *ret_moved = true;
        return HONE_OK;
    }
    return HONE_OK;
}

/* From theta, where all is known but perhaps the Hessian. metric [dim, dim] (NULL: none) stands in for it as long as
 * each step halves what is left: then a step costs a gradient only. */
static hone_status descend(hone_ctx *ctx, newton *s, const double *metric, double tolerance,
                           int64_t max_iter, double *theta, hn_problem_end *ret_end) {
    size_t bytes = (size_t)(s->p->dim * s->p->dim) * sizeof(double);
    hn_problem_end end = {.residual = hn_problem_residual(s->p, theta, s->gradient)};
    bool moved = true;
    for (; end.residual > tolerance && moved && end.iterations < max_iter; end.iterations++) {
        HN_TRY(hn_check_cancel(ctx));
        hn_progress(ctx, "newton", end.iterations, max_iter, "iterations");
        if (metric)
            memcpy(s->hessian, metric, bytes);
        else if (!s->have_hessian)
            HN_TRY(evaluate(ctx, s, theta, true));
        memcpy(s->trial, theta, (size_t)s->p->dim * sizeof(double));
        HN_TRY(newton_step(ctx, s));
        /* Convergence is quadratic: near the end the next Hessian would go unused. */
        bool last = end.residual * end.residual < tolerance;
        double before = end.residual;
        HN_TRY(line_search(ctx, s, theta, !last && !metric, &moved));
        end.residual = hn_problem_residual(s->p, theta, s->gradient);
        if (metric && (!moved || end.residual > 0.5 * before)) {
            metric = NULL;
            moved = true;
        }
    }
    end.converged = end.residual <= tolerance;
    end.value = s->value;
    *ret_end = end;
    return HONE_OK;
}

hone_status hn_problem_newton(hone_ctx *ctx, const hn_problem *problem, double tolerance,
                              int64_t max_iter, double *theta, hn_problem_end *ret_end) {
    HN_SCRATCH(ctx);
    newton s = {.p = problem};
    HN_TRY(allocate(ctx, &s));
    HN_TRY(evaluate(ctx, &s, theta, true));
    return descend(ctx, &s, NULL, tolerance, max_iter, theta, ret_end);
}

hone_status hn_problem_newton_thin(hone_ctx *ctx, const hn_problem *problem, double tolerance,
                                   int64_t max_iter, double *theta, hn_problem_end *ret_end) {
    enum { THIN = 16, FEW_BLOCKS = 512 };
    const hn_design *d = problem->design;
    bool many = !d->sparse && d->n_blocks >= FEW_BLOCKS && d->n_rows / THIN >= 50 * problem->dim;
    if (!many) return hn_problem_newton(ctx, problem, tolerance, max_iter, theta, ret_end);
    HN_SCRATCH(ctx);
    hn_design thin;
    hn_problem sub;
    HN_TRY(hn_design_thin(ctx, ctx->scratch, d, THIN, &thin));
    if (!(thin.total > 0))
        return hn_problem_newton(ctx, problem, tolerance, max_iter, theta, ret_end);
    HN_TRY(hn_problem_make(ctx, &thin, problem->n_outputs, problem->intercept, problem->l1,
                           problem->l2, true, &sub));
    sub.loss = problem->loss;
    sub.arg = problem->arg;
    newton s = {.p = problem};
    double *start, *metric, value, first;
    HN_TRY(allocate(ctx, &s));
    HN_TRY(HN_SCRATCH_NEW(ctx, start, problem->dim));
    HN_TRY(HN_SCRATCH_NEW(ctx, metric, problem->dim * problem->dim));
    memcpy(start, theta, (size_t)problem->dim * sizeof *theta);
    double worth = 1e-3; /* of no use to be more exact than its rows */
    HN_TRY(hn_problem_pass(ctx, &sub, start, &first, s.gradient, NULL));
    HN_TRY(hn_problem_newton(ctx, &sub, fmax(tolerance, worth), 10, theta, ret_end));
    HN_TRY(hn_problem_pass(ctx, &sub, theta, &value, s.gradient, metric));
    HN_TRY(evaluate(ctx, &s, theta, false));
    /* Rows in some order may have led astray: then the start, as far as the few tell, is the better one. */
    if (!(s.value < first + hn_problem_l1(problem, start))) {
        memcpy(theta, start, (size_t)problem->dim * sizeof *theta);
        metric = NULL;
        HN_TRY(evaluate(ctx, &s, theta, true));
    }
    return descend(ctx, &s, metric, tolerance, max_iter, theta, ret_end);
}
