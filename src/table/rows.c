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

/* The same loops for both types. Sixteen rows of all columns at a time: their sources stay in the cache while
 * whole lines of each column are written. */
enum { TILE = 16 };
#define COPIES(type)                                                                               \
    HN_CLONES static void rows_of_##type(const type *restrict from, int64_t stride, int64_t n,     \
                                         int64_t width, double *restrict out) {                    \
        for (int64_t i = 0; i < n; i++) {                                                          \
            HN_SIMD for (int64_t j = 0; j < width; j++) out[j] = (double)from[j];                  \
            from += stride;                                                                        \
            out += width;                                                                          \
        }                                                                                          \
    }                                                                                              \
    HN_CLONES static void columns_of_##type(const type *restrict from, int64_t stride, int64_t n,  \
                                            int64_t width, double *restrict out, int64_t ld) {     \
        for (int64_t begin = 0; begin < n; begin += TILE) {                                        \
            int64_t rows = n - begin < TILE ? n - begin : TILE;                                    \
            const type *tile = from + begin * stride;                                              \
            for (int64_t j = 0; j < width; j++) {                                                  \
                double *to = out + j * ld + begin;                                                 \
                for (int64_t i = 0; i < rows; i++) to[i] = (double)tile[i * stride + j];           \
            }                                                                                      \
        }                                                                                          \
    }
COPIES(double)
COPIES(float)

void hn_table_rows(const hn_table *table, int64_t begin, int64_t end, double *out) {
    int64_t n = end - begin, width = table->n_columns;
    if (table->csr) {
        for (int64_t i = begin; i < end; i++) hn_csr_row(table->csr, i, out + (i - begin) * width);
        return;
    }
    if (width == 0) return;
    const hn_column *first = &table->columns[0];
    const char *from = (const char *)first->values + begin * first->stride;
    if (side_by_side(table, HN_F64))
        rows_of_double((const void *)from, first->stride / 8, n, width, out);
    else if (side_by_side(table, HN_F32))
        rows_of_float((const void *)from, first->stride / 4, n, width, out);
    else
        for (int64_t j = 0; j < width; j++)
            hn_column_doubles(&table->columns[j], begin, end, out + j, width);
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

typedef struct finite_job {
    const hn_table *x;
    uint8_t *finite; /* [chunks] */
} finite_job;

static hone_status finite_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const finite_job *job = arg;
    const hn_column *first = &job->x->columns[0];
    const void *from = (const char *)first->values + chunk.begin * first->stride;
    int64_t n = chunk.end - chunk.begin, width = job->x->n_columns;
    job->finite[chunk.index] = first->type == HN_F64
                                   ? finite_double(from, first->stride / 8, n, width)
                                   : finite_float(from, first->stride / 4, n, width);
    return HONE_OK;
}

hone_status hn_table_all_finite(hone_ctx *ctx, const hn_table *x, bool *ret_finite) {
    enum { GRAIN = 4096 };
    *ret_finite = false;
    if (!side_by_side(x, HN_F64) && !side_by_side(x, HN_F32)) return HONE_OK;
    HN_SCRATCH(ctx);
    finite_job job = {.x = x};
    int64_t chunks = hn_chunks(x->n_rows, GRAIN);
    HN_TRY(HN_SCRATCH_NEW(ctx, job.finite, chunks + 1));
    HN_TRY(hn_parallel(ctx, x->n_rows, GRAIN, finite_chunk, &job));
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
