/* kmeans_quick.h - nearest centroids in single precision, where that is certain.
 *
 * A row's scores are made of floats, eight rows at a time; their error is bounded whatever the order of
 * summing (Higham 2002, section 3.1). Where the best beats the second by more than that, it is the best;
 * the few other rows are left to the caller, who measures in double precision. So the answer is that of
 * measuring all. */
#ifndef HN_ML_CLUSTER_KMEANS_QUICK_H
#define HN_ML_CLUSTER_KMEANS_QUICK_H

#include "base/parallel.h"

typedef struct hn_kmeans_quick {
    int64_t n, d, k;
    float *x;         /* [n / 8 rounded up][d][8] */
    float *length;    /* [n rounded up] norms of rows, from above */
    float *centroids; /* [k / 8 rounded up][d][8] */
    float *norms;     /* [k rounded up] half squared norms; INFINITY past the last */
    double longest;   /* of the centroids, from above */
    bool usable;      /* sizes that floats can multiply */
} hn_kmeans_quick;

/* Rows x [n, d], in scratch; at most k centroids will come. */
hone_status hn_kmeans_quick_make(hone_ctx *ctx, const double *x, int64_t n, int64_t d, int64_t k,
                                 hn_kmeans_quick *ret_quick) HONE_MUST_CHECK;
/* Before asking: where the centroids are. */
void hn_kmeans_quick_set(hn_kmeans_quick *quick, const double *centroids);

enum { HN_QUICK_ROWS = 256 };
/* Rows begin .. begin + n - 1 (n <= HN_QUICK_ROWS, begin a multiple of 8): labels, and the places (from 0)
 * of the *ret_open rows for which it is not certain. */
void hn_kmeans_quick_label(const hn_kmeans_quick *quick, int64_t begin, int64_t n,
                           int32_t *ret_label, int32_t ret_place[HN_QUICK_ROWS], int *ret_open);
/* Which of the first eight centroids may be nearer to these rows than squared distance nearest [n]: bit c of
 * ret_may [n]. */
void hn_kmeans_quick_nearer(const hn_kmeans_quick *quick, int64_t begin, int64_t n,
                            const double *nearest, uint8_t *ret_may);

#endif
