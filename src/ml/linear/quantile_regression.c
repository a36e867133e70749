/* quantile_regression.c - linear regression for a quantile, with an l1 penalty.
 *
 * A linear program: each residual costs its size times quantile above, times 1 - quantile below; the penalty is
 * a row of its own for each coefficient, with target 0. Its dual has one bounded variable per row, and is
 * solved by an interior-point method with Mehrotra's corrector (Portnoy, Koenker 1997). */
#include "ml/linear/linear_model.h"
#include "ml/linear/standard_rows.h"
#include "num/blas.h"
#include <string.h>

typedef struct quantile_params {
    double quantile, alpha;
    bool intercept;
    double tolerance;
    int64_t max_iter;
} quantile_params;

static const hone_param params[] = {
    HN_PARAM(quantile_params, quantile, .def = "0.5", .range = "(0, 1)",
             .doc = "Which quantile to predict; 0.5 is the median."),
    HN_PARAM(quantile_params, alpha, .def = "1", .range = "[0, inf)", .search = "[1e-4, 1] log",
             .doc = "Strength of the l1 penalty."),
    HN_PARAM(quantile_params, intercept, .def = "true", .aliases = HN_CHOICES("fit_intercept"),
             .doc = "Fit a constant term, unpenalised."),
    HN_PARAM(quantile_params, tolerance, .def = "1e-11", .range = "(0, inf)", .level = HN_EXPERT,
             .doc = "Stop at a duality gap of this share of the objective."),
    HN_PARAM(quantile_params, max_iter, .def = "200", .range = "[1, inf)", .level = HN_EXPERT,
             .doc = "Iterations at most."),
};

typedef struct quantile_state {
    hn_linear linear;
    double quantile, objective; /* mean loss and penalty, as scikit-learn has them */
    int64_t iterations, converged;
} quantile_state;

/* minimise c'a over a with A a = A start, 0 <= a <= upper, where column i of A is row i of x, and below them
 * the penalty's rows: 1 / scale at their own coefficient. c is minus the target. */
typedef struct program {
    const hn_standard_rows *rows;
    int64_t m;                                     /* rows and penalty's rows */
    double *c;                                     /* [m] */
    double *upper;                                 /* [m] */
    double *a, *s;                                 /* [m]: s = upper - a */
    double *z, *w;                                 /* [m] multipliers of a >= 0 and s >= 0 */
    double *dual;                                  /* [q]: minus the coefficients */
    double *da, *dz, *dw, *ratio, *work, *r1, *r2; /* [m] */
    double *gram, *dy;                             /* [q, q], [q] */
} program;

/* ret [m] = A' v. */
static hone_status times(hone_ctx *ctx, const program *l, const double *v, double *ret) {
    const hn_standard_rows *r = l->rows;
    for (int64_t j = r->n; j < l->m; j++) ret[j] = v[j - r->n] / r->scale[j - r->n];
    return hn_gemv(ctx, r->x, r->n, r->q, v, 0, ret);
}

/* ret [q] = A v. */
static hone_status times_rows(hone_ctx *ctx, const program *l, const double *v, double *ret) {
    const hn_standard_rows *r = l->rows;
    HN_TRY(hn_gemv_t(ctx, r->x, r->n, r->q, v, ret));
    for (int64_t j = r->n; j < l->m; j++) ret[j - r->n] += v[j] / r->scale[j - r->n];
    return HONE_OK;
}

/* gram = A diag(v) A'. */
static hone_status weigh(hone_ctx *ctx, const program *l, const double *v) {
    const hn_standard_rows *r = l->rows;
    HN_TRY(hn_gram(ctx, r->x, r->n, r->q, v, l->gram));
    for (int64_t j = r->n; j < l->m; j++) {
        int64_t k = j - r->n;
        l->gram[k * r->q + k] += v[j] / (r->scale[k] * r->scale[k]);
    }
    return HONE_OK;
}

static hone_status make_program(hone_ctx *ctx, const quantile_params *p, const hone_data *data,
                                const hn_standard_rows *rows, program *l) {
    l->rows = rows;
    l->m = rows->n + (p->alpha > 0 ? rows->p : 0);
    double **arrays[] = {&l->c,  &l->upper, &l->a,  &l->s,     &l->z,    &l->w, &l->da,
                         &l->dz, &l->dw,    &l->r1, &l->ratio, &l->work, &l->r2};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        HN_TRY(HN_SCRATCH_NEW(ctx, *arrays[i], l->m));
    HN_TRY(HN_SCRATCH_NEW(ctx, l->dual, rows->q));
    HN_TRY(HN_SCRATCH_NEW(ctx, l->dy, rows->q));
    HN_TRY(HN_SCRATCH_NEW(ctx, l->gram, rows->q * rows->q));
    for (int64_t i = 0; i < l->m; i++) {
        bool penalty = i >= rows->n;
        double weight = penalty ? p->alpha * rows->total : data->weight ? data->weight[i] : 1;
        l->c[i] = penalty ? 0 : -data->y[i];
        l->upper[i] = penalty ? 2 * weight : weight;
        l->a[i] = penalty ? weight : weight * (1 - p->quantile);
        l->s[i] = l->upper[i] - l->a[i];
    }
    return HONE_OK;
}

/* Multipliers from the least squares solution, away from 0. */
static hone_status start(hone_ctx *ctx, program *l) {
    double size = 0;
    for (int64_t i = 0; i < l->m; i++) l->ratio[i] = l->upper[i] > 0;
    HN_TRY(weigh(ctx, l, l->ratio));
    for (int64_t i = 0; i < l->m; i++) l->work[i] = l->ratio[i] * l->c[i];
    HN_TRY(times_rows(ctx, l, l->work, l->dual));
    HN_TRY(hn_solve_lifted(ctx, l->rows->q, l->gram, l->dual));
    HN_TRY(times(ctx, l, l->dual, l->work));
    for (int64_t i = 0; i < l->m; i++) {
        l->work[i] = l->c[i] - l->work[i];
        size += fabs(l->work[i]) / (double)l->m;
    }
    if (size == 0) size = 1e-3;
    for (int64_t i = 0; i < l->m; i++) {
        l->z[i] = fmax(l->work[i], 0) + 0.1 * size;
        l->w[i] = fmax(-l->work[i], 0) + 0.1 * size;
    }
    return HONE_OK;
}

/* Rows of weight 0 have no variable. */
static bool live(const program *l, int64_t i) { return l->upper[i] > 0; }

static double gap_of(const program *l, double step_a, double step_z) {
    double gap = 0;
    for (int64_t i = 0; i < l->m; i++) {
        if (!live(l, i)) continue;
        double da = step_a * l->da[i];
        gap += (l->a[i] + da) * (l->z[i] + step_z * l->dz[i]) +
               (l->s[i] - da) * (l->w[i] + step_z * l->dw[i]);
    }
    return gap;
}

/* The Newton step for a z = r1, s w = r2 (less what they are), from the Gram matrix at hand. */
static hone_status newton(hone_ctx *ctx, program *l) {
    HN_TRY(times(ctx, l, l->dual, l->work));
    for (int64_t i = 0; i < l->m; i++) {
        double off = l->c[i] - l->work[i] - l->z[i] + l->w[i];
        l->da[i] = live(l, i) ? l->r1[i] / l->a[i] - l->r2[i] / l->s[i] - off : 0;
        l->work[i] = -l->ratio[i] * l->da[i];
    }
    HN_TRY(times_rows(ctx, l, l->work, l->dy));
    HN_TRY(hn_solve_lifted(ctx, l->rows->q, l->gram, l->dy));
    HN_TRY(times(ctx, l, l->dy, l->work));
    for (int64_t i = 0; i < l->m; i++) {
        if (!live(l, i)) continue;
        l->da[i] = l->ratio[i] * (l->work[i] + l->da[i]);
        l->dz[i] = (l->r1[i] - l->z[i] * l->da[i]) / l->a[i];
        l->dw[i] = (l->r2[i] + l->w[i] * l->da[i]) / l->s[i];
    }
    return HONE_OK;
}

/* The longest steps that keep everything above 0. */
static void longest(const program *l, double *ret_a, double *ret_z) {
    static const double SHORT = 0.9995;
    double a = INFINITY, z = INFINITY;
    for (int64_t i = 0; i < l->m; i++) {
        if (!live(l, i)) continue;
        if (l->da[i] < 0) a = fmin(a, -l->a[i] / l->da[i]);
        if (l->da[i] > 0) a = fmin(a, l->s[i] / l->da[i]);
        if (l->dz[i] < 0) z = fmin(z, -l->z[i] / l->dz[i]);
        if (l->dw[i] < 0) z = fmin(z, -l->w[i] / l->dw[i]);
    }
    *ret_a = fmin(1, SHORT * a);
    *ret_z = fmin(1, SHORT * z);
}

/* One iteration: predictor, corrector, step. */
static hone_status iterate(hone_ctx *ctx, program *l, double gap) {
    double step_a, step_z;
    int64_t alive = 0;
    for (int64_t i = 0; i < l->m; i++) {
        alive += live(l, i);
        l->ratio[i] = live(l, i) ? 1 / (l->z[i] / l->a[i] + l->w[i] / l->s[i]) : 0;
        l->r1[i] = -l->a[i] * l->z[i];
        l->r2[i] = -l->s[i] * l->w[i];
    }
    HN_TRY(weigh(ctx, l, l->ratio));
    HN_TRY(newton(ctx, l));
    longest(l, &step_a, &step_z);
    double share = gap_of(l, step_a, step_z) / gap;
    double mu = share * share * share * gap / (2 * (double)alive);
    for (int64_t i = 0; i < l->m; i++) {
        l->r1[i] = mu - l->a[i] * l->z[i] - l->da[i] * l->dz[i];
        l->r2[i] = mu - l->s[i] * l->w[i] + l->da[i] * l->dw[i];
    }
    HN_TRY(newton(ctx, l));
    longest(l, &step_a, &step_z);
    for (int64_t i = 0; i < l->m; i++) {
        if (!live(l, i)) continue;
        l->a[i] += step_a * l->da[i];
        l->s[i] -= step_a * l->da[i];
        l->z[i] += step_z * l->dz[i];
        l->w[i] += step_z * l->dw[i];
    }
    for (int64_t j = 0; j < l->rows->q; j++) l->dual[j] += step_z * l->dy[j];
    return HONE_OK;
}

/* Loss and penalty at the dual's coefficients, in all; residuals in l->work. */
static hone_status objective(hone_ctx *ctx, const program *l, const quantile_params *p,
                             double *ret_value) {
    double sum = 0;
    HN_TRY(times(ctx, l, l->dual, l->work));
    for (int64_t i = 0; i < l->m; i++) {
        double r = l->work[i] - l->c[i]; /* y - x b */
        double above = i < l->rows->n ? l->upper[i] * p->quantile : 0.5 * l->upper[i];
        sum += r > 0 ? above * r : (above - l->upper[i]) * r;
    }
    *ret_value = sum;
    return HONE_OK;
}

static hone_status quantile_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                                hn_arena *arena, void *ret_state) {
    const quantile_params *p = values;
    quantile_state *s = ret_state;
    HN_SCRATCH(ctx);
    hn_standard_rows rows;
    program l = {0};
    HN_TRY(hn_standard_rows_make(ctx, data, p->intercept, &rows));
    HN_TRY(hn_linear_init(ctx, arena, &s->linear, rows.p, 1, HN_LINK_IDENTITY));
    memcpy(s->linear.sd, rows.sd, (size_t)rows.p * sizeof(double));
    HN_TRY(make_program(ctx, p, data, &rows, &l));
    HN_TRY(start(ctx, &l));
    double value = 0, gap = INFINITY, last = INFINITY,
           size = 0; /* of what rounding is a share of */
    for (int64_t i = 0; i < l.m; i++) size += l.upper[i] * fabs(l.c[i]);
    for (;; s->iterations++) {
        HN_TRY(hn_check_cancel(ctx));
        hn_progress(ctx, "interior point", s->iterations, p->max_iter, "iterations");
        HN_TRY(objective(ctx, &l, p, &value));
        gap = gap_of(&l, 0, 0);
        s->converged = gap <= fmax(p->tolerance * value, 1e-14 * size);
        bool stuck = !(gap < last * (1 - 1e-6)) && s->iterations > 20;
        if (s->converged || stuck || s->iterations >= p->max_iter) break;
        last = gap;
        HN_TRY(iterate(ctx, &l, gap));
    }
    s->quantile = p->quantile;
    s->objective = value / rows.total;
    for (int64_t j = 0; j < rows.q; j++) l.dual[j] = -l.dual[j];
    hn_standard_rows_back(&rows, l.dual, s->linear.coef, s->linear.intercept);
    if (!s->converged && gap > 1e-6 * value)
        hn_say(
            ctx, HONE_LOG_WARN,
            "quantile_regression: not converged after %lld iterations (duality gap %.2g of %.2g)",
            (long long)s->iterations, gap, value);
    return HONE_OK;
}

/* ---- after the fit -------------------------------------------------------------------------- */

static hone_status quantile_visit(hn_visitor *v, void *state) {
    quantile_state *s = state;
    HN_TRY(hn_linear_visit(v, &s->linear));
    HN_TRY(hn_visit(v, "quantile", &s->quantile));
    HN_TRY(hn_visit(v, "objective", &s->objective));
    HN_TRY(hn_visit(v, "n_iter", &s->iterations));
    return hn_visit(v, "converged", &s->converged);
}

static hone_status quantile_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                   hn_json_doc *doc, hn_json_mut *object) {
    const quantile_state *s = state;
    HN_TRY(hn_linear_report(ctx, &s->linear, schema, doc, object));
    yyjson_mut_obj_add_real(doc, object, "quantile", s->quantile);
    yyjson_mut_obj_add_real(doc, object, "objective", s->objective);
    yyjson_mut_obj_add_int(doc, object, "iterations", s->iterations);
    yyjson_mut_obj_add_bool(doc, object, "converged", s->converged != 0);
    return HONE_OK;
}

const hone_estimator hn_quantile_regression = {
    .name = "quantile_regression",
    .title = "Quantile regression",
    .class_names = "QuantileRegressor",
    .family = "linear",
    .doc =
        "Linear regression for the median or another quantile: what nine of ten stay below, and a "
        "median that outliers do not move.",
    .references = "Koenker, Bassett (1978), Regression quantiles\n"
                  "Portnoy, Koenker (1997), The Gaussian hare and the Laplacian tortoise",
    .tasks = HN_TASK_REGRESSION,
    .can = HN_CAN_WEIGHTS | HN_CAN_IMPORTANCES | HN_WANTS_SCALING,
    .params = HN_PARAMS(quantile_params, params),
    .state_size = sizeof(quantile_state),
    .fit = quantile_fit,
    .predict = hn_linear_predict,
    .outputs = hn_linear_outputs,
    .visit = quantile_visit,
    .prepare = hn_linear_prepare,
    .importances = hn_linear_importances,
    .report = quantile_report,
    HN_GOLDEN({"tabular/boston/boston.csv", "MEDV", NULL, "{\"alpha\":0.1}", "all", "mae",
               3.72751262465, 1e-6, "scikit-learn 1.9.1, QuantileRegressor(alpha=0.1)"}),
};
