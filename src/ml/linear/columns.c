/* columns.c - filling and summing; see columns.h. */
#include "ml/linear/columns.h"
#include "base/parallel.h"
#include "ml/linear/linear_model.h"
#include "num/blas.h"
#include "num/simd.h"
#include "table/rows.h"
#include <math.h>
#include <string.h>

enum { ROWS = 64, GRAIN = 4096 };

/* ---- filling -------------------------------------------------------------------------------- */

typedef struct fill_job {
    const hn_table *x;
    hn_columns *c;
} fill_job;

static hone_status fill_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const fill_job *job = arg;
    hn_columns *c = job->c;
    /* A few rows of all columns at a time: a row-major table is then read once. */
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += ROWS) {
        int64_t end = begin + ROWS < chunk.end ? begin + ROWS : chunk.end;
        hn_table_columns(job->x, begin, end, c->dense + begin, c->n);
        for (int64_t j = 0; j < c->p; j++) {
            double *to = c->dense + j * c->n, mean = c->mean[j];
            for (int64_t i = begin; i < end; i++) to[i] = c->root[i] * (to[i] - mean);
        }
    }
    return HONE_OK;
}

static hone_status fill_dense(hone_ctx *ctx, hn_arena *arena, const hone_data *data,
                              hn_columns *c) {
    HN_TRY(HN_NEW(ctx, arena, c->dense, c->p * c->n));
    fill_job job = {data->x, c};
    HN_TRY(hn_parallel(ctx, c->n, GRAIN, fill_rows, &job));
    for (int64_t j = 0; j < c->p; j++)
        c->squares[j] = hn_dot(c->dense + j * c->n, c->dense + j * c->n, c->n);
    return HONE_OK;
}

static hone_status fill_sparse(hone_ctx *ctx, hn_arena *arena, const hone_data *data,
                               hn_columns *c) {
    hn_csr *t;
    HN_TRY(HN_NEW(ctx, arena, t, 1));
    HN_TRY(hn_csr_transpose(ctx, arena, data->x->csr, t));
    double *value;
    HN_TRY(HN_NEW(ctx, arena, value, hn_csr_entries(t) + 1));
    for (int64_t k = 0; k < hn_csr_entries(t); k++) value[k] = t->value[k] * c->root[t->column[k]];
    t->value = value;
    c->sparse = t;
    for (int64_t j = 0; j < c->p; j++) {
        int64_t k = t->start[j], entries = t->start[j + 1] - k;
        double squares = hn_dot(value + k, value + k, entries);
        c->squares[j] = fmax(squares - c->total * c->mean[j] * c->mean[j], 0);
        if (c->squares[j] < 1e-14 * squares) c->squares[j] = 0; /* constant, but for rounding */
    }
    return HONE_OK;
}

static hone_status target(hone_ctx *ctx, hn_arena *arena, const hone_data *data, hn_columns *c) {
    HN_TRY(HN_NEW(ctx, arena, c->y, c->n));
    hn_column column = hn_column_of_f64("target", data->y, c->n);
    hn_table table = {.n_rows = c->n, .n_columns = 1, .columns = &column};
    double sd, mean;
    HN_TRY(hn_linear_moments(ctx, &table, data->weight, &mean, &sd));
    c->y_mean = c->intercept ? mean : 0;
    for (int64_t i = 0; i < c->n; i++) c->y[i] = c->root[i] * (data->y[i] - c->y_mean);
    return HONE_OK;
}

hone_status hn_columns_make(hone_ctx *ctx, hn_arena *arena, const hone_data *data, bool intercept,
                            hn_columns *ret_columns) {
    hn_columns c = {.n = data->x->n_rows,
                    .p = data->x->n_columns,
                    .intercept = intercept,
                    .total = hn_data_total_weight(data)};
    HN_TRY(HN_NEW(ctx, arena, c.root, c.n));
    HN_TRY(HN_NEW(ctx, arena, c.mean, c.p));
    HN_TRY(HN_NEW(ctx, arena, c.sd, c.p));
    HN_TRY(HN_NEW(ctx, arena, c.squares, c.p));
    HN_TRY(HN_NEW(ctx, arena, c.order, c.p));
    HN_TRY(HN_NEW(ctx, arena, c.place, c.p));
    for (int64_t j = 0; j < c.p; j++) c.order[j] = c.place[j] = j;
    for (int64_t i = 0; i < c.n; i++) c.root[i] = data->weight ? sqrt(data->weight[i]) : 1.0;
    HN_TRY(hn_linear_moments(ctx, data->x, data->weight, c.mean, c.sd));
    if (!intercept) memset(c.mean, 0, (size_t)c.p * sizeof *c.mean);
    HN_TRY(target(ctx, arena, data, &c));
    HN_TRY(data->x->csr ? fill_sparse(ctx, arena, data, &c) : fill_dense(ctx, arena, data, &c));
    *ret_columns = c;
    return HONE_OK;
}

void hn_columns_move(hn_columns *c, int64_t j, int64_t at) {
    int64_t from = c->place[j], other = c->order[at];
    if (from == at) return;
    c->order[at] = j;
    c->order[from] = other;
    c->place[j] = at;
    c->place[other] = from;
    if (!c->dense) return;
    double *restrict a = c->dense + from * c->n, *restrict b = c->dense + at * c->n;
    for (int64_t i = 0; i < c->n; i++) {
        double x = a[i];
        a[i] = b[i];
        b[i] = x;
    }
}

/* ---- sums ----------------------------------------------------------------------------------- */

HN_CLONES static void add(double *restrict r, const double *restrict x, double by, int64_t n) {
    HN_SIMD
    for (int64_t i = 0; i < n; i++) r[i] += by * x[i];
}

/* root times y is 0, and root times each column: so root times r is minus shift * total. */
double hn_columns_dot(const hn_columns *c, int64_t at, const double *r, double shift) {
    if (c->dense) return hn_dot(c->dense + at * c->n, r, c->n);
    int64_t j = c->order[at];
    return hn_csr_dot(c->sparse, j, r) + c->total * c->mean[j] * shift;
}

void hn_columns_add(const hn_columns *c, int64_t at, double by, double *r, double *shift) {
    if (c->dense) {
        add(r, c->dense + at * c->n, by, c->n);
        return;
    }
    int64_t j = c->order[at];
    const hn_csr *t = c->sparse;
    for (int64_t k = t->start[j]; k < t->start[j + 1]; k++) r[t->column[k]] += by * t->value[k];
    *shift -= by * c->mean[j];
}

typedef struct correlate_job {
    const hn_columns *c;
    const double *r;
    const bool *skip;
    double *out;
} correlate_job;

static hone_status correlate_places(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const correlate_job *job = arg;
    for (int64_t at = chunk.begin; at < chunk.end; at++)
        job->out[at] = job->skip[job->c->order[at]] ? 0 : hn_columns_dot(job->c, at, job->r, 0);
    return HONE_OK;
}

hone_status hn_columns_correlate(hone_ctx *ctx, const hn_columns *c, const double *r,
                                 const bool *skip, double *ret) {
    correlate_job job = {c, r, skip, ret};
    return hn_parallel(ctx, c->p, hn_column_grain(c->n), correlate_places, &job);
}

typedef struct residual_job {
    const hn_columns *c;
    const double *b;
    int64_t count;
    double *r;
} residual_job;

static hone_status residual_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const residual_job *job = arg;
    const hn_columns *c = job->c;
    int64_t rows = chunk.end - chunk.begin;
    double *r = job->r + chunk.begin;
    memcpy(r, c->y + chunk.begin, (size_t)rows * sizeof *r);
    for (int64_t at = 0; at < job->count; at++)
        if (job->b[at] != 0) add(r, c->dense + at * c->n + chunk.begin, -job->b[at], rows);
    return HONE_OK;
}

hone_status hn_columns_residuals(hone_ctx *ctx, const hn_columns *c, const double *b, int64_t count,
                                 double *ret_r) {
    if (c->dense) {
        residual_job job = {c, b, count, ret_r};
        return hn_parallel(ctx, c->n, GRAIN, residual_rows, &job);
    }
    double shift = 0;
    memcpy(ret_r, c->y, (size_t)c->n * sizeof *ret_r);
    for (int64_t at = 0; at < count; at++)
        if (b[at] != 0) hn_columns_add(c, at, -b[at], ret_r, &shift);
    for (int64_t i = 0; i < c->n; i++) ret_r[i] += shift * c->root[i];
    return HONE_OK;
}

/* ---- Gram matrix ---------------------------------------------------------------------------- */

typedef struct gram_job {
    const hn_columns *c;
    int64_t begin;
    double *gram;
    int64_t ld;
} gram_job;

/* Sparse: the column is written out and multiplied with those before it. */
static hone_status gram_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const gram_job *job = arg;
    const hn_columns *c = job->c;
    HN_SCRATCH(ctx);
    double *full;
    HN_TRY(HN_SCRATCH_NEW(ctx, full, c->n));
    for (int64_t i = job->begin + chunk.begin; i < job->begin + chunk.end; i++) {
        int64_t j = c->order[i];
        hn_csr_row(c->sparse, j, full);
        for (int64_t k = 0; k <= i; k++) {
            int64_t other = c->order[k];
            double sum = hn_csr_dot(c->sparse, other, full);
            job->gram[i * job->ld + k] = sum - c->total * c->mean[j] * c->mean[other];
        }
        job->gram[i * job->ld + i] = c->squares[j];
    }
    return HONE_OK;
}

hone_status hn_columns_gram(hone_ctx *ctx, const hn_columns *c, int64_t begin, int64_t end,
                            double *gram, int64_t ld) {
    enum { STRIP = 256 };
    if (c->sparse) {
        gram_job job = {c, begin, gram, ld};
        HN_TRY(hn_parallel(ctx, end - begin, 1, gram_rows, &job));
    }
    /* Strips, so that little is reckoned above the diagonal. */
    for (int64_t at = begin; c->dense && at < end; at += STRIP) {
        int64_t to = at + STRIP < end ? at + STRIP : end;
        HN_TRY(hn_check_cancel(ctx));
        HN_TRY(hn_gemm(ctx, false, true, to - at, to, c->n, 1, c->dense + at * c->n, c->n, c->dense,
                       c->n, 0, gram + at * ld, ld));
    }
    for (int64_t i = begin; i < end; i++)
        for (int64_t k = 0; k < i; k++) gram[k * ld + i] = gram[i * ld + k];
    return HONE_OK;
}

double hn_columns_intercept(const hn_columns *c, const double *b) {
    return c->intercept ? c->y_mean - hn_dot(c->mean, b, c->p) : 0;
}
