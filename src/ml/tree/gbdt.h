/* gbdt.h - the parameters and the fitted state of gbdt, as its files share them. */
#ifndef HN_ML_TREE_GBDT_H
#define HN_ML_TREE_GBDT_H

#include "ml/tree/loss.h"
#include "ml/tree/nodes.h"

enum hn_gbdt_stopping { HN_STOP_AUTO, HN_STOP_ON, HN_STOP_OFF };

typedef struct hn_gbdt_params {
    int64_t n_estimators;
    double learning_rate;
    int64_t max_leaves;
    int64_t max_depth; /* 0: none */
    int64_t min_samples_leaf;
    double min_child_weight;
    double lambda_l2, lambda_l1;
    double min_split_gain;
    int64_t max_bins;
    double subsample;
    int64_t subsample_freq;
    double colsample_bytree, colsample_bylevel, colsample_bynode;
    double max_delta_step;
    int early_stopping; /* of hn_gbdt_stopping */
    double validation_fraction;
    int64_t patience;
    int refit; /* auto, on, off */
    int loss;  /* auto, squared, ..., as declared */
    double quantile, huber_delta, fair_c, tweedie_power;
    double scale_pos_weight;
    int class_weight; /* none, balanced */
    hn_pairs monotone_constraints;
    hn_text_groups interaction_constraints;
    double path_smooth;
    bool extra_trees;
    double cat_smooth, cat_l2;
    int64_t max_onehot;
    int boosting; /* hn_boost_mode */
    double drop_rate, skip_drop;
    int64_t max_drop;
    double top_rate, other_rate;
    int64_t truncation;
} hn_gbdt_params;

typedef struct hn_gbdt_state {
    int64_t kind; /* hn_loss_kind */
    int64_t link; /* hn_link */
    int64_t n_scores;
    int64_t outputs;
    int64_t n_iterations;
    int64_t stopped_early;
    int64_t n_train_curve, n_valid_curve;
    double total_gain;
    hn_trees trees;      /* iteration by iteration, score by score */
    double *start;       /* [n_scores] */
    double *importances; /* [n_features], summing to 1 */
    double *train_curve; /* loss after each iteration */
    double *valid_curve;
} hn_gbdt_state;

extern const hone_estimator hn_gbdt;

/* The loss that parameters and data ask for. */
hn_loss_kind hn_gbdt_loss(const hn_gbdt_params *params, const hone_data *data);
/* An objective's link by name; false if there is none of that name. */
bool hn_gbdt_link(const hone_objective *objective, hn_link *ret_link);

/* The estimator's fit hook. */
hone_status hn_gbdt_fit(hone_ctx *ctx, const void *params, const hone_data *data, hn_arena *arena,
                        void *ret_state);

/* The update hook: more trees, fitted to what the ones before leave over of other rows. */
hone_status hn_gbdt_update(hone_ctx *ctx, const void *params, const hone_data *data,
                           hn_arena *arena, void *state);

/* Trees, leaves, depth, iterations and curves. */
hone_status hn_gbdt_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                           hn_json_doc *doc, hn_json_mut *object);

#endif
