/* number.c - numbers to text and back, independent of the locale; declared in str.h.
 *
 * The hard cases go to yyjson (shortest digits, correct rounding); what is common is done here. */
#include "base/number.h"
#include "base/json.h"
#include <assert.h>
#include <math.h>
#include <string.h>

/* ---- to text -------------------------------------------------------------------------------- */

/* Digits of n, most significant first; returns their number. */
static size_t put_digits(uint64_t n, char *buffer) {
    char reversed[20];
    size_t length = 0;
    do {
        reversed[length++] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    for (size_t i = 0; i < length; i++) buffer[i] = reversed[length - 1 - i];
    buffer[length] = '\0';
    return length;
}

/* yyjson writes a number into memory that it allocates: it gets this instead. */
enum { NUMBER_ROOM = 64 };
static void *lend(void *room, size_t size) { return size <= NUMBER_ROOM ? room : NULL; }
static void *keep(void *room, void *old, size_t old_size, size_t size) {
    (void)old, (void)old_size;
    return lend(room, size);
}
static void ignore(void *room, void *pointer) { (void)room, (void)pointer; }

static size_t put_real(double value, char *buffer) {
    char room[NUMBER_ROOM];
    yyjson_alc lender = {.malloc = lend, .realloc = keep, .free = ignore, .ctx = room};
    yyjson_val number = {.tag = YYJSON_TYPE_NUM | YYJSON_SUBTYPE_REAL, .uni.f64 = value};
    size_t length = 0;
    char *text = yyjson_val_write_opts(&number, YYJSON_WRITE_NOFLAG, &lender, &length, NULL);
    assert(text == room && length < 32);
    if (!text) return 0;
    /* yyjson marks whole reals with ".0". */
    if (length > 2 && text[length - 2] == '.' && text[length - 1] == '0') length -= 2;
    memcpy(buffer, text, length);
    buffer[length] = '\0';
    return length;
}

size_t hn_format_double(double value, char *buffer) {
    assert(buffer);
    if (isnan(value)) return strlen(strcpy(buffer, "nan"));
    if (isinf(value)) return strlen(strcpy(buffer, value < 0 ? "-inf" : "inf"));
    double size = fabs(value);
    if (size >= 0x1p53 || size != floor(size)) return put_real(value, buffer);
    size_t sign = signbit(value) != 0;
    buffer[0] = '-';
    return sign + put_digits((uint64_t)size, buffer + sign);
}

/* ---- from text ------------------------------------------------------------------------------ */

bool hn_parse_int(hn_slice text, int64_t *ret_value) {
    if (text.length == 0) return false;
    const char *at = text.text, *end = at + text.length;
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) at++;
    if (at == end) return false;
    int64_t value = 0; /* grows downwards: the most negative number has no positive twin */
    for (; at < end; at++) {
        if (*at < '0' || *at > '9') return false;
        if (__builtin_mul_overflow(value, 10, &value)) return false;
        if (__builtin_sub_overflow(value, *at - '0', &value)) return false;
    }
    if (!negative && __builtin_sub_overflow(0, value, &value)) return false;
    *ret_value = value;
    return true;
}

/* A decimal number taken apart: digits * 10^exponent. Digits past KEPT can't all matter: no double
 * and no midpoint of two has more than 767, so that a 1 in place of the rest rounds the same way. */
enum { KEPT = 768 };
typedef struct decimal {
    bool negative;
    int n_digits;          /* without leading zeros */
    char digits[KEPT + 1]; /* '0'..'9' */
    int64_t exponent;
    uint64_t leading; /* value of the first 19 digits at most */
} decimal;

static void put_digit(decimal *number, char digit, bool fraction) {
    if (number->n_digits == 0 && digit == '0') {
        number->exponent -= fraction;
    } else if (number->n_digits < KEPT) {
        if (number->n_digits < 19) number->leading = number->leading * 10 + (uint64_t)(digit - '0');
        number->digits[number->n_digits++] = digit;
        number->exponent -= fraction;
    } else {
        if (digit != '0') number->digits[KEPT] = '1';
        number->exponent += !fraction;
    }
}

/* Reads digits; true if there was one at least. */
static bool read_digits(const char **at, const char *end, decimal *number, bool fraction) {
    const char *start = *at;
    for (; *at < end && **at >= '0' && **at <= '9'; ++*at) put_digit(number, **at, fraction);
    return *at > start;
}

static bool read_exponent(const char *at, const char *end, decimal *number) {
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) at++;
    if (at == end) return false;
    int64_t exponent = 0;
    for (; at < end; at++) {
        if (*at < '0' || *at > '9') return false;
        /* Beyond any text's length times ten: no digits before it can bring it back. */
        if (exponent < INT64_C(1) << 58) exponent = exponent * 10 + (*at - '0');
    }
    number->exponent += negative ? -exponent : exponent;
    return true;
}

static bool read_decimal(const char *at, const char *end, decimal *number) {
    number->n_digits = 0;
    number->digits[KEPT] = '0';
    number->exponent = 0;
    number->leading = 0;
    bool some = read_digits(&at, end, number, false);
    if (at < end && *at == '.') {
        at++;
        some |= read_digits(&at, end, number, true);
    }
    if (!some) return false;
    if (at == end) return true;
    return (*at == 'e' || *at == 'E') && read_exponent(at + 1, end, number);
}

/* Correct rounding of any decimal by yyjson, which takes it as a JSON number. */
static double round_decimal(decimal *number) {
    int n = number->n_digits;
    if (number->exponent + n > 310) return INFINITY;
    if (number->exponent + n < -330) return 0;
    char text[KEPT + 32];
    memcpy(text, number->digits, (size_t)n);
    int64_t exponent = number->exponent;
    if (n == KEPT && number->digits[KEPT] == '1') {
        text[n++] = '1';
        exponent--;
    }
    text[n++] = 'e';
    if (exponent < 0) text[n++] = '-';
    put_digits((uint64_t)(exponent < 0 ? -exponent : exponent), text + n);
    yyjson_val value;
    const char *end = yyjson_read_number(text, &value, YYJSON_READ_ALLOW_INF_AND_NAN, NULL, NULL);
    assert(end && *end == '\0');
    return end ? yyjson_get_num(&value) : NAN;
}

const double hn_exact_powers[HN_EXACT_POWERS] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static double decimal_value(decimal *number) {
    if (number->n_digits == 0) return 0;
    bool exact = number->n_digits <= 19 && number->leading <= (UINT64_C(1) << 53);
    if (exact && number->exponent >= 0 && number->exponent <= 22)
        return (double)number->leading * hn_exact_powers[number->exponent];
    if (exact && number->exponent < 0 && number->exponent >= -22)
        return (double)number->leading / hn_exact_powers[-number->exponent];
    return round_decimal(number);
}

/* Whether the text from at to end is this word, in any case. */
static bool is_word(const char *at, const char *end, const char *word) {
    for (; at < end && *word; at++, word++) {
        if ((*at | 0x20) != *word) return false;
    }
    return at == end && !*word;
}

bool hn_parse_double(hn_slice text, double *ret_value) {
    if (text.length == 0) return false;
    if (hn_parse_plain(text, text.text + text.length, ret_value)) return true;
    const char *at = text.text, *end = at + text.length;
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) at++;
    if (at == end) return false;
    double value;
    decimal number;
    if (is_word(at, end, "nan"))
        value = NAN;
    else if (is_word(at, end, "inf") || is_word(at, end, "infinity"))
        value = INFINITY;
    else if (read_decimal(at, end, &number))
        value = decimal_value(&number);
    else
        return false;
    *ret_value = negative ? -value : value;
    return true;
}

bool hn_parse_bytes(hn_slice text, int64_t *ret_value) {
    static const char powers[] = "KMGT";
    size_t length = text.length;
    if (length > 1 && (text.text[length - 1] == 'B' || text.text[length - 1] == 'b')) length--;
    if (length > 1 && text.text[length - 1] == 'i') length--;
    double unit = 1, value;
    const char *power = length > 0 ? strchr(powers, text.text[length - 1] & ~0x20) : NULL;
    if (power != NULL && *power != '\0') {
        for (const char *p = powers; p <= power; p++) unit *= 1024;
        length--;
    }
    if (!hn_parse_double((hn_slice){text.text, length}, &value)) return false;
    value = floor(value * unit);
    if (!(value >= 0 && value < 0x1p62)) return false;
    *ret_value = (int64_t)value;
    return true;
}

bool hone_parse_size(const char *text, size_t *ret_bytes) {
    int64_t value;
    if (text == NULL || !hn_parse_bytes((hn_slice){text, strlen(text)}, &value)) return false;
    *ret_bytes = (size_t)value;
    return true;
}
