/* target_encode.c - each category becomes the mean of the target where it occurs, drawn towards the mean
 * of all; the rows fitted on get it from the other folds' rows. */
#include "ml/prep/encode.h"

#include "base/rng.h"
#include "num/sort.h"
#include <string.h>

typedef struct target_params {
    double smooth;
    int64_t cv;
    bool shuffle;
    int unknown;
} target_params;

enum { AUTO_SMOOTH = -1 };

static const hone_param params[] = {
    HN_PARAM(target_params, smooth, .def = "auto", .range = "[0, inf)", .unit = "rows",
             .words = HN_WORDS({"auto", AUTO_SMOOTH}),
             .doc =
                 "How many rows the mean of all counts for beside a category's own; auto: by how "
                 "far the target varies within the category and over all.",
             .search = "[1, 300] log"),
    HN_PARAM(target_params, cv, .def = "5", .range = "[2, 1000]",
             .doc = "Folds: a training row is encoded by what the other folds' rows say."),
    HN_PARAM(target_params, shuffle, .def = "true",
             .doc = "Put rows into folds at random; else those that stand together."),
    HN_ENCODE_UNKNOWN(target_params, "mean"),
};

/* Micci-Barreca, eq. 3 to 7. */
static double estimate(const void *params_, const hn_encode_tally *t, int64_t slot) {
    const target_params *p = params_;
    double count = t->count[slot], sum = t->sum[slot];
    if (p->smooth >= 0) {
        double total = count + p->smooth;
        return total > 0 ? (sum + p->smooth * t->mean) / total : t->mean;
    }
    if (!(count > 0)) return t->mean;
    double share = t->variance * count, noise = t->spread[slot] / count;
    if (!(share + noise > 0)) return t->mean;
    double lambda = share / (share + noise);
    return lambda * (sum / count) + (1 - lambda) * t->mean;
}

static hone_status fit(hone_ctx *ctx, const void *params_, const hone_data *data, hn_arena *arena,
                       void *state) {
    const target_params *p = params_;
    return hn_encode_fit(ctx, "target_encode", p, p->unknown, data, estimate, (double)NAN, arena,
                         state);
}

/* ---- the rows fitted on ---------------------------------------------------------------------- */

/* Folds of n items in order: the first n % k have one more. */
static int32_t fold_in_order(int64_t i, int64_t n, int64_t k) {
    int64_t size = n / k, longer = n % k, before = longer * (size + 1);
    return (int32_t)(i < before ? i / (size + 1) : longer + (i - before) / size);
}

/* Every fold gets each class in proportion: rows sorted by class (in order of appearance) are dealt out one
 * by one, and each class fills its shares in row order. */
static hone_status stratify(hone_ctx *ctx, const hone_data *data, int64_t k, const int64_t *order,
                            int32_t *fold) {
    int64_t n = data->x->n_rows, *share, *count, at = 0;
    int32_t *rank, next = 0, classes = data->n_classes;
    HN_TRY(HN_SCRATCH_NEW(ctx, rank, classes + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, count, classes + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, share, (classes + 1) * k));
    for (int32_t c = 0; c < classes; c++) rank[c] = -1;
    for (int64_t i = 0; i < n; i++) {
        int32_t c = (int32_t)data->y[i];
        if (rank[c] < 0) rank[c] = next++;
        count[rank[c]]++;
    }
    for (int32_t r = 0; r < next; at += count[r++])
        for (int64_t i = 0; i < count[r]; i++) share[r * k + (at + i) % k]++;
    for (int64_t i = 0; i < n; i++) {
        int64_t row = order[i];
        int32_t r = rank[(int32_t)data->y[row]], f = 0;
        while (share[r * k + f] == 0) f++;
        share[r * k + f]--;
        fold[row] = f;
    }
    return HONE_OK;
}

/* The fold of rows that must stay together. */
static int32_t fold_of_key(const hone_ctx *ctx, int64_t key, int64_t k) {
    uint64_t stream = hn_stream("target_encode.group", (uint64_t)key);
    return (int32_t)(hn_rng_at(ctx->seed, stream, 0) % (uint64_t)k);
}

/* fold [n]; rows of one group never part, nor those that a step made of one row. */
static hone_status make_folds(hone_ctx *ctx, const target_params *p, const hone_data *data,
                              int32_t **ret_fold, int32_t *ret_k) {
    int64_t n = data->x->n_rows, k = p->cv < n ? p->cv : n, *order;
    int32_t *fold;
    HN_TRY(HN_SCRATCH_NEW(ctx, fold, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, order, n));
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("target_encode.folds", 0));
    for (int64_t i = 0; i < n; i++) order[i] = i;
    if (p->shuffle) hn_rng_shuffle(&rng, order, n);
    *ret_fold = fold;
    *ret_k = (int32_t)k;
    if (data->group != NULL || data->parents != NULL) {
        for (int64_t i = 0; i < n; i++)
            fold[i] =
                fold_of_key(ctx, data->group != NULL ? data->group[i] : data->parents[2 * i], k);
        return HONE_OK;
    }
    if (data->n_classes > 1) return stratify(ctx, data, k, order, fold);
    for (int64_t i = 0; i < n; i++) fold[order[i]] = fold_in_order(i, n, k);
    return HONE_OK;
}

typedef struct cross_job {
    const target_params *params;
    const hn_encode_state *state;
    const hone_data *data;
    const int32_t *fold;
    int32_t k;
    double *out;
} cross_job;

/* A fold's rows of one column by the rows of the others. */
static hone_status cross_fold(hone_ctx *ctx, const cross_job *job, int32_t j, int32_t fold,
                              const double *y, double *out) {
    HN_SCRATCH(ctx);
    const hn_column *column = &job->data->x->columns[j];
    hn_encode_tally t;
    HN_TRY(hn_encode_count(ctx, column, y, job->fold, fold, &t));
    for (int64_t i = 0; i < column->n; i++) {
        if (job->fold[i] != fold) continue;
        int64_t slot = hn_encode_slot(column, i);
        bool known = slot >= 0 && t.count[slot] > 0;
        out[i] = known ? estimate(job->params, &t, slot) : t.mean;
    }
    return HONE_OK;
}

static hone_status cross_column(hone_ctx *ctx, void *arg, int32_t j) {
    const cross_job *job = arg;
    const hn_encode_state *s = job->state;
    int64_t n = job->data->x->n_rows;
    for (int64_t c = 0; c < s->k; c++) {
        HN_SCRATCH(ctx);
        double *y;
        HN_TRY(hn_encode_target(ctx, job->data, s->k, c, &y));
        for (int32_t f = 0; f < job->k; f++)
            HN_TRY(cross_fold(ctx, job, j, f, y, job->out + (j * s->k + c) * n));
    }
    return HONE_OK;
}

static hone_status cross_fit(hone_ctx *ctx, const void *params_, const hone_data *data,
                             hn_arena *arena, void *state, hn_resampled *ret_rows) {
    HN_SCRATCH(ctx);
    cross_job job = {.params = params_, .state = state, .data = data};
    int32_t *fold;
    hn_table *out;
    ret_rows->n = data->x->n_rows;
    if (data->x->n_rows < 2) return HONE_OK;
    HN_TRY(HN_NEW(ctx, arena, out, 1));
    HN_TRY(make_folds(ctx, params_, data, &fold, &job.k));
    job.fold = fold;
    HN_TRY(hn_encode_columns(ctx, state, data->x->n_rows, arena, &job.out, out));
    HN_TRY(hn_each_column(ctx, data->x->n_columns, cross_column, &job));
    ret_rows->x = out;
    return HONE_OK;
}

static hone_status attributes(hn_visitor *v, const void *state, const hn_shown *shown) {
    const hn_encode_state *s = state;
    HN_TRY(hn_show_categories(v, shown->schema));
    for (int64_t j = 0; j < s->n; j++) {
        int64_t n = s->offset[j + 1] - s->offset[j] - 1; /* the last is of missing values */
        for (int64_t c = 0; c < s->k; c++) {
            char name[48];
            double *encoding;
            HN_TRY(HN_NEW(v->ctx, v->arena, encoding, n));
            for (int64_t i = 0; i < n; i++) encoding[i] = s->value[(s->offset[j] + i) * s->k + c];
            snprintf(name, sizeof name, "encodings.%lld", (long long)(j * s->k + c));
            HN_TRY(hn_show(v, name, encoding, n));
        }
    }
    return s->n > 0 && s->k == 1 ? hn_show(v, "target_mean", &s->unseen[0]) : HONE_OK;
}

const hone_estimator hn_target_encode = {
    .name = "target_encode",
    .title = "Categories by the mean of the target",
    .class_names = "TargetEncoder",
    .doc = "Turns each category into the mean of the target where it occurs (of several classes "
           "into the share of each), drawn towards the mean of all where there are few rows. "
           "Training rows are encoded by the rows of other folds, so that a model does not see "
           "their own target. For columns with many categories.",
    .references = "Micci-Barreca (2001). A preprocessing scheme for high-cardinality categorical "
                  "attributes in classification and prediction problems.",
    .can = HN_ENCODE_CAN,
    .target = HN_TASK_CLASSIFY | HN_TASK_REGRESSION,
    .attributes = attributes,
    .params = HN_PARAMS(target_params, params),
    .fit = fit,
    .resample = cross_fit,
    HN_ENCODE_HOOKS,
    HN_GOLDEN({.dataset = "tabular/telco_churn/Telco-Customer-Churn.csv",
               .target = "Churn",
               .columns = "Contract,PaymentMethod,InternetService",
               .params = NULL,
               .metric = "squares",
               .value = 1987.5530618561502,
               .tolerance = 1e-9,
               .source = "scikit-learn 1.9.1, TargetEncoder(), transform"}),
};
