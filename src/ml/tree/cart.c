/* cart.c - growing one tree of a forest; see cart.h.
 *
 * For each feature that is looked at, the node's rows are summed by bin. In a small node only the bins
 * that were touched are visited, in order, by the set bits of a map: so a node of ten rows costs ten
 * steps, not 256, and nothing is ever sorted. */
#include "ml/tree/cart.h"
#include "ml/tree/best_first.h"
#include "ml/tree/monotone.h"
#include "ml/tree/node_set.h"
#include "num/math.h"
#include <assert.h>
#include <string.h>

enum {
    FEW = 192,   /* items up to which touched bins are mapped */
    STACK = 128, /* the smaller child is grown first, so fewer than log2(items) wait */
};

/* A node that waits to be cut. */
typedef struct pending {
    int32_t node, depth;
    int64_t begin, n;
    double low, high; /* what monotone neighbours leave for its value */
} pending;

typedef struct best {
    double score;
    int32_t feature, last, first; /* last bin on the left, first on the right */
    bool missing_left, missing_seen;
    double threshold; /* NaN: halfway between the bins */
    double middle;    /* between the children's values */
} best;

/* A leaf that may be cut, where leaves are limited. */
typedef struct candidate {
    pending at;
    best cut;
    double gain;
} candidate;

struct hn_carter {
    const hn_cart_data *data;
    const hn_cart_rules *rules;
    int64_t max_items;
    const double *weights; /* by row; NULL: ones */
    double *own_weights;
    hn_cart_item *items, *spare;
    int32_t width;    /* sums a bin: classes, or 2 (weight, value) */
    double *bins;     /* [256, width] */
    uint32_t *counts; /* [256] items; kept where leaves need several */
    uint64_t map[HN_BINS / 64];
    double *node;  /* [width] sums of the node */
    double *left;  /* [width] */
    double weight; /* of the node */
    bool pure;
    int32_t *features; /* in the order of drawing */
    hn_node *nodes;
    double *values;
    uint32_t *words;
    int64_t words_held;
    int32_t n_nodes, n_values, n_words, depth;
    int32_t *one_hot; /* [n_classes] row of values for a pure leaf; -1: none yet */
    double *decrease;
    double total; /* weight of all items */
    double min_weight;
    double low, high;      /* limits of the node's value */
    candidate *candidates; /* [2 * max_leaf_nodes] by number */
    hn_best_first heap;    /* of those that are leaves */
};

/* ---- memory --------------------------------------------------------------------------------- */

hone_status hn_carter_new(hone_ctx *ctx, const hn_cart_data *data, const hn_cart_rules *rules,
                          int64_t max_items, hn_carter **ret_carter) {
    hn_carter *c;
    HN_TRY(HN_SCRATCH_NEW(ctx, c, 1));
    *c = (hn_carter){.data = data, .rules = rules, .max_items = max_items};
    c->width = rules->n_classes > 0 ? rules->n_classes : 2;
    HN_TRY(HN_SCRATCH_NEW(ctx, c->items, max_items));
    HN_TRY(HN_SCRATCH_NEW(ctx, c->spare, max_items));
    HN_TRY(HN_SCRATCH_NEW(ctx, c->bins, (size_t)HN_BINS * (size_t)c->width));
    HN_TRY(HN_SCRATCH_NEW(ctx, c->counts, HN_BINS));
    HN_TRY(HN_SCRATCH_NEW(ctx, c->node, c->width));
    HN_TRY(HN_SCRATCH_NEW(ctx, c->left, c->width));
    HN_TRY(HN_SCRATCH_NEW(ctx, c->features, data->bins->n_features));
    HN_TRY(HN_SCRATCH_NEW(ctx, c->nodes, 2 * max_items));
    HN_TRY(HN_SCRATCH_NEW(ctx, c->one_hot, c->width));
    c->weights = data->weight;
    if (rules->own_weights) {
        HN_TRY(HN_SCRATCH_NEW(ctx, c->own_weights, data->bins->n_rows));
        c->weights = c->own_weights;
    }
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
    return c->weights ? item.count * c->weights[item.row] : item.count;
}

/* ---- impurity ------------------------------------------------------------------------------- */

static double entropy_sum(const double *sums, int32_t n, double total) {
    double h = 0;
    for (int32_t k = 0; k < n; k++)
        if (sums[k] > 0) h -= sums[k] * hn_log2(sums[k] / total);
    return h;
}

/* What makes a cut good, the higher the better; score of a node with these sums, times its weight.
 * Gini: sum of squares / weight. Entropy: minus the entropy. Numbers: squared sum / weight. */
static double score_of(const hn_carter *c, const double *sums, double weight) {
    int32_t n = c->rules->n_classes;
    if (!(weight > 0)) return 0;
    if (n == 0) return sums[1] * sums[1] / weight;
    if (c->rules->entropy) return -entropy_sum(sums, n, weight);
    double squares = 0;
    for (int32_t k = 0; k < n; k++) squares += sums[k] * sums[k];
    return squares / weight;
}

static void sum_classes(hn_carter *c, const hn_cart_item *items, int64_t n) {
    int32_t k = c->width, present = 0;
    for (int32_t j = 0; j < k; j++) c->node[j] = 0;
    for (int64_t i = 0; i < n; i++)
        c->node[(int32_t)c->data->y[items[i].row]] += weight_of(c, items[i]);
    c->weight = 0;
    for (int32_t j = 0; j < k; j++) {
        c->weight += c->node[j];
        present += c->node[j] > 0;
    }
    c->pure = present <= 1;
}

static void sum_numbers(hn_carter *c, const hn_cart_item *items, int64_t n) {
    const double *y = c->data->y;
    double weight = 0, sum = 0, first = y[items[0].row];
    bool pure = true;
    for (int64_t i = 0; i < n; i++) {
        double w = weight_of(c, items[i]), value = y[items[i].row];
        weight += w;
        sum += w * value;
        pure &= value == first;
    }
    c->weight = c->node[0] = weight;
    c->node[1] = sum;
    c->pure = pure;
}

/* ---- one feature ---------------------------------------------------------------------------- */

/* Sum the node's items by bin; touched bins are noted in the map. */
static void fill_bins(hn_carter *c, int32_t feature, const hn_cart_item *items, int64_t n) {
    const uint8_t *codes = hn_bins_column(c->data->bins, feature);
    const double *y = c->data->y;
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
    if (c->rules->n_classes == 0) {
        for (int64_t i = 0; i < n; i++) {
            double w = weight_of(c, items[i]);
            double *bin = c->bins + 2 * codes[items[i].row];
            bin[0] += w;
            bin[1] += w * y[items[i].row];
        }
    } else {
        for (int64_t i = 0; i < n; i++)
            c->bins[codes[items[i].row] * k + (int32_t)y[items[i].row]] += weight_of(c, items[i]);
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

/* Score of a cut with c->left on one side and the rest of the node on the other. */
static inline double score_cut(const hn_carter *c, double left) {
    double right = c->weight - left;
    int32_t n = c->rules->n_classes;
    if (c->rules->entropy) {
        double h = entropy_sum(c->left, n, left);
        for (int32_t k = 0; k < n; k++) {
            double rest = c->node[k] - c->left[k];
            if (rest > 0) h -= rest * hn_log2(rest / right);
        }
        return -h;
    }
    double a = 0, b = 0;
    if (n == 0) {
        double rest = c->node[1] - c->left[1];
        a = c->left[1] * c->left[1];
        b = rest * rest;
    } else {
        for (int32_t k = 0; k < n; k++) {
            double rest = c->node[k] - c->left[k];
            a += c->left[k] * c->left[k];
            b += rest * rest;
        }
    }
    return (a * right + b * left) / (left * right);
}

static bool too_light(const hn_carter *c, double left) {
    return left < c->min_weight || c->weight - left < c->min_weight;
}

/* The children's values, with c->left on one side; whether monotone constraints allow them. */
static bool in_order(const hn_carter *c, int32_t feature, double weight, double *ret_middle) {
    double left = c->left[1] / weight, right = (c->node[1] - c->left[1]) / (c->weight - weight);
    *ret_middle = left / 2 + right / 2;
    return hn_monotone_allows(c->rules->monotone[feature], left, right, c->low, c->high);
}

/* Cuts behind each of bins[0 .. n-1], missing on one side. */
static void scan(hn_carter *c, const int32_t *bins, int32_t n, int64_t n_items, int32_t missing,
                 bool missing_left, int32_t feature, best *found) {
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
        if (c->min_weight > 0 && too_light(c, left)) continue;
        double score = score_cut(c, left), middle = 0;
        if (!(score > found->score)) continue;
        if (c->rules->monotone && !in_order(c, feature, left, &middle)) continue;
        *found = (best){.score = score,
                        .feature = feature,
                        .last = bins[i],
                        .first = i + 1 < n ? bins[i + 1] : HN_BINS,
                        .missing_left = missing_left,
                        .missing_seen = missing >= 0,
                        .threshold = NAN,
                        .middle = middle};
    }
}

/* A cut drawn between the least and the largest value: after which of bins [n], and where. Within a bin it
 * moves to the nearer end. */
static int32_t draw_cut(const hn_carter *c, hn_rng *rng, const int32_t *bins, int32_t n,
                        int32_t feature, double *ret_threshold) {
    *ret_threshold = NAN;
    if (c->data->bins->columns[feature].is_category) return (int32_t)hn_rng_below(rng, n - 1);
    const double *low = c->data->low + (int64_t)feature * HN_BINS;
    const double *high = c->data->high + (int64_t)feature * HN_BINS;
    double from = low[bins[0]], to = high[bins[n - 1]];
    double at = from + hn_rng_uniform(rng) * (to - from);
    int32_t i = 0;
    while (i < n - 2 && low[bins[i + 1]] <= at) i++;
    if (at >= high[bins[i]] && at < low[bins[i + 1]])
        *ret_threshold = at;
    else if (i > 0 && at - low[bins[i]] < high[bins[i]] - at)
        i--;
    return i;
}

/* One cut, with the missing values on a side that is drawn too. */
static void scan_random(hn_carter *c, hn_rng *rng, const int32_t *bins, int32_t n, int64_t n_items,
                        int32_t missing, int32_t feature, best *found) {
    const int32_t k = c->width;
    const int64_t least = c->rules->min_samples_leaf;
    best cut = {.feature = feature, .missing_seen = missing >= 0, .threshold = NAN};
    int32_t last = n > 1 ? draw_cut(c, rng, bins, n, feature, &cut.threshold) : 0;
    cut.missing_left = missing >= 0 && n > 1 && hn_rng_below(rng, 2) == 1;
    cut.last = bins[last];
    cut.first = last + 1 < n ? bins[last + 1] : HN_BINS;
    double left = 0;
    int64_t rows = 0;
    for (int32_t j = 0; j < k; j++) c->left[j] = 0;
    for (int32_t i = cut.missing_left ? -1 : 0; i <= last; i++) {
        int32_t b = i < 0 ? missing : bins[i];
        for (int32_t j = 0; j < k; j++) c->left[j] += c->bins[b * k + j];
        left += bin_weight(c, b);
        rows += c->counts[b];
    }
    if (least > 1 && (rows < least || n_items - rows < least)) return;
    if (c->min_weight > 0 && too_light(c, left)) return;
    cut.score = score_cut(c, left);
    if (!(cut.score > found->score)) return;
    if (!c->rules->monotone || in_order(c, feature, left, &cut.middle)) *found = cut;
}

/* Whether the feature has more than one bin in this node. */
static bool try_feature(hn_carter *c, hn_rng *rng, int32_t feature, const hn_cart_item *items,
                        int64_t n, best *found) {
    const hn_bin_column *column = &c->data->bins->columns[feature];
    if (column->n_bins < 2) return false;
    int32_t bins[HN_BINS];
    fill_bins(c, feature, items, n);
    int32_t n_bins = list_bins(c, column->n_values, bins);
    int32_t missing = -1;
    if (column->has_missing && bin_weight(c, column->n_values) > 0) missing = column->n_values;
    bool varies = n_bins + (missing >= 0) > 1;
    if (varies && c->rules->random_cuts && n_bins > 0)
        scan_random(c, rng, bins, n_bins, n, missing, feature, found);
    else if (varies)
        scan(c, bins, n_bins, n, missing, false, feature, found);
    if (varies && missing >= 0 && !c->rules->random_cuts)
        scan(c, bins, n_bins, n, missing, true, feature, found);
    clear_bins(c, n, column->n_bins);
    return varies;
}

/* Draw features until n_try that vary were looked at; more if no cut is found by then. */
static best search(hn_carter *c, hn_rng *rng, const hn_cart_item *items, int64_t n) {
    best found = {.score = score_of(c, c->node, c->weight), .feature = -1};
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
static void left_set(const hn_bin_column *column, const best *cut, uint64_t set[4]) {
    memset(set, 0, 4 * sizeof *set);
    for (int32_t b = 0; b <= cut->last; b++) set[b / 64] |= 1ull << (b % 64);
    int32_t m = column->n_values;
    if (column->has_missing && cut->missing_left) set[m / 64] |= 1ull << (m % 64);
}

static hone_status put_cut(hone_ctx *ctx, hn_carter *c, hn_arena *arena, int32_t index,
                           const best *cut, const uint64_t set[4], bool default_left) {
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

/* Moves items that go left before the others, stable; returns how many. */
static int64_t part(hn_carter *c, int32_t feature, const uint64_t set[4], hn_cart_item *items,
                    int64_t n) {
    const uint8_t *codes = hn_bins_column(c->data->bins, feature);
    uint8_t table[HN_BINS];
    for (int b = 0; b < HN_BINS; b++) table[b] = set[b / 64] >> (b % 64) & 1;
    hn_cart_item *spare = c->spare;
    int64_t left = 0, right = 0;
    for (int64_t i = 0; i < n; i++) {
        hn_cart_item item = items[i];
        int64_t goes = table[codes[item.row]];
        items[left] = item;
        spare[right] = item;
        left += goes;
        right += 1 - goes;
    }
    memcpy(items + left, spare, (size_t)right * sizeof *items);
    return left;
}

/* ---- the tree ------------------------------------------------------------------------------- */

static bool may_split(const hn_carter *c, const pending *at) {
    const hn_cart_rules *rules = c->rules;
    return !c->pure && at->n >= rules->min_samples_split && at->n >= 2 * rules->min_samples_leaf &&
           (rules->max_depth == 0 || at->depth < rules->max_depth) && c->weight > 0 &&
           c->weight >= 2 * c->min_weight;
}

static void sum_node(hn_carter *c, const pending *at) {
    const hn_cart_item *items = c->items + at->begin;
    if (c->rules->n_classes > 0)
        sum_classes(c, items, at->n);
    else
        sum_numbers(c, items, at->n);
    c->low = at->low;
    c->high = at->high;
}

/* The node's best cut, or it becomes a leaf: false. */
static bool find_cut(hn_carter *c, hn_rng *rng, const pending *at, best *ret_cut,
                     double *ret_gain) {
    sum_node(c, at);
    if (at->depth > c->depth) c->depth = at->depth;
    best cut = {.feature = -1};
    if (may_split(c, at)) cut = search(c, rng, c->items + at->begin, at->n);
    double gain = 0;
    if (cut.feature >= 0) gain = (cut.score - score_of(c, c->node, c->weight)) / c->total;
    *ret_cut = cut;
    *ret_gain = gain;
    if (cut.feature >= 0 && gain >= c->rules->min_impurity_decrease) return true;
    put_leaf(c, at->node);
    return false;
}

static hone_status cut_node(hone_ctx *ctx, hn_carter *c, hn_arena *arena, const pending *at,
                            const best *cut, double gain, pending ret_children[2]) {
    const hn_bin_column *column = &c->data->bins->columns[cut->feature];
    uint64_t set[4];
    left_set(column, cut, set);
    int64_t left = part(c, cut->feature, set, c->items + at->begin, at->n);
    assert(left > 0 && left < at->n);
    /* What was never missing here goes where most rows go. */
    bool default_left = cut->missing_seen ? cut->missing_left : 2 * left >= at->n;
    c->decrease[cut->feature] += gain;
    int32_t child = c->n_nodes;
    HN_TRY(put_cut(ctx, c, arena, at->node, cut, set, default_left));
    pending a = {child, at->depth + 1, at->begin, left, at->low, at->high}, b = a;
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
                                    pending root) {
    pending stack[STACK + 2], children[2];
    int32_t n_stack = 0;
    best cut;
    double gain;
    stack[n_stack++] = root;
    for (int64_t made = 0; n_stack > 0; made++) {
        if (made % 1024 == 0) HN_TRY(hn_check_cancel(ctx));
        pending at = stack[--n_stack];
        if (!find_cut(c, rng, &at, &cut, &gain)) continue;
        HN_TRY(cut_node(ctx, c, arena, &at, &cut, gain, children));
        bool swap = children[0].n > children[1].n;
        stack[n_stack++] = children[!swap];
        stack[n_stack++] = children[swap];
        assert(n_stack <= STACK);
    }
    return HONE_OK;
}

static void offer(hn_carter *c, hn_rng *rng, const pending *at, int32_t *n) {
    candidate *new = &c->candidates[*n];
    new->at = *at;
    if (find_cut(c, rng, at, &new->cut, &new->gain))
        hn_best_first_push(&c->heap, (hn_waiting){new->gain, at->begin, (*n)++});
}

static hone_status grow_best_first(hone_ctx *ctx, hn_carter *c, hn_arena *arena, hn_rng *rng,
                                   pending root) {
    pending children[2];
    int32_t n = 0;
    c->heap.n = 0;
    offer(c, rng, &root, &n);
    for (int64_t leaves = 1; leaves < c->rules->max_leaf_nodes && c->heap.n > 0; leaves++) {
        if (leaves % 1024 == 0) HN_TRY(hn_check_cancel(ctx));
        const candidate *found = &c->candidates[hn_best_first_pop(&c->heap)];
        HN_TRY(cut_node(ctx, c, arena, &found->at, &found->cut, found->gain, children));
        offer(c, rng, &children[0], &n);
        offer(c, rng, &children[1], &n);
    }
    while (c->heap.n > 0) {
        const candidate *left = &c->candidates[hn_best_first_pop(&c->heap)];
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
    c->decrease = ret_decrease;
    c->total = 0;
    for (int64_t i = 0; i < n; i++) c->total += weight_of(c, c->items[i]);
    for (int32_t k = 0; k < c->width; k++) c->one_hot[k] = -1;
    for (int32_t j = 0; j < c->data->bins->n_features; j++) c->features[j] = j;
    c->min_weight = c->rules->min_weight_fraction * c->total;
    pending root = {.n = n, .low = -INFINITY, .high = INFINITY};
    HN_TRY((c->candidates ? grow_best_first : grow_depth_first)(ctx, c, arena, &rng, root));
    return keep(ctx, c, arena, ret_tree);
}
