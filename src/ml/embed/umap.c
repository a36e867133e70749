/* umap.c - uniform manifold approximation and projection: declaration, start, and new rows. */
#include "base/rng.h"
#include "ml/embed/embed.h"
#include "ml/embed/graph.h"
#include "ml/embed/umap_layout.h"
#include "num/math.h"
#include <string.h>

enum { INIT_SPECTRAL, INIT_PCA, INIT_RANDOM };

typedef struct umap_params {
    int64_t n_neighbors, n_components;
    double min_dist, spread;
    int metric, init;
    int64_t n_epochs;
    double learning_rate;
    int64_t negative_sample_rate;
    double repulsion_strength, local_connectivity, set_op_mix_ratio;
} umap_params;

static const hone_param params[] = {
    HN_PARAM(umap_params, n_neighbors, .def = "15", .range = "[2, inf)", .search = "[5, 100] log",
             .doc = "How many nearest rows, itself among them, each row is tied to: few show "
                    "detail, many the large picture."),
    HN_PARAM(umap_params, n_components, .def = "2", .range = "[1, 128]",
             .doc = "Dimensions of the layout."),
    HN_PARAM(umap_params, min_dist, .def = "0.1", .range = "[0, inf)", .search = "[0, 0.99]",
             .doc = "How near to each other rows may lie in the layout."),
    HN_PARAM(umap_params, spread, .def = "1", .range = "(0, inf)", .level = HN_ADVANCED,
             .doc = "The scale of the layout; min_dist is in its units."),
    HN_PARAM(umap_params, metric, .def = "euclidean", .choices = HN_CHOICES(HN_DISTANCE_NAMES),
             .doc = "How distances between rows are measured."),
    HN_PARAM(umap_params, init, .def = "spectral",
             .choices = HN_CHOICES("spectral", "pca", "random"), .level = HN_ADVANCED,
             .doc =
                 "Where rows begin: at the graph's eigenvectors (pca where it falls in parts), at "
                 "their principal components, or at random."),
    HN_PARAM(umap_params, n_epochs, .def = "auto", .range = "[1, inf)",
             .words = HN_WORDS({"auto", 0}), .level = HN_ADVANCED,
             .doc = "Rounds over the graph; auto: 500 up to 10000 rows, 200 beyond."),
    HN_PARAM(umap_params, learning_rate, .def = "1", .range = "(0, inf)", .level = HN_ADVANCED,
             .doc = "Size of the first steps."),
    HN_PARAM(umap_params, negative_sample_rate, .def = "5", .range = "[0, 1000]",
             .level = HN_EXPERT, .doc = "Random rows that repel, for each that attracts."),
    HN_PARAM(umap_params, repulsion_strength, .def = "1", .range = "[0, inf)", .level = HN_EXPERT,
             .doc = "How strongly."),
    HN_PARAM(umap_params, local_connectivity, .def = "1", .range = "[0, inf)", .level = HN_EXPERT,
             .doc = "How many neighbours are tied as closely as can be."),
    HN_PARAM(umap_params, set_op_mix_ratio, .def = "1", .range = "[0, 1]", .level = HN_EXPERT,
             .doc =
                 "1: rows are tied where either counts the other a neighbour; 0: where both do."),
};

typedef struct umap_state {
    hn_embedding e;
    int64_t near; /* other rows that a row is tied to */
    double a, b;  /* of the curve 1 / (1 + a d^2b) */
    double connectivity, mean_distance, repulsion, rate;
    int64_t negatives, epochs;
    int64_t seed;
    hn_umap_curve *curve; /* not stored */
} umap_state;

static hone_status check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const umap_params *p = values;
    (void)data;
    if (p->min_dist <= p->spread) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "min_dist"),
                      "umap: 'min_dist' (%g) must be at most 'spread' (%g)", p->min_dist,
                      p->spread);
}

/* ---- fit -------------------------------------------------------------------------------------- */

/* Places fill [0, 10], as the curve's scale is 1. */
static void stretch(double *places, int64_t n, int64_t k, uint64_t seed, bool shake) {
    double most = 0, side = 0, low = 0;
    for (int64_t i = 0; i < n * k; i++)
        if (fabs(places[i]) > most) most = fabs(places[i]);
    for (int64_t i = 0; i < n && shake; i++) {
        hn_rng rng = hn_rng_make(seed, hn_stream("umap.shake", (uint64_t)i));
        for (int64_t c = 0; c < k; c++)
            places[i * k + c] =
                (most > 0 ? 10 * places[i * k + c] / most : 0) + 1e-4 * hn_rng_normal(&rng);
    }
    for (int64_t c = 0; c < k; c++) {
        low = places[c];
        side = places[c];
        for (int64_t i = 0; i < n; i++) {
            double v = places[i * k + c];
            low = v < low ? v : low;
            side = v > side ? v : side;
        }
        side -= low;
        for (int64_t i = 0; i < n && side > 0; i++)
            places[i * k + c] = 10 * (places[i * k + c] - low) / side;
    }
}

static hone_status begin(hone_ctx *ctx, const umap_params *p, const hn_csr *graph, const double *x,
                         hn_embedding *e) {
    int64_t n = e->index.n, k = e->n_components, parts = 0;
    if (p->init == INIT_RANDOM) {
        for (int64_t i = 0; i < n; i++) {
            hn_rng rng = hn_rng_make(ctx->seed, hn_stream("umap.start", (uint64_t)i));
            for (int64_t c = 0; c < k; c++) e->places[i * k + c] = 10 * hn_rng_uniform(&rng);
        }
        return HONE_OK;
    }
    if (p->init == INIT_SPECTRAL) HN_TRY(hn_graph_spectral(ctx, graph, k, e->places, &parts));
    if (parts != 1) HN_TRY(hn_embedding_pca(ctx, x, n, e->n_features, k, 0, e->places));
    stretch(e->places, n, k, ctx->seed, true);
    return HONE_OK;
}

static hone_status fit(hone_ctx *ctx, const void *values, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    const umap_params *p = values;
    umap_state *s = ret_state;
    HN_SCRATCH(ctx);
    double *x;
    int64_t n = data->x->n_rows;
    hn_csr graph;
    HN_TRY(
        hn_embedding_rows(ctx, arena, "umap", data->x, p->metric, 3, p->n_components, &s->e, &x));
    s->near = p->n_neighbors - 1 < n - 1 ? p->n_neighbors - 1 : n - 1;
    s->connectivity = p->local_connectivity;
    s->repulsion = p->repulsion_strength;
    s->negatives = p->negative_sample_rate;
    s->rate = p->learning_rate;
    s->seed = (int64_t)(ctx->seed & INT64_MAX);
    s->epochs = p->n_epochs > 0 ? p->n_epochs : n <= 10000 ? 500 : 200;
    hn_fuzzy fuzzy = {.connectivity = p->local_connectivity, .mix = p->set_op_mix_ratio};
    HN_TRY(
        hn_graph_fuzzy(ctx, ctx->scratch, &s->e.index, s->near, &fuzzy, &graph, &s->mean_distance));
    hn_umap_fit_curve(p->spread, p->min_dist, &s->a, &s->b);
    HN_TRY(hn_umap_curve_make(ctx, ctx->scratch, s->a, s->b, &s->curve));
    HN_TRY(begin(ctx, p, &graph, x, &s->e));
    hn_umap_layout layout = {.curve = s->curve,
                             .k = s->e.n_components,
                             .rate = s->rate,
                             .repulsion = s->repulsion,
                             .negatives = s->negatives,
                             .epochs = s->epochs};
    return hn_umap_optimise(ctx, &layout, &graph, s->e.places);
}

/* ---- new rows --------------------------------------------------------------------------------- */

static void place(const void *state, const int32_t *row, const double *distance, int64_t count,
                  double *work, double *ret_place) {
    const umap_state *s = state;
    int64_t k = s->e.n_components;
    double sum = 0;
    hn_fuzzy_weights(distance, count, s->connectivity, s->mean_distance, work);
    for (int64_t i = 0; i < count; i++) sum += work[i];
    for (int64_t i = 0; i < count; i++)
        for (int64_t c = 0; c < k; c++) ret_place[c] += work[i] / sum * s->e.places[row[i] * k + c];
    hn_umap_layout layout = {.curve = s->curve,
                             .k = k,
                             .rate = s->rate / 4,
                             .repulsion = s->repulsion,
                             .negatives = s->negatives,
                             .epochs = s->e.index.n <= 10000 ? 100 : 30};
    hn_umap_settle(&layout, (uint64_t)s->seed, s->e.places, s->e.index.n, row, work, count,
                   ret_place);
}

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    const umap_state *s = state;
    return hn_embedding_transform(ctx, &s->e, "umap", x, s->near + 1, place, s, arena, ret_out);
}

static hone_status visit(hn_visitor *v, void *state) {
    umap_state *s = state;
    HN_TRY(hn_embedding_visit(v, &s->e));
    HN_TRY(hn_visit(v, "n_neighbors", &s->near));
    HN_TRY(hn_visit(v, "a", &s->a));
    HN_TRY(hn_visit(v, "b", &s->b));
    HN_TRY(hn_visit(v, "local_connectivity", &s->connectivity));
    HN_TRY(hn_visit(v, "mean_distance", &s->mean_distance));
    HN_TRY(hn_visit(v, "repulsion_strength", &s->repulsion));
    HN_TRY(hn_visit(v, "learning_rate", &s->rate));
    HN_TRY(hn_visit(v, "negative_sample_rate", &s->negatives));
    HN_TRY(hn_visit(v, "n_epochs", &s->epochs));
    HN_TRY(hn_visit(v, "seed", &s->seed));
    return hn_visit_check(v,
                          s->near >= 1 && s->near < s->e.index.n && s->negatives >= 0 &&
                              s->negatives <= 1000 && s->a > 0 && s->a < 1e9 && s->b > 0 &&
                              s->b < 1e3 && s->e.n_components <= HN_UMAP_DIMENSIONS,
                          "umap: what its curve and graph were made with");
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    umap_state *s = state;
    HN_TRY(hn_embedding_prepare(ctx, arena, "umap", &s->e, schema));
    return hn_umap_curve_make(ctx, arena, s->a, s->b, &s->curve);
}

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx, (void)schema;
    const umap_state *s = state;
    yyjson_mut_obj_add_int(doc, object, "epochs", s->epochs);
    yyjson_mut_obj_add_real(doc, object, "a", s->a);
    yyjson_mut_obj_add_real(doc, object, "b", s->b);
    return HONE_OK;
}

const hone_estimator hn_umap = {
    .name = "umap",
    .title = "UMAP",
    .class_names = "UMAP",
    .family = "embed",
    .doc =
        "Lays rows out in few dimensions so that neighbours stay neighbours: sooner than tsne and "
        "with more of the large picture, for looking at or as input to a clustering. New rows "
        "are placed among their neighbours.",
    .references =
        "McInnes, Healy, Melville (2018), UMAP: Uniform manifold approximation and projection",
    .tasks = HN_TASK_NONE,
    .can = HN_NUMERIC_ONLY | HN_WANTS_SCALING,
    .example = "{\"n_epochs\": 20}",
    .params = HN_PARAMS(umap_params, params),
    .state_size = sizeof(umap_state),
    .check = check,
    .fit = fit,
    .transform = transform,
    .visit = visit,
    .prepare = prepare,
    .report = report,
    HN_GOLDEN({.dataset = "tabular/iris/iris.csv",
               .columns = "sepal_length,sepal_width,petal_length,petal_width",
               .metric = "a",
               .value = 1.57694,
               .tolerance = 1e-3,
               .source = "umap-learn, find_ab_params(1, 0.1)"}),
};
