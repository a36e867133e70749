/* text_time.c - dates and times as people write them; see texts.h. */
#include "base/utf8.h"
#include "table/calendar.h"
#include "table/texts.h"

#include <math.h>
#include <string.h>
#include <strings.h>

static const char *const months[] = {"january",   "february", "march",    "april",
                                     "may",       "june",     "july",     "august",
                                     "september", "october",  "november", "december"};
static const char *const weekdays[] = {"monday", "tuesday",  "wednesday", "thursday",
                                       "friday", "saturday", "sunday"};

/* Zones of mail (RFC 5322), in minutes. */
static const struct {
    const char *name;
    int minutes;
} zones[] = {{"z", 0},      {"utc", 0},    {"gmt", 0},    {"ut", 0},
             {"est", -300}, {"edt", -240}, {"cst", -360}, {"cdt", -300},
             {"mst", -420}, {"mdt", -360}, {"pst", -480}, {"pdt", -420}};

/* ---- words and numbers ----------------------------------------------------------------------- */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static bool same(hn_slice word, const char *name) {
    return strlen(name) == word.length && strncasecmp(word.text, name, word.length) == 0;
}

/* The number, from 0, of a name written in full or by its first three letters (sept too); -1: it is none. */
static int find_name(hn_slice word, const char *const *names, int n) {
    for (int i = 0; i < n; i++)
        if (same(word, names[i]) || (word.length == 3 && strncasecmp(word.text, names[i], 3) == 0))
            return i;
    return names == months && same(word, "sept") ? 8 : -1;
}

static hn_slice take_word(hn_slice *rest) {
    hn_slice word = {rest->text, 0};
    while (word.length < rest->length && is_letter(rest->text[word.length])) word.length++;
    rest->text += word.length;
    rest->length -= word.length;
    return word;
}

/* At most `most` digits; how many there were, 0: none. */
static size_t take_digits(hn_slice *rest, size_t most, int64_t *ret_value) {
    size_t n = 0;
    int64_t value = 0;
    while (n < rest->length && n < most && is_digit(rest->text[n]))
        value = 10 * value + (rest->text[n++] - '0');
    rest->text += n;
    rest->length -= n;
    *ret_value = value;
    return n;
}

static bool take_char(hn_slice *rest, char wanted) {
    if (rest->length == 0 || *rest->text != wanted) return false;
    rest->text++;
    rest->length--;
    return true;
}

static void skip_space(hn_slice *rest) {
    int32_t code;
    while (rest->length > 0) {
        size_t n = hn_utf8_decode(rest->text, rest->length, &code);
        if (!hn_utf8_is_space(code)) return;
        rest->text += n;
        rest->length -= n;
    }
}

/* Digits after the point as microseconds; those beyond the sixth are dropped. */
static bool take_fraction(hn_slice *rest, int64_t *ret_microseconds) {
    int64_t scale = 100000, value = 0;
    size_t n = 0;
    for (; n < rest->length && is_digit(rest->text[n]); n++, scale /= 10)
        value += (rest->text[n] - '0') * scale;
    rest->text += n;
    rest->length -= n;
    *ret_microseconds = value;
    return n > 0;
}

static int64_t full_year(int64_t year, size_t digits) {
    return digits > 2 ? year : year < 69 ? year + 2000 : year + 1900;
}

/* ---- what has been understood ---------------------------------------------------------------- */

typedef struct moment {
    int64_t number[3]; /* of the date, in order */
    size_t digits[3];
    int n;
    int month; /* by name, from 1; 0: none */
    int half;  /* 0: 24 hours, 1: am, 2: pm */
    bool has_clock, has_zone;
    int64_t hour, minute, second, fraction;
    int64_t zone; /* minutes east */
} moment;

/* +02, +0200, +02:00 */
static bool take_offset(hn_slice *rest, int64_t *ret_minutes) {
    bool minus = *rest->text == '-';
    int64_t hours, minutes = 0;
    rest->text++;
    rest->length--;
    if (take_digits(rest, 2, &hours) != 2) return false;
    take_char(rest, ':');
    size_t n = take_digits(rest, 2, &minutes);
    if ((n != 0 && n != 2) || hours > 15 || minutes > 59) return false;
    *ret_minutes = (hours * 60 + minutes) * (minus ? -1 : 1);
    return true;
}

/* What comes behind the hour: ":05", ":05:07.25". */
static bool take_clock(hn_slice *rest, moment *m) {
    if (m->has_clock) return false;
    m->has_clock = true;
    if (!take_char(rest, ':')) return true;
    if (take_digits(rest, 2, &m->minute) != 2) return false;
    if (!take_char(rest, ':')) return true;
    if (take_digits(rest, 2, &m->second) != 2) return false;
    if (rest->length > 1 && (*rest->text == '.' || *rest->text == ',') && is_digit(rest->text[1])) {
        rest->text++;
        rest->length--;
        return take_fraction(rest, &m->fraction);
    }
    return true;
}

/* am, pm, a.m., p.m. */
static bool take_half(hn_slice *rest, moment *m) {
    static const char *const words[] = {"am", "pm", "a.m.", "p.m."};
    for (int i = 0; i < 4; i++) {
        size_t n = strlen(words[i]);
        if (n > rest->length || strncasecmp(rest->text, words[i], n) != 0) continue;
        if (n < rest->length && is_letter(rest->text[n])) continue;
        m->half = 1 + i % 2;
        rest->text += n;
        rest->length -= n;
        return true;
    }
    return false;
}

/* A run of digits: a part of the date, all of it, or an hour. */
static bool take_run(hn_slice *rest, moment *m) {
    int64_t value;
    hn_slice before = *rest;
    size_t n = take_digits(rest, 9, &value);
    if (rest->length > 0 && is_digit(*rest->text)) return false;
    if (n <= 2 && rest->length > 0 && *rest->text == ':') {
        m->hour = value;
        return take_clock(rest, m);
    }
    if (n == 8 && m->n == 0 && m->month == 0) {
        take_digits(&before, 4, &m->number[0]);
        take_digits(&before, 2, &m->number[1]);
        take_digits(&before, 2, &m->number[2]);
        m->digits[0] = 4;
        m->digits[1] = m->digits[2] = 2;
        m->n = 3;
        return true;
    }
    if ((n == 4 || n == 6) && m->n == 3 && !m->has_clock) { /* 20200213T1015 */
        m->has_clock = true;
        take_digits(&before, 2, &m->hour);
        take_digits(&before, 2, &m->minute);
        take_digits(&before, 2, &m->second);
        return true;
    }
    if (n <= 2) {
        hn_slice after = *rest;
        skip_space(&after);
        if (!m->has_clock && take_half(&after, m)) {
            *rest = after;
            m->hour = value;
            m->has_clock = true;
            return true;
        }
    }
    if ((n != 1 && n != 2 && n != 4) || m->n == 3) return false;
    m->number[m->n] = value;
    m->digits[m->n++] = n;
    static const char *const ordinals[] = {"st", "nd", "rd", "th"};
    for (int i = 0; i < 4; i++)
        if (rest->length >= 2 && strncasecmp(rest->text, ordinals[i], 2) == 0 &&
            (rest->length == 2 || !is_letter(rest->text[2]))) {
            rest->text += 2;
            rest->length -= 2;
            break;
        }
    return true;
}

static bool take_name(hn_slice *rest, moment *m) {
    static const char *const fillers[] = {"at", "of", "on", "the", "t"};
    if (m->has_clock && m->half == 0 && take_half(rest, m)) return true;
    hn_slice word = take_word(rest);
    int month = find_name(word, months, 12);
    if (month >= 0) {
        if (m->month != 0) return false;
        m->month = month + 1;
        return true;
    }
    if (find_name(word, weekdays, 7) >= 0 || same(word, "tues") || same(word, "thur") ||
        same(word, "thurs"))
        return true;
    for (size_t i = 0; m->has_clock && !m->has_zone && i < sizeof zones / sizeof *zones; i++)
        if (same(word, zones[i].name)) {
            m->zone = zones[i].minutes;
            m->has_zone = true;
            return true;
        }
    for (size_t i = 0; i < sizeof fillers / sizeof *fillers; i++)
        if (same(word, fillers[i])) return true;
    return false;
}

/* Year, month and day from the numbers that there are. */
static bool find_date(const moment *m, bool day_first, int64_t *year, int64_t *month,
                      int64_t *day) {
    const int64_t *x = m->number;
    const size_t *digits = m->digits;
    *day = 1;
    if (m->month != 0) {
        bool year_first = m->n > 0 && digits[0] == 4;
        *month = m->month;
        if (m->n == 1 && !year_first) return false;
        if (m->n == 1) {
            *year = x[0];
            return true;
        }
        if (m->n != 2 || digits[year_first] == 4 || (!year_first && digits[1] == 1)) return false;
        *year = year_first ? x[0] : full_year(x[1], digits[1]);
        *day = year_first ? x[1] : x[0];
        return year_first || digits[0] <= 2;
    }
    if (m->n == 2 && (digits[0] == 4) != (digits[1] == 4)) {
        *year = digits[0] == 4 ? x[0] : x[1];
        *month = digits[0] == 4 ? x[1] : x[0];
        return true;
    }
    if (m->n != 3 || digits[1] == 4 || (digits[0] == 4 && digits[2] == 4)) return false;
    if (digits[0] == 4) {
        *year = x[0];
        *month = x[1];
        *day = x[2];
    } else {
        *year = full_year(x[2], digits[2]);
        if (digits[2] == 1) return false;
        *month = x[day_first ? 1 : 0];
        *day = x[day_first ? 0 : 1];
    }
    return true;
}

static bool clock_of(const moment *m, int64_t *ret_microseconds) {
    int64_t hour = m->hour;
    if (m->half != 0) {
        if (hour < 1 || hour > 12) return false;
        hour = hour % 12 + (m->half == 2 ? 12 : 0);
    }
    if (hour > 23 || m->minute > 59 || m->second > 59) return false;
    *ret_microseconds = ((hour * 60 + m->minute) * 60 + m->second) * HN_SECOND + m->fraction;
    return true;
}

bool hn_read_time(hn_slice text, bool day_first, int64_t *ret_microseconds) {
    hn_slice rest = hn_utf8_trim(text);
    int64_t year, month, day, clock;
    moment m = {.n = 0};
    if (hn_time_parse(rest, ret_microseconds)) return true;
    for (bool first = true; rest.length > 0; first = false) {
        char c = *rest.text;
        bool offset = (c == '+' || c == '-') && m.has_clock && !m.has_zone;
        if (offset) {
            m.has_zone = true;
            if (!take_offset(&rest, &m.zone)) return false;
        } else if (is_digit(c)) {
            if (!take_run(&rest, &m)) return false;
        } else if (is_letter(c)) {
            if (!take_name(&rest, &m)) return false;
        } else if (strchr("/-., ()", c) != NULL && c != 0 && !(first && c != '(')) {
            rest.text++;
            rest.length--;
        } else {
            hn_slice before = rest;
            skip_space(&rest);
            if (rest.length == before.length) return false;
        }
    }
    if (!find_date(&m, day_first, &year, &month, &day) || !hn_is_date(year, month, day) ||
        !clock_of(&m, &clock))
        return false;
    *ret_microseconds =
        hn_days_of_date(year, (int)month, (int)day) * HN_DAY + clock - m.zone * 60 * HN_SECOND;
    return true;
}

/* ---- by a format ----------------------------------------------------------------------------- */

static const char letters[] = "YymbBdjHIMSfpzZaAs%";

bool hn_time_format_is_good(const char *format, char *ret_bad) {
    for (const char *at = format; *at; at++) {
        if (*at != '%') continue;
        at++;
        *ret_bad = *at;
        if (*at == 0 || strchr(letters, *at) == NULL) return false;
    }
    return true;
}

typedef struct parts {
    moment m;
    int64_t year, month, day, day_of_year, epoch;
    bool has_epoch;
} parts;

/* Digits up to most, into value; within its range. */
static bool take_part(hn_slice *rest, size_t most, int64_t low, int64_t high, int64_t *value) {
    return take_digits(rest, most, value) > 0 && *value >= low && *value <= high;
}

static bool take_epoch(hn_slice *rest, parts *p) {
    bool minus = take_char(rest, '-');
    if (take_digits(rest, 12, &p->epoch) == 0) return false;
    if (minus) p->epoch = -p->epoch;
    p->has_epoch = true;
    return true;
}

static bool take_zone(hn_slice *rest, parts *p) {
    if (rest->length > 0 && (*rest->text == '+' || *rest->text == '-'))
        return take_offset(rest, &p->m.zone);
    hn_slice word = take_word(rest);
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++)
        if (same(word, zones[i].name)) {
            p->m.zone = zones[i].minutes;
            return true;
        }
    return false;
}

static bool take_directive(hn_slice *rest, char letter, parts *p) {
    hn_slice before;
    int name;
    switch (letter) {
    case 'Y': return take_digits(rest, 4, &p->year) == 4;
    case 'y':
        if (!take_part(rest, 2, 0, 99, &p->year)) return false;
        p->year = full_year(p->year, 2);
        return true;
    case 'm': return take_part(rest, 2, 1, 12, &p->month);
    case 'd': return take_part(rest, 2, 1, 31, &p->day);
    case 'j': return take_part(rest, 3, 1, 366, &p->day_of_year);
    case 'H': return take_part(rest, 2, 0, 23, &p->m.hour);
    case 'I': /* of the morning, unless %p says otherwise */
        if (p->m.half == 0) p->m.half = 1;
        return take_part(rest, 2, 1, 12, &p->m.hour);
    case 'M': return take_part(rest, 2, 0, 59, &p->m.minute);
    case 'S': return take_part(rest, 2, 0, 59, &p->m.second);
    case 'f': return take_fraction(rest, &p->m.fraction);
    case 'p': return take_half(rest, &p->m);
    case 'z':
    case 'Z': return take_zone(rest, p);
    case 's': return take_epoch(rest, p);
    case '%': return take_char(rest, '%');
    case 'b':
    case 'B':
        name = find_name(take_word(rest), months, 12);
        p->month = name + 1;
        return name >= 0;
    default: /* a, A */
        before = *rest;
        if (find_name(take_word(rest), weekdays, 7) >= 0) return true;
        *rest = before;
        return false;
    }
}

static bool finish(parts *p, int64_t *ret_microseconds) {
    int64_t clock, days;
    if (p->has_epoch) {
        *ret_microseconds = p->epoch * HN_SECOND;
        return true;
    }
    if (!hn_is_date(p->year, p->month, p->day) || !clock_of(&p->m, &clock)) return false;
    days = hn_days_of_date(p->year, (int)p->month, (int)p->day);
    if (p->day_of_year > 0) {
        int64_t next = hn_days_of_date(p->year + 1, 1, 1);
        days = hn_days_of_date(p->year, 1, 1) + p->day_of_year - 1;
        if (days >= next) return false;
    }
    *ret_microseconds = days * HN_DAY + clock - p->m.zone * 60 * HN_SECOND;
    return true;
}

bool hn_read_time_by(hn_slice text, const char *format, int64_t *ret_microseconds) {
    hn_slice rest = hn_utf8_trim(text);
    parts p = {.year = 1900, .month = 1, .day = 1};
    for (const char *at = format; *at; at++) {
        if (strchr(" \t\n", *at) != NULL) {
            skip_space(&rest);
        } else if (*at != '%') {
            if (!take_char(&rest, *at)) return false;
        } else if (*++at == 0 || !take_directive(&rest, *at, &p)) {
            return false;
        }
    }
    return rest.length == 0 && finish(&p, ret_microseconds);
}

/* ---- writing --------------------------------------------------------------------------------- */

static void put_name(hn_str *str, const char *name, bool whole) {
    hn_str_put_c(str, (char)(name[0] - 'a' + 'A'));
    hn_str_put_n(str, name + 1, whole ? strlen(name) - 1 : 2);
}

void hn_write_time_by(hn_str *str, int64_t t, const char *format) {
    int64_t day = t / HN_DAY - (t % HN_DAY < 0), rest = t - day * HN_DAY, year;
    int month, month_day, weekday = (int)((day + 3) % 7 < 0 ? (day + 3) % 7 + 7 : (day + 3) % 7);
    hn_date_of_days(day, &year, &month, &month_day);
    int hour = (int)(rest / (3600 * HN_SECOND)), minute = (int)(rest / (60 * HN_SECOND) % 60);
    int second = (int)(rest / HN_SECOND % 60);
    for (const char *at = format; *at; at++) {
        if (*at != '%') {
            hn_str_put_c(str, *at);
            continue;
        }
        switch (*++at) {
        case 'Y': hn_str_printf(str, "%04lld", (long long)year); break;
        case 'y': hn_str_printf(str, "%02d", (int)((year % 100 + 100) % 100)); break;
        case 'm': hn_str_printf(str, "%02d", month); break;
        case 'd': hn_str_printf(str, "%02d", month_day); break;
        case 'j': hn_str_printf(str, "%03d", (int)(day - hn_days_of_date(year, 1, 1)) + 1); break;
        case 'H': hn_str_printf(str, "%02d", hour); break;
        case 'I': hn_str_printf(str, "%02d", (hour + 11) % 12 + 1); break;
        case 'M': hn_str_printf(str, "%02d", minute); break;
        case 'S': hn_str_printf(str, "%02d", second); break;
        case 'f': hn_str_printf(str, "%06d", (int)(rest % HN_SECOND)); break;
        case 'p': hn_str_put(str, hour < 12 ? "AM" : "PM"); break;
        case 'z': hn_str_put(str, "+0000"); break;
        case 'Z': hn_str_put(str, "UTC"); break;
        case 'b': put_name(str, months[month - 1], false); break;
        case 'B': put_name(str, months[month - 1], true); break;
        case 'a': put_name(str, weekdays[weekday], false); break;
        case 'A': put_name(str, weekdays[weekday], true); break;
        case 's':
            hn_str_printf(str, "%lld", (long long)(t / HN_SECOND - (t % HN_SECOND < 0)));
            break;
        default: hn_str_put_c(str, '%');
        }
    }
}
