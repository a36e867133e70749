/* bayesian_ridge.c - least squares with an L2 penalty whose strength, as that of the noise, the rows decide.
 *
 * Coefficients are normal with precision lambda, the answer's noise with precision alpha, both gamma. In the
 * directions of the Gram matrix' eigenvectors the evidence' fixed point (MacKay) costs p numbers a round, and what
 * is left over one pass over the rows. */
#include "ml/linear/centered.h"
#include "ml/linear/linear_model.h"
#include "num/blas.h"
#include "table/rows.h"
#include <float.h>
#include <math.h>
#include <string.h>

typedef struct bayesian_params {
    int64_t max_iter;
    double tolerance;
    double alpha_1, alpha_2, lambda_1, lambda_2;
    double alpha_init, lambda_init;
    bool intercept;
} bayesian_params;

static const hone_param params[] = {
    HN_PARAM(bayesian_params, max_iter, .def = "300", .range = "[1, inf)",
             .doc = "Rounds of estimating both precisions at most."),
    HN_PARAM(bayesian_params, tolerance, .def = "1e-3", .range = "[0, inf)",
             .aliases = HN_CHOICES("tol"),
             .doc = "Rounds end when the coefficients change by less than this in all."),
    HN_PARAM(bayesian_params, intercept, .def = "true", .aliases = HN_CHOICES("fit_intercept"),
             .doc = "Fit a constant term, unpenalised."),
    HN_PARAM(bayesian_params, alpha_1, .def = "1e-6", .range = "[0, inf)", .level = HN_EXPERT,
             .doc = "Shape of what is thought of the noise's precision before: gamma."),
    HN_PARAM(bayesian_params, alpha_2, .def = "1e-6", .range = "[0, inf)", .level = HN_EXPERT,
             .doc = "Its rate."),
    HN_PARAM(bayesian_params, lambda_1, .def = "1e-6", .range = "[0, inf)", .level = HN_EXPERT,
             .doc = "Shape of what is thought of the coefficients' precision before: gamma."),
    HN_PARAM(bayesian_params, lambda_2, .def = "1e-6", .range = "[0, inf)", .level = HN_EXPERT,
             .doc = "Its rate."),
    HN_PARAM(bayesian_params, alpha_init, .def = "none", .range = "(0, inf)", .level = HN_EXPERT,
             .words = HN_WORDS({"none", 0}),
             .doc = "The noise's precision to begin with; none: 1 by the target's variance."),
    HN_PARAM(bayesian_params, lambda_init, .def = "1", .range = "(0, inf)", .level = HN_EXPERT,
             .words = HN_WORDS({"none", 1}), .doc = "The coefficients' precision to begin with."),
};

typedef struct bayesian_state {
    hn_linear linear;
    double alpha, lambda; /* precisions of the noise and of the coefficients */
    int64_t n_iter;
    double *mean;  /* [p] of the features; zeros without intercept */
    double *sigma; /* [p, p] covariance of the coefficients */
} bayesian_state;

/* ---- fit ------------------------------------------------------------------------------------- */

/* The Gram matrix in the directions of its eigenvectors. */
typedef struct directions {
    double *values;  /* [p] eigenvalues */
    double *vectors; /* [p, p], by row */
    double *cross;   /* [p] x' y along them */
} directions;

static hone_status find_directions(hone_ctx *ctx, const hn_centered *c, directions *d) {
    int64_t p = c->p;
    double *a;
    HN_TRY(HN_SCRATCH_NEW(ctx, a, p * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, d->values, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, d->vectors, p * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, d->cross, p));
    memcpy(a, c->gram, (size_t)(p * p) * sizeof *a);
    HN_TRY(hn_eigen_symmetric(ctx, p, a, d->values, d->vectors));
    for (int64_t k = 0; k < p; k++) {
        d->values[k] = fmax(d->values[k], 0);
        d->cross[k] = hn_dot(d->vectors + k * p, c->cross, p);
    }
    return HONE_OK;
}

/* Numbers that are divided by, or that precisions are made of, stay away from 0: what has no noise at all, or
 * no effect, gets a precision that is large, not infinite. */
static double some(double number) { return fmax(number, 1e-100); }

/* The mean of the coefficients under both precisions. */
static void coefficients(const directions *d, int64_t p, double ratio, double *ret_b) {
    memset(ret_b, 0, (size_t)p * sizeof *ret_b);
    for (int64_t k = 0; k < p; k++) {
        const double *v = d->vectors + k * p;
        double share = d->cross[k] / some(d->values[k] + ratio);
        for (int64_t j = 0; j < p; j++) ret_b[j] += share * v[j];
    }
}

/* The target's variance around its mean, whether there is an intercept or not. */
static double variance(const hone_data *data, double total) {
    double mean = 0, sum = 0;
    for (int64_t i = 0; i < data->x->n_rows; i++)
        mean += (data->weight ? data->weight[i] : 1) * data->y[i] / total;
    for (int64_t i = 0; i < data->x->n_rows; i++) {
        double off = data->y[i] - mean;
        sum += (data->weight ? data->weight[i] : 1) * (off * off);
    }
    return sum / total;
}

static hone_status rounds(hone_ctx *ctx, const bayesian_params *p, const hn_centered *c,
                          const directions *d, bayesian_state *s) {
    HN_SCRATCH(ctx);
    double *b = s->linear.coef, *before, *back, rss, change = INFINITY;
    HN_TRY(HN_SCRATCH_NEW(ctx, before, c->p));
    HN_TRY(HN_SCRATCH_NEW(ctx, back, c->p));
    do {
        HN_TRY(hn_check_cancel(ctx));
        double ratio = s->lambda / s->alpha, known = 0, length = 0;
        coefficients(d, c->p, ratio, b);
        HN_TRY(hn_centered_look(ctx, c, b, back, &rss));
        for (int64_t k = 0; k < c->p; k++) {
            known += d->values[k] / some(d->values[k] + ratio);
            length += b[k] * b[k];
        }
        s->lambda = some(known + 2 * p->lambda_1) / some(length + 2 * p->lambda_2);
        s->alpha = some(c->total - known + 2 * p->alpha_1) / some(rss + 2 * p->alpha_2);
        if (s->n_iter > 0) {
            change = 0;
            for (int64_t k = 0; k < c->p; k++) change += fabs(b[k] - before[k]);
        }
        memcpy(before, b, (size_t)c->p * sizeof *b);
        s->n_iter++;
    } while (s->n_iter < p->max_iter && !(change < p->tolerance));
    if (p->max_iter > 1 && !(change < p->tolerance))
        hn_say(ctx, HONE_LOG_WARN,
               "bayesian_ridge: not converged after %lld rounds; scale the features, or raise "
               "'max_iter' or 'tolerance'",
               (long long)s->n_iter);
    return HONE_OK;
}

static void covariance(const directions *d, int64_t p, bayesian_state *s) {
    for (int64_t k = 0; k < p; k++) {
        const double *v = d->vectors + k * p;
        double by = 1 / some(s->alpha * d->values[k] + s->lambda);
        for (int64_t i = 0; i < p; i++)
            for (int64_t j = 0; j < p; j++) s->sigma[i * p + j] += by * v[i] * v[j];
    }
}

static hone_status fit(hone_ctx *ctx, const void *values, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    enum { MOST = 10000 }; /* features: their covariances are 800 MB */
    const bayesian_params *p = values;
    bayesian_state *s = ret_state;
    int64_t n_features = data->x->n_columns;
    if (n_features > MOST)
        return hn_fail(ctx, HONE_ERROR_UNSUPPORTED,
                       "bayesian_ridge: takes at most %d features, and there are %lld; take ridge "
                       "with 'alphas'",
                       MOST, (long long)n_features);
    HN_SCRATCH(ctx);
    hn_centered c;
    directions d;
    HN_TRY(hn_centered_sums(ctx, ctx->scratch, data, p->intercept, &c));
    HN_TRY(hn_linear_init(ctx, arena, &s->linear, c.p, 1, HN_LINK_IDENTITY));
    HN_TRY(HN_NEW(ctx, arena, s->mean, c.p));
    HN_TRY(HN_NEW(ctx, arena, s->sigma, c.p * c.p));
    memcpy(s->linear.sd, c.sd, (size_t)c.p * sizeof(double));
    memcpy(s->mean, c.mean, (size_t)c.p * sizeof(double));
    s->alpha = p->alpha_init > 0 ? p->alpha_init : 1 / (variance(data, c.total) + DBL_EPSILON);
    s->lambda = p->lambda_init;
    HN_TRY(find_directions(ctx, &c, &d));
    HN_TRY(rounds(ctx, p, &c, &d, s));
    coefficients(&d, c.p, s->lambda / s->alpha, s->linear.coef);
    covariance(&d, c.p, s);
    *s->linear.intercept = hn_centered_intercept(&c, s->linear.coef);
    return HONE_OK;
}

/* ---- what it does not know ------------------------------------------------------------------- */

static void spread_row(const void *arg, double *row, double *work, double *ret) {
    const bayesian_state *s = arg;
    int64_t p = s->linear.n_features;
    double squares = 0;
    ret[0] = hn_dot(row, s->linear.coef, p) + *s->linear.intercept;
    for (int64_t j = 0; j < p; j++) work[j] = row[j] - s->mean[j];
    for (int64_t j = 0; j < p; j++) squares += work[j] * hn_dot(s->sigma + j * p, work, p);
    ret[1] = sqrt(fmax(squares, 0) + 1 / s->alpha);
}

/* Mean and standard deviation of the answer. */
static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    const bayesian_state *s = state;
    hn_table out = {.n_rows = x->n_rows, .n_columns = 2};
    double *matrix;
    HN_TRY(HN_NEW(ctx, arena, out.columns, 2));
    HN_TRY(HN_NEW(ctx, arena, matrix, 2 * x->n_rows + 1));
    HN_TRY(hn_each_row(ctx, x, spread_row, s, s->linear.n_features, 2, matrix));
    for (int64_t k = 0; k < 2; k++) {
        out.columns[k] = hn_column_of_f64(k == 0 ? "mean" : "std", matrix + k, x->n_rows);
        out.columns[k].stride = 2 * (int64_t)sizeof *matrix;
    }
    *ret_out = out;
    return HONE_OK;
}

/* ---- after the fit --------------------------------------------------------------------------- */

static hone_status visit(hn_visitor *v, void *state) {
    bayesian_state *s = state;
    HN_TRY(hn_linear_visit(v, &s->linear));
    HN_TRY(hn_visit(v, "alpha", &s->alpha));
    HN_TRY(hn_visit(v, "lambda", &s->lambda));
    HN_TRY(hn_visit(v, "n_iter", &s->n_iter));
    HN_TRY(hn_visit_check(
        v, s->linear.n_outputs == 1 && s->linear.link == HN_LINK_IDENTITY && s->alpha > 0,
        "bayesian_ridge: numbers"));
    HN_TRY(hn_visit(v, "X_offset", &s->mean, s->linear.n_features));
    return hn_visit(v, "sigma", &s->sigma, s->linear.n_features, s->linear.n_features);
}

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    const bayesian_state *s = state;
    HN_TRY(hn_linear_report(ctx, &s->linear, schema, doc, object));
    yyjson_mut_obj_add_real(doc, object, "alpha", s->alpha);
    yyjson_mut_obj_add_real(doc, object, "lambda", s->lambda);
    yyjson_mut_obj_add_int(doc, object, "iterations", s->n_iter);
    return HONE_OK;
}

const hone_estimator hn_bayesian_ridge = {
    .name = "bayesian_ridge",
    .title = "Bayesian ridge regression",
    .class_names = "BayesianRidge",
    .family = "linear",
    .doc = "Linear regression whose penalty is decided by the rows themselves, without trying any, "
           "and which knows how sure it is (transform gives mean and standard deviation).",
    .references = "MacKay (1992), Bayesian interpolation\n"
                  "Tipping (2001), Sparse Bayesian learning and the relevance vector machine",
    .tasks = HN_TASK_REGRESSION,
    .can = HN_CAN_WEIGHTS | HN_CAN_IMPORTANCES | HN_WANTS_SCALING,
    .params = HN_PARAMS(bayesian_params, params),
    .state_size = sizeof(bayesian_state),
    .fit = fit,
    .predict = hn_linear_predict,
    .outputs = hn_linear_outputs,
    .transform = transform,
    .visit = visit,
    .prepare = hn_linear_prepare,
    .importances = hn_linear_importances,
    .report = report,
    HN_GOLDEN({"tabular/diabetes/diabetes.csv", "target", NULL, NULL, "all", "r2",
               0.5150891432500959, 1e-9, "scikit-learn 1.9.1, StandardScaler, BayesianRidge()"},
              {"tabular/boston/boston.csv", "MEDV", NULL, "{\"tolerance\":1e-8}", "all", "rmse",
               4.682217818573974, 1e-8,
               "scikit-learn 1.9.1, StandardScaler, BayesianRidge(tol=1e-8)"}),
};
