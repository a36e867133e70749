/* fp_growth.c - frequent sets by a prefix tree of the baskets and of what is conditional on a set (Han,
 * Pei, Yin 2000). The sets that end in one item are a piece of work of their own. */
#include "ml/rules/rules.h"
#include <stdlib.h>
#include <string.h>

typedef struct node {
    int32_t item;    /* rank: 0 is the most frequent */
    int32_t parent;  /* 0 is the root */
    int32_t sibling; /* next child of the parent; 0: none */
    int32_t child;   /* first child */
    int32_t same;    /* next node of the item */
    int32_t unused;
    int64_t count;
} node;

typedef struct tree {
    node *nodes;
    int32_t n, room;
    int32_t *first;   /* [items] first node of each */
    int32_t *of_root; /* [items] child of the root: there are many */
    int64_t *total;   /* [items] */
    int64_t items;
} tree;

static hone_status tree_init(hone_ctx *ctx, tree *t, int64_t items, int64_t room) {
    *t = (tree){.n = 1, .room = (int32_t)(room < 64 ? 64 : room), .items = items};
    HN_TRY(HN_SCRATCH_NEW(ctx, t->nodes, t->room));
    HN_TRY(HN_SCRATCH_NEW(ctx, t->first, items + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, t->of_root, items + 1));
    return HN_SCRATCH_NEW(ctx, t->total, items + 1);
}

static hone_status add_node(hone_ctx *ctx, tree *t, int32_t item, int32_t parent, int32_t *ret) {
    if (t->n == t->room) {
        if (t->room > INT32_MAX / 2)
            return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "min_support"),
                              "the baskets are too many for one tree; raise 'min_support'");
        node *nodes;
        HN_TRY(HN_SCRATCH_NEW(ctx, nodes, 2 * (int64_t)t->room));
        memcpy(nodes, t->nodes, (size_t)t->n * sizeof *nodes);
        t->nodes = nodes;
        t->room *= 2;
    }
    int32_t k = t->n++;
    node *one = &t->nodes[k];
    *one = (node){.item = item, .parent = parent, .same = t->first[item]};
    one->sibling = t->nodes[parent].child;
    t->nodes[parent].child = k;
    if (parent == 0) t->of_root[item] = k;
    t->first[item] = k;
    *ret = k;
    return HONE_OK;
}

/* A path of ranks, ascending, that count baskets share. */
static hone_status add_path(hone_ctx *ctx, tree *t, const int32_t *path, int64_t n, int64_t count) {
    int32_t at = 0;
    for (int64_t i = 0; i < n; i++) {
        int32_t child = at == 0 ? t->of_root[path[i]] : t->nodes[at].child;
        while (child != 0 && t->nodes[child].item != path[i]) child = t->nodes[child].sibling;
        if (child == 0) HN_TRY(add_node(ctx, t, path[i], at, &child));
        t->nodes[child].count += count;
        t->total[path[i]] += count;
        at = child;
    }
    return HONE_OK;
}

/* ---- mining ----------------------------------------------------------------------------------- */

typedef struct miner {
    const hn_mining *mining;
    const tree *whole;
    const int32_t *item_of; /* [ranks] */
    int64_t longest;        /* path */
    hn_set_list *lists;     /* by rank */
} miner;

typedef struct growth {
    const miner *m;
    hn_set_list *list;
    int32_t *set; /* items of the set grown so far */
    int64_t length;
} growth;

/* The tree of what stands above item's nodes, of items that stay frequent; false where there is none. */
static hone_status condition(hone_ctx *ctx, const growth *g, const tree *t, int32_t item,
                             tree *ret_tree, bool *ret_any) {
    int64_t *total, nodes = 0;
    int32_t *path;
    *ret_any = false;
    HN_TRY(HN_SCRATCH_NEW(ctx, total, item + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, path, g->m->longest + 1));
    for (int32_t k = t->first[item]; k != 0; k = t->nodes[k].same)
        for (int32_t up = t->nodes[k].parent; up != 0; up = t->nodes[up].parent) {
            total[t->nodes[up].item] += t->nodes[k].count;
            nodes++;
        }
    for (int32_t i = 0; i < item; i++) *ret_any |= total[i] >= g->m->mining->least;
    if (!*ret_any) return HONE_OK;
    HN_TRY(tree_init(ctx, ret_tree, item, nodes < 4096 ? nodes + 1 : 4096));
    for (int32_t k = t->first[item]; k != 0; k = t->nodes[k].same) {
        int64_t n = 0;
        for (int32_t up = t->nodes[k].parent; up != 0; up = t->nodes[up].parent)
            if (total[t->nodes[up].item] >= g->m->mining->least) path[n++] = t->nodes[up].item;
        for (int64_t i = 0; i < n / 2; i++) {
            int32_t other = path[i];
            path[i] = path[n - 1 - i];
            path[n - 1 - i] = other;
        }
        HN_TRY(add_path(ctx, ret_tree, path, n, t->nodes[k].count));
    }
    return HONE_OK;
}

/* All frequent sets that have the set so far and end in item. */
static hone_status grow(hone_ctx *ctx, growth *g, const tree *t, int32_t item) {
    const hn_mining *mining = g->m->mining;
    HN_SCRATCH(ctx);
    HN_TRY(hn_check_cancel(ctx));
    g->set[g->length++] = g->m->item_of[item];
    HN_TRY(hn_set_add(ctx, g->list, mining, g->set, g->length, t->total[item]));
    bool any = false;
    tree below;
    if (g->length < mining->max_length) HN_TRY(condition(ctx, g, t, item, &below, &any));
    for (int32_t i = 0; any && i < item; i++)
        if (below.total[i] >= mining->least) HN_TRY(grow(ctx, g, &below, i));
    g->length--;
    return HONE_OK;
}

static hone_status grow_items(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const miner *m = arg;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        growth g = {.m = m, .list = &m->lists[i]};
        HN_TRY(HN_SCRATCH_NEW(ctx, g.set, m->longest + 1));
        HN_TRY(grow(ctx, &g, m->whole, (int32_t)i));
    }
    return HONE_OK;
}

/* ---- the whole tree --------------------------------------------------------------------------- */

typedef struct counted {
    int64_t count;
    int32_t item;
} counted;

static int by_count(const void *a, const void *b) {
    const counted *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return x->item < y->item ? -1 : x->item > y->item;
}

static int by_rank(const void *a, const void *b) {
    return *(const int32_t *)a - *(const int32_t *)b;
}

static hone_status mine(hone_ctx *ctx, miner *m, int64_t *ret_ranks) {
    const hn_baskets *b = m->mining->baskets;
    counted *items;
    int32_t *rank, *item_of, *path;
    int64_t ranks = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, items, b->n_items + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, rank, b->n_items + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, item_of, b->n_items + 1));
    for (int32_t i = 0; i < b->n_items; i++) items[i].item = i;
    for (int64_t e = 0; e < b->start[b->n]; e++) items[b->item[e]].count++;
    if (b->n_items > 0) qsort(items, (size_t)b->n_items, sizeof *items, by_count);
    for (int64_t i = 0; i < b->n_items; i++) {
        bool frequent = items[i].count >= m->mining->least;
        rank[items[i].item] = frequent ? (int32_t)ranks : -1;
        if (frequent) item_of[ranks++] = items[i].item;
    }
    for (int64_t i = 0; i < b->n; i++)
        if (b->start[i + 1] - b->start[i] > m->longest) m->longest = b->start[i + 1] - b->start[i];
    tree *whole;
    HN_TRY(HN_SCRATCH_NEW(ctx, whole, 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, path, m->longest + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, m->lists, ranks + 1));
    HN_TRY(tree_init(ctx, whole, ranks, 4096));
    for (int64_t i = 0; i < b->n; i++) {
        int64_t n = 0;
        for (int64_t e = b->start[i]; e < b->start[i + 1]; e++)
            if (rank[b->item[e]] >= 0) path[n++] = rank[b->item[e]];
        if (n > 1) qsort(path, (size_t)n, sizeof *path, by_rank);
        HN_TRY(add_path(ctx, whole, path, n, 1));
    }
    m->whole = whole;
    m->item_of = item_of;
    *ret_ranks = ranks;
    return hn_parallel(ctx, ranks, 1, grow_items, m);
}

hone_status hn_mine_fp_growth(hone_ctx *ctx, hn_arena *arena, const hn_mining *mining,
                              hn_itemsets *ret_sets) {
    HN_SCRATCH(ctx);
    miner m = {.mining = mining};
    int64_t ranks = 0;
    hone_status status = mine(ctx, &m, &ranks);
    return hn_set_gather(ctx, arena, mining, m.lists, m.lists != NULL ? ranks : 0, status,
                         ret_sets);
}
