/* profile_plots_parts.c - see profile_plots_parts.h. */
#include "flow/profile_plots_parts.h"
#include <math.h>

hone_status hn_drawn_numbers(const hn_drawer *d, hn_json *list, double **ret_values,
                             int64_t *ret_n) {
    size_t i, max;
    hn_json *item;
    HN_TRY(HN_NEW(d->ctx, d->arena, *ret_values, yyjson_arr_size(list) + 1));
    yyjson_arr_foreach(list, i, max, item)(*ret_values)[i] =
        yyjson_is_num(item) ? yyjson_get_num(item) : (double)NAN;
    *ret_n = (int64_t)yyjson_arr_size(list);
    return HONE_OK;
}

/* One member of each object. */
hone_status hn_drawn_members(const hn_drawer *d, hn_json *list, const char *key,
                             double **ret_values) {
    size_t i, max;
    hn_json *item;
    HN_TRY(HN_NEW(d->ctx, d->arena, *ret_values, yyjson_arr_size(list) + 1));
    yyjson_arr_foreach(list, i, max, item)(*ret_values)[i] = hn_json_number(item, key);
    return HONE_OK;
}

hone_status hn_drawn_names(const hn_drawer *d, hn_json *list, const char *key,
                           const char ***ret_names) {
    size_t i, max;
    hn_json *item;
    HN_TRY(HN_NEW(d->ctx, d->arena, *ret_names, yyjson_arr_size(list) + 1));
    yyjson_arr_foreach(list, i, max, item)(*ret_names)[i] =
        key != NULL ? hn_json_text(item, key) : yyjson_get_str(item);
    return HONE_OK;
}

hone_status hn_drawn_counting(const hn_drawer *d, int64_t n, double first, double step,
                              double **ret) {
    HN_TRY(HN_NEW(d->ctx, d->arena, *ret, n + 1));
    for (int64_t i = 0; i < n; i++) (*ret)[i] = first + (double)i * step;
    return HONE_OK;
}

const char *hn_drawn_text(const hn_drawer *d, const char *format, const char *a, const char *b) {
    char *text = hn_arena_printf(d->ctx, d->arena, format, a, b);
    return text != NULL ? text : "";
}

/* What spans nearly all that doubles can hold cannot be drawn. */
hone_status hn_if_drawable(hone_status status, hn_plot *plot) {
    for (int v = 0; status == HONE_OK && v < 2; v++) {
        hn_axis axis = hn_plot_axis(plot, v == 1, 5);
        if (!(axis.high - axis.low < 1e300)) plot->n_series = 0;
    }
    return status;
}
