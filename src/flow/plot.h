/* plot.h - a picture described once, written as SVG of our own or as a Vega-Lite specification. */
#ifndef HN_FLOW_PLOT_H
#define HN_FLOW_PLOT_H

#include "base/json.h"

typedef enum hn_mark { HN_MARK_LINE, HN_MARK_POINT, HN_MARK_BAR } hn_mark;

/* Arrays [n], borrowed. */
typedef struct hn_series {
    const char *name; /* in the legend; NULL: not there */
    hn_mark mark;
    int64_t n;
    const double *x, *y;
    const double *x2;         /* bars: right ends; lines and points: NULL */
    const double *low, *high; /* a band around y; NULL: none */
} hn_series;

enum { HN_PLOT_SERIES = 24 };

typedef struct hn_plot {
    const char *name;                    /* "roc": its key in JSON */
    const char *title;                   /* a line */
    const char *doc;                     /* how to read it; NULL: nothing to say */
    const char *x, *y;                   /* what the axes are */
    double x_low, x_high, y_low, y_high; /* NaN: from the data */
    bool guide;                          /* a dashed line for comparison */
    double guide_x[2], guide_y[2];
    hn_series series[HN_PLOT_SERIES];
    int n_series;
} hn_plot;

/* Everything empty, axes from the data. */
hn_plot hn_plot_make(const char *name, const char *title, const char *x, const char *y);
/* NULL where there is no more room. */
hn_series *hn_plot_add(hn_plot *plot, hn_mark mark, const char *name, const double *x,
                       const double *y, int64_t n);

/* An <svg> of 480 by 320 units that takes the width it is given; colours are the page's CSS variables
 * (page.h). */
void hn_plot_svg(hn_str *out, const hn_plot *plot);
/* A Vega-Lite 5 specification with its data inline. */
hone_status hn_plot_vega(hone_ctx *ctx, const hn_plot *plot, hn_json_doc *doc,
                         hn_json_mut **ret_spec) HONE_MUST_CHECK;

/* Ends of an axis over its data, and about `wanted` round steps on it. */
typedef struct hn_axis {
    double low, high, step;
} hn_axis;
hn_axis hn_plot_axis(const hn_plot *plot, bool vertical, int wanted);
/* Text with &, < and > escaped. */
void hn_put_escaped(hn_str *out, const char *text);

#endif
