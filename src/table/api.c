/* api.c - tables in the public header. */
#include "table/arrow.h"
#include "table/read.h"
#include "table/write.h"

#include <assert.h>

hone_status hone_table_read(hone_ctx *ctx, const char *path, const hone_read_options *options,
                            hone_table **ret_table) {
    return hn_read_path(ctx, path, options, ret_table);
}

hone_status hone_table_sql(hone_ctx *ctx, const char *sql, const hone_read_options *options,
                           hone_table **ret_table) {
    return hn_read_sql(ctx, sql, options, ret_table);
}

hone_status hone_table_write(hone_ctx *ctx, const hone_table *table, const char *path) {
    return hn_write_path(ctx, &table->view, path);
}

hone_status hone_table_from_arrow(hone_ctx *ctx, struct ArrowArray *array,
                                  const struct ArrowSchema *schema, hone_table **ret_table) {
    return hn_arrow_import(ctx, array, schema, ret_table);
}

hone_status hone_table_to_arrow(hone_ctx *ctx, const hone_table *table,
                                struct ArrowArray *ret_array, struct ArrowSchema *ret_schema) {
    return hn_arrow_export(ctx, &table->view, ret_array, ret_schema);
}

int64_t hone_table_rows(const hone_table *table) { return table->view.n_rows; }

int32_t hone_table_columns(const hone_table *table) { return table->view.n_columns; }

static const hn_column *column_at(const hone_table *table, int32_t index) {
    assert(table);
    return index >= 0 && index < table->view.n_columns ? &table->view.columns[index] : NULL;
}

const char *hone_table_column_name(const hone_table *table, int32_t index) {
    const hn_column *column = column_at(table, index);
    return column ? column->name : NULL;
}

const char *hone_table_column_type(const hone_table *table, int32_t index) {
    const hn_column *column = column_at(table, index);
    return column ? hn_type_name(column->type) : NULL;
}

hone_status hone_table_hash(hone_ctx *ctx, const hone_table *table, char ret_hex[65]) {
    return hn_table_hash(ctx, &table->view, ret_hex);
}
