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

/* What powers 1 and 2 come to in the limit stands apart; power 3 is the inverse Gaussian's. */
static double tweedie_of(double power, double y, double p) {
    if (p <= 0 || y < 0 || (power >= 2 && y <= 0)) return (double)NAN;
    if (power == 1) return 2 * ((y > 0 ? y * hn_log(y / p) : 0) - y + p);
    if (power == 2) return 2 * (hn_log(p / y) + y / p - 1);
    double first = 1 - power, second = 2 - power;
    double own = y > 0 ? hn_pow(y, second) / (first * second) : 0;
    return 2 * (own - y * hn_pow(p, first) / first + hn_pow(p, second) / second);
}

static void tweedie_per_row(const hn_metric *metric, const hn_scored *scored, int64_t begin,
                            int64_t end, double *ret) {
    for (int64_t i = begin; i < end; i++)
        ret[i - begin] = tweedie_of(metric->at, scored->y[i], scored->value[i]);
}

static hone_status mean_at(hone_ctx *ctx, const hn_metric *metric, const hn_scored *scored,
                           double *ret_value) {
    return hn_metric_mean(ctx, scored, metric, ret_value);
}

static const hn_argument power = {
    .name = "power",
    .range = "[1, inf)",
    .def = 1.5,
    .example = 1.5,
    .doc = "Power of the mean that the variance grows with: 1 Poisson, 2 Gamma, 3 inverse "
           "Gaussian.",
};

const hn_metric hn_metric_tweedie_deviance = {
    .name = "tweedie_deviance",
    .title = "Mean Tweedie deviance",
    .doc = "Mean deviance of amounts that are often exactly 0 and else positive, such as claims "
           "(power 1.5). Not defined for negative targets (from power 2 on for 0 too) or "
           "predictions of 0 and less.",
    .references = "Jorgensen (1987). Exponential dispersion models.",
    .aliases = "mean_tweedie_deviance",
    .tasks = HN_TASK_REGRESSION,
    .greater_is_better = false,
    .low = 0,
    .high = (double)INFINITY,
    .argument = &power,
    .at = 1.5,
    .compute_at = mean_at,
    .per_row_at = tweedie_per_row,
};

/* ---- pinball --------------------------------------------------------------------------------- */

static void pinball_per_row(const hn_metric *metric, const hn_scored *scored, int64_t begin,
                            int64_t end, double *ret) {
    for (int64_t i = begin; i < end; i++) {
        double off = scored->y[i] - scored->value[i];
        ret[i - begin] = off >= 0 ? metric->at * off : (metric->at - 1) * off;
    }
}

static const hn_argument alpha = {
    .name = "alpha",
    .range = "[0, 1]",
    .def = 0.5,
    .example = 0.9,
    .doc = "Which quantile: 0.9 is what nine of ten targets lie below.",
};

const hn_metric hn_metric_pinball = {
    .name = "pinball",
    .title = "Pinball loss",
    .doc = "Mean loss that the quantile alpha makes smallest, in the target's unit: for models of "
           "that quantile. Without a number of the median, half the mean absolute error.",
    .references = "Koenker, Bassett (1978). Regression quantiles.",
    .aliases = "mean_pinball_loss quantile_loss",
    .tasks = HN_TASK_REGRESSION,
    .greater_is_better = false,
    .low = 0,
    .high = (double)INFINITY,
    .unit = "target",
    .argument = &alpha,
    .at = 0.5,
    .compute_at = mean_at,
    .per_row_at = pinball_per_row,
};

/* ---- D2: 1 - loss / loss of the best constant ------------------------------------------------ */

/* A quantile of the targets; rows of weight 0 are left out. */
static hone_status quantile_of(hone_ctx *ctx, const hn_scored *scored, double q,
                               double *ret_quantile) {
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
    *ret_quantile = n > 0 ? hn_weighted_quantile_sorted(values, weights, n, q) : (double)NAN;
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
    HN_TRY(quantile_of(ctx, scored, 0.5, &median));
    return explained(ctx, scored, &hn_metric_mae, median, ret_value);
}

const hn_metric hn_metric_d2_absolute = {
    .name = "d2_absolute",
    .title = "D2 of the absolute error",
    .doc = "Share of the mean absolute error of always answering the median that the model saves: "
           "what R squared is to squared errors.",
    .references = "Koenker, Machado (1999). Goodness of fit and related inference processes for "
                  "quantile regression.",
    .aliases = "d2_absolute_error_score",
    .tasks = HN_TASK_REGRESSION,
    .greater_is_better = true,
    .low = -(double)INFINITY,
    .high = 1,
    .compute = d2_absolute,
};

static hone_status d2_pinball(hone_ctx *ctx, const hn_metric *metric, const hn_scored *scored,
                              double *ret_value) {
    double quantile;
    hn_metric loss = hn_metric_pinball;
    loss.at = metric->at;
    HN_TRY(quantile_of(ctx, scored, metric->at, &quantile));
    return explained(ctx, scored, &loss, quantile, ret_value);
}

const hn_metric hn_metric_d2_pinball = {
    .name = "d2_pinball",
    .title = "D2 of the pinball loss",
    .doc = "Share of the pinball loss of always answering the quantile alpha (the median) that the "
           "model saves.",
    .references = "Koenker, Machado (1999). Goodness of fit and related inference processes for "
                  "quantile regression.",
    .aliases = "d2_pinball_score",
    .tasks = HN_TASK_REGRESSION,
    .greater_is_better = true,
    .low = -(double)INFINITY,
    .high = 1,
    .argument = &alpha,
    .at = 0.5,
    .compute_at = d2_pinball,
};

static hone_status d2_tweedie(hone_ctx *ctx, const hn_metric *metric, const hn_scored *scored,
                              double *ret_value) {
    double mean;
    hn_metric loss = hn_metric_tweedie_deviance;
    loss.at = metric->at;
    HN_TRY(mean_of(ctx, scored, &mean));
    return explained(ctx, scored, &loss, mean, ret_value);
}

const hn_metric hn_metric_d2_tweedie = {
    .name = "d2_tweedie",
    .title = "D2 of the Tweedie deviance",
    .doc = "Share of the Tweedie deviance of a power (1.5) of always answering the mean that the "
           "model saves.",
    .references = "Hastie, Tibshirani, Wainwright (2015). Statistical Learning with Sparsity.",
    .aliases = "d2_tweedie_score",
    .tasks = HN_TASK_REGRESSION,
    .greater_is_better = true,
    .low = -(double)INFINITY,
    .high = 1,
    .argument = &power,
    .at = 1.5,
    .compute_at = d2_tweedie,
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
