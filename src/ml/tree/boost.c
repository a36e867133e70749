/* boost.c - the boosting loop; see boost.h. */
#include "ml/tree/boost.h"
#include "base/map.h"
#include "base/rng.h"
#include "ml/tree/spread.h"
#include <assert.h>
#include <math.h>
#include <string.h>

enum { GRAIN = 16384, LEAF_PIECE = 4096 };

/* Some items of a leaf. */
typedef struct leaf_piece {
    int32_t node;
    int64_t begin, end;
    double gradient, hessian;
} leaf_piece;

/* A tree in the terms of bins, kept for DART. */
typedef struct kept_tree {
    const hn_grown *nodes;
    double factor; /* of its leaves' values */
} kept_tree;

typedef struct booster {
    const hn_bins *bins;
    const hn_loss *loss;
    const hn_boost_rules *rules;
    const hn_boost_rows *rows;
    hn_grower *grower;
    double *scores; /* [n_scores, n] */
    double *shared;
    float *gradient, *hessian;
    uint8_t *in_bag;    /* [n]; NULL: every row is */
    int64_t *bag_count; /* by chunk */
    int64_t iteration;
    int32_t k; /* score */
    int64_t n_items;
    hn_fixed fixed;
    uint64_t key;
    hn_grown *nodes;
    int32_t n_nodes;
    leaf_piece *pieces;
    int64_t n_pieces;
    /* DART */
    kept_tree *kept;  /* [iterations, n_scores] */
    int64_t *dropped; /* iterations that are out while the next is fitted */
    int64_t n_dropped;
    double rate; /* learning rate of this iteration */
    /* GOSS */
    float *size;     /* [n] of a row's gradients, over all scores */
    uint8_t *chosen; /* [n]: 0 no, 1 as it is, 2 for others like it too */
    bool thinned;    /* in this iteration */
    /* Rows of another table */
    int16_t *held_bins;  /* [n, n_features]; -1: a bin that training had not */
    double *held_scores; /* [n_scores, n] */
} booster;

/* ---- the items of a tree -------------------------------------------------------------------- */

static int64_t train_row(const booster *b, int64_t i) {
    return b->rows->train ? b->rows->train[i] : i;
}

/* Uniform in [0, 1), by row. */
static double draw_row(uint64_t key, int64_t row) {
    uint64_t h = hn_mix(((uint64_t)row + key) * 0x9e3779b97f4a7c15u);
    return (double)(h >> 11) * 0x1p-53;
}

static bool draws(const booster *b) { return b->rules->subsample < 1 || b->thinned; }

static bool is_drawn(const booster *b, uint64_t key, int64_t row) {
    if (b->thinned) return b->chosen[row] != 0;
    return b->rules->subsample >= 1 || draw_row(key, row) < b->rules->subsample;
}

/* Drawn by iteration, or by several: all trees of one have the same rows. */
static uint64_t bag_key(const booster *b) {
    int64_t every = b->rules->subsample_freq > 1 ? b->rules->subsample_freq : 1;
    return hn_rng_at(b->rules->grow.seed, hn_stream("gbdt.rows", 0),
                     (uint64_t)(b->iteration - b->iteration % every));
}

static hone_status count_bag(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    booster *b = arg;
    uint64_t key = bag_key(b);
    int64_t count = 0;
    for (int64_t i = chunk.begin; i < chunk.end; i++) count += is_drawn(b, key, train_row(b, i));
    b->bag_count[chunk.index] = count;
    return HONE_OK;
}

static hone_status fill_bag(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    booster *b = arg;
    uint64_t key = bag_key(b);
    hn_item *items = hn_grower_items(b->grower);
    int64_t at = b->bag_count[chunk.index];
    int64_t begin = at;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        int64_t row = train_row(b, i);
        bool drawn = is_drawn(b, key, row);
        if (b->in_bag) b->in_bag[row] = drawn;
        if (drawn) items[at++].row = (uint32_t)row;
    }
    hn_fixed_pack(b->fixed, b->key, b->gradient, b->hessian, items, begin, at);
    return HONE_OK;
}

static hone_status fill_items(hone_ctx *ctx, booster *b) {
    int64_t n = b->rows->n_train, chunks = hn_chunks(n, GRAIN);
    if (draws(b)) HN_TRY(hn_parallel(ctx, n, GRAIN, count_bag, b));
    int64_t at = 0;
    for (int64_t c = 0; c < chunks; c++) {
        int64_t count = n - c * GRAIN < GRAIN ? n - c * GRAIN : GRAIN;
        if (draws(b)) count = b->bag_count[c];
        b->bag_count[c] = at;
        at += count;
    }
    b->n_items = at;
    return hn_parallel(ctx, n, GRAIN, fill_bag, b);
}

/* ---- leaf values ---------------------------------------------------------------------------- */

static void list_leaf_pieces(booster *b) {
    b->n_pieces = 0;
    for (int32_t i = 0; i < b->n_nodes; i++) {
        const hn_grown *node = &b->nodes[i];
        if (node->left >= 0) continue;
        for (int64_t at = 0; at < node->n; at += LEAF_PIECE)
            b->pieces[b->n_pieces++] = (leaf_piece){
                .node = i,
                .begin = at,
                .end = node->n - at < LEAF_PIECE ? node->n : at + LEAF_PIECE,
            };
    }
}

static hone_status sum_leaf(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    booster *b = arg;
    for (int64_t at = chunk.begin; at < chunk.end; at++) {
        leaf_piece *piece = &b->pieces[at];
        const hn_item *items = hn_grown_items(b->grower, &b->nodes[piece->node]);
        double gradient = 0, hessian = 0;
        for (int64_t i = piece->begin; i < piece->end; i++) gradient += b->gradient[items[i].row];
        if (b->hessian)
            for (int64_t i = piece->begin; i < piece->end; i++) hessian += b->hessian[items[i].row];
        else
            hessian = (double)(piece->end - piece->begin);
        piece->gradient = gradient;
        piece->hessian = hessian;
    }
    return HONE_OK;
}

/* Newton steps from the gradients as they are, not as they were rounded for the histograms. */
static hone_status set_leaves(hone_ctx *ctx, booster *b) {
    HN_TRY(hn_spread(ctx, b->n_pieces, 4 * b->n_items, sum_leaf, b));
    for (int64_t i = 0, j; i < b->n_pieces; i = j) {
        hn_grown *node = &b->nodes[b->pieces[i].node];
        double gradient = 0, hessian = 0;
        for (j = i; j < b->n_pieces && b->pieces[j].node == b->pieces[i].node; j++) {
            gradient += b->pieces[j].gradient;
            hessian += b->pieces[j].hessian;
        }
        node->value = b->rate * hn_leaf_value(&b->rules->grow.split, gradient, hessian,
                                              (double)node->n, &node->bounds);
    }
    return HONE_OK;
}

static hone_status renew_leaf(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    booster *b = arg;
    hn_grown *node = &b->nodes[chunk.index];
    if (node->left >= 0 || node->n == 0) return HONE_OK;
    double value;
    HN_TRY(
        hn_loss_renewed(ctx, b->loss, b->scores, hn_grown_items(b->grower, node), node->n, &value));
    node->value = b->rate * value;
    return HONE_OK;
}

/* ---- scores --------------------------------------------------------------------------------- */

static hone_status add_leaf(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    booster *b = arg;
    double *scores = b->scores + b->k * b->bins->n_rows;
    for (int64_t at = chunk.begin; at < chunk.end; at++) {
        const leaf_piece *piece = &b->pieces[at];
        const hn_grown *node = &b->nodes[piece->node];
        const hn_item *items = hn_grown_items(b->grower, node);
        for (int64_t i = piece->begin; i < piece->end; i++) scores[items[i].row] += node->value;
    }
    return HONE_OK;
}

/* Rows that the tree was not grown from walk down it. */
static hone_status add_others(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    booster *b = arg;
    double *scores = b->scores + b->k * b->bins->n_rows;
    for (int64_t row = chunk.begin; row < chunk.end; row++)
        if (!b->in_bag[row]) scores[row] += b->nodes[hn_grown_leaf(b->nodes, b->bins, row)].value;
    return HONE_OK;
}

/* ---- rows of another table -------------------------------------------------------------------- */

static int64_t held_rows(const booster *b) { return b->rows->held ? b->rows->held->loss->n : 0; }

static hone_status bin_held(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    booster *b = arg;
    const hn_table *x = b->rows->held->x;
    for (int64_t i = chunk.begin; i < chunk.end; i++)
        for (int32_t j = 0; j < x->n_columns; j++)
            b->held_bins[i * x->n_columns + j] =
                (int16_t)hn_bin_of(&b->bins->columns[j], hn_column_double(&x->columns[j], i));
    return HONE_OK;
}

static hone_status new_held(hone_ctx *ctx, booster *b) {
    int64_t n = held_rows(b), scores = b->loss->n_scores;
    if (n == 0) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(ctx, b->held_bins, (size_t)n * (size_t)b->bins->n_features));
    HN_TRY(HN_SCRATCH_NEW(ctx, b->held_scores, scores * n));
    return hn_parallel(ctx, n, GRAIN, bin_held, b);
}

static void begin_held(const booster *b, const double *start) {
    int64_t n = held_rows(b);
    const double *given = n > 0 ? b->rows->held->scores : NULL;
    for (int32_t k = 0; k < b->loss->n_scores; k++)
        for (int64_t i = 0; i < n; i++)
            b->held_scores[k * n + i] = given ? given[k * n + i] : start[k];
}

static hone_status add_held(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    booster *b = arg;
    double *scores = b->held_scores + b->k * held_rows(b);
    for (int64_t row = chunk.begin; row < chunk.end; row++) {
        const int16_t *bins = b->held_bins + row * b->bins->n_features;
        const hn_grown *node = b->nodes;
        while (node->left >= 0) {
            int bin = bins[node->split.feature];
            bool left = bin < 0 ? node->split.missing_left
                                : (node->split.set[bin / 64] >> (bin % 64) & 1) != 0;
            node = &b->nodes[node->left + !left];
        }
        scores[row] += node->value;
    }
    return HONE_OK;
}

/* ---- DART: trees are dropped ---------------------------------------------------------------- */

/* Each earlier iteration is dropped by chance. */
static void choose_dropped(booster *b) {
    const hn_boost_rules *rules = b->rules;
    b->n_dropped = 0;
    b->rate = rules->learning_rate;
    if (rules->mode != HN_BOOST_DART) return;
    hn_rng rng = hn_rng_make(rules->grow.seed, hn_stream("gbdt.drop", (uint64_t)b->iteration));
    if (hn_rng_uniform(&rng) < rules->skip_drop) return;
    double chance = rules->drop_rate;
    if (rules->max_drop > 0 && chance * (double)b->iteration > (double)rules->max_drop)
        chance = (double)rules->max_drop / (double)b->iteration;
    for (int64_t i = 0; i < b->iteration; i++) {
        if (hn_rng_uniform(&rng) >= chance) continue;
        if (rules->max_drop == 0 || b->n_dropped < rules->max_drop) b->dropped[b->n_dropped++] = i;
    }
    b->rate = rules->learning_rate / (double)(b->n_dropped + 1);
}

typedef struct dropping {
    booster *b;
    double sign; /* -1: out of the scores, 1: back into them */
} dropping;

static hone_status move_dropped(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const dropping *job = arg;
    const booster *b = job->b;
    for (int32_t k = 0; k < b->loss->n_scores; k++) {
        double *scores = b->scores + k * b->bins->n_rows;
        for (int64_t row = chunk.begin; row < chunk.end; row++)
            for (int64_t i = 0; i < b->n_dropped; i++) {
                const kept_tree *tree = &b->kept[b->dropped[i] * b->loss->n_scores + k];
                const hn_grown *leaf = &tree->nodes[hn_grown_leaf(tree->nodes, b->bins, row)];
                scores[row] += job->sign * tree->factor * leaf->value;
            }
    }
    return HONE_OK;
}

static hone_status drop(hone_ctx *ctx, booster *b) {
    choose_dropped(b);
    dropping job = {b, -1};
    return b->n_dropped > 0 ? hn_parallel(ctx, b->bins->n_rows, GRAIN, move_dropped, &job)
                            : HONE_OK;
}

/* The dropped ones come back smaller: together with the new tree they weigh as they did alone. */
static hone_status put_back(hone_ctx *ctx, booster *b) {
    if (b->n_dropped == 0) return HONE_OK;
    for (int64_t i = 0; i < b->n_dropped; i++)
        for (int32_t k = 0; k < b->loss->n_scores; k++)
            b->kept[b->dropped[i] * b->loss->n_scores + k].factor *=
                (double)b->n_dropped / (double)(b->n_dropped + 1);
    dropping job = {b, 1};
    return hn_parallel(ctx, b->bins->n_rows, GRAIN, move_dropped, &job);
}

static hone_status keep_tree(hone_ctx *ctx, hn_arena *arena, booster *b, int64_t index) {
    if (b->rules->mode != HN_BOOST_DART) return HONE_OK;
    hn_grown *nodes;
    HN_TRY(HN_NEW(ctx, arena, nodes, b->n_nodes));
    memcpy(nodes, b->nodes, (size_t)b->n_nodes * sizeof *nodes);
    b->kept[index] = (kept_tree){nodes, 1};
    return HONE_OK;
}

static void scale_kept(const booster *b, hn_boosted *out) {
    if (b->rules->mode != HN_BOOST_DART) return;
    for (int64_t t = 0; t < out->n_trees; t++)
        for (int32_t i = 0; i < out->trees[t].n_nodes; i++)
            if (out->trees[t].nodes[i].feature < 0)
                out->trees[t].nodes[i].value *= b->kept[t].factor;
}

/* ---- GOSS: rows are thinned out ------------------------------------------------------------- */

static hone_status add_sizes(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    booster *b = arg;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        float size = b->gradient[i] * b->hessian[i];
        b->size[i] += size < 0 ? -size : size;
    }
    return HONE_OK;
}

/* Sizes fall into classes by their leading bits. */
enum { SIZE_SHIFT = 18, SIZES = 1 << (31 - SIZE_SHIFT) };

static int32_t size_class(float size) {
    uint32_t bits;
    memcpy(&bits, &size, sizeof bits);
    return (int32_t)(bits >> SIZE_SHIFT);
}

/* The rows with the largest gradients as they are; of the others a few, for all of them. */
static hone_status choose_rows(hone_ctx *ctx, booster *b) {
    const hn_boost_rules *rules = b->rules;
    int64_t n = b->rows->n_train, *count, above = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, count, SIZES));
    for (int64_t i = 0; i < n; i++) count[size_class(b->size[train_row(b, i)])]++;
    int32_t border = SIZES - 1;
    double wanted = rules->top_rate * (double)n;
    while (border > 0 && (double)(above + count[border]) < wanted) above += count[border--];
    double of_border = count[border] > 0 ? (wanted - (double)above) / (double)count[border] : 0;
    double of_others = rules->other_rate / (1 - rules->top_rate);
    uint64_t key = hn_rng_at(rules->grow.seed, hn_stream("gbdt.goss", 0), (uint64_t)b->iteration);
    memset(b->chosen, 0, (size_t)b->bins->n_rows);
    for (int64_t i = 0; i < n; i++) {
        int64_t row = train_row(b, i);
        int32_t size = size_class(b->size[row]);
        bool is_top = size > border || (size == border && draw_row(key, row) < of_border);
        b->chosen[row] = is_top ? 1 : draw_row(key + 1, row) < of_others ? 2 : 0;
    }
    return HONE_OK;
}

static hone_status thin_out(hone_ctx *ctx, booster *b) {
    const hn_boost_rules *rules = b->rules;
    b->thinned = rules->mode == HN_BOOST_GOSS && (double)b->iteration * rules->learning_rate >= 1;
    if (!b->thinned) return HONE_OK;
    HN_SCRATCH(ctx);
    hn_magnitude unused;
    memset(b->size, 0, (size_t)b->bins->n_rows * sizeof *b->size);
    for (int32_t k = 0; k < b->loss->n_scores; k++) {
        HN_TRY(hn_loss_gradients(ctx, b->loss, k, b->scores, b->shared, b->gradient, b->hessian,
                                 &unused));
        HN_TRY(hn_parallel(ctx, b->bins->n_rows, GRAIN, add_sizes, b));
    }
    return choose_rows(ctx, b);
}

/* Gradients of the few count for those that they stand for. */
static void weigh_chosen(booster *b, hn_magnitude *ret) {
    if (!b->thinned) return;
    const float factor = (float)((1 - b->rules->top_rate) / b->rules->other_rate);
    hn_magnitude m = {0};
    for (int64_t i = 0; i < b->bins->n_rows; i++) {
        if (b->chosen[i] == 0) continue;
        if (b->chosen[i] == 2) {
            b->gradient[i] *= factor;
            b->hessian[i] *= factor;
        }
        double g = fabs((double)b->gradient[i]), h = b->hessian[i];
        m.gradient_sum += g;
        m.hessian_sum += h;
        if (g > m.gradient_max) m.gradient_max = g;
        if (h > m.hessian_max) m.hessian_max = h;
    }
    *ret = m;
}

/* Gradients are kept in single precision. */
static hone_status check_magnitude(hone_ctx *ctx, const hn_magnitude *m) {
    if (isfinite(m->gradient_sum) && isfinite(m->hessian_sum)) return HONE_OK;
    return hn_fail(ctx, HONE_ERROR_DATA,
                   "targets or weights are so large that gradients leave the range of single "
                   "precision; divide them by a power of ten");
}

/* ---- one tree, one iteration ---------------------------------------------------------------- */

static hone_status add_tree(hone_ctx *ctx, hn_arena *arena, booster *b, hn_boosted *out) {
    hn_magnitude magnitude;
    HN_TRY(hn_loss_gradients(ctx, b->loss, b->k, b->scores, b->shared, b->gradient, b->hessian,
                             &magnitude));
    weigh_chosen(b, &magnitude);
    HN_TRY(check_magnitude(ctx, &magnitude));
    int64_t index = b->iteration * b->loss->n_scores + b->k;
    b->fixed = hn_fixed_make(magnitude, b->hessian == NULL, b->bins->n_rows);
    b->key = hn_rng_at(b->rules->grow.seed, hn_stream("gbdt.rounding", 0), (uint64_t)index);
    HN_TRY(fill_items(ctx, b));
    HN_TRY(hn_grow(ctx, b->grower, b->fixed, b->n_items, index, &b->nodes, &b->n_nodes));
    list_leaf_pieces(b);
    if (hn_loss_renews(b->loss))
        HN_TRY(hn_spread(ctx, b->n_nodes, 32 * b->n_items, renew_leaf, b));
    else
        HN_TRY(set_leaves(ctx, b));
    HN_TRY(hn_spread(ctx, b->n_pieces, 4 * b->n_items, add_leaf, b));
    if (b->in_bag) HN_TRY(hn_parallel(ctx, b->bins->n_rows, GRAIN, add_others, b));
    if (b->rows->held) HN_TRY(hn_parallel(ctx, held_rows(b), GRAIN, add_held, b));
    HN_TRY(keep_tree(ctx, arena, b, index));
    return hn_grown_tree(ctx, arena, b->bins, b->nodes, b->n_nodes, &out->trees[index]);
}

static void add_gains(const booster *b, double *gain) {
    for (int32_t i = 0; i < b->n_nodes; i++)
        if (b->nodes[i].left >= 0) gain[b->nodes[i].split.feature] += b->nodes[i].split.gain;
}

/* Trees of one iteration; *ret_cut tells whether any of them has a cut. gain is since the best. */
static hone_status iterate(hone_ctx *ctx, hn_arena *arena, booster *b, hn_boosted *out,
                           double *gain, bool *ret_cut) {
    HN_TRY(drop(ctx, b));
    HN_TRY(hn_loss_prepare(ctx, b->loss, b->scores, b->shared));
    HN_TRY(thin_out(ctx, b));
    bool cut = false;
    for (b->k = 0; b->k < b->loss->n_scores; b->k++) {
        HN_TRY(add_tree(ctx, arena, b, out));
        add_gains(b, gain);
        cut |= b->n_nodes > 1;
    }
    *ret_cut = cut;
    return put_back(ctx, b);
}

static hone_status note_losses(hone_ctx *ctx, const booster *b, hn_boosted *out) {
    int64_t i = out->n_tried;
    if (out->train_curve)
        HN_TRY(hn_loss_value(ctx, b->loss, b->scores, b->rows->train, b->rows->n_train,
                             &out->train_curve[i]));
    if (b->rows->held)
        HN_TRY(hn_loss_value(ctx, b->rows->held->loss, b->held_scores, NULL, held_rows(b),
                             &out->valid_curve[i]));
    else if (out->valid_curve)
        HN_TRY(hn_loss_value(ctx, b->loss, b->scores, b->rows->valid, b->rows->n_valid,
                             &out->valid_curve[i]));
    out->n_tried++;
    return HONE_OK;
}

/* ---- the loop ------------------------------------------------------------------------------- */

static bool is_random(const hn_boost_rules *rules) {
    return rules->subsample < 1 || rules->mode != HN_BOOST_PLAIN ||
           rules->grow.colsample_bytree < 1 || rules->grow.colsample_bylevel < 1 ||
           rules->grow.colsample_bynode < 1 || rules->grow.split.random_cuts;
}

static void keep_gains(double *kept, double *fresh, int32_t n) {
    for (int32_t j = 0; j < n; j++) {
        kept[j] += fresh[j];
        fresh[j] = 0;
    }
}

static hone_status run(hone_ctx *ctx, hn_arena *arena, booster *b, const char *what,
                       hn_boosted *out) {
    const hn_boost_rules *rules = b->rules;
    double best = INFINITY, *fresh;
    HN_TRY(HN_SCRATCH_NEW(ctx, fresh, b->bins->n_features));
    int64_t kept = 0;
    for (b->iteration = 0; b->iteration < rules->iterations; b->iteration++) {
        HN_TRY(hn_check_cancel(ctx));
        bool cut;
        HN_TRY(iterate(ctx, arena, b, out, fresh, &cut));
        if (!cut && !is_random(rules)) break;
        HN_TRY(note_losses(ctx, b, out));
        hn_progress(ctx, what, b->iteration + 1, rules->iterations, "trees");
        double loss = out->valid_curve ? out->valid_curve[out->n_tried - 1] : -INFINITY;
        if (loss < best || !out->valid_curve) {
            best = loss;
            kept = b->iteration + 1;
            keep_gains(out->gain, fresh, b->bins->n_features);
        } else if (rules->patience > 0 && b->iteration + 1 - kept >= rules->patience) {
            out->stopped_early = true;
            break;
        }
    }
    out->n_iterations = kept;
    out->n_trees = kept * b->loss->n_scores;
    scale_kept(b, out);
    return HONE_OK;
}

static hone_status new_booster(hone_ctx *ctx, booster *b) {
    int64_t n = b->bins->n_rows, scores = b->loss->n_scores;
    HN_TRY(HN_SCRATCH_NEW(ctx, b->scores, scores * n));
    HN_TRY(HN_SCRATCH_NEW(ctx, b->gradient, n));
    bool goss = b->rules->mode == HN_BOOST_GOSS;
    if (goss || !hn_loss_unit_hessian(b->loss)) HN_TRY(HN_SCRATCH_NEW(ctx, b->hessian, n));
    int64_t shared = hn_loss_shared(b->loss);
    if (shared > 0) HN_TRY(HN_SCRATCH_NEW(ctx, b->shared, shared));
    if (goss) {
        HN_TRY(HN_SCRATCH_NEW(ctx, b->size, n));
        HN_TRY(HN_SCRATCH_NEW(ctx, b->chosen, n));
    }
    if (b->rules->mode == HN_BOOST_DART) {
        HN_TRY(HN_SCRATCH_NEW(ctx, b->kept, b->rules->iterations * scores));
        HN_TRY(HN_SCRATCH_NEW(ctx, b->dropped, b->rules->iterations));
    }
    if (goss || b->rules->subsample < 1 || b->rows->train)
        HN_TRY(HN_SCRATCH_NEW(ctx, b->in_bag, n));
    HN_TRY(new_held(ctx, b));
    HN_TRY(HN_SCRATCH_NEW(ctx, b->bag_count, hn_chunks(b->rows->n_train, GRAIN)));
    HN_TRY(hn_grower_new(ctx, b->bins, &b->rules->grow, b->rows->n_train, &b->grower));
    int64_t leaves = b->rules->grow.max_leaves < n ? b->rules->grow.max_leaves : n;
    return HN_SCRATCH_NEW(ctx, b->pieces, n / LEAF_PIECE + leaves + 1);
}

static hone_status new_result(hone_ctx *ctx, hn_arena *arena, const booster *b, hn_boosted *out) {
    int64_t most = b->rules->iterations;
    HN_TRY(HN_NEW(ctx, arena, out->trees, most * b->loss->n_scores));
    HN_TRY(HN_NEW(ctx, arena, out->start, b->loss->n_scores));
    HN_TRY(HN_NEW(ctx, arena, out->gain, b->bins->n_features));
    if (b->rules->curve) HN_TRY(HN_NEW(ctx, arena, out->train_curve, most));
    if (b->rows->n_valid > 0 || b->rows->held) HN_TRY(HN_NEW(ctx, arena, out->valid_curve, most));
    return HONE_OK;
}

hone_status hn_boost(hone_ctx *ctx, hn_arena *arena, const hn_bins *bins, const hn_loss *loss,
                     const hn_boost_rules *rules, const hn_boost_rows *rows, const char *what,
                     hn_boosted *ret_boosted) {
    HN_SCRATCH(ctx);
    booster b = {.bins = bins, .loss = loss, .rules = rules, .rows = rows};
    hn_boosted out = {0};
    HN_TRY(new_booster(ctx, &b));
    HN_TRY(new_result(ctx, arena, &b, &out));
    if (!rules->scores) HN_TRY(hn_loss_start(ctx, loss, rows->train, rows->n_train, out.start));
    if (rules->scores)
        memcpy(b.scores, rules->scores,
               (size_t)loss->n_scores * (size_t)bins->n_rows * sizeof *b.scores);
    for (int32_t k = 0; k < loss->n_scores && !rules->scores; k++)
        for (int64_t i = 0; i < bins->n_rows; i++) b.scores[k * bins->n_rows + i] = out.start[k];
    begin_held(&b, out.start);
    HN_TRY(run(ctx, arena, &b, what, &out));
    *ret_boosted = out;
    return HONE_OK;
}
