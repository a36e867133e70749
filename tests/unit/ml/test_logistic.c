/* Logistic regression. Oracles: scikit-learn 1.9.1 with tol=1e-14 (newton-cholesky; saga for l1) on
 * standardised features of the breast cancer (first five) and iris data, all rows. */
#include "models.h"

extern const hone_estimator hn_logistic;

static void check_binary(const fitted *f, const double wanted[6], double tolerance) {
    for (int j = 0; j < 5; j++) {
        char pointer[64];
        snprintf(pointer, sizeof pointer, "/coefficients/x%d", j);
        assert_near(number(f, pointer), wanted[j], tolerance);
    }
    assert_near(number(f, "/intercept"), wanted[5], tolerance);
}

/* Penalties, with intercept last. */
static void cancer(void **state) {
    (void)state;
    static const struct {
        const char *params;
        double wanted[6];
    } cases[] = {
        {"\"C\":1",
         {1.1797180227277, 1.40502882090906, 1.85987596839771, 1.55277940218686, 1.71022225776675,
          -0.770683019304186}},
        {"\"penalty\":\"none\"",
         {-22.0948522605076, 1.56463237030053, 14.7403169007785, 14.6892131517473, 1.66460147585821,
          0.459245551497671}},
        {"\"class_weight\":\"balanced\"",
         {1.16293176625499, 1.41203574113992, 1.86117234891186, 1.5298106850328, 1.7167664735683,
          -0.283639880961736}},
        {"\"C\":0.1,\"intercept\":false",
         {0.971096776163251, 0.832505209134808, 1.10218963742813, 1.18309068990562,
          1.00089377571743, 0}},
        {"\"C\":0.1,\"penalty\":\"l1\"",
         {0, 0.834307277808725, 3.01565374437127, 0, 0.992929388477062, -0.736039784430973}},
        {"\"C\":0.1,\"penalty\":\"elastic_net\",\"l1_ratio\":0.3",
         {0.975666880210295, 0.866761494245939, 1.13097694284311, 0.91416594683891,
          1.05226812518718, -0.678513504786962}},
    };
    matrix all = {0}, m;
    if (!matrix_read("breast_cancer/breast_cancer.csv", true, &all)) skip();
    matrix_standardise(&all);
    m = matrix_new(all.n, 5, 2);
    memcpy(m.y, all.y, (size_t)m.n * sizeof(double));
    for (int64_t i = 0; i < m.n; i++) memcpy(m.x + i * 5, all.x + i * all.p, 5 * sizeof(double));
    hone_ctx *ctx = test_ctx(2);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static const char *const solvers[] = {"newton", "lbfgs"};
        for (int s = 0; s < 2; s++) {
            char params[256];
            snprintf(params, sizeof params,
                     "{%s,\"solver\":\"%s\",\"tolerance\":1e-9,\"max_iter\":20000}",
                     cases[i].params, solvers[s]);
            fitted f = fit(ctx, &hn_logistic, params, &m);
            check_binary(&f, cases[i].wanted, s == 0 ? 1e-8 : i == 1 ? 1e-3 : 1e-6);
            fitted_done(&f);
        }
    }
    hone_ctx_free(ctx);
    matrix_free(&m);
    matrix_free(&all);
}

static void iris(void **state) {
    (void)state;
    static const double l2[3][5] = {{-1.07406615415683, 1.16011511621446, -1.93069186168256,
                                     -1.8115561242471, -0.205241133016211},
                                    {0.587810239847944, -0.361840626328496, -0.363431022937378,
                                     -0.826269576403045, 2.07483978423522},
                                    {0.486255914308881, -0.79827448988596, 2.29412288461994,
                                     2.63782570065015, -1.86959865121901}};
    static const double l1[3][5] = {
        {0, 0.921033029477027, -4.71694494584951, 0, 0.133148048043745},
        {0.215402910277197, 0, 0, 0, 2.88598566507214},
        {0, -0.698472554381833, 4.16560497485764, 5.03510687703588, -3.01913371311535}};
    matrix m = {0};
    if (!matrix_read("iris/iris.csv", true, &m)) skip();
    matrix_standardise(&m);
    hone_ctx *ctx = test_ctx(2);
    for (int which = 0; which < 4; which++) {
        const double(*wanted)[5] = which % 2 ? l1 : l2;
        char params[128], pointer[64];
        snprintf(params, sizeof params,
                 "{\"tolerance\":1e-9,\"max_iter\":20000,\"penalty\":\"%s\",\"solver\":\"%s\"}",
                 which % 2 ? "l1" : "l2", which / 2 ? "lbfgs" : "newton");
        fitted f = fit(ctx, &hn_logistic, params, &m);
        for (int k = 0; k < 3; k++) {
            for (int j = 0; j < 4; j++) {
                snprintf(pointer, sizeof pointer, "/coefficients/%d/x%d", k, j);
                assert_near(number(&f, pointer), wanted[k][j], 2e-6);
            }
            snprintf(pointer, sizeof pointer, "/intercept/%d", k);
            assert_near(number(&f, pointer), wanted[k][4], 2e-6);
        }
        double *out = answers_of(&f, &f.table);
        for (int64_t i = 0; i < m.n; i++)
            assert_near(out[i * 3] + out[i * 3 + 1] + out[i * 3 + 2], 1, 1e-15);
        check_batches(&f, 3);
        fitted_done(&f);
    }
    hone_ctx_free(ctx);
    matrix_free(&m);
}

/* So many rows that Newton starts from a sixteenth of them: same optimum, also where their order
 * leads astray (sorted by class). */
static void many_rows(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    matrix m = matrix_random(11, 70000, 5, 2);
    for (int sorted = 0; sorted < 2; sorted++) {
        if (sorted) { /* negatives first */
            matrix s = matrix_new(m.n, m.p, 2);
            int64_t at = 0;
            for (int c = 0; c < 2; c++)
                for (int64_t i = 0; i < m.n; i++) {
                    if (m.y[i] != c) continue;
                    memcpy(s.x + at * m.p, m.x + i * m.p, (size_t)m.p * sizeof(double));
                    s.y[at++] = c;
                }
            matrix_free(&m);
            m = s;
        }
        fitted a = fit(ctx, &hn_logistic, "{\"tolerance\":1e-10}", &m);
        fitted b = fit(ctx, &hn_logistic, "{\"tolerance\":1e-10,\"solver\":\"lbfgs\"}", &m);
        for (int j = 0; j < 5; j++) {
            char pointer[64];
            snprintf(pointer, sizeof pointer, "/coefficients/x%d", j);
            assert_near(number(&a, pointer), number(&b, pointer), 1e-8);
        }
        assert_true(number(&a, "/iterations") <= 12); /* most of them a gradient only */
        fitted_done(&a);
        fitted_done(&b);
    }
    matrix_free(&m);
    hone_ctx_free(ctx);
}

static void weights(void **state) {
    (void)state;
    static const char *const params[] = {"{\"tolerance\":1e-10}",
                                         "{\"tolerance\":1e-10,\"penalty\":\"l1\"}",
                                         "{\"tolerance\":1e-10,\"class_weight\":\"balanced\"}",
                                         "{\"tolerance\":1e-9,\"solver\":\"lbfgs\"}"};
    hone_ctx *ctx = test_ctx(1);
    for (int i = 0; i < 8; i++) {
        matrix m = matrix_random(7, 400, 4, i / 4 ? 3 : 2), repeated;
        check_unit_weights(&hn_logistic, params[i % 4], &m);
        matrix_repeat(&m, &repeated);
        fitted a = fit(ctx, &hn_logistic, params[i % 4], &m);
        fitted b = fit(ctx, &hn_logistic, params[i % 4], &repeated);
        double *pa = answers_of(&a, &b.table), *pb = answers_of(&b, &b.table);
        for (int64_t k = 0; k < repeated.n * m.n_classes; k++) assert_near(pa[k], pb[k], 1e-7);
        fitted_done(&a);
        fitted_done(&b);
        matrix_free(&m);
        matrix_free(&repeated);
    }
    hone_ctx_free(ctx);
}

static void threads(void **state) {
    (void)state;
    matrix binary = matrix_random(13, 70001, 6, 2), classes = matrix_random(13, 9000, 6, 4);
    check_threads(&hn_logistic, "{}", &binary, 2);
    check_threads(&hn_logistic, "{\"solver\":\"lbfgs\"}", &binary, 2);
    check_threads(&hn_logistic, "{}", &classes, 4);
    check_threads(&hn_logistic, "{\"penalty\":\"l1\"}", &classes, 4);
    check_threads(&hn_logistic, "{\"penalty\":\"l1\",\"solver\":\"lbfgs\"}", &classes, 4);
    matrix_free(&binary);
    matrix_free(&classes);
}

static void memory(void **state) {
    (void)state;
    matrix m = matrix_random(5, 300, 3, 2), classes = matrix_random(5, 300, 3, 3);
    fit_case cases[] = {
        {&hn_logistic, "{}", &m},
        {&hn_logistic, "{\"penalty\":\"l1\"}", &classes},
        {&hn_logistic, "{\"solver\":\"lbfgs\",\"class_weight\":\"balanced\"}", &classes}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_true(test_every_allocation(2, fit_body, &cases[i]) > 0);
    matrix_free(&m);
    matrix_free(&classes);
}

/* ---- the degenerate ------------------------------------------------------------------------- */

static char last_message[1024];

static void remember(void *user, hone_log_level level, const char *message) {
    (void)user, (void)level;
    snprintf(last_message, sizeof last_message, "%s", message);
}

/* No finite optimum: it ends, with a warning, and predicts what it saw. */
static void separable(void **state) {
    (void)state;
    static const char *const params[] = {"{\"penalty\":\"none\"}",
                                         "{\"penalty\":\"none\",\"solver\":\"lbfgs\"}"};
    for (int i = 0; i < 4; i++) {
        matrix m = matrix_random(17, 200, 3, i / 2 ? 3 : 2);
        for (int64_t k = 0; k < m.n; k++) {
            double v = m.x[k * 3];
            m.y[k] = i / 2 ? (v > 0.5) + (v > -0.5) : v > 0;
            m.x[k * 3] += m.y[k] * 2;
        }
        hone_ctx_options options = {.threads = 1, .seed = 1, .log = remember};
        hone_ctx *ctx = hone_ctx_new(&options);
        last_message[0] = 0;
        fitted f = fit(ctx, &hn_logistic, params[i % 2], &m);
        assert_non_null(strstr(last_message, "separated"));
        double *out = answers_of(&f, &f.table);
        for (int64_t k = 0; k < m.n; k++) assert_true(out[k * m.n_classes + (int64_t)m.y[k]] > 0.5);
        fitted_done(&f);
        hone_ctx_free(ctx);
        matrix_free(&m);
    }
}

static void degenerate(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    matrix m = matrix_random(1, 60, 3, 2);
    fitted f;
    static const char *const params[] = {"{}", "{\"penalty\":\"none\"}", "{\"penalty\":\"l1\"}",
                                         "{\"solver\":\"lbfgs\"}"};
    for (int64_t i = 0; i < 60; i++) m.x[i * 3 + 1] = 2 * m.x[i * 3]; /* collinear */
    for (int i = 0; i < 8; i++) {
        if (i == 4)
            for (int64_t k = 0; k < 60; k++) m.x[k * 3 + 1] = 5; /* constant */
        f = fit(ctx, &hn_logistic, params[i % 4], &m);
        double *out = answers_of(&f, &f.table), importances[3];
        for (int64_t k = 0; k < 120; k++) assert_true(out[k] >= 0 && out[k] <= 1);
        assert_ok(ctx, hn_logistic.importances(ctx, f.state, importances));
        assert_near(importances[0] + importances[1] + importances[2], 1, 1e-12);
        fitted_done(&f);
    }
    /* A class that no row has: its probability is next to nothing. */
    m.n_classes = 3;
    f = fit(ctx, &hn_logistic, "{}", &m);
    double *out = answers_of(&f, &f.table);
    for (int64_t k = 0; k < 60; k++) assert_true(out[k * 3 + 2] < 1e-3);
    fitted_done(&f);
    /* One row, or rows of one class, can't be told apart. */
    m.n = 1, m.n_classes = 2;
    assert_status(ctx, fit_in(ctx, &hn_logistic, "{}", &m, &f), HONE_ERROR_DATA);
    assert_message(ctx, "one class");
    fitted_done(&f);
    m.n = 60;
    for (int64_t i = 0; i < 60; i++) m.y[i] = 1;
    assert_status(ctx, fit_in(ctx, &hn_logistic, "{}", &m, &f), HONE_ERROR_DATA);
    fitted_done(&f);
    matrix_free(&m);
    hone_ctx_free(ctx);
}

static void cancel(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    matrix m = matrix_random(1, 1000, 3, 2);
    fitted f;
    hone_ctx_cancel(ctx);
    assert_int_equal(fit_in(ctx, &hn_logistic, "{}", &m, &f), HONE_ERROR_CANCELLED);
    fitted_done(&f);
    matrix_free(&m);
    hone_ctx_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cancer),    cmocka_unit_test(iris),       cmocka_unit_test(many_rows),
        cmocka_unit_test(weights),   cmocka_unit_test(threads),    cmocka_unit_test(memory),
        cmocka_unit_test(separable), cmocka_unit_test(degenerate), cmocka_unit_test(cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
