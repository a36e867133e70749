/* isolation_forest.c - anomalies are what random cuts soon leave alone. */
#include "base/parallel.h"
#include "base/rng.h"
#include "ml/tree/nodes.h"
#include "ml/tree/report.h"
#include "num/math.h"
#include "num/sort.h"
#include <string.h>
#include "spec/catalog.h"

typedef struct isolation_params {
    int64_t n_estimators;
    double max_samples, contamination, max_features;
    bool bootstrap;
} isolation_params;

enum { AUTO = -1, AUTO_SAMPLES = 256 };

static const hone_param params[] = {
    HN_PARAM(isolation_params, n_estimators, .def = "100", .range = "[1, 100000]", .unit = "trees",
             .aliases = HN_CHOICES("n_trees"), .search = "[50, 500] log", .doc = "Trees."),
    HN_PARAM(isolation_params, max_samples, .def = "auto", .range = "(0, inf)",
             .words = HN_WORDS({"auto", AUTO}), .search = "[64, 1024] log",
             .doc = "Rows drawn for a tree: up to 1 a share, above 1 a number; auto: 256."),
    HN_PARAM(isolation_params, contamination, .def = "auto", .range = "(0, 0.5]",
             .words = HN_WORDS({"auto", AUTO}),
             .doc = "Share of the training rows that are anomalies; auto: those that are isolated "
                    "in half the steps that a row takes on average."),
    HN_PARAM(isolation_params, max_features, .def = "1", .range = "(0, inf)", .level = HN_ADVANCED,
             .doc = "Features drawn for a tree: up to 1 a share, above 1 a number."),
    HN_PARAM(isolation_params, bootstrap, .def = "false", .level = HN_ADVANCED,
             .doc = "Draw a tree's rows with replacement."),
};

typedef struct isolation_state {
    hn_trees trees; /* a leaf's value: steps to isolate a row that falls into it */
    double usual;   /* steps that isolating a row takes on average, over all trees */
    double offset;
    int64_t max_samples;
    double *start; /* [1]: 0 */
} isolation_state;

/* Mean steps to an unsuccessful end in a binary search tree of n rows (Liu, Ting, Zhou 2008, eq. 1). */
static double usual_steps(int64_t n) {
    static const double euler = 0.57721566490153286;
    if (n <= 1) return 0;
    if (n == 2) return 1;
    double m = (double)n;
    return 2 * (hn_log(m - 1) + euler) - 2 * (m - 1) / m;
}

/* ---- one tree ------------------------------------------------------------------------------- */

typedef struct fitting {
    const isolation_params *p;
    const hn_table *x;
    int64_t n_samples, n_features; /* of a tree */
    int32_t max_depth;
    hn_arena *arenas;
    hn_tree *trees;
} fitting;

typedef struct grower {
    const fitting *f;
    hn_rng rng;
    double *values;    /* [columns, n_samples] of the rows drawn */
    int32_t *features; /* that the tree may use */
    int32_t *rows, *spare;
    hn_tree *tree;
} grower;

typedef struct pending {
    int32_t node, depth;
    int64_t begin, n;
} pending;

typedef struct cut {
    int32_t feature; /* -1: every feature is constant */
    double threshold;
    bool missing_left;
} cut;

static const double *values_of(const grower *g, int32_t feature) {
    return g->values + feature * g->f->n_samples;
}

/* The range of a feature in a node, and whether values are missing in it. */
static int64_t range_of(const grower *g, int32_t feature, const pending *at, double *ret_low,
                        double *ret_high) {
    const double *values = values_of(g, feature);
    double low = INFINITY, high = -INFINITY;
    int64_t missing = 0;
    for (int64_t i = 0; i < at->n; i++) {
        double value = values[g->rows[at->begin + i]];
        missing += value != value;
        if (value < low) low = value;
        if (value > high) high = value;
    }
    *ret_low = low;
    *ret_high = high;
    return missing;
}

/* A feature that varies, at random, and a place between its least and largest value. */
static cut draw_cut(grower *g, const pending *at) {
    int64_t n = g->f->n_features;
    for (int64_t i = 0; i < n; i++) {
        int64_t j = i + hn_rng_below(&g->rng, n - i);
        int32_t feature = g->features[j];
        g->features[j] = g->features[i];
        g->features[i] = feature;
        double low, high;
        int64_t missing = range_of(g, feature, at, &low, &high);
        if (low < high) {
            double threshold = low + hn_rng_uniform(&g->rng) * (high - low);
            if (!(threshold < high)) threshold = low;
            return (cut){feature, threshold, missing > 0 && hn_rng_below(&g->rng, 2) == 1};
        }
        if (missing > 0 && missing < at->n) return (cut){feature, INFINITY, false};
    }
    return (cut){.feature = -1};
}

static int64_t part(grower *g, const pending *at, const cut *c) {
    const double *values = values_of(g, c->feature);
    int32_t *rows = g->rows + at->begin;
    int64_t left = 0, right = 0;
    for (int64_t i = 0; i < at->n; i++) {
        double value = values[rows[i]];
        bool goes = value == value ? value <= c->threshold : c->missing_left;
        if (goes)
            rows[left++] = rows[i];
        else
            g->spare[right++] = rows[i];
    }
    memcpy(rows + left, g->spare, (size_t)right * sizeof *rows);
    return left;
}

static void grow(grower *g, pending *stack) {
    hn_tree *tree = g->tree;
    int64_t n_stack = 0;
    tree->n_nodes = 1;
    stack[n_stack++] = (pending){.n = g->f->n_samples};
    while (n_stack > 0) {
        pending at = stack[--n_stack];
        hn_node *node = &tree->nodes[at.node];
        cut c = {.feature = -1};
        if (at.n > 1 && at.depth < g->f->max_depth) c = draw_cut(g, &at);
        if (at.depth > tree->depth) tree->depth = at.depth;
        if (c.feature < 0) {
            *node = (hn_node){.feature = HN_NODE_LEAF, .value = at.depth + usual_steps(at.n)};
            continue;
        }
        int64_t left = part(g, &at, &c);
        /* What was never missing here goes where most rows go. */
        bool default_left = c.missing_left || (c.threshold < INFINITY && 2 * left >= at.n);
        *node = (hn_node){.threshold = c.threshold,
                          .left = tree->n_nodes,
                          .feature = c.feature | (default_left ? HN_NODE_DEFAULT_LEFT : 0)};
        stack[n_stack++] = (pending){node->left + 1, at.depth + 1, at.begin + left, at.n - left};
        stack[n_stack++] = (pending){node->left, at.depth + 1, at.begin, left};
        tree->n_nodes += 2;
    }
}

/* Rows and features of a tree, and the rows' values side by side. */
static hone_status draw_sample(hone_ctx *ctx, grower *g) {
    const fitting *f = g->f;
    int64_t n = f->x->n_rows, columns = f->x->n_columns, *chosen, *used;
    HN_TRY(HN_SCRATCH_NEW(ctx, chosen, f->n_samples));
    HN_TRY(HN_SCRATCH_NEW(ctx, used, f->n_features));
    if (f->p->bootstrap)
        for (int64_t i = 0; i < f->n_samples; i++) chosen[i] = hn_rng_below(&g->rng, n);
    else
        hn_rng_choose(&g->rng, n, f->n_samples, chosen);
    hn_rng_choose(&g->rng, columns, f->n_features, used);
    for (int64_t k = 0; k < f->n_features; k++) {
        const hn_column *column = &f->x->columns[used[k]];
        g->features[k] = (int32_t)used[k];
        for (int64_t i = 0; i < f->n_samples; i++)
            g->values[used[k] * f->n_samples + i] = hn_column_double(column, chosen[i]);
    }
    for (int64_t i = 0; i < f->n_samples; i++) g->rows[i] = (int32_t)i;
    return HONE_OK;
}

static hone_status grow_tree(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    fitting *f = arg;
    int64_t n = f->n_samples;
    pending *stack;
    grower g = {
        .f = f,
        .tree = &f->trees[chunk.index],
        .rng = hn_rng_make(ctx->seed, hn_stream("isolation_forest.tree", (uint64_t)chunk.index))};
    HN_TRY(HN_SCRATCH_NEW(ctx, g.values, (size_t)f->x->n_columns * (size_t)n));
    HN_TRY(HN_SCRATCH_NEW(ctx, g.features, f->n_features));
    HN_TRY(HN_SCRATCH_NEW(ctx, g.rows, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, g.spare, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, stack, n + 2));
    HN_TRY(HN_NEW(ctx, &f->arenas[chunk.index], g.tree->nodes, 2 * n));
    HN_TRY(draw_sample(ctx, &g));
    grow(&g, stack);
    return HONE_OK;
}

/* ---- answers -------------------------------------------------------------------------------- */

/* From steps to how normal a row is: minus 2^-(steps / usual), less the offset. */
static void finish_row(const void *arg, double *row) {
    const isolation_state *s = arg;
    double share = s->usual > 0 ? row[0] / s->usual : 1;
    row[0] = -hn_exp(-0.69314718055994531 * share) - s->offset;
}

static hone_status isolation_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                                     double *ret_out) {
    const isolation_state *s = state;
    hn_scoring scoring = {
        .outputs = 1, .groups = 1, .start = s->start, .finish = finish_row, .arg = s};
    return hn_trees_predict(ctx, &s->trees, &scoring, x, ret_out);
}

static hone_status set_offset(hone_ctx *ctx, const isolation_params *p, const hn_table *x,
                              isolation_state *s) {
    if (p->contamination == AUTO) {
        s->offset = -0.5;
        return HONE_OK;
    }
    HN_SCRATCH(ctx);
    double *scores;
    HN_TRY(HN_SCRATCH_NEW(ctx, scores, x->n_rows));
    HN_TRY(isolation_predict(ctx, s, x, scores));
    HN_TRY(hn_sort_f64(ctx, scores, x->n_rows));
    s->offset = hn_quantile_sorted(scores, x->n_rows, p->contamination);
    return HONE_OK;
}

/* ---- fit ------------------------------------------------------------------------------------ */

/* Up to 1 a share, above a number; at least 1. */
static int64_t how_many(double wanted, int64_t n) {
    double k = wanted <= 1 ? floor(wanted * (double)n) : floor(wanted);
    return k < 1 ? 1 : k > (double)n ? n : (int64_t)k;
}

static hone_status isolation_check(hone_ctx *ctx, const void *params_, const hone_data *data) {
    (void)params_;
    if (data->x->n_rows <= INT32_MAX / 2) return HONE_OK;
    return hn_fail(ctx, HONE_ERROR_UNSUPPORTED,
                   "isolation_forest takes at most %d rows; take a sample", INT32_MAX / 2);
}

static hone_status grow_all(hone_ctx *ctx, hn_arena *arena, fitting *f, isolation_state *s) {
    int64_t n = f->p->n_estimators;
    HN_TRY(hn_parallel(ctx, n, 1, grow_tree, f));
    HN_TRY(hn_trees_join(ctx, arena, f->trees, n, f->x->n_columns, 0, &s->trees));
    HN_TRY(HN_NEW(ctx, arena, s->start, 1));
    s->max_samples = f->n_samples;
    s->usual = (double)n * usual_steps(f->n_samples);
    return set_offset(ctx, f->p, f->x, s);
}

static hone_status isolation_fit(hone_ctx *ctx, const void *params_, const hone_data *data,
                                 hn_arena *arena, void *ret_state) {
    HN_SCRATCH(ctx);
    const isolation_params *p = params_;
    int64_t rows = data->x->n_rows, trees = p->n_estimators;
    fitting f = {.p = p, .x = data->x, .n_features = how_many(p->max_features, data->x->n_columns)};
    f.n_samples = p->max_samples == AUTO ? (rows < AUTO_SAMPLES ? rows : AUTO_SAMPLES)
                                         : how_many(p->max_samples, rows);
    while ((INT64_C(1) << f.max_depth) < (f.n_samples > 2 ? f.n_samples : 2)) f.max_depth++;
    HN_TRY(HN_SCRATCH_NEW(ctx, f.trees, trees));
    HN_TRY(HN_SCRATCH_NEW(ctx, f.arenas, trees));
    for (int64_t t = 0; t < trees; t++) hn_arena_init(&f.arenas[t], ctx->allocator);
    hone_status status = grow_all(ctx, arena, &f, ret_state);
    for (int64_t t = 0; t < trees; t++) hn_arena_done(&f.arenas[t]);
    return status;
}

/* ---- the rest of the contract --------------------------------------------------------------- */

static int64_t isolation_outputs(const void *state) {
    (void)state;
    return 1;
}

static hone_status isolation_visit(hn_visitor *v, void *state) {
    isolation_state *s = state;
    HN_TRY(hn_trees_visit(v, &s->trees));
    HN_TRY(hn_visit_check(v, s->trees.width == 0, "an isolation tree without steps in its leaves"));
    HN_TRY(hn_visit(v, "usual_steps", &s->usual));
    HN_TRY(hn_visit(v, "offset", &s->offset));
    HN_TRY(hn_visit(v, "max_samples", &s->max_samples));
    return hn_visit(v, "start", &s->start, (int64_t)1);
}

static hone_status isolation_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                    hn_json_doc *doc, hn_json_mut *object) {
    (void)schema;
    const isolation_state *s = state;
    yyjson_mut_obj_add_real(doc, object, "offset", s->offset);
    yyjson_mut_obj_add_int(doc, object, "max_samples", s->max_samples);
    return hn_report_trees(ctx, &s->trees, doc, object);
}

static hone_status member(hone_ctx *ctx, const void *state, int64_t i, hn_arena *arena,
                          hn_member *ret_member) {
    const isolation_state *s = state;
    isolation_state *one;
    if (i < 0 || i >= s->trees.n_trees) return hn_no_member(ctx, i, s->trees.n_trees);
    HN_TRY(HN_NEW(ctx, arena, one, 1));
    *one = *s;
    one->usual = s->usual / (double)s->trees.n_trees;
    HN_TRY(hn_trees_one(ctx, arena, &s->trees, i, &one->trees));
    *ret_member = (hn_member){.kind = hn_catalog_find("isolation_forest"), .state = one};
    return HONE_OK;
}

const hone_estimator hn_isolation_forest = {
    .name = "isolation_forest",
    .title = "Isolation forest",
    .class_names = "IsolationForest",
    .family = "anomaly",
    .doc =
        "Cuts the data at random again and again: rows that soon stand alone are anomalies. Fast "
        "on many rows and columns, needs no scaling and hardly any tuning; the first to try.",
    .references = "Liu, Ting, Zhou (2008), Isolation forest",
    .tasks = HN_TASK_ANOMALY,
    .can = HN_CAN_MISSING,
    .params = HN_PARAMS(isolation_params, params),
    .state_size = sizeof(isolation_state),
    .check = isolation_check,
    .fit = isolation_fit,
    .predict = isolation_predict,
    .outputs = isolation_outputs,
    .visit = isolation_visit,
    .member = member,
    .report = isolation_report,
    HN_GOLDEN({.dataset = "fraud/creditcard_ulb_subset/creditcard_subset.csv",
               .target = "Class",
               .scheme = "all",
               .metric = "roc_auc",
               .value = 0.936,
               .tolerance = 0.015,
               .source = "scikit-learn 1.9.1, IsolationForest(), mean of five seeds"}),
};
