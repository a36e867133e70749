/* arrow_stream.c - a stream of Arrow record batches as one table; see arrow.h. */
#include "table/arrow.h"

#include <string.h>

typedef struct batches {
    hone_table **items;
    int64_t n, capacity;
} batches;

static void free_batches(hone_ctx *ctx, batches *all) {
    for (int64_t i = 0; i < all->n; i++) hone_table_free(ctx, all->items[i]);
    hn_free(ctx, all->items);
}

static hone_status refuse(hone_ctx *ctx, struct ArrowArrayStream *stream) {
    const char *why = stream->get_last_error ? stream->get_last_error(stream) : NULL;
    return hn_fail(ctx, HONE_ERROR_DATA, "the Arrow stream could not be read: %.300s",
                   why ? why : "it gives no reason");
}

static hone_status keep(hone_ctx *ctx, batches *all, hone_table *table) {
    if (all->n == all->capacity) {
        int64_t room = 2 * all->capacity + 8;
        hone_table **items =
            hn_resize(ctx, all->items, (size_t)all->capacity, (size_t)room, sizeof *items);
        if (items == NULL) return HONE_ERROR_MEMORY;
        all->items = items;
        all->capacity = room;
    }
    all->items[all->n++] = table;
    return HONE_OK;
}

/* ---- no batch at all ------------------------------------------------------------------------- */

static void release_nothing(struct ArrowArray *array) { array->release = NULL; }

/* An array without rows of each column, so that a table has its columns all the same. */
static hone_status import_nothing(hone_ctx *ctx, const struct ArrowSchema *schema,
                                  hone_table **ret_table) {
    static const int64_t zero[2];
    static const void *buffers[4] = {NULL, zero, zero, zero};
    HN_SCRATCH(ctx);
    size_t n = schema->n_children > 0 ? (size_t)schema->n_children : 0;
    struct ArrowArray **children, *arrays;
    HN_TRY(HN_SCRATCH_NEW(ctx, children, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, arrays, 2 * n + 1));
    for (size_t j = 0; j < 2 * n; j++) {
        bool none = j < n && schema->children[j] && schema->children[j]->format &&
                    strcmp(schema->children[j]->format, "n") == 0;
        arrays[j] = (struct ArrowArray){
            .n_buffers = none ? 0 : 3, .buffers = buffers, .release = release_nothing};
    }
    for (size_t j = 0; j < n; j++) {
        children[j] = &arrays[j];
        if (schema->children[j] && schema->children[j]->dictionary)
            arrays[j].dictionary = &arrays[n + j];
    }
    struct ArrowArray array = {.n_buffers = 1,
                               .buffers = buffers,
                               .n_children = (int64_t)n,
                               .children = children,
                               .release = release_nothing};
    return hn_arrow_import(ctx, &array, schema, ret_table);
}

/* ---- several --------------------------------------------------------------------------------- */

static bool is_text(hn_type type) { return type == HN_CATEGORY || type == HN_STRING; }

/* The type of column j over all batches: its own, or double where numbers differ. Plain text may be either of
 * two types in each batch; the builder decides again over all values. */
static hone_status common_type(hone_ctx *ctx, const batches *all, const struct ArrowSchema *schema,
                               int32_t j, hn_type *ret_type) {
    const hn_column *first = &all->items[0]->view.columns[j];
    hn_type type = first->type;
    if (is_text(type)) type = schema->children[j]->dictionary ? HN_CATEGORY : HN_STRING;
    for (int64_t i = 0; i < all->n; i++) {
        hn_type other = all->items[i]->view.columns[j].type;
        if (other == type || (is_text(other) && is_text(type))) continue;
        if (!hn_type_is_numeric(type) || !hn_type_is_numeric(other))
            return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = first->name),
                              "column '%s' is of another type in another batch of the stream",
                              first->name);
        type = HN_F64;
    }
    *ret_type = type;
    return HONE_OK;
}

static hone_status put_value(hn_builder *builder, const hn_column *column, hn_type type,
                             int64_t i) {
    if (hn_column_is_null(column, i)) return hn_builder_null(builder);
    int64_t value;
    switch (type) {
    case HN_I64:
    case HN_TIME:
        memcpy(&value, (const char *)column->values + i * column->stride, sizeof value);
        return hn_builder_int(builder, value);
    case HN_BOOL:
        return hn_builder_int(builder, ((const uint8_t *)column->values)[i * column->stride]);
    case HN_CATEGORY:
    case HN_STRING: return hn_builder_text(builder, hn_column_text(column, i));
    default: return hn_builder_double(builder, hn_column_double(column, i));
    }
}

static hone_status join_column(hone_ctx *ctx, const batches *all, const struct ArrowSchema *schema,
                               int32_t j, hone_table *table) {
    hn_type type;
    hn_builder *builder;
    hn_column *column = &table->view.columns[j];
    const char *name = hn_arena_strdup(ctx, &table->arena, all->items[0]->view.columns[j].name);
    if (name == NULL) return HONE_ERROR_MEMORY;
    HN_TRY(common_type(ctx, all, schema, j, &type));
    HN_TRY(hn_builder_new(ctx, &table->arena, name, type, &builder));
    for (int64_t b = 0; b < all->n; b++) {
        const hn_column *from = &all->items[b]->view.columns[j];
        HN_TRY(hn_check_cancel(ctx));
        for (int64_t i = 0; i < from->n; i++) HN_TRY(put_value(builder, from, type, i));
    }
    HN_TRY(hn_builder_finish(builder, column));
    column->name = name;
    return HONE_OK;
}

static hone_status join(hone_ctx *ctx, const batches *all, const struct ArrowSchema *schema,
                        hone_table **ret_table) {
    hone_table *table;
    int32_t n = all->items[0]->view.n_columns;
    HN_TRY(hn_table_new(ctx, "Arrow", &table));
    hone_status status = HN_NEW(ctx, &table->arena, table->view.columns, (size_t)n + 1);
    for (int32_t j = 0; status == HONE_OK && j < n; j++) {
        status = join_column(ctx, all, schema, j, table);
        table->view.n_columns++;
    }
    for (int64_t b = 0; b < all->n; b++) table->view.n_rows += all->items[b]->view.n_rows;
    if (status != HONE_OK) {
        hone_table_free(ctx, table);
        return status;
    }
    *ret_table = table;
    return HONE_OK;
}

/* ---- whole ----------------------------------------------------------------------------------- */

static hone_status read_batches(hone_ctx *ctx, struct ArrowArrayStream *stream,
                                const struct ArrowSchema *schema, batches *all) {
    for (;;) {
        struct ArrowArray array = {0};
        HN_TRY(hn_check_cancel(ctx));
        if (stream->get_next(stream, &array) != 0) return refuse(ctx, stream);
        if (array.release == NULL) return HONE_OK;
        hone_table *table;
        hone_status status = hn_arrow_import(ctx, &array, schema, &table);
        if (status == HONE_OK) {
            status = keep(ctx, all, table);
            if (status != HONE_OK) hone_table_free(ctx, table);
        } else {
            array.release(&array);
        }
        HN_TRY(status);
    }
}

hone_status hn_arrow_import_stream(hone_ctx *ctx, struct ArrowArrayStream *stream,
                                   hone_table **ret_table) {
    if (stream == NULL || stream->release == NULL)
        return hn_fail(ctx, HONE_ERROR_DATA, "the Arrow stream is released: pass it only once");
    struct ArrowSchema schema = {0};
    if (stream->get_schema(stream, &schema) != 0) return refuse(ctx, stream);
    batches all = {0};
    hone_status status = read_batches(ctx, stream, &schema, &all);
    if (status == HONE_OK && all.n == 0)
        status = import_nothing(ctx, &schema, ret_table);
    else if (status == HONE_OK && all.n > 1)
        status = join(ctx, &all, &schema, ret_table);
    else if (status == HONE_OK)
        *ret_table = all.items[--all.n];
    free_batches(ctx, &all);
    if (schema.release != NULL) schema.release(&schema);
    return status;
}
