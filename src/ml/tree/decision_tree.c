/* decision_tree.c - a single decision tree, declared; it grows in decision_grow.c on the lists of
 * exact.c. */
#include "ml/tree/decision_tree.h"
#include "ml/tree/cart.h"
#include "ml/tree/monotone.h"
#include "ml/tree/report.h"
#include <string.h>

static const hone_param params[] = {
    HN_PARAM(hn_decision_params, criterion, .def = "auto",
             .choices = HN_CHOICES("auto", "gini", "entropy", "squared", "absolute"),
             .doc = "What a cut is judged by; auto: gini for classes, squared for numbers."),
    HN_PARAM(hn_decision_params, max_depth, .def = "none", .range = "[1, 100000]",
             .words = HN_WORDS({"none", 0}), .search = "[2, 20]",
             .doc = "Edges from root to leaf at most."),
    HN_PARAM(hn_decision_params, min_samples_split, .def = "2", .range = "[2, inf)", .unit = "rows",
             .doc = "Rows of a node to be cut at least."),
    HN_PARAM(hn_decision_params, min_samples_leaf, .def = "1", .range = "[1, inf)", .unit = "rows",
             .search = "[1, 50] log", .doc = "Rows of a leaf at least."),
    HN_PARAM(hn_decision_params, min_weight_fraction_leaf, .def = "0", .range = "[0, 0.5]",
             .level = HN_ADVANCED, .doc = "Share of all rows' weight in a leaf at least."),
    HN_PARAM(hn_decision_params, max_leaf_nodes, .def = "none", .range = "[2, inf)",
             .words = HN_WORDS({"none", 0}), .aliases = HN_CHOICES("max_leaves"),
             .doc = "Leaves at most; the cuts that gain most are made first."),
    HN_PARAM(hn_decision_params, min_impurity_decrease, .def = "0", .range = "[0, inf)",
             .level = HN_ADVANCED,
             .doc = "A cut must lower the impurity by this share of all rows' at least."),
    HN_PARAM(hn_decision_params, max_features, .def = "all", .range = "(0, inf)",
             .level = HN_ADVANCED,
             .words = HN_WORDS({"all", HN_DECISION_ALL}, {"sqrt", HN_DECISION_SQRT},
                               {"log2", HN_DECISION_LOG2}),
             .doc = "Features drawn for a node: below 1 a share, from 1 on a number."),
    HN_PARAM(hn_decision_params, class_weight, .def = "none",
             .choices = HN_CHOICES("none", "balanced"),
             .doc = "balanced: rare classes weigh as much as frequent ones."),
    HN_PARAM(hn_decision_params, ccp_alpha, .def = "0", .range = "[0, inf)",
             .search = "[1e-5, 0.1] log",
             .doc = "Price of a leaf in pruning: subtrees that gain less are cut back."),
    HN_MONOTONE_PARAM(hn_decision_params),
};

static hone_status decision_check(hone_ctx *ctx, const void *params_, const hone_data *data) {
    const hn_decision_params *p = params_;
    bool classes = (data->task & HN_TASK_CLASSIFY) != 0;
    bool for_classes = p->criterion == HN_CRITERION_GINI || p->criterion == HN_CRITERION_ENTROPY;
    if (data->x->n_rows > INT32_MAX / 2)
        return hn_fail(ctx, HONE_ERROR_UNSUPPORTED,
                       "decision_tree takes at most %d rows; take a sample", INT32_MAX / 2);
    if (p->criterion != HN_CRITERION_AUTO && classes != for_classes)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "criterion"),
                          "decision_tree: 'criterion' must be auto, %s",
                          classes ? "gini or entropy for classes"
                                  : "squared or absolute for numbers");
    if (!classes && p->class_weight != 0)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "class_weight"),
                          "decision_tree: 'class_weight' is for classes; leave it out");
    if (p->criterion == HN_CRITERION_ABSOLUTE && p->monotone_constraints.n > 0)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "monotone_constraints"),
                          "decision_tree: monotone_constraints can't be kept with criterion "
                          "absolute; take squared");
    return hn_monotone_check(ctx, "decision_tree", &p->monotone_constraints, data);
}

/* ---- fit ------------------------------------------------------------------------------------ */

static hone_status make_exact(hone_ctx *ctx, const hn_decision_params *p, const hone_data *data,
                              hn_bins *bins, hn_exact *ret_exact, double *ret_shift) {
    hn_exact e = {.bins = bins,
                  .n = data->x->n_rows,
                  .n_features = data->x->n_columns,
                  .n_classes = data->n_classes,
                  .criterion = (hn_criterion)p->criterion,
                  .min_samples_leaf = p->min_samples_leaf,
                  .y = data->y,
                  .weight = data->weight};
    if (e.criterion == HN_CRITERION_AUTO)
        e.criterion = data->n_classes > 0 ? HN_CRITERION_GINI : HN_CRITERION_SQUARED;
    if (p->class_weight != 0) {
        double *balanced;
        HN_TRY(hn_data_balanced_weights(ctx, data, &balanced));
        e.weight = balanced;
    }
    e.min_weight = p->min_weight_fraction_leaf * (e.weight ? hn_sum(e.weight, e.n) : (double)e.n);
    HN_TRY(hn_monotone_signs(ctx, &p->monotone_constraints, data->x, &e.monotone));
    double shift = 0;
    if (e.criterion == HN_CRITERION_SQUARED) {
        double *centred;
        HN_TRY(HN_SCRATCH_NEW(ctx, centred, e.n));
        shift = hn_sum(data->y, e.n) / (double)e.n;
        for (int64_t i = 0; i < e.n; i++) centred[i] = data->y[i] - shift;
        e.y = centred;
    }
    HN_TRY(hn_bins_order(ctx, bins, e.y, e.weight, e.n_classes));
    HN_TRY(hn_exact_prepare(ctx, data->x, &e));
    *ret_exact = e;
    *ret_shift = shift;
    return HONE_OK;
}

/* The path is kept; tree is cut back along it while the price is at most ccp_alpha. */
static hone_status prune(hone_ctx *ctx, hn_arena *arena, const hn_decision_params *p,
                         hn_decision *tree, hn_decision_state *s) {
    HN_SCRATCH(ctx);
    int32_t *left;
    double *own;
    uint8_t *pruned;
    hn_prune_path path;
    HN_TRY(HN_SCRATCH_NEW(ctx, left, tree->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, own, tree->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, pruned, tree->n));
    for (int32_t i = 0; i < tree->n; i++) {
        left[i] = tree->nodes[i].left;
        own[i] = tree->total > 0 ? tree->nodes[i].what.impurity / tree->total : 0;
    }
    HN_TRY(hn_prune(ctx, arena, tree->n, left, own, p->ccp_alpha, pruned, &path));
    for (int32_t i = 0; i < tree->n; i++)
        if (pruned[i]) tree->nodes[i].left = -1;
    s->path_alphas = path.alphas;
    s->path_impurities = path.impurities;
    s->path_length = path.n;
    return HONE_OK;
}

static hone_status decision_fit(hone_ctx *ctx, const void *params_, const hone_data *data,
                                hn_arena *arena, void *ret_state) {
    enum { MAX_BINS = 255 };
    HN_SCRATCH(ctx);
    const hn_decision_params *p = params_;
    hn_bins bins;
    hn_exact exact;
    hn_decision tree;
    double shift;
    HN_TRY(hn_bins_make(ctx, ctx->scratch, data->x, MAX_BINS, ctx->seed, false, &bins));
    HN_TRY(make_exact(ctx, p, data, &bins, &exact, &shift));
    HN_TRY(hn_decision_grow(ctx, ctx->scratch, &exact, p, &tree));
    HN_TRY(prune(ctx, arena, p, &tree, ret_state));
    return hn_decision_keep(ctx, arena, &exact, &tree, shift, ret_state);
}

/* ---- predict, save, show -------------------------------------------------------------------- */

static void finish_binary(const void *arg, double *row) {
    (void)arg;
    row[1] = row[0];
    row[0] = 1 - row[1];
}

static hone_status decision_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                                    double *ret_out) {
    const hn_decision_state *s = state;
    hn_scoring scoring = {.outputs = s->n_classes > 0 ? s->n_classes : 1,
                          .groups = 1,
                          .start = s->start,
                          .finish = s->n_classes == 2 ? finish_binary : NULL};
    return hn_trees_predict(ctx, &s->trees, &scoring, x, ret_out);
}

static int64_t decision_outputs(const void *state) {
    const hn_decision_state *s = state;
    return s->n_classes > 0 ? s->n_classes : 1;
}

static hone_status decision_visit(hn_visitor *v, void *state) {
    hn_decision_state *s = state;
    HN_TRY(hn_visit(v, "n_classes", &s->n_classes));
    HN_TRY(hn_visit(v, "path_length", &s->path_length));
    HN_TRY(hn_visit_check(v,
                          (s->n_classes == 0 || (s->n_classes >= 2 && s->n_classes < INT32_MAX)) &&
                              s->path_length >= 0,
                          "a tree with an impossible number of classes or steps of pruning"));
    HN_TRY(hn_trees_visit(v, &s->trees));
    HN_TRY(hn_visit_check(
        v, s->trees.n_trees == 1 && s->trees.width == (s->n_classes > 2 ? s->n_classes : 0),
        "leaves that do not fit the classes"));
    HN_TRY(hn_visit(v, "start", &s->start, s->n_classes > 0 ? s->n_classes : 1));
    HN_TRY(hn_visit(v, "importances", &s->importances, s->trees.n_features));
    int64_t nodes = s->trees.n_nodes;
    HN_TRY(hn_visit(v, "n_node_samples", &s->rows, nodes));
    HN_TRY(hn_visit(v, "weighted_n_node_samples", &s->weights, nodes));
    HN_TRY(hn_visit(v, "impurity", &s->impurity, nodes));
    HN_TRY(hn_visit(v, "value", &s->value, nodes, s->n_classes > 0 ? s->n_classes : 1));
    HN_TRY(hn_visit(v, "node_missing", &s->missing, nodes));
    HN_TRY(hn_visit(v, "ccp_alphas", &s->path_alphas, s->path_length));
    return hn_visit(v, "ccp_impurities", &s->path_impurities, s->path_length);
}

static hone_status decision_importances(hone_ctx *ctx, const void *state, double *ret_importances) {
    (void)ctx;
    const hn_decision_state *s = state;
    if (s->trees.n_features > 0)
        memcpy(ret_importances, s->importances, (size_t)s->trees.n_features * sizeof(double));
    return HONE_OK;
}

static hn_tree_shown shown_of(const hn_decision_state *s, const hn_shown *shown) {
    return (hn_tree_shown){.trees = &s->trees,
                           .shown = shown,
                           .n_classes = s->n_classes,
                           .rows = s->rows,
                           .impurity = s->impurity,
                           .value = s->value,
                           .missing = s->missing};
}

static hone_status decision_rules(hone_ctx *ctx, const void *state, const hn_shown *shown,
                                  hn_str *str) {
    hn_tree_shown tree = shown_of(state, shown);
    return hn_tree_rules(ctx, &tree, str);
}

static hone_status decision_drawing(hone_ctx *ctx, const void *state, const hn_shown *shown,
                                    hn_str *str) {
    hn_tree_shown tree = shown_of(state, shown);
    return hn_tree_drawing(ctx, &tree, str);
}

/* Steps of the path at even distances, the first and the last among them. */
static void put_path(hn_json_doc *doc, hn_json_mut *object, const char *key, const double *values,
                     int64_t n) {
    enum { MOST = 200 };
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, object, key);
    int64_t shown = n < MOST ? n : MOST;
    for (int64_t i = 0; i < shown; i++)
        yyjson_mut_arr_add_real(doc, list, values[shown > 1 ? i * (n - 1) / (shown - 1) : 0]);
}

static hone_status decision_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                   hn_json_doc *doc, hn_json_mut *object) {
    (void)schema;
    const hn_decision_state *s = state;
    HN_TRY(hn_report_trees(ctx, &s->trees, doc, object));
    hn_json_mut *path = yyjson_mut_obj_add_obj(doc, object, "pruning_path");
    yyjson_mut_obj_add_int(doc, path, "steps", s->path_length);
    put_path(doc, path, "ccp_alphas", s->path_alphas, s->path_length);
    put_path(doc, path, "impurities", s->path_impurities, s->path_length);
    return HONE_OK;
}

const hone_estimator hn_decision_tree = {
    .name = "decision_tree",
    .title = "Decision tree",
    .class_names = "DecisionTreeClassifier DecisionTreeRegressor",
    .family = "tree",
    .also = "tree cart",
    .doc = "One tree of questions that people can read. Take it to understand the data; "
           "random_forest and "
           "gbdt predict better.",
    .references =
        "Breiman, Friedman, Olshen, Stone (1984), Classification and regression trees\n"
        "Mehta, Agrawal, Rissanen (1996), SLIQ: a fast scalable classifier for data mining",
    .tasks = HN_TASK_CLASSIFY | HN_TASK_REGRESSION,
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_CAN_WEIGHTS | HN_CAN_PROBABILITIES |
           HN_CAN_IMPORTANCES,
    .params = HN_PARAMS(hn_decision_params, params),
    .state_size = sizeof(hn_decision_state),
    .check = decision_check,
    .fit = decision_fit,
    .predict = decision_predict,
    .outputs = decision_outputs,
    .visit = decision_visit,
    .importances = decision_importances,
    .report = decision_report,
    .rules = decision_rules,
    .drawing = decision_drawing,
    HN_GOLDEN({.dataset = "tabular/diabetes/diabetes.csv",
               .target = "target",
               .params = "{\"max_depth\":4}",
               .scheme = "all",
               .metric = "rmse",
               .value = 50.16547063808196,
               .tolerance = 1e-9,
               .source = "scikit-learn 1.9.1, DecisionTreeRegressor(max_depth=4)"},
              {.dataset = "tabular/concrete/concrete.csv",
               .target = "strength",
               .params = "{\"min_samples_leaf\":20}",
               .scheme = "all",
               .metric = "rmse",
               .value = 6.808536815392945,
               .tolerance = 1e-9,
               .source = "scikit-learn 1.9.1, DecisionTreeRegressor(min_samples_leaf=20)"},
              {.dataset = "tabular/breast_cancer/breast_cancer.csv",
               .target = "diagnosis",
               .params = "{\"max_depth\":3}",
               .scheme = "all",
               .metric = "log_loss",
               .value = 0.08258809712946595,
               .tolerance = 1e-9,
               .source = "scikit-learn 1.9.1, DecisionTreeClassifier(max_depth=3)"},
              {.dataset = "tabular/iris/iris.csv",
               .target = "species",
               .params = "{\"max_depth\":3,\"criterion\":\"entropy\"}",
               .scheme = "all",
               .metric = "log_loss",
               .value = 0.07059559171906232,
               .tolerance = 1e-9,
               .source = "scikit-learn 1.9.1, DecisionTreeClassifier(max_depth=3, "
                         "criterion='entropy')"}),
};
