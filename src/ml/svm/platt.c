/* platt.c - probabilities from decision values: sigmoids on held-out rows, coupled over pairs. */
#include "base/rng.h"
#include "ml/svm/machine.h"
#include "num/blas.h"
#include "num/math.h"

enum { FOLDS = 5 };

/* ---- the sigmoid ---------------------------------------------------------------------------- */

/* -log likelihood of one row: t log(1 + e^u) + ... without overflow, u = a d + b, t its target. */
static double loss(const double *d, const double *t, int64_t n, double a, double b) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        double u = a * d[i] + b;
        sum += u >= 0 ? t[i] * u + hn_log1p(hn_exp(-u)) : (t[i] - 1) * u + hn_log1p(hn_exp(u));
    }
    return sum;
}

/* Newton's method with backtracking: Lin, Lin, Weng (2007), appendix C. Targets are drawn in from 0 and 1. */
static void fit_sigmoid(const double *d, const double *y, double *t, int64_t n, double *ret_a,
                        double *ret_b) {
    double up = 0, sigma = 1e-12;
    for (int64_t i = 0; i < n; i++) up += y[i] > 0;
    double down = (double)n - up, a = 0, b = hn_log((down + 1) / (up + 1));
    for (int64_t i = 0; i < n; i++) t[i] = y[i] > 0 ? (up + 1) / (up + 2) : 1 / (down + 2);
    double value = loss(d, t, n, a, b);
    for (int iteration = 0; iteration < 100; iteration++) {
        double h11 = sigma, h22 = sigma, h21 = 0, g1 = 0, g2 = 0;
        for (int64_t i = 0; i < n; i++) {
            double q = hn_sigmoid(a * d[i] + b), p = 1 - q, w = p * q, e = t[i] - p;
            h11 += d[i] * d[i] * w;
            h22 += w;
            h21 += d[i] * w;
            g1 += d[i] * e;
            g2 += e;
        }
        if (fabs(g1) < 1e-5 && fabs(g2) < 1e-5) break;
        double det = h11 * h22 - h21 * h21, da = -(h22 * g1 - h21 * g2) / det;
        double db = -(h11 * g2 - h21 * g1) / det, slope = g1 * da + g2 * db, step = 1;
        for (; step >= 1e-10; step /= 2) {
            double next = loss(d, t, n, a + step * da, b + step * db);
            if (!(next < value + 1e-4 * step * slope)) continue;
            a += step * da;
            b += step * db;
            value = next;
            break;
        }
        if (step < 1e-10) break;
    }
    *ret_a = a;
    *ret_b = b;
}

/* ---- held-out decisions --------------------------------------------------------------------- */

/* Decisions of a trained part at rows which[0..m-1] of x, to ret by row. */
static hone_status decide(hone_ctx *ctx, const hn_kernel *kernel, const hn_svm_part *part,
                          const hn_points *x, const int64_t *which, int64_t m, double *ret) {
    HN_SCRATCH(ctx);
    int64_t *support, n = 0;
    double *values, *coef;
    hn_points vectors;
    HN_TRY(HN_SCRATCH_NEW(ctx, support, part->x.n));
    HN_TRY(HN_SCRATCH_NEW(ctx, coef, part->x.n));
    HN_TRY(HN_SCRATCH_NEW(ctx, values, part->x.n));
    for (int64_t i = 0; i < part->x.n; i++) {
        if (part->coef[i] == 0) continue;
        support[n] = i;
        coef[n++] = part->coef[i];
    }
    HN_TRY(hn_points_take(ctx, ctx->scratch, &part->x, support, n, &vectors));
    HN_TRY(hn_points_index(ctx, ctx->scratch, &vectors));
    for (int64_t r = 0; r < m; r++) {
        hn_points_products(&vectors, x, which[r], values);
        hn_kernel_map(kernel, x->squared[which[r]], vectors.squared, n, values);
        ret[which[r]] = hn_dot(values, coef, n) + part->bias;
        if (r % 256 == 255) HN_TRY(hn_check_cancel(ctx));
    }
    return HONE_OK;
}

/* Trains on all rows of order but begin..end-1 and decides those. */
static hone_status hold_out(hone_ctx *ctx, const hn_svm_rules *rules, const hn_svm_part *whole,
                            const int64_t *order, int64_t begin, int64_t end, double *ret) {
    HN_SCRATCH(ctx);
    int64_t n = whole->x.n - (end - begin), m = 0, up = 0, *rows;
    double *y, *c;
    hn_svm_part part = {0};
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, y, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, c, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, part.coef, n + 1));
    for (int64_t i = 0; i < whole->x.n; i++) {
        if (i >= begin && i < end) continue;
        rows[m] = order[i];
        y[m] = whole->y[order[i]];
        up += y[m] > 0;
        c[m++] = whole->c[order[i]];
    }
    if (up == 0 || up == n) { /* one class alone is sure of itself */
        for (int64_t i = begin; i < end; i++) ret[order[i]] = n == 0 ? 0 : up > 0 ? 1 : -1;
        return HONE_OK;
    }
    HN_TRY(hn_points_take(ctx, ctx->scratch, &whole->x, rows, n, &part.x));
    part.y = y;
    part.c = c;
    HN_TRY(hn_svm_two_classes(ctx, rules, &part));
    return decide(ctx, &rules->kernel, &part, &whole->x, order + begin, end - begin, ret);
}

hone_status hn_svm_platt(hone_ctx *ctx, const hn_svm_rules *rules, const hn_svm_part *part,
                         uint64_t stream, double *ret_a, double *ret_b) {
    HN_SCRATCH(ctx);
    hn_svm_part whole = *part;
    int64_t n = whole.x.n, *order;
    double *d, *t;
    HN_TRY(hn_points_index(ctx, ctx->scratch, &whole.x));
    HN_TRY(HN_SCRATCH_NEW(ctx, order, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, d, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, t, n));
    for (int64_t i = 0; i < n; i++) order[i] = i;
    hn_rng rng = hn_rng_make(ctx->seed, stream);
    hn_rng_shuffle(&rng, order, n);
    for (int64_t fold = 0; fold < FOLDS; fold++)
        HN_TRY(hold_out(ctx, rules, &whole, order, fold * n / FOLDS, (fold + 1) * n / FOLDS, d));
    fit_sigmoid(d, part->y, t, n, ret_a, ret_b);
    return HONE_OK;
}

/* ---- pairs ---------------------------------------------------------------------------------- */

void hn_svm_couple(const double *r, int64_t k, double *work, double *ret) {
    double *q = work, *qp = work + k * k, enough = 0.005 / (double)k;
    for (int64_t a = 0; a < k; a++) {
        ret[a] = 1 / (double)k;
        q[a * k + a] = 0;
        for (int64_t b = 0; b < k; b++) {
            if (b == a) continue;
            q[a * k + a] += r[b * k + a] * r[b * k + a];
            q[a * k + b] = -r[b * k + a] * r[a * k + b];
        }
    }
    int64_t most = k > 100 ? k : 100;
    for (int64_t iteration = 0; iteration < most; iteration++) {
        double pqp = 0, worst = 0;
        for (int64_t a = 0; a < k; a++) {
            qp[a] = 0;
            for (int64_t b = 0; b < k; b++) qp[a] += q[a * k + b] * ret[b];
            pqp += ret[a] * qp[a];
        }
        for (int64_t a = 0; a < k; a++) worst = fmax(worst, fabs(qp[a] - pqp));
        if (worst < enough) break;
        for (int64_t a = 0; a < k; a++) {
            double diff = (pqp - qp[a]) / q[a * k + a];
            ret[a] += diff;
            pqp = (pqp + diff * (diff * q[a * k + a] + 2 * qp[a])) / (1 + diff) / (1 + diff);
            for (int64_t b = 0; b < k; b++) {
                qp[b] = (qp[b] + diff * q[a * k + b]) / (1 + diff);
                ret[b] /= 1 + diff;
            }
        }
    }
    double sum = hn_sum(ret, k);
    for (int64_t a = 0; a < k; a++) ret[a] /= sum;
}
