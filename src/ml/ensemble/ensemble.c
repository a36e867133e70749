/* ensemble.c - see ensemble.h. */
#include "ml/ensemble/ensemble.h"
#include <stdio.h>
#include <string.h>

hone_status hn_members_visit_sizes(hn_visitor *v, int64_t *n_features, int64_t *n_classes) {
    HN_TRY(hn_visit(v, "n_features", n_features));
    HN_TRY(hn_visit(v, "n_classes", n_classes));
    HN_TRY(hn_visit_check(v, *n_features >= 1 && *n_features <= INT32_MAX,
                          "an impossible number of features"));
    return hn_visit_check(v, *n_classes == 0 || (*n_classes >= 2 && *n_classes <= INT32_MAX),
                          "an impossible number of classes");
}

hone_status hn_members_visit(hn_visitor *v, const hn_part *part, int64_t n_features,
                             int64_t n_classes, int64_t n, hn_child **members) {
    if (v->loading) HN_TRY(HN_NEW(v->ctx, v->arena, *members, n));
    for (int64_t i = 0; i < n; i++) {
        char prefix[48];
        snprintf(prefix, sizeof prefix, "estimators.%lld.", (long long)i);
        HN_TRY(hn_child_visit(v, prefix, part, n_features, n_classes, &(*members)[i]));
    }
    return HONE_OK;
}

hone_status hn_members_visit_parts(hn_visitor *v, int64_t n_features, int64_t n_classes, int64_t n,
                                   hn_part **parts, hn_child **members) {
    if (v->loading) {
        HN_TRY(HN_NEW(v->ctx, v->arena, *parts, n));
        HN_TRY(HN_NEW(v->ctx, v->arena, *members, n));
    }
    for (int64_t i = 0; i < n; i++) {
        char name[48];
        snprintf(name, sizeof name, "parts.%lld", (long long)i);
        HN_TRY(hn_part_visit(v, name, hn_member_tasks(n_classes), &(*parts)[i]));
        snprintf(name, sizeof name, "estimators.%lld.", (long long)i);
        HN_TRY(hn_child_visit(v, name, &(*parts)[i], n_features, n_classes, &(*members)[i]));
    }
    return HONE_OK;
}

hone_status hn_members_prepare(hone_ctx *ctx, hn_arena *arena, hn_child *members, int64_t n,
                               const hn_table *schema) {
    for (int64_t i = 0; i < n; i++) HN_TRY(hn_child_prepare(ctx, arena, &members[i], schema));
    return HONE_OK;
}

hone_status hn_members_member(hone_ctx *ctx, const hn_child *members, int64_t n, int64_t i,
                              hn_member *ret_member) {
    if (i < 0 || i >= n) return hn_no_member(ctx, i, n);
    *ret_member = hn_child_as_member(&members[i]);
    return HONE_OK;
}

void hn_members_done(hn_child *members, int64_t n) {
    for (int64_t i = 0; members && i < n; i++) hn_child_done(&members[i]);
}

hone_status hn_members_importances(hone_ctx *ctx, const hn_child *members, int64_t n,
                                   const double *weights, const int64_t *columns, int64_t n_columns,
                                   int64_t n_features, double *ret_importances) {
    HN_SCRATCH(ctx);
    double *own, total = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, own, n_columns + 1));
    for (int64_t j = 0; j < n_features; j++) ret_importances[j] = 0;
    for (int64_t i = 0; i < n; i++) {
        const hn_child *member = &members[i];
        if (!member->state) continue;
        HN_TRY(member->part.kind->importances(ctx, member->state, own));
        for (int64_t k = 0; k < n_columns; k++) {
            double share = own[k] * (weights ? weights[i] : 1);
            ret_importances[columns ? columns[i * n_columns + k] : k] += share;
            total += share;
        }
    }
    for (int64_t j = 0; j < n_features && total > 0; j++) ret_importances[j] /= total;
    return HONE_OK;
}

/* ---- folds ----------------------------------------------------------------------------------- */

static hone_status list_all(hone_ctx *ctx, hn_arena *arena, int64_t n, hn_folds *folds) {
    HN_SCRATCH(ctx);
    bool *in;
    HN_TRY(HN_SCRATCH_NEW(ctx, in, n + 1));
    for (int64_t f = 0; f < folds->k; f++)
        for (int64_t i = 0; i < folds->folds[f].n; i++) in[folds->folds[f].rows[i]] = true;
    HN_TRY(HN_NEW(ctx, arena, folds->all.rows, n + 1));
    for (int64_t i = 0; i < n; i++)
        if (in[i]) folds->all.rows[folds->all.n++] = i;
    return HONE_OK;
}

hone_status hn_folds_make(hone_ctx *ctx, hn_arena *arena, const char *owner, const hone_data *data,
                          int64_t k, hn_folds *ret_folds) {
    int64_t n = data->x->n_rows;
    if (n < k + (data->time != NULL))
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "folds"),
                          "%s: %lld row%s can't be cut into %lld folds; set 'folds' lower, or "
                          "give it more rows",
                          owner, (long long)n, n == 1 ? "" : "s", (long long)k);
    hn_split_keys keys = {.time = data->time};
    if (!data->time) keys.group = data->group;
    if (!data->time && data->n_classes > 0) keys.strata = data->y;
    hn_folds folds = {.k = k};
    HN_TRY(HN_NEW(ctx, arena, folds.folds, k));
    HN_TRY(hn_fail_in(ctx, owner,
                      hn_data_folds(ctx, arena, data, &keys, (int)k, ctx->seed, folds.folds)));
    HN_TRY(list_all(ctx, arena, n, &folds));
    *ret_folds = folds;
    return HONE_OK;
}

hone_status hn_folds_take(hone_ctx *ctx, hn_arena *arena, const hone_data *data,
                          const hn_folds *folds, int64_t f, hone_data *ret_train,
                          hone_data *ret_test) {
    hn_rows rest, fold = folds->folds[f];
    HN_TRY(hn_data_except(ctx, arena, data, fold, &rest));
    HN_TRY(hn_data_take(ctx, arena, data, rest.rows, rest.n, ret_train));
    return hn_data_take(ctx, arena, data, fold.rows, fold.n, ret_test);
}
