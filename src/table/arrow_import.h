/* arrow_import.h - between the files that import Arrow arrays: arrow_import.c (checks, the table),
 * arrow_numbers.c (numbers and times), arrow_texts.c (texts and dictionaries). */
#ifndef HN_TABLE_ARROW_IMPORT_H
#define HN_TABLE_ARROW_IMPORT_H

#include "table/arrow.h"

/* A checked array, narrowed to the rows that count. */
typedef struct hn_arrow_slice {
    const char *name; /* of the column */
    const char *format;
    const struct ArrowArray *array;
    int64_t n, offset;
    const uint8_t *valid; /* NULL: no nulls; bit offset is row 0 */
} hn_arrow_slice;

typedef struct hn_arrow_importer {
    hone_ctx *ctx;
    hn_arena *arena;
    const struct ArrowArray *parent;
} hn_arrow_importer;

/* Fails with the column's name and format and what is wrong with it. */
hone_status hn_arrow_refuse(const hn_arrow_importer *im, const hn_arrow_slice *s, const char *what);
/* Are the counts thinkable, and are there so many buffers, all but the first not NULL? */
hone_status hn_arrow_check(const hn_arrow_importer *im, const hn_arrow_slice *s,
                           int64_t n_buffers) HONE_MUST_CHECK;
hone_status hn_arrow_check_texts(const hn_arrow_importer *im,
                                 const hn_arrow_slice *s) HONE_MUST_CHECK;

static inline bool hn_arrow_is_valid(const hn_arrow_slice *s, int64_t i) {
    int64_t bit = s->offset + i;
    return s->valid == NULL || (s->valid[bit >> 3] >> (bit & 7) & 1);
}

/* Element i of an integer buffer by format letter. uint64 comes as its bits. */
int64_t hn_arrow_int(const void *buffer, char format, int64_t i);
/* utf8, large_utf8, utf8_view? */
bool hn_arrow_is_text(const char *format);

/* Each sets type, values and what belongs to them in column, whose nulls are set already. */
typedef hone_status hn_arrow_fn(const hn_arrow_importer *im, const hn_arrow_slice *s,
                                hn_column *column) HONE_MUST_CHECK;
hn_arrow_fn hn_arrow_ints, hn_arrow_halves, hn_arrow_bools, hn_arrow_null, hn_arrow_decimals,
    hn_arrow_times, hn_arrow_texts;
/* The buffer itself as type, or a copy where it is not aligned for it. */
hone_status hn_arrow_borrow(const hn_arrow_importer *im, const hn_arrow_slice *s, hn_type type,
                            hn_column *column) HONE_MUST_CHECK;
hone_status hn_arrow_dictionary(const hn_arrow_importer *im, const hn_arrow_slice *s,
                                const struct ArrowSchema *schema,
                                hn_column *column) HONE_MUST_CHECK;

#endif
