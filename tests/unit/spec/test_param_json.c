#include "unit/spec/example.h"
#include "base/rng.h"
#include <stdio.h>
#include <string.h>

static hone_ctx *ctx;
static hn_arena arena;
static example values;

static int begin(void **state) {
    (void)state;
    ctx = test_ctx(1);
    hn_arena_init(&arena, ctx->allocator);
    assert_ok(ctx, hn_params_defaults(ctx, &arena, &example_params, &values));
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
    return hn_params_set_json(ctx, &arena, &example_params, &values, "ridge", object, NULL, NULL);
}

static void assert_refused(const char *json, const char *message) {
    example before = values;
    assert_status(ctx, set(json), HONE_ERROR_USAGE);
    assert_string_equal(hone_ctx_error(ctx)->message, message);
    assert_memory_equal(&before, &values, sizeof values);
}

static char *text_of(const example *from, bool only_changed) {
    hn_json_doc *doc;
    hn_json_mut *object;
    char *text;
    size_t length;
    assert_ok(ctx, hn_json_new(ctx, &arena, &doc));
    assert_ok(ctx, hn_params_to_json(ctx, &example_params, from, only_changed, doc, &object));
    assert_ok(ctx, hn_json_write(ctx, &arena, object, false, &text, &length));
    return text;
}

static void test_every_type(void **state) {
    (void)state;
    assert_ok(ctx, set("{\"intercept\": false, \"max_iter\": 3.0, \"max_features\": \"none\","
                       " \"alpha\": 2, \"ceiling\": \"inf\", \"solver\": \"svd\", \"label\": \"a\","
                       " \"columns\": [\"x\", \"y,z\"], \"quantiles\": [0, 0.5],"
                       " \"monotone\": {\"a\": -1, \"b\": \"rising\"}}"));
    assert_false(values.intercept);
    assert_int_equal(values.max_iter, 3);
    assert_int_equal(values.max_features, -2);
    assert_same_double(values.alpha, 2);
    assert_int_equal(values.solver, 2);
    assert_string_equal(values.columns.items[1], "y,z");
    assert_same_double(values.monotone.values[0], -1);
    assert_ok(ctx, set("{\"label\": null, \"max_features\": null}"));
    assert_null(values.label);
    assert_int_equal(values.max_features, -2); /* null is the word none */
}

static void test_refusals(void **state) {
    (void)state;
    assert_refused("{\"alpha\": \"2\"}",
                   "ridge: 'alpha' must be a real number >= 0, not '2'; the default is 1");
    assert_refused("{\"alpha\": true}",
                   "ridge: 'alpha' must be a real number >= 0, not true; the default is 1");
    assert_refused("{\"alpha\": null}",
                   "ridge: 'alpha' must be a real number >= 0, not null; the default is 1");
    assert_refused("{\"alpha\": [1]}",
                   "ridge: 'alpha' must be a real number >= 0, not a list; the default is 1");
    assert_refused("{\"intercept\": 1}",
                   "ridge: 'intercept' must be true or false, not 1; the default is true");
    assert_refused("{\"intercept\": \"true\"}",
                   "ridge: 'intercept' must be true or false, not 'true'; the default is true");
    assert_refused("{\"max_iter\": 1.5}",
                   "ridge: 'max_iter' must be an integer >= 1, not 1.5; the default is 100");
    assert_refused("{\"max_iter\": 18446744073709551615}",
                   "ridge: 'max_iter' must be an integer >= 1, not 18446744073709552000; "
                   "the default is 100");
    assert_refused(
        "{\"solver\": 1}",
        "ridge: 'solver' must be one of auto, cholesky, svd, not 1; the default is auto");
    assert_refused("{\"label\": 2020}", "ridge: 'label' must be text, not 2020; put it in quotes");
    assert_refused("{\"label\": \"a\\u0000b\"}",
                   "ridge: 'label' must not hold a NUL character; leave it out");
    assert_refused("{\"columns\": \"a\"}", "ridge: 'columns' must be a list of texts, not 'a'");
    assert_refused("{\"quantiles\": 0.5}",
                   "ridge: 'quantiles' must be a list of reals in [0, 1], not 0.5; "
                   "the default is 0.25,0.75");
    assert_refused("{\"monotone\": [1]}",
                   "ridge: 'monotone' must be an object from name to real in [-1, 1] or rising, "
                   "not a list");
    assert_refused("{\"monotone\": {\"tenure\": 2}}",
                   "ridge: monotone['tenure'] must be a real number in [-1, 1] or 'rising', not 2");
    assert_refused("{\"alpa\": 1}", "ridge: there is no parameter 'alpa'; did you mean 'alpha'?");
    assert_refused("{\"max_iter\": 1, \"n_iter\": 2}",
                   "ridge: 'max_iter' is given twice (as 'n_iter' too); keep one of them");
    assert_refused("[1]", "ridge: parameters must be an object from name to value, "
                          "as in {\"intercept\": ...}");
    /* All or nothing: the good one before the bad one is not kept. */
    assert_refused("{\"alpha\": 5, \"max_iter\": 0}",
                   "ridge: 'max_iter' must be an integer >= 1, not 0; the default is 100");
}

static void test_place(void **state) {
    (void)state;
    static const char yaml[] = "model:\n  ridge:\n    alpha: 1\n    max_iter: 0\n    sover: svd\n";
    hn_json *root;
    hn_marks marks;
    assert_ok(ctx, hn_yaml_read(ctx, &arena, yaml, strlen(yaml), "churn.yaml", &root, &marks));
    hn_json *object = yyjson_obj_get(yyjson_obj_get(root, "model"), "ridge");
    assert_status(ctx,
                  hn_params_set_json(ctx, &arena, &example_params, &values, "ridge", object,
                                     "/model/ridge", &marks),
                  HONE_ERROR_USAGE);
    assert_message(ctx, "churn.yaml, line 4, column ");
    assert_message(ctx, ": ridge: 'max_iter' must be an integer >= 1, not 0; the default is 100");
    assert_string_equal(hone_ctx_error(ctx)->file, "churn.yaml");
    assert_int_equal(hone_ctx_error(ctx)->row, 4);
    static const char unknown[] = "ridge:\n  sover: svd\n";
    assert_ok(ctx, hn_yaml_read(ctx, &arena, unknown, strlen(unknown), "m.yaml", &root, &marks));
    assert_status(ctx,
                  hn_params_set_json(ctx, &arena, &example_params, &values, "ridge",
                                     yyjson_obj_get(root, "ridge"), "/ridge", &marks),
                  HONE_ERROR_USAGE);
    assert_message(ctx, "m.yaml, line 2, column ");
    assert_message(ctx, "ridge: there is no parameter 'sover'; did you mean 'solver'?");
}

static void test_defaults_as_json(void **state) {
    (void)state;
    assert_string_equal(
        text_of(&values, false),
        "{\"intercept\":true,\"verbose\":false,\"max_iter\":100,\"max_features\":\"sqrt\","
        "\"alpha\":1.0,\"tolerance\":0.0001,\"ceiling\":\"inf\",\"solver\":\"auto\","
        "\"mode\":\"fast\",\"columns\":[],\"scores\":[\"auc\"],\"quantiles\":[0.25,0.75],"
        "\"monotone\":{}}");
    assert_string_equal(text_of(&values, true), "{}");
}

static void test_only_changed(void **state) {
    (void)state;
    values.alpha = 0.1;
    values.password = "hidden";
    values.label = "";
    values.mode = NULL; /* what has a default is told to be absent */
    assert_string_equal(text_of(&values, true), "{\"alpha\":0.1,\"label\":\"\",\"mode\":null}");
}

static double draw_real(hn_rng *rng) {
    double sign = hn_rng_below(rng, 2) ? 1 : -1;
    return sign * hn_rng_uniform(rng) * pow(10, (double)(hn_rng_below(rng, 40) - 20));
}

/* Whatever stands in a struct comes back from its JSON to the same bits. */
static void test_round_trip(void **state) {
    (void)state;
    hn_rng rng = {.seed = 5};
    for (int round = 0; round < 300; round++) {
        HN_SCRATCH(ctx);
        double reals[3] = {hn_rng_uniform(&rng), 0, 1};
        double numbers[2] = {hn_rng_uniform(&rng), hn_rng_below(&rng, 2) ? 1 : -0.0};
        const char *names[2] = {"a \"quoted\" name", "\xC3\xBC"};
        const char *texts[2] = {"x,y", ""};
        const char *scores[1] = {"rmse"};
        example v = values;
        v.intercept = hn_rng_below(&rng, 2);
        v.max_iter = INT64_MAX - hn_rng_below(&rng, 1000);
        v.max_features = hn_rng_below(&rng, 2) ? -2 : 1 + hn_rng_below(&rng, 1000);
        v.alpha = fabs(draw_real(&rng));
        v.ceiling = hn_rng_below(&rng, 3) ? fabs(draw_real(&rng)) : NAN;
        v.solver = (int)hn_rng_below(&rng, 3);
        v.label = hn_rng_below(&rng, 2) ? NULL : "la\tbel\n";
        v.columns = (hn_texts){texts, hn_rng_below(&rng, 3)};
        v.scores = (hn_texts){scores, hn_rng_below(&rng, 2)};
        v.quantiles = (hn_reals){reals, hn_rng_below(&rng, 4)};
        v.monotone = (hn_pairs){names, numbers, hn_rng_below(&rng, 3)};
        for (int only_changed = 0; only_changed < 2; only_changed++) {
            char *text = text_of(&v, only_changed);
            assert_ok(ctx, hn_params_defaults(ctx, &arena, &example_params, &values));
            assert_ok(ctx, set(text));
            assert_string_equal(text_of(&values, only_changed), text);
            assert_int_equal(values.max_iter, v.max_iter);
            assert_same_double(values.alpha, v.alpha);
            assert_same_double(values.ceiling, v.ceiling);
            for (int64_t i = 0; i < v.monotone.n; i++)
                assert_same_double(values.monotone.values[i], v.monotone.values[i]);
        }
    }
}

static hone_status everything(hone_ctx *mine, void *arg) {
    (void)arg;
    static const char json[] = "{\"alpha\":2,\"columns\":[\"a\",\"b\"],\"quantiles\":[0,1],"
                               "\"monotone\":{\"a\":1},\"label\":\"x\"}";
    hn_arena own __attribute__((cleanup(hn_arena_done)));
    hn_arena_init(&own, mine->allocator);
    example v;
    hn_json *object;
    hn_json_doc *doc;
    hn_json_mut *made;
    char *text;
    size_t length;
    HN_TRY(hn_params_defaults(mine, &own, &example_params, &v));
    HN_TRY(hn_json_read(mine, &own, json, strlen(json), "x", &object));
    HN_TRY(hn_params_set_json(mine, &own, &example_params, &v, "x", object, NULL, NULL));
    HN_TRY(hn_json_new(mine, &own, &doc));
    HN_TRY(hn_params_to_json(mine, &example_params, &v, true, doc, &made));
    return hn_json_write(mine, &own, made, false, &text, &length);
}

static void test_memory_runs_out(void **state) {
    (void)state;
    assert_true(test_every_allocation(1, everything, NULL) > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_type, begin, end),
        cmocka_unit_test_setup_teardown(test_refusals, begin, end),
        cmocka_unit_test_setup_teardown(test_place, begin, end),
        cmocka_unit_test_setup_teardown(test_defaults_as_json, begin, end),
        cmocka_unit_test_setup_teardown(test_only_changed, begin, end),
        cmocka_unit_test_setup_teardown(test_round_trip, begin, end),
        cmocka_unit_test(test_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
