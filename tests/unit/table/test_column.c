/* Columns: elements, blocks of doubles, texts, builders, dictionaries, timestamps. */
#include "unit/support.h"
#include "table/column.h"
#include "table/dictionary.h"
#include <stdio.h>
#include <string.h>

static hn_slice slice(const char *text) { return (hn_slice){text, strlen(text)}; }

static void assert_text(hn_slice got, const char *wanted) {
    assert_int_equal(got.length, strlen(wanted));
    assert_memory_equal(got.text, wanted, got.length);
}

static void type_names(void **state) {
    (void)state;
    for (int t = 0; t < HN_TYPE_COUNT; t++) {
        hn_type back;
        assert_true(hn_type_parse(hn_type_name((hn_type)t), &back));
        assert_int_equal(back, t);
    }
    hn_type none = HN_BOOL;
    assert_false(hn_type_parse("double", &none));
    assert_int_equal(none, HN_BOOL);
}

/* Every type, with a stride and a shifted bitmap, element by element and as a block. */
static void doubles_of_every_type(void **state) {
    (void)state;
    struct row {
        double f64;
        float f32;
        int32_t code;
        int64_t i64;
        uint8_t truth;
    } rows[100];
    uint8_t valid[14];
    memset(valid, 0xff, sizeof valid);
    for (int i = 0; i < 100; i++) {
        rows[i] = (struct row){i + 0.5, (float)i / 4, i % 5 == 4 ? HN_UNKNOWN : i % 5, -i, i % 2};
        if (i % 7 == 0) hn_valid_clear(valid, i + 3);
    }
    int64_t offsets[5] = {0, 1, 2, 3, 4};
    hn_dictionary dictionary = {.n = 4, .offsets = offsets, .bytes = "abcd"};
    const struct {
        hn_type type;
        const void *values;
    } cases[] = {{HN_F64, &rows[0].f64},       {HN_F32, &rows[0].f32},    {HN_I64, &rows[0].i64},
                 {HN_CATEGORY, &rows[0].code}, {HN_BOOL, &rows[0].truth}, {HN_TIME, &rows[0].i64}};
    for (size_t c = 0; c < 6; c++) {
        hn_column column = {"x",  cases[c].type, 100, cases[c].values, sizeof(struct row),
                            NULL, valid,         3,   &dictionary};
        double out[100][2];
        hn_column_doubles(&column, 0, 100, &out[0][0], 2);
        int64_t missing = 0;
        for (int i = 0; i < 100; i++) {
            double wanted[] = {i + 0.5, i / 4.0, -i, i % 5 == 4 ? (double)NAN : i % 5, i % 2, -i};
            double value = i % 7 == 0 ? (double)NAN : wanted[c];
            assert_same_double(out[i][0], value + 0.0);
            assert_same_double(hn_column_double(&column, i), value + 0.0);
            missing += hn_column_is_missing(&column, i);
        }
        assert_int_equal(missing, 15);
        assert_int_equal(hn_column_count_missing(&column), 15);
    }
}

static void builder_numbers(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    hn_builder *builder;
    hn_column column;
    assert_ok(ctx, hn_builder_new(ctx, ctx->scratch, "x", HN_F64, &builder));
    for (int i = 0; i < 1000; i++) {
        if (i % 10 == 3)
            assert_ok(ctx, hn_builder_null(builder));
        else
            assert_ok(ctx, hn_builder_double(builder, i * 0.1));
    }
    assert_ok(ctx, hn_builder_finish(builder, &column));
    assert_int_equal(column.n, 1000);
    assert_int_equal(hn_column_count_missing(&column), 100);
    assert_same_double(hn_column_double(&column, 999), 999 * 0.1);
    assert_true(hn_column_is_null(&column, 3) && !hn_column_is_null(&column, 4));

    assert_ok(ctx, hn_builder_new(ctx, ctx->scratch, "empty", HN_BOOL, &builder));
    assert_ok(ctx, hn_builder_finish(builder, &column));
    assert_int_equal(column.n, 0);
    assert_non_null(column.values);
    hone_ctx_free(ctx);
}

static void builder_texts(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    static const char *const words[] = {"b", "", "ab", "a", "\xc3\xa9", "b", "a"};
    hn_builder *builder;
    hn_column column;
    assert_ok(ctx, hn_builder_new(ctx, ctx->scratch, "x", HN_STRING, &builder));
    for (int i = 0; i < 7; i++) assert_ok(ctx, hn_builder_text(builder, slice(words[i])));
    assert_ok(ctx, hn_builder_null(builder));
    assert_ok(ctx, hn_builder_finish(builder, &column));
    assert_int_equal(column.type, HN_CATEGORY); /* too few to be free text */
    assert_int_equal(column.dictionary->n, 5);
    assert_true(hn_dictionary_is_sorted(column.dictionary));
    for (int i = 0; i < 7; i++) {
        assert_text(hn_column_text(&column, i), words[i]);
        assert_int_equal(hn_column_code(&column, i),
                         hn_dictionary_find(column.dictionary, slice(words[i])));
    }
    assert_null(hn_column_text(&column, 7).text);
    assert_int_equal(hn_column_code(&column, 7), HN_UNKNOWN);
    assert_int_equal(hn_dictionary_find(column.dictionary, slice("c")), HN_UNKNOWN);

    /* Nearly all different: strings; but a category where one is asked for. */
    for (int type = HN_CATEGORY; type <= HN_STRING; type++) {
        assert_ok(ctx, hn_builder_new(ctx, ctx->scratch, "x", (hn_type)type, &builder));
        for (int i = 0; i < 3000; i++) {
            char text[32];
            snprintf(text, sizeof text, "row %d", i * 7919 % 3000);
            assert_ok(ctx,
                      i % 100 ? hn_builder_text(builder, slice(text)) : hn_builder_null(builder));
        }
        assert_ok(ctx, hn_builder_finish(builder, &column));
        assert_int_equal(column.type, type);
        assert_text(hn_column_text(&column, 1), "row 1919");
        assert_true(hn_column_is_missing(&column, 2900));
        if (type == HN_CATEGORY) assert_true(hn_dictionary_is_sorted(column.dictionary));
    }
    hone_ctx_free(ctx);
}

/* Unused and repeated texts vanish, negative codes are unknown; texts that share eight bytes sort by
 * the rest. */
static void texts_sort(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    const char bytes[] = "longword-b"
                         "unused"
                         "longword-a"
                         "longword"
                         "longword-b";
    int64_t offsets[] = {0, 10, 16, 26, 34, 44};
    hn_dictionary raw = {.n = 5, .offsets = offsets, .bytes = bytes};
    int32_t codes[] = {0, 2, 4, 3, -1, -7, 0};
    const hn_dictionary *sorted;
    assert_ok(ctx, hn_texts_sort(ctx, ctx->scratch, &raw, codes, 7, &sorted));
    assert_int_equal(sorted->n, 3);
    assert_text(hn_dictionary_text(sorted, 0), "longword");
    assert_text(hn_dictionary_text(sorted, 2), "longword-b");
    const int32_t wanted[] = {2, 1, 2, 0, HN_UNKNOWN, HN_UNKNOWN, 2};
    assert_memory_equal(codes, wanted, sizeof wanted);
    hone_ctx_free(ctx);
}

/* Microseconds by Python's datetime. */
static void times(void **state) {
    (void)state;
    static const struct {
        const char *text, *printed;
        int64_t us;
    } good[] = {
        {"1970-01-01", "1970-01-01", 0},
        {"2024-05-01", "2024-05-01", INT64_C(1714521600000000)},
        {"2024-05-01 13:05:00.25", "2024-05-01T13:05:00.25", INT64_C(1714568700250000)},
        {"2024-05-01T13:05:00Z", "2024-05-01T13:05:00", INT64_C(1714568700000000)},
        {"2024-05-01T13:05+02:00", "2024-05-01T11:05:00", INT64_C(1714561500000000)},
        {"2024-05-01T13:05:00-0530", "2024-05-01T18:35:00", INT64_C(1714588500000000)},
        {"1969-12-31T23:59:59.999999", "1969-12-31T23:59:59.999999", -1},
        {"0001-01-01", "0001-01-01", INT64_C(-62135596800000000)},
        {"9999-12-31", "9999-12-31", INT64_C(253402214400000000)},
        {"2000-02-29", "2000-02-29", INT64_C(951782400000000)},
        {"+12345-06-07", "+012345-06-07", INT64_C(327416947200000000)},
        {"-0001-12-31", "-000001-12-31", INT64_C(-62167305600000000)},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t us = 7;
        assert_true(hn_time_parse(slice(good[i].text), &us));
        assert_int_equal(us, good[i].us);
        char buffer[HN_TIME_SIZE];
        assert_int_equal(hn_time_format(us, hn_time_is_date(us), buffer), strlen(good[i].printed));
        assert_string_equal(buffer, good[i].printed);
    }
    static const char *const bad[] = {"",
                                      "2024",
                                      "2024-5-1",
                                      "2023-02-29",
                                      "1900-02-29",
                                      "2024-13-01",
                                      "2024-00-10",
                                      "2024-01-32",
                                      "2024-05-01T",
                                      "2024-05-01T24:00",
                                      "2024-05-01T10:60",
                                      "2024-05-01x",
                                      "2024-05-01T10:00+",
                                      "2024-05-01T10:00:00.",
                                      "20240501",
                                      "12024-01-01",
                                      "24-05-01",
                                      "2024-05-01 10:00+99:00"};
    int64_t untouched = 7;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(hn_time_parse(slice(bad[i]), &untouched));
    assert_int_equal(untouched, 7);
    /* Every day of 800 years and the ends of what fits. */
    for (int64_t day = -146097; day <= 146097; day++) {
        char buffer[HN_TIME_SIZE];
        int64_t us = day * INT64_C(86400000000), back;
        assert_true(hn_time_parse((hn_slice){buffer, hn_time_format(us, true, buffer)}, &back));
        assert_int_equal(back, us);
    }
    char buffer[HN_TIME_SIZE];
    assert_true(hn_time_format(INT64_MAX, false, buffer) < HN_TIME_SIZE);
    assert_true(hn_time_format(INT64_MIN, false, buffer) < HN_TIME_SIZE);
}

static void print_and_format(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    char buffer[24];
    assert_int_equal(hn_format_int(INT64_MIN, buffer), 20);
    assert_string_equal(buffer, "-9223372036854775808");
    assert_int_equal(hn_format_int(0, buffer), 1);
    float single = 0.1f;
    hn_column column = {.name = "f", .type = HN_F32, .n = 1, .values = &single, .stride = 4};
    hn_str str;
    hn_str_init(&str, ctx, ctx->scratch);
    hn_column_print(&column, 0, &str);
    assert_string_equal(str.text, "0.10000000149011612");
    hone_ctx_free(ctx);
}

static hone_status build(hone_ctx *ctx, void *arg) {
    (void)arg;
    HN_SCRATCH(ctx);
    hn_builder *builder;
    hn_column column;
    HN_TRY(hn_builder_new(ctx, ctx->scratch, "x", HN_STRING, &builder));
    for (int i = 0; i < 200; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i % 50);
        HN_TRY(i % 9 ? hn_builder_text(builder, slice(text)) : hn_builder_null(builder));
    }
    return hn_builder_finish(builder, &column);
}

static void failing_allocations(void **state) {
    (void)state;
    test_every_allocation(1, build, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(type_names),       cmocka_unit_test(doubles_of_every_type),
        cmocka_unit_test(builder_numbers),  cmocka_unit_test(builder_texts),
        cmocka_unit_test(texts_sort),       cmocka_unit_test(times),
        cmocka_unit_test(print_and_format), cmocka_unit_test(failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
