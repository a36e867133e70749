/* node_set.h - a set of bins put into a node as a set of codes. */
#ifndef HN_ML_TREE_NODE_SET_H
#define HN_ML_TREE_NODE_SET_H

#include "ml/tree/bins.h"
#include "ml/tree/nodes.h"

/* Words that a set of the column's codes takes beside its node: none where the node has room for it. */
int32_t hn_set_words(const hn_bin_column *column);

/* Make node (whose feature is set) ask whether a code's bin is in set (bit b of word b / 64); of codes that
 * training did not see the answer is unseen. What the node has no room for goes behind words[*n_words]. */
void hn_node_put_set(const hn_bin_column *column, const uint64_t set[4], bool unseen,
                     uint32_t *words, int32_t *n_words, hn_node *node);

#endif
