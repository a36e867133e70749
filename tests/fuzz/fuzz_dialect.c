/* The head of a CSV file from anyone: lines give a dialect whose columns have names, all different, or
 * they fail as data. The first byte says what is known beforehand. */
#include "base/ctx.h"
#include "table/dialect.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 256 }; /* lines */

static void require(bool condition) {
    if (!condition) abort();
}

static void check(hone_ctx *ctx, const hn_dialect *dialect) {
    require(dialect->n_columns >= 1);
    require(strlen(dialect->delimiter) >= 1 && strlen(dialect->delimiter) <= 4);
    for (int32_t j = 0; j < dialect->n_columns; j++) {
        require(dialect->names[j] != NULL);
        if (dialect->n_columns > 64) continue; /* all pairs of many would take long */
        for (int32_t i = 0; i < j; i++) require(strcmp(dialect->names[i], dialect->names[j]) != 0);
    }
    (void)ctx;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const delimiters[] = {NULL, NULL, ",", "\t"};
    static const char *const headers[] = {"auto", "yes", "no", NULL};
    if (size < 1) return 0;
    hone_ctx_options options = {.threads = 1};
    hone_ctx *ctx = hone_ctx_new(&options);
    hn_arena arena;
    hn_arena_init(&arena, ctx->allocator);
    hn_dialect_hints hints = {.path = data[0] & 16 ? "x.tsv" : "x.csv",
                              .delimiter = delimiters[data[0] & 3],
                              .header = headers[data[0] >> 2 & 3],
                              .quote = data[0] & 64 ? "'" : NULL,
                              .escape = data[0] & 64 ? "\\" : NULL,
                              .comment = data[0] & 128 ? "#" : NULL,
                              .decimal = data[0] & 128 ? "," : NULL};
    hn_slice lines[MOST];
    int64_t n = 0;
    const char *text = (const char *)data + 1, *end = (const char *)data + size;
    while (text < end && n < MOST) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        if (stop == NULL) stop = end;
        lines[n++] = (hn_slice){text, (size_t)(stop - text)};
        text = stop + 1;
    }
    hn_dialect dialect;
    hone_status status = hn_dialect_find(ctx, &arena, lines, n, data[0] & 32, &hints, &dialect);
    require(status == HONE_OK || status == HONE_ERROR_DATA || status == HONE_ERROR_USAGE);
    if (status == HONE_OK) check(ctx, &dialect);
    hn_arena_done(&arena);
    hone_ctx_free(ctx);
    return 0;
}
