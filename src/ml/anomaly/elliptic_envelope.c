/* elliptic_envelope.c - anomalies by robust Mahalanobis distance. */
#include "ml/anomaly/mcd.h"
#include "num/distribution.h"
#include "num/sort.h"
#include "spec/estimator.h"
#include "table/rows.h"
#include <string.h>

typedef struct envelope_params {
    double contamination, support_fraction;
} envelope_params;

static const hone_param params[] = {
    HN_PARAM(envelope_params, contamination, .def = "0.1", .range = "(0, 0.5]",
             .search = "[0.01, 0.3] log", .doc = "Share of training rows called anomalies."),
    HN_PARAM(envelope_params, support_fraction, .def = "none", .range = "(0, 1]",
             .words = HN_WORDS({"none", 0}), .level = HN_ADVANCED,
             .doc = "Share of rows whose shape is taken first; none: half, and a few more."),
};

typedef struct envelope_state {
    int64_t n_features;
    double *location, *covariance;         /* [p], [p, p] */
    double *raw_location, *raw_covariance; /* before rows near it were taken in */
    double *whitening;                     /* [p, p] see hn_mcd_whiten */
    double offset;                         /* of -distance, where anomalies begin */
} envelope_state;

/* ---- fit ------------------------------------------------------------------------------------ */

/* What the variance of the inner share alpha of normal rows is too small by: Croux, Haesbroeck (1999). */
static double consistency(int64_t p, double alpha) {
    double q = hn_chi2_quantile(alpha, (double)p);
    return alpha / (1 - hn_chi2_above(q, (double)p + 2));
}

typedef struct distance_job {
    const double *x, *location, *white;
    int64_t p;
    double *ret;
} distance_job;

static hone_status distance_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const distance_job *job = arg;
    double *work;
    HN_TRY(HN_SCRATCH_NEW(ctx, work, job->p));
    for (int64_t i = chunk.begin; i < chunk.end; i++)
        job->ret[i] = hn_mcd_distance(job->x + i * job->p, job->location, job->white, job->p, work);
    return HONE_OK;
}

/* Rows that normal ones would lie within 97.5 times of 100 join in. */
static hone_status reweight(hone_ctx *ctx, const double *x, int64_t n, int64_t h, const hn_mcd *raw,
                            double *distance, envelope_state *s) {
    int64_t p = s->n_features;
    double log_det, factor = consistency(p, (double)h / (double)n);
    double most = hn_chi2_quantile(0.975, (double)p);
    uint8_t *keep;
    HN_TRY(HN_SCRATCH_NEW(ctx, keep, n));
    HN_TRY(hn_mcd_whiten(ctx, raw->covariance, p, s->whitening, &log_det));
    distance_job job = {x, raw->location, s->whitening, p, distance};
    HN_TRY(hn_parallel(ctx, n, 512, distance_chunk, &job));
    for (int64_t i = 0; i < n; i++) keep[i] = distance[i] / factor < most;
    HN_TRY(hn_mcd_moments(ctx, x, n, p, keep, s->location, s->covariance));
    factor = consistency(p, 0.975);
    for (int64_t i = 0; i < p * p; i++) s->covariance[i] *= factor;
    HN_TRY(hn_mcd_whiten(ctx, s->covariance, p, s->whitening, &log_det));
    job.location = s->location;
    return hn_parallel(ctx, n, 512, distance_chunk, &job);
}

/* From units of the columns' standard deviations (in which nothing drowns) to their own. */
static void unscale(const double *mean, const double *sd, int64_t p, double *location,
                    double *covariance) {
    for (int64_t j = 0; j < p; j++) location[j] = mean[j] + sd[j] * location[j];
    for (int64_t i = 0; i < p * p; i++) covariance[i] *= sd[i / p] * sd[i % p];
}

static hone_status envelope_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                                hn_arena *arena, void *state) {
    HN_SCRATCH(ctx);
    const envelope_params *q = values;
    envelope_state *s = state;
    int64_t n = data->x->n_rows, p = s->n_features = data->x->n_columns;
    double *x, *mean, *sd, *distance;
    hn_mcd raw;
    HN_TRY(HN_NEW(ctx, arena, s->location, p));
    HN_TRY(HN_NEW(ctx, arena, s->covariance, p * p));
    HN_TRY(HN_NEW(ctx, arena, s->raw_location, p));
    HN_TRY(HN_NEW(ctx, arena, s->raw_covariance, p * p));
    HN_TRY(HN_NEW(ctx, arena, s->whitening, p * p));
    HN_TRY(hn_table_matrix(ctx, ctx->scratch, data->x, &x));
    HN_TRY(HN_SCRATCH_NEW(ctx, mean, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, sd, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, distance, n));
    for (int64_t i = 0; i < n * p; i++) mean[i % p] += x[i] / (double)n;
    for (int64_t i = 0; i < n * p; i++) sd[i % p] += (x[i] - mean[i % p]) * (x[i] - mean[i % p]);
    for (int64_t j = 0; j < p; j++) sd[j] = sd[j] > 0 ? sqrt(sd[j] / (double)n) : 1;
    for (int64_t i = 0; i < n * p; i++) x[i] = (x[i] - mean[i % p]) / sd[i % p];
    int64_t h =
        q->support_fraction > 0 ? (int64_t)(q->support_fraction * (double)n) : (n + p + 2) / 2;
    h = h > n ? n : h < 1 ? 1 : h;
    raw = (hn_mcd){.location = s->raw_location, .covariance = s->raw_covariance};
    HN_TRY(hn_mcd_find(ctx, x, n, p, h, &raw));
    double largest = 0;
    for (int64_t i = 0; i < p * p; i++) largest = fmax(largest, fabs(raw.covariance[i]));
    if (h < n && !(largest > 1e-14))
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "support_fraction"),
                          "elliptic_envelope: %lld of %lld rows are alike, so they have no shape; "
                          "raise 'support_fraction' or leave out columns that hardly vary",
                          (long long)h, (long long)n);
    HN_TRY(reweight(ctx, x, n, h, &raw, distance, s));
    for (int64_t i = 0; i < n; i++) distance[i] = -distance[i];
    HN_TRY(hn_sort_f64(ctx, distance, n));
    s->offset = hn_quantile_sorted(distance, n, q->contamination);
    unscale(mean, sd, p, s->location, s->covariance);
    unscale(mean, sd, p, s->raw_location, s->raw_covariance);
    for (int64_t i = 0; i < p * p; i++) s->whitening[i] /= sd[i % p];
    return HONE_OK;
}

/* ---- answers -------------------------------------------------------------------------------- */

static void answer_row(const void *arg, double *row, double *work, double *ret) {
    const envelope_state *s = arg;
    ret[0] = -hn_mcd_distance(row, s->location, s->whitening, s->n_features, work) - s->offset;
}

static hone_status envelope_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                                    double *ret_out) {
    const envelope_state *s = state;
    return hn_each_row(ctx, x, answer_row, s, s->n_features, 1, ret_out);
}

static int64_t envelope_outputs(const void *state) {
    (void)state;
    return 1;
}

static hone_status envelope_visit(hn_visitor *v, void *state) {
    envelope_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit_check(v, s->n_features >= 1 && s->n_features <= 1 << 20, "bad n_features"));
    HN_TRY(hn_visit(v, "location", &s->location, s->n_features));
    HN_TRY(hn_visit(v, "covariance", &s->covariance, s->n_features, s->n_features));
    HN_TRY(hn_visit(v, "raw_location", &s->raw_location, s->n_features));
    HN_TRY(hn_visit(v, "raw_covariance", &s->raw_covariance, s->n_features, s->n_features));
    HN_TRY(hn_visit(v, "whitening", &s->whitening, s->n_features, s->n_features));
    return hn_visit(v, "offset", &s->offset);
}

static hone_status envelope_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                   hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    const envelope_state *s = state;
    hn_json_mut *location = yyjson_mut_obj_add_obj(doc, object, "location");
    for (int64_t j = 0; j < s->n_features; j++)
        yyjson_mut_obj_add(location, yyjson_mut_strcpy(doc, schema->columns[j].name),
                           yyjson_mut_real(doc, s->location[j]));
    yyjson_mut_obj_add_real(doc, object, "offset", s->offset);
    return HONE_OK;
}

static hone_status attributes(hn_visitor *v, const void *state, const hn_shown *shown) {
    (void)shown;
    const envelope_state *s = state;
    int64_t p = s->n_features;
    double *precision;
    HN_TRY(HN_NEW(v->ctx, v->arena, precision, p * p));
    for (int64_t i = 0; i < p; i++)
        for (int64_t j = 0; j < p; j++)
            for (int64_t k = 0; k < p; k++)
                precision[i * p + j] += s->whitening[k * p + i] * s->whitening[k * p + j];
    return hn_show(v, "precision", precision, p, p);
}

const hone_estimator hn_elliptic_envelope = {
    .name = "elliptic_envelope",
    .title = "Elliptic envelope",
    .class_names = "EllipticEnvelope",
    .family = "anomaly",
    .doc = "Fits a normal cloud to the densest half of the rows and calls those far from it "
           "anomalies. "
           "For few columns and one cloud; anomalies in the training rows do no harm.",
    .references = "Rousseeuw, Van Driessen (1999), A fast algorithm for the minimum covariance "
                  "determinant estimator",
    .tasks = HN_TASK_ANOMALY,
    .can = 0,
    .attributes = attributes,
    .params = HN_PARAMS(envelope_params, params),
    .state_size = sizeof(envelope_state),
    .fit = envelope_fit,
    .predict = envelope_predict,
    .outputs = envelope_outputs,
    .visit = envelope_visit,
    .report = envelope_report,
    HN_GOLDEN({"tabular/diabetes/diabetes.csv", NULL, NULL, "{\"support_fraction\":1}", "all",
               "offset", -19.308116112319418, 1e-6,
               "scikit-learn 1.9.1, EllipticEnvelope(support_fraction=1).offset_"}),
};
