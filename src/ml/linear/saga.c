/* saga.c - see saga.h. Defazio, Bach, Lacoste-Julien (2014), SAGA: a fast incremental gradient method with
 * support for non-strongly convex composite objectives.
 *
 * Both penalties are in the proximal step: theta <- shrink(theta - rate * gradient, rate * l1) / (1 + rate * l2).
 * Of a sparse row only the coefficients of its own columns are touched. The others move in each step too, but
 * by a mean gradient that stays as it is until a row touches them, so they are brought up to date then, all steps
 * at once: while the sign stays, each step is one linear map. */
#include "ml/linear/saga.h"
#include "base/rng.h"
#include "num/blas.h"
#include "num/l1_quadratic.h"
#include "num/math.h"
#include "num/simd.h"
#include "table/rows.h"
#include <math.h>
#include <string.h>

typedef struct saga {
    const hn_problem *p;
    const double *dense; /* rows of f, each stride after the last, or */
    int64_t stride;
    const hn_csr *sparse; /* the rows */
    int64_t n, f, k;
    double rate, shrink, keep; /* shrink = rate * l1, keep = 1 / (1 + rate * l2) */
    double *coef, *mean; /* dense [k, f], sparse [f, k]: coefficients, mean of stored gradients */
    double *intercept, *intercept_mean; /* [k] */
    double *slope;          /* [n, k]: w * dloss / deta of each row when it was last drawn */
    double *eta, *change;   /* [k] */
    int64_t step, *seen;    /* sparse: steps taken, and to which [f] coefficients are up to date */
    double *power, *series; /* [n + 1] keep^m, and rate * (keep + ... + keep^m) */
} saga;

/* ---- one row -------------------------------------------------------------------------------- */

/* eta to w * (probability - whether it is the row's class). */
static void to_slopes(const saga *s, int64_t i, double *eta) {
    double w = s->p->design->weight[i], y = s->p->design->y[i];
    if (s->k == 1) {
        eta[0] = w * (hn_sigmoid(eta[0]) - y);
        return;
    }
    hn_softmax(eta, s->k);
    for (int64_t c = 0; c < s->k; c++) eta[c] = w * (eta[c] - (y == (double)c ? 1.0 : 0.0));
}

static void predict_row(const saga *s, int64_t i, double *eta) {
    memcpy(eta, s->intercept, (size_t)s->k * sizeof *eta);
    if (s->dense) {
        for (int64_t c = 0; c < s->k; c++)
            eta[c] += hn_dot(s->dense + i * s->stride, s->coef + c * s->f, s->f);
        return;
    }
    const hn_csr *m = s->sparse;
    for (int64_t at = m->start[i]; at < m->start[i + 1]; at++)
        for (int64_t c = 0; c < s->k; c++)
            eta[c] += m->value[at] * s->coef[m->column[at] * s->k + c];
}

/* ---- dense ---------------------------------------------------------------------------------- */

/* One output's coefficients by a step along by * x + rate * mean, and their mean gradient by add * x. */
HN_CLONES static void move_dense(const saga *s, const double *restrict x, double by, double add,
                                 double *restrict coef, double *restrict mean) {
    double rate = s->rate, shrink = s->shrink, keep = s->keep;
    HN_SIMD
    for (int64_t j = 0; j < s->f; j++) {
        double z = coef[j] - by * x[j] - rate * mean[j], size = fabs(z) - shrink;
        size = size > 0 ? size * keep : 0;
        coef[j] = z < 0 ? -size : size;
        mean[j] += add * x[j];
    }
}

/* ---- sparse --------------------------------------------------------------------------------- */

/* x after m steps along a gradient that stays. */
static double drift(const saga *s, double x, double gradient, int64_t m) {
    double l1 = s->p->l1;
    while (m > 0) {
        if (x == 0 && fabs(gradient) <= l1) return 0;
        /* On this side of 0 the penalty pulls so, and every step is x <- keep * (x - rate * pull). */
        double side = x > 0 || (x == 0 && gradient < 0) ? 1 : -1, pull = gradient + side * l1;
        double end = s->power[m] * x - s->series[m] * pull;
        if (end * side > 0) return end;
        int64_t low = 0,
                high = m; /* it comes to 0 or beyond between these; the way there has no turn */
        while (high - low > 1) {
            int64_t middle = low + (high - low) / 2;
            bool still = (s->power[middle] * x - s->series[middle] * pull) * side > 0;
            *(still ? &low : &high) = middle;
        }
        x = s->power[low] * x - s->series[low] * pull;
        x = hn_shrink(x - s->rate * gradient, s->shrink) * s->keep;
        m -= low + 1;
    }
    return x;
}

static void catch_up(const saga *s, int64_t j) {
    int64_t late = s->step - s->seen[j];
    if (late == 0) return;
    for (int64_t c = j * s->k; c < (j + 1) * s->k; c++)
        s->coef[c] = drift(s, s->coef[c], s->mean[c], late);
    s->seen[j] = s->step;
}

static void move_sparse(const saga *s, int64_t i, double by, double add) {
    const hn_csr *m = s->sparse;
    for (int64_t at = m->start[i]; at < m->start[i + 1]; at++) {
        int64_t j = m->column[at];
        double *coef = s->coef + j * s->k, *mean = s->mean + j * s->k, v = m->value[at];
        for (int64_t c = 0; c < s->k; c++) {
            double z = coef[c] - by * s->change[c] * v - s->rate * mean[c];
            coef[c] = hn_shrink(z, s->shrink) * s->keep;
            mean[c] += add * s->change[c] * v;
        }
        s->seen[j] = s->step + 1;
    }
}

/* ---- steps ---------------------------------------------------------------------------------- */

/* With row i drawn: its new gradient less the one stored, as if all rows had it, plus the mean of those stored. */
static void learn(saga *s, int64_t i) {
    double total = s->p->design->total, by = s->rate * (double)s->n / total, add = 1 / total;
    double *stored = s->slope + i * s->k;
    const hn_csr *m = s->sparse;
    for (int64_t at = m ? m->start[i] : 0; m && at < m->start[i + 1]; at++)
        catch_up(s, m->column[at]);
    predict_row(s, i, s->eta);
    to_slopes(s, i, s->eta);
    for (int64_t c = 0; c < s->k; c++) {
        s->change[c] = s->eta[c] - stored[c];
        stored[c] = s->eta[c];
    }
    if (m) move_sparse(s, i, by, add);
    for (int64_t c = 0; c < s->k; c++) {
        double d = s->change[c];
        if (s->dense)
            move_dense(s, s->dense + i * s->stride, by * d, add * d, s->coef + c * s->f,
                       s->mean + c * s->f);
        if (!s->p->intercept) continue;
        s->intercept[c] -= by * d + s->rate * s->intercept_mean[c];
        s->intercept_mean[c] += add * d;
    }
    s->step++;
}

static hone_status epoch(hone_ctx *ctx, saga *s, int64_t number) {
    enum { BATCH = 64, LINES = 8, LINE = 8 };
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("saga.epoch", (uint64_t)number));
    int64_t drawn[BATCH];
    for (int64_t begin = 0; begin < s->n; begin += BATCH) {
        int64_t count = s->n - begin < BATCH ? s->n - begin : BATCH;
        HN_TRY(hn_check_cancel(ctx));
        for (int64_t b = 0; b < count; b++) drawn[b] = hn_rng_below(&rng, s->n);
        for (int64_t b = 0; b < count; b++) {
            const double *next =
                s->dense ? s->dense + drawn[b + 1 < count ? b + 1 : b] * s->stride : NULL;
            for (int64_t j = 0; next && j < LINES * LINE && j < s->f; j += LINE)
                __builtin_prefetch(next + j);
            learn(s, drawn[b]);
        }
    }
    for (int64_t j = 0; s->sparse && j < s->f; j++) {
        catch_up(s, j);
        s->seen[j] = 0;
    }
    s->step = 0;
    return HONE_OK;
}

/* ---- to and from a problem's coefficients ---------------------------------------------------- */

static int64_t place(const saga *s, int64_t c, int64_t j) {
    return s->dense ? c * s->f + j : j * s->k + c;
}

/* coef and intercept of the one and theta [dim] of the other. */
static void put(const saga *s, const double *coef, const double *intercept, double *theta) {
    for (int64_t c = 0; c < s->k; c++) {
        double *row = theta + c * s->p->stride;
        for (int64_t j = 0; j < s->f; j++) row[j] = coef[place(s, c, j)];
        if (s->p->intercept) row[s->f] = intercept[c];
    }
}

/* Starts from theta: the stored gradients are those there. */
static void start(saga *s, const double *theta) {
    double total = s->p->design->total;
    for (int64_t c = 0; c < s->k; c++) {
        for (int64_t j = 0; j < s->f; j++) s->coef[place(s, c, j)] = theta[c * s->p->stride + j];
        if (s->p->intercept) s->intercept[c] = theta[c * s->p->stride + s->f];
    }
    for (int64_t i = 0; i < s->n; i++) {
        double *slope = s->slope + i * s->k;
        predict_row(s, i, slope);
        to_slopes(s, i, slope);
        for (int64_t c = 0; c < s->k; c++) {
            double by = slope[c] / total;
            s->intercept_mean[c] += by;
            for (int64_t j = 0; s->dense && j < s->f; j++)
                s->mean[c * s->f + j] += by * s->dense[i * s->stride + j];
            for (int64_t at = s->dense ? 0 : s->sparse->start[i];
                 !s->dense && at < s->sparse->start[i + 1]; at++)
                s->mean[s->sparse->column[at] * s->k + c] += by * s->sparse->value[at];
        }
    }
}

/* A row's loss bends by at most a quarter (two classes) or half of its square: the steepest row sets the rate, as
 * in the paper. */
static double rate_of(const saga *s) {
    double bend = s->k == 1 ? 0.25 : 0.5, most = 0, n = (double)s->n;
    for (int64_t i = 0; i < s->n; i++) {
        double square = s->p->intercept;
        if (s->dense) square += hn_dot(s->dense + i * s->stride, s->dense + i * s->stride, s->f);
        for (int64_t at = s->dense ? 0 : s->sparse->start[i];
             !s->dense && at < s->sparse->start[i + 1]; at++)
            square += s->sparse->value[at] * s->sparse->value[at];
        most = fmax(most, bend * square * s->p->design->weight[i] * n / s->p->design->total);
    }
    return most > 0 ? fmax(1 / (3 * most), 1 / (2 * (n * s->p->l2 + most))) : 1;
}

static hone_status make(hone_ctx *ctx, const hn_problem *p, const hn_table *x, saga *s) {
    *s = (saga){.p = p, .n = x->n_rows, .f = x->n_columns, .k = p->n_outputs, .sparse = x->csr};
    if (!x->csr) HN_TRY(hn_table_need_rows(ctx, ctx->scratch, x, &s->dense, &s->stride));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->coef, s->k * s->f));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->mean, s->k * s->f));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->slope, s->n * s->k));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->intercept, s->k));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->intercept_mean, s->k));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->eta, s->k));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->change, s->k));
    s->rate = rate_of(s);
    s->shrink = s->rate * p->l1;
    s->keep = 1 / (1 + s->rate * p->l2);
    if (s->dense) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(ctx, s->seen, s->f));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->power, s->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->series, s->n + 1));
    s->power[0] = 1;
    for (int64_t m = 1; m <= s->n; m++) {
        s->power[m] = s->power[m - 1] * s->keep;
        s->series[m] = s->series[m - 1] + s->rate * s->power[m];
    }
    return HONE_OK;
}

hone_status hn_problem_saga(hone_ctx *ctx, const hn_problem *p, const hn_table *x, double tolerance,
                            int64_t max_iter, double *theta, hn_problem_end *ret_end) {
    HN_SCRATCH(ctx);
    saga s;
    double *gradient;
    hn_problem_end end = {0};
    HN_TRY(make(ctx, p, x, &s));
    HN_TRY(HN_SCRATCH_NEW(ctx, gradient, p->dim));
    start(&s, theta);
    while (!end.converged && end.iterations < max_iter) {
        HN_TRY(epoch(ctx, &s, end.iterations++));
        hn_progress(ctx, "saga", end.iterations, max_iter, "epochs");
        put(&s, s.coef, s.intercept, theta);
        put(&s, s.mean, s.intercept_mean, gradient);
        for (int64_t i = 0; i < p->dim; i++)
            if (hn_problem_penalised(p, i)) gradient[i] += p->l2 * theta[i];
        /* The stored gradients are near enough to tell when the true one is worth its pass. */
        end.residual = hn_problem_residual(p, theta, gradient);
        if (!(end.residual <= tolerance) && end.iterations < max_iter) continue;
        HN_TRY(hn_problem_pass(ctx, p, theta, &end.value, gradient, NULL));
        end.residual = hn_problem_residual(p, theta, gradient);
        end.value += hn_problem_l1(p, theta);
        end.converged = end.residual <= tolerance;
    }
    *ret_end = end;
    return HONE_OK;
}
