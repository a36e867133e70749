/* registry.h - tables kept under names, in a plain folder: NAME/VERSION.arrow holds the rows, types and all,
 * NAME/VERSION.json what they are. A version is the first twelve digits of the table's content hash, so that the same
 * table is the same version wherever it came from, and nothing is ever overwritten by something else. What is
 * kept is read as data://NAME (the version registered last) or data://NAME@VERSION (its first digits will do). */
#ifndef HN_TABLE_REGISTRY_H
#define HN_TABLE_REGISTRY_H

#include "base/json.h"
#include "table/table.h"

enum { HN_VERSION_DIGITS = 12 };
#define HN_REGISTRY_SCHEME "data://"

typedef struct hn_registered {
    const char *name;
    char version[HN_VERSION_DIGITS + 1];
    const char *rows_path, *facts_path;
    int64_t when; /* registered last, nanoseconds since 1970 */
    bool is_new;  /* of hn_registry_keep: it was not there yet */
} hn_registered;

/* folder, or where it is if that is NULL: $HONE_DATA, or hone/data under $XDG_DATA_HOME or ~/.local/share. */
hone_status hn_registry_folder(hone_ctx *ctx, hn_arena *arena, const char *folder,
                               const char **ret_folder) HONE_MUST_CHECK;
/* HONE_ERROR_USAGE unless name can be a table's name. */
hone_status hn_registry_check_name(hone_ctx *ctx, const char *name) HONE_MUST_CHECK;

/* Names that are there, sorted; and the versions of one, the last registered first. None where there is no such
 * folder. All in arena. */
hone_status hn_registry_names(hone_ctx *ctx, hn_arena *arena, const char *folder,
                              const char ***ret_names, int64_t *ret_n) HONE_MUST_CHECK;
hone_status hn_registry_versions(hone_ctx *ctx, hn_arena *arena, const char *folder,
                                 const char *name, hn_registered **ret_versions,
                                 int64_t *ret_n) HONE_MUST_CHECK;
/* "NAME" or "NAME@DIGITS", with or without the scheme. HONE_ERROR_DATA names what there is instead. */
hone_status hn_registry_find(hone_ctx *ctx, hn_arena *arena, const char *folder,
                             const char *reference, hn_registered *ret_found) HONE_MUST_CHECK;

/* Keep table under name; what is there already becomes the last registered. source: for the facts. */
hone_status hn_registry_keep(hone_ctx *ctx, hn_arena *arena, const char *folder, const char *name,
                             const hn_table *table, const char *source,
                             hn_registered *ret_kept) HONE_MUST_CHECK;
/* Its facts, as JSON text in arena; and taking it away. */
hone_status hn_registry_facts(hone_ctx *ctx, hn_arena *arena, const hn_registered *kept,
                              hn_json **ret_facts) HONE_MUST_CHECK;
hone_status hn_registry_remove(hone_ctx *ctx, const hn_registered *kept) HONE_MUST_CHECK;

#endif
