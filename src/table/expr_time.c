/* expr_time.c - kernels on timestamps: the parts of a date, UTC, in the proleptic Gregorian
 * calendar. */
#include "table/calendar.h"
#include "table/expr_internal.h"
#include "table/texts.h"

#include <string.h>
#include <strings.h>

enum { MONTH_MOST = 12 * 9999 }; /* whole months from year 0, of years that have four digits */

static int64_t floor_divide(int64_t a, int64_t b) { return a / b - (a % b < 0); }
static int64_t floor_modulo(int64_t a, int64_t b) { return a - b * floor_divide(a, b); }

typedef struct date {
    int64_t year, month, day; /* month and day from 1 */
} date;

static date date_of(int64_t days) {
    date d;
    int month, day;
    hn_date_of_days(days, &d.year, &month, &day);
    d.month = month;
    d.day = day;
    return d;
}

static int64_t day_of_year(int64_t days) {
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    date d = date_of(days);
    bool leap = d.year % 4 == 0 && (d.year % 100 != 0 || d.year % 400 == 0);
    return before[d.month - 1] + d.day + (leap && d.month > 2);
}

/* ISO 8601: the week's year is that of its Thursday. */
static int64_t week_of(int64_t days) {
    return (day_of_year(days + 3 - floor_modulo(days + 3, 7)) - 1) / 7 + 1;
}

/* out[i] = value in terms of t, microseconds since 1970, and days, whole days since. */
#define PART(name, value)                                                                          \
    hone_status hn_kernel_##name(const hn_call *call) {                                            \
        const int64_t *times = call->args[0];                                                      \
        double *out = call->out;                                                                   \
        for (int64_t i = 0; i < call->n; i++) {                                                    \
            int64_t t = times[i], days = floor_divide(t, HN_DAY);                                  \
            (void)days;                                                                            \
            out[i] = t == HN_NO_TIME ? (double)NAN : (double)(value);                              \
        }                                                                                          \
        return HONE_OK;                                                                            \
    }

PART(year, date_of(days).year)
PART(quarter, (date_of(days).month + 2) / 3)
PART(month, date_of(days).month)
PART(day, date_of(days).day)
PART(hour, floor_modulo(t, HN_DAY) / (3600 * HN_SECOND))
PART(minute, floor_modulo(t, 3600 * HN_SECOND) / (60 * HN_SECOND))
PART(second, (double)floor_modulo(t, 60 * HN_SECOND) / 1e6)
PART(weekday, floor_modulo(days + 3, 7))
PART(day_of_year, day_of_year(days))
PART(week, week_of(days))
PART(epoch, (double)t / 1e6)
PART(days_in_month, hn_days_in_month(date_of(days).year, (int)date_of(days).month))
PART(iso_year, date_of(days + 3 - floor_modulo(days + 3, 7)).year)

hone_status hn_kernel_days_between(const hn_call *call) {
    const int64_t *a = call->args[0], *b = call->args[1];
    double *out = call->out;
    for (int64_t i = 0; i < call->n; i++) {
        bool missing = a[i] == HN_NO_TIME || b[i] == HN_NO_TIME;
        /* the difference of two times may be too large for an integer */
        out[i] = missing ? (double)NAN : ((double)b[i] - (double)a[i]) / (double)HN_DAY;
    }
    return HONE_OK;
}

hone_status hn_kernel_to_timestamp(const hn_call *call) {
    const hn_slice *text = call->args[0];
    int64_t *out = call->out;
    for (int64_t i = 0; i < call->n; i++)
        if (!text[i].text || !hn_time_parse(text[i], &out[i])) out[i] = HN_NO_TIME;
    return HONE_OK;
}

/* ---- by unit -------------------------------------------------------------------------------- */

/* Months, or microseconds where that is 0. */
typedef struct unit {
    const char *name;
    int months;
    int64_t microseconds;
} unit;

static const unit units[] = {{"year", 12, 0},
                             {"quarter", 3, 0},
                             {"month", 1, 0},
                             {"week", 0, 7 * HN_DAY},
                             {"day", 0, HN_DAY},
                             {"hour", 0, 3600 * HN_SECOND},
                             {"minute", 0, 60 * HN_SECOND},
                             {"second", 0, HN_SECOND}};

/* "month", "months", in any case. */
static hone_status find_unit(const hn_call *call, hn_slice name, const unit **ret) {
    size_t n = name.length;
    if (n > 1 && (name.text[n - 1] == 's' || name.text[n - 1] == 'S')) n--;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strlen(units[i].name) == n && strncasecmp(units[i].name, name.text, n) == 0) {
            *ret = &units[i];
            return HONE_OK;
        }
    return hn_fail(call->ctx, HONE_ERROR_DATA,
                   "there is no unit of time '%.*s'; take year, quarter, month, week, day, hour, "
                   "minute or second",
                   (int)(name.length < 40 ? name.length : 40), name.text);
}

static int64_t truncate_to(const unit *u, int64_t t) {
    int64_t days = floor_divide(t, HN_DAY);
    if (u->months > 0) {
        date d = date_of(days);
        return hn_days_of_date(d.year, (int)((d.month - 1) / u->months * u->months + 1), 1) *
               HN_DAY;
    }
    if (strcmp(u->name, "week") == 0) return (days - floor_modulo(days + 3, 7)) * HN_DAY;
    return t - floor_modulo(t, u->microseconds);
}

hone_status hn_kernel_date_trunc(const hn_call *call) {
    const hn_slice *name = call->args[0];
    const int64_t *t = call->args[1];
    int64_t *out = call->out;
    for (int64_t i = 0; i < call->n; i++) {
        const unit *u;
        out[i] = HN_NO_TIME;
        if (!name[i].text || t[i] == HN_NO_TIME) continue;
        HN_TRY(find_unit(call, name[i], &u));
        out[i] = truncate_to(u, t[i]);
    }
    return HONE_OK;
}

/* The same day of the month so many months later, or its last one. False beyond the calendar. */
static bool add_months(int64_t t, int64_t months, int64_t *ret) {
    int64_t days = floor_divide(t, HN_DAY);
    date d = date_of(days);
    int64_t month = d.year * 12 + d.month - 1 + months;
    if (month < -MONTH_MOST || month > MONTH_MOST) return false;
    int64_t year = floor_divide(month, 12);
    int of_year = (int)floor_modulo(month, 12) + 1, most = hn_days_in_month(year, of_year);
    int day = d.day < most ? (int)d.day : most;
    *ret = hn_days_of_date(year, of_year, day) * HN_DAY + (t - days * HN_DAY);
    return true;
}

hone_status hn_kernel_date_add(const hn_call *call) {
    const int64_t *t = call->args[0];
    const double *n = call->args[1];
    const hn_slice *name = call->args[2];
    int64_t *out = call->out;
    for (int64_t i = 0; i < call->n; i++) {
        const unit *u;
        out[i] = HN_NO_TIME;
        if (!name[i].text || t[i] == HN_NO_TIME || n[i] != n[i]) continue;
        HN_TRY(find_unit(call, name[i], &u));
        double whole = trunc(n[i]);
        if (u->months > 0) {
            if (fabs(whole) <= MONTH_MOST && !add_months(t[i], (int64_t)whole * u->months, &out[i]))
                out[i] = HN_NO_TIME;
            continue;
        }
        double sum = (double)t[i] + n[i] * (double)u->microseconds;
        if (fabs(sum) < 9e18 && fabs(n[i] * (double)u->microseconds) < 9e18)
            out[i] = t[i] + (int64_t)(whole * (double)u->microseconds) +
                     (int64_t)((n[i] - whole) * (double)u->microseconds);
    }
    return HONE_OK;
}

/* Whole units from a to b: how often u fits between them; negative where b comes first. */
static double count_units(const unit *u, int64_t a, int64_t b) {
    if (u->months == 0) return trunc(((double)b - (double)a) / (double)u->microseconds);
    date from = date_of(floor_divide(a, HN_DAY)), to = date_of(floor_divide(b, HN_DAY));
    int64_t months = (to.year - from.year) * 12 + to.month - from.month, reached;
    if (!add_months(a, months, &reached)) return (double)NAN;
    if (b >= a && reached > b) months--;
    if (b < a && reached < b) months++;
    return trunc((double)months / u->months);
}

hone_status hn_kernel_date_diff(const hn_call *call) {
    const hn_slice *name = call->args[0];
    const int64_t *a = call->args[1], *b = call->args[2];
    double *out = call->out;
    for (int64_t i = 0; i < call->n; i++) {
        const unit *u;
        out[i] = (double)NAN;
        if (!name[i].text || a[i] == HN_NO_TIME || b[i] == HN_NO_TIME) continue;
        HN_TRY(find_unit(call, name[i], &u));
        out[i] = count_units(u, a[i], b[i]) + 0.0;
    }
    return HONE_OK;
}

hone_status hn_kernel_make_date(const hn_call *call) {
    const double *year = call->args[0], *month = call->args[1], *day = call->args[2];
    int64_t *out = call->out;
    for (int64_t i = 0; i < call->n; i++) {
        bool whole = year[i] == floor(year[i]) && month[i] == floor(month[i]) &&
                     day[i] == floor(day[i]) && fabs(year[i]) < 1e5 && fabs(month[i]) < 100 &&
                     fabs(day[i]) < 100;
        bool good = whole && hn_is_date((int64_t)year[i], (int64_t)month[i], (int64_t)day[i]);
        out[i] = good ? hn_days_of_date((int64_t)year[i], (int)month[i], (int)day[i]) * HN_DAY
                      : HN_NO_TIME;
    }
    return HONE_OK;
}

/* ---- by a format ---------------------------------------------------------------------------- */

/* The format of row i, NUL-terminated, which is the one before in most rows. */
static hone_status format_of(const hn_call *call, hn_slice text, hn_str *format) {
    char bad;
    if (format->length == text.length && memcmp(format->text, text.text, text.length) == 0)
        return HONE_OK;
    hn_str_clear(format);
    hn_str_put_n(format, text.text, text.length);
    HN_TRY(hn_str_status(format));
    if (strlen(format->text) == text.length && hn_time_format_is_good(format->text, &bad))
        return HONE_OK;
    return hn_fail(
        call->ctx, HONE_ERROR_DATA,
        "'%.80s' is no format of times; it has %%Y %%y %%m %%b %%B %%d %%j %%H %%I %%M %%S "
        "%%f %%p %%z %%Z %%a %%A %%s %%%% and what stands between them",
        format->text);
}

hone_status hn_kernel_to_timestamp_by(const hn_call *call) {
    const hn_slice *text = call->args[0], *by = call->args[1];
    int64_t *out = call->out;
    HN_SCRATCH(call->ctx);
    hn_str format;
    hn_str_init(&format, call->ctx, call->ctx->scratch);
    for (int64_t i = 0; i < call->n; i++) {
        out[i] = HN_NO_TIME;
        if (!text[i].text || !by[i].text) continue;
        HN_TRY(format_of(call, by[i], &format));
        if (!hn_read_time_by(text[i], format.text, &out[i])) out[i] = HN_NO_TIME;
    }
    return HONE_OK;
}

hone_status hn_kernel_format_time(const hn_call *call) {
    const int64_t *t = call->args[0];
    const hn_slice *by = call->args[1];
    hn_slice *out = call->out;
    HN_SCRATCH(call->ctx);
    hn_str format, made;
    hn_str_init(&format, call->ctx, call->ctx->scratch);
    hn_str_init(&made, call->ctx, call->ctx->scratch);
    for (int64_t i = 0; i < call->n; i++) {
        out[i] = (hn_slice){NULL, 0};
        if (t[i] == HN_NO_TIME || !by[i].text) continue;
        HN_TRY(format_of(call, by[i], &format));
        hn_str_clear(&made);
        hn_write_time_by(&made, t[i], format.text);
        HN_TRY(hn_str_status(&made));
        char *to = hn_text_pool_take(call->pool, made.length);
        if (!to) return call->ctx->error.code;
        memcpy(to, made.text, made.length);
        out[i] = (hn_slice){to, made.length};
    }
    return HONE_OK;
}
