/* describe.c - columns described for people; see describe.h. A column of numbers is sorted once, and all of
 * its order statistics are read off. */
#include "table/describe.h"
#include "base/parallel.h"
#include "num/math.h"
#include "num/sort.h"
#include "table/frequency.h"
#include <string.h>

const double hn_quantile_levels[HN_QUANTILES] = {0,    0.01, 0.05, 0.1,  0.25, 0.5,
                                                 0.75, 0.9,  0.95, 0.99, 1};

/* ---- numbers --------------------------------------------------------------------------------- */

/* The middle of the distances from the median, walking outward from it. */
static double median_distance(const double *sorted, int64_t n, double median) {
    int64_t right = 0;
    for (int64_t low = 0, high = n; low < high; right = low) {
        int64_t middle = low + (high - low) / 2;
        if (sorted[middle] < median)
            low = middle + 1;
        else
            high = middle;
    }
    int64_t left = right - 1;
    double last = 0, before = 0;
    for (int64_t taken = 0; taken <= n / 2; taken++) {
        double below = left >= 0 ? median - sorted[left] : INFINITY;
        double above = right < n ? sorted[right] - median : INFINITY;
        before = last;
        if (below < above) {
            last = below;
            left--;
        } else {
            last = above;
            right++;
        }
    }
    return n % 2 ? last : before / 2 + last / 2;
}

static hone_status set_shape(hone_ctx *ctx, const double *sorted, int64_t n, hn_description *d) {
    HN_SCRATCH(ctx);
    double *power, scale = 1, most = fmax(fabs(sorted[0]), fabs(sorted[n - 1]));
    int exponent;
    frexp(most, &exponent);
    if (exponent > 200 || exponent < -200) scale = ldexp(1, -exponent);
    HN_TRY(HN_SCRATCH_NEW(ctx, power, n));
    double mean = d->profile.mean * scale;
    for (int64_t i = 0; i < n; i++)
        power[i] = (sorted[i] * scale - mean) * (sorted[i] * scale - mean);
    double variance = hn_sum(power, n) / (double)n;
    for (int64_t i = 0; i < n; i++) power[i] *= power[i];
    double fourth = hn_sum(power, n) / (double)n;
    d->kurtosis = variance > 0 ? fourth / (variance * variance) - 3 : (double)NAN;
    return HONE_OK;
}

static int64_t count_below(const double *sorted, int64_t n, double limit) {
    int64_t low = 0, high = n;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (sorted[middle] < limit)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void set_outliers(const double *sorted, int64_t n, hn_description *d) {
    double q1 = d->quantiles[4], q3 = d->quantiles[6], reach = 1.5 * (q3 - q1);
    d->fence_low = q1 - reach;
    d->fence_high = q3 + reach;
    d->n_outliers_iqr = count_below(sorted, n, d->fence_low) + n -
                        count_below(sorted, n, nextafter(d->fence_high, INFINITY));
    double mean = d->profile.mean, three = 3 * d->profile.sd;
    if (!(three > 0)) return;
    for (int64_t i = 0; i < n && mean - sorted[i] > three; i++) d->n_outliers_z++;
    for (int64_t i = n; i-- > 0 && sorted[i] - mean > three;) d->n_outliers_z++;
}

/* Runs of equal values: those that occur once, and the longest. */
static void set_common(const double *sorted, int64_t n, hn_description *d) {
    for (int64_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && sorted[end] == sorted[i];) end++;
        int64_t count = end - i;
        if (count == 1) d->n_once++;
        if (d->n_top == HN_TOP_VALUES && count <= d->top[HN_TOP_VALUES - 1].count) continue;
        int32_t at = d->n_top < HN_TOP_VALUES ? d->n_top++ : HN_TOP_VALUES - 1;
        for (; at > 0 && d->top[at - 1].count < count; at--) d->top[at] = d->top[at - 1];
        d->top[at] = (hn_top_value){.value = sorted[i], .row = -1, .count = count};
    }
}

/* The outermost different values, from both ends. */
static void set_extremes(const double *sorted, int64_t n, hn_description *d) {
    int64_t low = 0, high = n - 1;
    for (; d->n_extremes < HN_EXTREMES && low < n; d->n_extremes++) {
        int64_t first = low, last = high;
        while (low < n && sorted[low] == sorted[first]) low++;
        while (high >= 0 && sorted[high] == sorted[last]) high--;
        d->lowest[d->n_extremes] =
            (hn_top_value){.value = sorted[first], .row = -1, .count = low - first};
        d->highest[d->n_extremes] =
            (hn_top_value){.value = sorted[last], .row = -1, .count = last - high};
    }
}

static void set_order(const double *all, int64_t n, hn_description *d) {
    double last = (double)NAN;
    d->rises = d->falls = d->n_finite >= 2;
    for (int64_t i = 0; i < n && (d->rises || d->falls); i++) {
        if (isnan(all[i])) continue;
        if (all[i] < last) d->rises = false;
        if (all[i] > last) d->falls = false;
        last = all[i];
    }
}

static hone_status set_lags(hone_ctx *ctx, const double *all, int64_t n, bool every,
                            hn_description *d) {
    HN_SCRATCH(ctx);
    double *off, *product;
    if (!(d->profile.sd > 0)) return HONE_OK;
    d->lags[0] = d->profile.autocorrelation;
    d->n_lags = isfinite(d->lags[0]) ? 1 : 0;
    if (!every || d->n_lags == 0) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(ctx, off, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, product, n));
    for (int64_t i = 0; i < n; i++)
        off[i] = isfinite(all[i]) ? (all[i] - d->profile.mean) / d->profile.sd : 0;
    for (int64_t i = 0; i < n; i++) product[i] = off[i] * off[i];
    double whole = hn_sum(product, n);
    for (int32_t lag = 1; lag <= HN_LAGS && lag < n; lag++) {
        for (int64_t i = 0; i + lag < n; i++) product[i] = off[i] * off[i + lag];
        d->lags[lag - 1] = hn_sum(product, n - lag) / whole;
        d->n_lags = lag;
    }
    return HONE_OK;
}

/* Where a few values are far larger than the rest, equal bins show a single bar; bins of equal ratio show the values
 * above 0 as well as equal ones would show their logarithms. */
static void set_log_histogram(const double *sorted, int64_t n, hn_description *d) {
    int64_t first = count_below(sorted, n, nextafter(0, 1)), m = n - first;
    if (!(d->profile.skewness > 2) || m < 50 || d->profile.n_distinct <= 12) return;
    double low = hn_log(sorted[first]), high = hn_log(sorted[n - 1]);
    if (!(high - low > hn_log(100)) || !isfinite(high - low)) return;
    for (int b = 0; b <= HN_LOG_BINS; b++)
        d->log_edges[b] = hn_exp(low + (high - low) * b / HN_LOG_BINS);
    d->log_edges[0] = sorted[first];
    d->log_edges[HN_LOG_BINS] = sorted[n - 1];
    d->n_log_bins = HN_LOG_BINS;
    hn_histogram_counts(sorted + first, m, d->log_edges, HN_LOG_BINS, d->log_counts);
}

/* Of the rows sampled: values that are many or continuous. */
static hone_status set_density(hone_ctx *ctx, const double *all, const double *sorted, int64_t n,
                               const hn_describe_options *o, hn_description *d) {
    HN_SCRATCH(ctx);
    double *own;
    int64_t m = 0;
    if (d->profile.n_distinct <= 12 || !(d->profile.max > d->profile.min)) return HONE_OK;
    if (o->sample != NULL) {
        HN_TRY(HN_SCRATCH_NEW(ctx, own, o->n_sample + 1));
        for (int64_t i = 0; i < o->n_sample; i++)
            if (isfinite(all[o->sample[i]])) own[m++] = all[o->sample[i]];
        HN_TRY(hn_sort_f64(ctx, own, m));
        sorted = own;
        n = m;
    }
    if (n < 2) return HONE_OK;
    d->kde_from = sorted[0];
    d->kde_step = (sorted[n - 1] - sorted[0]) / (HN_KDE_POINTS - 1);
    if (!isfinite(d->kde_step) || !(d->kde_step > 0)) return HONE_OK;
    d->bandwidth = hn_density(sorted, n, d->kde_from, d->kde_step, HN_KDE_POINTS, d->kde);
    if (isfinite(d->bandwidth)) d->n_kde = HN_KDE_POINTS;
    return HONE_OK;
}

static hone_status describe_numbers(hone_ctx *ctx, const hn_column *column,
                                    const hn_describe_options *o, hn_description *d) {
    HN_SCRATCH(ctx);
    double *all, *sorted;
    HN_TRY(HN_SCRATCH_NEW(ctx, all, column->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, sorted, column->n + 1));
    int64_t n;
    HN_TRY(hn_profile_column(ctx, column, &d->profile));
    HN_TRY(hn_sorted_values(ctx, column, sorted, &n));
    hn_column_doubles(column, 0, column->n, all, 1);
    set_common(sorted, n, d);
    while (n > 0 && isinf(sorted[n - 1])) n--;
    int64_t below = 0;
    while (below < n && isinf(sorted[below])) below++;
    const double *finite = sorted + below;
    n -= below;
    d->n_finite = n;
    d->n_infinite = d->profile.n - d->profile.n_missing - n;
    if (n == 0) return HONE_OK;
    d->n_negative = count_below(finite, n, 0);
    d->n_zero = count_below(finite, n, nextafter(0, 1)) - d->n_negative;
    for (int q = 0; q < HN_QUANTILES; q++)
        d->quantiles[q] = hn_quantile_sorted(finite, n, hn_quantile_levels[q]);
    d->mad = median_distance(finite, n, d->quantiles[5]);
    HN_TRY(set_shape(ctx, finite, n, d));
    set_outliers(finite, n, d);
    set_extremes(finite, n, d);
    set_order(all, column->n, d);
    HN_TRY(hn_check_cancel(ctx));
    HN_TRY(set_lags(ctx, all, column->n, o->lags, d));
    d->n_bins = hn_histogram_edges(finite, n, d->profile.is_integer, 0, d->edges);
    hn_histogram_counts(finite, n, d->edges, d->n_bins, d->counts);
    set_log_histogram(finite, n, d);
    return set_density(ctx, all, finite, n, o, d);
}

/* ---- names ----------------------------------------------------------------------------------- */

static int64_t characters(hn_slice text) {
    int64_t n = 0;
    for (size_t i = 0; i < text.length; i++) n += ((unsigned char)text.text[i] & 0xC0) != 0x80;
    return n;
}

static hone_status describe_names(hone_ctx *ctx, const hn_column *column, hn_description *d) {
    HN_SCRATCH(ctx);
    hn_frequency *items;
    int64_t n, present = 0, letters = 0;
    HN_TRY(hn_profile_column(ctx, column, &d->profile));
    HN_TRY(hn_frequencies(ctx, column, &items, &n));
    for (int64_t i = 0; i < n; i++) {
        present += items[i].count;
        if (items[i].count == 1) d->n_once++;
    }
    for (int64_t i = 0; i < n; i++) {
        double share = (double)items[i].count / (double)present;
        d->entropy -= share * hn_log(share);
        if (column->type == HN_BOOL) continue;
        int64_t length = characters(hn_column_text(column, items[i].row));
        letters += length * items[i].count;
        if (i == 0 || length < d->shortest) d->shortest = length;
        if (length > d->longest) d->longest = length;
    }
    if (!(d->entropy > 0)) d->entropy = 0;
    if (present > 0) d->mean_length = (double)letters / (double)present;
    d->n_top = (int32_t)hn_frequencies_top(items, n, HN_TOP_VALUES);
    for (int32_t t = 0; t < d->n_top; t++)
        d->top[t] =
            (hn_top_value){.value = (double)NAN, .row = items[t].row, .count = items[t].count};
    return HONE_OK;
}

/* ---- all ------------------------------------------------------------------------------------- */

static int64_t memory_of(const hn_column *column) {
    int64_t bytes = column->n * (int64_t)hn_type_size(column->type);
    if (column->type == HN_STRING)
        bytes = (column->n + 1) * 8 +
                (column->n > 0 ? column->offsets[column->n] - column->offsets[0] : 0);
    if (column->type == HN_CATEGORY && column->dictionary != NULL)
        bytes += ((int64_t)column->dictionary->n + 1) * 8 +
                 column->dictionary->offsets[column->dictionary->n];
    return bytes + (column->valid != NULL ? (column->n + 7) / 8 : 0);
}

static void set_missing(const hn_column *column, hn_description *d) {
    int64_t gap = 0;
    if (d->profile.n_missing == 0) return;
    for (int64_t i = 0; i < column->n; i++) {
        if (!hn_column_is_missing(column, i)) {
            gap = 0;
            continue;
        }
        d->missing[(int64_t)((double)i * HN_MISSING_SLICES / (double)column->n)]++;
        if (++gap > d->longest_gap) d->longest_gap = gap;
    }
}

hone_status hn_describe_column(hone_ctx *ctx, const hn_column *column,
                               const hn_describe_options *options,
                               hn_description *ret_description) {
    const double nan = (double)NAN;
    hn_description *d = ret_description;
    memset(d, 0, sizeof *d);
    d->kurtosis = d->mad = d->fence_low = d->fence_high = d->bandwidth = nan;
    for (int q = 0; q < HN_QUANTILES; q++) d->quantiles[q] = nan;
    if (column->type == HN_STRING || column->type == HN_CATEGORY || column->type == HN_BOOL)
        HN_TRY(describe_names(ctx, column, d));
    else
        HN_TRY(describe_numbers(ctx, column, options, d));
    d->bytes = memory_of(column);
    set_missing(column, d);
    return HONE_OK;
}

typedef struct described {
    const hn_table *table;
    const hn_describe_options *options;
    hn_description *out;
} described;

static hone_status describe_columns(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const described *work = arg;
    for (int64_t j = chunk.begin; j < chunk.end; j++)
        HN_TRY(hn_describe_column(ctx, &work->table->columns[j], work->options, &work->out[j]));
    return HONE_OK;
}

hone_status hn_describe_table(hone_ctx *ctx, const hn_table *table,
                              const hn_describe_options *options,
                              hn_description *ret_descriptions) {
    described work = {.table = table, .options = options, .out = ret_descriptions};
    return hn_parallel(ctx, table->n_columns, hn_column_grain(table->n_rows), describe_columns,
                       &work);
}
