/* Fourier transforms against their definition, for all kinds of lengths, and the way back. */
#include "unit/support.h"
#include "base/rng.h"
#include "num/fft.h"
#include <math.h>
#include <string.h>

enum { BATCH = 3, MOST = 250 };

/* The distance of X_k, for sequence b of x, from its definition. */
static double error_at(int64_t n, const double *re, const double *im, int64_t b, int64_t k,
                       double x, double y) {
    for (int64_t i = 0; i < n; i++) {
        double angle = -2 * 3.14159265358979323846 * (double)(i * k % n) / (double)n;
        double u = re[i * BATCH + b], v = im[i * BATCH + b];
        x -= u * cos(angle) - v * sin(angle);
        y -= u * sin(angle) + v * cos(angle);
    }
    return hypot(x, y);
}

static void is_what_its_definition_says(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    for (int64_t n = 1; n <= MOST; n = hn_fft_size(n + 1)) {
        HN_SCRATCH(ctx);
        double x[MOST * BATCH], y[MOST * BATCH], re[MOST * BATCH], im[MOST * BATCH],
            work[2 * MOST * BATCH];
        size_t size = (size_t)(n * BATCH) * sizeof *x;
        hn_fft fft;
        hn_rng rng = hn_rng_make(1, (uint64_t)n);
        assert_int_equal(hn_fft_make(ctx, ctx->scratch, n, &fft), HONE_OK);
        for (int64_t i = 0; i < n * BATCH; i++) {
            x[i] = hn_rng_normal(&rng);
            y[i] = hn_rng_normal(&rng);
        }
        memcpy(re, x, size);
        memcpy(im, y, size);
        hn_fft_run(&fft, BATCH, re, im, work);
        for (int64_t b = 0; b < BATCH; b++)
            for (int64_t k = 0; k < n; k++)
                assert_true(error_at(n, x, y, b, k, re[k * BATCH + b], im[k * BATCH + b]) < 1e-11);
        hn_fft_run(&fft, BATCH, im, re, work);
        for (int64_t i = 0; i < n * BATCH; i++) {
            assert_true(fabs(re[i] / (double)n - x[i]) < 1e-13);
            assert_true(fabs(im[i] / (double)n - y[i]) < 1e-13);
        }
    }
    assert_int_equal(hn_fft_size(0), 1);
    assert_int_equal(hn_fft_size(649), 675);
    hone_ctx_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(is_what_its_definition_says)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
