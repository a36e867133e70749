/* grow_heap.c - which leaf is cut next; see growing.h. */
#include "ml/tree/growing.h"

/* Most gain first; of equals, the one whose rows come first. (Not the one made first: that would
 * depend on what was opened ahead.) */
bool hn_leaf_before(const hn_grower *g, int32_t a, int32_t b) {
    const hn_leaf *x = &g->leaves[a], *y = &g->leaves[b];
    if (x->split.gain != y->split.gain) return x->split.gain > y->split.gain;
    return x->begin < y->begin;
}

void hn_leaf_push(hn_grower *g, int32_t item) {
    int32_t i = g->n_heap++;
    for (; i > 0 && hn_leaf_before(g, item, g->heap[(i - 1) / 2]); i = (i - 1) / 2)
        g->heap[i] = g->heap[(i - 1) / 2];
    g->heap[i] = item;
}

int32_t hn_leaf_pop(hn_grower *g) {
    int32_t top = g->heap[0], item = g->heap[--g->n_heap], i = 0;
    for (int32_t child; (child = 2 * i + 1) < g->n_heap; i = child) {
        if (child + 1 < g->n_heap && hn_leaf_before(g, g->heap[child + 1], g->heap[child])) child++;
        if (!hn_leaf_before(g, g->heap[child], item)) break;
        g->heap[i] = g->heap[child];
    }
    g->heap[i] = item;
    return top;
}
