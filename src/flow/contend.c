/* contend.c - the answers that are compared: of finished models, and of kinds fitted here. */
#include "flow/compare.h"
#include "flow/cross.h"
#include "flow/run.h"
#include "flow/score.h"
#include "flow/train.h"
#include <string.h>

static hone_status add(hone_ctx *ctx, hn_contenders *to, const hn_contender *one) {
    if (to->n == HN_CONTENDERS_MOST)
        return hn_fail(ctx, HONE_ERROR_USAGE, "more than %d models are too many to compare at once",
                       HN_CONTENDERS_MOST);
    to->items[to->n++] = *one;
    return HONE_OK;
}

/* ---- finished models ------------------------------------------------------------------------- */

static hone_status must_match(hone_ctx *ctx, const hn_contenders *contenders, const char *name,
                              const hn_scored *scored) {
    if (contenders->n == 0) return HONE_OK;
    const hn_contender *first = &contenders->items[0];
    bool same = first->scored.n == scored->n && first->scored.task == scored->task &&
                first->scored.n_classes == scored->n_classes &&
                memcmp(first->scored.y, scored->y, (size_t)scored->n * sizeof *scored->y) == 0;
    return same ? HONE_OK
                : hn_fail(ctx, HONE_ERROR_DATA,
                          "'%s' and '%s' do not predict the same: their targets or classes differ",
                          first->name, name);
}

hone_status hn_contend(hone_ctx *ctx, const hone_model *model, const char *name,
                       const hone_table *table, bool allow_extra, hn_contenders *contenders) {
    hn_labelled labelled;
    hn_contender one = {
        .name = name, .kind = hn_pipeline_model(&model->pipeline)->kind->name, .fit = (double)NAN};
    HN_TRY(hn_model_require_one(ctx, model, "a comparison of models"));
    HN_TRY(hn_label_rows(ctx, model, table, allow_extra, &labelled));
    double start = hn_seconds();
    HN_TRY(hn_scored_of(ctx, &model->pipeline, &labelled.data, ctx->scratch, &one.scored));
    one.predict = hn_seconds() - start;
    HN_TRY(hn_decide_all(ctx, &model->decision, ctx->scratch, &one.scored));
    HN_TRY(must_match(ctx, contenders, name, &one.scored));
    return add(ctx, contenders, &one);
}

/* ---- fitted here ----------------------------------------------------------------------------- */

/* Models are asked about the rows of run.test, or about those of every outer fold by what was fitted on the
 * others. */
typedef struct ring {
    hn_run run;
    /* Some recipe's steps look at columns that teach nothing as they are: all are there, and each contender leaves
     * out its own. */
    bool whole;
    hn_contenders *contenders;
    bool outer;
    hn_cuts cuts;    /* of run.known */
    hone_data asked; /* the rows that are answered */
    int64_t *place;  /* outer: [rows of known] where among asked; -1: nowhere */
    int32_t *fold;   /* outer: [rows of asked] */
    int32_t n_outputs;
} ring;

/* The recipe with steps for what train shows, and the model that is chosen from it where none is named: no other row
 * is looked at. */
static hone_status decide(ring *r, const hone_data *train, hn_recipe *own) {
    hn_run *run = &r->run;
    hone_ctx *ctx = run->ctx;
    hn_table seen;
    hn_notes notes = {.ctx = ctx, .arena = run->arena};
    const hone_data *validation = !r->outer && run->validation.x != NULL ? &run->validation : NULL;
    HN_TRY(hn_infer_seen(ctx, run->arena, r->whole ? NULL : run->features.table, train, own, &notes,
                         &seen));
    if (own->model.kind == NULL)
        return hn_choose_model(ctx, run->arena, &seen, train, validation, own, &notes);
    return hn_infer_steps(ctx, run->arena, &seen, &own->model, own);
}

/* Answers of a recipe's model, all of it decided and fitted on the training rows, to out [rows of test]. */
static hone_status answer(ring *r, const hn_recipe *recipe, const hone_data *train,
                          const hone_data *test, hn_contender *one, double *out) {
    hn_run *run = &r->run;
    hone_ctx *ctx = run->ctx;
    hn_recipe own = *recipe;
    hn_pipeline pipeline;
    hn_arena arena __attribute__((cleanup(hn_arena_done)));
    hn_arena_init(&arena, ctx->allocator);
    double start = hn_seconds();
    HN_TRY(decide(r, train, &own));
    HN_TRY(hn_pipeline_fit(ctx, &own, train, &arena, &pipeline, NULL));
    double fitted = hn_seconds();
    hone_status status = hn_pipeline_predict(ctx, &pipeline, test->x, out);
    hn_pipeline_done(&pipeline);
    one->fit += fitted - start;
    one->predict += hn_seconds() - fitted;
    one->kind = own.model.kind->name;
    return status;
}

static hone_status blind_answer(ring *r, const hone_data *train, const hone_data *test,
                                double *out) {
    hn_run run = r->run;
    run.train = run.known = *train;
    HN_TRY(hn_run_baseline(&run));
    for (int64_t i = 0; i < test->x->n_rows; i++)
        memcpy(out + i * r->n_outputs, run.baseline, (size_t)r->n_outputs * sizeof *out);
    return HONE_OK;
}

/* recipe NULL: the baseline. */
static hone_status answer_fold(ring *r, const hn_recipe *recipe, int64_t f, hn_contender *one,
                               double *out) {
    hone_ctx *ctx = r->run.ctx;
    HN_SCRATCH(ctx);
    hn_rows rows, held;
    hone_data train, test;
    double *own;
    size_t size = (size_t)r->n_outputs * sizeof *own;
    HN_TRY(hn_cuts_take(ctx, ctx->scratch, &r->cuts, f, &rows, &held));
    HN_TRY(hn_data_take(ctx, ctx->scratch, &r->run.known, rows.rows, rows.n, &train));
    HN_TRY(hn_data_take(ctx, ctx->scratch, &r->run.known, held.rows, held.n, &test));
    HN_TRY(HN_SCRATCH_NEW(ctx, own, held.n * r->n_outputs + 1));
    HN_TRY(recipe != NULL ? answer(r, recipe, &train, &test, one, own)
                          : blind_answer(r, &train, &test, own));
    for (int64_t i = 0; i < held.n; i++)
        memcpy(out + r->place[held.rows[i]] * r->n_outputs, own + i * r->n_outputs, size);
    return HONE_OK;
}

static hone_status contend(ring *r, const hn_recipe *recipe, const char *name) {
    hone_ctx *ctx = r->run.ctx;
    hn_contender one = {.name = name};
    double *out;
    HN_TRY(HN_SCRATCH_NEW(ctx, out, r->asked.x->n_rows * r->n_outputs + 1));
    if (r->outer && recipe != NULL) HN_TRY(HN_SCRATCH_NEW(ctx, one.kinds, r->cuts.n));
    for (int64_t f = 0; f < (r->outer ? r->cuts.n : 1); f++) {
        hn_progress(ctx, name, f, r->outer ? r->cuts.n : 1, r->outer ? "folds" : "models");
        if (r->outer)
            HN_TRY(answer_fold(r, recipe, f, &one, out));
        else
            HN_TRY(recipe != NULL ? answer(r, recipe, &r->run.train, &r->run.test, &one, out)
                                  : blind_answer(r, &r->run.train, &r->run.test, out));
        if (one.kinds != NULL) one.kinds[f] = one.kind;
    }
    if (one.kinds != NULL) one.kind = one.kinds[0];
    if (recipe == NULL) one.fit = one.predict = (double)NAN;
    one.fold = r->fold;
    one.n_folds = r->outer ? r->cuts.n : 0;
    HN_TRY(hn_scored_answers(ctx, &r->asked, out, ctx->scratch, &one.scored));
    return add(ctx, r->contenders, &one);
}

static hone_status fit_kind(ring *r, const char *name) {
    hn_run *run = &r->run;
    hn_recipe recipe = run->recipe;
    if (strcmp(name, "auto") == 0) {
        recipe.model.kind = NULL;
        return contend(r, &recipe, "auto");
    }
    HN_TRY(hn_recipe_set_model(run->ctx, run->arena, &recipe, name));
    if ((recipe.model.kind->tasks & run->model->task) == 0)
        return hn_fail_at(run->ctx, HONE_ERROR_USAGE, HN_AT(.param = "models"),
                          "%s cannot do this task (%s); 'hone kinds' says what each kind can", name,
                          hn_task_name(run->model->task));
    return contend(r, &recipe, recipe.model.kind->name);
}

/* Model and steps are the other recipe's, and so is what its roles leave out; data, target and split stay. */
static hone_status fit_recipe(ring *r, const hn_recipe *other, const char *path) {
    hn_run *run = &r->run;
    hn_recipe recipe = run->recipe;
    recipe.model = other->model;
    recipe.steps = other->steps;
    recipe.n_steps = other->n_steps;
    recipe.infer_at = other->infer_at;
    HN_TRY(hn_infer_left_out(run->ctx, run->arena, run->features.table, &other->roles, &recipe));
    return contend(r, &recipe, path);
}

/* Outer folds, and the rows that are in one of them. */
static hone_status cut_outer(ring *r, int64_t outer) {
    hone_ctx *ctx = r->run.ctx;
    const hone_data *known = &r->run.known;
    int64_t n = known->x->n_rows, *rows, asked = 0;
    hn_splitting how = r->run.recipe.split;
    how.cross = HN_CROSS_AUTO;
    how.repeats = 1;
    how.test_rows = 0;
    HN_TRY(hn_cross_cuts(ctx, ctx->scratch, &how, known, outer, &r->cuts));
    HN_TRY(HN_SCRATCH_NEW(ctx, r->place, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, r->fold, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, n + 1));
    for (int64_t i = 0; i < n; i++) r->place[i] = -1;
    for (int64_t f = 0; f < r->cuts.n; f++) {
        HN_SCRATCH(ctx);
        hn_rows train, held;
        HN_TRY(hn_cuts_take(ctx, ctx->scratch, &r->cuts, f, &train, &held));
        for (int64_t i = 0; i < held.n; i++) r->place[held.rows[i]] = f;
    }
    for (int64_t i = 0; i < n; i++) {
        if (r->place[i] < 0) continue;
        r->fold[asked] = (int32_t)r->place[i];
        rows[asked] = i;
        r->place[i] = asked++;
    }
    return hn_data_take(ctx, ctx->scratch, known, rows, asked, &r->asked);
}

/* Columns that teach nothing as they are (ids, texts) are left out for all, unless one's steps or model may make
 * something of them. */
static hone_status prepare_rows(ring *r, const hn_recipe *recipes, int64_t n) {
    hn_run *run = &r->run;
    int32_t at = run->recipe.infer_at;
    for (int64_t i = 0; i < n; i++)
        r->whole |= recipes[i].infer_at != 0 || hn_takes_any_type(recipes[i].model.kind);
    if (r->whole) run->recipe.infer_at = -1;
    HN_TRY(hn_run_prepare(run));
    run->recipe.infer_at = at;
    return HONE_OK;
}

static hone_status prepare(ring *r, const hn_recipe *recipes, int64_t n, int64_t outer) {
    hn_run *run = &r->run;
    hone_ctx *ctx = run->ctx;
    r->outer = outer > 0;
    if (r->outer) run->recipe.split.test = run->recipe.split.validation = 0;
    HN_TRY(prepare_rows(r, recipes, n));
    HN_TRY(hn_model_require_one(ctx, run->model, "a comparison of models"));
    if (!(run->model->task & (HN_TASK_CLASSIFY | HN_TASK_REGRESSION)))
        return hn_fail(ctx, HONE_ERROR_USAGE,
                       "models are compared by a target's truth, and this task has none: name a "
                       "target with --target");
    r->n_outputs = hn_outputs(run->model->task, run->model->n_classes);
    if (r->outer) return cut_outer(r, outer);
    r->asked = run->test;
    if (run->test.x != NULL) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "test"),
                      "models are compared on rows held out, so split.test cannot be 0");
}

hone_status hn_contend_fitted(hone_ctx *ctx, hn_arena *arena, const hn_recipe *base,
                              const hone_table *table, const hn_texts *kinds,
                              const hn_texts *recipes, int64_t outer, hn_contenders *contenders) {
    hone_model *model;
    hn_recipe *read;
    HN_TRY(hn_table_require_dense(ctx, &table->view));
    HN_TRY(HN_NEW(ctx, arena, model, 1));
    ring r = {.run = {.ctx = ctx,
                      .model = model,
                      .arena = arena,
                      .table = table,
                      .notes = {.ctx = ctx, .arena = arena}},
              .contenders = contenders};
    HN_TRY(hn_recipe_copy(ctx, arena, base, &r.run.recipe));
    HN_TRY(HN_NEW(ctx, arena, read, recipes->n + 1));
    for (int64_t i = 0; i < recipes->n; i++)
        HN_TRY(hn_recipe_read_file(ctx, arena, recipes->items[i], &read[i]));
    HN_TRY(prepare(&r, read, recipes->n, outer));
    for (int64_t i = 0; i < kinds->n; i++) HN_TRY(fit_kind(&r, kinds->items[i]));
    for (int64_t i = 0; i < recipes->n; i++) HN_TRY(fit_recipe(&r, &read[i], recipes->items[i]));
    return contend(&r, NULL, "baseline");
}
