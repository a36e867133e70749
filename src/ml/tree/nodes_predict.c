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
    LARGE_BLOCK = 4096 /* of trees that don't: each is fetched for so many rows */
};

/* ---- one step ------------------------------------------------------------------------------- */

/* In rows that are walked with, categories' codes are moved up so far that the lowest bits of the
 * double are the code's, and one place more holds -inf: see nodes.h. Steps have no branches: they
 * would be guessed wrong half of the time. */
static const double CODE_SHIFT = 0x1p52;

/* The next node where no value is NaN and no node asks for a category. */
static inline int32_t step_number(const hn_node *node, const double *x) {
    return node->left + !(x[node->feature & HN_NODE_FEATURE] <= node->threshold);
}

/* The next node where no set is WIDE. */
static inline int32_t step_code(const hn_node *node, const double *x) {
    double value = x[node->feature & HN_NODE_FEATURE];
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint32_t below = value <= node->threshold;
    uint32_t in = (uint32_t)(node->codes >> (bits & 63)) & 1;
    uint32_t is_category = (uint32_t)node->feature >> 29 & 1;
    uint32_t left = is_category ? in : below;
    left = value == value ? left : (uint32_t)node->feature >> 30 & 1;
    return node->left + (int32_t)(left ^ 1);
}

static bool in_wide(const hn_trees *trees, const hn_node *node, double code) {
    if (!(code >= 0 && code < (double)node->set.n * 32))
        return (node->feature & HN_NODE_DEFAULT_LEFT) != 0;
    uint32_t c = (uint32_t)code;
    return (uint32_t)trees->words[node->set.first + c / 32] >> (c % 32) & 1;
}

static inline int32_t step_any(const hn_trees *trees, const hn_node *node, const double *x) {
    if (!(node->feature & HN_NODE_WIDE) || node->feature < 0) return step_code(node, x);
    double code = x[node->feature & HN_NODE_FEATURE] - CODE_SHIFT;
    return node->left + !in_wide(trees, node, code);
}

int32_t hn_tree_leaf(const hn_trees *trees, const hn_node *nodes, const double *row) {
    int32_t i = 0;
    while (nodes[i].feature >= 0) {
        const hn_node *node = &nodes[i];
        double value = row[node->feature & HN_NODE_FEATURE];
        if (!(node->feature & HN_NODE_CATEGORY)) {
            bool left = value == value ? value <= node->threshold
                                       : (node->feature & HN_NODE_DEFAULT_LEFT) != 0;
            i = node->left + !left;
        } else if (node->feature & HN_NODE_WIDE) {
            i = node->left + !in_wide(trees, node, value);
        } else {
            value += CODE_SHIFT;
            /* A category's step looks at its one value only. */
            hn_node alone = *node;
            alone.feature &= ~HN_NODE_FEATURE;
            i = step_code(&alone, &value);
        }
    }
    return i;
}

/* ---- eight walks at a time ------------------------------------------------------------------ */

/* What the rows of a block may hold, and so which steps do. */
typedef enum steps { STEPS_NUMBER, STEPS_CODE, STEPS_ANY } steps;

/* Lane k walks from nodes[k] with row x[k], all until the last has arrived. */
#define WALK(step)                                                                                 \
    do {                                                                                           \
        int32_t arrived;                                                                           \
        do {                                                                                       \
            arrived = -1;                                                                          \
            for (int k = 0; k < LANES; k++) {                                                      \
                const hn_node *node = nodes[k] + at[k];                                            \
                arrived &= node->feature;                                                          \
                at[k] = (step);                                                                    \
            }                                                                                      \
        } while (arrived >= 0);                                                                    \
    } while (0)

/* ret_leaf[k] is the index of lane k's leaf in its tree. */
static void walk_lanes(const hn_trees *trees, steps how, const hn_node *const nodes[LANES],
                       const double *const x[LANES], int32_t ret_leaf[LANES]) {
    int32_t at[LANES] = {0};
    switch (how) {
    case STEPS_NUMBER: WALK(step_number(node, x[k])); break;
    case STEPS_CODE: WALK(step_code(node, x[k])); break;
    case STEPS_ANY: WALK(step_any(trees, node, x[k])); break;
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
    const double *values = trees->values + leaf->row * trees->width;
    for (int64_t j = 0; j < trees->width; j++) out[j] += values[j];
}

static void start_row(const hn_trees *trees, const hn_scoring *scoring, double *out) {
    int64_t n = trees->width == 0 ? scoring->groups : trees->width;
    memcpy(out, scoring->start, (size_t)n * sizeof *out);
    for (int64_t j = n; j < scoring->outputs; j++) out[j] = 0;
}

/* All trees for one row. */
static void score_row(const hn_trees *trees, const hn_scoring *scoring, steps how,
                      const double *row, double *out) {
    start_row(trees, scoring, out);
    const double *x[LANES];
    for (int k = 0; k < LANES; k++) x[k] = row;
    for (int64_t t = 0; t < trees->n_trees; t += LANES) {
        int64_t n = trees->n_trees - t < LANES ? trees->n_trees - t : LANES;
        const hn_node *nodes[LANES];
        int32_t leaf[LANES];
        for (int64_t k = 0; k < LANES; k++)
            nodes[k] = trees->nodes + trees->first[k < n ? t + k : t];
        walk_lanes(trees, how, nodes, x, leaf);
        for (int64_t k = 0; k < n; k++) add_leaf(trees, scoring, t + k, nodes[k] + leaf[k], out);
    }
    if (scoring->finish) scoring->finish(scoring->arg, out);
}

/* One tree for n rows [n, stride]. */
static void add_tree(const hn_trees *trees, const hn_scoring *scoring, steps how, int64_t t,
                     const double *rows, int64_t stride, int64_t n, double *out) {
    const hn_node *nodes[LANES];
    for (int k = 0; k < LANES; k++) nodes[k] = trees->nodes + trees->first[t];
    for (int64_t i = 0; i < n; i += LANES) {
        const double *x[LANES];
        int32_t leaf[LANES];
        int64_t m = n - i < LANES ? n - i : LANES;
        for (int64_t k = 0; k < LANES; k++) x[k] = rows + (k < m ? i + k : i) * stride;
        walk_lanes(trees, how, nodes, x, leaf);
        for (int64_t k = 0; k < m; k++)
            add_leaf(trees, scoring, t, nodes[0] + leaf[k], out + (i + k) * scoring->outputs);
    }
}

/* ---- blocks of rows ------------------------------------------------------------------------- */

typedef struct job {
    const hn_trees *trees;
    const hn_scoring *scoring;
    const hn_table *x;
    const uint8_t *used; /* [n_features] whether a node asks for it; NULL: any may be */
    double *out;
} job;

/* Rows [n, stride], with what walks want in them; tells which steps will do. */
static steps gather(const hn_trees *trees, const hn_table *x, const uint8_t *used, int64_t begin,
                    int64_t end, double *rows, int64_t stride) {
    int64_t n = end - begin;
    bool missing = false;
    for (int32_t j = 0; j < x->n_columns; j++) {
        if (used != NULL && !used[j]) continue;
        hn_column_doubles(&x->columns[j], begin, end, rows + j, stride);
        double shift = x->columns[j].type == HN_CATEGORY ? CODE_SHIFT : 0;
        for (int64_t i = 0; i < n; i++) {
            double value = rows[i * stride + j];
            missing |= value != value;
            if (shift > 0) rows[i * stride + j] = value + shift;
        }
    }
    for (int64_t i = 0; i < n; i++) rows[i * stride + x->n_columns] = -INFINITY;
    if (trees->has_sets == 2) return STEPS_ANY;
    return missing || trees->has_sets == 1 ? STEPS_CODE : STEPS_NUMBER;
}

static hone_status score_block(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const job *all = arg;
    const hn_trees *trees = all->trees;
    int64_t n = chunk.end - chunk.begin, stride = trees->n_features + 1;
    double *rows;
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, n * stride));
    steps how = gather(trees, all->x, all->used, chunk.begin, chunk.end, rows, stride);
    int64_t outputs = all->scoring->outputs;
    double *out = all->out + chunk.begin * outputs;
    if (n < LANES) {
        for (int64_t i = 0; i < n; i++)
            score_row(trees, all->scoring, how, rows + i * stride, out + i * outputs);
        return HONE_OK;
    }
    for (int64_t i = 0; i < n; i++) start_row(trees, all->scoring, out + i * outputs);
    for (int64_t t = 0; t < trees->n_trees; t++)
        add_tree(trees, all->scoring, how, t, rows, stride, n, out);
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
    enum { CACHED = 1 << 14 }; /* nodes of a tree: 256 KB */
    job all = {.trees = trees, .scoring = scoring, .x = x, .out = ret_out};
    HN_SCRATCH(ctx);
    if (trees->n_nodes <
        2 * trees->n_features) { /* a stump among many, as of a boosted row of such */
        uint8_t *used;
        HN_TRY(HN_SCRATCH_NEW(ctx, used, trees->n_features));
        for (int64_t i = 0; i < trees->n_nodes; i++)
            if (trees->nodes[i].feature >= 0) used[trees->nodes[i].feature & HN_NODE_FEATURE] = 1;
        all.used = used;
    }
    bool large = trees->n_trees > 0 && trees->n_nodes / trees->n_trees > CACHED;
    return hn_parallel(ctx, x->n_rows, large ? LARGE_BLOCK : BLOCK, score_block, &all);
}
