/* expr.c - the public face of expressions: compile, describe, let go. */
#include "table/expr_internal.h"

#include <string.h>

static hone_status compile(const hn_compiler *c, hn_expr *expr) {
    HN_SCRATCH(c->ctx);
    hn_node *root;
    HN_TRY(hn_expr_parse(c, &root));
    HN_TRY(hn_expr_type_check(c, &root));
    return hn_expr_emit(c, root, expr);
}

hone_status hn_expr_compile(hone_ctx *ctx, hn_arena *arena, const char *text,
                            const hn_table *schema, hn_expr **ret_expr) {
    hn_compiler c = {
        .ctx = ctx, .arena = arena, .text = text, .length = strlen(text), .schema = schema};
    hn_expr *expr;
    HN_TRY(HN_NEW(ctx, arena, expr, 1));
    hone_status status = compile(&c, expr);
    if (status != HONE_OK) {
        hn_expr_done(expr);
        return status;
    }
    *ret_expr = expr;
    return HONE_OK;
}

void hn_expr_done(hn_expr *expr) {
    if (!expr) return;
    hn_regex_free_all(expr->regexes);
    expr->regexes = NULL;
}

hn_type hn_expr_type(const hn_expr *expr) {
    switch (expr->kind) {
    case HN_TEXT: return HN_STRING;
    case HN_BOOLEAN: return HN_BOOL;
    case HN_TIMESTAMP: return HN_TIME;
    default: return HN_F64;
    }
}

int32_t hn_expr_inputs(const hn_expr *expr, const char *const **ret_names) {
    *ret_names = expr->names;
    return expr->n_inputs;
}
