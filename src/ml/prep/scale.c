/* scale.c - numeric columns brought to like scales: by mean and deviation, by range, by quantiles.
 *
 * All leave the same state, (x - shift) / spread * width + base, and share everything but
 * what they learn. */
#include "ml/prep/columns.h"

#include "base/parallel.h"
#include "num/simd.h"
#include "num/sort.h"
#include <assert.h>
#include <float.h>

typedef struct scale_state {
    int64_t n;
    double *shift;  /* [n] */
    double *spread; /* [n] > 0 */
    double width, base;
    double low, high; /* results are kept within */
} scale_state;

/* ---- transform ------------------------------------------------------------------------------- */

HN_CLONES static hone_status scale(hone_ctx *ctx, const void *state, int32_t j, double *values,
                                   int64_t n) {
    (void)ctx;
    const scale_state s = *(const scale_state *)state; /* a copy, as values might be part of it */
    double shift = s.shift[j], spread = s.spread[j];
    HN_SIMD
    for (int64_t i = 0; i < n; i++) {
        double value = (values[i] - shift) / spread * s.width + s.base;
        value = value < s.low ? s.low : value; /* NaN stays NaN */
        values[i] = value > s.high ? s.high : value;
    }
    return HONE_OK;
}

HN_CLONES static void scale_rows(const void *state, double *rows, int64_t n, int64_t p) {
    const scale_state s = *(const scale_state *)state;
    const double *restrict shift = s.shift, *restrict spread = s.spread;
    for (int64_t i = 0; i < n; i++) {
        double *restrict row = rows + i * p;
        HN_SIMD
        for (int64_t j = 0; j < p; j++) {
            double value = (row[j] - shift[j]) / spread[j] * s.width + s.base;
            value = value < s.low ? s.low : value;
            row[j] = value > s.high ? s.high : value;
        }
    }
}

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    assert(x->n_columns == ((const scale_state *)state)->n);
    return hn_columns_are_rows(x) ? hn_map_rows(ctx, state, x, scale_rows, arena, ret_out)
                                  : hn_map_columns(ctx, state, x, scale, arena, ret_out);
}

static hone_status unscale(hone_ctx *ctx, const void *state, int32_t j, double *values, int64_t n) {
    (void)ctx;
    const scale_state s = *(const scale_state *)state;
    double shift = s.shift[j], spread = s.spread[j];
    for (int64_t i = 0; i < n; i++) values[i] = (values[i] - s.base) / s.width * spread + shift;
    return HONE_OK;
}

static hone_status inverse(hone_ctx *ctx, const void *state, const hn_table *z,
                           const hn_table *schema, hn_arena *arena, hn_table *ret_out) {
    return hn_map_back(ctx, state, z, schema, unscale, arena, ret_out);
}

/* ---- fit ------------------------------------------------------------------------------------- */

typedef struct fit_job {
    const void *params;
    const hn_table *x;
    scale_state *state;
    /* Learns shift and spread of one column from its n >= 1 present values, which it may reorder.
     */
    hone_status (*learn)(hone_ctx *ctx, const void *params, double *values, int64_t n,
                         double *shift, double *spread);
} fit_job;

static hone_status fit_column(hone_ctx *ctx, void *arg, int32_t j, const hn_column *column) {
    const fit_job *job = arg;
    double *values;
    int64_t n;
    HN_SCRATCH(ctx);
    job->state->shift[j] = 0;
    job->state->spread[j] = 1;
    HN_TRY(hn_present_values(ctx, column, &values, &n));
    if (n == 0) return HONE_OK;
    return job->learn(ctx, job->params, values, n, &job->state->shift[j], &job->state->spread[j]);
}

static hone_status fit_all(hone_ctx *ctx, fit_job *job, hn_arena *arena) {
    scale_state *s = job->state;
    s->n = job->x->n_columns;
    s->width = 1;
    s->base = 0;
    s->low = -(double)INFINITY;
    s->high = (double)INFINITY;
    HN_TRY(HN_NEW(ctx, arena, s->shift, s->n));
    HN_TRY(HN_NEW(ctx, arena, s->spread, s->n));
    return hn_each_values(ctx, job->x, fit_column, job);
}

/* What is smaller than rounding could make it counts as no spread at all. */
static double spread_or_one(double spread) { return spread < 10 * DBL_EPSILON ? 1 : spread; }

/* ---- keeping --------------------------------------------------------------------------------- */

static hone_status visit(hn_visitor *v, void *state) {
    scale_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n));
    HN_TRY(hn_visit_check(v, s->n >= 0 && s->n < INT32_MAX, "scale: number of columns"));
    HN_TRY(hn_visit(v, "shift", &s->shift, s->n));
    HN_TRY(hn_visit(v, "spread", &s->spread, s->n));
    HN_TRY(hn_visit(v, "width", &s->width));
    HN_TRY(hn_visit(v, "base", &s->base));
    HN_TRY(hn_visit(v, "low", &s->low));
    return hn_visit(v, "high", &s->high);
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    (void)arena;
    const scale_state *s = state;
    bool ok = schema->n_columns == s->n;
    for (int32_t j = 0; ok && j < s->n; j++) ok = hn_type_is_numeric(schema->columns[j].type);
    return hn_prepare_check(ctx, "scale", ok);
}

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    const scale_state *s = state;
    hn_json_mut *columns = yyjson_mut_obj_add_obj(doc, object, "columns");
    for (int32_t j = 0; j < s->n; j++) {
        hn_json_mut *one = yyjson_mut_obj(doc);
        yyjson_mut_obj_add_real(doc, one, "shift", s->shift[j]);
        yyjson_mut_obj_add_real(doc, one, "spread", s->spread[j]);
        yyjson_mut_obj_add(columns, yyjson_mut_strcpy(doc, schema->columns[j].name), one);
    }
    return HONE_OK;
}

#define SCALE_HOOKS                                                                                \
    .family = "prep", .tasks = HN_TASK_NONE,                                                       \
    .can = HN_CAN_MISSING | HN_NUMERIC_ONLY | HN_CAN_INVERT, .state_size = sizeof(scale_state),    \
    .transform = transform, .inverse = inverse, .visit = visit, .prepare = prepare,                \
    .report = report

/* ---- standard_scale -------------------------------------------------------------------------- */

typedef struct standard_params {
    bool with_mean, with_sd;
} standard_params;

static const hone_param standard_table[] = {
    HN_PARAM(standard_params, with_mean, .def = "true", .doc = "Subtract the mean."),
    HN_PARAM(standard_params, with_sd, .def = "true", .aliases = HN_CHOICES("with_std"),
             .doc = "Divide by the standard deviation (with n, not n - 1)."),
};

/* Corrected two-pass variance and its bound on rounding: Chan, Golub, LeVeque (1983). */
static hone_status learn_standard(hone_ctx *ctx, const void *params, double *values, int64_t n,
                                  double *shift, double *spread) {
    (void)ctx;
    const standard_params *p = params;
    double count = (double)n, mean = hn_sum(values, n) / count;
    for (int64_t i = 0; i < n; i++) values[i] -= mean;
    double rest = hn_sum(values, n);
    for (int64_t i = 0; i < n; i++) values[i] *= values[i];
    double variance = (hn_sum(values, n) - rest * rest / count) / count;
    double noise = count * mean * DBL_EPSILON;
    bool constant = !(variance > count * DBL_EPSILON * variance + noise * noise);
    *shift = p->with_mean ? mean + rest / count : 0; /* what the first pass lost by rounding */
    *spread = p->with_sd && !constant ? sqrt(variance) : 1;
    return HONE_OK;
}

static hone_status fit_standard(hone_ctx *ctx, const void *params, const hone_data *data,
                                hn_arena *arena, void *state) {
    fit_job job = {.params = params, .x = data->x, .state = state, .learn = learn_standard};
    return fit_all(ctx, &job, arena);
}

/* ---- what people know of them ---------------------------------------------------------------- */

static hone_status show_rows(hn_visitor *v, const hn_shown *shown) {
    int64_t *rows;
    HN_TRY(HN_NEW(v->ctx, v->arena, rows, 1));
    *rows = shown->rows;
    return hn_show(v, "n_samples_seen", rows);
}

static hone_status show_standard(hn_visitor *v, const void *state, const hn_shown *shown) {
    const scale_state *s = state;
    const standard_params *p = shown->params;
    double *variance;
    if (p->with_mean) HN_TRY(hn_show(v, "mean", s->shift, s->n));
    if (p->with_sd) {
        HN_TRY(HN_NEW(v->ctx, v->arena, variance, s->n));
        for (int64_t j = 0; j < s->n; j++) variance[j] = s->spread[j] * s->spread[j];
        HN_TRY(hn_show(v, "var", variance, s->n));
        HN_TRY(hn_show(v, "scale", s->spread, s->n));
    }
    return show_rows(v, shown);
}

const hone_estimator hn_standard_scale = {
    .name = "standard_scale",
    .title = "Scale to mean 0 and deviation 1",
    .class_names = "StandardScaler",
    .also = "z_score zscore standardize",
    .doc = "Subtracts each column's mean and divides by its standard deviation; a constant column "
           "becomes 0. For "
           "models that weigh columns by size: linear, nearest neighbours, k-means. Missing values "
           "stay missing.",
    .references = "Chan, Golub, LeVeque (1983). Algorithms for computing the sample variance.",
    .attributes = show_standard,
    .params = HN_PARAMS(standard_params, standard_table),
    .fit = fit_standard,
    HN_GOLDEN({.dataset = "tabular/iris/iris.csv",
               .columns = "sepal_length,sepal_width,petal_length,petal_width",
               .params = "{\"with_mean\": false}",
               .metric = "sum",
               .value = 2674.9176295509878,
               .tolerance = 1e-9,
               .source = "scikit-learn 1.9.1, StandardScaler(with_mean=False)"},
              {.dataset = "tabular/california_housing/housing.csv",
               .columns = "total_rooms,total_bedrooms,median_income",
               .params = "{\"with_mean\": false}",
               .metric = "sum",
               .value = 93071.94679509339,
               .tolerance = 1e-7,
               .source = "scikit-learn 1.9.1, StandardScaler(with_mean=False)"}),
    SCALE_HOOKS,
};

/* ---- min_max_scale --------------------------------------------------------------------------- */

typedef struct min_max_params {
    double low, high;
    bool clip;
} min_max_params;

static const hone_param min_max_table[] = {
    HN_PARAM(min_max_params, low, .def = "0", .doc = "What the smallest training value becomes."),
    HN_PARAM(min_max_params, high, .def = "1", .doc = "What the largest training value becomes."),
    HN_PARAM(min_max_params, clip, .def = "false", .doc = "Keep later values within low and high."),
};

static hone_status check_min_max(hone_ctx *ctx, const void *params, const hone_data *data) {
    (void)data;
    const min_max_params *p = params;
    if (p->low < p->high) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "high"),
                      "min_max_scale: 'high' (%g) must be greater than 'low' (%g)", p->high,
                      p->low);
}

HN_CLONES static hone_status learn_min_max(hone_ctx *ctx, const void *params, double *values,
                                           int64_t n, double *shift, double *spread) {
    enum { LANES = 8 };
    (void)ctx, (void)params;
    double low[LANES], high[LANES];
    for (int l = 0; l < LANES; l++) low[l] = high[l] = values[l < n ? l : 0];
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++) {
            low[l] = values[i + l] < low[l] ? values[i + l] : low[l];
            high[l] = values[i + l] > high[l] ? values[i + l] : high[l];
        }
    for (; i < n; i++) {
        low[0] = values[i] < low[0] ? values[i] : low[0];
        high[0] = values[i] > high[0] ? values[i] : high[0];
    }
    for (int l = 1; l < LANES; l++) {
        low[0] = low[l] < low[0] ? low[l] : low[0];
        high[0] = high[l] > high[0] ? high[l] : high[0];
    }
    *shift = low[0];
    *spread = spread_or_one(high[0] - low[0]);
    return HONE_OK;
}

static hone_status fit_min_max(hone_ctx *ctx, const void *params, const hone_data *data,
                               hn_arena *arena, void *state) {
    const min_max_params *p = params;
    scale_state *s = state;
    fit_job job = {.params = params, .x = data->x, .state = s, .learn = learn_min_max};
    HN_TRY(fit_all(ctx, &job, arena));
    s->width = p->high - p->low;
    s->base = p->low;
    if (!p->clip) return HONE_OK;
    s->low = p->low;
    s->high = p->high;
    return HONE_OK;
}

static hone_status show_min_max(hn_visitor *v, const void *state, const hn_shown *shown) {
    const scale_state *s = state;
    double *most, *scale, *least;
    HN_TRY(HN_NEW(v->ctx, v->arena, most, s->n));
    HN_TRY(HN_NEW(v->ctx, v->arena, scale, s->n));
    HN_TRY(HN_NEW(v->ctx, v->arena, least, s->n));
    for (int64_t j = 0; j < s->n; j++) {
        most[j] = s->shift[j] + s->spread[j];
        scale[j] = s->width / s->spread[j];
        least[j] = s->base - s->shift[j] * scale[j];
    }
    HN_TRY(hn_show(v, "data_min", s->shift, s->n));
    HN_TRY(hn_show(v, "data_max", most, s->n));
    HN_TRY(hn_show(v, "data_range", s->spread, s->n));
    HN_TRY(hn_show(v, "scale", scale, s->n));
    HN_TRY(hn_show(v, "min", least, s->n));
    return show_rows(v, shown);
}

const hone_estimator hn_min_max_scale = {
    .name = "min_max_scale",
    .title = "Scale to a range",
    .class_names = "MinMaxScaler",
    .doc = "Stretches each column so that its smallest training value becomes low and its largest "
           "high. One outlier "
           "squeezes all others together: then take robust_scale. Missing values stay missing.",
    .attributes = show_min_max,
    .params = HN_PARAMS(min_max_params, min_max_table),
    .check = check_min_max,
    .fit = fit_min_max,
    HN_GOLDEN({.dataset = "tabular/iris/iris.csv",
               .columns = "sepal_length,sepal_width,petal_length,petal_width",
               .params = NULL,
               .metric = "sum",
               .value = 269.21586629001888,
               .tolerance = 1e-10,
               .source = "scikit-learn 1.9.1, MinMaxScaler()"}),
    SCALE_HOOKS,
};

/* ---- max_abs_scale --------------------------------------------------------------------------- */

static hone_status learn_max_abs(hone_ctx *ctx, const void *params, double *values, int64_t n,
                                 double *shift, double *spread) {
    (void)ctx, (void)params;
    double most = 0;
    for (int64_t i = 0; i < n; i++) most = fabs(values[i]) > most ? fabs(values[i]) : most;
    *shift = 0;
    *spread = spread_or_one(most);
    return HONE_OK;
}

static hone_status fit_max_abs(hone_ctx *ctx, const void *params, const hone_data *data,
                               hn_arena *arena, void *state) {
    fit_job job = {.params = params, .x = data->x, .state = state, .learn = learn_max_abs};
    return fit_all(ctx, &job, arena);
}

static hone_status show_max_abs(hn_visitor *v, const void *state, const hn_shown *shown) {
    const scale_state *s = state;
    HN_TRY(hn_show(v, "max_abs", s->spread, s->n));
    HN_TRY(hn_show(v, "scale", s->spread, s->n));
    return show_rows(v, shown);
}

const hone_estimator hn_max_abs_scale = {
    .name = "max_abs_scale",
    .title = "Scale by the largest magnitude",
    .class_names = "MaxAbsScaler",
    .doc = "Divides each column by its largest magnitude in training, so that values lie between "
           "-1 and 1 and 0 stays 0. Missing values stay missing.",
    .attributes = show_max_abs,
    .params = HN_NO_PARAMS,
    .fit = fit_max_abs,
    HN_GOLDEN({.dataset = "tabular/iris/iris.csv",
               .columns = "sepal_length,sepal_width,petal_length,petal_width",
               .params = NULL,
               .metric = "sum",
               .value = 368.8322919897933,
               .tolerance = 1e-10,
               .source = "scikit-learn 1.9.1, MaxAbsScaler()"}),
    SCALE_HOOKS,
};

/* ---- robust_scale ---------------------------------------------------------------------------- */

typedef struct robust_params {
    bool with_center, with_spread;
    double quantile_low, quantile_high;
} robust_params;

static const hone_param robust_table[] = {
    HN_PARAM(robust_params, with_center, .def = "true", .aliases = HN_CHOICES("with_centering"),
             .doc = "Subtract the median."),
    HN_PARAM(robust_params, with_spread, .def = "true", .aliases = HN_CHOICES("with_scaling"),
             .doc = "Divide by the distance of the two quantiles."),
    HN_PARAM(robust_params, quantile_low, .def = "0.25", .range = "[0, 1)",
             .doc = "The lower quantile."),
    HN_PARAM(robust_params, quantile_high, .def = "0.75", .range = "(0, 1]",
             .doc = "The upper quantile."),
};

static hone_status check_robust(hone_ctx *ctx, const void *params, const hone_data *data) {
    (void)data;
    const robust_params *p = params;
    if (p->quantile_low < p->quantile_high) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "quantile_high"),
                      "robust_scale: 'quantile_high' (%g) must be greater than 'quantile_low' (%g)",
                      p->quantile_high, p->quantile_low);
}

static hone_status learn_robust(hone_ctx *ctx, const void *params, double *values, int64_t n,
                                double *shift, double *spread) {
    const robust_params *p = params;
    HN_TRY(hn_sort_f64(ctx, values, n));
    double low = hn_quantile_sorted(values, n, p->quantile_low);
    double high = hn_quantile_sorted(values, n, p->quantile_high);
    *shift = p->with_center ? hn_quantile_sorted(values, n, 0.5) : 0;
    *spread = p->with_spread ? spread_or_one(high - low) : 1;
    return HONE_OK;
}

static hone_status fit_robust(hone_ctx *ctx, const void *params, const hone_data *data,
                              hn_arena *arena, void *state) {
    fit_job job = {.params = params, .x = data->x, .state = state, .learn = learn_robust};
    return fit_all(ctx, &job, arena);
}

static hone_status show_robust(hn_visitor *v, const void *state, const hn_shown *shown) {
    const scale_state *s = state;
    const robust_params *p = shown->params;
    if (p->with_center) HN_TRY(hn_show(v, "center", s->shift, s->n));
    return p->with_spread ? hn_show(v, "scale", s->spread, s->n) : HONE_OK;
}

const hone_estimator hn_robust_scale = {
    .name = "robust_scale",
    .title = "Scale by quantiles",
    .class_names = "RobustScaler",
    .doc = "Subtracts each column's median and divides by the distance of two quantiles, which "
           "outliers don't move. "
           "Missing values stay missing.",
    .references = "Hyndman, Fan (1996). Sample quantiles in statistical packages (type 7).",
    .attributes = show_robust,
    .params = HN_PARAMS(robust_params, robust_table),
    .check = check_robust,
    .fit = fit_robust,
    HN_GOLDEN({.dataset = "tabular/california_housing/housing.csv",
               .columns = "total_rooms,total_bedrooms,median_income",
               .params = NULL,
               .metric = "sum",
               .value = 15344.755541806848,
               .tolerance = 1e-8,
               .source = "scikit-learn 1.9.1, RobustScaler()"}),
    SCALE_HOOKS,
};
