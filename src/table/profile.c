/* profile.c - counts, moments and distinct values of columns; see profile.h.
 *
 * Moments take passes (mean, then powers of the distance from it) in hn_sum's written order, a block of rows
 * at a time: what a column needs beside itself is its sorted values and their sort's scratch. Distinct numbers are
 * counted by sorting, distinct categories by marking codes, distinct strings by a table of 64-bit hashes that compares
 * the texts. */
#include "table/profile.h"

#include "base/parallel.h"
#include "num/sort.h"
#include "table/frequency.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/* ---- numbers --------------------------------------------------------------------------------- */

/* The power of two that brings values of this size near 1, so that their cubes neither overflow nor vanish;
 * 1 where they don't anyway. */
static double scale_for(double most) {
    int exponent;
    frexp(most, &exponent);
    return most > 0 && (exponent > 200 || exponent < -200) ? ldexp(1, -exponent) : 1;
}

enum { BLOCK = 1024 }; /* hn_sum's */

/* The hn_sum of numbers that come one by one. */
typedef struct running_sum {
    double total;
    int32_t n;
    double block[BLOCK];
} running_sum;

static double total_of(running_sum *sum) {
    sum->total += hn_sum(sum->block, sum->n);
    sum->n = 0;
    return sum->total;
}

static inline void add(running_sum *sum, double value) {
    sum->block[sum->n++] = value;
    if (sum->n == BLOCK) total_of(sum);
}

/* The finite ones count. present gets the values that are there, in the order of rows; returns their number. */
static int64_t set_range(const hn_column *column, double *present, hn_column_profile *p) {
    double x[BLOCK];
    int64_t n = 0;
    p->is_integer = column->type != HN_TIME;
    for (int64_t at = 0; at < column->n; at += BLOCK) {
        int64_t m = column->n - at < BLOCK ? column->n - at : BLOCK;
        hn_column_doubles(column, at, at + m, x, 1);
        for (int64_t i = 0; i < m; i++) {
            if (isnan(x[i])) continue;
            present[n++] = x[i];
            p->is_integer &= isfinite(x[i]) && x[i] == floor(x[i]);
            if (!isfinite(x[i])) continue;
            if (!(p->min <= x[i])) p->min = x[i];
            if (!(p->max >= x[i])) p->max = x[i];
        }
    }
    p->is_integer &= n > 0;
    return n;
}

/* The sum of the distances of n present values from a centre in two parts, the finite ones; and their number. */
static double sum_distances(const double *present, int64_t n, double scale, double mean,
                            int64_t *ret_finite) {
    running_sum sum = {0};
    *ret_finite = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(present[i])) continue;
        add(&sum, present[i] * scale - mean);
        ++*ret_finite;
    }
    return total_of(&sum);
}

static void set_moments(const double *present, int64_t n, hn_column_profile *p) {
    double scale = scale_for(fmax(fabs(p->min), fabs(p->max)));
    int64_t m;
    double mean = sum_distances(present, n, scale, 0, &m) / (double)m;
    /* What the first mean missed by rounding. */
    double drift = sum_distances(present, n, scale, mean, &m) / (double)m;
    if (m == 0) return;
    running_sum squares = {0}, cubes = {0};
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(present[i])) continue;
        double distance = present[i] * scale - mean - drift, square = distance * distance;
        add(&squares, square);
        add(&cubes, square * distance);
    }
    p->mean = (mean + drift) / scale;
    double square = total_of(&squares), cube = total_of(&cubes) / (double)m,
           variance = square / (double)m;
    p->sd = m > 1 ? sqrt(square / (double)(m - 1)) / scale : (double)NAN;
    p->skewness = variance > 0 ? cube / (variance * sqrt(variance)) : (double)NAN;
}

static void set_autocorrelation(const hn_column *column, hn_column_profile *p) {
    double scale = scale_for(fmax(fabs(p->min), fabs(p->max))), mean = p->mean * scale,
           before = (double)NAN;
    double x[BLOCK];
    running_sum squares = {0}, products = {0};
    for (int64_t at = 0; at < column->n; at += BLOCK) {
        int64_t m = column->n - at < BLOCK ? column->n - at : BLOCK;
        hn_column_doubles(column, at, at + m, x, 1);
        for (int64_t i = 0; i < m; i++) {
            double distance = x[i] * scale - mean, product = before * distance;
            add(&squares, isfinite(distance) ? distance * distance : 0);
            if (at + i > 0) add(&products, isfinite(product) ? product : 0);
            before = distance;
        }
    }
    double all = total_of(&squares);
    p->autocorrelation = all > 0 ? total_of(&products) / all : (double)NAN;
}

/* present comes out sorted. */
static hone_status count_numbers(hone_ctx *ctx, const hn_column *column, double *present, int64_t n,
                                 hn_column_profile *p) {
    if (column->type != HN_I64 && column->type != HN_TIME) {
        HN_TRY(hn_sort_f64(ctx, present, n));
        for (int64_t i = 0; i < n; i++) p->n_distinct += i == 0 || present[i] != present[i - 1];
        return HONE_OK;
    }
    /* Not through doubles, which would make large integers equal. */
    int64_t *whole, k = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, whole, n + 1));
    for (int64_t i = 0; i < column->n; i++)
        if (!hn_column_is_null(column, i))
            whole[k++] =
                *(const int64_t *)(const void *)((const char *)column->values + i * column->stride);
    HN_TRY(hn_sort_i64(ctx, whole, n));
    for (int64_t i = 0; i < n; i++) {
        p->n_distinct += i == 0 || whole[i] != whole[i - 1];
        present[i] = (double)whole[i];
    }
    return HONE_OK;
}

/* present [n] comes out with the values present, sorted. */
static hone_status profile_numbers(hone_ctx *ctx, const hn_column *column, double *present,
                                   hn_column_profile *p) {
    int64_t n = set_range(column, present, p);
    p->n_missing = column->n - n;
    if (n == 0) return HONE_OK;
    set_moments(present, n, p);
    set_autocorrelation(column, p);
    HN_TRY(hn_check_cancel(ctx));
    return count_numbers(ctx, column, present, n, p);
}

/* ---- texts ----------------------------------------------------------------------------------- */

static hone_status profile_category(hone_ctx *ctx, const hn_column *column, hn_column_profile *p) {
    HN_SCRATCH(ctx);
    uint8_t *used; /* the last one stands for unknown texts */
    HN_TRY(HN_SCRATCH_NEW(ctx, used, (size_t)column->dictionary->n + 1));
    for (int64_t i = 0; i < column->n; i++) {
        if (hn_column_is_null(column, i)) {
            p->n_missing++;
            continue;
        }
        int32_t code = hn_column_code(column, i);
        used[code == HN_UNKNOWN ? column->dictionary->n : code] = 1;
    }
    for (int32_t code = 0; code <= column->dictionary->n; code++) p->n_distinct += used[code];
    return HONE_OK;
}

static hone_status profile_strings(hone_ctx *ctx, const hn_column *column, hn_column_profile *p) {
    HN_SCRATCH(ctx);
    hn_frequency *items;
    HN_TRY(hn_frequencies(ctx, column, &items, &p->n_distinct));
    p->n_missing = hn_column_count_missing(column);
    return HONE_OK;
}

/* ---- ids ------------------------------------------------------------------------------------- */

static bool ends_with(const char *name, const char *ending) {
    size_t length = strlen(name), n = strlen(ending);
    return length >= n && strcmp(name + length - n, ending) == 0;
}

static bool is_named_id(const char *name) {
    static const char *const words[] = {"id", "rownames", "index", "uuid", "key"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp(name, words[i]) == 0) return true;
    return ends_with(name, "_id") || ends_with(name, "_ID") || ends_with(name, "Id") ||
           ends_with(name, "ID");
}

static bool is_evenly_rising(const hn_column *column) {
    double first = hn_column_double(column, 0), step = hn_column_double(column, 1) - first;
    if (!(step > 0)) return false;
    for (int64_t i = 2; i < column->n; i++)
        if (hn_column_double(column, i) - hn_column_double(column, i - 1) != step) return false;
    return true;
}

static bool is_id_like(const hn_column *column, const hn_column_profile *p) {
    if (p->n < 20 || p->n_missing > 0 || p->n_distinct != p->n) return false;
    if (column->type == HN_STRING || column->type == HN_CATEGORY) return true;
    return p->is_integer && (is_named_id(column->name) || is_evenly_rising(column));
}

/* ---- entries --------------------------------------------------------------------------------- */

hone_status hn_profile_column(hone_ctx *ctx, const hn_column *column,
                              hn_column_profile *ret_profile) {
    HN_SCRATCH(ctx);
    double *sorted = NULL;
    if (column->type != HN_STRING && column->type != HN_CATEGORY)
        HN_TRY(HN_SCRATCH_NEW(ctx, sorted, column->n + 1));
    return hn_profile_column_sorted(ctx, column, ret_profile, sorted);
}

hone_status hn_profile_column_sorted(hone_ctx *ctx, const hn_column *column,
                                     hn_column_profile *ret_profile, double *ret_sorted) {
    const double nan = (double)NAN;
    hn_column_profile p = {.n = column->n,
                           .mean = nan,
                           .sd = nan,
                           .min = nan,
                           .max = nan,
                           .skewness = nan,
                           .autocorrelation = nan};
    if (column->type == HN_STRING)
        HN_TRY(profile_strings(ctx, column, &p));
    else if (column->type == HN_CATEGORY)
        HN_TRY(profile_category(ctx, column, &p));
    else
        HN_TRY(profile_numbers(ctx, column, ret_sorted, &p));
    p.is_constant = p.n_distinct <= 1;
    p.is_id_like = is_id_like(column, &p);
    *ret_profile = p;
    return HONE_OK;
}

typedef struct profiles {
    const hn_table *table;
    hn_column_profile *out;
} profiles;

static hone_status profile_columns(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const profiles *work = arg;
    for (int64_t j = chunk.begin; j < chunk.end; j++)
        HN_TRY(hn_profile_column(ctx, &work->table->columns[j], &work->out[j]));
    return HONE_OK;
}

hone_status hn_profile_table(hone_ctx *ctx, const hn_table *table,
                             hn_column_profile *ret_profiles) {
    HN_SCRATCH(ctx);
    profiles work = {.table = table};
    HN_TRY(HN_SCRATCH_NEW(ctx, work.out, (size_t)table->n_columns + 1));
    HN_TRY(
        hn_parallel(ctx, table->n_columns, hn_column_grain(table->n_rows), profile_columns, &work));
    memcpy(ret_profiles, work.out, (size_t)table->n_columns * sizeof *ret_profiles);
    return HONE_OK;
}
