/* histogram.c - the inner loops of boosting; see histogram.h. */
#include "ml/tree/histogram.h"
#include "num/simd.h"
#include <assert.h>
#include <string.h>

/* ---- fixed point ---------------------------------------------------------------------------- */

/* The largest factor that keeps every value within most, and n of them, each rounded up, within sum. */
static double scale_for(double most, double sum, double max, double total, int64_t n) {
    if (!(max > 0)) return 0;
    double by_value = (most - 2) / max, by_sum = (sum - 2 - (double)n) / total;
    return by_value < by_sum ? by_value : by_sum;
}

hn_fixed hn_fixed_make(hn_magnitude magnitude, bool unit_hessian, int64_t n_rows) {
    assert(n_rows <= HN_ROWS_MAX);
    hn_fixed fixed = {.hessian_bits = unit_hessian ? 1 : 13};
    const double gradient_most = (double)((int64_t)1 << (31 - fixed.hessian_bits));
    fixed.from_gradient =
        scale_for(gradient_most, 0x1p33, magnitude.gradient_max, magnitude.gradient_sum, n_rows);
    fixed.from_hessian = unit_hessian
                             ? 1
                             : scale_for((double)(1 << fixed.hessian_bits), 0x1p30,
                                         magnitude.hessian_max, magnitude.hessian_sum, n_rows);
    fixed.to_gradient = fixed.from_gradient > 0 ? 1 / fixed.from_gradient : 0;
    fixed.to_hessian = fixed.from_hessian > 0 ? 1 / fixed.from_hessian : 0;
    return fixed;
}

/* 32 random bits of (row, key): two rounds of multiply and shift (Appleby's finaliser). */
static inline uint32_t random_bits(uint32_t row, uint32_t key_low, uint32_t key_high) {
    uint32_t h = (row + key_low) * 0x9e3779b1u;
    h ^= key_high;
    h ^= h >> 16;
    h *= 0x85ebca6bu;
    h ^= h >> 13;
    h *= 0xc2b2ae35u;
    return h ^ h >> 16;
}

static inline int32_t round_down(double x) {
    int32_t whole = (int32_t)x;
    return whole - (x < whole);
}

HN_CLONES void hn_fixed_pack(hn_fixed fixed, uint64_t key, const float *gradient,
                             const float *hessian, hn_item *items, int64_t begin, int64_t end) {
    const uint32_t low = (uint32_t)key, high = (uint32_t)(key >> 32);
    const int bits = fixed.hessian_bits;
    const double by_gradient = fixed.from_gradient, by_hessian = fixed.from_hessian;
    for (int64_t i = begin; i < end; i++) {
        uint32_t row = items[i].row, random = random_bits(row, low, high);
        double g = gradient[row] * by_gradient + (random & 0xffff) * 0x1p-16;
        uint32_t h = 1;
        if (hessian) h = (uint32_t)(int32_t)(hessian[row] * by_hessian + (random >> 16) * 0x1p-16);
        items[i].packed = (uint32_t)round_down(g) << bits | h;
    }
}

/* ---- histograms ----------------------------------------------------------------------------- */

enum { AHEAD = 16 }; /* rows are fetched into the cache so many items before they are read */

/* One row's sum added for four features with ROOM bins each. */
#define ADD_FOUR(ROOM)                                                                             \
    do {                                                                                           \
        uint32_t codes_;                                                                           \
        memcpy(&codes_, code, 4);                                                                  \
        bins[codes_ & 0xff] += sum;                                                                \
        bins[(ROOM) + (codes_ >> 8 & 0xff)] += sum;                                                \
        bins[2 * (ROOM) + (codes_ >> 16 & 0xff)] += sum;                                           \
        bins[3 * (ROOM) + (codes_ >> 24)] += sum;                                                  \
        code += 4;                                                                                 \
        bins += 4 * (ROOM);                                                                        \
    } while (0)

/* All features of a block. (Codes as bytes of a word: written for little-endian machines, as model
 * files are.) */
static void add_whole(const hn_row_block *block, int bits, const hn_item *restrict items, int64_t n,
                      int64_t *restrict histogram) {
    const uint8_t *rows = block->rows;
    const int64_t stride = block->stride;
    const int32_t wide = block->fours[0], middle = block->fours[1], narrow = block->fours[2];
    for (int64_t i = 0; i < n; i++) {
        if (i + AHEAD < n) __builtin_prefetch(rows + items[i + AHEAD].row * stride);
        const uint8_t *code = rows + items[i].row * stride;
        const int64_t sum = hn_item_sum(items[i].packed, bits);
        int64_t *bins = histogram + block->offset;
        for (int32_t j = 0; j < wide; j++) ADD_FOUR(256);
        for (int32_t j = 0; j < middle; j++) ADD_FOUR(64);
        for (int32_t j = 0; j < narrow; j++) ADD_FOUR(16);
    }
}

/* Some features of a block: local[j] is where feature j stands in a row. */
static void add_some(const hn_row_block *block, const int32_t *offset, const int32_t *local,
                     int32_t features, int bits, const hn_item *restrict items, int64_t n,
                     int64_t *restrict histogram) {
    const uint8_t *rows = block->rows;
    const int64_t stride = block->stride;
    for (int64_t i = 0; i < n; i++) {
        if (i + AHEAD < n) __builtin_prefetch(rows + items[i + AHEAD].row * stride);
        const uint8_t *row = rows + items[i].row * stride;
        const int64_t sum = hn_item_sum(items[i].packed, bits);
        for (int32_t j = 0; j < features; j++) histogram[offset[j] + row[local[j]]] += sum;
    }
}

void hn_histogram_add(const hn_bins *bins, const hn_feature_set *set, int hessian_bits,
                      const hn_item *items, int64_t n, int64_t *histogram) {
    for (int32_t b = 0; b < bins->n_blocks; b++) {
        const hn_row_block *block = &bins->blocks[b];
        int32_t begin = set->begin[b], wanted = set->begin[b + 1] - begin;
        /* The loop over all is so much faster that a few unwanted ones do not matter. */
        if (3 * wanted > 2 * block->n_features)
            add_whole(block, hessian_bits, items, n, histogram);
        else if (wanted > 0)
            add_some(block, set->offset + begin, set->local + begin, wanted, hessian_bits, items, n,
                     histogram);
    }
}

void hn_histogram_count(const hn_bins *bins, const hn_feature_set *set, const hn_item *items,
                        int64_t n, uint32_t *counts) {
    for (int32_t b = 0; b < bins->n_blocks; b++) {
        const hn_row_block *block = &bins->blocks[b];
        for (int64_t i = 0; i < n; i++) {
            const uint8_t *row = block->rows + (int64_t)items[i].row * block->stride;
            for (int32_t j = set->begin[b]; j < set->begin[b + 1]; j++)
                counts[set->offset[j] + row[set->local[j]]]++;
        }
    }
}

/* Unsigned, because bins of features that nobody asked for may hold anything. */
HN_CLONES void hn_histogram_merge(int64_t *to, const int64_t *from, int64_t begin, int64_t end) {
    HN_SIMD
    for (int64_t i = begin; i < end; i++) to[i] = (int64_t)((uint64_t)to[i] + (uint64_t)from[i]);
}

HN_CLONES void hn_histogram_subtract(int64_t *parent, const int64_t *child, int64_t begin,
                                     int64_t end) {
    HN_SIMD
    for (int64_t i = begin; i < end; i++)
        parent[i] = (int64_t)((uint64_t)parent[i] - (uint64_t)child[i]);
}
