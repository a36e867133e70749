/* scatter.c - see scatter.h.
 *
 * A block's rows less the block's mean go to a product of BLAS, and with them one row more, which stands for the way
 * from the mean of the rows before it to the block's own (Chan, Golub, LeVeque 1983): so one product does it all. */
#include "spec/scatter.h"
#include "num/blas_load.h"
#include "num/simd.h"
#include "table/rows.h"
#include <math.h>
#include <string.h>

typedef struct scatter_job {
    const hn_table *x;
    const double *y, *weight;
    int64_t q, block;
    bool single;   /* products of a block in single precision */
    double *slots; /* [chunks][q * q + q + 1]: products, means, weight */
    const hn_blas *blas;
} scatter_job;

HN_CLONES static void center(double *restrict rows, int64_t n, int64_t q,
                             const double *restrict mean) {
    for (int64_t i = 0; i < n; i++) {
        HN_SIMD
        for (int64_t j = 0; j < q; j++) rows[i * q + j] -= mean[j];
    }
}

HN_CLONES static void scale(double *restrict rows, int64_t n, int64_t q,
                            const double *restrict weight) {
    for (int64_t i = 0; i < n; i++) {
        double root = sqrt(weight[i]);
        HN_SIMD
        for (int64_t j = 0; j < q; j++) rows[i * q + j] *= root;
    }
}

/* sum[j] += weighted differences of the rows from the row first. */
HN_CLONES static void sum_about(const double *restrict rows, int64_t n, int64_t q,
                                const double *restrict first, const double *restrict w,
                                double *restrict sum) {
    int64_t i = 0;
    for (; i + 4 <= n; i += 4) {
        const double *restrict a = rows + i * q, *restrict b = a + q, *restrict c = b + q,
                               *restrict d = c + q;
        double wa = w[i], wb = w[i + 1], wc = w[i + 2], wd = w[i + 3];
        HN_SIMD
        for (int64_t j = 0; j < q; j++)
            sum[j] += (wa * (a[j] - first[j]) + wb * (b[j] - first[j])) +
                      (wc * (c[j] - first[j]) + wd * (d[j] - first[j]));
    }
    for (; i < n; i++) {
        HN_SIMD
        for (int64_t j = 0; j < q; j++) sum[j] += w[i] * (rows[i * q + j] - first[j]);
    }
}

/* Rows of the block [n, q] about their mean, times the roots of their weights w; mean [q]. The mean is found as the
 * way from a row of the block: of a constant column it is that constant, and what is about it is 0. */
static void settle(double *rows, int64_t n, int64_t q, const double *w, double total, bool weighted,
                   double *mean) {
    int64_t at = 0;
    while (!(w[at] > 0)) at++;
    const double *first = rows + at * q;
    memset(mean, 0, (size_t)q * sizeof *mean);
    sum_about(rows, n, q, first, w, mean);
    for (int64_t j = 0; j < q; j++) mean[j] = first[j] + mean[j] / total;
    center(rows, n, q, mean);
    if (weighted) scale(rows, n, q, w);
}

/* The way from one mean to the other as a row, and the mean of both. */
static void join(double total, const double *mean, double *all_total, double *all_mean, int64_t q,
                 double *row) {
    double both = *all_total + total, root = sqrt(*all_total * (total / both));
    for (int64_t j = 0; j < q; j++) {
        double way = mean[j] - all_mean[j];
        row[j] = root * way;
        all_mean[j] = *all_total > 0 ? all_mean[j] + way * (total / both) : mean[j];
    }
    *all_total = both;
}

/* products += rows' rows [n, q], of which the upper triangle counts. floats [n * q + q * q] where it is done in single
 * precision: only those of a block are summed in it, so that what is lost does not grow with the rows. */
static void add_products(const scatter_job *job, const double *rows, int64_t n, float *floats,
                         double *products) {
    int64_t q = job->q;
    if (floats == NULL) {
        job->blas->cblas_dsyrk(HN_COL_MAJOR, HN_LOWER, HN_NO_TRANS, (int)q, (int)n, 1, rows, (int)q,
                               1, products, (int)q);
        return;
    }
    float *sums = floats + n * q;
    for (int64_t i = 0; i < n * q; i++) floats[i] = (float)rows[i];
    job->blas->cblas_ssyrk(HN_COL_MAJOR, HN_LOWER, HN_NO_TRANS, (int)q, (int)n, 1, floats, (int)q,
                           0, sums, (int)q);
    for (int64_t i = 0; i < q; i++)
        for (int64_t j = i; j < q; j++) products[i * q + j] += (double)sums[i * q + j];
}

static hone_status scatter_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const scatter_job *job = arg;
    int64_t q = job->q, p = job->x->n_columns;
    double *products = job->slots + chunk.index * (q * q + q + 1), *mean = products + q * q;
    double *total = mean + q, *rows, *own, *w;
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, (job->block + 1) * q));
    HN_TRY(HN_SCRATCH_NEW(ctx, own, q));
    HN_TRY(HN_SCRATCH_NEW(ctx, w, job->block));
    float *floats = NULL;
    if (job->single) HN_TRY(HN_SCRATCH_NEW(ctx, floats, (job->block + 1) * q + q * q));
    HN_BLAS_SCOPE;
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += job->block) {
        int64_t n = chunk.end - begin < job->block ? chunk.end - begin : job->block;
        HN_TRY(hn_check_cancel(ctx));
        hn_table_rows_apart(job->x, begin, begin + n, rows, q);
        for (int64_t i = 0; i < n && q > p; i++) rows[i * q + p] = job->y[begin + i];
        double sum = 0;
        for (int64_t i = 0; i < n; i++) sum += w[i] = job->weight ? job->weight[begin + i] : 1;
        if (!(sum > 0)) continue;
        settle(rows, n, q, w, sum, job->weight != NULL, own);
        join(sum, own, total, mean, q, rows + n * q);
        add_products(job, rows, n + 1, floats, products);
    }
    return HONE_OK;
}

/* The slots together in the first. */
static void join_slots(double *slots, int64_t chunks, int64_t q, double *row) {
    double *products = slots, *mean = products + q * q, *total = mean + q;
    for (int64_t c = 1; c < chunks; c++) {
        const double *more = slots + c * (q * q + q + 1);
        if (!(more[q * q + q] > 0)) continue;
        join(more[q * q + q], more + q * q, total, mean, q, row);
        for (int64_t i = 0; i < q; i++)
            for (int64_t j = i; j < q; j++)
                products[i * q + j] += more[i * q + j] + row[i] * row[j];
    }
}

static hone_status scatter(hone_ctx *ctx, const hn_table *x, const double *y, const double *weight,
                           bool single, double *ret_mean, double *ret_scatter) {
    /* Slots: few where they are large. A block stays in the second cache, and is worth a call. */
    enum { MOST = 32, NUMBERS = 8 << 20, LEAST = 512, NEAR = 32768, BLOCK = 256, LONGEST = 2048 };
    HN_SCRATCH(ctx);
    int64_t n = x->n_rows, q = x->n_columns + (y != NULL);
    scatter_job job = {.x = x, .y = y, .weight = weight, .q = q, .single = single};
    HN_TRY(hn_blas_fits(ctx, q));
    HN_TRY(hn_blas_get(ctx, &job.blas));
    int64_t chunks = NUMBERS / (q * q + 1);
    chunks = chunks < 2 ? 2 : chunks > MOST ? MOST : chunks;
    int64_t grain = (n + chunks - 1) / chunks;
    grain = grain < LEAST ? LEAST : grain;
    job.block = NEAR / (q + 1);
    job.block = job.block < BLOCK ? BLOCK : job.block > LONGEST ? LONGEST : job.block;
    chunks = hn_chunks(n, grain);
    HN_TRY(HN_SCRATCH_NEW(ctx, job.slots, (chunks + 1) * (q * q + q + 1)));
    HN_TRY(hn_parallel(ctx, n, grain, scatter_chunk, &job));
    join_slots(job.slots, chunks, q, job.slots + chunks * (q * q + q + 1));
    memcpy(ret_mean, job.slots + q * q, (size_t)q * sizeof *ret_mean);
    for (int64_t i = 0; i < q; i++)
        for (int64_t j = i; j < q; j++)
            ret_scatter[i * q + j] = ret_scatter[j * q + i] = job.slots[i * q + j];
    return HONE_OK;
}

hone_status hn_scatter(hone_ctx *ctx, const hn_table *x, const double *y, const double *weight,
                       double *ret_mean, double *ret_scatter) {
    return scatter(ctx, x, y, weight, false, ret_mean, ret_scatter);
}

hone_status hn_scatter_single(hone_ctx *ctx, const hn_table *x, double *ret_mean,
                              double *ret_scatter) {
    int64_t q = x->n_columns;
    bool single = hn_table_is_single(x), finite = true;
    HN_TRY(scatter(ctx, x, NULL, NULL, single, ret_mean, ret_scatter));
    /* Squares of floats may be too large for floats, or too small. */
    for (int64_t j = 0; j < q && single; j++) {
        double size = ret_scatter[j * q + j] / (double)x->n_rows;
        finite = finite && size < 1e30 && (size > 1e-30 || size == 0);
    }
    return finite ? HONE_OK : scatter(ctx, x, NULL, NULL, false, ret_mean, ret_scatter);
}
