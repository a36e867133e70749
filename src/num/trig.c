/* trig.c - sine, cosine and arc sine: what distances on a sphere and cyclic features need.
 *
 * Reduction by pi/2 in four parts (Cody, Waite 1980), each of 33 bits but the last, so that
 * products with a quadrant number up to 2^20 are exact; then near-minimax polynomials on [-pi/4,
 * pi/4]. */
#include "num/math.h"
#include "num/math_core.h"

/* x = quadrant pi/2 + r. */
static hn_dd reduce(double x, int *ret_quadrant) {
    double k = (x * 0x1.45f306dc9c883p-1 + HN_SHIFT) - HN_SHIFT;
    *ret_quadrant = (int)((int64_t)k & 3);
    double t = x - k * 0x1.921fb544p+0; /* exact */
    hn_dd r = hn_two_sum(t, -(k * 0x1.0b4611a6p-34));
    hn_dd s = hn_two_sum(r.hi, -(k * 0x1.3198a2ep-69));
    return hn_fast_two_sum(s.hi, (r.lo + s.lo) - k * 0x1.b839a252049c1p-104);
}

static double sin_kernel(hn_dd r) {
    double z = r.hi * r.hi;
    double p =
        -0x1.a01a019e820aep-13 +
        z * (0x1.71de37946ed6dp-19 + z * (-0x1.ae6008d114484p-26 + z * 0x1.5e0a4fc16be00p-33));
    p = -0x1.5555555555555p-3 + z * (0x1.1111111110babp-7 + z * p);
    return r.hi + (r.hi * z * p + r.lo * (1 - 0.5 * z));
}

static double cos_kernel(hn_dd r) {
    double z = r.hi * r.hi;
    double p =
        0x1.a01a019f4ddfdp-16 +
        z * (-0x1.27e4fa16cc2d1p-22 + z * (0x1.1eeb67d026ec6p-29 - z * 0x1.907cd8ff5ed8fp-37));
    p = 0x1.5555555555555p-5 + z * (-0x1.6c16c16c16963p-10 + z * p);
    hn_dd half = hn_two_product(0.5 * r.hi, r.hi);
    hn_dd w = hn_fast_two_sum(1, -half.hi);
    return w.hi + (w.lo + ((z * z * p - half.lo) - r.hi * r.lo));
}

/* sin(x + shift pi/2). */
static double wave(double x, int shift) {
    if (!(fabs(x) <= 0x1p20)) return NAN;
    int quadrant;
    hn_dd r = reduce(x, &quadrant);
    quadrant = (quadrant + shift) & 3;
    double y = quadrant & 1 ? cos_kernel(r) : sin_kernel(r);
    return quadrant & 2 ? -y : y;
}

double hn_sin(double x) {
    if (fabs(x) < 0x1p-27) return x; /* keeps the sign of zero */
    return wave(x, 0);
}

double hn_cos(double x) { return wave(x, 1); }

/* (asin(r) - r) / r for r^2 = z <= 1/4. */
static double asin_tail(double z) {
    static const double c[] = {0x1.5555555555556p-3, 0x1.3333333332ec4p-4, 0x1.6db6db6e3292ep-5,
                               0x1.f1c71c1d4aa0dp-6, 0x1.6e8bb1d89492cp-6, 0x1.1c4d343fa57eep-6,
                               0x1.c9cf3759fd9d9p-7, 0x1.78246f32cffefp-7, 0x1.524ea8b3ad906p-7,
                               0x1.653a8f8ce7ab1p-8, 0x1.1d661531bfbf6p-6, -0x1.e7a24f54b44b4p-7,
                               0x1.d781897681dfbp-6};
    double p = 0;
    for (int i = sizeof c / sizeof *c - 1; i >= 0; i--) p = p * z + c[i];
    return p * z;
}

double hn_asin(double x) {
    double a = fabs(x);
    if (!(a <= 1)) return NAN;
    if (a < 0x1p-27) return x;
    if (a < 0.5) return x + x * asin_tail(x * x);
    /* asin a = pi/2 - 2 asin(sqrt((1 - a) / 2)), with what the root rounds off. */
    double z = (1 - a) * 0.5;
    double s = sqrt(z);
    hn_dd square = hn_two_product(s, s);
    double s_lo = z == 0 ? 0 : ((z - square.hi) - square.lo) / (2 * s);
    hn_dd t = hn_fast_two_sum(0x1.921fb54442d18p+0, -2 * s);
    return copysign(t.hi + (t.lo + (0x1.1a62633145c07p-54 - 2 * (s_lo + s * asin_tail(z)))), x);
}
