/* read_named.c - what a query names that DuckDB cannot read itself: workbooks, databases, addresses, ...; and JSON,
 * which it is not given unchecked.
 *
 * A quoted name after FROM or JOIN is looked at as a path would be. If it is an address, or of a kind
 * that is not DuckDB's, the table is read first, whole, and stands under that name in the query. */
#include "table/duck_table.h"
#include "table/reading.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { MOST_NAMES = 64 };

/* sql beyond what at points to: a quoted text, a comment, a word, or one character. */
static const char *skip_token(const char *at) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    const char *end = NULL;
    if (*at == '\'' || *at == '"') {
        end = strchr(at + 1, *at);
        return end ? end + 1 : at + strlen(at);
    }
    if (at[0] == '-' && at[1] == '-') return at + strcspn(at, "\n");
    if (at[0] == '/' && at[1] == '*') {
        end = strstr(at + 2, "*/");
        return end ? end + 2 : at + strlen(at);
    }
    size_t word = strspn(at, letters);
    return at + (word ? word : 1);
}

static bool is_blank(const char *at) {
    return strchr(" \t\r\n\f\v", *at) || (at[0] == '-' && at[1] == '-') ||
           (at[0] == '/' && at[1] == '*');
}

static bool is_word(const char *begin, const char *end, const char *word) {
    return (size_t)(end - begin) == strlen(word) && strncasecmp(begin, word, strlen(word)) == 0;
}

static bool is_ours(const char *name) {
    if (hn_source_is_url(name) || hn_source_kind_of_scheme(name)) return true;
    const hn_source_kind *kind = hn_source_kind_of_ending(name);
    const char *mark = strrchr(name, '#');
    if (kind == NULL && mark) {
        char file[4096];
        size_t length = (size_t)(mark - name);
        if (length >= sizeof file) return false;
        memcpy(file, name, length);
        file[length] = '\0';
        kind = hn_source_kind_of_ending(file);
    }
    return kind != NULL && !kind->by_duckdb;
}

static hone_status add_name(hone_ctx *ctx, hn_reader *reader, const char *name, hn_map *seen) {
    int64_t known;
    HN_TRY(hn_map_intern(seen, (hn_slice){name, strlen(name)}, reader->n_named, &known));
    if (known != reader->n_named) return HONE_OK;
    if (reader->n_named == MOST_NAMES)
        return hn_fail(ctx, HONE_ERROR_USAGE, "the query names more than %d such files",
                       MOST_NAMES);
    hn_read_options options = {.missing = reader->options->missing};
    hone_table *table;
    HN_TRY(hn_read_path(ctx, name, &options, &table));
    reader->named[reader->n_named++] = table;
    return hn_duck_add_table(ctx, &reader->duck, name, &table->view);
}

static bool ends_tables(const char *begin, const char *end) {
    static const char *const words[] = {"SELECT", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (is_word(begin, end, words[i])) return true;
    return false;
}

/* read_json, read_json_auto, read_ndjson_objects, ... */
static bool reads_json(const char *begin, const char *end) {
    return (end - begin >= 9 && strncasecmp(begin, "read_json", 9) == 0) ||
           (end - begin >= 11 && strncasecmp(begin, "read_ndjson", 11) == 0);
}

/* What is not there, or named by something else than a path, DuckDB says. */
static hone_status check_json(hone_ctx *ctx, hn_reader *reader, const char *name, bool forgiving,
                              hn_map *seen) {
    int64_t known, number = (int64_t)seen->count;
    HN_TRY(hn_map_intern(seen, (hn_slice){name, strlen(name)}, number, &known));
    if (known != number) return HONE_OK;
    HN_SCRATCH(ctx);
    hn_source source;
    bool pattern = strpbrk(name, "*?[") != NULL;
    if (!pattern && access(name, R_OK) != 0) return HONE_OK;
    HN_TRY(hn_source_open(ctx, name, &(hn_read_options){.format = "json"}, &source));
    bool lists;
    hone_status status = hn_check_json_files(ctx, reader, &source, forgiving, &lists);
    hn_source_done(&source);
    return status;
}

hone_status hn_read_named(hone_ctx *ctx, hn_reader *reader, const char *sql) {
    hn_map seen, checked;
    bool in_from = false, comma = false; /* among tables, of which another may follow a comma */
    int json = 0;      /* brackets open in what is given to a function that reads JSON */
    bool next = false; /* such a function's name was the word before */
    hn_map_init(&seen, ctx, ctx->scratch);
    hn_map_init(&checked, ctx, ctx->scratch);
    HN_TRY(HN_NEW(ctx, &reader->table->arena, reader->named, MOST_NAMES));
    bool names_table = false; /* the word before was FROM or JOIN */
    for (const char *at = sql, *end; *at; at = end) {
        end = skip_token(at);
        if (is_blank(at)) continue;
        bool quoted = (*at == '\'' || *at == '"') && end - at > 2 && end[-1] == *at;
        if (*at == '(' && (json > 0 || next)) json++;
        if (*at == ')' && json > 0) json--;
        next = reads_json(at, end);
        if (quoted && (names_table || json > 0 || (in_from && comma))) {
            char *name = hn_arena_strndup(ctx, ctx->scratch, at + 1, (size_t)(end - at - 2));
            if (name == NULL) return HONE_ERROR_MEMORY;
            const hn_source_kind *kind = hn_source_kind_of_ending(name);
            bool by_ending = kind != NULL && strcmp(kind->name, "json") == 0;
            if (names_table && is_ours(name)) HN_TRY(add_name(ctx, reader, name, &seen));
            if (json > 0 || (by_ending && !hn_source_is_url(name)))
                HN_TRY(check_json(ctx, reader, name, !names_table, &checked));
        }
        names_table = is_word(at, end, "FROM") || is_word(at, end, "JOIN");
        in_from = names_table || (in_from && !ends_tables(at, end));
        comma = *at == ',';
    }
    return HONE_OK;
}
