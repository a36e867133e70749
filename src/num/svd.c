/* svd.c - see svd.h. LAPACK's column-major matrices are our row-major ones transposed: x' = v s u'. */
#include "num/svd.h"
#include "base/rng.h"
#include "num/blas.h"
#include "num/product.h"
#include "num/tall_qr.h"
#include <assert.h>
#include <math.h>
#include <string.h>

void hn_svd_signs(int64_t n, int64_t p, int64_t k, double *u, int64_t ld, double *vt) {
    for (int64_t c = 0; c < k; c++) {
        double *row = vt + c * p, most = -1;
        bool negative = false;
        for (int64_t j = 0; j < p; j++) {
            if (!(fabs(row[j]) > most)) continue;
            most = fabs(row[j]);
            negative = row[j] < 0;
        }
        if (!negative) continue;
        for (int64_t j = 0; j < p; j++) row[j] = -row[j];
        for (int64_t i = 0; u != NULL && i < n; i++) u[i * ld + c] = -u[i * ld + c];
    }
}

/* ---- exact ---------------------------------------------------------------------------------- */

static hone_status not_found(hone_ctx *ctx, int64_t n, int64_t p, int info) {
    return hn_fail(ctx, HONE_ERROR_DATA,
                   "the singular values of a %lld x %lld matrix were not found (LAPACK says %d); "
                   "its numbers must be finite and not near the limits of a double",
                   (long long)n, (long long)p, info);
}

/* All three parts of row-major x [n, p]; left and right are LAPACK's u and vt of x'. */
static hone_status direct(hone_ctx *ctx, int64_t n, int64_t p, double *x, double *u, double *s,
                          double *vt) {
    HN_SCRATCH(ctx);
    const hn_blas *blas;
    HN_TRY(hn_blas_fits(ctx, n));
    HN_TRY(hn_blas_fits(ctx, p));
    HN_TRY(hn_blas_get(ctx, &blas));
    int rows = (int)p, cols = (int)n, rank = (int)(n < p ? n : p), lwork = -1, info = 0, *iwork;
    double want = 0, *work;
    for (int64_t i = 0; i < n * p; i++)
        if (!isfinite(x[i])) return not_found(ctx, n, p, 0);
    HN_TRY(HN_SCRATCH_NEW(ctx, iwork, 8 * (int64_t)rank));
    HN_BLAS_SCOPE;
    /* LAPACK's u is [p, rank] by columns: our vt [rank, p]; its vt is [rank, n] by columns: our u. */
    blas->dgesdd_("S", &rows, &cols, x, &rows, s, vt, &rows, u, &rank, &want, &lwork, iwork, &info,
                  1);
    lwork = (int)want;
    HN_TRY(HN_SCRATCH_NEW(ctx, work, lwork + 1));
    blas->dgesdd_("S", &rows, &cols, x, &rows, s, vt, &rows, u, &rank, work, &lwork, iwork, &info,
                  1);
    return info == 0 ? HONE_OK : not_found(ctx, n, p, info);
}

/* x diag(scale) perm = Q R, so that R perm' diag(1 / scale) has the singular values and right vectors
 * of x. */
static hone_status through_qr(hone_ctx *ctx, int64_t n, int64_t p, const double *x, double *s,
                              double *vt) {
    HN_SCRATCH(ctx);
    hn_tall_qr qr;
    double *r, *u;
    HN_TRY(hn_tall_qr_make(ctx, x, n, p, &qr));
    HN_TRY(HN_SCRATCH_NEW(ctx, r, p * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, u, p * p));
    for (int64_t j = 0; j < p; j++)
        for (int64_t i = 0; i <= j && i < qr.diagonal; i++)
            r[i * p + qr.perm[j]] = hn_tall_qr_r(&qr, i, j) / qr.scale[qr.perm[j]];
    return direct(ctx, p, p, r, u, s, vt);
}

hone_status hn_svd(hone_ctx *ctx, int64_t n, int64_t p, double *x, double *ret_u, double *ret_s,
                   double *ret_vt) {
    enum { TALL = 2 };
    assert(n >= 0 && p >= 0);
    if (n == 0 || p == 0) return HONE_OK;
    HN_SCRATCH(ctx);
    int64_t r = n < p ? n : p;
    if (ret_u == NULL && n >= TALL * p) {
        HN_TRY(through_qr(ctx, n, p, x, ret_s, ret_vt));
    } else {
        double *u = ret_u;
        if (u == NULL) HN_TRY(HN_SCRATCH_NEW(ctx, u, n * r));
        HN_TRY(direct(ctx, n, p, x, u, ret_s, ret_vt));
    }
    hn_svd_signs(n, p, r, ret_u, r, ret_vt);
    return HONE_OK;
}

/* ---- maps ----------------------------------------------------------------------------------- */

/* b [n, k] with rows as long as the kernels of num/product.h want them. */
static void widen(const double *b, int64_t n, int64_t k, double *ret) {
    int64_t width = hn_product_width(k);
    for (int64_t i = 0; i < n; i++) memcpy(ret + i * width, b + i * k, (size_t)k * sizeof *b);
}

typedef struct narrow_job {
    const hn_linear_map *map;
    int64_t k;
    const double *b; /* widened; of the transpose as it came */
    double *ret;     /* [rows, k]; of the transpose [chunks, cols, k] */
} narrow_job;

static hone_status narrow_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const narrow_job *job = arg;
    int64_t p = job->map->cols;
    hn_product(job->map->dense + chunk.begin * p, p, chunk.end - chunk.begin, job->b, p, job->k,
               job->ret + chunk.begin * job->k);
    return HONE_OK;
}

static hone_status narrow_columns(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    enum { ROWS = 256 };
    const narrow_job *job = arg;
    int64_t p = job->map->cols, k = job->k;
    double *wide;
    HN_TRY(HN_SCRATCH_NEW(ctx, wide, ROWS * hn_product_width(k)));
    for (int64_t i = chunk.begin; i < chunk.end; i += ROWS) {
        int64_t n = chunk.end - i < ROWS ? chunk.end - i : ROWS;
        widen(job->b + i * k, n, k, wide);
        hn_product_turned(job->map->dense + i * p, p, n, wide, p, k,
                          job->ret + chunk.index * p * k);
    }
    return HONE_OK;
}

/* Few answers a row: BLAS would take longer to lay out the matrix than to multiply it. */
static hone_status narrow_times(hone_ctx *ctx, const hn_linear_map *map, bool transposed, int64_t k,
                                const double *b, double *ret) {
    enum { GRAIN = 1024, PARTS = 32 };
    HN_SCRATCH(ctx);
    int64_t n = map->rows, p = map->cols, grain = GRAIN;
    narrow_job job = {map, k, b, ret};
    if (!transposed) {
        double *wide;
        HN_TRY(HN_SCRATCH_NEW(ctx, wide, p * hn_product_width(k)));
        widen(b, p, k, wide);
        job.b = wide;
        return hn_parallel(ctx, n, grain, narrow_rows, &job);
    }
    while (hn_chunks(n, grain) > PARTS) grain *= 2;
    HN_TRY(HN_SCRATCH_NEW(ctx, job.ret, hn_chunks(n, grain) * p * k));
    HN_TRY(hn_parallel(ctx, n, grain, narrow_columns, &job));
    memset(ret, 0, (size_t)(p * k) * sizeof *ret);
    for (int64_t c = 0; c < hn_chunks(n, grain); c++)
        for (int64_t e = 0; e < p * k; e++) ret[e] += job.ret[c * p * k + e];
    return HONE_OK;
}

static hone_status dense_times(hone_ctx *ctx, const hn_linear_map *map, bool transposed, int64_t k,
                               const double *b, double *ret) {
    enum { FEW = 32, SMALL = 1 << 16 };
    if (k <= FEW && map->cols * k <= SMALL) return narrow_times(ctx, map, transposed, k, b, ret);
    int64_t rows = transposed ? map->cols : map->rows, inner = transposed ? map->rows : map->cols;
    return hn_gemm(ctx, transposed, false, rows, k, inner, 1, map->dense, map->cols, b, k, 0, ret,
                   k);
}

typedef struct sparse_job {
    const hn_csr *csr;
    int64_t k;
    const double *b;
    double *ret;
} sparse_job;

static hone_status sparse_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const sparse_job *job = arg;
    int64_t k = job->k;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        double *restrict out = job->ret + i * k;
        memset(out, 0, (size_t)k * sizeof *out);
        for (int64_t e = job->csr->start[i]; e < job->csr->start[i + 1]; e++) {
            const double *restrict b = job->b + job->csr->column[e] * k;
            double value = job->csr->value[e];
            for (int64_t c = 0; c < k; c++) out[c] += value * b[c];
        }
    }
    return HONE_OK;
}

/* (A - 1 mean') b = A b - 1 (mean' b), and (A - 1 mean')' b = A' b - mean (1' b). */
static hone_status sparse_times(hone_ctx *ctx, const hn_linear_map *map, bool transposed, int64_t k,
                                const double *b, double *ret) {
    HN_SCRATCH(ctx);
    const hn_csr *csr = transposed ? &map->csr_t : &map->csr;
    sparse_job job = {csr, k, b, ret};
    double *shift;
    HN_TRY(hn_parallel(ctx, csr->rows, 256, sparse_rows, &job));
    if (map->mean == NULL) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(ctx, shift, k));
    for (int64_t i = 0; i < csr->cols; i++) {
        double weight = transposed ? 1 : map->mean[i];
        for (int64_t c = 0; c < k; c++) shift[c] += weight * b[i * k + c];
    }
    for (int64_t i = 0; i < csr->rows; i++) {
        double weight = transposed ? map->mean[i] : 1;
        for (int64_t c = 0; c < k; c++) ret[i * k + c] -= weight * shift[c];
    }
    return HONE_OK;
}

hn_linear_map hn_map_of_matrix(const double *x, int64_t rows, int64_t cols) {
    return (hn_linear_map){.rows = rows, .cols = cols, .times = dense_times, .dense = x};
}

hone_status hn_map_of_csr(hone_ctx *ctx, const hn_csr *csr, hn_linear_map *ret_map) {
    hn_linear_map map = {.rows = csr->rows, .cols = csr->cols, .times = sparse_times, .csr = *csr};
    HN_TRY(hn_csr_transpose(ctx, ctx->scratch, csr, &map.csr_t));
    *ret_map = map;
    return HONE_OK;
}

/* ---- randomised ------------------------------------------------------------------------------ */

hone_status hn_orthonormalize(hone_ctx *ctx, int64_t n, int64_t k, double *y) {
    assert(n >= k);
    if (k == 0) return HONE_OK;
    HN_SCRATCH(ctx);
    const hn_blas *blas;
    HN_TRY(hn_blas_fits(ctx, n));
    HN_TRY(hn_blas_get(ctx, &blas));
    int rows = (int)k, cols = (int)n, lwork = -1, info = 0;
    double want[2] = {0, 0}, *tau, *work;
    HN_TRY(HN_SCRATCH_NEW(ctx, tau, k));
    HN_BLAS_SCOPE;
    /* y' = L Q by columns is y = Q' L' by rows. */
    blas->dgelqf_(&rows, &cols, y, &rows, tau, &want[0], &lwork, &info);
    blas->dorglq_(&rows, &cols, &rows, y, &rows, tau, &want[1], &lwork, &info);
    lwork = (int)(want[0] > want[1] ? want[0] : want[1]);
    HN_TRY(HN_SCRATCH_NEW(ctx, work, lwork + 1));
    blas->dgelqf_(&rows, &cols, y, &rows, tau, work, &lwork, &info);
    blas->dorglq_(&rows, &cols, &rows, y, &rows, tau, work, &lwork, &info);
    return HONE_OK;
}

/* Orthonormal q [outer, width] that nearly spans the leading left vectors of A (or of A', flipped). */
static hone_status find_range(hone_ctx *ctx, const hn_linear_map *map, bool flip, int64_t width,
                              int64_t n_iter, double *q) {
    HN_SCRATCH(ctx);
    int64_t outer = flip ? map->cols : map->rows, inner = flip ? map->rows : map->cols;
    double *z;
    HN_TRY(HN_SCRATCH_NEW(ctx, z, inner * width));
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("svd.start", 0));
    for (int64_t i = 0; i < inner * width; i++) z[i] = hn_rng_normal(&rng);
    HN_TRY(map->times(ctx, map, flip, width, z, q));
    for (int64_t round = 0; round < n_iter; round++) {
        HN_TRY(hn_check_cancel(ctx));
        HN_TRY(hn_orthonormalize(ctx, outer, width, q));
        HN_TRY(map->times(ctx, map, !flip, width, q, z));
        HN_TRY(hn_orthonormalize(ctx, inner, width, z));
        HN_TRY(map->times(ctx, map, flip, width, z, q));
    }
    return hn_orthonormalize(ctx, outer, width, q);
}

/* The first k of width columns of a [rows, width]. */
static void first_columns(int64_t rows, int64_t width, int64_t k, const double *a, double *ret) {
    for (int64_t i = 0; i < rows; i++) memcpy(ret + i * k, a + i * width, (size_t)k * sizeof *ret);
}

/* ret [k, rows] = the first k columns of a [rows, width], as rows. */
static void first_columns_as_rows(int64_t rows, int64_t width, int64_t k, const double *a,
                                  double *ret) {
    for (int64_t c = 0; c < k; c++)
        for (int64_t i = 0; i < rows; i++) ret[c * rows + i] = a[i * width + c];
}

hone_status hn_svd_random(hone_ctx *ctx, const hn_linear_map *map, int64_t k, int64_t oversample,
                          int64_t n_iter, double *ret_u, double *ret_s, double *ret_vt) {
    int64_t rows = map->rows, cols = map->cols, side = rows < cols ? rows : cols;
    assert(k >= 0 && k <= side && oversample >= 0);
    if (k == 0) return HONE_OK;
    HN_SCRATCH(ctx);
    if (n_iter < 0) n_iter = (double)k < 0.1 * (double)side ? 7 : 4;
    int64_t width = k + oversample < side ? k + oversample : side;
    bool flip =
        rows < cols; /* the range is sought on the longer side: its factors are the small one's */
    int64_t outer = flip ? cols : rows, inner = flip ? rows : cols;
    double *q, *b, *s, *left, *right, *long_side;
    HN_TRY(HN_SCRATCH_NEW(ctx, q, outer * width));
    HN_TRY(HN_SCRATCH_NEW(ctx, b, inner * width));
    HN_TRY(HN_SCRATCH_NEW(ctx, left, inner * width));
    HN_TRY(HN_SCRATCH_NEW(ctx, s, width));
    HN_TRY(HN_SCRATCH_NEW(ctx, right, width * width));
    HN_TRY(HN_SCRATCH_NEW(ctx, long_side, outer * width));
    HN_TRY(find_range(ctx, map, flip, width, n_iter, q));
    /* b = A' q (or A q) = left diag(s) right, so A = (q right') s left'. */
    HN_TRY(map->times(ctx, map, !flip, width, q, b));
    HN_TRY(hn_svd(ctx, inner, width, b, left, s, right));
    HN_TRY(hn_gemm(ctx, false, true, outer, width, width, 1, q, width, right, width, 0, long_side,
                   width));
    memcpy(ret_s, s, (size_t)k * sizeof *s);
    first_columns_as_rows(cols, width, k, flip ? long_side : left, ret_vt);
    if (ret_u != NULL) first_columns(rows, width, k, flip ? left : long_side, ret_u);
    hn_svd_signs(rows, cols, k, ret_u, k, ret_vt);
    return HONE_OK;
}

/* ---- by the smaller Gram matrix --------------------------------------------------------------- */

/* ret [side, side] = A' A (tall) or A A': by products with slices of the unit matrix. */
static hone_status gram_of(hone_ctx *ctx, const hn_linear_map *map, bool tall, int64_t side,
                           double *ret) {
    enum { WIDTH = 256 };
    if (map->dense != NULL && tall) return hn_gram(ctx, map->dense, map->rows, side, NULL, ret);
    HN_SCRATCH(ctx);
    int64_t outer = tall ? map->rows : map->cols;
    double *unit, *part, *product;
    HN_TRY(HN_SCRATCH_NEW(ctx, unit, side * WIDTH));
    HN_TRY(HN_SCRATCH_NEW(ctx, part, outer * WIDTH));
    HN_TRY(HN_SCRATCH_NEW(ctx, product, side * WIDTH));
    for (int64_t begin = 0; begin < side; begin += WIDTH) {
        int64_t width = side - begin < WIDTH ? side - begin : WIDTH;
        memset(unit, 0, (size_t)(side * WIDTH) * sizeof *unit);
        for (int64_t c = 0; c < width; c++) unit[(begin + c) * width + c] = 1;
        HN_TRY(map->times(ctx, map, !tall, width, unit, part));
        HN_TRY(map->times(ctx, map, tall, width, part, product));
        for (int64_t i = 0; i < side; i++)
            memcpy(ret + i * side + begin, product + i * width, (size_t)width * sizeof *ret);
    }
    return HONE_OK;
}

hone_status hn_svd_gram(hone_ctx *ctx, const hn_linear_map *map, int64_t k, double *ret_u,
                        double *ret_s, double *ret_vt) {
    int64_t rows = map->rows, cols = map->cols, side = rows < cols ? rows : cols;
    bool tall = rows >= cols;
    assert(k >= 0 && k <= side);
    if (k == 0) return HONE_OK;
    HN_SCRATCH(ctx);
    int64_t outer = tall ? rows : cols;
    double *gram, *values, *vectors, *near, *far;
    HN_TRY(HN_SCRATCH_NEW(ctx, gram, side * side));
    HN_TRY(HN_SCRATCH_NEW(ctx, values, side));
    HN_TRY(HN_SCRATCH_NEW(ctx, vectors, side * side));
    HN_TRY(HN_SCRATCH_NEW(ctx, near, side * k));
    bool wants_far = !tall || ret_u != NULL;
    HN_TRY(HN_SCRATCH_NEW(ctx, far, wants_far ? outer * k : 1));
    HN_TRY(gram_of(ctx, map, tall, side, gram));
    HN_TRY(hn_eigen_symmetric(ctx, side, gram, values, vectors));
    for (int64_t c = 0; c < k; c++) {
        double value = values[side - 1 - c];
        ret_s[c] = value > 0 ? sqrt(value) : 0;
        for (int64_t i = 0; i < side; i++) near[i * k + c] = vectors[(side - 1 - c) * side + i];
    }
    if (wants_far) HN_TRY(map->times(ctx, map, !tall, k, near, far));
    for (int64_t i = 0; i < outer && wants_far; i++)
        for (int64_t c = 0; c < k; c++)
            far[i * k + c] = ret_s[c] > 0 ? far[i * k + c] / ret_s[c] : 0;
    first_columns_as_rows(cols, k, k, tall ? near : far, ret_vt);
    if (ret_u != NULL) memcpy(ret_u, tall ? far : near, (size_t)(rows * k) * sizeof *ret_u);
    hn_svd_signs(rows, cols, k, ret_u, k, ret_vt);
    return HONE_OK;
}

/* ---- pseudo-inverse --------------------------------------------------------------------------- */

hone_status hn_pseudo_inverse(hone_ctx *ctx, int64_t n, int64_t p, const double *x, double rcond,
                              double *ret_inverse) {
    HN_SCRATCH(ctx);
    int64_t r = n < p ? n : p;
    double *copy, *u, *s, *vt;
    HN_TRY(HN_SCRATCH_NEW(ctx, copy, n * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, u, n * r));
    HN_TRY(HN_SCRATCH_NEW(ctx, s, r));
    HN_TRY(HN_SCRATCH_NEW(ctx, vt, r * p));
    memcpy(copy, x, (size_t)(n * p) * sizeof *copy);
    HN_TRY(hn_svd(ctx, n, p, copy, u, s, vt));
    for (int64_t c = 0; c < r; c++) {
        double scale = s[c] > rcond * s[0] && s[c] > 0 ? 1 / s[c] : 0;
        for (int64_t j = 0; j < p; j++) vt[c * p + j] *= scale;
    }
    return hn_gemm(ctx, true, true, p, n, r, 1, vt, p, u, r, 0, ret_inverse, n);
}
