/* bias_variance.h - what a model's expected loss is made of. */
#ifndef HN_FLOW_BIAS_VARIANCE_H
#define HN_FLOW_BIAS_VARIANCE_H

#include "flow/recipe.h"

/* "bias_variance" (curve.h) into object: a fifth of data's rows are held out; the recipe is fitted rounds
 * times on resamples (with replacement) of the rest, and the answers for the rows held out are taken
 * apart. */
hone_status hn_bias_variance(hone_ctx *ctx, const hn_recipe *recipe, const hone_data *data,
                             int64_t rounds, hn_json_doc *doc, hn_json_mut *object) HONE_MUST_CHECK;

#endif
