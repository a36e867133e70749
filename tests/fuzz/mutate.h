/* mutate.h - inputs that have a form are changed within it: a value of JSON for another, a parameter to what its
 * declaration allows. Bytes changed anywhere are refused by the first check nearly always, and what stands behind
 * that is never tried. */
#ifndef HN_TESTS_MUTATE_H
#define HN_TESTS_MUTATE_H

#include "base/json.h"
#include "spec/catalog.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

/* ---- chance ---------------------------------------------------------------------------------- */

static inline uint64_t mutate_next(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static inline size_t mutate_below(uint64_t *state, size_t n) {
    return n > 0 ? (size_t)(mutate_next(state) % n) : 0;
}

/* Bytes in place, as many as there were. */
static inline void mutate_bytes(uint8_t *bytes, size_t n) {
    uint8_t *copy = malloc(n + 1);
    if (copy == NULL) abort();
    memcpy(copy, bytes, n);
    size_t got = n > 0 ? LLVMFuzzerMutate(copy, n, n) : 0;
    memcpy(bytes, copy, got < n ? got : n);
    free(copy);
}

/* ---- parameters ------------------------------------------------------------------------------ */

static inline hn_json_mut *mutate_odd_number(hn_json_doc *doc, uint64_t *state) {
    static const double odd[] = {-1,           0,      1,      2,   3,    5,   7,     20,    33,
                                 100,          1e-3,   0.25,   0.5, 0.99, 1e6, 1e-12, 1e300, 5e-324,
                                 2147483648.0, 0x1p53, 0x1p62, -0.0};
    size_t i = mutate_below(state, sizeof odd / sizeof *odd);
    bool whole = odd[i] == floor(odd[i]) && fabs(odd[i]) < 1e18 && !signbit(odd[i]);
    return whole ? yyjson_mut_sint(doc, (int64_t)odd[i]) : yyjson_mut_real(doc, odd[i]);
}

/* Within the range mostly: at its ends, close to them, small. */
static inline hn_json_mut *mutate_number(hn_json_doc *doc, const hone_param *p, bool whole,
                                         uint64_t *state) {
    hn_interval range;
    if (p->range == NULL || !hn_interval_parse(p->range, &range) || mutate_below(state, 8) == 0)
        return mutate_odd_number(doc, state);
    double low = isfinite(range.low) ? range.low : -4,
           high = isfinite(range.high) ? range.high : low + 12;
    double at = (double)mutate_below(state, 9) / 8, v = low + at * (high - low);
    if (whole) return yyjson_mut_sint(doc, (int64_t)fmin(fmax(v, -0x1p62), 0x1p62));
    return yyjson_mut_real(doc, v);
}

static inline hn_json_mut *mutate_text(hn_json_doc *doc, const hone_param *p, uint64_t *state) {
    static const char *const plain[] = {"a",    "b",    "c",   "d", "e",   "",
                                        "auto", "none", "a.*", "7", "red", "a = b + 1"};
    size_t n = 0;
    for (const char *const *c = p->choices; c != NULL && *c != NULL; c++) n++;
    size_t words = 0;
    for (const hn_word *w = p->words; w != NULL && w->word != NULL; w++) words++;
    if (n > 0 && mutate_below(state, 16) > 0)
        return yyjson_mut_str(doc, p->choices[mutate_below(state, n)]);
    if (words > 0 && mutate_below(state, 4) > 0)
        return yyjson_mut_str(doc, p->words[mutate_below(state, words)].word);
    return yyjson_mut_str(doc, plain[mutate_below(state, sizeof plain / sizeof *plain)]);
}

/* A kind that may stand there, with its defaults; now and then any. */
static inline hn_json_mut *mutate_part(hn_json_doc *doc, const hone_param *p, uint64_t *state) {
    int64_t n;
    const hone_estimator *const *kinds = hn_catalog(&n);
    for (int i = 0; i < 100; i++) {
        const hone_estimator *kind = kinds[mutate_below(state, (size_t)n)];
        bool fits = (p->part_tasks != 0 ? (kind->tasks & p->part_tasks) != 0 : kind->tasks != 0) &&
                    (kind->can & p->part_can) == p->part_can;
        if (!fits && i < 90) continue;
        hn_json_mut *object = yyjson_mut_obj(doc);
        yyjson_mut_obj_add_val(doc, object, kind->name, yyjson_mut_obj(doc));
        return object;
    }
    return yyjson_mut_null(doc);
}

static inline hn_json_mut *mutate_param_value(hn_json_doc *doc, const hone_param *p,
                                              uint64_t *state) {
    bool word = p->words != NULL && mutate_below(state, 4) == 0;
    size_t n = mutate_below(state, 4);
    hn_json_mut *list = yyjson_mut_arr(doc), *pairs = yyjson_mut_obj(doc);
    if (word) return mutate_text(doc, p, state);
    switch (p->type) {
    case HN_PARAM_BOOL: return yyjson_mut_bool(doc, mutate_below(state, 2));
    case HN_PARAM_INT: return mutate_number(doc, p, true, state);
    case HN_PARAM_REAL: return mutate_number(doc, p, false, state);
    case HN_PARAM_CHOICE:
    case HN_PARAM_TEXT: return mutate_text(doc, p, state);
    case HN_PARAM_PART: return mutate_part(doc, p, state);
    case HN_PARAM_TEXTS:
        while (n-- > 0) yyjson_mut_arr_append(list, mutate_text(doc, p, state));
        return list;
    case HN_PARAM_REALS:
        while (n-- > 0) yyjson_mut_arr_append(list, mutate_number(doc, p, false, state));
        return list;
    case HN_PARAM_PARTS:
        while (n-- > 0) yyjson_mut_arr_append(list, mutate_part(doc, p, state));
        return list;
    case HN_PARAM_PAIRS:
        for (; n > 0; n--)
            yyjson_mut_obj_add(pairs, mutate_text(doc, p, state),
                               mutate_number(doc, p, false, state));
        return pairs;
    case HN_PARAM_GROUPS:
        while (n-- > 0) {
            hn_json_mut *group = yyjson_mut_arr(doc);
            yyjson_mut_arr_append(group, mutate_text(doc, p, state));
            yyjson_mut_arr_append(group, mutate_text(doc, p, state));
            yyjson_mut_arr_append(list, group);
        }
        return list;
    }
    return yyjson_mut_null(doc);
}

static inline void mutate_params(hn_json_doc *doc, hn_json_mut *object, const hn_params *params,
                                 uint64_t *state) {
    if (params->n == 0 || !yyjson_mut_is_obj(object)) return;
    const hone_param *p = &params->items[mutate_below(state, (size_t)params->n)];
    if (mutate_below(state, 6) == 0)
        yyjson_mut_obj_remove_key(object, p->name);
    else
        yyjson_mut_obj_put(object, yyjson_mut_str(doc, p->name), mutate_param_value(doc, p, state));
}

/* ---- JSON ------------------------------------------------------------------------------------ */

enum { MUTATE_NODES = 2048, MUTATE_DEPTH = 48 };

typedef struct mutate_node {
    hn_json_mut *value, *parent, *key; /* key: of a member of an object */
    size_t place;                      /* of an item of an array */
} mutate_node;

typedef struct mutate_tree {
    mutate_node nodes[MUTATE_NODES];
    size_t n;
} mutate_tree;

static inline void mutate_collect(mutate_tree *tree, mutate_node node, int depth) {
    if (tree->n == MUTATE_NODES || depth > MUTATE_DEPTH) return;
    tree->nodes[tree->n++] = node;
    size_t i, n;
    hn_json_mut *key, *value;
    if (yyjson_mut_is_arr(node.value))
        yyjson_mut_arr_foreach(node.value, i, n, value)
            mutate_collect(tree, (mutate_node){value, node.value, NULL, i}, depth + 1);
    else if (yyjson_mut_is_obj(node.value))
        yyjson_mut_obj_foreach(node.value, i, n, key, value)
            mutate_collect(tree, (mutate_node){value, node.value, key, 0}, depth + 1);
}

static inline void mutate_replace(const mutate_node *node, hn_json_mut *value) {
    if (node->key != NULL)
        yyjson_mut_obj_replace(node->parent, node->key, value);
    else if (node->parent != NULL)
        yyjson_mut_arr_replace(node->parent, node->place, value);
}

/* The parameters of a kind that stand in node: {"gbdt": {...}}, or {"kind": "gbdt", "params": {...}}. */
static inline bool mutate_known(hn_json_doc *doc, const mutate_node *node, uint64_t *state) {
    const char *name = yyjson_mut_get_str(node->key);
    if (name == NULL || !yyjson_mut_is_obj(node->value)) return false;
    if (strcmp(name, "params") == 0)
        name = yyjson_mut_get_str(yyjson_mut_obj_get(node->parent, "kind"));
    const hone_estimator *kind = name != NULL ? hn_catalog_find(name) : NULL;
    if (kind == NULL) return false;
    mutate_params(doc, node->value, &kind->params, state);
    return true;
}

static inline hn_json_mut *mutate_string(hn_json_doc *doc, hn_json_mut *value) {
    size_t length = yyjson_mut_get_len(value), room = length + 16;
    char *text = malloc(room);
    if (text == NULL) abort();
    memcpy(text, yyjson_mut_get_str(value), length);
    length = LLVMFuzzerMutate((uint8_t *)text, length, room);
    value = yyjson_mut_strncpy(doc, text, length);
    free(text);
    return value;
}

static inline void mutate_node_once(hn_json_doc *doc, const mutate_tree *tree, uint64_t *state) {
    const mutate_node *node = &tree->nodes[mutate_below(state, tree->n)],
                      *other = &tree->nodes[mutate_below(state, tree->n)];
    hn_json_mut *copy = yyjson_mut_val_mut_copy(doc, other->value), *list;
    switch (mutate_below(state, 9)) {
    case 0:
    case 1:
        if (yyjson_mut_is_bool(node->value))
            mutate_replace(node, yyjson_mut_bool(doc, !yyjson_mut_get_bool(node->value)));
        else if (yyjson_mut_is_str(node->value))
            mutate_replace(node, mutate_string(doc, node->value));
        else
            mutate_replace(node, mutate_odd_number(doc, state));
        break;
    case 2: mutate_replace(node, copy); break;
    case 3:
        if (node->key != NULL)
            yyjson_mut_obj_remove(node->parent, node->key);
        else if (node->parent != NULL)
            yyjson_mut_arr_remove(node->parent, node->place);
        break;
    case 4:
        if (yyjson_mut_is_arr(node->value))
            yyjson_mut_arr_append(node->value, copy);
        else if (yyjson_mut_is_obj(node->value) && other->key != NULL)
            yyjson_mut_obj_put(node->value, yyjson_mut_val_mut_copy(doc, other->key), copy);
        break;
    case 5:
        if (node->key != NULL && other->key != NULL)
            yyjson_mut_obj_rename_key(doc, node->parent, yyjson_mut_get_str(node->key),
                                      yyjson_mut_get_str(other->key));
        break;
    case 6:
        list = yyjson_mut_arr(doc);
        yyjson_mut_arr_append(list, yyjson_mut_val_mut_copy(doc, node->value));
        mutate_replace(node, list);
        break;
    case 7:
        mutate_replace(node,
                       mutate_below(state, 2) ? yyjson_mut_null(doc) : yyjson_mut_str(doc, ""));
        break;
    default: mutate_replace(node, mutate_odd_number(doc, state)); break;
    }
}

/* Changes the text at text, which has room bytes, in place; as what it says is of params where they are given.
 * The new length; 0: it is no JSON, or does not fit. */
static inline size_t mutate_json(char *text, size_t length, size_t room, const hn_params *params,
                                 uint64_t *state) {
    yyjson_doc *read = yyjson_read(text, length, YYJSON_READ_ALLOW_INVALID_UNICODE);
    if (read == NULL) return 0;
    hn_json_doc *doc = yyjson_doc_mut_copy(read, NULL);
    yyjson_doc_free(read);
    mutate_tree *tree = malloc(sizeof *tree);
    if (doc == NULL || tree == NULL) abort();
    for (size_t changes = 1 + mutate_below(state, 3); changes > 0; changes--) {
        hn_json_mut *root = yyjson_mut_doc_get_root(doc);
        tree->n = 0;
        mutate_collect(tree, (mutate_node){.value = root}, 0);
        bool done = params != NULL && yyjson_mut_is_obj(root) && mutate_below(state, 4) > 0;
        if (done) mutate_params(doc, root, params, state);
        /* A kind's parameters as often as anything else, however few of the values they are. */
        for (int i = 0; i < 64 && !done && changes % 2 == 1; i++)
            done = mutate_known(doc, &tree->nodes[mutate_below(state, tree->n)], state);
        if (!done) mutate_node_once(doc, tree, state);
    }
    size_t n = 0;
    char *made = yyjson_mut_write(doc, YYJSON_WRITE_ALLOW_INVALID_UNICODE, &n);
    bool fits = made != NULL && n > 0 && n <= room;
    if (fits) memcpy(text, made, n);
    free(made);
    free(tree);
    yyjson_mut_doc_free(doc);
    return fits ? n : 0;
}

#endif
