/* train.c - one run: roles, target, split, model, fit, figures. */
#include "flow/train.h"
#include "flow/evaluate.h"
#include "flow/infer.h"
#include "flow/target.h"
#include "ml/metric/report.h"
#include "table/split.h"
#include <string.h>

extern const hone_estimator hn_baseline;

typedef struct run {
    hone_ctx *ctx;
    hone_model *model;
    hn_arena *arena; /* the model's */
    hn_recipe recipe;
    const hone_table *table;
    hn_table
        rows; /* the table's rows whose target is known; then others, if they teach something */
    int64_t n_known;
    hn_target target;
    hn_notes notes;
    hone_data all, train, test;
    hone_data known;      /* train's rows whose target is known: what can be scored */
    hn_profiled features; /* of all rows */
    double *baseline;     /* [outputs]: the baseline's answer */
} run;

/* ---- roles and target ------------------------------------------------------------------------ */

static hone_status known_columns(run *r) {
    const hn_table *table = &r->table->view;
    HN_TRY(HN_NEW(r->ctx, r->arena, r->model->known.items, table->n_columns + 1));
    for (int32_t j = 0; j < table->n_columns; j++) {
        if (hn_table_find(&r->model->schema, table->columns[j].name) >= 0) continue;
        const char *name = hn_arena_strdup(r->ctx, r->arena, table->columns[j].name);
        if (name == NULL) return HONE_ERROR_MEMORY;
        r->model->known.items[r->model->known.n++] = name;
    }
    return HONE_OK;
}

/* The model keeps its own copy of names and dictionaries: tables come and go. */
static hone_status keep_schema(run *r, const hn_table *features) {
    HN_TRY(hn_table_schema(r->ctx, r->arena, features, &r->model->schema));
    return known_columns(r);
}

/* What is looked for is not learned from its marks: they tell how well it is found. */
static hone_status learn_marks(run *r, const hn_column *column) {
    const char **positive = &r->recipe.roles.positive;
    bool said = *positive != NULL;
    HN_TRY(hn_target_marks(r->ctx, r->arena, column, positive, &r->target));
    r->model->target = hn_arena_strdup(r->ctx, r->arena, column->name);
    if (r->model->target == NULL) return HONE_ERROR_MEMORY;
    return hn_note(&r->notes, "'%s' is not learned from: %s in it marks anomalies%s", column->name,
                   *positive, said ? "" : ", as the rarer value; set 'positive' if it is not so");
}

/* Whether the truth about some rows is known. */
static bool has_truth(const run *r) { return r->target.y != NULL; }

static hone_status learn_target(run *r, hn_task task) {
    hone_model *model = r->model;
    model->task = task;
    model->target_type = HN_F64;
    if (!(task & (HN_TASK_SUPERVISED | HN_TASK_ANOMALY)) || r->recipe.roles.target == NULL)
        return HONE_OK;
    int32_t j;
    HN_TRY(hn_table_require(r->ctx, &r->table->view, r->recipe.roles.target, &j));
    if (task == HN_TASK_ANOMALY) return learn_marks(r, &r->table->view.columns[j]);
    HN_TRY(hn_target_learn(r->ctx, r->arena, &r->table->view.columns[j], task,
                           r->recipe.roles.positive, &r->target));
    model->target = hn_arena_strdup(r->ctx, r->arena, r->recipe.roles.target);
    model->target_type = r->target.type;
    model->n_classes = r->target.n_classes;
    model->classes = r->target.classes;
    return model->target != NULL ? HONE_OK : HONE_ERROR_MEMORY;
}

/* Rows without a target teach nothing, but to a model that says so: for it they come last, their y is -1. */
static hone_status sort_out_rows(run *r) {
    int64_t n = r->table->view.n_rows, known = 0, kept;
    const hone_estimator *kind = r->recipe.model.kind;
    r->rows = r->table->view;
    r->n_known = n;
    if (r->target.y == NULL || r->target.n_known == n) return HONE_OK;
    bool teach = r->model->task == HN_TASK_ANOMALY ||
                 (kind != NULL && (kind->can & HN_CAN_UNLABELED) != 0 && r->target.n_classes > 0);
    int64_t *rows;
    HN_TRY(HN_SCRATCH_NEW(r->ctx, rows, n));
    for (int64_t i = 0; i < n; i++) {
        if (isnan(r->target.y[i])) continue;
        rows[known++] = i;
    }
    kept = known;
    for (int64_t i = 0; teach && i < n; i++)
        if (isnan(r->target.y[i])) rows[kept++] = i;
    for (int64_t i = 0; i < known; i++) r->target.y[i] = r->target.y[rows[i]];
    for (int64_t i = known; i < kept; i++) r->target.y[i] = -1;
    HN_TRY(hn_table_take(r->ctx, r->ctx->scratch, &r->table->view, rows, kept, &r->rows));
    r->n_known = known;
    return hn_note(&r->notes,
                   teach ? "%lld rows have no '%s'; they are learned from too"
                         : "%lld rows have no '%s' and were left out",
                   (long long)(n - known), r->recipe.roles.target);
}

/* ---- weights, groups, time ------------------------------------------------------------------- */

static hone_status role_numbers(run *r, const char *name, const char *role, double **ret_values) {
    if (name == NULL) return HONE_OK;
    int32_t j;
    HN_TRY(hn_table_require(r->ctx, &r->rows, name, &j));
    const hn_column *column = &r->rows.columns[j];
    bool ok = hn_type_is_numeric(column->type) || column->type == HN_TIME;
    if (!ok || hn_column_count_missing(column) > 0)
        return hn_fail_at(r->ctx, HONE_ERROR_DATA, HN_AT(.column = name, .param = role),
                          "column '%s' cannot be the %s: it needs a number in every row", name,
                          role);
    HN_TRY(HN_SCRATCH_NEW(r->ctx, *ret_values, r->rows.n_rows + 1));
    hn_column_doubles(column, 0, r->rows.n_rows, *ret_values, 1);
    return HONE_OK;
}

static hone_status role_groups(run *r, const char *name, int64_t **ret_groups) {
    if (name == NULL) return HONE_OK;
    int32_t j;
    HN_TRY(hn_table_require(r->ctx, &r->rows, name, &j));
    HN_TRY(HN_SCRATCH_NEW(r->ctx, *ret_groups, r->rows.n_rows + 1));
    hn_map ids;
    hn_str text;
    hn_map_init(&ids, r->ctx, r->ctx->scratch);
    hn_str_init(&text, r->ctx, r->ctx->scratch);
    for (int64_t i = 0; i < r->rows.n_rows; i++) {
        hn_str_clear(&text);
        hn_column_print(&r->rows.columns[j], i, &text);
        HN_TRY(hn_str_status(&text));
        HN_TRY(hn_map_intern(&ids, (hn_slice){text.text, text.length}, (int64_t)ids.count,
                             &(*ret_groups)[i]));
    }
    return HONE_OK;
}

/* ---- split ----------------------------------------------------------------------------------- */

/* The first n rows, borrowed. */
static hone_status head_of(run *r, const hone_data *data, int64_t n, hone_data *ret_head) {
    hn_table *x;
    HN_TRY(HN_SCRATCH_NEW(r->ctx, x, 1));
    HN_TRY(hn_table_slice(r->ctx, r->ctx->scratch, data->x, 0, n, x));
    *ret_head = *data;
    ret_head->x = x;
    return HONE_OK;
}

/* Of the rows whose target is known. */
static hone_status split_rows(run *r, hn_rows parts[2]) {
    hn_recipe_split *split = &r->recipe.split;
    int64_t n = r->n_known;
    bool classify = (r->all.task & (HN_TASK_CLASSIFY | HN_TASK_ANOMALY)) != 0;
    if (split->by == HN_BY_AUTO)
        split->by = r->all.time != NULL    ? HN_BY_TIME
                    : r->all.group != NULL ? HN_BY_GROUP
                    : classify             ? HN_BY_STRATIFIED
                                           : HN_BY_RANDOM;
    hn_split_keys keys = {0};
    if (split->by == HN_BY_STRATIFIED && classify) keys.strata = r->all.y;
    if (split->by == HN_BY_GROUP) keys.group = r->all.group;
    if (split->by == HN_BY_TIME) keys.time = r->all.time;
    if ((split->by == HN_BY_GROUP && keys.group == NULL) ||
        (split->by == HN_BY_TIME && r->all.time == NULL) ||
        (split->by == HN_BY_STRATIFIED && !classify))
        return hn_fail_at(r->ctx, HONE_ERROR_DATA, HN_AT(.param = "by"),
                          "split.by is '%s', but there %s; set the role, or take another split",
                          split->by == HN_BY_GROUP  ? "group"
                          : split->by == HN_BY_TIME ? "time"
                                                    : "stratified",
                          split->by == HN_BY_STRATIFIED ? "are no classes"
                                                        : "is no column with that role");
    static const char *const how[] = {"", "at random", "stratified by class", "by group",
                                      "by time"};
    uint64_t seed = (uint64_t)(split->seed >= 0 ? split->seed : r->recipe.top.seed);
    double ratios[] = {1 - split->test, split->test};
    HN_TRY(hn_split_ratios(r->ctx, r->ctx->scratch, n, &keys, ratios, 2, seed, parts));
    return hn_note(&r->notes, "split: %lld rows to train, %lld to test, %s", (long long)parts[0].n,
                   (long long)parts[1].n, how[split->by]);
}

static hone_status make_parts(run *r, const hn_table *inputs) {
    double *weight = NULL, *time = NULL;
    int64_t *group = NULL;
    HN_TRY(role_numbers(r, r->recipe.roles.weight, "weight", &weight));
    HN_TRY(role_numbers(r, r->recipe.roles.time, "time", &time));
    HN_TRY(role_groups(r, r->recipe.roles.group, &group));
    r->all = (hone_data){.x = inputs,
                         .y = r->target.y,
                         .weight = weight,
                         .group = group,
                         .time = time,
                         .n_classes = r->target.n_classes,
                         .task = r->model->task};
    r->train = r->all;
    HN_TRY(head_of(r, &r->all, r->n_known, &r->known));
    if (r->recipe.split.test == 0 || !has_truth(r))
        return hn_note(&r->notes, "split: none; all %lld rows are trained on",
                       (long long)inputs->n_rows);
    if (r->n_known < 2)
        return hn_fail(r->ctx, HONE_ERROR_DATA,
                       "one row cannot be split into train and test; set split.test to 0");
    hn_rows parts[2];
    HN_TRY(split_rows(r, parts));
    int64_t n = inputs->n_rows - r->n_known + parts[0].n, *rows;
    HN_TRY(HN_SCRATCH_NEW(r->ctx, rows, n));
    for (int64_t i = 0; i < n; i++)
        rows[i] = i < parts[0].n ? parts[0].rows[i] : r->n_known + i - parts[0].n;
    HN_TRY(hn_data_take(r->ctx, r->ctx->scratch, &r->all, rows, n, &r->train));
    HN_TRY(head_of(r, &r->train, parts[0].n, &r->known));
    return hn_data_take(r->ctx, r->ctx->scratch, &r->all, parts[1].rows, parts[1].n, &r->test);
}

/* ---- fit ------------------------------------------------------------------------------------- */

static hone_status fit_baseline(run *r) {
    if (!has_truth(r)) return HONE_OK;
    if (r->model->task == HN_TASK_ANOMALY) { /* nothing is one */
        HN_TRY(HN_SCRATCH_NEW(r->ctx, r->baseline, 1));
        r->baseline[0] = 1;
        return HONE_OK;
    }
    hn_arena *scratch = r->ctx->scratch;
    void *params = hn_arena_alloc(r->ctx, scratch, 1, hn_baseline.params.size);
    void *state = hn_arena_alloc(r->ctx, scratch, 1, hn_baseline.state_size);
    if (params == NULL || state == NULL) return HONE_ERROR_MEMORY;
    HN_TRY(HN_SCRATCH_NEW(r->ctx, r->baseline, hn_outputs(r->model->task, r->model->n_classes)));
    HN_TRY(hn_params_defaults(r->ctx, scratch, &hn_baseline.params, params));
    HN_TRY(hn_baseline.fit(r->ctx, params, &r->known, scratch, state));
    hn_table one;
    HN_TRY(hn_table_slice(r->ctx, scratch, r->train.x, 0, 1, &one));
    return hn_baseline.predict(r->ctx, state, &one, r->baseline);
}

static hone_status choose_and_fit(run *r, hn_seconds_spent *seconds) {
    if (r->recipe.model.kind == NULL) {
        HN_TRY(hn_choose_model(r->ctx, r->arena, &r->features, &r->train, &r->recipe, &r->notes));
    } else {
        if (!r->recipe.steps_given)
            HN_TRY(hn_infer_steps(r->ctx, r->arena, &r->features, &r->recipe.model, &r->recipe));
        HN_TRY(hn_note(&r->notes, "model: %s, as asked", r->recipe.model.kind->name));
    }
    if (!r->recipe.steps_given) HN_TRY(hn_note_steps(&r->notes, &r->recipe));
    r->recipe.steps_given = true;
    double spent[2] = {0};
    HN_TRY(hn_pipeline_fit(r->ctx, &r->recipe, &r->train, r->arena, &r->model->pipeline, spent));
    seconds->fit = spent[1];
    return fit_baseline(r);
}

/* ---- facts ----------------------------------------------------------------------------------- */

static hone_status no_memory(hone_ctx *ctx) {
    return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory writing the model's facts");
}

/* Clusters have no truth and no baseline: figures of the rows they were made of. */
static hone_status put_cluster_metrics(run *r, hn_json_doc *doc, hn_json_mut *facts) {
    hone_ctx *ctx = r->ctx;
    HN_SCRATCH(ctx);
    hn_metric_list metrics;
    hn_scored train;
    hn_json_mut *values, *all = yyjson_mut_obj_add_obj(doc, facts, "metrics");
    HN_TRY(hn_metrics_named(ctx, ctx->scratch, &r->recipe.top.metrics, r->model->task, &metrics));
    HN_TRY(hn_scored_clusters(ctx, &r->model->pipeline, &r->train, true, ctx->scratch, &train));
    HN_TRY(hn_metrics_json(ctx, &train, &metrics, doc, &values));
    return all != NULL && yyjson_mut_obj_add_str(doc, facts, "primary", metrics.items[0]->name) &&
                   yyjson_mut_obj_add_val(doc, all, "train", values)
               ? HONE_OK
               : no_memory(ctx);
}

static hone_status put_metrics(run *r, hn_json_doc *doc, hn_json_mut *facts) {
    if (r->model->task == HN_TASK_CLUSTER) return put_cluster_metrics(r, doc, facts);
    if (!has_truth(r)) return HONE_OK;
    hone_ctx *ctx = r->ctx;
    hn_metric_list metrics;
    HN_TRY(hn_metrics_named(ctx, ctx->scratch, &r->recipe.top.metrics, r->model->task, &metrics));
    bool tested = r->test.x != NULL;
    hn_scored train, baseline, test;
    hn_json_mut *values, *intervals, *all = yyjson_mut_obj_add_obj(doc, facts, "metrics");
    if (all == NULL || !yyjson_mut_obj_add_str(doc, facts, "primary", metrics.items[0]->name))
        return no_memory(ctx);
    HN_TRY(hn_scored_of(ctx, &r->model->pipeline, &r->known, ctx->scratch, &train));
    HN_TRY(hn_metrics_json(ctx, &train, &metrics, doc, &values));
    if (!yyjson_mut_obj_add_val(doc, all, "train", values)) return no_memory(ctx);
    HN_TRY(hn_scored_constant(ctx, tested ? &r->test : &r->known, r->baseline, ctx->scratch,
                              &baseline));
    if (tested) {
        HN_TRY(hn_scored_of(ctx, &r->model->pipeline, &r->test, ctx->scratch, &test));
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
    return hn_report_scored(ctx, tested ? &test : &train, r->model->classes, probabilities, doc,
                            reports);
}

static hone_status put_lineage(run *r, hn_json_doc *doc, hn_json_mut *facts) {
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

static hone_status put_facts(run *r, hn_json_doc *doc, hn_json_mut *facts) {
    int64_t n_test = r->test.x != NULL ? r->test.x->n_rows : 0;
    hn_json_mut *rows = yyjson_mut_obj_add_obj(doc, facts, "rows");
    bool ok = rows != NULL && yyjson_mut_obj_add_int(doc, rows, "read", r->table->view.n_rows) &&
              yyjson_mut_obj_add_int(doc, rows, "train", r->train.x->n_rows) &&
              yyjson_mut_obj_add_int(doc, rows, "test", n_test) &&
              yyjson_mut_obj_add_int(doc, facts, "features", r->model->schema.n_columns);
    hn_json_mut *notes = yyjson_mut_obj_add_arr(doc, facts, "notes");
    for (int64_t i = 0; ok && i < r->notes.n; i++)
        ok = yyjson_mut_arr_add_str(doc, notes, r->notes.items[i]);
    if (!ok) return no_memory(r->ctx);
    HN_TRY(put_metrics(r, doc, facts));
    if (r->baseline != NULL) {
        size_t k = (size_t)hn_outputs(r->model->task, r->model->n_classes);
        hn_json_mut *answer = yyjson_mut_arr_with_real(doc, r->baseline, k);
        if (!yyjson_mut_obj_add_val(doc, facts, "baseline", answer)) return no_memory(r->ctx);
    }
    return put_lineage(r, doc, facts);
}

static hone_status keep_facts(run *r) {
    hn_json_doc *doc;
    HN_TRY(hn_json_new(r->ctx, r->ctx->scratch, &doc));
    hn_json_mut *facts = yyjson_mut_obj(doc), *recipe;
    if (facts == NULL) return no_memory(r->ctx);
    HN_TRY(put_facts(r, doc, facts));
    HN_TRY(hn_json_freeze(r->ctx, r->arena, facts, &r->model->facts));
    HN_TRY(hn_recipe_to_json(r->ctx, &r->recipe, true, doc, &recipe));
    return hn_json_freeze(r->ctx, r->arena, recipe, &r->model->recipe);
}

/* ---- whole ----------------------------------------------------------------------------------- */

static hone_status profile(run *r, const hn_table *table, hn_profiled *ret_profiled) {
    hn_column_profile *profiles;
    HN_TRY(HN_SCRATCH_NEW(r->ctx, profiles, table->n_columns + 1));
    HN_TRY(hn_profile_table(r->ctx, table, profiles));
    *ret_profiled = (hn_profiled){.table = table, .profiles = profiles};
    return HONE_OK;
}

static hone_status features_of(run *r, const hn_profiled *whole, hn_table *inputs) {
    int32_t *indices, n;
    HN_TRY(HN_SCRATCH_NEW(r->ctx, indices, whole->table->n_columns + 1));
    HN_TRY(hn_infer_features(r->ctx, r->arena, whole, &r->recipe, &r->notes, indices, &n));
    HN_TRY(hn_table_select(r->ctx, r->ctx->scratch, &r->rows, indices, n, inputs));
    hn_column_profile *profiles;
    HN_TRY(HN_SCRATCH_NEW(r->ctx, profiles, n + 1));
    for (int32_t j = 0; j < n; j++) profiles[j] = whole->profiles[indices[j]];
    r->features = (hn_profiled){.table = inputs, .profiles = profiles};
    return keep_schema(r, inputs);
}

static hone_status train(run *r, hn_seconds_spent *seconds) {
    double start = hn_seconds();
    hn_profiled whole;
    hn_task task;
    hn_table inputs;
    if (r->table->view.n_rows == 0)
        return hn_fail_at(r->ctx, HONE_ERROR_DATA, HN_AT(.file = r->table->source),
                          "'%s' has no rows; check the file, or the query",
                          r->table->source != NULL ? r->table->source : "the table");
    HN_TRY(profile(r, &r->table->view, &whole));
    HN_TRY(hn_infer_task(r->ctx, &whole, &r->recipe, &r->notes, &task));
    HN_TRY(learn_target(r, task));
    HN_TRY(sort_out_rows(r));
    HN_TRY(features_of(r, &whole, &inputs));
    HN_TRY(make_parts(r, &inputs));
    HN_TRY(choose_and_fit(r, seconds));
    double fitted = hn_seconds();
    seconds->prepare = fitted - start - seconds->fit;
    HN_TRY(keep_facts(r));
    seconds->evaluate = hn_seconds() - fitted;
    return HONE_OK;
}

hone_status hn_train(hone_ctx *ctx, const hn_recipe *recipe, const hone_table *table,
                     hone_model **ret_model, hn_seconds_spent *seconds) {
    HN_SCRATCH(ctx);
    hone_model *model;
    HN_TRY(hn_table_require_dense(ctx, &table->view));
    HN_TRY(hn_model_new(ctx, &model));
    run r = {.ctx = ctx, .model = model, .arena = &model->arena, .table = table};
    r.notes = (hn_notes){.ctx = ctx, .arena = &model->arena};
    hn_seconds_spent spent = {0};
    uint64_t seed = ctx->seed;
    ctx->seed = (uint64_t)recipe->top.seed;
    /* The model outlives the recipe: parameters of its stages are the model's own. */
    hone_status status = hn_recipe_copy(ctx, r.arena, recipe, &r.recipe);
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
