/* derive.h - columns by expression, for the steps that write the expressions themselves. */
#ifndef HN_ML_PREP_DERIVE_H
#define HN_ML_PREP_DERIVE_H

#include "ml/prep/prep.h"

struct hn_expr;

typedef struct derive_state {
    int64_t n;      /* columns that come in */
    int64_t n_made; /* expressions */
    int64_t n_dropped;
    const char **made;                /* [n_made] "name = expression" */
    const char **dropped;             /* [n_dropped] */
    int32_t *type;                    /* [n_made] hn_type of the result */
    const hn_dictionary **dictionary; /* [n_made] of text results, else NULL */
    /* made in prepare */
    struct hn_expr **program; /* [n_made] */
    const char **name;        /* [n_made] */
    int32_t
        *place; /* [n_made] column it becomes: one of x's or of those made before, or a new one */
    int32_t n_wide; /* columns before dropping */
    int32_t *kept;  /* [n_kept] */
    int32_t n_kept;
} derive_state;

/* Learn expressions ("name = expression") on data, and to leave out the columns drop afterwards. */
hone_status hn_derive_fit(hone_ctx *ctx, const hn_texts *expressions, const hn_texts *drop,
                          const hone_data *data, hn_arena *arena, void *ret_state) HONE_MUST_CHECK;

hone_status hn_derive_transform(hone_ctx *ctx, const void *state, const hn_table *x,
                                hn_arena *arena, hn_table *ret_out);
hone_status hn_derive_visit(hn_visitor *v, void *state);
hone_status hn_derive_prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema);
void hn_derive_done(void *state);
hone_status hn_derive_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                             hn_json_doc *doc, hn_json_mut *object);

#define HN_DERIVE_HOOKS                                                                            \
    .state_size = sizeof(derive_state), .transform = hn_derive_transform,                          \
    .visit = hn_derive_visit, .prepare = hn_derive_prepare, .done = hn_derive_done,                \
    .report = hn_derive_report

#endif
