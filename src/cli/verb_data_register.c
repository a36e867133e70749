/* verb_data_register.c - a table kept under a name, and what is kept; see registry.h. */
#include "cli/registry.h"
#include "table/profile.h"
#include "table/write.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct register_options {
    const char *name, *data, *registry;
} register_options;

typedef struct list_options {
    const char *name, *registry;
} list_options;

#define REGISTRY(type)                                                                             \
    HN_PARAM(type, registry, .display = "DIR",                                                     \
             .doc = "The registry's folder; by default hone/data in the user's data folder.")

static const hone_param register_items[] = {
    HN_PARAM(register_options, name, .positional = true, .required = true,
             .doc = "The name: letters, digits, dots, dashes and underscores."),
    HN_PARAM(register_options, data, .positional = true, .display = "TABLE",
             .doc = "A file, a pattern in quotes, or - for standard input."),
    REGISTRY(register_options),
};
static const hn_params register_params = HN_PARAMS(register_options, register_items);

static const hone_param list_items[] = {
    HN_PARAM(list_options, name, .positional = true,
             .doc = "List the versions of this name alone."),
    REGISTRY(list_options),
};
static const hn_params list_params = HN_PARAMS(list_options, list_items);

/* ---- folders -------------------------------------------------------------------------------- */

hone_status hn_registry_folder(hn_cli *cli, const char *folder, const char **ret_folder) {
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    *ret_folder = folder;
    if (folder) return HONE_OK;
    if (data && *data)
        *ret_folder = hn_arena_printf(cli->ctx, &cli->arena, "%s/hone/data", data);
    else if (home && *home)
        *ret_folder = hn_arena_printf(cli->ctx, &cli->arena, "%s/.local/share/hone/data", home);
    else
        return hn_fail_at(
            cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = "registry"),
            "hone data: there is no home folder to keep tables in; name a folder with "
            "--registry");
    return *ret_folder ? HONE_OK : HONE_ERROR_MEMORY;
}

static bool is_name(const char *name) {
    if (!*name || *name == '.' || *name == '-') return false;
    for (; *name; name++) {
        bool letter = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z');
        if (!letter && !(*name >= '0' && *name <= '9') && !strchr("._-", *name)) return false;
    }
    return true;
}

static hone_status need_name(hn_cli *cli, const char *name) {
    if (is_name(name)) return HONE_OK;
    return hn_fail_at(
        cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = "name"),
        "'%.100s' is no name for a table: letters, digits, dots, dashes and underscores "
        "make one, the first a letter, a digit or an underscore",
        name);
}

/* The folder and all above it. */
static hone_status make_folders(hn_cli *cli, const char *folder) {
    char *path = hn_arena_strdup(cli->ctx, &cli->arena, folder);
    if (!path) return HONE_ERROR_MEMORY;
    for (char *at = path + 1;; at++) {
        char c = *at;
        if (c && c != '/') continue;
        *at = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            return hn_fail_at(cli->ctx, HONE_ERROR_IO, HN_AT(.file = path),
                              "folder '%s' cannot be made: %s; name another with --registry", path,
                              strerror(errno));
        *at = c;
        if (!c) return HONE_OK;
    }
}

/* ---- keeping -------------------------------------------------------------------------------- */

typedef struct entry {
    const char *name, *rows_path, *facts_path;
    char hash[65], version[HN_VERSION_DIGITS + 1];
    bool is_new;
} entry;

static hone_status write_facts(hn_cli *cli, const entry *e, const hone_table *table) {
    HN_SCRATCH(cli->ctx);
    hn_json_doc *doc;
    hn_column_profile *profiles;
    const hn_table *view = &table->view;
    HN_TRY(hn_json_new(cli->ctx, cli->ctx->scratch, &doc));
    HN_TRY(HN_SCRATCH_NEW(cli->ctx, profiles, (size_t)view->n_columns + 1));
    HN_TRY(hn_profile_table(cli->ctx, view, profiles));
    hn_json_mut *root = yyjson_mut_obj(doc);
    yyjson_mut_obj_add_str(doc, root, "name", e->name);
    yyjson_mut_obj_add_str(doc, root, "version", e->version);
    yyjson_mut_obj_add_str(doc, root, "hash", e->hash);
    yyjson_mut_obj_add_str(doc, root, "source", table->source ? table->source : "");
    yyjson_mut_obj_add_int(doc, root, "rows", view->n_rows);
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, root, "columns");
    for (int32_t j = 0; j < view->n_columns; j++) {
        const hn_column_profile *p = &profiles[j];
        const struct {
            const char *key;
            double value;
        } figures[] = {{"mean", p->mean}, {"sd", p->sd}, {"min", p->min}, {"max", p->max}};
        hn_json_mut *column = yyjson_mut_arr_add_obj(doc, list);
        yyjson_mut_obj_add_str(doc, column, "name", view->columns[j].name);
        yyjson_mut_obj_add_str(doc, column, "type", hn_type_name(view->columns[j].type));
        yyjson_mut_obj_add_int(doc, column, "missing", p->n_missing);
        yyjson_mut_obj_add_int(doc, column, "distinct", p->n_distinct);
        for (int i = 0; i < 4 && hn_type_is_numeric(view->columns[j].type); i++)
            if (isfinite(figures[i].value))
                yyjson_mut_obj_add_real(doc, column, figures[i].key, figures[i].value);
    }
    char *text;
    size_t length;
    HN_TRY(hn_json_write(cli->ctx, cli->ctx->scratch, root, true, &text, &length));
    return hn_write_file(cli->ctx, e->facts_path, text, length);
}

/* The rows first: an entry is there once its facts are. */
static hone_status keep(hn_cli *cli, const char *folder, const hone_table *table, entry *e) {
    HN_TRY(hn_table_hash(cli->ctx, &table->view, e->hash));
    memcpy(e->version, e->hash, HN_VERSION_DIGITS);
    e->rows_path =
        hn_arena_printf(cli->ctx, &cli->arena, "%s/%s/%s.parquet", folder, e->name, e->version);
    e->facts_path =
        hn_arena_printf(cli->ctx, &cli->arena, "%s/%s/%s.json", folder, e->name, e->version);
    if (!e->rows_path || !e->facts_path) return HONE_ERROR_MEMORY;
    e->is_new = !hn_file_exists(e->facts_path);
    if (!e->is_new) return HONE_OK;
    char *own = hn_arena_printf(cli->ctx, &cli->arena, "%s/%s", folder, e->name);
    if (!own) return HONE_ERROR_MEMORY;
    HN_TRY(make_folders(cli, own));
    HN_TRY(hn_write_path(cli->ctx, &table->view, e->rows_path));
    return write_facts(cli, e, table);
}

static hone_status run_register(hn_cli *cli, const void *values) {
    const register_options *o = values;
    const char *folder;
    entry e = {.name = o->name};
    hone_table *table;
    HN_TRY(need_name(cli, o->name));
    HN_TRY(hn_registry_folder(cli, o->registry, &folder));
    HN_TRY(hn_data_open_some(cli, o->data, 0, &table));
    hone_status status = keep(cli, folder, table, &e);
    int64_t n_rows = table->view.n_rows;
    hone_table_free(cli->ctx, table);
    HN_TRY(status);
    hn_str *out = &cli->out;
    if (cli->common.json) {
        hn_str_printf(
            out, "{\"name\":\"%s\",\"version\":\"%s\",\"hash\":\"%s\",\"new\":%s,\"rows\":%lld,",
            e.name, e.version, e.hash, e.is_new ? "true" : "false", (long long)n_rows);
        hn_str_put(out, "\"path\":");
        hn_json_put_string(out, e.rows_path, strlen(e.rows_path));
        hn_str_put(out, "}\n");
    } else if (!cli->common.quiet) {
        hn_put_styled(cli, HN_BOLD, e.name);
        hn_str_printf(out, "@%s: %s, ", e.version, e.is_new ? "kept" : "there already");
        hn_put_count(out, n_rows);
        hn_str_printf(out, " rows, in %s\n", e.rows_path);
    }
    return hn_str_status(out);
}

/* ---- listing -------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names in a folder that end so, without the ending, sorted; none where there is no such folder. */
static hone_status list_folder(hn_cli *cli, const char *folder, const char *ending,
                               const char ***ret_names, int64_t *ret_n) {
    int64_t n = 0, capacity = 0;
    const char **names = NULL;
    hone_status status = HONE_OK;
    DIR *open = opendir(folder);
    for (struct dirent *item; open && status == HONE_OK && (item = readdir(open));) {
        size_t length = strlen(item->d_name), cut = strlen(ending);
        if (item->d_name[0] == '.' || length <= cut) continue;
        if (strcmp(item->d_name + length - cut, ending) != 0) continue;
        if (n == capacity) {
            const char **more;
            capacity = capacity ? 2 * capacity : 16;
            status = HN_NEW(cli->ctx, &cli->arena, more, capacity);
            if (status != HONE_OK) break;
            if (n) memcpy(more, names, (size_t)n * sizeof *more);
            names = more;
        }
        names[n] = hn_arena_strndup(cli->ctx, &cli->arena, item->d_name, length - cut);
        status = names[n++] ? HONE_OK : HONE_ERROR_MEMORY;
    }
    if (open) closedir(open);
    HN_TRY(status);
    if (n) qsort(names, (size_t)n, sizeof *names, by_name);
    *ret_names = names;
    *ret_n = n;
    return HONE_OK;
}

static hone_status add_versions(hn_cli *cli, const char *folder, const char *name, hn_json_doc *doc,
                                hn_json_mut *list) {
    const char **versions;
    int64_t n;
    char *own = hn_arena_printf(cli->ctx, &cli->arena, "%s/%s", folder, name);
    if (!own) return HONE_ERROR_MEMORY;
    HN_TRY(list_folder(cli, own, ".json", &versions, &n));
    for (int64_t i = 0; i < n; i++) {
        char *text, *path = hn_arena_printf(cli->ctx, &cli->arena, "%s/%s.json", own, versions[i]);
        size_t length;
        hn_json *facts;
        if (!path) return HONE_ERROR_MEMORY;
        HN_TRY(hn_read_file(cli->ctx, &cli->arena, path, (size_t)64 << 20, &text, &length));
        HN_TRY(hn_json_read(cli->ctx, &cli->arena, text, length, path, &facts));
        hn_json_mut *copy = yyjson_val_mut_copy(doc, facts);
        char *rows = hn_arena_printf(cli->ctx, &cli->arena, "%s/%s.parquet", own, versions[i]);
        if (!rows || !copy) return HONE_ERROR_MEMORY;
        yyjson_mut_obj_add_str(doc, copy, "path", rows);
        yyjson_mut_arr_append(list, copy);
    }
    return HONE_OK;
}

static const char *text_at(hn_json_mut *object, const char *key) {
    const char *text = yyjson_mut_get_str(yyjson_mut_obj_get(object, key));
    return text ? text : "";
}

static hone_status print_list(hn_cli *cli, hn_json_mut *list) {
    hn_grid grid;
    size_t i, n;
    hn_json_mut *item;
    hn_grid_init(&grid, cli, "llrrl");
    static const char *const head[] = {"name", "version", "rows", "columns", "from"};
    for (int h = 0; h < 5; h++) HN_TRY(hn_grid_put(&grid, head[h]));
    yyjson_mut_arr_foreach(list, i, n, item) {
        hn_str count;
        hn_str_init(&count, cli->ctx, &cli->arena);
        HN_TRY(hn_grid_put(&grid, text_at(item, "name")));
        HN_TRY(hn_grid_put(&grid, text_at(item, "version")));
        hn_put_count(&count, yyjson_mut_get_int(yyjson_mut_obj_get(item, "rows")));
        HN_TRY(hn_str_status(&count));
        HN_TRY(hn_grid_put(&grid, count.text));
        hn_str_clear(&count);
        hn_put_count(&count, (int64_t)yyjson_mut_arr_size(yyjson_mut_obj_get(item, "columns")));
        HN_TRY(hn_grid_put(&grid, count.text));
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
    HN_TRY(hn_registry_folder(cli, o->registry, &folder));
    HN_TRY(hn_json_new(cli->ctx, &cli->arena, &doc));
    hn_json_mut *root = yyjson_mut_obj(doc), *list = yyjson_mut_obj_add_arr(doc, root, "tables");
    if (o->name) {
        HN_TRY(need_name(cli, o->name));
        HN_TRY(add_versions(cli, folder, o->name, doc, list));
    } else {
        HN_TRY(list_folder(cli, folder, "", &names, &n));
        for (int64_t i = 0; i < n; i++) HN_TRY(add_versions(cli, folder, names[i], doc, list));
    }
    return cli->common.json ? hn_out_json(cli, root, true) : print_list(cli, list);
}

const hn_verb hn_verb_data_register = {
    .name = "data register",
    .summary = "keep a table under a name, its version by its content",
    .doc = "The rows are kept as Parquet beside their statistics, in a plain folder. The same "
           "table is "
           "the same version, wherever it comes from; another one is a new version.",
    .example = "hone data register churn churn.csv\n"
               "hone data register churn churn.csv --registry shared/tables --json",
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
