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

/* Few enough that what is written is still in the cache, or under a limit in memory, when the next column comes. */
enum { ROWS_AT_ONCE = 512 };

static void rows_by_columns(const hn_table *table, int64_t begin, int64_t n, double *out,
                            int64_t ld) {
    bool band = false;
    for (int64_t j = 0; j < table->n_columns; j += band ? BAND : 1) {
        band = take_band(table, j, begin, n, out + j, ld);
        if (!band) hn_column_doubles(&table->columns[j], begin, begin + n, out + j, ld);
    }
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
    const hn_column *first = &table->columns[0];
    const char *from = (const char *)first->values + begin * first->stride;
    if (side_by_side(table, HN_F64))
        rows_of_double((const void *)from, first->stride / 8, n, width, out, ld);
    else if (side_by_side(table, HN_F32))
        rows_of_float((const void *)from, first->stride / 4, n, width, out, ld);
    else
        for (int64_t at = 0; at < n; at += ROWS_AT_ONCE)
            rows_by_columns(table, begin + at, n - at < ROWS_AT_ONCE ? n - at : ROWS_AT_ONCE,
                            out + at * ld, ld);
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

/* ---- what all numbers are ------------------------------------------------------------------- */

/* How a domain is looked for; each has a loop of its own. */
enum { PRESENT, OR_MISSING, WHOLE };

/* n numbers of a type without gaps; WIDE of them make a vector, and SHIFT added to a number that is small and not
 * negative leaves nothing behind its point. */
#define ALL_IN(type, mask, WIDE, SHIFT)                                                            \
    typedef type wide_##type __attribute__((vector_size(32)));                                     \
    typedef type wide_##type##_at                                                                  \
        __attribute__((vector_size(32), aligned(sizeof(type)), may_alias));                        \
    typedef mask mask_##type __attribute__((vector_size(32)));                                     \
    HN_INLINE bool run_in_##type(const type *from, int64_t n, type least, type most,               \
                                 const int way) {                                                  \
        mask_##type out = {0};                                                                     \
        wide_##type v, low = (wide_##type){0} + least, high = (wide_##type){0} + most;             \
        for (int64_t i = 0; i < n; i += WIDE) {                                                    \
            if (i + WIDE <= n)                                                                     \
                v = *(const wide_##type##_at *)(from + i);                                         \
            else                                                                                   \
                for (int k = 0; k < WIDE; k++) v[k] = i + k < n ? from[i + k] : least;             \
            out |= way == OR_MISSING ? (mask_##type)((v < low) | (v > high))                       \
                                     : (mask_##type) ~((v >= low) & (v <= high));                  \
            if (way == WHOLE) out |= (mask_##type)((v + SHIFT) - SHIFT != v);                      \
        }                                                                                          \
        mask any = 0;                                                                              \
        for (int k = 0; k < WIDE; k++) any |= out[k];                                              \
        return any == 0;                                                                           \
    }                                                                                              \
    HN_CLONES static bool all_in_##type(const type *from, int64_t stride, int64_t n,               \
                                        int64_t width, type low, type high, int way) {             \
        bool all = true;                                                                           \
        if (stride == width) {                                                                     \
            width *= n;                                                                            \
            n = 1;                                                                                 \
        }                                                                                          \
        for (int64_t i = 0; i < n && all; i++, from += stride)                                     \
            all = way == PRESENT      ? run_in_##type(from, width, low, high, PRESENT)             \
                  : way == OR_MISSING ? run_in_##type(from, width, low, high, OR_MISSING)          \
                                      : run_in_##type(from, width, low, high, WHOLE);              \
        return all;                                                                                \
    }
ALL_IN(double, int64_t, 4, 0x1p52)
ALL_IN(float, int32_t, 8, 0x1p23F)
ALL_IN(int64_t, int64_t, 4, 0)

/* What is looked through: a row-major matrix, in pieces of rows; the entries of a sparse one, in pieces; or
 * columns each for itself. */
typedef struct domain_job {
    const hn_table *x;
    const hn_domain *domain;
    const double *entries; /* sparse */
    bool by_column;
    uint8_t *all; /* [chunks] */
} domain_job;

static bool doubles_in(const hn_domain *d, const double *from, int64_t stride, int64_t n,
                       int64_t width) {
    int way = d->missing ? OR_MISSING : d->whole ? WHOLE : PRESENT;
    return all_in_double(from, stride, n, width, d->low, d->high, way);
}

static bool values_in(const hn_domain *d, const hn_column *c, const void *from, int64_t n,
                      int64_t width) {
    int way = d->missing ? OR_MISSING : d->whole ? WHOLE : PRESENT;
    if (c->type == HN_F64) return doubles_in(d, from, c->stride / 8, n, width);
    if (c->type == HN_F32)
        return all_in_float(from, c->stride / 4, n, width, (float)fmax(d->low, -(double)FLT_MAX),
                            (float)fmin(d->high, (double)FLT_MAX), way);
    if (c->type == HN_BOOL) return d->low <= 0 && d->high >= 1;
    int64_t low = d->low < -0x1p62 ? INT64_MIN : (int64_t)d->low;
    int64_t high = d->high > 0x1p62 ? INT64_MAX : (int64_t)d->high;
    return all_in_int64_t(from, c->stride / 8, n, width, low, high, PRESENT);
}

static hone_status domain_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const domain_job *job = arg;
    const hn_column *c = job->x->columns;
    int64_t n = chunk.end - chunk.begin;
    uint8_t *all = &job->all[chunk.index];
    if (job->entries) {
        *all = doubles_in(job->domain, job->entries + chunk.begin, n, 1, n);
    } else if (!job->by_column) {
        const void *from = (const char *)c->values + chunk.begin * c->stride;
        *all = values_in(job->domain, c, from, n, job->x->n_columns);
    } else {
        *all = true;
        for (c += chunk.begin; n > 0 && *all; n--, c++)
            *all = values_in(job->domain, c, c->values, 1, c->n);
    }
    return HONE_OK;
}

/* Whether every column is numbers without gaps or nulls. */
static bool columns_of_numbers(const hn_table *x) {
    for (int32_t j = 0; j < x->n_columns; j++) {
        const hn_column *c = &x->columns[j];
        if (!hn_type_is_numeric(c->type) || c->valid) return false;
        if (c->stride != (int64_t)hn_type_size(c->type)) return false;
    }
    return true;
}

hone_status hn_table_all_in(hone_ctx *ctx, const hn_table *x, const hn_domain *domain,
                            bool *ret_all) {
    enum { ROWS = 4096, ENTRIES = 65536 };
    *ret_all = false;
    if (domain->whole && domain->missing) return HONE_OK;
    domain_job job = {.x = x, .domain = domain};
    int64_t n = x->n_rows, grain = ROWS;
    if (x->csr) {
        job.entries = x->csr->value + x->csr->start[0];
        n = hn_csr_entries(x->csr);
        grain = ENTRIES;
    } else if (!side_by_side(x, HN_F64) && !side_by_side(x, HN_F32) && !side_by_side(x, HN_I64)) {
        if (!columns_of_numbers(x)) return HONE_OK;
        job.by_column = true;
        n = x->n_columns;
        grain = hn_column_grain(x->n_rows);
    }
    HN_SCRATCH(ctx);
    int64_t chunks = hn_chunks(n, grain);
    HN_TRY(HN_SCRATCH_NEW(ctx, job.all, chunks + 1));
    HN_TRY(hn_parallel(ctx, n, grain, domain_chunk, &job));
    *ret_all = true;
    for (int64_t c = 0; c < chunks; c++) *ret_all &= job.all[c] != 0;
    return HONE_OK;
}

/* ---- through a function --------------------------------------------------------------------- */

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
