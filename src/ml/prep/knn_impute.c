/* knn_impute.c - missing numbers from the nearest rows that have them, by distances over what both rows have. */
#include "ml/prep/columns.h"

#include "base/parallel.h"
#include "table/rows.h"
#include <assert.h>
#include <string.h>

typedef struct knn_params {
    int64_t n_neighbors;
    int weights;
} knn_params;

enum { UNIFORM, BY_DISTANCE };
enum { MOST_NEIGHBORS = 1000 };

static const hone_param params[] = {
    HN_PARAM(knn_params, n_neighbors, .def = "5", .range = "[1, 1000]", .unit = "rows",
             .doc = "How many of the nearest rows that have the value give it.",
             .search = "[2, 30] log"),
    HN_PARAM(knn_params, weights, .def = "uniform", .choices = HN_CHOICES("uniform", "distance"),
             .doc = "Whether they count alike, or the nearer the more.",
             .search = "{uniform, distance}"),
};

typedef struct knn_state {
    int64_t n_features, n_samples, n_neighbors, weights;
    double *fit_x; /* [n_samples, n_features] NaN where missing */
    double *mean;  /* [n_features] where no distance is known */
} knn_state;

static hone_status fit(hone_ctx *ctx, const void *params_, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    const knn_params *p = params_;
    knn_state *s = ret_state;
    const hn_table *x = data->x;
    s->n_features = x->n_columns;
    s->n_samples = x->n_rows;
    s->n_neighbors = p->n_neighbors;
    s->weights = p->weights;
    HN_TRY(HN_NEW(ctx, arena, s->fit_x, s->n_samples * s->n_features + 1));
    HN_TRY(HN_NEW(ctx, arena, s->mean, s->n_features));
    hn_table_rows(x, 0, x->n_rows, s->fit_x);
    for (int32_t j = 0; j < x->n_columns; j++) {
        HN_SCRATCH(ctx);
        double *values;
        int64_t n;
        HN_TRY(hn_some_values(ctx, "knn_impute", &x->columns[j], &values, &n));
        s->mean[j] = hn_sum(values, n) / (double)n;
    }
    return HONE_OK;
}

/* ---- transform ------------------------------------------------------------------------------- */

/* The nearest donors of one value so far, nearest first. */
typedef struct donors {
    double *distance; /* [k] */
    double *value;    /* [k] */
    int64_t n, k;
} donors;

static void offer(donors *d, double distance, double value) {
    int64_t at = d->n;
    if (d->n == d->k && !(distance < d->distance[d->k - 1])) return;
    if (d->n < d->k) d->n++;
    if (at == d->k) at--;
    for (; at > 0 && d->distance[at - 1] > distance; at--) {
        d->distance[at] = d->distance[at - 1];
        d->value[at] = d->value[at - 1];
    }
    d->distance[at] = distance;
    d->value[at] = value;
}

/* At distance 0 only those count; where even the nearest is infinitely far (squares overflow) all count alike. */
static double mean_of(const donors *d, bool by_distance) {
    double sum = 0, total = 0;
    bool touching = by_distance && d->distance[0] == 0;
    bool weighted = by_distance && !touching && isfinite(d->distance[0]);
    for (int64_t i = 0; i < d->n; i++) {
        double weight = 1;
        if (touching) weight = d->distance[i] == 0;
        if (weighted) weight = 1 / d->distance[i];
        sum += weight * d->value[i];
        total += weight;
    }
    return sum / total;
}

/* Squares of what both have, scaled up to all columns; NaN where they share nothing. */
static double distance_of(const double *a, const double *b, int64_t p) {
    double sum = 0;
    int64_t shared = 0;
    for (int64_t j = 0; j < p; j++) {
        double off = a[j] - b[j];
        if (isnan(off)) continue;
        sum += off * off;
        shared++;
    }
    return shared > 0 ? sqrt((double)p / (double)shared * sum) : (double)NAN;
}

typedef struct knn_job {
    const knn_state *state;
    const hn_table *x;
    double *out; /* [n_rows, n_features] */
} knn_job;

static hone_status impute_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const knn_job *job = arg;
    const knn_state *s = job->state;
    int64_t p = s->n_features, k = s->n_neighbors;
    HN_SCRATCH(ctx);
    double *distance, *value;
    donors *of;
    HN_TRY(HN_SCRATCH_NEW(ctx, of, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, distance, p * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, value, p * k));
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        double *row = job->out + i * p;
        bool any = false;
        hn_table_rows(job->x, i, i + 1, row);
        for (int64_t j = 0; j < p; j++) {
            of[j] = (donors){.distance = distance + j * k, .value = value + j * k, .k = k};
            any |= isnan(row[j]);
        }
        for (int64_t r = 0; any && r < s->n_samples; r++) {
            const double *other = s->fit_x + r * p;
            double d = distance_of(row, other, p);
            if (isnan(d)) continue;
            for (int64_t j = 0; j < p; j++)
                if (isnan(row[j]) && !isnan(other[j])) offer(&of[j], d, other[j]);
        }
        for (int64_t j = 0; j < p; j++)
            if (isnan(row[j]))
                row[j] = of[j].n > 0 ? mean_of(&of[j], s->weights == BY_DISTANCE) : s->mean[j];
    }
    return HONE_OK;
}

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    const knn_state *s = state;
    assert(x->n_columns == s->n_features);
    knn_job job = {.state = s, .x = x};
    hn_table out;
    HN_TRY(hn_rows_like(ctx, arena, x, &job.out, &out));
    HN_TRY(hn_parallel(ctx, x->n_rows, 64, impute_rows, &job));
    *ret_out = out;
    return HONE_OK;
}

static hone_status visit(hn_visitor *v, void *state) {
    knn_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_samples_fit", &s->n_samples));
    HN_TRY(hn_visit(v, "n_neighbors", &s->n_neighbors));
    HN_TRY(hn_visit(v, "weights", &s->weights));
    HN_TRY(hn_visit_check(v,
                          s->n_features >= 0 && s->n_features < INT32_MAX && s->n_samples >= 0 &&
                              s->n_neighbors >= 1 && s->n_neighbors <= MOST_NEIGHBORS,
                          "knn_impute: numbers"));
    HN_TRY(hn_visit(v, "fit_x", &s->fit_x, s->n_samples, s->n_features));
    return hn_visit(v, "mean", &s->mean, s->n_features);
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    (void)arena;
    return hn_prepare_numbers(ctx, "knn_impute", schema, ((const knn_state *)state)->n_features);
}

const hone_estimator hn_knn_impute = {
    .name = "knn_impute",
    .title = "Missing values from the nearest rows",
    .class_names = "KNNImputer",
    .family = "prep",
    .doc = "Fills a missing number with the mean of those training rows that have it and are "
           "nearest in the columns that both have. Keeps the training rows; scale the columns "
           "first.",
    .references = "Troyanskaya, Cantor, Sherlock, Brown, Hastie, Tibshirani, Botstein, Altman "
                  "(2001). Missing value estimation methods for DNA microarrays.",
    .tasks = HN_TASK_NONE,
    .can = HN_CAN_MISSING | HN_NUMERIC_ONLY | HN_WANTS_SCALING,
    .params = HN_PARAMS(knn_params, params),
    .state_size = sizeof(knn_state),
    .fit = fit,
    .transform = transform,
    .visit = visit,
    .prepare = prepare,
    HN_GOLDEN({.dataset = "tabular/auto_mpg/mpg.csv",
               .columns = "mpg,displacement,horsepower,weight,acceleration",
               .params = "{\"weights\": \"distance\"}",
               .metric = "sum",
               .value = 1316223.1782059502,
               .tolerance = 1e-6,
               .source = "scikit-learn 1.9.1, KNNImputer(weights=distance)"}),
};
