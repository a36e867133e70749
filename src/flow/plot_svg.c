/* plot_svg.c - a plot as SVG: grid, marks, axes. Classes c0..c7 are colours, which the page or the file
 * around it gives (page.c, plot_sheet.c). */
#include "flow/page.h"
#include "flow/plot_parts.h"
#include <math.h>
#include <string.h>

enum { WIDTH = 480, HEIGHT = 320, COLOURS = 8, NAME_LETTERS = 18 };
/* What a letter takes on average: pages set the text larger on small screens. */
static const double LETTER = 7.7;

typedef struct frame {
    hn_str *out;
    const hn_plot *plot;
    hn_axis x, y;
    hn_ticks across, upright; /* of the axis that runs to the right, and of the other */
    bool turned;              /* names below stand upright */
    double left, right, top, bottom, width, height;
} frame;

/* ---- the frame ------------------------------------------------------------------------------- */

static int letters_of(const char *text) {
    int n = 0;
    for (; *text != 0; text++) n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

/* About the width of text as fonts have it, generously. */
static double width_of(const char *text) {
    double width = 0;
    for (; *text != 0; text++) {
        unsigned char c = (unsigned char)*text;
        if ((c & 0xC0) == 0x80) continue;
        bool wide = (c >= 'A' && c <= 'Z') || c == 'm' || c == 'w' || c == '_' || c >= 0xE3;
        width += strchr("iljtfr.,:;'|!()[] -", c) != NULL ? 5.6
                 : strchr("<>=+#&%@~^", c) != NULL        ? 12.5
                 : wide || c >= 0x80                      ? 10
                                                          : 8.6;
    }
    return width;
}

static double widest(const hn_ticks *ticks) {
    double most = 0;
    for (int t = 0; t < ticks->n; t++) {
        double width = width_of(ticks->text[t]);
        if (width > most) most = width;
    }
    return most;
}

static const hn_axis *across_of(const frame *f) { return f->plot->flip ? &f->y : &f->x; }
static const hn_axis *upright_of(const frame *f) { return f->plot->flip ? &f->x : &f->y; }

static double default_height(const frame *f) {
    double w = f->width - f->left - f->right;
    if (upright_of(f)->labels == NULL) return HEIGHT;
    int rows = upright_of(f)->n_labels;
    /* Squares, for a matrix. */
    double row = across_of(f)->labels != NULL ? w / across_of(f)->n_labels : 26;
    if (row > 40) row = 40;
    return f->top + f->bottom + rows * (row < 9 ? 9 : row) + (rows < 3 ? 20 : 0);
}

static void set_frame(frame *f) {
    const hn_plot *p = f->plot;
    bool tiny = p->width > 0 && p->width < 300;
    f->x = hn_plot_axis(p, false, tiny ? 3 : 5);
    f->y = hn_plot_axis(p, true, tiny ? 3 : 5);
    f->width = p->width > 0 ? p->width : WIDTH;
    f->right = 26;
    f->top = 12;
    hn_axis_ticks(across_of(f), NAME_LETTERS, &f->across);
    hn_axis_ticks(upright_of(f), NAME_LETTERS, &f->upright);
    const char *title = p->flip ? p->x : p->y, *below = p->flip ? p->y : p->x;
    double titled = title != NULL && *title != 0 ? 20 : 2, beside = widest(&f->upright) + 9;
    f->left = titled + (upright_of(f)->labels == NULL && beside < 38 && titled > 2 ? 38 : beside);
    double slot = (f->width - f->left - f->right) / (f->across.n > 0 ? f->across.n : 1);
    f->turned = across_of(f)->labels != NULL && widest(&f->across) > slot - 4;
    f->bottom =
        (f->turned ? widest(&f->across) + 12 : 24) + (below != NULL && *below != 0 ? 22 : 2);
    f->height = p->height > 0 ? p->height : default_height(f);
}

/* Where (x, y) lies in the picture. */
static void place(const frame *f, double x, double y, double *ret_x, double *ret_y) {
    double u = hn_axis_place(&f->x, x), v = hn_axis_place(&f->y, y);
    double w = f->width - f->left - f->right, h = f->height - f->top - f->bottom;
    /* Names run down, numbers run up. */
    if (f->plot->flip) {
        *ret_x = f->left + v * w;
        *ret_y = f->x.labels != NULL ? f->top + u * h : f->top + (1 - u) * h;
    } else {
        *ret_x = f->left + u * w;
        *ret_y = f->y.labels != NULL ? f->top + v * h : f->top + (1 - v) * h;
    }
}

/* A coordinate, to a hundredth of a unit: enough for the eye, and short. */
static void put_unit(hn_str *out, double value) {
    if (!isfinite(value)) value = 0;
    if (value > 1e6) value = 1e6;
    if (value < -1e6) value = -1e6;
    value = floor(value * 100 + 0.5) / 100;
    hn_str_put_double(out, value == 0 ? 0 : value);
}

static void put_attribute(hn_str *out, const char *name, double value) {
    hn_str_printf(out, " %s=\"", name);
    put_unit(out, value);
    hn_str_put_c(out, '"');
}

static void put_point(const frame *f, double x, double y, char before) {
    double at_x, at_y;
    place(f, x, y, &at_x, &at_y);
    hn_str_put_c(f->out, before);
    put_unit(f->out, at_x);
    hn_str_put_c(f->out, ' ');
    put_unit(f->out, at_y);
}

static void put_line_between(const frame *f, const char *class, int colour, double x1, double y1,
                             double x2, double y2) {
    hn_str_printf(f->out, "<path class=\"%s", class);
    if (colour >= 0) hn_str_printf(f->out, " c%d", colour);
    hn_str_put(f->out, "\" d=\"M");
    put_unit(f->out, x1);
    hn_str_put_c(f->out, ' ');
    put_unit(f->out, y1);
    hn_str_put_c(f->out, 'L');
    put_unit(f->out, x2);
    hn_str_put_c(f->out, ' ');
    put_unit(f->out, y2);
    hn_str_put(f->out, "\"/>");
}

static void put_text(const frame *f, const char *class, const char *anchor, double x, double y,
                     bool turned, const char *text) {
    hn_str_put(f->out, "<text");
    if (class != NULL) hn_str_printf(f->out, " class=\"%s\"", class);
    hn_str_printf(f->out, " text-anchor=\"%s\"", anchor);
    if (turned) {
        hn_str_put(f->out, " transform=\"translate(");
        put_unit(f->out, x);
        hn_str_put_c(f->out, ' ');
        put_unit(f->out, y);
        hn_str_put(f->out, ") rotate(-90)\"");
    } else {
        put_attribute(f->out, "x", x);
        put_attribute(f->out, "y", y);
    }
    hn_str_put_c(f->out, '>');
    hn_put_escaped(f->out, text);
    hn_str_put(f->out, "</text>");
}

/* Every so many names, so that they don't lie over each other. */
static int stride_of(const hn_ticks *ticks, double room, double each) {
    int stride = 1;
    while (ticks->n > 0 && room / ((double)ticks->n / stride) < each) stride++;
    return stride;
}

static void put_grid(const frame *f) {
    double end_x = f->width - f->right, end_y = f->height - f->bottom;
    const hn_axis *axis = across_of(f);
    int stride = stride_of(&f->across, end_x - f->left,
                           axis->labels != NULL && f->turned ? 15 : widest(&f->across) + 4);
    for (int t = 0; t < f->across.n; t += stride) {
        double x = f->left + hn_axis_place(axis, f->across.at[t]) * (end_x - f->left);
        if (axis->labels == NULL) put_line_between(f, "grid", -1, x, f->top, x, end_y);
        if (f->turned)
            put_text(f, NULL, "end", x + 4, end_y + 7, true, f->across.text[t]);
        else
            put_text(f, NULL, "middle", x, end_y + 17, false, f->across.text[t]);
    }
    axis = upright_of(f);
    stride = stride_of(&f->upright, end_y - f->top, 15);
    for (int t = 0; t < f->upright.n; t += stride) {
        double at = hn_axis_place(axis, f->upright.at[t]), length = end_y - f->top;
        double y = axis->labels != NULL ? f->top + at * length : end_y - at * length;
        if (axis->labels == NULL) put_line_between(f, "grid", -1, f->left, y, end_x, y);
        put_text(f, NULL, "end", f->left - 7, y + 4, false, f->upright.text[t]);
    }
}

static void put_titles(const frame *f) {
    const char *below = f->plot->flip ? f->plot->y : f->plot->x,
               *beside = f->plot->flip ? f->plot->x : f->plot->y;
    char text[256];
    if (below != NULL && *below != 0) {
        hn_cut_text(text, sizeof text, below, (int)((f->width - f->left) / LETTER));
        put_text(f, "axis", "middle", (f->left + f->width - f->right) / 2, f->height - 8, false,
                 text);
    }
    if (beside != NULL && *beside != 0) {
        hn_cut_text(text, sizeof text, beside, (int)((f->height - f->top - f->bottom) / LETTER));
        put_text(f, "axis", "middle", 13, (f->top + f->height - f->bottom) / 2, true, text);
    }
}

/* ---- marks ----------------------------------------------------------------------------------- */

static bool is_there(const frame *f, double x, double y) {
    return isfinite(hn_axis_place(&f->x, x)) && isfinite(hn_axis_place(&f->y, y));
}

static void put_band(const frame *f, const hn_series *s, int colour) {
    if (s->low == NULL || s->high == NULL || s->n == 0) return;
    hn_str_printf(f->out, "<path class=\"band c%d\" d=\"", colour);
    for (int64_t i = 0; i < s->n; i++) put_point(f, s->x[i], s->high[i], i == 0 ? 'M' : 'L');
    for (int64_t i = s->n; i-- > 0;) put_point(f, s->x[i], s->low[i], 'L');
    hn_str_put(f->out, "Z\"/>");
}

static void put_line(const frame *f, const hn_series *s, int colour) {
    hn_str_printf(f->out, "<path class=\"line c%d\" d=\"", colour);
    bool begun = false;
    for (int64_t i = 0; i < s->n; i++) {
        bool there = is_there(f, s->x[i], s->y[i]);
        if (there) put_point(f, s->x[i], s->y[i], begun ? 'L' : 'M');
        begun = there;
    }
    hn_str_put(f->out, "\"/>");
}

static void put_area(const frame *f, const hn_series *s, int colour) {
    if (s->n == 0) return;
    hn_str_printf(f->out, "<path class=\"area c%d\" d=\"", colour);
    for (int64_t i = 0; i < s->n; i++) put_point(f, s->x[i], s->y[i], i == 0 ? 'M' : 'L');
    for (int64_t i = s->n; i-- > 0;) put_point(f, s->x[i], s->low != NULL ? s->low[i] : 0, 'L');
    hn_str_put(f->out, "Z\"/>");
    put_line(f, s, colour);
    if (s->low == NULL) return;
    hn_series under = *s;
    under.y = s->low;
    put_line(f, &under, colour);
}

/* Few points are circles; many are one path of dots, a quarter of the size. */
static void put_points(const frame *f, const hn_series *s, int colour, double radius) {
    if (s->n > 60) {
        hn_str_printf(f->out, "<path class=\"dots%s c%d\" d=\"", s->n > 400 ? " many" : "", colour);
        for (int64_t i = 0; i < s->n; i++) {
            if (!is_there(f, s->x[i], s->y[i])) continue;
            put_point(f, s->x[i], s->y[i], 'M');
            hn_str_put(f->out, "h0");
        }
        hn_str_put(f->out, "\"/>");
        return;
    }
    for (int64_t i = 0; i < s->n; i++) {
        double x, y;
        if (!is_there(f, s->x[i], s->y[i])) continue;
        place(f, s->x[i], s->y[i], &x, &y);
        hn_str_printf(f->out, "<circle class=\"point c%d\"", colour);
        put_attribute(f->out, "cx", x);
        put_attribute(f->out, "cy", y);
        put_attribute(f->out, "r", radius);
        hn_str_put(f->out, "/>");
    }
}

/* A rectangle between two corners in the data, inset by half a gap. */
static void put_rect(const frame *f, const char *class, int colour, double opacity,
                     const double x[2], const double y[2], double gap) {
    double x1, y1, x2, y2;
    place(f, x[0], y[0], &x1, &y1);
    place(f, x[1], y[1], &x2, &y2);
    if (x1 > x2) {
        double t = x1;
        x1 = x2, x2 = t;
    }
    if (y1 > y2) {
        double t = y1;
        y1 = y2, y2 = t;
    }
    /* Bars keep their length; only their width gives way. */
    double *near = f->plot->flip ? &y1 : &x1, *far = f->plot->flip ? &y2 : &x2;
    if (*far - *near > 2 * gap + 0.5) *near += gap, *far -= gap;
    hn_str_printf(f->out, "<rect class=\"%s c%d\"", class, colour);
    put_attribute(f->out, "x", x1);
    put_attribute(f->out, "y", y1);
    put_attribute(f->out, "width", x2 - x1);
    put_attribute(f->out, "height", y2 - y1);
    if (opacity < 1) put_attribute(f->out, "fill-opacity", opacity);
}

static void end_with_title(const frame *f, const char *first, const char *second, double value) {
    hn_str_put(f->out, "><title>");
    hn_put_escaped(f->out, first);
    if (second != NULL) {
        hn_str_put(f->out, " · ");
        hn_put_escaped(f->out, second);
    }
    hn_str_put(f->out, ": ");
    hn_page_figure(f->out, value);
    hn_str_put(f->out, "</title></rect>");
}

static const char *label_at(const hn_axis *axis, double at) {
    if (axis->labels == NULL || !(at > -0.5 && at < axis->n_labels - 0.5)) return NULL;
    return axis->labels[(int)(at + 0.5)];
}

static void put_bars(const frame *f, const hn_series *s, int colour) {
    for (int64_t i = 0; i < s->n; i++) {
        double x[2] = {s->x[i], s->x2 != NULL ? s->x2[i] : s->x[i] + 0.4};
        double y[2] = {s->low != NULL ? s->low[i] : f->y.log ? f->y.low : 0, s->y[i]};
        if (s->x2 == NULL) x[0] -= 0.4;
        if (!is_there(f, x[0], y[0]) || !is_there(f, x[1], y[1])) continue;
        put_rect(f, "bar", colour, 1, x, y, s->x2 != NULL ? 0.75 : 0);
        const char *name = label_at(&f->x, s->x[i]);
        if (name != NULL)
            end_with_title(f, name, s->name, s->low != NULL ? s->y[i] - s->low[i] : s->y[i]);
        else
            hn_str_put(f->out, "/>");
    }
}

static void put_data_line(const frame *f, const char *class, int colour, double x1, double y1,
                          double x2, double y2) {
    double a, b, c, d;
    if (!is_there(f, x1, y1) || !is_there(f, x2, y2)) return;
    place(f, x1, y1, &a, &b);
    place(f, x2, y2, &c, &d);
    put_line_between(f, class, colour, a, b, c, d);
}

static void put_boxes(const frame *f, const hn_series *s, int colour) {
    for (int64_t i = 0; i < s->n; i++) {
        double x[2] = {s->x[i] - 0.28, s->x[i] + 0.28}, y[2] = {s->q1[i], s->q3[i]};
        if (!isfinite(s->y[i])) continue;
        put_data_line(f, "whisker", colour, s->x[i], s->low[i], s->x[i], s->q1[i]);
        put_data_line(f, "whisker", colour, s->x[i], s->q3[i], s->x[i], s->high[i]);
        put_rect(f, "box", colour, 1, x, y, 0);
        hn_str_put(f->out, "/>");
        put_data_line(f, "median", colour, x[0], s->y[i], x[1], s->y[i]);
    }
}

static void put_rules(const frame *f, const hn_series *s, int colour) {
    for (int64_t i = 0; i < s->n; i++)
        put_data_line(f, "whisker", colour, s->x[i], s->low[i], s->x[i], s->high[i]);
    hn_series points = *s;
    points.n = s->n;
    put_points(f, &points, colour, 4);
}

static void put_cells(const frame *f, const hn_series *s) {
    const hn_plot *p = f->plot;
    double slot = (f->width - f->left - f->right) / (f->across.n > 0 ? f->across.n : 1);
    bool written = p->x_labels != NULL && slot >= 27 && s->n <= 400;
    for (int64_t i = 0; i < s->n; i++) {
        double value = s->value[i], most = p->value_high, share;
        if (!isfinite(value)) continue;
        if (p->value_low < 0) {
            if (-p->value_low > most) most = -p->value_low;
            share = fabs(value) / most;
        } else {
            share = (value - p->value_low) / (most - p->value_low);
        }
        share = share > 1 ? 1 : share > 0 ? share : 0;
        double x[2] = {s->x[i] - 0.5, s->x[i] + 0.5}, y[2] = {s->y[i] - 0.5, s->y[i] + 0.5};
        if (s->x2 != NULL) x[0] = s->x[i], x[1] = s->x2[i];
        put_rect(f, "cell", p->value_low < 0 && value < 0 ? 1 : 0, 0.03 + 0.85 * share, x, y,
                 slot > 12 && s->x2 == NULL ? 0.5 : 0);
        const char *first = label_at(&f->y, s->y[i]), *second = label_at(&f->x, s->x[i]);
        if (first != NULL && s->x2 == NULL)
            end_with_title(f, first, second, value);
        else
            hn_str_put(f->out, "/>");
        if (!written) continue;
        char text[40];
        double at_x, at_y, scale = fabs(value) < 9.995 ? 100 : 1;
        place(f, s->x[i], s->y[i], &at_x, &at_y);
        hn_format_double(floor(value * scale + 0.5) / scale + 0.0, text);
        if (letters_of(text) > 5) continue;
        put_text(f, share > 0.6 ? "in strong" : "in", "middle", at_x, at_y + 4, false, text);
    }
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void put_series(const frame *f, const hn_series *s, int colour) {
    switch (s->mark) {
    case HN_MARK_LINE:
        put_line(f, s, colour);
        if (s->n <= 12) put_points(f, s, colour, 3.5);
        break;
    case HN_MARK_POINT: put_points(f, s, colour, 4); break;
    case HN_MARK_BAR: put_bars(f, s, colour); break;
    case HN_MARK_AREA: put_area(f, s, colour); break;
    case HN_MARK_BOX: put_boxes(f, s, colour); break;
    case HN_MARK_RULE: put_rules(f, s, colour); break;
    case HN_MARK_CELL: put_cells(f, s); break;
    }
}

int hn_series_colour(const hn_plot *plot, int s) {
    return plot->series[s].colour >= 0 ? plot->series[s].colour % COLOURS : s % COLOURS;
}

void hn_plot_size(const hn_plot *plot, double *ret_width, double *ret_height) {
    frame f = {.plot = plot};
    set_frame(&f);
    *ret_width = f.width;
    *ret_height = f.height;
}

void hn_plot_inside(hn_str *out, const hn_plot *plot) {
    frame f = {.out = out, .plot = plot};
    set_frame(&f);
    put_grid(&f);
    if (plot->guide)
        put_data_line(&f, "guide", -1, plot->guide_x[0], plot->guide_y[0], plot->guide_x[1],
                      plot->guide_y[1]);
    for (int s = 0; s < plot->n_series; s++)
        if (plot->series[s].mark == HN_MARK_LINE || plot->series[s].mark == HN_MARK_POINT)
            put_band(&f, &plot->series[s], hn_series_colour(plot, s));
    for (int s = 0; s < plot->n_series; s++)
        put_series(&f, &plot->series[s], hn_series_colour(plot, s));
    put_titles(&f);
}

/* What is wider than a column keeps its text readable: it scrolls on small screens. */
void hn_put_svg_width(hn_str *out, double width) {
    if (width > 500)
        hn_str_printf(out, " style=\"min-width:%.0fpx;max-width:%.0fpx\"", 0.9 * width,
                      1.15 * width);
}

void hn_plot_svg(hn_str *out, const hn_plot *plot) {
    double width, height;
    hn_plot_size(plot, &width, &height);
    hn_str_put(out, "<svg viewBox=\"0 0 ");
    put_unit(out, width);
    hn_str_put_c(out, ' ');
    put_unit(out, height);
    hn_str_put_c(out, '"');
    hn_put_svg_width(out, width);
    hn_str_put(out, " role=\"img\" aria-label=\"");
    hn_put_escaped(out, plot->title);
    if (plot->doc != NULL) {
        hn_str_put(out, ". ");
        hn_put_escaped(out, plot->doc);
    }
    hn_str_put(out, "\">");
    hn_plot_inside(out, plot);
    hn_str_put(out, "</svg>");
}

void hn_put_escaped(hn_str *out, const char *text) {
    for (; *text != 0; text++) {
        size_t plain = strcspn(text, "&<>\"");
        hn_str_put_n(out, text, plain);
        text += plain;
        if (*text == 0) return;
        hn_str_put(out, *text == '&'   ? "&amp;"
                        : *text == '<' ? "&lt;"
                        : *text == '>' ? "&gt;"
                                       : "&quot;");
    }
}
