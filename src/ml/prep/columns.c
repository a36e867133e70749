/* columns.c - column by column through a function; see columns.h. */
#include "ml/prep/columns.h"

#include "base/parallel.h"
#include "num/simd.h"
#include "table/rows.h"
#include <string.h>

typedef struct map_job {
    const void *state;
    const hn_table *x;
    hn_map_fn *fn;
    hn_table *out;
} map_job;

/* Numbers of one column as they are stored. */
static void put_cells(const hn_column *to, int64_t begin, const double *values, int64_t n) {
    if (to->type == HN_F64) {
        memcpy((double *)(uintptr_t)to->values + begin, values, (size_t)n * sizeof *values);
    } else {
        float *out = (float *)(uintptr_t)to->values + begin;
        HN_SIMD for (int64_t i = 0; i < n; i++) out[i] = (float)values[i];
    }
}

static hone_status map_cells(hone_ctx *ctx, void *arg, int32_t j, int64_t begin, int64_t end) {
    enum { STRIP = 512 };
    const map_job *job = arg;
    double values[STRIP];
    for (int64_t at = begin; at < end; at += STRIP) {
        int64_t n = end - at < STRIP ? end - at : STRIP;
        hn_column_doubles(&job->x->columns[j], at, at + n, values, 1);
        HN_TRY(job->fn(ctx, job->state, j, values, n));
        put_cells(&job->out->columns[j], at, values, n);
    }
    return HONE_OK;
}

/* ---- matrices ------------------------------------------------------------------------------- */

/* Rows of a matrix at a time: they stay in the cache while they are turned, gone through by column, and turned
 * back. */
enum { TILE = 64 };

/* columns [p, TILE] to rows out [n, p]. */
#define ROWS_OF(type)                                                                              \
    HN_CLONES static void rows_of_##type(const double *restrict columns, int64_t n, int64_t p,     \
                                         type *restrict out) {                                     \
        enum { SIDE = 8 };                                                                         \
        int64_t j = 0;                                                                             \
        for (; j + SIDE <= p; j += SIDE)                                                           \
            for (int64_t i = 0; i < n; i++)                                                        \
                for (int s = 0; s < SIDE; s++)                                                     \
                    out[i * p + j + s] = (type)columns[(j + s) * TILE + i];                        \
        for (; j < p; j++)                                                                         \
            for (int64_t i = 0; i < n; i++) out[i * p + j] = (type)columns[j * TILE + i];          \
    }
ROWS_OF(double)
ROWS_OF(float)

static hone_status map_tiles(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const map_job *job = arg;
    int64_t p = job->x->n_columns;
    const hn_column *to = job->out->columns;
    double *tile;
    HN_TRY(HN_SCRATCH_NEW(ctx, tile, TILE * p));
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += TILE) {
        int64_t n = chunk.end - begin < TILE ? chunk.end - begin : TILE;
        hn_table_columns(job->x, begin, begin + n, tile, TILE);
        for (int32_t j = 0; j < p; j++) HN_TRY(job->fn(ctx, job->state, j, tile + j * TILE, n));
        if (to->type == HN_F64)
            rows_of_double(tile, n, p, (double *)(uintptr_t)to->values + begin * p);
        else
            rows_of_float(tile, n, p, (float *)(uintptr_t)to->values + begin * p);
    }
    return HONE_OK;
}

/* ---- both ----------------------------------------------------------------------------------- */

bool hn_columns_are_rows(const hn_table *x) {
    int64_t stride;
    return x->n_columns > 1 &&
           (hn_table_as_rows(x, &stride) != NULL || hn_table_as_row_floats(x, &stride) != NULL);
}

hone_status hn_columns_like(hone_ctx *ctx, hn_arena *arena, const hn_table *x, hn_table *ret_out) {
    int64_t n = x->n_rows, p = x->n_columns;
    hn_type type = hn_table_is_single(x) ? HN_F32 : HN_F64;
    int64_t size = (int64_t)hn_type_size(type);
    bool matrix = hn_columns_are_rows(x);
    hn_table out = {.n_rows = n, .n_columns = x->n_columns};
    HN_TRY(HN_NEW(ctx, arena, out.columns, p + 1));
    char *values = hn_arena_alloc(ctx, arena, (size_t)n + 1, (size_t)((p > 0 ? p : 1) * size));
    if (values == NULL) return HONE_ERROR_MEMORY;
    for (int32_t j = 0; j < p; j++)
        out.columns[j] = (hn_column){.name = x->columns[j].name,
                                     .type = type,
                                     .n = n,
                                     .values = values + (matrix ? j : j * n) * size,
                                     .stride = matrix ? p * size : size};
    *ret_out = out;
    return HONE_OK;
}

hone_status hn_rows_like(hone_ctx *ctx, hn_arena *arena, const hn_table *x, double **ret_rows,
                         hn_table *ret_out) {
    int64_t n = x->n_rows, p = x->n_columns;
    hn_table out = {.n_rows = n, .n_columns = x->n_columns};
    double *rows;
    HN_TRY(HN_NEW(ctx, arena, out.columns, p + 1));
    HN_TRY(HN_NEW(ctx, arena, rows, n * p + 1));
    for (int32_t j = 0; j < p; j++) {
        out.columns[j] = hn_column_of_f64(x->columns[j].name, rows + j, n);
        out.columns[j].stride = p * (int64_t)sizeof *rows;
    }
    *ret_rows = rows;
    *ret_out = out;
    return HONE_OK;
}

hone_status hn_map_columns(hone_ctx *ctx, const void *state, const hn_table *x, hn_map_fn *fn,
                           hn_arena *arena, hn_table *ret_out) {
    hn_table out;
    HN_TRY(hn_columns_like(ctx, arena, x, &out));
    map_job job = {.state = state, .x = x, .fn = fn, .out = &out};
    HN_TRY(hn_columns_are_rows(x) ? hn_parallel(ctx, x->n_rows, 64 * TILE, map_tiles, &job)
                                  : hn_each_cells(ctx, x->n_columns, x->n_rows, map_cells, &job));
    *ret_out = out;
    return HONE_OK;
}

/* ---- by rows -------------------------------------------------------------------------------- */

typedef struct rows_job {
    const void *state;
    const hn_table *x, *out;
    hn_map_rows_fn *fn;
    double *direct; /* where rows of doubles lie side by side; NULL: they don't */
} rows_job;

/* A row-major matrix [n, n_columns] to rows from begin on. */
static void put_rows(const hn_table *out, int64_t begin, int64_t n, const double *rows) {
    int64_t p = out->n_columns;
    for (int64_t j = 0; j < p; j++) {
        const hn_column *c = &out->columns[j];
        char *cell = (char *)(uintptr_t)c->values + begin * c->stride;
        for (int64_t i = 0; i < n; i++, cell += c->stride)
            if (c->type == HN_F64)
                *(double *)(void *)cell = rows[i * p + j];
            else
                *(float *)(void *)cell = (float)rows[i * p + j];
    }
}

HN_CLONES static void put_floats(float *restrict out, const double *restrict values, int64_t n) {
    HN_SIMD for (int64_t i = 0; i < n; i++) out[i] = (float)values[i];
}

static hone_status map_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    enum { ROWS = 32 };
    const rows_job *job = arg;
    int64_t p = job->x->n_columns, stride;
    double *own = NULL;
    float *floats = (float *)(uintptr_t)hn_table_as_row_floats(job->out, &stride);
    if (job->direct == NULL) HN_TRY(HN_SCRATCH_NEW(ctx, own, ROWS * p + 1));
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += ROWS) {
        int64_t n = chunk.end - begin < ROWS ? chunk.end - begin : ROWS;
        double *rows = job->direct != NULL ? job->direct + begin * p : own;
        hn_table_rows(job->x, begin, begin + n, rows);
        job->fn(job->state, rows, n, p);
        if (job->direct != NULL) continue;
        if (floats != NULL)
            put_floats(floats + begin * p, rows, n * p);
        else
            put_rows(job->out, begin, n, rows);
    }
    return HONE_OK;
}

hone_status hn_map_rows(hone_ctx *ctx, const void *state, const hn_table *x, hn_map_rows_fn *fn,
                        hn_arena *arena, hn_table *ret_out) {
    hn_table out;
    int64_t stride;
    HN_TRY(hn_columns_like(ctx, arena, x, &out));
    rows_job job = {.state = state, .x = x, .out = &out, .fn = fn};
    job.direct = (double *)(uintptr_t)hn_table_as_rows(&out, &stride);
    HN_TRY(hn_parallel(ctx, x->n_rows, 4096, map_rows, &job));
    *ret_out = out;
    return HONE_OK;
}

hone_status hn_map_back(hone_ctx *ctx, const void *state, const hn_table *z, const hn_table *schema,
                        hn_map_fn *fn, hn_arena *arena, hn_table *ret_out) {
    HN_TRY(hn_map_columns(ctx, state, z, fn, arena, ret_out));
    for (int32_t j = 0; j < schema->n_columns; j++)
        ret_out->columns[j].name = schema->columns[j].name;
    return HONE_OK;
}

hone_status hn_prepare_numbers(hone_ctx *ctx, const char *step, const hn_table *schema, int64_t n) {
    bool ok = schema->n_columns == n;
    for (int32_t j = 0; ok && j < n; j++) ok = hn_type_is_numeric(schema->columns[j].type);
    return hn_prepare_check(ctx, step, ok);
}
