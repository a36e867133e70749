/* csv_scan.h - the bytes of a CSV file into rows of fields, in blocks that are looked at side by side. */
#ifndef HN_TABLE_CSV_SCAN_H
#define HN_TABLE_CSV_SCAN_H

#include "table/dialect.h"

/* A field within a block's bytes, without its quotes. */
typedef struct hn_csv_field {
    uint32_t begin;
    uint32_t length; /* and, in the highest bit, whether it holds escapes that must go */
} hn_csv_field;
#define HN_CSV_ESCAPED (UINT32_C(1) << 31)

typedef enum hn_csv_fault {
    HN_CSV_FINE,
    HN_CSV_FIELDS, /* a row with another number of fields */
    HN_CSV_OPEN,   /* a quote that never closes */
    HN_CSV_AFTER,  /* text after a closing quote */
    HN_CSV_LONG,   /* a row of more than a gigabyte */
} hn_csv_fault;

/* The rows that begin in [from, to) of a text, one after the other. */
typedef struct hn_csv_block {
    size_t from, to, end; /* end: of the last row, where the next block's first row begins */
    hn_csv_field *fields; /* [n_rows, n_columns] */
    int64_t n_rows, room; /* room: rows that fields can hold */
    hn_csv_fault fault;   /* what follows the rows */
    size_t fault_at;      /* where the row or the quote with the fault begins */
    int64_t fault_fields; /* HN_CSV_FIELDS: how many there are */
} hn_csv_block;

typedef struct hn_csv_text {
    const char *bytes;
    size_t length;
    const hn_dialect *dialect;
    size_t delimiter_length;
    uint8_t stops[256]; /* bytes that end an unquoted run */
} hn_csv_text;

void hn_csv_text_init(hn_csv_text *text, const char *bytes, size_t length,
                      const hn_dialect *dialect);
/* Find the rows of a block from block->from on, which is where a row begins. Its fields grow by hn_resize. */
hone_status hn_csv_scan(hone_ctx *ctx, const hn_csv_text *text,
                        hn_csv_block *block) HONE_MUST_CHECK;
/* The same, but one row alone, of however many fields: a header. None is kept. */
void hn_csv_scan_first(const hn_csv_text *text, hn_csv_block *block);
/* Where the line after the one that holds at begins; length if there is none. */
size_t hn_csv_next_line(const hn_csv_text *text, size_t at);
/* The number of the line (from 1) that holds at. */
int64_t hn_csv_line(const hn_csv_text *text, size_t at);
/* A field's text, trimmed; unescaped into scratch where that is needed. */
hone_status hn_csv_unescape(hone_ctx *ctx, const hn_csv_text *text, hn_slice field,
                            hn_slice *ret_text) HONE_MUST_CHECK;
static inline hone_status hn_csv_field_text(hone_ctx *ctx, const hn_csv_text *text,
                                            const hn_csv_block *block, const hn_csv_field *field,
                                            hn_slice *ret_text) {
    hn_slice found = {text->bytes + block->from + field->begin, field->length & ~HN_CSV_ESCAPED};
    if (field->length & HN_CSV_ESCAPED) return hn_csv_unescape(ctx, text, found, ret_text);
    bool is_tight = found.length > 0 && (unsigned char)found.text[0] > ' ' &&
                    (unsigned char)found.text[found.length - 1] > ' ';
    *ret_text = is_tight ? found : hn_trim(found);
    return HONE_OK;
}

#endif
