/* factor_analysis.c - a few common factors and noise of its own for every column, by EM.
 *
 * Each step needs the singular values and right vectors of the scaled rows only, so the rows are read
 * once: after that all work is on their covariance (or, with fewer rows than columns, on the rows). */
#include "ml/decomp/projection.h"
#include "num/blas.h"
#include "num/math.h"
#include "num/svd.h"
#include "spec/scatter.h"
#include <string.h>

enum { ROTATION_NONE, ROTATION_VARIMAX, ROTATION_QUARTIMAX };
static const double SMALL = 1e-12;

typedef struct fa_params {
    int64_t n_components;
    double tolerance;
    int64_t max_iter;
    int rotation;
} fa_params;

static const hone_param params[] = {
    HN_PARAM(fa_params, n_components, .def = "all", .range = "[1, inf)",
             .words = HN_WORDS({"all", 0}), .search = "[1, 20]",
             .doc = "How many factors; all: as many as there are columns."),
    HN_PARAM(fa_params, tolerance, .def = "1e-2", .range = "[0, inf)", .level = HN_ADVANCED,
             .aliases = HN_CHOICES("tol"), .doc = "Stop when the log-likelihood grows by less."),
    HN_PARAM(fa_params, max_iter, .def = "1000", .range = "[1, inf)", .level = HN_ADVANCED,
             .doc = "Steps at most."),
    HN_PARAM(fa_params, rotation, .def = "none",
             .choices = HN_CHOICES("none", "varimax", "quartimax"),
             .doc = "How to turn the factors so that each loads on few columns."),
};

typedef struct fa_state {
    int64_t n_features, n_components;
    double *mean;           /* [n_features] */
    double *components;     /* [n_components, n_features] loadings */
    double *noise_variance; /* [n_features] */
    double log_likelihood;
    int64_t iterations;
    hn_projection to; /* not stored: a row to the factors' expectation */
} fa_state;

static hone_status check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const fa_params *p = values;
    int64_t n = data->x->n_rows, columns = data->x->n_columns, k;
    HN_TRY(hn_need_two_rows(ctx, "factor_analysis", data->x));
    return hn_component_count(ctx, "factor_analysis", p->n_components, n < columns ? n : columns,
                              "the smaller of the numbers of rows and columns", &k);
}

/* ---- EM ------------------------------------------------------------------------------------- */

typedef struct em {
    int64_t n, p, k, r; /* r singular values */
    double *covariance; /* [p, p], or NULL */
    double *matrix;     /* [n, p] centred rows, or NULL */
    double *variance, *psi;
    double *work;      /* as large as covariance or matrix */
    double *squares;   /* [r] squared singular values, descending */
    double *vt;        /* [r, p] */
    double *ascending; /* [p] and [p, p], with covariance */
    double *vectors;
} em;

/* Squared singular values and right vectors of the rows / (sqrt(psi) sqrt(n)). */
static hone_status decompose(hone_ctx *ctx, em *e) {
    int64_t p = e->p;
    if (e->covariance != NULL) {
        for (int64_t i = 0; i < p; i++)
            for (int64_t j = 0; j < p; j++)
                e->work[i * p + j] = e->covariance[i * p + j] /
                                     ((sqrt(e->psi[i]) + SMALL) * (sqrt(e->psi[j]) + SMALL));
        HN_TRY(hn_eigen_symmetric(ctx, p, e->work, e->ascending, e->vectors));
        for (int64_t c = 0; c < p; c++) {
            double value = e->ascending[p - 1 - c];
            e->squares[c] = value > 0 ? value : 0;
            memcpy(e->vt + c * p, e->vectors + (p - 1 - c) * p, (size_t)p * sizeof *e->vt);
        }
        hn_svd_signs(0, p, p, NULL, 0, e->vt);
        return HONE_OK;
    }
    double root = sqrt((double)e->n);
    for (int64_t i = 0; i < e->n; i++)
        for (int64_t j = 0; j < p; j++)
            e->work[i * p + j] = e->matrix[i * p + j] / ((sqrt(e->psi[j]) + SMALL) * root);
    HN_TRY(hn_svd(ctx, e->n, p, e->work, NULL, e->squares, e->vt));
    for (int64_t c = 0; c < e->r; c++) e->squares[c] *= e->squares[c];
    return HONE_OK;
}

/* One step: loadings from psi, and their log-likelihood. */
static hone_status step(hone_ctx *ctx, em *e, double *loadings, double *ret_likelihood) {
    HN_TRY(decompose(ctx, e));
    double sum = (double)e->p * 1.83787706640934548356 + (double)e->k;
    for (int64_t c = 0; c < e->r; c++) {
        if (c >= e->k) {
            sum += e->squares[c];
            continue;
        }
        double root = e->squares[c] > 1 ? sqrt(e->squares[c] - 1) : 0;
        for (int64_t j = 0; j < e->p; j++)
            loadings[c * e->p + j] = root * e->vt[c * e->p + j] * (sqrt(e->psi[j]) + SMALL);
        sum += hn_log(e->squares[c] > 1e-300 ? e->squares[c] : 1e-300);
    }
    for (int64_t j = 0; j < e->p; j++) sum += hn_log(e->psi[j]);
    *ret_likelihood = -(double)e->n / 2 * sum;
    return HONE_OK;
}

static void update_noise(em *e, const double *loadings) {
    for (int64_t j = 0; j < e->p; j++) {
        double common = 0;
        for (int64_t c = 0; c < e->k; c++)
            common += loadings[c * e->p + j] * loadings[c * e->p + j];
        double rest = e->variance[j] - common;
        e->psi[j] = rest > SMALL ? rest : SMALL;
    }
}

static hone_status prepare_em(hone_ctx *ctx, const hn_table *x, double *ret_mean, em *e) {
    int64_t n = e->n, p = e->p;
    e->r = n < p ? n : p;
    HN_TRY(HN_SCRATCH_NEW(ctx, e->variance, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, e->psi, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, e->squares, e->r));
    HN_TRY(HN_SCRATCH_NEW(ctx, e->vt, e->r * p));
    if (n >= p) {
        HN_TRY(HN_SCRATCH_NEW(ctx, e->covariance, p * p));
        HN_TRY(HN_SCRATCH_NEW(ctx, e->work, p * p));
        HN_TRY(HN_SCRATCH_NEW(ctx, e->ascending, p));
        HN_TRY(HN_SCRATCH_NEW(ctx, e->vectors, p * p));
        HN_TRY(hn_scatter(ctx, x, NULL, NULL, ret_mean, e->covariance));
        for (int64_t i = 0; i < p * p; i++) e->covariance[i] /= (double)n;
        for (int64_t j = 0; j < p; j++) e->variance[j] = e->covariance[j * p + j];
    } else {
        HN_TRY(HN_SCRATCH_NEW(ctx, e->work, n * p));
        HN_TRY(hn_column_means(ctx, x, ret_mean));
        HN_TRY(hn_centered_matrix(ctx, ctx->scratch, x, ret_mean, &e->matrix, e->variance));
        for (int64_t j = 0; j < p; j++) e->variance[j] /= (double)n;
    }
    for (int64_t j = 0; j < p; j++) e->psi[j] = 1;
    return HONE_OK;
}

/* ---- rotation -------------------------------------------------------------------------------- */

/* Kaiser (1958): singular vectors of the criterion's gradient until it grows no more. */
static hone_status rotate(hone_ctx *ctx, int rotation, int64_t k, int64_t p, double *components) {
    enum { ROUNDS = 500 };
    const double enough = 1e-6;
    HN_SCRATCH(ctx);
    double *turn, *turned, *cubes, *gradient, *u, *s, *vt, before = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, turn, k * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, turned, k * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, cubes, k * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, gradient, k * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, u, k * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, s, k));
    HN_TRY(HN_SCRATCH_NEW(ctx, vt, k * k));
    for (int64_t c = 0; c < k; c++) turn[c * k + c] = 1;
    for (int round = 0; round < ROUNDS; round++) {
        /* Factors are rows here: turned = turn' components. */
        HN_TRY(hn_gemm(ctx, true, false, k, p, k, 1, turn, k, components, p, 0, turned, p));
        for (int64_t c = 0; c < k; c++) {
            double mean = 0;
            for (int64_t j = 0; j < p; j++) mean += turned[c * p + j] * turned[c * p + j];
            mean = rotation == ROTATION_VARIMAX ? mean / (double)p : 0;
            for (int64_t j = 0; j < p; j++) {
                double t = turned[c * p + j];
                cubes[c * p + j] = t * t * t - t * mean;
            }
        }
        HN_TRY(hn_gemm(ctx, false, true, k, k, p, 1, components, p, cubes, p, 0, gradient, k));
        HN_TRY(hn_svd(ctx, k, k, gradient, u, s, vt));
        HN_TRY(hn_gemm(ctx, false, false, k, k, k, 1, u, k, vt, k, 0, turn, k));
        double now = hn_sum(s, k);
        if (round > 0 && now < before * (1 + enough)) break;
        before = now;
    }
    HN_TRY(hn_gemm(ctx, true, false, k, p, k, 1, turn, k, components, p, 0, turned, p));
    memcpy(components, turned, (size_t)(k * p) * sizeof *turned);
    return HONE_OK;
}

/* ---- fit ------------------------------------------------------------------------------------ */

static hone_status fit(hone_ctx *ctx, const void *values, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    const fa_params *p = values;
    fa_state *s = ret_state;
    HN_SCRATCH(ctx);
    em e = {.n = data->x->n_rows, .p = data->x->n_columns};
    double old = -(double)INFINITY;
    bool settled = false;
    e.k = p->n_components > 0 ? p->n_components : e.n < e.p ? e.n : e.p;
    s->n_features = e.p;
    s->n_components = e.k;
    HN_TRY(HN_NEW(ctx, arena, s->mean, e.p));
    HN_TRY(HN_NEW(ctx, arena, s->components, e.k * e.p));
    HN_TRY(HN_NEW(ctx, arena, s->noise_variance, e.p));
    HN_TRY(prepare_em(ctx, data->x, s->mean, &e));
    for (s->iterations = 0; s->iterations < p->max_iter && !settled;) {
        HN_TRY(hn_check_cancel(ctx));
        HN_TRY(step(ctx, &e, s->components, &s->log_likelihood));
        hn_progress(ctx, "factors", ++s->iterations, p->max_iter, "steps");
        settled = s->log_likelihood - old < p->tolerance;
        old = s->log_likelihood;
        if (!settled) update_noise(&e, s->components);
    }
    if (!settled)
        hn_say(ctx, HONE_LOG_WARN,
               "factor_analysis: the likelihood still grew after %lld steps; raise max_iter or "
               "tolerance",
               (long long)p->max_iter);
    memcpy(s->noise_variance, e.psi, (size_t)e.p * sizeof *e.psi);
    return p->rotation == ROTATION_NONE ? HONE_OK
                                        : rotate(ctx, p->rotation, e.k, e.p, s->components);
}

/* ---- hooks ---------------------------------------------------------------------------------- */

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    const fa_state *s = state;
    return hn_project(ctx, &s->to, "factor", x, arena, ret_out);
}

static hone_status visit(hn_visitor *v, void *state) {
    fa_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_components", &s->n_components));
    HN_TRY(hn_visit_check(v,
                          s->n_features >= 1 && s->n_features < INT32_MAX && s->n_components >= 1 &&
                              s->n_components <= s->n_features,
                          "factor_analysis: number of factors"));
    HN_TRY(hn_visit(v, "mean", &s->mean, s->n_features));
    HN_TRY(hn_visit(v, "components", &s->components, s->n_components, s->n_features));
    HN_TRY(hn_visit(v, "noise_variance", &s->noise_variance, s->n_features));
    HN_TRY(hn_visit(v, "log_likelihood", &s->log_likelihood));
    HN_TRY(hn_visit(v, "n_iter", &s->iterations));
    bool positive = true;
    for (int64_t j = 0; j < s->n_features; j++) positive &= s->noise_variance[j] > 0;
    return hn_visit_check(v, positive, "factor_analysis: noise variances");
}

/* The factors' expectation given a row: (I + W W' / psi)^-1 W / psi (x - mean). By plain elimination:
 * a loaded model needs no LAPACK. The matrix is symmetric, all its eigenvalues 1 and more. */
static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    fa_state *s = state;
    int64_t p = s->n_features, k = s->n_components;
    HN_TRY(hn_projection_check(ctx, "factor_analysis", p, schema));
    HN_SCRATCH(ctx);
    double *a, *weights;
    HN_TRY(HN_SCRATCH_NEW(ctx, a, k * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, weights, k * p));
    for (int64_t i = 0; i < k * p; i++) weights[i] = s->components[i] / s->noise_variance[i % p];
    for (int64_t i = 0; i < k; i++)
        for (int64_t j = 0; j < k; j++)
            a[i * k + j] = (i == j) + hn_dot(weights + i * p, s->components + j * p, p);
    for (int64_t c = 0; c < k; c++) {
        for (int64_t i = c + 1; i < k; i++) {
            double factor = a[i * k + c] / a[c * k + c];
            for (int64_t j = c; j < k; j++) a[i * k + j] -= factor * a[c * k + j];
            for (int64_t j = 0; j < p; j++) weights[i * p + j] -= factor * weights[c * p + j];
        }
    }
    for (int64_t c = k - 1; c >= 0; c--) {
        for (int64_t j = 0; j < p; j++) {
            double sum = weights[c * p + j];
            for (int64_t i = c + 1; i < k; i++) sum -= a[c * k + i] * weights[i * p + j];
            weights[c * p + j] = sum / a[c * k + c];
        }
    }
    return hn_projection_init(ctx, arena, schema, p, k, s->mean, weights, &s->to);
}

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    const fa_state *s = state;
    yyjson_mut_obj_add_real(doc, object, "log_likelihood", s->log_likelihood);
    yyjson_mut_obj_add_int(doc, object, "iterations", s->iterations);
    hn_report_components(doc, object, schema, NULL, s->n_components, s->n_features, s->components);
    return HONE_OK;
}

const hone_estimator hn_factor_analysis = {
    .name = "factor_analysis",
    .title = "Factor analysis",
    .class_names = "FactorAnalysis",
    .family = "decomp",
    .doc =
        "Explains columns by a few common factors and noise that each column has for itself; "
        "gives each row's expected factors. Unlike pca it does not mind columns of unlike scale.",
    .references = "Barber (2012), Bayesian reasoning and machine learning, algorithm 21.1\n"
                  "Kaiser (1958), The varimax criterion",
    .tasks = HN_TASK_NONE,
    .can = HN_NUMERIC_ONLY,
    .params = HN_PARAMS(fa_params, params),
    .state_size = sizeof(fa_state),
    .check = check,
    .fit = fit,
    .transform = transform,
    .visit = visit,
    .prepare = prepare,
    .report = report,
    HN_GOLDEN(
        {.dataset = "tabular/iris/iris.csv",
         .columns = "sepal_length,sepal_width,petal_length,petal_width",
         .params = "{\"n_components\": 2}",
         .metric = "squares",
         .value = 285.3954573706767,
         .tolerance = 1e-6,
         .source = "scikit-learn 1.9.1, FactorAnalysis(2, svd_method='lapack'), sum of squares"}),
};
