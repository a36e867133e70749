/* train.c - one run: prepare, choose, fit, decide, figures. */
#include "flow/train.h"
#include "flow/balance.h"
#include "flow/changes.h"
#include "flow/cross.h"
#include "flow/expectations.h"
#include "flow/leaks.h"
#include "flow/run.h"
#include "flow/sample.h"
#include "ml/metric/report.h"
#include "table/registry.h"
#include "table/source.h"
#include <string.h>

/* ---- fit ------------------------------------------------------------------------------------- */

static hone_status choose_and_fit(hn_run *r, hn_seconds_spent *seconds) {
    HN_TRY(hn_run_choose(r));
    hn_changes changes;
    hn_fit_told told = {.changes = &changes};
    HN_TRY(hn_json_new(r->ctx, r->ctx->scratch, &changes.doc));
    changes.list = yyjson_mut_arr(changes.doc);
    if (r->table->filled != NULL)
        yyjson_mut_arr_append(changes.list, yyjson_val_mut_copy(changes.doc, r->table->filled));
    /* The rows to choose by say when to stop, too. */
    hone_data train = r->train;
    if (r->validation.x != NULL) train.validation = &r->validation;
    HN_TRY(hn_pipeline_fit(r->ctx, &r->recipe, &train, r->arena, &r->model->pipeline, &told));
    HN_TRY(hn_json_freeze(r->ctx, r->ctx->scratch, changes.list, &r->changes));
    seconds->fit = told.seconds[1];
    HN_TRY(hn_note_balance(r));
    return hn_run_baseline(r);
}

/* ---- decision -------------------------------------------------------------------------------- */

/* What is at stake in some rows of a part (of HN_RUN_PARTS); rows NULL: in all of it. */
static hone_status stakes_of(hn_run *r, int part, const int64_t *rows, int64_t n,
                             hn_stakes *ret_stakes, bool *ret_given) {
    int64_t *select;
    HN_TRY(HN_SCRATCH_NEW(r->ctx, select, n + 1));
    for (int64_t i = 0; i < n; i++) {
        int64_t row = rows != NULL ? rows[i] : i;
        select[i] = r->parts[part].n > 0 ? r->parts[part].rows[row] : row;
    }
    return hn_decision_stakes(r->ctx, r->ctx->scratch, &r->recipe.decision, &r->rows, select, n,
                              ret_stakes, ret_given);
}

/* Training rows answered by models that have not learned from them. */
static hone_status answer_out_of_fold(hn_run *r, hn_scored *ret_scored, int64_t *rows) {
    hone_ctx *ctx = r->ctx;
    const hone_data *data = &r->known;
    int64_t n;
    double *out, *y, *weight, *proba;
    hn_cuts cuts;
    HN_TRY(hn_cross_cuts(ctx, ctx->scratch, &r->recipe.split, data, 0, &cuts));
    HN_TRY(HN_SCRATCH_NEW(ctx, out, 2 * data->x->n_rows + 1));
    HN_TRY(hn_cross_predict(ctx, &r->recipe, data, &cuts, out, rows, &n));
    HN_TRY(HN_SCRATCH_NEW(ctx, y, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, weight, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, proba, 2 * n + 1));
    for (int64_t i = 0; i < n; i++) {
        y[i] = data->y[rows[i]];
        weight[i] = data->weight != NULL ? data->weight[rows[i]] : 1;
        memcpy(proba + 2 * i, out + 2 * rows[i], 2 * sizeof *out);
    }
    *ret_scored = (hn_scored){.n = n,
                              .task = data->task,
                              .n_classes = data->n_classes,
                              .y = y,
                              .proba = proba,
                              .weight = data->weight != NULL ? weight : NULL};
    return HONE_OK;
}

/* Rows to decide by, and their answers: those held out for that, else training rows out of fold; where there are too
 * few for folds, as the model itself answers them. *ret_part, rows: which they are; *ret_where: in words. */
static hone_status answers_to_decide_by(hn_run *r, hn_scored *ret_scored, int64_t *rows,
                                        int *ret_part, const char **ret_where) {
    hone_ctx *ctx = r->ctx;
    bool enough;
    bool held = r->validation.x != NULL;
    const hone_data *data = held ? &r->validation : &r->known;
    *ret_part = held ? HN_RUN_VALIDATION : HN_RUN_TRAIN;
    *ret_where = held ? "the rows to choose by" : "training rows";
    for (int64_t i = 0; i < data->x->n_rows; i++) rows[i] = i;
    if (held) return hn_scored_of(ctx, &r->model->pipeline, data, ctx->scratch, ret_scored);
    HN_TRY(hn_cross_enough(ctx, &r->recipe.split, data, &enough));
    if (enough) {
        *ret_where = "training rows out of fold";
        return answer_out_of_fold(r, ret_scored, rows);
    }
    HN_TRY(hn_note(&r->notes, "decision: there are too few rows per class for folds, so it is "
                              "made on rows that the model has learned from"));
    return hn_scored_of(ctx, &r->model->pipeline, data, ctx->scratch, ret_scored);
}

static hone_status note_decision(hn_run *r, const hn_choice *choice, const char *where) {
    double threshold = choice->decision.threshold;
    char number[32];
    if (choice->by == NULL) return HONE_OK;
    if (isnan(threshold))
        return hn_note(&r->notes, "decision: the class with the least expected cost");
    hn_format_double(threshold, number);
    hn_slice positive = hn_dictionary_text(r->model->classes, 1);
    if (isnan(choice->value))
        return hn_note(&r->notes, "decision: '%.*s' from %s on, as asked", (int)positive.length,
                       positive.text, number);
    return hn_note(&r->notes,
                   "decision: '%.*s' from %s on, the best by %s on %s (%.4g; %.4g where the "
                   "largest wins)",
                   (int)positive.length, positive.text, number, choice->by, where, choice->value,
                   choice->usual);
}

static hone_status decide(hn_run *r) {
    const hn_recipe_decision *section = &r->recipe.decision;
    hone_model *model = r->model;
    hn_scored scored = {.n_classes = model->n_classes, .task = model->task};
    int64_t *rows;
    hn_stakes stakes;
    bool staked = false;
    int part = HN_RUN_TRAIN;
    const char *where = "";
    if (model->n_targets > 1) return hn_decision_refuse(r->ctx, section);
    HN_TRY(
        hn_decision_costs(r->ctx, r->arena, section, model->classes, model->n_classes, &r->costs));
    if (hn_decision_needs_rows(section, model->n_classes)) {
        hn_decision largest = HN_LARGEST_WINS;
        HN_TRY(HN_SCRATCH_NEW(r->ctx, rows, r->n_known + 1));
        HN_TRY(answers_to_decide_by(r, &scored, rows, &part, &where));
        HN_TRY(hn_decide_all(r->ctx, &largest, r->ctx->scratch, &scored));
        HN_TRY(stakes_of(r, part, rows, scored.n, &stakes, &staked));
    }
    HN_TRY(hn_choose_decision(r->ctx, section, &scored, r->costs, staked ? &stakes : NULL,
                              &r->choice));
    model->decision = r->choice.decision;
    return note_decision(r, &r->choice, where);
}

/* ---- facts ----------------------------------------------------------------------------------- */

static hone_status no_memory(hone_ctx *ctx) {
    return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory writing the model's facts");
}

/* Clusters have no truth and no baseline: figures of the rows they were made of. */
static hone_status put_cluster_metrics(hn_run *r, hn_json_doc *doc, hn_json_mut *facts) {
    hone_ctx *ctx = r->ctx;
    HN_SCRATCH(ctx);
    hn_metric_list metrics;
    hn_scored train;
    hn_json_mut *values, *all = yyjson_mut_obj_add_obj(doc, facts, "metrics");
    HN_TRY(hn_metrics_named(ctx, ctx->scratch, &r->recipe.top.metrics, r->model->task, &metrics));
    HN_TRY(hn_scored_clusters(ctx, &r->model->pipeline, &r->train, true, ctx->scratch, &train));
    HN_TRY(hn_metrics_json(ctx, &train, &metrics, doc, &values));
    return all != NULL &&
                   yyjson_mut_obj_add_strcpy(doc, facts, "primary", metrics.items[0]->name) &&
                   yyjson_mut_obj_add_val(doc, all, "train", values)
               ? HONE_OK
               : no_memory(ctx);
}

static hone_status put_metrics(hn_run *r, hn_json_doc *doc, hn_json_mut *facts) {
    if (r->model->task == HN_TASK_CLUSTER) return put_cluster_metrics(r, doc, facts);
    if (r->target.y == NULL) return HONE_OK;
    hone_ctx *ctx = r->ctx;
    hn_metric_list metrics;
    HN_TRY(hn_metrics_named(ctx, ctx->scratch, &r->recipe.top.metrics, r->model->task, &metrics));
    bool tested = r->test.x != NULL;
    hn_scored train, baseline, test;
    hn_json_mut *values, *intervals, *all = yyjson_mut_obj_add_obj(doc, facts, "metrics");
    if (all == NULL || !yyjson_mut_obj_add_strcpy(doc, facts, "primary", metrics.items[0]->name))
        return no_memory(ctx);
    HN_TRY(hn_scored_of(ctx, &r->model->pipeline, &r->known, ctx->scratch, &train));
    HN_TRY(hn_decide_all(ctx, &r->model->decision, ctx->scratch, &train));
    HN_TRY(hn_metrics_json(ctx, &train, &metrics, doc, &values));
    if (!yyjson_mut_obj_add_val(doc, all, "train", values)) return no_memory(ctx);
    if (r->validation.x != NULL) {
        hn_scored chosen;
        HN_TRY(hn_scored_of(ctx, &r->model->pipeline, &r->validation, ctx->scratch, &chosen));
        HN_TRY(hn_decide_all(ctx, &r->model->decision, ctx->scratch, &chosen));
        HN_TRY(hn_metrics_json(ctx, &chosen, &metrics, doc, &values));
        if (!yyjson_mut_obj_add_val(doc, all, "validation", values)) return no_memory(ctx);
    }
    HN_TRY(hn_scored_constant(ctx, tested ? &r->test : &r->known, r->baseline, ctx->scratch,
                              &baseline));
    if (tested) {
        HN_TRY(hn_scored_of(ctx, &r->model->pipeline, &r->test, ctx->scratch, &test));
        HN_TRY(hn_decide_all(ctx, &r->model->decision, ctx->scratch, &test));
        HN_TRY(hn_intervals_json(ctx, &test, &baseline, &metrics, doc, &values, &intervals));
        if (!yyjson_mut_obj_add_val(doc, all, "test", values) ||
            !yyjson_mut_obj_add_val(doc, facts, "intervals", intervals))
            return no_memory(ctx);
    }
    HN_TRY(hn_metrics_json(ctx, &baseline, &metrics, doc, &values));
    if (!yyjson_mut_obj_add_val(doc, all, "baseline", values)) return no_memory(ctx);
    hn_json_mut *reports = yyjson_mut_obj_add_obj(doc, facts, "reports");
    const hn_stage *stage = hn_pipeline_model(&r->model->pipeline);
    bool probabilities = hn_gives_probabilities(stage->kind, stage->state);
    const hn_scored *shown = tested ? &test : &train;
    hn_stakes stakes;
    bool staked;
    HN_TRY(hn_report_scored(ctx, shown, r->model->classes, probabilities, doc, reports));
    HN_TRY(stakes_of(r, tested ? HN_RUN_TEST : HN_RUN_TRAIN, NULL, shown->n, &stakes, &staked));
    return hn_report_decision(ctx, shown, &r->model->decision, r->costs, staked ? &stakes : NULL,
                              doc, reports);
}

static hone_status put_baseline(hn_run *r, hn_json_doc *doc, hn_json_mut *facts) {
    if (r->baseline == NULL) return HONE_OK;
    size_t k = (size_t)hn_outputs(r->model->task, r->model->n_classes);
    hn_json_mut *answer = yyjson_mut_arr_with_real(doc, r->baseline, k);
    return yyjson_mut_obj_add_val(doc, facts, "baseline", answer) ? HONE_OK : no_memory(r->ctx);
}

/* Figures of each target as of a model of that target alone, and their means. */
static hone_status put_targets(hn_run *r, hn_json_doc *doc, hn_json_mut *facts) {
    hn_json_mut *all = yyjson_mut_obj(doc);
    const hn_metric *primary;
    for (int32_t t = 0; t < r->model->n_targets; t++) {
        hone_model view;
        hn_run one = hn_run_of_target(r, t, &view);
        hn_json_mut *own = yyjson_mut_obj_add_obj(doc, all, view.target);
        if (own == NULL || !yyjson_mut_obj_add_str(doc, own, "task", hn_task_name(view.task)))
            return no_memory(r->ctx);
        HN_TRY(put_metrics(&one, doc, own));
        HN_TRY(put_baseline(&one, doc, own));
    }
    HN_TRY(hn_metric_of_targets(r->ctx, r->ctx->scratch, &r->recipe.top.metrics,
                                hn_model_task(r->model), &primary));
    HN_TRY(hn_put_mean_metrics(r->ctx, all, primary, doc, facts));
    return yyjson_mut_obj_add_val(doc, facts, "targets", all) ? HONE_OK : no_memory(r->ctx);
}

static hone_status put_decision(hn_run *r, hn_json_doc *doc, hn_json_mut *facts) {
    hn_json_mut *decision, *sample;
    if (r->choice.by != NULL) {
        HN_TRY(hn_decision_to_json(r->ctx, &r->choice, r->model->n_classes, doc, &decision));
        if (!yyjson_mut_obj_add_val(doc, facts, "decision", decision)) return no_memory(r->ctx);
    }
    HN_TRY(hn_sample_make(r->ctx, r->model, &r->features, r->recipe.top.sample, doc, &sample));
    if (sample != NULL && !yyjson_mut_obj_add_val(doc, facts, "sample", sample))
        return no_memory(r->ctx);
    return HONE_OK;
}

static hone_status put_lineage(hn_run *r, hn_json_doc *doc, hn_json_mut *facts) {
    char *hash;
    HN_TRY(HN_SCRATCH_NEW(r->ctx, hash, 65));
    HN_TRY(hn_table_hash(r->ctx, &r->table->view, hash));
    hn_json_mut *lineage = yyjson_mut_obj_add_obj(doc, facts, "lineage");
    const char *source = r->table->source != NULL ? r->table->source : "memory";
    return yyjson_mut_obj_add_strcpy(doc, lineage, "source", source) &&
                   yyjson_mut_obj_add_strcpy(doc, lineage, "data_hash", hash) &&
                   yyjson_mut_obj_add_int(doc, lineage, "seed", r->recipe.top.seed) &&
                   yyjson_mut_obj_add_str(doc, lineage, "hone", HONE_VERSION)
               ? HONE_OK
               : no_memory(r->ctx);
}

static hone_status put_facts(hn_run *r, hn_json *leaks, hn_json_doc *doc, hn_json_mut *facts) {
    int64_t n_test = r->test.x != NULL ? r->test.x->n_rows : 0;
    hn_json_mut *rows = yyjson_mut_obj_add_obj(doc, facts, "rows");
    bool ok = rows != NULL && yyjson_mut_obj_add_int(doc, rows, "read", r->table->view.n_rows) &&
              yyjson_mut_obj_add_int(doc, rows, "train", r->train.x->n_rows) &&
              (r->validation.x == NULL ||
               yyjson_mut_obj_add_int(doc, rows, "validation", r->validation.x->n_rows)) &&
              yyjson_mut_obj_add_int(doc, rows, "test", n_test) &&
              yyjson_mut_obj_add_int(doc, facts, "features", r->model->schema.n_columns);
    hn_json_mut *notes = yyjson_mut_obj_add_arr(doc, facts, "notes");
    for (int64_t i = 0; ok && i < r->notes.n; i++)
        ok = yyjson_mut_arr_add_str(doc, notes, r->notes.items[i]);
    if (ok && yyjson_arr_size(leaks) > 0)
        ok = yyjson_mut_obj_add_val(doc, facts, "warnings", yyjson_val_mut_copy(doc, leaks));
    if (ok && yyjson_arr_size(r->changes) > 0)
        ok = yyjson_mut_obj_add_val(doc, facts, "changes", yyjson_val_mut_copy(doc, r->changes));
    if (!ok) return no_memory(r->ctx);
    HN_TRY(hn_put_balance(r, doc, facts));
    bool several = r->model->n_targets > 1;
    HN_TRY(several ? put_targets(r, doc, facts) : put_metrics(r, doc, facts));
    HN_TRY(put_decision(r, doc, facts));
    if (!several) HN_TRY(put_baseline(r, doc, facts));
    return put_lineage(r, doc, facts);
}

static hone_status find_leaks(hn_run *r, hn_json **ret_leaks) {
    hn_json_doc *doc;
    hn_json_mut *list;
    HN_TRY(hn_json_new(r->ctx, r->ctx->scratch, &doc));
    HN_TRY(hn_find_leaks(r, doc, &list));
    return hn_json_freeze(r->ctx, r->ctx->scratch, list, ret_leaks);
}

static hone_status keep_facts(hn_run *r, hn_json *leaks) {
    hn_json_doc *doc;
    HN_TRY(hn_json_new(r->ctx, r->ctx->scratch, &doc));
    hn_json_mut *facts = yyjson_mut_obj(doc), *recipe;
    if (facts == NULL) return no_memory(r->ctx);
    HN_TRY(put_facts(r, leaks, doc, facts));
    HN_TRY(hn_json_freeze(r->ctx, r->arena, facts, &r->model->facts));
    HN_TRY(hn_recipe_to_json(r->ctx, &r->recipe, true, doc, &recipe));
    return hn_json_freeze(r->ctx, r->arena, recipe, &r->model->recipe);
}

/* ---- whole ----------------------------------------------------------------------------------- */

static hone_status train(hn_run *r, hn_seconds_spent *seconds) {
    double start = hn_seconds();
    hn_json *leaks;
    if (r->recipe.data.expect != NULL)
        HN_TRY(hn_expectations_require(r->ctx, r->recipe.data.expect, &r->table->view));
    HN_TRY(hn_run_prepare(r));
    HN_TRY(find_leaks(r, &leaks));
    HN_TRY(choose_and_fit(r, seconds));
    HN_TRY(decide(r));
    double fitted = hn_seconds();
    seconds->prepare = fitted - start - seconds->fit;
    HN_TRY(keep_facts(r, leaks));
    seconds->evaluate = hn_seconds() - fitted;
    return HONE_OK;
}

/* What the model keeps of where its rows came from: no secrets, and of a table kept by name its version. */
static hone_status settle_source(hone_ctx *ctx, hn_arena *arena, const char *source,
                                 hn_recipe_data *data) {
    size_t scheme = strlen(HN_REGISTRY_SCHEME);
    if (data->path != NULL && strncmp(data->path, HN_REGISTRY_SCHEME, scheme) == 0 &&
        source != NULL && strncmp(source, HN_REGISTRY_SCHEME, scheme) == 0) {
        data->path = hn_arena_strdup(ctx, arena, source);
        if (data->path == NULL) return HONE_ERROR_MEMORY;
    }
    if (data->path != NULL) HN_TRY(hn_without_options(ctx, arena, data->path, &data->path));
    return data->sql != NULL ? hn_without_options(ctx, arena, data->sql, &data->sql) : HONE_OK;
}

hone_status hn_train(hone_ctx *ctx, const hn_recipe *recipe, const hone_table *table,
                     hone_model **ret_model, hn_seconds_spent *seconds) {
    HN_SCRATCH(ctx);
    hone_model *model;
    HN_TRY(hn_table_require_dense(ctx, &table->view));
    HN_TRY(hn_model_new(ctx, &model));
    hn_run r = {.ctx = ctx, .model = model, .arena = &model->arena, .table = table};
    r.notes = (hn_notes){.ctx = ctx, .arena = &model->arena};
    hn_seconds_spent spent = {0};
    uint64_t seed = ctx->seed;
    ctx->seed = (uint64_t)recipe->top.seed;
    /* The model outlives the recipe: parameters of its stages are the model's own. */
    hone_status status = hn_recipe_copy(ctx, r.arena, recipe, &r.recipe);
    if (status == HONE_OK) status = settle_source(ctx, r.arena, table->source, &r.recipe.data);
    if (status == HONE_OK) status = train(&r, &spent);
    ctx->seed = seed;
    if (status != HONE_OK) {
        hn_model_free(model);
        return status;
    }
    if (seconds != NULL) *seconds = spent;
    *ret_model = model;
    return HONE_OK;
}
