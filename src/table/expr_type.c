/* expr_type.c - every node gets its kind; calls find their functions; conversions are put in.
 *
 * What converts by itself: a boolean to a number (0, 1) where a number is wanted; a text literal to
 * a timestamp where it meets one; "missing" to anything. All else is said to the user. */
#include "table/expr_internal.h"

#include <stdio.h>
#include <string.h>

hn_kind hn_kind_of(hn_type type) {
    switch (type) {
    case HN_BOOL: return HN_BOOLEAN;
    case HN_CATEGORY:
    case HN_STRING: return HN_TEXT;
    case HN_TIME: return HN_TIMESTAMP;
    default: return HN_NUMBER;
    }
}

const char *hn_kind_name(hn_kind kind) {
    static const char *const names[] = {
        [HN_NUMBER] = "a number",       [HN_TEXT] = "a text", [HN_BOOLEAN] = "true or false",
        [HN_TIMESTAMP] = "a timestamp", [HN_LIST] = "a list", [HN_NOTHING] = "missing"};
    return names[kind];
}

static hone_status check(const hn_compiler *c, hn_node **node);

/* ---- columns -------------------------------------------------------------------------------- */

static hone_status check_column(const hn_compiler *c, hn_node *node) {
    int width = (int)(node->text.length < 128 ? node->text.length : 128);
    for (int32_t i = 0; i < c->schema->n_columns; i++) {
        const hn_column *column = &c->schema->columns[i];
        if (strlen(column->name) != node->text.length ||
            memcmp(column->name, node->text.text, node->text.length) != 0)
            continue;
        node->column = i;
        node->kind = hn_kind_of(column->type);
        return HONE_OK;
    }
    HN_SCRATCH(c->ctx);
    const char **names;
    HN_TRY(HN_SCRATCH_NEW(c->ctx, names, c->schema->n_columns + 1));
    for (int32_t i = 0; i < c->schema->n_columns; i++) names[i] = c->schema->columns[i].name;
    char *word = hn_arena_strndup(c->ctx, c->ctx->scratch, node->text.text, node->text.length);
    if (!word) return HONE_ERROR_MEMORY;
    const char *nearest = hn_nearest(word, names, (size_t)c->schema->n_columns);
    hone_status status;
    if (nearest)
        status = hn_expr_fail(c, node->at, "there is no column '%.*s'; did you mean '%s'?", width,
                              word, nearest);
    else
        status = hn_expr_fail(c, node->at,
                              "there is no column '%.*s'; a text would be in quotes: '%.*s'", width,
                              word, width, word);
    snprintf(c->ctx->error.column, sizeof c->ctx->error.column, "%s", word);
    return status;
}

/* ---- conversions ---------------------------------------------------------------------------- */

/* node becomes a node of kind wanted, if that can be. */
static hone_status convert(const hn_compiler *c, hn_node **at, hn_kind wanted, bool *ret_done) {
    hn_node *node = *at;
    *ret_done = true;
    if (node->kind == wanted) return HONE_OK;
    if (node->kind == HN_NOTHING) {
        node->kind = wanted;
        return HONE_OK;
    }
    if (node->kind == HN_BOOLEAN && wanted == HN_NUMBER) {
        hn_node *call;
        HN_TRY(HN_SCRATCH_NEW(c->ctx, call, 1));
        *call = (hn_node){.node = HN_NODE_CALL,
                          .at = node->at,
                          .text = {"0 or 1", 6},
                          .n_args = 1,
                          .kind = HN_NUMBER,
                          .any = HN_BOOLEAN};
        HN_TRY(HN_SCRATCH_NEW(c->ctx, call->args, 1));
        call->args[0] = node;
        HN_TRY(hn_expr_find_function(c, call, &call->function));
        *at = call;
        return HONE_OK;
    }
    if (node->node == HN_NODE_TEXT && wanted == HN_TIMESTAMP) {
        if (!hn_time_parse(node->text, &node->time))
            return hn_expr_fail(c, node->at,
                                "this text meets a timestamp but isn't one; write it like "
                                "'2024-05-01' or '2024-05-01 13:05:00'");
        node->node = HN_NODE_TIME;
        node->kind = HN_TIMESTAMP;
        return HONE_OK;
    }
    *ret_done = false;
    return HONE_OK;
}

static const char *advice(hn_kind is, hn_kind wanted) {
    if (is == HN_TEXT && wanted == HN_NUMBER) return "; convert it with to_number";
    if (is == HN_NUMBER && wanted == HN_TEXT)
        return "; convert it with to_text, or leave out the quotes";
    if (wanted == HN_TEXT) return "; convert it with to_text";
    if (is == HN_TIMESTAMP && wanted == HN_NUMBER)
        return "; use epoch, days_between, year, hour, ...";
    if (is == HN_TEXT && wanted == HN_TIMESTAMP) return "; convert it with to_timestamp";
    if (is == HN_NUMBER && wanted == HN_BOOLEAN)
        return "; compare it with something, for example != 0";
    if (is == HN_LIST) return "; lists go with cut and in";
    return "";
}

static hone_status demand(const hn_compiler *c, hn_node **at, hn_kind wanted, const hn_node *call) {
    bool done;
    HN_TRY(convert(c, at, wanted, &done));
    if (done) return HONE_OK;
    return hn_expr_fail(c, (*at)->at, "'%.*s' needs %s here and this is %s%s",
                        (int)call->text.length, call->text.text, hn_kind_name(wanted),
                        hn_kind_name((*at)->kind), advice((*at)->kind, wanted));
}

/* ---- calls ---------------------------------------------------------------------------------- */

/* The kind that all arguments declared any can have: the first's, or a number where some are
 * booleans and some numbers, or a timestamp where texts literal meet one. */
static hone_status unify(const hn_compiler *c, hn_node *call, const hn_signature *signature) {
    hn_kind common = HN_NOTHING;
    for (int pass = 0; pass < 2; pass++)
        for (int32_t i = 0; i < call->n_args; i++) {
            int32_t p = i < signature->n ? i : signature->n - 1;
            if (signature->parameters[p].accepts != HN_ACCEPTS_ANY) continue;
            if (pass == 0) {
                hn_node *node = call->args[i];
                if (node->kind == HN_LIST)
                    return hn_expr_fail(c, node->at,
                                        "a list can't stand here; lists go with cut and in");
                if (common == HN_NOTHING || (common == HN_BOOLEAN && node->kind == HN_NUMBER) ||
                    (common == HN_TEXT && node->kind == HN_TIMESTAMP))
                    common = node->kind;
                continue;
            }
            bool done;
            HN_TRY(convert(c, &call->args[i], common, &done));
            if (!done)
                return hn_expr_fail(c, call->args[i]->at, "'%.*s' meets both %s and %s%s",
                                    (int)call->text.length, call->text.text, hn_kind_name(common),
                                    hn_kind_name(call->args[i]->kind),
                                    advice(call->args[i]->kind, common));
        }
    if (common == HN_NOTHING) { /* where all is missing, any kind will do */
        common = HN_NUMBER;
        for (int32_t i = 0; i < call->n_args; i++) {
            int32_t p = i < signature->n ? i : signature->n - 1;
            if (signature->parameters[p].accepts == HN_ACCEPTS_ANY) call->args[i]->kind = common;
        }
    }
    call->any = common;
    return HONE_OK;
}

/* A list's items are literals of one kind. */
static hone_status check_list(const hn_compiler *c, hn_node *list, hn_kind wanted,
                              const hn_node *call) {
    if (list->node != HN_NODE_LIST)
        return hn_expr_fail(c, list->at, "'%.*s' needs a list here, as in [1, 2, 3]",
                            (int)call->text.length, call->text.text);
    for (int32_t i = 0; i < list->n_args; i++) {
        HN_TRY(demand(c, &list->args[i], wanted, call));
        hn_node_type type = list->args[i]->node;
        if (type != HN_NODE_NUMBER && type != HN_NODE_TEXT && type != HN_NODE_TRUTH &&
            type != HN_NODE_TIME)
            return hn_expr_fail(
                c, list->args[i]->at,
                "a list holds numbers and texts as they are; compute with the column instead");
    }
    return HONE_OK;
}

static hone_status check_argument(const hn_compiler *c, hn_node *call, int32_t i,
                                  hn_accepts accepts) {
    hn_node **at = &call->args[i];
    switch (accepts) {
    case HN_ACCEPTS_NUMBER:
    case HN_ACCEPTS_TEXT:
    case HN_ACCEPTS_BOOLEAN:
    case HN_ACCEPTS_TIMESTAMP: return demand(c, at, (hn_kind)accepts, call);
    case HN_ACCEPTS_ANY: return HONE_OK;
    case HN_ACCEPTS_LIST: return check_list(c, *at, call->any, call);
    case HN_ACCEPTS_NUMBERS: return check_list(c, *at, HN_NUMBER, call);
    case HN_ACCEPTS_TEXTS: return check_list(c, *at, HN_TEXT, call);
    case HN_ACCEPTS_INTEGER:
        if ((*at)->node == HN_NODE_NUMBER && (*at)->number == floor((*at)->number) &&
            fabs((*at)->number) <= 1e6)
            return HONE_OK;
        return hn_expr_fail(c, (*at)->at, "'%.*s' needs a whole number here, written out",
                            (int)call->text.length, call->text.text);
    case HN_ACCEPTS_PATTERN:
        if ((*at)->node == HN_NODE_TEXT) return HONE_OK;
        return hn_expr_fail(c, (*at)->at, "'%.*s' needs a pattern here, written out in quotes",
                            (int)call->text.length, call->text.text);
    }
    return HONE_OK;
}

static hone_status check_call(const hn_compiler *c, hn_node *call) {
    for (int32_t i = 0; i < call->n_args; i++) HN_TRY(check(c, &call->args[i]));
    HN_TRY(hn_expr_find_function(c, call, &call->function));
    hn_signature signature;
    hn_expr_read_signature(call->function->signature, &signature);
    HN_TRY(unify(c, call, &signature));
    for (int32_t i = 0; i < call->n_args; i++) {
        int32_t p = i < signature.n ? i : signature.n - 1;
        HN_TRY(check_argument(c, call, i, signature.parameters[p].accepts));
    }
    call->kind = signature.gives_any ? call->any : signature.gives;
    return HONE_OK;
}

static hone_status check(const hn_compiler *c, hn_node **at) {
    hn_node *node = *at;
    switch (node->node) {
    case HN_NODE_NUMBER: node->kind = HN_NUMBER; return HONE_OK;
    case HN_NODE_TEXT: node->kind = HN_TEXT; return HONE_OK;
    case HN_NODE_TRUTH: node->kind = HN_BOOLEAN; return HONE_OK;
    case HN_NODE_TIME: node->kind = HN_TIMESTAMP; return HONE_OK;
    case HN_NODE_MISSING: node->kind = HN_NOTHING; return HONE_OK;
    case HN_NODE_COLUMN: return check_column(c, node);
    case HN_NODE_LIST:
        node->kind = HN_LIST;
        for (int32_t i = 0; i < node->n_args; i++) HN_TRY(check(c, &node->args[i]));
        return HONE_OK;
    case HN_NODE_CALL: return check_call(c, node);
    }
    return HONE_OK;
}

hone_status hn_expr_type_check(const hn_compiler *c, hn_node **root) {
    HN_TRY(check(c, root));
    if ((*root)->kind == HN_LIST)
        return hn_expr_fail(c, (*root)->at,
                            "a list is no value for a column; lists go with cut and in");
    if ((*root)->kind == HN_NOTHING) (*root)->kind = HN_NUMBER;
    return HONE_OK;
}
