/* gather.h - from what readers find to hone's columns: one sink per column that grows as rows come, and
 * what becomes of it when all are there. Used by read.c and cells.c.
 *
 * Sinks don't share memory, so that different columns can be filled by different threads. All of it
 * belongs to the gathering, which the finished table keeps as what its columns borrow from. */
#ifndef HN_TABLE_GATHER_H
#define HN_TABLE_GATHER_H

#include "base/map.h"
#include "table/column.h"
#include "table/duck.h"

/* Bytes that grow by the allocator's resize, which for large blocks moves pages and copies nothing. */
typedef struct hn_buffer {
    void *data;
    size_t size;
} hn_buffer;

typedef struct hn_sink {
    const char *name;
    hn_type type; /* as it comes: HN_F64, HN_F32, HN_I64, HN_BOOL, HN_TIME; HN_STRING: any text */
    int64_t n, n_nulls;
    hn_buffer values; /* texts: int32 codes in order of appearance, HN_UNKNOWN under nulls */
    size_t look_at;   /* bytes of them from which on hn_look_ahead is asked again */
    hn_buffer valid;  /* bitmap, from the first null on; not for floats, whose nulls are NaN */

    /* HN_F64 from CSV that is an int64 column if every value is whole. */
    bool wants_whole;
    bool has_fraction;
    bool has_huge; /* a value too large for a double to hold every integer: must come as text */

    /* Texts: each different one once. */
    hn_buffer bytes, ends, slots;
    size_t n_bytes, n_slots;
    int32_t n_texts;

    hn_arena arena; /* what finishing makes */
} hn_sink;

typedef struct hn_gather {
    hone_allocator allocator;
    char decimal; /* before the fraction of texts that are numbers: '.', or ',' */
    int32_t n_sinks;
    hn_sink *sinks;
} hn_gather;

hone_status hn_gather_new(hone_ctx *ctx, int32_t n_sinks, hn_gather **ret_gather) HONE_MUST_CHECK;
/* Takes NULL; the signature is hone_table's release. */
void hn_gather_free(void *gather);

/* Append the first count rows of vector, whose type is the sink's. */
hone_status hn_sink_append(hone_ctx *ctx, hn_gather *gather, hn_sink *sink, const hn_duck *duck,
                           duckdb_vector vector, int64_t count) HONE_MUST_CHECK;
/* Append one value of the sink's type: real, whole or text. */
hone_status hn_sink_put(hone_ctx *ctx, hn_gather *gather, hn_sink *sink, bool is_null,
                        int64_t whole, double real, hn_slice text) HONE_MUST_CHECK;
/* Append count texts, trimmed and in UTF-8, to a sink of HN_STRING (missing: of no length). */
hone_status hn_sink_append_texts(hone_ctx *ctx, hn_gather *gather, hn_sink *sink,
                                 const hn_slice *texts, int64_t count) HONE_MUST_CHECK;
/* The code of a text as above, known from now on; HN_UNKNOWN for one of no length. And count codes as the next
 * values. */
hone_status hn_sink_code(hone_ctx *ctx, hn_gather *gather, hn_sink *sink, hn_slice text,
                         int32_t *ret_code) HONE_MUST_CHECK;
hone_status hn_sink_append_codes(hone_ctx *ctx, hn_gather *gather, hn_sink *sink,
                                 const int32_t *codes, int64_t count) HONE_MUST_CHECK;
/* Where the next doubles (missing: NaN) of a sink of HN_F64 go that has room for them; and that count are there. */
double *hn_sink_numbers(hn_sink *sink);
void hn_sink_take_numbers(hn_sink *sink, int64_t count);
/* Make room for count more, so that it need not grow by and by. What was written behind the last value is not kept. */
hone_status hn_sink_reserve(hone_ctx *ctx, hn_gather *gather, hn_sink *sink,
                            int64_t count) HONE_MUST_CHECK;
/* A different text of a sink, by its code. */
hn_slice hn_sink_text(const hn_sink *sink, int32_t code);
/* More sinks; those there are move. */
hone_status hn_gather_widen(hone_ctx *ctx, hn_gather **gather, int32_t n_sinks) HONE_MUST_CHECK;
/* The finished column: texts that are numbers, truth values or dates as a whole become those (retype.c).
 * missing: the words that mean missing. */
hone_status hn_sink_finish(hone_ctx *ctx, hn_gather *gather, hn_sink *sink, const hn_map *missing,
                           hn_column *ret_column) HONE_MUST_CHECK;

/* Between gather.c and retype.c. */
hone_status hn_buffer_reserve(hone_ctx *ctx, hn_gather *gather, hn_buffer *buffer,
                              size_t size) HONE_MUST_CHECK;
void hn_buffer_trim(hn_gather *gather, hn_buffer *buffer, size_t size);
hone_status hn_sink_set_null(hone_ctx *ctx, hn_gather *gather, hn_sink *sink,
                             int64_t row) HONE_MUST_CHECK;

#endif
