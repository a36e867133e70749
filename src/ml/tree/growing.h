/* growing.h - a boosted tree while it grows, as the files grow*.c share it; see grow.h.
 *
 * A cut is worked out ("opened") in stages: move the node's rows, stable, into the other of two
 * buffers; sum the histogram of the smaller child; take it from the parent's to have the larger
 * child's; search both. A small node goes through all stages in one task; a large node shares each
 * stage among the threads. */
#ifndef HN_ML_TREE_GROWING_H
#define HN_ML_TREE_GROWING_H

#include "ml/tree/grow.h"
#include <assert.h>

enum {
    HN_GROW_AHEAD = 16,   /* leaves opened at a time, at most */
    HN_GROW_PIECE = 8192, /* rows of one task */
    HN_GROW_RANGE = 8,    /* features that one task searches */
    HN_GROW_NONE = -1,
};

typedef struct hn_leaf {
    int64_t begin, n;
    int64_t sum;
    uint64_t key; /* of its random numbers; follows from the path to it */
    hn_value_bounds bounds;
    hn_split split; /* feature < 0: none */
    int32_t depth;
    int32_t hist;     /* slot of its histogram, or HN_GROW_NONE */
    int32_t child[2]; /* once opened */
    int32_t out;      /* its place in the result, once taken */
    int8_t side;      /* buffer that its items are in */
    bool opened, counted, may_split;
} hn_leaf;

/* A leaf being opened. */
typedef struct hn_opening {
    int32_t node;
    bool root;     /* not opened: its own histogram is wanted */
    bool small;    /* one task */
    bool violated; /* a child would have too few rows */
    int64_t n_left;
    int64_t first_piece; /* of the large nodes' tasks */
    int64_t n_pieces;
    int32_t slot[2]; /* smaller child, larger child */
    int32_t summed;  /* leaf that all threads sum, or HN_GROW_NONE */
    int32_t rest;    /* leaf that is its parent minus summed, or HN_GROW_NONE */
    int smaller;     /* 0: left is the smaller child */
} hn_opening;

typedef struct hn_piece {
    int32_t opening, leaf;
    int64_t begin, end;  /* items */
    int64_t left, right; /* how many; then where they go */
} hn_piece;

struct hn_grower {
    const hn_bins *bins;
    const hn_grow_rules *rules;
    hn_fixed fixed;
    int64_t max_items;
    hn_item *items[2];
    uint8_t *goes_left;
    hn_leaf *leaves;
    int32_t n_leaves, max_nodes;
    int32_t *heap; /* leaves that may be taken, most gain first */
    int32_t n_heap;
    int32_t *held; /* leaves set aside while choosing */
    hn_grown *grown;
    int32_t n_grown;
    hn_opening openings[HN_GROW_AHEAD];
    int32_t n_openings;
    hn_piece *pieces;
    int64_t n_pieces;
    /* histograms */
    int64_t *pool;
    int32_t n_slots, n_free;
    int32_t *free_slots;
    int64_t *partial; /* [n_workers][ahead] histograms: large nodes' sums by worker */
    int n_workers;
    int32_t ahead; /* leaves opened at a time */
    bool *partial_used;
    uint32_t *counts;
    /* features of this tree */
    hn_feature_set set;
    uint64_t *groups; /* [max_nodes, rules->group_words]: groups of features that a leaf may use */
    int32_t *features, *block_begin, *local, *offset;
    int64_t *chosen;
    hn_split *ranges; /* [HN_GROW_AHEAD][2][n_ranges] */
    int32_t n_ranges;
    int64_t tree;
};

/* ---- histograms' slots (grow.c) ---- */

static inline int64_t *hn_grow_slot(const hn_grower *g, int32_t index) {
    return g->pool + (int64_t)index * g->bins->width;
}

static inline int32_t hn_grow_take_slot(hn_grower *g) {
    assert(g->n_free > 0);
    return g->free_slots[--g->n_free];
}

static inline void hn_grow_free_slot(hn_grower *g, int32_t *index) {
    if (*index != HN_GROW_NONE) g->free_slots[g->n_free++] = *index;
    *index = HN_GROW_NONE;
}

/* ---- leaves that may be cut, most gain first (grow_heap.c) ---- */

/* Of equal gains, the leaf whose rows come first. (Not the one made first: that would depend on what
 * was opened ahead.) */
bool hn_leaf_before(const hn_grower *g, int32_t a, int32_t b);
void hn_leaf_push(hn_grower *g, int32_t item);
int32_t hn_leaf_pop(hn_grower *g);

/* ---- searching (grow_search.c) ---- */

hn_split hn_grow_no_split(const hn_grower *g);
/* Whether depth and rows allow a leaf to be cut. */
bool hn_grow_may_split(const hn_grower *g, const hn_leaf *node);
/* The best cut of a node among features begin..end-1 of the tree's. */
hn_split hn_grow_search_range(const hn_grower *g, const hn_leaf *node, const int64_t *histogram,
                              const uint32_t *counts, int32_t begin, int32_t end);
/* A leaf's histogram, summed here and now into its slot. */
void hn_grow_sum(const hn_grower *g, const hn_leaf *node);
/* Add the pieces of leaf index to the list of those to be summed, for opening j. */
void hn_grow_list_sum(hn_grower *g, int32_t j, int32_t index);
/* Sum the listed pieces and search what follows from them, on all threads: for each opening the leaf
 * summed, and the leaf rest whose slot holds its parent's histogram. */
hone_status hn_grow_sum_and_search(hone_ctx *ctx, hn_grower *g) HONE_MUST_CHECK;

/* ---- opening (grow_open.c) ---- */

/* A leaf that can be cut waits in the heap with its histogram; another needs none. */
void hn_grow_settle(hn_grower *g, int32_t index);
/* Open the most promising leaves; remaining: how many more may be taken. */
hone_status hn_grow_open(hone_ctx *ctx, hn_grower *g, int64_t remaining) HONE_MUST_CHECK;

#endif
