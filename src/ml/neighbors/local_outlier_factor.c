/* local_outlier_factor.c - anomalies by density: rows that lie thinner than their neighbours do. */
#include "ml/neighbors/near.h"
#include "num/sort.h"
#include <string.h>

typedef struct lof_params {
    int64_t n_neighbors;
    HN_NEAR_FIELDS;
    double contamination;
} lof_params;

static const hone_param params[] = {
    HN_PARAM(lof_params, n_neighbors, .def = "20", .range = "[1, inf)", .search = "[5, 50]",
             .aliases = HN_CHOICES("k"),
             .doc = "With how many of the nearest rows a row's density is compared."),
    HN_NEAR_PARAMS(lof_params),
    HN_PARAM(lof_params, contamination, .def = "auto", .range = "(0, 0.5]",
             .words = HN_WORDS({"auto", 0}),
             .doc = "Share of training rows taken as anomalies; auto: those of a factor above "
                    "1.5."),
};

typedef struct lof_state {
    int64_t n_features, k;
    double offset;
    double *negative_outlier_factor; /* [n] of the rows fitted on */
    double *labels;                  /* [n] what predict would say of them: factor less offset */
    double *density;                 /* [n] local reachability density */
    double *reach;                   /* [n] distance to the k-th neighbour */
    hn_neighbors index;
} lof_state;

static const double NEVER_ZERO = 1e-10;

static hone_status lof_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    (void)values;
    if (data->x->n_rows >= 2) return HONE_OK;
    return hn_fail(ctx, HONE_ERROR_DATA,
                   "local_outlier_factor: one row has no neighbours; give it at least two");
}

static double density_of(const lof_state *s, int64_t k, const int32_t *row,
                         const double *distance) {
    double sum = 0;
    for (int64_t i = 0; i < k; i++)
        sum += distance[i] > s->reach[row[i]] ? distance[i] : s->reach[row[i]];
    return 1 / (sum / (double)k + NEVER_ZERO);
}

static double factor_of(const lof_state *s, double density, int64_t k, const int32_t *row) {
    double sum = 0;
    for (int64_t i = 0; i < k; i++) sum += s->density[row[i]] / density;
    return -(sum / (double)k);
}

static hone_status lof_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                           hn_arena *arena, void *ret_state) {
    const lof_params *p = values;
    lof_state *s = ret_state;
    HN_SCRATCH(ctx);
    int64_t n = data->x->n_rows;
    hn_neighbors_options o = hn_near_options(p->algorithm, p->metric, p->p, p->leaf_size);
    int32_t *row;
    double *distance;
    s->n_features = data->x->n_columns;
    s->k = p->n_neighbors < n - 1 ? p->n_neighbors : n - 1;
    if (s->k < p->n_neighbors)
        hn_say(ctx, HONE_LOG_WARN, "local_outlier_factor: only %lld neighbours among %lld rows",
               (long long)s->k, (long long)n);
    HN_TRY(hn_near_build(ctx, arena, data->x, &o, &s->index));
    HN_TRY(HN_NEW(ctx, arena, s->negative_outlier_factor, n));
    HN_TRY(HN_NEW(ctx, arena, s->labels, n));
    HN_TRY(HN_NEW(ctx, arena, s->density, n));
    HN_TRY(HN_NEW(ctx, arena, s->reach, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, row, n * s->k));
    HN_TRY(HN_SCRATCH_NEW(ctx, distance, n * s->k));
    HN_TRY(hn_neighbors_nearest_self(ctx, &s->index, s->k, row, distance));
    for (int64_t i = 0; i < n; i++) s->reach[i] = distance[i * s->k + s->k - 1];
    for (int64_t i = 0; i < n; i++)
        s->density[i] = density_of(s, s->k, row + i * s->k, distance + i * s->k);
    for (int64_t i = 0; i < n; i++)
        s->negative_outlier_factor[i] = factor_of(s, s->density[i], s->k, row + i * s->k);
    s->offset = -1.5;
    if (p->contamination > 0) {
        double *sorted = distance; /* of no more use, and large enough */
        memcpy(sorted, s->negative_outlier_factor, (size_t)n * sizeof *sorted);
        HN_TRY(hn_sort_f64(ctx, sorted, n));
        s->offset = hn_quantile_sorted(sorted, n, p->contamination);
    }
    for (int64_t i = 0; i < n; i++) s->labels[i] = s->negative_outlier_factor[i] - s->offset;
    return HONE_OK;
}

static void answer(const void *state, const hn_near_block *b, int64_t i, double *ret_out) {
    const lof_state *s = state;
    const int32_t *row = b->row + i * b->k;
    double density = density_of(s, b->k, row, b->distance + i * b->k);
    ret_out[0] = factor_of(s, density, b->k, row) - s->offset;
}

static hone_status lof_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                               double *ret_out) {
    const lof_state *s = state;
    return hn_near_each(ctx, &s->index, x, s->k, answer, s, 1, ret_out);
}

static hone_status lof_near(hone_ctx *ctx, const void *state, const hn_table *x, int64_t k,
                            int64_t *ret_row, double *ret_distance) {
    return hn_near_neighbors(ctx, &((const lof_state *)state)->index, x, k, ret_row, ret_distance);
}

static int64_t lof_outputs(const void *state) {
    (void)state;
    return 1;
}

static hone_status lof_visit(hn_visitor *v, void *state) {
    lof_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_neighbors", &s->k));
    HN_TRY(hn_visit(v, "offset", &s->offset));
    HN_TRY(hn_visit_neighbors(v, &s->index));
    bool ok = s->index.d == s->n_features && s->k >= 1 && s->k <= s->index.n;
    HN_TRY(hn_visit_check(v, ok, "rows and neighbours that do not match"));
    HN_TRY(hn_visit(v, "negative_outlier_factor", &s->negative_outlier_factor, s->index.n));
    HN_TRY(hn_visit(v, "labels", &s->labels, s->index.n));
    HN_TRY(hn_visit(v, "density", &s->density, s->index.n));
    return hn_visit(v, "reach", &s->reach, s->index.n);
}

static hone_status lof_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                               const hn_table *schema) {
    (void)schema;
    lof_state *s = state;
    return hn_neighbors_prepare(ctx, arena, &s->index);
}

static hone_status lof_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                              hn_json_doc *doc, hn_json_mut *object) {
    const lof_state *s = state;
    (void)ctx;
    (void)schema;
    int64_t anomalies = 0;
    double least = 0;
    for (int64_t i = 0; i < s->index.n; i++) {
        anomalies += s->labels[i] < 0;
        if (s->negative_outlier_factor[i] < least) least = s->negative_outlier_factor[i];
    }
    yyjson_mut_obj_add_int(doc, object, "rows", s->index.n);
    yyjson_mut_obj_add_int(doc, object, "anomalies", anomalies);
    yyjson_mut_obj_add_real(doc, object, "offset", s->offset);
    yyjson_mut_obj_add_real(doc, object, "largest_factor", -least);
    return HONE_OK;
}

const hone_estimator hn_local_outlier_factor = {
    .name = "local_outlier_factor",
    .title = "Local outlier factor",
    .class_names = "LocalOutlierFactor",
    .family = "neighbors",
    .doc = "Finds anomalies: rows around which there is less than around their neighbours. Good "
           "where the usual is dense in some places and thin in others.",
    .references = "Breunig, Kriegel, Ng, Sander (2000), LOF: identifying density-based local "
                  "outliers",
    .tasks = HN_TASK_ANOMALY,
    .can = HN_CAN_SPARSE | HN_WANTS_SCALING,
    .params = HN_PARAMS(lof_params, params),
    .state_size = sizeof(lof_state),
    .check = lof_check,
    .fit = lof_fit,
    .predict = lof_predict,
    .outputs = lof_outputs,
    .neighbors = lof_near,
    .visit = lof_visit,
    .prepare = lof_prepare,
    .report = lof_report,
    HN_GOLDEN({"tabular/diabetes/diabetes.csv", NULL, NULL, NULL, "all", "largest_factor",
               1.521445973032438, 1e-9,
               "scikit-learn 1.9.1, StandardScaler, -min(negative_outlier_factor_)"}),
};
