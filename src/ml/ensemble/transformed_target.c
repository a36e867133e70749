/* transformed_target.c - a model of a function of the target, its answers turned back.
 *
 * The mean of a logarithm is not the logarithm of the mean: answers turned back are medians rather than means,
 * too low on the whole for a skew target. Both means over the training rows are reported, and with smearing answers
 * of logarithms are multiplied by the mean of exp(residual) (Duan 1983). */
#include "base/parallel.h"
#include "ml/ensemble/ensemble.h"
#include "num/distribution.h"
#include "num/math.h"
#include "num/sort.h"
#include <math.h>
#include <string.h>

typedef struct transformed_params {
    hn_part estimator;
    int function;
    bool smearing;
} transformed_params;

enum { LOG1P, LOG, SQRT, BOX_COX, QUANTILE, TRANSFORMS };
#define TRANSFORM_NAMES "log1p", "log", "sqrt", "box_cox", "quantile"

static const hone_param params[] = {
    HN_PARAM(transformed_params, estimator, .def = "gbdt", .part_tasks = HN_TASK_REGRESSION,
             .aliases = HN_CHOICES("regressor"), .doc = "The model of the transformed target."),
    HN_PARAM(
        transformed_params, function, .def = "quantile", .choices = HN_CHOICES(TRANSFORM_NAMES),
        .search = "{log1p, sqrt, box_cox}",
        .doc = "What is learned instead of the target: log(1 + y), log y, its root, the power that "
               "makes it most normal (Box-Cox), or its rank as a normal number."),
    HN_PARAM(transformed_params, smearing, .def = "false",
             .doc =
                 "With log and log1p: correct answers for the mean of a logarithm being below the "
                 "logarithm of the mean, by the residuals of the training rows."),
};

typedef struct transformed_state {
    int64_t n_features;
    int64_t transform;
    int64_t n_quantiles;
    double lambda;         /* Box-Cox */
    double factor;         /* smearing; else 1 */
    double mean, answered; /* of the training rows: targets, answers */
    double *quantiles;     /* [n_quantiles] ascending */
    hn_part part;
    hn_child child;
} transformed_state;

static const hn_part *part_of(const void *values, int64_t i) {
    return i == 0 ? &((const transformed_params *)values)->estimator : NULL;
}

static hone_status check(hone_ctx *ctx, const void *values, const hone_data *data) {
    static const char *const names[] = {TRANSFORM_NAMES};
    static const double least[] = {-1, 0, 0, 0, -(double)INFINITY};
    const transformed_params *p = values;
    if (p->smearing && p->function != LOG1P && p->function != LOG)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "smearing"),
                          "transformed_target: 'smearing' is for log and log1p; leave it out");
    for (int64_t i = 0; i < data->x->n_rows; i++) {
        bool ok = p->function == SQRT ? data->y[i] >= 0 : data->y[i] > least[p->function];
        if (!ok)
            return hn_fail_at(
                ctx, HONE_ERROR_DATA, (hn_where){.param = "function", .row = i},
                "transformed_target: the target in row %lld is %g, of which there is no "
                "%s; take another function (quantile takes any number)",
                (long long)i, data->y[i], names[p->function]);
    }
    return HONE_OK;
}

/* ---- there and back -------------------------------------------------------------------------- */

static double box_cox(double y, double lambda) {
    return fabs(lambda) < 1e-12 ? hn_log(y) : hn_expm1(lambda * hn_log(y)) / lambda;
}

/* Of the rank in (0, 1): between quantiles by interpolation; at ends no further than 1e-7. */
static double to_normal(const transformed_state *s, double y) {
    const double *q = s->quantiles;
    int64_t low = 0, high = s->n_quantiles - 1, last = high;
    if (last == 0) return 0;
    double p;
    if (y <= q[0]) {
        p = 0;
    } else if (y >= q[last]) {
        p = 1;
    } else {
        while (high - low > 1) {
            int64_t middle = low + (high - low) / 2;
            if (q[middle] <= y)
                low = middle;
            else
                high = middle;
        }
        double first = (double)low;
        while (low > 0 && q[low - 1] == y) low--; /* the middle of equal ones */
        if (q[high - 1] == y) first = ((double)low + first) / 2;
        p = (first + (q[high] > y ? (y - q[high - 1]) / (q[high] - q[high - 1]) : 0)) /
            (double)last;
    }
    p = p < 1e-7 ? 1e-7 : p > 1 - 1e-7 ? 1 - 1e-7 : p;
    return hn_normal_quantile(p);
}

static double from_normal(const transformed_state *s, double z) {
    double tail = hn_normal_two_sided(z) / 2, p = z > 0 ? 1 - tail : tail;
    double at = p * (double)(s->n_quantiles - 1);
    int64_t low = (int64_t)at;
    if (low >= s->n_quantiles - 1) return s->quantiles[s->n_quantiles - 1];
    return s->quantiles[low] + (at - (double)low) * (s->quantiles[low + 1] - s->quantiles[low]);
}

static double there(const transformed_state *s, double y) {
    switch (s->transform) {
    case LOG1P: return hn_log1p(y);
    case LOG: return hn_log(y);
    case SQRT: return sqrt(y);
    case BOX_COX: return box_cox(y, s->lambda);
    default: return to_normal(s, y);
    }
}

static double back(const transformed_state *s, double f) {
    double base;
    switch (s->transform) {
    case LOG1P: return s->factor * hn_exp(f) - 1;
    case LOG: return s->factor * hn_exp(f);
    case SQRT: return f > 0 ? f * f : 0;
    case BOX_COX:
        if (fabs(s->lambda) < 1e-12) return hn_exp(f);
        base = s->lambda * f + 1;
        return base > 0 ? hn_exp(hn_log(base) / s->lambda) : 0;
    default: return from_normal(s, f);
    }
}

/* ---- fit ------------------------------------------------------------------------------------- */

/* Of Box and Cox's likelihood, up to a constant. */
static double likelihood(const double *y, const double *logs, double *work, int64_t n,
                         double lambda) {
    double mean = 0, sum = 0;
    for (int64_t i = 0; i < n; i++) {
        work[i] = box_cox(y[i], lambda);
        mean += work[i];
    }
    mean /= (double)n;
    for (int64_t i = 0; i < n; i++) sum += (work[i] - mean) * (work[i] - mean);
    return (lambda - 1) * hn_sum(logs, n) - (double)n / 2 * hn_log(sum / (double)n);
}

/* Golden section within -5 and 5. */
static hone_status find_lambda(hone_ctx *ctx, const double *y, int64_t n, double *ret_lambda) {
    HN_SCRATCH(ctx);
    const double ratio = 0.6180339887498949;
    double *logs, *work, low = -5, high = 5;
    HN_TRY(HN_SCRATCH_NEW(ctx, logs, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, work, n + 1));
    for (int64_t i = 0; i < n; i++) logs[i] = hn_log(y[i]);
    double a = high - ratio * (high - low), b = low + ratio * (high - low);
    double at_a = likelihood(y, logs, work, n, a), at_b = likelihood(y, logs, work, n, b);
    for (int i = 0; i < 60; i++) {
        HN_TRY(hn_check_cancel(ctx));
        if (at_a > at_b) {
            high = b;
            b = a;
            at_b = at_a;
            a = high - ratio * (high - low);
            at_a = likelihood(y, logs, work, n, a);
        } else {
            low = a;
            a = b;
            at_a = at_b;
            b = low + ratio * (high - low);
            at_b = likelihood(y, logs, work, n, b);
        }
    }
    *ret_lambda = (low + high) / 2;
    return HONE_OK;
}

static hone_status learn_transform(hone_ctx *ctx, const hone_data *data, hn_arena *arena,
                                   transformed_state *s) {
    enum { MOST = 1000 };
    int64_t n = data->x->n_rows;
    if (s->transform == BOX_COX) return find_lambda(ctx, data->y, n, &s->lambda);
    if (s->transform != QUANTILE) return HONE_OK;
    HN_SCRATCH(ctx);
    double *sorted;
    HN_TRY(HN_SCRATCH_NEW(ctx, sorted, n + 1));
    memcpy(sorted, data->y, (size_t)n * sizeof *sorted);
    HN_TRY(hn_sort_f64(ctx, sorted, n));
    s->n_quantiles = n < MOST ? n : MOST;
    HN_TRY(HN_NEW(ctx, arena, s->quantiles, s->n_quantiles));
    for (int64_t k = 0; k < s->n_quantiles; k++)
        s->quantiles[k] = hn_quantile_sorted(
            sorted, n, s->n_quantiles > 1 ? (double)k / (double)(s->n_quantiles - 1) : 0.5);
    return HONE_OK;
}

/* Means of targets and answers, and what smearing corrects. */
static hone_status look_back(hone_ctx *ctx, const hone_data *data, const double *z, bool smearing,
                             transformed_state *s) {
    HN_SCRATCH(ctx);
    int64_t n = data->x->n_rows;
    double *answers, total = 0, smear = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, answers, n + 1));
    HN_TRY(hn_child_many(ctx, &s->child, hn_child_predict, data->x, answers));
    for (int64_t i = 0; i < n; i++) {
        double w = data->weight ? data->weight[i] : 1;
        total += w;
        smear += w * hn_exp(z[i] - answers[i]);
    }
    if (smearing && total > 0 && isfinite(smear)) s->factor = smear / total;
    for (int64_t i = 0; i < n; i++) {
        double w = data->weight ? data->weight[i] : 1;
        s->mean += w * data->y[i] / total;
        s->answered += w * back(s, answers[i]) / total;
    }
    return HONE_OK;
}

static hone_status fit(hone_ctx *ctx, const void *values, const hone_data *data, hn_arena *arena,
                       void *state) {
    const transformed_params *p = values;
    transformed_state *s = state;
    HN_SCRATCH(ctx);
    hone_data view = *data;
    double *z;
    int64_t n = data->x->n_rows;
    s->n_features = data->x->n_columns;
    s->transform = p->function;
    s->factor = 1;
    HN_TRY(hn_part_copy(ctx, arena, &p->estimator, &s->part));
    HN_TRY(learn_transform(ctx, data, arena, s));
    HN_TRY(HN_SCRATCH_NEW(ctx, z, n + 1));
    for (int64_t i = 0; i < n; i++) z[i] = there(s, data->y[i]);
    view.y = z;
    HN_TRY(hn_child_fit(ctx, "transformed_target", &s->part, &view, ctx->seed, &s->child));
    hone_status status = look_back(ctx, data, z, p->smearing, s);
    if (status != HONE_OK) hn_child_done(&s->child);
    return status;
}

/* ---- use ------------------------------------------------------------------------------------- */

static hone_status predict(hone_ctx *ctx, const void *state, const hn_table *x, double *ret_out) {
    const transformed_state *s = state;
    HN_TRY(hn_child_predict(ctx, &s->child, x, ret_out));
    for (int64_t i = 0; i < x->n_rows; i++) ret_out[i] = back(s, ret_out[i]);
    return HONE_OK;
}

static int64_t outputs(const void *state) {
    (void)state;
    return 1;
}

static hone_status visit(hn_visitor *v, void *state) {
    transformed_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "transform", &s->transform));
    HN_TRY(hn_visit(v, "n_quantiles", &s->n_quantiles));
    HN_TRY(hn_visit_check(v,
                          s->n_features >= 1 && s->n_features <= INT32_MAX && s->transform >= 0 &&
                              s->transform < TRANSFORMS && s->n_quantiles >= 0 &&
                              s->n_quantiles <= 1000000 &&
                              (s->transform != QUANTILE || s->n_quantiles > 0),
                          "transformed_target: sizes"));
    HN_TRY(hn_visit(v, "lambda", &s->lambda));
    HN_TRY(hn_visit(v, "factor", &s->factor));
    HN_TRY(hn_visit(v, "mean", &s->mean));
    HN_TRY(hn_visit(v, "answered", &s->answered));
    HN_TRY(hn_visit(v, "quantiles", &s->quantiles, s->n_quantiles));
    HN_TRY(hn_part_visit(v, "estimator", HN_TASK_REGRESSION, &s->part));
    return hn_child_visit(v, "regressor.", &s->part, s->n_features, 0, &s->child);
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    transformed_state *s = state;
    return hn_child_prepare(ctx, arena, &s->child, schema);
}

static void done(void *state) { hn_child_done(&((transformed_state *)state)->child); }

static hone_status importances(hone_ctx *ctx, const void *state, double *ret_importances) {
    const transformed_state *s = state;
    return s->part.kind->importances(ctx, s->child.state, ret_importances);
}

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    static const char *const names[] = {TRANSFORM_NAMES};
    const transformed_state *s = state;
    (void)ctx, (void)schema;
    yyjson_mut_obj_add_str(doc, object, "estimator", s->part.kind->name);
    yyjson_mut_obj_add_str(doc, object, "function", names[s->transform]);
    if (s->transform == BOX_COX) yyjson_mut_obj_add_real(doc, object, "lambda", s->lambda);
    if (s->factor != 1) yyjson_mut_obj_add_real(doc, object, "smearing_factor", s->factor);
    yyjson_mut_obj_add_real(doc, object, "mean_of_targets", s->mean);
    yyjson_mut_obj_add_real(doc, object, "mean_of_answers", s->answered);
    return HONE_OK;
}

static hone_status member(hone_ctx *ctx, const void *state, int64_t i, hn_arena *arena,
                          hn_member *ret_member) {
    (void)arena;
    const transformed_state *s = state;
    if (i != 0) return hn_no_member(ctx, i, 1);
    *ret_member = hn_child_as_member(&s->child);
    ret_member->name = "regressor";
    return HONE_OK;
}

const hone_estimator hn_transformed_target = {
    .name = "transformed_target",
    .title = "A model of a function of the target",
    .class_names = "TransformedTargetRegressor",
    .family = "ensemble",
    .doc = "Fits a model to a function of the target, such as its logarithm, and turns its answers "
           "back. For "
           "targets that are skew or whose errors grow with them, as prices. Answers turned back "
           "are nearer "
           "to medians than to means; both means are reported.",
    .references = "Box, Cox (1964). An analysis of transformations.\n"
                  "Duan (1983). Smearing estimate: a nonparametric retransformation method.",
    .example = "{\"estimator\": {\"gbdt\": {\"n_estimators\": 3}}, \"function\": \"box_cox\"}",
    .tasks = HN_TASK_REGRESSION,
    .can = (HN_ENSEMBLE_CAN & ~(unsigned)HN_CAN_PROBABILITIES) | HN_CAN_IMPORTANCES,
    .params = HN_PARAMS(transformed_params, params),
    .state_size = sizeof(transformed_state),
    .check = check,
    .fit = fit,
    .predict = predict,
    .outputs = outputs,
    .visit = visit,
    .member = member,
    .prepare = prepare,
    .done = done,
    .importances = importances,
    .report = report,
    .part = part_of,
    HN_GOLDEN(
        {.dataset = "tabular/diabetes/diabetes.csv",
         .target = "target",
         .params = "{\"estimator\": \"least_squares\", \"function\": \"log1p\"}",
         .scheme = "all",
         .metric = "r2",
         .value = 0.5007919685463931,
         .tolerance = 1e-9,
         .source =
             "scikit-learn 1.9.1, TransformedTargetRegressor(LinearRegression(), log1p, expm1)"}),
};
