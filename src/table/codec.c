/* codec.c - see codec.h. Declarations follow the libraries' documented interfaces. */
#include "table/codec.h"
#include "table/foreign.h"

#include <assert.h>
#include <limits.h>
#include <string.h>
#include <zlib.h>

#define SNAPPY(X)                                                                                  \
    X(int, snappy_uncompress, (const char *, size_t, char *, size_t *))                            \
    X(int, snappy_uncompressed_length, (const char *, size_t, size_t *))
HN_FOREIGN(snappy, SNAPPY)

#define GZIP(X)                                                                                    \
    X(int, inflateInit2_, (z_streamp, int, const char *, int))                                     \
    X(int, inflate, (z_streamp, int))                                                              \
    X(int, inflateReset, (z_streamp))                                                              \
    X(int, inflateEnd, (z_streamp))
HN_FOREIGN(gzip, GZIP)

#define BROTLI(X)                                                                                  \
    X(int, BrotliDecoderDecompress, (size_t, const unsigned char *, size_t *, unsigned char *))
HN_FOREIGN(brotli, BROTLI)

#define ZSTD(X)                                                                                    \
    X(size_t, ZSTD_decompress, (void *, size_t, const void *, size_t))                             \
    X(unsigned, ZSTD_isError, (size_t))
HN_FOREIGN(zstd, ZSTD)

#define LZ4(X) X(int, LZ4_decompress_safe, (const char *, char *, int, int))
HN_FOREIGN(lz4, LZ4)

#define LZ4F(X)                                                                                    \
    X(size_t, LZ4F_createDecompressionContext, (void **, unsigned))                                \
    X(size_t, LZ4F_freeDecompressionContext, (void *))                                             \
    X(size_t, LZ4F_decompress, (void *, void *, size_t *, const void *, size_t *, const void *))   \
    X(unsigned, LZ4F_isError, (size_t))
HN_FOREIGN(frames, LZ4F)

#define NAMES(...)                                                                                 \
    (const char *const[]) { __VA_ARGS__, NULL }
static const hn_foreign libraries[HN_CODECS] = {
    [HN_CODEC_SNAPPY] = {NAMES("libsnappy.so.1", "libsnappy.so"), "unpacking snappy",
                         "libsnappy1v5", snappy_names},
    [HN_CODEC_GZIP] = {NAMES("libz.so.1", "libz.so"), "unpacking gzip", "zlib1g", gzip_names},
    [HN_CODEC_BROTLI] = {NAMES("libbrotlidec.so.1", "libbrotlidec.so"), "unpacking brotli",
                         "libbrotli1", brotli_names},
    [HN_CODEC_ZSTD] = {NAMES("libzstd.so.1", "libzstd.so"), "unpacking zstd", "libzstd1",
                       zstd_names},
    [HN_CODEC_LZ4] = {NAMES("liblz4.so.1", "liblz4.so"), "unpacking LZ4", "liblz4-1", lz4_names},
    [HN_CODEC_LZ4_FRAME] = {NAMES("liblz4.so.1", "liblz4.so"), "unpacking LZ4", "liblz4-1",
                            frames_names},
};
#undef NAMES

hone_status hn_unpacker_open(hone_ctx *ctx, hn_codec codec, hn_unpacker *unpacker) {
    if (unpacker->is_open) return HONE_OK;
    if (codec != HN_CODEC_NONE)
        HN_TRY(hn_foreign_load(ctx, &libraries[codec], unpacker->functions));
    unpacker->is_open = true;
    return HONE_OK;
}

/* Several members may follow each other. */
static bool unpack_gzip(const gzip *z, const void *bytes, size_t n, void *to, size_t size) {
    z_stream s = {.next_in = (unsigned char *)(uintptr_t)bytes,
                  .avail_in = (unsigned)n,
                  .next_out = to,
                  .avail_out = (unsigned)size};
    unsigned char none;
    if (n > UINT_MAX || size > UINT_MAX) return false;
    if (size == 0) s.next_out = &none;
    /* 47: gzip's header or zlib's. */
    if (z->inflateInit2_(&s, 47, ZLIB_VERSION, (int)sizeof s) != Z_OK) return false;
    int code = z->inflate(&s, Z_FINISH);
    while (code == Z_STREAM_END && s.avail_in > 0 && s.avail_out > 0)
        code = z->inflateReset(&s) == Z_OK ? z->inflate(&s, Z_FINISH) : Z_DATA_ERROR;
    z->inflateEnd(&s);
    return code == Z_STREAM_END && s.avail_out == 0;
}

static bool unpack_frame(const frames *z, const void *bytes, size_t n, char *to, size_t size) {
    void *state = NULL;
    if (z->LZ4F_isError(z->LZ4F_createDecompressionContext(&state, 100))) return false;
    size_t done = 0, taken = 0, left = 1;
    while (left != 0 && taken < n) {
        size_t room = size - done, given = n - taken;
        left =
            z->LZ4F_decompress(state, to + done, &room, (const char *)bytes + taken, &given, NULL);
        if (z->LZ4F_isError(left) || (room == 0 && given == 0)) break;
        done += room;
        taken += given;
    }
    z->LZ4F_freeDecompressionContext(state);
    return left == 0 && done == size;
}

bool hn_unpack(const hn_unpacker *unpacker, hn_codec codec, const void *bytes, size_t n, void *to,
               size_t size) {
    union {
        snappy snappy;
        gzip gzip;
        brotli brotli;
        zstd zstd;
        lz4 lz4;
        frames frames;
    } f;
    assert(unpacker->is_open && sizeof f <= sizeof unpacker->functions);
    memcpy(&f, unpacker->functions, sizeof f);
    size_t got = size;
    switch (codec) {
    case HN_CODEC_SNAPPY:
        return f.snappy.snappy_uncompressed_length(bytes, n, &got) == 0 && got == size &&
               f.snappy.snappy_uncompress(bytes, n, to, &got) == 0;
    case HN_CODEC_GZIP: return unpack_gzip(&f.gzip, bytes, n, to, size);
    case HN_CODEC_BROTLI:
        return f.brotli.BrotliDecoderDecompress(n, bytes, &got, to) == 1 && got == size;
    case HN_CODEC_ZSTD:
        got = f.zstd.ZSTD_decompress(to, size, bytes, n);
        return !f.zstd.ZSTD_isError(got) && got == size;
    case HN_CODEC_LZ4:
        return n <= INT_MAX && size <= INT_MAX &&
               f.lz4.LZ4_decompress_safe(bytes, to, (int)n, (int)size) == (int)size;
    case HN_CODEC_LZ4_FRAME: return unpack_frame(&f.frames, bytes, n, to, size);
    default: return false;
    }
}

size_t hn_packed_least(hn_codec codec, size_t size) {
    switch (codec) {
    case HN_CODEC_NONE: return size;
    case HN_CODEC_SNAPPY: return size / 24; /* 64 bytes in 3 */
    case HN_CODEC_LZ4: return size / 256;
    case HN_CODEC_GZIP: return size / 1040;
    default: return size >> 26 ? size / 65536 : 0; /* any number of equal bytes */
    }
}

#define CRC32(X) X(unsigned long, crc32, (unsigned long, const unsigned char *, unsigned))
HN_FOREIGN(checksum, CRC32)
static const hn_foreign checksum_library = {(const char *const[]){"libz.so.1", "libz.so", NULL},
                                            "checking checksums", "zlib1g", checksum_names};

hone_status hn_crc32_open(hone_ctx *ctx, hn_crc32_fn **ret_crc32) {
    checksum z;
    HN_TRY(hn_foreign_load(ctx, &checksum_library, &z));
    *ret_crc32 = z.crc32;
    return HONE_OK;
}
