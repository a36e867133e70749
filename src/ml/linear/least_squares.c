/* least_squares.c - ordinary and weighted least squares, with standard errors.
 *
 * Where the features are well conditioned the normal equations give the answer in one pass, and steps
 * of iterative refinement bring it to full precision; elsewhere a rank-revealing QR decides. Both are
 * solved around the means, so the intercept costs no digits. */
#include "ml/linear/centered.h"
#include "ml/linear/linear_model.h"
#include "ml/linear/student.h"
#include "num/blas.h"
#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum { AUTO, QR, CHOLESKY };

typedef struct ols_params {
    bool intercept;
    int solver;
    double rcond;
} ols_params;

static const hone_param params[] = {
    HN_PARAM(ols_params, intercept, .def = "true", .doc = "Fit a constant term."),
    HN_PARAM(ols_params, solver, .def = "auto", .choices = HN_CHOICES("auto", "qr", "cholesky"),
             .level = HN_EXPERT,
             .doc = "How to solve; auto takes cholesky where it is exact, else qr."),
    HN_PARAM(ols_params, rcond, .def = "0", .range = "[0, 1)", .level = HN_EXPERT,
             .doc = "Directions weaker than this share of the strongest are left out; 0 means "
                    "rounding error."),
};

typedef struct ols_state {
    hn_linear linear;
    int64_t rank;       /* of the features */
    int64_t df;         /* rows of weight > 0, less coefficients that could be found */
    double residual_sd; /* NaN without degrees of freedom */
    double r2;
    double intercept_error;
    double *error; /* [p] standard errors */
} ols_state;

/* ---- solving -------------------------------------------------------------------------------- */

/* Scaled Gram matrix, inverted: ret_inverse [p, p]. *ret_good where that is safe. */
static hone_status invert_gram(hone_ctx *ctx, const hn_centered *c, double *ret_inverse,
                               bool *ret_good) {
    static const double SAFE = 1e-6;
    int64_t p = c->p;
    *ret_good = false;
    HN_SCRATCH(ctx);
    double *gram, *scale, rcond = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, gram, p * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, scale, p));
    HN_TRY(hn_gram(ctx, c->x, c->n, p, NULL, gram));
    for (int64_t j = 0; j < p; j++) {
        double diagonal = gram[j * p + j];
        if (!(diagonal > DBL_MIN && diagonal < DBL_MAX)) return HONE_OK;
        scale[j] = 1 / sqrt(diagonal);
    }
    for (int64_t i = 0; i < p; i++)
        for (int64_t j = 0; j < p; j++) gram[i * p + j] *= scale[i] * scale[j];
    memset(ret_inverse, 0, (size_t)(p * p) * sizeof(double));
    for (int64_t j = 0; j < p; j++) ret_inverse[j * p + j] = 1;
    hone_status status = hn_solve_spd(ctx, p, gram, p, ret_inverse, &rcond);
    if (status == HONE_ERROR_DATA)
        return HONE_OK; /* not positive definite: QR will tell the rank */
    HN_TRY(status);
    for (int64_t i = 0; i < p; i++)
        for (int64_t j = 0; j < p; j++) ret_inverse[i * p + j] *= scale[i] * scale[j];
    *ret_good = rcond > SAFE;
    return HONE_OK;
}

/* b += inverse * x' r, r the residuals at b: from b = 0 the normal equations, then refinement. */
static hone_status refine(hone_ctx *ctx, const hn_centered *c, const double *inverse, double *b,
                          double *r) {
    HN_SCRATCH(ctx);
    double *g, rss;
    HN_TRY(HN_SCRATCH_NEW(ctx, g, c->p));
    for (int step = 0; step < 3; step++) {
        HN_TRY(hn_centered_residuals(ctx, c, b, r, &rss));
        HN_TRY(hn_gemv_t(ctx, c->x, c->n, c->p, r, g));
        for (int64_t j = 0; j < c->p; j++) b[j] += hn_dot(inverse + j * c->p, g, c->p);
    }
    return HONE_OK;
}

static hone_status solve(hone_ctx *ctx, const ols_params *p, const hn_centered *c, double *b,
                         double *inverse, double *r, int64_t *ret_rank) {
    bool done = false;
    bool worth = p->solver == CHOLESKY || (p->solver == AUTO && c->n >= 1000 && c->n >= 4 * c->p);
    if (worth) HN_TRY(invert_gram(ctx, c, inverse, &done));
    if (done) {
        *ret_rank = c->p;
        return refine(ctx, c, inverse, b, r);
    }
    double rcond = p->rcond > 0 ? p->rcond : DBL_EPSILON * (double)(c->n > c->p ? c->n : c->p);
    return hn_solve_least_squares(ctx, c->x, c->n, c->p, c->y, 1, rcond, b, inverse, ret_rank);
}

/* ---- fit ------------------------------------------------------------------------------------ */

/* Standard errors from inverse = (x'x)^-1 and the residual variance. */
static void standard_errors(const hn_centered *c, const double *inverse, ols_state *s) {
    double around = c->intercept ? 1 / c->total : 0;
    for (int64_t j = 0; j < c->p; j++) {
        s->error[j] = s->residual_sd * sqrt(inverse[j * c->p + j]);
        around += c->mean[j] * hn_dot(inverse + j * c->p, c->mean, c->p);
    }
    s->intercept_error = c->intercept ? s->residual_sd * sqrt(around) : 0;
}

static hone_status ols_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                           hn_arena *arena, void *ret_state) {
    const ols_params *p = values;
    ols_state *s = ret_state;
    HN_SCRATCH(ctx);
    hn_centered c;
    HN_TRY(hn_centered_make(ctx, ctx->scratch, data, p->intercept, &c));
    HN_TRY(hn_linear_init(ctx, arena, &s->linear, c.p, 1, HN_LINK_IDENTITY));
    HN_TRY(HN_NEW(ctx, arena, s->error, c.p));
    memcpy(s->linear.sd, c.sd, (size_t)c.p * sizeof(double));
    double *inverse, *r, rss, tss;
    HN_TRY(HN_SCRATCH_NEW(ctx, inverse, c.p * c.p));
    HN_TRY(HN_SCRATCH_NEW(ctx, r, c.n));
    HN_TRY(solve(ctx, p, &c, s->linear.coef, inverse, r, &s->rank));
    HN_TRY(hn_centered_residuals(ctx, &c, s->linear.coef, r, &rss));
    HN_TRY(hn_sum_squares(ctx, c.y, c.n, &tss));
    *s->linear.intercept = hn_centered_intercept(&c, s->linear.coef);
    s->df = c.n_weighted - s->rank - (p->intercept ? 1 : 0);
    s->residual_sd = s->df > 0 ? sqrt(rss / (double)s->df) : NAN;
    s->r2 = tss > 0 ? 1 - rss / tss : NAN;
    standard_errors(&c, inverse, s);
    if (s->rank < c.p) {
        hn_say(ctx, HONE_LOG_WARN,
               "least_squares: only %lld of %lld features are independent; the smallest of the "
               "coefficients that fit equally well are taken",
               (long long)s->rank, (long long)c.p);
    }
    return HONE_OK;
}

/* ---- after the fit -------------------------------------------------------------------------- */

static hone_status ols_visit(hn_visitor *v, void *state) {
    ols_state *s = state;
    HN_TRY(hn_linear_visit(v, &s->linear));
    HN_TRY(hn_visit(v, "rank", &s->rank));
    HN_TRY(hn_visit(v, "df", &s->df));
    HN_TRY(hn_visit(v, "residual_sd", &s->residual_sd));
    HN_TRY(hn_visit(v, "r2", &s->r2));
    HN_TRY(hn_visit(v, "intercept_error", &s->intercept_error));
    return hn_visit(v, "error", &s->error, s->linear.n_features);
}

static hn_json_mut *inference(hn_json_doc *doc, const ols_state *s, double value, double error) {
    hn_json_mut *row = yyjson_mut_obj(doc);
    double t = value / error;
    yyjson_mut_obj_add_real(doc, row, "standard_error", error);
    yyjson_mut_obj_add_real(doc, row, "t", t);
    yyjson_mut_obj_add_real(doc, row, "p", hn_student_two_sided(t, (double)s->df));
    return row;
}

static hone_status ols_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                              hn_json_doc *doc, hn_json_mut *object) {
    const ols_state *s = state;
    HN_TRY(hn_linear_report(ctx, &s->linear, schema, doc, object));
    hn_json_mut *rows = yyjson_mut_obj(doc);
    for (int64_t j = 0; j < s->linear.n_features; j++) {
        hn_json_mut *name = yyjson_mut_strcpy(doc, schema->columns[j].name);
        yyjson_mut_obj_add(rows, name, inference(doc, s, s->linear.coef[j], s->error[j]));
    }
    yyjson_mut_obj_add_val(doc, object, "inference", rows);
    yyjson_mut_obj_add_val(doc, object, "intercept_inference",
                           inference(doc, s, *s->linear.intercept, s->intercept_error));
    yyjson_mut_obj_add_int(doc, object, "rank", s->rank);
    yyjson_mut_obj_add_int(doc, object, "degrees_of_freedom", s->df);
    yyjson_mut_obj_add_real(doc, object, "residual_sd", s->residual_sd);
    yyjson_mut_obj_add_real(doc, object, "r2", s->r2);
    return HONE_OK;
}

const hone_estimator hn_least_squares = {
    .name = "least_squares",
    .title = "Least squares",
    .class_names = "LinearRegression",
    .family = "linear",
    .doc =
        "Linear regression without a penalty. Its report gives each coefficient's standard error, "
        "t and p-value. Take it to read what drives a number; with many or alike features ridge "
        "predicts better.",
    .references = "Golub, Van Loan (2013), Matrix Computations, chapter 5\n"
                  "Bjorck (1987), Stability analysis of the method of seminormal equations",
    .tasks = HN_TASK_REGRESSION,
    .can = HN_CAN_WEIGHTS | HN_CAN_IMPORTANCES,
    .params = HN_PARAMS(ols_params, params),
    .state_size = sizeof(ols_state),
    .fit = ols_fit,
    .predict = hn_linear_predict,
    .outputs = hn_linear_outputs,
    .visit = ols_visit,
    .prepare = hn_linear_prepare,
    .importances = hn_linear_importances,
    .report = ols_report,
    HN_GOLDEN({"tabular/diabetes/diabetes.csv", "target", NULL, NULL, "all", "r2", 0.51774842222,
               1e-9, "scikit-learn 1.9.1, LinearRegression()"},
              {"tabular/boston/boston.csv", "MEDV", NULL, NULL, "all", "rmse", 4.6791912957, 1e-8,
               "scikit-learn 1.9.1, LinearRegression()"}),
};
