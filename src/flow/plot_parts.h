/* plot_parts.h - between the files that write plots. */
#ifndef HN_FLOW_PLOT_PARTS_H
#define HN_FLOW_PLOT_PARTS_H

#include "flow/plot.h"

/* The size that the picture takes, and what stands inside of its <svg>. */
void hn_plot_size(const hn_plot *plot, double *ret_width, double *ret_height);
void hn_plot_inside(hn_str *out, const hn_plot *plot);
void hn_put_svg_width(hn_str *out, double width);
/* 0..7. */
int hn_series_colour(const hn_plot *plot, int s);

#endif
