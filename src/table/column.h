/* column.h - a typed column with nulls: a view, it owns nothing.
 *
 * Invariants:
 *   - values of element i stand at (char *)values + i * stride (strings: see offsets);
 *   - valid is a bitmap in Arrow's order (bit i of byte i/8, from the lowest) shifted by valid_offset
 *     bits; NULL means no nulls; the value under a null may be anything;
 *   - a floating-point NaN is missing too: "missing" means null or NaN everywhere in hone;
 *   - a category's codes are int32: 0 .. dictionary->n - 1, or HN_UNKNOWN for a text that the
 *     dictionary does not have (an unseen category at prediction time).
 */
#ifndef HN_TABLE_COLUMN_H
#define HN_TABLE_COLUMN_H

#include "base/str.h"
#include <math.h>

typedef enum hn_type {
    HN_F64,      /* double */
    HN_F32,      /* float */
    HN_I64,      /* int64_t */
    HN_BOOL,     /* uint8_t, 0 or 1 */
    HN_CATEGORY, /* int32_t code into dictionary */
    HN_STRING,   /* bytes between offsets[i] and offsets[i + 1] */
    HN_TIME,     /* int64_t microseconds since 1970-01-01T00:00:00Z */
    HN_TYPE_COUNT
} hn_type;

enum { HN_UNKNOWN = -1 };

/* Texts by code, in a fixed order. Learned dictionaries are sorted bytewise.
 *
 * An open one (known is not NULL) goes on where another ends: codes below known->n are that one's, and
 * offsets and bytes hold the others only, in order of appearance. So a text that training did not see is kept
 * for who reads texts (HN_READS_TEXT in spec/estimator.h); nobody else meets such a dictionary. */
typedef struct hn_dictionary {
    int32_t n;
    const int64_t *offsets; /* n + 1; of an open one n - known->n + 1 */
    const char *bytes;
    const struct hn_dictionary *known;
} hn_dictionary;

typedef struct hn_column {
    const char *name;
    hn_type type;
    int64_t n;
    const void *values;     /* strings: the bytes */
    int64_t stride;         /* bytes from one element to the next */
    const int64_t *offsets; /* strings only: n + 1 */
    const uint8_t *valid;
    int64_t valid_offset;
    const hn_dictionary *dictionary; /* categories only */
} hn_column;

const char *hn_type_name(
    hn_type type); /* "float64", "float32", "int64", "bool", "category", "string", "timestamp" */
bool hn_type_parse(const char *name, hn_type *ret_type);
bool hn_type_is_numeric(hn_type type); /* f64, f32, i64, bool */
size_t hn_type_size(hn_type type);     /* bytes of one element; strings 0 */

/* Columns over plain arrays. */
hn_column hn_column_of_f64(const char *name, const double *values, int64_t n);

static inline bool hn_column_is_null(const hn_column *column, int64_t i) {
    if (column->valid == NULL) return false;
    int64_t bit = i + column->valid_offset;
    return (column->valid[bit >> 3] >> (bit & 7) & 1) == 0;
}

/* Null, NaN. (An unknown category is not missing, but reads as NaN below.) */
bool hn_column_is_missing(const hn_column *column, int64_t i);
int64_t hn_column_count_missing(const hn_column *column);

/* Element i as a double: number, 0/1, code, microseconds; NaN where missing, unknown, or a string. */
double hn_column_double(const hn_column *column, int64_t i);
/* Elements begin..end-1 the same way, to out[0], out[out_stride], ... (stride in doubles). */
void hn_column_doubles(const hn_column *column, int64_t begin, int64_t end, double *out,
                       int64_t out_stride);
/* Code of a category element: HN_UNKNOWN if unknown; *ret_missing (may be NULL) tells a null. */
static inline int32_t hn_column_code(const hn_column *column, int64_t i) {
    return *(const int32_t *)((const char *)column->values + i * column->stride);
}
/* Text of a string or category element; length 0 and text NULL where missing or unknown. */
hn_slice hn_column_text(const hn_column *column, int64_t i);
/* Any element as people read it (shortest round-trip numbers, ISO timestamps, true/false, "" where
 * missing), appended to str. A float32 prints as the double it equals, so that whoever reads it as a
 * double has the same number. */
void hn_column_print(const hn_column *column, int64_t i, hn_str *str);

static inline hn_slice hn_dictionary_text(const hn_dictionary *dictionary, int32_t code) {
    if (dictionary->known != NULL) {
        if (code >= dictionary->known->n)
            code -= dictionary->known->n;
        else
            dictionary = dictionary->known;
    }
    int64_t begin = dictionary->offsets[code];
    return (hn_slice){dictionary->bytes + begin, (size_t)(dictionary->offsets[code + 1] - begin)};
}
/* Code of a text in a bytewise-sorted dictionary by bisection; HN_UNKNOWN if absent. Of an open one the texts
 * that it adds are not looked at. */
int32_t hn_dictionary_find(const hn_dictionary *dictionary, hn_slice text);
/* Strictly ascending: sorted, no text twice. */
bool hn_dictionary_is_sorted(const hn_dictionary *dictionary);
/* Bytewise order, a prefix before what it begins: negative, 0, positive. */
int hn_slice_compare(hn_slice a, hn_slice b);

/* ---- building ---------------------------------------------------------------------------------
 * A builder gathers values in an arena; finish makes the column. HN_CATEGORY always gives a category
 * with a bytewise-sorted dictionary. HN_STRING lets the values decide: a category, or strings where
 * nearly every value differs (hn_text_is_free). Under a null stands NaN, 0 or HN_UNKNOWN. */
typedef struct hn_builder hn_builder;
hone_status hn_builder_new(hone_ctx *ctx, hn_arena *arena, const char *name, hn_type type,
                           hn_builder **ret_builder) HONE_MUST_CHECK;
hone_status hn_builder_null(hn_builder *builder) HONE_MUST_CHECK;
hone_status hn_builder_double(hn_builder *builder, double value) HONE_MUST_CHECK; /* f64, f32 */
hone_status hn_builder_int(hn_builder *builder,
                           int64_t value) HONE_MUST_CHECK; /* i64, bool, time */
hone_status hn_builder_text(hn_builder *builder,
                            hn_slice text) HONE_MUST_CHECK; /* category, string */
hone_status hn_builder_finish(hn_builder *builder, hn_column *ret_column) HONE_MUST_CHECK;

/* Whether texts are better kept as strings than as a category: of at least 20 present values nine in
 * ten differ, or half of them do and they are long (64 bytes on average), as sentences are. */
bool hn_text_is_free(int64_t n_present, int64_t n_distinct, int64_t distinct_bytes);

/* A mutable validity bitmap of n set bits in arena, and clearing one. */
hone_status hn_valid_new(hone_ctx *ctx, hn_arena *arena, int64_t n,
                         uint8_t **ret_valid) HONE_MUST_CHECK;
static inline void hn_valid_clear(uint8_t *valid, int64_t i) {
    valid[i >> 3] &= (uint8_t) ~(1u << (i & 7));
}

/* ISO 8601 date or timestamp ("2024-05-01", "2024-05-01 13:05:00.25", "...Z", "...+02:00"). */
bool hn_time_parse(hn_slice text, int64_t *ret_microseconds);
/* "2024-05-01T13:05:00.25", or "2024-05-01" with date_only; NUL-terminated; returns the length. */
enum { HN_TIME_SIZE = 40 };
size_t hn_time_format(int64_t microseconds, bool date_only, char buffer[HN_TIME_SIZE]);
bool hn_time_is_date(int64_t microseconds); /* midnight UTC */

/* An integer as text into buffer (at least 24 bytes); returns the length. (Doubles: hn_format_double.) */
size_t hn_format_int(int64_t value, char *buffer);

#endif
