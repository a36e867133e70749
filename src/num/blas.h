/* blas.h - the dense algebra hone uses, row-major doubles, same bits for any thread count.
 *
 * Large products are cut into tiles that depend on the shapes alone; each tile is one
 * single-threaded OpenBLAS call inside hn_parallel. OpenBLAS is loaded when first needed (it costs
 * milliseconds to start), so prediction paths don't come here: they use hn_dot. */
#ifndef HN_NUM_BLAS_H
#define HN_NUM_BLAS_H

#include "base/parallel.h"

/* c [m, n] = alpha * op(a) op(b) + beta * c; op is transpose where trans_ is set; ld = row length
 * of the array as stored. */
hone_status hn_gemm(hone_ctx *ctx, bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k,
                    double alpha, const double *a, int64_t lda, const double *b, int64_t ldb,
                    double beta, double *c, int64_t ldc) HONE_MUST_CHECK;
/* c [p, p] = sum over rows i of w[i] * x[i,:]' x[i,:], both triangles filled; w NULL = ones.
 * Reduced over row blocks in order. x [n, p]. */
hone_status hn_gram(hone_ctx *ctx, const double *x, int64_t n, int64_t p, const double *w,
                    double *c) HONE_MUST_CHECK;
/* y [n] = x [n, p] b [p] + shift, each row summed as hn_dot does. */
hone_status hn_gemv(hone_ctx *ctx, const double *x, int64_t n, int64_t p, const double *b,
                    double shift, double *y) HONE_MUST_CHECK;
/* g [p] = x' r, reduced over row blocks in order. */
hone_status hn_gemv_t(hone_ctx *ctx, const double *x, int64_t n, int64_t p, const double *r,
                      double *g) HONE_MUST_CHECK;

/* Dot product in a written order, the scoring path's: element i goes to lane i mod 8, lanes are added
 * as ((0+1)+(2+3))+((4+5)+(6+7)). */
double hn_dot(const double *a, const double *b, int64_t n);
/* y [rows] = the dot of each row of x [rows, p] with b, plus shift: the bits of hn_dot, several rows at a time. */
void hn_dots(const double *x, int64_t rows, int64_t p, const double *b, double shift, double *y);
/* sum [p] += the rows of x [rows, p], each times its r [rows]: four rows at a time, then the rest in order. */
void hn_dots_back(const double *x, int64_t rows, int64_t p, const double *r, double *sum);
/* ret [rows, k] = rows of x, each stride after the last, times rows of b [k, p]: every product has
 * hn_dot's bits, and several at a time take half as long. */
void hn_dot_rows(const double *x, int64_t stride, int64_t rows, const double *b, int64_t k,
                 int64_t p, double *ret);

/* ---- solvers (LAPACK) ------------------------------------------------------------------------ */

/* Solve a x = b for symmetric positive definite a [p, p] (overwritten by its Cholesky factor), b
 * [p, k] row-major overwritten by x. HONE_ERROR_DATA if a is not positive definite: the caller may
 * try another way. ret_rcond may be NULL. */
hone_status hn_solve_spd(hone_ctx *ctx, int64_t p, double *a, int64_t k, double *b,
                         double *ret_rcond) HONE_MUST_CHECK;
/* a [p, p], symmetric positive definite, becomes its inverse; *ret_half_log_det: half the logarithm of its
 * determinant. HONE_ERROR_DATA as above. */
hone_status hn_invert_spd(hone_ctx *ctx, int64_t p, double *a,
                          double *ret_half_log_det) HONE_MUST_CHECK;
/* Minimum-norm least squares of x [n, p] b = y [n, k] by column-scaled QR with pivoting (rank decided
 * at rcond relative to the largest diagonal), refined in doubled precision where the rank is full. x
 * and y are not changed and must be finite (HONE_ERROR_DATA names the column or row). ret_b [p, k];
 * ret_inverse_gram [p, p] (pseudo-inverse of x'x, for standard errors) and ret_rank may be NULL. */
hone_status hn_solve_least_squares(hone_ctx *ctx, const double *x, int64_t n, int64_t p,
                                   const double *y, int64_t k, double rcond, double *ret_b,
                                   double *ret_inverse_gram, int64_t *ret_rank) HONE_MUST_CHECK;
/* Eigenvalues ascending and vectors (rows of ret_vectors, or NULL) of symmetric a [p, p], which is
 * overwritten. The sign of a vector is LAPACK's. */
hone_status hn_eigen_symmetric(hone_ctx *ctx, int64_t p, double *a, double *ret_values,
                               double *ret_vectors) HONE_MUST_CHECK;

#endif
