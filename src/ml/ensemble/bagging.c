/* bagging.c - many fits of one kind, each on rows and features drawn anew, averaged. */
#include "base/parallel.h"
#include "base/rng.h"
#include "ml/ensemble/ensemble.h"
#include <math.h>
#include <string.h>

typedef struct bagging_params {
    hn_part estimator;
    int64_t n_estimators;
    double max_samples, max_features;
    bool bootstrap, bootstrap_features, oob_score;
} bagging_params;

static const hone_param params[] = {
    HN_PARAM(bagging_params, estimator, .def = "decision_tree", .part_tasks = HN_ENSEMBLE_TASKS,
             .aliases = HN_CHOICES("base_estimator"), .doc = "What is fitted many times."),
    HN_PARAM(bagging_params, n_estimators, .def = "10", .range = "[1, 100000]",
             .search = "[10, 200] log", .doc = "How many times."),
    HN_PARAM(bagging_params, max_samples, .def = "1", .range = "(0, inf)", .search = "[0.3, 1]",
             .doc = "Rows drawn for each: up to 1 a share, above 1 a number."),
    HN_PARAM(bagging_params, max_features, .def = "1", .range = "(0, inf)", .search = "[0.3, 1]",
             .doc = "Features drawn for each: up to 1 a share, above 1 a number."),
    HN_PARAM(bagging_params, bootstrap, .def = "true",
             .doc = "Draw rows with replacement, so that some come twice."),
    HN_PARAM(bagging_params, bootstrap_features, .def = "false", .level = HN_ADVANCED,
             .doc = "Draw features with replacement."),
    HN_PARAM(bagging_params, oob_score, .def = "false",
             .doc = "Score each row by the fits that did not see it, and report it (accuracy, or "
                    "R2)."),
};

typedef struct bagging_state {
    int64_t n_features, n_classes, n;
    hn_part part;
    int64_t n_drawn;  /* features of each */
    int64_t *columns; /* [n, n_drawn] which */
    bool whole;       /* all features in order, for each: nothing need be selected */
    hn_child *members;
    int64_t has_oob;
    double oob;
} bagging_state;

static const hn_part *bagging_part(const void *values, int64_t i) {
    return i == 0 ? &((const bagging_params *)values)->estimator : NULL;
}

static hone_status bagging_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    (void)data;
    const bagging_params *p = values;
    if (p->oob_score && !p->bootstrap && p->max_samples == 1)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "oob_score"),
                          "bagging: 'oob_score' needs rows that some fits don't see; draw with "
                          "'bootstrap', or less than all with 'max_samples'");
    return HONE_OK;
}

/* ---- fit ------------------------------------------------------------------------------------- */

typedef struct fitting {
    const bagging_params *p;
    const hone_data *data;
    bagging_state *s;
    uint8_t *in_bag; /* [n members, (rows + 7) / 8]; NULL unless oob is asked for */
    int64_t bag_bytes;
} fitting;

static int64_t how_many(double asked, int64_t n) {
    double k = asked <= 1 ? floor(asked * (double)n + 1e-9) : floor(asked);
    return k < 1 ? 1 : k > (double)n ? n : (int64_t)k;
}

/* With replacement: k items of 0..n-1 in ascending order, some more than once. */
static hone_status draw_again(hone_ctx *ctx, hn_rng *rng, int64_t n, int64_t k, int64_t *ret) {
    int64_t *count, at = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, count, n + 1));
    for (int64_t i = 0; i < k; i++) count[hn_rng_below(rng, n)]++;
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; c < count[i]; c++) ret[at++] = i;
    return HONE_OK;
}

static hone_status draw(hone_ctx *ctx, hn_rng *rng, bool again, int64_t n, int64_t k,
                        int64_t *ret) {
    if (again) return draw_again(ctx, rng, n, k, ret);
    hn_rng_choose(rng, n, k, ret);
    return HONE_OK;
}

/* A draw whose weights are all 0, or that holds one class of several, teaches nothing: draw again. */
static bool teaches(const hone_data *data, const int64_t *rows, int64_t n) {
    int64_t first = -1;
    for (int64_t i = 0; i < n; i++) {
        if (data->weight && !(data->weight[rows[i]] > 0)) continue;
        if (first < 0) first = rows[i];
        if (data->n_classes == 0 || data->y[rows[i]] != data->y[first]) return true;
    }
    return false;
}

/* Where hardly a row has weight no draw may hold one: it then gets one of those there are. */
static void put_weight_in(const hone_data *data, int64_t *rows, int64_t n) {
    int64_t i = 0;
    if (data->weight == NULL) return;
    for (int64_t r = 0; r < n; r++)
        if (data->weight[rows[r]] > 0) return;
    while (i < data->x->n_rows && !(data->weight[i] > 0)) i++;
    if (i < data->x->n_rows) rows[n - 1] = i;
}

static hone_status fit_member(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    enum { TRIES = 20 };
    fitting *f = arg;
    bagging_state *s = f->s;
    int64_t i = chunk.index, n = f->data->x->n_rows, k = how_many(f->p->max_samples, n);
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("bagging.rows", (uint64_t)i));
    int64_t *rows, *columns = s->columns + i * s->n_drawn;
    int32_t *selected;
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, k + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, selected, s->n_drawn));
    for (int t = 0; t == 0 || (t < TRIES && !teaches(f->data, rows, k)); t++)
        HN_TRY(draw(ctx, &rng, f->p->bootstrap, n, k, rows));
    put_weight_in(f->data, rows, k);
    for (int64_t r = 0; f->in_bag && r < k; r++)
        f->in_bag[i * f->bag_bytes + rows[r] / 8] |= (uint8_t)(1u << (rows[r] % 8));
    hn_rng of_features = hn_rng_make(ctx->seed, hn_stream("bagging.features", (uint64_t)i));
    HN_TRY(draw(ctx, &of_features, f->p->bootstrap_features, s->n_features, s->n_drawn, columns));
    for (int64_t j = 0; j < s->n_drawn; j++) selected[j] = (int32_t)columns[j];
    hone_data drawn, view = *f->data;
    hn_table x, held_x;
    hone_data held;
    HN_TRY(hn_table_select(ctx, ctx->scratch, f->data->x, selected, (int32_t)s->n_drawn, &x));
    if (f->data->validation) {
        held = *f->data->validation;
        HN_TRY(hn_table_select(ctx, ctx->scratch, held.x, selected, (int32_t)s->n_drawn, &held_x));
        held.x = &held_x;
    }
    view.x = &x;
    HN_TRY(hn_data_take(ctx, ctx->scratch, &view, rows, k, &drawn));
    return hn_child_fit_by(ctx, "bagging", &s->part, &drawn, f->data->validation ? &held : NULL,
                           hn_child_seed(ctx, "bagging.member", i), &s->members[i]);
}

static void find_whole(bagging_state *s) {
    s->whole = s->n_drawn == s->n_features;
    for (int64_t i = 0; s->whole && i < s->n * s->n_drawn; i++)
        s->whole = s->columns[i] == i % s->n_drawn;
}

/* The columns of member i. */
static hone_status columns_of(hone_ctx *ctx, const bagging_state *s, int64_t i, const hn_table *x,
                              hn_table *ret) {
    int32_t *selected;
    *ret = *x;
    if (s->whole) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(ctx, selected, s->n_drawn));
    for (int64_t j = 0; j < s->n_drawn; j++) selected[j] = (int32_t)s->columns[i * s->n_drawn + j];
    return hn_table_select(ctx, ctx->scratch, x, selected, (int32_t)s->n_drawn, ret);
}

/* ---- out of bag ------------------------------------------------------------------------------ */

static double score_of(const hone_data *data, const double *sum, const int64_t *seen, int64_t k) {
    double n = 0, hits = 0, mean = 0, error = 0, spread = 0;
    for (int64_t i = 0; i < data->x->n_rows; i++) {
        if (seen[i] == 0) continue;
        n++;
        mean += data->y[i];
        if (data->n_classes > 0) hits += (double)hn_first_largest(sum + i * k, k) == data->y[i];
    }
    if (n == 0) return NAN;
    if (data->n_classes > 0) return hits / n;
    mean /= n;
    for (int64_t i = 0; i < data->x->n_rows; i++) {
        if (seen[i] == 0) continue;
        double off = data->y[i] - sum[i] / (double)seen[i], from_mean = data->y[i] - mean;
        error += off * off;
        spread += from_mean * from_mean;
    }
    return spread > 0 ? 1 - error / spread : 0;
}

static hone_status find_oob(hone_ctx *ctx, const fitting *f) {
    bagging_state *s = f->s;
    int64_t n = f->data->x->n_rows, k = hn_member_outputs(s->n_classes);
    double *sum, *out;
    int64_t *seen;
    HN_TRY(HN_SCRATCH_NEW(ctx, sum, n * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, out, n * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, seen, n));
    for (int64_t m = 0; m < s->n; m++) {
        HN_SCRATCH(ctx);
        hn_table x;
        const uint8_t *bag = f->in_bag + m * f->bag_bytes;
        HN_TRY(columns_of(ctx, s, m, f->data->x, &x));
        HN_TRY(hn_child_many(ctx, &s->members[m], hn_child_shares, &x, out));
        for (int64_t i = 0; i < n; i++) {
            if (bag[i / 8] >> (i % 8) & 1) continue;
            seen[i]++;
            for (int64_t c = 0; c < k; c++) sum[i * k + c] += out[i * k + c];
        }
    }
    s->oob = score_of(f->data, sum, seen, k);
    s->has_oob = !isnan(s->oob);
    if (!s->has_oob) s->oob = 0;
    return HONE_OK;
}

/* ---- the fit --------------------------------------------------------------------------------- */

static hone_status bagging_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                               hn_arena *arena, void *ret_state) {
    HN_SCRATCH(ctx);
    const bagging_params *p = values;
    bagging_state *s = ret_state;
    fitting f = {.p = p, .data = data, .s = s};
    s->n_features = data->x->n_columns;
    s->n_classes = data->n_classes;
    s->n_drawn = how_many(p->max_features, s->n_features);
    HN_TRY(hn_part_copy(ctx, arena, &p->estimator, &s->part));
    HN_TRY(HN_NEW(ctx, arena, s->columns, (size_t)p->n_estimators * (size_t)s->n_drawn));
    HN_TRY(HN_NEW(ctx, arena, s->members, p->n_estimators));
    s->n = p->n_estimators;
    f.bag_bytes = (data->x->n_rows + 7) / 8;
    if (p->oob_score) HN_TRY(HN_SCRATCH_NEW(ctx, f.in_bag, (size_t)s->n * (size_t)f.bag_bytes));
    HN_TRY(hn_parallel(ctx, s->n, 1, fit_member, &f));
    find_whole(s);
    return p->oob_score ? find_oob(ctx, &f) : HONE_OK;
}

/* ---- after the fit --------------------------------------------------------------------------- */

static hone_status bagging_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                                   double *ret_out) {
    const bagging_state *s = state;
    int64_t n = x->n_rows * hn_member_outputs(s->n_classes);
    HN_SCRATCH(ctx);
    double *out;
    HN_TRY(HN_SCRATCH_NEW(ctx, out, n + 1));
    for (int64_t i = 0; i < n; i++) ret_out[i] = 0;
    for (int64_t m = 0; m < s->n; m++) {
        hn_table own;
        HN_TRY(columns_of(ctx, s, m, x, &own));
        HN_TRY(hn_child_shares(ctx, &s->members[m], &own, out));
        for (int64_t i = 0; i < n; i++) ret_out[i] += out[i];
    }
    for (int64_t i = 0; i < n; i++) ret_out[i] /= (double)s->n;
    return HONE_OK;
}

static int64_t bagging_outputs(const void *state) {
    return hn_member_outputs(((const bagging_state *)state)->n_classes);
}

static hone_status bagging_visit(hn_visitor *v, void *state) {
    bagging_state *s = state;
    HN_TRY(hn_members_visit_sizes(v, &s->n_features, &s->n_classes));
    HN_TRY(hn_visit(v, "n_estimators", &s->n));
    HN_TRY(hn_visit(v, "n_drawn", &s->n_drawn));
    HN_TRY(hn_visit_check(v, s->n >= 1 && s->n_drawn >= 1 && s->n_drawn <= s->n_features,
                          "a bagging without members or features"));
    HN_TRY(hn_visit(v, "estimators_features", &s->columns, s->n, s->n_drawn));
    for (int64_t i = 0; i < s->n * s->n_drawn; i++)
        HN_TRY(hn_visit_check(v, s->columns[i] >= 0 && s->columns[i] < s->n_features,
                              "a feature that is not there"));
    HN_TRY(hn_visit(v, "has_oob", &s->has_oob));
    HN_TRY(hn_visit(v, "oob_score", &s->oob));
    HN_TRY(hn_part_visit(v, "estimator", hn_member_tasks(s->n_classes), &s->part));
    return hn_members_visit(v, &s->part, s->n_drawn, s->n_classes, s->n, &s->members);
}

static hone_status bagging_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                                   const hn_table *schema) {
    bagging_state *s = state;
    find_whole(s);
    for (int64_t i = 0; i < s->n; i++) {
        hn_table own = *schema;
        int32_t *selected;
        /* In arena: what a member prepares may borrow it. */
        HN_TRY(HN_NEW(ctx, arena, selected, s->n_drawn));
        for (int64_t j = 0; j < s->n_drawn; j++)
            selected[j] = (int32_t)s->columns[i * s->n_drawn + j];
        if (s->members[i].prepared) continue;
        HN_TRY(hn_table_select(ctx, arena, schema, selected, (int32_t)s->n_drawn, &own));
        HN_TRY(hn_child_prepare(ctx, arena, &s->members[i], &own));
    }
    return HONE_OK;
}

static void bagging_done(void *state) {
    bagging_state *s = state;
    hn_members_done(s->members, s->n);
}

static hone_status bagging_importances(hone_ctx *ctx, const void *state, double *ret_importances) {
    const bagging_state *s = state;
    return hn_members_importances(ctx, s->members, s->n, NULL, s->columns, s->n_drawn,
                                  s->n_features, ret_importances);
}

static hone_status bagging_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                  hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx, (void)schema;
    const bagging_state *s = state;
    yyjson_mut_obj_add_str(doc, object, "estimator", s->part.kind->name);
    yyjson_mut_obj_add_int(doc, object, "estimators", s->n);
    yyjson_mut_obj_add_int(doc, object, "features_each", s->n_drawn);
    if (s->has_oob)
        yyjson_mut_obj_add_real(doc, object, s->n_classes > 0 ? "oob_accuracy" : "oob_r2", s->oob);
    return HONE_OK;
}

static hone_status bagging_member(hone_ctx *ctx, const void *state, int64_t i, hn_arena *arena,
                                  hn_member *ret_member) {
    (void)arena;
    const bagging_state *s = state;
    HN_TRY(hn_members_member(ctx, s->members, s->n, i, ret_member));
    if (s->whole) return HONE_OK;
    ret_member->columns = s->columns + i * s->n_drawn;
    ret_member->n_columns = s->n_drawn;
    return HONE_OK;
}

const hone_estimator hn_bagging = {
    .name = "bagging",
    .title = "Bagging",
    .class_names = "BaggingClassifier BaggingRegressor",
    .family = "ensemble",
    .doc = "Fits one kind of model many times, each time on rows (and, if asked, features) drawn "
           "anew, and averages their answers. Take it to steady a model that jumps with its data; "
           "of trees random_forest makes more.",
    .references = "Breiman (1996), Bagging predictors\n"
                  "Ho (1998), The random subspace method for constructing decision forests\n"
                  "Louppe, Geurts (2012), Ensembles on random patches",
    .tasks = HN_ENSEMBLE_TASKS,
    .can = HN_ENSEMBLE_CAN | HN_CAN_IMPORTANCES | HN_CAN_VALIDATE,
    .params = HN_PARAMS(bagging_params, params),
    .state_size = sizeof(bagging_state),
    .check = bagging_check,
    .fit = bagging_fit,
    .predict = bagging_predict,
    .outputs = bagging_outputs,
    .visit = bagging_visit,
    .member = bagging_member,
    .prepare = bagging_prepare,
    .done = bagging_done,
    .importances = bagging_importances,
    .report = bagging_report,
    .part = bagging_part,
    HN_GOLDEN({.dataset = "tabular/concrete/concrete.csv",
               .target = "strength",
               .params = "{\"n_estimators\":50}",
               .metric = "rmse",
               .value = 4.926,
               .tolerance = 1,
               .source = "scikit-learn 1.9.1, BaggingRegressor(n_estimators=50), mean of five "
                         "80/20 splits"}),
};
