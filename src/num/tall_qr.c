/* tall_qr.c - TSQR with pivoting at the top; see tall_qr.h. */
#include "num/tall_qr.h"
#include <assert.h>
#include <math.h>
#include <string.h>

static const int64_t BLOCK_ROWS = 4096;

static int64_t block_begin(const hn_tall_qr *qr, int64_t block) {
    int64_t size = qr->n / qr->blocks, rest = qr->n % qr->blocks;
    return block * size + (block < rest ? block : rest);
}

typedef struct task {
    const hn_tall_qr *qr;
    const double *x;
    bool transposed;
    double *v, *head;
} task;

/* The block's rows, scaled, column-major. */
static void pack(const task *t, int64_t begin, int64_t rows, double *out) {
    int64_t p = t->qr->p;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < p; j++)
            out[j * rows + i] = t->x[(begin + i) * p + j] * t->qr->scale[j];
}

static hone_status factor_block(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const task *t = arg;
    const hn_tall_qr *qr = t->qr;
    int64_t p = qr->p, begin = block_begin(qr, chunk.index);
    int64_t rows = block_begin(qr, chunk.index + 1) - begin;
    double *a = qr->factors + begin * p, *work, want;
    pack(t, begin, rows, a);
    if (qr->blocks == 1) return HONE_OK;
    int m = (int)rows, n = (int)p, lwork = -1, info;
    HN_BLAS_SCOPE;
    qr->blas->dgeqrf_(&m, &n, a, &m, qr->tau + chunk.index * p, &want, &lwork, &info);
    lwork = (int)want;
    HN_TRY(HN_SCRATCH_NEW(ctx, work, lwork));
    qr->blas->dgeqrf_(&m, &n, a, &m, qr->tau + chunk.index * p, work, &lwork, &info);
    for (int64_t j = 0; j < p; j++)
        for (int64_t i = 0; i <= j; i++)
            qr->top[j * qr->top_rows + chunk.index * p + i] = a[j * rows + i];
    return HONE_OK;
}

/* Powers of two that bring every column's norm between 1/2 and 1; 1 for a column of zeros. */
static hone_status find_scale(hone_ctx *ctx, hn_tall_qr *qr, const double *x) {
    double *largest;
    HN_TRY(HN_SCRATCH_NEW(ctx, largest, qr->p));
    for (int64_t i = 0; i < qr->n; i++)
        for (int64_t j = 0; j < qr->p; j++) {
            double a = fabs(x[i * qr->p + j]);
            if (a > largest[j] || a != a) largest[j] = a; /* NaN gets in and stays */
        }
    for (int64_t j = 0; j < qr->p; j++)
        if (!isfinite(largest[j]))
            return hn_fail(ctx, HONE_ERROR_DATA,
                           "column %lld of a least-squares problem has values that are not finite; "
                           "impute or drop them first",
                           (long long)j);
    double *sum;
    HN_TRY(HN_SCRATCH_NEW(ctx, sum, qr->p));
    for (int64_t j = 0; j < qr->p; j++) {
        int exponent = 0;
        frexp(largest[j], &exponent);
        qr->scale[j] = ldexp(1, exponent < -1000 ? 1000 : -exponent);
    }
    for (int64_t i = 0; i < qr->n; i++)
        for (int64_t j = 0; j < qr->p; j++) {
            double a = x[i * qr->p + j] * qr->scale[j];
            sum[j] += a * a;
        }
    for (int64_t j = 0; j < qr->p; j++) {
        int exponent = 0;
        frexp(sqrt(sum[j]), &exponent);
        qr->scale[j] = ldexp(qr->scale[j], -exponent);
    }
    return HONE_OK;
}

hone_status hn_tall_qr_make(hone_ctx *ctx, const double *x, int64_t n, int64_t p,
                            hn_tall_qr *ret_qr) {
    assert(n >= 1 && p >= 1);
    HN_TRY(hn_blas_fits(ctx, n));
    HN_TRY(hn_blas_fits(ctx, p));
    hn_tall_qr qr = {.n = n, .p = p};
    HN_TRY(hn_blas_get(ctx, &qr.blas));
    int64_t rows = 8 * p > BLOCK_ROWS ? 8 * p : BLOCK_ROWS;
    qr.blocks = n / rows > 1 ? n / rows : 1;
    qr.top_rows = qr.blocks == 1 ? n : qr.blocks * p;
    qr.diagonal = qr.top_rows < p ? qr.top_rows : p;
    HN_TRY(hn_blas_fits(ctx, qr.top_rows));
    HN_TRY(HN_SCRATCH_NEW(ctx, qr.scale, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, qr.perm, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, qr.top_tau, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, qr.tau, qr.blocks * p));
    qr.factors = hn_arena_alloc(ctx, ctx->scratch, (size_t)n, (size_t)p * sizeof *qr.factors);
    if (!qr.factors) return HONE_ERROR_MEMORY;
    qr.top = qr.factors;
    if (qr.blocks > 1) HN_TRY(HN_SCRATCH_NEW(ctx, qr.top, qr.top_rows * p));
    HN_TRY(find_scale(ctx, &qr, x));
    task t = {.qr = &qr, .x = x};
    HN_TRY(hn_parallel(ctx, qr.blocks, 1, factor_block, &t));

    int rows_top = (int)qr.top_rows, columns = (int)p, lwork = -1, info;
    double want, *work;
    HN_BLAS_SCOPE;
    qr.blas->dgeqp3_(&rows_top, &columns, qr.top, &rows_top, qr.perm, qr.top_tau, &want, &lwork,
                     &info);
    lwork = (int)want;
    HN_TRY(HN_SCRATCH_NEW(ctx, work, lwork));
    qr.blas->dgeqp3_(&rows_top, &columns, qr.top, &rows_top, qr.perm, qr.top_tau, work, &lwork,
                     &info);
    for (int64_t j = 0; j < p; j++) qr.perm[j]--;
    *ret_qr = qr;
    return HONE_OK;
}

/* One dormqr: a [rows, p] as factored, v [rows]. */
static hone_status reflect(hone_ctx *ctx, const hn_blas *blas, bool transposed, int64_t rows,
                           int64_t reflectors, const double *a, const double *tau, double *v) {
    int m = (int)rows, one = 1, k = (int)reflectors, lwork = -1, info;
    const char *trans = transposed ? "T" : "N";
    double want, *work;
    HN_BLAS_SCOPE;
    blas->dormqr_("L", trans, &m, &one, &k, a, &m, tau, v, &m, &want, &lwork, &info, 1, 1);
    lwork = (int)want;
    HN_TRY(HN_SCRATCH_NEW(ctx, work, lwork));
    blas->dormqr_("L", trans, &m, &one, &k, a, &m, tau, v, &m, work, &lwork, &info, 1, 1);
    return HONE_OK;
}

static hone_status reflect_block(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const task *t = arg;
    const hn_tall_qr *qr = t->qr;
    int64_t p = qr->p, begin = block_begin(qr, chunk.index);
    int64_t rows = block_begin(qr, chunk.index + 1) - begin;
    double *head = t->head + chunk.index * p, *v = t->v + begin;
    if (!t->transposed) memcpy(v, head, (size_t)p * sizeof *v);
    HN_TRY(reflect(ctx, qr->blas, t->transposed, rows, p, qr->factors + begin * p,
                   qr->tau + chunk.index * p, v));
    if (t->transposed) memcpy(head, v, (size_t)p * sizeof *v);
    return HONE_OK;
}

hone_status hn_tall_qr_apply(hone_ctx *ctx, const hn_tall_qr *qr, bool transposed, double *v,
                             double *head) {
    HN_SCRATCH(ctx);
    task t = {.qr = qr, .transposed = transposed, .v = v, .head = head};
    if (transposed) {
        if (qr->blocks == 1)
            memcpy(head, v, (size_t)qr->n * sizeof *v);
        else
            HN_TRY(hn_parallel(ctx, qr->blocks, 1, reflect_block, &t));
    }
    HN_TRY(
        reflect(ctx, qr->blas, transposed, qr->top_rows, qr->diagonal, qr->top, qr->top_tau, head));
    if (!transposed) {
        if (qr->blocks == 1)
            memcpy(v, head, (size_t)qr->n * sizeof *v);
        else
            HN_TRY(hn_parallel(ctx, qr->blocks, 1, reflect_block, &t));
    }
    return HONE_OK;
}

void hn_tall_qr_solve(const hn_tall_qr *qr, bool transposed, int64_t order, double *b) {
    int n = (int)order, one = 1, ld = (int)qr->top_rows, info;
    if (order == 0) return;
    HN_BLAS_SCOPE;
    qr->blas->dtrtrs_("U", transposed ? "T" : "N", "N", &n, &one, qr->top, &ld, b, &n, &info, 1, 1,
                      1);
}
