/* expr_texts.h - what the kernels on texts share. Texts are UTF-8; positions and lengths count code points. What isn't
 * UTF-8 passes through byte by byte. */
#ifndef HN_TABLE_EXPR_TEXTS_H
#define HN_TABLE_EXPR_TEXTS_H

#include "table/expr_internal.h"
#include <string.h>

#define TEXTS(call, i) ((const hn_slice *)(call)->args[i])
#define NUMBERS(call, i) ((const double *)(call)->args[i])
#define MISSING ((hn_slice){NULL, 0})

static inline int64_t hn_count_points(hn_slice text) {
    int64_t n = 0;
    for (size_t i = 0; i < text.length; i++) n += ((unsigned char)text.text[i] & 0xc0) != 0x80;
    return n;
}

/* Offset of the point'th code point, from 0; the end if there are fewer. */
static inline size_t hn_offset_of(hn_slice text, int64_t point) {
    size_t at = 0;
    for (; at < text.length; at++)
        if (((unsigned char)text.text[at] & 0xc0) != 0x80 && point-- == 0) break;
    return at;
}

static inline hn_slice hn_trim_space(hn_slice text) {
    static const char space[] = " \t\r\n\f\v";
    while (text.length > 0 && strchr(space, text.text[0]) && text.text[0])
        text.text++, text.length--;
    while (text.length > 0 && text.text[text.length - 1] &&
           strchr(space, text.text[text.length - 1]))
        text.length--;
    return text;
}

/* A number of rows' as a position, cut to what is sensible. */
static inline int64_t hn_text_position(double x) {
    return x < -1e9 ? -1000000000 : x > 1e9 ? 1000000000 : (int64_t)x;
}

/* The first place of part in text from offset at on, or length + 1. An empty part is everywhere. */
static inline size_t hn_find_text(hn_slice text, hn_slice part, size_t at) {
    if (part.length > text.length || at > text.length - part.length) return text.length + 1;
    if (part.length == 0) return at;
    const char *found = memmem(text.text + at, text.length - at, part.text, part.length);
    return found ? (size_t)(found - text.text) : text.length + 1;
}

#endif
