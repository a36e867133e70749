/* bins_kmeans.c - k-means of numbers on a line; see bins.h. A cluster is a stretch of the sorted numbers, so a
 * round costs k bisections. */
#include "ml/prep/bins.h"

#include "base/parallel.h"
#include "num/sort.h"
#include <math.h>
#include <string.h>

typedef struct line {
    const double *x; /* [n] sorted */
    double *prefix;  /* [n + 1] sums */
    double *centers; /* [k] */
    int64_t *begin;  /* [k + 1] of each cluster */
    int64_t n, k;
} line;

/* Clusters end halfway between centers; what lies just there goes to the lower one. */
static void assign(const line *l, int64_t *begin) {
    begin[0] = 0;
    begin[l->k] = l->n;
    for (int64_t c = 1; c < l->k; c++) {
        double edge = (l->centers[c - 1] + l->centers[c]) / 2;
        int64_t low = begin[c - 1], high = l->n;
        while (low < high) {
            int64_t middle = (low + high) / 2;
            if (l->x[middle] <= edge)
                low = middle + 1;
            else
                high = middle;
        }
        begin[c] = low;
    }
}

/* An empty cluster takes the number farthest from its center, away from its own cluster. */
static hone_status fill_empty(hone_ctx *ctx, const line *l, double *sum, double *count) {
    int64_t n_empty = 0, *order, taken = 0;
    double *distance;
    for (int64_t c = 0; c < l->k; c++) n_empty += count[c] == 0;
    if (n_empty == 0) return HONE_OK;
    HN_SCRATCH(ctx);
    HN_TRY(HN_SCRATCH_NEW(ctx, distance, l->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, order, l->n));
    for (int64_t c = 0; c < l->k; c++)
        for (int64_t i = l->begin[c]; i < l->begin[c + 1]; i++) {
            double off = l->x[i] - l->centers[c];
            distance[i] = off * off;
        }
    HN_TRY(hn_argsort_f64(ctx, distance, l->n, order));
    for (int64_t c = 0; c < l->k; c++) {
        if (count[c] != 0 || taken == l->n) continue;
        int64_t i = order[l->n - ++taken], from = 0;
        while (l->begin[from + 1] <= i) from++;
        sum[from] -= l->x[i];
        count[from]--;
        sum[c] = l->x[i];
        count[c] = 1;
    }
    return HONE_OK;
}

static void sort_few(double *values, int64_t n) {
    for (int64_t i = 1; i < n; i++)
        for (int64_t j = i; j > 0 && values[j - 1] > values[j]; j--) {
            double swap = values[j];
            values[j] = values[j - 1];
            values[j - 1] = swap;
        }
}

hone_status hn_kmeans_line(hone_ctx *ctx, const double *sorted, int64_t n, double *centers,
                           int64_t k) {
    enum { ROUNDS = 300 };
    HN_SCRATCH(ctx);
    line l = {.centers = centers, .n = n, .k = k};
    int64_t *before;
    double *sum, *count, *off, *x;
    HN_TRY(HN_SCRATCH_NEW(ctx, l.prefix, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, l.begin, k + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, before, k + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, sum, k));
    HN_TRY(HN_SCRATCH_NEW(ctx, count, k));
    HN_TRY(HN_SCRATCH_NEW(ctx, off, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, x, n));
    l.x = x;
    double mean = hn_sum(sorted, n) / (double)n; /* sums of what is left lose less */
    for (int64_t i = 0; i < n; i++) {
        x[i] = sorted[i] - mean;
        off[i] = x[i] * x[i];
        l.prefix[i + 1] = l.prefix[i] + x[i];
    }
    for (int64_t c = 0; c < k; c++) centers[c] -= mean;
    double tolerance = 1e-4 * hn_sum(off, n) / (double)n;
    for (int round = 0; round < ROUNDS; round++) {
        double moved = 0;
        HN_TRY(hn_check_cancel(ctx));
        assign(&l, l.begin);
        for (int64_t c = 0; c < k; c++) {
            count[c] = (double)(l.begin[c + 1] - l.begin[c]);
            sum[c] = l.prefix[l.begin[c + 1]] - l.prefix[l.begin[c]];
        }
        HN_TRY(fill_empty(ctx, &l, sum, count));
        for (int64_t c = 0; c < k; c++) {
            double center = count[c] > 0 ? sum[c] / count[c] : centers[c];
            moved += (center - centers[c]) * (center - centers[c]);
            centers[c] = center;
        }
        sort_few(centers, k);
        if (round > 0 && memcmp(before, l.begin, (size_t)(k + 1) * sizeof *before) == 0) break;
        if (moved <= tolerance) break;
        memcpy(before, l.begin, (size_t)(k + 1) * sizeof *before);
    }
    for (int64_t c = 0; c < k; c++) centers[c] += mean;
    return HONE_OK;
}
