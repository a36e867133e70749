/* profile.c - counts, moments and distinct values of columns; see profile.h.
 *
 * Columns are read, never written or copied: moments take passes (mean, then powers of the distance from it) in
 * hn_sum's written order, a block of rows at a time. Distinct numbers and strings are counted by tables of hashes,
 * distinct categories by marking codes. */
#include "table/profile.h"

#include "base/parallel.h"
#include "num/sort.h"
#include "table/distinct.h"
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

/* Rows at .. of a column as doubles, a block; returns how many. */
static int64_t read_block(const hn_column *column, int64_t at, double *ret) {
    int64_t m = column->n - at < BLOCK ? column->n - at : BLOCK;
    hn_column_doubles(column, at, at + m, ret, 1);
    return m;
}

static void set_range(const hn_column *column, hn_column_profile *p) {
    double x[BLOCK];
    p->is_integer = column->type != HN_TIME;
    for (int64_t at = 0; at < column->n; at += BLOCK) {
        int64_t m = read_block(column, at, x);
        for (int64_t i = 0; i < m; i++) {
            p->n_missing += isnan(x[i]);
            p->is_integer &= isnan(x[i]) || (isfinite(x[i]) && x[i] == floor(x[i]));
            if (!isfinite(x[i])) continue;
            if (!(p->min <= x[i])) p->min = x[i];
            if (!(p->max >= x[i])) p->max = x[i];
        }
    }
    p->is_integer &= p->n_missing < column->n;
}

/* The sum of the finite values' distances from a centre, and their number. */
static double sum_distances(const hn_column *column, double scale, double centre,
                            int64_t *ret_finite) {
    double x[BLOCK];
    running_sum sum = {0};
    *ret_finite = 0;
    for (int64_t at = 0; at < column->n; at += BLOCK) {
        int64_t m = read_block(column, at, x);
        for (int64_t i = 0; i < m; i++) {
            if (!isfinite(x[i])) continue;
            add(&sum, x[i] * scale - centre);
            ++*ret_finite;
        }
    }
    return total_of(&sum);
}

static void set_moments(const hn_column *column, hn_column_profile *p) {
    double scale = scale_for(fmax(fabs(p->min), fabs(p->max)));
    int64_t n;
    double mean = sum_distances(column, scale, 0, &n) / (double)n;
    if (n == 0) return;
    /* What the first mean missed by rounding. */
    double drift = sum_distances(column, scale, mean, &n) / (double)n;
    double x[BLOCK];
    running_sum squares = {0}, cubes = {0};
    for (int64_t at = 0; at < column->n; at += BLOCK) {
        int64_t m = read_block(column, at, x);
        for (int64_t i = 0; i < m; i++) {
            if (!isfinite(x[i])) continue;
            double distance = x[i] * scale - mean - drift, square = distance * distance;
            add(&squares, square);
            add(&cubes, square * distance);
        }
    }
    double square = total_of(&squares), cube = total_of(&cubes) / (double)n,
           variance = square / (double)n;
    p->mean = (mean + drift) / scale;
    p->sd = n > 1 ? sqrt(square / (double)(n - 1)) / scale : (double)NAN;
    p->skewness = variance > 0 ? cube / (variance * sqrt(variance)) : (double)NAN;
}

static void set_autocorrelation(const hn_column *column, hn_column_profile *p) {
    double scale = scale_for(fmax(fabs(p->min), fabs(p->max))), mean = p->mean * scale;
    double x[BLOCK], before = (double)NAN;
    running_sum squares = {0}, products = {0};
    for (int64_t at = 0; at < column->n; at += BLOCK) {
        int64_t m = read_block(column, at, x);
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

static hone_status profile_numbers(hone_ctx *ctx, const hn_column *column, hn_column_profile *p) {
    set_range(column, p);
    set_moments(column, p);
    set_autocorrelation(column, p);
    return hn_count_distinct(ctx, column, &p->n_distinct);
}

hone_status hn_sorted_values(hone_ctx *ctx, const hn_column *column, double *ret_sorted,
                             int64_t *ret_n) {
    int64_t n = 0;
    hn_column_doubles(column, 0, column->n, ret_sorted, 1);
    for (int64_t i = 0; i < column->n; i++)
        if (!isnan(ret_sorted[i])) ret_sorted[n++] = ret_sorted[i];
    *ret_n = n;
    return hn_sort_f64(ctx, ret_sorted, n);
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
        HN_TRY(profile_numbers(ctx, column, &p));
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
