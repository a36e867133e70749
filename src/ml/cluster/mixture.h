/* mixture.h - Gaussian mixtures on a row-major matrix: densities and expectation-maximisation. */
#ifndef HN_ML_CLUSTER_MIXTURE_H
#define HN_ML_CLUSTER_MIXTURE_H

#include "base/parallel.h"
#include "base/rng.h"

enum { HN_MIXTURE_FULL, HN_MIXTURE_TIED, HN_MIXTURE_DIAG, HN_MIXTURE_SPHERICAL };

/* Shapes of covariances and of what stands for their inverses, by kind: full [k, d, d], tied [d, d], diag
 * [k, d], spherical [k]. */
typedef struct hn_mixture {
    int64_t k, d, kind;
    double *weights; /* [k] sum to 1 */
    double *means;   /* [k, d] */
    double *covariances;
    double
        *precisions_cholesky; /* upper triangles P with P P' = inverse covariance; 1 / deviation */
    double *log_weights;      /* [k] made: log weight + log det P - d/2 log 2 pi */
} hn_mixture;

int64_t hn_mixture_numbers(int64_t kind, int64_t k, int64_t d);
/* Free parameters, for BIC and AIC. */
double hn_mixture_parameters(const hn_mixture *m);
/* All arrays, in arena. */
hone_status hn_mixture_new(hone_ctx *ctx, hn_arena *arena, int64_t kind, int64_t k, int64_t d,
                           hn_mixture *ret_mixture) HONE_MUST_CHECK;
/* log_weights from the rest. */
void hn_mixture_prepare(const hn_mixture *m);

enum { HN_MIXTURE_ROWS = 8 };
/* Of each row of a tile [d][HN_MIXTURE_ROWS] (hn_lanes_fill): ret [k][HN_MIXTURE_ROWS] the responsibilities,
 * ret_log the log of the sum of weight times density; work [d][HN_MIXTURE_ROWS]. All aligned as scratch is. A
 * row's bits depend on that row alone. */
void hn_mixture_responsibilities(const hn_mixture *m, const double *tile, double *work, double *ret,
                                 double *ret_log);

/* One row [d], and the component that it comes from. */
int64_t hn_mixture_draw(const hn_mixture *m, hn_rng *rng, double *ret_row);

typedef struct hn_mixture_job {
    const double *x; /* [n, d], best centred */
    int64_t n, max_iter;
    double tolerance, reg_covar;
} hn_mixture_job;
typedef struct hn_mixture_end {
    double lower_bound; /* mean log density before the last step */
    double likelihood;  /* mean log density of the result */
    int64_t iterations;
    bool converged;
} hn_mixture_end;
/* From responsibilities resp [k, n], which it overwrites. HONE_ERROR_DATA where a covariance has no
 * inverse. */
hone_status hn_mixture_fit(hone_ctx *ctx, const hn_mixture_job *job, double *resp, hn_mixture *m,
                           hn_mixture_end *ret_end) HONE_MUST_CHECK;

#endif
