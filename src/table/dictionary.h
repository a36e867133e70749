/* dictionary.h - from texts in order of appearance to a category or a string column. Between the
 * files that make columns of texts (builder.c, retype.c, arrow_import.c). */
#ifndef HN_TABLE_DICTIONARY_H
#define HN_TABLE_DICTIONARY_H

#include "table/column.h"

/* Sort raw bytewise, drop the texts that no code uses and what is there twice, and renumber
 * codes[0..n-1] in place (HN_UNKNOWN and other negative codes become HN_UNKNOWN). The dictionary's
 * memory is from arena. */
hone_status hn_texts_sort(hone_ctx *ctx, hn_arena *arena, const hn_dictionary *raw, int32_t *codes,
                          int64_t n, const hn_dictionary **ret_dictionary) HONE_MUST_CHECK;

/* A category column over raw becomes, in place, a string column whose bytes and offsets are from
 * arena. Nulls stay; an unknown code is an empty text. */
hone_status hn_texts_write_out(hone_ctx *ctx, hn_arena *arena, const hn_dictionary *raw,
                               hn_column *column) HONE_MUST_CHECK;

/* A copy in arena, for what outlives the table it came with. */
hone_status hn_dictionary_copy(hone_ctx *ctx, hn_arena *arena, const hn_dictionary *dictionary,
                               const hn_dictionary **ret_copy) HONE_MUST_CHECK;

#endif
