/* knn.c - answers by the k nearest training rows. */
#include "ml/neighbors/near.h"

typedef struct knn_params {
    int64_t n_neighbors;
    int weights;
    HN_NEAR_FIELDS;
    int64_t ef;
    int64_t links;
    int64_t ef_construction;
} knn_params;

static const hone_param params[] = {
    HN_PARAM(knn_params, n_neighbors, .def = "5", .range = "[1, inf)", .search = "[1, 50] log",
             .aliases = HN_CHOICES("k"), .doc = "How many of the nearest rows answer."),
    HN_PARAM(knn_params, weights, .def = "uniform", .choices = HN_CHOICES("uniform", "distance"),
             .search = "{uniform, distance}",
             .doc = "Whether all count alike, or each by the inverse of its distance."),
    HN_NEAR_PARAMS(knn_params),
    HN_PARAM(knn_params, ef, .def = "100", .range = "[1, 1e6]", .level = HN_EXPERT,
             .doc = "hnsw: rows looked at per question; more find more."),
    HN_PARAM(knn_params, links, .def = "16", .range = "[2, 512]", .level = HN_EXPERT,
             .doc = "hnsw: links per row; more find more, and take more memory."),
    HN_PARAM(knn_params, ef_construction, .def = "200", .range = "[1, 1e6]", .level = HN_EXPERT,
             .doc = "hnsw: rows looked at when one is put in."),
};

typedef struct knn_state {
    int64_t n_features, k, weights;
    hn_near_target target;
    hn_neighbors index;
} knn_state;

static hone_status knn_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const knn_params *p = values;
    return hn_near_enough(ctx, "knn", p->n_neighbors, data);
}

static hone_status knn_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                           hn_arena *arena, void *ret_state) {
    const knn_params *p = values;
    knn_state *s = ret_state;
    hn_neighbors_options o = hn_near_options(p->algorithm, p->metric, p->p, p->leaf_size);
    o.ef = p->ef;
    o.links = p->links;
    o.ef_construction = p->ef_construction;
    s->n_features = data->x->n_columns;
    s->k = p->n_neighbors;
    s->weights = p->weights;
    HN_TRY(hn_near_learn(ctx, arena, data, &s->target));
    return hn_near_build(ctx, arena, data->x, &o, &s->index);
}

static void answer(const void *state, const hn_near_block *b, int64_t i, double *ret_out) {
    const knn_state *s = state;
    hn_near_vote(&s->target, (int)s->weights, b->k, b->row + i * b->k, b->distance + i * b->k,
                 ret_out);
}

static hone_status knn_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                               double *ret_out) {
    const knn_state *s = state;
    return hn_near_each(ctx, &s->index, x, s->k, answer, s, hn_near_outputs(&s->target), ret_out);
}

static hone_status knn_near(hone_ctx *ctx, const void *state, const hn_table *x, int64_t k,
                            int64_t *ret_row, double *ret_distance) {
    return hn_near_neighbors(ctx, &((const knn_state *)state)->index, x, k, ret_row, ret_distance);
}

static int64_t knn_outputs(const void *state) {
    return hn_near_outputs(&((const knn_state *)state)->target);
}

static hone_status knn_visit(hn_visitor *v, void *state) {
    knn_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_neighbors", &s->k));
    HN_TRY(hn_visit(v, "weights", &s->weights));
    HN_TRY(hn_near_visit_target(v, &s->target));
    HN_TRY(hn_visit_neighbors(v, &s->index));
    bool ok =
        s->index.d == s->n_features && s->index.n == s->target.n && s->k >= 1 && s->k <= s->index.n;
    return hn_visit_check(v, ok, "rows and answers that do not match");
}

static hone_status knn_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                               const hn_table *schema) {
    (void)schema;
    knn_state *s = state;
    return hn_neighbors_prepare(ctx, arena, &s->index);
}

static hone_status knn_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                              hn_json_doc *doc, hn_json_mut *object) {
    static const char *const methods[] = {HN_NEIGHBORS_METHOD_NAMES};
    static const char *const distances[] = {HN_DISTANCE_ALL_NAMES};
    const knn_state *s = state;
    (void)ctx;
    (void)schema;
    yyjson_mut_obj_add_int(doc, object, "rows", s->index.n);
    yyjson_mut_obj_add_int(doc, object, "n_neighbors", s->k);
    yyjson_mut_obj_add_str(doc, object, "algorithm", methods[s->index.method]);
    yyjson_mut_obj_add_str(doc, object, "metric", distances[s->index.distance]);
    return HONE_OK;
}

const hone_estimator hn_knn = {
    .name = "knn",
    .title = "k nearest neighbours",
    .class_names = "KNeighborsClassifier KNeighborsRegressor",
    .family = "neighbors",
    .also = "nearest_neighbors k_neighbors k_nearest_neighbors",
    .doc = "Answers with the vote or the mean of the most similar training rows. It learns nothing "
           "but the rows, needs features of like scales, and is best with few of them.",
    .references = "Cover, Hart (1967), Nearest neighbor pattern classification\n"
                  "Friedman, Bentley, Finkel (1977), kd-trees\n"
                  "Malkov, Yashunin (2018), Hierarchical navigable small world graphs",
    .tasks = HN_TASK_CLASSIFY | HN_TASK_REGRESSION,
    .can = HN_CAN_PROBABILITIES | HN_CAN_SPARSE | HN_WANTS_SCALING,
    .params = HN_PARAMS(knn_params, params),
    .state_size = sizeof(knn_state),
    .check = knn_check,
    .fit = knn_fit,
    .predict = knn_predict,
    .outputs = knn_outputs,
    .neighbors = knn_near,
    .visit = knn_visit,
    .prepare = knn_prepare,
    .report = knn_report,
    HN_GOLDEN(
        {"tabular/wine/wine.csv", "class", NULL, "{\"n_neighbors\":15}", "all", "log_loss",
         0.10176980716070448, 1e-9, "scikit-learn 1.9.1, StandardScaler, KNeighborsClassifier(15)"},
        {"tabular/diabetes/diabetes.csv", "target", NULL,
         "{\"n_neighbors\":9,\"metric\":\"manhattan\"}", "all", "r2", 0.5340528135612506, 1e-9,
         "scikit-learn 1.9.1, StandardScaler, KNeighborsRegressor(9, metric='manhattan')"}),
};
