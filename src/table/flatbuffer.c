/* flatbuffer.c - see flatbuffer.h. All numbers are little-endian. */
#include "table/flatbuffer.h"

#include <assert.h>
#include <string.h>

void hn_flat_init(hn_flat *flat, hone_ctx *ctx, hn_arena *arena) {
    *flat = (hn_flat){.ctx = ctx, .arena = arena, .align = 1};
}

/* Room for n more bytes at the front. */
static bool reserve(hn_flat *flat, size_t n) {
    if (flat->status != HONE_OK) return false;
    if (flat->length + n <= flat->capacity) return true;
    size_t capacity = flat->capacity ? 2 * flat->capacity : 1024;
    while (capacity < flat->length + n) capacity *= 2;
    unsigned char *bytes = hn_arena_alloc(flat->ctx, flat->arena, capacity, 1);
    if (bytes == NULL) {
        flat->status = HONE_ERROR_MEMORY;
        return false;
    }
    if (flat->length)
        memcpy(bytes + capacity - flat->length, flat->bytes + flat->capacity - flat->length,
               flat->length);
    flat->bytes = bytes;
    flat->capacity = capacity;
    return true;
}

static void push(hn_flat *flat, const void *bytes, size_t n) {
    /* Nothing may come first, when there is no memory yet that it could be copied to. */
    if (n == 0 || !reserve(flat, n)) return;
    flat->length += n;
    memcpy(flat->bytes + flat->capacity - flat->length, bytes, n);
}

/* Zeros, so that what follows after `then` more bytes begins at a multiple of align, counted from the end. */
static void pad(hn_flat *flat, size_t align, size_t then) {
    static const unsigned char zeros[16];
    if (align > flat->align) flat->align = align;
    push(flat, zeros, (align - (flat->length + then) % align) % align);
}

void hn_flat_number(hn_flat *flat, int64_t value, size_t size) {
    unsigned char bytes[8];
    for (size_t i = 0; i < 8; i++) bytes[i] = (unsigned char)((uint64_t)value >> (8 * i));
    pad(flat, size, size);
    push(flat, bytes, size);
}

void hn_flat_offset(hn_flat *flat, size_t to) {
    pad(flat, 4, 4);
    hn_flat_number(flat, (int64_t)(flat->length + 4 - to), 4);
}

size_t hn_flat_text(hn_flat *flat, const char *text) {
    size_t n = strlen(text);
    pad(flat, 4, n + 1);
    push(flat, text, n + 1);
    hn_flat_number(flat, (int64_t)n, 4);
    return flat->length;
}

void hn_flat_vector_begin(hn_flat *flat, size_t n_bytes, size_t align) {
    pad(flat, 4, n_bytes);
    pad(flat, align, n_bytes);
}

size_t hn_flat_vector_end(hn_flat *flat, size_t n_items) {
    hn_flat_number(flat, (int64_t)n_items, 4);
    return flat->length;
}

void hn_flat_table_begin(hn_flat *flat) {
    flat->table = flat->length;
    memset(flat->fields, 0, sizeof flat->fields);
}

void hn_flat_field(hn_flat *flat, int field, int64_t value, size_t size) {
    assert(field < HN_FLAT_FIELDS);
    hn_flat_number(flat, value, size);
    flat->fields[field] = flat->length;
}

void hn_flat_field_offset(hn_flat *flat, int field, size_t to) {
    assert(field < HN_FLAT_FIELDS);
    hn_flat_offset(flat, to);
    flat->fields[field] = flat->length;
}

/* The table's first word says how far before it its list of fields stands; the list: its own size, the table's
 * size, and where in the table each field is (0: nowhere). */
size_t hn_flat_table_end(hn_flat *flat) {
    int n = HN_FLAT_FIELDS;
    while (n > 0 && flat->fields[n - 1] == 0) n--;
    hn_flat_number(flat, (int64_t)(2 * (n + 2)), 4);
    size_t at = flat->length;
    for (int i = n - 1; i >= 0; i--)
        hn_flat_number(flat, flat->fields[i] ? (int64_t)(at - flat->fields[i]) : 0, 2);
    hn_flat_number(flat, (int64_t)(at - flat->table), 2);
    hn_flat_number(flat, (int64_t)(2 * (n + 2)), 2);
    return at;
}

hone_status hn_flat_finish(hn_flat *flat, size_t root, const unsigned char **ret_bytes,
                           size_t *ret_length) {
    pad(flat, flat->align, 4);
    hn_flat_offset(flat, root);
    if (flat->status != HONE_OK) return flat->status;
    *ret_bytes = flat->bytes + flat->capacity - flat->length;
    *ret_length = flat->length;
    return HONE_OK;
}
