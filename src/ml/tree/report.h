/* report.h - what all tree models report alike. */
#ifndef HN_ML_TREE_REPORT_H
#define HN_ML_TREE_REPORT_H

#include "ml/tree/nodes.h"

/* Adds trees, leaves (total and mean) and depth (largest and mean) to object. */
hone_status hn_report_trees(hone_ctx *ctx, const hn_trees *trees, hn_json_doc *doc,
                            hn_json_mut *object);

/* A tree as indented rules, one node a line, in arena. leaf writes what a leaf says. Features are named
 * by schema, categories by their dictionaries. */
typedef void hn_leaf_text_fn(const void *arg, const hn_node *leaf, hn_str *str);
hone_status hn_tree_rules(hone_ctx *ctx, hn_arena *arena, const hn_trees *trees, int64_t t,
                          const hn_table *schema, hn_leaf_text_fn *leaf, const void *arg,
                          char **ret_text);

#endif
