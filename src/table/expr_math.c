/* expr_math.c - kernels on numbers and booleans, and those that take any kind.
 *
 * A result that is not finite is missing: so are x / 0, the log of 0 and what overflows. Functions
 * with rounding of their own are num/math.h's, so that features have the same bits everywhere. */
#include "table/expr_internal.h"
#include "num/math.h"
#include "num/simd.h"

#include <string.h>

/* Adding 0 turns -0 into 0, which reads better and is one category as a text. */
static inline double or_missing(double x) {
    return fabs(x) <= 0x1.fffffffffffffp1023 ? x + 0.0 : (double)NAN;
}

#define NUMBERS(call, i) ((const double *)(call)->args[i])
#define TRUTHS(call, i) ((const int8_t *)(call)->args[i])

/* out[i] = value, in terms of x[i] (and y[i]). */
#define UNARY(name, value)                                                                         \
    hone_status hn_kernel_##name(const hn_call *call) {                                            \
        const double *a = NUMBERS(call, 0);                                                        \
        double *restrict out = call->out;                                                          \
        for (int64_t i = 0; i < call->n; i++) {                                                    \
            double x = a[i];                                                                       \
            out[i] = or_missing(value);                                                            \
        }                                                                                          \
        return HONE_OK;                                                                            \
    }
#define BINARY(name, value)                                                                        \
    hone_status hn_kernel_##name(const hn_call *call) {                                            \
        const double *a = NUMBERS(call, 0), *b = NUMBERS(call, 1);                                 \
        double *restrict out = call->out;                                                          \
        for (int64_t i = 0; i < call->n; i++) {                                                    \
            double x = a[i], y = b[i];                                                             \
            out[i] = or_missing(value);                                                            \
        }                                                                                          \
        return HONE_OK;                                                                            \
    }

/* The remainder with the divisor's sign, as in x - y floor(x / y); fmod is exact. */
static double modulo(double x, double y) {
    double r = fmod(x, y);
    return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}

static double power(double x, double y) {
    if (x != x || y != y) return NAN; /* C has pow(NaN, 0) = 1 */
    return hn_pow(x, y);
}

static const double HALF_PI = 0x1.921fb54442d18p0;

static double arc_sine(double x) { return fabs(x) <= 1 ? hn_asin(x) : (double)NAN; }

/* By the sine of the same angle, of the complement's beyond 45 degrees. */
static double arc_tangent(double x) {
    double z = fabs(x);
    double angle = z <= 1   ? hn_asin(z / sqrt(1 + z * z))
                   : z == z ? HALF_PI - hn_asin(1 / z / sqrt(1 + 1 / z / z))
                            : z;
    return x < 0 ? -angle : angle;
}

static double arc_tangent2(double y, double x) {
    if (x != x || y != y) return NAN;
    if (x == 0) return y > 0 ? HALF_PI : y < 0 ? -HALF_PI : 0;
    double angle = arc_tangent(y / x);
    return x > 0 ? angle : angle + (y < 0 ? -2 : 2) * HALF_PI;
}

/* The power is near; a step of Newton's makes cubes exact. */
static double cube_root(double x) {
    if (!(x > 0)) return x;
    double r = hn_pow(x, 1.0 / 3);
    return r - (r - x / (r * r)) / 3;
}

BINARY(add, x + y)
BINARY(subtract, x - y)
BINARY(multiply, x *y)
BINARY(divide, x / y)
BINARY(modulo, modulo(x, y))
BINARY(power, power(x, y))
UNARY(negate, -x)
UNARY(abs, fabs(x))
UNARY(sign, x > 0 ? 1 : x < 0 ? -1 : x)
UNARY(floor, floor(x))
UNARY(ceil, ceil(x))
UNARY(sqrt, sqrt(x))
UNARY(log, hn_log(x))
UNARY(log2, hn_log2(x))
UNARY(log10, hn_log10(x))
UNARY(log1p, hn_log1p(x))
UNARY(expm1, hn_expm1(x))
UNARY(sin, hn_sin(x))
UNARY(cos, hn_cos(x))
UNARY(tan, hn_sin(x) / hn_cos(x))
UNARY(asin, arc_sine(x))
UNARY(acos, HALF_PI - arc_sine(x))
UNARY(atan, arc_tangent(x))
BINARY(atan2, arc_tangent2(x, y))
UNARY(tanh, hn_tanh(x))
UNARY(sigmoid, x == x ? hn_sigmoid(x) : x)
UNARY(degrees, x *(180 / 0x1.921fb54442d18p1))
UNARY(radians, x *(0x1.921fb54442d18p1 / 180))
UNARY(trunc, trunc(x))
UNARY(cbrt, x < 0 ? -cube_root(-x) : cube_root(x))

hone_status hn_kernel_exp(const hn_call *call) {
    double *out = call->out;
    hn_exp_array(NUMBERS(call, 0), out, call->n);
    for (int64_t i = 0; i < call->n; i++) out[i] = or_missing(out[i]);
    return HONE_OK;
}

/* Halves go away from zero: what people write down. */
hone_status hn_kernel_round(const hn_call *call) {
    const double *x = NUMBERS(call, 0);
    double *out = call->out, digits = call->literals[0].number;
    double scale = hn_pow(10, fabs(digits));
    for (int64_t i = 0; i < call->n; i++) {
        double y = digits >= 0 ? round(x[i] * scale) / scale : round(x[i] / scale) * scale;
        /* Too large to have such digits: it is its own rounding. */
        out[i] = or_missing(fabs(x[i]) > 0x1p52 && digits >= 0 ? x[i] : y);
    }
    return HONE_OK;
}

static hone_status fold(const hn_call *call, bool largest) {
    double *out = call->out;
    memcpy(out, call->args[0], (size_t)call->n * sizeof *out);
    for (int32_t k = 1; k < call->n_args; k++) {
        const double *x = NUMBERS(call, k);
        for (int64_t i = 0; i < call->n; i++) {
            bool take = largest ? x[i] > out[i] : x[i] < out[i];
            if (take || x[i] != x[i]) out[i] = x[i];
        }
    }
    return HONE_OK;
}

hone_status hn_kernel_min(const hn_call *call) { return fold(call, false); }
hone_status hn_kernel_max(const hn_call *call) { return fold(call, true); }

/* What is missing is left out. */
static hone_status fold_present(const hn_call *call, bool largest) {
    double *out = call->out;
    memcpy(out, call->args[0], (size_t)call->n * sizeof *out);
    for (int32_t k = 1; k < call->n_args; k++) {
        const double *x = NUMBERS(call, k);
        for (int64_t i = 0; i < call->n; i++)
            if ((largest ? x[i] > out[i] : x[i] < out[i]) || out[i] != out[i]) out[i] = x[i];
    }
    return HONE_OK;
}

hone_status hn_kernel_least(const hn_call *call) { return fold_present(call, false); }
hone_status hn_kernel_greatest(const hn_call *call) { return fold_present(call, true); }

static hone_status add_present(const hn_call *call, bool mean) {
    double *out = call->out;
    for (int64_t i = 0; i < call->n; i++) {
        double sum = 0;
        int32_t n = 0;
        for (int32_t k = 0; k < call->n_args; k++) {
            double x = NUMBERS(call, k)[i];
            if (x != x) continue;
            sum += x;
            n++;
        }
        out[i] = n > 0 ? or_missing(mean ? sum / n : sum) : (double)NAN;
    }
    return HONE_OK;
}

hone_status hn_kernel_sum(const hn_call *call) { return add_present(call, false); }
hone_status hn_kernel_mean(const hn_call *call) { return add_present(call, true); }

hone_status hn_kernel_clip(const hn_call *call) {
    const double *x = NUMBERS(call, 0), *low = NUMBERS(call, 1), *high = NUMBERS(call, 2);
    double *out = call->out;
    for (int64_t i = 0; i < call->n; i++) {
        double y = x[i] < low[i] ? low[i] : x[i] > high[i] ? high[i] : x[i];
        out[i] = low[i] <= high[i] ? y : (double)NAN;
    }
    return HONE_OK;
}

/* The interval (edges[k], edges[k + 1]] of x, or -1: pandas.cut's default. */
static int64_t interval_of(const hn_literal *edges, double x) {
    int64_t low = 0, high = edges->n; /* the first edge >= x */
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (edges->numbers[middle] < x)
            low = middle + 1;
        else
            high = middle;
    }
    return x != x || low == edges->n ? -1 : low - 1;
}

hone_status hn_kernel_cut(const hn_call *call) {
    const double *x = NUMBERS(call, 0);
    double *out = call->out;
    for (int64_t i = 0; i < call->n; i++) {
        int64_t k = interval_of(&call->literals[0], x[i]);
        out[i] = k < 0 ? (double)NAN : (double)k;
    }
    return HONE_OK;
}

hone_status hn_kernel_cut_labels(const hn_call *call) {
    const double *x = NUMBERS(call, 0);
    hn_slice *out = call->out;
    for (int64_t i = 0; i < call->n; i++) {
        int64_t k = interval_of(&call->literals[0], x[i]);
        out[i] = k < 0 ? (hn_slice){NULL, 0} : call->literals[1].texts[k];
    }
    return HONE_OK;
}

/* Kilometres on a sphere of the Earth's mean radius (IUGG: 6371.0088 km); Sinnott 1984. */
static double haversine(double lat1, double lon1, double lat2, double lon2) {
    const double degree = 0x1.1df46a2529d39p-6;
    if (!(fabs(lat1) <= 90 && fabs(lat2) <= 90 && fabs(lon1) <= 360 && fabs(lon2) <= 360))
        return NAN;
    double s = hn_sin(0.5 * (lat2 - lat1) * degree), t = hn_sin(0.5 * (lon2 - lon1) * degree);
    double h = s * s + hn_cos(lat1 * degree) * hn_cos(lat2 * degree) * (t * t);
    return 2 * 6371.0088 * hn_asin(sqrt(h < 1 ? h : 1));
}

hone_status hn_kernel_haversine(const hn_call *call) {
    const double *a = NUMBERS(call, 0), *b = NUMBERS(call, 1), *c = NUMBERS(call, 2),
                 *d = NUMBERS(call, 3);
    double *out = call->out;
    for (int64_t i = 0; i < call->n; i++) out[i] = haversine(a[i], b[i], c[i], d[i]);
    return HONE_OK;
}

/* ---- booleans: missing is "don't know" (Kleene) ---------------------------------------------- */

hone_status hn_kernel_and(const hn_call *call) {
    const int8_t *a = TRUTHS(call, 0), *b = TRUTHS(call, 1);
    int8_t *out = call->out;
    for (int64_t i = 0; i < call->n; i++)
        out[i] = a[i] == 0 || b[i] == 0 ? 0 : a[i] < 0 || b[i] < 0 ? HN_NO_TRUTH : 1;
    return HONE_OK;
}

hone_status hn_kernel_or(const hn_call *call) {
    const int8_t *a = TRUTHS(call, 0), *b = TRUTHS(call, 1);
    int8_t *out = call->out;
    for (int64_t i = 0; i < call->n; i++)
        out[i] = a[i] == 1 || b[i] == 1 ? 1 : a[i] < 0 || b[i] < 0 ? HN_NO_TRUTH : 0;
    return HONE_OK;
}

hone_status hn_kernel_not(const hn_call *call) {
    const int8_t *a = TRUTHS(call, 0);
    int8_t *out = call->out;
    for (int64_t i = 0; i < call->n; i++) out[i] = a[i] < 0 ? HN_NO_TRUTH : !a[i];
    return HONE_OK;
}

hone_status hn_kernel_truth_to_number(const hn_call *call) {
    const int8_t *a = TRUTHS(call, 0);
    double *out = call->out;
    for (int64_t i = 0; i < call->n; i++) out[i] = a[i] < 0 ? (double)NAN : a[i];
    return HONE_OK;
}
