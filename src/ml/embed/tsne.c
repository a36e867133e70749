/* tsne.c - t-distributed stochastic neighbour embedding, declaration and descent. */
#include "base/rng.h"
#include "ml/embed/embed.h"
#include "ml/embed/graph.h"
#include "ml/embed/scatter_grid.h"
#include "ml/embed/scatter_tree.h"
#include "num/blas.h"
#include "num/math.h"
#include "num/simd.h"
#include <float.h>
#include <string.h>

enum { INIT_PCA, INIT_RANDOM };
enum { METHOD_AUTO, METHOD_BARNES_HUT, METHOD_INTERPOLATION, METHOD_EXACT };
enum { LOOK = 50 };        /* steps between two looks at the loss */
enum { MANY_ROWS = 5000 }; /* from here on the grid is sooner done than the tree */
enum { PLACING_PERPLEXITY = 2 };

typedef struct tsne_params {
    int64_t n_components;
    double perplexity, early_exaggeration, exaggeration, learning_rate;
    int64_t early_exaggeration_iter, max_iter, n_iter_without_progress;
    double min_grad_norm;
    int metric, init, method;
    double angle;
} tsne_params;

static const hone_param params[] = {
    HN_PARAM(tsne_params, n_components, .def = "2", .range = "[1, 3]",
             .doc = "Dimensions of the layout."),
    HN_PARAM(tsne_params, perplexity, .def = "30", .range = "[1, inf)", .search = "[5, 100] log",
             .doc = "How many neighbours each row is to have, about."),
    HN_PARAM(tsne_params, early_exaggeration, .def = "12", .range = "[1, inf)",
             .level = HN_ADVANCED,
             .doc = "How much stronger rows attract each other in the first steps."),
    HN_PARAM(tsne_params, early_exaggeration_iter, .def = "250", .range = "[0, inf)",
             .level = HN_EXPERT, .doc = "How many first steps these are."),
    HN_PARAM(tsne_params, exaggeration, .def = "1", .range = "[1, inf)", .level = HN_ADVANCED,
             .doc =
                 "How much stronger rows attract each other after that: above 1 groups of a large "
                 "table draw together."),
    HN_PARAM(tsne_params, learning_rate, .def = "auto", .range = "(0, inf)",
             .words = HN_WORDS({"auto", 0}), .level = HN_ADVANCED,
             .doc = "Size of steps; auto: rows / early_exaggeration / 4, at least 50."),
    HN_PARAM(tsne_params, max_iter, .def = "1000", .range = "[1, inf)", .level = HN_ADVANCED,
             .doc = "Steps at most."),
    HN_PARAM(tsne_params, n_iter_without_progress, .def = "300", .range = "[1, inf)",
             .level = HN_EXPERT, .doc = "Stop after so many steps that made nothing better."),
    HN_PARAM(tsne_params, min_grad_norm, .def = "1e-7", .range = "[0, inf)", .level = HN_EXPERT,
             .doc = "Stop when the gradient is shorter."),
    HN_PARAM(tsne_params, metric, .def = "euclidean", .choices = HN_CHOICES(HN_DISTANCE_NAMES),
             .doc = "How distances between rows are measured."),
    HN_PARAM(tsne_params, init, .def = "pca", .choices = HN_CHOICES("pca", "random"),
             .level = HN_ADVANCED,
             .doc =
                 "Where rows begin: at their principal components, which keeps the large picture, "
                 "or at random."),
    HN_PARAM(
        tsne_params, method, .def = "auto",
        .choices = HN_CHOICES("auto", "barnes_hut", "interpolation", "exact"),
        .aliases = HN_CHOICES("negative_gradient_method"), .level = HN_ADVANCED,
        .doc =
            "How rows repel each other. barnes_hut: far groups as one; interpolation: through a "
            "grid (FIt-SNE), for many rows in one or two dimensions; exact: all pairs, for small "
            "tables. auto: interpolation from 5000 rows on where it can be, else barnes_hut."),
    HN_PARAM(tsne_params, angle, .def = "0.5", .range = "[0, 1]", .level = HN_EXPERT,
             .doc = "barnes_hut: how large a group may look to count as one."),
};

typedef struct tsne_state {
    hn_embedding e;
    double divergence;
    int64_t iterations;
} tsne_state;

static hone_status check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const tsne_params *p = values;
    if (p->method == METHOD_INTERPOLATION && p->n_components > 2)
        return hn_fail_at(
            ctx, HONE_ERROR_USAGE, HN_AT(.param = "method"),
            "tsne: 'method' = interpolation lays out in one or two dimensions, not %lld; "
            "set it to barnes_hut",
            (long long)p->n_components);
    if (p->perplexity < (double)data->x->n_rows) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "perplexity"),
                      "tsne: 'perplexity' (%g) must be less than the number of rows (%lld); set it "
                      "lower",
                      p->perplexity, (long long)data->x->n_rows);
}

/* ---- descent ---------------------------------------------------------------------------------- */

typedef struct descent {
    const tsne_params *p;
    hn_csr attraction;     /* [n, n] symmetric, sums to 1 */
    hn_scatter_tree *tree; /* one of these two */
    hn_scatter_grid *grid;
    double angle;
    int64_t n, k;
    double *y, *force, *gradient, *update, *gains; /* [n, k] each */
    double total, exaggeration;
    double *norms, *losses; /* by chunk; losses NULL: not wanted */
} descent;

enum { CHUNK = 256 };

/* Gradients of points, from repulsion that is there and attraction found here; *ret_norm is the sum of their
 * squares. */
HN_INLINE double pull_points(const descent *d, int64_t begin, int64_t end, int64_t k, bool look,
                             double *ret_loss) {
    double norm = 0, loss = 0;
    for (int64_t i = begin; i < end; i++) {
        const double *yi = d->y + i * k;
        double sum[HN_SCATTER_DIMENSIONS] = {0};
        for (int64_t e = d->attraction.start[i]; e < d->attraction.start[i + 1]; e++) {
            const double *yj = d->y + d->attraction.column[e] * k;
            double p = d->attraction.value[e], distance = 0;
            for (int64_t c = 0; c < k; c++) distance += (yi[c] - yj[c]) * (yi[c] - yj[c]);
            double q = 1 / (1 + distance);
            for (int64_t c = 0; c < k; c++) sum[c] += p * q * (yi[c] - yj[c]);
            if (look && p > 0) {
                double share = q / d->total;
                loss += p * hn_log(p / (share > DBL_EPSILON ? share : DBL_EPSILON));
            }
        }
        for (int64_t c = 0; c < k; c++) {
            double g = 4 * (d->exaggeration * sum[c] - d->force[i * k + c] / d->total);
            d->gradient[i * k + c] = g;
            norm += g * g;
        }
    }
    *ret_loss = loss;
    return norm;
}

static hone_status pull(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const descent *d = arg;
    bool look = d->losses != NULL;
    double loss;
    d->norms[chunk.index] = d->k == 2 && !look
                                ? pull_points(d, chunk.begin, chunk.end, 2, false, &loss)
                                : pull_points(d, chunk.begin, chunk.end, d->k, look, &loss);
    if (look) d->losses[chunk.index] = loss;
    return HONE_OK;
}

static hone_status flown_apart(hone_ctx *ctx) {
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "learning_rate"),
                      "tsne: the layout has flown apart; set 'learning_rate' lower, or to auto");
}

static hone_status find_gradient(hone_ctx *ctx, descent *d, double *losses, double *ret_norm,
                                 double *ret_loss) {
    HN_TRY(hn_check_cancel(ctx));
    for (int64_t i = 0; i < d->n * d->k; i++)
        if (!(fabs(d->y[i]) < 1e100)) return flown_apart(ctx);
    HN_TRY(d->grid != NULL
               ? hn_scatter_grid_repulsion(ctx, d->grid, d->y, d->force, &d->total)
               : hn_scatter_repulsion(ctx, d->tree, d->y, d->angle, d->force, &d->total));
    if (!(d->total > DBL_MIN)) d->total = DBL_MIN;
    d->losses = losses;
    HN_TRY(hn_parallel(ctx, d->n, CHUNK, pull, d));
    *ret_norm = sqrt(hn_sum(d->norms, hn_chunks(d->n, CHUNK)));
    if (losses != NULL) *ret_loss = hn_sum(losses, hn_chunks(d->n, CHUNK));
    return isfinite(*ret_norm) ? HONE_OK : flown_apart(ctx);
}

/* Momentum, and a gain for each coordinate that grows while it keeps its direction (Jacobs 1988). */
static void move(descent *d, double momentum, double rate) {
    for (int64_t i = 0; i < d->n * d->k; i++) {
        bool same = d->update[i] * d->gradient[i] < 0;
        double gain = same ? d->gains[i] + 0.2 : d->gains[i] * 0.8;
        d->gains[i] = gain < 0.01 ? 0.01 : gain;
        d->update[i] = momentum * d->update[i] - rate * d->gains[i] * d->gradient[i];
        d->y[i] += d->update[i];
    }
}

/* Steps begin..end-1; *ret_done is where they ended. */
static hone_status descend(hone_ctx *ctx, descent *d, int64_t begin, int64_t end, double momentum,
                           int64_t patience, double *losses, int64_t *ret_done) {
    double rate = d->p->learning_rate, best = INFINITY, norm, loss = 0;
    int64_t best_at = begin, i = begin;
    if (rate == 0) {
        rate = (double)d->n / d->p->early_exaggeration / 4;
        rate = rate > 50 ? rate : 50;
    }
    memset(d->update, 0, (size_t)(d->n * d->k) * sizeof *d->update);
    for (int64_t g = 0; g < d->n * d->k; g++) d->gains[g] = 1;
    while (i < end) {
        bool look = (i + 1) % LOOK == 0;
        HN_TRY(find_gradient(ctx, d, look ? losses : NULL, &norm, &loss));
        move(d, momentum, rate);
        i++;
        hn_progress(ctx, "layout", i, d->p->max_iter, "steps");
        if (!look) continue;
        if (loss < best) {
            best = loss;
            best_at = i;
        } else if (i - best_at > patience) {
            break;
        }
        if (norm <= d->p->min_grad_norm) break;
    }
    *ret_done = i;
    return HONE_OK;
}

static bool by_grid(const tsne_params *p, int64_t n) {
    return p->method == METHOD_INTERPOLATION ||
           (p->method == METHOD_AUTO && n >= MANY_ROWS && p->n_components <= 2);
}

static hone_status lay_out(hone_ctx *ctx, descent *d, tsne_state *s) {
    HN_SCRATCH(ctx);
    int64_t n = d->n, k = d->k, chunks = hn_chunks(n, CHUNK), done;
    int64_t first = d->p->early_exaggeration_iter;
    double *losses, norm;
    if (first > d->p->max_iter) first = d->p->max_iter;
    HN_TRY(by_grid(d->p, n) ? hn_scatter_grid_new(ctx, ctx->scratch, n, k, &d->grid)
                            : hn_scatter_tree_new(ctx, ctx->scratch, n, k, &d->tree));
    d->angle = d->p->method == METHOD_EXACT ? 0 : d->p->angle;
    HN_TRY(HN_SCRATCH_NEW(ctx, d->force, n * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, d->gradient, n * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, d->update, n * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, d->gains, n * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, d->norms, chunks));
    HN_TRY(HN_SCRATCH_NEW(ctx, losses, chunks));
    d->exaggeration = d->p->early_exaggeration;
    HN_TRY(descend(ctx, d, 0, first, 0.5, first, losses, &done));
    d->exaggeration = d->p->exaggeration;
    HN_TRY(descend(ctx, d, done, d->p->max_iter, 0.8, d->p->n_iter_without_progress, losses,
                   &s->iterations));
    return find_gradient(ctx, d, losses, &norm, &s->divergence);
}

static hone_status begin(hone_ctx *ctx, const tsne_params *p, const double *x, hn_embedding *e) {
    const double scale = 1e-4;
    int64_t n = e->index.n, k = e->n_components;
    if (p->init == INIT_PCA) return hn_embedding_pca(ctx, x, n, e->n_features, k, scale, e->places);
    for (int64_t i = 0; i < n; i++) {
        hn_rng rng = hn_rng_make(ctx->seed, hn_stream("tsne.start", (uint64_t)i));
        for (int64_t c = 0; c < k; c++) e->places[i * k + c] = scale * hn_rng_normal(&rng);
    }
    return HONE_OK;
}

static hone_status fit(hone_ctx *ctx, const void *values, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    const tsne_params *p = values;
    tsne_state *s = ret_state;
    HN_SCRATCH(ctx);
    double *x;
    descent d = {.p = p, .n = data->x->n_rows, .k = p->n_components};
    HN_TRY(hn_embedding_rows(ctx, arena, "tsne", data->x, p->metric, 2, d.k, &s->e, &x));
    int64_t near = p->method == METHOD_EXACT ? d.n - 1 : (int64_t)(3 * p->perplexity + 1);
    if (near > d.n - 1) near = d.n - 1;
    HN_TRY(hn_graph_perplexity(ctx, ctx->scratch, &s->e.index, near, p->perplexity, &d.attraction));
    HN_TRY(begin(ctx, p, x, &s->e));
    d.y = s->e.places;
    return lay_out(ctx, &d, s);
}

/* ---- hooks ------------------------------------------------------------------------------------ */

static void place(const void *state, const int32_t *row, const double *distance, int64_t count,
                  double *work, double *ret_place) {
    const hn_embedding *e = &((const tsne_state *)state)->e;
    hn_perplexity(distance, count, PLACING_PERPLEXITY, work);
    for (int64_t i = 0; i < count; i++)
        for (int64_t c = 0; c < e->n_components; c++)
            ret_place[c] += work[i] * e->places[row[i] * e->n_components + c];
}

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    const tsne_state *s = state;
    return hn_embedding_transform(ctx, &s->e, "tsne", x, 3 * PLACING_PERPLEXITY, place, s, arena,
                                  ret_out);
}

static hone_status visit(hn_visitor *v, void *state) {
    tsne_state *s = state;
    HN_TRY(hn_embedding_visit(v, &s->e));
    HN_TRY(hn_visit(v, "kl_divergence", &s->divergence));
    return hn_visit(v, "n_iter", &s->iterations);
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    tsne_state *s = state;
    return hn_embedding_prepare(ctx, arena, "tsne", &s->e, schema);
}

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx, (void)schema;
    const tsne_state *s = state;
    yyjson_mut_obj_add_real(doc, object, "kl_divergence", s->divergence);
    yyjson_mut_obj_add_int(doc, object, "iterations", s->iterations);
    return HONE_OK;
}

const hone_estimator hn_tsne = {
    .name = "tsne",
    .title = "t-SNE",
    .class_names = "TSNE",
    .family = "embed",
    .doc = "Lays rows out in two dimensions so that rows that are near stay near, for looking at. "
           "Distances between groups mean little. New rows are placed among their neighbours.",
    .references =
        "van der Maaten, Hinton (2008), Visualizing data using t-SNE\n"
        "van der Maaten (2014), Accelerating t-SNE using tree-based algorithms\n"
        "Linderman et al. (2019), Fast interpolation-based t-SNE for improved visualization of "
        "single-cell RNA-seq data\n"
        "Kobak, Berens (2019), The art of using t-SNE for single-cell transcriptomics",
    .tasks = HN_TASK_NONE,
    .can = HN_NUMERIC_ONLY | HN_WANTS_SCALING,
    .example = "{\"max_iter\": 60}",
    .params = HN_PARAMS(tsne_params, params),
    .state_size = sizeof(tsne_state),
    .check = check,
    .fit = fit,
    .transform = transform,
    .visit = visit,
    .prepare = prepare,
    .report = report,
    HN_GOLDEN({.dataset = "tabular/iris/iris.csv",
               .columns = "sepal_length,sepal_width,petal_length,petal_width",
               .metric = "kl_divergence",
               .value = 0.1215,
               .tolerance = 0.006,
               .source = "scikit-learn 1.9.1, TSNE().kl_divergence_"}),
};
