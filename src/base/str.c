/* str.c - growing byte strings and word suggestions; see str.h. Numbers are in number.c. */
#include "base/str.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

static char empty[1] = ""; /* never written to: capacity 0 says so */

void hn_str_init(hn_str *str, hone_ctx *ctx, hn_arena *arena) {
    assert(str && ctx && arena);
    *str = (hn_str){.ctx = ctx, .arena = arena, .text = empty};
}

void hn_str_clear(hn_str *str) {
    str->length = 0;
    if (str->capacity > 0) str->text[0] = '\0';
}

/* Make room for length more bytes and the NUL. */
static bool grow(hn_str *str, size_t length) {
    if (str->status != HONE_OK) return false;
    if (length < SIZE_MAX / 4 && str->length < SIZE_MAX / 4) {
        size_t wanted = str->length + length + 1, doubled = str->capacity * 2;
        size_t capacity = wanted > doubled ? wanted : doubled;
        if (capacity < 64) capacity = 64;
        char *old = str->capacity > 0 ? str->text : NULL;
        char *text = hn_arena_regrow(str->arena, old, str->capacity, capacity);
        if (text) {
            str->text = text;
            str->capacity = capacity;
            str->text[str->length] = '\0';
            return true;
        }
    }
    str->status = hn_fail(str->ctx, HONE_ERROR_MEMORY,
                          "out of memory: no room for a text of %zu bytes; use less data at once",
                          str->length + length);
    return false;
}

static inline bool has_room(const hn_str *str, size_t length) {
    return str->capacity > str->length && str->capacity - str->length > length;
}

void hn_str_reserve(hn_str *str, size_t length) {
    assert(str && str->text);
    if (!has_room(str, length)) grow(str, length);
}

void hn_str_put_n(hn_str *str, const char *bytes, size_t length) {
    assert(str && str->text && (bytes || length == 0));
    if (length == 0 || str->status != HONE_OK) return;
    if (!has_room(str, length) && !grow(str, length)) return;
    memcpy(str->text + str->length, bytes, length);
    str->length += length;
    str->text[str->length] = '\0';
}

void hn_str_put(hn_str *str, const char *text) { hn_str_put_n(str, text, strlen(text)); }

void hn_str_put_c(hn_str *str, char c) { hn_str_put_n(str, &c, 1); }

void hn_str_put_double(hn_str *str, double value) {
    char buffer[32];
    hn_str_put_n(str, buffer, hn_format_double(value, buffer));
}

void hn_str_printf(hn_str *str, const char *format, ...) {
    assert(str && str->text && format);
    if (str->status != HONE_OK) return;
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    size_t room = str->capacity - str->length;
    int length = vsnprintf(room > 0 ? str->text + str->length : NULL, room, format, args);
    va_end(args);
    assert(length >= 0);
    if ((size_t)length >= room) {
        bool grown = grow(str, (size_t)length);
        if (grown)
            vsnprintf(str->text + str->length, (size_t)length + 1, format, again);
        else if (room > 0)
            str->text[str->length] = '\0';
        if (!grown) length = 0;
    }
    va_end(again);
    str->length += (size_t)length;
}

hone_status hn_str_status(const hn_str *str) {
    assert(str);
    return str->status;
}

/* ---- suggestions ---------------------------------------------------------------------------- */

enum { WORD_MAX = 64 }; /* longer words get no suggestion */

static unsigned char folded(char c) {
    if (c >= 'A' && c <= 'Z') return (unsigned char)(c - 'A' + 'a');
    return c == '-' ? '_' : (unsigned char)c;
}

static int least(int a, int b) { return a < b ? a : b; }

/* Edit distance with swaps of neighbours (optimal string alignment). */
static int distance(const char *a, int n, const char *b, int m) {
    /* rows[i % 3][j]: the distance between a's first i and b's first j bytes. */
    int rows[3][WORD_MAX + 1];
    for (int j = 0; j <= m; j++) rows[0][j] = j;
    for (int i = 1; i <= n; i++) {
        int *row = rows[i % 3], *above = rows[(i - 1) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (int j = 1; j <= m; j++) {
            unsigned char x = folded(a[i - 1]), y = folded(b[j - 1]);
            row[j] = least(above[j - 1] + (x != y), least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && x == folded(b[j - 2]) && y == folded(a[i - 2]))
                row[j] = least(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[n % 3][m];
}

const char *hn_nearest(const char *word, const char *const *words, size_t count) {
    assert(word && (words || count == 0));
    size_t length = strnlen(word, WORD_MAX + 1);
    if (length > WORD_MAX) return NULL;
    const char *nearest = NULL;
    int best = WORD_MAX;
    for (size_t i = 0; i < count; i++) {
        size_t other = strnlen(words[i], WORD_MAX + 1);
        if (other > WORD_MAX) continue;
        int wrong = distance(word, (int)length, words[i], (int)other);
        size_t letters = length > other ? length : other;
        if ((size_t)wrong * 3 > letters || wrong >= best) continue;
        nearest = words[i];
        best = wrong;
    }
    return nearest;
}
