#!/usr/bin/env python3
"""Writes src/num/log_table.c (to standard output); needs mpmath. Run by hand, the result is kept."""
from mpmath import floor, log, mp, mpf, nint

mp.prec = 200
OFFSET = 0x3FE6000000000000


def number(bits):
    """The positive double with these bits, exactly."""
    return mpf(2) ** ((bits >> 52) - 1023) * (1 + mpf(bits & (1 << 52) - 1) / 2**52)


print("""/* log_table.c - for i of 128: c, a multiple of 2^-9 near 1/m in the i-th part of [0.6875, 1.375), and
 * -log c in two parts. Written by scripts/make_log_table.py; see math_core.h. */
#include "num/math_core.h"

const hn_log_entry hn_log_table[128] = {""")
worst = 0
for i in range(128):
    low, high = number(OFFSET + (i << 45)), number(OFFSET + ((i + 1) << 45))
    inverse = nint(512 * 2 / (low + high)) / 512
    if low == 1 or high == 1:
        inverse = mpf(1)
    worst = max(worst, abs(low * inverse - 1), abs(high * inverse - 1))
    exact = -log(inverse)
    first = floor(exact * 2**42) / 2**42
    print("    {%s, %s, %s}," % tuple(float(x).hex() for x in (inverse, first, exact - first)))
print("};")
assert worst <= mpf(2) ** -7, worst
