/* assess.c - a finished model on labelled rows that it has not seen. */
#include "flow/errors.h"
#include "flow/plots.h"
#include "flow/score.h"
#include "flow/target.h"
#include "flow/train.h"
#include "ml/metric/report.h"
#include <string.h>

static const hone_param items[] = {
    HN_PARAM(
        hn_evaluate_options, metrics, .display = "METRIC,...",
        .doc = "Metrics to compute; the task's usual ones if not given. 'hone kinds' lists them."),
    HN_PARAM(hn_evaluate_options, truth, .display = "COLUMN",
             .doc = "For a clustering: a column with a known grouping to compare it with."),
    HN_PARAM(hn_evaluate_options, allow_extra,
             .doc = "Leave out columns that training never saw, instead of refusing them."),
    HN_PARAM(hn_evaluate_options, errors, .def = "0", .range = "[0, 10000]", .display = "N",
             .doc =
                 "Show the N worst answers, the N least certain, the classes most often taken for "
                 "each other, and where in the table the model errs most."),
    HN_PARAM(hn_evaluate_options, plots,
             .doc = "With --json: a Vega-Lite specification of each plot beside the figures."),
};
const hn_params hn_evaluate_params = HN_PARAMS(hn_evaluate_options, items);

static hone_status no_memory(hone_ctx *ctx) {
    return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory writing metrics");
}

/* ---- labelled rows --------------------------------------------------------------------------- */

/* The weight column that the recipe named counts here too, where the table has it. */
static hone_status read_weights(hone_ctx *ctx, const hone_model *model, const hone_table *table,
                                hn_labelled *labelled) {
    const char *name =
        yyjson_get_str(yyjson_obj_get(yyjson_obj_get(model->recipe, "roles"), "weight"));
    int32_t j = name != NULL ? hn_table_find(&table->view, name) : -1;
    if (j < 0) return HONE_OK;
    double *weight;
    HN_TRY(HN_SCRATCH_NEW(ctx, weight, labelled->inputs->n_rows + 1));
    for (int64_t i = 0; i < labelled->inputs->n_rows; i++) {
        weight[i] = hn_column_double(&table->view.columns[j], labelled->rows[i]);
        if (!(weight[i] >= 0) || !isfinite(weight[i]))
            return hn_fail_at(ctx, HONE_ERROR_DATA,
                              (hn_where){.column = name, .row = labelled->rows[i]},
                              "column '%s', row %lld: a weight is a number of 0 or more", name,
                              (long long)labelled->rows[i] + 1);
    }
    labelled->data.weight = weight;
    return HONE_OK;
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

/* Ranks are judged group by group. */
static hone_status read_groups(hone_ctx *ctx, const hone_model *model, const hone_table *table,
                               hn_labelled *labelled) {
    hn_json *roles = yyjson_obj_get(model->recipe, "roles");
    const char *name = yyjson_get_str(yyjson_obj_get(roles, "group"));
    int32_t j;
    int64_t *group;
    if (model->task != HN_TASK_RANK || name == NULL) return HONE_OK;
    HN_TRY(hn_table_require(ctx, &table->view, name, &j));
    HN_TRY(hn_group_ids(ctx, ctx->scratch, &table->view.columns[j], &group));
    for (int64_t i = 0; i < labelled->inputs->n_rows; i++) group[i] = group[labelled->rows[i]];
    labelled->data.group = group;
    return HONE_OK;
}

hone_status hn_label_rows(hone_ctx *ctx, const hone_model *model, const hone_table *table,
                          bool allow_extra, hn_labelled *ret_labelled) {
    hn_arena *scratch = ctx->scratch;
    int32_t j;
    double *y;
    int64_t n = 0;
    hn_table bound;
    hn_labelled labelled;
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
    HN_TRY(HN_SCRATCH_NEW(ctx, labelled.inputs, 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, labelled.rows, bound.n_rows + 1));
    for (int64_t i = 0; i < bound.n_rows; i++) {
        if (isnan(y[i])) continue;
        y[n] = y[i];
        labelled.rows[n++] = i;
    }
    if (n == 0)
        return hn_fail_at(
            ctx, HONE_ERROR_DATA, HN_AT(.column = model->target),
            "no row has a value of the target '%s', so there is nothing to compare with",
            model->target);
    *labelled.inputs = bound;
    if (n < bound.n_rows)
        HN_TRY(hn_table_take(ctx, scratch, &bound, labelled.rows, n, labelled.inputs));
    labelled.data = (hone_data){
        .x = labelled.inputs, .y = y, .n_classes = model->n_classes, .task = model->task};
    HN_TRY(read_weights(ctx, model, table, &labelled));
    HN_TRY(read_groups(ctx, model, table, &labelled));
    *ret_labelled = labelled;
    return HONE_OK;
}

hone_status hn_bare_rows(hone_ctx *ctx, const hone_model *model, const hone_table *table,
                         bool allow_extra, hn_labelled *ret_labelled) {
    hn_labelled labelled;
    HN_TRY(HN_SCRATCH_NEW(ctx, labelled.inputs, 1));
    HN_TRY(hn_bind_table(ctx, model, &table->view, allow_extra, ctx->scratch, labelled.inputs));
    HN_TRY(HN_SCRATCH_NEW(ctx, labelled.rows, labelled.inputs->n_rows + 1));
    for (int64_t i = 0; i < labelled.inputs->n_rows; i++) labelled.rows[i] = i;
    labelled.data = (hone_data){.x = labelled.inputs, .task = model->task};
    HN_TRY(read_weights(ctx, model, table, &labelled));
    *ret_labelled = labelled;
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

/* ---- decision -------------------------------------------------------------------------------- */

hone_status hn_model_decision(hone_ctx *ctx, hn_arena *arena, const hone_model *model,
                              hn_recipe_decision *ret_section) {
    hn_json *section = yyjson_obj_get(model->recipe, "decision");
    hn_recipe_decision decision;
    HN_TRY(hn_params_defaults(ctx, arena, &hn_recipe_decision_params, &decision));
    if (section != NULL)
        HN_TRY(hn_params_set_json(ctx, arena, &hn_recipe_decision_params, &decision, "decision",
                                  section, "", NULL));
    *ret_section = decision;
    return HONE_OK;
}

/* What was given now, else what the model was trained with. */
static hone_status merge(hone_ctx *ctx, const hone_model *model, const hn_table *table,
                         const hn_recipe_decision *given, hn_recipe_decision *ret_section) {
    hn_recipe_decision own;
    HN_TRY(hn_model_decision(ctx, ctx->scratch, model, &own));
    /* Values that stand in columns which this table lacks are no reason to fail. */
    if (own.value != NULL && hn_table_find(table, own.value) < 0) {
        double number;
        if (!hn_parse_double((hn_slice){own.value, strlen(own.value)}, &number)) own.value = NULL;
    }
    own.threshold = "largest"; /* the model's own decision stands in model->decision */
    if (given != NULL) {
        if (given->threshold != NULL) own.threshold = given->threshold;
        if (given->costs.n > 0) own.costs = given->costs;
        if (given->value != NULL) {
            own.value = given->value;
            own.intervention_cost = given->intervention_cost;
            own.success_rate = given->success_rate;
        }
    }
    *ret_section = own;
    return HONE_OK;
}

/* What labels are decided by, and what is at stake. */
typedef struct verdict {
    hn_choice choice;
    const double *costs;
    hn_stakes stakes;
    bool staked;
} verdict;

static hone_status decide(hone_ctx *ctx, const hone_model *model, const hone_table *table,
                          const hn_labelled *labelled, const hn_recipe_decision *given,
                          hn_scored *scored, verdict *ret) {
    verdict v = {.choice = {.decision = model->decision, .value = NAN, .usual = NAN}};
    hn_recipe_decision section;
    HN_TRY(merge(ctx, model, &table->view, given, &section));
    HN_TRY(
        hn_decision_costs(ctx, ctx->scratch, &section, model->classes, model->n_classes, &v.costs));
    HN_TRY(hn_decision_stakes(ctx, ctx->scratch, &section, &table->view, labelled->rows, scored->n,
                              &v.stakes, &v.staked));
    if (given != NULL && given->threshold != NULL)
        HN_TRY(hn_choose_decision(ctx, &section, scored, v.costs, v.staked ? &v.stakes : NULL,
                                  &v.choice));
    HN_TRY(hn_decide_all(ctx, &v.choice.decision, ctx->scratch, scored));
    *ret = v;
    return HONE_OK;
}

static hone_status put_decision(hone_ctx *ctx, const hone_model *model, const verdict *v,
                                hn_json_doc *doc, hn_json_mut *object) {
    hn_json_mut *decision = NULL;
    hn_json *own = yyjson_obj_get(model->facts, "decision");
    if (v->choice.by != NULL) {
        HN_TRY(hn_decision_to_json(ctx, &v->choice, model->n_classes, doc, &decision));
        if (!isnan(v->choice.value))
            yyjson_mut_obj_add_str(doc, decision, "chosen_on", "these rows");
    } else if (own != NULL) {
        decision = yyjson_val_mut_copy(doc, own);
    }
    return decision == NULL || yyjson_mut_obj_add_val(doc, object, "decision", decision)
               ? HONE_OK
               : no_memory(ctx);
}

/* ---- whole ----------------------------------------------------------------------------------- */

static hone_status put_figures(hone_ctx *ctx, const hone_model *model, const hn_labelled *labelled,
                               const hn_scored *scored, const hn_metric_list *metrics,
                               hn_json_doc *doc, hn_json_mut *object) {
    double *answer;
    hn_scored baseline;
    hn_json_mut *figures = yyjson_mut_obj(doc), *test, *intervals, *base;
    HN_TRY(read_baseline(ctx, model, &answer));
    HN_TRY(hn_scored_constant(ctx, &labelled->data, answer, ctx->scratch, &baseline));
    HN_TRY(hn_intervals_json(ctx, scored, &baseline, metrics, doc, &test, &intervals));
    HN_TRY(hn_metrics_json(ctx, &baseline, metrics, doc, &base));
    bool ok = yyjson_mut_obj_add_int(doc, object, "rows", scored->n) &&
              yyjson_mut_obj_add_strcpy(doc, object, "primary", metrics->items[0]->name) &&
              yyjson_mut_obj_add_val(doc, object, "metrics", figures) &&
              yyjson_mut_obj_add_val(doc, figures, "test", test) &&
              yyjson_mut_obj_add_val(doc, figures, "baseline", base) &&
              yyjson_mut_obj_add_val(doc, object, "intervals", intervals);
    return ok ? HONE_OK : no_memory(ctx);
}

static hone_status put_errors(hone_ctx *ctx, const hone_model *model, const hn_labelled *labelled,
                              const hn_scored *scored, double threshold, int64_t most,
                              hn_json_doc *doc, hn_json_mut *object) {
    if (most == 0) return HONE_OK;
    hn_examined examined = {.model = model,
                            .scored = scored,
                            .inputs = labelled->inputs,
                            .rows = labelled->rows,
                            .threshold = threshold};
    hn_json_mut *errors;
    HN_TRY(hn_errors_json(ctx, &examined, most, doc, &errors));
    return yyjson_mut_obj_add_val(doc, object, "errors", errors) ? HONE_OK : no_memory(ctx);
}

/* Each target as if the model were of it alone, and the means. */
static hone_status evaluate_targets(hone_ctx *ctx, const hone_model *model, const hone_table *table,
                                    const hn_evaluate_options *options,
                                    const hn_recipe_decision *given, hn_json_doc *doc,
                                    hn_json_mut **ret_object) {
    hn_json_mut *object = yyjson_mut_obj(doc), *all = yyjson_mut_obj(doc), *one;
    const hn_metric *primary;
    if (given != NULL) HN_TRY(hn_decision_refuse(ctx, given));
    HN_TRY(
        hn_metric_of_targets(ctx, ctx->scratch, &options->metrics, hn_model_task(model), &primary));
    for (int32_t t = 0; t < model->n_targets; t++) {
        hone_model view = hn_model_of_target(model, t);
        HN_TRY(hn_evaluate(ctx, &view, table, options, NULL, doc, &one));
        if (!yyjson_mut_obj_add_str(doc, one, "task", hn_task_name(view.task)) ||
            !yyjson_mut_obj_add_val(doc, all, view.target, one))
            return no_memory(ctx);
    }
    if (!yyjson_mut_obj_add_int(doc, object, "rows", table->view.n_rows)) return no_memory(ctx);
    HN_TRY(hn_put_mean_metrics(ctx, all, primary, doc, object));
    if (!yyjson_mut_obj_add_val(doc, object, "targets", all)) return no_memory(ctx);
    *ret_object = object;
    return HONE_OK;
}

hone_status hn_evaluate(hone_ctx *ctx, const hone_model *model, const hone_table *table,
                        const hn_evaluate_options *options, const hn_recipe_decision *given,
                        hn_json_doc *doc, hn_json_mut **ret_object) {
    if (model->task == HN_TASK_CLUSTER)
        return hn_evaluate_clusters(ctx, model, table, options, doc, ret_object);
    if (options->truth != NULL)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "truth"),
                          "a truth beside the target is for clusterings; this model's target is "
                          "'%s'",
                          model->target ? model->target : "none");
    if (model->n_targets > 1)
        return evaluate_targets(ctx, model, table, options, given, doc, ret_object);
    HN_SCRATCH(ctx);
    hn_labelled labelled;
    hn_metric_list metrics;
    hn_scored scored;
    verdict v;
    HN_TRY(hn_label_rows(ctx, model, table, options->allow_extra, &labelled));
    HN_TRY(hn_metrics_named(ctx, ctx->scratch, &options->metrics, model->task, &metrics));
    HN_TRY(hn_scored_of(ctx, &model->pipeline, &labelled.data, ctx->scratch, &scored));
    HN_TRY(decide(ctx, model, table, &labelled, given, &scored, &v));
    hn_json_mut *object = yyjson_mut_obj(doc);
    HN_TRY(put_figures(ctx, model, &labelled, &scored, &metrics, doc, object));
    HN_TRY(put_decision(ctx, model, &v, doc, object));
    hn_json_mut *reports = yyjson_mut_obj_add_obj(doc, object, "reports");
    if (reports == NULL) return no_memory(ctx);
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    bool probabilities = hn_gives_probabilities(stage->kind, stage->state);
    HN_TRY(hn_report_scored(ctx, &scored, model->classes, probabilities, doc, reports));
    HN_TRY(hn_report_decision(ctx, &scored, &v.choice.decision, v.costs,
                              v.staked ? &v.stakes : NULL, doc, reports));
    HN_TRY(put_errors(ctx, model, &labelled, &scored, v.choice.decision.threshold, options->errors,
                      doc, object));
    if (options->plots) HN_TRY(hn_plots_json(ctx, reports, doc, object));
    *ret_object = object;
    return HONE_OK;
}
