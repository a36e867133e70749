/* best_first.h - leaves that may be cut, the one with the most gain first; of equals, the one whose rows come
 * first. */
#ifndef HN_ML_TREE_BEST_FIRST_H
#define HN_ML_TREE_BEST_FIRST_H

#include <stdbool.h>
#include <stdint.h>

typedef struct hn_waiting {
    double gain;
    int64_t begin; /* first row */
    int32_t item;
} hn_waiting;

/* A heap in memory of the caller's. */
typedef struct hn_best_first {
    hn_waiting *items;
    int32_t n;
} hn_best_first;

static inline bool hn_waits_before(const hn_waiting *a, const hn_waiting *b) {
    return a->gain != b->gain ? a->gain > b->gain : a->begin < b->begin;
}

static inline void hn_best_first_push(hn_best_first *heap, hn_waiting item) {
    int32_t i = heap->n++;
    for (; i > 0 && hn_waits_before(&item, &heap->items[(i - 1) / 2]); i = (i - 1) / 2)
        heap->items[i] = heap->items[(i - 1) / 2];
    heap->items[i] = item;
}

static inline int32_t hn_best_first_pop(hn_best_first *heap) {
    hn_waiting *items = heap->items, item = items[--heap->n];
    int32_t top = items[0].item, i = 0;
    for (int32_t child; (child = 2 * i + 1) < heap->n; i = child) {
        if (child + 1 < heap->n && hn_waits_before(&items[child + 1], &items[child])) child++;
        if (!hn_waits_before(&items[child], &item)) break;
        items[i] = items[child];
    }
    items[i] = item;
    return top;
}

#endif
