/* bins_order.c - categories put in the order of their mean target; see cart.h. */
#include "base/parallel.h"
#include "ml/tree/cart.h"
#include "num/sort.h"
#include <math.h>
#include <string.h>

typedef struct ordering {
    hn_bins *bins;
    const double *y, *weight;
    int32_t width; /* classes, or 1 */
    bool classes;
} ordering;

/* Per bin: total weight and sums [n_bins, width] of class weights or values. */
static void sum_bins(const ordering *all, int32_t feature, double *total, double *sums) {
    const uint8_t *codes = hn_bins_column(all->bins, feature);
    for (int64_t i = 0; i < all->bins->n_rows; i++) {
        double w = all->weight ? all->weight[i] : 1;
        total[codes[i]] += w;
        if (all->classes)
            sums[codes[i] * all->width + (int64_t)all->y[i]] += w;
        else
            sums[codes[i]] += w * all->y[i];
    }
}

/* One step of power iteration: to = covariance of class shares times from, normalised. */
static double power_step(const double *shares, const double *total, int32_t n, int32_t k,
                         const double *from, double *to) {
    memset(to, 0, (size_t)k * sizeof *to);
    for (int32_t b = 0; b < n; b++) {
        double dot = 0;
        for (int32_t c = 0; c < k; c++) dot += shares[b * k + c] * from[c];
        for (int32_t c = 0; c < k; c++) to[c] += total[b] * dot * shares[b * k + c];
    }
    double norm = 0;
    for (int32_t c = 0; c < k; c++) norm += to[c] * to[c];
    norm = sqrt(norm);
    for (int32_t c = 0; c < k && norm > 0; c++) to[c] /= norm;
    return norm;
}

/* sums become centred class shares; score = their first principal component. */
static void principal(double *sums, const double *total, int32_t n, int32_t k, double *direction,
                      double *next, double *score) {
    enum { STEPS = 50 };
    double all = 0;
    memset(next, 0, (size_t)k * sizeof *next);
    for (int32_t b = 0; b < n; b++) {
        all += total[b];
        for (int32_t c = 0; c < k; c++) next[c] += sums[b * k + c];
    }
    for (int32_t b = 0; b < n; b++)
        for (int32_t c = 0; c < k; c++)
            sums[b * k + c] = (total[b] > 0 ? sums[b * k + c] / total[b] : 0) - next[c] / all;
    for (int32_t c = 0; c < k; c++) direction[c] = 1.0 / (c + 1);
    for (int step = 0; step < STEPS; step++) {
        if (!(power_step(sums, total, n, k, direction, next) > 0)) break;
        memcpy(direction, next, (size_t)k * sizeof *next);
    }
    for (int32_t b = 0; b < n; b++) {
        score[b] = 0;
        for (int32_t c = 0; c < k; c++) score[b] += sums[b * k + c] * direction[c];
    }
}

static hone_status order_column(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const ordering *all = arg;
    hn_bin_column *column = &all->bins->columns[chunk.index];
    int32_t n = column->n_values, k = all->width;
    if (!column->is_category || n < 2) return HONE_OK;
    double *total, *sums, *score, *direction;
    int64_t *order;
    HN_TRY(HN_SCRATCH_NEW(ctx, total, column->n_bins));
    HN_TRY(HN_SCRATCH_NEW(ctx, sums, (size_t)column->n_bins * (size_t)k));
    HN_TRY(HN_SCRATCH_NEW(ctx, score, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, direction, 2 * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, order, n));
    sum_bins(all, (int32_t)chunk.index, total, sums);
    if (k > 2)
        principal(sums, total, n, k, direction, direction + k, score);
    else
        for (int32_t b = 0; b < n; b++)
            score[b] = total[b] > 0 ? sums[b * k + (k - 1)] / total[b] : 0;
    HN_TRY(hn_argsort_f64(ctx, score, n, order));
    uint8_t rank[HN_BINS];
    for (int32_t b = 0; b < column->n_bins; b++) rank[b] = (uint8_t)b;
    for (int32_t b = 0; b < n; b++) rank[order[b]] = (uint8_t)b;
    for (int32_t c = 0; c < column->n_codes; c++)
        if (column->bin_of_code[c] >= 0) column->bin_of_code[c] = rank[column->bin_of_code[c]];
    uint8_t *codes = all->bins->codes + chunk.index * all->bins->n_rows;
    for (int64_t i = 0; i < all->bins->n_rows; i++) codes[i] = rank[codes[i]];
    return HONE_OK;
}

hone_status hn_bins_order(hone_ctx *ctx, hn_bins *bins, const double *y, const double *weight,
                          int32_t n_classes) {
    ordering all = {.bins = bins,
                    .y = y,
                    .weight = weight,
                    .width = n_classes > 0 ? n_classes : 1,
                    .classes = n_classes > 0};
    return hn_parallel(ctx, bins->n_features, 1, order_column, &all);
}
