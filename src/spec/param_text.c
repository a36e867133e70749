/* param_text.c - parameters as flags have them: "0.1", "auto", "a,b,c", "tenure=1,age=-1"; see
 * param.h. */
#include "spec/param_parts.h"
#include <assert.h>
#include <string.h>

static hn_slice trim(const char *begin, const char *end) {
    while (begin < end && (*begin == ' ' || *begin == '\t')) begin++;
    while (end > begin && (end[-1] == ' ' || end[-1] == '\t')) end--;
    return (hn_slice){begin, (size_t)(end - begin)};
}

/* Where a pair's name ends: at its last '=', since numbers have none. */
static const char *last_equals(hn_slice item) {
    for (size_t i = item.length; i > 0; i--) {
        if (item.text[i - 1] == '=') return item.text + i - 1;
    }
    return NULL;
}

static hone_status from_commas(const hn_setting *s, const char *text, bool append, void *values) {
    hone_ctx *ctx = s->ctx;
    HN_SCRATCH(ctx);
    bool pairs = s->param->type == HN_PARAM_PAIRS;
    int64_t n = 0;
    if (trim(text, text + strlen(text)).length > 0) {
        n = 1;
        for (const char *p = text; *p && !s->param->whole; p++) n += *p == ',';
    }
    hn_given *items;
    hn_slice *names;
    HN_TRY(HN_SCRATCH_NEW(ctx, items, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, names, n));
    const char *begin = text;
    for (int64_t i = 0; i < n; i++) {
        const char *end = s->param->whole ? begin + strlen(begin) : begin + strcspn(begin, ",");
        hn_slice item = s->param->whole ? (hn_slice){begin, strlen(begin)} : trim(begin, end);
        if (item.length == 0) {
            return hn_setting_fail(s, NULL, "has an empty item in '%.60s'; %s", text,
                                   "take a comma away, or write the list as JSON");
        }
        if (pairs) {
            const char *equals = last_equals(item);
            if (!equals) {
                return hn_setting_fail(s, NULL,
                                       "needs NAME=NUMBER pairs, and '%.*s' has no '='; %s",
                                       (int)(item.length < 60 ? item.length : 60), item.text,
                                       "write it as in \"tenure=1,age=-1\"");
            }
            names[i] = trim(item.text, equals);
            item = trim(equals + 1, item.text + item.length);
        }
        items[i] = (hn_given){.kind = HN_GIVEN_TYPED, .text = item};
        begin = end + 1;
    }
    return hn_setting_store_items(s, items, names, n, append, values);
}

hone_status hn_setting_from_text(const hn_setting *s, const char *text, bool append, void *values) {
    assert(text);
    if (hn_param_is_part(s->param)) return hn_parts_from_text(s, text, append, values);
    if (!hn_param_is_list(s->param)) {
        hn_slice whole = {text, strlen(text)};
        /* Space around a number or a word is nobody's intention; in a text it may be. */
        if (s->param->type != HN_PARAM_TEXT) whole = trim(text, text + strlen(text));
        return hn_setting_store(s, &(hn_given){.kind = HN_GIVEN_TYPED, .text = whole}, values);
    }
    char open = s->param->type == HN_PARAM_PAIRS ? '{' : '[';
    const char *first = text + strspn(text, " \t\r\n");
    if (*first != open && s->param->type == HN_PARAM_GROUPS)
        return hn_text_groups_from_text(s, first, append, values);
    if (*first != open || s->param->whole) return from_commas(s, text, append, values);
    HN_SCRATCH(s->ctx);
    hn_json *json;
    hone_status status = hn_json_read(s->ctx, s->ctx->scratch, text, strlen(text), s->owner, &json);
    if (status == HONE_ERROR_MEMORY) return status;
    if (status != HONE_OK) {
        return hn_setting_refuse(s, NULL,
                                 &(hn_given){.kind = HN_GIVEN_TEXT, .text = {text, strlen(text)}});
    }
    return hn_setting_from_json(s, json, append, values);
}
