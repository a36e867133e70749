/* score.c - answers for bound rows, and the forms in which people and programs get them. */
#include "flow/score.h"
#include "base/parallel.h"
#include <string.h>

enum { GRAIN = 4096 }; /* rows decided on at a time */

/* The answers for target t alone, borrowed: those of hn_model_of_target. */
static hn_answers answers_of_target(const hone_model *model, const hn_answers *answers, int32_t t) {
    hn_answers one = *answers;
    if (model->n_targets < 2) return one;
    hone_model view = hn_model_of_target(model, t);
    one.out += view.pipeline.first;
    one.n_outputs = hn_pipeline_outputs(&view.pipeline);
    if (one.label != NULL) one.label += t * one.n;
    if (one.chosen != NULL) one.chosen += t * one.n;
    return one;
}

typedef struct decide_job {
    const hn_decision *decision;
    hn_answers answers;
} decide_job;

static hone_status decide_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const decide_job *job = arg;
    const hn_answers *a = &job->answers;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        const double *row = a->out + i * a->stride;
        a->label[i] = hn_decide(job->decision, row, a->n_outputs);
        a->chosen[i] = row[a->label[i]];
    }
    return HONE_OK;
}

hone_status hn_score(hone_ctx *ctx, const hone_model *model, const hn_table *inputs,
                     hn_arena *arena, hn_answers *ret_answers) {
    int32_t k = hn_pipeline_outputs(&model->pipeline);
    hn_answers answers = {.n = inputs->n_rows, .n_outputs = k, .stride = k};
    HN_TRY(HN_NEW(ctx, arena, answers.out, answers.n * answers.n_outputs + 1));
    HN_TRY(hn_pipeline_predict(ctx, &model->pipeline, inputs, answers.out));
    if (model->n_classes > 0) {
        HN_TRY(HN_NEW(ctx, arena, answers.label, answers.n * hn_model_targets(model) + 1));
        HN_TRY(HN_NEW(ctx, arena, answers.chosen, answers.n * hn_model_targets(model) + 1));
    }
    for (int32_t t = 0; model->n_classes > 0 && t < hn_model_targets(model); t++) {
        decide_job job = {&model->decision, answers_of_target(model, &answers, t)};
        HN_TRY(hn_parallel(ctx, answers.n, GRAIN, decide_chunk, &job));
    }
    *ret_answers = answers;
    return HONE_OK;
}

/* ---- as a table ------------------------------------------------------------------------------ */

/* Labels in the target's own type, so that 0 and 1 stay numbers. */
static hone_status label_column(hone_ctx *ctx, const hone_model *model, const hn_answers *answers,
                                hn_arena *arena, hn_column *ret_column) {
    hn_column column = {.name = "prediction",
                        .type = HN_CATEGORY,
                        .n = answers->n,
                        .values = answers->label,
                        .stride = sizeof(int32_t),
                        .dictionary = model->classes};
    if (model->target_type == HN_I64) {
        int64_t *values, *number;
        HN_TRY(HN_NEW(ctx, arena, values, answers->n + 1));
        HN_TRY(HN_NEW(ctx, arena, number, model->n_classes));
        for (int32_t c = 0; c < model->n_classes; c++)
            if (!hn_parse_int(hn_dictionary_text(model->classes, c), &number[c])) number[c] = 0;
        for (int64_t i = 0; i < answers->n; i++) values[i] = number[answers->label[i]];
        column = (hn_column){.name = "prediction",
                             .type = HN_I64,
                             .n = answers->n,
                             .values = values,
                             .stride = sizeof *values};
    }
    *ret_column = column;
    return HONE_OK;
}

static hone_status probability_columns(hone_ctx *ctx, const hone_model *model,
                                       const hn_answers *answers, hn_arena *arena,
                                       hn_column *columns) {
    int32_t k = answers->n_outputs;
    int64_t stride = answers->stride;
    columns[0] = hn_column_of_f64("probability", answers->chosen, answers->n);
    for (int32_t c = 0; c < k; c++) {
        hn_slice class = hn_dictionary_text(model->classes, c);
        char *name = hn_arena_printf(ctx, arena, "probability_%.*s", (int)class.length, class.text);
        if (name == NULL) return HONE_ERROR_MEMORY;
        columns[c + 1] = hn_column_of_f64(name, answers->out + c, answers->n);
        columns[c + 1].stride = stride * (int64_t)sizeof(double);
    }
    return HONE_OK;
}

/* prediction: whether it is an anomaly; score: the number behind it. */
static hone_status anomaly_columns(hone_ctx *ctx, const hn_answers *answers, hn_arena *arena,
                                   hn_column *columns) {
    uint8_t *is_anomaly;
    HN_TRY(HN_NEW(ctx, arena, is_anomaly, answers->n + 1));
    for (int64_t i = 0; i < answers->n; i++) is_anomaly[i] = answers->out[i] < 0;
    columns[0] = (hn_column){
        .name = "prediction", .type = HN_BOOL, .n = answers->n, .values = is_anomaly, .stride = 1};
    columns[1] = hn_column_of_f64("score", answers->out, answers->n);
    return HONE_OK;
}

/* What the answers of rules stand for. */
static const hn_dictionary *labels_of(const hone_model *model) {
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    return stage->kind->labels(stage->state);
}

/* prediction: what goes with the row's basket, or nothing; confidence: of the rule behind it. */
static hone_status rules_columns(hone_ctx *ctx, const hone_model *model, const hn_answers *answers,
                                 hn_arena *arena, hn_column *columns) {
    int32_t *code;
    uint8_t *valid;
    HN_TRY(HN_NEW(ctx, arena, code, answers->n + 1));
    HN_TRY(hn_valid_new(ctx, arena, answers->n, &valid));
    for (int64_t i = 0; i < answers->n; i++) {
        code[i] = (int32_t)answers->out[2 * i];
        if (code[i] < 0) hn_valid_clear(valid, i);
    }
    columns[0] = (hn_column){.name = "prediction",
                             .type = HN_CATEGORY,
                             .n = answers->n,
                             .values = code,
                             .stride = sizeof *code,
                             .valid = valid,
                             .dictionary = labels_of(model)};
    columns[1] = hn_column_of_f64("confidence", answers->out + 1, answers->n);
    columns[1].stride = 2 * (int64_t)sizeof(double);
    return HONE_OK;
}

static hone_status columns_of(hone_ctx *ctx, const hone_model *model, const hn_answers *answers,
                              hn_arena *arena, hn_column *columns, int32_t *ret_n) {
    int32_t n = 1;
    if (model->n_classes > 0) {
        HN_TRY(label_column(ctx, model, answers, arena, &columns[0]));
        HN_TRY(probability_columns(ctx, model, answers, arena, &columns[1]));
        n += 1 + answers->n_outputs;
    } else if (model->task == HN_TASK_ANOMALY) {
        HN_TRY(anomaly_columns(ctx, answers, arena, columns));
        n++;
    } else if (model->task == HN_TASK_RULES) {
        HN_TRY(rules_columns(ctx, model, answers, arena, columns));
        n++;
    } else {
        columns[0] = hn_column_of_f64("prediction", answers->out, answers->n);
        columns[0].stride = answers->stride * (int64_t)sizeof(double);
    }
    *ret_n = n;
    return HONE_OK;
}

/* "prediction" of target a is "prediction_a", "probability_yes" is "probability_a_yes". */
static hone_status name_target(hone_ctx *ctx, const char *target, hn_arena *arena,
                               hn_column *column) {
    size_t length = strcspn(column->name, "_");
    column->name = hn_arena_printf(ctx, arena, "%.*s_%s%s", (int)length, column->name, target,
                                   column->name + length);
    return column->name != NULL ? HONE_OK : HONE_ERROR_MEMORY;
}

hone_status hn_answers_table(hone_ctx *ctx, const hone_model *model, const hn_answers *answers,
                             hn_arena *arena, hn_table *ret_table) {
    hn_table table = {.n_rows = answers->n};
    int32_t targets = hn_model_targets(model), n;
    HN_TRY(HN_NEW(ctx, arena, table.columns, answers->n_outputs + 2 * targets));
    for (int32_t t = 0; t < targets; t++) {
        hone_model view = hn_model_of_target(model, t);
        hn_answers one = answers_of_target(model, answers, t);
        hn_column *columns = table.columns + table.n_columns;
        HN_TRY(columns_of(ctx, &view, &one, arena, columns, &n));
        for (int32_t c = 0; targets > 1 && c < n; c++)
            HN_TRY(name_target(ctx, view.target, arena, &columns[c]));
        table.n_columns += n;
    }
    *ret_table = table;
    return HONE_OK;
}

/* ---- as JSON --------------------------------------------------------------------------------- */

/* Quoted text, or bare for integers and booleans. */
static void put_label(hn_str *str, const hone_model *model, int32_t label) {
    hn_slice text = hn_dictionary_text(model->classes, label);
    bool bare = model->target_type == HN_I64 || model->target_type == HN_BOOL;
    if (bare)
        hn_str_put_n(str, text.text, text.length);
    else
        hn_json_put_string(str, text.text, text.length);
}

/* The number or class of row i, and for classes how probable it is and each of them. */
static void put_prediction(hn_str *str, const hone_model *model, const hn_answers *answers,
                           int64_t i) {
    if (model->n_classes > 0)
        put_label(str, model, answers->label[i]);
    else
        hn_json_put_double(str, answers->out[i * answers->stride]);
}

static void put_probability(hn_str *str, const hone_model *model, const hn_answers *answers,
                            int64_t i) {
    (void)model;
    hn_json_put_double(str, answers->chosen[i]);
}

static void put_probabilities(hn_str *str, const hone_model *model, const hn_answers *answers,
                              int64_t i) {
    const double *row = answers->out + i * answers->stride;
    hn_str_put_c(str, '{');
    for (int32_t c = 0; c < answers->n_outputs; c++) {
        hn_slice class = hn_dictionary_text(model->classes, c);
        if (c > 0) hn_str_put_c(str, ',');
        hn_json_put_string(str, class.text, class.length);
        hn_str_put_c(str, ':');
        hn_json_put_double(str, row[c]);
    }
    hn_str_put_c(str, '}');
}

/* "key":what put writes, or {"a":..., "b":...} of several targets. */
static void put_member(hn_str *str, const char *key, const hone_model *model,
                       const hn_answers *answers, int64_t i,
                       void (*put)(hn_str *, const hone_model *, const hn_answers *, int64_t)) {
    hn_str_printf(str, "\"%s\":", key);
    if (model->n_targets < 2) {
        put(str, model, answers, i);
        return;
    }
    for (int32_t t = 0; t < model->n_targets; t++) {
        hone_model view = hn_model_of_target(model, t);
        hn_answers one = answers_of_target(model, answers, t);
        hn_str_put_c(str, t > 0 ? ',' : '{');
        hn_json_put_string(str, view.target, strlen(view.target));
        hn_str_put_c(str, ':');
        put(str, &view, &one, i);
    }
    hn_str_put_c(str, '}');
}

static void put_recommendation(hn_str *str, const hone_model *model, const double *row) {
    hn_slice text =
        row[0] >= 0 ? hn_dictionary_text(labels_of(model), (int32_t)row[0]) : (hn_slice){NULL, 0};
    hn_str_put(str, "\"prediction\":");
    if (row[0] >= 0)
        hn_json_put_string(str, text.text, text.length);
    else
        hn_str_put(str, "null");
    hn_str_put(str, ",\"confidence\":");
    hn_json_put_double(str, row[1]);
}

/* Row i as the members of a JSON object: "prediction":"Yes","probability":0.83,"probabilities":{...}; of several
 * targets each of these is an object by target. */
static void put_answers(hn_str *str, const hone_model *model, const hn_answers *answers,
                        int64_t i) {
    const double *row = answers->out + i * answers->stride;
    if (model->task == HN_TASK_RULES) {
        put_recommendation(str, model, row);
        return;
    }
    if (model->task == HN_TASK_ANOMALY) {
        hn_str_printf(str, "\"prediction\":%s,\"score\":", row[0] < 0 ? "true" : "false");
        hn_json_put_double(str, row[0]);
        return;
    }
    put_member(str, "prediction", model, answers, i, put_prediction);
    if (model->n_classes == 0) return;
    hn_str_put_c(str, ',');
    put_member(str, "probability", model, answers, i, put_probability);
    hn_str_put_c(str, ',');
    put_member(str, "probabilities", model, answers, i, put_probabilities);
}

hone_status hn_predict_json(hone_ctx *ctx, const hone_model *model, const char *rows, size_t length,
                            hn_str *str, bool served, int64_t *ret_rows) {
    HN_SCRATCH(ctx);
    hn_json *body;
    hn_table inputs;
    hn_answers answers;
    bool single;
    HN_TRY(hn_json_read(ctx, ctx->scratch, rows, length, "request", &body));
    HN_TRY(hn_bind_json(ctx, model, body, ctx->scratch, &inputs, &single));
    HN_TRY(hn_score(ctx, model, &inputs, ctx->scratch, &answers));
    const char *status = served ? ",\"status\":\"success\"" : "";
    if (!single) hn_str_put(str, served ? "{\"predictions\":[" : "[");
    for (int64_t i = 0; i < answers.n; i++) {
        hn_str_put(str, i > 0 ? ",{" : "{");
        put_answers(str, model, &answers, i);
        if (single) hn_str_put(str, status);
        hn_str_put_c(str, '}');
    }
    if (!single) hn_str_put_c(str, ']');
    if (!single && served) hn_str_printf(str, "%s}", status);
    if (ret_rows != NULL) *ret_rows = answers.n;
    return hn_str_status(str);
}
