/* explore_beside.h - two tables of the same columns side by side: what training saw and what came later. */
#ifndef HN_FLOW_EXPLORE_BESIDE_H
#define HN_FLOW_EXPLORE_BESIDE_H

#include "flow/explore.h"

/* Adds to profile (of table) the member "beside":
 *   {"source", "rows", "only_here": [...], "only_there": [...], "other_type": [...], "columns": [...]}
 * and of each column that both have, the most different first:
 *   {"name", "sort", "measure", "distance", "p", "differs", "missing": [here, there], "unseen", "examples",
 *    "mean", "sd", "median", "edges", "names", "shares": [[...], [...]]}
 * distance: of numbers and times the largest difference of their distribution functions (Kolmogorov, Smirnov); of
 * names half the sum of the differences of their shares (total variation). Both run from 0 to 1; p is the chance of as
 * much where both were drawn alike. unseen: the share of there's rows whose name is none of here's. */
hone_status hn_explore_beside(hone_ctx *ctx, const hn_table *table, const hn_table *other,
                              const char *source, hn_json_doc *doc,
                              hn_json_mut *profile) HONE_MUST_CHECK;

#endif
