/* grow.h - one boosted tree grown leaf by leaf, the leaf with the most gain first.
 *
 * The order in which leaves are cut decides which are cut before max_leaves is reached. To keep all
 * threads busy, the cuts of several leaves are worked out ahead (the most promising ones), but they
 * are taken in exactly the order that one at a time would give. So the tree depends neither on how
 * many are worked out ahead nor on how rows are shared among threads. */
#ifndef HN_ML_TREE_GROW_H
#define HN_ML_TREE_GROW_H

#include "base/parallel.h"
#include "ml/tree/nodes.h"
#include "ml/tree/split.h"

typedef struct hn_grow_rules {
    hn_split_rules split;
    int64_t max_leaves;
    int64_t max_depth; /* 0: no limit */
    double colsample_bytree, colsample_bylevel, colsample_bynode;
    /* Features that may meet on a path: [n_features, group_words], a bit for each group that a feature is in.
     * A path keeps to features that share a group. NULL: all may meet. */
    const uint64_t *groups;
    int32_t group_words;
    uint64_t seed;
} hn_grow_rules;

/* A node of the tree that was grown, in the terms of bins. */
typedef struct hn_grown {
    hn_split split;
    int32_t left; /* first child; -1: a leaf */
    int32_t depth;
    int64_t begin, n; /* a leaf's items in side */
    int side;
    hn_value_bounds bounds; /* of its value */
    double value;           /* a leaf's, set by the caller */
} hn_grown;

typedef struct hn_grower hn_grower;

/* A grower for one fit; its memory is from ctx->scratch. bins and rules are borrowed. */
hone_status hn_grower_new(hone_ctx *ctx, const hn_bins *bins, const hn_grow_rules *rules,
                          int64_t max_items, hn_grower **ret_grower) HONE_MUST_CHECK;
/* The n items to grow the next tree from, to be filled by the caller. */
hn_item *hn_grower_items(hn_grower *grower);
/* Grow tree number index from n items. The result lives until the next call: nodes in the order in
 * which they were made (children side by side, after their parent). */
hone_status hn_grow(hone_ctx *ctx, hn_grower *grower, hn_fixed fixed, int64_t n, int64_t index,
                    hn_grown **ret_nodes, int32_t *ret_n) HONE_MUST_CHECK;
/* Items of a leaf. */
const hn_item *hn_grown_items(const hn_grower *grower, const hn_grown *leaf);

/* The leaf that a binned row falls into. */
static inline int32_t hn_grown_leaf(const hn_grown *nodes, const hn_bins *bins, int64_t row) {
    int32_t i = 0;
    while (nodes[i].left >= 0) {
        uint8_t bin = hn_bins_code(bins, row, nodes[i].split.feature);
        i = nodes[i].left + !(nodes[i].split.set[bin / 64] >> (bin % 64) & 1);
    }
    return i;
}

/* The tree as it is kept, with its leaves' values; memory from arena. */
hone_status hn_grown_tree(hone_ctx *ctx, hn_arena *arena, const hn_bins *bins,
                          const hn_grown *nodes, int32_t n, hn_tree *ret_tree) HONE_MUST_CHECK;

#endif
