/* fit_input.h - bytes as a call of hone_fit: which kind, which task, what rows, what parameters. Shared by
 * fuzz_fit.c and the maker of its seeds.
 *
 * Eight bytes steer; then come as many bytes of values as the eighth says, and the rest is JSON of params. */
#ifndef HN_TESTS_FIT_INPUT_H
#define HN_TESTS_FIT_INPUT_H

#include "spec/catalog.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIT_HEAD = 8, FIT_ROWS = 32, FIT_COLUMNS = 5, FIT_TARGETS = 2 };
enum {
    FIT_WEIGHT = 1,
    FIT_GROUP = 2,
    FIT_SPARSE = 4,
    FIT_TEXTS = 8,
    FIT_FLOAT = 16,
    FIT_UPDATE = 32,
    FIT_SEVERAL = 64,
    FIT_TARGET = 128, /* y too is made of the values */
};

typedef struct fit_input {
    const hone_estimator *kind;
    hone_examples examples;
    unsigned flags;
    int threads;
    const uint8_t *values;
    size_t n_values;
    char *params;
    double x[FIT_ROWS * FIT_COLUMNS], weight[FIT_ROWS], y[FIT_TARGETS * FIT_ROWS];
    float narrow[FIT_ROWS * FIT_COLUMNS];
    int64_t group[FIT_ROWS], start[FIT_ROWS + 1], rows, columns;
    int32_t column[FIT_ROWS * FIT_COLUMNS], classes[FIT_TARGETS];
} fit_input;

/* Below 128 numbers around 0, no two alike; then whole numbers; then what hurts. */
static inline double fit_value(const fit_input *in, int64_t i) {
    static const double odd[] = {
        NAN,    INFINITY, -INFINITY, 1e300, -1e300, 1e-300, 5e-324, -5e-324, 1e150,  -1e150, 1e16,
        0x1p53, 0x1p62,   -0x1p63,   -0.0,  1e-16,  1e8,    -1e8,   255,     256,    65536,  1e5,
        0x1p31, -1,       0.5,       1e-8,  1e38,   4e38,   1e154,  1e75,    1e-160, 0};
    double jitter = fmod((double)i * 0.6180339887498949, 1);
    uint8_t byte =
        in->n_values > 0 ? in->values[i % (int64_t)in->n_values] : (uint8_t)(i * 37 % 128);
    if (byte < 128) return ((double)byte - 64) / 16 + jitter / 8;
    return byte < 224 ? (byte - 128) % 32 : odd[byte - 224];
}

static inline void fit_fill(fit_input *in) {
    bool codes = (in->kind->can & HN_CATEGORY_ONLY) != 0,
         counts = (in->kind->can & HN_NOT_NEGATIVE) != 0;
    for (int64_t i = 0; i < in->rows * in->columns; i++) {
        double v = fit_value(in, i);
        bool usual = in->n_values == 0 || in->values[i % (int64_t)in->n_values] < 128;
        if (usual && codes) v = (double)((int)(4 + v) % 4);
        if (usual && counts) v = fabs(v);
        in->x[i] = v;
        in->narrow[i] = (float)(fabs(v) < 3e38 ? v : 0);
    }
    for (int64_t i = 0; i < in->rows; i++) {
        in->weight[i] = fabs(fit_value(in, i + 7));
        in->group[i] = i / 4;
        for (int t = 0; t < FIT_TARGETS; t++) {
            int32_t k = in->examples.n_classes > 0 && in->examples.n_classes < 100
                            ? in->examples.n_classes
                            : 3;
            bool number = strcmp(in->examples.task, "regression") == 0;
            double told = number ? 1 + fabs(in->x[i * in->columns] * (t + 1) + (double)(i % 3))
                                 : (double)((i + t) % k);
            in->y[t * in->rows + i] =
                (in->flags & FIT_TARGET) != 0 ? fit_value(in, i + 3 * t) : told;
        }
    }
}

static inline void fit_choose_task(fit_input *in, uint8_t byte) {
    const char *names[HN_NAMES];
    int n = 0;
    hn_task_names(in->kind->tasks, names);
    while (names[n] != NULL) n++;
    in->examples.task = byte >= 250 ? "regression" : n > 0 ? names[byte % n] : "none";
    bool binary = strcmp(in->examples.task, "binary") == 0,
         many = strcmp(in->examples.task, "multiclass") == 0;
    in->examples.n_classes = binary ? 2 : many ? 3 : 0;
}

/* in points into data and itself; fit_done frees it. NULL for too few bytes. */
static inline fit_input *fit_read(const uint8_t *data, size_t size) {
    static const int32_t odd[] = {0, 1, -1, INT32_MAX, INT32_MIN, 255, 4, 33};
    if (size < FIT_HEAD) return NULL;
    fit_input *in = calloc(1, sizeof *in);
    if (in == NULL) abort();
    int64_t n;
    const hone_estimator *const *kinds = hn_catalog(&n);
    in->kind = kinds[(data[0] | data[1] << 8) % n];
    in->flags = data[3];
    in->rows = data[4] % (FIT_ROWS + 1);
    in->columns = data[5] % (FIT_COLUMNS + 1);
    in->threads = data[5] >= 128 ? 2 : 1;
    fit_choose_task(in, data[2]);
    if (data[6] >= 248) in->examples.n_classes = odd[data[6] - 248];
    in->n_values = data[7];
    if (in->n_values > size - FIT_HEAD) in->n_values = size - FIT_HEAD;
    in->values = data + FIT_HEAD;
    size_t rest = size - FIT_HEAD - in->n_values;
    if (rest > 0) {
        in->params = calloc(1, rest + 1);
        if (in->params == NULL) abort();
        memcpy(in->params, in->values + in->n_values, rest);
    }
    fit_fill(in);
    return in;
}

static inline void fit_done(fit_input *in) {
    free(in->params);
    free(in);
}

/* Those of the declarations' examples. */
static const char *const fit_names[FIT_COLUMNS] = {"a", "b", "c", "d", "e"};

static inline hone_status fit_sparse(hone_ctx *ctx, fit_input *in, hone_table **ret_table) {
    int64_t n = 0;
    for (int64_t i = 0; i < in->rows; i++) {
        for (int32_t j = 0; j < in->columns; j++) {
            double v = in->x[i * in->columns + j];
            if (v == 0 || (i + j) % 3 == 1) continue;
            in->column[n] = j;
            in->x[n++] = v; /* never before what is still to be read */
        }
        in->start[i + 1] = n;
    }
    return hone_table_from_csr(ctx, in->start, in->column, in->x, in->rows, in->columns, NULL,
                               ret_table);
}

/* A column of texts between the numbers. */
static inline hone_status fit_texts(hone_ctx *ctx, fit_input *in, hone_table *table) {
    static const char *const texts[] = {"red", "green", "", "blue", "a longer text", "7"};
    hn_builder *builder;
    if (table->view.n_columns == 0) return HONE_OK;
    hn_type type = (in->kind->can & HN_ANY_TYPE) != 0 && in->n_values % 2 ? HN_STRING : HN_CATEGORY;
    HN_TRY(hn_builder_new(ctx, &table->arena, fit_names[in->columns - 1], type, &builder));
    for (int64_t i = 0; i < in->rows; i++) {
        double v = fit_value(in, i + 11);
        const char *text = texts[isfinite(v) ? (int)fmod(fabs(v), 6) : 0];
        if (isnan(v))
            HN_TRY(hn_builder_null(builder));
        else
            HN_TRY(hn_builder_text(builder, (hn_slice){text, strlen(text)}));
    }
    return hn_builder_finish(builder, &table->view.columns[table->view.n_columns - 1]);
}

/* The table and, in in->examples, what goes with it. */
static inline hone_status fit_examples(hone_ctx *ctx, fit_input *in, hone_table **ret_table) {
    hone_table *table;
    bool narrow = (in->flags & FIT_FLOAT) != 0;
    if ((in->flags & FIT_SPARSE) != 0) {
        HN_TRY(fit_sparse(ctx, in, &table));
    } else {
        int64_t wide = narrow ? 4 : 8;
        HN_TRY(hone_table_from_matrix(ctx, narrow ? (void *)in->narrow : in->x,
                                      narrow ? "float32" : "float64", in->rows, in->columns,
                                      wide * in->columns, wide, fit_names, &table));
        hone_status status = (in->flags & FIT_TEXTS) != 0 ? fit_texts(ctx, in, table) : HONE_OK;
        if (status != HONE_OK) {
            hone_table_free(ctx, table);
            return status;
        }
    }
    hone_examples *e = &in->examples;
    e->x = table;
    e->y = in->kind->tasks != 0 ? in->y : NULL;
    e->weight = (in->flags & FIT_WEIGHT) != 0 ? in->weight : NULL;
    e->group = (in->flags & FIT_GROUP) != 0 || strcmp(e->task, "rank") == 0 ? in->group : NULL;
    if ((in->flags & FIT_SEVERAL) != 0) {
        e->n_targets = FIT_TARGETS;
        e->target_classes = in->classes;
        in->classes[0] = in->classes[1] = e->n_classes;
    }
    *ret_table = table;
    return HONE_OK;
}

#endif
