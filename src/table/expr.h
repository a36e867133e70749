/* expr.h - row-wise expressions over columns: "monthly * tenure", "log1p(fare)",
 * "cut(age, [0, 12, 18, 60, 100], ['child', 'teen', 'adult', 'senior'])",
 * "regex_extract(Name, ' ([A-Za-z]+)\.', 1)", "if(x > 3 and not is_missing(y), 'a', 'b')".
 *
 * An expression is parsed and typed against named, typed columns once, into a small program that
 * runs over blocks of rows with no allocation per row; the same program serves training and one
 * row.
 *
 * Types: number (double), text, boolean, timestamp. Missing in, missing out, except is_missing,
 * coalesce, if's untaken branch, "false and missing" and "true or missing". A number that isn't
 * finite is missing: x / 0, the log of a negative number, what overflows. A boolean among numbers
 * is 0 or 1; a text literal beside a timestamp is read as one; a category that its dictionary lacks
 * is an empty text. Column names with other characters than letters, digits and _ go in backticks.
 *
 * The functions, with signature and one line of doc each, are one table (hn_expr_functions) that
 * help and documentation are emitted from. Regular expressions are PCRE2's, compiled once, with
 * match limits. */
#ifndef HN_TABLE_EXPR_H
#define HN_TABLE_EXPR_H

#include "table/table.h"

typedef struct hn_expr hn_expr;

typedef struct hn_expr_function {
    const char *name;
    const char *signature; /* "cut(x: number, edges: [number], labels: [text]) -> text" */
    const char *doc;
    const char *example;             /* an expression that is true: the tests hold it to that */
    const struct hn_expr_rule *rule; /* how it is run; of no use outside */
} hn_expr_function;
/* Some names come twice, with more or fewer arguments. */
const hn_expr_function *hn_expr_functions(size_t *ret_count);

/* Parse and type text against the columns of schema (only names, types and dictionaries are read).
 * Errors name the position in text and, for unknown names, the nearest one. Memory from arena. */
hone_status hn_expr_compile(hone_ctx *ctx, hn_arena *arena, const char *text,
                            const hn_table *schema, hn_expr **ret_expr) HONE_MUST_CHECK;
/* Frees what is not in the arena (compiled regular expressions). Takes NULL. */
void hn_expr_done(hn_expr *expr);

hn_type hn_expr_type(const hn_expr *expr); /* HN_F64, HN_STRING, HN_BOOL or HN_TIME */
/* Names of the columns it reads. */
int32_t hn_expr_inputs(const hn_expr *expr, const char *const **ret_names);

/* Evaluate over all rows of table, whose columns are found by name and must have the types compiled
 * for (categories and strings are both text). The result's memory is from arena: f64, bool, time,
 * or category with a bytewise-sorted dictionary of its own. Safe to call from several threads. */
hone_status hn_expr_eval(hone_ctx *ctx, const hn_expr *expr, const hn_table *table, hn_arena *arena,
                         const char *name, hn_column *ret_column) HONE_MUST_CHECK;

#endif
