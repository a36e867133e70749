/* changes.h - what the steps did to the training rows, counted from outside: no step keeps books. Columns before a
 * step are compared with those after it; what it says of itself (its report) stands beside that.
 *
 * One entry per step:
 *   {"step": "impute", "name": "ages" (where it has one), "rows": {"before": 891, "after": 891, "made": 0},
 *    "looked_at": 262144 (rows, where the table is longer: counts below are of these, spread over it),
 *    "columns": [{"name": "Age", "type": ["int64", "float64"] (where it changed), "changed": 177 (cells; not there
 *                 where rows changed), "missing": [177, 0], "mean": [29.7, 29.4], "low": [..], "high": [..],
 *                 "texts": [{"from": "ny", "to": "NY", "cells": 12}], "other_texts": 3}],
 *    "more_columns": 0, "taken": ["Name"], "n_taken": 1, "made": ["title"], "n_made": 1}
 * "columns" holds those of the same name that differ. Where the data's section fills columns (windows.h), the first
 * entry is {"step": "fill", "before_split": true, "rows": .., "columns": ..}, counted in all rows that were read. */
#ifndef HN_FLOW_CHANGES_H
#define HN_FLOW_CHANGES_H

#include "flow/model.h"

typedef struct hn_changes {
    hn_json_doc *doc;
    hn_json_mut *list; /* entries */
} hn_changes;

/* What a step made of before, as entry at the end. source [after's rows] is set where rows changed: the row that each
 * comes from; partner (may be NULL) tells which were made (not -1). Same bits for any thread count. */
hone_status hn_changes_add(hone_ctx *ctx, hn_changes *changes, const hn_recipe_part *part,
                           const hn_table *before, const hn_table *after, const int64_t *source,
                           const int64_t *partner) HONE_MUST_CHECK;

/* What data's fills put into the columns of before, as the entry that training puts first, to after->filled. after: the
 * first rows of before. */
hone_status hn_changes_keep_fills(hone_ctx *ctx, const hn_recipe_data *data, const hn_table *before,
                                  hone_table *after) HONE_MUST_CHECK;

/* The log of a model for people, as text or Markdown. HONE_ERROR_UNSUPPORTED where the model has none. */
hone_status hn_changes_write(hone_ctx *ctx, const hone_model *model, bool markdown,
                             hn_str *str) HONE_MUST_CHECK;

#endif
