/* plot.c - making plots, their axes, and where ticks stand on them. */
#include "flow/plot.h"
#include "base/utf8.h"
#include "num/math.h"
#include "table/column.h"
#include <string.h>

hn_plot hn_plot_make(const char *name, const char *title, const char *x, const char *y) {
    return (hn_plot){.name = name,
                     .title = title,
                     .x = x,
                     .y = y,
                     .x_low = (double)NAN,
                     .x_high = (double)NAN,
                     .y_low = (double)NAN,
                     .y_high = (double)NAN,
                     .value_high = 1};
}

hn_series *hn_plot_add(hn_plot *plot, hn_mark mark, const char *name, const double *x,
                       const double *y, int64_t n) {
    if (plot->n_series == HN_PLOT_SERIES) return NULL;
    hn_series *series = &plot->series[plot->n_series++];
    *series = (hn_series){.name = name, .mark = mark, .colour = -1, .n = n, .x = x, .y = y};
    return series;
}

/* ---- axes ------------------------------------------------------------------------------------ */

static void widen(hn_axis *axis, const double *values, int64_t n) {
    for (int64_t i = 0; values != NULL && i < n; i++) {
        if (!isfinite(values[i]) || (axis->log && values[i] <= 0)) continue;
        if (!(values[i] >= axis->low)) axis->low = values[i];
        if (!(values[i] <= axis->high)) axis->high = values[i];
    }
}

/* 1, 2 or 5 times a power of ten. */
static double round_step(double span, int wanted) {
    double raw = span / wanted, power = 1;
    if (!(raw > 1e-300)) return 1e-300;
    if (raw > 1e300) return 1e300;
    while (power > raw) power /= 10;
    while (power * 10 <= raw) power *= 10;
    double times = raw / power;
    return power * (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10);
}

static const double DAY = 86400e6; /* microseconds */

/* Seconds to days that people count in; beyond them years, of which parts are months. */
static double time_step(double span, int wanted) {
    static const double steps[] = {1,    5,     15,    30,    60,     300,    900,     1800,   3600,
                                   7200, 21600, 43200, 86400, 172800, 604800, 2592000, 7776000};
    double raw = span / wanted / 1e6;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (raw <= steps[i]) return steps[i] * 1e6;
    double years = round_step(raw / 31556952, 1);
    return (years < 1 ? 1 : years) * 365.25 * DAY;
}

static hn_axis named_axis(const char *const *labels, int n) {
    return (hn_axis){.low = -0.5, .high = n - 0.5, .step = 1, .labels = labels, .n_labels = n};
}

static void close_log(hn_axis *axis, double low, double high) {
    if (!isfinite(axis->low)) *axis = (hn_axis){.low = 1, .high = 10, .log = true};
    if (low > 0) axis->low = low;
    if (high > 0) axis->high = high;
    double first = floor(hn_log10(axis->low) + 1e-9), last = ceil(hn_log10(axis->high) - 1e-9);
    if (!(low > 0)) axis->low = hn_pow(10, first);
    if (!(high > 0)) axis->high = hn_pow(10, last > first ? last : first + 1);
    axis->step = ceil((last - first) / 6 > 1 ? (last - first) / 6 : 1); /* in powers of ten */
}

hn_axis hn_plot_axis(const hn_plot *plot, bool vertical, int wanted) {
    if (vertical && plot->y_labels != NULL) return named_axis(plot->y_labels, plot->n_y_labels);
    if (!vertical && plot->x_labels != NULL) return named_axis(plot->x_labels, plot->n_x_labels);
    hn_axis axis = {.low = (double)NAN,
                    .high = (double)NAN,
                    .log = vertical ? plot->y_log : plot->x_log,
                    .time = !vertical && plot->x_time};
    bool grounded = false;
    for (int s = 0; s < plot->n_series; s++) {
        const hn_series *series = &plot->series[s];
        widen(&axis, vertical ? series->y : series->x, series->n);
        widen(&axis, vertical ? series->low : series->x2, series->n);
        widen(&axis, vertical ? series->high : NULL, series->n);
        grounded |= series->mark == HN_MARK_BAR || series->mark == HN_MARK_AREA;
    }
    static const double ground = 0;
    if (vertical && grounded) widen(&axis, &ground, 1);
    double low = vertical ? plot->y_low : plot->x_low,
           high = vertical ? plot->y_high : plot->x_high;
    if (axis.log) {
        close_log(&axis, low, high);
        return axis;
    }
    if (!isfinite(axis.low)) axis.low = 0, axis.high = 1;
    if (!(axis.high > axis.low)) axis.high = axis.low + (axis.low != 0 ? fabs(axis.low) : 1);
    if (!isfinite(axis.high - axis.low))
        axis.low /= 4, axis.high /= 4; /* beyond what can be drawn */
    bool whole = !axis.time && (vertical || plot->series[0].mark != HN_MARK_BAR);
    axis.step = round_step(axis.high - axis.low, wanted);
    if (whole) axis.low = floor(axis.low / axis.step) * axis.step;
    if (whole) axis.high = ceil(axis.high / axis.step) * axis.step;
    if (isfinite(low)) axis.low = low;
    if (isfinite(high)) axis.high = high;
    if (!(axis.high > axis.low)) axis.high = axis.low + 1;
    if (isfinite(low) || isfinite(high)) axis.step = round_step(axis.high - axis.low, wanted);
    if (axis.time) axis.step = time_step(axis.high - axis.low, wanted - 1);
    return axis;
}

double hn_axis_place(const hn_axis *axis, double value) {
    if (!axis->log) return (value - axis->low) / (axis->high - axis->low);
    if (!(value > 0)) return (double)NAN;
    double low = hn_log10(axis->low);
    return (hn_log10(value) - low) / (hn_log10(axis->high) - low);
}

/* ---- ticks ----------------------------------------------------------------------------------- */

void hn_cut_text(char *buffer, size_t size, const char *text, int letters) {
    int seen = 0;
    const char *end = text;
    while (*end != 0 && seen < letters) {
        end++;
        while (((unsigned char)*end & 0xC0) == 0x80) end++;
        seen++;
    }
    if (*end == 0) {
        hn_copy_text(buffer, size, text);
        return;
    }
    /* One letter less, for the ellipsis. */
    while (end > text && ((unsigned char)*--end & 0xC0) == 0x80) {}
    size_t room = size > 4 ? size - 4 : 0, length = (size_t)(end - text);
    length = hn_utf8_cut((hn_slice){text, length}, room);
    memcpy(buffer, text, length);
    memcpy(buffer + length, "…", 4);
}

/* A number: as many decimals as its step asks for, thousands and millions shortened. */
static void format_tick(char *buffer, double value, double step) {
    static const struct {
        double size;
        const char *letter;
    } sizes[] = {{1e9, "G"}, {1e6, "M"}, {1e4, "k"}};
    const char *letter = "";
    double size = fabs(value), most = size > step ? size : step;
    if (most >= 1e13 || (most > 0 && most < 1e-4)) {
        int power = (int)floor(hn_log10(most));
        double scale = hn_pow(10, power);
        size_t n = hn_format_double(floor(value / scale * 100 + 0.5) / 100, buffer);
        if (value == 0)
            hn_copy_text(buffer, HN_TICK_SIZE, "0");
        else
            snprintf(buffer + n, HN_TICK_SIZE - n, "e%d", power);
        return;
    }
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (size < sizes[i].size) continue;
        double by = i == 2 ? 1e3 : sizes[i].size;
        value /= by;
        step /= by;
        letter = sizes[i].letter;
        break;
    }
    double scale = 1;
    while (scale < 1e9 && fabs(step * scale - floor(step * scale + 0.5)) > 1e-3 * step * scale)
        scale *= 10;
    value = floor(value * scale + 0.5) / scale;
    size_t n = hn_format_double(value == 0 ? 0 : value, buffer);
    snprintf(buffer + n, HN_TICK_SIZE - n, "%s", letter);
}

static char *add_tick(hn_ticks *ticks, double at) {
    if (ticks->n == HN_TICKS_MOST) return NULL;
    ticks->at[ticks->n] = at;
    return ticks->text[ticks->n++];
}

static void put_number_ticks(const hn_axis *axis, hn_ticks *ticks) {
    double first = ceil(axis->low / axis->step - 1e-9);
    for (int t = 0; t < 14; t++) {
        double at = (first + t) * axis->step;
        if (at > axis->high + 1e-9 * axis->step) break;
        char *text = add_tick(ticks, at);
        if (text != NULL) format_tick(text, at, axis->step);
    }
}

static void put_log_ticks(const hn_axis *axis, hn_ticks *ticks) {
    double first = ceil(hn_log10(axis->low) - 1e-9), last = hn_log10(axis->high) + 1e-9;
    for (double power = first; power <= last && ticks->n < 14; power += axis->step) {
        double at = hn_pow(10, power);
        char *text = add_tick(ticks, at);
        if (text != NULL) format_tick(text, at, at);
    }
}

/* At whole months and years where steps are that long, else at whole steps of the day. */
static void put_time_ticks(const hn_axis *axis, hn_ticks *ticks) {
    char text[HN_TIME_SIZE];
    bool months = axis->step >= 28 * DAY, dates = axis->step >= DAY;
    double last = -INFINITY, every = months ? 28 * DAY : axis->step;
    for (int64_t t = (int64_t)(floor(axis->low / every) * every); ticks->n < 12;) {
        double at = (double)t;
        if (at > axis->high) break;
        if (at >= axis->low && at - last >= axis->step * 0.9) {
            hn_time_format(t, dates, text);
            char *out = add_tick(ticks, at);
            if (axis->step >= 300 * DAY)
                snprintf(out, HN_TICK_SIZE, "%.4s", text);
            else if (months)
                snprintf(out, HN_TICK_SIZE, "%.7s", text);
            else
                snprintf(out, HN_TICK_SIZE, "%.5s%s%.5s", text + 5, dates ? "" : " ",
                         dates ? "" : text + 11);
            last = at;
        }
        if (!months) {
            t += (int64_t)every;
            continue;
        }
        /* The first of the next month: of the next year where steps are years. */
        do {
            t += (int64_t)DAY - (t % (int64_t)DAY + (int64_t)DAY) % (int64_t)DAY;
            hn_time_format(t, true, text);
        } while (strncmp(text + 8, "01", 2) != 0 ||
                 (axis->step >= 300 * DAY && strncmp(text + 5, "01", 2) != 0));
    }
}

void hn_axis_ticks(const hn_axis *axis, int letters, hn_ticks *ret_ticks) {
    ret_ticks->n = 0;
    if (axis->labels != NULL) {
        for (int i = 0; i < axis->n_labels; i++) {
            char *text = add_tick(ret_ticks, i);
            if (text != NULL) hn_cut_text(text, HN_TICK_SIZE, axis->labels[i], letters);
        }
    } else if (axis->time) {
        put_time_ticks(axis, ret_ticks);
    } else if (axis->log) {
        put_log_ticks(axis, ret_ticks);
    } else {
        put_number_ticks(axis, ret_ticks);
    }
}
