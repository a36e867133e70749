/* report.h - what is shown beside the metrics, as members of a JSON object: for evaluate, show, the
 * model file and the page. Sizes are bounded whatever n is.
 *
 * Classification ("confusion" and the curves are left out where there are too many classes):
 *   "confusion":   {"classes": [...], "matrix": [[weight of true i predicted j]]}
 *   "classes":     [{"class", "precision", "recall", "f1", "support"}]
 *   "averages":    {"accuracy", "macro": {"precision", "recall", "f1", "support"}, "weighted": {...}}
 *   "roc":         [{"class", "auc", "false_positive_rate", "true_positive_rate", "threshold"}]
 *   "pr":          [{"class", "average_precision", "recall", "precision", "threshold"}]
 *   "gain":        [{"class", "share": of rows from the top, "gain": of the class, "threshold"}]
 *   "calibration": {"of": "positive class" | "most likely class", "expected_calibration_error",
 *                   "uniform": [bins], "quantile": [bins], "classes": [{"class", "uniform"}] of more
 *                   than two}; a bin: {"low", "high", "predicted", "observed", "weight"}
 * Regression:
 *   "residuals":   {"mean", "sd", "quantiles": [{"q", "value"}], "histogram": {"edges", "weight"}} of
 *                  y - prediction
 *   "predicted":   {"actual": [...], "predicted": [...]} of some rows */
#ifndef HN_ML_METRIC_REPORT_H
#define HN_ML_METRIC_REPORT_H

#include "ml/metric/metric.h"

/* All reports for scored's task, added to object. classes: labels as text by class index; NULL:
 * indices. Calibration only if proba holds probabilities. */
hone_status hn_report_scored(hone_ctx *ctx, const hn_scored *scored, const hn_dictionary *classes,
                             bool probabilities, hn_json_doc *doc,
                             hn_json_mut *object) HONE_MUST_CHECK;

/* The parts. */
hone_status hn_report_classes(hone_ctx *ctx, const hn_scored *scored, const hn_dictionary *classes,
                              hn_json_doc *doc, hn_json_mut *object) HONE_MUST_CHECK;
hone_status hn_report_curves(hone_ctx *ctx, const hn_scored *scored, const hn_dictionary *classes,
                             hn_json_doc *doc, hn_json_mut *object) HONE_MUST_CHECK;
hone_status hn_report_calibration(hone_ctx *ctx, const hn_scored *scored,
                                  const hn_dictionary *classes, hn_json_doc *doc,
                                  hn_json_mut *object) HONE_MUST_CHECK;
hone_status hn_report_residuals(hone_ctx *ctx, const hn_scored *scored, hn_json_doc *doc,
                                hn_json_mut *object) HONE_MUST_CHECK;

/* A class's label as a JSON value. */
hn_json_mut *hn_report_label(hn_json_doc *doc, const hn_dictionary *classes, int32_t k);

enum { HN_CALIBRATION_BINS = 10 };

/* One bin of predictions: edges, weight, weighted means of what was predicted and what happened. */
typedef struct hn_calibration_bin {
    double low, high, weight, predicted, observed;
} hn_calibration_bin;

/* Predicted chance and outcome (0, 1) [n] into bins of equal width, or of equally many rows
 * (quantile); a value on an edge belongs below. As sklearn.calibration.calibration_curve. Empty
 * bins have weight 0. */
hone_status hn_calibration_bins(hone_ctx *ctx, const double *chance, const double *outcome,
                                const double *weight, int64_t n, bool quantile,
                                hn_calibration_bin ret_bins[HN_CALIBRATION_BINS]) HONE_MUST_CHECK;
/* A class's chances [n] and whether rows are of it (0, 1). class -1: class 1 of two; of more classes
 * the likeliest, and whether that is right. */
void hn_calibration_chances(const hn_scored *scored, int32_t class, double *ret_chance,
                            double *ret_outcome);
/* Weighted mean distance of predicted and observed over the bins (Naeini, Cooper, Hauskrecht 2015).
 */
double hn_calibration_error(const hn_calibration_bin bins[HN_CALIBRATION_BINS]);

#endif
