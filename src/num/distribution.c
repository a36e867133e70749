/* distribution.c - gamma and beta functions, and the distributions made of them; see distribution.h. */
#include "num/distribution.h"
#include "num/math.h"
#include <float.h>

enum { TERMS = 100000 };

static const double HALF_LOG_TWO_PI = 0.91893853320467274178, LOG_SQRT_PI = 0.57236494292470008707;

/* ---- gamma ---------------------------------------------------------------------------------- */

/* log gamma(x) - (x - 1/2) log x + x - log(2 pi) / 2 for x >= 10: Stirling's series. */
static double stirling(double x) {
    double z = 1 / (x * x);
    return (1.0 / 12 -
            z * (1.0 / 360 -
                 z * (1.0 / 1260 -
                      z * (1.0 / 1680 - z * (1.0 / 1188 - z * (691.0 / 360360 - z / 156.0)))))) /
           x;
}

double hn_log_gamma(double x) {
    if (!(x > 0)) return NAN;
    if (isinf(x)) return x;
    double product = 1;
    for (; x < 10; x += 1) product *= x;
    return (x - 0.5) * hn_log(x) - x + HALF_LOG_TWO_PI + stirling(x) -
           (product == 1 ? 0 : hn_log(product));
}

/* log of gamma(a + 1/2) / gamma(a), a > 0: the asymptotic series, from a shifted up to where it is exact
 * (Tricomi, Erdelyi 1951). */
static double log_half_ratio(double a) {
    double shift = 0;
    for (; a < 20; a += 1) shift += hn_log(a / (a + 0.5));
    double z = 1 / (a * a);
    return shift + 0.5 * hn_log(a) -
           (1.0 / 8 - z * (1.0 / 192 - z * (1.0 / 640 - z * (17.0 / 14336)))) / a;
}

/* The asymptotic series (Abramowitz, Stegun 6.3.18) beyond 16, reached by psi(x) = psi(x + 1) - 1 / x. */
double hn_digamma(double x) {
    if (!(x > 0)) return (double)NAN;
    double below = 0;
    for (; x < 16; x++) below += 1 / x;
    double w = 1 / (x * x);
    double tail = w * (1.0 / 12 - w * (1.0 / 120 - w * (1.0 / 252 - w * (1.0 / 240 - w / 132))));
    return hn_log(x) - 0.5 / x - tail - below;
}

double hn_log_beta(double a, double b) {
    if (!(a > 0 && b > 0)) return NAN;
    double low = fmin(a, b), high = fmax(a, b);
    if (low == 0.5) return LOG_SQRT_PI - log_half_ratio(high);
    if (high < 10) return hn_log_gamma(a) + hn_log_gamma(b) - hn_log_gamma(a + b);
    double rest = stirling(high) - stirling(low + high);
    /* log of gamma(high) / gamma(low + high), its large parts taken together. */
    double ratio = rest - (high - 0.5) * hn_log1p(low / high) - low * hn_log(low + high) + low;
    return hn_log_gamma(low) + ratio;
}

/* log of x^a exp(-x) / gamma(a), whose large parts cancel where x is near a. */
static double log_gamma_front(double a, double x) {
    if (a < 10) return a * hn_log(x) - x - hn_log_gamma(a);
    double d = (x - a) / a;
    double near = fabs(d) < 0.5 ? hn_log1p(d) - d : hn_log(x / a) - d;
    return a * near + 0.5 * hn_log(a) - HALF_LOG_TWO_PI - stirling(a);
}

static double gamma_series(double a, double x) {
    double term = 1 / a, sum = term;
    for (int k = 1; k < TERMS && term > sum * (DBL_EPSILON / 4); k++) {
        term *= x / (a + k);
        sum += term;
    }
    return hn_exp(log_gamma_front(a, x)) * sum;
}

static double nonzero(double x) { return fabs(x) < 1e-300 ? 1e-300 : x; }

static double gamma_fraction(double a, double x) {
    double b = x + 1 - a, c = 1 / 1e-300, d = 1 / nonzero(b), h = d;
    for (int k = 1; k < TERMS; k++) {
        double factor = -k * (k - a);
        b += 2;
        d = 1 / nonzero(factor * d + b);
        c = nonzero(b + factor / c);
        h *= d * c;
        if (fabs(d * c - 1) < DBL_EPSILON) break;
    }
    return hn_exp(log_gamma_front(a, x)) * h;
}

double hn_gamma_lower(double a, double x) {
    if (!(a > 0) || isnan(x)) return NAN;
    if (x <= 0) return 0;
    if (isinf(x)) return 1;
    return x < a + 1 ? gamma_series(a, x) : 1 - gamma_fraction(a, x);
}

double hn_gamma_upper(double a, double x) {
    if (!(a > 0) || isnan(x)) return NAN;
    if (x <= 0) return 1;
    if (isinf(x)) return 0;
    return x < a + 1 ? 1 - gamma_series(a, x) : gamma_fraction(a, x);
}

/* ---- beta ----------------------------------------------------------------------------------- */

/* The continued fraction of I_x(a, b); converges fast where x < (a + 1) / (a + b + 2). */
static double beta_fraction(double a, double b, double x) {
    double c = 1, d = 1 / nonzero(1 - (a + b) * x / (a + 1)), h = d;
    for (int m = 1; m <= TERMS; m++) {
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

static double log_of(double x, double rest) { return rest < 0.5 ? hn_log1p(-rest) : hn_log(x); }

double hn_beta_incomplete(double a, double b, double x, double y) {
    if (!(a > 0 && b > 0) || isnan(x) || isnan(y)) return NAN;
    if (x <= 0) return 0;
    if (y <= 0) return 1;
    double front = hn_exp(a * log_of(x, y) + b * log_of(y, x) - hn_log_beta(a, b));
    if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, y) / b;
}

/* ---- distributions -------------------------------------------------------------------------- */

double hn_normal_two_sided(double z) { return 2 * hn_normal_cdf(-fabs(z)); }

double hn_student_two_sided(double t, double df) {
    if (isnan(t) || !(df > 0)) return NAN;
    if (isinf(df)) return hn_normal_two_sided(t);
    if (isinf(t)) return 0;
    double square = t * t;
    return hn_beta_incomplete(df / 2, 0.5, df / (df + square), square / (df + square));
}

double hn_student_cdf(double t, double df) {
    double tails = hn_student_two_sided(t, df);
    return t < 0 ? tails / 2 : 1 - tails / 2;
}

double hn_chi2_above(double x, double df) { return hn_gamma_upper(df / 2, x / 2); }

double hn_chi2_quantile(double p, double df) {
    if (!(p >= 0 && p <= 1 && df > 0)) return NAN;
    if (p == 0) return 0;
    if (p == 1) return INFINITY;
    double low = 0, high = df + 10;
    while (hn_chi2_above(high, df) > 1 - p) high *= 2;
    for (int i = 0; i < 200 && high - low > 4e-16 * high; i++) {
        double middle = (low + high) / 2;
        if (hn_chi2_above(middle, df) > 1 - p)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

double hn_f_above(double x, double df1, double df2) {
    if (isnan(x) || !(df1 > 0 && df2 > 0)) return NAN;
    if (x <= 0) return 1;
    if (isinf(x)) return 0;
    double whole = df2 + df1 * x;
    return hn_beta_incomplete(df2 / 2, df1 / 2, df2 / whole, df1 * x / whole);
}
