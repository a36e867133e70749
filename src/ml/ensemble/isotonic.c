/* isotonic.c - isotonic regression: of one feature, a function that never falls or never rises. */
#include "num/sort.h"
#include "spec/estimator.h"
#include "spec/visit_monotone.h"
#include <math.h>
#include <string.h>

enum { AUTO, RISES, FALLS };
enum { CLIP, IS_NAN };

typedef struct isotonic_params {
    int increasing;
    double y_min, y_max;
    int out_of_bounds;
    const char *feature;
} isotonic_params;

static const hone_param params[] = {
    HN_PARAM(isotonic_params, increasing, .def = "true",
             .choices = HN_CHOICES("auto", "true", "false"),
             .doc = "Never falls (true) or never rises; auto: by the rank correlation."),
    HN_PARAM(isotonic_params, y_min, .def = "none", .range = "[-inf, inf]",
             .words = HN_WORDS({"none", -INFINITY}), .doc = "Least answer."),
    HN_PARAM(isotonic_params, y_max, .def = "none", .range = "[-inf, inf]",
             .words = HN_WORDS({"none", INFINITY}), .doc = "Largest answer."),
    HN_PARAM(isotonic_params, out_of_bounds, .def = "clip", .choices = HN_CHOICES("clip", "nan"),
             .level = HN_ADVANCED,
             .doc = "Beyond what was seen in training: clip answers as at its end."),
    HN_PARAM(isotonic_params, feature, .display = "COLUMN",
             .doc = "The column to look at, where there are several."),
};

typedef struct isotonic_state {
    int64_t n_features, feature;
    int64_t increasing, clips;
    double x_min, x_max;
    hn_monotone function;
} isotonic_state;

static hone_status find_feature(hone_ctx *ctx, const isotonic_params *p, const hn_table *x,
                                int32_t *ret_feature) {
    *ret_feature = 0;
    if (p->feature && *p->feature)
        return hn_fail_in(ctx, "isotonic", hn_table_require(ctx, x, p->feature, ret_feature));
    if (x->n_columns == 1) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "feature"),
                      "isotonic: it looks at one column, and there are %d; name it with 'feature'",
                      (int)x->n_columns);
}

static hone_status isotonic_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const isotonic_params *p = values;
    int32_t feature;
    if (!(p->y_min <= p->y_max))
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "y_min"),
                          "isotonic: 'y_min' must not be above 'y_max'");
    return find_feature(ctx, p, data->x, &feature);
}

/* ---- fit ------------------------------------------------------------------------------------- */

/* Ranks from 0, of equal values their mean. */
static hone_status rank(hone_ctx *ctx, const double *values, int64_t n, double *ret_ranks) {
    HN_SCRATCH(ctx);
    int64_t *order;
    HN_TRY(HN_SCRATCH_NEW(ctx, order, n));
    HN_TRY(hn_argsort_f64(ctx, values, n, order));
    for (int64_t begin = 0, end; begin < n; begin = end) {
        for (end = begin + 1; end < n && values[order[end]] == values[order[begin]]; end++) {}
        for (int64_t i = begin; i < end; i++) ret_ranks[order[i]] = 0.5 * (double)(begin + end - 1);
    }
    return HONE_OK;
}

/* Whether Spearman's rank correlation is not below 0. */
static hone_status find_direction(hone_ctx *ctx, const double *x, const double *y, int64_t n,
                                  bool *ret_rises) {
    HN_SCRATCH(ctx);
    double *of_x, *of_y, mean = 0.5 * (double)(n - 1), sum = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, of_x, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, of_y, n));
    HN_TRY(rank(ctx, x, n, of_x));
    HN_TRY(rank(ctx, y, n, of_y));
    for (int64_t i = 0; i < n; i++) sum += (of_x[i] - mean) * (of_y[i] - mean);
    *ret_rises = sum >= 0;
    return HONE_OK;
}

static hone_status isotonic_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                                hn_arena *arena, void *ret_state) {
    HN_SCRATCH(ctx);
    const isotonic_params *p = values;
    isotonic_state *s = ret_state;
    int64_t n = data->x->n_rows;
    int32_t feature;
    double *x;
    bool rises = p->increasing == RISES;
    HN_TRY(find_feature(ctx, p, data->x, &feature));
    HN_TRY(HN_SCRATCH_NEW(ctx, x, n));
    hn_column_doubles(&data->x->columns[feature], 0, n, x, 1);
    if (p->increasing == AUTO) HN_TRY(find_direction(ctx, x, data->y, n, &rises));
    HN_TRY(hn_monotone_fit(ctx, arena, n, x, data->y, data->weight, rises, p->y_min, p->y_max,
                           &s->function));
    s->n_features = data->x->n_columns;
    s->feature = feature;
    s->increasing = rises;
    s->clips = p->out_of_bounds == CLIP;
    s->x_min = s->function.x[0];
    s->x_max = s->function.x[s->function.n - 1];
    return HONE_OK;
}

/* ---- after the fit --------------------------------------------------------------------------- */

static hone_status isotonic_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                                    double *ret_out) {
    (void)ctx;
    const isotonic_state *s = state;
    hn_column_doubles(&x->columns[s->feature], 0, x->n_rows, ret_out, 1);
    for (int64_t i = 0; i < x->n_rows; i++) {
        bool inside = ret_out[i] >= s->x_min && ret_out[i] <= s->x_max;
        ret_out[i] = inside || s->clips ? hn_monotone_at(&s->function, ret_out[i]) : NAN;
    }
    return HONE_OK;
}

static int64_t isotonic_outputs(const void *state) {
    (void)state;
    return 1;
}

static hone_status isotonic_visit(hn_visitor *v, void *state) {
    isotonic_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "feature", &s->feature));
    HN_TRY(hn_visit_check(v, s->feature >= 0 && s->feature < s->n_features,
                          "a feature that is not there"));
    HN_TRY(hn_visit(v, "increasing", &s->increasing));
    HN_TRY(hn_visit(v, "clips", &s->clips));
    HN_TRY(hn_visit(v, "X_min", &s->x_min));
    HN_TRY(hn_visit(v, "X_max", &s->x_max));
    return hn_monotone_visit(v, "", &s->function);
}

static hone_status isotonic_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                   hn_json_doc *doc, hn_json_mut *object) {
    enum { SHOWN = 1000 };
    (void)ctx;
    const isotonic_state *s = state;
    const hn_monotone *f = &s->function;
    yyjson_mut_obj_add_strcpy(doc, object, "feature", schema->columns[s->feature].name);
    yyjson_mut_obj_add_bool(doc, object, "increasing", s->increasing != 0);
    yyjson_mut_obj_add_int(doc, object, "thresholds", f->n);
    if (f->n > SHOWN) return HONE_OK;
    hn_json_mut *x = yyjson_mut_arr_with_real(doc, f->x, (size_t)f->n);
    hn_json_mut *y = yyjson_mut_arr_with_real(doc, f->y, (size_t)f->n);
    yyjson_mut_obj_add_val(doc, object, "x", x);
    yyjson_mut_obj_add_val(doc, object, "y", y);
    return HONE_OK;
}

const hone_estimator hn_isotonic = {
    .name = "isotonic",
    .title = "Isotonic regression",
    .class_names = "IsotonicRegression",
    .family = "ensemble",
    .doc = "The function of one column that never falls (or never rises) and is nearest to the "
           "target. Take it where more must mean more, and nothing else is known of the shape.",
    .references = "Best, Chakravarti (1990), Active set algorithms for isotonic regression\n"
                  "Barlow, Bartholomew, Bremner, Brunk (1972), Statistical inference under order "
                  "restrictions",
    .tasks = HN_TASK_REGRESSION,
    .can = HN_CAN_DECLINE | HN_CAN_WEIGHTS,
    .example = "{\"feature\": \"a\", \"increasing\": \"auto\"}",
    .params = HN_PARAMS(isotonic_params, params),
    .state_size = sizeof(isotonic_state),
    .check = isotonic_check,
    .fit = isotonic_fit,
    .predict = isotonic_predict,
    .outputs = isotonic_outputs,
    .visit = isotonic_visit,
    .report = isotonic_report,
    HN_GOLDEN({.dataset = "tabular/diabetes/diabetes.csv",
               .target = "target",
               .params = "{\"feature\":\"bmi\"}",
               .scheme = "all",
               .metric = "rmse",
               .value = 60.474783252580316,
               .tolerance = 1e-9,
               .source = "scikit-learn 1.9.1, IsotonicRegression()"}),
};
