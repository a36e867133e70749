/* auto_features.h - what auto_features could make of columns: its candidates. */
#ifndef HN_ML_PREP_AUTO_FEATURES_H
#define HN_ML_PREP_AUTO_FEATURES_H

#include "ml/prep/derive.h"

typedef enum hn_idea {
    HN_IDEA_DATE,
    HN_IDEA_TEXT,
    HN_IDEA_LOG,
    HN_IDEA_RATIO,
    HN_IDEA_DIFFERENCE,
    HN_IDEA_PRODUCT,
    HN_IDEA_CROSS,
    HN_IDEA_COUNT,
    HN_IDEAS
} hn_idea;
extern const char *const hn_idea_names[]; /* "dates", ...; ends with NULL */

typedef struct hn_candidate {
    hn_idea idea;
    const char *name;       /* of the new column */
    const char *assignment; /* "`name` = expression"; NULL: how often a's category occurs */
    int32_t a, b;           /* the columns that it is made of; b -1: of one */
    hn_column values;       /* for the rows that it is tried on */
} hn_candidate;

typedef struct hn_candidates {
    hn_candidate *items;
    int64_t n, room;
} hn_candidates;

/* All that ideas [HN_IDEAS] allow of the columns of x, without values, in scratch. rank [n_columns]: the place of a
 * column by importance; pairs are made of the first `most` numbers and categories. Names that are taken, and columns
 * whose names hold a backtick, give none. */
hone_status hn_candidates_list(hone_ctx *ctx, const hn_table *x, const bool *ideas,
                               const int64_t *rank, int64_t most,
                               hn_candidates *ret_list) HONE_MUST_CHECK;
/* Their values for the rows of x (columns as listed from); those without any or with infinite ones are taken off the
 * list. counts: of the categories of each column, or NULL for a column that has none. In scratch. */
hone_status hn_candidates_values(hone_ctx *ctx, const hn_table *x, double *const *counts,
                                 hn_candidates *list) HONE_MUST_CHECK;

/* How often each category of x's columns occurs, in arena: [n_columns][levels], NULL where a column has none. */
hone_status hn_category_counts(hone_ctx *ctx, hn_arena *arena, const hn_table *x,
                               double ***ret_counts) HONE_MUST_CHECK;
/* The counts of a column of categories, row by row: 0 for what is not known, NaN for what is missing. */
void hn_category_count_column(const hn_column *column, const double *counts, int64_t levels,
                              double *ret_values);

#endif
