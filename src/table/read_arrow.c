/* read_arrow.c - Arrow's IPC format: files (Feather V2) and streams; see "Arrow Columnar Format", IPC.
 *
 * A stream is messages one after the other, the schema first; a file's messages are found by the index at its
 * end, which holds the schema too. Messages are flatbuffers (arrow_ipc.c looks them up, every offset checked).
 * Bodies may be packed by LZ4 or zstd. What comes of each column is that of arrow.h: batches go through the same
 * import, once it is checked here that buffers are as long as their columns need. */
#include "table/arrow.h"
#include "table/arrow_ipc.h"
#include "table/foreign.h"
#include "table/reading.h"

#include "base/os.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_COLUMNS = 1000000, MOST_BUFFERS = 64 };

/* One column of the schema. */
typedef struct field {
    const char *name;
    const char *format;           /* Arrow's C format, of the indices where there is a dictionary */
    const char *texts_format;     /* of the dictionary's texts; NULL without */
    int64_t id;                   /* of the dictionary */
    struct hn_arrow_owner *texts; /* the dictionary as it is now, NULL until it came */
} field;

/* What an array's buffers are kept by. */
typedef struct hn_arrow_owner {
    hone_allocator allocator;
    hn_arena arena;
    struct ArrowArray array; /* of a dictionary */
} owner;

typedef struct ipc {
    hone_ctx *ctx;
    const char *shown;
    const unsigned char *bytes;
    int64_t n, at;
    int64_t
        *messages; /* of a file: where its messages stand, dictionaries first; NULL of a stream */
    int64_t n_messages, message;
    field *fields;
    int64_t n_fields;
    hone_status status; /* what the stream's callbacks met */
} ipc;

static hone_status damaged(ipc *s, const char *what) {
    return hn_fail_at(s->ctx, HONE_ERROR_DATA, HN_AT(.file = s->shown), "%s: %s; write it anew",
                      s->shown, what);
}

/* ---- schema ---------------------------------------------------------------------------------- */

/* The C format of a type; NULL where hone has no column for it. */
static const char *format_of(ipc *s, hn_message *flat, int64_t place) {
    enum {
        NOTHING = 1,
        INT,
        FLOAT,
        UTF8 = 5,
        BOOL,
        DECIMAL,
        DATE,
        TIMESTAMP = 10,
        LARGE = 20,
        VIEW = 24
    };
    int64_t kind = hn_message_int(flat, place, 2, 1, 0) & 0xff,
            type = hn_message_follow(flat, place, 3);
    static const char *const whole[] = {"C", "c", "S", "s", "I", "i", "L", "l"};
    static const char *const times[] = {"tss:", "tsm:", "tsu:", "tsn:"};
    static const char *const floats[] = {"e", "f", "g"};
    int64_t bits, unit;
    switch (kind) {
    case NOTHING: return "n";
    case INT:
        bits = hn_message_int(flat, type, 0, 4, 0);
        if (bits != 8 && bits != 16 && bits != 32 && bits != 64) return NULL;
        return whole[2 * (bits > 8) + 2 * (bits > 16) + 2 * (bits > 32) +
                     (hn_message_int(flat, type, 1, 1, 0) != 0)];
    case FLOAT:
        unit = hn_message_int(flat, type, 0, 2, 0);
        return unit >= 0 && unit < 3 ? floats[unit] : NULL;
    case UTF8: return "u";
    case LARGE: return "U";
    case VIEW: return "vu";
    case BOOL: return "b";
    case DECIMAL:
        bits = hn_message_int(flat, type, 2, 4, 128);
        if (bits != 32 && bits != 64 && bits != 128) return NULL;
        return hn_arena_printf(s->ctx, s->ctx->scratch, "d:%lld,%lld,%lld",
                               (long long)hn_message_int(flat, type, 0, 4, 0),
                               (long long)hn_message_int(flat, type, 1, 4, 0), (long long)bits);
    case DATE: return hn_message_int(flat, type, 0, 2, 1) == 0 ? "tdD" : "tdm";
    case TIMESTAMP:
        unit = hn_message_int(flat, type, 0, 2, 0);
        return unit >= 0 && unit < 4 ? times[unit] : NULL;
    default: return NULL;
    }
}

static hone_status read_field(ipc *s, hn_message *flat, int64_t place, int64_t j) {
    field *f = &s->fields[j];
    hn_slice name = hn_message_text(flat, place, 0);
    f->name = hn_arena_strndup(s->ctx, s->ctx->scratch, name.text, name.length);
    if (f->name == NULL) return HONE_ERROR_MEMORY;
    f->format = format_of(s, flat, place);
    int64_t dictionary = hn_message_follow(flat, place, 4);
    if (dictionary && f->format) {
        static const char *const whole[] = {"C", "c", "S", "s", "I", "i", "L", "l"};
        int64_t index = hn_message_follow(flat, dictionary, 1);
        int64_t bits = index ? hn_message_int(flat, index, 0, 4, 0) : 32;
        bool is_signed = index == 0 || hn_message_int(flat, index, 1, 1, 0);
        f->id = hn_message_int(flat, dictionary, 0, 8, 0);
        f->texts_format = f->format;
        f->format = whole[2 * (bits > 8) + 2 * (bits > 16) + 2 * (bits > 32) + is_signed];
        char kind = f->texts_format[0];
        if (kind != 'u' && kind != 'U' && kind != 'v') f->format = NULL;
    }
    if (f->format) return HONE_OK;
    return hn_fail_at(
        s->ctx, HONE_ERROR_DATA, HN_AT(.file = s->shown, .column = f->name),
        "%s: column '%s' is of a type that hone has no column for; cast it or leave it "
        "out",
        s->shown, f->name);
}

static hone_status read_schema(ipc *s, hn_message *flat, int64_t place) {
    int64_t first;
    if (hn_message_int(flat, place, 0, 2, 0) != 0)
        return damaged(s, "its numbers have their first byte last (big-endian)");
    s->n_fields = hn_message_vector(flat, place, 1, 4, &first);
    if (s->n_fields > MOST_COLUMNS) return damaged(s, "it has more than a million columns");
    HN_TRY(HN_SCRATCH_NEW(s->ctx, s->fields, s->n_fields + 1));
    for (int64_t j = 0; j < s->n_fields; j++)
        HN_TRY(read_field(s, flat, hn_message_table_at(flat, first, j), j));
    return flat->bad ? damaged(s, "its schema is damaged") : HONE_OK;
}

/* ---- bodies ---------------------------------------------------------------------------------- */

#define LZ4F(X)                                                                                    \
    X(size_t, LZ4F_createDecompressionContext, (void **, unsigned))                                \
    X(size_t, LZ4F_freeDecompressionContext, (void *))                                             \
    X(size_t, LZ4F_decompress, (void *, void *, size_t *, const void *, size_t *, const void *))   \
    X(unsigned, LZ4F_isError, (size_t))
HN_FOREIGN(lz4, LZ4F)
static const hn_foreign lz4_library = {(const char *const[]){"liblz4.so.1", "liblz4.so", NULL},
                                       "reading Arrow files packed by LZ4", "liblz4-1", lz4_names};

#define ZSTD(X)                                                                                    \
    X(size_t, ZSTD_decompress, (void *, size_t, const void *, size_t))                             \
    X(unsigned, ZSTD_isError, (size_t))
HN_FOREIGN(zstd, ZSTD)
static const hn_foreign zstd_library = {(const char *const[]){"libzstd.so.1", "libzstd.so", NULL},
                                        "reading Arrow files packed by zstd", "libzstd1",
                                        zstd_names};

static hone_status unpack_lz4(ipc *s, const unsigned char *from, int64_t n, char *to,
                              int64_t size) {
    lz4 z;
    void *state = NULL;
    HN_TRY(hn_foreign_load(s->ctx, &lz4_library, &z));
    if (z.LZ4F_isError(z.LZ4F_createDecompressionContext(&state, 100)))
        return hn_fail(s->ctx, HONE_ERROR_MEMORY, "out of memory to unpack %s", s->shown);
    size_t done = 0, taken = 0, left = 1;
    while (left != 0 && taken < (size_t)n) {
        size_t room = (size_t)size - done, given = (size_t)n - taken;
        left = z.LZ4F_decompress(state, to + done, &room, from + taken, &given, NULL);
        if (z.LZ4F_isError(left) || (room == 0 && given == 0)) break;
        done += room;
        taken += given;
    }
    z.LZ4F_freeDecompressionContext(state);
    return left == 0 && done == (size_t)size ? HONE_OK : damaged(s, "a packed column is damaged");
}

static hone_status unpack(ipc *s, int codec, const unsigned char *from, int64_t n, char *to,
                          int64_t size) {
    zstd z;
    if (codec == 0) return unpack_lz4(s, from, n, to, size);
    HN_TRY(hn_foreign_load(s->ctx, &zstd_library, &z));
    size_t got = z.ZSTD_decompress(to, (size_t)size, from, (size_t)n);
    return !z.ZSTD_isError(got) && got == (size_t)size ? HONE_OK
                                                       : damaged(s, "a packed column is damaged");
}

/* A record batch (or a dictionary's), with what has been taken of it. */
typedef struct batch {
    ipc *s;
    hn_message *flat;
    int64_t nodes, n_nodes, buffers, n_buffers, counts, n_counts;
    int64_t node, buffer, count; /* the next ones */
    const unsigned char *body;
    int64_t body_length, rows;
    int codec; /* -1: none */
    hn_arena *arena;
} batch;

/* The next buffer, copied; NULL where it is empty. Eight more bytes are zero. */
static hone_status next_buffer(batch *b, const void **ret_bytes, int64_t *ret_length) {
    ipc *s = b->s;
    if (b->buffer >= b->n_buffers) return damaged(s, "a column lacks buffers");
    int64_t place = b->buffers + 16 * b->buffer++;
    int64_t offset = hn_message_number(b->flat, place, 8),
            length = hn_message_number(b->flat, place + 8, 8);
    if (offset < 0 || length < 0 || offset > b->body_length || length > b->body_length - offset)
        return damaged(s, "a column lies outside the file");
    const unsigned char *from = b->body + offset;
    int64_t size = length;
    int codec = b->codec;
    if (codec >= 0 && length > 0) {
        if (length < 8) return damaged(s, "a packed column is damaged");
        memcpy(&size, from, 8);
        from += 8;
        length -= 8;
        if (size == -1) size = length, codec = -1;
        if (size < 0 || (size > 1 << 26 && size / 5000 > length))
            return damaged(s, "a column unpacks to more than it can hold");
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

static hone_status take_texts(batch *b, const char *format, int64_t n, const void **buffers,
                              int64_t *n_buffers) {
    static const int64_t zeros[2];
    bool large = format[0] == 'U';
    int64_t offsets, length;
    HN_TRY(next_buffer(b, &buffers[1], &offsets));
    HN_TRY(next_buffer(b, &buffers[2], &length));
    *n_buffers = 3;
    if (n == 0 && buffers[1] == NULL) buffers[1] = zeros;
    if (n > 0 && (n + 1) > offsets / (large ? 8 : 4))
        return damaged(b->s, "a column of texts is too short");
    if (n > 0 && !offsets_fit(buffers[1], large, n, length))
        return damaged(b->s, "a text lies outside its column");
    if (buffers[2] == NULL) buffers[2] = "";
    return HONE_OK;
}

static hone_status take_views(batch *b, int64_t n, const void **buffers, int64_t *n_buffers) {
    int64_t length, count, *sizes;
    HN_TRY(next_buffer(b, &buffers[1], &length));
    if (n > length / 16) return damaged(b->s, "a column of texts is too short");
    if (b->count >= b->n_counts) return damaged(b->s, "a column lacks buffers");
    count = hn_message_number(b->flat, b->counts + 8 * b->count++, 8);
    if (count < 0 || count > MOST_BUFFERS) return damaged(b->s, "a column has too many buffers");
    HN_TRY(HN_NEW(b->s->ctx, b->arena, sizes, count + 1));
    for (int64_t i = 0; i < count; i++) HN_TRY(next_buffer(b, &buffers[2 + i], &sizes[i]));
    buffers[2 + count] = sizes;
    *n_buffers = 3 + count;
    if (buffers[1] == NULL) buffers[1] = "";
    return HONE_OK;
}

static void release_nothing(struct ArrowArray *array) { array->release = NULL; }

/* The next column of the batch. */
static hone_status take_column(batch *b, const char *format, struct ArrowArray *array) {
    ipc *s = b->s;
    if (b->node >= b->n_nodes) return damaged(s, "a batch lacks columns");
    int64_t place = b->nodes + 16 * b->node++;
    int64_t n = hn_message_number(b->flat, place, 8),
            nulls = hn_message_number(b->flat, place + 8, 8);
    if (n < 0 || nulls < 0 || nulls > n || n > INT64_MAX / 256)
        return damaged(s, "a column has an impossible count of rows");
    const void **buffers;
    int64_t length;
    HN_TRY(HN_NEW(s->ctx, b->arena, buffers, MOST_BUFFERS + 4));
    *array = (struct ArrowArray){
        .length = n, .null_count = nulls, .buffers = buffers, .release = release_nothing};
    if (strcmp(format, "n") == 0) return HONE_OK;
    HN_TRY(next_buffer(b, &buffers[0], &length));
    if (nulls > 0 && length < (n + 7) / 8) return damaged(s, "a column's nulls are not all there");
    if (nulls == 0) buffers[0] = NULL;
    if (format[0] == 'v') return take_views(b, n, buffers, &array->n_buffers);
    if (format[0] == 'u' || format[0] == 'U')
        return take_texts(b, format, n, buffers, &array->n_buffers);
    array->n_buffers = 2;
    HN_TRY(next_buffer(b, &buffers[1], &length));
    if (length < (n * bits_of(format) + 7) / 8) return damaged(s, "a column is too short");
    if (buffers[1] == NULL) buffers[1] = "";
    return HONE_OK;
}

static hone_status begin_batch(ipc *s, hn_message *flat, int64_t place, int64_t body,
                               int64_t length, hn_arena *arena, batch *ret_batch) {
    batch b = {.s = s,
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
    if (flat->bad || b.rows < 0) return damaged(s, "a batch is damaged");
    *ret_batch = b;
    return HONE_OK;
}

static owner *new_owner(hone_ctx *ctx) {
    owner *o = ctx->allocator.resize(ctx->allocator.user, NULL, 0, sizeof *o);
    if (o == NULL) {
        (void)hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory for an Arrow batch");
        return NULL;
    }
    *o = (owner){.allocator = ctx->allocator};
    hn_arena_init(&o->arena, ctx->allocator);
    return o;
}

static void free_owner(owner *o) {
    if (o == NULL) return;
    hone_allocator allocator = o->allocator;
    hn_arena_done(&o->arena);
    allocator.resize(allocator.user, o, sizeof *o, 0);
}

static void release_batch(struct ArrowArray *array) {
    free_owner(array->private_data);
    array->release = NULL;
}

/* ---- messages -------------------------------------------------------------------------------- */

typedef struct message {
    hn_message flat;
    int64_t kind, header, body, length; /* kind 0: the end */
} message;

static hone_status next_message(ipc *s, message *m) {
    *m = (message){.kind = 0};
    int64_t size = 0;
    if (s->messages != NULL && s->message == s->n_messages) return HONE_OK;
    if (s->messages != NULL) s->at = s->messages[s->message++];
    for (int i = 0; i < 2; i++) { /* a mark that more comes, and the size; long ago only the size */
        uint32_t word;
        if (s->n - s->at < 4) return s->at == s->n ? HONE_OK : damaged(s, "it is cut short");
        memcpy(&word, s->bytes + s->at, 4);
        s->at += 4;
        size = word;
        if (word != UINT32_MAX) break;
    }
    if (size == 0) return HONE_OK;
    if (size > s->n - s->at || size > INT32_MAX) return damaged(s, "it is cut short");
    m->flat = (hn_message){s->bytes + s->at, size, false};
    s->at += size;
    int64_t root = hn_message_root(&m->flat);
    m->kind = hn_message_int(&m->flat, root, 1, 1, 0);
    m->header = hn_message_follow(&m->flat, root, 2);
    m->length = hn_message_int(&m->flat, root, 3, 8, 0);
    m->body = s->at;
    if (m->flat.bad || m->length < 0 || m->header == 0) return damaged(s, "a message is damaged");
    if (m->length > s->n - s->at) return damaged(s, "it is cut short");
    s->at += m->length;
    return HONE_OK;
}

static hone_status read_dictionary(ipc *s, message *m) {
    int64_t id = hn_message_int(&m->flat, m->header, 0, 8, 0);
    if (hn_message_int(&m->flat, m->header, 2, 1, 0) != 0)
        return damaged(s, "its dictionaries come in pieces, which hone does not put together");
    for (int64_t j = 0; j < s->n_fields; j++) {
        field *f = &s->fields[j];
        batch b;
        if (f->texts_format == NULL || f->id != id) continue;
        owner *o = new_owner(s->ctx);
        if (o == NULL) return HONE_ERROR_MEMORY;
        hone_status status = begin_batch(s, &m->flat, hn_message_follow(&m->flat, m->header, 1),
                                         m->body, m->length, &o->arena, &b);
        if (status == HONE_OK) status = take_column(&b, f->texts_format, &o->array);
        if (status == HONE_OK && m->flat.bad) status = damaged(s, "a dictionary is damaged");
        if (status != HONE_OK) {
            free_owner(o);
            return status;
        }
        free_owner(f->texts);
        f->texts = o;
    }
    return HONE_OK;
}

static hone_status fill_batch(ipc *s, batch *b, owner *o, struct ArrowArray *ret_array) {
    struct ArrowArray *columns, **children;
    const void **none;
    HN_TRY(HN_NEW(s->ctx, &o->arena, columns, s->n_fields + 1));
    HN_TRY(HN_NEW(s->ctx, &o->arena, children, s->n_fields + 1));
    HN_TRY(HN_NEW(s->ctx, &o->arena, none, 1));
    for (int64_t j = 0; j < s->n_fields; j++) {
        field *f = &s->fields[j];
        children[j] = &columns[j];
        HN_TRY(take_column(b, f->format, &columns[j]));
        if (columns[j].length != b->rows) return damaged(s, "a column has another count of rows");
        if (f->texts_format == NULL) continue;
        if (f->texts == NULL) return damaged(s, "a dictionary is missing");
        columns[j].dictionary = &f->texts->array;
    }
    *ret_array = (struct ArrowArray){.length = b->rows,
                                     .n_buffers = 1,
                                     .buffers = none,
                                     .n_children = s->n_fields,
                                     .children = children,
                                     .release = release_batch,
                                     .private_data = o};
    return HONE_OK;
}

static hone_status read_batch(ipc *s, message *m, struct ArrowArray *ret_array) {
    batch b;
    owner *o = new_owner(s->ctx);
    if (o == NULL) return HONE_ERROR_MEMORY;
    hone_status status = begin_batch(s, &m->flat, m->header, m->body, m->length, &o->arena, &b);
    if (status == HONE_OK) status = fill_batch(s, &b, o, ret_array);
    if (status == HONE_OK && m->flat.bad) status = damaged(s, "a batch is damaged");
    if (status != HONE_OK) free_owner(o);
    return status;
}

/* ---- as a stream ----------------------------------------------------------------------------- */

static void release_schema(struct ArrowSchema *schema) { schema->release = NULL; }

static hone_status make_schema(ipc *s, struct ArrowSchema *ret_schema) {
    struct ArrowSchema *items, **children;
    HN_TRY(HN_SCRATCH_NEW(s->ctx, items, 2 * s->n_fields + 1));
    HN_TRY(HN_SCRATCH_NEW(s->ctx, children, s->n_fields + 1));
    for (int64_t j = 0; j < s->n_fields; j++) {
        field *f = &s->fields[j];
        items[j] =
            (struct ArrowSchema){.format = f->format, .name = f->name, .release = release_schema};
        children[j] = &items[j];
        if (f->texts_format == NULL) continue;
        items[s->n_fields + j] =
            (struct ArrowSchema){.format = f->texts_format, .release = release_schema};
        items[j].dictionary = &items[s->n_fields + j];
    }
    *ret_schema = (struct ArrowSchema){
        .format = "+s", .n_children = s->n_fields, .children = children, .release = release_schema};
    return HONE_OK;
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *ret_schema) {
    ipc *s = stream->private_data;
    s->status = make_schema(s, ret_schema);
    return s->status == HONE_OK ? 0 : EINVAL;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *ret_array) {
    ipc *s = stream->private_data;
    message m;
    *ret_array = (struct ArrowArray){.release = NULL};
    enum { DICTIONARY = 2, BATCH = 3 };
    do {
        s->status = next_message(s, &m);
        if (s->status == HONE_OK && m.kind == DICTIONARY) s->status = read_dictionary(s, &m);
        if (s->status == HONE_OK && m.kind == BATCH) s->status = read_batch(s, &m, ret_array);
        if (s->status == HONE_OK && m.kind != 0 && m.kind != DICTIONARY && m.kind != BATCH)
            s->status = damaged(s, "a message is of a kind that no table has");
    } while (s->status == HONE_OK && m.kind == DICTIONARY);
    return s->status == HONE_OK ? 0 : EINVAL;
}

static const char *last_error(struct ArrowArrayStream *stream) {
    return ((ipc *)stream->private_data)->ctx->error.message;
}

static void release_stream(struct ArrowArrayStream *stream) { stream->release = NULL; }

/* The schema, and where messages stand, from a file's index. */
static hone_status read_index(ipc *s) {
    enum { MARK = 6, BLOCK = 24, DICTIONARIES = 2, BATCHES = 3 };
    uint32_t size;
    int64_t end = s->n - MARK - 4, first, n = 0;
    if (memcmp(s->bytes + s->n - MARK, "ARROW1", MARK) != 0) return damaged(s, "it is cut short");
    memcpy(&size, s->bytes + end, 4);
    if (size > end - 8) return damaged(s, "its index is damaged");
    hn_message flat = {s->bytes + end - size, size, false};
    int64_t root = hn_message_root(&flat);
    HN_TRY(read_schema(s, &flat, hn_message_follow(&flat, root, 1)));
    for (int part = DICTIONARIES; part <= BATCHES; part++)
        n += hn_message_vector(&flat, root, part, BLOCK, &first);
    HN_TRY(HN_SCRATCH_NEW(s->ctx, s->messages, n + 1));
    for (int part = DICTIONARIES; part <= BATCHES; part++) {
        n = hn_message_vector(&flat, root, part, BLOCK, &first);
        for (int64_t i = 0; i < n; i++) {
            int64_t at = hn_message_number(&flat, first + i * BLOCK, 8);
            if (at < 8 || at > s->n) return damaged(s, "its index is damaged");
            s->messages[s->n_messages++] = at;
        }
    }
    return flat.bad ? damaged(s, "its index is damaged") : HONE_OK;
}

static hone_status read_begin(ipc *s) {
    message m;
    if (s->n >= 8 + 4 + 6 && memcmp(s->bytes, "ARROW1\0\0", 8) == 0) return read_index(s);
    if (s->n >= 4 && memcmp(s->bytes, "FEA1", 4) == 0)
        return damaged(s, "it is of Feather's first version, which went out of use in 2020");
    HN_TRY(next_message(s, &m));
    if (m.kind != 1) return damaged(s, "it is no Arrow file: it does not begin with a schema");
    return read_schema(s, &m.flat, m.header);
}

hone_status hn_arrow_read_ipc(hone_ctx *ctx, const char *shown, const void *bytes, int64_t n,
                              hone_table **ret_table) {
    HN_SCRATCH(ctx);
    ipc s = {.ctx = ctx, .shown = shown, .bytes = bytes, .n = n};
    HN_TRY(read_begin(&s));
    struct ArrowArrayStream stream = {.get_schema = get_schema,
                                      .get_next = get_next,
                                      .get_last_error = last_error,
                                      .release = release_stream,
                                      .private_data = &s};
    char said[sizeof ctx->error.message];
    hone_status status = hn_arrow_import_stream(ctx, &stream, ret_table);
    for (int64_t j = 0; j < s.n_fields; j++) free_owner(s.fields[j].texts);
    if (status == HONE_OK || s.status == HONE_OK) return status;
    /* What was met here, without the words that the import puts around it. */
    const char *inner = strstr(ctx->error.message, shown);
    hn_copy_text(said, sizeof said, inner ? inner : ctx->error.message);
    return hn_fail_at(ctx, s.status, HN_AT(.file = shown), "%s", said);
}

/* ---- the kind -------------------------------------------------------------------------------- */

static hone_status keep(hone_ctx *ctx, hn_reader *reader, hone_table *table) {
    table->source = hn_arena_strdup(ctx, &table->arena, reader->source->shown);
    if (table->source == NULL) return HONE_ERROR_MEMORY;
    int64_t limit = reader->options->limit;
    if (limit > 0 && limit < table->view.n_rows) {
        hn_table first;
        HN_TRY(hn_table_slice(ctx, &table->arena, &table->view, 0, limit, &first));
        table->view = first;
    }
    hone_table_free(ctx, reader->table);
    reader->table = table;
    return HONE_OK;
}

static hone_status read_arrow(hone_ctx *ctx, hn_reader *reader) {
    hn_mapping m = {.length = 0};
    hone_table *table;
    HN_TRY(hn_map_file(ctx, reader->source->path, &m));
    hone_status status =
        hn_arrow_read_ipc(ctx, reader->source->shown, m.bytes, (int64_t)m.length, &table);
    hn_unmap_file(&m);
    HN_TRY(status);
    status = keep(ctx, reader, table);
    if (status != HONE_OK) hone_table_free(ctx, table);
    return status;
}

/* A file's mark; a stream's, before the size of a schema that is no more than a few megabytes. */
static bool is_arrow(const char *head, size_t length) {
    if (length >= 8 && memcmp(head, "ARROW1\0\0", 8) == 0) return true;
    return length >= 8 && memcmp(head, "\xff\xff\xff\xff", 4) == 0 && head[7] == 0;
}

const hn_source_kind hn_source_arrow = {
    .name = "arrow",
    .title = "Arrow files",
    .endings = (const char *const[]){".arrow", ".feather", ".ipc", ".arrows", NULL},
    .is_it = is_arrow,
    .read = read_arrow,
};
