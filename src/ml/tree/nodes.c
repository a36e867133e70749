/* nodes.c - joining trees, and checking those that come from a file; see nodes.h. */
#include "ml/tree/nodes.h"
#include <assert.h>
#include <string.h>

_Static_assert(sizeof(hn_node) == 16, "a node is 16 bytes, in memory and in the file");

/* ---- join ----------------------------------------------------------------------------------- */

static void copy_nodes(const hn_tree *tree, hn_trees *all, hn_node *to, int64_t value,
                       int64_t word) {
    for (int32_t i = 0; i < tree->n_nodes; i++) {
        hn_node node = tree->nodes[i];
        if (node.feature < 0) {
            if (all->width > 0) node.row = node.left + value;
            node.feature = HN_NODE_LEAF | (int32_t)all->n_features;
            node.left = i;
        } else if (node.feature & HN_NODE_WIDE) {
            node.set.first += (uint32_t)word;
            all->has_sets = 2;
        } else if (node.feature & HN_NODE_CATEGORY && all->has_sets == 0) {
            all->has_sets = 1;
        }
        to[i] = node;
    }
}

static void copy_all(const hn_tree *trees, int64_t n, hn_trees *all) {
    int64_t node = 0, value = 0, word = 0;
    for (int64_t t = 0; t < n; t++) {
        const hn_tree *tree = &trees[t];
        all->first[t] = node;
        copy_nodes(tree, all, all->nodes + node, value, word);
        if (tree->n_values > 0)
            memcpy(all->values + value * all->width, tree->values,
                   (size_t)(tree->n_values * all->width) * sizeof(double));
        if (tree->n_words > 0)
            memcpy(all->words + word, tree->words, (size_t)tree->n_words * sizeof(uint32_t));
        node += tree->n_nodes;
        value += tree->n_values;
        word += tree->n_words;
    }
    all->first[n] = node;
}

hone_status hn_trees_join(hone_ctx *ctx, hn_arena *arena, const hn_tree *trees, int64_t n,
                          int64_t n_features, int64_t width, hn_trees *ret_trees) {
    hn_trees all = {.n_features = n_features, .n_trees = n, .width = width};
    for (int64_t t = 0; t < n; t++) {
        all.n_nodes += trees[t].n_nodes;
        all.n_values += trees[t].n_values;
        all.n_words += trees[t].n_words;
    }
    if (all.n_values > INT32_MAX || all.n_words > INT32_MAX)
        return hn_fail(
            ctx, HONE_ERROR_DATA,
            "the trees have more leaves than can be counted; grow fewer or smaller ones");
    HN_TRY(HN_NEW(ctx, arena, all.first, n + 1));
    HN_TRY(HN_NEW(ctx, arena, all.nodes, all.n_nodes));
    HN_TRY(HN_NEW(ctx, arena, all.values, all.n_values * width));
    HN_TRY(HN_NEW(ctx, arena, all.words, all.n_words));
    copy_all(trees, n, &all);
    *ret_trees = all;
    return HONE_OK;
}

hone_status hn_trees_append(hone_ctx *ctx, hn_arena *arena, const hn_tree *trees, int64_t n,
                            hn_trees *all) {
    assert(all->width == 0);
    HN_SCRATCH(ctx);
    hn_trees old = *all, more;
    HN_TRY(hn_trees_join(ctx, ctx->scratch, trees, n, old.n_features, 0, &more));
    hn_trees both = {.n_features = old.n_features,
                     .n_trees = old.n_trees + n,
                     .n_nodes = old.n_nodes + more.n_nodes,
                     .n_words = old.n_words + more.n_words,
                     .has_sets = old.has_sets > more.has_sets ? old.has_sets : more.has_sets};
    if (both.n_words > INT32_MAX)
        return hn_fail(ctx, HONE_ERROR_DATA, "the model has grown too large to learn more");
    HN_TRY(HN_NEW(ctx, arena, both.first, both.n_trees + 1));
    HN_TRY(HN_NEW(ctx, arena, both.nodes, both.n_nodes));
    HN_TRY(HN_NEW(ctx, arena, both.words, both.n_words));
    for (int64_t t = 0; t < old.n_trees; t++) both.first[t] = old.first[t];
    for (int64_t t = 0; t <= n; t++) both.first[old.n_trees + t] = old.n_nodes + more.first[t];
    if (old.n_nodes > 0) memcpy(both.nodes, old.nodes, (size_t)old.n_nodes * sizeof *both.nodes);
    for (int64_t i = 0; i < more.n_nodes; i++) {
        hn_node node = more.nodes[i];
        if (node.feature >= 0 && node.feature & HN_NODE_WIDE)
            node.set.first += (uint32_t)old.n_words;
        both.nodes[old.n_nodes + i] = node;
    }
    if (old.n_words > 0) memcpy(both.words, old.words, (size_t)old.n_words * sizeof *both.words);
    if (more.n_words > 0)
        memcpy(both.words + old.n_words, more.words, (size_t)more.n_words * sizeof *both.words);
    *all = both;
    return HONE_OK;
}

/* ---- save, load ----------------------------------------------------------------------------- */

static bool node_is_safe(const hn_trees *trees, const hn_node *node, int64_t i, int64_t size) {
    if (node->feature < 0) {
        if (node->feature != (HN_NODE_LEAF | (int32_t)trees->n_features) || node->left != i)
            return false;
        if (trees->width > 0) return node->row >= 0 && node->row < trees->n_values;
        return node->value == node->value; /* -inf <= NaN would lead on from the leaf */
    }
    if ((node->feature & HN_NODE_FEATURE) >= trees->n_features) return false;
    if (node->left <= i || node->left >= size - 1) return false;
    if (!(node->feature & (HN_NODE_CATEGORY | HN_NODE_WIDE))) return true;
    if (!(node->feature & HN_NODE_CATEGORY) || trees->has_sets == 0) return false;
    if (!(node->feature & HN_NODE_WIDE)) return true;
    return trees->has_sets == 2 && (int64_t)node->set.first + node->set.n <= trees->n_words;
}

static bool trees_are_safe(const hn_trees *trees) {
    if (trees->first[0] != 0 || trees->first[trees->n_trees] != trees->n_nodes) return false;
    for (int64_t t = 0; t < trees->n_trees; t++) {
        int64_t begin = trees->first[t], end = trees->first[t + 1];
        if (begin < 0 || end <= begin || end > trees->n_nodes || end - begin > INT32_MAX)
            return false;
        for (int64_t i = begin; i < end; i++)
            if (!node_is_safe(trees, &trees->nodes[i], i - begin, end - begin)) return false;
    }
    return true;
}

/* Nodes hold doubles; a file need not have put bytes where doubles may stand. */
static hone_status align_nodes(hn_visitor *v, hn_trees *trees) {
    if ((uintptr_t)trees->nodes % _Alignof(hn_node) == 0) return HONE_OK;
    hn_node *copy;
    HN_TRY(HN_NEW(v->ctx, v->arena, copy, trees->n_nodes));
    memcpy(copy, trees->nodes, (size_t)trees->n_nodes * sizeof *copy);
    trees->nodes = copy;
    return HONE_OK;
}

static bool sizes_are_sane(const hn_trees *trees) {
    const int64_t most = INT64_C(1) << 40;
    return trees->n_features >= 0 && trees->n_features < HN_NODE_FEATURE && trees->n_trees >= 0 &&
           trees->n_trees < most && trees->width >= 0 && trees->width <= INT32_MAX &&
           trees->n_nodes >= 0 && trees->n_nodes < most && trees->n_values >= 0 &&
           trees->n_values <= INT32_MAX && trees->n_words >= 0 && trees->n_words <= INT32_MAX &&
           trees->has_sets >= 0 && trees->has_sets <= 2;
}

hone_status hn_trees_visit(hn_visitor *v, hn_trees *trees) {
    HN_TRY(hn_visit(v, "n_features", &trees->n_features));
    HN_TRY(hn_visit(v, "n_trees", &trees->n_trees));
    HN_TRY(hn_visit(v, "width", &trees->width));
    HN_TRY(hn_visit(v, "n_nodes", &trees->n_nodes));
    HN_TRY(hn_visit(v, "n_values", &trees->n_values));
    HN_TRY(hn_visit(v, "n_words", &trees->n_words));
    HN_TRY(hn_visit(v, "has_sets", &trees->has_sets));
    HN_TRY(hn_visit_check(v, sizes_are_sane(trees), "the trees have impossible sizes"));
    HN_TRY(hn_visit(v, "first", &trees->first, trees->n_trees + 1));
    uint8_t *bytes = (uint8_t *)trees->nodes;
    HN_TRY(hn_visit(v, "nodes", &bytes, trees->n_nodes, (int64_t)sizeof(hn_node)));
    trees->nodes = (hn_node *)(void *)bytes;
    HN_TRY(hn_visit(v, "values", &trees->values, trees->n_values, trees->width));
    HN_TRY(hn_visit(v, "words", &trees->words, trees->n_words));
    if (v->loading) HN_TRY(align_nodes(v, trees));
    return hn_visit_check(v, trees_are_safe(trees), "a tree points outside itself");
}

hone_status hn_trees_one(hone_ctx *ctx, hn_arena *arena, const hn_trees *trees, int64_t t,
                         hn_trees *ret_tree) {
    hn_trees one = *trees;
    const hn_node *from = trees->nodes + trees->first[t];
    int64_t n = trees->first[t + 1] - trees->first[t], rows = INT64_MAX, last = -1;
    int64_t words = INT64_MAX, end = -1;
    HN_TRY(HN_NEW(ctx, arena, one.first, 2));
    HN_TRY(HN_NEW(ctx, arena, one.nodes, n));
    for (int64_t i = 0; i < n; i++) {
        const hn_node *node = &from[i];
        if (node->feature < 0) {
            if (trees->width > 0 && node->row < rows) rows = node->row;
            if (trees->width > 0 && node->row > last) last = node->row;
        } else if (node->feature & HN_NODE_WIDE) {
            if (node->set.first < words) words = node->set.first;
            if (node->set.first + (int64_t)node->set.n > end)
                end = node->set.first + (int64_t)node->set.n;
        }
    }
    for (int64_t i = 0; i < n; i++) {
        hn_node *node = &one.nodes[i];
        *node = from[i];
        if (node->feature < 0 && trees->width > 0)
            node->row -= rows;
        else if (node->feature > 0 && (node->feature & HN_NODE_WIDE))
            node->set.first -= (uint32_t)words;
    }
    one.n_trees = 1;
    one.first[1] = one.n_nodes = n;
    one.n_values = last < 0 ? 0 : last - rows + 1;
    one.n_words = end < 0 ? 0 : end - words;
    if (one.n_values > 0) one.values = trees->values + rows * trees->width;
    if (one.n_words > 0) one.words = trees->words + words;
    *ret_tree = one;
    return HONE_OK;
}

void hn_trees_shape(const hn_trees *trees, int64_t t, int64_t *ret_depth, int64_t *ret_leaves,
                    int32_t *scratch_depth) {
    const hn_node *nodes = trees->nodes + trees->first[t];
    int64_t n = trees->first[t + 1] - trees->first[t];
    *ret_depth = *ret_leaves = 0;
    scratch_depth[0] = 0;
    for (int64_t i = 0; i < n; i++) {
        if (scratch_depth[i] > *ret_depth) *ret_depth = scratch_depth[i];
        if (nodes[i].feature < 0) {
            ++*ret_leaves;
            continue;
        }
        scratch_depth[nodes[i].left] = scratch_depth[nodes[i].left + 1] = scratch_depth[i] + 1;
    }
}
