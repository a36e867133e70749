/* picture.h - one picture of a table's columns: a table of kinds, each with what it needs. */
#ifndef HN_FLOW_PICTURE_H
#define HN_FLOW_PICTURE_H

#include "flow/plot.h"
#include "spec/param.h"
#include "table/table.h"

typedef struct hn_picture_options {
    int kind; /* as in hn_picture_kinds */
    const char *x, *y, *color, *facet, *title;
    int64_t bins, sample;
    int log; /* none, x, y, both */
} hn_picture_options;
extern const hn_params hn_picture_params;

enum { HN_PICTURE_PLOTS = 12 };

/* The plots (one, or one per facet) and their title are in arena; texts may be the table's. */
hone_status hn_picture_of(hone_ctx *ctx, hn_arena *arena, const hn_table *table,
                          const hn_picture_options *options, hn_sheet *ret_sheet) HONE_MUST_CHECK;

#endif
