/* rows.h - every row of a table through a function: gathered a few at a time, in parallel. */
#ifndef HN_TABLE_ROWS_H
#define HN_TABLE_ROWS_H

#include "table/table.h"
#include <float.h>

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
/* Numbers that somebody takes: those from low to high, which are finite. */
typedef struct hn_domain {
    double low, high;
    bool missing; /* and NaN */
    bool whole;   /* whole ones alone; low and high are then small */
} hn_domain;
#define HN_ALL_FINITE ((hn_domain){.low = -DBL_MAX, .high = DBL_MAX})

/* Whether the table is known to hold nothing but numbers of the domain. Quick, and so says no of tables that it does
 * not look through: of numbers without nulls, side by side or each without gaps, or sparse, it does. */
hone_status hn_table_all_in(hone_ctx *ctx, const hn_table *x, const hn_domain *domain,
                            bool *ret_all) HONE_MUST_CHECK;

#endif
