/* segments.h - parts of a table where a figure is larger than elsewhere. */
#ifndef HN_FLOW_SEGMENTS_H
#define HN_FLOW_SEGMENTS_H

#include "base/json.h"
#include "table/table.h"

/* "overall" and "segments" (errors.h) into object: of the columns of x, by figure [n]; weight [n] or NULL. */
hone_status hn_segments_json(hone_ctx *ctx, const hn_table *x, const double *figure,
                             const double *weight, int64_t most, hn_json_doc *doc,
                             hn_json_mut *object) HONE_MUST_CHECK;

#endif
