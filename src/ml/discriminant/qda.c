/* qda.c - quadratic discriminant analysis: each class a normal cloud of its own shape. */
#include "ml/discriminant/covariance.h"
#include "num/blas.h"
#include "num/math.h"
#include "spec/moments.h"
#include "table/rows.h"

typedef struct qda_params {
    double reg_param, shrinkage;
    hn_reals priors;
} qda_params;

static const hone_param params[] = {
    HN_PARAM(qda_params, reg_param, .def = "0", .range = "[0, 1]", .search = "[0, 1]",
             .doc = "Share of variances that is replaced by 1."),
    HN_SHRINKAGE_PARAM(qda_params),
    HN_PARAM(qda_params, priors, .range = "[0, inf)", .level = HN_ADVANCED,
             .doc = "Probabilities of the classes beforehand; empty: as often as they occur."),
};

typedef struct qda_state {
    int64_t n_features, n_classes;
    double *means, *priors; /* [k, p], [k] */
    double *whitening;      /* [k, p, p] rows that make the class's covariance the identity */
    double *log_det;        /* [k] of the covariances */
} qda_state;

/* ---- fit ------------------------------------------------------------------------------------ */

static hone_status fit_class(hone_ctx *ctx, const qda_params *q, const hone_data *data,
                             const double *x, int64_t c, qda_state *s) {
    HN_SCRATCH(ctx);
    int64_t p = s->n_features;
    double *covariance, *values, *vectors, *sd;
    HN_TRY(HN_SCRATCH_NEW(ctx, sd, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, covariance, p * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, values, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, vectors, p * p));
    HN_TRY(hn_covariance(ctx, x, data->x->n_rows, p, data->y, c, data->weight, s->means + c * p,
                         q->shrinkage, covariance));
    for (int64_t i = 0; i < p * p; i++) covariance[i] *= 1 - q->reg_param;
    for (int64_t j = 0; j < p; j++) covariance[j * p + j] += q->reg_param;
    /* In units of the standard deviations, so that columns of unlike scale keep their digits. */
    for (int64_t j = 0; j < p; j++)
        sd[j] = covariance[j * p + j] > 0 ? sqrt(covariance[j * p + j]) : 1;
    for (int64_t i = 0; i < p * p; i++) covariance[i] /= sd[i / p] * sd[i % p];
    HN_TRY(hn_eigen_symmetric(ctx, p, covariance, values, vectors));
    s->log_det[c] = 0;
    for (int64_t d = 0; d < p; d++) {
        if (!(values[d] > 1e-14 * (double)p))
            return hn_fail(ctx, HONE_ERROR_DATA,
                           "qda: within class %lld some columns do not vary or depend on others; "
                           "raise 'reg_param' or 'shrinkage', or leave columns out",
                           (long long)c);
        s->log_det[c] += hn_log(values[d]) + 2 * hn_log(sd[d]);
        for (int64_t j = 0; j < p; j++)
            s->whitening[(c * p + d) * p + j] = vectors[d * p + j] / (sqrt(values[d]) * sd[j]);
    }
    return HONE_OK;
}

static hone_status qda_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                           hn_arena *arena, void *state) {
    HN_SCRATCH(ctx);
    const qda_params *q = values;
    qda_state *s = state;
    int64_t p = s->n_features = data->x->n_columns, k = s->n_classes = data->n_classes;
    double *count, *x;
    HN_TRY(HN_NEW(ctx, arena, s->means, k * p));
    HN_TRY(HN_NEW(ctx, arena, s->priors, k));
    HN_TRY(HN_NEW(ctx, arena, s->whitening, k * p * p));
    HN_TRY(HN_NEW(ctx, arena, s->log_det, k));
    HN_TRY(HN_SCRATCH_NEW(ctx, count, k));
    HN_TRY(hn_table_matrix(ctx, ctx->scratch, data->x, &x));
    HN_TRY(hn_moments(ctx, data->x, data->y, data->weight, k, count, s->means, NULL));
    HN_TRY(hn_class_priors(ctx, "qda", &q->priors, count, k, s->priors));
    for (int64_t c = 0; c < k; c++) HN_TRY(fit_class(ctx, q, data, x, c, s));
    return HONE_OK;
}

/* ---- answers -------------------------------------------------------------------------------- */

static void answer_row(const void *arg, double *row, double *work, double *ret) {
    const qda_state *s = arg;
    int64_t p = s->n_features;
    bool any = false;
    for (int64_t c = 0; c < s->n_classes; c++) {
        double squared = 0;
        for (int64_t j = 0; j < p; j++) work[j] = row[j] - s->means[c * p + j];
        for (int64_t d = 0; d < p; d++) {
            double along = hn_dot(work, s->whitening + (c * p + d) * p, p);
            squared += along * along;
        }
        ret[c] = hn_log(s->priors[c]) - 0.5 * (s->log_det[c] + squared);
        any |= ret[c] > -INFINITY;
    }
    for (int64_t c = 0; c < s->n_classes && !any; c++) ret[c] = hn_log(s->priors[c]);
    hn_softmax(ret, s->n_classes);
}

static hone_status qda_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                               double *ret_out) {
    const qda_state *s = state;
    return hn_each_row(ctx, x, answer_row, s, s->n_features, s->n_classes, ret_out);
}

/* ---- storing and showing -------------------------------------------------------------------- */

static int64_t qda_outputs(const void *state) { return ((const qda_state *)state)->n_classes; }

static hone_status qda_visit(hn_visitor *v, void *state) {
    qda_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_classes", &s->n_classes));
    HN_TRY(hn_visit_check(v, s->n_features >= 1 && s->n_features <= 1 << 20, "bad n_features"));
    HN_TRY(hn_visit_check(v, s->n_classes >= 2 && s->n_classes <= 1 << 20, "bad n_classes"));
    HN_TRY(hn_visit(v, "means", &s->means, s->n_classes, s->n_features));
    HN_TRY(hn_visit(v, "priors", &s->priors, s->n_classes));
    HN_TRY(hn_visit(v, "whitening", &s->whitening, s->n_classes, s->n_features, s->n_features));
    return hn_visit(v, "log_det", &s->log_det, s->n_classes);
}

static hone_status qda_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                              hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    (void)schema;
    const qda_state *s = state;
    hn_json_mut *priors = yyjson_mut_obj_add_arr(doc, object, "priors");
    for (int64_t c = 0; c < s->n_classes; c++) yyjson_mut_arr_add_real(doc, priors, s->priors[c]);
    return HONE_OK;
}

const hone_estimator hn_qda = {
    .name = "qda",
    .title = "Quadratic discriminant analysis",
    .class_names = "QuadraticDiscriminantAnalysis",
    .family = "discriminant",
    .doc =
        "Takes each class for a normal cloud of its own shape: curved borders in closed form. For "
        "few features and enough rows of every class.",
    .references = "Hastie, Tibshirani, Friedman (2009), The Elements of Statistical Learning, 4.3\n"
                  "Friedman (1989), Regularized discriminant analysis",
    .tasks = HN_TASK_CLASSIFY,
    .can = HN_CAN_WEIGHTS | HN_CAN_PROBABILITIES,
    .params = HN_PARAMS(qda_params, params),
    .state_size = sizeof(qda_state),
    .fit = qda_fit,
    .predict = qda_predict,
    .outputs = qda_outputs,
    .visit = qda_visit,
    .report = qda_report,
    HN_GOLDEN({"tabular/iris/iris.csv", "species", NULL, NULL, "all", "log_loss",
               0.03636470863426291, 1e-9, "scikit-learn 1.9.1, QuadraticDiscriminantAnalysis()"}),
};
