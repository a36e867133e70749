/* explore_any.c - some rows of every column that can be drawn, from which a reader of the page chooses two. What they
 * take is bounded whatever the table. */
#include "flow/explore_parts.h"
#include "num/math.h"

enum { ROWS_MOST = 2000, CELLS_MOST = 100000, COLUMNS_MOST = 200, LEVELS_MOST = 12, DIGITS = 6 };

static bool can_draw(const hn_explored *e, int32_t j) {
    const hn_sampled *s = &e->sampled[j];
    if (j == e->target) return s->codes != NULL || s->numbers != NULL;
    if (e->columns[j].profile.is_constant || e->columns[j].profile.is_id_like) return false;
    return s->codes != NULL || s->numbers != NULL;
}

/* To so many digits: enough for the eye, and short. Whole ones are written as such. */
static hn_json_mut *short_number(const hn_explored *e, double value) {
    if (!isfinite(value)) return yyjson_mut_null(e->doc);
    if (value != floor(value)) {
        double scale = hn_pow(10, DIGITS - 1 - floor(hn_log10(fabs(value))));
        double rounded = floor(value * fmax(scale, 1) + 0.5) / fmax(scale, 1);
        if (isfinite(rounded)) value = rounded;
    }
    if (value == floor(value) && fabs(value) < 1e15) return yyjson_mut_sint(e->doc, (int64_t)value);
    return yyjson_mut_real(e->doc, value);
}

static void put_numbers(const hn_explored *e, hn_json_mut *o, int32_t j, int64_t n) {
    bool time = e->sorts[j] == HN_SORT_TIME;
    hn_json_mut *list = yyjson_mut_obj_add_arr(e->doc, o, "values");
    for (int64_t k = 0; k < n; k++) {
        double value = e->sampled[j].numbers[k * e->m / n];
        yyjson_mut_arr_append(list, short_number(e, time ? floor(value / 1e6) : value));
    }
}

/* The most frequent levels; what is beyond is put together in the last. */
static void put_levels(const hn_explored *e, hn_json_mut *o, int32_t j, int64_t n) {
    const hn_sampled *s = &e->sampled[j];
    int32_t kept = s->n_levels > LEVELS_MOST ? LEVELS_MOST - 1 : s->n_levels;
    hn_json_mut *names = yyjson_mut_obj_add_arr(e->doc, o, "levels");
    for (int32_t k = 0; k < kept; k++) yyjson_mut_arr_add_strcpy(e->doc, names, s->levels[k]);
    if (kept < s->n_levels) yyjson_mut_arr_add_str(e->doc, names, "(others)");
    hn_json_mut *list = yyjson_mut_obj_add_arr(e->doc, o, "codes");
    for (int64_t k = 0; k < n; k++) {
        int32_t code = s->codes[k * e->m / n];
        yyjson_mut_arr_add_int(e->doc, list, code > kept ? kept : code);
    }
}

hone_status hn_explore_any(hn_explored *e) {
    static const char *const sorts[] = {"", "number", "name", "time", ""};
    int32_t columns = 0;
    for (int32_t j = 0; j < e->table->n_columns && columns < COLUMNS_MOST; j++)
        columns += can_draw(e, j);
    if (columns < 2 || e->m == 0) return HONE_OK;
    int64_t n = e->m < ROWS_MOST ? e->m : ROWS_MOST;
    if (n > CELLS_MOST / columns) n = CELLS_MOST / columns;
    hn_json_mut *any = yyjson_mut_obj_add_obj(e->doc, e->root, "any_two");
    hn_json_mut *rows = yyjson_mut_obj_add_arr(e->doc, any, "rows");
    for (int64_t k = 0; k < n; k++) yyjson_mut_arr_add_int(e->doc, rows, e->rows[k * e->m / n]);
    hn_json_mut *list = yyjson_mut_obj_add_arr(e->doc, any, "columns");
    for (int32_t j = 0, put = 0; j < e->table->n_columns && put < columns; j++) {
        if (!can_draw(e, j)) continue;
        hn_json_mut *o = yyjson_mut_arr_add_obj(e->doc, list);
        bool name = e->sampled[j].codes != NULL;
        yyjson_mut_obj_add_str(e->doc, o, "name", e->table->columns[j].name);
        yyjson_mut_obj_add_str(e->doc, o, "sort", name ? "name" : sorts[e->sorts[j]]);
        if (name)
            put_levels(e, o, j, n);
        else
            put_numbers(e, o, j, n);
        put++;
    }
    return hn_check_cancel(e->ctx);
}
