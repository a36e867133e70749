/* baseline.c - answers that look at no feature: what every model has to beat. */
#include "base/parallel.h"
#include "num/sort.h"
#include "spec/estimator.h"
#include <assert.h>
#include <math.h>

enum { AUTO, PRIOR, MAJORITY, MEAN, MEDIAN, QUANTILE, CONSTANT };

typedef struct baseline_params {
    int strategy;
    double quantile;
    double constant;
} baseline_params;

static const hone_param params[] = {
    HN_PARAM(baseline_params, strategy, .def = "auto",
             .choices =
                 HN_CHOICES("auto", "prior", "majority", "mean", "median", "quantile", "constant"),
             .doc = "What to answer; auto is prior for classes and mean for numbers."),
    HN_PARAM(baseline_params, quantile, .def = "0.5", .range = "[0, 1]", .level = HN_ADVANCED,
             .doc = "Which quantile of the target strategy quantile answers."),
    HN_PARAM(baseline_params, constant, .def = "0", .level = HN_ADVANCED,
             .doc = "What strategy constant answers: the number, or the index of the class."),
};

typedef struct baseline_state {
    int64_t n_features; /* given, not looked at */
    int64_t n_outputs;
    double *answer; /* [n_outputs] */
} baseline_state;

static hone_status baseline_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const baseline_params *p = values;
    bool classes = (data->task & HN_TASK_CLASSIFY) != 0;
    bool for_classes = p->strategy == PRIOR || p->strategy == MAJORITY;
    bool for_numbers = p->strategy == MEAN || p->strategy == MEDIAN || p->strategy == QUANTILE;
    if (classes ? for_numbers : for_classes) {
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "strategy"),
                          "baseline: this strategy is for %s; leave it at auto",
                          classes ? "numbers, and the target has classes"
                                  : "classes, and the target is a number");
    }
    bool is_class =
        p->constant >= 0 && p->constant < data->n_classes && p->constant == floor(p->constant);
    if (classes && p->strategy == CONSTANT && !is_class) {
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "constant"),
                          "baseline: 'constant' must be the index of a class, 0 to %d",
                          (int)data->n_classes - 1);
    }
    return HONE_OK;
}

/* ---- fit ------------------------------------------------------------------------------------ */

static double weight_of(const hone_data *data, int64_t i) {
    return data->weight ? data->weight[i] : 1.0;
}

static void fit_classes(const hone_data *data, int strategy, double constant, double *answer) {
    for (int64_t i = 0; i < data->x->n_rows; i++) answer[(int64_t)data->y[i]] += weight_of(data, i);
    double total = 0;
    int32_t best = 0;
    for (int32_t k = 0; k < data->n_classes; k++) {
        total += answer[k];
        if (answer[k] > answer[best]) best = k;
    }
    if (strategy == CONSTANT) best = (int32_t)constant;
    for (int32_t k = 0; k < data->n_classes; k++) {
        bool prior = strategy == AUTO || strategy == PRIOR;
        answer[k] = prior ? answer[k] / total : k == best ? 1.0 : 0.0;
    }
}

static bool weights_differ(const hone_data *data) {
    if (!data->weight) return false;
    for (int64_t i = 1; i < data->x->n_rows; i++)
        if (data->weight[i] != data->weight[0]) return true;
    return false;
}

static hone_status fit_quantile(hone_ctx *ctx, const hone_data *data, double q, double *answer) {
    int64_t n = data->x->n_rows;
    HN_SCRATCH(ctx);
    double *y, *w;
    int64_t *order;
    HN_TRY(HN_SCRATCH_NEW(ctx, y, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, w, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, order, n));
    HN_TRY(hn_argsort_f64(ctx, data->y, n, order));
    for (int64_t i = 0; i < n; i++) {
        y[i] = data->y[order[i]];
        w[i] = weight_of(data, order[i]);
    }
    /* Equal weights are no weights: then values between two rows count too. */
    *answer = weights_differ(data) ? hn_weighted_quantile_sorted(y, w, n, q)
                                   : hn_quantile_sorted(y, n, q);
    return HONE_OK;
}

static hone_status fit_mean(hone_ctx *ctx, const hone_data *data, double *answer) {
    int64_t n = data->x->n_rows;
    HN_SCRATCH(ctx);
    double *wy;
    HN_TRY(HN_SCRATCH_NEW(ctx, wy, n));
    for (int64_t i = 0; i < n; i++) wy[i] = data->y[i] * weight_of(data, i);
    double total = hn_data_total_weight(data), mean = hn_sum(wy, n) / total;
    for (int64_t i = 0; i < n; i++) wy[i] = (data->y[i] - mean) * weight_of(data, i);
    *answer = mean + hn_sum(wy, n) / total;
    return HONE_OK;
}

static hone_status baseline_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                                hn_arena *arena, void *ret_state) {
    const baseline_params *p = values;
    baseline_state *s = ret_state;
    s->n_features = data->x->n_columns;
    s->n_outputs = hn_outputs(data->task, data->n_classes);
    HN_TRY(HN_NEW(ctx, arena, s->answer, s->n_outputs));
    if (data->task & HN_TASK_CLASSIFY) {
        fit_classes(data, p->strategy, p->constant, s->answer);
        return HONE_OK;
    }
    switch (p->strategy) {
    case MEDIAN: return fit_quantile(ctx, data, 0.5, s->answer);
    case QUANTILE: return fit_quantile(ctx, data, p->quantile, s->answer);
    case CONSTANT: *s->answer = p->constant; return HONE_OK;
    default: return fit_mean(ctx, data, s->answer);
    }
}

/* ---- after the fit -------------------------------------------------------------------------- */

static hone_status baseline_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                                    double *ret_out) {
    (void)ctx;
    const baseline_state *s = state;
    for (int64_t i = 0; i < x->n_rows; i++)
        for (int64_t k = 0; k < s->n_outputs; k++) ret_out[i * s->n_outputs + k] = s->answer[k];
    return HONE_OK;
}

static int64_t baseline_outputs(const void *state) {
    return ((const baseline_state *)state)->n_outputs;
}

static hone_status baseline_visit(hn_visitor *v, void *state) {
    baseline_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_outputs", &s->n_outputs));
    HN_TRY(hn_visit_check(v, s->n_outputs >= 1 && s->n_outputs <= INT32_MAX,
                          "number of outputs out of range"));
    return hn_visit(v, "answer", &s->answer, s->n_outputs);
}

static hone_status baseline_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                   hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx, (void)schema;
    const baseline_state *s = state;
    hn_json_mut *answer = yyjson_mut_arr(doc);
    for (int64_t k = 0; k < s->n_outputs; k++) yyjson_mut_arr_add_real(doc, answer, s->answer[k]);
    yyjson_mut_obj_add_val(doc, object, "answer", answer);
    return HONE_OK;
}

const hone_estimator hn_baseline = {
    .name = "baseline",
    .title = "Baseline",
    .class_names = "BaselineClassifier BaselineRegressor",
    .family = "baseline",
    .doc = "Answers the same for every row: how frequent each class is, or the mean of the target. "
           "It looks at no feature. A model that does not beat it has learned nothing.",
    .references = "",
    .tasks = HN_TASK_BINARY | HN_TASK_MULTICLASS | HN_TASK_REGRESSION,
    .can =
        HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_CAN_WEIGHTS | HN_CAN_PROBABILITIES | HN_IS_BASELINE,
    .params = HN_PARAMS(baseline_params, params),
    .state_size = sizeof(baseline_state),
    .check = baseline_check,
    .fit = baseline_fit,
    .predict = baseline_predict,
    .outputs = baseline_outputs,
    .visit = baseline_visit,
    .report = baseline_report,
    HN_GOLDEN({"tabular/iris/iris.csv", "species", NULL, NULL, "all", "log_loss",
               1.0986122886681098, 1e-12, "scikit-learn 1.9.1, DummyClassifier(strategy='prior')"},
              {"tabular/diabetes/diabetes.csv", "target", NULL, "{\"strategy\":\"median\"}", "all",
               "mae", 65.0429864253, 1e-9,
               "scikit-learn 1.9.1, DummyRegressor(strategy='median')"}),
};
