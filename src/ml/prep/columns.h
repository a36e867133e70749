/* columns.h - steps that make one column of doubles of each numeric column, cell by cell. */
#ifndef HN_ML_PREP_COLUMNS_H
#define HN_ML_PREP_COLUMNS_H

#include "ml/prep/prep.h"

/* values [n] of column j in place; NaN is missing and stays so. */
typedef hone_status hn_map_fn(hone_ctx *ctx, const void *state, int32_t j, double *values,
                              int64_t n);
/* Columns with x's names, each cell through fn: doubles, or floats where all of x are. They lie one after the other,
 * or, where x is a row-major matrix, side by side in one. */
hone_status hn_map_columns(hone_ctx *ctx, const void *state, const hn_table *x, hn_map_fn *fn,
                           hn_arena *arena, hn_table *ret_out) HONE_MUST_CHECK;
/* The same columns, by rows: fn is given some [n, p] at a time, in place, NaN where missing. */
typedef void hn_map_rows_fn(const void *state, double *rows, int64_t n, int64_t p);
hone_status hn_map_rows(hone_ctx *ctx, const void *state, const hn_table *x, hn_map_rows_fn *fn,
                        hn_arena *arena, hn_table *ret_out) HONE_MUST_CHECK;
/* Whether x is a row-major matrix of doubles or of floats, so that rows are the quicker way. */
bool hn_columns_are_rows(const hn_table *x);
/* Such columns, for the caller to fill. */
hone_status hn_columns_like(hone_ctx *ctx, hn_arena *arena, const hn_table *x,
                            hn_table *ret_out) HONE_MUST_CHECK;
/* A row-major matrix in arena under x's names, for the caller to fill: what a step gives that looks at whole rows.
 * *ret_rows [n_rows, n_columns]. */
hone_status hn_rows_like(hone_ctx *ctx, hn_arena *arena, const hn_table *x, double **ret_rows,
                         hn_table *ret_out) HONE_MUST_CHECK;
/* The same with schema's names: what an inverse gives. */
hone_status hn_map_back(hone_ctx *ctx, const void *state, const hn_table *z, const hn_table *schema,
                        hn_map_fn *fn, hn_arena *arena, hn_table *ret_out) HONE_MUST_CHECK;
/* As many columns as the state says, all of them numbers. */
hone_status hn_prepare_numbers(hone_ctx *ctx, const char *step, const hn_table *schema,
                               int64_t n) HONE_MUST_CHECK;

#endif
