/* drop_rows.h - what steps share that leave rows out of what is learned from: rows to be answered pass them as they
 * are, so such a row may hold what no training row holds. */
#ifndef HN_ML_PREP_DROP_ROWS_H
#define HN_ML_PREP_DROP_ROWS_H

#include "ml/prep/prep.h"

typedef struct hn_dropping {
    int64_t n_features, rows_before, rows_after;
} hn_dropping;

/* The rows that are not marked in drop [n_rows], counted in *dropping. HONE_ERROR_DATA where none is left. */
hone_status hn_drop_rows(hone_ctx *ctx, const char *step, const hone_data *data,
                         const uint8_t *drop, hn_arena *arena, hn_dropping *dropping,
                         hn_resampled *ret_rows) HONE_MUST_CHECK;
/* The hooks of steps whose whole state is an hn_dropping. */
hone_status hn_dropping_fit(hone_ctx *ctx, const void *params, const hone_data *data,
                            hn_arena *arena, void *state);
hone_status hn_dropping_pass(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out);
hone_status hn_dropping_visit(hn_visitor *v, void *state);
hone_status hn_dropping_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                                const hn_table *schema);
hone_status hn_dropping_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                               hn_json_doc *doc, hn_json_mut *object);

#endif
