/* categorical.c - naive Bayes on categories. */
#include "base/parallel.h"
#include "ml/bayes/bayes.h"
#include "num/math.h"
#include <string.h>

typedef struct categorical_params {
    double alpha;
    bool fit_prior;
    hn_reals class_prior;
    int64_t min_categories;
} categorical_params;

static const hone_param params[] = {
    HN_PARAM(categorical_params, alpha, .def = "1", .range = "[0, inf)", .search = "[1e-3, 10] log",
             .doc = "Added to every count, so that nothing is impossible; 0 is taken as 1e-10."),
    HN_PARAM(categorical_params, fit_prior, .def = "true", .level = HN_ADVANCED,
             .doc = "Learn how probable classes are beforehand; else all are alike."),
    HN_PARAM(categorical_params, class_prior, .range = "[0, 1]", .level = HN_ADVANCED,
             .doc = "Probabilities of the classes beforehand; empty: learnt."),
    HN_PARAM(categorical_params, min_categories, .def = "none", .range = "[1, 1048576]",
             .words = HN_WORDS({"none", 0}), .level = HN_ADVANCED,
             .doc = "Categories that every column has at least, seen or not."),
};

/* Category c of column j stands at place offset[j] + c of total. */
typedef struct categorical_state {
    int64_t n_features, n_classes, total;
    int64_t *n_categories;    /* [p] */
    double *class_count;      /* [k] weights */
    double *class_log_prior;  /* [k] */
    double *category_count;   /* [total, k] */
    double *feature_log_prob; /* [total, k] */
    int64_t *offset;          /* [p], not stored */
} categorical_state;

static hone_status categorical_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const categorical_params *p = values;
    return hn_bayes_check_priors(ctx, "categorical_bayes", "class_prior", &p->class_prior, data);
}

/* ---- codes ---------------------------------------------------------------------------------- */

/* The code of row i, or -1: missing, or never seen. */
static int64_t code_at(const hn_column *column, int64_t i, int64_t n_categories) {
    double code = hn_column_double(column, i);
    return code >= 0 && code < (double)n_categories ? (int64_t)code : -1;
}

static int64_t count_categories(const hn_column *column) {
    if (column->type == HN_CATEGORY) return column->dictionary->n;
    double largest = -1;
    for (int64_t i = 0; i < column->n; i++) largest = fmax(largest, hn_column_double(column, i));
    return (int64_t)largest + 1;
}

static int64_t make_offsets(const int64_t *n_categories, int64_t p, int64_t *offset) {
    int64_t total = 0;
    for (int64_t j = 0; j < p; j++) {
        offset[j] = total;
        total += n_categories[j];
    }
    return total;
}

/* Room for all categories of data's columns; what was counted keeps its place among its column's. */
static hone_status make_room(hone_ctx *ctx, hn_arena *arena, const categorical_params *p,
                             const hone_data *data, categorical_state *s) {
    int64_t *n, *offset, k = s->n_classes;
    double *count;
    bool more = false;
    HN_TRY(HN_NEW(ctx, arena, n, s->n_features));
    HN_TRY(HN_NEW(ctx, arena, offset, s->n_features));
    for (int64_t j = 0; j < s->n_features; j++) {
        n[j] = count_categories(&data->x->columns[j]);
        if (n[j] < p->min_categories) n[j] = p->min_categories;
        if (s->n_categories && n[j] < s->n_categories[j]) n[j] = s->n_categories[j];
        more |= !s->n_categories || n[j] > s->n_categories[j];
    }
    if (!more) return HONE_OK;
    int64_t total = make_offsets(n, s->n_features, offset);
    HN_TRY(HN_NEW(ctx, arena, count, total * k));
    for (int64_t j = 0; s->n_categories && j < s->n_features; j++)
        if (s->n_categories[j] > 0)
            memcpy(count + offset[j] * k, s->category_count + s->offset[j] * k,
                   (size_t)(s->n_categories[j] * k) * sizeof *count);
    HN_TRY(HN_NEW(ctx, arena, s->feature_log_prob, total * k));
    s->n_categories = n;
    s->offset = offset;
    s->category_count = count;
    s->total = total;
    return HONE_OK;
}

/* ---- fit ------------------------------------------------------------------------------------ */

typedef struct count_job {
    categorical_state *s;
    const hone_data *data;
    double alpha;
} count_job;

/* Columns are counted each by itself, rows in order. */
static hone_status count_columns(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const count_job *job = arg;
    categorical_state *s = job->s;
    const hone_data *data = job->data;
    int64_t k = s->n_classes;
    double *total;
    HN_TRY(HN_SCRATCH_NEW(ctx, total, k));
    for (int64_t j = chunk.begin; j < chunk.end; j++) {
        double *count = s->category_count + s->offset[j] * k;
        double *log_prob = s->feature_log_prob + s->offset[j] * k;
        for (int64_t i = 0; i < data->x->n_rows; i++) {
            int64_t code = code_at(&data->x->columns[j], i, s->n_categories[j]);
            if (code >= 0)
                count[code * k + (int64_t)data->y[i]] += data->weight ? data->weight[i] : 1;
        }
        memset(total, 0, (size_t)k * sizeof *total);
        for (int64_t i = 0; i < s->n_categories[j] * k; i++) total[i % k] += count[i] + job->alpha;
        for (int64_t i = 0; i < s->n_categories[j] * k; i++)
            log_prob[i] = hn_log(count[i] + job->alpha) - hn_log(total[i % k]);
    }
    return HONE_OK;
}

static hone_status categorical_update(hone_ctx *ctx, const void *values, const hone_data *data,
                                      hn_arena *arena, void *state) {
    const categorical_params *p = values;
    categorical_state *s = state;
    HN_TRY(make_room(ctx, arena, p, data, s));
    for (int64_t i = 0; i < data->x->n_rows; i++)
        s->class_count[(int64_t)data->y[i]] += data->weight ? data->weight[i] : 1;
    hn_bayes_log_priors(&p->class_prior, !p->fit_prior, s->class_count, s->n_classes,
                        s->class_log_prior);
    count_job job = {s, data, p->alpha > 1e-10 ? p->alpha : 1e-10};
    return hn_parallel(ctx, s->n_features, hn_column_grain(data->x->n_rows), count_columns, &job);
}

static hone_status categorical_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                                   hn_arena *arena, void *state) {
    categorical_state *s = state;
    s->n_features = data->x->n_columns;
    s->n_classes = data->n_classes;
    HN_TRY(HN_NEW(ctx, arena, s->class_count, s->n_classes));
    HN_TRY(HN_NEW(ctx, arena, s->class_log_prior, s->n_classes));
    return categorical_update(ctx, values, data, arena, state);
}

/* ---- answers -------------------------------------------------------------------------------- */

typedef struct answer_job {
    const categorical_state *s;
    const hn_table *x;
    double *ret;
} answer_job;

/* A category that training never saw says nothing for or against any class. */
static hone_status answer_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const answer_job *job = arg;
    const categorical_state *s = job->s;
    int64_t k = s->n_classes;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        double *ret = job->ret + i * k;
        memset(ret, 0, (size_t)k * sizeof *ret);
        for (int64_t j = 0; j < s->n_features; j++) {
            int64_t code = code_at(&job->x->columns[j], i, s->n_categories[j]);
            if (code < 0) continue;
            const double *log_prob = s->feature_log_prob + (s->offset[j] + code) * k;
            for (int64_t c = 0; c < k; c++) ret[c] += log_prob[c];
        }
        for (int64_t c = 0; c < k; c++) ret[c] += s->class_log_prior[c];
    }
    hn_bayes_probabilities(s->class_log_prior, chunk.end - chunk.begin, k,
                           job->ret + chunk.begin * k);
    return HONE_OK;
}

static hone_status categorical_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                                       double *ret_out) {
    return hn_parallel(ctx, x->n_rows, 256, answer_chunk, &(answer_job){state, x, ret_out});
}

/* ---- storing and showing -------------------------------------------------------------------- */

static int64_t categorical_outputs(const void *state) {
    return ((const categorical_state *)state)->n_classes;
}

static hone_status categorical_visit(hn_visitor *v, void *state) {
    enum { MOST = 1 << 30 };
    categorical_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_classes", &s->n_classes));
    HN_TRY(hn_visit(v, "n_places", &s->total));
    HN_TRY(hn_visit_check(v, s->n_features >= 1 && s->n_features <= INT32_MAX, "bad n_features"));
    HN_TRY(hn_visit_check(v, s->n_classes >= 1 && s->n_classes <= INT32_MAX, "bad n_classes"));
    HN_TRY(hn_visit_check(v, s->total >= 0 && s->total <= INT64_MAX / MOST, "bad n_places"));
    HN_TRY(hn_visit(v, "n_categories", &s->n_categories, s->n_features));
    int64_t total = 0;
    for (int64_t j = 0; j < s->n_features; j++) {
        int64_t n = s->n_categories[j];
        HN_TRY(hn_visit_check(v, n >= 0 && n <= s->total - total, "bad n_categories"));
        total += n;
    }
    HN_TRY(hn_visit_check(v, total == s->total, "the categories do not sum to n_places"));
    HN_TRY(hn_visit(v, "class_count", &s->class_count, s->n_classes));
    HN_TRY(hn_visit(v, "class_log_prior", &s->class_log_prior, s->n_classes));
    HN_TRY(hn_visit(v, "category_count", &s->category_count, s->total, s->n_classes));
    return hn_visit(v, "feature_log_prob", &s->feature_log_prob, s->total, s->n_classes);
}

static hone_status categorical_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                                       const hn_table *schema) {
    (void)schema;
    categorical_state *s = state;
    if (!s->offset) HN_TRY(HN_NEW(ctx, arena, s->offset, s->n_features));
    make_offsets(s->n_categories, s->n_features, s->offset);
    return HONE_OK;
}

static hone_status categorical_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                      hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    (void)schema;
    const categorical_state *s = state;
    hn_bayes_report(s->class_log_prior, s->n_classes, doc, object);
    return HONE_OK;
}

/* values [total, k] as a matrix [k, categories] of each feature. */
static hone_status show_by_feature(hn_visitor *v, const categorical_state *s, const char *name,
                                   const double *values) {
    for (int64_t j = 0; j < s->n_features; j++) {
        char full[48];
        double *own;
        int64_t n = s->n_categories[j], k = s->n_classes;
        HN_TRY(HN_NEW(v->ctx, v->arena, own, n * k));
        for (int64_t i = 0; i < n * k; i++) own[i % k * n + i / k] = values[i];
        snprintf(full, sizeof full, "%s.%lld", name, (long long)j);
        HN_TRY(hn_show(v, full, own, k, n));
        values += n * k;
    }
    return HONE_OK;
}

static hone_status attributes(hn_visitor *v, const void *state, const hn_shown *shown) {
    (void)shown;
    const categorical_state *s = state;
    HN_TRY(show_by_feature(v, s, "category_count", s->category_count));
    return show_by_feature(v, s, "feature_log_prob", s->feature_log_prob);
}

const hone_estimator hn_categorical_bayes = {
    .name = "categorical_bayes",
    .title = "Categorical naive Bayes",
    .class_names = "CategoricalNB",
    .family = "bayes",
    .doc =
        "Counts how often each category occurs with each class and takes columns for independent. "
        "Numbers are taken for codes of categories; missing and unseen ones say nothing.",
    .references =
        "Hastie, Tibshirani, Friedman (2009), The Elements of Statistical Learning, 6.6.3",
    .tasks = HN_TASK_CLASSIFY,
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_CATEGORY_ONLY | HN_CAN_WEIGHTS |
           HN_CAN_PROBABILITIES | HN_CAN_UPDATE,
    .attributes = attributes,
    .params = HN_PARAMS(categorical_params, params),
    .state_size = sizeof(categorical_state),
    .check = categorical_check,
    .fit = categorical_fit,
    .update = categorical_update,
    .predict = categorical_predict,
    .outputs = categorical_outputs,
    .visit = categorical_visit,
    .prepare = categorical_prepare,
    .report = categorical_report,
    HN_GOLDEN({"tabular/mushrooms/mushrooms.csv", "type", NULL, NULL, "all", "log_loss",
               0.11442273812476, 1e-9,
               "scikit-learn 1.9.1, CategoricalNB() by column, over the rows that have a value"}),
};
