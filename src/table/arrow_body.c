/* arrow_body.c - the columns of a batch out of its bytes, unpacked and checked; see arrow_read.h. */
#include "table/arrow_read.h"
#include "table/codec.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_BUFFERS = 64 };

static hone_status unpack(hn_ipc *s, int codec, const unsigned char *from, int64_t n, char *to,
                          int64_t size) {
    hn_unpacker unpacker = {.is_open = false};
    hn_codec which = codec == 0 ? HN_CODEC_LZ4_FRAME : HN_CODEC_ZSTD;
    HN_TRY(hn_unpacker_open(s->ctx, which, &unpacker));
    return hn_unpack(&unpacker, which, from, (size_t)n, to, (size_t)size)
               ? HONE_OK
               : hn_ipc_damaged(s, "a packed column is damaged");
}

/* The next buffer, copied; NULL where it is empty. Eight more bytes are zero. */
static hone_status next_buffer(hn_ipc_batch *b, const void **ret_bytes, int64_t *ret_length) {
    hn_ipc *s = b->s;
    if (b->buffer >= b->n_buffers) return hn_ipc_damaged(s, "a column lacks buffers");
    int64_t place = b->buffers + 16 * b->buffer++;
    int64_t offset = hn_message_number(b->flat, place, 8),
            length = hn_message_number(b->flat, place + 8, 8);
    if (offset < 0 || length < 0 || offset > b->body_length || length > b->body_length - offset)
        return hn_ipc_damaged(s, "a column lies outside the file");
    const unsigned char *from = b->body + offset;
    int64_t size = length;
    int codec = b->codec;
    if (codec >= 0 && length > 0) {
        if (length < 8) return hn_ipc_damaged(s, "a packed column is damaged");
        memcpy(&size, from, 8);
        from += 8;
        length -= 8;
        if (size == -1) size = length, codec = -1;
        if (size < 0 || (size > 1 << 26 && size / 5000 > length))
            return hn_ipc_damaged(s, "a column unpacks to more than it can hold");
    }
    *ret_length = size;
    *ret_bytes = NULL;
    if (size == 0) return HONE_OK;
    char *to = hn_arena_alloc(s->ctx, b->arena, (size_t)size + 8, 1);
    if (to == NULL) return HONE_ERROR_MEMORY;
    if (codec >= 0)
        HN_TRY(unpack(s, codec, from, length, to, size));
    else
        memcpy(to, from, (size_t)size);
    *ret_bytes = to;
    return HONE_OK;
}

static int64_t bits_of(const char *format) {
    switch (format[0]) {
    case 'b': return 1;
    case 'c':
    case 'C': return 8;
    case 's':
    case 'S':
    case 'e': return 16;
    case 'i':
    case 'I':
    case 'f': return 32;
    case 't': return strcmp(format, "tdD") == 0 ? 32 : 64;
    case 'd': {
        const char *comma = strrchr(format, ',');
        return strtol(comma + 1, NULL, 10);
    }
    default: return 64;
    }
}

/* Do all offsets lie within the length bytes of text? */
static bool offsets_fit(const void *offsets, bool large, int64_t n, int64_t length) {
    for (int64_t i = 0; i <= n; i++) {
        int64_t value;
        int32_t narrow;
        memcpy(large ? (void *)&value : (void *)&narrow,
               (const char *)offsets + i * (large ? 8 : 4), large ? 8 : 4);
        if (!large) value = narrow;
        if (value < 0 || value > length) return false;
    }
    return true;
}

static hone_status take_texts(hn_ipc_batch *b, const char *format, int64_t n, const void **buffers,
                              int64_t *n_buffers) {
    static const int64_t zeros[2];
    bool large = format[0] == 'U';
    int64_t offsets, length;
    HN_TRY(next_buffer(b, &buffers[1], &offsets));
    HN_TRY(next_buffer(b, &buffers[2], &length));
    *n_buffers = 3;
    if (n == 0 && buffers[1] == NULL) buffers[1] = zeros;
    if (n > 0 && (n + 1) > offsets / (large ? 8 : 4))
        return hn_ipc_damaged(b->s, "a column of texts is too short");
    if (n > 0 && !offsets_fit(buffers[1], large, n, length))
        return hn_ipc_damaged(b->s, "a text lies outside its column");
    if (buffers[2] == NULL) buffers[2] = "";
    return HONE_OK;
}

static hone_status take_views(hn_ipc_batch *b, int64_t n, const void **buffers,
                              int64_t *n_buffers) {
    int64_t length, count, *sizes;
    HN_TRY(next_buffer(b, &buffers[1], &length));
    if (n > length / 16) return hn_ipc_damaged(b->s, "a column of texts is too short");
    if (b->count >= b->n_counts) return hn_ipc_damaged(b->s, "a column lacks buffers");
    count = hn_message_number(b->flat, b->counts + 8 * b->count++, 8);
    if (count < 0 || count > MOST_BUFFERS)
        return hn_ipc_damaged(b->s, "a column has too many buffers");
    HN_TRY(HN_NEW(b->s->ctx, b->arena, sizes, count + 1));
    for (int64_t i = 0; i < count; i++) HN_TRY(next_buffer(b, &buffers[2 + i], &sizes[i]));
    buffers[2 + count] = sizes;
    *n_buffers = 3 + count;
    if (buffers[1] == NULL) buffers[1] = "";
    return HONE_OK;
}

static void release_nothing(struct ArrowArray *array) { array->release = NULL; }

hone_status hn_ipc_batch_column(hn_ipc_batch *b, const char *format, struct ArrowArray *array) {
    hn_ipc *s = b->s;
    if (b->node >= b->n_nodes) return hn_ipc_damaged(s, "a batch lacks columns");
    int64_t place = b->nodes + 16 * b->node++;
    int64_t n = hn_message_number(b->flat, place, 8),
            nulls = hn_message_number(b->flat, place + 8, 8);
    if (n < 0 || nulls < 0 || nulls > n || n > INT64_MAX / 256)
        return hn_ipc_damaged(s, "a column has an impossible count of rows");
    const void **buffers;
    int64_t length;
    HN_TRY(HN_NEW(s->ctx, b->arena, buffers, MOST_BUFFERS + 4));
    *array = (struct ArrowArray){
        .length = n, .null_count = nulls, .buffers = buffers, .release = release_nothing};
    if (strcmp(format, "n") == 0) return HONE_OK;
    HN_TRY(next_buffer(b, &buffers[0], &length));
    if (nulls > 0 && length < (n + 7) / 8)
        return hn_ipc_damaged(s, "a column's nulls are not all there");
    if (nulls == 0) buffers[0] = NULL;
    if (format[0] == 'v') return take_views(b, n, buffers, &array->n_buffers);
    if (format[0] == 'u' || format[0] == 'U')
        return take_texts(b, format, n, buffers, &array->n_buffers);
    array->n_buffers = 2;
    HN_TRY(next_buffer(b, &buffers[1], &length));
    if (length < (n * bits_of(format) + 7) / 8) return hn_ipc_damaged(s, "a column is too short");
    if (buffers[1] == NULL) buffers[1] = "";
    return HONE_OK;
}

hone_status hn_ipc_batch_begin(hn_ipc *s, hn_message *flat, int64_t place, int64_t body,
                               int64_t length, hn_arena *arena, hn_ipc_batch *ret_batch) {
    hn_ipc_batch b = {.s = s,
                      .flat = flat,
                      .body = s->bytes + body,
                      .body_length = length,
                      .codec = -1,
                      .arena = arena};
    b.rows = hn_message_int(flat, place, 0, 8, 0);
    b.n_nodes = hn_message_vector(flat, place, 1, 16, &b.nodes);
    b.n_buffers = hn_message_vector(flat, place, 2, 16, &b.buffers);
    b.n_counts = hn_message_vector(flat, place, 4, 8, &b.counts);
    int64_t packing = hn_message_follow(flat, place, 3);
    if (packing) b.codec = hn_message_int(flat, packing, 0, 1, 0) != 0;
    if (flat->bad || b.rows < 0) return hn_ipc_damaged(s, "a batch is damaged");
    *ret_batch = b;
    return HONE_OK;
}
