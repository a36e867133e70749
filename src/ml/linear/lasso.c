/* lasso.c - lasso and elastic net: one strength, a path of them, or the best of a path by folds. */
#include "ml/linear/lasso_path.h"
#include "ml/linear/linear_model.h"
#include <math.h>
#include <string.h>

typedef struct lasso_params {
    double alpha, l1_ratio;
    hn_reals alphas;
    int64_t n_alphas;
    double eps;
    int64_t folds;
    bool shuffle, intercept, positive;
    double tolerance;
    int64_t max_iter;
} lasso_params;

#define ALPHA                                                                                      \
    HN_PARAM(lasso_params, alpha, .def = "1", .range = "(0, inf)", .search = "[1e-4, 10] log",     \
             .doc = "Strength of the penalty.")
#define THE_REST                                                                                   \
    HN_PARAM(lasso_params, alphas, .range = "(0, inf)",                                            \
             .doc =                                                                                \
                 "If given, the one among these with the least error over the folds is taken."),   \
        HN_PARAM(lasso_params, n_alphas, .def = "0", .range = "[0, 10000]",                        \
                 .doc = "If above 0, so many alphas are tried, down from the least at which all "  \
                        "coefficients are 0."),                                                    \
        HN_PARAM(lasso_params, eps, .def = "1e-3", .range = "(0, 1)", .level = HN_ADVANCED,        \
                 .doc = "The least of n_alphas as a share of the largest."),                       \
        HN_PARAM(lasso_params, folds, .def = "5", .range = "[2, inf)",                             \
                 .words = HN_WORDS({"none", 0}), .aliases = HN_CHOICES("cv"),                      \
                 .doc =                                                                            \
                     "Folds by which alphas are compared; none keeps the path, and takes alpha."), \
        HN_PARAM(lasso_params, shuffle, .def = "true", .level = HN_ADVANCED,                       \
                 .doc = "Rows go to folds by chance, not in the order they have."),                \
        HN_PARAM(lasso_params, intercept, .def = "true", .aliases = HN_CHOICES("fit_intercept"),   \
                 .doc = "Fit a constant term, unpenalised."),                                      \
        HN_PARAM(lasso_params, positive, .def = "false", .level = HN_ADVANCED,                     \
                 .doc = "Coefficients are not to be below 0."),                                    \
        HN_PARAM(lasso_params, tolerance, .def = "1e-4", .range = "(0, inf)",                      \
                 .level = HN_ADVANCED, .aliases = HN_CHOICES("tol"),                               \
                 .doc = "Stop at a duality gap of this share of the target's sum of squares."),    \
        HN_PARAM(lasso_params, max_iter, .def = "10000", .range = "[1, inf)",                      \
                 .level = HN_ADVANCED,                                                             \
                 .doc = "Passes over the coefficients at most, for each alpha.")

static const hone_param params_lasso[] = {ALPHA, THE_REST};
static const hone_param params_net[] = {
    ALPHA,
    HN_PARAM(lasso_params, l1_ratio, .def = "0.5", .range = "[0, 1]", .search = "[0, 1]",
             .doc = "Share of the l1 penalty, which makes coefficients 0; the rest is l2."),
    THE_REST,
};

typedef struct lasso_state {
    hn_linear linear;
    double alpha; /* given or chosen */
    double gap;
    int64_t iterations, converged;
    int64_t n_alphas, n_folds;
    double *alphas;    /* [n_alphas] tried, falling */
    double *path;      /* [n_alphas, p] their coefficients on all rows */
    double *intercept; /* [n_alphas] */
    double *errors;    /* [n_alphas, n_folds] mean squared */
} lasso_state;

/* ---- fit ------------------------------------------------------------------------------------ */

static hone_status check_folds(hone_ctx *ctx, const char *name, const lasso_params *p,
                               const hone_data *data) {
    bool chooses = (p->alphas.n > 0 || p->n_alphas > 0) && p->folds > 0;
    if (!chooses || p->folds <= data->x->n_rows) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "folds"),
                      "%s: %lld rows cannot be cut into %lld folds; take fewer 'folds'", name,
                      (long long)data->x->n_rows, (long long)p->folds);
}

static hone_status lasso_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    return check_folds(ctx, "lasso", values, data);
}

static hone_status net_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const lasso_params *p = values;
    HN_TRY(check_folds(ctx, "elastic_net", p, data));
    if (p->n_alphas == 0 || p->alphas.n > 0 || p->l1_ratio > 0) return HONE_OK;
    return hn_fail_at(
        ctx, HONE_ERROR_USAGE, HN_AT(.param = "n_alphas"),
        "elastic_net: without l1 no alpha makes all coefficients 0, so the path has no "
        "begin; give 'alphas'");
}

static void warn(hone_ctx *ctx, const char *name, const hn_lasso_end *end) {
    if (end->converged) return;
    hn_say(ctx, HONE_LOG_WARN,
           "%s: not converged after %lld passes (duality gap %.2g); scale the features, raise "
           "'max_iter' or take a larger 'alpha'",
           name, (long long)end->iterations, end->gap);
}

static hone_status fit(hone_ctx *ctx, const char *name, const lasso_params *p, double l1_ratio,
                       const hone_data *data, hn_arena *arena, lasso_state *s) {
    HN_SCRATCH(ctx);
    hn_lasso_how how = {l1_ratio, p->intercept, p->positive, p->tolerance, p->max_iter};
    hn_lasso_path path;
    HN_TRY(hn_lasso_path_make(ctx, data, &how, &path));
    const hn_columns *c = &path.columns;
    HN_TRY(hn_linear_init(ctx, arena, &s->linear, c->p, 1, HN_LINK_IDENTITY));
    memcpy(s->linear.sd, c->sd, (size_t)c->p * sizeof(double));
    s->alpha = p->alpha;
    if (p->alphas.n > 0 || p->n_alphas > 0) {
        HN_TRY(hn_lasso_alphas(ctx, arena, &path, &p->alphas, p->n_alphas, p->eps, &s->alphas,
                               &s->n_alphas));
        HN_TRY(HN_NEW(ctx, arena, s->path, s->n_alphas * c->p));
        HN_TRY(HN_NEW(ctx, arena, s->intercept, s->n_alphas));
        for (int64_t i = 0; i < s->n_alphas; i++) {
            hn_lasso_end end;
            HN_TRY(hn_lasso_path_at(ctx, &path, s->alphas[i], s->path + i * c->p, s->intercept + i,
                                    &end));
            hn_progress(ctx, "path", i + 1, s->n_alphas, "alphas");
        }
        s->n_folds = p->folds;
        HN_TRY(HN_NEW(ctx, arena, s->errors, s->n_alphas * s->n_folds));
        if (p->folds > 0)
            HN_TRY(hn_lasso_choose(ctx, data, &how, s->alphas, s->n_alphas, p->folds, p->shuffle,
                                   s->errors, &s->alpha));
    }
    hn_lasso_end end;
    HN_TRY(hn_lasso_path_at(ctx, &path, s->alpha, s->linear.coef, s->linear.intercept, &end));
    warn(ctx, name, &end);
    s->gap = end.gap;
    s->iterations = end.iterations;
    s->converged = end.converged;
    return HONE_OK;
}

static hone_status lasso_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                             hn_arena *arena, void *ret_state) {
    return fit(ctx, "lasso", values, 1, data, arena, ret_state);
}

static hone_status net_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                           hn_arena *arena, void *ret_state) {
    const lasso_params *p = values;
    return fit(ctx, "elastic_net", p, p->l1_ratio, data, arena, ret_state);
}

/* ---- after the fit -------------------------------------------------------------------------- */

static hone_status lasso_visit(hn_visitor *v, void *state) {
    lasso_state *s = state;
    HN_TRY(hn_linear_visit(v, &s->linear));
    HN_TRY(hn_visit(v, "alpha", &s->alpha));
    HN_TRY(hn_visit(v, "dual_gap", &s->gap));
    HN_TRY(hn_visit(v, "n_iter", &s->iterations));
    HN_TRY(hn_visit(v, "converged", &s->converged));
    HN_TRY(hn_visit(v, "n_alphas", &s->n_alphas));
    HN_TRY(hn_visit(v, "n_folds", &s->n_folds));
    HN_TRY(hn_visit_check(v,
                          s->n_alphas >= 0 && s->n_alphas <= INT32_MAX && s->n_folds >= 0 &&
                              s->n_folds <= INT32_MAX,
                          "number of alphas or folds out of range"));
    HN_TRY(hn_visit(v, "alphas", &s->alphas, s->n_alphas));
    HN_TRY(hn_visit(v, "coef_path", &s->path, s->n_alphas, s->linear.n_features));
    HN_TRY(hn_visit(v, "intercept_path", &s->intercept, s->n_alphas));
    return hn_visit(v, "mse_path", &s->errors, s->n_alphas, s->n_folds);
}

static int64_t count_used(const double *coef, int64_t p) {
    int64_t n = 0;
    for (int64_t j = 0; j < p; j++) n += coef[j] != 0;
    return n;
}

static hone_status lasso_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                hn_json_doc *doc, hn_json_mut *object) {
    const lasso_state *s = state;
    int64_t p = s->linear.n_features;
    HN_TRY(hn_linear_report(ctx, &s->linear, schema, doc, object));
    yyjson_mut_obj_add_real(doc, object, "alpha", s->alpha);
    yyjson_mut_obj_add_int(doc, object, "features_used", count_used(s->linear.coef, p));
    yyjson_mut_obj_add_real(doc, object, "dual_gap", s->gap);
    yyjson_mut_obj_add_int(doc, object, "iterations", s->iterations);
    yyjson_mut_obj_add_bool(doc, object, "converged", s->converged != 0);
    if (s->n_alphas == 0) return HONE_OK;
    hn_json_mut *tried = yyjson_mut_arr(doc);
    for (int64_t i = 0; i < s->n_alphas; i++) {
        hn_json_mut *row = yyjson_mut_obj(doc);
        yyjson_mut_obj_add_real(doc, row, "alpha", s->alphas[i]);
        yyjson_mut_obj_add_int(doc, row, "features_used", count_used(s->path + i * p, p));
        double mean = 0;
        for (int64_t f = 0; f < s->n_folds; f++) mean += s->errors[i * s->n_folds + f];
        if (s->n_folds > 0) yyjson_mut_obj_add_real(doc, row, "mse", mean / (double)s->n_folds);
        yyjson_mut_arr_append(tried, row);
    }
    yyjson_mut_obj_add_val(doc, object, "alphas", tried);
    return HONE_OK;
}

#define HOOKS                                                                                      \
    .family = "linear", .tasks = HN_TASK_REGRESSION,                                               \
    .can = HN_CAN_WEIGHTS | HN_CAN_SPARSE | HN_CAN_IMPORTANCES | HN_WANTS_SCALING,                 \
    .state_size = sizeof(lasso_state), .predict = hn_linear_predict, .outputs = hn_linear_outputs, \
    .visit = lasso_visit, .prepare = hn_linear_prepare, .importances = hn_linear_importances,      \
    .report = lasso_report,                                                                        \
    .references = "Tibshirani (1996), Regression shrinkage and selection via the lasso\n"          \
                  "Friedman, Hastie, Tibshirani (2010), Regularization paths for GLMs by "         \
                  "coordinate descent\n"                                                           \
                  "Ndiaye, Fercoq, Gramfort, Salmon (2017), Gap safe screening rules"

const hone_estimator hn_lasso = {
    .name = "lasso",
    .title = "Lasso",
    .class_names = "Lasso",
    .doc =
        "Linear regression whose penalty makes the coefficients of useless features 0: it chooses "
        "features while it fits. Give alphas or n_alphas to let folds find the strength.",
    .params = HN_PARAMS(lasso_params, params_lasso),
    .check = lasso_check,
    .fit = lasso_fit,
    HOOKS,
    HN_GOLDEN({"tabular/diabetes/diabetes.csv", "target", NULL, "{\"tolerance\":1e-12}", "all",
               "r2", 0.513284182792, 1e-9, "scikit-learn 1.9.1, Lasso(alpha=1, tol=1e-14)"},
              {"tabular/boston/boston.csv", "MEDV", NULL, "{\"alpha\":0.1,\"tolerance\":1e-12}",
               "all", "rmse", 4.72696864264, 1e-8,
               "scikit-learn 1.9.1, Lasso(alpha=0.1, tol=1e-14)"}),
};

const hone_estimator hn_elastic_net = {
    .name = "elastic_net",
    .title = "Elastic net",
    .class_names = "ElasticNet",
    .doc = "Linear regression with the lasso's and ridge's penalties mixed: it chooses features, "
           "and keeps "
           "alike ones together. Give alphas or n_alphas to let folds find the strength.",
    .params = HN_PARAMS(lasso_params, params_net),
    .check = net_check,
    .fit = net_fit,
    HOOKS,
    HN_GOLDEN(
        {"tabular/diabetes/diabetes.csv", "target", NULL, "{\"alpha\":0.1,\"tolerance\":1e-12}",
         "all", "r2", 0.514362495568, 1e-9, "scikit-learn 1.9.1, ElasticNet(alpha=0.1, tol=1e-14)"},
        {"tabular/boston/boston.csv", "MEDV", NULL, "{\"l1_ratio\":0.9,\"tolerance\":1e-12}", "all",
         "rmse", 5.3448168187, 1e-8, "scikit-learn 1.9.1, ElasticNet(l1_ratio=0.9, tol=1e-14)"}),
};
