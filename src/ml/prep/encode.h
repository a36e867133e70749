/* encode.h - categories that become numbers by a table learned in training: by target, by count.
 *
 * What such a step learns per column is one table: from the column's code (and from what is missing, a
 * category like any other) to k numbers. Fits differ in how they fill it. */
#ifndef HN_ML_PREP_ENCODE_H
#define HN_ML_PREP_ENCODE_H

#include "ml/prep/prep.h"

typedef struct hn_encode_state {
    int64_t n;       /* columns */
    int64_t k;       /* numbers that each becomes */
    int64_t *offset; /* [n + 1] of each column's slots: one per code, then one for missing values */
    double *value;   /* [offset[n], k] */
    uint8_t *seen;   /* [offset[n]] whether training had it */
    double *unseen;  /* [n, k] what others get */
    int64_t refuses; /* 1: a category that training did not have is an error */
    /* made in prepare */
    const char **names; /* [n, k] */
} hn_encode_state;

/* What an unseen category becomes. */
enum { HN_UNSEEN_PRIOR, HN_UNSEEN_MISSING, HN_UNSEEN_ERROR };
#define HN_ENCODE_UNKNOWN(struct_type, prior)                                                      \
    HN_PARAM(struct_type, unknown, .def = prior, .choices = HN_CHOICES(prior, "missing", "error"), \
             .doc = "A category that training did not have: becomes what is known without it, a "  \
                    "missing value, or is an error.")

/* Slot of row i in its column's table, -1: none. */
static inline int64_t hn_encode_slot(const hn_column *column, int64_t i) {
    int32_t code;
    if (hn_column_is_null(column, i)) return column->dictionary->n;
    code = hn_column_code(column, i);
    return code == HN_UNKNOWN ? -1 : code;
}

/* Lay out the state for x; everything is unseen. */
hone_status hn_encode_init(hone_ctx *ctx, hn_arena *arena, const char *step, const hn_table *x,
                           int64_t k, int unknown, hn_encode_state *state) HONE_MUST_CHECK;

/* What a column's slots have seen of the target, in scratch. */
typedef struct hn_encode_tally {
    int64_t n;      /* slots */
    int64_t rows;   /* of them all */
    double *count;  /* [n] */
    double *sum;    /* [n] of y */
    double *spread; /* [n] of (y - mean of the slot) squared */
    double mean;    /* of y over all rows */
    double variance;
    double seen;     /* slots that have rows */
    double distance; /* of their means from mean, squared and summed */
} hn_encode_tally;
/* Over all rows, or those whose fold is not held out. */
hone_status hn_encode_count(hone_ctx *ctx, const hn_column *column, const double *y,
                            const int32_t *fold, int32_t held,
                            hn_encode_tally *ret_tally) HONE_MUST_CHECK;

/* y as it is for the c-th of k numbers: of one class against the rest where k > 1. In scratch. */
hone_status hn_encode_target(hone_ctx *ctx, const hone_data *data, int64_t k, int64_t c,
                             double **ret_y) HONE_MUST_CHECK;
/* Numbers per column: the classes where there are more than two, else one. */
static inline int64_t hn_encode_width(const hone_data *data) {
    return data->task == HN_TASK_MULTICLASS ? data->n_classes : 1;
}

/* The number of a slot that has been seen. */
typedef double hn_encode_fn(const void *params, const hn_encode_tally *tally, int64_t slot);
/* The whole fit of a step whose table is fn of each column's tally; others get the mean (or prior where it
 * is no NaN). */
hone_status hn_encode_fit(hone_ctx *ctx, const char *step, const void *params, int unknown,
                          const hone_data *data, hn_encode_fn *fn, double prior, hn_arena *arena,
                          hn_encode_state *state) HONE_MUST_CHECK;

/* Output columns over out [n * k, n_rows], which is in arena too. */
hone_status hn_encode_columns(hone_ctx *ctx, const hn_encode_state *state, int64_t n_rows,
                              hn_arena *arena, double **ret_out,
                              hn_table *ret_table) HONE_MUST_CHECK;

hone_status hn_encode_transform(hone_ctx *ctx, const void *state, const hn_table *x,
                                hn_arena *arena, hn_table *ret_out) HONE_MUST_CHECK;
hone_status hn_encode_visit(hn_visitor *v, void *state) HONE_MUST_CHECK;
hone_status hn_encode_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                              const hn_table *schema) HONE_MUST_CHECK;
hone_status hn_encode_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                             hn_json_doc *doc, hn_json_mut *object) HONE_MUST_CHECK;

#define HN_ENCODE_HOOKS                                                                            \
    .family = "prep", .tasks = HN_TASK_NONE, .state_size = sizeof(hn_encode_state),                \
    .transform = hn_encode_transform, .visit = hn_encode_visit, .prepare = hn_encode_prepare,      \
    .report = hn_encode_report
#define HN_ENCODE_CAN (HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_CATEGORY_ONLY)

#endif
