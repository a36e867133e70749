/* plot.h - a picture described once, written as SVG of our own or as a Vega-Lite specification. */
#ifndef HN_FLOW_PLOT_H
#define HN_FLOW_PLOT_H

#include "base/json.h"

typedef enum hn_mark {
    HN_MARK_LINE,
    HN_MARK_POINT,
    HN_MARK_BAR,  /* from low (NULL: 0) to y; x to x2, or about x without x2 */
    HN_MARK_AREA, /* between y and low (NULL: 0) */
    HN_MARK_BOX,  /* whiskers from low to high, a box from q1 to q3, a line at y */
    HN_MARK_RULE, /* an interval from low to high with a point at y */
    HN_MARK_CELL, /* a square about (x, y), coloured by value */
} hn_mark;

/* Arrays [n], borrowed. */
typedef struct hn_series {
    const char *name; /* in the legend; NULL: not there */
    hn_mark mark;
    int colour; /* 0..7; -1: by its place */
    int64_t n;
    const double *x, *y;
    const double *x2;         /* bars: right ends; others: NULL */
    const double *low, *high; /* lines and points: a band around y; NULL: none */
    const double *q1, *q3;    /* boxes */
    const double *value;      /* cells */
} hn_series;

enum { HN_PLOT_SERIES = 24 };

typedef struct hn_plot {
    const char *name;                    /* "roc": its key in JSON */
    const char *title;                   /* a line */
    const char *doc;                     /* how to read it; NULL: nothing to say */
    const char *x, *y;                   /* what the axes are */
    double x_low, x_high, y_low, y_high; /* NaN: from the data */
    /* Names of the places 0, 1, ... of an axis that has names for numbers; NULL: it has none. */
    const char *const *x_labels, *const *y_labels;
    int n_x_labels, n_y_labels;
    bool x_log, y_log; /* by powers of ten; what is not above 0 is not drawn */
    bool x_time;       /* microseconds since 1970 */
    bool flip;         /* x runs down, y to the right: names get room */
    int width, height; /* of the SVG, in its units; 0: 480 by 320 */
    const char *value; /* what the colour of cells is */
    double value_low,
        value_high; /* cells: the values of the faintest and the strongest colour; with a
                                 low below 0, negative values have a colour of their own */
    bool guide;     /* a dashed line for comparison */
    double guide_x[2], guide_y[2];
    hn_series series[HN_PLOT_SERIES];
    int n_series;
} hn_plot;

/* Everything empty, axes from the data. */
hn_plot hn_plot_make(const char *name, const char *title, const char *x, const char *y);
/* NULL where there is no more room. */
hn_series *hn_plot_add(hn_plot *plot, hn_mark mark, const char *name, const double *x,
                       const double *y, int64_t n);

/* An <svg> that takes the width it is given; colours are the page's CSS variables (page.h). */
void hn_plot_svg(hn_str *out, const hn_plot *plot);
/* A Vega-Lite 5 specification with its data inline. */
hone_status hn_plot_vega(hone_ctx *ctx, const hn_plot *plot, hn_json_doc *doc,
                         hn_json_mut **ret_spec) HONE_MUST_CHECK;

/* ---- several as one picture (plot_sheet.c) ---------------------------------------------------- */

typedef struct hn_sheet {
    const char *title; /* NULL: the only plot's own */
    const hn_plot *plots;
    int n, columns;
} hn_sheet;
/* An <svg> for a page; and one that needs nothing beside it, with title, legend and colours of its own. */
void hn_sheet_svg(hn_str *out, const hn_sheet *sheet);
void hn_sheet_file(hn_str *out, const hn_sheet *sheet);
hone_status hn_sheet_vega(hone_ctx *ctx, const hn_sheet *sheet, hn_json_doc *doc,
                          hn_json_mut **ret_spec) HONE_MUST_CHECK;
/* The file's picture as PNG, so many pixels to its unit, drawn by librsvg, which is loaded when first
 * needed. HONE_ERROR_UNSUPPORTED without it. */
hone_status hn_svg_png(hone_ctx *ctx, const char *svg, size_t length, double scale,
                       const char *path) HONE_MUST_CHECK;

/* ---- axes (plot.c) ---------------------------------------------------------------------------- */

/* Ends of an axis over its data, and about `wanted` round steps on it. */
typedef struct hn_axis {
    double low, high, step;
    bool log, time;
    const char *const *labels;
    int n_labels;
} hn_axis;
hn_axis hn_plot_axis(const hn_plot *plot, bool vertical, int wanted);
/* Where value lies from the axis' low end (0) to its high end (1). */
double hn_axis_place(const hn_axis *axis, double value);

enum { HN_TICKS_MOST = 64, HN_TICK_SIZE = 48 };
typedef struct hn_ticks {
    int n;
    double at[HN_TICKS_MOST];
    char text[HN_TICKS_MOST][HN_TICK_SIZE];
} hn_ticks;
/* letters: of a name at most; what is cut ends with an ellipsis. */
void hn_axis_ticks(const hn_axis *axis, int letters, hn_ticks *ret_ticks);
/* Text of at most so many letters, into buffer of size bytes. */
void hn_cut_text(char *buffer, size_t size, const char *text, int letters);
/* Text with &, < and > escaped. */
void hn_put_escaped(hn_str *out, const char *text);

#endif
