/* calibrated.c - scores of a classifier turned into probabilities that can be believed. */
#include "base/parallel.h"
#include "ml/ensemble/ensemble.h"
#include "ml/ensemble/platt.h"
#include "ml/ensemble/temperature.h"
#include "num/math.h"
#include "spec/visit_monotone.h"
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SIGMOID, ISOTONIC, TEMPERATURE, METHODS };
enum { AUTO, PROBABILITIES, LOG_ODDS };

typedef struct calibrated_params {
    hn_part estimator;
    int method;
    int64_t folds;
    bool ensemble;
    int response;
} calibrated_params;

static const hone_param params[] = {
    HN_PARAM(calibrated_params, estimator, .def = "random_forest", .part_tasks = HN_TASK_CLASSIFY,
             .aliases = HN_CHOICES("base_estimator"), .doc = "The classifier."),
    HN_PARAM(calibrated_params, method, .def = "sigmoid",
             .choices = HN_CHOICES("sigmoid", "isotonic", "temperature"),
             .search = "{sigmoid, isotonic, temperature}",
             .doc = "sigmoid: a logistic curve of the score; isotonic: any curve that rises, for "
                    "1000 rows and more; temperature: one factor for the logits of all classes."),
    HN_PARAM(calibrated_params, folds, .def = "5", .range = "[2, 1000]",
             .aliases = HN_CHOICES("cv"),
             .doc = "Folds of the rows; each is scored by a classifier fitted on the others."),
    HN_PARAM(calibrated_params, ensemble, .def = "true",
             .doc = "Average the folds' classifiers, each with its curve; else fit one on all "
                    "rows, with one curve."),
    HN_PARAM(calibrated_params, response, .def = "auto",
             .choices = HN_CHOICES("auto", "probabilities", "log_odds"), .level = HN_ADVANCED,
             .doc = "What the curve is of, where the classifier gives probabilities; auto: their "
                    "log odds, unless some are 0 or 1."),
};

typedef struct calibrated_state {
    int64_t n_features, n_classes, n;
    hn_part part;
    int64_t method, log_odds;
    int64_t
        n_curves; /* of each member: 1 of two classes (the second's) or of all, else one of each */
    /* [n, n_curves] sigmoid: probability 1 / (1 + exp(slope * score + offset)); temperature: the factor, 0 */
    double *slope, *offset;
    hn_monotone *curves; /* [n, n_curves] isotonic */
    hn_child *members;
} calibrated_state;

static const hn_part *calibrated_part(const void *values, int64_t i) {
    return i == 0 ? &((const calibrated_params *)values)->estimator : NULL;
}

static int64_t curves_each(const calibrated_state *s) {
    return s->n_classes == 2 || s->method == TEMPERATURE ? 1 : s->n_classes;
}

/* The score that curve c is of, from a member's answers for a row. */
static double score_of(const calibrated_state *s, const double *row, int64_t c) {
    double p = row[s->n_curves == 1 ? 1 : c];
    if (!s->log_odds) return p;
    p = p < DBL_MIN ? DBL_MIN : p > 1 - DBL_EPSILON / 2 ? 1 - DBL_EPSILON / 2 : p;
    return hn_log(p / (1 - p));
}

/* ---- fit ------------------------------------------------------------------------------------- */

typedef struct fitting {
    const calibrated_params *p;
    const hone_data *data;
    calibrated_state *s;
    hn_folds folds;
    double *out; /* [rows, classes] answers of members that have not seen the row */
} fitting;

/* What is multiplied by the temperature's factor. */
static void logits_of(const calibrated_state *s, const double *row, double *ret) {
    static const double least = 1e-12; /* so that no class is out of the question */
    for (int64_t c = 0; c < s->n_classes; c++)
        ret[c] = s->log_odds ? hn_log(row[c] + least) : row[c];
}

/* Fold f's rows answered; the member is kept where folds make an ensemble. The one fold too many: all rows. */
static hone_status fit_fold(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const fitting *f = arg;
    calibrated_state *s = f->s;
    int64_t fold = chunk.index, k = s->n_classes;
    uint64_t seed = hn_child_seed(ctx, "calibrated", fold);
    if (fold == f->folds.k)
        return hn_child_fit_by(ctx, "calibrated", &s->part, f->data, f->data->validation, seed,
                               &s->members[0]);
    hone_data train, test;
    double *out;
    hn_rows rows = f->folds.folds[fold];
    hn_child own, *child = f->p->ensemble ? &s->members[fold] : &own;
    HN_TRY(hn_folds_take(ctx, ctx->scratch, f->data, &f->folds, fold, &train, &test));
    HN_TRY(HN_SCRATCH_NEW(ctx, out, rows.n * k));
    HN_TRY(hn_child_fit_by(ctx, "calibrated", &s->part, &train, f->data->validation, seed, child));
    hone_status status = hn_child_many(ctx, child, hn_child_predict, test.x, out);
    if (!f->p->ensemble) hn_child_done(&own);
    HN_TRY(status);
    for (int64_t i = 0; i < rows.n; i++)
        memcpy(f->out + rows.rows[i] * k, out + i * k, (size_t)k * sizeof *out);
    return HONE_OK;
}

/* Whether log odds can be had: probabilities, none of them 0 or 1. */
static bool take_log_odds(const fitting *f) {
    const calibrated_state *s = f->s;
    if (!hn_child_gives_probabilities(&s->members[0])) return false;
    if (s->method == TEMPERATURE) return true;
    if (f->p->response != AUTO) return f->p->response == LOG_ODDS;
    for (int64_t i = 0; i < f->folds.all.n; i++) {
        const double *row = f->out + f->folds.all.rows[i] * s->n_classes;
        for (int64_t c = 0; c < s->n_classes; c++)
            if (!(row[c] > 0 && row[c] < 1)) return false;
    }
    return true;
}

/* Curve c of member m, by these rows. */
static hone_status fit_curve(hone_ctx *ctx, hn_arena *arena, const fitting *f, hn_rows rows,
                             int64_t m, int64_t c) {
    HN_SCRATCH(ctx);
    calibrated_state *s = f->s;
    const hone_data *data = f->data;
    double *score, *hit, *weight = NULL, total = 0;
    int64_t at = m * s->n_curves + c, class = s->n_curves == 1 ? 1 : c;
    HN_TRY(HN_SCRATCH_NEW(ctx, score, rows.n));
    HN_TRY(HN_SCRATCH_NEW(ctx, hit, rows.n));
    if (data->weight) HN_TRY(HN_SCRATCH_NEW(ctx, weight, rows.n));
    for (int64_t i = 0; i < rows.n; i++) {
        int64_t row = rows.rows[i];
        score[i] = score_of(s, f->out + row * s->n_classes, c);
        hit[i] = (int64_t)data->y[row] == class;
        if (weight) weight[i] = data->weight[row];
        total += weight ? weight[i] : 1;
    }
    /* A fold without any weight says nothing: its curve is what all weights alike make of it. */
    if (!(total > 0)) weight = NULL;
    if (s->method == ISOTONIC)
        return hn_monotone_fit(ctx, arena, rows.n, score, hit, weight, true, 0, 1, &s->curves[at]);
    return hn_platt_fit(ctx, rows.n, score, hit, weight, &s->slope[at], &s->offset[at]);
}

/* The factor of member m, by these rows. */
static hone_status fit_factor(hone_ctx *ctx, const fitting *f, hn_rows rows, int64_t m) {
    HN_SCRATCH(ctx);
    calibrated_state *s = f->s;
    double *logits, *y, *weight;
    HN_TRY(HN_SCRATCH_NEW(ctx, logits, rows.n * s->n_classes));
    HN_TRY(HN_SCRATCH_NEW(ctx, y, rows.n));
    HN_TRY(HN_SCRATCH_NEW(ctx, weight, rows.n));
    for (int64_t i = 0; i < rows.n; i++) {
        int64_t row = rows.rows[i];
        logits_of(s, f->out + row * s->n_classes, logits + i * s->n_classes);
        y[i] = f->data->y[row];
        weight[i] = f->data->weight ? f->data->weight[row] : 1;
    }
    return hn_temperature_fit(ctx, rows.n, s->n_classes, logits, y, weight, &s->slope[m]);
}

static hone_status fit_curves(hone_ctx *ctx, hn_arena *arena, const fitting *f) {
    calibrated_state *s = f->s;
    s->log_odds = take_log_odds(f);
    for (int64_t m = 0; m < s->n; m++) {
        hn_rows rows = f->p->ensemble ? f->folds.folds[m] : f->folds.all;
        if (s->method == TEMPERATURE) HN_TRY(fit_factor(ctx, f, rows, m));
        for (int64_t c = 0; c < s->n_curves && s->method != TEMPERATURE; c++)
            HN_TRY(fit_curve(ctx, arena, f, rows, m, c));
    }
    return HONE_OK;
}

static hone_status calibrated_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                                  hn_arena *arena, void *ret_state) {
    HN_SCRATCH(ctx);
    const calibrated_params *p = values;
    calibrated_state *s = ret_state;
    fitting f = {.p = p, .data = data, .s = s};
    int64_t n = p->ensemble ? p->folds : 1;
    s->n_features = data->x->n_columns;
    s->n_classes = data->n_classes;
    s->method = p->method;
    s->n_curves = curves_each(s);
    HN_TRY(hn_part_copy(ctx, arena, &p->estimator, &s->part));
    HN_TRY(HN_NEW(ctx, arena, s->slope, n * s->n_curves));
    HN_TRY(HN_NEW(ctx, arena, s->offset, n * s->n_curves));
    HN_TRY(HN_NEW(ctx, arena, s->curves, n * s->n_curves));
    HN_TRY(HN_NEW(ctx, arena, s->members, n));
    s->n = n;
    HN_TRY(hn_folds_make(ctx, ctx->scratch, "calibrated", data, p->folds, &f.folds));
    HN_TRY(HN_SCRATCH_NEW(ctx, f.out, data->x->n_rows * s->n_classes));
    HN_TRY(hn_parallel(ctx, f.folds.k + !p->ensemble, 1, fit_fold, &f));
    return fit_curves(ctx, arena, &f);
}

/* ---- predict --------------------------------------------------------------------------------- */

static double curve_at(const calibrated_state *s, int64_t at, double score) {
    if (s->method == ISOTONIC) return hn_monotone_at(&s->curves[at], score);
    return hn_sigmoid(-(s->slope[at] * score + s->offset[at]));
}

/* Answers of member m for one row as probabilities that sum to 1, added to ret. */
static void add_row(const calibrated_state *s, int64_t m, const double *row, double *own,
                    double *ret) {
    int64_t k = s->n_classes;
    double sum = 0;
    if (s->method == TEMPERATURE) {
        logits_of(s, row, own);
        for (int64_t c = 0; c < k; c++) own[c] *= s->slope[m];
        hn_softmax(own, k);
        for (int64_t c = 0; c < k; c++) ret[c] += own[c];
        return;
    }
    for (int64_t c = 0; c < s->n_curves; c++)
        sum += own[c] = curve_at(s, m * s->n_curves + c, score_of(s, row, c));
    if (s->n_curves == 1) {
        ret[0] += 1 - own[0];
        ret[1] += own[0];
        return;
    }
    /* Where no curve knows anything, every class is as likely. */
    for (int64_t c = 0; c < k; c++) ret[c] += sum > 0 ? own[c] / sum : 1 / (double)k;
}

static hone_status calibrated_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                                      double *ret_out) {
    const calibrated_state *s = state;
    int64_t k = s->n_classes, n = x->n_rows;
    HN_SCRATCH(ctx);
    double *out, *own;
    HN_TRY(HN_SCRATCH_NEW(ctx, out, n * k + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, own, k));
    for (int64_t i = 0; i < n * k; i++) ret_out[i] = 0;
    for (int64_t m = 0; m < s->n; m++) {
        HN_TRY(hn_child_predict(ctx, &s->members[m], x, out));
        for (int64_t i = 0; i < n; i++) add_row(s, m, out + i * k, own, ret_out + i * k);
    }
    for (int64_t i = 0; i < n * k; i++) ret_out[i] /= (double)s->n;
    return HONE_OK;
}

/* ---- after the fit --------------------------------------------------------------------------- */

static int64_t calibrated_outputs(const void *state) {
    return ((const calibrated_state *)state)->n_classes;
}

static hone_status visit_curves(hn_visitor *v, calibrated_state *s) {
    if (s->method != ISOTONIC) {
        HN_TRY(hn_visit(v, "slope", &s->slope, s->n, s->n_curves));
        return hn_visit(v, "offset", &s->offset, s->n, s->n_curves);
    }
    if (v->loading) HN_TRY(HN_NEW(v->ctx, v->arena, s->curves, s->n * s->n_curves));
    for (int64_t i = 0; i < s->n * s->n_curves; i++) {
        char prefix[48];
        snprintf(prefix, sizeof prefix, "curves.%lld.", (long long)i);
        HN_TRY(hn_monotone_visit(v, prefix, &s->curves[i]));
    }
    return HONE_OK;
}

static hone_status calibrated_visit(hn_visitor *v, void *state) {
    enum { MOST = 1000000 }; /* curves: each is some tensors of the file */
    calibrated_state *s = state;
    HN_TRY(hn_members_visit_sizes(v, &s->n_features, &s->n_classes));
    HN_TRY(hn_visit(v, "n_estimators", &s->n));
    HN_TRY(hn_visit(v, "method", &s->method));
    HN_TRY(hn_visit(v, "log_odds", &s->log_odds));
    s->n_curves = curves_each(s);
    bool sound = s->n >= 1 && s->n <= MOST && s->n_classes >= 2 && s->n_curves <= MOST / s->n;
    HN_TRY(hn_visit_check(v, sound || !v->loading, "an impossible number of curves"));
    HN_TRY(hn_visit_check(v, s->method >= 0 && s->method < METHODS,
                          "a way to calibrate that this version does not have"));
    HN_TRY(visit_curves(v, s));
    HN_TRY(hn_part_visit(v, "estimator", HN_TASK_CLASSIFY, &s->part));
    return hn_members_visit(v, &s->part, s->n_features, s->n_classes, s->n, &s->members);
}

static hone_status calibrated_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                                      const hn_table *schema) {
    calibrated_state *s = state;
    return hn_members_prepare(ctx, arena, s->members, s->n, schema);
}

static void calibrated_done(void *state) {
    calibrated_state *s = state;
    hn_members_done(s->members, s->n);
}

static hone_status calibrated_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                     hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx, (void)schema;
    const calibrated_state *s = state;
    yyjson_mut_obj_add_str(doc, object, "estimator", s->part.kind->name);
    yyjson_mut_obj_add_int(doc, object, "estimators", s->n);
    yyjson_mut_obj_add_str(doc, object, "of",
                           s->log_odds                                    ? "log odds"
                           : hn_child_gives_probabilities(&s->members[0]) ? "probabilities"
                                                                          : "scores");
    if (s->method == ISOTONIC) return HONE_OK;
    size_t n = (size_t)(s->n * s->n_curves);
    yyjson_mut_obj_add_val(doc, object, "slope", yyjson_mut_arr_with_real(doc, s->slope, n));
    yyjson_mut_obj_add_val(doc, object, "offset", yyjson_mut_arr_with_real(doc, s->offset, n));
    return HONE_OK;
}

static hone_status calibrated_member(hone_ctx *ctx, const void *state, int64_t i, hn_arena *arena,
                                     hn_member *ret_member) {
    (void)arena;
    const calibrated_state *s = state;
    return hn_members_member(ctx, s->members, s->n, i, ret_member);
}

const hone_estimator hn_calibrated = {
    .name = "calibrated",
    .title = "Calibrated classifier",
    .class_names = "CalibratedClassifierCV",
    .family = "ensemble",
    .doc = "Turns what a classifier says into probabilities that can be believed: of the rows it "
           "gives 0.8, eight in ten are of the class. Learned on rows that the classifier has not "
           "seen. Take it for classifiers that give scores only, or are too sure of themselves.",
    .references = "Platt (1999), Probabilistic outputs for support vector machines\n"
                  "Lin, Lin, Weng (2007), A note on Platt's probabilistic outputs\n"
                  "Guo, Pleiss, Sun, Weinberger (2017), On calibration of modern neural networks\n"
                  "Zadrozny, Elkan (2002), Transforming classifier scores into accurate multiclass "
                  "probability estimates",
    .tasks = HN_TASK_CLASSIFY,
    .can = HN_ENSEMBLE_CAN | HN_CAN_VALIDATE,
    .example = "{\"estimator\": {\"random_forest\": {\"n_estimators\": 3}}, \"folds\": 2}",
    .params = HN_PARAMS(calibrated_params, params),
    .state_size = sizeof(calibrated_state),
    .fit = calibrated_fit,
    .predict = calibrated_predict,
    .outputs = calibrated_outputs,
    .visit = calibrated_visit,
    .member = calibrated_member,
    .prepare = calibrated_prepare,
    .done = calibrated_done,
    .report = calibrated_report,
    .part = calibrated_part,
    HN_GOLDEN({.dataset = "tabular/breast_cancer/breast_cancer.csv",
               .target = "diagnosis",
               .params = "{\"estimator\":\"random_forest\"}",
               .metric = "log_loss",
               .value = 0.1277,
               .tolerance = 0.08,
               .source = "scikit-learn 1.9.1, CalibratedClassifierCV(RandomForestClassifier()), "
                         "mean of three 80/20 splits"}),
};
