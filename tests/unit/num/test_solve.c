/* Solvers: NIST's reference regressions (StRD), rank deficiency, residuals, failures. */
#include "unit/support.h"
#include "base/json.h"
#include "base/os.h"
#include "base/rng.h"
#include "num/blas.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- NIST StRD ------------------------------------------------------------------------------ */

enum { MAX_ROWS = 100, MAX_COLS = 11 };

typedef struct nist {
    int n, p, coefficients;
    double y[MAX_ROWS], x[MAX_ROWS * MAX_COLS];
} nist;

/* degree > 0: polynomial; 0: the columns as they are; intercept first where there is one. */
static void read_nist(const char *path, int n, int predictors, int degree, bool intercept,
                      nist *set) {
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char line[512];
    do assert_non_null(fgets(line, sizeof line, file));
    while (strncmp(line, "Data:", 5) != 0 || !strchr(line, 'x') || strstr(line, "Response"));
    set->n = n;
    set->p = (degree ? degree : predictors) + intercept;
    for (int i = 0; i < n; i++) {
        assert_int_equal(fscanf(file, "%lf", &set->y[i]), 1);
        double *row = set->x + i * set->p;
        if (intercept) *row++ = 1;
        for (int j = 0; j < predictors; j++) assert_int_equal(fscanf(file, "%lf", row + j), 1);
        for (int j = 1; j < degree; j++) row[j] = row[j - 1] * row[0];
    }
    fclose(file);
}

/* Digits that agree: -log10 of the relative error (absolute where the value is 0). */
static double digits(double got, double want) {
    double error = fabs(got - want) / (want == 0 ? 1 : fabs(want));
    return error == 0 ? 15 : fmin(15, -log10(error));
}

static double number(hn_json *value) {
    double x;
    assert_true(hn_parse_double((hn_slice){yyjson_get_str(value), yyjson_get_len(value)}, &x));
    return x;
}

static void check_nist(hone_ctx *ctx, hn_json *certified, const char *name, int predictors,
                       int degree, bool intercept, double wanted) {
    char path[4200];
    const char *folder = test_shared("data/nist/linear");
    snprintf(path, sizeof path, "%s/%s.dat", folder, name);
    hn_json *entry = yyjson_obj_get(certified, name);
    static nist set;
    read_nist(path, (int)yyjson_get_int(yyjson_obj_get(entry, "n")), predictors, degree, intercept,
              &set);
    double b[MAX_COLS], gram[MAX_COLS * MAX_COLS], rss = 0, worst = 15, worst_sd = 15;
    int64_t rank;
    assert_ok(ctx,
              hn_solve_least_squares(ctx, set.x, set.n, set.p, set.y, 1, 1e-15, b, gram, &rank));
    assert_int_equal(rank, set.p);
    for (int i = 0; i < set.n; i++) {
        long double r = set.y[i];
        for (int j = 0; j < set.p; j++) r -= (long double)set.x[i * set.p + j] * b[j];
        rss += (double)(r * r);
    }
    double variance = rss / (set.n - set.p);
    hn_json *coef = yyjson_obj_get(entry, "coef"), *sd = yyjson_obj_get(entry, "coef_sd");
    for (int j = 0; j < set.p; j++) {
        worst = fmin(worst, digits(b[j], number(yyjson_arr_get(coef, (size_t)j))));
        double want = number(yyjson_arr_get(sd, (size_t)j)),
               got = sqrt(variance * gram[j * set.p + j]);
        /* An exact fit has a deviation of 0; what is left is rounding of the data. */
        if (want == 0)
            assert_true(got < 1e-8);
        else
            worst_sd = fmin(worst_sd, digits(got, want));
    }
    print_message("%-10s coefficients %.1f digits, deviations %.1f\n", name, worst, worst_sd);
    if (worst < wanted || worst_sd < wanted) fail_msg("%s: %g digits wanted", name, wanted);
}

static void nist_regressions(void **state) {
    (void)state;
    const char *path = test_shared("data/nist/linear/certified.json");
    if (!path) skip();
    hone_ctx *ctx = test_ctx(2);
    hn_arena arena;
    hn_arena_init(&arena, ctx->allocator);
    char *text;
    size_t length;
    hn_json *certified;
    assert_ok(ctx, hn_read_file(ctx, &arena, path, 0, &text, &length));
    assert_ok(ctx, hn_json_read(ctx, &arena, text, length, "certified.json", &certified));
    check_nist(ctx, certified, "Norris", 1, 1, true, 11);
    check_nist(ctx, certified, "NoInt1", 1, 1, false, 11);
    check_nist(ctx, certified, "Longley", 6, 0, true, 11);
    check_nist(ctx, certified, "Wampler1", 1, 5, true, 9);
    check_nist(ctx, certified, "Wampler2", 1, 5, true, 9);
    check_nist(ctx, certified, "Wampler3", 1, 5, true, 9);
    check_nist(ctx, certified, "Wampler5", 1, 5, true, 9);
    check_nist(ctx, certified, "Filip", 1, 10, true, 7);
    hn_arena_done(&arena);
    hone_ctx_free(ctx);
}

/* ---- shapes and ranks ----------------------------------------------------------------------- */

static double *random_numbers(int64_t n, uint64_t stream) {
    hn_rng rng = hn_rng_make(5, stream);
    double *x = malloc(((size_t)n + 1) * sizeof *x);
    assert_non_null(x);
    for (int64_t i = 0; i < n; i++) x[i] = hn_rng_normal(&rng);
    return x;
}

/* X'(y - X b) = 0 for every right-hand side, and gram inverts X'X. */
static void tall(void **state) {
    (void)state;
    enum { N = 20000, P = 6, K = 2 };
    double *x = random_numbers(N * P, 1), *y = random_numbers(N * K, 2);
    double first[P * K], first_gram[P * P];
    for (int t = 0; t < 4; t++) {
        hone_ctx *ctx = test_ctx((int[]){1, 2, 3, 7}[t]);
        double b[P * K], gram[P * P];
        int64_t rank;
        assert_ok(ctx, hn_solve_least_squares(ctx, x, N, P, y, K, 1e-12, b, gram, &rank));
        assert_int_equal(rank, P);
        if (t == 0) {
            memcpy(first, b, sizeof b);
            memcpy(first_gram, gram, sizeof gram);
        }
        assert_memory_equal(first, b, sizeof b);
        assert_memory_equal(first_gram, gram, sizeof gram);
        hone_ctx_free(ctx);
    }
    for (int c = 0; c < K; c++)
        for (int j = 0; j < P; j++) {
            double sum = 0;
            for (int i = 0; i < N; i++) {
                double r = y[i * K + c];
                for (int l = 0; l < P; l++) r -= x[i * P + l] * first[l * K + c];
                sum += r * x[i * P + j];
            }
            assert_near(sum, 0, 1e-10);
        }
    for (int j = 0; j < P; j++) {
        double column[P] = {0};
        for (int i = 0; i < N; i++)
            for (int l = 0; l < P; l++) column[l] += x[i * P + l] * x[i * P + j];
        for (int i = 0; i < P; i++) {
            double sum = 0;
            for (int l = 0; l < P; l++) sum += first_gram[i * P + l] * column[l];
            assert_near(sum, i == j, 1e-11);
        }
    }
    free(x);
    free(y);
}

static void dependent_columns(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    /* Columns 1, 2 and 3 = 1 + 2, 4 = 0, in very different units; the same fit by columns 1 and 2.
     */
    enum { N = 50 };
    double x[N * 4], y[N], small[N * 2], b[4], b2[2], gram[16];
    hn_rng rng = hn_rng_make(6, 0);
    for (int i = 0; i < N; i++) {
        small[2 * i] = x[4 * i] = hn_rng_normal(&rng);
        small[2 * i + 1] = x[4 * i + 1] = 1e-6 * hn_rng_normal(&rng);
        x[4 * i + 2] = x[4 * i] + x[4 * i + 1];
        x[4 * i + 3] = 0;
        y[i] = hn_rng_normal(&rng);
    }
    int64_t rank;
    assert_ok(ctx, hn_solve_least_squares(ctx, x, N, 4, y, 1, 1e-8, b, gram, &rank));
    assert_int_equal(rank, 2);
    assert_ok(ctx, hn_solve_least_squares(ctx, small, N, 2, y, 1, 1e-8, b2, NULL, NULL));
    assert_near(b[0] + b[2], b2[0], 1e-8);
    assert_near((b[1] + b[2]) * 1e-6, b2[1] * 1e-6, 1e-8);
    assert_same_double(b[3], 0.0);
    /* Smallest norm: nothing along (1, 1, -1). */
    assert_near((b[0] + b[1] - b[2]) / fabs(b[1]), 0, 1e-6);
    assert_near(gram[0 * 4 + 1] / sqrt(gram[0] * gram[5]), gram[4] / sqrt(gram[0] * gram[5]),
                1e-12);

    /* More columns than rows: b = X+ y = x' y / |x|^2. */
    double wide[] = {3, 4}, two = 2;
    assert_ok(ctx, hn_solve_least_squares(ctx, wide, 1, 2, &two, 1, 1e-12, b, gram, &rank));
    assert_int_equal(rank, 1);
    assert_near(b[0], 0.24, 1e-15);
    assert_near(b[1], 0.32, 1e-15);
    assert_near(gram[0], 9 / 625.0, 1e-15);
    /* Nothing at all. */
    double zeros[6] = {0};
    assert_ok(ctx, hn_solve_least_squares(ctx, zeros, 3, 2, y, 1, 1e-12, b, gram, &rank));
    assert_int_equal(rank, 0);
    assert_same_double(b[1], 0.0);
    assert_ok(ctx, hn_solve_least_squares(ctx, zeros, 0, 2, y, 1, 1e-12, b, gram, &rank));
    assert_int_equal(rank, 0);
    zeros[3] = NAN;
    assert_status(ctx, hn_solve_least_squares(ctx, zeros, 3, 2, y, 1, 1e-12, b, NULL, NULL),
                  HONE_ERROR_DATA);
    assert_message(ctx, "column 1");
    zeros[3] = 1;
    y[1] = INFINITY;
    assert_status(ctx, hn_solve_least_squares(ctx, zeros, 3, 2, y, 1, 1e-12, b, NULL, NULL),
                  HONE_ERROR_DATA);
    assert_int_equal(hone_ctx_error(ctx)->row, 1);
    hone_ctx_free(ctx);
}

static void extreme_units(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    double x[] = {1e300, 1e-300, 2e300, 3e-300, -1e300, 2e-300}, y[] = {1, 2, 3}, b[2];
    int64_t rank;
    assert_ok(ctx, hn_solve_least_squares(ctx, x, 3, 2, y, 1, 1e-12, b, NULL, &rank));
    assert_int_equal(rank, 2);
    assert_true(isfinite(b[0]) && isfinite(b[1]));
    double plain[] = {1, 1, 2, 3, -1, 2}, c[2];
    assert_ok(ctx, hn_solve_least_squares(ctx, plain, 3, 2, y, 1, 1e-12, c, NULL, NULL));
    assert_near(b[0] * 1e300, c[0], 1e-14);
    assert_near(b[1] * 1e-300, c[1], 1e-14);
    hone_ctx_free(ctx);
}

static void positive_definite(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    double a[] = {4, 2, 2, 3}, b[] = {8, 2, 7, 1}, rcond;
    assert_ok(ctx, hn_solve_spd(ctx, 2, a, 2, b, &rcond));
    assert_near(b[0], 1.25, 1e-15);
    assert_near(b[1], 0.5, 1e-15);
    assert_near(b[2], 1.5, 1e-15);
    assert_near(b[3], 0, 1e-15);
    assert_true(rcond > 0.1 && rcond < 1);
    double bad[] = {1, 2, 2, 1}, nan[] = {NAN, 0, 0, 1};
    assert_status(ctx, hn_solve_spd(ctx, 2, bad, 1, b, NULL), HONE_ERROR_DATA);
    assert_status(ctx, hn_solve_spd(ctx, 2, nan, 1, b, NULL), HONE_ERROR_DATA);
    hone_ctx_free(ctx);
}

static void eigenvectors(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    enum { P = 40 };
    double a[P * P], copy[P * P], values[P], vectors[P * P];
    hn_rng rng = hn_rng_make(7, 0);
    for (int i = 0; i < P; i++)
        for (int j = 0; j <= i; j++) a[i * P + j] = a[j * P + i] = hn_rng_normal(&rng);
    memcpy(copy, a, sizeof a);
    assert_ok(ctx, hn_eigen_symmetric(ctx, P, a, values, vectors));
    for (int k = 0; k < P; k++) {
        if (k > 0) assert_true(values[k] >= values[k - 1]);
        for (int i = 0; i < P; i++) {
            double sum = 0;
            for (int j = 0; j < P; j++) sum += copy[i * P + j] * vectors[k * P + j];
            assert_near(sum, values[k] * vectors[k * P + i], 1e-12);
        }
    }
    copy[3] = NAN;
    assert_status(ctx, hn_eigen_symmetric(ctx, P, copy, values, NULL), HONE_ERROR_DATA);
    hone_ctx_free(ctx);
}

static hone_status solve_body(hone_ctx *ctx, void *arg) {
    (void)arg;
    enum { N = 9000 };
    static double x[N * 2], y[N];
    double b[2], gram[4], a[] = {2, 1, 1, 2}, values[2], vectors[4], rcond;
    for (int i = 0; i < N; i++) {
        x[2 * i] = 1;
        x[2 * i + 1] = y[i] = i;
    }
    int64_t rank;
    HN_TRY(hn_solve_least_squares(ctx, x, N, 2, y, 1, 1e-12, b, gram, &rank));
    for (int i = 0; i < N; i++) x[2 * i + 1] = 1;
    HN_TRY(hn_solve_least_squares(ctx, x, N, 2, y, 1, 1e-12, b, gram, &rank));
    HN_TRY(hn_eigen_symmetric(ctx, 2, gram, values, vectors));
    return hn_solve_spd(ctx, 2, a, 1, b, &rcond);
}

static void out_of_memory(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    assert_ok(ctx, solve_body(ctx, NULL));
    hone_ctx_free(ctx);
    test_every_allocation(1, solve_body, NULL);
    test_every_allocation(2, solve_body, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nist_regressions),  cmocka_unit_test(tall),
        cmocka_unit_test(dependent_columns), cmocka_unit_test(extreme_units),
        cmocka_unit_test(positive_definite), cmocka_unit_test(eigenvectors),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
