/* grow_tree.c - a grown tree as it is kept; see grow.h. */
#include "ml/tree/grow.h"
#include "ml/tree/node_set.h"

static int32_t words_of(const hn_bins *bins, const hn_grown *node) {
    return node->left < 0 ? 0 : hn_set_words(&bins->columns[node->split.feature]);
}

static void put_node(const hn_bins *bins, const hn_grown *from, hn_tree *tree, hn_node *to) {
    if (from->left < 0) {
        *to = (hn_node){.value = from->value, .feature = HN_NODE_LEAF};
        return;
    }
    const hn_bin_column *column = &bins->columns[from->split.feature];
    to->left = from->left;
    to->feature = from->split.feature | (from->split.missing_left ? HN_NODE_DEFAULT_LEFT : 0);
    if (column->is_category) {
        hn_node_put_set(column, from->split.set, from->split.missing_left, tree->words,
                        &tree->n_words, to);
    } else {
        bool all = from->split.bin >= column->n_values - 1;
        to->threshold = all ? INFINITY : column->upper[from->split.bin];
    }
}

hone_status hn_grown_tree(hone_ctx *ctx, hn_arena *arena, const hn_bins *bins,
                          const hn_grown *nodes, int32_t n, hn_tree *ret_tree) {
    hn_tree tree = {.n_nodes = n};
    int64_t words = 0;
    for (int32_t i = 0; i < n; i++) {
        words += words_of(bins, &nodes[i]);
        if (nodes[i].depth > tree.depth) tree.depth = nodes[i].depth;
    }
    HN_TRY(HN_NEW(ctx, arena, tree.nodes, n));
    HN_TRY(HN_NEW(ctx, arena, tree.words, words));
    for (int32_t i = 0; i < n; i++) put_node(bins, &nodes[i], &tree, &tree.nodes[i]);
    *ret_tree = tree;
    return HONE_OK;
}
