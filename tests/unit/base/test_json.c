/* JSON: conformance, limits, errors with a place, building, memory. */
#include "unit/support.h"
#include "base/json.h"
#include "base/os.h"
#include <dirent.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static hone_status read_text(hone_ctx *ctx, const char *text, hn_json **ret_root) {
    return hn_json_read(ctx, ctx->scratch, text, strlen(text), "test", ret_root);
}

/* ---- reading -------------------------------------------------------------------------------- */

static void reads_values(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    hn_json *root;
    assert_ok(
        ctx, read_text(ctx, "\xEF\xBB\xBF {\"a\": [1, -2, 0.5, true, null, \"\\u00e9\"]} ", &root));
    hn_json *list = yyjson_obj_get(root, "a");
    assert_int_equal(yyjson_arr_size(list), 6);
    assert_int_equal(yyjson_get_sint(yyjson_arr_get(list, 1)), -2);
    assert_same_double(yyjson_get_real(yyjson_arr_get(list, 2)), 0.5);
    assert_string_equal(yyjson_get_str(yyjson_arr_get(list, 5)), "\xC3\xA9");
    /* Only what is inside length is read. */
    assert_ok(ctx, hn_json_read(ctx, ctx->scratch, "12345", 2, "test", &root));
    assert_int_equal(yyjson_get_uint(root), 12);
    hone_ctx_free(ctx);
}

static void assert_refused(hone_ctx *ctx, const char *text, const char *message) {
    hn_json *root = NULL;
    assert_status(ctx, read_text(ctx, text, &root), HONE_ERROR_DATA);
    assert_message(ctx, message);
    assert_string_equal(hone_ctx_error(ctx)->file, "test");
    assert_null(root);
}

static void errors_have_a_place(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    assert_refused(ctx, "", "test, line 1, column 1: there is nothing here");
    assert_refused(ctx, "{\n  \"a\": 1,\n  \"b\": x\n}", "test, line 3, column 8: ");
    assert_int_equal(hone_ctx_error(ctx)->row, 3);
    assert_refused(ctx, "[1, 2", "test, line 1, column 6: ");
    assert_refused(ctx, "[NaN]", "line 1, column 2");
    assert_refused(ctx, "[1e999]", "line 1, column 2");
    assert_refused(ctx, "[1,]", "line 1");
    assert_refused(ctx, "\"\xFF\"", "line 1, column 2");
    hone_ctx_free(ctx);
}

static void keys_must_differ(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    hn_json *root;
    assert_refused(ctx, "{\"a\": 1,\n \"b\": 2, \"a\": 3}", "line 2, column 11: ");
    assert_refused(ctx, "{\"a\": 1,\n \"b\": 2, \"a\": 3}", "comes twice: 'a'");
    assert_refused(ctx, "[{\"x\":[{\"k\":1,\"\\u006b\":2}]}]", "comes twice: 'k'");
    assert_refused(ctx, "{\"\":1,\"\":2}", "comes twice: ''");
    assert_refused(ctx, "[{\"a\":1,\"b\":1},{\"a\":1,\"b\":1},{\"a\":1,\"a\":1}]", "twice: 'a'");
    assert_ok(ctx,
              read_text(ctx, "[{\"a\":1,\"b\":1},{\"b\":1,\"a\":1},{\"a\":{\"a\":1}},{}]", &root));
    hone_ctx_free(ctx);
}

/* Keys by the hundred take another way. */
static void many_keys_must_differ(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    hn_json *root;
    for (int n = 2; n < 600; n += 7) {
        for (int twin = -1; twin < n - 1; twin += 1 + n / 3) {
            hn_str text;
            hn_str_init(&text, ctx, ctx->scratch);
            for (int i = 0; i < n; i++) {
                int key = i == n - 1 && twin >= 0 ? twin : i;
                hn_str_printf(&text, "%s\"key%d\": [%d]", i ? "," : "{", key, i);
            }
            hn_str_put(&text, "}");
            if (twin < 0)
                assert_ok(ctx, read_text(ctx, text.text, &root));
            else
                assert_refused(ctx, text.text, "comes twice: 'key");
        }
    }
    hone_ctx_free(ctx);
}

static void nested(char *text, int depth) {
    text[0] = '\0';
    for (int i = 0; i < depth; i++) strcat(text, i % 2 ? "{\"[\":" : "[");
    strcat(text, "1");
    for (int i = depth; i-- > 0;) strcat(text, i % 2 ? "}" : "]");
}

static void depth_is_bounded(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    hn_json *root;
    char text[2000];
    nested(text, HN_JSON_DEPTH);
    assert_ok(ctx, read_text(ctx, text, &root));
    nested(text, HN_JSON_DEPTH + 1);
    assert_refused(ctx, text, "line 1, column 193: nested more than 64 deep");
    /* A million open brackets cost a message, no stack. */
    char *hostile = malloc(2000001);
    memset(hostile, '[', 1000000);
    memset(hostile + 1000000, ']', 1000000);
    hostile[2000000] = '\0';
    assert_refused(ctx, hostile, "nested more than 64 deep");
    free(hostile);
    hone_ctx_free(ctx);
}

static void failures_leave_nothing(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    size_t before = ctx->scratch->used;
    assert_refused(ctx, "[1,2,3", "line 1");
    assert_int_equal(ctx->scratch->used, before);
    hone_ctx_free(ctx);
}

/* ---- conformance (JSONTestSuite) ------------------------------------------------------------ */

/* Its file names tell what is wanted: y_ accept, n_ refuse, i_ either, but in good order. */
static void check_file(hone_ctx *ctx, const char *path, const char *name) {
    HN_SCRATCH(ctx);
    char *text, *again;
    size_t length, again_length;
    hn_json *root;
    assert_ok(ctx, hn_read_file(ctx, ctx->scratch, path, 0, &text, &length));
    hone_status status = hn_json_read(ctx, ctx->scratch, text, length, name, &root);
    /* Keys that come twice are JSON, but not here. */
    bool twice = strncmp(name, "y_object_duplicated_key", 23) == 0;
    if (status != HONE_OK && status != HONE_ERROR_DATA) fail_msg("%s: %d", name, status);
    if (name[0] == 'y' && (status == HONE_OK) == twice) fail_msg("%s: not accepted", name);
    if (name[0] == 'n' && status == HONE_OK) fail_msg("%s: accepted", name);
    if (status != HONE_OK) return;
    /* What was read writes as something that reads the same. */
    hn_json_doc *doc;
    assert_ok(ctx, hn_json_new(ctx, ctx->scratch, &doc));
    hn_json_mut *copy = yyjson_val_mut_copy(doc, root);
    assert_ok(ctx, hn_json_write(ctx, ctx->scratch, copy, true, &again, &again_length));
    hn_json *second;
    assert_ok(ctx, hn_json_read(ctx, ctx->scratch, again, again_length, name, &second));
    assert_true(yyjson_equals(root, second));
}

static void conformance(void **state) {
    (void)state;
    const char *shared = test_shared("data/conformance/json-test-suite/test_parsing");
    if (!shared) skip();
    hone_ctx *ctx = test_ctx(1);
    DIR *dir = opendir(shared);
    assert_non_null(dir);
    int files = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.') continue;
        check_file(ctx, test_join(shared, entry->d_name), entry->d_name);
        files++;
    }
    closedir(dir);
    assert_true(files > 300);
    hone_ctx_free(ctx);
}

/* ---- building and writing ------------------------------------------------------------------- */

static void writes_values(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    hn_json_doc *doc;
    assert_ok(ctx, hn_json_new(ctx, ctx->scratch, &doc));
    hn_json_mut *root = yyjson_mut_obj(doc), *list = yyjson_mut_arr(doc);
    yyjson_mut_obj_add_val(doc, root, "list", list);
    yyjson_mut_arr_add_real(doc, list, 0.1);
    yyjson_mut_arr_add_real(doc, list, 2);
    yyjson_mut_arr_add_real(doc, list, NAN);
    yyjson_mut_arr_add_real(doc, list, -INFINITY);
    yyjson_mut_obj_add_str(doc, root, "text", "a\"\n\xC3\xA9");
    char *text;
    size_t length;
    assert_ok(ctx, hn_json_write(ctx, ctx->scratch, root, false, &text, &length));
    assert_string_equal(text, "{\"list\":[0.1,2.0,null,null],\"text\":\"a\\\"\\n\xC3\xA9\"}");
    assert_int_equal(length, strlen(text));
    assert_ok(ctx, hn_json_write(ctx, ctx->scratch, root, true, &text, NULL));
    assert_non_null(strstr(text, "{\n  \"list\": [\n    0.1,"));
    hn_json *frozen;
    assert_ok(ctx, hn_json_freeze(ctx, ctx->scratch, root, &frozen));
    assert_true(isinf(yyjson_get_real(yyjson_arr_get(yyjson_obj_get(frozen, "list"), 3))));
    yyjson_mut_obj_add_str(doc, root, "bad", "\xFF");
    assert_status(ctx, hn_json_write(ctx, ctx->scratch, root, false, &text, NULL), HONE_ERROR_DATA);
    assert_status(ctx, hn_json_write(ctx, ctx->scratch, NULL, false, &text, NULL),
                  HONE_ERROR_MEMORY);
    hone_ctx_free(ctx);
}

static void puts_strings_and_numbers(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    hn_str str;
    hn_str_init(&str, ctx, ctx->scratch);
    static const char odd[] = "\"\\/\b\f\n\r\t\x01\x1F\x7F\0\xE2\x82\xAC\xF0\x9F\x98\x80";
    hn_json_put_string(&str, odd, sizeof odd - 1);
    assert_string_equal(str.text, "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7F\\u0000"
                                  "\xE2\x82\xAC\xF0\x9F\x98\x80\"");
    hn_str_clear(&str);
    hn_json_put_string(&str, NULL, 0);
    assert_string_equal(str.text, "\"\"");
    const double numbers[] = {0, -0.0, 1, 0.1, 1e21, 1e100, -5e-324, NAN, INFINITY, 123456789};
    const char *texts[] = {"0.0",   "-0.0",    "1.0",  "0.1",  "1e21",
                           "1e100", "-5e-324", "null", "null", "123456789.0"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        hn_str_clear(&str);
        hn_json_put_double(&str, numbers[i]);
        assert_string_equal(str.text, texts[i]);
    }
    hone_ctx_free(ctx);
}

/* Every pair of bytes, and what looks like UTF-8 but isn't, comes out as JSON that reads. */
static void any_bytes_become_json(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    hn_str str;
    for (int i = 0; i < 0x10000; i++) {
        HN_SCRATCH(ctx);
        hn_str_init(&str, ctx, ctx->scratch);
        char bytes[4] = {(char)(i >> 8), (char)i, (char)(i * 7), 'x'};
        hn_json_put_string(&str, bytes, 4);
        hn_json *root;
        assert_ok(ctx, read_text(ctx, str.text, &root));
        const char *text = yyjson_get_str(root);
        assert_int_equal(text[yyjson_get_len(root) - 1], 'x');
    }
    static const char *const wrong[] = {
        "\xC0\x80",         "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE0\x9F\xBF",
        "\xF0\x8F\xBF\xBF", "\xE2\x82",     "\xF0\x9F\x98",     "\x80"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        hn_str_init(&str, ctx, ctx->scratch);
        hn_json_put_string(&str, wrong[i], strlen(wrong[i]));
        assert_int_equal(str.length, 2 + 3 * strlen(wrong[i]));
    }
    hone_ctx_free(ctx);
}

/* ---- memory --------------------------------------------------------------------------------- */

static hone_status build_and_read(hone_ctx *ctx, void *arg) {
    (void)arg;
    hn_arena arena __attribute__((cleanup(hn_arena_done)));
    hn_arena_init(&arena, ctx->allocator);
    hn_json_doc *doc;
    HN_TRY(hn_json_new(ctx, &arena, &doc));
    hn_json_mut *root = yyjson_mut_obj(doc);
    /* The results of builders are not looked at. */
    for (int i = 0; i < 500; i++) {
        char key[32];
        sprintf(key, "key %d", i);
        yyjson_mut_obj_add(root, yyjson_mut_strcpy(doc, key), yyjson_mut_real(doc, i / 8.0));
    }
    char *text;
    size_t length;
    HN_TRY(hn_json_write(ctx, &arena, root, true, &text, &length));
    hn_json *back, *frozen;
    HN_TRY(hn_json_read(ctx, &arena, text, length, "test", &back));
    HN_TRY(hn_json_freeze(ctx, &arena, root, &frozen));
    assert_int_equal(yyjson_obj_size(back), 500);
    assert_true(yyjson_equals(back, frozen));
    return HONE_OK;
}

static void json_without_memory(void **state) {
    (void)state;
    assert_true(test_every_allocation(1, build_and_read, NULL) > 4);
}

/* What a builder could not get is told by the next write, once. */
static void a_failed_builder_is_told(void **state) {
    (void)state;
    test_memory memory = {0};
    hone_allocator allocator = test_allocator(&memory);
    hone_ctx_options options = {.threads = 1, .allocator = &allocator};
    hone_ctx *ctx = hone_ctx_new(&options);
    hn_json_doc *doc;
    assert_ok(ctx, hn_json_new(ctx, ctx->scratch, &doc));
    hn_json_mut *root = yyjson_mut_arr(doc);
    memory.fail_at = memory.calls + 1;
    bool all = true;
    for (int i = 0; i < 10000; i++) all &= yyjson_mut_arr_add_int(doc, root, i);
    assert_false(all);
    char *text;
    assert_status(ctx, hn_json_write(ctx, ctx->scratch, root, false, &text, NULL),
                  HONE_ERROR_MEMORY);
    assert_ok(ctx, hn_json_write(ctx, ctx->scratch, yyjson_mut_int(doc, 1), false, &text, NULL));
    hone_ctx_free(ctx);
}

/* A server parses request after request without asking the system for memory. */
static void warm_reading_does_not_allocate(void **state) {
    (void)state;
    test_memory memory = {0};
    hone_allocator allocator = test_allocator(&memory);
    hone_ctx_options options = {.threads = 1, .allocator = &allocator};
    hone_ctx *ctx = hone_ctx_new(&options);
    hn_str request;
    hn_str_init(&request, ctx, ctx->scratch);
    for (int i = 0; i < 200; i++) hn_str_printf(&request, "%s\"key%d\": %d", i ? "," : "{", i, i);
    hn_str_put(&request, "}");
    long long before = 0;
    for (int i = 0; i < 20; i++) {
        HN_SCRATCH(ctx);
        hn_json *root;
        assert_ok(ctx, read_text(ctx, request.text, &root));
        if (i == 5) before = memory.calls;
    }
    assert_int_equal(memory.calls, before);
    hone_ctx_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_values),
        cmocka_unit_test(errors_have_a_place),
        cmocka_unit_test(keys_must_differ),
        cmocka_unit_test(many_keys_must_differ),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(failures_leave_nothing),
        cmocka_unit_test(conformance),
        cmocka_unit_test(writes_values),
        cmocka_unit_test(puts_strings_and_numbers),
        cmocka_unit_test(any_bytes_become_json),
        cmocka_unit_test(json_without_memory),
        cmocka_unit_test(a_failed_builder_is_told),
        cmocka_unit_test(warm_reading_does_not_allocate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
