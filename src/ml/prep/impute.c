/* impute.c - missing values replaced by one value per column, learned from the others. */
#include "ml/prep/prep.h"

#include "base/parallel.h"
#include "num/sort.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

typedef struct impute_params {
    int strategy;
    double fill_value;
    const char *fill_text;
    int indicator;
} impute_params;

enum { AUTO, MEAN, MEDIAN, MOST_FREQUENT, CONSTANT };
enum { INDICATE_NONE, INDICATE_AUTO, INDICATE_ALL };

static const hone_param params[] = {
    HN_PARAM(
        impute_params, strategy, .def = "auto",
        .choices = HN_CHOICES("auto", "mean", "median", "most_frequent", "constant"),
        .doc =
            "What to put in; auto is the median for numbers and the most frequent category else.",
        .search = "{mean, median, most_frequent}"),
    HN_PARAM(impute_params, fill_value, .def = "0",
             .doc = "With strategy constant, the value put into numeric columns."),
    HN_PARAM(impute_params, fill_text, .def = "missing",
             .doc = "With strategy constant, the category put into columns of categories."),
    HN_PARAM(impute_params, indicator, .def = "none", .choices = HN_CHOICES("none", "auto", "all"),
             .doc = "Add a column NAME_missing that tells where a value was put in: for columns "
                    "with missing values in "
                    "training (auto), or all.",
             .search = "{none, auto}"),
};

typedef struct impute_state {
    int64_t n;          /* columns */
    int32_t *type;      /* [n] hn_type that comes out */
    double *fill;       /* [n] numbers */
    int32_t *fill_code; /* [n] categories: code that comes out */
    uint8_t *extended;  /* [n] the constant is a category that the column did not have */
    uint8_t *indicate;  /* [n] */
    const hn_dictionary **dictionary; /* [n] of extended columns, else NULL */
    /* made in prepare */
    int32_t n_indicated;
    const char **indicator_name; /* [n] */
} impute_state;

/* ---- fit ------------------------------------------------------------------------------------- */

typedef struct fit_job {
    const impute_params *params;
    const hn_table *x;
    impute_state *state;
} fit_job;

static hone_status all_missing(hone_ctx *ctx, const hn_column *column) {
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = column->name),
                      "impute: column '%s' has no value in the training rows to learn a "
                      "replacement from; drop it "
                      "(drop_constant does), or set strategy to constant",
                      column->name);
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

static hone_status learn_number(hone_ctx *ctx, const impute_params *p, const hn_column *column,
                                double *ret_fill) {
    double *values;
    int64_t n;
    if (p->strategy == CONSTANT) {
        *ret_fill = p->fill_value;
        return HONE_OK;
    }
    HN_SCRATCH(ctx);
    HN_TRY(hn_present_values(ctx, column, &values, &n));
    if (n == 0) return all_missing(ctx, column);
    if (p->strategy == MEAN) {
        *ret_fill = hn_sum(values, n) / (double)n;
        return HONE_OK;
    }
    HN_TRY(hn_sort_f64(ctx, values, n));
    *ret_fill = p->strategy == MOST_FREQUENT ? mode_of(values, n) : median_of(values, n);
    return HONE_OK;
}

/* A column keeps its type where the replacement is one of its values; else it becomes real. */
static hn_type type_after(const hn_column *column, double fill) {
    if (column->type == HN_I64 && fill == floor(fill) && fabs(fill) <= 9007199254740992.0)
        return HN_I64;
    if (column->type == HN_BOOL && (fill == 0 || fill == 1)) return HN_BOOL;
    return column->type == HN_F32 ? HN_F32 : HN_F64;
}

/* The code of the most frequent category; of several the first. -1: no value at all. */
static hone_status most_frequent_code(hone_ctx *ctx, const hn_column *column, int32_t *ret_code) {
    HN_SCRATCH(ctx);
    int64_t *counts;
    int32_t best = -1;
    HN_TRY(HN_SCRATCH_NEW(ctx, counts, column->dictionary->n + 1));
    for (int64_t i = 0; i < column->n; i++) {
        if (hn_column_is_null(column, i)) continue;
        int32_t code = hn_column_code(column, i);
        if (code != HN_UNKNOWN) counts[code]++;
    }
    for (int32_t code = 0; code < column->dictionary->n; code++)
        if (counts[code] > (best < 0 ? 0 : counts[best])) best = code;
    *ret_code = best;
    return HONE_OK;
}

static hone_status learn_category(hone_ctx *ctx, const impute_params *p, const hn_column *column,
                                  impute_state *s, int32_t j) {
    if (p->strategy == MEAN || p->strategy == MEDIAN)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = column->name, .param = "strategy"),
                          "impute: column '%s' holds categories, which have no %s; use auto or "
                          "most_frequent, or leave "
                          "the column out",
                          column->name, p->strategy == MEAN ? "mean" : "median");
    const char *text = p->fill_text != NULL ? p->fill_text : "";
    if (p->strategy == CONSTANT)
        s->fill_code[j] = hn_dictionary_find(column->dictionary, (hn_slice){text, strlen(text)});
    else
        HN_TRY(most_frequent_code(ctx, column, &s->fill_code[j]));
    s->extended[j] = s->fill_code[j] < 0;
    return s->extended[j] && p->strategy != CONSTANT ? all_missing(ctx, column) : HONE_OK;
}

static hone_status learn(hone_ctx *ctx, void *arg, int32_t j) {
    const fit_job *job = arg;
    const hn_column *column = &job->x->columns[j];
    impute_state *s = job->state;
    int indicator = job->params->indicator;
    s->indicate[j] = indicator == INDICATE_ALL ||
                     (indicator == INDICATE_AUTO && hn_column_count_missing(column) > 0);
    s->type[j] = HN_CATEGORY;
    s->fill_code[j] = -1;
    if (column->type == HN_CATEGORY) return learn_category(ctx, job->params, column, s, j);
    if (!hn_type_is_numeric(column->type))
        return hn_fail_at(
            ctx, HONE_ERROR_DATA, HN_AT(.column = column->name),
            "impute: column '%s' holds %s values; it takes numbers and categories: leave it out",
            column->name, hn_type_name(column->type));
    HN_TRY(learn_number(ctx, job->params, column, &s->fill[j]));
    s->type[j] = type_after(column, s->fill[j]);
    return HONE_OK;
}

/* The dictionary with text put in at its place, which is *ret_code. */
static hone_status extend(hone_ctx *ctx, hn_arena *arena, const hn_dictionary *old, hn_slice text,
                          const hn_dictionary **ret_dictionary, int32_t *ret_code) {
    hn_dictionary *dictionary;
    int64_t *offsets, old_bytes = old->n > 0 ? old->offsets[old->n] : 0;
    char *bytes;
    int32_t place = 0;
    while (place < old->n && hn_slice_compare(hn_dictionary_text(old, place), text) < 0) place++;
    HN_TRY(HN_NEW(ctx, arena, dictionary, 1));
    HN_TRY(HN_NEW(ctx, arena, offsets, old->n + 2));
    HN_TRY(HN_NEW(ctx, arena, bytes, old_bytes + (int64_t)text.length + 1));
    int64_t at = 0;
    for (int32_t code = 0; code <= old->n; code++) {
        hn_slice next = code == place ? text : hn_dictionary_text(old, code - (code > place));
        if (next.length > 0) memcpy(bytes + at, next.text, next.length);
        at += (int64_t)next.length;
        offsets[code + 1] = at;
    }
    *dictionary = (hn_dictionary){.n = old->n + 1, .offsets = offsets, .bytes = bytes};
    *ret_dictionary = dictionary;
    *ret_code = place;
    return HONE_OK;
}

static hone_status fit(hone_ctx *ctx, const void *params_, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    const impute_params *p = params_;
    impute_state *s = ret_state;
    s->n = data->x->n_columns;
    HN_TRY(HN_NEW(ctx, arena, s->type, s->n));
    HN_TRY(HN_NEW(ctx, arena, s->fill, s->n));
    HN_TRY(HN_NEW(ctx, arena, s->fill_code, s->n));
    HN_TRY(HN_NEW(ctx, arena, s->extended, s->n));
    HN_TRY(HN_NEW(ctx, arena, s->indicate, s->n));
    HN_TRY(HN_NEW(ctx, arena, s->dictionary, s->n));
    fit_job job = {.params = p, .x = data->x, .state = s};
    HN_TRY(hn_each_column(ctx, (int32_t)s->n, learn, &job));
    const char *text = p->fill_text != NULL ? p->fill_text : "";
    for (int64_t j = 0; j < s->n; j++)
        if (s->extended[j])
            HN_TRY(extend(ctx, arena, data->x->columns[j].dictionary,
                          (hn_slice){text, strlen(text)}, &s->dictionary[j], &s->fill_code[j]));
    return HONE_OK;
}

/* ---- transform ------------------------------------------------------------------------------- */

typedef struct fill_job {
    const impute_state *state;
    const hn_table *x;
    void **out;      /* [n] NULL: borrowed */
    uint8_t **tells; /* [n] NULL: no indicator */
} fill_job;

static void fill_codes(const impute_state *s, int32_t j, const hn_column *column, int64_t begin,
                       int64_t end, int32_t *out) {
    int32_t fill = s->fill_code[j], moved_from = s->extended[j] ? fill : INT32_MAX;
    for (int64_t i = begin; i < end; i++) {
        int32_t code = hn_column_code(column, i);
        out[i] = hn_column_is_null(column, i) ? fill : code + (code >= moved_from);
    }
}

static void fill_ints(const hn_column *column, int64_t begin, int64_t end, int64_t fill,
                      int64_t *out) {
    for (int64_t i = begin; i < end; i++) {
        const int64_t *value = (const int64_t *)((const char *)column->values + i * column->stride);
        out[i] = hn_column_is_null(column, i) ? fill : *value;
    }
}

/* What a column comes out as. Whole numbers may come in as doubles (a row of JSON, a file where one has
 * a fraction): they stay what they are. */
static hn_type out_type(const impute_state *s, int64_t j, const hn_column *column) {
    hn_type type = (hn_type)s->type[j];
    return type == HN_I64 && column->type != HN_I64 ? HN_F64 : type;
}

/* Every other numeric type goes through doubles. */
static void fill_numbers(hn_type type, const hn_column *column, int64_t begin, int64_t end,
                         double fill, void *out) {
    enum { STRIP = 512 };
    double strip[STRIP];
    for (int64_t at = begin; at < end; at += STRIP) {
        int64_t n = end - at < STRIP ? end - at : STRIP;
        hn_column_doubles(column, at, at + n, strip, 1);
        for (int64_t i = 0; i < n; i++) strip[i] = isnan(strip[i]) ? fill : strip[i];
        if (type == HN_F64)
            memcpy((double *)out + at, strip, (size_t)n * sizeof *strip);
        else if (type == HN_F32)
            for (int64_t i = 0; i < n; i++) ((float *)out)[at + i] = (float)strip[i];
        else
            for (int64_t i = 0; i < n; i++) ((uint8_t *)out)[at + i] = strip[i] != 0;
    }
}

static hone_status fill_cells(hone_ctx *ctx, void *arg, int32_t j, int64_t begin, int64_t end) {
    (void)ctx;
    const fill_job *job = arg;
    const impute_state *s = job->state;
    const hn_column *column = &job->x->columns[j];
    hn_type type = out_type(s, j, column);
    if (job->tells[j] != NULL)
        for (int64_t i = begin; i < end; i++) job->tells[j][i] = hn_column_is_missing(column, i);
    if (job->out[j] == NULL) return HONE_OK;
    if (type == HN_CATEGORY)
        fill_codes(s, j, column, begin, end, job->out[j]);
    else if (type == HN_I64)
        fill_ints(column, begin, end, (int64_t)s->fill[j], job->out[j]);
    else
        fill_numbers(type, column, begin, end, s->fill[j], job->out[j]);
    return HONE_OK;
}

/* Nothing can be missing and nothing changes: the column itself will do. */
static bool can_borrow(const impute_state *s, const hn_column *column, int64_t j) {
    bool can_be_nan = column->type == HN_F64 || column->type == HN_F32;
    return column->valid == NULL && !can_be_nan && (hn_type)s->type[j] == column->type &&
           !s->extended[j];
}

static hone_status lay_out(hone_ctx *ctx, const impute_state *s, const hn_table *x, hn_arena *arena,
                           fill_job *job, hn_table *out) {
    int32_t next = (int32_t)s->n;
    for (int32_t j = 0; j < s->n; j++) {
        const hn_column *column = &x->columns[j];
        hn_type type = out_type(s, j, column);
        int64_t size = (int64_t)hn_type_size(type);
        out->columns[j] = *column;
        if (!can_borrow(s, column, j)) {
            job->out[j] = hn_arena_alloc(ctx, arena, (size_t)x->n_rows + 1, (size_t)size);
            if (job->out[j] == NULL) return HONE_ERROR_MEMORY;
            const hn_dictionary *own = s->extended[j] ? s->dictionary[j] : column->dictionary;
            out->columns[j] = (hn_column){.name = column->name,
                                          .type = type,
                                          .n = x->n_rows,
                                          .values = job->out[j],
                                          .stride = size,
                                          .dictionary = type == HN_CATEGORY ? own : NULL};
        }
        if (!s->indicate[j]) continue;
        HN_TRY(HN_NEW(ctx, arena, job->tells[j], x->n_rows + 1));
        out->columns[next++] = (hn_column){.name = s->indicator_name[j],
                                           .type = HN_BOOL,
                                           .n = x->n_rows,
                                           .values = job->tells[j],
                                           .stride = 1};
    }
    return HONE_OK;
}

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    const impute_state *s = state;
    assert(x->n_columns == s->n && s->indicator_name != NULL);
    fill_job job = {.state = s, .x = x};
    hn_table out = {.n_rows = x->n_rows, .n_columns = (int32_t)s->n + s->n_indicated};
    HN_TRY(HN_NEW(ctx, arena, out.columns, out.n_columns + 1));
    HN_TRY(HN_NEW(ctx, arena, job.out, s->n + 1));
    HN_TRY(HN_NEW(ctx, arena, job.tells, s->n + 1));
    HN_TRY(lay_out(ctx, s, x, arena, &job, &out));
    HN_TRY(hn_each_cells(ctx, (int32_t)s->n, x->n_rows, fill_cells, &job));
    *ret_out = out;
    return HONE_OK;
}

/* ---- keeping --------------------------------------------------------------------------------- */

static hone_status visit(hn_visitor *v, void *state) {
    impute_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n));
    HN_TRY(hn_visit_check(v, s->n >= 0 && s->n < INT32_MAX / 2, "impute: number of columns"));
    HN_TRY(hn_visit(v, "type", &s->type, s->n));
    HN_TRY(hn_visit(v, "fill", &s->fill, s->n));
    HN_TRY(hn_visit(v, "fill_code", &s->fill_code, s->n));
    HN_TRY(hn_visit(v, "extended", &s->extended, s->n));
    HN_TRY(hn_visit(v, "indicate", &s->indicate, s->n));
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

static bool fits(const impute_state *s, int64_t j, const hn_column *column) {
    int32_t type = s->type[j];
    if (type != HN_CATEGORY)
        return hn_type_is_numeric(column->type) && !s->extended[j] &&
               (type == HN_F64 || type == HN_F32 || type == HN_BOOL ||
                (type == HN_I64 && fabs(s->fill[j]) <= 9007199254740992.0));
    if (column->type != HN_CATEGORY || column->dictionary == NULL) return false;
    int32_t n = column->dictionary->n + s->extended[j];
    return s->fill_code[j] >= 0 && s->fill_code[j] < n &&
           (!s->extended[j] || s->dictionary[j]->n == n);
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    static const hn_slice nothing = {"", 0};
    impute_state *s = state;
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
    return HONE_OK;
}

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    const impute_state *s = state;
    hn_json_mut *fills = yyjson_mut_obj_add_obj(doc, object, "fill");
    for (int32_t j = 0; j < s->n; j++) {
        hn_json_mut *key = yyjson_mut_strcpy(doc, schema->columns[j].name);
        if (s->type[j] != HN_CATEGORY) {
            yyjson_mut_obj_add(fills, key, yyjson_mut_real(doc, s->fill[j]));
            continue;
        }
        hn_slice text = hn_dictionary_text(
            s->extended[j] ? s->dictionary[j] : schema->columns[j].dictionary, s->fill_code[j]);
        yyjson_mut_obj_add(fills, key, yyjson_mut_strncpy(doc, text.text, text.length));
    }
    return HONE_OK;
}

const hone_estimator hn_impute = {
    .name = "impute",
    .title = "Fill in missing values",
    .class_names = "Imputer",
    .family = "prep",
    .doc = "Puts one value per column where values are missing: the mean, median or most frequent "
           "one of the training "
           "rows, or a constant; with a column beside it that tells where, if asked. For models "
           "that don't take "
           "missing values.",
    .references = "Little, Rubin (2019). Statistical Analysis with Missing Data.",
    .tasks = HN_TASK_NONE,
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES,
    .params = HN_PARAMS(impute_params, params),
    .state_size = sizeof(impute_state),
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
         .source =
             "scikit-learn 1.9.1, SimpleImputer(strategy=most_frequent, add_indicator=True)"}),
};
