/* neighbors_tree.c - kd-trees (Friedman, Bentley, Finkel 1977) and ball trees (Omohundro 1989), implicit
 * and balanced; see neighbors.h. */
#include "num/neighbors_parts.h"

enum { DEEPEST = 32 };

typedef struct node {
    int64_t begin, end; /* tiles */
} node;

HN_INLINE node node_at(int64_t tiles, int level, int64_t i) {
    return (node){(i * tiles) >> level, ((i + 1) * tiles) >> level};
}
HN_INLINE int64_t number_of(int level, int64_t i) { return ((int64_t)1 << level) - 1 + i; }
HN_INLINE int64_t places_end(node a, int64_t n) {
    return a.end * HN_LANES < n ? a.end * HN_LANES : n;
}

/* ---- building ------------------------------------------------------------------------------- */

typedef struct keyed {
    double key;
    int32_t row;
} keyed;

HN_INLINE bool before(keyed a, keyed b) { return hn_pair_less(a.key, a.row, b.key, b.row); }

static void swap(keyed *a, keyed *b) {
    keyed t = *a;
    *a = *b;
    *b = t;
}

/* Puts the smallest `at` items first (Hoare's selection, pivots by the median of three). */
static void split_at(keyed *items, int64_t n, int64_t at) {
    int64_t low = 0, high = n - 1;
    uint32_t turn = 1;
    while (high > low) {
        int64_t span = high - low;
        turn = turn * 1664525u + 1013904223u;
        keyed a = items[low], b = items[low + (int64_t)(turn >> 8) % (span + 1)], c = items[high];
        keyed pivot = before(a, b) ? (before(b, c)   ? b
                                      : before(a, c) ? c
                                                     : a)
                                   : (before(a, c)   ? a
                                      : before(b, c) ? c
                                                     : b);
        int64_t i = low, j = high;
        while (i <= j) {
            while (before(items[i], pivot)) i++;
            while (before(pivot, items[j])) j--;
            if (i <= j) swap(&items[i++], &items[j--]);
        }
        if (at <= j)
            high = j;
        else if (at >= i)
            low = i;
        else
            return;
    }
}

typedef struct build {
    hn_neighbors *index;
    int level;
} build;

/* Rows of a node lie anywhere: one that is soon looked at is sent for. */
HN_INLINE void send_for(const hn_neighbors *index, int64_t i, int64_t step, int64_t end) {
    enum { AHEAD = 16 };
    if (i + AHEAD * step < end)
        __builtin_prefetch(index->rows + (int64_t)index->order[i + AHEAD * step] * index->w);
}

/* Of every step-th row. */
static void find_box(const hn_neighbors *index, int64_t begin, int64_t end, int64_t step,
                     double *low, double *high) {
    int64_t w = index->w;
    for (int64_t j = 0; j < w; j++) low[j] = INFINITY, high[j] = -INFINITY;
    for (int64_t i = begin; i < end; i += step) {
        const double *row = index->rows + index->order[i] * w;
        send_for(index, i, step, end);
        for (int64_t j = 0; j < w; j++) {
            low[j] = row[j] < low[j] ? row[j] : low[j];
            high[j] = row[j] > high[j] ? row[j] : high[j];
        }
    }
}

static void find_ball(const hn_neighbors *index, int64_t begin, int64_t end, double *center,
                      double *ret_radius) {
    int64_t w = index->w;
    double most = 0;
    memset(center, 0, (size_t)w * sizeof *center);
    for (int64_t i = begin; i < end; i++)
        for (int64_t j = 0; j < w; j++) center[j] += index->rows[index->order[i] * w + j];
    for (int64_t j = 0; j < w && end > begin; j++) center[j] /= (double)(end - begin);
    for (int64_t i = begin; i < end; i++) {
        double reduced =
            hn_distance_reduced(index->measure, center, index->rows + index->order[i] * w, w);
        most = reduced > most ? reduced : most;
    }
    /* The triangle inequality is euclid's own, not that of half its square. */
    double radius = index->measure.kind == HN_DISTANCE_COSINE
                        ? sqrt(most)
                        : hn_distance_of_reduced(index->measure, most, w);
    *ret_radius = radius * (1 + 0x1p-40 + (double)w * 0x1p-52);
}

/* Which coordinate spreads the node's rows the widest, as far as some hundreds of them tell. */
static int64_t widest_of(const hn_neighbors *index, int64_t begin, int64_t end, double *low,
                         double *high) {
    enum { SOME = 512 };
    int64_t widest = 0;
    find_box(index, begin, end, hn_chunks(end - begin, SOME), low, high);
    for (int64_t j = 1; j < index->w; j++)
        if (high[j] - low[j] > high[widest] - low[widest]) widest = j;
    return widest;
}

/* The node's rows, the lower half of a coordinate first. */
static hone_status split_node(hone_ctx *ctx, hn_neighbors *index, int64_t begin, int64_t end,
                              int64_t middle, int64_t widest) {
    HN_SCRATCH(ctx);
    keyed *items;
    HN_TRY(HN_SCRATCH_NEW(ctx, items, end - begin));
    for (int64_t i = begin; i < end; i++) {
        int32_t row = index->order[i];
        send_for(index, i, 1, end);
        items[i - begin] = (keyed){index->w > 0 ? index->rows[row * index->w + widest] : 0, row};
    }
    split_at(items, end - begin, middle - begin);
    for (int64_t i = begin; i < end; i++) index->order[i] = items[i - begin].row;
    return HONE_OK;
}

static hone_status build_nodes(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const build *b = arg;
    hn_neighbors *index = b->index;
    int64_t w = index->w, tiles = hn_lanes_tiles(index->n);
    double *low, *high;
    HN_TRY(HN_SCRATCH_NEW(ctx, low, w + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, high, w + 1));
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        node a = node_at(tiles, b->level, i), left = node_at(tiles, b->level + 1, 2 * i);
        int64_t number = number_of(b->level, i);
        int64_t begin = a.begin * HN_LANES, end = places_end(a, index->n);
        if (index->center)
            find_ball(index, begin, end, index->center + number * w, &index->radius[number]);
        if (b->level + 1 < index->levels)
            HN_TRY(split_node(ctx, index, begin, end, left.end * HN_LANES,
                              widest_of(index, begin, end, low, high)));
        else if (index->low)
            find_box(index, begin, end, 1, index->low + number * w, index->high + number * w);
    }
    return hn_check_cancel(ctx);
}

/* The box of a node with both its halves' boxes in it, from the last but one level up. */
static void join_boxes(hn_neighbors *index) {
    int64_t w = index->w;
    for (int64_t i = hn_neighbors_nodes(index->levels - 1) - 1; i >= 0; i--) {
        double *low = index->low + i * w, *high = index->high + i * w;
        const double *left_low = index->low + (2 * i + 1) * w, *right_low = left_low + w;
        const double *left_high = index->high + (2 * i + 1) * w, *right_high = left_high + w;
        for (int64_t j = 0; j < w; j++) {
            low[j] = left_low[j] < right_low[j] ? left_low[j] : right_low[j];
            high[j] = left_high[j] > right_high[j] ? left_high[j] : right_high[j];
        }
    }
}

hone_status hn_tree_build(hone_ctx *ctx, hn_arena *arena, hn_neighbors *index, int64_t leaf_size) {
    int64_t tiles = hn_lanes_tiles(index->n), leaf = hn_lanes_tiles(leaf_size > 0 ? leaf_size : 32);
    if (leaf < 2) leaf = 2;
    index->levels = 1;
    while (index->levels < DEEPEST && tiles > leaf << (index->levels - 1)) index->levels++;
    int64_t nodes = hn_neighbors_nodes(index->levels), w = index->w;
    HN_TRY(HN_NEW(ctx, arena, index->order, index->n));
    for (int64_t i = 0; i < index->n; i++) index->order[i] = (int32_t)i;
    if (index->method == HN_NEIGHBORS_KD_TREE) {
        HN_TRY(HN_NEW(ctx, arena, index->low, nodes * w + 1));
        HN_TRY(HN_NEW(ctx, arena, index->high, nodes * w + 1));
    } else {
        HN_TRY(HN_NEW(ctx, arena, index->center, nodes * w + 1));
        HN_TRY(HN_NEW(ctx, arena, index->radius, nodes));
    }
    build b = {.index = index};
    for (b.level = 0; b.level < index->levels; b.level++)
        HN_TRY(hn_parallel(ctx, (int64_t)1 << b.level, 1, build_nodes, &b));
    if (index->low) join_boxes(index);
    return HONE_OK;
}

hone_status hn_tree_prepare(hone_ctx *ctx, hn_arena *arena, hn_neighbors *index) {
    if (index->levels == 0) return HONE_OK;
    int64_t tiles = hn_lanes_tiles(index->n);
    int last = (int)index->levels - 1;
    HN_TRY(HN_NEW(ctx, arena, index->least, hn_neighbors_nodes(index->levels)));
    for (int64_t i = 0; i < (int64_t)1 << last; i++) {
        node a = node_at(tiles, last, i);
        int32_t least = INT32_MAX;
        for (int64_t p = a.begin * HN_LANES; p < places_end(a, index->n); p++)
            least = index->order[p] < least ? index->order[p] : least;
        index->least[number_of(last, i)] = least;
    }
    for (int64_t i = number_of(last, 0) - 1; i >= 0; i--) {
        int32_t a = index->least[2 * i + 1], b = index->least[2 * i + 2];
        index->least[i] = a < b ? a : b;
    }
    return HONE_OK;
}

/* ---- asking --------------------------------------------------------------------------------- */

/* No point of the node is nearer to q, reduced. */
static double bound(const hn_neighbors *index, const double *q, int64_t number) {
    int64_t w = index->w;
    hn_distance measure = index->measure;
    if (index->low)
        return hn_distance_to_box(measure, q, index->low + number * w, index->high + number * w, w);
    double reduced = hn_distance_reduced(measure, q, index->center + number * w, w);
    bool cosine = measure.kind == HN_DISTANCE_COSINE;
    double center = cosine ? sqrt(reduced) : hn_distance_of_reduced(measure, reduced, w);
    double left = center * (1 - 0x1p-40 - (double)w * 0x1p-52) - index->radius[number];
    if (!(left > 0)) return 0;
    return (cosine ? left * left : hn_distance_to_reduced(measure, left, w)) * (1 - 0x1p-40);
}

typedef struct visit {
    int64_t i;
    double bound;
    int level;
} visit;

/* Both children of a node: bounds, the more promising last. */
static int open_node(const hn_neighbors *index, const double *q, visit at, visit *ret) {
    visit a = {2 * at.i, 0, at.level + 1}, b = {2 * at.i + 1, 0, at.level + 1};
    int64_t left = number_of(a.level, a.i);
    a.bound = bound(index, q, left);
    b.bound = bound(index, q, left + 1);
    bool a_first = hn_pair_less(a.bound, index->least[left], b.bound, index->least[left + 1]);
    ret[0] = a_first ? b : a;
    ret[1] = a_first ? a : b;
    return 2;
}

enum { RUN = 8 }; /* tiles measured at a time */

static void search(const hn_neighbors *index, const double *q, hn_best *best) {
    _Alignas(64) double reduced[RUN * HN_LANES];
    visit stack[DEEPEST + 2];
    int64_t w = index->w, tiles = hn_lanes_tiles(index->n);
    int top = 0;
    stack[top++] = (visit){0, bound(index, q, 0), 0};
    while (top > 0) {
        visit at = stack[--top];
        if (best->n == best->k && !hn_pair_less(at.bound, index->least[number_of(at.level, at.i)],
                                                best->distance[0], best->row[0]))
            continue;
        if (at.level + 1 < index->levels) {
            top += open_node(index, q, at, stack + top);
            continue;
        }
        node a = node_at(tiles, at.level, at.i);
        for (int64_t t = a.begin; t < a.end; t += RUN) {
            int64_t run = a.end - t < RUN ? a.end - t : RUN;
            hn_lanes_reduced(index->measure, q, w, index->tiles + t * w * HN_LANES, run, reduced);
            for (int64_t i = 0; i < run; i++)
                hn_best_add_tile(best, reduced + i * HN_LANES, (t + i) * HN_LANES, index->n,
                                 index->order);
        }
    }
}

int64_t hn_tree_leaf_near(const hn_neighbors *index, const double *q) {
    int64_t i = 0;
    for (int level = 1; level < index->levels; level++) {
        int64_t left = number_of(level, 2 * i);
        i = 2 * i + (bound(index, q, left + 1) < bound(index, q, left));
    }
    return i;
}

hone_status hn_tree_ask(hone_ctx *ctx, const hn_ask *ask, int64_t begin, int64_t end) {
    (void)ctx;
    for (int64_t i = begin; i < end; i++) {
        hn_best best = hn_ask_best(ask, i);
        search(ask->index, ask->q + i * ask->index->w, &best);
        hn_best_finish(&best, ask->index->measure, ask->index->w);
    }
    return HONE_OK;
}

int64_t hn_tree_within_cost(const hn_neighbors *index, const double *q, double reach) {
    visit stack[DEEPEST + 2];
    int64_t tiles = hn_lanes_tiles(index->n), cost = 0;
    int top = 0;
    stack[top++] = (visit){0, bound(index, q, 0), 0};
    while (top > 0) {
        visit at = stack[--top];
        if (at.bound > reach) continue;
        node a = node_at(tiles, at.level, at.i);
        if (at.level + 1 < index->levels)
            top += open_node(index, q, at, stack + top);
        else
            cost += a.end - a.begin;
    }
    return cost;
}

hone_status hn_tree_within(hone_ctx *ctx, const hn_neighbors *index, const double *q, double reach,
                           hn_found *found) {
    _Alignas(64) double reduced[RUN * HN_LANES];
    visit stack[DEEPEST + 2];
    int64_t w = index->w, tiles = hn_lanes_tiles(index->n);
    int top = 0;
    stack[top++] = (visit){0, bound(index, q, 0), 0};
    while (top > 0) {
        visit at = stack[--top];
        if (at.bound > reach) continue;
        if (at.level + 1 < index->levels) {
            top += open_node(index, q, at, stack + top);
            continue;
        }
        node a = node_at(tiles, at.level, at.i);
        for (int64_t t = a.begin; t < a.end; t += RUN) {
            int64_t run = a.end - t < RUN ? a.end - t : RUN, place = t * HN_LANES;
            hn_lanes_reduced(index->measure, q, w, index->tiles + place * w, run, reduced);
            for (int64_t c = 0; c < run * HN_LANES && place + c < index->n; c++)
                if (reduced[c] <= reach)
                    HN_TRY(hn_found_add(ctx, found, index->order[place + c], reduced[c]));
        }
    }
    return HONE_OK;
}
