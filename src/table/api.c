/* api.c - tables in the public header. */
#include "table/arrow.h"
#include "table/read.h"
#include "table/registry.h"
#include "table/rows.h"
#include "table/write.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

hone_status hone_table_read(hone_ctx *ctx, const char *path, const hone_read_options *options,
                            hone_table **ret_table) {
    return hn_read_path(ctx, path, options, ret_table);
}

hone_status hone_table_sql(hone_ctx *ctx, const char *sql, const hone_read_options *options,
                           hone_table **ret_table) {
    return hn_read_sql(ctx, sql, options, ret_table);
}

hone_status hone_table_write(hone_ctx *ctx, const hone_table *table, const char *path) {
    HN_TRY(hn_table_require_dense(ctx, &table->view));
    return hn_write_path(ctx, &table->view, path);
}

hone_status hone_table_from_arrow(hone_ctx *ctx, struct ArrowArray *array,
                                  const struct ArrowSchema *schema, hone_table **ret_table) {
    return hn_arrow_import(ctx, array, schema, ret_table);
}

hone_status hone_table_from_arrow_stream(hone_ctx *ctx, struct ArrowArrayStream *stream,
                                         hone_table **ret_table) {
    return hn_arrow_import_stream(ctx, stream, ret_table);
}

hone_status hone_table_to_arrow(hone_ctx *ctx, const hone_table *table,
                                struct ArrowArray *ret_array, struct ArrowSchema *ret_schema) {
    HN_TRY(hn_table_require_dense(ctx, &table->view));
    return hn_arrow_export(ctx, &table->view, ret_array, ret_schema);
}

int64_t hone_table_rows(const hone_table *table) { return table->view.n_rows; }

int32_t hone_table_columns(const hone_table *table) { return table->view.n_columns; }

hone_status hone_table_to_matrix(hone_ctx *ctx, const hone_table *table, double *ret_values) {
    return hn_table_write_matrix(ctx, &table->view, ret_values);
}

const void *hone_table_as_matrix(const hone_table *table, const char **ret_type) {
    const hn_table *x = &table->view;
    int64_t stride;
    const void *rows = hn_table_as_rows(x, &stride);
    if (rows == NULL) rows = hn_table_as_row_floats(x, &stride);
    if (rows == NULL || stride != x->n_columns || !hn_arena_has(&table->arena, rows)) return NULL;
    *ret_type = hn_type_name(x->columns[0].type);
    return rows;
}

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
    HN_TRY(hn_table_require_dense(ctx, &table->view));
    return hn_table_hash(ctx, &table->view, ret_hex);
}

hone_status hone_table_register(hone_ctx *ctx, const hone_table *table, const char *name,
                                const char *folder, char **ret_reference) {
    HN_SCRATCH(ctx);
    hn_registered kept;
    HN_TRY(hn_table_require_dense(ctx, &table->view));
    HN_TRY(hn_registry_folder(ctx, ctx->scratch, folder, &folder));
    HN_TRY(hn_registry_keep(ctx, ctx->scratch, folder, name, &table->view, table->source, &kept));
    size_t room = strlen(kept.name) + strlen(kept.version) + sizeof HN_REGISTRY_SCHEME + 1;
    char *text = hn_alloc(ctx, room, 1);
    if (text == NULL) return HONE_ERROR_MEMORY;
    snprintf(text, room, HN_REGISTRY_SCHEME "%s@%s", kept.name, kept.version);
    *ret_reference = text;
    return HONE_OK;
}

/* ---- matrices -------------------------------------------------------------------------------- */

/* A table with named columns of a type, without values yet. */
static hone_status named_columns(hone_ctx *ctx, int64_t rows, int64_t columns,
                                 const char *const *names, hone_table **ret_table) {
    if (rows < 0 || columns < 0 || columns > INT32_MAX - 1)
        return hn_fail(ctx, HONE_ERROR_USAGE, "a matrix of %lld x %lld cannot be a table",
                       (long long)rows, (long long)columns);
    hone_table *table;
    HN_TRY(hn_table_new(ctx, "matrix", &table));
    table->view.n_rows = rows;
    hone_status status = HN_NEW(ctx, &table->arena, table->view.columns, columns + 1);
    for (int64_t j = 0; status == HONE_OK && j < columns; j++) {
        hn_column *column = &table->view.columns[table->view.n_columns++];
        *column = hn_column_of_f64(NULL, NULL, rows);
        column->name = names ? hn_arena_strdup(ctx, &table->arena, names[j])
                             : hn_arena_printf(ctx, &table->arena, "x%lld", (long long)j);
        if (!column->name) status = HONE_ERROR_MEMORY;
    }
    if (status != HONE_OK) {
        hone_table_free(ctx, table);
        return status;
    }
    *ret_table = table;
    return HONE_OK;
}

hone_status hone_table_from_matrix(hone_ctx *ctx, const void *values, const char *type,
                                   int64_t rows, int64_t columns, int64_t row_stride,
                                   int64_t column_stride, const char *const *names,
                                   hone_table **ret_table) {
    hn_type known;
    hone_table *table;
    if (!hn_type_parse(type, &known) || !hn_type_is_numeric(known))
        return hn_fail(ctx, HONE_ERROR_USAGE,
                       "a matrix of '%s' cannot be a table; take float64, float32, int64 or bool",
                       type);
    HN_TRY(named_columns(ctx, rows, columns, names, &table));
    for (int32_t j = 0; j < table->view.n_columns; j++) {
        hn_column *column = &table->view.columns[j];
        column->type = known;
        column->values = (const char *)values + j * column_stride;
        column->stride = row_stride;
    }
    *ret_table = table;
    return HONE_OK;
}

hone_status hone_table_from_csr(hone_ctx *ctx, const int64_t *start, const int32_t *column,
                                const double *value, int64_t rows, int64_t columns,
                                const char *const *names, hone_table **ret_table) {
    hone_table *table;
    hn_csr csr = {rows, columns, start, column, value}, *kept;
    HN_TRY(named_columns(ctx, rows, columns, names, &table));
    hone_status status = hn_csr_check(ctx, &csr);
    if (status == HONE_OK) status = HN_NEW(ctx, &table->arena, kept, 1);
    if (status != HONE_OK) {
        hone_table_free(ctx, table);
        return status;
    }
    *kept = csr;
    table->view.csr = kept;
    *ret_table = table;
    return HONE_OK;
}
