/* power_transform.c - columns made like normal ones by the power that does it best.
 *
 * Both transformations are h(t, u) = (exp(t u) - 1) / t of a logarithm u: Box-Cox with u = log x, t = lambda;
 * Yeo-Johnson with u = log(1 + |x|), t = lambda from 0 on and, mirrored, t = 2 - lambda below. */
#include "ml/prep/columns.h"

#include "base/parallel.h"
#include "num/math.h"
#include <assert.h>
#include <float.h>

typedef struct power_params {
    int method;
    bool standardize;
    double lambda;
} power_params;

enum { YEO_JOHNSON, BOX_COX };
static const double FITTED = 1e300; /* the word for a lambda that is learned */

static const hone_param params[] = {
    HN_PARAM(
        power_params, method, .def = "yeo_johnson", .choices = HN_CHOICES("yeo_johnson", "box_cox"),
        .doc = "Yeo-Johnson takes any numbers, Box-Cox those above 0.", .search = "{yeo_johnson}"),
    HN_PARAM(power_params, standardize, .def = "true",
             .doc = "Then subtract the mean and divide by the standard deviation."),
    HN_PARAM(power_params, lambda, .def = "fit", .range = "[-100, 100]", .level = HN_ADVANCED,
             .words = HN_WORDS({"fit", 1e300}),
             .doc = "The power for all columns; fit: the most likely one for each."),
};

typedef struct power_state {
    int64_t n, method, standardize;
    double *lambda; /* [n] */
    double *mean;   /* [n] */
    double *scale;  /* [n] > 0 */
} power_state;

/* ---- the transformations --------------------------------------------------------------------- */

static double h(double t, double u) { return t == 0 ? u : hn_expm1(t * u) / t; }

/* Its derivative by t. */
static double h_slope(double t, double u) {
    double z = t * u;
    if (fabs(z) < 1e-3) return u * u * (0.5 + z * (1.0 / 3 + z * (0.125 + z / 30)));
    return (u * hn_exp(z) - hn_expm1(z) / t) / t;
}

static double apply(int64_t method, double lambda, double x) {
    if (method == BOX_COX) return x > 0 ? h(lambda, hn_log(x)) : (double)NAN;
    return x >= 0 ? h(lambda, hn_log1p(x)) : -h(2 - lambda, hn_log1p(-x));
}

static double unapply(int64_t method, double lambda, double y) {
    bool mirrored = method == YEO_JOHNSON && y < 0;
    double t = mirrored ? 2 - lambda : lambda, z = mirrored ? -y : y;
    if (t != 0 && !(t * z > -1)) return (double)NAN;
    double u = t == 0 ? z : hn_log1p(t * z) / t;
    return method == BOX_COX ? hn_exp(u) : mirrored ? -hn_expm1(u) : hn_expm1(u);
}

/* ---- the likelihood -------------------------------------------------------------------------- */

typedef struct likelihood {
    const double *u; /* [n] logarithms; of negative numbers mirrored */
    const bool *negative;
    double *work; /* [2n] */
    int64_t n;
    double jacobian; /* mean of what lambda adds for each row */
} likelihood;

/* Its slope by lambda, over n: above 0 below the best lambda. */
static double score(const likelihood *l, double lambda) {
    double *y = l->work, *dy = l->work + l->n, n = (double)l->n;
    for (int64_t i = 0; i < l->n; i++) {
        double t = l->negative[i] ? 2 - lambda : lambda, sign = l->negative[i] ? -1 : 1;
        y[i] = sign * h(t, l->u[i]);
        dy[i] = h_slope(t, l->u[i]);
    }
    double mean = hn_sum(y, l->n) / n, slope = hn_sum(dy, l->n) / n;
    for (int64_t i = 0; i < l->n; i++) {
        double off = y[i] - mean;
        dy[i] = off * (dy[i] - slope);
        y[i] = off * off;
    }
    double variance = hn_sum(y, l->n);
    return variance > 0 ? l->jacobian - hn_sum(dy, l->n) / variance : 0;
}

/* The zero of score in [low, high], where its sign changes from + to -: secant steps (Illinois: the end that
 * stays counts half), and every third one halves the bracket, so that no shape makes it slow. */
static double best_lambda(const likelihood *l, double low, double high) {
    double f_low = score(l, low), f_high = score(l, high), last = (double)INFINITY;
    int side = 0;
    if (!(f_low > 0)) return low;
    if (!(f_high < 0)) return high;
    for (int step = 0; step < 200; step++) {
        bool halve = step % 3 == 2;
        double at = low - f_low * (high - low) / (f_high - f_low);
        if (halve || !(at > low && at < high)) at = low + (high - low) / 2;
        if (!halve && fabs(at - last) <= 1e-14 * (1 + fabs(at))) return at;
        if (!halve) last = at;
        double f = score(l, at);
        if (f == 0 || !(at > low && at < high)) return at;
        if (f > 0) {
            low = at;
            f_low = f;
            if (side > 0) f_high /= 2;
        } else {
            high = at;
            f_high = f;
            if (side < 0) f_low /= 2;
        }
        side = f > 0 ? 1 : -1;
    }
    return (low + high) / 2;
}

/* Bounds keep every square within what a double holds. */
enum { MOST_EXPONENT = 340 };

static hone_status learn_lambda(hone_ctx *ctx, int64_t method, const double *x, int64_t n,
                                double *ret_lambda) {
    double *u, *jacobian, most = 0, low, high;
    bool *negative, any_negative = false, any_positive = false;
    likelihood l = {.n = n};
    HN_TRY(HN_SCRATCH_NEW(ctx, u, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, jacobian, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, negative, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, l.work, 2 * n));
    for (int64_t i = 0; i < n; i++) {
        negative[i] = method == YEO_JOHNSON && x[i] < 0;
        u[i] = method == BOX_COX ? hn_log(x[i]) : hn_log1p(fabs(x[i]));
        jacobian[i] = negative[i] ? -u[i] : u[i];
        any_negative |= negative[i];
        any_positive |= x[i] > 0;
    }
    l.jacobian = hn_sum(jacobian, n) / (double)n;
    if (!any_negative || !any_positive) {
        /* Of one sign a unit of measure changes nothing, so take one near the values: far from it powers hardly
         * differ, and rounding would decide. */
        double mean = hn_sum(u, n) / (double)n;
        for (int64_t i = 0; i < n; i++) u[i] -= mean;
        l.jacobian = 0;
    }
    for (int64_t i = 0; i < n; i++) most = fabs(u[i]) > most ? fabs(u[i]) : most;
    *ret_lambda = 1;
    if (!(most > 0)) return HONE_OK;
    high = MOST_EXPONENT / most;
    low = -high;
    if (any_negative) { /* 2 - lambda is bounded likewise */
        low = any_positive && low > 2 - high ? low : 2 - high;
        if (any_positive && 2 + MOST_EXPONENT / most < high) high = 2 + MOST_EXPONENT / most;
        if (!any_positive) high = 2 + MOST_EXPONENT / most;
    }
    l.u = u;
    l.negative = negative;
    *ret_lambda = best_lambda(&l, low, high);
    return HONE_OK;
}

/* ---- fit ------------------------------------------------------------------------------------- */

typedef struct fit_job {
    const power_params *params;
    const hn_table *x;
    power_state *state;
} fit_job;

static double mean_of(double *values, int64_t n, double *ret_variance) {
    double mean = hn_sum(values, n) / (double)n;
    for (int64_t i = 0; i < n; i++) values[i] = (values[i] - mean) * (values[i] - mean);
    *ret_variance = hn_sum(values, n) / (double)n;
    return mean;
}

/* A deviation that rounding alone could make is none. */
static bool is_constant(double variance, double mean, int64_t n) {
    double noise = (double)n * mean * DBL_EPSILON;
    return !(variance > (double)n * DBL_EPSILON * variance + noise * noise);
}

static hone_status learn(hone_ctx *ctx, void *arg, int32_t j) {
    const fit_job *job = arg;
    power_state *s = job->state;
    const hn_column *column = &job->x->columns[j];
    HN_SCRATCH(ctx);
    double *values, *work, variance, mean;
    int64_t n;
    s->lambda[j] = job->params->lambda == FITTED ? 1 : job->params->lambda;
    s->mean[j] = 0;
    s->scale[j] = 1;
    HN_TRY(hn_present_values(ctx, column, &values, &n));
    if (n == 0) return HONE_OK;
    for (int64_t i = 0; i < n && s->method == BOX_COX; i++)
        if (!(values[i] > 0))
            return hn_fail_at(ctx, HONE_ERROR_DATA,
                              HN_AT(.column = column->name, .param = "method"),
                              "power_transform: column '%s' holds %g, and Box-Cox takes numbers "
                              "above 0; set method to yeo_johnson",
                              column->name, values[i]);
    HN_TRY(HN_SCRATCH_NEW(ctx, work, n));
    for (int64_t i = 0; i < n; i++) work[i] = values[i];
    mean = mean_of(work, n, &variance);
    if (job->params->lambda == FITTED && !is_constant(variance, mean, n))
        HN_TRY(learn_lambda(ctx, s->method, values, n, &s->lambda[j]));
    if (!s->standardize) return HONE_OK;
    for (int64_t i = 0; i < n; i++) work[i] = apply(s->method, s->lambda[j], values[i]);
    s->mean[j] = mean_of(work, n, &variance);
    if (!is_constant(variance, s->mean[j], n)) s->scale[j] = sqrt(variance);
    if (isfinite(s->mean[j]) && isfinite(s->scale[j])) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = column->name),
                      "power_transform: the numbers of column '%s' are too large to be raised to "
                      "the power %g; scale them first",
                      column->name, s->lambda[j]);
}

static hone_status fit(hone_ctx *ctx, const void *params_, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    const power_params *p = params_;
    power_state *s = ret_state;
    s->n = data->x->n_columns;
    s->method = p->method;
    s->standardize = p->standardize;
    HN_TRY(HN_NEW(ctx, arena, s->lambda, s->n));
    HN_TRY(HN_NEW(ctx, arena, s->mean, s->n));
    HN_TRY(HN_NEW(ctx, arena, s->scale, s->n));
    fit_job job = {.params = p, .x = data->x, .state = s};
    return hn_each_column(ctx, (int32_t)s->n, learn, &job);
}

/* ---- use ------------------------------------------------------------------------------------- */

static hone_status raise(hone_ctx *ctx, const void *state, int32_t j, double *values, int64_t n) {
    (void)ctx;
    const power_state *s = state;
    for (int64_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            values[i] = (apply(s->method, s->lambda[j], values[i]) - s->mean[j]) / s->scale[j];
    return HONE_OK;
}

static hone_status unraise(hone_ctx *ctx, const void *state, int32_t j, double *values, int64_t n) {
    (void)ctx;
    const power_state *s = state;
    for (int64_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            values[i] = unapply(s->method, s->lambda[j], values[i] * s->scale[j] + s->mean[j]);
    return HONE_OK;
}

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    assert(x->n_columns == ((const power_state *)state)->n);
    return hn_map_columns(ctx, state, x, raise, arena, ret_out);
}

static hone_status inverse(hone_ctx *ctx, const void *state, const hn_table *z,
                           const hn_table *schema, hn_arena *arena, hn_table *ret_out) {
    return hn_map_back(ctx, state, z, schema, unraise, arena, ret_out);
}

static hone_status visit(hn_visitor *v, void *state) {
    power_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n));
    HN_TRY(hn_visit(v, "method", &s->method));
    HN_TRY(hn_visit(v, "standardize", &s->standardize));
    HN_TRY(hn_visit_check(v, s->n >= 0 && s->n < INT32_MAX, "power_transform: columns"));
    HN_TRY(hn_visit(v, "lambdas", &s->lambda, s->n));
    HN_TRY(hn_visit(v, "mean", &s->mean, s->n));
    return hn_visit(v, "scale", &s->scale, s->n);
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    (void)arena;
    return hn_prepare_numbers(ctx, "power_transform", schema, ((const power_state *)state)->n);
}

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    const power_state *s = state;
    hn_json_mut *columns = yyjson_mut_obj_add_obj(doc, object, "columns");
    for (int32_t j = 0; j < s->n; j++) {
        hn_json_mut *one = yyjson_mut_obj(doc);
        yyjson_mut_obj_add_real(doc, one, "lambda", s->lambda[j]);
        yyjson_mut_obj_add_real(doc, one, "mean", s->mean[j]);
        yyjson_mut_obj_add_real(doc, one, "scale", s->scale[j]);
        yyjson_mut_obj_add(columns, yyjson_mut_strcpy(doc, schema->columns[j].name), one);
    }
    return HONE_OK;
}

const hone_estimator hn_power_transform = {
    .name = "power_transform",
    .title = "Powers towards a normal shape",
    .class_names = "PowerTransformer",
    .family = "prep",
    .doc = "Raises each column to the power (Yeo-Johnson or Box-Cox) that makes its distribution "
           "most like a normal one, then scales it to mean 0 and deviation 1. Missing values stay "
           "missing.",
    .references = "Box, Cox (1964). An analysis of transformations.\n"
                  "Yeo, Johnson (2000). A new family of power transformations to improve normality "
                  "or symmetry.",
    .tasks = HN_TASK_NONE,
    .can = HN_CAN_MISSING | HN_NUMERIC_ONLY | HN_CAN_INVERT,
    .params = HN_PARAMS(power_params, params),
    .state_size = sizeof(power_state),
    .fit = fit,
    .transform = transform,
    .inverse = inverse,
    .visit = visit,
    .prepare = prepare,
    .report = report,
    HN_GOLDEN({.dataset = "tabular/california_housing/housing.csv",
               .columns = "total_rooms,total_bedrooms,median_income",
               .params = "{\"standardize\": false}",
               .metric = "sum",
               .value = 702287.2968255563,
               .tolerance = 0.5,
               .source = "scikit-learn 1.9.1, PowerTransformer(standardize=False)"}),
};
