/* boost.h - the loop of gradient boosting: gradients, tree, leaf values, scores, again (Friedman 2001,
 * with second-order leaves). */
#ifndef HN_ML_TREE_BOOST_H
#define HN_ML_TREE_BOOST_H

#include "ml/tree/grow.h"
#include "ml/tree/loss.h"

typedef struct hn_boost_rules {
    hn_grow_rules grow;
    int64_t iterations; /* at most; each adds loss.n_scores trees */
    double learning_rate;
    double subsample;
    int64_t patience; /* rounds without a better validation loss; 0: no early stopping */
    bool curve;       /* keep the training loss of every iteration */
} hn_boost_rules;

/* Rows as ascending lists; train NULL: all n_train rows. */
typedef struct hn_boost_rows {
    const int64_t *train;
    int64_t n_train;
    const int64_t *valid;
    int64_t n_valid;
} hn_boost_rows;

typedef struct hn_boosted {
    hn_tree *trees; /* kept ones, iteration by iteration */
    int64_t n_trees;
    double *start;        /* [n_scores] */
    int64_t n_iterations; /* kept */
    int64_t n_tried;      /* length of the curves */
    double *train_curve;  /* [n_tried]; NULL where not asked for */
    double *valid_curve;  /* [n_tried]; NULL without validation */
    double *gain;         /* [n_features]: total by feature, kept trees */
    bool stopped_early;
} hn_boosted;

/* Everything in ret_boosted lives in arena. what names the phase in progress messages. */
hone_status hn_boost(hone_ctx *ctx, hn_arena *arena, const hn_bins *bins, const hn_loss *loss,
                     const hn_boost_rules *rules, const hn_boost_rows *rows, const char *what,
                     hn_boosted *ret_boosted) HONE_MUST_CHECK;

#endif
