/* Products against plain loops, and equal bits for any number of threads. */
#include "unit/support.h"
#include "base/rng.h"
#include "num/blas.h"
#include "num/product.h"
#include "num/view.h"
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const int threads[] = {1, 2, 3, 7};

static double *random_numbers(int64_t n, uint64_t stream) {
    hn_rng rng = hn_rng_make(4, stream);
    double *x = malloc(((size_t)n + 1) * sizeof *x);
    assert_non_null(x);
    for (int64_t i = 0; i < n; i++) x[i] = 2 * hn_rng_uniform(&rng) - 1;
    return x;
}

/* The order that blas.h promises, written plainly. */
static double plain_dot(const double *a, const double *b, int64_t n) {
    double lane[8] = {0};
    for (int64_t i = 0; i < n; i++) lane[i % 8] += a[i] * b[i];
    return ((lane[0] + lane[1]) + (lane[2] + lane[3])) +
           ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

static void dot_has_its_written_order(void **state) {
    (void)state;
    double *a = random_numbers(3000, 1), *b = random_numbers(3000, 2);
    for (int64_t n = 0; n < 200; n++)
        for (int shift = 0; shift < 4; shift++)
            assert_same_double(hn_dot(a + shift, b, n), plain_dot(a + shift, b, n));
    assert_same_double(hn_dot(a, b, 2999), plain_dot(a, b, 2999));
    free(a);
    free(b);
}

static void dot_rows(void **state) {
    (void)state;
    double *x = random_numbers(9 * 40, 1), *b = random_numbers(5 * 37, 2), ret[9 * 5];
    for (int64_t p = 0; p <= 37; p++)
        for (int64_t rows = 0; rows <= 9; rows++)
            for (int64_t k = 1; k <= 5; k++) {
                hn_dot_rows(x, 40, rows, b, k, p, ret);
                for (int64_t i = 0; i < rows * k; i++)
                    assert_same_double(ret[i], hn_dot(x + i / k * 40, b + i % k * p, p));
            }
    free(x);
    free(b);
}

/* The order that product.h promises, written plainly. */
#define PLAIN_PRODUCT(type)                                                                        \
    static type plain_##type(const type *x, const type *w, int64_t width, int64_t p) {             \
        type total = 0;                                                                            \
        for (int64_t at = 0; at < p; at += 256) {                                                  \
            type sum = 0;                                                                          \
            for (int64_t j = at; j < p && j < at + 256; j++) sum += x[j] * w[j * width];           \
            total = at == 0 ? sum : total + sum;                                                   \
        }                                                                                          \
        return total;                                                                              \
    }
PLAIN_PRODUCT(double)
PLAIN_PRODUCT(float)

static void products_have_their_written_order(void **state) {
    (void)state;
    enum { ROWS = 7, STRIDE = 603 };
    static const int64_t shapes[][2] = {{1, 1},   {3, 2},    {37, 4},   {37, 5},  {20, 8},
                                        {256, 9}, {257, 16}, {600, 17}, {40, 24}, {100, 33}};
    double *x = random_numbers(ROWS * STRIDE, 1), *w = random_numbers(600 * 64, 2);
    float *x1 = malloc(sizeof *x1 * ROWS * STRIDE), *w1 = malloc(sizeof *w1 * 600 * 64);
    double ret[ROWS * 33];
    float ret1[ROWS * 33];
    assert_non_null(x1);
    assert_non_null(w1);
    for (int64_t i = 0; i < ROWS * STRIDE; i++) x1[i] = (float)x[i];
    for (int64_t i = 0; i < 600 * 64; i++) w1[i] = (float)w[i];
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        int64_t p = shapes[s][0], k = shapes[s][1], width = hn_product_width(k);
        assert_true(width >= k && width <= 64);
        for (int64_t rows = 0; rows <= ROWS; rows++) {
            hn_product(x, STRIDE, rows, w, p, k, ret);
            hn_product_single(x1, STRIDE, rows, w1, p, k, ret1);
            for (int64_t i = 0; i < rows * k; i++) {
                assert_same_double(ret[i], plain_double(x + i / k * STRIDE, w + i % k, width, p));
                assert_same_double((double)ret1[i],
                                   (double)plain_float(x1 + i / k * STRIDE, w1 + i % k, width, p));
            }
        }
    }
    free(x);
    free(w);
    free(x1);
    free(w1);
}

static void gemv(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(3);
    static const int64_t shapes[][2] = {{0, 3}, {1, 1}, {5, 0}, {9000, 28}, {4097, 3}, {10, 300}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        int64_t n = shapes[s][0], p = shapes[s][1];
        double *x = random_numbers(n * p, 1), *b = random_numbers(p, 2), *y = random_numbers(n, 3);
        double *g = random_numbers(p, 4);
        assert_ok(ctx, hn_gemv_t(ctx, x, n, p, y, g));
        for (int64_t j = 0; j < p; j++) {
            double sum = 0;
            for (int64_t i = 0; i < n; i++) sum += x[i * p + j] * y[i];
            assert_near(g[j], sum, 1e-12 * (double)(n + 1));
        }
        assert_ok(ctx, hn_gemv(ctx, x, n, p, b, 0.25, y));
        for (int64_t i = 0; i < n; i++) assert_same_double(y[i], plain_dot(x + i * p, b, p) + 0.25);
        free(x);
        free(b);
        free(y);
        free(g);
    }
    hone_ctx_free(ctx);
}

static void check_gemm(hone_ctx *ctx, bool ta, bool tb, int64_t m, int64_t n, int64_t k) {
    double *a = random_numbers(m * k, 1), *b = random_numbers(k * n, 2),
           *c = random_numbers(m * n, 3);
    double *want = malloc(((size_t)(m * n) + 1) * sizeof *want);
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            double sum = 0;
            for (int64_t l = 0; l < k; l++)
                sum += (ta ? a[l * m + i] : a[i * k + l]) * (tb ? b[j * k + l] : b[l * n + j]);
            want[i * n + j] = 2 * sum - 0.5 * c[i * n + j];
        }
    assert_ok(ctx, hn_gemm(ctx, ta, tb, m, n, k, 2, a, ta ? m : k, b, tb ? k : n, -0.5, c, n));
    for (int64_t i = 0; i < m * n; i++) assert_near(c[i], want[i], 1e-13 * (double)(k + 1));
    free(a);
    free(b);
    free(c);
    free(want);
}

static void gemm(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    for (int t = 0; t < 4; t++) {
        check_gemm(ctx, t & 1, t & 2, 3, 4, 5);
        check_gemm(ctx, t & 1, t & 2, 300, 520, 33);
        check_gemm(ctx, t & 1, t & 2, 7, 5, 9001); /* sums cut */
        check_gemm(ctx, t & 1, t & 2, 0, 5, 2);
        check_gemm(ctx, t & 1, t & 2, 2, 3, 0);
    }
    /* Zero times whatever was there before, NaN too. */
    double a = 2, c = NAN;
    assert_ok(ctx, hn_gemm(ctx, false, false, 1, 1, 1, 1, &a, 1, &a, 1, 0, &c, 1));
    assert_same_double(c, 4.0);
    assert_status(ctx,
                  hn_gemm(ctx, false, false, 1, 1, (int64_t)1 << 31, 1, &a, (int64_t)1 << 31, &a, 1,
                          0, &c, 1),
                  HONE_ERROR_UNSUPPORTED);
    hone_ctx_free(ctx);
}

static void check_gram(hone_ctx *ctx, int64_t n, int64_t p, int weights) {
    double *x = random_numbers(n * p, 1), *w = random_numbers(n, 2), *c = random_numbers(p * p, 3);
    for (int64_t i = 0; i < n && weights == 1; i++) w[i] = fabs(w[i]);
    assert_ok(ctx, hn_gram(ctx, x, n, p, weights ? w : NULL, c));
    int64_t step = p > 100 ? 37 : 1;
    for (int64_t j = 0; j < p; j += step)
        for (int64_t l = 0; l < p; l += step) {
            double sum = 0;
            for (int64_t i = 0; i < n; i++)
                sum += (weights ? w[i] : 1) * x[i * p + j] * x[i * p + l];
            assert_near(c[j * p + l], sum, 1e-14 * (double)(n + 1));
            assert_same_double(c[j * p + l], c[l * p + j]);
        }
    free(x);
    free(w);
    free(c);
}

static void gram(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    for (int weights = 0; weights < 3; weights++) { /* 2: negative ones too */
        check_gram(ctx, 0, 3, weights);
        check_gram(ctx, 1, 1, weights);
        check_gram(ctx, 9000, 5, weights);
        check_gram(ctx, 100, 600, weights);
    }
    hone_ctx_free(ctx);
}

static void same_bits_for_any_number_of_threads(void **state) {
    (void)state;
    enum { N = 30000, P = 13, M = 700 };
    double *x = random_numbers(N * P, 1), *w = random_numbers(N, 2),
           *big = random_numbers(M * M, 3);
    for (int i = 0; i < N; i++) w[i] = fabs(w[i]);
    double *first[4] = {0};
    for (int t = 0; t < 4; t++) {
        hone_ctx *ctx = test_ctx(threads[t]);
        double *out[4] = {malloc(P * P * 8), malloc(P * 8), malloc(M * M * 8), malloc(M * M * 8)};
        size_t size[4] = {P * P * 8, P * 8, M * M * 8, M * M * 8};
        assert_ok(ctx, hn_gram(ctx, x, N, P, w, out[0]));
        assert_ok(ctx, hn_gemv_t(ctx, x, N, P, w, out[1]));
        assert_ok(ctx, hn_gemm(ctx, false, true, M, M, M, 1, big, M, big, M, 0, out[2], M));
        assert_ok(ctx, hn_gram(ctx, big, M, M, NULL, out[3]));
        for (int k = 0; k < 4; k++) {
            if (t == 0) {
                first[k] = out[k];
                continue;
            }
            assert_memory_equal(first[k], out[k], size[k]);
            free(out[k]);
        }
        hone_ctx_free(ctx);
    }
    for (int k = 0; k < 4; k++) free(first[k]);
    free(x);
    free(w);
    free(big);
}

/* Threads that are not OpenMP's, each with a ctx of its own, at once. */
static void *worker(void *arg) {
    double *c = arg;
    hone_ctx_options options = {.threads = 1, .seed = 1};
    hone_ctx *ctx = hone_ctx_new(&options);
    double *x = random_numbers(5000 * 20, 9);
    hone_status status = HONE_OK;
    for (int i = 0; i < 20 && status == HONE_OK; i++) status = hn_gram(ctx, x, 5000, 20, NULL, c);
    free(x);
    hone_ctx_free(ctx);
    return status == HONE_OK ? c : NULL;
}

static void threads_of_others(void **state) {
    (void)state;
    static double out[4][400];
    pthread_t thread[4];
    for (int t = 0; t < 4; t++)
        assert_int_equal(pthread_create(&thread[t], NULL, worker, out[t]), 0);
    for (int t = 0; t < 4; t++) {
        void *result;
        pthread_join(thread[t], &result);
        assert_non_null(result);
        assert_memory_equal(out[0], out[t], sizeof out[0]);
    }
}

static hone_status blas_body(hone_ctx *ctx, void *arg) {
    (void)arg;
    static double x[9000 * 2], w[9000], c[9000];
    for (int i = 0; i < 9000; i++) x[i] = w[i] = i;
    HN_TRY(hn_gram(ctx, x, 9000, 2, w, c));
    HN_TRY(hn_gemv_t(ctx, x, 9000, 2, w, c));
    HN_TRY(hn_gemv(ctx, x, 9000, 2, w, 0, c));
    return hn_gemm(ctx, true, false, 2, 1, 9000, 1, x, 2, w, 1, 0, c, 1);
}

static void out_of_memory(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    assert_ok(ctx, blas_body(ctx, NULL)); /* the library is loaded, once for all */
    hone_ctx_free(ctx);
    test_every_allocation(1, blas_body, NULL);
    test_every_allocation(3, blas_body, NULL);
}

static void views(void **state) {
    (void)state;
    double x[6];
    hn_view view = hn_view_matrix(x, 2, 3);
    assert_true(hn_view_contiguous(&view));
    assert_int_equal(view.stride[0], 24);
    view.shape[1] = 2;
    assert_false(hn_view_contiguous(&view));
    view.shape[0] = 1;
    assert_true(hn_view_contiguous(&view));
    assert_int_equal(hn_dtype_size(HN_DTYPE_I32), 4);
    assert_string_equal(hn_dtype_name(HN_DTYPE_U8), "U8");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dot_has_its_written_order),
        cmocka_unit_test(dot_rows),
        cmocka_unit_test(products_have_their_written_order),
        cmocka_unit_test(gemv),
        cmocka_unit_test(gemm),
        cmocka_unit_test(gram),
        cmocka_unit_test(same_bits_for_any_number_of_threads),
        cmocka_unit_test(threads_of_others),
        cmocka_unit_test(out_of_memory),
        cmocka_unit_test(views),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
