/* impute.h - one value per column, or per column and group, for what is missing: the state, what it learns
 * (impute_learn.c) and what it puts in (impute_fill.c). */
#ifndef HN_ML_PREP_IMPUTE_H
#define HN_ML_PREP_IMPUTE_H

#include "ml/prep/groups.h"

typedef struct hn_impute_params {
    int strategy;
    double fill_value;
    const char *fill_text;
    int indicator;
    hn_texts by;
    int64_t min_count;
} hn_impute_params;

/* strategy, indicator */
enum {
    HN_IMPUTE_AUTO,
    HN_IMPUTE_MEAN,
    HN_IMPUTE_MEDIAN,
    HN_IMPUTE_MOST_FREQUENT,
    HN_IMPUTE_CONSTANT
};
enum { HN_INDICATE_NONE, HN_INDICATE_AUTO, HN_INDICATE_ALL };

typedef struct hn_impute_state {
    int64_t n;          /* columns */
    int32_t *type;      /* [n] hn_type that comes out */
    double *fill;       /* [n] numbers */
    int32_t *fill_code; /* [n] categories: code that comes out */
    uint8_t *extended;  /* [n] the constant is a category that the column did not have */
    uint8_t *indicate;  /* [n] */
    const hn_dictionary **dictionary; /* [n] of extended columns, else NULL */
    hn_groups groups;                 /* none where all rows are one */
    uint8_t *passes;                  /* [n] what rows are grouped by stays as it is */
    double *group_fill;               /* [groups.n, n] */
    int32_t *group_code;              /* [groups.n, n] */
    /* made in prepare */
    int32_t n_indicated;
    const char **indicator_name; /* [n] */
} hn_impute_state;

hone_status hn_impute_learn(hone_ctx *ctx, const hn_impute_params *params, const hn_table *x,
                            hn_arena *arena, hn_impute_state *state) HONE_MUST_CHECK;
hone_status hn_impute_fill(hone_ctx *ctx, const hn_impute_state *state, const hn_table *x,
                           hn_arena *arena, hn_table *ret_out) HONE_MUST_CHECK;
/* What a column comes out as. Whole numbers may come in as doubles (a row of JSON, a file where one has
 * a fraction): they stay what they are. */
static inline hn_type hn_impute_out_type(const hn_impute_state *s, int64_t j,
                                         const hn_column *column) {
    hn_type type = (hn_type)s->type[j];
    return type == HN_I64 && column->type != HN_I64 ? HN_F64 : type;
}

#endif
