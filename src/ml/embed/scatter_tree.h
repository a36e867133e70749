/* scatter_tree.h - forces of all points on each, in a few dimensions, by a tree of cells (Barnes, Hut
 * 1986). The tree depends on the points alone, so forces have the same bits for any thread count. */
#ifndef HN_ML_EMBED_SCATTER_TREE_H
#define HN_ML_EMBED_SCATTER_TREE_H

#include "base/parallel.h"

enum { HN_SCATTER_DIMENSIONS = 3 };

/* Memory for trees over n points in d <= HN_SCATTER_DIMENSIONS dimensions. */
typedef struct hn_scatter_tree hn_scatter_tree;
hone_status hn_scatter_tree_new(hone_ctx *ctx, hn_arena *arena, int64_t n, int64_t d,
                                hn_scatter_tree **ret_tree) HONE_MUST_CHECK;

/* Student repulsion in t-SNE: ret_force [n, d] = sum over j of q^2 (y_i - y_j) and *ret_total = sum over
 * pairs of q, with q = 1 / (1 + |y_i - y_j|^2). A cell whose side is less than angle times its distance
 * counts as one point; angle 0 looks at every pair. */
hone_status hn_scatter_repulsion(hone_ctx *ctx, hn_scatter_tree *tree, const double *y,
                                 double angle, double *ret_force,
                                 double *ret_total) HONE_MUST_CHECK;

#endif
