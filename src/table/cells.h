/* cells.h - rows of single values into columns: what the readers of hone's own fill (sheets, databases,
 * HTML tables, folders).
 *
 * A column has the type of its first value and widens as others come: whole numbers become real
 * numbers; whatever else differs makes it a column of texts, which are judged as a whole in the end as those
 * of a CSV file are (retype.c): numbers, truth values and dates among them are what they look like. */
#ifndef HN_TABLE_CELLS_H
#define HN_TABLE_CELLS_H

#include "table/reading.h"

typedef enum hn_cell_kind {
    HN_CELL_NULL,
    HN_CELL_INT,
    HN_CELL_REAL,
    HN_CELL_BOOL, /* whole: 0 or 1 */
    HN_CELL_TIME, /* whole: microseconds since 1970 */
    HN_CELL_TEXT
} hn_cell_kind;

typedef struct hn_cell {
    hn_cell_kind kind;
    int64_t whole;
    double real;
    hn_slice text; /* UTF-8 or not: what is not is refused */
} hn_cell;

typedef struct hn_cells {
    hn_reader *reader;
    hn_cell_kind *kinds; /* of each column; HN_CELL_NULL: no value yet */
    bool *unnamed;
    int32_t n, room;
    int64_t n_rows;
} hn_cells;

/* names [n], as they stand: empty ones become c0, c1, ... and equal ones different. */
hone_status hn_cells_start(hone_ctx *ctx, hn_reader *reader, const hn_slice *names, int32_t n,
                           hn_cells *ret_cells) HONE_MUST_CHECK;
/* At most once for each column of a row; a column beyond the last begins anew, missing above. */
hone_status hn_cells_put(hone_ctx *ctx, hn_cells *cells, int32_t column,
                         hn_cell cell) HONE_MUST_CHECK;
/* Ends the row: what was not put is missing. *ret_full: options->limit rows are there. */
hone_status hn_cells_end_row(hone_ctx *ctx, hn_cells *cells, bool *ret_full) HONE_MUST_CHECK;

/* After the last row: columns without name and without any value are left out. */
hone_status hn_cells_finish(hone_ctx *ctx, hn_cells *cells) HONE_MUST_CHECK;

/* Text as a cell: surrounding blanks off, nothing left is missing. Texts are judged in the end. */
hn_cell hn_cell_text(const char *text, size_t length);
/* A cell as text, in scratch: "" where it is missing. */
hone_status hn_cell_print(hone_ctx *ctx, hn_cell cell, hn_slice *ret_text) HONE_MUST_CHECK;
bool hn_is_utf8(const char *text, size_t length);

/* Is the first record a header? As for CSV: options->header says, or it is unless it holds a value (a
 * cell that is no text, or looks like a number, date or truth value). */
hone_status hn_cells_header(hone_ctx *ctx, const hn_read_options *options, const hn_cell *first,
                            int32_t n, bool *ret_header) HONE_MUST_CHECK;

#endif
