/* text_number.c - numbers as people write them; see texts.h. */
#include "base/utf8.h"
#include "table/texts.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/* ---- words ---------------------------------------------------------------------------------- */

enum { MASS, LENGTH, DURATION, VOLUME, AREA, BYTES, SHARE, SPEED, POWER };

static const hn_unit units[] = {
    {"kg", MASS, 1},
    {"g", MASS, 1e-3},
    {"mg", MASS, 1e-6},
    {"t", MASS, 1e3},
    {"lb", MASS, 0.45359237},
    {"lbs", MASS, 0.45359237},
    {"oz", MASS, 0.028349523125},
    {"m", LENGTH, 1},
    {"mm", LENGTH, 1e-3},
    {"cm", LENGTH, 1e-2},
    {"km", LENGTH, 1e3},
    {"in", LENGTH, 0.0254},
    {"inch", LENGTH, 0.0254},
    {"inches", LENGTH, 0.0254},
    {"ft", LENGTH, 0.3048},
    {"feet", LENGTH, 0.3048},
    {"yd", LENGTH, 0.9144},
    {"mi", LENGTH, 1609.344},
    {"mile", LENGTH, 1609.344},
    {"miles", LENGTH, 1609.344},
    {"s", DURATION, 1},
    {"sec", DURATION, 1},
    {"ms", DURATION, 1e-3},
    {"min", DURATION, 60},
    {"h", DURATION, 3600},
    {"hr", DURATION, 3600},
    {"hrs", DURATION, 3600},
    {"hour", DURATION, 3600},
    {"hours", DURATION, 3600},
    {"d", DURATION, 86400},
    {"day", DURATION, 86400},
    {"days", DURATION, 86400},
    {"week", DURATION, 604800},
    {"weeks", DURATION, 604800},
    {"l", VOLUME, 1},
    {"ml", VOLUME, 1e-3},
    {"cl", VOLUME, 1e-2},
    {"dl", VOLUME, 0.1},
    {"gal", VOLUME, 3.785411784},
    {"m3", VOLUME, 1e3},
    {"m\xc2\xb3", VOLUME, 1e3},
    {"m2", AREA, 1},
    {"m\xc2\xb2", AREA, 1},
    {"cm2", AREA, 1e-4},
    {"km2", AREA, 1e6},
    {"ha", AREA, 1e4},
    {"ft2", AREA, 0.09290304},
    {"sqft", AREA, 0.09290304},
    {"acre", AREA, 4046.8564224},
    {"bytes", BYTES, 1},
    {"kB", BYTES, 1e3},
    {"MB", BYTES, 1e6},
    {"GB", BYTES, 1e9},
    {"TB", BYTES, 1e12},
    {"KiB", BYTES, 1024},
    {"MiB", BYTES, 1048576},
    {"GiB", BYTES, 1073741824},
    {"fraction", SHARE, 1},
    {"%", SHARE, 0.01},
    {"percent", SHARE, 0.01},
    {"\xe2\x80\xb0", SHARE, 1e-3},
    {"m/s", SPEED, 1},
    {"km/h", SPEED, 1 / 3.6},
    {"mph", SPEED, 0.44704},
    {"W", POWER, 1},
    {"kW", POWER, 1e3},
    {"hp", POWER, 745.69987158227022},
};
enum { N_UNITS = sizeof units / sizeof *units };

/* Exactly as written: m is a metre, M a million. */
static const struct {
    const char *word;
    double factor;
} multipliers[] = {
    {"k", 1e3},       {"K", 1e3},       {"tsd", 1e3}, {"thousand", 1e3}, {"M", 1e6},
    {"mn", 1e6},      {"Mn", 1e6},      {"mln", 1e6}, {"mio", 1e6},      {"Mio", 1e6},
    {"million", 1e6}, {"B", 1e9},       {"bn", 1e9},  {"Bn", 1e9},       {"mrd", 1e9},
    {"Mrd", 1e9},     {"billion", 1e9}, {"T", 1e12},  {"tn", 1e12},      {"trillion", 1e12},
};

/* Before the number; behind it any word will do. */
static const char *const currencies[] = {
    "US$",          "A$",           "C$",           "R$",           "$",
    "\xe2\x82\xac", "\xc2\xa3",     "\xc2\xa5",     "\xe2\x82\xb9", "\xe2\x82\xbd",
    "\xe2\x82\xa9", "\xe2\x82\xba", "\xe2\x82\xb4", "\xe2\x82\xab", "\xe2\x82\xaa",
    "USD",          "EUR",          "GBP",          "JPY",          "CHF",
    "CNY",          "INR",          "RUB",          "KRW",          "TRY",
    "BRL",          "CAD",          "AUD",          "NZD",          "SEK",
    "NOK",          "DKK",          "PLN",          "CZK",          "HUF",
    "MXN",          "ZAR",          "SGD",          "HKD",          "THB",
    "ILS",          "DM",           "Rs.",          "Rs",           "kr",
};

static bool same(hn_slice word, const char *name) {
    return strlen(name) == word.length && memcmp(word.text, name, word.length) == 0;
}

const hn_unit *hn_unit_at(int32_t unit) {
    return unit >= 0 && unit < N_UNITS ? &units[unit] : NULL;
}

int32_t hn_unit_find(hn_slice name) {
    for (int32_t i = 0; i < N_UNITS; i++)
        if (same(name, units[i].name)) return i;
    for (int32_t i = 0; i < N_UNITS; i++)
        if (strlen(units[i].name) == name.length &&
            strncasecmp(units[i].name, name.text, name.length) == 0)
            return i;
    return HN_NO_UNIT;
}

/* ---- reading -------------------------------------------------------------------------------- */

static void skip_space(hn_slice *rest) {
    int32_t code;
    while (rest->length > 0) {
        size_t n = hn_utf8_decode(rest->text, rest->length, &code);
        if (!hn_utf8_is_space(code)) return;
        rest->text += n;
        rest->length -= n;
    }
}

static bool take(hn_slice *rest, const char *word) {
    size_t n = strlen(word);
    if (n > rest->length || memcmp(rest->text, word, n) != 0) return false;
    rest->text += n;
    rest->length -= n;
    return true;
}

/* A minus as typed or as set. */
static bool take_minus(hn_slice *rest) { return take(rest, "-") || take(rest, "\xe2\x88\x92"); }

static bool take_currency(hn_slice *rest) {
    for (size_t i = 0; i < sizeof currencies / sizeof *currencies; i++)
        if (take(rest, currencies[i])) return true;
    return false;
}

/* Sign and currency in either order; *ret_negative turns. */
static void take_front(hn_slice *rest, bool *ret_negative) {
    bool sign = false, currency = false;
    for (;;) {
        skip_space(rest);
        if (!sign && take_minus(rest)) {
            *ret_negative = !*ret_negative;
            sign = true;
        } else if (!sign && take(rest, "+")) {
            sign = true;
        } else if (!currency && take_currency(rest)) {
            currency = true;
        } else {
            return;
        }
    }
}

static size_t count_digits(hn_slice rest) {
    size_t n = 0;
    while (n < rest.length && rest.text[n] >= '0' && rest.text[n] <= '9') n++;
    return n;
}

/* Bytes of the thousands mark that begins here; 0: none. */
static size_t mark_at(hn_slice rest, char decimal) {
    int32_t code;
    if (rest.length == 0) return 0;
    if (rest.text[0] == (decimal == '.' ? ',' : '.') || rest.text[0] == '\'' || rest.text[0] == '_')
        return 1;
    size_t n = hn_utf8_decode(rest.text, rest.length, &code);
    bool space = code == ' ' || code == 0xa0 || code == 0x2009 || code == 0x202f;
    return space || code == 0x2019 ? n : 0;
}

typedef struct digits {
    char text[400];
    size_t n;
} digits;

static bool put(digits *d, const char *text, size_t n) {
    if (n >= sizeof d->text - d->n) return false;
    memcpy(d->text + d->n, text, n);
    d->n += n;
    d->text[d->n] = 0;
    return true;
}

/* "1234", "1,234,567", "12,34,567" (groups of two before the last of three). */
static bool take_whole(hn_slice *rest, char decimal, digits *d) {
    size_t first = count_digits(*rest);
    if (first > 1 && rest->text[0] == '0') return false;
    if (!put(d, rest->text, first)) return false;
    rest->text += first;
    rest->length -= first;
    size_t mark = mark_at(*rest, decimal), last = 0;
    char sign[4];
    if (first < 1 || first > 3 || mark == 0) return true;
    memcpy(sign, rest->text, mark);
    while (rest->length > mark && memcmp(rest->text, sign, mark) == 0) {
        hn_slice after = {rest->text + mark, rest->length - mark};
        size_t n = count_digits(after);
        if (n != 3 && n != 2) break;
        if (!put(d, after.text, n)) return false;
        *rest = (hn_slice){after.text + n, after.length - n};
        last = n;
    }
    return last != 2;
}

static bool take_number(hn_slice *rest, char decimal, double *ret_value) {
    digits d = {.n = 0};
    if (!take_whole(rest, decimal, &d)) return false;
    size_t whole = d.n, part = 0;
    if (rest->length > 0 && rest->text[0] == decimal) {
        hn_slice after = {rest->text + 1, rest->length - 1};
        part = count_digits(after);
        if (part == 0 && whole == 0) return false;
        if (!put(&d, ".", 1) || !put(&d, after.text, part)) return false;
        *rest = (hn_slice){after.text + part, after.length - part};
    }
    if (whole + part == 0) return false;
    if (rest->length > 1 && (rest->text[0] == 'e' || rest->text[0] == 'E')) {
        size_t sign = rest->text[1] == '-' || rest->text[1] == '+';
        hn_slice after = {rest->text + 1 + sign, rest->length - 1 - sign};
        size_t n = count_digits(after);
        if (n > 0) {
            if (!put(&d, rest->text, 1 + sign + n)) return false;
            *rest = (hn_slice){after.text + n, after.length - n};
        }
    }
    return hn_parse_double((hn_slice){d.text, d.n}, ret_value) && isfinite(*ret_value);
}

/* One word: letters and the signs of units; figures where they belong to a unit. */
static hn_slice take_word(hn_slice *rest) {
    hn_slice word = {rest->text, 0};
    while (rest->length > 0) {
        int32_t code;
        size_t n = hn_utf8_decode(rest->text, rest->length, &code);
        bool sign = code == '%' || code == '/' || code == '.' || code == '$' || code == 0xb0 ||
                    code == 0xb2 || code == 0xb3 || code == 0xb5 || code == 0x2030 ||
                    (code >= 0x20a0 && code <= 0x20cf) || code == 0xa3 || code == 0xa5;
        if (!sign && !hn_utf8_is_word(code)) break;
        word.length += n;
        rest->text += n;
        rest->length -= n;
    }
    return word;
}

static bool has_digit(hn_slice word) {
    for (size_t i = 0; i < word.length; i++)
        if (word.text[i] >= '0' && word.text[i] <= '9') return true;
    return false;
}

/* What stands behind the number: a multiplier, then a unit, a currency or what is counted. */
static bool take_back(hn_slice *rest, hn_amount *amount) {
    enum { LONGEST = 24 };
    skip_space(rest);
    hn_slice before = *rest, word = take_word(rest);
    for (size_t i = 0; i < sizeof multipliers / sizeof *multipliers; i++) {
        if (!same(word, multipliers[i].word)) continue;
        amount->value *= multipliers[i].factor;
        skip_space(rest);
        before = *rest;
        word = take_word(rest);
        break;
    }
    if (word.length == 0) return true;
    hn_slice money = before;
    if (take_currency(&money) && money.length == rest->length) return true;
    amount->unit = hn_unit_find(word);
    if (amount->unit != HN_NO_UNIT) return true;
    amount->unit = HN_OTHER_UNIT;
    return word.length <= LONGEST && !has_digit(word) && word.text[0] != '.' && word.text[0] != '/';
}

bool hn_read_amount(hn_slice text, char decimal, hn_amount *ret_amount) {
    hn_slice rest = hn_utf8_trim(text);
    hn_amount amount = {.unit = HN_NO_UNIT};
    bool negative = false;
    if (rest.length == 0) return false;
    if (rest.length > 2 && rest.text[0] == '(' && rest.text[rest.length - 1] == ')') {
        rest = hn_utf8_trim((hn_slice){rest.text + 1, rest.length - 2});
        negative = true;
    }
    take_front(&rest, &negative);
    if (!take_number(&rest, decimal, &amount.value) || !take_back(&rest, &amount)) return false;
    if (rest.length > 0 && !negative && take_minus(&rest)) negative = true;
    if (rest.length > 0 || !isfinite(amount.value)) return false;
    if (negative) amount.value = -amount.value;
    *ret_amount = amount;
    return true;
}
