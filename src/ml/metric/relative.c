/* relative.c - errors of numbers relative to their size, on a log scale, and the largest. */
#include "ml/metric/mean_of.h"

#include "num/math.h"

MEAN_OF(smape, y == p ? 0 : 2 * fabs(y - p) / (fabs(y) + fabs(p)))

const hn_metric hn_metric_smape = {
    .name = "smape",
    .title = "Symmetric mean absolute percentage error",
    .doc = "Mean of the errors' sizes over the mean size of truth and prediction, as a fraction: 0 "
           "to 2, defined where true values are 0.",
    .references = "Makridakis (1993). Accuracy measures: theoretical and practical concerns.",
    .aliases = "symmetric_mean_absolute_percentage_error",
    .tasks = HN_TASK_REGRESSION,
    .greater_is_better = false,
    .low = 0,
    .high = 2,
    .compute = smape,
    .per_row = smape_per_row,
};

static void sizes(const hn_scored *scored, const void *arg, int64_t begin, int64_t end,
                  double ret[HN_TERMS_MAX][HN_TERMS_BLOCK]) {
    (void)arg;
    for (int64_t i = begin; i < end; i++) {
        ret[0][i - begin] = fabs(scored->y[i] - scored->value[i]);
        ret[1][i - begin] = fabs(scored->y[i]);
    }
}

static hone_status wape(hone_ctx *ctx, const hn_scored *scored, double *ret_value) {
    double sums[2];
    HN_TRY(hn_metric_sums(ctx, scored, sizes, NULL, 2, sums));
    *ret_value = sums[1] > 0 ? sums[0] / sums[1] : (double)NAN;
    return HONE_OK;
}

const hn_metric hn_metric_wape = {
    .name = "wape",
    .title = "Weighted absolute percentage error",
    .doc = "Sum of the errors' sizes over the sum of the true values' sizes, as a fraction: rows "
           "count as much as they are large, and true values of 0 do no harm.",
    .references = "Hyndman, Koehler (2006). Another look at measures of forecast accuracy.",
    .tasks = HN_TASK_REGRESSION,
    .greater_is_better = false,
    .low = 0,
    .high = (double)INFINITY,
    .compute = wape,
};

static hone_status max_error(hone_ctx *ctx, const hn_scored *scored, double *ret_value) {
    (void)ctx;
    double most = (double)NAN;
    for (int64_t i = 0; i < scored->n; i++) {
        double error = fabs(scored->y[i] - scored->value[i]);
        if (hn_scored_weight(scored, i) > 0 && !(error <= most)) most = error;
    }
    *ret_value = most;
    return HONE_OK;
}

const hn_metric hn_metric_max_error = {
    .name = "max_error",
    .title = "Largest error",
    .doc = "Size of the largest error, in the target's unit.",
    .tasks = HN_TASK_REGRESSION,
    .greater_is_better = false,
    .low = 0,
    .high = (double)INFINITY,
    .unit = "target",
    .compute = max_error,
};

/* Not defined at -1 and below. */
static double log_error(double y, double p) {
    double apart = hn_log1p(y) - hn_log1p(p);
    return y > -1 && p > -1 ? apart * apart : (double)NAN;
}

MEAN_OF(msle, log_error(y, p))

const hn_metric hn_metric_msle = {
    .name = "msle",
    .title = "Mean squared log error",
    .doc = "Mean squared difference of log(1 + y): relative errors count. Not defined at -1 and "
           "below.",
    .aliases = "mean_squared_log_error",
    .tasks = HN_TASK_REGRESSION,
    .greater_is_better = false,
    .low = 0,
    .high = (double)INFINITY,
    .compute = msle,
    .per_row = msle_per_row,
};

MEAN_OF(rmsle, log_error(y, p))

const hn_metric hn_metric_rmsle = {
    .name = "rmsle",
    .title = "Root mean squared log error",
    .doc =
        "Root of the mean squared difference of log(1 + y): a typical relative error. Not defined "
        "at -1 and below.",
    .aliases = "root_mean_squared_log_error",
    .tasks = HN_TASK_REGRESSION,
    .greater_is_better = false,
    .low = 0,
    .high = (double)INFINITY,
    .compute = rmsle,
    .per_row = rmsle_per_row,
    .is_root = true,
};
