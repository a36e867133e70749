/* rng.c - Philox4x32-10 and what is drawn from it; see rng.h. */
#include "base/rng.h"
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the generator -------------------------------------------------------------------------- */

/* Key: seed. Counter: index in the two low words, stream in the two high ones. */
static void philox(uint64_t seed, uint64_t stream, uint64_t index, uint32_t ret_block[4]) {
    uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
    uint32_t c0 = (uint32_t)index, c1 = (uint32_t)(index >> 32);
    uint32_t c2 = (uint32_t)stream, c3 = (uint32_t)(stream >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ key0;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ key1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    ret_block[0] = c0;
    ret_block[1] = c1;
    ret_block[2] = c2;
    ret_block[3] = c3;
}

hn_rng hn_rng_make(uint64_t seed, uint64_t stream) {
    return (hn_rng){.seed = seed, .stream = stream, .used = 4};
}

/* FNV-1a over the name, then the item, then the finalizer of MurmurHash3: written out here because
 * it must give the same streams for ever, whatever becomes of hn_hash. */
uint64_t hn_stream(const char *purpose, uint64_t item) {
    assert(purpose);
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *purpose; purpose++) hash = (hash ^ (unsigned char)*purpose) * UINT64_C(0x100000001b3);
    hash = (hash ^ (hash >> 32)) * UINT64_C(0x9e3779b97f4a7c15) + item;
    hash = (hash ^ (hash >> 33)) * UINT64_C(0xff51afd7ed558ccd);
    hash = (hash ^ (hash >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
    return hash ^ (hash >> 33);
}

uint32_t hn_rng_u32(hn_rng *rng) {
    assert(rng && rng->used >= 0 && rng->used <= 4);
    if (rng->used == 4) {
        philox(rng->seed, rng->stream, rng->index++, rng->block);
        rng->used = 0;
    }
    return rng->block[rng->used++];
}

uint64_t hn_rng_u64(hn_rng *rng) {
    uint64_t low = hn_rng_u32(rng);
    return low | (uint64_t)hn_rng_u32(rng) << 32;
}

uint64_t hn_rng_at(uint64_t seed, uint64_t stream, uint64_t index) {
    uint32_t block[4];
    philox(seed, stream, index / 2, block);
    const uint32_t *half = block + index % 2 * 2;
    return half[0] | (uint64_t)half[1] << 32;
}

/* ---- distributions -------------------------------------------------------------------------- */

double hn_rng_uniform(hn_rng *rng) { return (double)(hn_rng_u64(rng) >> 11) * 0x1p-53; }

/* Lemire 2019, "Fast random integer generation in an interval": the high half of draw * n, redrawn in
 * the rare case where its low half shows that this value would come once too often. */
static uint32_t below32(hn_rng *rng, uint32_t n) {
    uint64_t product = (uint64_t)hn_rng_u32(rng) * n;
    if ((uint32_t)product < n) {
        uint32_t excess = (0u - n) % n;
        while ((uint32_t)product < excess) product = (uint64_t)hn_rng_u32(rng) * n;
    }
    return (uint32_t)(product >> 32);
}

__extension__ typedef unsigned __int128 wide;

static uint64_t below64(hn_rng *rng, uint64_t n) {
    wide product = (wide)hn_rng_u64(rng) * n;
    if ((uint64_t)product < n) {
        uint64_t excess = (0u - n) % n;
        while ((uint64_t)product < excess) product = (wide)hn_rng_u64(rng) * n;
    }
    return (uint64_t)(product >> 64);
}

int64_t hn_rng_below(hn_rng *rng, int64_t n) {
    assert(n >= 1);
    if (n <= (int64_t)UINT32_MAX) return (int64_t)below32(rng, (uint32_t)n);
    return (int64_t)below64(rng, (uint64_t)n);
}

/* Natural logarithm of x in (0, 1), within two units in the last place, by arithmetic alone: x =
 * m 2^e with m near 1, and log m = 2 atanh((m - 1) / (m + 1)). */
static double log_of(double x) {
    int exponent;
    double m = frexp(x, &exponent);
    if (m < 0.70710678118654752) {
        m *= 2;
        exponent--;
    }
    double s = (m - 1) / (m + 1), z = s * s, series = 0;
    for (int k = 21; k >= 1; k -= 2) series = series * z + 1.0 / k;
    return exponent * 0.69314718055994530942 + 2 * s * series;
}

/* Horner: c[0] + c[1] x + ... + c[7] x^7. */
static double poly7(const double c[8], double x) {
    double sum = c[7];
    for (int i = 6; i >= 0; i--) sum = sum * x + c[i];
    return sum;
}

/* Wichura 1988, AS 241, PPND16: the normal quantile for q = p - 1/2; near the middle, in the tails,
 * far out. Relative error about 1e-16. */
static const double middle_above[8] = {3.3871328727963666080e0,  1.3314166789178437745e+2,
                                       1.9715909503065514427e+3, 1.3731693765509461125e+4,
                                       4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                       3.3430575583588128105e+4, 2.5090809287301226727e+3};
static const double middle_below[8] = {1,
                                       4.2313330701600911252e+1,
                                       6.8718700749205790830e+2,
                                       5.3941960214247511077e+3,
                                       2.1213794301586595867e+4,
                                       3.9307895800092710610e+4,
                                       2.8729085735721942674e+4,
                                       5.2264952788528545610e+3};
static const double tail_above[8] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                     5.76949722146069140550e0,  3.64784832476320460504e0,
                                     1.27045825245236838258e0,  2.41780725177450611770e-1,
                                     2.27238449892691845833e-2, 7.74545014278341407640e-4};
static const double tail_below[8] = {1,
                                     2.05319162663775882187e0,
                                     1.67638483018380384940e0,
                                     6.89767334985100004550e-1,
                                     1.48103976427480074590e-1,
                                     1.51986665636164571966e-2,
                                     5.47593808499534494600e-4,
                                     1.05075007164441684324e-9};
static const double far_above[8] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                    1.78482653991729133580e0,  2.96560571828504891230e-1,
                                    2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                    2.71155556874348757815e-5, 2.01033439929228813265e-7};
static const double far_below[8] = {1,
                                    5.99832206555887937690e-1,
                                    1.36929880922735805310e-1,
                                    1.48753612908506148525e-2,
                                    7.86869131145613259100e-4,
                                    1.84631831751005468180e-5,
                                    1.42151175831644588870e-7,
                                    2.04426310338993978564e-15};

static double normal_quantile(double q) {
    if (fabs(q) <= 0.425) {
        double r = 0.180625 - q * q;
        return q * poly7(middle_above, r) / poly7(middle_below, r);
    }
    double r = sqrt(-log_of(0.5 - fabs(q)));
    double size = r <= 5 ? poly7(tail_above, r - 1.6) / poly7(tail_below, r - 1.6)
                         : poly7(far_above, r - 5) / poly7(far_below, r - 5);
    return copysign(size, q);
}

double hn_rng_normal(hn_rng *rng) {
    /* The middles of 2^52 cells: never 0 or 1, and every step is exact. */
    double p = ((double)(hn_rng_u64(rng) >> 12) + 0.5) * 0x1p-52;
    return normal_quantile(p - 0.5);
}

/* ---- orders and subsets --------------------------------------------------------------------- */

void hn_rng_shuffle(hn_rng *rng, int64_t *items, int64_t n) {
    assert(n >= 0 && (items || n == 0));
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = hn_rng_below(rng, i + 1), item = items[i];
        items[i] = items[j];
        items[j] = item;
    }
}

/* A window's runs lie all over the rows, so its rows are as mixed as those of a plain shuffle unless rows nearer
 * than a run are alike; and it is of a size that stays in memory, mostly in the cache. */
enum { RUN = 256, WINDOW = 256 * RUN };

void hn_rng_order(hn_rng *rng, int64_t *items, int64_t n) {
    assert(n >= 0 && (items || n == 0));
    int64_t n_runs = n / RUN, *runs = items + n - n_runs, filled = 0;
    if (n <= WINDOW) n_runs = 0;
    for (int64_t k = 0; k < n_runs; k++) runs[k] = k;
    hn_rng_shuffle(rng, runs, n_runs);
    for (int64_t k = 0; k < n_runs; k++) {
        int64_t begin = runs[k] * RUN; /* what is filled has not come to later runs' places yet */
        for (int64_t i = 0; i < RUN; i++) items[filled++] = begin + i;
    }
    for (int64_t i = n_runs * RUN; i < n; i++) items[filled++] = i;
    for (int64_t at = 0; at < n; at += WINDOW)
        hn_rng_shuffle(rng, items + at, n - at < WINDOW ? n - at : WINDOW);
}

static int ascending(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The first k distinct values of a sequence of draws are a fair subset. They are drawn k at first,
 * then as many as turned out to be missing. */
static void choose_few(hn_rng *rng, int64_t n, int64_t k, int64_t *ret_items) {
    int64_t have = 0;
    while (have < k) {
        for (int64_t i = have; i < k; i++) ret_items[i] = hn_rng_below(rng, n);
        qsort(ret_items, (size_t)k, sizeof *ret_items, ascending);
        have = 1;
        for (int64_t i = 1; i < k; i++)
            if (ret_items[i] != ret_items[have - 1]) ret_items[have++] = ret_items[i];
    }
}

/* Knuth, TAOCP 3.4.2, algorithm S: take each item with the chance that is due to it. */
static void choose_many(hn_rng *rng, int64_t n, int64_t k, int64_t *ret_items) {
    int64_t have = 0;
    for (int64_t i = 0; have < k; i++)
        if (hn_rng_below(rng, n - i) < k - have) ret_items[have++] = i;
}

void hn_rng_choose(hn_rng *rng, int64_t n, int64_t k, int64_t *ret_items) {
    assert(k >= 0 && k <= n && (ret_items || k == 0));
    if (k < n / 32)
        choose_few(rng, n, k, ret_items);
    else
        choose_many(rng, n, k, ret_items);
}
