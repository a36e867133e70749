/* ridge.c - least squares with an L2 penalty; alpha given, or chosen by leave-one-out. */
#include "ml/linear/ridge_solve.h"
#include <math.h>
#include <string.h>

typedef struct ridge_params {
    double alpha;
    hn_reals alphas;
    bool intercept, positive;
    int solver;
    double tolerance;
    int64_t max_iter;
} ridge_params;

static const hone_param params[] = {
    HN_PARAM(ridge_params, alpha, .def = "1", .range = "[0, inf)", .search = "[1e-4, 1e4] log",
             .doc = "Strength of the penalty: this times the sum of squared coefficients."),
    HN_PARAM(ridge_params, alphas, .range = "(0, inf)",
             .doc = "If given, the one among these with the least leave-one-out error is taken."),
    HN_PARAM(ridge_params, intercept, .def = "true", .aliases = HN_CHOICES("fit_intercept"),
             .doc = "Fit a constant term, unpenalised."),
    HN_PARAM(ridge_params, positive, .def = "false", .doc = "No coefficient below 0."),
    HN_PARAM(ridge_params, solver, .def = "auto", .level = HN_ADVANCED,
             .choices = HN_CHOICES("auto", "cholesky", "eigen", "cg"),
             .doc = "How to solve; auto takes cholesky, eigen where it fails, and cg (conjugate "
                    "gradients) for large sparse matrices."),
    HN_PARAM(ridge_params, tolerance, .def = "1e-8", .range = "(0, inf)", .level = HN_EXPERT,
             .aliases = HN_CHOICES("tol"),
             .doc = "cg stops when the gradient has shrunk to this share."),
    HN_PARAM(ridge_params, max_iter, .def = "10000", .range = "[1, inf)", .level = HN_EXPERT,
             .doc = "Iterations of cg at most."),
};

typedef struct ridge_state {
    hn_linear linear;
    double alpha;     /* given or chosen */
    int64_t n_alphas; /* tried */
    double *alphas;   /* [n_alphas] */
    double *errors;   /* [n_alphas] mean squared leave-one-out errors */
    int64_t n_iter;   /* of cg; 1 where it was solved at once */
} ridge_state;

/* ---- fit ------------------------------------------------------------------------------------ */

static hone_status choose_alpha(hone_ctx *ctx, hn_arena *arena, const ridge_params *p,
                                const hn_centered *c, ridge_state *s) {
    s->n_alphas = p->alphas.n;
    HN_TRY(HN_NEW(ctx, arena, s->alphas, s->n_alphas));
    HN_TRY(HN_NEW(ctx, arena, s->errors, s->n_alphas));
    memcpy(s->alphas, p->alphas.items, (size_t)s->n_alphas * sizeof(double));
    HN_TRY(hn_ridge_loo(ctx, c, s->alphas, s->n_alphas, s->errors));
    int64_t best = 0;
    for (int64_t i = 1; i < s->n_alphas; i++)
        if (s->errors[i] < s->errors[best]) best = i;
    s->alpha = s->alphas[best];
    return HONE_OK;
}

static hone_status ridge_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    (void)data;
    const ridge_params *p = values;
    hn_where where = HN_AT(.param = "positive");
    if (p->positive && p->alphas.n > 0)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, where,
                          "ridge: 'alphas' are chosen among without 'positive' only; give 'alpha'");
    if (p->positive && p->solver != HN_RIDGE_AUTO)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, where,
                          "ridge: 'positive' has a solver of its own; leave 'solver' at auto");
    return HONE_OK;
}

static hone_status ridge_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                             hn_arena *arena, void *ret_state) {
    const ridge_params *p = values;
    ridge_state *s = ret_state;
    HN_SCRATCH(ctx);
    hn_centered c;
    bool sums = !data->x->csr && data->x->n_columns <= data->x->n_rows && p->alphas.n == 0 &&
                p->solver != HN_RIDGE_CONJUGATE;
    HN_TRY((sums ? hn_centered_sums : hn_centered_make)(ctx, ctx->scratch, data, p->intercept, &c));
    HN_TRY(hn_linear_init(ctx, arena, &s->linear, c.p, 1, HN_LINK_IDENTITY));
    memcpy(s->linear.sd, c.sd, (size_t)c.p * sizeof(double));
    s->alpha = p->alpha;
    if (p->alphas.n > 0) HN_TRY(choose_alpha(ctx, arena, p, &c, s));
    if (p->positive) {
        HN_TRY(
            hn_ridge_positive(ctx, "ridge", &c, s->alpha, p->max_iter, s->linear.coef, &s->n_iter));
        *s->linear.intercept = hn_centered_intercept(&c, s->linear.coef);
        return HONE_OK;
    }
    hn_ridge_how how = {p->solver, p->tolerance, p->max_iter};
    HN_TRY(hn_ridge_solve(ctx, &c, s->alpha, &how, s->linear.coef, &s->n_iter));
    *s->linear.intercept = hn_centered_intercept(&c, s->linear.coef);
    return HONE_OK;
}

/* ---- after the fit -------------------------------------------------------------------------- */

static hone_status ridge_visit(hn_visitor *v, void *state) {
    ridge_state *s = state;
    HN_TRY(hn_linear_visit(v, &s->linear));
    HN_TRY(hn_visit(v, "alpha", &s->alpha));
    HN_TRY(hn_visit(v, "n_alphas", &s->n_alphas));
    HN_TRY(hn_visit_check(v, s->n_alphas >= 0 && s->n_alphas <= INT32_MAX,
                          "number of alphas out of range"));
    HN_TRY(hn_visit(v, "alphas", &s->alphas, s->n_alphas));
    HN_TRY(hn_visit(v, "loo_errors", &s->errors, s->n_alphas));
    return hn_visit(v, "n_iter", &s->n_iter);
}

static hone_status ridge_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                hn_json_doc *doc, hn_json_mut *object) {
    const ridge_state *s = state;
    HN_TRY(hn_linear_report(ctx, &s->linear, schema, doc, object));
    yyjson_mut_obj_add_real(doc, object, "alpha", s->alpha);
    yyjson_mut_obj_add_int(doc, object, "iterations", s->n_iter);
    if (s->n_alphas == 0) return HONE_OK;
    hn_json_mut *tried = yyjson_mut_arr(doc);
    for (int64_t i = 0; i < s->n_alphas; i++) {
        hn_json_mut *row = yyjson_mut_obj(doc);
        yyjson_mut_obj_add_real(doc, row, "alpha", s->alphas[i]);
        yyjson_mut_obj_add_real(doc, row, "loo_mse", s->errors[i]);
        yyjson_mut_arr_append(tried, row);
    }
    yyjson_mut_obj_add_val(doc, object, "alphas", tried);
    return HONE_OK;
}

const hone_estimator hn_ridge = {
    .name = "ridge",
    .title = "Ridge regression",
    .class_names = "Ridge",
    .family = "linear",
    .doc =
        "Linear regression that shrinks coefficients towards zero, and so stays calm with many or "
        "alike features. A sound first model for numbers.",
    .references = "Hoerl, Kennard (1970), Ridge regression\n"
                  "Rifkin, Lippert (2007), Notes on regularized least squares",
    .tasks = HN_TASK_REGRESSION,
    .can = HN_CAN_WEIGHTS | HN_CAN_SPARSE | HN_CAN_IMPORTANCES | HN_WANTS_SCALING,
    .params = HN_PARAMS(ridge_params, params),
    .state_size = sizeof(ridge_state),
    .check = ridge_check,
    .fit = ridge_fit,
    .predict = hn_linear_predict,
    .outputs = hn_linear_outputs,
    .visit = ridge_visit,
    .prepare = hn_linear_prepare,
    .importances = hn_linear_importances,
    .report = ridge_report,
    HN_GOLDEN({"tabular/diabetes/diabetes.csv", "target", NULL, "{\"alpha\":100}", "all", "r2",
               0.506180998981, 1e-9, "scikit-learn 1.9.1, Ridge(alpha=100)"},
              {"tabular/boston/boston.csv", "MEDV", NULL, NULL, "all", "rmse", 4.67930146141, 1e-8,
               "scikit-learn 1.9.1, Ridge(alpha=1)"},
              {"tabular/boston/boston.csv", "MEDV", NULL, "{\"alpha\":100,\"positive\":true}",
               "all", "rmse", 6.099288124776605, 1e-8,
               "scipy 1.17, StandardScaler, nnls with the root of alpha as rows"}),
};
