/* windows.c - see windows.h. */
#include "flow/windows.h"
#include <ctype.h>
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

/* An identifier as SQL quotes it. */
static void put_name(hn_str *sql, hn_slice name) {
    hn_str_put_c(sql, '"');
    for (size_t i = 0; i < name.length; i++) {
        if (name.text[i] == '"') hn_str_put_c(sql, '"');
        hn_str_put_c(sql, name.text[i]);
    }
    hn_str_put_c(sql, '"');
}

static const struct {
    const char *name, *sql;
} functions[] = {{"count", "count"}, {"sum", "sum"},       {"mean", "avg"},      {"std", "stddev"},
                 {"min", "min"},     {"max", "max"},       {"median", "median"}, {"first", "first"},
                 {"last", "last"},   {"distinct", "count"}};
enum { COUNT = 0, DISTINCT = 9 };

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

/* What a window is made of. */
typedef struct window_function {
    double lag; /* > 0: so many rows back */
    bool since; /* how long ago the row before was: in unit, or -1 for numbers */
    int unit;
} window_function;

/* FUNCTION(COLUMN), lag(COLUMN, N) or since(UNIT). */
static hone_status put_function(scanner *s, hn_str *sql, window_function *ret) {
    hn_slice function, column;
    if (!take_name(s, &function) || !take(s, "(")) return bad(s, "a function");
    double *ret_lag = &ret->lag;
    if (is(function, "since")) {
        ret->since = true;
        ret->unit = take_unit(s);
        return take(s, ")") ? HONE_OK : bad(s, "')', or seconds, minutes, hours or days");
    }
    if (is(function, "lag")) {
        *ret_lag = 1;
        if (!take_name(s, &column)) return bad(s, "a column");
        if (take(s, ",") && !take_number(s, ret_lag)) return bad(s, "how many rows back");
        hn_str_put(sql, "lag(");
        put_name(sql, column);
        hn_str_printf(sql, ", %lld)", (long long)*ret_lag);
        return take(s, ")") ? HONE_OK : bad(s, "')'");
    }
    for (size_t f = 0; f < sizeof functions / sizeof *functions; f++) {
        if (!is(function, functions[f].name)) continue;
        hn_str_printf(sql, f == DISTINCT ? "%s(DISTINCT " : "%s(", functions[f].sql);
        if (take_name(s, &column))
            put_name(sql, column);
        else if (f == COUNT)
            hn_str_put(sql, "*");
        else
            return bad(s, "a column");
        hn_str_put(sql, ")");
        return take(s, ")") ? HONE_OK : bad(s, "')'");
    }
    s->at = function.text;
    return bad(s, "lag, since, count, distinct, sum, mean, std, min, max, median, first or last");
}

static hone_status put_frame(scanner *s, hn_str *sql, const window_function *f) {
    double n;
    if (f->lag > 0) return HONE_OK;
    if (!f->since && take(s, "rows")) {
        if (!take_number(s, &n)) return bad(s, "a number of rows");
        hn_str_printf(sql, " ROWS BETWEEN %lld PRECEDING AND 1 PRECEDING", (long long)n);
        return HONE_OK;
    }
    if (f->since || !take(s, "last")) {
        hn_str_put(sql, " RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE GROUP");
        return HONE_OK;
    }
    if (!take_number(s, &n)) return bad(s, "a span of time");
    hn_str_put(sql, " RANGE BETWEEN ");
    int unit = take_unit(s);
    if (unit >= 0)
        hn_str_printf(sql, "INTERVAL '%lld microseconds'",
                      (long long)(n * (double)units[unit].microseconds));
    else
        hn_str_put_double(sql, n);
    hn_str_put(sql, " PRECEDING AND CURRENT ROW EXCLUDE GROUP");
    return HONE_OK;
}

/* "by KEY, ... order COLUMN" as PARTITION BY ... ORDER BY ... */
static hone_status put_order(scanner *s, hn_str *sql, hn_slice *ret_order) {
    hn_slice column;
    if (take(s, "by")) {
        const char *between = "PARTITION BY ";
        do {
            if (!take_name(s, &column)) return bad(s, "a key");
            hn_str_put(sql, between);
            put_name(sql, column);
            between = ", ";
        } while (take(s, ","));
    }
    if (!take(s, "order") || !take_name(s, ret_order)) return bad(s, "order COLUMN");
    hn_str_put(sql, " ORDER BY ");
    put_name(sql, *ret_order);
    return HONE_OK;
}

/* What stands behind OVER, into over; the order's column into *ret_order. */
static hone_status put_over(scanner *s, const window_function *f, hn_str *over,
                            hn_slice *ret_order) {
    hn_str_put(over, " OVER (");
    HN_TRY(put_order(s, over, ret_order));
    /* Rows at the same time stand as they came; spans are by time alone. */
    scanner ahead = *s;
    if (f->lag > 0 || (!f->since && take(&ahead, "rows"))) hn_str_put(over, ", hn_row");
    HN_TRY(put_frame(s, over, f));
    skip(s);
    if (*s->at != '\0') return bad(s, "its end");
    hn_str_put_c(over, ')');
    return hn_str_status(over);
}

/* How long before this row the last one of an earlier time was. */
static void put_since(hn_str *sql, const window_function *f, hn_slice order, const char *over) {
    const char *number = f->unit >= 0 ? "epoch_us(" : "(";
    hn_str_printf(sql, "(%s", number);
    put_name(sql, order);
    hn_str_printf(sql, ") - %smax(", number);
    put_name(sql, order);
    hn_str_printf(sql, ")%s)) / %lld.0", over,
                  (long long)(f->unit >= 0 ? units[f->unit].microseconds : 1));
}

static hone_status put_window(hone_ctx *ctx, const char *text, hn_str *sql) {
    scanner s = {.ctx = ctx, .whole = text, .at = text};
    window_function f = {.unit = -1};
    hn_slice name, order;
    hn_str over;
    hn_str_init(&over, ctx, ctx->scratch);
    if (!take_name(&s, &name) || !take(&s, "=")) return bad(&s, "NAME =");
    HN_TRY(put_function(&s, sql, &f));
    HN_TRY(put_over(&s, &f, &over, &order));
    if (f.since)
        put_since(sql, &f, order, over.text);
    else
        hn_str_put(sql, over.text);
    hn_str_put(sql, " AS ");
    put_name(sql, name);
    return HONE_OK;
}

/* ---- fills ----------------------------------------------------------------------------------- */

enum { FORWARD, BACKWARD, INTERPOLATE, INTERPOLATE_ROWS };

typedef struct filling {
    hn_slice column, order;
    int function;
    int64_t most; /* rows away; 0: any */
    hn_str over;  /* PARTITION BY ... ORDER BY ... */
} filling;

static hone_status parse_fill(scanner *s, filling *f) {
    static const char *const names[] = {"forward", "backward", "interpolate", "interpolate_rows"};
    hn_slice function;
    double most = 0;
    if (!take_name(s, &f->column) || !take(s, "=")) return bad(s, "COLUMN =");
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
    HN_TRY(put_order(s, &f->over, &f->order));
    hn_str_put(&f->over, ", hn_row");
    skip(s);
    return *s->at == '\0' ? hn_str_status(&f->over) : bad(s, "its end");
}

/* The column itself must be there, and where lines are drawn it and its order must be numbers. */
static hone_status find_columns(hone_ctx *ctx, const hn_table *table, const filling *f,
                                hn_type *ret_order) {
    HN_SCRATCH(ctx);
    int32_t j, k;
    char *name = hn_arena_strndup(ctx, ctx->scratch, f->column.text, f->column.length);
    char *order = hn_arena_strndup(ctx, ctx->scratch, f->order.text, f->order.length);
    if (name == NULL || order == NULL) return HONE_ERROR_MEMORY;
    HN_TRY(hn_table_require(ctx, table, name, &j));
    HN_TRY(hn_table_require(ctx, table, order, &k));
    *ret_order = table->columns[k].type;
    if (f->function < INTERPOLATE) return HONE_OK;
    hn_type type = table->columns[j].type;
    bool is_time = *ret_order == HN_TIME && f->function == INTERPOLATE;
    bool in_line = hn_type_is_numeric(*ret_order) || is_time || f->function == INTERPOLATE_ROWS;
    if (hn_type_is_numeric(type) && type != HN_BOOL && in_line) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = in_line ? name : order),
                      "fill: a line is drawn between numbers, and column '%s' is %s; use forward "
                      "or backward%s",
                      in_line ? name : order, hn_type_name(in_line ? type : *ret_order),
                      in_line ? "" : ", or interpolate_rows");
}

/* The value of column (or of expression) that is nearest, before (or behind) a row or in it. */
static void put_nearest(hn_str *sql, const filling *f, const char *expression, bool behind) {
    hn_str_put(sql, behind ? "first_value(" : "last_value(");
    if (expression != NULL) {
        hn_str_put(sql, "CASE WHEN ");
        put_name(sql, f->column);
        hn_str_printf(sql, " IS NOT NULL THEN %s END", expression);
    } else {
        put_name(sql, f->column);
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
    put_name(sql, f->column);
    hn_str_put(sql, " IS NOT NULL THEN CAST(");
    put_name(sql, f->column);
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
    filling f = {0};
    hn_type order;
    hn_str_init(&f.over, ctx, ctx->scratch);
    HN_TRY(parse_fill(&s, &f));
    HN_TRY(find_columns(ctx, table, &f, &order));
    bool line = f.function >= INTERPOLATE;
    hn_str_printf(sql, "(SELECT *%s REPLACE (", line ? " EXCLUDE (hn_at)" : "");
    if (line)
        put_line(sql, &f);
    else
        put_nearest(sql, &f, NULL, f.function == BACKWARD);
    hn_str_put(sql, " AS ");
    put_name(sql, f.column);
    hn_str_put(sql, ") FROM ");
    if (!line) {
        hn_str_printf(sql, "%s)", from);
        return hn_str_status(sql);
    }
    hn_str_put(sql, "(SELECT *, CAST(");
    if (f.function == INTERPOLATE_ROWS)
        hn_str_printf(sql, "row_number() OVER (%s)", f.over.text);
    else if (order == HN_TIME)
        hn_str_put(sql, "epoch_us(");
    if (f.function == INTERPOLATE) put_name(sql, f.order);
    if (f.function == INTERPOLATE && order == HN_TIME) hn_str_put(sql, ")");
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

hone_status hn_windows_apply(hone_ctx *ctx, const hone_table *past, const hone_table *table,
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
    hn_str_put(&sql, "SELECT * EXCLUDE (hn_row) FROM (SELECT *");
    for (int64_t i = 0; i < data->windows.n; i++) {
        hn_str_put(&sql, ", ");
        HN_TRY(put_window(ctx, data->windows.items[i], &sql));
    }
    hn_str_printf(&sql, " FROM %s)", from);
    if (past != NULL) hn_str_printf(&sql, " WHERE hn_row > %lld", (long long)past->view.n_rows);
    hn_str_put(&sql, " ORDER BY hn_row");
    HN_TRY(hn_str_status(&sql));
    const hn_named_table tables[] = {{"hn_past", past}, {"hn_rows", table}};
    return hn_read_sql_over(ctx, sql.text, tables + (past == NULL), 1 + (past != NULL), options,
                            ret_table);
}
