/* profile_plots.c - pictures of a profile; see profile_plots.h. */
#include "flow/profile_plots.h"
#include "flow/explore.h"
#include <math.h>
#include <string.h>

/* ---- reading --------------------------------------------------------------------------------- */

static hone_status numbers(const hn_drawer *d, hn_json *list, double **ret_values, int64_t *ret_n) {
    size_t i, max;
    hn_json *item;
    HN_TRY(HN_NEW(d->ctx, d->arena, *ret_values, yyjson_arr_size(list) + 1));
    yyjson_arr_foreach(list, i, max, item)(*ret_values)[i] =
        yyjson_is_num(item) ? yyjson_get_num(item) : (double)NAN;
    *ret_n = (int64_t)yyjson_arr_size(list);
    return HONE_OK;
}

/* One member of each object. */
static hone_status members(const hn_drawer *d, hn_json *list, const char *key,
                           double **ret_values) {
    size_t i, max;
    hn_json *item;
    HN_TRY(HN_NEW(d->ctx, d->arena, *ret_values, yyjson_arr_size(list) + 1));
    yyjson_arr_foreach(list, i, max, item)(*ret_values)[i] = hn_json_number(item, key);
    return HONE_OK;
}

static hone_status names_of(const hn_drawer *d, hn_json *list, const char *key,
                            const char ***ret_names) {
    size_t i, max;
    hn_json *item;
    HN_TRY(HN_NEW(d->ctx, d->arena, *ret_names, yyjson_arr_size(list) + 1));
    yyjson_arr_foreach(list, i, max, item)(*ret_names)[i] =
        key != NULL ? hn_json_text(item, key) : yyjson_get_str(item);
    return HONE_OK;
}

static hone_status counting(const hn_drawer *d, int64_t n, double first, double step,
                            double **ret) {
    HN_TRY(HN_NEW(d->ctx, d->arena, *ret, n + 1));
    for (int64_t i = 0; i < n; i++) (*ret)[i] = first + (double)i * step;
    return HONE_OK;
}

static const char *text_of(const hn_drawer *d, const char *format, const char *a, const char *b) {
    char *text = hn_arena_printf(d->ctx, d->arena, format, a, b);
    return text != NULL ? text : "";
}

static hn_json *column_named(hn_json *profile, const char *name) {
    size_t i, max;
    hn_json *column;
    yyjson_arr_foreach(yyjson_obj_get(profile, "columns"), i, max,
                       column) if (strcmp(hn_json_text(column, "name"), name) == 0) return column;
    return NULL;
}

static bool is_time(hn_json *column) { return strcmp(hn_json_text(column, "sort"), "time") == 0; }

/* What spans nearly all that doubles can hold cannot be drawn. */
static hone_status if_drawable(hone_status status, hn_plot *plot) {
    for (int v = 0; status == HONE_OK && v < 2; v++) {
        hn_axis axis = hn_plot_axis(plot, v == 1, 5);
        if (!(axis.high - axis.low < 1e300)) plot->n_series = 0;
    }
    return status;
}

/* ---- cards ----------------------------------------------------------------------------------- */

/* A bar per integer, each with its name. */
static hone_status draw_integers(const hn_drawer *d, const double *edges, const double *counts,
                                 int64_t n, hn_plot *ret) {
    double *x;
    const char **labels;
    HN_TRY(counting(d, n, 0, 1, &x));
    HN_TRY(HN_NEW(d->ctx, d->arena, labels, n + 1));
    for (int64_t i = 0; i < n; i++) {
        char text[32];
        hn_format_double(edges[i] + 0.5, text);
        labels[i] = hn_arena_strdup(d->ctx, d->arena, text);
        if (labels[i] == NULL) return HONE_ERROR_MEMORY;
    }
    ret->x_labels = labels;
    ret->n_x_labels = (int)n;
    hn_plot_add(ret, HN_MARK_BAR, NULL, x, counts, n);
    return HONE_OK;
}

hone_status hn_draw_histogram(const hn_drawer *d, hn_json *column, hn_plot *ret) {
    hn_json *histogram = yyjson_obj_get(column, "histogram"),
            *density = yyjson_obj_get(column, "density");
    const char *name = hn_json_text(column, "name");
    double *edges, *counts, *x, *y;
    int64_t n_edges, n, points;
    *ret = hn_plot_make(name, text_of(d, "Distribution of %s%s", name, ""), "", "rows");
    HN_TRY(numbers(d, yyjson_obj_get(histogram, "edges"), &edges, &n_edges));
    HN_TRY(numbers(d, yyjson_obj_get(histogram, "counts"), &counts, &n));
    if (n == 0 || n_edges != n + 1) return HONE_OK;
    ret->x_time = is_time(column);
    ret->height = 210;
    if (n <= 12 && yyjson_get_bool(yyjson_obj_get(column, "integer")) && edges[1] - edges[0] == 1)
        return draw_integers(d, edges, counts, n, ret);
    hn_plot_add(ret, HN_MARK_BAR, NULL, edges, counts, n)->x2 = edges + 1;
    if (density == NULL) return if_drawable(HONE_OK, ret);
    double present = 0;
    for (int64_t i = 0; i < n; i++) present += counts[i];
    HN_TRY(numbers(d, yyjson_obj_get(density, "values"), &y, &points));
    for (int64_t i = 0; i < points; i++) y[i] *= present * (edges[1] - edges[0]);
    HN_TRY(
        counting(d, points, hn_json_number(density, "from"), hn_json_number(density, "step"), &x));
    hn_plot_add(ret, HN_MARK_LINE, NULL, x, y, points)->colour = 1;
    return if_drawable(HONE_OK, ret);
}

hone_status hn_draw_lags(const hn_drawer *d, hn_json *column, hn_plot *ret) {
    const char *name = hn_json_text(column, "name");
    double *y, *x;
    int64_t n;
    *ret = hn_plot_make("lags", text_of(d, "Autocorrelation of %s%s", name, ""), "rows apart",
                        "correlation");
    HN_TRY(numbers(d, yyjson_obj_get(column, "autocorrelation"), &y, &n));
    if (n < 2) return HONE_OK;
    HN_TRY(counting(d, n, 0.6, 1, &x));
    double *right;
    HN_TRY(counting(d, n, 1.4, 1, &right));
    ret->height = 190;
    ret->y_high = 1;
    hn_plot_add(ret, HN_MARK_BAR, NULL, x, y, n)->x2 = right;
    return HONE_OK;
}

/* Bars here, a line there; of names two bars each. */
hone_status hn_draw_beside(const hn_drawer *d, hn_json *column, hn_plot *ret) {
    const char *name = hn_json_text(column, "name");
    hn_json *both = yyjson_obj_get(column, "shares"), *names = yyjson_obj_get(column, "names");
    double *edges, *here, *there, *x, *right;
    int64_t n, m, n_edges;
    *ret = hn_plot_make(name, text_of(d, "%s%s", name, ""), "", "share of rows");
    if (both == NULL) return HONE_OK;
    HN_TRY(numbers(d, yyjson_arr_get(both, 0), &here, &n));
    HN_TRY(numbers(d, yyjson_arr_get(both, 1), &there, &m));
    if (n == 0 || n != m) return HONE_OK;
    ret->height = 220;
    if (names != NULL) {
        double *middle, *end;
        const char **labels;
        HN_TRY(names_of(d, names, NULL, &labels));
        ret->x_labels = labels;
        ret->n_x_labels = (int)n;
        ret->flip = true;
        ret->height = 70 + 26 * (int)n;
        HN_TRY(counting(d, n, -0.4, 1, &x));
        HN_TRY(counting(d, n, 0, 1, &middle));
        HN_TRY(counting(d, n, 0.4, 1, &end));
        hn_plot_add(ret, HN_MARK_BAR, "here", x, here, n)->x2 = middle;
        hn_plot_add(ret, HN_MARK_BAR, "there", middle, there, n)->x2 = end;
        return HONE_OK;
    }
    HN_TRY(numbers(d, yyjson_obj_get(column, "edges"), &edges, &n_edges));
    if (n_edges != n + 1) return HONE_OK;
    ret->x_time = is_time(column);
    HN_TRY(counting(d, n, 0, 0, &right));
    for (int64_t i = 0; i < n; i++) right[i] = (edges[i] + edges[i + 1]) / 2;
    hn_plot_add(ret, HN_MARK_BAR, "here", edges, here, n)->x2 = edges + 1;
    hn_plot_add(ret, HN_MARK_LINE, "there", right, there, n);
    return if_drawable(HONE_OK, ret);
}

/* ---- matrices -------------------------------------------------------------------------------- */

hone_status hn_draw_matrix(const hn_drawer *d, hn_json *names, hn_json *rows, const char *key,
                           const char *title, bool is_signed, hn_plot *ret) {
    int64_t all = (int64_t)yyjson_arr_size(names), n = 0;
    const char **labels;
    int64_t *kept;
    double *x, *y, *value;
    *ret = hn_plot_make(key, title, "", "");
    HN_TRY(HN_NEW(d->ctx, d->arena, labels, all + 1));
    HN_TRY(HN_NEW(d->ctx, d->arena, kept, all + 1));
    for (int64_t a = 0; a < all; a++) {
        hn_json *row = yyjson_arr_get(rows, (size_t)a), *cell;
        size_t b, max;
        bool any = false;
        yyjson_arr_foreach(row, b, max, cell) any |= (int64_t)b != a && yyjson_is_num(cell);
        if (!any) continue;
        labels[n] = yyjson_get_str(yyjson_arr_get(names, (size_t)a));
        kept[n++] = a;
    }
    if (n < 2) return HONE_OK;
    HN_TRY(HN_NEW(d->ctx, d->arena, x, n * n));
    HN_TRY(HN_NEW(d->ctx, d->arena, y, n * n));
    HN_TRY(HN_NEW(d->ctx, d->arena, value, n * n));
    int64_t cells = 0;
    for (int64_t a = 0; a < n; a++)
        for (int64_t b = 0; b < n; b++) {
            hn_json *cell = yyjson_arr_get(yyjson_arr_get(rows, (size_t)kept[a]), (size_t)kept[b]);
            if (!yyjson_is_num(cell) || a == b) continue;
            x[cells] = (double)b;
            y[cells] = (double)a;
            value[cells++] = yyjson_get_num(cell);
        }
    ret->x_labels = ret->y_labels = labels;
    ret->n_x_labels = ret->n_y_labels = (int)n;
    ret->value_low = is_signed ? -1 : 0;
    ret->value = title;
    int wanted = 190 + 30 * (int)n;
    if (n > 16) wanted = 190 + 21 * (int)n;
    ret->width = wanted > 480 ? wanted : 480;
    hn_plot_add(ret, HN_MARK_CELL, NULL, x, y, cells)->value = value;
    return HONE_OK;
}

hone_status hn_draw_missing(const hn_drawer *d, hn_json *profile, hn_plot *ret) {
    hn_json *missing = yyjson_obj_get(profile, "missing"),
            *slices = yyjson_obj_get(missing, "slices");
    double rows = hn_json_number(yyjson_obj_get(profile, "overview"), "rows"), *x, *x2, *y, *value;
    int64_t n = (int64_t)yyjson_arr_size(slices),
            per = (int64_t)yyjson_arr_size(yyjson_arr_get_first(slices)), cells = 0;
    const char **labels;
    *ret = hn_plot_make("missing", "Where values are missing", "row of the table", "");
    ret->doc = "From the first row on the left to the last: the darker, the more is missing there.";
    if (n == 0 || per == 0) return HONE_OK;
    HN_TRY(names_of(d, yyjson_obj_get(missing, "columns"), NULL, &labels));
    HN_TRY(HN_NEW(d->ctx, d->arena, x, n * per));
    HN_TRY(HN_NEW(d->ctx, d->arena, x2, n * per));
    HN_TRY(HN_NEW(d->ctx, d->arena, y, n * per));
    HN_TRY(HN_NEW(d->ctx, d->arena, value, n * per));
    for (int64_t a = 0; a < n; a++)
        for (int64_t s = 0; s < per; s++) {
            double count =
                yyjson_get_num(yyjson_arr_get(yyjson_arr_get(slices, (size_t)a), (size_t)s));
            double begin = ceil((double)s * rows / (double)per),
                   end = ceil((double)(s + 1) * rows / (double)per);
            if (count == 0 || end <= begin) continue;
            x[cells] = begin;
            x2[cells] = end;
            y[cells] = (double)a;
            value[cells++] = count / (end - begin);
        }
    ret->y_labels = labels;
    ret->n_y_labels = (int)n;
    ret->x_low = 0;
    ret->x_high = rows;
    ret->width = 760;
    ret->height = 70 + 19 * (int)n;
    hn_series *s = hn_plot_add(ret, HN_MARK_CELL, NULL, x, y, cells);
    s->x2 = x2;
    s->value = value;
    return HONE_OK;
}

/* ---- the target ------------------------------------------------------------------------------ */

static hone_status draw_boxes(const hn_drawer *d, hn_json *boxes, const char *across,
                              hn_plot *ret) {
    double *low, *q1, *median, *q3, *high, *x;
    int64_t n = (int64_t)yyjson_arr_size(boxes);
    const char **labels;
    HN_TRY(names_of(d, boxes, "name", &labels));
    HN_TRY(members(d, boxes, "low", &low));
    HN_TRY(members(d, boxes, "q1", &q1));
    HN_TRY(members(d, boxes, "median", &median));
    HN_TRY(members(d, boxes, "q3", &q3));
    HN_TRY(members(d, boxes, "high", &high));
    HN_TRY(counting(d, n, 0, 1, &x));
    ret->x = "";
    ret->y = across;
    ret->x_labels = labels;
    ret->n_x_labels = (int)n;
    ret->flip = true;
    hn_series *s = hn_plot_add(ret, HN_MARK_BOX, NULL, x, median, n);
    s->low = low, s->q1 = q1, s->q3 = q3, s->high = high;
    return HONE_OK;
}

static hone_status draw_curves(const hn_drawer *d, hn_json *density, const char *name,
                               hn_plot *ret) {
    size_t i, max;
    hn_json *curve;
    ret->x = name;
    ret->y = "density";
    ret->height = 240;
    yyjson_arr_foreach(yyjson_obj_get(density, "curves"), i, max, curve) {
        double *x, *y;
        int64_t n;
        HN_TRY(numbers(d, yyjson_obj_get(curve, "values"), &y, &n));
        HN_TRY(
            counting(d, n, hn_json_number(density, "from"), hn_json_number(density, "step"), &x));
        hn_plot_add(ret, HN_MARK_AREA, hn_json_text(curve, "name"), x, y, n);
    }
    return HONE_OK;
}

static hone_status draw_rates(const hn_drawer *d, hn_json *feature, const char *target,
                              hn_plot *ret) {
    hn_json *levels = yyjson_obj_get(feature, "levels");
    double *share, *low, *high, *x;
    int64_t n = (int64_t)yyjson_arr_size(levels);
    const char **labels;
    HN_TRY(names_of(d, levels, "name", &labels));
    HN_TRY(members(d, levels, "share", &share));
    HN_TRY(members(d, levels, "low", &low));
    HN_TRY(members(d, levels, "high", &high));
    HN_TRY(counting(d, n, 0, 1, &x));
    ret->doc = "The share of rows with that class, of all rows, with 95 % intervals.";
    ret->x = "";
    ret->y = text_of(d, "share with %s = %s", target, hn_json_text(feature, "class"));
    ret->x_labels = labels;
    ret->n_x_labels = (int)n;
    ret->y_low = 0;
    ret->flip = true;
    hn_series *s = hn_plot_add(ret, HN_MARK_RULE, NULL, x, share, n);
    s->low = low, s->high = high;
    return HONE_OK;
}

static hone_status draw_trend(const hn_drawer *d, hn_json *profile, hn_json *feature,
                              const char *target, hn_plot *ret) {
    hn_json *trend = yyjson_obj_get(feature, "trend");
    double *x, *y, *low, *high;
    int64_t n, same;
    ret->doc =
        "Points are rows of the sample; the line is the mean of each tenth, with 95 % intervals.";
    ret->x = hn_json_text(feature, "column");
    ret->y = target;
    ret->x_time = is_time(column_named(profile, ret->x));
    HN_TRY(numbers(d, yyjson_obj_get(feature, "x"), &x, &n));
    HN_TRY(numbers(d, yyjson_obj_get(feature, "y"), &y, &same));
    hn_plot_add(ret, HN_MARK_POINT, NULL, x, y, n < same ? n : same)->colour = 0;
    HN_TRY(members(d, trend, "x", &x));
    HN_TRY(members(d, trend, "mean", &y));
    HN_TRY(members(d, trend, "low", &low));
    HN_TRY(members(d, trend, "high", &high));
    hn_series *s = hn_plot_add(ret, HN_MARK_LINE, NULL, x, y, (int64_t)yyjson_arr_size(trend));
    s->colour = 1;
    s->low = low, s->high = high;
    return HONE_OK;
}

hone_status hn_draw_feature(const hn_drawer *d, hn_json *profile, hn_json *feature, hn_plot *ret,
                            hn_plot *ret_second) {
    const char *target = hn_json_text(yyjson_obj_get(profile, "target"), "column");
    const char *name = hn_json_text(feature, "column");
    hn_json *boxes = yyjson_obj_get(feature, "boxes"),
            *density = yyjson_obj_get(feature, "density");
    const char *title = text_of(d, "%s and %s", target, name);
    *ret = *ret_second = hn_plot_make(name, title, "", "");
    if (yyjson_obj_get(feature, "levels") != NULL) return draw_rates(d, feature, target, ret);
    if (yyjson_obj_get(feature, "trend") != NULL)
        return if_drawable(draw_trend(d, profile, feature, target, ret), ret);
    if (yyjson_arr_size(boxes) == 0) return HONE_OK;
    bool classes = yyjson_obj_get(yyjson_obj_get(profile, "target"), "classes") != NULL;
    ret->x_time = false;
    HN_TRY(if_drawable(draw_boxes(d, boxes, classes ? name : target, ret), ret));
    ret->doc = "Half of the rows lie in the box; the line in it is the median.";
    if (density != NULL) {
        HN_TRY(draw_curves(d, density, name, ret_second));
        ret_second->doc = "How the values lie in each class; every area is 1.";
    }
    return HONE_OK;
}

/* ---- points ---------------------------------------------------------------------------------- */

enum { COLOURS = 7, SHADES = 4 };

/* Points by class or, of a target that is a number, by quarter of its values. */
static hone_status add_points(const hn_drawer *d, hn_json *from, const double *x, const double *y,
                              int64_t n, hn_plot *plot) {
    static const char *const quarters[] = {"lowest quarter", "second", "third", "highest quarter"};
    hn_json *classes = yyjson_obj_get(from, "classes");
    double *by, cuts[SHADES] = {0};
    int64_t m;
    int groups = classes != NULL ? (int)yyjson_arr_size(classes) : SHADES;
    HN_TRY(numbers(d, yyjson_obj_get(from, classes != NULL ? "class" : "value"), &by, &m));
    if (m < n || groups == 0) {
        hn_plot_add(plot, HN_MARK_POINT, NULL, x, y, n);
        return HONE_OK;
    }
    if (groups > COLOURS) groups = COLOURS;
    for (int c = 1; classes == NULL && c < SHADES;
         c++) { /* quartiles of those drawn, by counting */
        double best = INFINITY;
        for (int64_t i = 0; i < n; i++) {
            int64_t below = 0;
            for (int64_t k = 0; k < n; k++) below += by[k] <= by[i];
            if (below * SHADES >= c * n && by[i] < best) best = by[i];
        }
        cuts[c] = best;
    }
    for (int g = 0; g < groups; g++) {
        double *own_x, *own_y;
        int64_t own = 0;
        HN_TRY(HN_NEW(d->ctx, d->arena, own_x, n + 1));
        HN_TRY(HN_NEW(d->ctx, d->arena, own_y, n + 1));
        for (int64_t i = 0; i < n; i++) {
            int group = (int)by[i];
            if (isnan(by[i])) continue;
            if (classes == NULL)
                for (group = 0; group + 1 < SHADES && by[i] > cuts[group + 1];) group++;
            if (group != g && !(g + 1 == groups && group > g)) continue;
            own_x[own] = x[i];
            own_y[own++] = y[i];
        }
        const char *name = classes == NULL ? quarters[g]
                           : g + 1 == groups && (int)yyjson_arr_size(classes) > groups
                               ? "others"
                               : yyjson_get_str(yyjson_arr_get(classes, (size_t)g));
        if (own > 0) hn_plot_add(plot, HN_MARK_POINT, name, own_x, own_y, own)->colour = g;
    }
    return HONE_OK;
}

hone_status hn_draw_projection(const hn_drawer *d, hn_json *profile, hn_plot *ret) {
    hn_json *projection = yyjson_obj_get(profile, "projection");
    hn_json *explained = yyjson_obj_get(projection, "explained");
    double *x, *y;
    int64_t n, same;
    char *label[2];
    *ret = hn_plot_make("projection", "All numbers on a plane", "", "");
    if (projection == NULL) return HONE_OK;
    for (size_t k = 0; k < 2; k++) {
        double percent = floor(1000 * yyjson_get_num(yyjson_arr_get(explained, k)) + 0.5) / 10;
        label[k] = hn_arena_printf(d->ctx, d->arena, "component %d (%.1f %% of the variance)",
                                   (int)k + 1, percent);
        if (label[k] == NULL) return HONE_ERROR_MEMORY;
    }
    ret->x = label[0];
    ret->y = label[1];
    ret->doc =
        "Rows of the sample by the first two principal components of the numbers, each brought to "
        "deviation 1 first: rows that lie together are alike.";
    ret->height = 380;
    HN_TRY(numbers(d, yyjson_obj_get(projection, "x"), &x, &n));
    HN_TRY(numbers(d, yyjson_obj_get(projection, "y"), &y, &same));
    return add_points(d, projection, x, y, n < same ? n : same, ret);
}

hone_status hn_draw_pairs(const hn_drawer *d, hn_json *profile, hn_plot *ret_plots, int *ret_n) {
    hn_json *pairs = yyjson_obj_get(profile, "pairs"), *names = yyjson_obj_get(pairs, "columns");
    hn_json *values = yyjson_obj_get(pairs, "values");
    size_t n = yyjson_arr_size(names);
    *ret_n = 0;
    for (size_t a = 0; a < n; a++)
        for (size_t b = a + 1; b < n && *ret_n < HN_PAIRS_MOST; b++) {
            const char *first = yyjson_get_str(yyjson_arr_get(names, a)),
                       *second = yyjson_get_str(yyjson_arr_get(names, b));
            hn_plot *plot = &ret_plots[*ret_n];
            double *x, *y;
            int64_t count, same;
            *plot = hn_plot_make("pair", text_of(d, "%s and %s", first, second), first, second);
            plot->width = 360;
            plot->height = 270;
            HN_TRY(numbers(d, yyjson_arr_get(values, a), &x, &count));
            HN_TRY(numbers(d, yyjson_arr_get(values, b), &y, &same));
            HN_TRY(
                if_drawable(add_points(d, pairs, x, y, count < same ? count : same, plot), plot));
            if (plot->n_series > 0) ++*ret_n;
        }
    return HONE_OK;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static hone_status put_spec(const hn_drawer *d, const hn_plot *plot, hn_json_doc *doc,
                            hn_json_mut *object, const char *prefix) {
    hn_json_mut *spec;
    if (plot->n_series == 0) return HONE_OK;
    HN_TRY(hn_plot_vega(d->ctx, plot, doc, &spec));
    hn_json_mut *key = yyjson_mut_strcpy(doc, text_of(d, "%s%s", prefix, plot->name));
    yyjson_mut_obj_put(object, key, spec);
    return HONE_OK;
}

hone_status hn_profile_plots(hone_ctx *ctx, hn_json *profile, hn_json_doc *doc,
                             hn_json_mut **ret_object) {
    static const struct {
        const char *key;
        bool is_signed;
    } matrices[] = {{"association", false},
                    {"pearson", true},
                    {"spearman", true},
                    {"kendall", true},
                    {"cramers_v", false},
                    {"correlation_ratio", false},
                    {"mutual_information", false},
                    {"normalized_mutual_information", false}};
    HN_SCRATCH(ctx);
    hn_drawer d = {.ctx = ctx, .arena = ctx->scratch};
    hn_json_mut *object = yyjson_mut_obj(doc), *spec;
    hn_json *item, *associations = yyjson_obj_get(profile, "associations");
    hn_plot *plots;
    size_t i, max;
    int n;
    HN_TRY(HN_SCRATCH_NEW(ctx, plots, HN_PAIRS_MOST));
    yyjson_arr_foreach(yyjson_obj_get(profile, "columns"), i, max, item) {
        HN_TRY(hn_draw_histogram(&d, item, plots));
        HN_TRY(put_spec(&d, plots, doc, object, "column:"));
    }
    for (size_t k = 0; k < sizeof matrices / sizeof *matrices; k++) {
        HN_TRY(hn_draw_matrix(&d, yyjson_obj_get(associations, "columns"),
                              yyjson_obj_get(associations, matrices[k].key), matrices[k].key,
                              matrices[k].key, matrices[k].is_signed, plots));
        HN_TRY(put_spec(&d, plots, doc, object, ""));
    }
    yyjson_arr_foreach(yyjson_obj_get(yyjson_obj_get(profile, "target"), "features"), i, max,
                       item) {
        HN_TRY(hn_draw_feature(&d, profile, item, &plots[0], &plots[1]));
        HN_TRY(put_spec(&d, &plots[0], doc, object, "target:"));
        HN_TRY(put_spec(&d, &plots[1], doc, object, "densities:"));
    }
    HN_TRY(hn_draw_missing(&d, profile, plots));
    HN_TRY(put_spec(&d, plots, doc, object, ""));
    HN_TRY(hn_draw_projection(&d, profile, plots));
    HN_TRY(put_spec(&d, plots, doc, object, ""));
    HN_TRY(hn_draw_pairs(&d, profile, plots, &n));
    if (n > 0) {
        hn_sheet sheet = {.title = "Pairs", .plots = plots, .n = n, .columns = 3};
        HN_TRY(hn_sheet_vega(ctx, &sheet, doc, &spec));
        yyjson_mut_obj_add_val(doc, object, "pairs", spec);
    }
    *ret_object = object;
    return HONE_OK;
}
