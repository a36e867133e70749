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
 * test rows, "primary": name, "baseline": [answer], "lineage": {"source", "data_hash", "seed", "hone"}} */
hone_status hn_train(hone_ctx *ctx, const hn_recipe *recipe, const hone_table *table,
                     hone_model **ret_model, hn_seconds_spent *seconds) HONE_MUST_CHECK;

/* Metrics with intervals and reports of a model on labelled rows: {"rows", "metrics": {"test": ..., "baseline":
 * ...}, "primary", "reports"}. names n == 0: the task's usual ones. Clusterings: figures of any rows, without baseline
 * and intervals; truth (or NULL) names a column with a known grouping to compare them with. */
hone_status hn_evaluate(hone_ctx *ctx, const hone_model *model, const hone_table *table,
                        const hn_texts *names, const char *truth, bool allow_extra,
                        hn_json_doc *doc, hn_json_mut **ret_object) HONE_MUST_CHECK;

#endif
