/* report.c - trees in numbers and in words; see report.h. */
#include "ml/tree/report.h"

hone_status hn_report_trees(hone_ctx *ctx, const hn_trees *trees, hn_json_doc *doc,
                            hn_json_mut *object) {
    HN_SCRATCH(ctx);
    int64_t most = 1, deepest = 0, leaves = 0, depths = 0;
    for (int64_t t = 0; t < trees->n_trees; t++)
        if (trees->first[t + 1] - trees->first[t] > most)
            most = trees->first[t + 1] - trees->first[t];
    int32_t *depth_of;
    HN_TRY(HN_SCRATCH_NEW(ctx, depth_of, most));
    for (int64_t t = 0; t < trees->n_trees; t++) {
        int64_t depth, n;
        hn_trees_shape(trees, t, &depth, &n, depth_of);
        leaves += n;
        depths += depth;
        if (depth > deepest) deepest = depth;
    }
    double n = trees->n_trees > 0 ? (double)trees->n_trees : 1;
    yyjson_mut_obj_add_int(doc, object, "trees", trees->n_trees);
    yyjson_mut_obj_add_int(doc, object, "leaves", leaves);
    yyjson_mut_obj_add_real(doc, object, "mean_leaves", (double)leaves / n);
    yyjson_mut_obj_add_int(doc, object, "depth", deepest);
    yyjson_mut_obj_add_real(doc, object, "mean_depth", (double)depths / n);
    return HONE_OK;
}

/* ---- a node in words ------------------------------------------------------------------------ */

hone_status hn_tree_check_shown(hone_ctx *ctx, const hn_tree_shown *tree) {
    const hn_trees *trees = tree->trees;
    const hn_shown *shown = tree->shown;
    if (shown->part < 0 || shown->part >= trees->n_trees)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "part"),
                          "there is no tree %lld: the model has %lld, counted from 0",
                          (long long)shown->part, (long long)trees->n_trees);
    if (shown->schema->n_columns != trees->n_features)
        return hn_fail(ctx, HONE_ERROR_FORMAT,
                       "the trees were grown on %lld features, not %d; train the model again",
                       (long long)trees->n_features, (int)shown->schema->n_columns);
    return HONE_OK;
}

static const hn_node *nodes_of(const hn_tree_shown *tree) {
    return tree->trees->nodes + tree->trees->first[tree->shown->part];
}

void hn_tree_number(double value, hn_str *str) {
    enum { FEW = 8, DIGITS = 6 };
    char text[40];
    if (hn_format_double(value, text) > FEW && value != 0 && isfinite(value)) {
        double scale = 1, size = fabs(value);
        while (size >= 1e6 && scale > 1e-300) size /= 10, scale /= 10;
        while (size < 1e5 && scale < 1e300) size *= 10, scale *= 10;
        double rounded = floor(fabs(value) * scale + 0.5) / scale;
        hn_format_double(value < 0 ? -rounded : rounded, text);
    }
    hn_str_put(str, text);
}

void hn_tree_class(const hn_tree_shown *tree, int64_t class_, hn_str *str) {
    const hn_dictionary *classes = tree->shown->classes;
    if (classes && class_ < classes->n) {
        hn_slice text = hn_dictionary_text(classes, (int32_t)class_);
        hn_str_put_n(str, text.text, text.length);
    } else {
        hn_str_printf(str, "class %lld", (long long)class_);
    }
}

bool hn_tree_answer(const hn_tree_shown *tree, int32_t node, double *ret_answer) {
    const hn_trees *trees = tree->trees;
    const hn_node *leaf = &nodes_of(tree)[node];
    int64_t n = tree->n_classes > 0 ? tree->n_classes : 1;
    if (tree->value) {
        for (int64_t k = 0; k < n; k++) ret_answer[k] = tree->value[node * n + k];
        return true;
    }
    if (leaf->feature >= 0) return false;
    if (trees->width == n)
        for (int64_t k = 0; k < n; k++) ret_answer[k] = trees->values[leaf->row * n + k];
    else
        ret_answer[n == 2 ? 1 : 0] = leaf->value;
    if (n == 2 && trees->width == 0) ret_answer[0] = 1 - ret_answer[1];
    return true;
}

static bool has_code(const hn_trees *trees, const hn_node *node, int32_t code) {
    if (!(node->feature & HN_NODE_WIDE))
        return code < HN_NODE_INLINE_CODES && (node->codes >> code & 1) != 0;
    if (code / 32 >= (int32_t)node->set.n) return (node->feature & HN_NODE_DEFAULT_LEFT) != 0;
    return (uint32_t)trees->words[node->set.first + (uint32_t)code / 32] >> (code % 32) & 1;
}

/* The shorter side of the set: "is A or B", "is not C". */
static void put_categories(const hn_trees *trees, const hn_node *node, const hn_column *column,
                           int32_t most, hn_str *str) {
    int32_t n = column->dictionary ? column->dictionary->n : 0, in = 0, said = 0;
    for (int32_t c = 0; c < n; c++) in += has_code(trees, node, c);
    bool out = 2 * in > n + 1;
    hn_str_put(str, out ? " is not " : " is ");
    int32_t wanted = out ? n - in : in, last = wanted <= most ? wanted : most;
    for (int32_t c = 0; c < n && said < last; c++) {
        if (has_code(trees, node, c) == out) continue;
        hn_slice text = hn_dictionary_text(column->dictionary, c);
        if (said > 0) hn_str_put(str, said + 1 == wanted ? (out ? " nor " : " or ") : ", ");
        hn_str_put_n(str, text.text, text.length);
        said++;
    }
    if (wanted > last) hn_str_printf(str, " or %d more", (int)(wanted - last));
}

void hn_tree_condition(const hn_tree_shown *tree, int32_t node, int32_t most, const char *at_most,
                       hn_str *str) {
    const hn_node *at = &nodes_of(tree)[node];
    const hn_column *column = &tree->shown->schema->columns[at->feature & HN_NODE_FEATURE];
    hn_str_put(str, column->name);
    if (at->feature & HN_NODE_CATEGORY) {
        put_categories(tree->trees, at, column, most, str);
    } else if (at->threshold == INFINITY) {
        hn_str_put(str, " is there");
    } else {
        hn_str_put(str, at_most);
        hn_tree_number(at->threshold, str);
    }
}

/* ---- rules ---------------------------------------------------------------------------------- */

typedef struct visit {
    int32_t node;
    int32_t depth;
    bool otherwise; /* "else:" comes before it */
} visit;

static void put_indent(hn_str *str, int32_t depth) {
    for (int32_t i = 0; i < depth; i++) hn_str_put(str, "  ");
}

/* "Yes 72%, No 28% (120 rows)", most likely class first; or the value. */
static void put_leaf(const hn_tree_shown *tree, int32_t node, double *answer, hn_str *str) {
    hn_tree_answer(tree, node, answer);
    if (tree->n_classes == 0) hn_tree_number(answer[0], str);
    for (int64_t said = 0; said < tree->n_classes; said++) {
        int64_t top = 0;
        for (int64_t k = 1; k < tree->n_classes; k++)
            if (answer[k] > answer[top]) top = k;
        if (said > 0 && answer[top] < 0.005) break;
        if (said > 0) hn_str_put(str, ", ");
        hn_tree_class(tree, top, str);
        hn_str_printf(str, " %d%%", (int)(100 * answer[top] + 0.5));
        answer[top] = -1;
    }
    if (tree->rows)
        hn_str_printf(str, " (%lld row%s)", (long long)tree->rows[node],
                      tree->rows[node] == 1 ? "" : "s");
    hn_str_put(str, "\n");
}

hone_status hn_tree_rules(hone_ctx *ctx, const hn_tree_shown *tree, hn_str *str) {
    enum { CATEGORIES = 20 };
    HN_TRY(hn_tree_check_shown(ctx, tree));
    HN_SCRATCH(ctx);
    const hn_trees *trees = tree->trees;
    const hn_node *nodes = nodes_of(tree);
    int64_t n_nodes = trees->first[tree->shown->part + 1] - trees->first[tree->shown->part], n = 0;
    visit *stack;
    double *answer;
    HN_TRY(HN_SCRATCH_NEW(ctx, stack, n_nodes + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, answer, tree->n_classes + 1));
    stack[n++] = (visit){0};
    while (n > 0) {
        visit at = stack[--n];
        const hn_node *node = &nodes[at.node];
        if (at.otherwise) {
            put_indent(str, at.depth - 1);
            hn_str_put(str, "else:\n");
        }
        put_indent(str, at.depth);
        if (node->feature < 0) {
            put_leaf(tree, at.node, answer, str);
            continue;
        }
        bool left = (node->feature & HN_NODE_DEFAULT_LEFT) != 0;
        hn_str_put(str, "if ");
        hn_tree_condition(tree, at.node, CATEGORIES, " <= ", str);
        if (!tree->missing || tree->missing[at.node]) hn_str_put(str, left ? " or is missing" : "");
        hn_str_put(str, ":\n");
        stack[n++] = (visit){node->left + 1, at.depth + 1, true};
        stack[n++] = (visit){node->left, at.depth + 1, false};
    }
    return hn_str_status(str);
}
