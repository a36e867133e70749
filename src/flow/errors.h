/* errors.h - where a model errs: its worst answers, its least certain ones, the classes it takes for
 * each other, and the parts of the table where it errs more than elsewhere. */
#ifndef HN_FLOW_ERRORS_H
#define HN_FLOW_ERRORS_H

#include "flow/evaluate.h"
#include "flow/model.h"

/* Scored rows, as the model's inputs, and where they stood in the table. */
typedef struct hn_examined {
    const hone_model *model;
    const hn_scored *scored;
    const hn_table *inputs; /* [n] */
    const int64_t *rows;    /* [n]: row of the table, from 0 */
    double threshold;       /* that the labels are decided by; NaN: none */
} hn_examined;

/* At most `most` of each:
 *   {"worst":         [{"row", "truth", "prediction", "probability": of the truth, "loss" | "error", "values"}],
 *    "least_certain": [{"row", "truth", "prediction", "gap": between the two likeliest, or to the
 *                     threshold, "values"}],
 *    "confused":      [{"truth", "prediction", "weight", "share": of the truth's rows}],
 *    "measure":       "error_rate" | "absolute_error", "overall": its mean,
 *    "segments":      [{"column", "is", "rows", "error", "times": of overall, "z"}]}
 * Rows count from 1. Segments are levels of categories and quarters of numbers with 10 rows and 1 % of all
 * at least, whose mean error is more than two standard errors above the rest's. */
hone_status hn_errors_json(hone_ctx *ctx, const hn_examined *examined, int64_t most,
                           hn_json_doc *doc, hn_json_mut **ret_object) HONE_MUST_CHECK;

#endif
