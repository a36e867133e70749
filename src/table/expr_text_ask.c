/* expr_text_ask.c - kernels that ask something of a text: what it begins, ends and goes on with, and SQL's LIKE. */
#include "base/utf8.h"
#include "table/expr_texts.h"

typedef bool question(hn_slice text, hn_slice part);

static bool starts_with(hn_slice text, hn_slice part) {
    return part.length <= text.length && memcmp(text.text, part.text, part.length) == 0;
}

static bool ends_with(hn_slice text, hn_slice part) {
    return part.length <= text.length &&
           memcmp(text.text + text.length - part.length, part.text, part.length) == 0;
}

static bool contains(hn_slice text, hn_slice part) {
    return hn_find_text(text, part, 0) <= text.length;
}

/* Whether two characters, of n and m bytes, are one; in any case where fold says so. */
static bool same_character(const char *a, size_t n, const char *b, size_t m, bool fold) {
    int32_t x, y;
    if (n == m && memcmp(a, b, n) == 0) return true;
    if (!fold) return false;
    hn_utf8_decode(a, n, &x);
    hn_utf8_decode(b, m, &y);
    return x >= 0 && y >= 0 && hn_utf8_lower(x) == hn_utf8_lower(y);
}

/* SQL's LIKE: % stands for any characters, _ for one, a backslash takes their meaning. After a mismatch the last %
 * takes one character more; earlier ones need not be tried again. */
static bool is_like(hn_slice text, hn_slice pattern, bool fold) {
    size_t at = 0, p = 0, star = SIZE_MAX, from = 0;
    while (at < text.length) {
        int32_t code;
        size_t n = hn_utf8_decode(text.text + at, text.length - at, &code);
        if (p < pattern.length && pattern.text[p] == '%') {
            star = ++p;
            from = at;
            continue;
        }
        if (p < pattern.length) {
            bool escaped = pattern.text[p] == '\\' && p + 1 < pattern.length;
            size_t q = p + escaped;
            size_t m = hn_utf8_decode(pattern.text + q, pattern.length - q, &code);
            bool any = !escaped && pattern.text[p] == '_';
            if (any || same_character(text.text + at, n, pattern.text + q, m, fold)) {
                at += n;
                p = q + m;
                continue;
            }
        }
        if (star == SIZE_MAX) return false;
        from += hn_utf8_decode(text.text + from, text.length - from, &code);
        at = from;
        p = star;
    }
    while (p < pattern.length && pattern.text[p] == '%') p++;
    return p == pattern.length;
}

static bool like(hn_slice text, hn_slice pattern) { return is_like(text, pattern, false); }
static bool ilike(hn_slice text, hn_slice pattern) { return is_like(text, pattern, true); }

static hone_status ask(const hn_call *call, question *answer) {
    const hn_slice *text = TEXTS(call, 0), *part = TEXTS(call, 1);
    int8_t *out = call->out;
    for (int64_t i = 0; i < call->n; i++)
        out[i] = text[i].text && part[i].text ? answer(text[i], part[i]) : HN_NO_TRUTH;
    return HONE_OK;
}

hone_status hn_kernel_starts_with(const hn_call *call) { return ask(call, starts_with); }
hone_status hn_kernel_ends_with(const hn_call *call) { return ask(call, ends_with); }
hone_status hn_kernel_contains(const hn_call *call) { return ask(call, contains); }
hone_status hn_kernel_like(const hn_call *call) { return ask(call, like); }
hone_status hn_kernel_ilike(const hn_call *call) { return ask(call, ilike); }
