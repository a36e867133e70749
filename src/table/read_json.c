/* read_json.c - JSON records, as a list or one after the other; and where a file is wrong.
 *
 * DuckDB forgives some of what is no JSON (lists that never close, commas too many), and counts the lines of
 * what it refuses in a way of its own. So files of a usual size are parsed here too, before it sees them. */
#include "table/reading.h"

#include "base/json.h"
#include "base/os.h"
#include "table/dialect.h"

#include <string.h>

enum { CHECKED = 32 << 20, TAIL = 4096 }; /* bytes */
enum {
    DEEPEST = 100
}; /* lists and objects within each other; DuckDB's stack ends at some thousands */

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static hone_status no_json(hone_ctx *ctx, const char *name, const char *text, const char *at,
                           const char *why) {
    int64_t line = 1;
    for (const char *c = text; c < at; c++) line += *c == '\n';
    return hn_fail_at(ctx, HONE_ERROR_DATA, (hn_where){.file = name, .row = line},
                      "%s, line %lld is not JSON (%s); mend or remove that line", name,
                      (long long)line, why);
}

/* The value at at. yyjson copies what it is given, so that is a line, and more only where the value goes on. */
static yyjson_doc *read_value(const char *at, const char *end, yyjson_read_err *error) {
    size_t rest = (size_t)(end - at), length = rest;
    const char *line = at < end && *at == '{' ? memchr(at, '\n', rest) : NULL;
    if (line != NULL) length = (size_t)(line - at);
    for (;; length = length > rest / 4 ? rest : length * 4) {
        yyjson_doc *doc = yyjson_read_opts((char *)(uintptr_t)at, length,
                                           YYJSON_READ_STOP_WHEN_DONE, NULL, error);
        if (doc != NULL || length == rest) return doc;
    }
}

/* Objects one after the other, on a line each or not; a list stands alone. */
static hone_status check_values(hone_ctx *ctx, const char *text, size_t length, const char *name) {
    const char *at = text, *end = text + length;
    bool object = false;
    if (length >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) at += 3;
    for (int64_t n = 0;; n++) {
        while (at < end && is_blank(*at)) at++;
        if (at == end && n > 0) return HONE_OK;
        if (n > 0 && (!object || *at != '{'))
            return no_json(ctx, name, text, at, "only objects follow each other");
        yyjson_read_err error;
        yyjson_doc *doc = read_value(at, end, &error);
        if (doc == NULL && error.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION)
            return hn_fail(ctx, HONE_ERROR_MEMORY, "%s: out of memory", name);
        if (doc == NULL) return no_json(ctx, name, text, at + error.pos, error.msg);
        object = yyjson_is_obj(yyjson_doc_get_root(doc));
        at += yyjson_doc_get_read_size(doc);
        yyjson_doc_free(doc);
        HN_TRY(hn_check_cancel(ctx));
    }
}

/* Of a larger list, whether it closes: what was cut short does not. */
static hone_status check_end(hone_ctx *ctx, const char *head, const char *tail, size_t length,
                             const char *name) {
    while (length > 0 && is_blank(tail[length - 1])) length--;
    if (*head != '[' || (length > 0 && tail[length - 1] == ']')) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = name),
                      "%s: its list never closes; the file was cut short, or more follows the list",
                      name);
}

/* ---- depth ----------------------------------------------------------------------------------- */

/* Where in a text the bytes that were looked at end. */
typedef struct nesting {
    int64_t depth, line;
    bool in_string, escaped;
} nesting;

/* False at the bracket that is one too many. */
static bool follow(nesting *n, const char *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        char c = bytes[i];
        n->line += c == '\n';
        if (n->in_string) {
            if (n->escaped)
                n->escaped = false;
            else if (c == '\\')
                n->escaped = true;
            else if (c == '"')
                n->in_string = false;
        } else if (c == '"') {
            n->in_string = true;
        } else if (c == '[' || c == '{') {
            if (++n->depth > DEEPEST) return false;
        } else if ((c == ']' || c == '}') && n->depth > 0) {
            n->depth--;
        }
    }
    return true;
}

static hone_status check_depth(hone_ctx *ctx, const char *path, const char *name) {
    HN_SCRATCH(ctx);
    hn_mapping map;
    nesting n = {.line = 1};
    HN_TRY(hn_map_file(ctx, path, &map));
    hone_status status = HONE_OK;
    for (size_t at = 0, step; at < map.length && status == HONE_OK; at += step) {
        step = map.length - at < CHECKED ? map.length - at : CHECKED;
        status = hn_check_cancel(ctx);
        if (status == HONE_OK && !follow(&n, (const char *)map.bytes + at, step))
            status = hn_fail_at(ctx, HONE_ERROR_DATA, (hn_where){.file = name, .row = n.line},
                                "%s, line %lld: more than %d lists and objects within each other, "
                                "which no table has; take out what is meant, or mend that line",
                                name, (long long)n.line, (int)DEEPEST);
    }
    hn_unmap_file(&map);
    return status;
}

hone_status hn_check_json(hone_ctx *ctx, const hn_source *source, int64_t most) {
    HN_SCRATCH(ctx);
    char *text, head;
    size_t length;
    FILE *file = fopen(source->path, "rb");
    if (file == NULL) return HONE_OK; /* the reader says why */
    char tail[TAIL];
    bool large = fread(&head, 1, 1, file) == 1 && fseeko(file, 0, SEEK_END) == 0 &&
                 ftello(file) > most && fseeko(file, -TAIL, SEEK_END) == 0;
    length = large ? fread(tail, 1, TAIL, file) : 0;
    fclose(file);
    HN_TRY(check_depth(ctx, source->path, source->shown));
    if (large) return check_end(ctx, &head, tail, length, source->shown);
    HN_TRY(hn_read_file(ctx, ctx->scratch, source->path, (size_t)most, &text, &length));
    return check_values(ctx, text, length, source->shown);
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool is_json(const char *head, size_t length) {
    if (length >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0) head += 3, length -= 3;
    while (length && *head && strchr(" \t\r\n", *head)) head++, length--;
    return length && (*head == '{' || *head == '[');
}

/* One after the other, unpacked where they are packed. */
static hone_status check_files(hone_ctx *ctx, hn_reader *reader) {
    HN_SCRATCH(ctx);
    hn_paths all;
    if (!reader->source->is_pattern) return hn_check_json(ctx, reader->source, CHECKED);
    HN_TRY(hn_read_pattern(ctx, reader, &all));
    for (int64_t i = 0; i < all.n; i++) {
        hn_source source;
        HN_TRY(hn_source_open(ctx, all.items[i], &(hn_read_options){.format = "json"}, &source));
        hone_status status = hn_check_json(ctx, &source, CHECKED);
        hn_source_done(&source);
        HN_TRY(status);
    }
    return HONE_OK;
}

static hone_status read_json(hone_ctx *ctx, hn_reader *reader) {
    HN_SCRATCH(ctx);
    const hn_source *source = reader->source;
    HN_TRY(check_files(ctx, reader));
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
