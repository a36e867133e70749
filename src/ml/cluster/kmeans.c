/* kmeans.c - k-means clustering: declaration and hooks. */
#include "ml/cluster/kmeans_distance.h"
#include "ml/cluster/kmeans_model.h"
#include "ml/cluster/kmeans_rows.h"
#include <math.h>
#include <string.h>

enum { ALGORITHM_AUTO, ALGORITHM_LLOYD, ALGORITHM_YINYANG };

typedef struct kmeans_params {
    int64_t n_clusters;
    int64_t max_clusters;
    int init;
    int64_t n_init;
    int64_t max_iter;
    double tolerance;
    int algorithm;
} kmeans_params;

static const hone_param params[] = {
    HN_PARAM(kmeans_params, n_clusters, .def = "8", .range = "[1, inf)", .search = "[2, 20]",
             .words = HN_WORDS({"auto", 0}), .aliases = HN_CHOICES("k"),
             .doc = "How many clusters to find; auto tries 2 up to max_clusters."),
    HN_PARAM(kmeans_params, max_clusters, .def = "10", .range = "[2, 1000]", .level = HN_ADVANCED,
             .doc = "How many clusters n_clusters auto tries at most."),
    HN_PARAM(kmeans_params, init, .def = "k-means++",
             .choices = HN_CHOICES("k-means++", "random", "first"), .level = HN_ADVANCED,
             .doc = "Where centroids begin: spread out, at random rows, or at the first rows."),
    HN_PARAM(kmeans_params, n_init, .def = "auto", .range = "[1, inf)",
             .words = HN_WORDS({"auto", 0}), .level = HN_ADVANCED,
             .doc = "How often to begin anew; the best is kept. auto: 10 for random, else 1."),
    HN_PARAM(kmeans_params, max_iter, .def = "300", .range = "[1, inf)", .level = HN_ADVANCED,
             .doc = "Iterations at most, each time."),
    HN_PARAM(kmeans_params, tolerance, .def = "1e-4", .range = "[0, inf)", .level = HN_ADVANCED,
             .aliases = HN_CHOICES("tol"),
             .doc = "Stop when centroids move less, squared, in units of the mean variance."),
    HN_PARAM(kmeans_params, algorithm, .def = "auto",
             .choices = HN_CHOICES("auto", "lloyd", "yinyang"), .level = HN_EXPERT,
             .doc =
                 "lloyd measures all distances, yinyang spares what bounds rule out; same result."),
};

static hone_status kmeans_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const kmeans_params *p = values;
    int64_t n = 0;
    for (int64_t i = 0; i < data->x->n_rows; i++) n += !data->weight || data->weight[i] > 0;
    if (p->n_clusters <= n) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "n_clusters"),
                      "kmeans: %lld clusters need as many rows, and there are %lld; ask for fewer",
                      (long long)p->n_clusters, (long long)n);
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

static bool wants_bounds(const kmeans_params *p, const hn_kmeans_job *job) {
    enum { BOUNDS_PAY = 32 };   /* clusters */
    if (job->csr) return false; /* those are kept of rows written out */
    return p->algorithm == ALGORITHM_YINYANG ||
           (p->algorithm == ALGORITHM_AUTO && job->k >= BOUNDS_PAY && job->d >= 4);
}

/* ---- how many ------------------------------------------------------------------------------- */

typedef struct silhouettes {
    const hn_kmeans_job *job;
    const double *tiles;   /* of the centroids */
    const double *squares; /* [k rounded up] their squared lengths */
    double *sums;          /* [chunks] */
} silhouettes;

static hone_status silhouette_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const silhouettes *s = arg;
    const hn_kmeans_job *job = s->job;
    _Alignas(64) double squared[HN_TILE];
    double sum = 0;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        double own = INFINITY, next = INFINITY;
        for (int64_t first = 0; first < job->k; first += HN_TILE) {
            hn_kmeans_squared(job, i, s->tiles + first * job->d, s->squares + first, squared);
            for (int64_t c = 0; c < HN_TILE && first + c < job->k; c++) {
                next = squared[c] < own ? own : squared[c] < next ? squared[c] : next;
                own = squared[c] < own ? squared[c] : own;
            }
        }
        double w = job->weight ? job->weight[i] : 1.0;
        if (next > 0) sum += w * (1 - sqrt(own) / sqrt(next));
    }
    s->sums[chunk.index] = sum;
    return HONE_OK;
}

/* The simplified silhouette (Vendramin, Campello, Hruschka 2010): distances to centroids stand for the
 * mean distances to their rows, so that it costs no more than an iteration. */
static hone_status silhouette(hone_ctx *ctx, const hn_kmeans_job *job, const double *centroids,
                              double *ret_value) {
    HN_SCRATCH(ctx);
    int64_t grain = hn_kmeans_grain(job->n, 1, job->d), chunks = hn_chunks(job->n, grain);
    double *tiles, *squares;
    silhouettes s = {.job = job};
    HN_TRY(HN_SCRATCH_NEW(ctx, squares, hn_tiles(job->k) * HN_TILE));
    HN_TRY(HN_SCRATCH_NEW(ctx, tiles, hn_tiles(job->k) * job->d * HN_TILE));
    HN_TRY(HN_SCRATCH_NEW(ctx, s.sums, chunks));
    hn_tile_centroids(centroids, job->k, job->d, tiles);
    hn_tile_norms(centroids, job->k, job->d, squares);
    for (int64_t c = 0; c < job->k; c++) squares[c] *= 2;
    s.tiles = tiles;
    s.squares = squares;
    HN_TRY(hn_parallel(ctx, job->n, grain, silhouette_chunk, &s));
    double total = job->weight ? hn_sum(job->weight, job->n) : (double)job->n;
    *ret_value = hn_sum(s.sums, chunks) / total;
    return HONE_OK;
}

/* Tries 2, 3, ... clusters and keeps those whose silhouette is best. */
static hone_status choose(hone_ctx *ctx, const kmeans_params *p, hn_kmeans_job *job,
                          const double *mean, hn_arena *arena, hn_kmeans_model *s) {
    int64_t rows = 0, most = p->max_clusters;
    double best = -INFINITY;
    for (int64_t i = 0; i < job->n; i++) rows += !job->weight || job->weight[i] > 0;
    if (most > rows - 1) most = rows - 1;
    double *inertia, *value;
    HN_TRY(HN_NEW(ctx, arena, inertia, most > 1 ? most : 1));
    HN_TRY(HN_NEW(ctx, arena, value, most > 1 ? most : 1));
    for (job->k = most >= 2 ? 2 : 1; job->k <= (most >= 2 ? most : 1); job->k++) {
        HN_SCRATCH(ctx);
        hn_kmeans_result r;
        double found;
        job->bounds = wants_bounds(p, job);
        HN_TRY(best_of_runs(ctx, p, job, &r));
        HN_TRY(silhouette(ctx, job, r.centroids, &found));
        if (job->k >= 2) inertia[job->k - 2] = r.inertia, value[job->k - 2] = found;
        hn_progress(ctx, "numbers of clusters", job->k, most, "numbers");
        if (!(found > best)) continue;
        best = found;
        HN_TRY(hn_kmeans_keep(ctx, arena, job, &r, mean, s));
    }
    s->tried = most >= 2 ? most - 1 : 0;
    s->tried_inertia = inertia;
    s->tried_silhouette = value;
    return HONE_OK;
}

static hone_status kmeans_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                              hn_arena *arena, void *ret_state) {
    const kmeans_params *p = values;
    HN_SCRATCH(ctx);
    double *mean, variance;
    hn_kmeans_job job = {.max_iter = p->max_iter};
    HN_TRY(hn_kmeans_rows(ctx, data->x, data->weight, true, &job, &mean, &variance));
    job.tolerance = p->tolerance * variance;
    hn_kmeans_result best;
    if (p->n_clusters == 0) return choose(ctx, p, &job, mean, arena, ret_state);
    job.k = p->n_clusters;
    job.bounds = wants_bounds(p, &job);
    HN_TRY(best_of_runs(ctx, p, &job, &best));
    return hn_kmeans_keep(ctx, arena, &job, &best, mean, ret_state);
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
    .can = HN_CAN_WEIGHTS | HN_CAN_SPARSE | HN_WANTS_SCALING,
    .params = HN_PARAMS(kmeans_params, params),
    .state_size = sizeof(hn_kmeans_model),
    .check = kmeans_check,
    .fit = kmeans_fit,
    .predict = hn_kmeans_predict,
    .outputs = hn_kmeans_outputs,
    .transform = hn_kmeans_transform,
    .visit = hn_kmeans_visit,
    .prepare = hn_kmeans_prepare,
    .report = hn_kmeans_report,
    HN_GOLDEN({"tabular/diabetes/diabetes.csv", NULL, NULL, "{\"n_clusters\":2,\"n_init\":20}",
               "all", "inertia", 3494.86660169, 1e-5,
               "scikit-learn 1.9.1, StandardScaler, KMeans(2, n_init=50, tol=0).inertia_"}),
};
