/* disparities.h - what non-metric scaling takes for distances: numbers in the order of the dissimilarities, and
 * otherwise as near to the layout's distances as can be (Kruskal 1964). */
#ifndef HN_ML_EMBED_DISPARITIES_H
#define HN_ML_EMBED_DISPARITIES_H

#include "num/monotone.h"

/* Pairs of rows in the order of their dissimilarities. Equal ones have equal disparities; 0 counts as not known
 * and stays 0. */
typedef struct hn_disparities {
    int64_t n, pairs, levels;
    int64_t *order; /* [pairs] i * n + j, i < j */
    int64_t *ends;  /* [levels] one past the last pair of each level */
    double *level;  /* [levels] dissimilarities, ascending */
    double *value;  /* [levels] disparities */
    hn_pool *pools; /* [levels] */
} hn_disparities;

/* Of wanted [n, n], symmetric. In arena. */
hone_status hn_disparities_make(hone_ctx *ctx, hn_arena *arena, int64_t n, const double *wanted,
                                hn_disparities *ret_disparities) HONE_MUST_CHECK;
/* ret [n, n] = disparities of mean square 1: nearest to distance [n, n], or the dissimilarities themselves where
 * distance is NULL. */
hone_status hn_disparities_fit(hone_ctx *ctx, hn_disparities *d, const double *distance,
                               double *ret) HONE_MUST_CHECK;
/* The last fit as a function of a dissimilarity, at some 4000 points at most, in arena. */
hone_status hn_disparities_function(hone_ctx *ctx, hn_arena *arena, const hn_disparities *d,
                                    hn_monotone *ret_function) HONE_MUST_CHECK;

#endif
