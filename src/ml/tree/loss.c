/* loss.c - losses of boosting; see loss.h. */
#include "ml/tree/loss.h"
#include "ml/tree/fast_exp.h"
#include "ml/tree/rank.h"
#include "num/math.h"
#include "num/simd.h"
#include "num/sort.h"
#include <assert.h>

enum { GRAIN = 16384 };

/* ---- facts ---------------------------------------------------------------------------------- */

static const hn_loss_fact facts[HN_LOSS_END] = {
    [HN_LOSS_AUTO] = {.name = "auto"},
    [HN_LOSS_SQUARED] = {.name = "squared", .unit_hessian = true},
    [HN_LOSS_ABSOLUTE] = {.name = "absolute", .unit_hessian = true, .renews = true},
    [HN_LOSS_QUANTILE] = {.name = "quantile", .unit_hessian = true, .renews = true},
    [HN_LOSS_POISSON] = {.name = "poisson",
                         .link = HN_LINK_LOG,
                         .targets = HN_TARGETS_NOT_NEGATIVE},
    [HN_LOSS_LOGISTIC] = {.name = "log_loss", .link = HN_LINK_LOGIT},
    [HN_LOSS_SOFTMAX] = {.name = "log_loss", .link = HN_LINK_SOFTMAX},
    [HN_LOSS_RANK] = {.name = "lambdarank"},
    [HN_LOSS_GAMMA] = {.name = "gamma", .link = HN_LINK_LOG, .targets = HN_TARGETS_POSITIVE},
    [HN_LOSS_TWEEDIE] = {.name = "tweedie",
                         .link = HN_LINK_LOG,
                         .targets = HN_TARGETS_NOT_NEGATIVE},
    [HN_LOSS_HUBER] = {.name = "huber", .unit_hessian = true},
    [HN_LOSS_FAIR] = {.name = "fair"},
    [HN_LOSS_MAPE] = {.name = "mape", .unit_hessian = true, .renews = true},
    [HN_LOSS_CROSS_ENTROPY] = {.name = "cross_entropy",
                               .link = HN_LINK_LOGIT,
                               .targets = HN_TARGETS_SHARES},
    [HN_LOSS_CUSTOM] = {.name = "custom"},
};

const hn_loss_fact *hn_loss_fact_of(hn_loss_kind kind) {
    return &facts[kind > HN_LOSS_AUTO && kind < HN_LOSS_END ? kind : HN_LOSS_AUTO];
}

bool hn_loss_unit_hessian(const hn_loss *loss) {
    return !loss->weight && hn_loss_fact_of(loss->kind)->unit_hessian;
}

bool hn_loss_renews(const hn_loss *loss) { return hn_loss_fact_of(loss->kind)->renews; }

bool hn_loss_shares_gradients(const hn_loss *loss) {
    return loss->kind == HN_LOSS_RANK || loss->kind == HN_LOSS_CUSTOM;
}

int64_t hn_loss_shared(const hn_loss *loss) {
    if (hn_loss_shares_gradients(loss)) return 2 * loss->n * loss->n_scores;
    return loss->kind == HN_LOSS_SOFTMAX ? loss->n : 0;
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
    return weighted_quantile(ctx, values, weights, n, loss->alpha, ret_value);
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
    return weighted_quantile(ctx, values, weights, n, loss->alpha, ret_start);
}

/* Log-odds or log-probability of the classes; a class that is not there counts as a tiny bit. */
static void start_classes(const hn_loss *loss, const double *sums, double total, double *start) {
    if (loss->kind != HN_LOSS_SOFTMAX) {
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

static hone_status check_target(hone_ctx *ctx, const hn_loss *loss, int64_t row) {
    static const char *const wanted[] = {"", "0 and more", "more than 0", "from 0 to 1"};
    const hn_loss_fact *fact = hn_loss_fact_of(loss->kind);
    double y = loss->y[row];
    bool ok = fact->targets == HN_TARGETS_NOT_NEGATIVE ? y >= 0
              : fact->targets == HN_TARGETS_POSITIVE   ? y > 0
              : fact->targets == HN_TARGETS_SHARES     ? y >= 0 && y <= 1
                                                       : true;
    if (ok) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_DATA, (hn_where){.param = "loss", .row = row},
                      "the loss %s needs targets of %s, but row %lld has %g; take loss squared",
                      fact->name, wanted[fact->targets], (long long)row, y);
}

hone_status hn_loss_start(hone_ctx *ctx, const hn_loss *loss, const int64_t *rows, int64_t n,
                          double *ret_start) {
    double given =
        loss->objective ? loss->objective->start : 0; /* ranking: only differences count */
    for (int32_t k = 0; k < loss->n_scores; k++) ret_start[k] = given;
    if (hn_loss_shares_gradients(loss)) return HONE_OK;
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
        HN_TRY(check_target(ctx, loss, row));
    }
    if (!(total > 0))
        return hn_fail(ctx, HONE_ERROR_DATA, "all weights are zero; give some rows weight");
    sums[1] = loss->kind == HN_LOSS_CROSS_ENTROPY ? sum : sums[1];
    hn_link link = hn_loss_fact_of(loss->kind)->link;
    if (link == HN_LINK_LOGIT || link == HN_LINK_SOFTMAX)
        start_classes(loss, sums, total, ret_start);
    else if (link == HN_LINK_LOG)
        ret_start[0] = hn_log(sum / total > 1e-12 ? sum / total : 1e-12);
    else
        ret_start[0] = sum / total;
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
    for (int32_t k = 0; k < loss->n_scores; k++)
        sum += hn_fast_exp(scores[k * loss->n + row] - most);
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
    if (loss->kind == HN_LOSS_CUSTOM) return hn_objective_gradients(ctx, loss, scores, shared);
    if (loss->kind != HN_LOSS_SOFTMAX) return HONE_OK;
    shared_job job = {.loss = loss, .scores = scores, .shared = shared};
    return hn_parallel(ctx, loss->n, GRAIN, shared_chunk, &job);
}

/* ---- value ---------------------------------------------------------------------------------- */

typedef struct value_job {
    const hn_loss *loss;
    const double *scores;
    const int64_t *rows;
    const double *own;        /* by row: a custom objective's */
    double *losses, *weights; /* by chunk */
} value_job;

static double row_loss(const hn_loss *loss, const double *scores, int64_t row) {
    double y = loss->y[row], s = scores[row], e = y - s, size = fabs(e), a = loss->alpha;
    switch (loss->kind) {
    case HN_LOSS_LOGISTIC: return hn_softplus(y > 0.5 ? -s : s);
    case HN_LOSS_CROSS_ENTROPY: return hn_softplus(s) - y * s;
    case HN_LOSS_SOFTMAX:
        return log_sum_exp(loss, scores, row) - scores[(int64_t)y * loss->n + row];
    case HN_LOSS_POISSON: return hn_exp(s) - y * s;
    case HN_LOSS_GAMMA: return y * hn_exp(-s) + s;
    case HN_LOSS_TWEEDIE: return hn_exp((2 - a) * s) / (2 - a) - y * hn_exp((1 - a) * s) / (1 - a);
    case HN_LOSS_HUBER: return size <= a ? e * e / 2 : a * (size - a / 2);
    case HN_LOSS_FAIR: return a * size - a * a * hn_log(1 + size / a);
    case HN_LOSS_ABSOLUTE:
    case HN_LOSS_MAPE: return size;
    case HN_LOSS_QUANTILE: return e > 0 ? a * e : (a - 1) * e;
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
        sum += w * (job->own ? job->own[row] : row_loss(job->loss, job->scores, row));
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
    if (loss->kind == HN_LOSS_CUSTOM) HN_TRY(hn_objective_losses(ctx, loss, scores, &job.own));
    int64_t chunks = hn_chunks(n, VALUE_GRAIN);
    HN_TRY(HN_SCRATCH_NEW(ctx, job.losses, chunks));
    HN_TRY(HN_SCRATCH_NEW(ctx, job.weights, chunks));
    HN_TRY(hn_parallel(ctx, n, VALUE_GRAIN, value_chunk, &job));
    double weight = hn_sum(job.weights, chunks);
    *ret_value = weight > 0 ? hn_sum(job.losses, chunks) / weight : 0;
    return HONE_OK;
}
