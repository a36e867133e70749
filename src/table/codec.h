/* codec.h - blocks whose size is known, unpacked by libraries that are loaded when a file needs them. */
#ifndef HN_TABLE_CODEC_H
#define HN_TABLE_CODEC_H

#include "base/ctx.h"

/* As Parquet numbers them. */
typedef enum hn_codec {
    HN_CODEC_NONE = 0,
    HN_CODEC_SNAPPY = 1,
    HN_CODEC_GZIP = 2,
    HN_CODEC_BROTLI = 4,
    HN_CODEC_ZSTD = 6,
    HN_CODEC_LZ4 = 7,       /* bare blocks */
    HN_CODEC_LZ4_FRAME = 8, /* as Arrow has it */
    HN_CODECS = 9
} hn_codec;

/* The functions of a library. Once open, any number of threads may unpack. */
typedef struct hn_unpacker {
    void (*functions[8])(void);
    bool is_open;
} hn_unpacker;

/* HONE_ERROR_UNSUPPORTED where the library is not there; the message says what to install. One that is open stays
 * so. */
hone_status hn_unpacker_open(hone_ctx *ctx, hn_codec codec, hn_unpacker *unpacker) HONE_MUST_CHECK;
/* Whether bytes [n] unpack to exactly size bytes, which are then in to. */
bool hn_unpack(const hn_unpacker *unpacker, hn_codec codec, const void *bytes, size_t n, void *to,
               size_t size);
/* The least number of bytes that could unpack to size. */
size_t hn_packed_least(hn_codec codec, size_t size);

/* zlib's crc32, which begins with 0. */
typedef unsigned long hn_crc32_fn(unsigned long crc, const unsigned char *bytes, unsigned n);
hone_status hn_crc32_open(hone_ctx *ctx, hn_crc32_fn **ret_crc32) HONE_MUST_CHECK;

#endif
