/* cast.h - a column as another type. */
#ifndef HN_TABLE_CAST_H
#define HN_TABLE_CAST_H

#include "table/table.h"

/* What to do with a text that is no number, no timestamp, no truth value. */
typedef enum hn_cast_misfit { HN_MISFIT_FAILS, HN_MISFIT_IS_MISSING } hn_cast_misfit;

/* column as type, in arena, or column itself where nothing changes:
 *   - to a number: from numbers and truth values as they are (the storage may stay what it was: every
 *     reader goes through hn_column_doubles; f32 rounds), from text by parsing;
 *   - to bool: from 0 and 1, from true and false;
 *   - to a category: the text that hn_column_print gives, coded in dictionary (HN_UNKNOWN if it is not
 *     there), or in a new sorted one where dictionary is NULL;
 *   - to string: the same text (categories stay as they are: both are text); to timestamp: from ISO 8601 text.
 * A misfit is HONE_ERROR_DATA that names column, row (from 1, as people count) and value. */
hone_status hn_column_cast(hone_ctx *ctx, hn_arena *arena, const hn_column *column, hn_type type,
                           const hn_dictionary *dictionary, hn_cast_misfit misfit,
                           hn_column *ret_column) HONE_MUST_CHECK;
/* To a category coded in dictionary; the texts that it lacks in an open one over it (column.h). */
hone_status hn_column_cast_open(hone_ctx *ctx, hn_arena *arena, const hn_column *column,
                                const hn_dictionary *dictionary,
                                hn_column *ret_column) HONE_MUST_CHECK;

#endif
