/* mcd.h - the minimum covariance determinant: place and shape of the densest part of the rows. */
#ifndef HN_ML_ANOMALY_MCD_H
#define HN_ML_ANOMALY_MCD_H

#include "base/parallel.h"

/* Of all subsets of h of the n rows of x [n, p] the one (found by FAST-MCD, Rousseeuw and Van Driessen 1999) whose
 * covariance has the least determinant: its mean and covariance. */
typedef struct hn_mcd {
    double *location;   /* [p] */
    double *covariance; /* [p, p] */
    double log_det;     /* -infinity: singular */
} hn_mcd;
hone_status hn_mcd_find(hone_ctx *ctx, const double *x, int64_t n, int64_t p, int64_t h,
                        hn_mcd *mcd) HONE_MUST_CHECK;

/* Rows [rank, p] that turn covariance [p, p] into the identity (directions of no variance are left out); ret
 * [p, p], zero rows at the end. */
hone_status hn_mcd_whiten(hone_ctx *ctx, const double *covariance, int64_t p, double *ret,
                          double *ret_log_det) HONE_MUST_CHECK;
/* Squared distance of row [p] in that space; work [p]. */
double hn_mcd_distance(const double *row, const double *location, const double *white, int64_t p,
                       double *work);
/* Mean and covariance of the rows with keep[i] (dividing by how many there are). */
hone_status hn_mcd_moments(hone_ctx *ctx, const double *x, int64_t n, int64_t p,
                           const uint8_t *keep, double *ret_location,
                           double *ret_covariance) HONE_MUST_CHECK;

#endif
