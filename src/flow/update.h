/* update.h - a model that learns from more rows without forgetting those it has learned from. */
#ifndef HN_FLOW_UPDATE_H
#define HN_FLOW_UPDATE_H

#include "flow/model.h"

/* HONE_ERROR_UNSUPPORTED, naming the kinds that can, where the model's kind can't go on learning. */
hone_status hn_model_may_learn(hone_ctx *ctx, const hone_model *model) HONE_MUST_CHECK;
/* data: columns as the model's last stage takes them. What was loaded from a file is copied before it changes. */
hone_status hn_model_learn(hone_ctx *ctx, hone_model *model, const hone_data *data) HONE_MUST_CHECK;

/* A table of the form trained on, through the steps as they were fitted, which stay as they are; those that change
 * which rows are learned from let them pass. Rows without a target are left out. The facts get an entry under
 * "updates" and a note, and stored samples their new answers; other figures stay those of training.
 *
 * {"rows", "updates": how many there have been, "primary", "metrics": {"test"}}: the figures are those of
 * these rows before they were learned from; without a target there are none. */
hone_status hn_model_update(hone_ctx *ctx, hone_model *model, const hone_table *table,
                            bool allow_extra, hn_json_doc *doc,
                            hn_json_mut **ret_object) HONE_MUST_CHECK;

#endif
