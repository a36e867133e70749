/* verb_data_diff.c - what is different between two tables. */
#include "cli/tables.h"
#include "table/keys.h"
#include <string.h>

typedef struct options {
    const char *before, *after;
    hn_texts key;
    int64_t show;
    double tolerance;
} options;

static const hone_param items[] = {
    HN_PARAM(options, before, .positional = true, .required = true, .display = "BEFORE",
             .doc = "A table."),
    HN_PARAM(options, after, .positional = true, .required = true, .display = "AFTER",
             .doc = "The table to compare it with."),
    HN_PARAM(options, key, .display = "COLUMN,...",
             .doc = "Columns that tell which row is which; by place if not given."),
    HN_PARAM(options, show, .letter = 'n', .def = "10", .range = "[0, 100000]",
             .doc = "How many differences to show."),
    HN_PARAM(options, tolerance, .def = "0", .range = "[0, inf)",
             .doc = "Numbers are equal if they differ by that share of the larger one at most."),
};
static const hn_params params = HN_PARAMS(options, items);

/* One cell that is different, or a row that is in one table only (column -1). */
typedef struct change {
    int64_t before, after; /* rows; -1: none */
    int32_t column;        /* in both */
} change;

typedef struct result {
    const hn_table *tables[2];
    int32_t *shared[2], n_shared; /* places of the columns that both have */
    int64_t *counts;              /* [n_shared]: cells changed */
    int64_t *partner;             /* [rows before]: row after, or -1 */
    int64_t removed, added, changed;
    change *shown;
    int64_t n_shown;
} result;

/* ---- comparing ------------------------------------------------------------------------------ */

static bool is_text(hn_type type) { return type == HN_CATEGORY || type == HN_STRING; }

static bool equal(const hn_column *a, int64_t i, const hn_column *b, int64_t j, double tolerance) {
    bool missing = hn_column_is_missing(a, i);
    if (missing || hn_column_is_missing(b, j)) return missing == hn_column_is_missing(b, j);
    if (is_text(a->type) != is_text(b->type)) return false;
    if (is_text(a->type)) return hn_slice_compare(hn_column_text(a, i), hn_column_text(b, j)) == 0;
    if ((a->type == HN_I64 || a->type == HN_TIME) && a->type == b->type && tolerance == 0) {
        const char *x = (const char *)a->values + i * a->stride;
        const char *y = (const char *)b->values + j * b->stride;
        return *(const int64_t *)(const void *)x == *(const int64_t *)(const void *)y;
    }
    double x = hn_column_double(a, i), y = hn_column_double(b, j);
    double larger = fabs(x) > fabs(y) ? fabs(x) : fabs(y);
    return x == y || fabs(x - y) <= tolerance * larger;
}

static void show(result *r, const options *o, change c) {
    if (r->n_shown < o->show) r->shown[r->n_shown++] = c;
}

static void compare_row(result *r, const options *o, int64_t i, int64_t j) {
    bool differs = false;
    for (int32_t k = 0; k < r->n_shared; k++) {
        const hn_column *a = &r->tables[0]->columns[r->shared[0][k]];
        const hn_column *b = &r->tables[1]->columns[r->shared[1][k]];
        if (equal(a, i, b, j, o->tolerance)) continue;
        differs = true;
        r->counts[k]++;
        show(r, o, (change){.before = i, .after = j, .column = k});
    }
    r->changed += differs;
}

/* ---- which row is which ---------------------------------------------------------------------- */

static hone_status not_unique(hn_cli *cli, const options *o, bool after, int64_t i, int64_t j) {
    return hn_fail_at(
        cli->ctx, HONE_ERROR_DATA, ((hn_where){.param = "key", .row = j}),
        "rows %lld and %lld of '%s' have the same key; name more columns with --key, or "
        "take 'hone data dedupe' first",
        (long long)i + 1, (long long)j + 1, after ? o->after : o->before);
}

/* Row by number of its key, -1 where there is none. */
static hone_status rows_by_key(hn_cli *cli, const options *o, bool after, const int64_t *numbers,
                               int64_t n, int64_t n_keys, int64_t **ret_rows) {
    int64_t *rows;
    HN_TRY(HN_SCRATCH_NEW(cli->ctx, rows, n_keys + 1));
    for (int64_t k = 0; k < n_keys; k++) rows[k] = -1;
    for (int64_t i = 0; i < n; i++) {
        if (rows[numbers[i]] >= 0) return not_unique(cli, o, after, rows[numbers[i]], i);
        rows[numbers[i]] = i;
    }
    *ret_rows = rows;
    return HONE_OK;
}

static hone_status find_partners(hn_cli *cli, const options *o, result *r, bool **ret_has_partner) {
    hone_ctx *ctx = cli->ctx;
    int64_t n[2] = {r->tables[0]->n_rows, r->tables[1]->n_rows}, *numbers[2], n_keys, *rows[2];
    int32_t *places[2];
    bool *has;
    HN_TRY(HN_SCRATCH_NEW(ctx, r->partner, n[0] + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, has, n[1] + 1));
    *ret_has_partner = has;
    if (o->key.n == 0) {
        for (int64_t i = 0; i < n[0]; i++) r->partner[i] = i < n[1] ? i : -1;
        for (int64_t j = 0; j < n[1]; j++) has[j] = j < n[0];
        return HONE_OK;
    }
    for (int t = 0; t < 2; t++)
        HN_TRY(hn_key_places(ctx, r->tables[t], o->key.items, o->key.n, &places[t]));
    hn_key_columns keys[2] = {{r->tables[0], places[0]}, {r->tables[1], places[1]}};
    HN_TRY(hn_keys_number(ctx, keys, 2, (int32_t)o->key.n, true, numbers, &n_keys));
    for (int t = 0; t < 2; t++)
        HN_TRY(rows_by_key(cli, o, t == 1, numbers[t], n[t], n_keys, &rows[t]));
    for (int64_t i = 0; i < n[0]; i++) r->partner[i] = rows[1][numbers[0][i]];
    for (int64_t j = 0; j < n[1]; j++) has[j] = rows[0][numbers[1][j]] >= 0;
    return HONE_OK;
}

static hone_status compare(hn_cli *cli, const options *o, result *r) {
    hone_ctx *ctx = cli->ctx;
    bool *has;
    int32_t most = r->tables[0]->n_columns;
    for (int t = 0; t < 2; t++) HN_TRY(HN_SCRATCH_NEW(ctx, r->shared[t], (size_t)most + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, r->counts, (size_t)most + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, r->shown, o->show + 1));
    for (int32_t j = 0; j < most; j++) {
        int32_t other = hn_table_find(r->tables[1], r->tables[0]->columns[j].name);
        if (other < 0) continue;
        r->shared[0][r->n_shared] = j;
        r->shared[1][r->n_shared++] = other;
    }
    HN_TRY(find_partners(cli, o, r, &has));
    for (int64_t i = 0; i < r->tables[0]->n_rows; i++) {
        if (i % 65536 == 0) HN_TRY(hn_check_cancel(ctx));
        if (r->partner[i] >= 0) {
            compare_row(r, o, i, r->partner[i]);
        } else {
            r->removed++;
            show(r, o, (change){.before = i, .after = -1, .column = -1});
        }
    }
    for (int64_t j = 0; j < r->tables[1]->n_rows; j++) {
        if (has[j]) continue;
        r->added++;
        show(r, o, (change){.before = -1, .after = j, .column = -1});
    }
    return HONE_OK;
}

/* ---- saying --------------------------------------------------------------------------------- */

static const char *text_of(hn_cli *cli, const hn_column *column, int64_t row) {
    hn_str text;
    hn_str_init(&text, cli->ctx, &cli->arena);
    if (hn_column_is_missing(column, row)) return "null";
    hn_column_print(column, row, &text);
    return hn_str_status(&text) == HONE_OK ? text.text : "";
}

/* The key's values, "7, Adelie", or the row's place. */
static const char *key_of(hn_cli *cli, const options *o, const result *r, const change *c) {
    int t = c->before < 0;
    int64_t row = t ? c->after : c->before;
    hn_str text;
    hn_str_init(&text, cli->ctx, &cli->arena);
    if (o->key.n == 0) hn_str_printf(&text, "row %lld", (long long)row + 1);
    for (int64_t k = 0; k < o->key.n; k++) {
        int32_t at = hn_table_find(r->tables[t], o->key.items[k]);
        hn_str_printf(&text, "%s%s", k ? ", " : "", text_of(cli, &r->tables[t]->columns[at], row));
    }
    return hn_str_status(&text) == HONE_OK ? text.text : "";
}

/* Columns of table t that the other doesn't have, and those whose type is another. */
static void add_schema(hn_cli *cli, const result *r, hn_json_doc *doc, hn_json_mut *root) {
    (void)cli;
    static const char *const keys[] = {"columns_removed", "columns_added"};
    for (int t = 0; t < 2; t++) {
        hn_json_mut *list = yyjson_mut_obj_add_arr(doc, root, keys[t]);
        for (int32_t j = 0; j < r->tables[t]->n_columns; j++) {
            const char *name = r->tables[t]->columns[j].name;
            if (hn_table_find(r->tables[1 - t], name) < 0) yyjson_mut_arr_add_str(doc, list, name);
        }
    }
    hn_json_mut *types = yyjson_mut_obj_add_arr(doc, root, "types_changed");
    for (int32_t k = 0; k < r->n_shared; k++) {
        const hn_column *a = &r->tables[0]->columns[r->shared[0][k]];
        const hn_column *b = &r->tables[1]->columns[r->shared[1][k]];
        if (a->type == b->type) continue;
        hn_json_mut *entry = yyjson_mut_arr_add_obj(doc, types);
        yyjson_mut_obj_add_str(doc, entry, "column", a->name);
        yyjson_mut_obj_add_str(doc, entry, "before", hn_type_name(a->type));
        yyjson_mut_obj_add_str(doc, entry, "after", hn_type_name(b->type));
    }
}

static hone_status say_json(hn_cli *cli, const options *o, const result *r) {
    hn_json_doc *doc;
    HN_TRY(hn_json_new(cli->ctx, &cli->arena, &doc));
    hn_json_mut *root = yyjson_mut_obj(doc);
    bool same = r->removed + r->added + r->changed == 0;
    add_schema(cli, r, doc, root);
    yyjson_mut_obj_add_int(doc, root, "rows_removed", r->removed);
    yyjson_mut_obj_add_int(doc, root, "rows_added", r->added);
    yyjson_mut_obj_add_int(doc, root, "rows_changed", r->changed);
    yyjson_mut_obj_add_bool(doc, root, "same_rows", same);
    hn_json_mut *counts = yyjson_mut_obj_add_obj(doc, root, "cells_changed");
    for (int32_t k = 0; k < r->n_shared; k++)
        if (r->counts[k] > 0)
            yyjson_mut_obj_add_int(doc, counts, r->tables[0]->columns[r->shared[0][k]].name,
                                   r->counts[k]);
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, root, "differences");
    for (int64_t i = 0; i < r->n_shown; i++) {
        const change *c = &r->shown[i];
        hn_json_mut *entry = yyjson_mut_arr_add_obj(doc, list);
        yyjson_mut_obj_add_str(doc, entry, "key", key_of(cli, o, r, c));
        yyjson_mut_obj_add_str(doc, entry, "what",
                               c->column >= 0   ? "changed"
                               : c->before >= 0 ? "removed"
                                                : "added");
        if (c->column < 0) continue;
        const hn_column *a = &r->tables[0]->columns[r->shared[0][c->column]];
        const hn_column *b = &r->tables[1]->columns[r->shared[1][c->column]];
        yyjson_mut_obj_add_str(doc, entry, "column", a->name);
        yyjson_mut_obj_add_str(doc, entry, "before", text_of(cli, a, c->before));
        yyjson_mut_obj_add_str(doc, entry, "after", text_of(cli, b, c->after));
    }
    return hn_out_json(cli, root, true);
}

static void put_schema(hn_cli *cli, const result *r) {
    hn_str *out = &cli->out;
    for (int t = 0; t < 2; t++) {
        for (int32_t j = 0; j < r->tables[t]->n_columns; j++) {
            const hn_column *column = &r->tables[t]->columns[j];
            if (hn_table_find(r->tables[1 - t], column->name) < 0)
                hn_str_printf(out, "  column %s: %s (%s)\n", t ? "added" : "removed", column->name,
                              hn_type_name(column->type));
        }
    }
    for (int32_t k = 0; k < r->n_shared; k++) {
        const hn_column *a = &r->tables[0]->columns[r->shared[0][k]];
        const hn_column *b = &r->tables[1]->columns[r->shared[1][k]];
        if (a->type != b->type)
            hn_str_printf(out, "  type changed: %s, from %s to %s\n", a->name,
                          hn_type_name(a->type), hn_type_name(b->type));
    }
}

static hone_status put_counts(hn_cli *cli, const result *r) {
    hn_str *out = &cli->out;
    const struct {
        int64_t n;
        const char *what;
    } counts[] = {{r->removed, "removed"}, {r->added, "added"}, {r->changed, "changed"}};
    hn_str_put(out, "  rows:");
    for (int i = 0; i < 3; i++) {
        hn_str_put(out, i ? ", " : " ");
        hn_put_count(out, counts[i].n);
        hn_str_printf(out, " %s", counts[i].what);
    }
    hn_str_put_c(out, '\n');
    for (int32_t k = 0; k < r->n_shared; k++) {
        if (r->counts[k] == 0) continue;
        hn_str_printf(out, "  %s: ", r->tables[0]->columns[r->shared[0][k]].name);
        hn_put_count(out, r->counts[k]);
        hn_str_put(out, " cells changed\n");
    }
    return hn_str_status(out);
}

static hone_status say(hn_cli *cli, const options *o, const result *r) {
    hn_grid grid;
    put_schema(cli, r);
    HN_TRY(put_counts(cli, r));
    if (r->n_shown == 0) return hn_str_status(&cli->out);
    static const char *const head[] = {"", "", "column", "before", "after"};
    hn_grid_init(&grid, cli, "lllll");
    for (int i = 0; i < 5; i++) HN_TRY(hn_grid_put(&grid, head[i]));
    for (int64_t i = 0; i < r->n_shown; i++) {
        const change *c = &r->shown[i];
        bool cell = c->column >= 0;
        const hn_column *a = cell ? &r->tables[0]->columns[r->shared[0][c->column]] : NULL;
        const hn_column *b = cell ? &r->tables[1]->columns[r->shared[1][c->column]] : NULL;
        HN_TRY(hn_grid_put(&grid, cell ? "~" : c->before >= 0 ? "-" : "+"));
        HN_TRY(hn_grid_put(&grid, key_of(cli, o, r, c)));
        HN_TRY(hn_grid_put(&grid, cell ? a->name : ""));
        HN_TRY(hn_grid_put(&grid, cell ? text_of(cli, a, c->before) : ""));
        HN_TRY(hn_grid_put(&grid, cell ? text_of(cli, b, c->after) : ""));
    }
    hn_str_put_c(&cli->out, '\n');
    hn_grid_print(&grid, 2, true);
    return hn_str_status(&cli->out);
}

static hone_status run(hn_cli *cli, const void *values) {
    const options *o = values;
    hone_table *before, *after;
    HN_SCRATCH(cli->ctx);
    HN_TRY(hn_data_open_some(cli, o->before, 0, &before));
    hone_status status = hn_data_open_some(cli, o->after, 0, &after);
    if (status == HONE_OK) {
        result r = {.tables = {&before->view, &after->view}};
        status = compare(cli, o, &r);
        if (status == HONE_OK) status = cli->common.json ? say_json(cli, o, &r) : say(cli, o, &r);
        hone_table_free(cli->ctx, after);
    }
    hone_table_free(cli->ctx, before);
    return status;
}

const hn_verb hn_verb_data_diff = {
    .name = "data diff",
    .summary = "say what is different between two tables",
    .doc = "Columns are found by name, rows by their key, or by place where there is none.",
    .example = "hone data diff yesterday.csv today.csv --key customer_id\n"
               "hone data diff a.csv b.parquet --tolerance 1e-9 --json",
    .params = &params,
    .borrowed = {{"reading the tables", &hn_recipe_data_params, hn_query_renames}},
    .run = run,
};
