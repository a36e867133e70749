/* target.h - the column to predict, as numbers: class indices or values. */
#ifndef HN_FLOW_TARGET_H
#define HN_FLOW_TARGET_H

#include "flow/recipe.h"

typedef struct hn_target {
    double *y;       /* [n]: class index or value; NaN where the target is missing */
    int64_t n_known; /* rows that have one */
    int32_t n_classes;
    const hn_dictionary *classes; /* labels as text; the positive class is 1 */
    hn_type type;                 /* of the column: how labels print */
} hn_target;

/* Learn the classes (task is one of HN_TASK_CLASSIFY) in order: numbers by value, texts bytewise, positive
 * (may be NULL) last. HONE_ERROR_DATA where there are fewer than two different values, or the task
 * does not fit. Memory from arena. */
hone_status hn_target_learn(hone_ctx *ctx, hn_arena *arena, const hn_column *column, hn_task task,
                            const char *positive, hn_target *ret_target) HONE_MUST_CHECK;
/* Marks of anomalies: y 1 where the column says *positive, 0 where it says something else. *positive NULL: the
 * rarer of two values, which it is then set to. */
hone_status hn_target_marks(hone_ctx *ctx, hn_arena *arena, const hn_column *column,
                            const char **positive, hn_target *ret_target) HONE_MUST_CHECK;
/* Rows of equal text in a column have equal ids [n], from 0. */
hone_status hn_group_ids(hone_ctx *ctx, hn_arena *arena, const hn_column *column,
                         int64_t **ret_ids) HONE_MUST_CHECK;
/* Code a column by classes learned before (NULL: a value); an unseen class is HONE_ERROR_DATA. */
hone_status hn_target_apply(hone_ctx *ctx, hn_arena *arena, const hn_column *column,
                            const hn_dictionary *classes, double **ret_y) HONE_MUST_CHECK;

#endif
