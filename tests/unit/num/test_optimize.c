/* Minimisers on functions whose minima are known. */
#include "unit/support.h"
#include "base/rng.h"
#include "num/optimize.h"
#include <math.h>
#include <string.h>

static int calls;

static hone_status rosenbrock(hone_ctx *ctx, void *arg, const double *x, double *value, double *g) {
    (void)ctx;
    int n = *(int *)arg;
    calls++;
    *value = 0;
    memset(g, 0, (size_t)n * sizeof *g);
    for (int i = 0; i + 1 < n; i++) {
        double a = x[i + 1] - x[i] * x[i], b = 1 - x[i];
        *value += 100 * a * a + b * b;
        g[i] += -400 * a * x[i] - 2 * b;
        g[i + 1] += 200 * a;
    }
    return HONE_OK;
}

static void curved_valley(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    int sizes[] = {2, 10, 100};
    for (int s = 0; s < 3; s++) {
        int n = sizes[s];
        double x[100];
        for (int i = 0; i < n; i++) x[i] = i % 2 ? 1 : -1.2;
        calls = 0;
        hn_minimum minimum;
        assert_ok(ctx, hn_lbfgs(ctx, n, x, rosenbrock, &n, NULL, 1e-8, 2000, &minimum));
        assert_true(minimum.converged);
        assert_true(minimum.gradient_norm <= 1e-8);
        if (n < 4) /* for n >= 4 there is a second minimum */
            for (int i = 0; i < n; i++) assert_near(x[i], 1, 1e-7);
        assert_true(calls < 4 * minimum.iterations + 20);
    }
    double x[] = {-1.2, 1};
    int n = 2;
    hn_minimum minimum;
    assert_ok(ctx, hn_lbfgs(ctx, n, x, rosenbrock, &n, NULL, 1e-8, 3, &minimum));
    assert_false(minimum.converged);
    assert_int_equal(minimum.iterations, 3);
    hone_ctx_free(ctx);
}

/* sum of c_i (x_i - i)^2 / 2 with condition 1000. */
static hone_status bowl(hone_ctx *ctx, void *arg, const double *x, double *value, double *g) {
    (void)ctx;
    int n = *(int *)arg;
    *value = 0;
    for (int i = 0; i < n; i++) {
        double c = pow(10, 3.0 * i / (n - 1)), d = x[i] - i;
        *value += 0.5 * c * d * d;
        g[i] = c * d;
    }
    return HONE_OK;
}

static void steep_bowl(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    int n = 20;
    double x[20] = {0};
    hn_minimum minimum;
    assert_ok(ctx, hn_lbfgs(ctx, n, x, bowl, &n, NULL, 1e-6, 1000, &minimum));
    assert_true(minimum.converged);
    for (int i = 0; i < n; i++) assert_near(x[i], i, 1e-5);
    hone_ctx_free(ctx);
}

/* 0.5 (x - a)^2 per coordinate: with a penalty the answer is soft-thresholding. */
static hone_status shifted(hone_ctx *ctx, void *arg, const double *x, double *value, double *g) {
    (void)ctx;
    const double *a = arg;
    *value = 0;
    for (int i = 0; i < 6; i++) {
        double scale = i + 1;
        *value += 0.5 * scale * (x[i] - a[i]) * (x[i] - a[i]);
        g[i] = scale * (x[i] - a[i]);
    }
    return HONE_OK;
}

static void l1_thresholds(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    double a[] = {3, -3, 0.5, -0.1, 2, 0}, l1[] = {1, 1, 3, 1, 0, 1}, x[6] = {1, 1, 1, 1, -1, 0};
    hn_minimum minimum;
    assert_ok(ctx, hn_lbfgs(ctx, 6, x, shifted, a, l1, 1e-10, 500, &minimum));
    assert_true(minimum.converged);
    for (int i = 0; i < 6; i++) {
        double want = fmax(0, fabs(a[i]) - l1[i] / (i + 1)) * (a[i] < 0 ? -1 : 1);
        assert_near(x[i], want, 1e-9);
        if (want == 0) assert_true(x[i] == 0);
    }
    hone_ctx_free(ctx);
}

static hone_status awkward(hone_ctx *ctx, void *arg, const double *x, double *value, double *g) {
    (void)arg;
    if (x[0] > 1e6) return hn_fail(ctx, HONE_ERROR_DATA, "too far");
    *value = x[0] < 2 ? -x[0] : (double)NAN; /* a cliff, no minimum */
    g[0] = -1;
    return HONE_OK;
}

static void no_minimum_is_no_error(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    double x = 0;
    hn_minimum minimum;
    assert_ok(ctx, hn_lbfgs(ctx, 1, &x, awkward, NULL, NULL, 1e-8, 100, &minimum));
    assert_false(minimum.converged);
    assert_true(isfinite(minimum.value));
    x = 1e7;
    assert_status(ctx, hn_lbfgs(ctx, 1, &x, awkward, NULL, NULL, 1e-8, 100, &minimum),
                  HONE_ERROR_DATA);
    assert_same_double(x, 1e7);
    hone_ctx_cancel(ctx);
    x = 0;
    assert_status(ctx, hn_lbfgs(ctx, 1, &x, awkward, NULL, NULL, 1e-8, 100, &minimum),
                  HONE_ERROR_CANCELLED);
    hone_ctx_free(ctx);
}

static hone_status body(hone_ctx *ctx, void *arg) {
    double x[] = {-1.2, 1};
    hn_minimum minimum;
    return hn_lbfgs(ctx, 2, x, rosenbrock, arg, NULL, 1e-8, 100, &minimum);
}

static void out_of_memory(void **state) {
    (void)state;
    int n = 2;
    test_every_allocation(1, body, &n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(curved_valley), cmocka_unit_test(steep_bowl),
        cmocka_unit_test(l1_thresholds), cmocka_unit_test(no_minimum_is_no_error),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
