/* json_check.c - where a JSON file is wrong, in one pass over it as it lies, which holds nothing of it.
 *
 * DuckDB forgives some of what is no JSON (lists that never close, commas too many), counts the lines of what it
 * refuses in a way of its own, cuts names at a NUL, and its stack ends at some thousand lists within each other. So
 * every file is looked at here before it sees it (RFC 8259). */
#include "table/reading.h"

#include "base/os.h"
#include "base/pages.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 100, STEP = 8 << 20 /* bytes between looks at whether to go on */ };

typedef struct scan {
    const char *begin, *at, *end;
    const char *gone; /* pages before it were given back */
    const char *why;  /* what is wrong at at */
    bool too_deep, bad_name;
    bool list;              /* the first value is one */
    char open[DEEPEST + 1]; /* brackets */
    int depth;
} scan;

static bool wrong(scan *s, const char *why) {
    s->why = s->at < s->end ? why : "the file ends within a value";
    return false;
}

static void skip_blanks(scan *s) {
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\r' || *s->at == '\n'))
        s->at++;
}

/* ---- what is no list and no object ----------------------------------------------------------- */

static bool literal(scan *s, const char *word) {
    size_t length = strlen(word);
    if ((size_t)(s->end - s->at) < length || memcmp(s->at, word, length) != 0)
        return wrong(s, "unexpected character");
    s->at += length;
    return true;
}

static int64_t digits(scan *s) {
    const char *from = s->at;
    while (s->at < s->end && *s->at >= '0' && *s->at <= '9') s->at++;
    return s->at - from;
}

/* Whether the number of many digits from from on is a double. */
static bool is_finite(const char *from, const char *end) {
    char text[1024];
    size_t length = (size_t)(end - from);
    if (length >= sizeof text) return false;
    memcpy(text, from, length);
    text[length] = '\0';
    double value = strtod(text, NULL); /* the locale has no say in whether it is finite */
    return value - value == 0;
}

static bool number(scan *s) {
    const char *from = s->at;
    int64_t whole, power = 0;
    if (*s->at == '-') s->at++;
    bool zero = s->at < s->end && *s->at == '0';
    whole = digits(s);
    if (whole == 0 || (zero && whole > 1)) return wrong(s, "no number");
    if (s->at < s->end && *s->at == '.') {
        s->at++;
        if (digits(s) == 0) return wrong(s, "no digit after the point");
    }
    if (s->at < s->end && (*s->at == 'e' || *s->at == 'E')) {
        s->at++;
        if (s->at < s->end && (*s->at == '+' || *s->at == '-')) s->at++;
        power = digits(s);
        if (power == 0) return wrong(s, "no digit in the exponent");
    }
    if ((whole < 300 && power < 3) || is_finite(from, s->at)) return true;
    s->at = from;
    return wrong(s, "the number is too large");
}

static int hex(const char *at) {
    int code = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) return -1;
        code = code * 16 + digit;
    }
    return code;
}

/* From the backslash on. */
static bool escape(scan *s, bool *has_nul) {
    size_t left = (size_t)(s->end - s->at);
    if (left >= 2 && s->at[1] != '\0' && strchr("\"\\/bfnrt", s->at[1]) != NULL) {
        s->at += 2;
        return true;
    }
    int code = left >= 6 && s->at[1] == 'u' ? hex(s->at + 2) : -1;
    if (code < 0) return wrong(s, "unknown escape");
    if (code >= 0xdc00 && code < 0xe000) return wrong(s, "half of a character is escaped");
    if (code >= 0xd800 && code < 0xe000) {
        int low = left >= 12 && s->at[6] == '\\' && s->at[7] == 'u' ? hex(s->at + 8) : -1;
        if (low < 0xdc00 || low >= 0xe000) return wrong(s, "half of a character is escaped");
        s->at += 6;
    }
    if (code == 0) *has_nul = true;
    s->at += 6;
    return true;
}

static bool is_plain(char c) { return (unsigned char)c >= ' ' && c != '"' && c != '\\'; }

/* From the quote on. */
static bool string(scan *s, bool *has_nul) {
    const char *open = s->at++;
    bool ascii = true;
    while (s->at < s->end) {
        const char *from = s->at;
        signed char any = 0;
        while (s->at < s->end && is_plain(*s->at)) any |= (signed char)*s->at++;
        if (any < 0) ascii = false;
        if (s->at == s->end) break;
        if (*s->at == '"') {
            s->at++;
            hn_slice text = {open + 1, (size_t)(s->at - open - 2)};
            if (ascii || hn_text_is_utf8(text)) return true;
            s->at = from;
            return wrong(s, "the text is not UTF-8");
        }
        if (*s->at != '\\') return wrong(s, "unexpected control character in a text");
        if (!escape(s, has_nul)) return false;
    }
    s->at = open;
    return wrong(s, "a text never closes");
}

/* ---- values ---------------------------------------------------------------------------------- */

static bool name(scan *s) {
    const char *at = s->at;
    bool has_nul = false;
    if (*at != '"') return wrong(s, "no name in quotes");
    if (!string(s, &has_nul)) return false;
    if (has_nul) {
        s->at = at;
        s->bad_name = true;
        return false;
    }
    skip_blanks(s);
    if (s->at == s->end || *s->at != ':') return wrong(s, "no colon after a name");
    s->at++;
    return true;
}

static bool enter(scan *s, char bracket) {
    if (s->depth == DEEPEST) {
        s->too_deep = true;
        return false;
    }
    s->open[++s->depth] = bracket;
    s->at++;
    return true;
}

static bool scalar(scan *s) {
    bool nul;
    switch (*s->at) {
    case '"': return string(s, &nul);
    case 't': return literal(s, "true");
    case 'f': return literal(s, "false");
    case 'n': return literal(s, "null");
    default:
        return *s->at == '-' || (*s->at >= '0' && *s->at <= '9') ? number(s)
                                                                 : wrong(s, "unexpected character");
    }
}

static hone_status rest(hone_ctx *ctx, scan *s) {
    if (s->at - s->gone < STEP) return HONE_OK;
    s->gone += hn_let_go(s->gone, (size_t)(s->at - s->gone));
    return hn_check_cancel(ctx);
}

static hone_status ended(scan *s) {
    (void)wrong(s, "");
    return HONE_OK;
}

/* One value with all that is in it. *ret_ok: whether it is one. */
static hone_status value(hone_ctx *ctx, scan *s, bool *ret_ok) {
    bool first = true; /* behind an opening bracket, which may close at once */
    bool done = false; /* behind a value */
    *ret_ok = false;
    s->depth = 0;
    do {
        HN_TRY(rest(ctx, s));
        skip_blanks(s);
        if (s->at == s->end) return ended(s);
        char c = *s->at, in = s->depth > 0 ? s->open[s->depth] : 0;
        bool closes = in != 0 && c == (in == '{' ? '}' : ']');
        if (closes && (first || done)) {
            s->at++;
            s->depth--;
            first = false;
            done = true;
            continue;
        }
        if (done) {
            if (c != ',') {
                s->why = "neither a comma nor an end after a value";
                return HONE_OK;
            }
            s->at++;
            skip_blanks(s);
            if (s->at == s->end) return ended(s);
        }
        if (in == '{' && !name(s)) return HONE_OK;
        skip_blanks(s);
        if (s->at == s->end) return ended(s);
        c = *s->at;
        first = c == '{' || c == '[';
        done = !first;
        if (first ? !enter(s, c) : !scalar(s)) return HONE_OK;
    } while (s->depth > 0);
    *ret_ok = true;
    return HONE_OK;
}

/* ---- files ----------------------------------------------------------------------------------- */

static hone_status refuse(hone_ctx *ctx, const scan *s, const char *file) {
    long long line = 1;
    for (const char *c = s->begin; (c = memchr(c, '\n', (size_t)(s->at - c))) != NULL; c++) line++;
    hn_where where = {.file = file, .row = line};
    if (s->too_deep)
        return hn_fail_at(ctx, HONE_ERROR_DATA, where,
                          "%s, line %lld: more than %d lists and objects within each other, which "
                          "no table has; take out what is meant, or mend that line",
                          file, line, (int)DEEPEST);
    if (s->bad_name)
        return hn_fail_at(
            ctx, HONE_ERROR_DATA, where,
            "%s, line %lld: a name holds a NUL character (\\u0000), which no column's "
            "may; rename it",
            file, line);
    return hn_fail_at(ctx, HONE_ERROR_DATA, where,
                      "%s, line %lld is not JSON (%s); mend or remove that line", file, line,
                      s->why);
}

/* Objects one after the other, on a line each or not; anything else stands alone. */
static hone_status check_values(hone_ctx *ctx, scan *s, bool forgiving, const char *file) {
    bool object = false, ok;
    if (s->end - s->at >= 3 && memcmp(s->at, "\xef\xbb\xbf", 3) == 0) s->at += 3;
    for (int64_t n = 0;; n++) {
        skip_blanks(s);
        if (s->at == s->end && n > 0) return HONE_OK;
        if (n > 0 && !forgiving && (!object || *s->at != '{')) {
            s->why = "only objects follow each other";
            return refuse(ctx, s, file);
        }
        object = s->at < s->end && *s->at == '{';
        if (n == 0) s->list = s->at < s->end && *s->at == '[';
        HN_TRY(value(ctx, s, &ok));
        if (ok) continue;
        if (!forgiving || s->too_deep || s->bad_name) return refuse(ctx, s, file);
        const char *line = memchr(s->at, '\n', (size_t)(s->end - s->at));
        s->at = line != NULL ? line : s->end;
    }
}

hone_status hn_check_json(hone_ctx *ctx, const hn_source *source, bool forgiving, bool *ret_list) {
    hn_mapping map;
    *ret_list = false;
    FILE *file = fopen(source->path, "rb");
    if (file == NULL) return HONE_OK; /* the reader says why */
    fclose(file);
    HN_TRY(hn_map_file(ctx, source->path, &map));
    const char *bytes = (const char *)map.bytes;
    scan s = {.begin = bytes, .at = bytes, .end = bytes + map.length, .gone = bytes};
    hone_status status = check_values(ctx, &s, forgiving, source->shown);
    *ret_list = s.list;
    hn_unmap_file(&map);
    return status;
}
