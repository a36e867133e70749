/* distinct.h - how many different values a column of numbers holds. */
#ifndef HN_TABLE_DISTINCT_H
#define HN_TABLE_DISTINCT_H

#include "table/table.h"

/* Of numbers, times and truth values, exactly; missing ones are none, -0 is 0, integers are not rounded. */
hone_status hn_count_distinct(hone_ctx *ctx, const hn_column *column,
                              int64_t *ret_n) HONE_MUST_CHECK;

#endif
