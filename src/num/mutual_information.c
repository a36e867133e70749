/* mutual_information.c - mutual information by nearest neighbours; declared in association.h.
 *
 * Kraskov's first estimator: psi(n) + psi(k) - mean(psi(nx + 1) + psi(ny + 1)), where nx counts the rows
 * nearer in x alone than the k-th neighbour is in both. One column's counts are two bisections in its
 * sorted values; neighbours in both come from a kd-tree. */
#include "base/parallel.h"
#include "base/rng.h"
#include "num/association.h"
#include "num/distribution.h"
#include "num/math.h"
#include "num/neighbors.h"
#include "num/sort.h"

/* How many of sorted [n] lie at most radius from x. Rounding of differences is monotone, so bisection finds
 * what measuring each would. */
static int64_t count_within(const double *sorted, int64_t n, double x, double radius) {
    int64_t low = 0, high = n;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (x - sorted[middle] <= radius)
            high = middle;
        else
            low = middle + 1;
    }
    int64_t first = low;
    for (high = n; low < high;) {
        int64_t middle = low + (high - low) / 2;
        if (sorted[middle] - x <= radius)
            low = middle + 1;
        else
            high = middle;
    }
    return low - first;
}

static hone_status sorted_copy(hone_ctx *ctx, const double *x, int64_t n, double **ret_sorted) {
    HN_TRY(HN_SCRATCH_NEW(ctx, *ret_sorted, n + 1));
    for (int64_t i = 0; i < n; i++) (*ret_sorted)[i] = x[i];
    return hn_sort_f64(ctx, *ret_sorted, n);
}

hone_status hn_mutual_information(hone_ctx *ctx, const double *x, const double *y, int64_t n,
                                  int64_t k, double *ret_nats) {
    HN_SCRATCH(ctx);
    hn_neighbors index;
    double *both, *distance, *sorted_x, *sorted_y, *terms;
    int32_t *row;
    *ret_nats = 0;
    if (k > n - 1) k = n - 1;
    if (k < 1) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(ctx, both, n * 2));
    HN_TRY(HN_SCRATCH_NEW(ctx, row, n * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, distance, n * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, terms, n));
    for (int64_t i = 0; i < n; i++) {
        both[2 * i] = x[i];
        both[2 * i + 1] = y[i];
    }
    HN_TRY(hn_neighbors_build(
        ctx, ctx->scratch, both, n, 2,
        &(hn_neighbors_options){.distance = HN_DISTANCE_CHEBYSHEV, .method = HN_NEIGHBORS_KD_TREE},
        &index));
    HN_TRY(hn_neighbors_nearest_self(ctx, &index, k, row, distance));
    HN_TRY(sorted_copy(ctx, x, n, &sorted_x));
    HN_TRY(sorted_copy(ctx, y, n, &sorted_y));
    for (int64_t i = 0; i < n; i++) {
        double radius = nextafter(distance[i * k + k - 1], 0);
        /* Each counts itself, which stands for the + 1. */
        terms[i] = hn_digamma((double)count_within(sorted_x, n, x[i], radius)) +
                   hn_digamma((double)count_within(sorted_y, n, y[i], radius));
    }
    double nats = hn_digamma((double)n) + hn_digamma((double)k) - hn_sum(terms, n) / (double)n;
    if (nats > 0) *ret_nats = nats;
    return HONE_OK;
}

/* Distance of sorted[at] to its k-th neighbour among sorted [n], k < n. */
static double kth_distance(const double *sorted, int64_t n, int64_t at, int64_t k) {
    int64_t left = at - 1, right = at + 1;
    double distance = 0;
    for (int64_t taken = 0; taken < k; taken++) {
        double below = left >= 0 ? sorted[at] - sorted[left] : INFINITY;
        double above = right < n ? sorted[right] - sorted[at] : INFINITY;
        if (below <= above) {
            distance = below;
            left--;
        } else {
            distance = above;
            right++;
        }
    }
    return distance;
}

hone_status hn_mutual_information_classes(hone_ctx *ctx, const double *x, const int32_t *classes,
                                          int64_t n, int32_t n_classes, int64_t k,
                                          double *ret_nats) {
    HN_SCRATCH(ctx);
    int64_t *order, *start, *filled, m = 0;
    double *by_class, *all, *terms;
    *ret_nats = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, order, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, start, n_classes + 2));
    HN_TRY(HN_SCRATCH_NEW(ctx, filled, n_classes + 2));
    HN_TRY(HN_SCRATCH_NEW(ctx, by_class, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, all, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, terms, n + 1));
    HN_TRY(hn_argsort_f64(ctx, x, n, order));
    for (int64_t i = 0; i < n; i++)
        if (classes[i] >= 0 && classes[i] < n_classes) start[classes[i] + 1]++;
    for (int32_t c = 0; c < n_classes; c++) start[c + 1] += start[c];
    for (int64_t i = 0; i < n; i++) {
        int32_t c = classes[order[i]];
        if (c < 0 || c >= n_classes) continue;
        by_class[start[c] + filled[c]++] = x[order[i]];
        /* A class of one row says nothing about neighbours. */
        if (start[c + 1] - start[c] > 1) all[m++] = x[order[i]];
    }
    int64_t t = 0;
    for (int32_t c = 0; c < n_classes; c++) {
        const double *own = by_class + start[c];
        int64_t size = start[c + 1] - start[c], near = k < size ? k : size - 1;
        if (size < 2) continue;
        double constant = hn_digamma((double)near) - hn_digamma((double)size);
        for (int64_t i = 0; i < size; i++) {
            double radius = nextafter(kth_distance(own, size, i, near), 0);
            terms[t++] = constant - hn_digamma((double)count_within(all, m, own[i], radius));
        }
    }
    if (m == 0) return HONE_OK;
    double nats = hn_digamma((double)m) + hn_sum(terms, m) / (double)m;
    if (nats > 0) *ret_nats = nats;
    return HONE_OK;
}

hone_status hn_continuous(hone_ctx *ctx, const double *x, int64_t n, uint64_t stream, double *ret) {
    HN_SCRATCH(ctx);
    double *parts;
    if (n == 0) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(ctx, parts, n));
    double mean = hn_sum(x, n) / (double)n;
    for (int64_t i = 0; i < n; i++) parts[i] = (x[i] - mean) * (x[i] - mean);
    double deviation = sqrt(hn_sum(parts, n) / (double)n);
    if (!(deviation > 0)) deviation = 1;
    for (int64_t i = 0; i < n; i++) parts[i] = fabs(x[i] / deviation);
    double size = hn_sum(parts, n) / (double)n;
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("continuous", stream));
    for (int64_t i = 0; i < n; i++)
        ret[i] = x[i] / deviation + 1e-10 * (size > 1 ? size : 1) * hn_rng_normal(&rng);
    return HONE_OK;
}
