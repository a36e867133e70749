/* forest_fit.c - drawing rows, growing trees, scoring rows by the trees that did not see them; see forest.h. */
#include "ml/tree/forest.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "ml/tree/cart.h"
#include <string.h>

/* ---- fit ------------------------------------------------------------------------------------ */

typedef struct fitting {
    const hn_forest_kind *kind;
    const hn_forest_params *p;
    const hone_data *data;
    hn_cart_data cart;
    hn_cart_rules rules;
    hn_bins bins;
    hn_carter **carters; /* by worker */
    hn_arena *arenas;    /* by tree */
    hn_tree *trees;
    double *decrease; /* [trees, features] */
    uint8_t *in_bag;  /* [trees, (n + 7) / 8]; NULL unless oob is asked for */
    int64_t bag_bytes;
    atomic_llong made;
} fitting;

static int32_t features_to_try(const hn_forest_kind *kind, const hn_forest_params *p, int32_t n,
                               bool classes) {
    double word = p->max_features, k;
    if (word == HN_FEATURES_AUTO)
        k = classes ? floor(sqrt(n)) : ceil(kind->features_of_numbers * n);
    else if (word == HN_FEATURES_SQRT)
        k = floor(sqrt(n));
    else if (word == HN_FEATURES_LOG2)
        k = floor(log2(n > 0 ? n : 1));
    else if (word == HN_FEATURES_ALL)
        k = n;
    else if (word == HN_FEATURES_THIRD)
        k = floor(n / 3.0);
    else
        k = word < 1 ? floor(word * n) : floor(word);
    return k < 1 ? 1 : k > n ? n : (int32_t)k;
}

static int64_t rows_to_draw(const hn_forest_params *p, int64_t n) {
    double k =
        p->max_samples <= 1 ? floor(p->max_samples * (double)n + 0.5) : floor(p->max_samples);
    return k < 1 ? 1 : k > (double)n ? n : (int64_t)k;
}

/* Fill items with the rows of a tree; returns how many differ. Rows without weight are left out (but
 * for one, where there is no other). */
static int64_t draw_rows(const fitting *f, hn_rng *rng, hn_cart_item *items) {
    int64_t n = f->data->x->n_rows, draws = rows_to_draw(f->p, n);
    for (int64_t i = 0; i < n; i++) items[i] = (hn_cart_item){(uint32_t)i, f->p->bootstrap ? 0 : 1};
    if (f->p->bootstrap)
        for (int64_t i = 0; i < draws; i++) items[hn_rng_below(rng, n)].count++;
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++) {
        const double *weight = f->cart.weight;
        if (items[i].count > 0 && (!weight || weight[i] > 0)) items[kept++] = items[i];
    }
    if (kept == 0) items[kept++] = (hn_cart_item){0, 1};
    return kept;
}

/* Weights by which the classes are equal among a tree's own rows. */
static void balance(const fitting *f, const hn_cart_item *items, int64_t n, double *count,
                    double *ret_weight) {
    int32_t classes = f->data->n_classes;
    double total = 0;
    for (int32_t k = 0; k < classes; k++) count[k] = 0;
    for (int64_t i = 0; i < n; i++) {
        double own = items[i].count * (f->cart.weight ? f->cart.weight[items[i].row] : 1);
        count[(int32_t)f->data->y[items[i].row]] += own;
        total += own;
    }
    for (int64_t i = 0; i < n; i++) {
        uint32_t row = items[i].row;
        double of_class = count[(int32_t)f->data->y[row]];
        double own = f->cart.weight ? f->cart.weight[row] : 1;
        ret_weight[row] = of_class > 0 ? own * total / (classes * of_class) : 0;
    }
}

static hone_status grow_tree(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    fitting *f = arg;
    int64_t t = chunk.index;
    hn_carter *carter = f->carters[chunk.worker];
    hn_cart_item *items = hn_carter_items(carter);
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("forest.tree", (uint64_t)t));
    int64_t n = draw_rows(f, &rng, items);
    for (int64_t i = 0; f->in_bag && i < n; i++)
        f->in_bag[t * f->bag_bytes + items[i].row / 8] |= (uint8_t)(1u << (items[i].row % 8));
    if (f->rules.own_weights) {
        double *count;
        HN_TRY(HN_SCRATCH_NEW(ctx, count, f->data->n_classes));
        balance(f, items, n, count, hn_carter_weights(carter));
    }
    HN_TRY(hn_cart_grow(ctx, carter, rng, n, &f->arenas[t], &f->trees[t],
                        f->decrease + t * f->bins.n_features));
    hn_progress(ctx, "growing", atomic_fetch_add(&f->made, 1) + 1, f->p->n_estimators, "trees");
    return HONE_OK;
}

/* Mean of the trees' own shares, as they are comparable that way. */
static void sum_importances(const fitting *f, double *importances) {
    int32_t n = f->bins.n_features;
    for (int64_t t = 0; t < f->p->n_estimators; t++) {
        double total = hn_sum(f->decrease + t * n, n);
        for (int32_t j = 0; j < n && total > 0; j++)
            importances[j] += f->decrease[t * n + j] / total;
    }
    double total = hn_sum(importances, n);
    for (int32_t j = 0; j < n && total > 0; j++) importances[j] /= total;
}

static hone_status prepare(hone_ctx *ctx, fitting *f) {
    const hone_data *data = f->data;
    int64_t n = data->x->n_rows;
    bool classes = data->n_classes > 0;
    const double *weight = data->weight;
    if (f->p->class_weight == HN_WEIGHTS_BALANCED) {
        double *balanced;
        HN_TRY(hn_data_balanced_weights(ctx, data, &balanced));
        weight = balanced;
    }
    HN_TRY(hn_bins_make(ctx, ctx->scratch, data->x, f->p->max_bins, ctx->seed, false, &f->bins));
    HN_TRY(hn_bins_order(ctx, &f->bins, data->y, weight, data->n_classes));
    f->cart = (hn_cart_data){.bins = &f->bins, .y = data->y, .weight = weight};
    if (f->kind->random_cuts) HN_TRY(hn_cart_values(ctx, data->x, &f->cart));
    if (!classes) {
        double *centred;
        HN_TRY(HN_SCRATCH_NEW(ctx, centred, n));
        f->cart.y_shift = hn_sum(data->y, n) / (double)n;
        for (int64_t i = 0; i < n; i++) centred[i] = data->y[i] - f->cart.y_shift;
        f->cart.y = centred;
    }
    const int8_t *monotone;
    HN_TRY(hn_monotone_signs(ctx, &f->p->monotone_constraints, data->x, &monotone));
    f->rules = (hn_cart_rules){
        .n_classes = data->n_classes,
        .entropy = f->p->criterion == HN_FOREST_ENTROPY,
        .max_depth = f->p->max_depth,
        .min_samples_split = f->p->min_samples_split,
        .min_samples_leaf = f->p->min_samples_leaf,
        .min_weight_fraction = f->p->min_weight_fraction_leaf,
        .max_leaf_nodes = f->p->max_leaf_nodes,
        .monotone = monotone,
        .min_impurity_decrease = f->p->min_impurity_decrease,
        .ccp_alpha = f->p->ccp_alpha,
        .own_weights = f->p->class_weight == HN_WEIGHTS_SUBSAMPLE,
        .random_cuts = f->kind->random_cuts,
        .n_try = features_to_try(f->kind, f->p, f->bins.n_features, classes),
    };
    int64_t trees = f->p->n_estimators;
    int workers = hn_workers(ctx);
    HN_TRY(HN_SCRATCH_NEW(ctx, f->carters, workers));
    for (int w = 0; w < workers && w < trees; w++)
        HN_TRY(hn_carter_new(ctx, &f->cart, &f->rules, n, &f->carters[w]));
    HN_TRY(HN_SCRATCH_NEW(ctx, f->trees, trees));
    HN_TRY(HN_SCRATCH_NEW(ctx, f->decrease, (size_t)trees * (size_t)f->bins.n_features));
    f->bag_bytes = (n + 7) / 8;
    if (f->p->oob_score)
        HN_TRY(HN_SCRATCH_NEW(ctx, f->in_bag, (size_t)trees * (size_t)f->bag_bytes));
    return HONE_OK;
}

/* ---- out of bag ----------------------------------------------------------------------------- */

typedef struct oob_job {
    const fitting *f;
    const hn_forest_state *s;
    double *parts; /* by chunk: rows scored, hits or squared error, sum and sum of squares of y */
} oob_job;
enum { OOB_GRAIN = 1024, OOB_PARTS = 4 };

static void add_oob_row(const oob_job *job, int64_t i, const double *row, double *sums,
                        double *part) {
    const fitting *f = job->f;
    const hn_trees *trees = &job->s->trees;
    int64_t k = trees->width > 0 ? trees->width : 1, seen = 0;
    memset(sums, 0, (size_t)k * sizeof *sums);
    for (int64_t t = 0; t < trees->n_trees; t++) {
        if (f->in_bag[t * f->bag_bytes + i / 8] >> (i % 8) & 1) continue;
        const hn_node *nodes = trees->nodes + trees->first[t];
        const hn_node *leaf = nodes + hn_tree_leaf(trees, nodes, row);
        for (int64_t j = 0; j < k; j++)
            sums[j] += trees->width > 0 ? trees->values[leaf->row * k + j] : leaf->value;
        seen++;
    }
    if (seen == 0) return;
    double y = f->data->y[i];
    part[0] += 1;
    if (f->data->n_classes == 0) {
        double error = y - sums[0] / (double)seen;
        part[1] += error * error;
        part[2] += y - f->cart.y_shift;
        part[3] += (y - f->cart.y_shift) * (y - f->cart.y_shift);
        return;
    }
    int64_t top = 0;
    for (int64_t j = 1; j < k; j++)
        if (sums[j] > sums[top]) top = j;
    if (trees->width == 0) top = sums[0] > 0.5 * (double)seen;
    part[1] += (double)top == y;
}

static hone_status score_oob(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const oob_job *job = arg;
    const hn_table *x = job->f->data->x;
    int64_t k = job->s->trees.width > 0 ? job->s->trees.width : 1;
    double *row, *sums;
    HN_TRY(HN_SCRATCH_NEW(ctx, row, x->n_columns + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, sums, k));
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        for (int32_t j = 0; j < x->n_columns; j++) row[j] = hn_column_double(&x->columns[j], i);
        add_oob_row(job, i, row, sums, job->parts + chunk.index * OOB_PARTS);
    }
    return HONE_OK;
}

static hone_status find_oob(hone_ctx *ctx, const fitting *f, hn_forest_state *s) {
    if (!f->in_bag) return HONE_OK;
    int64_t n = f->data->x->n_rows, chunks = hn_chunks(n, OOB_GRAIN);
    oob_job job = {.f = f, .s = s};
    HN_TRY(HN_SCRATCH_NEW(ctx, job.parts, chunks * OOB_PARTS));
    HN_TRY(hn_parallel(ctx, n, OOB_GRAIN, score_oob, &job));
    double sum[OOB_PARTS] = {0};
    for (int64_t i = 0; i < chunks * OOB_PARTS; i++) sum[i % OOB_PARTS] += job.parts[i];
    s->has_oob = sum[0] > 0;
    if (!s->has_oob) return HONE_OK;
    if (f->data->n_classes > 0)
        s->oob_score = sum[1] / sum[0];
    else {
        double spread = sum[3] - sum[2] * sum[2] / sum[0];
        s->oob_score = spread > 0 ? 1 - sum[1] / spread : 0;
    }
    return HONE_OK;
}

/* ---- the fit -------------------------------------------------------------------------------- */

static hone_status finish(hone_ctx *ctx, hn_arena *arena, const fitting *f, hn_forest_state *s) {
    int32_t features = f->bins.n_features, classes = f->data->n_classes;
    s->n_classes = classes;
    s->scale = 1.0 / (double)f->p->n_estimators;
    HN_TRY(hn_trees_join(ctx, arena, f->trees, f->p->n_estimators, features,
                         classes > 2 ? classes : 0, &s->trees));
    HN_TRY(HN_NEW(ctx, arena, s->start, classes > 0 ? classes : 1));
    HN_TRY(HN_NEW(ctx, arena, s->importances, features));
    sum_importances(f, s->importances);
    return find_oob(ctx, f, s);
}

static void free_arenas(hn_arena *arenas, int64_t n) {
    for (int64_t t = 0; t < n; t++) hn_arena_done(&arenas[t]);
}

hone_status hn_forest_fit(hone_ctx *ctx, const hn_forest_kind *kind, const void *params_,
                          const hone_data *data, hn_arena *arena, void *ret_state) {
    HN_SCRATCH(ctx);
    const hn_forest_params *p = params_;
    fitting f = {.kind = kind, .p = p, .data = data};
    HN_TRY(prepare(ctx, &f));
    HN_TRY(HN_SCRATCH_NEW(ctx, f.arenas, p->n_estimators));
    for (int64_t t = 0; t < p->n_estimators; t++) hn_arena_init(&f.arenas[t], ctx->allocator);
    hone_status status = hn_parallel(ctx, p->n_estimators, 1, grow_tree, &f);
    if (status == HONE_OK) status = finish(ctx, arena, &f, ret_state);
    free_arenas(f.arenas, p->n_estimators);
    return status;
}
