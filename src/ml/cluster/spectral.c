/* spectral.c - clusters in a graph of similar rows: k-means on the graph's slowest waves. */
#include "ml/cluster/assigned.h"
#include "ml/cluster/kmeans_fit.h"
#include "num/blas.h"
#include "num/lanczos.h"
#include "num/math.h"
#include "num/sparse.h"
#include <string.h>

enum { AFFINITY_RBF, AFFINITY_NEIGHBORS };

typedef struct spectral_params {
    int64_t n_clusters;
    int affinity;
    double gamma;
    int64_t n_neighbors;
    int64_t n_init;
} spectral_params;

static const hone_param params[] = {
    HN_PARAM(spectral_params, n_clusters, .def = "8", .range = "[1, inf)", .search = "[2, 20]",
             .aliases = HN_CHOICES("k"), .doc = "How many clusters to find."),
    HN_PARAM(spectral_params, affinity, .def = "rbf",
             .choices = HN_CHOICES("rbf", "nearest_neighbors"),
             .doc = "What is similar: all rows by exp(-gamma d^2), or the nearest alone."),
    HN_PARAM(spectral_params, gamma, .def = "1", .range = "(0, inf)", .search = "[0.01, 10] log",
             .doc = "How fast rbf similarity falls off with distance."),
    HN_PARAM(spectral_params, n_neighbors, .def = "10", .range = "[1, inf)", .search = "[5, 50]",
             .doc = "Nearest rows, itself among them, that a row is tied to."),
    HN_PARAM(spectral_params, n_init, .def = "10", .range = "[1, inf)", .level = HN_ADVANCED,
             .doc = "How often k-means begins anew; the best is kept."),
};

typedef struct spectral_state {
    int64_t n_features, n, n_clusters;
    double *labels;      /* [n] */
    double *eigenvalues; /* [n_clusters] of the normalised similarity, descending from 1 */
    hn_assigned assigned;
} spectral_state;

enum { MOST_DENSE = 12000 }; /* rows, whose similarities fit 1.2 GB */

static hone_status spectral_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const spectral_params *p = values;
    int64_t n = data->x->n_rows;
    if (p->n_clusters > n) {
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "n_clusters"),
                          "spectral: %lld clusters need as many rows, and there are %lld; ask for "
                          "fewer",
                          (long long)p->n_clusters, (long long)n);
    }
    if (p->affinity == AFFINITY_NEIGHBORS || n <= MOST_DENSE) return HONE_OK;
    return hn_fail_at(
        ctx, HONE_ERROR_DATA, HN_AT(.param = "affinity"),
        "spectral: %lld rows are too many to compare each with each (%d at most); set "
        "'affinity' to nearest_neighbors",
        (long long)n, MOST_DENSE);
}

/* ---- the graph ------------------------------------------------------------------------------ */

/* Similarities without a row's own, normalised: D^-1/2 A D^-1/2. Dense or sparse. */
typedef struct graph {
    int64_t n;
    double *dense; /* [n, n], or NULL */
    hn_csr sparse;
    double *value; /* the sparse one's */
    double *root;  /* [n] of the degree; 1 for rows tied to none */
    /* Of a sparse one the slowest waves are known: a component's is the root of the degree in it and 0
     * elsewhere, with eigenvalue 1. Products are those of the rest. */
    int64_t n_known;
    int32_t *component; /* [n] from 0 in the order of their first rows; NULL: not looked for */
    double *size;       /* [n_known] the wave's squared length */
    /* While it is made: */
    const hn_neighbors *index;
    const double *tiles; /* of all rows */
    double gamma;
} graph;

static hone_status rbf_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const graph *g = arg;
    double *row;
    HN_TRY(HN_SCRATCH_NEW(ctx, row, hn_lanes_tiles(g->n) * HN_LANES));
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        double *to = g->dense + i * g->n, sum = 0;
        hn_lanes_reduced(g->index->measure, g->index->rows + i * g->index->w, g->index->w, g->tiles,
                         hn_lanes_tiles(g->n), row);
        for (int64_t j = 0; j < g->n; j++) row[j] *= -g->gamma;
        hn_exp_array(row, to, g->n);
        to[i] = 0;
        for (int64_t j = 0; j < g->n; j++) sum += to[j];
        g->root[i] = sum > 0 ? sqrt(sum) : 1;
    }
    return hn_check_cancel(ctx);
}

static hone_status rbf_graph(hone_ctx *ctx, graph *g) {
    double *tiles;
    HN_TRY(HN_SCRATCH_NEW(ctx, g->dense, g->n * g->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, tiles, hn_lanes_tiles(g->n) * HN_LANES * g->index->w + 1));
    hn_lanes_fill(g->index->rows, NULL, g->n, g->index->w, tiles);
    g->tiles = tiles;
    HN_TRY(hn_parallel(ctx, g->n, 16, rbf_chunk, g));
    for (int64_t i = 0; i < g->n; i++)
        for (int64_t j = 0; j < g->n; j++) g->dense[i * g->n + j] /= g->root[i] * g->root[j];
    return HONE_OK;
}

/* Ties by the nearest, made mutual: half for each side that sees the other. */
static hone_status neighbors_graph(hone_ctx *ctx, graph *g, int64_t k) {
    int64_t n = g->n, *start, *full, at = 0;
    int32_t *near, *column;
    double *distance, *half;
    HN_TRY(HN_SCRATCH_NEW(ctx, near, n * k + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, distance, n * k + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, half, n * k + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, start, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, full, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, column, 2 * n * k + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, g->value, 2 * n * k + 1));
    HN_TRY(hn_neighbors_nearest_self(ctx, g->index, k, near, distance));
    for (int64_t i = 0; i <= n; i++) start[i] = i * k;
    for (int64_t i = 0; i < n * k; i++) half[i] = 0.5;
    for (int64_t i = 0; i < n; i++) { /* columns ascending, as a sparse matrix has them */
        int32_t *row = near + i * k;
        for (int64_t a = 1; a < k; a++) {
            int32_t x = row[a];
            int64_t b = a;
            for (; b > 0 && row[b - 1] > x; b--) row[b] = row[b - 1];
            row[b] = x;
        }
    }
    hn_csr ties = {n, n, start, near, half}, back;
    HN_TRY(hn_csr_transpose(ctx, ctx->scratch, &ties, &back));
    for (int64_t i = 0; i < n; i++) {
        int64_t a = start[i], b = back.start[i];
        double sum = 0;
        full[i] = at;
        while (a < start[i + 1] || b < back.start[i + 1]) {
            int32_t x = a < start[i + 1] ? near[a] : INT32_MAX;
            int32_t y = b < back.start[i + 1] ? back.column[b] : INT32_MAX;
            column[at] = x < y ? x : y;
            g->value[at] = x == y ? 1 : 0.5;
            a += x <= y;
            b += y <= x;
            sum += g->value[at++];
        }
        g->root[i] = sum > 0 ? sqrt(sum) : 1;
    }
    full[n] = at;
    for (int64_t i = 0; i < n; i++)
        for (int64_t e = full[i]; e < full[i + 1]; e++)
            g->value[e] /= g->root[i] * g->root[column[e]];
    g->sparse = (hn_csr){n, n, full, column, g->value};
    return HONE_OK;
}

typedef struct product {
    const graph *g;
    const double *x;
    double *y;
} product;

/* ---- components ----------------------------------------------------------------------------- */

static hone_status find_components(hone_ctx *ctx, graph *g) {
    HN_TRY(HN_SCRATCH_NEW(ctx, g->component, g->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, g->size, g->n));
    int32_t *waiting;
    HN_TRY(HN_SCRATCH_NEW(ctx, waiting, g->n));
    for (int64_t i = 0; i < g->n; i++) g->component[i] = -1;
    for (int64_t first = 0; first < g->n; first++) {
        if (g->component[first] >= 0) continue;
        int32_t number = (int32_t)g->n_known++;
        int64_t n = 0;
        waiting[n++] = (int32_t)first;
        g->component[first] = number;
        while (n > 0) {
            int32_t i = waiting[--n];
            g->size[number] += g->root[i] * g->root[i];
            for (int64_t e = g->sparse.start[i]; e < g->sparse.start[i + 1]; e++) {
                int32_t j = g->sparse.column[e];
                if (g->component[j] >= 0) continue;
                g->component[j] = number;
                waiting[n++] = j;
            }
        }
    }
    return HONE_OK;
}

/* y less three times what x has of the known waves: their eigenvalues become -2, below all others. */
static hone_status take_known(hone_ctx *ctx, const graph *g, const double *x, double *y) {
    enum { TIMES = 3 };
    HN_SCRATCH(ctx);
    double *share;
    HN_TRY(HN_SCRATCH_NEW(ctx, share, g->n_known));
    for (int64_t i = 0; i < g->n; i++) share[g->component[i]] += g->root[i] * x[i];
    for (int64_t c = 0; c < g->n_known; c++) share[c] /= g->size[c];
    for (int64_t i = 0; i < g->n; i++) y[i] -= TIMES * share[g->component[i]] * g->root[i];
    return HONE_OK;
}

/* The waves of the largest components, at most k; returns how many. */
static int64_t known_waves(const graph *g, int64_t k, double *values, double *vectors) {
    int64_t n = 0;
    double before = INFINITY;
    int64_t last = -1;
    while (g->component && n < k && n < g->n_known) {
        int64_t most = -1;
        for (int64_t c = 0; c < g->n_known; c++) {
            bool taken = g->size[c] > before || (g->size[c] == before && c <= last);
            if (!taken && (most < 0 || g->size[c] > g->size[most])) most = c;
        }
        for (int64_t i = 0; i < g->n; i++)
            vectors[n * g->n + i] = g->component[i] == most ? g->root[i] / sqrt(g->size[most]) : 0;
        before = g->size[most];
        last = most;
        values[n++] = 1;
    }
    return n;
}

/* ---- products ------------------------------------------------------------------------------- */

static hone_status sparse_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const product *p = arg;
    for (int64_t i = chunk.begin; i < chunk.end; i++) p->y[i] = hn_csr_dot(&p->g->sparse, i, p->x);
    return HONE_OK;
}

static hone_status dense_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const product *p = arg;
    for (int64_t i = chunk.begin; i < chunk.end; i++)
        p->y[i] = hn_dot(p->g->dense + i * p->g->n, p->x, p->g->n);
    return HONE_OK;
}

static hone_status multiply(hone_ctx *ctx, void *arg, const double *x, double *y) {
    product p = {arg, x, y};
    if (p.g->dense) return hn_parallel(ctx, p.g->n, 128, dense_chunk, &p);
    HN_TRY(hn_parallel(ctx, p.g->n, 4096, sparse_chunk, &p));
    return take_known(ctx, p.g, x, y);
}

/* ---- fit ------------------------------------------------------------------------------------ */

static hone_status cluster_waves(hone_ctx *ctx, const spectral_params *p, const double *waves,
                                 int64_t n, int32_t *ret_label) {
    HN_SCRATCH(ctx);
    int64_t k = p->n_clusters;
    double best = INFINITY, sum = 0;
    hn_kmeans_job job = {.x = waves, .n = n, .d = k, .k = k, .max_iter = 300};
    hn_kmeans_result r;
    for (int64_t i = 0; i < n * k; i++) sum += waves[i] * waves[i];
    job.tolerance = 1e-4 * sum / (double)(n * k);
    HN_TRY(HN_SCRATCH_NEW(ctx, r.centroids, k * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, r.label, n));
    for (int64_t run = 0; run < p->n_init; run++) {
        HN_TRY(
            hn_kmeans_start(ctx, &job, HN_KMEANS_PLUS_PLUS, ctx->seed, (uint64_t)run, r.centroids));
        HN_TRY(hn_kmeans_run(ctx, &job, &r));
        if (!(r.inertia < best)) continue;
        best = r.inertia;
        memcpy(ret_label, r.label, (size_t)n * sizeof *ret_label);
    }
    return HONE_OK;
}

static hone_status label_rows(hone_ctx *ctx, const spectral_params *p, graph *g, spectral_state *s,
                              int32_t *ret_label) {
    HN_SCRATCH(ctx);
    int64_t n = g->n, k = p->n_clusters;
    double *vectors, *waves;
    bool converged = true;
    HN_TRY(HN_SCRATCH_NEW(ctx, g->root, n));
    HN_TRY(p->affinity == AFFINITY_RBF
               ? rbf_graph(ctx, g)
               : neighbors_graph(ctx, g, (p->n_neighbors < n ? p->n_neighbors : n) - 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, vectors, k * n));
    HN_TRY(HN_SCRATCH_NEW(ctx, waves, n * k));
    if (!g->dense) HN_TRY(find_components(ctx, g));
    int64_t known = known_waves(g, k, s->eigenvalues, vectors);
    if (known < k)
        HN_TRY(hn_eigen_largest(ctx, n, k - known, multiply, g, 1e-9, 200 * k + 4000,
                                s->eigenvalues + known, vectors + known * n, &converged));
    if (!converged)
        hn_say(ctx, HONE_LOG_WARN,
               "spectral: the eigenvectors have not converged; the graph may be nearly without "
               "structure");
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; c < k; c++) waves[i * k + c] = vectors[c * n + i] / g->root[i];
    return cluster_waves(ctx, p, waves, n, ret_label);
}

static hone_status spectral_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                                hn_arena *arena, void *ret_state) {
    const spectral_params *p = values;
    spectral_state *s = ret_state;
    HN_SCRATCH(ctx);
    double *x;
    int32_t *label;
    hn_neighbors index;
    hn_neighbors_options o = {.distance = HN_DISTANCE_EUCLIDEAN};
    s->n = data->x->n_rows;
    s->n_features = data->x->n_columns;
    s->n_clusters = p->n_clusters;
    if (p->affinity == AFFINITY_RBF) o.method = HN_NEIGHBORS_BRUTE;
    HN_TRY(hn_table_matrix(ctx, ctx->scratch, data->x, &x));
    HN_TRY(HN_SCRATCH_NEW(ctx, label, s->n));
    HN_TRY(hn_neighbors_build(ctx, ctx->scratch, x, s->n, s->n_features, &o, &index));
    graph g = {.n = s->n, .index = &index, .gamma = p->gamma};
    HN_TRY(HN_NEW(ctx, arena, s->eigenvalues, s->n_clusters));
    HN_TRY(label_rows(ctx, p, &g, s, label));
    HN_TRY(hn_labels_keep(ctx, arena, label, s->n, &s->labels));
    o.method = HN_NEIGHBORS_AUTO;
    return hn_assigned_make(ctx, arena, x, s->n, s->n_features, label, NULL, NULL, &o,
                            &s->assigned);
}

/* ---- after the fit -------------------------------------------------------------------------- */

static hone_status spectral_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                                    double *ret_out) {
    return hn_assigned_predict(ctx, &((const spectral_state *)state)->assigned, x, ret_out);
}

static int64_t spectral_outputs(const void *state) {
    (void)state;
    return 1;
}

static hone_status spectral_visit(hn_visitor *v, void *state) {
    spectral_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_samples", &s->n));
    HN_TRY(hn_visit(v, "n_clusters", &s->n_clusters));
    HN_TRY(hn_visit(v, "labels", &s->labels, s->n));
    HN_TRY(hn_visit(v, "eigenvalues", &s->eigenvalues, s->n_clusters));
    return hn_assigned_visit(v, &s->assigned, s->n_features, s->n_clusters);
}

static hone_status spectral_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                                    const hn_table *schema) {
    (void)schema;
    return hn_assigned_prepare(ctx, arena, &((spectral_state *)state)->assigned);
}

static hone_status spectral_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                   hn_json_doc *doc, hn_json_mut *object) {
    const spectral_state *s = state;
    (void)ctx, (void)schema;
    hn_labels_report(s->labels, s->n, s->n_clusters, doc, object);
    hn_json_mut *list = yyjson_mut_arr_with_real(doc, s->eigenvalues, (size_t)s->n_clusters);
    yyjson_mut_obj_add_val(doc, object, "eigenvalues", list);
    yyjson_mut_obj_add_real(doc, object, "last_eigenvalue", s->eigenvalues[s->n_clusters - 1]);
    return HONE_OK;
}

const hone_estimator hn_spectral = {
    .name = "spectral",
    .title = "Spectral clustering",
    .class_names = "SpectralClustering",
    .family = "cluster",
    .doc =
        "Ties similar rows together and cuts the graph where few ties are: finds clusters of any "
        "shape when their number is known. A new row goes with the nearest row it was fitted on.",
    .references = "Shi, Malik (2000), Normalized cuts and image segmentation\n"
                  "von Luxburg (2007), A tutorial on spectral clustering\n"
                  "Wu, Simon (2000), Thick-restart Lanczos method",
    .tasks = HN_TASK_CLUSTER,
    .can = HN_WANTS_SCALING,
    .params = HN_PARAMS(spectral_params, params),
    .state_size = sizeof(spectral_state),
    .check = spectral_check,
    .fit = spectral_fit,
    .predict = spectral_predict,
    .outputs = spectral_outputs,
    .visit = spectral_visit,
    .prepare = spectral_prepare,
    .report = spectral_report,
    HN_GOLDEN({"tabular/diabetes/diabetes.csv", NULL, NULL,
               "{\"n_clusters\":3,\"affinity\":\"nearest_neighbors\"}", "all", "last_eigenvalue",
               0.93980602, 1e-7,
               "scipy: third eigenvalue of the normalised graph that scikit-learn 1.9.1's "
               "SpectralClustering(3, affinity='nearest_neighbors') makes"}),
};
