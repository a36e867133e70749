/* foreign.h - values that must be found in another file, as a foreign key is in a database. */
#ifndef HN_FLOW_FOREIGN_H
#define HN_FLOW_FOREIGN_H

#include "table/table.h"

/* Rows whose values in n columns, as they print, no row of another file has together: how many, and which comes
 * first (-1: none). A row that lacks one of its values is not among them. in: "FILE:COLUMN", of several columns
 * "FILE:COLUMN,COLUMN"; path is that of the file which asks, for errors. */
hone_status hn_foreign_lost(hone_ctx *ctx, const char *path, const hn_table *table,
                            const int32_t *columns, int32_t n, const char *in, int64_t *ret_count,
                            int64_t *ret_first) HONE_MUST_CHECK;

#endif
