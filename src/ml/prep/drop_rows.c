/* drop_rows.c - training rows left out: those that miss values, and those that are there twice. */
#include "ml/prep/drop_rows.h"

#include "table/keys.h"
#include <assert.h>
#include <string.h>

/* ---- shared ---------------------------------------------------------------------------------- */

hone_status hn_drop_rows(hone_ctx *ctx, const char *step, const hone_data *data,
                         const uint8_t *drop, hn_arena *arena, hn_dropping *dropping,
                         hn_resampled *ret_rows) {
    int64_t *source, n = 0, rows = data->x->n_rows;
    HN_TRY(HN_NEW(ctx, arena, source, rows + 1));
    for (int64_t i = 0; i < rows; i++)
        if (!drop[i]) source[n++] = i;
    if (n == 0)
        return hn_fail(ctx, HONE_ERROR_DATA,
                       "%s: it would leave out every one of the %lld training rows; name fewer "
                       "columns, or leave the step out",
                       step, (long long)rows);
    dropping->rows_before = rows;
    dropping->rows_after = n;
    *ret_rows = (hn_resampled){.n = n, .source = n < rows ? source : NULL};
    return HONE_OK;
}

hone_status hn_dropping_fit(hone_ctx *ctx, const void *params, const hone_data *data,
                            hn_arena *arena, void *state) {
    (void)ctx, (void)params, (void)arena;
    hn_dropping *s = state;
    s->n_features = data->x->n_columns;
    s->rows_before = s->rows_after = data->x->n_rows;
    return HONE_OK;
}

hone_status hn_dropping_pass(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    (void)ctx, (void)state, (void)arena;
    assert(x->n_columns == ((const hn_dropping *)state)->n_features);
    *ret_out = *x;
    return HONE_OK;
}

hone_status hn_dropping_visit(hn_visitor *v, void *state) {
    hn_dropping *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "rows_before", &s->rows_before));
    HN_TRY(hn_visit(v, "rows_after", &s->rows_after));
    return hn_visit_check(v,
                          s->n_features >= 0 && s->n_features < INT32_MAX && s->rows_before >= 0 &&
                              s->rows_after >= 0,
                          "rows left out: numbers");
}

hone_status hn_dropping_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                                const hn_table *schema) {
    (void)arena;
    return hn_prepare_check(ctx, "drop_rows",
                            schema->n_columns == ((const hn_dropping *)state)->n_features);
}

hone_status hn_dropping_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                               hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx, (void)schema;
    const hn_dropping *s = state;
    yyjson_mut_obj_add_int(doc, object, "rows_before", s->rows_before);
    yyjson_mut_obj_add_int(doc, object, "rows_after", s->rows_after);
    return HONE_OK;
}

#define DROP_ROWS_HOOKS                                                                            \
    .family = "prep", .tasks = HN_TASK_NONE,                                                       \
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_ANY_TYPE, .state_size = sizeof(hn_dropping),    \
    .fit = hn_dropping_fit, .transform = hn_dropping_pass, .visit = hn_dropping_visit,             \
    .prepare = hn_dropping_prepare, .report = hn_dropping_report

/* ---- missing values -------------------------------------------------------------------------- */

typedef struct missing_params {
    int how;
    int64_t thresh;
} missing_params;

enum { ANY, ALL };

static const hone_param missing_table[] = {
    HN_PARAM(missing_params, how, .def = "any", .choices = HN_CHOICES("any", "all"),
             .doc = "Rows that miss one of the columns, or all of them."),
    HN_PARAM(missing_params, thresh, .def = "none", .range = "[1, inf)",
             .words = HN_WORDS({"none", 0}), .unit = "columns",
             .doc = "Instead: rows that have fewer values than these."),
};

static hone_status drop_missing(hone_ctx *ctx, const void *params, const hone_data *data,
                                hn_arena *arena, void *state, hn_resampled *ret_rows) {
    const missing_params *p = params;
    const hn_table *x = data->x;
    HN_SCRATCH(ctx);
    int32_t *present;
    uint8_t *drop;
    HN_TRY(HN_SCRATCH_NEW(ctx, present, x->n_rows + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, drop, x->n_rows + 1));
    for (int32_t j = 0; j < x->n_columns; j++)
        for (int64_t i = 0; i < x->n_rows; i++)
            present[i] += !hn_column_is_missing(&x->columns[j], i);
    int64_t least = p->thresh > 0 ? p->thresh : p->how == ANY ? x->n_columns : 1;
    for (int64_t i = 0; i < x->n_rows; i++) drop[i] = present[i] < least;
    return hn_drop_rows(ctx, "drop_missing_rows", data, drop, arena, state, ret_rows);
}

const hone_estimator hn_drop_missing_rows = {
    .name = "drop_missing_rows",
    .title = "Drop training rows that miss values",
    .class_names = "DropMissingRows",
    .doc = "Leaves out training rows that miss values in the columns it is given. Rows to be "
           "answered or scored are never left out: where the model takes no missing values, impute "
           "behind it.",
    .example = "{\"thresh\": 1}",
    .params = HN_PARAMS(missing_params, missing_table),
    .resample = drop_missing,
    HN_GOLDEN({.dataset = "tabular/titanic/titanic.csv",
               .columns = "Age,Fare,Embarked",
               .metric = "rows_after",
               .value = 712,
               .tolerance = 0,
               .source = "pandas 3.1.1, dropna(subset=[Age, Fare, Embarked])"}),
    DROP_ROWS_HOOKS,
};

/* ---- duplicates ------------------------------------------------------------------------------ */

typedef struct duplicate_params {
    int keep;
    bool target;
} duplicate_params;

enum { FIRST, LAST, NONE };

static const hone_param duplicate_table[] = {
    HN_PARAM(duplicate_params, keep, .def = "first", .choices = HN_CHOICES("first", "last", "none"),
             .doc = "Which of several equal rows stays."),
    HN_PARAM(duplicate_params, target, .def = "true",
             .doc = "Rows with another target are others; false looks at the columns alone, as for "
                    "a key."),
};

/* The columns, and behind them the targets, where they count. */
static hone_status compared(hone_ctx *ctx, const duplicate_params *p, const hone_data *data,
                            hn_table *ret_table) {
    const hn_table *x = data->x;
    int32_t targets = p->target && data->y != NULL ? hn_data_targets(data) : 0;
    hn_table all = {.n_rows = x->n_rows, .n_columns = x->n_columns + targets};
    HN_TRY(HN_SCRATCH_NEW(ctx, all.columns, all.n_columns + 1));
    memcpy(all.columns, x->columns, (size_t)x->n_columns * sizeof *all.columns);
    for (int32_t t = 0; t < targets; t++) {
        hone_data one = hn_data_of_target(data, t);
        all.columns[x->n_columns + t] = hn_column_of_f64("target", one.y, x->n_rows);
    }
    *ret_table = all;
    return HONE_OK;
}

static hone_status drop_duplicates(hone_ctx *ctx, const void *params, const hone_data *data,
                                   hn_arena *arena, void *state, hn_resampled *ret_rows) {
    const duplicate_params *p = params;
    HN_SCRATCH(ctx);
    hn_table all;
    int32_t *columns;
    int64_t *number, *times, n, rows = data->x->n_rows;
    uint8_t *drop;
    HN_TRY(compared(ctx, p, data, &all));
    HN_TRY(HN_SCRATCH_NEW(ctx, columns, all.n_columns + 1));
    for (int32_t j = 0; j < all.n_columns; j++) columns[j] = j;
    hn_key_columns keys = {&all, columns};
    HN_TRY(hn_keys_number(ctx, &keys, 1, all.n_columns, true, &number, &n));
    HN_TRY(HN_SCRATCH_NEW(ctx, times, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, drop, rows + 1));
    for (int64_t i = 0; i < rows && p->keep == NONE; i++) times[number[i]]++;
    for (int64_t k = 0; k < rows; k++) {
        int64_t i = p->keep == LAST ? rows - 1 - k : k;
        drop[i] = p->keep == NONE ? times[number[i]] > 1 : times[number[i]]++ > 0;
    }
    return hn_drop_rows(ctx, "drop_duplicates", data, drop, arena, state, ret_rows);
}

const hone_estimator hn_drop_duplicates = {
    .name = "drop_duplicates",
    .title = "Drop training rows that are there twice",
    .class_names = "DropDuplicates",
    .doc = "Leaves out training rows that equal another one in the columns it is given and in the "
           "target; missing equals missing. With columns that are a key and target false, one row "
           "of each key stays.",
    .params = HN_PARAMS(duplicate_params, duplicate_table),
    .resample = drop_duplicates,
    HN_GOLDEN({.dataset = "tabular/titanic/titanic.csv",
               .columns = "Pclass,Sex,SibSp,Parch,Embarked",
               .params = "{\"target\": false}",
               .metric = "rows_after",
               .value = 118,
               .tolerance = 0,
               .source = "pandas 3.1.1, drop_duplicates()"}),
    DROP_ROWS_HOOKS,
};
