/* read_csv.c - CSV files, with hone's own idea of dialect and types.
 *
 * The first lines say how the file is written and which columns hold numbers. Its bytes are then cut into rows by
 * blocks, several at a time (csv_scan.h), and each column's fields become its values: doubles (every integer up to 2^53
 * is exact), or texts, which retype.c judges as a whole. A column is int64 in the end if the whole of it is whole.
 * Where a column isn't numbers after all, or its integers are larger, the file is read once more with that column
 * as text. */
#include "base/number.h"
#include "base/os.h"
#include "base/pages.h"
#include "base/parallel.h"
#include "base/utf8.h"
#include "table/csv_scan.h"
#include "table/reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCKS = 8,        /* scanned side by side ... */
    BLOCK = 32 * 1024, /* ... of so many bytes: what stays in the processor's cache */
    AT_ONCE = 512,     /* texts handed to a column */
    LET_GO = 16 << 20, /* bytes of the file that stay in memory when they have been read */
};

typedef struct csv {
    hn_reader *reader;
    const char *file; /* the one being looked at, for messages */
    hn_csv_text text; /* its bytes */
    hn_dialect dialect;
    hn_slice header;   /* the first line of the first file */
    bool *as_text;     /* [columns] that did not turn out to be numbers */
    bool *misfit;      /* of this reading */
    int64_t rows_left; /* to be read at most */
    hn_csv_block blocks[BLOCKS];
    int n_blocks;
} csv;

/* ---- errors ---------------------------------------------------------------------------------- */

static const char *plural(int64_t n) { return n == 1 ? "" : "s"; }

static hone_status fail_at(hone_ctx *ctx, const csv *c, const hn_csv_block *block) {
    long long line = hn_csv_line(&c->text, block->fault_at);
    hn_where where = {.file = c->file, .row = line};
    switch (block->fault) {
    case HN_CSV_FIELDS:
        return hn_fail_at(
            ctx, HONE_ERROR_DATA, where,
            "%s, line %lld: %lld field%s where the first line has %d; mend the line, quote "
            "fields that hold a '%s', or give the right delimiter",
            c->file, line, (long long)block->fault_fields, plural(block->fault_fields),
            c->dialect.n_columns,
            strcmp(c->dialect.delimiter, "\t") == 0 ? "tab" : c->dialect.delimiter);
    case HN_CSV_OPEN:
        return hn_fail_at(
            ctx, HONE_ERROR_DATA, where,
            "%s, line %lld: a quote opens here and never closes; close it, or double it if "
            "it is part of the text",
            c->file, line);
    case HN_CSV_AFTER:
        return hn_fail_at(
            ctx, HONE_ERROR_DATA, where,
            "%s, line %lld: text follows a closing quote; double the quotes that are part "
            "of the text",
            c->file, line);
    default:
        return hn_fail_at(ctx, HONE_ERROR_DATA, where,
                          "%s, line %lld: longer than a gigabyte; look for a quote that never "
                          "closes",
                          c->file, line);
    }
}

/* The first line of [from, end) that is no UTF-8, if there is one. */
static hone_status check_utf8(hone_ctx *ctx, const csv *c, size_t from, size_t end) {
    const hn_csv_text *t = &c->text;
    size_t at = from;
    if (hn_text_is_utf8((hn_slice){t->bytes + from, end - from})) return HONE_OK;
    while (at < end) {
        size_t next = hn_csv_next_line(t, at);
        if (!hn_text_is_utf8((hn_slice){t->bytes + at, next - at})) break;
        at = next;
    }
    long long line = hn_csv_line(t, at);
    return hn_fail_at(ctx, HONE_ERROR_DATA, (hn_where){.file = c->file, .row = line},
                      "%s, line %lld: not UTF-8; give the file's encoding (latin-1, utf-16) or "
                      "convert it with iconv",
                      c->file, line);
}

/* ---- files ----------------------------------------------------------------------------------- */

typedef hone_status file_fn(hone_ctx *ctx, csv *c);

/* The file's bytes from the first line that counts. */
static size_t beginning(const csv *c, const char *bytes, size_t length) {
    size_t at = length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    hn_csv_text whole = {.bytes = bytes, .length = length};
    for (int64_t i = 0; i < c->reader->options->skip_rows; i++) at = hn_csv_next_line(&whole, at);
    return at;
}

static hone_status with_bytes(hone_ctx *ctx, csv *c, const hn_source *source, file_fn *fn) {
    hn_mapping map;
    HN_TRY(hn_map_file(ctx, source->path, &map));
    c->file = source->shown;
    hn_csv_text_init(&c->text, (const char *)map.bytes, map.length, &c->dialect);
    hone_status status = fn(ctx, c);
    hn_unmap_file(&map);
    return status;
}

/* fn for one file: of a pattern, or the source itself. */
static hone_status with_file(hone_ctx *ctx, csv *c, const char *path, file_fn *fn) {
    HN_SCRATCH(ctx);
    if (!c->reader->source->is_pattern) return with_bytes(ctx, c, c->reader->source, fn);
    hn_read_options options = *c->reader->options;
    options.format = "csv";
    hn_source source;
    HN_TRY(hn_source_open(ctx, path, &options, &source));
    hone_status status = with_bytes(ctx, c, &source, fn);
    hn_source_done(&source);
    return status;
}

/* ---- the first lines ------------------------------------------------------------------------- */

static hone_status first_lines(hone_ctx *ctx, const csv *c, hn_slice **ret_lines, int64_t *ret_n,
                               bool *ret_whole) {
    const hn_csv_text *t = &c->text;
    hn_slice *lines;
    int64_t n = 0;
    size_t at = beginning(c, t->bytes, t->length);
    HN_TRY(HN_SCRATCH_NEW(ctx, lines, HN_DIALECT_LINES));
    while (at < t->length && n < HN_DIALECT_LINES) {
        size_t next = hn_csv_next_line(t, at), end = next;
        while (end > at && (t->bytes[end - 1] == '\n' || t->bytes[end - 1] == '\r')) end--;
        lines[n++] = (hn_slice){t->bytes + at, end - at};
        at = next;
    }
    HN_TRY(check_utf8(ctx, c, 0, at));
    *ret_lines = lines;
    *ret_n = n;
    *ret_whole = at >= t->length;
    return HONE_OK;
}

static hone_status find_dialect(hone_ctx *ctx, csv *c) {
    HN_SCRATCH(ctx);
    hn_slice *lines;
    int64_t n;
    bool whole;
    HN_TRY(first_lines(ctx, c, &lines, &n, &whole));
    const hn_read_options *options = c->reader->options;
    hn_dialect_hints hints = {c->reader->source->path, options->delimiter, options->header,
                              options->quote,          options->escape,    options->comment,
                              options->decimal};
    hn_arena *arena = &c->reader->table->arena;
    hone_status status = hn_dialect_find(ctx, arena, lines, n, whole, &hints, &c->dialect);
    if (status == HONE_ERROR_DATA)
        return hn_fail_at(ctx, status, HN_AT(.file = c->file), "%s: %s", c->file,
                          ctx->error.message);
    HN_TRY(status);
    c->reader->decimal = c->dialect.decimal;
    hn_dialect_uncomment(&c->dialect, lines, n);
    c->header.text = hn_arena_strndup(ctx, arena, lines[0].text, lines[0].length);
    c->header.length = lines[0].length;
    return c->header.text ? HONE_OK : HONE_ERROR_MEMORY;
}

/* Files that a pattern matches must have the same header, or their columns would be mixed up. */
static hone_status check_header(hone_ctx *ctx, csv *c) {
    HN_SCRATCH(ctx);
    hn_slice *lines;
    int64_t n;
    bool whole;
    HN_TRY(first_lines(ctx, c, &lines, &n, &whole));
    n = hn_dialect_uncomment(&c->dialect, lines, n);
    if (n == 0 || hn_slice_compare(hn_trim(lines[0]), hn_trim(c->header)) == 0) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = c->file),
                      "%s has another header than the first of '%s'; read files of one kind at a "
                      "time",
                      c->file, c->reader->source->shown);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static hone_status scan_block(hone_ctx *ctx, csv *c, hn_csv_block *block) {
    HN_TRY(hn_csv_scan(ctx, &c->text, block));
    return check_utf8(ctx, c, block->from, block->end);
}

/* Where a block's first row begins is guessed: after the first line end. Within quotes that is wrong, and
 * whatever is found there does not count; but lines that are no UTF-8 are none, wherever rows begin. */
static hone_status scan_guess(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    csv *c = arg;
    hn_csv_block *block = &c->blocks[chunk.index];
    if (chunk.index > 0) block->from = hn_csv_next_line(&c->text, block->from - 1);
    return scan_block(ctx, c, block);
}

/* Blocks from at on; *ret_end: where the next ones begin. */
static hone_status scan(hone_ctx *ctx, csv *c, size_t at, size_t *ret_end) {
    size_t length = c->text.length;
    c->n_blocks = 0;
    for (size_t from = at; from < length && c->n_blocks < BLOCKS; from += BLOCK) {
        hn_csv_block *block = &c->blocks[c->n_blocks++];
        block->from = from;
        block->to = length - from > BLOCK ? from + BLOCK : length;
    }
    HN_TRY(hn_parallel(ctx, c->n_blocks, 1, scan_guess, c));
    size_t begins = at;
    for (int b = 0; b < c->n_blocks; b++) {
        hn_csv_block *block = &c->blocks[b];
        if (block->from != begins) {
            block->from = begins;
            HN_TRY(scan_block(ctx, c, block));
        }
        if (block->n_rows > c->rows_left) {
            block->n_rows = c->rows_left;
            block->fault = HN_CSV_FINE;
        }
        c->rows_left -= block->n_rows;
        if (block->fault && c->rows_left > 0) return fail_at(ctx, c, block);
        begins = block->end;
    }
    *ret_end = c->rows_left > 0 ? begins : length;
    return HONE_OK;
}

/* ---- values ---------------------------------------------------------------------------------- */

typedef hone_status block_fn(hone_ctx *ctx, csv *c, const hn_csv_block *block, int32_t j);

static hone_status append_numbers(hone_ctx *ctx, csv *c, const hn_csv_block *block, int32_t j) {
    hn_gather *gather = c->reader->gather;
    hn_sink *sink = &gather->sinks[j];
    int64_t step = c->dialect.n_columns;
    bool points = c->dialect.decimal == '.';
    HN_TRY(hn_sink_reserve(ctx, gather, sink, block->n_rows));
    double *values = hn_sink_numbers(sink);
    const char *begin = c->text.bytes + block->from, *end = c->text.bytes + c->text.length;
    for (int64_t i = 0; i < block->n_rows; i++) {
        const hn_csv_field *field = &block->fields[i * step + j];
        hn_slice text = {begin + field->begin, field->length};
        if (points && hn_parse_plain(text, end, &values[i])) continue;
        HN_TRY(hn_csv_field_text(ctx, &c->text, block, field, &text));
        if (text.length > 0 && hn_text_is_decimal(text, c->dialect.decimal, &values[i])) continue;
        values[i] = (double)NAN;
        if (text.length == 0 || hn_map_get(&c->reader->missing, text, 0) != 0) continue;
        c->misfit[j] = true;
        return HONE_OK;
    }
    hn_sink_take_numbers(sink, block->n_rows);
    return HONE_OK;
}

static hone_status append_texts(hone_ctx *ctx, csv *c, const hn_csv_block *block, int32_t j) {
    hn_gather *gather = c->reader->gather;
    hn_slice texts[AT_ONCE];
    int64_t n = 0, step = c->dialect.n_columns;
    for (int64_t i = 0; i < block->n_rows; i++) {
        HN_TRY(hn_csv_field_text(ctx, &c->text, block, &block->fields[i * step + j], &texts[n]));
        if (++n < AT_ONCE) continue;
        HN_TRY(hn_sink_append_texts(ctx, gather, &gather->sinks[j], texts, n));
        n = 0;
    }
    return hn_sink_append_texts(ctx, gather, &gather->sinks[j], texts, n);
}

static hone_status append_columns(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    csv *c = arg;
    for (int32_t j = (int32_t)chunk.begin; j < chunk.end; j++) {
        block_fn *append =
            c->reader->gather->sinks[j].type == HN_F64 ? append_numbers : append_texts;
        for (int b = 0; b < c->n_blocks && !c->misfit[j]; b++) {
            HN_SCRATCH(ctx);
            HN_TRY(append(ctx, c, &c->blocks[b], j));
        }
    }
    return HONE_OK;
}

/* After the header's row, or where rows begin without one. */
static hone_status after_header(hone_ctx *ctx, csv *c, size_t *ret_at) {
    size_t at = beginning(c, c->text.bytes, c->text.length);
    *ret_at = at;
    if (!c->dialect.has_header) return HONE_OK;
    hn_csv_block head = {.from = at, .to = c->text.length};
    hn_csv_scan_first(&c->text, &head);
    *ret_at = head.end;
    return head.fault ? fail_at(ctx, c, &head) : HONE_OK;
}

/* For as many rows as there will be if the rest is like the first blocks, times rest. */
static hone_status make_room(hone_ctx *ctx, csv *c, double rest) {
    hn_gather *gather = c->reader->gather;
    double rows = 0;
    for (int b = 0; b < c->n_blocks; b++) rows += (double)c->blocks[b].n_rows;
    if (rest == 0 || c->reader->options->limit > 0) return HONE_OK;
    for (int32_t j = 0; j < gather->n_sinks; j++)
        HN_TRY(
            hn_sink_reserve(ctx, gather, &gather->sinks[j], (int64_t)(rows * (1 + rest) * 1.02)));
    return HONE_OK;
}

static hone_status take_rows(hone_ctx *ctx, csv *c) {
    size_t at;
    int64_t n_columns = c->dialect.n_columns, grain = n_columns / 256 + 1;
    HN_TRY(after_header(ctx, c, &at));
    size_t gone = 0;
    for (size_t begin = at; at < c->text.length && c->rows_left > 0;) {
        bool first = at == begin;
        HN_TRY(scan(ctx, c, at, &at));
        if (first) HN_TRY(make_room(ctx, c, (double)(c->text.length - at) / (double)(at - begin)));
        HN_TRY(hn_parallel(ctx, n_columns, grain, append_columns, c));
        if (at - gone > LET_GO) gone += hn_let_go(c->text.bytes + gone, at - gone);
        hn_progress(ctx, "read", (int64_t)at, (int64_t)c->text.length, "bytes");
    }
    return HONE_OK;
}

/* ---- a reading ------------------------------------------------------------------------------- */

static hone_status begin(hone_ctx *ctx, csv *c) {
    hn_reader *reader = c->reader;
    hn_gather_free(reader->gather);
    reader->gather = NULL;
    HN_TRY(hn_gather_new(ctx, c->dialect.n_columns, &reader->gather));
    reader->gather->decimal = reader->decimal;
    for (int32_t j = 0; j < c->dialect.n_columns; j++) {
        hn_sink *sink = &reader->gather->sinks[j];
        bool number = c->dialect.columns[j].is_number && !c->as_text[j];
        sink->name = c->dialect.names[j];
        sink->type = number ? HN_F64 : HN_STRING;
        sink->wants_whole = number && !c->dialect.columns[j].is_decimal;
        c->misfit[j] = false;
    }
    c->rows_left = reader->options->limit > 0 ? reader->options->limit : INT64_MAX;
    return HONE_OK;
}

/* *ret_again: a column has become text, and all must be read once more. */
static hone_status read_once(hone_ctx *ctx, csv *c, const hn_paths *all, bool *ret_again) {
    HN_TRY(begin(ctx, c));
    for (int64_t i = 0; i < all->n && c->rows_left > 0; i++)
        HN_TRY(with_file(ctx, c, all->items[i], take_rows));
    *ret_again = false;
    for (int32_t j = 0; j < c->dialect.n_columns; j++) {
        const hn_sink *sink = &c->reader->gather->sinks[j];
        if (!c->misfit[j] && (!sink->has_huge || sink->has_fraction)) continue;
        c->as_text[j] = *ret_again = true;
    }
    return HONE_OK;
}

static hone_status read_files(hone_ctx *ctx, csv *c) {
    const char *itself = c->reader->source->path;
    hn_paths all = {.items = &itself, .n = 1};
    if (c->reader->source->is_pattern)
        HN_TRY(hn_read_pattern(ctx, c->reader, c->reader->source, &all));
    HN_TRY(with_file(ctx, c, all.items[0], find_dialect));
    for (int64_t i = 1; i < all.n && c->dialect.has_header; i++)
        HN_TRY(with_file(ctx, c, all.items[i], check_header));
    HN_TRY(HN_SCRATCH_NEW(ctx, c->as_text, c->dialect.n_columns));
    HN_TRY(HN_SCRATCH_NEW(ctx, c->misfit, c->dialect.n_columns));
    for (bool again = true; again;) {
        HN_TRY(read_once(ctx, c, &all, &again));
        if (again)
            hn_say(ctx, HONE_LOG_DEBUG, "%s: a column is not what it began as; reading again",
                   c->file);
    }
    return HONE_OK;
}

static hone_status read_csv(hone_ctx *ctx, hn_reader *reader) {
    HN_SCRATCH(ctx);
    csv c = {.reader = reader, .file = reader->source->shown};
    hone_status status = read_files(ctx, &c);
    for (int b = 0; b < BLOCKS; b++) hn_free(ctx, c.blocks[b].fields);
    return status;
}

const hn_source_kind hn_source_csv = {
    .name = "csv",
    .title = "CSV files",
    .endings = (const char *const[]){".csv", ".tsv", ".tab", ".txt", NULL},
    .takes = HN_TAKES_DIALECT | HN_TAKES_HEADER | HN_TAKES_ENCODING,
    .by_duckdb = true,
    .by_file = true,
    .read = read_csv,
};
