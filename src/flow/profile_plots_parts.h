/* profile_plots_parts.h - between the files that draw a profile: arrays from its JSON, in the drawer's arena. */
#ifndef HN_FLOW_PROFILE_PLOTS_PARTS_H
#define HN_FLOW_PROFILE_PLOTS_PARTS_H

#include "flow/profile_plots.h"
#include <string.h>

/* Numbers, NaN where there is none. */
hone_status hn_drawn_numbers(const hn_drawer *d, hn_json *list, double **ret_values,
                             int64_t *ret_n) HONE_MUST_CHECK;
/* One member of each object. */
hone_status hn_drawn_members(const hn_drawer *d, hn_json *list, const char *key,
                             double **ret_values) HONE_MUST_CHECK;
/* Texts; key NULL: the items themselves. */
hone_status hn_drawn_names(const hn_drawer *d, hn_json *list, const char *key,
                           const char ***ret_names) HONE_MUST_CHECK;
/* first, first + step, ... */
hone_status hn_drawn_counting(const hn_drawer *d, int64_t n, double first, double step,
                              double **ret) HONE_MUST_CHECK;
/* "" where memory is out. */
const char *hn_drawn_text(const hn_drawer *d, const char *format, const char *a, const char *b);
/* What spans nearly all that doubles can hold cannot be drawn: the plot loses its series. */
hone_status hn_if_drawable(hone_status status, hn_plot *plot) HONE_MUST_CHECK;

static inline bool hn_is_time(hn_json *column) {
    return strcmp(hn_json_text(column, "sort"), "time") == 0;
}

#endif
