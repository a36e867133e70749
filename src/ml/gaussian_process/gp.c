/* gp.c - covariances of Gaussian processes and their derivatives; see gp.h. */
#include "ml/gaussian_process/gp.h"
#include "num/math.h"
#include <string.h>

/* The kernel at squared distance d2, and *ret_slope: -2 times its derivative by d2, so that the derivative by the
 * logarithm of a length scale is slope * (that feature's part of d2). */
static double kernel_at(int64_t kind, double d2, double shape, double *ret_slope) {
    static const double ROOT3 = 1.7320508075688772935, ROOT5 = 2.2360679774997896964;
    double d = sqrt(d2), value, slope;
    switch (kind) {
    case HN_GP_RBF: value = slope = hn_exp(-0.5 * d2); break;
    case HN_GP_MATERN12:
        value = hn_exp(-d);
        slope = d > 0 ? value / d : 0;
        break;
    case HN_GP_MATERN32:
        slope = hn_exp(-ROOT3 * d);
        value = (1 + ROOT3 * d) * slope;
        slope *= 3;
        break;
    case HN_GP_MATERN52:
        slope = hn_exp(-ROOT5 * d);
        value = (1 + ROOT5 * d + d2 * 5 / 3) * slope;
        slope *= (1 + ROOT5 * d) * 5 / 3;
        break;
    default: value = hn_pow(1 + d2 / (2 * shape), -shape); slope = value / (1 + d2 / (2 * shape));
    }
    if (ret_slope) *ret_slope = slope;
    return value;
}

static double squared_distance(const double *a, const double *b, const double *inverse, int64_t p) {
    double lane[4] = {0};
    for (int64_t j = 0; j < p; j++) {
        double d = (a[j] - b[j]) * inverse[j];
        lane[j % 4] += d * d;
    }
    return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

double hn_gp_covariance(int64_t kind, const double *a, const double *b,
                        const double *inverse_scales, int64_t p, double constant, double shape) {
    return constant * kernel_at(kind, squared_distance(a, b, inverse_scales, p), shape, NULL);
}

typedef struct matrix_job {
    const hn_gp *g;
    const double *inverse; /* [p] */
    double constant, shape, noise;
    double *ret;     /* K, or slots of gradients [chunks][n_theta] */
    const double *q; /* for gradients */
} matrix_job;

enum { GRAIN = 16 };

static hone_status prepare(hone_ctx *ctx, const hn_gp *g, const double *theta, matrix_job *job) {
    double *inverse;
    HN_TRY(HN_SCRATCH_NEW(ctx, inverse, g->p));
    for (int64_t j = 0; j < g->p; j++)
        inverse[j] = hn_exp(-theta[HN_GP_SCALES + (g->n_scales > 1 ? j : 0)]);
    *job = (matrix_job){.g = g, .inverse = inverse, .constant = hn_exp(theta[HN_GP_CONSTANT])};
    job->shape = g->kind == HN_GP_RATIONAL ? hn_exp(theta[hn_gp_shape(g)]) : 1;
    job->noise = g->noisy ? hn_exp(theta[hn_gp_noise(g)]) : 0;
    return HONE_OK;
}

static hone_status matrix_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const matrix_job *job = arg;
    const hn_gp *g = job->g;
    for (int64_t a = chunk.begin; a < chunk.end; a++) {
        for (int64_t b = 0; b <= a; b++) { /* each pair once; its two places are nobody else's */
            double k = hn_gp_covariance(g->kind, g->x + a * g->p, g->x + b * g->p, job->inverse,
                                        g->p, job->constant, job->shape);
            job->ret[a * g->n + b] = job->ret[b * g->n + a] = k;
        }
        job->ret[a * g->n + a] += job->noise + g->jitter;
    }
    return HONE_OK;
}

hone_status hn_gp_matrix(hone_ctx *ctx, const hn_gp *g, const double *theta, double *ret) {
    HN_SCRATCH(ctx);
    matrix_job job;
    HN_TRY(prepare(ctx, g, theta, &job));
    job.ret = ret;
    return hn_parallel(ctx, g->n, GRAIN, matrix_rows, &job);
}

static hone_status gradient_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const matrix_job *job = arg;
    const hn_gp *g = job->g;
    double *sum = job->ret + chunk.index * g->n_theta;
    memset(sum, 0, (size_t)g->n_theta * sizeof *sum);
    for (int64_t a = chunk.begin; a < chunk.end; a++) {
        for (int64_t b = 0; b <= a; b++) {
            const double *xa = g->x + a * g->p, *xb = g->x + b * g->p;
            double d2 = squared_distance(xa, xb, job->inverse, g->p), slope;
            double value = job->constant * kernel_at(g->kind, d2, job->shape, &slope);
            double q = job->q[a * g->n + b] + (b < a ? job->q[b * g->n + a] : 0);
            double by_scale = q * job->constant * slope;
            sum[HN_GP_CONSTANT] += q * value;
            if (g->n_scales == 1) sum[HN_GP_SCALES] += by_scale * d2;
            for (int64_t j = 0; g->n_scales > 1 && j < g->p; j++) {
                double d = (xa[j] - xb[j]) * job->inverse[j];
                sum[HN_GP_SCALES + j] += by_scale * d * d;
            }
            if (g->kind == HN_GP_RATIONAL) {
                double base = 1 + d2 / (2 * job->shape);
                sum[hn_gp_shape(g)] += q * value * (d2 / (2 * base) - job->shape * hn_log(base));
            }
        }
        if (g->noisy) sum[hn_gp_noise(g)] += job->q[a * g->n + a] * job->noise;
    }
    return HONE_OK;
}

hone_status hn_gp_gradient(hone_ctx *ctx, const hn_gp *g, const double *theta, const double *q,
                           double *ret) {
    HN_SCRATCH(ctx);
    matrix_job job;
    int64_t chunks = hn_chunks(g->n, GRAIN);
    HN_TRY(prepare(ctx, g, theta, &job));
    HN_TRY(HN_SCRATCH_NEW(ctx, job.ret, chunks * g->n_theta));
    job.q = q;
    HN_TRY(hn_parallel(ctx, g->n, GRAIN, gradient_rows, &job));
    memset(ret, 0, (size_t)g->n_theta * sizeof *ret);
    for (int64_t c = 0; c < chunks; c++)
        for (int64_t t = 0; t < g->n_theta; t++) ret[t] += job.ret[c * g->n_theta + t];
    return HONE_OK;
}
