/* proba.c - metrics of the predicted probabilities themselves (proper scoring rules). */
#include "ml/metric/sums.h"

#include "num/math.h"
#include <float.h>

/* A probability of 0 for what happened costs -log of the machine precision, 36.04, not infinity. */
static void log_loss_per_row(const hn_scored *scored, int64_t begin, int64_t end, double *ret) {
    for (int64_t i = begin; i < end; i++) {
        double p = scored->proba[i * scored->n_classes + (int32_t)scored->y[i]];
        p = p < DBL_EPSILON ? DBL_EPSILON : p > 1 - DBL_EPSILON ? 1 - DBL_EPSILON : p;
        ret[i - begin] = -hn_log(p);
    }
}

static hone_status log_loss(hone_ctx *ctx, const hn_scored *scored, double *ret_value) {
    return hn_metric_mean(ctx, scored, &hn_metric_log_loss, ret_value);
}

const hn_metric hn_metric_log_loss = {
    .name = "log_loss",
    .function = "log_loss(y_true, y_proba)",
    .aliases = "neg_log_loss cross_entropy",
    .title = "Log loss",
    .doc =
        "Mean of -log of the probability given to the true class; punishes being sure and wrong. "
        "Probabilities are kept at least 2.2e-16 away from 0 and 1.",
    .references = "Good (1952). Rational decisions.",
    .tasks = HN_TASK_CLASSIFY,
    .greater_is_better = false,
    .low = 0,
    .high = (double)INFINITY,
    .needs_probabilities = true,
    .compute = log_loss,
    .per_row = log_loss_per_row,
};

static void brier_per_row(const hn_scored *scored, int64_t begin, int64_t end, double *ret) {
    int32_t k = scored->n_classes;
    for (int64_t i = begin; i < end; i++) {
        const double *p = scored->proba + i * k;
        int32_t truth = (int32_t)scored->y[i];
        double sum = 0;
        for (int32_t c = k == 2 ? 1 : 0; c < k; c++) {
            double off = (c == truth ? 1 : 0) - p[c];
            sum += off * off;
        }
        ret[i - begin] = sum;
    }
}

static hone_status brier(hone_ctx *ctx, const hn_scored *scored, double *ret_value) {
    return hn_metric_mean(ctx, scored, &hn_metric_brier, ret_value);
}

const hn_metric hn_metric_brier = {
    .name = "brier",
    .function = "brier_score_loss(y_true, y_proba)",
    .aliases = "brier_score brier_score_loss",
    .title = "Brier score",
    .doc = "Mean squared difference between the probability and what happened: of the positive "
           "class with two "
           "classes (0 to 1), summed over all with more (0 to 2).",
    .references = "Brier (1950). Verification of forecasts expressed in terms of probability.",
    .tasks = HN_TASK_CLASSIFY,
    .greater_is_better = false,
    .low = 0,
    .high = 2,
    .needs_probabilities = true,
    .compute = brier,
    .per_row = brier_per_row,
};
