/* gbdt.c - gradient-boosted decision trees, declared; the parts are in boost.h, grow.h, split.h,
 * histogram.h, loss.h, bins.h and nodes.h. */
#include "base/rng.h"
#include "ml/tree/boost.h"
#include "ml/tree/gbdt.h"
#include "num/math.h"
#include <string.h>

/* ---- parameters ----------------------------------------------------------------------------- */

static const hone_param params[] = {
    HN_PARAM(hn_gbdt_params, n_estimators, .def = "1000", .range = "[1, 100000]", .unit = "trees",
             .aliases = HN_CHOICES("n_trees", "iterations", "num_iterations", "n_rounds"),
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
             .level = HN_ADVANCED, .doc = "Sum of hessians of a leaf at least."),
    HN_PARAM(hn_gbdt_params, lambda_l2, .def = "1", .range = "[0, inf)", .search = "[0.01, 10] log",
             .aliases = HN_CHOICES("reg_lambda", "l2_regularization"),
             .doc = "Strength of the L2 penalty on leaf values."),
    HN_PARAM(hn_gbdt_params, lambda_l1, .def = "0", .range = "[0, inf)", .level = HN_ADVANCED,
             .aliases = HN_CHOICES("reg_alpha"),
             .doc = "Strength of the L1 penalty on leaf values."),
    HN_PARAM(hn_gbdt_params, min_split_gain, .def = "0", .range = "[0, inf)", .level = HN_ADVANCED,
             .aliases = HN_CHOICES("gamma"), .doc = "A cut must gain more than this."),
    HN_PARAM(hn_gbdt_params, max_bins, .def = "255", .range = "[2, 255]", .level = HN_ADVANCED,
             .aliases = HN_CHOICES("max_bin"),
             .doc = "Bins that a feature's values are cut into at most."),
    HN_PARAM(hn_gbdt_params, subsample, .def = "1", .range = "(0, 1]", .search = "[0.5, 1]",
             .aliases = HN_CHOICES("bagging_fraction"),
             .doc = "Chance of a row to be seen by a tree."),
    HN_PARAM(hn_gbdt_params, colsample_bytree, .def = "1", .range = "(0, 1]", .search = "[0.4, 1]",
             .aliases = HN_CHOICES("feature_fraction"),
             .doc = "Share of the features that a tree may use."),
    HN_PARAM(hn_gbdt_params, colsample_bynode, .def = "1", .range = "(0, 1]", .level = HN_ADVANCED,
             .aliases = HN_CHOICES("feature_fraction_bynode"),
             .doc = "Chance of each of the tree's features to be looked at for a node."),
    HN_PARAM(hn_gbdt_params, early_stopping, .def = "auto",
             .choices = HN_CHOICES("auto", "on", "off"),
             .doc = "Stop when a validation part gets no better; auto: from 500 rows on."),
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
             .choices =
                 HN_CHOICES("auto", "squared", "absolute", "quantile", "poisson", "log_loss"),
             .doc = "What is minimised; auto: squared for numbers, log_loss for classes."),
    HN_PARAM(hn_gbdt_params, quantile, .def = "0.5", .range = "(0, 1)",
             .doc = "Which quantile to predict, with loss quantile."),
    HN_PARAM(hn_gbdt_params, class_weight, .def = "none", .choices = HN_CHOICES("none", "balanced"),
             .doc = "balanced: rare classes weigh as much as frequent ones."),
    HN_PARAM(
        hn_gbdt_params, monotone_constraints, .range = "[-1, 1]", .level = HN_ADVANCED,
        .doc =
            "By feature: 1 if the prediction may only rise with it, -1 if only fall, 0 if either."),
    HN_PARAM(hn_gbdt_params, cat_smooth, .def = "10", .range = "[0, inf)", .level = HN_EXPERT,
             .doc = "Added to a category's hessian when categories are sorted: rare ones move to "
                    "the middle."),
    HN_PARAM(hn_gbdt_params, cat_l2, .def = "10", .range = "[0, inf)", .level = HN_EXPERT,
             .doc = "Added to lambda_l2 when sorted categories are cut."),
    HN_PARAM(hn_gbdt_params, max_onehot, .def = "4", .range = "[0, 256]", .level = HN_EXPERT,
             .doc = "Up to so many categories in a node are tried one against the rest."),
};

/* ---- rules and their translation ------------------------------------------------------------ */

static hn_loss_kind kind_of(const hn_gbdt_params *p, hn_task task) {
    if (task == HN_TASK_BINARY) return HN_LOSS_LOGISTIC;
    if (task == HN_TASK_MULTICLASS) return HN_LOSS_SOFTMAX;
    return p->loss == 0 ? HN_LOSS_SQUARED : (hn_loss_kind)p->loss;
}

static hone_status check_monotone(hone_ctx *ctx, const hn_gbdt_params *p, const hone_data *data) {
    for (int64_t i = 0; i < p->monotone_constraints.n; i++) {
        const char *name = p->monotone_constraints.names[i];
        double sign = p->monotone_constraints.values[i];
        hn_where where = HN_AT(.param = "monotone_constraints", .column = name);
        int32_t column = hn_table_find(data->x, name);
        if (column < 0)
            return hn_fail_at(ctx, HONE_ERROR_USAGE, where,
                              "gbdt: monotone_constraints names '%s', which is no feature", name);
        if (data->x->columns[column].type == HN_CATEGORY && sign != 0)
            return hn_fail_at(
                ctx, HONE_ERROR_USAGE, where,
                "gbdt: monotone_constraints: '%s' is a category and has no order; encode "
                "it as a number first",
                name);
        if (sign != -1 && sign != 0 && sign != 1)
            return hn_fail_at(ctx, HONE_ERROR_USAGE, where,
                              "gbdt: monotone_constraints: '%s' must be -1, 0 or 1", name);
    }
    hn_loss_kind kind = kind_of(p, data->task);
    if (p->monotone_constraints.n > 0 &&
        (kind == HN_LOSS_ABSOLUTE || kind == HN_LOSS_QUANTILE || kind == HN_LOSS_SOFTMAX))
        return hn_fail_at(
            ctx, HONE_ERROR_USAGE, HN_AT(.param = "monotone_constraints"),
            "gbdt: monotone_constraints can't be kept with loss absolute, quantile or "
            "more than two classes; take loss squared or leave them out");
    return HONE_OK;
}

static hone_status gbdt_check(hone_ctx *ctx, const void *params_, const hone_data *data) {
    const hn_gbdt_params *p = params_;
    bool classes = (data->task & HN_TASK_CLASSIFY) != 0;
    if (data->x->n_rows > HN_ROWS_MAX)
        return hn_fail(ctx, HONE_ERROR_UNSUPPORTED, "gbdt takes at most %d rows; take a sample",
                       HN_ROWS_MAX);
    if (classes && p->loss != 0 && p->loss != 5)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "loss"),
                          "gbdt: 'loss' must be auto or log_loss where classes are predicted");
    if (!classes && p->loss == 5)
        return hn_fail_at(
            ctx, HONE_ERROR_USAGE, HN_AT(.param = "loss"),
            "gbdt: 'loss' log_loss is for classes; take squared, absolute, quantile or poisson");
    if (!classes && p->class_weight != 0)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "class_weight"),
                          "gbdt: 'class_weight' is for classes; leave it out");
    return check_monotone(ctx, p, data);
}

static hone_status make_rules(hone_ctx *ctx, const hn_gbdt_params *p, const hone_data *data,
                              hn_boost_rules *ret_rules) {
    int8_t *monotone = NULL;
    if (p->monotone_constraints.n > 0) HN_TRY(HN_SCRATCH_NEW(ctx, monotone, data->x->n_columns));
    for (int64_t i = 0; i < p->monotone_constraints.n; i++)
        monotone[hn_table_find(data->x, p->monotone_constraints.names[i])] =
            (int8_t)p->monotone_constraints.values[i];
    *ret_rules = (hn_boost_rules){
        .grow = {.split = {.l1 = p->lambda_l1,
                           .l2 = p->lambda_l2,
                           .min_hessian = p->min_child_weight,
                           .min_gain = p->min_split_gain,
                           .min_rows = p->min_samples_leaf,
                           .cat_smooth = p->cat_smooth,
                           .cat_l2 = p->cat_l2,
                           .max_onehot = p->max_onehot,
                           .monotone = monotone,
                           .max_step = kind_of(p, data->task) == HN_LOSS_POISSON ? 1 : 0},
                 .max_leaves = p->max_leaves,
                 .max_depth = p->max_depth,
                 .colsample_bytree = p->colsample_bytree,
                 .colsample_bynode = p->colsample_bynode,
                 .seed = ctx->seed},
        .iterations = p->n_estimators,
        .learning_rate = p->learning_rate,
        .subsample = p->subsample,
        .patience = p->patience,
        .curve = true,
    };
    return HONE_OK;
}

/* Weights as the loss needs them: NULL where all are 1, so that ones give the bits of none. */
static hone_status make_weights(hone_ctx *ctx, const hn_gbdt_params *p, const hone_data *data,
                                const double **ret_weight) {
    const double *weight = data->weight;
    if (p->class_weight != 0) {
        double *balanced;
        HN_TRY(hn_data_balanced_weights(ctx, data, &balanced));
        weight = balanced;
    }
    bool ones = true;
    for (int64_t i = 0; weight && ones && i < data->x->n_rows; i++) ones = weight[i] == 1;
    *ret_weight = ones ? NULL : weight;
    return HONE_OK;
}

/* ---- fit ------------------------------------------------------------------------------------ */

/* A part for early stopping: a draw by row; within a class the lowest draws are taken. */
static hone_status split_rows(hone_ctx *ctx, const hn_gbdt_params *p, const hone_data *data,
                              hn_boost_rows *ret_rows) {
    int64_t n = data->x->n_rows;
    int32_t groups = data->n_classes > 0 ? data->n_classes : 1;
    int64_t *order, *train, *valid, *taken;
    HN_TRY(HN_SCRATCH_NEW(ctx, order, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, train, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, valid, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, taken, groups));
    uint8_t *is_valid;
    HN_TRY(HN_SCRATCH_NEW(ctx, is_valid, n));
    for (int64_t i = 0; i < n; i++) {
        order[i] = i;
        taken[data->n_classes > 0 ? (int64_t)data->y[i] : 0]++;
    }
    for (int32_t g = 0; g < groups; g++)
        taken[g] = (int64_t)(p->validation_fraction * (double)taken[g] + 0.5);
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("gbdt.validation", 0));
    hn_rng_shuffle(&rng, order, n);
    for (int64_t i = 0; i < n; i++) {
        int64_t g = data->n_classes > 0 ? (int64_t)data->y[order[i]] : 0;
        is_valid[order[i]] = taken[g] > 0;
        taken[g] -= taken[g] > 0;
    }
    hn_boost_rows rows = {.train = train, .valid = valid};
    for (int64_t i = 0; i < n; i++) {
        if (is_valid[i])
            valid[rows.n_valid++] = i;
        else
            train[rows.n_train++] = i;
    }
    *ret_rows = rows;
    return HONE_OK;
}

static bool wants_stopping(const hn_gbdt_params *p, int64_t n) {
    enum { FEWEST = 500 };
    return p->early_stopping == 1 ? n >= 2 : p->early_stopping == 0 && n >= FEWEST;
}

static bool wants_refit(const hn_gbdt_params *p, int64_t n) {
    enum { MOST = 100000 };
    return p->refit == 1 || (p->refit == 0 && n <= MOST);
}

/* Rows without weight are not learned from: they would count as rows of a leaf. */
static hone_status drop_weightless(hone_ctx *ctx, const double *weight, int64_t n,
                                   hn_boost_rows *rows) {
    int64_t zeros = 0;
    for (int64_t i = 0; weight && i < n; i++) zeros += !(weight[i] > 0);
    if (zeros == 0 || zeros == n) return HONE_OK;
    int64_t *train, kept = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, train, n));
    for (int64_t i = 0; i < rows->n_train; i++) {
        int64_t row = rows->train ? rows->train[i] : i;
        if (weight[row] > 0) train[kept++] = row;
    }
    rows->train = train;
    rows->n_train = kept;
    return HONE_OK;
}

static hone_status boost(hone_ctx *ctx, hn_arena *arena, const hn_gbdt_params *p,
                         const hone_data *data, const hn_bins *bins, const hn_loss *loss,
                         hn_boosted *ret_boosted) {
    enum { CURVE_ROWS = 100000 };
    int64_t n = data->x->n_rows;
    hn_boost_rules rules;
    HN_TRY(make_rules(ctx, p, data, &rules));
    hn_boost_rows all = {.n_train = n}, parts = {0};
    if (wants_stopping(p, n)) HN_TRY(split_rows(ctx, p, data, &parts));
    HN_TRY(drop_weightless(ctx, loss->weight, n, &all));
    HN_TRY(drop_weightless(ctx, loss->weight, n, &parts));
    if (parts.n_valid == 0 || parts.n_train == 0) {
        rules.curve = n <= CURVE_ROWS;
        rules.patience = 0;
        return hn_boost(ctx, arena, bins, loss, &rules, &all, "boosting", ret_boosted);
    }
    hn_boosted first;
    HN_TRY(hn_boost(ctx, arena, bins, loss, &rules, &parts, "boosting", &first));
    *ret_boosted = first;
    if (!wants_refit(p, n) || first.n_iterations == 0) return HONE_OK;
    rules.iterations = first.n_iterations;
    rules.curve = false;
    rules.patience = 0;
    hn_boosted second;
    HN_TRY(hn_boost(ctx, arena, bins, loss, &rules, &all, "boosting on all rows", &second));
    second.n_tried = first.n_tried;
    second.train_curve = first.train_curve;
    second.valid_curve = first.valid_curve;
    second.stopped_early = first.stopped_early;
    *ret_boosted = second;
    return HONE_OK;
}

static hone_status copy(hone_ctx *ctx, hn_arena *arena, const double *from, int64_t n,
                        double **ret) {
    HN_TRY(HN_NEW(ctx, arena, *ret, n));
    if (n > 0) memcpy(*ret, from, (size_t)n * sizeof **ret);
    return HONE_OK;
}

static hone_status keep(hone_ctx *ctx, hn_arena *arena, const hone_data *data, const hn_loss *loss,
                        const hn_boosted *boosted, hn_gbdt_state *s) {
    int32_t features = data->x->n_columns;
    s->kind = loss->kind;
    s->n_scores = loss->n_scores;
    s->outputs = hn_outputs(data->task, data->n_classes);
    s->n_iterations = boosted->n_iterations;
    s->stopped_early = boosted->stopped_early;
    s->n_train_curve = boosted->train_curve ? boosted->n_tried : 0;
    s->n_valid_curve = boosted->valid_curve ? boosted->n_tried : 0;
    HN_TRY(hn_trees_join(ctx, arena, boosted->trees, boosted->n_trees, features, 0, &s->trees));
    HN_TRY(copy(ctx, arena, boosted->start, loss->n_scores, &s->start));
    HN_TRY(copy(ctx, arena, boosted->train_curve, s->n_train_curve, &s->train_curve));
    HN_TRY(copy(ctx, arena, boosted->valid_curve, s->n_valid_curve, &s->valid_curve));
    HN_TRY(copy(ctx, arena, boosted->gain, features, &s->importances));
    double total = hn_sum(s->importances, features);
    for (int32_t j = 0; j < features; j++)
        s->importances[j] = total > 0 ? s->importances[j] / total : 0;
    return HONE_OK;
}

static hone_status gbdt_fit(hone_ctx *ctx, const void *params_, const hone_data *data,
                            hn_arena *arena, void *ret_state) {
    HN_SCRATCH(ctx);
    const hn_gbdt_params *p = params_;
    hn_loss loss = {.kind = kind_of(p, data->task),
                    .n_scores = data->task == HN_TASK_MULTICLASS ? data->n_classes : 1,
                    .n = data->x->n_rows,
                    .y = data->y,
                    .quantile = p->quantile};
    HN_TRY(make_weights(ctx, p, data, &loss.weight));
    hn_bins bins;
    HN_TRY(hn_bins_make(ctx, ctx->scratch, data->x, p->max_bins, ctx->seed, true, &bins));
    hn_boosted boosted;
    HN_TRY(boost(ctx, ctx->scratch, p, data, &bins, &loss, &boosted));
    return keep(ctx, arena, data, &loss, &boosted, ret_state);
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

static void finish_poisson(const void *arg, double *row) {
    (void)arg;
    row[0] = hn_exp(row[0]);
}

static hone_status gbdt_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                                double *ret_out) {
    const hn_gbdt_state *s = state;
    hn_scoring scoring = {
        .outputs = s->outputs, .groups = s->n_scores, .start = s->start, .arg = s};
    if (s->kind == HN_LOSS_LOGISTIC) scoring.finish = finish_logistic;
    if (s->kind == HN_LOSS_SOFTMAX) scoring.finish = finish_softmax;
    if (s->kind == HN_LOSS_POISSON) scoring.finish = finish_poisson;
    return hn_trees_predict(ctx, &s->trees, &scoring, x, ret_out);
}

/* ---- the rest of the contract --------------------------------------------------------------- */

static bool shape_is_sane(const hn_gbdt_state *s) {
    if (s->n_scores < 1 || s->n_scores > INT32_MAX || s->outputs < s->n_scores) return false;
    if (s->kind == HN_LOSS_LOGISTIC) return s->n_scores == 1 && s->outputs == 2;
    if (s->kind == HN_LOSS_SOFTMAX) return s->n_scores == s->outputs;
    return s->kind > HN_LOSS_AUTO && s->kind < HN_LOSS_LOGISTIC && s->n_scores == 1 &&
           s->outputs == 1;
}

static int64_t gbdt_outputs(const void *state) { return ((const hn_gbdt_state *)state)->outputs; }

static hone_status gbdt_visit(hn_visitor *v, void *state) {
    hn_gbdt_state *s = state;
    HN_TRY(hn_visit(v, "kind", &s->kind));
    HN_TRY(hn_visit(v, "n_scores", &s->n_scores));
    HN_TRY(hn_visit(v, "outputs", &s->outputs));
    HN_TRY(hn_visit(v, "n_iterations", &s->n_iterations));
    HN_TRY(hn_visit(v, "stopped_early", &s->stopped_early));
    HN_TRY(hn_visit(v, "n_train_curve", &s->n_train_curve));
    HN_TRY(hn_visit(v, "n_valid_curve", &s->n_valid_curve));
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

const hone_estimator hn_gbdt = {
    .name = "gbdt",
    .title = "Gradient-boosted decision trees",
    .family = "tree",
    .doc = "Adds up many small trees, each fitted to what the ones before left over. The first "
           "choice for "
           "tables: takes missing values and categories as they are and needs no scaling.",
    .references =
        "Friedman (2001), Greedy function approximation: a gradient boosting machine\n"
        "Ke et al. (2017), LightGBM: a highly efficient gradient boosting decision tree\n"
        "Chen, Guestrin (2016), XGBoost: a scalable tree boosting system\n"
        "Shi, Ke, Chen, Zheng, Liu (2022), Quantized training of gradient boosting decision trees\n"
        "Fisher (1958), On grouping for maximum homogeneity",
    .tasks = HN_TASK_CLASSIFY | HN_TASK_REGRESSION,
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_CAN_WEIGHTS | HN_CAN_PROBABILITIES |
           HN_CAN_IMPORTANCES,
    .params = HN_PARAMS(hn_gbdt_params, params),
    .state_size = sizeof(hn_gbdt_state),
    .check = gbdt_check,
    .fit = gbdt_fit,
    .predict = gbdt_predict,
    .outputs = gbdt_outputs,
    .visit = gbdt_visit,
    .importances = gbdt_importances,
    .report = hn_gbdt_report,
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
