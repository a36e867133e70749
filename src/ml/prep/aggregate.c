/* aggregate.c - what is usual among the training rows with the same keys: the mean fare of a class and sex, how many
 * have a ticket. Learned once; a row to be answered gets the figures of its keys. */
#include "ml/prep/prep.h"

#include "num/sort.h"
#include <assert.h>
#include <math.h>
#include <string.h>

typedef struct aggregate_params {
    hn_texts by;
    hn_texts values;
    hn_texts statistics;
    int64_t min_count;
    bool keep_keys;
} aggregate_params;

static const char *const statistic_names[] = {"mean", "std",   "min",        "max",  "median",
                                              "sum",  "count", "difference", "ratio"};
enum { MEAN, STD, MIN, MAX, MEDIAN, SUM, COUNT, DIFFERENCE, RATIO, STATISTICS };

static const hone_param params[] = {
    HN_PARAM(aggregate_params, by, .display = "COLUMN", .required = true, .columns = true,
             .doc = "The keys: rows with the same values of these belong together."),
    HN_PARAM(aggregate_params, values, .display = "COLUMN", .columns = true,
             .doc = "Columns of numbers that figures are made of; none: all that are no keys."),
    HN_PARAM(aggregate_params, statistics, .def = "mean,count",
             .choices = HN_CHOICES("mean", "std", "min", "max", "median", "sum", "count",
                                   "difference", "ratio"),
             .doc =
                 "The figures; difference and ratio are those of the row's own value to the mean."),
    HN_PARAM(aggregate_params, min_count, .def = "1", .range = "[1, inf)", .unit = "rows",
             .doc = "Keys with fewer values get the figures of all rows."),
    HN_PARAM(aggregate_params, keep_keys, .def = "true", .doc = "Keep the columns of keys."),
};

typedef struct aggregate_state {
    int64_t n_features, n_by, n_values, n_statistics, n_groups, keep_keys;
    int32_t *by;         /* [n_by] columns */
    int32_t *values;     /* [n_values] columns */
    int32_t *statistics; /* [n_statistics] */
    double *figures; /* [n_groups + 1, n_values, n_statistics]; the last are those of all rows */
    const hn_dictionary *keys; /* [n_groups] sorted */
    /* made in prepare */
    const char **names; /* [n_values * n_statistics] */
} aggregate_state;

/* The values of a row's keys as one text. */
static hn_slice key_of(const aggregate_state *s, const hn_table *x, int64_t row, hn_str *str) {
    hn_str_clear(str);
    for (int64_t k = 0; k < s->n_by; k++) {
        if (k > 0) hn_str_put_c(str, '\x1f');
        hn_column_print(&x->columns[s->by[k]], row, str);
    }
    return (hn_slice){str->text != NULL ? str->text : "", str->length};
}

/* ---- fit ------------------------------------------------------------------------------------- */

static hone_status list_columns(hone_ctx *ctx, hn_arena *arena, const aggregate_params *p,
                                const hn_table *x, aggregate_state *s) {
    HN_TRY(HN_NEW(ctx, arena, s->by, p->by.n + 1));
    HN_TRY(HN_NEW(ctx, arena, s->values, x->n_columns + p->values.n + 1));
    for (int64_t i = 0; i < p->by.n; i++)
        HN_TRY(hn_table_require(ctx, x, p->by.items[i], &s->by[s->n_by++]));
    for (int64_t i = 0; i < p->values.n; i++) {
        int32_t j;
        HN_TRY(hn_table_require(ctx, x, p->values.items[i], &j));
        if (!hn_type_is_numeric(x->columns[j].type))
            return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = x->columns[j].name),
                              "aggregate: column '%s' holds no numbers to make figures of; name it "
                              "under 'by', or leave it out",
                              x->columns[j].name);
        s->values[s->n_values++] = j;
    }
    for (int32_t j = 0; j < x->n_columns && p->values.n == 0; j++) {
        bool key = !hn_type_is_numeric(x->columns[j].type);
        for (int64_t k = 0; k < s->n_by; k++) key |= s->by[k] == j;
        if (!key) s->values[s->n_values++] = j;
    }
    HN_TRY(HN_NEW(ctx, arena, s->statistics, p->statistics.n + 1));
    for (int64_t i = 0; i < p->statistics.n; i++)
        for (int32_t k = 0; k < STATISTICS; k++)
            if (strcmp(p->statistics.items[i], statistic_names[k]) == 0)
                s->statistics[s->n_statistics++] = k;
    return HONE_OK;
}

/* A figure of n values, ascending; NaN where there is none. */
static double figure(int32_t statistic, const double *values, int64_t n) {
    double sum = 0, squares = 0;
    if (statistic == COUNT) return (double)n;
    if (n == 0) return (double)NAN;
    for (int64_t i = 0; i < n; i++) sum += values[i];
    double mean = sum / (double)n;
    for (int64_t i = 0; i < n; i++) squares += (values[i] - mean) * (values[i] - mean);
    switch (statistic) {
    case STD: return n > 1 ? sqrt(squares / (double)(n - 1)) : (double)NAN;
    case MIN: return values[0];
    case MAX: return values[n - 1];
    case MEDIAN: return hn_quantile_sorted(values, n, 0.5);
    case SUM: return sum;
    default: return mean;
    }
}

/* The figures of one column: rows in the order of their groups, group g's from start[g] on. */
static hone_status learn_column(hone_ctx *ctx, const aggregate_params *p, const hn_column *column,
                                const int64_t *order, const int64_t *start, int64_t v,
                                aggregate_state *s) {
    HN_SCRATCH(ctx);
    double *values;
    int64_t rows = column->n, width = s->n_values * s->n_statistics;
    HN_TRY(HN_SCRATCH_NEW(ctx, values, rows + 1));
    for (int64_t g = 0; g <= s->n_groups;
         g++) { /* all rows first, as what the others fall back on */
        int64_t group = g == 0 ? s->n_groups : g - 1, n = 0;
        int64_t begin = g == 0 ? 0 : start[group], end = g == 0 ? rows : start[group + 1];
        for (int64_t i = begin; i < end; i++) {
            double value = hn_column_double(column, order[i]);
            if (!isnan(value)) values[n++] = value;
        }
        HN_TRY(hn_sort_f64(ctx, values, n));
        for (int64_t k = 0; k < s->n_statistics; k++) {
            double *all = s->figures + s->n_groups * width + v * s->n_statistics + k;
            double *own = s->figures + group * width + v * s->n_statistics + k;
            int32_t statistic = s->statistics[k];
            *own = figure(statistic, values, n);
            if (g == 0 && statistic == COUNT) *own = 0; /* of keys never seen */
            if (g > 0 && statistic != COUNT && (n < p->min_count || isnan(*own))) *own = *all;
        }
    }
    return HONE_OK;
}

static hone_status fit(hone_ctx *ctx, const void *values, const hone_data *data, hn_arena *arena,
                       void *state) {
    const aggregate_params *p = values;
    aggregate_state *s = state;
    const hn_table *x = data->x;
    int64_t n = x->n_rows, *order, *start;
    HN_SCRATCH(ctx);
    hn_builder *builder;
    hn_column keys;
    hn_str str;
    s->n_features = x->n_columns;
    s->keep_keys = p->keep_keys;
    HN_TRY(list_columns(ctx, arena, p, x, s));
    hn_str_init(&str, ctx, ctx->scratch);
    HN_TRY(hn_builder_new(ctx, arena, "key", HN_CATEGORY, &builder));
    for (int64_t i = 0; i < n; i++) HN_TRY(hn_builder_text(builder, key_of(s, x, i, &str)));
    HN_TRY(hn_str_status(&str));
    HN_TRY(hn_builder_finish(builder, &keys));
    s->keys = keys.dictionary;
    s->n_groups = s->keys->n;
    HN_TRY(HN_SCRATCH_NEW(ctx, order, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, start, s->n_groups + 2));
    for (int64_t i = 0; i < n; i++) start[hn_column_code(&keys, i) + 2]++;
    for (int64_t g = 2; g <= s->n_groups; g++) start[g] += start[g - 1];
    for (int64_t i = 0; i < n; i++) order[start[hn_column_code(&keys, i) + 1]++] = i;
    HN_TRY(HN_NEW(ctx, arena, s->figures, (s->n_groups + 1) * s->n_values * s->n_statistics + 1));
    for (int64_t v = 0; v < s->n_values; v++)
        HN_TRY(learn_column(ctx, p, &x->columns[s->values[v]], order, start, v, s));
    return HONE_OK;
}

/* ---- transform ------------------------------------------------------------------------------- */

static double answer(int32_t statistic, double learned, double own) {
    if (statistic == DIFFERENCE) return own - learned;
    if (statistic == RATIO) return learned != 0 ? own / learned : (double)NAN;
    return learned;
}

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    const aggregate_state *s = state;
    assert(x->n_columns == s->n_features && s->names != NULL);
    int64_t made = s->n_values * s->n_statistics;
    hn_table out = {.n_rows = x->n_rows};
    double **columns;
    HN_TRY(HN_NEW(ctx, arena, out.columns, x->n_columns + made + 1));
    HN_TRY(HN_NEW(ctx, arena, columns, made + 1));
    for (int32_t j = 0; j < x->n_columns; j++) {
        bool key = false;
        for (int64_t k = 0; k < s->n_by; k++) key |= s->by[k] == j;
        if (!key || s->keep_keys) out.columns[out.n_columns++] = x->columns[j];
    }
    for (int64_t k = 0; k < made; k++) {
        HN_TRY(HN_NEW(ctx, arena, columns[k], x->n_rows + 1));
        out.columns[out.n_columns++] = hn_column_of_f64(s->names[k], columns[k], x->n_rows);
    }
    HN_SCRATCH(ctx);
    hn_str str;
    hn_str_init(&str, ctx, ctx->scratch);
    for (int64_t i = 0; i < x->n_rows; i++) {
        int64_t group = hn_dictionary_find(s->keys, key_of(s, x, i, &str));
        const double *figures = s->figures + (group >= 0 ? group : s->n_groups) * made;
        for (int64_t k = 0; k < made; k++)
            columns[k][i] =
                answer(s->statistics[k % s->n_statistics], figures[k],
                       hn_column_double(&x->columns[s->values[k / s->n_statistics]], i));
    }
    HN_TRY(hn_str_status(&str));
    *ret_out = out;
    return HONE_OK;
}

/* ---- keeping --------------------------------------------------------------------------------- */

static hone_status visit(hn_visitor *v, void *state) {
    enum { MOST = 1 << 24 };
    aggregate_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_by", &s->n_by));
    HN_TRY(hn_visit(v, "n_values", &s->n_values));
    HN_TRY(hn_visit(v, "n_statistics", &s->n_statistics));
    HN_TRY(hn_visit(v, "n_groups", &s->n_groups));
    HN_TRY(hn_visit(v, "keep_keys", &s->keep_keys));
    HN_TRY(hn_visit_check(v,
                          s->n_features >= 0 && s->n_features < INT32_MAX / 2 && s->n_by >= 0 &&
                              s->n_by <= MOST && s->n_values >= 0 && s->n_values <= MOST &&
                              s->n_statistics >= 0 && s->n_statistics <= 1024 && s->n_groups >= 0 &&
                              s->n_groups < INT32_MAX,
                          "aggregate: sizes"));
    HN_TRY(hn_visit(v, "by", &s->by, s->n_by));
    HN_TRY(hn_visit(v, "values", &s->values, s->n_values));
    HN_TRY(hn_visit(v, "statistics", &s->statistics, s->n_statistics));
    for (int64_t i = 0; i < s->n_by; i++)
        HN_TRY(hn_visit_check(v, s->by[i] >= 0 && s->by[i] < s->n_features, "aggregate: keys"));
    for (int64_t i = 0; i < s->n_values; i++)
        HN_TRY(hn_visit_check(v, s->values[i] >= 0 && s->values[i] < s->n_features,
                              "aggregate: columns"));
    for (int64_t i = 0; i < s->n_statistics; i++)
        HN_TRY(hn_visit_check(v, s->statistics[i] >= 0 && s->statistics[i] < STATISTICS,
                              "aggregate: statistics"));
    HN_TRY(hn_visit_dictionary(v, "keys", &s->keys));
    HN_TRY(hn_visit_check(v, s->keys->n == s->n_groups && hn_dictionary_is_sorted(s->keys),
                          "aggregate: the texts of keys"));
    return hn_visit(v, "figures", &s->figures, s->n_groups + 1, s->n_values, s->n_statistics);
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    aggregate_state *s = state;
    const char **names;
    HN_TRY(hn_prepare_check(ctx, "aggregate", schema->n_columns == s->n_features));
    HN_TRY(HN_NEW(ctx, arena, names, s->n_values * s->n_statistics + 1));
    HN_SCRATCH(ctx);
    hn_namer namer;
    hn_str keys;
    hn_str_init(&keys, ctx, ctx->scratch);
    for (int64_t k = 0; k < s->n_by; k++)
        hn_str_printf(&keys, "%s%s", k > 0 ? "," : "", schema->columns[s->by[k]].name);
    HN_TRY(hn_str_status(&keys));
    HN_TRY(hn_namer_init(&namer, ctx, arena, schema));
    for (int64_t k = 0; k < s->n_values * s->n_statistics; k++) {
        const hn_column *column = &schema->columns[s->values[k / s->n_statistics]];
        HN_TRY(hn_prepare_check(ctx, "aggregate", hn_type_is_numeric(column->type)));
        hn_str text;
        hn_str_init(&text, ctx, ctx->scratch);
        hn_str_printf(&text, "%s by %.*s", statistic_names[s->statistics[k % s->n_statistics]],
                      (int)keys.length, keys.text != NULL ? keys.text : "");
        HN_TRY(hn_str_status(&text));
        HN_TRY(hn_namer_make(&namer, column->name, " ", (hn_slice){text.text, text.length},
                             &names[k]));
    }
    s->names = names;
    return HONE_OK;
}

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    const aggregate_state *s = state;
    (void)schema;
    hn_json_mut *made = yyjson_mut_obj_add_arr(doc, object, "made");
    bool ok = made && yyjson_mut_obj_add_int(doc, object, "groups", s->n_groups);
    for (int64_t k = 0; ok && k < s->n_values * s->n_statistics; k++)
        ok = yyjson_mut_arr_add_str(doc, made, s->names[k]);
    return ok ? HONE_OK : hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory telling of groups");
}

const hone_estimator hn_aggregate = {
    .name = "aggregate",
    .title = "Figures of the rows with the same keys",
    .class_names = "Aggregate",
    .family = "prep",
    .doc = "Adds what is usual among the training rows that share a row's keys: mean, deviation, "
           "extremes, "
           "median, sum or count of columns by key, and how far the row's own value is from the "
           "mean. Keys "
           "that training did not see, or saw too rarely, get the figures of all rows (and the "
           "count 0).",
    .tasks = HN_TASK_NONE,
    .example =
        "{\"by\": [\"e\"], \"values\": [\"a\"], \"statistics\": [\"mean\", \"count\", \"ratio\"]}",
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_ANY_TYPE,
    .params = HN_PARAMS(aggregate_params, params),
    .state_size = sizeof(aggregate_state),
    .fit = fit,
    .transform = transform,
    .visit = visit,
    .prepare = prepare,
    .report = report,
    HN_GOLDEN({.dataset = "tabular/titanic/titanic.csv",
               .columns = "Pclass,Sex,Fare",
               .params = "{\"by\": [\"Pclass\", \"Sex\"], \"values\": [\"Fare\"], \"statistics\": "
                         "[\"count\"], \"keep_keys\": false}",
               .metric = "sum",
               .value = 210998.9493,
               .tolerance = 1e-6,
               .source = "pandas 3.1.1, groupby().transform('count') beside the column"}),
};
