/* loss_gradients.c - gradients and hessians row by row; see loss.h. */
#include "ml/tree/fast_exp.h"
#include "ml/tree/loss.h"
#include "num/simd.h"

enum { GRAIN = 16384, PIECE = 512 };

/* Rows begin..end-1; n of them; y, w, s, shared point to the first. */
typedef struct span {
    const double *y, *w, *s, *shared;
    float *g, *h;
    int64_t n;
    double class_, alpha; /* alpha: the loss's parameter */
    float factor;
} span;

HN_CLONES static void logistic_span(const span *a) {
    HN_SIMD
    for (int64_t i = 0; i < a->n; i++) {
        double p = 1 / (1 + hn_fast_exp(-a->s[i]));
        a->g[i] = (float)(p - a->y[i]);
        a->h[i] = (float)(p * (1 - p));
    }
}

HN_CLONES static void softmax_span(const span *a) {
    HN_SIMD
    for (int64_t i = 0; i < a->n; i++) {
        double p = hn_fast_exp(a->s[i] - a->shared[i]);
        a->g[i] = (float)(a->y[i] == a->class_ ? p - 1 : p);
        a->h[i] = (float)(p * (1 - p)) * a->factor;
    }
}

HN_CLONES static void poisson_span(const span *a) {
    HN_SIMD
    for (int64_t i = 0; i < a->n; i++) {
        double mean = hn_fast_exp(a->s[i]);
        a->g[i] = (float)(mean - a->y[i]);
        a->h[i] = (float)mean;
    }
}

HN_CLONES static void squared_span(const span *a) {
    HN_SIMD
    for (int64_t i = 0; i < a->n; i++) a->g[i] = (float)(a->s[i] - a->y[i]);
}

/* Errors beyond alpha count as that much (Huber 1964). */
HN_CLONES static void huber_span(const span *a) {
    const double most = a->alpha;
    HN_SIMD
    for (int64_t i = 0; i < a->n; i++) {
        double e = a->s[i] - a->y[i];
        a->g[i] = (float)(e > most ? most : e < -most ? -most : e);
    }
}

HN_CLONES static void fair_span(const span *a) {
    const double c = a->alpha;
    HN_SIMD
    for (int64_t i = 0; i < a->n; i++) {
        double e = a->s[i] - a->y[i], share = c / ((e < 0 ? -e : e) + c);
        a->g[i] = (float)(e * share);
        a->h[i] = (float)(share * share);
    }
}

HN_CLONES static void gamma_span(const span *a) {
    HN_SIMD
    for (int64_t i = 0; i < a->n; i++) {
        double ratio = a->y[i] * hn_fast_exp(-a->s[i]);
        a->g[i] = (float)(1 - ratio);
        a->h[i] = (float)ratio;
    }
}

HN_CLONES static void tweedie_span(const span *a) {
    const double p = a->alpha;
    HN_SIMD
    for (int64_t i = 0; i < a->n; i++) {
        double low = a->y[i] * hn_fast_exp((1 - p) * a->s[i]),
               high = hn_fast_exp((2 - p) * a->s[i]);
        a->g[i] = (float)(high - low);
        a->h[i] = (float)((p - 1) * low + (2 - p) * high);
    }
}

/* What hn_loss_prepare has found. */
static void shared_span(const span *a, int64_t to_hessian) {
    for (int64_t i = 0; i < a->n; i++) {
        a->g[i] = (float)a->shared[i];
        a->h[i] = (float)a->shared[i + to_hessian];
    }
}

HN_CLONES static void quantile_span(const span *a) {
    const float above = (float)(1 - a->alpha), below = (float)-a->alpha;
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
    bool own = hn_loss_shares_gradients(loss);
    span a = {
        .y = loss->y + i,
        .w = loss->weight ? loss->weight + i : NULL,
        .s = job->scores + job->k * loss->n + i,
        .shared = job->shared ? job->shared + (own ? job->k * loss->n : 0) + i : NULL,
        .g = job->g + i,
        .h = job->h ? job->h + i : NULL,
        .n = n,
        .class_ = job->k,
        .alpha = loss->alpha,
        .factor = classes > 1 ? (float)classes / (float)(classes - 1) : 1,
    };
    switch (loss->kind) {
    case HN_LOSS_LOGISTIC:
    case HN_LOSS_CROSS_ENTROPY: logistic_span(&a); break;
    case HN_LOSS_SOFTMAX: softmax_span(&a); break;
    case HN_LOSS_POISSON: poisson_span(&a); break;
    case HN_LOSS_GAMMA: gamma_span(&a); break;
    case HN_LOSS_TWEEDIE: tweedie_span(&a); break;
    case HN_LOSS_HUBER: huber_span(&a); break;
    case HN_LOSS_FAIR: fair_span(&a); break;
    case HN_LOSS_RANK:
    case HN_LOSS_CUSTOM: shared_span(&a, (int64_t)classes * loss->n); break;
    case HN_LOSS_ABSOLUTE:
    case HN_LOSS_MAPE:
    case HN_LOSS_QUANTILE: quantile_span(&a); break;
    default: squared_span(&a); break;
    }
    if (hn_loss_fact_of(loss->kind)->unit_hessian && !job->unit)
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
