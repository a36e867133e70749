/* graph.c - see graph.h. */
#include "ml/semi/graph.h"
#include "base/parallel.h"
#include "num/blas.h"
#include "num/math.h"
#include <assert.h>
#include <string.h>

/* Rows whose edges to all others fit in memory: 3.2 GB. */
enum { MOST_DENSE = 20000 };

static const hn_distance euclidean = {.kind = HN_DISTANCE_EUCLIDEAN};

/* ---- the rows -------------------------------------------------------------------------------- */

hone_status hn_graph_make(hone_ctx *ctx, hn_arena *arena, const char *owner, const hn_table *x,
                          hn_kernel kernel, double gamma, int64_t k, hn_graph *ret_graph) {
    hn_graph g = {.n = x->n_rows,
                  .n_features = x->n_columns,
                  .kernel = kernel,
                  .gamma = gamma,
                  .k = kernel == HN_KERNEL_KNN ? k : 0};
    if (kernel == HN_KERNEL_RBF && g.n > MOST_DENSE)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "kernel"),
                          "%s: kernel rbf takes at most %d rows, as each is near each; set "
                          "'kernel' to knn",
                          owner, MOST_DENSE);
    if (kernel == HN_KERNEL_KNN && k > g.n)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "n_neighbors"),
                          "%s: 'n_neighbors' is %lld, and there are %lld rows; set it lower", owner,
                          (long long)k, (long long)g.n);
    if (kernel == HN_KERNEL_RBF) {
        HN_TRY(hn_table_matrix(ctx, arena, x, &g.x));
        HN_TRY(hn_graph_prepare(ctx, arena, &g));
    } else {
        double *rows;
        hn_neighbors_options options = {.distance = HN_DISTANCE_EUCLIDEAN};
        HN_TRY(hn_table_matrix(ctx, arena, x, &rows));
        HN_TRY(hn_neighbors_build(ctx, arena, rows, g.n, g.n_features, &options, &g.index));
    }
    *ret_graph = g;
    return HONE_OK;
}

hone_status hn_graph_visit(hn_visitor *v, hn_graph *g) {
    HN_TRY(hn_visit(v, "n_features", &g->n_features));
    HN_TRY(hn_visit(v, "n_rows", &g->n));
    HN_TRY(hn_visit(v, "kernel", &g->kernel));
    HN_TRY(hn_visit(v, "gamma", &g->gamma));
    HN_TRY(hn_visit(v, "n_neighbors", &g->k));
    HN_TRY(hn_visit_check(v,
                          g->n >= 1 && g->n <= INT32_MAX && g->n_features >= 1 &&
                              g->n_features <= INT32_MAX && g->kernel >= 0 &&
                              g->kernel < HN_KERNELS,
                          "a graph of an impossible size"));
    if (g->kernel == HN_KERNEL_RBF) return hn_visit(v, "X", &g->x, g->n, g->n_features);
    HN_TRY(hn_visit_check(v, g->k >= 1 && g->k <= g->n, "more neighbours than rows"));
    HN_TRY(hn_visit_neighbors(v, &g->index));
    return hn_visit_check(v, g->index.n == g->n && g->index.d == g->n_features,
                          "an index of other rows");
}

hone_status hn_graph_prepare(hone_ctx *ctx, hn_arena *arena, hn_graph *g) {
    if (g->kernel == HN_KERNEL_KNN) return hn_neighbors_prepare(ctx, arena, &g->index);
    if (g->tiles) return HONE_OK;
    size_t cells = (size_t)hn_lanes_tiles(g->n) * (size_t)g->n_features * HN_LANES;
    HN_TRY(HN_NEW(ctx, arena, g->tiles, cells));
    hn_lanes_fill(g->x, NULL, g->n, g->n_features, g->tiles);
    return HONE_OK;
}

/* ret [places for whole tiles] = exp(-gamma * (squared distance from q - least)), least 0 or the smallest. */
static void near_of(const hn_graph *g, const double *q, bool from_least, double *ret) {
    double least = 0;
    hn_lanes_reduced(euclidean, q, g->n_features, g->tiles, hn_lanes_tiles(g->n), ret);
    if (from_least) {
        least = ret[0];
        for (int64_t j = 1; j < g->n; j++) least = ret[j] < least ? ret[j] : least;
        if (!isfinite(least)) least = 0; /* too far from all to tell how far */
    }
    for (int64_t j = 0; j < g->n; j++) ret[j] = -g->gamma * (ret[j] - least);
    hn_exp_array(ret, ret, g->n);
}

/* ---- edges ----------------------------------------------------------------------------------- */

typedef struct edge_job {
    const hn_graph *graph;
    hn_edges *edges;
    const double *by; /* [n] normalising: roots of degrees */
} edge_job;

static hone_status dense_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const edge_job *job = arg;
    const hn_graph *g = job->graph;
    double *near;
    HN_TRY(HN_SCRATCH_NEW(ctx, near, hn_lanes_tiles(g->n) * HN_LANES));
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        near_of(g, g->x + i * g->n_features, false, near);
        memcpy(job->edges->dense + i * g->n, near, (size_t)g->n * sizeof *near);
    }
    return HONE_OK;
}

static hone_status normalise_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const edge_job *job = arg;
    hn_edges *e = job->edges;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        for (int64_t j = 0; e->dense && j < e->n; j++)
            e->dense[i * e->n + j] = i == j ? 0 : e->dense[i * e->n + j] / job->by[i] / job->by[j];
        for (int64_t c = 0; !e->dense && c < e->k; c++) {
            int32_t j = e->row[i * e->k + c];
            e->weight[i * e->k + c] = i == j ? 0 : 1 / job->by[i] / job->by[j];
        }
    }
    return HONE_OK;
}

/* Roots of the sums of columns, without what a row has to itself; 1 where that is nothing. */
static void find_degrees(const hn_edges *e, double *by) {
    for (int64_t i = 0; i < e->n; i++) {
        for (int64_t j = 0; e->dense && j < e->n; j++)
            if (i != j) by[j] += e->dense[i * e->n + j];
        for (int64_t c = 0; !e->dense && c < e->k; c++)
            if (e->row[i * e->k + c] != i) by[e->row[i * e->k + c]] += 1;
    }
    for (int64_t j = 0; j < e->n; j++) by[j] = by[j] > 0 ? sqrt(by[j]) : 1;
}

hone_status hn_graph_edges(hone_ctx *ctx, const hn_graph *g, bool normalised, hn_edges *ret_edges) {
    enum { ROWS = 16, CHEAP_ROWS = 256 };
    hn_edges e = {.n = g->n, .k = g->k};
    edge_job job = {.graph = g, .edges = &e};
    if (g->kernel == HN_KERNEL_RBF) {
        HN_TRY(HN_SCRATCH_NEW(ctx, e.dense, (size_t)g->n * (size_t)g->n));
        HN_TRY(hn_parallel(ctx, g->n, ROWS, dense_rows, &job));
    } else {
        double *distance;
        HN_TRY(HN_SCRATCH_NEW(ctx, e.row, g->n * g->k));
        HN_TRY(HN_SCRATCH_NEW(ctx, e.weight, g->n * g->k));
        HN_TRY(HN_SCRATCH_NEW(ctx, distance, g->n * g->k));
        HN_TRY(hn_neighbors_nearest(ctx, &g->index, g->index.rows, g->n, g->k, e.row, distance));
        for (int64_t i = 0; i < g->n * g->k; i++) e.weight[i] = 1;
    }
    if (normalised) {
        double *by;
        HN_TRY(HN_SCRATCH_NEW(ctx, by, g->n));
        find_degrees(&e, by);
        job.by = by;
        HN_TRY(hn_parallel(ctx, g->n, CHEAP_ROWS, normalise_rows, &job));
    }
    *ret_edges = e;
    return HONE_OK;
}

hone_status hn_edges_times(hone_ctx *ctx, const hn_edges *e, const double *values, int64_t m,
                           double *ret) {
    if (e->dense)
        return hn_gemm(ctx, false, false, e->n, m, e->n, 1, e->dense, e->n, values, m, 0, ret, m);
    for (int64_t i = 0; i < e->n; i++) {
        double *row = ret + i * m;
        for (int64_t c = 0; c < m; c++) row[c] = 0;
        for (int64_t k = 0; k < e->k; k++) {
            const double *from = values + (int64_t)e->row[i * e->k + k] * m;
            double weight = e->weight[i * e->k + k];
            for (int64_t c = 0; c < m; c++) row[c] += weight * from[c];
        }
    }
    return HONE_OK;
}

/* ---- new rows -------------------------------------------------------------------------------- */

hone_status hn_graph_answer(hone_ctx *ctx, const hn_graph *g, const hn_table *x,
                            const double *values, int64_t m, double *ret) {
    HN_SCRATCH(ctx);
    int64_t n = x->n_rows, k = g->kernel == HN_KERNEL_RBF ? g->n : g->k;
    double *rows, *near;
    int32_t *nearest = NULL;
    HN_TRY(hn_table_matrix(ctx, ctx->scratch, x, &rows));
    if (n > 0) memset(ret, 0, (size_t)(n * m) * sizeof *ret);
    if (g->kernel == HN_KERNEL_KNN) {
        HN_TRY(HN_SCRATCH_NEW(ctx, nearest, n * k + 1));
        HN_TRY(HN_SCRATCH_NEW(ctx, near, n * k + 1));
        HN_TRY(hn_neighbors_nearest(ctx, &g->index, rows, n, k, nearest, near));
    } else {
        HN_TRY(HN_SCRATCH_NEW(ctx, near, hn_lanes_tiles(g->n) * HN_LANES));
    }
    for (int64_t i = 0; i < n; i++) {
        if (!nearest) near_of(g, rows + i * g->n_features, true, near);
        for (int64_t j = 0; j < k; j++) {
            const double *from = values + (nearest ? (int64_t)nearest[i * k + j] : j) * m;
            double weight = nearest ? 1 : near[j];
            for (int64_t c = 0; c < m; c++) ret[i * m + c] += weight * from[c];
        }
    }
    return HONE_OK;
}
