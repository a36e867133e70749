/* ada_boost.c - boosting by weights: each model looks harder at the rows that those before it got wrong. SAMME for
 * classes, AdaBoost.R2 for numbers. */
#include "base/parallel.h"
#include "base/rng.h"
#include "ml/ensemble/ensemble.h"
#include "num/math.h"
#include "num/sort.h"
#include "spec/catalog.h"
#include <assert.h>
#include <math.h>
#include <string.h>

enum { LINEAR, SQUARE, EXPONENTIAL };

typedef struct boost_params {
    hn_part estimator;
    int64_t n_estimators;
    double learning_rate;
    int loss;
} boost_params;

static const hone_param params[] = {
    HN_PARAM(boost_params, estimator, .def = "auto", .words = HN_WORDS({"auto", 0}),
             .part_tasks = HN_ENSEMBLE_TASKS, .aliases = HN_CHOICES("base_estimator"),
             .doc = "What is boosted; auto: a decision_tree, of depth 1 for classes and 3 for "
                    "numbers."),
    HN_PARAM(boost_params, n_estimators, .def = "50", .range = "[1, 100000]",
             .search = "[20, 500] log",
             .doc = "Models at most; it stops earlier at a perfect fit, or at none."),
    HN_PARAM(boost_params, learning_rate, .def = "1", .range = "(0, inf)",
             .search = "[0.05, 2] log",
             .doc = "How much each model counts; less wants more models."),
    HN_PARAM(boost_params, loss, .def = "linear",
             .choices = HN_CHOICES("linear", "square", "exponential"), .level = HN_ADVANCED,
             .doc = "Numbers: how an error grows into a weight."),
};

typedef struct boost_state {
    int64_t n_features, n_classes, n;
    hn_part part;
    double *weights; /* [n] of the members, > 0 */
    double *errors;  /* [n] weighted share or loss in training */
    hn_child *members;
} boost_state;

static const hn_part *boost_part(const void *values, int64_t i) {
    const boost_params *p = values;
    if (i > 0) return NULL;
    if (p->estimator.kind) return &p->estimator;
    /* What auto means can no more than this. Its parameters are made when it is fitted. */
    static _Thread_local hn_part automatic;
    automatic.kind = hn_catalog_find("decision_tree");
    return automatic.kind ? &automatic : NULL;
}

static hone_status boost_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const hn_part *part = boost_part(values, 0);
    if (!part || data->n_classes == 0 ||
        (hn_estimator_can(part->kind, part->params) & HN_CAN_WEIGHTS) != 0)
        return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "estimator"),
                      "ada_boost: %s does not use weights, by which classes are boosted; choose "
                      "another 'estimator'",
                      part->kind->name);
}

/* ---- fit ------------------------------------------------------------------------------------- */

typedef struct fitting {
    const boost_params *p;
    const hone_data *data;
    boost_state *s;
    double *weight; /* [rows] of the rows, summing to 1 */
    double *out;    /* [rows, outputs] of the newest member */
    double *loss;   /* [rows] 0 or 1; or from 0 to 1 */
    double *part;   /* [rows] for sums */
} fitting;

static void normalise(const fitting *f) {
    int64_t n = f->data->x->n_rows;
    double total = hn_sum(f->weight, n);
    for (int64_t i = 0; i < n; i++) f->weight[i] /= total;
}

static double weighted_loss(const fitting *f) {
    int64_t n = f->data->x->n_rows;
    for (int64_t i = 0; i < n; i++) f->part[i] = f->weight[i] * f->loss[i];
    return hn_sum(f->part, n);
}

/* A member, and what it answers. It is not counted yet: whoever goes on without it ends it. */
static hone_status fit_member(hone_ctx *ctx, const fitting *f, const hone_data *data, int64_t m) {
    boost_state *s = f->s;
    HN_TRY(hn_child_fit(ctx, "ada_boost", &s->part, data, hn_child_seed(ctx, "ada_boost", m),
                        &s->members[m]));
    hone_status status = hn_child_many(ctx, &s->members[m], hn_child_predict, f->data->x, f->out);
    if (status != HONE_OK) hn_child_done(&s->members[m]);
    return status;
}

/* One round of SAMME (Zhu et al. 2009, algorithm 2). *ret_more: whether another may follow. */
static hone_status round_of_classes(hone_ctx *ctx, const fitting *f, int64_t m, bool *ret_more) {
    boost_state *s = f->s;
    int64_t n = f->data->x->n_rows, k = s->n_classes;
    hone_data data = *f->data;
    data.weight = f->weight;
    *ret_more = false;
    HN_TRY(fit_member(ctx, f, &data, m));
    for (int64_t i = 0; i < n; i++)
        f->loss[i] = (double)hn_first_largest(f->out + i * k, k) != f->data->y[i];
    double error = weighted_loss(f);
    if (error >= 1 - 1 / (double)k) {
        hn_child_done(&s->members[m]);
        if (m > 0) return HONE_OK;
        return hn_fail(ctx, HONE_ERROR_DATA,
                       "ada_boost: %s alone is no better than chance on these rows, so boosting "
                       "can't begin; choose a stronger 'estimator', or better features",
                       s->part.kind->name);
    }
    s->n = m + 1;
    s->errors[m] = error > 0 ? error : 0;
    s->weights[m] = 1;
    if (error <= 0) return HONE_OK;
    s->weights[m] = f->p->learning_rate * (hn_log((1 - error) / error) + hn_log((double)k - 1));
    double grow = hn_exp(s->weights[m]);
    for (int64_t i = 0; i < n; i++)
        if (f->loss[i] > 0) f->weight[i] *= grow;
    *ret_more = isfinite(hn_sum(f->weight, n));
    return HONE_OK;
}

/* Rows drawn by their weights, with replacement. */
static hone_status draw(hone_ctx *ctx, const fitting *f, int64_t m, hone_data *ret_data) {
    int64_t n = f->data->x->n_rows, *count, *rows, at = 0;
    double *until, sum = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, count, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, until, n));
    for (int64_t i = 0; i < n; i++) until[i] = sum += f->weight[i];
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("ada_boost.rows", (uint64_t)m));
    for (int64_t i = 0; i < n; i++) {
        double u = hn_rng_uniform(&rng) * sum;
        int64_t low = 0, high = n - 1; /* the first row with until > u */
        while (low < high) {
            int64_t middle = low + (high - low) / 2;
            if (until[middle] > u)
                high = middle;
            else
                low = middle + 1;
        }
        count[low]++;
    }
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; c < count[i]; c++) rows[at++] = i;
    hone_data data = *f->data;
    data.weight = NULL;
    return hn_data_take(ctx, ctx->scratch, &data, rows, n, ret_data);
}

/* Errors relative to the largest, of rows that have weight. */
static void find_losses(const fitting *f) {
    int64_t n = f->data->x->n_rows;
    double most = 0;
    for (int64_t i = 0; i < n; i++) {
        f->loss[i] = f->weight[i] > 0 ? fabs(f->out[i] - f->data->y[i]) : 0;
        if (f->loss[i] > most) most = f->loss[i];
    }
    for (int64_t i = 0; i < n; i++) {
        double e = most > 0 ? f->loss[i] / most : 0;
        f->loss[i] = f->p->loss == SQUARE ? e * e : f->p->loss == EXPONENTIAL ? -hn_expm1(-e) : e;
    }
}

/* One round of AdaBoost.R2 (Drucker 1997). */
static hone_status round_of_numbers(hone_ctx *ctx, const fitting *f, int64_t m, bool *ret_more) {
    HN_SCRATCH(ctx);
    boost_state *s = f->s;
    int64_t n = f->data->x->n_rows;
    hone_data drawn;
    *ret_more = false;
    HN_TRY(draw(ctx, f, m, &drawn));
    HN_TRY(fit_member(ctx, f, &drawn, m));
    find_losses(f);
    double error = weighted_loss(f);
    if (error >= 0.5 && m > 0) {
        hn_child_done(&s->members[m]);
        return HONE_OK;
    }
    s->n = m + 1;
    s->errors[m] = error > 0 ? error : 0;
    s->weights[m] = 1;
    if (error <= 0 || error >= 0.5) return HONE_OK;
    double beta = error / (1 - error), log_beta = hn_log(beta);
    s->weights[m] = -f->p->learning_rate * log_beta;
    for (int64_t i = 0; i < n; i++)
        f->weight[i] *= hn_exp(log_beta * (1 - f->loss[i]) * f->p->learning_rate);
    double total = hn_sum(f->weight, n);
    *ret_more = isfinite(total) && total > 0;
    return HONE_OK;
}

static hone_status boost_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                             hn_arena *arena, void *ret_state) {
    HN_SCRATCH(ctx);
    const boost_params *p = values;
    boost_state *s = ret_state;
    fitting f = {.p = p, .data = data, .s = s};
    int64_t n = data->x->n_rows, most = p->n_estimators;
    bool classes = data->n_classes > 0, more = true;
    s->n_features = data->x->n_columns;
    s->n_classes = data->n_classes;
    HN_TRY(p->estimator.kind ? hn_part_copy(ctx, arena, &p->estimator, &s->part)
                             : hn_part_make(ctx, arena,
                                            classes ? "{\"decision_tree\": {\"max_depth\": 1}}"
                                                    : "{\"decision_tree\": {\"max_depth\": 3}}",
                                            &s->part));
    HN_TRY(HN_NEW(ctx, arena, s->weights, most));
    HN_TRY(HN_NEW(ctx, arena, s->errors, most));
    HN_TRY(HN_NEW(ctx, arena, s->members, most));
    HN_TRY(HN_SCRATCH_NEW(ctx, f.weight, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, f.out, n * hn_member_outputs(s->n_classes)));
    HN_TRY(HN_SCRATCH_NEW(ctx, f.loss, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, f.part, n));
    for (int64_t i = 0; i < n; i++) f.weight[i] = data->weight ? data->weight[i] : 1;
    for (int64_t m = 0; m < most && more; m++) {
        HN_TRY(hn_check_cancel(ctx));
        hn_progress(ctx, "boosting", m, most, "models");
        normalise(&f);
        HN_TRY(classes ? round_of_classes(ctx, &f, m, &more) : round_of_numbers(ctx, &f, m, &more));
    }
    return HONE_OK;
}

/* ---- predict --------------------------------------------------------------------------------- */

/* Rows are answered for in blocks, which stay in the cache while all members look at them. */
enum { BLOCK = 256 };

typedef struct answering {
    const boost_state *s;
    const hn_table *x;
    double *out;
} answering;

/* Votes of -1 / (k - 1) and 1, weighed; softmax of these are the probabilities (Zhu et al. 2009). */
static hone_status answer_classes(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const answering *a = arg;
    const boost_state *s = a->s;
    int64_t k = s->n_classes, n = chunk.end - chunk.begin;
    double *out, *votes = a->out + chunk.begin * k;
    double total = hn_sum(s->weights, s->n), against = 1 / ((double)k - 1);
    hn_table block;
    HN_TRY(hn_table_slice(ctx, ctx->scratch, a->x, chunk.begin, chunk.end, &block));
    HN_TRY(HN_SCRATCH_NEW(ctx, out, n * k + 1));
    for (int64_t i = 0; i < n * k; i++) votes[i] = 0;
    for (int64_t m = 0; m < s->n; m++) {
        HN_TRY(hn_child_predict(ctx, &s->members[m], &block, out));
        for (int64_t i = 0; i < n; i++) {
            int64_t best = hn_first_largest(out + i * k, k);
            for (int64_t c = 0; c < k; c++)
                votes[i * k + c] += c == best ? s->weights[m] : -against * s->weights[m];
        }
    }
    for (int64_t i = 0; i < n; i++) {
        double *row = votes + i * k;
        for (int64_t c = 0; c < k; c++) row[c] *= against / total;
        hn_softmax(row, k);
    }
    return HONE_OK;
}

/* The weighted median of the members' answers [n]. */
static hone_status median(hone_ctx *ctx, const boost_state *s, const double *answers,
                          int64_t *order, double *ret) {
    double total = 0, sum = 0;
    HN_TRY(hn_argsort_f64(ctx, answers, s->n, order));
    for (int64_t m = 0; m < s->n; m++) total += s->weights[order[m]];
    /* Summed in the same order, so that it gets there. */
    for (int64_t m = 0; m < s->n; m++) {
        sum += s->weights[order[m]];
        *ret = answers[order[m]];
        if (sum >= 0.5 * total) break;
    }
    return HONE_OK;
}

static hone_status answer_numbers(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const answering *a = arg;
    const boost_state *s = a->s;
    double *answers, *row;
    int64_t *order;
    hn_table block;
    HN_TRY(HN_SCRATCH_NEW(ctx, answers, s->n * BLOCK));
    HN_TRY(HN_SCRATCH_NEW(ctx, row, s->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, order, s->n));
    HN_TRY(hn_table_slice(ctx, ctx->scratch, a->x, chunk.begin, chunk.end, &block));
    for (int64_t m = 0; m < s->n; m++)
        HN_TRY(hn_child_predict(ctx, &s->members[m], &block, answers + m * BLOCK));
    for (int64_t i = 0; i < chunk.end - chunk.begin; i++) {
        for (int64_t m = 0; m < s->n; m++) row[m] = answers[m * BLOCK + i];
        HN_TRY(median(ctx, s, row, order, &a->out[chunk.begin + i]));
    }
    return HONE_OK;
}

static hone_status boost_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                                 double *ret_out) {
    const boost_state *s = state;
    answering a = {s, x, ret_out};
    return hn_parallel(ctx, x->n_rows, BLOCK, s->n_classes > 0 ? answer_classes : answer_numbers,
                       &a);
}

/* ---- after the fit --------------------------------------------------------------------------- */

static int64_t boost_outputs(const void *state) {
    return hn_member_outputs(((const boost_state *)state)->n_classes);
}

static hone_status boost_visit(hn_visitor *v, void *state) {
    boost_state *s = state;
    HN_TRY(hn_members_visit_sizes(v, &s->n_features, &s->n_classes));
    HN_TRY(hn_visit(v, "n_estimators", &s->n));
    HN_TRY(hn_visit_check(v, s->n >= 1, "boosting without members"));
    HN_TRY(hn_visit(v, "estimator_weights", &s->weights, s->n));
    HN_TRY(hn_visit(v, "estimator_errors", &s->errors, s->n));
    HN_TRY(hn_part_visit(v, "estimator", hn_member_tasks(s->n_classes), &s->part));
    return hn_members_visit(v, &s->part, s->n_features, s->n_classes, s->n, &s->members);
}

static hone_status boost_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                                 const hn_table *schema) {
    boost_state *s = state;
    return hn_members_prepare(ctx, arena, s->members, s->n, schema);
}

static void boost_done(void *state) {
    boost_state *s = state;
    hn_members_done(s->members, s->n);
}

static hone_status boost_importances(hone_ctx *ctx, const void *state, double *ret_importances) {
    const boost_state *s = state;
    return hn_members_importances(ctx, s->members, s->n, s->weights, NULL, s->n_features,
                                  s->n_features, ret_importances);
}

static hone_status boost_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx, (void)schema;
    const boost_state *s = state;
    yyjson_mut_obj_add_str(doc, object, "estimator", s->part.kind->name);
    yyjson_mut_obj_add_int(doc, object, "estimators", s->n);
    hn_json_mut *weights = yyjson_mut_arr_with_real(doc, s->weights, (size_t)s->n);
    hn_json_mut *errors = yyjson_mut_arr_with_real(doc, s->errors, (size_t)s->n);
    yyjson_mut_obj_add_val(doc, object, "weights", weights);
    yyjson_mut_obj_add_val(doc, object, "errors", errors);
    return HONE_OK;
}

static hone_status boost_member(hone_ctx *ctx, const void *state, int64_t i, hn_arena *arena,
                                hn_member *ret_member) {
    (void)arena;
    const boost_state *s = state;
    return hn_members_member(ctx, s->members, s->n, i, ret_member);
}

const hone_estimator hn_ada_boost = {
    .name = "ada_boost",
    .title = "AdaBoost",
    .class_names = "AdaBoostClassifier AdaBoostRegressor",
    .family = "ensemble",
    .doc = "Fits one weak model after the other, each on rows weighed by how wrong those before it "
           "were, and lets them vote. The classic of boosting; gbdt predicts better.",
    .references =
        "Freund, Schapire (1997), A decision-theoretic generalization of on-line learning\n"
        "Drucker (1997), Improving regressors using boosting techniques\n"
        "Zhu, Zou, Rosset, Hastie (2009), Multi-class AdaBoost",
    .tasks = HN_ENSEMBLE_TASKS,
    .can = HN_ENSEMBLE_CAN | HN_CAN_IMPORTANCES,
    .params = HN_PARAMS(boost_params, params),
    .state_size = sizeof(boost_state),
    .check = boost_check,
    .fit = boost_fit,
    .predict = boost_predict,
    .outputs = boost_outputs,
    .visit = boost_visit,
    .member = boost_member,
    .prepare = boost_prepare,
    .done = boost_done,
    .importances = boost_importances,
    .report = boost_report,
    .part = boost_part,
    HN_GOLDEN({.dataset = "tabular/breast_cancer/breast_cancer.csv",
               .target = "diagnosis",
               .params = "{\"n_estimators\":10}",
               .scheme = "all",
               .metric = "log_loss",
               .value = 0.28079557385417436,
               .tolerance = 1e-9,
               .source = "scikit-learn 1.9.1, AdaBoostClassifier(n_estimators=10)"}),
};
