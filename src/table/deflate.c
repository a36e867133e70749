/* deflate.c - see deflate.h. Of libzstd the few functions in use are declared here: its header is not needed. */
#include "table/deflate.h"

#include "base/os.h"

#include <dlfcn.h>
#include <string.h>
#include <zlib.h>

enum { PIECE = 1 << 16 };
enum { LEVEL = 3 }; /* of Zstandard: its own default */

/* As in zstd.h, whose structures are part of its stable interface. */
typedef struct zstd_in {
    const void *bytes;
    size_t size, at;
} zstd_in;
typedef struct zstd_out {
    void *bytes;
    size_t size, at;
} zstd_out;
enum { ZSTD_CONTINUE = 0, ZSTD_END = 2, ZSTD_LEVEL = 100 };

typedef struct zstd {
    void *(*createCCtx)(void);
    size_t (*freeCCtx)(void *context);
    size_t (*CCtx_setParameter)(void *context, int parameter, int value);
    size_t (*compressStream2)(void *context, zstd_out *out, zstd_in *in, int directive);
    size_t (*compress)(void *out, size_t capacity, const void *in, size_t size, int level);
    size_t (*compressBound)(size_t size);
    unsigned (*isError)(size_t code);
} zstd;

typedef struct gzip {
    int (*deflateInit2_)(z_streamp, int, int, int, int, int, const char *, int);
    int (*deflate)(z_streamp, int);
    int (*deflateEnd)(z_streamp);
} gzip;

struct hn_deflater {
    hn_packing packing;
    hn_emit_fn *emit;
    void *arg;
    zstd zstd;
    void *context;
    gzip gzip;
    z_stream stream;
    bool is_open;
    unsigned char piece[PIECE];
};

/* ---- loading --------------------------------------------------------------------------------- */

typedef struct symbol {
    const char *name;
    size_t offset;
} symbol;

static hone_status load(hone_ctx *ctx, const char *const *candidates, const symbol *symbols,
                        size_t n, void *ret_functions) {
    void *handle;
    HN_TRY(hn_load_library(ctx, candidates, &handle));
    for (size_t i = 0; i < n; i++) {
        void *function = dlsym(handle, symbols[i].name);
        if (function == NULL)
            return hn_fail(ctx, HONE_ERROR_UNSUPPORTED,
                           "%s has no function %s; install a newer one", candidates[0],
                           symbols[i].name);
        memcpy((char *)ret_functions + symbols[i].offset, &function, sizeof function);
    }
    return HONE_OK;
}

static hone_status load_zstd(hone_ctx *ctx, zstd *ret_zstd) {
    static const char *const candidates[] = {"libzstd.so.1", "libzstd.so", NULL};
#define X(name)                                                                                    \
    { "ZSTD_" #name, offsetof(zstd, name) }
    static const symbol symbols[] = {X(createCCtx),      X(freeCCtx), X(CCtx_setParameter),
                                     X(compressStream2), X(compress), X(compressBound),
                                     X(isError)};
#undef X
    return load(ctx, candidates, symbols, sizeof symbols / sizeof *symbols, ret_zstd);
}

static hone_status load_gzip(hone_ctx *ctx, gzip *ret_gzip) {
    static const char *const candidates[] = {"libz.so.1", "libz.so", NULL};
#define X(name)                                                                                    \
    { #name, offsetof(gzip, name) }
    static const symbol symbols[] = {X(deflateInit2_), X(deflate), X(deflateEnd)};
#undef X
    return load(ctx, candidates, symbols, sizeof symbols / sizeof *symbols, ret_gzip);
}

/* ---- streams --------------------------------------------------------------------------------- */

static hone_status open_stream(hone_ctx *ctx, hn_deflater *d) {
    if (d->packing == HN_PACK_ZSTD) {
        HN_TRY(load_zstd(ctx, &d->zstd));
        d->context = d->zstd.createCCtx();
        if (d->context == NULL) return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory for zstd");
        d->zstd.CCtx_setParameter(d->context, ZSTD_LEVEL, LEVEL);
        return HONE_OK;
    }
    HN_TRY(load_gzip(ctx, &d->gzip));
    /* 31: the largest window, with gzip's header. No time stands in it: equal bytes for equal tables. */
    int code = d->gzip.deflateInit2_(&d->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 31, 8,
                                     Z_DEFAULT_STRATEGY, ZLIB_VERSION, (int)sizeof d->stream);
    if (code != Z_OK) return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory for gzip");
    d->is_open = true;
    return HONE_OK;
}

hone_status hn_deflater_new(hone_ctx *ctx, hn_packing packing, hn_emit_fn *emit, void *arg,
                            hn_deflater **ret_deflater) {
    hn_deflater *d = hn_alloc(ctx, 1, sizeof *d);
    if (d == NULL) return HONE_ERROR_MEMORY;
    d->packing = packing;
    d->emit = emit;
    d->arg = arg;
    hone_status status = open_stream(ctx, d);
    if (status != HONE_OK) {
        hn_deflater_free(ctx, d);
        return status;
    }
    *ret_deflater = d;
    return HONE_OK;
}

static hone_status put_zstd(hone_ctx *ctx, hn_deflater *d, const void *bytes, size_t length,
                            bool last) {
    zstd_in in = {.bytes = bytes, .size = length};
    for (;;) {
        zstd_out out = {.bytes = d->piece, .size = PIECE};
        size_t left =
            d->zstd.compressStream2(d->context, &out, &in, last ? ZSTD_END : ZSTD_CONTINUE);
        if (d->zstd.isError(left))
            return hn_fail(ctx, HONE_ERROR_INTERNAL, "zstd fails to compress");
        if (out.at) HN_TRY(d->emit(ctx, d->arg, d->piece, out.at));
        if (last ? left == 0 : in.at == in.size) return HONE_OK;
    }
}

/* At most this many bytes at once: zlib counts them in 32 bits. */
enum { AT_ONCE = 1 << 30 };

static hone_status put_gzip(hone_ctx *ctx, hn_deflater *d, const unsigned char *bytes,
                            size_t length, bool last) {
    do {
        size_t now = length > AT_ONCE ? AT_ONCE : length;
        int flush = last && now == length ? Z_FINISH : Z_NO_FLUSH;
        d->stream.next_in = (unsigned char *)(uintptr_t)bytes;
        d->stream.avail_in = (unsigned)now;
        do {
            d->stream.next_out = d->piece;
            d->stream.avail_out = PIECE;
            if (d->gzip.deflate(&d->stream, flush) == Z_STREAM_ERROR)
                return hn_fail(ctx, HONE_ERROR_INTERNAL, "gzip fails to compress");
            size_t made = PIECE - d->stream.avail_out;
            if (made) HN_TRY(d->emit(ctx, d->arg, d->piece, made));
        } while (d->stream.avail_out == 0);
        bytes += now;
        length -= now;
    } while (length > 0);
    return HONE_OK;
}

hone_status hn_deflater_put(hone_ctx *ctx, hn_deflater *deflater, const void *bytes, size_t length,
                            bool last) {
    if (deflater->packing == HN_PACK_ZSTD) return put_zstd(ctx, deflater, bytes, length, last);
    return put_gzip(ctx, deflater, bytes, length, last);
}

void hn_deflater_free(hone_ctx *ctx, hn_deflater *deflater) {
    if (deflater == NULL) return;
    if (deflater->context) deflater->zstd.freeCCtx(deflater->context);
    if (deflater->is_open) deflater->gzip.deflateEnd(&deflater->stream);
    hn_free(ctx, deflater);
}

/* ---- blocks ---------------------------------------------------------------------------------- */

hone_status hn_zstd_block(hone_ctx *ctx, hn_arena *arena, const void *bytes, size_t length,
                          unsigned char **ret_bytes, size_t *ret_length) {
    zstd z;
    hone_status status = load_zstd(ctx, &z);
    *ret_bytes = NULL;
    *ret_length = 0;
    if (status == HONE_ERROR_UNSUPPORTED) return HONE_OK;
    HN_TRY(status);
    size_t room = z.compressBound(length);
    unsigned char *out = hn_arena_alloc(ctx, arena, room, 1);
    if (out == NULL) return HONE_ERROR_MEMORY;
    size_t size = z.compress(out, room, bytes, length, LEVEL);
    if (z.isError(size)) return hn_fail(ctx, HONE_ERROR_INTERNAL, "zstd fails to compress");
    *ret_bytes = out;
    *ret_length = size;
    return HONE_OK;
}
