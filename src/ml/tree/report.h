/* report.h - what all tree models report alike: figures, rules in words, a drawing. */
#ifndef HN_ML_TREE_REPORT_H
#define HN_ML_TREE_REPORT_H

#include "ml/tree/nodes.h"

/* Adds trees, leaves (total and mean) and depth (largest and mean) to object. */
hone_status hn_report_trees(hone_ctx *ctx, const hn_trees *trees, hn_json_doc *doc,
                            hn_json_mut *object);

/* One tree to be shown. What is known of every node stands beside it, by node; NULL where it isn't. */
typedef struct hn_tree_shown {
    const hn_trees *trees;
    const hn_shown *shown; /* part: which tree */
    int64_t n_classes;     /* answers are class shares; 0: numbers */
    const int64_t *rows;
    const double *impurity;
    const double *value;    /* [n_nodes, max(n_classes, 1)] */
    const uint8_t *missing; /* values were missing where it was cut */
} hn_tree_shown;

/* The tree as indented rules, one node a line. */
hone_status hn_tree_rules(hone_ctx *ctx, const hn_tree_shown *tree, hn_str *str);
/* The tree as an SVG document, from its root down as far as there is room. */
hone_status hn_tree_drawing(hone_ctx *ctx, const hn_tree_shown *tree, hn_str *str);

/* ---- what both say alike (report.c) ---- */

/* HONE_ERROR_USAGE without such a tree; HONE_ERROR_FORMAT where schema doesn't fit the trees. */
hone_status hn_tree_check_shown(hone_ctx *ctx, const hn_tree_shown *tree);
/* "tenure <= 16.5", "Contract is One year or Two year"; most: categories by name. at_most: " <= ". */
void hn_tree_condition(const hn_tree_shown *tree, int32_t node, int32_t most, const char *at_most,
                       hn_str *str);
/* ret_answer [max(n_classes, 1)]: what a node answers; false where it isn't known. */
bool hn_tree_answer(const hn_tree_shown *tree, int32_t node, double *ret_answer);
/* A class's name. */
void hn_tree_class(const hn_tree_shown *tree, int64_t class_, hn_str *str);
/* A number as people read it: six digits or all of them, where these are few. */
void hn_tree_number(double value, hn_str *str);

#endif
