/* optimize.c - L-BFGS with a strong-Wolfe line search, and OWL-QN for an l1 penalty.
 *
 * The inverse Hessian is the two-loop recursion over the last PAIRS steps. The line search is
 * Nocedal and Wright's (algorithms 3.5, 3.6) with cubic interpolation. With a penalty (Andrew, Gao
 * 2007) the gradient is replaced by the pseudo-gradient, the direction is cut to its orthant, and
 * steps are projected onto the orthant and halved until they descend. All sums are hn_dot's. */
#include "num/optimize.h"
#include "num/blas.h"
#include <assert.h>
#include <math.h>
#include <string.h>

enum { PAIRS = 10, MAX_TRIALS = 40 };

static const double ARMIJO = 1e-4, CURVATURE = 0.9;

typedef struct search {
    hone_ctx *ctx;
    int64_t n;
    hn_objective *objective;
    void *arg;
    const double *l1;
    double *x, *g;         /* where we are */
    double *x_new, *g_new; /* where a trial step leads */
    double *pseudo;        /* the gradient that counts: g, or g with the penalty's */
    double *direction, *orthant;
    double value, value_new; /* with the penalty */
    double *s[PAIRS], *y[PAIRS], rho[PAIRS];
    int64_t pairs; /* ever kept; pair i stands at i % PAIRS */
} search;

static hone_status make_search(hone_ctx *ctx, int64_t n, search *q) {
    double **arrays[] = {&q->g, &q->x_new, &q->g_new, &q->pseudo, &q->direction, &q->orthant};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        HN_TRY(HN_SCRATCH_NEW(ctx, *arrays[i], n));
    for (int i = 0; i < PAIRS; i++) {
        HN_TRY(HN_SCRATCH_NEW(ctx, q->s[i], n));
        HN_TRY(HN_SCRATCH_NEW(ctx, q->y[i], n));
    }
    return HONE_OK;
}

static hone_status evaluate(search *q, const double *x, double *ret_value, double *ret_gradient) {
    HN_TRY(hn_check_cancel(q->ctx));
    double value;
    HN_TRY(q->objective(q->ctx, q->arg, x, &value, ret_gradient));
    if (q->l1)
        for (int64_t i = 0; i < q->n; i++) value += q->l1[i] * fabs(x[i]);
    *ret_value = value;
    return HONE_OK;
}

/* The steepest of the one-sided slopes at a kink, 0 where both lead up. */
static void find_pseudo_gradient(search *q) {
    for (int64_t i = 0; i < q->n; i++) {
        double g = q->g[i], l1 = q->l1 ? q->l1[i] : 0;
        if (l1 == 0)
            q->pseudo[i] = g;
        else if (q->x[i] != 0)
            q->pseudo[i] = g + copysign(l1, q->x[i]);
        else if (g + l1 < 0)
            q->pseudo[i] = g + l1;
        else if (g - l1 > 0)
            q->pseudo[i] = g - l1;
        else
            q->pseudo[i] = 0;
    }
}

static double largest(const double *g, int64_t n) {
    double norm = 0;
    for (int64_t i = 0; i < n; i++) {
        double a = fabs(g[i]);
        if (a > norm || a != a) norm = a; /* NaN gets in and stays */
    }
    return norm;
}

/* direction = -H pseudo. */
static void find_direction(search *q) {
    int64_t n = q->n, kept = q->pairs < PAIRS ? q->pairs : PAIRS;
    double *d = q->direction, alpha[PAIRS];
    for (int64_t i = 0; i < n; i++) d[i] = -q->pseudo[i];
    for (int64_t k = q->pairs - 1; k >= q->pairs - kept; k--) {
        int64_t at = k % PAIRS;
        alpha[at] = q->rho[at] * hn_dot(q->s[at], d, n);
        for (int64_t i = 0; i < n; i++) d[i] -= alpha[at] * q->y[at][i];
    }
    if (kept > 0) {
        int64_t at = (q->pairs - 1) % PAIRS;
        double scale = 1 / (q->rho[at] * hn_dot(q->y[at], q->y[at], n));
        for (int64_t i = 0; i < n; i++) d[i] *= scale;
    }
    for (int64_t k = q->pairs - kept; k < q->pairs; k++) {
        int64_t at = k % PAIRS;
        double beta = q->rho[at] * hn_dot(q->y[at], d, n);
        for (int64_t i = 0; i < n; i++) d[i] += q->s[at][i] * (alpha[at] - beta);
    }
    if (!q->l1) return;
    for (int64_t i = 0; i < n; i++)
        if (q->l1[i] != 0 && d[i] * q->pseudo[i] >= 0) d[i] = 0;
}

/* ---- line searches -------------------------------------------------------------------------- */

/* A point along the direction. */
typedef struct trial {
    double step, value, slope;
} trial;

static hone_status try_step(search *q, double step, trial *ret) {
    for (int64_t i = 0; i < q->n; i++) q->x_new[i] = q->x[i] + step * q->direction[i];
    HN_TRY(evaluate(q, q->x_new, &q->value_new, q->g_new));
    *ret = (trial){step, q->value_new, hn_dot(q->g_new, q->direction, q->n)};
    return HONE_OK;
}

/* Minimum of the cubic through two trials, kept off the ends of the interval. */
static double interpolate(trial a, trial b) {
    double low = fmin(a.step, b.step), high = fmax(a.step, b.step), width = high - low;
    double d1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.step - b.step);
    double d2 = d1 * d1 - a.slope * b.slope;
    double step = low + 0.5 * width;
    if (d2 >= 0) {
        d2 = copysign(sqrt(d2), b.step - a.step);
        double cubic =
            b.step - (b.step - a.step) * (b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2);
        if (cubic > low + 0.1 * width && cubic < high - 0.1 * width)
            step = cubic;
        else if (cubic <= low + 0.1 * width)
            step = low + 0.1 * width;
        else if (cubic >= high - 0.1 * width)
            step = high - 0.1 * width;
    }
    return step;
}

static bool enough(trial start, trial t) {
    return t.value <= start.value + ARMIJO * t.step * start.slope;
}

/* low has the lowest value so far that descends enough; the minimum lies between low and high. */
static hone_status zoom(search *q, trial start, trial low, trial high, int trials,
                        bool *ret_found) {
    trial t = low;
    for (; trials < MAX_TRIALS; trials++) {
        if (fabs(high.step - low.step) <= 1e-14 * fmax(low.step, high.step)) break;
        double step = isfinite(high.value) && isfinite(high.slope) ? interpolate(low, high)
                                                                   : 0.5 * (low.step + high.step);
        HN_TRY(try_step(q, step, &t));
        if (!enough(start, t) || !(t.value < low.value)) {
            high = t;
            continue;
        }
        if (fabs(t.slope) <= -CURVATURE * start.slope) {
            *ret_found = true;
            return HONE_OK;
        }
        if (t.slope * (high.step - low.step) >= 0) high = low;
        low = t;
    }
    /* No curvature in sight (rounding): any descent will do. */
    *ret_found = low.step > 0 && low.value < start.value;
    return *ret_found && t.step != low.step ? try_step(q, low.step, &t) : HONE_OK;
}

static hone_status search_wolfe(search *q, double step, bool *ret_found) {
    trial start = {0, q->value, hn_dot(q->g, q->direction, q->n)}, last = start, t;
    *ret_found = false;
    if (!(start.slope < 0)) return HONE_OK;
    for (int trials = 0; trials < MAX_TRIALS; trials++) {
        HN_TRY(try_step(q, step, &t));
        if (!enough(start, t) || (trials > 0 && !(t.value < last.value)))
            return zoom(q, start, last, t, trials, ret_found);
        if (fabs(t.slope) <= -CURVATURE * start.slope) {
            *ret_found = true;
            return HONE_OK;
        }
        if (t.slope >= 0) return zoom(q, start, t, last, trials, ret_found);
        last = t;
        step *= 2;
    }
    *ret_found = true; /* descending as far as we care to follow */
    return HONE_OK;
}

/* OWL-QN: steps end where they would leave the orthant. */
static hone_status search_orthant(search *q, double step, bool *ret_found) {
    *ret_found = false;
    for (int64_t i = 0; i < q->n; i++) q->orthant[i] = q->x[i] != 0 ? q->x[i] : -q->pseudo[i];
    for (int trials = 0; trials < MAX_TRIALS; trials++, step *= 0.5) {
        double slope = 0;
        for (int64_t i = 0; i < q->n; i++) {
            double x = q->x[i] + step * q->direction[i];
            if (q->l1[i] != 0 && x * q->orthant[i] <= 0) x = 0;
            q->x_new[i] = x;
            slope += q->pseudo[i] * (x - q->x[i]);
        }
        if (!(slope < 0)) return HONE_OK;
        HN_TRY(evaluate(q, q->x_new, &q->value_new, q->g_new));
        if (q->value_new <= q->value + ARMIJO * slope) {
            *ret_found = true;
            return HONE_OK;
        }
    }
    return HONE_OK;
}

/* Keep the step just made, if its curvature is positive, and go there. */
static void accept(search *q) {
    int64_t at = q->pairs % PAIRS;
    for (int64_t i = 0; i < q->n; i++) {
        q->s[at][i] = q->x_new[i] - q->x[i];
        q->y[at][i] = q->g_new[i] - q->g[i];
    }
    double sy = hn_dot(q->s[at], q->y[at], q->n), yy = hn_dot(q->y[at], q->y[at], q->n);
    if (sy > 1e-16 * yy) {
        q->rho[at] = 1 / sy;
        q->pairs++;
    }
    memcpy(q->x, q->x_new, (size_t)q->n * sizeof *q->x);
    memcpy(q->g, q->g_new, (size_t)q->n * sizeof *q->g);
    q->value = q->value_new;
}

hone_status hn_lbfgs(hone_ctx *ctx, int64_t n, double *x, hn_objective *objective, void *arg,
                     const double *l1, double tolerance, int64_t max_iterations,
                     hn_minimum *ret_minimum) {
    assert(n >= 0 && objective);
    HN_SCRATCH(ctx);
    search q = {.ctx = ctx, .n = n, .objective = objective, .arg = arg, .l1 = l1};
    HN_TRY(HN_SCRATCH_NEW(ctx, q.x, n));
    HN_TRY(make_search(ctx, n, &q));
    memcpy(q.x, x, (size_t)n * sizeof *x);
    HN_TRY(evaluate(&q, q.x, &q.value, q.g));
    hn_minimum result = {0};
    for (;;) {
        find_pseudo_gradient(&q);
        result.gradient_norm = largest(q.pseudo, n);
        result.converged = result.gradient_norm <= tolerance;
        if (result.converged || result.iterations >= max_iterations || !isfinite(q.value)) break;
        find_direction(&q);
        /* Nothing is known of the scale at first: a step of length at most 1. */
        double step = q.pairs > 0 ? 1 : fmin(1, 1 / sqrt(hn_dot(q.pseudo, q.pseudo, n)));
        bool found;
        HN_TRY(l1 ? search_orthant(&q, step, &found) : search_wolfe(&q, step, &found));
        if (!found && q.pairs == 0) break;
        if (!found) { /* once more, straight down */
            q.pairs = 0;
            continue;
        }
        accept(&q);
        result.iterations++;
    }
    memcpy(x, q.x, (size_t)n * sizeof *x);
    result.value = q.value;
    *ret_minimum = result;
    return HONE_OK;
}
