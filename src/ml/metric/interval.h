/* interval.h - how far a metric could be off: percentile bootstrap (Efron, Tibshirani 1993, ch.
 * 13).
 *
 * A resample draws n rows of the n with replacement; what is handed to metrics is how often each
 * row was drawn, times its weight. All metrics, and the baseline's answers for the same rows, see
 * the same draws, so their difference is a paired one. Resample r has a random stream of its own:
 * same bits for any thread count. Rows are sorted once; a resample is one pass per metric.
 *
 * Bounded: at most about 1e7 drawn rows a call. Up to 10,000 rows all resamples asked for are made;
 * beyond, fewer, but at least 200. Of more than m = 50,000 rows, m random ones are resampled, and
 * the distances of the interval's ends from the value are scaled by sqrt(m / n), the rate at which
 * they shrink (Politis, Romano, Wolf 1999). */
#ifndef HN_ML_METRIC_INTERVAL_H
#define HN_ML_METRIC_INTERVAL_H

#include "ml/metric/metric.h"

typedef struct hn_bootstrap_options {
    double level;      /* share of resamples between low and high; 0: 0.95 */
    int64_t resamples; /* 0: 1000 */
    uint64_t seed;
} hn_bootstrap_options;

/* NaN where a figure is not defined: on all rows, or on more than half of the resamples. */
typedef struct hn_range {
    double value; /* on the rows as they are */
    double low, high;
    double error; /* standard error: the resamples' standard deviation */
} hn_range;

typedef struct hn_bootstrap_result {
    hn_range metric;
    hn_range baseline;   /* the baseline's own; NaN without one */
    hn_range difference; /* metric minus baseline, on the same resamples */
    double ahead;        /* share of resamples where the metric is better than the baseline's */
    int64_t resamples;   /* where the metric was defined */
} hn_bootstrap_result;

/* ret_results [n_metrics]. baseline: other answers for the same y and weights, or NULL. options
 * NULL: defaults with seed 0. Orders are made where scored has none. */
hone_status hn_bootstrap(hone_ctx *ctx, const hn_scored *scored, const hn_scored *baseline,
                         const hn_metric *const *metrics, int64_t n_metrics,
                         const hn_bootstrap_options *options,
                         hn_bootstrap_result *ret_results) HONE_MUST_CHECK;

#endif
