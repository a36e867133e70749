/* run.c - roles, target, split: what comes before fitting. */
#include "flow/run.h"
#include "base/map.h"
#include <string.h>

extern const hone_estimator hn_baseline;

/* ---- roles and target ------------------------------------------------------------------------ */

static hone_status known_columns(hn_run *r) {
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
static hone_status keep_schema(hn_run *r, const hn_table *features) {
    HN_TRY(hn_table_schema(r->ctx, r->arena, features, &r->model->schema));
    return known_columns(r);
}

/* What is looked for is not learned from its marks: they tell how well it is found. */
static hone_status learn_marks(hn_run *r, const hn_column *column) {
    const char **positive = &r->recipe.roles.positive;
    bool said = *positive != NULL;
    HN_TRY(hn_target_marks(r->ctx, r->arena, column, positive, &r->target));
    r->model->target = hn_arena_strdup(r->ctx, r->arena, column->name);
    if (r->model->target == NULL) return HONE_ERROR_MEMORY;
    return hn_note(&r->notes, "'%s' is not learned from: %s in it marks anomalies%s", column->name,
                   *positive, said ? "" : ", as the rarer value; set 'positive' if it is not so");
}

/* Whether the truth about some rows is known. */
static bool has_truth(const hn_run *r) { return r->target.y != NULL; }

/* Several: a row counts if all of them are known. */
static hone_status learn_targets(hn_run *r, const hn_task *tasks) {
    hone_model *model = r->model;
    const hn_texts *names = &r->recipe.roles.target;
    int64_t n = r->table->view.n_rows;
    int32_t j;
    HN_TRY(HN_NEW(r->ctx, r->arena, r->targets, names->n));
    HN_TRY(HN_NEW(r->ctx, r->arena, model->targets, names->n));
    for (int64_t t = 0; t < names->n; t++) {
        hn_model_target *one = &model->targets[t];
        hn_target *target = &r->targets[t];
        HN_TRY(hn_table_require(r->ctx, &r->table->view, names->items[t], &j));
        HN_TRY(
            hn_target_learn(r->ctx, r->arena, &r->table->view.columns[j], tasks[t], NULL, target));
        *one = (hn_model_target){.name = hn_arena_strdup(r->ctx, r->arena, names->items[t]),
                                 .type = target->type,
                                 .task = tasks[t],
                                 .n_classes = target->n_classes,
                                 .classes = target->classes};
        if (one->name == NULL) return HONE_ERROR_MEMORY;
    }
    model->n_targets = (int32_t)names->n;
    for (int64_t t = 0; t < names->n; t++)
        for (int64_t i = 0; i < n; i++)
            if (isnan(r->targets[t].y[i])) r->targets[0].y[i] = NAN;
    r->target = r->targets[0];
    r->target.n_known = 0;
    for (int64_t i = 0; i < n; i++) r->target.n_known += !isnan(r->target.y[i]);
    if (r->target.n_known > 0) return HONE_OK;
    return hn_fail_at(r->ctx, HONE_ERROR_DATA, HN_AT(.param = "target"),
                      "no row has all %d targets, so there is nothing to learn from; name fewer",
                      (int)names->n);
}

static hone_status learn_target(hn_run *r, const hn_task *tasks) {
    hone_model *model = r->model;
    const hn_texts *names = &r->recipe.roles.target;
    hn_task task = tasks[0];
    int32_t j;
    model->task = task;
    model->target_type = HN_F64;
    if (!(task & (HN_TASK_SUPERVISED | HN_TASK_ANOMALY)) || names->n == 0) return HONE_OK;
    HN_TRY(hn_table_require(r->ctx, &r->table->view, names->items[0], &j));
    if (task == HN_TASK_ANOMALY) return learn_marks(r, &r->table->view.columns[j]);
    if (names->n > 1)
        HN_TRY(learn_targets(r, tasks));
    else
        HN_TRY(hn_target_learn(r->ctx, r->arena, &r->table->view.columns[j], task,
                               r->recipe.roles.positive, &r->target));
    model->target = hn_arena_strdup(r->ctx, r->arena, names->items[0]);
    model->target_type = r->target.type;
    model->n_classes = r->target.n_classes;
    model->classes = r->target.classes;
    return model->target != NULL ? HONE_OK : HONE_ERROR_MEMORY;
}

/* Rows without a target teach nothing, but to a model that says so: for it they come last, their y is -1. */
static hone_status sort_out_rows(hn_run *r) {
    int64_t n = r->table->view.n_rows, known = 0, kept;
    const hone_estimator *kind = r->recipe.model.kind;
    r->rows = r->table->view;
    r->n_known = n;
    if (r->target.y == NULL || r->target.n_known == n) return HONE_OK;
    bool teach =
        r->model->task == HN_TASK_ANOMALY || (kind != NULL && (kind->can & HN_CAN_UNLABELED) != 0 &&
                                              r->target.n_classes > 0 && r->model->n_targets < 2);
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
    for (int32_t t = 1; t < r->model->n_targets; t++)
        for (int64_t i = 0; i < known; i++) r->targets[t].y[i] = r->targets[t].y[rows[i]];
    for (int64_t i = known; i < kept; i++) r->target.y[i] = -1;
    HN_TRY(hn_table_take(r->ctx, r->ctx->scratch, &r->table->view, rows, kept, &r->rows));
    r->n_known = known;
    if (r->model->n_targets > 1)
        return hn_note(&r->notes, "%lld rows lack one of the %d targets and were left out",
                       (long long)(n - known), (int)r->model->n_targets);
    return hn_note(&r->notes,
                   teach ? "%lld rows have no '%s'; they are learned from too"
                         : "%lld rows have no '%s' and were left out",
                   (long long)(n - known), r->model->target);
}

/* ---- whole ----------------------------------------------------------------------------------- */

static hone_status profile(hn_run *r, const hn_table *table, hn_profiled *ret_profiled) {
    hn_column_profile *profiles;
    HN_TRY(HN_SCRATCH_NEW(r->ctx, profiles, table->n_columns + 1));
    HN_TRY(hn_profile_table(r->ctx, table, profiles));
    *ret_profiled = (hn_profiled){.table = table, .profiles = profiles};
    return HONE_OK;
}

static hone_status features_of(hn_run *r, const hn_profiled *whole, hn_table *inputs) {
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

hone_status hn_run_prepare(hn_run *r) {
    hn_profiled whole;
    hn_task *tasks;
    hn_table *inputs; /* what the parts point to: it stays */
    if (r->table->view.n_rows == 0)
        return hn_fail_at(r->ctx, HONE_ERROR_DATA, HN_AT(.file = r->table->source),
                          "'%s' has no rows; check the file, or the query",
                          r->table->source != NULL ? r->table->source : "the table");
    HN_TRY(HN_SCRATCH_NEW(r->ctx, inputs, 1));
    HN_TRY(profile(r, &r->table->view, &whole));
    HN_TRY(hn_recipe_find_targets(r->ctx, r->arena, &r->table->view, &r->recipe.roles));
    HN_TRY(HN_SCRATCH_NEW(r->ctx, tasks, r->recipe.roles.target.n + 1));
    HN_TRY(hn_infer_task(r->ctx, &whole, &r->recipe, &r->notes, tasks));
    HN_TRY(learn_target(r, tasks));
    HN_TRY(sort_out_rows(r));
    HN_TRY(features_of(r, &whole, inputs));
    return hn_run_parts(r, inputs);
}

/* ---- model and baseline ---------------------------------------------------------------------- */

hone_status hn_run_choose(hn_run *r) {
    hn_recipe *recipe = &r->recipe;
    hn_table seen;
    HN_TRY(hn_infer_seen(r->ctx, r->arena, r->features.table, &r->train, recipe, &r->notes, &seen));
    int32_t at = recipe->infer_at, given = recipe->n_steps;
    if (recipe->model.kind == NULL) {
        const hone_data *validation = r->validation.x != NULL ? &r->validation : NULL;
        HN_TRY(hn_choose_model(r->ctx, r->arena, &seen, &r->train, validation, recipe, &r->notes));
    } else {
        HN_TRY(hn_infer_steps(r->ctx, r->arena, &seen, &recipe->model, recipe));
        HN_TRY(hn_note(&r->notes, "model: %s, as asked", recipe->model.kind->name));
    }
    if (at < 0) return HONE_OK;
    return hn_note_steps(&r->notes, recipe, at, at + recipe->n_steps - given);
}

/* The baseline of one target: its answer for a row. */
static hone_status answer_blindly(hn_run *r, const hone_data *data, const hn_table *row,
                                  double *ret_answer) {
    hn_arena *scratch = r->ctx->scratch;
    void *params = hn_arena_alloc(r->ctx, scratch, 1, hn_baseline.params.size);
    void *state = hn_arena_alloc(r->ctx, scratch, 1, hn_baseline.state_size);
    if (params == NULL || state == NULL) return HONE_ERROR_MEMORY;
    HN_TRY(hn_params_defaults(r->ctx, scratch, &hn_baseline.params, params));
    HN_TRY(hn_baseline.fit(r->ctx, params, data, scratch, state));
    return hn_baseline.predict(r->ctx, state, row, ret_answer);
}

hone_status hn_run_baseline(hn_run *r) {
    if (!has_truth(r)) return HONE_OK;
    if (r->model->task == HN_TASK_ANOMALY) { /* nothing is one */
        HN_TRY(HN_SCRATCH_NEW(r->ctx, r->baseline, 1));
        r->baseline[0] = 1;
        return HONE_OK;
    }
    hn_table one;
    double *next;
    HN_TRY(HN_SCRATCH_NEW(r->ctx, r->baseline, hn_data_outputs(&r->known)));
    HN_TRY(hn_table_slice(r->ctx, r->ctx->scratch, r->train.x, 0, 1, &one));
    next = r->baseline;
    for (int32_t t = 0; t < hn_data_targets(&r->known); t++) {
        hone_data known = hn_data_of_target(&r->known, t);
        HN_TRY(answer_blindly(r, &known, &one, next));
        next += hn_outputs(known.task, known.n_classes);
    }
    return HONE_OK;
}

hn_run hn_run_of_target(const hn_run *r, int32_t t, hone_model *view) {
    hn_run one = *r;
    if (r->model->n_targets < 2) return one;
    *view = hn_model_of_target(r->model, t);
    one.model = view;
    one.target = r->targets[t];
    one.all = hn_data_of_target(&r->all, t);
    one.train = hn_data_of_target(&r->train, t);
    one.test = hn_data_of_target(&r->test, t);
    one.validation = hn_data_of_target(&r->validation, t);
    one.known = hn_data_of_target(&r->known, t);
    one.baseline = r->baseline + view->pipeline.first;
    return one;
}
