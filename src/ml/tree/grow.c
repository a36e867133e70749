/* grow.c - growing a boosted tree; see grow.h.
 *
 * A cut is worked out ("opened") in stages: move the node's rows, stable, into the other of two
 * buffers; sum the histogram of the smaller child; take it from the parent's to have the larger
 * child's; search both. A small node goes through all stages in one task; a large node shares each
 * stage among the threads. */
#include "ml/tree/grow.h"
#include "base/rng.h"
#include "ml/tree/spread.h"
#include <assert.h>
#include <string.h>

enum {
    AHEAD = 16,            /* leaves opened at a time, at most */
    PIECE = 8192,          /* rows of one task */
    SMALL_CELLS = 1 << 18, /* rows x features up to which a node is one task */
    WORTH_AHEAD = 1 << 19, /* rows x features from which on leaves are opened ahead */
    RANGE = 8,             /* features that one task searches */
    POOL_BYTES = 1 << 29,  /* histograms kept */
    PARTIAL_BYTES = 1 << 28,
    NONE = -1,
};

typedef struct leaf {
    int64_t begin, n;
    int64_t sum;
    uint64_t key; /* of its random numbers; follows from the path to it */
    double low, high;
    hn_split split; /* feature < 0: none */
    int32_t depth;
    int32_t hist;     /* slot of its histogram, or NONE */
    int32_t child[2]; /* once opened */
    int32_t out;      /* its place in the result, once taken */
    int8_t side;      /* buffer that its items are in */
    bool opened, counted, may_split;
} leaf;

/* A leaf being opened. */
typedef struct opening {
    int32_t node;
    bool small;    /* one task */
    bool violated; /* a child would have too few rows */
    int64_t n_left;
    int64_t first_piece; /* of the large nodes' tasks */
    int64_t n_pieces;
    int32_t slot[2];      /* smaller child, larger child */
    int32_t summed, rest; /* leaves: summed by all threads; parent's minus summed. Or NONE */
    int smaller;          /* 0: left is the smaller child */
} opening;

typedef struct piece {
    int32_t opening, leaf;
    int64_t begin, end;  /* items */
    int64_t left, right; /* how many; then where they go */
} piece;

struct hn_grower {
    const hn_bins *bins;
    const hn_grow_rules *rules;
    hn_fixed fixed;
    int64_t max_items;
    hn_item *items[2];
    uint8_t *goes_left;
    leaf *leaves;
    int32_t n_leaves, max_nodes;
    int32_t *heap; /* leaves that may be taken, most gain first */
    int32_t n_heap;
    int32_t *held; /* leaves set aside while choosing */
    hn_grown *grown;
    int32_t n_grown;
    opening openings[AHEAD];
    int32_t n_openings;
    piece *pieces;
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
    int32_t *features, *block_begin, *local, *offset;
    int64_t *chosen;
    hn_split *ranges; /* [AHEAD][2][n_ranges] */
    int32_t n_ranges;
    int64_t tree;
};

/* ---- memory --------------------------------------------------------------------------------- */

static hone_status new_pool(hone_ctx *ctx, hn_grower *g) {
    size_t bytes = (size_t)g->bins->width * sizeof(int64_t) + 1;
    /* A lone thread gains nothing from opening leaves that are perhaps never cut. */
    g->n_workers = hn_workers(ctx);
    bool much = g->max_items * g->bins->n_features > WORTH_AHEAD;
    g->ahead = g->n_workers == 1 || !much ? 1 : g->n_workers < AHEAD / 4 ? 4 * g->n_workers : AHEAD;
    while (g->ahead > 1 && (size_t)(g->n_workers * g->ahead) * bytes > PARTIAL_BYTES) g->ahead /= 2;
    int64_t most = g->max_nodes / 4 + 4 * AHEAD, fit = (int64_t)(POOL_BYTES / bytes);
    if (fit < 4 * AHEAD) fit = 4 * AHEAD;
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
    g->n_ranges = (n + RANGE - 1) / RANGE;
    return HN_SCRATCH_NEW(ctx, g->ranges, (size_t)AHEAD * 2 * (size_t)g->n_ranges);
}

hone_status hn_grower_new(hone_ctx *ctx, const hn_bins *bins, const hn_grow_rules *rules,
                          int64_t max_items, hn_grower **ret_grower) {
    assert(max_items >= 1 && max_items <= HN_ROWS_MAX && rules->max_leaves >= 1);
    hn_grower *g;
    HN_TRY(HN_SCRATCH_NEW(ctx, g, 1));
    *g = (hn_grower){.bins = bins, .rules = rules, .max_items = max_items};
    /* A tree has no more leaves than rows; half of the nodes may be opened in vain. */
    int64_t leaves = rules->max_leaves < max_items ? rules->max_leaves : max_items;
    g->max_nodes = (int32_t)(4 * leaves + 2 * AHEAD);
    for (int side = 0; side < 2; side++) HN_TRY(HN_SCRATCH_NEW(ctx, g->items[side], max_items));
    HN_TRY(HN_SCRATCH_NEW(ctx, g->goes_left, max_items));
    HN_TRY(HN_SCRATCH_NEW(ctx, g->leaves, g->max_nodes));
    HN_TRY(HN_SCRATCH_NEW(ctx, g->heap, g->max_nodes));
    HN_TRY(HN_SCRATCH_NEW(ctx, g->held, AHEAD));
    HN_TRY(HN_SCRATCH_NEW(ctx, g->grown, 2 * leaves));
    HN_TRY(HN_SCRATCH_NEW(ctx, g->pieces, max_items / PIECE + 2 * AHEAD));
    HN_TRY(new_pool(ctx, g));
    HN_TRY(new_features(ctx, g));
    *ret_grower = g;
    return HONE_OK;
}

hn_item *hn_grower_items(hn_grower *grower) { return grower->items[0]; }

const hn_item *hn_grown_items(const hn_grower *grower, const hn_grown *node) {
    return grower->items[node->side] + node->begin;
}

static int64_t *slot(const hn_grower *g, int32_t index) {
    return g->pool + (int64_t)index * g->bins->width;
}

static int32_t take_slot(hn_grower *g) {
    assert(g->n_free > 0);
    return g->free_slots[--g->n_free];
}

static void free_slot(hn_grower *g, int32_t *index) {
    if (*index != NONE) g->free_slots[g->n_free++] = *index;
    *index = NONE;
}

/* ---- the heap of leaves --------------------------------------------------------------------- */

/* Most gain first; of equals, the one whose rows come first. (Not the one made first: that would
 * depend on what was opened ahead.) */
static bool before(const hn_grower *g, int32_t a, int32_t b) {
    const leaf *x = &g->leaves[a], *y = &g->leaves[b];
    if (x->split.gain != y->split.gain) return x->split.gain > y->split.gain;
    return x->begin < y->begin;
}

static void push(hn_grower *g, int32_t item) {
    int32_t i = g->n_heap++;
    for (; i > 0 && before(g, item, g->heap[(i - 1) / 2]); i = (i - 1) / 2)
        g->heap[i] = g->heap[(i - 1) / 2];
    g->heap[i] = item;
}

static int32_t pop(hn_grower *g) {
    int32_t top = g->heap[0], item = g->heap[--g->n_heap], i = 0;
    for (int32_t child; (child = 2 * i + 1) < g->n_heap; i = child) {
        if (child + 1 < g->n_heap && before(g, g->heap[child + 1], g->heap[child])) child++;
        if (!before(g, g->heap[child], item)) break;
        g->heap[i] = g->heap[child];
    }
    g->heap[i] = item;
    return top;
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

/* Whether a node looks at feature number i of the tree's: each is drawn by itself, and at least one
 * is taken. */
static bool node_has(const hn_grower *g, const leaf *node, int32_t i) {
    double fraction = g->rules->colsample_bynode;
    if (fraction >= 1) return true;
    if (hn_rng_at(g->rules->seed, node->key, UINT32_MAX) % (uint64_t)g->set.n == (uint64_t)i)
        return true;
    return (double)(hn_rng_at(g->rules->seed, node->key, (uint64_t)i) >> 11) * 0x1p-53 < fraction;
}

/* ---- searching ------------------------------------------------------------------------------ */

static hn_split no_split(const hn_grower *g) {
    return (hn_split){.gain = g->rules->split.min_gain, .feature = NONE};
}

/* The best cut of a node among features begin..end-1 of the tree's. */
static hn_split search_range(const hn_grower *g, const leaf *node, const int64_t *histogram,
                             const uint32_t *counts, int32_t begin, int32_t end) {
    hn_split best = no_split(g);
    hn_split_node what = {.sum = node->sum, .low = node->low, .high = node->high};
    for (int32_t i = begin; i < end; i++) {
        if (!node_has(g, node, i)) continue;
        int32_t offset = g->set.offset[i];
        hn_split_search(g->bins, g->set.features[i], &g->rules->split, g->fixed, &what,
                        histogram + offset, counts ? counts + offset : NULL, &best);
    }
    return best;
}

static bool may_split(const hn_grower *g, const leaf *node) {
    if (g->rules->max_depth > 0 && node->depth >= g->rules->max_depth) return false;
    return node->n >= 2 * g->rules->split.min_rows && node->n >= 2;
}

/* ---- moving rows ---------------------------------------------------------------------------- */

/* Notes which of items begin..end-1 go left, and how many. */
static int64_t decide(const hn_grower *g, const leaf *node, int64_t begin, int64_t end) {
    uint8_t table[HN_BINS];
    for (int b = 0; b < HN_BINS; b++) table[b] = node->split.set[b / 64] >> (b % 64) & 1;
    const uint8_t *codes = hn_bins_column(g->bins, node->split.feature);
    const hn_item *items = g->items[node->side];
    uint8_t *goes_left = g->goes_left;
    int64_t left = 0;
    for (int64_t i = begin; i < end; i++) {
        uint8_t goes = table[codes[items[i].row]];
        goes_left[i] = goes;
        left += goes;
    }
    return left;
}

/* Items begin..end-1 to the other buffer, left ones from left on, the others from right on. Both are
 * written each time, one of them to be overwritten: a branch would be guessed wrong half of the time.
 * The write too many of the last item is avoided, for it may belong to another task. */
static void move(const hn_grower *g, const leaf *node, int64_t begin, int64_t end, int64_t left,
                 int64_t right, int64_t left_end, int64_t right_end) {
    const hn_item *from = g->items[node->side];
    hn_item *to = g->items[!node->side];
    const uint8_t *goes_left = g->goes_left;
    int64_t i = begin;
    for (; i < end && left < left_end && right < right_end; i++) {
        hn_item item = from[i];
        int64_t goes = goes_left[i];
        to[left] = item;
        to[right] = item;
        left += goes;
        right += 1 - goes;
    }
    for (; i < end; i++) to[goes_left[i] ? left++ : right++] = from[i];
}

/* ---- opening: the parts --------------------------------------------------------------------- */

static bool too_few(const hn_grower *g, const leaf *node, int64_t n_left) {
    int64_t least = g->rules->split.min_rows > 1 ? g->rules->split.min_rows : 1;
    return n_left < least || node->n - n_left < least;
}

/* What the children's values must keep to, for a monotone feature. */
static void limit_children(const hn_grower *g, const leaf *node, leaf *left, leaf *right) {
    left->low = right->low = node->low;
    left->high = right->high = node->high;
    int sign = g->rules->split.monotone ? g->rules->split.monotone[node->split.feature] : 0;
    if (sign == 0) return;
    double value[2];
    for (int k = 0; k < 2; k++) {
        int64_t sum = k == 0 ? node->split.left_sum : node->sum - node->split.left_sum;
        value[k] = hn_leaf_value(&g->rules->split, hn_sum_gradient(g->fixed, sum),
                                 hn_sum_hessian(g->fixed, sum), node->low, node->high);
    }
    double middle = (value[0] + value[1]) / 2;
    if (sign > 0)
        left->high = right->low = middle;
    else
        left->low = right->high = middle;
}

static uint64_t child_key(uint64_t key, int which) {
    key = key * 2 + (uint64_t)which + 1;
    key *= 0x9e3779b97f4a7c15u;
    return key ^ key >> 29;
}

static void make_children(hn_grower *g, opening *o) {
    const leaf *node = &g->leaves[o->node];
    leaf *left = &g->leaves[node->child[0]], *right = &g->leaves[node->child[1]];
    *left = (leaf){.begin = node->begin, .n = o->n_left, .sum = node->split.left_sum};
    *right = (leaf){.begin = node->begin + o->n_left,
                    .n = node->n - o->n_left,
                    .sum = node->sum - node->split.left_sum};
    limit_children(g, node, left, right);
    for (int k = 0; k < 2; k++) {
        leaf *child = &g->leaves[node->child[k]];
        child->key = child_key(node->key, k);
        child->depth = node->depth + 1;
        child->hist = child->out = child->child[0] = child->child[1] = NONE;
        child->side = !node->side;
        child->split = no_split(g);
        child->may_split = may_split(g, child);
    }
    o->smaller = left->n <= right->n ? 0 : 1;
    left->hist = o->slot[o->smaller == 0 ? 0 : 1];
    right->hist = o->slot[o->smaller == 0 ? 1 : 0];
}

static leaf *child_of(const hn_grower *g, const opening *o, bool larger) {
    return &g->leaves[g->leaves[o->node].child[larger ? !o->smaller : o->smaller]];
}

static bool any_may_split(const hn_grower *g, const opening *o) {
    return child_of(g, o, false)->may_split || child_of(g, o, true)->may_split;
}

/* Whether the larger child's slot already holds the parent's histogram. */
static bool can_subtract(const hn_grower *g, const opening *o) {
    return g->leaves[o->node].hist != NONE;
}

static void clear_histogram(const hn_grower *g, int64_t *histogram) {
    memset(histogram, 0, (size_t)g->bins->width * sizeof *histogram);
}

static void sum_histogram(const hn_grower *g, const leaf *node) {
    clear_histogram(g, slot(g, node->hist));
    hn_histogram_add(g->bins, &g->set, g->fixed.hessian_bits, g->items[node->side] + node->begin,
                     node->n, slot(g, node->hist));
}

/* ---- opening a small node: one task --------------------------------------------------------- */

static void open_small(hn_grower *g, opening *o) {
    leaf *node = &g->leaves[o->node];
    int64_t end = node->begin + node->n;
    o->n_left = decide(g, node, node->begin, end);
    o->violated = too_few(g, node, o->n_left);
    if (o->violated) return;
    int64_t middle = node->begin + o->n_left;
    move(g, node, node->begin, end, node->begin, middle, middle, end);
    make_children(g, o);
    if (!any_may_split(g, o)) return;
    leaf *smaller = child_of(g, o, false), *larger = child_of(g, o, true);
    sum_histogram(g, smaller);
    if (!larger->may_split) {
        /* nothing to do */
    } else if (can_subtract(g, o)) {
        hn_histogram_subtract(slot(g, larger->hist), slot(g, smaller->hist), 0, g->bins->width);
    } else {
        sum_histogram(g, larger);
    }
    if (smaller->may_split)
        smaller->split = search_range(g, smaller, slot(g, smaller->hist), NULL, 0, g->set.n);
    if (larger->may_split)
        larger->split = search_range(g, larger, slot(g, larger->hist), NULL, 0, g->set.n);
}

/* ---- opening large nodes: stages ------------------------------------------------------------ */

static void list_pieces(hn_grower *g) {
    g->n_pieces = 0;
    for (int32_t j = 0; j < g->n_openings; j++) {
        opening *o = &g->openings[j];
        const leaf *node = &g->leaves[o->node];
        o->first_piece = g->n_pieces;
        o->n_pieces = 0;
        if (o->small) {
            g->pieces[g->n_pieces++] = (piece){.opening = j};
            o->n_pieces = 1;
            continue;
        }
        int64_t end = node->begin + node->n;
        for (int64_t i = node->begin; i < end; i += PIECE, o->n_pieces++)
            g->pieces[g->n_pieces++] =
                (piece){.opening = j, .begin = i, .end = end - i < PIECE ? end : i + PIECE};
    }
}

/* First stage: small nodes as a whole, large ones decided. */
static hone_status open_first(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    hn_grower *g = arg;
    piece *p = &g->pieces[chunk.index];
    opening *o = &g->openings[p->opening];
    if (o->small) {
        open_small(g, o);
        return HONE_OK;
    }
    p->left = decide(g, &g->leaves[o->node], p->begin, p->end);
    p->right = p->end - p->begin - p->left;
    return HONE_OK;
}

/* Where each piece's rows go. */
static void place_pieces(hn_grower *g, opening *o) {
    const leaf *node = &g->leaves[o->node];
    o->n_left = 0;
    for (int64_t i = 0; i < o->n_pieces; i++) o->n_left += g->pieces[o->first_piece + i].left;
    o->violated = too_few(g, node, o->n_left);
    int64_t left = node->begin, right = node->begin + o->n_left;
    for (int64_t i = 0; i < o->n_pieces; i++) {
        piece *p = &g->pieces[o->first_piece + i];
        int64_t n_left = p->left, n_right = p->right;
        p->left = left;
        p->right = right;
        left += n_left;
        right += n_right;
    }
    if (!o->violated) make_children(g, o);
}

static hone_status move_piece(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    hn_grower *g = arg;
    const piece *p = &g->pieces[chunk.index];
    const opening *o = &g->openings[p->opening];
    if (o->small || o->violated) return HONE_OK;
    const leaf *node = &g->leaves[o->node];
    bool last = chunk.index + 1 == o->first_piece + o->n_pieces;
    int64_t middle = node->begin + o->n_left;
    move(g, node, p->begin, p->end, p->left, p->right, last ? middle : p[1].left,
         last ? node->begin + node->n : p[1].right);
    return HONE_OK;
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

static int64_t opening_cells(const hn_grower *g) {
    int64_t cells = 0;
    for (int32_t j = 0; j < g->n_openings; j++) {
        const opening *o = &g->openings[j];
        int64_t n = g->leaves[o->node].n;
        cells += o->small ? n * g->set.n / 2 + g->bins->width * 16 : 4 * n;
    }
    return cells;
}

/* ---- sums and searches, shared among the threads -------------------------------------------- */

/* Pieces of a leaf whose histogram is to be summed. */
static void list_sum(hn_grower *g, int32_t j, int32_t index) {
    const leaf *node = &g->leaves[index];
    int64_t end = node->begin + node->n;
    for (int64_t i = node->begin; i < end; i += PIECE)
        g->pieces[g->n_pieces++] = (piece){
            .opening = j, .leaf = index, .begin = i, .end = end - i < PIECE ? end : i + PIECE};
}

static void list_sums(hn_grower *g) {
    g->n_pieces = 0;
    for (int32_t j = 0; j < g->n_openings; j++) {
        opening *o = &g->openings[j];
        o->summed = o->rest = NONE;
        if (o->small || o->violated || !any_may_split(g, o)) continue;
        const leaf *node = &g->leaves[o->node];
        o->summed = node->child[o->smaller];
        o->rest = node->child[!o->smaller];
        list_sum(g, j, o->summed);
    }
}

static int64_t *partial(const hn_grower *g, int worker, int32_t j) {
    return g->partial + ((int64_t)worker * g->ahead + j) * g->bins->width;
}

static hone_status sum_piece(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    hn_grower *g = arg;
    const piece *p = &g->pieces[chunk.index];
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
    const opening *o = &g->openings[j];
    int32_t begin = r * RANGE, end = begin + RANGE < g->set.n ? begin + RANGE : g->set.n;
    if (o->summed == NONE) return HONE_OK;
    hn_split *found = g->ranges + chunk.index * 2;
    found[0] = found[1] = no_split(g);
    if (begin >= end) return HONE_OK;
    leaf *summed = &g->leaves[o->summed], *rest = o->rest == NONE ? NULL : &g->leaves[o->rest];
    int64_t *sums = slot(g, summed->hist), *rests = rest ? slot(g, rest->hist) : NULL;
    int32_t last = end - 1;
    merge(g, j, sums, rests, g->set.offset[begin],
          g->set.offset[last] + g->bins->columns[g->set.features[last]].n_bins);
    if (summed->may_split) found[0] = search_range(g, summed, sums, NULL, begin, end);
    if (rest && rest->may_split) found[1] = search_range(g, rest, rests, NULL, begin, end);
    return HONE_OK;
}

/* Of the ranges' finds the best; of equals, the first feature's. */
static void pick_best(hn_grower *g, int32_t j) {
    const opening *o = &g->openings[j];
    if (o->summed == NONE) return;
    for (int k = 0; k < 2; k++) {
        int32_t index = k == 0 ? o->summed : o->rest;
        if (index == NONE) continue;
        leaf *node = &g->leaves[index];
        for (int32_t r = 0; r < g->n_ranges; r++) {
            const hn_split *found = &g->ranges[(j * g->n_ranges + r) * 2 + k];
            if (found->feature != NONE && found->gain > node->split.gain) node->split = *found;
        }
    }
}

static hone_status sum_and_search(hone_ctx *ctx, hn_grower *g) {
    if (g->n_pieces == 0) return HONE_OK;
    memset(g->partial_used, 0, (size_t)(g->n_workers * g->ahead) * sizeof *g->partial_used);
    HN_TRY(hn_spread(ctx, g->n_pieces, piece_cells(g) * g->set.n, sum_piece, g));
    HN_TRY(hn_spread(ctx, (int64_t)g->n_openings * g->n_ranges, search_cells(g), search_piece, g));
    for (int32_t j = 0; j < g->n_openings; j++) pick_best(g, j);
    return HONE_OK;
}

/* ---- opening leaves ------------------------------------------------------------------------- */

/* A leaf that can be cut waits in the heap with its histogram; another needs none. */
static void settle(hn_grower *g, int32_t index) {
    leaf *node = &g->leaves[index];
    if (node->split.feature == NONE) free_slot(g, &node->hist);
}

/* The best cut left a child with too few rows: count rows by bin and search again. (Histograms hold
 * no counts; this is rare enough that counting when needed is cheaper.) */
static void search_counted(hn_grower *g, leaf *node) {
    assert(!node->counted);
    if (node->hist == NONE) {
        node->hist = take_slot(g);
        sum_histogram(g, node);
    }
    memset(g->counts, 0, (size_t)g->bins->width * sizeof *g->counts);
    hn_histogram_count(g->bins, &g->set, g->items[node->side] + node->begin, node->n, g->counts);
    node->split = search_range(g, node, slot(g, node->hist), g->counts, 0, g->set.n);
    node->counted = true;
}

static void finish_opening(hn_grower *g, opening *o) {
    leaf *node = &g->leaves[o->node];
    if (o->violated) {
        free_slot(g, &o->slot[0]);
        if (node->hist == NONE) free_slot(g, &o->slot[1]);
        search_counted(g, node);
        settle(g, o->node);
        if (node->split.feature != NONE) push(g, o->node);
        return;
    }
    node->opened = true;
    node->hist = NONE;
    settle(g, node->child[0]);
    settle(g, node->child[1]);
    push(g, o->node);
}

/* Histograms that are least likely to be needed make room; they can be summed again. */
static void make_room(hn_grower *g, int32_t wanted) {
    while (g->n_free < wanted) {
        int32_t worst = NONE;
        for (int32_t i = 0; i < g->n_heap; i++) {
            if (g->leaves[g->heap[i]].hist == NONE) continue;
            if (worst == NONE || before(g, worst, g->heap[i])) worst = g->heap[i];
        }
        assert(worst != NONE);
        free_slot(g, &g->leaves[worst].hist);
    }
}

static void prepare_opening(hn_grower *g, opening *o) {
    leaf *node = &g->leaves[o->node];
    o->violated = false;
    o->summed = o->rest = NONE;
    o->slot[0] = take_slot(g);
    o->slot[1] = node->hist == NONE ? take_slot(g) : node->hist;
    if (node->child[0] == NONE) { /* else it was opened before, in vain */
        node->child[0] = g->n_leaves++;
        node->child[1] = g->n_leaves++;
    }
    assert(g->n_leaves <= g->max_nodes);
    o->small = node->hist == NONE || node->n * g->set.n <= SMALL_CELLS || g->n_workers == 1;
}

/* The most promising leaves that aren't open yet, at most as many as may still be taken. */
static void choose_openings(hn_grower *g, int64_t remaining) {
    int64_t most = (remaining + 1) / 2 < g->ahead ? (remaining + 1) / 2 : g->ahead;
    int32_t n_held = 0;
    g->n_openings = 0;
    while (g->n_heap > 0 && n_held < g->ahead && g->n_openings < most) {
        int32_t top = pop(g);
        if (g->leaves[top].opened)
            g->held[n_held++] = top;
        else
            g->openings[g->n_openings++].node = top;
    }
    for (int32_t i = 0; i < n_held; i++) push(g, g->held[i]);
    make_room(g, 2 * g->n_openings);
    for (int32_t j = 0; j < g->n_openings; j++) prepare_opening(g, &g->openings[j]);
}

static hone_status open_leaves(hone_ctx *ctx, hn_grower *g, int64_t remaining) {
    choose_openings(g, remaining);
    list_pieces(g);
    HN_TRY(hn_spread(ctx, g->n_pieces, opening_cells(g), open_first, g));
    bool large = false;
    for (int32_t j = 0; j < g->n_openings; j++) {
        if (g->openings[j].small) continue;
        place_pieces(g, &g->openings[j]);
        large = true;
    }
    if (large) {
        HN_TRY(hn_spread(ctx, g->n_pieces, 4 * piece_cells(g), move_piece, g));
        list_sums(g);
        HN_TRY(sum_and_search(ctx, g));
    }
    for (int32_t j = g->n_openings - 1; j >= 0; j--) finish_opening(g, &g->openings[j]);
    return HONE_OK;
}

/* ---- the tree ------------------------------------------------------------------------------- */

static hone_status plant(hone_ctx *ctx, hn_grower *g, int64_t n) {
    g->n_free = 0;
    for (int32_t i = 0; i < g->n_slots; i++) g->free_slots[g->n_free++] = g->n_slots - 1 - i;
    g->n_heap = g->n_leaves = 0;
    leaf *root = &g->leaves[g->n_leaves++];
    *root = (leaf){.n = n,
                   .low = -INFINITY,
                   .high = INFINITY,
                   .hist = NONE,
                   .child = {NONE, NONE},
                   .key = hn_stream("gbdt.node", (uint64_t)g->tree),
                   .split = no_split(g)};
    root->may_split = may_split(g, root) && g->set.n > 0 && g->rules->max_leaves > 1;
    if (!root->may_split) return HONE_OK;
    root->hist = take_slot(g);
    g->n_openings = 1;
    g->openings[0] = (opening){.summed = 0, .rest = NONE};
    g->n_pieces = 0;
    list_sum(g, 0, 0);
    memset(g->partial_used, 0, (size_t)(g->n_workers * g->ahead) * sizeof *g->partial_used);
    HN_TRY(hn_spread(ctx, g->n_pieces, n * g->set.n, sum_piece, g));
    int32_t first = g->set.features[0], offset = g->set.offset[0];
    int64_t *histogram = slot(g, root->hist);
    merge(g, 0, histogram, NULL, offset, offset + g->bins->columns[first].n_bins);
    for (int32_t b = 0; b < g->bins->columns[first].n_bins; b++) root->sum += histogram[offset + b];
    HN_TRY(hn_spread(ctx, g->n_ranges, search_cells(g), search_piece, g));
    pick_best(g, 0);
    settle(g, 0);
    if (root->split.feature != NONE) push(g, 0);
    return HONE_OK;
}

static void put_grown(hn_grower *g, int32_t index) {
    leaf *node = &g->leaves[index];
    node->out = g->n_grown;
    g->grown[g->n_grown++] = (hn_grown){
        .left = -1,
        .depth = node->depth,
        .begin = node->begin,
        .n = node->n,
        .side = node->side,
        .low = node->low,
        .high = node->high,
    };
}

/* Cut an opened leaf for good. */
static void take_leaf(hn_grower *g, int32_t index) {
    leaf *node = &g->leaves[index];
    hn_grown *grown = &g->grown[node->out];
    grown->left = g->n_grown;
    grown->split = node->split;
    for (int k = 0; k < 2; k++) {
        put_grown(g, node->child[k]);
        if (g->leaves[node->child[k]].split.feature != NONE) push(g, node->child[k]);
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
            HN_TRY(open_leaves(ctx, g, g->rules->max_leaves - leaves));
            continue;
        }
        take_leaf(g, pop(g));
        leaves++;
    }
    *ret_nodes = g->grown;
    *ret_n = g->n_grown;
    return HONE_OK;
}

/* ---- the tree as it is kept ----------------------------------------------------------------- */

static int32_t words_of(const hn_bins *bins, const hn_grown *node) {
    if (node->left < 0) return 0;
    const hn_bin_column *column = &bins->columns[node->split.feature];
    return column->is_category ? (column->n_codes + 31) / 32 : 0;
}

static void put_node(const hn_bins *bins, const hn_grown *from, hn_tree *tree, hn_node *to) {
    if (from->left < 0) {
        *to = (hn_node){.value = from->value, .feature = HN_NODE_LEAF};
        return;
    }
    const hn_bin_column *column = &bins->columns[from->split.feature];
    to->left = from->left;
    to->feature = from->split.feature | (from->split.missing_left ? HN_NODE_DEFAULT_LEFT : 0);
    if (column->is_category) {
        int32_t n = words_of(bins, from);
        to->feature |= HN_NODE_CATEGORY;
        to->set.first = (uint32_t)tree->n_words;
        to->set.n = (uint32_t)n;
        hn_bins_codes_of(column, from->split.set, from->split.missing_left,
                         tree->words + tree->n_words);
        tree->n_words += n;
    } else {
        bool all = from->split.bin >= column->n_values - 1;
        to->threshold = all ? INFINITY : column->upper[from->split.bin];
    }
}

hone_status hn_grown_tree(hone_ctx *ctx, hn_arena *arena, const hn_bins *bins,
                          const hn_grown *nodes, int32_t n, hn_tree *ret_tree) {
    hn_tree tree = {.n_nodes = n};
    int64_t words = 0;
    for (int32_t i = 0; i < n; i++) {
        words += words_of(bins, &nodes[i]);
        if (nodes[i].depth > tree.depth) tree.depth = nodes[i].depth;
    }
    HN_TRY(HN_NEW(ctx, arena, tree.nodes, n));
    HN_TRY(HN_NEW(ctx, arena, tree.words, words));
    for (int32_t i = 0; i < n; i++) put_node(bins, &nodes[i], &tree, &tree.nodes[i]);
    *ret_tree = tree;
    return HONE_OK;
}
