/* prep.c - loops and names; see prep.h. */
#include "ml/prep/prep.h"

#include "base/parallel.h"
#include "num/sort.h"
#include "table/rows.h"
#include <assert.h>
#include <string.h>

enum { BLOCK = 65536, FEW_CELLS = 32768 };

/* ---- loops ----------------------------------------------------------------------------------- */

typedef struct cells_job {
    hn_cells_fn *fn;
    void *arg;
    int64_t n_rows, n_blocks;
} cells_job;

static hone_status run_cells(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const cells_job *job = arg;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        int64_t begin = i % job->n_blocks * BLOCK;
        int64_t end = begin + BLOCK < job->n_rows ? begin + BLOCK : job->n_rows;
        HN_TRY(job->fn(ctx, job->arg, (int32_t)(i / job->n_blocks), begin, end));
    }
    return HONE_OK;
}

hone_status hn_each_cells(hone_ctx *ctx, int32_t n_columns, int64_t n_rows, hn_cells_fn *fn,
                          void *arg) {
    if (n_rows == 0) return HONE_OK;
    if (n_rows < FEW_CELLS && n_rows * n_columns < FEW_CELLS) {
        for (int32_t j = 0; j < n_columns; j++) HN_TRY(fn(ctx, arg, j, 0, n_rows));
        return HONE_OK;
    }
    cells_job job = {
        .fn = fn, .arg = arg, .n_rows = n_rows, .n_blocks = (n_rows + BLOCK - 1) / BLOCK};
    return hn_parallel(ctx, job.n_blocks * n_columns, 1, run_cells, &job);
}

typedef struct columns_job {
    hn_column_fn *fn;
    void *arg;
} columns_job;

static hone_status run_columns(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const columns_job *job = arg;
    return job->fn(ctx, job->arg, (int32_t)chunk.begin);
}

hone_status hn_each_column(hone_ctx *ctx, int32_t n_columns, hn_column_fn *fn, void *arg) {
    columns_job job = {.fn = fn, .arg = arg};
    return hn_parallel(ctx, n_columns, 1, run_columns, &job);
}

typedef struct values_job {
    const hn_table *x;
    hn_values_fn *fn;
    void *arg;
    bool matrix;
} values_job;

/* A few columns of a matrix at once: they share lines of memory. */
static hone_status run_values(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const values_job *job = arg;
    int64_t n = job->x->n_rows;
    hn_table few = {.n_rows = n,
                    .n_columns = (int32_t)(chunk.end - chunk.begin),
                    .columns = job->x->columns + chunk.begin};
    double *values = NULL;
    HN_SCRATCH(ctx);
    if (job->matrix) {
        HN_TRY(HN_SCRATCH_NEW(ctx, values, few.n_columns * n + 1));
        hn_table_columns(&few, 0, n, values, n);
    }
    for (int32_t j = 0; j < few.n_columns; j++) {
        hn_column column = few.columns[j];
        if (values != NULL) column = hn_column_of_f64(column.name, values + j * n, n);
        HN_TRY(job->fn(ctx, job->arg, (int32_t)chunk.begin + j, &column));
    }
    return HONE_OK;
}

hone_status hn_each_values(hone_ctx *ctx, const hn_table *x, hn_values_fn *fn, void *arg) {
    enum { MANY = 64 };
    int64_t stride;
    values_job job = {.x = x, .fn = fn, .arg = arg};
    job.matrix = x->n_columns > 1 && (hn_table_as_rows(x, &stride) != NULL ||
                                      hn_table_as_row_floats(x, &stride) != NULL);
    int64_t grain = !job.matrix ? 1 : x->n_columns < MANY ? 4 : 8;
    return hn_parallel(ctx, x->n_columns, grain, run_values, &job);
}

hone_status hn_present_values(hone_ctx *ctx, const hn_column *column, double **ret_values,
                              int64_t *ret_n) {
    double *values;
    int64_t n = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, values, column->n + 1));
    hn_column_doubles(column, 0, column->n, values, 1);
    for (int64_t i = 0; i < column->n; i++)
        if (!isnan(values[i])) values[n++] = values[i];
    *ret_values = values;
    *ret_n = n;
    return HONE_OK;
}

/* The value that occurs most; of several the smallest. values are sorted. */
static double mode_of(const double *values, int64_t n) {
    double best = values[0];
    int64_t most = 0;
    for (int64_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && values[j] == values[i];) j++;
        if (j - i > most) {
            most = j - i;
            best = values[i];
        }
    }
    return best;
}

static double median_of(const double *sorted, int64_t n) {
    double low = sorted[(n - 1) / 2], high = sorted[n / 2];
    return low == high ? low : (low + high) / 2;
}

hone_status hn_some_values(hone_ctx *ctx, const char *step, const hn_column *column,
                           double **ret_values, int64_t *ret_n) {
    double *values;
    int64_t n;
    HN_TRY(hn_present_values(ctx, column, &values, &n));
    if (n == 0)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = column->name),
                          "%s: column '%s' has no value in the training rows to learn from; drop "
                          "it (drop_constant does)",
                          step, column->name);
    *ret_values = values;
    *ret_n = n;
    return HONE_OK;
}

hone_status hn_usual_value(hone_ctx *ctx, hn_usual usual, double *values, int64_t n,
                           double *ret_value) {
    assert(n >= 1);
    if (usual == HN_USUAL_MEAN) {
        *ret_value = hn_sum(values, n) / (double)n;
        return HONE_OK;
    }
    HN_TRY(hn_sort_f64(ctx, values, n));
    *ret_value = usual == HN_USUAL_MODE ? mode_of(values, n) : median_of(values, n);
    return HONE_OK;
}

/* ---- names ----------------------------------------------------------------------------------- */

hone_status hn_namer_init(hn_namer *namer, hone_ctx *ctx, hn_arena *arena, const hn_table *kept) {
    *namer = (hn_namer){.ctx = ctx, .arena = arena};
    hn_map_init(&namer->taken, ctx, ctx->scratch);
    for (int32_t j = 0; kept != NULL && j < kept->n_columns; j++) {
        const char *name = kept->columns[j].name;
        HN_TRY(hn_map_put(&namer->taken, (hn_slice){name, strlen(name)}, 1));
    }
    return HONE_OK;
}

hone_status hn_namer_make(hn_namer *namer, const char *front, const char *middle, hn_slice text,
                          const char **ret_name) {
    const char *shown = text.length > 0 ? text.text : "";
    for (int n = 1;; n++) {
        char *name = n == 1 ? hn_arena_printf(namer->ctx, namer->arena, "%s%s%.*s", front, middle,
                                              (int)text.length, shown)
                            : hn_arena_printf(namer->ctx, namer->arena, "%s%s%.*s_%d", front,
                                              middle, (int)text.length, shown, n);
        if (name == NULL) return HONE_ERROR_MEMORY;
        hn_slice key = {name, strlen(name)};
        if (hn_map_get(&namer->taken, key, 0) != 0) continue;
        *ret_name = name;
        return hn_map_put(&namer->taken, key, 1);
    }
}

/* ---- complaints ------------------------------------------------------------------------------ */

hone_status hn_need_category(hone_ctx *ctx, const char *step, const hn_column *column) {
    if (column->type == HN_CATEGORY) return HONE_OK;
    bool text = column->type == HN_STRING;
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = column->name),
                      "%s: column '%s' holds %s, not categories; %s", step, column->name,
                      text ? "free text, where nearly every value differs"
                           : hn_type_name(column->type),
                      text ? "derive categories from it, or drop it" : "leave it out");
}

hone_status hn_unseen_category(hone_ctx *ctx, const char *step, const hn_column *column,
                               int64_t row) {
    hn_slice text = hn_column_text(column, row);
    return hn_fail_at(ctx, HONE_ERROR_DATA, (hn_where){.column = column->name, .row = row},
                      "%s: column '%s' has a category in row %lld that training did not "
                      "see%s%.*s%s; set 'unknown' to "
                      "something other than error, or train anew",
                      step, column->name, (long long)row + 1, text.length > 0 ? " ('" : "",
                      (int)text.length, text.length > 0 ? text.text : "",
                      text.length > 0 ? "')" : "");
}

hone_status hn_prepare_check(hone_ctx *ctx, const char *step, bool ok) {
    if (ok) return HONE_OK;
    return hn_fail(ctx, HONE_ERROR_FORMAT,
                   "the step '%s' does not fit the columns it is given; the model file is "
                   "damaged: fetch or train it again",
                   step);
}

hone_status hn_show_categories(hn_visitor *v, const hn_table *schema) {
    for (int32_t j = 0; j < schema->n_columns; j++) {
        const hn_dictionary *all = schema->columns[j].dictionary;
        const char **texts;
        char name[32];
        if (schema->columns[j].type != HN_CATEGORY || all == NULL) continue;
        HN_TRY(HN_NEW(v->ctx, v->arena, texts, all->n));
        for (int32_t c = 0; c < all->n; c++) {
            hn_slice text = hn_dictionary_text(all, c);
            texts[c] = hn_arena_strndup(v->ctx, v->arena, text.text, text.length);
            if (texts[c] == NULL) return HONE_ERROR_MEMORY;
        }
        snprintf(name, sizeof name, "categories.%d", (int)j);
        HN_TRY(hn_visit_texts(v, name, &texts, all->n));
    }
    return HONE_OK;
}
