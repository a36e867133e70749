/* verb_data_register.c - a table kept under a name, and what is kept; see table/registry.h. */
#include "cli/tables.h"
#include "table/registry.h"
#include <string.h>

typedef struct register_options {
    const char *name, *data, *registry;
} register_options;

typedef struct list_options {
    const char *name, *registry;
    bool all;
} list_options;

#define REGISTRY(type)                                                                             \
    HN_PARAM(type, registry, .display = "DIR",                                                     \
             .doc = "The registry's folder; if not given $HONE_DATA, or hone/data in the user's "  \
                    "data folder.")

/* ---- keeping -------------------------------------------------------------------------------- */

static const hone_param register_items[] = {
    HN_PARAM(register_options, name, .positional = true, .required = true,
             .doc = "The name: letters, digits, dots, dashes and underscores."),
    HN_PARAM(register_options, data, .positional = true, .display = "TABLE",
             .doc = "A file, a pattern in quotes, or - for standard input."),
    REGISTRY(register_options),
};
static const hn_params register_params = HN_PARAMS(register_options, register_items);

static hone_status say_kept(hn_cli *cli, const hn_registered *e, int64_t n_rows) {
    hn_str *out = &cli->out;
    if (cli->common.json) {
        hn_json *facts;
        HN_TRY(hn_registry_facts(cli->ctx, &cli->arena, e, &facts));
        hn_str_printf(
            out, "{\"name\":\"%s\",\"version\":\"%s\",\"hash\":\"%s\",\"new\":%s,\"rows\":%lld,",
            e->name, e->version, hn_json_text(facts, "hash"), e->is_new ? "true" : "false",
            (long long)n_rows);
        hn_str_put(out, "\"path\":");
        hn_json_put_string(out, e->rows_path, strlen(e->rows_path));
        hn_str_put(out, "}\n");
    } else if (!cli->common.quiet) {
        hn_put_styled(cli, HN_BOLD, HN_REGISTRY_SCHEME);
        hn_put_styled(cli, HN_BOLD, e->name);
        hn_str_printf(out, "@%s: %s, ", e->version, e->is_new ? "kept" : "there already");
        hn_put_count(out, n_rows);
        hn_str_printf(out, " rows, in %s\n", e->rows_path);
    }
    return hn_str_status(out);
}

static hone_status run_register(hn_cli *cli, const void *values) {
    const register_options *o = values;
    const char *folder;
    hn_registered kept;
    hone_table *table;
    HN_TRY(hn_registry_check_name(cli->ctx, o->name));
    HN_TRY(hn_registry_folder(cli->ctx, &cli->arena, o->registry, &folder));
    HN_TRY(hn_data_open_some(cli, o->data, 0, &table));
    hone_status status = hn_registry_keep(cli->ctx, &cli->arena, folder, o->name, &table->view,
                                          table->source, &kept);
    int64_t n_rows = table->view.n_rows;
    hone_table_free(cli->ctx, table);
    HN_TRY(status);
    return say_kept(cli, &kept, n_rows);
}

/* ---- listing -------------------------------------------------------------------------------- */

static const hone_param list_items[] = {
    HN_PARAM(list_options, name, .positional = true,
             .doc = "List the versions of this name alone."),
    REGISTRY(list_options),
};
static const hn_params list_params = HN_PARAMS(list_options, list_items);

static hone_status add_facts(hn_cli *cli, const hn_registered *kept, hn_json_doc *doc,
                             hn_json_mut **ret_facts) {
    hn_json *facts;
    HN_TRY(hn_registry_facts(cli->ctx, &cli->arena, kept, &facts));
    hn_json_mut *copy = yyjson_val_mut_copy(doc, facts);
    if (!copy || !yyjson_mut_obj_add_strcpy(doc, copy, "path", kept->rows_path))
        return HONE_ERROR_MEMORY;
    *ret_facts = copy;
    return HONE_OK;
}

static hone_status add_versions(hn_cli *cli, const char *folder, const char *name, hn_json_doc *doc,
                                hn_json_mut *list) {
    hn_registered *versions;
    int64_t n;
    HN_TRY(hn_registry_versions(cli->ctx, &cli->arena, folder, name, &versions, &n));
    for (int64_t i = 0; i < n; i++) {
        hn_json_mut *facts;
        HN_TRY(add_facts(cli, &versions[i], doc, &facts));
        yyjson_mut_arr_append(list, facts);
    }
    return HONE_OK;
}

static const char *text_at(hn_json_mut *object, const char *key) {
    const char *text = yyjson_mut_get_str(yyjson_mut_obj_get(object, key));
    return text ? text : "";
}

static hone_status put_count(hn_cli *cli, hn_grid *grid, int64_t count) {
    hn_str str;
    hn_str_init(&str, cli->ctx, &cli->arena);
    hn_put_count(&str, count);
    HN_TRY(hn_str_status(&str));
    return hn_grid_put(grid, str.text);
}

static hone_status print_list(hn_cli *cli, hn_json_mut *list) {
    hn_grid grid;
    size_t i, n;
    hn_json_mut *item;
    hn_grid_init(&grid, cli, "llrrl");
    static const char *const head[] = {"name", "version", "rows", "columns", "from"};
    for (int h = 0; h < 5; h++) HN_TRY(hn_grid_put(&grid, head[h]));
    yyjson_mut_arr_foreach(list, i, n, item) {
        HN_TRY(hn_grid_put(&grid, text_at(item, "name")));
        HN_TRY(hn_grid_put(&grid, text_at(item, "version")));
        HN_TRY(put_count(cli, &grid, yyjson_mut_get_int(yyjson_mut_obj_get(item, "rows"))));
        HN_TRY(put_count(cli, &grid,
                         (int64_t)yyjson_mut_arr_size(yyjson_mut_obj_get(item, "columns"))));
        HN_TRY(hn_grid_put(&grid, text_at(item, "source")));
    }
    if (yyjson_mut_arr_size(list) == 0)
        hn_str_put(&cli->out, "nothing is registered here; see 'hone data register --help'\n");
    else
        hn_grid_print(&grid, 0, true);
    return hn_str_status(&cli->out);
}

static hone_status run_list(hn_cli *cli, const void *values) {
    const list_options *o = values;
    const char *folder, **names;
    int64_t n = 1;
    hn_json_doc *doc;
    HN_TRY(hn_registry_folder(cli->ctx, &cli->arena, o->registry, &folder));
    HN_TRY(hn_json_new(cli->ctx, &cli->arena, &doc));
    hn_json_mut *root = yyjson_mut_obj(doc), *list = yyjson_mut_obj_add_arr(doc, root, "tables");
    if (o->name) {
        HN_TRY(add_versions(cli, folder, o->name, doc, list));
    } else {
        HN_TRY(hn_registry_names(cli->ctx, &cli->arena, folder, &names, &n));
        for (int64_t i = 0; i < n; i++) HN_TRY(add_versions(cli, folder, names[i], doc, list));
    }
    return cli->common.json ? hn_out_json(cli, root, true) : print_list(cli, list);
}

/* ---- one of them ----------------------------------------------------------------------------- */

static const hone_param show_items[] = {
    HN_PARAM(list_options, name, .positional = true, .required = true, .display = "NAME[@VERSION]",
             .doc = "The table: its last version, or the one that begins with these digits."),
    REGISTRY(list_options),
};
static const hn_params show_params = HN_PARAMS(list_options, show_items);

static hone_status put_figure(hn_cli *cli, hn_grid *grid, hn_json_mut *column, const char *key) {
    hn_str str;
    hn_json_mut *value = yyjson_mut_obj_get(column, key);
    if (!value) return hn_grid_put(grid, "");
    hn_str_init(&str, cli->ctx, &cli->arena);
    hn_str_printf(&str, "%.6g", yyjson_mut_get_num(value));
    HN_TRY(hn_str_status(&str));
    return hn_grid_put(grid, str.text);
}

static hone_status print_facts(hn_cli *cli, const hn_registered *kept, hn_json_mut *facts) {
    static const char *const figures[] = {"missing", "distinct", "mean", "sd", "min", "max"};
    enum { FIGURES = sizeof figures / sizeof *figures };
    hn_grid grid;
    size_t i, n;
    hn_json_mut *column;
    hn_put_styled(cli, HN_BOLD, HN_REGISTRY_SCHEME);
    hn_put_styled(cli, HN_BOLD, kept->name);
    hn_str_printf(&cli->out, "@%s: ", kept->version);
    hn_put_count(&cli->out, yyjson_mut_get_int(yyjson_mut_obj_get(facts, "rows")));
    hn_str_printf(&cli->out, " rows, from %s\n", text_at(facts, "source"));
    hn_put_fact(cli, "hash", text_at(facts, "hash"));
    hn_put_fact(cli, "rows in", kept->rows_path);
    hn_grid_init(&grid, cli, "llrrrrrr");
    HN_TRY(hn_grid_put(&grid, "column"));
    HN_TRY(hn_grid_put(&grid, "type"));
    for (int k = 0; k < FIGURES; k++) HN_TRY(hn_grid_put(&grid, figures[k]));
    yyjson_mut_arr_foreach(yyjson_mut_obj_get(facts, "columns"), i, n, column) {
        HN_TRY(hn_grid_put(&grid, text_at(column, "name")));
        HN_TRY(hn_grid_put(&grid, text_at(column, "type")));
        for (int k = 0; k < FIGURES; k++) HN_TRY(put_figure(cli, &grid, column, figures[k]));
    }
    hn_grid_print(&grid, 0, true);
    return hn_str_status(&cli->out);
}

static hone_status run_show(hn_cli *cli, const void *values) {
    const list_options *o = values;
    const char *folder;
    hn_registered kept;
    hn_json_doc *doc;
    hn_json_mut *facts;
    HN_TRY(hn_registry_folder(cli->ctx, &cli->arena, o->registry, &folder));
    HN_TRY(hn_registry_find(cli->ctx, &cli->arena, folder, o->name, &kept));
    HN_TRY(hn_json_new(cli->ctx, &cli->arena, &doc));
    HN_TRY(add_facts(cli, &kept, doc, &facts));
    return cli->common.json ? hn_out_json(cli, facts, true) : print_facts(cli, &kept, facts);
}

static const hone_param remove_items[] = {
    HN_PARAM(list_options, name, .positional = true, .required = true, .display = "NAME[@VERSION]",
             .doc = "The table; of one with several versions, which."),
    HN_PARAM(list_options, all, .doc = "Remove all versions of the name."),
    REGISTRY(list_options),
};
static const hn_params remove_params = HN_PARAMS(list_options, remove_items);

static hone_status run_remove(hn_cli *cli, const void *values) {
    const list_options *o = values;
    const char *folder;
    hn_registered one, *gone = &one;
    int64_t n = 1, before = 0;
    HN_TRY(hn_registry_folder(cli->ctx, &cli->arena, o->registry, &folder));
    HN_TRY(hn_registry_find(cli->ctx, &cli->arena, folder, o->name, &one));
    if (o->all) {
        HN_TRY(hn_registry_versions(cli->ctx, &cli->arena, folder, one.name, &gone, &n));
    } else if (!strchr(o->name, '@')) {
        HN_TRY(hn_registry_versions(cli->ctx, &cli->arena, folder, one.name, &gone, &before));
        gone = &one;
    }
    if (before > 1)
        return hn_fail_at(cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = "name"),
                          "'%s' has %lld versions, the last %s@%s; say which to remove, or --all",
                          one.name, (long long)before, one.name, one.version);
    for (int64_t i = 0; i < n; i++) HN_TRY(hn_registry_remove(cli->ctx, &gone[i]));
    if (cli->common.json) {
        hn_str_printf(&cli->out, "{\"name\":\"%s\",\"removed\":[", one.name);
        for (int64_t i = 0; i < n; i++)
            hn_str_printf(&cli->out, "%s\"%s\"", i ? "," : "", gone[i].version);
        hn_str_put(&cli->out, "]}\n");
    } else if (!cli->common.quiet) {
        for (int64_t i = 0; i < n; i++)
            hn_str_printf(&cli->out, "removed %s@%s\n", gone[i].name, gone[i].version);
    }
    return hn_str_status(&cli->out);
}

/* ---- verbs ------------------------------------------------------------------------------------ */

const hn_verb hn_verb_data_register = {
    .name = "data register",
    .summary = "keep a table under a name, its version by its content",
    .doc = "The rows are kept beside their statistics, in a plain folder. The same table is the "
           "same version, "
           "wherever it comes from; another one is a new version. Wherever a file may be named, "
           "data://NAME is the version registered last and data://NAME@VERSION another; models and "
           "recipes keep which it was.",
    .example = "hone data register churn churn.csv\n"
               "hone train data://churn --target Churn\n"
               "hone data sql \"select count(*) from 'data://churn@3f2a'\"",
    .params = &register_params,
    .borrowed = {HN_READING_FLAGS},
    .run = run_register,
};

const hn_verb hn_verb_data_list = {
    .name = "data list",
    .summary = "list the tables that are kept, with their versions",
    .example = "hone data list\n"
               "hone data list churn --json",
    .params = &list_params,
    .run = run_list,
};

const hn_verb hn_verb_data_show = {
    .name = "data show",
    .summary = "show what is kept under a name: rows, columns, statistics",
    .example = "hone data show churn\n"
               "hone data show churn@3f2a --json",
    .params = &show_params,
    .run = run_show,
};

const hn_verb hn_verb_data_remove = {
    .name = "data remove",
    .summary = "take away what is kept under a name",
    .example = "hone data remove churn@3f2a\n"
               "hone data remove churn --all",
    .params = &remove_params,
    .run = run_remove,
};
