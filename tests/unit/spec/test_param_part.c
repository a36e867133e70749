/* Parameters that are kinds with parameters of their own. */
#include "unit/support.h"
#include "spec/catalog.h"
#include "spec/emit.h"
#include <string.h>

typedef struct holder {
    hn_part base;
    hn_part last;
    hn_part optional;
    hn_parts many;
} holder;

static const hone_param items[] = {
    HN_PARAM(holder, base, .def = "{\"decision_tree\": {\"max_depth\": 1}}",
             .part_tasks = HN_TASK_CLASSIFY, .part_can = HN_CAN_WEIGHTS, .doc = "What is boosted."),
    HN_PARAM(holder, last, .def = "auto", .words = HN_WORDS({"auto", 0}), .doc = "The last."),
    HN_PARAM(holder, optional, .doc = "May be left out."),
    HN_PARAM(holder, many, .def = "gbdt,ridge", .doc = "Several."),
};
static const hn_params table = HN_PARAMS(holder, items);

static hone_ctx *ctx;
static hn_arena arena;
static holder values;

static int begin(void **state) {
    (void)state;
    ctx = test_ctx(1);
    hn_arena_init(&arena, ctx->allocator);
    assert_ok(ctx, hn_params_defaults(ctx, &arena, &table, &values));
    return 0;
}

static int end(void **state) {
    (void)state;
    hn_arena_done(&arena);
    hone_ctx_free(ctx);
    return 0;
}

static hone_status set(const char *json) {
    hn_json *object;
    assert_ok(ctx, hn_json_read(ctx, &arena, json, strlen(json), "test", &object));
    return hn_params_set_json(ctx, &arena, &table, &values, "stack", object, NULL, NULL);
}

static hone_status set_text(const char *key, const char *text) {
    return hn_params_set_text(ctx, &arena, &table, &values, "stack", key, text);
}

static char *text_of(const holder *from, bool only_changed) {
    hn_json_doc *doc;
    hn_json_mut *object;
    char *text;
    size_t length;
    assert_ok(ctx, hn_json_new(ctx, &arena, &doc));
    assert_ok(ctx, hn_params_to_json(ctx, &table, from, only_changed, doc, &object));
    assert_ok(ctx, hn_json_write(ctx, &arena, object, false, &text, &length));
    return text;
}

static void assert_refused(const char *json, const char *message) {
    holder before = values;
    assert_status(ctx, set(json), HONE_ERROR_USAGE);
    assert_string_equal(hone_ctx_error(ctx)->message, message);
    assert_memory_equal(&before, &values, sizeof values);
}

static int64_t integer_of(const hn_part *part, const char *name) {
    const hone_param *param = hn_params_find(&part->kind->params, name);
    assert_non_null(param);
    return *(const int64_t *)((const char *)part->params + param->offset);
}

static void test_defaults(void **state) {
    (void)state;
    assert_string_equal(values.base.kind->name, "decision_tree");
    assert_int_equal(integer_of(&values.base, "max_depth"), 1);
    assert_null(values.last.kind);
    assert_null(values.optional.kind);
    assert_int_equal(values.many.n, 2);
    assert_string_equal(values.many.items[1].kind->name, "ridge");
    assert_string_equal(text_of(&values, true), "{}");
    assert_ok(ctx, hn_params_check(ctx, &table, &values, "stack"));
}

static void test_forms(void **state) {
    (void)state;
    assert_ok(ctx, set_text("base", "gbdt"));
    assert_int_equal(integer_of(&values.base, "n_estimators"), 1000);
    assert_ok(ctx, set_text("base", " {\"gbdt\": {\"n_trees\": 7}} "));
    assert_int_equal(integer_of(&values.base, "n_estimators"), 7);
    assert_ok(ctx, set_text("last", "ridge"));
    assert_ok(ctx, set_text("last", "auto"));
    assert_null(values.last.kind);
    assert_ok(ctx,
              set("{\"last\": {\"ridge\": null}, \"optional\": \"baseline\","
                  " \"many\": {\"a\": \"logistic\", \"b\": {\"kmeans\": {\"n_clusters\": 2}}}}"));
    assert_string_equal(values.many.names[1], "b");
    assert_int_equal(integer_of(&values.many.items[1], "n_clusters"), 2);
    assert_string_equal(text_of(&values, true),
                        "{\"base\":{\"gbdt\":{\"n_estimators\":7}},\"last\":\"ridge\","
                        "\"optional\":\"baseline\","
                        "\"many\":{\"a\":\"logistic\",\"b\":{\"kmeans\":{\"n_clusters\":2}}}}");
    assert_ok(ctx, set("{\"optional\": null}"));
    assert_null(values.optional.kind);
    assert_ok(ctx, set_text("many", "[\"gbdt\", {\"ridge\": {\"alpha\": 3}}]"));
    assert_null(values.many.names);
    assert_ok(ctx,
              hn_params_add_text(ctx, &arena, &table, &values, "stack", "many", "baseline, gbdt"));
    assert_int_equal(values.many.n, 4);
    assert_string_equal(values.many.items[2].kind->name, "baseline");
    assert_status(
        ctx, hn_params_add_text(ctx, &arena, &table, &values, "stack", "many", "{\"x\":\"gbdt\"}"),
        HONE_ERROR_USAGE);
    assert_message(ctx, "parts with names and parts without");
}

static void test_refusals(void **state) {
    (void)state;
    assert_refused("{\"base\": \"decision_tre\"}",
                   "stack: 'base' must be a classifier that takes weights, not 'decision_tre'; "
                   "did you mean 'decision_tree'?");
    /* A step, a regressor: not what is asked for. */
    assert_refused("{\"base\": \"ridge\"}",
                   "stack: 'base' must be a classifier that takes weights, not 'ridge'; "
                   "the default is {\"decision_tree\": {\"max_depth\": 1}}");
    assert_refused("{\"last\": \"impute\"}", "stack: 'last' must be a model or 'auto', not "
                                             "'impute'; the default is auto");
    assert_refused("{\"last\": 3}",
                   "stack: 'last' must be a model or 'auto', not 3; the default is auto");
    assert_refused("{\"last\": {}}", "stack: 'last' is {KIND: {PARAMETERS}} with one kind, not 0");
    assert_refused("{\"many\": [\"gbdt\", {\"ridge\": {\"alpha\": -1}}]}",
                   "stack.many[1]: ridge: 'alpha' must be a real number >= 0, not -1; the default "
                   "is 1");
    assert_refused("{\"many\": {\"x\": {\"ridge\": {\"alpa\": 1}}}}",
                   "stack.many['x']: ridge: there is no parameter 'alpa'; did you mean 'alpha'?");
    assert_refused("{\"many\": 1}", "stack: 'many' must be a list of models, not 1; the default is "
                                    "gbdt,ridge");
    assert_status(ctx, set_text("many", "gbdt,,ridge"), HONE_ERROR_USAGE);
    assert_message(ctx, "many[1] must be a model, not ''");
    assert_status(ctx, set_text("base", "{\"gbdt\""), HONE_ERROR_USAGE);
    values.many.items[0].kind = hn_catalog_find("impute");
    assert_status(ctx, hn_params_check(ctx, &table, &values, "stack"), HONE_ERROR_USAGE);
    assert_message(ctx, "stack: many[0] must be a model, not 'impute'");
}

static void test_place(void **state) {
    (void)state;
    static const char yaml[] = "many:\n  - gbdt\n  - ridge:\n      alpha: -1\n  - ridg\n";
    hn_json *root;
    hn_marks marks;
    assert_ok(ctx, hn_yaml_read(ctx, &arena, yaml, strlen(yaml), "m.yaml", &root, &marks));
    assert_status(ctx, hn_params_set_json(ctx, &arena, &table, &values, "stack", root, "", &marks),
                  HONE_ERROR_USAGE);
    assert_message(ctx, "m.yaml, line 4, column 7: stack.many[1]: ridge: 'alpha'");
    static const char unknown[] = "many:\n  - gbdt\n  - ridg\n";
    assert_ok(ctx, hn_yaml_read(ctx, &arena, unknown, strlen(unknown), "m.yaml", &root, &marks));
    assert_status(ctx, hn_params_set_json(ctx, &arena, &table, &values, "stack", root, "", &marks),
                  HONE_ERROR_USAGE);
    assert_message(ctx, "m.yaml, line 3, column 5: stack: many[1] must be a model, not 'ridg'; did "
                        "you mean 'ridge'?");
}

/* All of it written out comes back to the same. */
static void test_round_trip(void **state) {
    (void)state;
    assert_ok(ctx, set("{\"base\": {\"gbdt\": {\"learning_rate\": 0.3}}, \"last\": \"logistic\","
                       " \"many\": {\"\xC3\xBC/~\": \"gbdt\", \"b\": \"baseline\"}}"));
    holder first = values;
    for (int only_changed = 0; only_changed < 2; only_changed++) {
        char *text = text_of(&first, only_changed);
        assert_ok(ctx, hn_params_defaults(ctx, &arena, &table, &values));
        assert_ok(ctx, set(text));
        assert_string_equal(text_of(&values, only_changed), text);
        assert_ok(ctx, hn_params_check(ctx, &table, &values, "stack"));
    }
}

static void test_emitted(void **state) {
    (void)state;
    static const char *const types[] = {"classifier that takes weights", "model or auto", "model",
                                        "list of models"};
    for (int i = 0; i < 4; i++) {
        hn_str str;
        hn_str_init(&str, ctx, &arena);
        hn_emit_type(&str, &items[i]);
        assert_string_equal(str.text, types[i]);
    }
    hn_json_doc *doc;
    hn_json_mut *schema;
    char *text;
    size_t length;
    assert_ok(ctx, hn_json_new(ctx, &arena, &doc));
    assert_ok(ctx, hn_emit_schema(ctx, &table, doc, &schema));
    assert_ok(ctx, hn_json_write(ctx, &arena, schema, false, &text, &length));
    assert_non_null(strstr(text, "\"default\":{\"decision_tree\":{\"max_depth\":1}}"));
    assert_non_null(strstr(text, "\"default\":\"auto\""));
    assert_non_null(strstr(text, "\"default\":[\"gbdt\",\"ridge\"]"));
    assert_non_null(strstr(text, "\"x-part-tasks\":[\"binary\",\"multiclass\"],"
                                 "\"x-part-capabilities\":[\"weights\"]"));
    hn_str help;
    hn_str_init(&help, ctx, &arena);
    hn_emit_help(&help, &table, 76, false);
    assert_non_null(strstr(help.text, "The last. (model or auto)"));
}

static hone_status everything(hone_ctx *mine, void *arg) {
    (void)arg;
    static const char json[] = "{\"base\":{\"gbdt\":{\"n_estimators\":2}},\"many\":{\"a\":"
                               "\"ridge\"},\"last\":\"ridge\"}";
    hn_arena own __attribute__((cleanup(hn_arena_done)));
    hn_arena_init(&own, mine->allocator);
    holder v;
    hn_json *object;
    hn_json_doc *doc;
    hn_json_mut *made;
    HN_TRY(hn_params_defaults(mine, &own, &table, &v));
    HN_TRY(hn_json_read(mine, &own, json, strlen(json), "x", &object));
    HN_TRY(hn_params_set_json(mine, &own, &table, &v, "x", object, NULL, NULL));
    HN_TRY(hn_json_new(mine, &own, &doc));
    return hn_params_to_json(mine, &table, &v, true, doc, &made);
}

static void test_memory_runs_out(void **state) {
    (void)state;
    assert_true(test_every_allocation(1, everything, NULL) > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_defaults, begin, end),
        cmocka_unit_test_setup_teardown(test_forms, begin, end),
        cmocka_unit_test_setup_teardown(test_refusals, begin, end),
        cmocka_unit_test_setup_teardown(test_place, begin, end),
        cmocka_unit_test_setup_teardown(test_round_trip, begin, end),
        cmocka_unit_test_setup_teardown(test_emitted, begin, end),
        cmocka_unit_test(test_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
