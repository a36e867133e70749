/* rank.h - LambdaMART: gradients of an order within groups (Burges 2010), as loss.h needs them. */
#ifndef HN_ML_TREE_RANK_H
#define HN_ML_TREE_RANK_H

#include "ml/tree/loss.h"

/* Rows by group: those of group g are rows[start[g] .. start[g + 1] - 1], ascending. */
struct hn_rank_groups {
    int64_t n_groups;
    int64_t *start; /* [n_groups + 1] */
    int64_t *rows;  /* [n] */
    double *best;   /* [n_groups]: discounted gain of the best order; 0: nothing is relevant */
    int64_t depth;  /* places that count */
};

/* In arena. group [n], grades y [n] from 0 on. */
hone_status hn_rank_groups_make(hone_ctx *ctx, hn_arena *arena, const int64_t *group,
                                const double *y, int64_t n, int64_t depth,
                                hn_rank_groups **ret_groups) HONE_MUST_CHECK;
/* ret [2, n]: gradients, then hessians, of all rows. */
hone_status hn_rank_gradients(hone_ctx *ctx, const hn_loss *loss, const double *scores,
                              double *ret) HONE_MUST_CHECK;
/* 1 - mean NDCG of the groups whose rows are among rows (NULL: all). */
hone_status hn_rank_value(hone_ctx *ctx, const hn_loss *loss, const double *scores,
                          const int64_t *rows, int64_t n, double *ret_value) HONE_MUST_CHECK;

#endif
