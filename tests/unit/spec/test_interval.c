#include "unit/spec/example.h"

static void test_parse(void **state) {
    (void)state;
    hn_interval i;
    assert_true(hn_interval_parse("(0, 1]", &i));
    assert_true(i.open_low && !i.open_high && i.low == 0 && i.high == 1);
    assert_true(hn_interval_parse(" [ -1e3,inf ) ", &i));
    assert_true(!i.open_low && i.open_high && i.low == -1000 && isinf(i.high));
    assert_true(hn_interval_parse("[2, 2]", &i));
    const char *bad[] = {"",       "[1, 2",    "1, 2",     "[2, 1]", "[1 2]",     "[1, 2] x",
                         "[a, 2]", "[nan, 1]", "[1, nan]", "[1,,2]", "[1, 2, 3]", "{1, 2}"};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        assert_false(hn_interval_parse(bad[k], &i));
}

static void test_has(void **state) {
    (void)state;
    hn_interval i;
    assert_true(hn_interval_parse("(0, 1]", &i));
    assert_false(hn_interval_has(&i, 0));
    assert_true(hn_interval_has(&i, 5e-324));
    assert_true(hn_interval_has(&i, 1));
    assert_false(hn_interval_has(&i, nextafter(1, 2)));
    assert_false(hn_interval_has(&i, NAN));
    assert_true(hn_interval_parse("[0, inf)", &i));
    assert_true(hn_interval_has(&i, -0.0));
    assert_false(hn_interval_has(&i, INFINITY));
    assert_true(hn_interval_parse("[0, inf]", &i));
    assert_true(hn_interval_has(&i, INFINITY));
}

static void test_search(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    hn_search s;
    assert_ok(ctx, hn_search_parse(ctx, ctx->scratch, "[0.01, 0.3] log", &s));
    assert_true(s.log && !s.is_list && s.interval.low == 0.01 && s.interval.high == 0.3);
    assert_ok(ctx, hn_search_parse(ctx, ctx->scratch, "[0, 1]", &s));
    assert_false(s.log);
    assert_ok(ctx, hn_search_parse(ctx, ctx->scratch, "{gini, entropy }", &s));
    assert_true(s.is_list && s.values.n == 2);
    assert_string_equal(s.values.items[1], "entropy");
    const char *bad[] = {"", "[0, 1] lin", "[0, 1] log", "[0, inf)", "{}", "{a,,b}", "{a} b", "{a"};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        assert_status(ctx, hn_search_parse(ctx, ctx->scratch, bad[k], &s), HONE_ERROR_INTERNAL);
    hone_ctx_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_has),
        cmocka_unit_test(test_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
