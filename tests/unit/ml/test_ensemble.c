/* What neither conformance nor parity reach: folds by time, kinds within kinds without end, members that differ by
 * their seeds. */
#include "ml/models.h"
#include "ml/ensemble/ensemble.h"
#include "spec/catalog.h"

/* Each fold is answered by members that have seen earlier rows only, and all rows but the first are in one. */
static void test_folds_by_time(void **state) {
    (void)state;
    enum { N = 50, K = 4 };
    hone_ctx *ctx = test_ctx(1);
    hn_arena arena __attribute__((cleanup(hn_arena_done)));
    hn_arena_init(&arena, ctx->allocator);
    matrix m = matrix_random(1, N, 2, 2);
    double time[N];
    for (int64_t i = 0; i < N; i++) m.x[i * 2] = time[i] = (double)((i * 7) % N);
    hn_table x = table_of(ctx, &arena, &m);
    hone_data data = {.x = &x, .y = m.y, .time = time, .n_classes = 2, .task = HN_TASK_BINARY};
    hn_folds folds;
    int64_t in_folds = 0;
    assert_ok(ctx, hn_folds_make(ctx, &arena, "test", &data, K, &folds));
    for (int64_t f = 0; f < K; f++) {
        hone_data train, test;
        assert_ok(ctx, hn_folds_take(ctx, &arena, &data, &folds, f, &train, &test));
        in_folds += test.x->n_rows;
        assert_true(train.x->n_rows > 0);
        for (int64_t i = 0; i < train.x->n_rows; i++)
            for (int64_t j = 0; j < test.x->n_rows; j++)
                assert_true(hn_column_double(&train.x->columns[0], i) <
                            hn_column_double(&test.x->columns[0], j));
    }
    assert_int_equal(folds.all.n, in_folds);
    assert_int_equal(in_folds, N / (K + 1) * K);
    static const char *const kinds[] = {"stacking", "calibrated"};
    for (int k = 0; k < 2; k++) {
        const hone_estimator *kind = hn_catalog_find(kinds[k]);
        void *params = hn_arena_alloc(ctx, &arena, 1, kind->params.size);
        void *fitted_state = hn_arena_alloc(ctx, &arena, 1, kind->state_size);
        assert_ok(ctx, hn_params_defaults(ctx, &arena, &kind->params, params));
        assert_ok(ctx, hn_estimator_check(ctx, kind, params, &data));
        assert_ok(ctx, kind->fit(ctx, params, &data, &arena, fitted_state));
        kind->done(fitted_state);
    }
    matrix_free(&m);
    hone_ctx_free(ctx);
}

static hone_status set_nested(hone_ctx *ctx, hn_arena *arena, int depth) {
    char text[1024] = "\"decision_tree\"", next[1024];
    for (int i = 0; i < depth; i++) {
        snprintf(next, sizeof next, "{\"bagging\":{\"estimator\":%.900s}}", text);
        memcpy(text, next, sizeof text);
    }
    const hone_estimator *kind = hn_catalog_find("bagging");
    void *params = hn_arena_alloc(ctx, arena, 1, kind->params.size);
    assert_ok(ctx, hn_params_defaults(ctx, arena, &kind->params, params));
    return hn_params_set_text(ctx, arena, &kind->params, params, "bagging", "estimator", text);
}

static void test_depth(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    hn_arena arena __attribute__((cleanup(hn_arena_done)));
    hn_arena_init(&arena, ctx->allocator);
    assert_ok(ctx, set_nested(ctx, &arena, HN_PART_DEPTH - 1));
    for (int depth = HN_PART_DEPTH; depth < 20; depth++) {
        assert_status(ctx, set_nested(ctx, &arena, depth), HONE_ERROR_USAGE);
        assert_message(ctx, "puts kinds into kinds more than 4 deep");
    }
    hone_ctx_free(ctx);
}

/* As deep as may be, it is fitted, and answers. */
static void test_deep_fit(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    matrix m = matrix_random(3, 80, 3, 2);
    static const char params[] =
        "{\"estimators\": [{\"stacking\": {\"folds\": 2, \"estimators\": [{\"calibrated\": "
        "{\"folds\": 2, \"estimator\": {\"bagging\": {\"n_estimators\": 2}}}}]}}]}";
    fitted f = fit(ctx, hn_catalog_find("voting"), params, &m);
    double *out = answers_of(&f, &f.table);
    for (int64_t i = 0; i < 80; i++) assert_near(out[2 * i] + out[2 * i + 1], 1, 1e-12);
    f.kind->done(f.state);
    fitted_done(&f);
    matrix_free(&m);
    hone_ctx_free(ctx);
}

/* Members of one kind draw differently: two forests of a tree are two trees. */
static void test_members_differ(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    matrix m = matrix_random(5, 200, 4, 0);
    fitted f = fit(ctx, hn_catalog_find("voting"),
                   "{\"estimators\": [{\"random_forest\": {\"n_estimators\": 1}}, "
                   "{\"random_forest\": {\"n_estimators\": 1}}]}",
                   &m);
    fitted one = fit(ctx, hn_catalog_find("voting"),
                     "{\"estimators\": [{\"random_forest\": {\"n_estimators\": 1}}]}", &m);
    double *both = answers_of(&f, &f.table), *first = answers_of(&one, &one.table);
    int64_t different = 0;
    for (int64_t i = 0; i < m.n; i++) different += fabs(both[i] - first[i]) > 1e-9;
    assert_true(different > m.n / 2);
    f.kind->done(f.state);
    one.kind->done(one.state);
    fitted_done(&f);
    fitted_done(&one);
    matrix_free(&m);
    hone_ctx_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folds_by_time),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_deep_fit),
        cmocka_unit_test(test_members_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
