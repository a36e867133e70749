/* read_sqlite.c - a table, a view or a query of an SQLite file, through SQLite's own library.
 *
 * Values come with the types that they have, which in SQLite are those of each value and not of the
 * column (cells.h). The file is opened for reading alone, and nothing is left beside it. */
#include "table/cells.h"
#include "table/foreign.h"

#include "base/os.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SQLITE(X)                                                                                  \
    X(int, sqlite3_open_v2, (const char *, void **, int, const char *))                            \
    X(int, sqlite3_close, (void *))                                                                \
    X(const char *, sqlite3_errmsg, (void *))                                                      \
    X(int, sqlite3_busy_timeout, (void *, int))                                                    \
    X(int, sqlite3_limit, (void *, int, int))                                                      \
    X(void, sqlite3_progress_handler, (void *, int, int (*)(void *), void *))                      \
    X(int, sqlite3_deserialize,                                                                    \
      (void *, const char *, unsigned char *, int64_t, int64_t, unsigned))                         \
    X(int, sqlite3_prepare_v2, (void *, const char *, int, void **, const char **))                \
    X(int, sqlite3_stmt_readonly, (void *))                                                        \
    X(int, sqlite3_step, (void *))                                                                 \
    X(int, sqlite3_finalize, (void *))                                                             \
    X(int, sqlite3_column_count, (void *))                                                         \
    X(const char *, sqlite3_column_name, (void *, int))                                            \
    X(const char *, sqlite3_column_decltype, (void *, int))                                        \
    X(int, sqlite3_column_type, (void *, int))                                                     \
    X(int64_t, sqlite3_column_int64, (void *, int))                                                \
    X(double, sqlite3_column_double, (void *, int))                                                \
    X(const unsigned char *, sqlite3_column_text, (void *, int))                                   \
    X(int, sqlite3_column_bytes, (void *, int))
HN_FOREIGN(sqlite, SQLITE)
static const hn_foreign sqlite_library = {
    (const char *const[]){"libsqlite3.so.0", "libsqlite3.so", NULL}, "reading SQLite files",
    "libsqlite3-0", sqlite_names};

enum {
    SQLITE_ROW = 100,
    SQLITE_DONE = 101,
    SQLITE_OPEN_READONLY = 1,
    SQLITE_OPEN_URI = 0x40,
    SQLITE_LIMIT_ATTACHED = 7,
    SQLITE_DESERIALIZE_READONLY = 4
};

typedef struct base {
    sqlite s;
    void *db;
    const hn_source *source;
    hn_mapping mapping; /* of a file without a name */
} base;

static hone_status fail(hone_ctx *ctx, const base *b) {
    HN_TRY(hn_check_cancel(ctx)); /* which interrupts with an error of its own */
    const char *shown = b->source->shown;
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = shown), "%s: SQLite says: %s", shown,
                      b->db ? b->s.sqlite3_errmsg(b->db) : "out of memory");
}

static int is_cancelled(void *ctx) { return hn_check_cancel(ctx) != HONE_OK; }

/* ---- opening --------------------------------------------------------------------------------- */

/* A file that keeps a log beside it (WAL) but has none now: SQLite would make one to read it. */
static bool is_at_rest(const char *path, const unsigned char head[20]) {
    char log[4096];
    int64_t size = 0;
    if (head[18] != 2 || snprintf(log, sizeof log, "%s-wal", path) >= (int)sizeof log) return false;
    return !hn_file_stat(log, &size, NULL, NULL) || size == 0;
}

static hone_status put_uri(hone_ctx *ctx, const char *path, bool at_rest, hn_str *uri) {
    hn_str_init(uri, ctx, ctx->scratch);
    hn_str_put(uri, "file:");
    for (const unsigned char *at = (const unsigned char *)path; *at; at++) {
        bool plain = (*at >= '0' && *at <= '9') || ((*at | 32) >= 'a' && (*at | 32) <= 'z') ||
                     strchr("/._-", *at);
        hn_str_printf(uri, plain ? "%c" : "%%%02X", *at);
    }
    hn_str_put(uri, at_rest ? "?immutable=1" : "?mode=ro");
    return hn_str_status(uri);
}

static hone_status open_base(hone_ctx *ctx, base *b) {
    const char *path = b->source->path;
    bool nameless = b->source->fd >= 0;
    hn_str uri;
    HN_TRY(hn_map_file(ctx, path, &b->mapping));
    static const char magic[16] = "SQLite format 3";
    if (b->mapping.length < 100 || memcmp(b->mapping.bytes, magic, sizeof magic) != 0)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = b->source->shown),
                          "%s is no SQLite file, or an encrypted one; check the name",
                          b->source->shown);
    HN_TRY(put_uri(ctx, path, is_at_rest(path, b->mapping.bytes), &uri));
    int code = b->s.sqlite3_open_v2(nameless ? ":memory:" : uri.text, &b->db,
                                    nameless ? 2 : SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
    if (code != 0) return fail(ctx, b);
    if (nameless) {
        int64_t size = (int64_t)b->mapping.length;
        code = b->s.sqlite3_deserialize(b->db, "main", (unsigned char *)(uintptr_t)b->mapping.bytes,
                                        size, size, SQLITE_DESERIALIZE_READONLY);
        if (code != 0) return fail(ctx, b);
    }
    b->s.sqlite3_busy_timeout(b->db, 5000);
    b->s.sqlite3_limit(b->db, SQLITE_LIMIT_ATTACHED, 0);
    b->s.sqlite3_progress_handler(b->db, 10000, is_cancelled, ctx);
    return HONE_OK;
}

static hone_status prepare(hone_ctx *ctx, const base *b, const char *sql, void **ret_statement) {
    const char *rest = NULL;
    void *statement = NULL;
    if (b->s.sqlite3_prepare_v2(b->db, sql, -1, &statement, &rest) != 0) return fail(ctx, b);
    while (rest && *rest && strchr("; \t\r\n", *rest)) rest++;
    bool reads = statement && b->s.sqlite3_stmt_readonly(statement) &&
                 b->s.sqlite3_column_count(statement) > 0;
    if (reads && (rest == NULL || *rest == '\0')) {
        *ret_statement = statement;
        return HONE_OK;
    }
    b->s.sqlite3_finalize(statement);
    return hn_fail(ctx, HONE_ERROR_USAGE, "only queries that read are run; write one SELECT");
}

/* ---- which table ----------------------------------------------------------------------------- */

/* SELECT * FROM the table that is meant. */
static hone_status select_table(hone_ctx *ctx, const base *b, hn_str *sql) {
    enum { MOST = 10000 };
    const char **names;
    int64_t n = 0, index;
    void *statement;
    HN_TRY(HN_SCRATCH_NEW(ctx, names, MOST));
    HN_TRY(prepare(ctx, b,
                   "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT "
                   "LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid",
                   &statement));
    int code;
    while ((code = b->s.sqlite3_step(statement)) == SQLITE_ROW && n < MOST) {
        const char *name = (const char *)b->s.sqlite3_column_text(statement, 0);
        names[n] = hn_arena_strdup(ctx, ctx->scratch, name ? name : "");
        if (names[n++] == NULL) break;
    }
    b->s.sqlite3_finalize(statement);
    if (n > 0 && names[n - 1] == NULL) return HONE_ERROR_MEMORY;
    if (code != SQLITE_DONE && code != SQLITE_ROW) return fail(ctx, b);
    HN_TRY(hn_choose_table(ctx, b->source, names, n, true, &index));
    hn_str_put(sql, "SELECT * FROM \"");
    for (const char *at = names[index]; *at; at++) {
        if (*at == '"') hn_str_put_c(sql, '"');
        hn_str_put_c(sql, *at);
    }
    hn_str_put_c(sql, '"');
    return hn_str_status(sql);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static hone_status take_cell(hone_ctx *ctx, const base *b, void *statement, int j, bool is_bool,
                             const hn_cells *cells, hn_cell *ret_cell) {
    enum { INTEGER = 1, FLOAT = 2, TEXT = 3, BLOB = 4 };
    hn_cell cell = {.kind = HN_CELL_NULL};
    switch (b->s.sqlite3_column_type(statement, j)) {
    case INTEGER:
        cell.kind = HN_CELL_INT;
        cell.whole = b->s.sqlite3_column_int64(statement, j);
        if (is_bool && (cell.whole == 0 || cell.whole == 1)) cell.kind = HN_CELL_BOOL;
        break;
    case FLOAT:
        cell.kind = HN_CELL_REAL;
        cell.real = b->s.sqlite3_column_double(statement, j);
        break;
    case TEXT: {
        const char *text = (const char *)b->s.sqlite3_column_text(statement, j);
        if (text == NULL) return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory for a text");
        cell = hn_cell_text(text, (size_t)b->s.sqlite3_column_bytes(statement, j));
        break;
    }
    case BLOB:
        return hn_fail_at(
            ctx, HONE_ERROR_DATA, (hn_where){.file = b->source->shown, .row = cells->n_rows + 1},
            "%s, row %lld: column '%s' holds bytes (a BLOB), which are no value; name "
            "the other columns in a query",
            b->source->shown, (long long)cells->n_rows + 1, b->s.sqlite3_column_name(statement, j));
    default: break;
    }
    *ret_cell = cell;
    return HONE_OK;
}

static hone_status read_rows(hone_ctx *ctx, const base *b, hn_reader *reader, void *statement) {
    int n = b->s.sqlite3_column_count(statement);
    hn_slice *names;
    bool *is_bool, full = false;
    hn_cells cells;
    HN_TRY(HN_SCRATCH_NEW(ctx, names, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, is_bool, n));
    for (int j = 0; j < n; j++) {
        const char *name = b->s.sqlite3_column_name(statement, j);
        const char *type = b->s.sqlite3_column_decltype(statement, j);
        names[j] = (hn_slice){name ? name : "", name ? strlen(name) : 0};
        is_bool[j] = type && strncasecmp(type, "bool", 4) == 0;
    }
    HN_TRY(hn_cells_start(ctx, reader, names, n, &cells));
    int code = SQLITE_DONE;
    while (!full && (code = b->s.sqlite3_step(statement)) == SQLITE_ROW) {
        for (int j = 0; j < n; j++) {
            hn_cell cell;
            HN_TRY(take_cell(ctx, b, statement, j, is_bool[j], &cells, &cell));
            HN_TRY(hn_cells_put(ctx, &cells, j, cell));
        }
        HN_TRY(hn_cells_end_row(ctx, &cells, &full));
    }
    return full || code == SQLITE_DONE ? HONE_OK : fail(ctx, b);
}

static hone_status read_base(hone_ctx *ctx, base *b, hn_reader *reader) {
    hn_str sql;
    void *statement;
    hn_str_init(&sql, ctx, ctx->scratch);
    HN_TRY(open_base(ctx, b));
    if (reader->options->query == NULL) HN_TRY(select_table(ctx, b, &sql));
    HN_TRY(prepare(ctx, b, reader->options->query ? reader->options->query : sql.text, &statement));
    hone_status status = read_rows(ctx, b, reader, statement);
    b->s.sqlite3_finalize(statement);
    return status;
}

static hone_status read_sqlite(hone_ctx *ctx, hn_reader *reader) {
    HN_SCRATCH(ctx);
    base b = {.source = reader->source};
    HN_TRY(hn_foreign_load(ctx, &sqlite_library, &b.s));
    hone_status status = read_base(ctx, &b, reader);
    if (b.db) b.s.sqlite3_close(b.db);
    hn_unmap_file(&b.mapping);
    return status;
}

static bool is_sqlite(const char *head, size_t length) {
    return length >= 16 && memcmp(head, "SQLite format 3", 16) == 0;
}

const hn_source_kind hn_source_sqlite = {
    .name = "sqlite",
    .title = "SQLite files",
    .endings = (const char *const[]){".db", ".sqlite", ".sqlite3", ".db3", NULL},
    .is_it = is_sqlite,
    .tables = "table",
    .takes = HN_TAKES_TABLE | HN_TAKES_QUERY,
    .in_place = true,
    .read = read_sqlite,
};
