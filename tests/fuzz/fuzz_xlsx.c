/* fuzz_xlsx.c - workbooks whose parts are anybody's: a table that hashes, or an error that says so. Bytes that are
 * changed in a zip file mostly make it none; so the file is made here, of parts that the input separates by NUL: the
 * sheet, shared strings, styles, workbook.xml and its relations, the last ones usual where the input has none. */
#include "base/ctx.h"
#include "table/read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PARTS = 5, ROOM = 1 << 20 };

static void require(bool condition, const char *what) {
    if (condition) return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static const char *const names[PARTS] = {"xl/worksheets/sheet1.xml", "xl/sharedStrings.xml",
                                         "xl/styles.xml", "xl/workbook.xml",
                                         "xl/_rels/workbook.xml.rels"};
static const char *const usual[PARTS] = {
    "", "", "", "<workbook><sheets><sheet name=\"S\" r:id=\"r1\"/></sheets></workbook>",
    "<R><Relationship Id=\"r1\" Target=\"worksheets/sheet1.xml\"/></R>"};

typedef struct file {
    uint8_t bytes[ROOM];
    size_t length;
} file;

static void put(file *f, uint64_t value, int n) {
    for (int i = 0; i < n; i++, value >>= 8) f->bytes[f->length++] = (uint8_t)value;
}

static void put_bytes(file *f, const void *bytes, size_t n) {
    memcpy(f->bytes + f->length, bytes, n);
    f->length += n;
}

static uint32_t checksum(hn_slice text) {
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < text.length; i++) {
        crc ^= (uint8_t)text.text[i];
        for (int k = 0; k < 8; k++) crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
    }
    return ~crc;
}

/* What a local header and an entry of the directory have in common. */
static void put_facts(file *f, uint32_t crc, size_t size, size_t name) {
    put(f, 20, 2); /* version, flags, method, time, date */
    put(f, 0, 8);
    put(f, crc, 4);
    put(f, size, 4);
    put(f, size, 4);
    put(f, name, 2);
    put(f, 0, 2);
}

static void make_book(const hn_slice *parts, file *f) {
    size_t at[PARTS];
    uint32_t crc[PARTS];
    int n = 0;
    for (int i = 0; i < PARTS; i++) {
        at[i] = f->length;
        crc[i] = 0;
        if (parts[i].length == 0) continue;
        crc[i] = checksum(parts[i]);
        put(f, 0x04034b50, 4);
        put_facts(f, crc[i], parts[i].length, strlen(names[i]));
        put_bytes(f, names[i], strlen(names[i]));
        put_bytes(f, parts[i].text, parts[i].length);
        n++;
    }
    size_t directory = f->length;
    for (int i = 0; i < PARTS; i++) {
        if (parts[i].length == 0) continue;
        put(f, 0x02014b50, 4);
        put(f, 20, 2);
        put_facts(f, crc[i], parts[i].length, strlen(names[i]));
        put(f, 0, 2 + 2 + 2 + 4); /* comment, disk, attributes */
        put(f, at[i], 4);
        put_bytes(f, names[i], strlen(names[i]));
    }
    size_t end = f->length;
    put(f, 0x06054b50, 4);
    put(f, 0, 4);
    put(f, (uint64_t)n, 2);
    put(f, (uint64_t)n, 2);
    put(f, end - directory, 4);
    put(f, directory, 4);
    put(f, 0, 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static file book;
    hn_slice parts[PARTS] = {{NULL, 0}};
    if (size < 2 || size > ROOM / 2) return -1;
    const char *at = (const char *)data + 1, *end = (const char *)data + size;
    for (int i = 0; i < PARTS; i++) {
        const char *stop = at < end ? memchr(at, '\0', (size_t)(end - at)) : at;
        if (stop == NULL) stop = end;
        parts[i] = stop > at ? (hn_slice){at, (size_t)(stop - at)}
                             : (hn_slice){usual[i], strlen(usual[i])};
        at = stop < end ? stop + 1 : end;
    }
    book.length = 0;
    make_book(parts, &book);
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    require(fd >= 0 && write(fd, book.bytes, book.length) == (ssize_t)book.length, "no file");
    char path[64], hex[65];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    hone_ctx *ctx = hone_ctx_new(&(hone_ctx_options){.threads = 1});
    hn_read_options options = {.format = "xlsx",
                               .header = data[0] & 1 ? "no" : NULL,
                               .skip_rows = data[0] & 2 ? 1 : 0,
                               .limit = data[0] & 4 ? 3 : 0};
    hone_table *table;
    hone_status status = hn_read_path(ctx, path, &options, &table);
    if (status == HONE_OK) {
        require(hn_table_hash(ctx, &table->view, hex) == HONE_OK, "a table without a hash");
        hone_table_free(ctx, table);
    } else {
        require(status == HONE_ERROR_DATA || status == HONE_ERROR_USAGE ||
                    status == HONE_ERROR_MEMORY,
                hone_ctx_error(ctx)->message);
        require(strstr(hone_ctx_error(ctx)->message, "no whole zip file") == NULL,
                "the file is made wrongly here");
    }
    hone_ctx_free(ctx);
    close(fd);
    return 0;
}
