/* raw_number.h - numbers and times as other formats keep them in bytes. */
#ifndef HN_TABLE_RAW_NUMBER_H
#define HN_TABLE_RAW_NUMBER_H

#include "base/ctx.h"

/* IEEE 754's half precision. */
float hn_half_float(uint16_t half);

/* A whole number in two's complement, the lowest byte first, length bytes (HN_DECIMAL_LONGEST at most), times
 * 10^-scale (up to 1000 either way): the nearest double. */
enum { HN_DECIMAL_LONGEST = 64 };
double hn_decimal_double(const unsigned char *bytes, size_t length, int scale);

/* value * multiply / divide (both positive), cut towards the past; false on overflow. */
bool hn_scale_time(int64_t value, int64_t multiply, int64_t divide, int64_t *ret_value);

#endif
