/* decision_tree.h - the parameters of decision_tree and the tree while it grows, as its files share
 * them. */
#ifndef HN_ML_TREE_DECISION_TREE_H
#define HN_ML_TREE_DECISION_TREE_H

#include "ml/tree/exact.h"
#include "ml/tree/nodes.h"

typedef struct hn_decision_params {
    int criterion;
    int64_t max_depth; /* 0: none */
    int64_t min_samples_split, min_samples_leaf;
    int64_t max_leaf_nodes; /* 0: none */
    double min_impurity_decrease;
    double max_features; /* share below 1, number from 1 on, or a word's value */
    int class_weight;
    double ccp_alpha;
} hn_decision_params;

enum { HN_DECISION_SQRT = -1, HN_DECISION_LOG2 = -2, HN_DECISION_ALL = -3 };

typedef struct hn_decision_node {
    hn_exact_node what;
    hn_exact_cut cut; /* feature -1: it can't be cut */
    double *classes;  /* [n_classes] weights */
    double gain;      /* weighted impurity that the cut removes */
    uint64_t key;     /* of its random numbers */
    int32_t left;     /* first child; -1: a leaf */
    int32_t depth;
    int64_t n_left;
} hn_decision_node;

/* The tree, children after parents. */
typedef struct hn_decision {
    hn_decision_node *nodes;
    int32_t n, room;
    double total; /* weight of all rows */
} hn_decision;

/* Grow, in scratch. */
hone_status hn_decision_grow(hone_ctx *ctx, hn_arena *work, hn_exact *exact,
                             const hn_decision_params *params,
                             hn_decision *ret_tree) HONE_MUST_CHECK;
/* Cut back to the smallest subtree with the least impurity + alpha * leaves (Breiman et al. 1984, ch. 3):
 * pruned nodes become leaves, their descendants unreachable. */
void hn_decision_prune(hn_decision *tree, double alpha, double *scratch_cost,
                       int32_t *scratch_leaves);

#endif
