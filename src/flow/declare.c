/* declare.c - kinds, metrics and functions as JSON; see declare.h. */
#include "flow/declare.h"
#include "spec/emit.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static hone_status no_memory(hone_ctx *ctx) {
    return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory: no room for the declarations");
}

static bool put_names(hn_json_doc *doc, hn_json_mut *object, const char *key,
                      const char *const *names) {
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, object, key);
    bool ok = list;
    for (; ok && *names; names++) ok = yyjson_mut_arr_add_str(doc, list, *names);
    return ok;
}

bool hn_declare_lines(hn_json_doc *doc, hn_json_mut *object, const char *key, const char *text) {
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, object, key);
    bool ok = list;
    while (ok && text && *text) {
        size_t length = strcspn(text, "\n");
        if (length > 0) ok = yyjson_mut_arr_add_strncpy(doc, list, text, length);
        text += length + (text[length] == '\n');
    }
    return ok;
}

/* What a fitted one can be asked for, and what depends on parameters. */
static const char *const *hooks_of(const hone_estimator *kind, const char *ret_names[HN_NAMES]) {
    int n = 0;
    if (kind->predict != NULL && kind->tasks != HN_TASK_NONE) ret_names[n++] = "predict";
    if (kind->transform != NULL) ret_names[n++] = "transform";
    if (kind->resample != NULL) ret_names[n++] = "resample";
    if (kind->inverse != NULL) ret_names[n++] = "inverse";
    if (kind->update != NULL) ret_names[n++] = "update";
    if (kind->importances != NULL) ret_names[n++] = "importances";
    if (kind->neighbors != NULL) ret_names[n++] = "neighbors";
    if (kind->sample != NULL) ret_names[n++] = "sample";
    if (kind->gives_probabilities != NULL) ret_names[n++] = "gives_probabilities";
    if (kind->member != NULL) ret_names[n++] = "member";
    if (kind->part != NULL) ret_names[n++] = "part";
    ret_names[n] = NULL;
    return ret_names;
}

hone_status hn_declare_kind(hone_ctx *ctx, hn_json_doc *doc, const hone_estimator *kind, bool ref,
                            hn_json_mut **ret_object) {
    const char *names[HN_NAMES];
    hn_json_mut *schema, *object = yyjson_mut_obj(doc);
    bool ok = object && yyjson_mut_obj_add_str(doc, object, "name", kind->name) &&
              yyjson_mut_obj_add_str(doc, object, "title", kind->title) &&
              yyjson_mut_obj_add_str(doc, object, "family", kind->family) &&
              yyjson_mut_obj_add_str(doc, object, "sort",
                                     kind->tasks == HN_TASK_NONE ? "step" : "model") &&
              yyjson_mut_obj_add_str(doc, object, "doc", kind->doc) &&
              hn_declare_lines(doc, object, "references", kind->references);
    if (ok && kind->class_names)
        ok = yyjson_mut_obj_add_str(doc, object, "class_names", kind->class_names);
    if (ok && kind->also) ok = yyjson_mut_obj_add_str(doc, object, "also", kind->also);
    hn_task_names(kind->tasks, names);
    ok = ok && put_names(doc, object, "tasks", names);
    hn_task_names(kind->target, names);
    ok = ok && (kind->target == 0 || put_names(doc, object, "target", names));
    hn_capability_names(kind->can, names);
    ok = ok && put_names(doc, object, "capabilities", names) &&
         put_names(doc, object, "hooks", hooks_of(kind, names));
    if (!ok) return no_memory(ctx);
    if (kind->example != NULL) {
        hn_json *example;
        HN_SCRATCH(ctx);
        HN_TRY(hn_json_read(ctx, ctx->scratch, kind->example, strlen(kind->example), kind->name,
                            &example));
        if (!yyjson_mut_obj_add_val(doc, object, "example", yyjson_val_mut_copy(doc, example)))
            return no_memory(ctx);
    }
    if (ref) {
        char pointer[80];
        snprintf(pointer, sizeof pointer, "#/$defs/%s", kind->name);
        schema = yyjson_mut_obj(doc);
        ok = schema && yyjson_mut_obj_add_strcpy(doc, schema, "$ref", pointer);
    } else {
        HN_TRY(hn_emit_schema(ctx, &kind->params, doc, &schema));
    }
    if (!ok || !yyjson_mut_obj_add_val(doc, object, "parameters", schema)) return no_memory(ctx);
    *ret_object = object;
    return HONE_OK;
}

static bool put_bound(hn_json_doc *doc, hn_json_mut *object, const char *key, double value) {
    if (!isfinite(value)) return yyjson_mut_obj_add_null(doc, object, key);
    return yyjson_mut_obj_add_real(doc, object, key, value);
}

static bool put_argument(hone_ctx *ctx, hn_json_doc *doc, hn_json_mut *object,
                         const hn_metric *metric) {
    HN_SCRATCH(ctx);
    const hn_argument *argument = metric->argument;
    hn_json_mut *own = yyjson_mut_obj_add_obj(doc, object, "argument");
    hn_str form;
    hn_str_init(&form, ctx, ctx->scratch);
    hn_metric_put_form(&form, metric);
    return hn_str_status(&form) == HONE_OK && own != NULL &&
           yyjson_mut_obj_add_strcpy(doc, own, "form", form.text) &&
           yyjson_mut_obj_add_str(doc, own, "name", argument->name) &&
           yyjson_mut_obj_add_str(doc, own, "type", argument->is_place ? "integer" : "number") &&
           yyjson_mut_obj_add_str(doc, own, "range", argument->range) &&
           (isnan(argument->def) || argument->def == 0 ||
            yyjson_mut_obj_add_real(doc, own, "default", argument->def)) &&
           yyjson_mut_obj_add_bool(doc, own, "required", isnan(argument->def)) &&
           yyjson_mut_obj_add_str(doc, own, "doc", argument->doc);
}

hone_status hn_declare_metric(hone_ctx *ctx, hn_json_doc *doc, const hn_metric *metric,
                              hn_json_mut **ret_object) {
    const char *names[HN_NAMES];
    hn_json_mut *object = yyjson_mut_obj(doc);
    bool ok = object && yyjson_mut_obj_add_str(doc, object, "name", metric->name) &&
              yyjson_mut_obj_add_str(doc, object, "title", metric->title) &&
              yyjson_mut_obj_add_str(doc, object, "doc", metric->doc) &&
              hn_declare_lines(doc, object, "references", metric->references);
    hn_task_names(metric->tasks, names);
    ok = ok && put_names(doc, object, "tasks", names) &&
         yyjson_mut_obj_add_bool(doc, object, "greater_is_better", metric->greater_is_better) &&
         put_bound(doc, object, "low", metric->low) &&
         put_bound(doc, object, "high", metric->high) &&
         yyjson_mut_obj_add_bool(doc, object, "needs_probabilities", metric->needs_probabilities);
    if (ok && metric->aliases) ok = yyjson_mut_obj_add_str(doc, object, "aliases", metric->aliases);
    if (ok && metric->function) ok = hn_declare_lines(doc, object, "functions", metric->function);
    if (ok && metric->argument != NULL) ok = put_argument(ctx, doc, object, metric);
    if (ok && metric->unit) ok = yyjson_mut_obj_add_str(doc, object, "unit", metric->unit);
    if (!ok) return no_memory(ctx);
    *ret_object = object;
    return HONE_OK;
}

hone_status hn_declare_functions(hone_ctx *ctx, hn_json_doc *doc, hn_json_mut *object,
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
    return ok ? HONE_OK : no_memory(ctx);
}

hone_status hn_declare_generator(hone_ctx *ctx, hn_json_doc *doc, const hn_generator *generator,
                                 hn_json_mut **ret_object) {
    hn_json_mut *schema, *object = yyjson_mut_obj(doc);
    bool ok = object && yyjson_mut_obj_add_str(doc, object, "name", generator->name) &&
              yyjson_mut_obj_add_str(doc, object, "title", generator->title) &&
              yyjson_mut_obj_add_str(doc, object, "doc", generator->doc) &&
              hn_declare_lines(doc, object, "references", generator->references) &&
              yyjson_mut_obj_add_str(doc, object, "class_name", generator->class_name) &&
              yyjson_mut_obj_add_str(doc, object, "target",
                                     generator->target ? generator->target : "y") &&
              yyjson_mut_obj_add_bool(doc, object, "classes", generator->classes);
    if (!ok) return no_memory(ctx);
    HN_TRY(hn_emit_schema(ctx, &generator->params, doc, &schema));
    if (!yyjson_mut_obj_add_val(doc, object, "parameters", schema)) return no_memory(ctx);
    *ret_object = object;
    return HONE_OK;
}

hone_status hn_declare_generators(hone_ctx *ctx, hn_json_doc *doc, hn_json_mut *object,
                                  const char *key) {
    int64_t n;
    const hn_generator *const *all = hn_generators(&n);
    hn_json_mut *entry, *list = yyjson_mut_obj_add_arr(doc, object, key);
    for (int64_t i = 0; i < n; i++) {
        HN_TRY(hn_declare_generator(ctx, doc, all[i], &entry));
        if (!yyjson_mut_arr_append(list, entry)) return no_memory(ctx);
    }
    return HONE_OK;
}

hone_status hn_declare_catalog(hone_ctx *ctx, hn_json_doc *doc, hn_json_mut **ret_object) {
    int64_t n;
    const hone_estimator *const *kinds = hn_catalog(&n);
    hn_json_mut *object, *root = yyjson_mut_obj(doc);
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, root, "kinds");
    for (int64_t i = 0; i < n; i++) {
        HN_TRY(hn_declare_kind(ctx, doc, kinds[i], false, &object));
        if (!yyjson_mut_arr_append(list, object)) return no_memory(ctx);
    }
    const hn_metric *const *metrics = hn_metrics(&n);
    list = yyjson_mut_obj_add_arr(doc, root, "metrics");
    for (int64_t i = 0; i < n; i++) {
        HN_TRY(hn_declare_metric(ctx, doc, metrics[i], &object));
        if (!yyjson_mut_arr_append(list, object)) return no_memory(ctx);
    }
    HN_TRY(hn_declare_functions(ctx, doc, root, "functions"));
    HN_TRY(hn_declare_generators(ctx, doc, root, "generators"));
    *ret_object = root;
    return HONE_OK;
}
