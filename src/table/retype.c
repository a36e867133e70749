/* retype.c - what a column is, once all of it is there.
 *
 * Texts are judged once per different text, not once per row. Those that mean missing become nulls.
 * If what is left is all numbers, the column is numeric: int64 where every text is a whole number
 * without point or exponent and fits, else float64. All true/false: bool. All ISO dates, or months
 * ("1949-01"): timestamps. Nothing left: float64, all missing. Else a category, or strings where
 * nearly every value differs. Numbers with leading zeros are codes, not numbers: one of them makes the
 * column text. */
#include "table/dialect.h"
#include "table/dictionary.h"
#include "table/gather.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

/* What all the texts seen so far can be. */
typedef struct verdict {
    bool ints, numbers, bools, times;
    int64_t n_present; /* different texts that are not missing */
    int64_t bytes;     /* in those */
} verdict;

static bool parse_bool(hn_slice text, int64_t *ret_value) {
    static const char *const words[] = {"false", "true", "False", "True", "FALSE", "TRUE"};
    for (int i = 0; i < 6; i++) {
        if (strlen(words[i]) != text.length || memcmp(words[i], text.text, text.length) != 0)
            continue;
        *ret_value = i & 1;
        return true;
    }
    return false;
}

/* A date, a timestamp, or a month, which is its first day. */
static bool parse_time(hn_slice text, int64_t *ret_value) {
    if (text.length != 7) return hn_time_parse(text, ret_value);
    char day[10];
    memcpy(day, text.text, 7);
    memcpy(day + 7, "-01", 3);
    return hn_time_parse((hn_slice){day, sizeof day}, ret_value);
}

static bool parse_int(hn_slice text, int64_t *ret_value) {
    double number;
    return hn_text_is_number(text, &number) && hn_parse_int(text, ret_value);
}

static verdict judge(const hn_dictionary *raw, char decimal, const hn_map *missing,
                     uint8_t *is_missing) {
    verdict v = {.ints = true, .numbers = true, .bools = true, .times = true};
    for (int32_t code = 0; code < raw->n; code++) {
        hn_slice text = hn_dictionary_text(raw, code);
        is_missing[code] = hn_map_get(missing, text, 0) != 0;
        if (is_missing[code]) continue;
        double number;
        int64_t value;
        v.n_present++;
        v.bytes += (int64_t)text.length;
        if (v.ints) v.ints = parse_int(text, &value);
        if (v.numbers && !v.ints) v.numbers = hn_text_is_decimal(text, decimal, &number);
        if (v.bools) v.bools = parse_bool(text, &value);
        if (v.times) v.times = parse_time(text, &value);
    }
    /* While ints held, numbers was not looked at; the ints seen are numbers. */
    return v;
}

/* Codes of missing texts become nulls. */
static hone_status mark_missing(hone_ctx *ctx, hn_gather *gather, hn_sink *sink,
                                const uint8_t *is_missing) {
    int32_t *codes = sink->values.data;
    for (int64_t i = 0; i < sink->n; i++) {
        if (codes[i] < 0 || !is_missing[codes[i]]) continue;
        codes[i] = HN_UNKNOWN;
        HN_TRY(hn_sink_set_null(ctx, gather, sink, i));
    }
    return HONE_OK;
}

/* Texts -> values of 8 bytes (1 for bool) by a table of parsed texts. */
static hone_status to_values(hone_ctx *ctx, hn_gather *gather, hn_sink *sink,
                             const hn_dictionary *raw, const uint8_t *is_missing, hn_type type) {
    HN_SCRATCH(ctx);
    hn_buffer values = {NULL, 0};
    const int32_t *codes = sink->values.data;
    union value {
        double number;
        int64_t whole;
    } * parsed;
    HN_TRY(HN_SCRATCH_NEW(ctx, parsed, (size_t)raw->n + 1));
    for (int32_t code = 0; code < raw->n; code++) {
        if (is_missing[code]) continue;
        hn_slice text = hn_dictionary_text(raw, code);
        bool good = type == HN_F64 ? hn_text_is_decimal(text, gather->decimal, &parsed[code].number)
                    : type == HN_I64  ? parse_int(text, &parsed[code].whole)
                    : type == HN_BOOL ? parse_bool(text, &parsed[code].whole)
                                      : parse_time(text, &parsed[code].whole);
        assert(good);
        (void)good;
    }
    union value none = {.whole = 0};
    if (type == HN_F64) none.number = (double)NAN;
    size_t size = hn_type_size(type);
    HN_TRY(hn_buffer_reserve(ctx, gather, &values, (size_t)sink->n * size + 1));
    for (int64_t i = 0; i < sink->n; i++) {
        union value value = codes[i] < 0 ? none : parsed[codes[i]];
        if (type == HN_BOOL)
            ((uint8_t *)values.data)[i] = (uint8_t)value.whole;
        else
            memcpy((char *)values.data + (size_t)i * 8, &value, 8);
    }
    hn_buffer_trim(gather, &sink->values, 0);
    sink->values = values;
    sink->type = type;
    if (type == HN_F64) hn_buffer_trim(gather, &sink->valid, 0);
    return HONE_OK;
}

/* Doubles that are all whole -> int64 in place; NaN -> null. */
static hone_status to_whole(hone_ctx *ctx, hn_gather *gather, hn_sink *sink) {
    char *values = sink->values.data;
    for (int64_t i = 0; i < sink->n; i++) {
        double number;
        memcpy(&number, values + i * 8, 8);
        int64_t whole = 0;
        if (isnan(number))
            HN_TRY(hn_sink_set_null(ctx, gather, sink, i));
        else
            whole = (int64_t)number;
        memcpy(values + i * 8, &whole, 8);
    }
    sink->type = HN_I64;
    return HONE_OK;
}

static hone_status finish_text(hone_ctx *ctx, hn_gather *gather, hn_sink *sink,
                               const hn_map *missing, hn_column *column) {
    HN_SCRATCH(ctx);
    uint8_t *is_missing;
    int64_t *offsets;
    HN_TRY(HN_SCRATCH_NEW(ctx, is_missing, (size_t)sink->n_texts + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, offsets, (size_t)sink->n_texts + 1));
    if (sink->n_texts)
        memcpy(offsets + 1, sink->ends.data, (size_t)sink->n_texts * sizeof *offsets);
    hn_dictionary raw = {.n = sink->n_texts, .offsets = offsets, .bytes = sink->bytes.data};
    verdict v = judge(&raw, gather->decimal, missing, is_missing);
    HN_TRY(mark_missing(ctx, gather, sink, is_missing));
    if (v.numbers) /* also where nothing is present */
        return to_values(ctx, gather, sink, &raw, is_missing,
                         v.ints && v.n_present ? HN_I64 : HN_F64);
    if (v.bools) return to_values(ctx, gather, sink, &raw, is_missing, HN_BOOL);
    if (v.times) return to_values(ctx, gather, sink, &raw, is_missing, HN_TIME);

    sink->type = column->type = HN_CATEGORY;
    column->values = sink->values.data;
    column->stride = (int64_t)sizeof(int32_t);
    column->valid = sink->n_nulls ? sink->valid.data : NULL;
    if (hn_text_is_free(sink->n - sink->n_nulls, v.n_present, v.bytes)) {
        HN_TRY(hn_texts_write_out(ctx, &sink->arena, &raw, column));
        hn_buffer_trim(gather, &sink->values, 0);
        sink->type = HN_STRING;
        return HONE_OK;
    }
    return hn_texts_sort(ctx, &sink->arena, &raw, sink->values.data, sink->n, &column->dictionary);
}

hone_status hn_sink_finish(hone_ctx *ctx, hn_gather *gather, hn_sink *sink, const hn_map *missing,
                           hn_column *ret_column) {
    hn_column column = {.name = sink->name, .n = sink->n};
    if (sink->type == HN_STRING) {
        HN_TRY(hn_buffer_reserve(ctx, gather, &sink->values, sizeof(int32_t)));
        HN_TRY(finish_text(ctx, gather, sink, missing, &column));
        hn_buffer_trim(gather, &sink->bytes, 0);
        hn_buffer_trim(gather, &sink->ends, 0);
        hn_buffer_trim(gather, &sink->slots, 0);
    } else if (sink->wants_whole && !sink->has_fraction) {
        assert(!sink->has_huge);
        HN_TRY(to_whole(ctx, gather, sink));
    }
    if (sink->type != HN_STRING) {
        size_t size = hn_type_size(sink->type);
        HN_TRY(hn_buffer_reserve(ctx, gather, &sink->values, 8)); /* never NULL */
        hn_buffer_trim(gather, &sink->values, (size_t)sink->n * size + 8);
        column.type = sink->type;
        column.values = sink->values.data;
        column.stride = (int64_t)size;
    }
    column.valid =
        sink->n_nulls && sink->type != HN_F64 && sink->type != HN_F32 ? sink->valid.data : NULL;
    *ret_column = column;
    return HONE_OK;
}
