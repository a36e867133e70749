/* read_csv.c - CSV through DuckDB, with hone's own idea of dialect and types.
 *
 * DuckDB's sniffer judges types by a sample, and then reads "3.5" below it into an integer column as 4
 * without a word. So DuckDB is told everything: delimiter, header, columns; numbers are read as DOUBLE
 * (every integer up to 2^53 is exact) and all else as text. A column is int64 in the end if the whole
 * of it is whole. Where a column isn't numbers after all, or its integers are larger, the file is read
 * once more with that column as text, which retype.c judges as a whole.
 *
 * A column that starts with plain numbers and has a code with leading zeros ("007") only after the
 * first HN_DIALECT_LINES lines is numeric: the zeros are lost, as they are in pandas. */
#include "table/dialect.h"
#include "table/reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_COLUMNS = 20000 }; /* the time that DuckDB takes grows by the square */

typedef struct csv {
    hn_reader *reader;
    const char *file; /* the one being looked at, for messages */
    hn_dialect dialect;
    bool *as_text;  /* columns that did not turn out to be numbers */
    int32_t misfit; /* the last of those, by DuckDB's message; -1: none */
} csv;

/* ---- errors ---------------------------------------------------------------------------------- */

/* The text after mark up to the line's end, or NULL. In scratch. */
static const char *line_after(hone_ctx *ctx, const char *message, const char *mark) {
    const char *at = strstr(message, mark);
    if (at == NULL) return NULL;
    at += strlen(mark);
    return hn_arena_strndup(ctx, ctx->scratch, at, strcspn(at, "\n"));
}

static const char *plural(long n) { return n == 1 ? "" : "s"; }

static hone_status fail_at_line(hone_ctx *ctx, const csv *c, const char *message, const char *file,
                                long line) {
    hn_where where = {.file = file, .row = line};
    long expected, found;
    const char *counts = strstr(message, "Expected Number of Columns: ");
    if (counts &&
        sscanf(counts, "Expected Number of Columns: %ld Found: %ld", &expected, &found) == 2)
        return hn_fail_at(
            ctx, HONE_ERROR_DATA, where,
            "%s, line %ld: %ld field%s where the first line has %ld; mend the line, quote "
            "fields that hold a '%s', or give the right delimiter",
            file, line, found, plural(found), expected,
            strcmp(c->dialect.delimiter, "\t") == 0 ? "tab" : c->dialect.delimiter);
    if (strstr(message, "unterminated quote"))
        return hn_fail_at(
            ctx, HONE_ERROR_DATA, where,
            "%s, line %ld: a quote opens here and never closes; close it, or double it if "
            "it is part of the text",
            file, line);
    if (strstr(message, "quote should be followed by") || strstr(message, "quoted value"))
        return hn_fail_at(
            ctx, HONE_ERROR_DATA, where,
            "%s, line %ld: text follows a closing quote; double the quotes that are part "
            "of the text",
            file, line);
    if (strstr(message, "Maximum line size"))
        return hn_fail_at(
            ctx, HONE_ERROR_DATA, where,
            "%s, line %ld: longer than two million bytes; look for a quote that never "
            "closes",
            file, line);
    if (strstr(message, "unicode") || strstr(message, "utf-8") || strstr(message, "UTF-8"))
        return hn_fail_at(ctx, HONE_ERROR_DATA, where,
                          "%s, line %ld: not UTF-8; give the file's encoding (latin-1, utf-16) or "
                          "convert it with iconv",
                          file, line);
    const char *original = strstr(message, "Original Line: ");
    const char *why = original ? strchr(original, '\n') : NULL;
    return hn_fail_at(ctx, HONE_ERROR_DATA, where, "%s, line %ld: %s", file, line,
                      hn_duck_sentence(ctx, why ? why + 1 : message));
}

/* Rewrites DuckDB's text, which goes on for 25 lines, into a sentence. */
static hone_status csv_error(hone_ctx *ctx, void *arg, const char *message) {
    csv *c = arg;
    const char *file = line_after(ctx, message, "\n  file = ");
    if (file == NULL || !c->reader->source->is_pattern) file = c->file;
    const char *column = strstr(message, "Error when converting column \"c");
    if (column) {
        c->misfit = (int32_t)strtol(column + strlen("Error when converting column \"c"), NULL, 10);
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = file), "%s: a number is none", file);
    }
    const char *line = strstr(message, "CSV Error on Line: ");
    if (line)
        return fail_at_line(ctx, c, message, file,
                            strtol(line + strlen("CSV Error on Line: "), NULL, 10));
    if (strstr(message, "No files found"))
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = file),
                          "no file matches '%s'; check the pattern and the folder you are in",
                          file);
    hone_status code = strstr(message, "IO Error") ? HONE_ERROR_IO : HONE_ERROR_DATA;
    if (strstr(message, "Out of Memory Error")) code = HONE_ERROR_MEMORY;
    return hn_fail_at(ctx, code, HN_AT(.file = file), "%s: %s", file,
                      hn_duck_sentence(ctx, message));
}

/* ---- the first lines ------------------------------------------------------------------------- */

typedef struct lines {
    hn_slice *items;
    int64_t n;
} lines;

/* Up to limit raw lines of path: a "CSV" of one field, with a delimiter that no text has. */
static hone_status first_lines(hone_ctx *ctx, csv *c, const char *path, int64_t limit,
                               const char *sql_text, lines *ret_lines) {
    hn_str sql;
    hn_str_init(&sql, ctx, ctx->scratch);
    if (sql_text) {
        hn_str_put(&sql, sql_text);
    } else {
        hn_str_put(&sql, "SELECT line FROM read_csv(");
        hn_duck_quote(&sql, path);
        hn_str_printf(
            &sql,
            ", auto_detect = false, delim = E'\\x1f', quote = '', escape = '', header = "
            "false, strict_mode = false, columns = {'line': 'VARCHAR'}, compression = '%s', "
            "encoding = '%s', skip = %lld) LIMIT %lld",
            c->reader->source->compression, c->reader->source->encoding,
            (long long)c->reader->options->skip_rows, (long long)limit);
    }
    HN_TRY(hn_str_status(&sql));
    lines found = {.n = 0};
    HN_TRY(HN_SCRATCH_NEW(ctx, found.items, limit));
    hn_duck *duck = &c->reader->duck;
    hn_duck_query query;
    HN_TRY(hn_duck_prepare(ctx, duck, sql.text, csv_error, c, &query));
    hone_status status = hn_duck_start(ctx, &query, csv_error, c);
    for (bool more = true; more && status == HONE_OK;) {
        duckdb_data_chunk chunk = NULL;
        status = hn_duck_fetch(ctx, &query, csv_error, c, &chunk);
        more = chunk != NULL;
        if (!more) break;
        duckdb_vector vector = duck->data_chunk_get_vector(chunk, 0);
        idx_t n = duck->data_chunk_get_size(chunk);
        for (idx_t i = 0; i < n && found.n < limit && status == HONE_OK; i++) {
            hn_slice text = hn_duck_text(duck, vector, i);
            char *copy =
                hn_arena_strndup(ctx, ctx->scratch, text.text ? text.text : "", text.length);
            if (copy == NULL) status = HONE_ERROR_MEMORY;
            found.items[found.n++] = (hn_slice){copy, text.length};
        }
        duck->destroy_data_chunk(&chunk);
    }
    hn_duck_query_done(&query);
    HN_TRY(status);
    *ret_lines = found;
    return HONE_OK;
}

/* Files that a pattern matches must have the same header, or their columns would be mixed up. */
static hone_status check_headers(hone_ctx *ctx, csv *c, const lines *files, hn_slice header) {
    if (!c->dialect.has_header) return HONE_OK;
    for (int64_t i = 1; i < files->n; i++) {
        HN_SCRATCH(ctx);
        lines head;
        c->file = files->items[i].text;
        HN_TRY(
            first_lines(ctx, c, c->file, c->dialect.comment ? HN_DIALECT_LINES : 1, NULL, &head));
        head.n = hn_dialect_uncomment(&c->dialect, head.items, head.n);
        if (head.n == 0 || hn_slice_compare(hn_trim(head.items[0]), hn_trim(header)) == 0) continue;
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = c->file),
                          "%s has another header than %s; read files of one kind at a time",
                          c->file, files->items[0].text);
    }
    c->file = c->reader->source->shown;
    return HONE_OK;
}

static hone_status find_dialect(hone_ctx *ctx, csv *c) {
    const hn_source *source = c->reader->source;
    const char *path = source->path;
    lines files = {.n = 0}, head;
    if (source->is_pattern) {
        hn_str sql;
        hn_str_init(&sql, ctx, ctx->scratch);
        hn_str_put(&sql, "SELECT file FROM glob(");
        hn_duck_quote(&sql, path);
        hn_str_put(&sql, ") LIMIT 100000");
        HN_TRY(hn_str_status(&sql));
        HN_TRY(first_lines(ctx, c, path, 100000, sql.text, &files));
        if (files.n == 0) return csv_error(ctx, c, "No files found");
        path = c->file = files.items[0].text;
    }
    HN_TRY(first_lines(ctx, c, path, HN_DIALECT_LINES, NULL, &head));
    const hn_read_options *options = c->reader->options;
    hn_dialect_hints hints = {path,
                              options->delimiter,
                              options->header,
                              options->quote,
                              options->escape,
                              options->comment,
                              options->decimal};
    hone_status status = hn_dialect_find(ctx, &c->reader->table->arena, head.items, head.n,
                                         head.n < HN_DIALECT_LINES, &hints, &c->dialect);
    if (status == HONE_ERROR_DATA)
        return hn_fail_at(ctx, status, HN_AT(.file = c->file),
                          "%s: no header and no row; give a file "
                          "with data",
                          c->file);
    HN_TRY(status);
    if (c->dialect.n_columns > MOST_COLUMNS)
        return hn_fail_at(
            ctx, HONE_ERROR_DATA, HN_AT(.file = c->file),
            "%s has %d columns, and hone reads up to %d of a CSV file; turn it round, or "
            "save it as .npy or Parquet",
            c->file, c->dialect.n_columns, MOST_COLUMNS);
    c->reader->decimal = c->dialect.decimal;
    hn_dialect_uncomment(&c->dialect, head.items, head.n);
    HN_TRY(check_headers(ctx, c, &files, head.items[0]));
    c->file = source->shown;
    return HONE_OK;
}

/* ---- the file -------------------------------------------------------------------------------- */

/* The words that mean missing, for columns that DuckDB parses: only where the caller gave them, since
 * every word costs time at every value, and a word of the usual ones makes the column text anyway. */
static void put_missing(hn_str *sql, const char *words) {
    hn_str_put(sql, ", nullstr = [''");
    for (const char *at = words; at && *at;) {
        size_t length = strcspn(at, ",");
        hn_slice word = hn_trim((hn_slice){at, length});
        char text[256];
        if (word.length && word.length < sizeof text) {
            memcpy(text, word.text, word.length);
            text[word.length] = '\0';
            hn_str_put(sql, ", ");
            hn_duck_quote(sql, text);
        }
        at += length;
        if (*at) at++;
    }
    hn_str_put(sql, "]");
}

static void put_character(hn_str *sql, const char *option, char character) {
    hn_str_printf(sql, ", %s = ", option);
    hn_duck_quote(sql, (char[]){character, '\0'});
}

static hone_status write_sql(hone_ctx *ctx, const csv *c, const hn_type *types,
                             const char **ret_sql) {
    const hn_source *source = c->reader->source;
    hn_str sql;
    hn_str_init(&sql, ctx, ctx->scratch);
    hn_str_put(&sql, "SELECT * FROM read_csv(");
    hn_duck_quote(&sql, source->path);
    hn_str_put(&sql, ", auto_detect = false, delim = ");
    hn_duck_quote(&sql, c->dialect.delimiter);
    put_character(&sql, "quote", c->dialect.quote);
    put_character(&sql, "escape", c->dialect.escape);
    if (c->dialect.comment) put_character(&sql, "comment", c->dialect.comment);
    if (c->dialect.decimal != '.') put_character(&sql, "decimal_separator", c->dialect.decimal);
    hn_str_printf(&sql, ", header = %s, skip = %lld, compression = '%s', encoding = '%s'",
                  c->dialect.has_header ? "true" : "false",
                  (long long)c->reader->options->skip_rows, source->compression, source->encoding);
    put_missing(&sql, c->reader->options->missing);
    hn_str_put(&sql, ", columns = {");
    for (int32_t j = 0; j < c->dialect.n_columns; j++)
        hn_str_printf(&sql, "%s'c%d': '%s'", j ? ", " : "", j,
                      types[j] == HN_F64 ? "DOUBLE" : "VARCHAR");
    hn_str_put(&sql, "})");
    if (c->reader->options->limit > 0)
        hn_str_printf(&sql, " LIMIT %lld", (long long)c->reader->options->limit);
    HN_TRY(hn_str_status(&sql));
    *ret_sql = sql.text;
    return HONE_OK;
}

/* One reading; *ret_again: a column has become text, and all must be read once more. */
static hone_status read_once(hone_ctx *ctx, csv *c, bool *ret_again) {
    HN_SCRATCH(ctx);
    int32_t n = c->dialect.n_columns;
    hn_type *types;
    bool *wants_whole;
    const char *sql;
    HN_TRY(HN_SCRATCH_NEW(ctx, types, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, wants_whole, n));
    for (int32_t j = 0; j < n; j++) {
        types[j] = c->dialect.columns[j].is_number && !c->as_text[j] ? HN_F64 : HN_STRING;
        wants_whole[j] = types[j] == HN_F64 && !c->dialect.columns[j].is_decimal;
    }
    HN_TRY(write_sql(ctx, c, types, &sql));
    c->misfit = -1;
    *ret_again = false;
    hone_status status =
        hn_read_rows(ctx, c->reader, sql, n, c->dialect.names, types, wants_whole, csv_error, c);
    if (status != HONE_OK) {
        if (c->misfit < 0 || c->misfit >= n || types[c->misfit] != HN_F64) return status;
        c->as_text[c->misfit] = *ret_again = true;
        return HONE_OK;
    }
    for (int32_t j = 0; j < n; j++) {
        const hn_sink *sink = &c->reader->gather->sinks[j];
        if (sink->has_huge && !sink->has_fraction) c->as_text[j] = *ret_again = true;
    }
    return HONE_OK;
}

static hone_status read_csv(hone_ctx *ctx, hn_reader *reader) {
    HN_SCRATCH(ctx);
    csv c = {.reader = reader, .file = reader->source->shown, .misfit = -1};
    HN_TRY(find_dialect(ctx, &c));
    int32_t n = c.dialect.n_columns;
    HN_TRY(HN_SCRATCH_NEW(ctx, c.as_text, n));
    bool again = true;
    for (int reading = 0; again; reading++) {
        if (reading == 3) /* no column at a time any longer */
            for (int32_t j = 0; j < n; j++) c.as_text[j] = true;
        HN_TRY(read_once(ctx, &c, &again));
        if (again)
            hn_say(ctx, HONE_LOG_DEBUG, "%s: a column is not what it began as; reading again",
                   c.file);
    }
    return HONE_OK;
}

const hn_source_kind hn_source_csv = {
    .name = "csv",
    .title = "CSV files",
    .endings = (const char *const[]){".csv", ".tsv", ".tab", ".txt", NULL},
    .takes = HN_TAKES_DIALECT | HN_TAKES_HEADER | HN_TAKES_ENCODING,
    .by_duckdb = true,
    .read = read_csv,
};
