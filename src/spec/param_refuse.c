/* param_refuse.c - what is said when a value is not legal; see param_parts.h. */
#include "spec/emit.h"
#include "spec/param_parts.h"
#include <stdio.h>
#include <string.h>

static hone_status fail_with(const hn_setting *s, const hn_str *message) {
    HN_TRY(hn_str_status(message));
    hn_where where = HN_AT(.param = s->param->name, .file = s->file);
    if (s->line > 0) where.row = s->line;
    return hn_fail_at(s->ctx, HONE_ERROR_USAGE, where, "%s", message->text);
}

static void begin_message(const hn_setting *s, const char *item, hn_str *message) {
    hn_str_init(message, s->ctx, s->ctx->scratch);
    if (s->file && s->line > 0) {
        hn_str_printf(message, "%s, line %d, column %d: ", s->file, s->line, s->column);
    }
    hn_str_printf(message, "%s: ", s->owner);
    if (item && !s->params->flags)
        hn_str_printf(message, "%s%s", s->param->name, item);
    else
        hn_put_param_name(message, s->params, s->param);
    hn_str_put_c(message, ' ');
}

hone_status hn_setting_fail(const hn_setting *s, const char *item, const char *format, ...) {
    HN_SCRATCH(s->ctx);
    hn_str message;
    begin_message(s, item, &message);
    char rest[512];
    va_list args;
    va_start(args, format);
    vsnprintf(rest, sizeof rest, format, args);
    va_end(args);
    hn_str_put(&message, rest);
    return fail_with(s, &message);
}

static void put_given(hn_str *str, const hn_given *given) {
    char cut[64];
    switch (given->kind) {
    case HN_GIVEN_TYPED:
    case HN_GIVEN_TEXT: {
        bool clean = hn_text_is_utf8(given->text);
        size_t length = given->text.length < sizeof cut - 1 ? given->text.length : sizeof cut - 1;
        memcpy(cut, given->text.text, length);
        cut[length] = '\0';
        for (size_t i = 0; i < length; i++) {
            unsigned char c = (unsigned char)cut[i];
            if (c < 0x20 || c == 0x7f || (c > 0x7f && !clean)) cut[i] = '?';
        }
        if (length < given->text.length) {
            char whole[sizeof cut - 4];
            hn_copy_text(whole, sizeof whole, cut);
            hn_str_printf(str, "'%s...'", whole);
        } else {
            hn_str_printf(str, "'%s'", cut);
        }
        return;
    }
    case HN_GIVEN_INT: hn_str_printf(str, "%lld", (long long)given->i); return;
    case HN_GIVEN_REAL: hn_str_put_double(str, given->x); return;
    case HN_GIVEN_BOOL: hn_str_put(str, given->b ? "true" : "false"); return;
    case HN_GIVEN_NULL: hn_str_put(str, "null"); return;
    case HN_GIVEN_OTHER: hn_str_put_n(str, given->text.text, given->text.length); return;
    }
}

/* The choice or word nearest to a text that is none of them. */
static const char *nearest_legal(hone_ctx *ctx, const hone_param *param, hn_slice text) {
    char word[64];
    const char *legal[64];
    size_t n = 0, limit = sizeof legal / sizeof *legal;
    if (text.length == 0 || text.length >= sizeof word) return NULL;
    memcpy(word, text.text, text.length);
    word[text.length] = '\0';
    if (hn_param_is_part(param)) return hn_parts_nearest(ctx, param, word);
    for (size_t i = 0; param->choices && param->choices[i] && n < limit; i++)
        legal[n++] = param->choices[i];
    for (const hn_word *w = param->words; w && w->word && n < limit; w++) legal[n++] = w->word;
    return hn_nearest(word, legal, n);
}

hone_status hn_setting_refuse(const hn_setting *s, const char *item, const hn_given *given) {
    HN_SCRATCH(s->ctx);
    const hone_param *param = s->param;
    hn_str message;
    begin_message(s, item, &message);
    hn_str_put(&message, "must be ");
    if (hn_param_is_list(param) && !item) {
        hn_str_put(&message, param->type == HN_PARAM_PAIRS ? "an " : "a ");
        hn_emit_type(&message, param);
    } else {
        hn_put_item_type(&message, param);
    }
    hn_str_put(&message, ", not ");
    if (param->secret)
        hn_str_put(&message, "what was given");
    else
        put_given(&message, given);
    bool is_text = given->kind == HN_GIVEN_TYPED || given->kind == HN_GIVEN_TEXT;
    const char *near = is_text && !param->secret ? nearest_legal(s->ctx, param, given->text) : NULL;
    bool wants_text = param->type == HN_PARAM_TEXT || param->type == HN_PARAM_TEXTS;
    if (near)
        hn_str_printf(&message, "; did you mean '%s'?", near);
    else if (wants_text && !is_text && given->kind < HN_GIVEN_NULL)
        hn_str_put(&message, "; put it in quotes");
    else if (param->def && !item)
        hn_str_printf(&message, "; the default is %s", param->def);
    return fail_with(s, &message);
}
