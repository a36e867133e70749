/* data.h - what an estimator is fitted on: feature columns, and the target beside them. A view. */
#ifndef HN_SPEC_DATA_H
#define HN_SPEC_DATA_H

#include "table/split.h"

typedef enum hn_task {
    HN_TASK_NONE = 0, /* a step that only transforms */
    HN_TASK_BINARY = 1,
    HN_TASK_MULTICLASS = 2,
    HN_TASK_REGRESSION = 4,
    HN_TASK_CLUSTER = 8,
    HN_TASK_ANOMALY = 16,
    HN_TASK_RANK = 32,  /* order the rows of each group: y is a grade, 0 and more */
    HN_TASK_RULES = 64, /* what goes with what in baskets of items */
    HN_TASK_END = 128,  /* beyond the last bit: for loops over tasks */
} hn_task;
#define HN_TASK_CLASSIFY (HN_TASK_BINARY | HN_TASK_MULTICLASS)
#define HN_TASK_SUPERVISED (HN_TASK_CLASSIFY | HN_TASK_REGRESSION | HN_TASK_RANK)

/* "binary", "multiclass", "regression", "cluster", "anomaly", "rank", "rules", "none". */
const char *hn_task_name(hn_task task);
bool hn_task_parse(const char *name, hn_task *ret_task);

/* One of several targets. */
typedef struct hn_truth {
    const double *y; /* [n] */
    int32_t n_classes;
    hn_task task; /* binary, multiclass or regression */
} hn_truth;

/* Features are the columns of x: f64, f32, i64, bool, category (timestamps and strings reach steps
 * and estimators with HN_ANY_TYPE only). What may be missing and whether categories may appear is decided by
 * the estimator's capabilities, and enforced before fit. */
typedef struct hone_data {
    const hn_table *x;
    const double *y; /* [n]: class index 0..n_classes-1, or the value; NULL where there is none */
    const double *weight; /* [n] >= 0; NULL = ones */
    const int64_t *group; /* [n]; NULL = none */
    const double *time;   /* [n]: when a row came to be; NULL = not known. Folds are cut by it */
    const double *until;  /* [n]: when its outcome is known, NaN: not yet; NULL = at once */
    const hone_objective *objective; /* the caller's loss; NULL: the estimator's own */
    int32_t n_classes;               /* 2 and more for classification, else 0 */
    hn_task task;
    /* Several targets, for who says so (HN_CAN_TARGETS): y, n_classes and task are then the first one's. */
    const hn_truth *targets; /* [n_targets] */
    int32_t n_targets;       /* 2 and more, else 0: y is the only one */
    /* [n, 2], where steps have made rows (resample): for such a row the two rows of the training table that it was
     * made from, twice the same for a copy; for a row that was there itself, then -1. NULL: none was made. Who
     * holds rows out holds out none that was made, and learns from none made from those: hn_data_folds and
     * hn_data_except see to it. */
    const int64_t *parents;
    /* Rows that are not learned from, by which a method may decide when it has learned enough (HN_CAN_VALIDATE);
     * columns, classes and targets as here. NULL: none. Parts see those that are handed on (hn_child_fit_by). */
    const struct hone_data *validation;
} hone_data;

static inline int32_t hn_data_targets(const hone_data *data) {
    return data->n_targets > 1 ? data->n_targets : 1;
}
/* The same rows with target t alone. */
static inline hone_data hn_data_of_target(const hone_data *data, int32_t t) {
    hone_data one = *data;
    if (data->n_targets > 1) {
        one.y = data->targets[t].y;
        one.n_classes = data->targets[t].n_classes;
        one.task = data->targets[t].task;
    }
    one.targets = NULL;
    one.n_targets = 0;
    return one;
}

static inline bool hn_data_is_made(const hone_data *data, int64_t row) {
    return data->parents && data->parents[2 * row + 1] >= 0;
}
/* ret_barred [n]: 1 for rows made from one that is held out (held [n] is not 0), else 0. */
hone_status hn_data_barred(hone_ctx *ctx, const hone_data *data, const uint8_t *held,
                           uint8_t *ret_barred) HONE_MUST_CHECK;
/* hn_split_folds of the rows that no step has made. */
hone_status hn_data_folds(hone_ctx *ctx, hn_arena *arena, const hone_data *data,
                          const hn_split_keys *keys, int k, uint64_t seed,
                          hn_rows *ret_folds) HONE_MUST_CHECK;
/* The rows to learn from where fold (ascending but with data->time) is held out: with data->time those before
 * it, else all others; none made from a row that is not among them. */
hone_status hn_data_except(hone_ctx *ctx, hn_arena *arena, const hone_data *data, hn_rows fold,
                           hn_rows *ret_rest) HONE_MUST_CHECK;

/* Weights [n] in scratch with classes made equal ("balanced": n / (n_classes * count of the class)),
 * multiplied into data->weight. */
hone_status hn_data_balanced_weights(hone_ctx *ctx, const hone_data *data,
                                     double **ret_weight) HONE_MUST_CHECK;
/* Sum of weights (n without). */
double hn_data_total_weight(const hone_data *data);
/* Rows rows[0..n-1] as a data of its own, copied to arena (for an inner validation part). The table
 * struct is in arena too. */
hone_status hn_data_take(hone_ctx *ctx, hn_arena *arena, const hone_data *data, const int64_t *rows,
                         int64_t n, hone_data *ret_data) HONE_MUST_CHECK;

#endif
