/* keys.c - see keys.h. A row's key is written as bytes, which are interned. */
#include "table/keys.h"

#include <string.h>

enum { AS_INTEGER, AS_NUMBER, AS_TEXT };

static bool is_text(hn_type type) { return type == HN_CATEGORY || type == HN_STRING; }

static bool is_whole(hn_type type) { return type == HN_I64 || type == HN_BOOL || type == HN_TIME; }

/* How a key column is compared across the tables. */
static hone_status choose_forms(hone_ctx *ctx, const hn_key_columns *tables, int n_tables,
                                int32_t n, int *forms) {
    for (int32_t k = 0; k < n; k++) {
        const hn_column *a = &tables[0].table->columns[tables[0].columns[k]];
        const hn_column *b = &tables[n_tables - 1].table->columns[tables[n_tables - 1].columns[k]];
        if (is_text(a->type) != is_text(b->type) || (a->type == HN_TIME) != (b->type == HN_TIME))
            return hn_fail_at(
                ctx, HONE_ERROR_DATA, HN_AT(.column = b->name),
                "column '%s' is %s in one table and '%s' %s in the other, which are "
                "never equal; read both as text with --categories, or as numbers with "
                "--numbers",
                a->name, hn_type_name(a->type), b->name, hn_type_name(b->type));
        forms[k] = is_text(a->type)                         ? AS_TEXT
                   : is_whole(a->type) && is_whole(b->type) ? AS_INTEGER
                                                            : AS_NUMBER;
    }
    return HONE_OK;
}

static int64_t integer_at(const hn_column *column, int64_t row) {
    const char *at = (const char *)column->values + row * column->stride;
    return column->type == HN_BOOL ? *(const uint8_t *)at : *(const int64_t *)(const void *)at;
}

/* The row's key to the end of bytes; false if a part of it is missing. */
static bool put_key(hn_str *bytes, const hn_key_columns *t, int32_t n, const int *forms,
                    int64_t row) {
    bool whole = true;
    for (int32_t k = 0; k < n; k++) {
        const hn_column *column = &t->table->columns[t->columns[k]];
        bool missing = hn_column_is_missing(column, row);
        hn_slice text = {NULL, 0};
        if (!missing && forms[k] == AS_TEXT) {
            text = hn_column_text(column, row);
            missing = text.text == NULL;
        }
        whole = whole && !missing;
        hn_str_put_c(bytes, missing ? 0 : 1);
        if (missing) continue;
        if (forms[k] == AS_TEXT) {
            hn_str_put_n(bytes, (const char *)&text.length, sizeof text.length);
            hn_str_put_n(bytes, text.text, text.length);
        } else if (forms[k] == AS_INTEGER) {
            int64_t value = integer_at(column, row);
            hn_str_put_n(bytes, (const char *)&value, sizeof value);
        } else {
            double value = hn_column_double(column, row) + 0.0; /* -0 is 0 */
            hn_str_put_n(bytes, (const char *)&value, sizeof value);
        }
    }
    return whole;
}

hone_status hn_keys_number(hone_ctx *ctx, const hn_key_columns *tables, int n_tables, int32_t n,
                           bool missing_is_key, int64_t **ret_numbers, int64_t *ret_n) {
    int *forms;
    int64_t count = 0;
    for (int t = 0; t < n_tables; t++)
        HN_TRY(HN_SCRATCH_NEW(ctx, ret_numbers[t], tables[t].table->n_rows + 1));
    HN_SCRATCH(ctx);
    HN_TRY(HN_SCRATCH_NEW(ctx, forms, n + 1));
    HN_TRY(choose_forms(ctx, tables, n_tables, n, forms));
    hn_map map;
    hn_str bytes;
    hn_map_init(&map, ctx, ctx->scratch);
    hn_str_init(&bytes, ctx, ctx->scratch);
    for (int t = 0; t < n_tables; t++) {
        for (int64_t row = 0; row < tables[t].table->n_rows; row++) {
            if (row % 65536 == 0) HN_TRY(hn_check_cancel(ctx));
            hn_str_clear(&bytes);
            bool whole = put_key(&bytes, &tables[t], n, forms, row);
            HN_TRY(hn_str_status(&bytes));
            ret_numbers[t][row] = -1;
            if (!whole && !missing_is_key) continue;
            int64_t *number = &ret_numbers[t][row];
            HN_TRY(hn_map_intern(&map, (hn_slice){bytes.text, bytes.length}, count, number));
            count += *number == count;
        }
    }
    *ret_n = count;
    return HONE_OK;
}

hone_status hn_key_places(hone_ctx *ctx, const hn_table *table, const char *const *names, int64_t n,
                          int32_t **ret_places) {
    int32_t *places;
    HN_TRY(HN_SCRATCH_NEW(ctx, places, n + 1));
    for (int64_t i = 0; i < n; i++) HN_TRY(hn_table_require(ctx, table, names[i], &places[i]));
    *ret_places = places;
    return HONE_OK;
}
