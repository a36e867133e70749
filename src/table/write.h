/* write.h - tables out, without DuckDB. The format follows the path's ending: .csv (RFC 4180, quotes where
 * needed) .tsv .tab .txt .ndjson .jsonl .json, each also with .gz or .zst; .parquet; .arrow .feather .ipc (Arrow
 * IPC file), .arrows (Arrow IPC stream). "-" and what has no ending is CSV.
 *
 * A file appears whole or not at all. As text, numbers print shortest round trip: reading back gives the same
 * bits; JSON knows no infinity, it has null. In Parquet and Arrow, types stay: categories are dictionaries,
 * timestamps microseconds without zone, missing values null. */
#ifndef HN_TABLE_WRITE_H
#define HN_TABLE_WRITE_H

#include "table/table.h"

hone_status hn_write_path(hone_ctx *ctx, const hn_table *table, const char *path) HONE_MUST_CHECK;
/* One row as a JSON object, appended. */
void hn_write_json_row(hn_str *str, const hn_table *table, int64_t row);

/* The same table after table, for those that are never in memory as a whole: open, put any number of tables
 * that have the names, types and dictionaries of schema (whose rows don't matter), then close, which makes the
 * file appear, or abandon (which takes NULL). Close frees the writer whether or not it fails. */
typedef struct hn_writer hn_writer;
hone_status hn_writer_open(hone_ctx *ctx, const char *path, const hn_table *schema,
                           hn_writer **ret_writer) HONE_MUST_CHECK;
hone_status hn_writer_put(hone_ctx *ctx, hn_writer *writer, const hn_table *table) HONE_MUST_CHECK;
hone_status hn_writer_close(hone_ctx *ctx, hn_writer *writer) HONE_MUST_CHECK;
void hn_writer_abandon(hone_ctx *ctx, hn_writer *writer);

#endif
