/* parquet_values.c - what stored values mean: numbers and times as columns have them, and texts; see parquet.h. */
#include "table/parquet.h"
#include "table/raw_number.h"

#include <stdio.h>
#include <string.h>

static const int64_t DAY = 86400;
static const int64_t MICROSECONDS = 1000000;

bool hn_parquet_is_same(const hn_parquet_column *column) {
    switch (column->meaning) {
    case HN_PARQUET_BOOL:
    case HN_PARQUET_REAL: return true;
    case HN_PARQUET_INT: return column->storage == HN_PARQUET_INT64;
    case HN_PARQUET_TIME:
        return column->storage == HN_PARQUET_INT64 && column->second == MICROSECONDS;
    default: return false;
    }
}

/* ---- numbers --------------------------------------------------------------------------------- */

static void convert_ints(const hn_parquet_column *c, const void *values, int64_t n, void *out) {
    const int32_t *narrow = values;
    const uint32_t *positive = values;
    const uint64_t *huge = values;
    for (int64_t i = 0; i < n; i++) {
        if (c->storage == HN_PARQUET_INT64)
            ((double *)out)[i] = (double)huge[i];
        else
            ((int64_t *)out)[i] =
                c->meaning == HN_PARQUET_INT ? (int64_t)narrow[i] : (int64_t)positive[i];
    }
}

static double decimal(const hn_parquet_column *c, const unsigned char *highest, size_t length) {
    unsigned char bytes[HN_DECIMAL_LONGEST];
    for (size_t i = 0; i < length; i++) bytes[i] = highest[length - 1 - i];
    return hn_decimal_double(bytes, length, c->scale);
}

static hone_status convert_decimals(hone_ctx *ctx, const hn_parquet_cursor *cursor,
                                    const void *values, int64_t n, double *out) {
    const hn_parquet_column *c = &cursor->file->columns[cursor->column];
    const unsigned char *at = values;
    bool whole = c->storage == HN_PARQUET_INT32 || c->storage == HN_PARQUET_INT64;
    for (int64_t i = 0; i < n; i++) {
        hn_slice text = {(const char *)at + i * c->width, (size_t)c->width};
        if (c->storage == HN_PARQUET_BYTES) text = ((const hn_slice *)values)[i];
        if (text.length > HN_DECIMAL_LONGEST)
            return hn_parquet_damaged(ctx, cursor, "a decimal has more than 64 bytes");
        out[i] = whole ? hn_decimal_double((const unsigned char *)text.text, text.length, c->scale)
                       : decimal(c, (const unsigned char *)text.text, text.length);
    }
    return HONE_OK;
}

static void convert_halves(const uint16_t *values, int64_t n, float *out) {
    for (int64_t i = 0; i < n; i++) out[i] = hn_half_float(values[i]);
}

/* ---- times ----------------------------------------------------------------------------------- */

/* Times that never come, as DuckDB writes them, are the largest number, with or without a sign. */
static bool scale_time(const hn_parquet_column *c, const unsigned char *at, int64_t *ret_time) {
    int64_t wide = 0;
    int32_t narrow;
    if (c->meaning == HN_PARQUET_DATE) {
        memcpy(&narrow, at, 4);
        *ret_time = INT64_MAX;
        if (narrow == INT32_MAX || narrow == -INT32_MAX) return true;
        return hn_scale_time(narrow, DAY * MICROSECONDS, 1, ret_time);
    }
    memcpy(&wide, at, 8);
    if (c->storage == HN_PARQUET_INT96) { /* a Julian day behind the nanoseconds */
        memcpy(&narrow, at + 8, 4);
        int64_t days = (int64_t)narrow - 2440588, time;
        return hn_scale_time(days, DAY * MICROSECONDS, 1, &time) &&
               !__builtin_add_overflow(time, wide / 1000 - (wide % 1000 < 0), ret_time);
    }
    bool never = wide == INT64_MAX || wide == -INT64_MAX;
    bool finer = c->second > MICROSECONDS;
    *ret_time = INT64_MAX;
    return never || hn_scale_time(wide, finer ? 1 : MICROSECONDS / c->second,
                                  finer ? c->second / MICROSECONDS : 1, ret_time);
}

static hone_status convert_times(hone_ctx *ctx, const hn_parquet_cursor *cursor,
                                 const unsigned char *values, int64_t n, int64_t *out) {
    const hn_parquet_column *c = &cursor->file->columns[cursor->column];
    for (int64_t i = 0; i < n; i++)
        if (!scale_time(c, values + i * c->width, &out[i]))
            return hn_fail_at(ctx, HONE_ERROR_DATA,
                              HN_AT(.file = cursor->file->shown, .column = c->name),
                              "%s: column '%.200s' holds a time beyond the year 290000; leave the "
                              "column out, or mend it",
                              cursor->file->shown, c->name);
    return HONE_OK;
}

hone_status hn_parquet_convert(hone_ctx *ctx, const hn_parquet_cursor *cursor, const void *values,
                               int64_t n, void *out) {
    const hn_parquet_column *c = &cursor->file->columns[cursor->column];
    switch (c->meaning) {
    case HN_PARQUET_INT:
    case HN_PARQUET_UNSIGNED: convert_ints(c, values, n, out); return HONE_OK;
    case HN_PARQUET_HALF: convert_halves(values, n, out); return HONE_OK;
    case HN_PARQUET_DECIMAL: return convert_decimals(ctx, cursor, values, n, out);
    default: return convert_times(ctx, cursor, values, n, out);
    }
}

/* ---- texts ----------------------------------------------------------------------------------- */

/* Printable letters, and "\x0A" for the others and what could be taken for one. */
static size_t write_blob(hn_slice bytes, char *to) {
    static const char digits[] = "0123456789ABCDEF";
    char *begin = to;
    for (size_t i = 0; i < bytes.length; i++) {
        unsigned char c = (unsigned char)bytes.text[i];
        if (c >= 32 && c <= 126 && c != '\\' && c != '\'' && c != '"') {
            *to++ = (char)c;
            continue;
        }
        *to++ = '\\';
        *to++ = 'x';
        *to++ = digits[c >> 4];
        *to++ = digits[c & 15];
    }
    return (size_t)(to - begin);
}

static size_t write_uuid(const unsigned char *bytes, char *to) {
    static const char digits[] = "0123456789abcdef";
    char *begin = to;
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *to++ = '-';
        *to++ = digits[bytes[i] >> 4];
        *to++ = digits[bytes[i] & 15];
    }
    return (size_t)(to - begin);
}

enum { CLOCK = 32 }; /* room for one */

/* "13:05:00.25"; 0 for what is no time of a day. */
static size_t write_clock(const hn_parquet_column *c, const void *value, char *to) {
    int64_t units = 0;
    int32_t narrow;
    memcpy(&narrow, value, 4);
    if (c->storage == HN_PARQUET_INT64)
        memcpy(&units, value, 8);
    else
        units = narrow;
    if (units < 0 || units / c->second > DAY) return 0;
    int second = (int)(units / c->second);
    int64_t part = units % c->second;
    int part_us = (int)(c->second > MICROSECONDS ? part / (c->second / MICROSECONDS)
                                                 : part * (MICROSECONDS / c->second));
    size_t length = (size_t)snprintf(to, CLOCK, "%02d:%02d:%02d.%06d", second / 3600,
                                     second / 60 % 60, second % 60, part_us);
    while (to[length - 1] == '0' && length > 8) length--;
    if (length == 9) length = 8; /* nothing behind the point */
    if (c->zoned) length += (size_t)snprintf(to + length, CLOCK - length, "+00");
    return length;
}

hone_status hn_parquet_text(hone_ctx *ctx, hn_arena *arena, const hn_parquet_cursor *cursor,
                            const void *value, hn_slice *ret_text) {
    const hn_parquet_column *c = &cursor->file->columns[cursor->column];
    hn_slice bytes = {value, (size_t)c->width};
    if (c->storage == HN_PARQUET_BYTES) memcpy(&bytes, value, sizeof bytes);
    *ret_text = bytes;
    if (c->meaning == HN_PARQUET_TEXT || bytes.length == 0) return HONE_OK;
    size_t room = c->meaning == HN_PARQUET_BLOB ? 4 * bytes.length : 48;
    char *text = hn_arena_take(arena, room, 1);
    if (text == NULL)
        return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory to read %s", cursor->file->shown);
    ret_text->text = text;
    if (c->meaning == HN_PARQUET_BLOB)
        ret_text->length = write_blob(bytes, text);
    else if (c->meaning == HN_PARQUET_UUID)
        ret_text->length = write_uuid(value, text);
    else
        ret_text->length = write_clock(c, value, text);
    if (ret_text->length > 0) return HONE_OK;
    return hn_parquet_damaged(ctx, cursor, "a time of day is none");
}
