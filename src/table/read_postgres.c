/* read_postgres.c - a table or a query of a PostgreSQL server, through libpq, row by row as they come.
 *
 * The password is not in the address, where logs, error messages and the list of processes would show it:
 * an address with one is refused. libpq finds it in PGPASSWORD or ~/.pgpass. The session is read-only. */
#include "table/cells.h"
#include "table/foreign.h"

#include "table/dialect.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LIBPQ(X)                                                                                   \
    X(void *, PQconnectdbParams, (const char *const *, const char *const *, int))                  \
    X(int, PQstatus, (const void *))                                                               \
    X(char *, PQerrorMessage, (const void *))                                                      \
    X(void, PQfinish, (void *))                                                                    \
    X(int, PQsocket, (const void *))                                                               \
    X(void *, PQexec, (void *, const char *))                                                      \
    X(int, PQsendQuery, (void *, const char *))                                                    \
    X(int, PQsetSingleRowMode, (void *))                                                           \
    X(int, PQconsumeInput, (void *))                                                               \
    X(int, PQisBusy, (void *))                                                                     \
    X(void *, PQgetResult, (void *))                                                               \
    X(int, PQresultStatus, (const void *))                                                         \
    X(void, PQclear, (void *))                                                                     \
    X(int, PQntuples, (const void *))                                                              \
    X(int, PQnfields, (const void *))                                                              \
    X(char *, PQfname, (const void *, int))                                                        \
    X(unsigned, PQftype, (const void *, int))                                                      \
    X(char *, PQgetvalue, (const void *, int, int))                                                \
    X(int, PQgetlength, (const void *, int, int))                                                  \
    X(int, PQgetisnull, (const void *, int, int))                                                  \
    X(void *, PQgetCancel, (void *))                                                               \
    X(int, PQcancel, (void *, char *, int))                                                        \
    X(void, PQfreeCancel, (void *))
HN_FOREIGN(pq, LIBPQ)
static const hn_foreign pq_library = {(const char *const[]){"libpq.so.5", "libpq.so", NULL},
                                      "reading from PostgreSQL", "libpq5", pq_names};

enum { COMMAND_OK = 1, TUPLES_OK = 2, SINGLE_TUPLE = 9 };

typedef struct session {
    pq p;
    void *connection;
    const char *shown;
} session;

/* The server's first line, which names no password: libpq never repeats one. */
static hone_status fail(hone_ctx *ctx, const session *s) {
    const char *message = s->p.PQerrorMessage(s->connection);
    if (strncmp(message, "ERROR:", 6) == 0) message += 6;
    while (*message == ' ') message++;
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = s->shown), "%s: %.*s", s->shown,
                      (int)strcspn(message, "\n"), message);
}

/* ---- connecting ------------------------------------------------------------------------------ */

/* USER:PASSWORD@, whatever the password holds; HOST:PORT is none. */
static bool holds_password(const char *address) {
    const char *begin = strstr(address, "://") + 3;
    const char *colon = strchr(begin, ':'), *at = strrchr(begin, '@');
    const char *options = strchr(begin, '?');
    if (options && strstr(options, "password=")) return true;
    if (colon == NULL || at == NULL || colon > at) return false;
    const char *first = strchr(begin, '@');
    if (first < colon) return false; /* USER@HOST:PORT */
    size_t digits = strspn(colon + 1, "0123456789");
    bool is_port = digits > 0 && strchr("/?", colon[1 + digits]);
    return !is_port || options == NULL || first < options;
}

static hone_status refuse_password(hone_ctx *ctx, const char *address) {
    if (!holds_password(address)) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "path"),
                      "the address of the database holds a password, which logs and the list of "
                      "processes would show; leave it out, and put it in PGPASSWORD or ~/.pgpass");
}

static hone_status connect_to(hone_ctx *ctx, const char *address, session *s) {
    /* What the address says comes later and takes precedence; the last is not to be overruled. */
    bool waits = getenv("PGCONNECT_TIMEOUT") != NULL;
    const char *const keys[] = {"dbname", "client_encoding", waits ? NULL : "connect_timeout",
                                NULL};
    const char *const values[] = {address, "UTF8", "10", NULL};
    s->connection = s->p.PQconnectdbParams(keys, values, 1);
    if (s->connection == NULL) return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory to connect");
    if (s->p.PQstatus(s->connection) != 0) {
        HN_TRY(hn_check_cancel(ctx));
        const char *message = s->p.PQerrorMessage(s->connection);
        const char *why = strstr(message, "failed: ");
        why = why ? why + 8 : message;
        return hn_fail_at(ctx, HONE_ERROR_IO, HN_AT(.file = s->shown),
                          "cannot connect to %s: %.*s; check host, port, user and PGPASSWORD",
                          s->shown, (int)strcspn(why, "\n"), why);
    }
    /* Dates as ISO has them and in UTC, numbers to their last digit, and nothing is written. */
    void *result = s->p.PQexec(s->connection,
                               "SET datestyle = 'ISO'; SET timezone = 'UTC'; SET intervalstyle = "
                               "'postgres'; SET extra_float_digits = 1; SET bytea_output = 'hex'; "
                               "BEGIN READ ONLY");
    bool good = s->p.PQresultStatus(result) == COMMAND_OK;
    s->p.PQclear(result);
    return good ? HONE_OK : fail(ctx, s);
}

/* ---- types ----------------------------------------------------------------------------------- */

/* A value as the server writes it, by the number of its type (pg_type.dat). */
static hn_cell cell_of(unsigned type, const char *text, size_t length) {
    enum {
        BOOL = 16,
        INT8 = 20,
        INT2 = 21,
        INT4 = 23,
        OID = 26,
        FLOAT4 = 700,
        FLOAT8 = 701,
        DATE = 1082,
        TIMESTAMP = 1114,
        TIMESTAMPTZ = 1184,
        NUMERIC = 1700
    };
    hn_slice slice = {text, length};
    hn_cell cell = {.kind = HN_CELL_NULL};
    switch (type) {
    case BOOL:
        cell.kind = HN_CELL_BOOL;
        cell.whole = length > 0 && *text == 't';
        return cell;
    case INT8:
    case INT2:
    case INT4:
    case OID:
        if (hn_parse_int(slice, &cell.whole)) cell.kind = HN_CELL_INT;
        return cell;
    case FLOAT4:
    case FLOAT8:
    case NUMERIC:
        if (hn_parse_double(slice, &cell.real)) cell.kind = HN_CELL_REAL;
        return cell;
    case DATE:
    case TIMESTAMP:
    case TIMESTAMPTZ: {
        /* "2024-05-01 10:00:00+00": hone wants minutes too. "infinity" and years BC are missing. */
        char whole[64];
        if (length > 3 && length < 60 && type == TIMESTAMPTZ && text[length - 3] == '+') {
            memcpy(whole, text, length);
            memcpy(whole + length, ":00", 4);
            slice = (hn_slice){whole, length + 3};
        }
        if (hn_time_parse(slice, &cell.whole)) cell.kind = HN_CELL_TIME;
        return cell;
    }
    default: return hn_cell_text(text, length);
    }
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* The next result, watching for cancellation while the server works. */
static hone_status next_result(hone_ctx *ctx, const session *s, void **ret_result) {
    while (s->p.PQisBusy(s->connection)) {
        struct pollfd wait = {.fd = s->p.PQsocket(s->connection), .events = POLLIN};
        hone_status status = hn_check_cancel(ctx);
        if (status != HONE_OK) {
            char ignored[256];
            void *cancel = s->p.PQgetCancel(s->connection);
            if (cancel) s->p.PQcancel(cancel, ignored, sizeof ignored);
            s->p.PQfreeCancel(cancel);
            return status;
        }
        poll(&wait, 1, 100);
        if (!s->p.PQconsumeInput(s->connection)) return fail(ctx, s);
    }
    *ret_result = s->p.PQgetResult(s->connection);
    return HONE_OK;
}

static hone_status start(hone_ctx *ctx, const session *s, hn_reader *reader, const void *result,
                         unsigned **ret_types, hn_cells *ret_cells) {
    int n = s->p.PQnfields(result);
    hn_slice *names;
    unsigned *types;
    HN_TRY(HN_SCRATCH_NEW(ctx, names, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, types, n + 1));
    for (int j = 0; j < n; j++) {
        const char *name = s->p.PQfname(result, j);
        names[j] = (hn_slice){name, strlen(name)};
        types[j] = s->p.PQftype(result, j);
    }
    *ret_types = types;
    return hn_cells_start(ctx, reader, names, n, ret_cells);
}

static hone_status take_rows(hone_ctx *ctx, const session *s, const void *result,
                             const unsigned *types, hn_cells *cells, bool *full) {
    int rows = s->p.PQntuples(result), n = s->p.PQnfields(result);
    for (int i = 0; i < rows && !*full; i++) {
        for (int j = 0; j < n; j++) {
            if (s->p.PQgetisnull(result, i, j)) continue;
            HN_TRY(hn_cells_put(ctx, cells, j,
                                cell_of(types[j], s->p.PQgetvalue(result, i, j),
                                        (size_t)s->p.PQgetlength(result, i, j))));
        }
        HN_TRY(hn_cells_end_row(ctx, cells, full));
    }
    return HONE_OK;
}

static hone_status read_query(hone_ctx *ctx, const session *s, hn_reader *reader, const char *sql) {
    if (!s->p.PQsendQuery(s->connection, sql)) return fail(ctx, s);
    s->p.PQsetSingleRowMode(s->connection);
    hn_cells cells;
    unsigned *types = NULL;
    bool full = false;
    for (hone_status status = HONE_OK; !full;) {
        void *result;
        HN_TRY(next_result(ctx, s, &result));
        if (result == NULL) break;
        int code = s->p.PQresultStatus(result);
        if (code != SINGLE_TUPLE && code != TUPLES_OK && code != COMMAND_OK) status = fail(ctx, s);
        if (status == HONE_OK && code != COMMAND_OK && types == NULL)
            status = start(ctx, s, reader, result, &types, &cells);
        if (status == HONE_OK && types) status = take_rows(ctx, s, result, types, &cells, &full);
        s->p.PQclear(result);
        HN_TRY(status);
    }
    if (types) return HONE_OK;
    return hn_fail(ctx, HONE_ERROR_USAGE, "only queries that read are run; write one SELECT");
}

/* ---- which table ----------------------------------------------------------------------------- */

/* SELECT * FROM "schema"."table", whose names may be given as they would be in SQL, without quotes. */
static hone_status select_table(hone_ctx *ctx, const session *s, const hn_source *source,
                                hn_str *sql) {
    void *result = s->p.PQexec(
        s->connection,
        "SELECT CASE WHEN pg_table_is_visible(c.oid) THEN c.relname ELSE n.nspname || '.' || "
        "c.relname END, format('SELECT * FROM %I.%I', n.nspname, c.relname) FROM pg_class c JOIN "
        "pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND "
        "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%' "
        "ORDER BY 1 LIMIT 10000");
    hone_status status = s->p.PQresultStatus(result) == TUPLES_OK ? HONE_OK : fail(ctx, s);
    int64_t n = status == HONE_OK ? s->p.PQntuples(result) : 0, index;
    const char **names = NULL;
    if (status == HONE_OK) status = HN_SCRATCH_NEW(ctx, names, n + 1);
    for (int64_t i = 0; i < n && status == HONE_OK; i++)
        names[i] = s->p.PQgetvalue(result, (int)i, 0);
    if (status == HONE_OK) status = hn_choose_table(ctx, source, names, n, true, &index);
    if (status == HONE_OK) hn_str_put(sql, s->p.PQgetvalue(result, (int)index, 1));
    s->p.PQclear(result);
    HN_TRY(status);
    return hn_str_status(sql);
}

static hone_status read_session(hone_ctx *ctx, session *s, hn_reader *reader) {
    hn_str sql;
    hn_str_init(&sql, ctx, ctx->scratch);
    HN_TRY(connect_to(ctx, reader->source->path, s));
    if (reader->options->query)
        hn_str_put(&sql, reader->options->query);
    else
        HN_TRY(select_table(ctx, s, reader->source, &sql));
    HN_TRY(hn_str_status(&sql));
    return read_query(ctx, s, reader, sql.text);
}

static hone_status read_postgres(hone_ctx *ctx, hn_reader *reader) {
    HN_SCRATCH(ctx);
    session s = {.shown = reader->source->shown};
    HN_TRY(hn_foreign_load(ctx, &pq_library, &s.p));
    hone_status status = read_session(ctx, &s, reader);
    if (s.connection) s.p.PQfinish(s.connection);
    return status;
}

const hn_source_kind hn_source_postgres = {
    .name = "postgres",
    .title = "PostgreSQL databases",
    .schemes = (const char *const[]){"postgres://", "postgresql://", NULL},
    .tables = "table",
    .takes = HN_TAKES_TABLE | HN_TAKES_QUERY,
    .check = refuse_password,
    .read = read_postgres,
};
