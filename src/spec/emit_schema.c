/* emit_schema.c - parameter tables as JSON Schema (draft 2020-12); see emit.h. */
#include "spec/emit.h"
#include "spec/estimator.h"
#include "spec/param_parts.h"
#include <assert.h>
#include <math.h>
#include <string.h>

static bool put_text(hn_json_doc *doc, hn_json_mut *object, const char *key, const char *text) {
    return yyjson_mut_obj_add_str(doc, object, key, text);
}

/* Bounds as integers where they are, so that the text reads "minimum": 1. */
static bool put_bound(hn_json_doc *doc, hn_json_mut *object, const char *key, double bound) {
    if (bound == floor(bound) && fabs(bound) < 1e15)
        return yyjson_mut_obj_add_sint(doc, object, key, (int64_t)bound);
    return yyjson_mut_obj_add_real(doc, object, key, bound);
}

static bool put_range(hn_json_doc *doc, hn_json_mut *object, const hone_param *param) {
    hn_interval range;
    if (!param->range || !hn_interval_parse(param->range, &range)) return true;
    bool ok = true;
    if (isfinite(range.low))
        ok = put_bound(doc, object, range.open_low ? "exclusiveMinimum" : "minimum", range.low);
    if (ok && isfinite(range.high))
        ok = put_bound(doc, object, range.open_high ? "exclusiveMaximum" : "maximum", range.high);
    return ok;
}

static hn_json_mut *texts_of(hn_json_doc *doc, const char *const *texts) {
    hn_json_mut *array = yyjson_mut_arr(doc);
    bool ok = array;
    for (; ok && texts && *texts; texts++) ok = yyjson_mut_arr_add_str(doc, array, *texts);
    return ok ? array : NULL;
}

/* Words, and infinities where they are legal: JSON has no number for them. */
static hn_json_mut *words_of(hn_json_doc *doc, const hone_param *param) {
    hn_json_mut *array = yyjson_mut_arr(doc);
    bool ok = array;
    for (const hn_word *w = param->words; ok && w && w->word; w++)
        ok = yyjson_mut_arr_add_str(doc, array, w->word);
    hn_interval range;
    if (ok && param->type != HN_PARAM_INT && param->range &&
        hn_interval_parse(param->range, &range)) {
        if (hn_interval_has(&range, INFINITY)) ok = yyjson_mut_arr_add_str(doc, array, "inf");
        if (ok && hn_interval_has(&range, -INFINITY))
            ok = yyjson_mut_arr_add_str(doc, array, "-inf");
    }
    return ok ? array : NULL;
}

/* A number in its range, or one of the words: members of object. */
static bool put_number(hn_json_doc *doc, hn_json_mut *object, const hone_param *param) {
    const char *type = param->type == HN_PARAM_INT ? "integer" : "number";
    hn_json_mut *words = words_of(doc, param);
    if (!words) return false;
    if (yyjson_mut_arr_size(words) == 0)
        return put_text(doc, object, "type", type) && put_range(doc, object, param);
    hn_json_mut *any = yyjson_mut_obj_add_arr(doc, object, "anyOf");
    hn_json_mut *number = any ? yyjson_mut_arr_add_obj(doc, any) : NULL;
    if (!number || !put_text(doc, number, "type", type) || !put_range(doc, number, param))
        return false;
    hn_json_mut *word = yyjson_mut_arr_add_obj(doc, any);
    return word && yyjson_mut_obj_add_val(doc, word, "enum", words);
}

static bool put_choice(hn_json_doc *doc, hn_json_mut *object, const hone_param *param) {
    if (!put_text(doc, object, "type", "string")) return false;
    if (!param->choices) return true;
    return yyjson_mut_obj_add_val(doc, object, "enum", texts_of(doc, param->choices));
}

/* A kind's name, or {name: {its parameters}}. What these are stands under the kind's own name: to write it
 * out here would repeat the catalog in each part, and without end for parts of parts. */
static bool put_part(hn_json_doc *doc, hn_json_mut *object, const hone_param *param) {
    hn_json_mut *any = yyjson_mut_obj_add_arr(doc, object, "anyOf");
    hn_json_mut *bare = yyjson_mut_arr_add_obj(doc, any), *full = yyjson_mut_arr_add_obj(doc, any);
    bool ok = any && bare && full && put_text(doc, bare, "type", "string") &&
              put_text(doc, full, "type", "object") &&
              yyjson_mut_obj_add_int(doc, full, "minProperties", 1) &&
              yyjson_mut_obj_add_int(doc, full, "maxProperties", 1);
    const char *names[HN_NAMES];
    hn_json_mut *list = ok ? yyjson_mut_obj_add_arr(doc, object, "x-part-tasks") : NULL;
    hn_task_names(param->part_tasks, names);
    for (int i = 0; list && names[i]; i++) ok = ok && yyjson_mut_arr_add_str(doc, list, names[i]);
    list = ok ? yyjson_mut_obj_add_arr(doc, object, "x-part-capabilities") : NULL;
    hn_capability_names(param->part_can, names);
    for (int i = 0; list && names[i]; i++) ok = ok && yyjson_mut_arr_add_str(doc, list, names[i]);
    return ok && list;
}

/* A list of them, or an object from name to part. */
static bool put_parts(hn_json_doc *doc, hn_json_mut *object, const hone_param *param) {
    hn_json_mut *any = yyjson_mut_obj_add_arr(doc, object, "anyOf");
    hn_json_mut *list = yyjson_mut_arr_add_obj(doc, any), *named = yyjson_mut_arr_add_obj(doc, any);
    if (!any || !list || !named) return false;
    hn_json_mut *item, *member;
    return put_text(doc, list, "type", "array") &&
           (item = yyjson_mut_obj_add_obj(doc, list, "items")) && put_part(doc, item, param) &&
           put_text(doc, named, "type", "object") &&
           (member = yyjson_mut_obj_add_obj(doc, named, "additionalProperties")) &&
           put_part(doc, member, param);
}

/* A text, or a list of them. */
static bool put_one_or_more(hn_json_doc *doc, hn_json_mut *object, const hone_param *param) {
    hn_json_mut *any = yyjson_mut_obj_add_arr(doc, object, "anyOf");
    hn_json_mut *one = yyjson_mut_arr_add_obj(doc, any), *list = yyjson_mut_arr_add_obj(doc, any);
    hn_json_mut *items;
    return one && list && put_choice(doc, one, param) && put_text(doc, list, "type", "array") &&
           (items = yyjson_mut_obj_add_obj(doc, list, "items")) && put_choice(doc, items, param);
}

static bool put_type(hn_json_doc *doc, hn_json_mut *object, const hone_param *param) {
    hn_json_mut *items;
    switch (param->type) {
    case HN_PARAM_BOOL: return put_text(doc, object, "type", "boolean");
    case HN_PARAM_INT:
    case HN_PARAM_REAL: return put_number(doc, object, param);
    case HN_PARAM_CHOICE:
    case HN_PARAM_TEXT: return put_choice(doc, object, param);
    case HN_PARAM_TEXTS:
        if (param->whole) return put_one_or_more(doc, object, param);
        items = put_text(doc, object, "type", "array")
                    ? yyjson_mut_obj_add_obj(doc, object, "items")
                    : NULL;
        return items && put_choice(doc, items, param);
    case HN_PARAM_REALS:
        items = put_text(doc, object, "type", "array")
                    ? yyjson_mut_obj_add_obj(doc, object, "items")
                    : NULL;
        return items && put_number(doc, items, param);
    case HN_PARAM_PAIRS:
        items = put_text(doc, object, "type", "object")
                    ? yyjson_mut_obj_add_obj(doc, object, "additionalProperties")
                    : NULL;
        return items && put_number(doc, items, param);
    case HN_PARAM_GROUPS:
        items = put_text(doc, object, "type", "array")
                    ? yyjson_mut_obj_add_obj(doc, object, "items")
                    : NULL;
        if (!items || !put_text(doc, items, "type", "array")) return false;
        items = yyjson_mut_obj_add_obj(doc, items, "items");
        return items && put_text(doc, items, "type", "string");
    case HN_PARAM_PART: return put_part(doc, object, param);
    case HN_PARAM_PARTS: return put_parts(doc, object, param);
    }
    return false;
}

/* {"low":..., "high":..., "scale":"log"} or {"values":[...]}, the values as they would be typed. */
static hone_status put_search(hone_ctx *ctx, hn_json_doc *doc, hn_json_mut *object,
                              const hone_param *param) {
    hn_search search;
    HN_TRY(hn_search_parse(ctx, ctx->scratch, param->search, &search));
    hn_json_mut *value = yyjson_mut_obj_add_obj(doc, object, "x-search");
    bool ok = value;
    if (ok && search.is_list) {
        hn_json_mut *list = yyjson_mut_obj_add_arr(doc, value, "values");
        ok = list;
        for (int64_t i = 0; ok && i < search.values.n; i++) {
            const char *text = search.values.items[i];
            double number;
            bool is_number = hn_parse_double((hn_slice){text, strlen(text)}, &number);
            ok = !is_number                ? yyjson_mut_arr_add_strcpy(doc, list, text)
                 : number == floor(number) ? yyjson_mut_arr_add_sint(doc, list, (int64_t)number)
                                           : yyjson_mut_arr_add_real(doc, list, number);
        }
    } else if (ok) {
        ok = put_bound(doc, value, "low", search.interval.low) &&
             put_bound(doc, value, "high", search.interval.high) &&
             put_text(doc, value, "scale", search.log ? "log" : "linear");
    }
    return ok ? HONE_OK : hn_json_out_of_memory(ctx);
}

/* The default as JSON: taken from a struct of defaults, so that it is what to_json would write. */
static hone_status put_default(hone_ctx *ctx, hn_json_doc *doc, hn_json_mut *object,
                               const hone_param *param, const void *values, hn_json_mut *defaults) {
    hn_json_mut *value = yyjson_mut_obj_get(defaults, param->name);
    if (!value || param->required) return HONE_OK;
    hn_json_mut *copy = hn_param_is_part(param)
                            ? hn_parts_json(ctx, param, hn_param_in(param, values), true, doc)
                            : yyjson_mut_val_mut_copy(doc, value);
    return yyjson_mut_obj_add_val(doc, object, "default", copy) ? HONE_OK
                                                                : hn_json_out_of_memory(ctx);
}

static hone_status put_property(hone_ctx *ctx, hn_json_doc *doc, hn_json_mut *properties,
                                const hone_param *param, const void *values,
                                hn_json_mut *defaults) {
    static const char *const levels[] = {"basic", "advanced", "expert"};
    hn_json_mut *object = yyjson_mut_obj_add_obj(doc, properties, param->name);
    bool ok = object && put_type(doc, object, param);
    if (!ok) return hn_json_out_of_memory(ctx);
    HN_TRY(put_default(ctx, doc, object, param, values, defaults));
    if (param->doc) ok = put_text(doc, object, "description", param->doc);
    if (ok && param->secret) ok = yyjson_mut_obj_add_bool(doc, object, "writeOnly", true);
    if (ok && param->unit) ok = put_text(doc, object, "x-unit", param->unit);
    if (ok && param->level != HN_BASIC) ok = put_text(doc, object, "x-level", levels[param->level]);
    if (ok && param->aliases)
        ok = yyjson_mut_obj_add_val(doc, object, "x-aliases", texts_of(doc, param->aliases));
    if (ok && param->positional) ok = yyjson_mut_obj_add_bool(doc, object, "x-positional", true);
    if (ok && param->objective) ok = yyjson_mut_obj_add_bool(doc, object, "x-objective", true);
    if (ok && param->letter)
        ok = yyjson_mut_obj_add_strncpy(doc, object, "x-letter", &param->letter, 1);
    if (!ok) return hn_json_out_of_memory(ctx);
    return param->search ? put_search(ctx, doc, object, param) : HONE_OK;
}

hone_status hn_emit_schema(hone_ctx *ctx, const hn_params *params, hn_json_doc *doc,
                           hn_json_mut **ret_schema) {
    assert(ctx && params && doc);
    HN_SCRATCH(ctx);
    unsigned char *values;
    hn_json_mut *defaults;
    HN_TRY(HN_SCRATCH_NEW(ctx, values, params->size));
    HN_TRY(hn_params_defaults(ctx, ctx->scratch, params, values));
    HN_TRY(hn_params_to_json(ctx, params, values, false, doc, &defaults));

    hn_json_mut *schema = yyjson_mut_obj(doc);
    bool ok = schema && put_text(doc, schema, "type", "object");
    hn_json_mut *properties = ok ? yyjson_mut_obj_add_obj(doc, schema, "properties") : NULL;
    if (!properties) return hn_json_out_of_memory(ctx);
    hn_json_mut *required = yyjson_mut_arr(doc);
    for (int64_t i = 0; i < params->n; i++) {
        HN_TRY(put_property(ctx, doc, properties, &params->items[i], values, defaults));
        if (params->items[i].required)
            ok = ok && yyjson_mut_arr_add_str(doc, required, params->items[i].name);
    }
    ok = ok && yyjson_mut_obj_add_bool(doc, schema, "additionalProperties", false);
    if (ok && yyjson_mut_arr_size(required) > 0)
        ok = yyjson_mut_obj_add_val(doc, schema, "required", required);
    if (!ok) return hn_json_out_of_memory(ctx);
    *ret_schema = schema;
    return HONE_OK;
}
