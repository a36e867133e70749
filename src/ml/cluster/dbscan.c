/* dbscan.c - clusters are what dense rows reach through one another. */
#include "ml/cluster/assigned.h"
#include <stdatomic.h>
#include <string.h>

typedef struct dbscan_params {
    double eps;
    int64_t min_samples;
    int metric;
    double p;
    int algorithm;
} dbscan_params;

static const hone_param params[] = {
    HN_PARAM(dbscan_params, eps, .def = "0.5", .range = "(0, inf)", .search = "[0.05, 5] log",
             .doc = "Rows at no more than this distance are neighbours."),
    HN_PARAM(dbscan_params, min_samples, .def = "5", .range = "[1, inf)", .search = "[3, 20]",
             .doc = "Neighbours, itself among them, that make a row part of a cluster's core."),
    HN_CLUSTER_METRIC_PARAMS(dbscan_params),
    HN_PARAM(dbscan_params, algorithm, .def = "auto",
             .choices = HN_CHOICES("auto", "brute", "kd_tree", "ball_tree"), .level = HN_EXPERT,
             .doc = "How neighbours are found; changes no answer."),
};

typedef struct dbscan_state {
    int64_t n_features, n, n_clusters, n_core;
    double *labels;               /* [n] of the rows fitted on; -1 is noise */
    int64_t *core_sample_indices; /* [n_core] */
    hn_assigned assigned;         /* the core rows */
} dbscan_state;

typedef struct scan {
    const double *weight;
    double enough;
    bool *core;
    _Atomic int32_t *parent; /* forest over core rows: a parent is never greater */
    const int32_t *asked;    /* which row a query is, in the last pass */
    int32_t *label;
} scan;

/* ---- passes over all neighbourhoods --------------------------------------------------------- */

static hone_status find_core(hone_ctx *ctx, void *arg, int64_t query, int64_t count,
                             const int32_t *row, const double *distance) {
    (void)ctx, (void)distance;
    const scan *s = arg;
    double sum = (double)count;
    if (s->weight) {
        /* In the order of the index: the same for any number of threads. */
        sum = 0;
        for (int64_t i = 0; i < count; i++) sum += s->weight[row[i]];
    }
    s->core[query] = sum >= s->enough;
    return HONE_OK;
}

static int32_t root_of(_Atomic int32_t *parent, int32_t row) {
    for (;;) {
        int32_t up = atomic_load_explicit(&parent[row], memory_order_relaxed);
        if (up == row) return row;
        int32_t next = atomic_load_explicit(&parent[up], memory_order_relaxed);
        if (next != up) /* halve the path; losing a race does no harm */
            atomic_compare_exchange_weak_explicit(&parent[row], &up, next, memory_order_relaxed,
                                                  memory_order_relaxed);
        row = next;
    }
}

/* The greater root goes under the lesser: in the end each tree's root is its least row, whoever came
 * first. */
static void unite(_Atomic int32_t *parent, int32_t a, int32_t b) {
    for (;;) {
        a = root_of(parent, a);
        b = root_of(parent, b);
        if (a == b) return;
        int32_t greater = a > b ? a : b, lesser = a > b ? b : a, expected = greater;
        if (atomic_compare_exchange_strong_explicit(&parent[greater], &expected, lesser,
                                                    memory_order_relaxed, memory_order_relaxed))
            return;
    }
}

static hone_status join_core(hone_ctx *ctx, void *arg, int64_t query, int64_t count,
                             const int32_t *row, const double *distance) {
    (void)ctx, (void)distance;
    const scan *s = arg;
    if (!s->core[query]) return HONE_OK;
    for (int64_t i = 0; i < count; i++)
        if (row[i] < query && s->core[row[i]]) unite(s->parent, (int32_t)query, row[i]);
    return HONE_OK;
}

/* Rows at the border go with the first of the clusters that reach them. */
static hone_status join_border(hone_ctx *ctx, void *arg, int64_t query, int64_t count,
                               const int32_t *row, const double *distance) {
    (void)ctx, (void)distance;
    const scan *s = arg;
    int32_t *label = &s->label[s->asked[query]];
    for (int64_t i = 0; i < count; i++) {
        if (!s->core[row[i]]) continue;
        int32_t other = s->label[row[i]];
        if (*label < 0 || other < *label) *label = other;
    }
    return HONE_OK;
}

/* ---- fit ------------------------------------------------------------------------------------ */

static hone_status label_border(hone_ctx *ctx, scan *s, const hn_neighbors *index, double eps) {
    HN_SCRATCH(ctx);
    int64_t n = index->n, d = index->d, m = 0;
    int32_t *asked;
    double *rows;
    for (int64_t i = 0; i < n; i++) m += !s->core[i];
    if (m == 0) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(ctx, asked, m));
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, m * d));
    m = 0;
    for (int64_t i = 0; i < n; i++) {
        if (s->core[i]) continue;
        memcpy(rows + m * d, index->rows + i * index->w, (size_t)d * sizeof *rows);
        asked[m++] = (int32_t)i;
    }
    s->asked = asked;
    return hn_neighbors_rows_within(ctx, index, rows, m, eps, join_border, s);
}

static hone_status label_rows(hone_ctx *ctx, scan *s, const hn_neighbors *index, double eps,
                              int64_t *ret_clusters) {
    int64_t n = index->n, clusters = 0;
    hn_progress(ctx, "dbscan", 0, 3, "passes");
    HN_TRY(hn_neighbors_rows_within(ctx, index, NULL, n, eps, find_core, s));
    hn_progress(ctx, "dbscan", 1, 3, "passes");
    for (int64_t i = 0; i < n; i++) atomic_init(&s->parent[i], (int32_t)i);
    HN_TRY(hn_neighbors_rows_within(ctx, index, NULL, n, eps, join_core, s));
    hn_progress(ctx, "dbscan", 2, 3, "passes");
    for (int64_t i = 0; i < n; i++) {
        s->label[i] = -1;
        if (!s->core[i]) continue;
        int32_t root = root_of(s->parent, (int32_t)i);
        s->label[i] = root == i ? (int32_t)clusters++ : s->label[root];
    }
    *ret_clusters = clusters;
    return label_border(ctx, s, index, eps);
}

static hone_status dbscan_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                              hn_arena *arena, void *ret_state) {
    const dbscan_params *p = values;
    dbscan_state *s = ret_state;
    HN_SCRATCH(ctx);
    double *x, *reach;
    hn_neighbors index;
    hn_neighbors_options options = {.distance = (hn_distance_kind)p->metric,
                                    .p = p->p,
                                    .method = (hn_neighbors_method)p->algorithm};
    scan a = {.weight = data->weight, .enough = (double)p->min_samples};
    s->n = data->x->n_rows;
    s->n_features = data->x->n_columns;
    HN_TRY(hn_table_matrix(ctx, ctx->scratch, data->x, &x));
    options.radius = p->eps;
    HN_TRY(hn_neighbors_build(ctx, ctx->scratch, x, s->n, s->n_features, &options, &index));
    options.radius = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, a.core, s->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, a.parent, s->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, a.label, s->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, reach, s->n));
    HN_TRY(label_rows(ctx, &a, &index, p->eps, &s->n_clusters));
    for (int64_t i = 0; i < s->n; i++) {
        s->n_core += a.core[i];
        reach[i] = p->eps;
    }
    HN_TRY(HN_NEW(ctx, arena, s->core_sample_indices, s->n_core + 1));
    for (int64_t i = 0, m = 0; i < s->n; i++)
        if (a.core[i]) s->core_sample_indices[m++] = i;
    HN_TRY(hn_labels_keep(ctx, arena, a.label, s->n, &s->labels));
    if (s->n_clusters == 0)
        hn_say(ctx, HONE_LOG_WARN,
               "dbscan: no row has %lld neighbours within %g, so all are noise; raise 'eps'",
               (long long)p->min_samples, p->eps);
    return hn_assigned_make(ctx, arena, x, s->n, s->n_features, a.label, a.core, reach, &options,
                            &s->assigned);
}

/* ---- after the fit -------------------------------------------------------------------------- */

static hone_status dbscan_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                                  double *ret_out) {
    return hn_assigned_predict(ctx, &((const dbscan_state *)state)->assigned, x, ret_out);
}

static int64_t dbscan_outputs(const void *state) {
    (void)state;
    return 1;
}

static hone_status dbscan_visit(hn_visitor *v, void *state) {
    dbscan_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_samples", &s->n));
    HN_TRY(hn_visit(v, "n_clusters", &s->n_clusters));
    HN_TRY(hn_visit(v, "n_core", &s->n_core));
    HN_TRY(hn_visit(v, "labels", &s->labels, s->n));
    HN_TRY(hn_visit(v, "core_sample_indices", &s->core_sample_indices, s->n_core));
    return hn_assigned_visit(v, &s->assigned, s->n_features, s->n_clusters);
}

static hone_status dbscan_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                                  const hn_table *schema) {
    (void)schema;
    return hn_assigned_prepare(ctx, arena, &((dbscan_state *)state)->assigned);
}

static hone_status dbscan_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                 hn_json_doc *doc, hn_json_mut *object) {
    const dbscan_state *s = state;
    (void)ctx, (void)schema;
    hn_labels_report(s->labels, s->n, s->n_clusters, doc, object);
    yyjson_mut_obj_add_int(doc, object, "n_core", s->n_core);
    return HONE_OK;
}

const hone_estimator hn_dbscan = {
    .name = "dbscan",
    .title = "DBSCAN",
    .class_names = "DBSCAN",
    .family = "cluster",
    .doc = "Finds clusters of any shape where rows are dense, and calls the rest noise (-1). A new "
           "row goes with the nearest core row if that is within eps, else it is noise.",
    .references = "Ester, Kriegel, Sander, Xu (1996), A density-based algorithm for discovering "
                  "clusters",
    .tasks = HN_TASK_CLUSTER,
    .can = HN_CAN_WEIGHTS | HN_WANTS_SCALING,
    .params = HN_PARAMS(dbscan_params, params),
    .state_size = sizeof(dbscan_state),
    .fit = dbscan_fit,
    .predict = dbscan_predict,
    .outputs = dbscan_outputs,
    .visit = dbscan_visit,
    .prepare = dbscan_prepare,
    .report = dbscan_report,
    HN_GOLDEN({"tabular/diabetes/diabetes.csv", NULL, NULL, "{\"eps\":2.2}", "all", "n_core", 317,
               0, "scikit-learn 1.9.1, StandardScaler, DBSCAN(eps=2.2)"}),
};
