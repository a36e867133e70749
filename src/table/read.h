/* read.h - files and SQL into tables. What DuckDB reads (source.h) is read by its C library, loaded when first needed.
 *
 * What comes in: .csv .tsv .txt .json .ndjson .jsonl .parquet, each also with .gz or .zst, a glob
 * pattern, or "-" for standard input; or a SQL query over such files. Types come out as:
 *   BOOLEAN -> bool; integers -> int64 (HUGEINT and decimals -> float64); FLOAT -> float32;
 *   DOUBLE -> float64; DATE, TIMESTAMP* -> timestamp (UTC); everything else -> text.
 * Texts are then looked at as a whole: surrounding space is cut, the missing words become nulls, and
 * a column whose remaining values are all numbers, true/false or ISO dates becomes that (numbers with
 * leading zeros, "007", are text); others become categories, or strings where nearly every value
 * differs. A CSV column is int64 where all of it is whole and written without point or exponent.
 *
 * Inside a query it is DuckDB that reads CSV files, and that judges their types by the first 20480 rows:
 * say read_csv('x.csv', sample_size = -1) where that is not enough.
 */
#ifndef HN_TABLE_READ_H
#define HN_TABLE_READ_H

#include "table/table.h"

typedef hone_read_options hn_read_options;

/* What format may be: "auto", then the kinds (sources.def); ends with NULL. */
extern const char *const hn_source_names[];

/* Whether path, read as format ("auto": by its name), is a database that answers a query of its own. */
bool hn_source_takes_query(const char *path, const char *format);

/* The words that mean missing where options->missing is NULL. */
extern const char hn_usual_missing[];

hone_status hn_read_path(hone_ctx *ctx, const char *path, const hn_read_options *options,
                         hone_table **ret_table) HONE_MUST_CHECK;
hone_status hn_read_sql(hone_ctx *ctx, const char *sql, const hn_read_options *options,
                        hone_table **ret_table) HONE_MUST_CHECK;
/* The same over tables that are there already, which answer to their names; the last one is what it is about. */
typedef struct hn_named_table {
    const char *name;
    const hone_table *table;
} hn_named_table;
hone_status hn_read_sql_over(hone_ctx *ctx, const char *sql, const hn_named_table *tables, int n,
                             const hn_read_options *options,
                             hone_table **ret_table) HONE_MUST_CHECK;

#endif
