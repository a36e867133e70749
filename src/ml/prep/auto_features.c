/* auto_features.c - columns made of columns, tried out: what models answer better with for rows that they have not
 * seen is kept, and what was tried is told. The looking is auto_search.h's. */
#include "ml/prep/auto_search.h"
#include <string.h>

#define TASKS (HN_TASK_CLASSIFY | HN_TASK_REGRESSION)

static const hone_param params[] = {
    HN_PARAM(hn_auto_params, estimator, .def = "auto", .words = HN_WORDS({"auto", 0}),
             .part_tasks = TASKS,
             .doc = "The model that must get better; auto: a few boosted trees or a linear model, "
                    "and neither worse."),
    HN_PARAM(hn_auto_params, candidates,
             .def = "dates,texts,logs,ratios,differences,products,crosses,counts",
             .choices = HN_CHOICES("dates", "texts", "logs", "ratios", "differences", "products",
                                   "crosses", "counts"),
             .doc = "What is proposed: parts of dates, measures of texts, logarithms of skewed "
                    "amounts, combinations of two numbers, pairs of categories, how often a "
                    "category occurs."),
    HN_PARAM(hn_auto_params, max_features, .def = "10", .range = "[0, 1000]", .unit = "columns",
             .doc = "Keep no more than these."),
    HN_PARAM(hn_auto_params, max_tries, .def = "16", .range = "[1, 10000]",
             .doc = "Candidates that are tried with each model, the most promising."),
    HN_PARAM(hn_auto_params, pair_columns, .def = "10", .range = "[0, 100]", .unit = "columns",
             .doc = "Pairs are made of so many numbers and categories, the most important."),
    HN_PARAM(hn_auto_params, folds, .def = "4", .range = "[2, 100]", .aliases = HN_CHOICES("cv"),
             .doc = "Folds of the training rows over which it is judged."),
    HN_PARAM(hn_auto_params, max_rows, .def = "6000", .range = "[50, inf)", .unit = "rows",
             .doc = "Of more rows than these, so many drawn ones judge."),
    HN_PARAM(hn_auto_params, noise, .def = "2.5", .range = "[0, inf)",
             .doc = "A gain must be so many times its standard error."),
    HN_PARAM(hn_auto_params, min_gain, .def = "0.002", .range = "[0, 1)",
             .doc = "And this share of the loss at least."),
    HN_PARAM(hn_auto_params, drop, .def = "true",
             .doc =
                 "Leave out columns of dates and free text afterwards, which models don't take."),
};

typedef struct auto_state {
    int64_t n_features;
    int64_t n_proposed, n_tried, n_made; /* candidates: listed, fitted with, kept */
    int64_t n_rows;                      /* that judged */
    int64_t n_judges;
    int64_t
        confirmed; /* 1: what was kept gained on other folds too; 0: it did not, and nothing is made */
    const char **who;        /* [n_judges] */
    double *loss;            /* [n_judges, 2] on the other folds, without and with */
    double *error;           /* [n_judges] of the difference */
    const char **meaning;    /* [n_tried] an assignment, or "`name` = count of X" */
    int32_t *judge;          /* [n_tried] with whom */
    int32_t *stays;          /* [n_tried] 1: it was kept */
    double *gain;            /* [n_tried, 2] of the loss, and its standard error */
    int64_t n_counts;        /* columns whose categories are counted */
    int32_t *counted;        /* [n_counts] which */
    int64_t *count_start;    /* [n_counts + 1] */
    double *counts;          /* of their categories, by code */
    const char **count_name; /* [n_counts] */
    derive_state derived;    /* the others */
} auto_state;

/* ---- fit -------------------------------------------------------------------------------------- */

/* Counts of all rows for the columns that are counted. */
static hone_status keep_counts(hone_ctx *ctx, hn_arena *arena, const hone_data *data,
                               auto_state *s) {
    HN_SCRATCH(ctx);
    double **counts;
    HN_TRY(HN_NEW(ctx, arena, s->count_start, s->n_counts + 1));
    for (int64_t i = 0; i < s->n_counts; i++)
        s->count_start[i + 1] = s->count_start[i] + data->x->columns[s->counted[i]].dictionary->n;
    HN_TRY(HN_NEW(ctx, arena, s->counts, s->count_start[s->n_counts] + 1));
    HN_TRY(hn_category_counts(ctx, ctx->scratch, data->x, &counts));
    for (int64_t i = 0; i < s->n_counts; i++)
        memcpy(s->counts + s->count_start[i], counts[s->counted[i]],
               (size_t)(s->count_start[i + 1] - s->count_start[i]) * sizeof *s->counts);
    return HONE_OK;
}

/* All that was tried, as text. */
static hone_status keep_tried(const hn_auto_search *found, hn_arena *arena, const hn_table *x,
                              auto_state *s) {
    hone_ctx *ctx = found->ctx;
    int64_t n = found->n_tried;
    s->n_tried = n;
    HN_TRY(HN_NEW(ctx, arena, s->meaning, n + 1));
    HN_TRY(HN_NEW(ctx, arena, s->judge, n + 1));
    HN_TRY(HN_NEW(ctx, arena, s->stays, n + 1));
    HN_TRY(HN_NEW(ctx, arena, s->gain, 2 * n + 1));
    for (int64_t i = 0; i < n; i++) {
        const hn_candidate *c = &found->list.items[found->tried[i]];
        s->meaning[i] = c->assignment ? hn_arena_strdup(ctx, arena, c->assignment)
                                      : hn_arena_printf(ctx, arena, "`%s` = count of %s", c->name,
                                                        x->columns[c->a].name);
        if (!s->meaning[i]) return HONE_ERROR_MEMORY;
        s->judge[i] = found->by[i];
        s->stays[i] = found->stays[i] && s->confirmed;
        s->n_made += s->stays[i];
        memcpy(s->gain + 2 * i, found->gain + 2 * i, 2 * sizeof *s->gain);
    }
    return HONE_OK;
}

static hone_status keep_found(const hn_auto_search *found, hn_arena *arena, const hone_data *data,
                              auto_state *s) {
    hone_ctx *ctx = found->ctx;
    hn_texts made = {0}, dropped = {0};
    const hn_table *x = data->x;
    int64_t n = s->confirmed ? found->n_kept : 0;
    HN_TRY(keep_tried(found, arena, x, s));
    HN_TRY(HN_SCRATCH_NEW(ctx, made.items, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, dropped.items, x->n_columns + 1));
    HN_TRY(HN_NEW(ctx, arena, s->counted, n + 1));
    HN_TRY(HN_NEW(ctx, arena, s->count_name, n + 1));
    for (int64_t i = 0; i < n; i++) {
        const hn_candidate *c = &found->list.items[found->kept[i]];
        if (c->assignment) {
            made.items[made.n++] = c->assignment;
            continue;
        }
        s->count_name[s->n_counts] = hn_arena_strdup(ctx, arena, c->name);
        if (!s->count_name[s->n_counts]) return HONE_ERROR_MEMORY;
        s->counted[s->n_counts++] = c->a;
    }
    for (int32_t j = 0; j < x->n_columns && found->p->drop; j++)
        if (!hn_model_takes(&x->columns[j])) dropped.items[dropped.n++] = x->columns[j].name;
    HN_TRY(keep_counts(ctx, arena, data, s));
    return hn_derive_fit(ctx, &made, &dropped, data, arena, &s->derived);
}

static hone_status fit(hone_ctx *ctx, const void *values, const hone_data *data, hn_arena *arena,
                       void *state) {
    auto_state *s = state;
    HN_SCRATCH(ctx);
    hn_auto_search found = {.ctx = ctx, .p = values};
    HN_TRY(hn_auto_search_run(&found, data));
    s->n_features = data->x->n_columns;
    s->n_proposed = found.list.n;
    s->n_rows = found.data.x->n_rows;
    s->confirmed = found.confirmed;
    s->n_judges = found.n_judges;
    HN_TRY(HN_NEW(ctx, arena, s->loss, 2 * HN_JUDGES));
    HN_TRY(HN_NEW(ctx, arena, s->error, HN_JUDGES));
    HN_TRY(HN_NEW(ctx, arena, s->who, HN_JUDGES));
    for (int k = 0; k < found.n_judges; k++) {
        s->who[k] = found.judges[k].part.kind->name;
        memcpy(s->loss + 2 * k, found.loss[k], sizeof found.loss[k]);
        s->error[k] = found.error[k];
    }
    return keep_found(&found, arena, data, s);
}

/* ---- transform -------------------------------------------------------------------------------- */

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    const auto_state *s = state;
    hn_table derived, out;
    HN_TRY(hn_derive_transform(ctx, &s->derived, x, arena, &derived));
    out = derived;
    HN_TRY(HN_NEW(ctx, arena, out.columns, derived.n_columns + s->n_counts + 1));
    if (derived.n_columns > 0)
        memcpy(out.columns, derived.columns, (size_t)derived.n_columns * sizeof *out.columns);
    for (int64_t i = 0; i < s->n_counts; i++) {
        double *made;
        HN_TRY(HN_NEW(ctx, arena, made, x->n_rows + 1));
        hn_category_count_column(&x->columns[s->counted[i]], s->counts + s->count_start[i],
                                 s->count_start[i + 1] - s->count_start[i], made);
        out.columns[out.n_columns++] = hn_column_of_f64(s->count_name[i], made, x->n_rows);
    }
    *ret_out = out;
    return HONE_OK;
}

/* ---- keeping ---------------------------------------------------------------------------------- */

static hone_status visit_derived(hn_visitor *v, void *state) { return hn_derive_visit(v, state); }

static hone_status visit(hn_visitor *v, void *state) {
    enum { MOST = 1 << 20 };
    auto_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_proposed", &s->n_proposed));
    HN_TRY(hn_visit(v, "n_tried", &s->n_tried));
    HN_TRY(hn_visit(v, "n_made", &s->n_made));
    HN_TRY(hn_visit(v, "n_rows", &s->n_rows));
    HN_TRY(hn_visit(v, "n_judges", &s->n_judges));
    HN_TRY(hn_visit(v, "n_counts", &s->n_counts));
    HN_TRY(hn_visit(v, "confirmed", &s->confirmed));
    HN_TRY(hn_visit_check(v,
                          s->n_features >= 0 && s->n_features < INT32_MAX / 2 && s->n_made >= 0 &&
                              s->n_made <= s->n_tried && s->n_tried <= MOST && s->n_judges >= 0 &&
                              s->n_judges <= HN_JUDGES && s->n_counts >= 0 &&
                              s->n_counts <= s->n_made,
                          "auto_features: numbers of columns"));
    HN_TRY(hn_visit_texts(v, "judges", &s->who, s->n_judges));
    HN_TRY(hn_visit(v, "losses", &s->loss, s->n_judges, (int64_t)2));
    HN_TRY(hn_visit(v, "errors", &s->error, s->n_judges));
    HN_TRY(hn_visit_texts(v, "tried", &s->meaning, s->n_tried));
    HN_TRY(hn_visit(v, "judge", &s->judge, s->n_tried));
    for (int64_t i = 0; i < s->n_tried; i++)
        HN_TRY(hn_visit_check(v, s->judge[i] >= 0 && s->judge[i] < s->n_judges,
                              "auto_features: judges"));
    HN_TRY(hn_visit(v, "stays", &s->stays, s->n_tried));
    HN_TRY(hn_visit(v, "gain", &s->gain, s->n_tried, (int64_t)2));
    HN_TRY(hn_visit(v, "counted", &s->counted, s->n_counts));
    HN_TRY(hn_visit_texts(v, "count_names", &s->count_name, s->n_counts));
    HN_TRY(hn_visit(v, "count_start", &s->count_start, s->n_counts + 1));
    for (int64_t i = 0; i <= s->n_counts; i++)
        HN_TRY(hn_visit_check(
            v,
            s->count_start[i] >= (i > 0 ? s->count_start[i - 1] : 0) &&
                s->count_start[i] < INT32_MAX && (i > 0 || s->count_start[0] == 0) &&
                (i == s->n_counts || (s->counted[i] >= 0 && s->counted[i] < s->n_features)),
            "auto_features: counts"));
    HN_TRY(hn_visit(v, "counts", &s->counts, s->count_start[s->n_counts]));
    return hn_visit_nested(v, "derived.", visit_derived, &s->derived);
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    auto_state *s = state;
    HN_TRY(hn_prepare_check(ctx, "auto_features", schema->n_columns == s->n_features));
    for (int64_t i = 0; i < s->n_counts; i++)
        HN_TRY(hn_prepare_check(ctx, "auto_features",
                                schema->columns[s->counted[i]].type == HN_CATEGORY));
    return hn_derive_prepare(ctx, arena, &s->derived, schema);
}

static void done(void *state) { hn_derive_done(&((auto_state *)state)->derived); }

/* ---- telling ---------------------------------------------------------------------------------- */

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    const auto_state *s = state;
    (void)schema;
    hn_json_mut *made = yyjson_mut_obj_add_arr(doc, object, "made");
    hn_json_mut *judges = yyjson_mut_obj_add_arr(doc, object, "judges");
    hn_json_mut *tried = yyjson_mut_obj_add_arr(doc, object, "tried");
    bool ok = made && judges && tried &&
              yyjson_mut_obj_add_int(doc, object, "proposed", s->n_proposed) &&
              yyjson_mut_obj_add_int(doc, object, "rows", s->n_rows) &&
              yyjson_mut_obj_add_bool(doc, object, "confirmed", s->confirmed != 0);
    for (int64_t i = 0; ok && i < s->n_tried; i++) {
        hn_json_mut *one = yyjson_mut_arr_add_obj(doc, tried);
        ok = one && yyjson_mut_obj_add_strcpy(doc, one, "expression", s->meaning[i]) &&
             yyjson_mut_obj_add_strcpy(doc, one, "model", s->who[s->judge[i]]) &&
             yyjson_mut_obj_add_real(doc, one, "gain", s->gain[2 * i]) &&
             yyjson_mut_obj_add_real(doc, one, "error", s->gain[2 * i + 1]) &&
             yyjson_mut_obj_add_bool(doc, one, "kept", s->stays[i] != 0) &&
             (!s->stays[i] || yyjson_mut_arr_add_strcpy(doc, made, s->meaning[i]));
    }
    for (int64_t k = 0; ok && k < s->n_judges; k++) {
        hn_json_mut *one = yyjson_mut_arr_add_obj(doc, judges);
        ok = one && yyjson_mut_obj_add_strcpy(doc, one, "model", s->who[k]) &&
             yyjson_mut_obj_add_real(doc, one, "loss_without", s->loss[2 * k]) &&
             yyjson_mut_obj_add_real(doc, one, "loss_with", s->loss[2 * k + 1]) &&
             yyjson_mut_obj_add_real(doc, one, "error", s->error[k]);
    }
    return ok ? HONE_OK : hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory telling what was made");
}

static hone_status rules(hone_ctx *ctx, const void *state, const hn_shown *shown, hn_str *str) {
    const auto_state *s = state;
    (void)ctx, (void)shown;
    hn_str_printf(str, "%lld columns proposed, %lld tried on %lld rows, %lld kept%s\n",
                  (long long)s->n_proposed, (long long)s->n_tried, (long long)s->n_rows,
                  (long long)s->n_made,
                  s->n_made == 0 && s->n_tried > 0 ? ": none gains more than noise" : "");
    for (int64_t i = 0; i < s->n_tried; i++)
        hn_str_printf(str, "%s %s: the loss of %s fell by %.4g, error %.2g\n",
                      s->stays[i] ? "kept " : "tried", s->meaning[i], s->who[s->judge[i]],
                      s->gain[2 * i], s->gain[2 * i + 1]);
    for (int64_t k = 0; k < s->n_judges && s->n_made > 0; k++)
        hn_str_printf(str, "on other folds, %s: %.5g without them, %.5g with them\n", s->who[k],
                      s->loss[2 * k], s->loss[2 * k + 1]);
    return hn_str_status(str);
}

const hone_estimator hn_auto_features = {
    .name = "auto_features",
    .title = "Columns made of columns that models gain by",
    .class_names = "AutoFeatures",
    .family = "prep",
    .doc =
        "Proposes parts of dates, measures of texts, logarithms, ratios, differences and products "
        "of "
        "numbers, pairs and counts of categories; keeps those with which a model answers better "
        "for "
        "rows it has not seen, by more than noise, and tells what was tried and what each gained. "
        "Training rows alone decide. Missing values may stand; a ratio by 0 is one: put impute "
        "behind it for models that "
        "take none.",
    .references = "Kanter, Veeramachaneni (2015). Deep feature synthesis.\n"
                  "Zhang, Zhang, Fan, Luo, Liu, Liu, Cao, Li (2023). OpenFE.",
    .tasks = HN_TASK_NONE,
    .example = "{\"estimator\": {\"decision_tree\": {\"max_depth\": 3}}, \"folds\": 2, "
               "\"max_tries\": 3, \"noise\": 0, \"min_gain\": 0}",
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_ANY_TYPE,
    .target = TASKS,
    .params = HN_PARAMS(hn_auto_params, params),
    .state_size = sizeof(auto_state),
    .fit = fit,
    .transform = transform,
    .visit = visit,
    .prepare = prepare,
    .done = done,
    .report = report,
    .rules = rules,
    HN_GOLDEN({.dataset = "tabular/iris/iris.csv",
               .target = "species",
               .columns = "numeric",
               .params = "{\"max_features\": 0}",
               .metric = "columns",
               .value = 4,
               .tolerance = 0,
               .source = "nothing is made where nothing may be"}),
};
