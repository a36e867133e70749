#include "unit/spec/example.h"
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

static hone_status set(const char *key, const char *text) {
    return hn_params_set_text(ctx, &arena, &example_params, &values, "ridge", key, text);
}

#define assert_sets(key, text) assert_ok(ctx, set((key), (text)))

/* A refused value says so in full, names the parameter, and leaves the struct as it was. */
static void assert_refused(const char *key, const char *text, const char *message) {
    example before = values;
    assert_status(ctx, set(key, text), HONE_ERROR_USAGE);
    assert_string_equal(hone_ctx_error(ctx)->message, message);
    assert_string_equal(hone_ctx_error(ctx)->param, key);
    assert_memory_equal(&before, &values, sizeof values);
}

static void test_defaults(void **state) {
    (void)state;
    assert_true(values.intercept);
    assert_false(values.verbose);
    assert_int_equal(values.max_iter, 100);
    assert_int_equal(values.max_features, -1);
    assert_same_double(values.alpha, 1);
    assert_same_double(values.tolerance, 1e-4);
    assert_same_double(values.ceiling, INFINITY);
    assert_int_equal(values.solver, 0);
    assert_null(values.label);
    assert_string_equal(values.mode, "fast");
    assert_int_equal(values.columns.n, 0);
    assert_int_equal(values.scores.n, 1);
    assert_int_equal(values.quantiles.n, 2);
    assert_same_double(values.quantiles.items[1], 0.75);
    assert_int_equal(values.monotone.n, 0);
}

static void test_bool(void **state) {
    (void)state;
    const char *yes[] = {"true", "True", "yes", "1", "on", " true "};
    const char *no[] = {"false", "FALSE", "no", "0", "off"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        values.intercept = false;
        assert_sets("intercept", yes[i]);
        assert_true(values.intercept);
    }
    for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
        values.intercept = true;
        assert_sets("intercept", no[i]);
        assert_false(values.intercept);
    }
    assert_refused("intercept", "maybe",
                   "ridge: 'intercept' must be true or false, not 'maybe'; the default is true");
    assert_refused("intercept", "",
                   "ridge: 'intercept' must be true or false, not ''; the default is true");
}

static void test_int(void **state) {
    (void)state;
    assert_sets("max_iter", "1");
    assert_int_equal(values.max_iter, 1);
    assert_sets("max_iter", "1e6");
    assert_int_equal(values.max_iter, 1000000);
    assert_sets("max_iter", " 7 ");
    assert_int_equal(values.max_iter, 7);
    assert_sets("max_iter", "9007199254740993"); /* 2^53 + 1: exact when written as an integer */
    assert_true(values.max_iter == 9007199254740993);
    assert_sets("max_iter", "9223372036854775807");
    assert_true(values.max_iter == INT64_MAX);
    assert_refused("max_iter", "9223372036854775808",
                   "ridge: 'max_iter' must be an integer >= 1, not '9223372036854775808'; "
                   "the default is 100");
    assert_refused("max_iter", "1e300",
                   "ridge: 'max_iter' must be an integer >= 1, not '1e300'; the default is 100");
    assert_refused("max_iter", "0",
                   "ridge: 'max_iter' must be an integer >= 1, not '0'; the default is 100");
    assert_refused("max_iter", "2.5",
                   "ridge: 'max_iter' must be an integer >= 1, not '2.5'; the default is 100");
    assert_refused("max_iter", "many",
                   "ridge: 'max_iter' must be an integer >= 1, not 'many'; the default is 100");
    assert_refused("max_iter", "nan",
                   "ridge: 'max_iter' must be an integer >= 1, not 'nan'; the default is 100");
    assert_refused("max_iter", "inf",
                   "ridge: 'max_iter' must be an integer >= 1, not 'inf'; the default is 100");
}

static void test_int_words(void **state) {
    (void)state;
    assert_sets("max_features", "none");
    assert_int_equal(values.max_features, -2);
    assert_sets("max_features", "sqrt");
    assert_int_equal(values.max_features, -1);
    assert_refused("max_features", "-1",
                   "ridge: 'max_features' must be an integer in [1, 1000000] or 'sqrt' or 'none', "
                   "not '-1'; the default is sqrt");
    assert_refused("max_features", "sqr",
                   "ridge: 'max_features' must be an integer in [1, 1000000] or 'sqrt' or 'none', "
                   "not 'sqr'; did you mean 'sqrt'?");
}

static void test_real(void **state) {
    (void)state;
    assert_sets("alpha", "0");
    assert_same_double(values.alpha, 0);
    assert_sets("alpha", "0.1");
    assert_same_double(values.alpha, 0.1);
    assert_sets("alpha", "1.7976931348623157e308");
    assert_refused("alpha", "-1e-300",
                   "ridge: 'alpha' must be a real number >= 0, not '-1e-300'; the default is 1");
    assert_refused("alpha", "inf",
                   "ridge: 'alpha' must be a real number >= 0, not 'inf'; the default is 1");
    assert_refused("alpha", "nan",
                   "ridge: 'alpha' must be a real number >= 0, not 'nan'; the default is 1");
    assert_refused("alpha", "0,5",
                   "ridge: 'alpha' must be a real number >= 0, not '0,5'; the default is 1");
    assert_refused("tolerance", "0",
                   "ridge: 'tolerance' must be a real number in (0, 1), not '0'; "
                   "the default is 1e-4");
    assert_refused("tolerance", "1",
                   "ridge: 'tolerance' must be a real number in (0, 1), not '1'; "
                   "the default is 1e-4");
    assert_sets("ceiling", "inf");
    assert_same_double(values.ceiling, INFINITY);
    assert_sets("ceiling", "unknown"); /* NaN only by its word */
    assert_true(isnan(values.ceiling));
    assert_status(ctx, set("ceiling", "nan"), HONE_ERROR_USAGE);
    assert_status(ctx, set("ceiling", "-inf"), HONE_ERROR_USAGE);
}

static void test_choice(void **state) {
    (void)state;
    assert_sets("solver", "svd");
    assert_int_equal(values.solver, 2);
    assert_refused("solver", "cholesk",
                   "ridge: 'solver' must be one of auto, cholesky, svd, not 'cholesk'; "
                   "did you mean 'cholesky'?");
    assert_refused("solver", "x\ny",
                   "ridge: 'solver' must be one of auto, cholesky, svd, not 'x?y'; "
                   "the default is auto");
    assert_refused("solver", "SVD!!!!!!!!!!!!",
                   "ridge: 'solver' must be one of auto, cholesky, svd, not 'SVD!!!!!!!!!!!!'; "
                   "the default is auto");
    assert_refused("mode", "slow",
                   "ridge: 'mode' must be one of fast, exact, not 'slow'; the default is fast");
}

static void test_text(void **state) {
    (void)state;
    char text[] = " a, b ";
    assert_sets("label", text);
    text[0] = 'x'; /* it was copied */
    assert_string_equal(values.label, " a, b ");
    assert_sets("label", "");
    assert_string_equal(values.label, "");
}

static void test_text_is_utf8(void **state) {
    (void)state;
    const char *good[] = {
        "", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xED\x9F\xBF", "\xF4\x8F\xBF\xBF"};
    const char *bad[] = {"\xE9",
                         "a\xC3",
                         "\xC0\x80",
                         "\xE0\x80\x80",
                         "\xED\xA0\x80",
                         "\xF4\x90\x80\x80",
                         "\xF8\x88\x80\x80",
                         "\x80"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) assert_sets("label", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_status(ctx, set("label", bad[i]), HONE_ERROR_USAGE);
        assert_message(ctx, "ridge: 'label' must be text in UTF-8");
    }
    assert_status(ctx, set("columns", "a,\xE9"), HONE_ERROR_USAGE);
    assert_message(ctx, "ridge: columns[1] must be text in UTF-8");
}

static void test_long_values_are_cut(void **state) {
    (void)state;
    char text[400];
    memset(text, 'z', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_status(ctx, set("alpha", text), HONE_ERROR_USAGE);
    assert_message(ctx, "zzz...'; the default is 1");
    assert_true(strlen(hone_ctx_error(ctx)->message) < 160);
}

static void test_texts(void **state) {
    (void)state;
    assert_sets("columns", "a, b c ,d");
    assert_int_equal(values.columns.n, 3);
    assert_string_equal(values.columns.items[1], "b c");
    assert_sets("columns", " [\"a,b\", \"\"]");
    assert_int_equal(values.columns.n, 2);
    assert_string_equal(values.columns.items[0], "a,b");
    assert_ok(ctx,
              hn_params_add_text(ctx, &arena, &example_params, &values, "ridge", "columns", "z"));
    assert_int_equal(values.columns.n, 3);
    assert_string_equal(values.columns.items[2], "z");
    assert_sets("columns", "");
    assert_int_equal(values.columns.n, 0);
    assert_refused("columns", "a,,b",
                   "ridge: 'columns' has an empty item in 'a,,b'; "
                   "take a comma away, or write the list as JSON");
    assert_refused("columns", "[\"a\"", "ridge: 'columns' must be a list of texts, not '[\"a\"'");
    assert_refused("columns", "[1]", "ridge: columns[0] must be text, not 1; put it in quotes");
    assert_refused("scores", "auc,mrse",
                   "ridge: scores[1] must be one of auc, rmse, not 'mrse'; did you mean 'rmse'?");
}

static void test_reals(void **state) {
    (void)state;
    assert_sets("quantiles", "0, 0.5,1");
    assert_int_equal(values.quantiles.n, 3);
    assert_same_double(values.quantiles.items[1], 0.5);
    assert_sets("quantiles", "[0.1, 1]");
    assert_same_double(values.quantiles.items[0], 0.1);
    assert_refused("quantiles", "0.5,1.5",
                   "ridge: quantiles[1] must be a real number in [0, 1], not '1.5'");
    assert_refused("quantiles", "[0.5, null]",
                   "ridge: quantiles[1] must be a real number in [0, 1], not null");
    assert_refused("quantiles", "[[0.5]]",
                   "ridge: quantiles[0] must be a real number in [0, 1], not a list");
}

static void test_pairs(void **state) {
    (void)state;
    assert_sets("monotone", "tenure=1, a=b = -1");
    assert_int_equal(values.monotone.n, 2);
    assert_string_equal(values.monotone.names[0], "tenure");
    assert_string_equal(values.monotone.names[1], "a=b");
    assert_same_double(values.monotone.values[1], -1);
    assert_sets("monotone", "{\"x,y\": 0.5, \"z\": \"rising\"}");
    assert_string_equal(values.monotone.names[0], "x,y");
    assert_same_double(values.monotone.values[1], 1);
    assert_refused(
        "monotone", "tenure=3",
        "ridge: monotone['tenure'] must be a real number in [-1, 1] or 'rising', not '3'");
    assert_refused("monotone", "tenure",
                   "ridge: 'monotone' needs NAME=NUMBER pairs, and 'tenure' has no '='; "
                   "write it as in \"tenure=1,age=-1\"");
    assert_refused("monotone", "a=1,a=0", "ridge: monotone['a'] is given twice; keep one of them");
    assert_refused("monotone", "[1]",
                   "ridge: 'monotone' needs NAME=NUMBER pairs, and '[1]' has no '='; "
                   "write it as in \"tenure=1,age=-1\"");
}

static void test_unknown(void **state) {
    (void)state;
    assert_refused("alpa", "1", "ridge: there is no parameter 'alpa'; did you mean 'alpha'?");
    assert_refused("iteration", "1",
                   "ridge: there is no parameter 'iteration'; did you mean 'max_iter'?");
    assert_status(ctx, set("zzzzzzzzzzzzz", "1"), HONE_ERROR_USAGE);
    assert_message(ctx,
                   "there is no parameter 'zzzzzzzzzzzzz'; it takes intercept, verbose, max_iter");
    static const hn_params none = HN_NO_PARAMS;
    char nothing;
    assert_ok(ctx, hn_params_defaults(ctx, &arena, &none, &nothing));
    assert_status(ctx, hn_params_set_text(ctx, &arena, &none, &nothing, "baseline", "x", "1"),
                  HONE_ERROR_USAGE);
    assert_message(ctx, "baseline: there is no parameter 'x'; it takes none");
}

static void test_alias(void **state) {
    (void)state;
    assert_sets("n_iter", "5");
    assert_int_equal(values.max_iter, 5);
    assert_ptr_equal(hn_params_find(&example_params, "iterations"), &example_items[2]);
    assert_null(hn_params_find(&example_params, "Iterations"));
}

static void test_secret_is_not_told(void **state) {
    (void)state;
    typedef struct {
        int64_t pin;
    } vault;
    static const hone_param items[] = {
        HN_PARAM(vault, pin, .secret = true, .range = "[0, 9999]", .doc = "A number.")};
    static const hn_params params = HN_PARAMS(vault, items);
    vault v = {0};
    assert_status(ctx, hn_params_set_text(ctx, &arena, &params, &v, "vault", "pin", "s3cret"),
                  HONE_ERROR_USAGE);
    assert_string_equal(hone_ctx_error(ctx)->message,
                        "vault: 'pin' must be an integer in [0, 9999], not what was given");
}

static void test_flags_are_named_as_typed(void **state) {
    (void)state;
    typedef struct {
        int64_t max_rows;
        const char *file;
    } verb;
    static const hone_param items[] = {
        HN_PARAM(verb, max_rows, .range = "[0, inf)", .doc = "Rows."),
        HN_PARAM(verb, file, .positional = true, .required = true, .doc = "The file to read.")};
    static const hn_params params = {.items = items, .n = 2, .size = sizeof(verb), .flags = true};
    verb v = {0};
    assert_status(ctx, hn_params_set_text(ctx, &arena, &params, &v, "hone x", "max_rows", "-1"),
                  HONE_ERROR_USAGE);
    assert_message(ctx, "hone x: --max-rows must be an integer >= 0, not '-1'");
    assert_status(ctx, hn_params_set_text(ctx, &arena, &params, &v, "hone x", "max_row", "1"),
                  HONE_ERROR_USAGE);
    assert_message(ctx, "hone x: there is no flag --max-row; did you mean --max-rows?");
    assert_status(ctx, hn_params_complete(ctx, &params, &v, "hone x"), HONE_ERROR_USAGE);
    assert_message(ctx, "hone x: FILE is required: The file to read.");
    v.file = "x";
    assert_ok(ctx, hn_params_complete(ctx, &params, &v, "hone x"));
}

static void test_whole_lists_keep_commas(void **state) {
    (void)state;
    typedef struct {
        hn_texts set;
    } verb;
    static const hone_param items[] = {HN_PARAM(verb, set, .whole = true, .doc = "KEY=VALUE.")};
    static const hn_params params = HN_PARAMS(verb, items);
    verb v = {0};
    assert_ok(ctx, hn_params_add_text(ctx, &arena, &params, &v, "x", "set", "m=a=1,b=2"));
    assert_ok(ctx, hn_params_add_text(ctx, &arena, &params, &v, "x", "set", "[1]"));
    assert_int_equal(v.set.n, 2);
    assert_string_equal(v.set.items[0], "m=a=1,b=2");
    assert_string_equal(v.set.items[1], "[1]");
}

static void test_check(void **state) {
    (void)state;
    assert_ok(ctx, hn_params_check(ctx, &example_params, &values, "ridge"));
    values.alpha = -1;
    assert_status(ctx, hn_params_check(ctx, &example_params, &values, "ridge"), HONE_ERROR_USAGE);
    assert_message(ctx, "ridge: 'alpha' must be a real number >= 0, not -1");
    values.alpha = NAN;
    assert_status(ctx, hn_params_check(ctx, &example_params, &values, "ridge"), HONE_ERROR_USAGE);
    values.alpha = 1;
    values.ceiling = NAN; /* there is a word for it */
    values.max_features = -2;
    assert_ok(ctx, hn_params_check(ctx, &example_params, &values, "ridge"));
    values.solver = 3;
    assert_status(ctx, hn_params_check(ctx, &example_params, &values, "ridge"), HONE_ERROR_USAGE);
    values.solver = 0;
    values.mode = "slow";
    assert_status(ctx, hn_params_check(ctx, &example_params, &values, "ridge"), HONE_ERROR_USAGE);
    values.mode = "exact";
    values.quantiles.items[1] = 7;
    assert_status(ctx, hn_params_check(ctx, &example_params, &values, "ridge"), HONE_ERROR_USAGE);
    assert_message(ctx, "quantiles[1]");
}

static void test_wrong_declarations(void **state) {
    (void)state;
    typedef struct {
        double x;
    } one;
    one v;
    static const hone_param bad_range[] = {
        HN_PARAM(one, x, .range = "0..1", .def = "1", .doc = "X.")};
    static const hn_params first = HN_PARAMS(one, bad_range);
    assert_status(ctx, hn_params_defaults(ctx, &arena, &first, &v), HONE_ERROR_INTERNAL);
    static const hone_param bad_default[] = {
        HN_PARAM(one, x, .range = "[0, 1]", .def = "2", .doc = "X.")};
    static const hn_params second = HN_PARAMS(one, bad_default);
    assert_status(ctx, hn_params_defaults(ctx, &arena, &second, &v), HONE_ERROR_INTERNAL);
    assert_message(ctx, "a declaration is wrong");
}

static hone_status everything(hone_ctx *mine, void *arg) {
    (void)arg;
    static const char *const settings[][2] = {
        {"alpha", "2"},          {"columns", "a,b"},  {"columns", "[\"a\"]"}, {"quantiles", "0,1"},
        {"monotone", "a=1,b=0"}, {"label", "a text"}, {"max_iter", "3"},
    };
    hn_arena own __attribute__((cleanup(hn_arena_done)));
    hn_arena_init(&own, mine->allocator);
    example v;
    HN_TRY(hn_params_defaults(mine, &own, &example_params, &v));
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        HN_TRY(hn_params_set_text(mine, &own, &example_params, &v, "x", settings[i][0],
                                  settings[i][1]));
    }
    /* A refusal must not turn into anything but itself or "out of memory". */
    hone_status status =
        hn_params_set_text(mine, &own, &example_params, &v, "x", "solver", "nothing");
    return status == HONE_ERROR_USAGE ? HONE_OK : status;
}

static void test_memory_runs_out(void **state) {
    (void)state;
    assert_true(test_every_allocation(1, everything, NULL) > 0);
}

/* Results may go to the scratch arena itself: they must outlive the engine's own use of it. */
static void test_into_scratch(void **state) {
    (void)state;
    HN_SCRATCH(ctx);
    example v;
    assert_ok(ctx, hn_params_defaults(ctx, ctx->scratch, &example_params, &v));
    assert_ok(ctx, hn_params_set_text(ctx, ctx->scratch, &example_params, &v, "x", "columns",
                                      "[\"first\", \"second\"]"));
    assert_ok(ctx, hn_params_set_text(ctx, ctx->scratch, &example_params, &v, "x", "monotone",
                                      "one=1,two=-1"));
    char *later;
    assert_ok(ctx, HN_SCRATCH_NEW(ctx, later, 4096));
    memset(later, 'x', 4096);
    assert_string_equal(v.columns.items[1], "second");
    assert_string_equal(v.monotone.names[1], "two");
    assert_same_double(v.quantiles.items[0], 0.25);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_defaults, begin, end),
        cmocka_unit_test_setup_teardown(test_bool, begin, end),
        cmocka_unit_test_setup_teardown(test_int, begin, end),
        cmocka_unit_test_setup_teardown(test_int_words, begin, end),
        cmocka_unit_test_setup_teardown(test_real, begin, end),
        cmocka_unit_test_setup_teardown(test_choice, begin, end),
        cmocka_unit_test_setup_teardown(test_text, begin, end),
        cmocka_unit_test_setup_teardown(test_text_is_utf8, begin, end),
        cmocka_unit_test_setup_teardown(test_long_values_are_cut, begin, end),
        cmocka_unit_test_setup_teardown(test_texts, begin, end),
        cmocka_unit_test_setup_teardown(test_reals, begin, end),
        cmocka_unit_test_setup_teardown(test_pairs, begin, end),
        cmocka_unit_test_setup_teardown(test_unknown, begin, end),
        cmocka_unit_test_setup_teardown(test_alias, begin, end),
        cmocka_unit_test_setup_teardown(test_secret_is_not_told, begin, end),
        cmocka_unit_test_setup_teardown(test_flags_are_named_as_typed, begin, end),
        cmocka_unit_test_setup_teardown(test_whole_lists_keep_commas, begin, end),
        cmocka_unit_test_setup_teardown(test_check, begin, end),
        cmocka_unit_test_setup_teardown(test_wrong_declarations, begin, end),
        cmocka_unit_test(test_memory_runs_out),
        cmocka_unit_test_setup_teardown(test_into_scratch, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
