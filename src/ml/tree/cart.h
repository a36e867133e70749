/* cart.h - one tree of a forest, grown on binned columns: depth first, or with a limit to its leaves the one
 * that gains most first (Breiman, Friedman, Olshen, Stone
 * 1984; drawn features: Breiman 2001).
 *
 * Categories must have been ordered by their mean target (hn_bins_order): then a cut of the order is
 * the best of all subsets for two classes and for squared error, and a good one else. */
#ifndef HN_ML_TREE_CART_H
#define HN_ML_TREE_CART_H

#include "base/rng.h"
#include "ml/tree/bins.h"
#include "ml/tree/nodes.h"

typedef struct hn_cart_rules {
    int32_t n_classes; /* 0: numbers */
    bool entropy;
    int64_t max_depth; /* 0: no limit */
    int64_t min_samples_split, min_samples_leaf;
    double min_weight_fraction; /* of all items' weight, in a leaf */
    int64_t max_leaf_nodes;     /* 0: no limit */
    const int8_t *monotone; /* [n_features]: -1, 0, 1; NULL: none. Numbers and two classes only */
    double min_impurity_decrease;
    double ccp_alpha; /* price of a leaf in pruning; 0: none */
    int32_t n_try;    /* features looked at for a node */
    bool random_cuts; /* one cut a feature, drawn (Geurts, Ernst, Wehenkel 2006); needs values */
    bool own_weights; /* each tree has weights of its own: hn_carter_weights */
} hn_cart_rules;

typedef struct hn_cart_data {
    const hn_bins *bins;
    const double *y;      /* class, or value; about 0 on average, for precision */
    const double *weight; /* NULL: ones */
    double y_shift;       /* added to the values of leaves */
    /* With random_cuts: values [n_features, n_rows], as floats where these lose nothing, a category's the
     * place of its bin; NaN is missing. See hn_cart_values. */
    const float *floats;
    const double *doubles;
} hn_cart_data;

/* A row in a tree: count says how often it was drawn. */
typedef struct hn_cart_item {
    uint32_t row;
    uint32_t count;
} hn_cart_item;

/* What a worker needs to grow trees; memory from ctx->scratch. */
typedef struct hn_carter hn_carter;
hone_status hn_carter_new(hone_ctx *ctx, const hn_cart_data *data, const hn_cart_rules *rules,
                          int64_t max_items, hn_carter **ret_carter) HONE_MUST_CHECK;
/* The items to grow the next tree from, to be filled by the caller, ascending rows. */
hn_cart_item *hn_carter_items(hn_carter *carter);
/* With own_weights: weights by row [n_rows] of the next tree, to be filled for its items. */
double *hn_carter_weights(hn_carter *carter);
/* Grow a tree from n >= 1 items into arena. ret_decrease [n_features]: weighted impurity decrease of each
 * feature's cuts, as shares of all items' weight. Two classes: leaves hold the second one's share (width
 * 0); more: rows of shares; none: means. */
hone_status hn_cart_grow(hone_ctx *ctx, hn_carter *carter, hn_rng rng, int64_t n, hn_arena *arena,
                         hn_tree *ret_tree, double *ret_decrease) HONE_MUST_CHECK;

/* Number the bins of categories anew by mean target (more than two classes: by the first principal
 * component of their class shares, Coppersmith, Hong, Hosking 1999). */
hone_status hn_bins_order(hone_ctx *ctx, hn_bins *bins, const double *y, const double *weight,
                          int32_t n_classes) HONE_MUST_CHECK;

/* Fill in floats or doubles of data, whose bins are in order; in scratch. */
hone_status hn_cart_values(hone_ctx *ctx, const hn_table *x, hn_cart_data *data) HONE_MUST_CHECK;

#endif
