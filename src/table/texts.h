/* texts.h - numbers and times as people write them: "$1,234.50", "1 234,5 kg", "(3.5)", "1.2k";
 * "13/02/2020", "Feb 13, 2020 5:30 pm". What the readers of files take for numbers and times is stricter
 * (dialect.h, column.h): it may not guess. Here the caller says how to read, or learns it from a column. */
#ifndef HN_TABLE_TEXTS_H
#define HN_TABLE_TEXTS_H

#include "table/column.h"

/* ---- numbers ------------------------------------------------------------------------------- */

/* A unit and what it measures: value * factor is in the family's first unit. */
typedef struct hn_unit {
    const char *name;
    int32_t family;
    double factor;
} hn_unit;

enum { HN_NO_UNIT = -1, HN_OTHER_UNIT = -2 };

typedef struct hn_amount {
    double value; /* as written, multiplied where k, M, ... stand behind it */
    int32_t
        unit; /* number of hn_unit_at; HN_NO_UNIT: none stands there, or a currency; HN_OTHER_UNIT: a word */
} hn_amount;

/* What text says where decimal ('.' or ',') stands before the fraction: one number, with a sign or in parentheses
 * (then negative), thousands marks (the other of '.' and ',', spaces, apostrophes, underscores), a currency, an
 * exponent, k, M, bn, ... and one word behind it: a unit or whatever is counted. False for what is no number,
 * and for whole numbers with leading zeros, which are codes. */
bool hn_read_amount(hn_slice text, char decimal, hn_amount *ret_amount);

/* The unit of a number or name; NULL: there is none. Names in other case count where they are not another's. */
const hn_unit *hn_unit_at(int32_t unit);
int32_t hn_unit_find(hn_slice name);

/* ---- times --------------------------------------------------------------------------------- */

/* ISO 8601, and what else is understood of a date and a time of day: numbers between / . - or spaces, where the
 * year has four digits or stands last (with two: 69 is 1969, 68 is 2068), or English names of months, with 12 or 24
 * hours and a zone (without: UTC). day_first: of 3/4/2020 and the like the day is 3. Months and years alone are
 * their first day. False for what is none. */
bool hn_read_time(hn_slice text, bool day_first, int64_t *ret_microseconds);

/* By a format as C and Python have it: %Y %y %m %b %B %d %j %H %I %M %S %f %p %z %Z %a %A %s (seconds since 1970) %%;
 * white space stands for any. What is not said is 1900-01-01 00:00:00, as in Python. */
bool hn_read_time_by(hn_slice text, const char *format, int64_t *ret_microseconds);
/* A time by such a format appended to str, and whether a format has nothing but these: *ret_bad gets the letter. */
void hn_write_time_by(hn_str *str, int64_t microseconds, const char *format);
bool hn_time_format_is_good(const char *format, char *ret_bad);

#endif
