/* assess_clusters.c - a clustering on any rows, by itself or beside a known grouping. */
#include "flow/evaluate.h"
#include "flow/score.h"
#include "flow/target.h"
#include "flow/train.h"

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

hone_status hn_evaluate_clusters(hone_ctx *ctx, const hone_model *model, const hone_table *table,
                                 const hn_evaluate_options *options, hn_json_doc *doc,
                                 hn_json_mut **ret_object) {
    HN_SCRATCH(ctx);
    const char *truth = options->truth;
    hn_table rest = table->view, inputs;
    hone_data data = {.x = &inputs, .task = HN_TASK_CLUSTER};
    hn_metric_list metrics;
    hn_scored scored;
    hn_json_mut *values, *object = yyjson_mut_obj(doc), *figures = yyjson_mut_obj(doc);
    if (truth) HN_TRY(take_truth(ctx, table, truth, &rest, &data));
    HN_TRY(hn_bind_table(ctx, model, &rest, options->allow_extra, ctx->scratch, &inputs));
    HN_TRY(cluster_metrics(ctx, &options->metrics, truth != NULL, &metrics));
    HN_TRY(hn_scored_clusters(ctx, &model->pipeline, &data, false, ctx->scratch, &scored));
    HN_TRY(hn_metrics_json(ctx, &scored, &metrics, doc, &values));
    bool ok = yyjson_mut_obj_add_int(doc, object, "rows", inputs.n_rows) &&
              yyjson_mut_obj_add_strcpy(doc, object, "primary", metrics.items[0]->name) &&
              yyjson_mut_obj_add_val(doc, object, "metrics", figures) &&
              yyjson_mut_obj_add_val(doc, figures, "test", values);
    *ret_object = object;
    return ok ? HONE_OK : hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory writing metrics");
}
