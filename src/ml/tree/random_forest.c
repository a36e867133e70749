/* random_forest.c - random forests, declared; trees are grown in cart.c. */
#include "base/parallel.h"
#include "base/rng.h"
#include "ml/tree/cart.h"
#include "ml/tree/report.h"
#include "num/math.h"
#include <assert.h>
#include <string.h>

/* ---- parameters ----------------------------------------------------------------------------- */

typedef struct forest_params {
    int64_t n_estimators;
    int criterion;
    int64_t max_depth;
    int64_t min_samples_split, min_samples_leaf;
    double max_features;
    double min_impurity_decrease;
    bool bootstrap;
    double max_samples;
    int64_t max_bins;
    int class_weight;
    bool oob_score;
} forest_params;

enum { CRITERION_AUTO, CRITERION_GINI, CRITERION_ENTROPY, CRITERION_SQUARED };
enum {
    FEATURES_AUTO = 0,
    FEATURES_SQRT = -1,
    FEATURES_LOG2 = -2,
    FEATURES_ALL = -3,
    FEATURES_THIRD = -4
};

static const hone_param params[] = {
    HN_PARAM(forest_params, n_estimators, .def = "100", .range = "[1, 100000]", .unit = "trees",
             .aliases = HN_CHOICES("n_trees"), .search = "[50, 500] log",
             .doc = "Trees; more never hurt but take longer."),
    HN_PARAM(forest_params, criterion, .def = "auto",
             .choices = HN_CHOICES("auto", "gini", "entropy", "squared"),
             .doc = "What a cut is judged by; auto: gini for classes, squared for numbers."),
    HN_PARAM(forest_params, max_depth, .def = "none", .range = "[1, 100000]",
             .words = HN_WORDS({"none", 0}), .doc = "Edges from root to leaf at most."),
    HN_PARAM(forest_params, min_samples_split, .def = "2", .range = "[2, inf)", .unit = "rows",
             .doc = "Rows of a node to be cut at least."),
    HN_PARAM(forest_params, min_samples_leaf, .def = "1", .range = "[1, inf)", .unit = "rows",
             .search = "[1, 20] log", .doc = "Rows of a leaf at least."),
    HN_PARAM(forest_params, max_features, .def = "auto", .range = "(0, inf)",
             .words =
                 HN_WORDS({"auto", FEATURES_AUTO}, {"sqrt", FEATURES_SQRT}, {"log2", FEATURES_LOG2},
                          {"all", FEATURES_ALL}, {"third", FEATURES_THIRD}),
             .doc = "Features drawn for a node: below 1 a share, from 1 on a number; auto: sqrt "
                    "for classes, "
                    "a share of 0.5 for numbers."),
    HN_PARAM(forest_params, min_impurity_decrease, .def = "0", .range = "[0, inf)",
             .level = HN_ADVANCED,
             .doc = "A cut must lower the impurity by this share of all rows' at least."),
    HN_PARAM(forest_params, bootstrap, .def = "true",
             .doc = "Each tree sees rows drawn with replacement; else all rows."),
    HN_PARAM(forest_params, max_samples, .def = "1", .range = "(0, inf)", .level = HN_ADVANCED,
             .doc = "Rows drawn for a tree: up to 1 a share, above 1 a number."),
    HN_PARAM(forest_params, max_bins, .def = "255", .range = "[2, 255]", .level = HN_EXPERT,
             .doc = "Bins that a feature's values are cut into at most."),
    HN_PARAM(forest_params, class_weight, .def = "none", .choices = HN_CHOICES("none", "balanced"),
             .doc = "balanced: rare classes weigh as much as frequent ones."),
    HN_PARAM(
        forest_params, oob_score, .def = "false",
        .doc = "Score each row by the trees that did not see it, and report it (accuracy, or R2)."),
};

typedef struct forest_state {
    int64_t n_classes;
    int64_t has_oob;
    double oob;
    double scale; /* 1 / trees */
    hn_trees trees;
    double *start; /* [max(n_classes, 1)] zeros */
    double *importances;
} forest_state;

static hone_status forest_check(hone_ctx *ctx, const void *params_, const hone_data *data) {
    const forest_params *p = params_;
    bool classes = (data->task & HN_TASK_CLASSIFY) != 0;
    if (data->x->n_rows > INT32_MAX / 2)
        return hn_fail(ctx, HONE_ERROR_UNSUPPORTED,
                       "random_forest takes at most %d rows; take a sample", INT32_MAX / 2);
    if (p->criterion != CRITERION_AUTO && classes != (p->criterion != CRITERION_SQUARED))
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "criterion"),
                          "random_forest: 'criterion' must be auto, or %s",
                          classes ? "gini or entropy for classes" : "squared for numbers");
    if (!classes && p->class_weight != 0)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "class_weight"),
                          "random_forest: 'class_weight' is for classes; leave it out");
    if (p->oob_score && !p->bootstrap)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "oob_score"),
                          "random_forest: 'oob_score' needs bootstrap");
    return HONE_OK;
}

/* ---- fit ------------------------------------------------------------------------------------ */

typedef struct fitting {
    const forest_params *p;
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

static int32_t features_to_try(const forest_params *p, int32_t n, bool classes) {
    double word = p->max_features, k;
    if (word == FEATURES_AUTO)
        k = classes ? floor(sqrt(n)) : ceil(0.5 * n);
    else if (word == FEATURES_SQRT)
        k = floor(sqrt(n));
    else if (word == FEATURES_LOG2)
        k = floor(log2(n > 0 ? n : 1));
    else if (word == FEATURES_ALL)
        k = n;
    else if (word == FEATURES_THIRD)
        k = floor(n / 3.0);
    else
        k = word < 1 ? floor(word * n) : floor(word);
    return k < 1 ? 1 : k > n ? n : (int32_t)k;
}

static int64_t rows_to_draw(const forest_params *p, int64_t n) {
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

static hone_status grow_tree(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    fitting *f = arg;
    int64_t t = chunk.index;
    hn_carter *carter = f->carters[chunk.worker];
    hn_cart_item *items = hn_carter_items(carter);
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("forest.tree", (uint64_t)t));
    int64_t n = draw_rows(f, &rng, items);
    for (int64_t i = 0; f->in_bag && i < n; i++)
        f->in_bag[t * f->bag_bytes + items[i].row / 8] |= (uint8_t)(1u << (items[i].row % 8));
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
    if (f->p->class_weight != 0) {
        double *balanced;
        HN_TRY(hn_data_balanced_weights(ctx, data, &balanced));
        weight = balanced;
    }
    HN_TRY(hn_bins_make(ctx, ctx->scratch, data->x, f->p->max_bins, ctx->seed, false, &f->bins));
    HN_TRY(hn_bins_order(ctx, &f->bins, data->y, weight, data->n_classes));
    f->cart = (hn_cart_data){.bins = &f->bins, .y = data->y, .weight = weight};
    if (!classes) {
        double *centred;
        HN_TRY(HN_SCRATCH_NEW(ctx, centred, n));
        f->cart.y_shift = hn_sum(data->y, n) / (double)n;
        for (int64_t i = 0; i < n; i++) centred[i] = data->y[i] - f->cart.y_shift;
        f->cart.y = centred;
    }
    f->rules = (hn_cart_rules){
        .n_classes = data->n_classes,
        .entropy = f->p->criterion == CRITERION_ENTROPY,
        .max_depth = f->p->max_depth,
        .min_samples_split = f->p->min_samples_split,
        .min_samples_leaf = f->p->min_samples_leaf,
        .min_impurity_decrease = f->p->min_impurity_decrease,
        .n_try = features_to_try(f->p, f->bins.n_features, classes),
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
    const forest_state *s;
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

static hone_status find_oob(hone_ctx *ctx, const fitting *f, forest_state *s) {
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
        s->oob = sum[1] / sum[0];
    else {
        double spread = sum[3] - sum[2] * sum[2] / sum[0];
        s->oob = spread > 0 ? 1 - sum[1] / spread : 0;
    }
    return HONE_OK;
}

/* ---- the fit -------------------------------------------------------------------------------- */

static hone_status finish(hone_ctx *ctx, hn_arena *arena, const fitting *f, forest_state *s) {
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

static hone_status forest_fit(hone_ctx *ctx, const void *params_, const hone_data *data,
                              hn_arena *arena, void *ret_state) {
    HN_SCRATCH(ctx);
    const forest_params *p = params_;
    fitting f = {.p = p, .data = data};
    HN_TRY(prepare(ctx, &f));
    HN_TRY(HN_SCRATCH_NEW(ctx, f.arenas, p->n_estimators));
    for (int64_t t = 0; t < p->n_estimators; t++) hn_arena_init(&f.arenas[t], ctx->allocator);
    hone_status status = hn_parallel(ctx, p->n_estimators, 1, grow_tree, &f);
    if (status == HONE_OK) status = finish(ctx, arena, &f, ret_state);
    free_arenas(f.arenas, p->n_estimators);
    return status;
}

/* ---- predict -------------------------------------------------------------------------------- */

static void finish_row(const void *arg, double *row) {
    const forest_state *s = arg;
    if (s->n_classes == 2) {
        row[1] = row[0] * s->scale;
        row[0] = 1 - row[1];
        return;
    }
    int64_t n = s->n_classes > 0 ? s->n_classes : 1;
    for (int64_t j = 0; j < n; j++) row[j] *= s->scale;
}

static hone_status forest_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                                  double *ret_out) {
    const forest_state *s = state;
    hn_scoring scoring = {.outputs = s->n_classes > 0 ? s->n_classes : 1,
                          .groups = 1,
                          .start = s->start,
                          .finish = finish_row,
                          .arg = s};
    return hn_trees_predict(ctx, &s->trees, &scoring, x, ret_out);
}

/* ---- the rest of the contract --------------------------------------------------------------- */

static int64_t forest_outputs(const void *state) {
    const forest_state *s = state;
    return s->n_classes > 0 ? s->n_classes : 1;
}

static hone_status forest_visit(hn_visitor *v, void *state) {
    forest_state *s = state;
    HN_TRY(hn_visit(v, "n_classes", &s->n_classes));
    HN_TRY(hn_visit(v, "has_oob", &s->has_oob));
    HN_TRY(hn_visit(v, "oob", &s->oob));
    HN_TRY(hn_visit(v, "scale", &s->scale));
    HN_TRY(hn_visit_check(v, s->n_classes == 0 || (s->n_classes >= 2 && s->n_classes < INT32_MAX),
                          "a forest with an impossible number of classes"));
    HN_TRY(hn_trees_visit(v, &s->trees));
    HN_TRY(hn_visit_check(v, s->trees.width == (s->n_classes > 2 ? s->n_classes : 0),
                          "leaves that do not fit the classes"));
    HN_TRY(hn_visit(v, "start", &s->start, s->n_classes > 0 ? s->n_classes : 1));
    return hn_visit(v, "importances", &s->importances, s->trees.n_features);
}

static hone_status forest_importances(hone_ctx *ctx, const void *state, double *ret_importances) {
    (void)ctx;
    const forest_state *s = state;
    if (s->trees.n_features > 0)
        memcpy(ret_importances, s->importances, (size_t)s->trees.n_features * sizeof(double));
    return HONE_OK;
}

static hone_status forest_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                 hn_json_doc *doc, hn_json_mut *object) {
    (void)schema;
    const forest_state *s = state;
    if (s->has_oob)
        yyjson_mut_obj_add_real(doc, object, s->n_classes > 0 ? "oob_accuracy" : "oob_r2", s->oob);
    return hn_report_trees(ctx, &s->trees, doc, object);
}

const hone_estimator hn_random_forest = {
    .name = "random_forest",
    .title = "Random forest",
    .class_names = "RandomForestClassifier RandomForestRegressor",
    .family = "tree",
    .doc = "Averages many deep trees, each grown on rows drawn anew and on few features at a time. "
           "Needs no "
           "tuning and little care; gbdt is often a little better.",
    .references =
        "Breiman (2001), Random forests\n"
        "Coppersmith, Hong, Hosking (1999), Partitioning nominal attributes in decision trees",
    .tasks = HN_TASK_CLASSIFY | HN_TASK_REGRESSION,
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_CAN_WEIGHTS | HN_CAN_PROBABILITIES |
           HN_CAN_IMPORTANCES,
    .params = HN_PARAMS(forest_params, params),
    .state_size = sizeof(forest_state),
    .check = forest_check,
    .fit = forest_fit,
    .predict = forest_predict,
    .outputs = forest_outputs,
    .visit = forest_visit,
    .importances = forest_importances,
    .report = forest_report,
    HN_GOLDEN({.dataset = "tabular/california_housing/housing.csv",
               .target = "median_house_value",
               .metric = "rmse",
               .value = 49157,
               .tolerance = 2500,
               .source = "scikit-learn 1.2.1, RandomForestRegressor(), 5-fold"},
              {.dataset = "tabular/letter/letterdata.csv",
               .target = "letter",
               .metric = "accuracy",
               .value = 0.961,
               .tolerance = 0.008,
               .source = "scikit-learn 1.9.1, RandomForestClassifier(), mean of five 80/20 splits"},
              {.dataset = "tabular/concrete/concrete.csv",
               .target = "strength",
               .metric = "rmse",
               .value = 5.136,
               .tolerance = 1,
               .source = "scikit-learn 1.9.1, RandomForestRegressor(), mean of five 80/20 splits"}),
};
