/* arrow_ipc.h - reading flatbuffers, as Arrow's messages are: tables with fields by number, vectors and texts,
 * found by offsets that are all checked to lie within the message. */
#ifndef HN_TABLE_ARROW_IPC_H
#define HN_TABLE_ARROW_IPC_H

#include "base/str.h"

typedef struct hn_message {
    const unsigned char *bytes;
    int64_t n;
    bool bad; /* an offset led outside: what was asked since is 0 */
} hn_message;

/* Places in bytes; 0 is nowhere. */
int64_t hn_message_root(hn_message *flat);
/* Where field number field of the table at place stands; 0 where it is left out. */
int64_t hn_message_field(hn_message *flat, int64_t table, int field);
/* Scalars of size bytes (1, 2, 4, 8), sign extended; fallback where left out. */
int64_t hn_message_int(hn_message *flat, int64_t table, int field, int size, int64_t fallback);
/* The table, vector or text that a field leads to. */
int64_t hn_message_follow(hn_message *flat, int64_t table, int field);
hn_slice hn_message_text(hn_message *flat, int64_t table, int field);
/* A vector's elements of size bytes: their count, and the place of the first. */
int64_t hn_message_vector(hn_message *flat, int64_t table, int field, int64_t size,
                          int64_t *ret_first);
/* Element i of a vector of tables whose first offset stands at first. */
int64_t hn_message_table_at(hn_message *flat, int64_t first, int64_t i);
int64_t hn_message_number(hn_message *flat, int64_t place, int size);

#endif
