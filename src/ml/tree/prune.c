/* prune.c - see prune.h. A cut changes the links of the node's ancestors only, which a heap that knows where each
 * node stands takes in at a logarithm each. */
#include "ml/tree/prune.h"

typedef struct pruning {
    int32_t n;
    const int32_t *left;
    const double *own;
    int32_t *parent;
    double *branch; /* own, of the leaves below */
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
    p->parent[0] = -1;
    for (int32_t i = p->n - 1; i >= 0; i--) {
        int32_t left = p->left[i];
        p->branch[i] = p->own[i];
        p->leaves[i] = 1;
        p->place[i] = -1;
        if (left < 0) continue;
        p->parent[left] = p->parent[left + 1] = i;
        p->branch[i] = p->branch[left] + p->branch[left + 1];
        p->leaves[i] = p->leaves[left] + p->leaves[left + 1];
        set_link(p, i);
        settle(p, p->n_heap++, i);
    }
}

/* Node becomes a leaf: what is below it leaves the heap, what is above it is measured anew. */
static void cut_off(pruning *p, int32_t node) {
    int32_t n = 0;
    p->stack[n++] = node;
    while (n > 0) {
        int32_t i = p->stack[--n];
        if (p->place[i] < 0) continue;
        leave(p, i);
        p->stack[n++] = p->left[i];
        p->stack[n++] = p->left[i] + 1;
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

static hone_status new_pruning(hone_ctx *ctx, pruning *p) {
    HN_TRY(HN_SCRATCH_NEW(ctx, p->parent, p->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, p->branch, p->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, p->leaves, p->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, p->link, p->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, p->heap, p->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, p->place, p->n));
    return HN_SCRATCH_NEW(ctx, p->stack, p->n + 1);
}

hone_status hn_prune(hone_ctx *ctx, hn_arena *arena, int32_t n, const int32_t *left,
                     const double *own, double alpha, uint8_t *ret_pruned,
                     hn_prune_path *ret_path) {
    HN_SCRATCH(ctx);
    pruning p = {.n = n, .left = left, .own = own};
    HN_TRY(new_pruning(ctx, &p));
    measure(&p);
    hn_prune_path path = {.n = 1};
    HN_TRY(HN_NEW(ctx, arena, path.alphas, p.n_heap + 1));
    HN_TRY(HN_NEW(ctx, arena, path.impurities, p.n_heap + 1));
    path.impurities[0] = p.branch[0];
    while (p.n_heap > 0) {
        int32_t node = p.heap[0];
        double link = p.link[node] > 0 ? p.link[node] : 0;
        ret_pruned[node] = link <= alpha && alpha > 0;
        cut_off(&p, node);
        if (link < path.alphas[path.n - 1]) link = path.alphas[path.n - 1];
        path.alphas[path.n] = link;
        path.impurities[path.n++] = p.branch[0];
    }
    *ret_path = path;
    return HONE_OK;
}
