/* keys.h - rows numbered by what stands in their key columns: equal keys, equal numbers. What joins, duplicates
 * and differences between tables are found by. */
#ifndef HN_TABLE_KEYS_H
#define HN_TABLE_KEYS_H

#include "table/table.h"

/* Key columns by place, [n] of each table. */
typedef struct hn_key_columns {
    const hn_table *table;
    const int32_t *columns;
} hn_key_columns;

/* For each of n_tables tables (1 or 2) its rows' numbers, ret_numbers[t] [n_rows] in ctx's scratch: 0 .. *ret_n - 1 in
 * the order of first appearance, first table first. Numbers compare by value (integers exactly), texts by
 * their bytes; missing equals missing with missing_is_key, else a row with a missing key gets -1.
 * HONE_ERROR_DATA where the tables' columns are not both texts, numbers or times. */
hone_status hn_keys_number(hone_ctx *ctx, const hn_key_columns *tables, int n_tables, int32_t n,
                           bool missing_is_key, int64_t **ret_numbers,
                           int64_t *ret_n) HONE_MUST_CHECK;

/* Places of columns by name, in ctx's scratch. */
hone_status hn_key_places(hone_ctx *ctx, const hn_table *table, const char *const *names, int64_t n,
                          int32_t **ret_places) HONE_MUST_CHECK;

#endif
