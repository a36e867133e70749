/* linear_primal.c - coordinate descent for the squared hinge with an L1 penalty; see linear.h.
 *
 * Chang, Hsieh, Lin (2008); Yuan et al. (2010). For one coordinate the loss is piecewise quadratic: a Newton
 * step on it with the penalty, shortened until the objective falls enough. */
#include "ml/svm/linear.h"
#include <string.h>

/* Feature j's value by row: of column j, or the intercept's for j = features. */
typedef struct entries {
    int64_t n;
    const int32_t *row;  /* NULL: all in order */
    const double *value; /* NULL: all the same */
    double same;
} entries;

static entries entries_of(const hn_svm_primal *q, int64_t j) {
    const hn_svm_rows *c = q->columns;
    if (j == c->n) return (entries){.n = c->p, .same = q->bias};
    if (c->dense) return (entries){.n = c->p, .value = c->dense + j * c->p};
    int64_t begin = c->csr->start[j];
    return (entries){c->csr->start[j + 1] - begin, c->csr->column + begin, c->csr->value + begin,
                     0};
}

static inline int64_t row_at(const entries *e, int64_t k) { return e->row ? e->row[k] : k; }
static inline double value_at(const entries *e, int64_t k) {
    return e->value ? e->value[k] : e->same;
}

/* Slope and curvature of the loss along a coordinate; short_by[i] = 1 - y_i w . x_i. */
static void derivatives(const hn_svm_primal *q, const entries *e, const double *short_by,
                        double *ret_slope, double *ret_curvature) {
    double slope = 0, curvature = 0;
    for (int64_t k = 0; k < e->n; k++) {
        int64_t i = row_at(e, k);
        if (!(short_by[i] > 0)) continue;
        double v = value_at(e, k), cv = q->c[i] * v;
        slope -= cv * q->y[i] * short_by[i];
        curvature += cv * v;
    }
    *ret_slope = 2 * slope;
    *ret_curvature = fmax(2 * curvature, 1e-12);
}

/* By how much the loss changes: row by row, as the difference of two sums would drown in rounding. */
static double change_along(const hn_svm_primal *q, const entries *e, const double *short_by,
                           double by) {
    double sum = 0;
    for (int64_t k = 0; k < e->n; k++) {
        int64_t i = row_at(e, k);
        double s = short_by[i] - by * q->y[i] * value_at(e, k);
        double now = s > 0 ? s : 0, was = short_by[i] > 0 ? short_by[i] : 0;
        sum += q->c[i] * (now - was) * (now + was);
    }
    return sum;
}

/* What bounds that change: the curvature is at most 2 * steepest. */
static double steepest_of(const hn_svm_primal *q, const entries *e) {
    double sum = 0;
    for (int64_t k = 0; k < e->n; k++) sum += q->c[row_at(e, k)] * value_at(e, k) * value_at(e, k);
    return sum;
}

/* What a coordinate is off by: the least of the subgradient. */
static double violation(double w, double slope) {
    if (w > 0) return fabs(slope + 1);
    if (w < 0) return fabs(slope - 1);
    return fmax(fmax(-1 - slope, slope - 1), 0);
}

static void move(const hn_svm_primal *q, int64_t j, const entries *e, double *short_by,
                 double slope, double h, double steepest) {
    enum { HALVINGS = 20 };
    double w = q->w[j], d = -w;
    if (slope + 1 < h * w)
        d = -(slope + 1) / h;
    else if (slope - 1 > h * w)
        d = -(slope - 1) / h;
    if (fabs(d) < 1e-14) return;
    double promise = fabs(w + d) - fabs(w) + slope * d;
    for (int halvings = 0;; halvings++) {
        double owed = fabs(w + d) - fabs(w) - 0.01 * promise;
        if (slope * d + steepest * d * d + owed <= 0) break; /* sure without looking */
        if (change_along(q, e, short_by, d) + owed <= 0) break;
        if (halvings == HALVINGS) return;
        d /= 2;
        promise /= 2;
    }
    q->w[j] = w + d;
    for (int64_t k = 0; k < e->n; k++)
        short_by[row_at(e, k)] -= d * q->y[row_at(e, k)] * value_at(e, k);
}

hone_status hn_svm_primal_solve(hone_ctx *ctx, hn_svm_primal *q) {
    HN_SCRATCH(ctx);
    int64_t features = q->columns->n + (q->bias != 0), rows = q->columns->p;
    int64_t *order, active = features;
    double *short_by, *steepest, limit = INFINITY;
    HN_TRY(HN_SCRATCH_NEW(ctx, order, features));
    HN_TRY(HN_SCRATCH_NEW(ctx, short_by, rows));
    HN_TRY(HN_SCRATCH_NEW(ctx, steepest, features));
    memset(q->w, 0, (size_t)(q->columns->n + 1) * sizeof *q->w);
    for (int64_t i = 0; i < rows; i++) short_by[i] = 1;
    for (int64_t j = 0; j < features; j++) {
        entries e = entries_of(q, j);
        steepest[j] = steepest_of(q, &e);
        order[j] = j;
    }
    hn_rng rng = hn_rng_make(ctx->seed, q->stream);
    q->converged = false;
    for (q->iterations = 0; q->iterations < q->max_iter; q->iterations++) {
        HN_TRY(hn_check_cancel(ctx));
        hn_rng_shuffle(&rng, order, active);
        double worst = 0;
        for (int64_t at = 0; at < active; at++) {
            int64_t j = order[at];
            entries e = entries_of(q, j);
            double slope, curvature;
            derivatives(q, &e, short_by, &slope, &curvature);
            double off = violation(q->w[j], slope);
            if (q->w[j] == 0 && 1 - fabs(slope) > limit) { /* safely 0: left out for now */
                order[at--] = order[--active];
                order[active] = j;
                continue;
            }
            if (off > worst) worst = off;
            if (off > 0) move(q, j, &e, short_by, slope, curvature, steepest[j]);
        }
        limit = worst / (double)rows; /* slopes are sums over rows: what moves one moves others */
        if (worst > q->tolerance) continue;
        q->converged = active == features;
        if (q->converged) return HONE_OK;
        active = features;
        limit = INFINITY;
    }
    return HONE_OK;
}
