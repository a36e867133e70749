/* decision_prune.c - weakest-link pruning (Breiman, Friedman, Olshen, Stone 1984, ch. 3); see
 * decision_tree.h.
 *
 * The link of a cut node is the price of a leaf at which its subtree is no longer worth having: (impurity
 * as a leaf - impurity of its leaves) / (leaves - 1), in shares of all weight. The weakest link is cut off
 * again and again; the prices never fall. A cut changes the links of the node's ancestors only, which a
 * heap that knows where each node stands takes in at a logarithm each. */
#include "ml/tree/decision_tree.h"
#include <math.h>

typedef struct pruning {
    hn_decision *tree;
    int32_t *parent;
    double *own;    /* impurity of the node as a leaf, times its share of all weight */
    double *branch; /* and of the leaves below it */
    int64_t *leaves;
    double *link;
    int32_t *heap, n_heap;
    int32_t *place; /* in the heap; -1: not there */
    int32_t *stack;
} pruning;

static bool before(const pruning *p, int32_t a, int32_t b) {
    return p->link[a] != p->link[b] ? p->link[a] < p->link[b] : a < b;
}

static void put(pruning *p, int32_t at, int32_t node) {
    p->heap[at] = node;
    p->place[node] = at;
}

/* Node moves from place at to where its link belongs. */
static void settle(pruning *p, int32_t at, int32_t node) {
    for (; at > 0 && before(p, node, p->heap[(at - 1) / 2]); at = (at - 1) / 2)
        put(p, at, p->heap[(at - 1) / 2]);
    for (int32_t child; (child = 2 * at + 1) < p->n_heap; at = child) {
        if (child + 1 < p->n_heap && before(p, p->heap[child + 1], p->heap[child])) child++;
        if (!before(p, p->heap[child], node)) break;
        put(p, at, p->heap[child]);
    }
    put(p, at, node);
}

static void leave(pruning *p, int32_t node) {
    int32_t at = p->place[node];
    p->place[node] = -1;
    int32_t last = p->heap[--p->n_heap];
    if (last != node) settle(p, at, last);
}

static void set_link(pruning *p, int32_t i) {
    p->link[i] = (p->own[i] - p->branch[i]) / (double)(p->leaves[i] - 1);
}

/* Children come after parents, so one walk from the end sees every subtree before its root. */
static void measure(pruning *p) {
    const hn_decision *tree = p->tree;
    p->parent[0] = -1;
    for (int32_t i = tree->n - 1; i >= 0; i--) {
        const hn_decision_node *node = &tree->nodes[i];
        p->own[i] = p->branch[i] = tree->total > 0 ? node->what.impurity / tree->total : 0;
        p->leaves[i] = 1;
        p->place[i] = -1;
        if (node->left < 0) continue;
        p->parent[node->left] = p->parent[node->left + 1] = i;
        p->branch[i] = p->branch[node->left] + p->branch[node->left + 1];
        p->leaves[i] = p->leaves[node->left] + p->leaves[node->left + 1];
        set_link(p, i);
        settle(p, p->n_heap++, i);
    }
}

/* Node becomes a leaf: what is below it leaves the heap, what is above it is measured anew. */
static void cut_off(pruning *p, const int32_t *left, int32_t node) {
    int32_t n = 0;
    p->stack[n++] = node;
    while (n > 0) {
        int32_t i = p->stack[--n];
        if (p->place[i] < 0) continue;
        leave(p, i);
        p->stack[n++] = left[i];
        p->stack[n++] = left[i] + 1;
    }
    double risen = p->own[node] - p->branch[node];
    int64_t lost = p->leaves[node] - 1;
    p->branch[node] = p->own[node];
    p->leaves[node] = 1;
    for (int32_t i = p->parent[node]; i >= 0; i = p->parent[i]) {
        p->branch[i] += risen;
        p->leaves[i] -= lost;
        set_link(p, i);
        settle(p, p->place[i], i);
    }
}

static hone_status new_pruning(hone_ctx *ctx, hn_decision *tree, pruning *ret, int32_t **ret_left) {
    pruning p = {.tree = tree};
    int32_t *left;
    HN_TRY(HN_SCRATCH_NEW(ctx, p.parent, tree->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, p.own, tree->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, p.branch, tree->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, p.leaves, tree->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, p.link, tree->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, p.heap, tree->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, p.place, tree->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, p.stack, tree->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, left, tree->n));
    for (int32_t i = 0; i < tree->n; i++) left[i] = tree->nodes[i].left;
    *ret = p;
    *ret_left = left;
    return HONE_OK;
}

hone_status hn_decision_prune(hone_ctx *ctx, hn_arena *arena, hn_decision *tree, double alpha,
                              hn_prune_path *ret_path) {
    HN_SCRATCH(ctx);
    pruning p;
    int32_t *left;
    HN_TRY(new_pruning(ctx, tree, &p, &left));
    measure(&p);
    hn_prune_path path = {.n = 1};
    HN_TRY(HN_NEW(ctx, arena, path.alphas, p.n_heap + 1));
    HN_TRY(HN_NEW(ctx, arena, path.impurities, p.n_heap + 1));
    path.impurities[0] = p.branch[0];
    while (p.n_heap > 0) {
        int32_t node = p.heap[0];
        double link = p.link[node] > 0 ? p.link[node] : 0;
        if (link <= alpha && alpha > 0) tree->nodes[node].left = -1;
        cut_off(&p, left, node);
        if (link < path.alphas[path.n - 1]) link = path.alphas[path.n - 1];
        path.alphas[path.n] = link;
        path.impurities[path.n++] = p.branch[0];
    }
    *ret_path = path;
    return HONE_OK;
}
