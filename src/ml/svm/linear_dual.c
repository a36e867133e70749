/* linear_dual.c - coordinate descent on the dual of linear support vector machines; see linear.h.
 *
 * Hsieh et al. (2008) for classes, Ho and Lin (2012) for numbers, as one problem. Rows are visited in an
 * order drawn anew in each pass; those at a bound that are pulled beyond it by more than anything else was
 * off in the last pass are left out until the others are done. */
#include "ml/svm/linear.h"
#include "num/blas.h"
#include <string.h>

static double row_dot(const hn_svm_rows *r, int64_t i, const double *w) {
    double sum = r->dense ? hn_dot(r->dense + i * r->p, w, r->p) : hn_csr_dot(r->csr, i, w);
    return sum + r->bias * w[r->p];
}

static void row_add(const hn_svm_rows *r, int64_t i, double by, double *w) {
    w[r->p] += by * r->bias;
    if (r->dense) {
        const double *x = r->dense + i * r->p;
        for (int64_t j = 0; j < r->p; j++) w[j] += by * x[j];
        return;
    }
    for (int64_t e = r->csr->start[i]; e < r->csr->start[i + 1]; e++)
        w[r->csr->column[e]] += by * r->csr->value[e];
}

static double row_squared(const hn_svm_rows *r, int64_t i) {
    double sum = r->bias * r->bias;
    if (r->dense) return sum + hn_dot(r->dense + i * r->p, r->dense + i * r->p, r->p);
    for (int64_t e = r->csr->start[i]; e < r->csr->start[i + 1]; e++)
        sum += r->csr->value[e] * r->csr->value[e];
    return sum;
}

/* Slopes upwards and downwards from b: the kink of epsilon |b| is at 0. */
typedef struct slopes {
    double up, down;
} slopes;

static slopes slopes_at(const hn_svm_dual *d, double gradient, double b) {
    return (slopes){gradient + (b >= 0 ? d->epsilon : -d->epsilon),
                    gradient + (b > 0 ? d->epsilon : -d->epsilon)};
}

static double best_move(const hn_svm_dual *d, int64_t i, double gradient, double h, double b) {
    double up = gradient + d->epsilon, down = gradient - d->epsilon, to = 0;
    if (up < h * b)
        to = b - up / h;
    else if (down > h * b)
        to = b - down / h;
    to = to > d->upper[i] ? d->upper[i] : to;
    return (to < d->lower[i] ? d->lower[i] : to) - b;
}

typedef struct pass {
    double *b, *h;
    int64_t *order, active;
    double worst; /* violation in this pass */
    double limit; /* of the last one: rows safe by more are left out */
} pass;

static void visit_row(const hn_svm_dual *d, pass *s, int64_t *at) {
    int64_t i = s->order[*at];
    double b = s->b[i];
    double gradient = row_dot(d->rows, i, d->w) + d->ridge[i] * b - d->y[i];
    slopes slope = slopes_at(d, gradient, b);
    double rise = b < d->upper[i] ? -slope.up : -INFINITY;
    double fall = b > d->lower[i] ? slope.down : -INFINITY;
    double violation = rise > fall ? rise : fall;
    bool stuck = b == d->upper[i] || b == d->lower[i] || (b == 0 && d->epsilon > 0);
    if (stuck && violation < -s->limit) { /* the last active takes its place, and is visited next */
        s->order[*at] = s->order[--s->active];
        s->order[s->active] = i;
        (*at)--;
        return;
    }
    if (violation > s->worst) s->worst = violation;
    if (!(violation > 1e-14) || s->h[i] <= 0) return;
    double move = best_move(d, i, gradient, s->h[i], b);
    if (move == 0) return;
    s->b[i] = b + move;
    row_add(d->rows, i, move, d->w);
}

hone_status hn_svm_dual_solve(hone_ctx *ctx, hn_svm_dual *d) {
    HN_SCRATCH(ctx);
    int64_t n = d->rows->n;
    pass s = {.active = n, .limit = INFINITY};
    HN_TRY(HN_SCRATCH_NEW(ctx, s.b, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, s.h, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, s.order, n));
    memset(d->w, 0, (size_t)(d->rows->p + 1) * sizeof *d->w);
    for (int64_t i = 0; i < n; i++) {
        s.h[i] = row_squared(d->rows, i) + d->ridge[i];
        s.order[i] = i;
    }
    hn_rng rng = hn_rng_make(ctx->seed, d->stream);
    d->converged = false;
    for (d->iterations = 0; d->iterations < d->max_iter; d->iterations++) {
        HN_TRY(hn_check_cancel(ctx));
        hn_rng_shuffle(&rng, s.order, s.active);
        s.worst = 0;
        for (int64_t at = 0; at < s.active; at++) visit_row(d, &s, &at);
        s.limit = s.worst > 0 ? s.worst : INFINITY;
        if (s.worst > d->tolerance) continue;
        d->converged = s.active == n;
        if (d->converged) return HONE_OK;
        s.active = n; /* were those left out safe? */
        s.limit = INFINITY;
    }
    return HONE_OK;
}
