/* bins.h - k-means of numbers on a line. */
#ifndef HN_ML_PREP_BINS_H
#define HN_ML_PREP_BINS_H

#include "base/ctx.h"

/* Lloyd's rounds from centers [k] (ascending), which are replaced, over sorted [n >= 1]; stops as scikit-learn's
 * KMeans does: where nothing moves, where centers move less than 1e-4 of the variance, or after 300 rounds. */
hone_status hn_kmeans_line(hone_ctx *ctx, const double *sorted, int64_t n, double *centers,
                           int64_t k) HONE_MUST_CHECK;

#endif
