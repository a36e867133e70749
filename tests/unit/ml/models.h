/* models.h - fitting estimators on plain arrays and CSV files, for tests of models. */
#ifndef HN_TESTS_ML_MODELS_H
#define HN_TESTS_ML_MODELS_H

#include "support.h"

#include "base/rng.h"
#include "spec/estimator.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Features x [n, p] row-major, named x0, x1, ...; y [n]; weight [n] or NULL. */
typedef struct matrix {
    int64_t n, p;
    double *x, *y, *weight;
    int32_t n_classes; /* 0: numbers */
} matrix;

static inline matrix matrix_new(int64_t n, int64_t p, int32_t n_classes) {
    matrix m = {.n = n, .p = p, .n_classes = n_classes};
    m.x = calloc((size_t)(n * p + 1), sizeof(double));
    m.y = calloc((size_t)n + 1, sizeof(double));
    return m;
}

static inline void matrix_free(matrix *m) {
    free(m->x);
    free(m->y);
    free(m->weight);
}

/* Random features; y a noisy function of them, or a class by it. */
static inline matrix matrix_random(uint64_t seed, int64_t n, int64_t p, int32_t n_classes) {
    matrix m = matrix_new(n, p, n_classes);
    hn_rng rng = hn_rng_make(seed, hn_stream("test.matrix", 0));
    for (int64_t i = 0; i < n; i++) {
        double score = 0;
        for (int64_t j = 0; j < p; j++) {
            double v = hn_rng_normal(&rng);
            m.x[i * p + j] = v;
            score += v * (double)(j % 3 - 1);
        }
        score += hn_rng_normal(&rng);
        m.y[i] = score;
        if (n_classes == 2) m.y[i] = score > 0;
        if (n_classes > 2) m.y[i] = (double)((int64_t)floor(fabs(score) * 1.5) % n_classes);
    }
    return m;
}

/* ---- files ---------------------------------------------------------------------------------- */

static inline int compare_texts(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A CSV file of numbers with a header whose last column is y: a number, or with classes a text (coded
 * in bytewise order). False where the shared data are not there: then skip(). */
static inline bool matrix_read(const char *name, bool classes, matrix *ret) {
    enum { ROWS = 2000, FIELDS = 64 };
    char path[256], line[8192];
    snprintf(path, sizeof path, "data/tabular/%s", name);
    const char *found = test_shared(path);
    FILE *file = found ? fopen(found, "r") : NULL;
    if (!file) return false;
    char **texts = calloc(ROWS, sizeof *texts), **sorted = calloc(ROWS, sizeof *sorted);
    matrix m = matrix_new(ROWS, FIELDS, 0);
    assert_non_null(fgets(line, sizeof line, file));
    for (m.n = 0; fgets(line, sizeof line, file); m.n++) {
        char *field = strtok(line, ",\r\n"), *next;
        for (m.p = 0; (next = strtok(NULL, ",\r\n")); field = next, m.p++)
            m.x[m.n * FIELDS + m.p] = strtod(field, NULL);
        m.y[m.n] = strtod(field, NULL);
        texts[m.n] = sorted[m.n] = strdup(field);
    }
    fclose(file);
    for (int64_t i = 0; i < m.n; i++)
        memmove(m.x + i * m.p, m.x + i * FIELDS, (size_t)m.p * sizeof(double));
    qsort(sorted, (size_t)m.n, sizeof *sorted, compare_texts);
    for (int64_t i = 0; i < m.n && classes; i++) {
        if (i > 0 && strcmp(sorted[i], sorted[i - 1]) == 0) continue;
        for (int64_t k = 0; k < m.n; k++)
            if (strcmp(texts[k], sorted[i]) == 0) m.y[k] = m.n_classes;
        m.n_classes++;
    }
    for (int64_t i = 0; i < m.n; i++) free(texts[i]);
    free(texts);
    free(sorted);
    *ret = m;
    return true;
}

/* Columns to mean 0 and variance 1 (by n). */
static inline void matrix_standardise(matrix *m) {
    for (int64_t j = 0; j < m->p; j++) {
        double mean = 0, square = 0;
        for (int64_t i = 0; i < m->n; i++) mean += m->x[i * m->p + j] / (double)m->n;
        for (int64_t i = 0; i < m->n; i++) square += pow(m->x[i * m->p + j] - mean, 2);
        double sd = sqrt(square / (double)m->n);
        for (int64_t i = 0; i < m->n; i++)
            m->x[i * m->p + j] = (m->x[i * m->p + j] - mean) / (sd > 0 ? sd : 1);
    }
}

/* ---- fitting -------------------------------------------------------------------------------- */

typedef struct fitted {
    hone_ctx *ctx;
    hn_arena arena;
    const hone_estimator *kind;
    hn_table table;
    void *state;
    hn_json *report;
} fitted;

static inline hn_table table_of(hone_ctx *ctx, hn_arena *arena, const matrix *m) {
    hn_table table = {.n_rows = m->n, .n_columns = (int32_t)m->p};
    table.columns = hn_arena_alloc(ctx, arena, (size_t)m->p, sizeof(hn_column));
    for (int64_t j = 0; table.columns && j < m->p; j++) {
        const char *name = hn_arena_printf(ctx, arena, "x%d", (int)j);
        table.columns[j] = hn_column_of_f64(name ? name : "", m->x + j, m->n);
        table.columns[j].stride = m->p * (int64_t)sizeof(double);
    }
    return table;
}

static inline hone_status make_report(fitted *f) {
    hn_json_doc *doc;
    HN_TRY(hn_json_new(f->ctx, &f->arena, &doc));
    hn_json_mut *object = yyjson_mut_obj(doc);
    HN_TRY(f->kind->report(f->ctx, f->state, &f->table, doc, object));
    return hn_json_freeze(f->ctx, &f->arena, object, &f->report);
}

/* Checked, fitted, prepared and reported; params is JSON. f must be freed in every case. */
static inline hone_status fit_in(hone_ctx *ctx, const hone_estimator *kind, const char *params,
                                 const matrix *m, fitted *f) {
    *f = (fitted){.ctx = ctx, .kind = kind};
    hn_arena_init(&f->arena, ctx->allocator);
    f->table = table_of(ctx, &f->arena, m);
    if (!f->table.columns) return HONE_ERROR_MEMORY;
    hn_json *object;
    HN_TRY(hn_json_read(ctx, &f->arena, params, strlen(params), "params", &object));
    void *values = hn_arena_alloc(ctx, &f->arena, 1, kind->params.size);
    f->state = hn_arena_alloc(ctx, &f->arena, 1, kind->state_size);
    if (!values || !f->state) return HONE_ERROR_MEMORY;
    HN_TRY(hn_params_defaults(ctx, &f->arena, &kind->params, values));
    HN_TRY(hn_params_set_json(ctx, &f->arena, &kind->params, values, kind->name, object, "", NULL));
    bool cluster = (kind->tasks & HN_TASK_CLUSTER) != 0;
    hone_data data = {.x = &f->table,
                      .y = cluster ? NULL : m->y,
                      .weight = m->weight,
                      .n_classes = m->n_classes,
                      .task = cluster             ? HN_TASK_CLUSTER
                              : m->n_classes > 2  ? HN_TASK_MULTICLASS
                              : m->n_classes == 2 ? HN_TASK_BINARY
                                                  : HN_TASK_REGRESSION};
    HN_TRY(hn_estimator_check(ctx, kind, values, &data));
    HN_TRY(kind->fit(ctx, values, &data, &f->arena, f->state));
    if (kind->prepare) HN_TRY(kind->prepare(ctx, &f->arena, f->state, &f->table));
    return make_report(f);
}

static inline void fitted_done(fitted *f) { hn_arena_done(&f->arena); }

static inline fitted fit(hone_ctx *ctx, const hone_estimator *kind, const char *params,
                         const matrix *m) {
    fitted f;
    assert_ok(ctx, fit_in(ctx, kind, params, m, &f));
    return f;
}

/* ---- looking -------------------------------------------------------------------------------- */

static inline double number(const fitted *f, const char *pointer) {
    hn_json *value = yyjson_ptr_get(f->report, pointer);
    if (!value) print_error("the report has no %s\n", pointer);
    assert_non_null(value);
    return yyjson_get_num(value);
}

static inline double *answers_of(fitted *f, const hn_table *x) {
    int64_t outputs = 8;
    double *out = hn_arena_alloc(f->ctx, &f->arena, (size_t)(x->n_rows * outputs), sizeof(double));
    assert_ok(f->ctx, f->kind->predict(f->ctx, f->state, x, out));
    return out;
}

/* Same coefficients and intercept, bit for bit, by the whole report. */
static inline void assert_same_report(const fitted *a, const fitted *b) {
    assert_true(yyjson_equals(a->report, b->report));
}

/* For test_every_allocation. */
typedef struct fit_case {
    const hone_estimator *kind;
    const char *params;
    const matrix *m;
} fit_case;

static inline hone_status fit_body(hone_ctx *ctx, void *arg) {
    const fit_case *c = arg;
    fitted f;
    hone_status status = fit_in(ctx, c->kind, c->params, c->m, &f);
    fitted_done(&f);
    return status;
}

/* Threads 1, 2, 3, 7 give the same report and answers. */
static inline void check_threads(const hone_estimator *kind, const char *params, const matrix *m,
                                 int64_t outputs) {
    static const int threads[] = {1, 2, 3, 7};
    hone_ctx *ctxs[4];
    fitted fits[4];
    double *out[4];
    for (int t = 0; t < 4; t++) {
        ctxs[t] = test_ctx(threads[t]);
        fits[t] = fit(ctxs[t], kind, params, m);
        out[t] = answers_of(&fits[t], &fits[t].table);
        assert_same_report(&fits[t], &fits[0]);
        assert_memory_equal(out[t], out[0], (size_t)(m->n * outputs) * sizeof(double));
    }
    for (int t = 0; t < 4; t++) {
        fitted_done(&fits[t]);
        hone_ctx_free(ctxs[t]);
    }
}

/* One row at a time gives the bits of all at once. */
static inline void check_batches(fitted *f, int64_t outputs) {
    double *all = answers_of(f, &f->table);
    for (int64_t i = 0; i < f->table.n_rows; i += 1 + f->table.n_rows / 50) {
        hn_table row;
        assert_ok(f->ctx, hn_table_slice(f->ctx, &f->arena, &f->table, i, i + 1, &row));
        double *one = answers_of(f, &row);
        assert_memory_equal(one, all + i * outputs, (size_t)outputs * sizeof(double));
    }
}

/* Weights of one: the bits of none. */
static inline void check_unit_weights(const hone_estimator *kind, const char *params, matrix *m) {
    hone_ctx *ctx = test_ctx(2);
    fitted plain = fit(ctx, kind, params, m);
    m->weight = malloc((size_t)m->n * sizeof(double));
    for (int64_t i = 0; i < m->n; i++) m->weight[i] = 1;
    fitted ones = fit(ctx, kind, params, m);
    assert_same_report(&ones, &plain);
    free(m->weight);
    m->weight = NULL;
    fitted_done(&plain);
    fitted_done(&ones);
    hone_ctx_free(ctx);
}

/* Row i with weight i % 3, and row i written i % 3 times. */
static inline void matrix_repeat(matrix *weighted, matrix *ret_repeated) {
    matrix *m = weighted, r = matrix_new(m->n * 2, m->p, m->n_classes);
    m->weight = malloc((size_t)m->n * sizeof(double));
    r.n = 0;
    for (int64_t i = 0; i < m->n; i++) {
        m->weight[i] = (double)(i % 3);
        for (int64_t k = 0; k < i % 3; k++, r.n++) {
            memcpy(r.x + r.n * m->p, m->x + i * m->p, (size_t)m->p * sizeof(double));
            r.y[r.n] = m->y[i];
        }
    }
    *ret_repeated = r;
}

#endif
