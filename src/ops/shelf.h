/* shelf.h - the models being served, by name; each may be replaced while it is in use. */
#ifndef HN_OPS_SHELF_H
#define HN_OPS_SHELF_H

#include "flow/model.h"
#include "spec/param.h"
#include <pthread.h>

/* A ctx of one compute thread for another thread than parent's, whose allocator and log it shares;
 * what is logged through it and its like comes one at a time. */
void hn_ctx_init_beside(hone_ctx *ctx, hone_ctx *parent);

/* One loaded model. It lives until the last request that took it gives it back. */
typedef struct hn_served {
    hone_model *model;
    hn_arena arena;       /* holds the file's bytes too: were it mapped, whoever cuts the file short
                           * would take the server down */
    const char *describe; /* JSON, as GET /v1/models/NAME answers */
    atomic_int users;     /* requests, and the shelf itself */
} hn_served;

typedef struct hn_shelf_entry {
    char *name; /* file name without .hone */
    char *path;
    int64_t size, modified_ns;
    uint64_t inode;
    hn_served *served;
} hn_shelf_entry;

typedef struct hn_shelf {
    hone_ctx ctx; /* the watcher's, and the starter's before there is one */
    pthread_rwlock_t lock;
    hn_shelf_entry *entries;
    int64_t n;
    hn_texts sources;
    atomic_llong reloads, reload_failures;
} hn_shelf;

/* Load everything that sources (files, folders of *.hone) name. Two files of one name are an error. */
hone_status hn_shelf_open(hone_ctx *ctx, hn_shelf *shelf, const hn_texts *sources) HONE_MUST_CHECK;
void hn_shelf_close(hn_shelf *shelf);
/* Look at the files again: what changed is loaded and takes the old one's place; what cannot be loaded
 * leaves the old one serving and is logged once per change; new files of a folder come in; a file that is
 * gone keeps serving until the server stops. Called by one thread. */
void hn_shelf_refresh(hn_shelf *shelf);

/* By name (NULL: the first). NULL if there is none. Give it back with hn_served_release. */
hn_served *hn_shelf_take(hn_shelf *shelf, const char *name, size_t length);
void hn_served_release(hn_served *served);
/* How many there are that can be taken. */
int64_t hn_shelf_count(hn_shelf *shelf);
/* JSON array of the names, appended. */
void hn_shelf_list(hn_shelf *shelf, hn_str *str);

#endif
