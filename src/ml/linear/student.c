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

/* log of gamma(a + 1/2) / gamma(a), a > 0, without the cancellation of two large logs: the asymptotic
 * series, from a shifted up to where it is exact (Tricomi, Erdelyi 1951). */
static double log_half_ratio(double a) {
    double shift = 0;
    for (; a < 20; a += 1) shift += hn_log(a / (a + 0.5));
    double z = 1 / (a * a);
    return shift + 0.5 * hn_log(a) -
           (1.0 / 8 - z * (1.0 / 192 - z * (1.0 / 640 - z * (17.0 / 14336)))) / a;
}

/* I_x(a, 1/2); y = 1 - x is given apart, so that neither end loses digits. */
static double incomplete_beta_half(double a, double x, double y) {
    static const double LOG_SQRT_PI = 0.57236494292470008707;
    if (x <= 0) return 0;
    if (y <= 0) return 1;
    double log_x = y < 0.5 ? hn_log1p(-y) : hn_log(x);
    double front = hn_exp(log_half_ratio(a) - LOG_SQRT_PI + a * log_x + 0.5 * hn_log(y));
    if (x < (a + 1) / (a + 2.5)) return front * beta_fraction(a, 0.5, x) / a;
    return 1 - front * beta_fraction(0.5, a, y) / 0.5;
}

double hn_student_two_sided(double t, double df) {
    if (isnan(t) || !(df > 0)) return NAN;
    if (isinf(t)) return 0;
    double square = t * t;
    return incomplete_beta_half(df / 2, df / (df + square), square / (df + square));
}
