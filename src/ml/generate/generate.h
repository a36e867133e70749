/* generate.h - what generators have in common: rows made in parallel, each from random numbers of its own. */
#ifndef HN_ML_GENERATE_GENERATE_H
#define HN_ML_GENERATE_GENERATE_H

#include "base/rng.h"
#include "spec/generator.h"

#define HN_PI 3.14159265358979323846

/* Room for n rows of width features and `targets` targets, all zero. */
hone_status hn_made_new(hone_ctx *ctx, hn_arena *arena, int64_t n, int64_t width, int64_t targets,
                        hn_made *ret_made) HONE_MUST_CHECK;

/* One row: x [width], y [targets]; rng is the row's own. */
typedef void hn_make_row_fn(const void *arg, hn_rng *rng, int64_t row, double *x, double *y);
/* fn for every row, in parallel; purpose names the stream of random numbers. */
hone_status hn_make_rows(hone_ctx *ctx, const hn_made *made, const char *purpose,
                         hn_make_row_fn *fn, const void *arg) HONE_MUST_CHECK;

/* Normal numbers of standard deviation sd added to features or targets; nothing where sd is 0. */
hone_status hn_add_noise(hone_ctx *ctx, const hn_made *made, double sd,
                         bool to_targets) HONE_MUST_CHECK;
/* Rows into random order; with `columns` the features too. */
hone_status hn_made_shuffle(hone_ctx *ctx, hn_made *made, bool columns) HONE_MUST_CHECK;

/* Number i of n from low to high, both included, as numpy's linspace has it. */
static inline double hn_spaced(int64_t i, int64_t n, double low, double high) {
    if (n > 1 && i == n - 1) return high;
    return low + (n > 1 ? (double)i * ((high - low) / (double)(n - 1)) : 0);
}

#endif
