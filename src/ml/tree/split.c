/* split.c - searching a histogram; see split.h. */
#include "ml/tree/split.h"
#include "num/simd.h"
#include <assert.h>
#include <math.h>
#include <string.h>

static inline double shrink(double gradient, double l1) {
    double rest = fabs(gradient) - l1;
    return rest > 0 ? rest : 0;
}

double hn_leaf_value(const hn_split_rules *rules, double gradient, double hessian, double rows,
                     const hn_value_bounds *bounds) {
    double below = hessian + rules->l2;
    double value = below > 0 ? shrink(gradient, rules->l1) / below : 0;
    if (gradient > 0) value = -value;
    if (rules->max_step > 0 && value > rules->max_step) value = rules->max_step;
    if (rules->max_step > 0 && value < -rules->max_step) value = -rules->max_step;
    if (rules->path_smooth > 0 && !bounds->is_root) {
        double own = rows / rules->path_smooth;
        value = (value * own + bounds->parent) / (own + 1);
    }
    return value < bounds->low ? bounds->low : value > bounds->high ? bounds->high : value;
}

/* Whether what cuts are worth follows from the values that leaves may have. */
static bool is_limited(const hn_split_rules *rules) {
    return rules->monotone || rules->max_step > 0 || rules->path_smooth > 0;
}

/* What a search works on: cuts i = 0 .. n-1 with the sums on their left. */
typedef struct cuts {
    double gradient[HN_BINS];
    double hessian[HN_BINS];
    double gain[HN_BINS];
    int64_t sum[HN_BINS];
    int64_t rows[HN_BINS]; /* only with counts */
    int32_t n;
} cuts;

typedef struct search {
    const hn_bin_column *column;
    const hn_split_rules *rules;
    hn_fixed fixed;
    const hn_split_node *node;
    const int64_t *histogram;
    const uint32_t *counts;
    int64_t n_rows;                /* with counts */
    double gradient, hessian, own; /* the node's */
    double value;                  /* where leaves' values are limited: the node's own */
    double l2;
    int sign; /* monotone */
    int32_t feature;
    hn_split *best;
} search;

/* ---- gains ---------------------------------------------------------------------------------- */

HN_CLONES static void score_plain(cuts *c, double gradient, double hessian, double l1, double l2,
                                  double least) {
    HN_SIMD
    for (int32_t i = 0; i < c->n; i++) {
        double hl = c->hessian[i], hr = hessian - hl;
        double gl = fabs(c->gradient[i]) - l1, gr = fabs(gradient - c->gradient[i]) - l1;
        gl = gl > 0 ? gl : 0;
        gr = gr > 0 ? gr : 0;
        double al = hl + l2, ar = hr + l2;
        double gain = (gl * gl * ar + gr * gr * al) / (al * ar);
        c->gain[i] = ((hl >= least) & (hr >= least)) ? gain : -INFINITY;
    }
}

/* What a leaf of value w takes off the loss, twice. */
static double worth(const search *s, double gradient, double hessian, double value) {
    return -(2 * gradient * value + (hessian + s->l2) * value * value +
             2 * s->rules->l1 * fabs(value));
}

/* Rows in proportion to the hessians. */
static double rows_of(const search *s, double hessian) {
    return s->hessian > 0 ? hessian * ((double)s->node->n / s->hessian) : 0;
}

/* With limits on values: a cut in the wrong order is none. */
static void score_limited(const search *s, cuts *c, double least) {
    hn_split_rules rules = *s->rules;
    rules.l2 = s->l2;
    hn_value_bounds within = s->node->bounds;
    within.parent = s->value;
    within.is_root = false;
    for (int32_t i = 0; i < c->n; i++) {
        double hl = c->hessian[i], hr = s->hessian - hl, gl = c->gradient[i], gr = s->gradient - gl;
        c->gain[i] = -INFINITY;
        if (hl < least || hr < least) continue;
        double left = hn_leaf_value(&rules, gl, hl, rows_of(s, hl), &within);
        double right = hn_leaf_value(&rules, gr, hr, rows_of(s, hr), &within);
        if ((s->sign > 0 && left > right) || (s->sign < 0 && left < right)) continue;
        c->gain[i] = worth(s, gl, hl, left) + worth(s, gr, hr, right);
    }
}

static void score(const search *s, cuts *c) {
    double least = s->rules->min_hessian;
    if (s->fixed.hessian_bits == 1 && (double)s->rules->min_rows > least)
        least = (double)s->rules->min_rows;
    /* Rows whose hessian was rounded to nothing can't make a leaf of their own. */
    if (least < s->fixed.to_hessian) least = s->fixed.to_hessian;
    if (is_limited(s->rules))
        score_limited(s, c, least);
    else
        score_plain(c, s->gradient, s->hessian, s->rules->l1, s->l2, least);
    if (!s->counts) return;
    for (int32_t i = 0; i < c->n; i++)
        if (c->rows[i] < s->rules->min_rows || s->n_rows - c->rows[i] < s->rules->min_rows)
            c->gain[i] = -INFINITY;
}

/* Index of the first largest gain, or -1 if none is better than the best so far. */
static int32_t best_cut(const search *s, const cuts *c) {
    double most = s->best->gain + s->own;
    int32_t at = -1;
    for (int32_t i = 0; i < c->n; i++) {
        if (c->gain[i] <= most) continue;
        most = c->gain[i];
        at = i;
    }
    return at >= 0 && c->gain[at] - s->own > s->best->gain ? at : -1;
}

/* Of cuts begin..end-1 only the drawn one is left. */
static void draw_cut(const search *s, cuts *c, int32_t begin, int32_t end) {
    if (!s->rules->random_cuts || end <= begin) return;
    int32_t drawn = begin + (int32_t)(s->node->draw % (uint64_t)(end - begin));
    for (int32_t i = 0; i < c->n; i++)
        if (i != drawn) c->gain[i] = -INFINITY;
}

static void put_cut(const search *s, cuts *c, int64_t sum, int64_t rows) {
    c->sum[c->n] = sum;
    c->gradient[c->n] = hn_sum_gradient(s->fixed, sum);
    c->hessian[c->n] = hn_sum_hessian(s->fixed, sum);
    if (s->counts) c->rows[c->n] = rows;
    c->n++;
}

static void take(const search *s, const cuts *c, int32_t i, int32_t bin, bool missing_left) {
    *s->best = (hn_split){
        .gain = c->gain[i] - s->own,
        .feature = s->feature,
        .bin = bin,
        .missing_left = missing_left,
        .left_sum = c->sum[i],
    };
}

static void put_in_set(hn_split *split, int32_t bin) { split->set[bin / 64] |= 1ull << (bin % 64); }

/* Whether left is the heavier child: what was never missing here goes there when it is. */
static bool left_is_heavier(const search *s) {
    return 2 * hn_sum_hessian(s->fixed, s->best->left_sum) >= s->hessian;
}

/* ---- numbers -------------------------------------------------------------------------------- */

static void search_numbers(const search *s, cuts *c) {
    const hn_bin_column *column = s->column;
    const int32_t n = column->n_values;
    const bool has_missing = column->has_missing && s->histogram[n] != 0;
    const int64_t missing = has_missing ? s->histogram[n] : 0;
    const int64_t missing_rows = s->counts && column->has_missing ? s->counts[n] : 0;
    bool found = false;
    int32_t first = 0, end = n - 1; /* drawn cuts part the values that there are */
    while (first < end && s->histogram[first] == 0) first++;
    while (end > first && s->histogram[end] == 0) end--;
    for (int side = 0; side <= has_missing; side++) {
        int64_t sum = side ? missing : 0, rows = side ? missing_rows : 0;
        c->n = 0;
        /* The last cut, all values left and the missing right, is only one where some are missing. */
        int32_t last = has_missing && side == 0 ? n : n - 1;
        for (int32_t b = 0; b < last; b++) {
            sum += s->histogram[b];
            if (s->counts) rows += s->counts[b];
            put_cut(s, c, sum, rows);
        }
        score(s, c);
        draw_cut(s, c, first, end);
        int32_t at = best_cut(s, c);
        if (at < 0) continue;
        take(s, c, at, at, side != 0);
        found = true;
    }
    if (!found) return;
    hn_split *best = s->best;
    if (!has_missing) best->missing_left = left_is_heavier(s);
    for (int32_t b = 0; b <= best->bin; b++) put_in_set(best, b);
    if (column->has_missing && best->missing_left) put_in_set(best, n);
}

/* ---- categories ----------------------------------------------------------------------------- */

typedef struct ranked {
    double key;
    int32_t bin;
} ranked;

static void sort_ranked(ranked *items, int32_t n) {
    for (int32_t gap = n / 2; gap > 0; gap /= 2)
        for (int32_t i = gap; i < n; i++) {
            ranked item = items[i];
            int32_t j = i;
            for (; j >= gap && (items[j - gap].key > item.key ||
                                (items[j - gap].key == item.key && items[j - gap].bin > item.bin));
                 j -= gap)
                items[j] = items[j - gap];
            items[j] = item;
        }
}

/* Bins with rows in this node, sorted by what their leaf would say. Missing is one of them. */
static int32_t rank_bins(const search *s, ranked *items) {
    int32_t n = 0;
    for (int32_t b = 0; b < s->column->n_bins; b++) {
        if (s->histogram[b] == 0) continue;
        double g = hn_sum_gradient(s->fixed, s->histogram[b]);
        double h = hn_sum_hessian(s->fixed, s->histogram[b]);
        double below = h + s->rules->cat_smooth;
        items[n++] = (ranked){below > 0 ? g / below : 0, b};
    }
    sort_ranked(items, n);
    return n;
}

static void search_categories(search *s, cuts *c) {
    ranked items[HN_BINS];
    int32_t n = rank_bins(s, items);
    bool one = n <= s->rules->max_onehot;
    if (!one) s->l2 += s->rules->cat_l2;
    int64_t sum = 0, rows = 0;
    c->n = 0;
    for (int32_t i = 0; i < (one && n > 2 ? n : n - 1); i++) {
        int32_t b = items[i].bin;
        sum = (one ? 0 : sum) + s->histogram[b];
        if (s->counts) rows = (one ? 0 : rows) + s->counts[b];
        put_cut(s, c, sum, rows);
    }
    score(s, c);
    draw_cut(s, c, 0, c->n);
    int32_t at = best_cut(s, c);
    if (at < 0) return;
    take(s, c, at, 0, false);
    for (int32_t i = one ? at : 0; i <= at; i++) put_in_set(s->best, items[i].bin);
    int32_t missing = s->column->n_values;
    bool seen = s->column->has_missing && s->histogram[missing] != 0;
    s->best->missing_left =
        seen ? (s->best->set[missing / 64] >> (missing % 64) & 1) != 0 : left_is_heavier(s);
    if (s->column->has_missing && s->best->missing_left) put_in_set(s->best, missing);
}

void hn_split_search(const hn_bins *bins, int32_t feature, const hn_split_rules *rules,
                     hn_fixed fixed, const hn_split_node *node, const int64_t *histogram,
                     const uint32_t *counts, hn_split *best) {
    cuts c;
    search s = {
        .column = &bins->columns[feature],
        .rules = rules,
        .fixed = fixed,
        .node = node,
        .histogram = histogram,
        .counts = counts,
        .gradient = hn_sum_gradient(fixed, node->sum),
        .hessian = hn_sum_hessian(fixed, node->sum),
        .l2 = rules->l2,
        .sign = rules->monotone ? rules->monotone[feature] : 0,
        .feature = feature,
        .best = best,
    };
    if (s.column->n_bins < 2) return;
    if (is_limited(rules)) {
        s.value = hn_leaf_value(rules, s.gradient, s.hessian, (double)node->n, &node->bounds);
        s.own = worth(&s, s.gradient, s.hessian, s.value);
    } else {
        double rest = shrink(s.gradient, rules->l1), below = s.hessian + rules->l2;
        s.own = below > 0 ? rest * rest / below : 0;
    }
    for (int32_t b = 0; counts && b < s.column->n_bins; b++) s.n_rows += counts[b];
    if (s.column->is_category)
        search_categories(&s, &c);
    else
        search_numbers(&s, &c);
}
