/* split.h - the best cut of a boosted tree's node, found in its histogram.
 *
 * Gain of a cut, with G and H the sums of gradients and hessians, t(G) = sign(G) max(|G| - l1, 0):
 *     t(G_left)^2 / (H_left + l2) + t(G_right)^2 / (H_right + l2) - t(G)^2 / (H + l2)
 * (Chen, Guestrin 2016, without their factor 1/2). Numbers are cut at a bound, missing values go to
 * the better side. Categories are tried one against the rest where they are few, else sorted by
 * G / (H + cat_smooth) and cut like numbers (Fisher 1958).
 *
 * With path_smooth s a child of n rows says (n * its own value + s * its parent's value) / (n + s), and cuts are judged
 * by that (as LightGBM has it). Histograms hold no counts: n is taken to be in proportion to the hessians. */
#ifndef HN_ML_TREE_SPLIT_H
#define HN_ML_TREE_SPLIT_H

#include "ml/tree/histogram.h"

typedef struct hn_split_rules {
    double l1, l2;
    double min_hessian; /* of a child */
    double min_gain;
    int64_t min_rows; /* of a child; decided by counts where they are given */
    double cat_smooth, cat_l2;
    int64_t max_onehot;
    const int8_t *monotone; /* [n_features]: -1, 0, 1; NULL: none */
    double max_step;        /* largest leaf value; 0: no limit */
    double path_smooth;     /* rows' worth of its parent's value in a leaf's; 0: none */
    bool random_cuts;       /* of each feature one cut, drawn (as extra trees do) */
} hn_split_rules;

/* What a node's value keeps to. */
typedef struct hn_value_bounds {
    double low, high; /* what monotone neighbours leave for it */
    double parent;    /* its parent's value: with path_smooth */
    bool is_root;     /* it has none */
} hn_value_bounds;

/* A node as far as its split is concerned. */
typedef struct hn_split_node {
    int64_t sum; /* of all items */
    int64_t n;
    hn_value_bounds bounds;
    uint64_t draw; /* with random_cuts: which cut, for this feature */
} hn_split_node;

typedef struct hn_split {
    double gain;     /* over the node's own; <= 0: there is none */
    int32_t feature; /* column of bins */
    int32_t bin;     /* numbers: values of bins <= bin go left */
    bool missing_left;
    int64_t left_sum;
    uint64_t set[4]; /* bins that go left, missing and all */
} hn_split;

/* The best cut of one feature, if better than *best (strictly: of equals the first one stays).
 * histogram points to the feature's first bin, counts (may be NULL) likewise. */
void hn_split_search(const hn_bins *bins, int32_t feature, const hn_split_rules *rules,
                     hn_fixed fixed, const hn_split_node *node, const int64_t *histogram,
                     const uint32_t *counts, hn_split *best);

/* A leaf's value for sums of gradients and hessians over so many rows, within its bounds. */
double hn_leaf_value(const hn_split_rules *rules, double gradient, double hessian, double rows,
                     const hn_value_bounds *bounds);

#endif
