/* forest.h - averages of many trees, as random_forest and extra_trees share them. */
#ifndef HN_ML_TREE_FOREST_H
#define HN_ML_TREE_FOREST_H

#include "ml/tree/monotone.h"
#include "ml/tree/nodes.h"

typedef struct hn_forest_params {
    int64_t n_estimators;
    int criterion;
    int64_t max_depth;
    int64_t min_samples_split, min_samples_leaf;
    double min_weight_fraction_leaf;
    int64_t max_leaf_nodes;
    double max_features;
    double min_impurity_decrease;
    bool bootstrap;
    double max_samples;
    double ccp_alpha;
    int64_t max_bins;
    int class_weight;
    bool oob_score;
    hn_pairs monotone_constraints;
} hn_forest_params;

enum { HN_FOREST_AUTO, HN_FOREST_GINI, HN_FOREST_ENTROPY, HN_FOREST_SQUARED };
enum { HN_WEIGHTS_NONE, HN_WEIGHTS_BALANCED, HN_WEIGHTS_SUBSAMPLE };
enum {
    HN_FEATURES_AUTO = 0,
    HN_FEATURES_SQRT = -1,
    HN_FEATURES_LOG2 = -2,
    HN_FEATURES_ALL = -3,
    HN_FEATURES_THIRD = -4
};

/* The parameters that both declare; defaults that differ are given. */
#define HN_FOREST_PARAMS(BOOTSTRAP, FEATURES_DOC)                                                  \
    HN_PARAM(hn_forest_params, n_estimators, .def = "100", .range = "[1, 100000]",                 \
             .unit = "trees", .aliases = HN_CHOICES("n_trees"), .search = "[50, 500] log",         \
             .doc = "Trees; more never hurt but take longer."),                                    \
        HN_PARAM(hn_forest_params, criterion, .def = "auto",                                       \
                 .choices = HN_CHOICES("auto", "gini", "entropy", "squared"),                      \
                 .doc = "What a cut is judged by; auto: gini for classes, squared for numbers."),  \
        HN_PARAM(hn_forest_params, max_depth, .def = "none", .range = "[1, 100000]",               \
                 .words = HN_WORDS({"none", 0}), .doc = "Edges from root to leaf at most."),       \
        HN_PARAM(hn_forest_params, min_samples_split, .def = "2", .range = "[2, inf)",             \
                 .unit = "rows", .doc = "Rows of a node to be cut at least."),                     \
        HN_PARAM(hn_forest_params, min_samples_leaf, .def = "1", .range = "[1, inf)",              \
                 .unit = "rows", .search = "[1, 20] log", .doc = "Rows of a leaf at least."),      \
        HN_PARAM(hn_forest_params, min_weight_fraction_leaf, .def = "0", .range = "[0, 0.5]",      \
                 .level = HN_ADVANCED,                                                             \
                 .doc = "Share of the tree's rows' weight in a leaf at least."),                   \
        HN_PARAM(hn_forest_params, max_leaf_nodes, .def = "none", .range = "[2, inf)",             \
                 .words = HN_WORDS({"none", 0}), .aliases = HN_CHOICES("max_leaves"),              \
                 .level = HN_ADVANCED,                                                             \
                 .doc = "Leaves of a tree at most; the cuts that gain most are made first."),      \
        HN_PARAM(hn_forest_params, max_features, .def = "auto", .range = "(0, inf)",               \
                 .words = HN_WORDS({"auto", HN_FEATURES_AUTO}, {"sqrt", HN_FEATURES_SQRT},         \
                                   {"log2", HN_FEATURES_LOG2}, {"all", HN_FEATURES_ALL},           \
                                   {"third", HN_FEATURES_THIRD}),                                  \
                 .doc =                                                                            \
                     "Features drawn for a node: below 1 a share, from 1 on a number; auto: sqrt " \
                     "for classes, " FEATURES_DOC " for numbers."),                                \
        HN_PARAM(hn_forest_params, min_impurity_decrease, .def = "0", .range = "[0, inf)",         \
                 .level = HN_ADVANCED,                                                             \
                 .doc = "A cut must lower the impurity by this share of all rows' at least."),     \
        HN_PARAM(hn_forest_params, bootstrap, .def = BOOTSTRAP,                                    \
                 .doc = "Each tree sees rows drawn with replacement; else all rows."),             \
        HN_PARAM(hn_forest_params, max_samples, .def = "1", .range = "(0, inf)",                   \
                 .level = HN_ADVANCED,                                                             \
                 .doc = "Rows drawn for a tree: up to 1 a share, above 1 a number."),              \
        HN_PARAM(hn_forest_params, ccp_alpha, .def = "0", .range = "[0, inf)",                     \
                 .level = HN_ADVANCED, .search = "[1e-5, 0.01] log",                               \
                 .doc = "Price of a leaf in pruning: subtrees that gain less are cut back."),      \
        HN_PARAM(hn_forest_params, max_bins, .def = "255", .range = "[2, 255]",                    \
                 .level = HN_EXPERT, .doc = "Bins that a feature's values are cut into at most."), \
        HN_PARAM(hn_forest_params, class_weight, .def = "none",                                    \
                 .choices = HN_CHOICES("none", "balanced", "balanced_subsample"),                  \
                 .doc =                                                                            \
                     "balanced: rare classes weigh as much as frequent ones; balanced_subsample: " \
                     "among the rows of each tree."),                                              \
        HN_PARAM(hn_forest_params, oob_score, .def = "false",                                      \
                 .doc = "Score each row by the trees that did not see it, and report it "          \
                        "(accuracy, or R2)."),                                                     \
        HN_MONOTONE_PARAM(hn_forest_params)

typedef struct hn_forest_state {
    int64_t n_classes;
    int64_t has_oob;
    double oob_score;
    double scale; /* 1 / trees */
    hn_trees trees;
    double *start; /* [max(n_classes, 1)] zeros */
    double *importances;
} hn_forest_state;

/* What is of one kind: its name, whether cuts are drawn, and the features that auto means for numbers. */
typedef struct hn_forest_kind {
    const char *name;
    bool random_cuts;
    double features_of_numbers; /* share */
} hn_forest_kind;

/* The hooks. */
hone_status hn_forest_check(hone_ctx *ctx, const hn_forest_kind *kind, const void *params,
                            const hone_data *data) HONE_MUST_CHECK;
hone_status hn_forest_fit(hone_ctx *ctx, const hn_forest_kind *kind, const void *params,
                          const hone_data *data, hn_arena *arena, void *ret_state) HONE_MUST_CHECK;
hone_status hn_forest_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                              double *ret_out) HONE_MUST_CHECK;
int64_t hn_forest_outputs(const void *state);
hone_status hn_forest_visit(hn_visitor *v, void *state) HONE_MUST_CHECK;
/* kind: of the forest. A tree's own importances are not known: they are 0. */
hone_status hn_forest_member(hone_ctx *ctx, const char *kind, const void *state, int64_t i,
                             hn_arena *arena, hn_member *ret_member) HONE_MUST_CHECK;
hone_status hn_forest_importances(hone_ctx *ctx, const void *state,
                                  double *ret_importances) HONE_MUST_CHECK;
hone_status hn_forest_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                             hn_json_doc *doc, hn_json_mut *object) HONE_MUST_CHECK;
hone_status hn_forest_rules(hone_ctx *ctx, const void *state, const hn_shown *shown,
                            hn_str *str) HONE_MUST_CHECK;
hone_status hn_forest_drawing(hone_ctx *ctx, const void *state, const hn_shown *shown,
                              hn_str *str) HONE_MUST_CHECK;

#endif
