/* clean.h - spellings of one name brought together: what clean_categories learns of a column (clean_learn.c), and
 * what a text is then (clean_categories.c). */
#ifndef HN_ML_PREP_CLEAN_H
#define HN_ML_PREP_CLEAN_H

#include "ml/prep/repair.h"
#include "ml/prep/spelling.h"

typedef struct hn_clean_params {
    int letters;
    bool any_order;
    double similarity, rarity;
    hn_texts aliases;
} hn_clean_params;

/* letters */
enum { HN_CLEAN_COMMON, HN_CLEAN_KEEP, HN_CLEAN_LOWER, HN_CLEAN_UPPER };
/* Beyond so many names none is compared with all others. */
enum { HN_CLEAN_MOST_COMPARED = 20000 };

/* What is learned of one column. */
typedef struct hn_column_names {
    const hn_dictionary *seen;  /* texts of training, sorted */
    const hn_dictionary *names; /* what stands, sorted */
    int32_t *to;                /* [seen->n] name, or HN_UNKNOWN where nothing but space is there */
    int64_t *n_rows;            /* [seen->n] */
    int64_t *weight;            /* [names->n] rows of the name */
    /* made in prepare */
    hn_map keys, words;  /* folded names and texts -> name */
    hn_spelled *spelled; /* [names->n] */
} hn_column_names;

typedef struct hn_clean_state {
    int64_t n, letters, any_order, n_aliases;
    double similarity;
    int32_t *cleaned;          /* [n] whether the column is */
    const char **from, **into; /* [n_aliases] */
    hn_column_names *columns;  /* [n] */
} hn_clean_state;

/* text as it would stand if it were the only spelling, and the key by which it meets others. */
hone_status hn_clean_tidy(hone_ctx *ctx, hn_arena *arena, const hn_clean_state *s, hn_slice text,
                          hn_slice *ret_text, hn_slice *ret_key) HONE_MUST_CHECK;
/* The names that stand for column's texts, and which of them each text means. Letters and aliases of s are set. */
hone_status hn_clean_learn(hone_ctx *ctx, const hn_clean_params *p, const hn_column *column,
                           hn_arena *arena, const hn_clean_state *s,
                           hn_column_names *c) HONE_MUST_CHECK;

#endif
