/* exact_absolute.c - least absolute deviations of growing sets; see exact.h. */
#include "ml/tree/exact.h"
#include <string.h>

void hn_deviations_clear(hn_deviations *d, int64_t n) {
    d->n = n;
    d->all_weight = d->all_sum = 0;
    memset(d->weight, 0, (size_t)(n + 1) * sizeof *d->weight);
    memset(d->sum, 0, (size_t)(n + 1) * sizeof *d->sum);
}

void hn_deviations_add(hn_deviations *d, int64_t rank, double weight, double y) {
    d->all_weight += weight;
    d->all_sum += weight * y;
    for (int64_t i = rank + 1; i <= d->n; i += i & -i) {
        d->weight[i] += weight;
        d->sum[i] += weight * y;
    }
}

/* The least rank at which half of the weight is reached, and what lies before it. */
static int64_t find_half(const hn_deviations *d, double *ret_weight, double *ret_sum) {
    int64_t at = 0, step = 1;
    double weight = 0, sum = 0, half = d->all_weight / 2;
    while (step * 2 <= d->n) step *= 2;
    for (; step > 0; step /= 2) {
        if (at + step > d->n || !(weight + d->weight[at + step] < half)) continue;
        at += step;
        weight += d->weight[at];
        sum += d->sum[at];
    }
    *ret_weight = weight;
    *ret_sum = sum;
    return at < d->n ? at : d->n - 1;
}

double hn_deviations_least(const hn_deviations *d, const double *y_of_rank, double *ret_median) {
    double below, below_sum;
    int64_t rank = find_half(d, &below, &below_sum);
    double median = y_of_rank[rank];
    if (ret_median) *ret_median = median;
    double above = d->all_weight - below, above_sum = d->all_sum - below_sum;
    double least = median * below - below_sum + above_sum - median * above;
    return least > 0 ? least : 0;
}

void hn_deviations_heads(hn_deviations *d, const hn_exact *exact, const uint32_t *seq, int64_t n,
                         const uint32_t *rank, const double *y_of_rank, double *ret_least) {
    hn_deviations_clear(d, n);
    for (int64_t i = 0; i < n; i++) {
        double w = exact->weight ? exact->weight[seq[i]] : 1;
        hn_deviations_add(d, rank[seq[i]], w, exact->y[seq[i]]);
        ret_least[i] = d->all_weight > 0 ? hn_deviations_least(d, y_of_rank, NULL) : 0;
    }
}
