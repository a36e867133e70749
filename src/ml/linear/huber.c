/* huber.c - robust linear regression: squares of small residuals, absolute values of large ones.
 *
 * Minimised over coefficients b and scale s together, as in scikit-learn (Huber 1981; Owen 2007); convex:
 *   sum_i w_i (s + s h(r_i / s)) + alpha |b|^2,   h(z) = z^2 within epsilon, else 2 epsilon |z| - epsilon^2
 * by Newton's method: pieces are quadratics over s, so steps are exact once it is settled which rows are
 * outliers. */
#include "ml/linear/linear_model.h"
#include "ml/linear/standard_rows.h"
#include "num/blas.h"
#include <float.h>
#include <string.h>

typedef struct huber_params {
    double epsilon, alpha;
    bool intercept;
    double tolerance;
    int64_t max_iter;
} huber_params;

static const hone_param params[] = {
    HN_PARAM(huber_params, epsilon, .def = "1.35", .range = "[1, inf)", .search = "[1, 3]",
             .doc = "A residual counts as an outlier's beyond this many times the scale."),
    HN_PARAM(huber_params, alpha, .def = "1e-4", .range = "[0, inf)", .search = "[1e-5, 10] log",
             .doc = "Strength of the penalty: this times the sum of squared coefficients."),
    HN_PARAM(huber_params, intercept, .def = "true", .aliases = HN_CHOICES("fit_intercept"),
             .doc = "Fit a constant term, unpenalised."),
    HN_PARAM(huber_params, tolerance, .def = "1e-8", .range = "(0, inf)", .level = HN_ADVANCED,
             .aliases = HN_CHOICES("tol"),
             .doc = "Stop when a step promises less than this share of the objective."),
    HN_PARAM(huber_params, max_iter, .def = "200", .range = "[1, inf)", .level = HN_ADVANCED,
             .doc = "Iterations at most."),
};

typedef struct huber_state {
    hn_linear linear;
    double scale;
    int64_t outliers, iterations, converged;
} huber_state;

typedef struct problem {
    const huber_params *p;
    const hn_standard_rows *rows;
    const double *y, *weight;
    double *r, *psi, *inside; /* [n]: residuals, w h'(r / s), w where inside */
    double least;             /* of the scale */
} problem;

/* Residuals at b, and the objective for scale s. */
static hone_status evaluate(hone_ctx *ctx, const problem *q, const double *b, double s,
                            double *ret_value) {
    const hn_standard_rows *rows = q->rows;
    double e = q->p->epsilon;
    HN_TRY(hn_gemv(ctx, rows->x, rows->n, rows->q, b, 0, q->r));
    for (int64_t i = 0; i < rows->n; i++) {
        double w = q->weight ? q->weight[i] : 1, z = fabs(q->r[i] = q->y[i] - q->r[i]) / s;
        q->psi[i] = w * (z <= e ? z * z : 2 * e * z - e * e);
    }
    *ret_value = s * (rows->total + hn_sum(q->psi, rows->n));
    for (int64_t j = 0; j < rows->p; j++)
        *ret_value += q->p->alpha * b[j] * b[j] / (rows->scale[j] * rows->scale[j]);
    return HONE_OK;
}

/* Gradient [q + 1] and Hessian [q + 1, q + 1] by (b, s), from the residuals. */
static hone_status curvature(hone_ctx *ctx, const problem *q, const double *b, double s, double *g,
                             double *h) {
    HN_SCRATCH(ctx);
    const hn_standard_rows *rows = q->rows;
    int64_t m = rows->q, d = m + 1;
    double e = q->p->epsilon, *gram, *cross, squares = 0, outside = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, gram, m * m));
    HN_TRY(HN_SCRATCH_NEW(ctx, cross, m));
    for (int64_t i = 0; i < rows->n; i++) {
        double w = q->weight ? q->weight[i] : 1, z = q->r[i] / s;
        bool in = fabs(z) <= e;
        q->inside[i] = in ? w : 0;
        q->psi[i] = in ? 2 * w * z : 2 * w * (z > 0 ? e : -e);
        if (in)
            squares += w * z * z;
        else
            outside += w;
    }
    HN_TRY(hn_gram(ctx, rows->x, rows->n, m, q->inside, gram));
    HN_TRY(hn_gemv_t(ctx, rows->x, rows->n, m, q->psi, g));
    for (int64_t i = 0; i < rows->n; i++) q->psi[i] = q->inside[i] * q->r[i];
    HN_TRY(hn_gemv_t(ctx, rows->x, rows->n, m, q->psi, cross));
    for (int64_t j = 0; j < m; j++) {
        double ridge = j < rows->p ? 2 * q->p->alpha / (rows->scale[j] * rows->scale[j]) : 0;
        g[j] = -g[j] + ridge * b[j];
        for (int64_t k = 0; k < m; k++) h[j * d + k] = 2 / s * gram[j * m + k];
        h[j * d + j] += ridge;
        h[j * d + m] = h[m * d + j] = 2 / (s * s) * cross[j];
    }
    g[m] = rows->total - outside * e * e - squares;
    h[m * d + m] = 2 / s * squares;
    return HONE_OK;
}

/* Newton's method from b [q] and *s. */
static hone_status minimise(hone_ctx *ctx, const problem *q, double *b, double *s,
                            huber_state *state) {
    HN_SCRATCH(ctx);
    int64_t m = q->rows->q, d = m + 1;
    double *g, *h, *step, *trial, value;
    HN_TRY(HN_SCRATCH_NEW(ctx, g, d));
    HN_TRY(HN_SCRATCH_NEW(ctx, h, d * d));
    HN_TRY(HN_SCRATCH_NEW(ctx, step, d));
    HN_TRY(HN_SCRATCH_NEW(ctx, trial, m));
    HN_TRY(evaluate(ctx, q, b, *s, &value));
    for (; state->iterations < q->p->max_iter; state->iterations++) {
        HN_TRY(hn_check_cancel(ctx));
        HN_TRY(curvature(ctx, q, b, *s, g, h));
        for (int64_t j = 0; j < d; j++) step[j] = -g[j];
        HN_TRY(hn_solve_lifted(ctx, d, h, step));
        double promise = -hn_dot(g, step, d), t = 1, next, at;
        state->converged = !(promise > q->p->tolerance * q->p->tolerance * value) || *s <= q->least;
        if (state->converged) break;
        for (;; t /= 2) {
            at = fmax(fmax(*s + t * step[m], 0.1 * *s), q->least);
            for (int64_t j = 0; j < m; j++) trial[j] = b[j] + t * step[j];
            HN_TRY(evaluate(ctx, q, trial, at, &next));
            if (next <= value - 1e-4 * t * promise || t < 1e-12) break;
        }
        if (!(next < value)) { /* as near as rounding lets it come */
            HN_TRY(evaluate(ctx, q, b, *s, &value));
            state->converged = promise <= 1e-12 * value;
            break;
        }
        value = next;
        *s = at;
        memcpy(b, trial, (size_t)m * sizeof *b);
    }
    return HONE_OK;
}

/* Weighted least squares, and the root of its mean square. */
static hone_status start(hone_ctx *ctx, const problem *q, double *b, double *ret_s) {
    HN_SCRATCH(ctx);
    const hn_standard_rows *rows = q->rows;
    double *gram, sum = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, gram, rows->q * rows->q));
    HN_TRY(hn_gram(ctx, rows->x, rows->n, rows->q, q->weight, gram));
    for (int64_t i = 0; i < rows->n; i++) q->psi[i] = (q->weight ? q->weight[i] : 1) * q->y[i];
    HN_TRY(hn_gemv_t(ctx, rows->x, rows->n, rows->q, q->psi, b));
    HN_TRY(hn_solve_lifted(ctx, rows->q, gram, b));
    HN_TRY(hn_gemv(ctx, rows->x, rows->n, rows->q, b, 0, q->r));
    for (int64_t i = 0; i < rows->n; i++) {
        double off = q->y[i] - q->r[i];
        sum += (q->weight ? q->weight[i] : 1) * off * off;
    }
    *ret_s = fmax(sqrt(sum / rows->total), q->least);
    return HONE_OK;
}

static hone_status huber_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                             hn_arena *arena, void *ret_state) {
    const huber_params *p = values;
    huber_state *s = ret_state;
    HN_SCRATCH(ctx);
    hn_standard_rows rows;
    HN_TRY(hn_standard_rows_make(ctx, data, p->intercept, &rows));
    HN_TRY(hn_linear_init(ctx, arena, &s->linear, rows.p, 1, HN_LINK_IDENTITY));
    memcpy(s->linear.sd, rows.sd, (size_t)rows.p * sizeof(double));
    problem q = {.p = p, .rows = &rows, .y = data->y, .weight = data->weight};
    double *b, size = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, q.r, rows.n));
    HN_TRY(HN_SCRATCH_NEW(ctx, q.psi, rows.n));
    HN_TRY(HN_SCRATCH_NEW(ctx, q.inside, rows.n));
    HN_TRY(HN_SCRATCH_NEW(ctx, b, rows.q));
    for (int64_t i = 0; i < rows.n; i++) size = fmax(size, fabs(data->y[i]));
    q.least = fmax(10 * DBL_EPSILON * size, DBL_MIN * 1e10);
    HN_TRY(start(ctx, &q, b, &s->scale));
    HN_TRY(minimise(ctx, &q, b, &s->scale, s));
    for (int64_t i = 0; i < rows.n; i++) s->outliers += fabs(q.r[i]) > p->epsilon * s->scale;
    hn_standard_rows_back(&rows, b, s->linear.coef, s->linear.intercept);
    if (!s->converged)
        hn_say(ctx, HONE_LOG_WARN,
               "huber: not converged after %lld iterations; raise 'max_iter' or 'epsilon'",
               (long long)s->iterations);
    return HONE_OK;
}

/* ---- after the fit -------------------------------------------------------------------------- */

static hone_status huber_visit(hn_visitor *v, void *state) {
    huber_state *s = state;
    HN_TRY(hn_linear_visit(v, &s->linear));
    HN_TRY(hn_visit(v, "scale", &s->scale));
    HN_TRY(hn_visit(v, "n_outliers", &s->outliers));
    HN_TRY(hn_visit(v, "n_iter", &s->iterations));
    return hn_visit(v, "converged", &s->converged);
}

static hone_status huber_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                hn_json_doc *doc, hn_json_mut *object) {
    const huber_state *s = state;
    HN_TRY(hn_linear_report(ctx, &s->linear, schema, doc, object));
    yyjson_mut_obj_add_real(doc, object, "scale", s->scale);
    yyjson_mut_obj_add_int(doc, object, "outliers", s->outliers);
    yyjson_mut_obj_add_int(doc, object, "iterations", s->iterations);
    yyjson_mut_obj_add_bool(doc, object, "converged", s->converged != 0);
    return HONE_OK;
}

const hone_estimator hn_huber = {
    .name = "huber",
    .title = "Huber regression",
    .class_names = "HuberRegressor",
    .family = "linear",
    .doc = "Linear regression that outliers of the target cannot lead astray: it finds the scale "
           "of the "
           "residuals, and lets those far beyond it count by their size, not their square.",
    .references = "Huber (1981), Robust Statistics\n"
                  "Owen (2007), A robust hybrid of lasso and ridge regression",
    .tasks = HN_TASK_REGRESSION,
    .can = HN_CAN_WEIGHTS | HN_CAN_IMPORTANCES | HN_WANTS_SCALING,
    .params = HN_PARAMS(huber_params, params),
    .state_size = sizeof(huber_state),
    .fit = huber_fit,
    .predict = hn_linear_predict,
    .outputs = hn_linear_outputs,
    .visit = huber_visit,
    .prepare = hn_linear_prepare,
    .importances = hn_linear_importances,
    .report = huber_report,
    HN_GOLDEN({"tabular/boston/boston.csv", "MEDV", NULL, NULL, "all", "rmse", 4.90316, 1e-3,
               "scikit-learn 1.9.1, HuberRegressor(tol=1e-9)"}),
};
