/* registry.c - see registry.h. */
#include "table/registry.h"
#include "base/os.h"
#include "table/profile.h"
#include "table/write.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- names and folders ----------------------------------------------------------------------- */

hone_status hn_registry_folder(hone_ctx *ctx, hn_arena *arena, const char *folder,
                               const char **ret_folder) {
    const char *own = getenv("HONE_DATA"), *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (!folder && own && *own) folder = own;
    if (folder)
        *ret_folder = hn_arena_strdup(ctx, arena, folder);
    else if (data && *data)
        *ret_folder = hn_arena_printf(ctx, arena, "%s/hone/data", data);
    else if (home && *home)
        *ret_folder = hn_arena_printf(ctx, arena, "%s/.local/share/hone/data", home);
    else
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "registry"),
                          "there is no home folder to keep tables in; name a folder in HONE_DATA, "
                          "or with --registry");
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

hone_status hn_registry_check_name(hone_ctx *ctx, const char *name) {
    if (is_name(name)) return HONE_OK;
    return hn_fail_at(
        ctx, HONE_ERROR_USAGE, HN_AT(.param = "name"),
        "'%.100s' is no name for a table: letters, digits, dots, dashes and underscores "
        "make one, the first a letter, a digit or an underscore",
        name);
}

/* The folder and all above it. */
static hone_status make_folders(hone_ctx *ctx, const char *folder) {
    char *path = hn_arena_strdup(ctx, ctx->scratch, folder);
    if (!path) return HONE_ERROR_MEMORY;
    for (char *at = path + 1;; at++) {
        char c = *at;
        if (c && c != '/') continue;
        *at = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            return hn_fail_at(ctx, HONE_ERROR_IO, HN_AT(.file = path),
                              "folder '%s' cannot be made: %s; name another with --registry", path,
                              strerror(errno));
        *at = c;
        if (!c) return HONE_OK;
    }
}

/* ---- what is there --------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names in a folder that end so, without the ending, sorted; none where there is no such folder. */
static hone_status list_folder(hone_ctx *ctx, hn_arena *arena, const char *folder,
                               const char *ending, const char ***ret_names, int64_t *ret_n) {
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
            status = HN_NEW(ctx, arena, more, capacity);
            if (status != HONE_OK) break;
            if (n) memcpy(more, names, (size_t)n * sizeof *more);
            names = more;
        }
        names[n] = hn_arena_strndup(ctx, arena, item->d_name, length - cut);
        status = names[n++] ? HONE_OK : HONE_ERROR_MEMORY;
    }
    if (open) closedir(open);
    HN_TRY(status);
    if (n) qsort(names, (size_t)n, sizeof *names, by_name);
    *ret_names = names;
    *ret_n = n;
    return HONE_OK;
}

hone_status hn_registry_names(hone_ctx *ctx, hn_arena *arena, const char *folder,
                              const char ***ret_names, int64_t *ret_n) {
    return list_folder(ctx, arena, folder, "", ret_names, ret_n);
}

static hone_status make_entry(hone_ctx *ctx, hn_arena *arena, const char *folder, const char *name,
                              const char *version, hn_registered *ret) {
    *ret = (hn_registered){.name = hn_arena_strdup(ctx, arena, name)};
    hn_copy_text(ret->version, sizeof ret->version, version);
    ret->rows_path = hn_arena_printf(ctx, arena, "%s/%s/%s.arrow", folder, name, ret->version);
    ret->facts_path = hn_arena_printf(ctx, arena, "%s/%s/%s.json", folder, name, ret->version);
    if (!ret->name || !ret->rows_path || !ret->facts_path) return HONE_ERROR_MEMORY;
    hn_file_stat(ret->facts_path, NULL, &ret->when, NULL);
    return HONE_OK;
}

/* The last first; of the same moment in the order of their digits. */
static int by_when(const void *a, const void *b) {
    const hn_registered *x = a, *y = b;
    if (x->when != y->when) return x->when > y->when ? -1 : 1;
    return strcmp(x->version, y->version);
}

static bool is_version(const char *text) {
    return strlen(text) == HN_VERSION_DIGITS &&
           strspn(text, "0123456789abcdef") == HN_VERSION_DIGITS;
}

hone_status hn_registry_versions(hone_ctx *ctx, hn_arena *arena, const char *folder,
                                 const char *name, hn_registered **ret_versions, int64_t *ret_n) {
    const char **versions;
    hn_registered *found;
    int64_t n, kept = 0;
    HN_TRY(hn_registry_check_name(ctx, name));
    char *own = hn_arena_printf(ctx, arena, "%s/%s", folder, name);
    if (!own) return HONE_ERROR_MEMORY;
    HN_TRY(list_folder(ctx, arena, own, ".json", &versions, &n));
    HN_TRY(HN_NEW(ctx, arena, found, n + 1));
    for (int64_t i = 0; i < n; i++)
        if (is_version(versions[i]))
            HN_TRY(make_entry(ctx, arena, folder, name, versions[i], &found[kept++]));
    if (kept) qsort(found, (size_t)kept, sizeof *found, by_when);
    *ret_versions = found;
    *ret_n = kept;
    return HONE_OK;
}

static hone_status no_such_name(hone_ctx *ctx, const char *folder, const char *name) {
    const char **names;
    int64_t n;
    HN_TRY(hn_registry_names(ctx, ctx->scratch, folder, &names, &n));
    const char *near = n > 0 ? hn_nearest(name, names, (int)n) : NULL;
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = name),
                      "no table is registered as '%.100s' in %s%s%s%s; 'hone data list' tells what "
                      "there is, 'hone data register NAME TABLE' keeps one",
                      name, folder, near ? "; did you mean '" : "", near ? near : "",
                      near ? "'?" : "");
}

/* All of them, for an error. */
static hone_status no_such_version(hone_ctx *ctx, const char *name, const char *digits,
                                   const hn_registered *versions, int64_t n, bool several) {
    hn_str list;
    hn_str_init(&list, ctx, ctx->scratch);
    for (int64_t i = 0; i < n && i < 10; i++)
        hn_str_printf(&list, "%s%s", i ? ", " : "", versions[i].version);
    if (n > 10) hn_str_put(&list, ", ...");
    HN_TRY(hn_str_status(&list));
    return hn_fail_at(
        ctx, HONE_ERROR_DATA, HN_AT(.file = name),
        several ? "several versions of '%s' begin with %.20s (it has %s); give more digits"
                : "'%s' has no version %.20s; it has %s",
        name, digits, list.text);
}

hone_status hn_registry_find(hone_ctx *ctx, hn_arena *arena, const char *folder,
                             const char *reference, hn_registered *ret_found) {
    HN_SCRATCH(ctx);
    size_t scheme = strlen(HN_REGISTRY_SCHEME);
    if (strncmp(reference, HN_REGISTRY_SCHEME, scheme) == 0) reference += scheme;
    const char *mark = strchr(reference, '@'), *digits = mark ? mark + 1 : "";
    hn_registered *versions;
    int64_t n, at = -1, count = 0;
    char *name = hn_arena_strndup(ctx, ctx->scratch, reference,
                                  mark ? (size_t)(mark - reference) : strlen(reference));
    if (!name) return HONE_ERROR_MEMORY;
    if (mark && !*digits)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.file = name),
                          "'%.100s' names no version behind its @; leave the @ out for the last",
                          reference);
    HN_TRY(hn_registry_versions(ctx, arena, folder, name, &versions, &n));
    if (n == 0) return no_such_name(ctx, folder, name);
    for (int64_t i = 0; i < n; i++) {
        if (strncmp(versions[i].version, digits, strlen(digits)) != 0) continue;
        if (count++ == 0) at = i;
    }
    if (at < 0 || (mark && count > 1))
        return no_such_version(ctx, name, digits, versions, n, count > 1);
    *ret_found = versions[at];
    return HONE_OK;
}

/* ---- keeping --------------------------------------------------------------------------------- */

static hone_status write_facts(hone_ctx *ctx, const hn_registered *e, const char *hash,
                               const hn_table *view, const char *source) {
    HN_SCRATCH(ctx);
    hn_json_doc *doc;
    hn_column_profile *profiles;
    HN_TRY(hn_json_new(ctx, ctx->scratch, &doc));
    HN_TRY(HN_SCRATCH_NEW(ctx, profiles, (size_t)view->n_columns + 1));
    HN_TRY(hn_profile_table(ctx, view, profiles));
    hn_json_mut *root = yyjson_mut_obj(doc);
    yyjson_mut_obj_add_str(doc, root, "name", e->name);
    yyjson_mut_obj_add_str(doc, root, "version", e->version);
    yyjson_mut_obj_add_str(doc, root, "hash", hash);
    yyjson_mut_obj_add_str(doc, root, "source", source ? source : "");
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
    HN_TRY(hn_json_write(ctx, ctx->scratch, root, true, &text, &length));
    return hn_write_file(ctx, e->facts_path, text, length);
}

hone_status hn_registry_keep(hone_ctx *ctx, hn_arena *arena, const char *folder, const char *name,
                             const hn_table *table, const char *source, hn_registered *ret_kept) {
    HN_SCRATCH(ctx);
    char hash[65], version[HN_VERSION_DIGITS + 1] = {0};
    hn_registered e;
    HN_TRY(hn_registry_check_name(ctx, name));
    HN_TRY(hn_table_hash(ctx, table, hash));
    memcpy(version, hash, HN_VERSION_DIGITS);
    HN_TRY(make_entry(ctx, arena, folder, name, version, &e));
    e.is_new = !hn_file_exists(e.facts_path);
    if (e.is_new) {
        char *own = hn_arena_printf(ctx, ctx->scratch, "%s/%s", folder, name);
        if (!own) return HONE_ERROR_MEMORY;
        HN_TRY(make_folders(ctx, own));
        /* The rows first: an entry is there once its facts are. */
        HN_TRY(hn_write_path(ctx, table, e.rows_path));
        HN_TRY(write_facts(ctx, &e, hash, table, source));
    } else if (utimensat(AT_FDCWD, e.facts_path, NULL, 0) != 0) {
        return hn_fail_at(ctx, HONE_ERROR_IO, HN_AT(.file = e.facts_path),
                          "'%s' cannot be written: %s", e.facts_path, strerror(errno));
    }
    *ret_kept = e;
    return HONE_OK;
}

hone_status hn_registry_facts(hone_ctx *ctx, hn_arena *arena, const hn_registered *kept,
                              hn_json **ret_facts) {
    char *text;
    size_t length;
    HN_TRY(hn_read_file(ctx, arena, kept->facts_path, (size_t)64 << 20, &text, &length));
    return hn_json_read(ctx, arena, text, length, kept->facts_path, ret_facts);
}

hone_status hn_registry_remove(hone_ctx *ctx, const hn_registered *kept) {
    HN_SCRATCH(ctx);
    /* The facts first: what has none is not there. */
    if (unlink(kept->facts_path) != 0 || (unlink(kept->rows_path) != 0 && errno != ENOENT))
        return hn_fail_at(ctx, HONE_ERROR_IO, HN_AT(.file = kept->facts_path),
                          "%s@%s cannot be removed: %s", kept->name, kept->version,
                          strerror(errno));
    const char *end = strrchr(kept->facts_path, '/');
    char *own =
        hn_arena_strndup(ctx, ctx->scratch, kept->facts_path, (size_t)(end - kept->facts_path));
    if (!own) return HONE_ERROR_MEMORY;
    (void)rmdir(own); /* if it was the last */
    return HONE_OK;
}
