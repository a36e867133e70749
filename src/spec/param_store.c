/* param_store.c - what is legal for a parameter, said in one place; see param_parts.h. */
#include "spec/emit.h"
#include "spec/param_parts.h"
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Whole numbers beyond this have no exact double, so a real there does not say which is meant. */
static const double EXACT = 9007199254740992.0; /* 2^53 */

hone_status hn_setting_begin(hone_ctx *ctx, hn_arena *arena, const hn_params *params,
                             const hone_param *param, const char *owner, hn_setting *ret_setting) {
    hn_setting s = {.ctx = ctx, .arena = arena, .params = params, .param = param, .owner = owner};
    s.range = (hn_interval){-INFINITY, INFINITY, true, true};
    if (param->range && !hn_interval_parse(param->range, &s.range)) {
        return hn_fail(ctx, HONE_ERROR_INTERNAL, "%s: the range '%s' of '%s' is not an interval",
                       owner, param->range, param->name);
    }
    *ret_setting = s;
    return HONE_OK;
}

/* ---- refusals ------------------------------------------------------------------------------- */

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

/* Whether text is UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing beyond U+10FFFF. */
static bool is_utf8(hn_slice text) {
    const unsigned char *p = (const unsigned char *)text.text, *end = p + text.length;
    while (p < end) {
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

static void put_given(hn_str *str, const hn_given *given) {
    char cut[64];
    switch (given->kind) {
    case HN_GIVEN_TYPED:
    case HN_GIVEN_TEXT: {
        bool clean = is_utf8(given->text);
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

static size_t count_texts(const char *const *texts) {
    size_t n = 0;
    while (texts && texts[n]) n++;
    return n;
}

/* The choice or word nearest to a text that is none of them. */
static const char *nearest_legal(const hone_param *param, hn_slice text) {
    char word[64];
    const char *legal[64];
    size_t n = 0, limit = sizeof legal / sizeof *legal;
    if (text.length == 0 || text.length >= sizeof word) return NULL;
    memcpy(word, text.text, text.length);
    word[text.length] = '\0';
    for (size_t i = 0; i < count_texts(param->choices) && n < limit; i++)
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
    const char *near = is_text && !param->secret ? nearest_legal(param, given->text) : NULL;
    bool wants_text = param->type == HN_PARAM_TEXT || param->type == HN_PARAM_TEXTS;
    if (near)
        hn_str_printf(&message, "; did you mean '%s'?", near);
    else if (wants_text && !is_text && given->kind < HN_GIVEN_NULL)
        hn_str_put(&message, "; put it in quotes");
    else if (param->def && !item)
        hn_str_printf(&message, "; the default is %s", param->def);
    return fail_with(s, &message);
}

/* ---- scalars -------------------------------------------------------------------------------- */

static bool slice_is(hn_slice text, const char *word) {
    return text.length == strlen(word) && memcmp(text.text, word, text.length) == 0;
}

static const hn_word *find_word(const hone_param *param, const hn_given *given) {
    for (const hn_word *w = param->words; w && w->word; w++) {
        if (given->kind <= HN_GIVEN_TEXT && slice_is(given->text, w->word)) return w;
        /* YAML writes nothing as null; people write it as none. */
        if (given->kind == HN_GIVEN_NULL && strcmp(w->word, "none") == 0) return w;
    }
    return NULL;
}

const char *hn_param_word_of(const hone_param *param, double x) {
    for (const hn_word *w = param->words; w && w->word; w++) {
        if (memcmp(&w->value, &x, sizeof x) == 0 || (isnan(w->value) && isnan(x))) return w->word;
    }
    return NULL;
}

static hone_status take_real(const hn_setting *s, const char *item, const hn_given *given,
                             double *ret) {
    const hn_word *word = find_word(s->param, given);
    if (word) {
        *ret = word->value;
        return HONE_OK;
    }
    double x = NAN;
    if (given->kind == HN_GIVEN_INT)
        x = (double)given->i;
    else if (given->kind == HN_GIVEN_REAL)
        x = given->x;
    else if (given->kind == HN_GIVEN_TYPED) {
        if (!hn_parse_double(given->text, &x)) x = NAN;
    } else if (given->kind == HN_GIVEN_TEXT) {
        /* JSON has no infinity: it is written as a text. */
        if (slice_is(given->text, "inf")) x = INFINITY;
        if (slice_is(given->text, "-inf")) x = -INFINITY;
    }
    if (!hn_interval_has(&s->range, x)) return hn_setting_refuse(s, item, given);
    *ret = x;
    return HONE_OK;
}

static hone_status take_int(const hn_setting *s, const hn_given *given, int64_t *ret) {
    const hn_word *word = find_word(s->param, given);
    if (word) {
        *ret = (int64_t)word->value;
        return HONE_OK;
    }
    int64_t i = 0;
    double x = NAN;
    bool whole = false;
    if (given->kind == HN_GIVEN_INT)
        i = given->i, whole = true;
    else if (given->kind == HN_GIVEN_REAL)
        x = given->x;
    else if (given->kind == HN_GIVEN_TYPED) {
        whole = hn_parse_int(given->text, &i);
        if (!whole && !hn_parse_double(given->text, &x)) x = NAN;
    }
    if (!whole && fabs(x) <= EXACT && x == floor(x)) i = (int64_t)x, whole = true;
    if (!whole || !hn_interval_has(&s->range, (double)i)) return hn_setting_refuse(s, NULL, given);
    *ret = i;
    return HONE_OK;
}

static hone_status take_bool(const hn_setting *s, const hn_given *given, bool *ret) {
    static const struct {
        const char *word;
        bool value;
    } words[] = {{"true", true}, {"false", false}, {"yes", true}, {"no", false},
                 {"on", true},   {"off", false},   {"1", true},   {"0", false}};
    if (given->kind == HN_GIVEN_BOOL) {
        *ret = given->b;
        return HONE_OK;
    }
    for (size_t i = 0; given->kind == HN_GIVEN_TYPED && i < sizeof words / sizeof *words; i++) {
        if (given->text.length != strlen(words[i].word)) continue;
        if (strncasecmp(given->text.text, words[i].word, given->text.length) != 0) continue;
        *ret = words[i].value;
        return HONE_OK;
    }
    return hn_setting_refuse(s, NULL, given);
}

/* Index of a text among the choices, or -1. */
static int find_choice(const hone_param *param, hn_slice text) {
    for (size_t i = 0; i < count_texts(param->choices); i++) {
        if (slice_is(text, param->choices[i])) return (int)i;
    }
    return -1;
}

/* A text as it may stand in a struct: UTF-8 without NULs, since it will be written as JSON. */
static hone_status copy_text(const hn_setting *s, const char *item, hn_slice text,
                             const char **ret) {
    if (!is_utf8(text))
        return hn_setting_fail(s, item,
                               "must be text in UTF-8; convert it, or rename what it names");
    if (memchr(text.text, '\0', text.length))
        return hn_setting_fail(s, item, "must not hold a NUL character; leave it out");
    *ret = hn_arena_strndup(s->ctx, s->arena, text.text, text.length);
    return *ret ? HONE_OK : HONE_ERROR_MEMORY;
}

static hone_status take_text(const hn_setting *s, const char *item, const hn_given *given,
                             const char **ret) {
    bool is_text = given->kind == HN_GIVEN_TYPED || given->kind == HN_GIVEN_TEXT;
    if (!is_text || (s->param->choices && find_choice(s->param, given->text) < 0))
        return hn_setting_refuse(s, item, given);
    const char *copy;
    HN_TRY(copy_text(s, item, given->text, &copy));
    *ret = copy;
    return HONE_OK;
}

hone_status hn_setting_store(const hn_setting *s, const hn_given *given, void *values) {
    void *at = hn_param_at(s->param, values);
    switch (s->param->type) {
    case HN_PARAM_BOOL: return take_bool(s, given, at);
    case HN_PARAM_INT: return take_int(s, given, at);
    case HN_PARAM_REAL: return take_real(s, NULL, given, at);
    case HN_PARAM_TEXT: return take_text(s, NULL, given, at);
    case HN_PARAM_CHOICE: {
        bool is_text = given->kind == HN_GIVEN_TYPED || given->kind == HN_GIVEN_TEXT;
        int index = is_text ? find_choice(s->param, given->text) : -1;
        if (index < 0) return hn_setting_refuse(s, NULL, given);
        *(int *)at = index;
        return HONE_OK;
    }
    default: return hn_setting_refuse(s, NULL, given);
    }
}

/* ---- lists ---------------------------------------------------------------------------------- */

static hone_status store_texts(const hn_setting *s, const hn_given *items, int64_t n, hn_texts old,
                               hn_texts *ret) {
    hn_texts fresh = {.n = old.n + n};
    HN_TRY(HN_NEW(s->ctx, s->arena, fresh.items, fresh.n));
    for (int64_t i = 0; i < fresh.n; i++) {
        char label[32];
        snprintf(label, sizeof label, "[%lld]", (long long)i);
        if (i < old.n)
            fresh.items[i] = old.items[i];
        else
            HN_TRY(take_text(s, label, &items[i - old.n], &fresh.items[i]));
    }
    *ret = fresh;
    return HONE_OK;
}

static hone_status store_reals(const hn_setting *s, const hn_given *items, int64_t n, hn_reals old,
                               hn_reals *ret) {
    hn_reals fresh = {.n = old.n + n};
    HN_TRY(HN_NEW(s->ctx, s->arena, fresh.items, fresh.n));
    for (int64_t i = 0; i < fresh.n; i++) {
        char label[32];
        snprintf(label, sizeof label, "[%lld]", (long long)i);
        if (i < old.n)
            fresh.items[i] = old.items[i];
        else
            HN_TRY(take_real(s, label, &items[i - old.n], &fresh.items[i]));
    }
    *ret = fresh;
    return HONE_OK;
}

static hone_status store_pairs(const hn_setting *s, const hn_given *items, const hn_slice *names,
                               int64_t n, hn_pairs old, hn_pairs *ret) {
    HN_SCRATCH(s->ctx);
    hn_pairs fresh = {.n = old.n + n};
    HN_TRY(HN_NEW(s->ctx, s->arena, fresh.names, fresh.n));
    HN_TRY(HN_NEW(s->ctx, s->arena, fresh.values, fresh.n));
    hn_map seen;
    hn_map_init(&seen, s->ctx, s->ctx->scratch);
    for (int64_t i = 0; i < fresh.n; i++) {
        char label[80] = "";
        if (i < old.n) {
            fresh.names[i] = old.names[i];
            fresh.values[i] = old.values[i];
        } else {
            HN_TRY(copy_text(s, NULL, names[i - old.n], &fresh.names[i]));
            char shown[65];
            hn_copy_text(shown, sizeof shown, fresh.names[i]);
            snprintf(label, sizeof label, "['%s']", shown);
        }
        int64_t first;
        HN_TRY(hn_map_intern(&seen, (hn_slice){fresh.names[i], strlen(fresh.names[i])}, i, &first));
        if (first != i) return hn_setting_fail(s, label, "is given twice; keep one of them");
        if (i >= old.n) HN_TRY(take_real(s, label, &items[i - old.n], &fresh.values[i]));
    }
    *ret = fresh;
    return HONE_OK;
}

hone_status hn_setting_store_items(const hn_setting *s, const hn_given *items,
                                   const hn_slice *names, int64_t n, bool append, void *values) {
    void *at = hn_param_at(s->param, values);
    switch (s->param->type) {
    case HN_PARAM_TEXTS:
        return store_texts(s, items, n, append ? *(hn_texts *)at : (hn_texts){0}, at);
    case HN_PARAM_REALS:
        return store_reals(s, items, n, append ? *(hn_reals *)at : (hn_reals){0}, at);
    default: break;
    }
    assert(s->param->type == HN_PARAM_PAIRS);
    return store_pairs(s, items, names, n, append ? *(hn_pairs *)at : (hn_pairs){0}, at);
}

/* ---- what stands in a struct ---------------------------------------------------------------- */

static hone_status check_real(const hn_setting *s, const char *item, double x) {
    if (hn_interval_has(&s->range, x) || hn_param_word_of(s->param, x)) return HONE_OK;
    return hn_setting_refuse(s, item, &(hn_given){.kind = HN_GIVEN_REAL, .x = x});
}

static hone_status check_text(const hn_setting *s, const char *item, const char *text) {
    hn_slice slice = {text, strlen(text)};
    if (!s->param->choices || find_choice(s->param, slice) >= 0) return HONE_OK;
    return hn_setting_refuse(s, item, &(hn_given){.kind = HN_GIVEN_TEXT, .text = slice});
}

hone_status hn_setting_check(const hn_setting *s, const void *values) {
    const void *at = hn_param_in(s->param, values);
    char label[80];
    switch (s->param->type) {
    case HN_PARAM_BOOL: return HONE_OK;
    case HN_PARAM_INT: {
        int64_t i = *(const int64_t *)at;
        if (hn_interval_has(&s->range, (double)i) || hn_param_word_of(s->param, (double)i))
            return HONE_OK;
        return hn_setting_refuse(s, NULL, &(hn_given){.kind = HN_GIVEN_INT, .i = i});
    }
    case HN_PARAM_REAL: return check_real(s, NULL, *(const double *)at);
    case HN_PARAM_CHOICE: {
        int index = *(const int *)at;
        if (index >= 0 && (size_t)index < count_texts(s->param->choices)) return HONE_OK;
        return hn_setting_refuse(s, NULL, &(hn_given){.kind = HN_GIVEN_INT, .i = index});
    }
    case HN_PARAM_TEXT: {
        const char *text = *(const char *const *)at;
        return text ? check_text(s, NULL, text) : HONE_OK;
    }
    case HN_PARAM_TEXTS: {
        const hn_texts *list = at;
        for (int64_t i = 0; i < list->n; i++) {
            snprintf(label, sizeof label, "[%lld]", (long long)i);
            HN_TRY(check_text(s, label, list->items[i]));
        }
        return HONE_OK;
    }
    case HN_PARAM_REALS: {
        const hn_reals *list = at;
        for (int64_t i = 0; i < list->n; i++) {
            snprintf(label, sizeof label, "[%lld]", (long long)i);
            HN_TRY(check_real(s, label, list->items[i]));
        }
        return HONE_OK;
    }
    case HN_PARAM_PAIRS: {
        const hn_pairs *pairs = at;
        for (int64_t i = 0; i < pairs->n; i++) {
            snprintf(label, sizeof label, "['%.64s']", pairs->names[i]);
            HN_TRY(check_real(s, label, pairs->values[i]));
        }
        return HONE_OK;
    }
    }
    return HONE_OK;
}

static bool same_text(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_bytes(const void *a, const void *b, size_t size) {
    return size == 0 || memcmp(a, b, size) == 0;
}

bool hn_param_same(const hone_param *param, const void *a, const void *b) {
    const void *left = hn_param_in(param, a), *right = hn_param_in(param, b);
    switch (param->type) {
    case HN_PARAM_BOOL: return *(const bool *)left == *(const bool *)right;
    case HN_PARAM_INT: return same_bytes(left, right, sizeof(int64_t));
    case HN_PARAM_REAL: return same_bytes(left, right, sizeof(double));
    case HN_PARAM_CHOICE: return same_bytes(left, right, sizeof(int));
    case HN_PARAM_TEXT: return same_text(*(const char *const *)left, *(const char *const *)right);
    case HN_PARAM_TEXTS: {
        const hn_texts *x = left, *y = right;
        bool same = x->n == y->n;
        for (int64_t i = 0; same && i < x->n; i++) same = same_text(x->items[i], y->items[i]);
        return same;
    }
    case HN_PARAM_REALS: {
        const hn_reals *x = left, *y = right;
        return x->n == y->n && same_bytes(x->items, y->items, (size_t)x->n * sizeof(double));
    }
    case HN_PARAM_PAIRS: {
        const hn_pairs *x = left, *y = right;
        bool same = x->n == y->n && same_bytes(x->values, y->values, (size_t)x->n * sizeof(double));
        for (int64_t i = 0; same && i < x->n; i++) same = same_text(x->names[i], y->names[i]);
        return same;
    }
    }
    return false;
}
