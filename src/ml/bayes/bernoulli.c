/* bernoulli.c - naive Bayes on features that are there or not. */
#include "ml/bayes/counts.h"
#include "num/math.h"
#include <string.h>

static const hone_param params[] = {
    HN_COUNTS_PARAMS,
    HN_PARAM(hn_counts_params, binarize, .def = "0", .words = HN_WORDS({"none", -INFINITY}),
             .doc = "A feature is there where its value is above this; none: they are 0 and 1."),
};

static hone_status bernoulli_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const hn_counts_params *p = values;
    if (data->x->csr && p->binarize < 0 && p->binarize > -INFINITY)
        return hn_fail_at(
            ctx, HONE_ERROR_USAGE, HN_AT(.param = "binarize"),
            "bernoulli_bayes: in a sparse matrix 0 is absent, so 'binarize' cannot be "
            "below 0; raise it or make the matrix dense");
    return hn_bayes_check_priors(ctx, "bernoulli_bayes", "class_prior", &p->class_prior, data);
}

static hone_status bernoulli_update(hone_ctx *ctx, const void *values, const hone_data *data,
                                    hn_arena *arena, void *state) {
    (void)arena;
    const hn_counts_params *p = values;
    hn_counts *s = state;
    int64_t m = s->n_features;
    s->threshold = p->binarize > -INFINITY ? p->binarize : 0;
    HN_TRY(hn_counts_add(ctx, p, data, s));
    for (int64_t c = 0; c < s->n_classes; c++) {
        double log_total = hn_log(s->class_count[c] + 2 * hn_counts_alpha(p));
        for (int64_t j = 0; j < m; j++)
            s->feature_log_prob[c * m + j] =
                hn_log(s->feature_count[c * m + j] + hn_counts_alpha(p)) - log_total;
    }
    return HONE_OK;
}

static hone_status bernoulli_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                                 hn_arena *arena, void *state) {
    HN_TRY(hn_counts_init(ctx, arena, data, state));
    return bernoulli_update(ctx, values, data, arena, state);
}

/* Absence tells too: log(1 - p) for every feature, corrected where it is there. */
static hone_status bernoulli_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                                     const hn_table *schema) {
    (void)schema;
    hn_counts *s = state;
    HN_TRY(hn_counts_prepare(ctx, arena, s));
    for (int64_t c = 0; c < s->n_classes; c++) {
        s->shift[c] = s->class_log_prior[c];
        for (int64_t j = c * s->n_features; j < (c + 1) * s->n_features; j++) {
            double absent = hn_log(1 - hn_exp(s->feature_log_prob[j]));
            s->shift[c] += absent;
            s->slope[j] = s->feature_log_prob[j] - absent;
        }
    }
    return HONE_OK;
}

const hone_estimator hn_bernoulli_bayes = {
    .name = "bernoulli_bayes",
    .title = "Bernoulli naive Bayes",
    .class_names = "BernoulliNB",
    .family = "bayes",
    .doc = "Naive Bayes on features that are there or not; that one is not there counts as well. "
           "For short texts and yes-or-no data; learns on from more rows.",
    .references = "McCallum, Nigam (1998), A comparison of event models for naive Bayes text "
                  "classification",
    .tasks = HN_TASK_CLASSIFY,
    .can = HN_CAN_WEIGHTS | HN_CAN_PROBABILITIES | HN_CAN_UPDATE | HN_CAN_SPARSE,
    .params = HN_PARAMS(hn_counts_params, params),
    .state_size = sizeof(hn_counts),
    .check = bernoulli_check,
    .fit = bernoulli_fit,
    .update = bernoulli_update,
    .predict = hn_counts_predict,
    .outputs = hn_counts_outputs,
    .visit = hn_counts_visit,
    .prepare = bernoulli_prepare,
    .report = hn_counts_report,
    HN_GOLDEN({"tabular/digits/digits.csv", "digit", NULL, "{\"binarize\":7}", "all", "accuracy",
               0.8987200890372844, 1e-9, "scikit-learn 1.9.1, BernoulliNB(binarize=7)"}),
};
