/* plot.c - making plots, their axes, and the SVG. */
#include "flow/plot.h"
#include <math.h>
#include <string.h>

hn_plot hn_plot_make(const char *name, const char *title, const char *x, const char *y) {
    return (hn_plot){.name = name,
                     .title = title,
                     .x = x,
                     .y = y,
                     .x_low = (double)NAN,
                     .x_high = (double)NAN,
                     .y_low = (double)NAN,
                     .y_high = (double)NAN};
}

hn_series *hn_plot_add(hn_plot *plot, hn_mark mark, const char *name, const double *x,
                       const double *y, int64_t n) {
    if (plot->n_series == HN_PLOT_SERIES) return NULL;
    hn_series *series = &plot->series[plot->n_series++];
    *series = (hn_series){.name = name, .mark = mark, .n = n, .x = x, .y = y};
    return series;
}

/* ---- axes ------------------------------------------------------------------------------------ */

static void widen(hn_axis *axis, const double *values, int64_t n) {
    for (int64_t i = 0; values != NULL && i < n; i++) {
        if (!isfinite(values[i])) continue;
        if (!(values[i] >= axis->low)) axis->low = values[i];
        if (!(values[i] <= axis->high)) axis->high = values[i];
    }
}

/* 1, 2 or 5 times a power of ten. */
static double round_step(double span, int wanted) {
    double raw = span / wanted, power = 1;
    while (power > raw) power /= 10;
    while (power * 10 <= raw) power *= 10;
    double times = raw / power;
    return power * (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10);
}

hn_axis hn_plot_axis(const hn_plot *plot, bool vertical, int wanted) {
    hn_axis axis = {.low = (double)NAN, .high = (double)NAN};
    for (int s = 0; s < plot->n_series; s++) {
        const hn_series *series = &plot->series[s];
        widen(&axis, vertical ? series->y : series->x, series->n);
        widen(&axis, vertical ? series->low : series->x2, series->n);
        widen(&axis, vertical ? series->high : NULL, series->n);
        static const double ground = 0;
        if (vertical && series->mark == HN_MARK_BAR) widen(&axis, &ground, 1);
    }
    double low = vertical ? plot->y_low : plot->x_low,
           high = vertical ? plot->y_high : plot->x_high;
    if (!isfinite(axis.low)) axis = (hn_axis){.low = 0, .high = 1};
    if (!(axis.high > axis.low)) axis.high = axis.low + (axis.low != 0 ? fabs(axis.low) : 1);
    bool whole = vertical || plot->series[0].mark != HN_MARK_BAR;
    axis.step = round_step(axis.high - axis.low, wanted);
    if (whole) axis.low = floor(axis.low / axis.step) * axis.step;
    if (whole) axis.high = ceil(axis.high / axis.step) * axis.step;
    if (isfinite(low)) axis.low = low;
    if (isfinite(high)) axis.high = high;
    if (isfinite(low) || isfinite(high)) axis.step = round_step(axis.high - axis.low, wanted);
    return axis;
}

/* ---- SVG ------------------------------------------------------------------------------------- */

enum { WIDTH = 480, HEIGHT = 320, LEFT = 58, RIGHT = 26, TOP = 12, BOTTOM = 46, COLOURS = 8 };

typedef struct frame {
    hn_str *out;
    hn_axis x, y;
} frame;

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

/* A coordinate, to a hundredth of a unit: enough for the eye, and short. */
static void put_unit(hn_str *out, double value) {
    if (!isfinite(value)) value = 0;
    value = floor(value * 100 + 0.5) / 100;
    hn_str_put_double(out, value == 0 ? 0 : value);
}

static double at_x(const frame *f, double x) {
    return LEFT + (x - f->x.low) / (f->x.high - f->x.low) * (WIDTH - LEFT - RIGHT);
}

static double at_y(const frame *f, double y) {
    return HEIGHT - BOTTOM - (y - f->y.low) / (f->y.high - f->y.low) * (HEIGHT - TOP - BOTTOM);
}

static void put_point(const frame *f, double x, double y, char before) {
    hn_str_put_c(f->out, before);
    put_unit(f->out, at_x(f, x));
    hn_str_put_c(f->out, ' ');
    put_unit(f->out, at_y(f, y));
}

/* A tick's number: as many decimals as its step asks for, thousands and millions shortened. */
static void put_tick(hn_str *out, double value, double step) {
    static const struct {
        double size;
        const char *letter;
    } sizes[] = {{1e9, "G"}, {1e6, "M"}, {1e4, "k"}};
    const char *letter = "";
    double size = fabs(value);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (size < sizes[i].size) continue;
        double by = i == 2 ? 1e3 : sizes[i].size;
        value /= by;
        step /= by;
        letter = sizes[i].letter;
        break;
    }
    double scale = 1;
    while (scale < 1e9 && step * scale < 0.999) scale *= 10;
    value = floor(value * scale + 0.5) / scale;
    hn_str_put_double(out, value == 0 ? 0 : value);
    hn_str_put(out, letter);
}

static void put_grid(const frame *f) {
    hn_str *out = f->out;
    for (int64_t t = 0; t < 12; t++) {
        double x = (ceil(f->x.low / f->x.step - 1e-9) + (double)t) * f->x.step;
        if (x > f->x.high + 1e-9 * f->x.step) break;
        hn_str_put(out, "<path class=\"grid\" d=\"");
        put_point(f, x, f->y.low, 'M');
        put_point(f, x, f->y.high, 'L');
        hn_str_put(out, "\"/><text text-anchor=\"middle\" x=\"");
        put_unit(out, at_x(f, x));
        hn_str_printf(out, "\" y=\"%d\">", HEIGHT - BOTTOM + 17);
        put_tick(out, x, f->x.step);
        hn_str_put(out, "</text>");
    }
    for (int64_t t = 0; t < 12; t++) {
        double y = (ceil(f->y.low / f->y.step - 1e-9) + (double)t) * f->y.step;
        if (y > f->y.high + 1e-9 * f->y.step) break;
        hn_str_put(out, "<path class=\"grid\" d=\"");
        put_point(f, f->x.low, y, 'M');
        put_point(f, f->x.high, y, 'L');
        hn_str_printf(out, "\"/><text text-anchor=\"end\" x=\"%d\" y=\"", LEFT - 7);
        put_unit(out, at_y(f, y) + 4);
        hn_str_put(out, "\">");
        put_tick(out, y, f->y.step);
        hn_str_put(out, "</text>");
    }
}

static void put_titles(const frame *f, const hn_plot *plot) {
    hn_str_printf(f->out, "<text class=\"axis\" text-anchor=\"middle\" x=\"%d\" y=\"%d\">",
                  (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8);
    hn_put_escaped(f->out, plot->x);
    hn_str_printf(f->out,
                  "</text><text class=\"axis\" text-anchor=\"middle\" transform=\"translate(13 %d) "
                  "rotate(-90)\">",
                  (TOP + HEIGHT - BOTTOM) / 2);
    hn_put_escaped(f->out, plot->y);
    hn_str_put(f->out, "</text>");
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
        bool there = isfinite(s->x[i]) && isfinite(s->y[i]);
        if (there) put_point(f, s->x[i], s->y[i], begun ? 'L' : 'M');
        begun = there;
    }
    hn_str_put(f->out, "\"/>");
}

static void put_points(const frame *f, const hn_series *s, int colour, double radius) {
    for (int64_t i = 0; i < s->n; i++) {
        if (!isfinite(s->x[i]) || !isfinite(s->y[i])) continue;
        hn_str_printf(f->out, "<circle class=\"point c%d\" cx=\"", colour);
        put_unit(f->out, at_x(f, s->x[i]));
        hn_str_put(f->out, "\" cy=\"");
        put_unit(f->out, at_y(f, s->y[i]));
        hn_str_put(f->out, "\" r=\"");
        put_unit(f->out, radius);
        hn_str_put(f->out, "\"/>");
    }
}

static void put_bars(const frame *f, const hn_series *s, int colour) {
    for (int64_t i = 0; i < s->n && s->x2 != NULL; i++) {
        double left = at_x(f, s->x[i]), right = at_x(f, s->x2[i]);
        double top = at_y(f, s->y[i]), bottom = at_y(f, 0);
        hn_str_printf(f->out, "<rect class=\"bar c%d\" x=\"", colour);
        put_unit(f->out, left + 0.75);
        hn_str_put(f->out, "\" y=\"");
        put_unit(f->out, top < bottom ? top : bottom);
        hn_str_put(f->out, "\" width=\"");
        put_unit(f->out, right - left > 2 ? right - left - 1.5 : right - left);
        hn_str_put(f->out, "\" height=\"");
        put_unit(f->out, fabs(bottom - top));
        hn_str_put(f->out, "\"/>");
    }
}

/* Each mark has a path of few points beside it for the pointer's title: too much for what it tells, so
 * the whole picture has one title. */
void hn_plot_svg(hn_str *out, const hn_plot *plot) {
    frame f = {.out = out, .x = hn_plot_axis(plot, false, 5), .y = hn_plot_axis(plot, true, 5)};
    hn_str_printf(out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH, HEIGHT);
    hn_put_escaped(out, plot->title);
    hn_str_put(out, "\">");
    put_grid(&f);
    if (plot->guide) {
        hn_str_put(out, "<path class=\"guide\" d=\"");
        put_point(&f, plot->guide_x[0], plot->guide_y[0], 'M');
        put_point(&f, plot->guide_x[1], plot->guide_y[1], 'L');
        hn_str_put(out, "\"/>");
    }
    for (int s = 0; s < plot->n_series; s++) put_band(&f, &plot->series[s], s % COLOURS);
    for (int s = 0; s < plot->n_series; s++) {
        const hn_series *series = &plot->series[s];
        if (series->mark == HN_MARK_LINE) put_line(&f, series, s % COLOURS);
        if (series->mark == HN_MARK_BAR) put_bars(&f, series, s % COLOURS);
        if (series->mark == HN_MARK_POINT)
            put_points(&f, series, s % COLOURS, series->n > 60 ? 2.5 : 4);
        else if (series->mark == HN_MARK_LINE && series->n <= 12)
            put_points(&f, series, s % COLOURS, 3.5);
    }
    put_titles(&f, plot);
    hn_str_put(out, "</svg>");
}
