/* param.c - the parameter engine's entrances: find, defaults, set, check; see param.h. */
#include "spec/param.h"
#include "spec/param_parts.h"
#include <assert.h>
#include <string.h>

const hone_param *hn_params_find(const hn_params *params, const char *name) {
    for (int64_t i = 0; i < params->n; i++) {
        const hone_param *param = &params->items[i];
        if (strcmp(param->name, name) == 0) return param;
        for (const char *const *a = param->aliases; a && *a; a++) {
            if (strcmp(*a, name) == 0) return param;
        }
    }
    return NULL;
}

/* Every name and alias, for the nearest one. */
static hone_status all_names(hone_ctx *ctx, const hn_params *params, const char ***ret_names,
                             size_t *ret_n) {
    size_t n = 0;
    for (int64_t i = 0; i < params->n; i++) {
        n++;
        for (const char *const *a = params->items[i].aliases; a && *a; a++) n++;
    }
    const char **names;
    HN_TRY(HN_SCRATCH_NEW(ctx, names, n));
    n = 0;
    for (int64_t i = 0; i < params->n; i++) {
        names[n++] = params->items[i].name;
        for (const char *const *a = params->items[i].aliases; a && *a; a++) names[n++] = *a;
    }
    *ret_names = names;
    *ret_n = n;
    return HONE_OK;
}

hone_status hn_params_unknown(hone_ctx *ctx, const hn_params *params, const char *owner,
                              const char *key) {
    HN_SCRATCH(ctx);
    const char **names;
    size_t n;
    HN_TRY(all_names(ctx, params, &names, &n));
    const char *near = hn_nearest(key, names, n);
    const hone_param *meant = near ? hn_params_find(params, near) : NULL;
    hn_str message;
    hn_str_init(&message, ctx, ctx->scratch);
    hn_str_printf(&message, "%s: there is no %s ", owner, params->flags ? "flag" : "parameter");
    if (params->flags)
        hn_put_flag(&message, key);
    else
        hn_str_printf(&message, "'%s'", key);
    if (meant) {
        hn_str_put(&message, "; did you mean ");
        hn_put_param_name(&message, params, meant);
        hn_str_put_c(&message, '?');
    } else if (params->n == 0) {
        hn_str_put(&message, "; it takes none");
    } else {
        hn_str_put(&message, "; it takes ");
        for (int64_t i = 0; i < params->n; i++) {
            hn_str_put(&message, i > 0 ? ", " : "");
            if (params->flags)
                hn_put_param_name(&message, params, &params->items[i]);
            else
                hn_str_put(&message, params->items[i].name);
        }
    }
    HN_TRY(hn_str_status(&message));
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = key), "%s", message.text);
}

hone_status hn_params_defaults_at(hone_ctx *ctx, hn_arena *arena, const hn_params *params,
                                  void *values, const char *owner, int depth) {
    assert(ctx && arena && params && values);
    memset(values, 0, params->size);
    for (int64_t i = 0; i < params->n; i++) {
        const hone_param *param = &params->items[i];
        assert(param->offset < params->size);
        if (!param->def) continue;
        hn_setting s;
        HN_TRY(hn_setting_begin(ctx, arena, params, param, owner, &s));
        s.depth = depth;
        hone_status status = hn_setting_from_text(&s, param->def, false, values);
        /* Within other parts it may be no more than too deep. */
        if (status != HONE_ERROR_USAGE || depth > 0)
            HN_TRY(status);
        else {
            return hn_fail_at(ctx, HONE_ERROR_INTERNAL, HN_AT(.param = param->name),
                              "a declaration is wrong: %s", ctx->error.message);
        }
    }
    return HONE_OK;
}

hone_status hn_params_defaults(hone_ctx *ctx, hn_arena *arena, const hn_params *params,
                               void *values) {
    return hn_params_defaults_at(ctx, arena, params, values, "default", 0);
}

static hone_status set_text(hone_ctx *ctx, hn_arena *arena, const hn_params *params, void *values,
                            const char *owner, const char *key, const char *text, bool append) {
    assert(ctx && arena && params && values && owner && key && text);
    const hone_param *param = hn_params_find(params, key);
    if (!param) return hn_params_unknown(ctx, params, owner, key);
    hn_setting s;
    HN_TRY(hn_setting_begin(ctx, arena, params, param, owner, &s));
    return hn_setting_from_text(&s, text, append, values);
}

hone_status hn_params_set_text(hone_ctx *ctx, hn_arena *arena, const hn_params *params,
                               void *values, const char *owner, const char *key, const char *text) {
    return set_text(ctx, arena, params, values, owner, key, text, false);
}

hone_status hn_params_add_text(hone_ctx *ctx, hn_arena *arena, const hn_params *params,
                               void *values, const char *owner, const char *key, const char *text) {
    return set_text(ctx, arena, params, values, owner, key, text, true);
}

hone_status hn_params_check(hone_ctx *ctx, const hn_params *params, const void *values,
                            const char *owner) {
    assert(ctx && params && values && owner);
    for (int64_t i = 0; i < params->n; i++) {
        hn_setting s;
        HN_TRY(hn_setting_begin(ctx, ctx->scratch, params, &params->items[i], owner, &s));
        HN_TRY(hn_setting_check(&s, values));
    }
    return HONE_OK;
}

static bool is_given(const hone_param *param, const void *values) {
    const void *at = hn_param_in(param, values);
    switch (param->type) {
    case HN_PARAM_TEXT: return *(const char *const *)at;
    case HN_PARAM_TEXTS: return ((const hn_texts *)at)->n > 0;
    case HN_PARAM_REALS: return ((const hn_reals *)at)->n > 0;
    case HN_PARAM_PAIRS: return ((const hn_pairs *)at)->n > 0;
    case HN_PARAM_GROUPS: return ((const hn_text_groups *)at)->n > 0;
    case HN_PARAM_PART: return ((const hn_part *)at)->kind;
    case HN_PARAM_PARTS: return ((const hn_parts *)at)->n > 0;
    default: return true; /* a number is always there */
    }
}

hone_status hn_params_complete(hone_ctx *ctx, const hn_params *params, const void *values,
                               const char *owner) {
    assert(ctx && params && values && owner);
    for (int64_t i = 0; i < params->n; i++) {
        const hone_param *param = &params->items[i];
        if (!param->required || is_given(param, values)) continue;
        hn_setting s;
        HN_TRY(hn_setting_begin(ctx, ctx->scratch, params, param, owner, &s));
        return hn_setting_fail(&s, NULL, "is required: %s", param->doc);
    }
    return HONE_OK;
}
