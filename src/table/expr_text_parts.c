/* expr_text_parts.c - kernels that count in texts and take parts of them. A part is a view of its text, not a copy. */
#include "base/utf8.h"
#include "table/expr_texts.h"

hone_status hn_kernel_length(const hn_call *call) {
    const hn_slice *text = TEXTS(call, 0);
    double *out = call->out;
    for (int64_t i = 0; i < call->n; i++)
        out[i] = text[i].text ? (double)hn_count_points(text[i]) : (double)NAN;
    return HONE_OK;
}

hone_status hn_kernel_trim(const hn_call *call) {
    const hn_slice *text = TEXTS(call, 0);
    hn_slice *out = call->out;
    for (int64_t i = 0; i < call->n; i++) out[i] = text[i].text ? hn_trim_space(text[i]) : MISSING;
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

hone_status hn_kernel_substr(const hn_call *call) {
    const hn_slice *text = TEXTS(call, 0);
    const double *start = NUMBERS(call, 1), *length = call->n_args > 2 ? NUMBERS(call, 2) : NULL;
    hn_slice *out = call->out;
    for (int64_t i = 0; i < call->n; i++) {
        out[i] = MISSING;
        if (!text[i].text || start[i] != start[i] || (length && length[i] != length[i])) continue;
        int64_t points = hn_count_points(text[i]);
        int64_t first = hn_text_position(start[i]);
        first = first > 0 ? first - 1 : first < 0 ? points + first : 0;
        int64_t last = length ? first + hn_text_position(length[i]) : points;
        if (first < 0) first = 0;
        if (last < first) last = first;
        size_t begin = hn_offset_of(text[i], first), end = hn_offset_of(text[i], last);
        out[i] = (hn_slice){text[i].text + begin, end - begin};
    }
    return HONE_OK;
}

/* The first n characters, or all but the last -n; the last n, or all but the first -n. */
static hone_status cut_side(const hn_call *call, bool right) {
    const hn_slice *text = TEXTS(call, 0);
    const double *length = NUMBERS(call, 1);
    hn_slice *out = call->out;
    for (int64_t i = 0; i < call->n; i++) {
        out[i] = MISSING;
        if (!text[i].text || length[i] != length[i]) continue;
        int64_t points = hn_count_points(text[i]), n = hn_text_position(length[i]);
        if (n < 0) n = points + n > 0 ? points + n : 0;
        if (n > points) n = points;
        size_t at = hn_offset_of(text[i], right ? points - n : n);
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
        size_t at = hn_find_text(text[i], part[i], 0);
        out[i] =
            at > text[i].length ? 0 : 1 + (double)hn_count_points((hn_slice){text[i].text, at});
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
        for (size_t at = 0; (at = hn_find_text(text[i], part[i], at)) <= text[i].length;
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
        for (size_t at = 0; (at = hn_find_text(text, separator, at)) <= text.length;
             at += separator.length)
            parts++;
        n = parts + n + 1;
    }
    if (n < 1) return MISSING;
    size_t begin = 0, end;
    for (;; begin = end + separator.length) {
        end = hn_find_text(text, separator, begin);
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
                     ? part_of(text[i], separator[i], hn_text_position(n[i]))
                     : MISSING;
    return HONE_OK;
}
