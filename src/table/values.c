/* values.c - quantiles and frequencies; see values.h. */
#include "table/values.h"

#include "num/sort.h"

#include <string.h>

hone_status hn_column_quantiles(hone_ctx *ctx, const hn_column *column, const double *points,
                                int n_points, double *ret_quantiles) {
    HN_SCRATCH(ctx);
    double *values;
    int64_t n = 0;
    for (int q = 0; q < n_points; q++) ret_quantiles[q] = (double)NAN;
    if (column->type == HN_STRING || column->type == HN_CATEGORY) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(ctx, values, column->n + 1));
    hn_column_doubles(column, 0, column->n, values, 1);
    for (int64_t i = 0; i < column->n; i++)
        if (!isnan(values[i])) values[n++] = values[i];
    if (n == 0) return HONE_OK;
    HN_TRY(hn_sort_f64(ctx, values, n));
    for (int q = 0; q < n_points; q++) ret_quantiles[q] = hn_quantile_sorted(values, n, points[q]);
    return HONE_OK;
}

/* ---- frequencies ----------------------------------------------------------------------------- */

/* A distinct value: where it stands first, and how often it does. */
typedef struct found {
    int64_t row, count;
} found;

/* The most frequent of n, first ones first among equals: a list of at most `most`, kept in order. Few are
 * asked for, so that inserting is cheap. */
static int64_t keep_largest(const found *all, int64_t n, int64_t most, found *kept) {
    int64_t k = 0;
    for (int64_t i = 0; i < n; i++) {
        if (k == most && (k == 0 || all[i].count < kept[k - 1].count)) continue;
        if (k == most && all[i].count == kept[k - 1].count && all[i].row > kept[k - 1].row)
            continue;
        int64_t at = k < most ? k++ : k - 1;
        for (; at > 0 && (kept[at - 1].count < all[i].count ||
                          (kept[at - 1].count == all[i].count && kept[at - 1].row > all[i].row));
             at--)
            kept[at] = kept[at - 1];
        kept[at] = all[i];
    }
    return k;
}

/* Categories by their codes. */
static hone_status count_codes(hone_ctx *ctx, const hn_column *column, found *all, int64_t *ret_n) {
    found *by_code;
    int64_t n = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, by_code, (int64_t)column->dictionary->n + 1));
    for (int64_t i = 0; i < column->n; i++) {
        int32_t code = hn_column_is_null(column, i) ? HN_UNKNOWN : hn_column_code(column, i);
        if (code == HN_UNKNOWN) continue;
        if (by_code[code].count++ == 0) by_code[code].row = i;
    }
    for (int32_t code = 0; code < column->dictionary->n; code++)
        if (by_code[code].count > 0) all[n++] = by_code[code];
    *ret_n = n;
    return HONE_OK;
}

/* Anything by what it is equal by: texts by their bytes, others by their value's. */
static hone_status count_values(hone_ctx *ctx, const hn_column *column, found *all,
                                int64_t *ret_n) {
    hn_map map;
    int64_t n = 0;
    hn_map_init(&map, ctx, ctx->scratch);
    for (int64_t i = 0; i < column->n; i++) {
        if (hn_column_is_missing(column, i)) continue;
        /* Integers by their bytes: as doubles, large ones would be equal. -0 is 0. */
        double number = 0;
        hn_slice key = {(const char *)column->values + i * column->stride,
                        hn_type_size(column->type)};
        if (column->type == HN_STRING || column->type == HN_CATEGORY) {
            key = hn_column_text(column, i);
            if (!key.text) continue;
        } else if (column->type == HN_F64 || column->type == HN_F32) {
            number = hn_column_double(column, i) + 0.0;
            key = (hn_slice){(const char *)&number, sizeof number};
        }
        int64_t place;
        HN_TRY(hn_map_intern(&map, key, n, &place));
        if (place == n) all[n++] = (found){.row = i};
        all[place].count++;
    }
    *ret_n = n;
    return HONE_OK;
}

hone_status hn_column_top(hone_ctx *ctx, hn_arena *arena, const hn_column *column, int64_t most,
                          hn_frequency **ret_top, int64_t *ret_n) {
    HN_SCRATCH(ctx);
    found *all, *kept;
    int64_t n;
    HN_TRY(HN_SCRATCH_NEW(ctx, all, column->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, kept, most + 1));
    if (column->type == HN_CATEGORY && column->dictionary->n <= column->n)
        HN_TRY(count_codes(ctx, column, all, &n));
    else
        HN_TRY(count_values(ctx, column, all, &n));
    n = keep_largest(all, n, most, kept);
    hn_frequency *top;
    HN_TRY(HN_NEW(ctx, arena, top, n + 1));
    for (int64_t i = 0; i < n; i++) {
        hn_str str;
        hn_str_init(&str, ctx, arena);
        hn_column_print(column, kept[i].row, &str);
        HN_TRY(hn_str_status(&str));
        top[i] = (hn_frequency){.text = str.text ? str.text : "", .count = kept[i].count};
    }
    *ret_top = top;
    *ret_n = n;
    return HONE_OK;
}
