/* time.c - timestamps as text, both ways: ISO 8601 and microseconds since 1970, proleptic Gregorian.
 *
 * Day numbers follow Howard Hinnant, "chrono-compatible low-level date algorithms" (days_from_civil,
 * civil_from_days). Years run from -290000 to 290000, what int64 microseconds can hold. */
#include "table/calendar.h"
#include "table/column.h"

#include <assert.h>

int64_t hn_days_of_date(int64_t year, int month, int day) {
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void hn_date_of_days(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day) {
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153; /* 0 = March */
    *ret_day = (int)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    *ret_month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    *ret_year = year_of_era + era * 400 + (*ret_month <= 2);
}

static bool is_leap(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int hn_days_in_month(int64_t year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

bool hn_is_date(int64_t year, int64_t month, int64_t day) {
    return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
           day <= hn_days_in_month(year, (int)month);
}

/* What is left to parse. */
typedef struct cursor {
    const char *at, *end;
} cursor;

static bool take_char(cursor *c, char wanted) {
    if (c->at == c->end || *c->at != wanted) return false;
    c->at++;
    return true;
}

/* Exactly count digits. */
static bool take_digits(cursor *c, int count, int64_t *ret_value) {
    if (c->end - c->at < count) return false;
    int64_t value = 0;
    for (int i = 0; i < count; i++) {
        if (c->at[i] < '0' || c->at[i] > '9') return false;
        value = value * 10 + (c->at[i] - '0');
    }
    c->at += count;
    *ret_value = value;
    return true;
}

static bool take_year(cursor *c, int64_t *ret_year) {
    bool minus = take_char(c, '-');
    bool sign = minus || take_char(c, '+');
    int digits = 0;
    while (digits < c->end - c->at && c->at[digits] >= '0' && c->at[digits] <= '9') digits++;
    if (digits < 4 || digits > 6 || (digits > 4 && !sign)) return false;
    if (!take_digits(c, digits, ret_year)) return false;
    if (minus) *ret_year = -*ret_year;
    return *ret_year >= -290000 && *ret_year <= 290000;
}

/* HH:MM[:SS[.f...]]; digits of a second beyond the sixth are dropped. */
static bool take_clock(cursor *c, int64_t *ret_microseconds) {
    int64_t hour, minute, second = 0, fraction = 0;
    if (!take_digits(c, 2, &hour) || !take_char(c, ':') || !take_digits(c, 2, &minute))
        return false;
    if (take_char(c, ':')) {
        if (!take_digits(c, 2, &second)) return false;
        if (take_char(c, '.') || take_char(c, ',')) {
            int64_t scale = 100000;
            const char *first = c->at;
            for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++, scale /= 10)
                fraction += (*c->at - '0') * scale;
            if (c->at == first) return false;
        }
    }
    if (hour > 23 || minute > 59 || second > 59) return false;
    *ret_microseconds = ((hour * 60 + minute) * 60 + second) * 1000000 + fraction;
    return true;
}

/* Z, +HH, +HHMM or +HH:MM (either sign), or nothing, which is UTC. */
static bool take_zone(cursor *c, int64_t *ret_microseconds) {
    *ret_microseconds = 0;
    if (c->at == c->end || take_char(c, 'Z') || take_char(c, 'z')) return true;
    bool minus = take_char(c, '-');
    if (!minus && !take_char(c, '+')) return false;
    int64_t hours, minutes = 0;
    if (!take_digits(c, 2, &hours)) return false;
    if (c->at != c->end) {
        take_char(c, ':');
        if (!take_digits(c, 2, &minutes)) return false;
    }
    if (hours > 15 || minutes > 59) return false;
    *ret_microseconds = (hours * 60 + minutes) * INT64_C(60000000) * (minus ? -1 : 1);
    return true;
}

bool hn_time_parse(hn_slice text, int64_t *ret_microseconds) {
    if (text.length == 0) return false; /* its pointer may be NULL */
    cursor c = {text.text, text.text + text.length};
    int64_t year, month, day, clock = 0, zone = 0;
    if (!take_year(&c, &year) || !take_char(&c, '-') || !take_digits(&c, 2, &month) ||
        !take_char(&c, '-') || !take_digits(&c, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > hn_days_in_month(year, (int)month))
        return false;
    if (take_char(&c, 'T') || take_char(&c, 't') || take_char(&c, ' ')) {
        if (!take_clock(&c, &clock)) return false;
        take_char(&c, ' ');
        if (!take_zone(&c, &zone)) return false;
    }
    if (c.at != c.end) return false;
    *ret_microseconds = hn_days_of_date(year, (int)month, (int)day) * HN_DAY + clock - zone;
    return true;
}

bool hn_time_is_date(int64_t microseconds) { return microseconds % HN_DAY == 0; }

static char *put_digits(char *at, int64_t value, int count) {
    for (int i = count - 1; i >= 0; i--, value /= 10) at[i] = (char)('0' + value % 10);
    return at + count;
}

size_t hn_time_format(int64_t microseconds, bool date_only, char buffer[HN_TIME_SIZE]) {
    int64_t days = microseconds / HN_DAY, rest = microseconds % HN_DAY, year;
    if (rest < 0) {
        rest += HN_DAY;
        days--;
    }
    int month, day;
    hn_date_of_days(days, &year, &month, &day);
    char *at = buffer;
    if (year >= 0 && year <= 9999) {
        at = put_digits(at, year, 4);
    } else {
        *at++ = year < 0 ? '-' : '+';
        at = put_digits(at, year < 0 ? -year : year, 6);
    }
    *at++ = '-';
    at = put_digits(at, month, 2);
    *at++ = '-';
    at = put_digits(at, day, 2);
    if (!date_only) {
        int64_t second = rest / 1000000, fraction = rest % 1000000;
        *at++ = 'T';
        at = put_digits(at, second / 3600, 2);
        *at++ = ':';
        at = put_digits(at, second / 60 % 60, 2);
        *at++ = ':';
        at = put_digits(at, second % 60, 2);
        if (fraction != 0) {
            *at++ = '.';
            at = put_digits(at, fraction, 6);
            while (at[-1] == '0') at--;
        }
    }
    assert(at < buffer + HN_TIME_SIZE);
    *at = '\0';
    return (size_t)(at - buffer);
}
