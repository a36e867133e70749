/* kernel.c - kernel functions; products with support vectors; see kernel.h. */
#include "ml/svm/kernel.h"
#include "num/math.h"
#include "num/simd.h"
#include <string.h>

/* By squaring: the same products for everybody. */
static double power(double base, int64_t degree) {
    double result = 1;
    for (; degree > 0; degree >>= 1) {
        if (degree & 1) result *= base;
        base *= base;
    }
    return result;
}

/* -gamma times the squared distances, from products. */
HN_CLONES static void rbf_exponents(double gamma, double squared, const double *restrict others,
                                    int64_t n, double *restrict products) {
    HN_SIMD
    for (int64_t i = 0; i < n; i++) {
        double distance = (squared + others[i]) - 2 * products[i];
        products[i] = -gamma * (distance > 0 ? distance : 0);
    }
}

void hn_kernel_map(const hn_kernel *kernel, double squared, const double *others, int64_t n,
                   double *products) {
    double gamma = kernel->gamma, coef0 = kernel->coef0;
    switch (kernel->kind) {
    case HN_KERNEL_LINEAR: return;
    case HN_KERNEL_RBF:
        rbf_exponents(gamma, squared, others, n, products);
        hn_exp_array(products, products, n);
        return;
    case HN_KERNEL_POLY:
        for (int64_t i = 0; i < n; i++)
            products[i] = power(gamma * products[i] + coef0, kernel->degree);
        return;
    default:
        for (int64_t i = 0; i < n; i++) products[i] = gamma * products[i] + coef0;
        hn_tanh_array(products, products, n);
    }
}

double hn_kernel_own(const hn_kernel *kernel, double squared) {
    double value = squared;
    hn_kernel_map(kernel, squared, &squared, 1, &value);
    return value;
}

double hn_kernel_gamma(double gamma, const hn_points *x) {
    if (gamma == HN_GAMMA_AUTO) return 1 / (double)x->p;
    if (gamma != HN_GAMMA_SCALE) return gamma;
    int64_t all = x->n * x->p, stored = x->sparse ? hn_csr_entries(&x->csr) : all;
    const double *value = x->sparse ? x->csr.value + x->csr.start[0] : x->dense;
    double mean = hn_sum(value, stored) / (double)all, lane[4] = {0};
    for (int64_t i = 0; i < stored; i++) lane[i % 4] += (value[i] - mean) * (value[i] - mean);
    double sum = ((lane[0] + lane[1]) + (lane[2] + lane[3])) + (double)(all - stored) * mean * mean;
    double variance = sum / (double)all;
    return variance > 0 ? 1 / ((double)x->p * variance) : 1;
}

/* ---- support vectors ------------------------------------------------------------------------ */

void hn_sv_pack(const double *vectors, int64_t m, int64_t p, double *ret_tiles) {
    memset(ret_tiles, 0, (size_t)(hn_sv_tiles(m) * p * HN_SV_TILE) * sizeof(double));
    for (int64_t s = 0; s < m; s++)
        for (int64_t j = 0; j < p; j++)
            ret_tiles[((s / HN_SV_TILE) * p + j) * HN_SV_TILE + s % HN_SV_TILE] =
                vectors[s * p + j];
}

typedef double four __attribute__((vector_size(32)));
typedef double four_at __attribute__((vector_size(32), aligned(8), may_alias)); /* in memory */
#define AT(p) (*(four_at *)(p))
#define LOAD(p) (*(const four_at *)(p))

/* One chain of sums for each pair of vectors, in the order of features, whatever the rows beside it. */
HN_CLONES static void products_of_four(const double *rows, int64_t p, const double *tile,
                                       double *ret) {
    four a0 = {0}, a1 = {0}, b0 = {0}, b1 = {0}, c0 = {0}, c1 = {0}, d0 = {0}, d1 = {0};
    for (int64_t j = 0; j < p; j++) {
        four low = LOAD(tile + j * HN_SV_TILE), high = LOAD(tile + j * HN_SV_TILE + 4);
        a0 += low * rows[j];
        a1 += high * rows[j];
        b0 += low * rows[p + j];
        b1 += high * rows[p + j];
        c0 += low * rows[2 * p + j];
        c1 += high * rows[2 * p + j];
        d0 += low * rows[3 * p + j];
        d1 += high * rows[3 * p + j];
    }
    AT(ret) = a0;
    AT(ret + 4) = a1;
    AT(ret + 8) = b0;
    AT(ret + 12) = b1;
    AT(ret + 16) = c0;
    AT(ret + 20) = c1;
    AT(ret + 24) = d0;
    AT(ret + 28) = d1;
}

HN_CLONES static void products_of_one(const double *row, int64_t p, const double *tile,
                                      double *ret) {
    four low = {0}, high = {0};
    for (int64_t j = 0; j < p; j++) {
        low += LOAD(tile + j * HN_SV_TILE) * row[j];
        high += LOAD(tile + j * HN_SV_TILE + 4) * row[j];
    }
    AT(ret) = low;
    AT(ret + 4) = high;
}

void hn_sv_products(const double *rows, int64_t r, int64_t p, const double *tile,
                    double ret[HN_SV_ROWS * HN_SV_TILE]) {
    if (r == HN_SV_ROWS) {
        products_of_four(rows, p, tile, ret);
        return;
    }
    for (int64_t i = 0; i < r; i++) products_of_one(rows + i * p, p, tile, ret + i * HN_SV_TILE);
}
