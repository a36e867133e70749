/* rows.h - every row of a table through a function: gathered a few at a time, in parallel. */
#ifndef HN_TABLE_ROWS_H
#define HN_TABLE_ROWS_H

#include "table/table.h"

/* One row [n_columns] (NaN where missing) to ret [outputs]; work is the worker's own. The row may be
 * changed. Its bits depend on nothing else. */
typedef void hn_row_fn(const void *arg, double *row, double *work, double *ret);

/* ret [n_rows, outputs]. Takes sparse matrices too: their rows are written out. */
hone_status hn_each_row(hone_ctx *ctx, const hn_table *x, hn_row_fn *fn, const void *arg,
                        int64_t work, int64_t outputs, double *ret) HONE_MUST_CHECK;

/* Rows begin..end-1 as a row-major matrix, NaN where missing: ret [end - begin, n_columns]. */
void hn_table_rows(const hn_table *x, int64_t begin, int64_t end, double *ret);

#endif
