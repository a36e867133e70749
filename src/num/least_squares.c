/* least_squares.c - least squares to the last digits: pivoted QR, then refinement.
 *
 * Refinement is of the augmented system r + X b = f, X' r = g (Bjorck 1967): its residuals are
 * taken in doubled precision and corrections solved for with the same factors, until they stop
 * shrinking. With f = y, g = 0 it is the fit; with f = 0, g = -e_j, b is column j of (X'X)^-1. All
 * of it happens in scaled columns (X is x diag(scale), exactly), so units don't matter. Where
 * columns depend on others, the solution of smallest norm is taken, without refinement. */
#include "num/blas.h"
#include "num/dd.h"
#include "num/tall_qr.h"
#include <assert.h>
#include <math.h>
#include <string.h>

enum { MAX_REFINEMENTS = 6 };
static const int64_t RESIDUAL_ROWS = 8192;

typedef struct problem {
    const double *x;
    int64_t n, p;
    hn_tall_qr qr;
    double *df, *dg, *head; /* corrections: [n], [p], [top_rows] */
    hn_dd *parts;           /* [chunks, p] */
    const double *f, *g, *r, *b;
} problem;

/* ---- residuals ------------------------------------------------------------------------------ */

/* df = f - r - X b and this chunk's part of X' r, all sums in doubled precision. */
HN_CLONES static void residual_rows(const problem *q, int64_t begin, int64_t end,
                                    double *restrict hi, double *restrict lo) {
    int64_t p = q->p;
    const double *scale = q->qr.scale;
    for (int64_t i = begin; i < end; i++) {
        const double *row = q->x + i * p;
        double ri = q->r[i];
        hn_dd sum = hn_two_sum(q->f ? q->f[i] : 0, -ri);
        for (int64_t j = 0; j < p; j++) {
            hn_dd product = hn_two_product(-row[j] * scale[j], q->b[j]);
            hn_dd s = hn_two_sum(sum.hi, product.hi);
            sum = (hn_dd){s.hi, sum.lo + (s.lo + product.lo)};
        }
        q->df[i] = sum.hi + sum.lo;
        HN_SIMD
        for (int64_t j = 0; j < p; j++) {
            hn_dd product = hn_two_product(row[j] * scale[j], ri);
            hn_dd s = hn_two_sum(hi[j], product.hi);
            hi[j] = s.hi;
            lo[j] += s.lo + product.lo;
        }
    }
}

static hone_status residual_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const problem *q = arg;
    double *hi, *lo;
    HN_TRY(HN_SCRATCH_NEW(ctx, hi, q->p));
    HN_TRY(HN_SCRATCH_NEW(ctx, lo, q->p));
    residual_rows(q, chunk.begin, chunk.end, hi, lo);
    for (int64_t j = 0; j < q->p; j++) q->parts[chunk.index * q->p + j] = (hn_dd){hi[j], lo[j]};
    return HONE_OK;
}

static hone_status residuals(hone_ctx *ctx, problem *q) {
    HN_TRY(hn_parallel(ctx, q->n, RESIDUAL_ROWS, residual_chunk, q));
    int64_t chunks = hn_chunks(q->n, RESIDUAL_ROWS);
    for (int64_t j = 0; j < q->p; j++) {
        hn_dd sum = {q->g ? q->g[j] : 0, 0};
        for (int64_t c = 0; c < chunks; c++) {
            hn_dd part = q->parts[c * q->p + j];
            sum = hn_dd_add(sum, (hn_dd){-part.hi, -part.lo});
        }
        q->dg[j] = sum.hi + sum.lo;
    }
    return HONE_OK;
}

/* ---- the augmented system ------------------------------------------------------------------- */

/* df [n], dg [p] become the solution's r and b. With X = Q R: R' h = g, R b = d1 - h, r = Q (h,
 * d2). */
static hone_status solve_augmented(hone_ctx *ctx, problem *q) {
    HN_SCRATCH(ctx);
    const hn_tall_qr *qr = &q->qr;
    int64_t p = q->p;
    double *h, *z;
    HN_TRY(HN_SCRATCH_NEW(ctx, h, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, z, p));
    for (int64_t j = 0; j < p; j++) h[j] = q->dg[qr->perm[j]];
    hn_tall_qr_solve(qr, true, p, h);
    HN_TRY(hn_tall_qr_apply(ctx, qr, true, q->df, q->head));
    for (int64_t j = 0; j < p; j++) z[j] = q->head[j] - h[j];
    hn_tall_qr_solve(qr, false, p, z);
    memcpy(q->head, h, (size_t)p * sizeof *h);
    HN_TRY(hn_tall_qr_apply(ctx, qr, false, q->df, q->head));
    for (int64_t j = 0; j < p; j++) q->dg[qr->perm[j]] = z[j];
    return HONE_OK;
}

/* The largest correction relative to the largest coefficient. */
static double correction_size(const problem *q, const double *b) {
    double db = 0, size = 0;
    for (int64_t j = 0; j < q->p; j++) {
        db = fmax(db, fabs(q->dg[j]));
        size = fmax(size, fabs(b[j]));
    }
    return size > 0 ? db / size : 0;
}

/* f NULL or g NULL: zeros. b [p] and r [n] are set. */
static hone_status solve_refined(hone_ctx *ctx, problem *q, const double *f, const double *g,
                                 double *r, double *b) {
    memset(r, 0, (size_t)q->n * sizeof *r);
    memset(b, 0, (size_t)q->p * sizeof *b);
    q->f = f;
    q->g = g;
    q->r = r;
    q->b = b;
    double last = INFINITY;
    for (int step = 0; step <= MAX_REFINEMENTS; step++) {
        if (step > 0) {
            HN_TRY(residuals(ctx, q));
        } else {
            if (f)
                memcpy(q->df, f, (size_t)q->n * sizeof *f);
            else
                memset(q->df, 0, (size_t)q->n * sizeof *f);
            if (g)
                memcpy(q->dg, g, (size_t)q->p * sizeof *g);
            else
                memset(q->dg, 0, (size_t)q->p * sizeof *g);
        }
        HN_TRY(solve_augmented(ctx, q));
        double size = step > 0 ? correction_size(q, b) : INFINITY;
        if (step > 1 && !(size < 0.5 * last)) break; /* no longer shrinking: as good as it gets */
        for (int64_t j = 0; j < q->p; j++) b[j] += q->dg[j];
        for (int64_t i = 0; i < q->n; i++) r[i] += q->df[i];
        if (size < 0x1p-52) break;
        last = size;
    }
    return HONE_OK;
}

/* ---- (X'X)^-1 ------------------------------------------------------------------------------- */

/* R^-1 R^-T, permuted and scaled back. */
static hone_status inverse_gram(hone_ctx *ctx, const hn_tall_qr *qr, double *c) {
    HN_SCRATCH(ctx);
    int64_t p = qr->p;
    double *inverse; /* column j: R^-1 e_j, of which the first j + 1 numbers are not zero */
    HN_TRY(HN_SCRATCH_NEW(ctx, inverse, p * p));
    for (int64_t j = 0; j < p; j++) {
        inverse[j * p + j] = 1;
        hn_tall_qr_solve(qr, false, j + 1, inverse + j * p);
    }
    for (int64_t i = 0; i < p; i++)
        for (int64_t j = i; j < p; j++) {
            double sum = 0;
            for (int64_t l = j; l < p; l++) sum += inverse[l * p + i] * inverse[l * p + j];
            int a = qr->perm[i], b = qr->perm[j];
            c[a * p + b] = c[b * p + a] = sum * qr->scale[a] * qr->scale[b];
        }
    return HONE_OK;
}

/* The same column by column with refinement, for columns that nearly depend on each other. */
static hone_status inverse_gram_refined(hone_ctx *ctx, problem *q, double *r, double *c) {
    HN_SCRATCH(ctx);
    int64_t p = q->p;
    double *g, *full;
    HN_TRY(HN_SCRATCH_NEW(ctx, g, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, full, p * p));
    for (int64_t j = 0; j < p; j++) {
        g[j] = -1;
        HN_TRY(solve_refined(ctx, q, NULL, g, r, full + j * p));
        g[j] = 0;
    }
    for (int64_t i = 0; i < p; i++)
        for (int64_t j = 0; j < p; j++) {
            double mean = 0.5 * (full[i * p + j] + full[j * p + i]);
            c[i * p + j] = mean * q->qr.scale[i] * q->qr.scale[j];
        }
    return HONE_OK;
}

/* ---- too few independent columns ------------------------------------------------------------ */

/* The rank x p system [R11 R12] P' D^-1 b = d has as its smallest solution b = A+ d, with A' = Qa
 * Ra and A+ = Qa Ra^-T [p, rank]. */
static hone_status pseudo_inverse(hone_ctx *ctx, const hn_tall_qr *qr, int64_t rank, double *ret) {
    HN_SCRATCH(ctx);
    int64_t p = qr->p;
    double *a, *tau, *work;
    HN_TRY(HN_SCRATCH_NEW(ctx, a, p * rank)); /* column-major [p, rank] */
    HN_TRY(HN_SCRATCH_NEW(ctx, tau, p));
    for (int64_t i = 0; i < rank; i++)
        for (int64_t j = i; j < p; j++)
            a[i * p + qr->perm[j]] = hn_tall_qr_r(qr, i, j) / qr->scale[qr->perm[j]];
    int m = (int)p, n = (int)rank, lwork = 64 * m, one = 1, info;
    HN_TRY(HN_SCRATCH_NEW(ctx, work, lwork));
    HN_BLAS_SCOPE;
    qr->blas->dgeqrf_(&m, &n, a, &m, tau, work, &lwork, &info);
    for (int64_t k = 0; k < rank; k++) {
        double *column = ret + k * p; /* Qa Ra^-T e_k */
        memset(column, 0, (size_t)p * sizeof *column);
        column[k] = 1;
        qr->blas->dtrtrs_("U", "T", "N", &n, &one, a, &m, column, &n, &info, 1, 1, 1);
        qr->blas->dormqr_("L", "N", &m, &one, &n, a, &m, tau, column, &m, work, &lwork, &info, 1,
                          1);
    }
    return HONE_OK;
}

static hone_status solve_deficient(hone_ctx *ctx, problem *q, int64_t rank, const double *y,
                                   int64_t k, double *b, double *gram) {
    int64_t p = q->p;
    double *plus;
    HN_TRY(HN_SCRATCH_NEW(ctx, plus, p * rank + 1));
    if (rank > 0) HN_TRY(pseudo_inverse(ctx, &q->qr, rank, plus));
    memset(b, 0, (size_t)p * (size_t)k * sizeof *b);
    for (int64_t c = 0; c < k; c++) {
        for (int64_t i = 0; i < q->n; i++) q->df[i] = y[i * k + c];
        HN_TRY(hn_tall_qr_apply(ctx, &q->qr, true, q->df, q->head));
        for (int64_t l = 0; l < rank; l++)
            for (int64_t j = 0; j < p; j++) b[j * k + c] += plus[l * p + j] * q->head[l];
    }
    if (!gram) return HONE_OK;
    memset(gram, 0, (size_t)p * (size_t)p * sizeof *gram);
    for (int64_t l = 0; l < rank; l++)
        for (int64_t i = 0; i < p; i++)
            for (int64_t j = 0; j < p; j++) gram[i * p + j] += plus[l * p + i] * plus[l * p + j];
    return HONE_OK;
}

/* ---- all of it ------------------------------------------------------------------------------ */

static hone_status solve_full(hone_ctx *ctx, problem *q, const double *y, int64_t k, double *ret_b,
                              double *ret_gram) {
    int64_t n = q->n, p = q->p;
    double *f, *r, *b;
    HN_TRY(HN_SCRATCH_NEW(ctx, f, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, r, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, b, p));
    for (int64_t c = 0; c < k; c++) {
        for (int64_t i = 0; i < n; i++) f[i] = y[i * k + c];
        HN_TRY(solve_refined(ctx, q, f, NULL, r, b));
        for (int64_t j = 0; j < p; j++) ret_b[j * k + c] = b[j] * q->qr.scale[j];
    }
    if (!ret_gram) return HONE_OK;
    double ratio = fabs(hn_tall_qr_r(&q->qr, p - 1, p - 1) / hn_tall_qr_r(&q->qr, 0, 0));
    /* A well-conditioned inverse is right without, and refining a large one takes long. */
    if (ratio > 1e-4 || (double)n * (double)p * (double)p > 3e8)
        return inverse_gram(ctx, &q->qr, ret_gram);
    return inverse_gram_refined(ctx, q, r, ret_gram);
}

hone_status hn_solve_least_squares(hone_ctx *ctx, const double *x, int64_t n, int64_t p,
                                   const double *y, int64_t k, double rcond, double *ret_b,
                                   double *ret_inverse_gram, int64_t *ret_rank) {
    assert(n >= 0 && p >= 0 && k >= 0);
    HN_SCRATCH(ctx);
    if (n == 0 || p == 0) {
        memset(ret_b, 0, (size_t)(p * k) * sizeof *ret_b);
        if (ret_inverse_gram) memset(ret_inverse_gram, 0, (size_t)(p * p) * sizeof *ret_b);
        if (ret_rank) *ret_rank = 0;
        return HONE_OK;
    }
    for (int64_t i = 0; i < n * k; i++)
        if (!isfinite(y[i]))
            return hn_fail_at(
                ctx, HONE_ERROR_DATA, ((hn_where){.row = i / k}),
                "the target of a least-squares problem is not finite in row %lld; drop "
                "that row first",
                (long long)(i / k));
    problem q = {.x = x, .n = n, .p = p};
    HN_TRY(hn_tall_qr_make(ctx, x, n, p, &q.qr));
    HN_TRY(HN_SCRATCH_NEW(ctx, q.df, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, q.dg, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, q.head, q.qr.top_rows > p ? q.qr.top_rows : p));
    HN_TRY(HN_SCRATCH_NEW(ctx, q.parts, hn_chunks(n, RESIDUAL_ROWS) * p));
    int64_t rank = 0;
    double largest = fabs(hn_tall_qr_r(&q.qr, 0, 0));
    while (rank < q.qr.diagonal && fabs(hn_tall_qr_r(&q.qr, rank, rank)) > rcond * largest) rank++;
    if (largest == 0) rank = 0;
    if (rank == p)
        HN_TRY(solve_full(ctx, &q, y, k, ret_b, ret_inverse_gram));
    else
        HN_TRY(solve_deficient(ctx, &q, rank, y, k, ret_b, ret_inverse_gram));
    if (ret_rank) *ret_rank = rank;
    return HONE_OK;
}
