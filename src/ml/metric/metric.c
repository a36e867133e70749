/* metric.c - finding metrics, choosing the task's, and the orders that resamples share. */
#include "ml/metric/metric.h"

#include "num/sort.h"
#include <assert.h>
#include <stdlib.h>
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

/* ---- names with a number ------------------------------------------------------------------------ */

/* What stands before the number's mark, and the number: "ndcg@10", "fbeta(2)". */
typedef struct told {
    char base[64];
    bool is_told; /* a number or what is meant for one stands there */
    double at;    /* NaN: it is none */
} told;

static told told_by(const char *name) {
    told t = {.at = (double)NAN};
    size_t length = strcspn(name, "@("), end = strlen(name);
    t.is_told = name[length] != 0;
    if (length >= sizeof t.base) return t;
    memcpy(t.base, name, length);
    if (!t.is_told) return t;
    char text[32], *rest;
    size_t begin = length + 1;
    if (name[length] == '(' && name[end - 1] == ')') end--;
    if (end <= begin || end - begin >= sizeof text) return t;
    memcpy(text, name + begin, end - begin);
    text[end - begin] = 0;
    if (strspn(text, "0123456789.eE+-") != end - begin) return t;
    double at = strtod(text, &rest);
    if (*rest == 0) t.at = at;
    return t;
}

static bool goes_by(const hn_metric *metric, const char *base) {
    size_t length = strcspn(metric->name, "@(");
    return (strlen(base) == length && memcmp(metric->name, base, length) == 0) ||
           is_among(metric->aliases, base);
}

/* The one whose name takes a number where one is told; else the one that needs none, if there is one. */
static const hn_metric *find(const told *t) {
    const hn_metric *other = NULL;
    for (int i = 0; i < N_ALL; i++) {
        if (!goes_by(all[i], t->base)) continue;
        bool takes = all[i]->argument != NULL, needs = takes && isnan(all[i]->argument->def);
        if (t->is_told ? takes : !needs) return all[i];
        other = all[i];
    }
    return other;
}

const hn_metric *hn_metric_find(const char *name) {
    told t = told_by(name);
    return find(&t);
}

static void put_form(hn_str *str, const hn_metric *metric, const char *number) {
    bool is_place = metric->argument->is_place;
    hn_str_put_n(str, metric->name, strcspn(metric->name, "@("));
    hn_str_printf(str, is_place ? "@%s" : "(%s)", number);
}

void hn_metric_put_form(hn_str *str, const hn_metric *metric) {
    if (metric->argument == NULL)
        hn_str_put(str, metric->name);
    else
        put_form(str, metric, metric->argument->name);
}

static void put_number(hn_str *str, const hn_metric *metric, double at) {
    if (metric->argument->is_place)
        hn_str_printf(str, "%lld", (long long)at);
    else
        hn_str_put_double(str, at);
}

void hn_metric_put_title(hn_str *str, const hn_metric *metric, const char *name) {
    told t = told_by(name);
    hn_str_put(str, metric->title);
    if (metric->argument == NULL || isnan(t.at)) return;
    hn_str_printf(str, ", %s = ", metric->argument->name);
    put_number(str, metric, t.at);
}

static hone_status bad_number(hone_ctx *ctx, const hn_metric *metric, const char *name) {
    HN_SCRATCH(ctx);
    hn_str example;
    hn_str_init(&example, ctx, ctx->scratch);
    if (metric->argument == NULL)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "metrics"),
                          "metric '%s' takes no number: write '%.*s'", name,
                          (int)strcspn(name, "@("), name);
    hn_str number;
    hn_str_init(&number, ctx, ctx->scratch);
    put_number(&number, metric, metric->argument->example);
    put_form(&example, metric, number.text);
    HN_TRY(hn_str_status(&example));
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "metrics"),
                      "metric '%s': '%s' must be a %s in %s, such as '%s'", name,
                      metric->argument->name,
                      metric->argument->is_place ? "whole number" : "real number",
                      metric->argument->range, example.text);
}

static bool is_legal(const hn_argument *argument, double at) {
    hn_interval range;
    if (isnan(at) || (argument->is_place && (at != floor(at) || at > 1e9))) return false;
    return hn_interval_parse(argument->range, &range) && hn_interval_has(&range, at);
}

/* The declaration with its number, its name and its title, in arena. */
static hone_status with_number(hone_ctx *ctx, hn_arena *arena, const hn_metric *metric,
                               const told *t, const char *name, const hn_metric **ret_metric) {
    hn_metric *own;
    if (!t->is_told && !isnan(metric->argument->def)) {
        *ret_metric = metric;
        return HONE_OK;
    }
    if (!is_legal(metric->argument, t->at)) return bad_number(ctx, metric, name);
    HN_TRY(HN_NEW(ctx, arena, own, 1));
    *own = *metric;
    own->at = t->at;
    hn_str text, number;
    hn_str_init(&text, ctx, arena);
    hn_str_init(&number, ctx, arena);
    put_number(&number, metric, t->at);
    HN_TRY(hn_str_status(&number));
    put_form(&text, metric, number.text);
    HN_TRY(hn_str_status(&text));
    own->name = text.text;
    hn_str_init(&text, ctx, arena);
    hn_metric_put_title(&text, metric, own->name);
    HN_TRY(hn_str_status(&text));
    own->title = text.text;
    *ret_metric = own;
    return HONE_OK;
}

static hone_status no_such_metric(hone_ctx *ctx, const char *name, hn_task task) {
    const char *names[N_ALL];
    told bases[N_ALL], own = told_by(name);
    size_t n = 0;
    for (int i = 0; i < N_ALL; i++) {
        if ((all[i]->tasks & task) == 0) continue;
        bases[n] = told_by(all[i]->name);
        names[n] = bases[n].base;
        n++;
    }
    const char *nearest = hn_nearest(own.base, names, n);
    if (nearest != NULL)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "metrics"),
                          "there is no metric '%s'; did you mean '%s'?", name, nearest);
    const hn_metric *usual = hn_metric_default(task);
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "metrics"),
                      "there is no metric '%s'; take another, such as '%s'", name,
                      usual != NULL ? usual->name : "accuracy");
}

hone_status hn_metric_require(hone_ctx *ctx, hn_arena *arena, const char *name, hn_task task,
                              const hn_metric **ret_metric) {
    told t = told_by(name);
    const hn_metric *metric = find(&t);
    if (metric == NULL) return no_such_metric(ctx, name, task);
    if ((metric->tasks & task) == 0) {
        const hn_metric *usual = hn_metric_default(task);
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "metrics"),
                          "metric '%s' is not for %s models; take another, such as '%s'", name,
                          hn_task_name(task), usual ? usual->name : "none");
    }
    if (metric->argument != NULL) return with_number(ctx, arena, metric, &t, name, ret_metric);
    if (t.is_told) return bad_number(ctx, metric, name);
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
