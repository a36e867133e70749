/* steps.h - for tests of steps: tables from literals, and a step fitted, saved to memory, loaded. */
#ifndef HN_TESTS_ML_STEPS_H
#define HN_TESTS_ML_STEPS_H

#include "base/rng.h"
#include "spec/estimator.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

extern const hone_estimator hn_impute, hn_one_hot, hn_ordinal, hn_standard_scale, hn_min_max_scale,
    hn_robust_scale, hn_derive, hn_drop_constant, hn_drop_id_like, hn_drop_columns;

/* ---- tables ---------------------------------------------------------------------------------- */

/* n texts as a category column, NULL missing, over dictionary (NULL: one of its own). */
static hone_status text_column(hone_ctx *ctx, hn_arena *arena, const char *name,
                               const char *const *texts, int64_t n, const hn_dictionary *dictionary,
                               hn_column *ret) {
    hn_builder *builder;
    HN_TRY(hn_builder_new(ctx, arena, name, HN_CATEGORY, &builder));
    for (int64_t i = 0; i < n; i++) {
        if (texts[i] == NULL)
            HN_TRY(hn_builder_null(builder));
        else
            HN_TRY(hn_builder_text(builder, (hn_slice){texts[i], strlen(texts[i])}));
    }
    HN_TRY(hn_builder_finish(builder, ret));
    if (dictionary == NULL) return HONE_OK;
    int32_t *codes;
    HN_TRY(HN_NEW(ctx, arena, codes, n + 1));
    for (int64_t i = 0; i < n; i++)
        codes[i] = texts[i] == NULL
                       ? HN_UNKNOWN
                       : hn_dictionary_find(dictionary, (hn_slice){texts[i], strlen(texts[i])});
    ret->values = codes;
    ret->stride = sizeof *codes;
    ret->dictionary = dictionary;
    return HONE_OK;
}

/* Random rows of every type a step may see, with missing values: num, whole, flag, color, mixed. */
static hone_status random_table(hone_ctx *ctx, hn_arena *arena, uint64_t seed, int64_t n,
                                hn_table *ret) {
    static const char *const colors[] = {"red", "green", "blue", "amber", "violet", NULL};
    hn_rng rng = hn_rng_make(seed, 0);
    hn_builder *builders[5];
    static const char *const names[] = {"num", "whole", "flag", "color", "mixed"};
    static const hn_type types[] = {HN_F64, HN_I64, HN_BOOL, HN_CATEGORY, HN_F32};
    hn_table table = {.n_rows = n, .n_columns = 5};
    HN_TRY(HN_NEW(ctx, arena, table.columns, 5));
    for (int j = 0; j < 5; j++)
        HN_TRY(hn_builder_new(ctx, arena, names[j], types[j], &builders[j]));
    for (int64_t i = 0; i < n; i++) {
        for (int j = 0; j < 5; j++) {
            if (hn_rng_below(&rng, 8) == 0)
                HN_TRY(hn_builder_null(builders[j]));
            else if (j == 3) {
                const char *text = colors[hn_rng_below(&rng, hn_rng_below(&rng, 5) + 1)];
                HN_TRY(hn_builder_text(builders[j], (hn_slice){text, strlen(text)}));
            } else if (j == 0 || j == 4)
                HN_TRY(hn_builder_double(builders[j], 10 * hn_rng_uniform(&rng) - 3));
            else
                HN_TRY(hn_builder_int(builders[j], hn_rng_below(&rng, j == 1 ? 100 : 2)));
        }
    }
    for (int j = 0; j < 5; j++) HN_TRY(hn_builder_finish(builders[j], &table.columns[j]));
    *ret = table;
    return HONE_OK;
}

/* The columns of table whose names are in the comma-separated list. */
static hone_status pick(hone_ctx *ctx, hn_arena *arena, const hn_table *table, const char *list,
                        hn_table *ret) {
    int32_t indices[16], n = 0;
    for (int32_t j = 0; j < table->n_columns; j++) {
        const char *found = strstr(list, table->columns[j].name);
        if (found != NULL) indices[n++] = j;
    }
    return hn_table_select(ctx, arena, table, indices, n, ret);
}

/* ---- fitting --------------------------------------------------------------------------------- */

typedef struct fitted {
    const hone_estimator *step;
    void *state;
} fitted;

static hone_status fit_step(hone_ctx *ctx, hn_arena *arena, const hone_estimator *step,
                            const char *params, const hn_table *x, fitted *ret) {
    hn_json *object;
    void *values = hn_arena_alloc(ctx, arena, 1, step->params.size);
    void *state = hn_arena_alloc(ctx, arena, 1, step->state_size);
    if (values == NULL || state == NULL) return HONE_ERROR_MEMORY;
    HN_TRY(hn_json_read(ctx, arena, params, strlen(params), "params", &object));
    HN_TRY(hn_params_defaults(ctx, arena, &step->params, values));
    HN_TRY(hn_params_set_json(ctx, arena, &step->params, values, step->name, object, "", NULL));
    hone_data data = {.x = x};
    HN_TRY(hn_estimator_check(ctx, step, values, &data));
    hn_table schema;
    HN_TRY(hn_table_slice(ctx, arena, x, 0, 0, &schema));
    hone_status status = step->fit(ctx, values, &data, arena, state);
    if (status == HONE_OK && step->prepare != NULL)
        status = step->prepare(ctx, arena, state, &schema);
    if (status != HONE_OK && step->done != NULL) step->done(state);
    if (status == HONE_OK) *ret = (fitted){.step = step, .state = state};
    return status;
}

static void fitted_done(fitted *f) {
    if (f->step != NULL && f->step->done != NULL) f->step->done(f->state);
}

/* ---- a model file in memory ------------------------------------------------------------------ */

typedef struct tensor {
    char name[64];
    hn_dtype dtype;
    int64_t n; /* elements; 1 for a scalar */
    void *bytes;
} tensor;

typedef struct memory_file {
    hn_arena *arena;
    tensor tensors[64];
    int n;
} memory_file;

static int64_t elements(int ndim, const int64_t *shape) {
    int64_t n = 1;
    for (int i = 0; i < ndim; i++) n *= shape[i];
    return n;
}

static hone_status save_tensor(hn_visitor *v, const char *name, hn_dtype dtype, void **values,
                               int ndim, const int64_t *shape) {
    memory_file *file = v->user;
    tensor *t = &file->tensors[file->n++];
    snprintf(t->name, sizeof t->name, "%s", name);
    t->dtype = dtype;
    t->n = elements(ndim, shape);
    size_t size = (size_t)t->n * hn_dtype_size(dtype);
    t->bytes = hn_arena_alloc(v->ctx, file->arena, size + 1, 1);
    if (t->bytes == NULL) return HONE_ERROR_MEMORY;
    if (size > 0) memcpy(t->bytes, *values, size);
    return HONE_OK;
}

static hone_status load_tensor(hn_visitor *v, const char *name, hn_dtype dtype, void **values,
                               int ndim, const int64_t *shape) {
    memory_file *file = v->user;
    for (int i = 0; i < file->n; i++) {
        tensor *t = &file->tensors[i];
        if (strcmp(t->name, name) != 0) continue;
        if (t->dtype != dtype || t->n != elements(ndim, shape)) break;
        *values = t->bytes;
        return HONE_OK;
    }
    return hn_fail(v->ctx, HONE_ERROR_FORMAT, "no tensor '%s' of this type and shape", name);
}

static hone_status save_step(hone_ctx *ctx, hn_arena *arena, const fitted *f, memory_file *file) {
    *file = (memory_file){.arena = arena};
    hn_visitor v = {.ctx = ctx, .arena = arena, .user = file, .tensor = save_tensor};
    return f->step->visit(&v, f->state);
}

static hone_status load_step(hone_ctx *ctx, hn_arena *arena, const hone_estimator *step,
                             memory_file *file, const hn_table *x, fitted *ret) {
    void *state = hn_arena_alloc(ctx, arena, 1, step->state_size);
    if (state == NULL) return HONE_ERROR_MEMORY;
    hn_visitor v = {
        .ctx = ctx, .arena = arena, .loading = true, .user = file, .tensor = load_tensor};
    hn_table schema;
    HN_TRY(step->visit(&v, state));
    HN_TRY(hn_table_slice(ctx, arena, x, 0, 0, &schema));
    hone_status status =
        step->prepare != NULL ? step->prepare(ctx, arena, state, &schema) : HONE_OK;
    if (status != HONE_OK && step->done != NULL) step->done(state);
    if (status == HONE_OK) *ret = (fitted){.step = step, .state = state};
    return status;
}

/* ---- comparing ------------------------------------------------------------------------------- */

/* Rows begin.. of wanted are the rows of got, cell for cell, in names and types too. */
static void assert_same_rows(const hn_table *got, const hn_table *wanted, int64_t begin) {
    assert_int_equal(got->n_columns, wanted->n_columns);
    for (int32_t j = 0; j < got->n_columns; j++) {
        const hn_column *a = &got->columns[j], *b = &wanted->columns[j];
        assert_string_equal(a->name, b->name);
        assert_int_equal(a->type, b->type);
        assert_int_equal(a->n, got->n_rows);
        for (int64_t i = 0; i < got->n_rows; i++) {
            assert_int_equal(hn_column_is_missing(a, i), hn_column_is_missing(b, begin + i));
            assert_same_double(hn_column_double(a, i), hn_column_double(b, begin + i));
        }
    }
}

#endif
