/* tables.c - tables for the screen; see tables.h. */
#include "cli/tables.h"
#include "table/write.h"
#include <string.h>

enum { CELL = 40 };  /* characters of a cell before it is cut */
enum { SHOWN = 40 }; /* rows of a result on a terminal */

const hn_rename hn_reading_renames[] = {{"path", NULL}, {"expect", NULL}, {NULL, NULL}};
const hn_rename hn_query_renames[] = {
    {"path", NULL}, {"expect", NULL}, {"sql", NULL}, {NULL, NULL}};

hone_status hn_data_open_some(hn_cli *cli, const char *path, int64_t limit,
                              hone_table **ret_table) {
    hn_recipe recipe;
    double seconds;
    HN_TRY(hn_recipe_init(cli->ctx, &cli->arena, &recipe));
    HN_TRY(hn_args_replay(cli, &hn_recipe_data_params, &recipe.data));
    HN_TRY(hn_data_source(cli, path, &recipe.data));
    if (limit > 0 && (recipe.data.limit == 0 || recipe.data.limit > limit))
        recipe.data.limit = limit;
    return hn_data_read(cli, &recipe, ret_table, &seconds);
}

hone_status hn_pick_columns(hn_cli *cli, const hn_table *table, const hn_texts *names,
                            hn_table *ret_table) {
    if (names->n == 0) {
        *ret_table = *table;
        return HONE_OK;
    }
    int32_t *places;
    HN_TRY(HN_NEW(cli->ctx, &cli->arena, places, names->n));
    for (int64_t i = 0; i < names->n; i++)
        HN_TRY(hn_table_require(cli->ctx, table, names->items[i], &places[i]));
    return hn_table_select(cli->ctx, &cli->arena, table, places, (int32_t)names->n, ret_table);
}

/* ---- results -------------------------------------------------------------------------------- */

bool hn_goes_to_file(const char *path) { return path && strcmp(path, "-") != 0; }

hone_status hn_check_output(hn_cli *cli, const char *path) {
    return hn_goes_to_file(path) ? hn_check_writable(cli, path) : HONE_OK;
}

/* What was written where. */
static hone_status say_written(hn_cli *cli, const hn_table *table, const char *path) {
    hn_str *out = &cli->out;
    if (cli->common.json) {
        hn_str_put(out, "{\"output\":");
        hn_json_put_string(out, path, strlen(path));
        hn_str_printf(out, ",\"rows\":%lld,\"columns\":", (long long)table->n_rows);
        HN_TRY(hn_put_columns_json(cli, table));
        hn_str_put(out, "}\n");
    } else if (!cli->common.quiet) {
        int64_t bytes = 0;
        hn_file_stat(path, &bytes, NULL, NULL);
        hn_str_put(out, "wrote ");
        hn_put_styled(cli, HN_BOLD, path);
        hn_str_put(out, " (");
        hn_put_bytes(out, bytes);
        hn_str_put(out, "): ");
        hn_put_count(out, table->n_rows);
        hn_str_printf(out, " rows, %d columns\n", (int)table->n_columns);
    }
    return hn_str_status(out);
}

hone_status hn_give_table(hn_cli *cli, const hn_table *table, const char *path) {
    if (hn_goes_to_file(path)) {
        HN_TRY(hn_write_path(cli->ctx, table, path));
        return say_written(cli, table, path);
    }
    if (!cli->common.json && cli->out_terminal && !path) {
        HN_TRY(hn_put_rows(cli, table, SHOWN));
        if (table->n_rows <= SHOWN) return HONE_OK;
        hn_str_put(&cli->out, "... ");
        hn_put_count(&cli->out, table->n_rows);
        hn_str_put(&cli->out, " rows in all; -o FILE writes them\n");
        return hn_str_status(&cli->out);
    }
    if (!cli->common.json) return hn_write_path(cli->ctx, table, "-");
    hn_str_printf(&cli->out, "{\"rows\":%lld,\"columns\":", (long long)table->n_rows);
    HN_TRY(hn_put_columns_json(cli, table));
    hn_str_put(&cli->out, ",\"data\":");
    HN_TRY(hn_put_rows_json(cli, table, table->n_rows));
    hn_str_put(&cli->out, "}\n");
    return hn_str_status(&cli->out);
}

/* ---- for people ----------------------------------------------------------------------------- */

/* A text as one short line: what would move the cursor is shown as its escape, what is too long is cut. */
static void put_short(const hn_cli *cli, hn_str *str, const char *text, size_t length) {
    int width = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        bool begins = (c & 0xC0) != 0x80;
        if (begins && width >= CELL) {
            hn_str_put(str, cli->unicode ? "…" : "...");
            return;
        }
        width += begins;
        if (c == '\n')
            hn_str_put(str, "\\n");
        else if (c == '\t')
            hn_str_put(str, "\\t");
        else if (c < ' ' || c == 0x7f)
            hn_str_printf(str, "\\x%02x", c);
        else
            hn_str_put_c(str, (char)c);
    }
}

static hone_status put_cell(hn_grid *grid, const hn_column *column, int64_t row, hn_str *str) {
    hn_str text;
    hn_str_init(&text, grid->cli->ctx, &grid->cli->arena);
    hn_str_clear(str);
    if (hn_column_is_missing(column, row)) {
        hn_str_put(str, "null");
    } else {
        hn_column_print(column, row, &text);
        HN_TRY(hn_str_status(&text));
        put_short(grid->cli, str, text.text, text.length);
    }
    HN_TRY(hn_str_status(str));
    return hn_grid_put(grid, str->text);
}

static bool is_right(hn_type type) { return type == HN_F64 || type == HN_F32 || type == HN_I64; }

/* How many columns, from the first, fit side by side. */
static hone_status count_fitting(hn_cli *cli, const hn_table *table, int64_t n, int32_t *ret_n) {
    hn_str str, text;
    hn_str_init(&str, cli->ctx, &cli->arena);
    hn_str_init(&text, cli->ctx, &cli->arena);
    int room = cli->width;
    int32_t fitting = 0;
    for (; fitting < table->n_columns && fitting < HN_GRID_COLUMNS; fitting++) {
        const hn_column *column = &table->columns[fitting];
        hn_str_clear(&str);
        put_short(cli, &str, column->name, strlen(column->name));
        HN_TRY(hn_str_status(&str));
        int width = hn_text_width(str.text), type = hn_text_width(hn_type_name(column->type));
        if (type > width) width = type;
        for (int64_t i = 0; i < n; i++) {
            hn_str_clear(&text);
            hn_str_clear(&str);
            hn_column_print(column, i, &text);
            HN_TRY(hn_str_status(&text));
            put_short(cli, &str, text.text, text.length);
            HN_TRY(hn_str_status(&str));
            int own = hn_text_width(str.text);
            if (own > width) width = own;
        }
        room -= width + (fitting > 0 ? 2 : 0);
        if (room < 0 && fitting > 0) break;
    }
    *ret_n = fitting;
    return HONE_OK;
}

static hone_status put_others(hn_cli *cli, const hn_table *table, int32_t from) {
    hn_str text;
    hn_str_init(&text, cli->ctx, &cli->arena);
    int32_t others = table->n_columns - from, named = others < 20 ? others : 20;
    for (int32_t j = from; j < from + named; j++)
        hn_str_printf(&text, "%s%s (%s)", j > from ? ", " : "", table->columns[j].name,
                      hn_type_name(table->columns[j].type));
    if (named < others) hn_str_put(&text, ", ...");
    HN_TRY(hn_str_status(&text));
    char *label = hn_arena_printf(cli->ctx, &cli->arena, "%d more", (int)others);
    if (!label) return HONE_ERROR_MEMORY;
    hn_put_fact(cli, label, text.text);
    return hn_str_status(&cli->out);
}

hone_status hn_put_rows(hn_cli *cli, const hn_table *table, int64_t n) {
    if (n > table->n_rows) n = table->n_rows;
    int32_t fitting;
    HN_TRY(count_fitting(cli, table, n, &fitting));
    if (fitting == 0) return HONE_OK;
    hn_grid grid;
    hn_str str;
    char align[HN_GRID_COLUMNS + 1] = {0};
    for (int32_t j = 0; j < fitting; j++) align[j] = is_right(table->columns[j].type) ? 'r' : 'l';
    hn_str_init(&str, cli->ctx, &cli->arena);
    hn_grid_init(&grid, cli, align);
    for (int32_t j = 0; j < fitting; j++) {
        hn_str_clear(&str);
        put_short(cli, &str, table->columns[j].name, strlen(table->columns[j].name));
        HN_TRY(hn_str_status(&str));
        HN_TRY(hn_grid_put(&grid, str.text));
    }
    for (int32_t j = 0; j < fitting; j++)
        HN_TRY(hn_grid_put(&grid, hn_type_name(table->columns[j].type)));
    for (int64_t i = 0; i < n; i++)
        for (int32_t j = 0; j < fitting; j++) HN_TRY(put_cell(&grid, &table->columns[j], i, &str));
    hn_grid_print(&grid, 0, true);
    if (fitting < table->n_columns) HN_TRY(put_others(cli, table, fitting));
    return hn_str_status(&cli->out);
}

/* ---- as JSON -------------------------------------------------------------------------------- */

hone_status hn_put_columns_json(hn_cli *cli, const hn_table *table) {
    hn_str *out = &cli->out;
    hn_str_put_c(out, '[');
    for (int32_t j = 0; j < table->n_columns; j++) {
        hn_str_put(out, j > 0 ? ",{\"name\":" : "{\"name\":");
        hn_json_put_string(out, table->columns[j].name, strlen(table->columns[j].name));
        hn_str_printf(out, ",\"type\":\"%s\"}", hn_type_name(table->columns[j].type));
    }
    hn_str_put_c(out, ']');
    return hn_str_status(out);
}

hone_status hn_put_rows_json(hn_cli *cli, const hn_table *table, int64_t n) {
    hn_str *out = &cli->out;
    if (n > table->n_rows) n = table->n_rows;
    hn_str_put_c(out, '[');
    for (int64_t i = 0; i < n; i++) {
        if (i > 0) hn_str_put_c(out, ',');
        hn_write_json_row(out, table, i);
    }
    hn_str_put_c(out, ']');
    return hn_str_status(out);
}
