/* histogram.h - sums of gradients by bin, in integers.
 *
 * Gradients are rounded at random (without bias) to fixed point, so that sums are integers: they come
 * out the same in any order, and a child's histogram is its parent's minus its sibling's, exactly.
 * (Quantised training: Shi, Ke, Chen, Zheng, Liu 2022.) One 64-bit addition counts gradient and
 * hessian of a row:
 *
 *     sum = gradient << 30 | hessian        hessian sums stay under 2^30, gradient sums under 2^33
 *
 * A row in a node is 8 bytes: its number and its packed gradients. Moving rows moves both, so that
 * histograms read them in order. Scales are chosen such that no sum over all rows can overflow. */
#ifndef HN_ML_TREE_HISTOGRAM_H
#define HN_ML_TREE_HISTOGRAM_H

#include "ml/tree/bins.h"

enum {
    HN_SUM_SHIFT = 30,
    HN_ROWS_MAX = 1 << 28, /* rows that boosting takes at most */
};

/* A row in a node. packed: gradient (signed) above hessian_bits bits of hessian. */
typedef struct hn_item {
    uint32_t row;
    uint32_t packed;
} hn_item;

/* From fixed point back to gradients. */
typedef struct hn_fixed {
    int hessian_bits;   /* 1 where every hessian is 1: all other bits are the gradient's */
    double to_gradient; /* gradient = fixed * to_gradient */
    double to_hessian;
    double from_gradient; /* and there */
    double from_hessian;
} hn_fixed;

/* What the scales follow from; sums and maxima over all rows. */
typedef struct hn_magnitude {
    double gradient_sum; /* of absolute values */
    double gradient_max;
    double hessian_sum;
    double hessian_max;
} hn_magnitude;

hn_fixed hn_fixed_make(hn_magnitude magnitude, bool unit_hessian, int64_t n_rows);

static inline double hn_sum_gradient(hn_fixed fixed, int64_t sum) {
    return (double)(sum >> HN_SUM_SHIFT) * fixed.to_gradient;
}
static inline double hn_sum_hessian(hn_fixed fixed, int64_t sum) {
    return (double)(sum & (((int64_t)1 << HN_SUM_SHIFT) - 1)) * fixed.to_hessian;
}
static inline int64_t hn_item_sum(uint32_t packed, int hessian_bits) {
    int64_t gradient = (int32_t)packed >> hessian_bits;
    return gradient * ((int64_t)1 << HN_SUM_SHIFT) + (packed & ((1u << hessian_bits) - 1));
}

/* items[i].packed for rows items[i].row (i in begin..end-1) from their gradients. hessian NULL: unit.
 * key makes the rounding of this tree its own. */
void hn_fixed_pack(hn_fixed fixed, uint64_t key, const float *gradient, const float *hessian,
                   hn_item *items, int64_t begin, int64_t end);

/* Which features a histogram is wanted of, by place, ascending. */
typedef struct hn_feature_set {
    int32_t n;
    const int32_t *features; /* [n] columns of bins */
    const int32_t *begin;    /* [n_blocks + 1]: features of block b are begin[b] .. begin[b+1]-1 */
    const int32_t *local;    /* [n]: place in the block */
    const int32_t *offset;   /* [n]: first bin in the histogram */
} hn_feature_set;

/* Add items to histogram [bins->width]; bins of features that aren't in set may be changed, too. */
void hn_histogram_add(const hn_bins *bins, const hn_feature_set *set, int hessian_bits,
                      const hn_item *items, int64_t n, int64_t *histogram);
/* Count rows by bin likewise. */
void hn_histogram_count(const hn_bins *bins, const hn_feature_set *set, const hn_item *items,
                        int64_t n, uint32_t *counts);
/* to += from, parent -= child: over bins begin..end-1. */
void hn_histogram_merge(int64_t *to, const int64_t *from, int64_t begin, int64_t end);
void hn_histogram_subtract(int64_t *parent, const int64_t *child, int64_t begin, int64_t end);

#endif
