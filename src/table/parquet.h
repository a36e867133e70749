/* parquet.h - a Parquet file while it is read (github.com/apache/parquet-format): what its footer says
 * (parquet_meta.c), pages and which rows have values (parquet_page.c), encoded values (parquet_decode.c,
 * parquet_delta.c), what they mean (parquet_values.c), and columns of them (read_parquet.c). Nothing of it is trusted.
 *
 * Columns here are flat: one value for each row, or none. What is beyond that is DuckDB's (see hn_parquet.beyond). */
#ifndef HN_TABLE_PARQUET_H
#define HN_TABLE_PARQUET_H

#include "table/codec.h"
#include "table/column.h"

/* How a value is stored, as the format numbers it. */
typedef enum hn_parquet_storage {
    HN_PARQUET_BOOLEAN = 0,
    HN_PARQUET_INT32 = 1,
    HN_PARQUET_INT64 = 2,
    HN_PARQUET_INT96 = 3,
    HN_PARQUET_FLOAT = 4,
    HN_PARQUET_DOUBLE = 5,
    HN_PARQUET_BYTES = 6,
    HN_PARQUET_FIXED = 7
} hn_parquet_storage;

/* What it means. */
typedef enum hn_parquet_meaning {
    HN_PARQUET_BOOL,
    HN_PARQUET_INT,
    HN_PARQUET_UNSIGNED,
    HN_PARQUET_REAL, /* FLOAT and DOUBLE */
    HN_PARQUET_HALF,
    HN_PARQUET_DECIMAL,
    HN_PARQUET_DATE,
    HN_PARQUET_TIME, /* INT64: since 1970; INT96: nanoseconds of a day and the day */
    HN_PARQUET_CLOCK,
    HN_PARQUET_UUID,
    HN_PARQUET_TEXT,
    HN_PARQUET_BLOB
} hn_parquet_meaning;

typedef struct hn_parquet_column {
    const char *name;
    hn_parquet_storage storage;
    hn_parquet_meaning meaning;
    int width;      /* bytes of a decoded value: BOOLEAN 1; BYTES 0 */
    int scale;      /* of a decimal */
    int64_t second; /* of times: how many units it has */
    bool zoned;     /* of clocks: said to be in UTC */
    bool optional;
    hn_type type; /* of the column that comes of it; HN_STRING: any text */
} hn_parquet_column;

/* A column's pages within a row group. */
typedef struct hn_parquet_chunk {
    int64_t at;
    hn_codec codec;
} hn_parquet_chunk;

typedef struct hn_parquet_group {
    int64_t first, n_rows;    /* number of its first row, and how many */
    hn_parquet_chunk *chunks; /* [n_columns] */
} hn_parquet_group;

typedef struct hn_parquet {
    const char *shown; /* for messages */
    const unsigned char *bytes;
    int64_t n, end; /* bytes of the file; where its footer begins: at least 16 before n */
    int64_t n_rows;
    int32_t n_columns;
    hn_parquet_column *columns;
    int64_t n_groups;
    hn_parquet_group *groups;
    const char *beyond; /* what in the file is not for this reader ("nested columns"), or NULL */
    hn_unpacker unpackers[HN_CODECS];
    hn_crc32_fn *crc32;
} hn_parquet;

/* The footer of bytes [n]; memory from arena, names too. */
hone_status hn_parquet_open(hone_ctx *ctx, hn_arena *arena, const char *shown,
                            const unsigned char *bytes, int64_t n,
                            hn_parquet *ret_file) HONE_MUST_CHECK;
/* Loads what its pages are packed and checked by; before they are read. */
hone_status hn_parquet_open_libraries(hone_ctx *ctx, hn_parquet *file) HONE_MUST_CHECK;
/* Whether both have the same columns, stored and meant alike. */
bool hn_parquet_is_alike(const hn_parquet *a, const hn_parquet *b);

/* ---- pages ----------------------------------------------------------------------------------- */

/* One column of one row group; its pages in order. */
typedef struct hn_parquet_cursor {
    const hn_parquet *file;
    int32_t column;
    int64_t group;
    int64_t at;   /* of the next page's header */
    int64_t left; /* rows in pages to come */
} hn_parquet_cursor;

typedef enum hn_parquet_encoding {
    HN_PARQUET_PLAIN = 0,
    HN_PARQUET_PLAIN_DICTIONARY = 2,
    HN_PARQUET_RLE = 3,
    HN_PARQUET_BIT_PACKED = 4,
    HN_PARQUET_DELTA = 5,
    HN_PARQUET_DELTA_LENGTHS = 6,
    HN_PARQUET_DELTA_TEXTS = 7,
    HN_PARQUET_DICTIONARY = 8,
    HN_PARQUET_SPLIT = 9
} hn_parquet_encoding;

/* Bytes to be decoded; at least 9 more may be read behind them. */
typedef struct hn_parquet_bytes {
    const unsigned char *at, *end;
} hn_parquet_bytes;

typedef struct hn_parquet_page {
    bool is_dictionary, is_second; /* second: a data page of version 2 */
    bool is_packed, has_crc;
    uint32_t crc;
    hn_parquet_encoding encoding, levels; /* levels: which rows have a value */
    int64_t levels_length;                /* of version 2 */
    int64_t n;                            /* rows, or values of a dictionary */
    int64_t n_present;                    /* of those that have a value */
    const uint8_t *present;               /* [n] 0 or 1; NULL: all */
    const unsigned char *body;
    int64_t length, size; /* of the body, and unpacked */
    hn_parquet_bytes values;
} hn_parquet_page;

/* "t.parquet: column 'x', row group 2: WHAT; write it anew" */
hone_status hn_parquet_damaged(hone_ctx *ctx, const hn_parquet_cursor *cursor, const char *what);

hn_parquet_cursor hn_parquet_first(const hn_parquet *file, int32_t column, int64_t group);
/* The next page's header; pages that are neither data nor dictionary are passed over. */
hone_status hn_parquet_next(hone_ctx *ctx, hn_parquet_cursor *cursor,
                            hn_parquet_page *ret_page) HONE_MUST_CHECK;
/* Its body: present and values. Memory from arena. */
hone_status hn_parquet_unpack(hone_ctx *ctx, hn_arena *arena, const hn_parquet_cursor *cursor,
                              hn_parquet_page *page) HONE_MUST_CHECK;

/* ---- values ---------------------------------------------------------------------------------- */

/* Runs of equal numbers and of packed ones of `width` bits, up to 32. */
typedef struct hn_parquet_runs {
    hn_parquet_bytes bytes;
    int width;
    int64_t left; /* of this run */
    bool is_packed;
    uint32_t value;
    uint64_t bit; /* behind bytes.at, of the next number of a packed run */
} hn_parquet_runs;
/* The next n numbers; false where there are fewer. */
bool hn_parquet_run(hn_parquet_runs *runs, uint32_t *out, int64_t n);
/* A dictionary's indices begin with their width; false where it is more than 32. */
bool hn_parquet_runs_of(hn_parquet_bytes bytes, hn_parquet_runs *ret_runs);

/* LEB128 as the encodings have it; false where the bytes end before it does, or it has more than 64 bits. */
bool hn_parquet_varint(hn_parquet_bytes *bytes, uint64_t *ret_value);

/* DELTA_BINARY_PACKED into out [n] of 4 or 8 bytes each; bytes then begin behind it. False: damaged. */
bool hn_parquet_delta(hn_parquet_bytes *bytes, int64_t n, int width, void *out);

/* What PLAIN pages without a dictionary hold of numbers, and the dictionary of the others. */
typedef struct hn_parquet_dictionary {
    int64_t n;          /* -1: none came yet */
    const void *values; /* [n] of the column's width; BYTES: hn_slice */
} hn_parquet_dictionary;

/* The page's values that are there, side by side: out [n_present] of the column's width, or hn_slice for BYTES, whose
 * texts are in the page or in arena. */
hone_status hn_parquet_decode(hone_ctx *ctx, hn_arena *arena, const hn_parquet_cursor *cursor,
                              const hn_parquet_page *page, const hn_parquet_dictionary *dictionary,
                              void *out) HONE_MUST_CHECK;

/* The same of a page that is encoded by the dictionary, as places in it. */
hone_status hn_parquet_indices(hone_ctx *ctx, const hn_parquet_cursor *cursor,
                               const hn_parquet_page *page, const hn_parquet_dictionary *dictionary,
                               uint32_t *out) HONE_MUST_CHECK;

/* Whether decoded values are the column's as they are. */
bool hn_parquet_is_same(const hn_parquet_column *column);
/* Decoded values (BYTES: hn_slice) as the column's, of its type. */
hone_status hn_parquet_convert(hone_ctx *ctx, const hn_parquet_cursor *cursor, const void *values,
                               int64_t n, void *out) HONE_MUST_CHECK;
/* A decoded value (of its width, or hn_slice) as text, in arena where it is made. */
hone_status hn_parquet_text(hone_ctx *ctx, hn_arena *arena, const hn_parquet_cursor *cursor,
                            const void *value, hn_slice *ret_text) HONE_MUST_CHECK;

#endif
