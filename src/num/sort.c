/* sort.c - stable sorts of doubles and integers, and order statistics.
 *
 * A number becomes an unsigned key with the same order: the sign bit flipped for positive doubles, all bits for
 * negative ones; every NaN gets the largest. Keys are sorted by radix, 8 bits at a time: the most significant
 * first while a part does not fit the cache, so that of what lies in memory, or on disk under a limit, each value
 * moves two or three times; then the least significant first, and by merging where there are few. */
#include "num/sort.h"
#include "num/simd.h"
#include <assert.h>
#include <math.h>
#include <string.h>

enum { FEW = 256, CACHED = 1 << 15 /* words */, DIGITS = 8, BUCKETS = 256, RUN = 16 };

/* The keys of doubles lie where these were. */
typedef uint64_t __attribute__((may_alias)) word;

static const uint64_t NAN_KEY = UINT64_MAX;
static const uint64_t ZERO_KEY = (uint64_t)1 << 63;

static inline uint64_t key_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (value != value) return NAN_KEY;
    return bits ^ ((uint64_t)((int64_t)bits >> 63) | ZERO_KEY);
}

static inline double value_of(uint64_t key) {
    if (key == NAN_KEY) return NAN;
    uint64_t bits = key & ZERO_KEY ? key ^ ZERO_KEY : ~key;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* ---- items: a key, and behind it where it came from (width 2) or nothing (width 1) ------------- */

static inline int digit_of(uint64_t key, int digit) { return (int)(key >> 8 * digit & 255); }

HN_INLINE void copy_items(word *to, const word *from, int64_t n, int width) {
    memcpy(to, from, (size_t)(n * width) * sizeof *to);
}

HN_INLINE void insert_items(word *items, int64_t n, int width) {
    for (int64_t i = 1; i < n; i++) {
        word item[2];
        int64_t j = i;
        copy_items(item, items + i * width, 1, width);
        for (; j > 0 && items[(j - 1) * width] > item[0]; j--)
            copy_items(items + j * width, items + (j - 1) * width, 1, width);
        copy_items(items + j * width, item, 1, width);
    }
}

/* Runs of RUN by insertion, then twice as long each time; in place. */
HN_INLINE void merge_items(word *items, word *other, int64_t n, int width) {
    for (int64_t at = 0; at < n; at += RUN)
        insert_items(items + at * width, n - at < RUN ? n - at : RUN, width);
    for (int64_t half = RUN; half < n; half *= 2) {
        for (int64_t at = 0; at + half < n; at += 2 * half) {
            word *to = items + at * width, *right = to + half * width, *left = other;
            word *end = items + (at + 2 * half < n ? at + 2 * half : n) * width;
            copy_items(left, to, half, width);
            for (const word *left_end = other + half * width; left < left_end; to += width) {
                bool is_right = right < end && right[0] < left[0];
                copy_items(to, is_right ? right : left, 1, width);
                if (is_right)
                    right += width;
                else
                    left += width;
            }
        }
    }
}

/* Counts to first positions; false if all keys share the digit. */
static bool to_offsets(int64_t *count, int64_t n) {
    int64_t sum = 0;
    for (int b = 0; b < BUCKETS; b++) {
        int64_t c = count[b];
        if (c == n) return false;
        count[b] = sum;
        sum += c;
    }
    return true;
}

HN_INLINE void scatter(const word *from, word *to, int64_t n, int digit, int64_t *position,
                       int width) {
    for (int64_t i = 0; i < n; i++) {
        const word *item = from + i * width;
        copy_items(to + position[digit_of(*item, digit)]++ * width, item, 1, width);
    }
}

/* By the digits 0 .. digit, the least significant first; the sorted items are returned: one of the two. */
HN_INLINE word *sort_cached(word *from, word *to, int64_t n, int digit, int width) {
    int64_t count[DIGITS][BUCKETS] = {0};
    for (int64_t i = 0; i < n; i++) {
        uint64_t key = from[i * width];
        for (int d = 0; d < DIGITS; d++) count[d][digit_of(key, d)]++;
    }
    for (int d = 0; d <= digit; d++) {
        if (!to_offsets(count[d], n)) continue;
        scatter(from, to, n, d, count[d], width);
        word *sorted = to;
        to = from;
        from = sorted;
    }
    return from;
}

typedef void sort_fn(word *items, word *other, int64_t n, int digit, bool stay);

/* Sorts by the digits 0 .. digit; the sorted items are in `items` if they stay, else in `other`. */
HN_INLINE void sort_items(word *items, word *other, int64_t n, int digit, bool stay, int width,
                          sort_fn *deeper) {
    word *to = stay ? items : other;
    if (n <= FEW) {
        merge_items(items, other, n, width);
        if (!stay) copy_items(other, items, n, width);
        return;
    }
    if (n * width <= CACHED) {
        const word *sorted = sort_cached(items, other, n, digit, width);
        if (sorted != to) copy_items(to, sorted, n, width);
        return;
    }
    int64_t end[BUCKETS] = {0}, begin = 0;
    for (int64_t i = 0; i < n; i++) end[digit_of(items[i * width], digit)]++;
    if (!to_offsets(end, n)) {
        if (digit > 0)
            deeper(items, other, n, digit - 1, stay);
        else if (!stay)
            copy_items(other, items, n, width);
        return;
    }
    scatter(items, other, n, digit, end, width);
    for (int b = 0; b < BUCKETS; begin = end[b++]) {
        int64_t m = end[b] - begin, at = begin * width;
        if (digit > 0)
            deeper(other + at, items + at, m, digit - 1, !stay);
        else if (stay)
            copy_items(items + at, other + at, m, width);
    }
}

static void sort_keys(word *keys, word *other, int64_t n, int digit, bool stay) {
    sort_items(keys, other, n, digit, stay, 1, sort_keys);
}

static void sort_pairs(word *pairs, word *other, int64_t n, int digit, bool stay) {
    sort_items(pairs, other, n, digit, stay, 2, sort_pairs);
}

/* ---- what is sorted ------------------------------------------------------------------------------ */

hone_status hn_sort_f64(hone_ctx *ctx, double *values, int64_t n) {
    assert(n >= 0);
    HN_SCRATCH(ctx);
    word *keys = (word *)values, *other;
    HN_TRY(HN_SCRATCH_NEW(ctx, other, n + 1));
    for (int64_t i = 0; i < n; i++) keys[i] = key_of(values[i]);
    sort_keys(keys, other, n, DIGITS - 1, true);
    for (int64_t i = 0; i < n; i++) values[i] = value_of(keys[i]);
    return HONE_OK;
}

hone_status hn_sort_i64(hone_ctx *ctx, int64_t *values, int64_t n) {
    assert(n >= 0);
    HN_SCRATCH(ctx);
    word *keys = (word *)values, *other;
    HN_TRY(HN_SCRATCH_NEW(ctx, other, n + 1));
    for (int64_t i = 0; i < n; i++) keys[i] ^= ZERO_KEY;
    sort_keys(keys, other, n, DIGITS - 1, true);
    for (int64_t i = 0; i < n; i++) keys[i] ^= ZERO_KEY;
    return HONE_OK;
}

static uint64_t pair_key_of(double value) {
    return key_of(value == 0 ? 0 : value); /* -0 equals 0, and keeps its place */
}

hone_status hn_argsort_f64(hone_ctx *ctx, const double *values, int64_t n, int64_t *ret_order) {
    assert(n >= 0);
    HN_SCRATCH(ctx);
    word *pairs, *other;
    HN_TRY(HN_SCRATCH_NEW(ctx, pairs, 2 * n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, other, 2 * n + 1));
    for (int64_t i = 0; i < n; i++) {
        pairs[2 * i] = pair_key_of(values[i]);
        pairs[2 * i + 1] = (uint64_t)i;
    }
    sort_pairs(pairs, other, n, DIGITS - 1, true);
    for (int64_t i = 0; i < n; i++) ret_order[i] = (int64_t)pairs[2 * i + 1];
    return HONE_OK;
}

hone_status hn_sort_both_f64(hone_ctx *ctx, double *values, double *others, int64_t n) {
    assert(n >= 0);
    HN_SCRATCH(ctx);
    word *pairs, *other;
    HN_TRY(HN_SCRATCH_NEW(ctx, pairs, 2 * n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, other, 2 * n + 1));
    for (int64_t i = 0; i < n; i++) {
        pairs[2 * i] = pair_key_of(values[i]);
        memcpy(&pairs[2 * i + 1], &others[i], sizeof *others);
    }
    sort_pairs(pairs, other, n, DIGITS - 1, true);
    for (int64_t i = 0; i < n; i++) {
        values[i] = value_of(pairs[2 * i]);
        memcpy(&others[i], &pairs[2 * i + 1], sizeof *others);
    }
    return HONE_OK;
}

/* ---- order statistics ----------------------------------------------------------------------- */

double hn_quantile_sorted(const double *sorted, int64_t n, double q) {
    assert(n >= 1 && q >= 0 && q <= 1);
    double position = q * (double)(n - 1);
    int64_t low = (int64_t)position;
    if (low >= n - 1) return sorted[n - 1];
    double part = position - (double)low;
    double a = sorted[low], b = sorted[low + 1];
    if (part == 0 || a == b) return a; /* also keeps infinite - infinite out */
    /* From the nearer end, so that the result never leaves [a, b] (numpy's _lerp). */
    return part < 0.5 ? a + part * (b - a) : b - (1 - part) * (b - a);
}

double hn_weighted_quantile_sorted(const double *sorted, const double *weights, int64_t n,
                                   double q) {
    assert(n >= 1 && q >= 0 && q <= 1);
    double total = 0;
    for (int64_t i = 0; i < n; i++) total += weights[i];
    double target = q * total;
    double sum = 0;
    int64_t last = 0; /* of those that weigh something */
    for (int64_t i = 0; i < n; i++) {
        if (!(weights[i] > 0)) continue;
        last = i;
        sum += weights[i];
        if (sum >= target) return sorted[i];
    }
    return sorted[last];
}
