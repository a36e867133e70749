/* association.h - how much two columns have to do with each other: correlations of numbers and of ranks,
 * figures of contingency tables, one-way analysis of variance, mutual information.
 *
 * Values are finite and complete: who calls leaves out rows where either is missing. NaN where a figure is
 * not defined (a constant column, fewer than two rows). Sums have a written order; each call runs on one
 * thread, so that columns or pairs can be given to several. */
#ifndef HN_NUM_ASSOCIATION_H
#define HN_NUM_ASSOCIATION_H

#include "base/ctx.h"

/* ---- numbers --------------------------------------------------------------------------------- */

/* Product-moment correlation, by sums of products of distances from the means. */
hone_status hn_pearson(hone_ctx *ctx, const double *x, const double *y, int64_t n,
                       double *ret_r) HONE_MUST_CHECK;
/* Ranks from 1, equal values sharing their mean rank. order: as hn_argsort_f64 gives it. */
void hn_ranks(const double *x, const int64_t *order, int64_t n, double *ret_ranks);
/* The same, sorting. */
hone_status hn_rank(hone_ctx *ctx, const double *x, int64_t n, double *ret_ranks) HONE_MUST_CHECK;
/* Pearson's of the ranks. */
hone_status hn_spearman(hone_ctx *ctx, const double *x, const double *y, int64_t n,
                        double *ret_rho) HONE_MUST_CHECK;
/* Kendall's tau-b by counting exchanges of a merge sort, n log n (Knight 1966). order: of x. */
hone_status hn_kendall(hone_ctx *ctx, const double *x, const double *y, const int64_t *order,
                       int64_t n, double *ret_tau) HONE_MUST_CHECK;
/* Two-sided p-value of a correlation r of n pairs under independence (Student's t with n - 2). */
double hn_correlation_p(double r, int64_t n);

/* ---- groups of numbers ----------------------------------------------------------------------- */

typedef struct hn_anova {
    double f, p;          /* F and its p-value */
    double eta;           /* correlation ratio: root of the share of the variance between groups */
    double between, rest; /* degrees of freedom */
} hn_anova;
/* x [n] in groups 0..k-1 (others are left out); empty groups do not count. */
hone_status hn_anova_of(hone_ctx *ctx, const double *x, const int32_t *group, int64_t n, int32_t k,
                        hn_anova *ret_anova) HONE_MUST_CHECK;

/* ---- contingency tables ---------------------------------------------------------------------- */

/* counts [rows, columns] >= 0; empty rows and columns do not count. */
typedef struct hn_contingency {
    double total;
    double chi2, p, df;         /* Pearson's, without a continuity correction */
    double cramers_v;           /* root of chi2 / (total * (least side - 1)) */
    double cramers_v_corrected; /* less its bias under independence (Bergsma 2013) */
    double mutual_information;  /* in nats, of the shares as they are */
    double row_entropy, column_entropy;
} hn_contingency;
hone_status hn_contingency_of(hone_ctx *ctx, const double *counts, int64_t rows, int64_t columns,
                              hn_contingency *ret_contingency) HONE_MUST_CHECK;
/* How far k sums are from what their shares would give: sum of (o - e)^2 / e, where e is share * total
 * (feature selection's chi2 has the sums of a feature by class, and the classes' shares of rows). */
double hn_chi2_of_sums(const double *sums, const double *shares, int64_t k);

/* ---- mutual information by nearest neighbours ------------------------------------------------- */

/* In nats, at least 0, by the k-th neighbour (scikit-learn has k = 3): of two columns of numbers (Kraskov,
 * Stoegbauer, Grassberger 2004) and of numbers with classes 0..n_classes-1 (Ross 2014; others are left out).
 * Both take values to be continuous: where many are equal, pass them through hn_continuous first, once
 * each. */
hone_status hn_mutual_information(hone_ctx *ctx, const double *x, const double *y, int64_t n,
                                  int64_t k, double *ret_nats) HONE_MUST_CHECK;
hone_status hn_mutual_information_classes(hone_ctx *ctx, const double *x, const int32_t *classes,
                                          int64_t n, int32_t n_classes, int64_t k,
                                          double *ret_nats) HONE_MUST_CHECK;
/* x divided by its deviation, plus noise of 1e-10 of its size that parts equal values; ret may be x. The
 * noise is a function of ctx->seed, stream and the row. */
hone_status hn_continuous(hone_ctx *ctx, const double *x, int64_t n, uint64_t stream,
                          double *ret) HONE_MUST_CHECK;

#endif
