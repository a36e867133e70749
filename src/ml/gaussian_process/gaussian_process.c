/* gaussian_process.c - Gaussian processes for numbers and classes of small data, declared. */
#include "base/rng.h"
#include "ml/gaussian_process/gp.h"
#include "num/blas.h"
#include "num/math.h"
#include "num/optimize.h"
#include "spec/estimator.h"
#include "table/rows.h"
#include <string.h>

typedef struct gp_params {
    int kernel;
    double length_scale;
    bool anisotropic;
    double shape, constant, noise, alpha;
    bool normalize_y, optimize;
    int64_t n_restarts, max_iter, max_rows;
} gp_params;

static const hone_param params[] = {
    HN_PARAM(gp_params, kernel, .def = "rbf",
             .choices = HN_CHOICES("rbf", "matern12", "matern32", "matern52", "rational_quadratic"),
             .doc =
                 "How likeness falls with distance: rbf is the smoothest, matern12 the roughest."),
    HN_PARAM(gp_params, length_scale, .def = "1", .range = "(0, inf)",
             .doc = "Distance over which values stay alike; where the search starts."),
    HN_PARAM(gp_params, anisotropic, .def = "false",
             .doc = "A length scale of its own for every feature: tells which ones matter."),
    HN_PARAM(gp_params, shape, .def = "1", .range = "(0, inf)", .level = HN_ADVANCED,
             .doc = "rational_quadratic: small mixes many length scales; where the search starts."),
    HN_PARAM(gp_params, constant, .def = "1", .range = "(0, inf)", .level = HN_ADVANCED,
             .doc = "Variance of the function; where the search starts."),
    HN_PARAM(gp_params, noise, .def = "1", .range = "[0, inf)",
             .doc = "Numbers: variance of noise, where the search starts; 0: none is looked for."),
    HN_PARAM(gp_params, alpha, .def = "1e-10", .range = "[0, inf)", .level = HN_ADVANCED,
             .doc = "Numbers: added to the variance of every training row, as it is."),
    HN_PARAM(gp_params, normalize_y, .def = "true", .level = HN_ADVANCED,
             .doc = "Numbers: take mean and scale from the target first."),
    HN_PARAM(gp_params, optimize, .def = "true",
             .doc = "Find what makes the data most likely; else parameters are as given."),
    HN_PARAM(gp_params, n_restarts, .def = "0", .range = "[0, 1000]", .level = HN_ADVANCED,
             .aliases = HN_CHOICES("n_restarts_optimizer"),
             .doc = "Further searches from random starts; the most likely is kept."),
    HN_PARAM(gp_params, max_iter, .def = "100", .range = "[1, inf)", .level = HN_ADVANCED,
             .doc = "Iterations of a search at most."),
    HN_PARAM(gp_params, max_rows, .def = "5000", .range = "[2, 20000]", .level = HN_ADVANCED,
             .doc = "Of more rows so many are drawn: time grows with their cube."),
};

typedef struct gp_state {
    int64_t n_features, n_classes; /* n_classes 1: numbers */
    int64_t n_outputs, n_rows, n_theta, kernel, anisotropic, noisy;
    double *x_train;              /* [n, p] */
    double *theta;                /* [outputs, n_theta] see gp.h */
    double *alpha, *root, *lower; /* [outputs, n], [outputs, n], [outputs, n, n]: see hn_gp_fit */
    double *log_marginal_likelihood; /* [outputs] */
    int64_t *n_iter, *converged; /* [outputs] of the search that was kept; 0 and 1 without one */
    double y_mean, y_scale;
    double *inverse; /* [outputs, p] 1 / length, not stored */
} gp_state;

/* ---- fit ------------------------------------------------------------------------------------ */

static const double LOW = -11.512925464970229, HIGH = 11.512925464970229; /* log of 1e-5 and 1e5 */

typedef struct search {
    const hn_gp *g;
    const double *y;
    hn_gp_method *method;
} search;

/* Where rounding leaves no covariance, nothing is likely. */
static hone_status objective(hone_ctx *ctx, void *arg, const double *theta, double *ret_value,
                             double *ret_gradient) {
    const search *s = arg;
    hone_status status = s->method(ctx, s->g, s->y, theta, ret_value, ret_gradient, NULL);
    if (status != HONE_ERROR_DATA) HN_TRY(status);
    *ret_value = status == HONE_OK ? -*ret_value : INFINITY;
    for (int64_t t = 0; t < s->g->n_theta; t++)
        ret_gradient[t] = status == HONE_OK ? -ret_gradient[t] : 0;
    return HONE_OK;
}

static void first_theta(const hn_gp *g, const gp_params *p, double *theta) {
    theta[HN_GP_CONSTANT] = hn_log(p->constant);
    for (int64_t j = 0; j < g->n_scales; j++) theta[HN_GP_SCALES + j] = hn_log(p->length_scale);
    if (g->kind == HN_GP_RATIONAL) theta[hn_gp_shape(g)] = hn_log(p->shape);
    if (g->noisy) theta[hn_gp_noise(g)] = hn_log(p->noise);
}

/* theta is the first start, and what was found. Stops where scikit-learn's search does. */
static hone_status optimise(hone_ctx *ctx, const gp_params *p, search *s, int64_t output,
                            double *theta, hn_minimum *ret_minimum) {
    HN_SCRATCH(ctx);
    int64_t n = s->g->n_theta;
    double *own, *low, *high;
    HN_TRY(HN_SCRATCH_NEW(ctx, own, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, low, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, high, n));
    for (int64_t t = 0; t < n; t++) {
        low[t] = LOW;
        high[t] = HIGH;
    }
    *ret_minimum = (hn_minimum){.value = INFINITY};
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("gaussian_process.start", (uint64_t)output));
    for (int64_t run = 0; run <= p->n_restarts; run++) {
        hn_minimum minimum;
        for (int64_t t = 0; t < n; t++)
            own[t] = run == 0 ? theta[t] : LOW + (HIGH - LOW) * hn_rng_uniform(&rng);
        HN_TRY(
            hn_bfgs_box(ctx, n, own, low, high, objective, s, 1e-5, 2.2e-9, p->max_iter, &minimum));
        if (!(minimum.value < ret_minimum->value)) continue;
        *ret_minimum = minimum;
        memcpy(theta, own, (size_t)n * sizeof *theta);
    }
    return HONE_OK;
}

typedef struct fitting {
    const gp_params *p;
    const hone_data *data;
    gp_state *s;
    hn_gp g;
    const double *y; /* [n] */
} fitting;

static hone_status fit_output(hone_ctx *ctx, const fitting *f, int64_t output) {
    HN_SCRATCH(ctx);
    gp_state *s = f->s;
    int64_t n = s->n_rows;
    bool classes = f->data->n_classes > 0;
    double *y, *theta = s->theta + output * s->n_theta, value;
    HN_TRY(HN_SCRATCH_NEW(ctx, y, n));
    for (int64_t i = 0; i < n; i++) {
        double one = s->n_outputs == 1 ? 1 : (double)output;
        y[i] = classes ? f->y[i] == one : (f->y[i] - s->y_mean) / s->y_scale;
    }
    hn_gp_fit fit = {s->alpha + output * n, s->root + output * n, s->lower + output * n * n, 0};
    search own = {.g = &f->g, .y = y, .method = classes ? hn_gp_laplace : hn_gp_exact};
    first_theta(&f->g, f->p, theta);
    hn_minimum found = {.converged = true};
    if (f->p->optimize) HN_TRY(optimise(ctx, f->p, &own, output, theta, &found));
    if (!found.converged && isfinite(found.value))
        hn_say(ctx, HONE_LOG_WARN,
               "gaussian_process: the search has not converged after %lld iterations; raise "
               "'max_iter'",
               (long long)found.iterations);
    HN_TRY(own.method(ctx, &f->g, y, theta, &value, NULL, &fit));
    s->log_marginal_likelihood[output] = fit.value;
    s->n_iter[output] = found.iterations;
    s->converged[output] = found.converged;
    return HONE_OK;
}

/* All rows, or as many as may be, drawn. */
static hone_status take_rows(hone_ctx *ctx, hn_arena *arena, fitting *f) {
    const hn_table *x = f->data->x;
    gp_state *s = f->s;
    int64_t *rows;
    double *y;
    s->n_rows = x->n_rows < f->p->max_rows ? x->n_rows : f->p->max_rows;
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, s->n_rows));
    HN_TRY(HN_SCRATCH_NEW(ctx, y, s->n_rows));
    HN_TRY(HN_NEW(ctx, arena, s->x_train, s->n_rows * s->n_features));
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("gaussian_process.rows", 0));
    hn_rng_choose(&rng, x->n_rows, s->n_rows, rows);
    if (s->n_rows < x->n_rows)
        hn_say(ctx, HONE_LOG_WARN, "gaussian_process: %lld of %lld rows are drawn; see 'max_rows'",
               (long long)s->n_rows, (long long)x->n_rows);
    for (int64_t i = 0; i < s->n_rows; i++) {
        hn_table_rows(x, rows[i], rows[i] + 1, s->x_train + i * s->n_features);
        y[i] = f->data->y[rows[i]];
    }
    f->y = y;
    return HONE_OK;
}

static void scale_target(fitting *f) {
    gp_state *s = f->s;
    double sum = 0;
    s->y_mean = 0;
    s->y_scale = 1;
    if (f->data->n_classes > 0 || !f->p->normalize_y) return;
    s->y_mean = hn_sum(f->y, s->n_rows) / (double)s->n_rows;
    for (int64_t i = 0; i < s->n_rows; i++) sum += (f->y[i] - s->y_mean) * (f->y[i] - s->y_mean);
    if (sum > 0) s->y_scale = sqrt(sum / (double)s->n_rows);
}

static hone_status gp_fit(hone_ctx *ctx, const void *values, const hone_data *data, hn_arena *arena,
                          void *state) {
    HN_SCRATCH(ctx);
    gp_state *s = state;
    fitting f = {.p = values, .data = data, .s = s};
    bool classes = data->n_classes > 0;
    s->n_features = data->x->n_columns;
    s->n_classes = classes ? data->n_classes : 1;
    s->n_outputs = s->n_classes > 2 ? s->n_classes : 1;
    s->kernel = f.p->kernel;
    s->anisotropic = f.p->anisotropic && s->n_features > 1;
    s->noisy = !classes && f.p->noise > 0;
    HN_TRY(take_rows(ctx, arena, &f));
    scale_target(&f);
    f.g = (hn_gp){.kind = s->kernel,
                  .n_scales = s->anisotropic ? s->n_features : 1,
                  .noisy = s->noisy,
                  .x = s->x_train,
                  .n = s->n_rows,
                  .p = s->n_features,
                  .jitter = classes ? 0 : f.p->alpha};
    s->n_theta = f.g.n_theta = hn_gp_noise(&f.g) + f.g.noisy;
    HN_TRY(HN_NEW(ctx, arena, s->theta, s->n_outputs * s->n_theta));
    HN_TRY(HN_NEW(ctx, arena, s->alpha, s->n_outputs * s->n_rows));
    HN_TRY(HN_NEW(ctx, arena, s->root, s->n_outputs * s->n_rows));
    HN_TRY(HN_NEW(ctx, arena, s->lower, s->n_outputs * s->n_rows * s->n_rows));
    HN_TRY(HN_NEW(ctx, arena, s->log_marginal_likelihood, s->n_outputs));
    HN_TRY(HN_NEW(ctx, arena, s->n_iter, s->n_outputs));
    HN_TRY(HN_NEW(ctx, arena, s->converged, s->n_outputs));
    for (int64_t o = 0; o < s->n_outputs; o++) {
        HN_TRY(fit_output(ctx, &f, o));
        hn_progress(ctx, "fitting", o + 1, s->n_outputs, "classes");
    }
    return HONE_OK;
}

/* ---- answers -------------------------------------------------------------------------------- */

/* Mean and, unless NULL, variance of output o at row; work [2 n]. */
static double predict_one(const gp_state *s, int64_t o, const double *row, double *work,
                          double *ret_variance) {
    int64_t n = s->n_rows, p = s->n_features;
    const double *theta = s->theta + o * s->n_theta, *inverse = s->inverse + o * p;
    double constant = hn_exp(theta[HN_GP_CONSTANT]), *k = work, *v = work + n;
    hn_gp g = {.kind = s->kernel, .n_scales = s->anisotropic ? p : 1};
    double shape = s->kernel == HN_GP_RATIONAL ? hn_exp(theta[hn_gp_shape(&g)]) : 1;
    for (int64_t i = 0; i < n; i++)
        k[i] = hn_gp_covariance(s->kernel, row, s->x_train + i * p, inverse, p, constant, shape);
    double mean = hn_dot(k, s->alpha + o * n, n);
    if (!ret_variance) return mean;
    const double *lower = s->lower + o * n * n, *root = s->root + o * n;
    for (int64_t i = 0; i < n; i++)
        v[i] = (root[i] * k[i] - hn_dot(lower + i * n, v, i)) / lower[i * n + i];
    double noise = s->noisy ? hn_exp(theta[hn_gp_noise(&g)]) : 0;
    double variance = constant + noise - hn_dot(v, v, n);
    *ret_variance = variance > 0 ? variance : 0;
    return mean;
}

/* The expected sigmoid of a normal variable, by five error functions: Williams, Barber (1998), appendix A. */
static double expected_sigmoid(double mean, double variance) {
    static const double lambda[] = {0.41, 0.4, 0.37, 0.44, 0.39};
    static const double weight[] = {-1854.8214151, 3516.89893646, 221.29346712, 128.12323805,
                                    -2010.49422654};
    double sum = 0;
    for (int i = 0; i < 5; i++) {
        double z = lambda[i] * mean / sqrt(1 + 2 * lambda[i] * lambda[i] * variance);
        sum += weight[i] * hn_normal_cdf(z * M_SQRT2); /* (1 + erf z) / 2 */
    }
    return sum < 0 ? 0 : sum > 1 ? 1 : sum;
}

static void answer_row(const void *arg, double *row, double *work, double *ret) {
    const gp_state *s = arg;
    double sum = 0;
    if (s->n_classes == 1) {
        ret[0] = s->y_mean + s->y_scale * predict_one(s, 0, row, work, NULL);
        return;
    }
    for (int64_t o = 0; o < s->n_outputs; o++) {
        double variance, mean = predict_one(s, o, row, work, &variance);
        ret[o] = expected_sigmoid(mean, variance);
        sum += ret[o];
    }
    if (s->n_classes == 2) {
        ret[1] = ret[0];
        ret[0] = 1 - ret[1];
        return;
    }
    for (int64_t c = 0; c < s->n_classes; c++)
        ret[c] = sum > 0 ? ret[c] / sum : 1 / (double)s->n_classes;
}

static hone_status gp_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                              double *ret_out) {
    const gp_state *s = state;
    return hn_each_row(ctx, x, answer_row, s, 2 * s->n_rows, s->n_classes, ret_out);
}

static void spread_row(const void *arg, double *row, double *work, double *ret) {
    const gp_state *s = arg;
    for (int64_t o = 0; o < s->n_outputs; o++) {
        double variance, mean = predict_one(s, o, row, work, &variance);
        ret[2 * o] = s->y_mean + s->y_scale * mean;
        ret[2 * o + 1] = s->y_scale * sqrt(variance);
    }
}

/* Mean and standard deviation: of the answer, or of every class's latent function. */
static hone_status gp_transform(hone_ctx *ctx, const void *state, const hn_table *x,
                                hn_arena *arena, hn_table *ret_out) {
    const gp_state *s = state;
    int64_t n = x->n_rows, columns = 2 * s->n_outputs;
    hn_table out = {.n_rows = n, .n_columns = (int32_t)columns};
    double *matrix;
    HN_TRY(HN_NEW(ctx, arena, out.columns, columns));
    HN_TRY(HN_NEW(ctx, arena, matrix, n * columns));
    HN_TRY(hn_each_row(ctx, x, spread_row, s, 2 * s->n_rows, columns, matrix));
    for (int64_t c = 0; c < columns; c++) {
        char *name = s->n_outputs == 1
                         ? hn_arena_strdup(ctx, arena, c == 0 ? "mean" : "std")
                         : hn_arena_printf(ctx, arena, "%s_%lld", c % 2 == 0 ? "mean" : "std",
                                           (long long)(c / 2));
        if (!name) return HONE_ERROR_MEMORY;
        out.columns[c] = hn_column_of_f64(name, matrix + c, n);
        out.columns[c].stride = columns * (int64_t)sizeof *matrix;
    }
    *ret_out = out;
    return HONE_OK;
}

/* ---- storing and showing -------------------------------------------------------------------- */

static int64_t gp_outputs(const void *state) { return ((const gp_state *)state)->n_classes; }

static hone_status gp_visit(hn_visitor *v, void *state) {
    enum { MOST = 1 << 20 };
    gp_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_classes", &s->n_classes));
    HN_TRY(hn_visit(v, "n_rows", &s->n_rows));
    HN_TRY(hn_visit(v, "kernel", &s->kernel));
    HN_TRY(hn_visit(v, "anisotropic", &s->anisotropic));
    HN_TRY(hn_visit(v, "noisy", &s->noisy));
    HN_TRY(hn_visit_check(v, s->n_features >= 1 && s->n_features <= INT32_MAX, "bad n_features"));
    HN_TRY(hn_visit_check(v, s->n_classes >= 1 && s->n_classes <= MOST, "bad n_classes"));
    HN_TRY(hn_visit_check(v, s->n_rows >= 1 && s->n_rows <= MOST, "bad n_rows"));
    HN_TRY(hn_visit_check(v, s->kernel >= 0 && s->kernel < HN_GP_COUNT, "bad kernel"));
    s->n_outputs = s->n_classes > 2 ? s->n_classes : 1;
    hn_gp g = {.kind = s->kernel, .n_scales = s->anisotropic ? s->n_features : 1};
    s->n_theta = hn_gp_noise(&g) + (s->noisy != 0);
    HN_TRY(hn_visit(v, "y_mean", &s->y_mean));
    HN_TRY(hn_visit(v, "y_scale", &s->y_scale));
    HN_TRY(hn_visit(v, "X_train", &s->x_train, s->n_rows, s->n_features));
    HN_TRY(hn_visit(v, "theta", &s->theta, s->n_outputs, s->n_theta));
    HN_TRY(hn_visit(v, "alpha", &s->alpha, s->n_outputs, s->n_rows));
    HN_TRY(hn_visit(v, "root", &s->root, s->n_outputs, s->n_rows));
    HN_TRY(hn_visit(v, "L", &s->lower, s->n_outputs, s->n_rows, s->n_rows));
    HN_TRY(hn_visit(v, "log_marginal_likelihood_value", &s->log_marginal_likelihood, s->n_outputs));
    HN_TRY(hn_visit(v, "n_iter", &s->n_iter, s->n_outputs));
    return hn_visit(v, "converged", &s->converged, s->n_outputs);
}

static hone_status gp_prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    (void)schema;
    gp_state *s = state;
    int64_t p = s->n_features;
    HN_TRY(HN_NEW(ctx, arena, s->inverse, s->n_outputs * p));
    for (int64_t i = 0; i < s->n_outputs * p; i++) {
        const double *scales = s->theta + i / p * s->n_theta + HN_GP_SCALES;
        s->inverse[i] = hn_exp(-scales[s->anisotropic ? i % p : 0]);
    }
    return HONE_OK;
}

static hone_status gp_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                             hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    const gp_state *s = state;
    hn_json_mut *outputs = yyjson_mut_obj_add_arr(doc, object, "kernels");
    hn_gp g = {.kind = s->kernel, .n_scales = s->anisotropic ? s->n_features : 1};
    for (int64_t o = 0; o < s->n_outputs; o++) {
        const double *theta = s->theta + o * s->n_theta;
        hn_json_mut *one = yyjson_mut_arr_add_obj(doc, outputs);
        yyjson_mut_obj_add_real(doc, one, "constant", hn_exp(theta[HN_GP_CONSTANT]));
        hn_json_mut *scales = yyjson_mut_obj_add_obj(doc, one, "length_scale");
        for (int64_t j = 0; j < g.n_scales; j++)
            yyjson_mut_obj_add(
                scales, yyjson_mut_strcpy(doc, s->anisotropic ? schema->columns[j].name : "all"),
                yyjson_mut_real(doc, hn_exp(theta[HN_GP_SCALES + j])));
        if (s->kernel == HN_GP_RATIONAL)
            yyjson_mut_obj_add_real(doc, one, "shape", hn_exp(theta[hn_gp_shape(&g)]));
        if (s->noisy) yyjson_mut_obj_add_real(doc, one, "noise", hn_exp(theta[hn_gp_noise(&g)]));
        yyjson_mut_obj_add_real(doc, one, "log_marginal_likelihood", s->log_marginal_likelihood[o]);
        yyjson_mut_obj_add_int(doc, one, "iterations", s->n_iter[o]);
        yyjson_mut_obj_add_bool(doc, one, "converged", s->converged[o] != 0);
    }
    return HONE_OK;
}

static hone_status attributes(hn_visitor *v, const void *state, const hn_shown *shown) {
    (void)shown;
    const gp_state *s = state;
    if (s->n_classes > 1) return HONE_OK;
    HN_TRY(hn_show(v, "alpha", s->alpha, s->n_rows));
    HN_TRY(hn_show(v, "L", s->lower, s->n_rows, s->n_rows));
    return hn_show(v, "log_marginal_likelihood_value", s->log_marginal_likelihood);
}

const hone_estimator hn_gaussian_process = {
    .name = "gaussian_process",
    .title = "Gaussian process",
    .class_names = "GaussianProcessClassifier GaussianProcessRegressor",
    .family = "gaussian_process",
    .doc =
        "Takes the answer for a smooth random function and conditions it on the rows: exact where "
        "it knows, and it knows where it doesn't (transform gives mean and standard deviation). "
        "For up to some thousand rows.",
    .references = "Rasmussen, Williams (2006), Gaussian Processes for Machine Learning\n"
                  "Williams, Barber (1998), Bayesian classification with Gaussian processes",
    .tasks = HN_TASK_CLASSIFY | HN_TASK_REGRESSION,
    .can = HN_CAN_PROBABILITIES | HN_WANTS_SCALING,
    .example = "{\"max_rows\":60,\"max_iter\":5}",
    .attributes = attributes,
    .params = HN_PARAMS(gp_params, params),
    .state_size = sizeof(gp_state),
    .fit = gp_fit,
    .predict = gp_predict,
    .outputs = gp_outputs,
    .transform = gp_transform,
    .visit = gp_visit,
    .prepare = gp_prepare,
    .report = gp_report,
    HN_GOLDEN({"tabular/iris/iris.csv", "species", NULL, "{\"optimize\":false}", "all", "log_loss",
               0.3230949565945164, 1e-6,
               "scikit-learn 1.9.1, StandardScaler, GaussianProcessClassifier()"},
              {"tabular/diabetes/diabetes.csv", "target", NULL, NULL, "all", "r2", 0.5562228612,
               1e-4,
               "scikit-learn 1.9.1, StandardScaler, GaussianProcessRegressor(1.0 * RBF() + "
               "WhiteKernel(), normalize_y=True)"}),
};
