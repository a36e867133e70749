/* nodes_predict.c - answers from trees, in batches and for single rows; see nodes.h.
 *
 * A walk down one tree waits for memory at every step, so eight walks go side by side: eight rows of
 * a batch through one tree, or one row through eight trees. Sums are added in tree order either way. */
#include "base/parallel.h"
#include "ml/tree/nodes.h"
#include <string.h>

enum {
    LANES = 8,
    BLOCK = 256, /* rows gathered at a time: they and a tree's upper nodes stay in the cache */
};

/* ---- one step ------------------------------------------------------------------------------- */

/* The node after i for a number; i itself where it is a leaf. No branches: they would be guessed
 * wrong half of the time. */
static inline int32_t step_number(const hn_node *nodes, int32_t i, const double *x) {
    const hn_node *node = nodes + i;
    double value = x[node->feature & HN_NODE_FEATURE];
    int32_t left = value <= node->threshold;
    left |= (value != value) & (node->feature >> 30);
    int32_t next = node->left + (~left & 1);
    int32_t leaf = node->feature >> 31;
    return (next & ~leaf) | (i & leaf);
}

static inline bool in_set(const hn_trees *trees, const hn_node *node, double code) {
    bool missing = (node->feature & HN_NODE_DEFAULT_LEFT) != 0;
    if (!(code >= 0 && code < (double)node->set.n * 32)) return missing;
    uint32_t c = (uint32_t)code;
    return (uint32_t)trees->words[node->set.first + c / 32] >> (c % 32) & 1;
}

static inline int32_t step_any(const hn_trees *trees, const hn_node *nodes, int32_t i,
                               const double *x) {
    const hn_node *node = nodes + i;
    if (node->feature < 0 || !(node->feature & HN_NODE_CATEGORY)) return step_number(nodes, i, x);
    return node->left + !in_set(trees, node, x[node->feature & HN_NODE_FEATURE]);
}

int32_t hn_tree_leaf(const hn_trees *trees, const hn_node *nodes, const double *row) {
    int32_t i = 0;
    while (nodes[i].feature >= 0) i = step_any(trees, nodes, i, row);
    return i;
}

/* ---- eight walks at a time ------------------------------------------------------------------ */

/* Lane k walks from nodes[k] with row x[k]. ret_leaf[k] is the index of the leaf in its tree. */
static void walk_lanes(const hn_trees *trees, const hn_node *const nodes[LANES],
                       const double *const x[LANES], int32_t ret_leaf[LANES]) {
    int32_t at[LANES] = {0};
    int32_t moved;
    if (trees->has_sets) {
        do {
            moved = 0;
            for (int k = 0; k < LANES; k++) {
                int32_t next = step_any(trees, nodes[k], at[k], x[k]);
                moved |= next ^ at[k];
                at[k] = next;
            }
        } while (moved);
    } else {
        do {
            moved = 0;
            for (int k = 0; k < LANES; k++) {
                int32_t next = step_number(nodes[k], at[k], x[k]);
                moved |= next ^ at[k];
                at[k] = next;
            }
        } while (moved);
    }
    memcpy(ret_leaf, at, sizeof at);
}

/* ---- sums ----------------------------------------------------------------------------------- */

static void add_leaf(const hn_trees *trees, const hn_scoring *scoring, int64_t t,
                     const hn_node *leaf, double *out) {
    if (trees->width == 0) {
        out[scoring->groups == 1 ? 0 : t % scoring->groups] += leaf->value;
        return;
    }
    const double *values = trees->values + (int64_t)leaf->left * trees->width;
    for (int64_t j = 0; j < trees->width; j++) out[j] += values[j];
}

static void start_row(const hn_trees *trees, const hn_scoring *scoring, double *out) {
    int64_t n = trees->width == 0 ? scoring->groups : trees->width;
    memcpy(out, scoring->start, (size_t)n * sizeof *out);
    for (int64_t j = n; j < scoring->outputs; j++) out[j] = 0;
}

/* All trees for one row. */
static void score_row(const hn_trees *trees, const hn_scoring *scoring, const double *row,
                      double *out) {
    start_row(trees, scoring, out);
    const double *x[LANES];
    for (int k = 0; k < LANES; k++) x[k] = row;
    for (int64_t t = 0; t < trees->n_trees; t += LANES) {
        int64_t n = trees->n_trees - t < LANES ? trees->n_trees - t : LANES;
        const hn_node *nodes[LANES];
        int32_t leaf[LANES];
        for (int64_t k = 0; k < LANES; k++)
            nodes[k] = trees->nodes + trees->first[k < n ? t + k : t];
        walk_lanes(trees, nodes, x, leaf);
        for (int64_t k = 0; k < n; k++) add_leaf(trees, scoring, t + k, nodes[k] + leaf[k], out);
    }
    if (scoring->finish) scoring->finish(scoring->arg, out);
}

/* One tree for n rows [n, stride]. */
static void add_tree(const hn_trees *trees, const hn_scoring *scoring, int64_t t,
                     const double *rows, int64_t stride, int64_t n, double *out) {
    const hn_node *nodes[LANES];
    for (int k = 0; k < LANES; k++) nodes[k] = trees->nodes + trees->first[t];
    for (int64_t i = 0; i < n; i += LANES) {
        const double *x[LANES];
        int32_t leaf[LANES];
        int64_t m = n - i < LANES ? n - i : LANES;
        for (int64_t k = 0; k < LANES; k++) x[k] = rows + (k < m ? i + k : i) * stride;
        walk_lanes(trees, nodes, x, leaf);
        for (int64_t k = 0; k < m; k++)
            add_leaf(trees, scoring, t, nodes[0] + leaf[k], out + (i + k) * scoring->outputs);
    }
}

/* ---- blocks of rows ------------------------------------------------------------------------- */

typedef struct job {
    const hn_trees *trees;
    const hn_scoring *scoring;
    const hn_table *x;
    double *out;
} job;

static hone_status score_block(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const job *all = arg;
    const hn_trees *trees = all->trees;
    int64_t n = chunk.end - chunk.begin;
    int64_t stride = trees->n_features > 0 ? trees->n_features : 1;
    double *rows;
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, n * stride));
    for (int32_t j = 0; j < all->x->n_columns; j++)
        hn_column_doubles(&all->x->columns[j], chunk.begin, chunk.end, rows + j, stride);
    int64_t outputs = all->scoring->outputs;
    double *out = all->out + chunk.begin * outputs;
    if (n < LANES) {
        for (int64_t i = 0; i < n; i++)
            score_row(trees, all->scoring, rows + i * stride, out + i * outputs);
        return HONE_OK;
    }
    for (int64_t i = 0; i < n; i++) start_row(trees, all->scoring, out + i * outputs);
    for (int64_t t = 0; t < trees->n_trees; t++)
        add_tree(trees, all->scoring, t, rows, stride, n, out);
    if (all->scoring->finish)
        for (int64_t i = 0; i < n; i++) all->scoring->finish(all->scoring->arg, out + i * outputs);
    return HONE_OK;
}

hone_status hn_trees_predict(hone_ctx *ctx, const hn_trees *trees, const hn_scoring *scoring,
                             const hn_table *x, double *ret_out) {
    /* A file's state need not fit the schema beside it. */
    if (x->n_columns != trees->n_features)
        return hn_fail(ctx, HONE_ERROR_FORMAT,
                       "the trees were grown on %lld features, not %d; train the model again",
                       (long long)trees->n_features, (int)x->n_columns);
    job all = {.trees = trees, .scoring = scoring, .x = x, .out = ret_out};
    return hn_parallel(ctx, x->n_rows, BLOCK, score_block, &all);
}
