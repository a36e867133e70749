/* cart.c - growing one tree of a forest; see cart.h.
 *
 * For each feature that is looked at, the node's rows are summed by bin. In a small node only the bins
 * that were touched are visited, in order, by the set bits of a map: so a node of ten rows costs ten
 * steps, not 256, and nothing is ever sorted. */
#include "ml/tree/cart_parts.h"
#include "ml/tree/node_set.h"
#include <assert.h>
#include <string.h>

/* Bytes of a subtree's copied rows: most of a cache. */
static const int64_t near_bytes[HN_NEAR_LEVELS] = {262144, 24576};

enum {
    FEW = 192,       /* items up to which touched bins are mapped */
    STACK = 128,     /* the smaller child is grown first, so fewer than log2(items) wait */
    NEAR_LEAST = 64, /* rows that there must be room for */
    NEAR_FEWEST = 8, /* items for which copying pays */
};

/* ---- memory --------------------------------------------------------------------------------- */

/* What a node's items add to its sums. */
static hone_status new_node_sums(hone_ctx *ctx, hn_carter *c) {
    if (c->rules->random_cuts) HN_TRY(HN_SCRATCH_NEW(ctx, c->value, c->max_items));
    if (c->width == 2) {
        HN_TRY(HN_SCRATCH_NEW(ctx, c->first, c->max_items));
        return HN_SCRATCH_NEW(ctx, c->second, c->max_items);
    }
    HN_TRY(HN_SCRATCH_NEW(ctx, c->weighs, c->max_items));
    return HN_SCRATCH_NEW(ctx, c->class, c->max_items);
}

/* Room for the rows of a subtree, where so few of its features are left out at each node that copying all
 * of them pays. */
static hone_status new_near(hone_ctx *ctx, hn_carter *c, int level) {
    const int64_t features = c->data->bins->n_features;
    hn_cart_near *near = &c->near[level];
    int64_t cell = c->data->floats ? sizeof(float) : c->data->doubles ? sizeof(double) : 1;
    int64_t room = near_bytes[level] / (features * cell + 2 * (int64_t)sizeof(double));
    if (c->rules->max_leaf_nodes > 0 || room < NEAR_LEAST ||
        features > 16 * (int64_t)c->rules->n_try)
        return HONE_OK;
    near->room = room;
    HN_TRY(HN_SCRATCH_NEW(ctx, near->y, room));
    if (c->all.weights) HN_TRY(HN_SCRATCH_NEW(ctx, near->weights, room));
    if (c->data->floats) return HN_SCRATCH_NEW(ctx, near->floats, room * features);
    if (c->data->doubles) return HN_SCRATCH_NEW(ctx, near->doubles, room * features);
    return HN_SCRATCH_NEW(ctx, near->codes, room * features);
}

hone_status hn_carter_new(hone_ctx *ctx, const hn_cart_data *data, const hn_cart_rules *rules,
                          int64_t max_items, hn_carter **ret_carter) {
    hn_carter *c;
    HN_TRY(HN_SCRATCH_NEW(ctx, c, 1));
    *c = (hn_carter){.data = data, .rules = rules, .max_items = max_items};
    c->width = rules->n_classes > 0 ? rules->n_classes : 2;
    HN_TRY(HN_SCRATCH_NEW(ctx, c->items, max_items));
    HN_TRY(HN_SCRATCH_NEW(ctx, c->spare, max_items));
    HN_TRY(HN_SCRATCH_NEW(ctx, c->left_side, max_items));
    HN_TRY(HN_SCRATCH_NEW(ctx, c->bins, (size_t)HN_BINS * (size_t)c->width));
    HN_TRY(HN_SCRATCH_NEW(ctx, c->counts, HN_BINS));
    HN_TRY(HN_SCRATCH_NEW(ctx, c->node, c->width));
    HN_TRY(HN_SCRATCH_NEW(ctx, c->left, c->width));
    HN_TRY(HN_SCRATCH_NEW(ctx, c->features, data->bins->n_features));
    HN_TRY(HN_SCRATCH_NEW(ctx, c->nodes, 2 * max_items));
    HN_TRY(HN_SCRATCH_NEW(ctx, c->one_hot, c->width));
    if (rules->ccp_alpha > 0) {
        HN_TRY(HN_SCRATCH_NEW(ctx, c->gains, 2 * max_items));
        HN_TRY(HN_SCRATCH_NEW(ctx, c->weights, 2 * max_items));
    }
    if (rules->own_weights) HN_TRY(HN_SCRATCH_NEW(ctx, c->own_weights, data->bins->n_rows));
    c->all = (hn_cart_view){.stride = data->bins->n_rows,
                            .codes = data->bins->codes,
                            .floats = data->floats,
                            .doubles = data->doubles,
                            .y = data->y,
                            .weights = c->own_weights ? c->own_weights : data->weight};
    HN_TRY(new_node_sums(ctx, c));
    for (int level = 0; level < HN_NEAR_LEVELS; level++) HN_TRY(new_near(ctx, c, level));
    if (rules->max_leaf_nodes > 0) {
        int64_t most = rules->max_leaf_nodes < max_items ? rules->max_leaf_nodes : max_items;
        HN_TRY(HN_SCRATCH_NEW(ctx, c->candidates, 2 * most));
        HN_TRY(HN_SCRATCH_NEW(ctx, c->heap.items, 2 * most));
    }
    if (rules->n_classes > 2)
        HN_TRY(HN_SCRATCH_NEW(ctx, c->values, (size_t)(max_items + 1) * (size_t)c->width));
    *ret_carter = c;
    return HONE_OK;
}

hn_cart_item *hn_carter_items(hn_carter *carter) { return carter->items; }

double *hn_carter_weights(hn_carter *carter) { return carter->own_weights; }

static double weight_of(const hn_carter *c, hn_cart_item item) {
    return c->view.weights ? item.count * c->view.weights[item.row] : item.count;
}

/* ---- near rows ------------------------------------------------------------------------------ */

static bool is_near(const hn_cart_near *near, const hn_pending *at) {
    return at->begin >= near->begin && at->begin + at->n <= near->end;
}

/* Where the node's rows are to be found; returns the level of the next nearer copy. */
static int look_at(hn_carter *c, const hn_pending *at) {
    int level = HN_NEAR_LEVELS;
    while (level > 0 && !is_near(&c->near[level - 1], at)) level--;
    c->view = c->all;
    if (level == 0) return level;
    const hn_cart_near *near = &c->near[level - 1];
    c->view = (hn_cart_view){.stride = near->room,
                             .codes = near->codes,
                             .floats = near->floats,
                             .doubles = near->doubles,
                             .y = near->y,
                             .weights = near->weights};
    return level;
}

/* The node's rows from where they are; its items are numbered anew. */
static void copy_near(hn_carter *c, hn_cart_near *near, const hn_pending *at) {
    hn_cart_item *items = c->items + at->begin;
    for (int32_t j = 0; j < c->data->bins->n_features; j++) {
        int64_t from = j * c->view.stride, to = j * near->room;
        if (near->floats)
            for (int64_t i = 0; i < at->n; i++)
                near->floats[to + i] = c->view.floats[from + items[i].row];
        else if (near->doubles)
            for (int64_t i = 0; i < at->n; i++)
                near->doubles[to + i] = c->view.doubles[from + items[i].row];
        else
            for (int64_t i = 0; i < at->n; i++)
                near->codes[to + i] = c->view.codes[from + items[i].row];
    }
    for (int64_t i = 0; i < at->n; i++) {
        near->y[i] = c->view.y[items[i].row];
        if (near->weights) near->weights[i] = c->view.weights[items[i].row];
        items[i].row = (uint32_t)i;
    }
    near->begin = at->begin;
    near->end = at->begin + at->n;
}

/* Copies what the subtree needs as soon as it is small enough. */
static void come_near(hn_carter *c, const hn_pending *at) {
    for (int level = look_at(c, at); level < HN_NEAR_LEVELS; level++) {
        /* What is small enough for the next goes there at once. */
        bool skip = level + 1 < HN_NEAR_LEVELS && at->n <= c->near[level + 1].room;
        if (at->n > c->near[level].room || at->n < NEAR_FEWEST) return;
        if (skip) continue;
        copy_near(c, &c->near[level], at);
        for (int nearer = level + 1; nearer < HN_NEAR_LEVELS; nearer++)
            c->near[nearer].begin = c->near[nearer].end = 0;
        look_at(c, at);
    }
}

/* ---- impurity ------------------------------------------------------------------------------- */

/* What makes a cut good, the higher the better; score of a node with these sums, times its weight.
 * Gini: sum of squares / weight. Entropy: minus the entropy. Numbers: squared sum / weight. */
static double score_of(const hn_carter *c, const double *sums, double weight) {
    int32_t n = c->rules->n_classes;
    if (!(weight > 0)) return 0;
    if (n == 0) return sums[1] * sums[1] / weight;
    if (c->rules->entropy) return -hn_entropy_sum(sums, n, weight);
    double squares = 0;
    for (int32_t k = 0; k < n; k++) squares += sums[k] * sums[k];
    return squares / weight;
}

static void sum_two_classes(hn_carter *c, const hn_cart_item *items, int64_t n) {
    double sums[2] = {0};
    for (int64_t i = 0; i < n; i++) {
        double w = weight_of(c, items[i]);
        bool second = c->view.y[items[i].row] > 0;
        c->first[i] = second ? 0 : w;
        c->second[i] = second ? w : 0;
        sums[0] += c->first[i];
        sums[1] += c->second[i];
    }
    c->node[0] = sums[0];
    c->node[1] = sums[1];
    c->weight = sums[0] + sums[1];
    c->pure = !(sums[0] > 0 && sums[1] > 0);
}

static void sum_classes(hn_carter *c, const hn_cart_item *items, int64_t n) {
    int32_t k = c->width, present = 0;
    for (int32_t j = 0; j < k; j++) c->node[j] = 0;
    for (int64_t i = 0; i < n; i++) {
        c->class[i] = (int32_t)c->view.y[items[i].row];
        c->weighs[i] = weight_of(c, items[i]);
        c->node[c->class[i]] += c->weighs[i];
    }
    c->weight = 0;
    for (int32_t j = 0; j < k; j++) {
        c->weight += c->node[j];
        present += c->node[j] > 0;
    }
    c->pure = present <= 1;
}

static void sum_numbers(hn_carter *c, const hn_cart_item *items, int64_t n) {
    const double *y = c->view.y;
    double weight = 0, sum = 0, first = y[items[0].row];
    bool pure = true;
    for (int64_t i = 0; i < n; i++) {
        double w = weight_of(c, items[i]), value = y[items[i].row];
        c->first[i] = w;
        c->second[i] = w * value;
        weight += w;
        sum += c->second[i];
        pure &= value == first;
    }
    c->weight = c->node[0] = weight;
    c->node[1] = sum;
    c->pure = pure;
}

/* ---- one feature ---------------------------------------------------------------------------- */

/* Sum the node's items by bin; touched bins are noted in the map. */
static void fill_bins(hn_carter *c, int32_t feature, const hn_cart_item *items, int64_t n) {
    const uint8_t *codes = c->view.codes + feature * c->view.stride;
    const int32_t k = c->width;
    const bool few = n <= FEW;
    memset(c->map, few ? 0 : 0xff, sizeof c->map);
    if (few)
        for (int64_t i = 0; i < n; i++) {
            uint8_t b = codes[items[i].row];
            c->map[b / 64] |= 1ull << (b % 64);
        }
    if (c->rules->min_samples_leaf > 1)
        for (int64_t i = 0; i < n; i++) c->counts[codes[items[i].row]]++;
    if (k == 2) {
        for (int64_t i = 0; i < n; i++) {
            double *bin = c->bins + 2 * codes[items[i].row];
            bin[0] += c->first[i];
            bin[1] += c->second[i];
        }
    } else {
        for (int64_t i = 0; i < n; i++)
            c->bins[codes[items[i].row] * k + c->class[i]] += c->weighs[i];
    }
}

static double bin_weight(const hn_carter *c, int32_t b) {
    if (c->rules->n_classes == 0) return c->bins[2 * b];
    double weight = 0;
    for (int32_t k = 0; k < c->width; k++) weight += c->bins[b * c->width + k];
    return weight;
}

/* Bins with items, ascending, without the one for missing values; returns how many. */
static int32_t list_bins(const hn_carter *c, int32_t n_values, int32_t *ret_bins) {
    int32_t n = 0;
    for (int w = 0; w < HN_BINS / 64; w++)
        for (uint64_t bits = c->map[w]; bits; bits &= bits - 1) {
            int32_t b = w * 64 + __builtin_ctzll(bits);
            if (b < n_values && bin_weight(c, b) > 0) ret_bins[n++] = b;
        }
    return n;
}

static void clear_bins(hn_carter *c, int64_t n, int32_t n_bins) {
    if (n > FEW) {
        memset(c->bins, 0, (size_t)n_bins * (size_t)c->width * sizeof *c->bins);
        memset(c->counts, 0, (size_t)n_bins * sizeof *c->counts);
        return;
    }
    for (int w = 0; w < HN_BINS / 64; w++)
        for (uint64_t bits = c->map[w]; bits; bits &= bits - 1) {
            int32_t b = w * 64 + __builtin_ctzll(bits);
            memset(c->bins + b * c->width, 0, (size_t)c->width * sizeof *c->bins);
            c->counts[b] = 0;
        }
}

/* Cuts behind each of bins[0 .. n-1], missing on one side. */
static void scan(hn_carter *c, const int32_t *bins, int32_t n, int64_t n_items, int32_t missing,
                 bool missing_left, int32_t feature, hn_cut *found) {
    const int32_t k = c->width;
    const int64_t least = c->rules->min_samples_leaf;
    double left = 0;
    int64_t rows = 0;
    for (int32_t j = 0; j < k; j++) c->left[j] = missing_left ? c->bins[missing * k + j] : 0;
    if (missing_left) {
        left = bin_weight(c, missing);
        rows = c->counts[missing];
    }
    /* Behind the last bin is a cut only if the missing ones stand on the other side. */
    int32_t last = missing >= 0 && !missing_left ? n : n - 1;
    for (int32_t i = 0; i < last; i++) {
        const double *bin = c->bins + bins[i] * k;
        for (int32_t j = 0; j < k; j++) c->left[j] += bin[j];
        left += k == 2 && c->rules->n_classes == 0 ? bin[0] : bin_weight(c, bins[i]);
        rows += c->counts[bins[i]];
        if (least > 1 && (rows < least || n_items - rows < least)) continue;
        if (c->min_weight > 0 && hn_too_light(c, left)) continue;
        double score = hn_score_cut(c, left), middle = 0;
        if (!(score > found->score)) continue;
        if (c->rules->monotone && !hn_in_order(c, feature, left, &middle)) continue;
        *found = (hn_cut){.score = score,
                          .feature = feature,
                          .last = bins[i],
                          .first = i + 1 < n ? bins[i + 1] : HN_BINS,
                          .missing_left = missing_left,
                          .missing_seen = missing >= 0,
                          .threshold = NAN,
                          .middle = middle};
    }
}

/* Whether the feature has more than one bin in this node. */
static bool try_feature(hn_carter *c, hn_rng *rng, int32_t feature, const hn_cart_item *items,
                        int64_t n, hn_cut *found) {
    const hn_bin_column *column = &c->data->bins->columns[feature];
    if (column->n_bins < 2) return false;
    if (c->rules->random_cuts) return hn_cart_try_random(c, rng, feature, items, n, found);
    int32_t bins[HN_BINS];
    fill_bins(c, feature, items, n);
    int32_t n_bins = list_bins(c, column->n_values, bins);
    int32_t missing = -1;
    if (column->has_missing && bin_weight(c, column->n_values) > 0) missing = column->n_values;
    bool varies = n_bins + (missing >= 0) > 1;
    if (varies) scan(c, bins, n_bins, n, missing, false, feature, found);
    if (varies && missing >= 0) scan(c, bins, n_bins, n, missing, true, feature, found);
    clear_bins(c, n, column->n_bins);
    return varies;
}

/* Draw features until n_try that vary were looked at; more if no cut is found by then. */
static hn_cut search(hn_carter *c, hn_rng *rng, const hn_cart_item *items, int64_t n) {
    hn_cut found = {.score = score_of(c, c->node, c->weight), .feature = -1};
    /* A cut must gain more than rounding does. */
    found.score += 1e-12 * fabs(found.score);
    int32_t n_features = c->data->bins->n_features, tried = 0;
    for (int32_t i = 0; i < n_features; i++) {
        if (tried >= c->rules->n_try && found.feature >= 0) break;
        if (c->rules->n_try < n_features) {
            int32_t j = i + (int32_t)hn_rng_below(rng, n_features - i), feature = c->features[j];
            c->features[j] = c->features[i];
            c->features[i] = feature;
        }
        tried += try_feature(c, rng, c->features[i], items, n, &found);
    }
    return found;
}

/* ---- nodes ---------------------------------------------------------------------------------- */

static void put_shares(hn_carter *c, hn_node *leaf) {
    int32_t k = c->rules->n_classes, only = -1;
    for (int32_t j = 0; c->pure && j < k; j++)
        if (c->node[j] > 0) only = j;
    if (only >= 0 && c->one_hot[only] >= 0) {
        leaf->left = c->one_hot[only];
        return;
    }
    if (only >= 0) c->one_hot[only] = c->n_values;
    leaf->left = c->n_values;
    double *row = c->values + (int64_t)c->n_values++ * k;
    for (int32_t j = 0; j < k; j++) row[j] = c->weight > 0 ? c->node[j] / c->weight : 1.0 / k;
}

static void put_leaf(hn_carter *c, int32_t index) {
    hn_node *leaf = &c->nodes[index];
    double otherwise = c->rules->n_classes > 0 ? 0.5 : 0;
    double value = c->weight > 0 ? c->node[1] / c->weight : otherwise;
    *leaf = (hn_node){.feature = HN_NODE_LEAF};
    if (c->weights) c->weights[index] = c->weight;
    if (c->gains) c->gains[index] = 0;
    if (c->rules->monotone) value = value < c->low ? c->low : value > c->high ? c->high : value;
    if (c->rules->n_classes > 2)
        put_shares(c, leaf);
    else
        leaf->value = c->rules->n_classes > 0 ? value : c->data->y_shift + value;
}

/* Room for a set of n words more. */
static hone_status need_words(hone_ctx *ctx, hn_carter *c, hn_arena *arena, int32_t n) {
    if (c->n_words + n <= c->words_held) return HONE_OK;
    int64_t held = 2 * (c->words_held + n) + 64;
    uint32_t *words;
    HN_TRY(HN_NEW(ctx, arena, words, held));
    if (c->n_words > 0) memcpy(words, c->words, (size_t)c->n_words * sizeof *words);
    c->words = words;
    c->words_held = held;
    return HONE_OK;
}

/* The bins that go left. */
static void left_set(const hn_bin_column *column, const hn_cut *cut, uint64_t set[4]) {
    memset(set, 0, 4 * sizeof *set);
    for (int32_t b = 0; b <= cut->last; b++) set[b / 64] |= 1ull << (b % 64);
    int32_t m = column->n_values;
    if (column->has_missing && cut->missing_left) set[m / 64] |= 1ull << (m % 64);
}

static hone_status put_cut(hone_ctx *ctx, hn_carter *c, hn_arena *arena, int32_t index,
                           const hn_cut *cut, const uint64_t set[4], bool default_left) {
    const hn_bin_column *column = &c->data->bins->columns[cut->feature];
    hn_node node = {.left = c->n_nodes,
                    .feature = cut->feature | (default_left ? HN_NODE_DEFAULT_LEFT : 0)};
    if (column->is_category) {
        HN_TRY(need_words(ctx, c, arena, hn_set_words(column)));
        hn_node_put_set(column, set, default_left, c->words, &c->n_words, &node);
    } else {
        /* Half-way between the bins that the node has on both sides. */
        int32_t bound =
            cut->first < HN_BINS ? (cut->last + cut->first - 1) / 2 : column->n_values - 1;
        node.threshold = bound < column->n_values - 1 ? column->upper[bound] : INFINITY;
        if (cut->threshold == cut->threshold) node.threshold = cut->threshold;
    }
    c->nodes[index] = node;
    c->n_nodes += 2;
    return HONE_OK;
}

/* Which side an item goes to: 1 is left. */
static void sides(hn_carter *c, const hn_cut *cut, const uint64_t set[4], const hn_cart_item *items,
                  int64_t n) {
    if (c->rules->random_cuts && !c->data->bins->columns[cut->feature].is_category) {
        hn_cart_gather(c, cut->feature, items, n);
        for (int64_t i = 0; i < n; i++)
            c->left_side[i] =
                c->value[i] <= cut->threshold || (cut->missing_left && c->value[i] != c->value[i]);
        return;
    }
    uint8_t table[HN_BINS];
    for (int b = 0; b < HN_BINS; b++) table[b] = set[b / 64] >> (b % 64) & 1;
    if (c->rules->random_cuts) {
        hn_cart_gather(c, cut->feature, items, n);
        int32_t missing = c->data->bins->columns[cut->feature].n_values;
        for (int64_t i = 0; i < n; i++)
            c->left_side[i] = table[c->value[i] == c->value[i] ? (int32_t)c->value[i] : missing];
        return;
    }
    const uint8_t *codes = c->view.codes + cut->feature * c->view.stride;
    for (int64_t i = 0; i < n; i++) c->left_side[i] = table[codes[items[i].row]];
}

/* Moves items that go left before the others, stable; returns how many. */
static int64_t part(hn_carter *c, const hn_cut *cut, const uint64_t set[4], hn_cart_item *items,
                    int64_t n) {
    hn_cart_item *spare = c->spare;
    int64_t left = 0, right = 0;
    sides(c, cut, set, items, n);
    for (int64_t i = 0; i < n; i++) {
        hn_cart_item item = items[i];
        int64_t goes = c->left_side[i];
        items[left] = item;
        spare[right] = item;
        left += goes;
        right += 1 - goes;
    }
    memcpy(items + left, spare, (size_t)right * sizeof *items);
    return left;
}

/* ---- the tree ------------------------------------------------------------------------------- */

static bool may_split(const hn_carter *c, const hn_pending *at) {
    const hn_cart_rules *rules = c->rules;
    return !c->pure && at->n >= rules->min_samples_split && at->n >= 2 * rules->min_samples_leaf &&
           (rules->max_depth == 0 || at->depth < rules->max_depth) && c->weight > 0 &&
           c->weight >= 2 * c->min_weight;
}

static void sum_node(hn_carter *c, const hn_pending *at) {
    const hn_cart_item *items = c->items + at->begin;
    look_at(c, at);
    if (c->rules->n_classes == 0)
        sum_numbers(c, items, at->n);
    else if (c->rules->n_classes == 2)
        sum_two_classes(c, items, at->n);
    else
        sum_classes(c, items, at->n);
    c->low = at->low;
    c->high = at->high;
}

/* The node's best cut, or it becomes a leaf: false. */
static bool find_cut(hn_carter *c, hn_rng *rng, const hn_pending *at, hn_cut *ret_cut,
                     double *ret_gain) {
    sum_node(c, at);
    if (at->depth > c->depth) c->depth = at->depth;
    hn_cut cut = {.feature = -1};
    if (may_split(c, at)) {
        come_near(c, at);
        cut = search(c, rng, c->items + at->begin, at->n);
    }
    double gain = 0;
    if (cut.feature >= 0) gain = (cut.score - score_of(c, c->node, c->weight)) / c->total;
    *ret_cut = cut;
    *ret_gain = gain;
    if (cut.feature >= 0 && gain >= c->rules->min_impurity_decrease) return true;
    put_leaf(c, at->node);
    return false;
}

static hone_status cut_node(hone_ctx *ctx, hn_carter *c, hn_arena *arena, const hn_pending *at,
                            const hn_cut *cut, double gain, hn_pending ret_children[2]) {
    const hn_bin_column *column = &c->data->bins->columns[cut->feature];
    uint64_t set[4];
    left_set(column, cut, set);
    look_at(c, at);
    int64_t left = part(c, cut, set, c->items + at->begin, at->n);
    assert(left > 0 && left < at->n);
    /* What was never missing here goes where most rows go. */
    bool default_left = cut->missing_seen ? cut->missing_left : 2 * left >= at->n;
    c->decrease[cut->feature] += gain;
    if (c->gains) c->gains[at->node] = gain;
    int32_t child = c->n_nodes;
    HN_TRY(put_cut(ctx, c, arena, at->node, cut, set, default_left));
    hn_pending a = {child, at->depth + 1, at->begin, left, at->low, at->high}, b = a;
    b.node++;
    b.begin += left;
    b.n = at->n - left;
    int sign = c->rules->monotone ? c->rules->monotone[cut->feature] : 0;
    if (sign > 0) a.high = b.low = cut->middle;
    if (sign < 0) a.low = b.high = cut->middle;
    ret_children[0] = a;
    ret_children[1] = b;
    return HONE_OK;
}

/* Without a limit to leaves their order makes no difference; the smaller child is grown first. */
static hone_status grow_depth_first(hone_ctx *ctx, hn_carter *c, hn_arena *arena, hn_rng *rng,
                                    hn_pending root) {
    hn_pending stack[STACK + 2], children[2];
    int32_t n_stack = 0;
    hn_cut cut;
    double gain;
    stack[n_stack++] = root;
    for (int64_t made = 0; n_stack > 0; made++) {
        if (made % 1024 == 0) HN_TRY(hn_check_cancel(ctx));
        hn_pending at = stack[--n_stack];
        if (!find_cut(c, rng, &at, &cut, &gain)) continue;
        HN_TRY(cut_node(ctx, c, arena, &at, &cut, gain, children));
        bool swap = children[0].n > children[1].n;
        stack[n_stack++] = children[!swap];
        stack[n_stack++] = children[swap];
        assert(n_stack <= STACK);
    }
    return HONE_OK;
}

static void offer(hn_carter *c, hn_rng *rng, const hn_pending *at, int32_t *n) {
    hn_candidate *new = &c->candidates[*n];
    new->at = *at;
    if (find_cut(c, rng, at, &new->cut, &new->gain))
        hn_best_first_push(&c->heap, (hn_waiting){new->gain, at->begin, (*n)++});
}

static hone_status grow_best_first(hone_ctx *ctx, hn_carter *c, hn_arena *arena, hn_rng *rng,
                                   hn_pending root) {
    hn_pending children[2];
    int32_t n = 0;
    c->heap.n = 0;
    offer(c, rng, &root, &n);
    for (int64_t leaves = 1; leaves < c->rules->max_leaf_nodes && c->heap.n > 0; leaves++) {
        if (leaves % 1024 == 0) HN_TRY(hn_check_cancel(ctx));
        const hn_candidate *found = &c->candidates[hn_best_first_pop(&c->heap)];
        HN_TRY(cut_node(ctx, c, arena, &found->at, &found->cut, found->gain, children));
        offer(c, rng, &children[0], &n);
        offer(c, rng, &children[1], &n);
    }
    while (c->heap.n > 0) {
        const hn_candidate *left = &c->candidates[hn_best_first_pop(&c->heap)];
        sum_node(c, &left->at);
        put_leaf(c, left->at.node);
    }
    return HONE_OK;
}

static hone_status keep(hone_ctx *ctx, const hn_carter *c, hn_arena *arena, hn_tree *ret_tree) {
    hn_tree tree = {.n_nodes = c->n_nodes,
                    .n_values = c->n_values,
                    .n_words = c->n_words,
                    .words = c->words,
                    .depth = c->depth};
    int64_t cells = (int64_t)c->n_values * c->width;
    HN_TRY(HN_NEW(ctx, arena, tree.nodes, tree.n_nodes));
    HN_TRY(HN_NEW(ctx, arena, tree.values, cells));
    memcpy(tree.nodes, c->nodes, (size_t)tree.n_nodes * sizeof *tree.nodes);
    if (cells > 0) memcpy(tree.values, c->values, (size_t)cells * sizeof *tree.values);
    *ret_tree = tree;
    return HONE_OK;
}

hone_status hn_cart_grow(hone_ctx *ctx, hn_carter *c, hn_rng rng, int64_t n, hn_arena *arena,
                         hn_tree *ret_tree, double *ret_decrease) {
    assert(n >= 1 && n <= c->max_items);
    c->n_nodes = 1;
    c->n_values = c->n_words = c->depth = 0;
    c->words = NULL;
    c->words_held = 0;
    for (int level = 0; level < HN_NEAR_LEVELS; level++)
        c->near[level].begin = c->near[level].end = 0;
    c->view = c->all;
    c->decrease = ret_decrease;
    c->total = 0;
    for (int64_t i = 0; i < n; i++) c->total += weight_of(c, c->items[i]);
    for (int32_t k = 0; k < c->width; k++) c->one_hot[k] = -1;
    for (int32_t j = 0; j < c->data->bins->n_features; j++) c->features[j] = j;
    c->min_weight = c->rules->min_weight_fraction * c->total;
    hn_pending root = {.n = n, .low = -INFINITY, .high = INFINITY};
    HN_TRY((c->candidates ? grow_best_first : grow_depth_first)(ctx, c, arena, &rng, root));
    return c->gains ? hn_cart_prune(ctx, c, arena, ret_tree) : keep(ctx, c, arena, ret_tree);
}
