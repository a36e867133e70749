/* svd.h - singular value decompositions: exact through LAPACK, and randomised of whatever can be
 * multiplied with. Same bits for any thread count.
 *
 * Signs follow scikit-learn's svd_flip: in each row of vt the first of the largest numbers by
 * absolute value is positive. */
#ifndef HN_NUM_SVD_H
#define HN_NUM_SVD_H

#include "num/sparse.h"

/* x [n, p] = u diag(s) vt with r = min(n, p): s [r] descending, u [n, r] (may be NULL), vt [r, p].
 * x is overwritten. Tall matrices without u go through a QR of blocks of rows in parallel.
 * HONE_ERROR_DATA where x has values that are not finite. */
hone_status hn_svd(hone_ctx *ctx, int64_t n, int64_t p, double *x, double *ret_u, double *ret_s,
                   double *ret_vt) HONE_MUST_CHECK;

/* Something that multiplies. */
typedef struct hn_linear_map {
    int64_t rows, cols;
    /* ret = A b (b [cols, k], ret [rows, k]) or, transposed, A' b (b [rows, k], ret [cols, k]). */
    hone_status (*times)(hone_ctx *ctx, const struct hn_linear_map *map, bool transposed, int64_t k,
                         const double *b, double *ret);
    const double *dense; /* [rows, cols] */
    hn_csr csr, csr_t;
    const double *mean; /* [cols] taken from every row, sparse maps only; or NULL */
} hn_linear_map;

hn_linear_map hn_map_of_matrix(const double *x, int64_t rows, int64_t cols);
/* Its transpose is made in scratch. */
hone_status hn_map_of_csr(hone_ctx *ctx, const hn_csr *csr, hn_linear_map *ret_map) HONE_MUST_CHECK;

/* The leading k <= min(rows, cols) triplets, close to the true ones where singular values fall off
 * (Halko, Martinsson, Tropp 2011): u [rows, k] (may be NULL), s [k], vt [k, cols]. oversample more
 * directions are followed through n_iter rounds of subspace iteration (n_iter < 0: 7, or 4 where k
 * is a tenth of the smaller side and more). Random numbers come from ctx->seed. */
hone_status hn_svd_random(hone_ctx *ctx, const hn_linear_map *map, int64_t k, int64_t oversample,
                          int64_t n_iter, double *ret_u, double *ret_s,
                          double *ret_vt) HONE_MUST_CHECK;

/* The leading k triplets by the eigenvectors of the smaller Gram matrix: as good as hn_svd for
 * singular values above 1e-8 of the largest. */
hone_status hn_svd_gram(hone_ctx *ctx, const hn_linear_map *map, int64_t k, double *ret_u,
                        double *ret_s, double *ret_vt) HONE_MUST_CHECK;

/* Columns of y [n, k], n >= k, become orthonormal and span at least the same. */
hone_status hn_orthonormalize(hone_ctx *ctx, int64_t n, int64_t k, double *y) HONE_MUST_CHECK;

/* The pseudo-inverse [p, n] of x [n, p]; singular values below rcond * the largest count as 0. */
hone_status hn_pseudo_inverse(hone_ctx *ctx, int64_t n, int64_t p, const double *x, double rcond,
                              double *ret_inverse) HONE_MUST_CHECK;

/* Signs of the rows of vt [k, p] as said above; u [n, ld] (columns 0..k-1; may be NULL) follows. */
void hn_svd_signs(int64_t n, int64_t p, int64_t k, double *u, int64_t ld, double *vt);

#endif
