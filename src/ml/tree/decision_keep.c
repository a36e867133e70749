/* decision_keep.c - a single tree as it is kept; see decision_tree.h. */
#include "ml/tree/decision_tree.h"
#include "ml/tree/node_set.h"

typedef struct keeping {
    const hn_exact *exact;
    const hn_decision *tree;
    double y_shift;
    hn_tree *out;
    hn_decision_state *state;
    int32_t *place; /* [nodes] where a node stands in out */
} keeping;

static void keep_leaf(const keeping *k, const hn_decision_node *from, hn_node *to) {
    int32_t classes = k->exact->n_classes;
    *to = (hn_node){.feature = HN_NODE_LEAF};
    if (classes <= 2) {
        to->value = from->what.value + k->y_shift;
        return;
    }
    to->left = k->out->n_values;
    double *row = k->out->values + (int64_t)k->out->n_values++ * classes;
    for (int32_t j = 0; j < classes; j++)
        row[j] = from->what.weight > 0 ? from->classes[j] / from->what.weight : 1.0 / classes;
}

static void keep_cut(const keeping *k, const hn_decision_node *from, hn_node *to) {
    const hn_exact_cut *cut = &from->cut;
    const hn_bin_column *column = &k->exact->bins->columns[cut->feature];
    /* What was never missing here goes where most rows go. */
    bool left = cut->missing_seen ? cut->missing_left : 2 * from->n_left >= from->what.n;
    *to = (hn_node){.feature = cut->feature | (left ? HN_NODE_DEFAULT_LEFT : 0)};
    if (!column->is_category) {
        to->threshold = cut->threshold;
        return;
    }
    uint64_t set[4] = {0};
    for (int32_t b = 0; b < column->n_values; b++)
        if (b <= cut->threshold) set[b / 64] |= 1ull << (b % 64);
    hn_node_put_set(column, set, left, k->out->words, &k->out->n_words, to);
}

/* What is told of a node, leaf or not. */
static void keep_facts(const keeping *k, const hn_decision_node *from, int32_t at) {
    hn_decision_state *s = k->state;
    int32_t classes = k->exact->n_classes;
    double weight = from->what.weight;
    s->rows[at] = from->what.n;
    s->weights[at] = weight;
    s->impurity[at] = weight > 0 ? from->what.impurity / weight : 0;
    s->missing[at] = from->left >= 0 && from->cut.missing_seen;
    if (classes == 0) s->value[at] = from->what.value + k->y_shift;
    for (int32_t j = 0; j < classes; j++)
        s->value[(int64_t)at * classes + j] =
            weight > 0 ? from->classes[j] / weight : 1.0 / classes;
}

/* Parents come before children: each that is reached says where its children stand. */
static void keep_nodes(const keeping *k) {
    hn_tree *out = k->out;
    for (int32_t i = 0; i < k->tree->n; i++) k->place[i] = -1;
    k->place[0] = out->n_nodes++;
    for (int32_t i = 0; i < k->tree->n; i++) {
        const hn_decision_node *from = &k->tree->nodes[i];
        if (k->place[i] < 0) continue;
        hn_node *to = &out->nodes[k->place[i]];
        if (from->depth > out->depth) out->depth = from->depth;
        keep_facts(k, from, k->place[i]);
        if (from->left < 0) {
            keep_leaf(k, from, to);
            continue;
        }
        keep_cut(k, from, to);
        to->left = k->place[from->left] = out->n_nodes++;
        k->place[from->left + 1] = out->n_nodes++;
    }
}

static hone_status new_facts(hone_ctx *ctx, hn_arena *arena, const hn_exact *exact,
                             const hn_decision *tree, hn_decision_state *s) {
    int64_t nodes = tree->n, classes = exact->n_classes > 0 ? exact->n_classes : 1;
    s->n_classes = exact->n_classes;
    HN_TRY(HN_NEW(ctx, arena, s->start, classes));
    HN_TRY(HN_NEW(ctx, arena, s->importances, exact->n_features));
    HN_TRY(HN_NEW(ctx, arena, s->rows, nodes));
    HN_TRY(HN_NEW(ctx, arena, s->weights, nodes));
    HN_TRY(HN_NEW(ctx, arena, s->impurity, nodes));
    HN_TRY(HN_NEW(ctx, arena, s->value, nodes * classes));
    return HN_NEW(ctx, arena, s->missing, nodes);
}

/* Shares of what the cuts that are left gain. */
static void keep_importances(const keeping *k) {
    double total = 0, *importances = k->state->importances;
    for (int32_t i = 0; i < k->tree->n; i++) {
        const hn_decision_node *node = &k->tree->nodes[i];
        if (k->place[i] < 0 || node->left < 0) continue;
        importances[node->cut.feature] += node->gain;
        total += node->gain;
    }
    for (int32_t j = 0; j < k->exact->n_features && total > 0; j++) importances[j] /= total;
}

hone_status hn_decision_keep(hone_ctx *ctx, hn_arena *arena, const hn_exact *exact,
                             const hn_decision *tree, double y_shift, hn_decision_state *s) {
    HN_SCRATCH(ctx);
    hn_tree out = {0};
    keeping k = {.exact = exact, .tree = tree, .y_shift = y_shift, .out = &out, .state = s};
    int64_t words = 0;
    int32_t classes = exact->n_classes;
    for (int32_t i = 0; i < tree->n; i++)
        if (tree->nodes[i].left >= 0)
            words += hn_set_words(&exact->bins->columns[tree->nodes[i].cut.feature]);
    HN_TRY(HN_SCRATCH_NEW(ctx, k.place, tree->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, out.nodes, tree->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, out.words, words));
    if (classes > 2) HN_TRY(HN_SCRATCH_NEW(ctx, out.values, (size_t)tree->n * (size_t)classes));
    HN_TRY(new_facts(ctx, arena, exact, tree, s));
    keep_nodes(&k);
    keep_importances(&k);
    return hn_trees_join(ctx, arena, &out, 1, exact->n_features, classes > 2 ? classes : 0,
                         &s->trees);
}
