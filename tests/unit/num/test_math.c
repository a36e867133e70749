/* exp, log and their kin: error against long double, special values, arrays equal to scalars. */
#include "unit/support.h"
#include "base/rng.h"
#include "num/math.h"
#include <float.h>
#include <string.h>

enum { DRAWS = 200000 };

static double ulp_of(double y) {
    int exponent;
    frexp(fabs(y), &exponent);
    double ulp = ldexp(1, exponent - 53);
    return ulp < 0x1p-1074 ? 0x1p-1074 : ulp;
}

typedef double scalar(double x);
typedef long double exact(long double x);

static long double exact_sigmoid(long double x) {
    return x >= 0 ? 1 / (1 + expl(-x)) : expl(x) / (1 + expl(x));
}

static long double exact_softplus(long double x) {
    return x > 0 ? x + log1pl(expl(-x)) : log1pl(expl(x));
}

/* x over [low, high], or over all exponents where low is 0. */
static double draw(hn_rng *rng, double low, double high) {
    if (low != 0) return low + (high - low) * hn_rng_uniform(rng);
    double x = ldexp(1 + hn_rng_uniform(rng), (int)hn_rng_below(rng, 2000) - 1040);
    return hn_rng_u32(rng) & 1 ? x : -x;
}

static void check_error(const char *name, scalar *f, exact *wanted, double low, double high,
                        double ulps) {
    if (LDBL_MANT_DIG < 60) skip();
    hn_rng rng = hn_rng_make(1, hn_stream(name, 0));
    for (int i = 0; i < DRAWS; i++) {
        double x = draw(&rng, low, high), got = f(x);
        long double want = wanted((long double)x);
        if (isnan(got) && isnan((double)want)) continue;
        if (isinf((double)want) || isinf(got)) {
            /* a value that rounds to the largest double may go either way */
            if (got != (double)want && fabsl(want) < 1.79e308L)
                fail_msg("%s(%a) = %a", name, x, got);
            continue;
        }
        double error = (double)(fabsl((long double)got - want) / (long double)ulp_of((double)want));
        if (!(error <= ulps)) fail_msg("%s(%a) = %a, off by %.3f ulp", name, x, got, error);
    }
}

static void within_one_ulp(void **state) {
    (void)state;
    check_error("exp", hn_exp, expl, -1, 1, 0.8);
    check_error("exp", hn_exp, expl, -750, 712, 0.8);
    check_error("exp", hn_exp, expl, 0, 0, 0.8);
    check_error("log", hn_log, logl, 0.5, 2, 0.6);
    check_error("log", hn_log, logl, 0, 0, 0.6);
    check_error("log2", hn_log2, log2l, 0.5, 2, 0.6);
    check_error("log10", hn_log10, log10l, 0, 0, 0.6);
    check_error("log1p", hn_log1p, log1pl, -0.999, 2, 0.8);
    check_error("log1p", hn_log1p, log1pl, 0, 0, 0.8);
    check_error("expm1", hn_expm1, expm1l, -1, 1, 0.8);
    check_error("expm1", hn_expm1, expm1l, -60, 60, 0.8);
    check_error("expm1", hn_expm1, expm1l, 0, 0, 0.8);
    check_error("tanh", hn_tanh, tanhl, -1, 1, 0.8);
    check_error("tanh", hn_tanh, tanhl, -25, 25, 0.8);
    check_error("tanh", hn_tanh, tanhl, 0, 0, 0.8);
    check_error("sigmoid", hn_sigmoid, exact_sigmoid, -40, 40, 0.8);
    check_error("sigmoid", hn_sigmoid, exact_sigmoid, -750, 40, 0.8);
    check_error("softplus", hn_softplus, exact_softplus, -3, 3, 0.8);
    check_error("softplus", hn_softplus, exact_softplus, -750, 750, 0.8);
    check_error("sin", hn_sin, sinl, -1000, 1000, 1);
    check_error("cos", hn_cos, cosl, -1000, 1000, 1);
    check_error("asin", hn_asin, asinl, -1, 1, 2);
}

static void powers(void **state) {
    (void)state;
    hn_rng rng = hn_rng_make(2, 0);
    for (int i = 0; i < DRAWS && LDBL_MANT_DIG >= 60; i++) {
        double x = hn_exp(1400 * hn_rng_uniform(&rng) - 700);
        double y = i % 2 ? 2 * hn_rng_uniform(&rng) - 1 : floor(20 * hn_rng_uniform(&rng)) - 10;
        if (i % 3 == 0) x = 1 + 1e-3 * hn_rng_normal(&rng);
        double got = hn_pow(x, y);
        long double want = powl((long double)x, (long double)y);
        if (isinf(got) || isinf((double)want))
            assert_true(got == (double)want);
        else if (fabsl((long double)got - want) > 0.8L * (long double)ulp_of((double)want))
            fail_msg("pow(%a, %a) = %a", x, y, got);
    }
    for (int base = 2; base < 100; base++) {
        double exactly = 1;
        for (int e = 1; (exactly *= base) < 0x1p53; e++)
            assert_same_double(hn_pow(base, e), exactly);
    }
    assert_same_double(hn_pow(-2, 3), -8.0);
    assert_same_double(hn_pow(-8, 1.0 / 3), (double)NAN);
    assert_same_double(hn_pow(0, -1), (double)INFINITY);
    assert_same_double(hn_pow(-0.0, -3), (double)-INFINITY);
    assert_same_double(hn_pow(-0.0, 3), -0.0);
    assert_same_double(hn_pow(-0.0, 4), 0.0);
    assert_same_double(hn_pow(NAN, 0), 1.0);
    assert_same_double(hn_pow(1, NAN), 1.0);
    assert_same_double(hn_pow(-1, INFINITY), 1.0);
    assert_same_double(hn_pow(0.5, INFINITY), 0.0);
    assert_same_double(hn_pow(0.5, -INFINITY), (double)INFINITY);
    assert_same_double(hn_pow(-INFINITY, 3), (double)-INFINITY);
    assert_same_double(hn_pow(-INFINITY, -2), 0.0);
    assert_same_double(hn_pow(4, 0.5), 2.0);
    assert_same_double(hn_pow(2, -1074), 0x1p-1074);
    assert_same_double(hn_pow(2, 1e300), (double)INFINITY);
}

static void special_values(void **state) {
    (void)state;
    assert_same_double(hn_exp(0), 1.0);
    assert_same_double(hn_exp(-INFINITY), 0.0);
    assert_same_double(hn_exp(INFINITY), (double)INFINITY);
    assert_same_double(hn_exp(1e300), (double)INFINITY);
    assert_same_double(hn_exp(NAN), (double)NAN);
    assert_same_double(hn_log(0), (double)-INFINITY);
    assert_same_double(hn_log(-0.0), (double)-INFINITY);
    assert_same_double(hn_log(-1), (double)NAN);
    assert_same_double(hn_log(INFINITY), (double)INFINITY);
    assert_same_double(hn_log(NAN), (double)NAN);
    assert_same_double(hn_log(1), 0.0);
    assert_same_double(hn_log(-INFINITY), (double)NAN);
    assert_same_double(hn_log1p(-0.0), -0.0);
    assert_same_double(hn_log1p(-1), (double)-INFINITY);
    assert_same_double(hn_log1p(-2), (double)NAN);
    assert_same_double(hn_log1p(INFINITY), (double)INFINITY);
    assert_same_double(hn_expm1(-0.0), -0.0);
    assert_same_double(hn_expm1(-INFINITY), -1.0);
    assert_same_double(hn_expm1(INFINITY), (double)INFINITY);
    assert_same_double(hn_expm1(NAN), (double)NAN);
    assert_same_double(hn_tanh(-0.0), -0.0);
    assert_same_double(hn_tanh(INFINITY), 1.0);
    assert_same_double(hn_tanh(-1e300), -1.0);
    assert_same_double(hn_tanh(NAN), (double)NAN);
    assert_same_double(hn_sigmoid(INFINITY), 1.0);
    assert_same_double(hn_sigmoid(-INFINITY), 0.0);
    assert_same_double(hn_sigmoid(0), 0.5);
    assert_same_double(hn_sigmoid(NAN), (double)NAN);
    assert_same_double(hn_softplus(INFINITY), (double)INFINITY);
    assert_same_double(hn_softplus(-INFINITY), 0.0);
    assert_same_double(hn_softplus(NAN), (double)NAN);
    assert_same_double(hn_sin(-0.0), -0.0);
    assert_same_double(hn_sin(INFINITY), (double)NAN);
    assert_same_double(hn_cos(0), 1.0);
    assert_same_double(hn_asin(1.5), (double)NAN);
    for (int k = -1074; k < 1024; k++) assert_same_double(hn_log2(ldexp(1, k)), (double)k);
    double ten = 1;
    for (int k = 0; k <= 22; k++, ten *= 10) assert_same_double(hn_log10(ten), (double)k);
}

/* Fixed points: a change of any bit of these is a change of every model's predictions. */
static void golden_bits(void **state) {
    (void)state;
    assert_same_double(hn_exp(1), 0x1.5bf0a8b145769p+1);
    assert_same_double(hn_log(10), 0x1.26bb1bbb55516p+1);
    assert_same_double(hn_tanh(0.5), 0x1.d9353d7568af3p-2);
    assert_same_double(hn_sigmoid(-2.5), 0x1.36b7112534847p-4);
    assert_same_double(hn_pow(2.5, 1.7), 0x1.2fdcf53f3e6f3p+2);
    assert_same_double(hn_normal_cdf(1.96), 0x1.f33379d3bd368p-1);
    assert_same_double(hn_normal_quantile(0.975), 0x1.f5c0331eeff82p+0);
}

static void arrays_have_the_same_bits(void **state) {
    (void)state;
    enum { N = 4099 };
    static double x[N], y[N];
    hn_rng rng = hn_rng_make(3, 0);
    for (int i = 0; i < N; i++) x[i] = i % 5 ? 40 * hn_rng_normal(&rng) : draw(&rng, 0, 0);
    x[0] = NAN;
    x[1] = INFINITY;
    x[2] = -INFINITY;
    x[3] = -0.0;
    static const struct {
        void (*array)(const double *, double *, int64_t);
        double (*one)(double);
    } pairs[] = {{hn_exp_array, hn_exp},
                 {hn_log_array, hn_log},
                 {hn_sigmoid_array, hn_sigmoid},
                 {hn_tanh_array, hn_tanh}};
    for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++)
        for (int n = 0; n < N; n = n < 20 ? n + 1 : n * 3 + 1) {
            pairs[k].array(x, y, n);
            for (int i = 0; i < n; i++) assert_same_double(y[i], pairs[k].one(x[i]));
        }
}

static void softmax(void **state) {
    (void)state;
    double a[] = {1, 2, 3};
    hn_softmax(a, 3);
    assert_near(a[0] + a[1] + a[2], 1, 1e-15);
    assert_near(a[2], 0.66524095577482189, 1e-15);
    double b[] = {-1e300, 1e300, 1e300};
    hn_softmax(b, 3);
    assert_same_double(b[1], 0.5);
    double c[] = {INFINITY, 0, INFINITY};
    hn_softmax(c, 3);
    assert_same_double(c[0], 0.5);
    hn_softmax(c, 0);
}

static void normal_distribution(void **state) {
    (void)state;
    for (int i = 0; i < 100000; i++) {
        double x = -37 + i * 45e-5;
        if (LDBL_MANT_DIG < 60) skip();
        long double want = 0.5L * erfcl(-(long double)x * 0.70710678118654752440084436210485L);
        if (fabsl((long double)hn_normal_cdf(x) / want - 1) > 2e-15L) fail_msg("cdf(%g)", x);
    }
    assert_same_double(hn_normal_cdf(0), 0.5);
    assert_same_double(hn_normal_cdf(-INFINITY), 0.0);
    assert_same_double(hn_normal_cdf(INFINITY), 1.0);
    assert_same_double(hn_normal_cdf(NAN), (double)NAN);
    assert_near(hn_normal_quantile(0.975), 1.9599639845400542, 1e-15);
    assert_near(hn_normal_quantile(1e-300), -37.0471, 1e-4);
    assert_same_double(hn_normal_quantile(0.5), 0.0);
    assert_same_double(hn_normal_quantile(0), (double)-INFINITY);
    assert_same_double(hn_normal_quantile(1), (double)INFINITY);
    assert_same_double(hn_normal_quantile(1.1), (double)NAN);
    for (int i = 1; i < 1000; i++)
        assert_near(hn_normal_cdf(hn_normal_quantile(i / 1000.0)), i / 1000.0, 1e-15);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(within_one_ulp),
        cmocka_unit_test(powers),
        cmocka_unit_test(special_values),
        cmocka_unit_test(golden_bits),
        cmocka_unit_test(arrays_have_the_same_bits),
        cmocka_unit_test(softmax),
        cmocka_unit_test(normal_distribution),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
