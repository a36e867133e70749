/* score.h - rows in, answers out: the one path that the program, the library and the server take. */
#ifndef HN_FLOW_SCORE_H
#define HN_FLOW_SCORE_H

#include "flow/model.h"

/* A table of any origin as the model's inputs: columns found by name, put in the model's order, cast to its
 * types, categories coded in its dictionaries. Errors name the column and row. Columns that training
 * never saw are HONE_ERROR_DATA unless allow_extra. */
hone_status hn_bind_table(hone_ctx *ctx, const hone_model *model, const hn_table *table,
                          bool allow_extra, hn_arena *arena, hn_table *ret_inputs) HONE_MUST_CHECK;
/* JSON rows: one object by column name, one array (or {"features": [...]}) in the schema's order, or
 * an array of those (also under "rows" or "instances"). An absent column is missing unless
 * every row lacks it: that is an error, as is an unknown one. *ret_single: the body was one row. */
hone_status hn_bind_json(hone_ctx *ctx, const hone_model *model, hn_json *body, hn_arena *arena,
                         hn_table *ret_inputs, bool *ret_single) HONE_MUST_CHECK;

/* Answers for bound inputs; all arrays in arena. */
typedef struct hn_answers {
    int64_t n;
    int32_t n_outputs;
    int64_t
        stride; /* numbers from one row to the next: n_outputs, or more for one of several targets */
    double *out; /* [n, stride]: as hone_estimator.predict */
    int32_t *
        label; /* [n] class index; NULL for regression and clustering. Of several targets [n_targets, n] */
    double *chosen; /* [n] what out says of that class; as label */
} hn_answers;
hone_status hn_score(hone_ctx *ctx, const hone_model *model, const hn_table *inputs,
                     hn_arena *arena, hn_answers *ret_answers) HONE_MUST_CHECK;
/* Columns: prediction; for classes also probability (of the prediction) and probability_CLASS each; for
 * anomalies (prediction true) also score. Of several targets each has _TARGET behind "prediction" and
 * "probability". */
hone_status hn_answers_table(hone_ctx *ctx, const hone_model *model, const hn_answers *answers,
                             hn_arena *arena, hn_table *ret_table) HONE_MUST_CHECK;

/* JSON rows to JSON answers, appended to str: what --row, the library and the server answer. One row gives an
 * object, a list a list; served adds "status":"success" and puts a list under "predictions". ret_rows (may be
 * NULL): how many rows were answered. */
hone_status hn_predict_json(hone_ctx *ctx, const hone_model *model, const char *rows, size_t length,
                            hn_str *str, bool served, int64_t *ret_rows) HONE_MUST_CHECK;

#endif
