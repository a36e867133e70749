/* read_registered.c - data://NAME and data://NAME@VERSION: what was kept under a name; see registry.h. */
#include "base/os.h"
#include "table/reading.h"
#include "table/registry.h"
#include <string.h>

/* What is read must be what was registered, and is called by the version that was meant, whatever is registered
 * later: lineage and recipes keep it. */
static hone_status accept(hone_ctx *ctx, const hn_registered *found, bool whole,
                          hone_table *table) {
    char hash[65];
    if (whole) {
        HN_TRY(hn_table_hash(ctx, &table->view, hash));
        if (strncmp(hash, found->version, HN_VERSION_DIGITS) != 0)
            return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = found->rows_path),
                              "'%s' no longer holds what was registered as %s@%s; remove it and "
                              "register the table again",
                              found->rows_path, found->name, found->version);
    }
    table->source = hn_arena_printf(ctx, &table->arena, HN_REGISTRY_SCHEME "%s@%s", found->name,
                                    found->version);
    return table->source ? HONE_OK : HONE_ERROR_MEMORY;
}

static hone_status read_registered(hone_ctx *ctx, hn_reader *reader) {
    HN_SCRATCH(ctx);
    const char *folder;
    hn_registered found;
    hone_table *table;
    HN_TRY(hn_registry_folder(ctx, ctx->scratch, NULL, &folder));
    HN_TRY(hn_registry_find(ctx, ctx->scratch, folder, reader->source->path, &found));
    if (!hn_file_exists(found.rows_path))
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = found.rows_path),
                          "the rows of %s@%s are gone: there is no file '%s'; register the table "
                          "again",
                          found.name, found.version, found.rows_path);
    hn_read_options options = {.limit = reader->options->limit};
    HN_TRY(hn_read_path(ctx, found.rows_path, &options, &table));
    hone_status status = accept(ctx, &found, options.limit == 0, table);
    if (status != HONE_OK) {
        hone_table_free(ctx, table);
        return status;
    }
    hone_table_free(ctx, reader->table);
    reader->table = table;
    return HONE_OK;
}

const hn_source_kind hn_source_registered = {
    .name = "registered",
    .title = "registered tables",
    .schemes = (const char *const[]){HN_REGISTRY_SCHEME, NULL},
    .read = read_registered,
};
