/* write_arrow.c - tables as Arrow IPC, the file and the stream (arrow.apache.org/docs/format/Columnar.html).
 *
 * A stream is messages: the schema, a dictionary for each category column, record batches. The file has a magic
 * word before them and after them a footer that says where they are. All batches must have the dictionaries
 * of the first. */
#include "table/arrow.h"
#include "table/flatbuffer.h"
#include "table/writing.h"

#include <string.h>

enum { FILE_FORMAT, STREAM_FORMAT };
enum { SCHEMA = 1, DICTIONARY_BATCH = 2, RECORD_BATCH = 3 }; /* kinds of message */
enum { VERSION_5 = 4 };
enum { BATCH = 1 << 18 }; /* rows of a record batch, at most */

typedef struct block {
    int64_t at, metadata, body;
} block;

typedef struct blocks {
    block *items;
    int64_t n, capacity;
} blocks;

typedef struct state {
    blocks dictionaries, batches;
} state;

/* ---- the schema ------------------------------------------------------------------------------ */

enum { INT = 2, FLOATING_POINT = 3, BOOL = 6, TIMESTAMP = 10, LARGE_UTF8 = 20 };

static size_t put_int(hn_flat *flat, int64_t bits) {
    hn_flat_table_begin(flat);
    hn_flat_field(flat, 0, bits, 4);
    hn_flat_field(flat, 1, 1, 1);
    return hn_flat_table_end(flat);
}

/* The type of a column's values; categories have that of their texts. */
static size_t put_type(hn_flat *flat, hn_type type, int *ret_kind) {
    if (type == HN_I64) {
        *ret_kind = INT;
        return put_int(flat, 64);
    }
    hn_flat_table_begin(flat);
    switch (type) {
    case HN_F64:
        *ret_kind = FLOATING_POINT;
        hn_flat_field(flat, 0, 2, 2);
        break;
    case HN_F32:
        *ret_kind = FLOATING_POINT;
        hn_flat_field(flat, 0, 1, 2);
        break;
    case HN_BOOL: *ret_kind = BOOL; break;
    case HN_TIME:
        *ret_kind = TIMESTAMP;
        hn_flat_field(flat, 0, 2, 2);
        break;
    default: *ret_kind = LARGE_UTF8; break;
    }
    return hn_flat_table_end(flat);
}

static size_t put_field(hn_flat *flat, const hn_column *column, int32_t id) {
    int kind;
    size_t dictionary = 0, name = hn_flat_text(flat, column->name);
    size_t type = put_type(flat, column->type, &kind);
    if (column->type == HN_CATEGORY) {
        size_t index = put_int(flat, 32);
        hn_flat_table_begin(flat);
        hn_flat_field(flat, 0, id, 8);
        hn_flat_field_offset(flat, 1, index);
        dictionary = hn_flat_table_end(flat);
    }
    hn_flat_vector_begin(flat, 0, 4);
    size_t children = hn_flat_vector_end(flat, 0);
    hn_flat_table_begin(flat);
    hn_flat_field_offset(flat, 0, name);
    hn_flat_field_offset(flat, 3, type);
    if (dictionary) hn_flat_field_offset(flat, 4, dictionary);
    hn_flat_field_offset(flat, 5, children);
    hn_flat_field(flat, 1, 1, 1);
    hn_flat_field(flat, 2, kind, 1);
    return hn_flat_table_end(flat);
}

static hone_status put_schema(hn_flat *flat, const hn_table *schema, size_t *ret_at) {
    size_t *fields;
    int32_t n = schema->n_columns;
    HN_TRY(HN_NEW(flat->ctx, flat->arena, fields, (size_t)n + 1));
    for (int32_t j = 0; j < n; j++) fields[j] = put_field(flat, &schema->columns[j], j);
    hn_flat_vector_begin(flat, 4 * (size_t)n, 4);
    for (int32_t j = n - 1; j >= 0; j--) hn_flat_offset(flat, fields[j]);
    size_t list = hn_flat_vector_end(flat, (size_t)n);
    hn_flat_table_begin(flat);
    hn_flat_field_offset(flat, 1, list);
    *ret_at = hn_flat_table_end(flat);
    return flat->status;
}

/* ---- messages -------------------------------------------------------------------------------- */

/* Mark, size of the metadata and the metadata itself, filled up to a multiple of eight. Of the arena. */
static hone_status encapsulate(hn_flat *flat, int kind, size_t header, int64_t body,
                               const unsigned char **ret_bytes, size_t *ret_length) {
    hn_flat_table_begin(flat);
    hn_flat_field(flat, 3, body, 8);
    hn_flat_field_offset(flat, 2, header);
    hn_flat_field(flat, 0, VERSION_5, 2);
    hn_flat_field(flat, 1, kind, 1);
    const unsigned char *bytes;
    size_t length;
    HN_TRY(hn_flat_finish(flat, hn_flat_table_end(flat), &bytes, &length));
    size_t whole = (8 + length + 7) / 8 * 8;
    unsigned char *message = hn_arena_alloc(flat->ctx, flat->arena, whole, 1);
    if (message == NULL) return HONE_ERROR_MEMORY;
    uint32_t head[2] = {0xFFFFFFFF, (uint32_t)(whole - 8)};
    memcpy(message, head, sizeof head);
    memcpy(message + 8, bytes, length);
    *ret_bytes = message;
    *ret_length = whole;
    return HONE_OK;
}

hone_status hn_arrow_schema_message(hone_ctx *ctx, hn_arena *arena, const hn_table *schema,
                                    const unsigned char **ret_bytes, size_t *ret_length) {
    hn_flat flat;
    size_t at;
    hn_flat_init(&flat, ctx, arena);
    HN_TRY(put_schema(&flat, schema, &at));
    return encapsulate(&flat, SCHEMA, at, 0, ret_bytes, ret_length);
}

/* The buffers of a record batch, in order, and what they belong to. */
typedef struct pieces {
    const struct ArrowArray **nodes;
    const void **buffers;
    int64_t *sizes;
    int64_t n_nodes, n_buffers;
} pieces;

static int64_t padded(int64_t size) { return (size + 63) / 64 * 64; }

static void add_buffer(pieces *p, const void *buffer, int64_t size) {
    p->buffers[p->n_buffers] = buffer;
    p->sizes[p->n_buffers++] = buffer ? size : 0;
}

/* Bytes of n values; bits where size is 0. */
static void add_array(pieces *p, const struct ArrowArray *array, int64_t size) {
    int64_t n = array->length;
    p->nodes[p->n_nodes++] = array;
    add_buffer(p, array->null_count ? array->buffers[0] : NULL, (n + 7) / 8);
    if (array->n_buffers == 2) {
        add_buffer(p, array->buffers[1], size ? n * size : (n + 7) / 8);
        return;
    }
    const int64_t *offsets = array->buffers[1];
    add_buffer(p, offsets, (n + 1) * (int64_t)sizeof *offsets);
    add_buffer(p, array->buffers[2], offsets[n]);
}

static hone_status new_pieces(hone_ctx *ctx, int64_t n, pieces *ret_pieces) {
    *ret_pieces = (pieces){.n_nodes = 0};
    HN_TRY(HN_SCRATCH_NEW(ctx, ret_pieces->nodes, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, ret_pieces->buffers, 3 * n + 1));
    return HN_SCRATCH_NEW(ctx, ret_pieces->sizes, 3 * n + 1);
}

/* The RecordBatch table; *ret_body: bytes of all buffers, each filled up. */
static size_t put_batch(hn_flat *flat, const pieces *p, int64_t n_rows, int64_t *ret_body) {
    int64_t body = 0;
    for (int64_t i = 0; i < p->n_buffers; i++) body += padded(p->sizes[i]);
    *ret_body = body;
    hn_flat_vector_begin(flat, 16 * (size_t)p->n_buffers, 8);
    for (int64_t i = p->n_buffers - 1; i >= 0; i--) {
        body -= padded(p->sizes[i]);
        hn_flat_number(flat, p->sizes[i], 8);
        hn_flat_number(flat, body, 8);
    }
    size_t buffers = hn_flat_vector_end(flat, (size_t)p->n_buffers);
    hn_flat_vector_begin(flat, 16 * (size_t)p->n_nodes, 8);
    for (int64_t i = p->n_nodes - 1; i >= 0; i--) {
        hn_flat_number(flat, p->nodes[i]->null_count, 8);
        hn_flat_number(flat, p->nodes[i]->length, 8);
    }
    size_t nodes = hn_flat_vector_end(flat, (size_t)p->n_nodes);
    hn_flat_table_begin(flat);
    hn_flat_field(flat, 0, n_rows, 8);
    hn_flat_field_offset(flat, 1, nodes);
    hn_flat_field_offset(flat, 2, buffers);
    return hn_flat_table_end(flat);
}

static hone_status add_block(hone_ctx *ctx, hn_writer *writer, blocks *list, block item) {
    if (list->n == list->capacity) {
        int64_t capacity = list->capacity ? 2 * list->capacity : 16;
        block *items;
        HN_TRY(HN_NEW(ctx, &writer->arena, items, capacity));
        if (list->n) memcpy(items, list->items, (size_t)list->n * sizeof *items);
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->n++] = item;
    return HONE_OK;
}

/* A message with its body. A dictionary's number is id, or -1 for a batch of rows. */
static hone_status write_message(hone_ctx *ctx, hn_writer *writer, const pieces *p, int64_t n_rows,
                                 int64_t id) {
    static const unsigned char zeros[64];
    state *s = writer->state;
    hn_flat flat;
    int64_t body;
    hn_flat_init(&flat, ctx, ctx->scratch);
    size_t header = put_batch(&flat, p, n_rows, &body);
    if (id >= 0) {
        hn_flat_table_begin(&flat);
        hn_flat_field(&flat, 0, id, 8);
        hn_flat_field_offset(&flat, 1, header);
        header = hn_flat_table_end(&flat);
    }
    const unsigned char *bytes;
    size_t length;
    HN_TRY(encapsulate(&flat, id >= 0 ? DICTIONARY_BATCH : RECORD_BATCH, header, body, &bytes,
                       &length));
    block place = {.at = writer->at, .metadata = (int64_t)length, .body = body};
    HN_TRY(add_block(ctx, writer, id >= 0 ? &s->dictionaries : &s->batches, place));
    HN_TRY(hn_writer_bytes(ctx, writer, bytes, length));
    for (int64_t i = 0; i < p->n_buffers; i++) {
        int64_t rest = padded(p->sizes[i]) - p->sizes[i];
        HN_TRY(hn_writer_bytes(ctx, writer, p->buffers[i], (size_t)p->sizes[i]));
        HN_TRY(hn_writer_bytes(ctx, writer, zeros, (size_t)rest));
    }
    return HONE_OK;
}

/* ---- writing --------------------------------------------------------------------------------- */

static const char magic[8] = "ARROW1\0";

static hone_status begin(hone_ctx *ctx, hn_writer *writer) {
    const unsigned char *bytes;
    size_t length;
    state *s;
    HN_TRY(HN_NEW(ctx, &writer->arena, s, 1));
    writer->state = s;
    if (writer->format->variant == FILE_FORMAT)
        HN_TRY(hn_writer_bytes(ctx, writer, magic, sizeof magic));
    HN_TRY(hn_arrow_schema_message(ctx, &writer->arena, &writer->schema, &bytes, &length));
    return hn_writer_bytes(ctx, writer, bytes, length);
}

static hone_status write_rows(hone_ctx *ctx, hn_writer *writer, const struct ArrowArray *root) {
    HN_SCRATCH(ctx);
    const state *s = writer->state;
    pieces p;
    /* Dictionaries stand once, before the first rows. */
    for (int64_t j = 0; s->batches.n == 0 && j < root->n_children; j++) {
        if (root->children[j]->dictionary == NULL) continue;
        HN_TRY(new_pieces(ctx, 1, &p));
        add_array(&p, root->children[j]->dictionary, 0);
        HN_TRY(write_message(ctx, writer, &p, p.nodes[0]->length, j));
    }
    HN_TRY(new_pieces(ctx, root->n_children, &p));
    for (int64_t j = 0; j < root->n_children; j++) {
        hn_type type = writer->schema.columns[j].type;
        add_array(&p, root->children[j], type == HN_BOOL ? 0 : (int64_t)hn_type_size(type));
    }
    return write_message(ctx, writer, &p, root->length, -1);
}

static hone_status put(hone_ctx *ctx, hn_writer *writer, const hn_table *table) {
    HN_SCRATCH(ctx);
    for (int64_t from = 0; from < table->n_rows || from == 0; from += BATCH) {
        int64_t end = table->n_rows - from > BATCH ? from + BATCH : table->n_rows;
        hn_table rows;
        struct ArrowArray array;
        struct ArrowSchema schema;
        HN_TRY(hn_table_slice(ctx, ctx->scratch, table, from, end, &rows));
        HN_TRY(hn_arrow_export(ctx, &rows, &array, &schema));
        hone_status status = write_rows(ctx, writer, &array);
        array.release(&array);
        schema.release(&schema);
        HN_TRY(status);
        hn_progress(ctx, "write", end, table->n_rows, "rows");
    }
    return HONE_OK;
}

static size_t put_blocks(hn_flat *flat, const blocks *list) {
    hn_flat_vector_begin(flat, 24 * (size_t)list->n, 8);
    for (int64_t i = list->n - 1; i >= 0; i--) {
        hn_flat_number(flat, list->items[i].body, 8);
        hn_flat_number(flat, list->items[i].metadata, 8); /* four bytes and four of filling */
        hn_flat_number(flat, list->items[i].at, 8);
    }
    return hn_flat_vector_end(flat, (size_t)list->n);
}

static hone_status write_footer(hone_ctx *ctx, hn_writer *writer) {
    HN_SCRATCH(ctx);
    const state *s = writer->state;
    hn_flat flat;
    size_t schema, length;
    hn_flat_init(&flat, ctx, ctx->scratch);
    HN_TRY(put_schema(&flat, &writer->schema, &schema));
    size_t dictionaries = put_blocks(&flat, &s->dictionaries);
    size_t batches = put_blocks(&flat, &s->batches);
    hn_flat_table_begin(&flat);
    hn_flat_field_offset(&flat, 1, schema);
    hn_flat_field_offset(&flat, 2, dictionaries);
    hn_flat_field_offset(&flat, 3, batches);
    hn_flat_field(&flat, 0, VERSION_5, 2);
    const unsigned char *bytes;
    HN_TRY(hn_flat_finish(&flat, hn_flat_table_end(&flat), &bytes, &length));
    HN_TRY(hn_writer_bytes(ctx, writer, bytes, length));
    uint32_t size = (uint32_t)length;
    HN_TRY(hn_writer_bytes(ctx, writer, &size, sizeof size));
    return hn_writer_bytes(ctx, writer, magic, 6);
}

static hone_status end(hone_ctx *ctx, hn_writer *writer) {
    static const uint32_t last[2] = {0xFFFFFFFF, 0};
    HN_TRY(hn_writer_bytes(ctx, writer, last, sizeof last));
    return writer->format->variant == FILE_FORMAT ? write_footer(ctx, writer) : HONE_OK;
}

const hn_writer_format hn_write_arrow_file = {
    .endings = (const char *const[]){".arrow", ".feather", ".ipc", NULL},
    .variant = FILE_FORMAT,
    .begin = begin,
    .put = put,
    .end = end,
};

const hn_writer_format hn_write_arrow_stream = {
    .endings = (const char *const[]){".arrows", NULL},
    .variant = STREAM_FORMAT,
    .begin = begin,
    .put = put,
    .end = end,
};
