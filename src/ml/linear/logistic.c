/* logistic.c - logistic regression, binary and multinomial, with L1, L2 and elastic-net penalties. */
#include "ml/linear/linear_model.h"
#include "ml/linear/problem.h"
#include "ml/linear/saga.h"
#include <assert.h>
#include <math.h>
#include <string.h>

enum { PENALTY_NONE, PENALTY_L1, PENALTY_L2, PENALTY_ELASTIC_NET };
enum { SOLVER_AUTO, SOLVER_NEWTON, SOLVER_LBFGS, SOLVER_SAGA };
enum { WEIGHT_NONE, WEIGHT_BALANCED };

typedef struct logistic_params {
    double C;
    int penalty;
    double l1_ratio;
    int class_weight;
    bool intercept;
    int solver;
    double tolerance;
    int64_t max_iter;
} logistic_params;

static const hone_param params[] = {
    HN_PARAM(logistic_params, C, .def = "1", .range = "(0, inf)", .search = "[1e-4, 1e4] log",
             .doc = "Inverse of the penalty's strength: smaller shrinks more."),
    HN_PARAM(logistic_params, penalty, .def = "l2",
             .choices = HN_CHOICES("none", "l1", "l2", "elastic_net"),
             .doc = "What keeps coefficients small; l1 makes some of them zero."),
    HN_PARAM(logistic_params, l1_ratio, .def = "0.5", .range = "[0, 1]", .search = "[0, 1]",
             .doc = "Share of l1 in elastic_net."),
    HN_PARAM(logistic_params, class_weight, .def = "none",
             .choices = HN_CHOICES("none", "balanced"),
             .doc = "balanced gives every class the same total weight."),
    HN_PARAM(logistic_params, intercept, .def = "true", .level = HN_ADVANCED,
             .aliases = HN_CHOICES("fit_intercept"), .doc = "Fit a constant term, unpenalised."),
    HN_PARAM(logistic_params, solver, .def = "auto", .level = HN_ADVANCED,
             .choices = HN_CHOICES("auto", "newton", "lbfgs", "saga"),
             .doc =
                 "auto takes newton for few coefficients, else lbfgs (OWL-QN where there is l1); "
                 "saga goes row by row, for many rows of like scales."),
    HN_PARAM(logistic_params, tolerance, .def = "1e-6", .range = "(0, inf)", .level = HN_ADVANCED,
             .aliases = HN_CHOICES("tol"),
             .doc = "Stop when no component of the mean loss's gradient is larger."),
    HN_PARAM(logistic_params, max_iter, .def = "1000", .range = "[1, inf)", .level = HN_ADVANCED,
             .doc = "Iterations at most."),
};

typedef struct logistic_state {
    hn_linear linear;
    int64_t iterations;
    int64_t converged;
    double objective;        /* penalised loss, per unit of weight */
    int64_t n_errors;        /* outputs with standard errors: all, or 0 */
    double *error;           /* [n_errors, n_features] */
    double *intercept_error; /* [n_errors] */
} logistic_state;

/* The largest Newton system worth building (auto), and the largest that may be asked for. */
enum { NEWTON_AUTO = 400, NEWTON_MOST = 5000 };

static hone_status logistic_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const logistic_params *p = values;
    int64_t outputs = data->task == HN_TASK_BINARY ? 1 : data->n_classes;
    if (p->solver == SOLVER_NEWTON && outputs * ((int64_t)data->x->n_columns + 1) > NEWTON_MOST) {
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "solver"),
                          "logistic: newton is for at most %d coefficients; take lbfgs",
                          NEWTON_MOST);
    }
    double first = NAN;
    for (int64_t i = 0; i < data->x->n_rows; i++) {
        if (data->weight && data->weight[i] == 0) continue;
        if (isnan(first)) first = data->y[i];
        if (data->y[i] != first) return HONE_OK;
    }
    return hn_fail(ctx, HONE_ERROR_DATA,
                   "logistic: all rows are of one class, so there is nothing to tell apart; give "
                   "it rows of at least two");
}

/* ---- fit ------------------------------------------------------------------------------------ */

static hone_status minimise(hone_ctx *ctx, const hn_table *x, const hn_design *design,
                            const logistic_params *p, int64_t outputs, double *theta,
                            double *errors, hn_problem_end *ret_end) {
    static const double share_of_l1[] = {
        [PENALTY_NONE] = 0, [PENALTY_L1] = 1, [PENALTY_L2] = 0, [PENALTY_ELASTIC_NET] = NAN};
    double strength = p->penalty == PENALTY_NONE ? 0 : 1 / (p->C * design->total);
    double share = p->penalty == PENALTY_ELASTIC_NET ? p->l1_ratio : share_of_l1[p->penalty];
    int64_t dim = outputs * (design->n_features + p->intercept);
    bool newton =
        p->solver == SOLVER_NEWTON || (p->solver == SOLVER_AUTO && dim <= NEWTON_AUTO &&
                                       (outputs + 1) * design->n_features <= 2 * NEWTON_AUTO);
    hn_problem problem;
    HN_TRY(hn_problem_make(ctx, design, outputs, p->intercept, strength * share,
                           strength * (1 - share), newton, &problem));
    if (p->solver == SOLVER_SAGA)
        HN_TRY(hn_problem_saga(ctx, &problem, x, p->tolerance, p->max_iter, theta, ret_end));
    else
        HN_TRY((newton ? hn_problem_newton_thin : hn_problem_lbfgs)(ctx, &problem, p->tolerance,
                                                                    p->max_iter, theta, ret_end));
    bool separates = false;
    if (p->penalty == PENALTY_NONE) HN_TRY(hn_problem_separates(ctx, &problem, theta, &separates));
    if (separates) {
        hn_say(ctx, HONE_LOG_WARN,
               "logistic: the classes can be separated without error, so without a penalty the "
               "coefficients have no finite optimum; set 'penalty'");
    } else if (!ret_end->converged && ret_end->iterations < p->max_iter) {
        hn_say(ctx, HONE_LOG_INFO,
               "logistic: no step gains any more at a gradient of %.2g, short of 'tolerance' %.2g",
               ret_end->residual, p->tolerance);
    } else if (!ret_end->converged) {
        hn_say(ctx, HONE_LOG_WARN,
               "logistic: not converged after %lld iterations (gradient %.2g, wanted %.2g); scale "
               "the features or raise 'max_iter'",
               (long long)ret_end->iterations, ret_end->residual, p->tolerance);
    }
    return errors ? hn_problem_errors(ctx, &problem, theta, errors) : HONE_OK;
}

/* theta [outputs][features + intercept] to coefficients [outputs, features] and intercepts [outputs]. */
static void unpack(const double *theta, int64_t outputs, int64_t features, bool intercept,
                   double *ret_coef, double *ret_intercept) {
    for (int64_t k = 0; k < outputs; k++) {
        const double *row = theta + k * (features + intercept);
        memcpy(ret_coef + k * features, row, (size_t)features * sizeof(double));
        ret_intercept[k] = intercept ? row[features] : 0;
    }
}

static hone_status logistic_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                                hn_arena *arena, void *ret_state) {
    const logistic_params *p = values;
    logistic_state *s = ret_state;
    int64_t outputs = data->task == HN_TASK_BINARY ? 1 : data->n_classes;
    HN_SCRATCH(ctx);
    const double *weight = data->weight;
    if (p->class_weight == WEIGHT_BALANCED) {
        double *balanced;
        HN_TRY(hn_data_balanced_weights(ctx, data, &balanced));
        weight = balanced;
    }
    hn_design design;
    hn_problem_end end;
    double *theta, *errors = NULL;
    int64_t features = data->x->n_columns, dim = outputs * (features + p->intercept);
    HN_TRY(hn_linear_init(ctx, arena, &s->linear, data->x->n_columns, outputs,
                          outputs == 1 ? HN_LINK_SIGMOID : HN_LINK_SOFTMAX));
    HN_TRY(hn_design_make(ctx, ctx->scratch, data, weight, &design));
    HN_TRY(HN_SCRATCH_NEW(ctx, theta, dim));
    if (p->penalty == PENALTY_NONE && dim <= NEWTON_AUTO) {
        s->n_errors = outputs;
        HN_TRY(HN_SCRATCH_NEW(ctx, errors, dim));
        HN_TRY(HN_NEW(ctx, arena, s->error, outputs * features));
        HN_TRY(HN_NEW(ctx, arena, s->intercept_error, outputs));
    }
    HN_TRY(minimise(ctx, data->x, &design, p, outputs, theta, errors, &end));
    unpack(theta, outputs, features, p->intercept, s->linear.coef, s->linear.intercept);
    if (errors) unpack(errors, outputs, features, p->intercept, s->error, s->intercept_error);
    memcpy(s->linear.sd, design.sd, (size_t)data->x->n_columns * sizeof(double));
    s->iterations = end.iterations;
    s->converged = end.converged;
    s->objective = end.value;
    return HONE_OK;
}

/* ---- after the fit -------------------------------------------------------------------------- */

static hone_status logistic_visit(hn_visitor *v, void *state) {
    logistic_state *s = state;
    HN_TRY(hn_linear_visit(v, &s->linear));
    HN_TRY(hn_visit_check(v, s->linear.link == HN_LINK_SIGMOID || s->linear.link == HN_LINK_SOFTMAX,
                          "not a classifier's link"));
    HN_TRY(hn_visit(v, "iterations", &s->iterations));
    HN_TRY(hn_visit(v, "converged", &s->converged));
    HN_TRY(hn_visit(v, "objective", &s->objective));
    HN_TRY(hn_visit(v, "n_errors", &s->n_errors));
    HN_TRY(hn_visit_check(v, s->n_errors == 0 || s->n_errors == s->linear.n_outputs,
                          "standard errors of other outputs"));
    HN_TRY(hn_visit(v, "error", &s->error, s->n_errors, s->linear.n_features));
    return hn_visit(v, "intercept_error", &s->intercept_error, s->n_errors);
}

static hone_status logistic_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                   hn_json_doc *doc, hn_json_mut *object) {
    const logistic_state *s = state;
    HN_TRY(hn_linear_report(ctx, &s->linear, schema, doc, object));
    if (s->n_errors > 0) {
        bool constant = s->intercept_error[0] > 0;
        hn_linear_errors errors = {s->error, constant ? s->intercept_error : NULL, INFINITY};
        hn_linear_report_errors(&s->linear, &errors, schema, doc, object);
    }
    yyjson_mut_obj_add_int(doc, object, "iterations", s->iterations);
    yyjson_mut_obj_add_bool(doc, object, "converged", s->converged != 0);
    yyjson_mut_obj_add_real(doc, object, "objective", s->objective);
    return HONE_OK;
}

static hone_status attributes(hn_visitor *v, const void *state, const hn_shown *shown) {
    (void)shown;
    return hn_show(v, "n_iter", &((const logistic_state *)state)->iterations, (int64_t)1);
}

const hone_estimator hn_logistic = {
    .name = "logistic",
    .title = "Logistic regression",
    .class_names = "LogisticRegression",
    .family = "linear",
    .also = "logit",
    .doc =
        "A linear model for classes with well-calibrated probabilities: fast, stable and easy to "
        "read. The first model to try for classes, and hard to beat on small data.",
    .references = "Hastie, Tibshirani, Friedman (2009), The Elements of Statistical Learning, 4.4\n"
                  "Lee, Sun, Saunders (2014), Proximal Newton-type methods\n"
                  "Andrew, Gao (2007), Scalable training of L1-regularized log-linear models\n"
                  "Defazio, Bach, Lacoste-Julien (2014), SAGA: a fast incremental gradient method",
    .tasks = HN_TASK_BINARY | HN_TASK_MULTICLASS,
    .can = HN_CAN_WEIGHTS | HN_CAN_SPARSE | HN_CAN_PROBABILITIES | HN_CAN_IMPORTANCES |
           HN_WANTS_SCALING,
    .attributes = attributes,
    .params = HN_PARAMS(logistic_params, params),
    .state_size = sizeof(logistic_state),
    .check = logistic_check,
    .fit = logistic_fit,
    .predict = hn_linear_predict,
    .outputs = hn_linear_outputs,
    .visit = logistic_visit,
    .prepare = hn_linear_prepare,
    .importances = hn_linear_importances,
    .report = logistic_report,
    HN_GOLDEN(
        {"tabular/iris/iris.csv", "species", NULL, NULL, "all", "log_loss", 0.129542268866, 1e-6,
         "scikit-learn 1.9.1, LogisticRegression(tol=1e-12)"},
        {"tabular/wine/wine.csv", "class", NULL, "{\"penalty\":\"l1\",\"tolerance\":1e-9}", "all",
         "log_loss", 0.0355931352795, 1e-6, "scikit-learn 1.9.1, saga, tol=1e-12"},
        {"tabular/breast_cancer/breast_cancer.csv", "diagnosis", NULL, "{\"C\":0.01}", "all",
         "log_loss", 0.162494997264, 1e-6,
         "scikit-learn 1.9.1, LogisticRegression(C=0.01, solver='newton-cholesky', tol=1e-12)"}),
};
