/* nmf_solve.c - steps of both solvers; see nmf.h.
 *
 * With H fixed every row of W is a problem of its own, and with W fixed every column of H: so both run
 * over rows in parallel, and x is only multiplied with. Kullback-Leibler needs w h' where x is not 0
 * only, which for sparse x are few places. */
#include "ml/decomp/nmf.h"
#include "num/blas.h"
#include "num/math.h"
#include "num/simd.h"
#include <float.h>
#include <string.h>

enum { ROWS = 256 };

void hn_nmf_penalties(const hn_nmf_params *params, int64_t n, int64_t p, hn_nmf_problem *f) {
    double alpha_h = params->alpha_H < 0 ? params->alpha_W : params->alpha_H;
    f->l1_w = (double)p * params->alpha_W * params->l1_ratio;
    f->l2_w = (double)p * params->alpha_W * (1 - params->l1_ratio);
    f->l1_h = (double)n * alpha_h * params->l1_ratio;
    f->l2_h = (double)n * alpha_h * (1 - params->l1_ratio);
}

/* gram [k, k] = a' a + l2, a [n, k]. */
static hone_status gram_of(hone_ctx *ctx, const double *a, int64_t n, int64_t k, double l2,
                           double *gram) {
    HN_TRY(hn_gram(ctx, a, n, k, NULL, gram));
    for (int64_t c = 0; c < k; c++) gram[c * k + c] += l2;
    return HONE_OK;
}

/* ---- coordinate descent ---------------------------------------------------------------------- */

typedef struct descent {
    int64_t k;
    double *w;
    const double *gram, *cross;
    double l1;
    double *changes; /* by chunk */
} descent;

static hone_status descend_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    enum { LANES = HN_NMF_LANES };
    const descent *d = arg;
    int64_t k = d->k;
    double *w, *cross, *change;
    HN_TRY(HN_SCRATCH_NEW(ctx, w, k * LANES));
    HN_TRY(HN_SCRATCH_NEW(ctx, cross, k * LANES));
    HN_TRY(HN_SCRATCH_NEW(ctx, change, LANES));
    for (int64_t i = chunk.begin; i < chunk.end; i += LANES) {
        int64_t n = chunk.end - i < LANES ? chunk.end - i : LANES;
        for (int64_t l = 0; l < n; l++)
            for (int64_t c = 0; c < k; c++) {
                w[c * LANES + l] = d->w[(i + l) * k + c];
                cross[c * LANES + l] = d->cross[(i + l) * k + c];
            }
        hn_nmf_descend_lanes(k, d->gram, cross, d->l1, w, change);
        for (int64_t l = 0; l < n; l++) {
            d->changes[chunk.index] += change[l];
            for (int64_t c = 0; c < k; c++) d->w[(i + l) * k + c] = w[c * LANES + l];
        }
    }
    return HONE_OK;
}

/* One factor [n, k], the other [m, k] fixed; transposed: the factor is h. */
static hone_status descend_factor(hone_ctx *ctx, const hn_nmf_problem *f, bool transposed,
                                  double *ret_change) {
    HN_SCRATCH(ctx);
    int64_t n = transposed ? f->p : f->n, m = transposed ? f->n : f->p, k = f->k;
    const double *other = transposed ? f->w : f->h;
    double *gram, *cross;
    descent d = {.k = k, .w = transposed ? f->h : f->w, .l1 = transposed ? f->l1_h : f->l1_w};
    HN_TRY(HN_SCRATCH_NEW(ctx, gram, k * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, cross, n * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, d.changes, hn_chunks(n, ROWS)));
    HN_TRY(gram_of(ctx, other, m, k, transposed ? f->l2_h : f->l2_w, gram));
    HN_TRY(f->x.times(ctx, &f->x, transposed, k, other, cross));
    d.gram = gram;
    d.cross = cross;
    HN_TRY(hn_parallel(ctx, n, ROWS, descend_chunk, &d));
    *ret_change += hn_sum(d.changes, hn_chunks(n, ROWS));
    return HONE_OK;
}

hone_status hn_nmf_descend(hone_ctx *ctx, hn_nmf_problem *f, double *ret_change) {
    double change = 0;
    HN_TRY(descend_factor(ctx, f, false, &change));
    HN_TRY(descend_factor(ctx, f, true, &change));
    *ret_change = change;
    return HONE_OK;
}

/* ---- x / (w h') ------------------------------------------------------------------------------- */

typedef struct ratio_job {
    const hn_nmf_problem *f;
    double *ratio;  /* [n, p], or [entries] of the sparse x */
    double *losses; /* by chunk, or NULL */
    int beta_loss;
} ratio_job;

/* Of x and its estimate: the Kullback-Leibler divergence's term that is not their difference, or half
 * the square of it. */
HN_INLINE double term(int beta_loss, double x, double estimate) {
    double d = x - estimate;
    if (beta_loss == HN_NMF_FROBENIUS) return d * d / 2;
    return x > DBL_EPSILON ? x * hn_log(x / estimate) : 0;
}

static hone_status ratio_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const ratio_job *job = arg;
    const hn_nmf_problem *f = job->f;
    double *estimates, loss = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, estimates, f->x.dense != NULL ? f->p : 1));
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        const double *w = f->w + i * f->k;
        int64_t begin = 0, end = f->p;
        if (f->x.dense == NULL) {
            begin = f->x.csr.start[i];
            end = f->x.csr.start[i + 1];
        } else {
            for (int64_t j = 0; j < f->p; j++) estimates[j] = hn_dot(w, f->h + j * f->k, f->k);
        }
        for (int64_t e = begin; e < end; e++) {
            double x, estimate;
            if (f->x.dense != NULL) {
                x = f->x.dense[i * f->p + e];
                estimate = estimates[e];
            } else {
                x = f->x.csr.value[e];
                estimate = hn_dot(w, f->h + (int64_t)f->x.csr.column[e] * f->k, f->k);
            }
            estimate = estimate > DBL_EPSILON ? estimate : DBL_EPSILON;
            if (job->losses != NULL)
                loss += term(job->beta_loss, x, estimate);
            else if (f->x.dense != NULL)
                job->ratio[i * f->p + e] = x / estimate;
            else
                job->ratio[e - f->x.csr.start[0]] = x / estimate;
        }
    }
    if (job->losses != NULL) job->losses[chunk.index] = loss;
    return HONE_OK;
}

/* x / (w h') as a map like x. */
static hone_status ratio_map(hone_ctx *ctx, const hn_nmf_problem *f, hn_linear_map *ret_map) {
    ratio_job job = {.f = f};
    bool dense = f->x.dense != NULL;
    HN_TRY(HN_SCRATCH_NEW(ctx, job.ratio, dense ? f->n * f->p : hn_csr_entries(&f->x.csr) + 1));
    HN_TRY(hn_parallel(ctx, f->n, 64, ratio_rows, &job));
    if (dense) {
        *ret_map = hn_map_of_matrix(job.ratio, f->n, f->p);
        return HONE_OK;
    }
    hn_csr ratio = f->x.csr;
    ratio.value = job.ratio - f->x.csr.start[0];
    return hn_map_of_csr(ctx, &ratio, ret_map);
}

/* ---- multiplicative updates ------------------------------------------------------------------- */

typedef struct multiply_job {
    int64_t k;
    double *w;
    const double *numerator, *gram, *sums;
    double l1, l2;
} multiply_job;

/* w *= numerator / (w gram, or sums, + penalties). */
static hone_status multiply_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const multiply_job *job = arg;
    int64_t k = job->k;
    double *below;
    HN_TRY(HN_SCRATCH_NEW(ctx, below, k));
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        double *w = job->w + i * k;
        const double *above = job->numerator + i * k;
        for (int64_t c = 0; c < k; c++)
            below[c] = (job->gram != NULL ? hn_dot(w, job->gram + c * k, k) : job->sums[c]) +
                       job->l1 + job->l2 * w[c];
        for (int64_t c = 0; c < k; c++)
            w[c] *= above[c] / (below[c] > DBL_EPSILON ? below[c] : DBL_EPSILON);
    }
    return HONE_OK;
}

static hone_status multiply_factor(hone_ctx *ctx, int beta_loss, const hn_nmf_problem *f,
                                   bool transposed) {
    HN_SCRATCH(ctx);
    int64_t n = transposed ? f->p : f->n, m = transposed ? f->n : f->p, k = f->k;
    const double *other = transposed ? f->w : f->h;
    double *numerator, *gram, *sums;
    multiply_job job = {.k = k,
                        .w = transposed ? f->h : f->w,
                        .l1 = transposed ? f->l1_h : f->l1_w,
                        .l2 = transposed ? f->l2_h : f->l2_w};
    HN_TRY(HN_SCRATCH_NEW(ctx, numerator, n * k));
    if (beta_loss == HN_NMF_FROBENIUS) {
        HN_TRY(HN_SCRATCH_NEW(ctx, gram, k * k));
        HN_TRY(gram_of(ctx, other, m, k, 0, gram));
        HN_TRY(f->x.times(ctx, &f->x, transposed, k, other, numerator));
        job.gram = gram;
    } else {
        hn_linear_map ratio;
        HN_TRY(HN_SCRATCH_NEW(ctx, sums, k));
        HN_TRY(ratio_map(ctx, f, &ratio));
        HN_TRY(ratio.times(ctx, &ratio, transposed, k, other, numerator));
        for (int64_t i = 0; i < m; i++)
            for (int64_t c = 0; c < k; c++) sums[c] += other[i * k + c];
        job.sums = sums;
    }
    job.numerator = numerator;
    return hn_parallel(ctx, n, ROWS, multiply_rows, &job);
}

hone_status hn_nmf_multiply(hone_ctx *ctx, int beta_loss, hn_nmf_problem *f) {
    HN_TRY(multiply_factor(ctx, beta_loss, f, false));
    return multiply_factor(ctx, beta_loss, f, true);
}

/* ---- loss ------------------------------------------------------------------------------------- */

/* Sum of all of w h'. */
static hone_status total_estimate(hone_ctx *ctx, const hn_nmf_problem *f, double *ret_sum) {
    HN_SCRATCH(ctx);
    double *w, *h;
    HN_TRY(HN_SCRATCH_NEW(ctx, w, f->k));
    HN_TRY(HN_SCRATCH_NEW(ctx, h, f->k));
    for (int64_t i = 0; i < f->n; i++)
        for (int64_t c = 0; c < f->k; c++) w[c] += f->w[i * f->k + c];
    for (int64_t j = 0; j < f->p; j++)
        for (int64_t c = 0; c < f->k; c++) h[c] += f->h[j * f->k + c];
    *ret_sum = hn_dot(w, h, f->k);
    return HONE_OK;
}

/* Sparse x, squares: |x|^2 - 2 x.(w h') + |w h'|^2, of which only x's places are visited. */
static hone_status sparse_squares(hone_ctx *ctx, const hn_nmf_problem *f, double *ret_loss) {
    HN_SCRATCH(ctx);
    int64_t k = f->k;
    double *w, *h, *cross, squares = 0, product = 0, both = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, w, k * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, h, k * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, cross, f->n * k));
    HN_TRY(hn_gram(ctx, f->w, f->n, k, NULL, w));
    HN_TRY(hn_gram(ctx, f->h, f->p, k, NULL, h));
    HN_TRY(f->x.times(ctx, &f->x, false, k, f->h, cross));
    for (int64_t e = f->x.csr.start[0]; e < f->x.csr.start[f->n]; e++)
        squares += f->x.csr.value[e] * f->x.csr.value[e];
    for (int64_t i = 0; i < f->n * k; i++) product += cross[i] * f->w[i];
    for (int64_t i = 0; i < k * k; i++) both += w[i] * h[i];
    *ret_loss = (squares - 2 * product + both) / 2;
    return HONE_OK;
}

hone_status hn_nmf_loss(hone_ctx *ctx, int beta_loss, const hn_nmf_problem *f, double *ret_loss) {
    bool sparse = f->x.dense == NULL;
    if (sparse && beta_loss == HN_NMF_FROBENIUS) return sparse_squares(ctx, f, ret_loss);
    HN_SCRATCH(ctx);
    ratio_job job = {.f = f, .beta_loss = beta_loss};
    int64_t chunks = hn_chunks(f->n, 64);
    HN_TRY(HN_SCRATCH_NEW(ctx, job.losses, chunks));
    HN_TRY(hn_parallel(ctx, f->n, 64, ratio_rows, &job));
    double loss = hn_sum(job.losses, chunks);
    if (beta_loss == HN_NMF_KULLBACK) {
        double estimate;
        HN_TRY(total_estimate(ctx, f, &estimate));
        loss += estimate -
                (sparse ? hn_sum(f->x.csr.value + f->x.csr.start[0], hn_csr_entries(&f->x.csr))
                        : hn_sum(f->x.dense, f->n * f->p));
    }
    *ret_loss = loss;
    return HONE_OK;
}
