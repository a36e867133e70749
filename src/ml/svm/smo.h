/* smo.h - the quadratic problem behind every kernel machine, and its solution by decomposition.
 *
 *   minimise  1/2 b'Kb - c'b   subject to  lower <= b <= upper,  sum of b (by group) as it is at the start
 *
 * over variables b [n], where variable t stands for row row[t] of the kernel matrix (several may stand
 * for one). With y in {-1, 1} and b = y alpha these are all the problems of LIBSVM; the nu formulations
 * have two groups, whose sums are kept each by itself.
 *
 * Let v = c - Kb. At the optimum no variable that can grow has a larger v than one of its group that can
 * shrink; the largest such difference is the gap, and falls to the tolerance.
 */
#ifndef HN_ML_SVM_SMO_H
#define HN_ML_SVM_SMO_H

#include "ml/svm/kernel.h"

typedef struct hn_smo {
    int64_t n;                            /* variables */
    const int32_t *row;                   /* [n] */
    const uint8_t *group;                 /* [n] 0 or 1; NULL: all 0 */
    const double *lower, *upper, *linear; /* [n]; linear is c */
    double *beta;                         /* [n] start, within bounds, and result */
    double tolerance;
    int64_t max_steps; /* 0: as many as it takes, up to a limit that no good problem meets */
    /* out: */
    double *f; /* [rows] Kb */
    double bias
        [2]; /* by group: mean v of variables between their bounds, or the middle of what is possible */
    double gap;
    int64_t steps; /* of two variables each */
    bool converged;
} hn_smo;

/* A working set of many variables at once, chosen by v and by how lately they were in, is solved by steps of
 * two (second-order choice: Fan, Chen, Lin 2005), then f is brought up to date by blocks of rows
 * (Joachims 1999; Wen et al. 2018). smo->f [rows of gram]. */
hone_status hn_smo_solve(hone_ctx *ctx, hn_krows *gram, hn_smo *smo) HONE_MUST_CHECK;
/* Rows that gram must be able to hold. */
int64_t hn_smo_least_rows(int64_t n_rows);

#endif
