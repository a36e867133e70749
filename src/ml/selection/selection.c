/* selection.c - see selection.h. */
#include "ml/selection/selection.h"
#include <math.h>

hone_status hn_selection_start(hone_ctx *ctx, hn_arena *arena, const hone_data *data,
                               hn_selection *s) {
    s->n = data->x->n_columns;
    s->n_iter = 1;
    HN_TRY(HN_NEW(ctx, arena, s->kept, s->n + 1));
    HN_TRY(HN_NEW(ctx, arena, s->scores, s->n + 1));
    HN_TRY(HN_NEW(ctx, arena, s->p_values, s->n + 1));
    HN_TRY(HN_NEW(ctx, arena, s->ranking, s->n + 1));
    for (int64_t j = 0; j < s->n; j++) {
        s->kept[s->n_kept++] = (int32_t)j;
        s->scores[j] = s->p_values[j] = (double)NAN;
    }
    return HONE_OK;
}

void hn_selection_keep(hn_selection *s, const uint8_t *keep) {
    s->n_kept = 0;
    for (int64_t j = 0; j < s->n; j++) {
        if (keep[j]) s->kept[s->n_kept++] = (int32_t)j;
        if (keep[j] || s->ranking[j] == 0) s->ranking[j] = keep[j] ? 1 : 2;
    }
}

hone_status hn_selection_transform(hone_ctx *ctx, const void *state, const hn_table *x,
                                   hn_arena *arena, hn_table *ret_out) {
    const hn_selection *s = state;
    return hn_table_select(ctx, arena, x, s->kept, (int32_t)s->n_kept, ret_out);
}

hone_status hn_selection_visit(hn_visitor *v, void *state) {
    hn_selection *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n));
    HN_TRY(hn_visit(v, "n_kept", &s->n_kept));
    HN_TRY(hn_visit(v, "n_iter", &s->n_iter));
    HN_TRY(hn_visit_check(v, s->n >= 0 && s->n < INT32_MAX && s->n_kept >= 0 && s->n_kept <= s->n,
                          "selection: number of columns"));
    HN_TRY(hn_visit(v, "kept", &s->kept, s->n_kept));
    for (int64_t i = 0; i < s->n_kept; i++)
        HN_TRY(hn_visit_check(
            v, s->kept[i] >= 0 && s->kept[i] < s->n && (i == 0 || s->kept[i] > s->kept[i - 1]),
            "selection: kept columns"));
    HN_TRY(hn_visit(v, "scores", &s->scores, s->n));
    HN_TRY(hn_visit(v, "pvalues", &s->p_values, s->n));
    return hn_visit(v, "ranking", &s->ranking, s->n);
}

hone_status hn_selection_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                                 const hn_table *schema) {
    (void)arena;
    const hn_selection *s = state;
    return schema->n_columns == s->n
               ? HONE_OK
               : hn_fail(ctx, HONE_ERROR_FORMAT,
                         "a selection was made of %lld columns, not of %d; the file is damaged",
                         (long long)s->n, (int)schema->n_columns);
}

hone_status hn_selection_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                                hn_json_doc *doc, hn_json_mut *object) {
    const hn_selection *s = state;
    hn_json_mut *kept = yyjson_mut_obj_add_arr(doc, object, "kept");
    hn_json_mut *dropped = yyjson_mut_obj_add_arr(doc, object, "dropped");
    hn_json_mut *scores = yyjson_mut_obj_add_obj(doc, object, "scores");
    bool ok = kept && dropped && scores && yyjson_mut_obj_add_int(doc, object, "n_kept", s->n_kept);
    for (int64_t j = 0, i = 0; ok && j < s->n; j++) {
        const char *name = schema->columns[j].name;
        bool in = i < s->n_kept && s->kept[i] == j;
        i += in;
        ok = yyjson_mut_arr_add_strcpy(doc, in ? kept : dropped, name);
        if (ok && isfinite(s->scores[j]))
            ok = yyjson_mut_obj_add(scores, yyjson_mut_strcpy(doc, name),
                                    yyjson_mut_real(doc, s->scores[j]));
    }
    return ok ? HONE_OK : hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory telling what was kept");
}

/* ---- by a model ------------------------------------------------------------------------------ */

hone_status hn_importances_of(hone_ctx *ctx, const char *step, const hn_part *part,
                              const hone_data *data, uint64_t seed, double *ret_importances) {
    hn_child child;
    for (int32_t j = 0; j < data->x->n_columns; j++) ret_importances[j] = 0;
    HN_TRY(hn_child_fit(ctx, step, part, data, seed, &child));
    hone_status status = HONE_OK;
    if (child.state) status = part->kind->importances(ctx, child.state, ret_importances);
    hn_child_done(&child);
    return status;
}

hone_status hn_data_columns(hone_ctx *ctx, const hone_data *data, const uint8_t *marks,
                            hone_data *ret_view) {
    int32_t *columns, n = 0;
    hn_table *x;
    HN_TRY(HN_SCRATCH_NEW(ctx, x, 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, columns, data->x->n_columns + 1));
    for (int32_t j = 0; j < data->x->n_columns; j++)
        if (marks[j]) columns[n++] = j;
    HN_TRY(hn_table_select(ctx, ctx->scratch, data->x, columns, n, x));
    *ret_view = *data;
    ret_view->x = x;
    return HONE_OK;
}

double hn_answers_score(const hone_data *data, const double *answers) {
    double n = 0, hits = 0, mean = 0, error = 0, spread = 0;
    int64_t k = data->n_classes;
    for (int64_t i = 0; i < data->x->n_rows; i++) {
        double w = data->weight ? data->weight[i] : 1;
        n += w;
        mean += w * data->y[i];
        if (k > 0) hits += w * ((double)hn_first_largest(answers + i * k, k) == data->y[i]);
    }
    if (!(n > 0)) return 0;
    if (k > 0) return hits / n;
    mean /= n;
    for (int64_t i = 0; i < data->x->n_rows; i++) {
        double w = data->weight ? data->weight[i] : 1;
        double off = data->y[i] - answers[i], from_mean = data->y[i] - mean;
        error += w * off * off;
        spread += w * from_mean * from_mean;
    }
    return spread > 0 ? 1 - error / spread : 0;
}

hone_status hn_fold_score(hone_ctx *ctx, const char *step, const hn_part *part,
                          const hone_data *train, const hone_data *test, uint64_t seed,
                          double *ret_score) {
    HN_SCRATCH(ctx);
    hn_child child;
    double *answers;
    int64_t k = test->n_classes > 0 ? test->n_classes : 1;
    HN_TRY(HN_SCRATCH_NEW(ctx, answers, test->x->n_rows * k + 1));
    HN_TRY(hn_child_fit(ctx, step, part, train, seed, &child));
    hone_status status = hn_child_predict(ctx, &child, test->x, answers);
    hn_child_done(&child);
    HN_TRY(status);
    *ret_score = hn_answers_score(test, answers);
    return HONE_OK;
}

hone_status hn_selection_folds(hone_ctx *ctx, const char *step, const hone_data *data, int64_t k,
                               hn_rows **ret_folds) {
    hn_split_keys keys = {.time = data->time};
    hn_rows *folds;
    if (!data->time) keys.group = data->group;
    if (!data->time && data->n_classes > 0) keys.strata = data->y;
    HN_TRY(HN_SCRATCH_NEW(ctx, folds, k));
    HN_TRY(hn_fail_in(ctx, step,
                      hn_data_folds(ctx, ctx->scratch, data, &keys, (int)k, ctx->seed, folds)));
    *ret_folds = folds;
    return HONE_OK;
}

hone_status hn_selection_fold(hone_ctx *ctx, const hone_data *data, hn_rows fold,
                              hone_data *ret_train, hone_data *ret_test) {
    hn_rows rest;
    HN_TRY(hn_data_except(ctx, ctx->scratch, data, fold, &rest));
    HN_TRY(hn_data_take(ctx, ctx->scratch, data, rest.rows, rest.n, ret_train));
    return hn_data_take(ctx, ctx->scratch, data, fold.rows, fold.n, ret_test);
}
