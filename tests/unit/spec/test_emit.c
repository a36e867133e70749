#include "unit/spec/example.h"
#include "spec/emit.h"
#include <string.h>

static hone_ctx *ctx;
static hn_arena arena;

static int begin(void **state) {
    (void)state;
    ctx = test_ctx(1);
    hn_arena_init(&arena, ctx->allocator);
    return 0;
}

static int end(void **state) {
    (void)state;
    hn_arena_done(&arena);
    hone_ctx_free(ctx);
    return 0;
}

static void test_types(void **state) {
    (void)state;
    static const char *const expected[] = {
        "true or false",
        "true or false",
        "integer >= 1",
        "integer in [1, 1000000] or sqrt or none",
        "real >= 0",
        "real in (0, 1)",
        "real in (0, inf] or unknown",
        "one of auto, cholesky, svd",
        "text",
        "one of fast, exact",
        "text",
        "list of texts",
        "list of one of auc, rmse",
        "list of reals in [0, 1]",
        "object from name to real in [-1, 1] or rising",
    };
    for (int64_t i = 0; i < example_params.n; i++) {
        hn_str str;
        hn_str_init(&str, ctx, &arena);
        hn_emit_type(&str, &example_items[i]);
        assert_string_equal(str.text, expected[i]);
    }
}

static void test_help_of_a_kind(void **state) {
    (void)state;
    hn_str str;
    hn_str_init(&str, ctx, &arena);
    hn_emit_help(&str, &example_params, 76, false);
    assert_string_equal(
        str.text, "  intercept     true       Whether to fit an intercept.\n"
                  "  max_iter      100        Most rounds there may be. (integer >= 1, rounds)\n"
                  "  max_features  sqrt       Features looked at in a split. (integer in [1,\n"
                  "                           1000000] or sqrt or none)\n"
                  "  alpha         1          Strength of the penalty. (real >= 0)\n"
                  "  solver        auto       How to solve it. (one of auto, cholesky, svd)\n"
                  "  label         -          A name for people.\n"
                  "  mode          fast       Fast or exact. (one of fast, exact)\n"
                  "  password      -          Never shown.\n"
                  "  columns       -          Columns to take.\n"
                  "  scores        auc        Scores. (list of one of auc, rmse)\n"
                  "  quantiles     0.25,0.75  Quantiles. (list of reals in [0, 1])\n"
                  "  monotone      -          Direction by feature. (object from name to real\n"
                  "                           in [-1, 1] or rising)\n"
                  "  tolerance     1e-4       When to stop. (real in (0, 1))\n"
                  "  ceiling       inf        Largest value there may be. (real in (0, inf] or\n"
                  "                           unknown)\n"
                  "  verbose       false      Say more.\n");
}

typedef struct verb {
    const char *data;
    const char *output;
    double test;
    bool header;
    bool json;
    int format;
    const char *a_very_long_flag_name_indeed;
} verb;
static const hone_param verb_items[] = {
    HN_PARAM(verb, data, .positional = true, .required = true, .doc = "The file to read."),
    HN_PARAM(verb, output, .letter = 'o', .display = "FILE", .doc = "Where to write it."),
    HN_PARAM(verb, test, .def = "0.2", .range = "[0, 1)", .doc = "Share held out."),
    HN_PARAM(verb, header, .def = "true", .doc = "Take the first line as names."),
    HN_PARAM(verb, json, .doc = "Say it as JSON."),
    HN_PARAM(verb, format, .def = "csv", .choices = HN_CHOICES("csv", "json"),
             .doc = "The format."),
    HN_PARAM(verb, a_very_long_flag_name_indeed, .doc = "It gets a line of its own."),
};
static const hn_params verb_params = {.items = verb_items,
                                      .n = sizeof verb_items / sizeof *verb_items,
                                      .size = sizeof(verb),
                                      .flags = true};

static void test_help_of_a_verb(void **state) {
    (void)state;
    hn_str str;
    hn_str_init(&str, ctx, &arena);
    hn_emit_help(&str, &verb_params, 64, true);
    assert_string_equal(str.text,
                        "  DATA               The file to read. (required)\n"
                        "  -o, --output FILE  Where to write it.\n"
                        "      --test NUM     Share held out. (real in [0, 1); default\n"
                        "                     0.2)\n"
                        "      --[no-]header  Take the first line as names.\n"
                        "      --json         Say it as JSON.\n"
                        "      --format WORD  The format. (one of csv, json; default csv)\n"
                        "      --a-very-long-flag-name-indeed TEXT\n"
                        "                     It gets a line of its own.\n");
}

static void test_markdown(void **state) {
    (void)state;
    static const hone_param items[] = {
        HN_PARAM(verb, test, .def = "0.2", .range = "[0, 1)", .unit = "rows", .doc = "A | B."),
        HN_PARAM(verb, data, .required = true, .doc = "The file.")};
    static const hn_params params = HN_PARAMS(verb, items);
    hn_str str;
    hn_str_init(&str, ctx, &arena);
    hn_emit_markdown(&str, &params);
    assert_string_equal(str.text, "| Parameter | Type | Default | |\n|---|---|---|---|\n"
                                  "| `test` | real in [0, 1), in rows | `0.2` | A \\| B. |\n"
                                  "| `data` | text | required | The file. |\n");
}

static void test_roff(void **state) {
    (void)state;
    hn_str str;
    hn_str_init(&str, ctx, &arena);
    hn_emit_roff(&str, &verb_params);
    assert_non_null(strstr(str.text, ".TP\n\\fIDATA\\fR\nThe file to read. (required)\n"));
    assert_non_null(strstr(str.text, ".TP\n\\fB\\-o\\fR, \\fB\\-\\-output\\fR \\fIFILE\\fR\n"));
    hn_str_clear(&str);
    hn_emit_roff_text(&str, ".a\n'b\\c-d");
    assert_string_equal(str.text, "\\&.a\n\\&'b\\ec\\-d");
}

static void test_schema(void **state) {
    (void)state;
    hn_json_doc *doc;
    hn_json_mut *schema;
    char *text;
    size_t length;
    assert_ok(ctx, hn_json_new(ctx, &arena, &doc));
    assert_ok(ctx, hn_emit_schema(ctx, &example_params, doc, &schema));
    assert_ok(ctx, hn_json_write(ctx, &arena, schema, false, &text, &length));
    static const char *const parts[] = {
        "{\"type\":\"object\",\"properties\":{\"intercept\":{\"type\":\"boolean\",\"default\":"
        "true,",
        "\"max_iter\":{\"type\":\"integer\",\"minimum\":1,\"default\":100,\"description\":"
        "\"Most rounds there may be.\",\"x-unit\":\"rounds\",\"x-aliases\":[\"n_iter\","
        "\"iterations\"],\"x-search\":{\"values\":[50,100,200]}}",
        "\"max_features\":{\"anyOf\":[{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000000},"
        "{\"enum\":[\"sqrt\",\"none\"]}],\"default\":\"sqrt\"",
        "\"alpha\":{\"type\":\"number\",\"minimum\":0,\"default\":1.0,",
        "\"x-search\":{\"low\":0.0001,\"high\":10000,\"scale\":\"log\"}}",
        "\"tolerance\":{\"type\":\"number\",\"exclusiveMinimum\":0,\"exclusiveMaximum\":1,",
        "\"x-level\":\"advanced\"",
        "\"ceiling\":{\"anyOf\":[{\"type\":\"number\",\"exclusiveMinimum\":0},"
        "{\"enum\":[\"unknown\",\"inf\"]}],\"default\":\"inf\"",
        "\"solver\":{\"type\":\"string\",\"enum\":[\"auto\",\"cholesky\",\"svd\"],\"default\":"
        "\"auto\"",
        "\"label\":{\"type\":\"string\",\"description\":\"A name for people.\"}",
        "\"password\":{\"type\":\"string\",\"description\":\"Never shown.\",\"writeOnly\":true}",
        "\"scores\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"enum\":[\"auc\",\"rmse\"]}"
        ","
        "\"default\":[\"auc\"]",
        "\"quantiles\":{\"type\":\"array\",\"items\":{\"type\":\"number\",\"minimum\":0,"
        "\"maximum\":1},"
        "\"default\":[0.25,0.75]",
        "\"monotone\":{\"type\":\"object\",\"additionalProperties\":{\"anyOf\":[{\"type\":"
        "\"number\","
        "\"minimum\":-1,\"maximum\":1},{\"enum\":[\"rising\"]}]},\"default\":{}",
        "\"additionalProperties\":false}",
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!strstr(text, parts[i])) fail_msg("no %s in %s", parts[i], text);
    }
    assert_null(strstr(text, "required"));
    assert_ok(ctx, hn_emit_schema(ctx, &verb_params, doc, &schema));
    assert_ok(ctx, hn_json_write(ctx, &arena, schema, false, &text, &length));
    assert_non_null(strstr(text, "\"required\":[\"data\"]"));
}

static hone_status everything(hone_ctx *mine, void *arg) {
    (void)arg;
    hn_arena own __attribute__((cleanup(hn_arena_done)));
    hn_arena_init(&own, mine->allocator);
    hn_str str;
    hn_str_init(&str, mine, &own);
    hn_emit_help(&str, &example_params, 80, true);
    hn_emit_markdown(&str, &example_params);
    hn_emit_roff(&str, &example_params);
    HN_TRY(hn_str_status(&str));
    hn_json_doc *doc;
    hn_json_mut *schema;
    HN_TRY(hn_json_new(mine, &own, &doc));
    return hn_emit_schema(mine, &example_params, doc, &schema);
}

static void test_memory_runs_out(void **state) {
    (void)state;
    assert_true(test_every_allocation(1, everything, NULL) > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_types, begin, end),
        cmocka_unit_test_setup_teardown(test_help_of_a_kind, begin, end),
        cmocka_unit_test_setup_teardown(test_help_of_a_verb, begin, end),
        cmocka_unit_test_setup_teardown(test_markdown, begin, end),
        cmocka_unit_test_setup_teardown(test_roff, begin, end),
        cmocka_unit_test_setup_teardown(test_schema, begin, end),
        cmocka_unit_test(test_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
