/* The baseline: answers that can be worked out by hand. */
#include "models.h"

extern const hone_estimator hn_baseline;

static void check_answer(const matrix *m, const char *params, int n, const double *wanted) {
    hone_ctx *ctx = test_ctx(2);
    fitted f = fit(ctx, &hn_baseline, params, m);
    double *out = answers_of(&f, &f.table);
    for (int64_t i = 0; i < m->n; i++)
        for (int k = 0; k < n; k++) assert_near(out[i * n + k], wanted[k], 1e-15);
    check_batches(&f, n);
    fitted_done(&f);
    hone_ctx_free(ctx);
}

static void numbers(void **state) {
    (void)state;
    matrix m = matrix_new(4, 1, 0);
    memcpy(m.y, (double[]){1, 2, 4, 9}, 4 * sizeof(double));
    check_answer(&m, "{}", 1, (double[]){4});
    check_answer(&m, "{\"strategy\":\"median\"}", 1, (double[]){3});
    check_answer(&m, "{\"strategy\":\"quantile\",\"quantile\":0.25}", 1, (double[]){1.75});
    check_answer(&m, "{\"strategy\":\"constant\",\"constant\":-2}", 1, (double[]){-2});
    check_unit_weights(&hn_baseline, "{\"strategy\":\"median\"}", &m);
    check_unit_weights(&hn_baseline, "{}", &m);
    m.weight = calloc(4, sizeof(double));
    memcpy(m.weight, (double[]){1, 0, 0, 3}, 4 * sizeof(double));
    check_answer(&m, "{}", 1, (double[]){7});
    check_answer(&m, "{\"strategy\":\"median\"}", 1, (double[]){9});
    matrix_free(&m);
}

static void classes(void **state) {
    (void)state;
    matrix m = matrix_new(4, 1, 3);
    memcpy(m.y, (double[]){0, 2, 2, 0}, 4 * sizeof(double));
    check_answer(&m, "{}", 3, (double[]){0.5, 0, 0.5});
    check_answer(&m, "{\"strategy\":\"majority\"}", 3, (double[]){1, 0, 0});
    check_answer(&m, "{\"strategy\":\"constant\",\"constant\":1}", 3, (double[]){0, 1, 0});
    m.weight = calloc(4, sizeof(double));
    memcpy(m.weight, (double[]){1, 3, 0, 0}, 4 * sizeof(double));
    check_answer(&m, "{}", 3, (double[]){0.25, 0, 0.75});
    matrix_free(&m);
}

static void refused(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    fitted f;
    matrix m = matrix_new(4, 1, 0);
    assert_status(ctx, fit_in(ctx, &hn_baseline, "{\"strategy\":\"majority\"}", &m, &f),
                  HONE_ERROR_USAGE);
    assert_string_equal(hone_ctx_error(ctx)->param, "strategy");
    fitted_done(&f);
    m.n_classes = 2;
    assert_status(ctx, fit_in(ctx, &hn_baseline, "{\"strategy\":\"mean\"}", &m, &f),
                  HONE_ERROR_USAGE);
    fitted_done(&f);
    assert_status(ctx,
                  fit_in(ctx, &hn_baseline, "{\"strategy\":\"constant\",\"constant\":2}", &m, &f),
                  HONE_ERROR_USAGE);
    assert_string_equal(hone_ctx_error(ctx)->param, "constant");
    fitted_done(&f);
    matrix_free(&m);
    hone_ctx_free(ctx);
}

static void memory(void **state) {
    (void)state;
    matrix m = matrix_random(5, 50, 2, 0);
    fit_case cases[] = {{&hn_baseline, "{}", &m}, {&hn_baseline, "{\"strategy\":\"median\"}", &m}};
    for (int i = 0; i < 2; i++) assert_true(test_every_allocation(2, fit_body, &cases[i]) > 0);
    matrix_free(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(classes),
        cmocka_unit_test(refused),
        cmocka_unit_test(memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
