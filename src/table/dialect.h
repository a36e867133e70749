/* dialect.h - how a CSV file is written: delimiter, header, names, and which columns hold numbers.
 *
 * The first lines (up to HN_DIALECT_LINES) are looked at. Nothing that is decided here can change a
 * value unseen: a line with another number of fields is an error, and a column that turns out not to
 * be numbers after all is read again as text. */
#ifndef HN_TABLE_DIALECT_H
#define HN_TABLE_DIALECT_H

#include "table/column.h"

enum { HN_DIALECT_LINES = 1000 };

typedef struct hn_dialect_column {
    bool is_number;  /* every value seen is a number, or empty: read as doubles */
    bool is_decimal; /* a value seen has a point or an exponent */
} hn_dialect_column;

typedef struct hn_dialect {
    char delimiter[8];           /* UTF-8 */
    char quote, escape, comment; /* '\0': none */
    char decimal;                /* '.' or ',' */
    bool has_header;
    int32_t n_columns;
    const char **names;
    hn_dialect_column *columns;
} hn_dialect;

/* What the caller knows already; NULL: find out. path decides the delimiter of a .tsv. */
typedef struct hn_dialect_hints {
    const char *path;
    const char *delimiter;
    const char *header;                             /* "auto" or NULL, "yes", "no" */
    const char *quote, *escape, *comment, *decimal; /* as in hone_read_options */
} hn_dialect_hints;

/* lines [n]: the first lines as they are, without line ends; a quoted field may go over several.
 * whole: there are no more. Memory from arena. HONE_ERROR_DATA where there are no lines. */
hone_status hn_dialect_find(hone_ctx *ctx, hn_arena *arena, const hn_slice *lines, int64_t n,
                            bool whole, const hn_dialect_hints *hints,
                            hn_dialect *ret_dialect) HONE_MUST_CHECK;

/* Leaves out the lines that are comment alone, and what is comment in the others. Returns how many are
 * left. A comment within quotes is none. */
int64_t hn_dialect_uncomment(const hn_dialect *dialect, hn_slice *lines, int64_t n);

/* Makes names [n] all different: "x", "x_1", "x_2". Memory from arena. */
hone_status hn_names_unique(hone_ctx *ctx, hn_arena *arena, const char **names,
                            int32_t n) HONE_MUST_CHECK;
/* Surrounding ASCII space cut off. */
hn_slice hn_trim(hn_slice text);
/* A number as hone reads one from text: hn_parse_double's, but not codes with leading zeros ("007"). */
bool hn_text_is_number(hn_slice text, double *ret_value);
/* The same where decimal, '.' or ',', stands before the fraction. */
bool hn_text_is_decimal(hn_slice text, char decimal, double *ret_value);

#endif
