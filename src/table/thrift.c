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
