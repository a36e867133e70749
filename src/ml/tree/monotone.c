/* monotone.c - constraints by feature, checked and laid out; see monotone.h. */
#include "ml/tree/monotone.h"

hone_status hn_monotone_check(hone_ctx *ctx, const char *owner, const hn_pairs *constraints,
                              const hone_data *data) {
    for (int64_t i = 0; i < constraints->n; i++) {
        const char *name = constraints->names[i];
        double sign = constraints->values[i];
        hn_where where = HN_AT(.param = "monotone_constraints", .column = name);
        int32_t column = hn_table_find(data->x, name);
        if (column < 0)
            return hn_fail_at(ctx, HONE_ERROR_USAGE, where,
                              "%s: monotone_constraints names '%s', which is no feature", owner,
                              name);
        if (data->x->columns[column].type == HN_CATEGORY && sign != 0)
            return hn_fail_at(
                ctx, HONE_ERROR_USAGE, where,
                "%s: monotone_constraints: '%s' is a category and has no order; encode "
                "it as a number first",
                owner, name);
        if (sign != -1 && sign != 0 && sign != 1)
            return hn_fail_at(ctx, HONE_ERROR_USAGE, where,
                              "%s: monotone_constraints: '%s' must be -1, 0 or 1", owner, name);
    }
    if (constraints->n > 0 && data->n_classes > 2)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "monotone_constraints"),
                          "%s: monotone_constraints can't be kept with more than two classes; "
                          "leave them out",
                          owner);
    return HONE_OK;
}

hone_status hn_monotone_signs(hone_ctx *ctx, const hn_pairs *constraints, const hn_table *x,
                              const int8_t **ret_signs) {
    int8_t *signs = NULL;
    if (constraints->n > 0) HN_TRY(HN_SCRATCH_NEW(ctx, signs, x->n_columns));
    for (int64_t i = 0; i < constraints->n; i++)
        signs[hn_table_find(x, constraints->names[i])] = (int8_t)constraints->values[i];
    *ret_signs = signs;
    return HONE_OK;
}
