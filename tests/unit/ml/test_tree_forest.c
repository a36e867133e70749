/* random_forest: exactness where nothing is drawn, promises, out-of-bag scores, odd data. */
#include "ml/models.h"

extern const hone_estimator hn_random_forest, hn_decision_tree;

static const char *const plain =
    "{\"n_estimators\":1,\"bootstrap\":false,\"max_features\":\"all\"}";

/* One tree that sees all rows and all features, few distinct values: it says of each row what rows like
 * it are. */
static void learns_by_heart(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    for (int classes = 0; classes <= 3; classes += classes == 0 ? 2 : 1) {
        matrix m = matrix_random(41, 250, 4, classes);
        fitted f = fit(ctx, &hn_random_forest, plain, &m);
        double *p = answers_of(&f, &f.table);
        for (int64_t i = 0; i < m.n; i++) {
            if (classes == 0)
                assert_near(p[i], m.y[i], 1e-9);
            else
                assert_near(p[i * classes + (int64_t)m.y[i]], 1, 0);
        }
        fitted_done(&f);
        matrix_free(&m);
    }
    hone_ctx_free(ctx);
}

/* Shallow, with fewer values than bins, the forest's tree parts the rows as decision_tree does. */
static void agrees_with_decision_tree(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    for (int classes = 0; classes <= 3; classes += classes == 0 ? 2 : 1) {
        matrix m = matrix_random(42, 250, 3, classes);
        for (int64_t i = 0; i < m.n * m.p; i += 11) m.x[i] = NAN;
        fitted f =
            fit(ctx, &hn_random_forest,
                "{\"n_estimators\":1,\"bootstrap\":false,\"max_features\":\"all\",\"max_depth\":4,"
                "\"min_samples_leaf\":3}",
                &m);
        fitted g = fit(ctx, &hn_decision_tree, "{\"max_depth\":4,\"min_samples_leaf\":3}", &m);
        double *a = answers_of(&f, &f.table), *b = answers_of(&g, &g.table);
        for (int64_t i = 0; i < m.n * (classes ? classes : 1); i++) assert_near(a[i], b[i], 1e-9);
        fitted_done(&f);
        fitted_done(&g);
        matrix_free(&m);
    }
    hone_ctx_free(ctx);
}

static void threads_batches_and_unit_weights(void **state) {
    (void)state;
    const char *params = "{\"n_estimators\":9,\"oob_score\":true}";
    for (int classes = 0; classes <= 3; classes += classes == 0 ? 2 : 1) {
        matrix m = matrix_random(43, 1500, 6, classes);
        for (int64_t i = 0; i < m.n * m.p; i += 13) m.x[i] = NAN;
        check_threads(&hn_random_forest, params, &m, classes > 0 ? classes : 1);
        check_unit_weights(&hn_random_forest, params, &m);
        hone_ctx *ctx = test_ctx(2);
        fitted f = fit(ctx, &hn_random_forest, params, &m);
        check_batches(&f, classes > 0 ? classes : 1);
        fitted_done(&f);
        hone_ctx_free(ctx);
        matrix_free(&m);
    }
}

/* Out of bag it must know something, but not what it has seen. */
static void oob_is_honest(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    matrix m = matrix_random(44, 1000, 5, 2);
    fitted f = fit(ctx, &hn_random_forest, "{\"oob_score\":true}", &m);
    double oob = number(&f, "/oob_accuracy");
    assert_true(oob > 0.7 && oob < 0.95);
    fitted_done(&f);
    for (int64_t i = 0; i < m.n; i++) m.y[i] = (double)(hn_rng_at(1, 2, (uint64_t)i) % 2);
    f = fit(ctx, &hn_random_forest, "{\"oob_score\":true}", &m);
    oob = number(&f, "/oob_accuracy");
    assert_true(oob > 0.4 && oob < 0.6);
    fitted_done(&f);
    matrix_free(&m);
    hone_ctx_free(ctx);
}

static void importances_find_the_signal(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    matrix m = matrix_random(45, 800, 6, 0);
    for (int64_t i = 0; i < m.n; i++) m.y[i] = 3 * m.x[i * 6 + 4];
    fitted f = fit(ctx, &hn_random_forest, "{\"n_estimators\":20}", &m);
    double importances[6], sum = 0;
    assert_ok(ctx, hn_random_forest.importances(ctx, f.state, importances));
    for (int j = 0; j < 6; j++) sum += importances[j];
    assert_near(sum, 1, 1e-12);
    assert_true(importances[4] > 0.7);
    fitted_done(&f);
    matrix_free(&m);
    hone_ctx_free(ctx);
}

static void odd_data(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    for (int64_t n = 1; n <= 4; n++)
        for (int classes = 0; classes <= 3; classes += classes == 0 ? 2 : 1)
            for (int flaw = 0; flaw < 4; flaw++) {
                matrix m = matrix_random(46, n, 2, classes);
                for (int64_t i = 0; i < m.n * m.p; i++) {
                    if (flaw == 1) m.x[i] = NAN;
                    if (flaw == 2) m.x[i] = i % 2 ? 1e308 : -1e308;
                }
                if (flaw == 3) {
                    m.weight = calloc((size_t)n, sizeof(double));
                    m.weight[0] = 1;
                }
                fitted f = fit(ctx, &hn_random_forest, "{\"n_estimators\":5}", &m);
                double *p = answers_of(&f, &f.table);
                for (int64_t i = 0; i < n * (classes ? classes : 1); i++)
                    assert_true(isfinite(p[i]));
                fitted_done(&f);
                matrix_free(&m);
            }
    hone_ctx_free(ctx);
}

static void memory_runs_out(void **state) {
    (void)state;
    matrix m = matrix_random(47, 60, 3, 3);
    fit_case c = {&hn_random_forest, "{\"n_estimators\":3,\"oob_score\":true}", &m};
    test_every_allocation(1, fit_body, &c);
    test_every_allocation(2, fit_body, &c);
    matrix_free(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learns_by_heart),
        cmocka_unit_test(agrees_with_decision_tree),
        cmocka_unit_test(threads_batches_and_unit_weights),
        cmocka_unit_test(oob_is_honest),
        cmocka_unit_test(importances_find_the_signal),
        cmocka_unit_test(odd_data),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
