/* k-means. Oracles: scikit-learn 1.9.1, KMeans(k, n_init=10, tol=0), the least inertia of six seeds; both find
 * it in some of their starts only, so 50 are made. */
#include "models.h"

extern const hone_estimator hn_kmeans;

/* Rows around k centres. */
static matrix blobs(uint64_t seed, int64_t n, int64_t p, int64_t k, double spread) {
    matrix m = matrix_new(n, p, 0);
    hn_rng rng = hn_rng_make(seed, hn_stream("test.blobs", 0));
    double *centres = malloc((size_t)(k * p) * sizeof(double));
    for (int64_t i = 0; i < k * p; i++) centres[i] = 20 * hn_rng_uniform(&rng) - 10;
    for (int64_t i = 0; i < n; i++) {
        int64_t c = hn_rng_below(&rng, k);
        for (int64_t j = 0; j < p; j++)
            m.x[i * p + j] = centres[c * p + j] + spread * hn_rng_normal(&rng);
    }
    free(centres);
    return m;
}

static void real_data(void **state) {
    (void)state;
    static const struct {
        const char *file;
        bool classes, standardise;
        int k;
        double inertia;
    } cases[] = {
        {"iris/iris.csv", true, false, 2, 152.347951760358},
        {"iris/iris.csv", true, false, 3, 78.851441426146},
        {"iris/iris.csv", true, true, 3, 139.82049635975},
        {"iris/iris.csv", true, false, 5, 46.4461820512821},
        {"wine/wine.csv", true, false, 3, 2370689.68678297},
        {"wine/wine.csv", true, true, 3, 1277.92848884464},
        {"wine/wine.csv", true, false, 5, 916379.187153917},
        {"breast_cancer/breast_cancer.csv", true, false, 2, 77943099.8782988},
        {"diabetes/diabetes.csv", false, false, 3, 505674.917866811},
    };
    hone_ctx *ctx = test_ctx(2);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        matrix m = {0};
        if (!matrix_read(cases[i].file, cases[i].classes, &m)) skip();
        if (cases[i].standardise) matrix_standardise(&m);
        char params[128];
        snprintf(params, sizeof params, "{\"n_clusters\":%d,\"n_init\":50,\"tolerance\":0}",
                 cases[i].k);
        fitted f = fit(ctx, &hn_kmeans, params, &m);
        assert_near(number(&f, "/inertia") / cases[i].inertia, 1, 1e-6);
        /* What predict and transform say agrees with the inertia. */
        double *label = answers_of(&f, &f.table), sum = 0;
        hn_table distances;
        assert_ok(ctx, hn_kmeans.transform(ctx, f.state, &f.table, &f.arena, &distances));
        assert_int_equal(distances.n_columns, cases[i].k);
        for (int64_t r = 0; r < m.n; r++) {
            double own = hn_column_double(&distances.columns[(int)label[r]], r);
            for (int c = 0; c < cases[i].k; c++)
                assert_true(own <= hn_column_double(&distances.columns[c], r));
            sum += own * own;
        }
        assert_near(sum / cases[i].inertia, 1, 1e-6);
        assert_string_equal(distances.columns[1].name, "cluster_1");
        check_batches(&f, 1);
        fitted_done(&f);
        matrix_free(&m);
    }
    hone_ctx_free(ctx);
}

/* Bounds spare distances, and change nothing. */
static void bounds(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    for (int i = 0; i < 6; i++) {
        static const int clusters[] = {1, 3, 8, 9, 30, 50};
        static const double spreads[] = {0.5, 3, 8};
        matrix m = blobs((uint64_t)i, 3000, 1 + i * 2, 20, spreads[i % 3]);
        char params[2][128];
        for (int a = 0; a < 2; a++)
            snprintf(params[a], sizeof params[a],
                     "{\"n_clusters\":%d,\"tolerance\":0,\"algorithm\":\"%s\"}", clusters[i],
                     a ? "yinyang" : "lloyd");
        fitted plain = fit(ctx, &hn_kmeans, params[0], &m);
        fitted fast = fit(ctx, &hn_kmeans, params[1], &m);
        assert_same_report(&plain, &fast);
        fitted_done(&plain);
        fitted_done(&fast);
        matrix_free(&m);
    }
    hone_ctx_free(ctx);
}

static void starts(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    matrix m = blobs(3, 2000, 4, 5, 0.1);
    fitted f = fit(ctx, &hn_kmeans, "{\"n_clusters\":5}", &m);
    double best = number(&f, "/inertia");
    assert_near(best / (2000 * 4 * 0.01), 1, 0.1); /* the clusters that were put in */
    fitted_done(&f);
    f = fit(ctx, &hn_kmeans, "{\"n_clusters\":5,\"init\":\"random\",\"n_init\":20}", &m);
    assert_near(number(&f, "/inertia") / best, 1, 1e-9);
    fitted_done(&f);
    f = fit(ctx, &hn_kmeans, "{\"n_clusters\":5,\"init\":\"first\",\"max_iter\":1}", &m);
    assert_near(number(&f, "/iterations"), 1, 0);
    fitted_done(&f);
    matrix_free(&m);
    hone_ctx_free(ctx);
}

static void weights(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    for (int i = 0; i < 2; i++) {
        const char *params = i ? "{\"n_clusters\":4,\"algorithm\":\"yinyang\",\"n_init\":10}"
                               : "{\"n_clusters\":4,\"n_init\":10}";
        matrix m = blobs(7, 600, 3, 4, 1), repeated;
        check_unit_weights(&hn_kmeans, params, &m);
        matrix_repeat(&m, &repeated);
        fitted a = fit(ctx, &hn_kmeans, params, &m), b = fit(ctx, &hn_kmeans, params, &repeated);
        assert_near(number(&a, "/inertia") / number(&b, "/inertia"), 1, 1e-9);
        fitted_done(&a);
        fitted_done(&b);
        matrix_free(&m);
        matrix_free(&repeated);
    }
    hone_ctx_free(ctx);
}

static void threads(void **state) {
    (void)state;
    matrix m = blobs(5, 20000, 5, 30, 2);
    check_threads(&hn_kmeans, "{\"n_clusters\":6}", &m, 1);
    check_threads(&hn_kmeans, "{\"n_clusters\":40}", &m, 1);
    check_threads(&hn_kmeans, "{\"n_clusters\":9,\"init\":\"random\",\"n_init\":3}", &m, 1);
    matrix_free(&m);
}

static void memory(void **state) {
    (void)state;
    matrix m = blobs(5, 400, 3, 4, 1);
    fit_case cases[] = {{&hn_kmeans, "{\"n_clusters\":4}", &m},
                        {&hn_kmeans, "{\"n_clusters\":30,\"init\":\"random\",\"n_init\":2}", &m}};
    for (int i = 0; i < 2; i++) assert_true(test_every_allocation(2, fit_body, &cases[i]) > 0);
    matrix_free(&m);
}

static void degenerate(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    fitted f;
    /* Fewer places than clusters, and all rows alike. */
    matrix m = matrix_new(40, 2, 0);
    for (int64_t i = 0; i < 40; i++) m.x[i * 2] = 1e8 + (double)(i % 3);
    for (int i = 0; i < 2; i++) {
        f = fit(ctx, &hn_kmeans, "{\"n_clusters\":6}", &m);
        assert_near(number(&f, "/inertia"), 0, 1e-6);
        double *out = answers_of(&f, &f.table);
        for (int64_t r = 0; r < 40; r++) assert_true(out[r] >= 0 && out[r] < 6);
        fitted_done(&f);
        for (int64_t r = 0; r < 40; r++) m.x[r * 2] = 7;
    }
    /* A cluster per row. */
    matrix each = blobs(1, 12, 2, 12, 1);
    f = fit(ctx, &hn_kmeans, "{\"n_clusters\":12}", &each);
    assert_near(number(&f, "/inertia"), 0, 1e-20);
    fitted_done(&f);
    /* Empty clusters: two starts at the same place are told apart. */
    for (int64_t j = 0; j < 2; j++) each.x[2 + j] = each.x[j];
    f = fit(ctx, &hn_kmeans, "{\"n_clusters\":4,\"init\":\"first\"}", &each);
    for (int c = 0; c < 4; c++) {
        char pointer[32];
        snprintf(pointer, sizeof pointer, "/sizes/%d", c);
        assert_true(number(&f, pointer) > 0);
    }
    fitted_done(&f);
    assert_status(ctx, fit_in(ctx, &hn_kmeans, "{\"n_clusters\":13}", &each, &f), HONE_ERROR_DATA);
    assert_message(ctx, "13 clusters");
    fitted_done(&f);
    matrix_free(&m);
    matrix_free(&each);
    hone_ctx_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_data),  cmocka_unit_test(bounds),  cmocka_unit_test(starts),
        cmocka_unit_test(weights),    cmocka_unit_test(threads), cmocka_unit_test(memory),
        cmocka_unit_test(degenerate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
