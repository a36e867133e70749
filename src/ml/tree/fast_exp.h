/* fast_exp.h - exp for gradients: 1e-9 relative and branchless, so that loops over rows use all lanes. (Scores
 * proper are made with num/math.h.) */
#ifndef HN_ML_TREE_FAST_EXP_H
#define HN_ML_TREE_FAST_EXP_H

#include "num/simd.h"
#include <stdint.h>

/* |x| is cut at 700. Cody-Waite reduction, degree 7 on |r| <= log(2)/2. */
HN_INLINE double hn_fast_exp(double x) {
    x = x < -700 ? -700 : x > 700 ? 700 : x;
    const double shift = 0x1.8p52;
    double k = x * 0x1.71547652b82fep0 + shift;
    union {
        double d;
        uint64_t u;
    } bits = {.d = k}, power;
    k -= shift;
    double r = x - k * 0x1.62e42fefa38p-1;
    r = r - k * 0x1.ef35793c7673p-45;
    double p = 1.0 / 5040;
    p = p * r + 1.0 / 720;
    p = p * r + 1.0 / 120;
    p = p * r + 1.0 / 24;
    p = p * r + 1.0 / 6;
    p = p * r + 0.5;
    p = p * r + 1;
    p = p * r + 1;
    power.u = (bits.u + 1023) << 52;
    return p * power.d;
}

#endif
