/* expr_time.c - kernels on timestamps: the parts of a date, UTC, in the proleptic Gregorian
 * calendar. */
#include "table/expr_internal.h"

static const int64_t SECOND = 1000000, DAY = 86400 * (int64_t)1000000;

static int64_t floor_divide(int64_t a, int64_t b) { return a / b - (a % b < 0); }
static int64_t floor_modulo(int64_t a, int64_t b) { return a - b * floor_divide(a, b); }

typedef struct date {
    int64_t year, month, day; /* month and day from 1 */
} date;

/* Days since 1970-01-01 to a date (Hinnant, chrono-compatible low-level date algorithms): years
 * begin in March, so that the leap day is the last. */
static date date_of(int64_t days) {
    days += 719468;
    int64_t era = floor_divide(days, 146097), day_of_era = floor_modulo(days, 146097);
    int64_t year =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    date d = {.year = year + era * 400, .day = day_of_year - (153 * month + 2) / 5 + 1};
    d.month = month < 10 ? month + 3 : month - 9;
    d.year += d.month <= 2;
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
            int64_t t = times[i], days = floor_divide(t, DAY);                                     \
            (void)days;                                                                            \
            out[i] = t == HN_NO_TIME ? (double)NAN : (double)(value);                              \
        }                                                                                          \
        return HONE_OK;                                                                            \
    }

PART(year, date_of(days).year)
PART(quarter, (date_of(days).month + 2) / 3)
PART(month, date_of(days).month)
PART(day, date_of(days).day)
PART(hour, floor_modulo(t, DAY) / (3600 * SECOND))
PART(minute, floor_modulo(t, 3600 * SECOND) / (60 * SECOND))
PART(second, (double)floor_modulo(t, 60 * SECOND) / 1e6)
PART(weekday, floor_modulo(days + 3, 7))
PART(day_of_year, day_of_year(days))
PART(week, week_of(days))
PART(epoch, (double)t / 1e6)

hone_status hn_kernel_days_between(const hn_call *call) {
    const int64_t *a = call->args[0], *b = call->args[1];
    double *out = call->out;
    for (int64_t i = 0; i < call->n; i++) {
        bool missing = a[i] == HN_NO_TIME || b[i] == HN_NO_TIME;
        /* the difference of two times may be too large for an integer */
        out[i] = missing ? (double)NAN : ((double)b[i] - (double)a[i]) / (double)DAY;
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
