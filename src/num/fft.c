/* fft.c - see fft.h. A pass of radix r takes m = length / r numbers p; for each, r inputs that are m apart
 * become r outputs side by side, turned by powers of the root. */
#include "num/fft.h"
#include "num/math.h"
#include "num/simd.h"
#include <assert.h>
#include <string.h>

int64_t hn_fft_size(int64_t least) {
    for (int64_t n = least > 1 ? least : 1;; n++) {
        int64_t rest = n;
        for (int64_t prime = 2; prime <= 5; prime++)
            while (rest % prime == 0) rest /= prime;
        if (rest == 1) return n;
    }
}

hone_status hn_fft_make(hone_ctx *ctx, hn_arena *arena, int64_t n, hn_fft *ret_fft) {
    const double circle = 6.28318530717958647693;
    hn_fft fft = {.n = n};
    int64_t rest = n;
    HN_TRY(HN_NEW(ctx, arena, fft.cosine, n));
    HN_TRY(HN_NEW(ctx, arena, fft.sine, n));
    static const int64_t radices[] = {4, 2, 3, 5};
    for (int r = 0; r < 4; r++)
        for (; rest % radices[r] == 0; rest /= radices[r]) fft.radix[fft.passes++] = radices[r];
    assert(rest == 1 && fft.passes <= HN_FFT_PASSES);
    for (int64_t i = 0; i < n; i++) {
        fft.cosine[i] = hn_cos(circle * (double)i / (double)n);
        fft.sine[i] = -hn_sin(circle * (double)i / (double)n);
    }
    *ret_fft = fft;
    return HONE_OK;
}

/* One p of a pass: s numbers each of r inputs, far apart, to r outputs, s apart. */
typedef struct step {
    const double *re, *im;
    double *to_re, *to_im;
    int64_t s, far;
    double c[5], d[5]; /* the root's powers */
} step;

#define INPUT(t) double a##t = re[q + (t)*far], b##t = im[q + (t)*far]
#define OUTPUT(u, x, y)                                                                            \
    do {                                                                                           \
        double real = (x), imaginary = (y);                                                        \
        to_re[q + (u)*s] = real * z.c[u] - imaginary * z.d[u];                                     \
        to_im[q + (u)*s] = real * z.d[u] + imaginary * z.c[u];                                     \
    } while (0)
#define STEP(name)                                                                                 \
    HN_CLONES static void name(const step *one) {                                                  \
        const step z = *one;                                                                       \
        const double *restrict re = z.re, *restrict im = z.im;                                     \
        double *restrict to_re = z.to_re, *restrict to_im = z.to_im;                               \
        int64_t s = z.s, far = z.far;                                                              \
        HN_SIMD                                                                                    \
        for (int64_t q = 0; q < s; q++)

STEP(by_2) {
    INPUT(0);
    INPUT(1);
    to_re[q] = a0 + a1;
    to_im[q] = b0 + b1;
    OUTPUT(1, a0 - a1, b0 - b1);
}
}

STEP(by_3) {
    const double half_root_3 = 0.86602540378443864676;
    INPUT(0);
    INPUT(1);
    INPUT(2);
    double sum_a = a1 + a2, sum_b = b1 + b2;
    double far_a = half_root_3 * (a1 - a2), far_b = half_root_3 * (b1 - b2);
    double mid_a = a0 - 0.5 * sum_a, mid_b = b0 - 0.5 * sum_b;
    to_re[q] = a0 + sum_a;
    to_im[q] = b0 + sum_b;
    OUTPUT(1, mid_a + far_b, mid_b - far_a);
    OUTPUT(2, mid_a - far_b, mid_b + far_a);
}
}

STEP(by_4) {
    INPUT(0);
    INPUT(1);
    INPUT(2);
    INPUT(3);
    double even_a = a0 + a2, even_b = b0 + b2, odd_a = a1 + a3, odd_b = b1 + b3;
    double low_a = a0 - a2, low_b = b0 - b2, high_a = a1 - a3, high_b = b1 - b3;
    to_re[q] = even_a + odd_a;
    to_im[q] = even_b + odd_b;
    OUTPUT(1, low_a + high_b, low_b - high_a);
    OUTPUT(2, even_a - odd_a, even_b - odd_b);
    OUTPUT(3, low_a - high_b, low_b + high_a);
}
}

STEP(by_5) {
    const double c1 = 0.30901699437494742410, c2 = -0.80901699437494742410;
    const double s1 = 0.95105651629515357212, s2 = 0.58778525229247312917;
    INPUT(0);
    INPUT(1);
    INPUT(2);
    INPUT(3);
    INPUT(4);
    double p_a = a1 + a4, p_b = b1 + b4, q_a = a2 + a3, q_b = b2 + b3;
    double r_a = a1 - a4, r_b = b1 - b4, t_a = a2 - a3, t_b = b2 - b3;
    double u_a = a0 + c1 * p_a + c2 * q_a, u_b = b0 + c1 * p_b + c2 * q_b;
    double v_a = a0 + c2 * p_a + c1 * q_a, v_b = b0 + c2 * p_b + c1 * q_b;
    double x_a = s1 * r_a + s2 * t_a, x_b = s1 * r_b + s2 * t_b;
    double y_a = s2 * r_a - s1 * t_a, y_b = s2 * r_b - s1 * t_b;
    to_re[q] = a0 + p_a + q_a;
    to_im[q] = b0 + p_b + q_b;
    OUTPUT(1, u_a + x_b, u_b - x_a);
    OUTPUT(2, v_a + y_b, v_b - y_a);
    OUTPUT(3, v_a - y_b, v_b + y_a);
    OUTPUT(4, u_a - x_b, u_b + x_a);
}
}

void hn_fft_run(const hn_fft *fft, int64_t batch, double *re, double *im, double *work) {
    int64_t n = fft->n, length = n, s = batch;
    double *from_re = re, *from_im = im, *to_re = work, *to_im = work + n * batch;
    for (int pass = 0; pass < fft->passes; pass++) {
        int64_t r = fft->radix[pass], m = length / r, turn = n / length;
        for (int64_t p = 0; p < m; p++) {
            step one = {.re = from_re + p * s,
                        .im = from_im + p * s,
                        .to_re = to_re + p * r * s,
                        .to_im = to_im + p * r * s,
                        .s = s,
                        .far = m * s};
            for (int64_t u = 0; u < r; u++) {
                one.c[u] = fft->cosine[p * u * turn];
                one.d[u] = fft->sine[p * u * turn];
            }
            (r == 2 ? by_2 : r == 3 ? by_3 : r == 4 ? by_4 : by_5)(&one);
        }
        double *old_re = from_re, *old_im = from_im;
        from_re = to_re;
        from_im = to_im;
        to_re = old_re;
        to_im = old_im;
        length = m;
        s *= r;
    }
    if (from_re == re) return;
    memcpy(re, from_re, (size_t)(n * batch) * sizeof *re);
    memcpy(im, from_im, (size_t)(n * batch) * sizeof *im);
}
