/* product.c - see product.h. */
#include "num/product.h"
#include "num/simd.h"

enum { BLOCK = 256, ROWS = 16 };

int64_t hn_product_width(int64_t k) {
    enum { VECTOR = 8 };
    int64_t vectors = (k + VECTOR - 1) / VECTOR;
    return (vectors > 2 ? vectors | 1 : vectors) * VECTOR;
}

#define SPREAD_double(x) ((vector_double){x, x, x, x})
#define SPREAD_float(x) ((vector_float){x, x, x, x, x, x, x, x})

/* A vector of sums to ret, of which `left` are answers; onto what is there if there is more. */
#define KEEP(type, LANES, sum, ret, left)                                                          \
    do {                                                                                           \
        vector_##type own = sum;                                                                   \
        vector_##type##_at *all = (vector_##type##_at *)(ret);                                     \
        type *each = (ret);                                                                        \
        if ((left) >= LANES) {                                                                     \
            if (more) own = *all + own;                                                            \
            *all = own;                                                                            \
        } else {                                                                                   \
            for (int64_t c = 0; c < (left); c++) each[c] = more ? each[c] + own[c] : own[c];       \
        }                                                                                          \
    } while (0)

/* The same loops for both types. A tile is R rows and C vectors of answers: each sum goes its own way, and every
 * number loaded serves several. Sums of a block are stored, or added to what earlier blocks left. A row's numbers are
 * step apart: 1, but where columns are taken for rows. */
#define PRODUCTS(type, LANES)                                                                      \
    typedef type vector_##type __attribute__((vector_size(32)));                                   \
    typedef type vector_##type##_at                                                                \
        __attribute__((vector_size(32), aligned(sizeof(type)), may_alias));                        \
                                                                                                   \
    HN_INLINE void tile_##type(const type *x, int64_t stride, const int64_t step, const int R,     \
                               const type *w, int64_t width, const int C, int64_t n, int64_t k,    \
                               int64_t left, int more, type *ret) {                                \
        const type *x1 = x + (R > 1) * stride, *x2 = x + (R > 2) * 2 * stride,                     \
                   *x3 = x + (R > 3) * 3 * stride;                                                 \
        const vector_##type zero = {0};                                                            \
        vector_##type a0 = zero, a1 = zero, a2 = zero, a3 = zero;                                  \
        vector_##type b0 = zero, b1 = zero, b2 = zero, b3 = zero;                                  \
        for (int64_t j = 0; j < n; j++, w += width) {                                              \
            vector_##type v = *(const vector_##type##_at *)w;                                      \
            vector_##type u = zero;                                                                \
            if (C > 1) u = *(const vector_##type##_at *)(w + LANES);                               \
            int64_t at = j * step;                                                                 \
            vector_##type y0 = SPREAD_##type(x[at]), y1 = y0, y2 = y0, y3 = y0;                    \
            if (R > 1)                                                                             \
                y1 = SPREAD_##type(x1[at]), y2 = SPREAD_##type(x2[at]),                            \
                y3 = SPREAD_##type(x3[at]);                                                        \
            HN_LOADED;                                                                             \
            a0 += y0 * v;                                                                          \
            if (C > 1) b0 += y0 * u;                                                               \
            if (R > 1) a1 += y1 * v, a2 += y2 * v, a3 += y3 * v;                                   \
            if (R > 1 && C > 1) b1 += y1 * u, b2 += y2 * u, b3 += y3 * u;                          \
        }                                                                                          \
        KEEP(type, LANES, a0, ret, left);                                                          \
        if (C > 1) KEEP(type, LANES, b0, ret + LANES, left - LANES);                               \
        if (R == 1) return;                                                                        \
        KEEP(type, LANES, a1, ret + k, left);                                                      \
        KEEP(type, LANES, a2, ret + 2 * k, left);                                                  \
        KEEP(type, LANES, a3, ret + 3 * k, left);                                                  \
        if (C == 1) return;                                                                        \
        KEEP(type, LANES, b1, ret + k + LANES, left - LANES);                                      \
        KEEP(type, LANES, b2, ret + 2 * k + LANES, left - LANES);                                  \
        KEEP(type, LANES, b3, ret + 3 * k + LANES, left - LANES);                                  \
    }                                                                                              \
                                                                                                   \
    HN_INLINE void panel_##type(const type *x, int64_t stride, const int64_t step, int64_t rows,   \
                                const type *w, int64_t width, const int C, int64_t n, int64_t k,   \
                                int64_t left, int more, type *ret) {                               \
        int64_t i = 0;                                                                             \
        for (; i + 4 <= rows; i += 4)                                                              \
            tile_##type(x + i * stride, stride, step, 4, w, width, C, n, k, left, more,            \
                        ret + i * k);                                                              \
        for (; i < rows; i++)                                                                      \
            tile_##type(x + i * stride, stride, step, 1, w, width, C, n, k, left, more,            \
                        ret + i * k);                                                              \
    }                                                                                              \
                                                                                                   \
    HN_INLINE void block_##type(const type *x, int64_t stride, const int64_t step, int64_t rows,   \
                                const type *w, int64_t width, int64_t n, int64_t k, int more,      \
                                type *ret) {                                                       \
        int64_t c = 0;                                                                             \
        for (; c + LANES < k; c += 2 * LANES)                                                      \
            panel_##type(x, stride, step, rows, w + c, width, 2, n, k, k - c, more, ret + c);      \
        if (c < k)                                                                                 \
            panel_##type(x, stride, step, rows, w + c, width, 1, n, k, k - c, more, ret + c);      \
    }                                                                                              \
                                                                                                   \
    HN_CLONES static void product_##type(const type *x, int64_t stride, int64_t rows,              \
                                         const type *w, int64_t p, int64_t k, type *ret) {         \
        int64_t width = hn_product_width(k);                                                       \
        for (int64_t i = 0; i < rows; i += ROWS)                                                   \
            for (int64_t j = 0; j < p; j += BLOCK)                                                 \
                block_##type(x + i * stride + j, stride, 1, rows - i < ROWS ? rows - i : ROWS,     \
                             w + j * width, width, p - j < BLOCK ? p - j : BLOCK, k, j > 0,        \
                             ret + i * k);                                                         \
    }
PRODUCTS(double, 4)
PRODUCTS(float, 8)

void hn_product(const double *x, int64_t stride, int64_t rows, const double *w, int64_t p,
                int64_t k, double *ret) {
    product_double(x, stride, rows, w, p, k, ret);
}

void hn_product_single(const float *x, int64_t stride, int64_t rows, const float *w, int64_t p,
                       int64_t k, float *ret) {
    product_float(x, stride, rows, w, p, k, ret);
}

/* A few rows at a time, which are near when their columns are gone through: the next ones are fetched meanwhile. */
HN_CLONES void hn_product_turned(const double *x, int64_t stride, int64_t rows, const double *w,
                                 int64_t p, int64_t k, double *ret) {
    enum { FEW = 32, LINE = 8 };
    int64_t width = hn_product_width(k);
    for (int64_t i = 0; i < rows; i += FEW) {
        for (int64_t next = i + FEW; next < rows && next < i + 2 * FEW; next++)
            for (int64_t j = 0; j < p; j += LINE) __builtin_prefetch(x + next * stride + j);
        block_double(x + i * stride, 1, stride, p, w + i * width, width,
                     rows - i < FEW ? rows - i : FEW, k, 1, ret);
    }
}
