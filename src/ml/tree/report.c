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

/* ---- rules ---------------------------------------------------------------------------------- */

static bool has_code(const hn_trees *trees, const hn_node *node, int32_t code) {
    if (!(node->feature & HN_NODE_WIDE))
        return code < HN_NODE_INLINE_CODES && (node->codes >> code & 1) != 0;
    if (code / 32 >= (int32_t)node->set.n) return (node->feature & HN_NODE_DEFAULT_LEFT) != 0;
    return (uint32_t)trees->words[node->set.first + (uint32_t)code / 32] >> (code % 32) & 1;
}

static void put_categories(const hn_trees *trees, const hn_node *node, const hn_column *column,
                           hn_str *str) {
    enum { SHOWN = 20 };
    int32_t n = 0;
    hn_str_put(str, " is one of ");
    for (int32_t c = 0; column->dictionary && c < column->dictionary->n; c++) {
        if (!has_code(trees, node, c)) continue;
        if (n++ >= SHOWN) continue;
        hn_slice text = hn_dictionary_text(column->dictionary, c);
        if (n > 1) hn_str_put(str, ", ");
        hn_str_put_n(str, text.text, text.length);
    }
    if (n > SHOWN) hn_str_printf(str, " and %d more", n - SHOWN);
}

static void put_condition(const hn_trees *trees, const hn_node *node, const hn_table *schema,
                          hn_str *str) {
    const hn_column *column = &schema->columns[node->feature & HN_NODE_FEATURE];
    hn_str_put(str, "if ");
    hn_str_put(str, column->name);
    if (node->feature & HN_NODE_CATEGORY) {
        put_categories(trees, node, column, str);
    } else {
        hn_str_put(str, " <= ");
        hn_str_put_double(str, node->threshold);
    }
    if (node->feature & HN_NODE_DEFAULT_LEFT) hn_str_put(str, " or is missing");
    hn_str_put(str, ":\n");
}

typedef struct visit {
    int32_t node;
    int32_t depth;
    bool otherwise; /* "else:" comes before it */
} visit;

static void put_indent(hn_str *str, int32_t depth) {
    for (int32_t i = 0; i < depth; i++) hn_str_put(str, "  ");
}

hone_status hn_tree_rules(hone_ctx *ctx, hn_arena *arena, const hn_trees *trees, int64_t t,
                          const hn_table *schema, hn_leaf_text_fn *leaf, const void *arg,
                          char **ret_text) {
    HN_SCRATCH(ctx);
    if (schema->n_columns != trees->n_features)
        return hn_fail(ctx, HONE_ERROR_FORMAT,
                       "the trees were grown on %lld features, not %d; train the model again",
                       (long long)trees->n_features, (int)schema->n_columns);
    const hn_node *nodes = trees->nodes + trees->first[t];
    visit *stack;
    HN_TRY(HN_SCRATCH_NEW(ctx, stack, trees->first[t + 1] - trees->first[t] + 1));
    hn_str str;
    hn_str_init(&str, ctx, arena);
    int64_t n = 0;
    stack[n++] = (visit){0};
    while (n > 0) {
        visit at = stack[--n];
        const hn_node *node = &nodes[at.node];
        if (at.otherwise) {
            put_indent(&str, at.depth - 1);
            hn_str_put(&str, "else:\n");
        }
        put_indent(&str, at.depth);
        if (node->feature < 0) {
            leaf(arg, node, &str);
            hn_str_put(&str, "\n");
            continue;
        }
        put_condition(trees, node, schema, &str);
        stack[n++] = (visit){node->left + 1, at.depth + 1, true};
        stack[n++] = (visit){node->left, at.depth + 1, false};
    }
    HN_TRY(hn_str_status(&str));
    *ret_text = str.text;
    return HONE_OK;
}
