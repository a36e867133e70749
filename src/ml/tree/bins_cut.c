/* bins_cut.c - where a column of numbers is cut into bins; see bins.h. */
#include "ml/tree/bins.h"
#include <assert.h>

/* A bound between neighbours a < b such that a <= bound < b. */
static double between(double a, double b) {
    double middle = a / 2 + b / 2;
    return middle >= a && middle < b ? middle : a;
}

static int64_t count_distinct(const double *sorted, int64_t n, int64_t most) {
    int64_t distinct = n > 0;
    for (int64_t i = 1; i < n && distinct <= most; i++) distinct += sorted[i] != sorted[i - 1];
    return distinct;
}

/* End of the run of equal values that begins at i. */
static int64_t run_end(const double *sorted, int64_t n, int64_t i) {
    int64_t j = i + 1;
    while (j < n && sorted[j] == sorted[i]) j++;
    return j;
}

/* Values so frequent that they fill a bin get one to themselves; returns how many, and the rows that
 * are left to the others. */
static int32_t count_heavy(const double *sorted, int64_t n, double mean, int64_t *ret_rest) {
    int32_t heavy = 0;
    *ret_rest = n;
    for (int64_t i = 0, j; i < n; i = j) {
        j = run_end(sorted, n, i);
        if ((double)(j - i) < mean) continue;
        heavy++;
        *ret_rest -= j - i;
    }
    return heavy;
}

/* Bins of about equally many rows. What is left is shared anew whenever a bin closes, so that the
 * last bins are not starved. */
static int32_t cut_by_count(const double *sorted, int64_t n, int32_t max_bins, double *upper) {
    const double full = (double)n / max_bins;
    int64_t rest;
    int32_t heavy = count_heavy(sorted, n, full, &rest);
    int32_t light = max_bins - heavy, bins = 1;
    double mean = light > 0 ? (double)rest / light : (double)n;
    int64_t held = 0;
    for (int64_t i = 0, j; i < n; i = j) {
        j = run_end(sorted, n, i);
        bool is_heavy = (double)(j - i) >= full;
        if (!is_heavy) rest -= j - i;
        held += j - i;
        if (j == n || bins == max_bins) continue;
        bool next_heavy = (double)(run_end(sorted, n, j) - j) >= full;
        if (!is_heavy && (double)held < mean && !(next_heavy && (double)held >= mean / 2)) continue;
        upper[bins++ - 1] = between(sorted[i], sorted[j]);
        held = 0;
        if (!is_heavy && --light > 0) mean = (double)rest / light;
    }
    return bins;
}

int32_t hn_bins_cut(const double *sorted, int64_t n, int32_t max_bins, double *ret_upper) {
    assert(max_bins >= 1);
    int64_t distinct = count_distinct(sorted, n, max_bins);
    if (distinct > max_bins) return cut_by_count(sorted, n, max_bins, ret_upper);
    int32_t bins = 0;
    for (int64_t i = 1; i < n; i++)
        if (sorted[i] != sorted[i - 1]) ret_upper[bins++] = between(sorted[i - 1], sorted[i]);
    return n > 0 ? bins + 1 : 0;
}
