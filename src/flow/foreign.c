/* foreign.c - see foreign.h. */
#include "flow/foreign.h"

#include "base/map.h"
#include "table/read.h"
#include <string.h>

/* A row's values, each with its length behind it, so that no two keys read alike. False: one is missing. */
static bool put_key(const hn_table *table, const int32_t *columns, int32_t n, int64_t row,
                    hn_str *key) {
    hn_str_clear(key);
    for (int32_t k = 0; k < n; k++) {
        const hn_column *column = &table->columns[columns[k]];
        if (hn_column_is_missing(column, row)) return false;
        size_t begin = key->length;
        hn_column_print(column, row, key);
        size_t length = key->length - begin;
        hn_str_put_n(key, (const char *)&length, sizeof length);
    }
    return true;
}

/* Places in table of "a,b", n of them; a name that stands alone may hold a comma. */
static hone_status find_columns(hone_ctx *ctx, const hn_table *table, const char *names, int32_t n,
                                int32_t *places) {
    for (int32_t k = 0; k < n; k++) {
        size_t length = k < n - 1 ? strcspn(names, ",") : strlen(names);
        char *name = hn_arena_strndup(ctx, ctx->scratch, names, length);
        if (name == NULL) return HONE_ERROR_MEMORY;
        HN_TRY(hn_table_require(ctx, table, name, &places[k]));
        names += length + (k < n - 1);
    }
    return HONE_OK;
}

static hone_status put_keys(hone_ctx *ctx, const hn_table *table, const char *names, int32_t n,
                            hn_map *keys) {
    int32_t *places;
    hn_str key;
    HN_TRY(HN_SCRATCH_NEW(ctx, places, n));
    HN_TRY(find_columns(ctx, table, names, n, places));
    hn_str_init(&key, ctx, ctx->scratch);
    for (int64_t i = 0; i < table->n_rows; i++) {
        if (!put_key(table, places, n, i, &key)) continue;
        HN_TRY(hn_str_status(&key));
        HN_TRY(hn_map_put(keys, (hn_slice){key.text, key.length}, 1));
    }
    return HONE_OK;
}

static hone_status count_lost(hone_ctx *ctx, const hn_table *table, const int32_t *columns,
                              int32_t n, const hn_map *keys, int64_t *ret_count,
                              int64_t *ret_first) {
    hn_str key;
    hn_str_init(&key, ctx, ctx->scratch);
    *ret_count = 0;
    *ret_first = -1;
    for (int64_t i = 0; i < table->n_rows; i++) {
        if (!put_key(table, columns, n, i, &key)) continue;
        HN_TRY(hn_str_status(&key));
        if (hn_map_get(keys, (hn_slice){key.text, key.length}, 0) != 0) continue;
        if (++*ret_count == 1) *ret_first = i;
    }
    return HONE_OK;
}

static bool are_columns(const char *names, int32_t n) {
    for (int32_t k = 0; k < n - 1; k++) {
        size_t length = strcspn(names, ",");
        if (length == 0 || names[length] == '\0') return false;
        names += length + 1;
    }
    return names[0] != '\0' && (n == 1 || strchr(names, ',') == NULL);
}

hone_status hn_foreign_lost(hone_ctx *ctx, const char *path, const hn_table *table,
                            const int32_t *columns, int32_t n, const char *in, int64_t *ret_count,
                            int64_t *ret_first) {
    HN_SCRATCH(ctx);
    const char *colon = strrchr(in, ':');
    hone_table *other;
    hn_map keys;
    if (colon == NULL || colon == in || !are_columns(colon + 1, n))
        return hn_fail_at(ctx, HONE_ERROR_DATA, (hn_where){.file = path},
                          n == 1 ? "%s: 'in' of column '%s' is FILE:COLUMN, not '%s'"
                                 : "%s: 'in' of a key that begins with '%s' is "
                                   "FILE:COLUMN,COLUMN, a column for each of the key's, not '%s'",
                          path, table->columns[columns[0]].name, in);
    char *file = hn_arena_strndup(ctx, ctx->scratch, in, (size_t)(colon - in));
    if (file == NULL) return HONE_ERROR_MEMORY;
    hn_map_init(&keys, ctx, ctx->scratch);
    HN_TRY(hn_read_path(ctx, file, NULL, &other));
    hone_status status = put_keys(ctx, &other->view, colon + 1, n, &keys);
    hone_table_free(ctx, other);
    HN_TRY(status);
    return count_lost(ctx, table, columns, n, &keys, ret_count, ret_first);
}
