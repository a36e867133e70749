/* curve.c - learning curves by cross-validation, and the diagnosis in words. */
#include "flow/curve.h"
#include "flow/bias_variance.h"
#include "flow/cross.h"
#include "flow/run.h"
#include <math.h>
#include <string.h>

static const hone_param items[] = {
    HN_PARAM(hn_curve_options, fractions, .def = "0.1,0.25,0.5,0.75,1", .range = "(0, 1]",
             .doc = "Shares of the training rows to learn from, ascending."),
    HN_PARAM(hn_curve_options, folds, .def = "0", .range = "[0, 1000]",
             .doc = "Parts that rows are cut into; each is held out once. 0: as the recipe's split "
                    "says, 5 if it says nothing."),
    HN_PARAM(hn_curve_options, rounds, .def = "20", .range = "[0, 1000]",
             .doc = "Fits on resampled rows that part bias from variance; 0 leaves that out."),
};
const hn_params hn_curve_params = HN_PARAMS(hn_curve_options, items);

enum { MOST_POINTS = 32 };

typedef struct learner {
    hn_run run;
    const hn_curve_options *options;
    const hn_metric *metric;
    hn_cuts cuts;
    int64_t *
        rank; /* [n]: place of each row among its class in this fold's training rows; -1: held out */
    int64_t *class_size;  /* [classes or 1]: training rows of this fold */
    double *train, *test; /* [fractions, folds] */
    int64_t *rows;        /* [fractions]: learned from, summed over folds */
    double *seconds;      /* [fractions] */
    double baseline;
} learner;

/* ---- which rows ------------------------------------------------------------------------------ */

static int32_t class_of(const learner *l, int64_t row) {
    return l->run.known.n_classes > 0 ? (int32_t)l->run.known.y[row] : 0;
}

/* A random order of the fold's training rows, each class by itself, so that a fraction of each can be
 * taken. */
static hone_status rank_rows(learner *l, int fold, hn_rows train) {
    hone_ctx *ctx = l->run.ctx;
    HN_SCRATCH(ctx);
    int64_t *order;
    int32_t k = l->run.known.n_classes > 0 ? l->run.known.n_classes : 1;
    HN_TRY(HN_SCRATCH_NEW(ctx, order, train.n + 1));
    memcpy(order, train.rows, (size_t)train.n * sizeof *order);
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("curve.order", (uint64_t)fold));
    hn_rng_shuffle(&rng, order, train.n);
    memset(l->class_size, 0, (size_t)k * sizeof *l->class_size);
    for (int64_t i = 0; i < l->run.known.x->n_rows; i++) l->rank[i] = -1;
    for (int64_t i = 0; i < train.n; i++)
        l->rank[order[i]] = l->class_size[class_of(l, order[i])]++;
    return HONE_OK;
}

/* Ascending rows whose rank lies within the fraction of their class. */
static hone_status take_fraction(learner *l, hn_arena *arena, double fraction,
                                 hone_data *ret_data) {
    hone_ctx *ctx = l->run.ctx;
    int64_t *rows, n = 0;
    HN_TRY(HN_NEW(ctx, arena, rows, l->run.known.x->n_rows + 1));
    for (int64_t i = 0; i < l->run.known.x->n_rows; i++) {
        double wanted = ceil(fraction * (double)l->class_size[class_of(l, i)] - 1e-9);
        if (l->rank[i] >= 0 && (double)l->rank[i] < wanted) rows[n++] = i;
    }
    return hn_data_take(ctx, arena, &l->run.known, rows, n, ret_data);
}

/* ---- fitting --------------------------------------------------------------------------------- */

static hone_status score(learner *l, const hn_pipeline *pipeline, const hone_data *data,
                         hn_arena *arena, double *ret_value) {
    hn_scored scored;
    HN_TRY(hn_scored_of(l->run.ctx, pipeline, data, arena, &scored));
    return hn_metric_compute(l->run.ctx, l->metric, &scored, ret_value);
}

static hone_status learn(learner *l, int64_t f, int fold, const hone_data *test) {
    hone_ctx *ctx = l->run.ctx;
    HN_SCRATCH(ctx);
    hn_arena arena __attribute__((cleanup(hn_arena_done)));
    hn_arena_init(&arena, ctx->allocator);
    hone_data train;
    hn_pipeline pipeline;
    HN_TRY(take_fraction(l, &arena, l->options->fractions.items[f], &train));
    double start = hn_seconds();
    HN_TRY(hn_pipeline_fit(ctx, &l->run.recipe, &train, &arena, &pipeline, NULL));
    l->seconds[f] += hn_seconds() - start;
    l->rows[f] += train.x->n_rows;
    int64_t at = f * l->cuts.n + fold;
    hone_status status = score(l, &pipeline, &train, &arena, &l->train[at]);
    if (status == HONE_OK) status = score(l, &pipeline, test, &arena, &l->test[at]);
    hn_pipeline_done(&pipeline);
    return status;
}

static hone_status learn_fold(learner *l, int fold) {
    hone_ctx *ctx = l->run.ctx;
    HN_SCRATCH(ctx);
    const hone_data *all = &l->run.known;
    hn_rows train, held;
    hone_data test;
    HN_TRY(hn_cuts_take(ctx, ctx->scratch, &l->cuts, fold, &train, &held));
    HN_TRY(hn_data_take(ctx, ctx->scratch, all, held.rows, held.n, &test));
    HN_TRY(rank_rows(l, fold, train));
    for (int64_t f = 0; f < l->options->fractions.n; f++) {
        hn_progress(ctx, "learn", fold * l->options->fractions.n + f,
                    l->cuts.n * l->options->fractions.n, "fits");
        HN_TRY(learn(l, f, fold, &test));
    }
    return HONE_OK;
}

static hone_status learn_all(learner *l) {
    hone_ctx *ctx = l->run.ctx;
    const hone_data *all = &l->run.known;
    const hn_splitting *split = &l->run.recipe.split;
    int64_t points = l->options->fractions.n, k = split->folds;
    bool enough;
    HN_TRY(hn_cross_enough(ctx, split, all, &enough));
    if (!enough)
        return hn_fail_at(
            ctx, HONE_ERROR_DATA, HN_AT(.param = "folds"),
            "there are only %lld rows of the rarest class, or too few times, too few for %lld "
            "folds; set --folds lower",
            (long long)hn_smallest_part(all), (long long)k);
    if (split->cross == HN_CROSS_BOOTSTRAP)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "cross"),
                          "a learning curve takes shares of rows, so none may be drawn twice: set "
                          "cross to shuffle instead of bootstrap");
    HN_TRY(hn_cross_cuts(ctx, ctx->scratch, split, all, 0, &l->cuts));
    k = l->cuts.n;
    HN_TRY(HN_SCRATCH_NEW(ctx, l->rank, all->x->n_rows + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, l->class_size, all->n_classes + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, l->train, points * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, l->test, points * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, l->rows, points));
    HN_TRY(HN_SCRATCH_NEW(ctx, l->seconds, points));
    for (int fold = 0; fold < k; fold++) HN_TRY(learn_fold(l, fold));
    return HONE_OK;
}

/* ---- figures --------------------------------------------------------------------------------- */

typedef struct summary {
    double mean, sd;
    int64_t n;
} summary;

static summary summarise(const double *values, int64_t n) {
    summary s = {0};
    s.mean = hn_mean_of_folds(values, n, &s.sd);
    for (int64_t i = 0; i < n; i++) s.n += isfinite(values[i]);
    return s;
}

static summary of(const learner *l, const double *values, int64_t f) {
    return summarise(values + f * l->cuts.n, l->cuts.n);
}

static void add_number(hn_json_doc *doc, hn_json_mut *object, const char *key, double value) {
    if (isfinite(value))
        yyjson_mut_obj_add_real(doc, object, key, value);
    else
        yyjson_mut_obj_add_null(doc, object, key);
}

static void put_part(const learner *l, const double *values, int64_t f, const char *name,
                     hn_json_doc *doc, hn_json_mut *point) {
    summary s = of(l, values, f);
    hn_json_mut *part = yyjson_mut_obj_add_obj(doc, point, name);
    add_number(doc, part, "mean", s.mean);
    add_number(doc, part, "sd", s.sd);
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, part, "values");
    for (int64_t i = 0; i < l->cuts.n; i++) {
        double value = values[f * l->cuts.n + i];
        if (isfinite(value))
            yyjson_mut_arr_add_real(doc, list, value);
        else
            yyjson_mut_arr_add_null(doc, list);
    }
}

static void put_learning(const learner *l, hn_json_doc *doc, hn_json_mut *object) {
    double folds = (double)l->cuts.n;
    hn_json_mut *learning = yyjson_mut_obj_add_obj(doc, object, "learning");
    yyjson_mut_obj_add_strcpy(doc, learning, "metric", l->metric->name);
    yyjson_mut_obj_add_int(doc, learning, "folds", l->cuts.n);
    add_number(doc, learning, "baseline", l->baseline);
    hn_json_mut *points = yyjson_mut_obj_add_arr(doc, learning, "points");
    for (int64_t f = 0; f < l->options->fractions.n; f++) {
        hn_json_mut *point = yyjson_mut_arr_add_obj(doc, points);
        yyjson_mut_obj_add_real(doc, point, "fraction", l->options->fractions.items[f]);
        yyjson_mut_obj_add_real(doc, point, "rows", floor((double)l->rows[f] / folds + 0.5));
        put_part(l, l->train, f, "train", doc, point);
        put_part(l, l->test, f, "test", doc, point);
        yyjson_mut_obj_add_real(doc, point, "seconds", l->seconds[f] / folds);
    }
}

/* ---- diagnosis ------------------------------------------------------------------------------- */

static const char more_rows[] = "More rows would help: the last step up to all rows still improved "
                                "held-out scores by more than chance. ";
static const char no_more_rows[] =
    "More rows of the same sort would help little: the curve is flat at "
    "its end. ";
static const char overfits[] =
    "It overfits: on the rows it has learned from it does much better than on others. Make it "
    "simpler "
    "(regularise more, smaller trees, fewer columns), or give it more rows. ";
static const char underfits[] = "It underfits: even on the rows it has learned from it is hardly "
                                "better than the baseline. Make it "
                                "more flexible, or give it better columns. ";
static const char balanced[] =
    "It neither over- nor underfits plainly: on the rows it has learned from it does about as well "
    "as on "
    "others. If that is not enough, try a more flexible model or better columns. ";

/* Differences are counted so that greater is better. Overfitting: a quarter of what it gained on its own
 * rows over the baseline, and more than chance, is lost on others. Underfitting: on its own rows it gains a
 * twentieth or less of what a perfect model would, where that is known, or nothing beyond chance. */
static void put_diagnosis(const learner *l, hn_json_doc *doc, hn_json_mut *object) {
    const hn_metric *metric = l->metric;
    int64_t last = l->options->fractions.n - 1;
    double sign = metric->greater_is_better ? 1 : -1;
    summary train = of(l, l->train, last), test = of(l, l->test, last);
    double chance = 2 * test.sd / sqrt((double)(test.n > 0 ? test.n : 1));
    double gained = sign * (train.mean - l->baseline), lost = sign * (train.mean - test.mean);
    double perfect = metric->greater_is_better ? metric->high : metric->low;
    double possible = isfinite(perfect) ? sign * (perfect - l->baseline) : 0;
    bool over = lost > chance && lost > 0.25 * gained;
    bool under = !over && (gained <= chance || gained < 0.05 * possible), more = false;
    if (last > 0) more = sign * (test.mean - of(l, l->test, last - 1).mean) > chance / 2;
    char text[1024];
    snprintf(text, sizeof text, "%s%s",
             over    ? overfits
             : under ? underfits
                     : balanced,
             last == 0 ? ""
             : more    ? more_rows
                       : no_more_rows);
    hn_json_mut *diagnosis = yyjson_mut_obj_add_obj(doc, object, "diagnosis");
    yyjson_mut_obj_add_bool(doc, diagnosis, "overfits", over);
    yyjson_mut_obj_add_bool(doc, diagnosis, "underfits", under);
    yyjson_mut_obj_add_bool(doc, diagnosis, "more_rows_help", more);
    yyjson_mut_obj_add_strncpy(doc, diagnosis, "text", text, strlen(text) - 1);
}

/* ---- whole ----------------------------------------------------------------------------------- */

static hone_status score_baseline(learner *l) {
    hone_ctx *ctx = l->run.ctx;
    hn_recipe recipe = l->run.recipe;
    double *values;
    HN_TRY(HN_SCRATCH_NEW(ctx, values, l->cuts.n));
    HN_TRY(hn_recipe_set_model(ctx, ctx->scratch, &recipe, "baseline"));
    HN_TRY(hn_cross_validate(ctx, &recipe, &l->run.known, l->metric, &l->cuts, values));
    l->baseline = hn_mean_of_folds(values, l->cuts.n, NULL);
    return HONE_OK;
}

static hone_status check(hone_ctx *ctx, const hn_curve_options *options) {
    const hn_reals *f = &options->fractions;
    bool ascending = f->n > 0;
    for (int64_t i = 1; i < f->n; i++) ascending &= f->items[i] > f->items[i - 1];
    if (ascending && f->n <= MOST_POINTS) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "fractions"),
                      "fractions are 1 to %d numbers, each greater than the one before",
                      MOST_POINTS);
}

static hone_status curve(learner *l, hn_json_doc *doc, hn_json_mut **ret_object) {
    hn_run *run = &l->run;
    hone_ctx *ctx = run->ctx;
    hn_metric_list metrics;
    HN_TRY(hn_run_prepare(run));
    HN_TRY(hn_model_require_one(run->ctx, run->model, "a learning curve"));
    if (!(run->model->task & (HN_TASK_CLASSIFY | HN_TASK_REGRESSION)))
        return hn_fail(ctx, HONE_ERROR_USAGE,
                       "a learning curve needs a target to score by; name one with --target");
    HN_TRY(hn_run_choose(run));
    HN_TRY(
        hn_metrics_named(ctx, ctx->scratch, &run->recipe.top.metrics, run->model->task, &metrics));
    l->metric = metrics.items[0];
    HN_TRY(learn_all(l));
    HN_TRY(score_baseline(l));
    hn_json_mut *object = yyjson_mut_obj(doc);
    yyjson_mut_obj_add_int(doc, object, "rows", run->known.x->n_rows);
    yyjson_mut_obj_add_str(doc, object, "model", run->recipe.model.kind->name);
    put_learning(l, doc, object);
    if (l->options->rounds > 0)
        HN_TRY(hn_bias_variance(ctx, &run->recipe, &run->known, l->options->rounds, doc, object));
    put_diagnosis(l, doc, object);
    *ret_object = object;
    return HONE_OK;
}

hone_status hn_learning_curve(hone_ctx *ctx, const hn_recipe *recipe, const hone_table *table,
                              const hn_curve_options *options, hn_json_doc *doc,
                              hn_json_mut **ret_object) {
    HN_SCRATCH(ctx);
    hn_arena arena __attribute__((cleanup(hn_arena_done)));
    hn_arena_init(&arena, ctx->allocator);
    hone_model *model;
    HN_TRY(check(ctx, options));
    HN_TRY(hn_table_require_dense(ctx, &table->view));
    HN_TRY(HN_NEW(ctx, &arena, model, 1));
    learner l = {.run = {.ctx = ctx,
                         .model = model,
                         .arena = &arena,
                         .table = table,
                         .notes = {.ctx = ctx, .arena = &arena}},
                 .options = options};
    HN_TRY(hn_recipe_copy(ctx, &arena, recipe, &l.run.recipe));
    l.run.recipe.split.test = l.run.recipe.split.validation = 0; /* folds do the splitting */
    if (options->folds > 0) l.run.recipe.split.folds = options->folds;
    uint64_t seed = ctx->seed;
    ctx->seed = (uint64_t)recipe->top.seed;
    hone_status status = curve(&l, doc, ret_object);
    ctx->seed = seed;
    return status;
}
