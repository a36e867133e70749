/* arrow_export.c - tables as Arrow arrays; see arrow.h.
 *
 * Everything that one export hands out stands in one block of memory (an arena) that counts how many of
 * its structs are not yet released: a consumer may move children away and release them one by one, in
 * any order and thread. */
#include "table/arrow.h"

#include <stdatomic.h>
#include <string.h>

typedef struct shared {
    hn_arena arena;
    hone_allocator allocator;
    atomic_int living;
} shared;

static hone_status new_shared(hone_ctx *ctx, shared **ret_shared) {
    shared *s = ctx->allocator.resize(ctx->allocator.user, NULL, 0, sizeof *s);
    if (s == NULL) return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory for an Arrow export");
    hn_arena_init(&s->arena, ctx->allocator);
    s->allocator = ctx->allocator;
    atomic_init(&s->living, 1); /* the export itself, until it is done */
    *ret_shared = s;
    return HONE_OK;
}

static void drop(shared *s) {
    if (atomic_fetch_sub(&s->living, 1) != 1) return;
    hone_allocator allocator = s->allocator;
    hn_arena_done(&s->arena);
    allocator.resize(allocator.user, s, sizeof *s, 0);
}

static void release_schema(struct ArrowSchema *schema) {
    for (int64_t i = 0; i < schema->n_children; i++)
        if (schema->children[i]->release) schema->children[i]->release(schema->children[i]);
    if (schema->dictionary && schema->dictionary->release)
        schema->dictionary->release(schema->dictionary);
    schema->release = NULL;
    drop(schema->private_data);
}

static void release_array(struct ArrowArray *array) {
    for (int64_t i = 0; i < array->n_children; i++)
        if (array->children[i]->release) array->children[i]->release(array->children[i]);
    if (array->dictionary && array->dictionary->release)
        array->dictionary->release(array->dictionary);
    array->release = NULL;
    drop(array->private_data);
}

/* ---- schema ---------------------------------------------------------------------------------- */

static const char *format_of(hn_type type) {
    static const char *const formats[HN_TYPE_COUNT] = {
        [HN_F64] = "g",      [HN_F32] = "f",    [HN_I64] = "l",    [HN_BOOL] = "b",
        [HN_CATEGORY] = "i", [HN_STRING] = "U", [HN_TIME] = "tsu:"};
    return formats[type];
}

static void init_schema(shared *s, const char *format, const char *name,
                        struct ArrowSchema *schema) {
    *schema = (struct ArrowSchema){.format = format,
                                   .name = name,
                                   .flags = ARROW_FLAG_NULLABLE,
                                   .release = release_schema,
                                   .private_data = s};
    atomic_fetch_add(&s->living, 1);
}

static hone_status export_schema(hone_ctx *ctx, shared *s, const hn_table *table,
                                 struct ArrowSchema *root) {
    struct ArrowSchema **children, *structs;
    int32_t n = table->n_columns;
    HN_TRY(HN_NEW(ctx, &s->arena, children, (size_t)n + 1));
    HN_TRY(HN_NEW(ctx, &s->arena, structs, 2 * (size_t)n + 1));
    for (int32_t j = 0; j < n; j++) {
        const hn_column *column = &table->columns[j];
        const char *name = hn_arena_strdup(ctx, &s->arena, column->name);
        if (name == NULL) return HONE_ERROR_MEMORY;
        children[j] = &structs[2 * j];
        *children[j] = (struct ArrowSchema){.name = name};
    }
    /* Nothing can fail from here on, so every struct is alive or none is. */
    init_schema(s, "+s", "", root);
    root->flags = 0;
    root->n_children = n;
    root->children = children;
    for (int32_t j = 0; j < n; j++) {
        init_schema(s, format_of(table->columns[j].type), children[j]->name, children[j]);
        if (table->columns[j].type != HN_CATEGORY) continue;
        init_schema(s, "U", "", &structs[2 * j + 1]);
        children[j]->dictionary = &structs[2 * j + 1];
    }
    return HONE_OK;
}

/* ---- array ----------------------------------------------------------------------------------- */

/* The parts of an array before it comes alive. */
static hone_status make_array(hone_ctx *ctx, shared *s, int64_t n, int64_t n_buffers,
                              struct ArrowArray *array) {
    *array = (struct ArrowArray){.length = n, .n_buffers = n_buffers, .private_data = s};
    HN_TRY(HN_NEW(ctx, &s->arena, array->buffers, n_buffers));
    return HONE_OK;
}

/* Missing values and unknown categories as nulls. */
static hone_status export_nulls(hone_ctx *ctx, shared *s, const hn_column *column,
                                struct ArrowArray *array) {
    uint8_t *valid = NULL;
    for (int64_t i = 0; i < column->n; i++) {
        bool unknown = column->type == HN_CATEGORY && !hn_column_is_null(column, i) &&
                       hn_column_code(column, i) == HN_UNKNOWN;
        if (!unknown && !hn_column_is_missing(column, i)) continue;
        if (valid == NULL) HN_TRY(hn_valid_new(ctx, &s->arena, column->n, &valid));
        hn_valid_clear(valid, i);
        array->null_count++;
    }
    array->buffers[0] = valid;
    return HONE_OK;
}

static hone_status export_texts(hone_ctx *ctx, shared *s, const int64_t *offsets, const char *bytes,
                                int64_t n, struct ArrowArray *array) {
    int64_t *own;
    char *copy;
    int64_t first = n ? offsets[0] : 0, length = n ? offsets[n] - first : 0;
    HN_TRY(HN_NEW(ctx, &s->arena, own, n + 1));
    HN_TRY(HN_NEW(ctx, &s->arena, copy, length + 1));
    for (int64_t i = 0; i <= n && n; i++) own[i] = offsets[i] - first;
    if (length) memcpy(copy, bytes + first, (size_t)length);
    array->buffers[1] = own;
    array->buffers[2] = copy;
    return HONE_OK;
}

static hone_status export_values(hone_ctx *ctx, shared *s, const hn_column *column,
                                 struct ArrowArray *array) {
    size_t size = hn_type_size(column->type);
    char *values = hn_arena_alloc(ctx, &s->arena, (size_t)column->n + 1, size);
    if (values == NULL) return HONE_ERROR_MEMORY;
    array->buffers[1] = values;
    const char *from = column->values;
    if (column->type == HN_BOOL) {
        for (int64_t i = 0; i < column->n; i++)
            if (from[i * column->stride]) values[i >> 3] |= (char)(1u << (i & 7));
    } else {
        for (int64_t i = 0; i < column->n; i++)
            memcpy(values + (size_t)i * size, from + i * column->stride, size);
    }
    if (column->type != HN_CATEGORY) return HONE_OK;
    /* Under a null stands a legal index, for consumers that look before they ask. */
    int32_t *codes = (int32_t *)(void *)values;
    for (int64_t i = 0; i < column->n; i++)
        if (hn_column_is_null(column, i) || codes[i] == HN_UNKNOWN) codes[i] = 0;
    return HONE_OK;
}

static hone_status export_column(hone_ctx *ctx, shared *s, const hn_column *column,
                                 struct ArrowArray *array, struct ArrowArray *dictionary) {
    bool string = column->type == HN_STRING;
    HN_TRY(make_array(ctx, s, column->n, string ? 3 : 2, array));
    HN_TRY(export_nulls(ctx, s, column, array));
    if (string) return export_texts(ctx, s, column->offsets, column->values, column->n, array);
    HN_TRY(export_values(ctx, s, column, array));
    if (column->type != HN_CATEGORY) return HONE_OK;
    const hn_dictionary *texts = column->dictionary;
    HN_TRY(make_array(ctx, s, texts->n, 3, dictionary));
    array->dictionary = dictionary;
    return export_texts(ctx, s, texts->offsets, texts->bytes, texts->n, dictionary);
}

static hone_status export_array(hone_ctx *ctx, shared *s, const hn_table *table,
                                struct ArrowArray *root) {
    struct ArrowArray **children, *structs;
    int32_t n = table->n_columns;
    HN_TRY(make_array(ctx, s, table->n_rows, 1, root));
    HN_TRY(HN_NEW(ctx, &s->arena, children, (size_t)n + 1));
    HN_TRY(HN_NEW(ctx, &s->arena, structs, 2 * (size_t)n + 1));
    for (int32_t j = 0; j < n; j++) {
        children[j] = &structs[2 * j];
        HN_TRY(export_column(ctx, s, &table->columns[j], children[j], &structs[2 * j + 1]));
        HN_TRY(hn_check_cancel(ctx));
    }
    root->n_children = n;
    root->children = children;
    root->release = release_array;
    atomic_fetch_add(&s->living, 1);
    for (int32_t j = 0; j < n; j++) {
        children[j]->release = release_array;
        atomic_fetch_add(&s->living, 1);
        if (children[j]->dictionary == NULL) continue;
        children[j]->dictionary->release = release_array;
        atomic_fetch_add(&s->living, 1);
    }
    return HONE_OK;
}

hone_status hn_arrow_export(hone_ctx *ctx, const hn_table *table, struct ArrowArray *ret_array,
                            struct ArrowSchema *ret_schema) {
    shared *for_array = NULL, *for_schema = NULL;
    struct ArrowArray array = {.length = 0};
    struct ArrowSchema schema = {.format = NULL};
    hone_status status = new_shared(ctx, &for_array);
    if (status == HONE_OK) status = new_shared(ctx, &for_schema);
    if (status == HONE_OK) status = export_array(ctx, for_array, table, &array);
    if (status == HONE_OK) status = export_schema(ctx, for_schema, table, &schema);
    if (status != HONE_OK && array.release) array.release(&array);
    if (for_array) drop(for_array);
    if (for_schema) drop(for_schema);
    HN_TRY(status);
    *ret_array = array;
    *ret_schema = schema;
    return HONE_OK;
}
