/* glm.c - generalised linear models for counts, positive amounts and numbers. */
#include "ml/linear/glm_loss.h"
#include "ml/linear/linear_model.h"
#include "num/math.h"
#include <string.h>

enum { GAUSSIAN, POISSON, GAMMA, INVERSE_GAUSSIAN, TWEEDIE };
enum { LINK_AUTO, LINK_IDENTITY, LINK_LOG };
enum { SOLVER_AUTO, SOLVER_NEWTON, SOLVER_LBFGS };
enum { NEWTON_AUTO = 400, NEWTON_MOST = 5000 };

typedef struct glm_params {
    int family;
    double power;
    int link;
    double alpha;
    bool intercept;
    int solver;
    double tolerance;
    int64_t max_iter;
} glm_params;

static const hone_param params[] = {
    HN_PARAM(glm_params, family, .def = "poisson",
             .choices = HN_CHOICES("gaussian", "poisson", "gamma", "inverse_gaussian", "tweedie"),
             .doc = "How the target scatters: counts are poisson, positive amounts gamma or (more "
                    "skewed) inverse_gaussian, amounts that are often 0 tweedie."),
    HN_PARAM(glm_params, power, .def = "1.5",
             .doc =
                 "For tweedie: the variance grows as this power of the mean; not between 0 and 1."),
    HN_PARAM(glm_params, link, .def = "auto", .choices = HN_CHOICES("auto", "identity", "log"),
             .doc = "What of the mean is linear; auto is log, but for gaussian identity."),
    HN_PARAM(glm_params, alpha, .def = "1", .range = "[0, inf)", .search = "[1e-4, 10] log",
             .doc = "Strength of the L2 penalty; with 0 the report has standard errors."),
    HN_PARAM(glm_params, intercept, .def = "true", .aliases = HN_CHOICES("fit_intercept"),
             .doc = "Fit a constant term, unpenalised."),
    HN_PARAM(glm_params, solver, .def = "auto", .level = HN_ADVANCED,
             .choices = HN_CHOICES("auto", "newton", "lbfgs"),
             .doc = "auto takes newton for few coefficients, else lbfgs."),
    HN_PARAM(glm_params, tolerance, .def = "1e-6", .range = "(0, inf)", .level = HN_ADVANCED,
             .aliases = HN_CHOICES("tol"),
             .doc = "Stop when no component of the mean loss's gradient is larger."),
    HN_PARAM(glm_params, max_iter, .def = "1000", .range = "[1, inf)", .level = HN_ADVANCED,
             .doc = "Iterations at most."),
};

typedef struct glm_state {
    hn_linear linear;
    double power;
    int64_t iterations, converged;
    double deviance, null_deviance; /* sums over rows */
    double dispersion;              /* Pearson's; NaN without degrees of freedom */
    int64_t df;                     /* rows of weight > 0 less coefficients */
    int64_t n_errors;               /* 1: alpha is 0, so errors are known */
    double *error;                  /* [n_errors, n_features] */
    double *intercept_error;        /* [n_errors]; 0 without an intercept */
} glm_state;

static double power_of(const glm_params *p) {
    static const double powers[] = {
        [GAUSSIAN] = 0, [POISSON] = 1, [GAMMA] = 2, [INVERSE_GAUSSIAN] = 3};
    return p->family == TWEEDIE ? p->power : powers[p->family];
}

static bool log_link(const glm_params *p) {
    return p->link == LINK_LOG || (p->link == LINK_AUTO && power_of(p) > 0);
}

/* ---- fit ------------------------------------------------------------------------------------ */

static hone_status check_target(hone_ctx *ctx, const hone_data *data, double power) {
    double sum = 0;
    for (int64_t i = 0; i < data->x->n_rows && power >= 1; i++) {
        sum += data->weight ? data->weight[i] * data->y[i] : data->y[i];
        if (data->y[i] > 0 || (power < 2 && data->y[i] == 0)) continue;
        return hn_fail_at(
            ctx, HONE_ERROR_DATA, (hn_where){.row = i},
            "glm: the target in row %lld is %g, and this family has only numbers %s 0; "
            "choose another 'family'",
            (long long)i, data->y[i], power < 2 ? "not below" : "above");
    }
    if (power < 1 || sum > 0) return HONE_OK;
    return hn_fail(ctx, HONE_ERROR_DATA,
                   "glm: the target is 0 in all rows, so there is no rate to find; choose another "
                   "target");
}

static hone_status glm_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const glm_params *p = values;
    double power = power_of(p);
    if (power > 0 && power < 1)
        return hn_fail_at(
            ctx, HONE_ERROR_USAGE, HN_AT(.param = "power"),
            "glm: there is no distribution whose 'power' is %g; take 0, or 1 and more", power);
    if (power > 0 && !log_link(p) && !p->intercept)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "link"),
                          "glm: the identity link without an intercept has no start at which means "
                          "are above 0; take the log link");
    if (power < 0 && !log_link(p))
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "link"),
                          "glm: a 'power' below 0 needs the log link, as means are above 0");
    if (p->solver == SOLVER_NEWTON && data->x->n_columns >= NEWTON_MOST)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "solver"),
                          "glm: newton is for at most %d coefficients; take lbfgs", NEWTON_MOST);
    return check_target(ctx, data, power);
}

/* The mean of the target, where all models without features are. */
static double target_mean(const hn_design *d) {
    double sum = 0;
    for (int64_t i = 0; i < d->n_rows; i++) sum += d->weight[i] * d->y[i];
    return sum / d->total;
}

/* Twice the sum of a measure over the rows. */
static hone_status measure(hone_ctx *ctx, const hn_problem *problem, hn_row_loss *loss,
                           const double *theta, double *ret_sum) {
    HN_SCRATCH(ctx);
    hn_problem p = *problem;
    double *gradient;
    HN_TRY(HN_SCRATCH_NEW(ctx, gradient, p.dim));
    p.loss = loss;
    p.l2 = 0;
    HN_TRY(hn_problem_pass(ctx, &p, theta, ret_sum, gradient, NULL));
    *ret_sum *= 2 * p.design->total;
    return HONE_OK;
}

static hone_status find_errors(hone_ctx *ctx, hn_arena *arena, const hn_problem *problem,
                               const double *theta, glm_state *s) {
    HN_SCRATCH(ctx);
    int64_t features = problem->design->n_features;
    double *errors, dispersion = s->power == 1 ? 1 : s->dispersion;
    s->n_errors = 1;
    HN_TRY(HN_NEW(ctx, arena, s->error, features));
    HN_TRY(HN_NEW(ctx, arena, s->intercept_error, 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, errors, problem->dim));
    HN_TRY(hn_problem_errors(ctx, problem, theta, errors));
    for (int64_t j = 0; j < features; j++) s->error[j] = sqrt(dispersion) * errors[j];
    if (problem->intercept) *s->intercept_error = sqrt(dispersion) * errors[features];
    return HONE_OK;
}

/* What the report tells of the fit. */
static hone_status describe(hone_ctx *ctx, hn_arena *arena, const glm_params *p,
                            hn_problem *problem, hn_tweedie *g, const double *theta, glm_state *s) {
    const hn_design *d = problem->design;
    double pearson, mean = target_mean(d);
    HN_TRY(measure(ctx, problem, hn_glm_deviance, theta, &s->deviance));
    HN_TRY(measure(ctx, problem, hn_glm_pearson, theta, &pearson));
    s->df = -problem->dim;
    for (int64_t i = 0; i < d->n_rows; i++) {
        if (d->weight[i] == 0) continue;
        s->df++;
        s->null_deviance += 2 * d->weight[i] * hn_glm_half_deviance(g->power, d->y[i], mean);
    }
    s->dispersion = s->df > 0 ? pearson / (double)s->df : NAN;
    g->fisher = true;
    return p->alpha == 0 && problem->dim <= NEWTON_AUTO ? find_errors(ctx, arena, problem, theta, s)
                                                        : HONE_OK;
}

static hone_status minimise(hone_ctx *ctx, const glm_params *p, hn_problem *problem, bool newton,
                            double *theta, glm_state *s) {
    hn_problem_end end;
    HN_TRY((newton ? hn_problem_newton_thin : hn_problem_lbfgs)(ctx, problem, p->tolerance,
                                                                p->max_iter, theta, &end));
    s->iterations = end.iterations;
    s->converged = end.converged;
    if (!end.converged)
        hn_say(ctx, end.iterations < p->max_iter ? HONE_LOG_INFO : HONE_LOG_WARN,
               "glm: not converged after %lld iterations (gradient %.2g, wanted %.2g); scale the "
               "features, or raise 'max_iter' or 'alpha'",
               (long long)end.iterations, end.residual, p->tolerance);
    return HONE_OK;
}

static hone_status glm_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                           hn_arena *arena, void *ret_state) {
    const glm_params *p = values;
    glm_state *s = ret_state;
    HN_SCRATCH(ctx);
    int64_t features = data->x->n_columns, dim = features + p->intercept;
    bool newton = p->solver == SOLVER_NEWTON || (p->solver == SOLVER_AUTO && dim <= NEWTON_AUTO);
    hn_design design;
    hn_problem problem;
    hn_tweedie g = {.power = power_of(p), .log = log_link(p)};
    g.fisher = !hn_glm_convex(&g);
    double *theta;
    HN_TRY(hn_linear_init(ctx, arena, &s->linear, features, 1,
                          g.log ? HN_LINK_EXP : HN_LINK_IDENTITY));
    HN_TRY(hn_design_make(ctx, ctx->scratch, data, data->weight, &design));
    HN_TRY(hn_problem_make(ctx, &design, 1, p->intercept, 0, p->alpha, newton, &problem));
    problem.loss = hn_glm_rows;
    problem.arg = &g;
    HN_TRY(HN_SCRATCH_NEW(ctx, theta, dim));
    double mean = target_mean(&design);
    if (p->intercept) theta[features] = !g.log ? mean : mean > 0 ? hn_log(mean) : 0;
    s->power = g.power;
    HN_TRY(minimise(ctx, p, &problem, newton, theta, s));
    HN_TRY(describe(ctx, arena, p, &problem, &g, theta, s));
    memcpy(s->linear.coef, theta, (size_t)features * sizeof *theta);
    if (p->intercept) *s->linear.intercept = theta[features];
    memcpy(s->linear.sd, design.sd, (size_t)features * sizeof *theta);
    return HONE_OK;
}

/* ---- after the fit -------------------------------------------------------------------------- */

static hone_status glm_visit(hn_visitor *v, void *state) {
    glm_state *s = state;
    HN_TRY(hn_linear_visit(v, &s->linear));
    HN_TRY(hn_visit(v, "power", &s->power));
    HN_TRY(hn_visit(v, "n_iter", &s->iterations));
    HN_TRY(hn_visit(v, "converged", &s->converged));
    HN_TRY(hn_visit(v, "deviance", &s->deviance));
    HN_TRY(hn_visit(v, "null_deviance", &s->null_deviance));
    HN_TRY(hn_visit(v, "dispersion", &s->dispersion));
    HN_TRY(hn_visit(v, "df", &s->df));
    HN_TRY(hn_visit(v, "n_errors", &s->n_errors));
    HN_TRY(hn_visit_check(v, s->n_errors == 0 || s->n_errors == 1, "more errors than outputs"));
    HN_TRY(hn_visit(v, "error", &s->error, s->n_errors, s->linear.n_features));
    return hn_visit(v, "intercept_error", &s->intercept_error, s->n_errors);
}

static hone_status glm_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                              hn_json_doc *doc, hn_json_mut *object) {
    const glm_state *s = state;
    HN_TRY(hn_linear_report(ctx, &s->linear, schema, doc, object));
    if (s->n_errors > 0) {
        bool constant = *s->intercept_error != 0;
        hn_linear_errors errors = {s->error, constant ? s->intercept_error : NULL,
                                   s->power == 1 ? INFINITY : (double)s->df};
        hn_linear_report_errors(&s->linear, &errors, schema, doc, object);
    }
    yyjson_mut_obj_add_real(doc, object, "deviance", s->deviance);
    yyjson_mut_obj_add_real(doc, object, "null_deviance", s->null_deviance);
    yyjson_mut_obj_add_real(doc, object, "deviance_explained", 1 - s->deviance / s->null_deviance);
    yyjson_mut_obj_add_real(doc, object, "dispersion", s->dispersion);
    yyjson_mut_obj_add_int(doc, object, "degrees_of_freedom", s->df);
    yyjson_mut_obj_add_int(doc, object, "iterations", s->iterations);
    yyjson_mut_obj_add_bool(doc, object, "converged", s->converged != 0);
    return HONE_OK;
}

const hone_estimator hn_glm = {
    .name = "glm",
    .title = "Generalised linear model",
    .class_names = "GeneralizedLinearRegressor",
    .family = "linear",
    .also = "poisson gamma tweedie poisson_regressor gamma_regressor tweedie_regressor",
    .doc = "A linear model for counts (poisson), positive amounts (gamma, inverse_gaussian), "
           "amounts that "
           "are often 0 (tweedie) and numbers (gaussian), by default for the log of the mean. Its "
           "report "
           "has the deviance and, without a penalty, standard errors and p-values.",
    .references = "McCullagh, Nelder (1989), Generalized Linear Models\n"
                  "Jorgensen (1987), Exponential dispersion models",
    .tasks = HN_TASK_REGRESSION,
    .can = HN_CAN_WEIGHTS | HN_CAN_SPARSE | HN_CAN_IMPORTANCES | HN_WANTS_SCALING,
    .params = HN_PARAMS(glm_params, params),
    .state_size = sizeof(glm_state),
    .check = glm_check,
    .fit = glm_fit,
    .predict = hn_linear_predict,
    .outputs = hn_linear_outputs,
    .visit = glm_visit,
    .prepare = hn_linear_prepare,
    .importances = hn_linear_importances,
    .report = glm_report,
    HN_GOLDEN({"tabular/concrete/concrete.csv", "strength", NULL, NULL, "all", "rmse",
               11.0419676483, 1e-6, "scikit-learn 1.9.1, PoissonRegressor(tol=1e-12)"},
              {"tabular/boston/boston.csv", "MEDV", NULL, "{\"family\":\"gamma\",\"alpha\":0.1}",
               "all", "rmse", 4.4288946624, 1e-6,
               "scikit-learn 1.9.1, GammaRegressor(alpha=0.1, tol=1e-12)"}),
};
