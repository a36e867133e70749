/* fuzz_expect.c - expectations from anyone: a list of what is not so, or an error that says what is not understood. */
#include "base/ctx.h"
#include "flow/expectations.h"
#include "fuzz/mutate.h"

#include <hone.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ROWS = 6 };

static void require(bool condition, const char *what) {
    if (condition) return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static hone_status make_table(hone_ctx *ctx, hn_arena *arena, hn_table *ret_table) {
    static const char *const texts[ROWS] = {"red", "green", NULL, "red", "", "a longer one"};
    hn_builder *builders[3];
    hn_table table = {.n_rows = ROWS, .n_columns = 3};
    HN_TRY(HN_NEW(ctx, arena, table.columns, 3));
    HN_TRY(hn_builder_new(ctx, arena, "a", HN_F64, &builders[0]));
    HN_TRY(hn_builder_new(ctx, arena, "b", HN_I64, &builders[1]));
    HN_TRY(hn_builder_new(ctx, arena, "c", HN_CATEGORY, &builders[2]));
    for (int i = 0; i < ROWS; i++) {
        HN_TRY(hn_builder_double(builders[0], i == 2 ? (double)NAN : i / 4.0));
        HN_TRY(hn_builder_int(builders[1], i % 4));
        HN_TRY(texts[i] ? hn_builder_text(builders[2], (hn_slice){texts[i], strlen(texts[i])})
                        : hn_builder_null(builders[2]));
    }
    for (int j = 0; j < 3; j++) HN_TRY(hn_builder_finish(builders[j], &table.columns[j]));
    *ret_table = table;
    return HONE_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    /* Whatever file it names: only such as there are none of. */
    if (memmem(data, size, "/", 1) != NULL) return -1;
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    require(fd >= 0 && write(fd, data, size) == (ssize_t)size, "no file");
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    hone_ctx *ctx = hone_ctx_new(&(hone_ctx_options){.threads = 1});
    hn_arena arena;
    hn_table table;
    hn_json_doc *doc;
    hn_json_mut *list = NULL;
    hn_arena_init(&arena, ctx->allocator);
    require(make_table(ctx, &arena, &table) == HONE_OK, "no table");
    require(hn_json_new(ctx, &arena, &doc) == HONE_OK, "no document");
    hone_status status = hn_expectations_check(ctx, path, &table, doc, &list);
    if (status == HONE_OK) {
        require(list != NULL && yyjson_mut_is_arr(list), "no list");
    } else {
        require(status == HONE_ERROR_DATA || status == HONE_ERROR_USAGE ||
                    status == HONE_ERROR_MEMORY || status == HONE_ERROR_IO,
                hone_ctx_error(ctx)->message);
        require(strlen(hone_ctx_error(ctx)->message) > 10, "refused silently");
    }
    hn_arena_done(&arena);
    hone_ctx_free(ctx);
    close(fd);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
    uint64_t state = seed;
    size_t length =
        mutate_below(&state, 3) ? mutate_json((char *)data, size, max_size, NULL, &state) : 0;
    return length > 0 ? length : LLVMFuzzerMutate(data, size, max_size);
}
