/* sgd.c - linear models learnt row after row: stochastic gradient descent, and the perceptron. */
#include "base/parallel.h"
#include "base/rng.h"
#include "ml/linear/linear_model.h"
#include "ml/linear/sgd_run.h"
#include "table/rows.h"
#include <math.h>
#include <string.h>

enum { LOSS_AUTO }; /* the others: 1 + hn_sgd_loss */
enum { PENALTY_NONE, PENALTY_L1, PENALTY_L2, PENALTY_ELASTIC_NET };
enum { RATE_AUTO }; /* the others: 1 + hn_sgd_rate */
enum { WEIGHT_NONE, WEIGHT_BALANCED };

typedef struct sgd_params {
    int loss, penalty, learning_rate, class_weight;
    double alpha, l1_ratio, eta0, power_t, epsilon;
    int64_t average, max_iter, n_iter_no_change;
    double tolerance;
    bool early_stopping;
    double validation_fraction;
    bool intercept, shuffle;
} sgd_params;

#define PENALTY(default_)                                                                          \
    HN_PARAM(sgd_params, penalty, .def = default_,                                                 \
             .choices = HN_CHOICES("none", "l1", "l2", "elastic_net"),                             \
             .doc = "What keeps coefficients small; l1 makes some of them zero.")
#define ETA0(default_)                                                                             \
    HN_PARAM(sgd_params, eta0, .def = default_, .range = "(0, inf)", .search = "[1e-4, 1] log",    \
             .doc = "First step length; optimal does without it.")
#define COMMON                                                                                     \
    HN_PARAM(sgd_params, alpha, .def = "1e-4", .range = "[0, inf)", .search = "[1e-6, 0.1] log",   \
             .doc = "Strength of the penalty; the optimal learning rate depends on it too."),      \
        HN_PARAM(sgd_params, l1_ratio, .def = "0.15", .range = "[0, 1]",                           \
                 .doc = "Share of l1 in elastic_net."),                                            \
        HN_PARAM(sgd_params, class_weight, .def = "none",                                          \
                 .choices = HN_CHOICES("none", "balanced"),                                        \
                 .doc = "balanced gives every class the same total weight."),                      \
        HN_PARAM(sgd_params, max_iter, .def = "1000", .range = "[1, inf)",                         \
                 .doc = "Passes over the rows at most.", .aliases = HN_CHOICES("epochs")),         \
        HN_PARAM(sgd_params, tolerance, .def = "1e-3", .range = "[0, inf)",                        \
                 .words = HN_WORDS({"none", -1}), .aliases = HN_CHOICES("tol"),                    \
                 .doc = "Stop when the objective gains less than this; none: never."),             \
        HN_PARAM(sgd_params, n_iter_no_change, .def = "5", .range = "[1, inf)",                    \
                 .level = HN_ADVANCED, .doc = "Passes without such a gain before stopping."),      \
        HN_PARAM(sgd_params, early_stopping, .def = "false", .level = HN_ADVANCED,                 \
                 .doc = "Stop by the score of the rows to validate by (without such: of some set " \
                        "aside), not by the objective."),                                          \
        HN_PARAM(sgd_params, validation_fraction, .def = "0.1", .range = "(0, 1)",                 \
                 .level = HN_ADVANCED, .doc = "Share of rows that early_stopping holds out."),     \
        HN_PARAM(sgd_params, shuffle, .def = "true", .level = HN_ADVANCED,                         \
                 .doc = "Rows come in a new order in each pass."),                                 \
        HN_PARAM(sgd_params, intercept, .def = "true", .level = HN_ADVANCED,                       \
                 .aliases = HN_CHOICES("fit_intercept"),                                           \
                 .doc = "Fit a constant term, unpenalised.")

static const hone_param params_sgd[] = {
    HN_PARAM(sgd_params, loss, .def = "auto",
             .choices = HN_CHOICES("auto", "hinge", "log_loss", "modified_huber", "squared_hinge",
                                   "perceptron", "squared_error", "huber", "epsilon_insensitive",
                                   "squared_epsilon_insensitive"),
             .doc =
                 "auto is hinge (a linear support vector machine) for classes, squared_error for "
                 "numbers."),
    PENALTY("l2"),
    HN_PARAM(sgd_params, learning_rate, .def = "auto",
             .choices = HN_CHOICES("auto", "constant", "optimal", "invscaling", "adaptive"),
             .doc = "How steps shorten; auto is optimal for classes, invscaling for numbers."),
    ETA0("0.01"),
    HN_PARAM(
        sgd_params, power_t, .def = "auto", .words = HN_WORDS({"auto", NAN}), .level = HN_ADVANCED,
        .doc = "invscaling divides by the rows seen to this power; auto is 0.5 for classes, 0.25 "
               "for numbers."),
    HN_PARAM(sgd_params, epsilon, .def = "0.1", .range = "[0, inf)",
             .doc = "From where huber is linear, to where the insensitive losses are 0."),
    HN_PARAM(sgd_params, average, .def = "0", .range = "[0, inf)",
             .doc = "If above 0, coefficients are averaged from this row on."),
    COMMON,
};
static const hone_param params_perceptron[] = {PENALTY("none"), ETA0("1"), COMMON};

typedef struct sgd_state {
    hn_linear linear; /* what answers: the average, where there is one */
    double t;         /* rows seen, from 1 */
    int64_t epochs;
    int64_t n_average;               /* outputs where coefficients are averaged, or 0 */
    double *plain, *plain_intercept; /* [n_average, n_features], [n_average] */
    double *average, *average_intercept;
} sgd_state;

/* ---- fit ------------------------------------------------------------------------------------ */

static hone_status sgd_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const sgd_params *p = values;
    bool classes = (data->task & HN_TASK_CLASSIFY) != 0;
    bool for_classes = p->loss >= 1 + HN_SGD_HINGE && p->loss <= 1 + HN_SGD_PERCEPTRON;
    if (p->loss != LOSS_AUTO && for_classes && !classes)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "loss"),
                          "sgd: 'loss' %s is for classes, and the target is a number; take "
                          "squared_error, huber or epsilon_insensitive",
                          params_sgd[0].choices[p->loss]);
    bool optimal =
        p->learning_rate == 1 + HN_SGD_OPTIMAL || (p->learning_rate == RATE_AUTO && classes);
    if (optimal && p->alpha == 0)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "alpha"),
                          "sgd: the optimal learning rate needs an 'alpha' above 0; take another "
                          "'learning_rate'");
    return HONE_OK;
}

static hn_sgd_how how_of(const sgd_params *p, const hone_data *data, bool perceptron) {
    bool classes = (data->task & HN_TASK_CLASSIFY) != 0;
    hn_sgd_loss usual = classes ? HN_SGD_HINGE : HN_SGD_SQUARED;
    hn_sgd_rate rate = classes ? HN_SGD_OPTIMAL : HN_SGD_INVSCALING;
    if (p->loss != LOSS_AUTO) usual = (hn_sgd_loss)(p->loss - 1);
    if (p->learning_rate != RATE_AUTO) rate = (hn_sgd_rate)(p->learning_rate - 1);
    hn_sgd_how how = {.loss = perceptron ? HN_SGD_PERCEPTRON : usual,
                      .epsilon = p->epsilon,
                      .alpha = p->penalty == PENALTY_NONE ? 0 : p->alpha,
                      .l1_ratio = p->penalty == PENALTY_L1   ? 1
                                  : p->penalty == PENALTY_L2 ? 0
                                                             : p->l1_ratio,
                      .l1 = p->penalty == PENALTY_L1 || p->penalty == PENALTY_ELASTIC_NET,
                      .l2 = p->penalty == PENALTY_L2 || p->penalty == PENALTY_ELASTIC_NET,
                      .rate = perceptron ? HN_SGD_CONSTANT : rate,
                      .eta0 = p->eta0,
                      .power_t = !isnan(p->power_t) ? p->power_t
                                 : classes          ? 0.5
                                                    : 0.25,
                      .intercept = p->intercept,
                      .shuffle = p->shuffle,
                      .average = p->average,
                      .max_iter = p->max_iter,
                      .tolerance = p->tolerance,
                      .patience = p->n_iter_no_change,
                      .by_score = p->early_stopping};
    /* The rate needs alpha, the objective does not. */
    if (how.rate == HN_SGD_OPTIMAL) how.alpha = p->alpha;
    return how;
}

typedef struct job {
    const char *kind;
    const hn_sgd_how *how;
    hn_sgd_rows rows, judge;
    sgd_state *s;
    int64_t *epochs; /* [outputs] */
    double t;
} job;

/* Output k by itself: for several classes, k against the others. */
static hone_status run_outputs(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const job *j = arg;
    for (int64_t k = chunk.begin; k < chunk.end; k++) {
        hn_linear *l = &j->s->linear;
        hn_sgd_rows rows = j->rows;
        hn_sgd_rows judge = j->judge;
        if (rows.positive >= 0) rows.positive = l->n_outputs > 1 ? (double)k : 1;
        judge.positive = rows.positive;
        if (judge.n > 0) rows.judge = &judge;
        bool average = j->s->n_average > 0;
        hn_sgd_model model = {.coef = (average ? j->s->plain : l->coef) + k * l->n_features,
                              .intercept = (average ? j->s->plain_intercept : l->intercept) + k,
                              .average = average ? j->s->average + k * l->n_features : NULL,
                              .average_intercept = average ? j->s->average_intercept + k : NULL,
                              .t = j->t};
        HN_TRY(hn_sgd_run(ctx, j->kind, j->how, &rows, &model));
        j->epochs[k] = model.epochs;
        if (k == 0) j->s->t = model.t;
    }
    return HONE_OK;
}

static hone_status hold_out(hone_ctx *ctx, const char *kind, double share, const hone_data *data,
                            const uint8_t **ret_held) {
    int64_t n = 0, *there, *rows;
    HN_TRY(HN_SCRATCH_NEW(ctx, there, data->x->n_rows));
    for (int64_t i = 0; i < data->x->n_rows; i++)
        if (!hn_data_is_made(data, i)) there[n++] = i;
    int64_t count = (int64_t)ceil(share * (double)n);
    if (count >= n)
        return hn_fail_at(
            ctx, HONE_ERROR_DATA, HN_AT(.param = "validation_fraction"),
            "%s: of %lld rows none is left to learn from once some are held out; turn "
            "'early_stopping' off",
            kind, (long long)n);
    uint8_t *held, *barred;
    HN_TRY(HN_SCRATCH_NEW(ctx, held, data->x->n_rows));
    HN_TRY(HN_SCRATCH_NEW(ctx, barred, data->x->n_rows));
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, count + 1));
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("sgd.hold_out", 0));
    hn_rng_choose(&rng, n, count, rows);
    for (int64_t i = 0; i < count; i++) held[there[rows[i]]] = 1;
    HN_TRY(hn_data_barred(ctx, data, held, barred));
    for (int64_t i = 0; i < data->x->n_rows; i++)
        if (barred[i]) held[i] = 2;
    *ret_held = held;
    return HONE_OK;
}

static hone_status rows_of(hone_ctx *ctx, const hone_data *data, hn_sgd_rows *ret_rows) {
    bool classes = (data->task & HN_TASK_CLASSIFY) != 0;
    *ret_rows = (hn_sgd_rows){.n = data->x->n_rows,
                              .p = data->x->n_columns,
                              .sparse = data->x->csr,
                              .y = data->y,
                              .positive = classes ? 0 : -1,
                              .weight = data->weight};
    if (data->x->csr) return HONE_OK;
    return hn_table_need_rows(ctx, ctx->scratch, data->x, &ret_rows->dense, &ret_rows->stride);
}

static hone_status run(hone_ctx *ctx, const sgd_params *p, const hn_sgd_how *how, const char *kind,
                       const hone_data *data, sgd_state *s) {
    HN_SCRATCH(ctx);
    job j = {.kind = kind, .how = how, .s = s, .t = s->t};
    bool classes = (data->task & HN_TASK_CLASSIFY) != 0;
    HN_TRY(rows_of(ctx, data, &j.rows));
    if (classes && p->class_weight == WEIGHT_BALANCED) {
        double *balanced;
        HN_TRY(hn_data_balanced_weights(ctx, data, &balanced));
        j.rows.weight = balanced;
    }
    if (how->by_score && data->validation)
        HN_TRY(rows_of(ctx, data->validation, &j.judge));
    else if (how->by_score)
        HN_TRY(hold_out(ctx, kind, p->validation_fraction, data, &j.rows.held_out));
    HN_TRY(HN_SCRATCH_NEW(ctx, j.epochs, s->linear.n_outputs));
    HN_TRY(hn_parallel(ctx, s->linear.n_outputs, 1, run_outputs, &j));
    for (int64_t k = 0; k < s->linear.n_outputs; k++)
        if (j.epochs[k] > s->epochs || k == 0) s->epochs = j.epochs[k];
    if (s->n_average == 0) return HONE_OK;
    bool begun = (double)how->average <= s->t - 1;
    size_t size = (size_t)(s->n_average * s->linear.n_features) * sizeof(double);
    memcpy(s->linear.coef, begun ? s->average : s->plain, size);
    memcpy(s->linear.intercept, begun ? s->average_intercept : s->plain_intercept,
           (size_t)s->n_average * sizeof(double));
    return HONE_OK;
}

static hone_status fit(hone_ctx *ctx, const sgd_params *p, bool perceptron, const hone_data *data,
                       hn_arena *arena, sgd_state *s) {
    hn_sgd_how how = how_of(p, data, perceptron);
    int64_t features = data->x->n_columns;
    int64_t outputs = data->task == HN_TASK_MULTICLASS ? data->n_classes : 1;
    HN_TRY(hn_linear_init(ctx, arena, &s->linear, features, outputs,
                          data->task == HN_TASK_BINARY ? HN_LINK_MARGIN : HN_LINK_IDENTITY));
    if (p->average > 0) {
        s->n_average = outputs;
        HN_TRY(HN_NEW(ctx, arena, s->plain, outputs * features));
        HN_TRY(HN_NEW(ctx, arena, s->average, outputs * features));
        HN_TRY(HN_NEW(ctx, arena, s->plain_intercept, outputs));
        HN_TRY(HN_NEW(ctx, arena, s->average_intercept, outputs));
    }
    s->t = 1;
    HN_SCRATCH(ctx);
    double *mean;
    HN_TRY(HN_SCRATCH_NEW(ctx, mean, features));
    HN_TRY(hn_linear_moments(ctx, data->x, data->weight, mean, s->linear.sd));
    HN_TRY(run(ctx, p, &how, perceptron ? "perceptron" : "sgd", data, s));
    if (how.tolerance >= 0 && s->epochs >= p->max_iter && p->max_iter > how.patience)
        hn_say(ctx, HONE_LOG_WARN, "%s: not converged after %lld passes; raise 'max_iter'",
               perceptron ? "perceptron" : "sgd", (long long)s->epochs);
    return HONE_OK;
}

/* One pass over the new rows, from where the last one ended. */
static hone_status update(hone_ctx *ctx, const sgd_params *p, bool perceptron,
                          const hone_data *data, sgd_state *s) {
    hn_sgd_how how = how_of(p, data, perceptron);
    how.max_iter = 1;
    how.by_score = false;
    return run(ctx, p, &how, perceptron ? "perceptron" : "sgd", data, s);
}

static hone_status sgd_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                           hn_arena *arena, void *ret_state) {
    return fit(ctx, values, false, data, arena, ret_state);
}

static hone_status perceptron_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                                  hn_arena *arena, void *ret_state) {
    return fit(ctx, values, true, data, arena, ret_state);
}

static hone_status sgd_update(hone_ctx *ctx, const void *values, const hone_data *data,
                              hn_arena *arena, void *state) {
    (void)arena;
    return update(ctx, values, false, data, state);
}

static hone_status perceptron_update(hone_ctx *ctx, const void *values, const hone_data *data,
                                     hn_arena *arena, void *state) {
    (void)arena;
    return update(ctx, values, true, data, state);
}

/* ---- after the fit -------------------------------------------------------------------------- */

static hone_status sgd_visit(hn_visitor *v, void *state) {
    sgd_state *s = state;
    int64_t p = 0;
    HN_TRY(hn_linear_visit(v, &s->linear));
    p = s->linear.n_features;
    HN_TRY(hn_visit(v, "t", &s->t));
    HN_TRY(hn_visit(v, "n_iter", &s->epochs));
    HN_TRY(hn_visit(v, "n_average", &s->n_average));
    HN_TRY(hn_visit_check(v, s->n_average == 0 || s->n_average == s->linear.n_outputs,
                          "averages of other outputs"));
    HN_TRY(hn_visit(v, "plain_coef", &s->plain, s->n_average, p));
    HN_TRY(hn_visit(v, "plain_intercept", &s->plain_intercept, s->n_average));
    HN_TRY(hn_visit(v, "average_coef", &s->average, s->n_average, p));
    return hn_visit(v, "average_intercept", &s->average_intercept, s->n_average);
}

static hone_status sgd_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                              hn_json_doc *doc, hn_json_mut *object) {
    const sgd_state *s = state;
    HN_TRY(hn_linear_report(ctx, &s->linear, schema, doc, object));
    yyjson_mut_obj_add_int(doc, object, "epochs", s->epochs);
    yyjson_mut_obj_add_real(doc, object, "rows_seen", s->t - 1);
    return HONE_OK;
}

#define HOOKS                                                                                      \
    .family = "linear",                                                                            \
    .can = HN_CAN_WEIGHTS | HN_CAN_SPARSE | HN_CAN_UPDATE | HN_CAN_IMPORTANCES |                   \
           HN_WANTS_SCALING | HN_CAN_VALIDATE,                                                     \
    .state_size = sizeof(sgd_state), .predict = hn_linear_predict, .outputs = hn_linear_outputs,   \
    .visit = sgd_visit, .prepare = hn_linear_prepare, .importances = hn_linear_importances,        \
    .report = sgd_report

const hone_estimator hn_sgd = {
    .name = "sgd",
    .title = "Stochastic gradient descent",
    .class_names = "SGDClassifier SGDRegressor",
    .also = "stochastic_gradient_descent",
    .doc = "Linear models learnt row after row: for very many rows, sparse features, and rows that "
           "come "
           "later. Features should be standardised.",
    .references = "Bottou (2012), Stochastic gradient descent tricks\n"
                  "Tsuruoka, Tsujii, Ananiadou (2009), SGD training for L1-regularized models",
    .tasks = HN_TASK_BINARY | HN_TASK_MULTICLASS | HN_TASK_REGRESSION,
    .example = "{\"eta0\": 0.0001}",
    .params = HN_PARAMS(sgd_params, params_sgd),
    .check = sgd_check,
    .fit = sgd_fit,
    .update = sgd_update,
    HOOKS,
    HN_GOLDEN({"tabular/breast_cancer/breast_cancer.csv", "diagnosis", NULL,
               "{\"loss\":\"log_loss\",\"shuffle\":false}", "all", "accuracy", 0.984182776801, 1e-9,
               "scikit-learn 1.9.1, SGDClassifier(loss='log_loss', shuffle=False)"},
              {"tabular/diabetes/diabetes.csv", "target", NULL, "{\"shuffle\":false}", "all", "r2",
               0.5176188574, 1e-9, "scikit-learn 1.9.1, SGDRegressor(shuffle=False)"}),
};

const hone_estimator hn_perceptron = {
    .name = "perceptron",
    .title = "Perceptron",
    .class_names = "Perceptron",
    .doc = "The oldest learning machine: moves its border whenever a row lies on the wrong side. "
           "Finds a "
           "border without error where there is one.",
    .references = "Rosenblatt (1958), The perceptron",
    .tasks = HN_TASK_BINARY | HN_TASK_MULTICLASS,
    .params = HN_PARAMS(sgd_params, params_perceptron),
    .fit = perceptron_fit,
    .update = perceptron_update,
    HOOKS,
    HN_GOLDEN({"tabular/wine/wine.csv", "class", NULL, "{\"shuffle\":false}", "all", "accuracy",
               0.994382022472, 1e-9, "scikit-learn 1.9.1, Perceptron(shuffle=False)"}),
};
