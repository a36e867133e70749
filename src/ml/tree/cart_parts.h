/* cart_parts.h - between cart.c, which grows a tree, and those that look for its cuts. */
#ifndef HN_ML_TREE_CART_PARTS_H
#define HN_ML_TREE_CART_PARTS_H

#include "ml/tree/best_first.h"
#include "ml/tree/cart.h"
#include "ml/tree/monotone.h"
#include "num/math.h"

/* A node that waits to be cut. */
typedef struct hn_pending {
    int32_t node, depth;
    int64_t begin, n;
    double low, high; /* what monotone neighbours leave for its value */
} hn_pending;

typedef struct hn_cut {
    double score;
    int32_t feature, last, first; /* last bin on the left, first on the right */
    bool missing_left, missing_seen;
    double threshold; /* NaN: halfway between the bins */
    double middle;    /* between the children's values */
} hn_cut;

/* A leaf that may be cut, where leaves are limited. */
typedef struct hn_candidate {
    hn_pending at;
    hn_cut cut;
    double gain;
} hn_candidate;

/* Where an item's row is looked up: in the data, or in a copy of the rows of a subtree, which stay in a
 * near cache until it is grown. */
typedef struct hn_cart_view {
    int64_t stride;        /* of features */
    const uint8_t *codes;  /* [n_features, stride] */
    const float *floats;   /* [n_features, stride], or NULL */
    const double *doubles; /* [n_features, stride], or NULL */
    const double *y;
    const double *weights; /* NULL: ones */
} hn_cart_view;

enum { HN_NEAR_LEVELS = 2 };
typedef struct hn_cart_near {
    int64_t room, begin, end; /* rows; the items that they belong to */
    uint8_t *codes;
    float *floats;
    double *doubles, *y, *weights;
} hn_cart_near;

struct hn_carter {
    const hn_cart_data *data;
    const hn_cart_rules *rules;
    int64_t max_items;
    double *own_weights;
    hn_cart_item *items, *spare;
    uint8_t *left_side;                /* of the node's items: 1 where they go left */
    hn_cart_view all, view;            /* of the data; of the node that is looked at */
    hn_cart_near near[HN_NEAR_LEVELS]; /* the larger first */
    /* Of the node's items, in order: */
    double *first, *second; /* width 2: what each adds to the two sums */
    double *weighs;         /* more classes: its weight */
    int32_t *class;
    double *value;    /* with random_cuts: of the feature that is looked at */
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
    double *gains, *weights; /* [nodes], where trees are pruned; a leaf gains 0 */
    uint32_t *words;
    int64_t words_held;
    int32_t n_nodes, n_values, n_words, depth;
    int32_t *one_hot; /* [n_classes] row of values for a pure leaf; -1: none yet */
    double *decrease;
    double total; /* weight of all items */
    double min_weight;
    double low, high;         /* limits of the node's value */
    hn_candidate *candidates; /* [2 * max_leaf_nodes] by number */
    hn_best_first heap;       /* of those that are leaves */
};

static inline double hn_entropy_sum(const double *sums, int32_t n, double total) {
    double h = 0;
    for (int32_t k = 0; k < n; k++)
        if (sums[k] > 0) h -= sums[k] * hn_log2(sums[k] / total);
    return h;
}

/* Score of a cut with c->left on one side and the rest of the node on the other: the higher the better. */
static inline double hn_score_cut(const hn_carter *c, double left) {
    double right = c->weight - left;
    int32_t n = c->rules->n_classes;
    if (c->rules->entropy) {
        double h = hn_entropy_sum(c->left, n, left);
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

static inline bool hn_too_light(const hn_carter *c, double left) {
    return left < c->min_weight || c->weight - left < c->min_weight;
}

/* The children's values, with c->left on one side; whether monotone constraints allow them. */
static inline bool hn_in_order(const hn_carter *c, int32_t feature, double weight,
                               double *ret_middle) {
    double left = c->left[1] / weight, right = (c->node[1] - c->left[1]) / (c->weight - weight);
    *ret_middle = left / 2 + right / 2;
    return hn_monotone_allows(c->rules->monotone[feature], left, right, c->low, c->high);
}

/* One cut of the feature, drawn between its least and largest value in the node, to found if it is better;
 * whether the feature varies there. */
bool hn_cart_try_random(hn_carter *c, hn_rng *rng, int32_t feature, const hn_cart_item *items,
                        int64_t n, hn_cut *found);
/* Values of the feature to c->value. */
void hn_cart_gather(hn_carter *c, int32_t feature, const hn_cart_item *items, int64_t n);

/* What was grown, without the subtrees that are not worth ccp_alpha a leaf, into arena; c->decrease too. */
hone_status hn_cart_prune(hone_ctx *ctx, hn_carter *c, hn_arena *arena,
                          hn_tree *ret_tree) HONE_MUST_CHECK;

#endif
