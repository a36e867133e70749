/* dictionary.h - from texts in order of appearance to a category or a string column. Between the
 * files that make columns of texts (builder.c, retype.c, arrow_import.c). */
#ifndef HN_TABLE_DICTIONARY_H
#define HN_TABLE_DICTIONARY_H

#include "base/map.h"
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

/* Codes texts in a dictionary, and those that it lacks in an open one over it. Memory from arena, as texts come. */
typedef struct hn_coder {
    hone_ctx *ctx;
    hn_arena *arena;
    const hn_dictionary *known;
    hn_map added; /* text -> code */
    hn_str bytes;
    int64_t *offsets;
    int32_t n, room; /* texts added, and how many there is room for */
} hn_coder;
void hn_coder_init(hn_coder *coder, hone_ctx *ctx, hn_arena *arena, const hn_dictionary *known);
hone_status hn_coder_code(hn_coder *coder, hn_slice text, int32_t *ret_code) HONE_MUST_CHECK;
/* known itself where it lacks none. */
hone_status hn_coder_finish(hn_coder *coder, const hn_dictionary **ret_dictionary) HONE_MUST_CHECK;

/* An open category column becomes, in place, one of the dictionary that it goes on from: what that lacks is
 * HN_UNKNOWN again. Others stay as they are. */
hone_status hn_column_close(hone_ctx *ctx, hn_arena *arena, hn_column *column) HONE_MUST_CHECK;
/* An open one becomes one with a sorted dictionary of its own. Others stay as they are. */
hone_status hn_column_settle(hone_ctx *ctx, hn_arena *arena, hn_column *column) HONE_MUST_CHECK;

/* A copy in arena, for what outlives the table it came with. */
hone_status hn_dictionary_copy(hone_ctx *ctx, hn_arena *arena, const hn_dictionary *dictionary,
                               const hn_dictionary **ret_copy) HONE_MUST_CHECK;

#endif
