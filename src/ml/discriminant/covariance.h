/* covariance.h - covariance matrices, shrunk or not; what linear and quadratic discriminants share. */
#ifndef HN_ML_DISCRIMINANT_COVARIANCE_H
#define HN_ML_DISCRIMINANT_COVARIANCE_H

#include "spec/estimator.h"

enum { HN_SHRINK_NONE = 0, HN_SHRINK_AUTO = -1 };

/* Covariance ret [p, p] of the rows of x [n, p] (dense, row-major) around mean [p], divided by the sum of
 * weights (NULL: ones). y NULL: all rows; else those of class c. shrinkage: a share of the mean variance, on
 * the diagonal, instead; HN_SHRINK_AUTO: as Ledoit and Wolf (2004) find best, on standardised columns. */
hone_status hn_covariance(hone_ctx *ctx, const double *x, int64_t n, int64_t p, const double *y,
                          int64_t c, const double *weight, const double *mean, double shrinkage,
                          double *ret) HONE_MUST_CHECK;

/* Probabilities of k classes beforehand, into ret: those given (made to sum to 1), or by counts. */
hone_status hn_class_priors(hone_ctx *ctx, const char *kind, const hn_reals *given,
                            const double *count, int64_t k, double *ret) HONE_MUST_CHECK;

#define HN_SHRINKAGE_PARAM(struct_type)                                                            \
    HN_PARAM(struct_type, shrinkage, .def = "none", .range = "[0, 1]",                             \
             .words = HN_WORDS({"none", HN_SHRINK_NONE}, {"auto", HN_SHRINK_AUTO}),                \
             .doc = "Share of covariances that is replaced by equal variances; auto: found by "    \
                    "Ledoit and Wolf's formula.")

#endif
