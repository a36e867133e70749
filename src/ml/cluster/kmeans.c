/* kmeans.c - k-means clustering: declaration and hooks. */
#include "ml/cluster/kmeans_distance.h"
#include "ml/cluster/kmeans_fit.h"
#include "spec/estimator.h"
#include <assert.h>
#include <math.h>
#include <string.h>

enum { ALGORITHM_AUTO, ALGORITHM_LLOYD, ALGORITHM_YINYANG };

typedef struct kmeans_params {
    int64_t n_clusters;
    int init;
    int64_t n_init;
    int64_t max_iter;
    double tolerance;
    int algorithm;
} kmeans_params;

static const hone_param params[] = {
    HN_PARAM(kmeans_params, n_clusters, .def = "8", .range = "[1, inf)", .search = "[2, 20]",
             .doc = "How many clusters to find."),
    HN_PARAM(kmeans_params, init, .def = "k-means++",
             .choices = HN_CHOICES("k-means++", "random", "first"), .level = HN_ADVANCED,
             .doc = "Where centroids begin: spread out, at random rows, or at the first rows."),
    HN_PARAM(kmeans_params, n_init, .def = "auto", .range = "[1, inf)",
             .words = HN_WORDS({"auto", 0}), .level = HN_ADVANCED,
             .doc = "How often to begin anew; the best is kept. auto: 10 for random, else 1."),
    HN_PARAM(kmeans_params, max_iter, .def = "300", .range = "[1, inf)", .level = HN_ADVANCED,
             .doc = "Iterations at most, each time."),
    HN_PARAM(kmeans_params, tolerance, .def = "1e-4", .range = "[0, inf)", .level = HN_ADVANCED,
             .doc = "Stop when centroids move less, squared, in units of the mean variance."),
    HN_PARAM(kmeans_params, algorithm, .def = "auto",
             .choices = HN_CHOICES("auto", "lloyd", "yinyang"), .level = HN_EXPERT,
             .doc =
                 "lloyd measures all distances, yinyang spares what bounds rule out; same result."),
};

typedef struct kmeans_state {
    int64_t k, d;
    double *centroids; /* [k, d] */
    double *size;      /* [k] weight of the rows of each */
    double inertia;    /* weighted sum of squared distances to the own centroid */
    int64_t iterations;
    int64_t converged;
    double *tiles; /* not stored: see prepare */
} kmeans_state;

static hone_status kmeans_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const kmeans_params *p = values;
    int64_t n = 0;
    for (int64_t i = 0; i < data->x->n_rows; i++) n += !data->weight || data->weight[i] > 0;
    if (p->n_clusters <= n) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "n_clusters"),
                      "kmeans: %lld clusters need as many rows, and there are %lld; ask for fewer",
                      (long long)p->n_clusters, (long long)n);
}

/* ---- centring ------------------------------------------------------------------------------- */

/* The mean is taken away before distances are made of products, so that none of their digits is lost
 * where the data lie far from zero. */
typedef struct center_job {
    double *x;
    const double *weight;
    int64_t d;
    const double *mean;
    double *sums; /* [chunks][d] */
} center_job;

static hone_status sum_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const center_job *c = arg;
    double *sums = c->sums + chunk.index * c->d;
    memset(sums, 0, (size_t)c->d * sizeof(double));
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        double w = c->weight ? c->weight[i] : 1.0;
        for (int64_t j = 0; j < c->d; j++) sums[j] += w * c->x[i * c->d + j];
    }
    return HONE_OK;
}

/* Takes the mean away and sums up squares of what is left. */
static hone_status center_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const center_job *c = arg;
    double *sums = c->sums + chunk.index * c->d;
    memset(sums, 0, (size_t)c->d * sizeof(double));
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        double w = c->weight ? c->weight[i] : 1.0;
        for (int64_t j = 0; j < c->d; j++) {
            double *v = &c->x[i * c->d + j];
            *v -= c->mean[j];
            sums[j] += w * (*v * *v);
        }
    }
    return HONE_OK;
}

static void reduce(const center_job *c, int64_t chunks, double total, double *ret) {
    for (int64_t j = 0; j < c->d; j++) {
        double sum = 0;
        for (int64_t k = 0; k < chunks; k++) sum += c->sums[k * c->d + j];
        ret[j] = sum / total;
    }
}

/* Centres x [n, d]; ret_mean [d]; *ret_variance is the mean variance of a column. */
static hone_status center(hone_ctx *ctx, double *x, const double *weight, int64_t n, int64_t d,
                          double *ret_mean, double *ret_variance) {
    HN_SCRATCH(ctx);
    int64_t grain = hn_kmeans_grain(n, 1, d), chunks = hn_chunks(n, grain);
    double total = weight ? hn_sum(weight, n) : (double)n, *variance;
    center_job job = {x, weight, d, ret_mean, NULL};
    HN_TRY(HN_SCRATCH_NEW(ctx, job.sums, chunks * d));
    HN_TRY(HN_SCRATCH_NEW(ctx, variance, d));
    HN_TRY(hn_parallel(ctx, n, grain, sum_chunk, &job));
    reduce(&job, chunks, total, ret_mean);
    HN_TRY(hn_parallel(ctx, n, grain, center_chunk, &job));
    reduce(&job, chunks, total, variance);
    *ret_variance = hn_sum(variance, d) / (double)d;
    return HONE_OK;
}

/* ---- fit ------------------------------------------------------------------------------------ */

static hone_status allocate_result(hone_ctx *ctx, const hn_kmeans_job *job, hn_kmeans_result *r) {
    HN_TRY(HN_SCRATCH_NEW(ctx, r->centroids, job->k * job->d));
    return HN_SCRATCH_NEW(ctx, r->label, job->n);
}

static hone_status best_of_runs(hone_ctx *ctx, const kmeans_params *p, const hn_kmeans_job *job,
                                hn_kmeans_result *ret_best) {
    int64_t runs = p->n_init > 0 ? p->n_init : p->init == HN_KMEANS_RANDOM ? 10 : 1;
    if (p->init == HN_KMEANS_FIRST) runs = 1;
    hn_kmeans_result best, next;
    HN_TRY(allocate_result(ctx, job, &best));
    HN_TRY(allocate_result(ctx, job, &next));
    for (int64_t run = 0; run < runs; run++) {
        HN_TRY(hn_kmeans_start(ctx, job, p->init, ctx->seed, (uint64_t)run, next.centroids));
        HN_TRY(hn_kmeans_run(ctx, job, &next));
        if (run > 0 && !(next.inertia < best.inertia)) continue;
        hn_kmeans_result worse = best;
        best = next;
        next = worse;
    }
    *ret_best = best;
    return HONE_OK;
}

static hone_status keep(hone_ctx *ctx, hn_arena *arena, const hn_kmeans_job *job,
                        const hn_kmeans_result *r, const double *mean, kmeans_state *s) {
    s->k = job->k;
    s->d = job->d;
    HN_TRY(HN_NEW(ctx, arena, s->centroids, s->k * s->d));
    HN_TRY(HN_NEW(ctx, arena, s->size, s->k));
    for (int64_t c = 0; c < s->k; c++)
        for (int64_t j = 0; j < s->d; j++)
            s->centroids[c * s->d + j] = r->centroids[c * s->d + j] + mean[j];
    int64_t used = 0;
    for (int64_t i = 0; i < job->n; i++) s->size[r->label[i]] += job->weight ? job->weight[i] : 1.0;
    for (int64_t c = 0; c < s->k; c++) used += s->size[c] > 0;
    if (used < s->k)
        hn_say(ctx, HONE_LOG_WARN,
               "kmeans: the rows have only %lld distinct places for %lld clusters", (long long)used,
               (long long)s->k);
    s->inertia = r->inertia;
    s->iterations = r->iterations;
    s->converged = r->converged;
    return HONE_OK;
}

static hone_status kmeans_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                              hn_arena *arena, void *ret_state) {
    enum { BOUNDS_PAY = 24 }; /* clusters */
    const kmeans_params *p = values;
    HN_SCRATCH(ctx);
    double *x, *mean, variance;
    hn_kmeans_job job = {.weight = data->weight,
                         .n = data->x->n_rows,
                         .d = data->x->n_columns,
                         .k = p->n_clusters,
                         .max_iter = p->max_iter};
    HN_TRY(hn_table_matrix(ctx, ctx->scratch, data->x, &x));
    HN_TRY(HN_SCRATCH_NEW(ctx, mean, job.d));
    HN_TRY(center(ctx, x, job.weight, job.n, job.d, mean, &variance));
    job.x = x;
    job.tolerance = p->tolerance * variance;
    job.bounds = p->algorithm == ALGORITHM_YINYANG ||
                 (p->algorithm == ALGORITHM_AUTO && job.k >= BOUNDS_PAY && job.d >= 4);
    hn_kmeans_result best;
    HN_TRY(best_of_runs(ctx, p, &job, &best));
    return keep(ctx, arena, &job, &best, mean, ret_state);
}

/* ---- answers -------------------------------------------------------------------------------- */

typedef struct answer_job {
    const kmeans_state *state;
    const hn_table *x;
    double *nearest;    /* [n], or NULL */
    double **distances; /* [k][n], or NULL */
} answer_job;

static void answer_row(const answer_job *job, const double *row, int64_t i) {
    const kmeans_state *s = job->state;
    _Alignas(64) double squared[HN_TILE];
    double best = INFINITY;
    int64_t label = 0;
    for (int64_t first = 0; first < s->k; first += HN_TILE) {
        hn_tile_squared(row, s->d, s->tiles + first * s->d, squared);
        for (int64_t c = first; c < s->k && c < first + HN_TILE; c++) {
            if (job->distances) job->distances[c][i] = sqrt(squared[c - first]);
            if (!(squared[c - first] < best)) continue;
            best = squared[c - first];
            label = c;
        }
    }
    if (job->nearest) job->nearest[i] = (double)label;
}

static hone_status answer_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    enum { ROWS = 32 };
    const answer_job *job = arg;
    int64_t d = job->state->d;
    HN_SCRATCH(ctx);
    double *rows;
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, ROWS * d));
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += ROWS) {
        int64_t end = begin + ROWS < chunk.end ? begin + ROWS : chunk.end;
        for (int64_t j = 0; j < d; j++)
            hn_column_doubles(&job->x->columns[j], begin, end, rows + j, d);
        for (int64_t i = begin; i < end; i++) answer_row(job, rows + (i - begin) * d, i);
    }
    return HONE_OK;
}

static hone_status kmeans_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                                  double *ret_out) {
    answer_job job = {state, x, ret_out, NULL};
    return hn_parallel(ctx, x->n_rows, 4096, answer_chunk, &job);
}

static hone_status kmeans_transform(hone_ctx *ctx, const void *state, const hn_table *x,
                                    hn_arena *arena, hn_table *ret_out) {
    const kmeans_state *s = state;
    hn_table out = {.n_rows = x->n_rows, .n_columns = (int32_t)s->k};
    double **distances;
    HN_TRY(HN_NEW(ctx, arena, out.columns, s->k));
    HN_TRY(HN_NEW(ctx, arena, distances, s->k));
    for (int64_t c = 0; c < s->k; c++) {
        char *name = hn_arena_printf(ctx, arena, "cluster_%lld", (long long)c);
        if (!name) return HONE_ERROR_MEMORY;
        HN_TRY(HN_NEW(ctx, arena, distances[c], x->n_rows));
        out.columns[c] = hn_column_of_f64(name, distances[c], x->n_rows);
    }
    answer_job job = {s, x, NULL, distances};
    HN_TRY(hn_parallel(ctx, x->n_rows, 4096, answer_chunk, &job));
    *ret_out = out;
    return HONE_OK;
}

/* ---- storing and showing -------------------------------------------------------------------- */

/* The number of the nearest centroid. */
static int64_t kmeans_outputs(const void *state) {
    (void)state;
    return 1;
}

static hone_status kmeans_visit(hn_visitor *v, void *state) {
    kmeans_state *s = state;
    HN_TRY(hn_visit(v, "n_clusters", &s->k));
    HN_TRY(hn_visit(v, "n_features", &s->d));
    HN_TRY(hn_visit_check(v, s->k >= 1 && s->k <= INT32_MAX, "number of clusters out of range"));
    HN_TRY(hn_visit_check(v, s->d >= 1 && s->d <= INT32_MAX, "number of features out of range"));
    HN_TRY(hn_visit(v, "centroids", &s->centroids, s->k, s->d));
    HN_TRY(hn_visit(v, "size", &s->size, s->k));
    HN_TRY(hn_visit(v, "inertia", &s->inertia));
    HN_TRY(hn_visit(v, "iterations", &s->iterations));
    return hn_visit(v, "converged", &s->converged);
}

static hone_status kmeans_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                                  const hn_table *schema) {
    kmeans_state *s = state;
    if (s->d != schema->n_columns) {
        return hn_fail(ctx, HONE_ERROR_FORMAT,
                       "the centroids have %lld coordinates for %d features; the file is damaged",
                       (long long)s->d, (int)schema->n_columns);
    }
    HN_TRY(HN_NEW(ctx, arena, s->tiles, hn_tiles(s->k) * s->d * HN_TILE));
    hn_tile_centroids(s->centroids, s->k, s->d, s->tiles);
    return HONE_OK;
}

static hone_status kmeans_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                 hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    const kmeans_state *s = state;
    assert(schema->n_columns == s->d);
    yyjson_mut_obj_add_real(doc, object, "inertia", s->inertia);
    yyjson_mut_obj_add_int(doc, object, "iterations", s->iterations);
    yyjson_mut_obj_add_bool(doc, object, "converged", s->converged != 0);
    hn_json_mut *sizes = yyjson_mut_arr(doc), *centroids = yyjson_mut_arr(doc);
    for (int64_t c = 0; c < s->k; c++) {
        hn_json_mut *centroid = yyjson_mut_obj(doc);
        for (int64_t j = 0; j < s->d; j++) {
            hn_json_mut *name = yyjson_mut_strcpy(doc, schema->columns[j].name);
            yyjson_mut_obj_add(centroid, name, yyjson_mut_real(doc, s->centroids[c * s->d + j]));
        }
        yyjson_mut_arr_append(centroids, centroid);
        yyjson_mut_arr_add_real(doc, sizes, s->size[c]);
    }
    yyjson_mut_obj_add_val(doc, object, "sizes", sizes);
    yyjson_mut_obj_add_val(doc, object, "centroids", centroids);
    return HONE_OK;
}

const hone_estimator hn_kmeans = {
    .name = "kmeans",
    .title = "k-means",
    .class_names = "KMeans",
    .family = "cluster",
    .doc =
        "Groups rows around a number of centres so that squared distances to the nearest one are "
        "small. As a step it gives the distances to the centres as new columns.",
    .references = "Lloyd (1982), Least squares quantization in PCM\n"
                  "Arthur, Vassilvitskii (2007), k-means++\n"
                  "Ding et al. (2015), Yinyang k-means",
    .tasks = HN_TASK_CLUSTER,
    .can = HN_CAN_WEIGHTS | HN_WANTS_SCALING,
    .params = HN_PARAMS(kmeans_params, params),
    .state_size = sizeof(kmeans_state),
    .check = kmeans_check,
    .fit = kmeans_fit,
    .predict = kmeans_predict,
    .outputs = kmeans_outputs,
    .transform = kmeans_transform,
    .visit = kmeans_visit,
    .prepare = kmeans_prepare,
    .report = kmeans_report,
    HN_GOLDEN({"tabular/diabetes/diabetes.csv", NULL, NULL, "{\"n_clusters\":2,\"n_init\":20}",
               "all", "inertia", 3494.86660169, 1e-5,
               "scikit-learn 1.9.1, StandardScaler, KMeans(2, n_init=50, tol=0).inertia_"}),
};
