/* evaluate.h - answers beside the truth: metrics with intervals, the baseline, reports. */
#ifndef HN_FLOW_EVALUATE_H
#define HN_FLOW_EVALUATE_H

#include "flow/pipeline.h"
#include "ml/metric/interval.h"
#include "ml/metric/metric.h"
#include "table/split.h"

typedef struct hn_metric_list {
    const hn_metric *const *items;
    int64_t n;
} hn_metric_list;

/* Metrics by name, or the task's usual ones where names is empty. */
hone_status hn_metrics_named(hone_ctx *ctx, hn_arena *arena, const hn_texts *names, hn_task task,
                             hn_metric_list *ret_list) HONE_MUST_CHECK;

/* A pipeline's answers for rows whose truth is known; all arrays in arena. */
hone_status hn_scored_of(hone_ctx *ctx, const hn_pipeline *pipeline, const hone_data *data,
                         hn_arena *arena, hn_scored *ret_scored) HONE_MUST_CHECK;
/* Clusters of rows (data->y is a known grouping, or NULL) beside the features that the model sees. fitted: the
 * rows are those it was fitted on, of which some clusterings have said otherwise than they would now. */
hone_status hn_scored_clusters(hone_ctx *ctx, const hn_pipeline *pipeline, const hone_data *data,
                               bool fitted, hn_arena *arena, hn_scored *ret_scored) HONE_MUST_CHECK;
/* The same answers for every row: a baseline's. answer [outputs]. */
hone_status hn_scored_constant(hone_ctx *ctx, const hone_data *data, const double *answer,
                               hn_arena *arena, hn_scored *ret_scored) HONE_MUST_CHECK;

/* {name: value} for each metric. */
hone_status hn_metrics_json(hone_ctx *ctx, const hn_scored *scored, const hn_metric_list *metrics,
                            hn_json_doc *doc, hn_json_mut **ret_object) HONE_MUST_CHECK;
/* {name: value} and {name: {"low", "high", "ahead"}}: bootstrap intervals, and the share of resamples where
 * the metric beats the baseline's. */
hone_status hn_intervals_json(hone_ctx *ctx, const hn_scored *scored, const hn_scored *baseline,
                              const hn_metric_list *metrics, hn_json_doc *doc,
                              hn_json_mut **ret_values,
                              hn_json_mut **ret_intervals) HONE_MUST_CHECK;

/* What models of several targets are chosen by and shown first, a mean over the targets: the first of names, else
 * r2 of numbers (errors of targets in different units have no mean), else the usual one of classes. task:
 * multiclass if one of the targets is. */
hone_status hn_metric_of_targets(hone_ctx *ctx, hn_arena *arena, const hn_texts *names,
                                 hn_task task, const hn_metric **ret_metric) HONE_MUST_CHECK;
/* targets: {NAME: {"metrics": {PART: FIGURES}, ...}, ...}. Adds "metrics" of the same form to object, the means
 * of the figures that all targets have, and "primary". */
hone_status hn_put_mean_metrics(hone_ctx *ctx, hn_json_mut *targets, const hn_metric *primary,
                                hn_json_doc *doc, hn_json_mut *object) HONE_MUST_CHECK;

/* Folds by time where there is one, else by group where there are groups, stratified by class where each
 * class can be in every fold; in ctx->scratch. */
hone_status hn_folds(hone_ctx *ctx, const hone_data *data, int k,
                     hn_rows *ret_folds) HONE_MUST_CHECK;
/* Answers for rows by models that have not learned from them: k folds as hn_cross_validate cuts them.
 * ret_out [n, outputs]; ret_rows [n]: the rows that have an answer, ascending (with time the first
 * ones have none). */
hone_status hn_cross_predict(hone_ctx *ctx, const hn_recipe *recipe, const hone_data *data, int k,
                             double *ret_out, int64_t *ret_rows, int64_t *ret_n) HONE_MUST_CHECK;
/* Rows of the rarest class, or all rows: what folds can be cut from. */
int64_t hn_smallest_part(const hone_data *data);

/* A metric by k folds (its mean over targets, of which all have it), each fold's value in ret_values [k].
 * recipe's model is set and its steps are those to fit. With data->time a fold is tested on what was fitted
 * before it. */
hone_status hn_cross_validate(hone_ctx *ctx, const hn_recipe *recipe, const hone_data *data,
                              const hn_metric *metric, int k, double *ret_values) HONE_MUST_CHECK;

#endif
