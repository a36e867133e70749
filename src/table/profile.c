/* profile.c - counts, moments and distinct values of columns; see profile.h.
 *
 * Moments take two passes (mean, then powers of the distance from it) over hn_sum's written order, so
 * they are the same on any number of threads. Distinct numbers are counted by sorting, distinct
 * categories by marking codes, distinct strings by a table of 64-bit hashes that compares the texts. */
#include "table/profile.h"

#include "base/parallel.h"
#include "num/sort.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/* ---- numbers --------------------------------------------------------------------------------- */

static void set_moments(const double *values, int64_t n, double *scratch, hn_column_profile *p) {
    p->min = p->max = values[0];
    for (int64_t i = 1; i < n; i++) {
        if (values[i] < p->min) p->min = values[i];
        if (values[i] > p->max) p->max = values[i];
    }
    p->mean = hn_sum(values, n) / (double)n;
    for (int64_t i = 0; i < n; i++) scratch[i] = values[i] - p->mean;
    /* What the first mean missed by rounding. */
    double drift = hn_sum(scratch, n) / (double)n;
    p->mean += drift;
    for (int64_t i = 0; i < n; i++) scratch[i] = (values[i] - p->mean) * (values[i] - p->mean);
    double square = hn_sum(scratch, n);
    p->sd = n > 1 ? sqrt(square / (double)(n - 1)) : (double)NAN;
    for (int64_t i = 0; i < n; i++) {
        double distance = values[i] - p->mean;
        scratch[i] = distance * distance * distance;
    }
    double cube = hn_sum(scratch, n) / (double)n, variance = square / (double)n;
    p->skewness = variance > 0 ? cube / (variance * sqrt(variance)) : (double)NAN;
}

/* values [n] in the order of rows, NaN where missing. */
static void set_autocorrelation(const double *values, int64_t n, double *scratch,
                                hn_column_profile *p) {
    for (int64_t i = 0; i < n; i++) {
        double distance = values[i] - p->mean;
        scratch[i] = isnan(distance) ? 0 : distance * distance;
    }
    double all = hn_sum(scratch, n);
    for (int64_t i = 0; i + 1 < n; i++) {
        double product = (values[i] - p->mean) * (values[i + 1] - p->mean);
        scratch[i] = isnan(product) ? 0 : product;
    }
    p->autocorrelation = all > 0 ? hn_sum(scratch, n - 1) / all : (double)NAN;
}

static bool all_whole(const double *values, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(values[i]) || values[i] != floor(values[i])) return false;
    return true;
}

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
    for (int64_t i = 0; i < n; i++) p->n_distinct += i == 0 || whole[i] != whole[i - 1];
    return HONE_OK;
}

static hone_status profile_numbers(hone_ctx *ctx, const hn_column *column, hn_column_profile *p) {
    HN_SCRATCH(ctx);
    double *all, *present, *scratch;
    int64_t n = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, all, column->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, present, column->n + 1));
    hn_column_doubles(column, 0, column->n, all, 1);
    for (int64_t i = 0; i < column->n; i++)
        if (!isnan(all[i])) present[n++] = all[i];
    p->n_missing = column->n - n;
    if (n == 0) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(ctx, scratch, column->n));
    set_moments(present, n, scratch, p);
    set_autocorrelation(all, column->n, scratch, p);
    p->is_integer = column->type != HN_TIME && all_whole(present, n);
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
    size_t capacity = 64;
    while (capacity < (size_t)column->n * 2) capacity *= 2;
    int64_t *slots; /* row + 1; 0 is free */
    uint64_t *hashes;
    HN_TRY(HN_SCRATCH_NEW(ctx, slots, capacity));
    HN_TRY(HN_SCRATCH_NEW(ctx, hashes, capacity));
    for (int64_t i = 0; i < column->n; i++) {
        if (hn_column_is_null(column, i)) {
            p->n_missing++;
            continue;
        }
        hn_slice text = hn_column_text(column, i);
        uint64_t hash = hn_hash(text.text, text.length, 0);
        size_t at = (size_t)hash & (capacity - 1);
        while (slots[at] && (hashes[at] != hash ||
                             hn_slice_compare(hn_column_text(column, slots[at] - 1), text) != 0))
            at = (at + 1) & (capacity - 1);
        if (slots[at]) continue;
        slots[at] = i + 1;
        hashes[at] = hash;
        p->n_distinct++;
    }
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
