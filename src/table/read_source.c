/* read_source.c - files, patterns and standard input: which format, which compression; see reading.h.
 *
 * The ending of the name decides. Where it says nothing (and for standard input) the first bytes do:
 * PAR1 is Parquet, an opening bracket or brace JSON, everything else CSV. */
#include "table/reading.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static hone_status fail_errno(hone_ctx *ctx, const char *path, int code) {
    hn_where where = HN_AT(.file = path);
    if (code == ENOENT || code == ENOTDIR)
        return hn_fail_at(ctx, HONE_ERROR_DATA, where,
                          "there is no file '%s'; check the name and the folder you are in", path);
    return hn_fail_at(ctx, HONE_ERROR_IO, where, "cannot read '%s': %s", path, strerror(code));
}

/* ---- standard input -------------------------------------------------------------------------- */

/* A file without a name, under $TMPDIR. */
static hone_status open_nameless(hone_ctx *ctx, int *ret_fd) {
    HN_SCRATCH(ctx);
    const char *folder = getenv("TMPDIR");
    if (folder == NULL || folder[0] == '\0') folder = "/tmp";
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) {
        /* Not every file system can do that. */
        char *name = hn_arena_printf(ctx, ctx->scratch, "%s/hone-input-XXXXXX", folder);
        if (name == NULL) return HONE_ERROR_MEMORY;
        fd = mkostemp(name, O_CLOEXEC);
        if (fd >= 0) unlink(name);
    }
    if (fd < 0)
        return hn_fail_at(
            ctx, HONE_ERROR_IO, HN_AT(.file = folder),
            "cannot keep standard input in '%s': %s; point TMPDIR at a folder with room", folder,
            strerror(errno));
    *ret_fd = fd;
    return HONE_OK;
}

static hone_status write_all(hone_ctx *ctx, int fd, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t n = write(fd, bytes, length);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0)
            return hn_fail_at(ctx, HONE_ERROR_IO, HN_AT(.file = "-"),
                              "cannot keep standard input: %s; point TMPDIR at a folder with room",
                              strerror(errno));
        bytes += n;
        length -= (size_t)n;
    }
    return HONE_OK;
}

static hone_status copy_input(hone_ctx *ctx, int to) {
    HN_SCRATCH(ctx);
    enum { ROOM = 1 << 18 };
    char *buffer;
    HN_TRY(HN_SCRATCH_NEW(ctx, buffer, ROOM));
    for (;;) {
        HN_TRY(hn_check_cancel(ctx));
        ssize_t n = read(STDIN_FILENO, buffer, ROOM);
        if (n == 0) return HONE_OK;
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno(ctx, "standard input", errno);
        HN_TRY(write_all(ctx, to, buffer, (size_t)n));
    }
}

/* ---- formats --------------------------------------------------------------------------------- */

static bool ends_with(const char *path, size_t length, const char *ending) {
    size_t n = strlen(ending);
    return length >= n && strncasecmp(path + length - n, ending, n) == 0;
}

static bool format_of_name(const char *path, hn_format *ret_format) {
    static const struct {
        const char *ending;
        hn_format format;
    } endings[] = {
        {".csv", HN_FORMAT_CSV},    {".tsv", HN_FORMAT_CSV},         {".tab", HN_FORMAT_CSV},
        {".txt", HN_FORMAT_CSV},    {".json", HN_FORMAT_JSON},       {".ndjson", HN_FORMAT_JSON},
        {".jsonl", HN_FORMAT_JSON}, {".parquet", HN_FORMAT_PARQUET}, {".pq", HN_FORMAT_PARQUET}};
    size_t length = strlen(path);
    if (ends_with(path, length, ".gz"))
        length -= 3;
    else if (ends_with(path, length, ".zst"))
        length -= 4;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        if (!ends_with(path, length, endings[i].ending)) continue;
        *ret_format = endings[i].format;
        return true;
    }
    return false;
}

static hn_format format_of_bytes(const char *head, size_t length) {
    if (length >= 4 && memcmp(head, "PAR1", 4) == 0) return HN_FORMAT_PARQUET;
    if (length >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0) head += 3, length -= 3;
    while (length && strchr(" \t\r\n", *head) && *head) head++, length--;
    return length && (*head == '{' || *head == '[') ? HN_FORMAT_JSON : HN_FORMAT_CSV;
}

static hone_status choose_format(hone_ctx *ctx, const char *path, const hn_read_options *options,
                                 const char *head, size_t length, hn_source *source) {
    bool gzip = length >= 2 && memcmp(head, "\x1f\x8b", 2) == 0;
    bool zstd = length >= 4 && memcmp(head, "\x28\xb5\x2f\xfd", 4) == 0;
    size_t name = strlen(path);
    gzip |= length == 0 && ends_with(path, name, ".gz");
    zstd |= length == 0 && ends_with(path, name, ".zst");
    source->compression = gzip ? "gzip" : zstd ? "zstd" : "none";
    static const char *const names[] = {"csv", "json", "parquet"};
    if (options->format) {
        for (int i = 0; i < 3; i++) {
            if (strcmp(options->format, names[i]) != 0) continue;
            source->format = (hn_format)i;
            return HONE_OK;
        }
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "format"),
                          "format '%.32s' is none of csv, json, parquet", options->format);
    }
    /* Compressed bytes say nothing; such input without a telling name is CSV. */
    if (!format_of_name(path, &source->format))
        source->format = gzip || zstd ? HN_FORMAT_CSV : format_of_bytes(head, length);
    return HONE_OK;
}

static hone_status choose_encoding(hone_ctx *ctx, const hn_read_options *options, const char *head,
                                   size_t length, hn_source *source) {
    bool marked =
        length >= 2 && (memcmp(head, "\xff\xfe", 2) == 0 || memcmp(head, "\xfe\xff", 2) == 0);
    const char *wanted = options->encoding ? options->encoding : marked ? "utf-16" : "utf-8";
    static const char *const known[] = {"utf-8", "latin-1", "utf-16"};
    for (int i = 0; i < 3; i++)
        if (strcasecmp(wanted, known[i]) == 0) source->encoding = known[i];
    if (source->encoding) return HONE_OK;
    return hn_fail_at(
        ctx, HONE_ERROR_USAGE, HN_AT(.param = "encoding"),
        "encoding '%.32s' is none of utf-8, latin-1, utf-16; convert the file with iconv", wanted);
}

/* ---- opening --------------------------------------------------------------------------------- */

static hone_status open_fd(hone_ctx *ctx, const char *path, hn_source *source) {
    if (strcmp(path, "-") == 0) {
        source->shown = "standard input";
        HN_TRY(open_nameless(ctx, &source->fd));
        HN_TRY(copy_input(ctx, source->fd));
        return HONE_OK;
    }
    source->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (source->fd < 0) return fail_errno(ctx, path, errno);
    struct stat info;
    if (fstat(source->fd, &info) != 0) return fail_errno(ctx, path, errno);
    if (S_ISDIR(info.st_mode))
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = path),
                          "'%s' is a folder; name a file, or all of one kind: '%s/*.csv'", path,
                          path);
    return HONE_OK;
}

static hone_status look(hone_ctx *ctx, const char *path, const hn_read_options *options,
                        hn_source *source) {
    HN_TRY(open_fd(ctx, path, source));
    char head[64];
    ssize_t length = pread(source->fd, head, sizeof head, 0);
    if (length < 0 && errno == ESPIPE) length = 0; /* a pipe: its name must tell */
    if (length < 0) return fail_errno(ctx, source->shown, errno);
    struct stat info;
    if (length == 0 && fstat(source->fd, &info) == 0 && S_ISREG(info.st_mode))
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = source->shown),
                          "%s is empty: there is no header and no row; give a file with data",
                          source->shown);
    HN_TRY(choose_format(ctx, path, options, head, (size_t)length, source));
    return choose_encoding(ctx, options, head, (size_t)length, source);
}

hone_status hn_source_open(hone_ctx *ctx, const char *path, const hn_read_options *options,
                           hn_source *ret_source) {
    hn_source source = {.shown = path, .path = path, .fd = -1, .encoding = NULL};
    struct stat info;
    bool special = strpbrk(path, "*?[") != NULL;
    if (special && stat(path, &info) != 0) {
        source.is_pattern = true;
        HN_TRY(choose_format(ctx, path, options, "", 0, &source));
        HN_TRY(choose_encoding(ctx, options, "", 0, &source));
        *ret_source = source;
        return HONE_OK;
    }
    hone_status status = look(ctx, path, options, &source);
    if (status != HONE_OK) {
        hn_source_done(&source);
        return status;
    }
    if (special || strcmp(path, "-") == 0) {
        /* DuckDB would take the name for a pattern, or there is no name. */
        source.path = hn_arena_printf(ctx, ctx->scratch, "/proc/self/fd/%d", source.fd);
        if (source.path == NULL) {
            hn_source_done(&source);
            return HONE_ERROR_MEMORY;
        }
    } else {
        hn_source_done(&source);
    }
    *ret_source = source;
    return HONE_OK;
}

void hn_source_done(hn_source *source) {
    if (source->fd >= 0) close(source->fd);
    source->fd = -1;
}
