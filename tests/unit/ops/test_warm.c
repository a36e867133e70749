/* A thread that has answered a few requests answers the next ones without asking for memory. */
#include "support.h"

#include "flow/score.h"
#include "unit/ops/small_model.h"

static void answer(hone_ctx *ctx, const hone_model *model, const char *rows) {
    HN_SCRATCH(ctx);
    hn_str str;
    int64_t n;
    hn_str_init(&str, ctx, ctx->scratch);
    assert_ok(ctx, hn_predict_json(ctx, model, rows, strlen(rows), &str, true, &n));
    assert_non_null(strstr(str.text, "\"status\":\"success\""));
}

static void check_warm(const char *steps, const char *kind) {
    hone_ctx *trainer = test_ctx(1);
    hone_model *model;
    assert_ok(trainer, small_model(trainer, steps, kind, false, &model));
    test_memory memory = {0};
    hone_allocator allocator = test_allocator(&memory);
    hone_ctx_options options = {.threads = 1, .allocator = &allocator};
    hone_ctx *ctx = hone_ctx_new(&options);
    const char *many = "[" SMALL_ROW "," SMALL_ROW "," SMALL_ROW "]";
    for (int i = 0; i < 3; i++) {
        answer(ctx, model, SMALL_ROW);
        answer(ctx, model, many);
    }
    long long calls = memory.calls;
    for (int i = 0; i < 50; i++) {
        answer(ctx, model, SMALL_ROW);
        answer(ctx, model, many);
    }
    assert_int_equal(memory.calls, calls);
    hone_ctx_free(ctx);
    assert_int_equal(memory.live_blocks, 0);
    hone_model_free(model);
    hone_ctx_free(trainer);
}

static void test_gbdt(void **state) {
    (void)state;
    check_warm("", "gbdt: {n_estimators: 20}");
}

static void test_logistic(void **state) {
    (void)state;
    check_warm("  - impute: {}\n  - one_hot: {}\n", "logistic: {}");
}

/* A request that meets the end of memory, wherever, says so and leaves nothing behind. */
static hone_status predict_once(hone_ctx *ctx, void *arg) {
    HN_SCRATCH(ctx);
    hn_str str;
    hn_str_init(&str, ctx, ctx->scratch);
    return hn_predict_json(ctx, arg, SMALL_ROW, sizeof SMALL_ROW - 1, &str, true, NULL);
}

static void test_memory_runs_out(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    hone_model *model;
    assert_ok(ctx, small_model(ctx, "", "gbdt: {n_estimators: 20}", false, &model));
    test_every_allocation(1, predict_once, model);
    hone_model_free(model);
    hone_ctx_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gbdt),
        cmocka_unit_test(test_logistic),
        cmocka_unit_test(test_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
