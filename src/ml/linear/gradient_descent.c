/* gradient_descent.c - least squares by gradient descent: on all rows at once, one at a time, or some. The
 * loss is (prediction - y)^2 / 2 per unit of weight, so the gradient is the mean of error times feature. */
#include "base/rng.h"
#include "ml/linear/linear_model.h"
#include "num/blas.h"
#include "spec/moments.h"
#include <math.h>
#include <string.h>

typedef struct gd_params {
    double learning_rate;
    int64_t iterations, batch_size;
    double tolerance;
    bool shuffle, intercept;
} gd_params;

static const hone_param params[] = {
    HN_PARAM(gd_params, learning_rate, .def = "0.01", .range = "(0, inf)",
             .search = "[1e-3, 1] log", .aliases = HN_CHOICES("lr"),
             .doc = "How far to go along the gradient."),
    HN_PARAM(gd_params, iterations, .def = "1000", .range = "[1, 100000000]",
             .aliases = HN_CHOICES("max_iter"), .doc = "Steps, each on one batch."),
    HN_PARAM(gd_params, batch_size, .def = "all", .range = "[1, inf)",
             .words = HN_WORDS({"all", 0}), .unit = "rows",
             .doc = "Rows in a step: all is batch gradient descent, 1 stochastic, between them "
                    "mini-batch."),
    HN_PARAM(gd_params, tolerance, .def = "0", .range = "[0, inf)", .aliases = HN_CHOICES("tol"),
             .doc = "With all rows: stop when no component of the gradient is larger."),
    HN_PARAM(gd_params, shuffle, .def = "true", .level = HN_ADVANCED,
             .doc = "Batches are drawn in a new order each time all rows have been seen."),
    HN_PARAM(gd_params, intercept, .def = "true", .aliases = HN_CHOICES("fit_intercept"),
             .doc = "Fit a constant term."),
};

typedef struct gd_state {
    hn_linear linear;
    int64_t iterations;
    double *history; /* [iterations] mean squared error of the batch, before the step */
} gd_state;

typedef struct descent {
    const gd_params *p;
    int64_t n, features;
    const double *x; /* [n, features] */
    const double *y, *weight;
    double *batch; /* [batch_size, features] */
    double *coef, *intercept;
} descent;

static double weight_of(const descent *d, int64_t i) { return d->weight ? d->weight[i] : 1; }

/* The sums over some rows; slots hold them by chunk. */
typedef struct sums {
    const descent *d;
    const double *x;
    const int64_t *order;
    double *slots; /* [chunks][features + MORE] */
} sums;
enum { TOTAL, SQUARES, ERROR, MORE };

/* Rows are read once: a few are in the cache when their errors go back onto the features. */
static hone_status sum_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    enum { ROWS = 64 };
    (void)ctx;
    const sums *s = arg;
    const descent *d = s->d;
    double r[ROWS], *more = s->slots + chunk.index * (d->features + MORE), *g = more + MORE;
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += ROWS) {
        int64_t n = chunk.end - begin < ROWS ? chunk.end - begin : ROWS;
        const double *x = s->x + begin * d->features;
        hn_dots(x, n, d->features, d->coef, *d->intercept, r);
        for (int64_t k = 0; k < n; k++) {
            int64_t i = s->order ? s->order[begin + k] : begin + k;
            double w = weight_of(d, i), error = r[k] - d->y[i];
            more[TOTAL] += w;
            more[SQUARES] += w * error * error;
            more[ERROR] += r[k] = w * error;
        }
        hn_dots_back(x, n, d->features, r, g);
    }
    return HONE_OK;
}

/* One step on rows [n, features] at x, which are rows order[0..n-1] of the data (NULL: all). Returns the
 * largest component of the gradient, and the batch's mean squared error before. */
static hone_status step(hone_ctx *ctx, descent *d, const double *x, const int64_t *order, int64_t n,
                        double *ret_mse, double *ret_steepest) {
    HN_SCRATCH(ctx);
    int64_t slot = d->features + MORE, grain = hn_slot_grain(n, slot), chunks = hn_chunks(n, grain);
    sums s = {.d = d, .x = x, .order = order};
    HN_TRY(HN_SCRATCH_NEW(ctx, s.slots, chunks * slot));
    HN_TRY(hn_parallel(ctx, n, grain, sum_rows, &s));
    hn_slot_reduce(s.slots, chunks, slot);
    const double *g = s.slots + MORE;
    double total = s.slots[TOTAL], sum = s.slots[ERROR];
    *ret_mse = *ret_steepest = 0;
    if (!(total > 0)) return HONE_OK;
    for (int64_t j = 0; j < d->features; j++) {
        *ret_steepest = fmax(*ret_steepest, fabs(g[j] / total));
        d->coef[j] -= d->p->learning_rate * (g[j] / total);
    }
    if (d->p->intercept) {
        *ret_steepest = fmax(*ret_steepest, fabs(sum / total));
        *d->intercept -= d->p->learning_rate * (sum / total);
    }
    *ret_mse = s.slots[SQUARES] / total;
    return HONE_OK;
}

static hone_status gather(descent *d, const int64_t *rows, int64_t n) {
    for (int64_t k = 0; k < n; k++)
        memcpy(d->batch + k * d->features, d->x + rows[k] * d->features,
               (size_t)d->features * sizeof *d->batch);
    return HONE_OK;
}

static hone_status descend(hone_ctx *ctx, descent *d, double *history, int64_t *ret_iterations) {
    int64_t size = d->p->batch_size > 0 && d->p->batch_size < d->n ? d->p->batch_size : d->n;
    bool all = size == d->n;
    int64_t *order, at = 0, pass = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, order, d->n));
    if (!all) HN_TRY(HN_SCRATCH_NEW(ctx, d->batch, size * d->features));
    for (int64_t i = 0; i < d->n; i++) order[i] = i;
    for (int64_t t = 0; t < d->p->iterations; t++) {
        double steepest;
        HN_TRY(hn_check_cancel(ctx));
        if (at == 0 && !all && d->p->shuffle) {
            hn_rng rng = hn_rng_make(ctx->seed, hn_stream("gradient_descent", (uint64_t)pass++));
            hn_rng_order(&rng, order, d->n);
        }
        int64_t n = size < d->n - at ? size : d->n - at;
        if (!all) HN_TRY(gather(d, order + at, n));
        HN_TRY(step(ctx, d, all ? d->x : d->batch, order + at, n, &history[t], &steepest));
        at = at + n < d->n ? at + n : 0;
        *ret_iterations = t + 1;
        if (!isfinite(history[t]) || !isfinite(steepest))
            return hn_fail_at(
                ctx, HONE_ERROR_DATA, HN_AT(.param = "learning_rate"),
                "gradient_descent: the loss grew beyond all bounds in step %lld; put a "
                "standard_scale step before it, or lower 'learning_rate'",
                (long long)t + 1);
        if (all && steepest <= d->p->tolerance) break;
        if (t % 64 == 0) hn_progress(ctx, "descent", t + 1, d->p->iterations, "steps");
    }
    return HONE_OK;
}

static hone_status gd_fit(hone_ctx *ctx, const void *values, const hone_data *data, hn_arena *arena,
                          void *ret_state) {
    const gd_params *p = values;
    gd_state *s = ret_state;
    HN_SCRATCH(ctx);
    descent d = {.p = p,
                 .n = data->x->n_rows,
                 .features = data->x->n_columns,
                 .y = data->y,
                 .weight = data->weight};
    double *matrix, *mean;
    HN_TRY(hn_linear_init(ctx, arena, &s->linear, d.features, 1, HN_LINK_IDENTITY));
    HN_TRY(hn_table_matrix(ctx, ctx->scratch, data->x, &matrix));
    HN_TRY(HN_SCRATCH_NEW(ctx, mean, d.features));
    HN_TRY(hn_linear_moments(ctx, data->x, data->weight, mean, s->linear.sd));
    HN_TRY(HN_NEW(ctx, arena, s->history, p->iterations));
    d.x = matrix;
    d.coef = s->linear.coef;
    d.intercept = s->linear.intercept;
    return descend(ctx, &d, s->history, &s->iterations);
}

/* ---- after the fit -------------------------------------------------------------------------- */

static hone_status gd_visit(hn_visitor *v, void *state) {
    gd_state *s = state;
    HN_TRY(hn_linear_visit(v, &s->linear));
    HN_TRY(hn_visit(v, "n_iter", &s->iterations));
    HN_TRY(hn_visit_check(v, s->iterations >= 0 && s->iterations <= INT32_MAX,
                          "number of steps out of range"));
    return hn_visit(v, "loss_history", &s->history, s->iterations);
}

/* The history at no more than a hundred steps, evenly spread, the last among them. */
static hone_status gd_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                             hn_json_doc *doc, hn_json_mut *object) {
    enum { POINTS = 100 };
    const gd_state *s = state;
    HN_TRY(hn_linear_report(ctx, &s->linear, schema, doc, object));
    yyjson_mut_obj_add_int(doc, object, "iterations", s->iterations);
    hn_json_mut *history = yyjson_mut_arr(doc);
    int64_t points = s->iterations < POINTS ? s->iterations : POINTS;
    for (int64_t k = 1; k <= points; k++) {
        int64_t t = s->iterations * k / points - 1;
        hn_json_mut *point = yyjson_mut_obj(doc);
        yyjson_mut_obj_add_int(doc, point, "iteration", t + 1);
        yyjson_mut_obj_add_real(doc, point, "mse", s->history[t]);
        yyjson_mut_arr_append(history, point);
    }
    yyjson_mut_obj_add_val(doc, object, "loss_history", history);
    return HONE_OK;
}

const hone_estimator hn_gradient_descent = {
    .name = "gradient_descent",
    .title = "Linear regression by gradient descent",
    .class_names = "GradientDescentRegressor",
    .family = "linear",
    .doc = "Least squares the way it is taught: step by step down the gradient, on all rows, one, "
           "or a "
           "few, with the loss of every step kept. least_squares finds the same at once.",
    .references = "Robbins, Monro (1951), A stochastic approximation method",
    .tasks = HN_TASK_REGRESSION,
    .can = HN_CAN_WEIGHTS | HN_CAN_IMPORTANCES | HN_WANTS_SCALING,
    .example = "{\"learning_rate\": 0.0001, \"iterations\": 50}",
    .params = HN_PARAMS(gd_params, params),
    .state_size = sizeof(gd_state),
    .fit = gd_fit,
    .predict = hn_linear_predict,
    .outputs = hn_linear_outputs,
    .visit = gd_visit,
    .prepare = hn_linear_prepare,
    .importances = hn_linear_importances,
    .report = gd_report,
    HN_GOLDEN({"tabular/boston/boston.csv", "MEDV", NULL,
               "{\"learning_rate\":0.1,\"iterations\":5000}", "all", "rmse", 4.6791912957, 1e-8,
               "scikit-learn 1.9.1, LinearRegression()"}),
};
