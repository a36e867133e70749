/* curve.h - how a model learns: scores over more and more rows, and what its errors are made of. */
#ifndef HN_FLOW_CURVE_H
#define HN_FLOW_CURVE_H

#include "flow/recipe.h"

typedef struct hn_curve_options {
    hn_reals fractions; /* of each fold's training rows, ascending */
    int64_t folds;
    int64_t rounds; /* fits on resampled rows to part bias from variance; 0: none */
} hn_curve_options;
extern const hn_params hn_curve_params;

/* Cross-validated learning curve of recipe's model (chosen if it names none) over all rows of table:
 *   {"rows", "model", "learning": {"metric", "folds", "baseline", "points": [{"fraction", "rows",
 *    "train": {"mean", "sd", "values"}, "test": {...}, "seconds"}]},
 *    "bias_variance": {"loss": "squared" | "zero_one", "rounds", "rows", "expected", "bias", "variance"},
 *    "diagnosis": {"overfits", "underfits", "more_rows_help", "text"}}
 * Classes are kept in proportion in each fraction, and a smaller fraction is part of a larger one. Bias and
 * variance: Geman, Bienenstock, Doursat (1992) for squared loss, where expected = bias + variance (noise
 * counts as bias); Domingos (2000) for classes. */
hone_status hn_learning_curve(hone_ctx *ctx, const hn_recipe *recipe, const hone_table *table,
                              const hn_curve_options *options, hn_json_doc *doc,
                              hn_json_mut **ret_object) HONE_MUST_CHECK;

#endif
