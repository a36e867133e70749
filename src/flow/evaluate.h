/* evaluate.h - answers beside the truth: metrics with intervals, the baseline, reports. */
#ifndef HN_FLOW_EVALUATE_H
#define HN_FLOW_EVALUATE_H

#include "flow/pipeline.h"
#include "ml/metric/interval.h"
#include "ml/metric/metric.h"

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
/* The same of answers that are there already: out [n, outputs], which labels may refer to from now on. */
hone_status hn_scored_answers(hone_ctx *ctx, const hone_data *data, double *out, hn_arena *arena,
                              hn_scored *ret_scored) HONE_MUST_CHECK;
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

#endif
