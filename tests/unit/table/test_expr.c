/* Expressions: every documented example, missing values, errors with their places, all kinds of
 * columns, equal bits for any number of threads, memory that runs out. */
#include "unit/support.h"
#include "base/os.h"
#include "table/expr_internal.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a small table of all kinds ------------------------------------------------------------- */

enum { ROWS = 6 };
static const double ages[ROWS] = {22, 38, NAN, 35, 0.5, 80};
static const int64_t visits[ROWS] = {1, 0, 3, 2, 5, 4};
static const float fares[ROWS] = {7.25f, 71.28f, 7.92f, 53.1f, 8.05f, NAN};
static const uint8_t members[ROWS] = {1, 0, 1, 1, 0, 0};
static const uint8_t members_valid[] = {0x37}; /* row 3 is null */
static const int32_t codes[ROWS] = {0, 1, 2, 0, HN_UNKNOWN, 1};
static const uint8_t codes_valid[] = {0x1f}; /* row 5 is null */
static const int64_t dictionary_offsets[] = {0, 1, 2, 3};
static const hn_dictionary ports = {.n = 3, .offsets = dictionary_offsets, .bytes = "CQS"};
static const char names_bytes[] = "Braund, Mr. OwenHeikkinen, Miss. LainaÄÖ";
static const int64_t names_offsets[ROWS + 1] = {0, 16, 38, 38, 38, 42, 42};
static const uint8_t names_valid[] = {0x1f};
static const int64_t times[ROWS] = {0, 1709211907250000, -1, 0, 86400000000, 1};
static const uint8_t times_valid[] = {0x37};

static hn_column columns[] = {
    {.name = "age", .type = HN_F64, .n = ROWS, .values = ages, .stride = 8},
    {.name = "visits", .type = HN_I64, .n = ROWS, .values = visits, .stride = 8},
    {.name = "fare", .type = HN_F32, .n = ROWS, .values = fares, .stride = 4},
    {.name = "member",
     .type = HN_BOOL,
     .n = ROWS,
     .values = members,
     .stride = 1,
     .valid = members_valid},
    {.name = "port",
     .type = HN_CATEGORY,
     .n = ROWS,
     .values = codes,
     .stride = 4,
     .valid = codes_valid,
     .dictionary = &ports},
    {.name = "full name",
     .type = HN_STRING,
     .n = ROWS,
     .values = names_bytes,
     .offsets = names_offsets,
     .valid = names_valid},
    {.name = "seen",
     .type = HN_TIME,
     .n = ROWS,
     .values = times,
     .stride = 8,
     .valid = times_valid},
};
static const hn_table people = {
    .n_rows = ROWS, .n_columns = sizeof columns / sizeof *columns, .columns = columns};

/* The answers as people read them, "|" between rows; "error: ..." where it fails. */
static const char *answer_over(hone_ctx *ctx, const hn_table *table, const char *text) {
    static char out[65536];
    hn_arena arena;
    hn_arena_init(&arena, ctx->allocator);
    hn_expr *expr = NULL;
    hn_column column;
    hone_status status = hn_expr_compile(ctx, &arena, text, table, &expr);
    if (status == HONE_OK) status = hn_expr_eval(ctx, expr, table, &arena, "x", &column);
    if (status != HONE_OK) {
        assert_int_equal(hone_ctx_error(ctx)->code, status);
        snprintf(out, sizeof out, "error: %s", hone_ctx_error(ctx)->message);
    } else {
        hn_str str;
        hn_str_init(&str, ctx, &arena);
        for (int64_t i = 0; i < column.n; i++) {
            if (i > 0) hn_str_put_c(&str, '|');
            if (hn_column_is_missing(&column, i))
                hn_str_put(&str, "-");
            else
                hn_column_print(&column, i, &str);
        }
        snprintf(out, sizeof out, "%s", str.text);
        assert_string_equal(column.name, "x");
    }
    hn_expr_done(expr);
    hn_arena_done(&arena);
    return out;
}

#define check(text, wanted) assert_string_equal(answer_over(ctx, &people, text), wanted)
#define check_error(text, part)                                                                    \
    do {                                                                                           \
        const char *got_ = answer_over(ctx, &people, text);                                        \
        if (strncmp(got_, "error: ", 7) != 0 || !strstr(got_, part))                               \
            fail_msg("%s gives \"%s\", not an error with \"%s\"", text, got_, part);               \
    } while (0)

/* One row of nothing but literals. */
static const char *answer(hone_ctx *ctx, const char *text) {
    hn_table none = {.n_rows = 1};
    return answer_over(ctx, &none, text);
}
#define check_value(text, wanted) assert_string_equal(answer(ctx, text), wanted)

static void every_example_is_true(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    size_t n[2];
    const hn_expr_function *all[2] = {hn_expr_functions(&n[0]), hn_expr_operators(&n[1])};
    for (int t = 0; t < 2; t++)
        for (size_t i = 0; i < n[t]; i++) {
            const char *got = answer(ctx, all[t][i].example);
            if (strcmp(got, "true") != 0)
                fail_msg("%s: %s is %s", all[t][i].name, all[t][i].example, got);
            assert_true(strncmp(all[t][i].signature, all[t][i].name, strlen(all[t][i].name)) == 0);
            assert_non_null(strstr(all[t][i].signature, ") -> "));
            assert_true(all[t][i].doc[0] && all[t][i].doc[strlen(all[t][i].doc) - 1] == '.');
            if (t == 0) assert_non_null(strstr(all[t][i].example, all[t][i].name));
            hn_signature signature;
            hn_expr_read_signature(all[t][i].signature, &signature);
            assert_true(signature.n >= 1);
        }
    hone_ctx_free(ctx);
}

static void arithmetic(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    check_value("1 + 2 * 3 - 4 / 2", "5");
    check_value("2 ^ 3 ^ 2", "512");
    check_value("-2 ^ 2", "-4");
    check_value("(-2) ** 2", "4");
    check_value("2 ^ -1", "0.5");
    check_value("- - 3", "3");
    check_value("+3 - -3", "6");
    check_value("7 % 3", "1");
    check_value("7 % -3", "-2");
    check_value("-7 % -3", "-1");
    check_value("5.5 % 2", "1.5");
    check_value("1 / 0", "-");
    check_value("0 % 0", "-");
    check_value("log(0)", "-");
    check_value("log(-1)", "-");
    check_value("sqrt(-1)", "-");
    check_value("exp(1000)", "-");
    check_value("missing ^ 0", "-");
    check_value(".5 + 1e1 + 1E-1", "10.6");
    check_value("min(1, missing)", "-");
    check_value("round(-2.5)", "-3");
    check_value("round(1e300, 2) = 1e300", "true");
    check_value("round(0.125, 2)", "0.13");
    check_value("clip(missing, 0, 1)", "-");
    check_value("clip(1, 3, 2)", "-");
    check_value("sign(0)", "0");
    check_value("to_text(0 * -1)", "0"); /* zero has no sign here */
    check_value("sin(1e9)", "-");
    check_value("haversine(0, 0, 0, 180)", "20015.114442035923");
    check_value("haversine(91, 0, 0, 0)", "-");
    hone_ctx_free(ctx);
}

static void logic(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    check_value("1 < 2 and 2 < 3 or missing", "true");
    check_value("not 1 = 2", "true");
    check_value("false and missing", "false");
    check_value("true and missing", "-");
    check_value("false or missing", "-");
    check_value("not missing", "-");
    check_value("missing = missing", "-");
    check_value("1 = missing", "-");
    check_value("if(missing, 1, 2)", "-");
    check_value("if(true, 1, 1 / 0)", "1");
    check_value("if(false, 'a', missing)", "-");
    check_value("coalesce(missing, 'a')", "a");
    check_value("coalesce(missing, missing)", "-");
    check_value("missing", "-");
    check_value("is_missing(missing)", "true");
    check_value("3 in (1, 2)", "false");
    check_value("3 not in (1, 2)", "true");
    check_value("missing in (1, 2)", "-");
    check_value("1 in ()", "false");
    check_value("'b' > 'abc'", "true");
    check_value("'a' < 'ab'", "true");
    check_value("true + 1", "2");
    check_value("if(true, true, 2)", "1");
    check_value("to_timestamp('2024-01-02') > '2024-01-01'", "true");
    check_value("'2024-01-03' < to_timestamp('2024-01-02')", "false");
    check_value("to_timestamp('2024-01-02') in ('2024-01-01', '2024-01-02')", "true");
    hone_ctx_free(ctx);
}

static void texts(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    check_value("'it''s'", "it's");
    check_value("\"a \"\"b\"\"\"", "a \"b\"");
    check_value("lower('ÀÉÑŁŸΑΩБЯ ß')", "àéñłÿαωбя ß");
    check_value("upper('àéñłÿαωбя ß')", "ÀÉÑŁŸΑΩБЯ ß");
    check_value("substr('Ärger', 1, 1)", "Ä");
    check_value("substr('abc', 0)", "abc");
    check_value("substr('abc', 9)", "");
    check_value("substr('abc', -2, 1)", "b");
    check_value("substr('abc', 2, -1)", "");
    check_value("substr('abc', 1, 1e300)", "abc");
    check_value("length('')", "0");
    check_value("trim('\t ')", "");
    check_value("concat('a', missing)", "-");
    check_value("replace('aaa', 'aa', 'b')", "ba");
    check_value("replace('abc', '', 'x')", "abc");
    check_value("split_part('a,b,,c', ',', 3)", "");
    check_value("split_part('a,b', ',', 3)", "-");
    check_value("split_part('a,b', ',', -3)", "-");
    check_value("split_part('a,b', ',', 0)", "-");
    check_value("split_part('a--b-c', '--', -1)", "b-c");
    check_value("contains('', '')", "true");
    check_value("to_number('0x10')", "-");
    check_value("to_number('1e400')", "-");
    check_value("to_number('')", "-");
    check_value("to_number(true)", "1");
    check_value("to_text(1e21)", "1e21");
    check_value("to_text(1 < 2)", "true");
    check_value("to_text(to_timestamp('2024-05-01'))", "2024-05-01");
    check_value("regex_extract('abc', 'x(.)')", "-");
    check_value("regex_extract('abc', '(x)?b')", "-");
    check_value("regex_extract('abc', 'b.', 0)", "bc");
    check_value("regex_match('ÄB', '^\\w\\w$')", "true");
    check_value("regex_replace('a.b', '[.]', '$$')", "a$b");
    check_value("regex_replace('abc', '', '-')", "-a-b-c-");
    check_value("regex_replace(missing, 'a', 'b')", "-");
    hone_ctx_free(ctx);
}

static void times_of(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    check_value("year('1969-12-31 23:59:59')", "1969");
    check_value("hour('1969-12-31 23:59:59')", "23");
    check_value("second('1969-12-31 23:59:59.5')", "59.5");
    check_value("weekday('1970-01-01')", "3");
    check_value("weekday('1969-12-28')", "6");
    check_value("day_of_year('1900-12-31')", "365");
    check_value("day_of_year('2000-12-31')", "366");
    check_value("day('2000-03-01') + month('2000-03-01')", "4");
    check_value("day('1600-02-29')", "29");
    check_value("days_between('2024-03-01', '2024-02-28')", "-2");
    check_value("epoch('1969-12-31 23:59:59.5')", "-0.5");
    check("year(seen)", "1970|2024|1969|-|1970|1970");
    check("seen", "1970-01-01|2024-02-29T13:05:07.25|1969-12-31T23:59:59.999999|-|1970-01-02|"
                  "1970-01-01T00:00:00.000001");
    check("seen >= '1970-01-01'", "true|true|false|-|true|true");
    check("if(seen < '1970-01-01', missing, seen) = seen", "true|true|-|-|true|true");
    hone_ctx_free(ctx);
}

static void columns_of_all_kinds(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    check("age", "22|38|-|35|0.5|80");
    check("age * 2 + visits", "45|76|-|72|6|164");
    check("fare > 10", "false|true|false|true|false|-");
    check("member", "true|false|true|-|false|false");
    check("member + 1", "2|1|2|-|1|1");
    check("if(member, visits, -visits)", "1|0|3|-|-5|-4");
    check("port", "C|Q|S|C||-"); /* a category that the dictionary lacks is some text */
    check("port = 'C'", "true|false|false|true|false|-");
    check("is_missing(port)", "false|false|false|false|false|true");
    check("concat(port, to_text(visits))", "C1|Q0|S3|C2|5|-");
    check("regex_extract(`full name`, ' ([A-Za-z]+)\\.')", "Mr|Miss|-|-|-|-");
    check("length(`full name`)", "16|22|0|0|2|-");
    check("lower(`full name`)", "braund, mr. owen|heikkinen, miss. laina|||äö|-");
    check("cut(age, [0, 12, 18, 60, 100], ['child', 'teen', 'adult', 'senior'])",
          "adult|adult|-|adult|child|senior");
    check("coalesce(age, 30)", "22|38|30|35|0.5|80");
    check("max(age, visits, 30)", "30|38|-|35|30|80");
    check("port in ('C', 'S') and age < 40", "true|false|-|true|false|false");
    check("1", "1|1|1|1|1|1");
    check("missing", "-|-|-|-|-|-");
    check("'a'", "a|a|a|a|a|a");
    hone_ctx_free(ctx);
}

static void errors_say_where(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    check_error("ago * 2",
                "at character 1 near 'ago': there is no column 'ago'; did you mean 'age'?");
    assert_string_equal(hone_ctx_error(ctx)->column, "ago");
    check_error("age + lgo1p(fare)",
                "at character 7 near 'lgo1p': there is no function 'lgo1p'; did you mean 'log1p'?");
    check_error("ln(age)", "did you mean 'log'?");
    check_error("'Ä' = Xyz_123", "at character 7 near 'Xyz_123'"); /* characters, not bytes */
    check_error("", "is empty");
    check_error("  ", "is empty");
    check_error("age +", "at its end");
    check_error("(age", "')' is missing");
    check_error("age)", "at character 4 near ')'");
    check_error("age age", "an operator belongs");
    check_error("age * * 2", "belongs here");
    check_error("'abc", "has no partner");
    check_error("age & 1", "'&' is written 'and' here");
    check_error("age ? 1", "if(...)");
    check_error("age # 1", "means nothing here");
    check_error("3x", "runs into a word");
    check_error("1e999", "not a number");
    check_error("1 < 2 < 3", "don't chain");
    check_error("age = 'x'", "meets both a number and a text");
    check_error("port = 3", "leave out the quotes");
    check_error("port + 1", "to_number");
    check_error("lower(age)", "to_text");
    check_error("log(port)", "needs a number here and this is a text");
    check_error("not age", "!= 0");
    check_error("if(age, 1, 2)", "needs true or false");
    check_error("seen + 1", "days_between");
    check_error("year(port)", "to_timestamp");
    check_error("year('tomorrow')", "isn't one");
    check_error("round(age, visits)", "whole number");
    check_error("round(age, 99)", "-15 to 15");
    check_error("round()", "it is round(x: number, digits: integer = 0) -> number");
    check_error("cut(age, [1])", "two edges");
    check_error("cut(age, [2, 1])", "must rise");
    check_error("cut(age, [0, 1, 2], ['a'])", "3 edges make 2 intervals, but there are 1 labels");
    check_error("cut(age, age)", "needs a list");
    check_error("cut(age, [age, 2])", "as they are");
    check_error("[1, 2]", "a list is no value");
    check_error("coalesce([1], 2)", "lists go with cut and in");
    check_error("age in 3", "a list belongs here");
    check_error("age in ('a')", "needs a number");
    check_error("age not 3", "goes with 'in'");
    check_error("regex_match(port, '(')", "at fault at its byte 1");
    check_error("regex_match(port, port)", "written out in quotes");
    check_error("regex_extract(port, 'a')", "group 1 is wanted and the pattern has 0");
    check_error("regex_extract(port, '(a)', 2)", "the pattern has 1");
    check_error("``", "name is empty");
    check_error("and 1", "a value is missing before 'and'");
    check_error("regex_match('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab', '^(a|aa)+$')",
                "gave up on a text");
    hone_ctx_free(ctx);
}

static void bounds(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    enum { SIZE = 70000 };
    char *text = malloc(SIZE + 1);
    memset(text, '(', 200);
    strcpy(text + 200, "1");
    check_error(text, "nested more than 100 deep");
    memset(text, '-', 200);
    strcpy(text + 200, "1");
    check_error(text, "nested more than 100 deep");
    for (int i = 0; i < 400; i++) memcpy(text + 4 * i, "not ", 4);
    strcpy(text + 1600, "1");
    check_error(text, "nested");
    memset(text, ' ', SIZE);
    text[SIZE] = 0;
    check_error(text, "too long");
    /* A sum of many terms is no nesting, up to a point. */
    strcpy(text, "1");
    for (int i = 1; i < 1500; i++) strcat(text, "+1");
    assert_string_equal(answer(ctx, text), "1500");
    for (int i = 1; i < 1500; i++) strcat(text, "+1");
    check_error(text, "in a row");
    /* Texts that double. */
    strcpy(text, "'0123456789'");
    for (int i = 0; i < 11; i++) {
        size_t n = strlen(text);
        if (3 * n + 10 > SIZE) break;
        char *copy = malloc(n + 1);
        strcpy(copy, text);
        snprintf(text, SIZE, "replace(%s, '0', '%s')", copy, "00000000000000000000");
        free(copy);
    }
    check_error(text, "more than 1048576 bytes");
    free(text);
    hone_ctx_free(ctx);
}

static void unlike_tables(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    hn_arena arena;
    hn_arena_init(&arena, ctx->allocator);
    hn_expr *expr;
    hn_column column;
    assert_ok(ctx, hn_expr_compile(ctx, &arena, "age + visits", &people, &expr));
    assert_int_equal(hn_expr_type(expr), HN_F64);
    const char *const *names;
    assert_int_equal(hn_expr_inputs(expr, &names), 2);
    assert_string_equal(names[0], "age");
    assert_string_equal(names[1], "visits");
    /* Other order, other numeric types: as good. */
    double one[] = {1};
    hn_column others[] = {columns[3], hn_column_of_f64("visits", one, 1),
                          hn_column_of_f64("age", one, 1)};
    hn_table table = {.n_rows = 1, .n_columns = 3, .columns = others};
    assert_ok(ctx, hn_expr_eval(ctx, expr, &table, &arena, "sum", &column));
    assert_same_double(hn_column_double(&column, 0), 2.0);
    table.n_columns = 2;
    assert_status(ctx, hn_expr_eval(ctx, expr, &table, &arena, "sum", &column), HONE_ERROR_DATA);
    others[0] = columns[4];
    others[0].name = "age";
    assert_status(ctx, hn_expr_eval(ctx, expr, &table, &arena, "sum", &column), HONE_ERROR_DATA);
    assert_message(ctx, "holds category, but the expression was made for a number");
    hn_expr_done(expr);
    hn_expr_done(NULL);
    /* No rows. */
    table = (hn_table){.n_rows = 0, .n_columns = people.n_columns, .columns = columns};
    assert_ok(ctx, hn_expr_compile(ctx, &arena, "lower(port)", &people, &expr));
    assert_ok(ctx, hn_expr_eval(ctx, expr, &table, &arena, "x", &column));
    assert_int_equal(column.n, 0);
    hn_expr_done(expr);
    hn_arena_done(&arena);
    hone_ctx_free(ctx);
}

/* ---- many rows ------------------------------------------------------------------------------ */

enum { MANY = 100003 };

static hn_table many_rows(void) {
    static double x[MANY];
    static int64_t t[MANY];
    static int32_t c[MANY];
    static uint8_t valid[MANY / 8 + 1];
    static hn_column many[3];
    for (int i = 0; i < MANY; i++) {
        x[i] = i % 17 ? (i * 7919 % 1000) / 10.0 - 20 : (double)NAN;
        t[i] = i * (int64_t)3600000000 * 13;
        c[i] = i % 3;
        if (i % 11) valid[i / 8] |= (uint8_t)(1 << i % 8);
    }
    many[0] = (hn_column){.name = "x", .type = HN_F64, .n = MANY, .values = x, .stride = 8};
    many[1] = (hn_column){
        .name = "t", .type = HN_TIME, .n = MANY, .values = t, .stride = 8, .valid = valid};
    many[2] = (hn_column){.name = "c",
                          .type = HN_CATEGORY,
                          .n = MANY,
                          .values = c,
                          .stride = 4,
                          .valid = valid,
                          .dictionary = &ports};
    return (hn_table){.n_rows = MANY, .n_columns = 3, .columns = many};
}

static const char *const many_texts[] = {"log1p(abs(x)) * 3 + exp(-x / 50) ^ 0.3",
                                         "x > 3 and not is_missing(t)",
                                         "if(x > 0, t, missing)",
                                         "concat(c, '-', to_text(round(x)))",
                                         "concat(lower(c), 'x')",
                                         "to_text(x * 1.1)",
                                         "c = 'Q'",
                                         "regex_replace(to_text(x), '([0-9])', '<$1>')",
                                         "length(c)"};
enum { MANY_TEXTS = sizeof many_texts / sizeof *many_texts };

static void same_bits_for_any_number_of_threads(void **state) {
    (void)state;
    hn_table table = many_rows();
    char first[MANY_TEXTS][65];
    for (int t = 0; t < 4; t++) {
        hone_ctx *ctx = test_ctx((int[]){1, 2, 3, 7}[t]);
        for (int k = 0; k < MANY_TEXTS; k++) {
            hn_arena arena;
            hn_arena_init(&arena, ctx->allocator);
            hn_expr *expr;
            hn_column column;
            assert_ok(ctx, hn_expr_compile(ctx, &arena, many_texts[k], &table, &expr));
            assert_ok(ctx, hn_expr_eval(ctx, expr, &table, &arena, "y", &column));
            assert_int_equal(column.n, MANY);
            hn_table result = {.n_rows = MANY, .n_columns = 1, .columns = &column};
            char hex[65];
            assert_ok(ctx, hn_table_hash(ctx, &result, hex));
            if (t == 0) memcpy(first[k], hex, sizeof hex);
            assert_string_equal(first[k], hex);
            /* A row by itself has the same answer. */
            for (int64_t i = 0; i < MANY && t == 0; i += 9973) {
                hn_table row;
                hn_column alone;
                assert_ok(ctx, hn_table_slice(ctx, &arena, &table, i, i + 1, &row));
                assert_ok(ctx, hn_expr_eval(ctx, expr, &row, &arena, "y", &alone));
                hn_str a, b;
                hn_str_init(&a, ctx, &arena);
                hn_str_init(&b, ctx, &arena);
                hn_column_print(&column, i, &a);
                hn_column_print(&alone, 0, &b);
                assert_string_equal(a.text, b.text);
                assert_int_equal(hn_column_is_missing(&column, i), hn_column_is_missing(&alone, 0));
            }
            hn_expr_done(expr);
            hn_arena_done(&arena);
        }
        hone_ctx_free(ctx);
    }
}

/* ---- memory --------------------------------------------------------------------------------- */

static hone_status body(hone_ctx *ctx, void *arg) {
    const char *text = arg;
    hn_arena arena;
    hn_arena_init(&arena, ctx->allocator);
    hn_expr *expr = NULL;
    hn_column column;
    hone_status status = hn_expr_compile(ctx, &arena, text, &people, &expr);
    if (status == HONE_OK) status = hn_expr_eval(ctx, expr, &people, &arena, "x", &column);
    hn_expr_done(expr);
    hn_arena_done(&arena);
    return status;
}

static void out_of_memory(void **state) {
    (void)state;
    static const char *const all[] = {
        "age * 2 + log1p(visits)",
        "concat(port, 'x')",
        "if(regex_match(port, 'C'), regex_extract(port, '(.)$'), 'b')",
        "regex_replace(`full name`, 'Mr', 'DD')",
        "seen > '2020-01-01'",
        "cut(age, [0, 50, 100], ['a', 'b']) in ('a', 'b')"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        test_every_allocation(2, body, (void *)all[i]);
}

/* ---- the classic ---------------------------------------------------------------------------- */

static void titanic(void **state) {
    (void)state;
    const char *path = test_shared("data/tabular/titanic/titanic.csv");
    if (!path) skip();
    hone_ctx *ctx = test_ctx(2);
    hn_arena arena;
    hn_arena_init(&arena, ctx->allocator);
    char *text;
    size_t length;
    assert_ok(ctx, hn_read_file(ctx, &arena, path, 0, &text, &length));
    /* Name and Cabin by hand: the reader is tested elsewhere. Fields are quoted where they hold
     * commas. */
    hn_builder *builders[2];
    static const char *const wanted[] = {"Name", "Cabin"};
    int at[2] = {-1, -1}, row = 0;
    for (int k = 0; k < 2; k++)
        assert_ok(ctx, hn_builder_new(ctx, &arena, wanted[k], HN_STRING, &builders[k]));
    for (char *p = text; *p; row++) {
        int field = 0;
        for (bool more = true; more; field++) {
            static char value[1000];
            size_t n = 0;
            bool quoted = *p == '"';
            if (quoted) p++;
            while (*p && (quoted || (*p != ',' && *p != '\n' && *p != '\r'))) {
                if (quoted && *p == '"' && p[1] != '"') break;
                if (quoted && *p == '"') p++;
                value[n++] = *p++;
            }
            value[n] = 0;
            if (quoted) p++;
            for (int k = 0; k < 2; k++) {
                if (row == 0 && strcasecmp(value, wanted[k]) == 0) at[k] = field;
                if (row > 0 && field == at[k])
                    assert_ok(ctx, n ? hn_builder_text(builders[k], (hn_slice){value, n})
                                     : hn_builder_null(builders[k]));
            }
            more = *p == ',';
            if (*p) p++;
        }
        while (*p == '\r' || *p == '\n') p++;
    }
    if (at[0] < 0 || at[1] < 0) skip();
    hn_column made[2];
    for (int k = 0; k < 2; k++) assert_ok(ctx, hn_builder_finish(builders[k], &made[k]));
    hn_table table = {.n_rows = made[0].n, .n_columns = 2, .columns = made};
    hn_expr *title, *deck;
    hn_column titles, decks;
    assert_ok(ctx, hn_expr_compile(ctx, &arena, "regex_extract(Name, ' ([A-Za-z]+)\\.')", &table,
                                   &title));
    assert_ok(ctx, hn_expr_compile(ctx, &arena, "substr(Cabin, 1, 1)", &table, &deck));
    assert_ok(ctx, hn_expr_eval(ctx, title, &table, &arena, "title", &titles));
    assert_ok(ctx, hn_expr_eval(ctx, deck, &table, &arena, "deck", &decks));
    assert_int_equal(titles.type, HN_CATEGORY);
    assert_int_equal(decks.type, HN_CATEGORY);
    assert_int_equal(hn_column_count_missing(&titles), 0);
    assert_int_equal(hn_column_count_missing(&decks), hn_column_count_missing(&made[1]));
    print_message("%lld rows, %d titles, %d decks\n", (long long)table.n_rows, titles.dictionary->n,
                  decks.dictionary->n);
    assert_true(hn_dictionary_find(titles.dictionary, (hn_slice){"Mr", 2}) >= 0);
    assert_true(titles.dictionary->n >= 10 && titles.dictionary->n <= 20);
    assert_true(decks.dictionary->n >= 7 && decks.dictionary->n <= 9);
    hn_expr_done(title);
    hn_expr_done(deck);
    hn_arena_done(&arena);
    hone_ctx_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_example_is_true),
        cmocka_unit_test(arithmetic),
        cmocka_unit_test(logic),
        cmocka_unit_test(texts),
        cmocka_unit_test(times_of),
        cmocka_unit_test(columns_of_all_kinds),
        cmocka_unit_test(errors_say_where),
        cmocka_unit_test(bounds),
        cmocka_unit_test(unlike_tables),
        cmocka_unit_test(same_bits_for_any_number_of_threads),
        cmocka_unit_test(out_of_memory),
        cmocka_unit_test(titanic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
