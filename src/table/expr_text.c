/* expr_text.c - kernels on texts. Texts are UTF-8; positions and lengths count code points. What
 * isn't UTF-8 passes through byte by byte. A part of a text is a view of it, not a copy. */
#include "base/utf8.h"
#include "table/expr_internal.h"

#include <string.h>

#define TEXTS(call, i) ((const hn_slice *)(call)->args[i])
#define NUMBERS(call, i) ((const double *)(call)->args[i])

static const hn_slice MISSING = {NULL, 0};

/* ---- letters -------------------------------------------------------------------------------- */

static hone_status change_case(const hn_call *call, int32_t (*change)(int32_t)) {
    const hn_slice *text = TEXTS(call, 0);
    hn_slice *out = call->out;
    for (int64_t i = 0; i < call->n; i++) {
        out[i] = text[i];
        if (!text[i].text) continue;
        char *to = hn_text_pool_take(call->pool, text[i].length);
        if (!to) return call->ctx->error.code;
        hn_utf8_change(text[i], change, to);
        out[i].text = to;
    }
    return HONE_OK;
}

hone_status hn_kernel_lower(const hn_call *call) { return change_case(call, hn_utf8_lower); }
hone_status hn_kernel_upper(const hn_call *call) { return change_case(call, hn_utf8_upper); }

/* ---- lengths and parts ---------------------------------------------------------------------- */

static int64_t count_points(hn_slice text) {
    int64_t n = 0;
    for (size_t i = 0; i < text.length; i++) n += ((unsigned char)text.text[i] & 0xc0) != 0x80;
    return n;
}

/* Offset of the point'th code point, from 0; the end if there are fewer. */
static size_t offset_of(hn_slice text, int64_t point) {
    size_t at = 0;
    for (; at < text.length; at++)
        if (((unsigned char)text.text[at] & 0xc0) != 0x80 && point-- == 0) break;
    return at;
}

hone_status hn_kernel_length(const hn_call *call) {
    const hn_slice *text = TEXTS(call, 0);
    double *out = call->out;
    for (int64_t i = 0; i < call->n; i++)
        out[i] = text[i].text ? (double)count_points(text[i]) : (double)NAN;
    return HONE_OK;
}

static hn_slice trim(hn_slice text) {
    static const char space[] = " \t\r\n\f\v";
    while (text.length > 0 && strchr(space, text.text[0]) && text.text[0])
        text.text++, text.length--;
    while (text.length > 0 && text.text[text.length - 1] &&
           strchr(space, text.text[text.length - 1]))
        text.length--;
    return text;
}

hone_status hn_kernel_trim(const hn_call *call) {
    const hn_slice *text = TEXTS(call, 0);
    hn_slice *out = call->out;
    for (int64_t i = 0; i < call->n; i++) out[i] = text[i].text ? trim(text[i]) : MISSING;
    return HONE_OK;
}

/* A number of rows' as a position, cut to what is sensible. */
static int64_t position(double x) {
    return x < -1e9 ? -1000000000 : x > 1e9 ? 1000000000 : (int64_t)x;
}

hone_status hn_kernel_substr(const hn_call *call) {
    const hn_slice *text = TEXTS(call, 0);
    const double *start = NUMBERS(call, 1), *length = call->n_args > 2 ? NUMBERS(call, 2) : NULL;
    hn_slice *out = call->out;
    for (int64_t i = 0; i < call->n; i++) {
        out[i] = MISSING;
        if (!text[i].text || start[i] != start[i] || (length && length[i] != length[i])) continue;
        int64_t points = count_points(text[i]);
        int64_t first = position(start[i]);
        first = first > 0 ? first - 1 : first < 0 ? points + first : 0;
        int64_t last = length ? first + position(length[i]) : points;
        if (first < 0) first = 0;
        if (last < first) last = first;
        size_t begin = offset_of(text[i], first), end = offset_of(text[i], last);
        out[i] = (hn_slice){text[i].text + begin, end - begin};
    }
    return HONE_OK;
}

/* The first place of part in text from offset at on, or length + 1. An empty part is everywhere. */
static size_t find(hn_slice text, hn_slice part, size_t at) {
    if (part.length > text.length || at > text.length - part.length) return text.length + 1;
    if (part.length == 0) return at;
    const char *found = memmem(text.text + at, text.length - at, part.text, part.length);
    return found ? (size_t)(found - text.text) : text.length + 1;
}

/* Part number n of text, from 1; from the end where n is negative. */
static hn_slice part_of(hn_slice text, hn_slice separator, int64_t n) {
    if (separator.length == 0) return n == 1 || n == -1 ? text : MISSING;
    if (n < 0) {
        int64_t parts = 1;
        for (size_t at = 0; (at = find(text, separator, at)) <= text.length; at += separator.length)
            parts++;
        n = parts + n + 1;
    }
    if (n < 1) return MISSING;
    size_t begin = 0, end;
    for (;; begin = end + separator.length) {
        end = find(text, separator, begin);
        bool last = end > text.length;
        if (last) end = text.length;
        if (--n == 0) return (hn_slice){text.text + begin, end - begin};
        if (last) return MISSING;
    }
}

hone_status hn_kernel_split_part(const hn_call *call) {
    const hn_slice *text = TEXTS(call, 0), *separator = TEXTS(call, 1);
    const double *n = NUMBERS(call, 2);
    hn_slice *out = call->out;
    for (int64_t i = 0; i < call->n; i++)
        out[i] = text[i].text && separator[i].text && n[i] == n[i]
                     ? part_of(text[i], separator[i], position(n[i]))
                     : MISSING;
    return HONE_OK;
}

/* ---- questions ------------------------------------------------------------------------------ */

typedef bool question(hn_slice text, hn_slice part);

static bool starts_with(hn_slice text, hn_slice part) {
    return part.length <= text.length && memcmp(text.text, part.text, part.length) == 0;
}

static bool ends_with(hn_slice text, hn_slice part) {
    return part.length <= text.length &&
           memcmp(text.text + text.length - part.length, part.text, part.length) == 0;
}

static bool contains(hn_slice text, hn_slice part) { return find(text, part, 0) <= text.length; }

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

/* ---- making --------------------------------------------------------------------------------- */

hone_status hn_kernel_concat(const hn_call *call) {
    hn_slice *out = call->out;
    for (int64_t i = 0; i < call->n; i++) {
        size_t length = 0;
        bool missing = false;
        for (int32_t k = 0; k < call->n_args; k++) {
            missing |= TEXTS(call, k)[i].text == NULL;
            length += TEXTS(call, k)[i].length;
        }
        out[i] = MISSING;
        if (missing) continue;
        char *to = hn_text_pool_take(call->pool, length);
        if (!to) return call->ctx->error.code;
        out[i] = (hn_slice){to, length};
        for (int32_t k = 0; k < call->n_args; k++) {
            hn_slice piece = TEXTS(call, k)[i];
            if (piece.length) memcpy(to, piece.text, piece.length);
            to += piece.length;
        }
    }
    return HONE_OK;
}

static hone_status replace(const hn_call *call, hn_slice text, hn_slice from, hn_slice to,
                           hn_slice *ret) {
    size_t count = 0;
    *ret = text;
    if (from.length == 0) return HONE_OK;
    for (size_t at = 0; (at = find(text, from, at)) <= text.length; at += from.length) count++;
    if (count == 0) return HONE_OK;
    size_t length = text.length - count * from.length + count * to.length;
    char *out = hn_text_pool_take(call->pool, length);
    if (!out) return call->ctx->error.code;
    *ret = (hn_slice){out, length};
    for (size_t at = 0;;) {
        size_t found = find(text, from, at), end = found <= text.length ? found : text.length;
        if (end > at) memcpy(out, text.text + at, end - at);
        out += end - at;
        if (found > text.length) return HONE_OK;
        if (to.length) memcpy(out, to.text, to.length);
        out += to.length;
        at = found + from.length;
    }
}

hone_status hn_kernel_replace(const hn_call *call) {
    const hn_slice *text = TEXTS(call, 0), *from = TEXTS(call, 1), *to = TEXTS(call, 2);
    hn_slice *out = call->out;
    for (int64_t i = 0; i < call->n; i++) {
        out[i] = MISSING;
        if (text[i].text && from[i].text && to[i].text)
            HN_TRY(replace(call, text[i], from[i], to[i], &out[i]));
    }
    return HONE_OK;
}

/* ---- texts and other kinds ------------------------------------------------------------------ */

static double number_of(const hn_call *call, int64_t i) {
    double x = (double)NAN;
    switch (call->kind) {
    case HN_NUMBER: return ((const double *)call->args[0])[i];
    case HN_BOOLEAN: {
        int8_t truth = ((const int8_t *)call->args[0])[i];
        return truth < 0 ? (double)NAN : truth;
    }
    case HN_TIMESTAMP: {
        int64_t time = ((const int64_t *)call->args[0])[i];
        return time == HN_NO_TIME ? (double)NAN : (double)time / 1e6;
    }
    default: {
        hn_slice text = TEXTS(call, 0)[i];
        bool is_number = text.text && hn_parse_double(trim(text), &x);
        return is_number && isfinite(x) ? x : (double)NAN;
    }
    }
}

hone_status hn_kernel_to_number(const hn_call *call) {
    double *out = call->out;
    for (int64_t i = 0; i < call->n; i++) out[i] = number_of(call, i);
    return HONE_OK;
}

/* At least HN_TIME_SIZE bytes of buffer; 0 where missing. */
static size_t print(const hn_call *call, int64_t i, char *buffer) {
    switch (call->kind) {
    case HN_NUMBER: {
        double x = ((const double *)call->args[0])[i];
        return x == x ? hn_format_double(x, buffer) : 0;
    }
    case HN_BOOLEAN: {
        int8_t truth = ((const int8_t *)call->args[0])[i];
        if (truth < 0) return 0;
        memcpy(buffer, truth ? "true" : "false", 5);
        return truth ? 4 : 5;
    }
    default: {
        int64_t time = ((const int64_t *)call->args[0])[i];
        return time == HN_NO_TIME ? 0 : hn_time_format(time, hn_time_is_date(time), buffer);
    }
    }
}

hone_status hn_kernel_to_text(const hn_call *call) {
    hn_slice *out = call->out;
    if (call->kind == HN_TEXT) {
        memcpy(out, call->args[0], (size_t)call->n * sizeof *out);
        return HONE_OK;
    }
    for (int64_t i = 0; i < call->n; i++) {
        char *to = hn_text_pool_take(call->pool, HN_TIME_SIZE);
        if (!to) return call->ctx->error.code;
        size_t length = print(call, i, to);
        out[i] = length ? (hn_slice){to, length} : MISSING;
        hn_text_pool_give_back(call->pool, HN_TIME_SIZE - length);
    }
    return HONE_OK;
}
