/* shelf.c - loading, taking, replacing models. */
#include "ops/shelf.h"
#include <assert.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void forward_log(void *user, hone_log_level level, const char *message) {
    hone_ctx *parent = user;
    pthread_mutex_lock(&parent->forward);
    parent->log(parent->log_user, level, message);
    pthread_mutex_unlock(&parent->forward);
}

void hn_ctx_init_beside(hone_ctx *ctx, hone_ctx *parent) {
    hone_ctx_options options = {.threads = 1,
                                .seed = parent->seed,
                                .allocator = &parent->allocator,
                                .log = parent->log != NULL ? forward_log : NULL,
                                .log_user = parent};
    hn_ctx_init(ctx, &options);
}

/* ---- one model ------------------------------------------------------------------------------- */

void hn_served_release(hn_served *served) {
    if (served == NULL || atomic_fetch_sub(&served->users, 1) != 1) return;
    hn_model_free(served->model);
    hn_arena arena = served->arena;
    hn_arena_done(&arena);
}

static hone_status describe(hone_ctx *ctx, hn_served *served) {
    HN_SCRATCH(ctx);
    hn_json_doc *doc;
    hn_json_mut *object;
    char *text;
    size_t length;
    HN_TRY(hn_json_new(ctx, ctx->scratch, &doc));
    HN_TRY(hn_model_describe(ctx, served->model, ctx->scratch, doc, &object));
    yyjson_mut_obj_add_str(doc, object, "model_hash", served->model->hash);
    HN_TRY(hn_json_write(ctx, &served->arena, object, false, &text, &length));
    served->describe = text;
    return HONE_OK;
}

static hone_status read_model(hone_ctx *ctx, const char *path, hn_served *served) {
    char *bytes;
    size_t length;
    HN_TRY(hn_read_file(ctx, &served->arena, path, 0, &bytes, &length));
    HN_TRY(hn_model_parse(ctx, bytes, length, path, &served->model));
    hn_digest digest;
    hn_digest_init(&digest);
    hn_digest_add(&digest, bytes, length);
    hn_digest_hex(&digest, served->model->hash);
    return describe(ctx, served);
}

static hone_status load(hone_ctx *ctx, const char *path, hn_served **ret_served) {
    hn_arena arena;
    hn_arena_init(&arena, ctx->allocator);
    hn_served *served = hn_arena_alloc(ctx, &arena, 1, sizeof *served);
    if (served == NULL) {
        hn_arena_done(&arena);
        return HONE_ERROR_MEMORY;
    }
    served->arena = arena;
    atomic_init(&served->users, 1);
    hone_status status = read_model(ctx, path, served);
    if (status == HONE_OK)
        *ret_served = served;
    else
        hn_served_release(served);
    return status;
}

/* ---- the shelf ------------------------------------------------------------------------------- */

static bool ends_with_hone(const char *name) {
    size_t length = strlen(name);
    return length > 5 && name[0] != '.' && strcmp(name + length - 5, ".hone") == 0;
}

static const char *file_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static hn_shelf_entry *find(hn_shelf *shelf, const char *name, size_t length) {
    for (int64_t i = 0; i < shelf->n; i++)
        if (strlen(shelf->entries[i].name) == length &&
            memcmp(shelf->entries[i].name, name, length) == 0)
            return &shelf->entries[i];
    return NULL;
}

/* Everything of an entry but its model. */
static hone_status name_entry(hone_ctx *ctx, hn_shelf *shelf, const char *path,
                              hn_shelf_entry *ret_entry) {
    const char *name = file_name(path);
    size_t length = strlen(name) - (ends_with_hone(name) ? 5 : 0);
    hn_shelf_entry *same = find(shelf, name, length), entry = {0};
    if (same != NULL)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.file = path),
                          "'%s' and '%s' would be served under one name; rename one of the files",
                          same->path, path);
    hn_file_stat(path, &entry.size, &entry.modified_ns, &entry.inode);
    entry.name = hn_alloc(&shelf->ctx, length + 1, 1);
    entry.path = hn_alloc(&shelf->ctx, strlen(path) + 1, 1);
    if (entry.name == NULL || entry.path == NULL) {
        hn_free(&shelf->ctx, entry.name);
        hn_free(&shelf->ctx, entry.path);
        return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory loading models");
    }
    memcpy(entry.name, name, length);
    memcpy(entry.path, path, strlen(path));
    *ret_entry = entry;
    return HONE_OK;
}

static void free_entry(hn_shelf *shelf, hn_shelf_entry *entry) {
    hn_served_release(entry->served);
    hn_free(&shelf->ctx, entry->name);
    hn_free(&shelf->ctx, entry->path);
}

static hone_status append(hone_ctx *ctx, hn_shelf *shelf, hn_shelf_entry *entry) {
    size_t n = (size_t)shelf->n;
    pthread_rwlock_wrlock(&shelf->lock);
    hn_shelf_entry *grown = hn_resize(&shelf->ctx, shelf->entries, n, n + 1, sizeof *grown);
    if (grown != NULL) {
        shelf->entries = grown;
        shelf->entries[shelf->n++] = *entry;
    }
    pthread_rwlock_unlock(&shelf->lock);
    if (grown != NULL) return HONE_OK;
    free_entry(shelf, entry);
    return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory loading models");
}

static hone_status add_entry(hone_ctx *ctx, hn_shelf *shelf, const char *path) {
    hn_shelf_entry entry;
    HN_TRY(name_entry(ctx, shelf, path, &entry));
    hone_status status = load(ctx, path, &entry.served);
    if (status != HONE_OK) {
        free_entry(shelf, &entry);
        return status;
    }
    return append(ctx, shelf, &entry);
}

static bool has_path(const hn_shelf *shelf, const char *path) {
    for (int64_t i = 0; i < shelf->n; i++)
        if (strcmp(shelf->entries[i].path, path) == 0) return true;
    return false;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The models of a folder in the order of their names, so that "the first" is always the same. */
static hone_status list_folder(hone_ctx *ctx, const char *folder, hn_texts *ret_paths) {
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return hn_fail_at(ctx, HONE_ERROR_IO, HN_AT(.file = folder), "cannot read the folder '%s'",
                          folder);
    size_t capacity = 0;
    hn_texts paths = {0};
    hone_status status = HONE_OK;
    for (struct dirent *entry; status == HONE_OK && (entry = readdir(dir)) != NULL;) {
        if (!ends_with_hone(entry->d_name)) continue;
        if ((size_t)paths.n == capacity) {
            const char **grown;
            status = HN_NEW(ctx, ctx->scratch, grown, 2 * capacity + 16);
            if (status != HONE_OK) break;
            if (paths.n > 0) memcpy(grown, paths.items, (size_t)paths.n * sizeof *grown);
            paths.items = grown;
            capacity = 2 * capacity + 16;
        }
        paths.items[paths.n] = hn_arena_printf(ctx, ctx->scratch, "%s/%s", folder, entry->d_name);
        if (paths.items[paths.n] == NULL)
            status = HONE_ERROR_MEMORY;
        else
            paths.n++;
    }
    closedir(dir);
    if (status == HONE_OK && paths.n > 0)
        qsort(paths.items, (size_t)paths.n, sizeof *paths.items, by_name);
    *ret_paths = paths;
    return status;
}

static hone_status add_sources(hone_ctx *ctx, hn_shelf *shelf) {
    HN_SCRATCH(ctx);
    for (int64_t i = 0; i < shelf->sources.n; i++) {
        const char *source = shelf->sources.items[i];
        if (!hn_is_directory(source)) {
            HN_TRY(add_entry(ctx, shelf, source));
            continue;
        }
        hn_texts paths;
        HN_TRY(list_folder(ctx, source, &paths));
        for (int64_t k = 0; k < paths.n; k++) HN_TRY(add_entry(ctx, shelf, paths.items[k]));
    }
    if (shelf->n > 0) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "models"),
                      "there is no model to serve; name a .hone file, or a folder that holds some");
}

hone_status hn_shelf_open(hone_ctx *ctx, hn_shelf *shelf, const hn_texts *sources) {
    *shelf = (hn_shelf){.sources = *sources};
    hn_ctx_init_beside(&shelf->ctx, ctx);
    pthread_rwlock_init(&shelf->lock, NULL);
    hone_status status = add_sources(ctx, shelf);
    if (status != HONE_OK) hn_shelf_close(shelf);
    return status;
}

void hn_shelf_close(hn_shelf *shelf) {
    for (int64_t i = 0; i < shelf->n; i++) {
        hn_served *served = shelf->entries[i].served;
        assert((served == NULL || atomic_load(&served->users) == 1) &&
               "a request still holds a model");
        (void)served;
        free_entry(shelf, &shelf->entries[i]);
    }
    hn_free(&shelf->ctx, shelf->entries);
    shelf->entries = NULL;
    shelf->n = 0;
    pthread_rwlock_destroy(&shelf->lock);
    hn_ctx_done(&shelf->ctx);
}

/* ---- refresh --------------------------------------------------------------------------------- */

static void refresh_entry(hn_shelf *shelf, hn_shelf_entry *entry) {
    int64_t size, modified_ns;
    uint64_t inode;
    if (!hn_file_stat(entry->path, &size, &modified_ns, &inode)) return;
    if (size == entry->size && modified_ns == entry->modified_ns && inode == entry->inode) return;
    entry->size = size;
    entry->modified_ns = modified_ns;
    entry->inode = inode;
    hn_served *fresh;
    if (load(&shelf->ctx, entry->path, &fresh) != HONE_OK) {
        atomic_fetch_add(&shelf->reload_failures, 1);
        hn_say(&shelf->ctx, HONE_LOG_WARN,
               "%s: the new file is not served, the old model stays: %s", entry->name,
               shelf->ctx.error.message);
        return;
    }
    pthread_rwlock_wrlock(&shelf->lock);
    hn_served *old = entry->served;
    entry->served = fresh;
    pthread_rwlock_unlock(&shelf->lock);
    hn_served_release(old);
    atomic_fetch_add(&shelf->reloads, 1);
    hn_say(&shelf->ctx, HONE_LOG_INFO, "%s: reloaded", entry->name);
}

/* New files of folders. One that cannot be loaded is kept without a model, so that it is said once and
 * looked at again when it changes. */
static void add_new(hn_shelf *shelf, const char *path) {
    hn_shelf_entry entry;
    if (has_path(shelf, path) || name_entry(&shelf->ctx, shelf, path, &entry) != HONE_OK) return;
    if (load(&shelf->ctx, path, &entry.served) != HONE_OK) {
        entry.served = NULL;
        atomic_fetch_add(&shelf->reload_failures, 1);
        hn_say(&shelf->ctx, HONE_LOG_WARN, "%s: not served: %s", entry.name,
               shelf->ctx.error.message);
    } else {
        hn_say(&shelf->ctx, HONE_LOG_INFO, "%s: now served", entry.name);
    }
    (void)append(&shelf->ctx, shelf, &entry);
}

void hn_shelf_refresh(hn_shelf *shelf) {
    hone_ctx *ctx = &shelf->ctx;
    HN_SCRATCH(ctx);
    for (int64_t i = 0; i < shelf->n; i++) refresh_entry(shelf, &shelf->entries[i]);
    for (int64_t i = 0; i < shelf->sources.n; i++) {
        hn_texts paths;
        if (!hn_is_directory(shelf->sources.items[i])) continue;
        if (list_folder(ctx, shelf->sources.items[i], &paths) != HONE_OK) continue;
        for (int64_t k = 0; k < paths.n; k++) add_new(shelf, paths.items[k]);
    }
}

/* ---- use ------------------------------------------------------------------------------------- */

hn_served *hn_shelf_take(hn_shelf *shelf, const char *name, size_t length) {
    pthread_rwlock_rdlock(&shelf->lock);
    hn_shelf_entry *entry = name == NULL ? shelf->entries : find(shelf, name, length);
    hn_served *served = entry != NULL ? entry->served : NULL;
    if (served != NULL) atomic_fetch_add(&served->users, 1);
    pthread_rwlock_unlock(&shelf->lock);
    return served;
}

int64_t hn_shelf_count(hn_shelf *shelf) {
    int64_t count = 0;
    pthread_rwlock_rdlock(&shelf->lock);
    for (int64_t i = 0; i < shelf->n; i++) count += shelf->entries[i].served != NULL;
    pthread_rwlock_unlock(&shelf->lock);
    return count;
}

void hn_shelf_list(hn_shelf *shelf, hn_str *str) {
    pthread_rwlock_rdlock(&shelf->lock);
    hn_str_put_c(str, '[');
    for (int64_t i = 0, listed = 0; i < shelf->n; i++) {
        if (shelf->entries[i].served == NULL) continue;
        if (listed++ > 0) hn_str_put_c(str, ',');
        hn_json_put_string(str, shelf->entries[i].name, strlen(shelf->entries[i].name));
    }
    hn_str_put_c(str, ']');
    pthread_rwlock_unlock(&shelf->lock);
}
