/* radius_neighbors.c - answers by all training rows within a radius. */
#include "ml/neighbors/near.h"
#include <string.h>

enum { OUTLIERS_PRIOR, OUTLIERS_MOST_FREQUENT, OUTLIERS_NEAREST, OUTLIERS_ERROR };

typedef struct radius_params {
    double radius;
    int weights;
    HN_NEAR_FIELDS;
    int outlier_label;
} radius_params;

static const hone_param params[] = {
    HN_PARAM(radius_params, radius, .def = "1", .range = "[0, inf)", .search = "[0.1, 10] log",
             .doc = "How far rows may be to answer."),
    HN_PARAM(radius_params, weights, .def = "uniform", .choices = HN_CHOICES("uniform", "distance"),
             .search = "{uniform, distance}",
             .doc = "Whether all count alike, or each by the inverse of its distance."),
    HN_NEAR_PARAMS(radius_params),
    HN_PARAM(radius_params, outlier_label, .def = "prior",
             .choices = HN_CHOICES("prior", "most_frequent", "nearest", "error"),
             .aliases = HN_CHOICES("outliers"),
             .doc = "Answer where nobody is near: the classes' shares or the mean, the largest "
                    "class, the nearest row, or a refusal."),
};

typedef struct radius_state {
    int64_t n_features, weights, outliers;
    double radius;
    hn_near_target target;
    hn_neighbors index;
} radius_state;

static hone_status radius_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const radius_params *p = values;
    (void)data;
    if (p->algorithm != HN_NEIGHBORS_HNSW) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "algorithm"),
                      "radius_neighbors: hnsw finds a number of rows, not those within a radius; "
                      "take another algorithm, or knn");
}

static hone_status radius_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                              hn_arena *arena, void *ret_state) {
    const radius_params *p = values;
    radius_state *s = ret_state;
    hn_neighbors_options o = hn_near_options(p->algorithm, p->metric, p->p, p->leaf_size);
    s->n_features = data->x->n_columns;
    s->radius = p->radius;
    s->weights = p->weights;
    s->outliers = p->outlier_label;
    HN_TRY(hn_near_learn(ctx, arena, data, &s->target));
    return hn_near_build(ctx, arena, data->x, &o, &s->index);
}

typedef struct answers {
    const radius_state *state;
    const hn_table *x;
    double *out;
} answers;

static hone_status answer_alone(hone_ctx *ctx, const answers *a, int64_t query, double *out) {
    const radius_state *s = a->state;
    const hn_near_target *t = &s->target;
    int64_t outputs = hn_near_outputs(t), most = 0;
    if (s->outliers == OUTLIERS_ERROR) {
        return hn_fail_at(ctx, HONE_ERROR_DATA, (hn_where){.row = query},
                          "radius_neighbors: row %lld has no training row within %g; raise "
                          "'radius', or set 'outlier_label'",
                          (long long)query, s->radius);
    }
    if (s->outliers == OUTLIERS_NEAREST) {
        int32_t row;
        double distance;
        HN_TRY(hn_near_ask(ctx, &s->index, a->x, query, 1, 1, &row, &distance));
        hn_near_vote(t, HN_NEAR_UNIFORM, 1, &row, &distance, out);
        return HONE_OK;
    }
    memcpy(out, t->prior, (size_t)outputs * sizeof *out);
    if (s->outliers == OUTLIERS_PRIOR || t->n_classes == 0) return HONE_OK;
    for (int64_t c = 1; c < outputs; c++)
        if (t->prior[c] > t->prior[most]) most = c;
    for (int64_t c = 0; c < outputs; c++) out[c] = c == most;
    return HONE_OK;
}

static hone_status answer(hone_ctx *ctx, void *arg, int64_t query, int64_t count,
                          const int32_t *row, const double *distance) {
    const answers *a = arg;
    const radius_state *s = a->state;
    double *out = a->out + query * hn_near_outputs(&s->target);
    if (count == 0) return answer_alone(ctx, a, query, out);
    hn_near_vote(&s->target, (int)s->weights, count, row, distance, out);
    return HONE_OK;
}

static hone_status radius_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                                  double *ret_out) {
    const radius_state *s = state;
    answers a = {s, x, ret_out};
    if (x->n_rows == 0) return HONE_OK;
    return hn_near_within(ctx, &s->index, x, s->radius, answer, &a);
}

static hone_status radius_near(hone_ctx *ctx, const void *state, const hn_table *x, int64_t k,
                               int64_t *ret_row, double *ret_distance) {
    return hn_near_neighbors(ctx, &((const radius_state *)state)->index, x, k, ret_row,
                             ret_distance);
}

static int64_t radius_outputs(const void *state) {
    return hn_near_outputs(&((const radius_state *)state)->target);
}

static hone_status radius_visit(hn_visitor *v, void *state) {
    radius_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "radius", &s->radius));
    HN_TRY(hn_visit(v, "weights", &s->weights));
    HN_TRY(hn_visit(v, "outliers", &s->outliers));
    HN_TRY(hn_near_visit_target(v, &s->target));
    HN_TRY(hn_visit_neighbors(v, &s->index));
    bool ok = s->index.d == s->n_features && s->index.n == s->target.n;
    return hn_visit_check(v, ok, "rows and answers that do not match");
}

static hone_status radius_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                                  const hn_table *schema) {
    (void)schema;
    radius_state *s = state;
    return hn_neighbors_prepare(ctx, arena, &s->index);
}

static hone_status radius_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                 hn_json_doc *doc, hn_json_mut *object) {
    const radius_state *s = state;
    (void)ctx;
    (void)schema;
    yyjson_mut_obj_add_int(doc, object, "rows", s->index.n);
    yyjson_mut_obj_add_real(doc, object, "radius", s->radius);
    return HONE_OK;
}

const hone_estimator hn_radius_neighbors = {
    .name = "radius_neighbors",
    .title = "Neighbours within a radius",
    .class_names = "RadiusNeighborsClassifier RadiusNeighborsRegressor",
    .family = "neighbors",
    .doc = "Answers with the vote or the mean of all training rows that are near enough: few where "
           "rows are sparse, many where they are dense.",
    .references = "Bentley (1975), A survey of techniques for fixed radius near neighbor searching",
    .tasks = HN_TASK_CLASSIFY | HN_TASK_REGRESSION,
    .can = HN_CAN_PROBABILITIES | HN_CAN_SPARSE | HN_WANTS_SCALING,
    .params = HN_PARAMS(radius_params, params),
    .state_size = sizeof(radius_state),
    .check = radius_check,
    .fit = radius_fit,
    .predict = radius_predict,
    .outputs = radius_outputs,
    .neighbors = radius_near,
    .visit = radius_visit,
    .prepare = radius_prepare,
    .report = radius_report,
    HN_GOLDEN({"tabular/wine/wine.csv", "class", NULL, "{\"radius\":6}", "all", "log_loss",
               0.8553235809758674, 1e-9,
               "scikit-learn 1.9.1, StandardScaler, RadiusNeighborsClassifier(6)"},
              {"tabular/diabetes/diabetes.csv", "target", NULL, "{\"radius\":5}", "all", "r2",
               0.23952842607965052, 1e-9,
               "scikit-learn 1.9.1, StandardScaler, RadiusNeighborsRegressor(5)"}),
};
