/* writing.h - what the writers share: write.c (entry, the file), write_text.c (CSV, TSV, NDJSON, JSON),
 * write_arrow.c (Arrow IPC), write_parquet.c. */
#ifndef HN_TABLE_WRITING_H
#define HN_TABLE_WRITING_H

#include "base/os.h"
#include "table/deflate.h"
#include "table/write.h"

typedef struct hn_writer_format hn_writer_format;

struct hn_writer {
    const hn_writer_format *format;
    hn_outfile file;
    hn_arena arena;        /* of the whole file */
    hn_table schema;       /* names, types and dictionaries of the first batch, no rows; in arena */
    int64_t n_rows;        /* written so far */
    int64_t at;            /* bytes handed to the file so far, before compression */
    hn_deflater *deflater; /* NULL: not compressed */
    void *state;           /* the format's own, in arena */
};

/* A format: begin before the first batch (schema is set), put for each, end after the last. */
struct hn_writer_format {
    const char *const *endings; /* ".csv", ...; ends with NULL */
    int variant;                /* of a file with several formats */
    bool is_text;               /* may be compressed as a whole: .csv.gz */
    hone_status (*begin)(hone_ctx *ctx, hn_writer *writer);
    hone_status (*put)(hone_ctx *ctx, hn_writer *writer, const hn_table *batch);
    hone_status (*end)(hone_ctx *ctx, hn_writer *writer);
};

/* Bytes to the file; they are compressed on the way where its name says so. */
hone_status hn_writer_bytes(hone_ctx *ctx, hn_writer *writer, const void *bytes,
                            size_t length) HONE_MUST_CHECK;

extern const hn_writer_format hn_write_csv, hn_write_tsv, hn_write_ndjson, hn_write_json;
extern const hn_writer_format hn_write_arrow_file, hn_write_arrow_stream, hn_write_parquet;

/* Arrow's encapsulated message that holds the schema, as Parquet files carry it too. Memory from arena. */
hone_status hn_arrow_schema_message(hone_ctx *ctx, hn_arena *arena, const hn_table *schema,
                                    const unsigned char **ret_bytes,
                                    size_t *ret_length) HONE_MUST_CHECK;

#endif
