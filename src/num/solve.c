/* solve.c - symmetric systems and eigenvectors through LAPACK; least squares is in least_squares.c.
 */
#include "num/blas.h"
#include "num/blas_load.h"
#include "num/math.h"
#include <assert.h>
#include <math.h>
#include <string.h>

static double one_norm(const double *a, int64_t p) {
    double norm = 0;
    for (int64_t i = 0; i < p; i++) {
        double sum = 0;
        for (int64_t j = 0; j < p; j++) sum += fabs(a[i * p + j]);
        if (sum > norm || sum != sum) norm = sum; /* NaN gets in and stays */
    }
    return norm;
}

/* b [rows, cols] -> out [cols, rows]. */
static void transpose(const double *b, int64_t rows, int64_t cols, double *out) {
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++) out[j * rows + i] = b[i * cols + j];
}

/* Cholesky's, in the lower triangle as LAPACK sees it. norm is a's. Within a HN_BLAS_SCOPE. */
static hone_status factorise(hone_ctx *ctx, const hn_blas *blas, int64_t p, double norm,
                             double *a) {
    int n = (int)p, info = 1;
    /* Finite sums only: LAPACK may take a NaN for a positive pivot. */
    if (isfinite(norm)) blas->dpotrf_("L", &n, a, &n, &info, 1);
    if (info == 0) return HONE_OK;
    return hn_fail(ctx, HONE_ERROR_DATA,
                   "the %lld x %lld system is not positive definite (at row %d); add a penalty or "
                   "leave out columns that depend on others",
                   (long long)p, (long long)p, info - 1);
}

hone_status hn_solve_spd(hone_ctx *ctx, int64_t p, double *a, int64_t k, double *b,
                         double *ret_rcond) {
    assert(p >= 0 && k >= 0);
    if (p == 0) {
        if (ret_rcond) *ret_rcond = 1;
        return HONE_OK;
    }
    HN_SCRATCH(ctx);
    HN_TRY(hn_blas_fits(ctx, p));
    HN_TRY(hn_blas_fits(ctx, k));
    const hn_blas *blas;
    HN_TRY(hn_blas_get(ctx, &blas));
    double *columns, *work;
    int *iwork;
    HN_TRY(HN_SCRATCH_NEW(ctx, columns, p * k + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, work, 3 * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, iwork, p));
    int n = (int)p, nrhs = (int)k, info;
    double norm = one_norm(a, p), rcond = 0;
    HN_BLAS_SCOPE;
    HN_TRY(factorise(ctx, blas, p, norm, a));
    if (ret_rcond) blas->dpocon_("L", &n, a, &n, &norm, &rcond, work, iwork, &info, 1);
    transpose(b, p, k, columns);
    if (k > 0) blas->dpotrs_("L", &n, &nrhs, a, &n, columns, &n, &info, 1);
    transpose(columns, k, p, b);
    if (ret_rcond) *ret_rcond = rcond;
    return HONE_OK;
}

hone_status hn_invert_spd(hone_ctx *ctx, int64_t p, double *a, double *ret_half_log_det) {
    assert(p >= 1);
    const hn_blas *blas;
    HN_TRY(hn_blas_fits(ctx, p));
    HN_TRY(hn_blas_get(ctx, &blas));
    int n = (int)p, info;
    double sum = 0;
    HN_BLAS_SCOPE;
    HN_TRY(factorise(ctx, blas, p, one_norm(a, p), a));
    for (int64_t i = 0; i < p; i++) sum += hn_log(a[i * p + i]);
    blas->dpotri_("L", &n, a, &n, &info, 1);
    if (info != 0)
        return hn_fail(ctx, HONE_ERROR_DATA, "the %lld x %lld system has no inverse", (long long)p,
                       (long long)p);
    for (int64_t i = 0; i < p; i++) /* LAPACK's lower triangle is the upper one of rows */
        for (int64_t j = 0; j < i; j++) a[i * p + j] = a[j * p + i];
    *ret_half_log_det = sum;
    return HONE_OK;
}

hone_status hn_eigen_symmetric(hone_ctx *ctx, int64_t p, double *a, double *ret_values,
                               double *ret_vectors) {
    assert(p >= 0);
    if (p == 0) return HONE_OK;
    HN_SCRATCH(ctx);
    HN_TRY(hn_blas_fits(ctx, p));
    const hn_blas *blas;
    HN_TRY(hn_blas_get(ctx, &blas));
    if (!isfinite(one_norm(a, p)))
        return hn_fail(ctx, HONE_ERROR_DATA,
                       "a matrix whose eigenvectors are wanted has values that are not finite; "
                       "impute or drop them first");
    const char *job = ret_vectors ? "V" : "N";
    int n = (int)p, lwork = -1, liwork = -1, iwant = 0, info;
    double want = 0, *work, *values;
    int *iwork;
    HN_BLAS_SCOPE;
    blas->dsyevd_(job, "L", &n, a, &n, ret_values, &want, &lwork, &iwant, &liwork, &info, 1, 1);
    lwork = (int)want;
    liwork = iwant;
    HN_TRY(HN_SCRATCH_NEW(ctx, work, lwork));
    HN_TRY(HN_SCRATCH_NEW(ctx, iwork, liwork));
    HN_TRY(HN_SCRATCH_NEW(ctx, values, p));
    blas->dsyevd_(job, "L", &n, a, &n, values, work, &lwork, iwork, &liwork, &info, 1, 1);
    if (info != 0)
        return hn_fail(ctx, HONE_ERROR_DATA,
                       "the eigenvalues of a %lld x %lld matrix were not found (LAPACK says %d); "
                       "standardise the columns it was made from",
                       (long long)p, (long long)p, info);
    memcpy(ret_values, values, (size_t)p * sizeof *values);
    /* LAPACK's columns are our rows. */
    if (ret_vectors) memcpy(ret_vectors, a, (size_t)p * (size_t)p * sizeof *a);
    return HONE_OK;
}
