/* design_kernels.c - sums over one block of rows; see design.h.
 *
 * Written with the compiler's vectors of four doubles: the lanes are part of the written order of a
 * sum, so machines with narrower or wider registers give the same bits. */
#include "ml/linear/design.h"
#include "num/simd.h"

enum { R = HN_DESIGN_ROWS, LANES = 4, STEPS = R / LANES };

typedef double quad __attribute__((vector_size(LANES * sizeof(double)), may_alias));

typedef float quad_single __attribute__((vector_size(LANES * sizeof(float)), may_alias));

HN_INLINE const quad *quads(const double *x) { return (const quad *)(const void *)x; }
/* Four numbers from x + at on; a float becomes the double that it is. */
#define of_double(x, at) (quads((x) + (at))[0])
#define of_float(x, at)                                                                            \
    __builtin_convertvector(*(const quad_single *)(const void *)((x) + (at)), quad)
#define FOLD(q) (((q)[0] + (q)[1]) + ((q)[2] + (q)[3]))

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

/* The kernels for numbers of a type. */
#define KERNELS(type, suffix)                                                                      \
    HN_CLONES void hn_block_predict##suffix(const type *x, int64_t n_features, const double *b,    \
                                            double intercept, double *eta) {                       \
        quad *e = (quad *)(void *)eta;                                                             \
        for (int i = 0; i < STEPS; i++) e[i] = (quad){intercept, intercept, intercept, intercept}; \
        int64_t j = 0;                                                                             \
        for (; j + 4 <= n_features; j += 4) {                                                      \
            const type *x0 = x + j * R, *x1 = x0 + R, *x2 = x1 + R, *x3 = x2 + R;                  \
            for (int i = 0; i < STEPS; i++)                                                        \
                e[i] +=                                                                            \
                    (b[j] * of_##type(x0, i * LANES) + b[j + 1] * of_##type(x1, i * LANES)) +      \
                    (b[j + 2] * of_##type(x2, i * LANES) + b[j + 3] * of_##type(x3, i * LANES));   \
        }                                                                                          \
        for (; j < n_features; j++)                                                                \
            for (int i = 0; i < STEPS; i++) e[i] += b[j] * of_##type(x + j * R, i * LANES);        \
    }                                                                                              \
                                                                                                   \
    HN_CLONES void hn_block_gradient##suffix(const type *x, int64_t n_features, const double *r,   \
                                             double *g) {                                          \
        const quad *v = quads(r);                                                                  \
        int64_t j = 0;                                                                             \
        for (; j + 4 <= n_features; j += 4) {                                                      \
            const type *x0 = x + j * R, *x1 = x0 + R, *x2 = x1 + R, *x3 = x2 + R;                  \
            quad s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};                                           \
            for (int i = 0; i < STEPS; i++) {                                                      \
                s0 += v[i] * of_##type(x0, i * LANES);                                             \
                s1 += v[i] * of_##type(x1, i * LANES);                                             \
                s2 += v[i] * of_##type(x2, i * LANES);                                             \
                s3 += v[i] * of_##type(x3, i * LANES);                                             \
            }                                                                                      \
            g[j] += FOLD(s0);                                                                      \
            g[j + 1] += FOLD(s1);                                                                  \
            g[j + 2] += FOLD(s2);                                                                  \
            g[j + 3] += FOLD(s3);                                                                  \
        }                                                                                          \
        for (; j < n_features; j++) {                                                              \
            quad s0 = {0};                                                                         \
            for (int i = 0; i < STEPS; i++) s0 += v[i] * of_##type(x + j * R, i * LANES);          \
            g[j] += FOLD(s0);                                                                      \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    /* Four weighted columns times two columns: eight sums in registers. out[2 * a + b]. */        \
    HN_INLINE void gram_tile##suffix(const double *wx, const type *xa, const type *xb,             \
                                     double out[8]) {                                              \
        const quad *w0 = quads(wx), *w1 = w0 + STEPS, *w2 = w1 + STEPS, *w3 = w2 + STEPS;          \
        quad s[8] = {{0}};                                                                         \
        for (int i = 0; i < STEPS; i++) {                                                          \
            quad a = of_##type(xa, i * LANES), b = of_##type(xb, i * LANES);                       \
            s[0] += w0[i] * a;                                                                     \
            s[1] += w0[i] * b;                                                                     \
            s[2] += w1[i] * a;                                                                     \
            s[3] += w1[i] * b;                                                                     \
            s[4] += w2[i] * a;                                                                     \
            s[5] += w2[i] * b;                                                                     \
            s[6] += w3[i] * a;                                                                     \
            s[7] += w3[i] * b;                                                                     \
        }                                                                                          \
        for (int t = 0; t < 8; t++) out[t] = FOLD(s[t]);                                           \
    }                                                                                              \
                                                                                                   \
    HN_CLONES void hn_block_gram##suffix(const type *x, int64_t n_features, const double *w,       \
                                         double *gram, int64_t ld, double *cross) {                \
        _Alignas(64) double wx[4 * R];                                                             \
        const quad *v = quads(w);                                                                  \
        for (int64_t j = 0; j < n_features; j += 4) {                                              \
            int rows = n_features - j < 4 ? (int)(n_features - j) : 4;                             \
            for (int a = 0; a < 4; a++) {                                                          \
                /* Past the last column: the last again, for sums that nobody takes. */            \
                const type *xa = x + (j + (a < rows ? a : rows - 1)) * R;                          \
                quad *to = (quad *)(void *)(wx + a * R), s0 = {0};                                 \
                for (int i = 0; i < STEPS; i++) {                                                  \
                    to[i] = v[i] * of_##type(xa, i * LANES);                                       \
                    s0 += to[i];                                                                   \
                }                                                                                  \
                if (a < rows) cross[j + a] += FOLD(s0);                                            \
            }                                                                                      \
            for (int64_t k = j; k < n_features; k += 2) {                                          \
                double tile[8];                                                                    \
                bool pair = k + 1 < n_features;                                                    \
                gram_tile##suffix(wx, x + k * R, x + (pair ? k + 1 : k) * R, tile);                \
                for (int a = 0; a < rows; a++) {                                                   \
                    gram[(j + a) * ld + k] += tile[2 * a];                                         \
                    if (pair) gram[(j + a) * ld + k + 1] += tile[2 * a + 1];                       \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
    }

KERNELS(double, )
KERNELS(float, _single)
