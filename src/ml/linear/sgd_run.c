/* sgd_run.c - see sgd_run.h. */
#include "ml/linear/sgd_run.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "num/blas.h"
#include "num/math.h"
#include "num/simd.h"
#include <string.h>

/* ---- losses --------------------------------------------------------------------------------- */

/* y is 1 or -1 for the first five. */
static double loss_at(const hn_sgd_how *how, double y, double p) {
    double z = y * p, off = fabs(y - p), e = how->epsilon;
    switch (how->loss) {
    case HN_SGD_HINGE: return fmax(1 - z, 0);
    case HN_SGD_LOG: return hn_softplus(-z);
    case HN_SGD_MODIFIED_HUBER: return z >= 1 ? 0 : z >= -1 ? (1 - z) * (1 - z) : -4 * z;
    case HN_SGD_SQUARED_HINGE: return z < 1 ? (1 - z) * (1 - z) : 0;
    case HN_SGD_PERCEPTRON: return fmax(-z, 0);
    case HN_SGD_SQUARED: return 0.5 * off * off;
    case HN_SGD_HUBER: return off <= e ? 0.5 * off * off : e * off - 0.5 * e * e;
    case HN_SGD_EPSILON_INSENSITIVE: return fmax(off - e, 0);
    case HN_SGD_SQUARED_EPSILON_INSENSITIVE: return off > e ? (off - e) * (off - e) : 0;
    }
    return 0;
}

static double slope_at(const hn_sgd_how *how, double y, double p) {
    double z = y * p, r = p - y, e = how->epsilon, sign = r > 0 ? 1 : -1;
    switch (how->loss) {
    case HN_SGD_HINGE: return z <= 1 ? -y : 0;
    case HN_SGD_LOG: return -y * hn_sigmoid(-z);
    case HN_SGD_MODIFIED_HUBER: return z >= 1 ? 0 : z >= -1 ? -2 * (1 - z) * y : -4 * y;
    case HN_SGD_SQUARED_HINGE: return z < 1 ? -2 * (1 - z) * y : 0;
    case HN_SGD_PERCEPTRON: return z <= 0 ? -y : 0;
    case HN_SGD_SQUARED: return r;
    case HN_SGD_HUBER: return fabs(r) <= e ? r : e * sign;
    case HN_SGD_EPSILON_INSENSITIVE: return fabs(r) > e ? sign : 0;
    case HN_SGD_SQUARED_EPSILON_INSENSITIVE: return fabs(r) > e ? 2 * (r - e * sign) : 0;
    }
    return 0;
}

/* ---- coefficients --------------------------------------------------------------------------- */

/* The coefficients are scale * w, their average (w * along + average) / share. */
typedef struct runner {
    const hn_sgd_how *how;
    const hn_sgd_rows *rows;
    hn_sgd_model *m;
    double *w; /* model->coef */
    double scale, along, share;
    double squares, sizes; /* sums of w^2 and |w| */
    double *own;       /* [n] squares of the rows, where nothing but steps along them changes w */
    double *taken;     /* [p] of l1 so far; NULL without */
    double due;        /* of l1, in all */
    double eta, start; /* of the optimal rate */
    bool lost;         /* steps too long have led far away */
} runner;

/* One row: its entries. Dense: column NULL. */
typedef struct entries {
    const double *value;
    const int32_t *column;
    int64_t n;
} entries;

static entries entries_of(const hn_sgd_rows *rows, int64_t i) {
    if (rows->dense) return (entries){rows->dense + i * rows->stride, NULL, rows->p};
    int64_t begin = rows->sparse->start[i];
    return (entries){rows->sparse->value + begin, rows->sparse->column + begin,
                     rows->sparse->start[i + 1] - begin};
}

static double product(entries e, const double *w) {
    if (!e.column) return hn_dot(e.value, w, e.n);
    double sum = 0;
    for (int64_t k = 0; k < e.n; k++) sum += e.value[k] * w[e.column[k]];
    return sum;
}

static void measure(runner *r) {
    r->squares = hn_dot(r->w, r->w, r->rows->p);
    r->sizes = 0;
    for (int64_t j = 0; j < r->rows->p; j++) r->sizes += fabs(r->w[j]);
}

/* Everything at its own scale again. */
static void settle(runner *r) {
    int64_t p = r->rows->p;
    double *average = r->m->average;
    for (int64_t j = 0; average && j < p; j++)
        average[j] = (average[j] + r->along * r->w[j]) / r->share;
    for (int64_t j = 0; j < p; j++) r->w[j] *= r->scale;
    r->along = 0;
    r->share = r->scale = 1;
    measure(r);
}

static void set(runner *r, int64_t j, double to) {
    double from = r->w[j];
    r->squares += to * to - from * from;
    r->sizes += fabs(to) - fabs(from);
    r->w[j] = to;
    if (r->m->average) r->m->average[j] -= r->along * (to - from);
}

HN_CLONES static void add_dense(double *restrict w, const double *restrict x, double step,
                                int64_t n) {
    HN_SIMD
    for (int64_t j = 0; j < n; j++) w[j] += step * x[j];
}

/* by times row i, whose product with w was given. */
static void add(runner *r, entries e, int64_t i, double by, double given) {
    double step = by / r->scale;
    if (r->own) {
        r->squares += step * (2 * given + step * r->own[i]);
        if (!e.column) {
            add_dense(r->w, e.value, step, e.n);
            if (r->m->average) add_dense(r->m->average, e.value, -r->along * step, e.n);
            return;
        }
        for (int64_t k = 0; k < e.n; k++) {
            r->w[e.column[k]] += step * e.value[k];
            if (r->m->average) r->m->average[e.column[k]] -= r->along * (step * e.value[k]);
        }
        return;
    }
    for (int64_t k = 0; k < e.n; k++) {
        int64_t j = e.column ? e.column[k] : k;
        set(r, j, r->w[j] + step * e.value[k]);
    }
}

static void take_average(runner *r) {
    double count = r->m->t - (double)r->how->average + 1;
    if (count > 1) r->share /= 1 - 1 / count;
    r->along += r->share / count * r->scale;
    *r->m->average_intercept += (*r->m->intercept - *r->m->average_intercept) / count;
}

/* What l1 is due from the row's coefficients since they were last seen, but not beyond 0. */
static void truncate(runner *r, entries e) {
    for (int64_t k = 0; k < e.n; k++) {
        int64_t j = e.column ? e.column[k] : k;
        double from = r->w[j], to = from;
        if (from > 0) to = fmax(0, from - (r->due + r->taken[j]) / r->scale);
        if (from < 0) to = fmin(0, from + (r->due - r->taken[j]) / r->scale);
        r->taken[j] += r->scale * (to - from);
        if (to != from) set(r, j, to);
    }
}

/* ---- rows ----------------------------------------------------------------------------------- */

static double target(const hn_sgd_rows *rows, int64_t i) {
    if (rows->positive < 0) return rows->y[i];
    return rows->y[i] == rows->positive ? 1 : -1;
}

static void set_rate(runner *r) {
    const hn_sgd_how *how = r->how;
    if (how->rate == HN_SGD_OPTIMAL) r->eta = 1 / (how->alpha * (r->start + r->m->t - 1));
    if (how->rate == HN_SGD_INVSCALING) r->eta = how->eta0 / hn_pow(r->m->t, how->power_t);
}

/* Learns from row i; returns its share of the objective before. */
static double learn(runner *r, int64_t i) {
    static const double STEEPEST = 1e12, SPARSE_DECAY = 0.01, LEAST_SCALE = 1e-9;
    const hn_sgd_how *how = r->how;
    entries e = entries_of(r->rows, i);
    double y = target(r->rows, i), given = product(e, r->w);
    double p = r->scale * given + *r->m->intercept;
    set_rate(r);
    double objective = loss_at(how, y, p);
    if (how->l1 || how->l2)
        objective += how->alpha * ((1 - how->l1_ratio) * 0.5 * r->squares * r->scale * r->scale +
                                   how->l1_ratio * r->sizes * r->scale);
    double slope = fmin(fmax(slope_at(how, y, p), -STEEPEST), STEEPEST);
    if (fabs(slope) == STEEPEST) r->lost = true;
    double update = -r->eta * slope * (r->rows->weight ? r->rows->weight[i] : 1);
    if (how->l2) {
        r->scale *= fmax(0, 1 - (1 - how->l1_ratio) * r->eta * how->alpha);
        if (r->scale < LEAST_SCALE) settle(r);
    }
    if (update != 0) add(r, e, i, update, given);
    if (how->intercept) *r->m->intercept += r->rows->sparse ? SPARSE_DECAY * update : update;
    if (how->average > 0 && (double)how->average <= r->m->t) take_average(r);
    if (how->l1) {
        r->due += how->l1_ratio * r->eta * how->alpha;
        truncate(r, e);
    }
    r->m->t += 1;
    return objective;
}

/* Accuracy or R2 on the rows held out; coefficients are settled. */
static hone_status score(hone_ctx *ctx, const runner *r, double *ret_score) {
    (void)ctx;
    const hn_sgd_rows *rows = r->rows->judge ? r->rows->judge : r->rows;
    const bool all = r->rows->judge != NULL;
    double total = 0, mean = 0, good = 0, around = 0;
    bool classes = rows->positive >= 0;
    for (int64_t i = 0; i < rows->n; i++) {
        if (!all && rows->held_out[i] != 1) continue;
        double w = rows->weight ? rows->weight[i] : 1, y = target(rows, i);
        double p = product(entries_of(rows, i), r->w) + *r->m->intercept;
        total += w;
        mean += w * y;
        good += w * (classes ? (p > 0) == (y > 0) : (y - p) * (y - p));
    }
    mean /= total;
    for (int64_t i = 0; !classes && i < rows->n; i++) {
        double y = target(rows, i);
        if (all || rows->held_out[i] == 1)
            around += (rows->weight ? rows->weight[i] : 1) * (y - mean) * (y - mean);
    }
    *ret_score = !(total > 0) ? 0 : classes ? good / total : 1 - good / around;
    return HONE_OK;
}

static bool is_finite(const runner *r) {
    double sum = *r->m->intercept;
    for (int64_t j = 0; j < r->rows->p; j++) sum += fabs(r->w[j]);
    return isfinite(sum);
}

/* Rows come in no order that the machine could foresee. */
static void fetch(const hn_sgd_rows *rows, int64_t i) {
    enum { MOST = 512, LINE = 64 };
    entries e = entries_of(rows, i);
    int64_t n = e.n < MOST ? e.n : MOST;
    for (int64_t k = 0; k < n; k += LINE / 8) __builtin_prefetch(e.value + k);
    for (int64_t k = 0; e.column && k < n; k += LINE / 4) __builtin_prefetch(e.column + k);
}

static hone_status epoch(hone_ctx *ctx, runner *r, const int64_t *order, double *ret_objective) {
    enum { CHECK = 4096, AHEAD = 2 };
    double sum = 0;
    int64_t count = 0;
    r->lost = false;
    for (int64_t k = 0; k < r->rows->n; k++) {
        if (k % CHECK == 0) HN_TRY(hn_check_cancel(ctx));
        if (k + AHEAD < r->rows->n) fetch(r->rows, order[k + AHEAD]);
        if (r->rows->held_out && r->rows->held_out[order[k]]) continue;
        sum += learn(r, order[k]);
        count++;
    }
    *ret_objective = sum / (double)(count > 0 ? count : 1);
    settle(r);
    return HONE_OK;
}

/* The rate of the first row: as long a step as a coefficient of typical size would take back. */
static double optimal_start(const hn_sgd_how *how) {
    double typical = sqrt(1 / sqrt(how->alpha));
    double first = typical / fmax(1, slope_at(how, 1, -typical));
    return 1 / (first * how->alpha);
}

static hone_status lost(hone_ctx *ctx, const char *kind, int64_t epoch_number) {
    return hn_fail(ctx, HONE_ERROR_DATA,
                   "%s: the coefficients grew beyond all bounds (epoch %lld); put a standard_scale "
                   "step before it, or lower 'eta0'",
                   kind, (long long)epoch_number);
}

static hone_status square_rows(hone_ctx *ctx, const hn_sgd_rows *rows, double **ret_squares) {
    HN_TRY(HN_SCRATCH_NEW(ctx, *ret_squares, rows->n));
    for (int64_t i = 0; i < rows->n; i++) {
        entries e = entries_of(rows, i);
        (*ret_squares)[i] = hn_dot(e.value, e.value, e.n);
    }
    return HONE_OK;
}

hone_status hn_sgd_run(hone_ctx *ctx, const char *kind, const hn_sgd_how *how,
                       const hn_sgd_rows *rows, hn_sgd_model *model) {
    HN_SCRATCH(ctx);
    runner r = {.how = how,
                .rows = rows,
                .m = model,
                .w = model->coef,
                .scale = 1,
                .share = 1,
                .eta = how->eta0};
    int64_t *order;
    HN_TRY(HN_SCRATCH_NEW(ctx, order, rows->n + 1));
    if (how->l1) HN_TRY(HN_SCRATCH_NEW(ctx, r.taken, rows->p));
    if (!how->l1) HN_TRY(square_rows(ctx, rows, &r.own));
    if (how->rate == HN_SGD_OPTIMAL) r.start = optimal_start(how);
    measure(&r);
    for (int64_t i = 0; i < rows->n; i++) order[i] = i;
    double best = INFINITY;
    int64_t worse = 0;
    for (model->epochs = 1;; model->epochs++) {
        double value;
        hn_rng rng = hn_rng_make(ctx->seed, hn_stream("sgd.epoch", (uint64_t)model->t));
        if (how->shuffle) hn_rng_order(&rng, order, rows->n);
        HN_TRY(epoch(ctx, &r, order, &value));
        hn_progress(ctx, "epochs", model->epochs, how->max_iter, "epochs");
        if (!is_finite(&r)) return lost(ctx, kind, model->epochs);
        if (how->by_score) {
            HN_TRY(score(ctx, &r, &value));
            value = -value;
        }
        worse = how->tolerance >= 0 && value > best - how->tolerance ? worse + 1 : 0;
        best = fmin(best, value);
        if (worse >= how->patience) {
            if (how->rate != HN_SGD_ADAPTIVE || !(r.eta > 1e-6)) break;
            r.eta /= 5;
            worse = 0;
        }
        if (model->epochs >= how->max_iter) break;
    }
    return r.lost ? lost(ctx, kind, model->epochs) : HONE_OK;
}
