/* arrow_ipc.c - reading flatbuffers; see arrow_ipc.h. */
#include "table/arrow_ipc.h"

#include <string.h>

int64_t hn_message_number(hn_message *flat, int64_t place, int size) {
    uint64_t value = 0;
    if (place <= 0 || place > flat->n - size) {
        flat->bad |= place != 0;
        return 0;
    }
    for (int i = size - 1; i >= 0; i--) value = value << 8 | flat->bytes[place + i];
    int shift = 64 - 8 * size;
    return (int64_t)(value << shift) >> shift;
}

/* An unsigned offset at place, from there on. */
static int64_t jump(hn_message *flat, int64_t place) {
    int64_t offset = hn_message_number(flat, place, 4) & UINT32_MAX;
    if (place == 0 || offset == 0) return 0;
    if (place + offset > flat->n - 4) {
        flat->bad = true;
        return 0;
    }
    return place + offset;
}

int64_t hn_message_root(hn_message *flat) {
    if (flat->n < 8) {
        flat->bad = true;
        return 0;
    }
    int64_t offset = 0;
    for (int i = 3; i >= 0; i--) offset = offset << 8 | flat->bytes[i];
    if (offset < 4 || offset > flat->n - 4) {
        flat->bad = true;
        return 0;
    }
    return offset;
}

int64_t hn_message_field(hn_message *flat, int64_t table, int field) {
    if (table == 0) return 0;
    int64_t fields = table - hn_message_number(flat, table, 4); /* its vtable, mostly before it */
    if (fields <= 0 || fields > flat->n - 4) {
        flat->bad = true;
        return 0;
    }
    int64_t size = hn_message_number(flat, fields, 2) & UINT16_MAX, at = 4 + 2 * (int64_t)field;
    if (at + 2 > size) return 0;
    int64_t offset = hn_message_number(flat, fields + at, 2) & UINT16_MAX;
    return offset ? table + offset : 0;
}

int64_t hn_message_int(hn_message *flat, int64_t table, int field, int size, int64_t fallback) {
    int64_t place = hn_message_field(flat, table, field);
    return place ? hn_message_number(flat, place, size) : fallback;
}

int64_t hn_message_follow(hn_message *flat, int64_t table, int field) {
    int64_t place = hn_message_field(flat, table, field);
    return place ? jump(flat, place) : 0;
}

int64_t hn_message_vector(hn_message *flat, int64_t table, int field, int64_t size,
                          int64_t *ret_first) {
    int64_t place = hn_message_follow(flat, table, field);
    *ret_first = 0;
    if (place == 0) return 0;
    int64_t n = hn_message_number(flat, place, 4) & UINT32_MAX;
    if (n > (flat->n - place - 4) / size) {
        flat->bad = true;
        return 0;
    }
    *ret_first = place + 4;
    return n;
}

hn_slice hn_message_text(hn_message *flat, int64_t table, int field) {
    int64_t first, n = hn_message_vector(flat, table, field, 1, &first);
    return n ? (hn_slice){(const char *)flat->bytes + first, (size_t)n} : (hn_slice){"", 0};
}

int64_t hn_message_table_at(hn_message *flat, int64_t first, int64_t i) {
    return jump(flat, first + 4 * i);
}
