/* arrow_ipc.h - reading flatbuffers, as Arrow's messages are: tables with fields by number, vectors and texts,
 * found by offsets that are all checked to lie within the message. */
#ifndef HN_TABLE_ARROW_IPC_H
#define HN_TABLE_ARROW_IPC_H

#include "base/str.h"

typedef struct hn_flat {
    const unsigned char *bytes;
    int64_t n;
    bool bad; /* an offset led outside: what was asked since is 0 */
} hn_flat;

/* Places in bytes; 0 is nowhere. */
int64_t hn_flat_root(hn_flat *flat);
/* Where field number field of the table at place stands; 0 where it is left out. */
int64_t hn_flat_field(hn_flat *flat, int64_t table, int field);
/* Scalars of size bytes (1, 2, 4, 8), sign extended; fallback where left out. */
int64_t hn_flat_int(hn_flat *flat, int64_t table, int field, int size, int64_t fallback);
/* The table, vector or text that a field leads to. */
int64_t hn_flat_follow(hn_flat *flat, int64_t table, int field);
hn_slice hn_flat_text(hn_flat *flat, int64_t table, int field);
/* A vector's elements of size bytes: their count, and the place of the first. */
int64_t hn_flat_vector(hn_flat *flat, int64_t table, int field, int64_t size, int64_t *ret_first);
/* Element i of a vector of tables whose first offset stands at first. */
int64_t hn_flat_table_at(hn_flat *flat, int64_t first, int64_t i);
int64_t hn_flat_number(hn_flat *flat, int64_t place, int size);

#endif
