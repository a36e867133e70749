/* expr_text.c - kernels on texts. Texts are UTF-8; positions and lengths count code points. What
 * isn't UTF-8 passes through byte by byte. A part of a text is a view of it, not a copy. */
#include "base/utf8.h"
#include "table/expr_internal.h"
#include "table/texts.h"

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

/* Off the front, the back or both: space, or the characters given. */
static hn_slice strip(hn_slice text, hn_slice characters, bool front, bool back) {
    while (front && text.length > 0) {
        int32_t code;
        size_t n = hn_utf8_decode(text.text, text.length, &code);
        if (!memmem(characters.text, characters.length, text.text, n)) break;
        text = (hn_slice){text.text + n, text.length - n};
    }
    while (back && text.length > 0) {
        size_t n = 1;
        while (n < 4 && n < text.length &&
               ((unsigned char)text.text[text.length - n] & 0xc0) == 0x80)
            n++;
        if (!memmem(characters.text, characters.length, text.text + text.length - n, n)) break;
        text.length -= n;
    }
    return text;
}

static hone_status strip_ends(const hn_call *call, bool front, bool back) {
    static const hn_slice space = {" \t\r\n\f\v", 6};
    const hn_slice *text = TEXTS(call, 0), *characters = call->n_args > 1 ? TEXTS(call, 1) : NULL;
    hn_slice *out = call->out;
    for (int64_t i = 0; i < call->n; i++) {
        hn_slice off = characters ? characters[i] : space;
        out[i] = text[i].text && off.text ? strip(text[i], off, front, back) : MISSING;
    }
    return HONE_OK;
}

hone_status hn_kernel_trim_characters(const hn_call *call) { return strip_ends(call, true, true); }
hone_status hn_kernel_ltrim(const hn_call *call) { return strip_ends(call, true, false); }
hone_status hn_kernel_rtrim(const hn_call *call) { return strip_ends(call, false, true); }

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

/* The first n characters, or all but the last -n; the last n, or all but the first -n. */
static hone_status cut_side(const hn_call *call, bool right) {
    const hn_slice *text = TEXTS(call, 0);
    const double *length = NUMBERS(call, 1);
    hn_slice *out = call->out;
    for (int64_t i = 0; i < call->n; i++) {
        out[i] = MISSING;
        if (!text[i].text || length[i] != length[i]) continue;
        int64_t points = count_points(text[i]), n = position(length[i]);
        if (n < 0) n = points + n > 0 ? points + n : 0;
        if (n > points) n = points;
        size_t at = offset_of(text[i], right ? points - n : n);
        out[i] = right ? (hn_slice){text[i].text + at, text[i].length - at}
                       : (hn_slice){text[i].text, at};
    }
    return HONE_OK;
}

hone_status hn_kernel_left(const hn_call *call) { return cut_side(call, false); }
hone_status hn_kernel_right(const hn_call *call) { return cut_side(call, true); }

hone_status hn_kernel_position(const hn_call *call) {
    const hn_slice *text = TEXTS(call, 0), *part = TEXTS(call, 1);
    double *out = call->out;
    for (int64_t i = 0; i < call->n; i++) {
        out[i] = (double)NAN;
        if (!text[i].text || !part[i].text) continue;
        size_t at = find(text[i], part[i], 0);
        out[i] = at > text[i].length ? 0 : 1 + (double)count_points((hn_slice){text[i].text, at});
    }
    return HONE_OK;
}

hone_status hn_kernel_count(const hn_call *call) {
    const hn_slice *text = TEXTS(call, 0), *part = TEXTS(call, 1);
    double *out = call->out;
    for (int64_t i = 0; i < call->n; i++) {
        int64_t n = 0;
        out[i] = (double)NAN;
        if (!text[i].text || !part[i].text || part[i].length == 0) continue;
        for (size_t at = 0; (at = find(text[i], part[i], at)) <= text[i].length;
             at += part[i].length)
            n++;
        out[i] = (double)n;
    }
    return HONE_OK;
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

/* text with as many characters of fill, over and over, as make it so long; cut where it is longer. */
static hone_status pad_one(const hn_call *call, hn_slice text, hn_slice fill, int64_t length,
                           bool front, hn_slice *ret) {
    int64_t points = count_points(text), fills = count_points(fill), more = length - points;
    if (length < 0) length = 0;
    if (more <= 0 || fills == 0) {
        *ret = (hn_slice){text.text, offset_of(text, length < points ? length : points)};
        return HONE_OK;
    }
    if (more > HN_EXPR_VALUE_MAX) more = HN_EXPR_VALUE_MAX + 1; /* is refused below */
    size_t rest = offset_of(fill, more % fills);
    size_t bytes = (size_t)(more / fills) * fill.length + rest;
    char *out = hn_text_pool_take(call->pool, text.length + bytes);
    if (!out) return call->ctx->error.code;
    *ret = (hn_slice){out, text.length + bytes};
    if (!front && text.length > 0) memcpy(out, text.text, text.length);
    if (!front) out += text.length;
    for (size_t at = 0; at < bytes; at += fill.length)
        memcpy(out + at, fill.text, bytes - at < fill.length ? bytes - at : fill.length);
    if (front && text.length > 0) memcpy(out + bytes, text.text, text.length);
    return HONE_OK;
}

static hone_status pad(const hn_call *call, bool front) {
    static const hn_slice blank = {" ", 1};
    const hn_slice *text = TEXTS(call, 0), *fill = call->n_args > 2 ? TEXTS(call, 2) : NULL;
    const double *length = NUMBERS(call, 1);
    hn_slice *out = call->out;
    for (int64_t i = 0; i < call->n; i++) {
        hn_slice with = fill ? fill[i] : blank;
        out[i] = MISSING;
        if (!text[i].text || !with.text || length[i] != length[i]) continue;
        HN_TRY(pad_one(call, text[i], with, position(length[i]), front, &out[i]));
    }
    return HONE_OK;
}

hone_status hn_kernel_lpad(const hn_call *call) { return pad(call, true); }
hone_status hn_kernel_rpad(const hn_call *call) { return pad(call, false); }

hone_status hn_kernel_repeat(const hn_call *call) {
    const hn_slice *text = TEXTS(call, 0);
    const double *times = NUMBERS(call, 1);
    hn_slice *out = call->out;
    for (int64_t i = 0; i < call->n; i++) {
        out[i] = MISSING;
        if (!text[i].text || times[i] != times[i]) continue;
        int64_t n = position(times[i]);
        if (n < 0 || text[i].length == 0) n = 0;
        size_t length = (size_t)n * text[i].length;
        char *to = hn_text_pool_take(call->pool, length);
        if (!to) return call->ctx->error.code;
        out[i] = (hn_slice){to, length};
        for (int64_t k = 0; k < n; k++, to += text[i].length)
            memcpy(to, text[i].text, text[i].length);
    }
    return HONE_OK;
}

hone_status hn_kernel_reverse(const hn_call *call) {
    const hn_slice *text = TEXTS(call, 0);
    hn_slice *out = call->out;
    for (int64_t i = 0; i < call->n; i++) {
        int32_t code;
        out[i] = MISSING;
        if (!text[i].text) continue;
        char *to = hn_text_pool_take(call->pool, text[i].length);
        if (!to) return call->ctx->error.code;
        out[i] = (hn_slice){to, text[i].length};
        for (size_t at = 0, n; at < text[i].length; at += n) {
            n = hn_utf8_decode(text[i].text + at, text[i].length - at, &code);
            memcpy(to + text[i].length - at - n, text[i].text + at, n);
        }
    }
    return HONE_OK;
}

/* Each word's first letter large, the others small; words are letters and digits. */
hone_status hn_kernel_title(const hn_call *call) {
    const hn_slice *text = TEXTS(call, 0);
    hn_slice *out = call->out;
    for (int64_t i = 0; i < call->n; i++) {
        int32_t code;
        out[i] = MISSING;
        if (!text[i].text) continue;
        char *to = hn_text_pool_take(call->pool, text[i].length);
        if (!to) return call->ctx->error.code;
        out[i] = (hn_slice){to, text[i].length};
        bool within = false;
        for (size_t at = 0, n; at < text[i].length; at += n) {
            n = hn_utf8_decode(text[i].text + at, text[i].length - at, &code);
            hn_utf8_change((hn_slice){text[i].text + at, n}, within ? hn_utf8_lower : hn_utf8_upper,
                           to + at);
            within = code >= 0 && hn_utf8_is_word(code);
        }
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

/* A number as people write it, with the point or comma that is asked for. */
hone_status hn_kernel_parse_number(const hn_call *call) {
    const hn_slice *text = TEXTS(call, 0), *decimal = call->n_args > 1 ? TEXTS(call, 1) : NULL;
    double *out = call->out;
    for (int64_t i = 0; i < call->n; i++) {
        hn_amount amount;
        char mark = decimal && decimal[i].length == 1 ? *decimal[i].text : '.';
        out[i] = (double)NAN;
        if (!text[i].text || (decimal && !decimal[i].text)) continue;
        if (decimal && mark != ',' && (mark != '.' || decimal[i].length != 1))
            return hn_fail(call->ctx, HONE_ERROR_DATA,
                           "parse_number: before the fraction stands '.' or ',', not '%.*s'",
                           (int)(decimal[i].length < 20 ? decimal[i].length : 20), decimal[i].text);
        if (hn_read_amount(text[i], mark, &amount)) out[i] = amount.value;
    }
    return HONE_OK;
}
