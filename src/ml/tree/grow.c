/* grow.c - growing a boosted tree; see grow.h, growing.h. */
#include "ml/tree/growing.h"
#include "base/rng.h"
#include <string.h>

enum {
    WORTH_AHEAD = 1 << 19, /* rows x features from which on leaves are opened ahead */
    POOL_BYTES = 1 << 29,  /* histograms kept */
    PARTIAL_BYTES = 1 << 28,
};

/* ---- memory --------------------------------------------------------------------------------- */

static hone_status new_pool(hone_ctx *ctx, hn_grower *g) {
    size_t bytes = (size_t)g->bins->width * sizeof(int64_t) + 1;
    /* A lone thread gains nothing from opening leaves that are perhaps never cut. */
    g->n_workers = hn_workers(ctx);
    bool much = g->max_items * g->bins->n_features > WORTH_AHEAD;
    g->ahead = g->n_workers == 1 || !much         ? 1
               : g->n_workers < HN_GROW_AHEAD / 4 ? 4 * g->n_workers
                                                  : HN_GROW_AHEAD;
    while (g->ahead > 1 && (size_t)(g->n_workers * g->ahead) * bytes > PARTIAL_BYTES) g->ahead /= 2;
    int64_t most = g->max_nodes / 4 + 4 * HN_GROW_AHEAD, fit = (int64_t)(POOL_BYTES / bytes);
    if (fit < 4 * HN_GROW_AHEAD) fit = 4 * HN_GROW_AHEAD;
    g->n_slots = (int32_t)(most < fit ? most : fit);
    HN_TRY(HN_SCRATCH_NEW(ctx, g->pool, (size_t)g->n_slots * (size_t)g->bins->width));
    HN_TRY(HN_SCRATCH_NEW(ctx, g->free_slots, g->n_slots));
    HN_TRY(HN_SCRATCH_NEW(ctx, g->counts, g->bins->width));
    size_t partials = (size_t)g->n_workers * (size_t)g->ahead;
    HN_TRY(HN_SCRATCH_NEW(ctx, g->partial_used, partials));
    HN_TRY(HN_SCRATCH_NEW(ctx, g->partial, partials * (size_t)g->bins->width));
    return HONE_OK;
}

static hone_status new_features(hone_ctx *ctx, hn_grower *g) {
    int32_t n = g->bins->n_features;
    HN_TRY(HN_SCRATCH_NEW(ctx, g->features, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, g->local, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, g->offset, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, g->chosen, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, g->block_begin, g->bins->n_blocks + 1));
    g->n_ranges = (n + HN_GROW_RANGE - 1) / HN_GROW_RANGE;
    return HN_SCRATCH_NEW(ctx, g->ranges, (size_t)HN_GROW_AHEAD * 2 * (size_t)g->n_ranges);
}

hone_status hn_grower_new(hone_ctx *ctx, const hn_bins *bins, const hn_grow_rules *rules,
                          int64_t max_items, hn_grower **ret_grower) {
    assert(max_items >= 1 && max_items <= HN_ROWS_MAX && rules->max_leaves >= 1);
    hn_grower *g;
    HN_TRY(HN_SCRATCH_NEW(ctx, g, 1));
    *g = (hn_grower){.bins = bins, .rules = rules, .max_items = max_items};
    /* A tree has no more leaves than rows; half of the nodes may be opened in vain. */
    int64_t leaves = rules->max_leaves < max_items ? rules->max_leaves : max_items;
    g->max_nodes = (int32_t)(4 * leaves + 2 * HN_GROW_AHEAD);
    for (int side = 0; side < 2; side++) HN_TRY(HN_SCRATCH_NEW(ctx, g->items[side], max_items));
    HN_TRY(HN_SCRATCH_NEW(ctx, g->goes_left, max_items));
    HN_TRY(HN_SCRATCH_NEW(ctx, g->leaves, g->max_nodes));
    HN_TRY(HN_SCRATCH_NEW(ctx, g->heap, g->max_nodes));
    HN_TRY(HN_SCRATCH_NEW(ctx, g->groups, (size_t)g->max_nodes * (size_t)rules->group_words));
    HN_TRY(HN_SCRATCH_NEW(ctx, g->held, HN_GROW_AHEAD));
    HN_TRY(HN_SCRATCH_NEW(ctx, g->grown, 2 * leaves));
    HN_TRY(HN_SCRATCH_NEW(ctx, g->pieces, max_items / HN_GROW_PIECE + 2 * HN_GROW_AHEAD));
    HN_TRY(new_pool(ctx, g));
    HN_TRY(new_features(ctx, g));
    *ret_grower = g;
    return HONE_OK;
}

hn_item *hn_grower_items(hn_grower *grower) { return grower->items[0]; }

const hn_item *hn_grown_items(const hn_grower *grower, const hn_grown *node) {
    return grower->items[node->side] + node->begin;
}

/* ---- features ------------------------------------------------------------------------------- */

static int64_t share(double fraction, int64_t n) {
    int64_t k = (int64_t)(fraction * (double)n + 0.5);
    return k < 1 ? 1 : k > n ? n : k;
}

static void choose_features(hn_grower *g) {
    const hn_bins *bins = g->bins;
    int64_t n = 0;
    for (int32_t i = 0; i < bins->n_blocks * HN_BLOCK_PLACES; i++)
        if (bins->feature_at[i] >= 0) g->features[n++] = bins->feature_at[i];
    if (g->rules->colsample_bytree < 1 && n > 1) {
        hn_rng rng = hn_rng_make(g->rules->seed, hn_stream("gbdt.columns", (uint64_t)g->tree));
        int64_t k = share(g->rules->colsample_bytree, n);
        hn_rng_choose(&rng, n, k, g->chosen);
        for (int64_t i = 0; i < k; i++) g->features[i] = g->features[g->chosen[i]];
        n = k;
    }
    int32_t at = 0;
    for (int32_t b = 0; b < bins->n_blocks; b++) {
        g->block_begin[b] = at;
        for (; at < n; at++) {
            const hn_bin_column *column = &bins->columns[g->features[at]];
            if (column->place / HN_BLOCK_PLACES != b) break;
            g->local[at] = column->place % HN_BLOCK_PLACES;
            g->offset[at] = column->offset;
        }
    }
    g->block_begin[bins->n_blocks] = at;
    g->set = (hn_feature_set){.n = (int32_t)n,
                              .features = g->features,
                              .begin = g->block_begin,
                              .local = g->local,
                              .offset = g->offset};
}

/* ---- the tree ------------------------------------------------------------------------------- */

static hone_status plant(hone_ctx *ctx, hn_grower *g, int64_t n) {
    g->n_free = 0;
    for (int32_t i = 0; i < g->n_slots; i++) g->free_slots[g->n_free++] = g->n_slots - 1 - i;
    g->n_heap = g->n_leaves = 0;
    hn_leaf *root = &g->leaves[g->n_leaves++];
    *root = (hn_leaf){.n = n,
                      .bounds = {.low = -INFINITY, .high = INFINITY, .is_root = true},
                      .hist = HN_GROW_NONE,
                      .child = {HN_GROW_NONE, HN_GROW_NONE},
                      .key = hn_stream("gbdt.node", (uint64_t)g->tree),
                      .split = hn_grow_no_split(g)};
    for (int32_t w = 0; w < g->rules->group_words; w++) g->groups[w] = UINT64_MAX;
    root->may_split = hn_grow_may_split(g, root) && g->set.n > 0 && g->rules->max_leaves > 1;
    if (!root->may_split) return HONE_OK;
    root->hist = hn_grow_take_slot(g);
    g->n_openings = 1;
    g->openings[0] = (hn_opening){.root = true, .summed = 0, .rest = HN_GROW_NONE};
    g->n_pieces = 0;
    hn_grow_list_sum(g, 0, 0);
    HN_TRY(hn_grow_sum_and_search(ctx, g));
    hn_grow_settle(g, 0);
    if (root->split.feature != HN_GROW_NONE) hn_leaf_push(g, 0);
    return HONE_OK;
}

static void put_grown(hn_grower *g, int32_t index) {
    hn_leaf *node = &g->leaves[index];
    node->out = g->n_grown;
    g->grown[g->n_grown++] = (hn_grown){
        .left = -1,
        .depth = node->depth,
        .begin = node->begin,
        .n = node->n,
        .side = node->side,
        .bounds = node->bounds,
    };
}

/* Cut an opened leaf for good. */
static void take_leaf(hn_grower *g, int32_t index) {
    hn_leaf *node = &g->leaves[index];
    hn_grown *grown = &g->grown[node->out];
    grown->left = g->n_grown;
    grown->split = node->split;
    for (int k = 0; k < 2; k++) {
        put_grown(g, node->child[k]);
        if (g->leaves[node->child[k]].split.feature != HN_GROW_NONE)
            hn_leaf_push(g, node->child[k]);
    }
}

hone_status hn_grow(hone_ctx *ctx, hn_grower *g, hn_fixed fixed, int64_t n, int64_t index,
                    hn_grown **ret_nodes, int32_t *ret_n) {
    assert(n >= 0 && n <= g->max_items);
    g->fixed = fixed;
    g->tree = index;
    g->n_grown = 0;
    choose_features(g);
    HN_TRY(plant(ctx, g, n));
    put_grown(g, 0);
    for (int64_t leaves = 1; leaves < g->rules->max_leaves && g->n_heap > 0;) {
        if (!g->leaves[g->heap[0]].opened) {
            HN_TRY(hn_grow_open(ctx, g, g->rules->max_leaves - leaves));
            continue;
        }
        take_leaf(g, hn_leaf_pop(g));
        leaves++;
    }
    *ret_nodes = g->grown;
    *ret_n = g->n_grown;
    return HONE_OK;
}
