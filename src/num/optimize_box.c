/* optimize_box.c - BFGS within bounds, for few unknowns; see optimize.h.
 *
 * Unknowns at a bound that the gradient pushes out of stay there; the others move by the inverse Hessian's
 * part of theirs (two-metric projection: Bertsekas 1982), along a path that is cut at the bounds. */
#include "num/blas.h"
#include "num/optimize.h"
#include <assert.h>
#include <math.h>
#include <string.h>

typedef struct search {
    int64_t n;
    const double *low, *high;
    hn_objective *objective;
    void *arg;
    double *x, *g, *x_new, *g_new, *direction, *s, *y, *hy;
    double *h; /* [n, n] inverse Hessian */
    double value, value_new;
    bool scaled; /* h is of the problem's scale */
} search;

static bool is_held(const search *q, int64_t i) {
    return (q->x[i] <= q->low[i] && q->g[i] > 0) || (q->x[i] >= q->high[i] && q->g[i] < 0);
}

static void reset(search *q) {
    memset(q->h, 0, (size_t)(q->n * q->n) * sizeof *q->h);
    for (int64_t i = 0; i < q->n; i++) q->h[i * q->n + i] = 1;
    q->scaled = false;
}

/* Returns the largest part of the gradient that could still be followed. */
static double find_direction(search *q) {
    double largest = 0;
    for (int64_t i = 0; i < q->n; i++) {
        q->direction[i] = 0;
        if (is_held(q, i)) continue;
        double size = fabs(q->g[i]);
        if (size > largest || size != size) largest = size; /* NaN gets in and stays */
        for (int64_t j = 0; j < q->n; j++)
            if (!is_held(q, j)) q->direction[i] -= q->h[i * q->n + j] * q->g[j];
    }
    return largest;
}

static hone_status evaluate(hone_ctx *ctx, search *q, double step) {
    HN_TRY(hn_check_cancel(ctx));
    for (int64_t i = 0; i < q->n; i++)
        q->x_new[i] = fmin(fmax(q->x[i] + step * q->direction[i], q->low[i]), q->high[i]);
    return q->objective(ctx, q->arg, q->x_new, &q->value_new, q->g_new);
}

static double slope_at(const search *q, const double *g) {
    double slope = 0;
    for (int64_t i = 0; i < q->n; i++) slope += g[i] * (q->x_new[i] - q->x[i]);
    return slope;
}

/* The first step descends as steeply as at its start: longer ones, while they gain. */
static hone_status lengthen(hone_ctx *ctx, search *q, double step) {
    enum { TRIALS = 10 };
    for (int trial = 0; trial < TRIALS; trial++) {
        double value = q->value_new;
        if (!(slope_at(q, q->g_new) < 0.9 * slope_at(q, q->g))) return HONE_OK;
        memcpy(q->s, q->x_new, (size_t)q->n * sizeof *q->s);
        memcpy(q->y, q->g_new, (size_t)q->n * sizeof *q->y);
        HN_TRY(evaluate(ctx, q, step *= 2));
        if (q->value_new < value) continue;
        memcpy(q->x_new, q->s, (size_t)q->n * sizeof *q->s);
        memcpy(q->g_new, q->y, (size_t)q->n * sizeof *q->y);
        q->value_new = value;
        return HONE_OK;
    }
    return HONE_OK;
}

/* Shorter steps until one descends; *ret_found false: none does. */
static hone_status descend(hone_ctx *ctx, search *q, bool *ret_found) {
    enum { TRIALS = 30 };
    double norm = sqrt(hn_dot(q->direction, q->direction, q->n));
    double step = q->scaled || norm <= 1 ? 1 : 1 / norm;
    *ret_found = false;
    for (int trial = 0; trial < TRIALS; trial++) {
        HN_TRY(evaluate(ctx, q, step));
        double slope = slope_at(q, q->g);
        if (!(slope < 0)) return HONE_OK;
        if (q->value_new <= q->value + 1e-4 * slope) {
            *ret_found = true;
            return trial == 0 ? lengthen(ctx, q, step) : HONE_OK;
        }
        /* The minimum of the parabola through both ends. */
        double shorter = -0.5 * slope / (q->value_new - q->value - slope);
        step *= !isfinite(q->value_new) ? 0.2 : fmin(fmax(shorter, 0.1), 0.5);
    }
    return HONE_OK;
}

static void accept(search *q) {
    int64_t n = q->n;
    for (int64_t i = 0; i < n; i++) {
        q->s[i] = q->x_new[i] - q->x[i];
        q->y[i] = q->g_new[i] - q->g[i];
    }
    memcpy(q->x, q->x_new, (size_t)n * sizeof *q->x);
    memcpy(q->g, q->g_new, (size_t)n * sizeof *q->g);
    q->value = q->value_new;
    double sy = hn_dot(q->s, q->y, n), yy = hn_dot(q->y, q->y, n);
    if (!(sy > 1e-12 * yy)) return; /* no curvature in sight */
    if (!q->scaled)
        for (int64_t i = 0; i < n; i++) q->h[i * n + i] = sy / yy;
    q->scaled = true;
    for (int64_t i = 0; i < n; i++) q->hy[i] = hn_dot(q->h + i * n, q->y, n);
    double factor = (1 + hn_dot(q->y, q->hy, n) / sy) / sy;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            q->h[i * n + j] +=
                factor * q->s[i] * q->s[j] - (q->hy[i] * q->s[j] + q->s[i] * q->hy[j]) / sy;
}

hone_status hn_bfgs_box(hone_ctx *ctx, int64_t n, double *x, const double *low, const double *high,
                        hn_objective *objective, void *arg, double tolerance, double decrease,
                        int64_t max_iterations, hn_minimum *ret_minimum) {
    assert(n >= 0 && objective);
    HN_SCRATCH(ctx);
    search q = {.n = n, .low = low, .high = high, .objective = objective, .arg = arg, .x = x};
    double **arrays[] = {&q.g, &q.x_new, &q.g_new, &q.direction, &q.s, &q.y, &q.hy};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        HN_TRY(HN_SCRATCH_NEW(ctx, *arrays[i], n));
    HN_TRY(HN_SCRATCH_NEW(ctx, q.h, n * n));
    reset(&q);
    HN_TRY(evaluate(ctx, &q, 0)); /* direction is 0: x itself, drawn into the bounds */
    memcpy(q.x, q.x_new, (size_t)n * sizeof *x);
    memcpy(q.g, q.g_new, (size_t)n * sizeof *q.g);
    q.value = q.value_new;
    hn_minimum result = {0};
    for (;;) {
        result.gradient_norm = find_direction(&q);
        result.converged |= result.gradient_norm <= tolerance;
        if (result.converged || result.iterations >= max_iterations || !isfinite(q.value)) break;
        bool found;
        double before = q.value;
        HN_TRY(descend(ctx, &q, &found));
        if (!found && !q.scaled) break;
        if (!found) { /* once more, straight down */
            reset(&q);
            continue;
        }
        accept(&q);
        result.iterations++;
        double size = fmax(fmax(fabs(before), fabs(q.value)), 1);
        result.converged = before - q.value <= decrease * size;
    }
    result.value = q.value;
    *ret_minimum = result;
    return HONE_OK;
}
