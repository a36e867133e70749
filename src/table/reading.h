/* reading.h - what the readers share: read.c (entry, DuckDB's rows into columns), read_query.c (SQL), and
 * read_KIND.c for each kind of source. */
#ifndef HN_TABLE_READING_H
#define HN_TABLE_READING_H

#include "table/duck.h"
#include "table/gather.h"
#include "table/read.h"
#include "table/source.h"

typedef struct hn_reader {
    const hn_read_options *options;
    hn_duck duck;            /* closed until it is needed */
    const hn_source *source; /* NULL for SQL */
    hn_map missing;
    const hn_named_table *over; /* [n_over]: SQL: tables that are there already */
    int n_over;
    hone_table **named; /* SQL: what was read for names that DuckDB has no reader for */
    int n_named;
    hone_table *table;
    char decimal;      /* in texts that become numbers: '.' or ',' */
    hn_gather *gather; /* of the current try; the table's once done */
} hn_reader;

/* Open DuckDB if it is not open yet. */
hone_status hn_reader_duck(hone_ctx *ctx, hn_reader *reader) HONE_MUST_CHECK;
/* Run sql, whose columns are of the sinks' types, into a new gathering. types, names [n]. */
hone_status hn_read_rows(hone_ctx *ctx, hn_reader *reader, const char *sql, int32_t n,
                         const char *const *names, const hn_type *types, hn_duck_error_fn *error,
                         void *arg) HONE_MUST_CHECK;

/* The files that source matches, a pattern, in order; in scratch. */
typedef struct hn_paths {
    const char **items;
    int64_t n;
} hn_paths;
hone_status hn_read_pattern(hone_ctx *ctx, hn_reader *reader, const hn_source *source,
                            hn_paths *ret_paths) HONE_MUST_CHECK;

/* A query; and a file whose columns have types, by the SELECT that reads it. */
hone_status hn_read_query(hone_ctx *ctx, hn_reader *reader, const char *sql) HONE_MUST_CHECK;
hone_status hn_read_select(hone_ctx *ctx, hn_reader *reader, const char *sql) HONE_MUST_CHECK;

/* What sql names after FROM or JOIN that DuckDB itself cannot read ('book.xlsx', 'https://...') is read and
 * given to it. Free reader->named in the end, when the database is closed. */
hone_status hn_read_named(hone_ctx *ctx, hn_reader *reader, const char *sql) HONE_MUST_CHECK;

/* Which of n tables is meant by source->table: a name, or a number from 1. Without one it is the first, or
 * where must_choose and n > 1 it fails and names them. what: "sheet". */
hone_status hn_choose_table(hone_ctx *ctx, const hn_source *source, const char *const *names,
                            int64_t n, bool must_choose, int64_t *ret_index) HONE_MUST_CHECK;

/* Fails with the place where source, one file, is no JSON, has a name that no column may have, or is nested more deeply
 * than DuckDB's stack bears; one pass, nothing of it is kept. forgiving: what is no JSON is passed over, to the end of
 * its line. *ret_list: whether it is a list. */
hone_status hn_check_json(hone_ctx *ctx, const hn_source *source, bool forgiving,
                          bool *ret_list) HONE_MUST_CHECK;
/* The same of all files that source matches, unpacked where they are packed: before DuckDB reads any, whoever asks for
 * it, the reader of files or a query that names them. */
hone_status hn_check_json_files(hone_ctx *ctx, hn_reader *reader, const hn_source *source,
                                bool forgiving, bool *ret_lists) HONE_MUST_CHECK;

/* DuckDB's message cut to its first line, without "Binder Error: " and the like. In scratch. */
const char *hn_duck_sentence(hone_ctx *ctx, const char *message);

#endif
