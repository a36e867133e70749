/* metric.c - finding metrics, choosing the task's, and the orders that resamples share. */
#include "ml/metric/metric.h"

#include "num/sort.h"
#include <assert.h>
#include <string.h>

static const hn_metric *const all[] = {
#define HN_METRIC(name) &hn_metric_##name,
#include "ml/metric/metrics.def"
#undef HN_METRIC
};
enum { N_ALL = sizeof all / sizeof *all };

const hn_metric *const *hn_metrics(int64_t *ret_count) {
    *ret_count = N_ALL;
    return all;
}

/* Whether word is among words, which are parted by blanks. */
static bool is_among(const char *words, const char *word) {
    size_t length = strlen(word);
    while (words != NULL && *words != 0) {
        size_t next = strcspn(words, " ");
        if (next == length && memcmp(words, word, length) == 0) return true;
        words += next + (words[next] == ' ');
    }
    return false;
}

const hn_metric *hn_metric_find(const char *name) {
    for (int i = 0; i < N_ALL; i++)
        if (strcmp(all[i]->name, name) == 0 || is_among(all[i]->aliases, name)) return all[i];
    return NULL;
}

static hone_status no_such_metric(hone_ctx *ctx, const char *name, hn_task task) {
    const char *names[N_ALL];
    size_t n = 0;
    for (int i = 0; i < N_ALL; i++)
        if ((all[i]->tasks & task) != 0) names[n++] = all[i]->name;
    const char *nearest = hn_nearest(name, names, n);
    if (nearest != NULL)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "metrics"),
                          "there is no metric '%s'; did you mean '%s'?", name, nearest);
    const hn_metric *usual = hn_metric_default(task);
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "metrics"),
                      "there is no metric '%s'; take another, such as '%s'", name,
                      usual != NULL ? usual->name : "accuracy");
}

hone_status hn_metric_require(hone_ctx *ctx, const char *name, hn_task task,
                              const hn_metric **ret_metric) {
    const hn_metric *metric = hn_metric_find(name);
    if (metric == NULL) return no_such_metric(ctx, name, task);
    if ((metric->tasks & task) == 0) {
        const hn_metric *usual = hn_metric_default(task);
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "metrics"),
                          "metric '%s' is not for %s models; take another, such as '%s'", name,
                          hn_task_name(task), usual ? usual->name : "none");
    }
    *ret_metric = metric;
    return HONE_OK;
}

static const hn_metric *const usual_binary[] = {
    &hn_metric_roc_auc, &hn_metric_accuracy, &hn_metric_balanced_accuracy,
    &hn_metric_f1,      &hn_metric_pr_auc,   &hn_metric_log_loss,
    &hn_metric_brier};
static const hn_metric *const usual_multiclass[] = {
    &hn_metric_accuracy, &hn_metric_balanced_accuracy, &hn_metric_f1_macro, &hn_metric_roc_auc,
    &hn_metric_log_loss};
static const hn_metric *const usual_rank[] = {&hn_metric_ndcg_10, &hn_metric_ndcg, &hn_metric_map,
                                              &hn_metric_mrr};
/* Computed as of two classes. */
static const hn_metric *const usual_anomaly[] = {
    &hn_metric_roc_auc, &hn_metric_pr_auc, &hn_metric_f1, &hn_metric_precision, &hn_metric_recall};
static const hn_metric *const usual_regression[] = {
    &hn_metric_rmse, &hn_metric_mae, &hn_metric_median_ae, &hn_metric_r2, &hn_metric_mape};

static const hn_metric *const usual_cluster[] = {&hn_metric_silhouette, &hn_metric_davies_bouldin,
                                                 &hn_metric_calinski_harabasz};

const hn_metric *const *hn_metrics_usual(hn_task task, int64_t *ret_count) {
#define GIVE(list) return *ret_count = sizeof(list) / sizeof *(list), (list)
    if (task == HN_TASK_BINARY) GIVE(usual_binary);
    if (task == HN_TASK_MULTICLASS) GIVE(usual_multiclass);
    if (task == HN_TASK_REGRESSION) GIVE(usual_regression);
    if (task == HN_TASK_CLUSTER) GIVE(usual_cluster);
    if (task == HN_TASK_RANK) GIVE(usual_rank);
    if (task == HN_TASK_ANOMALY) GIVE(usual_anomaly);
#undef GIVE
    *ret_count = 0;
    return NULL;
}

const hn_metric *hn_metric_default(hn_task task) {
    int64_t n;
    const hn_metric *const *usual = hn_metrics_usual(task, &n);
    return n > 0 ? usual[0] : NULL;
}

/* ---- orders ---------------------------------------------------------------------------------- */

static hone_status order_class(hone_ctx *ctx, hn_arena *arena, const hn_scored *scored, int32_t k,
                               int64_t **ret_order) {
    int64_t *order;
    HN_TRY(HN_NEW(ctx, arena, order, scored->n));
    HN_SCRATCH(ctx);
    double *values;
    HN_TRY(HN_SCRATCH_NEW(ctx, values, scored->n));
    for (int64_t i = 0; i < scored->n; i++) values[i] = scored->proba[i * scored->n_classes + k];
    HN_TRY(hn_argsort_f64(ctx, values, scored->n, order));
    *ret_order = order;
    return HONE_OK;
}

static hone_status order_errors(hone_ctx *ctx, hn_arena *arena, const hn_scored *scored,
                                int64_t **ret_order) {
    int64_t *order;
    HN_TRY(HN_NEW(ctx, arena, order, scored->n));
    HN_SCRATCH(ctx);
    double *errors;
    HN_TRY(HN_SCRATCH_NEW(ctx, errors, scored->n));
    for (int64_t i = 0; i < scored->n; i++) errors[i] = fabs(scored->y[i] - scored->value[i]);
    HN_TRY(hn_argsort_f64(ctx, errors, scored->n, order));
    *ret_order = order;
    return HONE_OK;
}

/* Rows by group, and in it by descending value; rows that tie as they stand. */
static hone_status order_groups(hone_ctx *ctx, hn_arena *arena, const hn_scored *scored,
                                const double *value, int64_t **ret_order) {
    int64_t n = scored->n, *order, *by_value, *by_group;
    HN_TRY(HN_NEW(ctx, arena, order, n));
    HN_SCRATCH(ctx);
    double *keys;
    HN_TRY(HN_SCRATCH_NEW(ctx, keys, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, by_value, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, by_group, n));
    for (int64_t i = 0; i < n; i++) keys[i] = -value[i];
    HN_TRY(hn_argsort_f64(ctx, keys, n, by_value));
    for (int64_t i = 0; i < n; i++)
        keys[i] = scored->group != NULL ? (double)scored->group[by_value[i]] : 0;
    HN_TRY(hn_argsort_f64(ctx, keys, n, by_group));
    for (int64_t i = 0; i < n; i++) order[i] = by_value[by_group[i]];
    *ret_order = order;
    return HONE_OK;
}

hone_status hn_scored_prepare(hone_ctx *ctx, hn_arena *arena, hn_scored *scored) {
    assert(arena != NULL && scored->n >= 0);
    bool classes = (scored->task & HN_TASK_CLASSIFY) != 0;
    if (scored->task == HN_TASK_CLUSTER) return HONE_OK;
    if (classes ? scored->proba == NULL : scored->value == NULL) return HONE_OK;
    bool ranks = scored->task == HN_TASK_RANK;
    int32_t n_orders = classes ? scored->n_classes : ranks ? 2 : 1;
    int64_t **order;
    HN_TRY(HN_NEW(ctx, arena, order, n_orders));
    if (ranks) {
        HN_TRY(order_groups(ctx, arena, scored, scored->value, &order[0]));
        HN_TRY(order_groups(ctx, arena, scored, scored->y, &order[1]));
    } else if (!classes) {
        HN_TRY(order_errors(ctx, arena, scored, &order[0]));
    }
    for (int32_t k = scored->n_classes == 2 ? 1 : 0; classes && k < n_orders; k++)
        HN_TRY(order_class(ctx, arena, scored, k, &order[k]));
    scored->order = order;
    return HONE_OK;
}
