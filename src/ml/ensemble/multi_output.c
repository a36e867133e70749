/* multi_output.c - several targets, each learned by a model of its own. */
#include "base/parallel.h"
#include "ml/ensemble/targets.h"

typedef struct multi_output_params {
    hn_part estimator;
} multi_output_params;

static const hone_param params[] = {
    HN_PARAM(multi_output_params, estimator, .def = "gbdt", .part_tasks = HN_ENSEMBLE_TASKS,
             .doc = "What is fitted to each target."),
};

static const hn_part *multi_output_part(const void *values, int64_t i) {
    return i == 0 ? &((const multi_output_params *)values)->estimator : NULL;
}

/* ---- fit ------------------------------------------------------------------------------------- */

typedef struct fitting {
    const hone_data *data;
    hn_targets *s;
} fitting;

/* Each with the seed of the whole: a target is learned as it would be alone. */
static hone_status fit_target(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const fitting *f = arg;
    hone_data one = hn_data_of_target(f->data, (int32_t)chunk.index);
    hone_data held;
    if (f->data->validation) held = hn_data_of_target(f->data->validation, (int32_t)chunk.index);
    return hn_child_fit_by(ctx, "multi_output", &f->s->part, &one,
                           f->data->validation ? &held : NULL, ctx->seed,
                           &f->s->members[chunk.index]);
}

static hone_status multi_output_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                                    hn_arena *arena, void *ret_state) {
    hn_targets *s = ret_state;
    const multi_output_params *p = values;
    HN_TRY(hn_targets_begin(ctx, arena, &p->estimator, data, s));
    fitting f = {.data = data, .s = s};
    /* Few targets have all threads one after the other, many a thread each. */
    if (s->n >= 4 * (int64_t)hn_workers(ctx)) return hn_parallel(ctx, s->n, 1, fit_target, &f);
    for (int64_t t = 0; t < s->n; t++) {
        hn_progress(ctx, "fitting", t, s->n, "targets");
        HN_TRY(hn_check_cancel(ctx));
        HN_TRY(fit_target(ctx, &f, (hn_chunk){.index = t}));
    }
    return HONE_OK;
}

/* ---- answers --------------------------------------------------------------------------------- */

static hone_status multi_output_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                                        double *ret_out) {
    const hn_targets *s = state;
    if (s->n == 1) return hn_child_predict(ctx, &s->members[0], x, ret_out);
    for (int64_t t = 0; t < s->n; t++) {
        HN_SCRATCH(ctx);
        double *out;
        HN_TRY(HN_SCRATCH_NEW(ctx, out, x->n_rows * hn_targets_width(s, t) + 1));
        HN_TRY(hn_child_predict(ctx, &s->members[t], x, out));
        hn_targets_place(s, t, x->n_rows, out, ret_out);
    }
    return HONE_OK;
}

static int64_t multi_output_outputs(const void *state) { return hn_targets_outputs(state); }

static bool multi_output_gives_probabilities(const void *state) {
    return hn_targets_give_probabilities(state);
}

/* ---- state ----------------------------------------------------------------------------------- */

static hone_status multi_output_visit(hn_visitor *v, void *state) {
    hn_targets *s = state;
    HN_TRY(hn_targets_visit(v, s));
    for (int64_t t = 0; t < s->n; t++) HN_TRY(hn_targets_visit_member(v, s, t, s->n_features));
    return HONE_OK;
}

static hone_status multi_output_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                                        const hn_table *schema) {
    hn_targets *s = state;
    return hn_members_prepare(ctx, arena, s->members, s->n, schema);
}

static void multi_output_done(void *state) {
    hn_targets *s = state;
    hn_members_done(s->members, s->n);
}

static hone_status multi_output_importances(hone_ctx *ctx, const void *state,
                                            double *ret_importances) {
    const hn_targets *s = state;
    return hn_members_importances(ctx, s->members, s->n, NULL, NULL, s->n_features, s->n_features,
                                  ret_importances);
}

static hone_status multi_output_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                       hn_json_doc *doc, hn_json_mut *object) {
    const hn_targets *s = state;
    const hone_estimator *kind = s->part.kind;
    hn_targets_report(s, doc, object);
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, object, "estimators");
    for (int64_t t = 0; kind->report && t < s->n; t++) {
        hn_json_mut *one = yyjson_mut_arr_add_obj(doc, list);
        const hn_child *member = &s->members[t];
        if (member->state && member->n_present == s->classes[t])
            HN_TRY(kind->report(ctx, member->state, schema, doc, one));
    }
    return HONE_OK;
}

static hone_status multi_output_member(hone_ctx *ctx, const void *state, int64_t i, hn_arena *arena,
                                       hn_member *ret_member) {
    (void)arena;
    const hn_targets *s = state;
    HN_TRY(hn_members_member(ctx, s->members, s->n, i, ret_member));
    ret_member->target = (int32_t)i;
    return HONE_OK;
}

const hone_estimator hn_multi_output = {
    .name = "multi_output",
    .title = "A model for each target",
    .class_names = "MultiOutputClassifier MultiOutputRegressor",
    .family = "ensemble",
    .doc = "Learns several targets by fitting one kind of model to each, as it would be fitted to "
           "that target alone. This is what any kind becomes that is given several targets and "
           "doesn't take them by itself.",
    .references = "Borchani, Varando, Bielza, Larranaga (2015), A survey on multi-output "
                  "regression",
    .tasks = HN_ENSEMBLE_TASKS,
    .can = HN_ENSEMBLE_CAN | HN_CAN_IMPORTANCES | HN_CAN_TARGETS | HN_CAN_VALIDATE,
    .example = "{\"estimator\": {\"gbdt\": {\"n_estimators\": 3}}}",
    .params = HN_PARAMS(multi_output_params, params),
    .state_size = sizeof(hn_targets),
    .fit = multi_output_fit,
    .predict = multi_output_predict,
    .outputs = multi_output_outputs,
    .gives_probabilities = multi_output_gives_probabilities,
    .visit = multi_output_visit,
    .member = multi_output_member,
    .prepare = multi_output_prepare,
    .done = multi_output_done,
    .importances = multi_output_importances,
    .report = multi_output_report,
    .part = multi_output_part,
    HN_GOLDEN({.dataset = "tabular/diabetes/diabetes.csv",
               .target = "target,bmi,s5",
               .params = "{\"estimator\":\"least_squares\"}",
               .scheme = "all",
               .metric = "r2",
               .value = 0.5460798139957923,
               .tolerance = 1e-9,
               .source =
                   "scikit-learn 1.9.1, MultiOutputRegressor(LinearRegression()), mean over the "
                   "targets"}),
};
