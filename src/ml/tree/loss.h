/* loss.h - what boosting minimises: gradients and hessians by row, and the value itself.
 *
 * Scores are kept class by class: scores [n_scores, n]. Gradients of one score at a time are floats
 * (they are rounded to fixed point anyway); leaves are set from them, summed in doubles. */
#ifndef HN_ML_TREE_LOSS_H
#define HN_ML_TREE_LOSS_H

#include "base/parallel.h"
#include "ml/tree/histogram.h"
#include "spec/data.h"

typedef enum hn_loss_kind {
    HN_LOSS_AUTO,
    HN_LOSS_SQUARED,
    HN_LOSS_ABSOLUTE,
    HN_LOSS_QUANTILE,
    HN_LOSS_POISSON,
    HN_LOSS_LOGISTIC,
    HN_LOSS_SOFTMAX,
    HN_LOSS_RANK,
    HN_LOSS_GAMMA,
    HN_LOSS_TWEEDIE,
    HN_LOSS_HUBER,
    HN_LOSS_FAIR,
    HN_LOSS_MAPE,
    HN_LOSS_CROSS_ENTROPY,
    HN_LOSS_CUSTOM, /* the caller's: objective */
    HN_LOSS_END,
} hn_loss_kind; /* stands in model files: new ones go to the end */

/* From scores to answers. */
typedef enum hn_link {
    HN_LINK_NONE,
    HN_LINK_LOG,     /* exp(score) */
    HN_LINK_LOGIT,   /* 1 / (1 + exp(-score)); of two classes the second's */
    HN_LINK_SOFTMAX, /* one score a class */
    HN_LINK_END,
} hn_link;

typedef enum hn_targets {
    HN_TARGETS_ANY,
    HN_TARGETS_NOT_NEGATIVE,
    HN_TARGETS_POSITIVE,
    HN_TARGETS_SHARES,
} hn_targets;

typedef struct hn_loss_fact {
    const char *name;
    hn_link link;
    hn_targets targets; /* that it takes */
    bool unit_hessian;  /* every hessian is 1, but for weights */
    bool renews;        /* leaves are set to a quantile of the residuals, not by a Newton step */
} hn_loss_fact;

const hn_loss_fact *hn_loss_fact_of(hn_loss_kind kind);

typedef struct hn_rank_groups hn_rank_groups;

typedef struct hn_loss {
    hn_loss_kind kind;
    int32_t n_scores;
    int64_t n;
    const double *y;
    const double *weight; /* NULL: ones */
    double
        alpha; /* quantile; ABSOLUTE, MAPE: 0.5; HUBER, FAIR: where errors are large; TWEEDIE: power */
    const hn_rank_groups *groups;    /* RANK: see rank.h */
    const hone_objective *objective; /* CUSTOM */
} hn_loss;

/* Every hessian is 1. */
bool hn_loss_unit_hessian(const hn_loss *loss);
bool hn_loss_renews(const hn_loss *loss);
/* Gradients come from hn_loss_prepare. */
bool hn_loss_shares_gradients(const hn_loss *loss);
/* Best constant scores [n_scores] over rows (ascending; NULL: all n). Regression targets that the loss
 * can't take (negative ones for Poisson) are HONE_ERROR_DATA. */
hone_status hn_loss_start(hone_ctx *ctx, const hn_loss *loss, const int64_t *rows, int64_t n,
                          double *ret_start) HONE_MUST_CHECK;

/* Before the gradients of an iteration: what all scores of a row share, [hn_loss_shared()] kept by the
 * caller: log of the sum of exps for softmax; all gradients, then all hessians, [2, n_scores, n], where
 * hn_loss_shares_gradients. */
int64_t hn_loss_shared(const hn_loss *loss);
hone_status hn_loss_prepare(hone_ctx *ctx, const hn_loss *loss, const double *scores,
                            double *shared) HONE_MUST_CHECK;
/* Gradient and hessian of score k for all rows; ret_hessian may be NULL where every hessian is 1. */
hone_status hn_loss_gradients(hone_ctx *ctx, const hn_loss *loss, int32_t k, const double *scores,
                              const double *shared, float *ret_gradient, float *ret_hessian,
                              hn_magnitude *ret_magnitude) HONE_MUST_CHECK;
/* Weighted mean loss over rows (NULL: all n of the loss). */
hone_status hn_loss_value(hone_ctx *ctx, const hn_loss *loss, const double *scores,
                          const int64_t *rows, int64_t n, double *ret_value) HONE_MUST_CHECK;
/* The weighted quantile of residuals y - score over n items' rows. values and weights: room for n. */
hone_status hn_loss_renewed(hone_ctx *ctx, const hn_loss *loss, const double *scores,
                            const hn_item *items, int64_t n, double *ret_value) HONE_MUST_CHECK;

/* ---- the caller's own (objective.c) ---- */

/* ret [2, n_scores, n]: gradients, then hessians. */
hone_status hn_objective_gradients(hone_ctx *ctx, const hn_loss *loss, const double *scores,
                                   double *ret) HONE_MUST_CHECK;
/* By row [n], in scratch. */
hone_status hn_objective_losses(hone_ctx *ctx, const hn_loss *loss, const double *scores,
                                const double **ret_losses) HONE_MUST_CHECK;

#endif
