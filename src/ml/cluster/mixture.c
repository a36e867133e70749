/* mixture.c - see mixture.h. */
#include "ml/cluster/mixture.h"
#include "num/blas.h"
#include "num/distance.h"
#include "num/simd.h"
#include <math.h>
#include <string.h>

enum { GRAIN = 512 };

int64_t hn_mixture_numbers(int64_t kind, int64_t k, int64_t d) {
    switch (kind) {
    case HN_MIXTURE_FULL: return k * d * d;
    case HN_MIXTURE_TIED: return d * d;
    case HN_MIXTURE_DIAG: return k * d;
    default: return k;
    }
}

double hn_mixture_parameters(const hn_mixture *m) {
    double k = (double)m->k, d = (double)m->d, covariance = k;
    if (m->kind == HN_MIXTURE_FULL) covariance = k * d * (d + 1) / 2;
    if (m->kind == HN_MIXTURE_TIED) covariance = d * (d + 1) / 2;
    if (m->kind == HN_MIXTURE_DIAG) covariance = k * d;
    return covariance + k * d + k - 1;
}

hone_status hn_mixture_new(hone_ctx *ctx, hn_arena *arena, int64_t kind, int64_t k, int64_t d,
                           hn_mixture *ret_mixture) {
    hn_mixture m = {.k = k, .d = d, .kind = kind};
    int64_t numbers = hn_mixture_numbers(kind, k, d);
    HN_TRY(HN_NEW(ctx, arena, m.weights, k));
    HN_TRY(HN_NEW(ctx, arena, m.means, k * d));
    HN_TRY(HN_NEW(ctx, arena, m.covariances, numbers));
    HN_TRY(HN_NEW(ctx, arena, m.precisions_cholesky, numbers));
    HN_TRY(HN_NEW(ctx, arena, m.log_weights, k));
    *ret_mixture = m;
    return HONE_OK;
}

/* ---- expectation ---------------------------------------------------------------------------- */

typedef struct em {
    const hn_mixture_job *job;
    hn_mixture *m;
    double *resp;    /* [k, n] */
    double *sums;    /* [chunks] of log densities, or [chunks, k, d + 1] of rows */
    double *away;    /* [n, d] rows less a mean */
    int64_t current; /* component */
} em;

static hone_status expect_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const em *e = arg;
    const hn_mixture *m = e->m;
    enum { ROWS = HN_MIXTURE_ROWS };
    double *work, *r, *tile, log[ROWS];
    HN_TRY(HN_SCRATCH_NEW(ctx, work, ROWS * m->d));
    HN_TRY(HN_SCRATCH_NEW(ctx, tile, ROWS * m->d));
    HN_TRY(HN_SCRATCH_NEW(ctx, r, ROWS * m->k));
    e->sums[chunk.index] = 0;
    for (int64_t i = chunk.begin; i < chunk.end; i += ROWS) {
        int64_t rows = chunk.end - i < ROWS ? chunk.end - i : ROWS;
        hn_lanes_fill(e->job->x + i * m->d, NULL, rows, m->d, tile);
        hn_mixture_responsibilities(m, tile, work, r, log);
        for (int64_t l = 0; l < rows; l++) e->sums[chunk.index] += log[l];
        for (int64_t c = 0; c < m->k; c++)
            memcpy(e->resp + c * e->job->n + i, r + c * ROWS, (size_t)rows * sizeof *r);
    }
    return HONE_OK;
}

static hone_status expect(hone_ctx *ctx, em *e, double *ret_mean) {
    hn_mixture_prepare(e->m);
    HN_TRY(hn_parallel(ctx, e->job->n, GRAIN, expect_chunk, e));
    *ret_mean = hn_sum(e->sums, hn_chunks(e->job->n, GRAIN)) / (double)e->job->n;
    return HONE_OK;
}

/* ---- maximisation --------------------------------------------------------------------------- */

HN_CLONES static void add_squares(double *restrict sum, const double *restrict x,
                                  const double *restrict mean, const double *restrict w, int64_t n,
                                  int64_t d) {
    for (int64_t i = 0; i < n; i++) {
        HN_SIMD for (int64_t j = 0; j < d; j++) {
            double by = x[i * d + j] - mean[j];
            sum[j] += w[i] * (by * by);
        }
    }
}

HN_CLONES static void take_away(double *restrict away, const double *restrict x,
                                const double *restrict mean, int64_t n, int64_t d) {
    for (int64_t i = 0; i < n; i++)
        HN_SIMD for (int64_t j = 0; j < d; j++) away[i * d + j] = x[i * d + j] - mean[j];
}

/* Weighted squares of what rows lie away from the component's mean; keeps what that is, if wanted. */
static hone_status spread_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const em *e = arg;
    int64_t d = e->m->d;
    double *sum = e->sums + chunk.index * (d + 1);
    const double *w = e->resp + e->current * e->job->n, *mean = e->m->means + e->current * d;
    memset(sum, 0, (size_t)(d + 1) * sizeof *sum);
    const double *x = e->job->x + chunk.begin * d;
    int64_t n = chunk.end - chunk.begin;
    if (e->away)
        take_away(e->away + chunk.begin * d, x, mean, n, d);
    else
        add_squares(sum, x, mean, w + chunk.begin, n, d);
    return HONE_OK;
}

static hone_status reduce(hone_ctx *ctx, em *e, hn_chunk_fn *fn, double *ret) {
    int64_t d = e->m->d, chunks = hn_chunks(e->job->n, GRAIN);
    HN_TRY(hn_parallel(ctx, e->job->n, GRAIN, fn, e));
    memset(ret, 0, (size_t)(d + 1) * sizeof *ret);
    for (int64_t c = 0; c < chunks; c++)
        for (int64_t j = 0; j <= d; j++) ret[j] += e->sums[c * (d + 1) + j];
    return HONE_OK;
}

/* Covariance [d, d] to P: inverse of the Cholesky factor, transposed. False if there is none. */
static bool invert(const double *covariance, int64_t d, double *l, double *p) {
    for (int64_t i = 0; i < d; i++) {
        for (int64_t j = 0; j <= i; j++) {
            double sum = covariance[i * d + j] - hn_dot(l + i * d, l + j * d, j);
            if (i == j && !(sum > 0)) return false;
            l[i * d + j] = i == j ? sqrt(sum) : sum / l[j * d + j];
        }
    }
    memset(p, 0, (size_t)(d * d) * sizeof *p);
    for (int64_t j = 0; j < d; j++) { /* column j of the inverse is row j of P */
        p[j * d + j] = 1 / l[j * d + j];
        for (int64_t i = j + 1; i < d; i++)
            p[j * d + i] = -hn_dot(l + i * d + j, p + j * d + j, i - j) / l[i * d + i];
    }
    return true;
}

static hone_status singular(hone_ctx *ctx) {
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "reg_covar"),
                      "gaussian_mixture: a component's covariance has no inverse; raise "
                      "'reg_covar', or ask for fewer components");
}

static hone_status set_matrix(hone_ctx *ctx, const hn_mixture *m, double *covariance, double *p,
                              double reg) {
    HN_SCRATCH(ctx);
    double *l;
    HN_TRY(HN_SCRATCH_NEW(ctx, l, m->d * m->d));
    for (int64_t j = 0; j < m->d; j++) covariance[j * m->d + j] += reg;
    return invert(covariance, m->d, l, p) ? HONE_OK : singular(ctx);
}

/* One component's covariance; counts is its weight. */
static hone_status spread(hone_ctx *ctx, em *e, double count, double *sums) {
    hn_mixture *m = e->m;
    int64_t d = m->d, c = e->current;
    double reg = e->job->reg_covar;
    HN_TRY(reduce(ctx, e, spread_chunk, sums));
    if (e->away) {
        HN_SCRATCH(ctx);
        double *gram, *to = m->covariances + (m->kind == HN_MIXTURE_FULL ? c * d * d : 0);
        HN_TRY(HN_SCRATCH_NEW(ctx, gram, d * d));
        HN_TRY(hn_gram(ctx, e->away, e->job->n, d, e->resp + c * e->job->n, gram));
        double by = m->kind == HN_MIXTURE_FULL ? count : (double)e->job->n;
        for (int64_t j = 0; j < d * d; j++) to[j] += gram[j] / by;
        if (m->kind == HN_MIXTURE_TIED) return HONE_OK;
        return set_matrix(ctx, m, to, m->precisions_cholesky + c * d * d, reg);
    }
    double mean = 0;
    for (int64_t j = 0; j < d; j++) {
        double variance = sums[j] / count + reg;
        mean += variance / (double)d;
        if (m->kind != HN_MIXTURE_DIAG) continue;
        if (!(variance > 0)) return singular(ctx);
        m->covariances[c * d + j] = variance;
        m->precisions_cholesky[c * d + j] = 1 / sqrt(variance);
    }
    if (m->kind == HN_MIXTURE_DIAG) return HONE_OK;
    if (!(mean > 0)) return singular(ctx);
    m->covariances[c] = mean;
    m->precisions_cholesky[c] = 1 / sqrt(mean);
    return HONE_OK;
}

static hone_status maximise(hone_ctx *ctx, em *e) {
    static const double LEAST = 2.220446049250313e-15; /* so that an empty component has a mean */
    hn_mixture *m = e->m;
    int64_t d = m->d;
    HN_SCRATCH(ctx);
    double *sums, total = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, sums, d + 1));
    int64_t numbers = hn_mixture_numbers(m->kind, m->k, d);
    memset(m->covariances, 0, (size_t)numbers * sizeof(double));
    HN_TRY(hn_gemm(ctx, false, false, m->k, d, e->job->n, 1, e->resp, e->job->n, e->job->x, d, 0,
                   m->means, d));
    for (e->current = 0; e->current < m->k; e->current++) {
        double count = hn_sum(e->resp + e->current * e->job->n, e->job->n) + LEAST;
        for (int64_t j = 0; j < d; j++) m->means[e->current * d + j] /= count;
        HN_TRY(spread(ctx, e, count, sums));
        m->weights[e->current] = count;
        total += count;
    }
    for (int64_t c = 0; c < m->k; c++) m->weights[c] /= total;
    if (m->kind != HN_MIXTURE_TIED) return HONE_OK;
    return set_matrix(ctx, m, m->covariances, m->precisions_cholesky, e->job->reg_covar);
}

hone_status hn_mixture_fit(hone_ctx *ctx, const hn_mixture_job *job, double *resp, hn_mixture *m,
                           hn_mixture_end *ret_end) {
    HN_SCRATCH(ctx);
    em e = {.job = job, .m = m, .resp = resp};
    HN_TRY(HN_SCRATCH_NEW(ctx, e.sums, hn_chunks(job->n, GRAIN) * (m->d + 1)));
    if (m->kind == HN_MIXTURE_FULL || m->kind == HN_MIXTURE_TIED)
        HN_TRY(HN_SCRATCH_NEW(ctx, e.away, job->n * m->d));
    hn_mixture_end end = {.lower_bound = -INFINITY};
    HN_TRY(maximise(ctx, &e));
    while (end.iterations < job->max_iter && !end.converged) {
        double before = end.lower_bound;
        HN_TRY(hn_check_cancel(ctx));
        HN_TRY(expect(ctx, &e, &end.lower_bound));
        HN_TRY(maximise(ctx, &e));
        end.iterations++;
        end.converged = fabs(end.lower_bound - before) < job->tolerance;
        hn_progress(ctx, "gaussian mixture", end.iterations, job->max_iter, "iterations");
    }
    HN_TRY(expect(ctx, &e, &end.likelihood));
    *ret_end = end;
    return HONE_OK;
}
