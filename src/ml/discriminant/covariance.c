/* covariance.c - see covariance.h. */
#include "ml/discriminant/covariance.h"
#include "num/blas.h"
#include <string.h>

/* Rows that count, less the mean, each times the root of its weight. Returns how many; *ret_total: weights. */
static int64_t center(const double *x, int64_t n, int64_t p, const double *y, int64_t c,
                      const double *weight, const double *mean, double *ret, double *ret_root,
                      double *ret_total) {
    int64_t m = 0;
    *ret_total = 0;
    for (int64_t i = 0; i < n; i++) {
        double w = weight ? weight[i] : 1;
        if ((y && y[i] != (double)c) || w == 0) continue;
        *ret_total += w;
        ret_root[m] = sqrt(w);
        for (int64_t j = 0; j < p; j++) ret[m * p + j] = ret_root[m] * (x[i * p + j] - mean[j]);
        m++;
    }
    return m;
}

/* How much of s [p, p] to replace: Ledoit, Wolf (2004), A well-conditioned estimator, lemma 3.2 to 3.4. rows [m, p]
 * with the roots of their weights in them. */
static double best_shrinkage(const double *rows, const double *root, int64_t m, int64_t p,
                             double total, const double *s) {
    double fourth = 0, square = 0, trace = 0;
    for (int64_t i = 0; i < m; i++) {
        double norm = hn_dot(rows + i * p, rows + i * p, p) / root[i];
        fourth += norm * norm; /* w |x|^4 */
    }
    for (int64_t i = 0; i < p * p; i++) square += s[i] * s[i];
    for (int64_t j = 0; j < p; j++) trace += s[j * p + j];
    double beta = (fourth / total - square) / ((double)p * total);
    double delta = (square - trace * trace / (double)p) / (double)p;
    beta = beta < delta ? beta : delta;
    return beta > 0 ? beta / delta : 0;
}

static void shrink(double *s, int64_t p, double by) {
    double trace = 0;
    for (int64_t j = 0; j < p; j++) trace += s[j * p + j];
    for (int64_t i = 0; i < p * p; i++) s[i] *= 1 - by;
    for (int64_t j = 0; j < p; j++) s[j * p + j] += by * trace / (double)p;
}

static hone_status gram(hone_ctx *ctx, const double *rows, int64_t m, int64_t p, double total,
                        double *ret) {
    HN_TRY(hn_gram(ctx, rows, m, p, NULL, ret));
    for (int64_t i = 0; i < p * p; i++) ret[i] /= total;
    return HONE_OK;
}

hone_status hn_covariance(hone_ctx *ctx, const double *x, int64_t n, int64_t p, const double *y,
                          int64_t c, const double *weight, const double *mean, double shrinkage,
                          double *ret) {
    HN_SCRATCH(ctx);
    double *rows, *root, *sd, total;
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, n * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, root, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, sd, p));
    int64_t m = center(x, n, p, y, c, weight, mean, rows, root, &total);
    memset(ret, 0, (size_t)(p * p) * sizeof *ret);
    if (m == 0) return HONE_OK;
    HN_TRY(gram(ctx, rows, m, p, total, ret));
    if (shrinkage != HN_SHRINK_AUTO) {
        if (shrinkage > 0) shrink(ret, p, shrinkage);
        return HONE_OK;
    }
    for (int64_t j = 0; j < p; j++) sd[j] = ret[j * p + j] > 0 ? sqrt(ret[j * p + j]) : 1;
    for (int64_t i = 0; i < m * p; i++) rows[i] /= sd[i % p];
    HN_TRY(gram(ctx, rows, m, p, total, ret));
    shrink(ret, p, p > 1 ? best_shrinkage(rows, root, m, p, total, ret) : 0);
    for (int64_t i = 0; i < p * p; i++) ret[i] *= sd[i / p] * sd[i % p];
    return HONE_OK;
}

hone_status hn_class_priors(hone_ctx *ctx, const char *kind, const hn_reals *given,
                            const double *count, int64_t k, double *ret) {
    if (given->n > 0 && given->n != k)
        return hn_fail_at(
            ctx, HONE_ERROR_USAGE, HN_AT(.param = "priors"),
            "%s: 'priors' holds %lld probabilities for %lld classes; give one for each", kind,
            (long long)given->n, (long long)k);
    const double *from = given->n > 0 ? given->items : count;
    double total = hn_sum(from, k);
    if (!(total > 0))
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "priors"),
                          "%s: all 'priors' are 0; give some class a chance", kind);
    for (int64_t c = 0; c < k; c++) ret[c] = from[c] / total;
    return HONE_OK;
}
