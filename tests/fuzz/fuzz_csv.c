/* fuzz_csv.c - CSV text from anyone: its rows are the same wherever the border between two blocks lies and whichever of
 * the ways finds them, and what is read is a table that hashes and keeps to its limit, or an error that says so. Four
 * bytes steer. */
#include "base/ctx.h"
#include "table/csv_scan.h"
#include "table/read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void require(bool condition, const char *what) {
    if (condition) return;
    fprintf(stderr, "%s\n", what);
    abort();
}

/* ---- rows ------------------------------------------------------------------------------------ */

typedef struct row_list {
    hn_slice *fields;
    int64_t n, room;
    hn_csv_fault fault;
    size_t fault_at, end;
} row_list;

static void add_block(hone_ctx *ctx, const hn_csv_text *text, size_t from, size_t to,
                      row_list *rows) {
    hn_csv_block block = {.from = from, .to = to};
    int64_t columns = text->dialect->n_columns;
    require(hn_csv_scan(ctx, text, &block) == HONE_OK, "out of memory");
    require(block.end >= from && block.end <= text->length, "a block ends nowhere");
    for (int64_t i = 0; i < block.n_rows * columns; i++) {
        const hn_csv_field *f = &block.fields[i];
        size_t begin = from + f->begin, length = f->length & ~HN_CSV_ESCAPED;
        require(begin + length <= block.end, "a field leaves its block");
        if (rows->n == rows->room) {
            rows->room = 2 * rows->room + 64;
            rows->fields = realloc(rows->fields, (size_t)rows->room * sizeof *rows->fields);
            require(rows->fields != NULL, "out of memory");
        }
        rows->fields[rows->n++] = (hn_slice){text->bytes + begin, length};
    }
    rows->fault = block.fault;
    rows->fault_at = block.fault ? block.fault_at : 0;
    rows->end = block.end;
    hn_free(ctx, block.fields);
}

static void require_same(const row_list *a, const row_list *b, const char *what) {
    require(a->n == b->n && a->fault == b->fault && a->fault_at == b->fault_at && a->end == b->end,
            what);
    for (int64_t i = 0; i < a->n; i++)
        require(a->fields[i].text == b->fields[i].text &&
                    a->fields[i].length == b->fields[i].length,
                what);
}

static void scan_alike(hone_ctx *ctx, const char *bytes, size_t length, const uint8_t *steer) {
    static const char *const delimiters[] = {",", ";", "\t", "::"};
    hn_dialect dialect = {.n_columns = 1 + steer[0] % 5};
    strcpy(dialect.delimiter, delimiters[steer[1] & 3]);
    dialect.quote = steer[1] & 4 ? '\'' : steer[1] & 8 ? '\0' : '"';
    dialect.escape = !dialect.quote ? '\0' : steer[1] & 16 ? '\\' : dialect.quote;
    dialect.comment = steer[1] & 32 ? '#' : '\0';
    hn_csv_text text;
    hn_csv_text_init(&text, bytes, length, &dialect);
    row_list whole = {0}, parts = {0}, slow = {0};
    add_block(ctx, &text, 0, length, &whole);
    /* Cut in two. */
    size_t border = length ? (size_t)(steer[2] | steer[3] << 8) % (length + 1) : 0;
    add_block(ctx, &text, 0, border, &parts);
    if (!parts.fault) add_block(ctx, &text, parts.end, length, &parts);
    require_same(&whole, &parts, "a border changes the rows");
    /* A comment that never comes bars the short way. */
    if (!dialect.comment && memchr(bytes, 1, length) == NULL) {
        dialect.comment = 1;
        hn_csv_text_init(&text, bytes, length, &dialect);
        add_block(ctx, &text, 0, length, &slow);
        require_same(&whole, &slow, "the short way finds other rows");
    }
    free(whole.fields);
    free(parts.fields);
    free(slow.fields);
}

/* ---- tables ---------------------------------------------------------------------------------- */

static hone_status read_once(hone_ctx *ctx, const char *path, const hn_read_options *options,
                             int64_t *ret_rows) {
    hone_table *table;
    char hex[65];
    hone_status status = hn_read_path(ctx, path, options, &table);
    if (status != HONE_OK) return status;
    *ret_rows = table->view.n_rows;
    require(hn_table_hash(ctx, &table->view, hex) == HONE_OK, "a table without a hash");
    hone_table_free(ctx, table);
    return HONE_OK;
}

static void read_whole(hone_ctx *ctx, const char *bytes, size_t length, const uint8_t *steer) {
    static const char *const encodings[] = {NULL, "utf-8", "latin-1", "utf-16"};
    static const char *const headers[] = {"auto", "yes", "no", NULL};
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    require(fd >= 0 && write(fd, bytes, length) == (ssize_t)length, "no file");
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    hn_read_options options = {.format = "csv",
                               .delimiter = steer[0] & 128   ? "none"
                                            : steer[1] & 128 ? "|"
                                                             : NULL,
                               .header = headers[steer[1] >> 5 & 3],
                               .quote = steer[1] & 4 ? "'" : NULL,
                               .escape = steer[1] & 16 ? "\\" : NULL,
                               .comment = steer[1] & 32 ? "#" : NULL,
                               .decimal = steer[0] & 64 ? "," : NULL,
                               .skip_rows = steer[0] & 32 ? 2 : 0,
                               .encoding = encodings[steer[0] >> 3 & 3]};
    int64_t rows = 0, fewer = 0;
    hone_status status = read_once(ctx, path, &options, &rows);
    require(status == HONE_OK || status == HONE_ERROR_DATA || status == HONE_ERROR_USAGE ||
                status == HONE_ERROR_MEMORY,
            hone_ctx_error(ctx)->message);
    require(status == HONE_OK || strlen(hone_ctx_error(ctx)->message) > 10, "refused silently");
    options.limit = 1 + steer[3] % 4;
    if (status == HONE_OK) {
        require(read_once(ctx, path, &options, &fewer) == HONE_OK, "refused with a limit");
        require(fewer == (rows < options.limit ? rows : options.limit), "a limit that is none");
    }
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 5) return -1;
    hone_ctx *ctx = hone_ctx_new(&(hone_ctx_options){.threads = 1});
    size_t length = size - 4;
    char *bytes = malloc(length); /* so that reading beyond its end is seen */
    require(bytes != NULL, "out of memory");
    memcpy(bytes, data + 4, length);
    scan_alike(ctx, bytes, length, data);
    read_whole(ctx, bytes, length, data);
    free(bytes);
    hone_ctx_free(ctx);
    return 0;
}
