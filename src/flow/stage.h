/* stage.h - one step or model of a pipeline, fitted, and what it does to a table. */
#ifndef HN_FLOW_STAGE_H
#define HN_FLOW_STAGE_H

#include "spec/estimator.h"

typedef struct hn_stage {
    const hone_estimator *kind;
    void *params;    /* as given */
    void *state;     /* fitted */
    int32_t *inputs; /* ascending indices into the stage's input table */
    int32_t n_inputs;
    hn_table schema; /* 0 rows: the columns it was fitted on */
} hn_stage;

/* The stage's columns of table. A step gets numbers in single precision where they were so when it was fitted, and
 * nowhere else: what comes out does not depend on how a row came in. */
hone_status hn_stage_inputs(hone_ctx *ctx, const hn_stage *stage, const hn_table *table,
                            hn_arena *arena, hn_table *ret_inputs) HONE_MUST_CHECK;
/* out stands where the stage's columns stood: at the place of the first of them. */
hone_status hn_stage_replace(hone_ctx *ctx, hn_arena *arena, const hn_table *table,
                             const hn_stage *stage, const hn_table *out,
                             hn_table *ret_table) HONE_MUST_CHECK;
/* A step's columns transformed, and in place of what they were made of. */
hone_status hn_stage_apply(hone_ctx *ctx, const hn_stage *stage, const hn_table *table,
                           hn_arena *arena, hn_table *ret_table) HONE_MUST_CHECK;
/* What the step took, in place of what it gave: table as after it, before (0 rows) as it got it. */
hone_status hn_stage_back(hone_ctx *ctx, const hn_stage *stage, const hn_table *before,
                          const hn_table *table, hn_arena *arena,
                          hn_table *ret_table) HONE_MUST_CHECK;

#endif
