/* selection.h - what steps that keep some of their columns share: their state, and figures of columns. */
#ifndef HN_ML_SELECTION_SELECTION_H
#define HN_ML_SELECTION_SELECTION_H

#include "spec/held_out.h"

typedef struct hn_selection {
    int64_t n; /* columns that come in */
    int64_t n_kept;
    int64_t n_iter;   /* times that columns were judged */
    int32_t *kept;    /* [n_kept] ascending */
    double *scores;   /* [n] by which it was chosen; NaN: none */
    double *p_values; /* [n]; NaN: none */
    int32_t *ranking; /* [n] 1 for what is kept, the more the sooner it was dropped */
} hn_selection;

/* Everything kept, without figures, in arena. */
hone_status hn_selection_start(hone_ctx *ctx, hn_arena *arena, const hone_data *data,
                               hn_selection *s) HONE_MUST_CHECK;
/* Keep the columns marked; ranking 1 for those, 2 for the others where it is not set. */
void hn_selection_keep(hn_selection *s, const uint8_t *keep);

hone_status hn_selection_transform(hone_ctx *ctx, const void *state, const hn_table *x,
                                   hn_arena *arena, hn_table *ret_out);
hone_status hn_selection_visit(hn_visitor *v, void *state);
hone_status hn_selection_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                                 const hn_table *schema);
hone_status hn_selection_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                hn_json_doc *doc, hn_json_mut *object);

#define HN_SELECTION_HOOKS                                                                         \
    .family = "selection", .tasks = HN_TASK_NONE, .state_size = sizeof(hn_selection),              \
    .transform = hn_selection_transform, .visit = hn_selection_visit,                              \
    .prepare = hn_selection_prepare, .report = hn_selection_report

/* ---- by a model ------------------------------------------------------------------------------ */

/* The tasks that a model selects columns for. */
#define HN_SELECTION_TASKS (HN_TASK_CLASSIFY | HN_TASK_REGRESSION)

/* Parameters whose first is the model, an hn_part called estimator: that parameter, the hook that tells of it, and
 * what else such a step declares. A part may do one sort of task alone; the check of parts says so with its name. */
#define HN_SELECTION_ESTIMATOR(struct_type, kind, ...)                                             \
    HN_PARAM(struct_type, estimator, .def = kind, .part_tasks = HN_SELECTION_TASKS, __VA_ARGS__)
const hn_part *hn_selection_part(const void *params, int64_t i);
#define HN_BY_MODEL_HOOKS                                                                          \
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES, .target = HN_SELECTION_TASKS,                       \
    .part = hn_selection_part, HN_SELECTION_HOOKS

/* Importances of the columns of data for part, fitted on it; ret [columns], 0 where nothing is learned. */
hone_status hn_importances_of(hone_ctx *ctx, const char *step, const hn_part *part,
                              const hone_data *data, uint64_t seed,
                              double *ret_importances) HONE_MUST_CHECK;
/* data with the columns marked. View and table are in scratch. */
hone_status hn_data_columns(hone_ctx *ctx, const hone_data *data, const uint8_t *marks,
                            hone_data *ret_view) HONE_MUST_CHECK;
/* The mean of values, or their median. */
hone_status hn_selection_threshold(hone_ctx *ctx, bool median, const double *values, int64_t n,
                                   double *ret_threshold) HONE_MUST_CHECK;
/* How many of values are better than the j-th; the first of equals is. */
int64_t hn_selection_better(const double *values, int64_t n, int64_t j);

#endif
