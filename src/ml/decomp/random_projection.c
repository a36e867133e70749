/* random_projection.c - rows mapped to fewer random directions, which keep distances nearly. */
#include "base/rng.h"
#include "ml/decomp/projection.h"
#include "num/math.h"
#include "num/svd.h"

typedef struct random_params {
    int64_t n_components;
    double eps, density;
} random_params;

static const hone_param gaussian_table[] = {
    HN_PARAM(random_params, n_components, .def = "auto", .range = "[1, inf)",
             .words = HN_WORDS({"auto", 0}), .search = "[8, 1024] log",
             .doc = "How many directions; auto: enough for eps by Johnson and Lindenstrauss."),
    HN_PARAM(random_params, eps, .def = "0.1", .range = "(0, 1)",
             .doc = "auto: by how much squared distances may change, as a share."),
};

static const hone_param sparse_table[] = {
    HN_PARAM(random_params, n_components, .def = "auto", .range = "[1, inf)",
             .words = HN_WORDS({"auto", 0}), .search = "[8, 1024] log",
             .doc = "How many directions; auto: enough for eps by Johnson and Lindenstrauss."),
    HN_PARAM(random_params, eps, .def = "0.1", .range = "(0, 1)",
             .doc = "auto: by how much squared distances may change, as a share."),
    HN_PARAM(random_params, density, .def = "auto", .range = "(0, 1]",
             .words = HN_WORDS({"auto", 0}),
             .doc = "Share of weights that are not 0; auto: 1 / sqrt(columns)."),
};

typedef struct random_state {
    int64_t n_features, n_components;
    double *components; /* [n_components, n_features] */
    hn_projection to;   /* not stored */
} random_state;

/* Dasgupta, Gupta (1999), as scikit-learn rounds it. */
static int64_t enough_components(int64_t n, double eps) {
    double share = eps * eps / 2 - eps * eps * eps / 3;
    return (int64_t)(4 * hn_log((double)n) / share);
}

static int64_t count_of(const random_params *p, const hn_table *x) {
    return p->n_components > 0 ? p->n_components : enough_components(x->n_rows, p->eps);
}

static hone_status check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const random_params *p = values;
    int64_t k = count_of(p, data->x);
    if (p->n_components > 0) return HONE_OK;
    if (k < 1)
        return hn_fail(ctx, HONE_ERROR_DATA,
                       "random projection: one row has no distances to keep; give it more rows, or "
                       "n_components");
    if (k <= data->x->n_columns) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "eps"),
                      "random projection: to keep distances of %lld rows within 'eps' = %g takes "
                      "%lld components, and there are only %d columns; raise eps, or set "
                      "n_components",
                      (long long)data->x->n_rows, p->eps, (long long)k, (int)data->x->n_columns);
}

/* Every row of components has a stream of its own. */
static void draw(const random_state *s, uint64_t seed, double density) {
    double scale = 1 / sqrt((double)s->n_components * (density > 0 ? density : 1));
    for (int64_t c = 0; c < s->n_components; c++) {
        hn_rng rng = hn_rng_make(seed, hn_stream("random_projection", (uint64_t)c));
        double *row = s->components + c * s->n_features;
        for (int64_t j = 0; j < s->n_features; j++) {
            if (density == 0) {
                row[j] = scale * hn_rng_normal(&rng);
                continue;
            }
            double u = hn_rng_uniform(&rng);
            row[j] = u >= density ? 0 : u < density / 2 ? scale : -scale;
        }
    }
}

static hone_status fit_as(hone_ctx *ctx, const random_params *p, bool sparse, const hone_data *data,
                          hn_arena *arena, random_state *s) {
    s->n_features = data->x->n_columns;
    s->n_components = count_of(p, data->x);
    double density = !sparse ? 0 : p->density > 0 ? p->density : 1 / sqrt((double)s->n_features);
    HN_TRY(HN_NEW(ctx, arena, s->components, s->n_components * s->n_features));
    draw(s, ctx->seed, density);
    return HONE_OK;
}

static hone_status fit_gaussian(hone_ctx *ctx, const void *values, const hone_data *data,
                                hn_arena *arena, void *state) {
    return fit_as(ctx, values, false, data, arena, state);
}

static hone_status fit_sparse(hone_ctx *ctx, const void *values, const hone_data *data,
                              hn_arena *arena, void *state) {
    return fit_as(ctx, values, true, data, arena, state);
}

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    const random_state *s = state;
    return hn_project(ctx, &s->to, "random", x, arena, ret_out);
}

/* By the pseudo-inverse, which costs more than the projection itself: so it is made when asked for. */
static hone_status inverse(hone_ctx *ctx, const void *state, const hn_table *z,
                           const hn_table *schema, hn_arena *arena, hn_table *ret_out) {
    const random_state *s = state;
    HN_SCRATCH(ctx);
    double *inverse, *back;
    HN_TRY(HN_SCRATCH_NEW(ctx, inverse, s->n_components * s->n_features));
    HN_TRY(hn_pseudo_inverse(ctx, s->n_components, s->n_features, s->components, 1e-15, inverse));
    HN_TRY(hn_turn(ctx, ctx->scratch, s->n_features, s->n_components, inverse, &back));
    return hn_project_back(ctx, s->n_features, s->n_components, NULL, back, z, schema, arena,
                           ret_out);
}

static hone_status visit(hn_visitor *v, void *state) {
    random_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_components", &s->n_components));
    HN_TRY(hn_visit_check(v,
                          s->n_features >= 1 && s->n_features < INT32_MAX && s->n_components >= 1 &&
                              s->n_components < INT32_MAX,
                          "random projection: number of components"));
    return hn_visit(v, "components", &s->components, s->n_components, s->n_features);
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    random_state *s = state;
    HN_TRY(hn_projection_check(ctx, "random projection", s->n_features, schema));
    return hn_projection_init(ctx, arena, schema, s->n_features, s->n_components, NULL,
                              s->components, &s->to);
}

#define RANDOM_HOOKS                                                                               \
    .family = "decomp", .tasks = HN_TASK_NONE,                                                     \
    .can = HN_NUMERIC_ONLY | HN_CAN_SPARSE | HN_CAN_INVERT, .state_size = sizeof(random_state),    \
    .example = "{\"n_components\": 3}", .check = check, .transform = transform,                    \
    .inverse = inverse, .visit = visit, .prepare = prepare

const hone_estimator hn_gaussian_random_projection = {
    .name = "gaussian_random_projection",
    .title = "Random projection, Gaussian",
    .class_names = "GaussianRandomProjection",
    .doc = "Maps rows to fewer random directions, which keeps the distances between them nearly: "
           "cheap, and it looks at the number of rows only.",
    .references = "Dasgupta, Gupta (1999), An elementary proof of the Johnson-Lindenstrauss lemma",
    .params = HN_PARAMS(random_params, gaussian_table),
    .fit = fit_gaussian,
    HN_GOLDEN({.dataset = "tabular/digits/digits.csv",
               .params = "{\"n_components\": 20}",
               .metric = "columns",
               .value = 20,
               .tolerance = 0,
               .source = "scikit-learn 1.9.1, GaussianRandomProjection(20)"}),
    RANDOM_HOOKS,
};

const hone_estimator hn_sparse_random_projection = {
    .name = "sparse_random_projection",
    .title = "Random projection, sparse",
    .class_names = "SparseRandomProjection",
    .doc = "Maps rows to fewer random directions with few weights that are not 0: keeps distances "
           "like a Gaussian projection.",
    .references = "Li, Hastie, Church (2006), Very sparse random projections",
    .params = HN_PARAMS(random_params, sparse_table),
    .fit = fit_sparse,
    HN_GOLDEN({.dataset = "tabular/digits/digits.csv",
               .params = "{\"n_components\": 20}",
               .metric = "columns",
               .value = 20,
               .tolerance = 0,
               .source = "scikit-learn 1.9.1, SparseRandomProjection(20)"}),
    RANDOM_HOOKS,
};
