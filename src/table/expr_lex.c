/* expr_lex.c - an expression's text cut into tokens, and errors that say where.
 *
 * 'text' and "text" know no escapes (patterns are full of backslashes); a quote inside is doubled.
 */
#include "table/expr_internal.h"

#include <stdio.h>
#include <string.h>

static bool is_word_start(unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

static bool is_digit(unsigned char c) { return c >= '0' && c <= '9'; }

static bool is_word(unsigned char c) { return is_word_start(c) || is_digit(c); }

/* ---- errors --------------------------------------------------------------------------------- */

/* What stands at an offset, short enough for a message. */
static hn_slice word_at(const hn_compiler *c, size_t at) {
    size_t end = at;
    if (end < c->length && is_word((unsigned char)c->text[end])) {
        while (end < c->length && is_word((unsigned char)c->text[end])) end++;
    } else if (end < c->length && strchr("'\"`", c->text[end])) {
        for (end++; end < c->length && end - at < 20 && c->text[end] != c->text[at];) end++;
        if (end < c->length) end++;
    } else if (end < c->length) {
        end++;
    }
    if (end - at > 40) end = at + 40;
    /* not in the middle of a character */
    while (end > at && end < c->length && ((unsigned char)c->text[end] & 0xc0) == 0x80) end--;
    return (hn_slice){c->text + at, end - at};
}

hone_status hn_expr_fail(const hn_compiler *c, size_t at, const char *format, ...) {
    char message[512];
    va_list list;
    va_start(list, format);
    vsnprintf(message, sizeof message, format, list);
    va_end(list);
    size_t character = 1;
    for (size_t i = 0; i < at && i < c->length; i++)
        character += ((unsigned char)c->text[i] & 0xc0) != 0x80;
    hn_slice word = word_at(c, at);
    if (word.length == 0)
        return hn_fail(c->ctx, HONE_ERROR_DATA, "expression, at its end (character %zu): %s",
                       character, message);
    return hn_fail(c->ctx, HONE_ERROR_DATA, "expression, at character %zu near '%.*s': %s",
                   character, (int)word.length, word.text, message);
}

/* ---- tokens --------------------------------------------------------------------------------- */

static hone_status lex_number(const hn_compiler *c, hn_token *token) {
    size_t end = token->at;
    while (end < c->length && is_digit((unsigned char)c->text[end])) end++;
    if (end < c->length && c->text[end] == '.')
        for (end++; end < c->length && is_digit((unsigned char)c->text[end]);) end++;
    if (end < c->length && (c->text[end] == 'e' || c->text[end] == 'E')) {
        size_t sign = end + 1;
        if (sign < c->length && (c->text[sign] == '+' || c->text[sign] == '-')) sign++;
        if (sign < c->length && is_digit((unsigned char)c->text[sign]))
            for (end = sign; end < c->length && is_digit((unsigned char)c->text[end]);) end++;
    }
    token->type = HN_TOKEN_NUMBER;
    token->end = end;
    token->text = (hn_slice){c->text + token->at, end - token->at};
    if (end < c->length && is_word((unsigned char)c->text[end]))
        return hn_expr_fail(
            c, token->at,
            "a number runs into a word; put an operator between them, or the column's "
            "name in backticks");
    if (!hn_parse_double(token->text, &token->number) || !isfinite(token->number))
        return hn_expr_fail(c, token->at, "not a number that can be kept; write it shorter");
    return HONE_OK;
}

/* '..', "..", `..`: the quote is doubled inside. */
static hone_status lex_quoted(const hn_compiler *c, hn_token *token) {
    char quote = c->text[token->at];
    size_t end = token->at + 1, doubled = 0;
    for (;; end++) {
        if (end >= c->length)
            return hn_expr_fail(c, token->at, "this %c has no partner; close what it opens", quote);
        if (c->text[end] != quote) continue;
        if (end + 1 >= c->length || c->text[end + 1] != quote) break;
        doubled++;
        end++;
    }
    token->end = end + 1;
    token->type = quote == '`' ? HN_TOKEN_NAME : HN_TOKEN_TEXT;
    token->quoted = true;
    size_t length = end - token->at - 1;
    char *copy = hn_arena_alloc(c->ctx, c->arena, length - doubled + 1, 1);
    if (!copy) return HONE_ERROR_MEMORY;
    const char *from = c->text + token->at + 1;
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        copy[n++] = from[i];
        if (from[i] == quote) i++;
    }
    token->text = (hn_slice){copy, n};
    if (quote == '`' && n == 0)
        return hn_expr_fail(c, token->at,
                            "a column's name is empty; write it between the backticks");
    return HONE_OK;
}

static hone_status lex_symbol(const hn_compiler *c, hn_token *token) {
    static const struct {
        const char *text, *means;
    } symbols[] = {{"**", "^"},  {"==", "="}, {"!=", "!="}, {"<>", "!="}, {"<=", "<="},
                   {">=", ">="}, {"+", "+"},  {"-", "-"},   {"*", "*"},   {"/", "/"},
                   {"%", "%"},   {"^", "^"},  {"=", "="},   {"<", "<"},   {">", ">"},
                   {"(", "("},   {")", ")"},  {"[", "["},   {"]", "]"},   {",", ","}};
    static const struct {
        const char *text, *instead;
    } foreign[] = {{"&&", "and"}, {"||", "or"}, {"!", "not"},
                   {"&", "and"},  {"|", "or"},  {"?", "if(...)"}};
    const char *rest = c->text + token->at;
    size_t left = c->length - token->at;
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        size_t n = strlen(symbols[i].text);
        if (n > left || memcmp(rest, symbols[i].text, n) != 0) continue;
        token->type = HN_TOKEN_SYMBOL;
        token->end = token->at + n;
        token->text = (hn_slice){symbols[i].means, strlen(symbols[i].means)};
        return HONE_OK;
    }
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        size_t n = strlen(foreign[i].text);
        if (n <= left && memcmp(rest, foreign[i].text, n) == 0)
            return hn_expr_fail(c, token->at, "'%s' is written '%s' here", foreign[i].text,
                                foreign[i].instead);
    }
    return hn_expr_fail(c, token->at,
                        "this character means nothing here; column names with it go in backticks");
}

hone_status hn_expr_lex(const hn_compiler *c, size_t at, hn_token *ret_token) {
    while (at < c->length && strchr(" \t\r\n", c->text[at])) at++;
    hn_token token = {.at = at, .end = at};
    unsigned char first = at < c->length ? (unsigned char)c->text[at] : 0;
    if (at >= c->length) {
        token.type = HN_TOKEN_END;
    } else if (is_digit(first) ||
               (first == '.' && at + 1 < c->length && is_digit((unsigned char)c->text[at + 1]))) {
        HN_TRY(lex_number(c, &token));
    } else if (first == '\'' || first == '"' || first == '`') {
        HN_TRY(lex_quoted(c, &token));
    } else if (is_word_start(first)) {
        token.type = HN_TOKEN_NAME;
        while (token.end < c->length && is_word((unsigned char)c->text[token.end])) token.end++;
        token.text = (hn_slice){c->text + at, token.end - at};
    } else {
        HN_TRY(lex_symbol(c, &token));
    }
    *ret_token = token;
    return HONE_OK;
}
