/* blas.c - matrix products through OpenBLAS, cut into tiles that depend on the shapes alone.
 *
 * Each tile is one single-threaded call. Where the result is too small to be cut (a Gram matrix of
 * few columns), the rows that are summed over are cut instead, and the parts are added in order;
 * there are never more than MAX_PARTS of them, nor more than fit PART_BYTES. */
#include "num/blas.h"
#include "num/blas_load.h"
#include "num/simd.h"
#include <assert.h>
#include <math.h>
#include <string.h>

enum {
    TILE_ROWS = 256, /* of c */
    TILE_COLS = 512,
    BLOCK_ROWS =
        4096, /* of x that a Gram matrix takes in at a time: with 28 columns it fits the cache */
    MAX_PARTS = 32
};
static const int64_t PART_BYTES = (int64_t)128 << 20;
static const int64_t GRAM_TILED =
    512; /* columns from which on a Gram matrix is cut, not its rows */

/* Row-major through a column-major interface: c' = op(b)' op(a)'. */
static void dgemm(const hn_blas *blas, bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k,
                  double alpha, const double *a, int64_t lda, const double *b, int64_t ldb,
                  double beta, double *c, int64_t ldc) {
    blas->cblas_dgemm(HN_COL_MAJOR, trans_b ? HN_TRANS : HN_NO_TRANS,
                      trans_a ? HN_TRANS : HN_NO_TRANS, (int)n, (int)m, (int)k, alpha, b, (int)ldb,
                      a, (int)lda, beta, c, (int)ldc);
}

/* ---- general product ------------------------------------------------------------------------ */

typedef struct gemm {
    const hn_blas *blas;
    bool trans_a, trans_b;
    int64_t m, n, k;
    double alpha;
    const double *a;
    int64_t lda;
    const double *b;
    int64_t ldb;
    double beta;
    double *c; /* or parts [chunks, m, n] */
    int64_t ldc;
    int64_t tiles_across;
} gemm;

static hone_status gemm_tile(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const gemm *g = arg;
    int64_t i = chunk.index / g->tiles_across * TILE_ROWS;
    int64_t j = chunk.index % g->tiles_across * TILE_COLS;
    int64_t rows = g->m - i < TILE_ROWS ? g->m - i : TILE_ROWS;
    int64_t cols = g->n - j < TILE_COLS ? g->n - j : TILE_COLS;
    HN_BLAS_SCOPE;
    dgemm(g->blas, g->trans_a, g->trans_b, rows, cols, g->k, g->alpha,
          g->a + (g->trans_a ? i : i * g->lda), g->lda, g->b + (g->trans_b ? j * g->ldb : j),
          g->ldb, g->beta, g->c + i * g->ldc + j, g->ldc);
    return HONE_OK;
}

/* One piece of k, into its own part. */
static hone_status gemm_part(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const gemm *g = arg;
    HN_BLAS_SCOPE;
    dgemm(g->blas, g->trans_a, g->trans_b, g->m, g->n, chunk.end - chunk.begin, g->alpha,
          g->a + (g->trans_a ? chunk.begin * g->lda : chunk.begin), g->lda,
          g->b + (g->trans_b ? chunk.begin : chunk.begin * g->ldb), g->ldb, 0,
          g->c + chunk.index * g->m * g->n, g->n);
    return HONE_OK;
}

/* c small, k long. */
static hone_status gemm_split(hone_ctx *ctx, gemm *g) {
    HN_SCRATCH(ctx);
    int64_t grain = (g->k + MAX_PARTS - 1) / MAX_PARTS;
    if (grain < BLOCK_ROWS) grain = BLOCK_ROWS;
    int64_t parts = hn_chunks(g->k, grain);
    double *slots, *c = g->c;
    HN_TRY(HN_SCRATCH_NEW(ctx, slots, parts * g->m * g->n));
    g->c = slots;
    HN_TRY(hn_parallel(ctx, g->k, grain, gemm_part, g));
    for (int64_t i = 0; i < g->m; i++) {
        double *row = c + i * g->ldc;
        for (int64_t j = 0; j < g->n; j++) row[j] = g->beta == 0 ? 0 : g->beta * row[j];
        for (int64_t s = 0; s < parts; s++) {
            const double *part = slots + (s * g->m + i) * g->n;
            for (int64_t j = 0; j < g->n; j++) row[j] += part[j];
        }
    }
    return HONE_OK;
}

hone_status hn_gemm(hone_ctx *ctx, bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k,
                    double alpha, const double *a, int64_t lda, const double *b, int64_t ldb,
                    double beta, double *c, int64_t ldc) {
    assert(m >= 0 && n >= 0 && k >= 0 && ldc >= n);
    assert(lda >= (trans_a ? m : k) && ldb >= (trans_b ? k : n));
    if (m == 0 || n == 0) return HONE_OK;
    const int64_t sizes[] = {m, n, k, lda, ldb, ldc};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) HN_TRY(hn_blas_fits(ctx, sizes[i]));
    gemm g = {.trans_a = trans_a,
              .trans_b = trans_b,
              .m = m,
              .n = n,
              .k = k,
              .alpha = alpha,
              .a = a,
              .lda = lda,
              .b = b,
              .ldb = ldb,
              .beta = beta,
              .c = c,
              .ldc = ldc,
              .tiles_across = hn_chunks(n, TILE_COLS)};
    HN_TRY(hn_blas_get(ctx, &g.blas));
    if (k >= 2 * BLOCK_ROWS && m * n <= TILE_ROWS * TILE_COLS) return gemm_split(ctx, &g);
    return hn_parallel(ctx, hn_chunks(m, TILE_ROWS) * g.tiles_across, 1, gemm_tile, &g);
}

/* ---- Gram matrix ---------------------------------------------------------------------------- */

typedef struct gram {
    const hn_blas *blas;
    const double *x;
    int64_t n, p;
    const double *w;
    double *parts; /* [chunks, p, p], or c itself */
    int64_t tiles_across;
} gram;

/* Rows begin..end-1 of x, columns j.., times w or its root: to out, without gaps. */
static void pack(const gram *g, int64_t begin, int64_t end, int64_t j, int64_t cols, bool root,
                 double *restrict out) {
    for (int64_t i = begin; i < end; i++) {
        const double *restrict row = g->x + i * g->p + j;
        double w = root ? sqrt(g->w[i]) : g->w[i];
        HN_SIMD
        for (int64_t l = 0; l < cols; l++) out[l] = w * row[l];
        out += cols;
    }
}

static bool any_negative(const double *w, int64_t n) {
    bool found = false;
    for (int64_t i = 0; i < n; i++) found |= !(w[i] >= 0);
    return found;
}

/* The upper triangle over some rows, into the chunk's part. */
static hone_status gram_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const gram *g = arg;
    int64_t p = g->p;
    double *part = g->parts + chunk.index * p * p;
    double *packed = NULL;
    int64_t block = chunk.end - chunk.begin < BLOCK_ROWS ? chunk.end - chunk.begin : BLOCK_ROWS;
    if (g->w) HN_TRY(HN_SCRATCH_NEW(ctx, packed, block * p));
    HN_BLAS_SCOPE;
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += block) {
        int64_t end = chunk.end - begin < block ? chunk.end : begin + block;
        const double *x = g->x + begin * p;
        double beta = begin > chunk.begin;
        HN_TRY(hn_check_cancel(ctx));
        if (g->w && any_negative(g->w + begin, end - begin)) {
            pack(g, begin, end, 0, p, false, packed);
            dgemm(g->blas, true, false, p, p, end - begin, 1, packed, p, x, p, beta, part, p);
            continue;
        }
        if (g->w) pack(g, begin, end, 0, p, true, packed);
        /* Lower of the column-major matrix is upper of the row-major one. */
        g->blas->cblas_dsyrk(HN_COL_MAJOR, HN_LOWER, HN_NO_TRANS, (int)p, (int)(end - begin), 1,
                             g->w ? packed : x, (int)p, beta, part, (int)p);
    }
    return HONE_OK;
}

/* One tile of many columns on or above the diagonal, over all rows. */
static hone_status gram_tile(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const gram *g = arg;
    int64_t i = chunk.index / g->tiles_across * TILE_ROWS,
            j = chunk.index % g->tiles_across * TILE_ROWS;
    if (j < i) return HONE_OK;
    int64_t p = g->p;
    int64_t rows = p - i < TILE_ROWS ? p - i : TILE_ROWS,
            cols = p - j < TILE_ROWS ? p - j : TILE_ROWS;
    double *packed = NULL;
    if (g->w) HN_TRY(HN_SCRATCH_NEW(ctx, packed, BLOCK_ROWS * rows));
    HN_BLAS_SCOPE;
    for (int64_t begin = 0; begin < g->n; begin += BLOCK_ROWS) {
        int64_t end = g->n - begin < BLOCK_ROWS ? g->n : begin + BLOCK_ROWS;
        HN_TRY(hn_check_cancel(ctx));
        if (g->w) pack(g, begin, end, i, rows, false, packed);
        dgemm(g->blas, true, false, rows, cols, end - begin, 1,
              g->w ? packed : g->x + begin * p + i, g->w ? rows : p, g->x + begin * p + j, p,
              begin > 0, g->parts + i * p + j, p);
    }
    return HONE_OK;
}

static void fill_lower(double *c, int64_t p) {
    for (int64_t i = 0; i < p; i++)
        for (int64_t j = 0; j < i; j++) c[i * p + j] = c[j * p + i];
}

hone_status hn_gram(hone_ctx *ctx, const double *x, int64_t n, int64_t p, const double *w,
                    double *c) {
    assert(n >= 0 && p >= 0);
    memset(c, 0, (size_t)p * (size_t)p * sizeof *c);
    if (n == 0 || p == 0) return HONE_OK;
    HN_TRY(hn_blas_fits(ctx, p));
    gram g = {.x = x, .n = n, .p = p, .w = w, .parts = c, .tiles_across = hn_chunks(p, TILE_ROWS)};
    HN_TRY(hn_blas_get(ctx, &g.blas));
    if (p > GRAM_TILED) {
        HN_TRY(hn_parallel(ctx, g.tiles_across * g.tiles_across, 1, gram_tile, &g));
        fill_lower(c, p);
        return HONE_OK;
    }
    HN_SCRATCH(ctx);
    int64_t max_parts = PART_BYTES / (p * p * (int64_t)sizeof *c);
    if (max_parts > MAX_PARTS) max_parts = MAX_PARTS;
    int64_t grain = hn_chunks(hn_chunks(n, max_parts), BLOCK_ROWS) * BLOCK_ROWS;
    int64_t parts = hn_chunks(n, grain);
    HN_TRY(HN_SCRATCH_NEW(ctx, g.parts, parts * p * p));
    HN_TRY(hn_parallel(ctx, n, grain, gram_rows, &g));
    for (int64_t s = 0; s < parts; s++)
        for (int64_t i = 0; i < p; i++)
            for (int64_t j = i; j < p; j++) c[i * p + j] += g.parts[(s * p + i) * p + j];
    fill_lower(c, p);
    return HONE_OK;
}
