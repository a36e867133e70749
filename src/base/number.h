/* number.h - the common form of numbers in text, read in line: for loops over the cells of a file. The rest of number.c
 * is declared in str.h. */
#ifndef HN_BASE_NUMBER_H
#define HN_BASE_NUMBER_H

#include "base/str.h"

/* Powers of ten that are doubles: with a whole number up to 2^53, one operation rounds right. */
enum { HN_EXACT_POWERS = 23 };
extern const double hn_exact_powers[HN_EXACT_POWERS];

/* Digits with a point among them, and a sign before: what most numbers are. False: hn_parse_double may know more. */
static inline bool hn_parse_plain(hn_slice text, double *ret_value) {
    const char *at = text.text, *end = at + text.length, *point = NULL;
    bool negative = text.length > 0 && *at == '-';
    at += negative;
    size_t length = (size_t)(end - at);
    if (length == 0 || length > 15 || (*at == '0' && length > 1 && at[1] != '.') || *at == '.')
        return false;
    uint64_t digits = 0;
    for (; at < end; at++) {
        unsigned digit = (unsigned)(*at - '0');
        if (digit <= 9) {
            digits = digits * 10 + digit;
        } else {
            if (*at != '.' || point != NULL) return false;
            point = at;
        }
    }
    double value = (double)digits;
    if (point != NULL) value /= hn_exact_powers[end - point - 1];
    *ret_value = negative ? -value : value;
    return true;
}

#endif
