/* windows.c - see windows.h. */
#include "flow/windows.h"

#include "table/dialect.h"
#include "table/window.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct scanner {
    hone_ctx *ctx;
    const char *whole, *at;
    bool fills;
} scanner;

static hone_status bad(const scanner *s, const char *wanted) {
    if (s->fills)
        return hn_fail_at(
            s->ctx, HONE_ERROR_USAGE, HN_AT(.param = "fill"),
            "'%s' fills nothing: at '%.20s' there should be %s; write COLUMN = FUNCTION() by KEY, "
            "... order COLUMN, with forward, backward, interpolate or interpolate_rows",
            s->whole, s->at, wanted);
    return hn_fail_at(
        s->ctx, HONE_ERROR_USAGE, HN_AT(.param = "windows"),
        "'%s' is no window: at '%.20s' there should be %s; write NAME = FUNCTION(COLUMN) "
        "by KEY, ... order COLUMN, then nothing, 'rows N' or 'last N [seconds, minutes, "
        "hours, days]'",
        s->whole, s->at, wanted);
}

static void skip(scanner *s) {
    while (isspace((unsigned char)*s->at)) s->at++;
}

static bool is_name(char c) { return isalnum((unsigned char)c) || c == '_' || (c & 0x80) != 0; }

/* Letters, digits and _, or anything in backticks. */
static bool take_name(scanner *s, hn_slice *ret_name) {
    skip(s);
    const char *begin = s->at, *end;
    if (*begin == '`') {
        end = strchr(++begin, '`');
        if (end == NULL || end == begin) return false;
        s->at = end + 1;
    } else {
        for (end = begin; is_name(*end);) end++;
        if (end == begin) return false;
        s->at = end;
    }
    *ret_name = (hn_slice){begin, (size_t)(end - begin)};
    return true;
}

static bool take(scanner *s, const char *word) {
    size_t length = strlen(word);
    skip(s);
    if (strncmp(s->at, word, length) != 0 || (is_name(*word) && is_name(s->at[length])))
        return false;
    s->at += length;
    return true;
}

static bool take_number(scanner *s, double *ret_number) {
    skip(s);
    size_t length = strspn(s->at, "0123456789.");
    if (length == 0 || !hn_parse_double((hn_slice){s->at, length}, ret_number)) return false;
    s->at += length;
    return *ret_number > 0;
}

static const struct {
    const char *name;
    hn_window_function function;
} functions[] = {
    {"count", HN_WINDOW_COUNT},       {"sum", HN_WINDOW_SUM},     {"mean", HN_WINDOW_MEAN},
    {"std", HN_WINDOW_STD},           {"min", HN_WINDOW_MIN},     {"max", HN_WINDOW_MAX},
    {"median", HN_WINDOW_MEDIAN},     {"first", HN_WINDOW_FIRST}, {"last", HN_WINDOW_LAST},
    {"distinct", HN_WINDOW_DISTINCT}, {"lag", HN_WINDOW_LAG},     {"since", HN_WINDOW_SINCE}};

static const struct {
    const char *name;
    int64_t microseconds;
} units[] = {{"seconds", 1000000},
             {"minutes", 60 * (int64_t)1000000},
             {"hours", 3600 * (int64_t)1000000},
             {"days", 86400 * (int64_t)1000000}};

/* One of units, or -1. */
static int take_unit(scanner *s) {
    for (int u = 0; u < (int)(sizeof units / sizeof *units); u++)
        if (take(s, units[u].name)) return u;
    return -1;
}

static bool is(hn_slice name, const char *word) {
    return name.length == strlen(word) && memcmp(name.text, word, name.length) == 0;
}

static hone_status find_column(scanner *s, const hn_table *table, hn_slice name,
                               int32_t *ret_column) {
    HN_SCRATCH(s->ctx);
    char *text = hn_arena_strndup(s->ctx, s->ctx->scratch, name.text, name.length);
    if (text == NULL) return HONE_ERROR_MEMORY;
    return hn_table_require(s->ctx, table, text, ret_column);
}

/* FUNCTION(COLUMN), lag(COLUMN, N) or since(UNIT). */
static hone_status take_function(scanner *s, const hn_table *table, hn_window *w, int *ret_unit) {
    enum { FUNCTIONS = sizeof functions / sizeof *functions };
    hn_slice function, column;
    double back = 1;
    size_t f = 0;
    if (!take_name(s, &function) || !take(s, "(")) return bad(s, "a function");
    while (f < FUNCTIONS && !is(function, functions[f].name)) f++;
    if (f == FUNCTIONS) {
        s->at = function.text;
        return bad(s,
                   "lag, since, count, distinct, sum, mean, std, min, max, median, first or last");
    }
    w->function = functions[f].function;
    w->column = -1;
    if (w->function == HN_WINDOW_SINCE) {
        *ret_unit = take_unit(s);
        return take(s, ")") ? HONE_OK : bad(s, "')', or seconds, minutes, hours or days");
    }
    if (take_name(s, &column))
        HN_TRY(find_column(s, table, column, &w->column));
    else if (w->function != HN_WINDOW_COUNT)
        return bad(s, "a column");
    if (w->function == HN_WINDOW_LAG && take(s, ",") && !take_number(s, &back))
        return bad(s, "how many rows back");
    w->rows = (int64_t)fmin(back, 0x1p62);
    return take(s, ")") ? HONE_OK : bad(s, "')'");
}

/* "by KEY, ... order COLUMN". */
static hone_status take_order(scanner *s, const hn_table *table, hn_window *w) {
    hn_slice column;
    int32_t *keys;
    HN_TRY(HN_SCRATCH_NEW(s->ctx, keys, table->n_columns + 1));
    w->keys = keys;
    if (take(s, "by")) {
        do {
            if (!take_name(s, &column)) return bad(s, "a key");
            if (w->n_keys == table->n_columns) return bad(s, "fewer keys than columns");
            HN_TRY(find_column(s, table, column, &keys[w->n_keys++]));
        } while (take(s, ","));
    }
    if (!take(s, "order") || !take_name(s, &column)) return bad(s, "order COLUMN");
    return find_column(s, table, column, &w->order);
}

static hone_status take_frame(scanner *s, hn_window *w, int *ret_unit) {
    double n;
    if (w->function == HN_WINDOW_LAG || w->function == HN_WINDOW_SINCE) return HONE_OK;
    if (take(s, "rows")) {
        if (!take_number(s, &n)) return bad(s, "a number of rows");
        w->frame = HN_FRAME_ROWS;
        w->rows = (int64_t)fmin(n, 0x1p62);
    } else if (take(s, "last")) {
        if (!take_number(s, &w->span)) return bad(s, "a span of time");
        w->frame = HN_FRAME_SPAN;
        *ret_unit = take_unit(s);
    }
    return HONE_OK;
}

/* Spans of times have a unit, those of numbers have none. */
static hone_status check_unit(const scanner *s, const hn_table *table, const hn_window *w,
                              int unit) {
    const hn_column *order = &table->columns[w->order];
    bool counts = w->frame == HN_FRAME_SPAN || w->function == HN_WINDOW_SINCE;
    if (!counts || (order->type == HN_TIME) == (unit >= 0)) return HONE_OK;
    return hn_fail_at(s->ctx, HONE_ERROR_DATA, HN_AT(.column = order->name),
                      "'%s': column '%s' is %s; %s", s->whole, order->name,
                      hn_type_name(order->type),
                      unit >= 0 ? "leave out the unit, or read the column as a time"
                                : "say seconds, minutes, hours or days");
}

/* Columns by their places in table; what it points to is in ctx's scratch. */
static hone_status parse_window(hone_ctx *ctx, const hn_table *table, const char *text,
                                hn_window *ret_window) {
    scanner s = {.ctx = ctx, .whole = text, .at = text};
    hn_window w = {.frame = HN_FRAME_ALL};
    int unit = -1;
    hn_slice name;
    if (!take_name(&s, &name) || !take(&s, "=")) return bad(&s, "NAME =");
    HN_TRY(take_function(&s, table, &w, &unit));
    HN_TRY(take_order(&s, table, &w));
    HN_TRY(take_frame(&s, &w, &unit));
    skip(&s);
    if (*s.at != '\0') return bad(&s, "its end");
    HN_TRY(check_unit(&s, table, &w, unit));
    double microseconds = unit >= 0 ? (double)units[unit].microseconds : 1;
    w.unit = microseconds;
    w.span *= microseconds;
    w.name = hn_arena_strndup(ctx, ctx->scratch, name.text, name.length);
    if (w.name == NULL) return HONE_ERROR_MEMORY;
    *ret_window = w;
    return HONE_OK;
}

/* ---- fills ----------------------------------------------------------------------------------- */

/* A column as SQL quotes it. */
static void put_name(hn_str *sql, const hn_table *table, int32_t column) {
    hn_str_put_c(sql, '"');
    for (const char *at = table->columns[column].name; *at != 0; at++) {
        if (*at == '"') hn_str_put_c(sql, '"');
        hn_str_put_c(sql, *at);
    }
    hn_str_put_c(sql, '"');
}

enum { FORWARD, BACKWARD, INTERPOLATE, INTERPOLATE_ROWS };

typedef struct filling {
    const hn_table *table;
    int32_t column, order;
    int function;
    int64_t most; /* rows away; 0: any */
    hn_str over;  /* PARTITION BY ... ORDER BY ... */
} filling;

/* "by KEY, ... order COLUMN" as SQL has it. */
static hone_status take_over(scanner *s, filling *f) {
    hn_window by = {.n_keys = 0};
    HN_TRY(take_order(s, f->table, &by));
    for (int32_t k = 0; k < by.n_keys; k++) {
        hn_str_put(&f->over, k == 0 ? "PARTITION BY " : ", ");
        put_name(&f->over, f->table, by.keys[k]);
    }
    f->order = by.order;
    hn_str_put(&f->over, " ORDER BY ");
    put_name(&f->over, f->table, f->order);
    hn_str_put(&f->over, ", hn_row");
    return hn_str_status(&f->over);
}

static hone_status parse_fill(scanner *s, filling *f) {
    static const char *const names[] = {"forward", "backward", "interpolate", "interpolate_rows"};
    hn_slice column, function;
    double most = 0;
    if (!take_name(s, &column) || !take(s, "=")) return bad(s, "COLUMN =");
    HN_TRY(find_column(s, f->table, column, &f->column));
    const char *at = s->at;
    if (!take_name(s, &function)) return bad(s, "a function");
    for (f->function = FORWARD; f->function <= INTERPOLATE_ROWS; f->function++)
        if (strlen(names[f->function]) == function.length &&
            memcmp(names[f->function], function.text, function.length) == 0)
            break;
    if (f->function > INTERPOLATE_ROWS) {
        s->at = at;
        return bad(s, "forward, backward, interpolate or interpolate_rows");
    }
    if (!take(s, "(")) return bad(s, "'('");
    if (f->function <= BACKWARD && take_number(s, &most)) f->most = (int64_t)most;
    if (!take(s, ")")) return bad(s, "')'");
    HN_TRY(take_over(s, f));
    skip(s);
    return *s->at == '\0' ? HONE_OK : bad(s, "its end");
}

/* Where lines are drawn the column and its order must be numbers. */
static hone_status check_line(hone_ctx *ctx, const filling *f) {
    const hn_column *column = &f->table->columns[f->column], *order = &f->table->columns[f->order];
    if (f->function < INTERPOLATE) return HONE_OK;
    bool is_time = order->type == HN_TIME && f->function == INTERPOLATE;
    bool in_line = hn_type_is_numeric(order->type) || is_time || f->function == INTERPOLATE_ROWS;
    if (hn_type_is_numeric(column->type) && column->type != HN_BOOL && in_line) return HONE_OK;
    const hn_column *wrong = in_line ? column : order;
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = wrong->name),
                      "fill: a line is drawn between numbers, and column '%s' is %s; use forward "
                      "or backward%s",
                      wrong->name, hn_type_name(wrong->type),
                      in_line ? "" : ", or interpolate_rows");
}

/* The value of column (or of expression) that is nearest, before (or behind) a row or in it. */
static void put_nearest(hn_str *sql, const filling *f, const char *expression, bool behind) {
    hn_str_put(sql, behind ? "first_value(" : "last_value(");
    if (expression != NULL) {
        hn_str_put(sql, "CASE WHEN ");
        put_name(sql, f->table, f->column);
        hn_str_printf(sql, " IS NOT NULL THEN %s END", expression);
    } else {
        put_name(sql, f->table, f->column);
    }
    hn_str_printf(sql, " IGNORE NULLS) OVER (%s ROWS BETWEEN ", f->over.text);
    const char *way = behind ? "FOLLOWING" : "PRECEDING";
    if (behind) hn_str_put(sql, "CURRENT ROW AND ");
    if (f->most > 0)
        hn_str_printf(sql, "%lld %s", (long long)f->most, way);
    else
        hn_str_printf(sql, "UNBOUNDED %s", way);
    hn_str_put(sql, behind ? ")" : " AND CURRENT ROW)");
}

/* On the line from the value before to the one behind, at hn_at. */
static void put_line(hn_str *sql, const filling *f) {
    hn_str_put(sql, "CASE WHEN ");
    put_name(sql, f->table, f->column);
    hn_str_put(sql, " IS NOT NULL THEN CAST(");
    put_name(sql, f->table, f->column);
    hn_str_put(sql, " AS DOUBLE) ELSE CAST(");
    put_nearest(sql, f, NULL, false);
    hn_str_put(sql, " AS DOUBLE) + coalesce((CAST(");
    put_nearest(sql, f, NULL, true);
    hn_str_put(sql, " AS DOUBLE) - CAST(");
    put_nearest(sql, f, NULL, false);
    hn_str_put(sql, " AS DOUBLE)) / nullif(");
    put_nearest(sql, f, "hn_at", true);
    hn_str_put(sql, " - ");
    put_nearest(sql, f, "hn_at", false);
    hn_str_put(sql, ", 0) * (hn_at - ");
    put_nearest(sql, f, "hn_at", false);
    hn_str_put(sql, "), 0) END");
}

/* from with one column filled. */
static hone_status put_fill(hone_ctx *ctx, const hn_table *table, const char *text,
                            const char *from, hn_str *sql) {
    scanner s = {.ctx = ctx, .whole = text, .at = text, .fills = true};
    filling f = {.table = table};
    hn_str_init(&f.over, ctx, ctx->scratch);
    HN_TRY(parse_fill(&s, &f));
    HN_TRY(check_line(ctx, &f));
    bool is_time = table->columns[f.order].type == HN_TIME;
    bool line = f.function >= INTERPOLATE;
    hn_str_printf(sql, "(SELECT *%s REPLACE (", line ? " EXCLUDE (hn_at)" : "");
    if (line)
        put_line(sql, &f);
    else
        put_nearest(sql, &f, NULL, f.function == BACKWARD);
    hn_str_put(sql, " AS ");
    put_name(sql, table, f.column);
    hn_str_put(sql, ") FROM ");
    if (!line) {
        hn_str_printf(sql, "%s)", from);
        return hn_str_status(sql);
    }
    hn_str_put(sql, "(SELECT *, CAST(");
    if (f.function == INTERPOLATE_ROWS)
        hn_str_printf(sql, "row_number() OVER (%s)", f.over.text);
    else if (is_time)
        hn_str_put(sql, "epoch_us(");
    if (f.function == INTERPOLATE) put_name(sql, table, f.order);
    if (f.function == INTERPOLATE && is_time) hn_str_put(sql, ")");
    hn_str_printf(sql, " AS DOUBLE) AS hn_at FROM %s))", from);
    return hn_str_status(sql);
}

/* ---- both ------------------------------------------------------------------------------------ */

bool hn_window_name(const char *text, hn_slice *ret_name) {
    scanner s = {.whole = text, .at = text};
    return take_name(&s, ret_name);
}

/* The rows of both tables in order, numbered. */
static hone_status put_rows(hone_ctx *ctx, const hone_table *past, const char **ret_from) {
    static const char *const alone = "(SELECT *, row_number() OVER () AS hn_row FROM hn_rows)";
    *ret_from = alone;
    if (past == NULL) return HONE_OK;
    *ret_from = hn_arena_printf(ctx, ctx->scratch,
                                "(SELECT *, row_number() OVER () AS hn_row FROM hn_past UNION ALL "
                                "BY NAME SELECT *, %lld + row_number() OVER () AS hn_row FROM "
                                "hn_rows)",
                                (long long)past->view.n_rows);
    return *ret_from != NULL ? HONE_OK : HONE_ERROR_MEMORY;
}

/* The rows of both tables one behind the other, filled. */
static hone_status fill(hone_ctx *ctx, const hone_table *past, const hone_table *table,
                        const hn_recipe_data *data, const hn_read_options *options,
                        hone_table **ret_table) {
    HN_SCRATCH(ctx);
    const char *from;
    hn_str sql;
    HN_TRY(put_rows(ctx, past, &from));
    for (int64_t i = 0; i < data->fill.n; i++) {
        hn_str_init(&sql, ctx, ctx->scratch);
        HN_TRY(put_fill(ctx, &table->view, data->fill.items[i], from, &sql));
        from = sql.text;
    }
    hn_str_init(&sql, ctx, ctx->scratch);
    hn_str_printf(&sql, "SELECT * EXCLUDE (hn_row) FROM %s ORDER BY hn_row", from);
    HN_TRY(hn_str_status(&sql));
    hn_read_options read = {.missing = options ? options->missing : NULL};
    const hn_named_table tables[] = {{"hn_past", past}, {"hn_rows", table}};
    return hn_read_sql_over(ctx, sql.text, tables + (past == NULL), 1 + (past != NULL), &read,
                            ret_table);
}

/* source's columns and the windows' behind them, all in made's view, which borrows from source. */
static hone_status add_windows(hone_ctx *ctx, const hn_table *source, const hn_recipe_data *data,
                               hone_table *made) {
    HN_SCRATCH(ctx);
    int32_t n = (int32_t)data->windows.n, width = source->n_columns;
    hn_window *windows;
    const char **names;
    hn_table *view = &made->view;
    HN_TRY(HN_SCRATCH_NEW(ctx, windows, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, names, width + n + 1));
    HN_TRY(HN_NEW(ctx, &made->arena, view->columns, width + n + 1));
    for (int32_t i = 0; i < n; i++)
        HN_TRY(parse_window(ctx, source, data->windows.items[i], &windows[i]));
    *view = (hn_table){source->n_rows, width + n, view->columns, NULL};
    for (int32_t j = 0; j < width; j++) view->columns[j] = source->columns[j];
    HN_TRY(hn_table_windows(ctx, &made->arena, source, windows, n, view->columns + width));
    for (int32_t j = 0; j < width + n; j++) names[j] = view->columns[j].name;
    HN_TRY(hn_names_unique(ctx, &made->arena, names, width + n));
    for (int32_t j = width; j < width + n; j++) {
        view->columns[j].name = hn_arena_strdup(ctx, &made->arena, names[j]);
        if (view->columns[j].name == NULL) return HONE_ERROR_MEMORY;
    }
    return HONE_OK;
}

/* made's rows without the first so many, and at most limit of them (0: all). */
static hone_status cut(hone_ctx *ctx, hone_table *made, int64_t first, int64_t limit) {
    int64_t n = made->view.n_rows, end = limit > 0 && limit < n - first ? first + limit : n;
    if (first == 0 && end == n) return HONE_OK;
    return hn_table_slice(ctx, &made->arena, &made->view, first, end, &made->view);
}

hone_status hn_windows_apply(hone_ctx *ctx, const hone_table *past, const hone_table *table,
                             const hn_recipe_data *data, const hn_read_options *options,
                             hone_table **ret_table) {
    hone_table *filled = NULL, *made;
    HN_TRY(hn_table_require_dense(ctx, &table->view));
    if (past != NULL || data->fill.n > 0) HN_TRY(fill(ctx, past, table, data, options, &filled));
    hone_status status = hn_table_new(ctx, table->source, &made);
    if (status != HONE_OK) {
        hone_table_free(ctx, filled);
        return status;
    }
    if (filled != NULL) hn_table_keep(made, filled);
    status = add_windows(ctx, filled != NULL ? &filled->view : &table->view, data, made);
    if (status == HONE_OK)
        status = cut(ctx, made, past ? past->view.n_rows : 0, options ? options->limit : 0);
    if (status == HONE_OK)
        *ret_table = made;
    else
        hone_table_free(ctx, made);
    return status;
}
