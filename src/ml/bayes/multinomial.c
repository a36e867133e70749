/* multinomial.c - naive Bayes on counts: multinomial, and complement for classes of unlike size. */
#include "ml/bayes/counts.h"
#include "num/math.h"
#include <string.h>

static const hone_param multinomial_params[] = {HN_COUNTS_PARAMS};
static const hone_param complement_params[] = {
    HN_COUNTS_PARAMS,
    HN_PARAM(hn_counts_params, norm, .def = "false", .level = HN_ADVANCED,
             .doc = "Divide each class's weights by their sum."),
};

static hone_status multinomial_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const hn_counts_params *p = values;
    return hn_bayes_check_priors(ctx, "naive Bayes", "class_prior", &p->class_prior, data);
}

/* ---- multinomial ---------------------------------------------------------------------------- */

static hone_status multinomial_update(hone_ctx *ctx, const void *values, const hone_data *data,
                                      hn_arena *arena, void *state) {
    (void)arena;
    const hn_counts_params *p = values;
    hn_counts *s = state;
    int64_t m = s->n_features;
    HN_TRY(hn_counts_add(ctx, p, data, s));
    for (int64_t c = 0; c < s->n_classes; c++) {
        const double *count = s->feature_count + c * m;
        double total = 0;
        for (int64_t j = 0; j < m; j++) total += count[j] + hn_counts_alpha(p);
        double log_total = hn_log(total);
        for (int64_t j = 0; j < m; j++)
            s->feature_log_prob[c * m + j] = hn_log(count[j] + hn_counts_alpha(p)) - log_total;
    }
    return HONE_OK;
}

static hone_status multinomial_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                                   hn_arena *arena, void *state) {
    HN_TRY(hn_counts_init(ctx, arena, data, state));
    return multinomial_update(ctx, values, data, arena, state);
}

static hone_status multinomial_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                                       const hn_table *schema) {
    (void)schema;
    hn_counts *s = state;
    HN_TRY(hn_counts_prepare(ctx, arena, s));
    memcpy(s->shift, s->class_log_prior, (size_t)s->n_classes * sizeof(double));
    memcpy(s->slope, s->feature_log_prob, (size_t)(s->n_classes * s->n_features) * sizeof(double));
    return HONE_OK;
}

/* ---- complement ----------------------------------------------------------------------------- */

/* A class is told by what the others have: their counts are more, and so more certain. */
static hone_status complement_update(hone_ctx *ctx, const void *values, const hone_data *data,
                                     hn_arena *arena, void *state) {
    (void)arena;
    const hn_counts_params *p = values;
    hn_counts *s = state;
    int64_t m = s->n_features;
    HN_TRY(hn_counts_add(ctx, p, data, s));
    HN_SCRATCH(ctx);
    double *all;
    HN_TRY(HN_SCRATCH_NEW(ctx, all, m));
    for (int64_t i = 0; i < s->n_classes * m; i++) all[i % m] += s->feature_count[i];
    for (int64_t c = 0; c < s->n_classes; c++) {
        double *log_prob = s->feature_log_prob + c * m, total = 0, sum = 0;
        for (int64_t j = 0; j < m; j++) {
            log_prob[j] = (all[j] - s->feature_count[c * m + j]) + hn_counts_alpha(p);
            total += log_prob[j];
        }
        for (int64_t j = 0; j < m; j++) sum += log_prob[j] = hn_log(log_prob[j] / total);
        bool norm = p->norm && sum != 0; /* it is 0 where there is but one feature */
        for (int64_t j = 0; j < m; j++) log_prob[j] = norm ? log_prob[j] / sum : -log_prob[j];
    }
    return HONE_OK;
}

static hone_status complement_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                                  hn_arena *arena, void *state) {
    HN_TRY(hn_counts_init(ctx, arena, data, state));
    return complement_update(ctx, values, data, arena, state);
}

static hone_status complement_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                                      const hn_table *schema) {
    hn_counts *s = state;
    HN_TRY(multinomial_prepare(ctx, arena, state, schema));
    memset(s->shift, 0, (size_t)s->n_classes * sizeof(double));
    return HONE_OK;
}

/* ---- declarations --------------------------------------------------------------------------- */

const hone_estimator hn_multinomial_bayes = {
    .name = "multinomial_bayes",
    .title = "Multinomial naive Bayes",
    .class_names = "MultinomialNB",
    .family = "bayes",
    .doc = "Takes a row's counts (words of a text, say) for draws from its class's distribution. "
           "Fast on wide sparse counts, and learns on from more rows.",
    .references = "Manning, Raghavan, Schuetze (2008), Introduction to Information Retrieval, 13.2",
    .tasks = HN_TASK_CLASSIFY,
    .can = HN_CAN_WEIGHTS | HN_CAN_PROBABILITIES | HN_CAN_UPDATE | HN_CAN_SPARSE | HN_NOT_NEGATIVE,
    .params = HN_PARAMS(hn_counts_params, multinomial_params),
    .state_size = sizeof(hn_counts),
    .check = multinomial_check,
    .fit = multinomial_fit,
    .update = multinomial_update,
    .predict = hn_counts_predict,
    .outputs = hn_counts_outputs,
    .visit = hn_counts_visit,
    .prepare = multinomial_prepare,
    .report = hn_counts_report,
    HN_GOLDEN({"tabular/digits/digits.csv", "digit", NULL, NULL, "all", "accuracy",
               0.9053978853644964, 1e-9, "scikit-learn 1.9.1, MultinomialNB()"}),
};

static hone_status complement_attributes(hn_visitor *v, const void *state, const hn_shown *shown) {
    (void)shown;
    const hn_counts *s = state;
    double *sum;
    HN_TRY(HN_NEW(v->ctx, v->arena, sum, s->n_features));
    for (int64_t i = 0; i < s->n_classes * s->n_features; i++)
        sum[i % s->n_features] += s->feature_count[i];
    return hn_show(v, "feature_all", sum, s->n_features);
}

const hone_estimator hn_complement_bayes = {
    .name = "complement_bayes",
    .title = "Complement naive Bayes",
    .class_names = "ComplementNB",
    .family = "bayes",
    .doc = "Multinomial naive Bayes that judges a class by the counts of all others: better where "
           "classes are of unlike size, as texts often are.",
    .references = "Rennie, Shih, Teevan, Karger (2003), Tackling the poor assumptions of naive "
                  "Bayes text classifiers",
    .tasks = HN_TASK_CLASSIFY,
    .can = HN_CAN_WEIGHTS | HN_CAN_PROBABILITIES | HN_CAN_UPDATE | HN_CAN_SPARSE | HN_NOT_NEGATIVE,
    .attributes = complement_attributes,
    .params = HN_PARAMS(hn_counts_params, complement_params),
    .state_size = sizeof(hn_counts),
    .check = multinomial_check,
    .fit = complement_fit,
    .update = complement_update,
    .predict = hn_counts_predict,
    .outputs = hn_counts_outputs,
    .visit = hn_counts_visit,
    .prepare = complement_prepare,
    .report = hn_counts_report,
    HN_GOLDEN({"tabular/digits/digits.csv", "digit", NULL, NULL, "all", "accuracy",
               0.8219254312743461, 1e-9, "scikit-learn 1.9.1, ComplementNB()"}),
};
