/* utf8.h - code points of texts: what is a letter, its case, what is space. What isn't UTF-8 passes
 * through byte by byte. */
#ifndef HN_BASE_UTF8_H
#define HN_BASE_UTF8_H

#include "base/str.h"

/* RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF. */
bool hn_text_is_utf8(hn_slice text);
/* Bytes of the code point that begins at text (left >= 1 bytes are there); 1 for what is none, and *ret_code is
 * then -1. */
size_t hn_utf8_decode(const char *text, size_t left, int32_t *ret_code);
/* Simple case of letters with one or two bytes (Latin, Greek, Cyrillic), which keep their length; others stay as
 * they are. */
int32_t hn_utf8_lower(int32_t code);
int32_t hn_utf8_upper(int32_t code);
/* text in another case into to, which has room for text.length bytes. */
void hn_utf8_change(hn_slice text, int32_t (*change)(int32_t code), char *to);
/* Space of any kind: ASCII's, the no-break and narrow ones, the byte order mark. */
bool hn_utf8_is_space(int32_t code);
/* Letters and digits, as far as words and signs are to be told apart: ASCII's, and all beyond it that is no space
 * or sign. */
bool hn_utf8_is_word(int32_t code);
/* How many of the first most bytes are whole code points. */
size_t hn_utf8_cut(hn_slice text, size_t most);
/* Without the space of any kind around it. */
hn_slice hn_utf8_trim(hn_slice text);

#endif
