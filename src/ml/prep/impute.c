/* impute.c - missing values replaced by one value per column, or per column and group, learned from the others. */
#include "ml/prep/impute.h"
#include <stdio.h>

static const hone_param params[] = {
    HN_PARAM(
        hn_impute_params, strategy, .def = "auto",
        .choices = HN_CHOICES("auto", "mean", "median", "most_frequent", "constant"),
        .doc =
            "What to put in; auto is the median for numbers and the most frequent category else.",
        .search = "{mean, median, most_frequent}"),
    HN_PARAM(hn_impute_params, fill_value, .def = "0",
             .doc = "With strategy constant, the value put into numeric columns."),
    HN_PARAM(hn_impute_params, fill_text, .def = "missing",
             .doc = "With strategy constant, the category put into columns of categories."),
    HN_PARAM(hn_impute_params, indicator, .def = "none",
             .choices = HN_CHOICES("none", "auto", "all"),
             .doc = "Add a column NAME_missing that tells where a value was put in: for columns "
                    "with missing values in "
                    "training (auto), or all.",
             .search = "{none, auto}"),
    HN_PARAM(hn_impute_params, by, .display = "COLUMN", .columns = true,
             .doc = "Learn a value for each group of rows that share the values of these columns, "
                    "which stay as they are; rows of groups that training did not see get the "
                    "value of all rows."),
    HN_PARAM(hn_impute_params, min_count, .def = "1", .range = "[1, inf)", .unit = "rows",
             .level = HN_ADVANCED,
             .doc = "With by, groups with fewer values get the value of all rows."),
};

static hone_status check(hone_ctx *ctx, const void *params_, const hone_data *data) {
    (void)data;
    const hn_impute_params *p = params_;
    if (p->by.n == 0 || p->strategy != HN_IMPUTE_CONSTANT) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "by"),
                      "impute: 'by' learns a value for each group, and strategy constant learns "
                      "none; leave one of them out");
}

static hone_status fit(hone_ctx *ctx, const void *params_, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    return hn_impute_learn(ctx, params_, data->x, arena, ret_state);
}

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    return hn_impute_fill(ctx, state, x, arena, ret_out);
}

/* ---- keeping --------------------------------------------------------------------------------- */

static hone_status visit(hn_visitor *v, void *state) {
    hn_impute_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n));
    HN_TRY(hn_visit_check(v, s->n >= 0 && s->n < INT32_MAX / 2, "impute: number of columns"));
    HN_TRY(hn_visit(v, "type", &s->type, s->n));
    HN_TRY(hn_visit(v, "fill", &s->fill, s->n));
    HN_TRY(hn_visit(v, "fill_code", &s->fill_code, s->n));
    HN_TRY(hn_visit(v, "extended", &s->extended, s->n));
    HN_TRY(hn_visit(v, "indicate", &s->indicate, s->n));
    HN_TRY(hn_visit(v, "passes", &s->passes, s->n));
    HN_TRY(hn_groups_visit(v, s->n, &s->groups));
    bool grouped = s->groups.n_by > 0;
    HN_TRY(hn_visit_check(v, grouped || s->groups.n == 0, "impute: groups"));
    if (grouped) HN_TRY(hn_visit(v, "group_fill", &s->group_fill, s->groups.n, s->n));
    if (grouped) HN_TRY(hn_visit(v, "group_code", &s->group_code, s->groups.n, s->n));
    if (v->loading) HN_TRY(HN_NEW(v->ctx, v->arena, s->dictionary, s->n + 1));
    for (int64_t j = 0; j < s->n; j++) {
        char name[48];
        snprintf(name, sizeof name, "dictionary.%lld", (long long)j);
        HN_TRY(hn_visit_check(v, s->extended[j] <= 1 && s->indicate[j] <= 1, "impute: flags"));
        if (s->extended[j]) HN_TRY(hn_visit_dictionary(v, name, &s->dictionary[j]));
        HN_TRY(
            hn_visit_check(v, !s->extended[j] || s->dictionary[j] != NULL, "impute: dictionary"));
    }
    return HONE_OK;
}

/* What is put in fits the column, for all rows and every group. */
static bool fits(const hn_impute_state *s, int64_t j, const hn_column *column) {
    int32_t type = s->type[j], n = 0;
    if (s->passes[j]) return !s->extended[j] && !s->indicate[j];
    bool codes = type == HN_CATEGORY;
    if (codes && (column->type != HN_CATEGORY || column->dictionary == NULL)) return false;
    if (codes) n = column->dictionary->n + s->extended[j];
    if (codes && s->extended[j] && s->dictionary[j]->n != n) return false;
    if (!codes && (!hn_type_is_numeric(column->type) || s->extended[j] ||
                   (type != HN_F64 && type != HN_F32 && type != HN_BOOL && type != HN_I64)))
        return false;
    for (int64_t g = -1; g < s->groups.n; g++) {
        int64_t at = g * s->n + j;
        int32_t code = g < 0 ? s->fill_code[j] : s->group_code[at];
        double fill = g < 0 ? s->fill[j] : s->group_fill[at];
        if (codes ? code < 0 || code >= n : type == HN_I64 && !(fabs(fill) <= 9007199254740992.0))
            return false;
    }
    return true;
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    static const hn_slice nothing = {"", 0};
    hn_impute_state *s = state;
    const char **names;
    int32_t n_indicated = 0;
    HN_TRY(hn_prepare_check(ctx, "impute", schema->n_columns == s->n));
    HN_TRY(HN_NEW(ctx, arena, names, s->n + 1));
    HN_SCRATCH(ctx);
    hn_namer namer;
    HN_TRY(hn_namer_init(&namer, ctx, arena, schema));
    for (int32_t j = 0; j < s->n; j++) {
        HN_TRY(hn_prepare_check(ctx, "impute", fits(s, j, &schema->columns[j])));
        if (!s->indicate[j]) continue;
        HN_TRY(hn_namer_make(&namer, schema->columns[j].name, "_missing", nothing, &names[j]));
        n_indicated++;
    }
    s->indicator_name = names;
    s->n_indicated = n_indicated;
    return hn_groups_prepare(ctx, arena, "impute", schema, &s->groups);
}

static hn_json_mut *shown_fill(const hn_impute_state *s, const hn_table *schema, hn_json_doc *doc,
                               int64_t j, double fill, int32_t code) {
    if (s->type[j] != HN_CATEGORY) return yyjson_mut_real(doc, fill);
    hn_slice text =
        hn_dictionary_text(s->extended[j] ? s->dictionary[j] : schema->columns[j].dictionary, code);
    return yyjson_mut_strncpy(doc, text.text, text.length);
}

/* Where there are few groups, what each of them gets. */
static hone_status report_groups(hone_ctx *ctx, const hn_impute_state *s, const hn_table *schema,
                                 hn_json_doc *doc, hn_json_mut *object) {
    enum { FEW = 60 };
    if (s->groups.n_by == 0) return HONE_OK;
    HN_SCRATCH(ctx);
    hn_str key;
    hn_str_init(&key, ctx, ctx->scratch);
    hn_json_mut *by = yyjson_mut_obj_add_arr(doc, object, "by");
    for (int64_t k = 0; k < s->groups.n_by; k++)
        yyjson_mut_arr_add_strcpy(doc, by, schema->columns[s->groups.by[k]].name);
    yyjson_mut_obj_add_int(doc, object, "groups", s->groups.n);
    if (s->groups.n > FEW) return HONE_OK;
    hn_json_mut *all = yyjson_mut_obj_add_obj(doc, object, "fill_by_group");
    for (int64_t g = 0; g < s->groups.n; g++) {
        hn_str_clear(&key);
        HN_TRY(hn_groups_print(&s->groups, schema, g, &key));
        hn_json_mut *fills = yyjson_mut_obj(doc);
        yyjson_mut_obj_add(all, yyjson_mut_strncpy(doc, key.text, key.length), fills);
        for (int32_t j = 0; j < s->n; j++)
            if (!s->passes[j])
                yyjson_mut_obj_add(fills, yyjson_mut_strcpy(doc, schema->columns[j].name),
                                   shown_fill(s, schema, doc, j, s->group_fill[g * s->n + j],
                                              s->group_code[g * s->n + j]));
    }
    return HONE_OK;
}

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    const hn_impute_state *s = state;
    hn_json_mut *fills = yyjson_mut_obj_add_obj(doc, object, "fill");
    for (int32_t j = 0; j < s->n; j++)
        if (!s->passes[j])
            yyjson_mut_obj_add(fills, yyjson_mut_strcpy(doc, schema->columns[j].name),
                               shown_fill(s, schema, doc, j, s->fill[j], s->fill_code[j]));
    return report_groups(ctx, s, schema, doc, object);
}

static hone_status attributes(hn_visitor *v, const void *state, const hn_shown *shown) {
    const hn_impute_state *s = state;
    const hn_table *schema = shown->schema;
    const char **texts;
    bool all = s->n > 0;
    for (int64_t j = 0; j < s->n; j++)
        all = all && s->type[j] == HN_CATEGORY && s->fill_code[j] >= 0;
    if (!all) return hn_show(v, "statistics", s->fill, s->n);
    HN_TRY(HN_NEW(v->ctx, v->arena, texts, s->n));
    for (int64_t j = 0; j < s->n; j++) {
        const hn_dictionary *own =
            s->dictionary[j] ? s->dictionary[j] : schema->columns[j].dictionary;
        hn_slice text = hn_dictionary_text(own, s->fill_code[j]);
        texts[j] = hn_arena_strndup(v->ctx, v->arena, text.text, text.length);
        if (texts[j] == NULL) return HONE_ERROR_MEMORY;
    }
    return hn_visit_texts(v, "statistics", &texts, s->n);
}

const hone_estimator hn_impute = {
    .name = "impute",
    .title = "Fill in missing values",
    .class_names = "Imputer",
    .family = "prep",
    .also = "simple_imputer fillna fill_na",
    .doc =
        "Puts one value per column where values are missing: the mean, median or most frequent "
        "one of the training rows (or of those in the row's group), or a constant; with a column "
        "beside it that tells where, if asked. For models that don't take missing values.",
    .references = "Little, Rubin (2019). Statistical Analysis with Missing Data.",
    .tasks = HN_TASK_NONE,
    .example = "{\"by\": [\"e\"], \"indicator\": \"auto\"}",
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES,
    .attributes = attributes,
    .params = HN_PARAMS(hn_impute_params, params),
    .state_size = sizeof(hn_impute_state),
    .check = check,
    .fit = fit,
    .transform = transform,
    .visit = visit,
    .prepare = prepare,
    .report = report,
    HN_GOLDEN(
        {.dataset = "tabular/titanic/titanic.csv",
         .columns = "Age,Fare,SibSp",
         .params = NULL,
         .metric = "sum",
         .value = 55321.1193,
         .tolerance = 1e-9,
         .source = "scikit-learn 1.9.1, SimpleImputer(strategy=median)"},
        {.dataset = "tabular/titanic/titanic.csv",
         .columns = "Age,Fare,SibSp",
         .params = "{\"strategy\": \"mean\"}",
         .metric = "sum",
         .value = 55621.863123529401,
         .tolerance = 1e-9,
         .source = "scikit-learn 1.9.1, SimpleImputer(strategy=mean)"},
        {.dataset = "tabular/titanic/titanic.csv",
         .columns = "Age,Fare,SibSp",
         .params = "{\"strategy\": \"most_frequent\", \"indicator\": \"auto\"}",
         .metric = "sum",
         .value = 54790.1193,
         .tolerance = 1e-9,
         .source = "scikit-learn 1.9.1, SimpleImputer(strategy=most_frequent, add_indicator=True)"},
        {.dataset = "tabular/titanic/titanic.csv",
         .columns = "Age,Fare",
         .params = "{\"by\": [\"Pclass\", \"Sex\"]}",
         .metric = "sum",
         .value = 57267.1193,
         .tolerance = 1e-9,
         .source = "pandas 3.1.1, fillna(groupby([Pclass, Sex]).transform(median)), Pclass and "
                   "codes of Sex beside"}),
};
