/* normal.c - the normal distribution function and its inverse.
 *
 * The function: Cody 1969 (Math. Comp. 23, 631-637), rational Chebyshev approximations of erf and
 * erfc. The quantile: Wichura 1988 (Applied Statistics 37, AS 241, PPND16). */
#include "num/math.h"
#include <stddef.h>

/* c[0] + c[1] x + ... + c[n-1] x^(n-1). */
static double polynomial(const double *c, size_t n, double x) {
    double y = c[n - 1];
    for (size_t i = n - 1; i-- > 0;) y = y * x + c[i];
    return y;
}
#define POLYNOMIAL(c, x) polynomial((c), sizeof(c) / sizeof *(c), (x))

/* e^(-x^2/2), x >= 0: x is cut to 4 bits after the point so that its square is exact. */
static double exp_half_square(double x) {
    double cut = trunc(x * 16) / 16;
    return hn_exp(-0.5 * cut * cut) * hn_exp(-0.5 * (x - cut) * (x + cut));
}

static double erf_small(double x) /* |x| <= 0.46875 */
{
    static const double p[] = {3.20937758913846947e03, 3.77485237685302021e02,
                               1.13864154151050156e02, 3.16112374387056560e00,
                               1.85777706184603153e-1};
    static const double q[] = {2.84423683343917062e03, 1.28261652607737228e03,
                               2.44024637934444173e02, 2.36012909523441209e01, 1};
    return x * POLYNOMIAL(p, x * x) / POLYNOMIAL(q, x * x);
}

/* erfc(x) e^(x^2) */
static double erfc_middle(double x) /* 0.46875 <= x <= 4 */
{
    static const double p[] = {
        1.23033935479799725e03, 2.05107837782607147e03, 1.71204761263407058e03,
        8.81952221241769090e02, 2.98635138197400131e02, 6.61191906371416295e01,
        8.88314979438837594e00, 5.64188496988670089e-1, 2.15311535474403846e-8};
    static const double q[] = {
        1.23033935480374942e03, 3.43936767414372164e03, 4.36261909014324716e03,
        3.29079923573345963e03, 1.62138957456669019e03, 5.37181101862009858e02,
        1.17693950891312499e02, 1.57449261107098347e01, 1};
    return POLYNOMIAL(p, x) / POLYNOMIAL(q, x);
}

static double erfc_large(double x) /* x >= 4, likewise */
{
    static const double p[] = {6.58749161529837803e-4, 1.60837851487422766e-2,
                               1.25781726111229246e-1, 3.60344899949804439e-1,
                               3.05326634961232344e-1, 1.63153871373020978e-2};
    static const double q[] = {2.33520497626869185e-3, 6.05183413124413191e-2,
                               5.27905102951428412e-1, 1.87295284992346725e00,
                               2.56852019228982242e00, 1};
    static const double inv_sqrt_pi = 5.6418958354775628695e-1;
    double z = 1 / (x * x);
    double r = z * POLYNOMIAL(p, z) / POLYNOMIAL(q, z);
    return (inv_sqrt_pi - r) / x;
}

double hn_normal_cdf(double x) {
    if (x != x) return x;
    double z = fabs(x) * 0x1.6a09e667f3bcdp-1; /* |x| / sqrt 2 */
    if (z <= 0.46875) return 0.5 + 0.5 * copysign(erf_small(z), x);
    double tail =
        z > 40 ? 0 : 0.5 * exp_half_square(fabs(x)) * (z <= 4 ? erfc_middle(z) : erfc_large(z));
    return x < 0 ? tail : 1 - tail;
}

double hn_normal_quantile(double p) {
    static const double a[] = {3.3871328727963666080e0,  1.3314166789178437745e+2,
                               1.9715909503065514427e+3, 1.3731693765509461125e+4,
                               4.5921953931549871457e+4, 6.7265770927008700853e+4,
                               3.3430575583588128105e+4, 2.5090809287301226727e+3};
    static const double b[] = {1,
                               4.2313330701600911252e+1,
                               6.8718700749205790830e+2,
                               5.3941960214247511077e+3,
                               2.1213794301586595867e+4,
                               3.9307895800092710610e+4,
                               2.8729085735721942674e+4,
                               5.2264952788528545610e+3};
    static const double c[] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                               5.76949722146069140550e0,  3.64784832476320460504e0,
                               1.27045825245236838258e0,  2.41780725177450611770e-1,
                               2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double d[] = {1,
                               2.05319162663775882187e0,
                               1.67638483018380384940e0,
                               6.89767334985100004550e-1,
                               1.48103976427480074590e-1,
                               1.51986665636164571966e-2,
                               5.47593808499534494600e-4,
                               1.05075007164441684324e-9};
    static const double e[] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                               1.78482653991729133580e0,  2.96560571828504891230e-1,
                               2.65321895265761230930e-2, 1.24266094738807843860e-3,
                               2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double f[] = {1,
                               5.99832206555887937690e-1,
                               1.36929880922735805310e-1,
                               1.48753612908506148525e-2,
                               7.86869131145613259100e-4,
                               1.84631831751005468180e-5,
                               1.42151175831644588870e-7,
                               2.04426310338993978564e-15};
    if (!(p >= 0 && p <= 1)) return NAN;
    double q = p - 0.5;
    if (fabs(q) <= 0.425) {
        double r = 0.180625 - q * q;
        return q * POLYNOMIAL(a, r) / POLYNOMIAL(b, r);
    }
    double tail = q < 0 ? p : 1 - p;
    if (tail == 0) return copysign(INFINITY, q);
    double r = sqrt(-hn_log(tail));
    double x = r <= 5 ? POLYNOMIAL(c, r - 1.6) / POLYNOMIAL(d, r - 1.6)
                      : POLYNOMIAL(e, r - 5) / POLYNOMIAL(f, r - 5);
    return copysign(x, q);
}
