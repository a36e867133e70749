/* weight_of_evidence.c - more ways from a category's rows to a number: the weight of evidence, the
 * James-Stein estimate, and how many rows there are. */
#include "ml/prep/encode.h"

#include "num/math.h"

/* ---- weight_of_evidence ---------------------------------------------------------------------- */

typedef struct woe_params {
    double regularization;
    int unknown;
} woe_params;

static const hone_param woe_table[] = {
    HN_PARAM(woe_params, regularization, .def = "1", .range = "[0, inf)", .unit = "rows",
             .doc = "Rows of each class added to every category, so that none has a share of 0.",
             .search = "[0.1, 100] log"),
    HN_ENCODE_UNKNOWN(woe_params, "zero"),
};

/* A category of one row, or without one class where nothing is added, says nothing that could be trusted. */
static double woe(const void *params, const hn_encode_tally *t, int64_t slot) {
    const woe_params *p = params;
    double r = p->regularization, all = (double)t->rows, positive = t->mean * all;
    if (t->count[slot] == 1) return 0;
    double up = (t->sum[slot] + r) / (positive + 2 * r);
    double down = (t->count[slot] - t->sum[slot] + r) / (all - positive + 2 * r);
    return up > 0 && down > 0 ? hn_log(up / down) : 0;
}

static hone_status fit_woe(hone_ctx *ctx, const void *params, const hone_data *data,
                           hn_arena *arena, void *state) {
    const woe_params *p = params;
    return hn_encode_fit(ctx, "weight_of_evidence", p, p->unknown, data, woe, 0, arena, state);
}

const hone_estimator hn_weight_of_evidence = {
    .name = "weight_of_evidence",
    .title = "Categories by weight of evidence",
    .class_names = "WOEEncoder",
    .doc = "Turns each category into the logarithm of its share of the positive class over its "
           "share of the other: above 0 it speaks for the positive class. The usual encoding of "
           "credit scores, for two classes and linear models.",
    .references = "Siddiqi (2006). Credit Risk Scorecards.",
    .can = HN_ENCODE_CAN,
    .target = HN_TASK_BINARY,
    .params = HN_PARAMS(woe_params, woe_table),
    .fit = fit_woe,
    HN_ENCODE_HOOKS,
    HN_GOLDEN({.dataset = "tabular/telco_churn/Telco-Customer-Churn.csv",
               .target = "Churn",
               .columns = "Contract,PaymentMethod,InternetService",
               .params = NULL,
               .metric = "squares",
               .value = 22745.732557398682,
               .tolerance = 1e-7,
               .source = "category_encoders 2.11.2, WOEEncoder()"}),
};

/* ---- james_stein ----------------------------------------------------------------------------- */

typedef struct stein_params {
    int model, unknown;
} stein_params;

enum { INDEPENDENT, POOLED };

static const hone_param stein_table[] = {
    HN_PARAM(stein_params, model, .def = "independent",
             .choices = HN_CHOICES("independent", "pooled"),
             .doc = "What a category's mean is doubted by: how far the target varies within it, or "
                    "over all."),
    HN_ENCODE_UNKNOWN(stein_params, "mean"),
};

static double within(double x) { return x < 0 ? 0 : x > 1 ? 1 : x; }

static double stein(const void *params, const hn_encode_tally *t, int64_t slot) {
    const stein_params *p = params;
    double seen = t->seen, distance = t->distance, count = t->count[slot];
    double own = t->sum[slot] / count;
    double total = t->rows > 1 ? t->variance * (double)t->rows / ((double)t->rows - 1) : 0;
    if (seen == (double)t->rows) return t->mean;
    if (p->model == POOLED) {
        if (!(distance > 0)) return own;
        double doubt = within((seen - 3) * (total / ((double)t->rows / seen)) / distance);
        return t->mean + (1 - doubt) * (own - t->mean);
    }
    double variance = count > 1 ? t->spread[slot] / (count - 1) : 0;
    if (seen < 2 || !(total + variance > 0)) return own;
    double trust = within(1 - variance / (total + variance) * (seen - 3) / (seen - 1));
    return trust * own + (1 - trust) * t->mean;
}

static hone_status fit_stein(hone_ctx *ctx, const void *params, const hone_data *data,
                             hn_arena *arena, void *state) {
    const stein_params *p = params;
    return hn_encode_fit(ctx, "james_stein", p, p->unknown, data, stein, (double)NAN, arena, state);
}

const hone_estimator hn_james_stein = {
    .name = "james_stein",
    .title = "Categories by James-Stein estimate",
    .class_names = "JamesSteinEncoder",
    .doc = "Turns each category into the mean of its target drawn towards the mean of all, the "
           "more the further the target varies within the category.",
    .references = "Morris (1983). Parametric empirical Bayes inference: theory and applications.\n"
                  "Efron, Hastie (2016). Computer Age Statistical Inference, chapter 7.",
    .can = HN_ENCODE_CAN,
    .target = HN_TASK_CLASSIFY | HN_TASK_REGRESSION,
    .params = HN_PARAMS(stein_params, stein_table),
    .fit = fit_stein,
    HN_ENCODE_HOOKS,
    HN_GOLDEN({.dataset = "tabular/telco_churn/Telco-Customer-Churn.csv",
               .target = "Churn",
               .columns = "Contract,PaymentMethod,InternetService",
               .params = NULL,
               .metric = "squares",
               .value = 1937.5276115646084,
               .tolerance = 1e-9,
               .source = "category_encoders 2.11.2, JamesSteinEncoder()"}),
};

/* ---- count_encode ---------------------------------------------------------------------------- */

typedef struct count_params {
    bool normalize;
    int unknown;
} count_params;

static const hone_param count_table[] = {
    HN_PARAM(count_params, normalize, .def = "false",
             .doc = "The share of the rows instead of their number."),
    HN_ENCODE_UNKNOWN(count_params, "zero"),
};

static double count_of(const void *params, const hn_encode_tally *t, int64_t slot) {
    const count_params *p = params;
    return p->normalize ? t->count[slot] / (double)t->rows : t->count[slot];
}

static hone_status fit_count(hone_ctx *ctx, const void *params, const hone_data *data,
                             hn_arena *arena, void *state) {
    const count_params *p = params;
    HN_SCRATCH(ctx);
    double *nothing;
    HN_TRY(HN_SCRATCH_NEW(ctx, nothing, data->x->n_rows + 1));
    hone_data blind = {.x = data->x, .y = nothing};
    return hn_encode_fit(ctx, "count_encode", p, p->unknown, &blind, count_of, 0, arena, state);
}

const hone_estimator hn_count_encode = {
    .name = "count_encode",
    .title = "Categories by how often they occur",
    .class_names = "CountEncoder",
    .doc = "Turns each category into the number of training rows that have it, or their share. "
           "One column however many categories there are, and no target is needed; categories "
           "that are equally frequent become the same.",
    .can = HN_ENCODE_CAN,
    .params = HN_PARAMS(count_params, count_table),
    .fit = fit_count,
    HN_ENCODE_HOOKS,
    HN_GOLDEN({.dataset = "tabular/telco_churn/Telco-Customer-Churn.csv",
               .columns = "Contract,PaymentMethod,InternetService",
               .params = NULL,
               .metric = "sum",
               .value = 50725701.0,
               .tolerance = 0,
               .source = "category_encoders 2.11.2, CountEncoder()"}),
};
