/* param_json.c - parameters from JSON and YAML, and as JSON again; see param.h. */
#include "spec/param_parts.h"
#include <assert.h>
#include <math.h>
#include <string.h>

/* ---- from JSON ------------------------------------------------------------------------------ */

static hn_given other(const char *what) {
    return (hn_given){.kind = HN_GIVEN_OTHER, .text = {what, strlen(what)}};
}

hn_given hn_given_of(hn_json *json) {
    switch (yyjson_get_type(json)) {
    case YYJSON_TYPE_NULL: return (hn_given){.kind = HN_GIVEN_NULL};
    case YYJSON_TYPE_BOOL: return (hn_given){.kind = HN_GIVEN_BOOL, .b = yyjson_get_bool(json)};
    case YYJSON_TYPE_STR:
        return (hn_given){.kind = HN_GIVEN_TEXT,
                          .text = {yyjson_get_str(json), yyjson_get_len(json)}};
    case YYJSON_TYPE_ARR: return other("a list");
    case YYJSON_TYPE_OBJ: return other("an object");
    case YYJSON_TYPE_NUM:
        if (yyjson_is_real(json))
            return (hn_given){.kind = HN_GIVEN_REAL, .x = yyjson_get_real(json)};
        /* An integer beyond int64 is kept as the real it reads as: too large for an integer. */
        if (yyjson_is_uint(json) && yyjson_get_uint(json) > INT64_MAX)
            return (hn_given){.kind = HN_GIVEN_REAL, .x = (double)yyjson_get_uint(json)};
        return (hn_given){.kind = HN_GIVEN_INT, .i = yyjson_get_sint(json)};
    default: return other("nothing");
    }
}

static hone_status items_from_array(const hn_setting *s, hn_json *json, bool append, void *values) {
    hn_given *items;
    size_t n = yyjson_arr_size(json), i, max;
    HN_TRY(HN_SCRATCH_NEW(s->ctx, items, n));
    hn_json *item;
    yyjson_arr_foreach(json, i, max, item) items[i] = hn_given_of(item);
    return hn_setting_store_items(s, items, NULL, (int64_t)n, append, values);
}

static hone_status items_from_object(const hn_setting *s, hn_json *json, bool append,
                                     void *values) {
    hn_given *items;
    hn_slice *names;
    size_t n = yyjson_obj_size(json), i, max;
    HN_TRY(HN_SCRATCH_NEW(s->ctx, items, n));
    HN_TRY(HN_SCRATCH_NEW(s->ctx, names, n));
    hn_json *key, *item;
    yyjson_obj_foreach(json, i, max, key, item) {
        names[i] = (hn_slice){yyjson_get_str(key), yyjson_get_len(key)};
        items[i] = hn_given_of(item);
    }
    return hn_setting_store_items(s, items, names, (int64_t)n, append, values);
}

hone_status hn_setting_from_json(const hn_setting *s, hn_json *json, bool append, void *values) {
    if (hn_param_is_part(s->param)) return hn_parts_from_json(s, json, append, values);
    if (s->param->type == HN_PARAM_GROUPS) return hn_text_groups_from_json(s, json, append, values);
    HN_SCRATCH(s->ctx);
    bool pairs = s->param->type == HN_PARAM_PAIRS;
    if (pairs && yyjson_is_obj(json)) return items_from_object(s, json, append, values);
    if (!pairs && hn_param_is_list(s->param) && yyjson_is_arr(json))
        return items_from_array(s, json, append, values);
    hn_given given = hn_given_of(json);
    if (s->param->whole && given.kind == HN_GIVEN_NULL)
        return hn_setting_store_items(s, NULL, NULL, 0, append, values);
    if (s->param->whole && given.kind == HN_GIVEN_TEXT)
        return hn_setting_store_items(s, &given, NULL, 1, append, values);
    if (hn_param_is_list(s->param)) return hn_setting_refuse(s, NULL, &given);
    /* Null is what to_json writes for a text that is not there. */
    if (given.kind == HN_GIVEN_NULL && s->param->type == HN_PARAM_TEXT) {
        *(const char **)hn_param_at(s->param, values) = NULL;
        return HONE_OK;
    }
    return hn_setting_store(s, &given, values);
}

/* pointer + "/" + key, escaped as RFC 6901 has it. */
static void put_pointer(hn_str *str, const char *pointer, const char *key) {
    hn_str_put(str, pointer);
    hn_str_put_c(str, '/');
    for (; *key; key++) {
        if (*key == '~')
            hn_str_put(str, "~0");
        else if (*key == '/')
            hn_str_put(str, "~1");
        else
            hn_str_put_c(str, *key);
    }
}

/* The place of key below pointer; *ret_pointer is scratch's. */
static hone_status find_place(hone_ctx *ctx, const char *pointer, const hn_marks *marks,
                              const char *key, const char **ret_pointer, int *ret_line,
                              int *ret_column) {
    *ret_line = *ret_column = 0;
    *ret_pointer = NULL;
    if (!marks || !pointer) return HONE_OK;
    hn_str path;
    hn_str_init(&path, ctx, ctx->scratch);
    put_pointer(&path, pointer, key);
    HN_TRY(hn_str_status(&path));
    hn_marks_find(marks, path.text, ret_line, ret_column);
    *ret_pointer = path.text;
    return HONE_OK;
}

/* The message of hn_params_unknown, with its place before it. */
static hone_status unknown_at(hone_ctx *ctx, const hn_params *params, const char *owner,
                              const char *key, const char *file, int line, int column) {
    hone_status status = hn_params_unknown(ctx, params, owner, key);
    if (!file || line == 0) return status;
    return hn_fail_at(ctx, status, ((hn_where){.param = key, .file = file, .row = line}),
                      "%s, line %d, column %d: %s", file, line, column, ctx->error.message);
}

static hone_status set_member(hone_ctx *ctx, hn_arena *arena, const hn_params *params, void *values,
                              const char *owner, const char *key, hn_json *item,
                              const char *pointer, const hn_marks *marks, int depth, bool *seen) {
    HN_SCRATCH(ctx);
    int line, column;
    const char *place;
    HN_TRY(find_place(ctx, pointer, marks, key, &place, &line, &column));
    const char *file = marks ? marks->name : NULL;
    const hone_param *param = hn_params_find(params, key);
    if (!param) return unknown_at(ctx, params, owner, key, file, line, column);
    hn_setting s;
    HN_TRY(hn_setting_begin(ctx, arena, params, param, owner, &s));
    s.file = file;
    s.line = line;
    s.column = column;
    s.pointer = place;
    s.marks = marks;
    s.depth = depth;
    bool *twice = &seen[param - params->items];
    if (*twice)
        return hn_setting_fail(&s, NULL, "is given twice (as '%s' too); keep one of them", key);
    *twice = true;
    return hn_setting_from_json(&s, item, false, values);
}

hone_status hn_params_set_json_at(hone_ctx *ctx, hn_arena *arena, const hn_params *params,
                                  void *values, const char *owner, hn_json *object,
                                  const char *pointer, const hn_marks *marks, int depth) {
    assert(ctx && arena && params && values && owner);
    HN_SCRATCH(ctx);
    if (!yyjson_is_obj(object)) {
        int line = 0, column = 0;
        if (marks && pointer) hn_marks_find(marks, pointer, &line, &column);
        hn_where where = HN_AT(.file = marks ? marks->name : NULL);
        if (line > 0) where.row = line;
        return hn_fail_at(
            ctx, HONE_ERROR_USAGE, where,
            "%s: parameters must be an object from name to value, as in {\"%s\": ...}", owner,
            params->n > 0 ? params->items[0].name : "name");
    }
    /* Set in a copy, so that a failure leaves values as they were. */
    unsigned char *copy;
    bool *seen;
    HN_TRY(HN_SCRATCH_NEW(ctx, copy, params->size));
    HN_TRY(HN_SCRATCH_NEW(ctx, seen, params->n));
    memcpy(copy, values, params->size);
    size_t i, max;
    hn_json *key, *item;
    yyjson_obj_foreach(object, i, max, key, item) HN_TRY(set_member(
        ctx, arena, params, copy, owner, yyjson_get_str(key), item, pointer, marks, depth, seen));
    memcpy(values, copy, params->size);
    return HONE_OK;
}

hone_status hn_params_set_json(hone_ctx *ctx, hn_arena *arena, const hn_params *params,
                               void *values, const char *owner, hn_json *object,
                               const char *pointer, const hn_marks *marks) {
    return hn_params_set_json_at(ctx, arena, params, values, owner, object, pointer, marks, 0);
}

/* ---- to JSON -------------------------------------------------------------------------------- */

static hn_json_mut *json_of_real(hn_json_doc *doc, const hone_param *param, double x) {
    const char *word = hn_param_word_of(param, x);
    if (word) return yyjson_mut_str(doc, word);
    if (isinf(x)) return yyjson_mut_str(doc, x < 0 ? "-inf" : "inf");
    return isnan(x) ? yyjson_mut_null(doc) : yyjson_mut_real(doc, x);
}

static hn_json_mut *json_of_pairs(hn_json_doc *doc, const hone_param *param,
                                  const hn_pairs *pairs) {
    hn_json_mut *object = yyjson_mut_obj(doc);
    bool ok = object;
    for (int64_t i = 0; ok && i < pairs->n; i++) {
        ok = yyjson_mut_obj_add(object, yyjson_mut_strcpy(doc, pairs->names[i]),
                                json_of_real(doc, param, pairs->values[i]));
    }
    return ok ? object : NULL;
}

static hn_json_mut *json_of(hone_ctx *ctx, hn_json_doc *doc, const hone_param *param,
                            const void *at, bool brief) {
    switch (param->type) {
    case HN_PARAM_BOOL: return yyjson_mut_bool(doc, *(const bool *)at);
    case HN_PARAM_INT: {
        int64_t i = *(const int64_t *)at;
        const char *word = hn_param_word_of(param, (double)i);
        return word ? yyjson_mut_str(doc, word) : yyjson_mut_sint(doc, i);
    }
    case HN_PARAM_REAL: return json_of_real(doc, param, *(const double *)at);
    case HN_PARAM_CHOICE: return yyjson_mut_str(doc, param->choices[*(const int *)at]);
    case HN_PARAM_TEXT: {
        const char *text = *(const char *const *)at;
        return text ? yyjson_mut_strcpy(doc, text) : yyjson_mut_null(doc);
    }
    case HN_PARAM_TEXTS: {
        const hn_texts *list = at;
        if (param->whole && list->n == 1) return yyjson_mut_strcpy(doc, list->items[0]);
        hn_json_mut *array = yyjson_mut_arr(doc);
        bool ok = array;
        for (int64_t i = 0; ok && i < list->n; i++)
            ok = yyjson_mut_arr_append(array, yyjson_mut_strcpy(doc, list->items[i]));
        return ok ? array : NULL;
    }
    case HN_PARAM_REALS: {
        const hn_reals *list = at;
        hn_json_mut *array = yyjson_mut_arr(doc);
        bool ok = array;
        for (int64_t i = 0; ok && i < list->n; i++)
            ok = yyjson_mut_arr_append(array, json_of_real(doc, param, list->items[i]));
        return ok ? array : NULL;
    }
    case HN_PARAM_PAIRS: return json_of_pairs(doc, param, at);
    case HN_PARAM_GROUPS: return hn_text_groups_json(at, doc);
    case HN_PARAM_PART:
    case HN_PARAM_PARTS: return hn_parts_json(ctx, param, at, brief, doc);
    }
    return NULL;
}

/* A text that is not there and has no default need not be said, nor a part. */
static bool is_absent(const hone_param *param, const void *at) {
    if (param->type == HN_PARAM_PART)
        return !((const hn_part *)at)->kind && !param->words && !param->def;
    if (param->whole && param->type == HN_PARAM_TEXTS) return ((const hn_texts *)at)->n == 0;
    return param->type == HN_PARAM_TEXT && !*(const char *const *)at && !param->def;
}

hone_status hn_params_to_json(hone_ctx *ctx, const hn_params *params, const void *values,
                              bool only_changed, hn_json_doc *doc, hn_json_mut **ret_object) {
    assert(ctx && params && values && doc);
    HN_SCRATCH(ctx);
    unsigned char *defaults;
    HN_TRY(HN_SCRATCH_NEW(ctx, defaults, params->size));
    if (only_changed) HN_TRY(hn_params_defaults(ctx, ctx->scratch, params, defaults));
    hn_json_mut *object = yyjson_mut_obj(doc);
    bool ok = object;
    for (int64_t i = 0; ok && i < params->n; i++) {
        const hone_param *param = &params->items[i];
        const void *at = hn_param_in(param, values);
        if (param->secret || is_absent(param, at)) continue;
        if (only_changed && hn_param_same(param, values, defaults)) continue;
        ok = yyjson_mut_obj_add_val(doc, object, param->name,
                                    json_of(ctx, doc, param, at, only_changed));
    }
    if (!ok) return hn_json_out_of_memory(ctx);
    *ret_object = object;
    return HONE_OK;
}
