/* cart_prune.c - a forest's tree pruned as soon as it is grown; see cart_parts.h, prune.h.
 *
 * What a subtree is worth is the sum of its cuts' gains. The value of a node that becomes a leaf is the mean of the
 * leaves below it, by weight. */
#include "ml/tree/cart_parts.h"
#include "ml/tree/prune.h"
#include <string.h>

typedef struct pruner {
    hn_carter *c;
    int32_t *left;   /* first child as grown; -1: a leaf */
    double *own;     /* gains in the subtree */
    uint8_t *pruned; /* it becomes a leaf */
    double *means;   /* [n_nodes, classes], or [n_nodes] */
    int64_t k;       /* values a node */
    hn_tree *out;
} pruner;

static void put_mean(pruner *p, int32_t i) {
    const hn_carter *c = p->c;
    double *mean = p->means + i * p->k;
    if (p->left[i] < 0) {
        const double *leaf = c->values ? c->values + c->nodes[i].left * p->k : &c->nodes[i].value;
        memcpy(mean, leaf, (size_t)p->k * sizeof *mean);
        return;
    }
    int32_t a = p->left[i], b = a + 1;
    double weight = c->weights[a] + c->weights[b];
    double share = weight > 0 ? c->weights[a] / weight : 0.5;
    c->weights[i] = weight;
    for (int64_t j = 0; j < p->k; j++)
        mean[j] = share * p->means[a * p->k + j] + (1 - share) * p->means[b * p->k + j];
}

static hone_status measure(hone_ctx *ctx, pruner *p) {
    const hn_carter *c = p->c;
    int32_t n = c->n_nodes;
    HN_TRY(HN_SCRATCH_NEW(ctx, p->left, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, p->own, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, p->pruned, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, p->means, n * p->k));
    for (int32_t i = n - 1; i >= 0; i--) {
        bool leaf = c->nodes[i].feature == HN_NODE_LEAF;
        p->left[i] = leaf ? -1 : c->nodes[i].left;
        p->own[i] = leaf ? 0 : c->gains[i] + p->own[p->left[i]] + p->own[p->left[i] + 1];
        put_mean(p, i);
    }
    return HONE_OK;
}

static void put_leaf(pruner *p, int32_t from, hn_node *to) {
    const double *mean = p->means + from * p->k;
    *to = (hn_node){.feature = HN_NODE_LEAF};
    if (!p->c->values) {
        to->value = *mean;
        return;
    }
    to->left = p->out->n_values;
    memcpy(p->out->values + p->out->n_values++ * p->k, mean, (size_t)p->k * sizeof *mean);
}

/* Nodes that can still be reached, parents before children. */
static hone_status keep(hone_ctx *ctx, pruner *p) {
    hn_carter *c = p->c;
    hn_tree *out = p->out;
    int32_t *place, *depth;
    HN_TRY(HN_SCRATCH_NEW(ctx, place, c->n_nodes));
    HN_TRY(HN_SCRATCH_NEW(ctx, depth, c->n_nodes));
    memset(c->decrease, 0, (size_t)c->data->bins->n_features * sizeof *c->decrease);
    for (int32_t i = 1; i < c->n_nodes; i++) place[i] = -1;
    out->n_nodes = 1;
    for (int32_t i = 0; i < c->n_nodes; i++) {
        if (place[i] < 0) continue;
        hn_node *to = &out->nodes[place[i]];
        if (depth[i] > out->depth) out->depth = depth[i];
        if (p->left[i] < 0 || p->pruned[i]) {
            put_leaf(p, i, to);
            continue;
        }
        *to = c->nodes[i];
        to->left = out->n_nodes;
        c->decrease[to->feature & HN_NODE_FEATURE] += c->gains[i];
        for (int32_t side = 0; side < 2; side++) {
            place[p->left[i] + side] = out->n_nodes++;
            depth[p->left[i] + side] = depth[i] + 1;
        }
    }
    return HONE_OK;
}

hone_status hn_cart_prune(hone_ctx *ctx, hn_carter *c, hn_arena *arena, hn_tree *ret_tree) {
    HN_SCRATCH(ctx);
    hn_tree tree = {.words = c->words, .n_words = c->n_words};
    pruner p = {.c = c, .k = c->values ? c->width : 1, .out = &tree};
    hn_prune_path path;
    HN_TRY(measure(ctx, &p));
    HN_TRY(hn_prune(ctx, ctx->scratch, c->n_nodes, p.left, p.own, c->rules->ccp_alpha, p.pruned,
                    &path));
    HN_TRY(HN_NEW(ctx, arena, tree.nodes, c->n_nodes));
    if (c->values) HN_TRY(HN_NEW(ctx, arena, tree.values, (c->n_nodes / 2 + 1) * p.k));
    HN_TRY(keep(ctx, &p));
    *ret_tree = tree;
    return HONE_OK;
}
