/* missing_indicator.c - columns that tell where a value is missing, and columns or rows that lack too many. */
#include "ml/prep/prep.h"

#include <assert.h>

typedef struct indicator_params {
    int features;
    bool keep;
} indicator_params;

enum { MISSING_ONLY, ALL };

static const hone_param params[] = {
    HN_PARAM(indicator_params, features, .def = "missing_only",
             .choices = HN_CHOICES("missing_only", "all"),
             .doc = "Of columns with missing values in training, or of all."),
    HN_PARAM(indicator_params, keep, .def = "true",
             .doc = "Keep the columns themselves; else only NAME_missing is left."),
};

typedef struct indicator_state {
    int64_t n, keep;
    uint8_t *tells; /* [n] */
    /* made in prepare */
    int32_t n_told;
    const char **names; /* [n] */
} indicator_state;

static hone_status fit(hone_ctx *ctx, const void *params_, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    const indicator_params *p = params_;
    indicator_state *s = ret_state;
    s->n = data->x->n_columns;
    s->keep = p->keep;
    HN_TRY(HN_NEW(ctx, arena, s->tells, s->n));
    for (int64_t j = 0; j < s->n; j++)
        s->tells[j] = p->features == ALL || hn_column_count_missing(&data->x->columns[j]) > 0;
    return HONE_OK;
}

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    const indicator_state *s = state;
    assert(x->n_columns == s->n && s->names != NULL);
    hn_table out = {.n_rows = x->n_rows};
    HN_TRY(HN_NEW(ctx, arena, out.columns, s->n + s->n_told + 1));
    for (int64_t j = 0; s->keep && j < s->n; j++) out.columns[out.n_columns++] = x->columns[j];
    for (int64_t j = 0; j < s->n; j++) {
        uint8_t *told;
        if (!s->tells[j]) continue;
        HN_TRY(HN_NEW(ctx, arena, told, x->n_rows + 1));
        for (int64_t i = 0; i < x->n_rows; i++) told[i] = hn_column_is_missing(&x->columns[j], i);
        out.columns[out.n_columns++] = (hn_column){
            .name = s->names[j], .type = HN_BOOL, .n = x->n_rows, .values = told, .stride = 1};
    }
    *ret_out = out;
    return HONE_OK;
}

static hone_status visit(hn_visitor *v, void *state) {
    indicator_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n));
    HN_TRY(hn_visit(v, "keep", &s->keep));
    HN_TRY(hn_visit_check(v, s->n >= 0 && s->n < INT32_MAX / 2, "missing_indicator: columns"));
    return hn_visit(v, "tells", &s->tells, s->n);
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    static const hn_slice nothing = {"", 0};
    indicator_state *s = state;
    HN_TRY(hn_prepare_check(ctx, "missing_indicator", schema->n_columns == s->n));
    HN_TRY(HN_NEW(ctx, arena, s->names, s->n + 1));
    HN_SCRATCH(ctx);
    hn_namer namer;
    HN_TRY(hn_namer_init(&namer, ctx, arena, schema));
    s->n_told = 0;
    for (int64_t j = 0; j < s->n; j++) {
        if (!s->tells[j]) continue;
        HN_TRY(hn_namer_make(&namer, schema->columns[j].name, "_missing", nothing, &s->names[j]));
        s->n_told++;
    }
    return HONE_OK;
}

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    const indicator_state *s = state;
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, object, "columns");
    for (int64_t j = 0; j < s->n; j++)
        if (s->tells[j]) yyjson_mut_arr_add_strcpy(doc, list, schema->columns[j].name);
    return HONE_OK;
}

static hone_status attributes(hn_visitor *v, const void *state, const hn_shown *shown) {
    (void)shown;
    const indicator_state *s = state;
    int64_t *features, n = 0;
    HN_TRY(HN_NEW(v->ctx, v->arena, features, s->n));
    for (int64_t j = 0; j < s->n; j++)
        if (s->tells[j]) features[n++] = j;
    return hn_show(v, "features", features, n);
}

const hone_estimator hn_missing_indicator = {
    .name = "missing_indicator",
    .title = "Tell where values are missing",
    .class_names = "MissingIndicator",
    .family = "prep",
    .doc = "Adds a column NAME_missing for each column that had missing values in training: that a "
           "value is missing often says more than the value put in its place.",
    .tasks = HN_TASK_NONE,
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_ANY_TYPE,
    .attributes = attributes,
    .params = HN_PARAMS(indicator_params, params),
    .state_size = sizeof(indicator_state),
    .fit = fit,
    .transform = transform,
    .visit = visit,
    .prepare = prepare,
    .report = report,
    HN_GOLDEN({.dataset = "tabular/titanic/titanic.csv",
               .columns = "Age,Fare,SibSp",
               .params = "{\"keep\": false}",
               .metric = "sum",
               .value = 177,
               .tolerance = 0,
               .source = "scikit-learn 1.9.1, MissingIndicator()"}),
};
