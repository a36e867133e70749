/* gaussian.c - naive Bayes with a normal distribution by class and feature. */
#include "ml/bayes/bayes.h"
#include "num/math.h"
#include "spec/moments.h"
#include "table/rows.h"
#include <string.h>

typedef struct gaussian_params {
    double var_smoothing;
    hn_reals priors;
} gaussian_params;

static const hone_param params[] = {
    HN_PARAM(gaussian_params, var_smoothing, .def = "1e-9", .range = "[0, inf)",
             .search = "[1e-12, 1e-2] log",
             .doc = "Share of the largest variance of a feature that is added to all variances."),
    HN_PARAM(gaussian_params, priors, .range = "[0, 1]", .level = HN_ADVANCED,
             .doc = "Probabilities of the classes beforehand; empty: as often as they occur."),
};

/* Spreads are sums of weighted squared deviations from the mean: they can be added to. */
typedef struct gaussian_state {
    int64_t n_features, n_classes;
    double *class_count; /* [k] weights */
    double *class_prior; /* [k] */
    double *theta;       /* [k, p] means */
    double *spread;      /* [k, p] */
    double *var;         /* [k, p] with epsilon */
    double epsilon;      /* var_smoothing times the largest variance over all rows */
    double rows;         /* seen so far */
    double *all_mean;    /* [p] over all rows, unweighted, for epsilon */
    double *all_spread;  /* [p] */
    double *log_prior;   /* [k], not stored: see prepare */
    double *constant;    /* [k] log prior and normalising factor */
    double *inverse;     /* [k, p] 1 / var */
} gaussian_state;

static hone_status gaussian_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const gaussian_params *p = values;
    return hn_bayes_check_priors(ctx, "gaussian_bayes", "priors", &p->priors, data);
}

/* ---- fit ------------------------------------------------------------------------------------ */

static hone_status allocate(hone_ctx *ctx, hn_arena *arena, int64_t k, int64_t p,
                            gaussian_state *s) {
    s->n_classes = k;
    s->n_features = p;
    HN_TRY(HN_NEW(ctx, arena, s->class_count, k));
    HN_TRY(HN_NEW(ctx, arena, s->class_prior, k));
    HN_TRY(HN_NEW(ctx, arena, s->theta, k * p));
    HN_TRY(HN_NEW(ctx, arena, s->spread, k * p));
    HN_TRY(HN_NEW(ctx, arena, s->var, k * p));
    HN_TRY(HN_NEW(ctx, arena, s->all_mean, p));
    return HN_NEW(ctx, arena, s->all_spread, p);
}

/* Moments of more rows into those of so many: Chan, Golub, LeVeque (1979). */
static void merge(double *count, double more, double *mean, double *spread, const double *mean_more,
                  const double *spread_more, int64_t p) {
    double total = *count + more;
    if (more == 0) return;
    for (int64_t j = 0; j < p; j++) {
        double d = mean_more[j] - mean[j];
        mean[j] += d * (more / total);
        spread[j] += spread_more[j] + d * d * (*count * (more / total));
    }
    *count = total;
}

/* What follows from counts, means and spreads. */
static hone_status derive(hone_ctx *ctx, const gaussian_params *p, const hn_table *x,
                          gaussian_state *s) {
    double largest = 0;
    for (int64_t j = 0; j < s->n_features; j++) largest = fmax(largest, s->all_spread[j] / s->rows);
    s->epsilon = p->var_smoothing * (largest > 0 ? largest : 1);
    for (int64_t c = 0; c < s->n_classes; c++) {
        for (int64_t j = 0; j < s->n_features; j++) {
            double *var = &s->var[c * s->n_features + j];
            double within = s->spread[c * s->n_features + j];
            *var = (s->class_count[c] > 0 ? within / s->class_count[c] : 0) + s->epsilon;
            if (*var > 0 && isfinite(*var)) continue;
            if (!isfinite(*var))
                return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = x->columns[j].name),
                                  "gaussian_bayes: the values of column '%s' are too large to be "
                                  "squared; scale it",
                                  x->columns[j].name);
            return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "var_smoothing"),
                              "gaussian_bayes: column '%s' does not vary within class %lld; let "
                              "'var_smoothing' be above 0",
                              x->columns[j].name, (long long)c);
        }
    }
    hn_bayes_log_priors(&p->priors, false, s->class_count, s->n_classes, s->class_prior);
    for (int64_t c = 0; c < s->n_classes; c++) s->class_prior[c] = hn_exp(s->class_prior[c]);
    return HONE_OK;
}

static hone_status learn(hone_ctx *ctx, const void *values, const hone_data *data,
                         gaussian_state *s) {
    HN_SCRATCH(ctx);
    int64_t k = s->n_classes, p = s->n_features;
    double *count, *mean, *spread;
    HN_TRY(HN_SCRATCH_NEW(ctx, count, k));
    HN_TRY(HN_SCRATCH_NEW(ctx, mean, k * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, spread, k * p));
    HN_TRY(hn_moments(ctx, data->x, data->y, data->weight, k, count, mean, spread));
    for (int64_t c = 0; c < k; c++)
        merge(&s->class_count[c], count[c], s->theta + c * p, s->spread + c * p, mean + c * p,
              spread + c * p, p);
    HN_TRY(hn_moments(ctx, data->x, NULL, NULL, 1, count, mean, spread));
    merge(&s->rows, count[0], s->all_mean, s->all_spread, mean, spread, p);
    return derive(ctx, values, data->x, s);
}

static hone_status gaussian_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                                hn_arena *arena, void *state) {
    HN_TRY(allocate(ctx, arena, data->n_classes, data->x->n_columns, state));
    return learn(ctx, values, data, state);
}

static hone_status gaussian_update(hone_ctx *ctx, const void *values, const hone_data *data,
                                   hn_arena *arena, void *state) {
    (void)arena;
    return learn(ctx, values, data, state);
}

/* ---- answers -------------------------------------------------------------------------------- */

static hone_status gaussian_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                                    const hn_table *schema) {
    (void)schema;
    gaussian_state *s = state;
    int64_t k = s->n_classes, p = s->n_features;
    if (!s->inverse) {
        HN_TRY(HN_NEW(ctx, arena, s->log_prior, k));
        HN_TRY(HN_NEW(ctx, arena, s->constant, k));
        HN_TRY(HN_NEW(ctx, arena, s->inverse, k * p));
    }
    for (int64_t c = 0; c < k; c++) {
        double logs = 0;
        for (int64_t j = 0; j < p; j++) {
            s->inverse[c * p + j] = 1 / s->var[c * p + j];
            logs += hn_log(2 * M_PI * s->var[c * p + j]);
        }
        s->log_prior[c] = hn_log(s->class_prior[c]);
        s->constant[c] = s->log_prior[c] - 0.5 * logs;
    }
    return HONE_OK;
}

/* Sum of squared distances in units of the variances; four lanes. */
static double distance(const double *x, const double *mean, const double *inverse, int64_t p) {
    double lane[4] = {0};
    int64_t j = 0;
    for (; j + 4 <= p; j += 4)
        for (int l = 0; l < 4; l++) {
            double d = x[j + l] - mean[j + l];
            lane[l] += d * d * inverse[j + l];
        }
    for (int l = 0; j < p; j++, l++) {
        double d = x[j] - mean[j];
        lane[l] += d * d * inverse[j];
    }
    return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

static void answer_row(const void *arg, double *row, double *work, double *ret) {
    (void)work;
    const gaussian_state *s = arg;
    int64_t p = s->n_features;
    for (int64_t c = 0; c < s->n_classes; c++)
        ret[c] = s->constant[c] - 0.5 * distance(row, s->theta + c * p, s->inverse + c * p, p);
    hn_bayes_probabilities(s->log_prior, 1, s->n_classes, ret);
}

static hone_status gaussian_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                                    double *ret_out) {
    const gaussian_state *s = state;
    return hn_each_row(ctx, x, answer_row, s, 0, s->n_classes, ret_out);
}

/* ---- storing and showing -------------------------------------------------------------------- */

static int64_t gaussian_outputs(const void *state) {
    return ((const gaussian_state *)state)->n_classes;
}

static hone_status gaussian_visit(hn_visitor *v, void *state) {
    gaussian_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_classes", &s->n_classes));
    HN_TRY(hn_visit_check(v, s->n_features >= 1 && s->n_features <= INT32_MAX, "bad n_features"));
    HN_TRY(hn_visit_check(v, s->n_classes >= 1 && s->n_classes <= INT32_MAX, "bad n_classes"));
    HN_TRY(hn_visit(v, "class_count", &s->class_count, s->n_classes));
    HN_TRY(hn_visit(v, "class_prior", &s->class_prior, s->n_classes));
    HN_TRY(hn_visit(v, "theta", &s->theta, s->n_classes, s->n_features));
    HN_TRY(hn_visit(v, "spread", &s->spread, s->n_classes, s->n_features));
    HN_TRY(hn_visit(v, "var", &s->var, s->n_classes, s->n_features));
    HN_TRY(hn_visit(v, "epsilon", &s->epsilon));
    HN_TRY(hn_visit(v, "rows", &s->rows));
    HN_TRY(hn_visit(v, "all_mean", &s->all_mean, s->n_features));
    return hn_visit(v, "all_spread", &s->all_spread, s->n_features);
}

static hone_status gaussian_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                   hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    const gaussian_state *s = state;
    hn_bayes_report(s->log_prior, s->n_classes, doc, object);
    hn_json_mut *classes = yyjson_mut_obj_add_arr(doc, object, "classes");
    for (int64_t c = 0; c < s->n_classes; c++) {
        hn_json_mut *features = yyjson_mut_arr_add_obj(doc, classes);
        for (int64_t j = 0; j < s->n_features; j++) {
            hn_json_mut *name = yyjson_mut_strcpy(doc, schema->columns[j].name);
            hn_json_mut *moments = yyjson_mut_obj(doc);
            yyjson_mut_obj_add_real(doc, moments, "mean", s->theta[c * s->n_features + j]);
            yyjson_mut_obj_add_real(doc, moments, "variance", s->var[c * s->n_features + j]);
            yyjson_mut_obj_add(features, name, moments);
        }
    }
    return HONE_OK;
}

const hone_estimator hn_gaussian_bayes = {
    .name = "gaussian_bayes",
    .title = "Gaussian naive Bayes",
    .class_names = "GaussianNB",
    .family = "bayes",
    .also = "naive_bayes nb",
    .doc = "Takes every feature of a class for normally distributed and independent of the others. "
           "Fits in two passes, learns on from more rows, and is a good first answer on numbers.",
    .references = "Chan, Golub, LeVeque (1979), Updating formulae and a pairwise algorithm for "
                  "computing sample variances",
    .tasks = HN_TASK_CLASSIFY,
    .can = HN_CAN_WEIGHTS | HN_CAN_PROBABILITIES | HN_CAN_UPDATE,
    .params = HN_PARAMS(gaussian_params, params),
    .state_size = sizeof(gaussian_state),
    .check = gaussian_check,
    .fit = gaussian_fit,
    .update = gaussian_update,
    .predict = gaussian_predict,
    .outputs = gaussian_outputs,
    .visit = gaussian_visit,
    .prepare = gaussian_prepare,
    .report = gaussian_report,
    HN_GOLDEN({"tabular/iris/iris.csv", "species", NULL, NULL, "all", "log_loss",
               0.1112488207471831, 1e-9, "scikit-learn 1.9.1, GaussianNB()"}),
};
