/* rows.c - rows out of columns; see rows.h. */
#include "table/rows.h"
#include "base/parallel.h"
#include "num/simd.h"
#include <assert.h>

/* Whether the columns stand side by side, as in a row-major matrix, of doubles or floats without nulls. */
static bool side_by_side(const hn_table *table, hn_type type) {
    if (table->csr || table->n_columns == 0) return false;
    const hn_column *first = &table->columns[0];
    int64_t size = (int64_t)hn_type_size(type);
    if (first->type != type || first->stride % size != 0) return false;
    for (int32_t j = 0; j < table->n_columns; j++) {
        const hn_column *c = &table->columns[j];
        if (c->type != type || c->valid || c->stride != first->stride) return false;
        if ((const char *)c->values != (const char *)first->values + j * size) return false;
    }
    return true;
}

const double *hn_table_as_rows(const hn_table *table, int64_t *ret_stride) {
    if (!side_by_side(table, HN_F64)) return NULL;
    *ret_stride = table->columns[0].stride / (int64_t)sizeof(double);
    return table->columns[0].values;
}

hone_status hn_table_need_rows(hone_ctx *ctx, hn_arena *arena, const hn_table *x,
                               const double **ret_rows, int64_t *ret_stride) {
    double *copy;
    *ret_rows = hn_table_as_rows(x, ret_stride);
    if (*ret_rows) return HONE_OK;
    HN_TRY(hn_table_matrix(ctx, arena, x, &copy));
    *ret_rows = copy;
    *ret_stride = x->n_columns;
    return HONE_OK;
}

const float *hn_table_as_row_floats(const hn_table *table, int64_t *ret_stride) {
    if (!side_by_side(table, HN_F32)) return NULL;
    *ret_stride = table->columns[0].stride / (int64_t)sizeof(float);
    return table->columns[0].values;
}

/* Four rows of four numbers, of either type, stride apart or each at its own place: turned, rows ld apart. */
typedef double four __attribute__((vector_size(32)));
typedef double four_at __attribute__((vector_size(32), aligned(8), may_alias)); /* in memory */
#define FOUR(p) ((four){(double)(p)[0], (double)(p)[1], (double)(p)[2], (double)(p)[3]})
#define PUT(p, v) (*(four_at *)(p) = (v))
#define TURN(p0, p1, p2, p3, out, ld)                                                              \
    do {                                                                                           \
        four a = FOUR(p0), b = FOUR(p1), c = FOUR(p2), d = FOUR(p3);                               \
        four ab = __builtin_shufflevector(a, b, 0, 4, 2, 6);                                       \
        four ba = __builtin_shufflevector(a, b, 1, 5, 3, 7);                                       \
        four cd = __builtin_shufflevector(c, d, 0, 4, 2, 6);                                       \
        four dc = __builtin_shufflevector(c, d, 1, 5, 3, 7);                                       \
        PUT(out, __builtin_shufflevector(ab, cd, 0, 1, 4, 5));                                     \
        PUT((out) + (ld), __builtin_shufflevector(ba, dc, 0, 1, 4, 5));                            \
        PUT((out) + 2 * (ld), __builtin_shufflevector(ab, cd, 2, 3, 6, 7));                        \
        PUT((out) + 3 * (ld), __builtin_shufflevector(ba, dc, 2, 3, 6, 7));                        \
    } while (0)

/* The same loops for both types. A band is eight columns without gaps, of which whole lines are written.
 * Sixteen rows of all columns at a time: their sources stay in the cache while
 * whole lines of each column are written. */
enum { TILE = 16, BAND = 8 };
#define COPIES(type)                                                                               \
    HN_CLONES static void rows_of_##type(const type *restrict from, int64_t stride, int64_t n,     \
                                         int64_t width, double *restrict out, int64_t ld) {        \
        for (int64_t i = 0; i < n; i++) {                                                          \
            HN_SIMD for (int64_t j = 0; j < width; j++) out[j] = (double)from[j];                  \
            from += stride;                                                                        \
            out += ld;                                                                             \
        }                                                                                          \
    }                                                                                              \
    HN_CLONES static void band_of_##type(const type *const from[BAND], int64_t n,                  \
                                         double *restrict out, int64_t ld) {                       \
        int64_t i = 0;                                                                             \
        for (; i + 4 <= n; i += 4, out += 4 * ld)                                                  \
            for (int j = 0; j < BAND; j += 4)                                                      \
                TURN(from[j] + i, from[j + 1] + i, from[j + 2] + i, from[j + 3] + i, out + j, ld); \
        for (; i < n; i++, out += ld)                                                              \
            for (int j = 0; j < BAND; j++) out[j] = (double)from[j][i];                            \
    }                                                                                              \
    HN_CLONES static void columns_of_##type(const type *restrict from, int64_t stride, int64_t n,  \
                                            int64_t width, double *restrict out, int64_t ld) {     \
        for (int64_t begin = 0; begin < n; begin += TILE) {                                        \
            int64_t rows = n - begin < TILE ? n - begin : TILE, j = 0;                             \
            const type *tile = from + begin * stride;                                              \
            for (; rows == TILE && j + 4 <= width; j += 4)                                         \
                for (int64_t i = 0; i < TILE; i += 4) {                                            \
                    const type *at = tile + i * stride + j;                                        \
                    TURN(at, at + stride, at + 2 * stride, at + 3 * stride,                        \
                         out + j * ld + begin + i, ld);                                            \
                }                                                                                  \
            for (; j < width; j++) {                                                               \
                double *to = out + j * ld + begin;                                                 \
                for (int64_t i = 0; i < rows; i++) to[i] = (double)tile[i * stride + j];           \
            }                                                                                      \
        }                                                                                          \
    }
COPIES(double)
COPIES(float)

/* Columns j..j+7 of rows begin..begin+n-1 to out, rows ld apart; false where they are not alike. */
static bool take_band(const hn_table *table, int64_t j, int64_t begin, int64_t n, double *out,
                      int64_t ld) {
    const hn_column *c = table->columns + j;
    const double *doubles[BAND];
    const float *floats[BAND];
    hn_type type = c->type;
    int64_t size = (int64_t)hn_type_size(type);
    if (j + BAND > table->n_columns || (type != HN_F64 && type != HN_F32)) return false;
    for (int k = 0; k < BAND; k++) {
        if (c[k].type != type || c[k].valid || c[k].stride != size) return false;
        if (type == HN_F64)
            doubles[k] = (const double *)c[k].values + begin;
        else
            floats[k] = (const float *)c[k].values + begin;
    }
    if (type == HN_F64)
        band_of_double(doubles, n, out, ld);
    else
        band_of_float(floats, n, out, ld);
    return true;
}

void hn_table_rows_apart(const hn_table *table, int64_t begin, int64_t end, double *out,
                         int64_t ld) {
    int64_t n = end - begin, width = table->n_columns;
    assert(ld >= width);
    if (table->csr) {
        for (int64_t i = begin; i < end; i++) hn_csr_row(table->csr, i, out + (i - begin) * ld);
        return;
    }
    if (width == 0) return;
    bool band = false;
    const hn_column *first = &table->columns[0];
    const char *from = (const char *)first->values + begin * first->stride;
    if (side_by_side(table, HN_F64))
        rows_of_double((const void *)from, first->stride / 8, n, width, out, ld);
    else if (side_by_side(table, HN_F32))
        rows_of_float((const void *)from, first->stride / 4, n, width, out, ld);
    else
        for (int64_t j = 0; j < width; j += band ? BAND : 1) {
            band = take_band(table, j, begin, n, out + j, ld);
            if (!band) hn_column_doubles(&table->columns[j], begin, end, out + j, ld);
        }
}

void hn_table_rows(const hn_table *table, int64_t begin, int64_t end, double *out) {
    hn_table_rows_apart(table, begin, end, out, table->n_columns);
}

void hn_table_columns(const hn_table *table, int64_t begin, int64_t end, double *out, int64_t ld) {
    int64_t n = end - begin, width = table->n_columns;
    assert(!table->csr);
    if (width == 0) return;
    const hn_column *first = &table->columns[0];
    const char *from = (const char *)first->values + begin * first->stride;
    if (side_by_side(table, HN_F64))
        columns_of_double((const void *)from, first->stride / 8, n, width, out, ld);
    else if (side_by_side(table, HN_F32))
        columns_of_float((const void *)from, first->stride / 4, n, width, out, ld);
    else
        for (int64_t j = 0; j < width; j++)
            hn_column_doubles(&table->columns[j], begin, end, out + j * ld, 1);
}

/* x - x is 0 for finite numbers alone. */
#define FINITE(type)                                                                               \
    HN_CLONES static bool finite_##type(const type *restrict from, int64_t stride, int64_t n,      \
                                        int64_t width) {                                           \
        type sum = 0;                                                                              \
        for (int64_t i = 0; i < n; i++, from += stride) {                                          \
            type row[8] = {0};                                                                     \
            int64_t j = 0;                                                                         \
            for (; j + 8 <= width; j += 8)                                                         \
                for (int k = 0; k < 8; k++) row[k] += from[j + k] - from[j + k];                   \
            for (; j < width; j++) row[0] += from[j] - from[j];                                    \
            for (int k = 0; k < 8; k++) sum += row[k];                                             \
        }                                                                                          \
        return sum == 0;                                                                           \
    }
FINITE(double)
FINITE(float)

/* What is looked through: a row-major matrix, in pieces of rows; the entries of a sparse one, in pieces; or
 * columns each for itself. */
typedef struct finite_job {
    const hn_table *x;
    const double *entries; /* sparse */
    bool by_column;
    uint8_t *finite; /* [chunks] */
} finite_job;

static bool finite_values(const hn_column *c, const void *from, int64_t n, int64_t width) {
    return c->type == HN_F64 ? finite_double(from, c->stride / 8, n, width)
                             : finite_float(from, c->stride / 4, n, width);
}

static hone_status finite_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const finite_job *job = arg;
    const hn_column *c = job->x->columns;
    int64_t n = chunk.end - chunk.begin;
    uint8_t *finite = &job->finite[chunk.index];
    if (job->entries) {
        *finite = finite_double(job->entries + chunk.begin, 0, 1, n);
    } else if (!job->by_column) {
        const void *from = (const char *)c->values + chunk.begin * c->stride;
        *finite = finite_values(c, from, n, job->x->n_columns);
    } else {
        *finite = true;
        for (c += chunk.begin; n > 0 && *finite; n--, c++)
            *finite = finite_values(c, c->values, 1, c->n);
    }
    return HONE_OK;
}

/* Whether every column is doubles or floats without gaps or nulls. */
static bool columns_of_floats(const hn_table *x) {
    for (int32_t j = 0; j < x->n_columns; j++) {
        const hn_column *c = &x->columns[j];
        if ((c->type != HN_F64 && c->type != HN_F32) || c->valid) return false;
        if (c->stride != (int64_t)hn_type_size(c->type)) return false;
    }
    return true;
}

hone_status hn_table_all_finite(hone_ctx *ctx, const hn_table *x, bool *ret_finite) {
    enum { ROWS = 4096, ENTRIES = 65536 };
    *ret_finite = false;
    finite_job job = {.x = x};
    int64_t n = x->n_rows, grain = ROWS;
    if (x->csr) {
        job.entries = x->csr->value + x->csr->start[0];
        n = hn_csr_entries(x->csr);
        grain = ENTRIES;
    } else if (!side_by_side(x, HN_F64) && !side_by_side(x, HN_F32)) {
        if (!columns_of_floats(x)) return HONE_OK;
        job.by_column = true;
        n = x->n_columns;
        grain = hn_column_grain(x->n_rows);
    }
    HN_SCRATCH(ctx);
    int64_t chunks = hn_chunks(n, grain);
    HN_TRY(HN_SCRATCH_NEW(ctx, job.finite, chunks + 1));
    HN_TRY(hn_parallel(ctx, n, grain, finite_chunk, &job));
    *ret_finite = true;
    for (int64_t c = 0; c < chunks; c++) *ret_finite &= job.finite[c] != 0;
    return HONE_OK;
}

typedef struct row_job {
    const hn_table *x;
    hn_row_fn *fn;
    const void *arg;
    int64_t work, outputs;
    double *ret;
} row_job;

static hone_status answer_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    enum { ROWS = 32 };
    const row_job *job = arg;
    int64_t p = job->x->n_columns;
    int64_t most = chunk.end - chunk.begin < ROWS ? chunk.end - chunk.begin : ROWS;
    double *rows, *work;
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, most * p + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, work, job->work + 1));
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += ROWS) {
        int64_t end = begin + ROWS < chunk.end ? begin + ROWS : chunk.end;
        hn_table_rows(job->x, begin, end, rows);
        for (int64_t i = begin; i < end; i++)
            job->fn(job->arg, rows + (i - begin) * p, work, job->ret + i * job->outputs);
    }
    return HONE_OK;
}

hone_status hn_each_row(hone_ctx *ctx, const hn_table *x, hn_row_fn *fn, const void *arg,
                        int64_t work, int64_t outputs, double *ret) {
    enum { GRAIN = 512 };
    row_job job = {x, fn, arg, work, outputs, ret};
    return hn_parallel(ctx, x->n_rows, GRAIN, answer_chunk, &job);
}
