/* describe.h - a column described for people: beyond profile.h its quantiles, histogram, density, outliers,
 * frequencies, and where values are missing. Counts are of all rows; the density is of the rows sampled. */
#ifndef HN_TABLE_DESCRIBE_H
#define HN_TABLE_DESCRIBE_H

#include "table/profile.h"

enum {
    HN_QUANTILES = 11, /* 0, 1, 5, 10, 25, 50, 75, 90, 95, 99, 100 % */
    HN_BINS_MOST = 50, /* of a histogram */
    HN_LOG_BINS = 30,
    HN_KDE_POINTS = 128, /* of a density */
    HN_TOP_VALUES = 20,
    HN_EXTREMES = 5,
    HN_MISSING_SLICES = 64,
    HN_LAGS = 24
};
extern const double hn_quantile_levels[HN_QUANTILES];

/* A value that occurs often: of numbers the value itself, else a row that has it. */
typedef struct hn_top_value {
    double value;
    int64_t row; /* -1: value tells */
    int64_t count;
} hn_top_value;

/* Everything that isn't there is NaN or 0. */
typedef struct hn_description {
    hn_column_profile profile; /* mean, sd, skewness, min and max of finite values */
    int64_t bytes;             /* of memory, dictionary included */

    /* numbers and times */
    int64_t n_infinite, n_zero, n_negative, n_finite;
    double quantiles[HN_QUANTILES]; /* of finite values, by linear interpolation */
    double kurtosis;                /* excess, with n (g2) */
    double mad;                     /* median distance from the median */
    double fence_low, fence_high;   /* 1.5 quartile distances beyond the quartiles (Tukey 1977) */
    int64_t n_outliers_iqr;         /* beyond these */
    int64_t n_outliers_z;           /* more than 3 deviations from the mean */
    bool rises, falls; /* no value is less (more) than the one before; at least two values */
    int32_t n_bins;
    double edges[HN_BINS_MOST + 1];
    int64_t counts[HN_BINS_MOST]; /* [edge, next edge), the last with its end */
    int32_t n_log_bins;           /* 0: a logarithmic scale would show nothing new */
    double log_edges[HN_LOG_BINS + 1];
    int64_t log_counts[HN_LOG_BINS]; /* of values above 0, in bins of equal ratio */
    int32_t n_kde;                   /* 0: no density */
    double kde_from, kde_step, bandwidth;
    double kde[HN_KDE_POINTS];
    int32_t n_lags;
    double lags[HN_LAGS]; /* autocorrelation at lag 1, 2, ... in the order of rows */

    int32_t n_extremes; /* of different finite values, at most */
    hn_top_value lowest[HN_EXTREMES], highest[HN_EXTREMES]; /* outermost first */

    /* all */
    int32_t n_top;
    hn_top_value top[HN_TOP_VALUES]; /* most frequent first */
    int64_t n_once;                  /* values that occur once */
    double entropy;                  /* of names, in nats */
    int64_t shortest, longest;       /* texts, in characters */
    double mean_length;
    int64_t missing[HN_MISSING_SLICES]; /* in each equal slice of the rows */
    int64_t longest_gap;                /* missing rows one after the other */
} hn_description;

typedef struct hn_describe_options {
    const int64_t *sample; /* rows that densities are made of; NULL: all */
    int64_t n_sample;
    bool lags; /* autocorrelation at every lag, not only the first */
} hn_describe_options;

hone_status hn_describe_column(hone_ctx *ctx, const hn_column *column,
                               const hn_describe_options *options,
                               hn_description *ret_description) HONE_MUST_CHECK;
/* All columns, in parallel. ret_descriptions [n_columns]. */
hone_status hn_describe_table(hone_ctx *ctx, const hn_table *table,
                              const hn_describe_options *options,
                              hn_description *ret_descriptions) HONE_MUST_CHECK;

/* Equal bins over ascending finite values as a histogram has them: Freedman and Diaconis' width or Sturges'
 * number, whichever gives more (numpy's "auto"), at most HN_BINS_MOST; one per integer where there are
 * few; bins >= 1: so many. ret_edges [HN_BINS_MOST + 1]. */
int32_t hn_histogram_edges(const double *sorted, int64_t n, bool whole, int64_t bins,
                           double *ret_edges);
/* Counts of ascending values in n_bins bins. */
void hn_histogram_counts(const double *sorted, int64_t n, const double *edges, int32_t n_bins,
                         int64_t *ret_counts);
/* Gaussian kernel density of ascending values at `from + i * step` (n_points of them) with Scott's bandwidth
 * (factor n^(-1/5) of the deviation), which is returned; NaN if values don't vary. */
double hn_density(const double *sorted, int64_t n, double from, double step, int64_t n_points,
                  double *ret_density);

#endif
