/* flatbuffer.h - FlatBuffers written back to front, as far as Arrow's messages need them
 * (https://flatbuffers.dev/internals). Offsets count bytes from the end of the buffer, so that they stay true
 * while it grows at its front. */
#ifndef HN_TABLE_FLATBUFFER_H
#define HN_TABLE_FLATBUFFER_H

#include "base/str.h"

enum { HN_FLAT_FIELDS = 8 };

typedef struct hn_flat {
    hone_ctx *ctx;
    hn_arena *arena;
    unsigned char *bytes; /* the last `length` of `capacity` are in use */
    size_t length, capacity, align;
    size_t table;                  /* where the open table ended */
    size_t fields[HN_FLAT_FIELDS]; /* of the open table; 0: not there */
    hone_status status;            /* a failed allocation sticks */
} hn_flat;

void hn_flat_init(hn_flat *flat, hone_ctx *ctx, hn_arena *arena);
/* Texts and vectors, made before the table that holds them. Vectors are put last item first: begin, put each
 * item (hn_flat_number, hn_flat_offset), end. align is that of the items. */
size_t hn_flat_text(hn_flat *flat, const char *text);
void hn_flat_vector_begin(hn_flat *flat, size_t n_bytes, size_t align);
size_t hn_flat_vector_end(hn_flat *flat, size_t n_items);
/* A number of size 1, 2, 4 or 8 bytes, aligned to its size; an offset to something made before. */
void hn_flat_number(hn_flat *flat, int64_t value, size_t size);
void hn_flat_offset(hn_flat *flat, size_t to);
/* A table: begin, fields in any order, end. */
void hn_flat_table_begin(hn_flat *flat);
void hn_flat_field(hn_flat *flat, int field, int64_t value, size_t size);
void hn_flat_field_offset(hn_flat *flat, int field, size_t to);
size_t hn_flat_table_end(hn_flat *flat);
/* The finished buffer, whose root is a table. */
hone_status hn_flat_finish(hn_flat *flat, size_t root, const unsigned char **ret_bytes,
                           size_t *ret_length) HONE_MUST_CHECK;

#endif
