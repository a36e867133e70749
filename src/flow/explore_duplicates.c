/* explore_duplicates.c - rows that stand in the table more than once, the most frequent first. */
#include "flow/explore_parts.h"
#include "num/sort.h"
#include "table/keys.h"

enum { CELL_BYTES = 200 };

static hone_status number_rows(hn_explored *e, int64_t **ret_number, int64_t *ret_n) {
    const hn_table *t = e->table;
    int32_t *all;
    HN_TRY(HN_SCRATCH_NEW(e->ctx, all, t->n_columns + 1));
    for (int32_t j = 0; j < t->n_columns; j++) all[j] = j;
    hn_key_columns keys = {.table = t, .columns = all};
    return hn_keys_number(e->ctx, &keys, 1, t->n_columns, true, ret_number, ret_n);
}

hone_status hn_explore_duplicates(hn_explored *e) {
    HN_SCRATCH(e->ctx);
    const hn_table *t = e->table;
    int64_t *number, *first, *order, n;
    double *count;
    hn_json_mut *overview = yyjson_mut_obj_get(e->root, "overview");
    if (yyjson_mut_get_sint(yyjson_mut_obj_get(overview, "duplicate_rows")) <= 0) return HONE_OK;
    HN_TRY(number_rows(e, &number, &n));
    HN_TRY(HN_SCRATCH_NEW(e->ctx, first, n + 1));
    HN_TRY(HN_SCRATCH_NEW(e->ctx, count, n + 1));
    HN_TRY(HN_SCRATCH_NEW(e->ctx, order, n + 1));
    for (int64_t i = t->n_rows - 1; i >= 0; i--) {
        first[number[i]] = i;
        count[number[i]]--; /* so that the most frequent comes first, of equals the earliest */
    }
    HN_TRY(hn_argsort_f64(e->ctx, count, n, order));
    hn_json_mut *rows = yyjson_mut_obj_add_arr(e->doc, e->root, "duplicates");
    for (int64_t k = 0; k < n && k < e->options->rows; k++) {
        int64_t at = order[k];
        if (count[at] > -2) break;
        hn_json_mut *one = yyjson_mut_arr_add_obj(e->doc, rows);
        yyjson_mut_obj_add_int(e->doc, one, "row", first[at]);
        yyjson_mut_obj_add_int(e->doc, one, "times", (int64_t)-count[at]);
        hn_json_mut *cells = yyjson_mut_obj_add_arr(e->doc, one, "cells");
        for (int32_t j = 0; j < t->n_columns; j++)
            yyjson_mut_arr_append(cells, hn_cell_json(e, &t->columns[j], first[at], CELL_BYTES));
    }
    return HONE_OK;
}
