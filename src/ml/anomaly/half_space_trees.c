/* half_space_trees.c - anomalies of a stream: boxes halved at random, and how many rows of the last window
 * fell into each.
 *
 * A tree is made from the ranges of the columns alone, before it sees a row, and never changes; learning is
 * counting. Node i's children are 2 i + 1 and 2 i + 2. Rows are counted in `latest`; when a window is full it
 * becomes `reference`, by which rows are judged, and counting begins anew. */
#include "base/parallel.h"
#include "base/rng.h"
#include "num/sort.h"
#include "spec/estimator.h"
#include "table/rows.h"
#include <string.h>

typedef struct half_space_params {
    int64_t n_estimators, height, window_size;
    double size_limit, contamination;
} half_space_params;

enum { MOST_CELLS = 1 << 27 };

static const hone_param params[] = {
    HN_PARAM(half_space_params, n_estimators, .def = "25", .range = "[1, 100000]", .unit = "trees",
             .aliases = HN_CHOICES("n_trees"), .search = "[10, 100] log", .doc = "Trees."),
    HN_PARAM(half_space_params, height, .def = "10", .range = "[1, 24]", .search = "[5, 15]",
             .aliases = HN_CHOICES("max_depth"),
             .doc = "Edges from root to leaf. Each more doubles memory and the model file."),
    HN_PARAM(half_space_params, window_size, .def = "250", .range = "[1, 1000000000]",
             .unit = "rows", .search = "[50, 2000] log",
             .doc = "Rows are judged by the last full window of so many."),
    HN_PARAM(half_space_params, size_limit, .def = "0.1", .range = "(0, 1]", .level = HN_ADVANCED,
             .doc = "A row goes no deeper than a box with this share of the window's rows."),
    HN_PARAM(half_space_params, contamination, .def = "0.1", .range = "(0, 0.5]",
             .doc = "Share of the rows of the first fit that are anomalies."),
};

typedef struct half_space_state {
    int64_t n_features, n_estimators, height, window_size;
    int64_t rows_seen;
    int64_t reference_rows; /* counted in reference: a window, or what there was so far */
    double size_limit, offset;
    int32_t *feature;            /* [n_estimators, inner nodes] */
    double *threshold;           /* a row goes left if its value is below */
    int32_t *reference, *latest; /* [n_estimators, nodes] rows */
} half_space_state;

static int64_t inner_nodes(const half_space_state *s) { return (INT64_C(1) << s->height) - 1; }
static int64_t all_nodes(const half_space_state *s) { return (INT64_C(2) << s->height) - 1; }

/* ---- the boxes ------------------------------------------------------------------------------ */

/* By column: the least and largest value, and which columns vary. */
typedef struct all_spans {
    double *low, *high; /* [n_features] */
    int64_t *varying;
    int64_t n_varying;
} all_spans;

static hone_status find_spans(hone_ctx *ctx, const hn_table *x, all_spans *ret) {
    all_spans s = {0};
    double *v;
    HN_TRY(HN_SCRATCH_NEW(ctx, s.low, x->n_columns));
    HN_TRY(HN_SCRATCH_NEW(ctx, s.high, x->n_columns));
    HN_TRY(HN_SCRATCH_NEW(ctx, s.varying, x->n_columns));
    HN_SCRATCH(ctx);
    HN_TRY(HN_SCRATCH_NEW(ctx, v, x->n_rows));
    for (int32_t j = 0; j < x->n_columns; j++) {
        double low = INFINITY, high = -INFINITY;
        hn_column_doubles(&x->columns[j], 0, x->n_rows, v, 1);
        for (int64_t i = 0; i < x->n_rows; i++) {
            if (v[i] < low) low = v[i];
            if (v[i] > high) high = v[i];
        }
        bool seen = low <= high;
        s.low[j] = seen ? low : 0;
        s.high[j] = seen ? high : 0;
        if (low < high) s.varying[s.n_varying++] = j;
    }
    /* Where no column varies, each gets a span. */
    for (int32_t j = 0; j < x->n_columns && (s.n_varying == 0 || s.n_varying == j); j++) {
        s.high[j] = s.low[j] + 1;
        s.varying[s.n_varying++] = j;
    }
    *ret = s;
    return HONE_OK;
}

typedef struct building {
    const all_spans *spans;
    half_space_state *s;
} building;

/* The box of a tree: for each column the span of a window around a random place in the data's span,
 * both in units of it, wide enough for all of it (Tan, Ting, Liu 2011, section 3.1). */
static void draw_box(const building *b, hn_rng *rng, double *low, double *high) {
    for (int64_t j = 0; j < b->s->n_features; j++) {
        double at = hn_rng_uniform(rng), reach = 2 * (at > 0.5 ? at : 1 - at);
        low[j] = at - reach;
        high[j] = at + reach;
    }
}

/* From units of a column's span to the column's own; huge spans don't overflow. */
static double value_at(const all_spans *spans, int64_t j, double place) {
    double value = spans->low[j] * (1 - place) + spans->high[j] * place;
    return isfinite(value) ? value : place < 0.5 ? spans->low[j] : spans->high[j];
}

/* Halves the box of node, which is the tree's box but for the cuts above it, by a random column. */
static void build_node(const building *b, hn_rng *rng, int64_t tree, int64_t node, int64_t depth,
                       double *low, double *high) {
    half_space_state *s = b->s;
    if (depth == s->height) return;
    int64_t j = b->spans->varying[hn_rng_below(rng, b->spans->n_varying)];
    double from = low[j], to = high[j], middle = from + (to - from) / 2;
    s->feature[tree * inner_nodes(s) + node] = (int32_t)j;
    s->threshold[tree * inner_nodes(s) + node] = value_at(b->spans, j, middle);
    high[j] = middle;
    build_node(b, rng, tree, 2 * node + 1, depth + 1, low, high);
    high[j] = to;
    low[j] = middle;
    build_node(b, rng, tree, 2 * node + 2, depth + 1, low, high);
    low[j] = from;
}

static hone_status build_tree(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const building *b = arg;
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("half_space_trees.tree", (uint64_t)chunk.index));
    double *low, *high;
    HN_TRY(HN_SCRATCH_NEW(ctx, low, b->s->n_features));
    HN_TRY(HN_SCRATCH_NEW(ctx, high, b->s->n_features));
    draw_box(b, &rng, low, high);
    build_node(b, &rng, chunk.index, 0, 0, low, high);
    return HONE_OK;
}

/* ---- counting ------------------------------------------------------------------------------- */

typedef struct counting {
    half_space_state *s;
    const double *rows; /* [n, n_features] */
    int64_t n;
} counting;

/* The child that a row goes to; a missing value counts as larger than any. */
static inline int64_t child(const half_space_state *s, int64_t first, int64_t node,
                            const double *row) {
    return 2 * node + 1 + !(row[s->feature[first + node]] < s->threshold[first + node]);
}

static hone_status count_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const counting *job = arg;
    half_space_state *s = job->s;
    int64_t first = chunk.index * inner_nodes(s), nodes = all_nodes(s);
    int32_t *latest = s->latest + chunk.index * nodes;
    for (int64_t i = 0; i < job->n; i++) {
        const double *row = job->rows + i * s->n_features;
        int64_t node = 0;
        latest[0]++;
        for (int64_t k = 0; k < s->height; k++) latest[node = child(s, first, node, row)]++;
        if ((s->rows_seen + i + 1) % s->window_size != 0) continue;
        memcpy(s->reference + chunk.index * nodes, latest, (size_t)nodes * sizeof *latest);
        memset(latest, 0, (size_t)nodes * sizeof *latest);
    }
    return HONE_OK;
}

/* Counts rows in their order. Before the first window is full, what there is stands for it. */
static hone_status learn(hone_ctx *ctx, const hn_table *x, half_space_state *s) {
    enum { BLOCK = 4096 };
    double *rows;
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, BLOCK * s->n_features));
    for (int64_t begin = 0; begin < x->n_rows; begin += BLOCK) {
        int64_t end = x->n_rows - begin < BLOCK ? x->n_rows : begin + BLOCK;
        HN_TRY(hn_check_cancel(ctx));
        hn_table_rows(x, begin, end, rows);
        counting job = {s, rows, end - begin};
        HN_TRY(hn_parallel(ctx, s->n_estimators, 1, count_rows, &job));
        s->rows_seen += end - begin;
        hn_progress(ctx, "counting", end, x->n_rows, "rows");
    }
    s->reference_rows = s->window_size;
    if (s->rows_seen >= s->window_size) return HONE_OK;
    s->reference_rows = s->rows_seen;
    memcpy(s->reference, s->latest,
           (size_t)(s->n_estimators * all_nodes(s)) * sizeof *s->reference);
    return HONE_OK;
}

/* ---- answers -------------------------------------------------------------------------------- */

/* How many rows there are about this one, as a multiple d of what an even spread would give, mapped to
 * 0 .. 1 by d / (1 + d), less the offset. In each tree a row goes down to a leaf, or to a box of few rows;
 * that box has r of n rows in 2^-depth of the space. */
static void answer_row(const void *arg, double *row, double *work, double *ret) {
    (void)work;
    const half_space_state *s = arg;
    double few = s->size_limit * (double)s->reference_rows, sum = 0;
    for (int64_t t = 0; t < s->n_estimators; t++) {
        int64_t first = t * inner_nodes(s), node = 0, depth = 0;
        const int32_t *mass = s->reference + t * all_nodes(s);
        while (depth < s->height && mass[node] > few) {
            node = child(s, first, node, row);
            depth++;
        }
        sum += (double)mass[node] * (double)(INT64_C(1) << depth);
    }
    double density = sum / ((double)s->n_estimators * (double)s->reference_rows);
    ret[0] = density / (1 + density) - s->offset;
}

static hone_status half_space_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                                      double *ret_out) {
    return hn_each_row(ctx, x, answer_row, state, 0, 1, ret_out);
}

static hone_status set_offset(hone_ctx *ctx, double contamination, const hn_table *x,
                              half_space_state *s) {
    double *scores;
    s->offset = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, scores, x->n_rows));
    HN_TRY(half_space_predict(ctx, s, x, scores));
    HN_TRY(hn_sort_f64(ctx, scores, x->n_rows));
    s->offset = hn_quantile_sorted(scores, x->n_rows, contamination);
    return HONE_OK;
}

/* ---- the hooks ------------------------------------------------------------------------------ */

static hone_status half_space_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const half_space_params *p = values;
    (void)data;
    if (p->n_estimators <= MOST_CELLS >> (p->height + 1)) return HONE_OK;
    return hn_fail_at(
        ctx, HONE_ERROR_USAGE, HN_AT(.param = "height"),
        "half_space_trees: %lld trees of height %lld do not fit in memory; take fewer "
        "or lower ones",
        (long long)p->n_estimators, (long long)p->height);
}

static hone_status half_space_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                                  hn_arena *arena, void *state) {
    HN_SCRATCH(ctx);
    const half_space_params *p = values;
    half_space_state *s = state;
    *s = (half_space_state){.n_features = data->x->n_columns,
                            .n_estimators = p->n_estimators,
                            .height = p->height,
                            .window_size = p->window_size,
                            .size_limit = p->size_limit};
    HN_TRY(HN_NEW(ctx, arena, s->feature, s->n_estimators * inner_nodes(s)));
    HN_TRY(HN_NEW(ctx, arena, s->threshold, s->n_estimators * inner_nodes(s)));
    HN_TRY(HN_NEW(ctx, arena, s->reference, s->n_estimators * all_nodes(s)));
    HN_TRY(HN_NEW(ctx, arena, s->latest, s->n_estimators * all_nodes(s)));
    all_spans spans;
    HN_TRY(find_spans(ctx, data->x, &spans));
    HN_TRY(hn_parallel(ctx, s->n_estimators, 1, build_tree, &(building){&spans, s}));
    HN_TRY(learn(ctx, data->x, s));
    return set_offset(ctx, p->contamination, data->x, s);
}

static hone_status half_space_update(hone_ctx *ctx, const void *values, const hone_data *data,
                                     hn_arena *arena, void *state) {
    HN_SCRATCH(ctx);
    (void)values;
    (void)arena;
    return learn(ctx, data->x, state);
}

static int64_t half_space_outputs(const void *state) {
    (void)state;
    return 1;
}

static bool shape_is_sane(const half_space_state *s) {
    return s->n_features >= 1 && s->n_features <= INT32_MAX && s->height >= 1 && s->height <= 24 &&
           s->n_estimators >= 1 && s->n_estimators <= MOST_CELLS >> (s->height + 1) &&
           s->window_size >= 1 && s->rows_seen >= 1 && s->reference_rows >= 1;
}

static hone_status half_space_visit(hn_visitor *v, void *state) {
    half_space_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_estimators", &s->n_estimators));
    HN_TRY(hn_visit(v, "height", &s->height));
    HN_TRY(hn_visit(v, "window_size", &s->window_size));
    HN_TRY(hn_visit(v, "rows_seen", &s->rows_seen));
    HN_TRY(hn_visit(v, "reference_rows", &s->reference_rows));
    HN_TRY(hn_visit(v, "size_limit", &s->size_limit));
    HN_TRY(hn_visit(v, "offset", &s->offset));
    HN_TRY(hn_visit_check(v, shape_is_sane(s), "half-space trees of impossible shape"));
    int64_t inner = inner_nodes(s), nodes = all_nodes(s);
    HN_TRY(hn_visit(v, "feature", &s->feature, s->n_estimators, inner));
    HN_TRY(hn_visit(v, "threshold", &s->threshold, s->n_estimators, inner));
    HN_TRY(hn_visit(v, "reference_mass", &s->reference, s->n_estimators, nodes));
    HN_TRY(hn_visit(v, "latest_mass", &s->latest, s->n_estimators, nodes));
    bool inside = true;
    for (int64_t i = 0; v->loading && i < s->n_estimators * inner; i++)
        inside &= s->feature[i] >= 0 && s->feature[i] < s->n_features;
    return hn_visit_check(v, inside, "a half-space tree that cuts a column that is not there");
}

static hone_status half_space_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                     hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    (void)schema;
    const half_space_state *s = state;
    yyjson_mut_obj_add_int(doc, object, "trees", s->n_estimators);
    yyjson_mut_obj_add_int(doc, object, "height", s->height);
    yyjson_mut_obj_add_int(doc, object, "rows_seen", s->rows_seen);
    yyjson_mut_obj_add_int(doc, object, "windows", s->rows_seen / s->window_size);
    yyjson_mut_obj_add_int(doc, object, "reference_rows", s->reference_rows);
    yyjson_mut_obj_add_real(doc, object, "offset", s->offset);
    return HONE_OK;
}

const hone_estimator hn_half_space_trees = {
    .name = "half_space_trees",
    .title = "Half-space trees",
    .class_names = "HalfSpaceTrees",
    .family = "anomaly",
    .doc =
        "Judges rows of a stream by how many of the last window's rows lie about them, in boxes "
        "halved at random. A row costs the same however many came before, and what is usual may "
        "change. The order of the rows matters; the ranges of the columns are those of the first "
        "fit.",
    .references = "Tan, Ting, Liu (2011), Fast anomaly detection for streaming data",
    .tasks = HN_TASK_ANOMALY,
    .can = HN_CAN_MISSING | HN_CAN_UPDATE,
    .params = HN_PARAMS(half_space_params, params),
    .state_size = sizeof(half_space_state),
    .check = half_space_check,
    .fit = half_space_fit,
    .update = half_space_update,
    .predict = half_space_predict,
    .outputs = half_space_outputs,
    .visit = half_space_visit,
    .report = half_space_report,
    HN_GOLDEN({.dataset = "fraud/creditcard_ulb_subset/creditcard_subset.csv",
               .target = "Class",
               .params = "{\"height\":8}",
               .scheme = "all",
               .metric = "roc_auc",
               .value = 0.907,
               .tolerance = 0.06,
               .source = "river 0.26.1, HalfSpaceTrees(n_trees=25, height=8) on columns scaled to "
                         "0..1, mean of four seeds"}),
};
