/* duck.h - DuckDB's C library, loaded when a file is read: the functions in use, a private database in
 * memory, and queries on it. Only the readers (read*.c, dialect.c, gather.c, duck_table.c) include this.
 *
 * The database never touches the network, installs nothing and loads no extension. */
#ifndef HN_TABLE_DUCK_H
#define HN_TABLE_DUCK_H

#include "base/ctx.h"
#include "base/str.h"

#include <duckdb.h>

/* Every function of the library that hone calls. */
#define HN_DUCK_FUNCTIONS(X)                                                                       \
    X(bind_add_result_column)                                                                      \
    X(bind_get_extra_info)                                                                         \
    X(bind_set_cardinality)                                                                        \
    X(close)                                                                                       \
    X(column_count)                                                                                \
    X(connect)                                                                                     \
    X(create_config)                                                                               \
    X(create_logical_type)                                                                         \
    X(create_table_function)                                                                       \
    X(data_chunk_get_size)                                                                         \
    X(data_chunk_get_vector)                                                                       \
    X(data_chunk_set_size)                                                                         \
    X(destroy_config)                                                                              \
    X(destroy_data_chunk)                                                                          \
    X(destroy_extracted)                                                                           \
    X(destroy_logical_type)                                                                        \
    X(destroy_pending)                                                                             \
    X(destroy_prepare)                                                                             \
    X(destroy_result)                                                                              \
    X(destroy_table_function)                                                                      \
    X(disconnect)                                                                                  \
    X(execute_pending)                                                                             \
    X(extract_statements)                                                                          \
    X(extract_statements_error)                                                                    \
    X(fetch_chunk)                                                                                 \
    X(free)                                                                                        \
    X(function_get_init_data)                                                                      \
    X(init_get_column_count)                                                                       \
    X(init_get_column_index)                                                                       \
    X(init_get_extra_info)                                                                         \
    X(init_set_error)                                                                              \
    X(init_set_init_data)                                                                          \
    X(init_set_max_threads)                                                                        \
    X(interrupt)                                                                                   \
    X(library_version)                                                                             \
    X(logical_type_get_alias)                                                                      \
    X(open_ext)                                                                                    \
    X(pending_error)                                                                               \
    X(pending_execute_task)                                                                        \
    X(pending_prepared_streaming)                                                                  \
    X(prepare_error)                                                                               \
    X(prepare_extracted_statement)                                                                 \
    X(prepared_statement_column_count)                                                             \
    X(prepared_statement_column_logical_type)                                                      \
    X(prepared_statement_column_name)                                                              \
    X(prepared_statement_column_type)                                                              \
    X(prepared_statement_type)                                                                     \
    X(query)                                                                                       \
    X(register_table_function)                                                                     \
    X(result_error)                                                                                \
    X(set_config)                                                                                  \
    X(table_function_set_bind)                                                                     \
    X(table_function_set_extra_info)                                                               \
    X(table_function_set_function)                                                                 \
    X(table_function_set_init)                                                                     \
    X(table_function_set_name)                                                                     \
    X(table_function_supports_projection_pushdown)                                                 \
    X(vector_assign_string_element_len)                                                            \
    X(vector_ensure_validity_writable)                                                             \
    X(vector_get_data)                                                                             \
    X(vector_get_validity)                                                                         \
    X(vector_size)

typedef struct hn_duck {
#define X(name) __typeof__(duckdb_##name) *name;
    HN_DUCK_FUNCTIONS(X)
#undef X
    duckdb_database database;
    duckdb_connection connection;
    int n_tables; /* of hone's that it has been given (duck_table.c) */
} hn_duck;

/* Load the library and open a database with ctx's threads. memory: limit such as "512MB", or NULL.
 * HONE_ERROR_UNSUPPORTED, with every place tried, where there is no library. */
hone_status hn_duck_open(hone_ctx *ctx, hn_duck *ret_duck) HONE_MUST_CHECK;
/* Takes one that was never opened (all zero). */
void hn_duck_close(hn_duck *duck);

/* A thread that interrupts what duck is at once ctx is cancelled; until it is ended, which takes NULL too. */
typedef struct hn_duck_watch hn_duck_watch;
hone_status hn_duck_watch_start(hone_ctx *ctx, const hn_duck *duck,
                                hn_duck_watch **ret_watch) HONE_MUST_CHECK;
void hn_duck_watch_end(hn_duck_watch *watch);

/* A query whose rows come in chunks, in order. */
typedef struct hn_duck_query {
    hn_duck *duck;
    hn_duck_watch *watch; /* while it runs */
    duckdb_prepared_statement statement;
    duckdb_pending_result pending;
    duckdb_result result;
    bool has_result;
} hn_duck_query;

/* Turns DuckDB's error text into a failure of ctx, and returns it. arg is the caller's. */
typedef hone_status hn_duck_error_fn(hone_ctx *ctx, void *arg, const char *message);

/* Prepare sql, which must be one statement that reads (SELECT, WITH, FROM, VALUES, ...). */
hone_status hn_duck_prepare(hone_ctx *ctx, hn_duck *duck, const char *sql, hn_duck_error_fn *error,
                            void *arg, hn_duck_query *ret_query) HONE_MUST_CHECK;
/* Run until the first rows are ready, watching for cancellation. */
hone_status hn_duck_start(hone_ctx *ctx, hn_duck_query *query, hn_duck_error_fn *error,
                          void *arg) HONE_MUST_CHECK;
/* The next rows; *ret_chunk is NULL after the last. Destroyed by the caller. */
hone_status hn_duck_fetch(hone_ctx *ctx, hn_duck_query *query, hn_duck_error_fn *error, void *arg,
                          duckdb_data_chunk *ret_chunk) HONE_MUST_CHECK;
void hn_duck_query_done(hn_duck_query *query);

/* text as an SQL literal, 'it''s', appended. */
void hn_duck_quote(hn_str *sql, const char *text);

#endif
