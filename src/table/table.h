/* table.h - columns of equal length. hn_table is a view; hone_table owns its memory.
 *
 * Steps take and give hn_table: their outputs borrow untouched columns from the input, so an output
 * lives no longer than its input. */
#ifndef HN_TABLE_TABLE_H
#define HN_TABLE_TABLE_H

#include "base/map.h"
#include "num/sparse.h"
#include "table/column.h"

/* With csr the table is a sparse matrix [n_rows, n_columns] of doubles: its columns have names and type
 * (f64) but no values. Only what says so takes such a table (HN_CAN_SPARSE, and the functions below). */
typedef struct hn_table {
    int64_t n_rows;
    int32_t n_columns;
    hn_column *columns;
    const hn_csr *csr;
} hn_table;

struct hone_table {
    hn_table view;
    hn_arena arena;
    void (*release)(void *owner); /* what the columns borrow from (Arrow), or NULL */
    void *owner;
    char *source;     /* where it came from, for messages: "churn.csv" */
    hone_table *base; /* whose columns these borrow from, freed with this one; or NULL */
    /* What was put where values were missing (flow/changes.h); NULL: nothing. */
    struct yyjson_val *filled;
};

hone_status hn_table_new(hone_ctx *ctx, const char *source, hone_table **ret_table) HONE_MUST_CHECK;

/* From now on base belongs to table, whose columns borrow from it. */
void hn_table_keep(hone_table *table, hone_table *base);

/* Index of the column called name, or -1. Linear: use hn_table_index for many. */
int32_t hn_table_find(const hn_table *table, const char *name);
hone_status hn_table_index(hone_ctx *ctx, hn_arena *arena, const hn_table *table,
                           hn_map *ret_map) HONE_MUST_CHECK;
/* The same, but absent is HONE_ERROR_DATA that names the nearest column and the source. */
hone_status hn_table_require(hone_ctx *ctx, const hn_table *table, const char *name,
                             int32_t *ret_index) HONE_MUST_CHECK;

/* HONE_ERROR_USAGE for a sparse matrix. */
hone_status hn_table_require_dense(hone_ctx *ctx, const hn_table *table) HONE_MUST_CHECK;

/* Rows rows[0..n-1] of every column, copied to arena, in parallel; names and dictionaries are
 * borrowed. */
hone_status hn_table_take(hone_ctx *ctx, hn_arena *arena, const hn_table *table,
                          const int64_t *rows, int64_t n, hn_table *ret_table) HONE_MUST_CHECK;
/* Rows of one column, missing where rows[i] is -1; name and dictionary are borrowed. */
hone_status hn_column_take(hone_ctx *ctx, hn_arena *arena, const hn_column *column,
                           const int64_t *rows, int64_t n, hn_column *ret_column) HONE_MUST_CHECK;
/* Rows begin..end-1 of one column, borrowed. */
hn_column hn_column_slice(const hn_column *column, int64_t begin, int64_t end);
/* Columns by index, borrowed. */
hone_status hn_table_select(hone_ctx *ctx, hn_arena *arena, const hn_table *table,
                            const int32_t *columns, int32_t n, hn_table *ret_table) HONE_MUST_CHECK;
/* Rows begin..end-1 of every column, borrowed (nothing is copied but the column structs). */
hone_status hn_table_slice(hone_ctx *ctx, hn_arena *arena, const hn_table *table, int64_t begin,
                           int64_t end, hn_table *ret_table) HONE_MUST_CHECK;

/* How many columns of n_rows rows make a piece of work worth giving to another thread. */
static inline int64_t hn_column_grain(int64_t n_rows) { return 1 + 65536 / (n_rows + 1); }

/* No rows of the same columns: names and dictionaries are arena's own. */
hone_status hn_table_schema(hone_ctx *ctx, hn_arena *arena, const hn_table *table,
                            hn_table *ret_schema) HONE_MUST_CHECK;
/* table's columns, by place, as those of schema: borrowed, and categories coded anew (in arena) where
 * their dictionary is another. HONE_ERROR_DATA unless there are as many, of the same types; any number will
 * do for a number, and for a category whatever prints like one. open: texts that a dictionary lacks are kept
 * in an open one. */
hone_status hn_columns_match(hone_ctx *ctx, hn_arena *arena, const hn_table *schema,
                             const hn_table *table, bool open, hn_table *ret_table) HONE_MUST_CHECK;

/* Numbers in single precision where schema's are, and nowhere else: columns of the same kinds, by place, borrowed, or
 * rounded (or widened) in arena; a row-major matrix stays one. */
hone_status hn_columns_precision(hone_ctx *ctx, hn_arena *arena, const hn_table *schema,
                                 const hn_table *table, hn_table *ret_table) HONE_MUST_CHECK;
/* Whether all columns are floats (f32), and there is one. */
bool hn_table_is_single(const hn_table *table);

/* All columns as one row-major matrix [n_rows, n_columns] of doubles in arena, NaN where missing. */
hone_status hn_table_matrix(hone_ctx *ctx, hn_arena *arena, const hn_table *table,
                            double **ret_matrix) HONE_MUST_CHECK;
/* The same into ret [n_rows * n_columns]. */
hone_status hn_table_write_matrix(hone_ctx *ctx, const hn_table *table,
                                  double *ret_matrix) HONE_MUST_CHECK;

/* n_columns columns of doubles called "PREFIX_0", "PREFIX_1", ...: ret_values[j] [n_rows] is for the caller
 * to fill. All of it is in arena. */
hone_status hn_table_numbered(hone_ctx *ctx, hn_arena *arena, const char *prefix, int64_t n_rows,
                              int64_t n_columns, double ***ret_values,
                              hn_table *ret_table) HONE_MUST_CHECK;
/* The same columns side by side in one row-major matrix [n_rows, n_columns] of doubles or floats, for who makes rows:
 * what reads rows next (or Python) takes the matrix as it is. */
hone_status hn_table_numbered_rows(hone_ctx *ctx, hn_arena *arena, const char *prefix,
                                   int64_t n_rows, int64_t n_columns, hn_type type, void **ret_rows,
                                   hn_table *ret_table) HONE_MUST_CHECK;

/* BLAKE2b-256 of names, types, values and nulls (not of source or storage): 64 hex digits. A null float
 * equals a NaN; a category equals another with the same texts, whatever its codes. */
hone_status hn_table_hash(hone_ctx *ctx, const hn_table *table, char ret_hex[65]) HONE_MUST_CHECK;

#endif
