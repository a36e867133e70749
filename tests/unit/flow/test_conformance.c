/* test_conformance.c - every kind of the catalog against its own declaration, with no word from its author. */
#include "flow/conformance.h"

#include "flow/evaluate.h"
#include "flow/infer.h"
#include "flow/score.h"
#include "flow/target.h"
#include "flow/train.h"
#include "ml/metric/metric.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct subject {
    const hone_estimator *kind;
    hn_task task;
} subject;

enum { ROWS = 120 };

/* ---- the declaration ------------------------------------------------------------------------- */

static void check_declaration(void **state) {
    const hone_estimator *kind = ((subject *)*state)->kind;
    for (const char *c = kind->name; *c; c++)
        assert_true(islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '_');
    assert_true(strlen(kind->title) > 3 && strlen(kind->doc) > 30 &&
                kind->doc[strlen(kind->doc) - 1] == '.');
    assert_true(kind->fit != NULL && kind->visit != NULL && kind->state_size > 0);
    assert_true(kind->tasks == HN_TASK_NONE ? kind->transform != NULL
                                            : kind->predict != NULL && kind->outputs != NULL);
    assert_true(((kind->can & HN_CAN_UPDATE) != 0) == (kind->update != NULL));
    assert_true(((kind->can & HN_CAN_IMPORTANCES) != 0) == (kind->importances != NULL));
    assert_true(((kind->can & HN_CAN_INVERT) != 0) == (kind->inverse != NULL));
    assert_true(kind->n_golden > 0);
    for (int64_t i = 0; i < kind->params.n; i++) {
        const hone_param *p = &kind->params.items[i];
        hn_interval interval;
        assert_non_null(p->doc);
        assert_true(p->doc[strlen(p->doc) - 1] == '.');
        if (p->range != NULL) assert_true(hn_interval_parse(p->range, &interval));
        if (p->type == HN_PARAM_CHOICE) assert_non_null(p->choices);
    }
}

/* Just outside each closed or open bound must be refused, and the message names the parameter. */
static void check_illegal_values(void **state) {
    const hone_estimator *kind = ((subject *)*state)->kind;
    hone_ctx *ctx = test_ctx(1);
    void *values = hn_alloc(ctx, 1, kind->params.size);
    hn_arena *arena = ctx->scratch;
    assert_ok(ctx, hn_params_defaults(ctx, arena, &kind->params, values));
    for (int64_t i = 0; i < kind->params.n; i++) {
        const hone_param *p = &kind->params.items[i];
        hn_interval interval;
        bool number = p->type == HN_PARAM_INT || p->type == HN_PARAM_REAL;
        if (number) {
            assert_status(
                ctx,
                hn_params_set_text(ctx, arena, &kind->params, values, kind->name, p->name, "nan"),
                HONE_ERROR_USAGE);
            assert_message(ctx, p->name);
        }
        if (!number || p->range == NULL || !hn_interval_parse(p->range, &interval)) continue;
        double outside[2] = {interval.open_low ? interval.low : interval.low - 1e6,
                             interval.open_high ? interval.high : interval.high + 1e6};
        for (int k = 0; k < 2; k++) {
            if (!isfinite(outside[k])) continue;
            char text[40];
            snprintf(text, sizeof text, "%.17g", outside[k]);
            bool is_word = false;
            for (const hn_word *w = p->words; w != NULL && w->word != NULL; w++)
                is_word |= w->value == outside[k];
            if (is_word) continue;
            assert_status(
                ctx,
                hn_params_set_text(ctx, arena, &kind->params, values, kind->name, p->name, text),
                HONE_ERROR_USAGE);
            assert_message(ctx, p->name);
        }
    }
    hn_free(ctx, values);
    hone_ctx_free(ctx);
}

/* ---- fitting --------------------------------------------------------------------------------- */

static void check_threads(void **state) {
    const subject *s = *state;
    static const int threads[] = {1, 2, 3, 7};
    uint64_t first_hash = 0;
    int64_t n_made = 0;
    double *first = NULL, *made = NULL;
    case_fit fits[4];
    hone_ctx *ctxs[4];
    hone_ctx *ctx = test_ctx(1);
    case_data c;
    case_make(ctx, s->kind, s->task, 3000, CASE_CLEAN, &c);
    case_add_target(ctx, s->kind, &c);
    for (int t = 0; t < 4; t++) {
        ctxs[t] = test_ctx(threads[t]);
        double *out;
        int64_t n;
        assert_ok(ctxs[t], case_fit_make(ctxs[t], s->kind, &c.data, &fits[t]));
        if (s->kind->resample != NULL) {
            assert_ok(ctxs[t], case_resample(ctxs[t], &fits[t], &c.data, &out, &n));
            if (t == 0) {
                made = out;
                n_made = n;
            }
            assert_int_equal(n, n_made);
            assert_memory_equal(out, made, (size_t)n * sizeof *out);
        }
        assert_ok(ctxs[t], case_answer(ctxs[t], &fits[t], &c.data, &c.table, &out, &n));
        uint64_t hash = case_state_hash(ctxs[t], &fits[t]);
        if (t == 0) {
            first_hash = hash;
            first = out;
        }
        assert_true(hash == first_hash);
        assert_memory_equal(out, first, (size_t)n * sizeof *out);
    }
    for (int t = 0; t < 4; t++) {
        case_fit_done(&fits[t]);
        hone_ctx_free(ctxs[t]);
    }
    case_done(&c);
    hone_ctx_free(ctx);
}

/* One row at a time gives the bits that the whole table gives; no rows give no answers. */
static void check_batches(void **state) {
    const subject *s = *state;
    hone_ctx *ctx = test_ctx(1);
    case_data c;
    case_fit fit;
    double *whole, *one;
    int64_t n, n_one;
    case_make(ctx, s->kind, s->task, ROWS, CASE_CLEAN, &c);
    case_add_target(ctx, s->kind, &c);
    assert_ok(ctx, case_fit_make(ctx, s->kind, &c.data, &fit));
    assert_ok(ctx, case_answer(ctx, &fit, &c.data, &c.table, &whole, &n));
    for (int64_t i = 0; i < ROWS; i++) {
        hn_table row;
        assert_ok(ctx, hn_table_slice(ctx, &fit.arena, &c.table, i, i + 1, &row));
        assert_ok(ctx, case_answer(ctx, &fit, &c.data, &row, &one, &n_one));
        assert_int_equal(n_one * ROWS, n);
        for (int64_t j = 0; j < n_one; j++) assert_same_double(one[j], whole[i * n_one + j]);
    }
    hn_table none;
    assert_ok(ctx, hn_table_slice(ctx, &fit.arena, &c.table, 0, 0, &none));
    assert_ok(ctx, case_answer(ctx, &fit, &c.data, &none, &one, &n_one));
    assert_int_equal(n_one, 0);
    case_fit_done(&fit);
    case_done(&c);
    hone_ctx_free(ctx);
}

static void check_probabilities(void **state) {
    const subject *s = *state;
    if ((s->task & HN_TASK_CLASSIFY) == 0 || (s->kind->can & HN_CAN_PROBABILITIES) == 0) skip();
    hone_ctx *ctx = test_ctx(1);
    case_data c;
    case_fit fit;
    double *out;
    int64_t n;
    case_make(ctx, s->kind, s->task, ROWS, CASE_CLEAN, &c);
    assert_ok(ctx, case_fit_make(ctx, s->kind, &c.data, &fit));
    assert_ok(ctx, case_answer(ctx, &fit, &c.data, &c.table, &out, &n));
    int32_t k = c.data.n_classes;
    bool gives = hn_gives_probabilities(s->kind, fit.state);
    for (int64_t i = 0; gives && i < ROWS; i++) {
        double sum = 0;
        for (int32_t j = 0; j < k; j++) {
            assert_true(out[i * k + j] >= 0 && out[i * k + j] <= 1);
            sum += out[i * k + j];
        }
        assert_near(sum, 1.0, 1e-12);
    }
    case_fit_done(&fit);
    case_done(&c);
    hone_ctx_free(ctx);
}

static void check_importances(void **state) {
    const subject *s = *state;
    if (s->kind->importances == NULL) skip();
    hone_ctx *ctx = test_ctx(1);
    case_data c;
    case_fit fit;
    double values[8], sum = 0;
    case_make(ctx, s->kind, s->task, ROWS, CASE_CLEAN, &c);
    assert_ok(ctx, case_fit_make(ctx, s->kind, &c.data, &fit));
    assert_ok(ctx, s->kind->importances(ctx, fit.state, values));
    for (int32_t j = 0; j < c.table.n_columns; j++) {
        assert_true(values[j] >= 0);
        sum += values[j];
    }
    assert_near(sum, 1.0, 1e-9);
    case_fit_done(&fit);
    case_done(&c);
    hone_ctx_free(ctx);
}

/* The way back gives the columns fitted on, by name, and numbers; the same for one row alone. */
static void check_inverse(void **state) {
    const subject *s = *state;
    if (s->kind->inverse == NULL) skip();
    hone_ctx *ctx = test_ctx(2);
    case_data c;
    case_fit fit;
    hn_table z, back, row, alone;
    case_make(ctx, s->kind, s->task, ROWS, CASE_CLEAN, &c);
    assert_ok(ctx, case_fit_make(ctx, s->kind, &c.data, &fit));
    assert_ok(ctx, s->kind->transform(ctx, fit.state, &c.table, &fit.arena, &z));
    assert_ok(ctx, s->kind->inverse(ctx, fit.state, &z, &c.table, &fit.arena, &back));
    assert_ok(ctx, hn_table_slice(ctx, &fit.arena, &z, 7, 8, &row));
    assert_ok(ctx, s->kind->inverse(ctx, fit.state, &row, &c.table, &fit.arena, &alone));
    assert_int_equal(back.n_columns, c.table.n_columns);
    for (int32_t j = 0; j < back.n_columns; j++) {
        assert_string_equal(back.columns[j].name, c.table.columns[j].name);
        assert_int_equal(back.columns[j].n, ROWS);
        double value = hn_column_double(&back.columns[j], 7),
               one = hn_column_double(&alone.columns[j], 0);
        assert_memory_equal(&value, &one, sizeof one);
        for (int64_t i = 0; i < ROWS; i++)
            assert_true(isfinite(hn_column_double(&back.columns[j], i)) ==
                        !hn_column_is_missing(&c.table.columns[j], i));
    }
    case_fit_done(&fit);
    case_done(&c);
    hone_ctx_free(ctx);
}

/* Rows to be answered pass a step that changes rows as they came. */
static void check_resample(void **state) {
    const subject *s = *state;
    if (s->kind->resample == NULL) skip();
    hone_ctx *ctx = test_ctx(2);
    case_data c;
    case_fit fit;
    hn_resampled rows = {0};
    double *out, *in;
    int64_t n;
    case_make(ctx, s->kind, s->task, ROWS, CASE_CLEAN, &c);
    assert_ok(ctx, case_fit_make(ctx, s->kind, &c.data, &fit));
    assert_ok(ctx, s->kind->resample(ctx, fit.params, &c.data, &fit.arena, fit.state, &rows));
    if (rows.source != NULL) {
        assert_ok(ctx, case_answer(ctx, &fit, &c.data, &c.table, &out, &n));
        assert_ok(ctx, hn_table_matrix(ctx, &fit.arena, &c.table, &in));
        assert_int_equal(n, c.table.n_rows * c.table.n_columns);
        for (int64_t i = 0; i < n; i++) assert_same_double(out[i], in[i]);
    }
    case_fit_done(&fit);
    case_done(&c);
    hone_ctx_free(ctx);
}

static void check_weights(void **state) {
    const subject *s = *state;
    if ((s->kind->can & HN_CAN_WEIGHTS) == 0) skip();
    hone_ctx *ctx = test_ctx(2);
    case_data c;
    case_fit without, with;
    case_make(ctx, s->kind, s->task, ROWS, CASE_CLEAN, &c);
    assert_ok(ctx, case_fit_make(ctx, s->kind, &c.data, &without));
    c.data.weight = c.weight;
    assert_ok(ctx, case_fit_make(ctx, s->kind, &c.data, &with));
    assert_true(case_state_hash(ctx, &without) == case_state_hash(ctx, &with));
    case_fit_done(&without);
    case_fit_done(&with);
    case_done(&c);
    hone_ctx_free(ctx);
}

/* ---- bad input ------------------------------------------------------------------------------- */

static hone_status fit_flawed(const subject *s, int64_t n, case_flaw flaw, char message[1024]) {
    hone_ctx *ctx = test_ctx(2);
    case_data c;
    case_fit fit;
    case_make(ctx, s->kind, s->task, n, flaw, &c);
    hone_status status = case_fit_make(ctx, s->kind, &c.data, &fit);
    snprintf(message, 1024, "%s", hone_ctx_error(ctx)->message);
    double *made;
    int64_t n_made;
    if (status == HONE_OK && flaw != CASE_INFINITE) {
        status = case_resample(ctx, &fit, &c.data, &made, &n_made);
        snprintf(message, 1024, "%s", hone_ctx_error(ctx)->message);
    }
    if (status == HONE_OK) {
        double *out;
        int64_t n_out;
        assert_ok(ctx, case_answer(ctx, &fit, &c.data, &c.table, &out, &n_out));
        if (flaw != CASE_INFINITE && s->kind->tasks != HN_TASK_NONE)
            for (int64_t i = 0; i < n_out; i++) assert_true(isfinite(out[i]));
    } else {
        assert_true(strlen(message) > 10);
    }
    case_fit_done(&fit);
    case_done(&c);
    hone_ctx_free(ctx);
    return status;
}

/* No rows: refused. One row, constant columns: an answer, or a refusal that says why. */
static void check_degenerate(void **state) {
    const subject *s = *state;
    char message[1024];
    assert_int_equal(fit_flawed(s, 0, CASE_CLEAN, message), HONE_ERROR_DATA);
    hone_status one = fit_flawed(s, 1, CASE_CLEAN, message);
    assert_true(one == HONE_OK || one == HONE_ERROR_DATA || one == HONE_ERROR_USAGE);
    hone_status constant = fit_flawed(s, 30, CASE_CONSTANT, message);
    assert_true(constant == HONE_OK || constant == HONE_ERROR_DATA || constant == HONE_ERROR_USAGE);
    if (s->task == HN_TASK_BINARY) {
        hone_status single = fit_flawed(s, 30, CASE_ONE_CLASS, message);
        assert_true(single == HONE_OK || single == HONE_ERROR_DATA);
    }
}

/* What a kind can't take is refused, with the column's name. */
static void check_refusals(void **state) {
    const subject *s = *state;
    if ((s->kind->can & HN_CATEGORY_ONLY) != 0) skip();
    char message[1024];
    hone_status missing = fit_flawed(s, 40, CASE_MISSING, message);
    if ((s->kind->can & HN_CAN_MISSING) == 0 && (s->kind->can & HN_IS_BASELINE) == 0) {
        assert_int_equal(missing, HONE_ERROR_DATA);
        assert_non_null(strstr(message, "'a'"));
    } else {
        assert_int_equal(missing, HONE_OK);
    }
    hone_status infinite = fit_flawed(s, 40, CASE_INFINITE, message);
    if (s->kind->tasks != HN_TASK_NONE && (s->kind->can & HN_IS_BASELINE) == 0) {
        assert_int_equal(infinite, HONE_ERROR_DATA);
        assert_non_null(strstr(message, "'a'"));
    }
}

static hone_status fit_and_answer(hone_ctx *ctx, void *arg) {
    const subject *s = arg;
    hone_ctx *steady = test_ctx(1);
    case_data c;
    case_make(steady, s->kind, s->task, 40, CASE_CLEAN, &c);
    case_add_target(steady, s->kind, &c);
    case_fit fit;
    double *out;
    int64_t n;
    hone_status status = case_fit_make(ctx, s->kind, &c.data, &fit);
    if (status == HONE_OK) status = case_resample(ctx, &fit, &c.data, &out, &n);
    if (status == HONE_OK) status = case_answer(ctx, &fit, &c.data, &c.table, &out, &n);
    case_fit_done(&fit);
    case_done(&c);
    hone_ctx_free(steady);
    return status;
}

static void check_allocation_failures(void **state) {
    assert_true(test_every_allocation(1, fit_and_answer, *state) > 0);
}

static void check_cancelling(void **state) { test_every_cancel(1, fit_and_answer, *state); }

/* ---- file ------------------------------------------------------------------------------------ */

static bool has_target(const subject *s) {
    return s->task == HN_TASK_NONE || (s->task & HN_TASK_SUPERVISED) != 0;
}

/* A step stands before a model; a model stands alone. */
static void recipe_for(hone_ctx *ctx, const subject *s, char text[512]) {
    (void)ctx;
    const char *params = s->kind->example != NULL ? s->kind->example
                         : hn_params_find(&s->kind->params, "n_estimators") != NULL
                             ? "{n_estimators: 5}"
                             : "{}";
    bool step = s->kind->tasks == HN_TASK_NONE;
    int length = snprintf(text, 512, "roles: {%s%s task: %s}\n", has_target(s) ? "target: y," : "",
                          s->task == HN_TASK_RANK ? " group: g," : "",
                          s->task == HN_TASK_NONE ? "binary" : hn_task_name(s->task));
    snprintf(text + length, 512 - (size_t)length,
             step ? "steps: [{%s: %s}]\nmodel: {gbdt: {n_estimators: 3}}\n"
                  : "steps: []\nmodel: {%s: %s}\n",
             s->kind->name, params);
}

static hone_table *table_for(hone_ctx *ctx, const subject *s, const case_data *c) {
    hone_table *table;
    hn_builder *builder;
    assert_ok(ctx, hn_table_new(ctx, "conformance", &table));
    assert_ok(ctx, HN_NEW(ctx, &table->arena, table->view.columns, c->table.n_columns + 2));
    table->view.n_rows = c->table.n_rows;
    memcpy(table->view.columns, c->table.columns,
           (size_t)c->table.n_columns * sizeof *c->table.columns);
    table->view.n_columns = c->table.n_columns;
    if (s->task == HN_TASK_RANK) {
        assert_ok(ctx, hn_builder_new(ctx, &table->arena, "g", HN_I64, &builder));
        for (int64_t i = 0; i < c->table.n_rows; i++)
            assert_ok(ctx, hn_builder_int(builder, c->group[i]));
        assert_ok(ctx, hn_builder_finish(builder, &table->view.columns[table->view.n_columns++]));
    }
    if (!has_target(s)) return table;
    assert_ok(ctx, hn_builder_new(ctx, &table->arena, "y", HN_F64, &builder));
    for (int64_t i = 0; i < c->table.n_rows; i++) {
        bool unlabeled = (s->kind->can & HN_CAN_UNLABELED) != 0 && c->y[i] < 0;
        double y = s->task == HN_TASK_NONE ? (double)(i % 2) : c->y[i];
        assert_ok(ctx, unlabeled ? hn_builder_null(builder) : hn_builder_double(builder, y));
    }
    assert_ok(ctx, hn_builder_finish(builder, &table->view.columns[table->view.n_columns++]));
    return table;
}

static void assert_arrays_alike(hone_ctx *ctx, const hone_model *a, const hone_model *b) {
    hone_array x, y;
    hone_status status;
    for (int32_t i = 0; (status = hone_model_array(ctx, a, i, &x)) == HONE_OK; i++) {
        assert_ok(ctx, hone_model_array(ctx, b, i, &y));
        assert_string_equal(x.name, y.name);
        assert_int_equal(x.bytes, y.bytes);
        if (x.bytes > 0) assert_memory_equal(x.values, y.values, x.bytes);
        hone_array_free(ctx, &x);
        hone_array_free(ctx, &y);
    }
    assert_int_equal(status, HONE_ERROR_USAGE);
}

/* The models that both are made of, a few of them. */
static void assert_members_alike(hone_ctx *ctx, const hone_model *a, const hone_model *b) {
    enum { FEW = 3 };
    for (int64_t i = 0; i < FEW; i++) {
        hone_model *of_a, *of_b;
        hone_status status = hone_model_member(ctx, a, i, &of_a, NULL, NULL, NULL);
        assert_int_equal(hone_model_member(ctx, b, i, &of_b, NULL, NULL, NULL), status);
        if (status != HONE_OK) {
            assert_true(status == HONE_ERROR_USAGE || status == HONE_ERROR_UNSUPPORTED);
            return;
        }
        assert_int_equal(of_a == NULL, of_b == NULL);
        if (of_a != NULL) assert_arrays_alike(ctx, of_a, of_b);
        hone_model_free(of_a);
        hone_model_free(of_b);
    }
}

/* Train, save, load: the loaded model answers with the same bits, and saves to the same bytes. */
static void check_file(void **state) {
    const subject *s = *state;
    hone_ctx *ctx = test_ctx(2);
    case_data c;
    char text[512];
    char *dir = test_make_dir();
    hone_model *model, *loaded;
    hone_table *before, *after;
    case_make(ctx, s->kind, s->task, ROWS, CASE_CLEAN, &c);
    hone_table *table = table_for(ctx, s, &c);
    recipe_for(ctx, s, text);
    assert_ok(ctx, hone_train(ctx, text, table, &model));
    char first[65];
    assert_ok(ctx, hone_model_save(ctx, model, test_join(dir, "a.hone")));
    memcpy(first, model->hash, sizeof first);
    assert_ok(ctx, hone_model_load(ctx, test_join(dir, "a.hone"), &loaded));
    assert_ok(ctx, hone_predict(ctx, model, table, &before));
    assert_ok(ctx, hone_predict(ctx, loaded, table, &after));
    char hashes[2][65];
    assert_ok(ctx, hn_table_hash(ctx, &before->view, hashes[0]));
    assert_ok(ctx, hn_table_hash(ctx, &after->view, hashes[1]));
    assert_string_equal(hashes[0], hashes[1]);
    assert_ok(ctx, hone_model_save(ctx, loaded, test_join(dir, "b.hone")));
    assert_string_equal(first, loaded->hash);
    assert_arrays_alike(ctx, model, loaded);
    assert_members_alike(ctx, model, loaded);
    char *json;
    assert_ok(ctx, hone_model_describe(ctx, loaded, &json));
    assert_non_null(strstr(json, s->kind->name));
    hone_string_free(ctx, json);
    hone_table_free(ctx, before);
    hone_table_free(ctx, after);
    hone_model_free(model);
    hone_model_free(loaded);
    hone_table_free(ctx, table);
    case_done(&c);
    test_remove_dir(dir);
    hone_ctx_free(ctx);
}

/* ---- golden ---------------------------------------------------------------------------------- */

/* Columns and target of a record as a recipe: all roles said, nothing guessed but the steps. */
static double golden_model(hone_ctx *ctx, const hone_estimator *kind, const hn_golden *g,
                           const hone_table *table) {
    char recipe[2048];
    snprintf(recipe, sizeof recipe,
             "roles: {%s%s%s}\nmodel: {%s: %s}\nsplit: {test: %s}\nseed: 1\nmetrics: [%s]\n",
             g->target != NULL ? "target: \"" : "", g->target != NULL ? g->target : "",
             g->target != NULL ? "\"" : "", kind->name, g->params != NULL ? g->params : "{}",
             g->scheme != NULL && strcmp(g->scheme, "all") == 0 ? "0" : "0.2",
             g->target != NULL ? g->metric : "");
    if (g->target == NULL) {
        char *metrics = strstr(recipe, "metrics");
        *metrics = 0;
    }
    hone_model *model;
    assert_ok(ctx, hone_train(ctx, recipe, table, &model));
    double value = NAN;
    hn_json *metrics = yyjson_obj_get(model->facts, "metrics");
    hn_json *test = yyjson_obj_get(yyjson_obj_get(metrics, "test"), g->metric);
    if (test != NULL)
        value = yyjson_get_num(test);
    else if (g->target != NULL)
        value = yyjson_get_num(yyjson_obj_get(yyjson_obj_get(metrics, "train"), g->metric));
    else {
        char *json;
        hn_json *root;
        assert_ok(ctx, hone_model_describe(ctx, model, &json));
        assert_ok(ctx, hn_json_read(ctx, ctx->scratch, json, strlen(json), "model", &root));
        value = yyjson_get_num(
            yyjson_obj_get(yyjson_obj_get(yyjson_obj_get(root, "model"), "fitted"), g->metric));
        hone_string_free(ctx, json);
    }
    hone_model_free(model);
    return value;
}

/* A figure of the fitted state's report. */
static double reported(hone_ctx *ctx, const hone_estimator *kind, const void *state,
                       const hn_table *x, const char *name) {
    hn_json_doc *doc;
    hn_json *report;
    assert_ok(ctx, hn_json_new(ctx, ctx->scratch, &doc));
    hn_json_mut *object = yyjson_mut_obj(doc);
    assert_ok(ctx, kind->report(ctx, state, x, doc, object));
    assert_ok(ctx, hn_json_freeze(ctx, ctx->scratch, object, &report));
    return hn_json_number(report, name);
}

/* The target of a step that looks at one: classes where it learns from such, else numbers. */
static void golden_target(hone_ctx *ctx, const hone_estimator *kind, const hn_golden *g,
                          const hone_table *table, hone_data *data) {
    int32_t j;
    hn_target target;
    if (g->target == NULL) return;
    bool classes = (kind->target & HN_TASK_CLASSIFY) != 0 &&
                   (g->scheme == NULL || strcmp(g->scheme, "regression") != 0);
    assert_ok(ctx, hn_table_require(ctx, &table->view, g->target, &j));
    assert_ok(ctx,
              hn_target_learn(ctx, ctx->scratch, &table->view.columns[j],
                              classes ? HN_TASK_MULTICLASS : HN_TASK_REGRESSION, NULL, &target));
    data->y = target.y;
    data->n_classes = classes ? target.n_classes : 0;
    data->task = !classes                ? HN_TASK_REGRESSION
                 : target.n_classes == 2 ? HN_TASK_BINARY
                                         : HN_TASK_MULTICLASS;
}

static double golden_step(hone_ctx *ctx, const hone_estimator *kind, const hn_golden *g,
                          const hone_table *table) {
    hn_recipe_part part = {.kind = kind};
    char names[1024] = "";
    part.params = hn_arena_alloc(ctx, ctx->scratch, 1, kind->params.size);
    assert_ok(ctx, hn_params_defaults(ctx, ctx->scratch, &kind->params, part.params));
    if (g->params != NULL) {
        hn_json *params;
        assert_ok(ctx,
                  hn_json_read(ctx, ctx->scratch, g->params, strlen(g->params), "golden", &params));
        assert_ok(ctx, hn_params_set_json(ctx, ctx->scratch, &kind->params, part.params, kind->name,
                                          params, "", NULL));
    }
    const char *words[64];
    if (g->columns != NULL) {
        snprintf(names, sizeof names, "%s", g->columns);
        part.columns.items = words;
        for (char *word = strtok(names, ","); word != NULL; word = strtok(NULL, ","))
            words[part.columns.n++] = word;
    }
    int32_t *indices, n;
    hn_table x, out;
    double *matrix;
    assert_ok(ctx, hn_recipe_select(ctx, ctx->scratch, &part, &table->view, &indices, &n));
    assert_ok(ctx, hn_table_select(ctx, ctx->scratch, &table->view, indices, n, &x));
    void *state = hn_arena_alloc(ctx, ctx->scratch, 1, kind->state_size);
    hone_data data = {.x = &x};
    golden_target(ctx, kind, g, table, &data);
    assert_ok(ctx, hn_estimator_check(ctx, kind, part.params, &data));
    assert_ok(ctx, kind->fit(ctx, part.params, &data, ctx->scratch, state));
    if (kind->prepare != NULL) assert_ok(ctx, kind->prepare(ctx, ctx->scratch, state, &x));
    hn_resampled rows = {0};
    if (kind->resample != NULL)
        assert_ok(ctx, kind->resample(ctx, part.params, &data, ctx->scratch, state, &rows));
    assert_ok(ctx, kind->transform(ctx, state, &x, ctx->scratch, &out));
    double sum = 0;
    bool squares = strcmp(g->metric, "squares") == 0;
    if (strcmp(g->metric, "columns") == 0) {
        sum = out.n_columns;
    } else if (!squares && strcmp(g->metric, "sum") != 0) {
        sum = reported(ctx, kind, state, &x, g->metric);
    } else {
        assert_ok(ctx, hn_table_matrix(ctx, ctx->scratch, &out, &matrix));
        for (int64_t i = 0; i < out.n_rows * out.n_columns; i++)
            if (!isnan(matrix[i])) sum += squares ? matrix[i] * matrix[i] : matrix[i];
    }
    if (kind->done != NULL) kind->done(state);
    return sum;
}

static void check_golden(void **state) {
    const hone_estimator *kind = ((subject *)*state)->kind;
    if (test_shared("data") == NULL) skip();
    hone_ctx *ctx = test_ctx(2);
    for (int i = 0; i < kind->n_golden; i++) {
        const hn_golden *g = &kind->golden[i];
        char path[512];
        snprintf(path, sizeof path, "data/%s", g->dataset);
        const char *found = test_shared(path);
        if (found == NULL) fail_msg("%s: golden data set %s is not there", kind->name, g->dataset);
        HN_SCRATCH(ctx);
        hone_table *table;
        assert_ok(ctx, hn_read_path(ctx, found, NULL, &table));
        double value = kind->tasks == HN_TASK_NONE ? golden_step(ctx, kind, g, table)
                                                   : golden_model(ctx, kind, g, table);
        hone_table_free(ctx, table);
        if (!(fabs(value - g->value) <= g->tolerance))
            fail_msg("%s on %s: %s is %.10g, the record says %.10g +- %g (%s)", kind->name,
                     g->dataset, g->metric, value, g->value, g->tolerance, g->source);
    }
    hone_ctx_free(ctx);
}

/* ---- all kinds ------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    CMUnitTestFunction run;
    bool once; /* per kind, not per task */
} checks[] = {
    {"declaration", check_declaration, true},
    {"illegal values", check_illegal_values, true},
    {"threads", check_threads, false},
    {"batches", check_batches, false},
    {"probabilities", check_probabilities, false},
    {"importances", check_importances, false},
    {"inverse", check_inverse, false},
    {"resample", check_resample, false},
    {"weights", check_weights, false},
    {"degenerate", check_degenerate, false},
    {"refusals", check_refusals, false},
    {"allocation failures", check_allocation_failures, false},
    {"cancelling", check_cancelling, false},
    {"file", check_file, false},
    {"golden", check_golden, true},
};

/* Whether a name is among the arguments, or none of those names its sort. */
static bool is_chosen(const char *name, int n, char **chosen, bool (*is_sort)(const char *)) {
    bool any = false;
    for (int i = 0; i < n; i++) {
        if (strcmp(name, chosen[i]) == 0) return true;
        any |= is_sort(chosen[i]);
    }
    return !any;
}

static bool is_check(const char *name) {
    for (size_t k = 0; k < sizeof checks / sizeof *checks; k++)
        if (strcmp(checks[k].name, name) == 0) return true;
    return false;
}

static bool is_no_check(const char *name) { return !is_check(name); }

/* Arguments are the kinds and the checks to run; without any of a sort, all. */
int main(int n_arguments, char **arguments) {
    enum { MOST = 4096 };
    static struct CMUnitTest tests[MOST];
    static subject subjects[MOST];
    size_t n = 0, n_subjects = 0;
    int64_t n_kinds;
    const hone_estimator *const *kinds = hn_catalog(&n_kinds);
    for (int64_t i = 0; i < n_kinds; i++) {
        bool first = true;
        if (!is_chosen(kinds[i]->name, n_arguments - 1, arguments + 1, is_no_check)) continue;
        unsigned tasks = kinds[i]->tasks == HN_TASK_NONE ? kinds[i]->target : kinds[i]->tasks;
        for (unsigned task = tasks == 0 ? 0 : 1; task < HN_TASK_END;
             task = task == 0 ? HN_TASK_END : task * 2) {
            if (task != 0 && (tasks & task) == 0) continue;
            subject *s = &subjects[n_subjects++];
            *s = (subject){.kind = kinds[i], .task = (hn_task)task};
            for (size_t k = 0; k < sizeof checks / sizeof *checks; k++) {
                if (checks[k].once && !first) continue;
                if (!is_chosen(checks[k].name, n_arguments - 1, arguments + 1, is_check)) continue;
                char *name = malloc(128);
                snprintf(name, 128, "%s %s: %s", kinds[i]->name, hn_task_name((hn_task)task),
                         checks[k].name);
                tests[n++] = (struct CMUnitTest){
                    .name = name, .test_func = checks[k].run, .initial_state = s};
            }
            first = false;
        }
    }
    return _cmocka_run_group_tests("conformance", tests, n, NULL, NULL);
}
