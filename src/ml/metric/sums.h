/* sums.h - the two ways metrics add up rows: sums of terms, and weights by class. */
#ifndef HN_ML_METRIC_SUMS_H
#define HN_ML_METRIC_SUMS_H

#include "ml/metric/metric.h"

enum { HN_TERMS_BLOCK = 1024, HN_TERMS_MAX = 3 };

/* Terms of rows begin..end-1 (at most HN_TERMS_BLOCK), unweighted: ret[s][i - begin] for sum s. */
typedef void hn_terms_fn(const hn_scored *scored, const void *arg, int64_t begin, int64_t end,
                         double ret[HN_TERMS_MAX][HN_TERMS_BLOCK]);

/* ret_sums [n_sums]: sums over rows of weight * term, in a written order, parallel for large n.
 * A term under a weight of 0 is not looked at (it may be NaN). arg is handed to terms. */
hone_status hn_metric_sums(hone_ctx *ctx, const hn_scored *scored, hn_terms_fn *terms,
                           const void *arg, int n_sums, double *ret_sums) HONE_MUST_CHECK;
/* The weighted mean of per_row, or its root; NaN without weight. */
hone_status hn_metric_mean(hone_ctx *ctx, const hn_scored *scored, const hn_metric *metric,
                           double *ret_mean) HONE_MUST_CHECK;
/* The same from figures [n] that per_row gave: same bits. */
hone_status hn_metric_mean_of(hone_ctx *ctx, const hn_scored *scored, const hn_metric *metric,
                              const double *figures, double *ret_mean) HONE_MUST_CHECK;
/* Sum of weights; n without. */
double hn_scored_total(const hn_scored *scored);

/* Binary: the weight of positives among the k rows with the highest scores, and among all. Of rows with
 * equal scores that k parts, their share. */
hone_status hn_metric_top_hits(hone_ctx *ctx, const hn_scored *scored, double k, double *ret_hits,
                               double *ret_all) HONE_MUST_CHECK;

/* Weights by class; arrays [n_classes] in scratch. */
typedef struct hn_class_counts {
    int32_t n_classes;
    double total;
    double *hit;       /* predicted and true */
    double *truth;     /* true */
    double *predicted; /* predicted */
} hn_class_counts;
hone_status hn_class_counts_make(hone_ctx *ctx, const hn_scored *scored,
                                 hn_class_counts *ret_counts) HONE_MUST_CHECK;

/* a / b, and 0 where b is 0: what a rate is where nothing could have been rated. */
static inline double hn_rate(double a, double b) { return b > 0 ? a / b : 0; }

#endif
