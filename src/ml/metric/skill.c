/* skill.c - probabilities measured against knowing the classes' shares only; calibration; top k. */
#include "ml/metric/report.h"
#include "ml/metric/sums.h"

/* ---- D2: 1 - loss / loss of the shares ------------------------------------------------------- */

/* The same answers for every row: the classes' shares. */
static hone_status shares_as_answers(hone_ctx *ctx, const hn_scored *scored, hn_scored *ret) {
    hn_class_counts counts;
    double *proba, *label;
    int32_t k = scored->n_classes;
    HN_TRY(HN_SCRATCH_NEW(ctx, proba, scored->n * k + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, label, scored->n + 1));
    hn_scored blind = *scored;
    blind.label = label; /* hn_class_counts_make asks for labels */
    HN_TRY(hn_class_counts_make(ctx, &blind, &counts));
    for (int64_t i = 0; i < scored->n; i++)
        for (int32_t c = 0; c < k; c++) proba[i * k + c] = counts.truth[c] / counts.total;
    blind.proba = proba;
    *ret = blind;
    return HONE_OK;
}

static hone_status skill(hone_ctx *ctx, const hn_scored *scored, const hn_metric *loss,
                         double *ret_value) {
    HN_SCRATCH(ctx);
    hn_scored blind;
    double own, other;
    HN_TRY(shares_as_answers(ctx, scored, &blind));
    HN_TRY(hn_metric_mean(ctx, scored, loss, &own));
    HN_TRY(hn_metric_mean(ctx, &blind, loss, &other));
    *ret_value = scored->n >= 2 && other > 0 ? 1 - own / other : (double)NAN;
    return HONE_OK;
}

static hone_status d2_log_loss(hone_ctx *ctx, const hn_scored *scored, double *ret_value) {
    return skill(ctx, scored, &hn_metric_log_loss, ret_value);
}

const hn_metric hn_metric_d2_log_loss = {
    .name = "d2_log_loss",
    .function = "d2_log_loss_score(y_true, y_proba)",
    .title = "D2 of the log loss",
    .doc = "Share of the log loss of always answering the classes' shares that the model saves: 1 "
           "perfect, 0 knows nothing of the rows, negative worse. McFadden's pseudo R squared.",
    .references = "McFadden (1974). Conditional logit analysis of qualitative choice behavior.",
    .aliases = "d2_log_loss_score mcfadden",
    .tasks = HN_TASK_CLASSIFY,
    .greater_is_better = true,
    .low = -(double)INFINITY,
    .high = 1,
    .needs_probabilities = true,
    .compute = d2_log_loss,
};

static hone_status d2_brier(hone_ctx *ctx, const hn_scored *scored, double *ret_value) {
    return skill(ctx, scored, &hn_metric_brier, ret_value);
}

const hn_metric hn_metric_d2_brier = {
    .name = "d2_brier",
    .function = "d2_brier_score(y_true, y_proba)",
    .title = "Brier skill score",
    .doc =
        "Share of the Brier score of always answering the classes' shares that the model saves: 1 "
        "perfect, 0 knows nothing of the rows, negative worse.",
    .references = "Brier (1950). Verification of forecasts expressed in terms of probability.",
    .aliases = "d2_brier_score brier_skill",
    .tasks = HN_TASK_CLASSIFY,
    .greater_is_better = true,
    .low = -(double)INFINITY,
    .high = 1,
    .needs_probabilities = true,
    .compute = d2_brier,
};

/* ---- calibration ----------------------------------------------------------------------------- */

static hone_status calibration_error(hone_ctx *ctx, const hn_scored *scored, double *ret_value) {
    HN_SCRATCH(ctx);
    hn_calibration_bin bins[HN_CALIBRATION_BINS];
    double *chance, *outcome;
    HN_TRY(HN_SCRATCH_NEW(ctx, chance, scored->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, outcome, scored->n + 1));
    hn_calibration_chances(scored, -1, chance, outcome);
    HN_TRY(hn_calibration_bins(ctx, chance, outcome, scored->weight, scored->n, false, bins));
    *ret_value = hn_calibration_error(bins);
    return HONE_OK;
}

const hn_metric hn_metric_calibration_error = {
    .name = "calibration_error",
    .function = "calibration_error(y_true, y_proba)",
    .title = "Expected calibration error",
    .doc =
        "Mean distance between what is predicted and what happens, over ten bins of equal width: "
        "of the positive class with two classes, of the likeliest with more.",
    .references =
        "Naeini, Cooper, Hauskrecht (2015). Obtaining well calibrated probabilities using "
        "Bayesian binning.",
    .aliases = "ece expected_calibration_error",
    .tasks = HN_TASK_CLASSIFY,
    .greater_is_better = false,
    .low = 0,
    .high = 1,
    .needs_probabilities = true,
    .compute = calibration_error,
};

/* ---- top k ----------------------------------------------------------------------------------- */

/* 1 where fewer than k classes stand before the true one; of equals the later class stands before. */
static void top_k_per_row(const hn_metric *metric, const hn_scored *scored, int64_t begin,
                          int64_t end, double *ret) {
    int32_t k = scored->n_classes;
    for (int64_t i = begin; i < end; i++) {
        const double *p = scored->proba + i * k;
        int32_t truth = (int32_t)scored->y[i], before = 0;
        for (int32_t c = 0; c < k; c++)
            before += p[c] > p[truth] || (p[c] == p[truth] && c > truth);
        ret[i - begin] = before < metric->at;
    }
}

static hone_status top_k(hone_ctx *ctx, const hn_metric *metric, const hn_scored *scored,
                         double *ret_value) {
    return hn_metric_mean(ctx, scored, metric, ret_value);
}

static const hn_argument top_k_argument = {
    .name = "k",
    .range = "[1, inf)",
    .def = 2,
    .example = 3,
    .is_place = true,
    .doc = "How many classes may stand before a row's answer is wrong.",
};

const hn_metric hn_metric_top_k_accuracy = {
    .name = "top_k_accuracy",
    .function = "top_k_accuracy_score(y_true, y_score)",
    .aliases = "top_k_accuracy_score",
    .title = "Top-k accuracy",
    .doc = "Share of rows whose class is among the k (2) with the highest scores.",
    .tasks = HN_TASK_MULTICLASS,
    .greater_is_better = true,
    .low = 0,
    .high = 1,
    .argument = &top_k_argument,
    .at = 2,
    .compute_at = top_k,
    .per_row_at = top_k_per_row,
};
