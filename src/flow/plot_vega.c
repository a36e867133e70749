/* plot_vega.c - a plot as a Vega-Lite specification: layers over one table of points. */
#include "flow/plot.h"
#include <math.h>

typedef struct writer {
    hn_json_doc *doc;
    const hn_plot *plot;
} writer;

static void add_number(const writer *w, hn_json_mut *object, const char *key, double value) {
    if (isfinite(value)) yyjson_mut_obj_add_real(w->doc, object, key, value);
}

static hn_json_mut *channel(const writer *w, hn_json_mut *encoding, const char *name,
                            const char *field, const char *type) {
    hn_json_mut *one = yyjson_mut_obj_add_obj(w->doc, encoding, name);
    yyjson_mut_obj_add_str(w->doc, one, "field", field);
    yyjson_mut_obj_add_str(w->doc, one, "type", type);
    return one;
}

static void add_axis(const writer *w, hn_json_mut *encoding, const char *name, const char *field,
                     const char *title, hn_axis axis) {
    hn_json_mut *one = channel(w, encoding, name, field, "quantitative");
    yyjson_mut_obj_add_str(w->doc, one, "title", title);
    hn_json_mut *scale = yyjson_mut_obj_add_obj(w->doc, one, "scale");
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
        add_number(w, one, "x", s->x[i]);
        add_number(w, one, "y", s->y[i]);
        if (s->x2 != NULL) add_number(w, one, "x2", s->x2[i]);
        if (s->low != NULL) add_number(w, one, "low", s->low[i]);
        if (s->high != NULL) add_number(w, one, "high", s->high[i]);
        if (s->name != NULL) yyjson_mut_obj_add_strcpy(w->doc, one, "series", s->name);
    }
}

static hn_json_mut *add_encoding(const writer *w, hn_json_mut *layer, const hn_series *s) {
    hn_json_mut *encoding = yyjson_mut_obj_add_obj(w->doc, layer, "encoding");
    add_axis(w, encoding, "x", "x", w->plot->x, hn_plot_axis(w->plot, false, 5));
    add_axis(w, encoding, "y", "y", w->plot->y, hn_plot_axis(w->plot, true, 5));
    if (s->name != NULL) {
        hn_json_mut *colour = channel(w, encoding, "color", "series", "nominal");
        yyjson_mut_obj_add_null(w->doc, colour, "title");
    }
    return encoding;
}

static void add_series(const writer *w, const hn_series *s, hn_json_mut *layers) {
    static const char *const marks[] = {"line", "point", "bar"};
    hn_json_mut *layer = yyjson_mut_arr_add_obj(w->doc, layers);
    add_values(w, s, layer);
    hn_json_mut *mark = yyjson_mut_obj_add_obj(w->doc, layer, "mark");
    yyjson_mut_obj_add_str(w->doc, mark, "type", marks[s->mark]);
    yyjson_mut_obj_add_bool(w->doc, mark, "tooltip", true);
    hn_json_mut *encoding = add_encoding(w, layer, s);
    if (s->mark == HN_MARK_LINE) /* in the order given: curves may turn back */
        yyjson_mut_obj_add_null(w->doc, encoding, "order");
    if (s->x2 != NULL)
        yyjson_mut_obj_add_str(w->doc, yyjson_mut_obj_add_obj(w->doc, encoding, "x2"), "field",
                               "x2");
    if (s->low == NULL || s->high == NULL) return;
    hn_json_mut *band = yyjson_mut_arr_add_obj(w->doc, layers);
    add_values(w, s, band);
    mark = yyjson_mut_obj_add_obj(w->doc, band, "mark");
    yyjson_mut_obj_add_str(w->doc, mark, "type", "area");
    yyjson_mut_obj_add_real(w->doc, mark, "opacity", 0.15);
    encoding = add_encoding(w, band, s);
    yyjson_mut_obj_put(encoding, yyjson_mut_str(w->doc, "y"), NULL);
    add_axis(w, encoding, "y", "low", w->plot->y, hn_plot_axis(w->plot, true, 5));
    yyjson_mut_obj_add_str(w->doc, yyjson_mut_obj_add_obj(w->doc, encoding, "y2"), "field", "high");
}

static void add_guide(const writer *w, hn_json_mut *layers) {
    const hn_plot *p = w->plot;
    if (!p->guide) return;
    hn_series guide = {.mark = HN_MARK_LINE, .n = 2, .x = p->guide_x, .y = p->guide_y};
    hn_json_mut *layer = yyjson_mut_arr_add_obj(w->doc, layers);
    add_values(w, &guide, layer);
    hn_json_mut *mark = yyjson_mut_obj_add_obj(w->doc, layer, "mark");
    yyjson_mut_obj_add_str(w->doc, mark, "type", "line");
    yyjson_mut_obj_add_str(w->doc, mark, "color", "gray");
    hn_json_mut *dash = yyjson_mut_obj_add_arr(w->doc, mark, "strokeDash");
    yyjson_mut_arr_add_int(w->doc, dash, 4);
    yyjson_mut_arr_add_int(w->doc, dash, 4);
    add_encoding(w, layer, &guide);
}

hone_status hn_plot_vega(hone_ctx *ctx, const hn_plot *plot, hn_json_doc *doc,
                         hn_json_mut **ret_spec) {
    writer w = {.doc = doc, .plot = plot};
    hn_json_mut *spec = yyjson_mut_obj(doc);
    bool ok = spec != NULL &&
              yyjson_mut_obj_add_str(doc, spec, "$schema",
                                     "https://vega.github.io/schema/vega-lite/v5.json") &&
              yyjson_mut_obj_add_strcpy(doc, spec, "title", plot->title) &&
              yyjson_mut_obj_add_int(doc, spec, "width", 420) &&
              yyjson_mut_obj_add_int(doc, spec, "height", 280);
    hn_json_mut *layers = ok ? yyjson_mut_obj_add_arr(doc, spec, "layer") : NULL;
    if (layers == NULL) return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory writing a plot");
    add_guide(&w, layers);
    for (int s = 0; s < plot->n_series; s++) add_series(&w, &plot->series[s], layers);
    *ret_spec = spec;
    return HONE_OK;
}
