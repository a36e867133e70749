/* density.c - histograms and kernel densities of sorted values; declared in describe.h. */
#include "base/parallel.h"
#include "num/math.h"
#include "num/sort.h"
#include "table/describe.h"

int32_t hn_histogram_edges(const double *sorted, int64_t n, bool whole, int64_t bins,
                           double *ret_edges) {
    if (n == 0) return 0;
    double low = sorted[0], high = sorted[n - 1], range = high - low;
    if (whole && bins == 0 && range < HN_BINS_MOST) { /* a bin about each integer */
        for (int32_t b = 0; b <= (int32_t)range + 1; b++) ret_edges[b] = low + b - 0.5;
        return (int32_t)range + 1;
    }
    if (!(range > 0)) {
        ret_edges[0] = low - 0.5;
        ret_edges[1] = low + 0.5;
        if (!(ret_edges[0] < low)) ret_edges[0] = nextafter(low, -INFINITY);
        if (!(ret_edges[1] > low)) ret_edges[1] = nextafter(low, INFINITY);
        return 1;
    }
    double spread = hn_quantile_sorted(sorted, n, 0.75) - hn_quantile_sorted(sorted, n, 0.25);
    double width = 2 * spread / hn_pow((double)n, 1.0 / 3);
    double sturges = hn_log2((double)n) + 1;
    double wanted = width > 0 && range / width > sturges ? range / width : sturges;
    int32_t count = wanted < HN_BINS_MOST ? (int32_t)ceil(wanted) : HN_BINS_MOST;
    if (bins > 0) count = bins < HN_BINS_MOST ? (int32_t)bins : HN_BINS_MOST;
    if (whole && bins == 0 &&
        range < 1e15) { /* whole widths, or some bins would hold more integers than others */
        width = ceil((range + 1) / count);
        count = (int32_t)ceil((range + 1) / width);
        for (int32_t b = 0; b <= count; b++) ret_edges[b] = low - 0.5 + b * width;
        if (ret_edges[0] < low && ret_edges[1] > ret_edges[0]) return count;
    }
    /* By halves, so that the range may be more than a double holds. */
    for (int32_t b = 0; b <= count; b++)
        ret_edges[b] = isfinite(range) ? low + range * ((double)b / count)
                                       : low * (1 - (double)b / count) + high * ((double)b / count);
    ret_edges[count] = high;
    return count;
}

/* The first of ascending values that is not below x. */
static int64_t first_from(const double *sorted, int64_t n, double x) {
    int64_t low = 0, high = n;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (sorted[middle] < x)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void hn_histogram_counts(const double *sorted, int64_t n, const double *edges, int32_t n_bins,
                         int64_t *ret_counts) {
    int64_t begin = n_bins > 0 ? first_from(sorted, n, edges[0]) : 0;
    for (int32_t b = 0; b < n_bins; b++) {
        int64_t end = first_from(sorted, n, edges[b + 1]);
        while (b + 1 == n_bins && end < n && sorted[end] == edges[n_bins]) end++;
        ret_counts[b] = end - begin;
        begin = end;
    }
}

double hn_density(const double *sorted, int64_t n, double from, double step, int64_t n_points,
                  double *ret_density) {
    double mean = 0, square = 0;
    for (int64_t i = 0; i < n; i++) mean += sorted[i] / (double)n;
    for (int64_t i = 0; i < n; i++) square += (sorted[i] - mean) * (sorted[i] - mean);
    double deviation = n > 1 ? sqrt(square / (double)(n - 1)) : 0;
    double bandwidth = deviation * hn_pow((double)n, -0.2);
    if (!(bandwidth > 0) || !isfinite(bandwidth)) return (double)NAN;
    double scale = 1 / (bandwidth * (double)n * 2.50662827463100050242);
    for (int64_t p = 0; p < n_points; p++) {
        /* Beyond 8.5 bandwidths a kernel is less than 1e-15 of its height. */
        double x = from + (double)p * step, sum = 0;
        int64_t i = first_from(sorted, n, x - 8.5 * bandwidth);
        for (; i < n && sorted[i] <= x + 8.5 * bandwidth; i++) {
            double distance = (sorted[i] - x) / bandwidth;
            sum += hn_exp(-0.5 * distance * distance);
        }
        ret_density[p] = sum * scale;
    }
    return bandwidth;
}
