/* sequential.c - columns added or left out one at a time, by what a model's score over folds gains or loses. */
#include "ml/selection/selection.h"
#include "base/parallel.h"
#include <math.h>
#include <string.h>

typedef struct sequential_params {
    hn_part estimator; /* first: hn_selection_part takes it */
    int64_t n_features_to_select;
    int direction;
    int64_t folds;
    double tolerance;
} sequential_params;

/* n_features_to_select */
enum { HALF = 0, BY_FOLDS = -1 };
enum { FORWARD, BACKWARD };

static const hone_param sequential_table[] = {
    HN_SELECTION_ESTIMATOR(sequential_params, "logistic", .doc = "The model that is scored."),
    HN_PARAM(sequential_params, n_features_to_select, .def = "half", .range = "[1, inf)",
             .words = HN_WORDS({"half", HALF}, {"folds", BY_FOLDS}), .unit = "columns",
             .doc =
                 "How many are kept: a number, half of them, or until the score over folds gains "
                 "less than tolerance."),
    HN_PARAM(sequential_params, direction, .def = "forward",
             .choices = HN_CHOICES("forward", "backward"),
             .doc = "Add the best one at a time, or leave out the worst."),
    HN_PARAM(sequential_params, folds, .def = "5", .range = "[2, 1000]",
             .aliases = HN_CHOICES("cv"), .doc = "How many folds the score is the mean of."),
    HN_PARAM(sequential_params, tolerance, .def = "0.001", .aliases = HN_CHOICES("tol"),
             .doc = "With n_features_to_select folds, the least gain to go on for."),
};

typedef struct candidates {
    const sequential_params *p;
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
        bool better = *ret_column < 0 || sum > *ret_score || (isnan(*ret_score) && !isnan(sum));
        if (!better) continue;
        *ret_column = j;
        *ret_score = sum;
    }
    return HONE_OK;
}

static hone_status fit_sequential(hone_ctx *ctx, const void *params, const hone_data *data,
                                  hn_arena *arena, void *state) {
    const sequential_params *p = params;
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

static hone_status attributes(hn_visitor *v, const void *state, const hn_shown *shown) {
    (void)shown;
    const hn_selection *s = state;
    uint8_t *support;
    HN_TRY(HN_NEW(v->ctx, v->arena, support, s->n));
    for (int64_t i = 0; i < s->n_kept; i++) support[s->kept[i]] = 1;
    HN_TRY(hn_show(v, "support", support, s->n));
    return hn_show(v, "n_features_to_select", &s->n_kept);
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
    .attributes = attributes,
    .params = HN_PARAMS(sequential_params, sequential_table),
    .fit = fit_sequential,
    HN_GOLDEN({.dataset = "tabular/iris/iris.csv",
               .target = "species",
               .columns = "numeric",
               .params = "{\"estimator\": \"lda\", \"n_features_to_select\": 2}",
               .metric = "columns",
               .value = 2,
               .tolerance = 0,
               .source = "as asked"}),
    HN_BY_MODEL_HOOKS,
};
