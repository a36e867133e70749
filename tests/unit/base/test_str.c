/* Growing strings, numbers as text, suggestions. */
#include "unit/support.h"
#include "base/number.h"
#include "base/rng.h"
#include "base/str.h"
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static hn_slice slice(const char *text) { return (hn_slice){text, strlen(text)}; }

/* ---- strings -------------------------------------------------------------------------------- */

static hone_status appends(hone_ctx *ctx, void *arg) {
    (void)arg;
    hn_arena arena __attribute__((cleanup(hn_arena_done)));
    hn_arena_init(&arena, ctx->allocator);
    hn_str str, other;
    hn_str_init(&str, ctx, &arena);
    hn_str_init(&other, ctx, &arena);
    char wanted[20000] = "";
    size_t length = 0;
    for (int i = 0; i < 1000; i++) {
        hn_str_put(&str, "ab");
        hn_str_put_n(&str, "cd", 1);
        hn_str_put_c(&str, ';');
        hn_str_printf(&str, "%d", i);
        hn_str_put_double(&str, i + 0.5);
        hn_str_put(&other, "x"); /* so that growing must copy */
        length += (size_t)sprintf(wanted + length, "abc;%d%d.5", i, i);
        if (str.status == HONE_OK) assert_int_equal(str.length, length);
        assert_int_equal(str.text[str.length], '\0');
    }
    HN_TRY(hn_str_status(&str));
    assert_string_equal(str.text, wanted);
    return hn_str_status(&other);
}

static void str_appends(void **state) {
    (void)state;
    test_every_allocation(1, appends, NULL);
}

static void str_corners(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    hn_str str;
    hn_str_init(&str, ctx, ctx->scratch);
    assert_string_equal(str.text, "");
    hn_str_clear(&str);
    hn_str_printf(&str, "%s", "");
    assert_string_equal(str.text, "");
    hn_str_put_n(&str, NULL, 0);
    hn_str_put_n(&str, "a\0b", 3);
    assert_int_equal(str.length, 3);
    hn_str_clear(&str);
    assert_string_equal(str.text, "");
    hn_str_reserve(&str, SIZE_MAX);
    assert_int_equal(hn_str_status(&str), HONE_ERROR_MEMORY);
    hn_str_put(&str, "nothing is added after a failure");
    assert_int_equal(str.length, 0);
    hone_ctx_free(ctx);
}

/* ---- numbers to text ------------------------------------------------------------------------ */

static void assert_format(double value, const char *wanted) {
    char buffer[32];
    size_t length = hn_format_double(value, buffer);
    assert_string_equal(buffer, wanted);
    assert_int_equal(length, strlen(wanted));
}

static void format_known_answers(void **state) {
    (void)state;
    assert_format(0, "0");
    assert_format(-0.0, "-0");
    assert_format(1, "1");
    assert_format(-17, "-17");
    assert_format(0.1, "0.1");
    assert_format(1.0 / 3, "0.3333333333333333");
    assert_format(123456.789, "123456.789");
    assert_format(9007199254740991, "9007199254740991");
    assert_format(5e-324, "5e-324");
    assert_format(DBL_MAX, "1.7976931348623157e308");
    assert_format(-DBL_MIN, "-2.2250738585072014e-308");
    assert_format(1e100, "1e100");
    assert_format(NAN, "nan");
    assert_format(INFINITY, "inf");
    assert_format(-INFINITY, "-inf");
}

static double from_bits(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* No shorter text may read back the same: one digit less must not. */
static void assert_shortest(double value, const char *text) {
    int digits = 0;
    for (const char *at = text; *at && *at != 'e'; at++) digits += *at >= '0' && *at <= '9';
    char shorter[64];
    for (int precision = 1; precision < 18; precision++) {
        snprintf(shorter, sizeof shorter, "%.*e", precision - 1, value);
        if (strtod(shorter, NULL) != value) continue;
        /* Zeros in front or behind are no digits of the number. */
        assert_true(digits >= precision);
        const char *first = text + strcspn(text, "123456789");
        int trailing = 0, seen = 0;
        for (const char *at = first; *at && *at != 'e'; at++) {
            if (*at == '.') continue;
            trailing = *at == '0' ? trailing + 1 : 0;
            seen++;
        }
        assert_int_equal(seen - trailing, precision);
        return;
    }
}

static void a_million_doubles_come_back(void **state) {
    (void)state;
    hn_rng rng = hn_rng_make(1, hn_stream("test.str", 0));
    char buffer[32];
    for (int i = 0; i < 1000000; i++) {
        double value = from_bits(hn_rng_u64(&rng)), back;
        if (i % 3 == 1) value = hn_rng_uniform(&rng) * 1000;
        if (i % 3 == 2) value = (double)hn_rng_below(&rng, 100000) / 100;
        size_t length = hn_format_double(value, buffer);
        assert_true(length < sizeof buffer);
        assert_true(hn_parse_double((hn_slice){buffer, length}, &back));
        if (isnan(value))
            assert_true(isnan(back));
        else if (memcmp(&value, &back, sizeof value) != 0)
            assert_same_double(back, value);
        if (i % 100 == 0 && isfinite(value) && value != 0) assert_shortest(value, buffer);
    }
}

/* ---- text to numbers ------------------------------------------------------------------------ */

static void assert_parses(const char *text, double wanted) {
    double value = 12345;
    if (!hn_parse_double(slice(text), &value)) fail_msg("'%s' is no number", text);
    assert_same_double(value, wanted);
}

static void parse_known_answers(void **state) {
    (void)state;
    assert_parses("0", 0);
    assert_parses("-0", -0.0);
    assert_parses("+1.5", 1.5);
    assert_parses(".5", .5);
    assert_parses("5.", 5);
    assert_parses("007", 7);
    assert_parses("1e5", 1e5);
    assert_parses("1E+05", 1e5);
    assert_parses("1e-400", 0);
    assert_parses("-1e999", -INFINITY);
    assert_parses("0e99999999999999999999", 0);
    assert_parses("1e-99999999999999999999", 0);
    assert_parses("1e99999999999999999999", INFINITY);
    assert_parses("inf", INFINITY);
    assert_parses("-Infinity", -INFINITY);
    assert_parses("NaN", NAN);
    assert_parses("9007199254740993", 9007199254740992);
    assert_parses("9007199254740993.0000000000000000000000001", 9007199254740994);
    assert_parses("1.7976931348623158e308", DBL_MAX);
    assert_parses("1.7976931348623159e308", INFINITY);
    assert_parses("2.4703282292062328e-324", 5e-324);
    assert_parses("2.4703282292062327e-324", 0);
    assert_parses("2.2250738585072011e-308", 2.2250738585072011e-308);
    assert_parses("123456789012345678901234567890", 123456789012345678901234567890.0);
}

static void parse_refuses(void **state) {
    (void)state;
    static const char *const wrong[] = {"",     " ",       " 1",  "1 ",    "+",    "-",
                                        ".",    "e5",      "1e",  "1e+",   "--1",  "1.2.3",
                                        "0x10", "1_000",   "1,5", "infin", "nano", "1e5.",
                                        "in",   "infinit", "١",   ".e1",   "1f",   "+-1"};
    double value = 7;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (hn_parse_double(slice(wrong[i]), &value)) fail_msg("'%s' was read", wrong[i]);
    assert_false(hn_parse_double((hn_slice){NULL, 0}, &value));
    assert_false(hn_parse_double((hn_slice){"1\0", 2}, &value));
    assert_same_double(value, 7);
}

/* Of every length, with the point anywhere; what stands behind is another's, or nobody's. */
static void plain_agrees_with_strtod(void **state) {
    (void)state;
    static const char behind[] = "7,.5-\n12.125;9.9";
    hn_rng rng = hn_rng_make(5, hn_stream("plain", 0));
    for (int i = 0; i < 200000; i++) {
        char text[40], row[64];
        int n = 1 + (int)hn_rng_below(&rng, 15), point = (int)hn_rng_below(&rng, 17);
        int at = 0;
        if (hn_rng_below(&rng, 3) == 0) text[at++] = '-';
        for (int k = 0; k < n; k++) {
            if (k == point && k > 0) text[at++] = '.';
            text[at++] = (char)('0' + (int)hn_rng_below(&rng, 10));
        }
        text[at] = '\0';
        double alone = 0, within = 0, wanted = strtod(text, NULL);
        strcat(strcpy(row, text), behind);
        hn_slice field = {row, (size_t)at};
        assert_true(hn_parse_double(slice(text), &alone));
        assert_same_double(alone, wanted);
        if (!hn_parse_plain(field, row + strlen(row), &within)) { /* a code, perhaps */
            const char *first = text + (text[0] == '-');
            assert_true(first[0] == '0' && first[1] >= '0' && first[1] <= '9');
            continue;
        }
        assert_same_double(within, wanted);
        row[at / 2] = 'x';
        assert_false(hn_parse_plain(field, row + strlen(row), &within));
    }
}

/* Against the C library, with digits by the hundred and numbers at the midpoint of two doubles. */
static void parse_agrees_with_strtod(void **state) {
    (void)state;
    hn_rng rng = hn_rng_make(2, hn_stream("test.str", 1));
    for (int i = 0; i < 20000; i++) {
        char text[2000];
        size_t length = 0, digits = 1 + (size_t)hn_rng_below(&rng, i % 10 ? 40 : 1200);
        size_t point = (size_t)hn_rng_below(&rng, (int64_t)digits + 1);
        for (size_t j = 0; j < digits; j++) {
            if (j == point) text[length++] = '.';
            text[length++] = (char)('0' + hn_rng_below(&rng, 10));
        }
        int exponent = (int)hn_rng_below(&rng, 700) - 350;
        if (i % 2) length += (size_t)sprintf(text + length, "e%d", exponent);
        text[length] = '\0';
        assert_parses(text, strtod(text, NULL));
    }
    for (int i = 0; i < 20000; i++) {
        /* A midpoint exactly, then a hair above. */
        uint64_t bits = hn_rng_u64(&rng) >> 1;
        double low = from_bits(bits), high = from_bits(bits + 1);
        if (!isfinite(low) || !isfinite(high) || low < 1e-290) continue;
        char text[2000];
        int n = snprintf(text, sizeof text, "%.1100Lf", ((long double)low + high) / 2);
        assert_true(n < (int)sizeof text - 2);
        assert_parses(text, strtod(text, NULL));
        strcat(text, "1");
        assert_parses(text, strtod(text, NULL));
    }
}

static void parse_int_bounds(void **state) {
    (void)state;
    int64_t value = 0;
    assert_true(hn_parse_int(slice("9223372036854775807"), &value));
    assert_true(value == INT64_MAX);
    assert_true(hn_parse_int(slice("-9223372036854775808"), &value));
    assert_true(value == INT64_MIN);
    assert_true(hn_parse_int(slice("+007"), &value));
    assert_int_equal(value, 7);
    static const char *const wrong[] = {"9223372036854775808",
                                        "-9223372036854775809",
                                        "",
                                        "-",
                                        "+",
                                        "1.0",
                                        "1e3",
                                        " 1",
                                        "1 ",
                                        "0x1",
                                        "99999999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(hn_parse_int(slice(wrong[i]), &value));
    assert_int_equal(value, 7);
}

/* ---- suggestions ---------------------------------------------------------------------------- */

static void nearest_words(void **state) {
    (void)state;
    static const char *const words[] = {"learning_rate", "max_depth", "n_trees", "l2", "seed"};
    const size_t n = sizeof words / sizeof *words;
    assert_string_equal(hn_nearest("learning_rat", words, n), "learning_rate");
    assert_string_equal(hn_nearest("learnign-rate", words, n), "learning_rate");
    assert_string_equal(hn_nearest("Max_Depth", words, n), "max_depth");
    assert_string_equal(hn_nearest("ntrees", words, n), "n_trees");
    assert_string_equal(hn_nearest("sede", words, n), "seed");
    assert_null(hn_nearest("momentum", words, n));
    assert_null(hn_nearest("l1", words, n));
    assert_null(hn_nearest("", words, n));
    assert_null(hn_nearest("seed", NULL, 0));
    char longer[200];
    memset(longer, 'a', sizeof longer);
    longer[199] = '\0';
    assert_null(hn_nearest(longer, words, n));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(str_appends),
        cmocka_unit_test(str_corners),
        cmocka_unit_test(format_known_answers),
        cmocka_unit_test(a_million_doubles_come_back),
        cmocka_unit_test(parse_known_answers),
        cmocka_unit_test(parse_refuses),
        cmocka_unit_test(plain_agrees_with_strtod),
        cmocka_unit_test(parse_agrees_with_strtod),
        cmocka_unit_test(parse_int_bounds),
        cmocka_unit_test(nearest_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
