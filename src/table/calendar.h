/* calendar.h - days and dates, proleptic Gregorian; implemented in time.c. */
#ifndef HN_TABLE_CALENDAR_H
#define HN_TABLE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#define HN_SECOND INT64_C(1000000) /* in microseconds */
#define HN_DAY INT64_C(86400000000)

/* Days from 1970-01-01 to a date, and back; month and day from 1. */
int64_t hn_days_of_date(int64_t year, int month, int day);
void hn_date_of_days(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day);
int hn_days_in_month(int64_t year, int month);
/* Whether there is such a day, in a year from 1 to 9999. */
bool hn_is_date(int64_t year, int64_t month, int64_t day);

#endif
