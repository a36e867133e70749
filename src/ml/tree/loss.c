/* loss.c - losses of boosting; see loss.h. */
#include "ml/tree/loss.h"
#include "ml/tree/rank.h"
#include "num/math.h"
#include "num/simd.h"
#include "num/sort.h"
#include <assert.h>

enum { GRAIN = 16384, PIECE = 512 };

bool hn_loss_unit_hessian(const hn_loss *loss) {
    return !loss->weight && (loss->kind == HN_LOSS_SQUARED || hn_loss_renews(loss));
}

bool hn_loss_renews(const hn_loss *loss) {
    return loss->kind == HN_LOSS_ABSOLUTE || loss->kind == HN_LOSS_QUANTILE;
}

static double quantile_of(const hn_loss *loss) {
    return loss->kind == HN_LOSS_ABSOLUTE ? 0.5 : loss->quantile;
}

/* ---- quantiles ------------------------------------------------------------------------------ */

static hone_status weighted_quantile(hone_ctx *ctx, double *values, const double *weights,
                                     int64_t n, double q, double *ret_value) {
    if (!weights) {
        HN_TRY(hn_sort_f64(ctx, values, n));
        *ret_value = hn_quantile_sorted(values, n, q);
        return HONE_OK;
    }
    int64_t *order;
    double *v, *w;
    HN_TRY(HN_SCRATCH_NEW(ctx, order, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, v, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, w, n));
    HN_TRY(hn_argsort_f64(ctx, values, n, order));
    bool equal = true;
    for (int64_t i = 0; i < n; i++) {
        v[i] = values[order[i]];
        w[i] = weights[order[i]];
        equal &= w[i] == w[0] && w[i] > 0;
    }
    /* Equal weights give what no weights give. */
    *ret_value = equal ? hn_quantile_sorted(v, n, q) : hn_weighted_quantile_sorted(v, w, n, q);
    return HONE_OK;
}

hone_status hn_loss_renewed(hone_ctx *ctx, const hn_loss *loss, const double *scores,
                            const hn_item *items, int64_t n, double *ret_value) {
    HN_SCRATCH(ctx);
    double *values, *weights = NULL;
    HN_TRY(HN_SCRATCH_NEW(ctx, values, n));
    if (loss->weight) HN_TRY(HN_SCRATCH_NEW(ctx, weights, n));
    for (int64_t i = 0; i < n; i++) {
        values[i] = loss->y[items[i].row] - scores[items[i].row];
        if (weights) weights[i] = loss->weight[items[i].row];
    }
    return weighted_quantile(ctx, values, weights, n, quantile_of(loss), ret_value);
}

/* ---- start ---------------------------------------------------------------------------------- */

static hone_status start_quantile(hone_ctx *ctx, const hn_loss *loss, const int64_t *rows,
                                  int64_t n, double *ret_start) {
    HN_SCRATCH(ctx);
    double *values, *weights = NULL;
    HN_TRY(HN_SCRATCH_NEW(ctx, values, n));
    if (loss->weight) HN_TRY(HN_SCRATCH_NEW(ctx, weights, n));
    for (int64_t i = 0; i < n; i++) {
        int64_t row = rows ? rows[i] : i;
        values[i] = loss->y[row];
        if (weights) weights[i] = loss->weight[row];
    }
    return weighted_quantile(ctx, values, weights, n, quantile_of(loss), ret_start);
}

/* Log-odds or log-probability of the classes; a class that is not there counts as a tiny bit. */
static void start_classes(const hn_loss *loss, const double *sums, double total, double *start) {
    if (loss->kind == HN_LOSS_LOGISTIC) {
        double p = sums[1] / total;
        p = p < 1e-12 ? 1e-12 : p > 1 - 1e-12 ? 1 - 1e-12 : p;
        start[0] = hn_log(p / (1 - p));
        return;
    }
    for (int32_t k = 0; k < loss->n_scores; k++) {
        double p = sums[k] / total;
        start[k] = hn_log(p < 1e-12 ? 1e-12 : p);
    }
}

hone_status hn_loss_start(hone_ctx *ctx, const hn_loss *loss, const int64_t *rows, int64_t n,
                          double *ret_start) {
    if (loss->kind == HN_LOSS_RANK) { /* only differences of scores matter */
        ret_start[0] = 0;
        return HONE_OK;
    }
    if (hn_loss_renews(loss)) return start_quantile(ctx, loss, rows, n, ret_start);
    HN_SCRATCH(ctx);
    bool classes = loss->kind == HN_LOSS_LOGISTIC || loss->kind == HN_LOSS_SOFTMAX;
    double *sums, total = 0, sum = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, sums, loss->n_scores + 1));
    for (int64_t i = 0; i < n; i++) {
        int64_t row = rows ? rows[i] : i;
        double w = loss->weight ? loss->weight[row] : 1;
        total += w;
        if (classes)
            sums[(int64_t)loss->y[row]] += w;
        else
            sum += w * loss->y[row];
        if (loss->kind == HN_LOSS_POISSON && loss->y[row] < 0)
            return hn_fail_at(
                ctx, HONE_ERROR_DATA, (hn_where){.param = "loss", .row = row},
                "the Poisson loss needs targets of 0 and more, but row %lld has %g; take "
                "loss squared",
                (long long)row, loss->y[row]);
    }
    if (!(total > 0))
        return hn_fail(ctx, HONE_ERROR_DATA, "all weights are zero; give some rows weight");
    if (classes)
        start_classes(loss, sums, total, ret_start);
    else if (loss->kind == HN_LOSS_POISSON)
        ret_start[0] = hn_log(sum / total > 1e-12 ? sum / total : 1e-12);
    else
        ret_start[0] = sum / total;
    return HONE_OK;
}

/* ---- gradients ------------------------------------------------------------------------------ */

/* exp for gradients: 1e-9 relative and branchless, so that loops over rows use all lanes. (Scores
 * proper are made with num/math.h.) |x| is cut at 700. Cody-Waite reduction, degree 7 on
 * |r| <= log(2)/2. */
HN_INLINE double fast_exp(double x) {
    x = x < -700 ? -700 : x > 700 ? 700 : x;
    const double shift = 0x1.8p52;
    double k = x * 0x1.71547652b82fep0 + shift;
    union {
        double d;
        uint64_t u;
    } bits = {.d = k}, power;
    k -= shift;
    double r = x - k * 0x1.62e42fefa38p-1;
    r = r - k * 0x1.ef35793c7673p-45;
    double p = 1.0 / 5040;
    p = p * r + 1.0 / 720;
    p = p * r + 1.0 / 120;
    p = p * r + 1.0 / 24;
    p = p * r + 1.0 / 6;
    p = p * r + 0.5;
    p = p * r + 1;
    p = p * r + 1;
    power.u = (bits.u + 1023) << 52;
    return p * power.d;
}

/* Rows begin..end-1; n of them; y, w, s, shared point to the first. */
typedef struct span {
    const double *y, *w, *s, *shared;
    float *g, *h;
    int64_t n;
    double class_, quantile;
    float factor;
} span;

HN_CLONES static void logistic_span(const span *a) {
    HN_SIMD
    for (int64_t i = 0; i < a->n; i++) {
        double p = 1 / (1 + fast_exp(-a->s[i]));
        a->g[i] = (float)(p - a->y[i]);
        a->h[i] = (float)(p * (1 - p));
    }
}

HN_CLONES static void softmax_span(const span *a) {
    HN_SIMD
    for (int64_t i = 0; i < a->n; i++) {
        double p = fast_exp(a->s[i] - a->shared[i]);
        a->g[i] = (float)(a->y[i] == a->class_ ? p - 1 : p);
        a->h[i] = (float)(p * (1 - p)) * a->factor;
    }
}

HN_CLONES static void poisson_span(const span *a) {
    HN_SIMD
    for (int64_t i = 0; i < a->n; i++) {
        double mean = fast_exp(a->s[i]);
        a->g[i] = (float)(mean - a->y[i]);
        a->h[i] = (float)mean;
    }
}

HN_CLONES static void squared_span(const span *a) {
    HN_SIMD
    for (int64_t i = 0; i < a->n; i++) a->g[i] = (float)(a->s[i] - a->y[i]);
}

HN_CLONES static void quantile_span(const span *a) {
    const float above = (float)(1 - a->quantile), below = (float)-a->quantile;
    HN_SIMD
    for (int64_t i = 0; i < a->n; i++)
        a->g[i] = a->s[i] > a->y[i] ? above : a->s[i] < a->y[i] ? below : 0;
}

HN_CLONES static void weigh_span(const span *a) {
    HN_SIMD
    for (int64_t i = 0; i < a->n; i++) {
        a->g[i] = (float)(a->g[i] * a->w[i]);
        a->h[i] = (float)(a->h[i] * a->w[i]);
    }
}

HN_CLONES static void widen(const float *x, double *ret, int64_t n, double *ret_max) {
    double max = *ret_max;
    for (int64_t i = 0; i < n; i++) {
        double v = x[i];
        v = v < 0 ? -v : v;
        ret[i] = v;
        max = v > max ? v : max;
    }
    *ret_max = max;
}

typedef struct gradients_job {
    const hn_loss *loss;
    int32_t k;
    const double *scores, *shared;
    float *g, *h;
    bool unit;
    hn_magnitude *parts;
} gradients_job;

static void span_of(const gradients_job *job, int64_t i, int64_t n) {
    const hn_loss *loss = job->loss;
    int32_t classes = loss->n_scores;
    span a = {
        .y = loss->y + i,
        .w = loss->weight ? loss->weight + i : NULL,
        .s = job->scores + job->k * loss->n + i,
        .shared = job->shared ? job->shared + i : NULL,
        .g = job->g + i,
        .h = job->h ? job->h + i : NULL,
        .n = n,
        .class_ = job->k,
        .quantile = quantile_of(loss),
        .factor = classes > 1 ? (float)classes / (float)(classes - 1) : 1,
    };
    switch (loss->kind) {
    case HN_LOSS_LOGISTIC: logistic_span(&a); break;
    case HN_LOSS_SOFTMAX: softmax_span(&a); break;
    case HN_LOSS_POISSON: poisson_span(&a); break;
    case HN_LOSS_RANK:
        for (int64_t j = 0; j < n; j++) {
            a.g[j] = (float)a.shared[j];
            a.h[j] = (float)a.shared[loss->n + j];
        }
        break;
    case HN_LOSS_ABSOLUTE:
    case HN_LOSS_QUANTILE: quantile_span(&a); break;
    default: squared_span(&a); break;
    }
    bool has_hessian = loss->kind == HN_LOSS_LOGISTIC || loss->kind == HN_LOSS_SOFTMAX ||
                       loss->kind == HN_LOSS_POISSON || loss->kind == HN_LOSS_RANK;
    if (!has_hessian && !job->unit)
        for (int64_t j = 0; j < n; j++) a.h[j] = 1;
    if (a.w) weigh_span(&a);
}

static hone_status gradients_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const gradients_job *job = arg;
    hn_magnitude part = {0};
    for (int64_t i = chunk.begin; i < chunk.end; i += PIECE) {
        int64_t n = chunk.end - i < PIECE ? chunk.end - i : PIECE;
        double wide[PIECE];
        span_of(job, i, n);
        widen(job->g + i, wide, n, &part.gradient_max);
        part.gradient_sum += hn_sum(wide, n);
        if (job->unit) continue;
        widen(job->h + i, wide, n, &part.hessian_max);
        part.hessian_sum += hn_sum(wide, n);
    }
    job->parts[chunk.index] = part;
    return HONE_OK;
}

hone_status hn_loss_gradients(hone_ctx *ctx, const hn_loss *loss, int32_t k, const double *scores,
                              const double *shared, float *ret_gradient, float *ret_hessian,
                              hn_magnitude *ret_magnitude) {
    HN_SCRATCH(ctx);
    gradients_job job = {.loss = loss,
                         .k = k,
                         .scores = scores,
                         .shared = shared,
                         .g = ret_gradient,
                         .h = ret_hessian,
                         .unit = ret_hessian == NULL};
    int64_t chunks = hn_chunks(loss->n, GRAIN);
    HN_TRY(HN_SCRATCH_NEW(ctx, job.parts, chunks));
    HN_TRY(hn_parallel(ctx, loss->n, GRAIN, gradients_chunk, &job));
    hn_magnitude sum = {0};
    for (int64_t i = 0; i < chunks; i++) {
        const hn_magnitude *part = &job.parts[i];
        sum.gradient_sum += part->gradient_sum;
        sum.hessian_sum += part->hessian_sum;
        if (part->gradient_max > sum.gradient_max) sum.gradient_max = part->gradient_max;
        if (part->hessian_max > sum.hessian_max) sum.hessian_max = part->hessian_max;
    }
    *ret_magnitude = sum;
    return HONE_OK;
}

/* ---- softmax: what the scores of a row share ------------------------------------------------ */

typedef struct shared_job {
    const hn_loss *loss;
    const double *scores;
    double *shared;
} shared_job;

static double log_sum_exp(const hn_loss *loss, const double *scores, int64_t row) {
    double most = scores[row], sum = 0;
    for (int32_t k = 1; k < loss->n_scores; k++)
        if (scores[k * loss->n + row] > most) most = scores[k * loss->n + row];
    for (int32_t k = 0; k < loss->n_scores; k++) sum += fast_exp(scores[k * loss->n + row] - most);
    return most + hn_log(sum);
}

static hone_status shared_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const shared_job *job = arg;
    for (int64_t i = chunk.begin; i < chunk.end; i++)
        job->shared[i] = log_sum_exp(job->loss, job->scores, i);
    return HONE_OK;
}

hone_status hn_loss_prepare(hone_ctx *ctx, const hn_loss *loss, const double *scores,
                            double *shared) {
    if (loss->kind == HN_LOSS_RANK) return hn_rank_gradients(ctx, loss, scores, shared);
    if (loss->kind != HN_LOSS_SOFTMAX) return HONE_OK;
    shared_job job = {.loss = loss, .scores = scores, .shared = shared};
    return hn_parallel(ctx, loss->n, GRAIN, shared_chunk, &job);
}

/* ---- value ---------------------------------------------------------------------------------- */

typedef struct value_job {
    const hn_loss *loss;
    const double *scores;
    const int64_t *rows;
    double *losses, *weights; /* by chunk */
} value_job;

static double row_loss(const hn_loss *loss, const double *scores, int64_t row) {
    double y = loss->y[row], s = scores[row], e = y - s;
    switch (loss->kind) {
    case HN_LOSS_LOGISTIC: return hn_softplus(y > 0.5 ? -s : s);
    case HN_LOSS_SOFTMAX:
        return log_sum_exp(loss, scores, row) - scores[(int64_t)y * loss->n + row];
    case HN_LOSS_POISSON: return hn_exp(s) - y * s;
    case HN_LOSS_ABSOLUTE: return fabs(e);
    case HN_LOSS_QUANTILE: return e > 0 ? loss->quantile * e : (loss->quantile - 1) * e;
    default: return e * e;
    }
}

static hone_status value_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const value_job *job = arg;
    double sum = 0, weight = 0;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        int64_t row = job->rows ? job->rows[i] : i;
        double w = job->loss->weight ? job->loss->weight[row] : 1;
        sum += w * row_loss(job->loss, job->scores, row);
        weight += w;
    }
    job->losses[chunk.index] = sum;
    job->weights[chunk.index] = weight;
    return HONE_OK;
}

hone_status hn_loss_value(hone_ctx *ctx, const hn_loss *loss, const double *scores,
                          const int64_t *rows, int64_t n, double *ret_value) {
    if (loss->kind == HN_LOSS_RANK) return hn_rank_value(ctx, loss, scores, rows, n, ret_value);
    HN_SCRATCH(ctx);
    enum { VALUE_GRAIN = 1024 };
    value_job job = {.loss = loss, .scores = scores, .rows = rows};
    int64_t chunks = hn_chunks(n, VALUE_GRAIN);
    HN_TRY(HN_SCRATCH_NEW(ctx, job.losses, chunks));
    HN_TRY(HN_SCRATCH_NEW(ctx, job.weights, chunks));
    HN_TRY(hn_parallel(ctx, n, VALUE_GRAIN, value_chunk, &job));
    double weight = hn_sum(job.weights, chunks);
    *ret_value = weight > 0 ? hn_sum(job.losses, chunks) / weight : 0;
    return HONE_OK;
}
