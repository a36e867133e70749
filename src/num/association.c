/* association.c - correlations, analysis of variance, contingency tables; see association.h. */
#include "num/association.h"
#include "base/parallel.h"
#include "num/distribution.h"
#include "num/math.h"
#include "num/sort.h"

/* ---- numbers --------------------------------------------------------------------------------- */

/* Distances from the mean, of values brought near 1 first: their squares neither overflow nor vanish. */
static void center(const double *x, int64_t n, double *ret) {
    double most = 0;
    int exponent;
    for (int64_t i = 0; i < n; i++)
        if (fabs(x[i]) > most) most = fabs(x[i]);
    frexp(most, &exponent);
    double scale = most > 0 && (exponent > 300 || exponent < -300) ? ldexp(1, -exponent) : 1;
    for (int64_t i = 0; i < n; i++) ret[i] = x[i] * scale;
    double mean = hn_sum(ret, n) / (double)n;
    for (int64_t i = 0; i < n; i++) ret[i] -= mean;
}

hone_status hn_pearson(hone_ctx *ctx, const double *x, const double *y, int64_t n, double *ret_r) {
    HN_SCRATCH(ctx);
    double *dx, *dy, *product;
    if (n < 2) {
        *ret_r = (double)NAN;
        return HONE_OK;
    }
    HN_TRY(HN_SCRATCH_NEW(ctx, dx, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, dy, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, product, n));
    center(x, n, dx);
    center(y, n, dy);
    for (int64_t i = 0; i < n; i++) product[i] = dx[i] * dy[i];
    double both = hn_sum(product, n);
    for (int64_t i = 0; i < n; i++) product[i] = dx[i] * dx[i];
    double own_x = hn_sum(product, n);
    for (int64_t i = 0; i < n; i++) product[i] = dy[i] * dy[i];
    double own = sqrt(own_x) * sqrt(hn_sum(product, n));
    double r = own > 0 ? both / own : (double)NAN;
    *ret_r = r > 1 ? 1 : r < -1 ? -1 : r;
    return HONE_OK;
}

void hn_ranks(const double *x, const int64_t *order, int64_t n, double *ret_ranks) {
    for (int64_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && x[order[end]] == x[order[i]];) end++;
        for (int64_t t = i; t < end; t++) ret_ranks[order[t]] = (double)(i + 1 + end) / 2;
    }
}

hone_status hn_rank(hone_ctx *ctx, const double *x, int64_t n, double *ret_ranks) {
    HN_SCRATCH(ctx);
    int64_t *order;
    HN_TRY(HN_SCRATCH_NEW(ctx, order, n + 1));
    HN_TRY(hn_argsort_f64(ctx, x, n, order));
    hn_ranks(x, order, n, ret_ranks);
    return HONE_OK;
}

hone_status hn_spearman(hone_ctx *ctx, const double *x, const double *y, int64_t n,
                        double *ret_rho) {
    HN_SCRATCH(ctx);
    double *rx, *ry;
    HN_TRY(HN_SCRATCH_NEW(ctx, rx, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, ry, n + 1));
    HN_TRY(hn_rank(ctx, x, n, rx));
    HN_TRY(hn_rank(ctx, y, n, ry));
    return hn_pearson(ctx, rx, ry, n, ret_rho);
}

/* Exchanges that sorting y[0..n-1] takes; y comes out sorted. */
static double sort_counting(double *y, double *spare, int64_t n) {
    double exchanges = 0;
    for (int64_t width = 1; width < n; width *= 2) {
        for (int64_t begin = 0; begin < n; begin += 2 * width) {
            int64_t middle = begin + width < n ? begin + width : n;
            int64_t end = begin + 2 * width < n ? begin + 2 * width : n;
            for (int64_t a = begin, b = middle, out = begin; out < end; out++) {
                if (a < middle && (b >= end || y[a] <= y[b])) {
                    spare[out] = y[a++];
                } else {
                    exchanges += (double)(middle - a);
                    spare[out] = y[b++];
                }
            }
        }
        for (int64_t i = 0; i < n; i++) y[i] = spare[i];
    }
    return exchanges;
}

static double pairs(int64_t n) { return (double)n * (double)(n - 1) / 2; }

hone_status hn_kendall(hone_ctx *ctx, const double *x, const double *y, const int64_t *order,
                       int64_t n, double *ret_tau) {
    HN_SCRATCH(ctx);
    double *sorted, *spare, tied_x = 0, tied_y = 0, tied_both = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, sorted, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, spare, n + 1));
    for (int64_t i = 0; i < n; i++) sorted[i] = y[order[i]];
    for (int64_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && x[order[end]] == x[order[i]];) end++;
        tied_x += pairs(end - i);
        sort_counting(sorted + i, spare, end - i);
        for (int64_t t = i, same; t < end; t = same) {
            for (same = t + 1; same < end && sorted[same] == sorted[t];) same++;
            tied_both += pairs(same - t);
        }
    }
    double exchanges = sort_counting(sorted, spare, n);
    for (int64_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && sorted[end] == sorted[i];) end++;
        tied_y += pairs(end - i);
    }
    double all = pairs(n), free_x = all - tied_x, free_y = all - tied_y;
    double score = all - tied_x - tied_y + tied_both - 2 * exchanges;
    *ret_tau = free_x > 0 && free_y > 0 ? score / sqrt(free_x) / sqrt(free_y) : (double)NAN;
    return HONE_OK;
}

double hn_correlation_p(double r, int64_t n) {
    if (n < 3 || !isfinite(r)) return (double)NAN;
    if (fabs(r) >= 1) return 0;
    double df = (double)(n - 2);
    return hn_student_two_sided(r * sqrt(df / ((1 - r) * (1 + r))), df);
}

/* ---- groups of numbers ----------------------------------------------------------------------- */

hone_status hn_anova_of(hone_ctx *ctx, const double *x, const int32_t *group, int64_t n, int32_t k,
                        hn_anova *ret_anova) {
    HN_SCRATCH(ctx);
    const double nan = (double)NAN;
    double *inside, *distance, *sums, *counts;
    int32_t *of;
    int64_t m = 0, groups = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, inside, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, distance, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, of, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, sums, k + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, counts, k + 1));
    for (int64_t i = 0; i < n; i++) {
        if (group[i] < 0 || group[i] >= k) continue;
        inside[m] = x[i];
        of[m++] = group[i];
    }
    *ret_anova = (hn_anova){.f = nan, .p = nan, .eta = nan, .between = nan, .rest = nan};
    if (m < 2) return HONE_OK;
    center(inside, m, distance);
    for (int64_t i = 0; i < m; i++) {
        sums[of[i]] += distance[i];
        counts[of[i]]++;
    }
    double between = 0;
    for (int32_t g = 0; g < k; g++) {
        if (counts[g] == 0) continue;
        groups++;
        between += sums[g] * sums[g] / counts[g];
    }
    for (int64_t i = 0; i < m; i++) {
        double off = distance[i] - sums[of[i]] / counts[of[i]];
        inside[i] = off * off;
    }
    double rest = hn_sum(inside, m);
    hn_anova a = {.between = (double)(groups - 1), .rest = (double)(m - groups), .p = nan};
    a.eta = between + rest > 0 ? sqrt(between / (between + rest)) : nan;
    a.f = (between / a.between) / (rest / a.rest);
    if (groups < 2 || a.rest < 1) a.f = nan;
    if (isfinite(a.f)) a.p = hn_f_above(a.f, a.between, a.rest);
    if (isinf(a.f)) a.p = 0;
    *ret_anova = a;
    return HONE_OK;
}

/* ---- contingency tables ---------------------------------------------------------------------- */

static double entropy(const double *sums, int64_t n, double total, int64_t *ret_sides) {
    double h = 0;
    *ret_sides = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!(sums[i] > 0)) continue;
        ++*ret_sides;
        h -= sums[i] / total * hn_log(sums[i] / total);
    }
    return h > 0 ? h : 0;
}

hone_status hn_contingency_of(hone_ctx *ctx, const double *counts, int64_t rows, int64_t columns,
                              hn_contingency *ret_contingency) {
    HN_SCRATCH(ctx);
    const double nan = (double)NAN;
    double *by_row, *by_column;
    hn_contingency c = {0};
    int64_t r, k;
    HN_TRY(HN_SCRATCH_NEW(ctx, by_row, rows + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, by_column, columns + 1));
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < columns; j++) {
            by_row[i] += counts[i * columns + j];
            by_column[j] += counts[i * columns + j];
        }
        c.total += by_row[i];
    }
    c.row_entropy = entropy(by_row, rows, c.total, &r);
    c.column_entropy = entropy(by_column, columns, c.total, &k);
    c.df = (double)((r - 1) * (k - 1));
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < columns; j++) {
            double count = counts[i * columns + j], expected = by_row[i] / c.total * by_column[j];
            if (!(expected > 0)) continue;
            c.chi2 += (count - expected) / expected * (count - expected);
            if (count > 0) c.mutual_information += count / c.total * hn_log(count / expected);
        }
    }
    if (c.mutual_information < 0) c.mutual_information = 0;
    if (r < 2 || k < 2) {
        c.chi2 = c.p = c.cramers_v = c.cramers_v_corrected = nan;
        *ret_contingency = c;
        return HONE_OK;
    }
    double least = (double)((r < k ? r : k) - 1), phi2 = c.chi2 / c.total;
    c.p = hn_chi2_above(c.chi2, c.df);
    c.cramers_v = sqrt(phi2 / least);
    double free_rows = (double)r - (double)((r - 1) * (r - 1)) / (c.total - 1);
    double free_columns = (double)k - (double)((k - 1) * (k - 1)) / (c.total - 1);
    double side = (free_rows < free_columns ? free_rows : free_columns) - 1;
    double left = phi2 - c.df / (c.total - 1);
    c.cramers_v_corrected = side > 0 ? sqrt((left > 0 ? left : 0) / side) : nan;
    *ret_contingency = c;
    return HONE_OK;
}

double hn_chi2_of_sums(const double *sums, const double *shares, int64_t k) {
    double total = 0, chi2 = 0;
    for (int64_t i = 0; i < k; i++) total += sums[i];
    for (int64_t i = 0; i < k; i++) {
        double expected = shares[i] * total;
        chi2 += (sums[i] - expected) * (sums[i] - expected) / expected;
    }
    return chi2;
}
