/* explore_columns.c - a column's card, and where values are missing, as JSON. */
#include "flow/explore_parts.h"
#include "num/math.h"
#include <string.h>

static const char *const sort_names[] = {"empty", "number", "name", "time", "text"};

/* ---- cards ----------------------------------------------------------------------------------- */

static void put_time(const hn_explored *e, hn_json_mut *o, const char *key, double microseconds) {
    char text[HN_TIME_SIZE];
    if (!isfinite(microseconds)) return;
    hn_time_format((int64_t)microseconds, hn_time_is_date((int64_t)microseconds), text);
    yyjson_mut_obj_add_strcpy(e->doc, o, key, text);
}

static void put_spread(const hn_explored *e, hn_json_mut *o, const hn_description *d) {
    static const char *const keys[] = {"0",  "1",  "5",  "10", "25", "50",
                                       "75", "90", "95", "99", "100"};
    const hn_column_profile *p = &d->profile;
    hn_json_mut *quantiles = yyjson_mut_obj_add_obj(e->doc, o, "quantiles");
    for (int q = 0; q < HN_QUANTILES; q++) hn_add_real(e->doc, quantiles, keys[q], d->quantiles[q]);
    hn_add_real(e->doc, o, "iqr", d->quantiles[6] - d->quantiles[4]);
    hn_add_real(e->doc, o, "mad", d->mad);
    hn_add_real(e->doc, o, "variance", p->sd * p->sd);
    hn_add_real(e->doc, o, "variation", p->sd / fabs(p->mean));
    hn_add_real(e->doc, o, "skewness", p->skewness);
    hn_add_real(e->doc, o, "kurtosis", d->kurtosis);
    yyjson_mut_obj_add_int(e->doc, o, "zeros", d->n_zero);
    yyjson_mut_obj_add_int(e->doc, o, "negatives", d->n_negative);
    yyjson_mut_obj_add_int(e->doc, o, "infinite", d->n_infinite);
    yyjson_mut_obj_add_bool(e->doc, o, "rises", d->rises);
    yyjson_mut_obj_add_bool(e->doc, o, "falls", d->falls);
    hn_json_mut *out = yyjson_mut_obj_add_obj(e->doc, o, "outliers");
    hn_add_real(e->doc, out, "low", d->fence_low);
    hn_add_real(e->doc, out, "high", d->fence_high);
    yyjson_mut_obj_add_int(e->doc, out, "iqr", d->n_outliers_iqr);
    yyjson_mut_obj_add_int(e->doc, out, "z", d->n_outliers_z);
}

static void put_numbers(const hn_explored *e, hn_json_mut *o, const hn_description *d, bool time) {
    const hn_column_profile *p = &d->profile;
    hn_add_real(e->doc, o, "mean", p->mean);
    hn_add_real(e->doc, o, "sd", p->sd);
    hn_add_real(e->doc, o, "min", p->min);
    hn_add_real(e->doc, o, "max", p->max);
    if (time) {
        put_time(e, o, "first", p->min);
        put_time(e, o, "last", p->max);
        put_time(e, o, "middle", floor(d->quantiles[5]));
    }
    put_spread(e, o, d);
    hn_json_mut *histogram = yyjson_mut_obj_add_obj(e->doc, o, "histogram");
    hn_add_reals(e->doc, histogram, "edges", d->edges, d->n_bins > 0 ? d->n_bins + 1 : 0);
    hn_add_ints(e->doc, histogram, "counts", d->counts, d->n_bins);
    if (d->n_kde > 0) {
        hn_json_mut *density = yyjson_mut_obj_add_obj(e->doc, o, "density");
        hn_add_real(e->doc, density, "from", d->kde_from);
        hn_add_real(e->doc, density, "step", d->kde_step);
        hn_add_real(e->doc, density, "bandwidth", d->bandwidth);
        hn_add_reals(e->doc, density, "values", d->kde, d->n_kde);
    }
    hn_add_reals(e->doc, o, "autocorrelation", d->lags, d->n_lags);
}

static void put_top(const hn_explored *e, hn_json_mut *o, int32_t j) {
    const hn_description *d = &e->columns[j];
    const hn_column *column = &e->table->columns[j];
    double present = (double)(d->profile.n - d->profile.n_missing);
    hn_json_mut *list = yyjson_mut_obj_add_arr(e->doc, o, "top");
    for (int32_t t = 0; t < d->n_top; t++) {
        hn_json_mut *one = yyjson_mut_arr_add_obj(e->doc, list), *value;
        char text[HN_TIME_SIZE];
        if (d->top[t].row >= 0) {
            value = hn_cell_json(e, column, d->top[t].row, 200);
        } else if (column->type == HN_TIME) {
            int64_t at = (int64_t)d->top[t].value;
            hn_time_format(at, hn_time_is_date(at), text);
            value = yyjson_mut_strcpy(e->doc, text);
        } else if (column->type == HN_I64) {
            value = yyjson_mut_sint(e->doc, (int64_t)d->top[t].value);
        } else {
            value = isfinite(d->top[t].value) ? yyjson_mut_real(e->doc, d->top[t].value)
                                              : yyjson_mut_str(e->doc, "inf");
        }
        yyjson_mut_obj_add_val(e->doc, one, "value", value);
        yyjson_mut_obj_add_int(e->doc, one, "count", d->top[t].count);
        hn_add_real(e->doc, one, "share", (double)d->top[t].count / present);
    }
}

hone_status hn_explore_columns(hn_explored *e) {
    hn_json_mut *list = yyjson_mut_obj_add_arr(e->doc, e->root, "columns");
    for (int32_t j = 0; j < e->table->n_columns; j++) {
        const hn_description *d = &e->columns[j];
        const hn_column_profile *p = &d->profile;
        const hn_column *column = &e->table->columns[j];
        hn_json_mut *o = yyjson_mut_arr_add_obj(e->doc, list);
        yyjson_mut_obj_add_str(e->doc, o, "name", column->name);
        yyjson_mut_obj_add_str(e->doc, o, "type", hn_type_name(column->type));
        yyjson_mut_obj_add_str(e->doc, o, "sort", sort_names[e->sorts[j]]);
        yyjson_mut_obj_add_int(e->doc, o, "rows", p->n);
        yyjson_mut_obj_add_int(e->doc, o, "missing", p->n_missing);
        yyjson_mut_obj_add_int(e->doc, o, "distinct", p->n_distinct);
        yyjson_mut_obj_add_int(e->doc, o, "once", d->n_once);
        yyjson_mut_obj_add_int(e->doc, o, "bytes", d->bytes);
        yyjson_mut_obj_add_bool(e->doc, o, "constant", p->is_constant);
        yyjson_mut_obj_add_bool(e->doc, o, "id_like", p->is_id_like);
        yyjson_mut_obj_add_bool(e->doc, o, "integer", p->is_integer);
        if (e->sorts[j] == HN_SORT_NUMBER || e->sorts[j] == HN_SORT_TIME)
            put_numbers(e, o, d, e->sorts[j] == HN_SORT_TIME);
        if (e->sorts[j] == HN_SORT_NAME || e->sorts[j] == HN_SORT_TEXT) {
            hn_add_real(e->doc, o, "entropy", d->entropy);
            hn_json_mut *length = yyjson_mut_obj_add_obj(e->doc, o, "length");
            yyjson_mut_obj_add_int(e->doc, length, "shortest", d->shortest);
            yyjson_mut_obj_add_int(e->doc, length, "longest", d->longest);
            hn_add_real(e->doc, length, "mean", d->mean_length);
        }
        put_top(e, o, j);
        if (p->n_missing > 0) yyjson_mut_obj_add_int(e->doc, o, "longest_gap", d->longest_gap);
    }
    return HONE_OK;
}

/* ---- missing --------------------------------------------------------------------------------- */

enum { MISSING_COLUMNS = 40 };

/* Bits of the rows where a column is missing. */
static void mark_missing(const hn_column *column, uint64_t *bits) {
    for (int64_t i = 0; i < column->n; i++)
        if (hn_column_is_missing(column, i)) bits[i >> 6] |= (uint64_t)1 << (i & 63);
}

static int64_t count_both(const uint64_t *a, const uint64_t *b, int64_t words) {
    int64_t n = 0;
    for (int64_t w = 0; w < words; w++) n += __builtin_popcountll(a[w] & b[w]);
    return n;
}

/* Columns with missing values, most first, and how many there are of them at most MISSING_COLUMNS. */
static int32_t most_missing(const hn_explored *e, int32_t *columns) {
    int32_t n = 0;
    for (int32_t j = 0; j < e->table->n_columns; j++) {
        int64_t own = e->columns[j].profile.n_missing;
        if (own == 0) continue;
        if (n == MISSING_COLUMNS && own <= e->columns[columns[n - 1]].profile.n_missing) continue;
        int32_t at = n < MISSING_COLUMNS ? n++ : n - 1;
        for (; at > 0 && e->columns[columns[at - 1]].profile.n_missing < own; at--)
            columns[at] = columns[at - 1];
        columns[at] = j;
    }
    return n;
}

/* The correlation of being missing: of two truth values (phi). */
static double phi(double rows, double a, double b, double both) {
    double spread = sqrt(a * (rows - a)) * sqrt(b * (rows - b));
    return spread > 0 ? (both * rows - a * b) / spread : (double)NAN;
}

static hone_status count_complete(const hn_explored *e, int64_t words, int64_t *ret_complete) {
    HN_SCRATCH(e->ctx);
    uint64_t *any;
    HN_TRY(HN_SCRATCH_NEW(e->ctx, any, words + 1));
    for (int32_t j = 0; j < e->table->n_columns; j++)
        if (e->columns[j].profile.n_missing > 0) mark_missing(&e->table->columns[j], any);
    *ret_complete = e->table->n_rows - count_both(any, any, words);
    return HONE_OK;
}

hone_status hn_explore_missing(hn_explored *e) {
    HN_SCRATCH(e->ctx);
    int32_t columns[MISSING_COLUMNS + 1], n = most_missing(e, columns);
    int64_t words = (e->table->n_rows + 63) / 64, complete;
    double rows = (double)e->table->n_rows, row[MISSING_COLUMNS];
    uint64_t *bits;
    hn_json_mut *o = yyjson_mut_obj_add_obj(e->doc, e->root, "missing");
    HN_TRY(count_complete(e, words, &complete));
    yyjson_mut_obj_add_int(e->doc, o, "complete_rows", complete);
    hn_json_mut *names = yyjson_mut_obj_add_arr(e->doc, o, "columns");
    hn_json_mut *counts = yyjson_mut_obj_add_arr(e->doc, o, "counts");
    hn_json_mut *slices = yyjson_mut_obj_add_arr(e->doc, o, "slices");
    hn_json_mut *together = yyjson_mut_obj_add_arr(e->doc, o, "together");
    HN_TRY(HN_SCRATCH_NEW(e->ctx, bits, (int64_t)n * words + 1));
    for (int32_t a = 0; a < n; a++) {
        const hn_description *d = &e->columns[columns[a]];
        yyjson_mut_arr_add_str(e->doc, names, e->table->columns[columns[a]].name);
        yyjson_mut_arr_add_int(e->doc, counts, d->profile.n_missing);
        hn_json_mut *slice = yyjson_mut_arr_add_arr(e->doc, slices);
        for (int s = 0; s < HN_MISSING_SLICES; s++)
            yyjson_mut_arr_add_int(e->doc, slice, d->missing[s]);
        mark_missing(&e->table->columns[columns[a]], bits + a * words);
    }
    for (int32_t a = 0; a < n; a++) {
        hn_json_mut *list = yyjson_mut_arr_add_arr(e->doc, together);
        for (int32_t b = 0; b < n; b++) {
            row[b] = phi(rows, (double)e->columns[columns[a]].profile.n_missing,
                         (double)e->columns[columns[b]].profile.n_missing,
                         (double)count_both(bits + a * words, bits + b * words, words));
            isfinite(row[b]) ? yyjson_mut_arr_add_real(e->doc, list, row[b])
                             : yyjson_mut_arr_add_null(e->doc, list);
        }
    }
    return HONE_OK;
}
