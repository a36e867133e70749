/* arrow_read.h - an Arrow file or stream while it is read: its schema (arrow_schema.c), the bodies of its batches
 * (arrow_body.c), and its messages in order (read_arrow.c). Nothing of it is trusted. */
#ifndef HN_TABLE_ARROW_READ_H
#define HN_TABLE_ARROW_READ_H

#include "table/arrow.h"
#include "table/arrow_ipc.h"

/* One column of the schema. */
typedef struct hn_ipc_field {
    const char *name;
    const char *format;           /* Arrow's C format, of the indices where there is a dictionary */
    const char *texts_format;     /* of the dictionary's texts; NULL without */
    int64_t id;                   /* of the dictionary */
    struct hn_arrow_owner *texts; /* the dictionary as it is now, NULL until it came */
} hn_ipc_field;

/* What an array's buffers are kept by. */
typedef struct hn_arrow_owner {
    hone_allocator allocator;
    hn_arena arena;
    struct ArrowArray array; /* of a dictionary */
} hn_arrow_owner;

typedef struct hn_ipc {
    hone_ctx *ctx;
    const char *shown;
    const unsigned char *bytes;
    int64_t n, at;
    int64_t
        *messages; /* of a file: where its messages stand, dictionaries first; NULL of a stream */
    int64_t n_messages, message;
    hn_ipc_field *fields;
    int64_t n_fields;
    hone_status status; /* what the stream's callbacks met */
} hn_ipc;

/* HONE_ERROR_DATA: what is wrong with the file. */
hone_status hn_ipc_damaged(hn_ipc *s, const char *what);
/* s->fields from the schema at place. */
hone_status hn_ipc_schema(hn_ipc *s, hn_message *flat, int64_t place) HONE_MUST_CHECK;

/* A record batch (or a dictionary's), with what has been taken of it. */
typedef struct hn_ipc_batch {
    hn_ipc *s;
    hn_message *flat;
    int64_t nodes, n_nodes, buffers, n_buffers, counts, n_counts;
    int64_t node, buffer, count; /* the next ones */
    const unsigned char *body;
    int64_t body_length, rows;
    int codec; /* -1: none */
    hn_arena *arena;
} hn_ipc_batch;

/* The batch at place, its body of length bytes at body. What is taken of it is in arena. */
hone_status hn_ipc_batch_begin(hn_ipc *s, hn_message *flat, int64_t place, int64_t body,
                               int64_t length, hn_arena *arena,
                               hn_ipc_batch *ret_batch) HONE_MUST_CHECK;
/* Its next column, whose buffers are as long as its rows need. */
hone_status hn_ipc_batch_column(hn_ipc_batch *b, const char *format,
                                struct ArrowArray *array) HONE_MUST_CHECK;

#endif
