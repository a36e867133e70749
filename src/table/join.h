/* join.h - two tables as one, row beside row. */
#ifndef HN_TABLE_JOIN_H
#define HN_TABLE_JOIN_H

#include "table/table.h"

typedef enum hn_join_how {
    HN_JOIN_INNER, /* rows that have a partner, with each of them */
    HN_JOIN_LEFT,  /* and the left rows without one */
    HN_JOIN_OUTER, /* and the right ones, at the end */
    HN_JOIN_SEMI,  /* left rows that have a partner, alone */
    HN_JOIN_ANTI,  /* left rows that have none */
    HN_JOIN_ASOF   /* every left row with the latest right row that is not later than it */
} hn_join_how;

typedef struct hn_join {
    hn_join_how how;
    const char *const *on; /* columns that must be equal, of both tables; missing equals nothing */
    int64_t n_on;
    const char *time;   /* asof: when a row happened, in both tables: a time or a number */
    bool strictly;      /* asof: earlier only, not at the same time */
    double at_most;     /* asof: not older than that, in seconds of a time; 0: any age */
    const char *suffix; /* of right columns whose name the left table has */
} hn_join;

/* In the order of the left rows, then of the right ones. Columns: all of left, then those of right that
 * are no keys. Memory from arena; names and dictionaries are borrowed. */
hone_status hn_table_join(hone_ctx *ctx, hn_arena *arena, const hn_table *left,
                          const hn_table *right, const hn_join *join,
                          hn_table *ret_table) HONE_MUST_CHECK;

#endif
