/* profile_plots.c - pictures of a profile's columns and of matrices over them; see profile_plots.h. */
#include "flow/profile_plots_parts.h"
#include "flow/explore.h"
#include <math.h>
#include <string.h>

/* ---- cards ----------------------------------------------------------------------------------- */

/* A bar per integer, each with its name. */
static hone_status draw_integers(const hn_drawer *d, const double *edges, const double *counts,
                                 int64_t n, hn_plot *ret) {
    double *x;
    const char **labels;
    HN_TRY(hn_drawn_counting(d, n, 0, 1, &x));
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
    *ret = hn_plot_make(name, hn_drawn_text(d, "Distribution of %s%s", name, ""), "", "rows");
    HN_TRY(hn_drawn_numbers(d, yyjson_obj_get(histogram, "edges"), &edges, &n_edges));
    HN_TRY(hn_drawn_numbers(d, yyjson_obj_get(histogram, "counts"), &counts, &n));
    if (n == 0 || n_edges != n + 1) return HONE_OK;
    ret->x_time = hn_is_time(column);
    ret->height = 210;
    if (n <= 12 && yyjson_get_bool(yyjson_obj_get(column, "integer")) && edges[1] - edges[0] == 1)
        return draw_integers(d, edges, counts, n, ret);
    hn_plot_add(ret, HN_MARK_BAR, NULL, edges, counts, n)->x2 = edges + 1;
    if (density == NULL) return hn_if_drawable(HONE_OK, ret);
    double present = 0;
    for (int64_t i = 0; i < n; i++) present += counts[i];
    HN_TRY(hn_drawn_numbers(d, yyjson_obj_get(density, "values"), &y, &points));
    double highest = 0, peak = 0;
    for (int64_t i = 0; i < n; i++) highest = fmax(highest, counts[i]);
    for (int64_t i = 0; i < points; i++) peak = fmax(peak, y[i] *= present * (edges[1] - edges[0]));
    /* Of values crowded into one bin the density would dwarf the bars, and say no more. */
    if (peak > 1.2 * highest) return hn_if_drawable(HONE_OK, ret);
    HN_TRY(hn_drawn_counting(d, points, hn_json_number(density, "from"),
                             hn_json_number(density, "step"), &x));
    hn_plot_add(ret, HN_MARK_LINE, NULL, x, y, points)->colour = 1;
    return hn_if_drawable(HONE_OK, ret);
}

hone_status hn_draw_log_histogram(const hn_drawer *d, hn_json *column, hn_plot *ret) {
    hn_json *histogram = yyjson_obj_get(column, "log_histogram");
    const char *name = hn_json_text(column, "name");
    double *edges, *counts;
    int64_t n_edges, n;
    *ret = hn_plot_make(
        "log", hn_drawn_text(d, "Distribution of %s%s above 0, in bins of equal ratio", name, ""),
        "values above 0, logarithmic", "rows");
    HN_TRY(hn_drawn_numbers(d, yyjson_obj_get(histogram, "edges"), &edges, &n_edges));
    HN_TRY(hn_drawn_numbers(d, yyjson_obj_get(histogram, "counts"), &counts, &n));
    if (n == 0 || n_edges != n + 1) return HONE_OK;
    ret->x_log = true;
    ret->height = 210;
    hn_plot_add(ret, HN_MARK_BAR, NULL, edges, counts, n)->x2 = edges + 1;
    return hn_if_drawable(HONE_OK, ret);
}

hone_status hn_draw_lags(const hn_drawer *d, hn_json *column, hn_plot *ret) {
    const char *name = hn_json_text(column, "name");
    double *y, *x;
    int64_t n;
    *ret = hn_plot_make("lags", hn_drawn_text(d, "Autocorrelation of %s%s", name, ""), "rows apart",
                        "correlation");
    HN_TRY(hn_drawn_numbers(d, yyjson_obj_get(column, "autocorrelation"), &y, &n));
    if (n < 2) return HONE_OK;
    HN_TRY(hn_drawn_counting(d, n, 0.6, 1, &x));
    double *right;
    HN_TRY(hn_drawn_counting(d, n, 1.4, 1, &right));
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
    *ret = hn_plot_make(name, hn_drawn_text(d, "%s%s", name, ""), "", "share of rows");
    if (both == NULL) return HONE_OK;
    HN_TRY(hn_drawn_numbers(d, yyjson_arr_get(both, 0), &here, &n));
    HN_TRY(hn_drawn_numbers(d, yyjson_arr_get(both, 1), &there, &m));
    if (n == 0 || n != m) return HONE_OK;
    ret->height = 220;
    if (names != NULL) {
        double *middle, *end;
        const char **labels;
        HN_TRY(hn_drawn_names(d, names, NULL, &labels));
        ret->x_labels = labels;
        ret->n_x_labels = (int)n;
        ret->flip = true;
        ret->height = 70 + 26 * (int)n;
        HN_TRY(hn_drawn_counting(d, n, -0.4, 1, &x));
        HN_TRY(hn_drawn_counting(d, n, 0, 1, &middle));
        HN_TRY(hn_drawn_counting(d, n, 0.4, 1, &end));
        hn_plot_add(ret, HN_MARK_BAR, "here", x, here, n)->x2 = middle;
        hn_plot_add(ret, HN_MARK_BAR, "there", middle, there, n)->x2 = end;
        return HONE_OK;
    }
    HN_TRY(hn_drawn_numbers(d, yyjson_obj_get(column, "edges"), &edges, &n_edges));
    if (n_edges != n + 1) return HONE_OK;
    ret->x_time = hn_is_time(column);
    HN_TRY(hn_drawn_counting(d, n, 0, 0, &right));
    for (int64_t i = 0; i < n; i++) right[i] = (edges[i] + edges[i + 1]) / 2;
    hn_plot_add(ret, HN_MARK_BAR, "here", edges, here, n)->x2 = edges + 1;
    hn_plot_add(ret, HN_MARK_LINE, "there", right, there, n);
    return hn_if_drawable(HONE_OK, ret);
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
    ret->doc =
        "From the first row on the left to the last: the stronger, the more is missing there.";
    if (n == 0 || per == 0) return HONE_OK;
    HN_TRY(hn_drawn_names(d, yyjson_obj_get(missing, "columns"), NULL, &labels));
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

/* ---- the tree of what is missing together ---------------------------------------------------- */

enum { TREE_MOST = 40, CORNERS = 5 };

typedef struct branch {
    double at, height; /* its place among the columns, how far apart what it joins is */
    int32_t left, right;
} branch;

/* Columns below a branch from top to bottom: their order, and each branch amid its own. */
static void order_columns(branch *branches, int32_t n, int32_t *order) {
    int32_t stack[2 * TREE_MOST], deep = 0, put = 0;
    stack[deep++] = 2 * n - 2;
    while (deep > 0 && put < n && deep + 1 < 2 * TREE_MOST) {
        int32_t own = stack[--deep];
        if (own < n) {
            branches[own].at = put;
            order[put++] = own;
            continue;
        }
        stack[deep++] = branches[own].right;
        stack[deep++] = branches[own].left;
    }
    for (int32_t k = n; k < 2 * n - 1; k++)
        branches[k].at = (branches[branches[k].left].at + branches[branches[k].right].at) / 2;
}

hone_status hn_draw_missing_tree(const hn_drawer *d, hn_json *profile, hn_plot *ret) {
    hn_json *missing = yyjson_obj_get(profile, "missing"),
            *names = yyjson_obj_get(missing, "columns");
    hn_json *lines = yyjson_obj_get(missing, "tree");
    int32_t n = (int32_t)yyjson_arr_size(names), order[TREE_MOST];
    branch branches[2 * TREE_MOST] = {{0}};
    const char **labels;
    double *x, *y;
    *ret = hn_plot_make("missing_tree", "Groups that are missing together",
                        "share of rows that differ", "");
    if (n < 3 || n > TREE_MOST || yyjson_arr_size(lines) + 1 != (size_t)n) return HONE_OK;
    for (int32_t k = 0; k + 1 < n; k++) {
        hn_json *line = yyjson_arr_get(lines, (size_t)k);
        branch *own = &branches[n + k];
        own->left = (int32_t)yyjson_get_int(yyjson_arr_get(line, 0));
        own->right = (int32_t)yyjson_get_int(yyjson_arr_get(line, 1));
        own->height = yyjson_get_num(yyjson_arr_get(line, 2));
        if (own->left < 0 || own->right < 0 || own->left >= n + k || own->right >= n + k)
            return HONE_OK;
    }
    order_columns(branches, n, order);
    HN_TRY(HN_NEW(d->ctx, d->arena, labels, n));
    HN_TRY(HN_NEW(d->ctx, d->arena, x, CORNERS * n));
    HN_TRY(HN_NEW(d->ctx, d->arena, y, CORNERS * n));
    for (int32_t k = 0; k < n; k++)
        labels[k] = yyjson_get_str(yyjson_arr_get(names, (size_t)order[k]));
    for (int32_t k = 0; k + 1 < n; k++) {
        const branch *own = &branches[n + k], *a = &branches[own->left], *b = &branches[own->right];
        double xs[] = {a->height, own->height, own->height, b->height, (double)NAN};
        double ys[] = {a->at, a->at, b->at, b->at, (double)NAN};
        for (int c = 0; c < CORNERS; c++) x[CORNERS * k + c] = xs[c], y[CORNERS * k + c] = ys[c];
    }
    ret->doc = "Columns joined far to the left are missing in the same rows; the scale is the "
               "share of rows where one "
               "group is missing and the other is not.";
    ret->y_labels = labels;
    ret->n_y_labels = n;
    ret->x_low = 0;
    ret->height = 70 + 19 * n;
    /* The last corners are no numbers: beyond twelve points a line gets no dots. */
    for (int c = CORNERS * (n - 1); c < CORNERS * n; c++) x[c] = y[c] = (double)NAN;
    hn_plot_add(ret, HN_MARK_LINE, NULL, x, y, CORNERS * n);
    return HONE_OK;
}
