/* by_model.c - columns kept by a model's importances: of one fit, or of fits on many halves of the rows. */
#include "ml/selection/selection.h"
#include "base/parallel.h"
#include "num/sort.h"

typedef struct model_params {
    hn_part estimator; /* first: hn_selection_part takes it */
    double threshold;
    double scale;
    int64_t max_features;
    int64_t n_rounds;
    double share;
} model_params;

/* ---- once ------------------------------------------------------------------------------------ */

enum { MEAN = -1, MEDIAN = -2 };

static const hone_param once_table[] = {
    HN_SELECTION_ESTIMATOR(model_params, "random_forest", .part_can = HN_CAN_IMPORTANCES,
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
    HN_BY_MODEL_HOOKS,
};

/* ---- on many halves -------------------------------------------------------------------------- */

static const hone_param stability_table[] = {
    HN_SELECTION_ESTIMATOR(model_params, "random_forest", .part_can = HN_CAN_IMPORTANCES,
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
    HN_BY_MODEL_HOOKS,
};
