/* window.h - features over time by key: to each row what is made of the rows before it, of the same key, by an order.
 *
 * Rows stand in the order of one column, those of equal order as they come; where it is missing, last. A row is before
 * another if it stands before it (lag, HN_FRAME_ROWS), or if its order is less (all else): rows at the same time are
 * not before each other. Missing keys are equal to each other.
 *
 * What is made of numbers is summed in an order that depends on the rows of a key alone, without differences of long
 * sums: the same bits for any number of threads, and whatever comes later. */
#ifndef HN_TABLE_WINDOW_H
#define HN_TABLE_WINDOW_H

#include "table/column.h"
#include "table/table.h"

typedef enum hn_window_function {
    HN_WINDOW_COUNT,    /* rows, or values that are there: int64 */
    HN_WINDOW_DISTINCT, /* different values: int64 */
    HN_WINDOW_SUM,      /* of numbers, as the next three; float64, missing where there is none */
    HN_WINDOW_MEAN,
    HN_WINDOW_STD, /* of two values at least, by n - 1 */
    HN_WINDOW_MEDIAN,
    HN_WINDOW_MIN, /* of any type, as the next three: the column's own */
    HN_WINDOW_MAX,
    HN_WINDOW_FIRST, /* the first row's value, which may be missing */
    HN_WINDOW_LAST,
    HN_WINDOW_LAG,  /* that of so many rows before */
    HN_WINDOW_SINCE /* how long before this row the last of an earlier time was: float64 */
} hn_window_function;

typedef enum hn_window_frame {
    HN_FRAME_ALL,  /* all rows before */
    HN_FRAME_ROWS, /* the last of them */
    HN_FRAME_SPAN  /* those that are not older than span */
} hn_window_frame;

typedef struct hn_window {
    const char *name;
    hn_window_function function;
    hn_window_frame frame;
    int32_t column; /* -1 with SINCE, and where rows are counted */
    int32_t order;  /* any type; numbers or times with SINCE and SPAN */
    const int32_t *keys;
    int32_t n_keys;
    int64_t rows; /* HN_FRAME_ROWS, LAG: at least 0 */
    double span;  /* in what order counts: microseconds of times */
    double unit;  /* SINCE: what counts one */
} hn_window;

/* ret_columns [n], of table's length, in arena; dictionaries are borrowed. HONE_ERROR_DATA names a column of the wrong
 * type. */
hone_status hn_table_windows(hone_ctx *ctx, hn_arena *arena, const hn_table *table,
                             const hn_window *windows, int32_t n,
                             hn_column *ret_columns) HONE_MUST_CHECK;

/* ---- between window.c and window_values.c ------------------------------------------------------ */

/* A row's place in the order. */
typedef union hn_when {
    int64_t whole;
    double real;
} hn_when;

/* The rows of one key, in their order. */
typedef struct hn_window_group {
    const int64_t *rows; /* [n] */
    const hn_when *when; /* [n_timed] */
    int64_t n, n_timed;  /* the others have no place in the order */
    bool is_whole;
} hn_window_group;

/* What a window makes: numbers, counts or rows, by row of the table. */
typedef union hn_window_made {
    double *numbers;
    int64_t *counts;
    int64_t *rows; /* whose value it is, or -1 */
} hn_window_made;

/* Not a null, NaN, or a text that the dictionary lacks. */
static inline bool hn_window_has(const hn_column *column, int64_t row) {
    return !hn_column_is_missing(column, row) &&
           (column->type != HN_CATEGORY || hn_column_code(column, row) >= 0);
}
bool hn_window_picks_rows(hn_window_function function);
/* Whether value a of column is less than value b, both there. */
bool hn_window_less(const hn_column *column, int64_t a, int64_t b);
/* Sort places by the value in their row, missing ones last, equal ones as they are; other is as long. */
void hn_window_sort(const hn_column *column, const int64_t *rows, int64_t *places, int64_t *other,
                    int64_t n);
/* One window over one group. */
hone_status hn_window_make(hone_ctx *ctx, const hn_window *window, const hn_column *column,
                           const hn_window_group *group, hn_window_made made) HONE_MUST_CHECK;

#endif
