/* param_part.c - parameters that are kinds with parameters of their own; see param.h.
 *
 * Which kinds there are is the catalog's to say (catalog.h, defined on a floor above). */
#include "spec/catalog.h"
#include "spec/param_parts.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

static bool is_legal(const hone_param *param, const hone_estimator *kind) {
    if (kind->tasks == HN_TASK_NONE) return false;
    if (param->part_tasks != 0 && (kind->tasks & param->part_tasks) == 0) return false;
    return (kind->can & param->part_can) == param->part_can;
}

/* Whether no kind at all may stand there. */
static bool may_be_none(const hone_param *param) {
    return param->type == HN_PARAM_PART && (param->words || !param->def);
}

const char *hn_parts_nearest(hone_ctx *ctx, const hone_param *param, const char *text) {
    HN_SCRATCH(ctx);
    int64_t n, n_legal = 0;
    const hone_estimator *const *kinds = hn_catalog(&n);
    const char **names;
    if (HN_SCRATCH_NEW(ctx, names, n + 1) != HONE_OK) return NULL;
    for (int64_t i = 0; i < n; i++)
        if (is_legal(param, kinds[i])) names[n_legal++] = kinds[i]->name;
    if (param->words) names[n_legal++] = param->words->word;
    return hn_nearest(text, names, (size_t)n_legal);
}

/* ---- from JSON and text --------------------------------------------------------------------- */

static hn_given text_given(hn_slice text) {
    return (hn_given){.kind = HN_GIVEN_TEXT, .text = text};
}

static bool is_word(const hone_param *param, hn_slice text) {
    return param->words && text.length == strlen(param->words->word) &&
           memcmp(text.text, param->words->word, text.length) == 0;
}

/* Where what stands below the setting's value stands itself. */
static hone_status go_down(const hn_setting *s, const char *step, hn_setting *ret) {
    hn_setting down = *s;
    if (s->marks && s->pointer) {
        down.pointer = hn_arena_printf(s->ctx, s->ctx->scratch, "%s/%s", s->pointer, step);
        if (!down.pointer) return HONE_ERROR_MEMORY;
        hn_marks_find(s->marks, down.pointer, &down.line, &down.column);
    }
    *ret = down;
    return HONE_OK;
}

/* A kind by name with its defaults, then settings (an object, or NULL). item: "[2]" or NULL. */
static hone_status make_part(const hn_setting *s, const char *item, hn_slice name,
                             hn_json *settings, hn_part *ret_part) {
    hone_ctx *ctx = s->ctx;
    HN_SCRATCH(ctx);
    hn_given given = text_given(name);
    char *word = hn_arena_strndup(ctx, ctx->scratch, name.text, name.length);
    if (!word) return HONE_ERROR_MEMORY;
    const hone_estimator *kind = strlen(word) == name.length ? hn_catalog_find(word) : NULL;
    if (!kind || !is_legal(s->param, kind)) return hn_setting_refuse(s, item, &given);
    if (s->depth >= HN_PART_DEPTH)
        return hn_setting_fail(s, item, "puts kinds into kinds more than %d deep; take %s",
                               (int)HN_PART_DEPTH, "a model that is not made of others");
    char *owner = hn_arena_printf(ctx, ctx->scratch, "%s.%s%s: %s", s->owner, s->param->name,
                                  item ? item : "", kind->name);
    hn_part part = {.kind = kind, .params = hn_arena_alloc(ctx, s->arena, 1, kind->params.size)};
    if (!owner || !part.params) return HONE_ERROR_MEMORY;
    HN_TRY(hn_params_defaults_at(ctx, s->arena, &kind->params, part.params, owner, s->depth + 1));
    if (settings) {
        hn_setting inner;
        HN_TRY(go_down(s, kind->name, &inner));
        HN_TRY(hn_params_set_json_at(ctx, s->arena, &kind->params, part.params, owner, settings,
                                     inner.pointer, s->marks, s->depth + 1));
    }
    *ret_part = part;
    return HONE_OK;
}

/* "gbdt", {"gbdt": {...}}, {"gbdt": null}. */
static hone_status read_part(const hn_setting *s, const char *item, hn_json *json,
                             hn_part *ret_part) {
    hn_slice name = {yyjson_get_str(json), yyjson_get_len(json)};
    hn_json *settings = NULL;
    if (yyjson_is_obj(json) && yyjson_obj_size(json) == 1) {
        yyjson_obj_iter iter = yyjson_obj_iter_with(json);
        hn_json *key = yyjson_obj_iter_next(&iter);
        name = (hn_slice){yyjson_get_str(key), yyjson_get_len(key)};
        settings = yyjson_obj_iter_get_val(key);
        if (yyjson_is_null(settings)) settings = NULL;
    } else if (!yyjson_is_str(json)) {
        hn_given given = hn_given_of(json);
        if (!yyjson_is_obj(json)) return hn_setting_refuse(s, item, &given);
        return hn_setting_fail(s, item, "is {KIND: {PARAMETERS}} with one kind, not %zu",
                               yyjson_obj_size(json));
    }
    return make_part(s, item, name, settings, ret_part);
}

static hone_status new_parts(const hn_setting *s, int64_t n, bool named, bool append,
                             const hn_parts *old, hn_parts *ret) {
    hn_parts fresh = {0};
    if (append && old->n > 0) fresh.n = old->n;
    if (fresh.n > 0 && (old->names != NULL) != named)
        return hn_setting_fail(s, NULL,
                               "has parts with names and parts without; give all of "
                               "them names, or none");
    HN_TRY(HN_NEW(s->ctx, s->arena, fresh.items, fresh.n + n + 1));
    if (named) HN_TRY(HN_NEW(s->ctx, s->arena, fresh.names, fresh.n + n + 1));
    for (int64_t i = 0; i < fresh.n; i++) {
        fresh.items[i] = old->items[i];
        if (named) fresh.names[i] = old->names[i];
    }
    *ret = fresh;
    return HONE_OK;
}

static hone_status parts_from_array(const hn_setting *s, hn_json *json, bool append,
                                    hn_parts *parts) {
    hn_parts fresh;
    size_t i, n = yyjson_arr_size(json);
    hn_json *item;
    HN_TRY(new_parts(s, (int64_t)n, false, append, parts, &fresh));
    yyjson_arr_foreach(json, i, n, item) {
        char label[32], step[24];
        hn_setting own;
        snprintf(label, sizeof label, "[%lld]", (long long)fresh.n);
        snprintf(step, sizeof step, "%zu", i);
        HN_TRY(go_down(s, step, &own));
        HN_TRY(read_part(&own, label, item, &fresh.items[fresh.n]));
        fresh.n++;
    }
    *parts = fresh;
    return HONE_OK;
}

/* A name is text that can stand in JSON, given once. */
static hone_status take_name(const hn_setting *s, hn_slice text, const hn_parts *parts,
                             const char **ret_name) {
    if (!hn_text_is_utf8(text) || memchr(text.text, '\0', text.length) || text.length == 0)
        return hn_setting_fail(s, NULL, "needs names that are text in UTF-8; rename its parts");
    const char *name = hn_arena_strndup(s->ctx, s->arena, text.text, text.length);
    if (!name) return HONE_ERROR_MEMORY;
    for (int64_t i = 0; i < parts->n; i++)
        if (strcmp(parts->names[i], name) == 0)
            return hn_setting_fail(s, NULL, "has two parts called '%.60s'; rename one", name);
    *ret_name = name;
    return HONE_OK;
}

static hone_status parts_from_object(const hn_setting *s, hn_json *json, bool append,
                                     hn_parts *parts) {
    hn_parts fresh;
    size_t i, n = yyjson_obj_size(json);
    hn_json *key, *item;
    HN_TRY(new_parts(s, (int64_t)n, true, append, parts, &fresh));
    yyjson_obj_foreach(json, i, n, key, item) {
        char label[80], shown[65];
        hn_setting own;
        const char **name = &fresh.names[fresh.n];
        HN_TRY(take_name(s, (hn_slice){yyjson_get_str(key), yyjson_get_len(key)}, &fresh, name));
        hn_copy_text(shown, sizeof shown, *name);
        snprintf(label, sizeof label, "['%s']", shown);
        HN_TRY(go_down(s, strpbrk(*name, "~/") ? "" : *name, &own));
        HN_TRY(read_part(&own, label, item, &fresh.items[fresh.n]));
        fresh.n++;
    }
    *parts = fresh;
    return HONE_OK;
}

hone_status hn_parts_from_json(const hn_setting *s, hn_json *json, bool append, void *values) {
    HN_SCRATCH(s->ctx);
    void *at = hn_param_at(s->param, values);
    if (s->param->type == HN_PARAM_PARTS) {
        if (yyjson_is_arr(json)) return parts_from_array(s, json, append, at);
        if (yyjson_is_obj(json)) return parts_from_object(s, json, append, at);
        hn_given given = hn_given_of(json);
        return hn_setting_refuse(s, NULL, &given);
    }
    hn_slice text = {yyjson_get_str(json), yyjson_get_len(json)};
    bool none = yyjson_is_null(json) || (yyjson_is_str(json) && is_word(s->param, text));
    hn_part part = {0};
    if (!none || !may_be_none(s->param)) HN_TRY(read_part(s, NULL, json, &part));
    *(hn_part *)at = part;
    return HONE_OK;
}

static hn_slice trim(const char *begin, const char *end) {
    while (begin < end && strchr(" \t\r\n", *begin)) begin++;
    while (end > begin && strchr(" \t\r\n", end[-1])) end--;
    return (hn_slice){begin, (size_t)(end - begin)};
}

/* "gbdt,ridge". */
static hone_status parts_from_commas(const hn_setting *s, hn_slice text, bool append,
                                     hn_parts *parts) {
    hn_parts fresh;
    int64_t n = text.length > 0;
    const char *begin = text.text, *end = text.text + text.length;
    for (const char *p = begin; p < end; p++) n += *p == ',';
    HN_TRY(new_parts(s, n, false, append, parts, &fresh));
    for (int64_t i = 0; i < n; i++) {
        char label[32];
        const char *comma = memchr(begin, ',', (size_t)(end - begin));
        const char *stop = comma ? comma : end;
        snprintf(label, sizeof label, "[%lld]", (long long)fresh.n);
        HN_TRY(make_part(s, label, trim(begin, stop), NULL, &fresh.items[fresh.n]));
        fresh.n++;
        begin = stop + 1;
    }
    *parts = fresh;
    return HONE_OK;
}

hone_status hn_parts_from_text(const hn_setting *s, const char *text, bool append, void *values) {
    HN_SCRATCH(s->ctx);
    void *at = hn_param_at(s->param, values);
    hn_slice whole = trim(text, text + strlen(text));
    if (whole.length > 0 && (*whole.text == '{' || *whole.text == '[')) {
        hn_json *json;
        hone_status status =
            hn_json_read(s->ctx, s->ctx->scratch, text, strlen(text), s->owner, &json);
        if (status == HONE_ERROR_MEMORY) return status;
        if (status == HONE_OK) return hn_parts_from_json(s, json, append, values);
        hn_given given = text_given(whole);
        return hn_setting_refuse(s, NULL, &given);
    }
    if (s->param->type == HN_PARAM_PARTS) return parts_from_commas(s, whole, append, at);
    hn_part part = {0};
    bool none = whole.length == 0 || is_word(s->param, whole);
    if (!none || !may_be_none(s->param)) HN_TRY(make_part(s, NULL, whole, NULL, &part));
    *(hn_part *)at = part;
    return HONE_OK;
}

/* ---- what stands there ---------------------------------------------------------------------- */

static hone_status check_part(const hn_setting *s, const char *item, const hn_part *part) {
    if (!part->kind && may_be_none(s->param)) return HONE_OK;
    hn_given given = text_given((hn_slice){"", 0});
    if (part->kind) given.text = (hn_slice){part->kind->name, strlen(part->kind->name)};
    if (!part->kind || !part->params || !is_legal(s->param, part->kind))
        return hn_setting_refuse(s, item, &given);
    HN_SCRATCH(s->ctx);
    char *owner = hn_arena_printf(s->ctx, s->ctx->scratch, "%s.%s%s: %s", s->owner, s->param->name,
                                  item ? item : "", part->kind->name);
    if (!owner) return HONE_ERROR_MEMORY;
    return hn_params_check(s->ctx, &part->kind->params, part->params, owner);
}

hone_status hn_parts_check(const hn_setting *s, const void *at) {
    if (s->param->type == HN_PARAM_PART) return check_part(s, NULL, at);
    const hn_parts *parts = at;
    for (int64_t i = 0; i < parts->n; i++) {
        char label[32];
        snprintf(label, sizeof label, "[%lld]", (long long)i);
        HN_TRY(check_part(s, label, &parts->items[i]));
    }
    return HONE_OK;
}

static bool same_part(const hn_part *a, const hn_part *b) {
    if (a->kind != b->kind) return false;
    for (int64_t i = 0; a->kind && i < a->kind->params.n; i++)
        if (!hn_param_same(&a->kind->params.items[i], a->params, b->params)) return false;
    return true;
}

bool hn_parts_same(const hone_param *param, const void *left, const void *right) {
    if (param->type == HN_PARAM_PART) return same_part(left, right);
    const hn_parts *a = left, *b = right;
    bool same = a->n == b->n && (a->names == NULL) == (b->names == NULL);
    for (int64_t i = 0; same && i < a->n; i++)
        same = same_part(&a->items[i], &b->items[i]) &&
               (!a->names || strcmp(a->names[i], b->names[i]) == 0);
    return same;
}

/* ---- to JSON -------------------------------------------------------------------------------- */

static hn_json_mut *part_json(hone_ctx *ctx, const hone_param *param, const hn_part *part,
                              bool brief, hn_json_doc *doc) {
    if (!part->kind)
        return param->words ? yyjson_mut_str(doc, param->words->word) : yyjson_mut_null(doc);
    hn_json_mut *settings, *object = yyjson_mut_obj(doc);
    if (hn_params_to_json(ctx, &part->kind->params, part->params, brief, doc, &settings) != HONE_OK)
        return NULL;
    if (brief && yyjson_mut_obj_size(settings) == 0) return yyjson_mut_str(doc, part->kind->name);
    return yyjson_mut_obj_add_val(doc, object, part->kind->name, settings) ? object : NULL;
}

hn_json_mut *hn_parts_json(hone_ctx *ctx, const hone_param *param, const void *at, bool brief,
                           hn_json_doc *doc) {
    if (param->type == HN_PARAM_PART) return part_json(ctx, param, at, brief, doc);
    const hn_parts *parts = at;
    hn_json_mut *all = parts->names ? yyjson_mut_obj(doc) : yyjson_mut_arr(doc);
    bool ok = all;
    for (int64_t i = 0; ok && i < parts->n; i++) {
        hn_json_mut *one = part_json(ctx, param, &parts->items[i], brief, doc);
        ok = one &&
             (parts->names ? yyjson_mut_obj_add(all, yyjson_mut_strcpy(doc, parts->names[i]), one)
                           : yyjson_mut_arr_append(all, one));
    }
    return ok ? all : NULL;
}
