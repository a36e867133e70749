/* source_bytes.c - files without a name: standard input kept, packed bytes unpacked, other encodings in
 * UTF-8; see source.h. Damage is told where it is found, so that half a file is never taken for all. */
#include "table/foreign.h"
#include "base/os.h"
#include "table/source.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROOM = 1 << 18 };

hone_status hn_nameless_open(hone_ctx *ctx, int *ret_fd) {
    const char *folder = hn_temporary_folder();
    int fd = hn_temporary_file();
    if (fd < 0)
        return hn_fail_at(ctx, HONE_ERROR_IO, HN_AT(.file = folder),
                          "cannot keep the input in '%s': %s; point TMPDIR at a folder with room",
                          folder, strerror(errno));
    *ret_fd = fd;
    return HONE_OK;
}

hone_status hn_nameless_write(hone_ctx *ctx, int fd, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t n = write(fd, bytes, length);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0)
            return hn_fail(ctx, HONE_ERROR_IO,
                           "cannot keep the input: %s; point TMPDIR at a folder with room",
                           strerror(errno));
        bytes += n;
        length -= (size_t)n;
    }
    return HONE_OK;
}

/* Up to ROOM bytes of fd; 0 at the end. */
static hone_status take(hone_ctx *ctx, int fd, const char *shown, char *buffer, size_t *ret_n) {
    for (;;) {
        HN_TRY(hn_check_cancel(ctx));
        ssize_t n = read(fd, buffer, ROOM);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0)
            return hn_fail_at(ctx, HONE_ERROR_IO, HN_AT(.file = shown), "cannot read '%s': %s",
                              shown, strerror(errno));
        *ret_n = (size_t)n;
        return HONE_OK;
    }
}

/* What all three do: a new file, filled by one of the functions below, at its beginning. */
typedef hone_status fill_fn(hone_ctx *ctx, int from, const char *how, const char *shown, int to);

static hone_status make(hone_ctx *ctx, fill_fn *fill, int from, const char *how, const char *shown,
                        int *ret_fd) {
    HN_SCRATCH(ctx);
    int fd;
    HN_TRY(hn_nameless_open(ctx, &fd));
    hone_status status = fill(ctx, from, how, shown, fd);
    if (status == HONE_OK && lseek(fd, 0, SEEK_SET) < 0)
        status = hn_fail(ctx, HONE_ERROR_IO, "cannot keep the input: %s", strerror(errno));
    if (status != HONE_OK) {
        close(fd);
        return status;
    }
    *ret_fd = fd;
    return HONE_OK;
}

static hone_status copy(hone_ctx *ctx, int from, const char *how, const char *shown, int to) {
    char *buffer;
    size_t n;
    (void)how;
    HN_TRY(HN_SCRATCH_NEW(ctx, buffer, ROOM));
    for (;;) {
        HN_TRY(take(ctx, from, shown, buffer, &n));
        if (n == 0) return HONE_OK;
        HN_TRY(hn_nameless_write(ctx, to, buffer, n));
    }
}

hone_status hn_nameless_copy(hone_ctx *ctx, int from, const char *shown, int *ret_fd) {
    return make(ctx, copy, from, NULL, shown, ret_fd);
}

/* ---- unpacking ------------------------------------------------------------------------------- */

/* No more than this comes out of a file: 4 GB, or 200 times its size, which tables rarely exceed and
 * bombs by far. */
typedef struct bound {
    int64_t left, size;
} bound;

static bound bound_of(int fd) {
    struct stat info;
    int64_t size = fstat(fd, &info) == 0 ? info.st_size : 0, most = (int64_t)4 << 30;
    if (size > most / 200) most = size < INT64_MAX / 200 ? 200 * size : INT64_MAX;
    return (bound){most, size};
}

static hone_status keep(hone_ctx *ctx, int to, const char *bytes, size_t n, const char *shown,
                        bound *b) {
    b->left -= (int64_t)n;
    if (b->left < 0)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = shown),
                          "%s unpacks to more than 200 times its size, as no table does; unpack it "
                          "yourself if it is one",
                          shown);
    return hn_nameless_write(ctx, to, bytes, n);
}

static hone_status damaged(hone_ctx *ctx, const char *shown, const char *packing, bool cut,
                           const char *why) {
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = shown),
                      "%s: the %s file is %s (%s); fetch or pack it again", shown, packing,
                      cut ? "cut short" : "damaged", why);
}

#define ZLIB(X)                                                                                    \
    X(void *, gzdopen, (int, const char *))                                                        \
    X(int, gzread, (void *, void *, unsigned))                                                     \
    X(const char *, gzerror, (void *, int *))                                                      \
    X(int, gzclose, (void *))
HN_FOREIGN(zlib, ZLIB)
static const hn_foreign zlib_library = {(const char *const[]){"libz.so.1", "libz.so", NULL},
                                        "reading .gz files", "zlib1g", zlib_names};

static hone_status gunzip_into(hone_ctx *ctx, const zlib *z, void *file, const char *shown, int to,
                               bound *b) {
    enum { Z_BUF_ERROR = -5 };
    char *buffer;
    HN_TRY(HN_SCRATCH_NEW(ctx, buffer, ROOM));
    for (;;) {
        HN_TRY(hn_check_cancel(ctx));
        int n = z->gzread(file, buffer, ROOM), code = 0;
        if (n > 0) HN_TRY(keep(ctx, to, buffer, (size_t)n, shown, b));
        if (n == ROOM) continue;
        const char *why = z->gzerror(file, &code);
        if (code < 0) return damaged(ctx, shown, "gzip", code == Z_BUF_ERROR, why);
        if (n <= 0) return HONE_OK;
    }
}

static hone_status gunzip(hone_ctx *ctx, int from, const char *how, const char *shown, int to) {
    zlib z;
    (void)how;
    HN_TRY(hn_foreign_load(ctx, &zlib_library, &z));
    bound b = bound_of(from);
    int copied = dup(from);
    void *file = copied >= 0 ? z.gzdopen(copied, "rb") : NULL;
    if (file == NULL) {
        if (copied >= 0) close(copied);
        return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory to unpack %s", shown);
    }
    hone_status status = gunzip_into(ctx, &z, file, shown, to, &b);
    z.gzclose(file);
    return status;
}

typedef struct zstd_in {
    const void *bytes;
    size_t size, at;
} zstd_in;
typedef struct zstd_out {
    void *bytes;
    size_t size, at;
} zstd_out;
#define ZSTD(X)                                                                                    \
    X(void *, ZSTD_createDStream, (void))                                                          \
    X(size_t, ZSTD_freeDStream, (void *))                                                          \
    X(size_t, ZSTD_decompressStream, (void *, zstd_out *, zstd_in *))                              \
    X(unsigned, ZSTD_isError, (size_t))                                                            \
    X(const char *, ZSTD_getErrorName, (size_t))
HN_FOREIGN(zstd, ZSTD)
static const hn_foreign zstd_library = {(const char *const[]){"libzstd.so.1", "libzstd.so", NULL},
                                        "reading .zst files", "libzstd1", zstd_names};

static hone_status unzstd_into(hone_ctx *ctx, const zstd *z, void *stream, int from,
                               const char *shown, int to) {
    char *packed, *plain;
    HN_TRY(HN_SCRATCH_NEW(ctx, packed, ROOM));
    HN_TRY(HN_SCRATCH_NEW(ctx, plain, ROOM));
    bound b = bound_of(from);
    size_t left = 0; /* 0 between frames */
    for (;;) {
        zstd_in in = {.bytes = packed};
        HN_TRY(take(ctx, from, shown, packed, &in.size));
        if (in.size == 0) break;
        zstd_out out;
        do {
            out = (zstd_out){.bytes = plain, .size = ROOM};
            left = z->ZSTD_decompressStream(stream, &out, &in);
            if (z->ZSTD_isError(left))
                return damaged(ctx, shown, "zstd", false, z->ZSTD_getErrorName(left));
            HN_TRY(keep(ctx, to, plain, out.at, shown, &b));
        } while (in.at < in.size || out.at == out.size);
    }
    return left == 0 ? HONE_OK : damaged(ctx, shown, "zstd", true, "unexpected end of file");
}

static hone_status unzstd(hone_ctx *ctx, int from, const char *how, const char *shown, int to) {
    zstd z;
    (void)how;
    HN_TRY(hn_foreign_load(ctx, &zstd_library, &z));
    void *stream = z.ZSTD_createDStream();
    if (stream == NULL) return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory to unpack %s", shown);
    hone_status status = unzstd_into(ctx, &z, stream, from, shown, to);
    z.ZSTD_freeDStream(stream);
    return status;
}

hone_status hn_nameless_unpack(hone_ctx *ctx, int from, const char *compression, const char *shown,
                               int *ret_fd) {
    return make(ctx, strcmp(compression, "gzip") == 0 ? gunzip : unzstd, from, compression, shown,
                ret_fd);
}

/* ---- encodings ------------------------------------------------------------------------------- */

static hone_status bad_bytes(hone_ctx *ctx, const char *encoding, const char *shown, int64_t line) {
    return hn_fail_at(ctx, HONE_ERROR_DATA, (hn_where){.file = shown, .row = line},
                      "%s, line %lld: not %s; give the encoding that it has", shown,
                      (long long)line, encoding);
}

static hone_status recode_with(hone_ctx *ctx, iconv_t converter, int from, const char *encoding,
                               const char *shown, int to) {
    enum { TAIL = 16 }; /* of a character that began in the bytes before */
    char *bytes, *text;
    HN_TRY(HN_SCRATCH_NEW(ctx, bytes, ROOM + TAIL));
    HN_TRY(HN_SCRATCH_NEW(ctx, text, ROOM));
    int64_t line = 1;
    size_t held = 0;
    bool first = true;
    for (;;) {
        size_t n;
        HN_TRY(take(ctx, from, shown, bytes + held, &n));
        if (n == 0) return held == 0 ? HONE_OK : bad_bytes(ctx, encoding, shown, line);
        char *in = bytes;
        size_t left = held + n;
        bool again = true;
        while (again) {
            char *out = text;
            size_t room = ROOM;
            size_t done = iconv(converter, &in, &left, &out, &room);
            int why = errno;
            again = done == (size_t)-1 && why == E2BIG;
            for (const char *at = text; at < out; at++) line += *at == '\n';
            size_t mark = first && out - text >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
            first = false;
            HN_TRY(hn_nameless_write(ctx, to, text + mark, (size_t)(out - text) - mark));
            if (done == (size_t)-1 && why != E2BIG && (why != EINVAL || left > TAIL))
                return bad_bytes(ctx, encoding, shown, line);
        }
        memmove(bytes, in, left);
        held = left;
    }
}

static hone_status recode(hone_ctx *ctx, int from, const char *encoding, const char *shown,
                          int to) {
    iconv_t converter =
        iconv_open("UTF-8", strcasecmp(encoding, "latin-1") == 0 ? "latin1" : encoding);
    if (converter == (iconv_t)-1)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "encoding"),
                          "encoding '%.32s' is not known; utf-8, utf-16, latin-1 and windows-1252 "
                          "are, and what 'iconv --list' shows",
                          encoding);
    hone_status status = recode_with(ctx, converter, from, encoding, shown, to);
    iconv_close(converter);
    return status;
}

hone_status hn_nameless_recode(hone_ctx *ctx, int from, const char *encoding, const char *shown,
                               int *ret_fd) {
    return make(ctx, recode, from, encoding, shown, ret_fd);
}
