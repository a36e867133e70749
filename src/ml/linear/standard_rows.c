/* standard_rows.c - see standard_rows.h. */
#include "ml/linear/standard_rows.h"
#include "base/parallel.h"
#include "ml/linear/linear_model.h"
#include "num/blas.h"
#include <string.h>

typedef struct job {
    const hn_table *x;
    hn_standard_rows *rows;
} job;

static hone_status fill(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    enum { ROWS = 64 };
    (void)ctx;
    const job *task = arg;
    const hn_standard_rows *r = task->rows;
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += ROWS) {
        int64_t end = begin + ROWS < chunk.end ? begin + ROWS : chunk.end;
        double *to = r->x + begin * r->q;
        for (int64_t j = 0; j < r->p; j++) {
            hn_column_doubles(&task->x->columns[j], begin, end, to + j, r->q);
            for (int64_t i = 0; i < end - begin; i++)
                to[i * r->q + j] = (to[i * r->q + j] - r->mean[j]) / r->scale[j];
        }
        for (int64_t i = 0; r->q > r->p && i < end - begin; i++) to[i * r->q + r->p] = 1;
    }
    return HONE_OK;
}

hone_status hn_standard_rows_make(hone_ctx *ctx, const hone_data *data, bool intercept,
                                  hn_standard_rows *ret_rows) {
    hn_standard_rows r = {.n = data->x->n_rows,
                          .p = data->x->n_columns,
                          .q = data->x->n_columns + intercept,
                          .total = hn_data_total_weight(data)};
    HN_TRY(HN_SCRATCH_NEW(ctx, r.x, r.n * r.q));
    HN_TRY(HN_SCRATCH_NEW(ctx, r.mean, r.p));
    HN_TRY(HN_SCRATCH_NEW(ctx, r.sd, r.p));
    HN_TRY(HN_SCRATCH_NEW(ctx, r.scale, r.p));
    HN_TRY(hn_linear_moments(ctx, data->x, data->weight, r.mean, r.sd));
    for (int64_t j = 0; j < r.p; j++) {
        double size = intercept ? r.sd[j] : sqrt(r.sd[j] * r.sd[j] + r.mean[j] * r.mean[j]);
        r.scale[j] = size > 0 && isfinite(size) ? size : 1;
    }
    if (!intercept) memset(r.mean, 0, (size_t)r.p * sizeof *r.mean);
    job task = {data->x, &r};
    HN_TRY(hn_parallel(ctx, r.n, 4096, fill, &task));
    *ret_rows = r;
    return HONE_OK;
}

void hn_standard_rows_back(const hn_standard_rows *r, const double *b, double *ret_coef,
                           double *ret_intercept) {
    for (int64_t j = 0; j < r->p; j++) ret_coef[j] = b[j] / r->scale[j];
    *ret_intercept = r->q > r->p ? b[r->p] - hn_dot(r->mean, ret_coef, r->p) : 0;
}

hone_status hn_solve_lifted(hone_ctx *ctx, int64_t q, const double *a, double *b) {
    HN_SCRATCH(ctx);
    double *work, *right, largest = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, work, q * q));
    HN_TRY(HN_SCRATCH_NEW(ctx, right, q));
    for (int64_t i = 0; i < q; i++) largest = fmax(largest, a[i * q + i]);
    hone_status status = HONE_ERROR_DATA;
    for (double lift = 0; lift < 1; lift = lift == 0 ? 1e-15 : lift * 100) {
        memcpy(work, a, (size_t)(q * q) * sizeof *work);
        memcpy(right, b, (size_t)q * sizeof *right);
        for (int64_t i = 0; i < q; i++) work[i * q + i] += lift * largest;
        status = hn_solve_spd(ctx, q, work, 1, right, NULL);
        if (status != HONE_ERROR_DATA) break;
    }
    HN_TRY(status);
    memcpy(b, right, (size_t)q * sizeof *right);
    return HONE_OK;
}
