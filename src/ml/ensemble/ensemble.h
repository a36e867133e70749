/* ensemble.h - what the methods made of other methods share: their members, and folds of the rows. */
#ifndef HN_ML_ENSEMBLE_H
#define HN_ML_ENSEMBLE_H

#include "spec/child.h"
#include "table/split.h"

/* Tasks and capabilities of what can be a member of an ensemble, and so of ensembles. */
enum {
    HN_ENSEMBLE_TASKS = HN_TASK_BINARY | HN_TASK_MULTICLASS | HN_TASK_REGRESSION,
    HN_ENSEMBLE_CAN =
        HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_CAN_WEIGHTS | HN_CAN_SPARSE | HN_CAN_PROBABILITIES
};

/* What a child's task is one of, for hn_part_visit. */
static inline unsigned hn_member_tasks(int64_t n_classes) {
    return n_classes > 0 ? HN_TASK_CLASSIFY : HN_TASK_REGRESSION;
}
static inline int64_t hn_member_outputs(int64_t n_classes) { return n_classes > 0 ? n_classes : 1; }
/* Loading: HONE_ERROR_FORMAT unless these can be an ensemble's. */
hone_status hn_members_visit_sizes(hn_visitor *v, int64_t *n_features,
                                   int64_t *n_classes) HONE_MUST_CHECK;

/* n members of one part, saved as "estimators.0." and so on. */
hone_status hn_members_visit(hn_visitor *v, const hn_part *part, int64_t n_features,
                             int64_t n_classes, int64_t n, hn_child **members) HONE_MUST_CHECK;
/* n members, each of a part of its own, saved as "parts.0" and so on. */
hone_status hn_members_visit_parts(hn_visitor *v, int64_t n_features, int64_t n_classes, int64_t n,
                                   hn_part **parts, hn_child **members) HONE_MUST_CHECK;
hone_status hn_members_prepare(hone_ctx *ctx, hn_arena *arena, hn_child *members, int64_t n,
                               const hn_table *schema) HONE_MUST_CHECK;
/* The i-th of n, for the hook "member". */
hone_status hn_members_member(hone_ctx *ctx, const hn_child *members, int64_t n, int64_t i,
                              hn_member *ret_member) HONE_MUST_CHECK;
/* members may be NULL. */
void hn_members_done(hn_child *members, int64_t n);
/* Importances of n members that are all of one kind which has them, weighted (NULL: alike), summing to 1.
 * columns [n, n_columns]: which feature a member's are of; NULL: all of them, in order. */
hone_status hn_members_importances(hone_ctx *ctx, const hn_child *members, int64_t n,
                                   const double *weights, const int64_t *columns, int64_t n_columns,
                                   int64_t n_features, double *ret_importances) HONE_MUST_CHECK;

/* k folds of the rows to answer from outside, by members that have not seen them: cut by time where there is
 * one (the first rows are then in no fold), else by group where there are groups, stratified by class where
 * there are classes. */
typedef struct hn_folds {
    int64_t k;
    hn_rows *folds; /* [k] ascending */
    hn_rows all;    /* the rows that are in one, ascending */
} hn_folds;
/* owner is for the message that there are too few rows. */
hone_status hn_folds_make(hone_ctx *ctx, hn_arena *arena, const char *owner, const hone_data *data,
                          int64_t k, hn_folds *ret_folds) HONE_MUST_CHECK;
/* Fold f's rows (test), and those that a member which answers for them may see (train), as data of their own. */
hone_status hn_folds_take(hone_ctx *ctx, hn_arena *arena, const hone_data *data,
                          const hn_folds *folds, int64_t f, hone_data *ret_train,
                          hone_data *ret_test) HONE_MUST_CHECK;

#endif
