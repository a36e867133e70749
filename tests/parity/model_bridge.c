/* model_bridge.c - linear models and clusterings of libhone.a as plain C calls, for Python's ctypes
 * (models.py). */
#include "base/os.h"
#include "spec/estimator.h"
#include <stdio.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

extern const hone_estimator hn_baseline, hn_least_squares, hn_ridge, hn_logistic, hn_kmeans;
static const hone_estimator *const kinds[] = {&hn_baseline, &hn_least_squares, &hn_ridge,
                                              &hn_logistic, &hn_kmeans};

typedef struct fitted {
    hone_ctx *ctx;
    hn_arena arena;
    const hone_estimator *kind;
    void *state;
    hn_table schema;
    char log[1024]; /* the last message */
    double seconds; /* of fit alone */
} fitted;

/* Rows row-major [n, p], of doubles or floats; no weight: NULL. */
typedef struct rows {
    int64_t n, p;
    const void *x;
    int32_t floats;
    const double *y, *weight;
    int32_t n_classes, task;
} rows;

EXPORT fitted *model_new(int threads, uint64_t seed);
EXPORT void model_free(fitted *m);
EXPORT const char *model_error(const fitted *m);
EXPORT const char *model_log(const fitted *m);
EXPORT double model_seconds(const fitted *m);
EXPORT int model_fit(fitted *m, const char *kind, const char *params, const rows *r);
EXPORT int model_predict(fitted *m, const rows *r, double *ret);
EXPORT int model_transform(fitted *m, const rows *r, double *ret);
EXPORT int model_importances(fitted *m, double *ret);
EXPORT const char *model_report(fitted *m);

static void remember(void *user, hone_log_level level, const char *message) {
    fitted *m = user;
    (void)level;
    snprintf(m->log, sizeof m->log, "%s", message);
}

fitted *model_new(int threads, uint64_t seed) {
    fitted *m = calloc(1, sizeof *m);
    hone_ctx_options options = {.threads = threads, .seed = seed, .log = remember, .log_user = m};
    m->ctx = hone_ctx_new(&options);
    hn_arena_init(&m->arena, m->ctx->allocator);
    return m;
}

void model_free(fitted *m) {
    hn_arena_done(&m->arena);
    hone_ctx_free(m->ctx);
    free(m);
}

const char *model_error(const fitted *m) { return hone_ctx_error(m->ctx)->message; }
const char *model_log(const fitted *m) { return m->log; }
double model_seconds(const fitted *m) { return m->seconds; }

static hone_status table_of(fitted *m, const rows *r, hn_table *ret_table) {
    *ret_table = (hn_table){.n_rows = r->n, .n_columns = (int32_t)r->p};
    HN_TRY(HN_NEW(m->ctx, &m->arena, ret_table->columns, r->p));
    int64_t size = r->floats ? sizeof(float) : sizeof(double);
    for (int64_t j = 0; j < r->p; j++) {
        hn_column *c = &ret_table->columns[j];
        *c =
            hn_column_of_f64(hn_arena_printf(m->ctx, &m->arena, "x%lld", (long long)j), NULL, r->n);
        c->type = r->floats ? HN_F32 : HN_F64;
        c->values = (const char *)r->x + j * size;
        c->stride = r->p * size;
    }
    return HONE_OK;
}

int model_fit(fitted *m, const char *kind, const char *text, const rows *r) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i]->name, kind) == 0) m->kind = kinds[i];
    hn_json *object;
    HN_TRY(hn_json_read(m->ctx, &m->arena, text, strlen(text), "params", &object));
    void *params = hn_arena_alloc(m->ctx, &m->arena, 1, m->kind->params.size);
    m->state = hn_arena_alloc(m->ctx, &m->arena, 1, m->kind->state_size);
    HN_TRY(hn_params_defaults(m->ctx, &m->arena, &m->kind->params, params));
    HN_TRY(hn_params_set_json(m->ctx, &m->arena, &m->kind->params, params, kind, object, "", NULL));
    HN_TRY(table_of(m, r, &m->schema));
    hone_data data = {.x = &m->schema,
                      .y = r->y,
                      .weight = r->weight,
                      .n_classes = r->n_classes,
                      .task = (hn_task)r->task};
    HN_TRY(hn_estimator_check(m->ctx, m->kind, params, &data));
    double start = hn_seconds();
    HN_TRY(m->kind->fit(m->ctx, params, &data, &m->arena, m->state));
    m->seconds = hn_seconds() - start;
    if (m->kind->prepare == NULL) return HONE_OK;
    return m->kind->prepare(m->ctx, &m->arena, m->state, &m->schema);
}

int model_predict(fitted *m, const rows *r, double *ret) {
    hn_table table;
    HN_TRY(table_of(m, r, &table));
    return m->kind->predict(m->ctx, m->state, &table, ret);
}

/* ret [n, columns]. */
int model_transform(fitted *m, const rows *r, double *ret) {
    hn_table table, out;
    HN_TRY(table_of(m, r, &table));
    HN_TRY(m->kind->transform(m->ctx, m->state, &table, &m->arena, &out));
    for (int32_t j = 0; j < out.n_columns; j++)
        hn_column_doubles(&out.columns[j], 0, out.n_rows, ret + j, out.n_columns);
    return HONE_OK;
}

int model_importances(fitted *m, double *ret) {
    return m->kind->importances(m->ctx, m->state, ret);
}

/* JSON, or NULL. */
const char *model_report(fitted *m) {
    hn_json_doc *doc;
    char *text;
    size_t length;
    if (hn_json_new(m->ctx, &m->arena, &doc) != HONE_OK) return NULL;
    hn_json_mut *object = yyjson_mut_obj(doc);
    if (m->kind->report(m->ctx, m->state, &m->schema, doc, object) != HONE_OK) return NULL;
    if (hn_json_write(m->ctx, &m->arena, object, false, &text, &length) != HONE_OK) return NULL;
    return text;
}
