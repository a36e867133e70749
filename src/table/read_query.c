/* read_query.c - SQL queries.
 *
 * The query is prepared once to learn its columns, then run inside another that casts each to what
 * hone keeps (see read.h), so that only seven types come out. */
#include "table/reading.h"

#include "table/dialect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *hn_duck_sentence(hone_ctx *ctx, const char *message) {
    /* "Invalid Input Error: ", "Binder Error: ", once or twice */
    for (;;) {
        const char *colon = strstr(message, "Error: ");
        if (colon == NULL || colon - message > 40 ||
            memchr(message, '\n', (size_t)(colon - message)))
            break;
        message = colon + strlen("Error: ");
    }
    while (*message == '\n' || *message == ' ') message++;
    size_t length = strcspn(message, "\n");
    const char *text = hn_arena_strndup(ctx, ctx->scratch, message, length);
    return text ? text : "out of memory";
}

typedef struct query {
    const hn_reader *reader;
} query;

static hone_status query_error(hone_ctx *ctx, void *arg, const char *message) {
    const query *q = arg;
    const hn_source *source = q->reader->source;
    const char *sentence = hn_duck_sentence(ctx, message);
    hone_status code = HONE_ERROR_DATA;
    if (strncmp(message, "Out of Memory", 13) == 0)
        return hn_fail_at(ctx, HONE_ERROR_MEMORY, HN_AT(.file = source ? source->shown : "query"),
                          "%s: reading needs more memory than there is (%s); allow more, or take "
                          "fewer columns by SQL",
                          source ? source->shown : "the query", sentence);
    if (source == NULL) {
        bool missing = strstr(message, "No files found") != NULL;
        return hn_fail(ctx, code, "the query fails: %s%s", sentence,
                       missing ? "; check the name and the folder you are in" : "");
    }
    hn_where where = HN_AT(.file = source->shown);
    if (strstr(message, "No files found"))
        return hn_fail_at(ctx, code, where,
                          "no file matches '%s'; check the pattern and the folder you are in",
                          source->shown);
    return hn_fail_at(ctx, code, where, "%s: %s", source->shown, sentence);
}

/* What comes of a DuckDB type, and the expression that makes it of column number j. */
static hn_type put_cast(hn_str *sql, duckdb_type type, bool is_json, int32_t j) {
    switch (type) {
    case DUCKDB_TYPE_BOOLEAN: hn_str_printf(sql, "c%d", j); return HN_BOOL;
    case DUCKDB_TYPE_FLOAT: hn_str_printf(sql, "c%d", j); return HN_F32;
    case DUCKDB_TYPE_DOUBLE: hn_str_printf(sql, "c%d", j); return HN_F64;
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER: hn_str_printf(sql, "CAST(c%d AS BIGINT)", j); return HN_I64;
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_UHUGEINT:
    case DUCKDB_TYPE_DECIMAL: hn_str_printf(sql, "CAST(c%d AS DOUBLE)", j); return HN_F64;
    case DUCKDB_TYPE_DATE:
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_NS: hn_str_printf(sql, "CAST(c%d AS TIMESTAMP)", j); return HN_TIME;
    case DUCKDB_TYPE_TIMESTAMP_TZ: hn_str_printf(sql, "c%d AT TIME ZONE 'UTC'", j); return HN_TIME;
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_STRUCT:
    case DUCKDB_TYPE_MAP:
    case DUCKDB_TYPE_ARRAY:
    case DUCKDB_TYPE_UNION:
        hn_str_printf(sql, "CAST(to_json(c%d) AS VARCHAR)", j);
        return HN_STRING;
    default:
        /* A JSON value as text: a string without its quotes. */
        hn_str_printf(sql, is_json ? "c%d ->> '$'" : "CAST(c%d AS VARCHAR)", j);
        return HN_STRING;
    }
}

typedef struct columns {
    int32_t n;
    const char **names;
    hn_type *types;
} columns;

static bool column_is_json(const hn_duck *duck, duckdb_prepared_statement statement, idx_t j) {
    duckdb_logical_type type = duck->prepared_statement_column_logical_type(statement, j);
    char *alias = duck->logical_type_get_alias(type);
    bool is_json = alias && strcmp(alias, "JSON") == 0;
    if (alias) duck->free(alias);
    duck->destroy_logical_type(&type);
    return is_json;
}

/* SELECT <casts> FROM (sql) AS t(c0, c1, ...) and what its columns are. */
static hone_status wrap(hone_ctx *ctx, hn_reader *reader, const char *sql, const query *q,
                        hn_str *ret_sql, columns *ret_columns) {
    hn_duck *duck = &reader->duck;
    hn_duck_query prepared;
    HN_TRY(hn_duck_prepare(ctx, duck, sql, query_error, (void *)(uintptr_t)q, &prepared));
    columns c = {.n = (int32_t)duck->prepared_statement_column_count(prepared.statement)};
    hone_status status = HN_NEW(ctx, &reader->table->arena, c.names, (size_t)c.n + 1);
    if (status == HONE_OK) status = HN_SCRATCH_NEW(ctx, c.types, (size_t)c.n + 1);
    hn_str_put(ret_sql, "SELECT ");
    for (int32_t j = 0; j < c.n && status == HONE_OK; j++) {
        idx_t at = (idx_t)j;
        const char *name = duck->prepared_statement_column_name(prepared.statement, at);
        c.names[j] = hn_arena_strdup(ctx, &reader->table->arena, name ? name : "");
        if (c.names[j] == NULL) status = HONE_ERROR_MEMORY;
        if (name) duck->free((void *)(uintptr_t)name);
        if (j) hn_str_put(ret_sql, ", ");
        c.types[j] = put_cast(ret_sql, duck->prepared_statement_column_type(prepared.statement, at),
                              column_is_json(duck, prepared.statement, at), j);
    }
    hn_duck_query_done(&prepared);
    HN_TRY(status);
    /* Line ends, so that a comment at the end of sql doesn't swallow the rest. */
    hn_str_printf(ret_sql, " FROM (\n%s\n) AS t(", sql);
    for (int32_t j = 0; j < c.n; j++) hn_str_printf(ret_sql, "%sc%d", j ? ", " : "", j);
    hn_str_put(ret_sql, ")");
    if (reader->options->limit > 0)
        hn_str_printf(ret_sql, " LIMIT %lld", (long long)reader->options->limit);
    HN_TRY(hn_str_status(ret_sql));
    HN_TRY(hn_names_unique(ctx, &reader->table->arena, c.names, c.n));
    *ret_columns = c;
    return HONE_OK;
}

static hone_status run(hone_ctx *ctx, hn_reader *reader, const char *sql) {
    query q = {.reader = reader};
    hn_str wrapped;
    hn_str_init(&wrapped, ctx, ctx->scratch);
    columns c;
    HN_TRY(wrap(ctx, reader, sql, &q, &wrapped, &c));
    return hn_read_rows(ctx, reader, wrapped.text, c.n, c.names, c.types, query_error, &q);
}

/* The statement without the semicolon that ends it. DuckDB has found it to be one statement, so the
 * first semicolon outside quotes and comments is the last. */
static void cut_semicolon(char *sql) {
    for (char *at = sql; *at; at++) {
        if (*at == '\'' || *at == '"') {
            char *close = strchr(at + 1, *at); /* a doubled quote is two texts side by side */
            if (close == NULL) return;
            at = close;
        } else if (at[0] == '-' && at[1] == '-') {
            at += strcspn(at, "\n");
            if (*at == '\0') return;
        } else if (at[0] == '/' && at[1] == '*') {
            char *close = strstr(at + 2, "*/");
            if (close == NULL) return;
            at = close + 1;
        } else if (*at == ';') {
            *at = '\0';
            return;
        }
    }
}

hone_status hn_read_query(hone_ctx *ctx, hn_reader *reader, const char *sql) {
    HN_SCRATCH(ctx);
    char *copy = hn_arena_strdup(ctx, ctx->scratch, sql);
    if (copy == NULL) return HONE_ERROR_MEMORY;
    HN_TRY(hn_read_named(ctx, reader, sql));
    /* Judge all of it, then what is left without the semicolon. */
    query q = {.reader = reader};
    hn_duck_query whole;
    HN_TRY(hn_duck_prepare(ctx, &reader->duck, sql, query_error, &q, &whole));
    hn_duck_query_done(&whole);
    cut_semicolon(copy);
    return run(ctx, reader, copy);
}

hone_status hn_read_select(hone_ctx *ctx, hn_reader *reader, const char *sql) {
    HN_SCRATCH(ctx);
    HN_TRY(hn_reader_duck(ctx, reader));
    return run(ctx, reader, sql);
}
