/* table.c - tables: making, finding columns, taking rows and columns, the matrix of numbers.
 *
 * Names and dictionaries are never copied: what is taken from a table lives no longer than it. */
#include "table/table.h"

#include "base/parallel.h"
#include "table/cast.h"
#include "table/dictionary.h"
#include "table/rows.h"

#include <assert.h>
#include <string.h>

hone_status hn_table_new(hone_ctx *ctx, const char *source, hone_table **ret_table) {
    hone_table *table = hn_alloc(ctx, 1, sizeof *table);
    if (table == NULL) return HONE_ERROR_MEMORY;
    hn_arena_init(&table->arena, ctx->allocator);
    table->source = hn_arena_strdup(ctx, &table->arena, source ? source : "");
    if (table->source == NULL) {
        hone_table_free(ctx, table);
        return HONE_ERROR_MEMORY;
    }
    *ret_table = table;
    return HONE_OK;
}

void hone_table_free(hone_ctx *ctx, hone_table *table) {
    if (table == NULL) return;
    if (table->release) table->release(table->owner);
    hone_table_free(ctx, table->base);
    hone_allocator allocator = table->arena.allocator;
    hn_arena_done(&table->arena);
    hn_free_with(allocator, table);
    (void)ctx;
}

void hn_table_keep(hone_table *table, hone_table *base) {
    while (table->base != NULL) table = table->base;
    table->base = base;
}

int32_t hn_table_find(const hn_table *table, const char *name) {
    for (int32_t j = 0; j < table->n_columns; j++)
        if (strcmp(table->columns[j].name, name) == 0) return j;
    return -1;
}

hone_status hn_table_index(hone_ctx *ctx, hn_arena *arena, const hn_table *table, hn_map *ret_map) {
    hn_map map;
    hn_map_init(&map, ctx, arena);
    for (int32_t j = 0; j < table->n_columns; j++) {
        const char *name = table->columns[j].name;
        int64_t first;
        HN_TRY(hn_map_intern(&map, (hn_slice){name, strlen(name)}, j, &first));
    }
    *ret_map = map;
    return HONE_OK;
}

hone_status hn_table_require(hone_ctx *ctx, const hn_table *table, const char *name,
                             int32_t *ret_index) {
    int32_t index = hn_table_find(table, name);
    if (index >= 0) {
        *ret_index = index;
        return HONE_OK;
    }
    HN_SCRATCH(ctx);
    const char **names;
    HN_TRY(HN_SCRATCH_NEW(ctx, names, (size_t)table->n_columns + 1));
    for (int32_t j = 0; j < table->n_columns; j++) names[j] = table->columns[j].name;
    const char *nearest = hn_nearest(name, names, (size_t)table->n_columns);
    hn_where where = HN_AT(.column = name);
    if (nearest)
        return hn_fail_at(ctx, HONE_ERROR_DATA, where,
                          "there is no column '%s'; did you mean '%s'?", name, nearest);
    if (table->n_columns == 0)
        return hn_fail_at(ctx, HONE_ERROR_DATA, where,
                          "there is no column '%s': the table has no columns", name);
    return hn_fail_at(ctx, HONE_ERROR_DATA, where,
                      "there is no column '%s'; the table has %d columns, from '%s' to '%s'", name,
                      table->n_columns, names[0], names[table->n_columns - 1]);
}

hone_status hn_table_require_dense(hone_ctx *ctx, const hn_table *table) {
    if (!table->csr) return HONE_OK;
    return hn_fail(ctx, HONE_ERROR_USAGE,
                   "this takes no sparse matrix; fit and answer with one, or make it dense");
}

/* A table with room for the columns. */
static hone_status new_view(hone_ctx *ctx, hn_arena *arena, int64_t n_rows, int32_t n_columns,
                            hn_table *ret_table) {
    hn_table view = {.n_rows = n_rows, .n_columns = n_columns};
    HN_TRY(HN_NEW(ctx, arena, view.columns, (size_t)n_columns + 1));
    *ret_table = view;
    return HONE_OK;
}

hone_status hn_table_select(hone_ctx *ctx, hn_arena *arena, const hn_table *table,
                            const int32_t *columns, int32_t n, hn_table *ret_table) {
    hn_table view;
    HN_TRY(new_view(ctx, arena, table->n_rows, n, &view));
    for (int32_t j = 0; j < n; j++) {
        assert(columns[j] >= 0 && columns[j] < table->n_columns);
        view.columns[j] = table->columns[columns[j]];
    }
    if (table->csr) {
        hn_csr *csr;
        HN_TRY(HN_NEW(ctx, arena, csr, 1));
        HN_TRY(hn_csr_select(ctx, arena, table->csr, columns, n, csr));
        view.csr = csr;
    }
    *ret_table = view;
    return HONE_OK;
}

hn_column hn_column_slice(const hn_column *column, int64_t begin, int64_t end) {
    assert(begin >= 0 && begin <= end && end <= column->n);
    hn_column slice = *column;
    slice.n = end - begin;
    slice.valid_offset += begin;
    if (column->type == HN_STRING)
        slice.offsets += begin;
    else if (column->values)
        slice.values = (const char *)column->values + begin * column->stride;
    return slice;
}

hone_status hn_table_slice(hone_ctx *ctx, hn_arena *arena, const hn_table *table, int64_t begin,
                           int64_t end, hn_table *ret_table) {
    hn_table view;
    HN_TRY(new_view(ctx, arena, end - begin, table->n_columns, &view));
    for (int32_t j = 0; j < table->n_columns; j++)
        view.columns[j] = hn_column_slice(&table->columns[j], begin, end);
    if (table->csr) {
        hn_csr *csr;
        HN_TRY(HN_NEW(ctx, arena, csr, 1));
        *csr = hn_csr_slice(table->csr, begin, end);
        view.csr = csr;
    }
    *ret_table = view;
    return HONE_OK;
}

hone_status hn_table_schema(hone_ctx *ctx, hn_arena *arena, const hn_table *table,
                            hn_table *ret_schema) {
    static const int64_t no_offsets[1];
    hn_table schema;
    HN_TRY(new_view(ctx, arena, 0, table->n_columns, &schema));
    for (int32_t j = 0; j < table->n_columns; j++) {
        const hn_column *from = &table->columns[j];
        hn_column *to = &schema.columns[j];
        *to = (hn_column){.name = hn_arena_strdup(ctx, arena, from->name),
                          .type = from->type,
                          .values = "",
                          .stride = from->stride};
        if (to->name == NULL) return HONE_ERROR_MEMORY;
        if (from->type == HN_STRING) to->offsets = no_offsets;
        if (from->dictionary != NULL)
            HN_TRY(hn_dictionary_copy(ctx, arena, from->dictionary, &to->dictionary));
    }
    *ret_schema = schema;
    return HONE_OK;
}

static bool same_texts(const hn_dictionary *a, const hn_dictionary *b) {
    if (a == b) return true;
    if (a->n != b->n) return false;
    for (int32_t code = 0; code < a->n; code++)
        if (hn_slice_compare(hn_dictionary_text(a, code), hn_dictionary_text(b, code)) != 0)
            return false;
    return true;
}

/* Column j of table, which borrows its columns from given, in the categories of wanted. */
static hone_status recode(hone_ctx *ctx, hn_arena *arena, const hn_column *wanted,
                          const hn_table *given, int32_t j, bool open, hn_table *table) {
    if (table->columns == given->columns) {
        size_t size = (size_t)given->n_columns * sizeof *given->columns;
        HN_TRY(HN_NEW(ctx, arena, table->columns, given->n_columns));
        memcpy(table->columns, given->columns, size);
    }
    if (open)
        return hn_column_cast_open(ctx, arena, &given->columns[j], wanted->dictionary,
                                   &table->columns[j]);
    return hn_column_cast(ctx, arena, &given->columns[j], HN_CATEGORY, wanted->dictionary,
                          HN_MISFIT_FAILS, &table->columns[j]);
}

hone_status hn_columns_match(hone_ctx *ctx, hn_arena *arena, const hn_table *schema,
                             const hn_table *table, bool open, hn_table *ret_table) {
    hn_table matched = *table;
    if (table->n_columns != schema->n_columns)
        return hn_fail(ctx, HONE_ERROR_DATA, "the model was fitted on %d columns, and here are %d",
                       (int)schema->n_columns, (int)table->n_columns);
    for (int32_t j = 0; j < schema->n_columns; j++) {
        const hn_column *wanted = &schema->columns[j], *given = &table->columns[j];
        if (hn_type_is_numeric(wanted->type) && hn_type_is_numeric(given->type)) continue;
        bool texts = wanted->type == HN_CATEGORY && given->type != HN_TIME;
        if (!texts && wanted->type != given->type)
            return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = given->name),
                              "column '%s' is of type %s; the model was fitted on %s", given->name,
                              hn_type_name(given->type), hn_type_name(wanted->type));
        if (texts &&
            (given->type != HN_CATEGORY || !same_texts(wanted->dictionary, given->dictionary)))
            HN_TRY(recode(ctx, arena, wanted, table, j, open, &matched));
    }
    *ret_table = matched;
    return HONE_OK;
}

/* ---- single precision ------------------------------------------------------------------------- */

bool hn_table_is_single(const hn_table *table) {
    for (int32_t j = 0; j < table->n_columns; j++)
        if (table->columns[j].type != HN_F32) return false;
    return table->n_columns > 0 && table->csr == NULL;
}

typedef struct precision_job {
    const hn_table *from;
    hn_table *to;
} precision_job;

static bool same_precision(const hn_column *wanted, const hn_column *given) {
    bool numbers = hn_type_is_numeric(wanted->type) && hn_type_is_numeric(given->type);
    return !numbers || (wanted->type == HN_F32) == (given->type == HN_F32);
}

/* Cells of the columns that are to be others. */
static hone_status convert_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    enum { STRIP = 256 };
    (void)ctx;
    const precision_job *job = arg;
    double values[STRIP];
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += STRIP) {
        int64_t end = chunk.end - begin < STRIP ? chunk.end : begin + STRIP;
        for (int32_t j = 0; j < job->to->n_columns; j++) {
            hn_column *to = &job->to->columns[j];
            if (to->values == job->from->columns[j].values) continue;
            char *out = (char *)(uintptr_t)to->values + begin * to->stride;
            hn_column_doubles(&job->from->columns[j], begin, end, values, 1);
            for (int64_t i = 0; i < end - begin; i++, out += to->stride)
                if (to->type == HN_F32)
                    *(float *)(void *)out = (float)values[i];
                else
                    *(double *)(void *)out = values[i];
        }
    }
    return HONE_OK;
}

hone_status hn_columns_precision(hone_ctx *ctx, hn_arena *arena, const hn_table *schema,
                                 const hn_table *table, hn_table *ret_table) {
    int32_t others = 0;
    for (int32_t j = 0; table->csr == NULL && j < table->n_columns; j++)
        others += !same_precision(&schema->columns[j], &table->columns[j]);
    *ret_table = *table;
    if (others == 0) return HONE_OK;
    /* A row of those that change lies together: of a matrix all do. */
    hn_table made = *table;
    char *rows;
    size_t row_bytes = 0;
    for (int32_t j = 0; j < table->n_columns; j++)
        if (!same_precision(&schema->columns[j], &table->columns[j]))
            row_bytes += hn_type_size(schema->columns[j].type == HN_F32 ? HN_F32 : HN_F64);
    row_bytes = (row_bytes + 7) / 8 * 8;
    HN_TRY(HN_NEW(ctx, arena, made.columns, table->n_columns));
    rows = hn_arena_alloc(ctx, arena, (size_t)table->n_rows + 1, row_bytes);
    if (rows == NULL) return HONE_ERROR_MEMORY;
    for (int width = 8; width >= 4; width -= 4)
        for (int32_t j = 0; j < table->n_columns; j++) {
            hn_column *column = &made.columns[j];
            hn_type type = schema->columns[j].type == HN_F32 ? HN_F32 : HN_F64;
            if ((int)hn_type_size(type) != width) continue;
            *column = table->columns[j];
            if (same_precision(&schema->columns[j], &table->columns[j])) continue;
            column->type = type;
            column->values = rows;
            column->stride = (int64_t)row_bytes;
            column->valid = NULL; /* a null is read as NaN */
            rows += width;
        }
    HN_TRY(hn_parallel(ctx, table->n_rows, 4096, convert_chunk, &(precision_job){table, &made}));
    *ret_table = made;
    return HONE_OK;
}

/* ---- taking rows ------------------------------------------------------------------------------
 * The work is cut into column x block of rows. Blocks are a multiple of 64 rows, so that no two write
 * to the same byte of a bitmap. Memory is had beforehand: workers must not share the arena. */

enum { TAKE_BLOCK = 1 << 16 };

typedef struct take {
    const hn_table *from;
    const int64_t *rows;
    int64_t n, blocks;
    hn_table *to;
    int64_t **offsets; /* per column, strings only: where the texts go */
} take;

static void take_values(const hn_column *from, char *to, const int64_t *rows, int64_t begin,
                        int64_t end) {
#define TAKE(T)                                                                                    \
    for (int64_t i = begin; i < end; i++)                                                          \
    ((T *)(void *)to)[i] =                                                                         \
        *(const T *)(const void *)((const char *)from->values + rows[i] * from->stride)
    switch (hn_type_size(from->type)) {
    case 8: TAKE(uint64_t); break;
    case 4: TAKE(uint32_t); break;
    case 1: TAKE(uint8_t); break;
    default: assert(false);
    }
#undef TAKE
}

static hone_status take_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const take *t = arg;
    const hn_column *from = &t->from->columns[chunk.index / t->blocks];
    const hn_column *to = &t->to->columns[chunk.index / t->blocks];
    int64_t begin = chunk.index % t->blocks * TAKE_BLOCK;
    int64_t end = begin + TAKE_BLOCK < t->n ? begin + TAKE_BLOCK : t->n;
    if (from->type == HN_STRING) {
        for (int64_t i = begin; i < end; i++) {
            hn_slice text = hn_column_text(from, t->rows[i]);
            if (text.length)
                memcpy((char *)(uintptr_t)to->values + to->offsets[i], text.text, text.length);
        }
    } else if (from->values) {
        take_values(from, (char *)(uintptr_t)to->values, t->rows, begin, end);
    }
    if (to->valid)
        for (int64_t i = begin; i < end; i++)
            if (hn_column_is_null(from, t->rows[i]))
                hn_valid_clear((uint8_t *)(uintptr_t)to->valid, i);
    return HONE_OK;
}

static hone_status take_room(hone_ctx *ctx, hn_arena *arena, const hn_column *from,
                             const int64_t *rows, int64_t n, hn_column *to) {
    *to = *from;
    to->n = n;
    to->valid = NULL;
    to->valid_offset = 0;
    if (from->valid) {
        uint8_t *valid;
        HN_TRY(hn_valid_new(ctx, arena, n, &valid));
        to->valid = valid;
    }
    if (from->type != HN_STRING) {
        to->stride = (int64_t)hn_type_size(from->type);
        to->values = hn_arena_alloc(ctx, arena, (size_t)n + 1, (size_t)to->stride);
        return to->values ? HONE_OK : HONE_ERROR_MEMORY;
    }
    int64_t *offsets;
    HN_TRY(HN_NEW(ctx, arena, offsets, (size_t)n + 1));
    for (int64_t i = 0; i < n; i++)
        offsets[i + 1] = offsets[i] + (int64_t)hn_column_text(from, rows[i]).length;
    to->offsets = offsets;
    to->values = hn_arena_alloc(ctx, arena, (size_t)offsets[n] + 1, 1);
    return to->values ? HONE_OK : HONE_ERROR_MEMORY;
}

static hone_status take_sparse(hone_ctx *ctx, hn_arena *arena, const hn_table *table,
                               const int64_t *rows, int64_t n, hn_table *view,
                               hn_table *ret_table) {
    hn_csr *csr;
    HN_TRY(HN_NEW(ctx, arena, csr, 1));
    HN_TRY(hn_csr_take(ctx, arena, table->csr, rows, n, csr));
    for (int32_t j = 0; j < table->n_columns; j++) {
        view->columns[j] = table->columns[j];
        view->columns[j].n = n;
    }
    view->csr = csr;
    *ret_table = *view;
    return HONE_OK;
}

hone_status hn_table_take(hone_ctx *ctx, hn_arena *arena, const hn_table *table,
                          const int64_t *rows, int64_t n, hn_table *ret_table) {
    hn_table view;
    HN_TRY(new_view(ctx, arena, n, table->n_columns, &view));
    for (int64_t i = 0; i < n; i++) assert(rows[i] >= 0 && rows[i] < table->n_rows);
    if (table->csr) return take_sparse(ctx, arena, table, rows, n, &view, ret_table);
    for (int32_t j = 0; j < table->n_columns; j++)
        HN_TRY(take_room(ctx, arena, &table->columns[j], rows, n, &view.columns[j]));
    take work = {.from = table, .rows = rows, .n = n, .to = &view};
    work.blocks = hn_chunks(n, TAKE_BLOCK);
    HN_TRY(hn_parallel(ctx, work.blocks * table->n_columns, 1, take_chunk, &work));
    *ret_table = view;
    return HONE_OK;
}

/* No value in n rows. */
static hone_status take_nothing(hone_ctx *ctx, hn_arena *arena, const hn_column *column, int64_t n,
                                hn_column *ret_column) {
    hn_builder *builder;
    HN_TRY(hn_builder_new(ctx, arena, column->name, column->type, &builder));
    for (int64_t i = 0; i < n; i++) HN_TRY(hn_builder_null(builder));
    return hn_builder_finish(builder, ret_column);
}

/* Missing values where rows are -1: NaN in floats, else in a bitmap. */
static hone_status put_missing(hone_ctx *ctx, hn_arena *arena, const int64_t *rows, int64_t n,
                               hn_column *column) {
    char *values = (char *)(uintptr_t)column->values;
    uint8_t *valid = (uint8_t *)(uintptr_t)column->valid;
    bool is_float = column->type == HN_F64 || column->type == HN_F32;
    if (!is_float && valid == NULL) HN_TRY(hn_valid_new(ctx, arena, n, &valid));
    for (int64_t i = 0; i < n; i++) {
        if (rows[i] >= 0) continue;
        if (valid) hn_valid_clear(valid, i);
        if (column->type == HN_F64) ((double *)(void *)values)[i] = (double)NAN;
        if (column->type == HN_F32) ((float *)(void *)values)[i] = NAN;
    }
    column->valid = valid;
    return HONE_OK;
}

hone_status hn_column_take(hone_ctx *ctx, hn_arena *arena, const hn_column *column,
                           const int64_t *rows, int64_t n, hn_column *ret_column) {
    HN_SCRATCH(ctx);
    int64_t *legal, n_none = 0;
    for (int64_t i = 0; i < n; i++) n_none += rows[i] < 0;
    if (column->n == 0) return take_nothing(ctx, arena, column, n, ret_column);
    HN_TRY(HN_SCRATCH_NEW(ctx, legal, n + 1));
    for (int64_t i = 0; i < n; i++) legal[i] = rows[i] < 0 ? 0 : rows[i];
    hn_table one = {.n_rows = column->n, .n_columns = 1, .columns = (hn_column *)(uintptr_t)column};
    hn_table taken;
    HN_TRY(hn_table_take(ctx, arena, &one, legal, n, &taken));
    *ret_column = taken.columns[0];
    return n_none == 0 ? HONE_OK : put_missing(ctx, arena, rows, n, ret_column);
}

/* ---- the matrix ------------------------------------------------------------------------------ */

typedef struct matrix {
    const hn_table *table;
    double *out;
} matrix;

static hone_status matrix_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const matrix *m = arg;
    hn_table_rows(m->table, chunk.begin, chunk.end, m->out + chunk.begin * m->table->n_columns);
    return HONE_OK;
}

hone_status hn_table_write_matrix(hone_ctx *ctx, const hn_table *table, double *ret_matrix) {
    /* Blocks of rows that stay in the cache while the columns are written side by side. */
    return hn_parallel(ctx, table->n_rows, 256, matrix_chunk, &(matrix){table, ret_matrix});
}

hone_status hn_table_matrix(hone_ctx *ctx, hn_arena *arena, const hn_table *table,
                            double **ret_matrix) {
    double *values;
    size_t rows = (size_t)table->n_rows, row_bytes;
    /* rows * width * 8 is checked in two steps: the second within the allocation. */
    if (__builtin_mul_overflow((size_t)table->n_columns, sizeof(double), &row_bytes))
        row_bytes = SIZE_MAX;
    values = hn_arena_alloc(ctx, arena, rows ? rows : 1, row_bytes ? row_bytes : 1);
    if (values == NULL) return HONE_ERROR_MEMORY;
    HN_TRY(hn_table_write_matrix(ctx, table, values));
    *ret_matrix = values;
    return HONE_OK;
}

/* Columns without values, "PREFIX_0" and so on. */
static hone_status numbered(hone_ctx *ctx, hn_arena *arena, const char *prefix, int64_t n_rows,
                            int64_t n_columns, hn_table *ret_table) {
    assert(n_columns >= 0 && n_columns <= INT32_MAX);
    hn_table table = {.n_rows = n_rows, .n_columns = (int32_t)n_columns};
    HN_TRY(HN_NEW(ctx, arena, table.columns, n_columns + 1));
    for (int64_t j = 0; j < n_columns; j++) {
        char *name = hn_arena_printf(ctx, arena, "%s_%lld", prefix, (long long)j);
        if (name == NULL) return HONE_ERROR_MEMORY;
        table.columns[j] = hn_column_of_f64(name, NULL, n_rows);
    }
    *ret_table = table;
    return HONE_OK;
}

hone_status hn_table_numbered(hone_ctx *ctx, hn_arena *arena, const char *prefix, int64_t n_rows,
                              int64_t n_columns, double ***ret_values, hn_table *ret_table) {
    hn_table table;
    double **values;
    HN_TRY(numbered(ctx, arena, prefix, n_rows, n_columns, &table));
    HN_TRY(HN_NEW(ctx, arena, values, n_columns + 1));
    for (int64_t j = 0; j < n_columns; j++) {
        HN_TRY(HN_NEW(ctx, arena, values[j], n_rows + 1));
        table.columns[j].values = values[j];
    }
    *ret_values = values;
    *ret_table = table;
    return HONE_OK;
}

hone_status hn_table_numbered_rows(hone_ctx *ctx, hn_arena *arena, const char *prefix,
                                   int64_t n_rows, int64_t n_columns, hn_type type, void **ret_rows,
                                   hn_table *ret_table) {
    hn_table table;
    size_t size = hn_type_size(type), row_bytes = (size_t)(n_columns > 0 ? n_columns : 1) * size;
    HN_TRY(numbered(ctx, arena, prefix, n_rows, n_columns, &table));
    char *rows = hn_arena_alloc(ctx, arena, (size_t)n_rows + 1, row_bytes);
    if (rows == NULL) return HONE_ERROR_MEMORY;
    for (int64_t j = 0; j < n_columns; j++) {
        table.columns[j].type = type;
        table.columns[j].values = rows + (size_t)j * size;
        table.columns[j].stride = (int64_t)row_bytes;
    }
    *ret_rows = rows;
    *ret_table = table;
    return HONE_OK;
}
