/* values.h - the values of a column: quantiles of numbers, the most frequent of any. */
#ifndef HN_TABLE_VALUES_H
#define HN_TABLE_VALUES_H

#include "table/table.h"

/* n_points quantiles (0..1 each; linear between values) of what is there; NaN where nothing is, and for text.
 * ret_quantiles [n_points]. */
hone_status hn_column_quantiles(hone_ctx *ctx, const hn_column *column, const double *points,
                                int n_points, double *ret_quantiles) HONE_MUST_CHECK;

/* A value and in how many rows it stands. */
typedef struct hn_frequency {
    const char *text; /* as people read it, in arena */
    int64_t count;
} hn_frequency;
/* The most frequent values, at most most, by falling count; of equal counts the one that stands first in its
 * column. Missing ones are left out. Memory from arena. */
hone_status hn_column_top(hone_ctx *ctx, hn_arena *arena, const hn_column *column, int64_t most,
                          hn_frequency **ret_top, int64_t *ret_n) HONE_MUST_CHECK;

#endif
