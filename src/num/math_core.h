/* math_core.h - the kernels that math's functions share: e^x, and log of a number, each as an
 * unevaluated sum of two doubles.
 *
 * exp: x = k ln2 + r, |r| <= ln2 / 2, and e^r = 1 + r + r^2 q(r) with q a near-minimax polynomial
 * of degree 10 (error 1.4e-18). No table and no branch, so that array loops vectorise on any
 * machine. log: m = x 2^-k in [0.6875, 1.375) and c near 1/m, of 9 bits, from a table of 128: log x
 * = k ln2 - log c + log1p(m c - 1), where m c - 1 is had exactly (Tang 1990; the layout is as in
 * Arm's optimized routines). Around 1 the table says c = 1, so nothing cancels. */
#ifndef HN_NUM_MATH_CORE_H
#define HN_NUM_MATH_CORE_H

#include "num/dd.h"
#include <stdint.h>
#include <string.h>

/* Adding it moves a number's integer part, rounded to even, into the low bits. */
#define HN_SHIFT 0x1.8p52
#define HN_INV_LN2 0x1.71547652b82fep+0
/* ln 2 in two parts: the first has 42 bits after the point, so that k times it is exact. */
#define HN_LN2_HI 0x1.62e42fefa3800p-1
#define HN_LN2_LO 0x1.ef35793c76730p-45

HN_INLINE uint64_t hn_bits(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

HN_INLINE double hn_from_bits(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* 2^k from HN_SHIFT + k, -1022 <= k <= 1023: the shift pushes HN_SHIFT's own bits out. */
HN_INLINE double hn_power_of_two(double shifted) {
    return hn_from_bits((hn_bits(shifted) + 1023) << 52);
}

/* x = k ln2 + r + r_lo. */
typedef struct hn_exp_reduced {
    double k, r, r_lo;
} hn_exp_reduced;

HN_INLINE hn_exp_reduced hn_exp_reduce(double x) {
    double k = (x * HN_INV_LN2 + HN_SHIFT) - HN_SHIFT;
    double hi = x - k * HN_LN2_HI; /* exact */
    double lo = k * HN_LN2_LO;
    double r = hi - lo;
    return (hn_exp_reduced){k, r, (hi - r) - lo};
}

/* (e^r - 1 - r - r^2/2) / r^3. */
HN_INLINE double hn_exp_cubic(double r) {
    double r2 = r * r;
    double r4 = r2 * r2;
    double q0 = 0x1.5555555555557p-3 + r * 0x1.5555555555556p-5;
    double q1 = 0x1.11111111100dcp-7 + r * 0x1.6c16c16c162d4p-10;
    double q2 = 0x1.a01a01abe7fe1p-13 + r * 0x1.a01a01a6d889cp-16;
    double q3 = 0x1.71de0231960ebp-19 + r * 0x1.27e4db646b17ep-22;
    double q4 = 0x1.af4de97ca4194p-26 + r * 0x1.1f730349868cep-29;
    return (q0 + r2 * q1) + r4 * ((q2 + r2 * q3) + r4 * q4);
}

/* e^r - 1 - r. */
HN_INLINE double hn_exp_tail(double r) {
    double r2 = r * r;
    return 0.5 * r2 + r2 * r * hn_exp_cubic(r);
}

/* e^x = (hi + lo) 2^k for |x| <= 800 (or NaN); lo is not yet added in. */
typedef struct hn_exp_parts {
    double hi, lo, k;
} hn_exp_parts;

HN_INLINE hn_exp_parts hn_exp_split(double x, double x_lo) {
    hn_exp_reduced a = hn_exp_reduce(x);
    double one = 1 + a.r;
    double e = (1 - one) + a.r;
    double tail = hn_exp_tail(a.r);
    return (hn_exp_parts){one, e + (tail + (a.r_lo + x_lo) * (one + tail)), a.k};
}

/* y 2^k for |k| <= 2044, rounded once if at all. */
HN_INLINE double hn_scale(double y, double k) {
    double half = k * 0.5 + HN_SHIFT;
    double rest = (k - (half - HN_SHIFT)) + HN_SHIFT;
    return (y * hn_power_of_two(half)) * hn_power_of_two(rest);
}

/* Beyond these e^x is 0 or infinite. */
HN_INLINE double hn_exp_clamp(double x) {
    x = x > 800 ? 800 : x;
    return x < -800 ? -800 : x;
}

/* ---- log ------------------------------------------------------------------------------------ */

typedef struct hn_log_entry {
    double inverse;        /* c, multiple of 2^-9 */
    double log_hi, log_lo; /* -log c; log_hi is a multiple of 2^-42 */
} hn_log_entry;
extern const hn_log_entry hn_log_table[128];

/* log x = w + r-series: w exact, r + r_lo = m c - 1 exact, w_lo what w leaves out. */
typedef struct hn_log_parts {
    double w, w_lo, r, r_lo;
} hn_log_parts;

/* x positive, finite, normal, as bits; k is added to its exponent. */
HN_INLINE hn_log_parts hn_log_split(uint64_t bits, int64_t k) {
    uint64_t t = bits - 0x3fe6000000000000u;
    const hn_log_entry *entry = &hn_log_table[t >> 45 & 127];
    k += (int64_t)t >> 52;
    uint64_t m = bits - (t & 0xfffull << 52);
    double m_hi = hn_from_bits(m & ~0x7ffffffull); /* 26 bits: times c it is exact */
    double m_lo = hn_from_bits(m) - m_hi;
    double c = entry->inverse;
    hn_dd r = hn_two_sum(m_hi * c - 1, m_lo * c);
    double kd = (double)k;
    return (hn_log_parts){.w = kd * HN_LN2_HI + entry->log_hi,
                          .w_lo = kd * HN_LN2_LO + entry->log_lo,
                          .r = r.hi,
                          .r_lo = r.lo};
}

/* (log1p(r) - r + r^2/2) / r^3 for |r| <= 2^-7: the series, to r^6. */
HN_INLINE double hn_log_tail(double r) {
    double r2 = r * r;
    double p0 = 0x1.5555555555555p-2 - r * 0.25;
    double p1 = 0x1.999999999999ap-3 - r * 0x1.5555555555555p-3;
    double p2 = 0x1.2492492492492p-3 - r * 0.125;
    return p0 + r2 * (p1 + r2 * (p2 + r2 * 0x1.c71c71c71c71cp-4));
}

#endif
