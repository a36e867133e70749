/* cross.h - cross-validation, as a recipe's section "split" says: what models are chosen, thresholds set and learning
 * curves drawn by. */
#ifndef HN_FLOW_CROSS_H
#define HN_FLOW_CROSS_H

#include "flow/evaluate.h"

/* Pairs of data's rows: by time where there is one, else by group where there are groups, stratified by class, as
 * far as split does not say otherwise. folds: how many, where split->folds does not count; 0: it does. Memory
 * from arena. */
hone_status hn_cross_cuts(hone_ctx *ctx, hn_arena *arena, const hn_splitting *split,
                          const hone_data *data, int64_t folds, hn_cuts *ret_cuts) HONE_MUST_CHECK;
/* Whether there are rows enough of every class, and times enough, for such pairs. */
hone_status hn_cross_enough(hone_ctx *ctx, const hn_splitting *split, const hone_data *data,
                            bool *ret_enough) HONE_MUST_CHECK;
/* Rows of the rarest class, or all rows: what folds can be cut from. */
int64_t hn_smallest_part(const hone_data *data);

/* Pair i of cuts, copied to arena. */
hone_status hn_cross_take(hone_ctx *ctx, hn_arena *arena, const hone_data *data,
                          const hn_cuts *cuts, int64_t i, hone_data *ret_train,
                          hone_data *ret_test) HONE_MUST_CHECK;
/* A metric of the recipe's model and steps, fitted on train, for test; its mean over targets, of which all have it.
 * The model is set and the steps are those to fit. */
hone_status hn_validate(hone_ctx *ctx, const hn_recipe *recipe, const hone_data *train,
                        const hone_data *test, const hn_metric *metric,
                        double *ret_value) HONE_MUST_CHECK;
/* The same for each pair: ret_values [cuts->n]. */
hone_status hn_cross_validate(hone_ctx *ctx, const hn_recipe *recipe, const hone_data *data,
                              const hn_metric *metric, const hn_cuts *cuts,
                              double *ret_values) HONE_MUST_CHECK;
/* Answers for rows by models that have not learned from them, their mean where a row is in several tests. ret_out
 * [n, outputs]; ret_rows [n]: the rows that have an answer, ascending (by time the first ones have none). */
hone_status hn_cross_predict(hone_ctx *ctx, const hn_recipe *recipe, const hone_data *data,
                             const hn_cuts *cuts, double *ret_out, int64_t *ret_rows,
                             int64_t *ret_n) HONE_MUST_CHECK;
/* Figures of folds that have one (a fold of one class has no AUC): mean and standard deviation, NaN without any. */
double hn_mean_of_folds(const double *values, int64_t n, double *ret_sd);

#endif
