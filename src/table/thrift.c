/* thrift.c - see thrift.h. */
#include "table/thrift.h"

#include <assert.h>

void hn_thrift_init(hn_thrift *thrift, hone_ctx *ctx, hn_arena *arena) {
    *thrift = (hn_thrift){.depth = 0};
    hn_str_init(&thrift->out, ctx, arena);
}

static void put_varint(hn_thrift *thrift, uint64_t value) {
    for (; value >= 128; value >>= 7) hn_str_put_c(&thrift->out, (char)(value | 128));
    hn_str_put_c(&thrift->out, (char)value);
}

void hn_thrift_put_int(hn_thrift *thrift, int64_t value) {
    put_varint(thrift, ((uint64_t)value << 1) ^ (uint64_t)(value >> 63));
}

static void put_field(hn_thrift *thrift, int field, int type) {
    int *last = &thrift->last[thrift->depth];
    assert(field > *last && field - *last <= 15);
    hn_str_put_c(&thrift->out, (char)((field - *last) << 4 | type));
    *last = field;
}

void hn_thrift_i32(hn_thrift *thrift, int field, int32_t value) {
    put_field(thrift, field, HN_THRIFT_I32);
    hn_thrift_put_int(thrift, value);
}

void hn_thrift_i64(hn_thrift *thrift, int field, int64_t value) {
    put_field(thrift, field, HN_THRIFT_I64);
    hn_thrift_put_int(thrift, value);
}

void hn_thrift_bool(hn_thrift *thrift, int field, bool value) {
    put_field(thrift, field, value ? HN_THRIFT_TRUE : HN_THRIFT_FALSE);
}

void hn_thrift_put_bytes(hn_thrift *thrift, const void *bytes, size_t length) {
    put_varint(thrift, length);
    hn_str_put_n(&thrift->out, bytes, length);
}

void hn_thrift_bytes(hn_thrift *thrift, int field, const void *bytes, size_t length) {
    put_field(thrift, field, HN_THRIFT_BINARY);
    hn_thrift_put_bytes(thrift, bytes, length);
}

void hn_thrift_item(hn_thrift *thrift) {
    thrift->depth++;
    assert(thrift->depth < HN_THRIFT_DEPTH);
    thrift->last[thrift->depth] = 0;
}

void hn_thrift_begin(hn_thrift *thrift, int field) {
    put_field(thrift, field, HN_THRIFT_STRUCT);
    hn_thrift_item(thrift);
}

void hn_thrift_end(hn_thrift *thrift) {
    hn_str_put_c(&thrift->out, 0);
    if (thrift->depth > 0) thrift->depth--;
}

void hn_thrift_list(hn_thrift *thrift, int field, int type, int64_t n) {
    put_field(thrift, field, HN_THRIFT_LIST);
    hn_str_put_c(&thrift->out, (char)((n < 15 ? n : 15) << 4 | type));
    if (n >= 15) put_varint(thrift, (uint64_t)n);
}

/* ---- reading --------------------------------------------------------------------------------- */

enum { BYTE = 3, I16 = 4, DOUBLE = 7, SET = 10, MAP = 11, DEEPEST = 32 };

static void give_up(hn_thrift_reader *r) {
    r->bad = true;
    r->at = r->n;
}

static unsigned take_byte(hn_thrift_reader *r) {
    if (r->at < r->n) return r->bytes[r->at++];
    give_up(r);
    return 0;
}

static uint64_t take_varint(hn_thrift_reader *r) {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        unsigned byte = take_byte(r);
        value |= (uint64_t)(byte & 127) << shift;
        if (byte < 128) return r->bad ? 0 : value;
    }
    give_up(r);
    return 0;
}

static int64_t take_zigzag(hn_thrift_reader *r) {
    uint64_t value = take_varint(r);
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static void pass(hn_thrift_reader *r, uint64_t n) {
    if (n > (uint64_t)(r->n - r->at))
        give_up(r);
    else
        r->at += (int64_t)n;
}

bool hn_thrift_next(hn_thrift_reader *reader, hn_thrift_field *field) {
    unsigned byte = take_byte(reader);
    int step = (int)(byte >> 4);
    if (byte == 0) return false;
    int64_t number = step > 0 ? field->number + step : take_zigzag(reader);
    if (number < 0 || number > INT16_MAX) give_up(reader);
    *field = (hn_thrift_field){.number = (int)number, .type = (int)(byte & 15)};
    return !reader->bad;
}

/* How many items a list has, and their type. */
static int64_t take_list(hn_thrift_reader *r, int *ret_type) {
    unsigned byte = take_byte(r);
    uint64_t n = byte >> 4 < 15 ? byte >> 4 : take_varint(r);
    *ret_type = (int)(byte & 15);
    if (n > (uint64_t)(r->n - r->at)) give_up(r); /* an item has a byte at least */
    return r->bad ? 0 : (int64_t)n;
}

static void skip(hn_thrift_reader *r, int type, bool in_list, int depth);

static void skip_items(hn_thrift_reader *r, int depth) {
    int type;
    int64_t n = take_list(r, &type);
    for (int64_t i = 0; i < n && !r->bad; i++) skip(r, type, true, depth);
}

static void skip_map(hn_thrift_reader *r, int depth) {
    uint64_t n = take_varint(r);
    unsigned types = n > 0 ? take_byte(r) : 0;
    for (uint64_t i = 0; i < n && !r->bad; i++) {
        skip(r, (int)(types >> 4), true, depth);
        skip(r, (int)(types & 15), true, depth);
    }
}

/* A truth value is in its field's type; in a list it is a byte. */
static void skip(hn_thrift_reader *r, int type, bool in_list, int depth) {
    if (depth > DEEPEST) give_up(r);
    switch (type) {
    case HN_THRIFT_TRUE:
    case HN_THRIFT_FALSE: pass(r, in_list); break;
    case BYTE: pass(r, 1); break;
    case I16:
    case HN_THRIFT_I32:
    case HN_THRIFT_I64: (void)take_varint(r); break;
    case DOUBLE: pass(r, 8); break;
    case HN_THRIFT_BINARY: pass(r, take_varint(r)); break;
    case HN_THRIFT_LIST:
    case SET: skip_items(r, depth + 1); break;
    case MAP: skip_map(r, depth + 1); break;
    case HN_THRIFT_STRUCT:
        for (hn_thrift_field f = {0}; hn_thrift_next(r, &f);) skip(r, f.type, false, depth + 1);
        break;
    default: give_up(r); break;
    }
}

void hn_thrift_skip(hn_thrift_reader *reader, const hn_thrift_field *field) {
    skip(reader, field->type, false, 0);
}

int64_t hn_thrift_take_int(hn_thrift_reader *reader, const hn_thrift_field *field) {
    if (field->type == BYTE) return (int8_t)take_byte(reader);
    if (field->type >= I16 && field->type <= HN_THRIFT_I64) return take_zigzag(reader);
    hn_thrift_skip(reader, field);
    return 0;
}

bool hn_thrift_take_bool(hn_thrift_reader *reader, const hn_thrift_field *field) {
    hn_thrift_skip(reader, field);
    return field->type == HN_THRIFT_TRUE;
}

hn_slice hn_thrift_take_bytes(hn_thrift_reader *reader, const hn_thrift_field *field) {
    if (field->type != HN_THRIFT_BINARY) {
        hn_thrift_skip(reader, field);
        return (hn_slice){"", 0};
    }
    uint64_t n = take_varint(reader);
    const char *text = (const char *)reader->bytes + reader->at;
    pass(reader, n);
    return reader->bad ? (hn_slice){"", 0} : (hn_slice){text, (size_t)n};
}

int64_t hn_thrift_take_structs(hn_thrift_reader *reader, const hn_thrift_field *field) {
    int64_t begin = reader->at;
    int type = HN_THRIFT_STRUCT;
    if (field->type == HN_THRIFT_LIST) {
        int64_t n = take_list(reader, &type);
        if (type == HN_THRIFT_STRUCT || n == 0) return n;
        reader->at = begin;
    }
    hn_thrift_skip(reader, field);
    return 0;
}

bool hn_thrift_take_struct(hn_thrift_reader *reader, const hn_thrift_field *field) {
    if (field->type == HN_THRIFT_STRUCT) return true;
    hn_thrift_skip(reader, field);
    return false;
}
