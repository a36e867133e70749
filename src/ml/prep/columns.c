/* columns.c - column by column through a function; see columns.h. */
#include "ml/prep/columns.h"

#include "base/parallel.h"

enum { TILE = 256 }; /* rows */

typedef struct map_job {
    const void *state;
    const hn_table *x;
    hn_map_fn *fn;
    double *out; /* [n_columns, n_rows], or where rows lie side by side [n_rows, n_columns] */
} map_job;

static hone_status map_cells(hone_ctx *ctx, void *arg, int32_t j, int64_t begin, int64_t end) {
    const map_job *job = arg;
    double *out = job->out + j * job->x->n_rows + begin;
    hn_column_doubles(&job->x->columns[j], begin, end, out, 1);
    return job->fn(ctx, job->state, j, out, end - begin);
}

/* Rows that come as a matrix go as one: a tile of it stays in the cache while its columns are gone through. */
static hone_status map_tiles(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const map_job *job = arg;
    int64_t p = job->x->n_columns;
    double values[TILE];
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += TILE) {
        int64_t end = begin + TILE < chunk.end ? begin + TILE : chunk.end;
        for (int32_t j = 0; j < p; j++) {
            double *out = job->out + begin * p + j;
            hn_column_doubles(&job->x->columns[j], begin, end, values, 1);
            HN_TRY(job->fn(ctx, job->state, j, values, end - begin));
            for (int64_t i = 0; i < end - begin; i++) out[i * p] = values[i];
        }
    }
    return HONE_OK;
}

static bool is_matrix(const hn_table *x) {
    for (int32_t j = 0; j < x->n_columns; j++) {
        const hn_column *c = &x->columns[j];
        int64_t size = c->type == HN_F64 ? sizeof(double) : sizeof(float);
        if ((c->type != HN_F64 && c->type != HN_F32) || c->stride != size * x->n_columns ||
            c->values != (const char *)x->columns[0].values + j * size)
            return false;
    }
    return x->n_columns > 1;
}

hone_status hn_map_columns(hone_ctx *ctx, const void *state, const hn_table *x, hn_map_fn *fn,
                           hn_arena *arena, hn_table *ret_out) {
    bool matrix = is_matrix(x);
    map_job job = {.state = state, .x = x, .fn = fn};
    hn_table out = {.n_rows = x->n_rows, .n_columns = x->n_columns};
    HN_TRY(HN_NEW(ctx, arena, out.columns, x->n_columns + 1));
    HN_TRY(HN_NEW(ctx, arena, job.out, x->n_columns * x->n_rows + 1));
    for (int32_t j = 0; j < x->n_columns; j++) {
        double *values = job.out + (matrix ? j : j * x->n_rows);
        out.columns[j] = hn_column_of_f64(x->columns[j].name, values, x->n_rows);
        if (matrix) out.columns[j].stride = x->n_columns * (int64_t)sizeof(double);
    }
    HN_TRY(matrix ? hn_parallel(ctx, x->n_rows, 16 * TILE, map_tiles, &job)
                  : hn_each_cells(ctx, x->n_columns, x->n_rows, map_cells, &job));
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
