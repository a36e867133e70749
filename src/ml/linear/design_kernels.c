/* design_kernels.c - sums over one block of rows; see design.h.
 *
 * Written with the compiler's vectors of four doubles: the lanes are part of the written order of a
 * sum, so machines with narrower or wider registers give the same bits. */
#include "ml/linear/design.h"
#include "num/simd.h"

enum { R = HN_DESIGN_ROWS, LANES = 4, STEPS = R / LANES };

typedef double quad __attribute__((vector_size(LANES * sizeof(double)), may_alias));

HN_INLINE const quad *quads(const double *x) { return (const quad *)(const void *)x; }
#define FOLD(q) (((q)[0] + (q)[1]) + ((q)[2] + (q)[3]))

HN_CLONES void hn_block_predict(const double *x, int64_t n_features, const double *b,
                                double intercept, double *eta) {
    quad *e = (quad *)(void *)eta;
    for (int i = 0; i < STEPS; i++) e[i] = (quad){intercept, intercept, intercept, intercept};
    int64_t j = 0;
    for (; j + 4 <= n_features; j += 4) {
        const quad *x0 = quads(x + j * R), *x1 = x0 + STEPS, *x2 = x1 + STEPS, *x3 = x2 + STEPS;
        for (int i = 0; i < STEPS; i++)
            e[i] += (b[j] * x0[i] + b[j + 1] * x1[i]) + (b[j + 2] * x2[i] + b[j + 3] * x3[i]);
    }
    for (; j < n_features; j++) {
        const quad *x0 = quads(x + j * R);
        for (int i = 0; i < STEPS; i++) e[i] += b[j] * x0[i];
    }
}

HN_CLONES double hn_block_sum(const double *r) {
    const quad *v = quads(r);
    quad s0 = v[0], s1 = v[1];
    for (int i = 2; i < STEPS; i += 2) {
        s0 += v[i];
        s1 += v[i + 1];
    }
    s0 += s1;
    return FOLD(s0);
}

HN_CLONES void hn_block_gradient(const double *x, int64_t n_features, const double *r, double *g) {
    const quad *v = quads(r);
    int64_t j = 0;
    for (; j + 4 <= n_features; j += 4) {
        const quad *x0 = quads(x + j * R), *x1 = x0 + STEPS, *x2 = x1 + STEPS, *x3 = x2 + STEPS;
        quad s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
        for (int i = 0; i < STEPS; i++) {
            s0 += v[i] * x0[i];
            s1 += v[i] * x1[i];
            s2 += v[i] * x2[i];
            s3 += v[i] * x3[i];
        }
        g[j] += FOLD(s0);
        g[j + 1] += FOLD(s1);
        g[j + 2] += FOLD(s2);
        g[j + 3] += FOLD(s3);
    }
    for (; j < n_features; j++) {
        const quad *x0 = quads(x + j * R);
        quad s0 = {0};
        for (int i = 0; i < STEPS; i++) s0 += v[i] * x0[i];
        g[j] += FOLD(s0);
    }
}

/* Four weighted columns times two columns: eight sums in registers. out[2 * a + b]. */
HN_INLINE void gram_tile(const double *wx, const double *xa, const double *xb, double out[8]) {
    const quad *w0 = quads(wx), *w1 = w0 + STEPS, *w2 = w1 + STEPS, *w3 = w2 + STEPS;
    const quad *a = quads(xa), *b = quads(xb);
    quad s[8] = {{0}};
    for (int i = 0; i < STEPS; i++) {
        s[0] += w0[i] * a[i];
        s[1] += w0[i] * b[i];
        s[2] += w1[i] * a[i];
        s[3] += w1[i] * b[i];
        s[4] += w2[i] * a[i];
        s[5] += w2[i] * b[i];
        s[6] += w3[i] * a[i];
        s[7] += w3[i] * b[i];
    }
    for (int t = 0; t < 8; t++) out[t] = FOLD(s[t]);
}

HN_CLONES void hn_block_gram(const double *x, int64_t n_features, const double *w, double *gram,
                             int64_t ld, double *cross) {
    _Alignas(64) double wx[4 * R];
    const quad *v = quads(w);
    for (int64_t j = 0; j < n_features; j += 4) {
        int rows = n_features - j < 4 ? (int)(n_features - j) : 4;
        for (int a = 0; a < 4; a++) {
            /* Past the last column: the last again, for sums that nobody takes. */
            const quad *xa = quads(x + (j + (a < rows ? a : rows - 1)) * R);
            quad *to = (quad *)(void *)(wx + a * R), s0 = {0};
            for (int i = 0; i < STEPS; i++) {
                to[i] = v[i] * xa[i];
                s0 += to[i];
            }
            if (a < rows) cross[j + a] += FOLD(s0);
        }
        for (int64_t k = j; k < n_features; k += 2) {
            double tile[8];
            bool pair = k + 1 < n_features;
            gram_tile(wx, x + k * R, x + (pair ? k + 1 : k) * R, tile);
            for (int a = 0; a < rows; a++) {
                gram[(j + a) * ld + k] += tile[2 * a];
                if (pair) gram[(j + a) * ld + k + 1] += tile[2 * a + 1];
            }
        }
    }
}
