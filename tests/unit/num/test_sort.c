/* Sorts against a plain reference, stability, ties, NaN and zeros; quantiles. */
#include "unit/support.h"
#include "base/rng.h"
#include "num/sort.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int64_t sizes[] = {0, 1, 2, 3, 16, 17, 100, 256, 257, 1000, 20000, 70001, 300000};
enum { SIZES = sizeof sizes / sizeof *sizes };

static void fill(double *x, int64_t n, int kind) {
    hn_rng rng = hn_rng_make(1, (uint64_t)(n * 10 + kind));
    for (int64_t i = 0; i < n; i++) {
        switch (kind) {
        case 0: x[i] = hn_rng_normal(&rng); break;
        case 1: x[i] = (double)hn_rng_below(&rng, 5) - 2; break;
        case 2: x[i] = (double)(n - i); break;
        default: {
            static const double odd[] = {NAN, INFINITY, -INFINITY, 0.0, -0.0, 1, -1, 0x1p-1074};
            x[i] = odd[hn_rng_below(&rng, 8)];
        }
        }
    }
}

/* The written meaning: a before b? */
static bool is_less(double a, double b) {
    if (isnan(a)) return false;
    return isnan(b) || a < b;
}

static void argsort_is_stable(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    for (int s = 0; s < SIZES; s++)
        for (int kind = 0; kind < 4; kind++) {
            int64_t n = sizes[s];
            double *x = calloc((size_t)n + 1, sizeof *x), *y = calloc((size_t)n + 1, sizeof *y);
            double *both = calloc((size_t)n + 1, sizeof *both), *at = calloc((size_t)n + 1, 8);
            int64_t *order = calloc((size_t)n + 1, sizeof *order);
            char *seen = calloc((size_t)n + 1, 1);
            fill(x, n, kind);
            memcpy(y, x, (size_t)n * sizeof *x);
            assert_ok(ctx, hn_argsort_f64(ctx, x, n, order));
            assert_ok(ctx, hn_sort_f64(ctx, y, n));
            memcpy(both, x, (size_t)n * sizeof *x);
            for (int64_t i = 0; i < n; i++) at[i] = (double)i;
            assert_ok(ctx, hn_sort_both_f64(ctx, both, at, n));
            for (int64_t i = 0; i < n; i++) {
                assert_true(at[i] == (double)order[i]);
                assert_true(both[i] == x[order[i]] || (isnan(both[i]) && isnan(x[order[i]])));
                assert_true(order[i] >= 0 && order[i] < n && !seen[order[i]]);
                seen[order[i]] = 1;
                assert_true(y[i] == x[order[i]] || (isnan(y[i]) && isnan(x[order[i]])));
                if (i > 0 && y[i] == 0 && y[i - 1] == 0)
                    assert_true(signbit(y[i - 1]) >= signbit(y[i]));
                if (i == 0) continue;
                assert_false(is_less(x[order[i]], x[order[i - 1]]));
                if (!is_less(x[order[i - 1]], x[order[i]])) assert_true(order[i - 1] < order[i]);
            }
            free(x);
            free(y);
            free(both);
            free(at);
            free(order);
            free(seen);
        }
    hone_ctx_free(ctx);
}

static int compare_i64(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void integers(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    for (int s = 0; s < SIZES; s++) {
        int64_t n = sizes[s];
        int64_t *x = calloc((size_t)n + 1, sizeof *x), *y = calloc((size_t)n + 1, sizeof *y);
        hn_rng rng = hn_rng_make(2, (uint64_t)n);
        for (int64_t i = 0; i < n; i++)
            x[i] = y[i] = i % 3 ? (int64_t)hn_rng_u64(&rng) : hn_rng_below(&rng, 9) - 4;
        if (n > 1) x[0] = y[0] = INT64_MIN;
        qsort(y, (size_t)n, sizeof *y, compare_i64);
        assert_ok(ctx, hn_sort_i64(ctx, x, n));
        assert_memory_equal(x, y, (size_t)n * sizeof *x);
        free(x);
        free(y);
    }
    hone_ctx_free(ctx);
}

static void quantiles(void **state) {
    (void)state;
    double x[] = {1, 2, 3, 4};
    assert_same_double(hn_quantile_sorted(x, 4, 0), 1.0);
    assert_same_double(hn_quantile_sorted(x, 4, 1), 4.0);
    assert_same_double(hn_quantile_sorted(x, 4, 0.5), 2.5);
    assert_near(hn_quantile_sorted(x, 4, 0.1), 1.3, 1e-15); /* numpy.quantile */
    double one[] = {7};
    assert_same_double(hn_quantile_sorted(one, 1, 0.3), 7.0);
    double wide[] = {-INFINITY, 0, INFINITY, INFINITY};
    assert_same_double(hn_quantile_sorted(wide, 4, 0.9), (double)INFINITY);
    double w[] = {1, 0, 2, 1};
    assert_same_double(hn_weighted_quantile_sorted(x, w, 4, 0.25), 1.0);
    assert_same_double(hn_weighted_quantile_sorted(x, w, 4, 0.26), 3.0);
    assert_same_double(hn_weighted_quantile_sorted(x, w, 4, 1), 4.0);
    assert_same_double(hn_weighted_quantile_sorted(x, w, 4, 0), 1.0);
}

static hone_status sort_body(hone_ctx *ctx, void *arg) {
    (void)arg;
    double x[300];
    int64_t order[300];
    fill(x, 300, 0);
    HN_TRY(hn_argsort_f64(ctx, x, 300, order));
    HN_TRY(hn_sort_f64(ctx, x, 300));
    return hn_sort_i64(ctx, order, 300);
}

static void out_of_memory(void **state) {
    (void)state;
    test_every_allocation(1, sort_body, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(argsort_is_stable),
        cmocka_unit_test(integers),
        cmocka_unit_test(quantiles),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
