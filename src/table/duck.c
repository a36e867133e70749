/* duck.c - loading DuckDB's library, its settings, and running one query; see duck.h. */
#include "table/duck.h"

#include "base/os.h"

#include <dlfcn.h>
#include <duckdb_dir.h> /* made by meson.build: HN_DUCKDB_DIR */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* ---- loading --------------------------------------------------------------------------------- */

/* The library as seen from the folder that path is in: "/../lib/hone" of /usr/bin/hone is
 * /usr/lib/hone/libduckdb.so. NULL if path is bare. */
static char *beside(hone_ctx *ctx, const char *path, const char *folder) {
    const char *slash = path ? strrchr(path, '/') : NULL;
    if (slash == NULL) return NULL;
    return hn_arena_printf(ctx, ctx->scratch, "%.*s%s/libduckdb.so", (int)(slash - path), path,
                           folder);
}

/* Where the library may be, in the order tried. The first one that loads is taken. */
static hone_status load(hone_ctx *ctx, void **ret_handle) {
    HN_SCRATCH(ctx);
    const char *candidates[8];
    int n = 0;
    const char *named = getenv("HONE_DUCKDB");
    if (named && named[0]) candidates[n++] = named;
    candidates[n++] = HN_DUCKDB_DIR "/libduckdb.so";
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length > 0) {
        self[length] = '\0';
        const char *path = beside(ctx, self, "/../lib/hone");
        if (path) candidates[n++] = path;
    }
    Dl_info info;
    if (dladdr((const void *)&hone_version, &info) && info.dli_fname) {
        const char *path = beside(ctx, info.dli_fname, "/../lib/hone");
        if (path) candidates[n++] = path;
        path = beside(ctx, info.dli_fname, ""); /* the Python package carries its own */
        if (path) candidates[n++] = path;
    }
    candidates[n++] = "libduckdb.so";
    candidates[n] = NULL;
    hone_status status = hn_load_library(ctx, candidates, ret_handle);
    if (status != HONE_ERROR_UNSUPPORTED) return status;
    hn_str tried;
    hn_str_init(&tried, ctx, ctx->scratch);
    for (int i = 0; i < n; i++) hn_str_printf(&tried, "%s%s", i ? ", " : "", candidates[i]);
    HN_TRY(hn_str_status(&tried));
    return hn_fail(
        ctx, HONE_ERROR_UNSUPPORTED,
        "reading files needs DuckDB's library and none of these could be loaded: %s; set "
        "HONE_DUCKDB to the path of libduckdb.so",
        tried.text);
}

static hone_status find_functions(hone_ctx *ctx, void *handle, hn_duck *duck) {
    static const struct {
        const char *name;
        size_t offset;
    } functions[] = {
#define X(name) {"duckdb_" #name, offsetof(hn_duck, name)},
        HN_DUCK_FUNCTIONS(X)
#undef X
    };
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        void *symbol = dlsym(handle, functions[i].name);
        if (symbol == NULL)
            return hn_fail(ctx, HONE_ERROR_UNSUPPORTED,
                           "the DuckDB library found has no function %s; point HONE_DUCKDB at "
                           "libduckdb.so of version 1.4 or later",
                           functions[i].name);
        memcpy((char *)duck + functions[i].offset, &symbol, sizeof symbol);
    }
    return HONE_OK;
}

/* ---- the database ---------------------------------------------------------------------------- */

/* In memory, quiet: no network, no extensions beyond what is linked in, nothing kept in the home
 * folder. Files stay readable; that only reading statements run is seen to in hn_duck_prepare. */
static hone_status configure(hone_ctx *ctx, hn_duck *duck, duckdb_config config) {
    char threads[16], memory[32], folder[PATH_MAX];
    size_t limit = hn_memory_limit(ctx);
    /* Each of its threads holds a page of every column of a Parquet file. */
    bool narrow = limit > 0 && limit < (size_t)1 << 30;
    snprintf(threads, sizeof threads, "%d", narrow ? 1 : ctx->threads);
    snprintf(memory, sizeof memory, "%zuKiB", limit / 2 / 1024);
    snprintf(folder, sizeof folder, "%s/hone-duckdb-%ld-%p", hn_temporary_folder(), (long)getpid(),
             (void *)ctx);
    const char *const settings[][2] = {
        {"threads", threads},
        {"preserve_insertion_order", "true"},
        {"autoinstall_known_extensions", "false"},
        {"autoload_known_extensions", "false"},
        {"allow_community_extensions", "false"},
        {"allow_persistent_secrets", "false"},
        {"temp_directory", folder}, /* made when memory runs short, removed at the end */
        {limit > 0 ? "memory_limit" : "threads", limit > 0 ? memory : threads},
    };
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        if (duck->set_config(config, settings[i][0], settings[i][1]) == DuckDBError)
            return hn_fail(ctx, HONE_ERROR_UNSUPPORTED,
                           "DuckDB %s does not know the setting %s; point HONE_DUCKDB at "
                           "libduckdb.so of version 1.4",
                           duck->library_version(), settings[i][0]);
    return HONE_OK;
}

hone_status hn_duck_open(hone_ctx *ctx, hn_duck *ret_duck) {
    hn_duck duck = {.database = NULL};
    void *handle;
    HN_TRY(load(ctx, &handle));
    HN_TRY(find_functions(ctx, handle, &duck));
    duckdb_config config;
    if (duck.create_config(&config) == DuckDBError)
        return hn_fail(ctx, HONE_ERROR_MEMORY, "DuckDB could not start: out of memory");
    hone_status status = configure(ctx, &duck, config);
    char *message = NULL;
    if (status == HONE_OK && duck.open_ext(NULL, &duck.database, config, &message) == DuckDBError)
        status = hn_fail(ctx, HONE_ERROR_UNSUPPORTED, "DuckDB could not start: %.500s",
                         message ? message : "no reason given");
    if (message) duck.free(message);
    duck.destroy_config(&config);
    HN_TRY(status);
    if (duck.connect(duck.database, &duck.connection) == DuckDBError) {
        duck.close(&duck.database);
        return hn_fail(ctx, HONE_ERROR_MEMORY, "DuckDB could not open a connection");
    }
    /* Set by statement, because they belong to what is linked in and are unknown before. UTC: what a
     * query says must not depend on the machine's zone. */
    static const char *const settings[] = {"SET TimeZone = 'UTC'",
                                           "SET streaming_buffer_size = '32MB'",
                                           "SET lock_configuration = true"};
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        duckdb_result result;
        duckdb_state state = duck.query(duck.connection, settings[i], &result);
        duck.destroy_result(&result);
        if (state == DuckDBSuccess) continue;
        hn_duck_close(&duck);
        return hn_fail(ctx, HONE_ERROR_UNSUPPORTED,
                       "DuckDB refuses \"%s\"; point HONE_DUCKDB at libduckdb.so of version 1.4",
                       settings[i]);
    }
    *ret_duck = duck;
    return HONE_OK;
}

void hn_duck_close(hn_duck *duck) {
    if (duck == NULL || duck->database == NULL) return;
    duck->disconnect(&duck->connection);
    duck->close(&duck->database);
}

/* ---- queries --------------------------------------------------------------------------------- */

/* sql beyond blanks, comments and opening brackets. */
static const char *first_word(const char *sql) {
    for (;;) {
        if (*sql == ' ' || (*sql >= '\t' && *sql <= '\r') || *sql == '(') {
            sql++;
        } else if (sql[0] == '-' && sql[1] == '-') {
            sql += strcspn(sql, "\n");
        } else if (sql[0] == '/' && sql[1] == '*') {
            const char *close = strstr(sql + 2, "*/");
            if (close == NULL) return sql;
            sql = close + 2;
        } else {
            return sql;
        }
    }
}

/* DuckDB tells a statement's type only once it is prepared, and preparing EXPORT DATABASE makes its
 * folder; so what cannot be a query is turned away before. */
static bool may_be_query(const char *sql) {
    static const char *const words[] = {"SELECT", "WITH",     "FROM",  "VALUES",  "TABLE",
                                        "SHOW",   "DESCRIBE", "PIVOT", "UNPIVOT", "SUMMARIZE"};
    const char *word = first_word(sql);
    size_t length = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i]) == length && strncasecmp(word, words[i], length) == 0) return true;
    return false;
}

hone_status hn_duck_prepare(hone_ctx *ctx, hn_duck *duck, const char *sql, hn_duck_error_fn *error,
                            void *arg, hn_duck_query *ret_query) {
    hn_duck_query query = {.duck = duck};
    duckdb_extracted_statements statements = NULL;
    idx_t n = duck->extract_statements(duck->connection, sql, &statements);
    hone_status status = HONE_OK;
    if (n == 0) {
        const char *message = duck->extract_statements_error(statements);
        status = message ? error(ctx, arg, message)
                         : hn_fail(ctx, HONE_ERROR_USAGE, "the query is empty; write a SELECT");
    } else if (n > 1) {
        status =
            hn_fail(ctx, HONE_ERROR_USAGE, "the query has %d statements; write one SELECT", (int)n);
    } else if (!may_be_query(sql)) {
        status = hn_fail(ctx, HONE_ERROR_USAGE,
                         "only queries that read are run; write one SELECT (or WITH, or FROM)");
    } else if (duck->prepare_extracted_statement(duck->connection, statements, 0,
                                                 &query.statement) == DuckDBError) {
        status = error(ctx, arg, duck->prepare_error(query.statement));
    } else if (duck->prepared_statement_type(query.statement) != DUCKDB_STATEMENT_TYPE_SELECT) {
        status = hn_fail(ctx, HONE_ERROR_USAGE,
                         "only queries that read are run; write one SELECT (or WITH, or FROM)");
    }
    duck->destroy_extracted(&statements);
    if (status != HONE_OK) {
        hn_duck_query_done(&query);
        return status;
    }
    *ret_query = query;
    return HONE_OK;
}

/* Its threads go on with what they have begun until they are told. */
static hone_status cancelled(hone_ctx *ctx, const hn_duck *duck) {
    hone_status status = hn_check_cancel(ctx);
    if (status != HONE_OK) duck->interrupt(duck->connection);
    return status;
}

/* Of what was cancelled DuckDB says that it was interrupted. */
static hone_status failed(hone_ctx *ctx, hn_duck_error_fn *error, void *arg, const char *message) {
    HN_TRY(hn_check_cancel(ctx));
    return error(ctx, arg, message);
}

hone_status hn_duck_start(hone_ctx *ctx, hn_duck_query *query, hn_duck_error_fn *error, void *arg) {
    hn_duck *duck = query->duck;
    HN_TRY(hn_duck_watch_start(ctx, duck, &query->watch));
    if (duck->pending_prepared_streaming(query->statement, &query->pending) == DuckDBError)
        return failed(ctx, error, arg, duck->pending_error(query->pending));
    for (;;) {
        HN_TRY(cancelled(ctx, duck));
        duckdb_pending_state state = duck->pending_execute_task(query->pending);
        if (state == DUCKDB_PENDING_ERROR)
            return failed(ctx, error, arg, duck->pending_error(query->pending));
        if (state == DUCKDB_PENDING_RESULT_READY) break;
        if (state == DUCKDB_PENDING_NO_TASKS_AVAILABLE) usleep(200);
    }
    query->has_result = true;
    if (duck->execute_pending(query->pending, &query->result) == DuckDBError)
        return failed(ctx, error, arg, duck->result_error(&query->result));
    return HONE_OK;
}

hone_status hn_duck_fetch(hone_ctx *ctx, hn_duck_query *query, hn_duck_error_fn *error, void *arg,
                          duckdb_data_chunk *ret_chunk) {
    hn_duck *duck = query->duck;
    HN_TRY(cancelled(ctx, duck));
    duckdb_data_chunk chunk = duck->fetch_chunk(query->result);
    if (chunk == NULL) {
        const char *message = duck->result_error(&query->result);
        if (message && message[0]) return failed(ctx, error, arg, message);
        HN_TRY(cancelled(ctx, duck)); /* rows that were not waited for */
    } else if (duck->data_chunk_get_size(chunk) == 0) {
        duck->destroy_data_chunk(&chunk);
        chunk = NULL;
    }
    *ret_chunk = chunk;
    return HONE_OK;
}

void hn_duck_query_done(hn_duck_query *query) {
    if (query == NULL || query->duck == NULL) return;
    hn_duck *duck = query->duck;
    hn_duck_watch_end(query->watch);
    if (query->has_result) duck->destroy_result(&query->result);
    if (query->pending) duck->destroy_pending(&query->pending);
    if (query->statement) duck->destroy_prepare(&query->statement);
    *query = (hn_duck_query){.duck = NULL};
}

void hn_duck_quote(hn_str *sql, const char *text) {
    hn_str_put_c(sql, '\'');
    for (; *text; text++) {
        if (*text == '\'') hn_str_put_c(sql, '\'');
        hn_str_put_c(sql, *text);
    }
    hn_str_put_c(sql, '\'');
}
