/* kmeans_distance.c - see kmeans_distance.h. */
#include "ml/cluster/kmeans_distance.h"
#include "num/blas.h"
#include "num/simd.h"
#include <math.h>
#include <string.h>

typedef double quad __attribute__((vector_size(4 * sizeof(double)), may_alias));

HN_INLINE const quad *quads(const double *x) { return (const quad *)(const void *)x; }
#define ALL(v) ((quad){(v), (v), (v), (v)})

void hn_tile_centroids(const double *centroids, int64_t k, int64_t d, double *tiles) {
    memset(tiles, 0, (size_t)(hn_tiles(k) * d * HN_TILE) * sizeof(double));
    for (int64_t c = 0; c < k; c++)
        for (int64_t j = 0; j < d; j++)
            tiles[(c / HN_TILE * d + j) * HN_TILE + c % HN_TILE] = centroids[c * d + j];
}

void hn_tile_norms(const double *centroids, int64_t k, int64_t d, double *norms) {
    for (int64_t c = 0; c < hn_tiles(k) * HN_TILE; c++)
        norms[c] = c < k ? hn_dot(centroids + c * d, centroids + c * d, d) / 2 : INFINITY;
}

/* Four rows by eight centroids: eight sums in registers. */
HN_INLINE void four_rows(const double *x0, const double *x1, const double *x2, const double *x3,
                         int64_t d, const double *tile, const double *norms, double *out) {
    const quad *t = quads(tile), *n = quads(norms);
    quad a0 = {0}, b0 = {0}, a1 = {0}, b1 = {0}, a2 = {0}, b2 = {0}, a3 = {0}, b3 = {0};
    for (int64_t j = 0; j < d; j++, t += 2) {
        a0 += ALL(x0[j]) * t[0];
        b0 += ALL(x0[j]) * t[1];
        a1 += ALL(x1[j]) * t[0];
        b1 += ALL(x1[j]) * t[1];
        a2 += ALL(x2[j]) * t[0];
        b2 += ALL(x2[j]) * t[1];
        a3 += ALL(x3[j]) * t[0];
        b3 += ALL(x3[j]) * t[1];
    }
    quad *o = (quad *)(void *)out;
    o[0] = n[0] - a0, o[1] = n[1] - b0;
    o[2] = n[0] - a1, o[3] = n[1] - b1;
    o[4] = n[0] - a2, o[5] = n[1] - b2;
    o[6] = n[0] - a3, o[7] = n[1] - b3;
}

HN_INLINE void one_row(const double *x, int64_t d, const double *tile, const double *norms,
                       double *out) {
    const quad *t = quads(tile), *n = quads(norms);
    quad a = {0}, b = {0};
    for (int64_t j = 0; j < d; j++, t += 2) {
        a += ALL(x[j]) * t[0];
        b += ALL(x[j]) * t[1];
    }
    quad *o = (quad *)(void *)out;
    o[0] = n[0] - a, o[1] = n[1] - b;
}

HN_CLONES void hn_tile_scores(const double *x, int64_t n, int64_t d, const double *tile,
                              const double *norms, double *out) {
    int64_t i = 0;
    for (; i + 4 <= n; i += 4) {
        const double *at = x + i * d;
        four_rows(at, at + d, at + 2 * d, at + 3 * d, d, tile, norms, out + i * HN_TILE);
    }
    for (; i < n; i++) one_row(x + i * d, d, tile, norms, out + i * HN_TILE);
}

HN_CLONES void hn_tile_scores_at(const double **rows, int64_t n, int64_t d, const double *tile,
                                 const double *norms, double *out) {
    /* A row more costs nothing where there are three or fewer. */
    for (int64_t i = n; i % 4 != 0; i++) rows[i] = rows[n - 1];
    for (int64_t i = 0; i < n; i += 4)
        four_rows(rows[i], rows[i + 1], rows[i + 2], rows[i + 3], d, tile, norms,
                  out + i * HN_TILE);
}

HN_CLONES void hn_tile_squared(const double *row, int64_t d, const double *tile, double *out) {
    const quad *t = quads(tile);
    quad a = {0}, b = {0};
    for (int64_t j = 0; j < d; j++, t += 2) {
        quad da = ALL(row[j]) - t[0], db = ALL(row[j]) - t[1];
        a += da * da;
        b += db * db;
    }
    quad *o = (quad *)(void *)out;
    o[0] = a, o[1] = b;
}

double hn_squared_distance(const double *a, const double *b, int64_t d) {
    double sum = 0;
    for (int64_t j = 0; j < d; j++) sum += (a[j] - b[j]) * (a[j] - b[j]);
    return sum;
}

/* Four sums that don't wait for each other. */
void hn_squared_distance_four(const double *const rows[4], const double *b, int64_t d,
                              double ret[4]) {
    const double *r0 = rows[0], *r1 = rows[1], *r2 = rows[2], *r3 = rows[3];
    double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (int64_t j = 0; j < d; j++) {
        s0 += (r0[j] - b[j]) * (r0[j] - b[j]);
        s1 += (r1[j] - b[j]) * (r1[j] - b[j]);
        s2 += (r2[j] - b[j]) * (r2[j] - b[j]);
        s3 += (r3[j] - b[j]) * (r3[j] - b[j]);
    }
    ret[0] = s0, ret[1] = s1, ret[2] = s2, ret[3] = s3;
}
