/* clip_outliers.c - numbers far out of the usual: drawn in, marked, taken for missing, or left out with their rows. */
#include "ml/prep/columns.h"
#include "ml/prep/drop_rows.h"

#include "base/parallel.h"
#include "num/sort.h"
#include <assert.h>

typedef struct outlier_params {
    int method, action;
    double limit, quantile_low, quantile_high;
} outlier_params;

enum { IQR, Z, MAD, QUANTILE };
enum { CLIP, MISSING, FLAG, REMOVE };
enum { USUAL = -1 };

#define USUAL_PARAMS                                                                               \
    HN_PARAM(outlier_params, method, .def = "iqr",                                                 \
             .choices = HN_CHOICES("iqr", "z", "mad", "quantile"),                                 \
             .doc = "What is usual: within so many quartile distances of the quartiles, standard " \
                    "deviations of the mean, or median deviations of the median; or between two "  \
                    "quantiles.",                                                                  \
             .search = "{iqr, z, mad}"),                                                           \
        HN_PARAM(                                                                                  \
            outlier_params, limit, .def = "usual", .range = "(0, inf)",                            \
            .words = HN_WORDS({"usual", USUAL}),                                                   \
            .doc = "How many of them; usual is 1.5 quartile distances, 3 deviations, 3.5 median "  \
                   "deviations (of which a normal one is 1.4826)."),                               \
        HN_PARAM(outlier_params, quantile_low, .def = "0.01", .range = "[0, 1)",                   \
                 .doc = "With method quantile, the lower one."),                                   \
        HN_PARAM(outlier_params, quantile_high, .def = "0.99", .range = "(0, 1]",                  \
                 .doc = "With method quantile, the upper one.")

static const hone_param params[] = {
    USUAL_PARAMS,
    HN_PARAM(outlier_params, action, .def = "clip",
             .choices = HN_CHOICES("clip", "missing", "flag"),
             .doc = "What becomes of others: the nearest usual value, a missing one, or they stay "
                    "and a column NAME_outlier tells."),
};
static const hone_param drop_params[] = {USUAL_PARAMS};

typedef struct outlier_state {
    int64_t n, action;
    double *low, *high;         /* [n] */
    int64_t *n_below, *n_above; /* [n] training cells out of them */
    hn_dropping rows;
    /* made in prepare */
    const char **names; /* [n] */
} outlier_state;

static hone_status check(hone_ctx *ctx, const void *params_, const hone_data *data) {
    (void)data;
    const outlier_params *p = params_;
    if (p->quantile_low < p->quantile_high) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "quantile_high"),
                      "outliers: 'quantile_high' (%g) must be greater than 'quantile_low' (%g)",
                      p->quantile_high, p->quantile_low);
}

typedef struct fit_job {
    const outlier_params *params;
    const hn_table *x;
    outlier_state *state;
} fit_job;

/* The bounds by sorted values [n >= 1], which are changed. */
static hone_status bounds(hone_ctx *ctx, const outlier_params *p, double *sorted, int64_t n,
                          double *low, double *high) {
    double many = p->limit, center, spread;
    if (p->method == QUANTILE) {
        *low = hn_quantile_sorted(sorted, n, p->quantile_low);
        *high = hn_quantile_sorted(sorted, n, p->quantile_high);
        return HONE_OK;
    }
    if (p->method == IQR) {
        double q1 = hn_quantile_sorted(sorted, n, 0.25), q3 = hn_quantile_sorted(sorted, n, 0.75);
        if (many < 0) many = 1.5;
        *low = q1 - many * (q3 - q1);
        *high = q3 + many * (q3 - q1);
        return HONE_OK;
    }
    center = p->method == Z ? hn_sum(sorted, n) / (double)n : hn_quantile_sorted(sorted, n, 0.5);
    for (int64_t i = 0; i < n; i++) {
        double off = sorted[i] - center;
        sorted[i] = p->method == Z ? off * off : fabs(off);
    }
    if (p->method == Z) {
        spread = sqrt(hn_sum(sorted, n) / (double)n);
    } else {
        HN_TRY(hn_sort_f64(ctx, sorted, n));
        spread = 1.482602218505602 * hn_quantile_sorted(sorted, n, 0.5);
    }
    if (many < 0) many = p->method == Z ? 3 : 3.5;
    *low = center - many * spread;
    *high = center + many * spread;
    return HONE_OK;
}

/* Where most values are the same there is no spread, and nothing is called an outlier. */
static hone_status learn(hone_ctx *ctx, void *arg, int32_t j) {
    const fit_job *job = arg;
    outlier_state *s = job->state;
    HN_SCRATCH(ctx);
    double *values;
    int64_t n;
    s->low[j] = -(double)INFINITY;
    s->high[j] = (double)INFINITY;
    HN_TRY(hn_present_values(ctx, &job->x->columns[j], &values, &n));
    if (n == 0) return HONE_OK;
    HN_TRY(hn_sort_f64(ctx, values, n));
    HN_TRY(bounds(ctx, job->params, values, n, &s->low[j], &s->high[j]));
    if (s->low[j] == s->high[j] && job->params->method != QUANTILE) {
        s->low[j] = -(double)INFINITY;
        s->high[j] = (double)INFINITY;
    }
    for (int64_t i = 0; i < job->x->n_rows; i++) {
        double x = hn_column_double(&job->x->columns[j], i);
        s->n_below[j] += x < s->low[j];
        s->n_above[j] += x > s->high[j];
    }
    return HONE_OK;
}

static hone_status fit_bounds(hone_ctx *ctx, const void *params_, const hone_data *data,
                              hn_arena *arena, int64_t action, void *ret_state) {
    outlier_state *s = ret_state;
    fit_job job = {.params = params_, .x = data->x, .state = s};
    s->n = data->x->n_columns;
    s->action = action;
    HN_TRY(hn_dropping_fit(ctx, NULL, data, arena, &s->rows));
    HN_TRY(HN_NEW(ctx, arena, s->low, s->n));
    HN_TRY(HN_NEW(ctx, arena, s->high, s->n));
    HN_TRY(HN_NEW(ctx, arena, s->n_below, s->n));
    HN_TRY(HN_NEW(ctx, arena, s->n_above, s->n));
    return hn_each_column(ctx, (int32_t)s->n, learn, &job);
}

static hone_status fit(hone_ctx *ctx, const void *params_, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    return fit_bounds(ctx, params_, data, arena, ((const outlier_params *)params_)->action,
                      ret_state);
}

static hone_status draw_in(hone_ctx *ctx, const void *state, int32_t j, double *values, int64_t n) {
    (void)ctx;
    const outlier_state *s = state;
    double low = s->low[j], high = s->high[j];
    for (int64_t i = 0; i < n; i++) {
        double x = values[i];
        if (x < low) values[i] = s->action == CLIP ? low : (double)NAN;
        if (x > high) values[i] = s->action == CLIP ? high : (double)NAN;
    }
    return HONE_OK;
}

static hone_status flag(hone_ctx *ctx, const outlier_state *s, const hn_table *x, hn_arena *arena,
                        hn_table *ret_out) {
    hn_table out = {.n_rows = x->n_rows, .n_columns = 2 * x->n_columns};
    HN_TRY(HN_NEW(ctx, arena, out.columns, out.n_columns + 1));
    for (int32_t j = 0; j < x->n_columns; j++) {
        uint8_t *told;
        HN_TRY(HN_NEW(ctx, arena, told, x->n_rows + 1));
        for (int64_t i = 0; i < x->n_rows; i++) {
            double value = hn_column_double(&x->columns[j], i);
            told[i] = value < s->low[j] || value > s->high[j];
        }
        out.columns[j] = x->columns[j];
        out.columns[x->n_columns + j] = (hn_column){
            .name = s->names[j], .type = HN_BOOL, .n = x->n_rows, .values = told, .stride = 1};
    }
    *ret_out = out;
    return HONE_OK;
}

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    const outlier_state *s = state;
    assert(x->n_columns == s->n);
    if (s->action == REMOVE) return hn_dropping_pass(ctx, &s->rows, x, arena, ret_out);
    return s->action == FLAG ? flag(ctx, s, x, arena, ret_out)
                             : hn_map_columns(ctx, state, x, draw_in, arena, ret_out);
}

static hone_status fit_drop(hone_ctx *ctx, const void *params_, const hone_data *data,
                            hn_arena *arena, void *ret_state) {
    return fit_bounds(ctx, params_, data, arena, REMOVE, ret_state);
}

static hone_status resample(hone_ctx *ctx, const void *params_, const hone_data *data,
                            hn_arena *arena, void *state, hn_resampled *ret_rows) {
    (void)params_;
    outlier_state *s = state;
    const hn_table *x = data->x;
    HN_SCRATCH(ctx);
    uint8_t *drop;
    HN_TRY(HN_SCRATCH_NEW(ctx, drop, x->n_rows + 1));
    for (int32_t j = 0; j < x->n_columns; j++)
        for (int64_t i = 0; i < x->n_rows; i++) {
            double value = hn_column_double(&x->columns[j], i);
            drop[i] |= value < s->low[j] || value > s->high[j];
        }
    return hn_drop_rows(ctx, "drop_outliers", data, drop, arena, &s->rows, ret_rows);
}

static hone_status visit(hn_visitor *v, void *state) {
    outlier_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n));
    HN_TRY(hn_visit(v, "action", &s->action));
    HN_TRY(hn_visit_check(
        v, s->n >= 0 && s->n < INT32_MAX / 2 && s->action >= CLIP && s->action <= REMOVE,
        "clip_outliers: numbers"));
    HN_TRY(hn_visit(v, "low", &s->low, s->n));
    HN_TRY(hn_visit(v, "high", &s->high, s->n));
    HN_TRY(hn_visit(v, "n_below", &s->n_below, s->n));
    HN_TRY(hn_visit(v, "n_above", &s->n_above, s->n));
    HN_TRY(hn_visit(v, "rows_before", &s->rows.rows_before));
    HN_TRY(hn_visit(v, "rows_after", &s->rows.rows_after));
    s->rows.n_features = s->n;
    return HONE_OK;
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    static const hn_slice nothing = {"", 0};
    outlier_state *s = state;
    HN_TRY(hn_prepare_numbers(ctx, "clip_outliers", schema, s->n));
    HN_TRY(HN_NEW(ctx, arena, s->names, s->n + 1));
    HN_SCRATCH(ctx);
    hn_namer namer;
    HN_TRY(hn_namer_init(&namer, ctx, arena, schema));
    for (int64_t j = 0; j < s->n && s->action == FLAG; j++)
        HN_TRY(hn_namer_make(&namer, schema->columns[j].name, "_outlier", nothing, &s->names[j]));
    return HONE_OK;
}

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    const outlier_state *s = state;
    if (s->action == REMOVE) HN_TRY(hn_dropping_report(ctx, &s->rows, schema, doc, object));
    hn_json_mut *columns = yyjson_mut_obj_add_obj(doc, object, "columns");
    for (int32_t j = 0; j < s->n; j++) {
        hn_json_mut *one = yyjson_mut_obj(doc);
        if (isfinite(s->low[j])) yyjson_mut_obj_add_real(doc, one, "low", s->low[j]);
        if (isfinite(s->high[j])) yyjson_mut_obj_add_real(doc, one, "high", s->high[j]);
        yyjson_mut_obj_add_int(doc, one, "below", s->n_below[j]);
        yyjson_mut_obj_add_int(doc, one, "above", s->n_above[j]);
        yyjson_mut_obj_add(columns, yyjson_mut_strcpy(doc, schema->columns[j].name), one);
    }
    return HONE_OK;
}

#define OUTLIER_HOOKS                                                                              \
    .family = "prep",                                                                              \
    .references = "Tukey (1977). Exploratory Data Analysis.\n"                                     \
                  "Iglewicz, Hoaglin (1993). How to Detect and Handle Outliers.",                  \
    .tasks = HN_TASK_NONE, .can = HN_CAN_MISSING | HN_NUMERIC_ONLY,                                \
    .state_size = sizeof(outlier_state), .check = check, .transform = transform, .visit = visit,   \
    .prepare = prepare, .report = report

const hone_estimator hn_clip_outliers = {
    .name = "clip_outliers",
    .title = "Clip or mark outliers",
    .class_names = "ClipOutliers",
    .doc = "Learns for each column what is usual (by quartiles, mean and deviation, median "
           "deviation or quantiles) and draws later numbers into it, takes them for missing, or "
           "marks them in a column NAME_outlier.",
    .params = HN_PARAMS(outlier_params, params),
    .fit = fit,
    HN_GOLDEN({.dataset = "tabular/titanic/titanic.csv",
               .columns = "Age,Fare,SibSp",
               .params = NULL,
               .metric = "sum",
               .value = 42956.318199999994,
               .tolerance = 1e-8,
               .source = "pandas 3.1, clip by quantile() and 1.5 quartile distances"}),
    OUTLIER_HOOKS,
};

const hone_estimator hn_drop_outliers = {
    .name = "drop_outliers",
    .title = "Drop training rows with outliers",
    .class_names = "DropOutliers",
    .doc = "Learns for each column what is usual (as clip_outliers does) and leaves out training "
           "rows with a number far out of it. Rows to be answered or scored are never left out. "
           "For rows that are odd as a whole see drop_anomalies.",
    .params = HN_PARAMS(outlier_params, drop_params),
    .fit = fit_drop,
    .resample = resample,
    HN_GOLDEN({.dataset = "tabular/titanic/titanic.csv",
               .columns = "Age,Fare,SibSp",
               .metric = "rows_after",
               .value = 729,
               .tolerance = 0,
               .source = "pandas 3.1.1, rows within 1.5 quartile distances"}),
    OUTLIER_HOOKS,
};
