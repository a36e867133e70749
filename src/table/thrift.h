/* thrift.h - Thrift's compact protocol, as far as Parquet's metadata needs it: structs are written field by field,
 * in ascending order of their numbers, and read the same way. */
#ifndef HN_TABLE_THRIFT_H
#define HN_TABLE_THRIFT_H

#include "base/str.h"

enum { HN_THRIFT_DEPTH = 8 };
enum { HN_THRIFT_TRUE = 1, HN_THRIFT_FALSE = 2, HN_THRIFT_I32 = 5, HN_THRIFT_I64 = 6 };
enum { HN_THRIFT_BINARY = 8, HN_THRIFT_LIST = 9, HN_THRIFT_STRUCT = 12 };

/* ---- writing --------------------------------------------------------------------------------- */

typedef struct hn_thrift {
    hn_str out;
    int last[HN_THRIFT_DEPTH]; /* the field written last, of each open struct */
    int depth;
} hn_thrift;

/* The outermost struct is open at once; end it with hn_thrift_end. */
void hn_thrift_init(hn_thrift *thrift, hone_ctx *ctx, hn_arena *arena);
void hn_thrift_i32(hn_thrift *thrift, int field, int32_t value);
void hn_thrift_i64(hn_thrift *thrift, int field, int64_t value);
void hn_thrift_bool(hn_thrift *thrift, int field, bool value);
void hn_thrift_bytes(hn_thrift *thrift, int field, const void *bytes, size_t length);
void hn_thrift_begin(hn_thrift *thrift, int field);
void hn_thrift_end(hn_thrift *thrift);
/* A list; its items follow: numbers, texts, or structs (hn_thrift_item, fields, hn_thrift_end). */
void hn_thrift_list(hn_thrift *thrift, int field, int type, int64_t n);
void hn_thrift_item(hn_thrift *thrift);
void hn_thrift_put_int(hn_thrift *thrift, int64_t value);
void hn_thrift_put_bytes(hn_thrift *thrift, const void *bytes, size_t length);

/* ---- reading --------------------------------------------------------------------------------- */

/* Bytes from anyone. What is damaged, or goes beyond them, sets bad; from then on there are no more fields, and
 * numbers are 0. */
typedef struct hn_thrift_reader {
    const unsigned char *bytes;
    int64_t n, at;
    bool bad;
} hn_thrift_reader;

/* A field of the struct that is open, at its value; fields begin as {0}. False after the last one. */
typedef struct hn_thrift_field {
    int number, type;
} hn_thrift_field;
bool hn_thrift_next(hn_thrift_reader *reader, hn_thrift_field *field);
/* The value of the field, which is what is asked for or else skipped: 0, false, none. */
int64_t hn_thrift_take_int(hn_thrift_reader *reader, const hn_thrift_field *field);
bool hn_thrift_take_bool(hn_thrift_reader *reader, const hn_thrift_field *field);
hn_slice hn_thrift_take_bytes(hn_thrift_reader *reader, const hn_thrift_field *field);
/* How many structs follow, each to be read to its end by hn_thrift_next. No more than there are bytes left. */
int64_t hn_thrift_take_structs(hn_thrift_reader *reader, const hn_thrift_field *field);
/* Whether a struct follows, to be read to its end. */
bool hn_thrift_take_struct(hn_thrift_reader *reader, const hn_thrift_field *field);
void hn_thrift_skip(hn_thrift_reader *reader, const hn_thrift_field *field);

#endif
