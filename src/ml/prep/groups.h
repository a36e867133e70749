/* groups.h - rows that share the values of some columns: learned from the training rows, found again in any others.
 *
 * A missing value is a value like another here; a category that training did not see makes a group of its own that
 * nobody learned. */
#ifndef HN_ML_PREP_GROUPS_H
#define HN_ML_PREP_GROUPS_H

#include "ml/prep/prep.h"

typedef struct hn_groups {
    int64_t n_by;
    int64_t n;    /* groups */
    int32_t *by;  /* [n_by] columns */
    double *keys; /* [n, n_by] their values (categories: codes), in the order of first appearance */
    hn_map of;    /* made in prepare: a group's number by its key */
} hn_groups;

/* Learn from x's rows; group [n_rows] (scratch) is each row's. names: columns of x, none of them text. */
hone_status hn_groups_learn(hone_ctx *ctx, hn_arena *arena, const char *step, const hn_table *x,
                            const hn_texts *names, hn_groups *groups,
                            int64_t **ret_group) HONE_MUST_CHECK;
/* Rows by group, ascending in each: those of group g are ret_order[ret_start[g]] .. ret_start[g + 1]. In scratch. */
hone_status hn_groups_order(hone_ctx *ctx, const int64_t *group, int64_t n_rows, int64_t n_groups,
                            int64_t **ret_order, int64_t **ret_start) HONE_MUST_CHECK;
/* The groups of rows begin..end-1 into ret_group[begin ...]; -1: training saw none such. */
hone_status hn_groups_find(hone_ctx *ctx, const hn_groups *groups, const hn_table *x, int64_t begin,
                           int64_t end, int64_t *ret_group) HONE_MUST_CHECK;
/* "group.n_by", ... of a step with n_features columns; and what it needs after loading. */
hone_status hn_groups_visit(hn_visitor *v, int64_t n_features, hn_groups *groups) HONE_MUST_CHECK;
hone_status hn_groups_prepare(hone_ctx *ctx, hn_arena *arena, const char *step,
                              const hn_table *schema, hn_groups *groups) HONE_MUST_CHECK;
/* What a group's columns hold, as people read it: "Mr, 3". */
hone_status hn_groups_print(const hn_groups *groups, const hn_table *schema, int64_t group,
                            hn_str *str) HONE_MUST_CHECK;

#endif
