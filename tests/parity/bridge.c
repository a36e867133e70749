/* bridge.c - metrics and steps of libhone.a as plain C calls, for Python's ctypes (bridge.py). */
#include "ml/metric/interval.h"
#include "ml/metric/metric.h"
#include "num/association.h"
#include "num/sort.h"
#include "spec/catalog.h"
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

typedef struct bridge {
    hone_ctx *ctx;
    hn_arena arena;
    hn_table in[2]; /* training rows, rows to transform */
    hn_table out;
} bridge;

EXPORT bridge *bridge_new(int threads);
EXPORT void bridge_free(bridge *b);
EXPORT const char *bridge_error(const bridge *b);
EXPORT int bridge_metric(bridge *b, const char *name, int task, int64_t n, int k, const double *y,
                         const double *label, const double *value, const double *proba,
                         const double *weight, double *ret);
EXPORT void bridge_rows(bridge *b, int which, int64_t n_rows, int n_columns);
EXPORT int bridge_numbers(bridge *b, int which, const char *name, const double *values);
EXPORT int bridge_texts(bridge *b, const char *name, const char *const *train,
                        const char *const *test);
EXPORT int bridge_step(bridge *b, const char *name, const char *params);
EXPORT int64_t bridge_columns(const bridge *b);
EXPORT const char *bridge_column(const bridge *b, int j, double *ret_values);
EXPORT int bridge_pair(bridge *b, const double *x, const double *y, int64_t n, double *ret);
EXPORT int bridge_groups(bridge *b, const double *x, const int32_t *group, int64_t n, int k,
                         double *ret);
EXPORT int bridge_counts(bridge *b, const double *counts, int64_t rows, int64_t columns,
                         double *ret);

bridge *bridge_new(int threads) {
    hone_ctx_options options = {.threads = threads, .seed = 1};
    hone_ctx *ctx = hone_ctx_new(&options);
    bridge *b = hn_alloc(ctx, 1, sizeof *b);
    b->ctx = ctx;
    hn_arena_init(&b->arena, ctx->allocator);
    return b;
}

void bridge_free(bridge *b) {
    hone_ctx *ctx = b->ctx;
    hn_arena_done(&b->arena);
    hn_free(ctx, b);
    hone_ctx_free(ctx);
}

const char *bridge_error(const bridge *b) { return hone_ctx_error(b->ctx)->message; }

int bridge_metric(bridge *b, const char *name, int task, int64_t n, int k, const double *y,
                  const double *label, const double *value, const double *proba,
                  const double *weight, double *ret) {
    hn_scored scored = {.n = n,
                        .task = (hn_task)task,
                        .n_classes = k,
                        .y = y,
                        .label = label,
                        .value = value,
                        .proba = proba,
                        .weight = weight,
                        .x = b->in[0].n_columns > 0 ? &b->in[0] : NULL};
    const hn_metric *metric;
    HN_TRY(hn_metric_require(b->ctx, &b->arena, name, (hn_task)task, &metric));
    return hn_metric_compute(b->ctx, metric, &scored, ret);
}

/* Training rows are which 0, rows to transform which 1. Columns are added in order, to both. */
void bridge_rows(bridge *b, int which, int64_t n_rows, int n_columns) {
    b->in[which] = (hn_table){.n_rows = n_rows};
    b->in[which].columns = hn_arena_alloc(b->ctx, &b->arena, (size_t)n_columns, sizeof(hn_column));
}

int bridge_numbers(bridge *b, int which, const char *name, const double *values) {
    hn_table *table = &b->in[which];
    name = hn_arena_strdup(b->ctx, &b->arena, name);
    table->columns[table->n_columns++] = hn_column_of_f64(name, values, table->n_rows);
    return HONE_OK;
}

/* A category column whose dictionary is made from the training rows; NULL texts are missing. */
int bridge_texts(bridge *b, const char *name, const char *const *train, const char *const *test) {
    hn_builder *builder;
    hn_column column;
    HN_TRY(hn_builder_new(b->ctx, &b->arena, hn_arena_strdup(b->ctx, &b->arena, name), HN_CATEGORY,
                          &builder));
    for (int64_t i = 0; i < b->in[0].n_rows; i++) {
        if (train[i] == NULL)
            HN_TRY(hn_builder_null(builder));
        else
            HN_TRY(hn_builder_text(builder, (hn_slice){train[i], strlen(train[i])}));
    }
    HN_TRY(hn_builder_finish(builder, &column));
    b->in[0].columns[b->in[0].n_columns++] = column;
    int64_t n = b->in[1].n_rows;
    int32_t *codes;
    uint8_t *valid;
    HN_TRY(HN_NEW(b->ctx, &b->arena, codes, n + 1));
    HN_TRY(hn_valid_new(b->ctx, &b->arena, n, &valid));
    for (int64_t i = 0; i < n; i++) {
        codes[i] = HN_UNKNOWN;
        if (test[i] == NULL)
            hn_valid_clear(valid, i);
        else
            codes[i] = hn_dictionary_find(column.dictionary, (hn_slice){test[i], strlen(test[i])});
    }
    column.n = n;
    column.values = codes;
    column.stride = sizeof *codes;
    column.valid = valid;
    column.valid_offset = 0;
    b->in[1].columns[b->in[1].n_columns++] = column;
    return HONE_OK;
}

int bridge_step(bridge *b, const char *name, const char *text) {
    const hone_estimator *step;
    HN_TRY(hn_catalog_require(b->ctx, name, &step));
    hn_json *object;
    HN_TRY(hn_json_read(b->ctx, &b->arena, text, strlen(text), "params", &object));
    void *params = hn_arena_alloc(b->ctx, &b->arena, 1, step->params.size);
    void *state = hn_arena_alloc(b->ctx, &b->arena, 1, step->state_size);
    HN_TRY(hn_params_defaults(b->ctx, &b->arena, &step->params, params));
    HN_TRY(hn_params_set_json(b->ctx, &b->arena, &step->params, params, name, object, "", NULL));
    hone_data data = {.x = &b->in[0]};
    HN_TRY(hn_estimator_check(b->ctx, step, params, &data));
    HN_TRY(step->fit(b->ctx, params, &data, &b->arena, state));
    if (step->prepare != NULL) HN_TRY(step->prepare(b->ctx, &b->arena, state, &b->in[0]));
    HN_TRY(step->transform(b->ctx, state, &b->in[1], &b->arena, &b->out));
    if (step->done != NULL) step->done(state);
    return HONE_OK;
}

int64_t bridge_columns(const bridge *b) { return b->out.n_columns; }

/* Name and values of an output column; NaN where missing or unknown. */
const char *bridge_column(const bridge *b, int j, double *ret_values) {
    hn_column_doubles(&b->out.columns[j], 0, b->out.n_rows, ret_values, 1);
    return b->out.columns[j].name;
}

/* Pearson's r and its p-value, Spearman's rho, Kendall's tau, mutual information by 3 neighbours. */
int bridge_pair(bridge *b, const double *x, const double *y, int64_t n, double *ret) {
    int64_t *order;
    HN_TRY(HN_NEW(b->ctx, &b->arena, order, n + 1));
    HN_TRY(hn_argsort_f64(b->ctx, x, n, order));
    HN_TRY(hn_pearson(b->ctx, x, y, n, &ret[0]));
    ret[1] = hn_correlation_p(ret[0], n);
    HN_TRY(hn_spearman(b->ctx, x, y, n, &ret[2]));
    HN_TRY(hn_kendall(b->ctx, x, y, order, n, &ret[3]));
    return hn_mutual_information(b->ctx, x, y, n, 3, &ret[4]);
}

/* F, p, correlation ratio, mutual information by 3 neighbours. */
int bridge_groups(bridge *b, const double *x, const int32_t *group, int64_t n, int k, double *ret) {
    hn_anova anova;
    HN_TRY(hn_anova_of(b->ctx, x, group, n, k, &anova));
    ret[0] = anova.f;
    ret[1] = anova.p;
    ret[2] = anova.eta;
    return hn_mutual_information_classes(b->ctx, x, group, n, k, 3, &ret[3]);
}

int bridge_counts(bridge *b, const double *counts, int64_t rows, int64_t columns, double *ret) {
    hn_contingency c;
    HN_TRY(hn_contingency_of(b->ctx, counts, rows, columns, &c));
    const double all[] = {c.chi2,
                          c.p,
                          c.cramers_v,
                          c.cramers_v_corrected,
                          c.mutual_information,
                          c.row_entropy,
                          c.column_entropy};
    memcpy(ret, all, sizeof all);
    return HONE_OK;
}
