/* chain.c - several targets, each learned by a model that also sees the targets before it. */
#include "base/rng.h"
#include "ml/ensemble/targets.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct chain_params {
    hn_part estimator;
    hn_reals order;
    int64_t folds;
} chain_params;

static const hone_param params[] = {
    HN_PARAM(chain_params, estimator, .def = "gbdt", .part_tasks = HN_ENSEMBLE_TASKS,
             .aliases = HN_CHOICES("base_estimator"), .doc = "What is fitted to each target."),
    HN_PARAM(chain_params, order, .range = "[0, 1048576]",
             .doc = "Places of the targets, from 0, in the order in which they are learned; as "
                    "they come if not given."),
    HN_PARAM(chain_params, folds, .def = "0", .range = "[0, 100]", .aliases = HN_CHOICES("cv"),
             .doc = "A model learns from the targets before it as they are (0, or 1), or from "
                    "answers to them by models of so many folds that have not seen the row."),
};

typedef struct chain_state {
    hn_targets of;  /* first: members by target */
    int64_t *order; /* [n] the target at each place */
} chain_state;

static const hn_part *chain_part(const void *values, int64_t i) {
    return i == 0 ? &((const chain_params *)values)->estimator : NULL;
}

/* Each of 0..n-1 once. */
static bool is_order(const double *order, int64_t n) {
    for (int64_t a = 0; a < n; a++) {
        if (!(order[a] >= 0 && order[a] < (double)n && order[a] == floor(order[a]))) return false;
        for (int64_t b = 0; b < a; b++)
            if (order[a] == order[b]) return false;
    }
    return true;
}

static hone_status chain_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const chain_params *p = values;
    int32_t n = hn_data_targets(data);
    if (p->order.n == 0 || (p->order.n == n && is_order(p->order.items, n))) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "order"),
                      "chain: 'order' must hold each place from 0 to %d once, as there are %d "
                      "targets",
                      (int)n - 1, (int)n);
}

/* ---- what a model sees ------------------------------------------------------------------------ */

/* Columns that stand for a target: a number, or whether it is of a class (of two the second, else each). */
static int64_t columns_of(const chain_state *s, int64_t t) {
    return s->of.classes[t] == 2 ? 1 : hn_targets_width(&s->of, t);
}

/* The most columns that a model sees. */
static int64_t widest(const chain_state *s) {
    int64_t p = s->of.n_features;
    for (int64_t t = 0; t < s->of.n; t++) p += columns_of(s, t);
    return p;
}

/* The features, with room for the targets' columns. */
static hone_status begin_table(hone_ctx *ctx, hn_arena *arena, const chain_state *s,
                               const hn_table *x, hn_table *ret_table) {
    hn_table table = *x;
    HN_TRY(HN_NEW(ctx, arena, table.columns, widest(s) + 1));
    memcpy(table.columns, x->columns, (size_t)x->n_columns * sizeof *x->columns);
    *ret_table = table;
    return HONE_OK;
}

/* Columns for target t beside those that table has, to be filled by add_truth or add_answers. */
static hone_status add_columns(hone_ctx *ctx, hn_arena *arena, const chain_state *s, int64_t t,
                               hn_table *table, double **ret_values) {
    int64_t n = table->n_rows, k = columns_of(s, t);
    double *values;
    HN_TRY(HN_NEW(ctx, arena, values, n * k + 1));
    for (int64_t c = 0; c < k; c++) {
        char *name =
            k > 1 ? hn_arena_printf(ctx, arena, "target_%lld_%lld", (long long)t, (long long)c)
                  : hn_arena_printf(ctx, arena, "target_%lld", (long long)t);
        if (!name) return HONE_ERROR_MEMORY;
        table->columns[table->n_columns++] = hn_column_of_f64(name, values + c * n, n);
    }
    *ret_values = values;
    return HONE_OK;
}

/* Row i of target t: a number, or the index of a class. */
static void set_row(const chain_state *s, int64_t t, int64_t n, int64_t i, double y,
                    double *values) {
    int64_t k = columns_of(s, t);
    if (s->of.classes[t] == 0) values[i] = y;
    if (s->of.classes[t] == 2) values[i] = y == 1;
    for (int64_t c = 0; s->of.classes[t] > 2 && c < k; c++) values[c * n + i] = y == (double)c;
}

static double answer_of(const chain_state *s, int64_t t, const double *row) {
    int64_t k = s->of.classes[t];
    return k == 0 ? row[0] : (double)hn_first_largest(row, k);
}

/* ---- fit ------------------------------------------------------------------------------------- */

/* values of the rows in fold f by a model that has not seen them. */
static hone_status answer_fold(hone_ctx *ctx, const chain_state *s, int64_t t,
                               const hone_data *data, const hn_folds *folds, int64_t f,
                               double *values) {
    HN_SCRATCH(ctx);
    int64_t width = hn_targets_width(&s->of, t);
    hone_data train, test;
    hn_child child;
    double *out;
    HN_TRY(hn_folds_take(ctx, ctx->scratch, data, folds, f, &train, &test));
    HN_TRY(HN_SCRATCH_NEW(ctx, out, test.x->n_rows * width + 1));
    HN_TRY(hn_child_fit(ctx, "chain", &s->of.part, &train, hn_child_seed(ctx, "chain.fold", f),
                        &child));
    hone_status status = hn_child_many(ctx, &child, hn_child_predict, test.x, out);
    hn_child_done(&child);
    HN_TRY(status);
    for (int64_t i = 0; i < test.x->n_rows; i++)
        set_row(s, t, data->x->n_rows, folds->folds[f].rows[i], answer_of(s, t, out + i * width),
                values);
    return HONE_OK;
}

/* Rows in no fold keep the truth. */
static hone_status answer_folds(hone_ctx *ctx, const chain_state *s, int64_t t,
                                const hone_data *data, int64_t k, double *values) {
    HN_SCRATCH(ctx);
    hn_folds folds;
    HN_TRY(hn_folds_make(ctx, ctx->scratch, "chain", data, k, &folds));
    for (int64_t f = 0; f < k; f++) {
        HN_TRY(hn_check_cancel(ctx));
        HN_TRY(answer_fold(ctx, s, t, data, &folds, f, values));
    }
    return HONE_OK;
}

static hone_status chain_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                             hn_arena *arena, void *ret_state) {
    const chain_params *p = values;
    chain_state *s = ret_state;
    int64_t n = data->x->n_rows, k = hn_data_targets(data);
    HN_SCRATCH(ctx);
    hn_table table;
    double *added;
    HN_TRY(HN_NEW(ctx, arena, s->order, k));
    for (int64_t c = 0; c < k; c++) s->order[c] = p->order.n > 0 ? (int64_t)p->order.items[c] : c;
    HN_TRY(hn_targets_begin(ctx, arena, &p->estimator, data, &s->of));
    HN_TRY(begin_table(ctx, ctx->scratch, s, data->x, &table));
    for (int64_t c = 0; c < k; c++) {
        int64_t t = s->order[c];
        hone_data one = hn_data_of_target(data, (int32_t)t);
        /* Columns of the next targets are not this model's: it has a table struct of its own. */
        hn_table seen = table;
        one.x = &seen;
        hn_progress(ctx, "fitting", c, k, "targets");
        HN_TRY(hn_child_fit(ctx, "chain", &s->of.part, &one, ctx->seed, &s->of.members[t]));
        if (c + 1 == k) break;
        HN_TRY(add_columns(ctx, ctx->scratch, s, t, &table, &added));
        for (int64_t i = 0; i < n; i++) set_row(s, t, n, i, one.y[i], added);
        if (p->folds > 1) HN_TRY(answer_folds(ctx, s, t, &one, p->folds, added));
    }
    return HONE_OK;
}

/* ---- answers --------------------------------------------------------------------------------- */

static hone_status chain_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                                 double *ret_out) {
    const chain_state *s = state;
    int64_t n = x->n_rows;
    HN_SCRATCH(ctx);
    hn_table table;
    HN_TRY(begin_table(ctx, ctx->scratch, s, x, &table));
    for (int64_t c = 0; c < s->of.n; c++) {
        int64_t t = s->order[c], width = hn_targets_width(&s->of, t);
        double *out, *added;
        HN_TRY(HN_SCRATCH_NEW(ctx, out, n * width + 1));
        HN_TRY(hn_child_predict(ctx, &s->of.members[t], &table, out));
        hn_targets_place(&s->of, t, n, out, ret_out);
        HN_TRY(add_columns(ctx, ctx->scratch, s, t, &table, &added));
        for (int64_t i = 0; i < n; i++)
            set_row(s, t, n, i, answer_of(s, t, out + i * width), added);
    }
    return HONE_OK;
}

static int64_t chain_outputs(const void *state) {
    return hn_targets_outputs(&((const chain_state *)state)->of);
}

static bool chain_gives_probabilities(const void *state) {
    return hn_targets_give_probabilities(&((const chain_state *)state)->of);
}

/* ---- state ----------------------------------------------------------------------------------- */

static hone_status chain_visit(hn_visitor *v, void *state) {
    chain_state *s = state;
    HN_SCRATCH(v->ctx);
    bool *seen;
    HN_TRY(hn_targets_visit(v, &s->of));
    HN_TRY(hn_visit(v, "order", &s->order, s->of.n));
    HN_TRY(hn_visit_check(v, widest(s) <= INT32_MAX, "a chain of an impossible width"));
    HN_TRY(HN_SCRATCH_NEW(v->ctx, seen, s->of.n));
    int64_t width = s->of.n_features;
    for (int64_t c = 0; c < s->of.n; c++) {
        int64_t t = s->order[c];
        HN_TRY(hn_visit_check(v, t >= 0 && t < s->of.n && !seen[t], "a chain without order"));
        seen[t] = true;
        HN_TRY(hn_targets_visit_member(v, &s->of, t, width));
        width += columns_of(s, t);
    }
    return HONE_OK;
}

static hone_status chain_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                                 const hn_table *schema) {
    chain_state *s = state;
    hn_table table, bare = *schema;
    double *none;
    bare.n_rows = 0;
    HN_TRY(begin_table(ctx, arena, s, &bare, &table));
    for (int64_t c = 0; c < s->of.n; c++) {
        hn_table *seen;
        HN_TRY(HN_NEW(ctx, arena, seen, 1));
        *seen = table;
        HN_TRY(hn_child_prepare(ctx, arena, &s->of.members[s->order[c]], seen));
        HN_TRY(add_columns(ctx, arena, s, s->order[c], &table, &none));
    }
    return HONE_OK;
}

static void chain_done(void *state) {
    chain_state *s = state;
    hn_members_done(s->of.members, s->of.n);
}

static hone_status chain_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx, (void)schema;
    const chain_state *s = state;
    hn_targets_report(&s->of, doc, object);
    hn_json_mut *order = yyjson_mut_obj_add_arr(doc, object, "order");
    for (int64_t c = 0; c < s->of.n; c++) yyjson_mut_arr_add_int(doc, order, s->order[c]);
    return HONE_OK;
}

const hone_estimator hn_chain = {
    .name = "chain",
    .title = "Chain of targets",
    .class_names = "ClassifierChain RegressorChain",
    .family = "ensemble",
    .doc = "Learns several targets one after the other: each one's model sees the features and "
           "the targets before it, and later the answers to these. Take it where the targets have "
           "to do with each other beyond what the features tell.",
    .references = "Read, Pfahringer, Holmes, Frank (2009), Classifier chains for multi-label "
                  "classification\n"
                  "Spyromitros-Xioufis, Tsoumakas, Groves, Vlahavas (2016), Multi-target "
                  "regression via input space expansion",
    .tasks = HN_ENSEMBLE_TASKS,
    .can = (HN_ENSEMBLE_CAN & ~HN_CAN_SPARSE) | HN_CAN_TARGETS,
    .example = "{\"estimator\": {\"gbdt\": {\"n_estimators\": 3}}, \"folds\": 2}",
    .params = HN_PARAMS(chain_params, params),
    .state_size = sizeof(chain_state),
    .check = chain_check,
    .fit = chain_fit,
    .predict = chain_predict,
    .outputs = chain_outputs,
    .gives_probabilities = chain_gives_probabilities,
    .visit = chain_visit,
    .prepare = chain_prepare,
    .done = chain_done,
    .report = chain_report,
    .part = chain_part,
    HN_GOLDEN({.dataset = "tabular/diabetes/diabetes.csv",
               .target = "target,bmi,s5",
               .params = "{\"estimator\":{\"decision_tree\":{\"max_depth\":3}},"
                         "\"order\":[2,0,1]}",
               .scheme = "all",
               .metric = "r2",
               .value = 0.31699634892472917,
               .tolerance = 1e-9,
               .source = "scikit-learn 1.9.1, RegressorChain(DecisionTreeRegressor(max_depth=3), "
                         "order=[2, 0, 1]), mean over the targets"}),
};
