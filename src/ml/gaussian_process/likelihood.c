/* likelihood.c - marginal likelihoods of Gaussian processes: exact for numbers, Laplace's for classes. */
#include "ml/gaussian_process/gp.h"
#include "num/blas.h"
#include "num/math.h"
#include <assert.h>
#include <string.h>

hone_status hn_gp_exact(hone_ctx *ctx, const hn_gp *g, const double *y, const double *theta,
                        double *ret_value, double *ret_gradient, hn_gp_fit *ret_fit) {
    HN_SCRATCH(ctx);
    int64_t n = g->n;
    double *k, *alpha,
        half_log_det; /* k becomes its factor, or its inverse where the gradient is wanted */
    HN_TRY(HN_SCRATCH_NEW(ctx, k, n * n));
    HN_TRY(HN_SCRATCH_NEW(ctx, alpha, n));
    HN_TRY(hn_gp_matrix(ctx, g, theta, k));
    if (ret_gradient) {
        HN_TRY(hn_invert_spd(ctx, n, k, &half_log_det));
        HN_TRY(hn_gemv(ctx, k, n, n, y, 0, alpha));
    } else { /* a solution keeps more digits than an inverse */
        memcpy(alpha, y, (size_t)n * sizeof *alpha);
        HN_TRY(hn_solve_spd(ctx, n, k, 1, alpha, NULL));
        half_log_det = 0;
        for (int64_t i = 0; i < n; i++) half_log_det += hn_log(k[i * n + i]);
    }
    *ret_value = -0.5 * hn_dot(y, alpha, n) - half_log_det - 0.5 * (double)n * hn_log(2 * M_PI);
    if (ret_fit) { /* without the gradient: k is the factor */
        assert(!ret_gradient);
        memcpy(ret_fit->alpha, alpha, (size_t)n * sizeof *alpha);
        for (int64_t i = 0; i < n; i++) ret_fit->root[i] = 1;
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j <= i; j++) ret_fit->lower[i * n + j] = k[j * n + i];
        ret_fit->value = *ret_value;
    }
    if (!ret_gradient) return HONE_OK;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) k[i * n + j] = 0.5 * (alpha[i] * alpha[j] - k[i * n + j]);
    return hn_gp_gradient(ctx, g, theta, k, ret_gradient);
}

/* ---- Laplace -------------------------------------------------------------------------------- */

typedef struct mode {
    double *f, *pi, *root, *a,
        *b;           /* [n] latent values, their sigmoids, root of pi (1 - pi), K^-1 f, scratch */
    double *k, *work; /* [n, n] K; B */
    double half_log_det, value;
} mode;

/* B = 1 + root K root into work. */
static void fill_b(mode *m, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            m->work[i * n + j] = (i == j ? 1 : 0) + m->root[i] * m->k[i * n + j] * m->root[j];
}

static void squash(mode *m, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        m->pi[i] = hn_sigmoid(m->f[i]);
        m->root[i] = sqrt(m->pi[i] * (1 - m->pi[i]));
    }
}

/* Newton's method to the mode of the posterior; the likelihood is log-concave, so it is the only one. */
static hone_status find_mode(hone_ctx *ctx, const double *y, int64_t n, mode *m) {
    enum { MOST = 100 };
    double *kb;
    HN_TRY(HN_SCRATCH_NEW(ctx, kb, n));
    m->value = -INFINITY;
    for (int iteration = 0; iteration < MOST; iteration++) {
        HN_TRY(hn_check_cancel(ctx));
        squash(m, n);
        fill_b(m, n);
        for (int64_t i = 0; i < n; i++)
            m->b[i] = m->root[i] * m->root[i] * m->f[i] + (y[i] - m->pi[i]);
        HN_TRY(hn_gemv(ctx, m->k, n, n, m->b, 0, kb));
        for (int64_t i = 0; i < n; i++) kb[i] *= m->root[i];
        HN_TRY(hn_solve_spd(ctx, n, m->work, 1, kb, NULL));
        m->half_log_det = 0;
        for (int64_t i = 0; i < n; i++) {
            m->a[i] = m->b[i] - m->root[i] * kb[i];
            m->half_log_det += hn_log(m->work[i * n + i]);
        }
        HN_TRY(hn_gemv(ctx, m->k, n, n, m->a, 0, m->f));
        double value = -0.5 * hn_dot(m->a, m->f, n) - m->half_log_det;
        for (int64_t i = 0; i < n; i++) value -= hn_softplus(y[i] > 0 ? -m->f[i] : m->f[i]);
        double gain = value - m->value;
        m->value = value;
        if (gain < 1e-10) break;
    }
    return HONE_OK;
}

/* q such that the gradient is the sum of q dK: algorithm 5.1 with its two sums made one. inverse is B^-1. */
static hone_status laplace_weights(hone_ctx *ctx, const mode *m, const double *y, int64_t n,
                                   double *inverse) {
    double *rk, *third, *u, *v, *r = inverse;
    HN_TRY(HN_SCRATCH_NEW(ctx, rk, n * n));
    HN_TRY(HN_SCRATCH_NEW(ctx, third, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, u, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, v, n));
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) r[i * n + j] *= m->root[i] * m->root[j];
    HN_TRY(hn_gemm(ctx, false, false, n, n, n, 1, r, n, m->k, n, 0, rk, n));
    for (int64_t i = 0; i < n; i++) {
        double left = m->k[i * n + i];
        for (int64_t j = 0; j < n; j++) left -= m->k[i * n + j] * rk[j * n + i];
        third[i] = -0.5 * left * (m->pi[i] * (1 - m->pi[i]) * (1 - 2 * m->pi[i]));
    }
    HN_TRY(hn_gemv(ctx, rk, n, n, third, 0, v)); /* R K third */
    for (int64_t i = 0; i < n; i++) u[i] = third[i] - v[i];
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++)
            r[i * n + j] = 0.5 * (m->a[i] * m->a[j] - r[i * n + j]) + u[i] * (y[j] - m->pi[j]);
    return HONE_OK;
}

hone_status hn_gp_laplace(hone_ctx *ctx, const hn_gp *g, const double *y, const double *theta,
                          double *ret_value, double *ret_gradient, hn_gp_fit *ret_fit) {
    HN_SCRATCH(ctx);
    int64_t n = g->n;
    mode m;
    double half;
    HN_TRY(HN_SCRATCH_NEW(ctx, m.f, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, m.pi, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, m.root, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, m.a, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, m.b, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, m.k, n * n));
    HN_TRY(HN_SCRATCH_NEW(ctx, m.work, n * n));
    HN_TRY(hn_gp_matrix(ctx, g, theta, m.k));
    HN_TRY(find_mode(ctx, y, n, &m));
    *ret_value = m.value;
    squash(&m, n);
    fill_b(&m, n);
    if (ret_fit) {
        double *b;
        HN_TRY(HN_SCRATCH_NEW(ctx, b, n * n));
        memcpy(b, m.work, (size_t)(n * n) * sizeof *b);
        HN_TRY(hn_solve_spd(ctx, n, b, 0, NULL, NULL));
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < n; j++) ret_fit->lower[i * n + j] = j <= i ? b[j * n + i] : 0;
        memcpy(ret_fit->root, m.root, (size_t)n * sizeof *m.root);
        for (int64_t i = 0; i < n; i++) ret_fit->alpha[i] = y[i] - m.pi[i];
        ret_fit->value = m.value;
    }
    if (!ret_gradient) return HONE_OK;
    HN_TRY(hn_invert_spd(ctx, n, m.work, &half));
    HN_TRY(laplace_weights(ctx, &m, y, n, m.work));
    return hn_gp_gradient(ctx, g, theta, m.work, ret_gradient);
}
