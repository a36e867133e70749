/* windows.c - see windows.h. */
#include "flow/windows.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

typedef struct scanner {
    hone_ctx *ctx;
    const char *whole, *at;
} scanner;

static hone_status bad(const scanner *s, const char *wanted) {
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
} functions[] = {{"count", "count"},   {"sum", "sum"},     {"mean", "avg"},
                 {"std", "stddev"},    {"min", "min"},     {"max", "max"},
                 {"median", "median"}, {"first", "first"}, {"last", "last"}};

/* FUNCTION(COLUMN) or lag(COLUMN, N) or since(): *ret_lag > 0 for a lag. */
static hone_status put_function(scanner *s, hn_str *sql, double *ret_lag) {
    hn_slice function, column;
    if (!take_name(s, &function) || !take(s, "(")) return bad(s, "a function");
    *ret_lag = 0;
    if (function.length == 3 && memcmp(function.text, "lag", 3) == 0) {
        *ret_lag = 1;
        if (!take_name(s, &column)) return bad(s, "a column");
        if (take(s, ",") && !take_number(s, ret_lag)) return bad(s, "how many rows back");
        hn_str_put(sql, "lag(");
        put_name(sql, column);
        hn_str_printf(sql, ", %lld)", (long long)*ret_lag);
        return take(s, ")") ? HONE_OK : bad(s, "')'");
    }
    for (size_t f = 0; f < sizeof functions / sizeof *functions; f++) {
        if (strlen(functions[f].name) != function.length ||
            memcmp(functions[f].name, function.text, function.length) != 0)
            continue;
        hn_str_printf(sql, "%s(", functions[f].sql);
        if (take_name(s, &column))
            put_name(sql, column);
        else if (f == 0)
            hn_str_put(sql, "*");
        else
            return bad(s, "a column");
        hn_str_put(sql, ")");
        return take(s, ")") ? HONE_OK : bad(s, "')'");
    }
    s->at = function.text;
    return bad(s, "lag, count, sum, mean, std, min, max, median, first or last");
}

static hone_status put_frame(scanner *s, hn_str *sql, bool lag) {
    static const char *const units[] = {"seconds", "minutes", "hours", "days"};
    double n;
    if (lag) return HONE_OK;
    if (take(s, "rows")) {
        if (!take_number(s, &n)) return bad(s, "a number of rows");
        hn_str_printf(sql, " ROWS BETWEEN %lld PRECEDING AND 1 PRECEDING", (long long)n);
        return HONE_OK;
    }
    if (!take(s, "last")) {
        hn_str_put(sql, " RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE GROUP");
        return HONE_OK;
    }
    if (!take_number(s, &n)) return bad(s, "a span of time");
    hn_str_put(sql, " RANGE BETWEEN ");
    bool timed = false;
    for (size_t u = 0; u < sizeof units / sizeof *units && !timed; u++) {
        timed = take(s, units[u]);
        if (timed) hn_str_printf(sql, "INTERVAL %lld %s", (long long)n, units[u]);
    }
    if (!timed) hn_str_put_double(sql, n);
    hn_str_put(sql, " PRECEDING AND CURRENT ROW EXCLUDE GROUP");
    return HONE_OK;
}

static hone_status put_window(hone_ctx *ctx, const char *text, hn_str *sql) {
    scanner s = {.ctx = ctx, .whole = text, .at = text};
    hn_slice name, column;
    double lag;
    if (!take_name(&s, &name) || !take(&s, "=")) return bad(&s, "NAME =");
    HN_TRY(put_function(&s, sql, &lag));
    hn_str_put(sql, " OVER (");
    if (take(&s, "by")) {
        const char *between = "PARTITION BY ";
        do {
            if (!take_name(&s, &column)) return bad(&s, "a key");
            hn_str_put(sql, between);
            put_name(sql, column);
            between = ", ";
        } while (take(&s, ","));
    }
    if (!take(&s, "order") || !take_name(&s, &column)) return bad(&s, "order COLUMN");
    hn_str_put(sql, " ORDER BY ");
    put_name(sql, column);
    /* Rows at the same time stand as they came; spans are by time alone. */
    scanner ahead = s;
    if (lag > 0 || take(&ahead, "rows")) hn_str_put(sql, ", hn_row");
    HN_TRY(put_frame(&s, sql, lag > 0));
    skip(&s);
    if (*s.at != '\0') return bad(&s, "its end");
    hn_str_put(sql, ") AS ");
    put_name(sql, name);
    return HONE_OK;
}

hone_status hn_windows_sql(hone_ctx *ctx, const char *from, const hn_texts *windows, hn_str *sql) {
    hn_str_put(sql, "SELECT * EXCLUDE (hn_row) FROM (SELECT *");
    for (int64_t i = 0; i < windows->n; i++) {
        hn_str_put(sql, ", ");
        HN_TRY(put_window(ctx, windows->items[i], sql));
    }
    hn_str_printf(sql, " FROM (SELECT *, row_number() OVER () AS hn_row FROM %s)) ORDER BY hn_row",
                  from);
    return hn_str_status(sql);
}
