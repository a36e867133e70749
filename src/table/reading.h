/* reading.h - what the readers share: read.c (entry, rows into columns), read_source.c (files, standard
 * input), read_csv.c, read_query.c (SQL, JSON, Parquet). */
#ifndef HN_TABLE_READING_H
#define HN_TABLE_READING_H

#include "table/duck.h"
#include "table/gather.h"
#include "table/read.h"

typedef enum hn_format { HN_FORMAT_CSV, HN_FORMAT_JSON, HN_FORMAT_PARQUET } hn_format;

/* Where the bytes come from. */
typedef struct hn_source {
    const char *shown; /* for people: the path as given, or "standard input" */
    const char *path;  /* for DuckDB: a path or a pattern */
    bool is_pattern;
    hn_format format;
    const char *compression; /* "none", "gzip", "zstd" */
    const char *encoding;    /* as DuckDB calls it */
    int fd;                  /* kept open behind path, or -1 */
} hn_source;

/* Find the file, its format and compression; standard input goes to a file without a name first.
 * Memory from ctx->scratch. Close with hn_source_done. */
hone_status hn_source_open(hone_ctx *ctx, const char *path, const hn_read_options *options,
                           hn_source *ret_source) HONE_MUST_CHECK;
void hn_source_done(hn_source *source);

typedef struct hn_reader {
    const hn_read_options *options;
    hn_duck duck;
    const hn_source *source; /* NULL for SQL */
    hn_map missing;
    hone_table *table;
    hn_gather *gather; /* of the current try; the table's once done */
} hn_reader;

/* Run sql, whose columns are of the sinks' types, into a new gathering. types, names [n]; wants_whole
 * [n] or NULL. Stops early, with HONE_OK, when a column has_huge without fractions. */
hone_status hn_read_rows(hone_ctx *ctx, hn_reader *reader, const char *sql, int32_t n,
                         const char *const *names, const hn_type *types, const bool *wants_whole,
                         hn_duck_error_fn *error, void *arg) HONE_MUST_CHECK;

hone_status hn_read_csv(hone_ctx *ctx, hn_reader *reader) HONE_MUST_CHECK;
/* A query, or a JSON or Parquet file. */
hone_status hn_read_query(hone_ctx *ctx, hn_reader *reader, const char *sql) HONE_MUST_CHECK;
hone_status hn_read_typed_file(hone_ctx *ctx, hn_reader *reader) HONE_MUST_CHECK;

/* Fails with the place where source is no JSON; HONE_OK where it finds none. */
hone_status hn_find_json_error(hone_ctx *ctx, const hn_source *source) HONE_MUST_CHECK;

/* DuckDB's message cut to its first line, without "Binder Error: " and the like. In scratch. */
const char *hn_duck_sentence(hone_ctx *ctx, const char *message);

#endif
