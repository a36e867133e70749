/* train.h - a recipe and a table become a model with honest numbers; and a model is scored anew. */
#ifndef HN_FLOW_TRAIN_H
#define HN_FLOW_TRAIN_H

#include "flow/model.h"

typedef struct hn_seconds_spent {
    double prepare, fit, evaluate; /* choosing a model counts as preparing */
} hn_seconds_spent;

/* Infer what the recipe leaves open (infer.h), split, choose the model if none is named, fit, score on
 * train and test beside the baseline. Same bits for any thread count. seconds may be NULL.
 *
 * model->facts: {"rows": {"read", "train", "test"}, "features", "notes": [...], "metrics": {"train": {name: value},
 * "test": {name: {"value", "low", "high", "ahead"}}, "baseline": {name: value}}, "reports": {...} of the
 * test rows, "primary": name, "baseline": [answer], "warnings": [leaks.h], "changes": [changes.h], if any; of
 * several targets metrics are means, and "targets": {NAME:
 * {"task", "metrics", "intervals", "reports", "primary", "baseline"}}, "lineage": {"source", "data_hash", "seed",
 * "hone"}} */
hone_status hn_train(hone_ctx *ctx, const hn_recipe *recipe, const hone_table *table,
                     hone_model **ret_model, hn_seconds_spent *seconds) HONE_MUST_CHECK;

/* What to find out about a model on labelled rows. */
typedef struct hn_evaluate_options {
    hn_texts metrics;  /* n 0: the task's usual ones */
    const char *truth; /* clusterings: a column with a known grouping; NULL: none */
    bool allow_extra;  /* columns that training never saw are left out, not refused */
    int64_t errors;    /* how many of the worst answers and so on; 0: no analysis of errors */
    bool plots;        /* Vega-Lite specifications beside the reports */
} hn_evaluate_options;
extern const hn_params hn_evaluate_params;

/* {"rows", "primary", "metrics": {"test", "baseline"}, "intervals", "reports", "decision", "errors",
 * "plots"}. decision (may be NULL): what is given there stands in place of what the model says, but for the
 * threshold: by a metric, cost or profit it is chosen on these very rows, so its figures are too good. Of
 * several targets: {"rows", "primary", "metrics": means, "targets": {NAME: all that}}. */
hone_status hn_evaluate(hone_ctx *ctx, const hone_model *model, const hone_table *table,
                        const hn_evaluate_options *options, const hn_recipe_decision *decision,
                        hn_json_doc *doc, hn_json_mut **ret_object) HONE_MUST_CHECK;

/* Of a clustering: {"rows", "primary", "metrics": {"test"}}; figures of any rows, without baseline. */
hone_status hn_evaluate_clusters(hone_ctx *ctx, const hone_model *model, const hone_table *table,
                                 const hn_evaluate_options *options, hn_json_doc *doc,
                                 hn_json_mut **ret_object) HONE_MUST_CHECK;

/* The labelled rows of a table as a model's inputs, with the target and, where the recipe names a column of
 * the table, weights beside; rows without a target are left out. All of it in ctx->scratch. */
typedef struct hn_labelled {
    hn_table *inputs;
    hone_data data;
    int64_t *rows; /* [n]: of the table, from 0 */
} hn_labelled;
hone_status hn_label_rows(hone_ctx *ctx, const hone_model *model, const hone_table *table,
                          bool allow_extra, hn_labelled *ret_labelled) HONE_MUST_CHECK;
/* The same of all rows, for models that learn without a target. */
hone_status hn_bare_rows(hone_ctx *ctx, const hone_model *model, const hone_table *table,
                         bool allow_extra, hn_labelled *ret_labelled) HONE_MUST_CHECK;
/* The recipe's section of a model, as it was trained with. */
hone_status hn_model_decision(hone_ctx *ctx, hn_arena *arena, const hone_model *model,
                              hn_recipe_decision *ret_section) HONE_MUST_CHECK;

#endif
