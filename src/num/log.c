/* log.c - log and its kin, and powers; see math_core.h for the method.
 *
 * log_of gives one rounding error and a little; log_exactly gives the logarithm as two doubles, for
 * what is multiplied afterwards: log2, log10 and pow. */
#include "num/math.h"
#include "num/math_core.h"

/* Positive, finite and normal, by bits. */
HN_INLINE bool is_ordinary(uint64_t bits) {
    return bits - 0x0010000000000000u < 0x7fe0000000000000u;
}

/* log x for what is_ordinary leaves: zero, subnormal (then *ret_bits, *ret_k are set and true is
 * returned), negative, infinite, NaN. */
static bool log_special(double x, uint64_t *ret_bits, int64_t *ret_k, double *ret_value) {
    if (x > 0 && x < INFINITY) {
        *ret_bits = hn_bits(x * 0x1p52);
        *ret_k = -52;
        return true;
    }
    if (x == 0)
        *ret_value = -INFINITY;
    else if (x < 0)
        *ret_value = NAN;
    else
        *ret_value = x;
    return false;
}

/* log(x + c), where c is less than an ulp of x and c_over_x is their quotient. */
HN_INLINE hn_dd log_of(uint64_t bits, int64_t k, double c_over_x) {
    hn_log_parts p = hn_log_split(bits, k);
    hn_dd s = hn_two_sum(p.w, p.r);
    double r2 = p.r * p.r;
    double tail = r2 * p.r * hn_log_tail(p.r) - 0.5 * r2;
    return (hn_dd){s.hi, s.lo + (tail + (p.w_lo + (p.r_lo + c_over_x)))};
}

/* log x with a relative error of about 2^-66. */
static hn_dd log_exactly(uint64_t bits, int64_t k) {
    hn_log_parts p = hn_log_split(bits, k);
    hn_dd half = hn_two_product(0.5 * p.r, p.r); /* r^2 / 2 */
    hn_dd a = hn_two_sum(p.w, p.r);
    hn_dd b = hn_two_sum(a.hi, -half.hi);
    double small = p.w_lo + (p.r_lo - p.r * p.r_lo);
    small = small + p.r * p.r * p.r * hn_log_tail(p.r);
    hn_dd c = hn_two_sum(b.hi, small);
    return hn_fast_two_sum(c.hi, c.lo + ((a.lo + b.lo) - half.lo));
}

HN_INLINE double log_one(double x) {
    uint64_t bits = hn_bits(x);
    int64_t k = 0;
    double special;
    if (!is_ordinary(bits) && !log_special(x, &bits, &k, &special)) return special;
    hn_dd y = log_of(bits, k, 0);
    return y.hi + y.lo;
}

double hn_log(double x) { return log_one(x); }

void hn_log_array(const double *x, double *ret, int64_t n) {
    for (int64_t i = 0; i < n; i++) ret[i] = log_one(x[i]);
}

static double log_times(double x, hn_dd factor) {
    uint64_t bits = hn_bits(x);
    int64_t k = 0;
    double special;
    if (!is_ordinary(bits) && !log_special(x, &bits, &k, &special)) return special;
    hn_dd y = hn_dd_multiply(log_exactly(bits, k), factor);
    return y.hi + y.lo;
}

double hn_log2(double x) {
    return log_times(x, (hn_dd){0x1.71547652b82fep+0, 0x1.777d0ffda0d24p-56});
}

double hn_log10(double x) {
    return log_times(x, (hn_dd){0x1.bcb7b1526e50ep-2, 0x1.95355baaafad3p-57});
}

double hn_log1p(double x) {
    if (!(x > -1 && x < INFINITY)) return x == -1 ? -INFINITY : x < -1 ? NAN : x;
    if (fabs(x) < 0x1p-54) return x; /* keeps the sign of zero */
    hn_dd u = hn_two_sum(1, x);
    hn_dd y = log_of(hn_bits(u.hi), 0, u.lo / u.hi);
    return y.hi + y.lo;
}

/* max(x, 0) + log1p(e^-|x|). */
double hn_softplus(double x) {
    if (x != x) return x;
    hn_exp_parts e = hn_exp_split(hn_exp_clamp(-fabs(x)), 0);
    hn_dd sum = hn_fast_two_sum(e.hi, e.lo);
    if (x < -30) { /* e^x - e^2x / 2 */
        double half = 0.5 * hn_scale(sum.hi, e.k) * sum.hi;
        return hn_scale(sum.hi + (sum.lo - half), e.k);
    }
    hn_dd u = hn_two_sum(1, hn_scale(sum.hi, e.k));
    hn_dd y = log_of(hn_bits(u.hi), 0, (u.lo + hn_scale(sum.lo, e.k)) / u.hi);
    if (!(x > 0)) return y.hi + y.lo;
    hn_dd z = hn_two_sum(x, y.hi);
    return z.hi == INFINITY ? z.hi : z.hi + (z.lo + y.lo);
}

/* x > 0 and finite, y finite. */
static double power_of_positive(double x, double y) {
    if (x == 1) return 1;
    if (fabs(y) > 0x1p64) return (x > 1) == (y > 0) ? INFINITY : 0;
    if (fabs(y) < 0x1p-65) return 1;
    uint64_t bits = hn_bits(x);
    int64_t k = 0;
    double special;
    if (!is_ordinary(bits)) log_special(x, &bits, &k, &special);
    hn_dd l = log_exactly(bits, k);
    hn_dd t = hn_two_product(y, l.hi);
    double low = t.lo + y * l.lo;
    /* Out of range: no matter then what the low part says. */
    if (fabs(t.hi) > 800) return t.hi > 0 ? INFINITY : 0;
    hn_exp_parts e = hn_exp_split(t.hi, low);
    return hn_scale(e.hi + e.lo, e.k);
}

double hn_pow(double x, double y) {
    if (y == 0 || x == 1) return 1;
    if (x != x || y != y) return x + y;
    if (y == 1) return x;
    if (y == 2) return x * x;
    if (y == -1) return 1 / x;
    /* From 2^53 on every double is an even integer. */
    bool is_integer = fabs(y) >= 0x1p53 || y == floor(y);
    bool is_odd = is_integer && fabs(y) < 0x1p53 && floor(y * 0.5) != y * 0.5;
    double a = fabs(x);
    double value;
    if (isinf(y)) {
        if (a == 1) return 1;
        return (a > 1) == (y > 0) ? INFINITY : 0;
    }
    if (a == 0)
        value = y > 0 ? 0 : INFINITY;
    else if (isinf(a))
        value = y > 0 ? INFINITY : 0;
    else if (x < 0 && !is_integer)
        return NAN;
    else
        value = power_of_positive(a, y);
    return is_odd ? copysign(value, x) : value;
}
