/* splines.c - each number as the values of B-splines there: smooth curves for linear models. */
#include "ml/prep/columns.h"

#include "num/sort.h"
#include <assert.h>

typedef struct splines_params {
    int64_t n_knots, degree;
    int knots, extrapolation;
    bool include_bias;
} splines_params;

enum { KNOTS_UNIFORM, KNOTS_QUANTILE };
enum { CONSTANT, LINEAR, CONTINUE, PERIODIC, ERROR };
enum { MOST_DEGREE = 20 };

static const hone_param params[] = {
    HN_PARAM(splines_params, n_knots, .def = "5", .range = "[2, 1000]",
             .doc = "Knots from the smallest to the largest training value.", .search = "[3, 20]"),
    HN_PARAM(splines_params, degree, .def = "3", .range = "[0, 20]",
             .doc = "Degree of the pieces: 3 is smooth to the eye, 1 a broken line.",
             .search = "{1, 2, 3}"),
    HN_PARAM(splines_params, knots, .def = "uniform", .choices = HN_CHOICES("uniform", "quantile"),
             .doc = "Knots at equal distances, or with as many rows between them.",
             .search = "{uniform, quantile}"),
    HN_PARAM(splines_params, extrapolation, .def = "constant",
             .choices = HN_CHOICES("constant", "linear", "continue", "periodic", "error"),
             .doc = "Beyond the outer knots: the value there, a line, the outer pieces themselves, "
                    "the other end again, or an error."),
    HN_PARAM(splines_params, include_bias, .def = "true",
             .doc = "Keep the last spline of each column; without it they don't sum to 1."),
};

typedef struct splines_state {
    int64_t n, n_knots, degree, extrapolation, include_bias;
    double *knots; /* [n, n_knots + 2 degree] ascending */
    /* made in prepare */
    const char **names; /* [n * width] */
} splines_state;

/* Splines of a column, before one is left out. */
static int64_t splines_of(const splines_state *s) {
    return s->extrapolation == PERIODIC ? s->n_knots - 1 : s->n_knots + s->degree - 1;
}
static int64_t width_of(const splines_state *s) { return splines_of(s) - !s->include_bias; }

/* ---- fit ------------------------------------------------------------------------------------- */

static hone_status check(hone_ctx *ctx, const void *params_, const hone_data *data) {
    (void)data;
    const splines_params *p = params_;
    if (p->extrapolation == PERIODIC && p->n_knots <= p->degree)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "n_knots"),
                          "splines: periodic ones need more knots (%lld) than their degree (%lld)",
                          (long long)p->n_knots, (long long)p->degree);
    if (p->include_bias || p->n_knots + (p->extrapolation == PERIODIC ? 0 : p->degree) > 2)
        return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "include_bias"),
                      "splines: there is one spline only, and without the last one none is left; "
                      "raise n_knots or degree");
}

typedef struct fit_job {
    const splines_params *params;
    const hn_table *x;
    splines_state *state;
} fit_job;

/* Knots beyond the ends continue the distances there. */
static void add_outer(const splines_state *s, double *t) {
    int64_t d = s->degree, k = s->n_knots;
    double *base = t + d, period = base[k - 1] - base[0];
    for (int64_t i = 1; i <= d; i++) {
        if (s->extrapolation == PERIODIC) {
            base[-i] = base[k - 1 - i] - period;
            base[k - 1 + i] = base[i] + period;
        } else {
            base[-i] = base[0] - (double)i * (base[1] - base[0]);
            base[k - 1 + i] = base[k - 1] + (double)i * (base[k - 1] - base[k - 2]);
        }
    }
}

static hone_status learn(hone_ctx *ctx, void *arg, int32_t j) {
    const fit_job *job = arg;
    splines_state *s = job->state;
    int64_t d = s->degree, k = s->n_knots, n;
    double *values, *t = s->knots + j * (k + 2 * d);
    HN_SCRATCH(ctx);
    HN_TRY(hn_present_values(ctx, &job->x->columns[j], &values, &n));
    HN_TRY(hn_sort_f64(ctx, values, n));
    double low = n > 0 ? values[0] : 0, high = n > 0 ? values[n - 1] : 0;
    for (int64_t i = 0; i < k; i++) {
        double at = (double)i / (double)(k - 1);
        t[d + i] = job->params->knots == KNOTS_QUANTILE && n > 0 ? hn_quantile_sorted(values, n, at)
                   : i + 1 < k ? low + (double)i * ((high - low) / (double)(k - 1))
                               : high;
    }
    add_outer(s, t);
    return HONE_OK;
}

static hone_status fit(hone_ctx *ctx, const void *params_, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    const splines_params *p = params_;
    splines_state *s = ret_state;
    s->n = data->x->n_columns;
    s->n_knots = p->n_knots;
    s->degree = p->degree;
    s->extrapolation = p->extrapolation;
    s->include_bias = p->include_bias;
    HN_TRY(HN_NEW(ctx, arena, s->knots, s->n * (s->n_knots + 2 * s->degree)));
    fit_job job = {.params = p, .x = data->x, .state = s};
    return hn_each_column(ctx, (int32_t)s->n, learn, &job);
}

/* ---- transform ------------------------------------------------------------------------------- */

/* The degree + 1 splines that are not 0 in [t[l], t[l+1]), there (de Boor, Cox; the triangle of de Boor 1978,
 * chapter X): ret[m] is spline l - degree + m. slope: their derivatives, which is the difference of those one degree
 * lower. */
static void basis_at(const double *t, int64_t degree, int64_t l, double x, bool slope,
                     double *ret) {
    double before[MOST_DEGREE + 2];
    int64_t top = slope ? degree - 1 : degree;
    ret[0] = 1;
    for (int64_t d = 1; d <= top; d++) {
        for (int64_t m = 0; m < d; m++) before[m] = ret[m];
        ret[0] = 0;
        for (int64_t m = 0; m < d; m++) {
            double right = t[l + m + 1], left = t[l + m + 1 - d];
            double part = right == left ? 0 : before[m] / (right - left);
            ret[m] += right == left ? 0 : part * (right - x);
            ret[m + 1] = part * (x - left);
        }
    }
    if (!slope) return;
    for (int64_t m = 0; m < degree; m++) before[m] = ret[m];
    for (int64_t m = 0; m <= degree; m++) ret[m] = 0;
    for (int64_t m = 0; m < degree; m++) {
        double right = t[l + m + 1], left = t[l + m + 1 - degree];
        double part = right == left ? 0 : before[m] * (double)degree / (right - left);
        ret[m] -= part;
        ret[m + 1] += part;
    }
}

/* The piece that x lies in, of those between the base knots. */
static int64_t piece_of(const double *t, int64_t degree, int64_t n_knots, double x) {
    int64_t low = degree, high = degree + n_knots - 2;
    while (low < high) {
        int64_t middle = (low + high + 1) / 2;
        if (t[middle] <= x)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* All splines of one column at x into out, stride apart; out is 0. */
static void spline_row(const splines_state *s, int64_t j, double x, double *out, int64_t stride) {
    int64_t d = s->degree, k = s->n_knots, width = width_of(s), n = splines_of(s);
    const double *t = s->knots + j * (k + 2 * d);
    double low = t[d], high = t[d + k - 1], value[MOST_DEGREE + 2], slope[MOST_DEGREE + 2];
    double edge = x < low ? low : x > high ? high : x, beyond = x - edge;
    if (isnan(x)) return;
    if (s->extrapolation == PERIODIC) {
        double period = high - low, over = x - low;
        edge = period > 0 ? low + (over - floor(over / period) * period) : 0;
        beyond = 0;
    } else if (s->extrapolation == CONTINUE) {
        edge = x;
        beyond = 0;
    }
    int64_t l = piece_of(t, d, k, edge);
    basis_at(t, d, l, edge, false, value);
    bool line = s->extrapolation == LINEAR && beyond != 0 && d > 0;
    if (line) basis_at(t, d, l, edge, true, slope);
    for (int64_t m = 0; m <= d; m++) {
        int64_t at = (l - d + m) % n;
        double y = line ? value[m] + beyond * slope[m] : value[m];
        if (at < width) out[at * stride] += y;
    }
}

typedef struct splines_job {
    const splines_state *state;
    const hn_table *x;
    double *out;
} splines_job;

static hone_status spline_cells(hone_ctx *ctx, void *arg, int32_t j, int64_t begin, int64_t end) {
    const splines_job *job = arg;
    const splines_state *s = job->state;
    int64_t n_rows = job->x->n_rows;
    const double *t = s->knots + j * (s->n_knots + 2 * s->degree) + s->degree;
    double *out = job->out + j * width_of(s) * n_rows;
    for (int64_t i = begin; i < end; i++) {
        double x = hn_column_double(&job->x->columns[j], i);
        if (s->extrapolation == ERROR && (x < t[0] || x > t[s->n_knots - 1]))
            return hn_fail_at(
                ctx, HONE_ERROR_DATA, (hn_where){.column = job->x->columns[j].name, .row = i},
                "splines: column '%s' has %g in row %lld, beyond the knots from %g to "
                "%g; set extrapolation to something other than error",
                job->x->columns[j].name, x, (long long)i + 1, t[0], t[s->n_knots - 1]);
        spline_row(s, j, x, out + i, n_rows);
    }
    return HONE_OK;
}

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    const splines_state *s = state;
    assert(x->n_columns == s->n && s->names != NULL);
    splines_job job = {.state = s, .x = x};
    hn_table out = {.n_rows = x->n_rows, .n_columns = (int32_t)(s->n * width_of(s))};
    HN_TRY(HN_NEW(ctx, arena, out.columns, out.n_columns + 1));
    HN_TRY(HN_NEW(ctx, arena, job.out, out.n_columns * x->n_rows + 1));
    for (int32_t k = 0; k < out.n_columns; k++)
        out.columns[k] = hn_column_of_f64(s->names[k], job.out + k * x->n_rows, x->n_rows);
    HN_TRY(hn_each_cells(ctx, x->n_columns, x->n_rows, spline_cells, &job));
    *ret_out = out;
    return HONE_OK;
}

/* ---- keeping --------------------------------------------------------------------------------- */

static hone_status visit(hn_visitor *v, void *state) {
    splines_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n));
    HN_TRY(hn_visit(v, "n_knots", &s->n_knots));
    HN_TRY(hn_visit(v, "degree", &s->degree));
    HN_TRY(hn_visit(v, "extrapolation", &s->extrapolation));
    HN_TRY(hn_visit(v, "include_bias", &s->include_bias));
    HN_TRY(hn_visit_check(
        v,
        s->n >= 0 && s->n_knots >= 2 && s->n_knots <= 1000 && s->degree >= 0 &&
            s->degree <= MOST_DEGREE && s->extrapolation >= CONSTANT && s->extrapolation <= ERROR &&
            s->include_bias >= 0 && s->include_bias <= 1 && s->n < INT32_MAX / 2048 &&
            (s->extrapolation != PERIODIC || s->n_knots > s->degree) && width_of(s) >= 1,
        "splines: numbers"));
    return hn_visit(v, "knots", &s->knots, s->n, s->n_knots + 2 * s->degree);
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    splines_state *s = state;
    int64_t width = width_of(s);
    HN_TRY(hn_prepare_numbers(ctx, "splines", schema, s->n));
    HN_TRY(HN_NEW(ctx, arena, s->names, s->n * width + 1));
    HN_SCRATCH(ctx);
    hn_namer namer;
    HN_TRY(hn_namer_init(&namer, ctx, arena, NULL));
    for (int32_t j = 0; j < s->n; j++)
        for (int64_t k = 0; k < width; k++) {
            char text[24];
            hn_slice number = {text, hn_format_int(k, text)};
            HN_TRY(hn_namer_make(&namer, schema->columns[j].name, "_sp_", number,
                                 &s->names[j * width + k]));
        }
    return HONE_OK;
}

const hone_estimator hn_splines = {
    .name = "splines",
    .title = "Numbers as B-splines",
    .class_names = "SplineTransformer",
    .family = "prep",
    .doc = "Turns each column into the values of B-splines at its numbers, of which each is not 0 "
           "over a few knots only: a linear model on them draws a smooth curve. A missing value "
           "gives 0 everywhere.",
    .references = "de Boor (1978). A Practical Guide to Splines.\n"
                  "Eilers, Marx (1996). Flexible smoothing with B-splines and penalties.",
    .tasks = HN_TASK_NONE,
    .can = HN_CAN_MISSING | HN_NUMERIC_ONLY,
    .params = HN_PARAMS(splines_params, params),
    .state_size = sizeof(splines_state),
    .check = check,
    .fit = fit,
    .transform = transform,
    .visit = visit,
    .prepare = prepare,
    HN_GOLDEN({.dataset = "tabular/california_housing/housing.csv",
               .columns = "total_rooms,population,median_income",
               .params = NULL,
               .metric = "squares",
               .value = 29915.832378131778,
               .tolerance = 1e-7,
               .source = "scikit-learn 1.9.1, SplineTransformer()"}),
};
