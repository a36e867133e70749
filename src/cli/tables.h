/* tables.h - what the sub-verbs of 'hone data' have in common: reading a table, printing rows, writing. */
#ifndef HN_CLI_TABLES_H
#define HN_CLI_TABLES_H

#include "cli/report.h"

/* The names that the flags about reading have where several of a recipe's are of no use: without path. */
extern const hn_rename hn_reading_renames[];
/* The same where a query has no place beside the tables that are named. */
extern const hn_rename hn_query_renames[];
#define HN_READING_FLAGS                                                                           \
    { "reading the table", &hn_recipe_data_params, hn_reading_renames }

/* The table named by path or --sql, at most limit rows of it (0: all that the flags let through). */
hone_status hn_data_open_some(hn_cli *cli, const char *path, int64_t limit,
                              hone_table **ret_table) HONE_MUST_CHECK;

/* Columns by name, in the order given, borrowed; all of them where there is no name. */
hone_status hn_pick_columns(hn_cli *cli, const hn_table *table, const hn_texts *names,
                            hn_table *ret_table) HONE_MUST_CHECK;

bool hn_goes_to_file(const char *path);
/* Before the work: path, if it names a file, can be written. */
hone_status hn_check_output(hn_cli *cli, const char *path) HONE_MUST_CHECK;
/* A result: to the file that path names, with a line that says so; else (NULL or "-") to standard output, as CSV
 * or, with --json, as {"rows", "columns", "data"}; on a terminal as aligned rows, at most 40. */
hone_status hn_give_table(hn_cli *cli, const hn_table *table, const char *path) HONE_MUST_CHECK;

/* The first n rows, aligned: names, types, cells. Columns that the terminal has no room for are named
 * below. */
hone_status hn_put_rows(hn_cli *cli, const hn_table *table, int64_t n) HONE_MUST_CHECK;
/* As JSON: [{"name": ..., "type": ...}, ...] and [{...}, ...] (the first n rows). */
hone_status hn_put_columns_json(hn_cli *cli, const hn_table *table) HONE_MUST_CHECK;
hone_status hn_put_rows_json(hn_cli *cli, const hn_table *table, int64_t n) HONE_MUST_CHECK;

#endif
