/* blas_load.h - the functions of OpenBLAS that hone uses, loaded when first needed.
 *
 * They are called between hn_blas_enter and hn_blas_leave, which keep the library on one thread:
 * its OpenMP build follows the calling thread's own setting, whatever openblas_set_num_threads
 * said. Fortran routines take the lengths of their character arguments last (gfortran's
 * convention). */
#ifndef HN_NUM_BLAS_LOAD_H
#define HN_NUM_BLAS_LOAD_H

#include "base/ctx.h"

enum { HN_COL_MAJOR = 102, HN_NO_TRANS = 111, HN_TRANS = 112, HN_UPPER = 121, HN_LOWER = 122 };

#define HN_BLAS_FUNCTIONS(X)                                                                       \
    X(void, openblas_set_num_threads, (int n))                                                     \
    X(void, cblas_dgemm,                                                                           \
      (int order, int ta, int tb, int m, int n, int k, double alpha, const double *a, int lda,     \
       const double *b, int ldb, double beta, double *c, int ldc))                                 \
    X(void, cblas_sgemm,                                                                           \
      (int order, int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda,       \
       const float *b, int ldb, float beta, float *c, int ldc))                                    \
    X(void, cblas_dsyrk,                                                                           \
      (int order, int uplo, int trans, int n, int k, double alpha, const double *a, int lda,       \
       double beta, double *c, int ldc))                                                           \
    X(void, cblas_ssyrk,                                                                           \
      (int order, int uplo, int trans, int n, int k, float alpha, const float *a, int lda,         \
       float beta, float *c, int ldc))                                                             \
    X(void, dpotrf_,                                                                               \
      (const char *uplo, const int *n, double *a, const int *lda, int *info, size_t))              \
    X(void, dpotri_,                                                                               \
      (const char *uplo, const int *n, double *a, const int *lda, int *info, size_t))              \
    X(void, dpotrs_,                                                                               \
      (const char *uplo, const int *n, const int *nrhs, const double *a, const int *lda,           \
       double *b, const int *ldb, int *info, size_t))                                              \
    X(void, dpocon_,                                                                               \
      (const char *uplo, const int *n, const double *a, const int *lda, const double *anorm,       \
       double *rcond, double *work, int *iwork, int *info, size_t))                                \
    X(void, dgeqrf_,                                                                               \
      (const int *m, const int *n, double *a, const int *lda, double *tau, double *work,           \
       const int *lwork, int *info))                                                               \
    X(void, dgeqp3_,                                                                               \
      (const int *m, const int *n, double *a, const int *lda, int *jpvt, double *tau,              \
       double *work, const int *lwork, int *info))                                                 \
    X(void, dormqr_,                                                                               \
      (const char *side, const char *trans, const int *m, const int *n, const int *k,              \
       const double *a, const int *lda, const double *tau, double *c, const int *ldc,              \
       double *work, const int *lwork, int *info, size_t, size_t))                                 \
    X(void, dgelqf_,                                                                               \
      (const int *m, const int *n, double *a, const int *lda, double *tau, double *work,           \
       const int *lwork, int *info))                                                               \
    X(void, dorglq_,                                                                               \
      (const int *m, const int *n, const int *k, double *a, const int *lda, const double *tau,     \
       double *work, const int *lwork, int *info))                                                 \
    X(void, dgesdd_,                                                                               \
      (const char *jobz, const int *m, const int *n, double *a, const int *lda, double *s,         \
       double *u, const int *ldu, double *vt, const int *ldvt, double *work, const int *lwork,     \
       int *iwork, int *info, size_t))                                                             \
    X(void, dtrtrs_,                                                                               \
      (const char *uplo, const char *trans, const char *diag, const int *n, const int *nrhs,       \
       const double *a, const int *lda, double *b, const int *ldb, int *info, size_t, size_t,      \
       size_t))                                                                                    \
    X(void, dsyevd_,                                                                               \
      (const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,     \
       double *work, const int *lwork, int *iwork, const int *liwork, int *info, size_t, size_t))

typedef struct hn_blas {
#define HN_BLAS_FIELD(result, name, arguments) result(*name) arguments;
    HN_BLAS_FUNCTIONS(HN_BLAS_FIELD)
#undef HN_BLAS_FIELD
} hn_blas;

/* HONE_ERROR_UNSUPPORTED where there is no OpenBLAS. Safe to call from several threads. */
hone_status hn_blas_get(hone_ctx *ctx, const hn_blas **ret_blas) HONE_MUST_CHECK;

/* The saved setting, for hn_blas_leave. */
int hn_blas_enter(void);
void hn_blas_leave(int saved);

/* The same by scope: HN_BLAS_SCOPE; stands before the calls. */
static inline void hn_blas_scope_end(int *saved) { hn_blas_leave(*saved); }
#define HN_BLAS_SCOPE                                                                              \
    int hn_blas_saved_ __attribute__((cleanup(hn_blas_scope_end), unused)) = hn_blas_enter()

/* size as the int that BLAS takes, which every dimension must fit. */
hone_status hn_blas_fits(hone_ctx *ctx, int64_t size) HONE_MUST_CHECK;

#endif
