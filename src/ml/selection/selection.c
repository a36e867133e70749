/* selection.c - see selection.h. */
#include "ml/selection/selection.h"
#include "base/parallel.h"
#include "num/sort.h"
#include <math.h>
#include <string.h>

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

hone_status hn_selection_threshold(hone_ctx *ctx, bool median, const double *values, int64_t n,
                                   double *ret_threshold) {
    double *sorted;
    if (!median) {
        *ret_threshold = hn_sum(values, n) / (double)n;
        return HONE_OK;
    }
    HN_TRY(HN_SCRATCH_NEW(ctx, sorted, n + 1));
    memcpy(sorted, values, (size_t)n * sizeof *sorted);
    HN_TRY(hn_sort_f64(ctx, sorted, n));
    *ret_threshold = hn_quantile_sorted(sorted, n, 0.5);
    return HONE_OK;
}

int64_t hn_selection_better(const double *values, int64_t n, int64_t j) {
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++)
        count += values[i] > values[j] || (values[i] == values[j] && i < j);
    return count;
}

const hn_part *hn_selection_part(const void *params, int64_t i) { return i == 0 ? params : NULL; }
