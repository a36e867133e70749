/* extra_trees.c - trees on all rows, with cuts drawn at random; see forest.h. */
#include "ml/tree/forest.h"

static const hn_forest_kind kind = {
    .name = "extra_trees", .random_cuts = true, .features_of_numbers = 1};

static const hone_param params[] = {HN_FOREST_PARAMS("false", "all")};

static hone_status check(hone_ctx *ctx, const void *values, const hone_data *data) {
    return hn_forest_check(ctx, &kind, values, data);
}

static hone_status fit(hone_ctx *ctx, const void *values, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    return hn_forest_fit(ctx, &kind, values, data, arena, ret_state);
}

static hone_status member(hone_ctx *ctx, const void *state, int64_t i, hn_arena *arena,
                          hn_member *ret_member) {
    return hn_forest_member(ctx, "extra_trees", state, i, arena, ret_member);
}

const hone_estimator hn_extra_trees = {
    .name = "extra_trees",
    .title = "Extremely randomised trees",
    .class_names = "ExtraTreesClassifier ExtraTreesRegressor",
    .family = "tree",
    .doc =
        "Averages many deep trees whose cuts are drawn at random, the best of a few at each node. "
        "Faster than random_forest and smoother; as good where there is little noise.",
    .references = "Geurts, Ernst, Wehenkel (2006), Extremely randomized trees",
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
    HN_GOLDEN({.dataset = "tabular/concrete/concrete.csv",
               .target = "strength",
               .metric = "rmse",
               .value = 4.709,
               .tolerance = 1,
               .source = "scikit-learn 1.9.1, ExtraTreesRegressor(), mean of five 80/20 splits"},
              {.dataset = "tabular/letter/letterdata.csv",
               .target = "letter",
               .metric = "accuracy",
               .value = 0.9737,
               .tolerance = 0.008,
               .source = "scikit-learn 1.9.1, ExtraTreesClassifier(), mean of three 80/20 splits"}),
};
