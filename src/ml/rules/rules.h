/* rules.h - frequent sets of items in baskets, and rules between them. */
#ifndef HN_ML_RULES_RULES_H
#define HN_ML_RULES_RULES_H

#include "base/parallel.h"
#include "spec/estimator.h"

/* ---- baskets ---------------------------------------------------------------------------------- */

/* How rows become baskets: one column of text holds lists of items; else each column is an item (a
 * number above 0) or holds items (a category: "COLUMN=TEXT"). */
typedef struct hn_basket_form {
    int64_t lists;     /* 1: one column of lists */
    int64_t separator; /* between the items of a list; 0: a cell is one item */
} hn_basket_form;

typedef struct hn_baskets {
    int64_t n, n_items;
    int64_t *start;             /* [n + 1] */
    int32_t *item;              /* [start[n]]: ascending in each basket, none twice */
    const hn_dictionary *items; /* sorted */
} hn_baskets;

/* All of data: a row is a basket, or the rows of one group are. The form follows from the columns;
 * separator is used where there are no groups. Memory from arena. */
hone_status hn_baskets_make(hone_ctx *ctx, hn_arena *arena, const hone_data *data, char separator,
                            hn_basket_form *ret_form, hn_baskets *ret_baskets) HONE_MUST_CHECK;
/* The items of one row that are known: ret_items [as many as there are], ascending, none twice. */
hone_status hn_basket_of_row(hone_ctx *ctx, const hn_basket_form *form, const hn_dictionary *items,
                             const hn_table *x, int64_t row, hn_arena *arena, int32_t **ret_items,
                             int64_t *ret_n) HONE_MUST_CHECK;

/* ---- itemsets --------------------------------------------------------------------------------- */

typedef struct hn_itemsets {
    int64_t n;
    int64_t *start; /* [n + 1] */
    int32_t *item;  /* [start[n]], ascending in each */
    int64_t *count; /* [n]: baskets that hold all of it */
} hn_itemsets;

typedef struct hn_mining {
    const hn_baskets *baskets;
    int64_t least;      /* baskets that a set must be in */
    int64_t max_length; /* items in a set */
    int64_t most;       /* sets; more are HONE_ERROR_DATA */
} hn_mining;

/* The same sets from both, ordered by length, then by items. In arena. */
hone_status hn_mine_fp_growth(hone_ctx *ctx, hn_arena *arena, const hn_mining *mining,
                              hn_itemsets *ret_sets) HONE_MUST_CHECK;
hone_status hn_mine_eclat(hone_ctx *ctx, hn_arena *arena, const hn_mining *mining,
                          hn_itemsets *ret_sets) HONE_MUST_CHECK;

/* What both write to: a growing list, one for each piece of work. */
typedef struct hn_set_list {
    int64_t n, n_words, room;
    int32_t *words; /* each set: its length, its items, its count (two words) */
} hn_set_list;
hone_status hn_set_add(hone_ctx *ctx, hn_set_list *list, const hn_mining *mining,
                       const int32_t *items, int64_t length, int64_t count) HONE_MUST_CHECK;
/* All lists as ordered sets; lists are freed in any case. */
hone_status hn_set_gather(hone_ctx *ctx, hn_arena *arena, const hn_mining *mining,
                          hn_set_list *lists, int64_t n_lists, hone_status status,
                          hn_itemsets *ret_sets) HONE_MUST_CHECK;
/* Number of the set with just these items, or -1: by bisection. */
int64_t hn_set_find(const hn_itemsets *sets, const int32_t *items, int64_t length);

/* ---- measures --------------------------------------------------------------------------------- */

/* Baskets: all of them, those with the antecedent, with the consequent, with both. */
typedef struct hn_rule_counts {
    double n, antecedent, consequent, both;
} hn_rule_counts;

typedef struct hn_rule_measure {
    const char *name;
    double (*of)(const hn_rule_counts *counts);
} hn_rule_measure;

/* As Agrawal, Brin, Piatetsky-Shapiro, Zhang and others have them; more is better but of the first two. */
enum { HN_RULE_SUPPORT = 2, HN_RULE_CONFIDENCE, HN_RULE_LIFT, HN_RULE_MEASURES = 11 };
extern const hn_rule_measure hn_rule_measures[HN_RULE_MEASURES];
/* By name, or -1. */
int hn_rule_measure_find(const char *name);

#endif
