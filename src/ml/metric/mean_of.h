/* mean_of.h - hooks of a regression metric that is the mean of an expression. */
#ifndef HN_ML_METRIC_MEAN_OF_H
#define HN_ML_METRIC_MEAN_OF_H

#include "ml/metric/sums.h"

/* A metric's hooks where it is the mean of an expression of y (truth) and p (prediction). */
#define MEAN_OF(name, expression)                                                                  \
    static void name##_per_row(const hn_scored *scored, int64_t begin, int64_t end, double *ret) { \
        for (int64_t i = begin; i < end; i++) {                                                    \
            double y = scored->y[i], p = scored->value[i];                                         \
            ret[i - begin] = (expression);                                                         \
        }                                                                                          \
    }                                                                                              \
    static hone_status name(hone_ctx *ctx, const hn_scored *scored, double *ret_value) {           \
        return hn_metric_mean(ctx, scored, &hn_metric_##name, ret_value);                          \
    }

#endif
