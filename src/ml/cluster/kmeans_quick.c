/* kmeans_quick.c - see kmeans_quick.h. */
#include "ml/cluster/kmeans_quick.h"
#include "num/simd.h"
#include <math.h>

enum { LANES = 8, GRAIN = 4096 };

typedef float octet __attribute__((vector_size(LANES * sizeof(float)), may_alias));
#define ALL(v) ((octet){(v), (v), (v), (v), (v), (v), (v), (v)})

static int64_t groups(int64_t n) { return (n + LANES - 1) / LANES; }

/* ---- rows and centroids --------------------------------------------------------------------- */

typedef struct making {
    const double *x;
    hn_kmeans_quick *quick;
    double *most; /* [chunks] */
} making;

static hone_status make_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const making *m = arg;
    const hn_kmeans_quick *q = m->quick;
    double most = 0;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        float *to = q->x + i / LANES * q->d * LANES + i % LANES;
        double sum = 0;
        for (int64_t j = 0; j < q->d; j++) {
            double v = m->x[i * q->d + j];
            to[j * LANES] = (float)v;
            sum += v * v;
        }
        double length = sqrt(sum);
        most = length > most ? length : most;
        q->length[i] = (float)length * (1 + 1e-6f);
    }
    m->most[chunk.index] = most;
    return HONE_OK;
}

hone_status hn_kmeans_quick_make(hone_ctx *ctx, const double *x, int64_t n, int64_t d, int64_t k,
                                 hn_kmeans_quick *ret_quick) {
    hn_kmeans_quick q = {.n = n, .d = d, .k = k};
    making m = {x, &q, NULL};
    HN_TRY(HN_SCRATCH_NEW(ctx, q.x, groups(n) * LANES * d));
    HN_TRY(HN_SCRATCH_NEW(ctx, q.length, groups(n) * LANES));
    HN_TRY(HN_SCRATCH_NEW(ctx, q.centroids, groups(k) * LANES * d));
    HN_TRY(HN_SCRATCH_NEW(ctx, q.norms, groups(k) * LANES));
    HN_TRY(HN_SCRATCH_NEW(ctx, m.most, hn_chunks(n, GRAIN)));
    HN_TRY(hn_parallel(ctx, n, GRAIN, make_chunk, &m));
    double most = 0;
    for (int64_t c = 0; c < hn_chunks(n, GRAIN); c++) most = m.most[c] > most ? m.most[c] : most;
    q.usable = most < 1e15 && most > 1e-12; /* not written to be true for NaN */
    *ret_quick = q;
    return HONE_OK;
}

void hn_kmeans_quick_set(hn_kmeans_quick *q, const double *centroids) {
    q->longest = 0;
    for (int64_t c = 0; c < groups(q->k) * LANES; c++) {
        float *to = q->centroids + c / LANES * q->d * LANES + c % LANES;
        double sum = 0;
        for (int64_t j = 0; j < q->d; j++) {
            double v = c < q->k ? centroids[c * q->d + j] : 0;
            to[j * LANES] = (float)v;
            sum += v * v;
        }
        q->norms[c] = c < q->k ? (float)(sum / 2) : INFINITY;
        double length = sqrt(sum) * (1 + 1e-9);
        q->longest = length > q->longest ? length : q->longest;
    }
}

/* ---- labels --------------------------------------------------------------------------------- */

/* Products of eight rows x [d][8] with eight centroids c [d][8]: ret [8][stride]. */
HN_INLINE void products(const float *x, const float *c, int64_t d, float *ret, int64_t stride) {
    octet a0 = {0}, a1 = {0}, a2 = {0}, a3 = {0}, a4 = {0}, a5 = {0}, a6 = {0}, a7 = {0};
    for (int64_t j = 0; j < d; j++, c += LANES) {
        octet v = *(const octet *)(const void *)(x + j * LANES);
        a0 += v * ALL(c[0]);
        a1 += v * ALL(c[1]);
        a2 += v * ALL(c[2]);
        a3 += v * ALL(c[3]);
        a4 += v * ALL(c[4]);
        a5 += v * ALL(c[5]);
        a6 += v * ALL(c[6]);
        a7 += v * ALL(c[7]);
    }
    octet all[LANES] = {a0, a1, a2, a3, a4, a5, a6, a7};
    for (int i = 0; i < LANES; i++) *(octet *)(void *)(ret + i * stride) = all[i];
}

typedef struct block {
    _Alignas(64) float product[LANES][HN_QUICK_ROWS];
    float best[HN_QUICK_ROWS], second[HN_QUICK_ROWS];
    int32_t label[HN_QUICK_ROWS];
} block;

/* Takes a group of centroids into account; ties leave the lower number. */
HN_INLINE void take_group(block *b, const float *norms, int32_t first, int64_t n) {
    HN_SIMD
    for (int64_t i = 0; i < n; i++) {
        float best = b->best[i], second = b->second[i];
        int32_t label = b->label[i];
        for (int c = 0; c < LANES; c++) {
            float score = norms[c] - b->product[c][i];
            float larger = score < best ? best : score;
            label = score < best ? first + c : label;
            best = score < best ? score : best;
            second = larger < second ? larger : second;
        }
        b->best[i] = best;
        b->second[i] = second;
        b->label[i] = label;
    }
}

HN_CLONES static void find(const hn_kmeans_quick *q, int64_t begin, int64_t n, block *b) {
    int64_t d = q->d, rows = groups(n) * LANES;
    for (int64_t i = 0; i < rows; i++) {
        b->best[i] = b->second[i] = INFINITY;
        b->label[i] = 0;
    }
    for (int64_t g = 0; g < groups(q->k); g++) {
        for (int64_t i = 0; i < rows; i += LANES)
            products(q->x + (begin + i) * d, q->centroids + g * d * LANES, d, &b->product[0][i],
                     HN_QUICK_ROWS);
        take_group(b, q->norms + g * LANES, (int32_t)(g * LANES), rows);
    }
}

void hn_kmeans_quick_label(const hn_kmeans_quick *q, int64_t begin, int64_t n, int32_t *ret_label,
                           int32_t ret_place[HN_QUICK_ROWS], int *ret_open) {
    block b;
    int open = 0;
    find(q, begin, n, &b);
    /* Of a score: (d + 8) roundings of the product, 4 of the norm; of the difference of two, twice as
     * much. */
    double d = (double)q->d, c = q->longest;
    double by_length = 0x1.2p-23 * (d + 8) * c, fixed = 0x1.2p-23 * 4 * c * c + d * 1e-37;
    for (int64_t i = 0; i < n; i++) {
        ret_label[i] = b.label[i];
        double margin = by_length * (double)q->length[begin + i] + fixed;
        ret_place[open] = (int32_t)i;
        open += !((double)b.second[i] - (double)b.best[i] > margin);
    }
    *ret_open = open;
}

/* ---- starts --------------------------------------------------------------------------------- */

HN_CLONES static void mark(const hn_kmeans_quick *q, int64_t begin, int64_t n, const float *limit,
                           block *b, uint8_t *ret_may) {
    uint8_t may[HN_QUICK_ROWS] = {0};
    for (int64_t i = 0; i < groups(n) * LANES; i += LANES)
        products(q->x + (begin + i) * q->d, q->centroids, q->d, &b->product[0][i], HN_QUICK_ROWS);
    for (int c = 0; c < LANES; c++) {
        float norm = q->norms[c];
        uint8_t bit = (uint8_t)(1 << c);
        HN_SIMD
        for (int64_t i = 0; i < n; i++) may[i] |= norm - b->product[c][i] <= limit[i] ? bit : 0;
    }
    for (int64_t i = 0; i < n; i++) ret_may[i] = may[i];
}

void hn_kmeans_quick_nearer(const hn_kmeans_quick *q, int64_t begin, int64_t n,
                            const double *nearest, uint8_t *ret_may) {
    block b;
    float limit[HN_QUICK_ROWS];
    double d = (double)q->d, c = q->longest;
    double by_length = 0x1.2p-24 * (d + 8) * c, fixed = 0x1.2p-24 * 4 * c * c + d * 1e-37;
    for (int64_t i = 0; i < n; i++) {
        double length = (double)q->length[begin + i], least = length * (1 - 2e-6);
        double most = (nearest[i] - least * least) / 2 + by_length * length + fixed;
        limit[i] = (float)(most + 1e-6 * fabs(most)); /* rounded, and not below */
    }
    mark(q, begin, n, limit, &b, ret_may);
}
