/* Least squares and ridge. Oracles: NIST's certified values (StRD linear), statsmodels 0.15.0 and
 * scikit-learn 1.9.1 on the diabetes data, all rows. */
#include "models.h"

extern const hone_estimator hn_least_squares, hn_ridge;

static void check_coefficients(const fitted *f, const double *wanted, int p, double tolerance) {
    for (int j = 0; j < p; j++) {
        char pointer[64];
        snprintf(pointer, sizeof pointer, "/coefficients/x%d", j);
        assert_near(number(f, pointer) / wanted[j], 1.0, tolerance);
    }
}

/* ---- NIST ----------------------------------------------------------------------------------- */

typedef struct nist {
    const char *name;
    int degree; /* of the polynomial; 0: several predictors */
    bool intercept;
    double tolerance; /* relative, of coefficients */
    int p;
    double b[11];  /* intercept first, where there is one */
    double se[11]; /* of the first three */
    double residual_sd, r2;
} nist;

static const nist nists[] = {
    {"Norris",
     1,
     true,
     1e-12,
     1,
     {-0.262323073774029, 1.00211681802045},
     {0.232818234301152, 0.429796848199937e-3},
     0.884796396144373,
     0.999993745883712},
    {"NoInt1",
     1,
     false,
     1e-13,
     1,
     {2.07438016528926},
     {0.165289256198347e-1},
     3.56753034006338,
     NAN},
    {"Longley",
     0,
     true,
     1e-9,
     6,
     {-3482258.63459582, 15.0618722713733, -0.358191792925910e-1, -2.02022980381683,
      -1.03322686717359, -0.511041056535807e-1, 1829.15146461355},
     {890420.383607373, 84.9149257747669, 0.334910077722432e-1},
     304.854073561965,
     0.995479004577296},
    {"Filip",
     10,
     true,
     1e-6,
     10,
     {-1467.48961422980, -2772.17959193342, -2316.37108160893, -1127.97394098372, -354.478233703349,
      -75.1242017393757, -10.8753180355343, -1.06221498588947, -0.670191154593408e-1,
      -0.246781078275479e-2, -0.402962525080404e-4},
     {298.084530995537, 559.779865474950, 466.477572127796},
     0.334801051324544e-2,
     0.996727416185620},
    {"Wampler1", 5, true, 1e-8, 5, {1, 1, 1, 1, 1, 1}, {NAN}, NAN, 1},
    {"Wampler2", 5, true, 1e-10, 5, {1, 0.1, 0.01, 0.001, 0.0001, 0.00001}, {NAN}, NAN, 1},
    {"Wampler3",
     5,
     true,
     1e-8,
     5,
     {1, 1, 1, 1, 1, 1},
     {2152.32624678170, 2363.55173469681, 779.343524331583},
     2360.14502379268,
     0.999995559025820},
    {"Wampler5",
     5,
     true,
     1e-6,
     5,
     {1, 1, 1, 1, 1, 1},
     {21523262.4678170, 23635517.3469681, 7793435.24331583},
     23601450.2379268,
     NAN},
};

static bool nist_read(const nist *set, matrix *ret) {
    char path[128], line[512];
    snprintf(path, sizeof path, "data/nist/linear/%s.dat", set->name);
    const char *found = test_shared(path);
    FILE *file = found ? fopen(found, "r") : NULL;
    if (!file) return false;
    matrix m = matrix_new(100, set->p, 0);
    /* The header says where the data begin: "Data:" stands twice, once as a heading of its own. */
    bool data = false;
    m.n = 0;
    while (fgets(line, sizeof line, file)) {
        char *end, *at = line;
        double first = strtod(line, &end);
        if (strncmp(line, "Data:", 5) == 0 && strchr(line, 'y') && strchr(line, 'x')) data = true;
        if (!data || end == at) continue;
        m.y[m.n] = first;
        for (int j = 0; j < set->p; j++) {
            double *x = &m.x[m.n * set->p + j];
            *x = set->degree > 0 && j > 0 ? pow(m.x[m.n * set->p], j + 1) : strtod(end, &end);
        }
        m.n++;
    }
    fclose(file);
    *ret = m;
    return true;
}

static void nist_sets(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    for (size_t i = 0; i < sizeof nists / sizeof *nists; i++) {
        const nist *set = &nists[i];
        matrix m = {0};
        if (!nist_read(set, &m)) skip();
        fitted f = fit(ctx, &hn_least_squares, set->intercept ? "{}" : "{\"intercept\":false}", &m);
        check_coefficients(&f, set->b + set->intercept, set->p, set->tolerance);
        if (set->intercept) {
            assert_near(number(&f, "/intercept") / set->b[0], 1.0, set->tolerance);
            if (!isnan(set->se[0]))
                assert_near(number(&f, "/intercept_inference/standard_error") / set->se[0], 1.0,
                            set->tolerance);
        }
        double se = set->se[set->intercept];
        if (!isnan(set->se[0]))
            assert_near(number(&f, "/inference/x0/standard_error") / se, 1.0, set->tolerance);
        if (!isnan(set->residual_sd))
            assert_near(number(&f, "/residual_sd") / set->residual_sd, 1.0, set->tolerance);
        if (!isnan(set->r2)) assert_near(number(&f, "/r2"), set->r2, 1e-10);
        fitted_done(&f);
        matrix_free(&m);
    }
    hone_ctx_free(ctx);
}

/* ---- other implementations ------------------------------------------------------------------ */

/* statsmodels: OLS(y, add_constant(x)).fit(), WLS with weights 1 + i % 3: intercept first. */
static const double ols[] = {-334.567138518785, -0.0363612242236326, -22.8596480904984,
                             5.60296209192372,  1.11680799331818,    -1.08999633406323,
                             0.746450455514209, 0.372004715089131,   6.53383193599028,
                             68.4831249647879,  0.280116989321503};
static const double wls[] = {-340.089955946822, -0.0786667049543635, -19.5272192930863,
                             5.52275296875345,  1.02098808896245,    -1.24205501086413,
                             0.895069596306921, 0.569850923355485,   7.72071436384226,
                             70.404905878182,   0.306541685771368};
/* scikit-learn: Ridge(alpha=3), and with fit_intercept=False. */
static const double ridge[] = {
    -0.0275805221496564, -22.1144082541812, 5.70132003381173, 1.12183545039599, -0.633917059076049,
    0.326516400640186,   -0.13260609059962, 5.77818558083007, 54.7093327986847, 0.299753461103573};
static const double ridge_origin[] = {
    0.0198239207470001, -25.1974092869936, 5.37606601319325,  1.01383141043808, 1.28422957600898,
    -1.30834468358982,  -3.06594476344917, -5.34589036618552, 4.7924534365675,  0.122717676470503};

static void diabetes_least_squares(void **state) {
    (void)state;
    matrix m = {0};
    if (!matrix_read("diabetes/diabetes.csv", false, &m)) skip();
    hone_ctx *ctx = test_ctx(2);
    static const char *const ways[] = {"{}", "{\"solver\":\"cholesky\"}"};
    for (int i = 0; i < 2; i++) {
        fitted f = fit(ctx, &hn_least_squares, ways[i], &m);
        check_coefficients(&f, ols + 1, 10, 1e-11);
        assert_near(number(&f, "/intercept"), ols[0], 1e-11);
        assert_near(number(&f, "/inference/x1/standard_error"), 5.83582128501487, 1e-11);
        assert_near(number(&f, "/inference/x1/p") / 0.000104167119276932, 1.0, 1e-10);
        assert_near(number(&f, "/inference/x0/p"), 0.867030633700058, 1e-11);
        assert_near(number(&f, "/inference/x2/p") / 4.2963914195183e-14, 1.0, 1e-9);
        assert_near(number(&f, "/intercept_inference/standard_error"), 67.4546211043414, 1e-11);
        assert_near(number(&f, "/residual_sd"), 54.1542393280557, 1e-12);
        assert_near(number(&f, "/r2"), 0.51774842222035, 1e-12);
        fitted_done(&f);
    }
    m.weight = malloc((size_t)m.n * sizeof(double));
    for (int64_t i = 0; i < m.n; i++) m.weight[i] = (double)(1 + i % 3);
    fitted f = fit(ctx, &hn_least_squares, "{}", &m);
    check_coefficients(&f, wls + 1, 10, 1e-10);
    assert_near(number(&f, "/inference/x9/standard_error"), 0.272205839286298, 1e-11);
    fitted_done(&f);
    hone_ctx_free(ctx);
    matrix_free(&m);
}

static void diabetes_ridge(void **state) {
    (void)state;
    matrix m = {0};
    if (!matrix_read("diabetes/diabetes.csv", false, &m)) skip();
    hone_ctx *ctx = test_ctx(2);
    static const char *const ways[] = {"{\"alpha\":3}", "{\"alpha\":3,\"solver\":\"eigen\"}",
                                       "{\"alpha\":3,\"solver\":\"cg\",\"tolerance\":1e-7}"};
    for (int i = 0; i < 3; i++) {
        fitted f = fit(ctx, &hn_ridge, ways[i], &m);
        static const double tolerance[] = {1e-11, 1e-10, 1e-4};
        check_coefficients(&f, ridge, 10, tolerance[i]);
        fitted_done(&f);
    }
    fitted f = fit(ctx, &hn_ridge, "{\"alpha\":3,\"intercept\":false}", &m);
    check_coefficients(&f, ridge_origin, 10, 1e-10);
    assert_same_double(number(&f, "/intercept"), 0.0);
    fitted_done(&f);
    /* RidgeCV(alphas, store_cv_results=True). */
    f = fit(ctx, &hn_ridge, "{\"alphas\":[0.01,0.1,1,10]}", &m);
    assert_near(number(&f, "/alpha"), 0.1, 0);
    assert_near(number(&f, "/alphas/0/loo_mse"), 3001.7433200351, 1e-12);
    assert_near(number(&f, "/alphas/3/loo_mse"), 3025.32946971741, 1e-12);
    fitted_done(&f);
    hone_ctx_free(ctx);
    matrix_free(&m);
}

/* More features than rows: the system of rows gives what that of features would. */
static void wide(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    matrix m = matrix_random(3, 20, 40, 0);
    fitted rows = fit(ctx, &hn_ridge, "{\"alpha\":0.5}", &m);
    fitted steps = fit(ctx, &hn_ridge, "{\"alpha\":0.5,\"solver\":\"cg\",\"tolerance\":1e-12}", &m);
    for (int j = 0; j < 40; j++) {
        char pointer[64];
        snprintf(pointer, sizeof pointer, "/coefficients/x%d", j);
        assert_near(number(&rows, pointer), number(&steps, pointer), 1e-8);
    }
    fitted loo = fit(ctx, &hn_ridge, "{\"alphas\":[0.5]}", &m);
    assert_true(number(&loo, "/alphas/0/loo_mse") > 0);
    fitted_done(&rows);
    fitted_done(&steps);
    fitted_done(&loo);
    matrix_free(&m);
    hone_ctx_free(ctx);
}

/* ---- weights, threads, memory --------------------------------------------------------------- */

static void weights(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    const hone_estimator *const kinds[] = {&hn_least_squares, &hn_ridge, &hn_ridge};
    static const char *const params[] = {"{}", "{\"alpha\":2}",
                                         "{\"alpha\":2,\"solver\":\"eigen\"}"};
    for (int i = 0; i < 3; i++) {
        matrix m = matrix_random(7, 300, 4, 0), repeated;
        check_unit_weights(kinds[i], params[i], &m);
        matrix_repeat(&m, &repeated);
        fitted a = fit(ctx, kinds[i], params[i], &m), b = fit(ctx, kinds[i], params[i], &repeated);
        for (int j = 0; j < 4; j++) {
            char pointer[64];
            snprintf(pointer, sizeof pointer, "/coefficients/x%d", j);
            assert_near(number(&a, pointer), number(&b, pointer), 1e-12);
        }
        assert_near(number(&a, "/intercept"), number(&b, "/intercept"), 1e-12);
        fitted_done(&a);
        fitted_done(&b);
        matrix_free(&m);
        matrix_free(&repeated);
    }
    hone_ctx_free(ctx);
}

static void threads(void **state) {
    (void)state;
    matrix m = matrix_random(9, 20000, 13, 0);
    check_threads(&hn_least_squares, "{}", &m, 1);
    check_threads(&hn_least_squares, "{\"solver\":\"qr\"}", &m, 1);
    check_threads(&hn_ridge, "{}", &m, 1);
    check_threads(&hn_ridge, "{\"alphas\":[0.1,1]}", &m, 1);
    check_threads(&hn_ridge, "{\"solver\":\"cg\"}", &m, 1);
    hone_ctx *ctx = test_ctx(2);
    fitted f = fit(ctx, &hn_ridge, "{}", &m);
    check_batches(&f, 1);
    fitted_done(&f);
    hone_ctx_free(ctx);
    matrix_free(&m);
}

static void memory(void **state) {
    (void)state;
    matrix m = matrix_random(5, 1200, 3, 0);
    fit_case cases[] = {{&hn_least_squares, "{}", &m},
                        {&hn_least_squares, "{\"solver\":\"qr\"}", &m},
                        {&hn_ridge, "{}", &m},
                        {&hn_ridge, "{\"alphas\":[1,2]}", &m},
                        {&hn_ridge, "{\"solver\":\"cg\"}", &m}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_true(test_every_allocation(2, fit_body, &cases[i]) > 0);
    matrix_free(&m);
}

/* ---- the degenerate ------------------------------------------------------------------------- */

static void check_finite(const hone_estimator *kind, const char *params, const matrix *m) {
    hone_ctx *ctx = test_ctx(1);
    fitted f = fit(ctx, kind, params, m);
    double *out = answers_of(&f, &f.table), importances[16], total = 0;
    for (int64_t i = 0; i < m->n; i++) assert_true(isfinite(out[i]));
    assert_ok(ctx, kind->importances(ctx, f.state, importances));
    for (int64_t j = 0; j < m->p; j++) total += importances[j];
    assert_true(total == 0 || fabs(total - 1) < 1e-12);
    fitted_done(&f);
    hone_ctx_free(ctx);
}

static void degenerate(void **state) {
    (void)state;
    const hone_estimator *const kinds[] = {&hn_least_squares, &hn_ridge, &hn_ridge};
    static const char *const params[] = {"{}", "{}", "{\"alpha\":0}"};
    for (int i = 0; i < 3; i++) {
        matrix one = matrix_random(1, 1, 3, 0);
        check_finite(kinds[i], params[i], &one);
        matrix constant = matrix_random(1, 50, 3, 0);
        for (int64_t k = 0; k < 50; k++) constant.x[k * 3 + 1] = 1e6 + 0.1;
        check_finite(kinds[i], params[i], &constant);
        for (int64_t k = 0; k < 50; k++) constant.y[k] = 3;
        check_finite(kinds[i], params[i], &constant);
        matrix collinear = matrix_random(1, 2000, 3, 0);
        for (int64_t k = 0; k < 2000; k++)
            collinear.x[k * 3 + 2] = collinear.x[k * 3] - 2 * collinear.x[k * 3 + 1];
        check_finite(kinds[i], params[i], &collinear);
        matrix_free(&one);
        matrix_free(&constant);
        matrix_free(&collinear);
    }
}

/* Collinear features: the rank is said, and the smallest of the best coefficients are taken. */
static void rank(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    matrix m = matrix_random(1, 2000, 2, 0);
    for (int64_t i = 0; i < m.n; i++) {
        m.x[i * 2 + 1] = m.x[i * 2];
        m.y[i] = 4 * m.x[i * 2];
    }
    fitted f = fit(ctx, &hn_least_squares, "{}", &m);
    assert_near(number(&f, "/rank"), 1, 0);
    assert_near(number(&f, "/coefficients/x0"), 2, 1e-12);
    assert_near(number(&f, "/coefficients/x1"), 2, 1e-12);
    fitted_done(&f);
    matrix_free(&m);
    hone_ctx_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nist_sets),      cmocka_unit_test(diabetes_least_squares),
        cmocka_unit_test(diabetes_ridge), cmocka_unit_test(wide),
        cmocka_unit_test(weights),        cmocka_unit_test(threads),
        cmocka_unit_test(memory),         cmocka_unit_test(degenerate),
        cmocka_unit_test(rank),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
