/* duck_table.h - a table of hone's under a name in DuckDB's queries. */
#ifndef HN_TABLE_DUCK_TABLE_H
#define HN_TABLE_DUCK_TABLE_H

#include "table/duck.h"
#include "table/table.h"

/* table, which must outlive duck's database, answers to name: "SELECT ... FROM "name"". Nothing is copied
 * before it is asked for. */
hone_status hn_duck_add_table(hone_ctx *ctx, hn_duck *duck, const char *name,
                              const hn_table *table) HONE_MUST_CHECK;

#endif
