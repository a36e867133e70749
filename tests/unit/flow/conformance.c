/* conformance.c - see conformance.h. */
#include "flow/conformance.h"
#include "base/rng.h"
#include <string.h>

static const char *const colours[] = {"blue", "green", "red"};

static bool takes_numbers(const hone_estimator *kind) {
    return (kind->can & HN_CATEGORY_ONLY) == 0;
}

static bool takes_categories(const hone_estimator *kind) {
    if (kind->tasks != HN_TASK_NONE) return (kind->can & HN_CAN_CATEGORIES) != 0;
    return (kind->can & HN_NUMERIC_ONLY) == 0;
}

/* Columns a .. d are numbers of each storage, e is a category that has to do with a. */
static void add_number(hone_ctx *ctx, case_data *c, const hone_estimator *kind, int which,
                       int64_t n, case_flaw flaw) {
    static const char *const names[] = {"a", "b", "c", "d"};
    static const hn_type types[] = {HN_F64, HN_F32, HN_I64, HN_BOOL};
    hn_rng rng = hn_rng_make(7, hn_stream("conformance.column", (uint64_t)which));
    hn_builder *builder;
    assert_ok(ctx, hn_builder_new(ctx, &c->arena, names[which], types[which], &builder));
    bool gaps = (kind->can & HN_CAN_MISSING) != 0 && flaw == CASE_CLEAN;
    for (int64_t i = 0; i < n; i++) {
        double x = flaw == CASE_CONSTANT ? 1 : 10 * hn_rng_normal(&rng);
        if ((kind->can & HN_NOT_NEGATIVE) != 0) x = fabs(x);
        bool missing = (gaps && i % 11 == 5) || (flaw == CASE_MISSING && which == 0 && i == 1);
        if (flaw == CASE_INFINITE && which == 0 && i == 1) x = INFINITY;
        if (missing)
            assert_ok(ctx, hn_builder_null(builder));
        else if (which < 2)
            assert_ok(ctx, hn_builder_double(builder, x));
        else if (which == 2)
            assert_ok(ctx, hn_builder_int(builder, (int64_t)x));
        else
            assert_ok(ctx, hn_builder_int(builder, x > 0));
    }
    assert_ok(ctx, hn_builder_finish(builder, &c->table.columns[c->table.n_columns++]));
}

static void add_category(hone_ctx *ctx, case_data *c, const hone_estimator *kind, int64_t n,
                         case_flaw flaw) {
    hn_rng rng = hn_rng_make(7, hn_stream("conformance.column", 9));
    hn_builder *builder;
    assert_ok(ctx, hn_builder_new(ctx, &c->arena, "e", HN_CATEGORY, &builder));
    bool gaps = (kind->can & HN_CAN_MISSING) != 0;
    for (int64_t i = 0; i < n; i++) {
        const char *text = colours[flaw == CASE_CONSTANT ? 0 : hn_rng_below(&rng, 3)];
        if (gaps && i % 13 == 6)
            assert_ok(ctx, hn_builder_null(builder));
        else
            assert_ok(ctx, hn_builder_text(builder, (hn_slice){text, strlen(text)}));
    }
    assert_ok(ctx, hn_builder_finish(builder, &c->table.columns[c->table.n_columns++]));
}

/* Something that the columns tell, with noise. */
static double target_of(const case_data *c, hn_task task, int64_t i, hn_rng *rng, case_flaw flaw) {
    double x = 0;
    for (int32_t j = 0; j < c->table.n_columns; j++) {
        double v = hn_column_double(&c->table.columns[j], i);
        if (isfinite(v)) x += (j + 1) * v;
    }
    x += hn_rng_normal(rng);
    if (task == HN_TASK_REGRESSION) return 1 + fabs(x); /* above 0: some losses need that */
    if (flaw == CASE_ONE_CLASS) return 0;
    if (task == HN_TASK_RANK) return x > 10 ? 2 : x > -10;
    if (i < 3) return (double)(i % (task == HN_TASK_BINARY ? 2 : 3)); /* every class occurs */
    return task == HN_TASK_BINARY ? x > 0 : x > 10 ? 2 : x > -10;
}

void case_make(hone_ctx *ctx, const hone_estimator *kind, hn_task task, int64_t n, case_flaw flaw,
               case_data *ret) {
    *ret = (case_data){0};
    hn_arena_init(&ret->arena, ctx->allocator);
    ret->table.n_rows = n;
    assert_ok(ctx, HN_NEW(ctx, &ret->arena, ret->table.columns, 8));
    for (int which = 0; takes_numbers(kind) && which < 4; which++)
        add_number(ctx, ret, kind, which, n, flaw);
    if (takes_categories(kind)) add_category(ctx, ret, kind, n, flaw);
    assert_ok(ctx, HN_NEW(ctx, &ret->arena, ret->y, n + 1));
    assert_ok(ctx, HN_NEW(ctx, &ret->arena, ret->weight, n + 1));
    hn_rng rng = hn_rng_make(7, hn_stream("conformance.target", 0));
    for (int64_t i = 0; i < n; i++) {
        ret->y[i] = target_of(ret, task, i, &rng, flaw);
        bool unlabeled = (kind->can & HN_CAN_UNLABELED) != 0 && flaw == CASE_CLEAN;
        if (unlabeled && i >= 3 && i % 4 == 3) ret->y[i] = -1;
        ret->weight[i] = 1;
    }
    assert_ok(ctx, HN_NEW(ctx, &ret->arena, ret->group, n + 1));
    for (int64_t i = 0; i < n; i++) ret->group[i] = i / 6;
    bool supervised = (task & HN_TASK_SUPERVISED) != 0;
    ret->data = (hone_data){.x = &ret->table,
                            .y = supervised ? ret->y : NULL,
                            .task = task,
                            .group = task == HN_TASK_RANK ? ret->group : NULL,
                            .n_classes = task == HN_TASK_BINARY       ? 2
                                         : task == HN_TASK_MULTICLASS ? 3
                                                                      : 0};
}

void case_add_target(hone_ctx *ctx, const hone_estimator *kind, case_data *c) {
    if ((kind->can & HN_CAN_TARGETS) == 0) return;
    int64_t n = c->table.n_rows;
    hn_truth *truths;
    double *y;
    assert_ok(ctx, HN_NEW(ctx, &c->arena, truths, 2));
    assert_ok(ctx, HN_NEW(ctx, &c->arena, y, n));
    for (int64_t i = 0; i < n; i++) y[i] = c->y[n - 1 - i];
    truths[0] = (hn_truth){c->y, c->data.n_classes, c->data.task};
    truths[1] = (hn_truth){y, c->data.n_classes, c->data.task};
    c->data.targets = truths;
    c->data.n_targets = 2;
}

void case_done(case_data *c) { hn_arena_done(&c->arena); }

/* Fewer trees and rounds where a kind has such parameters: the checks are about contracts, not quality. */
static hone_status make_small(hone_ctx *ctx, case_fit *fit) {
    static const char *const small[][2] = {
        {"n_estimators", "5"}, {"n_init", "2"}, {"n_clusters", "3"}};
    for (size_t i = 0; i < sizeof small / sizeof *small; i++)
        if (hn_params_find(&fit->kind->params, small[i][0]) != NULL)
            HN_TRY(hn_params_set_text(ctx, &fit->arena, &fit->kind->params, fit->params,
                                      fit->kind->name, small[i][0], small[i][1]));
    if (fit->kind->example == NULL) return HONE_OK;
    hn_json *example;
    HN_TRY(hn_json_read(ctx, &fit->arena, fit->kind->example, strlen(fit->kind->example), "example",
                        &example));
    return hn_params_set_json(ctx, &fit->arena, &fit->kind->params, fit->params, fit->kind->name,
                              example, "", NULL);
}

hone_status case_fit_make(hone_ctx *ctx, const hone_estimator *kind, const hone_data *data,
                          case_fit *ret) {
    *ret = (case_fit){.kind = kind};
    hn_arena_init(&ret->arena, ctx->allocator);
    ret->params = hn_arena_alloc(ctx, &ret->arena, 1, kind->params.size);
    void *state = hn_arena_alloc(ctx, &ret->arena, 1, kind->state_size);
    if (ret->params == NULL || state == NULL) return HONE_ERROR_MEMORY;
    HN_TRY(hn_params_defaults(ctx, &ret->arena, &kind->params, ret->params));
    HN_TRY(make_small(ctx, ret));
    HN_TRY(hn_estimator_check(ctx, kind, ret->params, data));
    ret->state = state;
    HN_TRY(kind->fit(ctx, ret->params, data, &ret->arena, state));
    return kind->prepare != NULL ? kind->prepare(ctx, &ret->arena, state, data->x) : HONE_OK;
}

void case_fit_done(case_fit *fit) {
    if (fit->state != NULL && fit->kind->done != NULL) fit->kind->done(fit->state);
    hn_arena_done(&fit->arena);
}

hone_status case_answer(hone_ctx *ctx, case_fit *fit, const hone_data *data, const hn_table *x,
                        double **ret_out, int64_t *ret_n) {
    if (fit->kind->tasks != HN_TASK_NONE) {
        *ret_n = x->n_rows * hn_data_outputs(data);
        HN_TRY(HN_NEW(ctx, &fit->arena, *ret_out, *ret_n + 1));
        return fit->kind->predict(ctx, fit->state, x, *ret_out);
    }
    hn_table out;
    HN_TRY(fit->kind->transform(ctx, fit->state, x, &fit->arena, &out));
    *ret_n = out.n_rows * out.n_columns;
    return hn_table_matrix(ctx, &fit->arena, &out, ret_out);
}

/* The columns that the rows have come from, where they were as they are; and what a stage after this one sees. */
static hone_status write_rows(hone_ctx *ctx, case_fit *fit, const hone_data *data,
                              const hn_resampled *rows, double *out) {
    hn_table x, made, passed;
    double *values;
    HN_TRY(hn_table_slice(ctx, &fit->arena, data->x, 0, 0, &x));
    HN_TRY(fit->kind->transform(ctx, fit->state, &x, &fit->arena, &passed));
    if (rows->x == NULL) {
        x = *data->x;
        if (rows->source != NULL)
            HN_TRY(hn_table_take(ctx, &fit->arena, data->x, rows->source, rows->n, &x));
        HN_TRY(fit->kind->transform(ctx, fit->state, &x, &fit->arena, &made));
    } else {
        made = *rows->x;
    }
    assert_int_equal(made.n_rows, rows->n);
    assert_int_equal(made.n_columns, passed.n_columns);
    for (int32_t j = 0; j < made.n_columns; j++) {
        assert_string_equal(made.columns[j].name, passed.columns[j].name);
        assert_int_equal(made.columns[j].type, passed.columns[j].type);
    }
    HN_TRY(hn_table_matrix(ctx, &fit->arena, &made, &values));
    memcpy(out, values, (size_t)(made.n_rows * made.n_columns) * sizeof *out);
    for (int64_t i = 0; i < rows->n; i++) {
        double *side = out + made.n_rows * made.n_columns + 3 * i;
        int64_t from = rows->source != NULL ? rows->source[i] : i;
        int64_t with = rows->partner != NULL ? rows->partner[i] : -1;
        assert_true(from >= 0 && from < data->x->n_rows);
        assert_true(with >= -1 && with < data->x->n_rows);
        side[0] = (double)from;
        side[1] = (double)with;
        side[2] = rows->weight != NULL ? rows->weight[i] : 1;
        assert_true(isfinite(side[2]) && side[2] >= 0);
    }
    return HONE_OK;
}

hone_status case_resample(hone_ctx *ctx, case_fit *fit, const hone_data *data, double **ret_out,
                          int64_t *ret_n) {
    hn_resampled rows = {0};
    hn_table x;
    *ret_n = 0;
    if (fit->kind->resample == NULL) return HONE_OK;
    HN_TRY(fit->kind->resample(ctx, fit->params, data, &fit->arena, fit->state, &rows));
    assert_true(rows.n > 0 && (rows.source != NULL || rows.n == data->x->n_rows));
    HN_TRY(fit->kind->transform(ctx, fit->state, data->x, &fit->arena, &x));
    *ret_n = rows.n * (x.n_columns + 3);
    HN_TRY(HN_NEW(ctx, &fit->arena, *ret_out, *ret_n));
    return write_rows(ctx, fit, data, &rows, *ret_out);
}

static hone_status hash_tensor(hn_visitor *v, const char *name, hn_dtype dtype, void **values,
                               int ndim, const int64_t *shape) {
    uint64_t *hash = v->user;
    size_t length = hn_dtype_size(dtype);
    for (int d = 0; d < ndim; d++) length *= (size_t)shape[d];
    *hash = hn_hash(name, strlen(name), *hash + (uint64_t)ndim);
    if (length > 0) *hash = hn_hash(*values, length, *hash);
    return HONE_OK;
}

uint64_t case_state_hash(hone_ctx *ctx, case_fit *fit) {
    uint64_t hash = 0;
    hn_visitor visitor = {.ctx = ctx, .arena = &fit->arena, .user = &hash, .tensor = hash_tensor};
    assert_ok(ctx, fit->kind->visit(&visitor, fit->state));
    return hash;
}
