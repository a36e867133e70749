/* sample.h - a few made rows kept in the model with their answers, so that whoever loads it can tell that it
 * answers as it did where it was made. No row that it was trained on is among them. */
#ifndef HN_FLOW_SAMPLE_H
#define HN_FLOW_SAMPLE_H

#include "flow/infer.h"
#include "flow/model.h"

/* {"rows": [{column: value}], "answers": [[...]]} of n rows made at random, within the bounds of like (the
 * model's inputs) and of its categories; free texts are missing. NULL where a row would not survive being written (a
 * category that is no UTF-8). */
hone_status hn_sample_make(hone_ctx *ctx, const hone_model *model, const hn_profiled *like,
                           int64_t n, hn_json_doc *doc, hn_json_mut **ret_sample) HONE_MUST_CHECK;
/* The same of rows that are there: of an earlier sample, for a model that has changed since. */
hone_status hn_sample_answer(hone_ctx *ctx, const hone_model *model, hn_json *rows,
                             hn_json_doc *doc, hn_json_mut **ret_sample) HONE_MUST_CHECK;
/* How many rows the model's facts hold, and how many of them are answered with the same bits. */
hone_status hn_sample_check(hone_ctx *ctx, const hone_model *model, hn_json *sample,
                            int64_t *ret_rows, int64_t *ret_same) HONE_MUST_CHECK;

#endif
