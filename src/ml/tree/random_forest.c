/* random_forest.c - trees on rows drawn anew, with the best cuts of few features; see forest.h. */
#include "ml/tree/forest.h"

static const hn_forest_kind kind = {
    .name = "random_forest", .random_cuts = false, .features_of_numbers = 0.5};

static const hone_param params[] = {HN_FOREST_PARAMS("true", "a share of 0.5")};

static hone_status check(hone_ctx *ctx, const void *values, const hone_data *data) {
    return hn_forest_check(ctx, &kind, values, data);
}

static hone_status fit(hone_ctx *ctx, const void *values, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    return hn_forest_fit(ctx, &kind, values, data, arena, ret_state);
}

static hone_status member(hone_ctx *ctx, const void *state, int64_t i, hn_arena *arena,
                          hn_member *ret_member) {
    return hn_forest_member(ctx, "random_forest", state, i, arena, ret_member);
}

const hone_estimator hn_random_forest = {
    .name = "random_forest",
    .title = "Random forest",
    .class_names = "RandomForestClassifier RandomForestRegressor",
    .family = "tree",
    .also = "rf forest",
    .doc = "Averages many deep trees, each grown on rows drawn anew and on few features at a time. "
           "Needs no "
           "tuning and little care; gbdt is often a little better.",
    .references =
        "Breiman (2001), Random forests\n"
        "Coppersmith, Hong, Hosking (1999), Partitioning nominal attributes in decision trees",
    .tasks = HN_TASK_CLASSIFY | HN_TASK_REGRESSION,
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_CAN_WEIGHTS | HN_CAN_PROBABILITIES |
           HN_CAN_IMPORTANCES,
    .params = HN_PARAMS(hn_forest_params, params),
    .state_size = sizeof(hn_forest_state),
    .check = check,
    .fit = fit,
    .predict = hn_forest_predict,
    .outputs = hn_forest_outputs,
    .visit = hn_forest_visit,
    .member = member,
    .importances = hn_forest_importances,
    .report = hn_forest_report,
    .rules = hn_forest_rules,
    .drawing = hn_forest_drawing,
    HN_GOLDEN({.dataset = "tabular/california_housing/housing.csv",
               .target = "median_house_value",
               .metric = "rmse",
               .value = 49157,
               .tolerance = 2500,
               .source = "scikit-learn 1.2.1, RandomForestRegressor(), 5-fold"},
              {.dataset = "tabular/letter/letterdata.csv",
               .target = "letter",
               .metric = "accuracy",
               .value = 0.961,
               .tolerance = 0.008,
               .source = "scikit-learn 1.9.1, RandomForestClassifier(), mean of five 80/20 splits"},
              {.dataset = "tabular/concrete/concrete.csv",
               .target = "strength",
               .metric = "rmse",
               .value = 5.136,
               .tolerance = 1,
               .source = "scikit-learn 1.9.1, RandomForestRegressor(), mean of five 80/20 splits"}),
};
