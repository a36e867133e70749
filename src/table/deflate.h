/* deflate.h - gzip (RFC 1952) and Zstandard (RFC 8878), through zlib and libzstd, loaded when first needed. */
#ifndef HN_TABLE_DEFLATE_H
#define HN_TABLE_DEFLATE_H

#include "base/ctx.h"

typedef enum hn_packing { HN_PACK_NONE, HN_PACK_GZIP, HN_PACK_ZSTD } hn_packing;

/* Compressing a stream. What comes out goes to emit, in pieces. */
typedef struct hn_deflater hn_deflater;
typedef hone_status hn_emit_fn(hone_ctx *ctx, void *arg, const void *bytes, size_t length);
/* HONE_ERROR_UNSUPPORTED where the library is not there. */
hone_status hn_deflater_new(hone_ctx *ctx, hn_packing packing, hn_emit_fn *emit, void *arg,
                            hn_deflater **ret_deflater) HONE_MUST_CHECK;
/* last: nothing comes after these bytes. */
hone_status hn_deflater_put(hone_ctx *ctx, hn_deflater *deflater, const void *bytes, size_t length,
                            bool last) HONE_MUST_CHECK;
/* Takes NULL. */
void hn_deflater_free(hone_ctx *ctx, hn_deflater *deflater);

/* One block as a Zstandard frame, in arena. Where there is no libzstd, *ret_bytes is NULL. */
hone_status hn_zstd_block(hone_ctx *ctx, hn_arena *arena, const void *bytes, size_t length,
                          unsigned char **ret_bytes, size_t *ret_length) HONE_MUST_CHECK;

#endif
