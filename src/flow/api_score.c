/* api_score.c - the public face of metrics: a figure of arrays by its name; see hone.h. */
#include "ml/metric/metric.h"
#include <math.h>

static hone_status bad_value(hone_ctx *ctx, const char *what, int64_t row, double value,
                             const char *why) {
    hn_where where = HN_AT(.param = what);
    where.row = row;
    return hn_fail_at(ctx, HONE_ERROR_DATA, where, "'%s' holds %g in row %lld; %s", what, value,
                      (long long)row, why);
}

/* Whole numbers from low to below high. */
static hone_status check_whole(hone_ctx *ctx, const char *what, const double *values, int64_t n,
                               double low, double high, const char *why) {
    for (int64_t i = 0; i < n; i++)
        if (!(values[i] >= low && values[i] < high && values[i] == floor(values[i])))
            return bad_value(ctx, what, i, values[i], why);
    return HONE_OK;
}

static hone_status check_finite(hone_ctx *ctx, const char *what, const double *values, int64_t n,
                                double low) {
    for (int64_t i = 0; values != NULL && i < n; i++)
        if (!(values[i] >= low && isfinite(values[i])))
            return bad_value(ctx, what, i, values[i],
                             isinf(low) ? "figures are of finite numbers"
                                        : "it takes finite numbers from 0 on");
    return HONE_OK;
}

/* scores, or without them 1 for the class that is answered. */
static hone_status take_scores(hone_ctx *ctx, const hone_scored *given, hn_scored *s) {
    int64_t n = s->n, k = s->n_classes;
    double *scores;
    s->proba = given->scores;
    if (given->scores != NULL) return check_finite(ctx, "scores", given->scores, n * k, -INFINITY);
    HN_TRY(HN_SCRATCH_NEW(ctx, scores, n * k + 1));
    for (int64_t i = 0; i < n; i++) scores[i * k + (int64_t)s->label[i]] = 1;
    s->proba = scores;
    return HONE_OK;
}

static hone_status take_classes(hone_ctx *ctx, const hone_scored *given, hn_scored *s) {
    int64_t n = s->n, k = given->n_classes;
    double *label;
    const char *why = "classes are numbered from 0 to one less than there are";
    bool binary = s->task == HN_TASK_BINARY;
    if (binary ? k != 2 : k < 2)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "n_classes"),
                          "%s answers have %s, and 'n_classes' is %lld", hn_task_name(s->task),
                          binary ? "two classes" : "two classes at least", (long long)k);
    HN_TRY(check_whole(ctx, "y", given->y, n, 0, (double)k, why));
    s->n_classes = (int32_t)k;
    s->label = given->answer;
    if (given->answer != NULL) {
        HN_TRY(check_whole(ctx, "answer", given->answer, n, 0, (double)k, why));
        return take_scores(ctx, given, s);
    }
    HN_TRY(take_scores(ctx, given, s));
    HN_TRY(HN_SCRATCH_NEW(ctx, label, n + 1));
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 1; c < k; c++)
            if (s->proba[i * k + c] > s->proba[i * k + (int64_t)label[i]]) label[i] = (double)c;
    s->label = label;
    return HONE_OK;
}

static hone_status take_clusters(hone_ctx *ctx, const hone_scored *given, hn_scored *s) {
    const char *why = "clusters are numbered from 0, and -1 is none";
    HN_TRY(check_whole(ctx, "answer", given->answer, s->n, -1, 1 << 30, why));
    if (given->y != NULL) HN_TRY(check_whole(ctx, "y", given->y, s->n, 0, 1 << 30, why));
    s->label = given->answer;
    if (given->x == NULL) return HONE_OK;
    s->x = &given->x->view;
    if (s->x->n_rows == s->n) return hn_table_require_dense(ctx, s->x);
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "x"),
                      "there are %lld rows of features for %lld labels", (long long)s->x->n_rows,
                      (long long)s->n);
}

static hone_status take(hone_ctx *ctx, const hone_scored *given, hn_scored *ret_scored) {
    hn_scored s = {.n = given->rows, .y = given->y, .weight = given->weight, .group = given->group};
    const hn_task tasks = HN_TASK_CLASSIFY | HN_TASK_REGRESSION | HN_TASK_CLUSTER | HN_TASK_RANK;
    if (!hn_task_parse(given->task, &s.task) || (s.task & tasks) == 0)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "task"),
                          "there are no figures of arrays for the task '%s'; take binary, "
                          "multiclass, regression, cluster or rank",
                          given->task);
    if (s.n < 1)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "rows"),
                          "there is no row to score; give it some");
    if (s.task != HN_TASK_CLUSTER && given->y == NULL)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "y"),
                          "figures of %s answers need the truth beside them", given->task);
    if (given->answer == NULL && (given->scores == NULL || (s.task & HN_TASK_CLASSIFY) == 0))
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "answer"),
                          "there are no answers to score; give it some");
    HN_TRY(check_finite(ctx, "weight", given->weight, s.n, 0));
    if ((s.task & HN_TASK_CLASSIFY) != 0) {
        HN_TRY(take_classes(ctx, given, &s));
    } else if (s.task == HN_TASK_CLUSTER) {
        HN_TRY(take_clusters(ctx, given, &s));
    } else {
        HN_TRY(check_finite(ctx, "y", given->y, s.n, -INFINITY));
        HN_TRY(check_finite(ctx, "answer", given->answer, s.n, -INFINITY));
        s.value = given->answer;
    }
    *ret_scored = s;
    return HONE_OK;
}

hone_status hone_score(hone_ctx *ctx, const char *metric, const hone_scored *scored,
                       double *ret_value) {
    HN_SCRATCH(ctx);
    const hn_metric *found;
    hn_scored own;
    double value;
    HN_TRY(take(ctx, scored, &own));
    HN_TRY(hn_metric_require(ctx, ctx->scratch, metric, own.task, &found));
    HN_TRY(hn_scored_prepare(ctx, ctx->scratch, &own));
    HN_TRY(hn_metric_compute(ctx, found, &own, &value));
    *ret_value = value;
    return HONE_OK;
}
