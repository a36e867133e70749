/* node_set.c - see node_set.h. */
#include "ml/tree/node_set.h"

enum { WORD = 32 };

int32_t hn_set_words(const hn_bin_column *column) {
    if (!column->is_category || column->n_codes <= HN_NODE_INLINE_CODES) return 0;
    return (column->n_codes + WORD - 1) / WORD;
}

static bool has_code(const hn_bin_column *column, const uint64_t set[4], bool unseen,
                     int32_t code) {
    int32_t bin = column->bin_of_code[code];
    return bin >= 0 ? (set[bin / 64] >> (bin % 64) & 1) != 0 : unseen;
}

void hn_node_put_set(const hn_bin_column *column, const uint64_t set[4], bool unseen,
                     uint32_t *words, int32_t *n_words, hn_node *node) {
    int32_t n = hn_set_words(column);
    node->feature |= HN_NODE_CATEGORY;
    if (n == 0) {
        node->codes = 0;
        for (int32_t c = 0; c < column->n_codes; c++)
            node->codes |= (uint64_t)has_code(column, set, unseen, c) << c;
        return;
    }
    node->feature |= HN_NODE_WIDE;
    node->set.first = (uint32_t)*n_words;
    node->set.n = (uint32_t)n;
    for (int32_t w = 0; w < n; w++) words[*n_words + w] = 0;
    for (int32_t c = 0; c < column->n_codes; c++)
        words[*n_words + c / WORD] |= (uint32_t)has_code(column, set, unseen, c) << (c % WORD);
    *n_words += n;
}
