/* data.c - where a verb's table comes from and what it is called; see report.h. */
#include "cli/report.h"
#include "flow/windows.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

hone_status hn_data_source(hn_cli *cli, const char *path, hn_recipe_data *data) {
    const char *verb = cli->verb->name;
    bool sql = hn_args_given(cli, "sql");
    const char *format = hn_source_names[data->format];
    if (path && sql && !hn_source_takes_query(path, format)) {
        return hn_fail_at(
            cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = "sql"),
            "hone %s: both a file and --sql say where rows come from; give one of them", verb);
    }
    /* What is typed takes the place of what a recipe says. */
    if (path) {
        data->path = path;
        if (!sql) data->sql = NULL;
    } else if (sql && data->path && !hn_source_takes_query(data->path, format)) {
        data->path = NULL;
    }
    if (data->path || data->sql) return HONE_OK;
    return hn_fail_at(
        cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = "data"),
        "hone %s: no table is named; give a file, a pattern in quotes, - for standard "
        "input, or --sql",
        verb);
}

hone_status hn_data_read(hn_cli *cli, const hn_recipe *recipe, hone_table **ret_table,
                         double *ret_seconds) {
    double start = hn_seconds();
    HN_TRY(hn_recipe_read_data(cli->ctx, recipe, ret_table));
    *ret_seconds = hn_seconds() - start;
    return HONE_OK;
}

hone_status hn_data_open(hn_cli *cli, const char *path, hone_table **ret_table,
                         double *ret_seconds) {
    return hn_data_open_for(cli, path, NULL, ret_table, ret_seconds);
}

hone_status hn_data_open_for(hn_cli *cli, const char *path, const hone_estimator *kind,
                             hone_table **ret_table, double *ret_seconds) {
    hn_recipe recipe;
    HN_TRY(hn_recipe_init(cli->ctx, &cli->arena, &recipe));
    recipe.model.kind = kind;
    HN_TRY(hn_args_replay(cli, &hn_recipe_data_params, &recipe.data));
    HN_TRY(hn_data_source(cli, path, &recipe.data));
    return hn_data_read(cli, &recipe, ret_table, ret_seconds);
}

static hone_status open_history(hn_cli *cli, const char *path, hone_table **ret_table) {
    hn_recipe recipe;
    HN_TRY(hn_recipe_init(cli->ctx, &cli->arena, &recipe));
    HN_TRY(hn_args_replay(cli, &hn_recipe_data_params, &recipe.data));
    recipe.data.path = path;
    recipe.data.sql = NULL;
    recipe.data.limit = 0;
    return hn_recipe_read_data(cli->ctx, &recipe, ret_table);
}

hone_status hn_data_open_for_model(hn_cli *cli, const char *path, const char *history,
                                   const hone_model *model, hone_table **ret_table,
                                   double *ret_seconds) {
    double start = hn_seconds();
    hone_table *table, *past = NULL, *made = NULL;
    const hone_estimator *kind = hn_pipeline_model(&model->pipeline)->kind;
    HN_TRY(hn_data_open_for(cli, path, kind, &table, ret_seconds));
    hone_status status = history != NULL ? open_history(cli, history, &past) : HONE_OK;
    if (status == HONE_OK) status = hn_windows_for_model(cli->ctx, model, past, table, &made);
    hone_table_free(cli->ctx, past);
    if (status != HONE_OK) {
        hone_table_free(cli->ctx, table);
        return status;
    }
    if (made != NULL) hn_table_keep(made, table);
    *ret_table = made != NULL ? made : table;
    *ret_seconds = hn_seconds() - start;
    return HONE_OK;
}

const char *hn_stem(hn_cli *cli, const char *path, const char *fallback) {
    if (!path || strcmp(path, "-") == 0 || strpbrk(path, "*?[")) return fallback;
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *dot = strchr(name + (*name == '.'), '.');
    size_t length = dot ? (size_t)(dot - name) : strlen(name);
    char *stem = length > 0 ? hn_arena_strndup(cli->ctx, &cli->arena, name, length) : NULL;
    return stem ? stem : fallback;
}

hone_status hn_check_writable(hn_cli *cli, const char *path) {
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;
    char *folder = slash ? hn_arena_strndup(cli->ctx, &cli->arena, path, length > 0 ? length : 1)
                         : hn_arena_strdup(cli->ctx, &cli->arena, ".");
    if (!folder) return HONE_ERROR_MEMORY;
    if (hn_is_directory(path)) {
        return hn_fail_at(cli->ctx, HONE_ERROR_IO, HN_AT(.file = path),
                          "'%s' is a folder; name a file to write", path);
    }
    if (access(folder, W_OK) == 0) return HONE_OK;
    return hn_fail_at(cli->ctx, HONE_ERROR_IO, HN_AT(.file = path),
                      "'%s' cannot be written: folder '%s': %s; choose another place with --output",
                      path, folder, strerror(errno));
}
