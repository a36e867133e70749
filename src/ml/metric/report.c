/* report.c - confusion matrix, per-class figures and residuals. */
#include "ml/metric/report.h"

#include "base/parallel.h"
#include "base/rng.h"
#include "ml/metric/sums.h"
#include "num/sort.h"

enum { MOST_CONFUSED = 50 }; /* classes: a larger matrix helps nobody */

hn_json_mut *hn_report_label(hn_json_doc *doc, const hn_dictionary *classes, int32_t k) {
    if (classes == NULL) return yyjson_mut_int(doc, k);
    hn_slice text = hn_dictionary_text(classes, k);
    return yyjson_mut_strncpy(doc, text.text, text.length);
}

static hone_status add_confusion(hone_ctx *ctx, const hn_scored *scored,
                                 const hn_dictionary *classes, hn_json_doc *doc,
                                 hn_json_mut *object) {
    HN_SCRATCH(ctx);
    int32_t k = scored->n_classes;
    double *matrix;
    HN_TRY(HN_SCRATCH_NEW(ctx, matrix, (int64_t)k * k));
    for (int64_t i = 0; i < scored->n; i++)
        matrix[(int64_t)scored->y[i] * k + (int64_t)scored->label[i]] +=
            hn_scored_weight(scored, i);
    hn_json_mut *confusion = yyjson_mut_obj_add_obj(doc, object, "confusion");
    hn_json_mut *labels = yyjson_mut_obj_add_arr(doc, confusion, "classes");
    hn_json_mut *rows = yyjson_mut_obj_add_arr(doc, confusion, "matrix");
    for (int32_t truth = 0; truth < k; truth++) {
        yyjson_mut_arr_append(labels, hn_report_label(doc, classes, truth));
        yyjson_mut_arr_append(
            rows, yyjson_mut_arr_with_real(doc, matrix + (int64_t)truth * k, (size_t)k));
    }
    return HONE_OK;
}

static void add_rates(hn_json_doc *doc, hn_json_mut *object, double precision, double recall,
                      double f1, double support) {
    yyjson_mut_obj_add_real(doc, object, "precision", precision);
    yyjson_mut_obj_add_real(doc, object, "recall", recall);
    yyjson_mut_obj_add_real(doc, object, "f1", f1);
    yyjson_mut_obj_add_real(doc, object, "support", support);
}

/* The last lines of a classification report. */
static hone_status add_averages(hone_ctx *ctx, const hn_scored *scored, double total,
                                hn_json_doc *doc, hn_json_mut *object) {
    static const hn_metric *const rates[2][3] = {
        {&hn_metric_precision_macro, &hn_metric_recall_macro, &hn_metric_f1_macro},
        {&hn_metric_precision_weighted, &hn_metric_recall_weighted, &hn_metric_f1_weighted}};
    static const char *const names[2] = {"macro", "weighted"};
    hn_json_mut *averages = yyjson_mut_obj_add_obj(doc, object, "averages");
    double value[3];
    HN_TRY(hn_metric_accuracy.compute(ctx, scored, &value[0]));
    yyjson_mut_obj_add_real(doc, averages, "accuracy", value[0]);
    for (int how = 0; how < 2; how++) {
        for (int r = 0; r < 3; r++) HN_TRY(rates[how][r]->compute(ctx, scored, &value[r]));
        add_rates(doc, yyjson_mut_obj_add_obj(doc, averages, names[how]), value[0], value[1],
                  value[2], total);
    }
    return HONE_OK;
}

hone_status hn_report_classes(hone_ctx *ctx, const hn_scored *scored, const hn_dictionary *classes,
                              hn_json_doc *doc, hn_json_mut *object) {
    HN_SCRATCH(ctx);
    hn_class_counts counts;
    HN_TRY(hn_class_counts_make(ctx, scored, &counts));
    if (scored->n_classes <= MOST_CONFUSED)
        HN_TRY(add_confusion(ctx, scored, classes, doc, object));
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, object, "classes");
    for (int32_t k = 0; k < counts.n_classes; k++) {
        double hit = counts.hit[k], truth = counts.truth[k], predicted = counts.predicted[k];
        hn_json_mut *one = yyjson_mut_arr_add_obj(doc, list);
        yyjson_mut_obj_add_val(doc, one, "class", hn_report_label(doc, classes, k));
        add_rates(doc, one, hn_rate(hit, predicted), hn_rate(hit, truth),
                  hn_rate(2 * hit, truth + predicted), truth);
    }
    return add_averages(ctx, scored, counts.total, doc, object);
}

/* ---- regression ------------------------------------------------------------------------------ */

static void residual_terms(const hn_scored *scored, const void *arg, int64_t begin, int64_t end,
                           double ret[HN_TERMS_MAX][HN_TERMS_BLOCK]) {
    for (int64_t i = begin; i < end; i++) {
        double residual =
            scored->y[i] - scored->value[i] - (arg != NULL ? *(const double *)arg : 0);
        ret[0][i - begin] = residual;
        ret[1][i - begin] = residual * residual;
    }
}

/* Residuals ascending with their weights, in scratch; rows without weight left out. */
static hone_status sort_residuals(hone_ctx *ctx, const hn_scored *scored, double **ret_values,
                                  double **ret_weights, int64_t *ret_n) {
    double *raw, *values, *weights;
    int64_t *order, n = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, raw, scored->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, values, scored->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, weights, scored->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, order, scored->n));
    for (int64_t i = 0; i < scored->n; i++) raw[i] = scored->y[i] - scored->value[i];
    HN_TRY(hn_argsort_f64(ctx, raw, scored->n, order));
    for (int64_t i = 0; i < scored->n; i++) {
        double weight = hn_scored_weight(scored, order[i]);
        if (!(weight > 0)) continue;
        values[n] = raw[order[i]];
        weights[n++] = weight;
    }
    *ret_values = values;
    *ret_weights = weights;
    *ret_n = n;
    return HONE_OK;
}

enum { HISTOGRAM_BINS = 24, POINTS = 300 };

/* Between the hundredths at both ends, so that one far row does not empty the rest; what is beyond
 * counts in the outermost bins. */
static void add_histogram(hn_json_doc *doc, hn_json_mut *residuals, const double *values,
                          const double *weights, int64_t n) {
    double low = hn_weighted_quantile_sorted(values, weights, n, 0.01);
    double high = hn_weighted_quantile_sorted(values, weights, n, 0.99), sums[HISTOGRAM_BINS] = {0};
    if (!(high > low) || !isfinite(high - low)) return;
    double width = (high - low) / HISTOGRAM_BINS;
    for (int64_t i = 0; i < n; i++) {
        double place = (values[i] - low) / width;
        int bin = place < 0 ? 0 : place >= HISTOGRAM_BINS ? HISTOGRAM_BINS - 1 : (int)place;
        sums[bin] += weights[i];
    }
    hn_json_mut *histogram = yyjson_mut_obj_add_obj(doc, residuals, "histogram");
    hn_json_mut *edges = yyjson_mut_obj_add_arr(doc, histogram, "edges");
    for (int b = 0; b <= HISTOGRAM_BINS; b++) yyjson_mut_arr_add_real(doc, edges, low + b * width);
    yyjson_mut_obj_add_val(doc, histogram, "weight",
                           yyjson_mut_arr_with_real(doc, sums, HISTOGRAM_BINS));
}

/* Truth and answer of some rows, the same ones at each call. */
static hone_status add_points(hone_ctx *ctx, const hn_scored *scored, hn_json_doc *doc,
                              hn_json_mut *object) {
    HN_SCRATCH(ctx);
    int64_t n = scored->n < POINTS ? scored->n : POINTS, *rows;
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, POINTS));
    hn_rng rng = hn_rng_make(0, hn_stream("report.points", 0));
    hn_rng_choose(&rng, scored->n, n, rows);
    hn_json_mut *points = yyjson_mut_obj_add_obj(doc, object, "predicted");
    hn_json_mut *actual = yyjson_mut_obj_add_arr(doc, points, "actual");
    hn_json_mut *predicted = yyjson_mut_obj_add_arr(doc, points, "predicted");
    for (int64_t i = 0; i < n; i++) {
        yyjson_mut_arr_add_real(doc, actual, scored->y[rows[i]]);
        yyjson_mut_arr_add_real(doc, predicted, scored->value[rows[i]]);
    }
    return HONE_OK;
}

hone_status hn_report_residuals(hone_ctx *ctx, const hn_scored *scored, hn_json_doc *doc,
                                hn_json_mut *object) {
    static const double shares[] = {0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1};
    HN_SCRATCH(ctx);
    double *values, *weights, sums[2], spread[2], total = hn_scored_total(scored);
    int64_t n;
    HN_TRY(sort_residuals(ctx, scored, &values, &weights, &n));
    if (n == 0) return HONE_OK;
    HN_TRY(hn_metric_sums(ctx, scored, residual_terms, NULL, 2, sums));
    double mean = sums[0] / total;
    HN_TRY(hn_metric_sums(ctx, scored, residual_terms, &mean, 2, spread));
    hn_json_mut *residuals = yyjson_mut_obj_add_obj(doc, object, "residuals");
    yyjson_mut_obj_add_real(doc, residuals, "mean", mean);
    yyjson_mut_obj_add_real(doc, residuals, "sd", sqrt(spread[1] / total));
    hn_json_mut *quantiles = yyjson_mut_obj_add_arr(doc, residuals, "quantiles");
    for (size_t q = 0; q < sizeof shares / sizeof *shares; q++) {
        double value = scored->weight == NULL
                           ? hn_quantile_sorted(values, n, shares[q])
                           : hn_weighted_quantile_sorted(values, weights, n, shares[q]);
        hn_json_mut *one = yyjson_mut_arr_add_obj(doc, quantiles);
        yyjson_mut_obj_add_real(doc, one, "q", shares[q]);
        yyjson_mut_obj_add_real(doc, one, "value", value);
    }
    add_histogram(doc, residuals, values, weights, n);
    return add_points(ctx, scored, doc, object);
}

hone_status hn_report_scored(hone_ctx *ctx, const hn_scored *scored, const hn_dictionary *classes,
                             bool probabilities, hn_json_doc *doc, hn_json_mut *object) {
    if (scored->task == HN_TASK_REGRESSION) return hn_report_residuals(ctx, scored, doc, object);
    if ((scored->task & HN_TASK_CLASSIFY) == 0) return HONE_OK;
    HN_TRY(hn_report_classes(ctx, scored, classes, doc, object));
    if (scored->proba == NULL) return HONE_OK;
    HN_TRY(hn_report_curves(ctx, scored, classes, doc, object));
    return probabilities ? hn_report_calibration(ctx, scored, classes, doc, object) : HONE_OK;
}
