/* gp.h - covariance functions of Gaussian processes, and the two ways of fitting: exact, and Laplace's. */
#ifndef HN_ML_GAUSSIAN_PROCESS_GP_H
#define HN_ML_GAUSSIAN_PROCESS_GP_H

#include "base/parallel.h"

typedef enum hn_gp_kind {
    HN_GP_RBF,      /* exp(-d^2 / 2), d the distance in length scales */
    HN_GP_MATERN12, /* exp(-d) */
    HN_GP_MATERN32,
    HN_GP_MATERN52,
    HN_GP_RATIONAL, /* (1 + d^2 / (2 shape))^-shape */
    HN_GP_COUNT
} hn_gp_kind;

/* Covariance = constant * kernel(d) + noise where the rows are the same. theta are logarithms: constant, then
 * length scales (one, or one for each feature), then shape (rational), then noise (where there is any). */
typedef struct hn_gp {
    int64_t kind, n_scales, n_theta;
    bool noisy;
    const double *x; /* [n, p] training rows */
    int64_t n, p;
    double jitter; /* added to the diagonal */
} hn_gp;

enum { HN_GP_CONSTANT = 0, HN_GP_SCALES = 1 };
static inline int64_t hn_gp_shape(const hn_gp *g) { return HN_GP_SCALES + g->n_scales; }
static inline int64_t hn_gp_noise(const hn_gp *g) {
    return HN_GP_SCALES + g->n_scales + (g->kind == HN_GP_RATIONAL);
}

/* Covariance of row a [p] with row b, without noise. scales [p] are 1 / length. */
double hn_gp_covariance(int64_t kind, const double *a, const double *b,
                        const double *inverse_scales, int64_t p, double constant, double shape);
/* K [n, n] over the training rows, noise and jitter on the diagonal. */
hone_status hn_gp_matrix(hone_ctx *ctx, const hn_gp *g, const double *theta,
                         double *ret) HONE_MUST_CHECK;
/* ret [n_theta]: sum over a, b of q[a, b] * dK[a, b] / dtheta. */
hone_status hn_gp_gradient(hone_ctx *ctx, const hn_gp *g, const double *theta, const double *q,
                           double *ret) HONE_MUST_CHECK;

/* What answers are made of, for one output: a prediction is k . alpha, its variance
 * K(x, x) - |L^-1 (root * k)|^2, k the covariances with the training rows. */
typedef struct hn_gp_fit {
    double *alpha; /* [n] */
    double *root;  /* [n] */
    double *lower; /* [n, n] L, row-major */
    double value;  /* log marginal likelihood */
} hn_gp_fit;

/* At theta: the log marginal likelihood, its gradient (NULL: not wanted) and, unless NULL, the fit. y [n]: numbers,
 * or 0 and 1 (Rasmussen, Williams 2006: algorithms 2.1; 3.1 and 5.1). */
hone_status hn_gp_exact(hone_ctx *ctx, const hn_gp *g, const double *y, const double *theta,
                        double *ret_value, double *ret_gradient,
                        hn_gp_fit *ret_fit) HONE_MUST_CHECK;
hone_status hn_gp_laplace(hone_ctx *ctx, const hn_gp *g, const double *y, const double *theta,
                          double *ret_value, double *ret_gradient,
                          hn_gp_fit *ret_fit) HONE_MUST_CHECK;
typedef hone_status hn_gp_method(hone_ctx *ctx, const hn_gp *g, const double *y,
                                 const double *theta, double *ret_value, double *ret_gradient,
                                 hn_gp_fit *ret_fit);

#endif
