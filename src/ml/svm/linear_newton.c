/* linear_newton.c - squared losses of few dense features by Newton's method in the primal; see linear.h.
 *
 * The objective is piecewise quadratic: once the rows that err are known, one step is exact (Keerthi, DeCoste
 * 2005; Mangasarian 2002). */
#include "ml/svm/linear.h"
#include "num/blas.h"
#include <string.h>

/* By how much row i errs, signed: 0 within the margin (or the tube). */
static double error_of(const hn_svm_newton *q, int64_t i, double f) {
    double e = q->y[i] - f;
    if (q->classes) return q->y[i] * e > 0 ? e : 0;
    return e > q->epsilon ? e - q->epsilon : e < -q->epsilon ? e + q->epsilon : 0;
}

static double objective(const hn_svm_newton *q, const double *w, const double *f) {
    double sum = hn_dot(w, w, q->m) / 2, losses = 0;
    for (int64_t i = 0; i < q->n; i++) {
        double e = error_of(q, i, f[i]);
        losses += q->c[i] * e * e;
    }
    return sum + losses;
}

typedef struct newton {
    double *f, *pull, *curve;          /* [n] w . x, 2 c error, 2 c where it errs */
    double *gradient, *step, *hessian; /* [m], [m], [m, m] */
    double *moved, *trial;             /* [n] step . x, f after a step */
} newton;

static hone_status allocate(hone_ctx *ctx, const hn_svm_newton *q, newton *s) {
    HN_TRY(HN_SCRATCH_NEW(ctx, s->f, q->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->pull, q->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->curve, q->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->moved, q->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->trial, q->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->gradient, q->m));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->step, q->m));
    return HN_SCRATCH_NEW(ctx, s->hessian, q->m * q->m);
}

/* Gradient and step at w; *ret_same: the same rows err as before. */
static hone_status direction(hone_ctx *ctx, const hn_svm_newton *q, newton *s, bool *ret_same) {
    *ret_same = true;
    for (int64_t i = 0; i < q->n; i++) {
        double e = error_of(q, i, s->f[i]), curve = e != 0 ? 2 * q->c[i] : 0;
        *ret_same &= curve == s->curve[i];
        s->pull[i] = 2 * q->c[i] * e;
        s->curve[i] = curve;
    }
    HN_TRY(hn_gemv_t(ctx, q->x, q->n, q->m, s->pull, s->gradient));
    HN_TRY(hn_gram(ctx, q->x, q->n, q->m, s->curve, s->hessian));
    for (int64_t j = 0; j < q->m; j++) {
        s->gradient[j] = q->w[j] - s->gradient[j];
        s->hessian[j * q->m + j] += 1;
        s->step[j] = -s->gradient[j];
    }
    return hn_solve_spd(ctx, q->m, s->hessian, 1, s->step, NULL);
}

/* Halves the step until the objective falls as promised. */
static bool take_step(const hn_svm_newton *q, newton *s, double *value) {
    double slope = hn_dot(s->gradient, s->step, q->m), size = 1, *w = s->hessian; /* free by now */
    for (int halving = 0; halving < 40; halving++, size /= 2) {
        for (int64_t i = 0; i < q->n; i++) s->trial[i] = s->f[i] + size * s->moved[i];
        for (int64_t j = 0; j < q->m; j++) w[j] = q->w[j] + size * s->step[j];
        double next = objective(q, w, s->trial);
        if (!(next <= *value + 1e-4 * size * slope)) continue;
        memcpy(q->w, w, (size_t)q->m * sizeof *w);
        memcpy(s->f, s->trial, (size_t)q->n * sizeof *w);
        *value = next;
        return true;
    }
    return false;
}

hone_status hn_svm_newton_solve(hone_ctx *ctx, hn_svm_newton *q) {
    HN_SCRATCH(ctx);
    newton s;
    bool same;
    HN_TRY(allocate(ctx, q, &s));
    memset(q->w, 0, (size_t)q->m * sizeof *q->w);
    double value = objective(q, q->w, s.f), first = 0;
    q->converged = false;
    for (q->iterations = 0; q->iterations < q->max_iter; q->iterations++) {
        HN_TRY(hn_check_cancel(ctx));
        HN_TRY(direction(ctx, q, &s, &same));
        double largest = 0;
        for (int64_t j = 0; j < q->m; j++) largest = fmax(largest, fabs(s.gradient[j]));
        if (q->iterations == 0) first = largest;
        q->converged = (same && q->iterations > 0 && largest <= 1e-6 * first) ||
                       largest <= 1e-13 * first || largest <= q->tolerance * 1e-6;
        if (q->converged) return HONE_OK;
        HN_TRY(hn_gemv(ctx, q->x, q->n, q->m, s.step, 0, s.moved));
        if (!take_step(q, &s, &value)) { /* no step gains any more */
            q->converged = true;
            return HONE_OK;
        }
    }
    return HONE_OK;
}
