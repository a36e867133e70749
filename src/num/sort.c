/* sort.c - stable sorts of doubles and integers, and order statistics.
 *
 * A number becomes an unsigned key with the same order: the sign bit flipped for positive doubles,
 * all bits for negative ones; -0 gets +0's key, every NaN the largest. Keys are sorted by LSD radix
 * (8 bits a pass, passes over constant digits left out), or by merging where there are few. */
#include "num/sort.h"
#include <assert.h>
#include <math.h>
#include <string.h>

enum { SMALL = 256, DIGITS = 8, BUCKETS = 256, RUN = 16 };

static const uint64_t NAN_KEY = UINT64_MAX;
static const uint64_t ZERO_KEY = (uint64_t)1 << 63;

static inline uint64_t key_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (value == 0) return ZERO_KEY;
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

/* How often each digit occurs at each place. */
typedef struct counts {
    int64_t at[DIGITS][BUCKETS];
} counts;

static inline void count_key(counts *count, uint64_t key) {
    for (int d = 0; d < DIGITS; d++) count->at[d][key >> 8 * d & 255]++;
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

/* ---- keys alone ----------------------------------------------------------------------------- */

/* Stable merge sort (there is nothing to tell equal keys apart, but the other one needs it too). */
static void insertion_keys(uint64_t *keys, int64_t n) {
    for (int64_t i = 1; i < n; i++) {
        uint64_t key = keys[i];
        int64_t j = i;
        for (; j > 0 && keys[j - 1] > key; j--) keys[j] = keys[j - 1];
        keys[j] = key;
    }
}

static void merge_keys(uint64_t *keys, uint64_t *other, int64_t n) {
    if (n <= RUN) {
        insertion_keys(keys, n);
        return;
    }
    int64_t half = n / 2;
    merge_keys(keys, other, half);
    merge_keys(keys + half, other, n - half);
    memcpy(other, keys, (size_t)half * sizeof *keys);
    int64_t i = 0, j = half, k = 0;
    while (i < half && j < n) keys[k++] = keys[j] < other[i] ? keys[j++] : other[i++];
    while (i < half) keys[k++] = other[i++];
}

/* The sorted keys end in *keys; the two arrays may have changed places. */
static void sort_keys(uint64_t **keys, uint64_t **other, int64_t n, counts *count) {
    if (n <= SMALL) {
        merge_keys(*keys, *other, n);
        return;
    }
    memset(count, 0, sizeof *count);
    for (int64_t i = 0; i < n; i++) count_key(count, (*keys)[i]);
    for (int d = 0; d < DIGITS; d++) {
        int64_t *position = count->at[d];
        if (!to_offsets(position, n)) continue;
        uint64_t *from = *keys, *to = *other;
        for (int64_t i = 0; i < n; i++) to[position[from[i] >> 8 * d & 255]++] = from[i];
        *keys = to;
        *other = from;
    }
}

/* -0 and +0 share a key: they stand among the sorted in the order in which they came. */
static void restore_zeros(const double *values, int64_t n, uint64_t *sorted) {
    int64_t low = 0, high = n;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (sorted[middle] < ZERO_KEY)
            low = middle + 1;
        else
            high = middle;
    }
    for (int64_t i = 0; i < n; i++) {
        if (values[i] != 0) continue;
        /* value_of turns the largest key below ZERO_KEY into -0. */
        sorted[low++] = signbit(values[i]) ? ZERO_KEY - 1 : ZERO_KEY;
    }
}

hone_status hn_sort_f64(hone_ctx *ctx, double *values, int64_t n) {
    assert(n >= 0);
    HN_SCRATCH(ctx);
    uint64_t *keys, *other;
    counts *count;
    HN_TRY(HN_SCRATCH_NEW(ctx, keys, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, other, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, count, 1));
    bool has_minus_zero = false;
    for (int64_t i = 0; i < n; i++) {
        keys[i] = key_of(values[i]);
        has_minus_zero |= values[i] == 0 && signbit(values[i]);
    }
    sort_keys(&keys, &other, n, count);
    if (has_minus_zero) restore_zeros(values, n, keys);
    for (int64_t i = 0; i < n; i++) values[i] = value_of(keys[i]);
    return HONE_OK;
}

hone_status hn_sort_i64(hone_ctx *ctx, int64_t *values, int64_t n) {
    assert(n >= 0);
    HN_SCRATCH(ctx);
    uint64_t *keys, *other;
    counts *count;
    HN_TRY(HN_SCRATCH_NEW(ctx, keys, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, other, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, count, 1));
    for (int64_t i = 0; i < n; i++) keys[i] = (uint64_t)values[i] ^ ZERO_KEY;
    sort_keys(&keys, &other, n, count);
    for (int64_t i = 0; i < n; i++) values[i] = (int64_t)(keys[i] ^ ZERO_KEY);
    return HONE_OK;
}

/* ---- keys with where they came from --------------------------------------------------------- */

typedef struct item {
    uint64_t key;
    int64_t index;
} item;

static void merge_items(item *items, item *other, int64_t n) {
    if (n <= RUN) {
        for (int64_t i = 1; i < n; i++) {
            item it = items[i];
            int64_t j = i;
            for (; j > 0 && items[j - 1].key > it.key; j--) items[j] = items[j - 1];
            items[j] = it;
        }
        return;
    }
    int64_t half = n / 2;
    merge_items(items, other, half);
    merge_items(items + half, other, n - half);
    memcpy(other, items, (size_t)half * sizeof *items);
    int64_t i = 0, j = half, k = 0;
    while (i < half && j < n) items[k++] = items[j].key < other[i].key ? items[j++] : other[i++];
    while (i < half) items[k++] = other[i++];
}

static void sort_items(item **items, item **other, int64_t n, counts *count) {
    if (n <= SMALL) {
        merge_items(*items, *other, n);
        return;
    }
    memset(count, 0, sizeof *count);
    for (int64_t i = 0; i < n; i++) count_key(count, (*items)[i].key);
    for (int d = 0; d < DIGITS; d++) {
        int64_t *position = count->at[d];
        if (!to_offsets(position, n)) continue;
        item *from = *items, *to = *other;
        for (int64_t i = 0; i < n; i++) to[position[from[i].key >> 8 * d & 255]++] = from[i];
        *items = to;
        *other = from;
    }
}

hone_status hn_argsort_f64(hone_ctx *ctx, const double *values, int64_t n, int64_t *ret_order) {
    assert(n >= 0);
    HN_SCRATCH(ctx);
    item *items, *other;
    counts *count;
    HN_TRY(HN_SCRATCH_NEW(ctx, items, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, other, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, count, 1));
    for (int64_t i = 0; i < n; i++) items[i] = (item){key_of(values[i]), i};
    sort_items(&items, &other, n, count);
    for (int64_t i = 0; i < n; i++) ret_order[i] = items[i].index;
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
