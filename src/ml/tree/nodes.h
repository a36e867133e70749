/* nodes.h - fitted trees of every kind (single, forest, boosted): how they are kept, walked, checked.
 *
 * A node is 16 bytes. The two children of a node lie side by side, after it, in the same tree: so a
 * walk always ends, and a state that passed hn_trees_visit can be walked whatever it holds.
 *
 *     inner, number:    x <= threshold goes left; NaN goes where DEFAULT_LEFT says
 *     inner, category:  a code in the set goes left; unknown (NaN) as above. Up to 64 codes the set is
 *                       in the node; WIDE ones are in words, and codes beyond them go as unknown ones
 *     leaf:             its value is in the node (width 0) or a row of values [n_values, width]. A step
 *                       from a leaf leads to itself: left is its own number, and the feature is
 *                       n_features, at which a row that is walked with holds -inf
 *
 * Children count from the first node of their tree. State as stored: nodes as U8 [n_nodes, 16] in
 * the machine's byte order (little-endian), used directly from the mapped file. */
#ifndef HN_ML_TREE_NODES_H
#define HN_ML_TREE_NODES_H

#include "spec/estimator.h"

enum {
    HN_NODE_LEAF = INT32_MIN,
    HN_NODE_DEFAULT_LEFT = 1 << 30,
    HN_NODE_CATEGORY = 1 << 29,
    HN_NODE_WIDE = 1 << 28,
    HN_NODE_FEATURE = (1 << 28) - 1, /* mask */
    HN_NODE_INLINE_CODES = 64,
};

typedef struct hn_node {
    union {
        double threshold;
        double value;   /* leaf, width 0 */
        int64_t row;    /* leaf, width > 0: of values */
        uint64_t codes; /* category */
        struct {
            uint32_t first; /* word of hn_trees.words */
            uint32_t n;     /* words: codes 0 .. 32 n - 1 are known */
        } set;              /* category, WIDE */
    };
    int32_t feature; /* and the flags above */
    int32_t left;    /* first child; leaf: itself */
} hn_node;

/* One tree while it is being made; arrays belong to whoever made it. Its leaves need only have feature
 * LEAF, and in left the row of values (width > 0): joining does the rest. */
typedef struct hn_tree {
    hn_node *nodes;
    double *values;  /* [n_values, width] */
    uint32_t *words; /* sets count from here */
    int32_t n_nodes;
    int32_t n_values;
    int32_t n_words;
    int32_t depth; /* edges from the root to the deepest leaf */
} hn_tree;

typedef struct hn_trees {
    int64_t n_features;
    int64_t n_trees;
    int64_t width; /* 0: one value a leaf, in the node */
    int64_t n_nodes;
    int64_t n_values;
    int64_t n_words;
    int64_t has_sets; /* 0: no node asks for a category; 1: some do; 2: some with a WIDE set */
    int64_t *first;   /* [n_trees + 1]: first node of each tree */
    hn_node *nodes;   /* [n_nodes] */
    double *values;   /* [n_values, width] */
    int32_t *words;   /* [n_words]: bit c % 32 of word c / 32 is code c */
} hn_trees;

/* All trees one behind the other, in arena. width as in hn_trees. HONE_ERROR_DATA where there are more
 * nodes than 31 bits count. */
hone_status hn_trees_join(hone_ctx *ctx, hn_arena *arena, const hn_tree *trees, int64_t n,
                          int64_t n_features, int64_t width, hn_trees *ret_trees) HONE_MUST_CHECK;

/* More trees behind those that are there; width 0. The arrays are made anew in arena. */
hone_status hn_trees_append(hone_ctx *ctx, hn_arena *arena, const hn_tree *trees, int64_t n,
                            hn_trees *all) HONE_MUST_CHECK;

/* Tree t by itself, copied to arena. */
hone_status hn_trees_one(hone_ctx *ctx, hn_arena *arena, const hn_trees *trees, int64_t t,
                         hn_trees *ret_tree) HONE_MUST_CHECK;

/* The walk over the state (visit.h). Loading checks everything that indexes memory, in O(nodes). */
hone_status hn_trees_visit(hn_visitor *v, hn_trees *trees) HONE_MUST_CHECK;

/* What a row's sums become: in place, row [outputs]. */
typedef void hn_finish_fn(const void *arg, double *row);

/* How predictions are made from the trees. */
typedef struct hn_scoring {
    int64_t outputs;      /* columns of the answer */
    int64_t groups;       /* width 0: tree t adds to column t % groups; else ignored */
    const double *start;  /* [max(groups, width)] what the sums begin with */
    hn_finish_fn *finish; /* may be NULL */
    const void *arg;
} hn_scoring;

/* ret_out [x->n_rows, outputs]. Sums run over trees in their order, for any batch and thread count. */
hone_status hn_trees_predict(hone_ctx *ctx, const hn_trees *trees, const hn_scoring *scoring,
                             const hn_table *x, double *ret_out) HONE_MUST_CHECK;

/* Index of the leaf that a row (doubles [n_features], codes of categories as they are) falls into. nodes: the
 * tree's first. */
int32_t hn_tree_leaf(const hn_trees *trees, const hn_node *nodes, const double *row);

/* Depth and number of leaves of tree t. */
void hn_trees_shape(const hn_trees *trees, int64_t t, int64_t *ret_depth, int64_t *ret_leaves,
                    int32_t *scratch_depth);

#endif
