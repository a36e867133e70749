/* iterative_impute.c - missing numbers as models of the other columns have them, column by column, round after round.
 *
 * Every model of every round is kept: a row to be filled goes through them in the order in which they were fitted, so
 * its answer depends on it alone, and training rows come out as they did in training. Where values are drawn, what is
 * drawn for a training row goes by its number (resample), and for a row to be filled later by what it holds. */
#include "ml/prep/columns.h"

#include "base/map.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "num/blas.h"
#include "num/math.h"
#include "num/sort.h"
#include "spec/child.h"
#include "table/rows.h"
#include <assert.h>
#include <float.h>
#include <stdio.h>
#include <string.h>

typedef struct iterative_params {
    hn_part estimator;
    int64_t max_iter, n_nearest_features;
    double tolerance, min_value, max_value;
    int initial_strategy, imputation_order;
    bool skip_complete, sample_posterior;
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
    HN_PARAM(iterative_params, sample_posterior, .def = "false",
             .doc = "Put in draws around the model's answer, as wide as it is unsure, in place of "
                    "the answer: for several fillings by several seeds. The estimator must know "
                    "its standard deviation (bayesian_ridge, gaussian_process); all rounds are "
                    "gone through."),
    HN_PARAM(iterative_params, n_nearest_features, .def = "all", .range = "[1, inf)",
             .words = HN_WORDS({"all", 0}), .unit = "columns",
             .doc = "Columns that each model looks at: drawn anew for each, the more likely the "
                    "closer they go with its column. Quicker where there are many."),
    HN_PARAM(iterative_params, min_value, .def = "none", .words = HN_WORDS({"none", -DBL_MAX}),
             .level = HN_ADVANCED, .doc = "The least value that is put in."),
    HN_PARAM(iterative_params, max_value, .def = "none", .words = HN_WORDS({"none", DBL_MAX}),
             .level = HN_ADVANCED, .doc = "The largest value that is put in."),
};

typedef struct iterative_state {
    int64_t n_features, n_iter, n_models, converged;
    int64_t n_others; /* columns that a model looks at */
    int64_t sampled;  /* values are drawn */
    int64_t seed;     /* for that */
    double min_value, max_value;
    double *initial;   /* [n_features] */
    int32_t *sequence; /* [n_models] the column that each is of */
    int32_t *nearest;  /* [n_models, n_others] those it looks at, ascending; NULL: all others */
    hn_part part;
    hn_child *models; /* [n_models] */
} iterative_state;

/* ---- rows and columns ------------------------------------------------------------------------ */

/* A row-major matrix [n, p] whose holes are filled as far as known. */
typedef struct filling {
    int64_t n, p;
    double *x;      /* [n, p] */
    uint8_t *holes; /* [n, p] */
    uint64_t *keys; /* [n] what is drawn for each goes by; NULL: nothing is */
} filling;

/* The i-th of the columns that model k looks at. */
static int32_t other(const iterative_state *s, int64_t k, int64_t i) {
    return s->nearest ? s->nearest[k * s->n_others + i] : (int32_t)(i + (i >= s->sequence[k]));
}

/* By number for the rows that were fitted on, else by what a row holds, whatever rows are beside it. */
static hone_status make_keys(hone_ctx *ctx, filling *f, int64_t begin, bool fitted) {
    HN_TRY(HN_SCRATCH_NEW(ctx, f->keys, f->n + 1));
    for (int64_t i = 0; i < f->n; i++) {
        uint64_t key = (uint64_t)(begin + i);
        for (int64_t j = i * f->p; j < (i + 1) * f->p && !fitted; j++) {
            double value = f->holes[j] ? NAN : f->x[j] + 0.0; /* -0 is 0 */
            uint64_t bits;
            memcpy(&bits, &value, sizeof bits);
            key = hn_mix((j == i * f->p ? 0 : key) + (f->holes[j] ? 1 : bits) +
                         UINT64_C(0x9e3779b97f4a7c15));
        }
        f->keys[i] = key;
    }
    return HONE_OK;
}

static hone_status start(hone_ctx *ctx, const iterative_state *s, const hn_table *x, int64_t begin,
                         int64_t end, bool fitted, filling *f) {
    *f = (filling){.n = end - begin, .p = s->n_features};
    HN_TRY(HN_SCRATCH_NEW(ctx, f->x, f->n * f->p + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, f->holes, f->n * f->p + 1));
    hn_table_rows(x, begin, end, f->x);
    for (int64_t i = 0; i < f->n * f->p; i++) {
        f->holes[i] = isnan(f->x[i]);
        if (f->holes[i]) f->x[i] = s->initial[i % f->p];
    }
    return s->sampled ? make_keys(ctx, f, begin, fitted) : HONE_OK;
}

/* The rows whose value in model k's column is missing (or is not), of the columns it looks at a table, in scratch. */
static hone_status others(hone_ctx *ctx, const iterative_state *s, const filling *f,
                          const hn_table *names, int64_t k, bool missing, int64_t **ret_rows,
                          hn_table *ret_x) {
    int64_t m = s->n_others, n = 0, j = s->sequence[k], *rows;
    double *values;
    hn_table x = {.n_columns = (int32_t)m};
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, f->n + 1));
    for (int64_t i = 0; i < f->n; i++)
        if ((f->holes[i * f->p + j] != 0) == missing) rows[n++] = i;
    HN_TRY(HN_SCRATCH_NEW(ctx, values, n * m + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, x.columns, m + 1));
    for (int64_t i = 0; i < n; i++) {
        const double *row = f->x + rows[i] * f->p;
        for (int64_t c = 0; c < m; c++) values[i * m + c] = row[other(s, k, c)];
    }
    for (int64_t c = 0; c < m; c++) {
        x.columns[c] = hn_column_of_f64(names->columns[other(s, k, c)].name, values + c, n);
        x.columns[c].stride = m * (int64_t)sizeof *values;
    }
    x.n_rows = n;
    *ret_rows = rows;
    *ret_x = x;
    return HONE_OK;
}

/* A normal number cut off at both limits: by its place between them, which u in (0, 1) says. */
static double draw(const iterative_state *s, double mean, double deviation, double u) {
    if (!(deviation > 0) || !isfinite(deviation) || !(mean > s->min_value && mean < s->max_value))
        return mean;
    double low = hn_normal_cdf((s->min_value - mean) / deviation);
    double high = hn_normal_cdf((s->max_value - mean) / deviation);
    double value = mean + deviation * hn_normal_quantile(low + u * (high - low));
    return isfinite(value) ? value : mean;
}

static hone_status no_deviation(hone_ctx *ctx, const hone_estimator *kind) {
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "sample_posterior"),
                      "iterative_impute: 'sample_posterior' needs an estimator that knows its "
                      "standard deviation, and %s does not; take bayesian_ridge or "
                      "gaussian_process",
                      kind->name);
}

/* Draws around what model k says of the rows of x. */
static hone_status draw_all(hone_ctx *ctx, const iterative_state *s, int64_t k, const hn_table *x,
                            const uint64_t *keys, const int64_t *rows, double *ret) {
    const hn_child *model = &s->models[k];
    hn_table said;
    HN_TRY(model->part.kind->transform(ctx, model->state, x, ctx->scratch, &said));
    if (said.n_columns != 2 || strcmp(said.columns[0].name, "mean") != 0 ||
        strcmp(said.columns[1].name, "std") != 0)
        return no_deviation(ctx, model->part.kind);
    double *pairs;
    HN_TRY(HN_SCRATCH_NEW(ctx, pairs, 2 * x->n_rows));
    hn_table_rows(&said, 0, x->n_rows, pairs);
    uint64_t stream = hn_stream("iterative_impute.draw", (uint64_t)k);
    for (int64_t i = 0; i < x->n_rows; i++) {
        uint64_t bits = hn_rng_at((uint64_t)s->seed, stream, keys[rows[i]]);
        ret[i] = draw(s, pairs[2 * i], pairs[2 * i + 1], ((double)(bits >> 11) + 0.5) * 0x1p-53);
    }
    return HONE_OK;
}

/* Put what model k says into its column's holes. many: in parallel. */
static hone_status put(hone_ctx *ctx, const iterative_state *s, int64_t k, const hn_table *names,
                       bool many, filling *f) {
    HN_SCRATCH(ctx);
    const hn_child *model = &s->models[k];
    hn_table x;
    int64_t *rows, j = s->sequence[k];
    double *said;
    HN_TRY(others(ctx, s, f, names, k, true, &rows, &x));
    if (x.n_rows == 0) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(ctx, said, x.n_rows));
    if (s->sampled)
        HN_TRY(draw_all(ctx, s, k, &x, f->keys, rows, said));
    else
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
    if (p->sample_posterior && !p->estimator.kind->transform)
        return no_deviation(ctx, p->estimator.kind);
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

/* The columns of f, brought to mean 0 and length 1 as they are now; constant ones to 0. ret [n, p], in scratch. */
static hone_status standardize(hone_ctx *ctx, const filling *f, double **ret) {
    double *z, *mean, *length;
    int64_t n = f->n, p = f->p;
    HN_TRY(HN_SCRATCH_NEW(ctx, z, n * p + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, mean, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, length, p));
    for (int64_t i = 0; i < n * p; i++) mean[i % p] += f->x[i] / (double)n;
    for (int64_t i = 0; i < n * p; i++) {
        z[i] = f->x[i] - mean[i % p];
        length[i % p] += z[i] * z[i];
    }
    for (int64_t i = 0; i < n * p; i++) z[i] = length[i % p] > 0 ? z[i] / sqrt(length[i % p]) : 0;
    *ret = z;
    return HONE_OK;
}

/* The columns that model k is to look at: as likely one after the other as they correlate with column j, in z
 * [n, p]. So it is where each gets log(u) / likelihood, and the largest are taken (Efraimidis, Spirakis 2006). */
static hone_status choose_nearest(hone_ctx *ctx, const double *z, int64_t n, int64_t k, int64_t j,
                                  iterative_state *s) {
    static const double LEAST = 1e-6; /* so that any may be drawn */
    HN_SCRATCH(ctx);
    int64_t p = s->n_features, *order;
    double *column, *score;
    uint8_t *taken;
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("iterative_impute.nearest", (uint64_t)k));
    HN_TRY(HN_SCRATCH_NEW(ctx, column, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, score, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, order, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, taken, p));
    for (int64_t i = 0; i < n; i++) column[i] = z[i * p + j];
    HN_TRY(hn_gemv_t(ctx, z, n, p, column, score));
    for (int64_t c = 0; c < p; c++) {
        double likely = fmax(fabs(score[c]), LEAST);
        score[c] = c == j ? INFINITY : -hn_log(1 - hn_rng_uniform(&rng)) / likely;
    }
    HN_TRY(hn_argsort_f64(ctx, score, p, order));
    for (int64_t i = 0; i < s->n_others; i++) taken[order[i]] = 1;
    for (int64_t c = 0, i = 0; c < p; c++)
        if (taken[c]) s->nearest[k * s->n_others + i++] = (int32_t)c;
    return HONE_OK;
}

/* z: standardized columns, where models look at some of them. */
static hone_status fit_one(hone_ctx *ctx, const filling *f, const double *z, const hn_table *names,
                           int64_t j, iterative_state *s) {
    HN_SCRATCH(ctx);
    int64_t *rows, k = s->n_models;
    double *y;
    hn_table x;
    s->sequence[k] = (int32_t)j;
    if (s->nearest) HN_TRY(choose_nearest(ctx, z, f->n, k, j, s));
    HN_TRY(others(ctx, s, f, names, k, false, &rows, &x));
    HN_TRY(HN_SCRATCH_NEW(ctx, y, x.n_rows + 1));
    for (int64_t i = 0; i < x.n_rows; i++) y[i] = f->x[rows[i] * f->p + j];
    hone_data data = {.x = &x, .y = y, .task = HN_TASK_REGRESSION};
    if (k == 0)
        HN_TRY(hn_fail_in(ctx, "iterative_impute",
                          hn_estimator_check(ctx, s->part.kind, s->part.params, &data)));
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
    double *before, *z = NULL;
    int64_t *columns, n;
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("iterative_impute.order", 0));
    HN_TRY(start(ctx, s, x, 0, x->n_rows, true, &f));
    if (s->nearest) HN_TRY(standardize(ctx, &f, &z));
    HN_TRY(HN_SCRATCH_NEW(ctx, before, f.n * f.p + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, columns, f.p));
    memcpy(before, f.x, (size_t)(f.n * f.p) * sizeof *before);
    double enough = p->tolerance * largest(&f);
    HN_TRY(order_columns(ctx, p, &f, columns, &n));
    while (s->n_iter < p->max_iter && n > 0 && !s->converged) {
        if (p->imputation_order == RANDOM) hn_rng_shuffle(&rng, columns, n);
        for (int64_t k = 0; k < n; k++) {
            HN_TRY(hn_check_cancel(ctx));
            HN_TRY(fit_one(ctx, &f, z, x, columns[k], s));
            HN_TRY(put(ctx, s, s->n_models - 1, x, true, &f));
        }
        s->n_iter++;
        s->converged = !s->sampled && change(&f, before) < enough;
        hn_progress(ctx, "filling in", s->n_iter, p->max_iter, "rounds");
    }
    if (!s->converged && !s->sampled && n > 0 && p->max_iter > 1)
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
    s->sampled = p->sample_posterior;
    s->seed = p->sample_posterior ? (int64_t)ctx->seed : 0;
    s->n_others = s->n_features > 1 ? s->n_features - 1 : 0;
    bool some = p->n_nearest_features > 0 && p->n_nearest_features < s->n_others;
    if (some) s->n_others = p->n_nearest_features;
    HN_TRY(hn_part_copy(ctx, arena, &p->estimator, &s->part));
    HN_TRY(HN_NEW(ctx, arena, s->initial, s->n_features));
    HN_TRY(HN_NEW(ctx, arena, s->sequence, p->max_iter * s->n_features + 1));
    HN_TRY(HN_NEW(ctx, arena, s->models, p->max_iter * s->n_features + 1));
    if (some) HN_TRY(HN_NEW(ctx, arena, s->nearest, p->max_iter * s->n_features * s->n_others + 1));
    HN_TRY(learn_initial(ctx, p, data->x, s));
    return s->n_features > 1 ? rounds(ctx, p, data->x, s) : HONE_OK;
}

/* ---- transform ------------------------------------------------------------------------------- */

typedef struct transform_job {
    const iterative_state *state;
    const hn_table *x;
    bool fitted; /* x is what it was fitted on */
    double *out; /* [n_rows, n_features] */
} transform_job;

static hone_status fill_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const transform_job *job = arg;
    const iterative_state *s = job->state;
    HN_SCRATCH(ctx);
    filling f;
    bool *any;
    HN_TRY(start(ctx, s, job->x, chunk.begin, chunk.end, job->fitted, &f));
    HN_TRY(HN_SCRATCH_NEW(ctx, any, f.p));
    for (int64_t i = 0; i < f.n * f.p; i++) any[i % f.p] |= f.holes[i] != 0;
    for (int64_t k = 0; k < s->n_models; k++)
        if (any[s->sequence[k]]) HN_TRY(put(ctx, s, k, job->x, false, &f));
    memcpy(job->out + chunk.begin * f.p, f.x, (size_t)(f.n * f.p) * sizeof *f.x);
    return HONE_OK;
}

static hone_status fill(hone_ctx *ctx, const iterative_state *s, const hn_table *x, bool fitted,
                        hn_arena *arena, hn_table *ret_out) {
    assert(x->n_columns == s->n_features);
    transform_job job = {.state = s, .x = x, .fitted = fitted};
    hn_table out;
    HN_TRY(hn_rows_like(ctx, arena, x, &job.out, &out));
    HN_TRY(hn_parallel(ctx, x->n_rows, 512, fill_rows, &job));
    *ret_out = out;
    return HONE_OK;
}

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    return fill(ctx, state, x, false, arena, ret_out);
}

/* Training rows that hold the same get draws of their own. */
static hone_status resample(hone_ctx *ctx, const void *params_, const hone_data *data,
                            hn_arena *arena, void *state, hn_resampled *ret_rows) {
    (void)params_;
    const iterative_state *s = state;
    hn_resampled rows = {.n = data->x->n_rows};
    if (s->sampled) {
        hn_table *x;
        HN_TRY(HN_NEW(ctx, arena, x, 1));
        HN_TRY(fill(ctx, s, data->x, true, arena, x));
        rows.x = x;
    }
    *ret_rows = rows;
    return HONE_OK;
}

/* ---- keeping --------------------------------------------------------------------------------- */

static hone_status visit_nearest(hn_visitor *v, iterative_state *s) {
    HN_TRY(hn_visit(v, "nearest", &s->nearest, s->n_models, s->n_others));
    for (int64_t i = 0; i < s->n_models * s->n_others; i++)
        HN_TRY(hn_visit_check(v, s->nearest[i] >= 0 && s->nearest[i] < s->n_features,
                              "iterative_impute: nearest columns"));
    return HONE_OK;
}

static hone_status visit(hn_visitor *v, void *state) {
    iterative_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_iter", &s->n_iter));
    HN_TRY(hn_visit(v, "n_models", &s->n_models));
    HN_TRY(hn_visit(v, "converged", &s->converged));
    HN_TRY(hn_visit(v, "n_others", &s->n_others));
    HN_TRY(hn_visit(v, "sampled", &s->sampled));
    HN_TRY(hn_visit(v, "seed", &s->seed));
    HN_TRY(hn_visit(v, "min_value", &s->min_value));
    HN_TRY(hn_visit(v, "max_value", &s->max_value));
    HN_TRY(hn_visit_check(v,
                          s->n_features >= 0 && s->n_features < INT32_MAX && s->n_models >= 0 &&
                              (s->n_models == 0 || s->n_features > 1) &&
                              s->n_others >= (s->n_models > 0) &&
                              s->n_others <= (s->n_features > 0 ? s->n_features - 1 : 0),
                          "iterative_impute: numbers"));
    HN_TRY(hn_visit(v, "initial", &s->initial, s->n_features));
    HN_TRY(hn_visit(v, "sequence", &s->sequence, s->n_models));
    for (int64_t k = 0; k < s->n_models; k++)
        HN_TRY(hn_visit_check(v, s->sequence[k] >= 0 && s->sequence[k] < s->n_features,
                              "iterative_impute: columns"));
    if (s->n_others < s->n_features - 1) HN_TRY(visit_nearest(v, s));
    HN_TRY(hn_part_visit(v, "estimator", HN_TASK_REGRESSION, &s->part));
    if (v->loading) HN_TRY(HN_NEW(v->ctx, v->arena, s->models, s->n_models + 1));
    for (int64_t k = 0; k < s->n_models; k++) {
        char prefix[48];
        snprintf(prefix, sizeof prefix, "models.%lld.", (long long)k);
        HN_TRY(hn_child_visit(v, prefix, &s->part, s->n_others, 0, &s->models[k]));
    }
    return hn_visit_check(v, !s->sampled || s->part.kind->transform, "iterative_impute: no draws");
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    iterative_state *s = state;
    HN_TRY(hn_prepare_numbers(ctx, "iterative_impute", schema, s->n_features));
    for (int64_t k = 0; k < s->n_models; k++) {
        if (s->models[k].prepared) continue;
        hn_table own = {.n_columns = (int32_t)s->n_others};
        HN_TRY(HN_NEW(ctx, arena, own.columns, s->n_features));
        for (int32_t j = 0; j < own.n_columns; j++)
            own.columns[j] = hn_column_of_f64(schema->columns[other(s, k, j)].name, s->initial, 0);
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
    .resample = resample,
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
