/* drop_anomalies.c - rows that an anomaly detector finds odd: left out of training, marked, or scored. */
#include "ml/prep/columns.h"
#include "ml/prep/drop_rows.h"

#include "spec/child.h"
#include <assert.h>

typedef struct anomaly_params {
    hn_part estimator;
    int action;
} anomaly_params;

enum { REMOVE, FLAG, SCORE };

static const hone_param params[] = {
    HN_PARAM(anomaly_params, estimator, .def = "isolation_forest", .part_tasks = HN_TASK_ANOMALY,
             .doc = "What finds them; its own contamination or threshold says how many."),
    HN_PARAM(anomaly_params, action, .def = "remove",
             .choices = HN_CHOICES("remove", "flag", "score"),
             .doc = "Leave such training rows out; or keep them, with a column 'anomaly' that "
                    "tells, or 'anomaly_score' that says how odd a row is (the lower the odder)."),
};

typedef struct anomaly_state {
    hn_dropping rows; /* first: n_features */
    int64_t action, n_anomalies;
    hn_part part;
    hn_child model; /* not kept where rows are removed */
    /* made in prepare */
    const char *name;
} anomaly_state;

static hone_status fit(hone_ctx *ctx, const void *params_, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    const anomaly_params *p = params_;
    anomaly_state *s = ret_state;
    hone_data view = {.x = data->x, .task = HN_TASK_ANOMALY};
    HN_TRY(hn_dropping_fit(ctx, NULL, data, arena, s));
    s->action = p->action;
    HN_TRY(hn_part_copy(ctx, arena, &p->estimator, &s->part));
    HN_TRY(hn_fail_in(ctx, "drop_anomalies",
                      hn_estimator_check(ctx, s->part.kind, s->part.params, &view)));
    return hn_child_fit(ctx, "drop_anomalies", &s->part, &view, ctx->seed, &s->model);
}

/* What the detector says of the rows that it was fitted on. */
static hone_status own_answers(hone_ctx *ctx, const anomaly_state *s, const hn_table *x,
                               const double **ret_said) {
    double *said;
    HN_TRY(hn_kept_labels(ctx, ctx->scratch, s->part.kind->visit, s->model.state, x->n_rows,
                          ret_said));
    if (*ret_said != NULL) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(ctx, said, x->n_rows + 1));
    HN_TRY(hn_child_many(ctx, &s->model, hn_child_predict, x, said));
    *ret_said = said;
    return HONE_OK;
}

static hone_status resample(hone_ctx *ctx, const void *params_, const hone_data *data,
                            hn_arena *arena, void *state, hn_resampled *ret_rows) {
    (void)params_;
    anomaly_state *s = state;
    HN_SCRATCH(ctx);
    const double *said;
    uint8_t *drop;
    HN_TRY(HN_SCRATCH_NEW(ctx, drop, data->x->n_rows + 1));
    HN_TRY(own_answers(ctx, s, data->x, &said));
    s->n_anomalies = 0;
    for (int64_t i = 0; i < data->x->n_rows; i++) {
        s->n_anomalies += said[i] < 0;
        drop[i] = s->action == REMOVE && said[i] < 0;
    }
    return hn_drop_rows(ctx, "drop_anomalies", data, drop, arena, &s->rows, ret_rows);
}

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    const anomaly_state *s = state;
    assert(x->n_columns == s->rows.n_features);
    if (s->action == REMOVE) return hn_dropping_pass(ctx, &s->rows, x, arena, ret_out);
    hn_table out = {.n_rows = x->n_rows, .n_columns = x->n_columns + 1};
    double *said;
    uint8_t *odd;
    HN_TRY(HN_NEW(ctx, arena, out.columns, out.n_columns));
    for (int32_t j = 0; j < x->n_columns; j++) out.columns[j] = x->columns[j];
    if ((s->part.kind->can & HN_CAN_MISSING) == 0)
        HN_TRY(hn_fail_in(ctx, "drop_anomalies",
                          hn_estimator_check_features(ctx, s->part.kind, s->part.params, x)));
    HN_TRY(HN_NEW(ctx, arena, said, x->n_rows + 1));
    HN_TRY(hn_child_many(ctx, &s->model, hn_child_predict, x, said));
    out.columns[x->n_columns] = hn_column_of_f64(s->name, said, x->n_rows);
    if (s->action == FLAG) {
        HN_TRY(HN_NEW(ctx, arena, odd, x->n_rows + 1));
        for (int64_t i = 0; i < x->n_rows; i++) odd[i] = said[i] < 0;
        out.columns[x->n_columns] = (hn_column){
            .name = s->name, .type = HN_BOOL, .n = x->n_rows, .values = odd, .stride = 1};
    }
    *ret_out = out;
    return HONE_OK;
}

/* ---- keeping --------------------------------------------------------------------------------- */

static hone_status visit(hn_visitor *v, void *state) {
    anomaly_state *s = state;
    HN_TRY(hn_dropping_visit(v, &s->rows));
    HN_TRY(hn_visit(v, "action", &s->action));
    HN_TRY(hn_visit(v, "n_anomalies", &s->n_anomalies));
    HN_TRY(hn_visit_check(v, s->action >= REMOVE && s->action <= SCORE, "drop_anomalies: action"));
    HN_TRY(hn_part_visit(v, "estimator", HN_TASK_ANOMALY, &s->part));
    if (s->action == REMOVE) return HONE_OK;
    return hn_child_visit(v, "model.", &s->part, s->rows.n_features, 0, &s->model);
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    static const hn_slice nothing = {"", 0};
    anomaly_state *s = state;
    HN_TRY(hn_dropping_prepare(ctx, arena, s, schema));
    if (s->action == REMOVE) return HONE_OK;
    HN_SCRATCH(ctx);
    hn_namer namer;
    HN_TRY(hn_namer_init(&namer, ctx, arena, schema));
    HN_TRY(hn_namer_make(&namer, "anomaly", s->action == SCORE ? "_score" : "", nothing, &s->name));
    return s->model.prepared ? HONE_OK : hn_child_prepare(ctx, arena, &s->model, schema);
}

static void done(void *state) { hn_child_done(&((anomaly_state *)state)->model); }

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    const anomaly_state *s = state;
    yyjson_mut_obj_add_str(doc, object, "estimator", s->part.kind->name);
    yyjson_mut_obj_add_int(doc, object, "anomalies", s->n_anomalies);
    return s->action == REMOVE ? hn_dropping_report(ctx, &s->rows, schema, doc, object) : HONE_OK;
}

const hone_estimator hn_drop_anomalies = {
    .name = "drop_anomalies",
    .title = "Drop or mark rows that are odd as a whole",
    .class_names = "DropAnomalies",
    .family = "prep",
    .doc =
        "Fits an anomaly detector to the training rows and leaves out those it finds odd, or adds "
        "a column that tells. Rows to be answered or scored are never left out. For single "
        "values far out see drop_outliers.",
    .references = "Liu, Ting, Zhou (2008). Isolation forest.",
    .tasks = HN_TASK_NONE,
    .can = HN_CAN_MISSING | HN_NUMERIC_ONLY,
    .example =
        "{\"estimator\": {\"isolation_forest\": {\"n_estimators\": 5}}, \"action\": \"flag\"}",
    .params = HN_PARAMS(anomaly_params, params),
    .state_size = sizeof(anomaly_state),
    .fit = fit,
    .transform = transform,
    .resample = resample,
    .visit = visit,
    .prepare = prepare,
    .done = done,
    .report = report,
    HN_GOLDEN({.dataset = "tabular/breast_cancer/breast_cancer.csv",
               .columns = "numeric",
               .params = "{\"estimator\": {\"univariate_outliers\": {\"method\": \"iqr\", "
                         "\"threshold\": 3}}}",
               .metric = "rows_after",
               .value = 513,
               .tolerance = 0,
               .source = "pandas 3.1.1, rows within 3 quartile distances of the quartiles"}),
};
