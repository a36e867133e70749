/* eliminate.c - columns left out again and again, those least important in a model of the rest. */
#include "ml/selection/selection.h"
#include "base/parallel.h"
#include "num/sort.h"
#include <math.h>
#include <string.h>

typedef struct eliminate_params {
    hn_part estimator; /* first: hn_selection_part takes it */
    int64_t n_features_to_select;
    double step;
    int64_t folds;
    int64_t min_features_to_select;
} eliminate_params;

enum { HALF = 0, BY_FOLDS = -1 };

static const hone_param eliminate_table[] = {
    HN_SELECTION_ESTIMATOR(eliminate_params, "random_forest", .part_can = HN_CAN_IMPORTANCES,
                           .doc = "The model whose importances decide."),
    HN_PARAM(eliminate_params, n_features_to_select, .def = "folds", .range = "[1, inf)",
             .words = HN_WORDS({"half", HALF}, {"folds", BY_FOLDS}), .unit = "columns",
             .doc =
                 "How many are kept: a number, half of them, or as many as score best over folds."),
    HN_PARAM(eliminate_params, step, .def = "1", .range = "(0, inf)",
             .doc = "Columns left out at a time: from 1 on a number, below 1 a share of all."),
    HN_PARAM(eliminate_params, folds, .def = "5", .range = "[2, 1000]", .aliases = HN_CHOICES("cv"),
             .doc = "With n_features_to_select folds, how many."),
    HN_PARAM(eliminate_params, min_features_to_select, .def = "1", .range = "[1, inf)",
             .unit = "columns", .doc = "With folds, no fewer than these are kept."),
};

typedef struct elimination {
    const eliminate_params *p;
    const hone_data *data;
    hn_rows *folds;
    int64_t least;
    double *scores; /* [folds, n + 1] by fold and number of columns; NaN: not tried */
} elimination;

static int64_t how_many(const eliminate_params *p, int64_t n, int64_t kept, int64_t least) {
    double wanted = p->step < 1 ? p->step * (double)n : p->step;
    if (wanted >= (double)(kept - least)) return kept - least;
    return wanted < 1 ? 1 : (int64_t)wanted;
}

/* Leave out until least are kept: marks [n]; ranking [n] (may be NULL) grows for what is out. With test, scores
 * [n + 1] are of the numbers of columns that there were. */
static hone_status eliminate(hone_ctx *ctx, const eliminate_params *p, const hone_data *train,
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
static hone_status best_number(hone_ctx *ctx, const eliminate_params *p, const hone_data *data,
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
    const eliminate_params *p = params;
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
    .params = HN_PARAMS(eliminate_params, eliminate_table),
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
    HN_BY_MODEL_HOOKS,
};
