/* platt.h - the logistic curve of one score. */
#ifndef HN_ML_ENSEMBLE_PLATT_H
#define HN_ML_ENSEMBLE_PLATT_H

#include "base/ctx.h"

/* The slope and offset for which 1 / (1 + exp(slope * score + offset)) is likeliest for hits [n] (0 or 1),
 * taken with Platt's priors (Platt 1999, 2.2), by Newton's method with backtracking (Lin, Lin, Weng 2007).
 * weight NULL: ones. n >= 1, some weight above 0. */
hone_status hn_platt_fit(hone_ctx *ctx, int64_t n, const double *score, const double *hit,
                         const double *weight, double *ret_slope,
                         double *ret_offset) HONE_MUST_CHECK;

#endif
