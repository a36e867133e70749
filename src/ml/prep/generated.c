/* generated.c - columns that follow from others by rule: parts of dates and of texts, combinations of numbers.
 * Each step writes expressions and derives them, so that they are shown, stored and served as those are. */
#include "ml/prep/derive.h"
#include <stdio.h>
#include <string.h>

/* Expressions as they are written, in scratch. */
typedef struct writer {
    hone_ctx *ctx;
    hn_texts made, dropped;
    int64_t room;
} writer;

static hone_status writer_start(writer *w, hone_ctx *ctx, int64_t most, int64_t columns) {
    *w = (writer){.ctx = ctx, .room = most};
    HN_TRY(HN_SCRATCH_NEW(ctx, w->made.items, most + 1));
    return HN_SCRATCH_NEW(ctx, w->dropped.items, columns + 1);
}

/* "`name` = ..."; names with a backtick cannot be quoted. */
static hone_status put(writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static hone_status put(writer *w, const char *format, ...) {
    hn_str str;
    char text[2048];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (length < 0 || length >= (int)sizeof text || w->made.n == w->room)
        return hn_fail(w->ctx, HONE_ERROR_DATA,
                       "the names of the columns are too long to make new ones of; shorten them");
    hn_str_init(&str, w->ctx, w->ctx->scratch);
    hn_str_put(&str, text);
    HN_TRY(hn_str_status(&str));
    w->made.items[w->made.n++] = str.text;
    return HONE_OK;
}

static hone_status must_be_quotable(hone_ctx *ctx, const char *step, const hn_table *x) {
    for (int32_t j = 0; j < x->n_columns; j++)
        if (strchr(x->columns[j].name, '`') != NULL)
            return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = x->columns[j].name),
                              "%s: the name of column '%s' holds a backtick; rename it", step,
                              x->columns[j].name);
    return HONE_OK;
}

#define GENERATED_HOOKS .family = "prep", .tasks = HN_TASK_NONE, HN_DERIVE_HOOKS

/* ---- dates ----------------------------------------------------------------------------------- */

typedef struct date_params {
    hn_texts parts;
    const char *since;
    bool drop;
} date_params;

/* Made of a column by an expression in which it is written `%s`. */
typedef struct part {
    const char *name, *expression;
} part;

static const part date_parts[] = {
    {"year", "year(`%s`)"},
    {"quarter", "quarter(`%s`)"},
    {"month", "month(`%s`)"},
    {"week", "week(`%s`)"},
    {"day", "day(`%s`)"},
    {"day_of_year", "day_of_year(`%s`)"},
    {"weekday", "weekday(`%s`)"},
    {"hour", "hour(`%s`)"},
    {"minute", "minute(`%s`)"},
    {"is_weekend", "weekday(`%s`) >= 5"},
    {"month_sin", "sin(6.283185307179586 * (month(`%s`) - 1) / 12)"},
    {"month_cos", "cos(6.283185307179586 * (month(`%s`) - 1) / 12)"},
    {"weekday_sin", "sin(6.283185307179586 * weekday(`%s`) / 7)"},
    {"weekday_cos", "cos(6.283185307179586 * weekday(`%s`) / 7)"},
    {"hour_sin", "sin(6.283185307179586 * hour(`%s`) / 24)"},
    {"hour_cos", "cos(6.283185307179586 * hour(`%s`) / 24)"},
};
enum { DATE_PARTS = sizeof date_parts / sizeof *date_parts };

static const hone_param date_table[] = {
    HN_PARAM(date_params, parts, .def = "year,month,day,weekday,hour",
             .choices = HN_CHOICES("year", "quarter", "month", "week", "day", "day_of_year",
                                   "weekday", "hour", "minute", "is_weekend", "cyclical"),
             .doc =
                 "What to make of each column; cyclical is sine and cosine of month, weekday and "
                 "hour."),
    HN_PARAM(date_params, since, .doc = "A date: days since it are a column too."),
    HN_PARAM(date_params, drop, .def = "true", .doc = "Leave the column itself out afterwards."),
};

static hone_status put_part(writer *w, const part *made, const char *column) {
    hn_str expression;
    hn_str_init(&expression, w->ctx, w->ctx->scratch);
    for (const char *at = made->expression, *end; *at != '\0'; at = end) {
        end = strstr(at, "%s");
        hn_str_put_n(&expression, at, end ? (size_t)(end - at) : strlen(at));
        if (end == NULL) break;
        hn_str_put(&expression, column);
        end += strlen("%s");
    }
    HN_TRY(hn_str_status(&expression));
    return put(w, "`%s_%s` = %s", column, made->name, expression.text);
}

/* weekday_sin follows from cyclical. */
static bool wants(const hn_texts *parts, const char *name) {
    const char *ending = strrchr(name, '_');
    bool cyclical = ending && (strcmp(ending, "_sin") == 0 || strcmp(ending, "_cos") == 0);
    for (int64_t i = 0; i < parts->n; i++)
        if (strcmp(parts->items[i], cyclical ? "cyclical" : name) == 0) return true;
    return false;
}

static hone_status fit_dates(hone_ctx *ctx, const void *params, const hone_data *data,
                             hn_arena *arena, void *state) {
    const date_params *p = params;
    HN_SCRATCH(ctx);
    writer w;
    HN_TRY(must_be_quotable(ctx, "date_parts", data->x));
    HN_TRY(
        writer_start(&w, ctx, (int64_t)data->x->n_columns * (DATE_PARTS + 1), data->x->n_columns));
    for (int32_t j = 0; j < data->x->n_columns; j++) {
        const char *name = data->x->columns[j].name;
        if (data->x->columns[j].type != HN_TIME) continue;
        for (int k = 0; k < DATE_PARTS; k++)
            if (wants(&p->parts, date_parts[k].name)) HN_TRY(put_part(&w, &date_parts[k], name));
        if (p->since != NULL)
            HN_TRY(put(&w, "`%s_days` = days_between('%s', `%s`)", name, p->since, name));
        if (p->drop) w.dropped.items[w.dropped.n++] = name;
    }
    return hn_derive_fit(ctx, &w.made, &w.dropped, data, arena, state);
}

const hone_estimator hn_date_parts = {
    .name = "date_parts",
    .title = "Parts of dates and times",
    .class_names = "DateParts",
    .doc = "Makes numbers of timestamps: year, quarter, month, week (ISO 8601), day, weekday, "
           "hour, weekend or "
           "not, sine and cosine of what comes round again, days since a date. Columns that are no "
           "timestamps stay as they are.",
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_ANY_TYPE | HN_READS_TEXT,
    .params = HN_PARAMS(date_params, date_table),
    .fit = fit_dates,
    HN_GOLDEN({.dataset = "series/daily_min_temp/daily-min-temperatures.csv",
               .columns = "Date",
               .params = "{\"parts\": [\"year\", \"month\", \"day\"]}",
               .metric = "sum",
               .value = 7328251,
               .tolerance = 0,
               .source = "pandas 3.1.1, dt.year, dt.month and dt.day"}),
    GENERATED_HOOKS,
};

/* ---- texts ----------------------------------------------------------------------------------- */

typedef struct text_params {
    hn_texts parts;
    bool drop;
} text_params;

static const part text_parts[] = {
    {"length", "length(`%s`)"},
    {"words", "length(regex_replace(regex_replace(`%s`, '\\S+', 'w'), '\\s+', ''))"},
    {"digits", "length(regex_replace(`%s`, '[^0-9]+', ''))"},
    {"upper_share", "length(regex_replace(`%s`, '[^A-Z]+', '')) / max(length(`%s`), 1)"},
    {"punctuation", "length(regex_replace(`%s`, '[A-Za-z0-9\\s]+', ''))"},
};
enum { TEXT_PARTS = sizeof text_parts / sizeof *text_parts };

static const hone_param text_table[] = {
    HN_PARAM(text_params, parts, .def = "length,words,digits,upper_share",
             .choices = HN_CHOICES("length", "words", "digits", "upper_share", "punctuation"),
             .doc = "What to make of each column."),
    HN_PARAM(text_params, drop, .def = "true", .doc = "Leave the column itself out afterwards."),
};

static hone_status fit_texts(hone_ctx *ctx, const void *params, const hone_data *data,
                             hn_arena *arena, void *state) {
    const text_params *p = params;
    HN_SCRATCH(ctx);
    writer w;
    HN_TRY(must_be_quotable(ctx, "text_parts", data->x));
    HN_TRY(writer_start(&w, ctx, (int64_t)data->x->n_columns * TEXT_PARTS, data->x->n_columns));
    for (int32_t j = 0; j < data->x->n_columns; j++) {
        const char *name = data->x->columns[j].name;
        for (int k = 0; k < TEXT_PARTS; k++)
            if (wants(&p->parts, text_parts[k].name)) HN_TRY(put_part(&w, &text_parts[k], name));
        if (p->drop) w.dropped.items[w.dropped.n++] = name;
    }
    return hn_derive_fit(ctx, &w.made, &w.dropped, data, arena, state);
}

const hone_estimator hn_text_parts = {
    .name = "text_parts",
    .title = "Measures of texts",
    .class_names = "TextParts",
    .doc = "Makes numbers of texts: characters, words, digits, the share of capital letters, "
           "punctuation.",
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_CATEGORY_ONLY | HN_READS_TEXT,
    .params = HN_PARAMS(text_params, text_table),
    .fit = fit_texts,
    HN_GOLDEN({.dataset = "tabular/titanic/titanic.csv",
               .columns = "Name",
               .params = "{\"parts\": [\"length\", \"words\"]}",
               .metric = "sum",
               .value = 27648,
               .tolerance = 0,
               .source = "pandas 3.1.1, str.strip().str.len() and str.split().str.len()"}),
    GENERATED_HOOKS,
};

/* ---- combinations ---------------------------------------------------------------------------- */

typedef struct combine_params {
    hn_texts operations;
    hn_texts pairs;
    double eps;
} combine_params;

static const hone_param combine_table[] = {
    HN_PARAM(combine_params, operations, .def = "product,ratio",
             .choices = HN_CHOICES("product", "ratio", "difference", "sum"),
             .doc = "What to make of each pair of columns."),
    HN_PARAM(
        combine_params, pairs,
        .doc =
            "The pairs, each as \"a, b\" in one text of a list; none: every two of the columns, in "
            "their order.",
        .whole = true),
    HN_PARAM(combine_params, eps, .def = "1e-9", .range = "(0, inf)",
             .doc = "A ratio's denominator is no nearer to 0 than this."),
};

static hone_status put_pair(writer *w, const combine_params *p, const char *a, const char *b) {
    if (wants(&p->operations, "product")) HN_TRY(put(w, "`%s*%s` = `%s` * `%s`", a, b, a, b));
    if (wants(&p->operations, "ratio"))
        HN_TRY(put(w, "`%s/%s` = `%s` / if(abs(`%s`) >= %.17g, `%s`, if(`%s` < 0, -%.17g, %.17g))",
                   a, b, a, b, p->eps, b, b, p->eps, p->eps));
    if (wants(&p->operations, "difference")) HN_TRY(put(w, "`%s-%s` = `%s` - `%s`", a, b, a, b));
    if (wants(&p->operations, "sum")) HN_TRY(put(w, "`%s+%s` = `%s` + `%s`", a, b, a, b));
    return HONE_OK;
}

/* "a, b" into two names of columns. */
static hone_status put_named(writer *w, const combine_params *p, const hn_table *x,
                             const char *pair) {
    const char *comma = strchr(pair, ','), *rest = comma;
    int32_t a, b;
    if (comma == NULL)
        return hn_fail_at(w->ctx, HONE_ERROR_USAGE, HN_AT(.param = "pairs"),
                          "interactions: '%s' is no pair; write two columns with a comma between",
                          pair);
    char *first = hn_arena_strndup(w->ctx, w->ctx->scratch, pair, (size_t)(comma - pair));
    if (first == NULL) return HONE_ERROR_MEMORY;
    for (size_t n = strlen(first); n > 0 && first[n - 1] == ' '; n--) first[n - 1] = '\0';
    for (rest++; *rest == ' ';) rest++;
    HN_TRY(hn_table_require(w->ctx, x, first, &a));
    HN_TRY(hn_table_require(w->ctx, x, rest, &b));
    return put_pair(w, p, x->columns[a].name, x->columns[b].name);
}

static hone_status fit_combine(hone_ctx *ctx, const void *params, const hone_data *data,
                               hn_arena *arena, void *state) {
    enum { MOST = 20000 };
    const combine_params *p = params;
    const hn_table *x = data->x;
    HN_SCRATCH(ctx);
    writer w;
    int64_t n = p->pairs.n > 0 ? p->pairs.n : (int64_t)x->n_columns * (x->n_columns - 1) / 2;
    if (n * 4 > MOST)
        return hn_fail_at(
            ctx, HONE_ERROR_DATA, HN_AT(.param = "pairs"),
            "interactions: %lld pairs of columns are too many; name 'pairs', or fewer "
            "columns",
            (long long)n);
    HN_TRY(must_be_quotable(ctx, "interactions", x));
    HN_TRY(writer_start(&w, ctx, n * 4, 0));
    for (int64_t i = 0; i < p->pairs.n; i++) HN_TRY(put_named(&w, p, x, p->pairs.items[i]));
    for (int32_t i = 0; i < x->n_columns && p->pairs.n == 0; i++)
        for (int32_t j = i + 1; j < x->n_columns; j++)
            HN_TRY(put_pair(&w, p, x->columns[i].name, x->columns[j].name));
    return hn_derive_fit(ctx, &w.made, &w.dropped, data, arena, state);
}

const hone_estimator hn_interactions = {
    .name = "interactions",
    .title = "Products, ratios and differences of pairs of columns",
    .class_names = "Interactions",
    .doc =
        "Adds columns that combine two: a*b, a/b, a-b, a+b, of every pair of the columns chosen "
        "or of "
        "those named. What was there stays; what has no value, such as a ratio to 0, is missing.",
    .can = HN_CAN_MISSING | HN_CAN_DECLINE | HN_NUMERIC_ONLY,
    .params = HN_PARAMS(combine_params, combine_table),
    .fit = fit_combine,
    HN_GOLDEN({.dataset = "tabular/iris/iris.csv",
               .columns = "sepal_length,sepal_width,petal_length",
               .params = "{\"operations\": [\"product\", \"difference\"]}",
               .metric = "columns",
               .value = 9,
               .tolerance = 0,
               .source = "three columns, three pairs, two of each"}),
    GENERATED_HOOKS,
};
