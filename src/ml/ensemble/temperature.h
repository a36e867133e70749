/* temperature.h - one number that makes a classifier surer or less sure of everything. */
#ifndef HN_ML_ENSEMBLE_TEMPERATURE_H
#define HN_ML_ENSEMBLE_TEMPERATURE_H

#include "base/ctx.h"

/* The factor for which softmax(factor * logits) is likeliest for classes y [n] (Guo, Pleiss, Sun, Weinberger
 * 2017); logits [n, k]. Between exp(-10) and exp(10). weight NULL: ones. n >= 1. */
hone_status hn_temperature_fit(hone_ctx *ctx, int64_t n, int64_t k, const double *logits,
                               const double *y, const double *weight,
                               double *ret_factor) HONE_MUST_CHECK;

#endif
