/* profile_plots.h - the pictures of a profile, from its JSON. Arrays are in arena; a function that finds
 * nothing to draw returns a plot without series. */
#ifndef HN_FLOW_PROFILE_PLOTS_H
#define HN_FLOW_PROFILE_PLOTS_H

#include "flow/plot.h"

typedef struct hn_drawer {
    hone_ctx *ctx;
    hn_arena *arena;
} hn_drawer;

/* Histogram with its density, of a column's card. */
hone_status hn_draw_histogram(const hn_drawer *d, hn_json *column, hn_plot *ret) HONE_MUST_CHECK;
/* Values above 0 on a logarithmic scale, where that shows more. */
hone_status hn_draw_log_histogram(const hn_drawer *d, hn_json *column,
                                  hn_plot *ret) HONE_MUST_CHECK;
hone_status hn_draw_lags(const hn_drawer *d, hn_json *column, hn_plot *ret) HONE_MUST_CHECK;
/* A member of "associations" as a heatmap; signed ones have two colours. Rows and columns without any figure are
 * left out. */
hone_status hn_draw_matrix(const hn_drawer *d, hn_json *names, hn_json *rows, const char *key,
                           const char *title, bool is_signed, hn_plot *ret) HONE_MUST_CHECK;
hone_status hn_draw_missing(const hn_drawer *d, hn_json *profile, hn_plot *ret) HONE_MUST_CHECK;
/* Which columns are missing together, as a tree; of three columns and more. */
hone_status hn_draw_missing_tree(const hn_drawer *d, hn_json *profile,
                                 hn_plot *ret) HONE_MUST_CHECK;
/* A feature against the target; of classes and numbers the second plot has the densities. */
hone_status hn_draw_feature(const hn_drawer *d, hn_json *profile, hn_json *feature, hn_plot *ret,
                            hn_plot *ret_second) HONE_MUST_CHECK;
/* A column of "beside" (explore_beside.h): both tables' shares. */
hone_status hn_draw_beside(const hn_drawer *d, hn_json *column, hn_plot *ret) HONE_MUST_CHECK;
hone_status hn_draw_projection(const hn_drawer *d, hn_json *profile, hn_plot *ret) HONE_MUST_CHECK;
/* ret_plots [HN_PAIRS_MOST]. */
enum { HN_PAIRS_MOST = 6 };
hone_status hn_draw_pairs(const hn_drawer *d, hn_json *profile, hn_plot *ret_plots,
                          int *ret_n) HONE_MUST_CHECK;

#endif
