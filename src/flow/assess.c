/* assess.c - a finished model on labelled rows that it has not seen. */
#include "flow/evaluate.h"
#include "flow/score.h"
#include "flow/target.h"
#include "flow/train.h"
#include "ml/metric/report.h"
#include <string.h>

static hone_status no_memory(hone_ctx *ctx) {
    return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory writing metrics");
}

static hone_status truth_of(hone_ctx *ctx, const hone_model *model, const hn_column *column,
                            double **ret_y) {
    if (model->task != HN_TASK_ANOMALY)
        return hn_target_apply(ctx, ctx->scratch, column, model->classes, ret_y);
    hn_json *roles = yyjson_obj_get(model->recipe, "roles");
    const char *positive = yyjson_get_str(yyjson_obj_get(roles, "positive"));
    hn_target target;
    HN_TRY(hn_target_marks(ctx, ctx->scratch, column, &positive, &target));
    *ret_y = target.y;
    return HONE_OK;
}

/* The labelled rows as the model's inputs, with the target beside; rows without a target are left out. */
static hone_status labelled_rows(hone_ctx *ctx, const hone_model *model, const hone_table *table,
                                 bool allow_extra, hn_table *inputs, hone_data *data) {
    hn_arena *scratch = ctx->scratch;
    int32_t j;
    double *y;
    int64_t *rows, n = 0;
    hn_table bound;
    if (model->target == NULL)
        return hn_fail(ctx, HONE_ERROR_USAGE,
                       "this model has no target to be compared with (its task is %s)%s",
                       hn_task_name(model->task),
                       model->task == HN_TASK_ANOMALY
                           ? "; name a column that marks anomalies with --target when training"
                           : "");
    HN_TRY(hn_table_require(ctx, &table->view, model->target, &j));
    HN_TRY(truth_of(ctx, model, &table->view.columns[j], &y));
    HN_TRY(hn_bind_table(ctx, model, &table->view, allow_extra, scratch, &bound));
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, bound.n_rows + 1));
    for (int64_t i = 0; i < bound.n_rows; i++) {
        if (isnan(y[i])) continue;
        y[n] = y[i];
        rows[n++] = i;
    }
    if (n == 0)
        return hn_fail_at(
            ctx, HONE_ERROR_DATA, HN_AT(.column = model->target),
            "no row has a value of the target '%s', so there is nothing to compare with",
            model->target);
    *inputs = bound;
    if (n < bound.n_rows) HN_TRY(hn_table_take(ctx, scratch, &bound, rows, n, inputs));
    *data = (hone_data){.x = inputs, .y = y, .n_classes = model->n_classes, .task = model->task};
    return HONE_OK;
}

/* The weight column that the recipe named counts here too, where the table has it. */
static hone_status read_weights(hone_ctx *ctx, const hone_model *model, const hone_table *table,
                                hone_data *data) {
    const char *name =
        yyjson_get_str(yyjson_obj_get(yyjson_obj_get(model->recipe, "roles"), "weight"));
    int32_t j = name != NULL ? hn_table_find(&table->view, name) : -1;
    if (j < 0 || table->view.n_rows != data->x->n_rows) return HONE_OK;
    double *weight;
    HN_TRY(HN_SCRATCH_NEW(ctx, weight, table->view.n_rows + 1));
    hn_column_doubles(&table->view.columns[j], 0, table->view.n_rows, weight, 1);
    data->weight = weight;
    return HONE_OK;
}

static hone_status read_baseline(hone_ctx *ctx, const hone_model *model, double **ret_answer) {
    hn_json *answer = yyjson_obj_get(model->facts, "baseline");
    size_t k = (size_t)hn_outputs(model->task, model->n_classes);
    if (yyjson_arr_size(answer) != k)
        return hn_fail(ctx, HONE_ERROR_FORMAT,
                       "the model's file holds no baseline; make it anew with 'hone train'");
    HN_TRY(HN_SCRATCH_NEW(ctx, *ret_answer, k));
    for (size_t c = 0; c < k; c++) (*ret_answer)[c] = yyjson_get_num(yyjson_arr_get(answer, c));
    return HONE_OK;
}

/* ---- clusters -------------------------------------------------------------------------------- */

/* Columns but the truth, and the truth as numbers; rows that lack it get no weight. */
static hone_status take_truth(hone_ctx *ctx, const hone_table *table, const char *truth,
                              hn_table *rest, hone_data *data) {
    int32_t at, *others;
    double *weight;
    hn_target target;
    HN_TRY(hn_table_require(ctx, &table->view, truth, &at));
    HN_TRY(HN_SCRATCH_NEW(ctx, others, table->view.n_columns));
    for (int32_t j = 0, n = 0; j < table->view.n_columns; j++)
        if (j != at) others[n++] = j;
    HN_TRY(
        hn_table_select(ctx, ctx->scratch, &table->view, others, table->view.n_columns - 1, rest));
    HN_TRY(hn_target_learn(ctx, ctx->scratch, &table->view.columns[at], HN_TASK_MULTICLASS, NULL,
                           &target));
    HN_TRY(HN_SCRATCH_NEW(ctx, weight, table->view.n_rows + 1));
    for (int64_t i = 0; i < table->view.n_rows; i++) {
        weight[i] = !isnan(target.y[i]);
        if (weight[i] == 0) target.y[i] = 0;
    }
    data->y = target.y;
    data->weight = weight;
    return HONE_OK;
}

/* Without names: with a truth all there are, else those that need none. */
static hone_status cluster_metrics(hone_ctx *ctx, const hn_texts *names, bool truth,
                                   hn_metric_list *ret_list) {
    int64_t n;
    const hn_metric *const *all = hn_metrics(&n), **chosen;
    if (names->n > 0 || !truth)
        return hn_metrics_named(ctx, ctx->scratch, names, HN_TASK_CLUSTER, ret_list);
    HN_TRY(HN_SCRATCH_NEW(ctx, chosen, n));
    *ret_list = (hn_metric_list){chosen, 0};
    for (int64_t i = 0; i < n; i++)
        if (all[i]->tasks & HN_TASK_CLUSTER) chosen[ret_list->n++] = all[i];
    return HONE_OK;
}

static hone_status evaluate_clusters(hone_ctx *ctx, const hone_model *model,
                                     const hone_table *table, const hn_texts *names,
                                     const char *truth, bool allow_extra, hn_json_doc *doc,
                                     hn_json_mut **ret_object) {
    HN_SCRATCH(ctx);
    hn_table rest = table->view, inputs;
    hone_data data = {.x = &inputs, .task = HN_TASK_CLUSTER};
    hn_metric_list metrics;
    hn_scored scored;
    hn_json_mut *values, *object = yyjson_mut_obj(doc), *figures = yyjson_mut_obj(doc);
    if (truth) HN_TRY(take_truth(ctx, table, truth, &rest, &data));
    HN_TRY(hn_bind_table(ctx, model, &rest, allow_extra, ctx->scratch, &inputs));
    HN_TRY(cluster_metrics(ctx, names, truth != NULL, &metrics));
    HN_TRY(hn_scored_clusters(ctx, &model->pipeline, &data, false, ctx->scratch, &scored));
    HN_TRY(hn_metrics_json(ctx, &scored, &metrics, doc, &values));
    bool ok = yyjson_mut_obj_add_int(doc, object, "rows", inputs.n_rows) &&
              yyjson_mut_obj_add_str(doc, object, "primary", metrics.items[0]->name) &&
              yyjson_mut_obj_add_val(doc, object, "metrics", figures) &&
              yyjson_mut_obj_add_val(doc, figures, "test", values);
    *ret_object = object;
    return ok ? HONE_OK : no_memory(ctx);
}

hone_status hn_evaluate(hone_ctx *ctx, const hone_model *model, const hone_table *table,
                        const hn_texts *names, const char *truth, bool allow_extra,
                        hn_json_doc *doc, hn_json_mut **ret_object) {
    if (model->task == HN_TASK_CLUSTER)
        return evaluate_clusters(ctx, model, table, names, truth, allow_extra, doc, ret_object);
    if (truth)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "truth"),
                          "a truth beside the target is for clusterings; this model's target is "
                          "'%s'",
                          model->target ? model->target : "none");
    HN_SCRATCH(ctx);
    hn_table inputs;
    hone_data data;
    double *answer;
    hn_metric_list metrics;
    hn_scored scored, baseline;
    HN_TRY(labelled_rows(ctx, model, table, allow_extra, &inputs, &data));
    HN_TRY(read_weights(ctx, model, table, &data));
    HN_TRY(read_baseline(ctx, model, &answer));
    HN_TRY(hn_metrics_named(ctx, ctx->scratch, names, model->task, &metrics));
    HN_TRY(hn_scored_of(ctx, &model->pipeline, &data, ctx->scratch, &scored));
    HN_TRY(hn_scored_constant(ctx, &data, answer, ctx->scratch, &baseline));
    hn_json_mut *object = yyjson_mut_obj(doc), *test, *intervals, *base;
    HN_TRY(hn_intervals_json(ctx, &scored, &baseline, &metrics, doc, &test, &intervals));
    HN_TRY(hn_metrics_json(ctx, &baseline, &metrics, doc, &base));
    hn_json_mut *figures = yyjson_mut_obj(doc);
    bool ok = yyjson_mut_obj_add_int(doc, object, "rows", inputs.n_rows) &&
              yyjson_mut_obj_add_str(doc, object, "primary", metrics.items[0]->name) &&
              yyjson_mut_obj_add_val(doc, object, "metrics", figures) &&
              yyjson_mut_obj_add_val(doc, figures, "test", test) &&
              yyjson_mut_obj_add_val(doc, figures, "baseline", base) &&
              yyjson_mut_obj_add_val(doc, object, "intervals", intervals);
    hn_json_mut *reports = yyjson_mut_obj_add_obj(doc, object, "reports");
    if (!ok || reports == NULL) return no_memory(ctx);
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    bool probabilities = hn_gives_probabilities(stage->kind, stage->state);
    HN_TRY(hn_report_scored(ctx, &scored, model->classes, probabilities, doc, reports));
    *ret_object = object;
    return HONE_OK;
}
