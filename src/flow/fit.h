/* fit.h - one kind by itself (hone.h): what fitting it, sampling with it and asking it share. */
#ifndef HN_FLOW_FIT_H
#define HN_FLOW_FIT_H

#include "flow/score.h"

/* A recipe of the kind alone, with params (JSON; NULL: its defaults), in arena. A step takes all columns or fails. */
hone_status hn_fit_recipe(hone_ctx *ctx, hn_arena *arena, const char *kind, const char *params,
                          hn_recipe *recipe) HONE_MUST_CHECK;
/* What the caller gave as data, borrowed: targets are there where the task needs them, and fit it. */
hone_status hn_fit_examples(hone_ctx *ctx, const hone_examples *given,
                            hone_data *ret_data) HONE_MUST_CHECK;
/* The rows by which the caller says when to stop, beside data; *ret_x: as the model takes its columns, in scratch. */
hone_status hn_fit_validation(hone_ctx *ctx, const hone_examples *given, const hn_table *schema,
                              const hone_data *data, hone_data *ret_validation,
                              hn_table *ret_x) HONE_MUST_CHECK;
/* A step that takes categories only gets them: numbers are coded by how they print. */
hone_status hn_fit_categories(hone_ctx *ctx, hn_arena *arena, const hone_estimator *kind,
                              const hn_table *x, hn_table *ret_table) HONE_MUST_CHECK;
/* What training would have written of a model of rows rows: recipe and facts. */
hone_status hn_fit_facts(hone_ctx *ctx, const hn_recipe *recipe, hone_model *model,
                         int64_t rows) HONE_MUST_CHECK;
/* A copy of array that the caller frees (hone_array_free). */
hone_status hn_array_give(hone_ctx *ctx, const hone_array *array,
                          hone_array *ret_array) HONE_MUST_CHECK;

#endif
