/* dd.h - error-free sums and products, and numbers as unevaluated sums of two doubles.
 *
 * Dekker 1971, Knuth (TAOCP 2, 4.2.2). They hold for round-to-nearest without overflow, and only
 * while the compiler neither reorders nor fuses: -ffp-contract=off, never -ffast-math. */
#ifndef HN_NUM_DD_H
#define HN_NUM_DD_H

#include "num/simd.h"

/* hi + lo, |lo| <= ulp(hi) / 2. */
typedef struct hn_dd {
    double hi;
    double lo;
} hn_dd;

/* a + b exactly. */
HN_INLINE hn_dd hn_two_sum(double a, double b) {
    double s = a + b;
    double t = s - a;
    return (hn_dd){s, (a - (s - t)) + (b - t)};
}

/* a + b exactly, where |a| >= |b| or a is 0. */
HN_INLINE hn_dd hn_fast_two_sum(double a, double b) {
    double s = a + b;
    return (hn_dd){s, b - (s - a)};
}

/* a as the sum of two numbers of 26 bits each (Veltkamp); |a| < 2^995. */
HN_INLINE hn_dd hn_split(double a) {
    double t = 0x1.0000002p+27 * a;
    double hi = t - (t - a);
    return (hn_dd){hi, a - hi};
}

/* a * b exactly (unless it underflows). */
HN_INLINE hn_dd hn_two_product(double a, double b) {
    double p = a * b;
    hn_dd x = hn_split(a), y = hn_split(b);
    double e = x.hi * y.hi - p;
    e = e + x.hi * y.lo;
    e = e + x.lo * y.hi;
    return (hn_dd){p, e + x.lo * y.lo};
}

HN_INLINE hn_dd hn_dd_add(hn_dd a, hn_dd b) {
    hn_dd s = hn_two_sum(a.hi, b.hi);
    hn_dd t = hn_two_sum(a.lo, b.lo);
    s = hn_fast_two_sum(s.hi, s.lo + t.hi);
    return hn_fast_two_sum(s.hi, s.lo + t.lo);
}

HN_INLINE hn_dd hn_dd_add_double(hn_dd a, double b) {
    hn_dd s = hn_two_sum(a.hi, b);
    return hn_fast_two_sum(s.hi, s.lo + a.lo);
}

HN_INLINE hn_dd hn_dd_multiply(hn_dd a, hn_dd b) {
    hn_dd p = hn_two_product(a.hi, b.hi);
    return hn_fast_two_sum(p.hi, p.lo + (a.hi * b.lo + a.lo * b.hi));
}

#endif
