/* fuzz_parquet.c - Parquet files from anyone: a table that hashes, or an error that says so. What is DuckDB's to
 * read is left out. The first byte says how many rows are wanted. */
#include "table/parquet.h"
#include "table/reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void require(bool condition) {
    if (!condition) abort();
}

/* A small file may honestly say that it has billions of equal rows: those are refused. */
static void *resize(void *user, void *old, size_t old_size, size_t size) {
    (void)user, (void)old_size;
    if (size > (size_t)64 << 20) return NULL;
    if (size > 0) return realloc(old, size);
    free(old);
    return NULL;
}

static bool is_ours(hone_ctx *ctx, const uint8_t *data, size_t size) {
    HN_SCRATCH(ctx);
    hn_parquet file;
    return hn_parquet_open(ctx, ctx->scratch, "fuzz", data, (int64_t)size, &file) == HONE_OK &&
           file.beyond == NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) return 0;
    hone_allocator allocator = {.resize = resize};
    hone_ctx_options settings = {.threads = 1, .allocator = &allocator};
    hone_ctx *ctx = hone_ctx_new(&settings);
    if (is_ours(ctx, data + 1, size - 1)) {
        int fd = memfd_create("fuzz", MFD_CLOEXEC);
        char path[64], hex[65];
        require(fd >= 0 && write(fd, data + 1, size - 1) == (ssize_t)size - 1);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        hn_read_options options = {.format = "parquet", .limit = data[0] & 7};
        hone_table *table;
        hone_status status = hn_read_path(ctx, path, &options, &table);
        if (status == HONE_OK) {
            require(hn_table_hash(ctx, &table->view, hex) == HONE_OK);
            hone_table_free(ctx, table);
        } else {
            require(status == HONE_ERROR_DATA || status == HONE_ERROR_MEMORY ||
                    status == HONE_ERROR_UNSUPPORTED);
        }
        close(fd);
    }
    hone_ctx_free(ctx);
    return 0;
}
