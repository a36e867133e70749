/* groups.c - see groups.h. */
#include "ml/prep/groups.h"

#include <assert.h>
#include <string.h>

/* Numbers that stand for what is no number. */
static const double missing_key = -(double)INFINITY, unseen_key = (double)INFINITY;

static double key_of(const hn_column *column, int64_t row) {
    if (hn_column_is_missing(column, row)) return missing_key;
    if (column->type == HN_CATEGORY) {
        int32_t code = hn_column_code(column, row);
        return code == HN_UNKNOWN ? unseen_key : code;
    }
    return hn_column_double(column, row) + 0.0; /* one zero */
}

static hn_slice key_slice(const double *key, int64_t n_by) {
    return (hn_slice){(const char *)key, (size_t)n_by * sizeof *key};
}

hone_status hn_groups_learn(hone_ctx *ctx, hn_arena *arena, const char *step, const hn_table *x,
                            const hn_texts *names, hn_groups *groups, int64_t **ret_group) {
    hn_groups made = {.n_by = names->n};
    double *keys;
    int64_t *group;
    HN_TRY(HN_SCRATCH_NEW(ctx, group, x->n_rows + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, keys, x->n_rows * names->n + 1));
    HN_TRY(HN_NEW(ctx, arena, made.by, names->n + 1));
    for (int64_t k = 0; k < made.n_by; k++) {
        HN_TRY(hn_table_require(ctx, x, names->items[k], &made.by[k]));
        hn_type type = x->columns[made.by[k]].type;
        if (type == HN_STRING)
            return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = names->items[k], .param = "by"),
                              "%s: column '%s' holds free text, where nearly every value differs; "
                              "derive categories from it to group by",
                              step, names->items[k]);
    }
    hn_map_init(&made.of, ctx, ctx->scratch);
    for (int64_t i = 0; i < x->n_rows; i++) {
        double *key = keys + made.n * made.n_by;
        for (int64_t k = 0; k < made.n_by; k++) key[k] = key_of(&x->columns[made.by[k]], i);
        HN_TRY(hn_map_intern(&made.of, key_slice(key, made.n_by), made.n, &group[i]));
        made.n += group[i] == made.n;
    }
    HN_TRY(HN_NEW(ctx, arena, made.keys, made.n * made.n_by + 1));
    memcpy(made.keys, keys, (size_t)(made.n * made.n_by) * sizeof *keys);
    made.of = (hn_map){0};
    *groups = made;
    *ret_group = group;
    return HONE_OK;
}

hone_status hn_groups_order(hone_ctx *ctx, const int64_t *group, int64_t n_rows, int64_t n_groups,
                            int64_t **ret_order, int64_t **ret_start) {
    int64_t *order, *start;
    HN_TRY(HN_SCRATCH_NEW(ctx, order, n_rows + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, start, n_groups + 2));
    for (int64_t i = 0; i < n_rows; i++) start[group[i] + 2]++;
    for (int64_t g = 2; g <= n_groups; g++) start[g] += start[g - 1];
    for (int64_t i = 0; i < n_rows; i++) order[start[group[i] + 1]++] = i;
    *ret_order = order;
    *ret_start = start;
    return HONE_OK;
}

hone_status hn_groups_find(hone_ctx *ctx, const hn_groups *groups, const hn_table *x, int64_t begin,
                           int64_t end, int64_t *ret_group) {
    HN_SCRATCH(ctx);
    double *key;
    HN_TRY(HN_SCRATCH_NEW(ctx, key, groups->n_by + 1));
    for (int64_t i = begin; i < end; i++) {
        for (int64_t k = 0; k < groups->n_by; k++) key[k] = key_of(&x->columns[groups->by[k]], i);
        ret_group[i] = hn_map_get(&groups->of, key_slice(key, groups->n_by), -1);
    }
    return HONE_OK;
}

/* ---- keeping --------------------------------------------------------------------------------- */

hone_status hn_groups_visit(hn_visitor *v, int64_t n_features, hn_groups *groups) {
    HN_TRY(hn_visit(v, "group.n_by", &groups->n_by));
    HN_TRY(hn_visit(v, "group.n", &groups->n));
    HN_TRY(hn_visit_check(v,
                          groups->n_by >= 0 && groups->n_by < INT32_MAX && groups->n >= 0 &&
                              groups->n < INT64_MAX / INT32_MAX,
                          "groups: numbers"));
    HN_TRY(hn_visit(v, "group.by", &groups->by, groups->n_by));
    for (int64_t k = 0; k < groups->n_by; k++)
        HN_TRY(
            hn_visit_check(v, groups->by[k] >= 0 && groups->by[k] < n_features, "groups: columns"));
    return hn_visit(v, "group.keys", &groups->keys, groups->n, groups->n_by);
}

hone_status hn_groups_prepare(hone_ctx *ctx, hn_arena *arena, const char *step,
                              const hn_table *schema, hn_groups *groups) {
    hn_map of;
    for (int64_t k = 0; k < groups->n_by; k++)
        HN_TRY(hn_prepare_check(ctx, step, groups->by[k] < schema->n_columns));
    hn_map_init(&of, ctx, arena);
    for (int64_t g = 0; g < groups->n && groups->n_by > 0; g++)
        HN_TRY(hn_map_put(&of, key_slice(groups->keys + g * groups->n_by, groups->n_by), g));
    groups->of = of;
    return HONE_OK;
}

hone_status hn_groups_print(const hn_groups *groups, const hn_table *schema, int64_t group,
                            hn_str *str) {
    for (int64_t k = 0; k < groups->n_by; k++) {
        const hn_column *column = &schema->columns[groups->by[k]];
        double key = groups->keys[group * groups->n_by + k];
        if (k > 0) hn_str_put(str, ", ");
        if (column->type == HN_CATEGORY && key >= 0 && key < column->dictionary->n) {
            hn_slice text = hn_dictionary_text(column->dictionary, (int32_t)key);
            hn_str_put_n(str, text.text, text.length);
        } else if (isfinite(key)) {
            hn_str_put_double(str, key);
        } else {
            hn_str_put(str, "missing");
        }
    }
    return hn_str_status(str);
}
