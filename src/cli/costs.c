/* costs.c - a cost matrix from a file; see report.h. */
#include "cli/report.h"
#include "table/read.h"
#include <string.h>

typedef struct pairs {
    hn_cli *cli;
    const char *path;
    hn_pairs list;
    int64_t room;
} pairs;

static hone_status add(pairs *p, const char *truth, const char *answer, double cost) {
    char *name = hn_arena_printf(p->cli->ctx, &p->cli->arena, "%s%s%s", truth,
                                 answer != NULL ? ":" : "", answer != NULL ? answer : "");
    if (name == NULL) return HONE_ERROR_MEMORY;
    p->list.names[p->list.n] = name;
    p->list.values[p->list.n++] = cost;
    return HONE_OK;
}

static hone_status make_room(pairs *p, int64_t room) {
    HN_TRY(HN_NEW(p->cli->ctx, &p->cli->arena, p->list.names, room + 1));
    return HN_NEW(p->cli->ctx, &p->cli->arena, p->list.values, room + 1);
}

static hone_status no_number(pairs *p, const char *where) {
    return hn_fail_at(p->cli->ctx, HONE_ERROR_DATA, HN_AT(.file = p->path),
                      "'%s': the cost of '%.80s' is no number", p->path, where);
}

/* {"fn": 5}, {"Yes:No": 5} or {"Yes": {"No": 5}}. */
static hone_status read_json(pairs *p) {
    hone_ctx *ctx = p->cli->ctx;
    HN_SCRATCH(ctx);
    char *text;
    size_t length, i, max, j, most;
    hn_json *root, *key, *value, *inner, *cost;
    int64_t room = 0;
    HN_TRY(hn_read_file(ctx, ctx->scratch, p->path, 1 << 20, &text, &length));
    HN_TRY(hn_json_read(ctx, ctx->scratch, text, length, p->path, &root));
    yyjson_obj_foreach(root, i, max, key, value) room += 1 + (int64_t)yyjson_obj_size(value);
    HN_TRY(make_room(p, room));
    yyjson_obj_foreach(root, i, max, key, value) {
        if (yyjson_is_num(value))
            HN_TRY(add(p, yyjson_get_str(key), NULL, yyjson_get_num(value)));
        else if (!yyjson_is_obj(value))
            return no_number(p, yyjson_get_str(key));
        yyjson_obj_foreach(value, j, most, inner, cost) {
            if (!yyjson_is_num(cost)) return no_number(p, yyjson_get_str(inner));
            HN_TRY(add(p, yyjson_get_str(key), yyjson_get_str(inner), yyjson_get_num(cost)));
        }
    }
    return HONE_OK;
}

static hone_status text_of(pairs *p, const hn_column *column, int64_t i, const char **ret_text) {
    hn_str text;
    hn_str_init(&text, p->cli->ctx, &p->cli->arena);
    hn_column_print(column, i, &text);
    *ret_text = text.text;
    return hn_str_status(&text);
}

/* A matrix: the first column names the truth, the other columns are answers. */
static hone_status read_table(pairs *p, const hn_table *table) {
    HN_TRY(make_room(p, table->n_rows * table->n_columns));
    for (int64_t i = 0; i < table->n_rows; i++) {
        const char *truth;
        HN_TRY(text_of(p, &table->columns[0], i, &truth));
        for (int32_t j = 1; j < table->n_columns; j++) {
            double cost = hn_column_double(&table->columns[j], i);
            if (!hn_type_is_numeric(table->columns[j].type) || !isfinite(cost))
                return no_number(p, table->columns[j].name);
            HN_TRY(add(p, truth, table->columns[j].name, cost));
        }
    }
    return HONE_OK;
}

hone_status hn_costs_read(hn_cli *cli, const char *path, hn_pairs *ret_costs) {
    pairs p = {.cli = cli, .path = path};
    size_t length = strlen(path);
    if (length > 5 && strcmp(path + length - 5, ".json") == 0) {
        HN_TRY(read_json(&p));
    } else {
        hone_table *table;
        HN_TRY(hn_read_path(cli->ctx, path, &(hn_read_options){.header = "yes"}, &table));
        hone_status status = read_table(&p, &table->view);
        hone_table_free(cli->ctx, table);
        HN_TRY(status);
    }
    *ret_costs = p.list;
    return HONE_OK;
}
