/* stacking.c - a final model that learns from what other models answer on rows they have not seen. */
#include "base/parallel.h"
#include "ml/ensemble/ensemble.h"
#include <string.h>

typedef struct stacking_params {
    hn_parts estimators;
    hn_part final;
    int64_t folds;
    bool passthrough;
} stacking_params;

static const hone_param params[] = {
    HN_PARAM(stacking_params, estimators, .def = "random_forest,gbdt",
             .part_tasks = HN_ENSEMBLE_TASKS, .doc = "The models whose answers it learns from."),
    HN_PARAM(stacking_params, final, .def = "auto", .words = HN_WORDS({"auto", 0}),
             .part_tasks = HN_ENSEMBLE_TASKS, .aliases = HN_CHOICES("final_estimator"),
             .doc = "The model that learns; auto: logistic for classes, ridge for numbers."),
    HN_PARAM(stacking_params, folds, .def = "5", .range = "[2, 1000]", .aliases = HN_CHOICES("cv"),
             .doc = "Folds of the rows; each is answered by models fitted on the others."),
    HN_PARAM(stacking_params, passthrough, .def = "false",
             .doc = "Give the final model the features too."),
};

typedef struct stacking_state {
    int64_t n_features, n_classes, n;
    int64_t passthrough;
    hn_part *parts; /* [n] */
    hn_child *members;
    int64_t n_answers;  /* columns that they make */
    const char **names; /* [n_answers] */
    hn_part final;
    hn_child last;
} stacking_state;

static const hn_part *stacking_part(const void *values, int64_t i) {
    const stacking_params *p = values;
    if (i < p->estimators.n) return &p->estimators.items[i];
    return i == p->estimators.n && p->passthrough && p->final.kind ? &p->final : NULL;
}

/* What `final` is, with auto decided. */
static hone_status final_part(hone_ctx *ctx, hn_arena *arena, const stacking_params *p,
                              bool classes, hn_part *ret_part) {
    if (p->final.kind) return hn_part_copy(ctx, arena, &p->final, ret_part);
    return hn_part_make(ctx, arena, classes ? "logistic" : "ridge", ret_part);
}

static hone_status stacking_check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const stacking_params *p = values;
    HN_SCRATCH(ctx);
    hn_part last;
    if (p->estimators.n == 0)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "estimators"),
                          "stacking: there is nothing to learn from; name some 'estimators'");
    HN_TRY(final_part(ctx, ctx->scratch, p, data->n_classes > 0, &last));
    if ((last.kind->tasks & data->task) == 0)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "final"),
                          "stacking: the task is %s, which %s does not do; choose another 'final'",
                          hn_task_name(data->task), last.kind->name);
    if (data->weight && (hn_estimator_can(last.kind, last.params) & HN_CAN_WEIGHTS) == 0)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "final"),
                          "stacking: %s does not use weights; choose another 'final'",
                          last.kind->name);
    if (!p->passthrough) return HONE_OK;
    if (data->x->csr)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "passthrough"),
                          "stacking: 'passthrough' is for dense features; leave it out");
    return hn_fail_in(ctx, "stacking",
                      hn_estimator_check_features(ctx, last.kind, last.params, data->x));
}

/* ---- answers as columns ---------------------------------------------------------------------- */

/* Of two classes one column says all. */
static int64_t columns_each(const stacking_state *s) { return s->n_classes > 2 ? s->n_classes : 1; }

/* "gbdt", "gbdt_2" (of class 2); a kind that comes again is "gbdt.1". */
static hone_status name_columns(hone_ctx *ctx, hn_arena *arena, const hn_parts *estimators,
                                stacking_state *s) {
    int64_t each = columns_each(s);
    HN_TRY(HN_NEW(ctx, arena, s->names, s->n_answers));
    for (int64_t m = 0; m < s->n; m++) {
        const char *name = estimators->names ? estimators->names[m] : s->parts[m].kind->name;
        int64_t before = 0;
        for (int64_t i = 0; i < m && !estimators->names; i++)
            before += s->parts[i].kind == s->parts[m].kind;
        char number[32] = "";
        if (before > 0) snprintf(number, sizeof number, ".%lld", (long long)before);
        for (int64_t c = 0; c < each; c++) {
            char *text = each == 1
                             ? hn_arena_printf(ctx, arena, "%s%s", name, number)
                             : hn_arena_printf(ctx, arena, "%s%s_%lld", name, number, (long long)c);
            if (!text) return HONE_ERROR_MEMORY;
            s->names[m * each + c] = text;
        }
    }
    return HONE_OK;
}

/* Answers out [n, outputs] of member m to its columns of answers [n, n_answers], at rows (NULL: 0, 1, ...). */
static void put_answers(const stacking_state *s, int64_t m, const double *out, int64_t n,
                        const int64_t *rows, double *answers) {
    int64_t k = hn_member_outputs(s->n_classes), each = columns_each(s), from = s->n_classes == 2;
    for (int64_t i = 0; i < n; i++) {
        double *to = answers + (rows ? rows[i] : i) * s->n_answers + m * each;
        for (int64_t c = 0; c < each; c++) to[c] = out[i * k + from + c];
    }
}

/* What the final model sees: answers [n_rows, n_answers], then x's columns if asked for. */
static hone_status final_table(hone_ctx *ctx, hn_arena *arena, const stacking_state *s,
                               const hn_table *x, const double *answers, hn_table *ret_table) {
    hn_table table = {.n_rows = x->n_rows, .n_columns = (int32_t)s->n_answers};
    HN_TRY(HN_NEW(ctx, arena, table.columns, s->n_answers + x->n_columns));
    for (int64_t j = 0; j < s->n_answers; j++) {
        table.columns[j] = hn_column_of_f64(s->names[j], answers + j, x->n_rows);
        table.columns[j].stride = s->n_answers * (int64_t)sizeof(double);
    }
    for (int32_t j = 0; s->passthrough && j < x->n_columns; j++)
        table.columns[table.n_columns++] = x->columns[j];
    *ret_table = table;
    return HONE_OK;
}

static int64_t final_width(const stacking_state *s) {
    return s->n_answers + (s->passthrough ? s->n_features : 0);
}

/* ---- fit ------------------------------------------------------------------------------------- */

typedef struct fitting {
    const hone_data *data;
    stacking_state *s;
    hn_folds folds;
    double *answers; /* [rows, n_answers] of members that have not seen the row */
    uint64_t *seeds; /* [n] */
} fitting;

static hone_status answer_fold(hone_ctx *ctx, const fitting *f, int64_t m, int64_t fold) {
    stacking_state *s = f->s;
    hn_rows rows = f->folds.folds[fold];
    hone_data train, test;
    double *out;
    hn_child child;
    HN_TRY(hn_folds_take(ctx, ctx->scratch, f->data, &f->folds, fold, &train, &test));
    HN_TRY(HN_SCRATCH_NEW(ctx, out, rows.n * hn_member_outputs(s->n_classes)));
    HN_TRY(hn_child_fit_by(ctx, "stacking", &s->parts[m], &train, f->data->validation, f->seeds[m],
                           &child));
    hone_status status = hn_child_many(ctx, &child, hn_child_predict, test.x, out);
    hn_child_done(&child);
    HN_TRY(status);
    put_answers(s, m, out, rows.n, rows.rows, f->answers);
    return HONE_OK;
}

/* Every member on all rows, and for each fold without it: all of these at once. */
static hone_status fit_one(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const fitting *f = arg;
    int64_t m = chunk.index / (f->folds.k + 1), fold = chunk.index % (f->folds.k + 1);
    if (fold > 0) return answer_fold(ctx, f, m, fold - 1);
    return hn_child_fit_by(ctx, "stacking", &f->s->parts[m], f->data, f->data->validation,
                           f->seeds[m], &f->s->members[m]);
}

static hone_status fit_final(hone_ctx *ctx, const fitting *f) {
    stacking_state *s = f->s;
    hn_table x;
    hone_data all = *f->data, some;
    HN_TRY(final_table(ctx, ctx->scratch, s, f->data->x, f->answers, &x));
    all.x = &x;
    some = all;
    if (f->folds.all.n < x.n_rows)
        HN_TRY(hn_data_take(ctx, ctx->scratch, &all, f->folds.all.rows, f->folds.all.n, &some));
    HN_TRY(hn_fail_in(ctx, "stacking",
                      hn_estimator_check_features(ctx, s->final.kind, s->final.params, some.x)));
    return hn_child_fit(ctx, "stacking", &s->final, &some, hn_child_seed(ctx, "stacking.final", 0),
                        &s->last);
}

static hone_status stacking_fit(hone_ctx *ctx, const void *values, const hone_data *data,
                                hn_arena *arena, void *ret_state) {
    HN_SCRATCH(ctx);
    const stacking_params *p = values;
    stacking_state *s = ret_state;
    fitting f = {.data = data, .s = s};
    int64_t n = p->estimators.n;
    s->n_features = data->x->n_columns;
    s->n_classes = data->n_classes;
    s->passthrough = p->passthrough;
    HN_TRY(HN_NEW(ctx, arena, s->parts, n));
    HN_TRY(HN_NEW(ctx, arena, s->members, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, f.seeds, n));
    s->n = n;
    s->n_answers = n * columns_each(s);
    for (int64_t m = 0; m < n; m++) {
        HN_TRY(hn_part_copy(ctx, arena, &p->estimators.items[m], &s->parts[m]));
        f.seeds[m] = hn_child_seed(ctx, "stacking", m);
    }
    HN_TRY(name_columns(ctx, arena, &p->estimators, s));
    HN_TRY(final_part(ctx, arena, p, data->n_classes > 0, &s->final));
    HN_TRY(hn_folds_make(ctx, ctx->scratch, "stacking", data, p->folds, &f.folds));
    HN_TRY(HN_SCRATCH_NEW(ctx, f.answers, data->x->n_rows * s->n_answers));
    HN_TRY(hn_parallel(ctx, n * (f.folds.k + 1), 1, fit_one, &f));
    return fit_final(ctx, &f);
}

/* ---- after the fit --------------------------------------------------------------------------- */

static hone_status stacking_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                                    double *ret_out) {
    const stacking_state *s = state;
    HN_SCRATCH(ctx);
    double *out, *answers;
    HN_TRY(HN_SCRATCH_NEW(ctx, out, x->n_rows * hn_member_outputs(s->n_classes) + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, answers, x->n_rows * s->n_answers + 1));
    for (int64_t m = 0; m < s->n; m++) {
        HN_TRY(hn_child_predict(ctx, &s->members[m], x, out));
        put_answers(s, m, out, x->n_rows, NULL, answers);
    }
    hn_table table;
    HN_TRY(final_table(ctx, ctx->scratch, s, x, answers, &table));
    return hn_child_shares(ctx, &s->last, &table, ret_out);
}

static int64_t stacking_outputs(const void *state) {
    return hn_member_outputs(((const stacking_state *)state)->n_classes);
}

static hone_status stacking_visit(hn_visitor *v, void *state) {
    stacking_state *s = state;
    int64_t sum;
    HN_TRY(hn_members_visit_sizes(v, &s->n_features, &s->n_classes));
    HN_TRY(hn_visit(v, "n_estimators", &s->n));
    HN_TRY(hn_visit(v, "passthrough", &s->passthrough));
    HN_TRY(hn_visit_check(v,
                          s->n >= 1 && !__builtin_mul_overflow(s->n, columns_each(s), &sum) &&
                              sum <= INT32_MAX && sum + s->n_features <= INT32_MAX,
                          "a stack of an impossible size"));
    s->n_answers = sum;
    HN_TRY(hn_visit_texts(v, "names", &s->names, s->n_answers));
    HN_TRY(hn_members_visit_parts(v, s->n_features, s->n_classes, s->n, &s->parts, &s->members));
    HN_TRY(hn_part_visit(v, "final_estimator", hn_member_tasks(s->n_classes), &s->final));
    return hn_child_visit(v, "final.", &s->final, final_width(s), s->n_classes, &s->last);
}

static hone_status stacking_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                                    const hn_table *schema) {
    stacking_state *s = state;
    HN_TRY(hn_members_prepare(ctx, arena, s->members, s->n, schema));
    if (s->last.prepared) return HONE_OK;
    static const double none[1];
    hn_table table, none_of = *schema;
    none_of.n_rows = 0;
    HN_TRY(final_table(ctx, arena, s, &none_of, none, &table));
    return hn_child_prepare(ctx, arena, &s->last, &table);
}

static void stacking_done(void *state) {
    stacking_state *s = state;
    hn_members_done(s->members, s->n);
    hn_child_done(&s->last);
}

/* What the final model has to say of the others' answers. */
static hone_status stacking_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                   hn_json_doc *doc, hn_json_mut *object) {
    const stacking_state *s = state;
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, object, "estimators");
    for (int64_t m = 0; m < s->n; m++) yyjson_mut_arr_add_str(doc, list, s->parts[m].kind->name);
    const hone_estimator *kind = s->final.kind;
    yyjson_mut_obj_add_str(doc, object, "final", kind->name);
    if (!s->last.state || !kind->report || s->last.n_present != s->n_classes) return HONE_OK;
    HN_SCRATCH(ctx);
    static const double none[1];
    hn_table table, none_of = *schema;
    none_of.n_rows = 0;
    HN_TRY(final_table(ctx, ctx->scratch, s, &none_of, none, &table));
    return kind->report(ctx, s->last.state, &table, doc,
                        yyjson_mut_obj_add_obj(doc, object, "final_fitted"));
}

static hone_status stacking_member(hone_ctx *ctx, const void *state, int64_t i, hn_arena *arena,
                                   hn_member *ret_member) {
    const stacking_state *s = state;
    if (i != s->n) return hn_members_member(ctx, s->members, s->n + 1, i, ret_member);
    *ret_member = hn_child_as_member(&s->last);
    ret_member->name = "final_estimator";
    if (s->passthrough) return hn_no_member(ctx, i, i);
    hn_table *made;
    HN_TRY(HN_NEW(ctx, arena, made, 1));
    HN_TRY(HN_NEW(ctx, arena, made->columns, s->n_answers + 1));
    made->n_columns = (int32_t)s->n_answers;
    for (int64_t j = 0; j < s->n_answers; j++)
        made->columns[j] = (hn_column){
            .name = s->names[j], .type = HN_F64, .values = "", .stride = sizeof(double)};
    ret_member->schema = made;
    return HONE_OK;
}

const hone_estimator hn_stacking = {
    .name = "stacking",
    .title = "Stacking",
    .class_names = "StackingClassifier StackingRegressor",
    .family = "ensemble",
    .doc = "Fits several models, and a final one that learns how to put their answers together, "
           "from answers on rows that they have not seen. It is usually a little better than the "
           "best of them, and takes the time of all.",
    .references = "Wolpert (1992), Stacked generalization\n"
                  "Van der Laan, Polley, Hubbard (2007), Super learner",
    .tasks = HN_ENSEMBLE_TASKS,
    .can = HN_ENSEMBLE_CAN | HN_CAN_VALIDATE,
    .example = "{\"estimators\": [\"decision_tree\", \"baseline\"], \"folds\": 2}",
    .params = HN_PARAMS(stacking_params, params),
    .state_size = sizeof(stacking_state),
    .check = stacking_check,
    .fit = stacking_fit,
    .predict = stacking_predict,
    .outputs = stacking_outputs,
    .visit = stacking_visit,
    .member = stacking_member,
    .prepare = stacking_prepare,
    .done = stacking_done,
    .report = stacking_report,
    .part = stacking_part,
    HN_GOLDEN({.dataset = "tabular/wine/wine.csv",
               .target = "class",
               .params = "{\"estimators\":[\"logistic\",\"random_forest\"]}",
               .metric = "accuracy",
               .value = 1,
               .tolerance = 0.06,
               .source = "scikit-learn 1.9.1, StackingClassifier of the same (features scaled), "
                         "mean of five 80/20 splits"}),
};
