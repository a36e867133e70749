/* binner.c - a table's columns turned into bin codes, in parallel; see bins.h. */
#include "base/parallel.h"
#include "base/rng.h"
#include "ml/tree/bins.h"
#include "num/simd.h"
#include "num/sort.h"
#include <assert.h>
#include <string.h>

enum {
    SAMPLE = 200000, /* rows that bounds are taken from */
    PIECE = 1024,    /* values binned at a time */
    GRAIN = 16384,   /* rows of one task */
};

typedef struct binner {
    const hn_table *x;
    hn_bins *bins;
    const int64_t *sample; /* ascending rows; NULL: all */
    int64_t n_sample;
    int32_t max_bins;
    int64_t row_tasks; /* tasks per column when filling */
} binner;

/* ---- bounds and categories ------------------------------------------------------------------ */

static hone_status cut_numbers(hone_ctx *ctx, const binner *all, const hn_column *from,
                               hn_bin_column *column) {
    double *values;
    HN_TRY(HN_SCRATCH_NEW(ctx, values, all->n_sample));
    if (all->sample)
        for (int64_t i = 0; i < all->n_sample; i++)
            values[i] = hn_column_double(from, all->sample[i]);
    else
        hn_column_doubles(from, 0, all->n_sample, values, 1);
    int64_t n = 0;
    for (int64_t i = 0; i < all->n_sample; i++)
        if (values[i] == values[i]) values[n++] = values[i];
    HN_TRY(hn_sort_f64(ctx, values, n));
    column->n_values = hn_bins_cut(values, n, all->max_bins, column->upper);
    return HONE_OK;
}

/* The most frequent codes get a bin each (ties: lower code), the others share the last one. Bins are
 * numbered in the order of codes. */
static hone_status number_codes(hone_ctx *ctx, const int64_t *counts, hn_bin_column *column,
                                int32_t max_bins) {
    enum { SHIFT = 31 };
    int32_t seen = 0;
    int64_t *keys;
    HN_TRY(HN_SCRATCH_NEW(ctx, keys, column->n_codes));
    for (int32_t c = 0; c < column->n_codes; c++) {
        column->bin_of_code[c] = HN_CODE_UNSEEN;
        if (counts[c] > 0) keys[seen++] = ((int64_t)INT32_MAX - counts[c]) << SHIFT | c;
    }
    HN_TRY(hn_sort_i64(ctx, keys, seen));
    int32_t own = seen <= max_bins ? seen : max_bins - 1;
    for (int32_t i = 0; i < seen; i++)
        column->bin_of_code[keys[i] & INT32_MAX] = i < own ? 0 : (int16_t)own;
    int16_t next = 0;
    for (int32_t c = 0; c < column->n_codes; c++)
        if (column->bin_of_code[c] == 0) column->bin_of_code[c] = next++;
    column->n_values = seen <= max_bins ? seen : max_bins;
    return HONE_OK;
}

static hone_status cut_categories(hone_ctx *ctx, const binner *all, const hn_column *from,
                                  hn_bin_column *column) {
    int64_t *counts;
    HN_TRY(HN_SCRATCH_NEW(ctx, counts, column->n_codes));
    for (int64_t i = 0; i < from->n; i++) {
        int32_t code = hn_column_is_null(from, i) ? HN_UNKNOWN : hn_column_code(from, i);
        if (code >= 0 && code < column->n_codes) counts[code]++;
    }
    return number_codes(ctx, counts, column, all->max_bins);
}

static hone_status cut_column(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const binner *all = arg;
    const hn_column *from = &all->x->columns[chunk.index];
    hn_bin_column *column = &all->bins->columns[chunk.index];
    if (column->is_category)
        HN_TRY(cut_categories(ctx, all, from, column));
    else
        HN_TRY(cut_numbers(ctx, all, from, column));
    column->has_missing = hn_column_count_missing(from) > 0;
    /* A code outside the dictionary counts as missing. */
    for (int64_t i = 0; column->is_category && !column->has_missing && i < from->n; i++) {
        int32_t code = hn_column_code(from, i);
        column->has_missing = code < 0 || code >= column->n_codes;
    }
    column->n_bins = column->n_values + column->has_missing;
    return HONE_OK;
}

/* ---- codes ---------------------------------------------------------------------------------- */

/* ret[i] = number of bounds below x[i] (or equal: none). Bisection without branches; size is the
 * least power of two above the number of bounds, and bounds are padded with +inf up to it. */
HN_CLONES static void bin_numbers(const double *x, int64_t n, const double *bounds, int32_t size,
                                  int32_t missing, uint8_t *ret) {
    int32_t at[PIECE];
    for (int64_t i = 0; i < n; i++) at[i] = 0;
    for (int32_t half = size / 2; half > 0; half /= 2) {
        HN_SIMD
        for (int64_t i = 0; i < n; i++) at[i] += x[i] > bounds[at[i] + half - 1] ? half : 0;
    }
    HN_SIMD
    for (int64_t i = 0; i < n; i++) ret[i] = (uint8_t)(x[i] == x[i] ? at[i] : missing);
}

static void bin_codes(const double *x, int64_t n, const hn_bin_column *column, uint8_t *ret) {
    int32_t missing = column->n_bins - 1;
    for (int64_t i = 0; i < n; i++) {
        int32_t code = x[i] >= 0 && x[i] < column->n_codes ? (int32_t)x[i] : -1;
        int32_t bin = code >= 0 ? column->bin_of_code[code] : -1;
        ret[i] = (uint8_t)(bin >= 0 ? bin : missing);
    }
}

/* Tasks are (column, piece of rows). */
static hone_status fill_codes(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const binner *all = arg;
    int64_t j = chunk.index / all->row_tasks, part = chunk.index % all->row_tasks;
    const hn_bin_column *column = &all->bins->columns[j];
    uint8_t *codes = all->bins->codes + j * all->bins->n_rows;
    int64_t begin = part * GRAIN,
            end = begin + GRAIN < all->x->n_rows ? begin + GRAIN : all->x->n_rows;
    double bounds[HN_BINS];
    int32_t n_bounds = column->is_category || column->n_values < 1 ? 0 : column->n_values - 1;
    int32_t size = 1;
    while (size <= n_bounds) size *= 2;
    for (int32_t b = 0; b < size; b++) bounds[b] = b < n_bounds ? column->upper[b] : INFINITY;
    for (int64_t i = begin; i < end; i += PIECE) {
        double values[PIECE];
        int64_t n = end - i < PIECE ? end - i : PIECE;
        hn_column_doubles(&all->x->columns[j], i, i + n, values, 1);
        if (column->is_category)
            bin_codes(values, n, column, codes + i);
        else
            bin_numbers(values, n, bounds, size, column->n_bins - 1, codes + i);
    }
    return HONE_OK;
}

/* ---- the whole ------------------------------------------------------------------------------ */

static hone_status make_columns(hone_ctx *ctx, hn_arena *arena, const binner *all) {
    hn_bins *bins = all->bins;
    HN_TRY(HN_NEW(ctx, arena, bins->columns, bins->n_features));
    HN_TRY(HN_NEW(ctx, arena, bins->codes, (size_t)bins->n_features * (size_t)bins->n_rows));
    for (int32_t j = 0; j < bins->n_features; j++) {
        const hn_column *from = &all->x->columns[j];
        hn_bin_column *column = &bins->columns[j];
        column->is_category = from->type == HN_CATEGORY;
        if (column->is_category) {
            column->n_codes = from->dictionary->n;
            HN_TRY(HN_NEW(ctx, arena, column->bin_of_code, column->n_codes));
        } else {
            HN_TRY(HN_NEW(ctx, arena, column->upper, all->max_bins));
        }
    }
    return HONE_OK;
}

static hone_status take_sample(hone_ctx *ctx, hn_arena *arena, uint64_t seed, binner *all) {
    all->n_sample = all->x->n_rows;
    if (all->n_sample <= SAMPLE) return HONE_OK;
    all->n_sample = SAMPLE;
    int64_t *rows;
    HN_TRY(HN_NEW(ctx, arena, rows, SAMPLE));
    hn_rng rng = hn_rng_make(seed, hn_stream("tree.bins", 0));
    hn_rng_choose(&rng, all->x->n_rows, SAMPLE, rows);
    all->sample = rows;
    return HONE_OK;
}

hone_status hn_bins_make(hone_ctx *ctx, hn_arena *arena, const hn_table *x, int64_t max_bins,
                         uint64_t seed, bool by_row, hn_bins *ret_bins) {
    assert(max_bins >= 2 && max_bins < HN_BINS);
    hn_bins bins = {.n_rows = x->n_rows, .n_features = x->n_columns};
    binner all = {.x = x, .bins = &bins, .max_bins = (int32_t)max_bins};
    HN_TRY(take_sample(ctx, arena, seed, &all));
    HN_TRY(make_columns(ctx, arena, &all));
    HN_TRY(hn_parallel(ctx, bins.n_features, 1, cut_column, &all));
    all.row_tasks = hn_chunks(bins.n_rows, GRAIN);
    HN_TRY(hn_parallel(ctx, bins.n_features * all.row_tasks, 1, fill_codes, &all));
    if (by_row) HN_TRY(hn_bins_place(ctx, arena, &bins));
    *ret_bins = bins;
    return HONE_OK;
}

int32_t hn_bin_of(const hn_bin_column *column, double value) {
    int32_t missing = column->has_missing ? column->n_bins - 1 : -1;
    if (value != value) return missing;
    if (column->is_category) {
        int32_t code = value >= 0 && value < column->n_codes ? (int32_t)value : -1;
        int32_t bin = code >= 0 ? column->bin_of_code[code] : -1;
        return bin >= 0 ? bin : missing;
    }
    int32_t low = 0, high = column->n_values - 1;
    while (low < high) {
        int32_t middle = (low + high) / 2;
        if (value > column->upper[middle])
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
