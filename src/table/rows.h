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

/* Rows begin..end-1 as a row-major matrix, NaN where missing: ret [end - begin, n_columns]. Quick where the
 * columns are one row-major matrix of doubles or floats, as they mostly are from Python; so is the next. */
void hn_table_rows(const hn_table *x, int64_t begin, int64_t end, double *ret);
/* The same with a row every ld >= n_columns doubles. */
void hn_table_rows_apart(const hn_table *x, int64_t begin, int64_t end, double *ret, int64_t ld);
/* The same rows column by column, column j to ret + j * ld. Not for sparse tables. */
void hn_table_columns(const hn_table *x, int64_t begin, int64_t end, double *ret, int64_t ld);
/* The rows themselves where the columns are one row-major matrix of doubles without nulls, with *ret_stride
 * doubles from one row to the next; else NULL. */
const double *hn_table_as_rows(const hn_table *x, int64_t *ret_stride);
/* The same of floats. */
const float *hn_table_as_row_floats(const hn_table *x, int64_t *ret_stride);
/* The rows themselves where they can be had, else a copy in arena. Not for sparse tables. */
hone_status hn_table_need_rows(hone_ctx *ctx, hn_arena *arena, const hn_table *x,
                               const double **ret_rows, int64_t *ret_stride) HONE_MUST_CHECK;
/* Whether the table is known to hold finite numbers alone: of doubles or floats without nulls, side by side or
 * each without gaps, or sparse, and no missing or infinite value among them. */
hone_status hn_table_all_finite(hone_ctx *ctx, const hn_table *x, bool *ret_finite) HONE_MUST_CHECK;

#endif
