/* grow_open.c - working out the cuts of leaves; see growing.h. */
#include "ml/tree/growing.h"
#include "ml/tree/spread.h"
#include <string.h>

enum { SMALL_CELLS = 1 << 18 }; /* rows x features up to which a node is one task */

/* ---- moving rows ---------------------------------------------------------------------------- */

/* Notes which of items begin..end-1 go left, and how many. */
static int64_t decide(const hn_grower *g, const hn_leaf *node, int64_t begin, int64_t end) {
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
static void move(const hn_grower *g, const hn_leaf *node, int64_t begin, int64_t end, int64_t left,
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

static bool too_few(const hn_grower *g, const hn_leaf *node, int64_t n_left) {
    int64_t least = g->rules->split.min_rows > 1 ? g->rules->split.min_rows : 1;
    return n_left < least || node->n - n_left < least;
}

/* What the children's values must keep to, for a monotone feature. */
static void limit_children(const hn_grower *g, const hn_leaf *node, hn_leaf *left, hn_leaf *right) {
    left->bounds = right->bounds = node->bounds;
    left->bounds.is_root = right->bounds.is_root = false;
    if (g->rules->split.path_smooth > 0)
        left->bounds.parent = right->bounds.parent =
            hn_leaf_value(&g->rules->split, hn_sum_gradient(g->fixed, node->sum),
                          hn_sum_hessian(g->fixed, node->sum), (double)node->n, &node->bounds);
    int sign = g->rules->split.monotone ? g->rules->split.monotone[node->split.feature] : 0;
    if (sign == 0) return;
    double value[2];
    for (int k = 0; k < 2; k++) {
        int64_t sum = k == 0 ? node->split.left_sum : node->sum - node->split.left_sum;
        value[k] = hn_leaf_value(&g->rules->split, hn_sum_gradient(g->fixed, sum),
                                 hn_sum_hessian(g->fixed, sum),
                                 (double)(k == 0 ? left->n : right->n), &left->bounds);
    }
    double middle = (value[0] + value[1]) / 2;
    if (sign > 0)
        left->bounds.high = right->bounds.low = middle;
    else
        left->bounds.low = right->bounds.high = middle;
}

/* The groups that hold every feature of the path so far. */
static void keep_groups(const hn_grower *g, const hn_leaf *node) {
    int32_t words = g->rules->group_words;
    for (int k = 0; k < 2 && words > 0; k++)
        for (int32_t w = 0; w < words; w++)
            g->groups[(int64_t)node->child[k] * words + w] =
                g->groups[(node - g->leaves) * words + w] &
                g->rules->groups[(int64_t)node->split.feature * words + w];
}

static uint64_t child_key(uint64_t key, int which) {
    key = key * 2 + (uint64_t)which + 1;
    key *= 0x9e3779b97f4a7c15u;
    return key ^ key >> 29;
}

static void make_children(hn_grower *g, hn_opening *o) {
    const hn_leaf *node = &g->leaves[o->node];
    hn_leaf *left = &g->leaves[node->child[0]], *right = &g->leaves[node->child[1]];
    *left = (hn_leaf){.begin = node->begin, .n = o->n_left, .sum = node->split.left_sum};
    *right = (hn_leaf){.begin = node->begin + o->n_left,
                       .n = node->n - o->n_left,
                       .sum = node->sum - node->split.left_sum};
    limit_children(g, node, left, right);
    keep_groups(g, node);
    for (int k = 0; k < 2; k++) {
        hn_leaf *child = &g->leaves[node->child[k]];
        child->key = child_key(node->key, k);
        child->depth = node->depth + 1;
        child->hist = child->out = child->child[0] = child->child[1] = HN_GROW_NONE;
        child->side = !node->side;
        child->split = hn_grow_no_split(g);
        child->may_split = hn_grow_may_split(g, child);
    }
    o->smaller = left->n <= right->n ? 0 : 1;
    left->hist = o->slot[o->smaller == 0 ? 0 : 1];
    right->hist = o->slot[o->smaller == 0 ? 1 : 0];
}

static hn_leaf *child_of(const hn_grower *g, const hn_opening *o, bool larger) {
    return &g->leaves[g->leaves[o->node].child[larger ? !o->smaller : o->smaller]];
}

static bool any_may_split(const hn_grower *g, const hn_opening *o) {
    return child_of(g, o, false)->may_split || child_of(g, o, true)->may_split;
}

/* Whether the larger child's slot already holds the parent's histogram. */
static bool can_subtract(const hn_grower *g, const hn_opening *o) {
    return g->leaves[o->node].hist != HN_GROW_NONE;
}

/* ---- opening a small node: one task --------------------------------------------------------- */

static void open_small(hn_grower *g, hn_opening *o) {
    hn_leaf *node = &g->leaves[o->node];
    int64_t end = node->begin + node->n;
    o->n_left = decide(g, node, node->begin, end);
    o->violated = too_few(g, node, o->n_left);
    if (o->violated) return;
    int64_t middle = node->begin + o->n_left;
    move(g, node, node->begin, end, node->begin, middle, middle, end);
    make_children(g, o);
    if (!any_may_split(g, o)) return;
    hn_leaf *smaller = child_of(g, o, false), *larger = child_of(g, o, true);
    hn_grow_sum(g, smaller);
    if (!larger->may_split) {
        /* nothing to do */
    } else if (can_subtract(g, o)) {
        hn_histogram_subtract(hn_grow_slot(g, larger->hist), hn_grow_slot(g, smaller->hist), 0,
                              g->bins->width);
    } else {
        hn_grow_sum(g, larger);
    }
    if (smaller->may_split)
        smaller->split =
            hn_grow_search_range(g, smaller, hn_grow_slot(g, smaller->hist), NULL, 0, g->set.n);
    if (larger->may_split)
        larger->split =
            hn_grow_search_range(g, larger, hn_grow_slot(g, larger->hist), NULL, 0, g->set.n);
}

/* ---- opening large nodes: stages ------------------------------------------------------------ */

static void list_pieces(hn_grower *g) {
    g->n_pieces = 0;
    for (int32_t j = 0; j < g->n_openings; j++) {
        hn_opening *o = &g->openings[j];
        const hn_leaf *node = &g->leaves[o->node];
        o->first_piece = g->n_pieces;
        o->n_pieces = 0;
        if (o->small) {
            g->pieces[g->n_pieces++] = (hn_piece){.opening = j};
            o->n_pieces = 1;
            continue;
        }
        int64_t end = node->begin + node->n;
        for (int64_t i = node->begin; i < end; i += HN_GROW_PIECE, o->n_pieces++)
            g->pieces[g->n_pieces++] = (hn_piece){
                .opening = j, .begin = i, .end = end - i < HN_GROW_PIECE ? end : i + HN_GROW_PIECE};
    }
}

/* First stage: small nodes as a whole, large ones decided. */
static hone_status open_first(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    hn_grower *g = arg;
    hn_piece *p = &g->pieces[chunk.index];
    hn_opening *o = &g->openings[p->opening];
    if (o->small) {
        open_small(g, o);
        return HONE_OK;
    }
    p->left = decide(g, &g->leaves[o->node], p->begin, p->end);
    p->right = p->end - p->begin - p->left;
    return HONE_OK;
}

/* Where each piece's rows go. */
static void place_pieces(hn_grower *g, hn_opening *o) {
    const hn_leaf *node = &g->leaves[o->node];
    o->n_left = 0;
    for (int64_t i = 0; i < o->n_pieces; i++) o->n_left += g->pieces[o->first_piece + i].left;
    o->violated = too_few(g, node, o->n_left);
    int64_t left = node->begin, right = node->begin + o->n_left;
    for (int64_t i = 0; i < o->n_pieces; i++) {
        hn_piece *p = &g->pieces[o->first_piece + i];
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
    const hn_piece *p = &g->pieces[chunk.index];
    const hn_opening *o = &g->openings[p->opening];
    if (o->small || o->violated) return HONE_OK;
    const hn_leaf *node = &g->leaves[o->node];
    bool last = chunk.index + 1 == o->first_piece + o->n_pieces;
    int64_t middle = node->begin + o->n_left;
    move(g, node, p->begin, p->end, p->left, p->right, last ? middle : p[1].left,
         last ? node->begin + node->n : p[1].right);
    return HONE_OK;
}

static int64_t piece_cells(const hn_grower *g) {
    int64_t items = 0;
    for (int64_t i = 0; i < g->n_pieces; i++) items += g->pieces[i].end - g->pieces[i].begin;
    return items;
}

static int64_t opening_cells(const hn_grower *g) {
    int64_t cells = 0;
    for (int32_t j = 0; j < g->n_openings; j++) {
        const hn_opening *o = &g->openings[j];
        int64_t n = g->leaves[o->node].n;
        cells += o->small ? n * g->set.n / 2 + g->bins->width * 16 : 4 * n;
    }
    return cells;
}

static void list_sums(hn_grower *g) {
    g->n_pieces = 0;
    for (int32_t j = 0; j < g->n_openings; j++) {
        hn_opening *o = &g->openings[j];
        o->summed = o->rest = HN_GROW_NONE;
        if (o->small || o->violated || !any_may_split(g, o)) continue;
        const hn_leaf *node = &g->leaves[o->node];
        o->summed = node->child[o->smaller];
        o->rest = node->child[!o->smaller];
        hn_grow_list_sum(g, j, o->summed);
    }
}

/* ---- opening leaves ------------------------------------------------------------------------- */

/* A leaf that can be cut waits in the heap with its histogram; another needs none. */
void hn_grow_settle(hn_grower *g, int32_t index) {
    hn_leaf *node = &g->leaves[index];
    if (node->split.feature == HN_GROW_NONE) hn_grow_free_slot(g, &node->hist);
}

/* The best cut left a child with too few rows: count rows by bin and search again. (Histograms hold
 * no counts; this is rare enough that counting when needed is cheaper.) */
static void search_counted(hn_grower *g, hn_leaf *node) {
    assert(!node->counted);
    if (node->hist == HN_GROW_NONE) {
        node->hist = hn_grow_take_slot(g);
        hn_grow_sum(g, node);
    }
    memset(g->counts, 0, (size_t)g->bins->width * sizeof *g->counts);
    hn_histogram_count(g->bins, &g->set, g->items[node->side] + node->begin, node->n, g->counts);
    node->split =
        hn_grow_search_range(g, node, hn_grow_slot(g, node->hist), g->counts, 0, g->set.n);
    node->counted = true;
}

static void finish_opening(hn_grower *g, hn_opening *o) {
    hn_leaf *node = &g->leaves[o->node];
    if (o->violated) {
        hn_grow_free_slot(g, &o->slot[0]);
        if (node->hist == HN_GROW_NONE) hn_grow_free_slot(g, &o->slot[1]);
        search_counted(g, node);
        hn_grow_settle(g, o->node);
        if (node->split.feature != HN_GROW_NONE) hn_leaf_push(g, o->node);
        return;
    }
    node->opened = true;
    node->hist = HN_GROW_NONE;
    hn_grow_settle(g, node->child[0]);
    hn_grow_settle(g, node->child[1]);
    hn_leaf_push(g, o->node);
}

/* Histograms that are least likely to be needed make room; they can be summed again. */
static void make_room(hn_grower *g, int32_t wanted) {
    while (g->n_free < wanted) {
        int32_t worst = HN_GROW_NONE;
        for (int32_t i = 0; i < g->n_heap; i++) {
            if (g->leaves[g->heap[i]].hist == HN_GROW_NONE) continue;
            if (worst == HN_GROW_NONE || hn_leaf_before(g, worst, g->heap[i])) worst = g->heap[i];
        }
        assert(worst != HN_GROW_NONE);
        hn_grow_free_slot(g, &g->leaves[worst].hist);
    }
}

static void prepare_opening(hn_grower *g, hn_opening *o) {
    hn_leaf *node = &g->leaves[o->node];
    o->violated = o->root = false;
    o->summed = o->rest = HN_GROW_NONE;
    o->slot[0] = hn_grow_take_slot(g);
    o->slot[1] = node->hist == HN_GROW_NONE ? hn_grow_take_slot(g) : node->hist;
    if (node->child[0] == HN_GROW_NONE) { /* else it was opened before, in vain */
        node->child[0] = g->n_leaves++;
        node->child[1] = g->n_leaves++;
    }
    assert(g->n_leaves <= g->max_nodes);
    o->small = node->hist == HN_GROW_NONE || node->n * g->set.n <= SMALL_CELLS || g->n_workers == 1;
}

/* The most promising leaves that aren't open yet, at most as many as may still be taken. */
static void choose_openings(hn_grower *g, int64_t remaining) {
    int64_t most = (remaining + 1) / 2 < g->ahead ? (remaining + 1) / 2 : g->ahead;
    int32_t n_held = 0;
    g->n_openings = 0;
    while (g->n_heap > 0 && n_held < g->ahead && g->n_openings < most) {
        int32_t top = hn_leaf_pop(g);
        if (g->leaves[top].opened)
            g->held[n_held++] = top;
        else
            g->openings[g->n_openings++].node = top;
    }
    for (int32_t i = 0; i < n_held; i++) hn_leaf_push(g, g->held[i]);
    make_room(g, 2 * g->n_openings);
    for (int32_t j = 0; j < g->n_openings; j++) prepare_opening(g, &g->openings[j]);
}

hone_status hn_grow_open(hone_ctx *ctx, hn_grower *g, int64_t remaining) {
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
        HN_TRY(hn_grow_sum_and_search(ctx, g));
    }
    for (int32_t j = g->n_openings - 1; j >= 0; j--) finish_opening(g, &g->openings[j]);
    return HONE_OK;
}
