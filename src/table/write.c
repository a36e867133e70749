/* write.c - which format, and the file; see write.h. */
#include "table/writing.h"

#include <string.h>
#include <strings.h>

static const hn_writer_format *const formats[] = {
    &hn_write_csv,        &hn_write_tsv,          &hn_write_ndjson,  &hn_write_json,
    &hn_write_arrow_file, &hn_write_arrow_stream, &hn_write_parquet,
};
enum { N_FORMATS = sizeof formats / sizeof *formats };

/* Whether the first length characters of path end so. */
static bool ends_in(const char *path, size_t length, const char *ending) {
    size_t n = strlen(ending);
    return length >= n && strncasecmp(path + length - n, ending, n) == 0;
}

static hone_status choose_format(hone_ctx *ctx, const char *path,
                                 const hn_writer_format **ret_format, hn_packing *ret_packing) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t length = strlen(path);
    *ret_packing = HN_PACK_NONE;
    *ret_format = &hn_write_csv;
    if (strchr(name, '.') == NULL || strncmp(path, "/dev/", 5) == 0) return HONE_OK;
    if (ends_in(path, length, ".gz")) *ret_packing = HN_PACK_GZIP;
    if (ends_in(path, length, ".zst")) *ret_packing = HN_PACK_ZSTD;
    if (*ret_packing) length -= *ret_packing == HN_PACK_GZIP ? 3 : 4;
    for (int i = 0; i < N_FORMATS; i++) {
        for (const char *const *ending = formats[i]->endings; *ending; ending++) {
            if (!ends_in(path, length, *ending)) continue;
            *ret_format = formats[i];
            if (*ret_packing == HN_PACK_NONE || formats[i]->is_text) return HONE_OK;
            return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.file = path),
                              "'%s': %s files are not compressed as a whole; leave out the last "
                              "ending",
                              path, *ending + 1);
        }
    }
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.file = path),
                      "cannot tell the format to write from '%s'; end the name in .csv, .tsv, "
                      ".ndjson, .json (each also with .gz or .zst), .parquet, .arrow or .arrows",
                      path);
}

/* ---- bytes ----------------------------------------------------------------------------------- */

static hone_status emit(hone_ctx *ctx, void *arg, const void *bytes, size_t length) {
    hn_writer *writer = arg;
    return hn_outfile_write(ctx, &writer->file, bytes, length);
}

hone_status hn_writer_bytes(hone_ctx *ctx, hn_writer *writer, const void *bytes, size_t length) {
    if (length == 0) return HONE_OK;
    writer->at += (int64_t)length;
    if (writer->deflater) return hn_deflater_put(ctx, writer->deflater, bytes, length, false);
    return hn_outfile_write(ctx, &writer->file, bytes, length);
}

/* ---- the writer ------------------------------------------------------------------------------ */

static hone_status begin(hone_ctx *ctx, hn_writer *writer, const char *path,
                         const hn_table *schema) {
    hn_packing packing;
    HN_TRY(hn_table_require_dense(ctx, schema));
    HN_TRY(choose_format(ctx, path, &writer->format, &packing));
    HN_TRY(hn_table_schema(ctx, &writer->arena, schema, &writer->schema));
    HN_TRY(hn_outfile_open(ctx, &writer->file, path));
    if (packing) HN_TRY(hn_deflater_new(ctx, packing, emit, writer, &writer->deflater));
    return writer->format->begin(ctx, writer);
}

hone_status hn_writer_open(hone_ctx *ctx, const char *path, const hn_table *schema,
                           hn_writer **ret_writer) {
    hn_writer *writer = hn_alloc(ctx, 1, sizeof *writer);
    if (writer == NULL) return HONE_ERROR_MEMORY;
    writer->file = HN_OUTFILE_CLOSED;
    hn_arena_init(&writer->arena, ctx->allocator);
    if (strcmp(path, "-") == 0) path = "/dev/stdout";
    hone_status status = begin(ctx, writer, path, schema);
    if (status != HONE_OK) {
        hn_writer_abandon(ctx, writer);
        return status;
    }
    *ret_writer = writer;
    return HONE_OK;
}

hone_status hn_writer_put(hone_ctx *ctx, hn_writer *writer, const hn_table *table) {
    HN_TRY(hn_table_require_dense(ctx, table));
    HN_TRY(writer->format->put(ctx, writer, table));
    writer->n_rows += table->n_rows;
    return HONE_OK;
}

hone_status hn_writer_close(hone_ctx *ctx, hn_writer *writer) {
    hone_status status = writer->format->end(ctx, writer);
    if (status == HONE_OK && writer->deflater)
        status = hn_deflater_put(ctx, writer->deflater, NULL, 0, true);
    if (status == HONE_OK) status = hn_outfile_commit(ctx, &writer->file);
    hn_writer_abandon(ctx, writer);
    return status;
}

void hn_writer_abandon(hone_ctx *ctx, hn_writer *writer) {
    if (writer == NULL) return;
    hn_outfile_abandon(&writer->file);
    hn_deflater_free(ctx, writer->deflater);
    hn_arena_done(&writer->arena);
    hn_free(ctx, writer);
}

hone_status hn_write_path(hone_ctx *ctx, const hn_table *table, const char *path) {
    hn_writer *writer;
    HN_TRY(hn_writer_open(ctx, path, table, &writer));
    hone_status status = hn_writer_put(ctx, writer, table);
    if (status == HONE_OK) return hn_writer_close(ctx, writer);
    hn_writer_abandon(ctx, writer);
    return status;
}
