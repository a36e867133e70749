/* prep.h - what the steps share: loops over columns and cells, and names for new columns.
 *
 * A step's transform first lays out its output (arrays from the arena, by the calling thread), then
 * fills it cell block by cell block, in parallel where there is much. Names and dictionaries of new
 * columns belong to the state and are made once, in prepare, so that one row costs no more than its
 * numbers: an output lives no longer than input, arena and state. */
#ifndef HN_ML_PREP_PREP_H
#define HN_ML_PREP_PREP_H

#include "spec/estimator.h"

/* Rows begin..end-1 of output column column (begin is a multiple of 8: bitmaps of blocks don't
 * meet). */
typedef hone_status hn_cells_fn(hone_ctx *ctx, void *arg, int32_t column, int64_t begin,
                                int64_t end);
/* fn over all cells of n_columns x n_rows; inline where there are few. */
hone_status hn_each_cells(hone_ctx *ctx, int32_t n_columns, int64_t n_rows, hn_cells_fn *fn,
                          void *arg) HONE_MUST_CHECK;

/* One column, for fitting; columns run in parallel, so fn allocates from ctx->scratch only. */
typedef hone_status hn_column_fn(hone_ctx *ctx, void *arg, int32_t column);
hone_status hn_each_column(hone_ctx *ctx, int32_t n_columns, hn_column_fn *fn,
                           void *arg) HONE_MUST_CHECK;

/* The same with the column itself, or its values as doubles without gaps where x is a row-major matrix: those who go
 * through a column more than once need not walk over all of the matrix for it. */
typedef hone_status hn_values_fn(hone_ctx *ctx, void *arg, int32_t column, const hn_column *values);
hone_status hn_each_values(hone_ctx *ctx, const hn_table *x, hn_values_fn *fn,
                           void *arg) HONE_MUST_CHECK;

/* The values of a numeric column that are present, in scratch. */
hone_status hn_present_values(hone_ctx *ctx, const hn_column *column, double **ret_values,
                              int64_t *ret_n) HONE_MUST_CHECK;

/* The same; HONE_ERROR_DATA where there is none to learn from. */
hone_status hn_some_values(hone_ctx *ctx, const char *step, const hn_column *column,
                           double **ret_values, int64_t *ret_n) HONE_MUST_CHECK;

/* What stands for n >= 1 values, which are sorted for it. */
typedef enum hn_usual {
    HN_USUAL_MEAN,
    HN_USUAL_MEDIAN,
    HN_USUAL_MODE, /* the one that occurs most; of several the smallest */
} hn_usual;
hone_status hn_usual_value(hone_ctx *ctx, hn_usual usual, double *values, int64_t n,
                           double *ret_value) HONE_MUST_CHECK;

/* "categories.0" and so on: what the columns of schema hold, as far as they are categories. */
hone_status hn_show_categories(hn_visitor *v, const hn_table *schema) HONE_MUST_CHECK;

/* Gives out names that are not taken: of a table's columns, or given out before. */
typedef struct hn_namer {
    hone_ctx *ctx;
    hn_arena *arena; /* of the names */
    hn_map taken;
} hn_namer;
/* kept: columns whose names stay in use (NULL: none). The map is in scratch. */
hone_status hn_namer_init(hn_namer *namer, hone_ctx *ctx, hn_arena *arena,
                          const hn_table *kept) HONE_MUST_CHECK;
/* front + middle + text as it is, or with "_2", "_3", ... where that is taken. */
hone_status hn_namer_make(hn_namer *namer, const char *front, const char *middle, hn_slice text,
                          const char **ret_name) HONE_MUST_CHECK;

/* HONE_ERROR_DATA unless column holds categories (free text is told what to do instead). */
hone_status hn_need_category(hone_ctx *ctx, const char *step,
                             const hn_column *column) HONE_MUST_CHECK;
/* HONE_ERROR_DATA: the column's category in this row was not seen in training. */
hone_status hn_unseen_category(hone_ctx *ctx, const char *step, const hn_column *column,
                               int64_t row);

/* HONE_ERROR_FORMAT unless ok: what a state says doesn't fit the columns it was fitted on. */
hone_status hn_prepare_check(hone_ctx *ctx, const char *step, bool ok) HONE_MUST_CHECK;

#endif
