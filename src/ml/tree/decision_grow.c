/* decision_grow.c - growing a single tree; see decision_tree.h. */
#include "ml/tree/best_first.h"
#include "ml/tree/decision_tree.h"
#include <assert.h>
#include <math.h>
#include <string.h>

typedef struct growth {
    hn_exact *exact;
    const hn_decision_params *p;
    hn_arena *work;
    hn_decision *tree;
    int32_t *features;
    int32_t n_try;
    uint64_t seed;
    hn_best_first heap; /* leaves that can be cut */
} growth;

/* ---- nodes ---------------------------------------------------------------------------------- */

static int32_t features_to_try(const hn_decision_params *p, int32_t n) {
    double word = p->max_features, k;
    if (word == HN_DECISION_ALL)
        k = n;
    else if (word == HN_DECISION_SQRT)
        k = floor(sqrt(n));
    else if (word == HN_DECISION_LOG2)
        k = floor(log2(n > 0 ? n : 1));
    else
        k = word < 1 ? floor(word * n) : floor(word);
    return k < 1 ? 1 : k > n ? n : (int32_t)k;
}

static bool may_split(const growth *g, const hn_decision_node *node) {
    const hn_decision_params *p = g->p;
    return !node->what.pure && node->what.weight > 0 && node->what.n >= p->min_samples_split &&
           node->what.n >= 2 * p->min_samples_leaf &&
           node->what.weight >= 2 * g->exact->min_weight &&
           (p->max_depth == 0 || node->depth < p->max_depth);
}

/* The best cut among the features drawn for the node; where these allow none, among the others. */
static hone_status search(hone_ctx *ctx, growth *g, hn_decision_node *node) {
    int32_t n = g->exact->n_features;
    for (int32_t j = 0; j < n; j++) g->features[j] = j;
    hn_rng rng = hn_rng_make(g->seed, node->key);
    for (int32_t i = 0; i + 1 < n && g->n_try < n; i++) {
        int32_t j = i + (int32_t)hn_rng_below(&rng, n - i), feature = g->features[j];
        g->features[j] = g->features[i];
        g->features[i] = feature;
    }
    node->cut = (hn_exact_cut){.feature = -1};
    for (int32_t begin = 0; begin < n && node->cut.feature < 0; begin += g->n_try) {
        int32_t end = begin + g->n_try < n ? begin + g->n_try : n;
        HN_TRY(hn_exact_search(ctx, g->exact, &node->what, node->classes, g->features + begin,
                               end - begin, &node->cut));
    }
    node->gain = node->cut.feature >= 0 ? node->cut.score - node->what.score : 0;
    if (node->gain < 0) node->gain = 0; /* by rounding */
    if (node->cut.feature >= 0 && node->gain / g->tree->total < g->p->min_impurity_decrease)
        node->cut.feature = -1;
    return HONE_OK;
}

/* With monotone constraints a node says what its limits allow. */
static void keep_limits(const hn_exact *e, hn_decision_node *node) {
    hn_exact_node *what = &node->what;
    if (!e->monotone) return;
    what->value = what->value < what->low    ? what->low
                  : what->value > what->high ? what->high
                                             : what->value;
    if (e->n_classes == 0) return;
    node->classes[1] = what->value * what->weight;
    node->classes[0] = what->weight - node->classes[1];
}

static hone_status add_node(hone_ctx *ctx, growth *g, const hn_exact_node *where, int32_t depth,
                            uint64_t key) {
    hn_decision *tree = g->tree;
    assert(tree->n < tree->room);
    hn_decision_node *node = &tree->nodes[tree->n];
    *node = (hn_decision_node){.left = -1, .depth = depth, .key = key, .cut.feature = -1};
    if (g->exact->n_classes > 0) HN_TRY(HN_NEW(ctx, g->work, node->classes, g->exact->n_classes));
    HN_TRY(hn_exact_measure(ctx, g->exact, where->begin, where->n, node->classes, &node->what));
    node->what.low = where->low;
    node->what.high = where->high;
    if (tree->n == 0) tree->total = node->what.weight;
    if (may_split(g, node)) HN_TRY(search(ctx, g, node));
    if (node->cut.feature >= 0)
        hn_best_first_push(&g->heap, (hn_waiting){node->gain, where->begin, tree->n});
    keep_limits(g->exact, node);
    tree->n++;
    return HONE_OK;
}

static uint64_t child_key(uint64_t key, int which) {
    key = key * 2 + (uint64_t)which + 1;
    key *= 0x9e3779b97f4a7c15u;
    return key ^ key >> 29;
}

static hone_status cut_node(hone_ctx *ctx, growth *g, int32_t index) {
    hn_decision_node *node = &g->tree->nodes[index];
    HN_TRY(hn_exact_part(ctx, g->exact, &node->what, &node->cut, &node->n_left));
    assert(node->n_left > 0 && node->n_left < node->what.n);
    node->left = g->tree->n;
    hn_exact_node left = {.begin = node->what.begin,
                          .n = node->n_left,
                          .low = node->what.low,
                          .high = node->what.high};
    hn_exact_node right = left;
    right.begin += left.n;
    right.n = node->what.n - left.n;
    int sign = g->exact->monotone ? g->exact->monotone[node->cut.feature] : 0;
    if (sign > 0) left.high = right.low = node->cut.middle;
    if (sign < 0) left.low = right.high = node->cut.middle;
    HN_TRY(add_node(ctx, g, &left, node->depth + 1, child_key(node->key, 0)));
    return add_node(ctx, g, &right, node->depth + 1, child_key(node->key, 1));
}

hone_status hn_decision_grow(hone_ctx *ctx, hn_arena *work, hn_exact *exact,
                             const hn_decision_params *params, hn_decision *ret_tree) {
    hn_decision tree = {0};
    growth g = {.exact = exact, .p = params, .work = work, .tree = &tree, .seed = ctx->seed};
    int64_t leaves = exact->n_used;
    if (params->max_leaf_nodes > 0 && params->max_leaf_nodes < leaves)
        leaves = params->max_leaf_nodes;
    tree.room = (int32_t)(2 * leaves);
    HN_TRY(HN_NEW(ctx, work, tree.nodes, tree.room));
    HN_TRY(HN_NEW(ctx, work, g.heap.items, tree.room));
    HN_TRY(HN_NEW(ctx, work, g.features, exact->n_features));
    g.n_try = features_to_try(params, exact->n_features);
    hn_exact_node all = {.n = exact->n_used, .low = -INFINITY, .high = INFINITY};
    HN_TRY(add_node(ctx, &g, &all, 0, hn_stream("decision_tree.node", 0)));
    for (int64_t made = 1; made < leaves && g.heap.n > 0; made++) {
        if (made % 256 == 0) HN_TRY(hn_check_cancel(ctx));
        HN_TRY(cut_node(ctx, &g, hn_best_first_pop(&g.heap)));
    }
    hn_progress(ctx, "growing", 1, 1, "trees");
    *ret_tree = tree;
    return HONE_OK;
}
