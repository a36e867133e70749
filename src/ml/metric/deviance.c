/* deviance.c - Gamma and Tweedie deviances, pinball losses, and the shares of them explained. */
#include "ml/metric/mean_of.h"

#include "num/math.h"
#include "num/sort.h"

/* ---- deviances ------------------------------------------------------------------------------- */

MEAN_OF(gamma_deviance, y <= 0 || p <= 0 ? (double)NAN : 2 * (hn_log(p / y) + y / p - 1))

const hn_metric hn_metric_gamma_deviance = {
    .name = "gamma_deviance",
    .title = "Mean Gamma deviance",
    .doc = "Mean deviance of positive amounts: only the ratio of truth and prediction counts. Not "
           "defined at 0 and below.",
    .references = "McCullagh, Nelder (1989). Generalized Linear Models.",
    .aliases = "mean_gamma_deviance",
    .tasks = HN_TASK_REGRESSION,
    .greater_is_better = false,
    .low = 0,
    .high = (double)INFINITY,
    .compute = gamma_deviance,
    .per_row = gamma_deviance_per_row,
};

/* Power 1.5: y^0.5 / ((1 - 1.5)(2 - 1.5)) - y p^-0.5 / (1 - 1.5) + p^0.5 / (2 - 1.5), doubled. */
MEAN_OF(tweedie_deviance,
        y < 0 || p <= 0 ? (double)NAN : 2 * (-4 * sqrt(y) + 2 * y / sqrt(p) + 2 * sqrt(p)))

const hn_metric hn_metric_tweedie_deviance = {
    .name = "tweedie_deviance",
    .title = "Mean Tweedie deviance, power 1.5",
    .doc =
        "Mean deviance of amounts that are often exactly 0 and else positive, such as claims. Not "
        "defined for negative targets or predictions of 0 and less.",
    .references = "Jorgensen (1987). Exponential dispersion models.",
    .aliases = "mean_tweedie_deviance",
    .tasks = HN_TASK_REGRESSION,
    .greater_is_better = false,
    .low = 0,
    .high = (double)INFINITY,
    .compute = tweedie_deviance,
    .per_row = tweedie_deviance_per_row,
};

/* ---- pinball --------------------------------------------------------------------------------- */

#define PINBALL(percent, alpha)                                                                    \
    MEAN_OF(pinball_##percent, y >= p ? (alpha) * (y - p) : (1 - (alpha)) * (p - y))               \
    const hn_metric hn_metric_pinball_##percent = {                                                \
        .name = "pinball_" #percent,                                                               \
        .title = "Pinball loss at " #percent "%",                                                  \
        .doc = "Mean loss that the " #percent                                                      \
               "% quantile makes smallest, in the target's unit: for models of that quantile.",    \
        .references = "Koenker, Bassett (1978). Regression quantiles.",                            \
        .tasks = HN_TASK_REGRESSION,                                                               \
        .greater_is_better = false,                                                                \
        .low = 0,                                                                                  \
        .high = (double)INFINITY,                                                                  \
        .unit = "target",                                                                          \
        .compute = pinball_##percent,                                                              \
        .per_row = pinball_##percent##_per_row,                                                    \
    }

PINBALL(10, 0.1);
PINBALL(50, 0.5);
PINBALL(90, 0.9);

/* ---- D2: 1 - loss / loss of the best constant ------------------------------------------------ */

/* Sorted copies, rows of weight 0 left out; the median is any that half the weight lies below of. */
static hone_status median_of(hone_ctx *ctx, const hn_scored *scored, double *ret_median) {
    HN_SCRATCH(ctx);
    double *values, *weights;
    int64_t *order, n = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, values, scored->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, weights, scored->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, order, scored->n + 1));
    HN_TRY(hn_argsort_f64(ctx, scored->y, scored->n, order));
    for (int64_t i = 0; i < scored->n; i++) {
        double weight = hn_scored_weight(scored, order[i]);
        if (!(weight > 0)) continue;
        values[n] = scored->y[order[i]];
        weights[n++] = weight;
    }
    *ret_median = n > 0 ? hn_weighted_quantile_sorted(values, weights, n, 0.5) : (double)NAN;
    return HONE_OK;
}

static void targets(const hn_scored *scored, const void *arg, int64_t begin, int64_t end,
                    double ret[HN_TERMS_MAX][HN_TERMS_BLOCK]) {
    (void)arg;
    for (int64_t i = begin; i < end; i++) ret[0][i - begin] = scored->y[i];
}

static hone_status mean_of(hone_ctx *ctx, const hn_scored *scored, double *ret_mean) {
    HN_TRY(hn_metric_sums(ctx, scored, targets, NULL, 1, ret_mean));
    *ret_mean /= hn_scored_total(scored);
    return HONE_OK;
}

static hone_status explained(hone_ctx *ctx, const hn_scored *scored, const hn_metric *loss,
                             double constant, double *ret_value) {
    HN_SCRATCH(ctx);
    double *same, own, other;
    HN_TRY(HN_SCRATCH_NEW(ctx, same, scored->n + 1));
    for (int64_t i = 0; i < scored->n; i++) same[i] = constant;
    hn_scored blind = *scored;
    blind.value = same;
    HN_TRY(hn_metric_mean(ctx, scored, loss, &own));
    HN_TRY(hn_metric_mean(ctx, &blind, loss, &other));
    *ret_value = scored->n < 2 ? (double)NAN : other > 0 ? 1 - own / other : own == 0 ? 1 : 0;
    return HONE_OK;
}

static hone_status d2_absolute(hone_ctx *ctx, const hn_scored *scored, double *ret_value) {
    double median;
    HN_TRY(median_of(ctx, scored, &median));
    return explained(ctx, scored, &hn_metric_mae, median, ret_value);
}

const hn_metric hn_metric_d2_absolute = {
    .name = "d2_absolute",
    .title = "D2 of the absolute error",
    .doc = "Share of the mean absolute error of always answering the median that the model saves: "
           "what R squared is to squared errors.",
    .references = "Koenker, Machado (1999). Goodness of fit and related inference processes for "
                  "quantile regression.",
    .aliases = "d2_absolute_error_score d2_pinball_score",
    .tasks = HN_TASK_REGRESSION,
    .greater_is_better = true,
    .low = -(double)INFINITY,
    .high = 1,
    .compute = d2_absolute,
};

#define D2(family, family_title)                                                                   \
    static hone_status d2_##family(hone_ctx *ctx, const hn_scored *scored, double *ret_value) {    \
        double mean;                                                                               \
        HN_TRY(mean_of(ctx, scored, &mean));                                                       \
        return explained(ctx, scored, &hn_metric_##family##_deviance, mean, ret_value);            \
    }                                                                                              \
    const hn_metric hn_metric_d2_##family = {                                                      \
        .name = "d2_" #family,                                                                     \
        .title = "D2 of the " family_title " deviance",                                            \
        .doc = "Share of the " family_title                                                        \
               " deviance of always answering the mean that the model saves.",                     \
        .references =                                                                              \
            "Hastie, Tibshirani, Wainwright (2015). Statistical Learning with Sparsity.",          \
        .tasks = HN_TASK_REGRESSION,                                                               \
        .greater_is_better = true,                                                                 \
        .low = -(double)INFINITY,                                                                  \
        .high = 1,                                                                                 \
        .compute = d2_##family,                                                                    \
    }

D2(poisson, "Poisson");
D2(gamma, "Gamma");
