/* decision_tree.h - the parameters of decision_tree and the tree while it grows, as its files share
 * them. */
#ifndef HN_ML_TREE_DECISION_TREE_H
#define HN_ML_TREE_DECISION_TREE_H

#include "ml/tree/exact.h"
#include "ml/tree/nodes.h"
#include "ml/tree/prune.h"

typedef struct hn_decision_params {
    int criterion;
    int64_t max_depth; /* 0: none */
    int64_t min_samples_split, min_samples_leaf;
    double min_weight_fraction_leaf;
    int64_t max_leaf_nodes; /* 0: none */
    double min_impurity_decrease;
    double max_features; /* share below 1, number from 1 on, or a word's value */
    int class_weight;
    double ccp_alpha;
    hn_pairs monotone_constraints;
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

/* What stays of it. By node (in the tree's order): rows and weight of training, impurity, and the answer:
 * class shares, or the value. */
typedef struct hn_decision_state {
    int64_t n_classes;
    int64_t path_length;
    hn_trees trees; /* one */
    double *start;  /* [max(n_classes, 1)] zeros */
    double *importances;
    int64_t *rows;   /* [n_nodes] */
    double *weights; /* [n_nodes] */
    double *impurity;
    double *value;    /* [n_nodes, max(n_classes, 1)] */
    uint8_t *missing; /* [n_nodes]: values were missing where the node was cut */
    double *path_alphas, *path_impurities; /* [path_length] */
} hn_decision_state;

/* Grow, in scratch. */
hone_status hn_decision_grow(hone_ctx *ctx, hn_arena *work, hn_exact *exact,
                             const hn_decision_params *params,
                             hn_decision *ret_tree) HONE_MUST_CHECK;
/* The tree as it is kept, in arena. y_shift: added to the values of numbers. */
hone_status hn_decision_keep(hone_ctx *ctx, hn_arena *arena, const hn_exact *exact,
                             const hn_decision *tree, double y_shift,
                             hn_decision_state *s) HONE_MUST_CHECK;

#endif
