/* contend.c - the answers that are compared: of finished models, and of kinds fitted here. */
#include "flow/compare.h"
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

typedef struct ring {
    hn_run run;
    hn_contenders *contenders;
} ring;

static hone_status fit_one(ring *r, const hn_recipe *recipe, const char *name) {
    hone_ctx *ctx = r->run.ctx;
    hn_contender one = {.name = name, .kind = recipe->model.kind->name};
    hn_pipeline pipeline;
    hn_progress(ctx, name, 0, 1, "models");
    double start = hn_seconds();
    HN_TRY(hn_pipeline_fit(ctx, recipe, &r->run.train, r->run.arena, &pipeline, NULL));
    double fitted = hn_seconds();
    hone_status status = hn_scored_of(ctx, &pipeline, &r->run.test, ctx->scratch, &one.scored);
    hn_pipeline_done(&pipeline);
    HN_TRY(status);
    one.fit = fitted - start;
    one.predict = hn_seconds() - fitted;
    return add(ctx, r->contenders, &one);
}

static hone_status fit_kind(ring *r, const char *name) {
    hn_run *run = &r->run;
    hn_recipe recipe = run->recipe;
    HN_TRY(hn_recipe_set_model(run->ctx, run->arena, &recipe, name));
    if ((recipe.model.kind->tasks & run->model->task) == 0)
        return hn_fail_at(run->ctx, HONE_ERROR_USAGE, HN_AT(.param = "models"),
                          "%s cannot do this task (%s); 'hone kinds' says what each kind can", name,
                          hn_task_name(run->model->task));
    if (!recipe.steps_given)
        HN_TRY(hn_infer_steps(run->ctx, run->arena, &run->features, &recipe.model, &recipe));
    return fit_one(r, &recipe, recipe.model.kind->name);
}

/* Model and steps are the other recipe's; data, roles and split stay. */
static hone_status fit_recipe(ring *r, const char *path) {
    hn_run *run = &r->run;
    hn_recipe other, recipe = run->recipe;
    HN_TRY(hn_recipe_read_file(run->ctx, run->arena, path, &other));
    recipe.model = other.model;
    recipe.steps = other.steps;
    recipe.n_steps = other.n_steps;
    recipe.steps_given = other.steps_given;
    if (recipe.model.kind == NULL)
        return hn_fail_at(run->ctx, HONE_ERROR_USAGE, HN_AT(.param = "recipes", .file = path),
                          "'%s' names no model; name one, so that it can be compared", path);
    if (!recipe.steps_given)
        HN_TRY(hn_infer_steps(run->ctx, run->arena, &run->features, &recipe.model, &recipe));
    return fit_one(r, &recipe, path);
}

static hone_status add_baseline(ring *r) {
    hn_run *run = &r->run;
    hn_contender one = {.name = "baseline", .fit = (double)NAN, .predict = (double)NAN};
    HN_TRY(hn_run_baseline(run));
    HN_TRY(hn_scored_constant(run->ctx, &run->test, run->baseline, run->ctx->scratch, &one.scored));
    return add(run->ctx, r->contenders, &one);
}

hone_status hn_contend_fitted(hone_ctx *ctx, hn_arena *arena, const hn_recipe *base,
                              const hone_table *table, const hn_texts *kinds,
                              const hn_texts *recipes, hn_contenders *contenders) {
    hone_model *model;
    HN_TRY(hn_table_require_dense(ctx, &table->view));
    HN_TRY(HN_NEW(ctx, arena, model, 1));
    ring r = {.run = {.ctx = ctx,
                      .model = model,
                      .arena = arena,
                      .table = table,
                      .notes = {.ctx = ctx, .arena = arena}},
              .contenders = contenders};
    HN_TRY(hn_recipe_copy(ctx, arena, base, &r.run.recipe));
    HN_TRY(hn_run_prepare(&r.run));
    HN_TRY(hn_model_require_one(ctx, model, "a comparison of models"));
    if (!(model->task & (HN_TASK_CLASSIFY | HN_TASK_REGRESSION)))
        return hn_fail(ctx, HONE_ERROR_USAGE,
                       "models are compared by a target's truth, and this task has none: name a "
                       "target with --target");
    if (r.run.test.x == NULL)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "test"),
                          "models are compared on rows held out, so split.test cannot be 0");
    for (int64_t i = 0; i < kinds->n; i++) HN_TRY(fit_kind(&r, kinds->items[i]));
    for (int64_t i = 0; i < recipes->n; i++) HN_TRY(fit_recipe(&r, recipes->items[i]));
    return add_baseline(&r);
}
