/* write.h - tables out, without DuckDB: CSV (RFC 4180, quotes where needed), TSV, NDJSON, JSON array.
 * The format follows the path's ending; "-" is standard output as CSV. A file appears whole or not at
 * all. Numbers print shortest round trip: reading back gives the same bits. */
#ifndef HN_TABLE_WRITE_H
#define HN_TABLE_WRITE_H

#include "table/table.h"

hone_status hn_write_path(hone_ctx *ctx, const hn_table *table, const char *path) HONE_MUST_CHECK;
/* One row as a JSON object, appended. */
void hn_write_json_row(hn_str *str, const hn_table *table, int64_t row);

#endif
