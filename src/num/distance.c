/* distance.c - see distance.h. */
#include "num/distance.h"
#include "num/math.h"
#include "num/simd.h"
#include <assert.h>
#include <string.h>

typedef double quad __attribute__((vector_size(4 * sizeof(double)), may_alias));
/* Tiles may lie in a mapped file, where nothing is aligned to more than a double. */
typedef double quad_at
    __attribute__((vector_size(4 * sizeof(double)), aligned(sizeof(double)), may_alias));
typedef int64_t mask __attribute__((vector_size(4 * sizeof(int64_t)), may_alias));
#define ALL(v) ((quad){(v), (v), (v), (v)})

hn_distance hn_distance_make(hn_distance_kind kind, double p) {
    if (kind == HN_DISTANCE_MINKOWSKI) {
        if (p == 1) kind = HN_DISTANCE_MANHATTAN;
        if (p == 2) kind = HN_DISTANCE_EUCLIDEAN;
        if (isinf(p)) kind = HN_DISTANCE_CHEBYSHEV;
    }
    return (hn_distance){kind, kind == HN_DISTANCE_MINKOWSKI ? p : 0};
}

void hn_distance_prepare_row(hn_distance distance, const double *row, int64_t d, double *ret) {
    if (distance.kind != HN_DISTANCE_COSINE) {
        if (ret != row) memcpy(ret, row, (size_t)d * sizeof *ret);
        if (distance.kind == HN_DISTANCE_PRECOMPUTED) ret[d] = 0;
        return;
    }
    double most = 0, sum = 0;
    for (int64_t j = 0; j < d; j++) most = fmax(most, fabs(row[j]));
    for (int64_t j = 0; j < d && most > 0; j++) {
        ret[j] = row[j] / most; /* so that squares neither overflow nor vanish */
        sum += ret[j] * ret[j];
    }
    double length = sqrt(sum);
    for (int64_t j = 0; j < d; j++) ret[j] = most > 0 ? ret[j] / length : 0;
    ret[d] = most > 0 ? 0 : 1;
}

/* a^p for a > 0; whole p of a few by products, which cost a tenth. */
HN_INLINE double power(double a, double p) {
    if (p > 8 || p != floor(p)) return hn_pow(a, p);
    double result = a;
    for (int i = 1; i < (int)p; i++) result *= a;
    return result;
}

double hn_distance_of_reduced(hn_distance distance, double reduced, int64_t w) {
    switch (distance.kind) {
    case HN_DISTANCE_EUCLIDEAN: return sqrt(reduced);
    case HN_DISTANCE_MINKOWSKI: return reduced > 0 ? hn_pow(reduced, 1 / distance.p) : 0;
    case HN_DISTANCE_COSINE: return reduced / 2;
    case HN_DISTANCE_HAMMING: return w > 0 ? reduced / (double)w : 0;
    default: return reduced;
    }
}

double hn_distance_to_reduced(hn_distance distance, double value, int64_t w) {
    switch (distance.kind) {
    case HN_DISTANCE_EUCLIDEAN: return value * value;
    case HN_DISTANCE_MINKOWSKI: return value > 0 ? power(value, distance.p) : 0;
    case HN_DISTANCE_COSINE: return value * 2;
    case HN_DISTANCE_HAMMING:
        /* A share that was rounded must still reach the count it came from. */
        return value * (double)w * (1 + 0x1p-50);
    default: return value;
    }
}

/* ---- one pair ------------------------------------------------------------------------------- */

HN_INLINE double add_term(hn_distance_kind kind, double p, double sum, double difference) {
    double a = fabs(difference);
    switch (kind) {
    case HN_DISTANCE_MANHATTAN: return sum + a;
    case HN_DISTANCE_CHEBYSHEV: return a > sum ? a : sum;
    case HN_DISTANCE_MINKOWSKI: return a > 0 ? sum + power(a, p) : sum;
    case HN_DISTANCE_HAMMING: return sum + (a != 0);
    default: return sum + difference * difference;
    }
}

/* What is no sum over columns. Coordinates of b stand step apart. */
static double whole(hn_distance_kind kind, const double *a, const double *b, int64_t step,
                    int64_t w) {
    double sum = 0, around = 0;
    if (kind == HN_DISTANCE_PRECOMPUTED) return a[(int64_t)b[(w - 1) * step]];
    if (kind == HN_DISTANCE_HAVERSINE) {
        double up = hn_sin((a[0] - b[0]) / 2), across = hn_sin((a[1] - b[step]) / 2);
        double s = up * up + hn_cos(a[0]) * hn_cos(b[0]) * across * across;
        return 2 * hn_asin(sqrt(s < 1 ? s : 1));
    }
    for (int64_t j = 0; j < w; j++) {
        double x = a[j], y = b[j * step], apart = fabs(x - y);
        double size = fabs(x) + fabs(y);
        if (kind == HN_DISTANCE_CANBERRA)
            sum += size > 0 ? apart / size : 0;
        else
            sum += apart, around += size;
    }
    if (kind == HN_DISTANCE_CANBERRA) return sum;
    return around > 0 ? sum / around : 0;
}

double hn_distance_reduced(hn_distance distance, const double *a, const double *b, int64_t w) {
    double sum = 0;
    if (distance.kind == HN_DISTANCE_EUCLIDEAN || distance.kind == HN_DISTANCE_COSINE) {
        for (int64_t j = 0; j < w; j++) sum += (a[j] - b[j]) * (a[j] - b[j]);
        return sum;
    }
    if (hn_distance_is_whole(distance.kind)) return whole(distance.kind, a, b, 1, w);
    for (int64_t j = 0; j < w; j++) sum = add_term(distance.kind, distance.p, sum, a[j] - b[j]);
    return sum;
}

double hn_distance_pair(hn_distance distance, const double *a, const double *b, int64_t d) {
    if (distance.kind != HN_DISTANCE_COSINE)
        return hn_distance_of_reduced(distance, hn_distance_reduced(distance, a, b, d), d);
    double scale_a = 0, scale_b = 0, aa = 0, bb = 0, sum = 0;
    for (int64_t j = 0; j < d; j++) {
        scale_a = fmax(scale_a, fabs(a[j]));
        scale_b = fmax(scale_b, fabs(b[j]));
    }
    if (scale_a == 0 || scale_b == 0) return scale_a == scale_b ? 0 : 1;
    for (int64_t j = 0; j < d; j++) {
        aa += (a[j] / scale_a) * (a[j] / scale_a);
        bb += (b[j] / scale_b) * (b[j] / scale_b);
    }
    aa = sqrt(aa), bb = sqrt(bb);
    for (int64_t j = 0; j < d; j++) {
        double difference = a[j] / scale_a / aa - b[j] / scale_b / bb;
        sum += difference * difference;
    }
    return sum / 2;
}

/* Rounding is monotone and the sums run alike, so the bound holds to the last bit (but for powers, which
 * a small margin covers). */
double hn_distance_to_box(hn_distance distance, const double *q, const double *low,
                          const double *high, int64_t w) {
    double sum = 0;
    if (distance.kind == HN_DISTANCE_EUCLIDEAN || distance.kind == HN_DISTANCE_COSINE) {
        for (int64_t j = 0; j < w; j++) {
            double under = low[j] - q[j], over = q[j] - high[j];
            double outside = under > over ? under : over;
            outside = outside > 0 ? outside : 0;
            sum += outside * outside;
        }
        return sum;
    }
    if (hn_distance_is_whole(distance.kind)) return 0;
    for (int64_t j = 0; j < w; j++) {
        double under = low[j] - q[j], over = q[j] - high[j];
        double outside = under > over ? under : over;
        if (outside > 0) sum = add_term(distance.kind, distance.p, sum, outside);
    }
    return distance.kind == HN_DISTANCE_MINKOWSKI ? sum * (1 - 0x1p-40) : sum;
}

/* ---- tiles ---------------------------------------------------------------------------------- */

/* Coordinate by coordinate, so that what is written lies side by side. */
static void fill_tile(const double *const row[HN_LANES], int64_t w, double *tile) {
    for (int64_t j = 0; j < w; j++)
        for (int c = 0; c < HN_LANES; c++) tile[j * HN_LANES + c] = row[c] ? row[c][j] : 0;
}

void hn_lanes_fill(const double *x, const int32_t *order, int64_t n, int64_t w, double *tiles) {
    for (int64_t i = 0; i < n; i += HN_LANES) {
        const double *row[HN_LANES];
        for (int64_t c = 0; c < HN_LANES; c++)
            row[c] = i + c < n ? x + (order ? order[i + c] : i + c) * w : NULL;
        fill_tile(row, w, tiles + i * w);
    }
}

void hn_lanes_fill_floats(const float *x, int64_t n, int64_t w, double *tiles) {
    for (int64_t i = 0; i < n; i += HN_LANES) {
        double *tile = tiles + i * w;
        int count = (int)(n - i < HN_LANES ? n - i : HN_LANES);
        const float *row = x + i * w;
        for (int64_t j = 0; j < w; j++)
            for (int c = 0; c < HN_LANES; c++)
                tile[j * HN_LANES + c] = c < count ? (double)row[c * w + j] : 0;
    }
}

/* By pointers, for vectors in arguments have no settled ABI. */
HN_INLINE void add_quad(hn_distance_kind kind, quad *sum, const quad_at *x, double q) {
    quad difference = ALL(q) - *x, size = (quad)((mask)difference & INT64_MAX);
    switch (kind) {
    case HN_DISTANCE_MANHATTAN: *sum += size; break;
    case HN_DISTANCE_CHEBYSHEV: {
        mask more = size > *sum;
        *sum = (quad)((more & (mask)size) | (~more & (mask)*sum));
        break;
    }
    case HN_DISTANCE_HAMMING: *sum += (quad)((difference != ALL(0)) & (mask)ALL(1)); break;
    default: *sum += difference * difference;
    }
}

/* Two tiles at a time, so that the sums need not wait for each other. */
HN_INLINE void lanes(hn_distance_kind kind, const double *q, int64_t w, const double *tiles,
                     int64_t n_tiles, double *ret) {
    int64_t t = 0, step = w * HN_LANES / 4;
    for (; t + 2 <= n_tiles; t += 2) {
        const quad_at *x = (const quad_at *)(const void *)(tiles + t * w * HN_LANES);
        quad a = {0}, b = {0}, c = {0}, d = {0};
        for (int64_t j = 0; j < w; j++, x += 2) {
            add_quad(kind, &a, &x[0], q[j]);
            add_quad(kind, &b, &x[1], q[j]);
            add_quad(kind, &c, &x[step], q[j]);
            add_quad(kind, &d, &x[step + 1], q[j]);
        }
        quad *o = (quad *)(void *)(ret + t * HN_LANES);
        o[0] = a, o[1] = b, o[2] = c, o[3] = d;
    }
    for (; t < n_tiles; t++) {
        const quad_at *x = (const quad_at *)(const void *)(tiles + t * w * HN_LANES);
        quad a = {0}, b = {0};
        for (int64_t j = 0; j < w; j++, x += 2) {
            add_quad(kind, &a, &x[0], q[j]);
            add_quad(kind, &b, &x[1], q[j]);
        }
        quad *o = (quad *)(void *)(ret + t * HN_LANES);
        o[0] = a, o[1] = b;
    }
}

HN_CLONES static void lanes_euclidean(const double *q, int64_t w, const double *tiles, int64_t n,
                                      double *ret) {
    lanes(HN_DISTANCE_EUCLIDEAN, q, w, tiles, n, ret);
}

HN_CLONES static void lanes_manhattan(const double *q, int64_t w, const double *tiles, int64_t n,
                                      double *ret) {
    lanes(HN_DISTANCE_MANHATTAN, q, w, tiles, n, ret);
}

HN_CLONES static void lanes_chebyshev(const double *q, int64_t w, const double *tiles, int64_t n,
                                      double *ret) {
    lanes(HN_DISTANCE_CHEBYSHEV, q, w, tiles, n, ret);
}

HN_CLONES static void lanes_hamming(const double *q, int64_t w, const double *tiles, int64_t n,
                                    double *ret) {
    lanes(HN_DISTANCE_HAMMING, q, w, tiles, n, ret);
}

static void lanes_minkowski(double p, const double *q, int64_t w, const double *tiles, int64_t n,
                            double *ret) {
    for (int64_t t = 0; t < n; t++) {
        for (int c = 0; c < HN_LANES; c++) {
            const double *x = tiles + t * w * HN_LANES + c;
            double sum = 0;
            for (int64_t j = 0; j < w; j++)
                sum = add_term(HN_DISTANCE_MINKOWSKI, p, sum, q[j] - x[j * HN_LANES]);
            ret[t * HN_LANES + c] = sum;
        }
    }
}

static void lanes_whole(hn_distance_kind kind, const double *q, int64_t w, const double *tiles,
                        int64_t n, double *ret) {
    for (int64_t t = 0; t < n; t++)
        for (int c = 0; c < HN_LANES; c++)
            ret[t * HN_LANES + c] = whole(kind, q, tiles + t * w * HN_LANES + c, HN_LANES, w);
}

void hn_lanes_reduced(hn_distance distance, const double *q, int64_t w, const double *tiles,
                      int64_t n_tiles, double *ret) {
    switch (distance.kind) {
    case HN_DISTANCE_MANHATTAN: lanes_manhattan(q, w, tiles, n_tiles, ret); break;
    case HN_DISTANCE_CHEBYSHEV: lanes_chebyshev(q, w, tiles, n_tiles, ret); break;
    case HN_DISTANCE_MINKOWSKI: lanes_minkowski(distance.p, q, w, tiles, n_tiles, ret); break;
    case HN_DISTANCE_HAMMING: lanes_hamming(q, w, tiles, n_tiles, ret); break;
    case HN_DISTANCE_CANBERRA:
    case HN_DISTANCE_BRAYCURTIS:
    case HN_DISTANCE_HAVERSINE:
    case HN_DISTANCE_PRECOMPUTED: lanes_whole(distance.kind, q, w, tiles, n_tiles, ret); break;
    default: lanes_euclidean(q, w, tiles, n_tiles, ret);
    }
}

/* Four rows by eight points: eight sums in registers. */
HN_INLINE void four(hn_distance_kind kind, const double *const *q, int64_t w, const double *tile,
                    double *ret) {
    const quad_at *x = (const quad_at *)(const void *)tile;
    const double *q0 = q[0], *q1 = q[1], *q2 = q[2], *q3 = q[3];
    quad a0 = {0}, b0 = {0}, a1 = {0}, b1 = {0}, a2 = {0}, b2 = {0}, a3 = {0}, b3 = {0};
    for (int64_t j = 0; j < w; j++, x += 2) {
        add_quad(kind, &a0, &x[0], q0[j]);
        add_quad(kind, &b0, &x[1], q0[j]);
        add_quad(kind, &a1, &x[0], q1[j]);
        add_quad(kind, &b1, &x[1], q1[j]);
        add_quad(kind, &a2, &x[0], q2[j]);
        add_quad(kind, &b2, &x[1], q2[j]);
        add_quad(kind, &a3, &x[0], q3[j]);
        add_quad(kind, &b3, &x[1], q3[j]);
    }
    quad *o = (quad *)(void *)ret;
    o[0] = a0, o[1] = b0, o[2] = a1, o[3] = b1, o[4] = a2, o[5] = b2, o[6] = a3, o[7] = b3;
}

HN_CLONES static void four_euclidean(const double *const *q, int64_t w, const double *tile,
                                     double *ret) {
    four(HN_DISTANCE_EUCLIDEAN, q, w, tile, ret);
}

HN_CLONES static void four_manhattan(const double *const *q, int64_t w, const double *tile,
                                     double *ret) {
    four(HN_DISTANCE_MANHATTAN, q, w, tile, ret);
}

void hn_lanes_reduced_four(hn_distance distance, const double *const *q, int64_t w,
                           const double *tile, double *ret) {
    if (distance.kind == HN_DISTANCE_EUCLIDEAN || distance.kind == HN_DISTANCE_COSINE) {
        four_euclidean(q, w, tile, ret);
    } else if (distance.kind == HN_DISTANCE_MANHATTAN) {
        four_manhattan(q, w, tile, ret);
    } else {
        for (int i = 0; i < 4; i++)
            hn_lanes_reduced(distance, q[i], w, tile, 1, ret + i * HN_LANES);
    }
}
