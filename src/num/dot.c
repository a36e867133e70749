/* dot.c - products of a matrix and a vector, in written orders; they need no BLAS.
 *
 * Dot: element i goes to lane i mod 8, each lane adds in ascending order, lanes are added as
 * ((0+1)+(2+3))+((4+5)+(6+7)), like hn_sum's. The two vectors of four lanes below do just that on
 * any machine (gcc and clang lower them to what the machine has). */
#include "num/blas.h"
#include "num/simd.h"
#include <assert.h>
#include <string.h>

typedef double four __attribute__((vector_size(32)));
typedef double four_at __attribute__((vector_size(32), aligned(8), may_alias)); /* in memory */

#define LOAD(p) (*(const four_at *)(p))

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
        for (int j = 0; i < n; i++, j++) high[j] += a[i] * b[i];
    } else {
        for (int j = 0; i < n; i++, j++) low[j] += a[i] * b[i];
    }
    return ((low[0] + low[1]) + (low[2] + low[3])) + ((high[0] + high[1]) + (high[2] + high[3]));
}

HN_CLONES double hn_dot(const double *a, const double *b, int64_t n) { return dot(a, b, n); }

/* ---- y = x b + shift ------------------------------------------------------------------------ */

/* Four rows' dots at once, each as dot has it: one alone waits for its own additions. */
HN_INLINE void four_dots(const double *x, int64_t p, const double *b, double *ret) {
    const double *x0 = x, *x1 = x + p, *x2 = x + 2 * p, *x3 = x + 3 * p;
    four l0 = {0}, l1 = {0}, l2 = {0}, l3 = {0}, h0 = {0}, h1 = {0}, h2 = {0}, h3 = {0};
    int64_t i = 0;
    for (; i + 8 <= p; i += 8) {
        four low = LOAD(b + i), high = LOAD(b + i + 4);
        l0 += LOAD(x0 + i) * low;
        l1 += LOAD(x1 + i) * low;
        l2 += LOAD(x2 + i) * low;
        l3 += LOAD(x3 + i) * low;
        h0 += LOAD(x0 + i + 4) * high;
        h1 += LOAD(x1 + i + 4) * high;
        h2 += LOAD(x2 + i + 4) * high;
        h3 += LOAD(x3 + i + 4) * high;
    }
    double lanes[4][8];
    memcpy(lanes[0], &l0, sizeof l0);
    memcpy(lanes[1], &l1, sizeof l1);
    memcpy(lanes[2], &l2, sizeof l2);
    memcpy(lanes[3], &l3, sizeof l3);
    memcpy(lanes[0] + 4, &h0, sizeof h0);
    memcpy(lanes[1] + 4, &h1, sizeof h1);
    memcpy(lanes[2] + 4, &h2, sizeof h2);
    memcpy(lanes[3] + 4, &h3, sizeof h3);
    for (int r = 0; r < 4; r++) {
        double *s = lanes[r];
        for (int64_t j = i; j < p; j++) s[j - i] += x[r * p + j] * b[j];
        ret[r] = ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
    }
}

HN_CLONES void hn_dots(const double *x, int64_t rows, int64_t p, const double *b, double shift,
                       double *y) {
    int64_t i = 0;
    for (; i + 4 <= rows; i += 4) {
        double sums[4];
        four_dots(x + i * p, p, b, sums);
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
HN_CLONES static void gemv_t_rows(const double *restrict x, int64_t rows, int64_t p,
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
    gemv_t_rows(g->x + chunk.begin * g->p, chunk.end - chunk.begin, g->p, g->r + chunk.begin,
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
