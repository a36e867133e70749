/* YAML: what it means, where it stands, what is refused. */
#include "unit/support.h"
#include "base/yaml.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static hone_status read_text(hone_ctx *ctx, const char *text, hn_json **ret_root,
                             hn_marks *ret_marks) {
    return hn_yaml_read(ctx, ctx->scratch, text, strlen(text), "r.yaml", ret_root, ret_marks);
}

/* YAML that means the same as some JSON. */
static void assert_means(hone_ctx *ctx, const char *yaml, const char *json) {
    hn_json *got, *wanted;
    hn_marks marks;
    assert_ok(ctx, read_text(ctx, yaml, &got, &marks));
    assert_ok(ctx, hn_json_read(ctx, ctx->scratch, json, strlen(json), "json", &wanted));
    if (yyjson_equals(got, wanted)) return;
    fail_msg("%s\nmeans %s\nnot   %s", yaml, yyjson_val_write(got, 0, NULL), json);
}

static void core_schema(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    assert_means(ctx, "", "null");
    assert_means(ctx, "# only a comment\n", "null");
    assert_means(ctx, "--- \n...\n", "null");
    assert_means(ctx, "[~, null, Null, NULL, '', \"~\", nUll]",
                 "[null,null,null,null,\"\",\"~\",\"nUll\"]");
    assert_means(ctx, "[true, True, TRUE, false, tRue, yes, no, on, off, y]",
                 "[true,true,true,false,\"tRue\",\"yes\",\"no\",\"on\",\"off\",\"y\"]");
    assert_means(ctx, "- 12\n- -7\n- +3\n- 007\n- 0o17\n- 0x1F\n- 0\n- -0\n",
                 "[12,-7,3,7,15,31,0,0]");
    assert_means(ctx, "[18446744073709551615, -9223372036854775808, 9223372036854775808]",
                 "[18446744073709551615, -9223372036854775808, 9223372036854775808]");
    assert_means(ctx, "[18446744073709551616, -9223372036854775809]",
                 "[18446744073709551616.0, -9223372036854775809.0]");
    assert_means(ctx,
                 "[0.5, .5, 5., 1e3, -1.5E-2, 1_000, 0x, 0o8, 1e, '1', 1.2.3, 2024-01-31, 12:30]",
                 "[0.5,0.5,5.0,1000.0,-0.015,\"1_000\",\"0x\",\"0o8\",\"1e\",\"1\",\"1.2.3\","
                 "\"2024-01-31\",\"12:30\"]");
    assert_means(ctx, "[inf, nan, NaN, -, +, ., e5]",
                 "[\"inf\",\"nan\",\"NaN\",\"-\",\"+\",\".\",\"e5\"]");
    hn_json *root;
    hn_marks marks;
    assert_ok(ctx, read_text(ctx, "[.inf, -.INF, .NaN, +.Inf]", &root, &marks));
    assert_same_double(yyjson_get_real(yyjson_arr_get(root, 0)), INFINITY);
    assert_same_double(yyjson_get_real(yyjson_arr_get(root, 1)), -INFINITY);
    assert_same_double(yyjson_get_real(yyjson_arr_get(root, 2)), NAN);
    assert_same_double(yyjson_get_real(yyjson_arr_get(root, 3)), INFINITY);
    hone_ctx_free(ctx);
}

static void shapes(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    assert_means(ctx, "model:\n  gbdt:\n    depth: 3\n    names: [a, b]\n",
                 "{\"model\":{\"gbdt\":{\"depth\":3,\"names\":[\"a\",\"b\"]}}}");
    assert_means(ctx, "steps:\n- scale\n- {impute: {with: mean}}\n-\n  - 1\n",
                 "{\"steps\":[\"scale\",{\"impute\":{\"with\":\"mean\"}},[1]]}");
    assert_means(ctx, "a: |\n  one\n  two\nb: >-\n  three\n  four\nc: \"x\\ty\"\nd: 'it''s'\n",
                 "{\"a\":\"one\\ntwo\\n\",\"b\":\"three four\",\"c\":\"x\\ty\",\"d\":\"it's\"}");
    assert_means(ctx, "1: a\ntrue: b\nnull: c\n0x10: d\n~: e\n",
                 "{\"1\":\"a\",\"true\":\"b\",\"null\":\"c\",\"0x10\":\"d\",\"~\":\"e\"}");
    assert_means(ctx, "{a: , b}", "{\"a\":null,\"b\":null}");
    assert_means(ctx, "a: !!str 12\nb: !!float 1\nc: !!int 5\nd: ! 7\ne: !!map {}\nf: !!seq []\n",
                 "{\"a\":\"12\",\"b\":1.0,\"c\":5,\"d\":\"7\",\"e\":{},\"f\":[]}");
    assert_means(ctx, "\xEF\xBB\xBFk: \xC3\xA9\xE2\x82\xAC", "{\"k\":\"\xC3\xA9\xE2\x82\xAC\"}");
    assert_means(ctx, "%YAML 1.2\n---\na: 1\n", "{\"a\":1}");
    hone_ctx_free(ctx);
}

static void aliases(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    assert_means(ctx, "a: &x {p: [1, 2], q: &y deep}\nb: *x\nc: [*y, *y, *x]\n",
                 "{\"a\":{\"p\":[1,2],\"q\":\"deep\"},\"b\":{\"p\":[1,2],\"q\":\"deep\"},"
                 "\"c\":[\"deep\",\"deep\",{\"p\":[1,2],\"q\":\"deep\"}]}");
    assert_means(ctx, "- &x 1\n- *x\n- &x 2\n- *x\n", "[1,1,2,2]");
    assert_means(ctx, "&k a: 1\nb: *k\n", "{\"a\":1,\"b\":\"a\"}");
    hone_ctx_free(ctx);
}

static void assert_refused(hone_ctx *ctx, const char *text, const char *message) {
    hn_json *root = NULL;
    hn_marks marks = {0};
    hone_status status = read_text(ctx, text, &root, &marks);
    if (status != HONE_ERROR_DATA) fail_msg("%.60s: %s", text, hone_status_name(status));
    assert_message(ctx, message);
    assert_string_equal(hone_ctx_error(ctx)->file, "r.yaml");
    assert_true(hone_ctx_error(ctx)->row >= 1);
    assert_null(root);
    assert_null(marks.name);
}

static void refused(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    assert_refused(ctx, "a: 1\nb: 2\na: 3\n", "r.yaml, line 3, column 1: give each key once");
    assert_refused(ctx, "a: 1\nb: 2\na: 3\n", "comes twice: 'a'");
    assert_refused(ctx, "{\"a\": 1,\n \"a\": 2}", "r.yaml, line 2, column 2: give each key once");
    assert_refused(ctx, "1: a\n'1': b\n", "comes twice: '1'");
    assert_refused(ctx, "a: [1, 2\nb: 3\n", "r.yaml, line 2");
    assert_refused(ctx, "a:\n\t- 1\n", "line 2, column 1");
    assert_refused(ctx, "a: *nobody\n",
                   "line 1, column 4: there is no whole value before this named '&nobody'");
    assert_refused(ctx, "a: &x [*x]\n", "named '&x'");
    assert_refused(ctx, "a: !python/object:os.system x\n", "this tag is not understood");
    assert_refused(ctx, "a: !!set {x}\n", "this tag is not understood");
    assert_refused(ctx, "a: !!int x\n", "does not agree with its tag; remove '!!int'");
    assert_refused(ctx, "a: !!seq x\n", "this tag is not understood");
    assert_refused(ctx, "[a]: 1\n", "line 1, column 1: a key must be a plain text");
    assert_refused(ctx, "a: &x 1\n*x : 2\n", "a key must be a plain text");
    assert_refused(ctx, "a: 1\n---\nb: 2\n", "line 3, column 1: a second document begins");
    assert_refused(ctx, "a: \xFF\n", "line 1, column 4");
    assert_refused(ctx, "a: \x01\n", "line 1");
    assert_refused(ctx, "{\"a\": 1,", "r.yaml, line ");
    hone_ctx_free(ctx);
}

static void limits(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    char text[4000] = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
    for (int i = 1; i < 20; i++) {
        char line[200];
        sprintf(line, "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i,
                i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
        strcat(text, line);
    }
    assert_refused(ctx, text, "aliases add more than 100000 values");
    /* Long texts count too. */
    hn_str str;
    hn_str_init(&str, ctx, ctx->scratch);
    hn_str_put(&str, "- &x '");
    for (int i = 0; i < 100000; i++) hn_str_put(&str, "0123456789");
    hn_str_put(&str, "'\n");
    for (int i = 0; i < 2; i++) hn_str_put(&str, "- *x\n");
    assert_refused(ctx, str.text, "aliases add more than");
    /* Depth, also by way of aliases. */
    char deep[400] = "";
    for (int i = 0; i < 65; i++) strcat(deep, "[");
    assert_refused(ctx, deep, "r.yaml, line 1, column 65: nested more than 64 deep");
    char half[1000] = "a: &x ";
    for (int i = 0; i < 40; i++) strcat(half, "[");
    for (int i = 0; i < 40; i++) strcat(half, "]");
    strcat(half, "\nb: ");
    for (int i = 0; i < 40; i++) strcat(half, "[");
    strcat(half, "*x");
    for (int i = 0; i < 40; i++) strcat(half, "]");
    assert_refused(ctx, half, "nested more than 64 deep");
    hone_ctx_free(ctx);
}

/* ---- marks ---------------------------------------------------------------------------------- */

static void assert_mark(const hn_marks *marks, const char *pointer, int line, int column) {
    int got_line, got_column;
    hn_marks_find(marks, pointer, &got_line, &got_column);
    if (got_line != line || got_column != column)
        fail_msg("'%s' is at %d:%d, not %d:%d", pointer, got_line, got_column, line, column);
}

static void marks_of_yaml(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    hn_json *root;
    hn_marks marks;
    assert_ok(ctx, read_text(ctx,
                             "# recipe\n"
                             "model:\n"
                             "  gbdt: {depth: 3, \"a/b~c\": 1}\n"
                             "steps:\n"
                             "- scale\n"
                             "-  x: \xC3\xA9\xC3\xA9\n",
                             &root, &marks));
    assert_string_equal(marks.name, "r.yaml");
    assert_mark(&marks, "", 2, 1);
    assert_mark(&marks, "/model", 2, 1);
    assert_mark(&marks, "/model/gbdt", 3, 3);
    assert_mark(&marks, "/model/gbdt/depth", 3, 10);
    assert_mark(&marks, "/model/gbdt/a~1b~0c", 3, 20);
    assert_mark(&marks, "/steps/0", 5, 3);
    assert_mark(&marks, "/steps/1", 6, 4);
    assert_mark(&marks, "/steps/1/x", 6, 4);
    /* What isn't there stands where its nearest ancestor does. */
    assert_mark(&marks, "/model/gbdt/rate/low", 3, 3);
    assert_mark(&marks, "/modelling", 2, 1);
    assert_mark(&marks, "nonsense", 2, 1);
    hn_marks none = {.name = "none"};
    hn_map_init(&none.lines, ctx, ctx->scratch);
    assert_mark(&none, "/a", 0, 0);
    hone_ctx_free(ctx);
}

static void marks_of_json(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    hn_json *root;
    hn_marks marks;
    assert_ok(ctx, read_text(ctx,
                             " {\"\\ud83d\\ude00\": \"\xC3\xA9\\\"]}\", \"a\":\n"
                             "\t[1 , {\"b\" : [ ] },true],\n"
                             "  \"c/d\": {} }\n",
                             &root, &marks));
    assert_int_equal(yyjson_obj_size(root), 3);
    assert_mark(&marks, "", 1, 2);
    assert_mark(&marks, "/\xF0\x9F\x98\x80", 1, 3);
    assert_mark(&marks, "/a", 1, 28);
    assert_mark(&marks, "/a/0", 2, 3);
    assert_mark(&marks, "/a/1", 2, 7);
    assert_mark(&marks, "/a/1/b", 2, 8);
    assert_mark(&marks, "/a/2", 2, 20);
    assert_mark(&marks, "/c~1d", 3, 3);
    hone_ctx_free(ctx);
}

/* ---- memory --------------------------------------------------------------------------------- */

static hone_status read_some(hone_ctx *ctx, void *arg) {
    hn_arena arena __attribute__((cleanup(hn_arena_done)));
    hn_arena_init(&arena, ctx->allocator);
    hn_json *root;
    hn_marks marks;
    const char *text = arg;
    return hn_yaml_read(ctx, &arena, text, strlen(text), "test", &root, &marks);
}

static void yaml_without_memory(void **state) {
    (void)state;
    static char text[200000];
    char *at = text;
    for (int i = 0; i < 300; i++)
        at += sprintf(at, "key %d: &a%d [%d, {x: 'text %d'}]\n", i, i, i, i);
    for (int i = 0; i < 300; i++) at += sprintf(at, "alias %d: *a%d\n", i, i);
    assert_true(test_every_allocation(1, read_some, text) > 4);
    at = text;
    at += sprintf(at, "[");
    for (int i = 0; i < 2000; i++) at += sprintf(at, "{\"key\": %d},", i);
    sprintf(at, "0]");
    assert_true(test_every_allocation(1, read_some, text) > 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(core_schema),   cmocka_unit_test(shapes),
        cmocka_unit_test(aliases),       cmocka_unit_test(refused),
        cmocka_unit_test(limits),        cmocka_unit_test(marks_of_yaml),
        cmocka_unit_test(marks_of_json), cmocka_unit_test(yaml_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
