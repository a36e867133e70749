/* utf8.c - see utf8.h. */
#include "base/utf8.h"

#include <string.h>

size_t hn_utf8_decode(const char *text, size_t left, int32_t *ret_code) {
    unsigned char a = (unsigned char)text[0];
    size_t n = a < 0x80 ? 1 : a >= 0xf0 ? 4 : a >= 0xe0 ? 3 : a >= 0xc2 ? 2 : 0;
    *ret_code = n == 1 ? a : -1;
    if (n <= 1 || n > left) return 1;
    int32_t code = a & (0xff >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        unsigned char b = (unsigned char)text[i];
        if ((b & 0xc0) != 0x80) return 1;
        code = code << 6 | (b & 0x3f);
    }
    *ret_code = code;
    return n;
}

int32_t hn_utf8_lower(int32_t c) {
    if (c >= 'A' && c <= 'Z') return c + 32;
    if (c < 0xc0) return c;
    if (c <= 0xde) return c == 0xd7 ? c : c + 32;
    if ((c >= 0x100 && c <= 0x137) || (c >= 0x14a && c <= 0x177)) return c == 0x130 ? c : c | 1;
    if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e)) return c & 1 ? c + 1 : c;
    if (c == 0x178) return 0xff;
    if (c >= 0x391 && c <= 0x3ab) return c == 0x3a2 ? c : c + 32;
    if (c == 0x386) return 0x3ac;
    if (c >= 0x388 && c <= 0x38a) return c + 37;
    if (c >= 0x410 && c <= 0x42f) return c + 32;
    if (c >= 0x400 && c <= 0x40f) return c + 80;
    if (c >= 0x460 && c <= 0x481) return c | 1;
    return c;
}

/* The inverse, by search among what lower maps to c; ranges are near each other. */
int32_t hn_utf8_upper(int32_t c) {
    static const int32_t distances[] = {32, 1, 80, 37};
    if (c == 0xff) return 0x178;
    if (c == 0x3ac) return 0x386;
    for (size_t i = 0; i < sizeof distances / sizeof *distances; i++) {
        int32_t candidate = c - distances[i];
        if (candidate >= 'A' && hn_utf8_lower(candidate) == c && candidate != c) return candidate;
    }
    return c;
}

void hn_utf8_change(hn_slice text, int32_t (*change)(int32_t code), char *to) {
    for (size_t at = 0; at < text.length;) {
        int32_t code;
        size_t n = hn_utf8_decode(text.text + at, text.length - at, &code);
        int32_t changed = code < 0 ? code : change(code);
        if (n == 1 && code >= 0) {
            to[at] = (char)changed;
        } else if (n == 2 && changed >= 0x80) {
            to[at] = (char)(0xc0 | changed >> 6);
            to[at + 1] = (char)(0x80 | (changed & 0x3f));
        } else {
            memcpy(to + at, text.text + at, n);
        }
        at += n;
    }
}

bool hn_utf8_is_space(int32_t c) {
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200b) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
           c == 0x205f || c == 0x3000 || c == 0xfeff;
}

bool hn_utf8_is_word(int32_t c) {
    if (c < 0x80) return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (hn_utf8_is_space(c) || c < 0xc0 || c == 0xd7 || c == 0xf7) return c == 0xaa || c == 0xba;
    return !(c >= 0x2010 && c <= 0x2bff) && !(c >= 0x3001 && c <= 0x3020);
}

size_t hn_utf8_cut(hn_slice text, size_t most) {
    if (text.length <= most) return text.length;
    while (most > 0 && ((unsigned char)text.text[most] & 0xC0) == 0x80) most--;
    return most;
}

hn_slice hn_utf8_trim(hn_slice text) {
    int32_t code;
    while (text.length > 0) {
        size_t n = hn_utf8_decode(text.text, text.length, &code);
        if (!hn_utf8_is_space(code)) break;
        text.text += n;
        text.length -= n;
    }
    while (text.length > 0) {
        size_t n = 1;
        while (n < 4 && n < text.length &&
               ((unsigned char)text.text[text.length - n] & 0xc0) == 0x80)
            n++;
        if (hn_utf8_decode(text.text + text.length - n, n, &code) != n || !hn_utf8_is_space(code))
            break;
        text.length -= n;
    }
    return text;
}

bool hn_text_is_utf8(hn_slice text) {
    const uint64_t not_ascii = UINT64_C(0x8080808080808080);
    const unsigned char *p = (const unsigned char *)text.text, *end = p + text.length;
    while (p < end) {
        uint64_t eight[4]; /* mostly all ASCII */
        while (end - p >= 32) {
            memcpy(eight, p, 32);
            if ((eight[0] | eight[1] | eight[2] | eight[3]) & not_ascii) break;
            p += 32;
        }
        if (end - p >= 8) {
            memcpy(eight, p, 8);
            if ((eight[0] & not_ascii) == 0) {
                p += 8;
                continue;
            }
        }
        if (p == end) break;
        int more = *p < 0x80   ? 0
                   : *p < 0xC2 ? -1
                   : *p < 0xE0 ? 1
                   : *p < 0xF0 ? 2
                   : *p < 0xF5 ? 3
                               : -1;
        if (more < 0 || end - p <= more) return false;
        if (more >= 2) {
            unsigned two = (unsigned)p[0] << 8 | p[1];
            if ((p[0] == 0xE0 && p[1] < 0xA0) || (two >= 0xEDA0 && p[0] == 0xED) ||
                (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
                return false;
        }
        for (int i = 1; i <= more; i++)
            if ((p[i] & 0xC0) != 0x80) return false;
        p += more + 1;
    }
    return true;
}
