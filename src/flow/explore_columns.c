/* explore_columns.c - a column's card, as JSON. */
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
    if (d->n_log_bins > 0) {
        hn_json_mut *log = yyjson_mut_obj_add_obj(e->doc, o, "log_histogram");
        hn_add_reals(e->doc, log, "edges", d->log_edges, d->n_log_bins + 1);
        hn_add_ints(e->doc, log, "counts", d->log_counts, d->n_log_bins);
    }
    if (d->n_kde > 0) {
        hn_json_mut *density = yyjson_mut_obj_add_obj(e->doc, o, "density");
        hn_add_real(e->doc, density, "from", d->kde_from);
        hn_add_real(e->doc, density, "step", d->kde_step);
        hn_add_real(e->doc, density, "bandwidth", d->bandwidth);
        hn_add_reals(e->doc, density, "values", d->kde, d->n_kde);
    }
    hn_add_reals(e->doc, o, "autocorrelation", d->lags, d->n_lags);
}

/* A value of column j that top or extremes have. */
static hn_json_mut *value_json(const hn_explored *e, int32_t j, const hn_top_value *top) {
    const hn_column *column = &e->table->columns[j];
    char text[HN_TIME_SIZE];
    if (top->row >= 0) return hn_cell_json(e, column, top->row, 200);
    if (column->type == HN_TIME) {
        int64_t at = (int64_t)top->value;
        hn_time_format(at, hn_time_is_date(at), text);
        return yyjson_mut_strcpy(e->doc, text);
    }
    if (column->type == HN_I64) return yyjson_mut_sint(e->doc, (int64_t)top->value);
    return isfinite(top->value) ? yyjson_mut_real(e->doc, top->value)
                                : yyjson_mut_str(e->doc, "inf");
}

static void put_values(const hn_explored *e, hn_json_mut *o, const char *key, int32_t j,
                       const hn_top_value *values, int32_t n) {
    const hn_description *d = &e->columns[j];
    double present = (double)(d->profile.n - d->profile.n_missing);
    hn_json_mut *list = yyjson_mut_obj_add_arr(e->doc, o, key);
    for (int32_t t = 0; t < n; t++) {
        hn_json_mut *one = yyjson_mut_arr_add_obj(e->doc, list);
        yyjson_mut_obj_add_val(e->doc, one, "value", value_json(e, j, &values[t]));
        yyjson_mut_obj_add_int(e->doc, one, "count", values[t].count);
        hn_add_real(e->doc, one, "share", (double)values[t].count / present);
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
            HN_TRY(hn_explore_words(e, j, o));
        }
        put_values(e, o, "top", j, d->top, d->n_top);
        if (d->n_extremes > 0) {
            put_values(e, o, "lowest", j, d->lowest, d->n_extremes);
            put_values(e, o, "highest", j, d->highest, d->n_extremes);
        }
        if (p->n_missing > 0) yyjson_mut_obj_add_int(e->doc, o, "longest_gap", d->longest_gap);
    }
    return HONE_OK;
}
