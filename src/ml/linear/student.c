/* student.c - Student's t by the incomplete beta function's continued fraction (modified Lentz;
 * Abramowitz, Stegun 26.5.8 and 26.7.1). */
#include "ml/linear/student.h"
#include "num/math.h"

static double nonzero(double x) { return fabs(x) < 1e-300 ? 1e-300 : x; }

/* The continued fraction of I_x(a, b); converges fast where x < (a + 1) / (a + b + 2). */
static double beta_fraction(double a, double b, double x) {
    double c = 1, d = 1 / nonzero(1 - (a + b) * x / (a + 1)), h = d;
    for (int m = 1; m <= 10000; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / nonzero(1 + even * d);
        c = nonzero(1 + even / c);
        h *= d * c;
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / nonzero(1 + odd * d);
        c = nonzero(1 + odd / c);
        h *= d * c;
        if (fabs(d * c - 1) < 1e-15) break;
    }
    return h;
}

/* log of the gamma function for x > 0: Stirling's series, shifted up to where it is exact enough. */
static double log_gamma(double x) {
    double shift = 0;
    for (; x < 12; x += 1) shift += hn_log(x);
    double z = 1 / (x * x);
    double series = (1.0 / 12 - z * (1.0 / 360 - z * (1.0 / 1260 - z * (1.0 / 1680 -
                    z * (1.0 / 1188 - z * (691.0 / 360360)))))) / x;
    return (x - 0.5) * hn_log(x) - x + 0.91893853320467274178 + series - shift;
}

/* I_x(a, b); y = 1 - x is given apart, so that neither end loses digits. */
static double incomplete_beta(double a, double b, double x, double y) {
    if (x <= 0) return 0;
    if (y <= 0) return 1;
    double front = hn_exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * hn_log(x) +
                          b * hn_log(y));
    if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, y) / b;
}

double hn_student_two_sided(double t, double df) {
    if (isnan(t) || !(df > 0)) return NAN;
    if (isinf(t)) return 0;
    double square = t * t;
    return incomplete_beta(df / 2, 0.5, df / (df + square), square / (df + square));
}
