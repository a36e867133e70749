/* plot_vega.c - a plot as a Vega-Lite specification: layers over one table of points. */
#include "flow/plot.h"
#include <math.h>
#include <string.h>

static const char *const colours[] = {"#2563b0", "#d1590a", "#2a8a5a", "#9b3fa5",
                                      "#b8860b", "#1591a8", "#c0344f", "#6b7280"};

typedef struct writer {
    hn_json_doc *doc;
    const hn_plot *plot;
} writer;

static void add_number(const writer *w, hn_json_mut *object, const char *key, double value) {
    if (isfinite(value)) yyjson_mut_obj_add_real(w->doc, object, key, value);
}

/* A place on an axis: by its name, where it has one. */
static void add_place(const writer *w, hn_json_mut *object, const char *key, bool vertical,
                      double value) {
    const char *const *labels = vertical ? w->plot->y_labels : w->plot->x_labels;
    int n = vertical ? w->plot->n_y_labels : w->plot->n_x_labels;
    if (labels != NULL && value > -0.5 && value < n - 0.5)
        yyjson_mut_obj_add_strcpy(w->doc, object, key, labels[(int)(value + 0.5)]);
    else if (!vertical && w->plot->x_time)
        add_number(w, object, key, floor(value / 1000)); /* milliseconds */
    else if (labels == NULL)
        add_number(w, object, key, value);
}

static hn_json_mut *channel(const writer *w, hn_json_mut *encoding, const char *name,
                            const char *field, const char *type) {
    hn_json_mut *one = yyjson_mut_obj_add_obj(w->doc, encoding, name);
    yyjson_mut_obj_add_str(w->doc, one, "field", field);
    if (type != NULL) yyjson_mut_obj_add_str(w->doc, one, "type", type);
    return one;
}

/* The channel that vertical (the data's y) or not goes to. */
static const char *channel_of(const writer *w, bool vertical) {
    return vertical != w->plot->flip ? "y" : "x";
}

static void add_axis(const writer *w, hn_json_mut *encoding, bool vertical, const char *field) {
    const hn_plot *p = w->plot;
    hn_axis axis = hn_plot_axis(p, vertical, 5);
    const char *type = axis.labels != NULL ? "nominal" : axis.time ? "temporal" : "quantitative";
    hn_json_mut *one = channel(w, encoding, channel_of(w, vertical), field, type);
    yyjson_mut_obj_add_strcpy(w->doc, one, "title", vertical ? p->y : p->x);
    if (axis.labels != NULL) {
        hn_json_mut *order = yyjson_mut_obj_add_arr(w->doc, one, "sort");
        for (int i = 0; i < axis.n_labels; i++)
            yyjson_mut_arr_add_strcpy(w->doc, order, axis.labels[i]);
        return;
    }
    if (axis.time) return;
    hn_json_mut *scale = yyjson_mut_obj_add_obj(w->doc, one, "scale");
    if (axis.log) yyjson_mut_obj_add_str(w->doc, scale, "type", "log");
    hn_json_mut *domain = yyjson_mut_obj_add_arr(w->doc, scale, "domain");
    yyjson_mut_arr_add_real(w->doc, domain, axis.low);
    yyjson_mut_arr_add_real(w->doc, domain, axis.high);
    yyjson_mut_obj_add_bool(w->doc, scale, "nice", false);
}

static void add_values(const writer *w, const hn_series *s, hn_json_mut *layer) {
    hn_json_mut *data = yyjson_mut_obj_add_obj(w->doc, layer, "data");
    hn_json_mut *values = yyjson_mut_obj_add_arr(w->doc, data, "values");
    for (int64_t i = 0; i < s->n; i++) {
        hn_json_mut *one = yyjson_mut_arr_add_obj(w->doc, values);
        add_place(w, one, "x", false, s->x[i]);
        add_place(w, one, "y", true, s->y[i]);
        if (s->x2 != NULL) add_place(w, one, "x2", false, s->x2[i]);
        if (s->low != NULL) add_number(w, one, "low", s->low[i]);
        if (s->high != NULL) add_number(w, one, "high", s->high[i]);
        if (s->q1 != NULL) add_number(w, one, "q1", s->q1[i]);
        if (s->q3 != NULL) add_number(w, one, "q3", s->q3[i]);
        if (s->value != NULL) add_number(w, one, "value", s->value[i]);
        if (s->name != NULL) yyjson_mut_obj_add_strcpy(w->doc, one, "series", s->name);
    }
}

/* A layer over a series' points: a mark whose y is `field` (and reaches to `second`, if that is given). */
static hn_json_mut *add_layer(const writer *w, const hn_series *s, hn_json_mut *layers,
                              const char *mark_type, const char *field, const char *second,
                              hn_json_mut **ret_mark) {
    static const char *const seconds[] = {"x2", "y2"};
    hn_json_mut *layer = yyjson_mut_arr_add_obj(w->doc, layers);
    add_values(w, s, layer);
    hn_json_mut *mark = yyjson_mut_obj_add_obj(w->doc, layer, "mark");
    yyjson_mut_obj_add_str(w->doc, mark, "type", mark_type);
    hn_json_mut *encoding = yyjson_mut_obj_add_obj(w->doc, layer, "encoding");
    add_axis(w, encoding, false, "x");
    add_axis(w, encoding, true, field);
    if (second != NULL) channel(w, encoding, seconds[*channel_of(w, true) == 'y'], second, NULL);
    if (s->x2 != NULL) channel(w, encoding, seconds[*channel_of(w, false) == 'y'], "x2", NULL);
    if (s->name != NULL) {
        hn_json_mut *colour = channel(w, encoding, "color", "series", "nominal");
        yyjson_mut_obj_add_null(w->doc, colour, "title");
    } else if (s->colour > 0) {
        yyjson_mut_obj_add_str(w->doc, mark, "color", colours[s->colour % 8]);
    }
    if (ret_mark != NULL) *ret_mark = mark;
    return encoding;
}

static void add_cells(const writer *w, const hn_series *s, hn_json_mut *layers) {
    const hn_plot *p = w->plot;
    hn_json_mut *mark, *encoding = add_layer(w, s, layers, "rect", "y", NULL, &mark);
    yyjson_mut_obj_add_bool(w->doc, mark, "tooltip", true);
    hn_json_mut *colour = channel(w, encoding, "color", "value", "quantitative");
    yyjson_mut_obj_add_strcpy(w->doc, colour, "title", p->value != NULL ? p->value : "");
    hn_json_mut *scale = yyjson_mut_obj_add_obj(w->doc, colour, "scale");
    hn_json_mut *domain = yyjson_mut_obj_add_arr(w->doc, scale, "domain");
    yyjson_mut_arr_add_real(w->doc, domain, p->value_low);
    yyjson_mut_arr_add_real(w->doc, domain, p->value_high);
    yyjson_mut_obj_add_str(w->doc, scale, "scheme", p->value_low < 0 ? "redblue" : "blues");
}

static void add_series(const writer *w, const hn_series *s, hn_json_mut *layers) {
    hn_json_mut *mark, *encoding;
    switch (s->mark) {
    case HN_MARK_LINE:
    case HN_MARK_POINT:
        encoding =
            add_layer(w, s, layers, s->mark == HN_MARK_LINE ? "line" : "point", "y", NULL, &mark);
        yyjson_mut_obj_add_bool(w->doc, mark, "tooltip", true);
        if (s->mark == HN_MARK_LINE) /* in the order given: curves may turn back */
            yyjson_mut_obj_add_null(w->doc, encoding, "order");
        if (s->low == NULL || s->high == NULL) return;
        add_layer(w, s, layers, "area", "low", "high", &mark);
        yyjson_mut_obj_add_real(w->doc, mark, "opacity", 0.15);
        return;
    case HN_MARK_BAR:
        add_layer(w, s, layers, "bar", "y", s->low != NULL ? "low" : NULL, &mark);
        yyjson_mut_obj_add_bool(w->doc, mark, "tooltip", true);
        return;
    case HN_MARK_AREA:
        add_layer(w, s, layers, "area", "y", s->low != NULL ? "low" : NULL, &mark);
        yyjson_mut_obj_add_real(w->doc, mark, "opacity", 0.3);
        yyjson_mut_obj_add_bool(w->doc, mark, "line", true);
        return;
    case HN_MARK_BOX:
        add_layer(w, s, layers, "rule", "low", "high", NULL);
        add_layer(w, s, layers, "bar", "q1", "q3", &mark);
        yyjson_mut_obj_add_real(w->doc, mark, "opacity", 0.5);
        yyjson_mut_obj_add_bool(w->doc, mark, "tooltip", true);
        add_layer(w, s, layers, "tick", "y", NULL, &mark);
        yyjson_mut_obj_add_str(w->doc, mark, "color", "black");
        return;
    case HN_MARK_RULE:
        add_layer(w, s, layers, "rule", "low", "high", NULL);
        add_layer(w, s, layers, "point", "y", NULL, &mark);
        yyjson_mut_obj_add_bool(w->doc, mark, "filled", true);
        yyjson_mut_obj_add_bool(w->doc, mark, "tooltip", true);
        return;
    case HN_MARK_CELL: add_cells(w, s, layers); return;
    }
}

static void add_guide(const writer *w, hn_json_mut *layers) {
    const hn_plot *p = w->plot;
    if (!p->guide) return;
    hn_series guide = {.mark = HN_MARK_LINE, .n = 2, .x = p->guide_x, .y = p->guide_y};
    hn_json_mut *mark;
    add_layer(w, &guide, layers, "line", "y", NULL, &mark);
    yyjson_mut_obj_add_str(w->doc, mark, "color", "gray");
    hn_json_mut *dash = yyjson_mut_obj_add_arr(w->doc, mark, "strokeDash");
    yyjson_mut_arr_add_int(w->doc, dash, 4);
    yyjson_mut_arr_add_int(w->doc, dash, 4);
}

hone_status hn_plot_vega(hone_ctx *ctx, const hn_plot *plot, hn_json_doc *doc,
                         hn_json_mut **ret_spec) {
    writer w = {.doc = doc, .plot = plot};
    hn_json_mut *spec = yyjson_mut_obj(doc);
    bool ok =
        spec &&
        yyjson_mut_obj_add_str(doc, spec, "$schema",
                               "https://vega.github.io/schema/vega-lite/v5.json") &&
        yyjson_mut_obj_add_strcpy(doc, spec, "title", plot->title) &&
        yyjson_mut_obj_add_int(doc, spec, "width", plot->width > 0 ? plot->width - 60 : 420) &&
        yyjson_mut_obj_add_int(doc, spec, "height", plot->height > 0 ? plot->height - 40 : 280);
    hn_json_mut *layers = ok ? yyjson_mut_obj_add_arr(doc, spec, "layer") : NULL;
    if (layers == NULL) return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory writing a plot");
    add_guide(&w, layers);
    for (int s = 0; s < plot->n_series; s++) add_series(&w, &plot->series[s], layers);
    *ret_spec = spec;
    return HONE_OK;
}
