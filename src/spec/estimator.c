/* estimator.c - the checks that come before every fit; see estimator.h. */
#include "spec/estimator.h"
#include "base/parallel.h"
#include "table/rows.h"
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- names ---------------------------------------------------------------------------------- */

static const struct {
    unsigned bit;
    const char *name;
} capabilities[] = {
    {HN_CAN_MISSING, "missing"},         {HN_CAN_CATEGORIES, "categories"},
    {HN_CAN_WEIGHTS, "weights"},         {HN_CAN_SPARSE, "sparse"},
    {HN_CAN_UNLABELED, "unlabeled"},     {HN_CAN_PROBABILITIES, "probabilities"},
    {HN_CAN_UPDATE, "update"},           {HN_CAN_IMPORTANCES, "importances"},
    {HN_WANTS_SCALING, "wants_scaling"}, {HN_IS_BASELINE, "baseline"},
    {HN_ANY_TYPE, "any_type"},           {HN_NUMERIC_ONLY, "numeric_only"},
    {HN_CATEGORY_ONLY, "category_only"}, {HN_NOT_NEGATIVE, "not_negative"},
    {HN_CAN_INVERT, "inverse"},          {HN_CAN_OBJECTIVE, "objective"},
    {HN_CAN_TARGETS, "targets"},         {HN_CAN_DECLINE, "declines"},
    {HN_READS_TEXT, "reads_text"},       {HN_CAN_VALIDATE, "validation"},
};

void hn_task_names(unsigned tasks, const char *ret_names[HN_NAMES]) {
    int n = 0;
    for (unsigned bit = 1; bit < HN_TASK_END; bit <<= 1)
        if (tasks & bit) ret_names[n++] = hn_task_name((hn_task)bit);
    ret_names[n] = NULL;
}

void hn_capability_names(unsigned can, const char *ret_names[HN_NAMES]) {
    int n = 0;
    for (size_t i = 0; i < sizeof capabilities / sizeof *capabilities; i++)
        if (can & capabilities[i].bit) ret_names[n++] = capabilities[i].name;
    ret_names[n] = NULL;
}

/* ---- parts ---------------------------------------------------------------------------------- */

hone_status hn_no_member(hone_ctx *ctx, int64_t i, int64_t n) {
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "index"),
                      "there are %lld members, so there is none with index %lld", (long long)n,
                      (long long)i);
}

unsigned hn_estimator_can(const hone_estimator *e, const void *params) {
    enum {
        ALL_MUST = HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_CAN_WEIGHTS | HN_CAN_SPARSE |
                   HN_CAN_IMPORTANCES,
        ONE_WANTS = HN_WANTS_SCALING
    };
    unsigned can = e->can;
    const hn_part *part;
    for (int64_t i = 0; e->part && (part = e->part(params, i)); i++) {
        unsigned own = hn_estimator_can(part->kind, part->params);
        can = (can & (own | ~(unsigned)ALL_MUST)) | (own & ONE_WANTS);
    }
    return can;
}

hone_status hn_fail_in(hone_ctx *ctx, const char *owner, hone_status status) {
    if (status == HONE_OK || status == HONE_ERROR_MEMORY || status == HONE_ERROR_CANCELLED)
        return status;
    char inner[sizeof ctx->error.message], whole[sizeof inner + 64];
    hn_copy_text(inner, sizeof inner, ctx->error.message);
    snprintf(whole, sizeof whole, "%.60s: %s", owner, inner);
    hn_copy_text(ctx->error.message, sizeof ctx->error.message, whole);
    return status;
}

/* ---- target and weights --------------------------------------------------------------------- */

static hone_status check_task(hone_ctx *ctx, const hone_estimator *e, const hone_data *data) {
    unsigned tasks = e->tasks == HN_TASK_NONE ? e->target : e->tasks;
    if (tasks == 0 || (tasks & data->task) != 0) return HONE_OK;
    char able[128] = "";
    size_t length = 0;
    const char *names[HN_NAMES];
    hn_task_names(tasks, names);
    for (int i = 0; names[i]; i++)
        length += (size_t)snprintf(able + length, sizeof able - length, "%s%s", i > 0 ? ", " : "",
                                   names[i]);
    if (e->tasks == HN_TASK_NONE)
        return hn_fail(ctx, HONE_ERROR_USAGE,
                       "%s: it learns from a target of the task %s, and here the task is %s; leave "
                       "the step out",
                       e->name, able, hn_task_name(data->task));
    return hn_fail(ctx, HONE_ERROR_USAGE,
                   "%s: the task is %s, and it does %s only; choose another model", e->name,
                   hn_task_name(data->task), able);
}

static hone_status bad_row(hone_ctx *ctx, const hone_estimator *e, int64_t row, const char *what,
                           double value) {
    char number[32];
    hn_format_double(value, number);
    return hn_fail_at(ctx, HONE_ERROR_DATA, (hn_where){.row = row}, "%s: the %s in row %lld is %s",
                      e->name, what, (long long)row, number);
}

static hone_status check_weights(hone_ctx *ctx, const hone_estimator *e, const hone_data *data) {
    if (!data->weight) return HONE_OK;
    /* Weights are meant for the model; a step that has no use for them passes them by. */
    if (e->tasks == HN_TASK_NONE && !(e->can & HN_CAN_WEIGHTS)) return HONE_OK;
    if (!(e->can & HN_CAN_WEIGHTS)) {
        return hn_fail(ctx, HONE_ERROR_USAGE,
                       "%s: it does not use weights; leave them out or choose another model",
                       e->name);
    }
    bool any = false;
    for (int64_t i = 0; i < data->x->n_rows; i++) {
        double w = data->weight[i];
        if (!(w >= 0 && isfinite(w)))
            return bad_row(ctx, e, i, "weight (which must be finite and not negative)", w);
        any |= w > 0;
    }
    if (any) return HONE_OK;
    return hn_fail(ctx, HONE_ERROR_DATA, "%s: all weights are zero; give some row a weight",
                   e->name);
}

static hone_status check_objective(hone_ctx *ctx, const hone_estimator *e, const hone_data *data) {
    if (!data->objective || (e->can & HN_CAN_OBJECTIVE) != 0) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "objective"),
                      "%s: it minimises no objective but its own; leave it out, or choose a kind "
                      "with the capability 'objective'",
                      e->name);
}

static hone_status check_target(hone_ctx *ctx, const hone_estimator *e, const hone_data *data) {
    if ((e->tasks == HN_TASK_NONE && !e->target) || !(data->task & HN_TASK_SUPERVISED))
        return HONE_OK;
    if (!data->y) return hn_fail(ctx, HONE_ERROR_DATA, "%s: there is no target; name one", e->name);
    bool classes = (data->task & HN_TASK_CLASSIFY) != 0;
    if (classes && data->n_classes < 2) {
        return hn_fail(ctx, HONE_ERROR_DATA,
                       "%s: the target has only one class, so there is nothing to tell apart; "
                       "choose a target that varies",
                       e->name);
    }
    if (data->task == HN_TASK_BINARY && data->n_classes != 2) {
        return hn_fail(ctx, HONE_ERROR_USAGE,
                       "%s: a binary task has 2 classes, not %d; say multiclass", e->name,
                       (int)data->n_classes);
    }
    bool unlabeled = (e->can & HN_CAN_UNLABELED) != 0, any = !unlabeled;
    for (int64_t i = 0; i < data->x->n_rows; i++) {
        double y = data->y[i];
        if (classes && unlabeled && y == -1) continue;
        any = true;
        if (!isfinite(y)) return bad_row(ctx, e, i, "target (which must be there and finite)", y);
        if (classes && !(y >= 0 && y < data->n_classes && y == floor(y)))
            return bad_row(ctx, e, i, "target (which must be the index of a class)", y);
    }
    if (any) return HONE_OK;
    return hn_fail(ctx, HONE_ERROR_DATA, "%s: no row has a class; label some of each", e->name);
}

/* ---- features ------------------------------------------------------------------------------- */

static hone_status bad_column(hone_ctx *ctx, const hn_column *column, int64_t row,
                              const hone_estimator *e, const char *what, const char *way_out) {
    hn_where where = {.column = column->name, .row = row};
    if (row < 0) {
        return hn_fail_at(ctx, HONE_ERROR_DATA, where, "%s: column '%s' %s; %s", e->name,
                          column->name, what, way_out);
    }
    return hn_fail_at(ctx, HONE_ERROR_DATA, where, "%s: column '%s' %s (first in row %lld); %s",
                      e->name, column->name, what, (long long)row, way_out);
}

static hone_status check_type(hone_ctx *ctx, const hone_estimator *e, const hn_column *column) {
    bool is_step = e->tasks == HN_TASK_NONE;
    char what[96];
    snprintf(what, sizeof what, "is of type %s, which it does not take",
             hn_type_name(column->type));
    if (e->can & HN_ANY_TYPE) return HONE_OK;
    if (is_step && (e->can & HN_CATEGORY_ONLY)) {
        if (column->type == HN_CATEGORY || column->type == HN_STRING) return HONE_OK;
        return bad_column(ctx, column, -1, e, what, "use it on columns of categories only");
    }
    if (hn_type_is_numeric(column->type)) return HONE_OK;
    if (column->type == HN_CATEGORY) {
        bool takes = is_step ? !(e->can & HN_NUMERIC_ONLY) : (e->can & HN_CAN_CATEGORIES) != 0;
        if (takes) return HONE_OK;
        return bad_column(ctx, column, -1, e, what, "put a one_hot or ordinal step before it");
    }
    return bad_column(ctx, column, -1, e, what,
                      column->type == HN_TIME
                          ? "derive numbers from it (year, month, hour), or drop it"
                          : "derive numbers or categories from it, or drop it");
}

typedef struct scan {
    const hone_estimator *estimator;
    const hn_table *x;
} scan;

/* A code that a category may have; more would be numbers that only happen to be whole. */
enum { MOST_CODES = 1 << 20 };

static bool takes_codes(const hone_estimator *e) {
    return e->tasks != HN_TASK_NONE && (e->can & HN_CATEGORY_ONLY) != 0;
}

/* The first number that is below 0, or no code, in a column for whoever takes only others. */
static hone_status scan_signs(hone_ctx *ctx, const hone_estimator *e, const hn_column *column) {
    bool codes = takes_codes(e);
    if (!(codes || (e->can & HN_NOT_NEGATIVE)) || !hn_type_is_numeric(column->type)) return HONE_OK;
    for (int64_t i = 0; i < column->n; i++) {
        double value = hn_column_double(column, i);
        if (value < 0)
            return bad_column(ctx, column, i, e, "holds a number below 0, which it does not take",
                              "shift it, or choose another model");
        if (codes && isfinite(value) && !(value < MOST_CODES && value == floor(value)))
            return bad_column(ctx, column, i, e, "holds a number that is no category's code",
                              "make it a category, or choose a model for numbers");
    }
    return HONE_OK;
}

/* The first missing or infinite value of a column that may not have it. */
static hone_status scan_column(hone_ctx *ctx, const hone_estimator *e, const hn_column *column) {
    enum { BLOCK = 512 };
    static const char out[] = "replace it (a derive step can) or take the row out";
    static const char help[] = "put an impute step before it, or choose a model that takes them";
    bool takes_missing = (e->can & HN_CAN_MISSING) != 0;
    bool floating = column->type == HN_F64 || column->type == HN_F32;
    HN_TRY(scan_signs(ctx, e, column));
    if (takes_missing && !floating) return HONE_OK;
    if (!floating) {
        if (!column->valid) return HONE_OK;
        for (int64_t i = 0; i < column->n; i++) {
            if (hn_column_is_missing(column, i))
                return bad_column(ctx, column, i, e,
                                  "has missing values (NaN or null), which it does not take", help);
        }
        return HONE_OK;
    }
    double values[BLOCK];
    for (int64_t begin = 0; begin < column->n; begin += BLOCK) {
        int64_t end = begin + BLOCK < column->n ? begin + BLOCK : column->n;
        hn_column_doubles(column, begin, end, values, 1);
        for (int64_t i = begin; i < end; i++) {
            double value = values[i - begin];
            if (isfinite(value)) continue;
            if (isinf(value)) return bad_column(ctx, column, i, e, "holds an infinite value", out);
            if (!takes_missing)
                return bad_column(ctx, column, i, e,
                                  "has missing values (NaN or null), which it does not take", help);
        }
    }
    return HONE_OK;
}

/* The stored values of a sparse matrix: none infinite, and none missing where they may not be. */
static hone_status check_sparse(hone_ctx *ctx, const hone_estimator *e, const hn_table *x) {
    for (int64_t i = 0; i < x->n_rows; i++) {
        for (int64_t k = x->csr->start[i]; k < x->csr->start[i + 1]; k++) {
            const hn_column *column = &x->columns[x->csr->column[k]];
            double value = x->csr->value[k];
            if (isinf(value))
                return bad_column(ctx, column, i, e, "holds an infinite value", "replace it");
            if (isnan(value) && !(e->can & HN_CAN_MISSING))
                return bad_column(ctx, column, i, e,
                                  "has missing values (NaN or null), which it does not take",
                                  "replace them");
            if (value < 0 && (e->can & HN_NOT_NEGATIVE))
                return bad_column(ctx, column, i, e,
                                  "holds a number below 0, which it does not take",
                                  "shift it, or choose another model");
        }
    }
    return HONE_OK;
}

static hone_status scan_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const scan *s = arg;
    for (int64_t i = chunk.begin; i < chunk.end; i++)
        HN_TRY(scan_column(ctx, s->estimator, &s->x->columns[i]));
    return HONE_OK;
}

static hone_status check_own_features(hone_ctx *ctx, const hone_estimator *e, const hn_table *x) {
    if (e->can & HN_IS_BASELINE) return HONE_OK;
    if (x->csr && !(e->can & HN_CAN_SPARSE))
        return hn_fail(ctx, HONE_ERROR_USAGE,
                       "%s: it takes no sparse matrix; make it dense, or choose a model that does",
                       e->name);
    for (int32_t j = 0; !x->csr && j < x->n_columns; j++)
        HN_TRY(check_type(ctx, e, &x->columns[j]));
    /* Mostly there is nothing to find, and that is quickly said. */
    bool codes = takes_codes(e), good;
    hn_domain domain = {.low = codes || (e->can & HN_NOT_NEGATIVE) ? 0 : -DBL_MAX,
                        .high = codes ? MOST_CODES - 1 : DBL_MAX,
                        .missing = (e->can & HN_CAN_MISSING) != 0,
                        .whole = codes};
    HN_TRY(hn_table_all_in(ctx, x, &domain, &good));
    if (good) return HONE_OK;
    if (x->csr) return check_sparse(ctx, e, x);
    return hn_parallel(ctx, x->n_columns, 1, scan_chunk, &(scan){e, x});
}

hone_status hn_estimator_check_features(hone_ctx *ctx, const hone_estimator *e, const void *params,
                                        const hn_table *x) {
    HN_TRY(check_own_features(ctx, e, x));
    const hn_part *part;
    for (int64_t i = 0; e->part && (part = e->part(params, i)); i++)
        HN_TRY(hn_fail_in(ctx, e->name,
                          hn_estimator_check_features(ctx, part->kind, part->params, x)));
    return HONE_OK;
}

/* What parts are fitted on: of rows without a class they see nothing. Scratch is the caller's. */
static hone_status data_of_parts(hone_ctx *ctx, const hone_estimator *e, const hone_data *data,
                                 hone_data *ret_data) {
    int64_t n = data->x->n_rows, kept = 0, *rows;
    *ret_data = *data;
    if ((e->can & HN_CAN_UNLABELED) == 0 || data->n_classes == 0) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, n + 1));
    for (int64_t i = 0; i < n; i++)
        if (data->y[i] >= 0) rows[kept++] = i;
    return kept == n ? HONE_OK : hn_data_take(ctx, ctx->scratch, data, rows, kept, ret_data);
}

static hone_status check(hone_ctx *ctx, const hone_estimator *e, const void *params,
                         const hone_data *data, bool features);

static hone_status check_parts(hone_ctx *ctx, const hone_estimator *e, const void *params,
                               const hone_data *data, bool features) {
    HN_SCRATCH(ctx);
    hone_data view;
    const hn_part *part;
    for (int32_t t = 0; t < hn_data_targets(data); t++) {
        hone_data one = hn_data_of_target(data, t);
        HN_TRY(data_of_parts(ctx, e, &one, &view));
        for (int64_t i = 0; (part = e->part(params, i)); i++)
            HN_TRY(hn_fail_in(ctx, e->name,
                              check(ctx, part->kind, part->params, &view, features && t == 0)));
    }
    return HONE_OK;
}

/* Each target by itself. */
static hone_status check_tasks(hone_ctx *ctx, const hone_estimator *e, const hone_data *data) {
    if (data->n_targets > 1 && e->tasks != HN_TASK_NONE && !(e->can & HN_CAN_TARGETS))
        return hn_fail(ctx, HONE_ERROR_USAGE,
                       "%s: it learns one target, not %d at once; put it into multi_output or "
                       "chain",
                       e->name, (int)data->n_targets);
    for (int32_t t = 0; t < hn_data_targets(data); t++) {
        hone_data one = hn_data_of_target(data, t);
        HN_TRY(check_task(ctx, e, &one));
    }
    return HONE_OK;
}

static hone_status check_targets(hone_ctx *ctx, const hone_estimator *e, const hone_data *data) {
    for (int32_t t = 0; t < hn_data_targets(data); t++) {
        hone_data one = hn_data_of_target(data, t);
        HN_TRY(check_target(ctx, e, &one));
    }
    return HONE_OK;
}

/* features: whether these have still to be looked at. */
static hone_status check(hone_ctx *ctx, const hone_estimator *e, const void *params,
                         const hone_data *data, bool features) {
    HN_TRY(check_tasks(ctx, e, data));
    if (data->x->n_rows < 1)
        return hn_fail(ctx, HONE_ERROR_DATA, "%s: there are no rows to learn from; give it some",
                       e->name);
    bool looks = e->tasks != HN_TASK_NONE && !(e->can & HN_IS_BASELINE);
    if (data->x->n_columns < 1 && looks)
        return hn_fail(ctx, HONE_ERROR_DATA,
                       "%s: there are no features to learn from; keep some column", e->name);
    if (features) HN_TRY(check_own_features(ctx, e, data->x));
    HN_TRY(check_targets(ctx, e, data));
    HN_TRY(check_weights(ctx, e, data));
    HN_TRY(check_objective(ctx, e, data));
    if (e->check && params) HN_TRY(e->check(ctx, params, data));
    return e->part ? check_parts(ctx, e, params, data, features) : HONE_OK;
}

hone_status hn_estimator_check(hone_ctx *ctx, const hone_estimator *estimator, const void *params,
                               const hone_data *data) {
    assert(ctx && estimator && data && data->x);
    return check(ctx, estimator, params, data, true);
}
