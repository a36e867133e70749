/* dot.c - products of a matrix and a vector, in written orders; they need no BLAS.
 *
 * Dot: element i goes to lane i mod 8, each lane adds in ascending order, lanes are added as
 * ((0+1)+(2+3))+((4+5)+(6+7)), like hn_sum's. The two vectors of four lanes below do just that on
 * any machine (gcc and clang lower them to what the machine has). */
#include "num/blas.h"
#include "num/simd.h"
#include <assert.h>
#include <stdbool.h>
#include <string.h>

typedef double four __attribute__((vector_size(32)));
typedef double four_at __attribute__((vector_size(32), aligned(8), may_alias)); /* in memory */

#define LOAD(p) (*(const four_at *)(p))

/* The last numbers from i < n on, fewer than four, then zeros. A lane starts from +0, so it never is -0, and adding
 * 0 changes no bit. */
#define LAST(p) ((four){(p)[i], i + 1 < n ? (p)[i + 1] : 0, i + 2 < n ? (p)[i + 2] : 0, 0})
#define SUM(low, high)                                                                             \
    (((low[0] + low[1]) + (low[2] + low[3])) + ((high[0] + high[1]) + (high[2] + high[3])))

/* Lanes of four sums, each added as (0+1)+(2+3). */
#define ADD_LANES(a, b, c, d, ret)                                                                 \
    do {                                                                                           \
        four ab =                                                                                  \
            __builtin_shufflevector(a, b, 0, 4, 2, 6) + __builtin_shufflevector(a, b, 1, 5, 3, 7); \
        four cd =                                                                                  \
            __builtin_shufflevector(c, d, 0, 4, 2, 6) + __builtin_shufflevector(c, d, 1, 5, 3, 7); \
        ret = __builtin_shufflevector(ab, cd, 0, 1, 4, 5) +                                        \
              __builtin_shufflevector(ab, cd, 2, 3, 6, 7);                                         \
    } while (0)

HN_INLINE double dot(const double *a, const double *b, int64_t n) {
    four low = {0}, high = {0};
    int64_t i = 0;
    for (; i + 8 <= n; i += 8) {
        low += LOAD(a + i) * LOAD(b + i);
        high += LOAD(a + i + 4) * LOAD(b + i + 4);
    }
    if (i + 4 <= n) {
        low += LOAD(a + i) * LOAD(b + i);
        i += 4;
        if (i < n) high += LAST(a) * LAST(b);
    } else if (i < n) {
        low += LAST(a) * LAST(b);
    }
    return SUM(low, high);
}

HN_CLONES double hn_dot(const double *a, const double *b, int64_t n) { return dot(a, b, n); }

/* Four products at a time, of row t / nb of a with row t % nb of b (nb is 1 or 2): each number loaded serves
 * several, and no sum waits for another. Rows of a are lda apart, those of b ldb; ret[t / nb * ldr + t % nb]. */
HN_INLINE void dot_tile(const double *a, int64_t lda, const double *b, int64_t ldb, const int nb,
                        int64_t n, double *ret, int64_t ldr) {
    const double *x0 = a, *x1 = a + 1 / nb * lda, *x2 = a + 2 / nb * lda, *x3 = a + 3 / nb * lda;
    const double *y0 = b, *y1 = b + 1 % nb * ldb, *y2 = b, *y3 = y1;
    four l0 = {0}, l1 = {0}, l2 = {0}, l3 = {0}, h0 = {0}, h1 = {0}, h2 = {0}, h3 = {0};
    int64_t i = 0;
#define ADD(load, lane)                                                                            \
    do {                                                                                           \
        four a0 = load(x0), a1 = load(x1), a2 = load(x2), a3 = load(x3);                           \
        four b0 = load(y0), b1 = load(y1), b2 = load(y2), b3 = load(y3);                           \
        HN_LOADED;                                                                                 \
        lane##0 += a0 * b0;                                                                        \
        lane##1 += a1 * b1;                                                                        \
        lane##2 += a2 * b2;                                                                        \
        lane##3 += a3 * b3;                                                                        \
    } while (0)
#define LOW(p) LOAD(p + i)
#define HIGH(p) LOAD(p + i + 4)
    for (; i + 8 <= n; i += 8) {
        ADD(LOW, l);
        ADD(HIGH, h);
    }
    if (i + 4 <= n) {
        ADD(LOW, l);
        i += 4;
        if (i < n) ADD(LAST, h);
    } else if (i < n) {
        ADD(LAST, l);
    }
#undef ADD
#undef LOW
#undef HIGH
    four low, high;
    ADD_LANES(l0, l1, l2, l3, low);
    ADD_LANES(h0, h1, h2, h3, high);
    low += high;
    ret[0] = low[0];
    ret[1 / nb * ldr + 1 % nb] = low[1];
    ret[2 / nb * ldr] = low[2];
    ret[3 / nb * ldr + 1 % nb] = low[3];
}

/* Rows of b first..last-1 alone. */
HN_INLINE void dot_some(const double *x, int64_t stride, int64_t rows, const double *b,
                        int64_t first, int64_t last, int64_t k, int64_t p, double *ret) {
    int64_t i = 0;
    for (; i + 2 <= rows; i += 2) {
        int64_t j = first;
        const double *two = x + i * stride;
        for (; j + 2 <= last; j += 2) dot_tile(two, stride, b + j * p, p, 2, p, ret + i * k + j, k);
        for (int row = 0; j < last && row < 2; row++)
            ret[(i + row) * k + j] = dot(two + row * stride, b + j * p, p);
    }
    for (; i < rows; i++)
        for (int64_t j = first; j < last; j++) ret[i * k + j] = dot(x + i * stride, b + j * p, p);
}

/* ---- long rows ------------------------------------------------------------------------------ */

/* A few rows of x with some of b, in parts of their length that stay in the nearest cache; lanes are kept from one
 * part to the next. */
enum { LONG = 512, PART = 128, DEEP = 8, ACROSS = 32 };

/* n elements, a multiple of 8, of two rows with two: lanes at sums [2][ACROSS][2] go on. */
HN_INLINE void lanes_tile(const double *x, int64_t stride, const double *b, int64_t p, int64_t n,
                          four *sums) {
    const double *x1 = x + stride, *b1 = b + p;
    four *next = sums + 2 * ACROSS;
    four l0 = sums[0], h0 = sums[1], l1 = sums[2], h1 = sums[3];
    four l2 = next[0], h2 = next[1], l3 = next[2], h3 = next[3];
    for (int64_t i = 0; i < n; i += 8) {
        four a = LOAD(x + i), c = LOAD(x1 + i), d = LOAD(b + i), e = LOAD(b1 + i);
        HN_LOADED;
        l0 += a * d;
        l1 += a * e;
        l2 += c * d;
        l3 += c * e;
        a = LOAD(x + i + 4), c = LOAD(x1 + i + 4), d = LOAD(b + i + 4), e = LOAD(b1 + i + 4);
        HN_LOADED;
        h0 += a * d;
        h1 += a * e;
        h2 += c * d;
        h3 += c * e;
    }
    sums[0] = l0, sums[1] = h0, sums[2] = l1, sums[3] = h1;
    next[0] = l2, next[1] = h2, next[2] = l3, next[3] = h3;
}

/* rows <= DEEP of x and m <= ACROSS of b, both even. */
HN_INLINE void dot_long(const double *x, int64_t stride, int64_t rows, const double *b, int64_t m,
                        int64_t n, double *ret, int64_t ldr) {
    four sums[DEEP * ACROSS * 2];
    int64_t whole = n / 8 * 8;
    memset(sums, 0, sizeof sums);
    for (int64_t at = 0; at < whole; at += PART) {
        int64_t part = whole - at < PART ? whole - at : PART;
        for (int64_t j = 0; j < m; j += 2)
            for (int64_t i = 0; i < rows; i += 2)
                lanes_tile(x + i * stride + at, stride, b + j * n + at, n, part,
                           sums + (i * ACROSS + j) * 2);
    }
    for (int64_t row = 0; row < rows; row++) {
        for (int64_t j = 0; j < m; j++) {
            const double *own = x + row * stride, *other = b + j * n;
            four low = sums[(row * ACROSS + j) * 2], high = sums[(row * ACROSS + j) * 2 + 1];
            int64_t i = whole;
            if (i + 4 <= n) {
                low += LOAD(own + i) * LOAD(other + i);
                i += 4;
                if (i < n) high += LAST(own) * LAST(other);
            } else if (i < n) {
                low += LAST(own) * LAST(other);
            }
            ret[row * ldr + j] = SUM(low, high);
        }
    }
}

HN_CLONES static void dot_rows_long(const double *x, int64_t stride, int64_t rows, const double *b,
                                    int64_t k, int64_t p, double *ret) {
    int64_t pairs = k & ~(int64_t)1;
    for (int64_t i = 0; i < rows; i += DEEP) {
        int64_t some = rows - i < DEEP ? rows - i : DEEP, even = some & ~(int64_t)1;
        const double *at = x + i * stride;
        for (int64_t j = 0; j < pairs; j += ACROSS)
            dot_long(at, stride, even, b + j * p, pairs - j < ACROSS ? pairs - j : ACROSS, p,
                     ret + i * k + j, k);
        dot_some(at, stride, even, b, pairs, k, k, p, ret + i * k);
        dot_some(at + even * stride, stride, some - even, b, 0, k, k, p, ret + (i + even) * k);
    }
}

/* As many rows of b at a time as stay in the nearest cache while those of x go by. */
HN_CLONES static void dot_rows(const double *x, int64_t stride, int64_t rows, const double *b,
                               int64_t k, int64_t p, double *ret) {
    enum { NEAR = 2048 };
    int64_t most = p < NEAR / 4 ? NEAR / (p + 1) & ~1 : 2;
    for (int64_t first = 0; first < k; first += most)
        dot_some(x, stride, rows, b, first, first + most < k ? first + most : k, k, p, ret);
}

HN_CLONES static void dot_rows_one(const double *x, int64_t stride, int64_t rows, const double *b,
                                   int64_t p, double *ret) {
    int64_t i = 0;
    for (; i + 4 <= rows; i += 4) dot_tile(x + i * stride, stride, b, p, 1, p, ret + i, 1);
    for (; i < rows; i++) ret[i] = dot(x + i * stride, b, p);
}

void hn_dot_rows(const double *x, int64_t stride, int64_t rows, const double *b, int64_t k,
                 int64_t p, double *ret) {
    if (k == 1)
        dot_rows_one(x, stride, rows, b, p, ret);
    else if (p > LONG && rows > 1)
        dot_rows_long(x, stride, rows, b, k, p, ret);
    else
        dot_rows(x, stride, rows, b, k, p, ret);
}

/* ---- y = x b + shift ------------------------------------------------------------------------ */

HN_CLONES void hn_dots(const double *x, int64_t rows, int64_t p, const double *b, double shift,
                       double *y) {
    int64_t i = 0;
    for (; i + 4 <= rows; i += 4) {
        double sums[4];
        dot_tile(x + i * p, p, b, p, 1, p, sums, 1);
        for (int r = 0; r < 4; r++) y[i + r] = sums[r] + shift;
    }
    for (; i < rows; i++) y[i] = dot(x + i * p, b, p) + shift;
}

typedef struct gemv {
    const double *x, *b, *r;
    int64_t p;
    double shift;
    double *y; /* [n], or slots [chunks, p] */
} gemv;

static hone_status gemv_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const gemv *g = arg;
    hn_dots(g->x + chunk.begin * g->p, chunk.end - chunk.begin, g->p, g->b, g->shift,
            g->y + chunk.begin);
    return HONE_OK;
}

hone_status hn_gemv(hone_ctx *ctx, const double *x, int64_t n, int64_t p, const double *b,
                    double shift, double *y) {
    assert(n >= 0 && p >= 0);
    gemv g = {.x = x, .b = b, .p = p, .shift = shift, .y = y};
    return hn_parallel(ctx, n, 4096, gemv_chunk, &g);
}

/* ---- g = x' r ------------------------------------------------------------------------------- */

/* sum[j] += (r0 x0[j] + r1 x1[j]) + (r2 x2[j] + r3 x3[j]) for four rows at a time; the rest singly.
 */
HN_CLONES void hn_dots_back(const double *restrict x, int64_t rows, int64_t p,
                            const double *restrict r, double *restrict sum) {
    int64_t i = 0;
    for (; i + 4 <= rows; i += 4) {
        const double *row = x + i * p;
        double r0 = r[i], r1 = r[i + 1], r2 = r[i + 2], r3 = r[i + 3];
        HN_SIMD
        for (int64_t j = 0; j < p; j++)
            sum[j] += (r0 * row[j] + r1 * row[p + j]) + (r2 * row[2 * p + j] + r3 * row[3 * p + j]);
    }
    for (; i < rows; i++) {
        HN_SIMD
        for (int64_t j = 0; j < p; j++) sum[j] += r[i] * x[i * p + j];
    }
}

static hone_status gemv_t_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const gemv *g = arg;
    hn_dots_back(g->x + chunk.begin * g->p, chunk.end - chunk.begin, g->p, g->r + chunk.begin,
                 g->y + chunk.index * g->p);
    return HONE_OK;
}

hone_status hn_gemv_t(hone_ctx *ctx, const double *x, int64_t n, int64_t p, const double *r,
                      double *g) {
    assert(n >= 0 && p >= 0);
    HN_SCRATCH(ctx);
    /* Blocks of 2048 rows, and not more than 64 of them however many rows there are. */
    int64_t grain = (n / 64 + 2047) / 2048 * 2048;
    if (grain < 2048) grain = 2048;
    int64_t chunks = hn_chunks(n, grain);
    double *slots;
    HN_TRY(HN_SCRATCH_NEW(ctx, slots, (size_t)chunks * (size_t)p + 1));
    gemv task = {.x = x, .r = r, .p = p, .y = slots};
    HN_TRY(hn_parallel(ctx, n, grain, gemv_t_chunk, &task));
    memset(g, 0, (size_t)p * sizeof *g);
    for (int64_t c = 0; c < chunks; c++)
        for (int64_t j = 0; j < p; j++) g[j] += slots[c * p + j];
    return HONE_OK;
}
