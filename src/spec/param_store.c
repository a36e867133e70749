/* param_store.c - what is legal for a parameter, said in one place; see param_parts.h. */
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
    bool bytes = s->param->unit != NULL && strcmp(s->param->unit, "bytes") == 0;
    if (bytes && !whole && isnan(x) && given->kind <= HN_GIVEN_TEXT)
        whole = hn_parse_bytes(given->text, &i);
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

/* A text as it may stand in a struct: UTF-8 without NULs, since it will be written as JSON. */
static hone_status copy_text(const hn_setting *s, const char *item, hn_slice text,
                             const char **ret) {
    if (!hn_text_is_utf8(text))
        return hn_setting_fail(s, item,
                               "must be text in UTF-8; convert it, or rename what it names");
    if (memchr(text.text, '\0', text.length))
        return hn_setting_fail(s, item, "must not hold a NUL character; leave it out");
    *ret = hn_arena_strndup(s->ctx, s->arena, text.text, text.length);
    return *ret ? HONE_OK : HONE_ERROR_MEMORY;
}

/* A number or truth value as it prints, in buffer; else the text that was given. */
static hn_slice literal_of(const hn_given *given, char buffer[32]) {
    hn_slice text = {buffer, 0};
    if (given->kind == HN_GIVEN_INT)
        text.length = (size_t)snprintf(buffer, 32, "%lld", (long long)given->i);
    else if (given->kind == HN_GIVEN_REAL)
        text.length = hn_format_double(given->x, buffer);
    else if (given->kind == HN_GIVEN_BOOL)
        text = given->b ? (hn_slice){"true", 4} : (hn_slice){"false", 5};
    else
        text = given->text;
    return text;
}

static hone_status take_text(const hn_setting *s, const char *item, const hn_given *given,
                             const char **ret) {
    char buffer[32];
    bool is_text = given->kind == HN_GIVEN_TYPED || given->kind == HN_GIVEN_TEXT;
    if (s->param->literal && given->kind != HN_GIVEN_NULL && given->kind != HN_GIVEN_OTHER)
        return copy_text(s, item, literal_of(given, buffer), ret);
    if (!is_text || (s->param->choices && hn_param_choice(s->param, given->text) < 0))
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
        int index = is_text ? hn_param_choice(s->param, given->text) : -1;
        /* Some choose between true, false and a word. */
        if (given->kind == HN_GIVEN_BOOL)
            index = hn_param_choice(s->param,
                                    given->b ? (hn_slice){"true", 4} : (hn_slice){"false", 5});
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
