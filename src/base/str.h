/* str.h - a growing byte string, always NUL-terminated, whose memory comes from an arena.
 *
 * A failed allocation sticks: later appends do nothing and hn_str_status tells. So a writer appends
 * freely and checks once.
 *
 * Its arena must outlive it; a caller's scratch may be appended to from inner HN_SCRATCH blocks. */
#ifndef HN_BASE_STR_H
#define HN_BASE_STR_H

#include "base/ctx.h"

typedef struct hn_str {
    hone_ctx *ctx;
    hn_arena *arena;
    char *text; /* never NULL after init; "" when empty */
    size_t length;
    size_t capacity;
    hone_status status;
} hn_str;

void hn_str_init(hn_str *str, hone_ctx *ctx, hn_arena *arena);
/* Empty again; memory is kept, a failure too. */
void hn_str_clear(hn_str *str);
/* Room for length more bytes, so that appending them does not allocate. */
void hn_str_reserve(hn_str *str, size_t length);
void hn_str_put(hn_str *str, const char *text);
void hn_str_put_n(hn_str *str, const char *bytes, size_t length);
void hn_str_put_c(hn_str *str, char c);
void hn_str_printf(hn_str *str, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* As hn_format_double. printf's %g and %f depend on the host program's locale: use this instead. */
void hn_str_put_double(hn_str *str, double value);
hone_status hn_str_status(const hn_str *str);

/* Borrowed text that need not end in NUL. */
typedef struct hn_slice {
    const char *text;
    size_t length;
} hn_slice;

/* The shortest decimal that reads back as the same double: "1", "0.1", "-0", "1e100"; NaN and
 * infinities as "nan", "inf", "-inf". Into buffer (at least 32 bytes, NUL-terminated); returns its
 * length. */
size_t hn_format_double(double value, char *buffer);
/* The whole slice as a number: optional sign, digits, point, exponent; inf, infinity and nan in any
 * case. False if anything is left over or nothing is there. Correctly rounded; too large is infinite. */
bool hn_parse_double(hn_slice text, double *ret_value);
/* The whole slice as optional sign and decimal digits; false also where it doesn't fit. */
bool hn_parse_int(hn_slice text, int64_t *ret_value);
/* A number of bytes: digits, perhaps with a fraction, then perhaps K, M, G or T (powers of 1024, "B" or "iB"
 * after them changes nothing). */
bool hn_parse_bytes(hn_slice text, int64_t *ret_value);

/* Of the count words (nul-terminated), the one nearest to word by edit distance, or NULL when none is
 * near enough to be worth suggesting (more than a third of its letters wrong). Case, and - for _, count
 * for nothing; swapped neighbours count once. Of equally near ones the first. */
const char *hn_nearest(const char *word, const char *const *words, size_t count);

#endif
