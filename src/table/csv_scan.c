/* csv_scan.c - see csv_scan.h. RFC 4180, and what else is met: any of the three line ends, quotes after blanks,
 * quotes in the middle of unquoted fields, escapes, comments, blank lines (of several columns they are nothing,
 * of one column a missing value). */
#include "table/csv_scan.h"

#include <assert.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

static const size_t LONGEST = (size_t)1 << 30; /* of a block's rows: offsets have 31 bits */

void hn_csv_text_init(hn_csv_text *text, const char *bytes, size_t length,
                      const hn_dialect *dialect) {
    *text = (hn_csv_text){.bytes = bytes, .length = length, .dialect = dialect};
    text->delimiter_length = strlen(dialect->delimiter);
    text->stops['\n'] = text->stops['\r'] = 1;
    text->stops[(unsigned char)dialect->delimiter[0]] = 1;
    if (dialect->comment) text->stops[(unsigned char)dialect->comment] = 1;
}

static bool is_end(char c) { return c == '\n' || c == '\r'; }

/* After the line end at at. */
static size_t after_end(const hn_csv_text *t, size_t at) {
    assert(is_end(t->bytes[at]));
    bool two = t->bytes[at] == '\r' && at + 1 < t->length && t->bytes[at + 1] == '\n';
    return at + 1 + two;
}

size_t hn_csv_next_line(const hn_csv_text *t, size_t at) {
    while (at < t->length && !is_end(t->bytes[at])) at++;
    return at < t->length ? after_end(t, at) : t->length;
}

int64_t hn_csv_line(const hn_csv_text *t, size_t at) {
    int64_t line = 1;
    for (size_t i = 0; i < t->length;) {
        i = hn_csv_next_line(t, i);
        if (i > at || i >= t->length) break;
        line++;
    }
    return line;
}

/* ---- a row ----------------------------------------------------------------------------------- */

/* A row that is being read. */
typedef struct cursor {
    const hn_csv_text *t;
    size_t at;
    hn_csv_field *fields; /* [n_columns] of the row */
    size_t base;          /* what begins count from */
    hn_csv_fault fault;
    size_t fault_at;
} cursor;

static bool at_delimiter(const hn_csv_text *t, size_t at) {
    const char *delimiter = t->dialect->delimiter;
    if (at >= t->length || t->bytes[at] != delimiter[0]) return false;
    size_t length = t->delimiter_length;
    return length == 1 ||
           (t->length - at >= length && memcmp(t->bytes + at, delimiter, length) == 0);
}

/* A field without quotes, up to what ends it. */
static void take_plain(cursor *c) {
    const hn_csv_text *t = c->t;
    const char *bytes = t->bytes;
    size_t at = c->at, length = t->length;
    for (;; at++) {
        while (at < length && !t->stops[(unsigned char)bytes[at]]) at++;
        if (at >= length || is_end(bytes[at]) || at_delimiter(t, at)) break;
        if (t->dialect->comment && bytes[at] == t->dialect->comment) break;
    }
    c->at = at;
}

/* A quoted field, whose quote stands at at; *ret gets what is inside. False: a fault. */
static bool take_quoted(cursor *c, size_t at, hn_csv_field *ret) {
    const hn_csv_text *t = c->t;
    char quote = t->dialect->quote, escape = t->dialect->escape;
    size_t begin = at + 1, end = begin;
    bool escaped = false;
    for (;; end++) {
        if (escape == quote) {
            const char *next = memchr(t->bytes + end, quote, t->length - end);
            end = next ? (size_t)(next - t->bytes) : t->length;
        }
        if (end >= t->length) {
            c->fault = HN_CSV_OPEN;
            c->fault_at = at;
            return false;
        }
        char here = t->bytes[end], after = end + 1 < t->length ? t->bytes[end + 1] : '\0';
        if (escape && here == escape && (after == quote || after == escape) &&
            end + 1 < t->length) {
            escaped = true;
            end++;
        } else if (here == quote) {
            break;
        }
    }
    *ret = (hn_csv_field){(uint32_t)(begin - c->base),
                          (uint32_t)(end - begin) | (escaped ? HN_CSV_ESCAPED : 0)};
    size_t rest = end + 1;
    while (rest < t->length &&
           (t->bytes[rest] == ' ' || (t->bytes[rest] == '\t' && !at_delimiter(t, rest))))
        rest++;
    c->at = rest;
    if (rest >= t->length || is_end(t->bytes[rest]) || at_delimiter(t, rest) ||
        (t->dialect->comment && t->bytes[rest] == t->dialect->comment))
        return true;
    c->fault = HN_CSV_AFTER;
    c->fault_at = at;
    return false;
}

/* Where a quote stands that opens the field at at, after blanks perhaps; SIZE_MAX: none does. */
static size_t opening(const hn_csv_text *t, size_t at) {
    char quote = t->dialect->quote;
    if (!quote) return SIZE_MAX;
    while (at < t->length && t->bytes[at] == ' ') at++;
    return at < t->length && t->bytes[at] == quote ? at : SIZE_MAX;
}

/* The fields of the row at c->at, of which the first n are kept; their number, or -1 for a fault. */
static int64_t take_row(cursor *c, int64_t n) {
    const hn_csv_text *t = c->t;
    for (int64_t j = 0;; j++) {
        size_t begin = c->at, quote = opening(t, begin);
        hn_csv_field field;
        if (quote != SIZE_MAX) {
            if (!take_quoted(c, quote, &field)) return -1;
        } else {
            take_plain(c);
            field = (hn_csv_field){(uint32_t)(begin - c->base), (uint32_t)(c->at - begin)};
        }
        if (j < n) c->fields[j] = field;
        if (c->at - c->base > LONGEST) {
            c->fault = HN_CSV_LONG;
            c->fault_at = c->base;
            return -1;
        }
        if (at_delimiter(t, c->at)) {
            c->at += t->delimiter_length;
            continue;
        }
        if (c->at < t->length && !is_end(t->bytes[c->at])) /* a comment */
            while (c->at < t->length && !is_end(t->bytes[c->at])) c->at++;
        if (c->at < t->length) c->at = after_end(t, c->at);
        return j + 1;
    }
}

/* ---- rows without quotes --------------------------------------------------------------------- */

/* Where among 64 bytes those stand that may end a field or begin a quoted one: bit i for byte i. */
#ifdef __SSE2__
static uint64_t find_stops(const hn_csv_text *t, const char *bytes) {
    const __m128i line = _mm_set1_epi8('\n'), carriage = _mm_set1_epi8('\r');
    const __m128i delimiter = _mm_set1_epi8(t->dialect->delimiter[0]);
    const __m128i quote = _mm_set1_epi8(t->dialect->quote ? t->dialect->quote : '\n');
    uint64_t mask = 0;
    for (int k = 0; k < 4; k++) {
        __m128i b = _mm_loadu_si128((const __m128i *)(const void *)(bytes + 16 * k));
        __m128i ends = _mm_or_si128(_mm_cmpeq_epi8(b, line), _mm_cmpeq_epi8(b, carriage));
        __m128i others = _mm_or_si128(_mm_cmpeq_epi8(b, delimiter), _mm_cmpeq_epi8(b, quote));
        mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_or_si128(ends, others)) << (16 * k);
    }
    return mask;
}
#else
static uint64_t find_stops(const hn_csv_text *t, const char *bytes) {
    uint64_t mask = 0;
    for (int i = 0; i < 64; i++) {
        bool stop = t->stops[(unsigned char)bytes[i]] || bytes[i] == t->dialect->quote;
        mask |= (uint64_t)stop << i;
    }
    return mask;
}
#endif

/* Rows of n fields from c->at on that hold no quote and are no blank line, up to most of them and to before `to`:
 * what most of a file is. c->at is then where the first other row begins. Returns how many. */
static int64_t take_plain_rows(cursor *c, int64_t n, int64_t most, size_t to) {
    const hn_csv_text *t = c->t;
    const char *bytes = t->bytes;
    char quote = t->dialect->quote, delimiter = t->dialect->delimiter[0];
    hn_csv_field *field = c->fields;
    int64_t rows = 0, j = 0;
    size_t begin = c->at; /* of the field */
    if (t->delimiter_length != 1 || t->dialect->comment) return 0;
    for (size_t block = begin; block + 65 <= t->length && block - c->base < LONGEST; block += 64) {
        for (uint64_t stops = find_stops(t, bytes + block); stops; stops &= stops - 1) {
            size_t at = block + (size_t)__builtin_ctzll(stops);
            if (at < begin) continue; /* the second half of \r\n */
            char here = bytes[at];
            if (here == quote && quote) return rows;
            if (j == n || (here != delimiter && (j + 1 != n || (n == 1 && at == begin))))
                return rows;
            *field++ = (hn_csv_field){(uint32_t)(begin - c->base), (uint32_t)(at - begin)};
            begin = at + 1;
            j++;
            if (here == delimiter) continue;
            begin += here == '\r' && bytes[at + 1] == '\n';
            j = 0;
            c->at = begin;
            if (++rows == most || begin >= to) return rows;
        }
    }
    return rows;
}

/* Whether the line at at has nothing to read: blank, or comment alone. */
static bool is_nothing(const hn_csv_text *t, size_t at) {
    char comment = t->dialect->comment;
    if (is_end(t->bytes[at])) return t->dialect->n_columns != 1;
    if (!comment) return false;
    while (at < t->length && t->bytes[at] == ' ') at++;
    return at < t->length && t->bytes[at] == comment;
}

/* ---- a block --------------------------------------------------------------------------------- */

/* To begin with, for as many rows as the block can hold: each has a delimiter or a line end behind every field. */
static hone_status more_room(hone_ctx *ctx, hn_csv_block *block, int64_t n_columns) {
    int64_t most = (int64_t)(block->to - block->from) / n_columns + 1;
    int64_t room = block->room ? block->room * 2 : most < 1024 ? most : 1024;
    hn_csv_field *fields = hn_resize(ctx, block->fields, (size_t)(block->room * n_columns),
                                     (size_t)(room * n_columns), sizeof *fields);
    if (fields == NULL) return HONE_ERROR_MEMORY;
    block->fields = fields;
    block->room = room;
    return HONE_OK;
}

hone_status hn_csv_scan(hone_ctx *ctx, const hn_csv_text *t, hn_csv_block *block) {
    int64_t n = t->dialect->n_columns;
    cursor c = {.t = t, .at = block->from, .base = block->from};
    block->n_rows = 0;
    block->fault = HN_CSV_FINE;
    block->end = block->from;
    while (c.at < block->to) {
        size_t row = c.at;
        if (is_nothing(t, row)) {
            c.at = block->end = hn_csv_next_line(t, row);
            continue;
        }
        if (block->n_rows == block->room) HN_TRY(more_room(ctx, block, n));
        c.fields = block->fields + block->n_rows * n;
        block->n_rows += take_plain_rows(&c, n, block->room - block->n_rows, block->to);
        if (c.at > row) {
            block->end = c.at;
            continue;
        }
        int64_t found = take_row(&c, n);
        if (found != n) {
            block->fault = found < 0 ? c.fault : HN_CSV_FIELDS;
            block->fault_at = found < 0 ? c.fault_at : row;
            block->fault_fields = found;
            return HONE_OK;
        }
        block->n_rows++;
        block->end = c.at;
    }
    return HONE_OK;
}

void hn_csv_scan_first(const hn_csv_text *t, hn_csv_block *block) {
    cursor c = {.t = t, .at = block->from, .base = block->from};
    while (c.at < t->length && is_nothing(t, c.at)) c.at = hn_csv_next_line(t, c.at);
    if (c.at < t->length && take_row(&c, 0) < 0) {
        block->fault = c.fault;
        block->fault_at = c.fault_at;
    }
    block->end = c.at;
}

hone_status hn_csv_unescape(hone_ctx *ctx, const hn_csv_text *t, hn_slice field,
                            hn_slice *ret_text) {
    char quote = t->dialect->quote, escape = t->dialect->escape, *copy;
    size_t n = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, copy, field.length));
    for (size_t i = 0; i < field.length; i++) {
        const char *here = field.text + i;
        if (*here == escape && i + 1 < field.length && (here[1] == quote || here[1] == escape)) i++;
        copy[n++] = field.text[i];
    }
    *ret_text = hn_trim((hn_slice){copy, n});
    return HONE_OK;
}
