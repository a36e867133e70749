/* forest.c - what random_forest and extra_trees do alike, but for the fit; see forest.h. */
#include "ml/tree/forest.h"
#include "ml/tree/report.h"
#include "spec/catalog.h"
#include <string.h>

hone_status hn_forest_check(hone_ctx *ctx, const hn_forest_kind *kind, const void *params_,
                            const hone_data *data) {
    const hn_forest_params *p = params_;
    bool classes = (data->task & HN_TASK_CLASSIFY) != 0;
    if (data->x->n_rows > INT32_MAX / 2)
        return hn_fail(ctx, HONE_ERROR_UNSUPPORTED, "%s takes at most %d rows; take a sample",
                       kind->name, INT32_MAX / 2);
    if (p->criterion != HN_FOREST_AUTO && classes != (p->criterion != HN_FOREST_SQUARED))
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "criterion"),
                          "%s: 'criterion' must be auto, or %s", kind->name,
                          classes ? "gini or entropy for classes" : "squared for numbers");
    if (!classes && p->class_weight != 0)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "class_weight"),
                          "%s: 'class_weight' is for classes; leave it out", kind->name);
    if (p->oob_score && !p->bootstrap)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "oob_score"),
                          "%s: 'oob_score' needs bootstrap", kind->name);
    return hn_monotone_check(ctx, kind->name, &p->monotone_constraints, data);
}

/* ---- predict -------------------------------------------------------------------------------- */

static void finish_row(const void *arg, double *row) {
    const hn_forest_state *s = arg;
    if (s->n_classes == 2) {
        row[1] = row[0] * s->scale;
        row[0] = 1 - row[1];
        return;
    }
    int64_t n = s->n_classes > 0 ? s->n_classes : 1;
    for (int64_t j = 0; j < n; j++) row[j] *= s->scale;
}

hone_status hn_forest_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                              double *ret_out) {
    const hn_forest_state *s = state;
    hn_scoring scoring = {.outputs = s->n_classes > 0 ? s->n_classes : 1,
                          .groups = 1,
                          .start = s->start,
                          .finish = finish_row,
                          .arg = s};
    return hn_trees_predict(ctx, &s->trees, &scoring, x, ret_out);
}

/* ---- the rest of the contract --------------------------------------------------------------- */

int64_t hn_forest_outputs(const void *state) {
    const hn_forest_state *s = state;
    return s->n_classes > 0 ? s->n_classes : 1;
}

hone_status hn_forest_visit(hn_visitor *v, void *state) {
    hn_forest_state *s = state;
    HN_TRY(hn_visit(v, "n_classes", &s->n_classes));
    HN_TRY(hn_visit(v, "has_oob", &s->has_oob));
    HN_TRY(hn_visit(v, "oob_score", &s->oob_score));
    HN_TRY(hn_visit(v, "scale", &s->scale));
    HN_TRY(hn_visit_check(v, s->n_classes == 0 || (s->n_classes >= 2 && s->n_classes < INT32_MAX),
                          "a forest with an impossible number of classes"));
    HN_TRY(hn_trees_visit(v, &s->trees));
    HN_TRY(hn_visit_check(v, s->trees.width == (s->n_classes > 2 ? s->n_classes : 0),
                          "leaves that do not fit the classes"));
    HN_TRY(hn_visit(v, "start", &s->start, s->n_classes > 0 ? s->n_classes : 1));
    return hn_visit(v, "importances", &s->importances, s->trees.n_features);
}

hone_status hn_forest_member(hone_ctx *ctx, const char *kind, const void *state, int64_t i,
                             hn_arena *arena, hn_member *ret_member) {
    const hn_forest_state *s = state;
    hn_forest_state *one;
    if (i < 0 || i >= s->trees.n_trees) return hn_no_member(ctx, i, s->trees.n_trees);
    HN_TRY(HN_NEW(ctx, arena, one, 1));
    *one = *s;
    one->has_oob = 0;
    one->oob_score = 0;
    one->scale = 1;
    HN_TRY(hn_trees_one(ctx, arena, &s->trees, i, &one->trees));
    HN_TRY(HN_NEW(ctx, arena, one->importances, s->trees.n_features));
    *ret_member = (hn_member){.kind = hn_catalog_find(kind), .state = one};
    return HONE_OK;
}

hone_status hn_forest_importances(hone_ctx *ctx, const void *state, double *ret_importances) {
    (void)ctx;
    const hn_forest_state *s = state;
    if (s->trees.n_features > 0)
        memcpy(ret_importances, s->importances, (size_t)s->trees.n_features * sizeof(double));
    return HONE_OK;
}

hone_status hn_forest_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                             hn_json_doc *doc, hn_json_mut *object) {
    (void)schema;
    const hn_forest_state *s = state;
    if (s->has_oob)
        yyjson_mut_obj_add_real(doc, object, s->n_classes > 0 ? "oob_accuracy" : "oob_r2",
                                s->oob_score);
    return hn_report_trees(ctx, &s->trees, doc, object);
}

static hn_tree_shown shown_of(const hn_forest_state *s, const hn_shown *shown) {
    return (hn_tree_shown){.trees = &s->trees, .shown = shown, .n_classes = s->n_classes};
}

hone_status hn_forest_rules(hone_ctx *ctx, const void *state, const hn_shown *shown, hn_str *str) {
    hn_tree_shown tree = shown_of(state, shown);
    return hn_tree_rules(ctx, &tree, str);
}

hone_status hn_forest_drawing(hone_ctx *ctx, const void *state, const hn_shown *shown,
                              hn_str *str) {
    hn_tree_shown tree = shown_of(state, shown);
    return hn_tree_drawing(ctx, &tree, str);
}
