/* gbdt.c - gradient-boosted decision trees, declared; the parts are in boost.h, grow.h, split.h,
 * histogram.h, loss.h, bins.h and nodes.h. */
#include "ml/tree/gbdt.h"
#include "ml/tree/boost.h"
#include "ml/tree/monotone.h"
#include "ml/tree/report.h"
#include "num/math.h"
#include <string.h>

/* ---- parameters ----------------------------------------------------------------------------- */

static const hone_param params[] = {
    HN_PARAM(hn_gbdt_params, n_estimators, .def = "1000", .range = "[1, 100000]", .unit = "trees",
             .aliases = HN_CHOICES("n_trees", "iterations", "num_iterations", "n_rounds",
                                   "max_iter", "num_boost_round"),
             .doc = "Trees at most (for each class, where there are more than two); early stopping "
                    "may keep fewer."),
    HN_PARAM(hn_gbdt_params, learning_rate, .def = "0.05", .range = "(0, 1]",
             .search = "[0.01, 0.3] log", .aliases = HN_CHOICES("eta", "shrinkage"),
             .doc = "Share of each tree's answer that is added; smaller needs more trees."),
    HN_PARAM(hn_gbdt_params, max_leaves, .def = "31", .range = "[2, 131072]",
             .search = "[8, 128] log", .aliases = HN_CHOICES("num_leaves", "max_leaf_nodes"),
             .doc = "Leaves of a tree at most."),
    HN_PARAM(hn_gbdt_params, max_depth, .def = "none", .range = "[1, 1000]",
             .words = HN_WORDS({"none", 0}), .doc = "Edges from root to leaf at most."),
    HN_PARAM(hn_gbdt_params, min_samples_leaf, .def = "20", .range = "[1, inf)", .unit = "rows",
             .search = "[5, 100] log",
             .aliases = HN_CHOICES("min_data_in_leaf", "min_child_samples"),
             .doc = "Rows of a leaf at least."),
    HN_PARAM(hn_gbdt_params, min_child_weight, .def = "0.001", .range = "[0, inf)",
             .level = HN_ADVANCED, .aliases = HN_CHOICES("min_sum_hessian_in_leaf"),
             .doc = "Sum of hessians of a leaf at least."),
    HN_PARAM(hn_gbdt_params, lambda_l2, .def = "1", .range = "[0, inf)", .search = "[0.01, 10] log",
             .aliases = HN_CHOICES("reg_lambda", "l2_regularization"),
             .doc = "Strength of the L2 penalty on leaf values."),
    HN_PARAM(hn_gbdt_params, lambda_l1, .def = "0", .range = "[0, inf)", .level = HN_ADVANCED,
             .aliases = HN_CHOICES("reg_alpha"),
             .doc = "Strength of the L1 penalty on leaf values."),
    HN_PARAM(hn_gbdt_params, min_split_gain, .def = "0", .range = "[0, inf)", .level = HN_ADVANCED,
             .aliases = HN_CHOICES("gamma", "min_gain_to_split"),
             .doc = "A cut must gain more than this."),
    HN_PARAM(hn_gbdt_params, max_bins, .def = "255", .range = "[2, 255]", .level = HN_ADVANCED,
             .aliases = HN_CHOICES("max_bin"),
             .doc = "Bins that a feature's values are cut into at most."),
    HN_PARAM(hn_gbdt_params, subsample, .def = "1", .range = "(0, 1]", .search = "[0.5, 1]",
             .aliases = HN_CHOICES("bagging_fraction"),
             .doc = "Chance of a row to be seen by a tree."),
    HN_PARAM(hn_gbdt_params, subsample_freq, .def = "1", .range = "[1, inf)", .unit = "rounds",
             .level = HN_ADVANCED, .aliases = HN_CHOICES("bagging_freq"),
             .doc = "Rounds until rows are drawn anew, with subsample below 1."),
    HN_PARAM(hn_gbdt_params, colsample_bytree, .def = "1", .range = "(0, 1]", .search = "[0.4, 1]",
             .aliases = HN_CHOICES("feature_fraction"),
             .doc = "Share of the features that a tree may use."),
    HN_PARAM(hn_gbdt_params, colsample_bylevel, .def = "1", .range = "(0, 1]", .level = HN_ADVANCED,
             .doc = "Chance of each of the tree's features to be looked at in nodes of a depth."),
    HN_PARAM(hn_gbdt_params, colsample_bynode, .def = "1", .range = "(0, 1]", .level = HN_ADVANCED,
             .aliases = HN_CHOICES("feature_fraction_bynode"),
             .doc = "Chance of each of the depth's features to be looked at for a node."),
    HN_PARAM(hn_gbdt_params, max_delta_step, .def = "auto", .range = "(0, inf)",
             .level = HN_ADVANCED, .words = HN_WORDS({"auto", -1}, {"none", 0}),
             .doc = "Size of a leaf's value at most, before learning_rate; auto: 1 with loss "
                    "poisson, else none."),
    HN_PARAM(
        hn_gbdt_params, early_stopping, .def = "auto", .choices = HN_CHOICES("auto", "on", "off"),
        .doc = "Stop when the rows to validate by (of a recipe: split.validation) get no better; "
               "without such a part of the rows is set aside (the latest where there is a "
               "time, whole groups where there are groups); auto: from 500 rows on."),
    HN_PARAM(hn_gbdt_params, validation_fraction, .def = "0.1", .range = "(0, 1)",
             .doc = "Share of the rows set aside for early stopping."),
    HN_PARAM(hn_gbdt_params, patience, .def = "30", .range = "[1, inf)", .unit = "rounds",
             .aliases = HN_CHOICES("early_stopping_rounds", "n_iter_no_change"),
             .doc = "Rounds without a better validation loss before stopping."),
    HN_PARAM(hn_gbdt_params, refit, .def = "auto", .choices = HN_CHOICES("auto", "on", "off"),
             .level = HN_ADVANCED,
             .doc = "Fit anew on all rows with the number of trees that early stopping found; "
                    "auto: up to 100000 rows."),
    HN_PARAM(hn_gbdt_params, loss, .def = "auto",
             .choices = HN_CHOICES("auto", "squared", "absolute", "quantile", "poisson", "log_loss",
                                   "gamma", "tweedie", "huber", "fair", "mape", "cross_entropy"),
             .objective = true, .aliases = HN_CHOICES("objective"),
             .doc = "What is minimised; auto: squared for numbers, log_loss for classes. poisson, "
                    "gamma and tweedie for amounts, cross_entropy for shares from 0 to 1."),
    HN_PARAM(hn_gbdt_params, quantile, .def = "0.5", .range = "(0, 1)",
             .aliases = HN_CHOICES("alpha"),
             .doc = "Which quantile to predict, with loss quantile."),
    HN_PARAM(hn_gbdt_params, huber_delta, .def = "1", .range = "(0, inf)", .level = HN_ADVANCED,
             .aliases = HN_CHOICES("huber_slope"),
             .doc = "Errors beyond count by their size, not their square, with loss huber."),
    HN_PARAM(hn_gbdt_params, fair_c, .def = "1", .range = "(0, inf)", .level = HN_ADVANCED,
             .doc = "Errors beyond count by their size, roughly, with loss fair."),
    HN_PARAM(hn_gbdt_params, tweedie_power, .def = "1.5", .range = "(1, 2)", .level = HN_ADVANCED,
             .search = "[1.1, 1.9]", .aliases = HN_CHOICES("tweedie_variance_power"),
             .doc = "The variance is the mean to this power, with loss tweedie."),
    HN_PARAM(hn_gbdt_params, scale_pos_weight, .def = "1", .range = "(0, inf)",
             .level = HN_ADVANCED, .doc = "Of two classes, weight of the second's rows."),
    HN_PARAM(hn_gbdt_params, class_weight, .def = "none", .choices = HN_CHOICES("none", "balanced"),
             .doc = "balanced: rare classes weigh as much as frequent ones."),
    HN_MONOTONE_PARAM(hn_gbdt_params),
    HN_PARAM(hn_gbdt_params, interaction_constraints, .level = HN_ADVANCED,
             .aliases = HN_CHOICES("interaction_cst"),
             .doc =
                 "Groups of features: those that meet on a path of a tree share a group. Features "
                 "of no group are one more."),
    HN_PARAM(hn_gbdt_params, path_smooth, .def = "0", .range = "[0, inf)", .unit = "rows",
             .level = HN_ADVANCED,
             .doc = "A leaf says what it would alone and what its parent says, which counts as so "
                    "many rows: small leaves say little of their own."),
    HN_PARAM(hn_gbdt_params, extra_trees, .def = "false", .level = HN_ADVANCED,
             .aliases = HN_CHOICES("extra_tree"),
             .doc = "Of each feature one cut is looked at, drawn at random."),
    HN_PARAM(hn_gbdt_params, cat_smooth, .def = "10", .range = "[0, inf)", .level = HN_EXPERT,
             .doc = "Added to a category's hessian when categories are sorted: rare ones move to "
                    "the middle."),
    HN_PARAM(hn_gbdt_params, cat_l2, .def = "10", .range = "[0, inf)", .level = HN_EXPERT,
             .doc = "Added to lambda_l2 when sorted categories are cut."),
    HN_PARAM(hn_gbdt_params, max_onehot, .def = "4", .range = "[0, 256]", .level = HN_EXPERT,
             .aliases = HN_CHOICES("max_cat_to_onehot"),
             .doc = "Up to so many categories in a node are tried one against the rest."),
    HN_PARAM(hn_gbdt_params, boosting, .def = "gbdt", .choices = HN_CHOICES("gbdt", "dart", "goss"),
             .aliases = HN_CHOICES("booster", "boosting_type"), .level = HN_ADVANCED,
             .doc = "dart: trees are dropped while the next is fitted, which keeps late ones from "
                    "mattering little; goss: rows with small gradients are thinned out."),
    HN_PARAM(hn_gbdt_params, drop_rate, .def = "0.1", .range = "[0, 1]", .level = HN_ADVANCED,
             .aliases = HN_CHOICES("rate_drop"), .doc = "dart: chance of a tree to be dropped."),
    HN_PARAM(hn_gbdt_params, skip_drop, .def = "0.5", .range = "[0, 1]", .level = HN_ADVANCED,
             .doc = "dart: chance that none is dropped."),
    HN_PARAM(hn_gbdt_params, max_drop, .def = "50", .range = "[1, inf)", .level = HN_ADVANCED,
             .words = HN_WORDS({"none", 0}), .unit = "rounds",
             .doc = "dart: rounds whose trees are dropped at a time, at most."),
    HN_PARAM(hn_gbdt_params, top_rate, .def = "0.2", .range = "[0, 1)", .level = HN_ADVANCED,
             .doc = "goss: share of the rows, those with the largest gradients, that are kept."),
    HN_PARAM(hn_gbdt_params, other_rate, .def = "0.1", .range = "(0, 1)", .level = HN_ADVANCED,
             .doc = "goss: share of the rows that are drawn from the others."),
    HN_PARAM(hn_gbdt_params, truncation, .def = "30", .range = "[1, inf)", .level = HN_ADVANCED,
             .aliases = HN_CHOICES("lambdarank_truncation_level"), .unit = "places",
             .doc = "Task rank: places of a group that count."),
};

/* ---- rules across parameters ----------------------------------------------------------------- */

static hone_status check_monotone(hone_ctx *ctx, const hn_gbdt_params *p, const hone_data *data) {
    HN_TRY(hn_monotone_check(ctx, "gbdt", &p->monotone_constraints, data));
    hn_loss_kind kind = hn_gbdt_loss(p, data);
    if (p->monotone_constraints.n > 0 && hn_loss_fact_of(kind)->renews)
        return hn_fail_at(
            ctx, HONE_ERROR_USAGE, HN_AT(.param = "monotone_constraints"),
            "gbdt: monotone_constraints can't be kept with loss absolute, mape or quantile; take "
            "loss squared or leave them out");
    return HONE_OK;
}

static hone_status check_groups(hone_ctx *ctx, const hn_gbdt_params *p, const hone_data *data) {
    const hn_text_groups *groups = &p->interaction_constraints;
    for (int64_t i = 0; i < groups->n; i++)
        for (int64_t j = 0; j < groups->items[i].n; j++) {
            const char *name = groups->items[i].items[j];
            if (hn_table_find(data->x, name) < 0)
                return hn_fail_at(ctx, HONE_ERROR_USAGE,
                                  HN_AT(.param = "interaction_constraints", .column = name),
                                  "gbdt: interaction_constraints names '%s', which is no feature",
                                  name);
        }
    if (p->path_smooth > 0 && hn_loss_fact_of(hn_gbdt_loss(p, data))->renews)
        return hn_fail_at(
            ctx, HONE_ERROR_USAGE, HN_AT(.param = "path_smooth"),
            "gbdt: path_smooth can't be kept with loss absolute, mape or quantile; take loss huber "
            "or leave it out");
    return HONE_OK;
}

static hone_status check_rank(hone_ctx *ctx, const hn_gbdt_params *p, const hone_data *data) {
    enum { MOST = 30 }; /* gains are 2^grade */
    if (!data->group)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "group"),
                          "gbdt: ranking orders the rows of each group; name the column that says "
                          "which rows belong together (roles.group)");
    if (p->loss != 0)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "loss"),
                          "gbdt: 'loss' must be auto where rows are ranked");
    for (int64_t i = 0; i < data->x->n_rows; i++)
        if (!(data->y[i] >= 0 && data->y[i] <= MOST))
            return hn_fail_at(ctx, HONE_ERROR_DATA, (hn_where){.row = i},
                              "gbdt: grades to rank by must be between 0 and %d, but row %lld has "
                              "%g",
                              MOST, (long long)i, data->y[i]);
    return HONE_OK;
}

static hone_status check_objective(hone_ctx *ctx, const hn_gbdt_params *p, const hone_data *data) {
    const hone_objective *o = data->objective;
    hn_where where = HN_AT(.param = "objective");
    hn_link link;
    if (p->loss != 0 || data->task == HN_TASK_RANK)
        return hn_fail_at(
            ctx, HONE_ERROR_USAGE, where,
            "gbdt: an objective of one's own stands in place of 'loss', and not where "
            "rows are ranked");
    if (!o->gradients || !isfinite(o->start))
        return hn_fail_at(ctx, HONE_ERROR_USAGE, where,
                          "gbdt: an objective needs gradients, and a start that is finite");
    if (!hn_gbdt_link(o, &link))
        return hn_fail_at(ctx, HONE_ERROR_USAGE, where,
                          "gbdt: there is no link '%s'; take identity, log, logit or softmax",
                          o->link);
    if ((link == HN_LINK_SOFTMAX) != (data->task == HN_TASK_MULTICLASS) && link != HN_LINK_NONE)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, where,
                          "gbdt: link softmax is for more than two classes, and no other is");
    if (link == HN_LINK_LOG && data->task != HN_TASK_REGRESSION)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, where, "gbdt: link log is for numbers");
    if (!o->losses && p->early_stopping == HN_STOP_ON)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "early_stopping"),
                          "gbdt: early stopping needs the objective's losses");
    return HONE_OK;
}

static hone_status gbdt_check(hone_ctx *ctx, const void *params_, const hone_data *data) {
    const hn_gbdt_params *p = params_;
    bool classes = (data->task & HN_TASK_CLASSIFY) != 0;
    if (data->x->n_rows > HN_ROWS_MAX)
        return hn_fail(ctx, HONE_ERROR_UNSUPPORTED, "gbdt takes at most %d rows; take a sample",
                       HN_ROWS_MAX);
    if (data->objective) HN_TRY(check_objective(ctx, p, data));
    if (classes && p->loss != 0 && p->loss != 5)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "loss"),
                          "gbdt: 'loss' must be auto or log_loss where classes are predicted");
    if (!classes && p->loss == 5)
        return hn_fail_at(
            ctx, HONE_ERROR_USAGE, HN_AT(.param = "loss"),
            "gbdt: 'loss' log_loss is for classes; take squared, or cross_entropy for shares");
    if (data->task != HN_TASK_BINARY && p->scale_pos_weight != 1)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "scale_pos_weight"),
                          "gbdt: 'scale_pos_weight' is for two classes; leave it out");
    if (!classes && p->class_weight != 0)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "class_weight"),
                          "gbdt: 'class_weight' is for classes; leave it out");
    if (data->task == HN_TASK_RANK) HN_TRY(check_rank(ctx, p, data));
    if (p->boosting == HN_BOOST_DART && p->early_stopping == HN_STOP_ON)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "early_stopping"),
                          "gbdt: early_stopping can't be on with boosting dart, whose trees change "
                          "when others are added; set n_estimators instead");
    if (p->boosting == HN_BOOST_GOSS && (p->subsample < 1 || p->top_rate + p->other_rate > 1))
        return hn_fail_at(
            ctx, HONE_ERROR_USAGE, HN_AT(.param = p->subsample < 1 ? "subsample" : "other_rate"),
            "gbdt: boosting goss draws rows itself; leave subsample at 1, and top_rate plus "
            "other_rate at 1 at most");
    HN_TRY(check_groups(ctx, p, data));
    return check_monotone(ctx, p, data);
}

/* ---- predict -------------------------------------------------------------------------------- */

static void finish_logistic(const void *arg, double *row) {
    (void)arg;
    double p = hn_sigmoid(row[0]);
    row[1] = p;
    row[0] = 1 - p;
}

static void finish_softmax(const void *arg, double *row) {
    const hn_gbdt_state *s = arg;
    hn_softmax(row, s->n_scores);
}

static void finish_share(const void *arg, double *row) {
    (void)arg;
    row[0] = hn_sigmoid(row[0]);
}

/* Scores of two classes. */
static void finish_sides(const void *arg, double *row) {
    (void)arg;
    row[1] = row[0];
    row[0] = -row[1];
}

static void finish_log(const void *arg, double *row) {
    (void)arg;
    row[0] = hn_exp(row[0]);
}

static hone_status gbdt_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                                double *ret_out) {
    const hn_gbdt_state *s = state;
    hn_scoring scoring = {
        .outputs = s->outputs, .groups = s->n_scores, .start = s->start, .arg = s};
    bool sides = s->n_scores == 1 && s->outputs == 2;
    switch ((hn_link)s->link) {
    case HN_LINK_LOGIT: scoring.finish = sides ? finish_logistic : finish_share; break;
    case HN_LINK_SOFTMAX: scoring.finish = finish_softmax; break;
    case HN_LINK_LOG: scoring.finish = finish_log; break;
    default: scoring.finish = sides ? finish_sides : NULL; break;
    }
    return hn_trees_predict(ctx, &s->trees, &scoring, x, ret_out);
}

/* ---- the rest of the contract --------------------------------------------------------------- */

static bool shape_is_sane(const hn_gbdt_state *s) {
    if (s->kind <= HN_LOSS_AUTO || s->kind >= HN_LOSS_END) return false;
    if (s->n_scores < 1 || s->n_scores > INT32_MAX || s->outputs < s->n_scores) return false;
    if (s->link == HN_LINK_SOFTMAX) return s->n_scores == s->outputs;
    if (s->link == HN_LINK_LOG) return s->outputs == 1;
    if (s->link == HN_LINK_LOGIT) return s->n_scores == 1 && s->outputs <= 2;
    return s->link == HN_LINK_NONE &&
           (s->n_scores == s->outputs || (s->n_scores == 1 && s->outputs == 2));
}

static int64_t gbdt_outputs(const void *state) { return ((const hn_gbdt_state *)state)->outputs; }

static bool gbdt_gives_probabilities(const void *state) {
    return ((const hn_gbdt_state *)state)->link != HN_LINK_NONE;
}

static hone_status gbdt_visit(hn_visitor *v, void *state) {
    hn_gbdt_state *s = state;
    HN_TRY(hn_visit(v, "kind", &s->kind));
    HN_TRY(hn_visit(v, "link", &s->link));
    HN_TRY(hn_visit(v, "n_scores", &s->n_scores));
    HN_TRY(hn_visit(v, "outputs", &s->outputs));
    HN_TRY(hn_visit(v, "n_iterations", &s->n_iterations));
    HN_TRY(hn_visit(v, "stopped_early", &s->stopped_early));
    HN_TRY(hn_visit(v, "n_train_curve", &s->n_train_curve));
    HN_TRY(hn_visit(v, "n_valid_curve", &s->n_valid_curve));
    HN_TRY(hn_visit(v, "total_gain", &s->total_gain));
    HN_TRY(hn_visit_check(v, shape_is_sane(s) && s->n_train_curve >= 0 && s->n_valid_curve >= 0,
                          "a boosted model of impossible shape"));
    HN_TRY(hn_trees_visit(v, &s->trees));
    HN_TRY(hn_visit_check(v, s->trees.width == 0, "a boosted tree without values in its leaves"));
    HN_TRY(hn_visit(v, "start", &s->start, s->n_scores));
    HN_TRY(hn_visit(v, "importances", &s->importances, s->trees.n_features));
    HN_TRY(hn_visit(v, "train_curve", &s->train_curve, s->n_train_curve));
    return hn_visit(v, "valid_curve", &s->valid_curve, s->n_valid_curve);
}

static hone_status gbdt_importances(hone_ctx *ctx, const void *state, double *ret_importances) {
    (void)ctx;
    const hn_gbdt_state *s = state;
    if (s->trees.n_features > 0)
        memcpy(ret_importances, s->importances, (size_t)s->trees.n_features * sizeof(double));
    return HONE_OK;
}

/* A tree's leaves hold what it adds to a score. */
static hone_status gbdt_rules(hone_ctx *ctx, const void *state, const hn_shown *shown,
                              hn_str *str) {
    const hn_gbdt_state *s = state;
    return hn_tree_rules(ctx, &(hn_tree_shown){.trees = &s->trees, .shown = shown}, str);
}

static hone_status gbdt_drawing(hone_ctx *ctx, const void *state, const hn_shown *shown,
                                hn_str *str) {
    const hn_gbdt_state *s = state;
    return hn_tree_drawing(ctx, &(hn_tree_shown){.trees = &s->trees, .shown = shown}, str);
}

static hone_status attributes(hn_visitor *v, const void *state, const hn_shown *shown) {
    (void)shown;
    const hn_gbdt_state *s = state;
    HN_TRY(hn_show(v, "n_estimators", &s->n_iterations));
    HN_TRY(hn_show(v, "n_iter", &s->n_iterations));
    return hn_show(v, "n_trees_per_iteration", &s->n_scores);
}

const hone_estimator hn_gbdt = {
    .name = "gbdt",
    .title = "Gradient-boosted decision trees",
    .class_names = "GradientBoostingClassifier GradientBoostingRegressor",
    .family = "tree",
    .also = "xgboost XGBClassifier lightgbm LGBMClassifier lgb catboost HistGradientBoosting "
            "boosted_trees",
    .doc = "Adds up many small trees, each fitted to what the ones before left over. The first "
           "choice for "
           "tables: takes missing values and categories as they are and needs no scaling.",
    .references =
        "Friedman (2001), Greedy function approximation: a gradient boosting machine\n"
        "Rashmi, Gilad-Bachrach (2015), DART: dropouts meet multiple additive regression trees\n"
        "Ke et al. (2017), LightGBM: a highly efficient gradient boosting decision tree\n"
        "Chen, Guestrin (2016), XGBoost: a scalable tree boosting system\n"
        "Shi, Ke, Chen, Zheng, Liu (2022), Quantized training of gradient boosting decision trees\n"
        "Burges (2010), From RankNet to LambdaRank to LambdaMART: an overview\n"
        "Fisher (1958), On grouping for maximum homogeneity",
    .tasks = HN_TASK_CLASSIFY | HN_TASK_REGRESSION | HN_TASK_RANK,
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_CAN_WEIGHTS | HN_CAN_PROBABILITIES |
           HN_CAN_IMPORTANCES | HN_CAN_UPDATE | HN_CAN_OBJECTIVE | HN_CAN_VALIDATE,
    .attributes = attributes,
    .params = HN_PARAMS(hn_gbdt_params, params),
    .state_size = sizeof(hn_gbdt_state),
    .check = gbdt_check,
    .fit = hn_gbdt_fit,
    .update = hn_gbdt_update,
    .predict = gbdt_predict,
    .outputs = gbdt_outputs,
    .gives_probabilities = gbdt_gives_probabilities,
    .visit = gbdt_visit,
    .importances = gbdt_importances,
    .report = hn_gbdt_report,
    .rules = gbdt_rules,
    .drawing = gbdt_drawing,
    HN_GOLDEN({.dataset = "tabular/breast_cancer/breast_cancer.csv",
               .target = "diagnosis",
               .params = "{\"n_estimators\":50,\"learning_rate\":0.1,\"early_stopping\":\"off\","
                         "\"lambda_l2\":0,"
                         "\"min_samples_leaf\":1}",
               .scheme = "all",
               .metric = "log_loss",
               .value = 0.003039272280145454,
               .tolerance = 1e-5,
               .source = "LightGBM 4.7.0, 50 trees, learning_rate 0.1, min_data_in_leaf 1"},
              {.dataset = "tabular/iris/iris.csv",
               .target = "species",
               .params = "{\"n_estimators\":50,\"learning_rate\":0.1,\"early_stopping\":\"off\","
                         "\"lambda_l2\":0,"
                         "\"min_samples_leaf\":1}",
               .scheme = "all",
               .metric = "log_loss",
               .value = 0.0010170300037998475,
               .tolerance = 2e-5,
               .source = "LightGBM 4.7.0, 50 trees, learning_rate 0.1, min_data_in_leaf 1"},
              {.dataset = "tabular/concrete/concrete.csv",
               .target = "strength",
               .params = "{\"n_estimators\":50,\"learning_rate\":0.1,\"early_stopping\":\"off\","
                         "\"lambda_l2\":0,"
                         "\"min_samples_leaf\":20}",
               .scheme = "all",
               .metric = "rmse",
               .value = 2.8966695705154,
               .tolerance = 0.05,
               .source = "LightGBM 4.7.0, 50 trees, learning_rate 0.1"},
              {.dataset = "tabular/california_housing/housing.csv",
               .target = "median_house_value",
               .params = "{\"n_estimators\":100,\"learning_rate\":0.1,\"early_stopping\":\"off\"}",
               .metric = "rmse",
               .value = 47992,
               .tolerance = 2500,
               .source = "scikit-learn 1.2.1, HistGradientBoostingRegressor(), 5-fold"}),
};
