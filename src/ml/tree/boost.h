/* boost.h - the loop of gradient boosting: gradients, tree, leaf values, scores, again (Friedman 2001,
 * with second-order leaves). */
#ifndef HN_ML_TREE_BOOST_H
#define HN_ML_TREE_BOOST_H

#include "ml/tree/grow.h"
#include "ml/tree/loss.h"

typedef enum hn_boost_mode {
    HN_BOOST_PLAIN,
    HN_BOOST_DART, /* trees are dropped while the next is fitted (Rashmi, Gilad-Bachrach 2015) */
    HN_BOOST_GOSS, /* rows with small gradients are thinned out (Ke et al. 2017) */
} hn_boost_mode;

typedef struct hn_boost_rules {
    hn_grow_rules grow;
    hn_boost_mode mode;
    double drop_rate, skip_drop; /* DART: chance of a tree to be dropped; of none to be */
    int64_t max_drop;            /* 0: no limit */
    double top_rate,
        other_rate;       /* GOSS: shares of rows with the largest gradients, and of the others */
    const double *scores; /* [n_scores, n] to go on from; NULL: from the loss's start */
    int64_t iterations;   /* at most; each adds loss.n_scores trees */
    double learning_rate;
    double subsample;
    int64_t subsample_freq; /* iterations with the same rows */
    int64_t patience;       /* rounds without a better validation loss; 0: no early stopping */
    bool curve;             /* keep the training loss of every iteration */
} hn_boost_rules;

/* Rows of another table to decide by when to stop. */
typedef struct hn_boost_held {
    const hn_table *x;
    const hn_loss *loss;  /* of these rows */
    const double *scores; /* [n_scores, n] to go on from; NULL: from the start */
} hn_boost_held;

/* Rows as ascending lists; train NULL: all n_train rows. */
typedef struct hn_boost_rows {
    const int64_t *train;
    int64_t n_train;
    const int64_t *valid;
    int64_t n_valid;
    const hn_boost_held *held; /* then valid is empty; NULL: none */
} hn_boost_rows;

typedef struct hn_boosted {
    hn_tree *trees; /* kept ones, iteration by iteration */
    int64_t n_trees;
    double *start;        /* [n_scores]; 0 where there were scores to go on from */
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
