/* mixture_density.c - how likely rows are under each component, eight rows at a time; see mixture.h.
 *
 * Each row has a lane of its own and sums run over coordinates in order: its bits don't depend on the rows
 * beside it. */
#include "ml/cluster/mixture.h"
#include "num/math.h"
#include "num/simd.h"
#include <string.h>

enum { LANES = HN_MIXTURE_ROWS, AT_ONCE = 4 };

typedef double quad __attribute__((vector_size(4 * sizeof(double)), may_alias));
#define ALL(v) ((quad){(v), (v), (v), (v)})

static const double *precision_of(const hn_mixture *m, int64_t c) {
    return m->kind == HN_MIXTURE_TIED
               ? m->precisions_cholesky
               : m->precisions_cholesky + c * hn_mixture_numbers(m->kind, 1, m->d);
}

void hn_mixture_prepare(const hn_mixture *m) {
    static const double LOG_2_PI = 1.8378770664093454836;
    for (int64_t c = 0; c < m->k; c++) {
        const double *p = precision_of(m, c);
        double log_det = 0;
        for (int64_t j = 0; j < m->d; j++) {
            bool matrix = m->kind == HN_MIXTURE_FULL || m->kind == HN_MIXTURE_TIED;
            int64_t at = matrix ? j * m->d + j : m->kind == HN_MIXTURE_DIAG ? j : 0;
            log_det += hn_log(p[at]);
        }
        m->log_weights[c] = hn_log(m->weights[c]) + log_det - (double)m->d / 2 * LOG_2_PI;
    }
}

/* by [d][LANES] times columns j .. j + n - 1 of the upper triangle p [d, d], squared and summed up. */
HN_INLINE void add_columns(const quad *by, const double *p, int64_t d, int64_t j, int64_t n,
                           quad sum[2]) {
    quad y[AT_ONCE][2] = {{{0}}};
    for (int64_t i = 0; i < j; i++)
        for (int64_t t = 0; t < n; t++) {
            y[t][0] += by[2 * i] * ALL(p[i * d + j + t]);
            y[t][1] += by[2 * i + 1] * ALL(p[i * d + j + t]);
        }
    for (int64_t i = j; i < j + n; i++)
        for (int64_t t = i - j; t < n; t++) {
            y[t][0] += by[2 * i] * ALL(p[i * d + j + t]);
            y[t][1] += by[2 * i + 1] * ALL(p[i * d + j + t]);
        }
    for (int64_t t = 0; t < n; t++) {
        sum[0] += y[t][0] * y[t][0];
        sum[1] += y[t][1] * y[t][1];
    }
}

HN_CLONES static void squared_matrix(const double *by, const double *p, int64_t d, double *ret) {
    const quad *b = (const quad *)(const void *)by;
    quad sum[2] = {{0}, {0}};
    int64_t j = 0;
    for (; j + AT_ONCE <= d; j += AT_ONCE) add_columns(b, p, d, j, AT_ONCE, sum);
    for (; j < d; j++) add_columns(b, p, d, j, 1, sum);
    memcpy(ret, sum, sizeof sum);
}

HN_CLONES static void squared_axes(const double *by, const double *p, int64_t step, int64_t d,
                                   double *ret) {
    const quad *b = (const quad *)(const void *)by;
    quad sum[2] = {{0}, {0}};
    for (int64_t j = 0; j < d; j++) {
        quad y = b[2 * j] * ALL(p[j * step]), z = b[2 * j + 1] * ALL(p[j * step]);
        sum[0] += y * y;
        sum[1] += z * z;
    }
    memcpy(ret, sum, sizeof sum);
}

/* |(row - mean) P|^2 of each row. */
static void squared(const hn_mixture *m, int64_t c, const double *tile, double *by, double *ret) {
    int64_t d = m->d;
    const double *mean = m->means + c * d, *p = precision_of(m, c);
    for (int64_t j = 0; j < d; j++)
        for (int l = 0; l < LANES; l++) by[j * LANES + l] = tile[j * LANES + l] - mean[j];
    if (m->kind == HN_MIXTURE_FULL || m->kind == HN_MIXTURE_TIED)
        squared_matrix(by, p, d, ret);
    else
        squared_axes(by, p, m->kind == HN_MIXTURE_DIAG, d, ret);
}

/* Shares of one row, at ret[c * LANES], of the logarithms there. */
static double share(const hn_mixture *m, double most, double *ret) {
    double sum = 0;
    if (!isfinite(most)) { /* beyond reach of all: equal shares */
        for (int64_t c = 0; c < m->k; c++) ret[c * LANES] = 1 / (double)m->k;
        return -INFINITY;
    }
    for (int64_t c = 0; c < m->k; c++) sum += ret[c * LANES];
    for (int64_t c = 0; c < m->k; c++) ret[c * LANES] /= sum;
    return most + hn_log(sum);
}

void hn_mixture_responsibilities(const hn_mixture *m, const double *tile, double *work, double *ret,
                                 double *ret_log) {
    _Alignas(64) double far[LANES];
    double most[LANES];
    for (int l = 0; l < LANES; l++) most[l] = -INFINITY;
    for (int64_t c = 0; c < m->k; c++) {
        squared(m, c, tile, work, far);
        for (int l = 0; l < LANES; l++) {
            double log = m->log_weights[c] - far[l] / 2;
            ret[c * LANES + l] = log;
            most[l] = log > most[l] ? log : most[l];
        }
    }
    for (int64_t c = 0; c < m->k; c++)
        for (int l = 0; l < LANES; l++) ret[c * LANES + l] -= most[l];
    hn_exp_array(ret, ret, m->k * LANES);
    for (int l = 0; l < LANES; l++) ret_log[l] = share(m, most[l], ret + l);
}

/* ---- drawing --------------------------------------------------------------------------------- */

/* x with P' x = z, in place: its covariance is then that whose inverse is P P'. */
static void spread(const double *p, int64_t d, double *z) {
    for (int64_t i = 0; i < d; i++) {
        for (int64_t j = 0; j < i; j++) z[i] -= p[j * d + i] * z[j];
        z[i] /= p[i * d + i];
    }
}

int64_t hn_mixture_draw(const hn_mixture *m, hn_rng *rng, double *ret_row) {
    double at = hn_rng_uniform(rng), sum = 0;
    int64_t c = 0, d = m->d;
    for (; c + 1 < m->k; c++)
        if (at < (sum += m->weights[c])) break;
    const double *p = precision_of(m, c);
    for (int64_t j = 0; j < d; j++) ret_row[j] = hn_rng_normal(rng);
    if (m->kind == HN_MIXTURE_FULL || m->kind == HN_MIXTURE_TIED)
        spread(p, d, ret_row);
    else
        for (int64_t j = 0; j < d; j++) ret_row[j] /= p[m->kind == HN_MIXTURE_DIAG ? j : 0];
    for (int64_t j = 0; j < d; j++) ret_row[j] += m->means[c * d + j];
    return c;
}
