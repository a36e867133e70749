/* truncated_svd.c - the leading singular vectors of a table as it stands, dense or sparse. */
#include "ml/decomp/projection.h"
#include "num/blas.h"
#include "num/svd.h"
#include "spec/scatter.h"
#include <math.h>
#include <string.h>

enum { RANDOMIZED, EXACT };

typedef struct svd_params {
    int64_t n_components;
    int algorithm;
    int64_t n_iter, n_oversamples;
} svd_params;

static const hone_param params[] = {
    HN_PARAM(svd_params, n_components, .def = "2", .range = "[1, inf)", .search = "[2, 200] log",
             .doc = "How many components to keep."),
    HN_PARAM(svd_params, algorithm, .def = "randomized",
             .choices = HN_CHOICES("randomized", "arpack"), .level = HN_ADVANCED,
             .doc = "randomized: subspace iteration from a random start; arpack: exact, here by "
                    "eigenvectors of the smaller Gram matrix."),
    HN_PARAM(svd_params, n_iter, .def = "5", .range = "[0, inf)", .level = HN_EXPERT,
             .doc = "randomized: rounds of subspace iteration."),
    HN_PARAM(svd_params, n_oversamples, .def = "10", .range = "[0, inf)", .level = HN_EXPERT,
             .doc = "randomized: more directions followed than components wanted."),
};

typedef struct svd_state {
    int64_t n_features, n_components;
    double *components;         /* [n_components, n_features] */
    double *singular_values;    /* [n_components] */
    double *explained_variance; /* [n_components] of the training rows' components */
    double *explained_ratio;
    hn_projection to; /* not stored */
} svd_state;

static hone_status check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const svd_params *p = values;
    int64_t n = data->x->n_rows, columns = data->x->n_columns, k;
    return hn_component_count(ctx, "truncated_svd", p->n_components, n < columns ? n : columns,
                              "the smaller of the numbers of rows and columns", &k);
}

/* Sum over columns of their variances, those of a sparse matrix from what is stored. */
static hone_status total_variance(hone_ctx *ctx, const hn_table *x, const double *matrix,
                                  double *ret_total) {
    HN_SCRATCH(ctx);
    int64_t n = x->n_rows, p = x->n_columns;
    double *mean, *squares, total = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, mean, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, squares, p));
    HN_TRY(hn_column_means(ctx, x, mean));
    if (x->csr != NULL) hn_sparse_squares(x->csr, mean, squares);
    for (int64_t i = 0; i < n && x->csr == NULL; i++)
        for (int64_t j = 0; j < p; j++) {
            double d = matrix[i * p + j] - mean[j];
            squares[j] += d * d;
        }
    for (int64_t j = 0; j < p; j++) total += squares[j] / (double)n;
    *ret_total = total;
    return HONE_OK;
}

/* ---- one pass ------------------------------------------------------------------------------- */

/* Whether the columns are so few that their products cost less than the rounds of iteration. */
static bool worth_products(const svd_params *p, const hn_table *x) {
    int64_t columns = x->n_columns, followed = p->n_components + p->n_oversamples;
    if (x->csr != NULL) return false;
    if (p->algorithm == EXACT) return x->n_rows >= columns;
    return x->n_rows >= 4 * columns && columns / 24 <= followed && columns <= 1000;
}

/* From the eigenvectors of x'x: singular values above 1e-4 of the largest have eight digits and more; *ret_good: that
 * they all are above. */
static hone_status by_products(hone_ctx *ctx, const hn_table *x, svd_state *s, bool *ret_good) {
    static const double SAFE = 1e-4;
    HN_SCRATCH(ctx);
    int64_t p = s->n_features, k = s->n_components;
    double n = (double)x->n_rows, *mean, *scatter, *products, *values, *vectors, total = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, mean, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, scatter, p * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, products, p * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, values, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, vectors, p * p));
    HN_TRY(hn_scatter(ctx, x, NULL, NULL, mean, scatter));
    for (int64_t i = 0; i < p; i++)
        for (int64_t j = 0; j < p; j++)
            products[i * p + j] = scatter[i * p + j] + n * (mean[i] * mean[j]);
    for (int64_t j = 0; j < p; j++) total += scatter[j * p + j] / n;
    HN_TRY(hn_eigen_symmetric(ctx, p, products, values, vectors));
    for (int64_t c = 0; c < k; c++) {
        const double value = values[p - 1 - c], *v = vectors + (p - 1 - c) * p;
        double variance = 0;
        for (int64_t i = 0; i < p; i++) variance += v[i] * hn_dot(scatter + i * p, v, p);
        s->singular_values[c] = value > 0 ? sqrt(value) : 0;
        s->explained_variance[c] = variance > 0 ? variance / n : 0;
        s->explained_ratio[c] = total > 0 ? s->explained_variance[c] / total : 0;
        memcpy(s->components + c * p, v, (size_t)p * sizeof *v);
    }
    hn_svd_signs(x->n_rows, p, k, NULL, 0, s->components);
    *ret_good = s->singular_values[k - 1] > SAFE * s->singular_values[0];
    return HONE_OK;
}

/* ---- fit ------------------------------------------------------------------------------------ */

/* Variances of the columns of u diag(s). */
static void explain(svd_state *s, const double *u, int64_t n, double total) {
    int64_t k = s->n_components;
    for (int64_t c = 0; c < k; c++) {
        double mean = 0, squares = 0;
        for (int64_t i = 0; i < n; i++) mean += u[i * k + c];
        mean /= (double)n;
        for (int64_t i = 0; i < n; i++) {
            double d = u[i * k + c] - mean;
            squares += d * d;
        }
        s->explained_variance[c] =
            squares / (double)n * s->singular_values[c] * s->singular_values[c];
        s->explained_ratio[c] = total > 0 ? s->explained_variance[c] / total : 0;
    }
}

static hone_status fit(hone_ctx *ctx, const void *values, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    const svd_params *p = values;
    svd_state *s = ret_state;
    HN_SCRATCH(ctx);
    int64_t n = data->x->n_rows, columns = data->x->n_columns, k = p->n_components;
    hn_linear_map map;
    double *matrix = NULL, *u, total;
    bool good = false;
    s->n_features = columns;
    s->n_components = k;
    HN_TRY(HN_NEW(ctx, arena, s->components, k * columns));
    HN_TRY(HN_NEW(ctx, arena, s->singular_values, k));
    HN_TRY(HN_NEW(ctx, arena, s->explained_variance, k));
    HN_TRY(HN_NEW(ctx, arena, s->explained_ratio, k));
    if (worth_products(p, data->x)) HN_TRY(by_products(ctx, data->x, s, &good));
    if (good || (p->algorithm == EXACT && worth_products(p, data->x))) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(ctx, u, n * k));
    if (data->x->csr != NULL) {
        HN_TRY(hn_map_of_csr(ctx, data->x->csr, &map));
    } else {
        HN_TRY(hn_table_matrix(ctx, ctx->scratch, data->x, &matrix));
        map = hn_map_of_matrix(matrix, n, columns);
    }
    if (p->algorithm == EXACT)
        HN_TRY(hn_svd_gram(ctx, &map, k, u, s->singular_values, s->components));
    else
        HN_TRY(hn_svd_random(ctx, &map, k, p->n_oversamples, p->n_iter, u, s->singular_values,
                             s->components));
    HN_TRY(total_variance(ctx, data->x, matrix, &total));
    explain(s, u, n, total);
    return HONE_OK;
}

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    const svd_state *s = state;
    return hn_project(ctx, &s->to, "svd", x, arena, ret_out);
}

static hone_status inverse(hone_ctx *ctx, const void *state, const hn_table *z,
                           const hn_table *schema, hn_arena *arena, hn_table *ret_out) {
    const svd_state *s = state;
    return hn_project_back(ctx, s->n_features, s->n_components, NULL, s->components, z, schema,
                           arena, ret_out);
}

static hone_status visit(hn_visitor *v, void *state) {
    svd_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_components", &s->n_components));
    HN_TRY(hn_visit_check(v,
                          s->n_features >= 1 && s->n_features < INT32_MAX && s->n_components >= 1 &&
                              s->n_components <= s->n_features,
                          "truncated_svd: number of components"));
    HN_TRY(hn_visit(v, "components", &s->components, s->n_components, s->n_features));
    HN_TRY(hn_visit(v, "singular_values", &s->singular_values, s->n_components));
    HN_TRY(hn_visit(v, "explained_variance", &s->explained_variance, s->n_components));
    return hn_visit(v, "explained_variance_ratio", &s->explained_ratio, s->n_components);
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    svd_state *s = state;
    HN_TRY(hn_projection_check(ctx, "truncated_svd", s->n_features, schema));
    return hn_projection_init(ctx, arena, schema, s->n_features, s->n_components, NULL,
                              s->components, &s->to);
}

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    const svd_state *s = state;
    const hn_component_figure figures[] = {{"explained_variance", s->explained_variance},
                                           {"explained_variance_ratio", s->explained_ratio},
                                           {"singular_value", s->singular_values},
                                           {NULL, NULL}};
    hn_report_components(doc, object, schema, figures, s->n_components, s->n_features,
                         s->components);
    return HONE_OK;
}

const hone_estimator hn_truncated_svd = {
    .name = "truncated_svd",
    .title = "Truncated singular value decomposition",
    .class_names = "TruncatedSVD",
    .family = "decomp",
    .doc = "Turns columns into fewer ones along the leading singular vectors, without centring: so "
           "sparse tables, such as word counts (latent semantic analysis), stay sparse.",
    .references = "Halko, Martinsson, Tropp (2011), Finding structure with randomness\n"
                  "Deerwester et al. (1990), Indexing by latent semantic analysis",
    .tasks = HN_TASK_NONE,
    .can = HN_NUMERIC_ONLY | HN_CAN_SPARSE | HN_CAN_INVERT,
    .params = HN_PARAMS(svd_params, params),
    .state_size = sizeof(svd_state),
    .check = check,
    .fit = fit,
    .transform = transform,
    .inverse = inverse,
    .visit = visit,
    .prepare = prepare,
    .report = report,
    HN_GOLDEN(
        {.dataset = "tabular/iris/iris.csv",
         .columns = "sepal_length,sepal_width,petal_length,petal_width",
         .params = "{\"algorithm\": \"arpack\"}",
         .metric = "squares",
         .value = 9523.75938689161,
         .tolerance = 1e-8,
         .source = "scikit-learn 1.9.1, TruncatedSVD(2, algorithm='arpack'), sum of squares"}),
};
