/* exp.c - e^x and what is made of it: expm1, tanh, the logistic function, softmax.
 *
 * Each is one inline kernel, called once by the scalar function and in a loop by the array
 * function. Kernels carry what e^x rounds off (math_core.h), so that quotients of it stay within 1
 * ulp. */
#include "num/math.h"
#include "num/math_core.h"

HN_INLINE double exp_one(double x) {
    hn_exp_parts e = hn_exp_split(hn_exp_clamp(x), 0);
    return hn_scale(e.hi + e.lo, e.k);
}

/* The same bits with one multiplication less where |x| < 700. */
HN_INLINE double exp_near(double x) {
    hn_exp_parts e = hn_exp_split(x, 0);
    return (e.hi + e.lo) * hn_power_of_two(e.k + HN_SHIFT);
}

double hn_exp(double x) { return fabs(x) < 700 ? exp_near(x) : exp_one(x); }

HN_CLONES void hn_exp_array(const double *x, double *ret, int64_t n) {
    enum { BLOCK = 256 };
    for (int64_t begin = 0; begin < n; begin += BLOCK) {
        int64_t end = n - begin < BLOCK ? n : begin + BLOCK, near = 0;
        for (int64_t i = begin; i < end; i++) near += fabs(x[i]) < 700;
        if (near == end - begin) {
            HN_SIMD
            for (int64_t i = begin; i < end; i++) ret[i] = exp_near(x[i]);
        } else {
            HN_SIMD
            for (int64_t i = begin; i < end; i++) ret[i] = exp_one(x[i]);
        }
    }
}

/* e^-|x| as two doubles, for x of any size. */
HN_INLINE hn_dd exp_minus_abs(double x) {
    hn_exp_parts e = hn_exp_split(hn_exp_clamp(-fabs(x)), 0);
    hn_dd sum = hn_fast_two_sum(e.hi, e.lo);
    return (hn_dd){hn_scale(sum.hi, e.k), hn_scale(sum.lo, e.k)};
}

/* a / b to within half an ulp and a little; b in [1, 4]. */
HN_INLINE double divide(hn_dd a, hn_dd b) {
    double inverse = 1 / b.hi;
    double q = a.hi * inverse;
    hn_dd product = hn_two_product(q, b.hi);
    return q + (((a.hi - product.hi) - product.lo) + (a.lo - q * b.lo)) * inverse;
}

/* With e = e^-|x|: 1 / (1 + e) for x >= 0, else e / (1 + e). */
HN_INLINE double sigmoid_one(double x) {
    hn_dd e = exp_minus_abs(x);
    hn_dd below = hn_fast_two_sum(1, e.hi);
    below.lo = below.lo + e.lo;
    hn_dd above = {x >= 0 ? 1 : e.hi, x >= 0 ? 0 : e.lo};
    return divide(above, below);
}

double hn_sigmoid(double x) { return sigmoid_one(x); }

HN_CLONES void hn_sigmoid_array(const double *x, double *ret, int64_t n) {
    HN_SIMD
    for (int64_t i = 0; i < n; i++) ret[i] = sigmoid_one(x[i]);
}

/* e^x - 1 for -41 <= x <= 40: 2^k (e^r - 1) + (2^k - 1), nothing dropped. */
HN_INLINE hn_dd expm1_parts(double x) {
    hn_exp_reduced a = hn_exp_reduce(x);
    hn_dd half =
        hn_two_product(0.5 * a.r, a.r); /* a result near -1/2 + 1/2 would feel its rounding */
    hn_dd s = hn_fast_two_sum(a.r, half.hi);
    s.lo = s.lo + (half.lo + (a.r * a.r * a.r * hn_exp_cubic(a.r) + a.r_lo * (1 + a.r)));
    double power = hn_power_of_two(a.k + HN_SHIFT);
    hn_dd t = hn_two_sum(power, -1);
    hn_dd u = hn_two_sum(t.hi, power * s.hi);
    return hn_fast_two_sum(u.hi, u.lo + (t.lo + power * s.lo));
}

double hn_expm1(double x) {
    if (fabs(x) < 0x1p-54) return x; /* keeps the sign of zero */
    if (x > 40) return exp_one(x);   /* 1 is below half an ulp of it */
    if (x < -41) return -1;
    return expm1_parts(x).hi;
}

/* With t = e^2|x| - 1: t / (t + 2). Where x is tiny, 1 ulp of it comes out as x itself. */
HN_INLINE double tanh_one(double x) {
    double a = fabs(x);
    double bounded = a > 19.5 ? 19.5 : a; /* tanh(19.5) rounds to 1 */
    hn_dd above = expm1_parts(2 * bounded);
    hn_dd below = hn_two_sum(2, above.hi);
    below.lo = below.lo + above.lo;
    double q = divide(above, below);
    q = a < 0x1p-28 ? a : q;
    return copysign(q, x);
}

double hn_tanh(double x) { return tanh_one(x); }

HN_CLONES void hn_tanh_array(const double *x, double *ret, int64_t n) {
    HN_SIMD
    for (int64_t i = 0; i < n; i++) ret[i] = tanh_one(x[i]);
}

void hn_softmax(double *x, int64_t k) {
    if (k <= 0) return;
    double max = x[0];
    for (int64_t i = 1; i < k; i++) max = x[i] > max ? x[i] : max;
    double sum = 0;
    for (int64_t i = 0; i < k; i++) {
        /* inf - inf would be NaN; among infinite scores all share alike. */
        x[i] = x[i] == max ? 1 : exp_one(x[i] - max);
        sum += x[i];
    }
    for (int64_t i = 0; i < k; i++) x[i] /= sum;
}

HN_CLONES void hn_softmax_rows(double *x, int64_t n, int64_t k) {
    for (int64_t i = 0; i < n; i++) {
        double *row = x + i * k, top = row[0];
        for (int64_t c = 1; c < k; c++) top = row[c] > top ? row[c] : top;
        HN_SIMD for (int64_t c = 0; c < k; c++) row[c] = row[c] == top ? 0 : row[c] - top;
    }
    hn_exp_array(x, x, n * k);
    for (int64_t i = 0; i < n; i++) {
        double *row = x + i * k, sum = 0;
        for (int64_t c = 0; c < k; c++) sum += row[c];
        HN_SIMD for (int64_t c = 0; c < k; c++) row[c] /= sum;
    }
}
