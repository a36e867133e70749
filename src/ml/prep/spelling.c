/* spelling.c - see spelling.h. */
#include "ml/prep/spelling.h"

#include "base/utf8.h"
#include <string.h>

hone_status hn_spelling_tidy(hone_ctx *ctx, hn_arena *arena, hn_slice text, hn_slice *ret) {
    char *out;
    size_t n = 0;
    bool space = false;
    text = hn_utf8_trim(text);
    HN_TRY(HN_NEW(ctx, arena, out, text.length + 1));
    for (size_t at = 0; at < text.length;) {
        int32_t code;
        size_t width = hn_utf8_decode(text.text + at, text.length - at, &code);
        bool is_space = hn_utf8_is_space(code);
        if (is_space && !space) out[n++] = ' ';
        if (!is_space) {
            memcpy(out + n, text.text + at, width);
            n += width;
        }
        space = is_space;
        at += width;
    }
    *ret = (hn_slice){out, n};
    return HONE_OK;
}

hone_status hn_spelling_change(hone_ctx *ctx, hn_arena *arena, hn_slice text,
                               int32_t (*change)(int32_t code), hn_slice *ret) {
    char *out;
    HN_TRY(HN_NEW(ctx, arena, out, text.length + 1));
    hn_utf8_change(text, change, out);
    *ret = (hn_slice){out, text.length};
    return HONE_OK;
}

/* ---- words ----------------------------------------------------------------------------------- */

static bool parts_words(char c) { return c != 0 && strchr(" ,;:./-_'\"()", c) != NULL; }

hone_status hn_spelling_words(hone_ctx *ctx, hn_arena *arena, hn_slice folded, hn_slice *ret) {
    enum { MOST = 32 };
    hn_slice words[MOST];
    int n = 0;
    char *out;
    size_t length = 0;
    for (size_t at = 0; at < folded.length;) {
        hn_slice word = {folded.text + at, 0};
        while (at < folded.length && !parts_words(folded.text[at])) at++, word.length++;
        if (word.length == 0) {
            at++;
            continue;
        }
        int place = 0;
        while (place < n && hn_slice_compare(words[place], word) < 0) place++;
        if (place < n && hn_slice_compare(words[place], word) == 0) continue;
        if (n == MOST) { /* a sentence, not a name */
            *ret = folded;
            return HONE_OK;
        }
        memmove(words + place + 1, words + place, (size_t)(n - place) * sizeof *words);
        words[place] = word;
        n++;
    }
    HN_TRY(HN_NEW(ctx, arena, out, folded.length + MOST + 1));
    for (int i = 0; i < n; i++) {
        if (i > 0) out[length++] = ' ';
        memcpy(out + length, words[i].text, words[i].length);
        length += words[i].length;
    }
    *ret = n > 0 ? (hn_slice){out, length} : folded;
    return HONE_OK;
}

/* ---- distance -------------------------------------------------------------------------------- */

hone_status hn_spell(hone_ctx *ctx, hn_arena *arena, hn_slice folded, hn_spelled *ret) {
    int32_t codes[HN_SPELLED_MOST], *kept, n = 0;
    hn_spelled spelled = {.digits = 1};
    for (size_t at = 0; at < folded.length;) {
        int32_t code;
        size_t width = hn_utf8_decode(folded.text + at, folded.length - at, &code);
        if (code < 0) code = (unsigned char)folded.text[at];
        if (n == HN_SPELLED_MOST) {
            n = 0;
            break;
        }
        codes[n++] = code;
        spelled.letters |= UINT64_C(1) << ((uint32_t)code * 2654435761u >> 26);
        if (code >= '0' && code <= '9')
            spelled.digits = spelled.digits * UINT64_C(1000003) + (uint64_t)code;
        at += width;
    }
    HN_TRY(HN_NEW(ctx, arena, kept, n + 1));
    memcpy(kept, codes, (size_t)n * sizeof *kept);
    spelled.codes = kept;
    spelled.n = n;
    *ret = spelled;
    return HONE_OK;
}

/* The distance, or most + 1 where it is more. Rows of the table lie one behind the other: the current one, the
 * one before, and the one before that. */
static int32_t distance(const hn_spelled *a, const hn_spelled *b, int32_t most) {
    int32_t rows[3][HN_SPELLED_MOST + 1];
    for (int32_t k = 0; k <= b->n; k++) rows[0][k] = k;
    for (int32_t i = 1; i <= a->n; i++) {
        int32_t *now = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        int32_t least = now[0] = i;
        for (int32_t k = 1; k <= b->n; k++) {
            int32_t best = last[k - 1] + (a->codes[i - 1] != b->codes[k - 1]);
            if (last[k] + 1 < best) best = last[k] + 1;
            if (now[k - 1] + 1 < best) best = now[k - 1] + 1;
            if (i > 1 && k > 1 && a->codes[i - 1] == b->codes[k - 2] &&
                a->codes[i - 2] == b->codes[k - 1] && before[k - 2] + 1 < best)
                best = before[k - 2] + 1;
            now[k] = best;
            if (best < least) least = best;
        }
        if (least > most) return most + 1;
    }
    return rows[a->n % 3][b->n];
}

static bool is_letter(int32_t code) {
    return code > 127 || ((code | 32) >= 'a' && (code | 32) <= 'z');
}

/* Whether the longer one is the shorter with a syllable before a word that turns it round: "unfinished" is no
 * misspelt "finished". */
static bool denies(const hn_spelled *longer, const hn_spelled *shorter) {
    static const char *const syllables[] = {"un", "non", "non-", "not ", "no ", "in", "im", "dis"};
    int32_t more = longer->n - shorter->n, at = 0;
    while (at < shorter->n && longer->codes[at] == shorter->codes[at]) at++;
    if (at == shorter->n || (at > 0 && is_letter(longer->codes[at - 1]))) return false;
    for (int32_t k = at; k < shorter->n; k++)
        if (longer->codes[k + more] != shorter->codes[k]) return false;
    for (size_t w = 0; w < sizeof syllables / sizeof *syllables; w++) {
        int32_t k = 0;
        while (k < more && syllables[w][k] != 0 && longer->codes[at + k] == syllables[w][k]) k++;
        if (k == more && syllables[w][k] == 0) return true;
    }
    return false;
}

double hn_spelling_similarity(const hn_spelled *a, const hn_spelled *b, double least) {
    if (a->n == 0 || b->n == 0 || a->digits != b->digits) return 0;
    int32_t longer = a->n > b->n ? a->n : b->n, shorter = a->n + b->n - longer;
    /* The largest distance that will do, with room for rounding. */
    int32_t most = (int32_t)((1 - least) * longer + 1e-9);
    if (longer - shorter > most) return 0;
    if (__builtin_popcountll(a->letters ^ b->letters) > 2 * most) return 0;
    if (denies(a->n > b->n ? a : b, a->n > b->n ? b : a)) return 0;
    int32_t d = distance(a, b, most);
    return d > most ? 0 : 1 - (double)d / longer;
}
