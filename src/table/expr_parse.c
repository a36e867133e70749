/* expr_parse.c - tokens to a tree, by recursive descent. From loose to tight:
 *
 *   or | and | not | = != < <= > >= in between like is (these don't chain) | + - | * / % | - + (signs) | ^
 *
 * ^ binds to the right and tighter than a sign before it: -2^2 is -4, 2^-1 is 0.5. What SQL has words for becomes
 * calls of what there is: case is if, between is >= and <=, is null is is_missing. Words of the language are
 * written small or large. */
#include "table/expr_internal.h"

#include <string.h>
#include <strings.h>

typedef struct parser {
    const hn_compiler *c;
    hn_token token; /* the next one */
    int nesting;
} parser;

static hone_status parse_or(parser *p, hn_node **ret);
static hone_status parse_sign(parser *p, hn_node **ret);

static hone_status advance(parser *p) { return hn_expr_lex(p->c, p->token.end, &p->token); }

static bool slice_is(hn_slice slice, const char *text) {
    return slice.length == strlen(text) && memcmp(slice.text, text, slice.length) == 0;
}

static bool at_symbol(const parser *p, const char *symbol) {
    return p->token.type == HN_TOKEN_SYMBOL && slice_is(p->token.text, symbol);
}

/* All small or all large: a column may be called Case. */
static bool is_word(hn_slice slice, const char *word) {
    size_t n = strlen(word), large = 0;
    if (slice.length != n || strncasecmp(slice.text, word, n) != 0) return false;
    for (size_t i = 0; i < n; i++) large += slice.text[i] >= 'A' && slice.text[i] <= 'Z';
    return large == 0 || large == n;
}

static bool at_word(const parser *p, const char *word) {
    return p->token.type == HN_TOKEN_NAME && !p->token.quoted && is_word(p->token.text, word);
}

static hone_status expect(parser *p, const char *symbol, const char *after) {
    if (!at_symbol(p, symbol))
        return hn_expr_fail(p->c, p->token.at, "'%s' is missing after %s; add it", symbol, after);
    return advance(p);
}

/* ---- nodes ---------------------------------------------------------------------------------- */

static hone_status make_node(parser *p, hn_node_type type, size_t at, hn_node **ret) {
    hn_node *node = hn_arena_alloc(p->c->ctx, p->c->ctx->scratch, 1, sizeof *node);
    if (!node) return HONE_ERROR_MEMORY;
    node->node = type;
    node->at = at;
    node->depth = 1;
    *ret = node;
    return HONE_OK;
}

static hone_status make_call(parser *p, const char *name, size_t at, hn_node *const *args,
                             int32_t n, hn_node **ret) {
    hn_node *node;
    HN_TRY(make_node(p, HN_NODE_CALL, at, &node));
    node->text = (hn_slice){name, strlen(name)};
    HN_TRY(HN_SCRATCH_NEW(p->c->ctx, node->args, n));
    node->n_args = n;
    for (int32_t i = 0; i < n; i++) {
        node->args[i] = args[i];
        if (args[i]->depth >= node->depth) node->depth = args[i]->depth + 1;
    }
    if (node->depth > HN_EXPR_DEPTH)
        return hn_expr_fail(p->c, at, "more than %d operations in a row; derive a part of it first",
                            (int)HN_EXPR_DEPTH);
    *ret = node;
    return HONE_OK;
}

static hone_status make_pair(parser *p, const char *name, size_t at, hn_node *a, hn_node *b,
                             hn_node **ret) {
    hn_node *args[] = {a, b};
    return make_call(p, name, at, args, 2, ret);
}

/* ---- atoms ---------------------------------------------------------------------------------- */

static hone_status deeper(parser *p) {
    if (++p->nesting > HN_EXPR_NESTING)
        return hn_expr_fail(p->c, p->token.at,
                            "nested more than %d deep; derive a part of it first",
                            (int)HN_EXPR_NESTING);
    return HONE_OK;
}

/* Items up to the closing symbol, into node's args. */
static hone_status parse_items(parser *p, const char *close, hn_node *node) {
    int32_t capacity = 4;
    HN_TRY(HN_SCRATCH_NEW(p->c->ctx, node->args, capacity));
    while (!at_symbol(p, close)) {
        if (node->n_args == HN_EXPR_ARGS)
            return hn_expr_fail(p->c, p->token.at, "more than %d items; derive a part of it first",
                                (int)HN_EXPR_ARGS);
        if (node->n_args == capacity) {
            hn_node **larger;
            HN_TRY(HN_SCRATCH_NEW(p->c->ctx, larger, 2 * capacity));
            memcpy(larger, node->args, (size_t)capacity * sizeof *larger);
            node->args = larger;
            capacity *= 2;
        }
        hn_node *item;
        HN_TRY(parse_or(p, &item));
        node->args[node->n_args++] = item;
        if (item->depth >= node->depth) node->depth = item->depth + 1;
        if (at_symbol(p, close)) break;
        HN_TRY(expect(p, ",", "an item"));
    }
    return advance(p);
}

static hone_status parse_list(parser *p, const char *close, hn_node **ret) {
    hn_node *node;
    HN_TRY(make_node(p, HN_NODE_LIST, p->token.at, &node));
    HN_TRY(deeper(p));
    HN_TRY(advance(p));
    HN_TRY(parse_items(p, close, node));
    p->nesting--;
    *ret = node;
    return HONE_OK;
}

static hone_status make_truth(parser *p, bool value, size_t at, hn_node **ret) {
    HN_TRY(make_node(p, HN_NODE_TRUTH, at, ret));
    (*ret)->number = value;
    return HONE_OK;
}

/* Whether the word before the next token begins a case: a column of that name has an operator behind it. */
static bool begins_case(const parser *p) {
    static const char *const operators[] = {"and",  "or",    "not",  "in",   "is", "between",
                                            "like", "ilike", "then", "else", "end"};
    if (p->token.type == HN_TOKEN_NUMBER || p->token.type == HN_TOKEN_TEXT) return true;
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (at_word(p, operators[i])) return false;
    return p->token.type == HN_TOKEN_NAME;
}

static hone_status expect_word(parser *p, const char *word, const char *after) {
    if (!at_word(p, word))
        return hn_expr_fail(p->c, p->token.at, "'%s' is missing after %s; add it", word, after);
    return advance(p);
}

/* One branch and, by recursion, those after it: if(coalesce(condition, false), value, rest). What is not known
 * to be true goes on to the next branch, as in SQL. */
static hone_status parse_branches(parser *p, hn_node *operand, hn_node **ret) {
    hn_node *condition, *value, *rest, *no;
    size_t at = p->token.at;
    HN_TRY(deeper(p));
    HN_TRY(expect_word(p, "when", "'case'"));
    HN_TRY(parse_or(p, &condition));
    if (operand) HN_TRY(make_pair(p, "=", at, operand, condition, &condition));
    HN_TRY(make_truth(p, false, at, &no));
    HN_TRY(make_pair(p, "coalesce", at, condition, no, &condition));
    HN_TRY(expect_word(p, "then", "a condition of 'case'"));
    HN_TRY(parse_or(p, &value));
    if (at_word(p, "when")) {
        HN_TRY(parse_branches(p, operand, &rest));
    } else {
        if (at_word(p, "else")) {
            HN_TRY(advance(p));
            HN_TRY(parse_or(p, &rest));
        } else {
            HN_TRY(make_node(p, HN_NODE_MISSING, at, &rest));
        }
        HN_TRY(expect_word(p, "end", "the branches of 'case'"));
    }
    p->nesting--;
    hn_node *args[] = {condition, value, rest};
    return make_call(p, "if", at, args, 3, ret);
}

static hone_status parse_case(parser *p, hn_node **ret) {
    hn_node *operand = NULL;
    HN_TRY(deeper(p));
    if (!at_word(p, "when")) HN_TRY(parse_or(p, &operand));
    HN_TRY(parse_branches(p, operand, ret));
    p->nesting--;
    return HONE_OK;
}

/* A column, a call, or one of the words that stand for a value. */
static hone_status parse_word(parser *p, hn_node **ret) {
    hn_token word = p->token;
    hn_node *node;
    static const char *const reserved[] = {"and", "or", "in"};
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (at_word(p, reserved[i]))
            return hn_expr_fail(
                p->c, word.at,
                "a value is missing before '%s'; add it (a column of that name goes in "
                "backticks)",
                reserved[i]);
    HN_TRY(advance(p));
    if (!word.quoted && is_word(word.text, "case") && begins_case(p)) {
        HN_TRY(parse_case(p, &node));
    } else if (!word.quoted && (is_word(word.text, "true") || is_word(word.text, "false"))) {
        HN_TRY(make_truth(p, word.text.length == 4, word.at, &node));
    } else if (!word.quoted && (is_word(word.text, "missing") || is_word(word.text, "null"))) {
        HN_TRY(make_node(p, HN_NODE_MISSING, word.at, &node));
    } else if (!word.quoted && at_symbol(p, "(")) {
        HN_TRY(make_node(p, HN_NODE_CALL, word.at, &node));
        node->text = word.text;
        HN_TRY(deeper(p));
        HN_TRY(advance(p));
        HN_TRY(parse_items(p, ")", node));
        p->nesting--;
    } else {
        HN_TRY(make_node(p, HN_NODE_COLUMN, word.at, &node));
        node->text = word.text;
    }
    *ret = node;
    return HONE_OK;
}

static hone_status parse_atom(parser *p, hn_node **ret) {
    hn_token token = p->token;
    if (token.type == HN_TOKEN_NAME) return parse_word(p, ret);
    if (token.type == HN_TOKEN_NUMBER || token.type == HN_TOKEN_TEXT) {
        HN_TRY(make_node(p, token.type == HN_TOKEN_NUMBER ? HN_NODE_NUMBER : HN_NODE_TEXT, token.at,
                         ret));
        (*ret)->number = token.number;
        (*ret)->text = token.text;
        return advance(p);
    }
    if (at_symbol(p, "[")) return parse_list(p, "]", ret);
    if (at_symbol(p, "(")) {
        HN_TRY(deeper(p));
        HN_TRY(advance(p));
        HN_TRY(parse_or(p, ret));
        p->nesting--;
        return expect(p, ")", "what '(' opens");
    }
    return hn_expr_fail(p->c, token.at, "a column, a number, a text or '(' belongs here");
}

/* ---- operators ------------------------------------------------------------------------------ */

static hone_status parse_power(parser *p, hn_node **ret) {
    HN_TRY(parse_atom(p, ret));
    if (!at_symbol(p, "^")) return HONE_OK;
    size_t at = p->token.at;
    hn_node *exponent;
    HN_TRY(deeper(p));
    HN_TRY(advance(p));
    HN_TRY(parse_sign(p, &exponent));
    p->nesting--;
    return make_pair(p, "^", at, *ret, exponent, ret);
}

static hone_status parse_sign(parser *p, hn_node **ret) {
    bool minus = at_symbol(p, "-");
    if (!minus && !at_symbol(p, "+")) return parse_power(p, ret);
    size_t at = p->token.at;
    HN_TRY(deeper(p));
    HN_TRY(advance(p));
    HN_TRY(parse_sign(p, ret));
    p->nesting--;
    if (minus && (*ret)->node == HN_NODE_NUMBER) {
        (*ret)->number = -(*ret)->number;
        return HONE_OK;
    }
    return minus ? make_call(p, "negate", at, ret, 1, ret) : HONE_OK;
}

static hone_status parse_product(parser *p, hn_node **ret) {
    HN_TRY(parse_sign(p, ret));
    while (at_symbol(p, "*") || at_symbol(p, "/") || at_symbol(p, "%")) {
        hn_token sign = p->token;
        hn_node *right;
        HN_TRY(advance(p));
        HN_TRY(parse_sign(p, &right));
        HN_TRY(make_pair(p, sign.text.text, sign.at, *ret, right, ret));
    }
    return HONE_OK;
}

static hone_status parse_sum(parser *p, hn_node **ret) {
    HN_TRY(parse_product(p, ret));
    while (at_symbol(p, "+") || at_symbol(p, "-")) {
        hn_token sign = p->token;
        hn_node *right;
        HN_TRY(advance(p));
        HN_TRY(parse_product(p, &right));
        HN_TRY(make_pair(p, sign.text.text, sign.at, *ret, right, ret));
    }
    return HONE_OK;
}

static const char *comparison_at(const parser *p) {
    static const char *const comparisons[] = {"=", "!=", "<", "<=", ">", ">="};
    for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++)
        if (at_symbol(p, comparisons[i])) return comparisons[i];
    static const char *const words[] = {"in", "between", "like", "ilike", "is", "not"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (at_word(p, words[i])) return words[i];
    return NULL;
}

/* x in (1, 2), x in [1, 2]. */
static hone_status parse_in(parser *p, size_t at, hn_node **ret) {
    hn_node *list;
    if (!at_symbol(p, "(") && !at_symbol(p, "["))
        return hn_expr_fail(p->c, p->token.at, "a list belongs here, as in: x in ('a', 'b')");
    HN_TRY(parse_list(p, at_symbol(p, "(") ? ")" : "]", &list));
    return make_pair(p, "in", at, *ret, list, ret);
}

/* x between low and high: both belong. */
static hone_status parse_between(parser *p, size_t at, hn_node **ret) {
    hn_node *low, *high;
    HN_TRY(parse_sum(p, &low));
    HN_TRY(expect_word(p, "and", "the lower bound of 'between'"));
    HN_TRY(parse_sum(p, &high));
    HN_TRY(make_pair(p, ">=", at, *ret, low, &low));
    HN_TRY(make_pair(p, "<=", at, *ret, high, &high));
    return make_pair(p, "and", at, low, high, ret);
}

/* x is null, is not missing, is true: never missing themselves. */
static hone_status parse_is(parser *p, size_t at, hn_node **ret) {
    bool negated = at_word(p, "not");
    hn_node *truth;
    if (negated) HN_TRY(advance(p));
    if (at_word(p, "null") || at_word(p, "missing")) {
        HN_TRY(make_call(p, "is_missing", at, ret, 1, ret));
    } else if (at_word(p, "true") || at_word(p, "false")) {
        bool wanted = at_word(p, "true");
        HN_TRY(make_truth(p, !wanted, at, &truth));
        HN_TRY(make_pair(p, "coalesce", at, *ret, truth, ret));
        if (!wanted) HN_TRY(make_call(p, "not", at, ret, 1, ret));
    } else {
        return hn_expr_fail(
            p->c, p->token.at,
            "after 'is' stands null, missing, true or false, or 'not' and one of them");
    }
    HN_TRY(advance(p));
    return negated ? make_call(p, "not", at, ret, 1, ret) : HONE_OK;
}

static hone_status parse_comparison(parser *p, hn_node **ret) {
    HN_TRY(parse_sum(p, ret));
    const char *comparison = comparison_at(p);
    if (!comparison) return HONE_OK;
    size_t at = p->token.at;
    hn_node *right;
    HN_TRY(advance(p));
    bool negated = strcmp(comparison, "not") == 0;
    if (negated) {
        comparison = comparison_at(p);
        if (!comparison || strcmp(comparison, "not") == 0 || strcmp(comparison, "is") == 0 ||
            p->token.type != HN_TOKEN_NAME)
            return hn_expr_fail(p->c, at,
                                "'not' between values goes with 'in', 'between' or 'like'");
        HN_TRY(advance(p));
    }
    if (strcmp(comparison, "in") == 0) {
        HN_TRY(parse_in(p, at, ret));
    } else if (strcmp(comparison, "between") == 0) {
        HN_TRY(parse_between(p, at, ret));
    } else if (strcmp(comparison, "is") == 0) {
        HN_TRY(parse_is(p, at, ret));
    } else {
        HN_TRY(parse_sum(p, &right));
        HN_TRY(make_pair(p, comparison, at, *ret, right, ret));
    }
    if (negated) HN_TRY(make_call(p, "not", at, ret, 1, ret));
    if (comparison_at(p))
        return hn_expr_fail(p->c, p->token.at, "comparisons don't chain; write: a < b and b < c");
    return HONE_OK;
}

static hone_status parse_not(parser *p, hn_node **ret) {
    if (!at_word(p, "not")) return parse_comparison(p, ret);
    size_t at = p->token.at;
    HN_TRY(deeper(p));
    HN_TRY(advance(p));
    HN_TRY(parse_not(p, ret));
    p->nesting--;
    return make_call(p, "not", at, ret, 1, ret);
}

static hone_status parse_and(parser *p, hn_node **ret) {
    HN_TRY(parse_not(p, ret));
    while (at_word(p, "and")) {
        size_t at = p->token.at;
        hn_node *right;
        HN_TRY(advance(p));
        HN_TRY(parse_not(p, &right));
        HN_TRY(make_pair(p, "and", at, *ret, right, ret));
    }
    return HONE_OK;
}

static hone_status parse_or(parser *p, hn_node **ret) {
    HN_TRY(parse_and(p, ret));
    while (at_word(p, "or")) {
        size_t at = p->token.at;
        hn_node *right;
        HN_TRY(advance(p));
        HN_TRY(parse_and(p, &right));
        HN_TRY(make_pair(p, "or", at, *ret, right, ret));
    }
    return HONE_OK;
}

hone_status hn_expr_parse(const hn_compiler *c, hn_node **ret_root) {
    parser p = {.c = c};
    if (c->length > HN_EXPR_TEXT_MAX)
        return hn_fail(
            c->ctx, HONE_ERROR_DATA,
            "an expression of %zu bytes is too long (%d at most); derive parts of it first",
            c->length, (int)HN_EXPR_TEXT_MAX);
    HN_TRY(hn_expr_lex(c, 0, &p.token));
    if (p.token.type == HN_TOKEN_END)
        return hn_fail(c->ctx, HONE_ERROR_DATA,
                       "an expression is empty; write one, for example: log1p(fare)");
    hn_node *root;
    HN_TRY(parse_or(&p, &root));
    if (p.token.type != HN_TOKEN_END)
        return hn_expr_fail(c, p.token.at, "an operator belongs between two values");
    *ret_root = root;
    return HONE_OK;
}
