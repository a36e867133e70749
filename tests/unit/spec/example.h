/* example.h - a parameter table with every type in it, for the tests of the engine and emitters. */
#ifndef HN_TESTS_SPEC_EXAMPLE_H
#define HN_TESTS_SPEC_EXAMPLE_H

#include "unit/support.h"
#include "spec/param.h"
#include <math.h>

typedef struct example {
    bool intercept;
    bool verbose;
    int64_t max_iter;
    int64_t max_features;
    double alpha;
    double tolerance;
    double ceiling;
    int solver;
    const char *label;
    const char *mode;
    const char *password;
    hn_texts columns;
    hn_texts scores;
    hn_reals quantiles;
    hn_pairs monotone;
} example;

static const hone_param example_items[] = {
    HN_PARAM(example, intercept, .def = "true", .doc = "Whether to fit an intercept."),
    HN_PARAM(example, verbose, .level = HN_EXPERT, .doc = "Say more."),
    HN_PARAM(example, max_iter, .def = "100", .range = "[1, inf)", .unit = "rounds",
             .aliases = HN_CHOICES("n_iter", "iterations"), .search = "{50, 100, 200}",
             .doc = "Most rounds there may be."),
    HN_PARAM(example, max_features, .def = "sqrt", .range = "[1, 1e6]",
             .words = HN_WORDS({"sqrt", -1}, {"none", -2}),
             .doc = "Features looked at in a split."),
    HN_PARAM(example, alpha, .def = "1", .range = "[0, inf)", .search = "[1e-4, 1e4] log",
             .doc = "Strength of the penalty."),
    HN_PARAM(example, tolerance, .def = "1e-4", .range = "(0, 1)", .level = HN_ADVANCED,
             .doc = "When to stop."),
    HN_PARAM(example, ceiling, .def = "inf", .range = "(0, inf]", .level = HN_ADVANCED,
             .words = HN_WORDS({"unknown", NAN}), .doc = "Largest value there may be."),
    HN_PARAM(example, solver, .def = "auto", .choices = HN_CHOICES("auto", "cholesky", "svd"),
             .doc = "How to solve it."),
    HN_PARAM(example, label, .doc = "A name for people."),
    HN_PARAM(example, mode, .def = "fast", .choices = HN_CHOICES("fast", "exact"),
             .doc = "Fast or exact."),
    HN_PARAM(example, password, .secret = true, .doc = "Never shown."),
    HN_PARAM(example, columns, .doc = "Columns to take."),
    HN_PARAM(example, scores, .def = "auc", .choices = HN_CHOICES("auc", "rmse"), .doc = "Scores."),
    HN_PARAM(example, quantiles, .def = "0.25,0.75", .range = "[0, 1]", .doc = "Quantiles."),
    HN_PARAM(example, monotone, .range = "[-1, 1]", .words = HN_WORDS({"rising", 1}),
             .doc = "Direction by feature."),
};
static const hn_params example_params = HN_PARAMS(example, example_items);

#endif
