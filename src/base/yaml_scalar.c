/* yaml_scalar.c - what a plain scalar means: the core schema of YAML 1.2 (section 10.3). */
#include "base/yaml_parts.h"
#include <math.h>
#include <string.h>

static bool is_one_of(hn_slice text, const char *a, const char *b, const char *c) {
    const char *words[] = {a, b, c};
    for (int i = 0; i < 3; i++)
        if (strlen(words[i]) == text.length && memcmp(words[i], text.text, text.length) == 0)
            return true;
    return false;
}

/* Digits of a base up to 16, at least one, no more than 64 bits. */
static bool parse_unsigned(hn_slice text, uint64_t base, uint64_t *ret_value) {
    static const char digits[] = "00112233445566778899aAbBcCdDeEfF";
    uint64_t value = 0;
    for (size_t i = 0; i < text.length; i++) {
        const char *digit = text.text[i] ? strchr(digits, text.text[i]) : NULL;
        if (!digit || (uint64_t)(digit - digits) / 2 >= base) return false;
        if (__builtin_mul_overflow(value, base, &value)) return false;
        if (__builtin_add_overflow(value, (uint64_t)(digit - digits) / 2, &value)) return false;
    }
    *ret_value = value;
    return text.length > 0;
}

static hn_slice after(hn_slice text, size_t n) {
    return (hn_slice){text.text + n, text.length - n};
}

/* An integer of the core schema: decimal with a sign, 0o17, 0x1F. Like JSON's, those from 0 on are
 * unsigned. */
static bool parse_integer(hn_slice text, yyjson_mut_val *ret_value) {
    uint64_t value;
    bool minus = text.length > 1 && text.text[0] == '-';
    bool sign = text.length > 1 && (minus || text.text[0] == '+');
    bool octal = text.length > 2 && memcmp(text.text, "0o", 2) == 0;
    bool hex = text.length > 2 && memcmp(text.text, "0x", 2) == 0;
    uint64_t base = octal ? 8 : hex ? 16 : 10;
    if (!parse_unsigned(after(text, octal || hex ? 2 : sign), base, &value)) return false;
    if (minus && value > (uint64_t)INT64_MAX + 1) return false;
    if (minus && value > 0)
        yyjson_mut_set_sint(ret_value, (int64_t)(0 - value));
    else
        yyjson_mut_set_uint(ret_value, value);
    return true;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* A float of the core schema, and integers that don't fit. */
static bool parse_float(hn_slice text, double *ret_value) {
    bool sign = text.length > 1 && (text.text[0] == '-' || text.text[0] == '+');
    hn_slice rest = after(text, sign);
    if (is_one_of(text, ".nan", ".NaN", ".NAN")) {
        *ret_value = NAN;
        return true;
    }
    if (is_one_of(rest, ".inf", ".Inf", ".INF")) {
        *ret_value = text.text[0] == '-' ? -INFINITY : INFINITY;
        return true;
    }
    bool number = rest.length > 0 && (is_digit(rest.text[0]) || rest.text[0] == '.');
    return number && hn_parse_double(text, ret_value);
}

const char *hn_yaml_resolve(hn_slice text, yyjson_mut_val *value) {
    double number;
    if (text.length == 0 || is_one_of(text, "null", "Null", "NULL") ||
        is_one_of(text, "~", "~", "~")) {
        yyjson_mut_set_null(value);
        return "null";
    }
    if (is_one_of(text, "true", "True", "TRUE")) {
        yyjson_mut_set_bool(value, true);
        return "bool";
    }
    if (is_one_of(text, "false", "False", "FALSE")) {
        yyjson_mut_set_bool(value, false);
        return "bool";
    }
    if (parse_integer(text, value)) return "int";
    if (!parse_float(text, &number)) return "str";
    yyjson_mut_set_real(value, number);
    return "float";
}
