/* param_group.c - parameters that are groups of names: "a,b;c,d" or [["a", "b"], ["c", "d"]]; see param_parts.h. */
#include "spec/param_parts.h"
#include <string.h>

static hone_status copy_name(const hn_setting *s, hn_slice name, const char **ret_name) {
    if (name.length == 0)
        return hn_setting_fail(s, NULL, "holds an empty name; take it away, or write it as JSON");
    if (!hn_text_is_utf8(name) || memchr(name.text, '\0', name.length))
        return hn_setting_refuse(s, NULL, &(hn_given){.kind = HN_GIVEN_TEXT, .text = name});
    char *copy;
    HN_TRY(HN_NEW(s->ctx, s->arena, copy, name.length + 1));
    memcpy(copy, name.text, name.length);
    *ret_name = copy;
    return HONE_OK;
}

/* Room for n groups behind those that are to stay. */
static hone_status begin_groups(const hn_setting *s, const hn_text_groups *old, int64_t n,
                                hn_text_groups *ret) {
    hn_text_groups fresh = {.n = old->n};
    HN_TRY(HN_NEW(s->ctx, s->arena, fresh.items, old->n + n));
    for (int64_t i = 0; i < old->n; i++) fresh.items[i] = old->items[i];
    *ret = fresh;
    return HONE_OK;
}

static int64_t count_of(hn_slice text, char mark) {
    int64_t n = 1;
    for (size_t i = 0; i < text.length; i++) n += text.text[i] == mark;
    return n;
}

/* The part of *text before the next mark, without space around it; *text becomes what is behind. */
static hn_slice next_part(hn_slice *text, char mark) {
    size_t end = 0;
    while (end < text->length && text->text[end] != mark) end++;
    hn_slice part = {text->text, end};
    size_t taken = end < text->length ? end + 1 : end;
    *text = (hn_slice){text->text + taken, text->length - taken};
    while (part.length > 0 && strchr(" \t\r\n", part.text[0])) part.text++, part.length--;
    while (part.length > 0 && strchr(" \t\r\n", part.text[part.length - 1])) part.length--;
    return part;
}

hone_status hn_text_groups_from_text(const hn_setting *s, const char *text, bool append,
                                     void *values) {
    hn_text_groups *at = hn_param_at(s->param, values), none = {0}, fresh;
    hn_slice rest = {text, strlen(text)};
    int64_t n = rest.length > 0 ? count_of(rest, ';') : 0;
    HN_TRY(begin_groups(s, append ? at : &none, n, &fresh));
    for (int64_t i = 0; i < n; i++) {
        hn_slice names = next_part(&rest, ';');
        hn_texts group = {.n = count_of(names, ',')};
        HN_TRY(HN_NEW(s->ctx, s->arena, group.items, group.n));
        for (int64_t j = 0; j < group.n; j++)
            HN_TRY(copy_name(s, next_part(&names, ','), &group.items[j]));
        fresh.items[fresh.n++] = group;
    }
    *at = fresh;
    return HONE_OK;
}

hone_status hn_text_groups_from_json(const hn_setting *s, hn_json *json, bool append,
                                     void *values) {
    hn_text_groups *at = hn_param_at(s->param, values), none = {0}, fresh;
    hn_given given = hn_given_of(json);
    if (!yyjson_is_arr(json)) return hn_setting_refuse(s, NULL, &given);
    HN_TRY(begin_groups(s, append ? at : &none, (int64_t)yyjson_arr_size(json), &fresh));
    size_t i, max, j, most;
    hn_json *list, *name;
    yyjson_arr_foreach(json, i, max, list) {
        given = hn_given_of(list);
        if (!yyjson_is_arr(list)) return hn_setting_refuse(s, NULL, &given);
        hn_texts group = {0};
        HN_TRY(HN_NEW(s->ctx, s->arena, group.items, yyjson_arr_size(list)));
        yyjson_arr_foreach(list, j, most, name) {
            given = hn_given_of(name);
            if (given.kind != HN_GIVEN_TEXT) return hn_setting_refuse(s, NULL, &given);
            HN_TRY(copy_name(s, given.text, &group.items[group.n++]));
        }
        fresh.items[fresh.n++] = group;
    }
    *at = fresh;
    return HONE_OK;
}

bool hn_text_groups_same(const hn_text_groups *x, const hn_text_groups *y) {
    bool same = x->n == y->n;
    for (int64_t i = 0; same && i < x->n; i++) {
        same = x->items[i].n == y->items[i].n;
        for (int64_t j = 0; same && j < x->items[i].n; j++)
            same = strcmp(x->items[i].items[j], y->items[i].items[j]) == 0;
    }
    return same;
}

hn_json_mut *hn_text_groups_json(const hn_text_groups *groups, hn_json_doc *doc) {
    hn_json_mut *lists = yyjson_mut_arr(doc);
    bool ok = lists;
    for (int64_t i = 0; ok && i < groups->n; i++) {
        hn_json_mut *list = yyjson_mut_arr_add_arr(doc, lists);
        ok = list;
        for (int64_t j = 0; ok && j < groups->items[i].n; j++)
            ok = yyjson_mut_arr_append(list, yyjson_mut_strcpy(doc, groups->items[i].items[j]));
    }
    return ok ? lists : NULL;
}
