/* arrow_import.c - Arrow arrays as tables; see arrow.h for what becomes of each type.
 *
 * A child is first described as a slice (checked counts, buffers, where its first row stands); then a
 * function per kind of type makes the column, borrowing where the layouts agree. */
#include "table/arrow_import.h"

#include "table/dialect.h"

#include <string.h>

hone_status hn_arrow_refuse(const hn_arrow_importer *im, const hn_arrow_slice *s,
                            const char *what) {
    return hn_fail_at(im->ctx, HONE_ERROR_DATA, HN_AT(.column = s->name),
                      "column '%s' of the Arrow array (format '%.32s') %s", s->name, s->format,
                      what);
}

/* Are n + offset rows thinkable, and are there so many buffers? */
hone_status hn_arrow_check(const hn_arrow_importer *im, const hn_arrow_slice *s,
                           int64_t n_buffers) {
    const struct ArrowArray *a = s->array;
    if (a == NULL || a->release == NULL)
        return hn_arrow_refuse(im, s, "is released: pass it only once");
    int64_t end;
    if (a->length < 0 || a->offset < 0 || a->null_count < -1 || a->null_count > a->length ||
        __builtin_add_overflow(a->length, a->offset, &end) || end > INT64_MAX / 16)
        return hn_arrow_refuse(im, s, "has impossible counts of rows");
    if (a->n_buffers < n_buffers || (n_buffers > 0 && a->buffers == NULL))
        return hn_arrow_refuse(im, s, "lacks buffers");
    for (int64_t i = 1; i < n_buffers; i++)
        if (a->buffers[i] == NULL && s->n > 0)
            return hn_arrow_refuse(im, s, "has a buffer that is NULL");
    return HONE_OK;
}

/* The nulls of the struct itself and of the child, as the column's. */
static hone_status set_valid(const hn_arrow_importer *im, const hn_arrow_slice *s,
                             hn_column *column) {
    const uint8_t *outer =
        im->parent->null_count == 0 || im->parent->n_buffers < 1 || im->parent->buffers == NULL
            ? NULL
            : im->parent->buffers[0];
    if (outer == NULL) {
        column->valid = s->valid;
        column->valid_offset = s->valid ? s->offset : 0;
        return HONE_OK;
    }
    uint8_t *valid;
    HN_TRY(hn_valid_new(im->ctx, im->arena, s->n, &valid));
    for (int64_t i = 0; i < s->n; i++) {
        int64_t bit = im->parent->offset + i;
        if (!(outer[bit >> 3] >> (bit & 7) & 1) || !hn_arrow_is_valid(s, i))
            hn_valid_clear(valid, i);
    }
    column->valid = valid;
    column->valid_offset = 0;
    return HONE_OK;
}

/* ---- columns and the table ------------------------------------------------------------------- */

static hone_status import_column(const hn_arrow_importer *im, const char *name,
                                 const struct ArrowArray *array, const struct ArrowSchema *schema,
                                 hn_column *ret_column) {
    hn_arrow_slice s = {.name = name, .format = "", .array = array, .n = im->parent->length};
    if (schema == NULL || schema->format == NULL) return hn_arrow_refuse(im, &s, "has no format");
    s.format = schema->format;
    bool text = schema->dictionary == NULL && hn_arrow_is_text(s.format);
    bool none = strcmp(s.format, "n") == 0;
    HN_TRY(text ? hn_arrow_check_texts(im, &s) : hn_arrow_check(im, &s, none ? 0 : 2));
    if (array->length - im->parent->offset < s.n)
        return hn_arrow_refuse(im, &s, "is shorter than the table");
    s.offset = array->offset + im->parent->offset;
    s.valid = none || array->null_count == 0 ? NULL : array->buffers[0];
    hn_column column = {.name = name, .n = s.n};
    if (none) {
        HN_TRY(hn_arrow_null(im, &s, &column));
        *ret_column = column;
        return HONE_OK;
    }
    HN_TRY(set_valid(im, &s, &column));
    char first = s.format[0];
    bool single = s.format[0] && s.format[1] == '\0';
    if (schema->dictionary)
        HN_TRY(hn_arrow_dictionary(im, &s, schema, &column));
    else if (text)
        HN_TRY(hn_arrow_texts(im, &s, &column));
    else if (single && first == 'g')
        HN_TRY(hn_arrow_borrow(im, &s, HN_F64, &column));
    else if (single && first == 'f')
        HN_TRY(hn_arrow_borrow(im, &s, HN_F32, &column));
    else if (single && first == 'e')
        HN_TRY(hn_arrow_halves(im, &s, &column));
    else if (single && first == 'b')
        HN_TRY(hn_arrow_bools(im, &s, &column));
    else if (single && strchr("cCsSiIlL", first))
        HN_TRY(hn_arrow_ints(im, &s, &column));
    else if (first == 'd' && s.format[1] == ':')
        HN_TRY(hn_arrow_decimals(im, &s, &column));
    else if (first == 't')
        HN_TRY(hn_arrow_times(im, &s, &column));
    else
        return hn_arrow_refuse(im, &s,
                               "is of a type that hone has no column for; cast it or leave it out");
    *ret_column = column;
    return HONE_OK;
}

/* What the columns hn_arrow_borrow from. */
typedef struct owner {
    hone_allocator allocator;
    struct ArrowArray array;
} owner;

static void release_owner(void *pointer) {
    owner *o = pointer;
    hone_allocator allocator = o->allocator;
    o->array.release(&o->array);
    allocator.resize(allocator.user, o, sizeof *o, 0);
}

static hone_status import_columns(const hn_arrow_importer *im, const struct ArrowSchema *schema,
                                  hone_table *table) {
    const struct ArrowArray *array = im->parent;
    int32_t n = (int32_t)array->n_children;
    const char **names;
    HN_TRY(HN_NEW(im->ctx, im->arena, names, (size_t)n + 1));
    HN_TRY(HN_NEW(im->ctx, im->arena, table->view.columns, (size_t)n + 1));
    for (int32_t j = 0; j < n; j++) {
        const struct ArrowSchema *child = schema->children[j];
        names[j] = child && child->name && child->name[0]
                       ? hn_arena_strdup(im->ctx, im->arena, child->name)
                       : hn_arena_printf(im->ctx, im->arena, "c%d", j);
        if (names[j] == NULL) return HONE_ERROR_MEMORY;
    }
    HN_TRY(hn_names_unique(im->ctx, im->arena, names, n));
    for (int32_t j = 0; j < n; j++)
        HN_TRY(import_column(im, names[j], array->children[j], schema->children[j],
                             &table->view.columns[j]));
    table->view.n_columns = n;
    table->view.n_rows = array->length;
    return HONE_OK;
}

static hone_status check_struct(hone_ctx *ctx, const struct ArrowArray *array,
                                const struct ArrowSchema *schema) {
    const char *wrong = NULL;
    int64_t end;
    if (array == NULL || array->release == NULL)
        wrong = "is released: pass it only once";
    else if (schema == NULL || schema->release == NULL || schema->format == NULL)
        wrong = "has no schema";
    else if (strcmp(schema->format, "+s") != 0)
        wrong = "is no struct; pass a record batch";
    else if (array->length < 0 || array->offset < 0 || array->null_count < -1 ||
             __builtin_add_overflow(array->length, array->offset, &end) || end > INT64_MAX / 16)
        wrong = "has impossible counts of rows";
    else if (array->n_children < 0 || array->n_children != schema->n_children ||
             array->n_children > 1000000)
        wrong = "has another number of columns than its schema";
    else if (array->n_children > 0 && (array->children == NULL || schema->children == NULL))
        wrong = "lacks its columns";
    if (wrong == NULL) return HONE_OK;
    return hn_fail(ctx, HONE_ERROR_DATA, "the Arrow array %s", wrong);
}

hone_status hn_arrow_import(hone_ctx *ctx, struct ArrowArray *array,
                            const struct ArrowSchema *schema, hone_table **ret_table) {
    HN_TRY(check_struct(ctx, array, schema));
    hone_table *table;
    HN_TRY(hn_table_new(ctx, "Arrow", &table));
    hn_arrow_importer im = {.ctx = ctx, .arena = &table->arena, .parent = array};
    hone_status status = import_columns(&im, schema, table);
    owner *o = NULL;
    if (status == HONE_OK) {
        o = ctx->allocator.resize(ctx->allocator.user, NULL, 0, sizeof *o);
        if (o == NULL) status = hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory for an Arrow table");
    }
    if (status != HONE_OK) {
        hone_table_free(ctx, table);
        return status;
    }
    *o = (owner){ctx->allocator, *array};
    array->release = NULL; /* moved */
    table->owner = o;
    table->release = release_owner;
    *ret_table = table;
    return HONE_OK;
}
