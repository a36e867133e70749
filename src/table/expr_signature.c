/* expr_signature.c - what a function takes and gives, read from its own signature, and finding the
 * function that a call means. So a signature is written once, for people and for typing. */
#include "table/expr_internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- reading -------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    hn_accepts accepts;
} accepted[] = {{"number", HN_ACCEPTS_NUMBER},    {"text", HN_ACCEPTS_TEXT},
                {"boolean", HN_ACCEPTS_BOOLEAN},  {"timestamp", HN_ACCEPTS_TIMESTAMP},
                {"any", HN_ACCEPTS_ANY},          {"[any]", HN_ACCEPTS_LIST},
                {"[number]", HN_ACCEPTS_NUMBERS}, {"[text]", HN_ACCEPTS_TEXTS},
                {"integer", HN_ACCEPTS_INTEGER},  {"pattern", HN_ACCEPTS_PATTERN}};

static bool starts(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

static const char *read_type(const char *at, hn_accepts *ret_accepts) {
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
        if (!starts(at, accepted[i].name)) continue;
        *ret_accepts = accepted[i].accepts;
        return at + strlen(accepted[i].name);
    }
    assert(!"a type that signatures don't have");
    *ret_accepts = HN_ACCEPTS_NUMBER;
    return at + strlen(at);
}

static const char *read_parameter(const char *at, hn_parameter *parameter) {
    const char *colon = strchr(at, ':');
    assert(colon && colon[1] == ' ');
    *parameter = (hn_parameter){.name = {at, (size_t)(colon - at)}};
    at = read_type(colon + 2, &parameter->accepts);
    if (starts(at, " = ")) {
        const char *end = at + 3 + strspn(at + 3, "-0123456789");
        bool ok = hn_parse_double((hn_slice){at + 3, (size_t)(end - at - 3)}, &parameter->fallback);
        assert(ok && parameter->accepts == HN_ACCEPTS_INTEGER);
        (void)ok;
        parameter->has_default = true;
        at = end;
    }
    return at;
}

void hn_expr_read_signature(const char *text, hn_signature *ret_signature) {
    hn_signature signature = {0};
    const char *at = strchr(text, '(');
    assert(at);
    at++;
    while (*at != ')') {
        if (starts(at, "...")) {
            signature.variadic = true;
            at += 3;
            continue;
        }
        assert(signature.n < HN_EXPR_PARAMETERS);
        hn_parameter *parameter = &signature.parameters[signature.n++];
        at = read_parameter(at, parameter);
        if (!parameter->has_default) signature.n_required = signature.n;
        if (starts(at, ", ")) at += 2;
    }
    assert(starts(at, ") -> "));
    hn_accepts gives;
    read_type(at + 5, &gives);
    signature.gives_any = gives == HN_ACCEPTS_ANY;
    if (gives <= HN_ACCEPTS_TIMESTAMP) signature.gives = (hn_kind)gives;
    *ret_signature = signature;
}

/* ---- finding -------------------------------------------------------------------------------- */

static bool is_named(const hn_expr_function *function, hn_slice name) {
    return strlen(function->name) == name.length &&
           strncasecmp(function->name, name.text, name.length) == 0;
}

/* What users of other systems call it. */
static const char *other_name(hn_slice name) {
    static const char *const others[][2] = {{"ln", "log"},
                                            {"ifelse", "if"},
                                            {"iif", "if"},
                                            {"where", "if"},
                                            {"isnull", "is_missing"},
                                            {"is_null", "is_missing"},
                                            {"isna", "is_missing"},
                                            {"isnan", "is_missing"},
                                            {"len", "length"},
                                            {"strlen", "length"},
                                            {"substring", "substr"},
                                            {"strip", "trim"},
                                            {"ceiling", "ceil"},
                                            {"nvl", "coalesce"},
                                            {"ifnull", "coalesce"},
                                            {"fillna", "coalesce"},
                                            {"mod", "%"},
                                            {"power", "pow"},
                                            {"extract", "regex_extract"},
                                            {"to_date", "to_timestamp"},
                                            {"to_datetime", "to_timestamp"},
                                            {"dayofweek", "weekday"},
                                            {"datediff", "days_between"},
                                            {"instr", "position"},
                                            {"strpos", "position"},
                                            {"find", "position"},
                                            {"initcap", "title"},
                                            {"zfill", "lpad"},
                                            {"datetrunc", "date_trunc"},
                                            {"strftime", "format_time"},
                                            {"strptime", "to_timestamp"},
                                            {"dateadd", "date_add"},
                                            {"datesub", "date_diff"},
                                            {"iff", "if"},
                                            {"arcsin", "asin"},
                                            {"arccos", "acos"},
                                            {"arctan", "atan"},
                                            {"str", "to_text"},
                                            {"float", "to_number"}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (name.length == strlen(others[i][0]) &&
            strncasecmp(name.text, others[i][0], name.length) == 0)
            return others[i][1];
    return NULL;
}

static hone_status fail_unknown(const hn_compiler *c, const hn_node *call) {
    size_t count;
    const hn_expr_function *functions = hn_expr_functions(&count);
    const char *nearest = other_name(call->text), **names;
    if (!nearest) {
        HN_SCRATCH(c->ctx);
        char *word = hn_arena_strndup(c->ctx, c->ctx->scratch, call->text.text, call->text.length);
        if (!word) return HONE_ERROR_MEMORY;
        HN_TRY(HN_SCRATCH_NEW(c->ctx, names, count));
        for (size_t i = 0; i < count; i++) names[i] = functions[i].name;
        nearest = hn_nearest(word, names, count);
    }
    if (nearest)
        return hn_expr_fail(c, call->at, "there is no function '%.*s'; did you mean '%s'?",
                            (int)(call->text.length < 80 ? call->text.length : 80), call->text.text,
                            nearest);
    return hn_expr_fail(c, call->at,
                        "there is no function '%.*s'; the functions are listed in the manual",
                        (int)(call->text.length < 80 ? call->text.length : 80), call->text.text);
}

static const hn_expr_function *find_in(const hn_expr_function *functions, size_t count,
                                       const hn_node *call, const hn_expr_function **named) {
    for (size_t i = 0; i < count; i++) {
        if (!is_named(&functions[i], call->text)) continue;
        *named = &functions[i];
        hn_signature signature;
        hn_expr_read_signature(functions[i].signature, &signature);
        if (call->n_args >= signature.n_required &&
            (signature.variadic || call->n_args <= signature.n))
            return &functions[i];
    }
    return NULL;
}

hone_status hn_expr_find_function(const hn_compiler *c, const hn_node *call,
                                  const hn_expr_function **ret_function) {
    size_t count;
    const hn_expr_function *named = NULL, *all = hn_expr_operators(&count);
    const hn_expr_function *found = find_in(all, count, call, &named);
    if (!found) {
        all = hn_expr_functions(&count);
        found = find_in(all, count, call, &named);
    }
    if (!named) return fail_unknown(c, call);
    if (!found)
        return hn_expr_fail(c, call->at, "%s takes other arguments than the %d here; it is %s",
                            named->name, (int)call->n_args, named->signature);
    *ret_function = found;
    return HONE_OK;
}
