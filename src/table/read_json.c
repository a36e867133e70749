/* read_json.c - JSON records, as a list or one to a line; and where a file is wrong.
 *
 * DuckDB counts the lines of malformed JSON in a way of its own (one too many, and values for lines); so
 * a file that it refuses is parsed once more here, whole or line by line, for the place. */
#include "table/reading.h"

#include "base/json.h"
#include "base/os.h"
#include "table/dialect.h"

#include <string.h>

/* The next line at *at, trimmed; moves *at beyond it. */
static hn_slice next_line(const char **at, const char *end) {
    const char *begin = *at, *stop = memchr(begin, '\n', (size_t)(end - begin));
    *at = stop ? stop + 1 : end;
    return hn_trim((hn_slice){begin, (size_t)((stop ? stop : end) - begin)});
}

static hone_status check_line(hone_ctx *ctx, hn_slice record, const char *name) {
    HN_SCRATCH(ctx);
    hn_json *root;
    return record.length ? hn_json_read(ctx, ctx->scratch, record.text, record.length, name, &root)
                         : HONE_OK;
}

static hone_status check_lines(hone_ctx *ctx, const char *at, const char *end, const char *name) {
    for (int64_t line = 1; at < end; line++) {
        hone_status status = check_line(ctx, next_line(&at, end), name);
        if (status == HONE_OK) continue;
        if (status == HONE_ERROR_MEMORY) return status;
        return hn_fail_at(ctx, HONE_ERROR_DATA, (hn_where){.file = name, .row = line},
                          "%s, line %lld is not JSON; mend or remove that line", name,
                          (long long)line);
    }
    return HONE_OK;
}

hone_status hn_find_json_error(hone_ctx *ctx, const hn_source *source) {
    HN_SCRATCH(ctx);
    char *text;
    size_t length;
    hn_json *root;
    if (source->is_pattern || strcmp(source->compression, "none") != 0) return HONE_OK;
    HN_TRY(hn_read_file(ctx, ctx->scratch, source->path, (size_t)1 << 30, &text, &length));
    hn_slice all = hn_trim((hn_slice){text, length});
    if (all.length == 0 || all.text[0] != '[')
        return check_lines(ctx, text, text + length, source->shown);
    hone_status status = hn_json_read(ctx, ctx->scratch, text, length, source->shown, &root);
    if (status == HONE_OK || status == HONE_ERROR_MEMORY) return status;
    char said[sizeof ctx->error.message];
    hn_copy_text(said, sizeof said, ctx->error.message);
    hn_where where = {.file = source->shown, .row = ctx->error.row};
    return hn_fail_at(ctx, HONE_ERROR_DATA, where, "%s", said);
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool is_json(const char *head, size_t length) {
    if (length >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0) head += 3, length -= 3;
    while (length && *head && strchr(" \t\r\n", *head)) head++, length--;
    return length && (*head == '{' || *head == '[');
}

static hone_status read_json(hone_ctx *ctx, hn_reader *reader) {
    HN_SCRATCH(ctx);
    const hn_source *source = reader->source;
    hn_str sql;
    hn_str_init(&sql, ctx, ctx->scratch);
    /* Types from all of the file, not from a sample of it. */
    hn_str_put(&sql, "SELECT * FROM read_json(");
    hn_duck_quote(&sql, source->path);
    hn_str_printf(&sql, ", sample_size = -1, maximum_sample_files = 1000000, compression = '%s')",
                  strcmp(source->compression, "none") == 0 ? "uncompressed" : source->compression);
    HN_TRY(hn_str_status(&sql));
    return hn_read_select(ctx, reader, sql.text);
}

const hn_source_kind hn_source_json = {
    .name = "json",
    .title = "JSON files",
    .endings = (const char *const[]){".json", ".ndjson", ".jsonl", NULL},
    .is_it = is_json,
    .takes = HN_TAKES_ENCODING,
    .by_duckdb = true,
    .read = read_json,
};
