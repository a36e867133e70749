/* declare.c - public declarations as JSON; see declare.h. */
#include "cli/declare.h"
#include "spec/emit.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct {
    unsigned bit;
    const char *name;
} capabilities[] = {
    {HN_CAN_MISSING, "missing"},         {HN_CAN_CATEGORIES, "categories"},
    {HN_CAN_WEIGHTS, "weights"},         {HN_CAN_PROBABILITIES, "probabilities"},
    {HN_CAN_UPDATE, "update"},           {HN_CAN_IMPORTANCES, "importances"},
    {HN_WANTS_SCALING, "wants_scaling"}, {HN_IS_BASELINE, "baseline"},
    {HN_ANY_TYPE, "any_type"},           {HN_NUMERIC_ONLY, "numeric_only"},
    {HN_CATEGORY_ONLY, "category_only"},
};

void hn_task_names(unsigned tasks, const char *ret_names[HN_NAMES]) {
    int n = 0;
    for (unsigned bit = 1; bit <= HN_TASK_CLUSTER; bit <<= 1)
        if (tasks & bit) ret_names[n++] = hn_task_name((hn_task)bit);
    ret_names[n] = NULL;
}

void hn_capability_names(unsigned can, const char *ret_names[HN_NAMES]) {
    int n = 0;
    for (size_t i = 0; i < sizeof capabilities / sizeof *capabilities; i++)
        if (can & capabilities[i].bit) ret_names[n++] = capabilities[i].name;
    ret_names[n] = NULL;
}

static hone_status no_memory(hn_cli *cli) {
    return hn_fail(cli->ctx, HONE_ERROR_MEMORY, "out of memory: no room for the declarations");
}

static bool put_names(hn_json_doc *doc, hn_json_mut *object, const char *key,
                      const char *const *names) {
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, object, key);
    bool ok = list;
    for (; ok && *names; names++) ok = yyjson_mut_arr_add_str(doc, list, *names);
    return ok;
}

/* Lines of a text as a list. */
static bool put_lines(hn_json_doc *doc, hn_json_mut *object, const char *key, const char *text) {
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, object, key);
    bool ok = list;
    while (ok && text && *text) {
        size_t length = strcspn(text, "\n");
        if (length > 0) ok = yyjson_mut_arr_add_strncpy(doc, list, text, length);
        text += length + (text[length] == '\n');
    }
    return ok;
}

hone_status hn_declare_kind(hn_cli *cli, hn_json_doc *doc, const hone_estimator *kind, bool ref,
                            hn_json_mut **ret_object) {
    const char *names[HN_NAMES];
    hn_json_mut *schema, *object = yyjson_mut_obj(doc);
    bool ok = object && yyjson_mut_obj_add_str(doc, object, "name", kind->name) &&
              yyjson_mut_obj_add_str(doc, object, "title", kind->title) &&
              yyjson_mut_obj_add_str(doc, object, "family", kind->family) &&
              yyjson_mut_obj_add_str(doc, object, "sort",
                                     kind->tasks == HN_TASK_NONE ? "step" : "model") &&
              yyjson_mut_obj_add_str(doc, object, "doc", kind->doc) &&
              put_lines(doc, object, "references", kind->references);
    hn_task_names(kind->tasks, names);
    ok = ok && put_names(doc, object, "tasks", names);
    hn_capability_names(kind->can, names);
    ok = ok && put_names(doc, object, "capabilities", names);
    if (!ok) return no_memory(cli);
    if (ref) {
        char pointer[80];
        snprintf(pointer, sizeof pointer, "#/$defs/%s", kind->name);
        schema = yyjson_mut_obj(doc);
        ok = schema && yyjson_mut_obj_add_strcpy(doc, schema, "$ref", pointer);
    } else {
        HN_TRY(hn_emit_schema(cli->ctx, &kind->params, doc, &schema));
    }
    if (!ok || !yyjson_mut_obj_add_val(doc, object, "parameters", schema)) return no_memory(cli);
    *ret_object = object;
    return HONE_OK;
}

static bool put_bound(hn_json_doc *doc, hn_json_mut *object, const char *key, double value) {
    if (!isfinite(value)) return yyjson_mut_obj_add_null(doc, object, key);
    return yyjson_mut_obj_add_real(doc, object, key, value);
}

hone_status hn_declare_metric(hn_cli *cli, hn_json_doc *doc, const hn_metric *metric,
                              hn_json_mut **ret_object) {
    const char *names[HN_NAMES];
    hn_json_mut *object = yyjson_mut_obj(doc);
    bool ok = object && yyjson_mut_obj_add_str(doc, object, "name", metric->name) &&
              yyjson_mut_obj_add_str(doc, object, "title", metric->title) &&
              yyjson_mut_obj_add_str(doc, object, "doc", metric->doc) &&
              put_lines(doc, object, "references", metric->references);
    hn_task_names(metric->tasks, names);
    ok = ok && put_names(doc, object, "tasks", names) &&
         yyjson_mut_obj_add_bool(doc, object, "greater_is_better", metric->greater_is_better) &&
         put_bound(doc, object, "low", metric->low) &&
         put_bound(doc, object, "high", metric->high) &&
         yyjson_mut_obj_add_bool(doc, object, "needs_probabilities", metric->needs_probabilities);
    if (ok && metric->unit) ok = yyjson_mut_obj_add_str(doc, object, "unit", metric->unit);
    if (!ok) return no_memory(cli);
    *ret_object = object;
    return HONE_OK;
}

hone_status hn_declare_functions(hn_cli *cli, hn_json_doc *doc, hn_json_mut *object,
                                 const char *key) {
    size_t n;
    const hn_expr_function *functions = hn_expr_functions(&n);
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, object, key);
    bool ok = list;
    for (size_t i = 0; ok && i < n; i++) {
        hn_json_mut *entry = yyjson_mut_arr_add_obj(doc, list);
        ok = entry && yyjson_mut_obj_add_str(doc, entry, "name", functions[i].name) &&
             yyjson_mut_obj_add_str(doc, entry, "signature", functions[i].signature) &&
             yyjson_mut_obj_add_str(doc, entry, "doc", functions[i].doc) &&
             yyjson_mut_obj_add_str(doc, entry, "example", functions[i].example);
    }
    return ok ? HONE_OK : no_memory(cli);
}

/* The properties of all tables of a verb but the common one, as one object schema. */
static hone_status declare_flags(hn_cli *cli, hn_json_doc *doc, hn_json_mut **ret_schema) {
    hn_json_mut *merged = NULL;
    for (int i = 0; i < cli->n_flags - 1; i++) {
        hn_json_mut *schema;
        HN_TRY(hn_emit_schema(cli->ctx, &cli->flags[i].params, doc, &schema));
        if (!merged) {
            merged = schema;
            continue;
        }
        hn_json_mut *to = yyjson_mut_obj_get(merged, "properties");
        hn_json_mut *from = yyjson_mut_obj_get(schema, "properties");
        size_t j, max;
        hn_json_mut *key, *value;
        bool ok = true;
        yyjson_mut_obj_foreach(from, j, max, key, value) {
            hn_json_mut *copy = yyjson_mut_val_mut_copy(doc, value);
            ok =
                ok && yyjson_mut_obj_add(to, yyjson_mut_strcpy(doc, yyjson_mut_get_str(key)), copy);
        }
        if (!ok) return no_memory(cli);
    }
    *ret_schema = merged;
    return HONE_OK;
}

hone_status hn_declare_verb(hn_cli *cli, hn_json_doc *doc, const hn_verb *verb,
                            hn_json_mut **ret_object) {
    const hn_verb *current = cli->verb;
    HN_TRY(hn_args_tables(cli, verb));
    hn_json_mut *flags = NULL, *object = yyjson_mut_obj(doc);
    HN_TRY(declare_flags(cli, doc, &flags));
    cli->verb = current;
    bool ok = object && yyjson_mut_obj_add_str(doc, object, "name", verb->name) &&
              yyjson_mut_obj_add_str(doc, object, "summary", verb->summary);
    if (ok && verb->doc) ok = yyjson_mut_obj_add_str(doc, object, "doc", verb->doc);
    ok = ok && put_lines(doc, object, "examples", verb->example);
    hn_json_mut *codes = ok ? yyjson_mut_obj_add_obj(doc, object, "exit_codes") : NULL;
    static const char *const numbers[HN_EXIT_CODES] = {"0", "1", "2", "3", "4"};
    for (int code = 0; code < HN_EXIT_CODES && codes; code++) {
        const char *meaning = hn_exit_meaning(verb, code);
        if (meaning) ok = ok && yyjson_mut_obj_add_str(doc, codes, numbers[code], meaning);
    }
    if (!ok || !codes || !yyjson_mut_obj_add_val(doc, object, "flags", flags))
        return no_memory(cli);
    *ret_object = object;
    return HONE_OK;
}
