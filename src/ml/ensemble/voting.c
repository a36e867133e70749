/* voting.c - different kinds of models fitted on the same rows: they vote, or their answers are averaged. */
#include "ml/ensemble/ensemble.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { HARD, SOFT };

typedef struct voting_params {
    hn_parts estimators;
    int voting;
    hn_reals weights;
} voting_params;

static const hone_param params[] = {
    HN_PARAM(voting_params, estimators, .def = "random_forest,gbdt",
             .part_tasks = HN_ENSEMBLE_TASKS, .doc = "The models."),
    HN_PARAM(voting_params, voting, .def = "hard", .choices = HN_CHOICES("hard", "soft"),
             .doc = "Classes: hard counts each model's choice, soft averages their probabilities. "
                    "Numbers are averaged."),
    HN_PARAM(voting_params, weights, .range = "[0, inf)",
             .doc = "How much each model counts; all alike if not given."),
};

typedef struct voting_state {
    int64_t n_features, n_classes, n;
    int64_t hard;
    double *weights; /* [n] summing to 1 */
    hn_part *parts;  /* [n] */
    hn_child *members;
} voting_state;

static const hn_part *voting_part(const void *values, int64_t i) {
    const voting_params *p = values;
    return i < p->estimators.n ? &p->estimators.items[i] : NULL;
}

static hone_status voting_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    (void)data;
    const voting_params *p = values;
    int64_t n = p->estimators.n;
    if (n == 0)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "estimators"),
                          "voting: there is nobody to vote; name some 'estimators'");
    if (p->weights.n != 0 && p->weights.n != n)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "weights"),
                          "voting: there are %lld 'weights' for %lld 'estimators'; give one for "
                          "each, or none",
                          (long long)p->weights.n, (long long)n);
    double total = p->weights.n == 0;
    for (int64_t i = 0; i < p->weights.n; i++) total += p->weights.items[i];
    if (!(total > 0 && isfinite(total)))
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "weights"),
                          "voting: the sum of 'weights' must be above 0 and finite");
    return HONE_OK;
}

static hone_status voting_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                              hn_arena *arena, void *ret_state) {
    const voting_params *p = values;
    voting_state *s = ret_state;
    int64_t n = p->estimators.n;
    s->n_features = data->x->n_columns;
    s->n_classes = data->n_classes;
    s->hard = p->voting == HARD && data->n_classes > 0;
    HN_TRY(HN_NEW(ctx, arena, s->weights, n));
    HN_TRY(HN_NEW(ctx, arena, s->parts, n));
    HN_TRY(HN_NEW(ctx, arena, s->members, n));
    s->n = n;
    double total = 0;
    for (int64_t i = 0; i < n; i++) total += p->weights.n > 0 ? p->weights.items[i] : 1;
    /* One after the other: each has all threads, as models take very different times. */
    for (int64_t i = 0; i < n; i++) {
        s->weights[i] = (p->weights.n > 0 ? p->weights.items[i] : 1) / total;
        HN_TRY(hn_part_copy(ctx, arena, &p->estimators.items[i], &s->parts[i]));
        hn_progress(ctx, "fitting", i, n, "models");
        HN_TRY(hn_child_fit_by(ctx, "voting", &s->parts[i], data, data->validation,
                               hn_child_seed(ctx, "voting", i), &s->members[i]));
        if (p->voting == SOFT && s->n_classes > 0 && !hn_child_gives_probabilities(&s->members[i]))
            return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "voting"),
                              "voting: %s gives no probabilities to average; set 'voting' to hard, "
                              "or put it into calibrated",
                              s->parts[i].kind->name);
    }
    return HONE_OK;
}

static hone_status voting_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                                  double *ret_out) {
    const voting_state *s = state;
    int64_t k = hn_member_outputs(s->n_classes), n = x->n_rows * k;
    HN_SCRATCH(ctx);
    double *out;
    HN_TRY(HN_SCRATCH_NEW(ctx, out, n + 1));
    for (int64_t i = 0; i < n; i++) ret_out[i] = 0;
    for (int64_t m = 0; m < s->n; m++) {
        HN_TRY(hn_child_predict(ctx, &s->members[m], x, out));
        for (int64_t i = 0; s->hard && i < x->n_rows; i++)
            ret_out[i * k + hn_first_largest(out + i * k, k)] += s->weights[m];
        for (int64_t i = 0; !s->hard && i < n; i++) ret_out[i] += s->weights[m] * out[i];
    }
    return HONE_OK;
}

static int64_t voting_outputs(const void *state) {
    return hn_member_outputs(((const voting_state *)state)->n_classes);
}

static hone_status voting_visit(hn_visitor *v, void *state) {
    voting_state *s = state;
    HN_TRY(hn_members_visit_sizes(v, &s->n_features, &s->n_classes));
    HN_TRY(hn_visit(v, "n_estimators", &s->n));
    HN_TRY(hn_visit(v, "hard", &s->hard));
    HN_TRY(hn_visit_check(v, s->n >= 1 && (!s->hard || s->n_classes > 0), "a vote of nobody"));
    HN_TRY(hn_visit(v, "weights", &s->weights, s->n));
    return hn_members_visit_parts(v, s->n_features, s->n_classes, s->n, &s->parts, &s->members);
}

static hone_status voting_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                                  const hn_table *schema) {
    voting_state *s = state;
    return hn_members_prepare(ctx, arena, s->members, s->n, schema);
}

static void voting_done(void *state) {
    voting_state *s = state;
    hn_members_done(s->members, s->n);
}

static hone_status voting_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                 hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx, (void)schema;
    const voting_state *s = state;
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, object, "estimators");
    for (int64_t i = 0; i < s->n; i++) {
        hn_json_mut *one = yyjson_mut_arr_add_obj(doc, list);
        yyjson_mut_obj_add_str(doc, one, "kind", s->parts[i].kind->name);
        yyjson_mut_obj_add_real(doc, one, "weight", s->weights[i]);
    }
    return HONE_OK;
}

static hone_status voting_member(hone_ctx *ctx, const void *state, int64_t i, hn_arena *arena,
                                 hn_member *ret_member) {
    (void)arena;
    const voting_state *s = state;
    return hn_members_member(ctx, s->members, s->n, i, ret_member);
}

const hone_estimator hn_voting = {
    .name = "voting",
    .title = "Voting",
    .class_names = "VotingClassifier VotingRegressor",
    .family = "ensemble",
    .doc = "Fits different kinds of models on the same rows and lets them vote, or averages their "
           "answers. Take it where several models are about equally good and wrong on different "
           "rows.",
    .references = "Kittler, Hatef, Duin, Matas (1998), On combining classifiers",
    .tasks = HN_ENSEMBLE_TASKS,
    .can = HN_ENSEMBLE_CAN | HN_CAN_VALIDATE,
    .example = "{\"estimators\": [\"decision_tree\", \"baseline\", {\"gbdt\": {\"n_estimators\": "
               "3}}], \"weights\": [2, 1, 1]}",
    .params = HN_PARAMS(voting_params, params),
    .state_size = sizeof(voting_state),
    .check = voting_check,
    .fit = voting_fit,
    .predict = voting_predict,
    .outputs = voting_outputs,
    .visit = voting_visit,
    .member = voting_member,
    .prepare = voting_prepare,
    .done = voting_done,
    .report = voting_report,
    .part = voting_part,
    HN_GOLDEN({.dataset = "tabular/iris/iris.csv",
               .target = "species",
               .params = "{\"voting\":\"soft\",\"estimators\":[{\"decision_tree\":{\"max_depth\":3,"
                         "\"criterion\":\"entropy\"}},\"baseline\"]}",
               .scheme = "all",
               .metric = "log_loss",
               .value = 0.444607618062808,
               .tolerance = 1e-9,
               .source =
                   "scikit-learn 1.9.1, VotingClassifier(DecisionTreeClassifier(max_depth=3, "
                   "criterion='entropy'), DummyClassifier(strategy='prior'), voting='soft')"}),
};
