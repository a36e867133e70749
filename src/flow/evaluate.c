/* evaluate.c - scoring a pipeline on rows whose truth is known. */
#include "flow/evaluate.h"
#include <string.h>

hone_status hn_metrics_named(hone_ctx *ctx, hn_arena *arena, const hn_texts *names, hn_task task,
                             hn_metric_list *ret_list) {
    if (names->n == 0) {
        ret_list->items = hn_metrics_usual(task, &ret_list->n);
        return HONE_OK;
    }
    /* An anomaly or none: two classes, told apart by a score. */
    bool scores = task == HN_TASK_ANOMALY;
    if (scores) task = HN_TASK_BINARY;
    const hn_metric **items;
    HN_TRY(HN_NEW(ctx, arena, items, names->n));
    for (int64_t i = 0; i < names->n; i++) {
        HN_TRY(hn_metric_require(ctx, arena, names->items[i], task, &items[i]));
        if (scores && items[i]->needs_probabilities)
            return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "metrics"),
                              "metric '%s' needs probabilities, and anomalies have scores; take "
                              "another, such as 'roc_auc'",
                              items[i]->name);
    }
    *ret_list = (hn_metric_list){.items = items, .n = names->n};
    return HONE_OK;
}

/* Scores of two classes from how normal a row is. */
static hone_status complete_anomalies(hone_ctx *ctx, hn_arena *arena, const double *out,
                                      hn_scored *scored) {
    double *label, *both;
    HN_TRY(HN_NEW(ctx, arena, label, scored->n + 1));
    HN_TRY(HN_NEW(ctx, arena, both, 2 * scored->n + 1));
    for (int64_t i = 0; i < scored->n; i++) {
        label[i] = out[i] < 0;
        both[2 * i] = out[i];
        both[2 * i + 1] = -out[i];
    }
    scored->task = HN_TASK_BINARY;
    scored->n_classes = 2;
    scored->label = label;
    scored->proba = both;
    return HONE_OK;
}

/* Labels from probabilities, as hn_score chooses them: the first of the largest. */
static hone_status complete(hone_ctx *ctx, hn_arena *arena, double *out, hn_scored *scored) {
    if (scored->task == HN_TASK_ANOMALY) return complete_anomalies(ctx, arena, out, scored);
    if (scored->n_classes == 0) {
        scored->value = out;
        return HONE_OK;
    }
    double *label;
    HN_TRY(HN_NEW(ctx, arena, label, scored->n + 1));
    for (int64_t i = 0; i < scored->n; i++) {
        const double *row = out + i * scored->n_classes;
        for (int32_t c = 1; c < scored->n_classes; c++)
            if (row[c] > row[(int32_t)label[i]]) label[i] = c;
    }
    scored->label = label;
    scored->proba = out;
    return HONE_OK;
}

static hn_scored scored_over(const hone_data *data) {
    return (hn_scored){.n = data->x->n_rows,
                       .task = data->task,
                       .n_classes = data->n_classes,
                       .y = data->y,
                       .group = data->task == HN_TASK_RANK ? data->group : NULL,
                       .weight = data->weight};
}

hone_status hn_scored_answers(hone_ctx *ctx, const hone_data *data, double *out, hn_arena *arena,
                              hn_scored *ret_scored) {
    hn_scored scored = scored_over(data);
    HN_TRY(complete(ctx, arena, out, &scored));
    *ret_scored = scored;
    return HONE_OK;
}

hone_status hn_scored_of(hone_ctx *ctx, const hn_pipeline *pipeline, const hone_data *data,
                         hn_arena *arena, hn_scored *ret_scored) {
    double *out;
    HN_TRY(HN_NEW(ctx, arena, out, data->x->n_rows * hn_pipeline_outputs(pipeline) + 1));
    HN_TRY(hn_pipeline_predict(ctx, pipeline, data->x, out));
    return hn_scored_answers(ctx, data, out, arena, ret_scored);
}

/* ---- clusters -------------------------------------------------------------------------------- */

hone_status hn_scored_clusters(hone_ctx *ctx, const hn_pipeline *pipeline, const hone_data *data,
                               bool fitted, hn_arena *arena, hn_scored *ret_scored) {
    const hn_stage *model = hn_pipeline_model(pipeline);
    hn_scored scored = scored_over(data);
    hn_table *inputs;
    double *label;
    HN_TRY(HN_NEW(ctx, arena, inputs, 1));
    HN_TRY(hn_pipeline_inputs(ctx, pipeline, data->x, arena, inputs));
    scored.x = inputs;
    if (fitted)
        HN_TRY(
            hn_kept_labels(ctx, arena, model->kind->visit, model->state, scored.n, &scored.label));
    if (!scored.label) {
        HN_TRY(HN_NEW(ctx, arena, label, scored.n + 1));
        HN_TRY(hn_pipeline_predict(ctx, pipeline, data->x, label));
        scored.label = label;
    }
    *ret_scored = scored;
    return HONE_OK;
}

hone_status hn_scored_constant(hone_ctx *ctx, const hone_data *data, const double *answer,
                               hn_arena *arena, hn_scored *ret_scored) {
    hn_scored scored = scored_over(data);
    int32_t k = hn_outputs(data->task, data->n_classes);
    double *out;
    HN_TRY(HN_NEW(ctx, arena, out, scored.n * k + 1));
    for (int64_t i = 0; i < scored.n; i++) memcpy(out + i * k, answer, (size_t)k * sizeof *out);
    HN_TRY(complete(ctx, arena, out, &scored));
    *ret_scored = scored;
    return HONE_OK;
}

/* ---- figures --------------------------------------------------------------------------------- */

static hone_status no_memory(hone_ctx *ctx) {
    return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory writing metrics");
}

/* A figure that is not defined is null. The name is copied: of a metric with a number ("fbeta(2)") it lives in the
 * caller's scratch. */
static bool add_figure(hn_json_doc *doc, hn_json_mut *object, const char *name, double value) {
    return yyjson_mut_obj_add(object, yyjson_mut_strcpy(doc, name),
                              isfinite(value) ? yyjson_mut_real(doc, value) : yyjson_mut_null(doc));
}

hone_status hn_metrics_json(hone_ctx *ctx, const hn_scored *scored, const hn_metric_list *metrics,
                            hn_json_doc *doc, hn_json_mut **ret_object) {
    HN_SCRATCH(ctx);
    hn_scored prepared = *scored;
    /* One or two figures need the order of a class's scores: they sort rows rather than jump from one to the next. */
    if (!(scored->task & HN_TASK_CLASSIFY)) HN_TRY(hn_scored_prepare(ctx, ctx->scratch, &prepared));
    hn_json_mut *object = yyjson_mut_obj(doc);
    for (int64_t m = 0; m < metrics->n; m++) {
        double value;
        HN_TRY(hn_metric_compute(ctx, metrics->items[m], &prepared, &value));
        if (!add_figure(doc, object, metrics->items[m]->name, value)) return no_memory(ctx);
    }
    *ret_object = object;
    return HONE_OK;
}

hone_status hn_intervals_json(hone_ctx *ctx, const hn_scored *scored, const hn_scored *baseline,
                              const hn_metric_list *metrics, hn_json_doc *doc,
                              hn_json_mut **ret_values, hn_json_mut **ret_intervals) {
    HN_SCRATCH(ctx);
    hn_bootstrap_result *results;
    HN_TRY(HN_SCRATCH_NEW(ctx, results, metrics->n + 1));
    hn_bootstrap_options options = {.seed = ctx->seed};
    HN_TRY(hn_bootstrap(ctx, scored, baseline, metrics->items, metrics->n, &options, results));
    hn_json_mut *values = yyjson_mut_obj(doc), *intervals = yyjson_mut_obj(doc);
    for (int64_t m = 0; m < metrics->n; m++) {
        const char *name = metrics->items[m]->name;
        const hn_bootstrap_result *r = &results[m];
        hn_json_mut *one = yyjson_mut_obj(doc);
        if (!yyjson_mut_obj_add(intervals, yyjson_mut_strcpy(doc, name), one) ||
            !add_figure(doc, values, name, r->metric.value) ||
            !add_figure(doc, one, "low", r->metric.low) ||
            !add_figure(doc, one, "high", r->metric.high))
            return no_memory(ctx);
        if (baseline != NULL && !add_figure(doc, one, "ahead", r->ahead)) return no_memory(ctx);
    }
    *ret_values = values;
    *ret_intervals = intervals;
    return HONE_OK;
}

/* The mean of a figure over targets; NaN where one of them lacks it or has none. */
static double mean_figure(hn_json_mut *targets, const char *part, const char *name,
                          bool *ret_there) {
    double sum = 0;
    size_t i, n;
    hn_json_mut *key, *target;
    *ret_there = true;
    yyjson_mut_obj_foreach(targets, i, n, key, target) {
        hn_json_mut *figures = yyjson_mut_obj_get(yyjson_mut_obj_get(target, "metrics"), part);
        hn_json_mut *figure = yyjson_mut_obj_get(figures, name);
        if (figure == NULL) *ret_there = false;
        sum += yyjson_mut_is_num(figure) ? yyjson_mut_get_num(figure) : (double)NAN;
    }
    return sum / (double)n;
}

hone_status hn_metric_of_targets(hone_ctx *ctx, hn_arena *arena, const hn_texts *names,
                                 hn_task task, const hn_metric **ret_metric) {
    if (names->n > 0) return hn_metric_require(ctx, arena, names->items[0], task, ret_metric);
    *ret_metric = task == HN_TASK_REGRESSION ? &hn_metric_r2 : hn_metric_default(task);
    return HONE_OK;
}

hone_status hn_put_mean_metrics(hone_ctx *ctx, hn_json_mut *targets, const hn_metric *primary,
                                hn_json_doc *doc, hn_json_mut *object) {
    static const char *const parts[] = {"train", "validation", "test", "baseline"};
    yyjson_mut_obj_iter iter = yyjson_mut_obj_iter_with(targets);
    hn_json_mut *first = yyjson_mut_obj_iter_get_val(yyjson_mut_obj_iter_next(&iter));
    hn_json_mut *metrics = yyjson_mut_obj_add_obj(doc, object, "metrics"), *key, *value;
    size_t i, n;
    bool ok = metrics != NULL && yyjson_mut_obj_add_strcpy(doc, object, "primary", primary->name);
    for (size_t p = 0; ok && p < sizeof parts / sizeof *parts; p++) {
        hn_json_mut *own = yyjson_mut_obj_get(yyjson_mut_obj_get(first, "metrics"), parts[p]);
        if (own == NULL) continue;
        hn_json_mut *means = yyjson_mut_obj_add_obj(doc, metrics, parts[p]);
        ok = means != NULL;
        yyjson_mut_obj_foreach(own, i, n, key, value) {
            bool there;
            const char *name = yyjson_mut_get_str(key);
            double mean = mean_figure(targets, parts[p], name, &there);
            if (!there) continue;
            ok = ok && add_figure(doc, means, name, mean);
        }
    }
    return ok ? HONE_OK : no_memory(ctx);
}
