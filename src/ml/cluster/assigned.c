/* assigned.c - see assigned.h. */
#include "ml/cluster/assigned.h"
#include <string.h>

hone_status hn_assigned_make(hone_ctx *ctx, hn_arena *arena, const double *x, int64_t n, int64_t d,
                             const int32_t *label, const bool *speaks, const double *reach,
                             const hn_neighbors_options *options, hn_assigned *ret_assigned) {
    hn_assigned a = {0};
    for (int64_t i = 0; i < n; i++) a.n += label[i] >= 0 && (!speaks || speaks[i]);
    HN_TRY(HN_NEW(ctx, arena, a.label, a.n + 1));
    HN_TRY(HN_NEW(ctx, arena, a.reach, a.n + 1));
    HN_SCRATCH(ctx);
    bool borrows = hn_neighbors_borrows(options, a.n, d);
    hn_neighbors_options how = *options;
    int32_t *column;
    double *rows;
    HN_TRY(HN_SCRATCH_NEW(ctx, column, a.n + 1));
    HN_TRY(HN_NEW(ctx, borrows ? arena : ctx->scratch, rows, a.n * d + 1));
    int64_t m = 0;
    for (int64_t i = 0; i < n; i++) {
        if (label[i] < 0 || (speaks && !speaks[i])) continue;
        memcpy(rows + m * d, x + i * d, (size_t)d * sizeof *rows);
        column[m] = (int32_t)i;
        a.label[m] = label[i];
        a.reach[m++] = reach ? reach[i] : INFINITY;
    }
    how.column = column;
    if (m > 0) HN_TRY(hn_neighbors_build(ctx, arena, rows, m, d, &how, &a.index));
    if (a.index.form == HN_NEIGHBORS_TILES) a.index.rows = NULL; /* scratch */
    *ret_assigned = a;
    return HONE_OK;
}

hone_status hn_assigned_predict(hone_ctx *ctx, const hn_assigned *a, const hn_table *x,
                                double *ret_out) {
    HN_SCRATCH(ctx);
    int64_t n = x->n_rows;
    int32_t *row;
    double *rows, *distance;
    for (int64_t i = 0; i < n; i++) ret_out[i] = -1;
    if (a->n == 0 || n == 0) return HONE_OK;
    HN_TRY(hn_table_matrix(ctx, ctx->scratch, x, &rows));
    HN_TRY(HN_SCRATCH_NEW(ctx, row, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, distance, n));
    HN_TRY(hn_neighbors_nearest(ctx, &a->index, rows, n, 1, row, distance));
    for (int64_t i = 0; i < n; i++)
        if (row[i] >= 0 && distance[i] <= a->reach[row[i]]) ret_out[i] = a->label[row[i]];
    return HONE_OK;
}

hone_status hn_assigned_visit(hn_visitor *v, hn_assigned *a, int64_t n_features,
                              int64_t n_clusters) {
    HN_TRY(hn_visit(v, "assigned.n", &a->n));
    HN_TRY(hn_visit_check(v, a->n >= 0, "number of rows out of range"));
    HN_TRY(hn_visit(v, "assigned.label", &a->label, a->n));
    HN_TRY(hn_visit(v, "assigned.reach", &a->reach, a->n));
    bool ok = true;
    for (int64_t i = 0; i < a->n; i++) ok &= a->label[i] >= 0 && a->label[i] < n_clusters;
    HN_TRY(hn_visit_check(v, ok, "a cluster that there is not"));
    if (a->n == 0) return HONE_OK;
    HN_TRY(hn_visit_neighbors(v, &a->index));
    return hn_visit_check(v, a->index.n == a->n && a->index.d == n_features,
                          "rows and clusters that do not match");
}

hone_status hn_assigned_prepare(hone_ctx *ctx, hn_arena *arena, hn_assigned *a) {
    if (a->n == 0) return HONE_OK;
    return hn_neighbors_prepare(ctx, arena, &a->index);
}

hone_status hn_labels_keep(hone_ctx *ctx, hn_arena *arena, const int32_t *label, int64_t n,
                           double **ret_labels) {
    HN_TRY(HN_NEW(ctx, arena, *ret_labels, n));
    for (int64_t i = 0; i < n; i++) (*ret_labels)[i] = label[i];
    return HONE_OK;
}

void hn_labels_report(const double *labels, int64_t n, int64_t n_clusters, hn_json_doc *doc,
                      hn_json_mut *object) {
    enum { MOST = 1000 }; /* sizes that anyone reads */
    int64_t noise = 0, sizes[MOST] = {0};
    for (int64_t i = 0; i < n; i++) {
        noise += labels[i] < 0;
        if (labels[i] >= 0 && labels[i] < MOST) sizes[(int)labels[i]]++;
    }
    yyjson_mut_obj_add_int(doc, object, "n_clusters", n_clusters);
    yyjson_mut_obj_add_int(doc, object, "n_noise", noise);
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, object, "sizes");
    for (int64_t c = 0; c < n_clusters && c < MOST; c++)
        yyjson_mut_arr_add_int(doc, list, sizes[c]);
}
