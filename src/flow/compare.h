/* compare.h - several models on the same rows: who is best, by how much, and whether that is sure. */
#ifndef HN_FLOW_COMPARE_H
#define HN_FLOW_COMPARE_H

#include "flow/evaluate.h"
#include "flow/model.h"

typedef struct hn_contender {
    const char *name;
    const char *kind; /* what sort of model; NULL: the baseline */
    hn_scored scored;
    double fit, predict; /* seconds; NaN: not measured */
    const int32_t
        *fold; /* [scored.n]: the outer fold that a row is answered in, of n_folds; NULL: none */
    int64_t n_folds;
    const char **kinds; /* [n_folds] what was fitted in each; NULL: the baseline, or no folds */
} hn_contender;

enum { HN_CONTENDERS_MOST = 64 };

typedef struct hn_contenders {
    hn_contender items[HN_CONTENDERS_MOST];
    int n;
} hn_contenders;

/* Answers of a finished model for a table's labelled rows; all models must predict the same target with
 * the same classes. Arrays live in ctx->scratch. */
hone_status hn_contend(hone_ctx *ctx, const hone_model *model, const char *name,
                       const hone_table *table, bool allow_extra,
                       hn_contenders *contenders) HONE_MUST_CHECK;
/* Kinds by name ("auto": chosen), and recipes' models with their steps, fitted on the training rows of base's split
 * and asked about the rest; the baseline beside. outer > 0: cross-validated by so many folds instead, and where a model
 * is chosen or decided by folds, these are folds within the rows that it learns from (nested). Arrays and models
 * live in ctx->scratch and arena. */
hone_status hn_contend_fitted(hone_ctx *ctx, hn_arena *arena, const hn_recipe *base,
                              const hone_table *table, const hn_texts *kinds,
                              const hn_texts *recipes, int64_t outer,
                              hn_contenders *contenders) HONE_MUST_CHECK;

/* {"rows", "primary", "models": [{"name", "kind", "metrics", "intervals", "seconds": {"fit", "predict"},
 * "folds": {"mean", "sd", "values", "kinds"} of outer folds, "behind": {"value", "low", "high", "sure"}}] best first,
 * "best", "as_good": [names that are not clearly worse], "verdict": sentences, "change": {"from", "to", "value", "low",
 * "high", "sure"} of two}.
 * Differences are of the primary metric on the same resamples of the rows; sure is the share of resamples
 * that agree. */
hone_status hn_compare(hone_ctx *ctx, const hn_contenders *contenders,
                       const hn_metric_list *metrics, hn_json_doc *doc,
                       hn_json_mut **ret_object) HONE_MUST_CHECK;

#endif
