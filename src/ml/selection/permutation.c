/* permutation.c - columns without whose order a model answers worse for rows that it was not fitted on. */
#include "ml/selection/selection.h"
#include "base/parallel.h"
#include "num/sort.h"
#include <math.h>
#include <string.h>

typedef struct permutation_params {
    hn_part estimator; /* first: hn_selection_part takes it */
    int64_t folds;
    int64_t n_repeats;
    double threshold;
    int64_t max_features;
    int scoring;
} permutation_params;

enum { NOISE = -1, MEAN = -2, MEDIAN = -3 };

static const hone_param table[] = {
    HN_PARAM(permutation_params, estimator, .def = "random_forest",
             .part_tasks = HN_SELECTION_TASKS, .doc = "The model that answers; any kind will do."),
    HN_PARAM(permutation_params, folds, .def = "4", .range = "[2, 1000]",
             .aliases = HN_CHOICES("cv"),
             .doc = "The training rows are cut into so many parts; each in turn is held out, and "
                    "shuffled where the model has not seen it."),
    HN_PARAM(permutation_params, n_repeats, .def = "5", .range = "[1, 1000]",
             .doc = "How often a column is shuffled in each part."),
    HN_PARAM(permutation_params, threshold, .def = "noise", .range = "[0, inf)",
             .words = HN_WORDS({"noise", NOISE}, {"mean", MEAN}, {"median", MEDIAN}),
             .doc = "The least that shuffling a column must cost to keep it: a number, the mean or "
                    "median of all, or twice the deviation of its own costs (noise)."),
    HN_PARAM(permutation_params, max_features, .def = "none", .range = "[1, inf)",
             .words = HN_WORDS({"none", 0}), .unit = "columns", .doc = "Keep no more than these."),
    HN_PARAM(permutation_params, scoring, .def = "score", .choices = HN_CHOICES("score", "loss"),
             .doc = "What gets worse: accuracy or R squared; or log loss or squared error."),
};

typedef struct shuffling {
    const permutation_params *p;
    const hone_data *data;
    hone_data *train, *test; /* [folds] */
    hn_child *child;         /* [folds] */
    double *before;          /* [folds] the score with every column in order */
    double *drop;            /* [columns, folds, n_repeats] */
} shuffling;

/* The higher, the better. */
static double worth(const shuffling *s, int64_t f, const double *answers) {
    const hone_data *test = &s->test[f];
    bool probable = test->n_classes > 0 && hn_child_gives_probabilities(&s->child[f]);
    return s->p->scoring == 0 ? hn_answers_score(test, answers)
                              : -hn_answers_loss(test, probable, answers, NULL);
}

static hone_status score(hone_ctx *ctx, const shuffling *s, int64_t f, const hn_table *x,
                         double *ret) {
    HN_SCRATCH(ctx);
    double *answers;
    int64_t k = s->data->n_classes > 0 ? s->data->n_classes : 1;
    HN_TRY(HN_SCRATCH_NEW(ctx, answers, x->n_rows * k + 1));
    HN_TRY(hn_child_predict(ctx, &s->child[f], x, answers));
    *ret = worth(s, f, answers);
    return HONE_OK;
}

static hone_status fit_fold(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const shuffling *s = arg;
    for (int64_t f = chunk.begin; f < chunk.end; f++) {
        HN_TRY(hn_child_fit(ctx, "select_by_permutation", &s->p->estimator, &s->train[f],
                            hn_child_seed(ctx, "selection", f), &s->child[f]));
        HN_TRY(score(ctx, s, f, s->test[f].x, &s->before[f]));
    }
    return HONE_OK;
}

/* Column `one` of x, its j-th, in another order. */
static hone_status shuffle_once(hone_ctx *ctx, const shuffling *s, int64_t j, int64_t f, int64_t r,
                                const hn_table *one, int64_t *order, hn_table *x) {
    HN_SCRATCH(ctx);
    hn_table shuffled;
    int64_t n = x->n_rows, place = (j * s->p->folds + f) * s->p->n_repeats + r;
    double after;
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("permutation.column", (uint64_t)place));
    HN_TRY(hn_check_cancel(ctx));
    for (int64_t i = 0; i < n; i++) order[i] = i;
    hn_rng_shuffle(&rng, order, n);
    HN_TRY(hn_table_take(ctx, ctx->scratch, one, order, n, &shuffled));
    x->columns[j] = shuffled.columns[0];
    HN_TRY(score(ctx, s, f, x, &after));
    s->drop[place] = s->before[f] - after;
    return HONE_OK;
}

static hone_status shuffle_column(hone_ctx *ctx, const shuffling *s, int64_t j, int64_t f) {
    HN_SCRATCH(ctx);
    const hn_table *held = s->test[f].x;
    int32_t which = (int32_t)j;
    int64_t *order;
    hn_table x = *held, one;
    HN_TRY(HN_SCRATCH_NEW(ctx, order, held->n_rows + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, x.columns, held->n_columns + 1));
    memcpy(x.columns, held->columns, (size_t)held->n_columns * sizeof *x.columns);
    HN_TRY(hn_table_select(ctx, ctx->scratch, held, &which, 1, &one));
    for (int64_t r = 0; r < s->p->n_repeats; r++)
        HN_TRY(shuffle_once(ctx, s, j, f, r, &one, order, &x));
    return HONE_OK;
}

static hone_status shuffle_columns(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const shuffling *s = arg;
    for (int64_t i = chunk.begin; i < chunk.end; i++)
        HN_TRY(shuffle_column(ctx, s, i / s->p->folds, i % s->p->folds));
    return HONE_OK;
}

static hone_status run(hone_ctx *ctx, shuffling *s) {
    HN_TRY(hn_parallel(ctx, s->p->folds, 1, fit_fold, s));
    return hn_parallel(ctx, s->data->x->n_columns * s->p->folds, 1, shuffle_columns, s);
}

static hone_status choose(hone_ctx *ctx, const shuffling *s, hn_selection *selection) {
    const permutation_params *p = s->p;
    int64_t n = selection->n, m = p->folds * p->n_repeats;
    uint8_t *keep;
    double *bar;
    HN_TRY(HN_SCRATCH_NEW(ctx, keep, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, bar, n + 1));
    for (int64_t j = 0; j < n; j++) {
        double mean = hn_sum(s->drop + j * m, m) / (double)m, spread = 0;
        for (int64_t i = 0; i < m; i++)
            spread += (s->drop[j * m + i] - mean) * (s->drop[j * m + i] - mean);
        selection->scores[j] = mean;
        bar[j] = p->threshold == NOISE ? 2 * sqrt(spread / (double)m) : p->threshold;
    }
    if (p->threshold == MEAN || p->threshold == MEDIAN) {
        double one;
        HN_TRY(hn_selection_threshold(ctx, p->threshold == MEDIAN, selection->scores, n, &one));
        for (int64_t j = 0; j < n; j++) bar[j] = one;
    }
    /* What costs nothing is not kept for costing no more than noise or none. */
    for (int64_t j = 0; j < n; j++)
        keep[j] = selection->scores[j] > 0 && selection->scores[j] >= bar[j] &&
                  (p->max_features == 0 ||
                   hn_selection_better(selection->scores, n, j) < p->max_features);
    hn_selection_keep(selection, keep);
    return HONE_OK;
}

static hone_status fit(hone_ctx *ctx, const void *params, const hone_data *data, hn_arena *arena,
                       void *state) {
    const permutation_params *p = params;
    HN_SCRATCH(ctx);
    shuffling s = {.p = p, .data = data};
    hn_rows *folds;
    HN_TRY(hn_selection_start(ctx, arena, data, state));
    HN_TRY(hn_held_folds(ctx, "select_by_permutation", data, p->folds, &folds));
    HN_TRY(HN_SCRATCH_NEW(ctx, s.train, p->folds));
    HN_TRY(HN_SCRATCH_NEW(ctx, s.test, p->folds));
    HN_TRY(HN_SCRATCH_NEW(ctx, s.child, p->folds));
    HN_TRY(HN_SCRATCH_NEW(ctx, s.before, p->folds));
    HN_TRY(HN_SCRATCH_NEW(ctx, s.drop, data->x->n_columns * p->folds * p->n_repeats + 1));
    for (int64_t f = 0; f < p->folds; f++)
        HN_TRY(hn_held_fold(ctx, data, folds[f], &s.train[f], &s.test[f]));
    hone_status status = run(ctx, &s);
    for (int64_t f = 0; f < p->folds; f++) hn_child_done(&s.child[f]);
    HN_TRY(status);
    return choose(ctx, &s, state);
}

const hone_estimator hn_select_by_permutation = {
    .name = "select_by_permutation",
    .title = "Keep columns whose shuffling costs",
    .class_names = "SelectByPermutation",
    .doc = "Fits a model on most of the training rows, shuffles one column at a time in those held "
           "out, and "
           "keeps the columns for which its answers there get worse by more than noise. What the "
           "model only "
           "remembers of its own rows counts for nothing; of columns that say the same, each hides "
           "the other.",
    .references = "Breiman (2001). Random forests.\n"
                  "Fisher, Rudin, Dominici (2019). All models are wrong, but many are useful.",
    .example = "{\"estimator\": {\"random_forest\": {\"n_estimators\": 3}}, \"folds\": 2, "
               "\"n_repeats\": 2}",
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES,
    .target = HN_SELECTION_TASKS,
    .params = HN_PARAMS(permutation_params, table),
    .fit = fit,
    .part = hn_selection_part,
    HN_GOLDEN({.dataset = "tabular/iris/iris.csv",
               .target = "species",
               .columns = "numeric",
               .params = "{\"estimator\": \"lda\", \"max_features\": 2, \"threshold\": 0}",
               .metric = "columns",
               .value = 2,
               .tolerance = 0,
               .source = "the data: the petals' length and width tell species apart"}),
    HN_SELECTION_HOOKS,
};
