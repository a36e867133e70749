/* iterative_impute.c - missing numbers as models of the other columns have them, column by column, round after round.
 *
 * Every model of every round is kept: a row to be filled goes through them in the order in which they were fitted, so
 * its answer depends on it alone, and training rows come out as they did in training. */
#include "ml/prep/columns.h"

#include "base/parallel.h"
#include "base/rng.h"
#include "num/sort.h"
#include "spec/child.h"
#include "table/rows.h"
#include <assert.h>
#include <float.h>
#include <stdio.h>
#include <string.h>

typedef struct iterative_params {
    hn_part estimator;
    int64_t max_iter;
    double tolerance, min_value, max_value;
    int initial_strategy, imputation_order;
    bool skip_complete;
} iterative_params;

enum { ASCENDING, DESCENDING, ROMAN, ARABIC, RANDOM };

static const hone_param params[] = {
    HN_PARAM(iterative_params, estimator, .def = "ridge", .part_tasks = HN_TASK_REGRESSION,
             .doc = "The model of each column by the others."),
    HN_PARAM(iterative_params, max_iter, .def = "10", .range = "[0, 1000]", .unit = "rounds",
             .search = "{1, 3, 10}", .doc = "Rounds over the columns at most."),
    HN_PARAM(iterative_params, tolerance, .def = "0.001", .range = "[0, inf)",
             .aliases = HN_CHOICES("tol"),
             .doc = "Rounds end when no row's filled values change by more in all than this share "
                    "of the largest value there is."),
    HN_PARAM(iterative_params, initial_strategy, .def = "mean",
             .choices = HN_CHOICES("mean", "median", "most_frequent"),
             .doc = "What is put in before the first round, and stays where a model has no finite "
                    "answer."),
    HN_PARAM(iterative_params, imputation_order, .def = "ascending", .aliases = HN_CHOICES("order"),
             .choices = HN_CHOICES("ascending", "descending", "roman", "arabic", "random"),
             .doc = "Columns by how many values they miss, fewest first or most first; as they "
                    "stand, or from the last; or anew at random in each round."),
    HN_PARAM(iterative_params, skip_complete, .def = "false",
             .doc = "Make no models of columns that miss nothing in training: quicker, and later "
                    "rows that miss such a value get the initial one."),
    HN_PARAM(iterative_params, min_value, .def = "none", .words = HN_WORDS({"none", -DBL_MAX}),
             .level = HN_ADVANCED, .doc = "The least value that is put in."),
    HN_PARAM(iterative_params, max_value, .def = "none", .words = HN_WORDS({"none", DBL_MAX}),
             .level = HN_ADVANCED, .doc = "The largest value that is put in."),
};

typedef struct iterative_state {
    int64_t n_features, n_iter, n_models, converged;
    double min_value, max_value;
    double *initial;   /* [n_features] */
    int32_t *sequence; /* [n_models] the column that each is of */
    hn_part part;
    hn_child *models; /* [n_models] */
} iterative_state;

/* ---- rows and columns ------------------------------------------------------------------------ */

/* A row-major matrix [n, p] whose holes are filled as far as known. */
typedef struct filling {
    int64_t n, p;
    double *x;      /* [n, p] */
    uint8_t *holes; /* [n, p] */
} filling;

static hone_status start(hone_ctx *ctx, const iterative_state *s, const hn_table *x, int64_t begin,
                         int64_t end, filling *f) {
    *f = (filling){.n = end - begin, .p = s->n_features};
    HN_TRY(HN_SCRATCH_NEW(ctx, f->x, f->n * f->p + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, f->holes, f->n * f->p + 1));
    hn_table_rows(x, begin, end, f->x);
    for (int64_t i = 0; i < f->n * f->p; i++) {
        f->holes[i] = isnan(f->x[i]);
        if (f->holes[i]) f->x[i] = s->initial[i % f->p];
    }
    return HONE_OK;
}

/* The rows whose value in column j is missing (or is not), of their other columns a table, in scratch. */
static hone_status others(hone_ctx *ctx, const filling *f, const hn_table *names, int64_t j,
                          bool missing, int64_t **ret_rows, hn_table *ret_x) {
    int64_t p = f->p - 1, n = 0, *rows;
    double *values;
    hn_table x = {.n_columns = (int32_t)p};
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, f->n + 1));
    for (int64_t i = 0; i < f->n; i++)
        if ((f->holes[i * f->p + j] != 0) == missing) rows[n++] = i;
    HN_TRY(HN_SCRATCH_NEW(ctx, values, n * p + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, x.columns, p + 1));
    for (int64_t i = 0; i < n; i++) {
        const double *row = f->x + rows[i] * f->p;
        memcpy(values + i * p, row, (size_t)j * sizeof *row);
        memcpy(values + i * p + j, row + j + 1, (size_t)(p - j) * sizeof *row);
    }
    for (int64_t k = 0; k < p; k++) {
        x.columns[k] = hn_column_of_f64(names->columns[k + (k >= j)].name, values + k, n);
        x.columns[k].stride = p * (int64_t)sizeof *values;
    }
    x.n_rows = n;
    *ret_rows = rows;
    *ret_x = x;
    return HONE_OK;
}

/* Put what the model says into column j's holes. many: in parallel. */
static hone_status put(hone_ctx *ctx, const iterative_state *s, const hn_child *model, int64_t j,
                       const hn_table *names, bool many, filling *f) {
    HN_SCRATCH(ctx);
    hn_table x;
    int64_t *rows;
    double *said;
    HN_TRY(others(ctx, f, names, j, true, &rows, &x));
    if (x.n_rows == 0) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(ctx, said, x.n_rows));
    HN_TRY(many ? hn_child_many(ctx, model, hn_child_predict, &x, said)
                : hn_child_predict(ctx, model, &x, said));
    for (int64_t i = 0; i < x.n_rows; i++) {
        double value = isfinite(said[i]) ? said[i] : s->initial[j];
        value = value < s->min_value ? s->min_value : value;
        f->x[rows[i] * f->p + j] = value > s->max_value ? s->max_value : value;
    }
    return HONE_OK;
}

/* ---- fit ------------------------------------------------------------------------------------- */

static hone_status check(hone_ctx *ctx, const void *params_, const hone_data *data) {
    (void)data;
    const iterative_params *p = params_;
    if (p->min_value < p->max_value) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "max_value"),
                      "iterative_impute: 'max_value' (%g) must be greater than 'min_value' (%g)",
                      p->max_value, p->min_value);
}

static hone_status learn_initial(hone_ctx *ctx, const iterative_params *p, const hn_table *x,
                                 iterative_state *s) {
    static const hn_usual usual[] = {HN_USUAL_MEAN, HN_USUAL_MEDIAN, HN_USUAL_MODE};
    for (int32_t j = 0; j < x->n_columns; j++) {
        HN_SCRATCH(ctx);
        double *values;
        int64_t n;
        HN_TRY(hn_some_values(ctx, "iterative_impute", &x->columns[j], &values, &n));
        HN_TRY(hn_usual_value(ctx, usual[p->initial_strategy], values, n, &s->initial[j]));
    }
    return HONE_OK;
}

/* The columns that a round goes through: *ret_n of them into ret_columns [p], which the next round may be given
 * again. */
static hone_status order_columns(hone_ctx *ctx, const iterative_params *p, const filling *f,
                                 int64_t *ret_columns, int64_t *ret_n) {
    HN_SCRATCH(ctx);
    double *missing;
    int64_t n = 0, *order;
    bool by_missing = p->imputation_order <= DESCENDING;
    bool back = p->imputation_order == DESCENDING || p->imputation_order == ARABIC;
    HN_TRY(HN_SCRATCH_NEW(ctx, missing, f->p));
    HN_TRY(HN_SCRATCH_NEW(ctx, order, f->p));
    for (int64_t i = 0; i < f->n * f->p; i++) missing[i % f->p] += f->holes[i];
    for (int64_t j = 0; j < f->p; j++) order[j] = j;
    if (by_missing) HN_TRY(hn_argsort_f64(ctx, missing, f->p, order));
    for (int64_t k = 0; k < f->p; k++) {
        int64_t j = order[back ? f->p - 1 - k : k];
        if (!p->skip_complete || missing[j] > 0) ret_columns[n++] = j;
    }
    *ret_n = n;
    return HONE_OK;
}

static hone_status fit_one(hone_ctx *ctx, const filling *f, const hn_table *names, int64_t j,
                           iterative_state *s) {
    HN_SCRATCH(ctx);
    int64_t *rows, k = s->n_models;
    double *y;
    hn_table x;
    HN_TRY(others(ctx, f, names, j, false, &rows, &x));
    HN_TRY(HN_SCRATCH_NEW(ctx, y, x.n_rows + 1));
    for (int64_t i = 0; i < x.n_rows; i++) y[i] = f->x[rows[i] * f->p + j];
    hone_data data = {.x = &x, .y = y, .task = HN_TASK_REGRESSION};
    if (k == 0)
        HN_TRY(hn_fail_in(ctx, "iterative_impute",
                          hn_estimator_check(ctx, s->part.kind, s->part.params, &data)));
    s->sequence[k] = (int32_t)j;
    HN_TRY(hn_child_fit(ctx, "iterative_impute", &s->part, &data,
                        hn_child_seed(ctx, "iterative_impute", k), &s->models[k]));
    s->n_models++;
    return HONE_OK;
}

/* The most that a row's filled values have changed since before [n, p], which is brought up to date. */
static double change(const filling *f, double *before) {
    double most = 0;
    for (int64_t i = 0; i < f->n; i++) {
        double sum = 0;
        for (int64_t j = i * f->p; j < (i + 1) * f->p; j++)
            if (f->holes[j]) {
                sum += fabs(f->x[j] - before[j]);
                before[j] = f->x[j];
            }
        most = sum > most ? sum : most;
    }
    return most;
}

static double largest(const filling *f) {
    double most = 0;
    for (int64_t i = 0; i < f->n * f->p; i++)
        if (!f->holes[i] && fabs(f->x[i]) > most) most = fabs(f->x[i]);
    return most;
}

static hone_status rounds(hone_ctx *ctx, const iterative_params *p, const hn_table *x,
                          iterative_state *s) {
    HN_SCRATCH(ctx);
    filling f;
    double *before;
    int64_t *columns, n;
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("iterative_impute.order", 0));
    HN_TRY(start(ctx, s, x, 0, x->n_rows, &f));
    HN_TRY(HN_SCRATCH_NEW(ctx, before, f.n * f.p + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, columns, f.p));
    memcpy(before, f.x, (size_t)(f.n * f.p) * sizeof *before);
    double enough = p->tolerance * largest(&f);
    HN_TRY(order_columns(ctx, p, &f, columns, &n));
    while (s->n_iter < p->max_iter && n > 0 && !s->converged) {
        if (p->imputation_order == RANDOM) hn_rng_shuffle(&rng, columns, n);
        for (int64_t k = 0; k < n; k++) {
            HN_TRY(hn_check_cancel(ctx));
            HN_TRY(fit_one(ctx, &f, x, columns[k], s));
            HN_TRY(put(ctx, s, &s->models[s->n_models - 1], columns[k], x, true, &f));
        }
        s->n_iter++;
        s->converged = change(&f, before) < enough;
        hn_progress(ctx, "filling in", s->n_iter, p->max_iter, "rounds");
    }
    if (!s->converged && n > 0 && p->max_iter > 1)
        hn_say(ctx, HONE_LOG_INFO,
               "iterative_impute: values still change after %lld rounds; raise 'max_iter' or "
               "'tolerance', or leave it so",
               (long long)s->n_iter);
    return HONE_OK;
}

static hone_status fit(hone_ctx *ctx, const void *params_, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    const iterative_params *p = params_;
    iterative_state *s = ret_state;
    s->n_features = data->x->n_columns;
    s->min_value = p->min_value;
    s->max_value = p->max_value;
    HN_TRY(hn_part_copy(ctx, arena, &p->estimator, &s->part));
    HN_TRY(HN_NEW(ctx, arena, s->initial, s->n_features));
    HN_TRY(HN_NEW(ctx, arena, s->sequence, p->max_iter * s->n_features + 1));
    HN_TRY(HN_NEW(ctx, arena, s->models, p->max_iter * s->n_features + 1));
    HN_TRY(learn_initial(ctx, p, data->x, s));
    return s->n_features > 1 ? rounds(ctx, p, data->x, s) : HONE_OK;
}

/* ---- transform ------------------------------------------------------------------------------- */

typedef struct transform_job {
    const iterative_state *state;
    const hn_table *x;
    double *out; /* [n_rows, n_features] */
} transform_job;

static hone_status fill_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const transform_job *job = arg;
    const iterative_state *s = job->state;
    HN_SCRATCH(ctx);
    filling f;
    bool *any;
    HN_TRY(start(ctx, s, job->x, chunk.begin, chunk.end, &f));
    HN_TRY(HN_SCRATCH_NEW(ctx, any, f.p));
    for (int64_t i = 0; i < f.n * f.p; i++) any[i % f.p] |= f.holes[i] != 0;
    for (int64_t k = 0; k < s->n_models; k++)
        if (any[s->sequence[k]])
            HN_TRY(put(ctx, s, &s->models[k], s->sequence[k], job->x, false, &f));
    memcpy(job->out + chunk.begin * f.p, f.x, (size_t)(f.n * f.p) * sizeof *f.x);
    return HONE_OK;
}

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    const iterative_state *s = state;
    assert(x->n_columns == s->n_features);
    transform_job job = {.state = s, .x = x};
    hn_table out;
    HN_TRY(hn_rows_like(ctx, arena, x, &job.out, &out));
    HN_TRY(hn_parallel(ctx, x->n_rows, 512, fill_rows, &job));
    *ret_out = out;
    return HONE_OK;
}

/* ---- keeping --------------------------------------------------------------------------------- */

static hone_status visit(hn_visitor *v, void *state) {
    iterative_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_iter", &s->n_iter));
    HN_TRY(hn_visit(v, "n_models", &s->n_models));
    HN_TRY(hn_visit(v, "converged", &s->converged));
    HN_TRY(hn_visit(v, "min_value", &s->min_value));
    HN_TRY(hn_visit(v, "max_value", &s->max_value));
    HN_TRY(hn_visit_check(v,
                          s->n_features >= 0 && s->n_features < INT32_MAX && s->n_models >= 0 &&
                              (s->n_models == 0 || s->n_features > 1),
                          "iterative_impute: numbers"));
    HN_TRY(hn_visit(v, "initial", &s->initial, s->n_features));
    HN_TRY(hn_visit(v, "sequence", &s->sequence, s->n_models));
    for (int64_t k = 0; k < s->n_models; k++)
        HN_TRY(hn_visit_check(v, s->sequence[k] >= 0 && s->sequence[k] < s->n_features,
                              "iterative_impute: columns"));
    HN_TRY(hn_part_visit(v, "estimator", HN_TASK_REGRESSION, &s->part));
    if (v->loading) HN_TRY(HN_NEW(v->ctx, v->arena, s->models, s->n_models + 1));
    for (int64_t k = 0; k < s->n_models; k++) {
        char prefix[48];
        snprintf(prefix, sizeof prefix, "models.%lld.", (long long)k);
        HN_TRY(hn_child_visit(v, prefix, &s->part, s->n_features - 1, 0, &s->models[k]));
    }
    return HONE_OK;
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    iterative_state *s = state;
    HN_TRY(hn_prepare_numbers(ctx, "iterative_impute", schema, s->n_features));
    for (int64_t k = 0; k < s->n_models; k++) {
        if (s->models[k].prepared) continue;
        hn_table own = {.n_columns = (int32_t)s->n_features - 1};
        HN_TRY(HN_NEW(ctx, arena, own.columns, s->n_features));
        for (int32_t j = 0; j < own.n_columns; j++)
            own.columns[j] =
                hn_column_of_f64(schema->columns[j + (j >= s->sequence[k])].name, s->initial, 0);
        HN_TRY(hn_child_prepare(ctx, arena, &s->models[k], &own));
    }
    return HONE_OK;
}

static void done(void *state) {
    iterative_state *s = state;
    for (int64_t k = 0; s->models && k < s->n_models; k++) hn_child_done(&s->models[k]);
}

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    const iterative_state *s = state;
    yyjson_mut_obj_add_str(doc, object, "estimator", s->part.kind->name);
    yyjson_mut_obj_add_int(doc, object, "rounds", s->n_iter);
    yyjson_mut_obj_add_bool(doc, object, "converged", s->converged != 0);
    hn_json_mut *initial = yyjson_mut_obj_add_obj(doc, object, "initial");
    for (int32_t j = 0; j < s->n_features; j++)
        yyjson_mut_obj_add(initial, yyjson_mut_strcpy(doc, schema->columns[j].name),
                           yyjson_mut_real(doc, s->initial[j]));
    return HONE_OK;
}

static hone_status attributes(hn_visitor *v, const void *state, const hn_shown *shown) {
    (void)shown;
    const iterative_state *s = state;
    int64_t *count;
    uint8_t *seen;
    HN_TRY(HN_NEW(v->ctx, v->arena, count, 1));
    HN_TRY(HN_NEW(v->ctx, v->arena, seen, s->n_features));
    for (int64_t i = 0; i < s->n_models; i++) {
        *count += !seen[s->sequence[i]];
        seen[s->sequence[i]] = 1;
    }
    return hn_show(v, "n_features_with_missing", count);
}

const hone_estimator hn_iterative_impute = {
    .name = "iterative_impute",
    .title = "Missing values by models of the other columns",
    .class_names = "IterativeImputer",
    .family = "prep",
    .doc = "Fills a missing number with what a model says that learned the column from all others: "
           "first with a usual value, then column by column, again and again until little "
           "changes. Keeps all these models; for columns that hang together.",
    .references = "van Buuren, Groothuis-Oudshoorn (2011). mice: Multivariate Imputation by "
                  "Chained Equations in R.\n"
                  "Buck (1960). A method of estimation of missing values in multivariate data "
                  "suitable for use with an electronic computer.",
    .tasks = HN_TASK_NONE,
    .can = HN_CAN_MISSING | HN_NUMERIC_ONLY,
    .example = "{\"max_iter\": 2}",
    .attributes = attributes,
    .params = HN_PARAMS(iterative_params, params),
    .state_size = sizeof(iterative_state),
    .check = check,
    .fit = fit,
    .transform = transform,
    .visit = visit,
    .prepare = prepare,
    .done = done,
    .report = report,
    HN_GOLDEN({.dataset = "tabular/auto_mpg/mpg.csv",
               .columns = "mpg,displacement,horsepower,weight,acceleration",
               .params = "{\"tolerance\": 0, \"max_iter\": 5}",
               .metric = "sum",
               .value = 1316193.6605027288,
               .tolerance = 1e-6,
               .source = "scikit-learn 1.9.1, IterativeImputer(Ridge(), tol=0, max_iter=5)"}),
};
