/* agglomerative.c - clusters by merging the nearest two, again and again. */
#include "ml/cluster/assigned.h"
#include "ml/cluster/dendrogram.h"
#include <string.h>

enum { LINKAGE_WARD, LINKAGE_COMPLETE, LINKAGE_AVERAGE, LINKAGE_SINGLE };

typedef struct agglomerative_params {
    int64_t n_clusters;
    double distance_threshold;
    int linkage;
    int metric;
    double p;
} agglomerative_params;

static const hone_param params[] = {
    HN_PARAM(agglomerative_params, n_clusters, .def = "2", .range = "[1, inf)", .search = "[2, 20]",
             .doc = "How many clusters to leave."),
    HN_PARAM(agglomerative_params, distance_threshold, .def = "none", .range = "[0, inf)",
             .words = HN_WORDS({"none", -1}),
             .doc = "Merge nothing at this height or above; n_clusters then doesn't count."),
    HN_PARAM(agglomerative_params, linkage, .def = "ward",
             .choices = HN_CHOICES("ward", "complete", "average", "single"),
             .search = "{ward, complete, average}",
             .doc = "What is near: least rise of variance, farthest, mean or nearest rows."),
    HN_CLUSTER_METRIC_PARAMS(agglomerative_params),
};

typedef struct agglomerative_state {
    int64_t n_features, n_clusters;
    double *labels; /* [n] */
    hn_dendrogram tree;
    hn_assigned assigned;
} agglomerative_state;

enum { MOST_ROWS = 20000 }; /* whose distances to each other fit 3.2 GB */

static hone_status agglomerative_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const agglomerative_params *p = values;
    int64_t n = data->x->n_rows;
    hn_distance measure = hn_distance_make((hn_distance_kind)p->metric, p->p);
    if (p->linkage == LINKAGE_WARD && measure.kind != HN_DISTANCE_EUCLIDEAN) {
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "metric"),
                          "agglomerative: ward is made for euclidean distances; take another "
                          "linkage");
    }
    if (p->distance_threshold < 0 && p->n_clusters > n) {
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "n_clusters"),
                          "agglomerative: %lld clusters need as many rows, and there are %lld; ask "
                          "for fewer",
                          (long long)p->n_clusters, (long long)n);
    }
    if (p->linkage == LINKAGE_SINGLE || n <= MOST_ROWS) return HONE_OK;
    return hn_fail(
        ctx, HONE_ERROR_DATA,
        "agglomerative: %lld rows are too many, for it measures each against each (%d at "
        "most); give it a sample, or take linkage 'single', kmeans or hdbscan",
        (long long)n, MOST_ROWS);
}

/* ---- the nearest-neighbour chain (Murtagh 1983) --------------------------------------------- */

/* Follow nearest neighbours until two are each other's: they may be merged at once, whatever else there
 * is. Distances stand in a square: of places without a cluster they are infinite. For ward they are
 * squared. */
typedef struct chain {
    const hn_neighbors *index;
    const double *tiles; /* of all rows */
    int linkage;
    int64_t m;      /* places */
    int64_t ld;     /* row length of d */
    double *d;      /* [m, ld] */
    double *size;   /* [m] rows; 0: no cluster there */
    int32_t *row;   /* [m] some row of it */
    int64_t *links; /* [length]: the chain */
    int64_t length;
} chain;

static hone_status measure_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const chain *c = arg;
    const hn_neighbors *index = c->index;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        double *d = c->d + i * c->ld;
        hn_lanes_reduced(index->measure, index->rows + i * index->w, index->w, c->tiles,
                         hn_lanes_tiles(index->n), d);
        for (int64_t j = 0; j < c->m && c->linkage != LINKAGE_WARD; j++)
            d[j] = hn_distance_of_reduced(index->measure, d[j], index->w);
        d[i] = INFINITY;
    }
    return hn_check_cancel(ctx);
}

/* The nearest place to that at `of`; `liked` where it is as near as any. */
static int64_t nearest(const chain *c, int64_t of, int64_t liked) {
    const double *d = c->d + of * c->ld;
    double least[8];
    for (int k = 0; k < 8; k++) least[k] = INFINITY;
    int64_t i = 0;
    for (; i + 8 <= c->m; i += 8)
        for (int k = 0; k < 8; k++) least[k] = d[i + k] < least[k] ? d[i + k] : least[k];
    for (; i < c->m; i++) least[0] = d[i] < least[0] ? d[i] : least[0];
    for (int k = 1; k < 8; k++) least[0] = least[k] < least[0] ? least[k] : least[0];
    if (liked >= 0 && d[liked] == least[0]) return liked;
    for (i = 0; i < c->m; i++)
        if (d[i] == least[0] && c->size[i] > 0 && i != of) return i;
    return -1;
}

/* Lance, Williams 1967. */
static double joined(const chain *c, double ax, double bx, double ab, double a, double b,
                     double x) {
    switch (c->linkage) {
    case LINKAGE_COMPLETE: return ax > bx ? ax : bx;
    case LINKAGE_AVERAGE: return (a * ax + b * bx) / (a + b);
    default: return ((a + x) * ax + (b + x) * bx - x * ab) / (a + b + x);
    }
}

static void merge(chain *c, int64_t a, int64_t b) {
    double *da = c->d + a * c->ld, *db = c->d + b * c->ld, ab = da[b];
    for (int64_t i = 0; i < c->m; i++) {
        if (!(c->size[i] > 0) || i == a || i == b) continue;
        double *di = c->d + i * c->ld;
        db[i] = di[b] = joined(c, da[i], db[i], ab, c->size[a], c->size[b], c->size[i]);
        di[a] = INFINITY;
    }
    db[a] = INFINITY;
    c->size[b] += c->size[a];
    c->size[a] = 0;
}

/* Moves the clusters together, so that rows get shorter. */
static void compact(chain *c) {
    int64_t kept = 0;
    for (int64_t i = 0; i < c->m; i++) {
        if (!(c->size[i] > 0)) continue;
        double *to = c->d + kept * c->ld;
        const double *from = c->d + i * c->ld;
        int64_t n = 0;
        for (int64_t j = 0; j < c->m; j++)
            if (c->size[j] > 0) to[n++] = from[j];
        for (int64_t k = 0; k < c->length; k++)
            if (c->links[k] == i) c->links[k] = kept;
        c->row[kept++] = c->row[i];
    }
    int64_t n = 0;
    for (int64_t i = 0; i < c->m; i++)
        if (c->size[i] > 0) c->size[n++] = c->size[i];
    c->m = kept;
}

static hone_status grow_chain(hone_ctx *ctx, chain *c, hn_edge *edges) {
    int64_t n = c->m, first = 0;
    for (int64_t e = 0; e + 1 < n; e++) {
        if (n - e < c->m / 2 && c->m > 64) {
            compact(c);
            first = 0;
        }
        if (c->length == 0) {
            while (!(c->size[first] > 0)) first++;
            c->links[c->length++] = first;
        }
        for (;;) {
            int64_t at = c->links[c->length - 1];
            int64_t before = c->length > 1 ? c->links[c->length - 2] : -1;
            int64_t next = nearest(c, at, before);
            if (next < 0) /* distances beyond all numbers */
                return hn_fail(ctx, HONE_ERROR_DATA,
                               "agglomerative: distances overflow; scale the features");
            if (next == before) break;
            c->links[c->length++] = next;
        }
        int64_t a = c->links[c->length - 1], b = c->links[c->length - 2];
        double height = c->d[a * c->ld + b];
        if (c->linkage == LINKAGE_WARD) height = sqrt(height > 0 ? height : 0);
        edges[e] = (hn_edge){c->row[a], c->row[b], height};
        c->length -= 2;
        merge(c, a < b ? a : b, a < b ? b : a);
        if (e % 256 == 0) {
            HN_TRY(hn_check_cancel(ctx));
            hn_progress(ctx, "agglomerative", e, n - 1, "merges");
        }
    }
    return HONE_OK;
}

static hone_status chain_edges(hone_ctx *ctx, const hn_neighbors *index, int linkage,
                               hn_edge *edges) {
    HN_SCRATCH(ctx);
    int64_t n = index->n;
    chain c = {.index = index, .linkage = linkage, .m = n, .ld = hn_lanes_tiles(n) * HN_LANES};
    HN_TRY(HN_SCRATCH_NEW(ctx, c.d, n * c.ld));
    HN_TRY(HN_SCRATCH_NEW(ctx, c.size, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, c.row, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, c.links, n + 2));
    double *tiles;
    HN_TRY(HN_SCRATCH_NEW(ctx, tiles, c.ld * index->w + 1));
    hn_lanes_fill(index->rows, NULL, n, index->w, tiles);
    c.tiles = tiles;
    for (int64_t i = 0; i < n; i++) {
        c.size[i] = 1;
        c.row[i] = (int32_t)i;
    }
    HN_TRY(hn_parallel(ctx, n, 16, measure_chunk, &c));
    return grow_chain(ctx, &c, edges);
}

/* ---- fit ------------------------------------------------------------------------------------ */

static int64_t merges_wanted(const agglomerative_params *p, const hn_dendrogram *t) {
    if (p->distance_threshold < 0) return t->n - p->n_clusters;
    int64_t merges = 0;
    while (merges + 1 < t->n && t->height[merges] < p->distance_threshold) merges++;
    return merges;
}

static hone_status agglomerative_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                                     hn_arena *arena, void *ret_state) {
    const agglomerative_params *p = values;
    agglomerative_state *s = ret_state;
    HN_SCRATCH(ctx);
    int64_t n = data->x->n_rows, d = data->x->n_columns;
    double *x;
    hn_edge *edges;
    int32_t *label;
    hn_neighbors index;
    hn_neighbors_options o = {
        .distance = (hn_distance_kind)p->metric, .p = p->p, .method = HN_NEIGHBORS_BRUTE};
    HN_TRY(hn_table_matrix(ctx, ctx->scratch, data->x, &x));
    HN_TRY(hn_neighbors_build(ctx, ctx->scratch, x, n, d, &o, &index));
    HN_TRY(HN_SCRATCH_NEW(ctx, edges, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, label, n));
    HN_TRY(p->linkage == LINKAGE_SINGLE ? hn_spanning_tree(ctx, &index, NULL, edges)
                                        : chain_edges(ctx, &index, p->linkage, edges));
    s->n_features = d;
    HN_TRY(hn_dendrogram_make(ctx, arena, edges, n, &s->tree));
    HN_TRY(hn_dendrogram_cut(ctx, &s->tree, merges_wanted(p, &s->tree), label, &s->n_clusters));
    HN_TRY(hn_labels_keep(ctx, arena, label, n, &s->labels));
    o.method = HN_NEIGHBORS_AUTO;
    return hn_assigned_make(ctx, arena, x, n, d, label, NULL, NULL, &o, &s->assigned);
}

/* ---- after the fit -------------------------------------------------------------------------- */

static hone_status agglomerative_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                                         double *ret_out) {
    return hn_assigned_predict(ctx, &((const agglomerative_state *)state)->assigned, x, ret_out);
}

static int64_t agglomerative_outputs(const void *state) {
    (void)state;
    return 1;
}

static hone_status agglomerative_visit(hn_visitor *v, void *state) {
    agglomerative_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_leaves", &s->tree.n));
    HN_TRY(hn_visit(v, "n_clusters", &s->n_clusters));
    HN_TRY(hn_visit_check(v, s->tree.n >= 1 && s->tree.n <= INT32_MAX, "no rows"));
    HN_TRY(hn_visit(v, "labels", &s->labels, s->tree.n));
    HN_TRY(hn_visit(v, "children", &s->tree.children, s->tree.n - 1, 2));
    HN_TRY(hn_visit(v, "distances", &s->tree.height, s->tree.n - 1));
    HN_TRY(hn_visit(v, "merge_sizes", &s->tree.size, s->tree.n - 1));
    return hn_assigned_visit(v, &s->assigned, s->n_features, s->n_clusters);
}

static hone_status agglomerative_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                                         const hn_table *schema) {
    (void)schema;
    return hn_assigned_prepare(ctx, arena, &((agglomerative_state *)state)->assigned);
}

/* The number of clusters above which heights rise most: a suggestion. */
static int64_t suggested(const hn_dendrogram *t) {
    int64_t best = 1;
    double most = 0;
    for (int64_t i = 1; i + 1 < t->n; i++) {
        double gap = t->height[i] - t->height[i - 1];
        if (gap < most) continue;
        most = gap;
        best = t->n - i;
    }
    return best;
}

static hone_status agglomerative_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                        hn_json_doc *doc, hn_json_mut *object) {
    enum { SHOWN = 60 }; /* merges, the last ones: what a drawing can hold */
    const agglomerative_state *s = state;
    const hn_dendrogram *t = &s->tree;
    (void)ctx, (void)schema;
    hn_labels_report(s->labels, t->n, s->n_clusters, doc, object);
    yyjson_mut_obj_add_int(doc, object, "suggested_clusters", suggested(t));
    yyjson_mut_obj_add_real(doc, object, "height", t->n > 1 ? t->height[t->n - 2] : 0);
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, object, "dendrogram");
    for (int64_t i = t->n - 2; i >= 0 && i >= t->n - 1 - SHOWN; i--) {
        hn_json_mut *one = yyjson_mut_arr_add_obj(doc, list);
        yyjson_mut_obj_add_int(doc, one, "cluster", t->n + i);
        yyjson_mut_obj_add_int(doc, one, "left", t->children[2 * i]);
        yyjson_mut_obj_add_int(doc, one, "right", t->children[2 * i + 1]);
        yyjson_mut_obj_add_real(doc, one, "height", t->height[i]);
        yyjson_mut_obj_add_int(doc, one, "size", t->size[i]);
    }
    return HONE_OK;
}

static hone_status attributes(hn_visitor *v, const void *state, const hn_shown *shown) {
    (void)state, (void)shown;
    static const int64_t one = 1; /* any two rows may join */
    return hn_show(v, "n_connected_components", &one);
}

const hone_estimator hn_agglomerative = {
    .name = "agglomerative",
    .title = "Agglomerative clustering",
    .class_names = "AgglomerativeClustering",
    .family = "cluster",
    .also = "hierarchical ward linkage",
    .doc =
        "Merges the two nearest clusters until few are left, and keeps the tree of all merges: a "
        "hierarchy to look at. A new row goes with the nearest row it was fitted on.",
    .references = "Ward (1963), Hierarchical grouping to optimize an objective function\n"
                  "Murtagh (1983), A survey of recent advances in hierarchical clustering\n"
                  "Muellner (2011), Modern hierarchical, agglomerative clustering algorithms",
    .tasks = HN_TASK_CLUSTER,
    .can = HN_WANTS_SCALING,
    .attributes = attributes,
    .params = HN_PARAMS(agglomerative_params, params),
    .state_size = sizeof(agglomerative_state),
    .check = agglomerative_check,
    .fit = agglomerative_fit,
    .predict = agglomerative_predict,
    .outputs = agglomerative_outputs,
    .visit = agglomerative_visit,
    .prepare = agglomerative_prepare,
    .report = agglomerative_report,
    HN_GOLDEN({"tabular/diabetes/diabetes.csv", NULL, NULL, NULL, "all", "height",
               48.13394009891237, 1e-8,
               "scikit-learn 1.9.1, StandardScaler, AgglomerativeClustering().distances_[-1]"},
              {"tabular/diabetes/diabetes.csv", NULL, NULL, "{\"linkage\":\"average\"}", "all",
               "height", 7.640460215775969, 1e-8, "the same with linkage='average'"}),
};
