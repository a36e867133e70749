/* frequency.h - how often each value of a column of names occurs: categories, texts, truth values. */
#ifndef HN_TABLE_FREQUENCY_H
#define HN_TABLE_FREQUENCY_H

#include "table/table.h"

typedef struct hn_frequency {
    int64_t row; /* the first that has the value */
    int64_t count;
} hn_frequency;

/* Each different value present, in the order of first appearance; unknown texts are one. ret_items lives in
 * ctx's scratch. */
hone_status hn_frequencies(hone_ctx *ctx, const hn_column *column, hn_frequency **ret_items,
                           int64_t *ret_n) HONE_MUST_CHECK;
/* The `most` largest to the front, in falling order, equal counts in the order of appearance; returns how
 * many there are. */
int64_t hn_frequencies_top(hn_frequency *items, int64_t n, int64_t most);

/* How many rows are equal to an earlier one in every column, exactly; missing equals missing. ret_first
 * (may be NULL) gets the first such row, -1 if there is none. */
hone_status hn_duplicate_rows(hone_ctx *ctx, const hn_table *table, int64_t *ret_n,
                              int64_t *ret_first) HONE_MUST_CHECK;
/* Whether two columns of the same length hold the same in every row. */
bool hn_columns_equal(const hn_column *a, const hn_column *b);

#endif
