/* raw_number.c - see raw_number.h. */
#include "table/raw_number.h"

#include "base/number.h"
#include "base/str.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

float hn_half_float(uint16_t half) {
    int exponent = half >> 10 & 31, mantissa = half & 1023;
    double value = exponent == 31  ? (mantissa ? (double)NAN : (double)INFINITY)
                   : exponent == 0 ? ldexp(mantissa, -24)
                                   : ldexp(mantissa + 1024, exponent - 25);
    return (float)(half >> 15 ? -value : value);
}

enum { LIMBS = HN_DECIMAL_LONGEST / 4, NINE = 1000000000 };

/* Divided by 10^9; returns the rest. */
static uint32_t cut_nine(uint32_t *limbs) {
    uint64_t rest = 0;
    for (int i = LIMBS - 1; i >= 0; i--) {
        rest = rest << 32 | limbs[i];
        limbs[i] = (uint32_t)(rest / NINE);
        rest %= NINE;
    }
    return (uint32_t)rest;
}

static bool is_zero(const uint32_t *limbs) {
    for (int i = 0; i < LIMBS; i++)
        if (limbs[i]) return false;
    return true;
}

/* Through text, so that the double is the nearest one. */
static double long_decimal(uint32_t *limbs, bool negative, int scale) {
    char text[192], *end = text + 176, *begin = end;
    double value = (double)NAN;
    do {
        uint32_t nine = cut_nine(limbs);
        for (int k = 0; k < 9; k++, nine /= 10) *--begin = (char)('0' + nine % 10);
    } while (!is_zero(limbs));
    if (negative) *--begin = '-';
    end += snprintf(end, 16, "e%d", -scale);
    (void)hn_parse_double((hn_slice){begin, (size_t)(end - begin)}, &value);
    return value;
}

double hn_decimal_double(const unsigned char *bytes, size_t length, int scale) {
    uint32_t limbs[LIMBS];
    assert(length <= HN_DECIMAL_LONGEST);
    bool negative = length > 0 && bytes[length - 1] >> 7;
    memset(limbs, negative ? 0xff : 0, sizeof limbs);
    memcpy(limbs, bytes, length);
    uint64_t carry = negative, more = 0;
    for (int i = 0; i < LIMBS; i++) {
        if (negative) {
            carry += (uint32_t)~limbs[i];
            limbs[i] = (uint32_t)carry;
            carry >>= 32;
        }
        if (i >= 2) more |= limbs[i];
    }
    uint64_t whole = (uint64_t)limbs[1] << 32 | limbs[0];
    if (more || whole > (uint64_t)1 << 53 || scale < 0 || scale >= HN_EXACT_POWERS)
        return long_decimal(limbs, negative, scale);
    /* Both are doubles, so one division rounds right. */
    double value = (double)whole / hn_exact_powers[scale];
    return negative ? -value : value;
}

bool hn_scale_time(int64_t value, int64_t multiply, int64_t divide, int64_t *ret_value) {
    int64_t scaled;
    if (__builtin_mul_overflow(value, multiply, &scaled)) return false;
    *ret_value = scaled / divide - (scaled % divide < 0);
    return true;
}
