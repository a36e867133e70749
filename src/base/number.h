/* number.h - the common form of numbers in text, read in line: for loops over the cells of a file. The rest of number.c
 * is declared in str.h. */
#ifndef HN_BASE_NUMBER_H
#define HN_BASE_NUMBER_H

#include "base/str.h"

#include <string.h>
#ifdef __SSSE3__
#include <tmmintrin.h>
#endif

/* Powers of ten that are doubles: with a whole number up to 2^53, one operation rounds right. */
enum { HN_EXACT_POWERS = 23 };
extern const double hn_exact_powers[HN_EXACT_POWERS];

/* The first n <= 16 of 16 bytes as a number, its point left out; *ret_point: where that stands, n where nowhere.
 * False: they hold something else. */
#ifdef __SSSE3__
static inline bool hn_read_digits(const char *at, size_t n, uint64_t *ret_digits,
                                  size_t *ret_point) {
    const __m128i nine = _mm_set1_epi8(9);
    const __m128i order = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
    unsigned points = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('.')));
    size_t point = (size_t)__builtin_ctz(points | 1u << n);
    /* To the right end, what stands before the point one further; zeros before all. */
    __m128i from = _mm_add_epi8(order, _mm_set1_epi8((char)(n - 16)));
    __m128i behind = _mm_set1_epi8((char)(point < n ? (int)point : -100));
    from = _mm_add_epi8(from, _mm_cmpgt_epi8(_mm_sub_epi8(behind, from), _mm_set1_epi8(-1)));
    __m128i digits = _mm_shuffle_epi8(_mm_sub_epi8(bytes, _mm_set1_epi8('0')), from);
    __m128i good = _mm_cmpeq_epi8(_mm_max_epu8(digits, nine), nine);
    __m128i twos = _mm_maddubs_epi16(digits, _mm_set1_epi16(0x010a));
    __m128i fours = _mm_madd_epi16(twos, _mm_set1_epi32(0x00010064));
    __m128i eights = _mm_madd_epi16(_mm_packs_epi32(fours, fours), _mm_set1_epi32(0x00012710));
    uint64_t both = (uint64_t)_mm_cvtsi128_si64(eights);
    *ret_digits = (both & UINT32_MAX) * 100000000 + (both >> 32);
    *ret_point = point < n ? point : n;
    return _mm_movemask_epi8(good) == 0xffff;
}
#else
static inline bool hn_read_digits(const char *at, size_t n, uint64_t *ret_digits,
                                  size_t *ret_point) {
    *ret_digits = 0;
    *ret_point = n;
    for (size_t i = 0; i < n; i++) {
        unsigned digit = (unsigned)(at[i] - '0');
        if (digit <= 9)
            *ret_digits = *ret_digits * 10 + digit;
        else if (at[i] == '.' && *ret_point == n)
            *ret_point = i;
        else
            return false;
    }
    return true;
}
#endif

/* At most 15 digits with a point among them, and a sign before: what most numbers are. False: hn_parse_double may know
 * more. end: up to where bytes can be read, behind text or beyond. */
static inline bool hn_parse_plain(hn_slice text, const char *end, double *ret_value) {
    char copy[16];
    bool negative = text.length > 0 && text.text[0] == '-';
    const char *at = text.text + negative;
    size_t n = text.length - negative, point;
    uint64_t digits;
    if (n == 0 || n > 16) return false;
    if (end - at < 16) at = memcpy(copy, at, n);
    if (!hn_read_digits(at, n, &digits, &point) || point == 0 || (n == 16 && point == n) ||
        (*at == '0' && n > 1 && point != 1))
        return false;
    double value = (double)(int64_t)digits; /* exact: below 2^53 */
    if (point < n) value /= hn_exact_powers[n - 1 - point];
    *ret_value = negative ? -value : value;
    return true;
}

#endif
