/* Files from anyone, of the kinds that hone parses itself: a table that hashes, or an error that says so. The
 * first byte says which kind, and what is asked for. */
#include "base/ctx.h"
#include "table/reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void require(bool condition) {
    if (!condition) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const formats[] = {"arrow", "npy",    "npz",  "xlsx",
                                          "html",  "sqlite", "json", "arrow"};
    static const char *const tables[] = {NULL, "1", "2", "x"};
    if (size < 2) return 0;
    int64_t width, height;
    if (hn_image_size(data + 1, size - 1, &width, &height)) require(width > 0 && height > 0);
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    require(fd >= 0 && write(fd, data + 1, size - 1) == (ssize_t)size - 1);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    hone_ctx_options settings = {.threads = 1};
    hone_ctx *ctx = hone_ctx_new(&settings);
    const char *format = formats[data[0] & 7];
    hn_read_options options = {.format = format,
                               .table = data[0] & 64 ? tables[data[0] >> 3 & 3] : NULL,
                               .limit = data[0] & 32 ? 3 : 0};
    hone_table *table;
    char hex[65];
    /* JSON is DuckDB's to read, and is looked at before. */
    hn_source source = {.path = path, .shown = path, .compression = "none"};
    bool json = strcmp(format, "json") == 0;
    hone_status status = json ? hn_check_json(ctx, &source, data[0] & 64 ? 16 : 1 << 20)
                              : hn_read_path(ctx, path, &options, &table);
    if (status == HONE_OK && !json) {
        require(hn_table_hash(ctx, &table->view, hex) == HONE_OK);
        hone_table_free(ctx, table);
    } else if (status != HONE_OK) {
        require(status == HONE_ERROR_DATA || status == HONE_ERROR_USAGE ||
                status == HONE_ERROR_UNSUPPORTED || status == HONE_ERROR_MEMORY ||
                status == HONE_ERROR_IO);
    }
    hone_ctx_free(ctx);
    close(fd);
    return 0;
}
