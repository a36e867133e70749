/* by_model.c - columns kept by what a model makes of them: its importances, once or again and again with the
 * least of them left out, or on many halves of the rows. */
#include "ml/selection/selection.h"
#include "base/parallel.h"
#include "num/sort.h"
#include <math.h>
#include <string.h>

typedef struct model_params {
    hn_part estimator;
    double threshold;
    double scale;
    int64_t max_features;
    int64_t n_features_to_select;
    double step;
    int64_t folds;
    int64_t min_features_to_select;
    int64_t n_rounds;
    double share;
    double tolerance;
    int direction;
} model_params;

#define ESTIMATOR(kind, ...)                                                                       \
    HN_PARAM(model_params, estimator, .def = kind, .part_tasks = HN_SELECTION_TASKS, __VA_ARGS__)

static const hn_part *part_of(const void *params, int64_t i) {
    return i == 0 ? &((const model_params *)params)->estimator : NULL;
}

/* A part may do one sort of task alone; the check of parts says so with the task's name. */
#define MODEL_HOOKS                                                                                \
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES, .target = HN_SELECTION_TASKS, .part = part_of,      \
    HN_SELECTION_HOOKS

/* ---- once ------------------------------------------------------------------------------------ */

enum { MEAN = -1, MEDIAN = -2 };

static const hone_param once_table[] = {
    ESTIMATOR("random_forest", .part_can = HN_CAN_IMPORTANCES,
              .doc = "The model whose importances decide."),
    HN_PARAM(
        model_params, threshold, .def = "mean", .range = "[0, inf)",
        .words = HN_WORDS({"mean", MEAN}, {"median", MEDIAN}),
        .doc = "The least importance to be kept (all sum to 1): the mean of all, their median, or "
               "a number."),
    HN_PARAM(model_params, scale, .def = "1", .range = "(0, inf)",
             .doc = "The mean or median is taken times this."),
    HN_PARAM(model_params, max_features, .def = "none", .range = "[1, inf)",
             .words = HN_WORDS({"none", 0}), .unit = "columns", .doc = "Keep no more than these."),
};

static hone_status fit_once(hone_ctx *ctx, const void *params, const hone_data *data,
                            hn_arena *arena, void *state) {
    const model_params *p = params;
    hn_selection *s = state;
    HN_SCRATCH(ctx);
    uint8_t *keep;
    double threshold = p->threshold;
    HN_TRY(hn_selection_start(ctx, arena, data, s));
    HN_TRY(HN_SCRATCH_NEW(ctx, keep, s->n + 1));
    HN_TRY(hn_importances_of(ctx, "select_by_model", &p->estimator, data,
                             hn_child_seed(ctx, "selection", 0), s->scores));
    if (threshold < 0) {
        HN_TRY(hn_selection_threshold(ctx, threshold == MEDIAN, s->scores, s->n, &threshold));
        threshold *= p->scale;
    }
    for (int64_t j = 0; j < s->n; j++)
        keep[j] =
            s->scores[j] >= threshold &&
            (p->max_features == 0 || hn_selection_better(s->scores, s->n, j) < p->max_features);
    hn_selection_keep(s, keep);
    return HONE_OK;
}

const hone_estimator hn_select_by_model = {
    .name = "select_by_model",
    .title = "Keep columns that a model finds important",
    .class_names = "SelectFromModel",
    .doc = "Fits a model and keeps the columns whose importance in it is above a threshold. Any "
           "kind that has "
           "importances will do.",
    .references = "Breiman (2001). Random forests.",
    .example = "{\"estimator\": {\"random_forest\": {\"n_estimators\": 3}}}",
    .params = HN_PARAMS(model_params, once_table),
    .fit = fit_once,
    HN_GOLDEN({.dataset = "tabular/breast_cancer/breast_cancer.csv",
               .target = "diagnosis",
               .columns = "numeric",
               .params = "{\"max_features\": 7, \"threshold\": 0}",
               .metric = "columns",
               .value = 7,
               .tolerance = 0,
               .source = "scikit-learn 1.9.1, SelectFromModel(threshold=-inf, max_features=7)"}),
    MODEL_HOOKS,
};

/* ---- again and again ------------------------------------------------------------------------- */

enum { HALF = 0, BY_FOLDS = -1 };

#define STEP_PARAMS                                                                                \
    HN_PARAM(model_params, step, .def = "1", .range = "(0, inf)",                                  \
             .doc = "Columns left out at a time: from 1 on a number, below 1 a share of all.")

static const hone_param eliminate_table[] = {
    ESTIMATOR("random_forest", .part_can = HN_CAN_IMPORTANCES,
              .doc = "The model whose importances decide."),
    HN_PARAM(model_params, n_features_to_select, .def = "folds", .range = "[1, inf)",
             .words = HN_WORDS({"half", HALF}, {"folds", BY_FOLDS}), .unit = "columns",
             .doc =
                 "How many are kept: a number, half of them, or as many as score best over folds."),
    STEP_PARAMS,
    HN_PARAM(model_params, folds, .def = "5", .range = "[2, 1000]", .aliases = HN_CHOICES("cv"),
             .doc = "With n_features_to_select folds, how many."),
    HN_PARAM(model_params, min_features_to_select, .def = "1", .range = "[1, inf)",
             .unit = "columns", .doc = "With folds, no fewer than these are kept."),
};

typedef struct elimination {
    const model_params *p;
    const hone_data *data;
    hn_rows *folds;
    int64_t least;
    double *scores; /* [folds, n + 1] by fold and number of columns; NaN: not tried */
} elimination;

static int64_t how_many(const model_params *p, int64_t n, int64_t kept, int64_t least) {
    double wanted = p->step < 1 ? p->step * (double)n : p->step;
    int64_t count = wanted < 1 ? 1 : (int64_t)wanted;
    return count < kept - least ? count : kept - least;
}

/* Leave out until least are kept: marks [n]; ranking [n] (may be NULL) grows for what is out. With test, scores
 * [n + 1] are of the numbers of columns that there were. */
static hone_status eliminate(hone_ctx *ctx, const model_params *p, const hone_data *train,
                             const hone_data *test, int64_t least, uint8_t *marks, int32_t *ranking,
                             double *scores, double *importances) {
    int64_t n = train->x->n_columns, kept = n;
    for (int64_t j = 0; j < n; j++) marks[j] = 1;
    for (int64_t j = 0; ranking && j < n; j++) ranking[j] = 1;
    for (;;) {
        HN_SCRATCH(ctx);
        hone_data view, held;
        double *values;
        int64_t *order, *column, m = 0;
        HN_TRY(hn_check_cancel(ctx));
        HN_TRY(HN_SCRATCH_NEW(ctx, values, kept + 1));
        HN_TRY(HN_SCRATCH_NEW(ctx, order, kept + 1));
        HN_TRY(HN_SCRATCH_NEW(ctx, column, kept + 1));
        HN_TRY(hn_data_columns(ctx, train, marks, &view));
        for (int64_t j = 0; j < n; j++)
            if (marks[j]) column[m++] = j;
        uint64_t seed = hn_child_seed(ctx, "selection", 0);
        if (test) {
            HN_TRY(hn_data_columns(ctx, test, marks, &held));
            HN_TRY(hn_held_score(ctx, "recursive_elimination", &p->estimator, &view, &held, seed,
                                 &scores[kept]));
        }
        if (kept <= least && importances == NULL) return HONE_OK;
        HN_TRY(hn_importances_of(ctx, "recursive_elimination", &p->estimator, &view, seed, values));
        for (int64_t i = 0; importances && i < kept; i++) importances[column[i]] = values[i];
        if (kept <= least) return HONE_OK;
        HN_TRY(hn_argsort_f64(ctx, values, kept, order));
        int64_t out = how_many(p, n, kept, least);
        for (int64_t i = 0; i < out; i++) marks[column[order[i]]] = 0;
        kept -= out;
        for (int64_t j = 0; ranking && j < n; j++) ranking[j] += !marks[j];
    }
}

static hone_status try_fold(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const elimination *e = arg;
    int64_t n = e->data->x->n_columns;
    for (int64_t f = chunk.begin; f < chunk.end; f++) {
        HN_SCRATCH(ctx);
        hone_data train, test;
        uint8_t *marks;
        HN_TRY(HN_SCRATCH_NEW(ctx, marks, n + 1));
        HN_TRY(hn_held_fold(ctx, e->data, e->folds[f], &train, &test));
        HN_TRY(eliminate(ctx, e->p, &train, &test, e->least, marks, NULL, e->scores + f * (n + 1),
                         NULL));
    }
    return HONE_OK;
}

/* The number of columns that scores best over folds; of equals the smallest. */
static hone_status best_number(hone_ctx *ctx, const model_params *p, const hone_data *data,
                               int64_t least, int64_t *ret_number) {
    int64_t n = data->x->n_columns;
    elimination e = {.p = p, .data = data, .least = least};
    HN_TRY(hn_held_folds(ctx, "recursive_elimination", data, p->folds, &e.folds));
    HN_TRY(HN_SCRATCH_NEW(ctx, e.scores, p->folds * (n + 1)));
    for (int64_t i = 0; i < p->folds * (n + 1); i++) e.scores[i] = (double)NAN;
    HN_TRY(hn_parallel(ctx, p->folds, 1, try_fold, &e));
    double best = -(double)INFINITY;
    for (int64_t k = 1; k <= n; k++) {
        double sum = 0;
        for (int64_t f = 0; f < p->folds; f++) sum += e.scores[f * (n + 1) + k];
        if (!(sum > best)) continue;
        best = sum;
        *ret_number = k;
    }
    return HONE_OK;
}

static hone_status fit_eliminate(hone_ctx *ctx, const void *params, const hone_data *data,
                                 hn_arena *arena, void *state) {
    const model_params *p = params;
    hn_selection *s = state;
    HN_SCRATCH(ctx);
    uint8_t *keep;
    HN_TRY(hn_selection_start(ctx, arena, data, s));
    HN_TRY(HN_SCRATCH_NEW(ctx, keep, s->n + 1));
    int64_t least = p->n_features_to_select == HALF ? s->n / 2 : p->n_features_to_select;
    if (p->n_features_to_select == BY_FOLDS) {
        least = p->min_features_to_select < s->n ? p->min_features_to_select : s->n;
        HN_TRY(best_number(ctx, p, data, least, &least));
    }
    if (least < 1) least = 1;
    HN_TRY(eliminate(ctx, p, data, NULL, least < s->n ? least : s->n, keep, s->ranking, NULL,
                     s->scores));
    hn_selection_keep(s, keep);
    return HONE_OK;
}

const hone_estimator hn_recursive_elimination = {
    .name = "recursive_elimination",
    .title = "Leave out the least important columns, again and again",
    .class_names = "RecursiveElimination",
    .doc = "Fits a model, leaves out the columns least important in it, and goes on until as many "
           "are left "
           "as asked, or as score best over folds.",
    .references =
        "Guyon, Weston, Barnhill, Vapnik (2002). Gene selection for cancer classification "
        "using support vector machines.",
    .example = "{\"estimator\": {\"random_forest\": {\"n_estimators\": 3}}, \"folds\": 2}",
    .params = HN_PARAMS(model_params, eliminate_table),
    .fit = fit_eliminate,
    HN_GOLDEN({.dataset = "tabular/breast_cancer/breast_cancer.csv",
               .target = "diagnosis",
               .columns = "numeric",
               .params = "{\"estimator\": {\"decision_tree\": {\"max_depth\": 3}}, "
                         "\"n_features_to_select\": 5, \"step\": 0.2}",
               .metric = "columns",
               .value = 5,
               .tolerance = 0,
               .source = "scikit-learn 1.9.1, RFE(n_features_to_select=5, step=0.2)"}),
    MODEL_HOOKS,
};

/* ---- one at a time --------------------------------------------------------------------------- */

enum { FORWARD, BACKWARD };

static const hone_param sequential_table[] = {
    ESTIMATOR("logistic", .doc = "The model that is scored."),
    HN_PARAM(model_params, n_features_to_select, .def = "half", .range = "[1, inf)",
             .words = HN_WORDS({"half", HALF}, {"folds", BY_FOLDS}), .unit = "columns",
             .doc =
                 "How many are kept: a number, half of them, or until the score over folds gains "
                 "less than tolerance."),
    HN_PARAM(model_params, direction, .def = "forward",
             .choices = HN_CHOICES("forward", "backward"),
             .doc = "Add the best one at a time, or leave out the worst."),
    HN_PARAM(model_params, folds, .def = "5", .range = "[2, 1000]", .aliases = HN_CHOICES("cv"),
             .doc = "How many folds the score is the mean of."),
    HN_PARAM(model_params, tolerance, .def = "0.001", .aliases = HN_CHOICES("tol"),
             .doc = "With n_features_to_select folds, the least gain to go on for."),
};

typedef struct candidates {
    const model_params *p;
    const hone_data *train, *test; /* [folds] */
    const uint8_t *marks;
    bool forward;
    double *scores; /* [n, folds] */
} candidates;

static hone_status try_candidate(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const candidates *c = arg;
    int64_t n = c->train[0].x->n_columns;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        HN_SCRATCH(ctx);
        int64_t j = i / c->p->folds, f = i % c->p->folds;
        if (c->marks[j] == c->forward) continue;
        uint8_t *marks;
        hone_data train, test;
        HN_TRY(HN_SCRATCH_NEW(ctx, marks, n + 1));
        memcpy(marks, c->marks, (size_t)n);
        marks[j] = c->forward;
        HN_TRY(hn_data_columns(ctx, &c->train[f], marks, &train));
        HN_TRY(hn_data_columns(ctx, &c->test[f], marks, &test));
        HN_TRY(hn_held_score(ctx, "sequential_selection", &c->p->estimator, &train, &test,
                             hn_child_seed(ctx, "selection", 0), &c->scores[i]));
    }
    return HONE_OK;
}

/* The best change and its score; -1: there is none. */
static hone_status best_change(hone_ctx *ctx, candidates *c, int64_t n, int64_t *ret_column,
                               double *ret_score) {
    HN_TRY(hn_parallel(ctx, n * c->p->folds, 1, try_candidate, c));
    *ret_column = -1;
    for (int64_t j = 0; j < n; j++) {
        double sum = 0;
        if (c->marks[j] == c->forward) continue;
        for (int64_t f = 0; f < c->p->folds; f++) sum += c->scores[j * c->p->folds + f];
        sum /= (double)c->p->folds;
        if (*ret_column >= 0 && !(sum > *ret_score)) continue;
        *ret_column = j;
        *ret_score = sum;
    }
    return HONE_OK;
}

static hone_status fit_sequential(hone_ctx *ctx, const void *params, const hone_data *data,
                                  hn_arena *arena, void *state) {
    const model_params *p = params;
    hn_selection *s = state;
    HN_SCRATCH(ctx);
    uint8_t *marks;
    hn_rows *folds;
    hone_data *train, *test;
    candidates c = {.p = p, .forward = p->direction == FORWARD};
    HN_TRY(hn_selection_start(ctx, arena, data, s));
    HN_TRY(HN_SCRATCH_NEW(ctx, marks, s->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, train, p->folds));
    HN_TRY(HN_SCRATCH_NEW(ctx, test, p->folds));
    HN_TRY(HN_SCRATCH_NEW(ctx, c.scores, s->n * p->folds + 1));
    HN_TRY(hn_held_folds(ctx, "sequential_selection", data, p->folds, &folds));
    for (int64_t f = 0; f < p->folds; f++)
        HN_TRY(hn_held_fold(ctx, data, folds[f], &train[f], &test[f]));
    c.train = train;
    c.test = test;
    c.marks = marks;
    for (int64_t j = 0; j < s->n; j++) marks[j] = !c.forward;
    int64_t kept = c.forward ? 0 : s->n, wanted = p->n_features_to_select;
    bool until = wanted == BY_FOLDS;
    if (wanted == HALF) wanted = s->n / 2;
    if (until) wanted = c.forward ? s->n : 1;
    if (wanted < 1) wanted = 1;
    double before = -(double)INFINITY;
    for (int64_t round = 0; round < s->n && kept != (wanted < s->n ? wanted : s->n); round++) {
        int64_t j;
        double score;
        hn_progress(ctx, "select", round, s->n, "columns");
        HN_TRY(best_change(ctx, &c, s->n, &j, &score));
        if (j < 0 || (until && kept > 0 && isfinite(before) && !(score - before >= p->tolerance)))
            break;
        marks[j] = c.forward;
        kept += c.forward ? 1 : -1;
        s->scores[j] = before = score;
        s->ranking[j] = (int32_t)(c.forward ? 1 : s->n - round);
    }
    hn_selection_keep(s, marks);
    return HONE_OK;
}

const hone_estimator hn_sequential_selection = {
    .name = "sequential_selection",
    .title = "Add or leave out one column at a time",
    .class_names = "SequentialFeatureSelector",
    .doc =
        "Adds the column that gains the most over folds (forward), or leaves out the one that "
        "costs the "
        "least (backward), one at a time. It fits many models: for tens of columns, not hundreds.",
    .references =
        "Ferri, Pudil, Hatef, Kittler (1994). Comparative study of techniques for large-scale "
        "feature selection.",
    .example = "{\"estimator\": {\"decision_tree\": {\"max_depth\": 2}}, \"folds\": 2}",
    .params = HN_PARAMS(model_params, sequential_table),
    .fit = fit_sequential,
    HN_GOLDEN({.dataset = "tabular/iris/iris.csv",
               .target = "species",
               .columns = "numeric",
               .params = "{\"estimator\": \"lda\", \"n_features_to_select\": 2}",
               .metric = "columns",
               .value = 2,
               .tolerance = 0,
               .source = "as asked"}),
    MODEL_HOOKS,
};

/* ---- on many halves -------------------------------------------------------------------------- */

static const hone_param stability_table[] = {
    ESTIMATOR("random_forest", .part_can = HN_CAN_IMPORTANCES,
              .doc = "The model whose importances decide."),
    HN_PARAM(model_params, n_rounds, .def = "50", .range = "[2, 10000]", .unit = "rounds",
             .doc = "How many random halves of the rows it is fitted on."),
    HN_PARAM(model_params, share, .def = "0.5", .range = "(0, 1)",
             .doc = "The share of the rows in each."),
    HN_PARAM(model_params, threshold, .def = "0.6", .range = "(0, 1]", .search = "[0.5, 0.9]",
             .doc =
                 "A column is kept if it is among the important ones in this share of the rounds."),
    HN_PARAM(model_params, max_features, .def = "none", .range = "[1, inf)",
             .words = HN_WORDS({"none", 0}), .unit = "columns",
             .doc = "How many count as important in a round; none: those above the mean."),
};

typedef struct rounds {
    const model_params *p;
    const hone_data *data;
    uint8_t *important; /* [n_rounds, n] */
} rounds;

static hone_status play_round(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const rounds *r = arg;
    int64_t n = r->data->x->n_columns, all = r->data->x->n_rows;
    int64_t k = (int64_t)(r->p->share * (double)all);
    if (k < 1) k = 1;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        HN_SCRATCH(ctx);
        int64_t *rows;
        double *values, mean;
        hone_data drawn;
        HN_TRY(hn_check_cancel(ctx));
        HN_TRY(HN_SCRATCH_NEW(ctx, rows, k + 1));
        HN_TRY(HN_SCRATCH_NEW(ctx, values, n + 1));
        hn_rng rng = hn_rng_make(ctx->seed, hn_stream("stability.rows", (uint64_t)i));
        hn_rng_choose(&rng, all, k, rows);
        HN_TRY(hn_data_take(ctx, ctx->scratch, r->data, rows, k, &drawn));
        HN_TRY(hn_importances_of(ctx, "stability_selection", &r->p->estimator, &drawn,
                                 hn_child_seed(ctx, "stability", i), values));
        mean = hn_sum(values, n) / (double)n;
        for (int64_t j = 0; j < n; j++)
            r->important[i * n + j] =
                values[j] > 0 &&
                (r->p->max_features > 0 ? hn_selection_better(values, n, j) < r->p->max_features
                                        : values[j] >= mean);
    }
    return HONE_OK;
}

static hone_status fit_stability(hone_ctx *ctx, const void *params, const hone_data *data,
                                 hn_arena *arena, void *state) {
    const model_params *p = params;
    hn_selection *s = state;
    HN_SCRATCH(ctx);
    uint8_t *keep;
    rounds r = {.p = p, .data = data};
    HN_TRY(hn_selection_start(ctx, arena, data, s));
    HN_TRY(HN_SCRATCH_NEW(ctx, keep, s->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, r.important, p->n_rounds * s->n + 1));
    HN_TRY(hn_parallel(ctx, p->n_rounds, 1, play_round, &r));
    for (int64_t j = 0; j < s->n; j++) {
        int64_t times = 0;
        for (int64_t i = 0; i < p->n_rounds; i++) times += r.important[i * s->n + j];
        s->scores[j] = (double)times / (double)p->n_rounds;
        keep[j] = s->scores[j] >= p->threshold;
    }
    hn_selection_keep(s, keep);
    return HONE_OK;
}

const hone_estimator hn_stability_selection = {
    .name = "stability_selection",
    .title = "Keep columns that are important on most halves of the rows",
    .class_names = "StabilitySelection",
    .doc =
        "Fits a model on many random halves of the rows and keeps the columns that are among its "
        "important ones nearly always: what only happens to look important on some rows is not.",
    .references = "Meinshausen, Buehlmann (2010). Stability selection.",
    .example = "{\"estimator\": {\"random_forest\": {\"n_estimators\": 3}}, \"n_rounds\": 5}",
    .params = HN_PARAMS(model_params, stability_table),
    .fit = fit_stability,
    HN_GOLDEN(
        {.dataset = "tabular/iris/iris.csv",
         .target = "species",
         .columns = "numeric",
         .params = "{\"estimator\": {\"decision_tree\": {\"max_depth\": 2}}, \"n_rounds\": 20}",
         .metric = "columns",
         .value = 2,
         .tolerance = 0,
         .source =
             "the data: the petals' length and width tell species apart, the sepals' do not"}),
    MODEL_HOOKS,
};
