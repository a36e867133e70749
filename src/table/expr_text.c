/* expr_text.c - kernels that make texts. */
#include "base/utf8.h"
#include "table/expr_texts.h"

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
    for (size_t at = 0; (at = hn_find_text(text, from, at)) <= text.length; at += from.length)
        count++;
    if (count == 0) return HONE_OK;
    size_t length = text.length - count * from.length + count * to.length;
    char *out = hn_text_pool_take(call->pool, length);
    if (!out) return call->ctx->error.code;
    *ret = (hn_slice){out, length};
    for (size_t at = 0;;) {
        size_t found = hn_find_text(text, from, at),
               end = found <= text.length ? found : text.length;
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
    int64_t points = hn_count_points(text), fills = hn_count_points(fill), more = length - points;
    if (length < 0) length = 0;
    if (more <= 0 || fills == 0) {
        *ret = (hn_slice){text.text, hn_offset_of(text, length < points ? length : points)};
        return HONE_OK;
    }
    if (more > HN_EXPR_VALUE_MAX) more = HN_EXPR_VALUE_MAX + 1; /* is refused below */
    size_t rest = hn_offset_of(fill, more % fills);
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
        HN_TRY(pad_one(call, text[i], with, hn_text_position(length[i]), front, &out[i]));
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
        int64_t n = hn_text_position(times[i]);
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
