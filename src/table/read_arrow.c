/* read_arrow.c - Arrow's IPC format: files (Feather V2) and streams; see "Arrow Columnar Format", IPC.
 *
 * A stream is messages one after the other, the schema first; a file's messages are found by the index at its
 * end, which holds the schema too. Messages are flatbuffers (arrow_ipc.c looks them up, every offset checked).
 * Bodies may be packed by LZ4 or zstd. What comes of each column is that of arrow.h: batches go through the same
 * import, once it is checked here that buffers are as long as their columns need. */
#include "table/arrow_read.h"
#include "table/reading.h"

#include "base/os.h"

#include <errno.h>
#include <string.h>

hone_status hn_ipc_damaged(hn_ipc *s, const char *what) {
    return hn_fail_at(s->ctx, HONE_ERROR_DATA, HN_AT(.file = s->shown), "%s: %s; write it anew",
                      s->shown, what);
}

/* ---- owners ---------------------------------------------------------------------------------- */

static hn_arrow_owner *new_owner(hone_ctx *ctx) {
    hn_arrow_owner *o = ctx->allocator.resize(ctx->allocator.user, NULL, 0, sizeof *o);
    if (o == NULL) {
        (void)hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory for an Arrow batch");
        return NULL;
    }
    *o = (hn_arrow_owner){.allocator = ctx->allocator};
    hn_arena_init(&o->arena, ctx->allocator);
    return o;
}

static void free_owner(hn_arrow_owner *o) {
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

static hone_status next_message(hn_ipc *s, message *m) {
    *m = (message){.kind = 0};
    int64_t size = 0;
    if (s->messages != NULL && s->message == s->n_messages) return HONE_OK;
    if (s->messages != NULL) s->at = s->messages[s->message++];
    for (int i = 0; i < 2; i++) { /* a mark that more comes, and the size; long ago only the size */
        uint32_t word;
        if (s->n - s->at < 4) return s->at == s->n ? HONE_OK : hn_ipc_damaged(s, "it is cut short");
        memcpy(&word, s->bytes + s->at, 4);
        s->at += 4;
        size = word;
        if (word != UINT32_MAX) break;
    }
    if (size == 0) return HONE_OK;
    if (size > s->n - s->at || size > INT32_MAX) return hn_ipc_damaged(s, "it is cut short");
    m->flat = (hn_message){s->bytes + s->at, size, false};
    s->at += size;
    int64_t root = hn_message_root(&m->flat);
    m->kind = hn_message_int(&m->flat, root, 1, 1, 0);
    m->header = hn_message_follow(&m->flat, root, 2);
    m->length = hn_message_int(&m->flat, root, 3, 8, 0);
    m->body = s->at;
    if (m->flat.bad || m->length < 0 || m->header == 0)
        return hn_ipc_damaged(s, "a message is damaged");
    if (m->length > s->n - s->at) return hn_ipc_damaged(s, "it is cut short");
    s->at += m->length;
    return HONE_OK;
}

static hone_status read_dictionary(hn_ipc *s, message *m) {
    int64_t id = hn_message_int(&m->flat, m->header, 0, 8, 0);
    if (hn_message_int(&m->flat, m->header, 2, 1, 0) != 0)
        return hn_ipc_damaged(s,
                              "its dictionaries come in pieces, which hone does not put together");
    for (int64_t j = 0; j < s->n_fields; j++) {
        hn_ipc_field *f = &s->fields[j];
        hn_ipc_batch b;
        if (f->texts_format == NULL || f->id != id) continue;
        hn_arrow_owner *o = new_owner(s->ctx);
        if (o == NULL) return HONE_ERROR_MEMORY;
        hone_status status =
            hn_ipc_batch_begin(s, &m->flat, hn_message_follow(&m->flat, m->header, 1), m->body,
                               m->length, &o->arena, &b);
        if (status == HONE_OK) status = hn_ipc_batch_column(&b, f->texts_format, &o->array);
        if (status == HONE_OK && m->flat.bad) status = hn_ipc_damaged(s, "a dictionary is damaged");
        if (status != HONE_OK) {
            free_owner(o);
            return status;
        }
        free_owner(f->texts);
        f->texts = o;
    }
    return HONE_OK;
}

static hone_status fill_batch(hn_ipc *s, hn_ipc_batch *b, hn_arrow_owner *o,
                              struct ArrowArray *ret_array) {
    struct ArrowArray *columns, **children;
    const void **none;
    HN_TRY(HN_NEW(s->ctx, &o->arena, columns, s->n_fields + 1));
    HN_TRY(HN_NEW(s->ctx, &o->arena, children, s->n_fields + 1));
    HN_TRY(HN_NEW(s->ctx, &o->arena, none, 1));
    for (int64_t j = 0; j < s->n_fields; j++) {
        hn_ipc_field *f = &s->fields[j];
        children[j] = &columns[j];
        HN_TRY(hn_ipc_batch_column(b, f->format, &columns[j]));
        if (columns[j].length != b->rows)
            return hn_ipc_damaged(s, "a column has another count of rows");
        if (f->texts_format == NULL) continue;
        if (f->texts == NULL) return hn_ipc_damaged(s, "a dictionary is missing");
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

static hone_status read_batch(hn_ipc *s, message *m, struct ArrowArray *ret_array) {
    hn_ipc_batch b;
    hn_arrow_owner *o = new_owner(s->ctx);
    if (o == NULL) return HONE_ERROR_MEMORY;
    hone_status status =
        hn_ipc_batch_begin(s, &m->flat, m->header, m->body, m->length, &o->arena, &b);
    if (status == HONE_OK) status = fill_batch(s, &b, o, ret_array);
    if (status == HONE_OK && m->flat.bad) status = hn_ipc_damaged(s, "a batch is damaged");
    if (status != HONE_OK) free_owner(o);
    return status;
}

/* ---- as a stream ----------------------------------------------------------------------------- */

static void release_schema(struct ArrowSchema *schema) { schema->release = NULL; }

static hone_status make_schema(hn_ipc *s, struct ArrowSchema *ret_schema) {
    struct ArrowSchema *items, **children;
    HN_TRY(HN_SCRATCH_NEW(s->ctx, items, 2 * s->n_fields + 1));
    HN_TRY(HN_SCRATCH_NEW(s->ctx, children, s->n_fields + 1));
    for (int64_t j = 0; j < s->n_fields; j++) {
        hn_ipc_field *f = &s->fields[j];
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
    hn_ipc *s = stream->private_data;
    s->status = make_schema(s, ret_schema);
    return s->status == HONE_OK ? 0 : EINVAL;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *ret_array) {
    hn_ipc *s = stream->private_data;
    message m;
    *ret_array = (struct ArrowArray){.release = NULL};
    enum { DICTIONARY = 2, BATCH = 3 };
    do {
        s->status = next_message(s, &m);
        if (s->status == HONE_OK && m.kind == DICTIONARY) s->status = read_dictionary(s, &m);
        if (s->status == HONE_OK && m.kind == BATCH) s->status = read_batch(s, &m, ret_array);
        if (s->status == HONE_OK && m.kind != 0 && m.kind != DICTIONARY && m.kind != BATCH)
            s->status = hn_ipc_damaged(s, "a message is of a kind that no table has");
    } while (s->status == HONE_OK && m.kind == DICTIONARY);
    return s->status == HONE_OK ? 0 : EINVAL;
}

static const char *last_error(struct ArrowArrayStream *stream) {
    return ((hn_ipc *)stream->private_data)->ctx->error.message;
}

static void release_stream(struct ArrowArrayStream *stream) { stream->release = NULL; }

/* The schema, and where messages stand, from a file's index. */
static hone_status read_index(hn_ipc *s) {
    enum { MARK = 6, BLOCK = 24, DICTIONARIES = 2, BATCHES = 3 };
    uint32_t size;
    int64_t end = s->n - MARK - 4, first, n = 0;
    if (memcmp(s->bytes + s->n - MARK, "ARROW1", MARK) != 0)
        return hn_ipc_damaged(s, "it is cut short");
    memcpy(&size, s->bytes + end, 4);
    if (size > end - 8) return hn_ipc_damaged(s, "its index is damaged");
    hn_message flat = {s->bytes + end - size, size, false};
    int64_t root = hn_message_root(&flat);
    HN_TRY(hn_ipc_schema(s, &flat, hn_message_follow(&flat, root, 1)));
    for (int part = DICTIONARIES; part <= BATCHES; part++)
        n += hn_message_vector(&flat, root, part, BLOCK, &first);
    HN_TRY(HN_SCRATCH_NEW(s->ctx, s->messages, n + 1));
    for (int part = DICTIONARIES; part <= BATCHES; part++) {
        n = hn_message_vector(&flat, root, part, BLOCK, &first);
        for (int64_t i = 0; i < n; i++) {
            int64_t at = hn_message_number(&flat, first + i * BLOCK, 8);
            if (at < 8 || at > s->n) return hn_ipc_damaged(s, "its index is damaged");
            s->messages[s->n_messages++] = at;
        }
    }
    return flat.bad ? hn_ipc_damaged(s, "its index is damaged") : HONE_OK;
}

static hone_status read_begin(hn_ipc *s) {
    message m;
    if (s->n >= 8 + 4 + 6 && memcmp(s->bytes, "ARROW1\0\0", 8) == 0) return read_index(s);
    if (s->n >= 4 && memcmp(s->bytes, "FEA1", 4) == 0)
        return hn_ipc_damaged(s, "it is of Feather's first version, which went out of use in 2020");
    HN_TRY(next_message(s, &m));
    if (m.kind != 1)
        return hn_ipc_damaged(s, "it is no Arrow file: it does not begin with a schema");
    return hn_ipc_schema(s, &m.flat, m.header);
}

hone_status hn_arrow_read_ipc(hone_ctx *ctx, const char *shown, const void *bytes, int64_t n,
                              hone_table **ret_table) {
    HN_SCRATCH(ctx);
    hn_ipc s = {.ctx = ctx, .shown = shown, .bytes = bytes, .n = n};
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
