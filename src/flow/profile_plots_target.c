/* profile_plots_target.c - pictures of features against the target, and of rows as points; see profile_plots.h. */
#include "flow/profile_plots_parts.h"
#include "flow/explore.h"
#include <math.h>
#include <string.h>

static hn_json *column_named(hn_json *profile, const char *name) {
    size_t i, max;
    hn_json *column;
    yyjson_arr_foreach(yyjson_obj_get(profile, "columns"), i, max,
                       column) if (strcmp(hn_json_text(column, "name"), name) == 0) return column;
    return NULL;
}

/* ---- the target ------------------------------------------------------------------------------ */

static hone_status draw_boxes(const hn_drawer *d, hn_json *boxes, const char *across,
                              hn_plot *ret) {
    double *low, *q1, *median, *q3, *high, *x;
    int64_t n = (int64_t)yyjson_arr_size(boxes);
    const char **labels;
    HN_TRY(hn_drawn_names(d, boxes, "name", &labels));
    HN_TRY(hn_drawn_members(d, boxes, "low", &low));
    HN_TRY(hn_drawn_members(d, boxes, "q1", &q1));
    HN_TRY(hn_drawn_members(d, boxes, "median", &median));
    HN_TRY(hn_drawn_members(d, boxes, "q3", &q3));
    HN_TRY(hn_drawn_members(d, boxes, "high", &high));
    HN_TRY(hn_drawn_counting(d, n, 0, 1, &x));
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
        HN_TRY(hn_drawn_numbers(d, yyjson_obj_get(curve, "values"), &y, &n));
        HN_TRY(hn_drawn_counting(d, n, hn_json_number(density, "from"),
                                 hn_json_number(density, "step"), &x));
        hn_plot_add(ret, HN_MARK_AREA, hn_json_text(curve, "name"), x, y, n);
    }
    return HONE_OK;
}

/* The share of all rows with that class. */
static double overall(hn_json *classes, const char *class) {
    size_t i, max;
    hn_json *one;
    double all = 0, own = 0;
    yyjson_arr_foreach(classes, i, max, one) {
        all += hn_json_number(one, "count");
        if (strcmp(hn_json_text(one, "name"), class) == 0) own += hn_json_number(one, "count");
    }
    return all > 0 ? own / all : (double)NAN;
}

static hone_status draw_rates(const hn_drawer *d, hn_json *profile, hn_json *feature,
                              const char *target, hn_plot *ret) {
    hn_json *classes = yyjson_obj_get(yyjson_obj_get(profile, "target"), "classes");
    double rate = overall(classes, hn_json_text(feature, "class"));
    hn_json *levels = yyjson_obj_get(feature, "levels");
    double *share, *low, *high, *x;
    int64_t n = (int64_t)yyjson_arr_size(levels);
    const char **labels;
    HN_TRY(hn_drawn_names(d, levels, "name", &labels));
    HN_TRY(hn_drawn_members(d, levels, "share", &share));
    HN_TRY(hn_drawn_members(d, levels, "low", &low));
    HN_TRY(hn_drawn_members(d, levels, "high", &high));
    HN_TRY(hn_drawn_counting(d, n, 0, 1, &x));
    ret->doc = "Of all rows, with 95 % intervals; the dashed line is the whole table.";
    ret->x = "";
    ret->y = hn_drawn_text(d, "share with %s = %s", target, hn_json_text(feature, "class"));
    ret->x_labels = labels;
    ret->n_x_labels = (int)n;
    ret->y_low = 0;
    ret->flip = true;
    for (int64_t k = 0; k < n; k++) ret->guide |= rate <= high[k];
    ret->guide_x[0] = -0.49, ret->guide_x[1] = (double)n - 0.51;
    ret->guide_y[0] = ret->guide_y[1] = rate;
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
    ret->x_time = hn_is_time(column_named(profile, ret->x));
    HN_TRY(hn_drawn_numbers(d, yyjson_obj_get(feature, "x"), &x, &n));
    HN_TRY(hn_drawn_numbers(d, yyjson_obj_get(feature, "y"), &y, &same));
    hn_plot_add(ret, HN_MARK_POINT, NULL, x, y, n < same ? n : same)->colour = 0;
    HN_TRY(hn_drawn_members(d, trend, "x", &x));
    HN_TRY(hn_drawn_members(d, trend, "mean", &y));
    HN_TRY(hn_drawn_members(d, trend, "low", &low));
    HN_TRY(hn_drawn_members(d, trend, "high", &high));
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
    const char *title = hn_drawn_text(d, "%s and %s", target, name);
    *ret = *ret_second = hn_plot_make(name, title, "", "");
    if (yyjson_obj_get(feature, "levels") != NULL)
        return draw_rates(d, profile, feature, target, ret);
    if (yyjson_obj_get(feature, "trend") != NULL)
        return hn_if_drawable(draw_trend(d, profile, feature, target, ret), ret);
    if (yyjson_arr_size(boxes) == 0) return HONE_OK;
    bool classes = yyjson_obj_get(yyjson_obj_get(profile, "target"), "classes") != NULL;
    ret->x_time = false;
    HN_TRY(hn_if_drawable(draw_boxes(d, boxes, classes ? name : target, ret), ret));
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
    HN_TRY(hn_drawn_numbers(d, yyjson_obj_get(from, classes != NULL ? "class" : "value"), &by, &m));
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
    HN_TRY(hn_drawn_numbers(d, yyjson_obj_get(projection, "x"), &x, &n));
    HN_TRY(hn_drawn_numbers(d, yyjson_obj_get(projection, "y"), &y, &same));
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
            *plot =
                hn_plot_make("pair", hn_drawn_text(d, "%s and %s", first, second), first, second);
            plot->width = 360;
            plot->height = 270;
            HN_TRY(hn_drawn_numbers(d, yyjson_arr_get(values, a), &x, &count));
            HN_TRY(hn_drawn_numbers(d, yyjson_arr_get(values, b), &y, &same));
            HN_TRY(hn_if_drawable(add_points(d, pairs, x, y, count < same ? count : same, plot),
                                  plot));
            if (plot->n_series > 0) ++*ret_n;
        }
    return HONE_OK;
}
