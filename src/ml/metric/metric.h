/* metric.h - the metrics there are: one line each in metrics.def.
 *
 * Definitions are scikit-learn's, to the last digits. Where scikit-learn only warns (precision of a
 * class that was never predicted) the value is its value, 0. Where it raises an error or the figure
 * has no meaning (ROC AUC with one class) the value is NaN. A row of weight 0 counts as absent, so
 * that weights and repeated rows agree.
 *
 * Adding one: its `const hn_metric hn_metric_NAME` in a file of this room, its line in metrics.def.
 */
#ifndef HN_ML_METRIC_METRIC_H
#define HN_ML_METRIC_METRIC_H

#include "spec/metric.h"

#define HN_METRIC(name) extern const hn_metric hn_metric_##name;
#include "ml/metric/metrics.def"
#undef HN_METRIC
extern const hn_metric hn_metric_ndcg_10;

/* All of them, in metrics.def's order. */
const hn_metric *const *hn_metrics(int64_t *ret_count);
/* By name or alias; NULL if there is none. Of a metric with a number ("ndcg@10") the declaration. */
const hn_metric *hn_metric_find(const char *name);
/* By name, and fit for task; HONE_ERROR_USAGE that names the nearest (or the task's) if not. A metric with
 * a number is made in arena, with a name and title of its own. */
hone_status hn_metric_require(hone_ctx *ctx, hn_arena *arena, const char *name, hn_task task,
                              const hn_metric **ret_metric) HONE_MUST_CHECK;
/* How a metric's name is written: "roc_auc", "ndcg@k", "fbeta(beta)". */
void hn_metric_put_form(hn_str *str, const hn_metric *metric);
/* Its title, with the number that name tells: "Pinball loss, alpha = 0.1". */
void hn_metric_put_title(hn_str *str, const hn_metric *metric, const char *name);

/* The one figure that models of a task are chosen by and that is shown first; NULL if it has none.
 *   binary:     roc_auc - needs no threshold, does not reward guessing the larger class, and is
 *               defined for scores as well as for probabilities;
 *   multiclass: accuracy - read by everyone, defined for every classifier, and its baseline (the
 *               largest class's share) stands beside it;
 *   rank:       ndcg@10 - what people see of an order;
 *   anomaly:    roc_auc - of the score, where marks are known;
 *   regression: rmse - in the target's unit, and what squared-error models minimise;
 *   cluster:    silhouette - needs no truth and no centres, and compares numbers of clusters. */
const hn_metric *hn_metric_default(hn_task task);
/* The few that are shown for a task where the recipe names none, the default first. */
const hn_metric *const *hn_metrics_usual(hn_task task, int64_t *ret_count);

/* Sort once what ranking metrics need (scored->order), in arena; resamples then share it. Binary:
 * only order[1]. Nothing happens where there is nothing to sort. Metrics work without it, but sort
 * each time. */
hone_status hn_scored_prepare(hone_ctx *ctx, hn_arena *arena, hn_scored *scored) HONE_MUST_CHECK;

/* Of prepared ranks: where the group ends that begins at this place of the order. */
static inline int64_t hn_scored_group_end(const hn_scored *scored, int64_t begin) {
    if (scored->group == NULL) return scored->n;
    int64_t end = begin + 1;
    while (end < scored->n &&
           scored->group[scored->order[0][end]] == scored->group[scored->order[0][begin]])
        end++;
    return end;
}

static inline double hn_scored_weight(const hn_scored *scored, int64_t i) {
    return scored->weight != NULL ? scored->weight[i] : 1;
}

#endif
