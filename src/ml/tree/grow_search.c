/* grow_search.c - histograms summed and searched, by one thread or by all; see growing.h. */
#include "ml/tree/growing.h"
#include "ml/tree/spread.h"
#include "base/rng.h"
#include <string.h>

/* Whether feature number i of the tree's is drawn for whoever has this key: each by itself. */
static bool is_drawn(const hn_grower *g, uint64_t key, double fraction, int32_t i) {
    return fraction >= 1 ||
           (double)(hn_rng_at(g->rules->seed, key, (uint64_t)i) >> 11) * 0x1p-53 < fraction;
}

/* One feature that is taken in any case. */
static int32_t always_drawn(const hn_grower *g, uint64_t key) {
    return (int32_t)(hn_rng_at(g->rules->seed, key, UINT32_MAX) % (uint64_t)g->set.n);
}

static bool level_has(const hn_grower *g, uint64_t key, int32_t i) {
    double fraction = g->rules->colsample_bylevel;
    return fraction >= 1 || i == always_drawn(g, key) || is_drawn(g, key, fraction, i);
}

/* Whether a node looks at feature number i of the tree's. Of its level's features, which are drawn of the
 * tree's, it has one and those that are drawn for it. */
static bool node_has(const hn_grower *g, const hn_leaf *node, int32_t i) {
    if (g->rules->colsample_bynode >= 1 && g->rules->colsample_bylevel >= 1) return true;
    uint64_t level = hn_stream("gbdt.level", (uint64_t)(g->tree * 4096 + node->depth));
    if (!level_has(g, level, i)) return false;
    if (is_drawn(g, node->key, g->rules->colsample_bynode, i)) return true;
    int32_t own = always_drawn(g, node->key);
    while (!level_has(g, level, own)) own = (own + 1) % g->set.n;
    return own == i;
}

/* Whether a feature shares a group with all of the path to a node. */
static bool group_has(const hn_grower *g, const hn_leaf *node, int32_t feature) {
    int32_t words = g->rules->group_words;
    if (words == 0) return true;
    const uint64_t *open = g->groups + (node - g->leaves) * words;
    for (int32_t w = 0; w < words; w++)
        if (open[w] & g->rules->groups[(int64_t)feature * words + w]) return true;
    return false;
}

hn_split hn_grow_no_split(const hn_grower *g) {
    return (hn_split){.gain = g->rules->split.min_gain, .feature = HN_GROW_NONE};
}

/* The best cut of a node among features begin..end-1 of the tree's. */
hn_split hn_grow_search_range(const hn_grower *g, const hn_leaf *node, const int64_t *histogram,
                              const uint32_t *counts, int32_t begin, int32_t end) {
    hn_split best = hn_grow_no_split(g);
    hn_split_node what = {.sum = node->sum, .n = node->n, .bounds = node->bounds};
    uint64_t cuts = g->rules->split.random_cuts ? hn_stream("gbdt.cut", node->key) : 0;
    for (int32_t i = begin; i < end; i++) {
        if (!group_has(g, node, g->set.features[i]) || !node_has(g, node, i)) continue;
        if (cuts) what.draw = hn_rng_at(g->rules->seed, cuts, (uint64_t)g->set.features[i]);
        int32_t offset = g->set.offset[i];
        hn_split_search(g->bins, g->set.features[i], &g->rules->split, g->fixed, &what,
                        histogram + offset, counts ? counts + offset : NULL, &best);
    }
    return best;
}

bool hn_grow_may_split(const hn_grower *g, const hn_leaf *node) {
    if (g->rules->max_depth > 0 && node->depth >= g->rules->max_depth) return false;
    return node->n >= 2 * g->rules->split.min_rows && node->n >= 2;
}

static void clear_histogram(const hn_grower *g, int64_t *histogram) {
    memset(histogram, 0, (size_t)g->bins->width * sizeof *histogram);
}

void hn_grow_sum(const hn_grower *g, const hn_leaf *node) {
    clear_histogram(g, hn_grow_slot(g, node->hist));
    hn_histogram_add(g->bins, &g->set, g->fixed.hessian_bits, g->items[node->side] + node->begin,
                     node->n, hn_grow_slot(g, node->hist));
}

/* ---- how much there is to do ---------------------------------------------------------------- */

static int64_t piece_cells(const hn_grower *g) {
    int64_t items = 0;
    for (int64_t i = 0; i < g->n_pieces; i++) items += g->pieces[i].end - g->pieces[i].begin;
    return items;
}

/* A bin costs more to search than a row to add. */
static int64_t search_cells(const hn_grower *g) {
    return (int64_t)g->n_openings * g->bins->width * 8;
}

/* ---- sums and searches, shared among the threads -------------------------------------------- */

/* Pieces of a leaf whose histogram is to be summed. */
void hn_grow_list_sum(hn_grower *g, int32_t j, int32_t index) {
    const hn_leaf *node = &g->leaves[index];
    int64_t end = node->begin + node->n;
    for (int64_t i = node->begin; i < end; i += HN_GROW_PIECE)
        g->pieces[g->n_pieces++] =
            (hn_piece){.opening = j,
                       .leaf = index,
                       .begin = i,
                       .end = end - i < HN_GROW_PIECE ? end : i + HN_GROW_PIECE};
}

static int64_t *partial(const hn_grower *g, int worker, int32_t j) {
    return g->partial + ((int64_t)worker * g->ahead + j) * g->bins->width;
}

static hone_status sum_piece(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    hn_grower *g = arg;
    const hn_piece *p = &g->pieces[chunk.index];
    int64_t *histogram = partial(g, chunk.worker, p->opening);
    bool *used = &g->partial_used[chunk.worker * g->ahead + p->opening];
    if (!*used) clear_histogram(g, histogram);
    *used = true;
    hn_histogram_add(g->bins, &g->set, g->fixed.hessian_bits,
                     g->items[g->leaves[p->leaf].side] + p->begin, p->end - p->begin, histogram);
    return HONE_OK;
}

/* Add up what the workers summed for bins begin..end-1, and take it from the parent's. */
static void merge(const hn_grower *g, int32_t j, int64_t *sums, int64_t *rest, int64_t begin,
                  int64_t end) {
    memset(sums + begin, 0, (size_t)(end - begin) * sizeof *sums);
    for (int w = 0; w < g->n_workers; w++)
        if (g->partial_used[w * g->ahead + j])
            hn_histogram_merge(sums, partial(g, w, j), begin, end);
    if (rest) hn_histogram_subtract(rest, sums, begin, end);
}

/* Tasks are (opening, range of features). */
static hone_status search_piece(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    hn_grower *g = arg;
    int32_t j = (int32_t)(chunk.index / g->n_ranges), r = (int32_t)(chunk.index % g->n_ranges);
    const hn_opening *o = &g->openings[j];
    int32_t begin = r * HN_GROW_RANGE,
            end = begin + HN_GROW_RANGE < g->set.n ? begin + HN_GROW_RANGE : g->set.n;
    if (o->summed == HN_GROW_NONE) return HONE_OK;
    hn_split *found = g->ranges + chunk.index * 2;
    found[0] = found[1] = hn_grow_no_split(g);
    if (begin >= end) return HONE_OK;
    hn_leaf *summed = &g->leaves[o->summed],
            *rest = o->rest == HN_GROW_NONE ? NULL : &g->leaves[o->rest];
    int64_t *sums = hn_grow_slot(g, summed->hist),
            *rests = rest ? hn_grow_slot(g, rest->hist) : NULL;
    int32_t last = end - 1;
    merge(g, j, sums, rests, g->set.offset[begin],
          g->set.offset[last] + g->bins->columns[g->set.features[last]].n_bins);
    if (summed->may_split) found[0] = hn_grow_search_range(g, summed, sums, NULL, begin, end);
    if (rest && rest->may_split) found[1] = hn_grow_search_range(g, rest, rests, NULL, begin, end);
    return HONE_OK;
}

/* Of the ranges' finds the best; of equals, the first feature's. */
static void pick_best(hn_grower *g, int32_t j) {
    const hn_opening *o = &g->openings[j];
    if (o->summed == HN_GROW_NONE) return;
    for (int k = 0; k < 2; k++) {
        int32_t index = k == 0 ? o->summed : o->rest;
        if (index == HN_GROW_NONE) continue;
        hn_leaf *node = &g->leaves[index];
        for (int32_t r = 0; r < g->n_ranges; r++) {
            const hn_split *found = &g->ranges[(j * g->n_ranges + r) * 2 + k];
            if (found->feature != HN_GROW_NONE && found->gain > node->split.gain)
                node->split = *found;
        }
    }
}

/* The root's sum over all items: any feature's bins have it. */
static void sum_root(hn_grower *g) {
    hn_leaf *root = &g->leaves[0];
    int64_t *sums = hn_grow_slot(g, root->hist), begin = g->set.offset[0];
    int64_t end = begin + g->bins->columns[g->set.features[0]].n_bins;
    merge(g, 0, sums, NULL, begin, end);
    for (int64_t b = begin; b < end; b++) root->sum += sums[b];
}

hone_status hn_grow_sum_and_search(hone_ctx *ctx, hn_grower *g) {
    if (g->n_pieces == 0) return HONE_OK;
    memset(g->partial_used, 0, (size_t)(g->n_workers * g->ahead) * sizeof *g->partial_used);
    HN_TRY(hn_spread(ctx, g->n_pieces, piece_cells(g) * g->set.n, sum_piece, g));
    if (g->openings[0].root) sum_root(g);
    HN_TRY(hn_spread(ctx, (int64_t)g->n_openings * g->n_ranges, search_cells(g), search_piece, g));
    for (int32_t j = 0; j < g->n_openings; j++) pick_best(g, j);
    return HONE_OK;
}
