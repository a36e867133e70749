/* gbdt_report.c - what a boosted model is worth showing. */
#include "ml/tree/gbdt.h"
#include "ml/tree/report.h"

static void put_curve(hn_json_doc *doc, hn_json_mut *object, const char *name, const double *values,
                      int64_t n) {
    if (n == 0) return;
    hn_json_mut *array = yyjson_mut_arr(doc);
    for (int64_t i = 0; i < n; i++) yyjson_mut_arr_add_real(doc, array, values[i]);
    yyjson_mut_obj_add_val(doc, object, name, array);
}

hone_status hn_gbdt_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                           hn_json_doc *doc, hn_json_mut *object) {
    (void)schema;
    const hn_gbdt_state *s = state;
    yyjson_mut_obj_add_str(doc, object, "loss", hn_loss_fact_of((hn_loss_kind)s->kind)->name);
    yyjson_mut_obj_add_int(doc, object, "iterations", s->n_iterations);
    if (s->n_valid_curve > 0) {
        yyjson_mut_obj_add_int(doc, object, "best_iteration", s->n_iterations);
        yyjson_mut_obj_add_bool(doc, object, "stopped_early", s->stopped_early != 0);
    }
    HN_TRY(hn_report_trees(ctx, &s->trees, doc, object));
    put_curve(doc, object, "train_loss", s->train_curve, s->n_train_curve);
    put_curve(doc, object, "validation_loss", s->valid_curve, s->n_valid_curve);
    return HONE_OK;
}
