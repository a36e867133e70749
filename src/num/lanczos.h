/* lanczos.h - a few eigenvectors of a large symmetric matrix that is known by its products only. */
#ifndef HN_NUM_LANCZOS_H
#define HN_NUM_LANCZOS_H

#include "base/ctx.h"

/* y [n] = A x [n]. */
typedef hone_status hn_product_fn(hone_ctx *ctx, void *arg, const double *x, double *y);

/* The k algebraically largest eigenvalues, descending, and their vectors ret_vectors [k, n] (length 1, the
 * largest component positive), by Lanczos with thick restarts and full orthogonalisation (Wu, Simon 2000).
 * Once converged it begins again with a random direction, so that eigenvalues that occur several times are
 * found as often. Stops at residuals of tolerance * |A|, or after most products; *ret_converged tells which.
 * k <= n. Random numbers come from ctx->seed. */
hone_status hn_eigen_largest(hone_ctx *ctx, int64_t n, int64_t k, hn_product_fn *product, void *arg,
                             double tolerance, int64_t most, double *ret_values,
                             double *ret_vectors, bool *ret_converged) HONE_MUST_CHECK;

#endif
