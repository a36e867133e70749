/* prune.h - weakest-link pruning (Breiman, Friedman, Olshen, Stone 1984, ch. 3).
 *
 * The link of a cut node is the price of a leaf at which its subtree is no longer worth having: (impurity
 * as a leaf - impurity of its leaves) / (leaves - 1), in shares of all weight. The weakest link is cut off
 * again and again; the prices never fall. */
#ifndef HN_ML_TREE_PRUNE_H
#define HN_ML_TREE_PRUNE_H

#include "base/ctx.h"

/* The price of a leaf at each step of pruning, from 0 on, and the impurity of the leaves after it. */
typedef struct hn_prune_path {
    double *alphas, *impurities;
    int64_t n;
} hn_prune_path;

/* The whole path of a tree of n nodes, in arena. left [n]: a node's first child, the second one behind it, both
 * behind the node; -1: a leaf. own [n]: impurity of the node as a leaf, times its share of all weight (differences
 * alone matter but to the path's impurities). ret_pruned [n], zeroed by the caller: 1 for nodes whose link is alpha
 * at most (with alpha 0 none), which become leaves; what is below them is marked or not. */
hone_status hn_prune(hone_ctx *ctx, hn_arena *arena, int32_t n, const int32_t *left,
                     const double *own, double alpha, uint8_t *ret_pruned,
                     hn_prune_path *ret_path) HONE_MUST_CHECK;

#endif
