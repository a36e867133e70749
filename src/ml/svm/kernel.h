/* kernel.h - kernel functions and rows of the kernel matrix, for machines of support vectors. */
#ifndef HN_ML_SVM_KERNEL_H
#define HN_ML_SVM_KERNEL_H

#include "base/parallel.h"
#include "ml/svm/points.h"

typedef enum hn_kernel_kind {
    HN_KERNEL_RBF,     /* exp(-gamma |a - b|^2) */
    HN_KERNEL_LINEAR,  /* a . b */
    HN_KERNEL_POLY,    /* (gamma a . b + coef0)^degree */
    HN_KERNEL_SIGMOID, /* tanh(gamma a . b + coef0) */
    HN_KERNEL_COUNT
} hn_kernel_kind;

typedef struct hn_kernel {
    int64_t kind, degree;
    double gamma, coef0;
} hn_kernel;

/* In place: products [n] of one point with others become kernel values. squared: |point|^2, others'
 * squared [n] (rbf only). */
void hn_kernel_map(const hn_kernel *kernel, double squared, const double *others, int64_t n,
                   double *products);
/* K(a, a) of a point. */
double hn_kernel_own(const hn_kernel *kernel, double squared);

/* Parameters "scale" and "auto" of gamma, made a number: 1 / (features * variance of all values), or
 * 1 / features. */
enum { HN_GAMMA_SCALE = -1, HN_GAMMA_AUTO = -2 };
double hn_kernel_gamma(double gamma, const hn_points *x);

/* ---- rows of the kernel matrix ---------------------------------------------------------------
 * K over points, a row of it in float32 when asked for, the latest used kept: as many as fit the cache. Rows are
 * made in blocks, in parallel: of dense points by matrix products over tiles of columns, of sparse ones each
 * by itself. */
typedef struct hn_krows {
    hn_kernel kernel;
    hn_points x;
    int64_t n;
    int64_t capacity; /* rows held at most */
    float *rows;      /* [capacity, n] */
    int32_t *held;    /* [capacity] which row stands in a slot, -1: none */
    int32_t *slot;    /* [n] where a row stands, -1: nowhere */
    int64_t *used;    /* [capacity] when it was last asked for */
    int64_t clock;
    int64_t made; /* rows computed so far */
} hn_krows;

/* In arena, which outlives it. Room for `least` rows is there in any case. */
hone_status hn_krows_init(hone_ctx *ctx, hn_arena *arena, const hn_kernel *kernel,
                          const hn_points *x, int64_t cache_bytes, int64_t least,
                          hn_krows *ret_gram) HONE_MUST_CHECK;
/* Rows want[0..m-1] (none twice, m <= capacity): ret_rows[i] [n], good until the next call. */
hone_status hn_krows_get(hone_ctx *ctx, hn_krows *gram, const int32_t *want, int64_t m,
                         const float **ret_rows) HONE_MUST_CHECK;

/* ---- values at new points --------------------------------------------------------------------- */

enum { HN_SV_TILE = 8, HN_SV_ROWS = 4 };

/* Support vectors [m, p] in tiles [tiles][p][HN_SV_TILE], filled up with zeros. */
static inline int64_t hn_sv_tiles(int64_t m) { return (m + HN_SV_TILE - 1) / HN_SV_TILE; }
void hn_sv_pack(const double *vectors, int64_t m, int64_t p, double *ret_tiles);
/* Products of r <= HN_SV_ROWS points (rows [r, p]) with one tile: ret [r][HN_SV_TILE]. A product's bits
 * depend on its two vectors alone. */
void hn_sv_products(const double *rows, int64_t r, int64_t p, const double *tile,
                    double ret[HN_SV_ROWS * HN_SV_TILE]);

#endif
