/* expr_program.c - a typed tree as steps over slots.
 *
 * A slot holds a block of values. Columns and constants have slots of their own, filled before the
 * steps; what steps give goes to slots that are free again once they are read, so that a long sum
 * needs three. */
#include "table/expr_internal.h"

#include <assert.h>
#include <string.h>

typedef struct emitter {
    const hn_compiler *c;
    hn_expr *expr;
    int32_t *input_of; /* per column of the schema: its input + 1, or 0 */
    int32_t *free;     /* slots that may be taken again */
    int32_t n_free;
    int32_t n_fixed; /* slots of inputs and constants */
} emitter;

typedef struct counts {
    int64_t steps, leaves, args;
} counts;

static void count(const hn_node *node, counts *ret) {
    if (node->node == HN_NODE_CALL)
        ret->steps++;
    else
        ret->leaves++;
    ret->args += node->n_args;
    for (int32_t i = 0; i < node->n_args; i++) count(node->args[i], ret);
}

/* ---- slots ---------------------------------------------------------------------------------- */

static int32_t take_slot(emitter *e) {
    return e->n_free > 0 ? e->free[--e->n_free] : e->expr->n_slots++;
}

static void release_slot(emitter *e, int32_t slot) {
    if (slot >= e->n_fixed) e->free[e->n_free++] = slot;
}

/* Inputs and constants first: their slots are those below n_fixed. */
static hone_status place_leaves(emitter *e, const hn_node *node) {
    hn_expr *expr = e->expr;
    if (node->node == HN_NODE_COLUMN && e->input_of[node->column] == 0) {
        char *name = hn_arena_strndup(e->c->ctx, e->c->arena, node->text.text, node->text.length);
        if (!name) return HONE_ERROR_MEMORY;
        expr->names[expr->n_inputs] = name;
        expr->kinds[expr->n_inputs] = node->kind;
        e->input_of[node->column] = ++expr->n_inputs;
    }
    if (node->node == HN_NODE_CALL)
        for (int32_t i = 0; i < node->n_args; i++) HN_TRY(place_leaves(e, node->args[i]));
    return HONE_OK;
}

static hone_status add_constant(emitter *e, const hn_node *node, int32_t *ret_slot) {
    hn_constant *constant = &e->expr->constants[e->expr->n_constants];
    *constant = (hn_constant){.kind = node->kind, .slot = e->expr->n_inputs + e->expr->n_constants};
    e->expr->n_constants++;
    bool missing = node->node == HN_NODE_MISSING;
    constant->number =
        missing ? (node->kind == HN_BOOLEAN ? HN_NO_TRUTH : (double)NAN) : node->number;
    constant->time = missing ? HN_NO_TIME : node->time;
    if (node->node == HN_NODE_TEXT) {
        char *copy = hn_arena_strndup(e->c->ctx, e->c->arena, node->text.text, node->text.length);
        if (!copy) return HONE_ERROR_MEMORY;
        constant->text = (hn_slice){copy, node->text.length};
    }
    *ret_slot = constant->slot;
    return HONE_OK;
}

static int64_t count_constants(const hn_node *node) {
    if (node->node == HN_NODE_COLUMN || node->node == HN_NODE_LIST) return 0;
    if (node->node != HN_NODE_CALL) return 1;
    int64_t n = 0;
    for (int32_t i = 0; i < node->n_args; i++) n += count_constants(node->args[i]);
    return n;
}

/* ---- literals ------------------------------------------------------------------------------- */

static hone_status fill_list(emitter *e, const hn_node *list, hn_literal *literal) {
    hone_ctx *ctx = e->c->ctx;
    double *numbers;
    hn_slice *texts;
    literal->n = list->n_args;
    HN_TRY(HN_NEW(ctx, e->c->arena, numbers, list->n_args + 1));
    HN_TRY(HN_NEW(ctx, e->c->arena, texts, list->n_args + 1));
    for (int32_t i = 0; i < list->n_args; i++) {
        const hn_node *item = list->args[i];
        numbers[i] = item->node == HN_NODE_TIME ? (double)item->time : item->number;
        if (item->node != HN_NODE_TEXT) continue;
        char *copy = hn_arena_strndup(ctx, e->c->arena, item->text.text, item->text.length);
        if (!copy) return HONE_ERROR_MEMORY;
        texts[i] = (hn_slice){copy, item->text.length};
    }
    literal->numbers = numbers;
    literal->texts = texts;
    return HONE_OK;
}

static hone_status fill_literal(emitter *e, const hn_node *node, hn_accepts accepts,
                                hn_literal *literal) {
    if (accepts == HN_ACCEPTS_INTEGER) {
        literal->number = node->number;
    } else if (accepts == HN_ACCEPTS_PATTERN) {
        HN_TRY(hn_regex_compile(e->c, node->at, node->text, e->expr->regexes, &e->expr->regexes));
        literal->regex = e->expr->regexes;
    } else {
        HN_TRY(fill_list(e, node, literal));
    }
    return HONE_OK;
}

/* What no type says: edges that rise, as many labels as intervals, a group that the pattern has. */
static hone_status check_literals(const emitter *e, const hn_node *call,
                                  const hn_literal *literals) {
    const char *name = call->function->name;
    if (strcmp(name, "cut") == 0) {
        const hn_literal *edges = &literals[0];
        if (edges->n < 2)
            return hn_expr_fail(e->c, call->args[1]->at, "cut needs two edges or more");
        for (int64_t i = 1; i < edges->n; i++)
            if (!(edges->numbers[i] > edges->numbers[i - 1]))
                return hn_expr_fail(e->c, call->args[1]->args[i]->at, "edges must rise; sort them");
        if (call->n_args == 3 && literals[1].n != edges->n - 1)
            return hn_expr_fail(e->c, call->args[2]->at,
                                "%lld edges make %lld intervals, but there are %lld labels",
                                (long long)edges->n, (long long)edges->n - 1,
                                (long long)literals[1].n);
    }
    if (strcmp(name, "regex_extract") == 0) {
        double group = literals[1].number;
        int64_t groups = hn_regex_groups(literals[0].regex);
        if (group < 0 || group > (double)groups)
            return hn_expr_fail(
                e->c, call->args[call->n_args == 3 ? 2 : 1]->at,
                "group %g is wanted and the pattern has %lld; put parentheses around what "
                "to extract, or say 0 for all of it",
                group, (long long)groups);
    }
    if (strcmp(name, "round") == 0 && fabs(literals[0].number) > 15)
        return hn_expr_fail(e->c, call->args[1]->at, "digits go from -15 to 15");
    return HONE_OK;
}

/* ---- steps ---------------------------------------------------------------------------------- */

static hone_status emit(emitter *e, const hn_node *node, int32_t *ret_slot);

static hone_status emit_call(emitter *e, const hn_node *call, int32_t *ret_slot) {
    hone_ctx *ctx = e->c->ctx;
    hn_signature signature;
    hn_expr_read_signature(call->function->signature, &signature);
    int32_t *slots, n_slots = 0, n_literals = 0;
    hn_literal *literals;
    int32_t room = call->n_args > signature.n ? call->n_args : signature.n;
    HN_TRY(HN_NEW(ctx, e->c->arena, slots, room + 1));
    HN_TRY(HN_NEW(ctx, e->c->arena, literals, signature.n + 1));
    for (int32_t i = 0; i < room; i++) {
        const hn_parameter *parameter =
            &signature.parameters[i < signature.n ? i : signature.n - 1];
        if (i >= call->n_args) {
            if (hn_accepts_literal(parameter->accepts))
                literals[n_literals++].number = parameter->fallback;
        } else if (hn_accepts_literal(parameter->accepts)) {
            HN_TRY(fill_literal(e, call->args[i], parameter->accepts, &literals[n_literals++]));
        } else {
            HN_TRY(emit(e, call->args[i], &slots[n_slots++]));
        }
    }
    HN_TRY(check_literals(e, call, literals));
    *ret_slot = take_slot(e); /* not one of the arguments': kernels read and write */
    for (int32_t i = n_slots; i-- > 0;) release_slot(e, slots[i]);
    e->expr->steps[e->expr->n_steps++] = (hn_step){.run = call->function->rule->run,
                                                   .kind = call->any,
                                                   .out = *ret_slot,
                                                   .args = slots,
                                                   .n_args = n_slots,
                                                   .literals = literals};
    if (n_slots > e->expr->max_args) e->expr->max_args = n_slots;
    return HONE_OK;
}

static hone_status emit(emitter *e, const hn_node *node, int32_t *ret_slot) {
    if (node->node == HN_NODE_CALL) return emit_call(e, node, ret_slot);
    if (node->node == HN_NODE_COLUMN) {
        *ret_slot = e->input_of[node->column] - 1;
        return HONE_OK;
    }
    return add_constant(e, node, ret_slot);
}

hone_status hn_expr_emit(const hn_compiler *c, const hn_node *root, hn_expr *expr) {
    HN_SCRATCH(c->ctx);
    emitter e = {.c = c, .expr = expr};
    counts n = {0};
    count(root, &n);
    HN_TRY(HN_SCRATCH_NEW(c->ctx, e.input_of, c->schema->n_columns + 1));
    HN_TRY(HN_SCRATCH_NEW(c->ctx, e.free, n.steps + 1));
    HN_TRY(HN_NEW(c->ctx, c->arena, expr->steps, n.steps + 1));
    HN_TRY(HN_NEW(c->ctx, c->arena, expr->constants, n.leaves + 1));
    HN_TRY(HN_NEW(c->ctx, c->arena, expr->names, n.leaves + 1));
    HN_TRY(HN_NEW(c->ctx, c->arena, expr->kinds, n.leaves + 1));
    HN_TRY(place_leaves(&e, root));
    e.n_fixed = expr->n_slots = expr->n_inputs + (int32_t)count_constants(root);
    HN_TRY(emit(&e, root, &expr->result));
    expr->kind = root->kind;
    assert(expr->n_steps <= n.steps && expr->n_inputs + expr->n_constants <= e.n_fixed);
    return HONE_OK;
}
