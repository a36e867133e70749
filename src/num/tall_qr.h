/* tall_qr.h - QR with column pivoting of a tall matrix, its rows cut into blocks.
 *
 * Each block is factored by itself, in parallel; the blocks' triangles, stacked, are factored once
 * more, with pivoting (TSQR: Demmel, Grigori, Hoemmen, Langou 2012). Columns are scaled by powers
 * of two first, which rounds nothing: x diag(scale) perm = Q R. Blocks depend on the shape alone.
 */
#ifndef HN_NUM_TALL_QR_H
#define HN_NUM_TALL_QR_H

#include "base/parallel.h"
#include "num/blas_load.h"

typedef struct hn_tall_qr {
    const hn_blas *blas;
    int64_t n, p;
    int64_t blocks;
    double *scale;   /* [p] */
    int *perm;       /* [p]: column perm[j] of x is the j-th pivot */
    double *factors; /* the blocks, each column-major [its rows, p], as dgeqrf leaves them */
    double *tau;     /* [blocks, p] */
    double
        *top; /* column-major [top_rows, p], as dgeqp3 leaves it; factors itself if blocks == 1 */
    double *top_tau;  /* [p] */
    int64_t top_rows; /* blocks * p, or n if blocks == 1 */
    int64_t diagonal; /* min(top_rows, p) */
} hn_tall_qr;

/* Everything is taken from ctx->scratch. HONE_ERROR_DATA if x [n, p] has values that are not
 * finite. */
hone_status hn_tall_qr_make(hone_ctx *ctx, const double *x, int64_t n, int64_t p,
                            hn_tall_qr *ret_qr) HONE_MUST_CHECK;

/* v [n] becomes Q' v (transposed) or Q v. Q' v has its leading part in head [top_rows], of which
 * the first diagonal numbers belong to R; the rest stays in v. Q takes them from there. */
hone_status hn_tall_qr_apply(hone_ctx *ctx, const hn_tall_qr *qr, bool transposed, double *v,
                             double *head) HONE_MUST_CHECK;

/* R's element, i <= j, and the leading order x order solves R z = b or R' z = b, in place. */
static inline double hn_tall_qr_r(const hn_tall_qr *qr, int64_t i, int64_t j) {
    return qr->top[j * qr->top_rows + i];
}
void hn_tall_qr_solve(const hn_tall_qr *qr, bool transposed, int64_t order, double *b);

#endif
