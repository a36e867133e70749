/* drop.c - columns left out: constant ones, ids, those that miss much, and those named. The others pass untouched. */
#include "ml/prep/prep.h"

#include "table/profile.h"
#include <assert.h>

typedef struct drop_state {
    int64_t n; /* columns that come in */
    int64_t n_kept;
    int32_t *kept; /* [n_kept] ascending */
} drop_state;

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    const drop_state *s = state;
    assert(x->n_columns == s->n);
    return hn_table_select(ctx, arena, x, s->kept, (int32_t)s->n_kept, ret_out);
}

/* Keep what is not marked. */
static hone_status keep_rest(hone_ctx *ctx, hn_arena *arena, const uint8_t *drop, int64_t n,
                             drop_state *s) {
    s->n = n;
    HN_TRY(HN_NEW(ctx, arena, s->kept, n + 1));
    for (int64_t j = 0; j < n; j++)
        if (!drop[j]) s->kept[s->n_kept++] = (int32_t)j;
    return HONE_OK;
}

static hone_status visit(hn_visitor *v, void *state) {
    drop_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n));
    HN_TRY(hn_visit(v, "n_kept", &s->n_kept));
    HN_TRY(hn_visit_check(v, s->n >= 0 && s->n < INT32_MAX && s->n_kept >= 0 && s->n_kept <= s->n,
                          "drop: number of columns"));
    HN_TRY(hn_visit(v, "kept", &s->kept, s->n_kept));
    for (int64_t i = 0; i < s->n_kept; i++)
        HN_TRY(hn_visit_check(
            v, s->kept[i] >= 0 && s->kept[i] < s->n && (i == 0 || s->kept[i] > s->kept[i - 1]),
            "drop: kept columns"));
    return HONE_OK;
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    (void)arena;
    const drop_state *s = state;
    return hn_prepare_check(ctx, "drop", schema->n_columns == s->n);
}

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    const drop_state *s = state;
    hn_json_mut *dropped = yyjson_mut_obj_add_arr(doc, object, "dropped");
    for (int64_t j = 0, i = 0; j < s->n; j++) {
        if (i < s->n_kept && s->kept[i] == j)
            i++;
        else
            yyjson_mut_arr_add_strcpy(doc, dropped, schema->columns[j].name);
    }
    return HONE_OK;
}

#define DROP_HOOKS                                                                                 \
    .family = "prep", .tasks = HN_TASK_NONE,                                                       \
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_ANY_TYPE, .state_size = sizeof(drop_state),     \
    .transform = transform, .visit = visit, .prepare = prepare, .report = report

/* Drop by what a column looks like. */
static hone_status fit_profile(hone_ctx *ctx, const hone_data *data, hn_arena *arena, drop_state *s,
                               bool (*drops)(const hn_column_profile *profile)) {
    int32_t n = data->x->n_columns;
    HN_SCRATCH(ctx);
    hn_column_profile *profiles;
    uint8_t *drop;
    HN_TRY(HN_SCRATCH_NEW(ctx, profiles, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, drop, n + 1));
    HN_TRY(hn_profile_table(ctx, data->x, profiles));
    for (int32_t j = 0; j < n; j++) drop[j] = drops(&profiles[j]);
    return keep_rest(ctx, arena, drop, n, s);
}

/* One value beside missing ones still tells something: which rows miss it. */
static bool is_constant(const hn_column_profile *profile) {
    return profile->is_constant && (profile->n_missing == 0 || profile->n_missing == profile->n);
}

static hone_status fit_constant(hone_ctx *ctx, const void *params, const hone_data *data,
                                hn_arena *arena, void *state) {
    (void)params;
    return fit_profile(ctx, data, arena, state, is_constant);
}

const hone_estimator hn_drop_constant = {
    .name = "drop_constant",
    .title = "Drop constant columns",
    .class_names = "DropConstant",
    .doc = "Leaves out columns that have the same value in all training rows, or none in any: "
           "nothing can be learned "
           "from them.",
    .params = HN_NO_PARAMS,
    .fit = fit_constant,
    HN_GOLDEN({.dataset = "tabular/digits/digits.csv",
               .columns = NULL,
               .params = NULL,
               .metric = "columns",
               .value = 62,
               .tolerance = 0,
               .source = "scikit-learn 1.9.1, VarianceThreshold()"}),
    DROP_HOOKS,
};

static bool is_id_like(const hn_column_profile *profile) { return profile->is_id_like; }

static hone_status fit_id_like(hone_ctx *ctx, const void *params, const hone_data *data,
                               hn_arena *arena, void *state) {
    (void)params;
    return fit_profile(ctx, data, arena, state, is_id_like);
}

const hone_estimator hn_drop_id_like = {
    .name = "drop_id_like",
    .title = "Drop columns that look like ids",
    .class_names = "DropIdLike",
    .doc = "Leaves out columns whose training values all differ and that are text, numbers counted "
           "up by row, or "
           "numbers named like an id: a model would learn the rows by heart.",
    .params = HN_NO_PARAMS,
    .fit = fit_id_like,
    HN_GOLDEN({.dataset = "tabular/titanic/titanic.csv",
               .columns = NULL,
               .params = NULL,
               .metric = "columns",
               .value = 10,
               .tolerance = 0,
               .source = "the data: PassengerId and Name are its ids"}),
    DROP_HOOKS,
};

/* ---- by what is missing ---------------------------------------------------------------------- */

typedef struct missing_params {
    double max_share;
} missing_params;

static const hone_param missing_table[] = {
    HN_PARAM(missing_params, max_share, .def = "0.5", .range = "[0, 1]", .search = "[0.1, 0.9]",
             .doc = "The share of training rows that a column may miss."),
};

static hone_status fit_missing(hone_ctx *ctx, const void *params, const hone_data *data,
                               hn_arena *arena, void *state) {
    const missing_params *p = params;
    HN_SCRATCH(ctx);
    uint8_t *drop;
    HN_TRY(HN_SCRATCH_NEW(ctx, drop, data->x->n_columns + 1));
    for (int32_t j = 0; j < data->x->n_columns; j++)
        drop[j] = (double)hn_column_count_missing(&data->x->columns[j]) >
                  p->max_share * (double)data->x->n_rows;
    return keep_rest(ctx, arena, drop, data->x->n_columns, state);
}

const hone_estimator hn_drop_missing = {
    .name = "drop_missing",
    .title = "Drop columns that miss many values",
    .class_names = "DropMissing",
    .doc = "Leaves out columns of which more than a share of the training rows has no value.",
    .params = HN_PARAMS(missing_params, missing_table),
    .fit = fit_missing,
    HN_GOLDEN({.dataset = "tabular/titanic/titanic.csv",
               .columns = NULL,
               .params = "{\"max_share\": 0.1}",
               .metric = "columns",
               .value = 10,
               .tolerance = 0,
               .source = "pandas 3.1.1, isna().mean(): Age and Cabin miss more"}),
    DROP_HOOKS,
};

/* ---- by name --------------------------------------------------------------------------------- */

typedef struct drop_params {
    hn_texts names;
} drop_params;

static const hone_param drop_table[] = {
    HN_PARAM(drop_params, names,
             .doc = "The columns to leave out; none: all that the step is given."),
};

static hone_status fit_columns(hone_ctx *ctx, const void *params, const hone_data *data,
                               hn_arena *arena, void *state) {
    const drop_params *p = params;
    HN_SCRATCH(ctx);
    uint8_t *drop;
    HN_TRY(HN_SCRATCH_NEW(ctx, drop, data->x->n_columns + 1));
    for (int32_t j = 0; j < data->x->n_columns; j++) drop[j] = p->names.n == 0;
    for (int64_t i = 0; i < p->names.n; i++) {
        int32_t j;
        HN_TRY(hn_table_require(ctx, data->x, p->names.items[i], &j));
        drop[j] = 1;
    }
    return keep_rest(ctx, arena, drop, data->x->n_columns, state);
}

const hone_estimator hn_drop_columns = {
    .name = "drop_columns",
    .example = "{\"names\": [\"b\"]}",
    .title = "Drop columns",
    .class_names = "DropColumns",
    .doc = "Leaves out the columns named, or all that the step is given.",
    .params = HN_PARAMS(drop_params, drop_table),
    .fit = fit_columns,
    HN_GOLDEN({.dataset = "tabular/iris/iris.csv",
               .columns = NULL,
               .params = "{\"names\": [\"species\", \"petal_width\"]}",
               .metric = "columns",
               .value = 3,
               .tolerance = 0,
               .source = "the data: five columns less two"}),
    DROP_HOOKS,
};
