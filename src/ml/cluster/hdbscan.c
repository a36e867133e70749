/* hdbscan.c - clusters of any shape and of different densities, without a radius to choose. */
#include "ml/cluster/assigned.h"
#include "ml/cluster/condensed.h"
#include <string.h>

enum { SELECT_EOM, SELECT_LEAF };

typedef struct hdbscan_params {
    int64_t min_cluster_size;
    int64_t min_samples;
    int cluster_selection_method;
    double cluster_selection_epsilon;
    bool allow_single_cluster;
    int64_t max_cluster_size;
    int metric;
    double p;
} hdbscan_params;

static const hone_param params[] = {
    HN_PARAM(hdbscan_params, min_cluster_size, .def = "5", .range = "[2, inf)",
             .search = "[3, 100] log", .doc = "Fewer rows than this are no cluster."),
    HN_PARAM(hdbscan_params, min_samples, .def = "auto", .range = "[1, inf)",
             .words = HN_WORDS({"auto", 0}),
             .doc = "How many neighbours, itself among them, tell a row's density; auto: as "
                    "min_cluster_size."),
    HN_PARAM(hdbscan_params, cluster_selection_method, .def = "eom",
             .choices = HN_CHOICES("eom", "leaf"),
             .doc = "eom takes the most lasting clusters, leaf the finest."),
    HN_PARAM(hdbscan_params, cluster_selection_epsilon, .def = "0", .range = "[0, inf)",
             .level = HN_ADVANCED, .doc = "Clusters nearer than this are not told apart."),
    HN_PARAM(hdbscan_params, allow_single_cluster, .def = "false", .level = HN_ADVANCED,
             .doc = "All rows may turn out to be one cluster."),
    HN_PARAM(hdbscan_params, max_cluster_size, .def = "none", .range = "[1, inf)",
             .words = HN_WORDS({"none", 0}), .level = HN_ADVANCED,
             .doc = "eom splits larger clusters if they can be."),
    HN_CLUSTER_METRIC_PARAMS(hdbscan_params),
};

typedef struct hdbscan_state {
    int64_t n_features, n, n_clusters;
    double *labels;        /* [n]; -1 is noise */
    double *probabilities; /* [n] how firmly each belongs to its cluster */
    hn_assigned assigned;
} hdbscan_state;

static hone_status hdbscan_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const hdbscan_params *p = values;
    int64_t k = p->min_samples > 0 ? p->min_samples : p->min_cluster_size;
    if (k <= data->x->n_rows) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "min_samples"),
                      "hdbscan: %lld neighbours need as many rows, and there are %lld; lower "
                      "'min_samples'",
                      (long long)k, (long long)data->x->n_rows);
}

/* ---- labels --------------------------------------------------------------------------------- */

/* The selected cluster that a row ended in, or -1. */
static int32_t home_of(const hn_condensed *c, const bool *selected, int64_t row) {
    int32_t at = c->row_parent[row];
    while (at >= 0 && !selected[at]) at = c->parent[at];
    return at;
}

/* Where all is one cluster, rows belong to it that stayed to the end. */
static bool stays(const hn_condensed *c, const hdbscan_params *p, int64_t row) {
    if (!p->allow_single_cluster) return false;
    double enough =
        p->cluster_selection_epsilon > 0 ? 1 / p->cluster_selection_epsilon : c->death[0];
    return c->row_lambda[row] >= enough;
}

static hone_status label_rows(hone_ctx *ctx, const hdbscan_params *p, const hn_condensed *c,
                              hdbscan_state *s, int32_t *label, double *reach) {
    HN_SCRATCH(ctx);
    bool *selected;
    int32_t *number;
    HN_TRY(HN_SCRATCH_NEW(ctx, selected, c->m));
    HN_TRY(HN_SCRATCH_NEW(ctx, number, c->m));
    hn_selection how = {p->cluster_selection_method == SELECT_LEAF, p->allow_single_cluster,
                        p->cluster_selection_epsilon, p->max_cluster_size};
    HN_TRY(hn_condensed_select(ctx, c, &how, selected));
    if (!p->allow_single_cluster) selected[0] = false;
    for (int64_t i = 0; i < c->m; i++) number[i] = selected[i] ? (int32_t)s->n_clusters++ : -1;
    for (int64_t i = 0; i < c->n; i++) {
        int32_t home = home_of(c, selected, i);
        label[i] = -1;
        if (home < 0 || (home == 0 && !stays(c, p, i))) continue;
        label[i] = number[home];
        double last = c->death[home], lambda = c->row_lambda[i];
        s->probabilities[i] = last > 0 && lambda < last ? lambda / last : 1;
        reach[i] = c->birth[home] > 0 ? 1 / c->birth[home] : INFINITY;
    }
    return HONE_OK;
}

static hone_status core_distances(hone_ctx *ctx, const hn_neighbors *index, int64_t k,
                                  double *ret_core) {
    HN_SCRATCH(ctx);
    int64_t n = index->n;
    int32_t *row;
    double *distance;
    if (k < 1) return HONE_OK; /* only itself: 0 */
    HN_TRY(HN_SCRATCH_NEW(ctx, row, n * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, distance, n * k));
    HN_TRY(hn_neighbors_nearest_self(ctx, index, k, row, distance));
    for (int64_t i = 0; i < n; i++) ret_core[i] = distance[i * k + k - 1];
    return HONE_OK;
}

static hone_status hdbscan_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                               hn_arena *arena, void *ret_state) {
    const hdbscan_params *p = values;
    hdbscan_state *s = ret_state;
    HN_SCRATCH(ctx);
    int64_t n = data->x->n_rows, d = data->x->n_columns;
    double *x, *core, *reach;
    hn_edge *edges;
    int32_t *label;
    hn_neighbors index;
    hn_dendrogram tree;
    hn_condensed condensed;
    hn_neighbors_options o = {.distance = (hn_distance_kind)p->metric, .p = p->p};
    s->n_features = d;
    s->n = n;
    HN_TRY(hn_table_matrix(ctx, ctx->scratch, data->x, &x));
    HN_TRY(HN_SCRATCH_NEW(ctx, core, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, reach, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, edges, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, label, n));
    HN_TRY(HN_NEW(ctx, arena, s->probabilities, n));
    HN_TRY(hn_neighbors_build(ctx, ctx->scratch, x, n, d, &o, &index));
    int64_t k = p->min_samples > 0 ? p->min_samples : p->min_cluster_size;
    HN_TRY(core_distances(ctx, &index, k - 1, core));
    HN_TRY(hn_spanning_tree(ctx, &index, core, edges));
    HN_TRY(hn_dendrogram_make(ctx, ctx->scratch, edges, n, &tree));
    HN_TRY(hn_condense(ctx, &tree, p->min_cluster_size, &condensed));
    HN_TRY(label_rows(ctx, p, &condensed, s, label, reach));
    HN_TRY(hn_labels_keep(ctx, arena, label, n, &s->labels));
    if (s->n_clusters == 0)
        hn_say(ctx, HONE_LOG_WARN,
               "hdbscan: no cluster of %lld rows stands out; lower 'min_cluster_size', or set "
               "'allow_single_cluster'",
               (long long)p->min_cluster_size);
    return hn_assigned_make(ctx, arena, x, n, d, label, NULL, reach, &o, &s->assigned);
}

/* ---- after the fit -------------------------------------------------------------------------- */

static hone_status hdbscan_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                                   double *ret_out) {
    return hn_assigned_predict(ctx, &((const hdbscan_state *)state)->assigned, x, ret_out);
}

static int64_t hdbscan_outputs(const void *state) {
    (void)state;
    return 1;
}

static hone_status hdbscan_visit(hn_visitor *v, void *state) {
    hdbscan_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_samples", &s->n));
    HN_TRY(hn_visit(v, "n_clusters", &s->n_clusters));
    HN_TRY(hn_visit(v, "labels", &s->labels, s->n));
    HN_TRY(hn_visit(v, "probabilities", &s->probabilities, s->n));
    return hn_assigned_visit(v, &s->assigned, s->n_features, s->n_clusters);
}

static hone_status hdbscan_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                                   const hn_table *schema) {
    (void)schema;
    return hn_assigned_prepare(ctx, arena, &((hdbscan_state *)state)->assigned);
}

static hone_status hdbscan_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                  hn_json_doc *doc, hn_json_mut *object) {
    const hdbscan_state *s = state;
    (void)ctx, (void)schema;
    hn_labels_report(s->labels, s->n, s->n_clusters, doc, object);
    yyjson_mut_obj_add_real(doc, object, "probability", hn_sum(s->probabilities, s->n));
    return HONE_OK;
}

const hone_estimator hn_hdbscan = {
    .name = "hdbscan",
    .title = "HDBSCAN",
    .class_names = "HDBSCAN",
    .family = "cluster",
    .doc = "Finds the clusters that last longest as density rises, of any shape and of different "
           "densities; the rest is noise (-1). A new row goes with the nearest row of a cluster if "
           "it is nearer than where that cluster begins.",
    .references =
        "Campello, Moulavi, Sander (2013), Density-based clustering based on hierarchical "
        "density estimates\n"
        "McInnes, Healy (2017), Accelerated hierarchical density based clustering",
    .tasks = HN_TASK_CLUSTER,
    .can = HN_WANTS_SCALING,
    .params = HN_PARAMS(hdbscan_params, params),
    .state_size = sizeof(hdbscan_state),
    .check = hdbscan_check,
    .fit = hdbscan_fit,
    .predict = hdbscan_predict,
    .outputs = hdbscan_outputs,
    .visit = hdbscan_visit,
    .prepare = hdbscan_prepare,
    .report = hdbscan_report,
    HN_GOLDEN({"tabular/diabetes/diabetes.csv", NULL, NULL, "{\"min_samples\":2}", "all", "n_noise",
               38, 0, "scikit-learn 1.9.1, StandardScaler, HDBSCAN()"}),
};
