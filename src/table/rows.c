/* rows.c - rows out of columns; see rows.h. */
#include "table/rows.h"
#include "base/parallel.h"

void hn_table_rows(const hn_table *x, int64_t begin, int64_t end, double *ret) {
    int64_t p = x->n_columns;
    if (x->csr) {
        for (int64_t i = begin; i < end; i++) hn_csr_row(x->csr, i, ret + (i - begin) * p);
        return;
    }
    for (int64_t j = 0; j < p; j++) hn_column_doubles(&x->columns[j], begin, end, ret + j, p);
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
