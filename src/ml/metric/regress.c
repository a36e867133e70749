/* regress.c - metrics of predicted numbers. */
#include "ml/metric/mean_of.h"

#include "num/math.h"
#include "num/sort.h"
#include <float.h>

/* ---- mean losses ----------------------------------------------------------------------------- */

MEAN_OF(mse, (y - p) * (y - p))

const hn_metric hn_metric_mse = {
    .name = "mse",
    .aliases = "mean_squared_error",
    .title = "Mean squared error",
    .doc = "Mean of the squared errors, in the square of the target's unit.",
    .tasks = HN_TASK_REGRESSION,
    .greater_is_better = false,
    .low = 0,
    .high = (double)INFINITY,
    .compute = mse,
    .per_row = mse_per_row,
};

MEAN_OF(rmse, (y - p) * (y - p))

const hn_metric hn_metric_rmse = {
    .name = "rmse",
    .aliases = "root_mean_squared_error",
    .title = "Root mean squared error",
    .doc = "Root of the mean squared error: a typical error in the target's unit, where large "
           "errors weigh more.",
    .tasks = HN_TASK_REGRESSION,
    .greater_is_better = false,
    .low = 0,
    .high = (double)INFINITY,
    .unit = "target",
    .compute = rmse,
    .per_row = rmse_per_row,
    .is_root = true,
};

MEAN_OF(mae, fabs(y - p))

const hn_metric hn_metric_mae = {
    .name = "mae",
    .aliases = "mean_absolute_error",
    .title = "Mean absolute error",
    .doc = "Mean size of the errors, in the target's unit.",
    .tasks = HN_TASK_REGRESSION,
    .greater_is_better = false,
    .low = 0,
    .high = (double)INFINITY,
    .unit = "target",
    .compute = mae,
    .per_row = mae_per_row,
};

MEAN_OF(mape, fabs(y - p) / (fabs(y) > DBL_EPSILON ? fabs(y) : DBL_EPSILON))

const hn_metric hn_metric_mape = {
    .name = "mape",
    .aliases = "mean_absolute_percentage_error",
    .title = "Mean absolute percentage error",
    .doc = "Mean size of the errors relative to the true value, as a fraction. Very large where "
           "true values are "
           "at or near 0.",
    .tasks = HN_TASK_REGRESSION,
    .greater_is_better = false,
    .low = 0,
    .high = (double)INFINITY,
    .compute = mape,
    .per_row = mape_per_row,
};

MEAN_OF(poisson_deviance,
        y < 0 || p <= 0 ? (double)NAN : 2 * ((y > 0 ? y * hn_log(y / p) : 0) - y + p))

const hn_metric hn_metric_poisson_deviance = {
    .name = "poisson_deviance",
    .aliases = "mean_poisson_deviance",
    .title = "Mean Poisson deviance",
    .doc = "Mean deviance of counts: relative errors of small and large counts weigh alike. Not "
           "defined for "
           "negative targets or predictions of 0 and less.",
    .references = "McCullagh, Nelder (1989). Generalized Linear Models.",
    .tasks = HN_TASK_REGRESSION,
    .greater_is_better = false,
    .low = 0,
    .high = (double)INFINITY,
    .compute = poisson_deviance,
    .per_row = poisson_deviance_per_row,
};

/* ---- shares of variance ---------------------------------------------------------------------- */

static void centres(const hn_scored *scored, const void *arg, int64_t begin, int64_t end,
                    double ret[HN_TERMS_MAX][HN_TERMS_BLOCK]) {
    (void)arg;
    for (int64_t i = begin; i < end; i++) {
        ret[0][i - begin] = scored->y[i];
        ret[1][i - begin] = scored->y[i] - scored->value[i];
    }
}

/* arg: two doubles, what y and the error are measured from. */
static void spreads(const hn_scored *scored, const void *arg, int64_t begin, int64_t end,
                    double ret[HN_TERMS_MAX][HN_TERMS_BLOCK]) {
    const double *from = arg;
    for (int64_t i = begin; i < end; i++) {
        double y = scored->y[i] - from[0], error = scored->y[i] - scored->value[i] - from[1];
        ret[0][i - begin] = y * y;
        ret[1][i - begin] = error * error;
    }
}

/* 1 - spread of errors / spread of y; where y does not vary, 1 for perfect answers and 0 for
 * others. */
static hone_status share_explained(hone_ctx *ctx, const hn_scored *scored, bool around_mean_error,
                                   double *ret_value) {
    double total = hn_scored_total(scored), sums[2], spread[2];
    HN_TRY(hn_metric_sums(ctx, scored, centres, NULL, 2, sums));
    double from[2] = {sums[0] / total, around_mean_error ? sums[1] / total : 0};
    HN_TRY(hn_metric_sums(ctx, scored, spreads, from, 2, spread));
    if (!(total > 0))
        *ret_value = (double)NAN;
    else if (spread[0] == 0)
        *ret_value = spread[1] == 0 ? 1 : 0;
    else
        *ret_value = 1 - spread[1] / spread[0];
    return HONE_OK;
}

static hone_status r2(hone_ctx *ctx, const hn_scored *scored, double *ret_value) {
    if (scored->n >= 2) return share_explained(ctx, scored, false, ret_value);
    *ret_value = (double)NAN;
    return HONE_OK;
}

const hn_metric hn_metric_r2 = {
    .name = "r2",
    .aliases = "r2_score",
    .title = "R squared",
    .doc = "Share of the target's variance that the predictions explain: 1 perfect, 0 no better "
           "than the mean, "
           "negative worse. Not defined for fewer than two rows.",
    .tasks = HN_TASK_REGRESSION,
    .greater_is_better = true,
    .low = -(double)INFINITY,
    .high = 1,
    .compute = r2,
};

static hone_status explained_variance(hone_ctx *ctx, const hn_scored *scored, double *ret_value) {
    return share_explained(ctx, scored, true, ret_value);
}

const hn_metric hn_metric_explained_variance = {
    .name = "explained_variance",
    .aliases = "explained_variance_score",
    .title = "Explained variance",
    .doc = "R squared as if a constant error of all predictions were forgiven.",
    .tasks = HN_TASK_REGRESSION,
    .greater_is_better = true,
    .low = -(double)INFINITY,
    .high = 1,
    .compute = explained_variance,
};

/* ---- median ---------------------------------------------------------------------------------- */

/* The row whose error is the median, and the next one up where half the weight lies exactly below.
 */
static double median_of(const hn_scored *scored, const int64_t *order) {
    double half = 0.5 * hn_scored_total(scored), below = 0, first = (double)NAN;
    for (int64_t i = 0; i < scored->n; i++) {
        int64_t row = order[i];
        double weight = hn_scored_weight(scored, row);
        if (!(weight > 0)) continue;
        double error = fabs(scored->y[row] - scored->value[row]);
        if (!isnan(first)) return (first + error) / 2;
        below += weight;
        if (below == half) first = error;
        if (below > half) return error;
    }
    return first;
}

static hone_status median_ae(hone_ctx *ctx, const hn_scored *scored, double *ret_value) {
    hn_scored own = *scored;
    HN_SCRATCH(ctx);
    if (own.order == NULL) HN_TRY(hn_scored_prepare(ctx, ctx->scratch, &own));
    *ret_value = own.n > 0 ? median_of(&own, own.order[0]) : (double)NAN;
    return HONE_OK;
}

const hn_metric hn_metric_median_ae = {
    .name = "median_ae",
    .aliases = "median_absolute_error",
    .title = "Median absolute error",
    .doc =
        "Half of the errors are smaller than this, in the target's unit; outliers don't move it.",
    .tasks = HN_TASK_REGRESSION,
    .greater_is_better = false,
    .low = 0,
    .high = (double)INFINITY,
    .unit = "target",
    .compute = median_ae,
};
